//! Neurons of networks, from files or as another framework recorded them.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Deserialize;
use symgrad::data::Table;
use symgrad::models::{OpenOptions, Unit};
use symgrad::{
    Error, InterpretSettings, Model, Recorded, interpret_layer, interpret_neuron, interpret_space,
};

use super::arrays::{bytes, column, columns, table};
use super::asked::{read, written};
use super::errors::{bad_input, raised};
use super::follow::{Following, Watch, follow};

/// A file that holds a network.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: PathBuf,
    architecture: Option<PathBuf>,
    #[serde(default)]
    set: Vec<String>,
    /// A network whose output is this one's input.
    through: Option<PathBuf>,
}

impl File {
    fn open(&self) -> PyResult<Model> {
        let set = self.set.iter().map(|text| text.parse().map_err(bad_input));
        let set = set.collect::<PyResult<_>>()?;
        let options = OpenOptions { architecture: self.architecture.clone(), set };
        let model = Model::open_with(&self.path, &options).map_err(raised)?;
        match &self.through {
            Some(path) => Model::open(path, None)
                .and_then(|generator| model.through(generator))
                .map_err(raised),
            None => Ok(model),
        }
    }
}

/// Which neurons, and how.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    layer: Option<String>,
    /// None for every neuron of the layer.
    units: Option<Vec<Unit>>,
    how: How,
    /// How many concepts several neurons hold.
    concepts: Option<usize>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum How {
    Neuron,
    Layer,
    Space,
}

/// The layers of a network in a file: names, operators, shapes, neurons; and which is the output.
#[pyfunction]
pub(super) fn layers(file: &str) -> PyResult<String> {
    let model = read::<File>("file", file)?.open()?;
    let notes: Vec<String> = model.notes().iter().map(ToString::to_string).collect();
    let layers: Vec<_> = model
        .layers()
        .into_iter()
        .map(|layer| (layer.name, layer.operator, layer.shape, layer.neurons))
        .collect();
    written(&(model.inputs(), layers, model.output(), notes))
}

/// Interprets as `symgrad interpret` does; returns what it writes to `interpretation.json`,
/// `layer.json` or `space.json`.
///
/// `file` says which network; without it, `values` and `gradients` are those of the units asked for.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "named by the only caller")]
#[expect(clippy::needless_pass_by_value, reason = "as Python hands them over")]
pub(super) fn interpret(
    py: Python<'_>,
    names: Vec<String>,
    points: Vec<Bound<'_, PyAny>>,
    weights: Option<Bound<'_, PyAny>>,
    file: Option<&str>,
    values: Vec<Bound<'_, PyAny>>,
    gradients: Vec<Vec<Bound<'_, PyAny>>>,
    asked: &str,
    settings: &str,
    progress: Option<Bound<'_, PyAny>>,
    leash: Option<PathBuf>,
) -> PyResult<String> {
    let mut settings: InterpretSettings = read("settings", settings)?;
    let asked: Asked = read("request", asked)?;
    settings.weights = weights.as_ref().map(column).transpose()?;
    let model = match file {
        Some(file) => read::<File>("file", file)?.open()?,
        None => recorded(&asked, &values, &gradients)?,
    };
    let points = table(names, &points)?;
    let threads = settings.search.config.threads;
    let found = follow(py, threads, progress.as_ref(), leash.as_deref(), move |following| {
        run(&model, &points, &asked, &settings, following)
    })?;
    found.map_err(raised)
}

/// What one neuron of a network in a file does at the points: its layer and number, its values, and for
/// each input its gradients, as the bytes of double numbers.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "as Python hands them over")]
pub(super) fn record<'py>(
    py: Python<'py>,
    names: Vec<String>,
    points: Vec<Bound<'py, PyAny>>,
    file: &str,
    asked: &str,
) -> PyResult<Record<'py>> {
    let asked: Asked = read("request", asked)?;
    let model = read::<File>("file", file)?.open()?;
    let points = table(names, &points)?;
    let done = follow(py, None, None, None, move |_| {
        let layer = asked.layer.as_deref().unwrap_or(model.output());
        let neurons = model.layer(layer)?.neurons;
        let &[unit] = asked.units.as_deref().unwrap_or_default() else {
            return Err(Error::WhichNeuron { layer: layer.into(), neurons });
        };
        let values = model.values_of(&points, layer, &[unit])?.remove(0);
        let gradients = model.gradients(&points, layer, &[unit])?.remove(0);
        Ok((layer.to_owned(), unit.to_string(), values, gradients))
    })?;
    let (layer, unit, values, gradients) = done.map_err(raised)?;
    let gradients = gradients.iter().map(|column| bytes(py, column)).collect();
    Ok((layer, unit, bytes(py, &values), gradients))
}

/// Layer, unit, values, gradients.
type Record<'py> = (String, String, Bound<'py, PyBytes>, Vec<Bound<'py, PyBytes>>);

fn recorded(
    asked: &Asked,
    values: &[Bound<'_, PyAny>],
    gradients: &[Vec<Bound<'_, PyAny>>],
) -> PyResult<Model> {
    let layer = asked.layer.as_deref().unwrap_or("output");
    let units = asked.units.clone();
    let units = units.unwrap_or_else(|| (0..values.len()).map(Unit::Neuron).collect());
    let gradients = gradients.iter().map(|unit| columns(unit)).collect::<PyResult<_>>()?;
    let recorded = Recorded::new(layer, units, columns(values)?, gradients).map_err(raised)?;
    Ok(Model::Recorded(recorded))
}

fn run(
    model: &Model,
    points: &Table,
    asked: &Asked,
    settings: &InterpretSettings,
    following: &std::sync::Arc<Following>,
) -> Result<String, Error> {
    let layer = asked.layer.as_deref().unwrap_or(model.output());
    let neurons = model.layer(layer)?.neurons;
    let units = asked.units.clone();
    let units = units.unwrap_or_else(|| (0..neurons).map(Unit::Neuron).collect());
    let mut watch = Watch::new(following);
    let text = match (asked.how, units.as_slice()) {
        (How::Layer, units) => {
            let found = interpret_layer(model, points, layer, units, settings, &watch);
            written(&found.or_else(|error| watch.so_far().ok_or(error))?)
        }
        (How::Space, units) => {
            let concepts = asked.concepts;
            let found =
                interpret_space(model, points, layer, units, concepts, settings, &mut watch)?;
            written(&found)
        }
        (How::Neuron, &[unit]) => {
            let mut found = interpret_neuron(model, points, layer, unit, settings, &mut watch)?;
            found.take_sample(model, points, settings)?;
            written(&found)
        }
        (How::Neuron, _) => return Err(Error::WhichNeuron { layer: layer.into(), neurons }),
    };
    // Strings, finite numbers and maps with string keys always have a JSON form.
    Ok(text.unwrap_or_default())
}
