//! Whether φ folds the concept, so that a neuron rises with it here and falls there.
//!
//! If h = φ(g) and φ turns at some values of g, the gradients of h and g are parallel
//! everywhere but point the same way only between two turns. The level-set loss wants one sign
//! for all points and calls g wrong. Evidence for a fold is a formula that is parallel to the
//! neuron almost everywhere, opposite to it at many points, and whose *value* tells at which.

use serde::{Deserialize, Serialize};
use symgrad_expr::Expr;

use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::measure::Measure;
use crate::score::objective::Objective;

/// Points and formulas that are looked at.
const POINTS: usize = 400;
const FORMULAS: usize = 400;

/// Share of the points that must face the other way.
const OPPOSED: f64 = 0.05;

/// Blind to signs, the formula must have this much less loss than any formula that is not.
const BETTER: f64 = 10.0;

/// A loss of more, blind to signs, is no agreement.
const PARALLEL: f64 = 0.1;

/// Share of the points that a turn must explain: otherwise it may be an accident.
const TURN: f64 = 0.01;

/// Share of the points whose sides turns at values of the formula must explain. Of random sides
/// they explain about six tenths.
const EXPLAINED: f64 = 0.95;

/// Where a neuron turns its back on a formula.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Folds {
    /// Values of the formula at which the neuron passes from rising with it to falling, or back;
    /// from low to high.
    pub turns: Vec<f64>,
    /// Share of the points whose sides these turns explain.
    pub explained: f64,
}

/// Whether one of the formulas shows that the neuron folds it, and no other formula explains the
/// neuron without that nearly as well; and the evaluations that took.
pub(crate) fn is_folded(
    objective: &Objective,
    formulas: &[Expr],
    allowance: Allowance,
) -> (bool, u64) {
    if !objective.has_global_sign() {
        return (false, 0);
    }
    let points = objective.thinned(POINTS);
    let mut evaluator = Evaluator::allowed(&points, allowance);
    let (mut signed, mut blind) = (1.0_f64, vec![]);
    for formula in formulas.iter().take(FORMULAS) {
        let Some(losses) = evaluator.point_losses(formula) else { continue };
        let each = || losses.iter().zip(points.weights());
        let own: f64 = each().map(|(loss, w)| w * loss).sum();
        let parallel = 1.0 - each().map(|(loss, w)| w * (1.0 - loss).abs()).sum::<f64>();
        let opposed: f64 = each().map(|(loss, w)| if *loss > 1.0 { *w } else { 0.0 }).sum();
        signed = signed.min(own);
        if parallel < PARALLEL && opposed > OPPOSED {
            blind.push((parallel.max(0.0), formula));
        }
    }
    blind.retain(|(parallel, _)| BETTER * parallel < signed);
    let folded = blind.iter().any(|(_, formula)| {
        folds(&points, formula).is_some_and(|found| found.explained >= EXPLAINED)
    });
    (folded, evaluator.evaluations())
}

/// Where the single neuron of an objective turns; `None` for other objectives, and for a formula
/// that is not finite.
pub(crate) fn folds(objective: &Objective, formula: &Expr) -> Option<Folds> {
    let signed = objective.with_measure(Measure::LevelSet);
    if !signed.has_global_sign() {
        return None;
    }
    let mut evaluator = Evaluator::new(&signed);
    let values = evaluator.values(formula)?;
    let losses = evaluator.point_losses(formula)?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]).then(i.cmp(&j)));
    let sides: Vec<bool> = order.iter().map(|&n| losses[n] > 1.0).collect();
    let smooth = fewest_turns(&sides, TURN * sides.len() as f64);
    let alike = smooth.iter().zip(&sides).filter(|(a, b)| a == b).count();
    let turns = (1..order.len()).filter(|&k| smooth[k] != smooth[k - 1]);
    let between = |k: usize| 0.5 * (values[order[k - 1]] + values[order[k]]);
    let turns = turns.map(between).collect();
    Some(Folds { turns, explained: alike as f64 / sides.len() as f64 })
}

/// The sides that agree with the given ones at as many points as possible, where every turn from
/// one side to the other costs as much as some points that do not (Viterbi).
fn fewest_turns(sides: &[bool], price: f64) -> Vec<bool> {
    let mut cost = [0.0_f64; 2];
    // Which side each step came from, for either side it may lead to.
    let mut from: Vec<[bool; 2]> = Vec::with_capacity(sides.len());
    for &side in sides {
        let came = [cost[1] + price < cost[0], cost[1] <= cost[0] + price];
        cost = [cost[0].min(cost[1] + price), cost[1].min(cost[0] + price)];
        cost[usize::from(!side)] += 1.0;
        from.push(came);
    }
    let mut side = cost[1] < cost[0];
    let mut found = vec![false; sides.len()];
    for (place, came) in found.iter_mut().zip(&from).rev() {
        *place = side;
        side = came[usize::from(side)];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stray_points_are_no_turns() {
        let sides: Vec<bool> = (0..100).map(|n| (30..80).contains(&n) != (n % 17 == 5)).collect();
        let smooth = fewest_turns(&sides, 3.0);
        let turns: Vec<usize> = (1..100).filter(|&k| smooth[k] != smooth[k - 1]).collect();
        assert_eq!(turns, [30, 80]);
        assert!(fewest_turns(&[true; 9], 1.0).iter().all(|side| *side));
        assert!(fewest_turns(&[], 1.0).is_empty());
    }
}
