//! From what is left of a relation to the confidence that it holds.
//!
//! Three things are weighed, none of them tuned to results:
//!
//! * *Coincidence.* A field that knows nothing of a relation leaves a residual ε of order 1. How
//!   often it leaves little by accident is read off the field itself: the residuals of the
//!   relations that do not hold follow p(ε) ∝ ε^(α−1), and α is estimated from them (Hill's
//!   estimator). Before there are any, α = ½: that is what one coefficient amounts to, drawn
//!   uniformly, whose square is the residual.
//! * *Many tests.* Of M tests some look good by chance; the chances are corrected by the false
//!   discovery rate (Benjamini and Hochberg, J. R. Stat. Soc. B 57, 1995).
//! * *Law or error.* The error of a trained network is rough; a relation that is nearly but not
//!   quite true leaves a smooth remainder. If polynomials fitted on one half of the points
//!   predict more than half of the remainder on the other half, it counts as a law that breaks
//!   the relation, in proportion.
//! * *The neuron's error* shows in the relations that hold best. It differs from direction to
//!   direction; a remainder far beyond a hundred times the smallest is more than error.

use faer::linalg::matmul::matmul;
use faer::prelude::Solve;
use faer::{Accum, Mat, Par, Side};

use super::frame::Frame;

/// Confidence that a relation holds, 0 to 1.
pub(super) type Confidence = f64;

/// Residuals below this are rounding: nothing is left that could be smooth or rough.
const ROUNDING: f64 = 1e-13;

/// The weight of the first guess of α, in residuals.
const PRIOR: f64 = 8.0;
const ALPHA: f64 = 0.5;
/// The largest α believed, two coefficients that vanish independently: where no relation comes
/// near to holding, little is known about how the nearest would be distributed.
const STEEPEST: f64 = 1.0;

/// Residuals more than this factor below the next belong to another kind: the relations that
/// hold.
const GAP: f64 = 10.0;

/// By how much the errors of one neuron along different directions may well differ.
const UNEVEN: f64 = 100.0;
/// An error that exact gradients have too, once combinations with singularities are formed.
const NOISE: f64 = 1e-10;

/// The factor by which a residual lowers the confidence when other relations have been seen to
/// hold up to `floor`: in proportion to the angle.
pub(super) fn within_error(residual: f64, floor: f64) -> f64 {
    (UNEVEN * floor.max(NOISE) / residual).sqrt().min(1.0)
}

/// For each residual the expected share of accidents among those at least as small.
pub(super) fn false_discoveries(residuals: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..residuals.len()).collect();
    order.sort_by(|&i, &j| residuals[i].total_cmp(&residuals[j]).then(i.cmp(&j)));
    let sorted: Vec<f64> =
        order.iter().map(|&i| residuals[i].clamp(f64::MIN_POSITIVE, 1.0)).collect();
    let generic = &sorted[holding(&sorted)..];
    let spread: f64 = generic.iter().map(|residual| -residual.ln()).sum();
    let alpha = ((generic.len() as f64 + PRIOR) / (spread + PRIOR / ALPHA)).min(STEEPEST);
    let mut rates = vec![1.0; residuals.len()];
    let mut least = 1.0_f64;
    for (rank, &test) in order.iter().enumerate().rev() {
        let chance = sorted[rank].powf(alpha);
        least = least.min(chance * residuals.len() as f64 / (rank + 1) as f64);
        rates[test] = least;
    }
    rates
}

/// How many of the sorted residuals lie below the widest gap, if it is one; the last gap is the
/// one to 1, the residual of a field that knows nothing.
pub(super) fn holding(sorted: &[f64]) -> usize {
    let mut widest = (GAP, 0);
    for (below, residual) in sorted.iter().enumerate() {
        let ratio = sorted.get(below + 1).unwrap_or(&1.0) / residual.max(ROUNDING);
        if ratio > widest.0 {
            widest = (ratio, below + 1);
        }
    }
    widest.1
}

/// Tells smooth remainders from rough ones.
pub(super) struct Roughness {
    /// Polynomials of the variables at the points: even rows, odd rows.
    halves: [Mat<f64>; 2],
    /// Inverse Gram matrices of both.
    inverses: [Mat<f64>; 2],
}

/// Most polynomials that remainders are compared with.
const POLYNOMIALS: usize = 70;
/// Their highest degree.
const DEGREE: usize = 8;
/// Ridge of the fits, relative to the polynomials' size.
const RIDGE: f64 = 1e-9;

