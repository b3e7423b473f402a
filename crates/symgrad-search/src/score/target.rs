//! What expressions should match at each point: directions of gradients, or values.

use symgrad_data::{DirectionField, Units, orthonormal};
use symgrad_expr::Aligned;

use crate::score::axes::Axes;
use crate::score::measure::Measure;
use crate::score::objective::sum_in_order;

#[derive(Clone, Debug)]
pub(crate) enum Target {
    Directions(Directions),
    Values(Values),
}

/// Directions that gradients should have.
#[derive(Clone, Debug)]
pub(crate) struct Directions {
    /// K neurons' orthonormal directions, d columns of N each.
    pub(crate) basis: Vec<Vec<Aligned>>,
    /// The directions that count.
    pub(crate) axes: Axes,
    /// The neurons' directions in coordinates along these.
    pub(crate) inner: Vec<Vec<Vec<f64>>>,
    /// Directions in which the data do not extend; others may not count because formulas that
    /// were found before explain them.
    pub(crate) empty: usize,
    pub(crate) measure: Measure,
}

impl Directions {
    pub(crate) fn of(field: &DirectionField, measure: Measure) -> Self {
        let basis: Vec<_> = (0..field.neurons()).map(|k| field.basis(k).to_vec()).collect();
        let axes = Axes::of(field.tangent());
        let empty = axes.missing();
        Self::along(basis, axes, empty, measure)
    }

    /// Directions at points that lie on no surface.
    pub(crate) fn filling_space(basis: Vec<Vec<Vec<f64>>>, measure: Measure) -> Self {
        Self::along(basis, Axes::Whole, 0, measure)
    }

    pub(crate) fn along(
        basis: Vec<Vec<Vec<f64>>>,
        axes: Axes,
        empty: usize,
        measure: Measure,
    ) -> Self {
        let inner = basis.iter().map(|unit| axes.coordinates(unit)).collect();
        let basis = basis.into_iter().map(|unit| unit.into_iter().map(Aligned::from).collect());
        Self { basis: basis.collect(), axes, inner, empty, measure }
    }

    /// The same directions of gradients with respect to the inputs as given.
    pub(crate) fn in_own_units(&self, units: &Units) -> Self {
        let points = self.basis[0][0].len();
        let own = |vectors: Vec<Vec<f64>>| -> Vec<Vec<f64>> {
            let own = |v: Vec<f64>| v.iter().enumerate().map(|(i, v)| v / units.scale(i)).collect();
            orthonormal(vectors.into_iter().map(own).collect())
        };
        let mut basis = vec![vec![vec![0.0; points]; units.dim()]; self.basis.len()];
        for row in 0..points {
            let at = |unit: &Vec<Aligned>| unit.iter().map(|column| column[row]).collect();
            for (columns, unit) in basis.iter_mut().zip(own(self.basis.iter().map(at).collect())) {
                columns.iter_mut().zip(unit).for_each(|(column, u)| column[row] = u);
            }
        }
        let axes = if self.axes.is_whole() {
            Axes::Whole
        } else {
            let normals: Vec<_> = (0..points).map(|row| own(self.axes.normals_at(row))).collect();
            Axes::of_points(&normals, units.dim())
        };
        Self::along(basis, axes, self.empty, self.measure)
    }

    /// The neuron's direction, d columns of N, if gradients that point the other way differ
    /// from those that point its way: for a single neuron, unless signs are local.
    pub(crate) fn signed(&self) -> Option<&[Aligned]> {
        match self.basis.as_slice() {
            [only] if self.measure != Measure::LocalSign => Some(only),
            _ => None,
        }
    }

    /// The same in coordinates along the axes.
    pub(crate) fn signed_inner(&self) -> Option<&[Vec<f64>]> {
        self.signed().and(self.inner.first()).map(Vec::as_slice)
    }
}

/// Values that expressions should have, for ordinary regression.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    /// N numbers of weighted mean 0 and mean square 1.
    pub(crate) standard: Vec<f64>,
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
    /// Whether an expression f counts as the best a·f + b.
    pub(crate) linear_scaling: bool,
}

impl Values {
    /// From finite numbers and weights of any positive sum; `None` if the numbers do not vary.
    pub(crate) fn of(values: &[f64], weights: &[f64], linear_scaling: bool) -> Option<Self> {
        // In units in which squares neither overflow nor vanish.
        let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let unit = power_of_two_below(largest);
        let scaled = || values.iter().map(|value| value / unit);
        let total = sum_in_order(weights.iter().copied());
        let mean_of = |number: &dyn Fn(f64) -> f64| {
            sum_in_order(scaled().zip(weights).map(|(value, w)| w * number(value))) / total
        };
        let mean = mean_of(&|value| value);
        let deviation = mean_of(&|value| (value - mean).powi(2)).sqrt();
        if !deviation.is_normal() || !(deviation * unit).is_normal() {
            return None;
        }
        let standard = scaled().map(|value| (value - mean) / deviation).collect();
        Some(Self { standard, mean: mean * unit, deviation: deviation * unit, linear_scaling })
    }

    /// The mean with as many digits as matter beside the deviation.
    pub(crate) fn rounded_mean(&self) -> f64 {
        const DIGITS: usize = 17;
        let rounded =
            (0..DIGITS).filter_map(|digits| format!("{:.digits$e}", self.mean).parse().ok());
        let close = |rounded: &f64| (rounded - self.mean).abs() < 0.01 * self.deviation;
        rounded.into_iter().find(close).unwrap_or(self.mean)
    }
}

/// The power of two at or below a number, as far as there are normal ones with normal inverses.
fn power_of_two_below(number: f64) -> f64 {
    if number.is_normal() { number.log2().floor().clamp(-1000.0, 1000.0).exp2() } else { 1.0 }
}
