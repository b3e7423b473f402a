//! Functions of one variable by quadrature.
//!
//! If f = F(A(xᵢ) + B(xᵢ)·β(xⱼ), the other variables), then (∂ᵢf)/(∂ⱼf/β′) = a + b·β(xⱼ), with
//! functions a = A′/B and b = B′/B of xᵢ alone. The components of ∇f give that quotient at all
//! points, a smooth fit tells whether it has this form, and the integrating factor B = exp ∫b and
//! A = ∫aB follow as for every linear differential equation of the first order. Formulas for the two
//! are ordinary regressions with one input.

use symgrad_expr::{Expr, OpSet, Program, Workspace};

use super::Coordinates;
use super::smooth::{Fit, Smooth, logarithms, slopes_of};
use crate::propose::spectral;
use crate::score::objective::Objective;
use crate::score::target::{Target, Values};

/// Variables xᵢ and xⱼ that enter through A(xᵢ) + B(xᵢ)·β(xⱼ).
#[derive(Clone, Debug)]
pub(crate) struct Quadrature {
    /// The places of xᵢ and xⱼ.
    pub(crate) pair: [usize; 2],
    /// β, of x1.
    beta: Expr,
    /// The share that smooth functions of xᵢ leave unexplained.
    share: f64,
    /// Values of A where it is not zero, and of B where it is not one.
    offset: Option<Vec<f64>>,
    factor: Option<Vec<f64>>,
}

/// Smooth functions leave at most this share unexplained: what is integrated is to be exact.
const UNEXPLAINED: f64 = 1e-6;

/// Shares below this are rounding.
const ROUNDING: f64 = 1e-16;

/// Highest degree of the smooth fit.
const DEGREE: usize = 16;

/// Most that are followed.
const FOLLOWED: usize = 3;

/// The quadratures of the fewest unknown functions and of these the most exact, and how many were
/// tried.
pub(crate) fn quadratures(coordinates: &Coordinates, ops: &OpSet) -> (Vec<Quadrature>, u64) {
    let atoms = spectral::atoms(&Expr::var(0), ops);
    let mut tried = 0;
    let mut found: Vec<Quadrature> = vec![];
    for i in 0..coordinates.dim() {
        let column = &coordinates.columns[i];
        let own: Vec<Own> = [Scale::Plain, Scale::Logarithm]
            .into_iter()
            .filter_map(|scale| Own::new(column, scale, &atoms))
            .collect();
        for j in (0..coordinates.dim()).filter(|j| *j != i) {
            for beta in &atoms {
                if let Some(quotients) = Quotients::new([i, j], beta, coordinates) {
                    tried += 1;
                    let all = own.iter().filter_map(|o| o.integrated([i, j], beta, &quotients));
                    found.extend(all.min_by(|a, b| a.share.total_cmp(&b.share)));
                }
            }
        }
    }
    let unknown = |q: &Quadrature| q.offset.iter().len() + q.factor.iter().len();
    found.sort_by(|a, b| {
        let shares = a.share.max(ROUNDING).total_cmp(&b.share.max(ROUNDING));
        unknown(a).cmp(&unknown(b)).then(shares)
    });
    found.truncate(FOLLOWED);
    (found, tried)
}

/// (∂ᵢf)/(∂ⱼf/β′) at all points.
struct Quotients {
    values: Vec<f64>,
    /// Weights under which errors are those of ∂ᵢf.
    weights: Vec<f64>,
    beta: Vec<f64>,
}

impl Quotients {
    fn new([i, j]: [usize; 2], beta: &Expr, of: &Coordinates) -> Option<Self> {
        let slopes = slopes_of(beta, &of.columns[j])?;
        let beta = values_of(beta, &of.columns[j])?;
        let (mut values, mut weights) = (vec![], vec![]);
        for (n, slope) in slopes.iter().enumerate() {
            let across = of.direction[j][n] / slope;
            let (value, weight) = (of.direction[i][n] / across, of.weights[n] * across * across);
            let counts = value.is_finite() && weight.is_finite();
            values.push(if counts { value } else { 0.0 });
            weights.push(if counts { weight } else { 0.0 });
        }
        Some(Self { values, weights, beta })
    }

    /// By s, where dxᵢ/ds is given.
    fn stretched(&self, stretch: &[f64]) -> Self {
        let weights = self.weights.iter().zip(stretch).map(|(w, by)| w / (by * by)).collect();
        Self { values: product(&self.values, stretch), weights, beta: self.beta.clone() }
    }

    /// The weighted sum of squares that the best multiple of a column leaves.
    fn left_of_multiple(&self, column: &[f64]) -> f64 {
        let dot = |a: &[f64], b: &[f64]| -> f64 {
            a.iter().zip(b).zip(&self.weights).map(|((a, b), w)| w * a * b).sum()
        };
        dot(&self.values, &self.values) - dot(column, &self.values).powi(2) / dot(column, column)
    }
}

/// What functions of xᵢ are smooth in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scale {
    Plain,
    Logarithm,
}

/// What is known of functions of xᵢ, in terms of s, which is xᵢ or its logarithm.
struct Own {
    column: Vec<f64>,
    /// dxᵢ/ds.
    stretch: Vec<f64>,
    smooth: Smooth,
    /// The slopes of functions that every library has, and of their logarithms.
    slopes: Vec<Vec<f64>>,
    of_logarithms: Vec<Vec<f64>>,
}

