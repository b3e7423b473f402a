//! The units in which inputs are measured when gradients are compared.

use crate::Table;

/// Standard deviations from the inverse of this up to it need no other unit: factors of a few are
/// everyday, and a search copes with them.
const ORDINARY: f64 = 10.0;

/// What data that people call of the order of one vary by: 0.29 from 0 to 1 or from 1 to 2, 0.58
/// from −1 to 1, 1.4 from 0 to 5.
const TYPICAL: f64 = 0.6;

/// An input whose mean lies more than this many standard deviations from zero is measured from
/// its mean. Closer to zero its own origin may mean something (a temperature, a radius), and
/// double precision still holds the square of the input to ten digits of its variation.
const FAR: f64 = 1e3;

/// A standard deviation below this fraction of the largest magnitude is rounding: the input is
/// constant.
const CONSTANT: f64 = 1e-14;

/// A unit and an origin for each input, so that all of them vary by numbers of the order of one.
///
/// Level sets do not depend on units, but angles between gradients do, and so do the numbers in
/// a formula. Gradients are compared, and formulas are looked for, in the measured inputs
/// z = (x − origin) / scale. Both are powers of ten or multiples of them, and follow from the data:
/// measuring the same data in other units, or from another origin, gives the same z up to
/// rounding. Inputs that vary by ordinary numbers not too far from zero are left as they are.
///
/// ```
/// use symgrad_data::{Table, Units};
/// let charge = vec![1.2e-9, 2.9e-9, 4.4e-9];
/// let time = vec![1_600_000_512.0, 1_600_000_498.0, 1_600_000_507.0];
/// let points = Table::new(vec!["q".into(), "t".into()], vec![charge, time])?;
/// let units = Units::of(&points);
/// assert_eq!((units.scale(0), units.origin(0)), (1e-9, 0.0));
/// assert_eq!((units.scale(1), units.origin(1)), (1.0, 1_600_000_506.0));
/// assert_eq!(units.measure(1, &[1_600_000_509.0]), [3.0]);
/// # Ok::<(), symgrad_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Units {
    inputs: Vec<Unit>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Unit {
    origin: f64,
    scale: f64,
}

impl Unit {
    const OWN: Self = Self { origin: 0.0, scale: 1.0 };

    fn of(column: &[f64]) -> Self {
        let (mean, spread) = moments(column);
        let largest = column.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        if !spread.is_normal() || spread <= CONSTANT * largest {
            return Self::OWN;
        }
        let decade = 10.0_f64.powi(decade_of(spread / TYPICAL));
        let scale = if (ORDINARY.recip()..=ORDINARY).contains(&spread) { 1.0 } else { decade };
        let origin = if mean.abs() > FAR * spread { nearest(mean, spread) } else { 0.0 };
        let unit = Self { origin, scale };
        if scale.is_normal() && origin.is_finite() { unit } else { Self::OWN }
    }
}

impl Units {
    /// Units for the inputs of a table.
    pub fn of(points: &Table) -> Self {
        Self { inputs: points.columns().iter().map(|column| Unit::of(column)).collect() }
    }

    /// The inputs' own units: everything is left as it is.
    pub fn own(dim: usize) -> Self {
        Self { inputs: vec![Unit::OWN; dim] }
    }

    /// The units of some of the inputs, in that order.
    ///
    /// # Panics
    /// If one of the indices is beyond the inputs.
    #[must_use]
    pub fn of_inputs(&self, inputs: &[usize]) -> Self {
        Self { inputs: inputs.iter().map(|&input| self.inputs[input]).collect() }
    }

    /// Whether all inputs are left as they are.
    pub fn is_own(&self) -> bool {
        self.inputs.iter().all(|unit| *unit == Unit::OWN)
    }

    /// Number of inputs.
    pub fn dim(&self) -> usize {
        self.inputs.len()
    }

    /// The unit of an input, a power of ten.
    ///
    /// # Panics
    /// If there is no such input.
    pub fn scale(&self, input: usize) -> f64 {
        self.inputs[input].scale
    }

    /// The value from which an input is measured, a multiple of a power of ten.
    ///
    /// # Panics
    /// If there is no such input.
    pub fn origin(&self, input: usize) -> f64 {
        self.inputs[input].origin
    }

    /// The values of an input, measured.
    ///
    /// # Panics
    /// If there is no such input.
    pub fn measure(&self, input: usize, column: &[f64]) -> Vec<f64> {
        let Unit { origin, scale } = self.inputs[input];
        column.iter().map(|x| (x - origin) / scale).collect()
    }

    /// A function's derivatives, d columns of N, per unit of each input and up to a common
    /// factor, by which they neither overflow nor vanish.
    pub fn measure_derivatives(&self, derivatives: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let most = |numbers: &mut dyn Iterator<Item = f64>| numbers.fold(0.0_f64, f64::max);
        let coarsest = most(&mut self.inputs.iter().map(|unit| unit.scale));
        let steepest = most(&mut derivatives.iter().flatten().map(|g| g.abs()));
        if steepest == 0.0 {
            return derivatives.to_vec();
        }
        let per_unit = |(column, unit): (&Vec<f64>, &Unit)| {
            column.iter().map(|g| g / steepest * (unit.scale / coarsest)).collect()
        };
        derivatives.iter().zip(&self.inputs).map(per_unit).collect()
    }

    /// The table with all its inputs measured.
    pub fn measured(&self, points: Table) -> Table {
        if self.is_own() {
            return points;
        }
        let columns = points.columns().iter().enumerate();
        let columns: Vec<_> = columns.map(|(input, column)| self.measure(input, column)).collect();
        // Finite numbers of an ordinary size stay finite.
        Table::new(points.names().to_vec(), columns).unwrap_or(points)
    }
}

/// Mean and standard deviation; both are computed after division by the largest magnitude, so
/// that squares neither overflow nor vanish.
pub(crate) fn moments(column: &[f64]) -> (f64, f64) {
    let largest = column.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    if column.is_empty() || largest == 0.0 {
        return (0.0, 0.0);
    }
    let count = column.len() as f64;
    let mean = column.iter().map(|x| x / largest).sum::<f64>() / count;
    let square = column.iter().map(|x| (x / largest - mean).powi(2)).sum::<f64>() / count;
    (mean * largest, square.sqrt() * largest)
}

/// The power of ten nearest to a positive number, by ratio.
#[expect(clippy::cast_possible_truncation, reason = "exponents of doubles are small")]
fn decade_of(value: f64) -> i32 {
    value.log10().round() as i32
}

/// The mean, rounded to a fifth of the spread or so: as few digits as place it among the data.
/// It goes by decimal text, so that the result is the number that people would write.
fn nearest(mean: f64, spread: f64) -> f64 {
    let digits = decade_of(mean.abs()) - decade_of(spread) + 1;
    let decimals = usize::try_from(digits).unwrap_or(0).min(16);
    format!("{mean:.decimals$e}").parse().unwrap_or(mean)
}
