//! Functions of one variable by quadrature.
//!
//! If f = F(β(xⱼ) + α(xᵢ), the other variables), then the components of ∇f give values of the
//! derivative of α at all points: α′ = (∂ᵢf)/(∂ⱼf/β′). Whether they depend on xᵢ alone is told by a
//! smooth fit, whose integral gives values of α; and a formula for α is an ordinary regression with
//! one input. For β = log the combination is the product xⱼ·exp(α).

use symgrad_expr::{Expr, Node, Op, OpSet};

use super::Coordinates;
use super::smooth::{Smooth, slopes_of};
use crate::propose::spectral;
use crate::score::objective::Objective;
use crate::score::target::{Target, Values};

/// A variable xᵢ that enters as a function α of it alone, through β(xⱼ) + α(xᵢ).
#[derive(Clone, Debug)]
pub(crate) struct Quadrature {
    /// The places of xᵢ and xⱼ.
    pub(crate) pair: [usize; 2],
    /// β, of x1.
    beta: Expr,
    /// The share of the mean square of α′ that a smooth function of xᵢ leaves unexplained.
    share: f64,
    /// Values of α, or of exp(α) where β is a logarithm.
    values: Vec<f64>,
}

/// A smooth function leaves at most this share unexplained: what is integrated is to be exact.
const UNEXPLAINED: f64 = 1e-6;

/// Shares below this are rounding.
const ROUNDING: f64 = 1e-16;

/// Highest degree of the smooth fit.
const DEGREE: usize = 16;

/// Most that are followed.
const FOLLOWED: usize = 3;

/// The quadratures of which a smooth fit leaves least, and how many were tried.
pub(crate) fn quadratures(coordinates: &Coordinates, ops: &OpSet) -> (Vec<Quadrature>, u64) {
    let atoms = spectral::atoms(&Expr::var(0), ops);
    let mut tried = 0;
    let mut found: Vec<Quadrature> = vec![];
    for i in 0..coordinates.dim() {
        let known: Vec<Vec<f64>> =
            atoms.iter().filter_map(|f| slopes_of(f, &coordinates.columns[i])).collect();
        let smooth = Smooth::new(&[&coordinates.columns[i]], DEGREE);
        for j in (0..coordinates.dim()).filter(|j| *j != i) {
            for beta in &atoms {
                if let Some(slopes) = slopes_of(beta, &coordinates.columns[j]) {
                    tried += 1;
                    found.extend(integrated([i, j], beta, &slopes, coordinates, &smooth, &known));
                }
            }
        }
    }
    found.sort_by(|a, b| a.share.max(ROUNDING).total_cmp(&b.share.max(ROUNDING)));
    found.truncate(FOLLOWED);
    (found, tried)
}

fn integrated(
    pair: [usize; 2],
    beta: &Expr,
    by_beta: &[f64],
    of: &Coordinates,
    smooth: &Smooth,
    known: &[Vec<f64>],
) -> Option<Quadrature> {
    let [i, j] = pair;
    let (mut slopes, mut weights) = (vec![], vec![]);
    for (n, by_beta) in by_beta.iter().enumerate() {
        let across = of.direction[j][n] / by_beta;
        let (slope, weight) = (of.direction[i][n] / across, of.weights[n] * across * across);
        let counts = slope.is_finite() && weight.is_finite();
        slopes.push(if counts { slope } else { 0.0 });
        weights.push(if counts { weight } else { 0.0 });
    }
    let whole: f64 = slopes.iter().zip(&weights).map(|(s, w)| w * s * s).sum();
    let fit = smooth.fit(&slopes, &weights)?;
    let share = fit.left / whole;
    let is_known =
        known.iter().any(|known| left_of_multiple(known, &slopes, &weights) < UNEXPLAINED * whole);
    if share.is_nan() || share >= UNEXPLAINED || is_known {
        return None;
    }
    let values = fit.integrated(&of.columns[i]);
    let is_product = beta.root() == Node::Op(Op::Log);
    let values = if is_product { values.iter().map(|v| v.exp()).collect() } else { values };
    Some(Quadrature { pair, beta: beta.clone(), share, values })
}

/// What the best multiple of known slopes leaves: functions that every library has are combined
/// without this.
fn left_of_multiple(known: &[f64], slopes: &[f64], weights: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).zip(weights).map(|((a, b), w)| w * a * b).sum()
    };
    dot(slopes, slopes) - dot(known, slopes).powi(2) / dot(known, known)
}

impl Quadrature {
    /// Finding the function. `None` if its values do not vary.
    pub(crate) fn regression(&self, of: &Coordinates) -> Option<Objective> {
        let target = Target::Values(Values::of(&self.values, &of.weights, false)?);
        let column = of.columns[self.pair[0]].clone();
        Some(Objective::weighted(vec!["x1".into()], vec![column], of.weights.clone(), target))
    }

    /// The combination in x1 and x2, which stand for xᵢ and xⱼ.
    pub(crate) fn combination(&self, function: &Expr) -> Expr {
        let other = Expr::var(1);
        if self.beta.root() == Node::Op(Op::Log) {
            return other * function.clone();
        }
        self.beta.substitute(&[other]) + function.clone()
    }
}
