//! Whether what a formula leaves is smooth: neighbouring points then err alike, however rough the
//! error is on larger scales.
//!
//! What a series leaves turns many times along one input or two. Among points in many inputs the nearest are too
//! far from each other to show that, while those along one input, or in a plane of two, are close.

use symgrad_expr::Aligned;

/// Standard deviations by which neighbours have to agree more than independent errors would.
const BEYOND_DOUBT: f64 = 4.0;

/// Planes of two of the first so many inputs are looked at.
const IN_PLANES: usize = 8;

/// Pairs of neighbouring points, by place: in all inputs, along each, and in each plane of two. Points that lie on top
/// of each other in all inputs are no pair.
pub(crate) struct Neighbours {
    views: Vec<Vec<[usize; 2]>>,
}

impl Neighbours {
    /// Of the points in the given columns, each of which is measured by its own extent.
    pub(crate) fn of(columns: &[&Aligned]) -> Self {
        let scaled: Vec<Vec<f64>> = columns.iter().map(|column| standardised(column)).collect();
        let all: Vec<&[f64]> = scaled.iter().map(Vec::as_slice).collect();
        let mut views = vec![];
        if all.len() != 1 {
            views.push(nearest(&all, &all));
        }
        views.extend(all.iter().map(|column| nearest(&[column], &all)));
        if all.len() > 2 {
            let in_planes = &all[..all.len().min(IN_PLANES)];
            let planes = (0..in_planes.len()).flat_map(|j| (0..j).map(move |i| [i, j]));
            views.extend(planes.map(|[i, j]| nearest(&[all[i], all[j]], &all)));
        }
        Self { views }
    }

    /// Whether a residual, rows of N numbers for the N points, is alike at neighbouring points: the
    /// sum of products of neighbours over its standard deviation under independent errors of random
    /// sign.
    pub(crate) fn err_alike(&self, residual: &[f64], points: usize) -> bool {
        self.views.iter().any(|pairs| {
            let (mut sum, mut square) = (0.0, 0.0);
            for &[n, m] in pairs {
                let product: f64 =
                    residual.chunks_exact(points.max(1)).map(|row| row[n] * row[m]).sum();
                sum += product;
                square += product * product;
            }
            sum > BEYOND_DOUBT * square.sqrt()
        })
    }
}

/// Each point with the nearest in some columns that does not have the same place in all; pairs of mutual neighbours
/// once.
fn nearest(columns: &[&[f64]], all: &[&[f64]]) -> Vec<[usize; 2]> {
    let Some(first) = columns.first() else { return vec![] };
    let mut order: Vec<usize> = (0..first.len()).collect();
    order.sort_by(|&n, &m| first[n].total_cmp(&first[m]));
    let squared = |columns: &[&[f64]], n: usize, m: usize| -> f64 {
        columns.iter().map(|column| (column[n] - column[m]).powi(2)).sum()
    };
    let nearest_to = |place: usize| {
        let n = order[place];
        let mut best: Option<(f64, usize)> = None;
        let mut look = |m: usize| {
            let is_far = |&(least, _): &(f64, usize)| (first[n] - first[m]).powi(2) >= least;
            if best.as_ref().is_some_and(is_far) {
                return false;
            }
            let distance = squared(columns, n, m);
            if best.is_none_or(|(least, _)| distance < least) && squared(all, n, m) > 0.0 {
                best = Some((distance, m));
            }
            true
        };
        for &m in &order[place + 1..] {
            if !look(m) {
                break;
            }
        }
        for &m in order[..place].iter().rev() {
            if !look(m) {
                break;
            }
        }
        best.map(|(_, m)| m)
    };
    let mut neighbour = vec![None; first.len()];
    for place in 0..order.len() {
        neighbour[order[place]] = nearest_to(place);
    }
    let is_first = |&[n, m]: &[usize; 2]| neighbour[m] != Some(n) || n < m;
    let pairs = neighbour.iter().enumerate().filter_map(|(n, m)| Some([n, (*m)?]));
    pairs.filter(is_first).collect()
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

    fn points(rng: &mut ChaCha8Rng, count: usize, dim: usize) -> Vec<Aligned> {
        let mut column = || (0..count).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f64>>();
        (0..dim).map(|_| column().into()).collect()
    }

    #[test]
    fn smooth_errors_are_told_from_noise() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..40 {
            let columns = points(&mut rng, 400, 2);
            let neighbours = Neighbours::of(&columns.iter().collect::<Vec<_>>());
            let noise: Vec<f64> = (0..400).map(|_| rng.random_range(-1.0..1.0)).collect();
            assert!(!neighbours.err_alike(&noise, 400));
            let rough: Vec<f64> = (0..400).map(|n| (9.0 * columns[0][n]).sin()).collect();
            assert!(neighbours.err_alike(&rough, 400));
        }
    }

    /// What series of up to sixteen terms leave of a function of one input or of a product of two, alone or times
    /// another input.
    #[test]
    fn what_series_leave_is_told_from_noise() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut alarms = 0;
        for case in 0..120 {
            let dim = 2 + case % 5;
            let columns = points(&mut rng, 800, dim);
            let neighbours = Neighbours::of(&columns.iter().collect::<Vec<_>>());
            let (one, other) = (&columns[0], &columns[1]);
            let order = f64::from(rng.random_range(3..=16));
            let wave = |x: f64| (order * x.clamp(-1.0, 1.0).acos()).cos();
            let left: Vec<f64> = (0..800)
                .map(|n| match case % 3 {
                    0 => wave(one[n]),
                    1 => wave(one[n]) * other[n],
                    _ => wave((one[n] + 2.0) * (other[n] + 2.0) / 4.0 - 1.25),
                })
                .collect();
            assert!(neighbours.err_alike(&left, 800), "case {case}, order {order}");
            let noise: Vec<f64> = (0..800).map(|_| rng.random_range(-1.0..1.0)).collect();
            alarms += usize::from(neighbours.err_alike(&noise, 800));
        }
        assert!(alarms <= 1, "{alarms} of 120");
    }

    #[test]
    fn rows_that_are_given_twice_are_no_neighbours() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let once = points(&mut rng, 300, 3);
        let twice = |column: &[f64]| column.iter().chain(column).copied().collect::<Vec<f64>>();
        let columns: Vec<Aligned> = once.iter().map(|column| twice(column).into()).collect();
        let neighbours = Neighbours::of(&columns.iter().collect::<Vec<_>>());
        let noise: Vec<f64> = (0..300).map(|_| rng.random_range(-1.0..1.0)).collect();
        assert!(!neighbours.err_alike(&twice(&noise), 600));
    }
}
