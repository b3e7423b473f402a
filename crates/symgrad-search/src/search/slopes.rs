//! Where values are wanted: formulas whose level sets are those of the values.
//!
//! A search for level sets need not find the outermost function, nor factors and constants, and may
//! take the inputs apart. It works on slopes that are estimated from the values; what it finds is
//! then held against the values themselves, and the outermost function is a regression with one
//! input.

use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, Program, Workspace};

use super::Search;
use super::nested::{HOPELESS, Limits};
use super::valued::seen_through;
use crate::propose::spectral;
use crate::score::evaluator::Evaluator;
use crate::score::measure::Measure;
use crate::score::objective::Objective;
use crate::score::target::Target;

/// Estimates that are off by more, in radians, in the median, say nothing of a formula.
const LARGEST_ERROR: f64 = 0.3;

impl Search {
    /// Offers functions of what a search for level sets comes to.
    pub(super) fn offer_from_slopes(&mut self) {
        let possible = self.rules.constraints.is_empty() && self.palette.inputs.len() > 1;
        let Some(objective) = slopes(&self.screen).filter(|_| possible) else { return };
        let Some(search) = self.nested_search(objective, Limits::SLOPES) else { return };
        if let Some(best) = search.best().filter(|best| best.loss < HOPELESS) {
            let found = self.functions_of(&best.expr);
            self.offer_with_fits(&found);
        }
        if self.is_done() {
            return;
        }
        let inside: Vec<Expr> = search.front().into_iter().map(|entry| entry.expr).collect();
        let ops = self.rules.ops.clone();
        let mut eval = Evaluator::allowed(&self.screen, self.allowance());
        let mut found = spectral::lines(&inside, &ops, &mut eval);
        self.state.evaluations += eval.evaluations();
        for seen in seen_through(&self.screen, &ops) {
            let mut eval = Evaluator::allowed(&seen.objective, self.allowance());
            let lines = spectral::lines(&inside, &ops, &mut eval);
            found.extend(lines.into_iter().map(|line| seen.whole(line, &ops)));
            self.state.evaluations += eval.evaluations();
        }
        self.offer_with_fits(&found);
    }

    /// Functions of a formula's values that the wanted values may be.
    fn functions_of(&mut self, inside: &Expr) -> Vec<Expr> {
        let columns = self.screen.columns();
        let mut values = vec![0.0; self.screen.points()];
        let computed =
            Program::compile(inside).values(columns, &mut Workspace::default(), &mut values);
        if computed.is_err() || values.iter().any(|value| !value.is_finite()) {
            return vec![];
        }
        let (weights, target) = (self.screen.weights().to_vec(), self.screen.target().clone());
        let objective = Objective::weighted(vec!["x1".into()], vec![values], weights, target);
        let outer = self.steepest(&objective, Limits::OUTER).into_iter();
        outer.map(|outer| outer.substitute(std::slice::from_ref(inside))).collect()
    }
}

/// The level sets of values, as far as neighbouring points tell them.
fn slopes(objective: &Objective) -> Option<Objective> {
    let Target::Values(values) = objective.target() else { return None };
    let columns = objective.columns().iter().map(|column| column.to_vec()).collect();
    let points = Table::new(objective.names().to_vec(), columns).ok()?;
    let (field, estimated) =
        DirectionField::from_values(points, &values.standard, &FieldOptions::default()).ok()?;
    let tells = estimated.median_angle_error() < LARGEST_ERROR;
    tells.then(|| Objective::new(&field, Measure::LevelSet))
}

#[cfg(test)]
mod tests {
    use symgrad_expr::OpSet;

    use super::*;
    use crate::SearchConfig;

    /// By slopes alone: nothing else has been tried.
    #[test]
    fn a_function_of_what_has_the_level_sets_of_the_values_is_found() {
        let outers: [fn(f64) -> f64; 2] =
            [|u| (2.0 + 3.0 * u).sqrt(), |u| u.powi(3) / (1.0 + 0.4 * u)];
        for (k, outer) in outers.into_iter().enumerate() {
            let mut search = opened(|x, y, z| outer((x + y) * z));
            search.offer_from_slopes();
            let lowest = search.state.replicate.hall.lowest();
            assert!(lowest < 1e-9, "{k}: {lowest:e}");
            assert!(search.evaluations() <= search.config().budget);
        }
    }

    fn opened(truth: impl Fn(f64, f64, f64) -> f64) -> Search {
        let column = |step: f64| (1..=500).map(move |n| 0.5 + (f64::from(n) * step).fract());
        let [x, y, z]: [Vec<f64>; 3] =
            [0.754_878, 0.569_840, 0.414_214].map(|step| column(step).collect());
        let values: Vec<f64> =
            x.iter().zip(&y).zip(&z).map(|((x, y), z)| truth(*x, *y, *z)).collect();
        let names = ["x1", "x2", "x3"].map(String::from).to_vec();
        let points = Table::new(names, vec![x, y, z]).unwrap();
        let objective = Objective::regression(&points, &values, false).unwrap();
        let config = SearchConfig { budget: 200_000, ..SearchConfig::default() };
        Search::new(objective, OpSet::default(), config).unwrap()
    }
}
