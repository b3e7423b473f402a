//! Linear relations between the components of a direction field.
//!
//! If g does not change along a vector field v(x), then u(x)·v(x) = 0 at every point. For
//! fields v that are affine in x the products uᵢ·1 and uᵢ·xₖ are the *terms*; all relations
//! between terms are read off one Gram matrix, which is computed once.

use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::{Accum, Mat, Par, Side};

use super::frame::Frame;

/// A vector field component: along variable `along`, times variable `factor` or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) along: usize,
    pub(super) factor: Option<usize>,
}

/// The products of the directions with the affine functions, and their Gram matrix.
pub(super) struct Terms {
    dim: usize,
    /// K·N rows, one column per term, each row times the root of its point's weight.
    products: Mat<f64>,
    gram: Mat<f64>,
}

/// A combination of terms that should vanish: coefficients in units of the variables' spread.
#[derive(Clone, Debug)]
pub(super) struct Combination {
    pub(super) terms: Vec<(Term, f64)>,
    /// What is left of it, of order 1 for a field that knows nothing of the relation.
    pub(super) residual: f64,
}

impl Terms {
    pub(super) fn new(frame: &Frame) -> Self {
        let (dim, points) = (frame.dim(), frame.points());
        let mut products = Mat::zeros(points * frame.directions.len(), dim * (dim + 1));
        let roots = bounded_roots(frame);
        for (k, unit) in frame.directions.iter().enumerate() {
            for (i, component) in unit.iter().enumerate() {
                for factor in std::iter::once(None).chain((0..dim).map(Some)) {
                    let column = index(dim, Term { along: i, factor });
                    for n in 0..points {
                        let m = factor.map_or(1.0, |f| frame.raw[f][n] / frame.scales[f]);
                        products[(k * points + n, column)] = component[n] * m * roots[n];
                    }
                }
            }
        }
        let count = products.ncols();
        let mut gram = Mat::zeros(count, count);
        matmul(&mut gram, Accum::Replace, products.transpose(), &products, 1.0, Par::Seq);
        Self { dim, products, gram }
    }

    pub(super) fn gram(&self, a: Term, b: Term) -> f64 {
        self.gram[(index(self.dim, a), index(self.dim, b))]
    }

    /// The share of the directions that one variable has, relative to an equal share.
    pub(super) fn single(&self, along: usize) -> Combination {
        let term = Term { along, factor: None };
        let total: f64 =
            (0..self.dim).map(|along| Term { along, ..term }).map(|t| self.gram(t, t)).sum();
        let factor = self.dim as f64 / total;
        Combination { terms: vec![(term, factor.sqrt())], residual: self.gram(term, term) * factor }
    }

    /// The relation between two groups of terms, each with fixed coefficients: what is left is
    /// 1 − |correlation|, whatever the groups' sizes. A weak group therefore does not pass for
    /// a relation. `None` where a group vanishes.
    pub(super) fn pair(&self, left: &[(Term, f64)], right: &[(Term, f64)]) -> Option<Combination> {
        let product = |a: &[(Term, f64)], b: &[(Term, f64)]| {
            let mut sum = 0.0;
            for &(s, cs) in a {
                for &(t, ct) in b {
                    sum += cs * ct * self.gram(s, t);
                }
            }
            sum
        };
        let (aa, bb, ab) = (product(left, left), product(right, right), product(left, right));
        let (first, second) = ((2.0 * aa).sqrt().recip(), (2.0 * bb).sqrt().recip());
        let sign = if ab > 0.0 { -1.0 } else { 1.0 };
        let correlation = 2.0 * ab * first * second;
        let terms = left
            .iter()
            .map(|&(term, c)| (term, c * first))
            .chain(right.iter().map(|&(term, c)| (term, c * second * sign)));
        let finite = first.is_finite() && second.is_finite() && correlation.is_finite();
        finite.then(|| Combination {
            terms: terms.collect(),
            residual: (1.0 - correlation.abs()).max(0.0),
        })
    }

    /// The combination at every point: K columns of N, each value times the root of the
    /// point's weight.
    pub(super) fn along(&self, terms: &[(Term, f64)], frame: &Frame) -> Vec<Vec<f64>> {
        let points = frame.points();
        let columns: Vec<(usize, f64)> =
            terms.iter().map(|&(term, c)| (index(self.dim, term), c)).collect();
        let value = |row: usize| columns.iter().map(|&(t, c)| c * self.products[(row, t)]).sum();
        (0..frame.directions.len())
            .map(|k| (k * points..(k + 1) * points).map(value).collect())
            .collect()
    }

    /// All affine fields that are independent of one another, measured by their own size over
    /// the data, the one along which g changes least first. `None` if points are too few.
    pub(super) fn spectrum(&self, frame: &Frame) -> Option<Vec<Combination>> {
        let (dim, size, count) = (self.dim, self.dim + 1, self.gram.ncols());
        let roots = bounded_roots(frame);
        let affine = Mat::from_fn(frame.points(), size, |n, k| match k {
            0 => roots[n],
            k => roots[n] * frame.raw[k - 1][n] / frame.scales[k - 1],
        });
        let moment = affine.transpose() * &affine;
        // With moment = LLᵀ, L⁻¹ makes the affine functions orthonormal.
        let mut whiten = Mat::<f64>::identity(size, size);
        solve_lower_triangular_in_place(
            moment.llt(Side::Lower).ok()?.L(),
            whiten.as_mut(),
            Par::Seq,
        );
        let mut blocks = Mat::<f64>::zeros(count, count);
        for i in 0..dim {
            blocks.as_mut().submatrix_mut(i * size, i * size, size, size).copy_from(&whiten);
        }
        let white = &blocks * &self.gram * blocks.transpose();
        let eigen = white.self_adjoint_eigen(Side::Lower).ok()?;
        let vectors = blocks.transpose() * eigen.U();
        let total: f64 = (0..count).map(|k| white[(k, k)]).sum();
        let factor = count as f64 / total;
        let combination = |k: usize| {
            let mut terms = Vec::with_capacity(count);
            for along in 0..dim {
                for factor in std::iter::once(None).chain((0..dim).map(Some)) {
                    let term = Term { along, factor };
                    terms.push((term, vectors[(index(dim, term), k)]));
                }
            }
            for (_, c) in &mut terms {
                *c *= factor.sqrt();
            }
            Combination { terms, residual: (eigen.S()[k] * factor).max(0.0) }
        };
        (factor.is_finite()).then(|| (0..count).map(combination).collect())
    }
}

/// Roots of the points' weights, less for far points: there an affine field is large, and few
/// points would decide alone.
fn bounded_roots(frame: &Frame) -> Vec<f64> {
    let root = |n: usize| {
        let squares = frame.raw.iter().zip(&frame.scales).map(|(x, s)| (x[n] / s) * (x[n] / s));
        let distance = squares.sum::<f64>() / frame.dim() as f64;
        (frame.weights[n] / (1.0 + distance)).sqrt()
    };
    (0..frame.points()).map(root).collect()
}

fn index(dim: usize, term: Term) -> usize {
    term.along * (dim + 1) + term.factor.map_or(0, |f| f + 1)
}