impl Roughness {
    /// `None` where the polynomials cannot be told apart.
    pub(super) fn new(frame: &Frame) -> Option<Self> {
        let columns = polynomials(&frame.raw, POLYNOMIALS.min(frame.points() / 6), DEGREE);
        let half = |parity: usize| {
            let count = (frame.points() + 1 - parity) / 2;
            Mat::from_fn(count, columns.len(), |row, k| {
                let n = 2 * row + parity;
                columns[k][n] * frame.weights[n].sqrt()
            })
        };
        let halves = [half(0), half(1)];
        let inverses = [normal_inverse(&halves[0])?, normal_inverse(&halves[1])?];
        Some(Self { halves, inverses })
    }

    /// The share of a remainder that no polynomial predicts, 0 to 1, from its values times the
    /// roots of the weights: any number of columns of N.
    pub(super) fn unpredicted(&self, remainder: &[Vec<f64>]) -> f64 {
        let total: f64 = remainder.iter().flatten().map(|r| r * r).sum();
        if total <= ROUNDING {
            return 1.0;
        }
        let part = |parity: usize| {
            Mat::from_fn(self.halves[parity].nrows(), remainder.len(), |row, c| {
                remainder[c][2 * row + parity]
            })
        };
        let parts = [part(0), part(1)];
        let mut left = 0.0;
        for (here, there) in [(0, 1), (1, 0)] {
            let (x, y) = (&self.halves[here], &parts[here]);
            let coefficients = &self.inverses[here] * (x.transpose() * y);
            let mut error = parts[there].clone();
            matmul(&mut error, Accum::Add, &self.halves[there], &coefficients, -1.0, Par::Seq);
            left += error.squared_norm_l2();
        }
        (left / total).min(1.0)
    }

    /// The factor by which a remainder's smoothness lowers the confidence in its relation.
    pub(super) fn factor(&self, remainder: &[Vec<f64>]) -> f64 {
        (2.0 * self.unpredicted(remainder)).min(1.0)
    }
}

fn normal_inverse(x: &Mat<f64>) -> Option<Mat<f64>> {
    let mut normal = x.transpose() * x;
    let size = normal.ncols();
    for k in 0..size {
        let diagonal = normal[(k, k)];
        normal[(k, k)] += RIDGE * diagonal.max(f64::MIN_POSITIVE);
    }
    Some(normal.llt(Side::Lower).ok()?.solve(Mat::<f64>::identity(size, size)))
}

/// Products of Chebyshev polynomials of the variables, each mapped to [−1, 1], by rising total
/// degree up to `degree`; whole degrees only, as long as there are at most `limit` of them.
pub(super) fn polynomials(raw: &[Vec<f64>], limit: usize, degree: usize) -> Vec<Vec<f64>> {
    let points = raw.first().map_or(0, Vec::len);
    let single: Vec<Vec<Vec<f64>>> = raw.iter().map(|column| chebyshev(column, degree)).collect();
    let mut found = vec![vec![1.0; points]];
    let mut count = 1;
    for total in 1..=degree {
        // (variables + total − 1 choose total) have exactly this degree.
        let mut more: usize = 1;
        for k in 1..=total {
            more = more.saturating_mul(raw.len() + k - 1) / k;
        }
        count += more;
        if count > limit {
            break;
        }
        let start = found[0].clone();
        products(&single, total, &start, &mut found);
    }
    found
}

/// All products of that total degree with one factor from each of the tables, times `start`.
fn products(tables: &[Vec<Vec<f64>>], total: usize, start: &[f64], found: &mut Vec<Vec<f64>>) {
    let Some((first, others)) = tables.split_first() else {
        if total == 0 {
            found.push(start.to_vec());
        }
        return;
    };
    for degree in 0..=total {
        let times = |column: &Vec<f64>| start.iter().zip(column).map(|(a, b)| a * b).collect();
        let grown: Vec<f64> = match degree {
            0 => start.to_vec(),
            _ => times(&first[degree - 1]),
        };
        products(others, total - degree, &grown, found);
    }
}

/// The Chebyshev polynomials of degree 1 to `degree` of a column mapped to [−1, 1].
fn chebyshev(column: &[f64], degree: usize) -> Vec<Vec<f64>> {
    let low = column.iter().copied().fold(f64::INFINITY, f64::min);
    let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let half = ((high - low) / 2.0).max(f64::MIN_POSITIVE);
    let t: Vec<f64> = column.iter().map(|x| ((x - low) / half - 1.0).clamp(-1.0, 1.0)).collect();
    let mut found = vec![t.clone()];
    while found.len() < degree {
        let (one, two) = (found.len().checked_sub(2), found.len() - 1);
        let next = (0..t.len())
            .map(|n| 2.0 * t[n] * found[two][n] - one.map_or(1.0, |k| found[k][n]))
            .collect();
        found.push(next);
    }
    found
}
