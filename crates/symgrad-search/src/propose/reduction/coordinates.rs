//! Variables of which the concept is taken to be a function, and how it changes with them.

use faer::Mat;
use faer::linalg::solvers::SolveLstsq;
use symgrad_expr::{Aligned, Expr, Program, Workspace};

use crate::score::measure::Measure;
use crate::score::objective::Objective;
use crate::score::target::{Directions, Target};

/// Variables, their values, and the directions in which the concept changes with them.
#[derive(Clone, Debug)]
pub(crate) struct Coordinates {
    /// In terms of the inputs.
    pub(crate) variables: Vec<Expr>,
    /// Values, one column of N per variable.
    pub(super) columns: Vec<Vec<f64>>,
    /// Unit vectors, one column of N per variable.
    pub(super) direction: Vec<Vec<f64>>,
    pub(super) weights: Vec<f64>,
    measure: Measure,
}

impl Coordinates {
    /// The given inputs themselves. `None` where derivatives by single inputs mean nothing or
    /// are not known: for values, for several neurons, and for data on a surface.
    pub(crate) fn new(objective: &Objective, inputs: &[u16]) -> Option<Self> {
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

    /// The same at about so many of the points, evenly spread over their order.
    pub(crate) fn thinned(&self, count: usize) -> Self {
        let step = self.weights.len().div_ceil(count.max(1)).max(1);
        let thin = |column: &Vec<f64>| column.iter().step_by(step).copied().collect();
        Self {
            variables: self.variables.clone(),
            columns: self.columns.iter().map(thin).collect(),
            direction: self.direction.iter().map(thin).collect(),
            weights: thin(&self.weights),
            measure: self.measure,
        }
    }

    pub(crate) fn dim(&self) -> usize {
        self.variables.len()
    }

    /// The variables' own numbers, as the inputs of expressions in them.
    pub(crate) fn indices(&self) -> Vec<u16> {
        (0..self.dim()).filter_map(|k| u16::try_from(k).ok()).collect()
    }

    /// All pairs of variables.
    pub(crate) fn pairs(&self) -> Vec<(usize, usize)> {
        (1..self.dim()).flat_map(|j| (0..j).map(move |i| (i, j))).collect()
    }

    /// What a pair is called in all coordinates that have it.
    pub(crate) fn name(&self, (i, j): (usize, usize)) -> (String, String) {
        (self.variables[i].to_string(), self.variables[j].to_string())
    }

    /// Whether the variables are the same, in whatever order.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        self.dim() == other.dim() && self.variables.iter().all(|v| other.variables.contains(v))
    }

    /// An expression in x1 and x2, which stand for a pair, in terms of the inputs.
    pub(crate) fn in_inputs(&self, expr: &Expr, (i, j): (usize, usize)) -> Expr {
        expr.substitute(&[self.variables[i].clone(), self.variables[j].clone()])
    }

