//! The ways in which g may depend on several variables through one combination of them.

use serde::{Deserialize, Serialize};
use symgrad_expr::{Expr, Op};

use super::relations::Term;

/// How a combination is made, and with it the motion that leaves it unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Σ wᵢ xᵢ: shifting the variables against one another changes nothing.
    Linear,
    /// Π xᵢ^wᵢ: stretching the variables against one another changes nothing.
    Product,
    /// Σ wᵢ xᵢ²: rotations (equal signs) or boosts (opposite signs) change nothing.
    Squares,
    /// x·exp(w·y): shifting y while stretching x changes nothing.
    Growth,
    /// x + w·y²: shifting y while shearing x changes nothing.
    Parabola,
}

/// A form for a pair of variables; in [`Form::Growth`] and [`Form::Parabola`] the first is
/// the shifted one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) form: Form,
    pub(super) first: usize,
    pub(super) second: usize,
}

impl Candidate {
    /// One form for all pairs of the variables.
    pub(super) fn all(form: Form, variables: &[usize]) -> Vec<Self> {
        let mut found = Vec::new();
        for (k, &second) in variables.iter().enumerate() {
            for &first in &variables[..k] {
                found.push(Self { form, first, second });
                if !form.chains() {
                    found.push(Self { form, first: second, second: first });
                }
            }
        }
        found
    }

    /// The two terms of the vector field along which nothing changes.
    pub(super) fn terms(&self) -> (Term, Term) {
        let (i, j) = (self.first, self.second);
        let term = |along, factor| Term { along, factor };
        match self.form {
            Form::Linear => (term(i, None), term(j, None)),
            Form::Product => (term(i, Some(i)), term(j, Some(j))),
            Form::Squares => (term(i, Some(j)), term(j, Some(i))),
            Form::Growth => (term(i, None), term(j, Some(j))),
            Form::Parabola => (term(i, None), term(j, Some(i))),
        }
    }

    /// The weight of the second variable relative to the first's, from the coefficients of the
    /// two terms in the variables' own units; for growth and parabola the weight w itself.
    pub(super) fn weight(&self, first: f64, second: f64) -> f64 {
        match self.form {
            Form::Linear | Form::Product | Form::Squares => -first / second,
            Form::Growth => -second / first,
            Form::Parabola => -second / (2.0 * first),
        }
    }
}

impl Form {
    pub(super) const ALL: [Self; 5] =
        [Self::Linear, Self::Product, Self::Squares, Self::Growth, Self::Parabola];

    /// Whether three and more variables may go into one combination.
    pub(super) fn chains(self) -> bool {
        matches!(self, Self::Linear | Self::Product | Self::Squares)
    }

    /// The combination of variables with weights that hold to a relative `tolerance`;
    /// `positive` says of a variable that it is. `None` where it cannot be written.
    pub(super) fn combine(
        self,
        weights: &[(usize, f64)],
        tolerance: f64,
        positive: impl Fn(usize) -> bool,
    ) -> Option<Expr> {
        let var = |k: usize| u16::try_from(k).ok().map(Expr::var);
        match (self, weights) {
            (Self::Linear | Self::Squares, _) => {
                let mut terms = Vec::new();
                for (k, weight) in simple_weights(weights, tolerance) {
                    let x = var(k)?;
                    terms.push((if self == Self::Linear { x } else { x.square() }, weight));
                }
                write_sum(&terms)
            }
            (Self::Product, _) => {
                let exponents = whole_exponents(weights, tolerance);
                if let Some(exponents) = exponents {
                    let powers = exponents.into_iter().map(|(k, e)| Some((var(k)?, e)));
                    return write_product(&powers.collect::<Option<Vec<_>>>()?);
                }
                let mut product: Option<Expr> = None;
                for &(k, weight) in weights {
                    if !positive(k) {
                        return None;
                    }
                    let weight = weight / weights[0].1;
                    let x = var(k)?;
                    let power = if weight == 1.0 {
                        x
                    } else {
                        Expr::binary(Op::Pow, x, &Expr::constant(simple(weight, tolerance)))
                    };
                    product = Some(product.map_or(power.clone(), |before| before * power));
                }
                product
            }
            (Self::Growth, &[(shifted, weight), (stretched, _)]) => {
                let exponent = scaled(simple(weight, tolerance), var(shifted)?);
                Some(var(stretched)? * Expr::unary(Op::Exp, exponent))
            }
            (Self::Parabola, &[(shifted, weight), (sheared, _)]) => {
                let square = (var(shifted)?.square(), simple(weight, tolerance));
                write_sum(&[(var(sheared)?, 1.0), square])
            }
            _ => None,
        }
    }
}

