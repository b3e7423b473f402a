//! What a search minimises: the mismatch between expressions and a direction field or values.

use symgrad_data::{DirectionField, Table, Units};
use symgrad_expr::Aligned;

use crate::SearchError;
use crate::inputs::importance::is_constant;
use crate::score::axes::Axes;
use crate::score::measure::{LossKind, Measure};
use crate::score::probe::{Probe, mix};
use crate::score::target::{Directions, Target, Values};

/// Points with what an expression should match there, and the measure of the mismatch.
///
/// Points and directions are held as [`Units`] measure the inputs; expressions are in the inputs
/// as they are given, wherever they are passed in or out.
#[derive(Clone, Debug)]
pub struct Objective {
    /// The inputs' names.
    names: Vec<String>,
    /// How expressions that are passed in or out see the inputs.
    units: Units,
    columns: Vec<Aligned>,
    /// One per point, of sum 1.
    weights: Aligned,
    target: Target,
    probe: Probe,
}

impl Objective {
    /// Compares unit gradients with a field by the given measure: the published one in the
    /// inputs' own units, as it is defined, others in the field's.
    #[must_use]
    pub fn new(field: &DirectionField, measure: Measure) -> Self {
        if measure == Measure::PaperMse && !field.units().is_own() {
            return Self::new(&field.in_own_units(), measure);
        }
        let target = Target::Directions(Directions::of(field, measure));
        Self::of(field.points(), field.units().clone(), field.weights().to_vec(), target)
    }

    /// Compares the values of expressions with given ones, one per point, as ordinary symbolic
    /// regression does. The loss is the mean squared error relative to the variance of the
    /// values, 1 − R²; with linear scaling that of the best a·f + b.
    ///
    /// ```
    /// use symgrad_data::Table;
    /// use symgrad_search::{Evaluator, Objective};
    /// let points = Table::new(vec!["x".into()], vec![vec![0.0, 1.0, 2.0, 3.0]])?;
    /// let objective = Objective::regression(&points, &[1.0, 3.0, 9.0, 19.0], true)?;
    /// let loss = Evaluator::new(&objective).loss(&"x1^2".parse()?);
    /// assert!(loss < 1e-12); // 2x² + 1
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn regression(
        points: &Table,
        values: &[f64],
        linear_scaling: bool,
    ) -> Result<Self, SearchError> {
        Self::weighted_regression(points, values, &vec![1.0; values.len()], linear_scaling)
    }

    /// As [`regression`](Self::regression), where each point counts as much as it weighs. Points
    /// that weigh nothing are left out.
    pub fn weighted_regression(
        points: &Table,
        values: &[f64],
        weights: &[f64],
        linear_scaling: bool,
    ) -> Result<Self, SearchError> {
        let problem = |reason: String| Err(SearchError::Values { reason });
        if values.len() != points.rows() {
            return problem(format!("{} values for {} points", values.len(), points.rows()));
        }
        if weights.len() != points.rows() {
            return problem(format!("{} weights for {} points", weights.len(), points.rows()));
        }
        if let Some(row) = values.iter().position(|value| !value.is_finite()) {
            return problem(format!("the value in row {} is {}", row + 1, values[row]));
        }
        if let Some(row) = weights.iter().position(|weight| !weight.is_finite() || *weight < 0.0) {
            return problem(format!("the weight in row {} is {}", row + 1, weights[row]));
        }
        let kept: Vec<usize> = (0..values.len()).filter(|&row| weights[row] > 0.0).collect();
        if kept.is_empty() {
            return problem("all weights are zero".into());
        }
        let pick = |column: &[f64]| kept.iter().map(|&row| column[row]).collect::<Vec<f64>>();
        let (values, weights) = (pick(values), pick(weights));
        let Some(values) = Values::of(&values, &weights, linear_scaling) else {
            return problem("they do not vary".into());
        };
        let target = Target::Values(values);
        let units = Units::of(points);
        if kept.len() == points.rows() {
            return Ok(Self::of(points, units, weights, target));
        }
        Ok(Self::of(&points.select(&kept), units, weights, target))
    }

    fn of(points: &Table, units: Units, mut weights: Vec<f64>, target: Target) -> Self {
        // The order of the points must not matter, down to the last bit.
        let total = sum_in_order(weights.iter().copied());
        for w in &mut weights {
            *w /= total;
        }
        let columns = points.columns().iter().enumerate();
        let columns = columns.map(|(input, column)| units.measure(input, column)).collect();
        Self::weighted(points.names().to_vec(), columns, weights, target).seen_in(units)
    }

    /// From columns of N points and N weights of any positive sum.
    pub(crate) fn weighted(
        names: Vec<String>,
        columns: Vec<Vec<f64>>,
        mut weights: Vec<f64>,
        target: Target,
    ) -> Self {
        let total: f64 = weights.iter().sum();
        for w in &mut weights {
            *w /= total;
        }
        let axes = match &target {
            Target::Directions(directions) => &directions.axes,
            Target::Values(_) => &Axes::Whole,
        };
        let probe = Probe::of(&columns, axes);
        let columns: Vec<Aligned> = columns.into_iter().map(Aligned::from).collect();
        let units = Units::own(columns.len());
        Self { names, units, columns, weights: weights.into(), target, probe }
    }

