//! From described layers to the steps of a plan.

use std::collections::{BTreeMap, BTreeSet};

use crate::architecture::Described;
use crate::plan::{
    Binary, BinaryKind, Linear, Normalise, Operation, Plan, Side, Slot, Softmax, Windows,
};
use crate::tensor::Tensor;
use crate::{Layer, ModelError, Network};

/// The name of what the last layer computes, unless it is given another one.
const OUTPUT: &str = "output";

/// The state between two layers.
pub(crate) struct Builder<'a> {
    tensors: &'a BTreeMap<&'a str, &'a Tensor>,
    used: BTreeSet<&'a str>,
    plan: Plan,
    /// What the last layer computes.
    slot: Slot,
    layers: Vec<(Layer, Slot)>,
}

impl<'a> Builder<'a> {
    /// Puts a network together. Every tensor has to be used or ignored.
    pub(crate) fn build(
        tensors: &'a BTreeMap<&'a str, &'a Tensor>,
        layers: &[Described],
        ignore: &[String],
    ) -> Result<Network, ModelError> {
        let inputs = inputs(tensors, layers)?;
        let plan = Plan::new(inputs)?;
        let used = BTreeSet::new();
        let mut builder = Self { tensors, used, plan, slot: 0, layers: Vec::new() };
        builder.all(layers)?;
        // PyTorch's batch norms count the batches they have seen.
        let needed = |name: &&str| {
            !ignore.iter().any(|ignored| ignored == name) && !name.ends_with("num_batches_tracked")
        };
        let unused = tensors.keys().find(|name| needed(name) && !builder.used.contains(**name));
        if let Some(name) = unused {
            return Err(problem(format!(
                "no layer uses tensor `{name}` of shape {:?}; describe its layer, or name it in \
                 `ignore`",
                tensors[name].shape
            )));
        }
        let named = layers.last().is_some_and(|layer| name_of(layer).is_some());
        let Some((last, _)) = builder.layers.last_mut() else {
            return Err(problem("it has no layers".into()));
        };
        if !named {
            last.name = OUTPUT.into();
        }
        let output = last.name.clone();
        let mut seen = BTreeSet::new();
        for (layer, _) in &mut builder.layers {
            let name = layer.name.clone();
            let mut count = 1;
            while !seen.insert(layer.name.clone()) {
                count += 1;
                layer.name = format!("{name}.{count}");
            }
        }
        let output = builder.layers.last().map_or(output, |(layer, _)| layer.name.clone());
        Ok(Network::new(builder.plan, vec![inputs], builder.layers, &output))
    }

    fn all(&mut self, layers: &[Described]) -> Result<(), ModelError> {
        layers.iter().try_for_each(|layer| self.layer(layer))
    }

    fn layer(&mut self, layer: &Described) -> Result<(), ModelError> {
        let (kind, default) = match layer {
            Described::Linear { weight, bias, transposed, .. } => {
                self.linear(weight, bias.as_deref(), *transposed)?;
                ("linear", base(weight))
            }
            Described::Activation { function, alpha, .. } => {
                let (function, name) = function.unary(*alpha)?;
                self.step(Operation::Unary(function))?;
                (name, self.behind(name))
            }
            Described::LayerNorm { weight, bias, epsilon, .. } => {
                let size = self.width();
                check_epsilon(*epsilon)?;
                let epsilon = *epsilon;
                self.step(Operation::Normalise(Normalise { length: size, size, epsilon }))?;
                self.with_stored(BinaryKind::Multiply, weight.as_deref())?;
                self.with_stored(BinaryKind::Add, bias.as_deref())?;
                let name = weight.as_deref().map(base);
                ("layer_norm", name.unwrap_or_else(|| self.behind("layer_norm")))
            }
            Described::BatchNorm { weight, bias, mean, variance, epsilon, .. } => {
                check_epsilon(*epsilon)?;
                self.with_stored(BinaryKind::Subtract, Some(mean))?;
                let variance = self.tensor(variance)?;
                let scale: Vec<f64> =
                    variance.data.iter().map(|v| (v + epsilon).sqrt().recip()).collect();
                if scale.iter().any(|scale| !scale.is_finite()) {
                    return Err(problem("a variance is negative, or zero without epsilon".into()));
                }
                self.with(BinaryKind::Multiply, &scale)?;
                self.with_stored(BinaryKind::Multiply, weight.as_deref())?;
                self.with_stored(BinaryKind::Add, bias.as_deref())?;
                ("batch_norm", base(mean))
            }
            Described::Residual { layers, .. } => {
                let (before, width) = (self.slot, self.width());
                self.all(layers)?;
                if self.width() != width {
                    let problem_text =
                        format!("a residual block has {width} inputs and {} outputs", self.width());
                    return Err(problem(problem_text));
                }
                let (kind, left, right) = (BinaryKind::Add, Side::Plain, Side::Plain);
                let sum = Operation::Binary(Binary { kind, left, right, length: width });
                self.slot = self.plan.push(sum, vec![before, self.slot])?;
                ("residual", self.behind("residual"))
            }
            Described::Softmax { .. } => {
                self.softmax(false)?;
                ("softmax", self.behind("softmax"))
            }
            Described::LogSoftmax { .. } => {
                self.softmax(true)?;
                ("log_softmax", self.behind("log_softmax"))
            }
        };
        let name = name_of(layer).map_or(default, ToOwned::to_owned);
        let neurons = self.width();
        let layer = Layer { name, operator: kind.into(), shape: vec![neurons], neurons };
        self.layers.push((layer, self.slot));
        Ok(())
    }

