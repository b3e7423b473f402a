//! Simple numbers in place of fitted ones.

use symgrad_expr::{Expr, Node, Op, OpSet, Workspace};
use symgrad_simplify::{Domain, Simplifier};

use crate::choose::ROUNDING;
use crate::known::Known;
use crate::measure::{Measure, NEIGHBOURS};
use crate::sample::Sample;

/// Coefficients of which each is tried as the unit; of longer sums only some are.
const UNITS: usize = 5;

/// Digits from which it is seen whether fewer do: a third is a simple number, but not to read.
const SOME_DIGITS: usize = 6;

/// Digits of numbers of which the points do not tell how many they need.
const FEW_DIGITS: usize = 4;

/// How much worse a formula may be with simpler numbers: what the noise of so many points would
/// hide, within these bounds.
const TOLERANCES: (f64, f64) = (1e-3, 2e-2);

/// Σ cₖ φₖ as an expression, without those that are multiplied by zero.
pub(crate) fn sum_of(terms: &[Expr], coefficients: &[f64], unit: f64) -> Expr {
    let counts = |(_, c): &(&Expr, &f64)| **c != 0.0;
    Expr::sum(terms.iter().zip(coefficients).filter(counts).map(|(term, c)| match c / unit {
        1.0 => term.clone(),
        -1.0 => -term.clone(),
        factor => Expr::constant(factor) * term.clone(),
    }))
}

/// The sum with the simplest numbers that fit the points as well.
pub(crate) fn polish(
    terms: &[Expr],
    coefficients: &[f64],
    sample: &Sample,
    known: &Known,
    ops: &OpSet,
    workspace: &mut Workspace,
) -> Expr {
    let simplifier = Simplifier::new(ops.clone(), Domain::of_columns(&sample.columns));
    let tolerance = (NEIGHBOURS / sample.rows() as f64).clamp(TOLERANCES.0, TOLERANCES.1);
    let mut loss = |expr: &Expr| {
        let measure = Measure::of(expr, sample, known, workspace);
        measure.map_or(f64::INFINITY, |measure| measure.ratio + ROUNDING)
    };
    let (terms, coefficients) = needed(terms, coefficients, tolerance, &mut loss);
    let mut best: Option<(u32, f64, Expr)> = None;
    for unit in units(&coefficients) {
        let sum = sum_of(&terms, &coefficients, unit);
        let rounded = with_simple_numbers(&sum, &simplifier, tolerance, &mut loss);
        let (complexity, loss) = (cost(ops, &rounded), loss(&rounded));
        let better = best.as_ref().is_none_or(|(c, l, _)| (complexity, loss) < (*c, *l));
        if better && loss.is_finite() {
            best = Some((complexity, loss, rounded));
        }
    }
    let Some((complexity, _, rounded)) = best else {
        let unit = coefficients.first().copied().unwrap_or(1.0);
        return readable(&sum_of(&terms, &coefficients, unit));
    };
    // Every function of a law is one: of a square or a logarithm its argument.
    let simple = simplifier.simplify_level_set(&argument(&rounded));
    let sound = cost(ops, &simple) <= complexity
        && !simple.constants().contains(&0.0)
        && loss(&simple).is_finite();
    without_nothing(if sound { &simple } else { &rounded })
}

/// The formula with few digits, where nothing tells how many are needed.
pub(crate) fn readable(formula: &Expr) -> Expr {
    without_nothing(&argument(&formula.rounded(FEW_DIGITS)))
}

/// The formula without what is multiplied by zero, at whatever points that may be infinite, and without powers of
/// zero.
fn without_nothing(formula: &Expr) -> Expr {
    let Node::Op(op) = formula.root() else { return formula.clone() };
    let arguments: Vec<Expr> = formula.arguments().iter().map(without_nothing).collect();
    let is_zero = |expr: &Expr| expr.root() == Node::Const && expr.constants() == [0.0];
    match (op, arguments.as_slice()) {
        (Op::Add, [left, right]) if is_zero(left) => right.clone(),
        (Op::Add | Op::Sub, [left, right]) if is_zero(right) => left.clone(),
        (Op::Sub, [left, right]) if is_zero(left) => -right.clone(),
        (Op::Mul, [left, right]) if is_zero(left) || is_zero(right) => Expr::constant(0.0),
        (Op::Div, [left, _]) if is_zero(left) => Expr::constant(0.0),
        (Op::Neg, [inside]) if is_zero(inside) => Expr::constant(0.0),
        (Op::Exp, [inside]) if is_zero(inside) => Expr::constant(1.0),
        (Op::Pow, [_, exponent]) if is_zero(exponent) => Expr::constant(1.0),
        (_, [inside]) => Expr::unary(op, inside.clone()),
        (_, [left, right]) => Expr::binary(op, left.clone(), right),
        _ => formula.clone(),
    }
}

