//! Shift and scale of each input, so that users may measure in any unit.

use serde::{Deserialize, Serialize};
use symgrad_data::Table;

use crate::SiameseError;

/// Mean and standard deviation of every input over the training anchors.
///
/// Anchors are the domain of interest; positives may lie far outside (M·A·M⁻¹ of a nearly
/// singular M), and must not set the scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Standardisation {
    #[serde(rename = "centre")]
    pub(crate) mean: Vec<f64>,
    #[serde(rename = "spread")]
    pub(crate) deviation: Vec<f64>,
}

impl Standardisation {
    /// Mean and standard deviation of each column; a constant column keeps its unit.
    pub(crate) fn of(table: &Table) -> Self {
        let rows = table.rows() as f64;
        let mean: Vec<f64> =
            table.columns().iter().map(|column| column.iter().sum::<f64>() / rows).collect();
        let deviation_of = |(column, mean): (&Vec<f64>, &f64)| {
            let squares: f64 = column.iter().map(|x| (x - mean).powi(2)).sum();
            let deviation = (squares / rows).sqrt();
            let constant = deviation <= 1e-12 * mean.abs() || !deviation.is_normal();
            if constant { 1.0 } else { deviation }
        };
        let deviation = table.columns().iter().zip(&mean).map(deviation_of).collect();
        Self { mean, deviation }
    }

    /// Number of inputs.
    pub(crate) fn inputs(&self) -> usize {
        self.mean.len()
    }

    /// The table's rows one after another in standard units; `what` names the table in errors.
    pub(crate) fn rows(&self, table: &Table, what: &'static str) -> Result<Vec<f64>, SiameseError> {
        let (expected, found) = (self.inputs(), table.dim());
        if expected != found {
            return Err(SiameseError::Inputs { what, expected, found });
        }
        let mut rows = vec![0.0; table.rows() * found];
        for (column, values) in table.columns().iter().enumerate() {
            let (mean, deviation) = (self.mean[column], self.deviation[column]);
            for (row, &value) in values.iter().enumerate() {
                rows[row * found + column] = (value - mean) / deviation;
            }
        }
        Ok(rows)
    }
}
