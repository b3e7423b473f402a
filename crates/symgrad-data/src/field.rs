//! Points with the directions in which neurons change there.

use std::borrow::Cow;

use crate::tangent::{normalise, orthonormal, remove};
use crate::{DataError, EstimatedGradients, FieldBuilder, Reduction, Table, Tangent, Units, table};
use serde::{Deserialize, Serialize};

/// How raw gradients become a direction field.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldOptions {
    /// Gradients below this fraction of their neuron's median norm have no trustworthy
    /// direction; their points are dropped. At least 0, below 1.
    pub weak: f64,
    /// Whether to project on the surface of the data.
    pub tangent: TangentMode,
}

impl Default for FieldOptions {
    /// Drops below a thousandth of the median (gradients computed in single precision are then
    /// still good to about 10⁻⁴) and detects the tangent space.
    fn default() -> Self {
        Self { weak: 1e-3, tangent: TangentMode::Auto }
    }
}

/// Whether and how the tangent space of the data is taken into account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TangentMode {
    /// Detect it: flat, or curved where the evidence for that is clear.
    #[default]
    Auto,
    /// The data fill the space.
    Off,
    /// A tangent space of that rank: the directions in which the data extend most.
    Rank(usize),
    /// A curved surface: at every point the plane that touches it, from the point's neighbours.
    Local {
        /// Dimensions of the surface; estimated if absent.
        rank: Option<usize>,
        /// Neighbours of each point that are looked at; if absent, as many as a patch of the
        /// second degree needs to be told from its errors.
        neighbours: Option<usize>,
    },
}

/// N points, and at each an orthonormal basis of the span of K neurons' gradients (for one
/// neuron: its unit gradient), with weights.
///
/// This is the border between networks and symbolic search. All its vectors are finite and
/// orthonormal, and lie in the [`Tangent`] space if there is one. They are gradients with
/// respect to the inputs as its [`Units`] measure them, which differ from the inputs only where
/// these vary by very large or small numbers or lie far from zero.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectionField {
    points: Table,
    units: Units,
    basis: Vec<Vec<Vec<f64>>>,
    weights: Vec<f64>,
    dropped: usize,
    tangent: Option<Tangent>,
}

impl DirectionField {
    /// The field of one neuron, from its raw gradients: d columns of N.
    pub fn from_gradients(
        points: Table,
        gradients: &[Vec<f64>],
        options: &FieldOptions,
    ) -> Result<Self, DataError> {
        FieldBuilder::new(points).options(options).build(&[gradients])
    }

    /// The field of K neurons, from the raw gradients of each: d columns of N.
    ///
    /// The basis is Gram–Schmidt's in the order of the neurons, so that its first vector is
    /// the first neuron's unit gradient. Where a gradient is weak, or nearly in the span of
    /// those before it (what is left is below `weak` times that neuron's median norm), the
    /// span is not determined: the point is dropped and counted.
    pub fn from_neurons(
        points: Table,
        gradients: &[Vec<Vec<f64>>],
        options: &FieldOptions,
    ) -> Result<Self, DataError> {
        FieldBuilder::new(points).options(options).neurons(gradients)
    }

    /// As [`from_neurons`](Self::from_neurons), with a weight for every given point.
    pub fn weighted(
        points: Table,
        gradients: &[Vec<Vec<f64>>],
        weights: Vec<f64>,
        options: &FieldOptions,
    ) -> Result<Self, DataError> {
        FieldBuilder::new(points).options(options).weights(Some(weights)).neurons(gradients)
    }

    /// The field of one neuron from its N values alone: gradients are estimated from the values
    /// of neighbouring points, as [`estimate_gradients`](crate::estimate_gradients) does, on the
    /// surface that the options say.
    ///
    /// A point weighs 2m²/(e² + m²), where e is the error of its direction and m the median
    /// error: the median point weighs 1, none more than 2, and one off by ten times as much
    /// next to nothing. Weights rather than a limit above which points are dropped, since
    /// errors have no natural limit, and many uncertain directions together still tell
    /// something. Dropped are only points where no gradient can be told, or a weak one.
    pub fn from_values(
        points: Table,
        values: &[f64],
        options: &FieldOptions,
    ) -> Result<(Self, EstimatedGradients), DataError> {
        FieldBuilder::new(points).options(options).values(values)
    }

    /// The points that are left, N rows of d inputs.
    pub fn points(&self) -> &Table {
        &self.points
    }

