//! A formula's directions or values beside the neuron's.

use symgrad_expr::Expr;

use super::smooth::{Allowed, Match, centre};
use crate::score::evaluator::Evaluator;
use crate::score::measure::Measure;
use crate::score::objective::Objective;
use crate::score::target::{Directions, Target, Values};

/// Loss per mean sin² of small angles, or per 1 − R².
pub(crate) fn unit(objective: &Objective) -> f64 {
    0.5 * point_unit(objective)
        * if matches!(objective.target(), Target::Values(_)) { 2.0 } else { 1.0 }
}

/// Loss per [point loss](Evaluator::point_losses).
pub(crate) fn point_unit(objective: &Objective) -> f64 {
    match objective.target() {
        Target::Directions(Directions { measure: Measure::PaperMse, .. }) => {
            2.0 / objective.dim() as f64
        }
        _ => 1.0,
    }
}

/// What the formula allows and what parts it from the neuron (`weights` of mean 1), and the
/// share of weight where the two face the other way than elsewhere; `None` where the formula
/// is not finite.
pub(crate) fn compare(
    objective: &Objective,
    formula: &Expr,
    weights: &[f64],
) -> Option<(Match, f64)> {
    match objective.target() {
        Target::Directions(target) => directions(objective, target, formula, weights),
        Target::Values(target) => values(objective, target, formula, weights),
    }
}

/// How unlike two formulas are on the points, from 0 to 1: 1 − the mean cosine of their gradients, or 1 − the
/// correlation of their values, however small. `None` where one is not finite.
pub(crate) fn difference(objective: &Objective, one: &Expr, other: &Expr) -> Option<f64> {
    let weights: Vec<f64> =
        objective.weights().iter().map(|w| w * objective.points() as f64).collect();
    let (one, _) = compare(objective, one, &weights)?;
    let (other, _) = compare(objective, other, &weights)?;
    let whole = vec![1.0; objective.points()];
    let (one, other, weights) = match (one.allowed, other.allowed) {
        (Allowed::Along(one), Allowed::Along(other)) => (one, other, objective.weights()),
        (Allowed::Multiples(one), Allowed::Multiples(other)) => {
            (vec![one], vec![other], whole.as_slice())
        }
        _ => return None,
    };
    let pairs = || {
        let columns = one.iter().zip(&other);
        columns.flat_map(|(u, v)| u.iter().zip(v).zip(weights).map(|((u, v), w)| (u, v, w)))
    };
    let sign = pairs().map(|(u, v, w)| w * u * v).sum::<f64>().signum();
    // Of unit vectors: 1 − cos without the loss of digits.
    Some(0.5 * pairs().map(|(u, v, w)| w * (u - sign * v).powi(2)).sum::<f64>())
}

/// The unit gradients of a formula, tangent to the data; 0 where there is none.
fn unit_gradients(objective: &Objective, formula: &Expr) -> Option<Vec<Vec<f64>>> {
    let mut units = Evaluator::new(objective).projected_gradients(formula)?;
    for n in 0..objective.points() {
        let norm = units.iter().map(|g| g[n] * g[n]).sum::<f64>().sqrt();
        let scale = if norm > 0.0 && norm.is_finite() { norm.recip() } else { 0.0 };
        for g in &mut units {
            g[n] *= scale;
        }
    }
    Some(units)
}

fn directions(
    objective: &Objective,
    target: &Directions,
    formula: &Expr,
    weights: &[f64],
) -> Option<(Match, f64)> {
    let (points, dim) = (objective.points(), objective.dim());
    let units = unit_gradients(objective, formula)?;
    let blind = target.signed().is_none();
    let mut residual = vec![0.0; points * dim];
    let (mut total, mut facing) = (0.0, 0.0);
    for n in 0..points {
        // The neuron's direction, or the nearest in the span of several or of either sign.
        let mut nearest = vec![0.0; dim];
        let mut cosine = 0.0;
        for neuron in &target.basis {
            let along: f64 = (0..dim).map(|i| neuron[i][n] * units[i][n]).sum();
            let factor = if blind { along } else { 1.0 };
            cosine += factor * along;
            nearest.iter_mut().zip(neuron).for_each(|(sum, unit)| *sum += factor * unit[n]);
        }
        let length = nearest.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        for i in 0..dim {
            let off = (nearest[i] - cosine * units[i][n]) / length;
            residual[i * points + n] = off * weights[n].sqrt();
            total += weights[n] * off * off;
        }
        facing += weights[n] * if cosine < 0.0 { -1.0 } else { 1.0 };
    }
    // Both tend to 1 where the formula has no gradient at all.
    let total = (total / points as f64).min(1.0);
    let opposed = (0.5 * (1.0 - facing.abs() / points as f64)).max(0.0);
    Some((Match { allowed: Allowed::Along(units), residual, total }, opposed))
}

fn values(
    objective: &Objective,
    target: &Values,
    formula: &Expr,
    weights: &[f64],
) -> Option<(Match, f64)> {
    let points = weights.len();
    let roots: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
    let mut values = Evaluator::new(objective).values(formula)?;
    // Squares of very large or small values would not be finite, or zero.
    let largest = values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    if largest > 0.0 {
        for value in &mut values {
            *value /= largest;
        }
    }
    centre(&mut values, weights);
    values.iter_mut().zip(&roots).for_each(|(value, root)| *value *= root);
    let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
    let scale = if norm > 0.0 && norm.is_finite() { norm.recip() } else { 0.0 };
    for value in &mut values {
        *value *= scale;
    }
    let mut residual = target.standard.clone();
    centre(&mut residual, weights);
    residual.iter_mut().zip(&roots).for_each(|(y, root)| *y *= root);
    let slope: f64 = residual.iter().zip(&values).map(|(y, v)| y * v).sum();
    residual.iter_mut().zip(&values).for_each(|(y, v)| *y -= slope * v);
    let total = residual.iter().map(|r| r * r).sum::<f64>() / points as f64;
    Some((Match { allowed: Allowed::Multiples(values), residual, total }, 0.0))
}

#[cfg(test)]
mod tests {
    use symgrad_data::Table;
    use symgrad_expr::{Program, Workspace};

    use super::super::are_same;
    use super::*;

    /// Two series that leave next to nothing of the values are two, however close they are; two spellings are one.
    #[test]
    fn formulas_for_values_are_one_only_to_rounding() {
        let column = |step: f64| -> Vec<f64> {
            (1..=400).map(|n| 0.5 + 1.5 * (step * f64::from(n)).fract()).collect()
        };
        let columns = vec![column(0.754_878), column(0.569_840)];
        let truth: Expr = "x1*exp(0.3*x2) + x2".parse().unwrap();
        let mut values = vec![0.0; 400];
        let program = Program::compile(&truth);
        program.values(&columns, &mut Workspace::default(), &mut values).unwrap();
        let points = Table::new(vec!["x1".into(), "x2".into()], columns).unwrap();
        let points = Objective::regression(&points, &values, false).unwrap();
        let same = |other: &str| {
            let other: Expr = other.parse().unwrap();
            let loss = Evaluator::new(&points).loss(&other);
            are_same(&points, loss, &truth, &other)
        };
        assert!(same("(x1 + x2/exp(0.3*x2))*exp(0.3*x2)"));
        for shift in ["1e-5", "1e-6", "1e-7", "1e-8"] {
            let other = format!("x1*exp(0.3*x2) + x2 + {shift}*sin(9*x1)");
            assert!(!same(&other), "{other}");
        }
    }
}
