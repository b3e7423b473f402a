//! The result of a search in the inputs as they are given, with the losses of what is printed.

use symgrad_data::Units;
use symgrad_expr::{Aligned, Expr, OpSet, Program, Workspace};
use symgrad_simplify::{Domain, Simplifier};

use crate::inputs::units::{LevelSets, as_given, level_sets_as_given};
use crate::outcome::Outcome;
use crate::score::evaluator::Evaluator;
use crate::score::measure::Measure;
use crate::score::objective::Objective;
use crate::score::target::{Directions, Target};

/// Turns formulas in measured inputs into formulas in the inputs as given.
pub(crate) struct Writer<'a> {
    units: &'a Units,
    /// In measured inputs.
    objective: &'a Objective,
    /// The inputs as given.
    columns: Vec<Aligned>,
    /// The objective in the inputs' own units, for published losses and for values.
    own: Objective,
    simplifier: Simplifier,
    rounding: f64,
}

impl<'a> Writer<'a> {
    /// A writer of what was found on an objective in measured inputs; `rounding` is the share
    /// of the loss that shorter constants may cost.
    pub(crate) fn new(
        units: &'a Units,
        objective: &'a Objective,
        ops: &OpSet,
        rounding: f64,
    ) -> Self {
        let own = objective.in_own_units(units);
        let columns = own.columns().to_vec();
        let simplifier = Simplifier::new(ops.clone(), Domain::of_columns(&columns));
        Self { units, objective, columns, own, simplifier, rounding }
    }

    /// The outcome with formulas, losses and turns in the inputs as given. Complexities stay
    /// those of the formulas in measured inputs: units make no formula longer or shorter.
    pub(crate) fn outcome(&self, mut outcome: Outcome) -> Outcome {
        let written: Vec<LevelSets> =
            outcome.front().iter().map(|entry| self.formula(&entry.expr)).collect();
        let paper: Vec<f64> = written.iter().map(|w| self.paper_mse(&w.expr)).collect();
        let losses: Vec<f64> = written.iter().map(|w| self.loss(&w.expr)).collect();
        outcome.rewrite(written, &losses, paper, self.own.names(), self.objective.floor());
        outcome
    }

    fn formula(&self, expr: &Expr) -> LevelSets {
        let mut written = match self.objective.target() {
            Target::Values(values) if !values.linear_scaling => {
                LevelSets { expr: as_given(expr, self.units), slope: 1.0, offset: 0.0 }
            }
            _ => level_sets_as_given(expr, self.units),
        };
        if !written.expr.constants().is_empty() {
            let floor = self.objective.floor();
            let loss = &mut |expr: &Expr| self.loss(expr).max(floor);
            let rounded = self.simplifier.round_constants(&written.expr, self.rounding, loss);
            // A rewritten formula may differ by a factor that turns would have to follow.
            if rounded.nodes() == written.expr.nodes() {
                written.expr = rounded;
            }
        }
        written
    }

    /// The loss of a formula in the inputs as given, evaluated there.
    pub(crate) fn loss(&self, expr: &Expr) -> f64 {
        match self.objective.target() {
            Target::Values(_) => Evaluator::new(&self.own).loss(expr),
            Target::Directions(directions) => self.loss_of_directions(expr, directions),
        }
    }

    fn loss_of_directions(&self, expr: &Expr, directions: &Directions) -> f64 {
        let Some(gradients) = self.gradients(expr) else { return f64::INFINITY };
        let mut cosine = 0.0;
        for (row, weight) in self.objective.weights().iter().enumerate() {
            let gradient: Vec<f64> = gradients.iter().map(|column| column[row]).collect();
            let length = dot(&gradient, &gradient).sqrt();
            let along = |unit: &Vec<Aligned>| -> f64 {
                unit.iter().zip(&gradient).map(|(column, g)| column[row] * g).sum()
            };
            let size = match directions.basis.as_slice() {
                [only] if directions.measure != Measure::LocalSign => along(only),
                all => all.iter().map(|unit| along(unit).powi(2)).sum::<f64>().sqrt(),
            };
            if length.is_nan() {
                return f64::INFINITY;
            }
            if length > 0.0 {
                cosine += weight * size / length;
            }
        }
        (1.0 - cosine.abs()).max(0.0)
    }

    /// Gradients per unit of each input, among the directions that count.
    fn gradients(&self, expr: &Expr) -> Option<Vec<Vec<f64>>> {
        let rows = self.objective.points();
        let (mut values, mut gradients) = (vec![0.0; rows], vec![vec![0.0; rows]; self.own.dim()]);
        let bad = Program::compile(expr).input_gradients(
            &self.columns,
            &mut Workspace::default(),
            &mut values,
            &mut gradients,
        );
        if bad != Ok(0) {
            return None;
        }
        for (input, column) in gradients.iter_mut().enumerate() {
            let scale = self.units.scale(input);
            for g in column {
                *g *= scale;
            }
        }
        self.objective.axes().project(&mut gradients);
        Some(gradients)
    }

    fn paper_mse(&self, expr: &Expr) -> f64 {
        self.own.to_paper_mse(Evaluator::new(&self.own).loss(expr))
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