    /// The field of some of the variables alone, where points count by how much of the change
    /// is due to these variables. `None` if it is none.
    pub(crate) fn restricted(&self, kept: &[usize]) -> Option<Objective> {
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

    /// The places of the variables that are made of these inputs alone.
    pub(crate) fn places_within(&self, inputs: &[u16]) -> Vec<usize> {
        let within = |variable: &Expr| variable.inputs().iter().all(|i| inputs.contains(i));
        (0..self.dim()).filter(|&k| within(&self.variables[k])).collect()
    }

    /// With a combination of some variables, given as an expression in x1, x2 and so on, in the
    /// place of these. `None` where it is not finite or does not change.
    pub(crate) fn combined(&self, places: &[usize], expr: &Expr) -> Option<Self> {
        let given: Vec<&Vec<f64>> = places.iter().map(|&k| &self.columns[k]).collect();
        let mut values = vec![0.0; self.weights.len()];
        let mut slopes = vec![vec![]; places.len()];
        let bad = Program::compile(expr)
            .input_gradients(&given, &mut Workspace::default(), &mut values, &mut slopes)
            .ok()?;
        // f = F(g, …), so that ∂F/∂g = ∇f·∇g/‖∇g‖² over the variables that g is made of.
        let along = |n: usize| {
            let of = |(&k, slope): (&usize, &Vec<f64>)| (self.direction[k][n], slope[n]);
            let pairs = || places.iter().zip(&slopes).map(of);
            pairs().map(|(f, g)| f * g).sum::<f64>() / pairs().map(|(_, g)| g * g).sum::<f64>()
        };
        let along: Vec<f64> = (0..values.len()).map(along).collect();
        let own: Vec<Expr> = places.iter().map(|&k| self.variables[k].clone()).collect();
        let whole = expr.substitute(&own);
        (bad == 0).then(|| self.replaced(places, whole, values, along))?
    }

    /// The same for a combination in terms of the inputs of which these variables are made.
    pub(crate) fn combined_as(&self, places: &[usize], whole: &Expr) -> Option<Self> {
        let one = |k: usize| (self.variables[k].len() == 1).then(|| self.variables[k].inputs()[0]);
        let inputs: Vec<u16> = places.iter().map(|&k| one(k)).collect::<Option<_>>()?;
        let dim = inputs.iter().max().map_or(0, |most| usize::from(*most) + 1);
        let mut own: Vec<Expr> =
            (0..dim).filter_map(|k| u16::try_from(k).ok()).map(Expr::var).collect();
        for (place, &input) in (0..).zip(&inputs) {
            own[usize::from(input)] = Expr::var(place);
        }
        self.combined(places, &whole.substitute(&own))
    }

    /// In terms of functions of the variables, given as expressions in x1, x2 and so on, in whose gradients' span the
    /// directions are. `None` where one is not finite or they depend on each other.
    pub(crate) fn in_terms_of(&self, functions: &[Expr]) -> Option<Self> {
        let points = self.weights.len();
        let (mut columns, mut gradients) = (vec![], vec![]);
        for function in functions {
            let mut values = vec![0.0; points];
            let mut slopes = vec![vec![]; self.dim()];
            let bad = Program::compile(function)
                .input_gradients(&self.columns, &mut Workspace::default(), &mut values, &mut slopes)
                .ok()?;
            if bad > 0 {
                return None;
            }
            columns.push(values);
            gradients.push(slopes);
        }
        let mut direction = vec![vec![0.0; points]; functions.len()];
        for n in 0..points {
            let slopes = Mat::from_fn(self.dim(), functions.len(), |i, k| gradients[k][i][n]);
            let wanted = Mat::from_fn(self.dim(), 1, |i, _| self.direction[i][n]);
            let found = slopes.col_piv_qr().solve_lstsq(&wanted);
            direction.iter_mut().enumerate().for_each(|(k, u)| u[n] = found[(k, 0)]);
        }
        let variables = functions.iter().map(|f| f.substitute(&self.variables)).collect();
        self.at_these_points(variables, columns, direction)
    }

    /// Other variables at the same points, and vectors of any length. `None` if one of these vanishes or is not finite.
    fn at_these_points(
        &self,
        variables: Vec<Expr>,
        columns: Vec<Vec<f64>>,
        mut direction: Vec<Vec<f64>>,
    ) -> Option<Self> {
        for n in 0..self.weights.len() {
            let length = direction.iter().map(|u| u[n] * u[n]).sum::<f64>().sqrt();
            for u in &mut direction {
                u[n] /= length;
            }
        }
        let finite = direction.iter().flatten().all(|u| u.is_finite());
        finite.then(|| Self {
            variables,
            columns,
            direction,
            weights: self.weights.clone(),
            measure: self.measure,
        })
    }

    pub(super) fn replaced(
        &self,
        places: &[usize],
        whole: Expr,
        values: Vec<f64>,
        along: Vec<f64>,
    ) -> Option<Self> {
        let left = || (0..self.dim()).filter(|k| !places.contains(k));
        let keep = |columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
            left().map(|k| columns[k].clone()).collect()
        };
        let (mut columns, mut direction) = (keep(&self.columns), keep(&self.direction));
        direction.push(along);
        columns.push(values);
        let mut variables: Vec<Expr> = left().map(|k| self.variables[k].clone()).collect();
        variables.push(whole);
        self.at_these_points(variables, columns, direction)
    }
}
