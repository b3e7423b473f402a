//! Searches for gradients, values, or values whose gradients are estimated.

use pyo3::prelude::*;
use serde::Deserialize;
use symgrad::data::{FieldBuilder, FieldOptions, Table};
use symgrad::search::Objective;
use symgrad::{Error, Findings, Outer, SearchSettings, open_search, run_search};

use super::arrays::{column, columns, table};
use super::errors::{bad_input, failed, raised};
use super::follow::{Watch, follow};

/// What is given at the points.
enum Given {
    /// For each neuron, a column for each input.
    Gradients(Vec<Vec<Vec<f64>>>),
    Values(Vec<f64>),
}

/// Beside the search's settings.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    field: FieldOptions,
    /// Values are a neuron's, whose gradients are to be estimated.
    estimate: bool,
    linear_scaling: bool,
}

/// Searches as `symgrad search` does; returns what it writes to `result.json`.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "named by the only caller")]
#[expect(clippy::needless_pass_by_value, reason = "as Python hands them over")]
pub(super) fn search(
    py: Python<'_>,
    names: Vec<String>,
    points: Vec<Bound<'_, PyAny>>,
    gradients: Vec<Vec<Bound<'_, PyAny>>>,
    values: Option<Bound<'_, PyAny>>,
    weights: Option<Bound<'_, PyAny>>,
    settings: &str,
    options: &str,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<String> {
    let asked = Asked::new(
        names,
        &points,
        &gradients,
        values.as_ref(),
        weights.as_ref(),
        settings,
        options,
    )?;
    let found = follow(py, asked.threads(), progress.as_ref(), move |following| {
        run(asked, &mut Watch::new(following))
    })?;
    written(&found.map_err(raised)?)
}

fn run(asked: Asked, watch: &mut Watch) -> Result<Findings, Error> {
    let Prepared { objective, settings, left_out } = asked.prepared()?;
    let mut findings = run_search(open_search(&objective, &settings, None)?, watch)?;
    findings.look_for_strays(&objective);
    findings.take_sample(&objective);
    findings.left_out = left_out;
    Ok(findings)
}

/// A search as it is asked for.
pub(super) struct Asked {
    points: Table,
    given: Given,
    weights: Option<Vec<f64>>,
    settings: SearchSettings,
    options: Options,
}

/// A search that can begin.
pub(super) struct Prepared {
    pub(super) objective: Objective,
    pub(super) settings: SearchSettings,
    pub(super) left_out: Vec<String>,
}

impl Asked {
    pub(super) fn new(
        names: Vec<String>,
        points: &[Bound<'_, PyAny>],
        gradients: &[Vec<Bound<'_, PyAny>>],
        values: Option<&Bound<'_, PyAny>>,
        weights: Option<&Bound<'_, PyAny>>,
        settings: &str,
        options: &str,
    ) -> PyResult<Self> {
        let settings = read("settings", settings)?;
        let options = read("options", options)?;
        let points = table(names, points)?;
        let given = match values {
            Some(values) => Given::Values(column(values)?),
            None => Given::Gradients(
                gradients.iter().map(|neuron| columns(neuron)).collect::<PyResult<_>>()?,
            ),
        };
        let weights = weights.map(column).transpose()?;
        Ok(Self { points, given, weights, settings, options })
    }

    pub(super) fn threads(&self) -> Option<usize> {
        self.settings.config.threads
    }

    pub(super) fn prepared(self) -> Result<Prepared, Error> {
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

/// What else can be said of findings, as they are in `result.json`: what to do where nothing was
/// found, and what the field alone tells of the formula, line by line.
#[pyfunction]
pub(super) fn remarks(
    findings: &str,
    outer: Option<&str>,
) -> PyResult<(Option<String>, Vec<String>)> {
    let findings: Findings = read("findings", findings)?;
    let outer = outer.map(|outer| read::<Outer>("outer function", outer)).transpose()?;
    let hints = findings.hints.to_string().lines().map(str::to_owned).collect();
    Ok((findings.advice(outer.as_ref()), hints))
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
