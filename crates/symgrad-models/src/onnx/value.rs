//! What flows along the edges of a graph.

use std::sync::Arc;

use crate::plan::Slot;

/// A tensor of a graph, as far as it is known when the model is read.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Constants.
    Numbers(Array<f64>),
    /// Integers and truth values, among them sizes of tensors.
    Integers(Array<Whole>),
    /// Numbers that are computed for each point.
    Row(Row),
    /// A tensor that is not read, and why.
    Unread(Unread),
}

/// Why a tensor is not read.
#[derive(Clone, Debug)]
pub(crate) struct Unread {
    pub(crate) why: Arc<str>,
    /// Whether it holds labels, which nobody would differentiate.
    pub(crate) label: bool,
}

impl Value {
    /// Labels: texts, or places in a list of them.
    pub(crate) fn label() -> Self {
        Self::Unread(Unread { why: "it holds labels".into(), label: true })
    }

    /// An output that is left out of what is computed.
    pub(crate) fn left_out() -> Self {
        Self::Unread(Unread { why: "this output of its node is not computed".into(), label: false })
    }
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
    /// Whether it holds integers or truth values.
    pub(crate) whole: bool,
}

/// The number of elements, if it is a number.
pub(crate) fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size))
}