/// The terms without which the sum is worse than by a tolerance, with their coefficients: a term times zero is none,
/// even where it may be infinite.
fn needed(
    terms: &[Expr],
    coefficients: &[f64],
    tolerance: f64,
    loss: &mut impl FnMut(&Expr) -> f64,
) -> (Vec<Expr>, Vec<f64>) {
    let (mut terms, mut coefficients) = (terms.to_vec(), coefficients.to_vec());
    let limit = (1.0 + tolerance) * loss(&sum_of(&terms, &coefficients, 1.0));
    let mut index = 0;
    while index < terms.len() && terms.len() > 1 {
        let (mut fewer, mut left) = (terms.clone(), coefficients.clone());
        fewer.remove(index);
        left.remove(index);
        if limit.is_finite() && loss(&sum_of(&fewer, &left, 1.0)) <= limit {
            (terms, coefficients) = (fewer, left);
        } else {
            index += 1;
        }
    }
    (terms, coefficients)
}

/// The sum with rounded constants; of fractions that have no end only as many digits as it takes.
fn with_simple_numbers(
    sum: &Expr,
    simplifier: &Simplifier,
    tolerance: f64,
    loss: &mut impl FnMut(&Expr) -> f64,
) -> Expr {
    let limit = (1.0 + tolerance) * loss(sum);
    let mut rounded = simplifier.round_constants(sum, tolerance, loss);
    if rounded.constants().contains(&0.0) {
        // A power of zero may be nothing to simplify, as where its base may be zero as well.
        let mut without_zeros = |expr: &Expr| {
            if expr.constants().contains(&0.0) { f64::INFINITY } else { loss(expr) }
        };
        rounded = simplifier.round_constants(sum, tolerance, &mut without_zeros);
    }
    for index in 0..rounded.constants().len() {
        let exact = rounded.constants()[index];
        if digits(exact) <= SOME_DIGITS {
            continue;
        }
        let shorter = (0..SOME_DIGITS).filter_map(|more| format!("{exact:.more$e}").parse().ok());
        let with = |value: f64| {
            let mut candidate = rounded.clone();
            candidate.constants_mut()[index] = value;
            candidate
        };
        let found = shorter.map(with).find(|candidate| loss(candidate) <= limit);
        rounded = found.unwrap_or(rounded);
    }
    rounded
}

/// What stands inside functions that rise or fall wherever they are finite, as the formula is at all points.
fn argument(formula: &Expr) -> Expr {
    let arguments = formula.arguments();
    match (formula.root(), arguments.as_slice()) {
        (Node::Op(Op::Log | Op::Exp | Op::Sqrt | Op::Neg), [inside]) => argument(inside),
        (Node::Op(Op::Mul), [factor, inside]) if factor.inputs().is_empty() => argument(inside),
        _ => formula.clone(),
    }
}

/// The complexity, where a number counts by its digits: 0.5 is simpler than 0.4987.
fn cost(ops: &OpSet, expr: &Expr) -> u32 {
    let digits = expr.constants().iter().map(|constant| digits(*constant));
    let digits = digits.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    digits.fold(ops.complexity(expr), u32::saturating_add)
}

fn digits(constant: f64) -> usize {
    format!("{}", constant.abs()).chars().filter(char::is_ascii_digit).count()
}

/// The sizes of coefficients worth dividing by.
fn units(coefficients: &[f64]) -> Vec<f64> {
    let mut sizes: Vec<f64> = coefficients.iter().map(|c| c.abs()).filter(|c| *c > 0.0).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    let step = sizes.len().div_ceil(UNITS).max(1);
    // With the sign of the first term, so that it is written without one.
    let sign = coefficients.first().map_or(1.0, |c| c.signum());
    sizes.into_iter().step_by(step).map(|size| size * sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_multiplied_by_zero_is_not_written() {
        for (given, written) in [
            ("log(x1^2) + 0*exp(0*log(x1^2 + x2^2))", "log(x1^2)"),
            ("0/(x1^2 + x2^2) + 0.3*sqrt(x1) - x2", "0.3*sqrt(x1) - x2"),
            ("0*(1/sqrt(x1) + 1/sqrt(x2)) + x3", "x3"),
            ("x1 - exp(x2*0)*x3", "x1 - 1*x3"),
            ("x1*x2 - 0.5*x3", "x1*x2 - 0.5*x3"),
        ] {
            let [given, written] = [given, written].map(|text| text.parse::<Expr>().unwrap());
            assert_eq!(without_nothing(&given), written);
        }
    }
}
