//! A polynomial of high degree through all values.

use super::fitted::{Fitted, Moved};
use crate::surface::DEPENDENT;
use faer::Mat;

/// There are at least so many values for each coefficient.
const VALUES_PER_TERM: usize = 3;

/// Most coefficients, and most values that they are fitted to.
const TERMS: usize = 300;
const VALUES: usize = 20_000;

/// What a polynomial of lower degree has to tell, neighbours tell as well.
const LOWEST: usize = 3;

/// In more dimensions even that degree has too many coefficients.
const DIMENSIONS: usize = 10;

/// Products of Chebyshev polynomials, those of a low degree altogether first, fitted to values by
/// least squares; each degree is a fit of its own, since the columns of the others come later.
pub(super) struct Polynomial {
    /// The middle and half the width of the range of each of r coordinates.
    ranges: Vec<(f64, f64)>,
    /// Of each term, the degree in each coordinate.
    degrees: Vec<Vec<usize>>,
    /// The number of terms up to each degree.
    ends: Vec<usize>,
    /// The triangle R of the terms' QR decomposition, and the values in terms of Q.
    triangle: Mat<f64>,
    along: Vec<f64>,
    /// What the values have beyond these terms.
    squares: f64,
    values: usize,
    /// The degree that is taken.
    pub(super) degree: usize,
}

impl Polynomial {
    /// Of as high a degree as the values bear; `None` where that tells no more than neighbours, or
    /// where the coordinates of N points take too few values for it.
    pub(super) fn of(points: &[Vec<f64>], values: &[f64], counts: &[f64]) -> Option<Self> {
        let dim = points.first()?.len();
        let points = &points[..points.len().min(VALUES)];
        let most = TERMS.min(points.len() / VALUES_PER_TERM);
        if dim == 0 || dim > DIMENSIONS || terms(dim, LOWEST) > most {
            return None;
        }
        let highest = (LOWEST..=most).take_while(|degree| terms(dim, *degree) <= most).last()?;
        let degrees: Vec<Vec<usize>> =
            (0..=highest).flat_map(|degree| of_degree(dim, degree)).collect();
        let ranges: Vec<(f64, f64)> = (0..dim).map(|axis| range(points, axis)).collect();
        if !ranges.iter().all(|(_, half)| half.is_normal()) {
            return None;
        }
        let roots: Vec<f64> = counts.iter().take(points.len()).map(|count| count.sqrt()).collect();
        let rows: Vec<Vec<f64>> = points
            .iter()
            .map(|point| {
                let chebyshev = chebyshev(point, &ranges, highest);
                let product = |degrees: &Vec<usize>| -> f64 {
                    degrees.iter().zip(&chebyshev).map(|(k, of)| of[*k].0).product()
                };
                degrees.iter().map(product).collect()
            })
            .collect();
        let design = Mat::from_fn(rows.len(), degrees.len(), |n, j| roots[n] * rows[n][j]);
        let qr = design.qr();
        let triangle = qr.thin_R().to_owned();
        let target = Mat::from_fn(rows.len(), 1, |n, _| roots[n] * values[n]);
        let along = qr.compute_thin_Q().transpose() * &target;
        let along: Vec<f64> = (0..degrees.len()).map(|j| along[(j, 0)]).collect();
        let ends: Vec<usize> = (0..=highest).map(|degree| terms(dim, degree)).collect();
        let independent = |j: usize| {
            let square: f64 = (0..=j).map(|i| triangle[(i, j)].powi(2)).sum();
            triangle[(j, j)].abs() > DEPENDENT * square.sqrt()
        };
        let all: f64 = (0..rows.len()).map(|n| target[(n, 0)].powi(2)).sum();
        let found = along.iter().map(|b| b * b).sum::<f64>();
        let is_whole = (0..degrees.len()).all(independent) && along.iter().all(|b| b.is_finite());
        is_whole.then(|| Self {
            ranges,
            degrees,
            ends,
            triangle,
            along,
            squares: (all - found).max(0.0),
            values: rows.len(),
            degree: highest,
        })
    }

    /// The degrees among which is chosen.
    pub(super) fn candidates(&self) -> std::ops::Range<usize> {
        LOWEST..self.ends.len()
    }

