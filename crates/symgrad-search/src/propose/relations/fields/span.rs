//! The span of the gradients of functions, at each point.

use symgrad_expr::Expr;

/// Parts of gradients beside a span, as a share of the gradients, that tell that they are in it.
const INSIDE: f64 = 1e-6;

/// Functions, and the span of their gradients.
#[derive(Default)]
pub(super) struct Span {
    pub(super) functions: Vec<Expr>,
    gradients: Vec<Vec<Vec<f64>>>,
    /// Orthonormal at each point.
    basis: Vec<Vec<Vec<f64>>>,
}

impl Span {
    /// Whether vectors are in it.
    pub(super) fn holds(&self, vectors: &[Vec<f64>]) -> bool {
        let rest = self.beside(vectors);
        let square =
            |vectors: &[Vec<f64>], n: usize| vectors.iter().map(|v| v[n] * v[n]).sum::<f64>();
        let points = vectors[0].len();
        let mut shares: Vec<f64> =
            (0..points).map(|n| (square(&rest, n) / square(vectors, n)).sqrt()).collect();
        shares.sort_by(f64::total_cmp);
        shares[points / 2] < INSIDE
    }

    /// The part of vectors that is not in it.
    fn beside(&self, vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut rest = vectors.to_vec();
        // Twice, since rounding matters.
        for own in self.basis.iter().chain(&self.basis) {
            for n in 0..rest[0].len() {
                let along: f64 = rest.iter().zip(own).map(|(v, e)| v[n] * e[n]).sum();
                rest.iter_mut().zip(own).for_each(|(v, e)| v[n] -= along * e[n]);
            }
        }
        rest
    }

    pub(super) fn add(&mut self, function: Expr, gradient: Vec<Vec<f64>>) {
        let mut unit = self.beside(&gradient);
        for n in 0..unit[0].len() {
            let size = unit.iter().map(|v| v[n] * v[n]).sum::<f64>().sqrt();
            for v in &mut unit {
                v[n] /= size;
            }
        }
        self.functions.push(function);
        self.gradients.push(gradient);
        self.basis.push(unit);
    }

    /// The functions without those that vectors in the span do without.
    pub(super) fn fewest(&self, vectors: &[Vec<f64>]) -> Vec<Expr> {
        let mut kept: Vec<usize> = (0..self.functions.len()).collect();
        for k in (0..self.functions.len()).rev() {
            let mut span = Self::default();
            for &other in kept.iter().filter(|other| **other != k) {
                span.add(self.functions[other].clone(), self.gradients[other].clone());
            }
            if span.holds(vectors) {
                kept.retain(|other| *other != k);
            }
        }
        kept.into_iter().map(|k| self.functions[k].clone()).collect()
    }
}
