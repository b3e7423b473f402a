//! Neurons of a network that only its own framework can run.

use symgrad_data::{DataError, Table};
use symgrad_models::{Layer, ModelError, Unit};

use crate::Error;

/// What units of one layer did at some points: values and gradients that another program computed.
///
/// ```
/// use symgrad::data::Table;
/// use symgrad::models::Unit;
/// use symgrad::{InterpretSettings, Model, Recorded, interpret_neuron};
///
/// // Points on a grid, and there a neuron that holds tanh(x·y/50).
/// let x: Vec<f64> = (0..100).map(|n| 0.3 + f64::from(n % 10)).collect();
/// let y: Vec<f64> = (0..100).map(|n| 0.5 + f64::from(n / 10)).collect();
/// let at = |n: usize| x[n] * y[n] / 50.0;
/// let slope = |n: usize| at(n).cosh().powi(-2) / 50.0;
/// let values = (0..100).map(|n| at(n).tanh()).collect();
/// let gradients = vec![
///     (0..100).map(|n| y[n] * slope(n)).collect(),
///     (0..100).map(|n| x[n] * slope(n)).collect(),
/// ];
/// let neuron = Recorded::new("h", vec![Unit::Neuron(7)], vec![values], vec![gradients])?;
///
/// let points = Table::new(vec!["x".into(), "y".into()], vec![x.clone(), y.clone()])?;
/// let mut settings = InterpretSettings::default();
/// settings.search.config.budget = 5_000;
/// let unit = Unit::Neuron(7);
/// let found = interpret_neuron(&Model::Recorded(neuron), &points, "h", unit, &settings, &mut ())?;
/// assert_eq!(found.findings.unwrap().answer().expression, "x*y");
/// # Ok::<(), symgrad::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Recorded {
    layer: Layer,
    units: Vec<Unit>,
    values: Vec<Vec<f64>>,
    gradients: Vec<Vec<Vec<f64>>>,
}

impl Recorded {
    /// For each of the units a column of values, one for each point, and a column of derivatives for
    /// each input.
    pub fn new(
        layer: &str,
        units: Vec<Unit>,
        values: Vec<Vec<f64>>,
        gradients: Vec<Vec<Vec<f64>>>,
    ) -> Result<Self, Error> {
        let Some(first) = gradients.first() else { return Err(DataError::NoColumns.into()) };
        for (columns, what) in [(values.len(), "values"), (gradients.len(), "gradients")] {
            if columns != units.len() {
                let (units, what) = (units.len(), what.to_owned());
                return Err(Error::Recorded { units, columns, what });
            }
        }
        let inputs = first.len();
        let other = gradients.iter().find(|columns| columns.len() != inputs);
        if let Some(other) = other {
            return Err(DataError::NameCount { names: inputs, columns: other.len() }.into());
        }
        let neurons = units.len();
        let layer = Layer {
            name: layer.into(),
            operator: "recorded".into(),
            shape: vec![neurons],
            neurons,
        };
        Ok(Self { layer, units, values, gradients })
    }

    pub(super) fn layer(&self) -> &Layer {
        &self.layer
    }

    pub(super) fn inputs(&self) -> usize {
        self.gradients[0].len()
    }

    /// All values, if they are those at the points.
    pub(super) fn values(&self, points: &Table) -> Result<&[Vec<f64>], Error> {
        for column in &self.values {
            check_length(column, points)?;
        }
        Ok(&self.values)
    }

    pub(super) fn unit_values(&self, points: &Table, unit: Unit) -> Result<Vec<f64>, Error> {
        Ok(self.values(points)?[self.place(unit)?].clone())
    }

    pub(super) fn gradients(&self, points: &Table, unit: Unit) -> Result<Vec<Vec<f64>>, Error> {
        let gradients = &self.gradients[self.place(unit)?];
        for column in gradients {
            check_length(column, points)?;
        }
        Ok(gradients.clone())
    }

    fn place(&self, unit: Unit) -> Result<usize, ModelError> {
        let place = self.units.iter().position(|&known| known == unit);
        place.ok_or_else(|| ModelError::NoSuchUnit {
            unit,
            layer: self.layer.name.clone(),
            neurons: self.units.len(),
        })
    }
}

fn check_length(column: &[f64], points: &Table) -> Result<(), DataError> {
    if column.len() == points.rows() {
        return Ok(());
    }
    let (found, expected) = (column.len(), points.rows());
    Err(DataError::UnequalColumns { column: "recorded".into(), found, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_go_together_is_refused() {
        let column = || vec![1.0, 2.0];
        let two = || vec![column(), column()];
        let units = || vec![Unit::Neuron(3)];
        let new = |values, gradients| Recorded::new("h", units(), values, gradients);
        assert!(new(vec![], vec![]).is_err());
        assert!(new(two(), vec![two()]).is_err());
        assert!(new(vec![column()], vec![two(), two()]).is_err());
        let recorded = new(vec![column()], vec![two()]).expect("it goes together");
        let points = |rows| {
            let names = vec!["x".into(), "y".into()];
            Table::new(names, vec![vec![0.5; rows]; 2]).expect("a table")
        };
        assert_eq!(recorded.gradients(&points(2), Unit::Neuron(3)).expect("there"), two());
        assert!(recorded.gradients(&points(3), Unit::Neuron(3)).is_err());
        assert!(recorded.unit_values(&points(2), Unit::Neuron(0)).is_err());
    }
}
