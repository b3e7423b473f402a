//! What is known to be constant: further laws must not be functions of it.

use symgrad_data::Table;
use symgrad_expr::{Expr, Workspace};

use crate::sample::{Feature, Sample};

/// The squared sine between gradients that count as parallel.
const PARALLEL: f64 = 1e-12;

/// Orthonormal directions at each point, which the gradients of the known laws span.
#[derive(Clone, Default)]
pub(crate) struct Known {
    /// For each direction, for each input, a column.
    directions: Vec<Vec<Vec<f64>>>,
}

impl Known {
    pub(crate) fn of(laws: &[Expr], sample: &Sample, workspace: &mut Workspace) -> Self {
        let mut known = Self::default();
        for law in laws {
            if let Some(feature) = sample.feature(law, workspace) {
                known.add(&feature, sample.dim());
            }
        }
        known
    }

    pub(crate) fn directions(&self) -> &[Vec<Vec<f64>>] {
        &self.directions
    }

    fn add(&mut self, feature: &Feature, dim: usize) {
        let mut rest = self.across(feature, dim);
        for (n, whole) in feature.squares().into_iter().enumerate() {
            let square = rest.iter().map(|column| column[n] * column[n]).sum::<f64>();
            // Where the gradients of two laws are parallel, the second adds no direction.
            let independent = square > PARALLEL * whole && square > 0.0;
            let factor = if independent { square.sqrt().recip() } else { 0.0 };
            for column in &mut rest {
                column[n] *= factor;
            }
        }
        self.directions.push(rest);
    }

    /// The part of a gradient across the known directions.
    fn across(&self, feature: &Feature, dim: usize) -> Vec<Vec<f64>> {
        let rows = feature.values.len();
        let mut rest = vec![vec![0.0; rows]; dim];
        for (input, column) in &feature.gradient {
            rest[*input].clone_from(column);
        }
        let mut along = vec![0.0; rows];
        for _ in 0..2 {
            for direction in &self.directions {
                along.fill(0.0);
                for (g, u) in rest.iter().zip(direction) {
                    for ((sum, g), u) in along.iter_mut().zip(g).zip(u) {
                        *sum += g * u;
                    }
                }
                for (g, u) in rest.iter_mut().zip(direction) {
                    for ((g, along), u) in g.iter_mut().zip(&along).zip(u) {
                        *g -= along * u;
                    }
                }
            }
        }
        rest
    }

    /// The mean squared sine between the gradient and the known directions: 1 where nothing is
    /// known, 0 for a function of what is.
    pub(crate) fn independence(&self, feature: &Feature, dim: usize) -> f64 {
        self.parts(feature, dim).independence
    }

    /// The squared length at each point of what a gradient is across the known directions.
    pub(crate) fn squares_across(&self, feature: &Feature, dim: usize) -> Vec<f64> {
        let mut across = vec![0.0; feature.values.len()];
        for column in self.across(feature, dim) {
            across.iter_mut().zip(column).for_each(|(sum, g)| *sum += g * g);
        }
        across
    }

    /// How much of a gradient is across the known directions.
    pub(crate) fn parts(&self, feature: &Feature, dim: usize) -> Across {
        let across = self.squares_across(feature, dim);
        let whole = feature.squares();
        let shares = across.iter().zip(&whole).filter(|(_, whole)| **whole > 0.0);
        let (sum, count) = shares
            .fold((0.0, 0), |(sum, count), (across, whole)| (sum + across / whole, count + 1));
        let rows = whole.len() as f64;
        Across {
            squares: across,
            whole: whole.iter().sum::<f64>() / rows,
            independence: if count == 0 { 0.0 } else { sum / f64::from(count) },
        }
    }
}

/// How much of a gradient is across known directions.
pub(crate) struct Across {
    /// The square of that part at each point.
    pub(crate) squares: Vec<f64>,
    /// The mean square of the whole gradient.
    pub(crate) whole: f64,
    /// The mean squared sine between gradient and directions.
    pub(crate) independence: f64,
}

/// The mean squared sine, at these points, between the gradient of a formula and those of laws: 0
/// for a function of them, 1 where it has nothing to do with them. `None` where something is not
/// finite.
///
/// Inputs are measured by how far they extend.
pub fn independence(expr: &Expr, laws: &[Expr], points: &Table) -> Option<f64> {
    let mut workspace = Workspace::default();
    let sample = Sample::of_points(points);
    let all_finite = laws.iter().all(|law| sample.feature(law, &mut workspace).is_some());
    let feature = sample.feature(expr, &mut workspace)?;
    let known = Known::of(laws, &sample, &mut workspace);
    all_finite.then(|| known.independence(&feature, sample.dim()))
}
