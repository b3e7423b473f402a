//! Gram matrices of feature gradients and the eigenproblem that gives a sum its coefficients.
//!
//! For a sum f of features φ with coefficients c the part of ∇f outside the span of the neurons'
//! gradients, relative to the whole, is cᵀAc / cᵀBc with
//!
//! ```text
//! A[j,k] = Σ wₙ ∇φⱼᵀ (I − Pₙ) ∇φₖ        B[j,k] = Σ wₙ ∇φⱼᵀ ∇φₖ
//! ```
//!
//! where Pₙ projects on the neurons' gradients at point n. The smallest generalised
//! eigenpair of (A, B) is the best coefficient vector together with its loss, the mean
//! squared sine of the angle weighted by ‖∇f‖²; it needs no starting guess and is blind to
//! sign and scale.
//!
//! Ordinary regression is the same problem in one point of N dimensions: ∇φ becomes the column
//! of the feature's values less their mean, P projects on the wanted values, and the loss is
//! 1 − R².

use faer::linalg::matmul::matmul;
use faer::linalg::solvers::Solve;
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{Accum, Mat, Par, Side};
use rayon::prelude::*;
use symgrad_expr::Aligned;

use crate::score::fit::Moments;
use crate::score::objective::Objective;
use crate::score::target::Target;

/// Share of its own squared gradient that every feature adds to A and B alike. A combination
/// whose terms cancel to nothing has A ≈ B ≈ 0 and would win by rounding alone; with this
/// ridge its loss tends to 1 instead. It biases honest losses by about as much.
const RIDGE: f64 = 1e-9;

/// What rounding may take from an eigenvalue of B.
const ROUNDING: f64 = 1e-12;

/// Up to this many features all eigenpairs are computed; beyond, the smallest is iterated for.
const DENSE: usize = 64;

/// Iterations after which an eigenvector is good enough to tell large coefficients from small.
const ITERATIONS: usize = 60;

/// One feature's gradient at all points: the components that may differ from zero, with their
/// columns. In regression a single component, its values.
pub(crate) type Sparse = Vec<(usize, Vec<f64>)>;

/// The two Gram matrices, scaled so that B has a unit diagonal.
pub(crate) struct Gram {
    a: Mat<f64>,
    b: Mat<f64>,
    scale: Vec<f64>,
}

/// The best coefficients of a set of features and their loss.
#[derive(Clone, Debug)]
pub(crate) struct Eigenpair {
    /// Mean squared sine of the angle, weighted by ‖∇f‖².
    pub(crate) loss: f64,
    /// One coefficient per feature of the subset, in the features' own units.
    pub(crate) coefficients: Vec<f64>,
    /// The same for features scaled to a unit mean squared gradient.
    pub(crate) scaled: Vec<f64>,
}

impl Gram {
    /// The matrices of a library of features.
    pub(crate) fn of_features(features: &[Sparse], objective: &Objective) -> Self {
        let roots: Vec<f64> = objective.weights().iter().map(|w| w.sqrt()).collect();
        let whole = whole_products(features, &roots);
        let along = match objective.target() {
            Target::Directions(target) => along_directions(features, &target.basis, &roots),
            Target::Values(target) => along_values(features, &target.standard, &roots),
        };
        Self::scaled(whole, &along)
    }

    /// The matrices of a sum's terms.
    pub(crate) fn of_moments(moments: &Moments) -> Self {
        let k = moments.terms;
        let full = |lower: &[f64]| Mat::from_fn(k, k, |i, j| lower[i.max(j) * k + i.min(j)]);
        let (b, along) = (full(&moments.whole), full(&moments.along));
        let a = &b - &along;
        Self::normalised(a, b)
    }

    /// From B and the components along the wanted directions, one row per direction.
    fn scaled(b: Mat<f64>, along: &Mat<f64>) -> Self {
        const STRIP: usize = 256;
        let k = b.ncols();
        let starts: Vec<usize> = (0..k).step_by(STRIP).collect();
        let strips: Vec<Mat<f64>> = starts
            .par_iter()
            .map(|&start| {
                let strip = along.get(.., start..(start + STRIP).min(k));
                let mut product = Mat::zeros(k, strip.ncols());
                matmul(&mut product, Accum::Replace, along.transpose(), strip, 1.0, Par::Seq);
                product
            })
            .collect();
        let mut a = b.clone();
        for (start, strip) in starts.iter().zip(&strips) {
            for j in 0..strip.ncols() {
                for i in 0..k {
                    a[(i, start + j)] -= strip[(i, j)];
                }
            }
        }
        Self::normalised(a, b)
    }

