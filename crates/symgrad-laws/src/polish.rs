//! Simple numbers in place of fitted ones.

use symgrad_expr::{Expr, Node, Op, OpSet, Workspace};
use symgrad_simplify::{Domain, Simplifier};

use crate::choose::ROUNDING;
use crate::known::Known;
use crate::measure::Measure;
use crate::sample::Sample;

/// Coefficients of which each is tried as the unit; of longer sums only some are.
const UNITS: usize = 5;

/// How much worse a formula may be with simpler numbers: what the noise of so many points would
/// hide, within these bounds.
const TOLERANCES: (f64, f64) = (1e-3, 2e-2);

/// Points that an effective one stands for: neighbours in time tell much the same.
const NEIGHBOURS: f64 = 4.0;

/// Σ cₖ φₖ as an expression.
pub(crate) fn sum_of(terms: &[Expr], coefficients: &[f64], unit: f64) -> Expr {
    Expr::sum(terms.iter().zip(coefficients).map(|(term, c)| match c / unit {
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
    let mut best: Option<(u32, f64, Expr)> = None;
    for unit in units(coefficients) {
        let sum = sum_of(terms, coefficients, unit);
        let rounded = simplifier.round_constants(&sum, tolerance, &mut loss);
        let (complexity, loss) = (cost(ops, &rounded), loss(&rounded));
        let better = best.as_ref().is_none_or(|(c, l, _)| (complexity, loss) < (*c, *l));
        if better && loss.is_finite() {
            best = Some((complexity, loss, rounded));
        }
    }
    let Some((complexity, _, rounded)) = best else { return sum_of(terms, coefficients, 1.0) };
    // Every function of a law is one: of a square or a logarithm its argument.
    let simple = simplifier.simplify_level_set(&argument(&rounded));
    let sound = cost(ops, &simple) <= complexity && loss(&simple).is_finite();
    if sound { simple } else { rounded }
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
    let digits = |constant: &f64| {
        let text = format!("{}", constant.abs());
        u32::try_from(text.chars().filter(char::is_ascii_digit).count()).unwrap_or(u32::MAX)
    };
    expr.constants().iter().map(digits).fold(ops.complexity(expr), u32::saturating_add)
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
