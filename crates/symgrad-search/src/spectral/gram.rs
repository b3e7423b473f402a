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

use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{Accum, Mat, MatRef, Par, Side};

/// Share of its own squared gradient that every feature adds to A and B alike. A combination
/// whose terms cancel to nothing has A ≈ B ≈ 0 and would win by rounding alone; with this
/// ridge its loss tends to 1 instead. It biases honest losses by about as much.
const RIDGE: f64 = 1e-9;

/// Gradients of a list of features at sample points, projected on the tangent space of the
/// data, one column per feature.
pub(crate) struct FeatureGradients {
    /// N·d rows: the gradient's components, point by point within each component.
    whole: Mat<f64>,
    /// N·K rows: the components along the neurons' gradients.
    along: Mat<f64>,
    /// Square roots of the points' weights.
    roots: Vec<f64>,
}

impl FeatureGradients {
    /// From one gradient (d columns of N, already projected) per feature and the neurons'
    /// orthonormal directions (K × d columns of N); one weight per point.
    pub(crate) fn new(gradients: &[Vec<Vec<f64>>], basis: &[&[Vec<f64>]], weights: &[f64]) -> Self {
        let points = weights.len();
        let dim = gradients.first().map_or(0, Vec::len);
        let mut whole = Mat::zeros(points * dim, gradients.len());
        let mut along = Mat::zeros(points * basis.len(), gradients.len());
        for (feature, gradient) in gradients.iter().enumerate() {
            for (i, column) in gradient.iter().enumerate() {
                for (n, &g) in column.iter().enumerate() {
                    whole[(i * points + n, feature)] = g;
                }
                for (k, direction) in basis.iter().enumerate() {
                    for (n, (&g, &u)) in column.iter().zip(&direction[i]).enumerate() {
                        along[(k * points + n, feature)] += g * u;
                    }
                }
            }
        }
        let roots = weights.iter().map(|w| w.sqrt()).collect();
        Self { whole, along, roots }
    }

    /// The Gram matrices of all features.
    pub(crate) fn gram(&self) -> Gram {
        Gram::weighted(&self.whole, &self.along, &self.roots)
    }

    /// The coefficients of a subset of features, refined from a first guess by weighting the
    /// points with 1/‖∇f‖² so that the loss becomes the true mean squared sine.
    pub(crate) fn refine(&self, subset: &[usize], start: &[f64], rounds: usize) -> Vec<f64> {
        let whole = select_columns(self.whole.as_ref(), subset);
        let along = select_columns(self.along.as_ref(), subset);
        let mut best = start.to_vec();
        for _ in 0..rounds {
            let weights = self.inverse_norms(&whole, &best);
            let gram = Gram::weighted(&whole, &along, &weights);
            match gram.smallest(&(0..subset.len()).collect::<Vec<_>>()) {
                Some(pair) => best = pair.coefficients,
                None => break,
            }
        }
        best
    }

    /// `√w/‖∇f‖` at every point, bounded at a tenth of the median norm so that points where the gradient
    /// nearly vanishes (and where the direction means least) do not dominate.
    fn inverse_norms(&self, whole: &Mat<f64>, coefficients: &[f64]) -> Vec<f64> {
        let points = self.roots.len();
        let mut squares = vec![0.0; points];
        for row in 0..whole.nrows() {
            let g: f64 = coefficients.iter().enumerate().map(|(j, c)| c * whole[(row, j)]).sum();
            squares[row % points] += g * g;
        }
        let mut sorted = squares.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let floor = (sorted[points / 2] * 0.01).max(f64::MIN_POSITIVE);
        squares.iter().zip(&self.roots).map(|(s, root)| root / s.max(floor).sqrt()).collect()
    }
}

fn select_columns(matrix: MatRef<'_, f64>, subset: &[usize]) -> Mat<f64> {
    Mat::from_fn(matrix.nrows(), subset.len(), |row, j| matrix[(row, subset[j])])
}

