//! A network: its layers, their values and gradients.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use symgrad_data::Table;

use crate::plan::{Plan, Seed, Slot};
use crate::{ModelError, Note, OpenOptions, Unit, file};

/// A tensor of a network that depends on the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The tensor's name, as in the file.
    pub name: String,
    /// The operator or kind of layer that computes it.
    pub operator: String,
    /// Its shape for one point.
    pub shape: Vec<usize>,
    /// Its numbers for one point: the product of the shape.
    pub neurons: usize,
}

/// A trained network, read from a file.
///
/// It is plain data: `Send`, `Sync` and cheap to clone. Everything is computed in double
/// precision, and the same for any number of threads.
#[derive(Clone)]
pub struct Network {
    plan: Arc<Plan>,
    input_shape: Arc<[usize]>,
    layers: Arc<[Layer]>,
    /// Where each layer is in the plan.
    slots: Arc<[Slot]>,
    output: Arc<str>,
    notes: Arc<[Note]>,
    /// Tensors that are not computed, and why.
    unread: Arc<[(String, Arc<str>)]>,
}

impl Network {
    /// Reads a network from a file, of the kind that its content tells, or else its name's
    /// ending.
    ///
    /// * ONNX (`.onnx`): everything is in the file.
    /// * safetensors (`.safetensors`): the [architecture](crate#architectures) is in a TOML file,
    ///   the given one or the one of the same name beside the model.
    /// * PyTorch (`.pt`, `.pth`, `.ckpt`, `.bin`): the state dictionary that
    ///   `torch.save(model.state_dict(), path)` writes, or a checkpoint that holds it, with an
    ///   architecture likewise.
    ///
    /// The numbers of a network are all read here. What it may take of memory is bounded by the
    /// file's size and a constant.
    pub fn open(path: &Path, architecture: Option<&Path>) -> Result<Self, ModelError> {
        let architecture = architecture.map(Path::to_path_buf);
        file::open(path, &OpenOptions { architecture, ..OpenOptions::default() })
    }

    /// The same, with more that is said about the file.
    pub fn open_with(path: &Path, options: &OpenOptions) -> Result<Self, ModelError> {
        file::open(path, options)
    }

    /// Puts a network together from its plan. There is at least one layer, and one of that name.
    pub(crate) fn new(
        plan: Plan,
        input_shape: Vec<usize>,
        layers: Vec<(Layer, Slot)>,
        output: &str,
    ) -> Self {
        let (layers, slots): (Vec<_>, Vec<_>) = layers.into_iter().unzip();
        Self {
            plan: Arc::new(plan),
            input_shape: input_shape.into(),
            layers: layers.into(),
            slots: slots.into(),
            output: output.into(),
            notes: Arc::new([]),
            unread: Arc::new([]),
        }
    }

    /// The same with notes on how it was read.
    pub(crate) fn with_notes(mut self, notes: Vec<Note>) -> Self {
        self.notes = notes.into();
        self
    }

    /// The same with tensors that are not computed, and why.
    pub(crate) fn with_unread(self, unread: Vec<(String, Arc<str>)>) -> Self {
        Self { unread: unread.into(), ..self }
    }

    /// Numbers of a point. A shaped input counts row by row; several inputs follow one another.
    pub fn inputs(&self) -> usize {
        self.plan.inputs()
    }

    /// The shape of a point; with several inputs their total count.
    pub fn input_shape(&self) -> &[usize] {
        &self.input_shape
    }

    /// Every tensor that depends on the input, in the order in which they are computed.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The name of the output: the first one of continuous values.
    ///
    /// If it cannot be read then it is no [layer](Self::layer), and the error says why.
    pub fn output(&self) -> &str {
        &self.output
    }

    /// What was decided where the file left a choice.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The layer of that name.
    pub fn layer(&self, name: &str) -> Result<&Layer, ModelError> {
        Ok(&self.layers[self.index(name)?])
    }

    /// The values of a layer's neurons at N points: a column of N for each neuron.
    ///
    /// A value is not finite where the network's is not.
    pub fn values(&self, points: &Table, layer: &str) -> Result<Vec<Vec<f64>>, ModelError> {
        let slot = self.slots[self.index(layer)?];
        self.check_points(points)?;
        Ok(self.plan.values(points.columns(), slot))
    }

    /// The gradient of a unit at N points, with respect to the network's inputs as they are
    /// given to it: a column of N for each input.
    ///
    /// These are the derivatives of the network's own steps, by backpropagation.
    pub fn gradients(
        &self,
        points: &Table,
        layer: &str,
        unit: Unit,
    ) -> Result<Vec<Vec<f64>>, ModelError> {
        Ok(self.gradients_of(points, layer, &[unit])?.remove(0))
    }

    /// The gradients of several units of a layer: for each unit what
    /// [`gradients`](Self::gradients) gives, in less time. Neurons that no unit needs are not
    /// computed.
    pub fn gradients_of(
        &self,
        points: &Table,
        layer: &str,
        units: &[Unit],
    ) -> Result<Vec<Vec<Vec<f64>>>, ModelError> {
        let (plan, slot, seeds) = self.part(points, layer, units)?;
        Ok(plan.gradients(points.columns(), slot, &seeds))
    }

    /// The values of several units of a layer at N points: a column of N for each unit.
    pub fn values_of(
        &self,
        points: &Table,
        layer: &str,
        units: &[Unit],
    ) -> Result<Vec<Vec<f64>>, ModelError> {
        let (plan, slot, seeds) = self.part(points, layer, units)?;
        let values = plan.values(points.columns(), slot);
        let unit = |seed: &Seed| {
            let sum = |n: usize| seed.iter().map(|&(e, weight)| weight * values[e][n]).sum();
            (0..points.rows()).map(sum).collect()
        };
        Ok(seeds.iter().map(unit).collect())
    }

