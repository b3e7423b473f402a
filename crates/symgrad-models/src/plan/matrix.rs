//! Products of matrices.

use std::sync::Arc;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use super::Sweep;

/// `x·W + b` with constant W and b: the whole block of rows in one product.
///
/// A row holds `repeats` vectors of `k` numbers, and becomes as many vectors of `n`.
#[derive(Clone, Debug)]
pub(crate) struct Linear {
    pub(crate) repeats: usize,
    pub(crate) k: usize,
    pub(crate) n: usize,
    /// k × n, row by row; several steps may share it.
    pub(crate) weight: Arc<[f64]>,
    pub(crate) bias: Option<Box<[f64]>>,
}

impl Linear {
    pub(crate) fn forward(&self, rows: usize, input: &[f64], output: &mut [f64]) {
        if let Some(bias) = &self.bias {
            output.chunks_exact_mut(self.n).for_each(|out| out.copy_from_slice(bias));
        } else {
            output.fill(0.0);
        }
        let input = MatRef::from_row_major_slice(input, rows * self.repeats, self.k);
        let output = MatMut::from_row_major_slice_mut(output, rows * self.repeats, self.n);
        matmul(output, Accum::Add, input, self.weight(), 1.0, Par::Seq);
    }

    pub(crate) fn backward(&self, sweep: &Sweep<'_>, into: &mut [f64]) {
        let vectors = sweep.rows * self.repeats;
        let upstream = MatRef::from_row_major_slice(sweep.upstream, vectors, self.n);
        let into = MatMut::from_row_major_slice_mut(into, vectors, self.k);
        matmul(into, Accum::Add, upstream, self.weight().transpose(), 1.0, Par::Seq);
    }

    fn weight(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.weight, self.k, self.n)
    }
}

/// One factor of a [`Product`].
#[derive(Clone, Debug)]
pub(crate) enum Factor {
    /// The next input.
    Row,
    /// The same matrices for every row.
    Constant(Box<[f64]>),
}

/// Products of m × k and k × n matrices within each row.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) m: usize,
    pub(crate) k: usize,
    pub(crate) n: usize,
    pub(crate) left: Factor,
    pub(crate) right: Factor,
    /// For each product, which matrix of the left factor and which of the right one.
    pub(crate) pairs: Box<[(u32, u32)]>,
}

impl Product {
    /// Numbers in a row of the result.
    pub(crate) fn length(&self) -> usize {
        self.pairs.len() * self.m * self.n
    }

    pub(crate) fn forward(&self, rows: usize, inputs: &[&[f64]], output: &mut [f64]) {
        for (row, out) in output.chunks_exact_mut(self.length()).enumerate() {
            let [left, right] = self.factors(rows, row, inputs);
            for (&(l, r), out) in self.pairs.iter().zip(out.chunks_exact_mut(self.m * self.n)) {
                let out = MatMut::from_row_major_slice_mut(out, self.m, self.n);
                matmul(
                    out,
                    Accum::Replace,
                    self.left(left, l),
                    self.right(right, r),
                    1.0,
                    Par::Seq,
                );
            }
        }
    }

    pub(crate) fn backward(&self, sweep: &Sweep<'_>, which: usize, into: &mut [f64]) {
        let to_left = which == 0 && matches!(self.left, Factor::Row);
        let width = into.len() / sweep.rows;
        let upstream = sweep.upstream.chunks_exact(self.length());
        for (row, (up, into)) in upstream.zip(into.chunks_exact_mut(width)).enumerate() {
            let [left, right] = self.factors(sweep.rows, row, sweep.inputs);
            for (&(l, r), up) in self.pairs.iter().zip(up.chunks_exact(self.m * self.n)) {
                let up = MatRef::from_row_major_slice(up, self.m, self.n);
                if to_left {
                    let into = &mut into[part(l, self.m * self.k)];
                    let into = MatMut::from_row_major_slice_mut(into, self.m, self.k);
                    let right = self.right(right, r);
                    matmul(into, Accum::Add, up, right.transpose(), 1.0, Par::Seq);
                } else {
                    let into = &mut into[part(r, self.k * self.n)];
                    let into = MatMut::from_row_major_slice_mut(into, self.k, self.n);
                    let left = self.left(left, l);
                    matmul(into, Accum::Add, left.transpose(), up, 1.0, Par::Seq);
                }
            }
        }
    }

    fn left<'a>(&self, all: &'a [f64], index: u32) -> MatRef<'a, f64> {
        MatRef::from_row_major_slice(&all[part(index, self.m * self.k)], self.m, self.k)
    }

    fn right<'a>(&self, all: &'a [f64], index: u32) -> MatRef<'a, f64> {
        MatRef::from_row_major_slice(&all[part(index, self.k * self.n)], self.k, self.n)
    }

    /// The matrices of both factors in that row.
    fn factors<'a>(&'a self, rows: usize, row: usize, inputs: &[&'a [f64]]) -> [&'a [f64]; 2] {
        let mut inputs = inputs.iter();
        [&self.left, &self.right].map(|factor| match factor {
            Factor::Constant(values) => values,
            Factor::Row => {
                let values = inputs.next().copied().unwrap_or_default();
                let width = values.len() / rows;
                &values[row * width..(row + 1) * width]
            }
        })
    }
}

fn part(index: u32, size: usize) -> std::ops::Range<usize> {
    index as usize * size..(index as usize + 1) * size
}