    /// The slopes at a point along each of the r coordinates.
    pub(super) fn slopes(&self, at: &[f64]) -> Fitted {
        let (before, end) = (self.ends[self.degree - 1], self.ends[self.degree]);
        let chebyshev = chebyshev(at, &self.ranges, self.degree);
        let factors: Vec<Vec<f64>> = (0..at.len())
            .map(|axis| {
                let slope = |degrees: &Vec<usize>| -> f64 {
                    let of = |(i, k): (usize, &usize)| {
                        let (value, slope) = chebyshev[i][*k];
                        if i == axis { slope } else { value }
                    };
                    degrees.iter().enumerate().map(of).product()
                };
                self.in_terms_of_q(self.degrees[..end].iter().map(slope).collect())
            })
            .collect();
        let sum = |row: &Vec<f64>, from: usize| -> f64 {
            row[from..].iter().zip(&self.along[from..end]).map(|(w, b)| w * b).sum()
        };
        let moved = Moved {
            by: factors.iter().map(|row| sum(row, before)).collect(),
            factors: factors.iter().map(|row| row[before..].to_vec()).collect(),
            part: self.part(),
        };
        let along = factors.iter().map(|row| sum(row, 0)).collect();
        Fitted { along, factors, variance: self.variance(self.degree), moved: Some(moved) }
    }

    /// The variance of a single value about the polynomial of that degree.
    fn variance(&self, degree: usize) -> f64 {
        let end = self.ends[degree];
        let left: f64 = self.along[end..].iter().map(|b| b * b).sum();
        (left + self.squares) / (self.values - end) as f64
    }

    /// What the next degree would change, relative to what this one did: degrees' shares of a
    /// smooth function fall like a geometric series, of an even or odd one in steps of two.
    fn part(&self) -> f64 {
        let noise = self.variance(self.degree);
        let share = |degree: usize| {
            let (from, to) = (self.ends[degree - 1], self.ends[degree]);
            let squares: f64 = self.along[from..to].iter().map(|b| b * b).sum();
            (squares - (to - from) as f64 * noise).max(0.0)
        };
        let pair = |degree: usize| (degree.max(2) - 1..=degree).map(share).sum::<f64>();
        let (last, before) = (pair(self.degree), pair(self.degree - 2));
        if before > 0.0 { (last / before).powf(0.25).min(1.0) } else { 1.0 }
    }

    /// R⁻ᵀ times a vector of as many terms.
    fn in_terms_of_q(&self, mut vector: Vec<f64>) -> Vec<f64> {
        for j in 0..vector.len() {
            let known: f64 = (0..j).map(|i| self.triangle[(i, j)] * vector[i]).sum();
            vector[j] = (vector[j] - known) / self.triangle[(j, j)];
        }
        vector
    }
}

/// The number of products of powers of that many coordinates up to a degree altogether.
fn terms(dim: usize, degree: usize) -> usize {
    (1..=dim).fold(1, |count, k| count * (degree + k) / k)
}

/// The products of exactly that degree, each as the degree in every coordinate.
fn of_degree(dim: usize, degree: usize) -> Vec<Vec<usize>> {
    if dim == 1 {
        return vec![vec![degree]];
    }
    let with_first = |first: usize| {
        let rest = of_degree(dim - 1, degree - first).into_iter();
        rest.map(move |rest| std::iter::once(first).chain(rest).collect())
    };
    (0..=degree).rev().flat_map(with_first).collect()
}

/// The middle and half the width of a coordinate's range.
fn range(points: &[Vec<f64>], axis: usize) -> (f64, f64) {
    let values = || points.iter().map(|point| point[axis]);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::MIN, f64::max));
    (f64::midpoint(low, high), (high - low) / 2.0)
}

/// Chebyshev polynomials of each coordinate and their slopes, up to a degree.
fn chebyshev(at: &[f64], ranges: &[(f64, f64)], highest: usize) -> Vec<Vec<(f64, f64)>> {
    let of = |(x, (middle, half)): (&f64, &(f64, f64))| {
        let t = (x - middle) / half;
        let mut found = vec![(1.0, 0.0), (t, 1.0)];
        for k in 2..=highest {
            let ((a, slope_a), (b, slope_b)) = (found[k - 1], found[k - 2]);
            found.push((2.0 * t * a - b, 2.0 * (a + t * slope_a) - slope_b));
        }
        found.into_iter().map(|(value, slope)| (value, slope / half)).collect()
    };
    at.iter().zip(ranges).map(of).collect()
}