    fn width(&self) -> usize {
        self.plan.length(self.slot)
    }

    /// A name for a layer without weights.
    fn behind(&self, kind: &str) -> String {
        match self.layers.last() {
            Some((before, _)) => format!("{}.{kind}", before.name),
            None => kind.into(),
        }
    }

    fn step(&mut self, operation: Operation) -> Result<(), ModelError> {
        self.slot = self.plan.push(operation, vec![self.slot])?;
        Ok(())
    }

    fn tensor(&mut self, name: &str) -> Result<&'a Tensor, ModelError> {
        if let Some((&name, tensor)) = self.tensors.get_key_value(name) {
            self.used.insert(name);
            return Ok(tensor);
        }
        let names: Vec<&str> = self.tensors.keys().copied().take(20).collect();
        let names = names.join(", ");
        Err(problem(format!("there is no tensor `{name}`; the file holds {names}")))
    }

    fn linear(
        &mut self,
        name: &str,
        bias: Option<&str>,
        transposed: bool,
    ) -> Result<(), ModelError> {
        let weight = self.tensor(name)?;
        let width = self.width();
        let &[rows, columns] = &weight.shape[..] else {
            return Err(problem(format!("weight `{name}` has the shape {:?}", weight.shape)));
        };
        let (k, n) = if transposed { (rows, columns) } else { (columns, rows) };
        if k != width || n == 0 {
            return Err(problem(format!(
                "weight `{name}` of shape {:?} takes {k} numbers, and there are {width}",
                weight.shape
            )));
        }
        self.plan.reserve(weight.data.len())?;
        let at = |i: usize, j: usize| weight.data[if transposed { i * n + j } else { j * k + i }];
        let weight = (0..k).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| at(i, j));
        let weight = weight.collect();
        let bias = match bias {
            None => None,
            Some(name) => {
                let bias = self.tensor(name)?;
                if bias.data.len() != n {
                    let shape = &bias.shape;
                    return Err(problem(format!("bias `{name}` has shape {shape:?}, not [{n}]")));
                }
                Some(bias.data.clone().into())
            }
        };
        self.step(Operation::Linear(Linear { repeats: 1, k, n, weight, bias }))
    }

    fn with_stored(&mut self, kind: BinaryKind, name: Option<&str>) -> Result<(), ModelError> {
        match name {
            None => Ok(()),
            Some(name) => {
                let tensor = self.tensor(name)?;
                self.with(kind, &tensor.data)
            }
        }
    }

    fn with(&mut self, kind: BinaryKind, constants: &[f64]) -> Result<(), ModelError> {
        let length = self.width();
        if constants.len() != length {
            let count = constants.len();
            return Err(problem(format!("a norm has {count} numbers for {length} neurons")));
        }
        self.plan.reserve(length)?;
        let right = Side::Constant(constants.into());
        self.step(Operation::Binary(Binary { kind, left: Side::Plain, right, length }))
    }

    fn softmax(&mut self, logarithm: bool) -> Result<(), ModelError> {
        let size = self.width();
        self.plan.reserve(size)?;
        let elements = (0_u32..).take(size).collect();
        self.step(Operation::Softmax(Softmax {
            windows: Windows { size, elements },
            logarithm,
            masked: false,
        }))
    }
}

/// Numbers of a point: what the first layer with weights takes.
fn inputs(tensors: &BTreeMap<&str, &Tensor>, layers: &[Described]) -> Result<usize, ModelError> {
    for layer in layers {
        let (name, axis) = match layer {
            Described::Linear { weight, transposed, .. } => (weight, usize::from(!transposed)),
            Described::LayerNorm { weight: Some(name), .. }
            | Described::BatchNorm { mean: name, .. } => (name, 0),
            Described::Residual { layers, .. } => return inputs(tensors, layers),
            _ => continue,
        };
        let shape = tensors.get(&name[..]).map(|tensor| &tensor.shape[..]);
        return match shape.and_then(|shape| shape.get(axis)) {
            Some(&inputs @ 1..) => Ok(inputs),
            _ => Err(problem(format!("there is no tensor `{name}` of a suitable shape"))),
        };
    }
    Err(problem("no layer has weights that tell how many inputs there are".into()))
}

fn name_of(layer: &Described) -> Option<&str> {
    let (Described::Linear { name, .. }
    | Described::Activation { name, .. }
    | Described::LayerNorm { name, .. }
    | Described::BatchNorm { name, .. }
    | Described::Residual { name, .. }
    | Described::Softmax { name }
    | Described::LogSoftmax { name }) = layer;
    name.as_deref()
}

/// A tensor's name without its last part.
fn base(name: &str) -> String {
    name.rsplit_once('.').map_or(name, |(base, _)| base).into()
}

fn check_epsilon(epsilon: f64) -> Result<(), ModelError> {
    if epsilon.is_finite() && epsilon >= 0.0 {
        return Ok(());
    }
    Err(problem(format!("epsilon = {epsilon}")))
}

fn problem(problem: String) -> ModelError {
    ModelError::Architecture { problem }
}