    /// Scales the features to unit length and adds the ridge.
    fn normalised(mut a: Mat<f64>, mut b: Mat<f64>) -> Self {
        let k = b.ncols();
        let scale: Vec<f64> = (0..k)
            .map(|j| b[(j, j)].sqrt().recip())
            .map(|s| if s.is_finite() { s } else { 0.0 })
            .collect();
        for j in 0..k {
            for i in 0..k {
                a[(i, j)] *= scale[i] * scale[j];
                b[(i, j)] *= scale[i] * scale[j];
            }
        }
        for j in 0..k {
            a[(j, j)] += RIDGE;
            b[(j, j)] += RIDGE;
        }
        Self { a, b, scale }
    }

    /// The same matrices with a ridge of that size on the misfit alone.
    pub(crate) fn with_misfit_ridge(&self, ridge: f64) -> Self {
        let on_diagonal = |m: &Mat<f64>, by: f64| {
            let mut m = m.clone();
            for j in 0..m.ncols() {
                m[(j, j)] += by - RIDGE;
            }
            m
        };
        let scale = self.scale.clone();
        Self { a: on_diagonal(&self.a, ridge), b: on_diagonal(&self.b, ROUNDING), scale }
    }

    /// A and B.
    pub(super) fn matrices(&self) -> (&Mat<f64>, &Mat<f64>) {
        (&self.a, &self.b)
    }

    /// Number of features.
    pub(crate) fn len(&self) -> usize {
        self.scale.len()
    }

    /// Upper bound of the loss when `feature` joins a sum with the given scaled coefficients:
    /// the best mixture of the two, by a 2×2 eigenproblem.
    pub(crate) fn bound(&self, subset: &[usize], scaled: &[f64], feature: usize) -> f64 {
        let (mut aff, mut bff, mut afg, mut bfg) = (0.0, 0.0, 0.0, 0.0);
        for (&i, &ci) in subset.iter().zip(scaled) {
            afg += ci * self.a[(i, feature)];
            bfg += ci * self.b[(i, feature)];
            for (&j, &cj) in subset.iter().zip(scaled) {
                aff += ci * cj * self.a[(i, j)];
                bff += ci * cj * self.b[(i, j)];
            }
        }
        smallest_of_two(
            [aff, afg, self.a[(feature, feature)]],
            [bff, bfg, self.b[(feature, feature)]],
        )
    }

    /// The smallest generalised eigenpair over a subset of the features; `None` where the
    /// features are numerically dependent beyond the ridge, or there are none.
    pub(crate) fn smallest(&self, subset: &[usize]) -> Option<Eigenpair> {
        if subset.is_empty() {
            return None;
        }
        let part = |m: &Mat<f64>| {
            Mat::from_fn(subset.len(), subset.len(), |i, j| m[(subset[i], subset[j])])
        };
        let (a, b) = (part(&self.a), part(&self.b));
        let (loss, scaled) = if subset.len() <= DENSE {
            smallest_of_all(a, &b)?
        } else {
            smallest_by_iteration(&a, &b)?
        };
        let coefficients: Vec<f64> =
            scaled.iter().zip(subset).map(|(c, &i)| c * self.scale[i]).collect();
        let finite = loss.is_finite() && coefficients.iter().all(|c| c.is_finite());
        finite.then_some(Eigenpair { loss: loss.max(0.0), coefficients, scaled })
    }
}

fn smallest_of_all(mut a: Mat<f64>, b: &Mat<f64>) -> Option<(f64, Vec<f64>)> {
    let llt = b.llt(Side::Lower).ok()?;
    let l = llt.L();
    solve_lower_triangular_in_place(l, a.as_mut(), Par::Seq);
    let mut a = a.transpose().to_owned();
    solve_lower_triangular_in_place(l, a.as_mut(), Par::Seq);
    let evd = a.self_adjoint_eigen(Side::Lower).ok()?;
    let mut vector = Mat::from_fn(a.ncols(), 1, |i, _| evd.U()[(i, 0)]);
    solve_upper_triangular_in_place(l.transpose(), vector.as_mut(), Par::Seq);
    Some((evd.S()[0], (0..a.ncols()).map(|i| vector[(i, 0)]).collect()))
}

