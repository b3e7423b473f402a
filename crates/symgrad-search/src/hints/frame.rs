//! The field in coordinates in which inputs can be compared with one another.

use symgrad_expr::{Aligned, Expr, Program, Workspace};

use crate::score::objective::Objective;
use crate::score::target::{Directions, Target};

/// Variables of which g is known to be a function, their values, and the directions in which
/// g changes with them.
///
/// At first the variables are the inputs themselves, without those that others determine on the
/// data; later, combinations of inputs take the place of the inputs they are made of. Each is
/// measured in units of its own spread, so that a direction says how g changes over the data.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// What each variable is, in terms of the inputs.
    pub(super) variables: Vec<Expr>,
    /// The values in their own units, one column of N per variable.
    pub(super) raw: Vec<Vec<f64>>,
    /// The spread of each variable.
    pub(super) scales: Vec<f64>,
    /// K orthonormal directions, each one column of N per variable, in units of the spread.
    pub(super) directions: Vec<Vec<Vec<f64>>>,
    /// One per point, of sum 1.
    pub(super) weights: Vec<f64>,
    /// Whether some inputs were left out because others determine them.
    pub(super) reduced: bool,
}

impl Frame {
    /// The inputs of an objective that are independent on its points, without those that are
    /// marked as idle; `None` where it has no
    /// directions, or other ones count at every point.
    pub(super) fn new(objective: &Objective, idle: &[bool]) -> Option<Self> {
        let Target::Directions(Directions { basis, axes, .. }) = objective.target() else {
            return None;
        };
        let bound = Bound::of(axes.flat_normals()?);
        let kept: Vec<usize> =
            (0..objective.dim()).filter(|input| !bound.pivots.contains(input)).collect();
        let kept: Vec<usize> =
            kept.into_iter().filter(|&input| idle.get(input) != Some(&true)).collect();
        let directions = basis.iter().map(|unit| bound.pull_back(unit, &kept));
        Self::scaled(
            kept.iter().filter_map(|&i| u16::try_from(i).ok()).map(Expr::var).collect(),
            &kept.iter().map(|&i| objective.columns()[i].to_vec()).collect::<Vec<_>>(),
            directions.collect(),
            objective.weights(),
            !bound.pivots.is_empty(),
        )
    }

    /// With some variables left out and others gathered in combinations, given as the indices
    /// they replace and an expression in all present variables. `None` where that is not
    /// finite.
    pub(super) fn replaced(&self, unneeded: &[usize], combinations: &[Combined]) -> Option<Self> {
        let gone = |k: &usize| {
            !unneeded.contains(k) && !combinations.iter().any(|c| c.replaces.contains(k))
        };
        let kept: Vec<usize> = (0..self.dim()).filter(gone).collect();
        let pick = |columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
            kept.iter().map(|&k| columns[k].clone()).collect()
        };
        let mut variables: Vec<Expr> = kept.iter().map(|&k| self.variables[k].clone()).collect();
        let mut raw = pick(&self.raw);
        // From derivatives along spread units back to derivatives.
        let mut directions: Vec<Vec<Vec<f64>>> = self.directions.iter().map(|u| pick(u)).collect();
        for unit in &mut directions {
            for (column, &k) in unit.iter_mut().zip(&kept) {
                for u in column.iter_mut() {
                    *u /= self.scales[k];
                }
            }
        }
        for combined in combinations {
            let (values, gradients) = gradients(&combined.expr, &self.raw)?;
            for (unit, all) in directions.iter_mut().zip(&self.directions) {
                unit.push(self.along(&combined.replaces, &gradients, all));
            }
            raw.push(values);
            variables.push(combined.expr.substitute(&self.variables));
        }
        Self::scaled(variables, &raw, directions, &self.weights, self.reduced)
    }

    pub(super) fn dim(&self) -> usize {
        self.variables.len()
    }

    pub(super) fn points(&self) -> usize {
        self.weights.len()
    }

    /// The derivative of g by a combination w of variables: ∇g·∇w/‖∇w‖² over those variables.
    fn along(&self, inside: &[usize], slope: &[Vec<f64>], unit: &[Vec<f64>]) -> Vec<f64> {
        let at = |n: usize| {
            let (mut along, mut square) = (0.0, 0.0);
            for &k in inside {
                along += unit[k][n] / self.scales[k] * slope[k][n];
                square += slope[k][n] * slope[k][n];
            }
            if square > 0.0 { along / square } else { 0.0 }
        };
        (0..self.points()).map(at).collect()
    }

    /// Brings derivatives in the variables' own units to unit directions in units of their
    /// spread, without the points where there is no direction left.
    fn scaled(
        variables: Vec<Expr>,
        raw: &[Vec<f64>],
        mut directions: Vec<Vec<Vec<f64>>>,
        weights: &[f64],
        reduced: bool,
    ) -> Option<Self> {
        let scales: Vec<f64> = raw.iter().map(|column| spread(column)).collect::<Option<_>>()?;
        for unit in &mut directions {
            for (column, scale) in unit.iter_mut().zip(&scales) {
                for u in column.iter_mut() {
                    *u *= scale;
                }
            }
        }
        let kept: Vec<usize> = (0..weights.len())
            .filter(|&n| weights[n] > 0.0 && orthonormalise(&mut directions, n))
            .collect();
        let pick = |column: &Vec<f64>| kept.iter().map(|&n| column[n]).collect::<Vec<f64>>();
        let total: f64 = kept.iter().map(|&n| weights[n]).sum();
        (!variables.is_empty() && kept.len() > MIN_POINTS).then(|| Self {
            variables,
            raw: raw.iter().map(pick).collect(),
            scales,
            directions: directions.iter().map(|unit| unit.iter().map(pick).collect()).collect(),
            weights: kept.iter().map(|&n| weights[n] / total).collect(),
            reduced,
        })
    }
}

