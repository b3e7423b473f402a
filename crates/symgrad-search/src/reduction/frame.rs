//! Variables of which the concept is taken to be a function, and how it changes with them.

use symgrad_expr::{Aligned, Expr, Program, Workspace};

use crate::measure::Measure;
use crate::objective::Objective;
use crate::target::{Directions, Target};

/// Variables, their values, and the directions in which the concept changes with them.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// In terms of the inputs.
    pub(super) variables: Vec<Expr>,
    /// Values, one column of N per variable.
    columns: Vec<Vec<f64>>,
    /// Unit vectors, one column of N per variable.
    direction: Vec<Vec<f64>>,
    weights: Vec<f64>,
    measure: Measure,
}

impl Frame {
    /// The given inputs themselves. `None` where derivatives by single inputs mean nothing or
    /// are not known: for values, for several neurons, and for data on a surface.
    pub(super) fn new(objective: &Objective, inputs: &[u16]) -> Option<Self> {
        let Target::Directions(directions) = objective.target() else { return None };
        let [unit] = directions.basis.as_slice() else { return None };
        if !directions.axes.is_whole() || inputs.is_empty() {
            return None;
        }
        let pick = |columns: &[Aligned]| -> Vec<Vec<f64>> {
            inputs.iter().map(|&input| columns[usize::from(input)].to_vec()).collect()
        };
        Some(Self {
            variables: inputs.iter().map(|&input| Expr::var(input)).collect(),
            columns: pick(objective.columns()),
            direction: pick(unit),
            weights: objective.weights().to_vec(),
            measure: match directions.measure {
                Measure::LocalSign => Measure::LocalSign,
                Measure::LevelSet | Measure::PaperMse => Measure::LevelSet,
            },
        })
    }

    pub(super) fn dim(&self) -> usize {
        self.variables.len()
    }

    /// The variables' own numbers, as the inputs of expressions in them.
    pub(super) fn indices(&self) -> Vec<u16> {
        (0..self.dim()).filter_map(|k| u16::try_from(k).ok()).collect()
    }

    /// All pairs of variables.
    pub(super) fn pairs(&self) -> Vec<(usize, usize)> {
        (1..self.dim()).flat_map(|j| (0..j).map(move |i| (i, j))).collect()
    }

    /// What a pair is called in all frames that have it.
    pub(super) fn name(&self, (i, j): (usize, usize)) -> (String, String) {
        (self.variables[i].to_string(), self.variables[j].to_string())
    }

    /// Whether the variables are the same, in whatever order.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        self.dim() == other.dim() && self.variables.iter().all(|v| other.variables.contains(v))
    }

    /// An expression in x1 and x2, which stand for a pair, in terms of the inputs.
    pub(super) fn in_inputs(&self, expr: &Expr, (i, j): (usize, usize)) -> Expr {
        expr.substitute(&[self.variables[i].clone(), self.variables[j].clone()])
    }

    /// The field of some of the variables alone, where points count by how much of the change
    /// is due to these variables. `None` if it is none.
    pub(super) fn restricted(&self, kept: &[usize]) -> Option<Objective> {
        let mut unit: Vec<Vec<f64>> = kept.iter().map(|&k| self.direction[k].clone()).collect();
        let mut weights = self.weights.clone();
        for (n, weight) in weights.iter_mut().enumerate() {
            let square: f64 = unit.iter().map(|u| u[n] * u[n]).sum();
            *weight *= square;
            let length = square.sqrt();
            for u in &mut unit {
                u[n] = if length > 0.0 { u[n] / length } else { 0.0 };
            }
        }
        let total: f64 = weights.iter().sum();
        if !(total.is_finite() && total > 0.0) {
            return None;
        }
        let columns: Vec<Vec<f64>> = kept.iter().map(|&k| self.columns[k].clone()).collect();
        let names = (1..=kept.len()).map(|k| format!("x{k}")).collect();
        let directions = Directions::filling_space(vec![unit], self.measure);
        Some(Objective::weighted(names, columns, weights, Target::Directions(directions)))
    }

    /// With a combination of a pair, given as an expression in x1 and x2, in the place of the
    /// pair. `None` where it is not finite or does not change.
    pub(super) fn combined(&self, (i, j): (usize, usize), expr: &Expr) -> Option<Self> {
        let pair = [&self.columns[i], &self.columns[j]];
        let mut values = vec![0.0; self.weights.len()];
        let mut slopes = vec![vec![]; 2];
        let bad = Program::compile(expr)
            .input_gradients(&pair, &mut Workspace::default(), &mut values, &mut slopes)
            .ok()?;
        let keep = |columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
            (0..self.dim()).filter(|k| *k != i && *k != j).map(|k| columns[k].clone()).collect()
        };
        let (mut columns, mut direction) = (keep(&self.columns), keep(&self.direction));
        // f = F(g, …), so that ∂F/∂g = ∇f·∇g/‖∇g‖² over the pair.
        let along = (0..values.len()).map(|n| {
            let (a, b) = (slopes[0][n], slopes[1][n]);
            (self.direction[i][n] * a + self.direction[j][n] * b) / (a * a + b * b)
        });
        direction.push(along.collect());
        columns.push(values);
        for n in 0..self.weights.len() {
            let length = direction.iter().map(|u| u[n] * u[n]).sum::<f64>().sqrt();
            for u in &mut direction {
                u[n] /= length;
            }
        }
        let finite = direction.iter().flatten().all(|u| u.is_finite());
        let mut variables: Vec<Expr> = self.variables.clone();
        variables.remove(i.max(j));
        variables.remove(i.min(j));
        variables.push(self.in_inputs(expr, (i, j)));
        (bad == 0 && finite).then(|| Self {
            variables,
            columns,
            direction,
            weights: self.weights.clone(),
            measure: self.measure,
        })
    }
}