    /// A plan that computes no more neurons of a layer than some units need, its slot for them,
    /// and the units in terms of that.
    fn part(
        &self,
        points: &Table,
        layer: &str,
        units: &[Unit],
    ) -> Result<(Cow<'_, Plan>, Slot, Vec<Seed>), ModelError> {
        let index = self.index(layer)?;
        let neurons = self.layers[index].neurons;
        let mut seeds: Vec<Seed> = units.iter().map(|unit| unit.seed()).collect();
        let mut elements: Vec<usize> = seeds.iter().flatten().map(|&(neuron, _)| neuron).collect();
        elements.sort_unstable();
        elements.dedup();
        if let Some(&last) = elements.last()
            && last >= neurons
        {
            let beyond = |unit: &&Unit| unit.seed().iter().any(|&(neuron, _)| neuron >= neurons);
            let unit = units.iter().find(beyond).copied().unwrap_or(Unit::Neuron(last));
            return Err(ModelError::NoSuchUnit { unit, layer: layer.into(), neurons });
        }
        self.check_points(points)?;
        let slot = self.slots[index];
        if elements.len() == neurons || elements.is_empty() {
            return Ok((Cow::Borrowed(&self.plan), slot, seeds));
        }
        for (neuron, _) in seeds.iter_mut().flatten() {
            *neuron = elements.partition_point(|element| element < neuron);
        }
        let (plan, slot) = self.plan.narrowed(slot, &elements);
        Ok((Cow::Owned(plan), slot, seeds))
    }

    /// The network as a function of what its input is generated from: this network after
    /// `generator`, whose [output](Self::output) takes the place of the points.
    ///
    /// The generator's layers come first, their names behind `generator/`.
    #[expect(clippy::needless_pass_by_value, reason = "both networks become one")]
    pub fn through(self, generator: Self) -> Result<Self, ModelError> {
        let source = generator.index(&generator.output)?;
        let outputs = generator.layers[source].neurons;
        if outputs != self.inputs() {
            let (output, inputs) = (generator.output.to_string(), self.inputs());
            return Err(ModelError::DoNotFit { output, outputs, inputs });
        }
        let source = generator.slots[source];
        let (plan, shift) = self.plan.after(&generator.plan, source)?;
        let own = self
            .layers
            .iter()
            .cloned()
            .zip(self.slots.iter().map(|&slot| if slot == 0 { source } else { slot + shift }));
        let mut prefix = String::from("generator/");
        while self.layers.iter().any(|layer| layer.name.starts_with(&prefix)) {
            prefix.push_str("generator/");
        }
        let theirs = generator.layers.iter().cloned().zip(generator.slots.iter().copied());
        let renamed = theirs.map(|(layer, slot)| {
            (Layer { name: format!("{prefix}{}", layer.name), ..layer }, slot)
        });
        let layers = renamed.chain(own).collect();
        let notes = generator.notes.iter().chain(&*self.notes).cloned().collect();
        let joint = Self::new(plan, generator.input_shape.to_vec(), layers, &self.output);
        Ok(joint.with_notes(notes).with_unread(self.unread.to_vec()))
    }

    fn index(&self, name: &str) -> Result<usize, ModelError> {
        let found = self.layers.iter().position(|layer| layer.name == name);
        found.ok_or_else(|| match self.unread.iter().find(|(tensor, _)| tensor == name) {
            Some((tensor, why)) => {
                let (tensor, why) = (tensor.clone(), why.to_string());
                ModelError::Unreadable { tensor, why, readable: self.readable() }
            }
            None => ModelError::NoSuchLayer { layer: name.into(), near: self.near(name) },
        })
    }

    /// The tensors that can be read, the last ones first.
    fn readable(&self) -> String {
        let names: Vec<String> =
            self.layers.iter().rev().take(5).map(|layer| format!("`{}`", layer.name)).collect();
        let more = if self.layers.len() > names.len() { " and others" } else { "" };
        format!("tensors that can be read, with --layer, are {}{more}", names.join(", "))
    }

    /// Layers whose names are most like one that does not exist.
    fn near(&self, name: &str) -> String {
        let names: Vec<&str> = self.layers.iter().map(|layer| &layer.name[..]).collect();
        let mut near: Vec<(usize, &str)> = names.iter().map(|n| (distance(name, n), *n)).collect();
        near.sort_by_key(|&(distance, _)| distance);
        let near: Vec<String> = near.iter().take(5).map(|(_, n)| format!("`{n}`")).collect();
        let near = near.join(", ");
        match names.len() {
            0..=5 => format!("its layers are {near}"),
            count => format!("nearest of its {count} layers are {near}"),
        }
    }

    fn check_points(&self, points: &Table) -> Result<(), ModelError> {
        let (inputs, columns) = (self.inputs(), points.dim());
        if inputs == columns {
            return Ok(());
        }
        Err(ModelError::WrongPoints { inputs, columns, names: points.names().join(", ") })
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("input_shape", &self.input_shape)
            .field("layers", &self.layers)
            .field("output", &self.output)
            .finish_non_exhaustive()
    }
}

/// How many characters to insert, delete or replace (Levenshtein); 0 if one name ends the other,
/// as `relu` ends `encoder/relu`.
fn distance(wanted: &str, name: &str) -> usize {
    if !wanted.is_empty() && (name.ends_with(wanted) || wanted.ends_with(name)) {
        return 0;
    }
    // Enough of hostile names.
    let cut = |text: &str| text.to_lowercase().chars().take(200).collect::<Vec<char>>();
    let (a, b) = (cut(wanted), cut(name));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