    /// The same for expressions in inputs that units measure.
    pub(crate) fn seen_in(self, units: Units) -> Self {
        Self { units, ..self }
    }

    /// The same for expressions in the measured inputs: what a search works with.
    pub(crate) fn measured(self) -> Self {
        let own = Units::own(self.dim());
        self.seen_in(own)
    }

    /// What an objective in measured inputs is in the inputs as given, gradients compared in
    /// their own units.
    pub(crate) fn in_own_units(&self, units: &Units) -> Self {
        let given = |(input, column): (usize, &Aligned)| {
            let (scale, origin) = (units.scale(input), units.origin(input));
            column.iter().map(|z| origin + scale * z).collect()
        };
        let columns = self.columns.iter().enumerate().map(given).collect();
        let target = match &self.target {
            Target::Values(values) => Target::Values(values.clone()),
            Target::Directions(target) => Target::Directions(target.in_own_units(units)),
        };
        Self::weighted(self.names.clone(), columns, self.weights.to_vec(), target)
    }

    /// How expressions that are passed in or out see the inputs.
    pub fn units(&self) -> &Units {
        &self.units
    }

    /// Number of points.
    #[must_use]
    pub fn points(&self) -> usize {
        self.weights.len()
    }

    /// Number of inputs.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.columns.len()
    }

    /// Number of directions at each point that gradients may have: one for each neuron or, of a
    /// span, for each concept; 0 for values.
    #[must_use]
    pub fn neurons(&self) -> usize {
        match &self.target {
            Target::Directions(directions) => directions.basis.len(),
            Target::Values(_) => 0,
        }
    }

    /// The direction of the one neuron's gradient at each point, with respect to the measured inputs, as
    /// a column for each of them. `None` for several neurons, for values, and where the data lie on a
    /// surface, on which only a part of a formula's gradient counts.
    pub fn directions(&self) -> Option<&[Aligned]> {
        match &self.target {
            Target::Directions(Directions { basis, axes: Axes::Whole, .. }) if basis.len() == 1 => {
                Some(&basis[0])
            }
            _ => None,
        }
    }

    /// What the losses measure.
    pub fn loss_kind(&self) -> LossKind {
        match &self.target {
            Target::Values(Values { linear_scaling: false, .. }) => LossKind::Values,
            Target::Values(_) => LossKind::ScaledValues,
            Target::Directions(directions) => match directions.measure {
                Measure::PaperMse => LossKind::PaperMse,
                Measure::LocalSign => LossKind::LocalSign,
                Measure::LevelSet if directions.basis.len() > 1 => LossKind::Span,
                Measure::LevelSet => LossKind::LevelSet,
            },
        }
    }

    /// The same with those that formulas found before explain.
    pub(crate) fn concepts(&self) -> usize {
        match &self.target {
            Target::Directions(d) => d.basis.len() + d.axes.missing() - d.empty,
            Target::Values(_) => 0,
        }
    }

    /// The inputs' names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The points as units measure them, column by column.
    #[must_use]
    pub fn columns(&self) -> &[Aligned] {
        &self.columns
    }

    /// The loss in the units it is published in: for directions the paper MSE that a level-set
    /// loss amounts to, for values the mean squared error.
    #[must_use]
    pub fn to_paper_mse(&self, loss: f64) -> f64 {
        match &self.target {
            Target::Directions(Directions { measure: Measure::PaperMse, .. }) => loss,
            Target::Directions(_) => loss * 2.0 / self.dim() as f64,
            Target::Values(values) => loss * values.deviation * values.deviation,
        }
    }

    /// At most `count` of the points, at least one, evenly spread over their order.
    #[must_use]
    pub fn thinned(&self, count: usize) -> Self {
        let (total, count) = (self.points(), count.max(1));
        if count >= total {
            return self.clone();
        }
        self.subset(&(0..count).map(|n| n * total / count).collect::<Vec<_>>())
    }

    /// The points of those rows, at least one, in that order.
    pub(crate) fn subset(&self, rows: &[usize]) -> Self {
        let pick = |column: &[f64]| rows.iter().map(|&row| column[row]).collect::<Vec<f64>>();
        let columns = self.columns.iter().map(|column| pick(column)).collect();
        let target = match &self.target {
            Target::Directions(directions) => Target::Directions(Directions {
                basis: directions
                    .basis
                    .iter()
                    .map(|u| u.iter().map(|c| pick(c).into()).collect())
                    .collect(),
                inner: directions
                    .inner
                    .iter()
                    .map(|u| u.iter().map(|c| pick(c)).collect())
                    .collect(),
                axes: directions.axes.subset(rows),
                ..*directions
            }),
            Target::Values(values) => {
                Target::Values(Values { standard: pick(&values.standard), ..values.clone() })
            }
        };
        Self::weighted(self.names.clone(), columns, pick(&self.weights), target)
            .seen_in(self.units.clone())
    }

    /// With values measured in another unit, a power of two.
    pub(crate) fn in_unit(mut self, unit: f64) -> Self {
        if let Target::Values(values) = &mut self.target {
            values.mean /= unit;
            values.deviation /= unit;
        }
        self
    }

    /// The same points with other values wanted; `None` if these are not finite or do not vary.
    pub(crate) fn with_values(&self, values: &[f64]) -> Option<Self> {
        let target = Target::Values(Values::of(values, &self.weights, false)?);
        Some(Self { target, ..self.clone() })
    }

    /// The values as they were given; `None` of directions.
    pub(crate) fn given_values(&self) -> Option<Vec<f64>> {
        let Target::Values(Values { standard, mean, deviation, .. }) = &self.target else {
            return None;
        };
        Some(standard.iter().map(|y| mean + deviation * y).collect())
    }

    /// The inputs in another order, given as the present ones.
    pub(crate) fn with_inputs(&self, inputs: &[usize]) -> Self {
        let pick = |columns: &[Aligned]| -> Vec<Vec<f64>> {
            inputs.iter().map(|&input| columns[input].to_vec()).collect()
        };
        let target = match &self.target {
            Target::Directions(directions) => {
                let basis = directions.basis.iter().map(|unit| pick(unit)).collect();
                let axes = directions.axes.reordered(inputs, self.points());
                let Directions { empty, measure, .. } = *directions;
                Target::Directions(Directions::along(basis, axes, empty, measure))
            }
            Target::Values(values) => Target::Values(values.clone()),
        };
        let names = inputs.iter().map(|&input| self.names[input].clone()).collect();
        Self::weighted(names, pick(&self.columns), self.weights.to_vec(), target)
            .seen_in(self.units.of_inputs(inputs))
    }

    /// Whether the data extend along an input at all: where they do not, its share of any
    /// gradient is projected away, and its values are a constant.
    pub(crate) fn varies(&self, input: usize) -> bool {
        self.axes().sees(input) && !is_constant(&self.columns[input])
    }

    /// Losses up to this are rounding.
    pub(crate) fn floor(&self) -> f64 {
        self.loss_kind().floor()
    }

    /// Whether all expressions with the same level sets have the same loss.
    pub(crate) fn is_blind_to_outer_functions(&self) -> bool {
        matches!(&self.target, Target::Directions(_))
    }

    /// Whether gradients that point the other way than a neuron's at some points, and its way at
    /// others, count as different: there is a single neuron, and only one sign for all points.
    pub(crate) fn has_global_sign(&self) -> bool {
        let Target::Directions(target) = &self.target else { return false };
        // What is left of a span has no sign.
        let whole = target.axes.missing() == target.empty;
        whole && target.basis.len() == 1 && target.measure == Measure::LevelSet
    }

    /// Whether a function and its negative differ in their losses, although outer functions that
    /// rise make no difference.
    pub(crate) fn has_fixed_sign(&self) -> bool {
        matches!(&self.target, Target::Directions(d) if d.measure == Measure::PaperMse)
    }

    /// The same directions by another measure; values have but one.
    pub(crate) fn with_measure(&self, measure: Measure) -> Self {
        let mut other = self.clone();
        if let Target::Directions(directions) = &mut other.target {
            directions.measure = measure;
        }
        other
    }

    /// Whether the measure is blind to the sign at every point.
    pub(crate) fn has_local_sign(&self) -> bool {
        matches!(&self.target, Target::Directions(d) if d.measure == Measure::LocalSign)
    }

    /// A number that differs for objectives that differ, to all practical purposes.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let parts: Vec<&[f64]> = match &self.target {
            Target::Directions(target) => {
                let basis = target.basis.iter().flatten().map(|column| &**column);
                basis.chain(target.axes.numbers()).collect()
            }
            Target::Values(target) => vec![&target.standard],
        };
        let kind = match &self.target {
            Target::Directions(target) => 1 + target.measure as u64,
            Target::Values(target) => 10 + u64::from(target.linear_scaling),
        };
        let columns = self.columns.iter().chain([&self.weights]).map(|column| &**column);
        columns.chain(parts).fold(mix(kind), |digest, column| {
            column.iter().fold(mix(digest ^ column.len() as u64), |digest, v| {
                mix(digest.rotate_left(1) ^ v.to_bits())
            })
        })
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    pub(crate) fn probe(&self) -> &Probe {
        &self.probe
    }

    pub(crate) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The directions that count.
    pub(crate) fn axes(&self) -> &Axes {
        match &self.target {
            Target::Directions(directions) => &directions.axes,
            Target::Values(_) => &Axes::Whole,
        }
    }

    /// Number of directions in which the data do not extend; none where inputs depend linearly on
    /// others, for there a formula can be written in other inputs and remains the same.
    pub(crate) fn empty_directions(&self) -> usize {
        match &self.target {
            Target::Directions(directions) if !directions.axes.are_of_plane(&self.columns) => {
                directions.empty
            }
            _ => 0,
        }
    }
}

/// The sum of numbers by rising size: the same whatever order they come in.
pub(crate) fn sum_in_order(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.into_iter().sum()
}
