//! Values of a function whose slopes are known, up to a constant: least squares for the derivatives of Chebyshev
//! polynomials.

use faer::Mat;
use faer::linalg::solvers::SolveLstsq;

use super::smooth::{Smooth, evaluations_of_decomposition, logarithms};
use crate::score::budget::Allowance;

/// There are so many equations for each unknown.
const EQUATIONS_PER_UNKNOWN: usize = 2;

/// Most unknowns.
const UNKNOWNS: usize = 500;

/// Highest degree: between scattered points polynomials of higher ones swing.
const HIGHEST: usize = 30;

/// The highest degrees, of which the size tells the error.
const LAST: usize = 2;

/// Values of a function, zero in the mean.
#[derive(Clone, Debug)]
pub(super) struct Potential {
    pub(super) values: Vec<f64>,
    /// What the last degrees are of them, as a share of the root mean square.
    pub(super) error: f64,
}

impl Potential {
    /// Of slopes by each variable, at points that weigh something, and the evaluations that it is worth. `None` where
    /// there are too few points, or if more is not allowed.
    pub(super) fn of(
        columns: &[Vec<f64>],
        slopes: &[Vec<f64>],
        weights: &[f64],
        allowance: &Allowance,
    ) -> (Option<Self>, u64) {
        let (dim, rows) = (columns.len(), columns.len() * weights.len());
        let cost =
            |degree: usize| 2 * evaluations_of_decomposition(rows, Smooth::count(dim, degree));
        let degrees = (1..=HIGHEST).take_while(|degree| {
            let unknowns = Smooth::count(dim, *degree);
            unknowns <= UNKNOWNS.min(rows / EQUATIONS_PER_UNKNOWN)
                && !allowance.is_over_after(cost(*degree))
        });
        let Some(degree) = degrees.last().filter(|degree| *degree > LAST) else { return (None, 0) };
        let plain = Self::of_polynomials(columns, slopes, weights, degree);
        let of_logarithms = logarithms(columns).and_then(|logarithms| {
            let times = |(slopes, column): (&Vec<f64>, &Vec<f64>)| {
                slopes.iter().zip(column).map(|(slope, x)| slope * x).collect()
            };
            let slopes: Vec<Vec<f64>> = slopes.iter().zip(columns).map(times).collect();
            Self::of_polynomials(&logarithms, &slopes, weights, degree)
        });
        let both = plain.into_iter().chain(of_logarithms);
        (both.min_by(|a, b| a.error.total_cmp(&b.error)), cost(degree))
    }

    fn of_polynomials(
        columns: &[Vec<f64>],
        slopes: &[Vec<f64>],
        weights: &[f64],
        degree: usize,
    ) -> Option<Self> {
        let coefficients = fitted(columns, slopes, weights, degree)?;
        let variables: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let polynomials = Smooth::of_degree(&variables, degree);
        let mut values = polynomials.combined(&coefficients);
        let total: f64 = weights.iter().sum();
        let mean = values.iter().zip(weights).map(|(v, w)| v * w).sum::<f64>() / total;
        for v in &mut values {
            *v -= mean;
        }
        let degrees = Smooth::degrees(columns.len(), degree);
        let last = coefficients.iter().zip(&degrees);
        let last: Vec<f64> =
            last.map(|(c, own)| if own + LAST > degree { *c } else { 0.0 }).collect();
        let size = |values: &[f64]| -> f64 {
            let squares = values.iter().zip(weights).map(|(v, w)| w * v * v);
            squares.sum::<f64>().sqrt()
        };
        let error = size(&polynomials.combined(&last)) / size(&values);
        error.is_finite().then_some(Self { values, error })
    }
}

/// Coefficients.
fn fitted(
    columns: &[Vec<f64>],
    slopes: &[Vec<f64>],
    weights: &[f64],
    degree: usize,
) -> Option<Vec<f64>> {
    let variables: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let points = weights.len();
    let roots: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
    let derivatives: Vec<Smooth> = (0..columns.len())
        .map(|along| Smooth::slopes_of_degree(&variables, degree, along))
        .collect();
    // All but the constant.
    let unknowns = Smooth::count(columns.len(), degree) - 1;
    let at = |row: usize| (row / points, row % points);
    let mut matrix = Mat::from_fn(columns.len() * points, unknowns, |row, k| {
        let (along, n) = at(row);
        roots[n] * derivatives[along].column_of(k + 1)[n]
    });
    let target = Mat::from_fn(columns.len() * points, 1, |row, _| {
        let (along, n) = at(row);
        roots[n] * slopes[along][n]
    });
    let sizes: Vec<f64> = (0..unknowns).map(|k| matrix.col(k).norm_l2()).collect();
    for (k, size) in sizes.iter().enumerate() {
        matrix.col_mut(k).iter_mut().for_each(|v| *v /= size);
    }
    let solution = matrix.qr().solve_lstsq(&target);
    let coefficients: Vec<f64> =
        std::iter::once(0.0).chain((0..unknowns).map(|k| solution[(k, 0)] / sizes[k])).collect();
    coefficients.iter().all(|c| c.is_finite()).then_some(coefficients)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_known_by_its_slopes() {
        let column = |step: f64, low: f64| -> Vec<f64> {
            (1..=1_000).map(|n| low + (f64::from(n) * step).fract()).collect()
        };
        let columns = [column(0.618_034, 2.0), column(0.414_214, 0.5)];
        let function = |x: f64, y: f64| ((x - y) / (x / y).ln()).ln();
        let by_x = |x: f64, y: f64| 1.0 / (x - y) - 1.0 / (x * (x / y).ln());
        let at = |f: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
            columns[0].iter().zip(&columns[1]).map(|(x, y)| f(*x, *y)).collect()
        };
        let slopes = [at(&by_x), at(&|x, y| by_x(y, x))];
        let found =
            Potential::of(&columns, &slopes, &[1e-3; 1_000], &Allowance::UNLIMITED).0.unwrap();
        let off: Vec<f64> =
            found.values.iter().zip(at(&function)).map(|(found, f)| found - f).collect();
        let most = off.iter().map(|o| (o - off[0]).abs()).fold(0.0, f64::max);
        assert!(most < 1e-9 && found.error < 1e-9, "{most:e}, {:e}", found.error);
    }
}
