//! The a and b of a·f + b, where a formula counts up to these.

use serde::{Deserialize, Serialize};
use symgrad_expr::Expr;

use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;
use crate::score::target::Target;

/// The best a and b: the values that were to be matched are closest to a·f + b.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// The factor, a.
    pub scale: f64,
    /// The summand, b.
    pub offset: f64,
}

/// The scaling of a formula; `None` without linear scaling, or if the formula is not finite at
/// some point.
pub(crate) fn scaling(objective: &Objective, formula: &Expr) -> Option<Scaling> {
    let Target::Values(target) = objective.target() else { return None };
    if !target.linear_scaling {
        return None;
    }
    let values = Evaluator::new(objective).values(formula)?;
    let weights = objective.weights();
    // Divided first, so that neither squares nor sums leave the range of numbers.
    let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let unit = if largest > 0.0 { largest } else { 1.0 };
    let mean_of = |columns: [&dyn Fn(usize) -> f64; 2]| -> f64 {
        let each = weights.iter().enumerate();
        each.map(|(n, w)| w * columns[0](n) * columns[1](n)).sum()
    };
    let (one, standard) = (|_: usize| 1.0, |n: usize| target.standard[n]);
    let mean = mean_of([&|n| values[n] / unit, &one]);
    let off = |n: usize| values[n] / unit - mean;
    let square = mean_of([&off, &off]);
    // Of a constant only the offset counts.
    let slope = if square > 0.0 { mean_of([&off, &standard]) / square } else { 0.0 };
    let middle = mean_of([&standard, &one]);
    let scale = slope * (target.deviation / unit);
    let offset = target.mean + target.deviation * (middle - slope * mean);
    (scale.is_finite() && offset.is_finite()).then_some(Scaling { scale, offset })
}
