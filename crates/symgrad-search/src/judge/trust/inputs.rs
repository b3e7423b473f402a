//! What is loose about the inputs of a formula.

use symgrad_expr::Expr;

use super::HeldOut;
use super::bootstrap::Resamples;
use super::verdict::{PAIRED_POINTS, PAIRED_SEED};
use crate::outcome::Judge;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;

/// What is wrong with the inputs of a formula, or with the directions that the data fill.
pub(super) fn what_is_loose(formula: &Expr, judge: &Judge<'_>) -> Option<String> {
    let whole = &judge.held.whole;
    if let Some(idle) = idle_among(judge.required, whole) {
        let names: Vec<&str> =
            idle.iter().map(|&input| whole.names()[usize::from(input)].as_str()).collect();
        let matter = if names.len() == 1 { "it does" } else { "they do" };
        return Some(format!("{} had to be in it, although {matter} not matter", names.join(", ")));
    }
    if let Some(idle) = idle_in(formula, judge.held) {
        return Some(format!(
            "it does as well with {} held fixed",
            whole.names()[usize::from(idle)]
        ));
    }
    let empty = whole.empty_directions();
    (empty > 0).then(|| {
        let dim = whole.dim();
        format!(
            "the data fill {} of {dim} directions; formulas that differ only off that surface cannot \
             be told apart",
            dim - empty
        )
    })
}

/// An input of a formula that matters for nothing: held at its median, it leaves the points as
/// well explained.
fn idle_in(formula: &Expr, held: &HeldOut) -> Option<u16> {
    let points = &held.whole.thinned(PAIRED_POINTS);
    let resamples = Resamples::new(points.weights(), PAIRED_SEED);
    let mut evaluator = Evaluator::new(points);
    let own = evaluator.point_losses(formula)?;
    let inputs = formula.inputs();
    if inputs.len() < 2 {
        return None;
    }
    inputs.into_iter().find(|&input| {
        let mut column = points.columns()[usize::from(input)].to_vec();
        let middle = column.len() / 2;
        let median = *column.select_nth_unstable_by(middle, f64::total_cmp).1;
        let all = (0..u16::MAX).take(formula.input_count());
        let fixed = all.map(|k| if k == input { Expr::constant(median) } else { Expr::var(k) });
        let fixed = formula.substitute(&fixed.collect::<Vec<Expr>>());
        let Some(losses) = evaluator.point_losses(&fixed) else { return false };
        let differences: Vec<f64> = losses.iter().zip(&own).map(|(b, a)| b - a).collect();
        resamples.interval(&differences).low <= 0.0
    })
}

/// Those of the inputs along which the neurons' gradients hardly extend at any point.
fn idle_among(inputs: &[u16], objective: &Objective) -> Option<Vec<u16>> {
    if inputs.is_empty() {
        return None;
    }
    let negligible = objective.negligible();
    let idle: Vec<u16> =
        inputs.iter().copied().filter(|&input| negligible[usize::from(input)]).collect();
    (!idle.is_empty()).then_some(idle)
}
