//! The plan of a network: what is computed from what, for blocks of points.
//!
//! Every tensor of a plan is a *slot* with a fixed count of numbers for each point, so that
//! points cannot mix, and every size is known and checked before anything is computed.

mod arrange;
mod binary;
mod convolve;
mod determinant;
mod matrix;
mod narrow;
mod order;
mod reduce;
mod run;
mod unary;

pub(crate) use arrange::Arrange;
pub(crate) use binary::{Binary, BinaryKind, Side};
pub(crate) use convolve::Convolve;
pub(crate) use determinant::{Determinant, LARGEST_DETERMINANT};
pub(crate) use matrix::{Factor, Linear, Product};
pub(crate) use order::{Order, Pick};
pub(crate) use reduce::{ABSENT, Normalise, Reduce, Reduction, Softmax, Windows};
pub(crate) use run::Seed;
pub(crate) use unary::Unary;

use std::sync::Arc;

use crate::ModelError;

/// The index of a tensor in a plan; 0 are the points themselves.
pub(crate) type Slot = usize;

/// Numbers that all tensors of a plan may take for one point, its tables of indices included.
const LIMIT: usize = 1 << 25;

/// What a network computes, step by step.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Numbers of each slot for one point.
    lengths: Vec<usize>,
    steps: Vec<Step>,
    /// Numbers that may be used, and that may still be.
    granted: usize,
    room: usize,
}

#[derive(Clone, Debug)]
struct Step {
    operation: Arc<Operation>,
    inputs: Vec<Slot>,
    output: Slot,
}

/// One step of a plan.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Unary(Unary),
    Binary(Binary),
    Linear(Linear),
    Product(Product),
    Arrange(Arrange),
    Reduce(Reduce),
    Softmax(Softmax),
    Normalise(Normalise),
    Convolve(Convolve),
    Order(Order),
    Pick(Pick),
    Determinant(Determinant),
}

/// What a step's backward pass may read.
pub(crate) struct Sweep<'a> {
    rows: usize,
    inputs: &'a [&'a [f64]],
    output: &'a [f64],
    upstream: &'a [f64],
}

impl Plan {
    /// A plan whose points have that many numbers, at least 1.
    pub(crate) fn new(inputs: usize) -> Result<Self, ModelError> {
        let mut plan =
            Self { lengths: vec![inputs], steps: Vec::new(), granted: LIMIT, room: LIMIT };
        plan.reserve(inputs)?;
        Ok(plan)
    }

    /// Numbers of a point.
    pub(crate) fn inputs(&self) -> usize {
        self.lengths[0]
    }

    /// Numbers of a slot for one point.
    pub(crate) fn length(&self, slot: Slot) -> usize {
        self.lengths[slot]
    }

    /// Asks for room for a table of that many numbers, before it is allocated.
    pub(crate) fn reserve(&mut self, numbers: usize) -> Result<(), ModelError> {
        match self.room.checked_sub(numbers) {
            Some(room) => self.room = room,
            None => return Err(ModelError::TooLarge { limit: self.granted }),
        }
        Ok(())
    }

    /// Numbers that are used.
    pub(crate) fn numbers(&self) -> usize {
        self.granted - self.room
    }

    /// Allows no more than so many numbers, those included that are used.
    pub(crate) fn grant(&mut self, numbers: usize) -> Result<(), ModelError> {
        let granted = self.granted.min(numbers);
        let used = self.numbers();
        let room = granted.checked_sub(used).ok_or(ModelError::TooLarge { limit: granted })?;
        (self.granted, self.room) = (granted, room);
        Ok(())
    }

    /// The room that is left.
    pub(crate) fn room(&self) -> usize {
        self.room
    }

    /// Takes over the room that another plan has left.
    pub(crate) fn set_room(&mut self, room: usize) {
        self.room = self.room.min(room);
    }

    /// Adds a step and gives its result's slot. The operation has to fit its inputs.
    pub(crate) fn push(
        &mut self,
        operation: Operation,
        inputs: Vec<Slot>,
    ) -> Result<Slot, ModelError> {
        let length = operation.length(inputs.first().map_or(0, |&slot| self.lengths[slot]));
        self.reserve(length)?;
        Ok(self.append(Arc::new(operation), inputs, length))
    }

