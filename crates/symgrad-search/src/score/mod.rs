//! What an expression's loss at the points is: the points and what is to be matched there, values and
//! gradients block by block, and the constants that fit best.

pub(crate) mod axes;
pub(crate) mod budget;
mod cosines;
pub(crate) mod evaluator;
pub(crate) mod fit;
pub(crate) mod fold;
pub(crate) mod measure;
pub(crate) mod objective;
pub(crate) mod probe;
pub(crate) mod scaling;
pub(crate) mod target;
