//! `RNN`, `GRU` and `LSTM`: a step for each place of the sequence.

use super::super::call::{Call, Operand, Outputs};
use crate::ModelError;
use crate::plan::{BinaryKind, Unary};

use BinaryKind::{Add, Multiply};

type Made = Result<Operand, ModelError>;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    Gated,
    LongShort,
}

/// What all directions have in common.
struct Network {
    kind: Kind,
    hidden: usize,
    functions: Vec<Function>,
    clip: Option<f64>,
    linear_before_reset: bool,
    input_forget: bool,
}

/// An activation with its parameters.
struct Function {
    name: String,
    alpha: Option<f64>,
    beta: Option<f64>,
}

/// The weights of one direction, ready for rows from the left, and its initial state.
struct Direction {
    input: Operand,
    recurrent: Operand,
    /// Biases of the input and of the state.
    biases: [Option<Operand>; 2],
    peepholes: Option<Operand>,
    state: Operand,
    cell: Option<Operand>,
}

pub(super) fn recurrent(call: &mut Call<'_>) -> Outputs {
    call.alone()?;
    let kind = match call.operator.as_str() {
        "RNN" => Kind::Plain,
        "GRU" => Kind::Gated,
        _ => Kind::LongShort,
    };
    let (network, ways, batch_first) = network(call, kind)?;
    let mut sequence = call.operand(0)?;
    if sequence.shape.len() != 3 {
        return Err(call.wrong(format!("a sequence of shape {:?}", sequence.shape)));
    }
    if batch_first {
        sequence = call.transposed(&sequence, &[1, 0, 2])?;
    }
    let (length, batch) = (sequence.shape[0], sequence.shape[1]);
    if call.integers(4)?.is_some_and(|all| all.iter().any(|&l| usize::try_from(l) != Ok(length))) {
        return Err(call.unsupported("sequences of different lengths"));
    }
    let (mut outputs, mut states, mut cells) = (Vec::new(), Vec::new(), Vec::new());
    for (index, &backwards) in ways.iter().enumerate() {
        let direction = network.direction(call, index, ways.len(), batch, batch_first)?;
        let run = network.run(call, &sequence, &direction, index, backwards)?;
        outputs.push(run.outputs);
        states.push(run.state);
        cells.extend(run.cell);
    }
    let hidden = network.hidden;
    let mut results = Vec::new();
    // [places, directions, batch, hidden], or with the batch first.
    let all = call.joined(&outputs, 1)?;
    let all = if batch_first { call.transposed(&all, &[2, 0, 1, 3])? } else { all };
    results.push(all.value);
    for list in [states, cells] {
        if list.is_empty() {
            continue;
        }
        let each: Vec<Operand> = list
            .iter()
            .map(|state| call.shaped(state, vec![1, batch, hidden]))
            .collect::<Result<_, _>>()?;
        let last = call.joined(&each, 0)?;
        let last = if batch_first { call.transposed(&last, &[1, 0, 2])? } else { last };
        results.push(last.value);
    }
    Ok(results)
}

