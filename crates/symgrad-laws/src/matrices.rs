//! The two matrices of a library, and the eigenproblem that gives a sum its coefficients.
//!
//! For a sum f of features φ with coefficients c, how much f changes where a law may not, and how
//! large its gradient is, are quadratic in c:
//!
//! ```text
//! W[j,k] = mean δφⱼ δφₖ        B[j,k] = mean ∇φⱼᵀ P ∇φₖ
//! ```
//!
//! with δφ what is left of φ after its mean within the group (or its derivative along the motion),
//! and P the projector across the gradients of the laws that are known already. cᵀWc / cᵀBc is the
//! mean squared error of the inputs that would explain the change, so that its minimum is not
//! biased by noise, which the ratio to the total variance is.

use std::borrow::Borrow;

use faer::linalg::matmul::matmul;
use faer::linalg::solvers::Solve;
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{Accum, Mat, Par, Side};

use crate::known::Known;
use crate::sample::Feature;

/// Up to this many features all eigenpairs are computed; beyond, one is iterated for.
const DENSE: usize = 48;

/// The ridge that is there for rounding alone.
const ROUNDING: f64 = 1e-12;

/// Iterations after which an eigenvector is good enough to tell large coefficients from small.
const ITERATIONS: usize = 40;

/// The share of a feature's squared gradient across that of what is known below which it is a function of
/// that, up to rounding.
const FUNCTION: f64 = 1e-9;

/// The two matrices, for features of unit mean squared gradient.
#[derive(Clone)]
pub(crate) struct Matrices {
    change: Mat<f64>,
    whole: Mat<f64>,
    scale: Vec<f64>,
}

/// The best coefficients of a set of features.
pub(crate) struct Best {
    /// In the features' own units.
    pub(crate) coefficients: Vec<f64>,
    /// For features of unit mean squared gradient.
    pub(crate) scaled: Vec<f64>,
}

impl Matrices {
    pub(crate) fn of<F: Borrow<Feature>>(features: &[F], dim: usize) -> Self {
        let features: Vec<&Feature> = features.iter().map(Borrow::borrow).collect();
        let rows = features.first().map_or(1, |feature| feature.values.len()) as f64;
        let change = product(&features.iter().map(|f| f.change.as_slice()).collect::<Vec<_>>());
        let mut whole: Mat<f64> = Mat::zeros(features.len(), features.len());
        for input in 0..dim {
            let held: Vec<(usize, &[f64])> = features
                .iter()
                .enumerate()
                .flat_map(|(f, feature)| feature.gradient.iter().map(move |part| (f, part)))
                .filter(|(_, (component, _))| *component == input)
                .map(|(f, (_, column))| (f, column.as_slice()))
                .collect();
            let part = product(&held.iter().map(|(_, column)| *column).collect::<Vec<_>>());
            for (j, (g, _)) in held.iter().enumerate() {
                for (i, (f, _)) in held.iter().enumerate() {
                    whole[(*f, *g)] += part[(i, j)];
                }
            }
        }
        let scale: Vec<f64> = (0..features.len())
            .map(|j| (whole[(j, j)] / rows).sqrt().recip())
            .map(|s| if s.is_finite() { s } else { 0.0 })
            .collect();
        let mut matrices = Self { change, whole, scale };
        for j in 0..features.len() {
            for i in 0..features.len() {
                let factor = matrices.scale[i] * matrices.scale[j] / rows;
                matrices.change[(i, j)] *= factor;
                matrices.whole[(i, j)] *= factor;
            }
        }
        matrices
    }

    /// The same with other changes, one for each feature.
    pub(crate) fn with_changes(&self, changes: &[Vec<f64>]) -> Self {
        let rows = changes.first().map_or(1, Vec::len) as f64;
        let mut change = product(&changes.iter().map(Vec::as_slice).collect::<Vec<_>>());
        for j in 0..self.len() {
            for i in 0..self.len() {
                change[(i, j)] *= self.scale[i] * self.scale[j] / rows;
            }
        }
        Self { change, whole: self.whole.clone(), scale: self.scale.clone() }
    }

    /// The same across the gradients of what is known.
    pub(crate) fn across<F: Borrow<Feature>>(mut self, known: &Known, features: &[F]) -> Self {
        for direction in known.directions() {
            let along: Vec<Vec<f64>> = features
                .iter()
                .map(|feature| {
                    let feature: &Feature = feature.borrow();
                    let mut along = vec![0.0; feature.values.len()];
                    for (input, column) in &feature.gradient {
                        for ((sum, g), u) in along.iter_mut().zip(column).zip(&direction[*input]) {
                            *sum += g * u;
                        }
                    }
                    along
                })
                .collect();
            let rows = along.first().map_or(1, Vec::len) as f64;
            let part = product(&along.iter().map(Vec::as_slice).collect::<Vec<_>>());
            for j in 0..features.len() {
                for i in 0..features.len() {
                    let factor = self.scale[i] * self.scale[j] / rows;
                    self.whole[(i, j)] -= part[(i, j)] * factor;
                }
            }
        }
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.scale.len()
    }

    /// The features that are no functions of what is known: to add one of those to a law says nothing, and
    /// would only follow the noise.
    pub(crate) fn further(&self) -> Vec<usize> {
        (0..self.len()).filter(|&j| self.whole[(j, j)] > FUNCTION).collect()
    }