impl Own {
    /// `None` if there are no logarithms.
    fn new(x: &[f64], scale: Scale, atoms: &[Expr]) -> Option<Self> {
        let (column, stretch) = match scale {
            Scale::Plain => (x.to_vec(), vec![1.0; x.len()]),
            Scale::Logarithm => (logarithms(&[x.to_vec()])?.pop()?, x.to_vec()),
        };
        let slopes = atoms.iter().filter_map(|atom| slopes_of(atom, x));
        let of_logarithms = atoms.iter().filter_map(|atom| {
            let (slopes, values) = (slopes_of(atom, x)?, values_of(atom, x)?);
            Some(slopes.iter().zip(&values).map(|(slope, value)| slope / value).collect())
        });
        let smooth = Smooth::new(&[&column], DEGREE);
        Some(Self {
            smooth,
            slopes: slopes.map(|slopes| product(&slopes, &stretch)).collect(),
            of_logarithms: of_logarithms
                .map(|slopes: Vec<f64>| product(&slopes, &stretch))
                .collect(),
            column,
            stretch,
        })
    }

    /// The functions, if they are not among those that combinations of pairs are made of anyway.
    fn integrated(&self, pair: [usize; 2], beta: &Expr, of: &Quotients) -> Option<Quadrature> {
        let of = &of.stretched(&self.stretch);
        let whole: f64 = of.values.iter().zip(&of.weights).map(|(v, w)| w * v * v).sum();
        let is_known = |known: &[Vec<f64>], times: &[f64]| {
            let left = |slopes: &Vec<f64>| of.left_of_multiple(&product(slopes, times));
            known.iter().any(|slopes| left(slopes) < UNEXPLAINED * whole)
        };
        let ones = vec![1.0; self.column.len()];
        let times = self.smooth.times(&of.beta);
        let both = self.smooth.and(&times);
        // Where the largest of the models fails, the others do.
        let share = both.weighted(&of.weights)?.fit(&of.values)?.left / whole;
        if share.is_nan() || share >= UNEXPLAINED {
            return None;
        }
        let models: [(&Smooth, bool, bool); 3] =
            [(&self.smooth, true, false), (&times, false, true), (&both, true, true)];
        for (smooth, has_offset, has_factor) in models {
            let fit = smooth.weighted(&of.weights)?.fit(&of.values)?;
            let share = fit.left / whole;
            if share.is_nan() || share >= UNEXPLAINED {
                continue;
            }
            let is_known = match (has_offset, has_factor) {
                (true, false) => is_known(&self.slopes, &ones),
                (false, true) => is_known(&self.of_logarithms, &of.beta),
                _ => false,
            };
            if is_known {
                return None;
            }
            let (offset, factor) = self.functions(&fit, has_offset, has_factor)?;
            return Some(Quadrature { pair, beta: beta.clone(), share, offset, factor });
        }
        None
    }

    /// Values of A and B from the coefficients of a and b.
    #[expect(clippy::type_complexity, reason = "two columns")]
    fn functions(
        &self,
        fit: &Fit,
        has_offset: bool,
        has_factor: bool,
    ) -> Option<(Option<Vec<f64>>, Option<Vec<f64>>)> {
        let degrees = self.smooth.len();
        let of_factor = if has_offset { degrees } else { 0 };
        let factor: Option<Vec<f64>> = has_factor.then(|| {
            let logarithm = fit.part(of_factor, degrees).integrated(&self.column);
            logarithm.into_iter().map(f64::exp).collect()
        });
        if !has_offset {
            return Some((None, factor));
        }
        let slope = fit.part(0, degrees);
        let Some(factor) = factor else {
            return Some((Some(slope.integrated(&self.column)), None));
        };
        let slopes: Vec<f64> =
            self.smooth.values(&slope).iter().zip(&factor).map(|(a, b)| a * b).collect();
        let fit = self.smooth.weighted(&vec![1.0; slopes.len()])?.fit(&slopes)?;
        Some((Some(fit.integrated(&self.column)), Some(factor)))
    }
}

impl Quadrature {
    /// Finding A, where it is not zero, and B, where it is not one. `None` if values do not vary.
    pub(crate) fn regressions(&self, of: &Coordinates) -> Option<[Option<Objective>; 2]> {
        let regression = |values: &Vec<f64>| -> Option<Objective> {
            let target = Target::Values(Values::of(values, &of.weights, false)?);
            let column = of.columns[self.pair[0]].clone();
            Some(Objective::weighted(vec!["x1".into()], vec![column], of.weights.clone(), target))
        };
        let one = |values: &Option<Vec<f64>>| match values {
            Some(values) => regression(values).map(Some),
            None => Some(None),
        };
        Some([one(&self.offset)?, one(&self.factor)?])
    }

    /// The combination in x1 and x2, which stand for xᵢ and xⱼ.
    pub(crate) fn combination(&self, [offset, factor]: [Option<Expr>; 2]) -> Expr {
        let beta = self.beta.substitute(&[Expr::var(1)]);
        let product = match factor {
            Some(factor) => beta * factor,
            None => beta,
        };
        match offset {
            Some(offset) => product + offset,
            None => product,
        }
    }
}

/// Point by point.
fn product(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter().zip(other).map(|(a, b)| a * b).collect()
}

fn values_of(function: &Expr, column: &[f64]) -> Option<Vec<f64>> {
    let mut values: Vec<f64> = vec![0.0; column.len()];
    Program::compile(function).values(&[column], &mut Workspace::default(), &mut values).ok()?;
    values.iter().all(|value| value.is_normal()).then_some(values)
}