fn network(call: &mut Call<'_>, kind: Kind) -> Result<(Network, Vec<bool>, bool), ModelError> {
    let attributes = &mut call.attributes;
    let direction = attributes.text("direction", "forward")?;
    let hidden = usize::try_from(attributes.int("hidden_size", 0)?).unwrap_or(0);
    let clip = if attributes.has("clip") { Some(attributes.float("clip", 0.0)?) } else { None };
    let batch_first = attributes.switch("layout", false)?;
    let linear_before_reset = attributes.switch("linear_before_reset", false)?;
    let input_forget = attributes.switch("input_forget", false)?;
    let ways = match direction.as_str() {
        "forward" => vec![false],
        "reverse" => vec![true],
        "bidirectional" => vec![false, true],
        other => return Err(call.unsupported(format!("attribute `direction` = {other:?}"))),
    };
    let usual: &[&str] = match kind {
        Kind::Plain => &["Tanh"],
        Kind::Gated => &["Sigmoid", "Tanh"],
        Kind::LongShort => &["Sigmoid", "Tanh", "Tanh"],
    };
    let names = attributes.texts("activations")?;
    let names =
        names.unwrap_or_else(|| usual.repeat(ways.len()).iter().map(ToString::to_string).collect());
    let mut alphas = attributes.floats("activation_alpha")?.unwrap_or_default().into_iter();
    let mut betas = attributes.floats("activation_beta")?.unwrap_or_default().into_iter();
    // The lists of parameters have entries for the functions that take some.
    let functions: Vec<Function> = names
        .into_iter()
        .map(|name| {
            let (alpha, beta) = match name.as_str() {
                "Affine" | "ScaledTanh" | "HardSigmoid" => (alphas.next(), betas.next()),
                "LeakyRelu" | "ThresholdedRelu" | "Elu" => (alphas.next(), None),
                _ => (None, None),
            };
            Function { name, alpha, beta }
        })
        .collect();
    if functions.len() != usual.len() * ways.len() || hidden == 0 {
        return Err(call.wrong("its activations or its hidden size do not fit"));
    }
    Ok((
        Network { kind, hidden, functions, clip, linear_before_reset, input_forget },
        ways,
        batch_first,
    ))
}

/// What one direction gives.
struct Run {
    /// [places, 1, batch, hidden]
    outputs: Operand,
    state: Operand,
    cell: Option<Operand>,
}

impl Network {
    fn gates(&self) -> usize {
        match self.kind {
            Kind::Plain => 1,
            Kind::Gated => 3,
            Kind::LongShort => 4,
        }
    }

