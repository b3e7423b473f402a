//! The plane of the two inputs that matter most: the points next to it, and the directions of the
//! gradients there.

use serde::{Deserialize, Serialize};
use symgrad_expr::{Program, Workspace};
use symgrad_search::Objective;

use crate::findings::formula_of_columns;

/// The points next to a plane of two inputs, with what a picture of them needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// The two inputs along which gradients are longest, in the mean, inputs measured by their spread;
    /// indices of the result's inputs.
    pub inputs: [usize; 2],
    /// All inputs in the middle of the points: where the plane is.
    pub centre: Vec<f64>,
    /// All inputs at each point.
    pub points: Vec<Vec<f64>>,
    /// The two components of the given gradients along the plane, as parts of gradients of length 1 with
    /// inputs measured by their spread.
    pub directions: Vec<[f64; 2]>,
    /// The standard deviations of the two inputs.
    pub spread: [f64; 2],
}

/// Points of a picture: as many strokes as do not cover each other.
const POINTS: usize = 100;

/// Steps of the grid along each side.
pub(crate) const GRID: usize = 36;

impl Plane {
    /// That of an objective whose inputs are those of a result, in that order. `None` where there are no
    /// two inputs, or no directions of one neuron.
    pub(crate) fn of(objective: &Objective) -> Option<Self> {
        let directions = objective.directions()?;
        let (dim, rows) = (objective.dim(), objective.points());
        if dim < 2 || rows == 0 {
            return None;
        }
        let measured = objective.columns();
        let deviations: Vec<f64> = measured.iter().map(|column| deviation(column)).collect();
        // Gradients per standard deviation.
        let gradient = |row: usize| -> Vec<f64> {
            let along = |input: usize| directions[input][row] * deviations[input];
            let gradient: Vec<f64> = (0..dim).map(along).collect();
            let length = gradient.iter().map(|x| x * x).sum::<f64>().sqrt();
            gradient.iter().map(|x| x / length).collect()
        };
        let gradients: Vec<Vec<f64>> = (0..rows).map(gradient).collect();
        let matters = |input: usize| gradients.iter().map(|g| g[input] * g[input]).sum::<f64>();
        let mut order: Vec<usize> = (0..dim).collect();
        order.sort_by(|&a, &b| matters(b).total_cmp(&matters(a)));
        let mut inputs = [order[0], order[1]];
        inputs.sort_unstable();

        let centre: Vec<f64> = measured.iter().map(|column| median(column)).collect();
        let apart = |row: usize| -> f64 {
            let others = (0..dim).filter(|input| !inputs.contains(input));
            let along = |k: usize| ((measured[k][row] - centre[k]) / deviations[k]).powi(2);
            others.map(along).filter(|square| square.is_finite()).sum()
        };
        let distances: Vec<f64> = (0..rows).map(apart).collect();
        let mut nearest: Vec<usize> = (0..rows).collect();
        nearest.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]));
        if dim > 2 {
            nearest.truncate(POINTS);
        }
        let kept = nearest.len().min(POINTS);
        let chosen: Vec<usize> = (0..kept).map(|k| nearest[k * nearest.len() / kept]).collect();

        let units = objective.units();
        let given = |input: usize, z: f64| rounded(units.origin(input) + units.scale(input) * z);
        let point = |&row: &usize| (0..dim).map(|k| given(k, measured[k][row])).collect();
        Some(Self {
            inputs,
            centre: (0..dim).map(|k| given(k, centre[k])).collect(),
            points: chosen.iter().map(point).collect(),
            directions: chosen
                .iter()
                .map(|&row| inputs.map(|k| rounded(gradients[row][k])))
                .collect(),
            spread: inputs.map(|k| rounded(deviations[k] * units.scale(k))),
        })
    }

    /// Whether its numbers belong together, as those of a file from elsewhere may not.
    pub(crate) fn is_of(&self, dim: usize) -> bool {
        let [first, second] = self.inputs;
        first < second
            && second < dim
            && self.centre.len() == dim
            && self.points.len() == self.directions.len()
            && self.points.iter().all(|point| point.len() == dim)
            && self.spread.iter().all(|spread| spread.is_finite() && *spread > 0.0)
    }

    /// The two inputs at the points.
    pub(crate) fn places(&self) -> Vec<[f64; 2]> {
        self.points.iter().map(|point| self.inputs.map(|input| point[input])).collect()
    }

    /// The components of a formula's gradients along the plane, measured as
    /// [`directions`](Self::directions) are but of any length; and the formula's values at nodes of a grid over
    /// the plane, the first input running fastest. `None` for a text that is no formula of the inputs.
    pub(crate) fn of_formula(
        &self,
        inputs: &[String],
        formula: &str,
        nodes: &[Vec<f64>; 2],
    ) -> Option<(Vec<[f64; 2]>, Vec<f64>)> {
        let program = Program::compile(&formula_of_columns(inputs, formula).ok()?);
        let mut workspace = Workspace::default();
        let columns = |rows: &[Vec<f64>]| -> Vec<Vec<f64>> {
            (0..inputs.len()).map(|k| rows.iter().map(|row| row[k]).collect()).collect()
        };
        let rows = self.points.len();
        let (mut values, mut gradients) = (vec![0.0; rows], vec![vec![0.0; rows]; inputs.len()]);
        let points = columns(&self.points);
        program.input_gradients(&points, &mut workspace, &mut values, &mut gradients).ok()?;
        let [a, b] = self.inputs;
        let along =
            |row: usize| [gradients[a][row] * self.spread[0], gradients[b][row] * self.spread[1]];
        let along = (0..rows).map(along).collect();

        let mut grid = vec![];
        for second in &nodes[1] {
            for first in &nodes[0] {
                let mut row = self.centre.clone();
                (row[a], row[b]) = (*first, *second);
                grid.push(row);
            }
        }
        let mut levels = vec![0.0; grid.len()];
        program.values(&columns(&grid), &mut workspace, &mut levels).ok()?;
        Some((along, levels))
    }
}

fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt()
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Six digits: a picture shows fewer.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};
    use symgrad_search::{Measure, Objective};

    use super::*;

    /// x² + 3y with a third input that hardly counts, in units of a thousandth.
    #[test]
    fn the_plane_is_that_of_the_inputs_that_matter() -> Result<(), Box<dyn std::error::Error>> {
        let column = |step: f64| (0..200).map(|n| 1.0 + (f64::from(n) * step).fract()).collect();
        let (x, w, y): (Vec<f64>, Vec<f64>, Vec<f64>) =
            (column(0.618), column(0.755), column(0.57));
        let w: Vec<f64> = w.iter().map(|w| 1e-3 * w).collect();
        let gradients = [x.iter().map(|x| 2.0 * x).collect(), vec![1e-2; 200], vec![3.0; 200]];
        let names = ["x", "w", "y"].map(str::to_owned).to_vec();
        let points = Table::new(names.clone(), vec![x, w, y])?;
        let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default())?;
        let plane = Plane::of(&Objective::new(&field, Measure::LevelSet)).ok_or("a plane")?;
        assert_eq!(plane.inputs, [0, 2]);
        assert!(plane.is_of(3) && plane.points.len() == POINTS);
        let nodes = [vec![1.0, 2.0], vec![1.0, 1.5, 2.0]];
        let (along, levels) = plane.of_formula(&names, "x^2 + 3*y", &nodes).ok_or("a formula")?;
        assert_eq!(levels, [4.0, 7.0, 5.5, 8.5, 7.0, 10.0]);
        for ([a, b], [c, d]) in along.iter().zip(&plane.directions) {
            let sine = (a * d - b * c) / (a.hypot(*b) * c.hypot(*d));
            assert!(sine.abs() < 1e-4, "{sine}");
        }
        assert!(plane.of_formula(&names, "x +", &nodes).is_none());
        Ok(())
    }
}