    fn append(&mut self, operation: Arc<Operation>, inputs: Vec<Slot>, length: usize) -> Slot {
        let output = self.lengths.len();
        self.lengths.push(length);
        self.steps.push(Step { operation, inputs, output });
        output
    }

    /// This plan after another one whose slot it takes for its points: the joint plan, and what
    /// is to be added to a slot of this plan (other than 0) to find it there.
    pub(crate) fn after(&self, first: &Self, source: Slot) -> Result<(Self, usize), ModelError> {
        let mut joint = first.clone();
        let shift = first.lengths.len() - 1;
        let place = |slot: Slot| if slot == 0 { source } else { slot + shift };
        for step in &self.steps {
            let inputs = step.inputs.iter().map(|&slot| place(slot)).collect();
            let length = self.length(step.output);
            joint.reserve(length)?;
            joint.append(Arc::clone(&step.operation), inputs, length);
        }
        Ok((joint, shift))
    }
}

impl Operation {
    /// Numbers of the result for one point, for an elementwise function of `input` numbers.
    fn length(&self, input: usize) -> usize {
        match self {
            Self::Unary(_) => input,
            Self::Binary(binary) => binary.length,
            Self::Linear(linear) => linear.repeats * linear.n,
            Self::Product(product) => product.length(),
            Self::Arrange(arrange) => arrange.background.len(),
            Self::Reduce(reduce) => reduce.windows.count(),
            Self::Softmax(softmax) => softmax.windows.elements.len(),
            Self::Normalise(normalise) => normalise.length,
            Self::Convolve(convolve) => convolve.length(),
            Self::Order(order) => order.length(),
            Self::Pick(pick) => pick.starts.len(),
            Self::Determinant(determinant) => determinant.count,
        }
    }

    /// Computes the result for a block of rows.
    fn forward(&self, rows: usize, inputs: &[&[f64]], output: &mut [f64]) {
        match self {
            Self::Unary(unary) => {
                inputs[0].iter().zip(output).for_each(|(x, y)| *y = unary.value(*x));
            }
            Self::Binary(binary) => binary.forward(rows, inputs, output),
            Self::Linear(linear) => linear.forward(rows, inputs[0], output),
            Self::Product(product) => product.forward(rows, inputs, output),
            Self::Arrange(arrange) => arrange.forward(rows, inputs, output),
            Self::Reduce(reduce) => reduce.forward(rows, inputs[0], output),
            Self::Softmax(softmax) => softmax.forward(inputs[0], output),
            Self::Normalise(normalise) => normalise.forward(inputs[0], output),
            Self::Convolve(convolve) => convolve.forward(rows, inputs[0], output),
            Self::Order(order) => order.forward(rows, inputs[0], output),
            Self::Pick(pick) => pick.forward(rows, inputs, output),
            Self::Determinant(determinant) => determinant.forward(inputs[0], output),
        }
    }

    /// Adds to `into` the gradient in the input of index `which`.
    fn backward(&self, sweep: &Sweep<'_>, which: usize, into: &mut [f64]) {
        match self {
            Self::Unary(unary) => {
                let values = sweep.inputs[0].iter().zip(sweep.output).zip(sweep.upstream);
                for (((x, y), up), into) in values.zip(into) {
                    // An infinite slope that nothing depends on adds nothing.
                    if *up != 0.0 {
                        *into += up * unary.slope(*x, *y);
                    }
                }
            }
            Self::Binary(binary) => binary.backward(sweep, which, into),
            Self::Linear(linear) => linear.backward(sweep, into),
            Self::Product(product) => product.backward(sweep, which, into),
            Self::Arrange(arrange) => arrange.backward(sweep, which, into),
            Self::Reduce(reduce) => reduce.backward(sweep, into),
            Self::Softmax(softmax) => softmax.backward(sweep, into),
            Self::Normalise(normalise) => normalise.backward(sweep, into),
            Self::Convolve(convolve) => convolve.backward(sweep, into),
            Self::Order(order) => order.backward(sweep, into),
            Self::Pick(pick) => pick.backward(sweep, which, into),
            Self::Determinant(determinant) => determinant.backward(sweep, into),
        }
    }
}