    fn direction(
        &self,
        call: &mut Call<'_>,
        index: usize,
        directions: usize,
        batch: usize,
        batch_first: bool,
    ) -> Result<Direction, ModelError> {
        let width = self.gates() * self.hidden;
        let weights = |call: &mut Call<'_>, input: usize| {
            let all = call.operand(input)?;
            match all.shape[..] {
                [found, rows, _] if found == directions && rows == width => {}
                _ => return Err(call.wrong(format!("weights of shape {:?}", all.shape))),
            }
            let own = call.cut(&all, 0, index, index + 1)?;
            let own = call.shaped(&own, all.shape[1..].to_vec())?;
            call.transposed(&own, &[1, 0])
        };
        let (input, recurrent) = (weights(call, 1)?, weights(call, 2)?);
        let biases = match call.optional(3)? {
            None => [None, None],
            Some(all) if all.shape == [directions, 2 * width] => {
                let own = call.cut(&all, 0, index, index + 1)?;
                let parts = [call.cut(&own, 1, 0, width)?, call.cut(&own, 1, width, 2 * width)?];
                parts.map(Some)
            }
            Some(all) => return Err(call.wrong(format!("biases of shape {:?}", all.shape))),
        };
        let peepholes = match call.optional(7)? {
            Some(all) if all.shape == [directions, 3 * self.hidden] => {
                Some(call.cut(&all, 0, index, index + 1)?)
            }
            Some(all) => return Err(call.wrong(format!("peepholes of shape {:?}", all.shape))),
            None => None,
        };
        let hidden = self.hidden;
        let start = |call: &mut Call<'_>, input: usize| match call.optional(input)? {
            None => Ok(Operand::constant(vec![batch, hidden], vec![0.0; batch * hidden])),
            Some(all) => {
                let all = if batch_first { call.transposed(&all, &[1, 0, 2])? } else { all };
                if all.shape != [directions, batch, hidden] {
                    return Err(call.wrong(format!("a state of shape {:?}", all.shape)));
                }
                let own = call.cut(&all, 0, index, index + 1)?;
                call.shaped(&own, vec![batch, hidden])
            }
        };
        call.room(&[batch, hidden])?;
        let state = start(call, 5)?;
        let cell = if self.kind == Kind::LongShort { Some(start(call, 6)?) } else { None };
        Ok(Direction { input, recurrent, biases, peepholes, state, cell })
    }

    fn run(
        &self,
        call: &mut Call<'_>,
        sequence: &Operand,
        direction: &Direction,
        index: usize,
        backwards: bool,
    ) -> Result<Run, ModelError> {
        let [length, batch, size] = sequence.shape[..] else {
            return Err(call.wrong("no sequence"));
        };
        let width = self.gates() * self.hidden;
        let flat = call.shaped(sequence, vec![length * batch, size])?;
        let mut inputs = call.product(&flat, &direction.input)?;
        if let Some(bias) = &direction.biases[0] {
            inputs = call.binary(Add, &inputs, bias)?;
        }
        let inputs = call.shaped(&inputs, vec![length, batch, width])?;
        let (mut state, mut cell) = (direction.state.clone(), direction.cell.clone());
        let mut outputs = Vec::with_capacity(length);
        for turn in 0..length {
            let place = if backwards { length - 1 - turn } else { turn };
            let input = call.cut(&inputs, 0, place, place + 1)?;
            let input = call.shaped(&input, vec![batch, width])?;
            (state, cell) = match self.kind {
                Kind::Plain => (self.plain(call, direction, index, &input, &state)?, None),
                Kind::Gated => (self.gated(call, direction, index, &input, &state)?, None),
                Kind::LongShort => {
                    let before = cell.ok_or_else(|| call.wrong("it has no cell"))?;
                    let (state, cell) =
                        self.long_short(call, direction, index, &input, &state, &before)?;
                    (state, Some(cell))
                }
            };
            outputs.push(call.shaped(&state, vec![1, 1, batch, self.hidden])?);
        }
        if backwards {
            outputs.reverse();
        }
        Ok(Run { outputs: call.joined(&outputs, 0)?, state, cell })
    }

    fn plain(
        &self,
        call: &mut Call<'_>,
        direction: &Direction,
        index: usize,
        input: &Operand,
        state: &Operand,
    ) -> Made {
        let from_state = with_state(call, direction, state)?;
        let sum = call.binary(Add, input, &from_state)?;
        self.activated(call, index, &sum)
    }

    fn gated(
        &self,
        call: &mut Call<'_>,
        direction: &Direction,
        index: usize,
        input: &Operand,
        state: &Operand,
    ) -> Made {
        let h = self.hidden;
        let from_state = with_state(call, direction, state)?;
        let gate = |call: &mut Call<'_>, number: usize| {
            let a = call.cut(input, 1, number * h, (number + 1) * h)?;
            let b = call.cut(&from_state, 1, number * h, (number + 1) * h)?;
            let sum = call.binary(Add, &a, &b)?;
            self.activated(call, 2 * index, &sum)
        };
        let (update, reset) = (gate(call, 0)?, gate(call, 1)?);
        let from_reset = if self.linear_before_reset {
            let b = call.cut(&from_state, 1, 2 * h, 3 * h)?;
            call.binary(Multiply, &reset, &b)?
        } else {
            let kept = call.binary(Multiply, &reset, state)?;
            let weights = call.cut(&direction.recurrent, 1, 2 * h, 3 * h)?;
            let product = call.product(&kept, &weights)?;
            match &direction.biases[1] {
                Some(bias) => {
                    let bias = call.cut(bias, 1, 2 * h, 3 * h)?;
                    call.binary(Add, &product, &bias)?
                }
                None => product,
            }
        };
        let a = call.cut(input, 1, 2 * h, 3 * h)?;
        let sum = call.binary(Add, &a, &from_reset)?;
        let new = self.activated(call, 2 * index + 1, &sum)?;
        // (1 − z)·new + z·state
        let change = call.binary(BinaryKind::Subtract, state, &new)?;
        let kept = call.binary(Multiply, &update, &change)?;
        call.binary(Add, &new, &kept)
    }

    fn long_short(
        &self,
        call: &mut Call<'_>,
        direction: &Direction,
        index: usize,
        input: &Operand,
        state: &Operand,
        cell: &Operand,
    ) -> Result<(Operand, Operand), ModelError> {
        let h = self.hidden;
        let from_state = with_state(call, direction, state)?;
        let sum = call.binary(Add, input, &from_state)?;
        // Gates are in the order input, output, forget, cell; peepholes input, output, forget.
        let gate = |call: &mut Call<'_>, number: usize, seen: Option<&Operand>| {
            let own = call.cut(&sum, 1, number * h, (number + 1) * h)?;
            match (&direction.peepholes, seen) {
                (Some(all), Some(cell)) => {
                    let weights = call.cut(all, 1, number * h, (number + 1) * h)?;
                    let more = call.binary(Multiply, cell, &weights)?;
                    call.binary(Add, &own, &more)
                }
                _ => Ok(own),
            }
        };
        let taken = gate(call, 0, Some(cell))?;
        let taken = self.activated(call, 3 * index, &taken)?;
        let kept = if self.input_forget {
            let minus = call.times(&taken, -1.0)?;
            call.plus(&minus, 1.0)?
        } else {
            let kept = gate(call, 2, Some(cell))?;
            self.activated(call, 3 * index, &kept)?
        };
        let new = gate(call, 3, None)?;
        let new = self.activated(call, 3 * index + 1, &new)?;
        let old = call.binary(Multiply, &kept, cell)?;
        let new = call.binary(Multiply, &taken, &new)?;
        let cell = call.binary(Add, &old, &new)?;
        let shown = gate(call, 1, Some(&cell))?;
        let shown = self.activated(call, 3 * index, &shown)?;
        let value = self.activated_without_clip(call, 3 * index + 2, &cell)?;
        Ok((call.binary(Multiply, &shown, &value)?, cell))
    }

    fn activated(&self, call: &mut Call<'_>, function: usize, operand: &Operand) -> Made {
        match self.clip {
            Some(clip) => {
                let clipped = call.unary(Unary::Clip { low: -clip, high: clip }, operand)?;
                self.activated_without_clip(call, function, &clipped)
            }
            None => self.activated_without_clip(call, function, operand),
        }
    }

    fn activated_without_clip(
        &self,
        call: &mut Call<'_>,
        function: usize,
        operand: &Operand,
    ) -> Made {
        let Function { name, alpha, beta } = &self.functions[function];
        let alpha = |default: f64| alpha.unwrap_or(default);
        let beta = |default: f64| beta.unwrap_or(default);
        let unary = match name.as_str() {
            "Relu" => Unary::Relu,
            "Tanh" => Unary::Tanh,
            "Sigmoid" => Unary::Sigmoid,
            "Softsign" => Unary::Softsign,
            "Softplus" => Unary::Softplus,
            "LeakyRelu" => Unary::LeakyRelu(alpha(f64::from(0.01_f32))),
            "ThresholdedRelu" => Unary::ThresholdedRelu(alpha(1.0)),
            "Elu" => Unary::Elu { alpha: alpha(1.0), gamma: 1.0, scale: 1.0 },
            "HardSigmoid" => {
                Unary::HardSigmoid { alpha: alpha(f64::from(0.2_f32)), beta: beta(0.5) }
            }
            "Affine" => {
                let scaled = call.times(operand, alpha(1.0))?;
                return call.plus(&scaled, beta(0.0));
            }
            "ScaledTanh" => {
                let scaled = call.times(operand, beta(1.0))?;
                let value = call.unary(Unary::Tanh, &scaled)?;
                return call.times(&value, alpha(1.0));
            }
            other => return Err(call.unsupported(format!("the activation {other:?}"))),
        };
        call.unary(unary, operand)
    }
}

/// What the state adds to the gates.
fn with_state(call: &mut Call<'_>, direction: &Direction, state: &Operand) -> Made {
    let product = call.product(state, &direction.recurrent)?;
    match &direction.biases[1] {
        Some(bias) => call.binary(Add, &product, bias),
        None => Ok(product),
    }
}