fn scale_rows(matrix: &Mat<f64>, weights: &[f64]) -> Mat<f64> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |row, j| {
        matrix[(row, j)] * weights[row % weights.len()]
    })
}

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
    /// From gradients whose rows are multiplied by the points' factors first.
    fn weighted(whole: &Mat<f64>, along: &Mat<f64>, factors: &[f64]) -> Self {
        let (whole, along) = (scale_rows(whole, factors), scale_rows(along, factors));
        let k = whole.ncols();
        let mut b = Mat::zeros(k, k);
        matmul(&mut b, Accum::Replace, whole.transpose(), &whole, 1.0, Par::Seq);
        let mut a = b.clone();
        matmul(&mut a, Accum::Add, along.transpose(), &along, -1.0, Par::Seq);
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
    /// features are numerically dependent beyond the ridge.
    pub(crate) fn smallest(&self, subset: &[usize]) -> Option<Eigenpair> {
        let k = subset.len();
        let mut a = Mat::from_fn(k, k, |i, j| self.a[(subset[i], subset[j])]);
        let b = Mat::from_fn(k, k, |i, j| self.b[(subset[i], subset[j])]);
        let llt = b.llt(Side::Lower).ok()?;
        let l = llt.L();
        solve_lower_triangular_in_place(l, a.as_mut(), Par::Seq);
        let mut a = a.transpose().to_owned();
        solve_lower_triangular_in_place(l, a.as_mut(), Par::Seq);
        let evd = a.self_adjoint_eigen(Side::Lower).ok()?;
        let loss = evd.S()[0];
        let mut vector = Mat::from_fn(k, 1, |i, _| evd.U()[(i, 0)]);
        solve_upper_triangular_in_place(l.transpose(), vector.as_mut(), Par::Seq);
        let scaled: Vec<f64> = (0..k).map(|i| vector[(i, 0)]).collect();
        let coefficients: Vec<f64> =
            scaled.iter().zip(subset).map(|(c, &i)| c * self.scale[i]).collect();
        let finite = loss.is_finite() && coefficients.iter().all(|c| c.is_finite());
        finite.then_some(Eigenpair { loss: loss.max(0.0), coefficients, scaled })
    }
}

/// The smaller root λ of det(A − λB) = 0 for symmetric 2×2 matrices given as
/// [m₁₁, m₁₂, m₂₂]; 1, the largest loss there is, where B is singular.
fn smallest_of_two(a: [f64; 3], b: [f64; 3]) -> f64 {
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
    use super::*;

    /// Three features on two inputs; the field is that of φ₀ + 2 φ₁, the third is a distraction.
    fn example() -> (FeatureGradients, Vec<f64>) {
        let points = 40_u16;
        let x: Vec<f64> = (0..points).map(|n| 0.3 + 0.05 * f64::from(n)).collect();
        let y: Vec<f64> = (0..points).map(|n| 2.0 - 0.03 * f64::from(n * n % 17)).collect();
        let zero = vec![0.0; usize::from(points)];
        let square: Vec<f64> = x.iter().map(|x| 2.0 * x).collect();
        let cosine: Vec<f64> = y.iter().map(|y| y.cos()).collect();
        let gradients = vec![
            vec![square.clone(), zero.clone()],
            vec![zero.clone(), cosine.clone()],
            vec![y.clone(), x.clone()],
        ];
        let norm = |n: usize| square[n].hypot(2.0 * cosine[n]);
        let direction = vec![
            (0..usize::from(points)).map(|n| square[n] / norm(n)).collect(),
            (0..usize::from(points)).map(|n| 2.0 * cosine[n] / norm(n)).collect::<Vec<f64>>(),
        ];
        (
            FeatureGradients::new(&gradients, &[&direction], &vec![1.0; usize::from(points)]),
            vec![1.0, 2.0, 0.0],
        )
    }

    #[test]
    fn the_eigenvector_holds_the_coefficients() {
        let (features, truth) = example();
        let pair = features.gram().smallest(&[0, 1, 2]).unwrap();
        assert!(pair.loss < 1e-8, "{}", pair.loss);
        for (found, wanted) in pair.coefficients.iter().zip(&truth) {
            assert!((found / pair.coefficients[0] - wanted).abs() < 1e-4);
        }
        let refined = features.refine(&[0, 1], &[1.0, 1.5], 3);
        assert!((refined[1] / refined[0] - 2.0).abs() < 1e-6);
    }

    #[test]
    fn a_pair_bound_equals_the_two_feature_solution() {
        let (features, _) = example();
        let gram = features.gram();
        let bound = gram.bound(&[0], &[1.0], 2);
        let exact = gram.smallest(&[0, 2]).unwrap().loss;
        assert!((bound - exact).abs() < 1e-10);
    }

    #[test]
    fn dependent_features_do_not_pass_for_a_solution() {
        let column = vec![1.0, 2.0, 3.0];
        let gradients = vec![vec![column.clone(), column.clone()]; 2];
        let direction = vec![vec![1.0, 1.0, 1.0], vec![0.0, 0.0, 0.0]];
        let gram = FeatureGradients::new(&gradients, &[&direction], &[1.0; 3]).gram();
        let loss = gram.smallest(&[0, 1]).map_or(1.0, |pair| pair.loss);
        assert!(loss > 0.49, "a cancelling combination was taken for a match: {loss}");
    }
}
