//! What Python asks of a search: data, settings and options, which travel together.

use pyo3::prelude::*;
use serde::Deserialize;
use symgrad::data::{FieldBuilder, FieldOptions, Table};
use symgrad::models::Unit;
use symgrad::search::Objective;
use symgrad::{
    Error, Findings, InterpretSettings, Interpretation, Model, Recorded, SearchSettings,
    interpret_neuron_by, neuron_objective,
};

use super::arrays::{column, columns, table};
use super::errors::{bad_input, failed, raised};

/// The names and columns of the points; for each neuron a column of gradients for each input; values
/// and weights; the search's settings and the [`Options`] as JSON.
#[derive(FromPyObject)]
pub(super) struct Call<'py>(
    Vec<String>,
    Vec<Bound<'py, PyAny>>,
    Vec<Vec<Bound<'py, PyAny>>>,
    Option<Bound<'py, PyAny>>,
    Option<Bound<'py, PyAny>>,
    String,
    String,
);

/// Beside the search's settings.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    field: FieldOptions,
    /// Values are a neuron's, whose gradients are to be estimated.
    estimate: bool,
    linear_scaling: bool,
    /// Values and gradients are those of this neuron, which is to be interpreted.
    neuron: Option<(String, Unit)>,
}

/// What is given at the points.
enum Given {
    /// For each neuron, a column for each input.
    Gradients(Vec<Vec<Vec<f64>>>),
    Values(Vec<f64>),
}

/// A search as it is asked for.
pub(super) enum Asked {
    Search(Searched),
    Neuron(Neuron),
}

/// A search that can begin.
pub(super) struct Prepared {
    pub(super) objective: Objective,
    pub(super) settings: SearchSettings,
    pub(super) left_out: Vec<String>,
}

impl Asked {
    pub(super) fn of(call: Call<'_>) -> PyResult<Self> {
        let Call(names, points, gradients, values, weights, settings, options) = call;
        let settings: SearchSettings = read("settings", &settings)?;
        let options: Options = read("options", &options)?;
        let points = table(names, &points)?;
        let weights = weights.as_ref().map(column).transpose()?;
        let values = values.as_ref().map(column).transpose()?;
        let mut gradients: Vec<_> =
            gradients.iter().map(|neuron| columns(neuron)).collect::<PyResult<_>>()?;
        if let Some((layer, unit)) = options.neuron {
            let values = values.into_iter().collect();
            gradients.truncate(1);
            let model = Recorded::new(&layer, vec![unit], values, gradients).map_err(raised)?;
            let search = settings;
            let settings = InterpretSettings {
                search,
                field: options.field,
                weights,
                ..InterpretSettings::default()
            };
            let model = Model::Recorded(model);
            return Ok(Self::Neuron(Neuron { model, points, layer, unit, settings }));
        }
        let given = values.map_or_else(|| Given::Gradients(gradients), Given::Values);
        Ok(Self::Search(Searched { points, given, weights, settings, options }))
    }

    pub(super) fn threads(&self) -> Option<usize> {
        match self {
            Self::Search(searched) => searched.settings.config.threads,
            Self::Neuron(neuron) => neuron.settings.search.config.threads,
        }
    }

    /// What is to be searched; `None` for a neuron that needs no search.
    pub(super) fn prepared(self) -> Result<Option<Prepared>, Error> {
        match self {
            Self::Search(searched) => searched.prepared().map(Some),
            Self::Neuron(neuron) => neuron.prepared(),
        }
    }

    /// What such a search finds, as JSON: findings, or an interpretation. A neuron that needs no search
    /// does not ask for one.
    pub(super) fn searched(
        self,
        search: impl FnOnce(&Objective, &SearchSettings) -> Result<Findings, Error>,
    ) -> Result<PyResult<String>, Error> {
        match self {
            Self::Search(searched) => {
                let Prepared { objective, settings, left_out } = searched.prepared()?;
                let mut findings = search(&objective, &settings)?;
                findings.take_sample(&objective);
                findings.left_out = left_out;
                Ok(written(&findings))
            }
            Self::Neuron(neuron) => neuron.interpreted(search).map(|found| written(&found)),
        }
    }
}

/// A search for gradients or values.
pub(super) struct Searched {
    points: Table,
    given: Given,
    weights: Option<Vec<f64>>,
    settings: SearchSettings,
    options: Options,
}

impl Searched {
    fn prepared(self) -> Result<Prepared, Error> {
        let Self { points, given, weights, settings, options } = self;
        let reduction = settings.reduction(&points);
        let mut settings = settings.without(reduction.dropped())?;
        let left_out: Vec<String> = reduction.dropped().iter().map(ToString::to_string).collect();
        // What tells nothing is rare: without it, nothing is copied.
        let points = if left_out.is_empty() { points } else { reduction.points(&points) };
        let given = match given {
            Given::Gradients(neurons) if !left_out.is_empty() => {
                Given::Gradients(neurons.iter().map(|neuron| reduction.gradients(neuron)).collect())
            }
            given => given,
        };
        let objective = match given {
            Given::Values(values) if !options.estimate => {
                let weights = weights.unwrap_or_else(|| vec![1.0; points.rows()]);
                let scaled = options.linear_scaling;
                Objective::weighted_regression(&points, &values, &weights, scaled)?
            }
            given => {
                let builder = FieldBuilder::new(points).weights(weights).options(&options.field);
                let builder = builder.threads(settings.config.threads);
                let field = match given {
                    Given::Gradients(gradients) => builder.neurons(&gradients)?,
                    Given::Values(values) => {
                        let (field, estimated) = builder.values(&values)?;
                        let error = 2.0 * estimated.level_set_loss();
                        settings.config.known_error.get_or_insert(error);
                        field
                    }
                };
                Objective::new(&field, settings.measure)
            }
        };
        Ok(Prepared { objective, settings, left_out })
    }
}

/// A neuron whose values and gradients are known.
pub(super) struct Neuron {
    model: Model,
    points: Table,
    layer: String,
    unit: Unit,
    settings: InterpretSettings,
}

impl Neuron {
    fn prepared(&self) -> Result<Option<Prepared>, Error> {
        let Self { model, points, layer, unit, settings } = self;
        let needed = neuron_objective(model, points, layer, *unit, settings)?;
        // What was left out is told by the interpretation.
        let left_out = vec![];
        Ok(needed.map(|(objective, settings)| Prepared { objective, settings, left_out }))
    }

    fn interpreted(
        &self,
        search: impl FnOnce(&Objective, &SearchSettings) -> Result<Findings, Error>,
    ) -> Result<Interpretation, Error> {
        let Self { model, points, layer, unit, settings } = self;
        let mut found = interpret_neuron_by(model, points, layer, *unit, settings, search)?;
        found.take_sample(model, points, settings)?;
        Ok(found)
    }
}

/// Reads what Python has written as JSON.
pub(super) fn read<'a, T: Deserialize<'a>>(what: &str, text: &'a str) -> PyResult<T> {
    serde_json::from_str(text).map_err(|error| {
        // The place is one in a text that nobody has seen.
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message);
        bad_input(format!("the {what} cannot be read: {message}"))
    })
}

/// Writes what Python is to read.
pub(super) fn written<T: serde::Serialize>(value: &T) -> PyResult<String> {
    serde_json::to_string(value).map_err(failed)
}
