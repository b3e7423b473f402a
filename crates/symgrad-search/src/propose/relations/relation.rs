//! Equations solved for the values, and written.

use symgrad_expr::{Expr, Op, OpSet};

use super::polynomial::Polynomial;
use crate::propose::spectral;

/// Coefficients that are the unit in turn.
const UNITS: usize = 3;

/// Ways to write each of two parts.
const WRITTEN: usize = 3;

/// A polynomial equation of values: the polynomial beside each power of the values.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    pub(super) parts: Vec<Polynomial>,
    /// The polynomial of which the second part is that power, up to a factor.
    pub(super) root: Option<(Polynomial, u32)>,
    pub(super) split: Option<Split>,
}

/// Values that are linear in a coordinate: f₀ + x·f₁, with f₁ and what is not zero of f₀ shorter equations.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub(super) coordinate: Expr,
    pub(super) without: Option<Box<Relation>>,
    pub(super) with: Box<Relation>,
}

impl Relation {
    /// How many terms its polynomials have.
    pub(super) fn terms(&self) -> usize {
        self.parts.iter().map(|part| part.coefficients().count()).sum()
    }

    /// The same where it is split.
    fn least_terms(&self) -> usize {
        let of_split = self.split.as_ref().map_or(usize::MAX, Split::terms);
        of_split.min(self.terms())
    }

    /// The values, written in several ways.
    pub(crate) fn formulas(&self) -> Vec<Expr> {
        match self.parts.as_slice() {
            [rest, factor] => {
                let powers =
                    self.root.as_ref().map(|(root, power)| over_power(rest, factor, root, *power));
                let split = self.split.iter().flat_map(Split::formulas);
                powers.into_iter().flatten().chain(quotients(rest, factor)).chain(split).collect()
            }
            [constant, linear, square] => roots(constant, linear, square),
            _ => vec![],
        }
    }
}

impl Split {
    /// How many terms the polynomials of both parts have.
    pub(super) fn terms(&self) -> usize {
        self.with.least_terms() + self.without.as_ref().map_or(0, |without| without.least_terms())
    }

    fn formulas(&self) -> Vec<Expr> {
        let ops = OpSet::default();
        let shortest = |relation: &Relation| -> Vec<Expr> {
            let mut formulas = relation.formulas();
            formulas.sort_by_key(|formula| ops.complexity(formula));
            formulas.truncate(WRITTEN);
            formulas
        };
        let with = shortest(&self.with).into_iter().map(|with| self.coordinate.clone() * with);
        let Some(without) = &self.without else { return with.collect() };
        let without = shortest(without);
        with.flat_map(|with| without.iter().map(move |without| without.clone() + with.clone()))
            .collect()
    }
}

/// −rest/factor, as it is and as a sum with what is left of a division.
fn quotients(rest: &Polynomial, factor: &Polynomial) -> Vec<Expr> {
    let mut found = vec![];
    let (common, factor) = factor.without_common_powers();
    for unit in factor.coefficients().take(UNITS) {
        let (above, below) = (rest.times(-1.0 / unit), factor.times(1.0 / unit));
        let (whole, left) = above.divided_by(&below);
        for rounds in [true, false] {
            let over = |above: &Polynomial| -> Option<Expr> {
                let above = above.written_over(&common, rounds)?;
                Some(if below.is_one() { above } else { above / below.written(rounds) })
            };
            found.extend(over(&above));
            let sum = [whole.written_over(&common, rounds), over(&left)];
            found.extend(sum.into_iter().flatten().reduce(|a, b| a + b));
        }
    }
    found
}

/// −rest/factor where the factor is a multiple of a power: in partial fractions.
fn over_power(rest: &Polynomial, factor: &Polynomial, root: &Polynomial, power: u32) -> Vec<Expr> {
    let Some(unit) = factor.unit_of(root, power) else { return vec![] };
    let mut above = rest.times(-1.0 / unit);
    let below = root.written(true);
    let whole = above.written(true)
        / spectral::power(&below, power, &OpSet::default()).unwrap_or(below.clone());
    let mut sum: Option<Expr> = None;
    for _ in 0..power {
        let (quotient, left) = above.divided_by(root);
        let term = (!left.is_zero()).then(|| left.written(true));
        let both = match (sum, term) {
            (Some(sum), Some(term)) => Some(sum + term),
            (sum, term) => sum.or(term),
        };
        sum = both.map(|sum| sum / below.clone());
        above = quotient;
    }
    let rest = (!above.is_zero()).then(|| above.written(true));
    let fractions = match (sum, rest) {
        (Some(sum), Some(rest)) => Some(sum + rest),
        (sum, rest) => sum.or(rest),
    };
    fractions.into_iter().chain([whole]).collect()
}

/// (−linear ± √(linear² − 4·square·constant))/(2·square).
fn roots(constant: &Polynomial, linear: &Polynomial, square: &Polynomial) -> Vec<Expr> {
    let mut found = vec![];
    for unit in square.coefficients().take(UNITS) {
        let [constant, linear, square] =
            [constant, linear, square].map(|polynomial| polynomial.times(1.0 / unit));
        let (half, whole) = (linear.times(-0.5), square.product(&constant));
        let Some(below) = half.product(&half).zip(whole).map(|(a, b)| a.plus(&b.times(-1.0)))
        else {
            continue;
        };
        for below in [below.written(true), below.written(false)] {
            let root = Expr::unary(Op::Sqrt, below);
            let plain = half.written(true);
            let over = |above: Expr| {
                if square.is_one() { above } else { above / square.written(true) }
            };
            if half.is_zero() {
                found.extend([over(root.clone()), over(Expr::constant(-1.0) * root)]);
            } else {
                found.extend([over(plain.clone() + root.clone()), over(plain - root)]);
            }
        }
    }
    found
}
