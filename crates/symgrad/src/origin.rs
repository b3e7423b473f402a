//! Where a result comes from, and what was seen at the points: what its page tells beside the
//! result itself.

use serde::{Deserialize, Serialize};
use symgrad_data::Table;
use symgrad_expr::{Program, Workspace};
use symgrad_search::{Evaluator, LossKind, Objective};

use crate::findings::formula_of_columns;
use crate::{Error, Findings, Outer, SearchSettings};

/// How a run was started. Nothing in it depends on where its files are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The command that repeats it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The data's file, without its folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Rows that were read of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
    /// The network's file, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The settings of the search, as a file in TOML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<String>,
}

impl Origin {
    /// Remembers the settings, but for the number of threads, on which no result depends.
    #[must_use]
    pub fn with_settings(mut self, settings: &SearchSettings) -> Self {
        let mut settings = settings.clone();
        settings.config.threads = None;
        self.settings = settings.to_toml().ok();
        self
    }
}

/// What a result is like at some of the points: enough for pictures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What was fitted, or whose gradients were: a column, a neuron.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Values of the answer and of the target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<[f64; 2]>,
    /// How the target depends on the answer, where that is a function of any form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outer: Option<Outer>,
    /// Angles in degrees between the gradients of the answer and the given ones, evenly in rank.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub angles: Vec<f64>,
}

/// Points of a sample: as many as a small picture can show.
const SAMPLED: usize = 400;

impl Findings {
    /// Remembers what the answer is like at the points: the angles to the gradients that were
    /// searched. The objective is that of the search.
    pub fn take_sample(&mut self, objective: &Objective) {
        let angles = self.angles(objective).unwrap_or_default();
        self.sample.get_or_insert_default().angles = angles;
    }

    /// The same for values that belong to the points: those of the column, or the neuron, of that
    /// name. They are the answer's own or, if `bent`, depend on it in a way that nobody chose.
    pub fn take_values(
        &mut self,
        target: &str,
        points: &Table,
        values: &[f64],
        bent: bool,
    ) -> Result<(), Error> {
        let formula = self.values_at(points)?;
        let pairs = formula.iter().zip(values).filter(|(f, h)| f.is_finite() && h.is_finite());
        let pairs: Vec<[f64; 2]> = pairs.map(|(f, h)| [*f, *h].map(rounded)).collect();
        let folded = self.folds.as_ref().is_some_and(|folds| !folds.turns.is_empty());
        let sample = self.sample.get_or_insert_default();
        sample.outer = if bent { Outer::of(&formula, values, folded) } else { None };
        target.clone_into(&mut sample.target);
        sample.values = evenly(&pairs);
        Ok(())
    }

    /// The answer's values at points; not finite where it has none.
    pub(crate) fn values_at(&self, points: &Table) -> Result<Vec<f64>, Error> {
        let answer = formula_of_columns(&self.inputs, &self.answer().expression)?;
        let mut values = vec![f64::NAN; points.rows()];
        // It reads no other inputs than the table's, which may have some that a search did without.
        let place = |name: &String| points.names().iter().position(|known| known == name);
        let columns: Vec<usize> = self.inputs.iter().filter_map(place).collect();
        if columns.len() == self.inputs.len() {
            let points = points.columns_of(&columns);
            let program = Program::compile(&answer);
            let _ = program.values(points.columns(), &mut Workspace::default(), &mut values);
        }
        Ok(values)
    }

    fn angles(&self, objective: &Objective) -> Option<Vec<f64>> {
        if matches!(objective.loss_kind(), LossKind::Values | LossKind::ScaledValues) {
            return None;
        }
        let answer = formula_of_columns(&self.inputs, &self.answer().expression).ok()?;
        let losses = Evaluator::new(objective).point_losses(&answer)?;
        let unsigned = self.measure == Some(LossKind::LocalSign);
        // Half of 1 − cos is the squared sine of half the angle, which small angles need.
        let angle = |loss: f64| {
            let loss = if unsigned { loss.min(2.0 - loss) } else { loss };
            rounded(2.0 * (loss / 2.0).clamp(0.0, 1.0).sqrt().asin().to_degrees())
        };
        let mut angles: Vec<f64> = losses.into_iter().map(angle).collect();
        angles.sort_by(f64::total_cmp);
        Some(evenly(&angles))
    }
}

/// At most so many of them as a sample holds, evenly.
fn evenly<T: Copy>(all: &[T]) -> Vec<T> {
    let kept = all.len().min(SAMPLED);
    (0..kept).map(|k| all[k * all.len() / kept]).collect()
}

/// Six digits: a picture shows fewer.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_even_and_short() {
        assert_eq!(evenly(&[0; 0]), [0; 0]);
        assert_eq!(evenly(&[1, 2, 3]), [1, 2, 3]);
        let many: Vec<usize> = (0..1_000).collect();
        let kept = evenly(&many);
        assert_eq!((kept.len(), kept[0], kept[399]), (400, 0, 997));
        assert_eq!(rounded(-123.456_789_1), -123.457);
        assert_eq!(rounded(0.0), 0.0);
    }
}