/// Inverse iteration x ← A⁻¹Bx: one factorisation, and as many rounds as the gap to the next
/// eigenvalue asks for.
fn smallest_by_iteration(a: &Mat<f64>, b: &Mat<f64>) -> Option<(f64, Vec<f64>)> {
    let llt = a.llt(Side::Lower).ok()?;
    let k = a.ncols();
    // No eigenvector is orthogonal to a start without pattern.
    let mut x = Mat::from_fn(k, 1, |i, _| 1.0 + (i as f64 * 0.618_033_988_75).fract());
    let mut loss = f64::INFINITY;
    for _ in 0..ITERATIONS {
        let bx = b * &x;
        let next = llt.solve(&bx);
        // With y = A⁻¹Bx: yᵀAy = yᵀBx.
        let by = b * &next;
        let product =
            |u: &Mat<f64>, v: &Mat<f64>| (0..k).map(|i| u[(i, 0)] * v[(i, 0)]).sum::<f64>();
        let (above, below) = (product(&next, &bx), product(&next, &by));
        let better = above / below;
        let length = below.sqrt();
        x = Mat::from_fn(k, 1, |i, _| next[(i, 0)] / length);
        let settled = (loss - better).abs() <= 1e-6 * better;
        loss = better;
        if settled || !loss.is_finite() {
            break;
        }
    }
    Some((loss, (0..k).map(|i| x[(i, 0)]).collect()))
}

/// Components whose products are held at a time.
const AT_ONCE: usize = 8;

/// B: the products of whole gradients, component by component, since most features have few.
fn whole_products(features: &[Sparse], roots: &[f64]) -> Mat<f64> {
    let components = features.iter().flatten().map(|(i, _)| i + 1).max().unwrap_or(0);
    let product = |component: usize| {
        let held: Vec<(usize, &Vec<f64>)> = features
            .iter()
            .enumerate()
            .flat_map(|(f, parts)| parts.iter().map(move |(i, column)| (f, i, column)))
            .filter(|(_, i, _)| **i == component)
            .map(|(f, _, column)| (f, column))
            .collect();
        let columns = Mat::from_fn(roots.len(), held.len(), |n, j| held[j].1[n] * roots[n]);
        let mut product = Mat::zeros(held.len(), held.len());
        matmul(&mut product, Accum::Replace, columns.transpose(), &columns, 1.0, Par::Seq);
        (held.into_iter().map(|(f, _)| f).collect::<Vec<usize>>(), product)
    };
    // A few at a time: together the products may take as many times the room of the result as
    // there are components.
    let mut whole = Mat::zeros(features.len(), features.len());
    for first in (0..components).step_by(AT_ONCE) {
        let some = (first..components.min(first + AT_ONCE)).into_par_iter();
        let products: Vec<(Vec<usize>, Mat<f64>)> = some.map(product).collect();
        for (held, product) in products {
            for (j, &g) in held.iter().enumerate() {
                for (i, &f) in held.iter().enumerate() {
                    whole[(f, g)] += product[(i, j)];
                }
            }
        }
    }
    whole
}

/// One row per neuron and point: the features' components along the neuron's direction.
fn along_directions(features: &[Sparse], basis: &[Vec<Aligned>], roots: &[f64]) -> Mat<f64> {
    let points = roots.len();
    let mut along = Mat::zeros(points * basis.len(), features.len());
    for (f, parts) in features.iter().enumerate() {
        for (k, direction) in basis.iter().enumerate() {
            for (i, column) in parts {
                for (n, (g, u)) in column.iter().zip(&direction[*i]).enumerate() {
                    along[(k * points + n, f)] += g * u * roots[n];
                }
            }
        }
    }
    along
}

/// A single row: the features' components along the wanted values.
fn along_values(features: &[Sparse], wanted: &[f64], roots: &[f64]) -> Mat<f64> {
    let mean = wanted.iter().zip(roots).map(|(y, r)| y * r * r).sum::<f64>();
    let square = wanted.iter().zip(roots).map(|(y, r)| ((y - mean) * r).powi(2)).sum::<f64>();
    let component = |parts: &Sparse| {
        let products = parts.iter().flat_map(|(_, column)| {
            column.iter().zip(wanted).zip(roots).map(|((v, y), r)| v * (y - mean) * r * r)
        });
        products.sum::<f64>() / square.sqrt()
    };
    Mat::from_fn(1, features.len(), |_, f| component(&features[f]))
}

