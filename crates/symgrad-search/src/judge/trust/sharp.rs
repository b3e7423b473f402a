//! Whether a formula that leaves next to nothing leaves rounding, or the rest of a series.
//!
//! Constants that are written with few digits leave something smooth, too. So they are taken to all
//! their digits first.

use symgrad_expr::{Expr, OpSet};

use super::{evidence, matching};
use crate::front::Entry;
use crate::score::evaluator::Evaluator;
use crate::score::fit::sharpen_constants;
use crate::score::objective::Objective;

/// A mean sin², or 1 − R², that is rounding whatever it looks like: no short series comes so close.
const SHARP: f64 = 1e-20;

/// Whether nothing smooth is left of the target once the constants have all their digits.
pub(super) fn is_exact(points: &Objective, formula: &Expr, ops: &OpSet) -> bool {
    let weights: Vec<f64> = points.weights().iter().map(|w| w * points.points() as f64).collect();
    let mismatch = |formula: &Expr| {
        matching::compare(points, formula, &weights).map_or(f64::NAN, |(found, _)| found.total)
    };
    let mut sharp = formula.clone();
    sharpen_constants(&mut sharp, mismatch, &mut Evaluator::new(points));
    if mismatch(&sharp) < SHARP {
        return true;
    }
    let entry = Entry { expr: sharp, complexity: 0, loss: 0.0 };
    let evidence = evidence::weigh(points, &[entry], &[0], ops);
    evidence.first().copied().flatten().is_some_and(|evidence| !evidence.smooth)
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};
    use symgrad_expr::{Program, Workspace};

    use super::*;
    use crate::Measure;

    /// Values on [0.5, 2]².
    fn objective(truth: fn(f64, f64) -> f64) -> Objective {
        let column = |step: f64| -> Vec<f64> {
            (1..=400).map(|n| 0.5 + 1.5 * (step * f64::from(n)).fract()).collect()
        };
        let columns = vec![column(0.754_878), column(0.569_840)];
        let values: Vec<f64> =
            columns[0].iter().zip(&columns[1]).map(|(x, y)| truth(*x, *y)).collect();
        let points = Table::new(vec!["x1".into(), "x2".into()], columns).unwrap();
        Objective::regression(&points, &values, false).unwrap()
    }

    /// Constants that can stand in for each other, as in level sets they often do.
    #[test]
    fn rounded_constants_of_level_sets_are_told_to_be_such() {
        let column = |step: f64| -> Vec<f64> {
            (1..=400).map(|n| 0.5 + 0.5 * (step * f64::from(n)).fract()).collect()
        };
        let columns = vec![column(0.754_878), column(0.569_840), column(0.414_214)];
        let truth: Expr =
            "(11.111111111111111 - 1/x3^2)/(x1 + x2*(x3^2 - 0.09)/(x3^2 - 7.5))".parse().unwrap();
        let mut gradients = vec![vec![]; 3];
        Program::compile(&truth)
            .input_gradients(&columns, &mut Workspace::default(), &mut [0.0; 400], &mut gradients)
            .unwrap();
        let names = ["x1", "x2", "x3"].map(String::from).to_vec();
        let points = Table::new(names, columns).unwrap();
        let field =
            DirectionField::from_gradients(points, &gradients, &FieldOptions::default()).unwrap();
        let points = Objective::new(&field, Measure::LevelSet);
        let rounded: Expr =
            "(11.1111 - 1/x3^2)/(x1 + x2*(x3^2 - 0.09)/(x3^2 - 7.5))".parse().unwrap();
        assert!(is_exact(&points, &rounded, &OpSet::default()));
        assert!(is_exact(&points, &truth, &OpSet::default()));
    }

    #[test]
    fn rounded_constants_are_told_from_the_rest_of_a_series() {
        let ops = OpSet::default();
        let points = objective(|x, y| x * (0.734_512_9 * y).exp() + 1.25 * y);
        let rounded: Expr = "x1*exp(0.7345*x2) + 1.25*x2".parse().unwrap();
        assert!(is_exact(&points, &rounded, &ops));
        // tanh by a continued fraction, which comes close and no closer.
        let points = objective(|x, y| (0.1 * x).tanh() + y);
        let series: Expr = "0.1*x1/(1 + 0.01*x1^2/(3 + 0.01*x1^2/5)) + x2".parse().unwrap();
        let mut eval = Evaluator::new(&points);
        assert!(eval.loss(&series) < 1e-12, "{:e}", eval.loss(&series));
        assert!(!is_exact(&points, &series, &ops));
    }
}
