//! Where a result comes from, and what was seen at the points: what its page tells beside the
//! result itself.

use serde::{Deserialize, Serialize};
use symgrad_data::Table;
use symgrad_expr::{Program, Workspace};
use symgrad_search::{Evaluator, LossKind, Objective};

use crate::findings::formula_of_columns;
use crate::{Error, Findings, Outer, Plane, SearchSettings};

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

/// What the formulas of a front are like at some of the points: enough for pictures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What was fitted, or whose gradients were: a column, a neuron.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// One for each entry of the front; the answer's has more points than the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Seen>,
    /// The gradients next to the plane of the two inputs that matter most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plane: Option<Plane>,
}

/// What one formula is like there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Values of the formula and of the target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<[f64; 2]>,
    /// How the target depends on the formula, where that is a function of any form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outer: Option<Outer>,
    /// Angles in degrees between the gradients of the formula and the given ones, evenly in rank.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub angles: Vec<f64>,
}

/// Points of the answer: as many as a small picture can show.
const SAMPLED: usize = 400;

/// Points of each other formula, of which a page holds many.
const OTHERS: usize = 90;

impl Findings {
    /// Remembers what the formulas are like at the points: the angles to the gradients that were
    /// searched, and these next to a plane. The objective is that of the search.
    pub fn take_sample(&mut self, objective: &Objective) {
        let plane = if objective.names() == self.inputs { Plane::of(objective) } else { None };
        let angles: Vec<Vec<f64>> = self
            .front
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                let angles = self.angles(&entry.expression, objective).unwrap_or_default();
                evenly(&angles, self.shown(index))
            })
            .collect();
        for (seen, angles) in self.seen().iter_mut().zip(angles) {
            seen.angles = angles;
        }
        self.sample.get_or_insert_default().plane = plane;
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
        let turns = self.folds.as_ref().is_some_and(|folds| !folds.turns.is_empty());
        let mut all = vec![];
        for (index, entry) in self.front.iter().enumerate() {
            let formula = self.values_of(&entry.expression, points)?;
            let pairs = formula.iter().zip(values).filter(|(f, h)| f.is_finite() && h.is_finite());
            let pairs: Vec<[f64; 2]> = pairs.map(|(f, h)| [*f, *h].map(rounded)).collect();
            // Where the neuron turns is known of the answer alone.
            let folded = turns && index == self.answer;
            let outer = if bent { Outer::of(&formula, values, folded) } else { None };
            all.push((evenly(&pairs, self.shown(index)), outer.map(shortened)));
        }
        for (seen, (values, outer)) in self.seen().iter_mut().zip(all) {
            (seen.values, seen.outer) = (values, outer);
        }
        target.clone_into(&mut self.sample.get_or_insert_default().target);
        Ok(())
    }

    /// One for each entry of the front.
    fn seen(&mut self) -> &mut [Seen] {
        let entries = &mut self.sample.get_or_insert_default().entries;
        entries.resize(self.front.len(), Seen::default());
        entries
    }

    /// How many points of an entry are kept.
    fn shown(&self, index: usize) -> usize {
        if index == self.answer { SAMPLED } else { OTHERS }
    }

    /// The answer's values at points; not finite where it has none.
    pub(crate) fn values_at(&self, points: &Table) -> Result<Vec<f64>, Error> {
        self.values_of(&self.answer().expression, points)
    }

    /// The same of any formula of the inputs.
    fn values_of(&self, formula: &str, points: &Table) -> Result<Vec<f64>, Error> {
        let formula = formula_of_columns(&self.inputs, formula)?;
        let mut values = vec![f64::NAN; points.rows()];
        // It reads no other inputs than the table's, which may have some that a search did without.
        let place = |name: &String| points.names().iter().position(|known| known == name);
        let columns: Vec<usize> = self.inputs.iter().filter_map(place).collect();
        if columns.len() == self.inputs.len() {
            let points = points.columns_of(&columns);
            let program = Program::compile(&formula);
            let _ = program.values(points.columns(), &mut Workspace::default(), &mut values);
        }
        Ok(values)
    }

    fn angles(&self, formula: &str, objective: &Objective) -> Option<Vec<f64>> {
        if matches!(objective.loss_kind(), LossKind::Values | LossKind::ScaledValues) {
            return None;
        }
        let answer = formula_of_columns(objective.names(), formula).ok()?;
        let losses = Evaluator::new(objective).point_losses(&answer)?;
        let unsigned = self.measure == Some(LossKind::LocalSign);
        // Half of 1 − cos is the squared sine of half the angle, which small angles need.
        let angle = |loss: f64| {
            let loss = if unsigned { loss.min(2.0 - loss) } else { loss };
            rounded(2.0 * (loss / 2.0).clamp(0.0, 1.0).sqrt().asin().to_degrees())
        };
        let mut angles: Vec<f64> = losses.into_iter().map(angle).collect();
        angles.sort_by(f64::total_cmp);
        Some(angles)
    }
}

/// At most so many of them, evenly.
fn evenly<T: Copy>(all: &[T], most: usize) -> Vec<T> {
    let kept = all.len().min(most);
    (0..kept).map(|k| all[k * all.len() / kept]).collect()
}

/// With the digits that a picture shows.
fn shortened(outer: Outer) -> Outer {
    Outer { curve: outer.curve.into_iter().map(|pair| pair.map(rounded)).collect(), ..outer }
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
        assert_eq!(evenly(&[0; 0], SAMPLED), [0; 0]);
        assert_eq!(evenly(&[1, 2, 3], SAMPLED), [1, 2, 3]);
        let many: Vec<usize> = (0..1_000).collect();
        let kept = evenly(&many, SAMPLED);
        assert_eq!((kept.len(), kept[0], kept[399]), (400, 0, 997));
        assert_eq!(rounded(-123.456_789_1), -123.457);
        assert_eq!(rounded(0.0), 0.0);
    }
}
