//! The subsets of few columns that explain a target best, by exhaustion (all-subsets regression, Furnival and Wilson,
//! 1974).

/// Columns of length 1, and what they have in common with each other and with the target.
pub(super) struct Gram {
    /// K × K.
    products: Vec<f64>,
    overlaps: Vec<f64>,
}

/// Columns of which less is left beside others depend on these.
const DEPENDENT: f64 = 1e-9;

/// Columns of a subset, and the share of the target's square that it explains.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subset {
    pub(super) columns: Vec<usize>,
    pub(super) explained: f64,
}

/// Most columns that are tried all with all; longer subsets extend the best of these.
pub(super) const EXHAUSTED: usize = 3;
pub(super) const LONGEST: usize = 4;

/// Subsets of each size that are told.
const KEPT: usize = 10;

impl Gram {
    /// Of columns of which one in each pair that is asked for is among the first so many.
    pub(super) fn new(
        overlaps: Vec<f64>,
        first: usize,
        mut product: impl FnMut(usize, usize) -> f64,
    ) -> Self {
        let count = overlaps.len();
        let mut products = vec![0.0; count * count];
        for i in 0..count {
            for j in 0..i.min(first) {
                let product = product(i, j);
                products[i * count + j] = product;
                products[j * count + i] = product;
            }
            products[i * count + i] = 1.0;
        }
        Self { products, overlaps }
    }

    /// The best subsets of each size up to so many, at most [`LONGEST`], of which the first column is among the first so
    /// many.
    pub(super) fn best(&self, first: usize, longest: usize) -> Vec<Vec<Subset>> {
        let count = self.overlaps.len();
        let mut best = vec![Best::default(); EXHAUSTED];
        for i in 0..first.min(count) {
            let of_i = self.overlaps[i] * self.overlaps[i];
            best[0].keep(&[i], of_i);
            let beside_i = self.beside(i);
            for j in i + 1..count {
                if beside_i.squares[j] < DEPENDENT {
                    continue;
                }
                let of_ij = of_i + beside_i.gain(j);
                best[1].keep(&[i, j], of_ij);
                if longest < EXHAUSTED {
                    continue;
                }
                let row = &self.products[j * count..(j + 1) * count];
                let (along, scale) = (beside_i.along[j], beside_i.squares[j].recip());
                let overlap = beside_i.overlaps[j];
                for (k, product) in row.iter().enumerate().skip(j + 1) {
                    let common = product - along * beside_i.along[k];
                    let square = beside_i.squares[k] - common * common * scale;
                    let left = beside_i.overlaps[k] - common * overlap * scale;
                    let of_ijk = of_ij + left * left / square;
                    if of_ijk > best[2].least && square > DEPENDENT {
                        best[2].keep(&[i, j, k], of_ijk);
                    }
                }
            }
        }
        let mut found: Vec<Vec<Subset>> = best.into_iter().map(|best| best.subsets).collect();
        let mut extended = Best::default();
        let most = if longest > EXHAUSTED { KEPT } else { 0 };
        for subset in found[EXHAUSTED - 1].iter().take(most) {
            for k in (0..count).filter(|k| !subset.columns.contains(k)) {
                let columns: Vec<usize> = subset.columns.iter().copied().chain([k]).collect();
                if let Some(explained) = self.explained(&columns) {
                    extended.keep(&columns, explained);
                }
            }
        }
        found.push(extended.subsets);
        found.truncate(longest);
        found
    }

    /// The share that a subset of at most [`LONGEST`] columns explains, by Cholesky's decomposition; `None` where they
    /// depend on each other.
    pub(super) fn explained(&self, columns: &[usize]) -> Option<f64> {
        let count = self.overlaps.len();
        let mut lower = [[0.0; LONGEST]; LONGEST];
        let (mut along, mut explained) = ([0.0; LONGEST], 0.0);
        for i in 0..columns.len() {
            for j in 0..=i {
                let known: f64 = (0..j).map(|l| lower[i][l] * lower[j][l]).sum();
                let rest = self.products[columns[i] * count + columns[j]] - known;
                if i == j && rest < DEPENDENT {
                    return None;
                }
                lower[i][j] = if i == j { rest.sqrt() } else { rest / lower[j][j] };
            }
            let known: f64 = (0..i).map(|l| lower[i][l] * along[l]).sum();
            along[i] = (self.overlaps[columns[i]] - known) / lower[i][i];
            explained += along[i] * along[i];
        }
        Some(explained)
    }

