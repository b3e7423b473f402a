//! Whether what a formula leaves is smooth: neighbouring points then err alike, however rough the
//! error is on larger scales.

use symgrad_expr::Aligned;

/// Standard deviations by which neighbours have to agree more than independent errors would.
const BEYOND_DOUBT: f64 = 4.0;

/// Each point's nearest neighbour, by place; absent for points that lie on top of another.
pub(crate) struct Neighbours {
    nearest: Vec<Option<usize>>,
}

impl Neighbours {
    /// Of the points in the given columns, each of which is measured by its own extent.
    pub(crate) fn of(columns: &[&Aligned]) -> Self {
        let points = columns.first().map_or(0, |column| column.len());
        let scaled: Vec<Vec<f64>> = columns.iter().map(|column| standardised(column)).collect();
        let nearest = (0..points).map(|n| {
            let squared = |m: usize| -> f64 {
                scaled.iter().map(|column| (column[n] - column[m]).powi(2)).sum()
            };
            let others = (0..points).filter(|&m| m != n).map(|m| (squared(m), m));
            let (distance, nearest) = others.min_by(|a, b| a.0.total_cmp(&b.0))?;
            (distance > 0.0).then_some(nearest)
        });
        Self { nearest: nearest.collect() }
    }

    /// Whether a residual, rows of N numbers for the N points, is alike at neighbouring points: the
    /// sum of products of neighbours over its standard deviation under independent errors of random
    /// sign.
    pub(crate) fn err_alike(&self, residual: &[f64]) -> bool {
        let points = self.nearest.len().max(1);
        let (mut sum, mut square) = (0.0, 0.0);
        for (n, nearest) in self.nearest.iter().enumerate() {
            let Some(m) = *nearest else { continue };
            // A pair of mutual neighbours is one pair.
            if self.nearest[m] == Some(n) && m < n {
                continue;
            }
            let product: f64 = residual.chunks_exact(points).map(|row| row[n] * row[m]).sum();
            sum += product;
            square += product * product;
        }
        sum > BEYOND_DOUBT * square.sqrt()
    }
}

/// About the median, in units of half the width of the central half.
fn standardised(column: &[f64]) -> Vec<f64> {
    let mut sorted = column.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |quarter: usize| sorted[(sorted.len() - 1) * quarter / 4];
    let width = at(3) - at(1);
    let scale = if width > 0.0 { width.recip() } else { 0.0 };
    column.iter().map(|x| (x - at(2)) * scale).collect()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn smooth_errors_are_told_from_noise() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..40 {
            let columns: Vec<Aligned> = (0..2)
                .map(|_| (0..400).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f64>>().into())
                .collect();
            let neighbours = Neighbours::of(&columns.iter().collect::<Vec<_>>());
            let noise: Vec<f64> = (0..400).map(|_| rng.random_range(-1.0..1.0)).collect();
            assert!(!neighbours.err_alike(&noise));
            let rough: Vec<f64> = (0..400).map(|n| (9.0 * columns[0][n]).sin()).collect();
            assert!(neighbours.err_alike(&rough));
        }
    }
}
