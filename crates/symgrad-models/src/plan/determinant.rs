//! Determinants.

use super::Sweep;

/// The determinants of the n × n matrices of a row.
#[derive(Clone, Debug)]
pub(crate) struct Determinant {
    pub(crate) n: usize,
    pub(crate) count: usize,
}

/// Rows of the largest matrix: gradients take a determinant for each of its elements.
pub(crate) const LARGEST_DETERMINANT: usize = 32;

impl Determinant {
    pub(crate) fn forward(&self, input: &[f64], output: &mut [f64]) {
        for (matrix, out) in input.chunks_exact(self.n * self.n).zip(output) {
            *out = determinant(matrix.to_vec(), self.n);
        }
    }

    /// The gradient is the matrix of cofactors, also where the matrix is singular.
    pub(crate) fn backward(&self, sweep: &Sweep<'_>, into: &mut [f64]) {
        let n = self.n;
        let matrices = sweep.inputs[0].chunks_exact(n * n).zip(into.chunks_exact_mut(n * n));
        for ((matrix, into), up) in matrices.zip(sweep.upstream) {
            if *up == 0.0 {
                continue;
            }
            for row in 0..n {
                for column in 0..n {
                    let minor: Vec<f64> = (0..n * n)
                        .filter(|at| at / n != row && at % n != column)
                        .map(|at| matrix[at])
                        .collect();
                    let sign = if (row + column) % 2 == 0 { 1.0 } else { -1.0 };
                    into[row * n + column] += up * sign * determinant(minor, n - 1);
                }
            }
        }
    }
}

/// By elimination with the largest pivots of each column.
fn determinant(mut matrix: Vec<f64>, n: usize) -> f64 {
    let mut product = 1.0;
    for step in 0..n {
        let size = |row: usize, matrix: &[f64]| matrix[row * n + step].abs();
        let pivot = (step..n)
            .reduce(|best, row| if size(row, &matrix) > size(best, &matrix) { row } else { best })
            .unwrap_or(step);
        if pivot != step {
            (0..n).for_each(|column| matrix.swap(step * n + column, pivot * n + column));
            product = -product;
        }
        let head = matrix[step * n + step];
        product *= head;
        if head == 0.0 {
            return 0.0;
        }
        for row in step + 1..n {
            let factor = matrix[row * n + step] / head;
            for column in step..n {
                matrix[row * n + column] -= factor * matrix[step * n + column];
            }
        }
    }
    product
}