/// Fewer points than this say nothing.
const MIN_POINTS: usize = 30;

/// A combination of variables of a frame.
#[derive(Clone, Debug)]
pub(super) struct Combined {
    /// The variables that g depends on through it alone.
    pub(super) replaces: Vec<usize>,
    /// In terms of the frame's variables.
    pub(super) expr: Expr,
}

/// Inputs that the others determine: x[pivot] = constant − Σ rows[..][k]·x[k] over the others.
struct Bound {
    pivots: Vec<usize>,
    rows: Vec<Vec<f64>>,
}

impl Bound {
    /// Gauss–Jordan elimination on the normals of the data's surface. Of equal pivots the last
    /// input is taken, so that the first ones stay.
    fn of(normals: &[Vec<f64>]) -> Self {
        let mut rows = normals.to_vec();
        let mut pivots = Vec::new();
        for at in 0..rows.len() {
            let mut best = (0.0, at, 0);
            for (r, row) in rows.iter().enumerate().skip(at) {
                for (k, entry) in row.iter().enumerate() {
                    let size = entry.abs();
                    let larger = size > best.0 * (1.0 + TIE);
                    if larger || (size > best.0 * (1.0 - TIE) && k > best.2) {
                        best = (size, r, k);
                    }
                }
            }
            let (size, from, pivot) = best;
            if size <= TIE {
                rows.truncate(at);
                break;
            }
            rows.swap(at, from);
            let lead = rows[at][pivot];
            rows[at].iter_mut().for_each(|entry| *entry /= lead);
            let row = rows[at].clone();
            for (other, target) in rows.iter_mut().enumerate() {
                let factor = target[pivot];
                if other != at {
                    target.iter_mut().zip(&row).for_each(|(t, r)| *t -= factor * r);
                }
            }
            pivots.push(pivot);
        }
        Self { pivots, rows }
    }

    /// The derivatives of g as a function of the kept inputs alone.
    fn pull_back(&self, unit: &[Aligned], kept: &[usize]) -> Vec<Vec<f64>> {
        let column = |&k: &usize| {
            let mut column = unit[k].to_vec();
            for (pivot, row) in self.pivots.iter().zip(&self.rows) {
                column.iter_mut().zip(&unit[*pivot]).for_each(|(u, v)| *u -= row[k] * v);
            }
            column
        };
        kept.iter().map(column).collect()
    }
}

/// Relative difference below which two pivots count as equal.
const TIE: f64 = 1e-6;

/// The standard deviation, or for long tails what their middle would have: combinations such as
/// quotients have a few huge values that are not typical. `None` for a column that is constant
/// or not finite.
fn spread(column: &[f64]) -> Option<f64> {
    let mut sorted = column.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let count = sorted.len();
    let middle = (sorted.get(count * 5 / 6)? - sorted.get(count / 6)?) / 2.0;
    let mean = column.iter().sum::<f64>() / count as f64;
    let variance = column.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count as f64;
    let deviation = if middle > 0.0 { variance.sqrt().min(2.0 * middle) } else { variance.sqrt() };
    (deviation.is_finite() && deviation > 0.0).then_some(deviation)
}

/// Gram–Schmidt at one point; false where a direction vanishes.
fn orthonormalise(directions: &mut [Vec<Vec<f64>>], n: usize) -> bool {
    for k in 0..directions.len() {
        let (before, rest) = directions.split_at_mut(k);
        let unit = &mut rest[0];
        let length = |unit: &[Vec<f64>]| unit.iter().map(|u| u[n] * u[n]).sum::<f64>().sqrt();
        let whole = length(unit);
        for earlier in &*before {
            let along: f64 = unit.iter().zip(earlier).map(|(u, e)| u[n] * e[n]).sum();
            unit.iter_mut().zip(earlier).for_each(|(u, e)| u[n] -= along * e[n]);
        }
        let left = length(unit);
        if !(left.is_finite() && left > DEPENDENT * whole && left > 0.0) {
            return false;
        }
        for u in unit.iter_mut() {
            u[n] /= left;
        }
    }
    true
}

/// A direction with less than this left beside the others has none of its own.
const DEPENDENT: f64 = 1e-6;

/// Values and derivatives of an expression; `None` where something is not finite.
fn gradients(expr: &Expr, columns: &[Vec<f64>]) -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
    let mut values = vec![0.0; columns.first()?.len()];
    let mut gradients = vec![vec![]; columns.len()];
    let bad = Program::compile(expr)
        .input_gradients(columns, &mut Workspace::default(), &mut values, &mut gradients)
        .ok()?;
    (bad == 0).then_some((values, gradients))
}
