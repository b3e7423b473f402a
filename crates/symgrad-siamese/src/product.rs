//! Products of matrices of single precision, row by row, on one thread.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// Memory that is used again: what a step of training needs is as long as in the step before, and to clear it
/// each time takes long.
#[derive(Default)]
pub(crate) struct Spare(Vec<Vec<f32>>);

impl Spare {
    /// So many numbers of whatever value.
    pub(crate) fn take(&mut self, length: usize) -> Vec<f32> {
        let mut numbers = self.0.pop().unwrap_or_default();
        numbers.resize(length, 0.0);
        numbers
    }

    pub(crate) fn give(&mut self, numbers: impl IntoIterator<Item = Vec<f32>>) {
        self.0.extend(numbers);
    }
}

/// A matrix whose numbers stand row by row.
pub(crate) fn rows(values: &[f32], columns: usize) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice(values, values.len() / columns, columns)
}

/// The product, row by row.
pub(crate) fn product(left: MatRef<'_, f32>, right: MatRef<'_, f32>) -> Vec<f32> {
    product_in(&mut Spare::default(), left, right)
}

/// The product, row by row, in memory that is spare.
pub(crate) fn product_in(
    spare: &mut Spare,
    left: MatRef<'_, f32>,
    right: MatRef<'_, f32>,
) -> Vec<f32> {
    let mut product = spare.take(left.nrows() * right.ncols());
    onto(&mut product, Accum::Replace, left, right);
    product
}

/// Adds the product to numbers that stand row by row.
pub(crate) fn add_product(sum: &mut [f32], left: MatRef<'_, f32>, right: MatRef<'_, f32>) {
    onto(sum, Accum::Add, left, right);
}

fn onto(values: &mut [f32], accum: Accum, left: MatRef<'_, f32>, right: MatRef<'_, f32>) {
    let values = MatMut::from_row_major_slice_mut(values, left.nrows(), right.ncols());
    matmul(values, accum, left, right, 1.0, Par::Seq);
}