/// The smaller root λ of det(A − λB) = 0 for symmetric 2×2 matrices given as
/// [m₁₁, m₁₂, m₂₂]; 1, the largest loss there is, where B is singular.
pub(super) fn smallest_of_two(a: [f64; 3], b: [f64; 3]) -> f64 {
    let det_b = b[0] * b[2] - b[1] * b[1];
    if det_b <= 1e-12 * b[0] * b[2] {
        return 1.0;
    }
    let det_a = a[0] * a[2] - a[1] * a[1];
    let half = 0.5 * (a[0] * b[2] + a[2] * b[0] - 2.0 * a[1] * b[1]);
    let root = (half * half - det_a * det_b).max(0.0).sqrt();
    (half - root) / det_b
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};

    use super::*;
    use crate::Measure;

    /// Three features on two inputs; the field is that of φ₀ + 2 φ₁, the third is a distraction.
    fn example() -> (Vec<Sparse>, Objective) {
        let points = 40_u16;
        let x: Vec<f64> = (0..points).map(|n| 0.3 + 0.05 * f64::from(n)).collect();
        let y: Vec<f64> = (0..points).map(|n| 2.0 - 0.03 * f64::from(n * n % 17)).collect();
        let square: Vec<f64> = x.iter().map(|x| 2.0 * x).collect();
        let cosine: Vec<f64> = y.iter().map(|y| y.cos()).collect();
        let field = [square.clone(), cosine.iter().map(|c| 2.0 * c).collect()];
        let features =
            vec![vec![(0, square)], vec![(1, cosine)], vec![(0, y.clone()), (1, x.clone())]];
        let table = Table::new(vec!["x".into(), "y".into()], vec![x, y]).unwrap();
        let field =
            DirectionField::from_gradients(table, &field, &FieldOptions::default()).unwrap();
        (features, Objective::new(&field, Measure::LevelSet))
    }

    #[test]
    fn the_eigenvector_holds_the_coefficients() {
        let (features, objective) = example();
        let pair = Gram::of_features(&features, &objective).smallest(&[0, 1, 2]).unwrap();
        assert!(pair.loss < 1e-8, "{}", pair.loss);
        for (found, wanted) in pair.coefficients.iter().zip([1.0, 2.0, 0.0]) {
            assert!((found / pair.coefficients[0] - wanted).abs() < 1e-4);
        }
    }

    #[test]
    fn iteration_finds_the_same_pair() {
        let (features, objective) = example();
        let gram = Gram::of_features(&features, &objective);
        let (loss, vector) = smallest_by_iteration(&gram.a, &gram.b).unwrap();
        let pair = gram.smallest(&[0, 1, 2]).unwrap();
        assert!((loss - pair.loss).abs() < 1e-9);
        assert!((vector[1] / vector[0] - pair.scaled[1] / pair.scaled[0]).abs() < 1e-6);
    }

    #[test]
    fn a_pair_bound_equals_the_two_feature_solution() {
        let (features, objective) = example();
        let gram = Gram::of_features(&features, &objective);
        let bound = gram.bound(&[0], &[1.0], 2);
        let exact = gram.smallest(&[0, 2]).unwrap().loss;
        assert!((bound - exact).abs() < 1e-10);
    }

    #[test]
    fn dependent_features_do_not_pass_for_a_solution() {
        let (features, objective) = example();
        let twins = vec![features[2].clone(), features[2].clone()];
        let gram = Gram::of_features(&twins, &objective);
        let alone = gram.smallest(&[0]).unwrap().loss;
        let loss = gram.smallest(&[0, 1]).map_or(1.0, |pair| pair.loss);
        assert!(loss > 0.99 * alone, "a cancelling combination was taken for a match: {loss}");
    }

    #[test]
    fn regression_is_the_same_problem() {
        let x: Vec<f64> = (0..50).map(f64::from).collect();
        let values: Vec<f64> = x.iter().map(|x| 3.0 * x - 0.5 * x * x + 7.0).collect();
        let centred = |column: Vec<f64>| {
            let mean = column.iter().sum::<f64>() / 50.0;
            vec![(0, column.iter().map(|v| v - mean).collect())]
        };
        let features = [centred(x.clone()), centred(x.iter().map(|x| x * x).collect())];
        let table = Table::new(vec!["x".into()], vec![x]).unwrap();
        let objective = Objective::regression(&table, &values, true).unwrap();
        let pair = Gram::of_features(&features, &objective).smallest(&[0, 1]).unwrap();
        assert!(pair.loss < 1e-8, "{}", pair.loss);
        assert!((pair.coefficients[0] / pair.coefficients[1] + 6.0).abs() < 1e-3);
    }
}
