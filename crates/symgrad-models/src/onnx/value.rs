//! What flows along the edges of a graph.

use std::sync::Arc;

use crate::plan::Slot;

/// A tensor of a graph, as far as it is known when the model is read.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Constants.
    Numbers(Array<f64>),
    /// Integers, among them sizes of tensors.
    Integers(Array<Whole>),
    /// Numbers that are computed for each point.
    Row(Row),
    /// The same with two axes of which the points are the second one.
    Turned(Row),
    /// Something without a gradient, such as the index of a maximum.
    Discrete,
}

/// A constant tensor.
#[derive(Clone, Debug)]
pub(crate) struct Array<T> {
    /// The product of these is the length of `data`.
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Arc<[T]>,
}

impl<T> Array<T> {
    pub(crate) fn new(shape: Vec<usize>, data: impl Into<Arc<[T]>>) -> Self {
        Self { shape, data: data.into() }
    }
}

/// An integer: a number, or however many points there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    Known(i64),
    Points,
}

/// A tensor that has a value for each point.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) slot: Slot,
    /// Its shape for one point.
    pub(crate) shape: Vec<usize>,
    /// Whether the value has a gradient: it is no constant, nor the outcome of a comparison.
    pub(crate) depends: bool,
}

/// The number of elements, if it is a number.
pub(crate) fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size))
}