/// Numbers that a weight may be rounded to, up to sign and inversion.
const SIMPLE: [f64; 8] = [1.0, 2.0, 3.0, 4.0, 5.0, 1.5, 0.75, 2.5];

fn simple(weight: f64, tolerance: f64) -> f64 {
    let close = |number: &f64| (weight.abs() / number - 1.0).abs() <= tolerance;
    SIMPLE
        .into_iter()
        .flat_map(|number| [number, number.recip()])
        .find(close)
        .map_or(weight, |number| number.copysign(weight))
}

/// Relative to the first variable, rounded.
fn simple_weights(weights: &[(usize, f64)], tolerance: f64) -> Vec<(usize, f64)> {
    let unit = weights.first().map_or(1.0, |(_, weight)| *weight);
    weights.iter().map(|&(k, weight)| (k, simple(weight / unit, tolerance))).collect()
}

/// Whole exponents in the same proportion, if there are small ones.
fn whole_exponents(weights: &[(usize, f64)], tolerance: f64) -> Option<Vec<(usize, i32)>> {
    const LARGEST: f64 = 6.0;
    let least = weights.iter().map(|(_, w)| w.abs()).fold(f64::INFINITY, f64::min);
    let sign = weights.first()?.1.signum();
    for unit in [1.0, 2.0, 3.0] {
        let mut whole = Vec::new();
        for &(k, weight) in weights {
            let exponent = sign * weight / least * unit;
            let nearest = exponent.round();
            let fits = nearest != 0.0
                && nearest.abs() <= LARGEST
                && (exponent / nearest - 1.0).abs() <= tolerance;
            if fits {
                #[expect(clippy::cast_possible_truncation, reason = "at most 6")]
                whole.push((k, nearest as i32));
            }
        }
        if whole.len() == weights.len() {
            return Some(whole);
        }
    }
    None
}

/// Positive terms first; the overall sign is free.
pub(super) fn write_sum(terms: &[(Expr, f64)]) -> Option<Expr> {
    let positive = terms.iter().filter(|(_, weight)| *weight > 0.0).count();
    let sign = if 2 * positive >= terms.len() { 1.0 } else { -1.0 };
    let mut ordered: Vec<(Expr, f64)> = terms.iter().map(|(e, w)| (e.clone(), w * sign)).collect();
    ordered.sort_by_key(|(_, weight)| *weight < 0.0);
    let mut sum: Option<Expr> = None;
    for (expr, weight) in ordered {
        sum = Some(match sum {
            None => scaled(weight, expr),
            Some(sum) if weight < 0.0 => sum - scaled(-weight, expr),
            Some(sum) => sum + scaled(weight, expr),
        });
    }
    sum
}

fn scaled(factor: f64, expr: Expr) -> Expr {
    if factor == 1.0 { expr } else { Expr::constant(factor) * expr }
}

fn write_product(powers: &[(Expr, i32)]) -> Option<Expr> {
    let gather = |sign: i32| {
        let mut product: Option<Expr> = None;
        for (base, exponent) in powers.iter().filter(|(_, e)| e.signum() == sign) {
            let power = power(base, exponent.unsigned_abs());
            product = Some(product.map_or(power.clone(), |before| before * power));
        }
        product
    };
    match (gather(1), gather(-1)) {
        (Some(above), Some(below)) => Some(above / below),
        (above, below) => above.or(below),
    }
}

fn power(base: &Expr, exponent: u32) -> Expr {
    match exponent {
        0 | 1 => base.clone(),
        2 => base.clone().square(),
        3 => Expr::unary(Op::Cube, base.clone()),
        even if even % 2 == 0 => power(base, even / 2).square(),
        odd => power(base, odd - 1) * base.clone(),
    }
}