    /// The units that gradients are taken in: of [`points`](Self::points), which are as given.
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// The same field by gradients with respect to the inputs as they are given, as published
    /// losses compare them.
    #[must_use]
    pub fn in_own_units(&self) -> Self {
        let mut own = self.clone();
        if self.units.is_own() {
            return own;
        }
        own.units = Units::own(self.dim());
        own.tangent = self.tangent.as_ref().map(|tangent| tangent.in_own_units(&self.units));
        for row in 0..self.len() {
            let per_input = |vectors: &Vec<Vec<f64>>| {
                let components = vectors.iter().enumerate();
                components.map(|(i, column)| column[row] / self.units.scale(i)).collect()
            };
            let units = orthonormal(self.basis.iter().map(per_input).collect());
            for (columns, unit) in own.basis.iter_mut().zip(&units) {
                columns.iter_mut().zip(unit).for_each(|(column, &x)| column[row] = x);
            }
        }
        own
    }

    /// The inputs' names.
    pub fn names(&self) -> &[String] {
        self.points.names()
    }

    /// Number of inputs d.
    pub fn dim(&self) -> usize {
        self.points.dim()
    }

    /// Number of points N, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "there is at least one point")]
    pub fn len(&self) -> usize {
        self.points.rows()
    }

    /// Number of neurons K, at least 1.
    pub fn neurons(&self) -> usize {
        self.basis.len()
    }

    /// The basis vector of that index at every point, per unit of each input: d columns of N.
    ///
    /// # Panics
    /// If the index is not below [`neurons`](Self::neurons).
    pub fn basis(&self, index: usize) -> &[Vec<f64>] {
        &self.basis[index]
    }

    /// The points' weights, 1 unless set.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The same field with other weights, N finite numbers ≥ 0.
    pub fn with_weights(mut self, weights: Vec<f64>) -> Result<Self, DataError> {
        check_weights(&weights, self.len())?;
        self.weights = weights;
        Ok(self)
    }

    /// How many of the given points were dropped for weak or dependent gradients.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// The tangent space, if the data do not fill the space.
    pub fn tangent(&self) -> Option<&Tangent> {
        self.tangent.as_ref()
    }

    /// The same field without the columns that a reduction of its points leaves out: what is left
    /// of its directions.
    pub fn reduced(&self, reduction: &Reduction) -> Result<Self, DataError> {
        let own = self.in_own_units();
        let basis: Vec<_> = own.basis.iter().map(|unit| reduction.gradients(unit)).collect();
        let mode = self.tangent.as_ref().map_or(TangentMode::Off, |tangent| match tangent.mode() {
            TangentMode::Rank(_) => TangentMode::Auto,
            curved => curved,
        });
        let options = FieldOptions { weak: 0.0, tangent: mode };
        let builder = FieldBuilder::new(reduction.points(&self.points)).options(&options);
        let mut field = builder.weights(Some(self.weights.clone())).neurons(&basis)?;
        field.dropped += self.dropped;
        Ok(field)
    }

    /// The points of those indices, in that order, with the same tangent space and count of
    /// dropped points.
    ///
    /// # Panics
    /// If there is no index, or one is out of range.
    #[must_use]
    pub fn subset(&self, rows: &[usize]) -> Self {
        let pick = |column: &Vec<f64>| table::pick(column, rows);
        Self {
            points: self.points.select(rows),
            units: self.units.clone(),
            basis: self.basis.iter().map(|unit| unit.iter().map(pick).collect()).collect(),
            weights: pick(&self.weights),
            dropped: self.dropped,
            tangent: self.tangent.as_ref().map(|tangent| tangent.select(rows)),
        }
    }
}

/// The field of sound gradients and weights, on the surface that is found for the measured points.
pub(crate) fn build(
    points: Table,
    neurons: &[&[Vec<f64>]],
    weights: Option<Vec<f64>>,
    weak: f64,
    surface: impl FnOnce(&Table) -> Result<Option<Tangent>, DataError>,
) -> Result<DirectionField, DataError> {
    let measured = Measured::of(&points, neurons);
    let neurons: Vec<&[Vec<f64>]> = measured.neurons.iter().map(|columns| &**columns).collect();
    let neurons = neurons.as_slice();
    let tangent = surface(&measured.points)?;
    let rank = tangent.as_ref().map_or(points.dim(), Tangent::rank);
    if neurons.len() > 1 && neurons.len() >= rank {
        return Err(DataError::TooManyNeurons { neurons: neurons.len(), dim: rank });
    }
    let floors: Vec<f64> = neurons.iter().map(|g| weak * median_norm(g)).collect();

    let mut kept = Vec::with_capacity(points.rows());
    let mut basis = vec![vec![Vec::new(); points.dim()]; neurons.len()];
    let mut units = vec![vec![0.0; points.dim()]; neurons.len()];
    for row in 0..points.rows() {
        if orthonormal_at(row, neurons, tangent.as_ref(), &floors, &mut units) {
            kept.push(row);
            for (columns, unit) in basis.iter_mut().zip(&units) {
                columns.iter_mut().zip(unit).for_each(|(column, &x)| column.push(x));
            }
        }
    }
    if kept.is_empty() {
        return Err(DataError::NoDirections { rows: points.rows(), neurons: neurons.len() });
    }
    let weights = weights.map_or(vec![1.0; kept.len()], |all| table::pick(&all, &kept));
    check_weights(&weights, kept.len())?;
    let units = measured.units.clone();
    drop(measured);
    Ok(assembled((points, units), basis, weights, tangent, &kept))
}