    fn beside(&self, i: usize) -> Beside<'_> {
        let count = self.overlaps.len();
        let along = &self.products[i * count..(i + 1) * count];
        let squares = along.iter().map(|g| 1.0 - g * g).collect();
        let overlaps =
            self.overlaps.iter().zip(along).map(|(b, g)| b - g * self.overlaps[i]).collect();
        Beside { along, squares, overlaps }
    }
}

/// The best subsets of a size, the best first.
#[derive(Clone, Default)]
struct Best {
    subsets: Vec<Subset>,
    /// What the last of them explains, once there are enough.
    least: f64,
}

impl Best {
    fn keep(&mut self, columns: &[usize], explained: f64) {
        if explained.is_nan() || explained <= self.least {
            return;
        }
        let place = self.subsets.partition_point(|kept| kept.explained >= explained);
        self.subsets.insert(place, Subset { columns: columns.to_vec(), explained });
        self.subsets.truncate(KEPT);
        if self.subsets.len() == KEPT {
            self.least = self.subsets[KEPT - 1].explained;
        }
    }
}

/// What is left of all columns beside one of them.
struct Beside<'a> {
    along: &'a [f64],
    squares: Vec<f64>,
    overlaps: Vec<f64>,
}

impl Beside<'_> {
    fn gain(&self, j: usize) -> f64 {
        self.overlaps[j] * self.overlaps[j] / self.squares[j]
    }
}

/// Least squares by modified Gram–Schmidt, each step twice: the coefficients, and the square of what is left of the
/// target. `None` where columns depend on each other.
pub(super) fn least_squares(columns: &[Vec<f64>], target: &[f64]) -> Option<(Vec<f64>, f64)> {
    let count = columns.len();
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    // Upper triangle: column k is the sum of above[l][k] times basis vector l.
    let mut above = vec![vec![0.0; count]; count];
    let mut left = target.to_vec();
    let mut overlaps = vec![0.0; count];
    for (k, column) in columns.iter().enumerate() {
        let mut own = column.clone();
        let length = dot(&own, &own).sqrt();
        for _ in 0..2 {
            for (l, vector) in basis.iter().enumerate() {
                let along = dot(vector, &own);
                above[l][k] += along;
                subtract(&mut own, along, vector);
            }
        }
        let rest = dot(&own, &own).sqrt();
        if !(rest > 1e-12 * length && rest.is_normal()) {
            return None;
        }
        above[k][k] = rest;
        for v in &mut own {
            *v /= rest;
        }
        for _ in 0..2 {
            let along = dot(&own, &left);
            overlaps[k] += along;
            subtract(&mut left, along, &own);
        }
        basis.push(own);
    }
    let mut coefficients = overlaps;
    for k in (0..count).rev() {
        let known: f64 = (k + 1..count).map(|l| above[k][l] * coefficients[l]).sum();
        coefficients[k] = (coefficients[k] - known) / above[k][k];
    }
    Some((coefficients, dot(&left, &left)))
}

pub(super) fn dot(one: &[f64], other: &[f64]) -> f64 {
    symgrad_expr::simd::dot(one, other)
}

fn subtract(from: &mut [f64], factor: f64, vector: &[f64]) {
    from.iter_mut().zip(vector).for_each(|(a, b)| *a -= factor * b);
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Against least squares on every subset.
    #[test]
    fn the_best_subsets_are_found() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        for _ in 0..20 {
            let mut column = || (0..20).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f64>>();
            let unit = |mut column: Vec<f64>| {
                let length = dot(&column, &column).sqrt();
                for v in &mut column {
                    *v /= length;
                }
                column
            };
            let columns: Vec<Vec<f64>> = (0..8).map(|_| unit(column())).collect();
            let target = unit(column());
            let overlaps = columns.iter().map(|c| dot(c, &target)).collect();
            let gram = Gram::new(overlaps, 8, |i, j| dot(&columns[i], &columns[j]));
            let best = gram.best(3, EXHAUSTED);
            for mask in 1_usize..256 {
                let subset: Vec<usize> = (0..8).filter(|k| mask >> k & 1 == 1).collect();
                if subset.len() > EXHAUSTED || subset[0] >= 3 {
                    continue;
                }
                let chosen: Vec<Vec<f64>> = subset.iter().map(|&k| columns[k].clone()).collect();
                let (_, left) = least_squares(&chosen, &target).unwrap();
                let kept = &best[subset.len() - 1];
                assert!((gram.explained(&subset).unwrap() - (1.0 - left)).abs() < 1e-9);
                assert!(1.0 - left <= kept[0].explained + 1e-9);
                if let Some(kept) = kept.iter().find(|kept| kept.columns == subset) {
                    assert!((1.0 - left - kept.explained).abs() < 1e-9);
                }
            }
        }
    }
}
