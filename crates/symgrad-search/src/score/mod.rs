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

/// Keeps the library for matrices from threads of its own, which another crate of the same program
/// may have turned on: sums would depend on their number.
pub(crate) fn one_thread_in_matrices() {
    faer::set_global_parallelism(faer::Par::Seq);
}