    /// The same with a ridge on the change alone: a combination whose terms cancel changes little,
    /// has next to no gradient, and pays.
    pub(crate) fn with_ridge(&self, ridge: f64) -> Self {
        let mut change = self.change.clone();
        for j in 0..change.ncols() {
            change[(j, j)] += ridge;
        }
        Self { change, whole: self.whole.clone(), scale: self.scale.clone() }
    }

    /// The least share of the squared gradient of a combination that is across what more is known.
    pub(crate) fn least_share(&self, across: &Self) -> Option<f64> {
        let (change, whole) = (across.whole.clone(), self.whole.clone());
        Self { change, whole, scale: self.scale.clone() }.least_ratio()
    }

    /// The least change for the squared gradient that a combination of all features has.
    pub(crate) fn least_ratio(&self) -> Option<f64> {
        self.least_ratio_of(&(0..self.len()).collect::<Vec<_>>())
    }

    /// The same of a subset of the features.
    pub(crate) fn least_ratio_of(&self, subset: &[usize]) -> Option<f64> {
        let part = self.part(subset);
        let all: Vec<usize> = (0..subset.len()).collect();
        let c = part.with_ridge(ROUNDING).best(&all)?.scaled;
        let form = |matrix: &Mat<f64>| -> f64 {
            all.iter()
                .map(|&i| all.iter().map(|&j| c[i] * matrix[(i, j)] * c[j]).sum::<f64>())
                .sum()
        };
        let ratio = form(&part.change) / form(&part.whole);
        ratio.is_finite().then_some(ratio)
    }

    /// The matrices of a subset.
    fn part(&self, subset: &[usize]) -> Self {
        let part = |m: &Mat<f64>| {
            Mat::from_fn(subset.len(), subset.len(), |i, j| m[(subset[i], subset[j])])
        };
        let scale = subset.iter().map(|&j| self.scale[j]).collect();
        Self { change: part(&self.change), whole: part(&self.whole), scale }
    }

    /// The combination of a subset of the features that changes least for its gradient.
    pub(crate) fn best(&self, subset: &[usize]) -> Option<Best> {
        let Self { change, whole, scale } = self.part(subset);
        let scaled = if subset.len() <= DENSE {
            largest_of_all(&change, whole)?
        } else {
            largest_by_iteration(&change, &whole)?
        };
        let coefficients: Vec<f64> = scaled.iter().zip(scale).map(|(c, scale)| c * scale).collect();
        let finite = coefficients.iter().all(|c| c.is_finite());
        finite.then_some(Best { coefficients, scaled })
    }
}

/// The products of all pairs of columns.
fn product(columns: &[&[f64]]) -> Mat<f64> {
    let rows = columns.first().map_or(0, |column| column.len());
    let all = Mat::from_fn(rows, columns.len(), |n, j| columns[j][n]);
    let mut product = Mat::zeros(columns.len(), columns.len());
    matmul(&mut product, Accum::Replace, all.transpose(), &all, 1.0, Par::Seq);
    product
}

/// The x for which xᵀBx / xᵀWx is largest. W with its ridge is the one that can be factorised: what
/// is known takes directions out of B.
fn largest_of_all(change: &Mat<f64>, mut whole: Mat<f64>) -> Option<Vec<f64>> {
    let llt = change.llt(Side::Lower).ok()?;
    let l = llt.L();
    solve_lower_triangular_in_place(l, whole.as_mut(), Par::Seq);
    let mut whole = whole.transpose().to_owned();
    solve_lower_triangular_in_place(l, whole.as_mut(), Par::Seq);
    let evd = whole.self_adjoint_eigen(Side::Lower).ok()?;
    let last = whole.ncols() - 1;
    let mut vector = Mat::from_fn(whole.ncols(), 1, |i, _| evd.U()[(i, last)]);
    solve_upper_triangular_in_place(l.transpose(), vector.as_mut(), Par::Seq);
    Some(normalised((0..whole.ncols()).map(|i| vector[(i, 0)]).collect()))
}

/// The same by x ← W⁻¹Bx.
fn largest_by_iteration(change: &Mat<f64>, whole: &Mat<f64>) -> Option<Vec<f64>> {
    let llt = change.llt(Side::Lower).ok()?;
    let k = change.ncols();
    // No eigenvector is orthogonal to a start without pattern.
    let mut x = Mat::from_fn(k, 1, |i, _| 1.0 + (i as f64 * 0.618_033_988_75).fract());
    let mut before = f64::INFINITY;
    for _ in 0..ITERATIONS {
        let bx = whole * &x;
        let next = llt.solve(&bx);
        let dot = |u: &Mat<f64>, v: &Mat<f64>| (0..k).map(|i| u[(i, 0)] * v[(i, 0)]).sum::<f64>();
        // Of y = W⁻¹Bx: yᵀWy = yᵀBx.
        let (above, length) = (dot(&next, &bx), dot(&next, &next).sqrt());
        if !(length > 0.0 && length.is_finite()) {
            return None;
        }
        let ratio = above / dot(&next, &(whole * &next));
        x = Mat::from_fn(k, 1, |i, _| next[(i, 0)] / length);
        if (before - ratio).abs() <= 1e-5 * ratio.abs() {
            break;
        }
        before = ratio;
    }
    Some((0..k).map(|i| x[(i, 0)]).collect())
}

fn normalised(vector: Vec<f64>) -> Vec<f64> {
    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    vector.into_iter().map(|x| x / length).collect()
}