/// Points and gradients in the units that gradients are compared in.
pub(crate) struct Measured<'a> {
    pub(crate) units: Units,
    pub(crate) points: Cow<'a, Table>,
    /// Of each neuron d columns of N.
    pub(crate) neurons: Vec<Cow<'a, [Vec<f64>]>>,
}

impl<'a> Measured<'a> {
    pub(crate) fn of(points: &'a Table, neurons: &[&'a [Vec<f64>]]) -> Self {
        let units = Units::of(points);
        if units.is_own() {
            let neurons = neurons.iter().map(|columns| Cow::Borrowed(*columns)).collect();
            return Self { units, points: Cow::Borrowed(points), neurons };
        }
        let measured = |columns: &&[Vec<f64>]| Cow::Owned(units.measure_derivatives(columns));
        let neurons = neurons.iter().map(measured).collect();
        Self { points: Cow::Owned(units.measured(points.clone())), neurons, units }
    }
}

/// A field at those of the points that were kept, from directions and weights there.
pub(crate) fn assembled(
    (points, units): (Table, Units),
    basis: Vec<Vec<Vec<f64>>>,
    weights: Vec<f64>,
    tangent: Option<Tangent>,
    kept: &[usize],
) -> DirectionField {
    let dropped = points.rows() - kept.len();
    if dropped == 0 {
        return DirectionField { points, units, basis, weights, dropped, tangent };
    }
    let tangent = tangent.map(|tangent| tangent.select(kept));
    let points = points.select(kept);
    DirectionField { points, units, basis, weights, dropped, tangent }
}

pub(crate) fn check_threshold(weak: f64) -> Result<(), DataError> {
    if (0.0..1.0).contains(&weak) { Ok(()) } else { Err(DataError::WeakThreshold { weak }) }
}

/// Fills in the orthonormal basis at one point, or says that there is none.
fn orthonormal_at(
    row: usize,
    neurons: &[&[Vec<f64>]],
    tangent: Option<&Tangent>,
    floors: &[f64],
    units: &mut [Vec<f64>],
) -> bool {
    for (k, (gradient, floor)) in neurons.iter().zip(floors).enumerate() {
        let (before, rest) = units.split_at_mut(k);
        let unit = &mut rest[0];
        unit.iter_mut().zip(*gradient).for_each(|(x, column)| *x = column[row]);
        let norm = normalise(unit);
        let mut left = 1.0;
        // Twice is enough to be orthogonal to rounding.
        for _ in 0..2 {
            if let Some(tangent) = tangent {
                tangent.project(row, unit);
            }
            for earlier in &*before {
                remove(earlier, unit);
            }
            left *= normalise(unit);
        }
        let strength = norm * left;
        if strength.is_nan() || strength <= *floor {
            return false;
        }
    }
    true
}

pub(crate) fn check_gradients(points: &Table, neurons: &[&[Vec<f64>]]) -> Result<(), DataError> {
    if neurons.is_empty() {
        return Err(DataError::NoNeurons);
    }
    for (k, gradient) in neurons.iter().enumerate() {
        let (found, expected) = (gradient.len(), points.dim());
        if found != expected {
            return Err(DataError::GradientColumns { neuron: k + 1, found, expected });
        }
        for (name, column) in points.names().iter().zip(*gradient) {
            let name = format!("gradient of neuron {} along {name}", k + 1);
            table::check_column(&name, column, points.rows())?;
        }
    }
    Ok(())
}

pub(crate) fn check_weights(weights: &[f64], expected: usize) -> Result<(), DataError> {
    let problem = if weights.len() != expected {
        format!("there are {}", weights.len())
    } else if let Some(row) = weights.iter().position(|w| !w.is_finite() || *w < 0.0) {
        format!("row {} has {}", row + 1, weights[row])
    } else if weights.iter().all(|&w| w == 0.0) {
        "they are all zero".into()
    } else {
        return Ok(());
    };
    Err(DataError::Weights { expected, problem })
}

/// The median of the non-zero gradients' norms, or 0 if all are zero.
fn median_norm(gradient: &[Vec<f64>]) -> f64 {
    let mut row = vec![0.0; gradient.len()];
    let mut norms: Vec<f64> = (0..gradient[0].len())
        .map(|i| {
            row.iter_mut().zip(gradient).for_each(|(x, column)| *x = column[i]);
            normalise(&mut row)
        })
        .filter(|&norm| norm > 0.0)
        .collect();
    norms.sort_unstable_by(f64::total_cmp);
    norms.get(norms.len() / 2).copied().unwrap_or(0.0)
}
