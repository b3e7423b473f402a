//! Laws in trajectories, in groups, or along a motion.

use pyo3::prelude::*;
use serde::Deserialize;
use symgrad::data::{Groups, Table};
use symgrad::expr::OpSet;
use symgrad::laws::{Equations, Motion, Source};
use symgrad::{DiscoverSettings, Error, box_of_points};

use super::arrays::{column, columns, table};
use super::asked::{read, written};
use super::errors::{bad_input, raised};
use super::follow::{Watch, follow};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    operators: Option<String>,
    seed: u64,
    noise: Option<f64>,
    threads: Option<usize>,
    /// Equations of motion.
    rhs: Option<String>,
}

/// Discovers as `symgrad discover` does; returns what it writes to `result.json`.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "named by the only caller")]
#[expect(clippy::needless_pass_by_value, reason = "as Python hands them over")]
pub(super) fn discover(
    py: Python<'_>,
    names: Vec<String>,
    points: Vec<Bound<'_, PyAny>>,
    labels: Option<Bound<'_, PyAny>>,
    time: Option<Bound<'_, PyAny>>,
    rates: Option<Vec<Bound<'_, PyAny>>>,
    options: &str,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<String> {
    let Options { operators, seed, noise, threads, rhs } = read("options", options)?;
    let ops = match operators {
        Some(list) => list.parse::<OpSet>().map_err(bad_input)?,
        None => OpSet::default(),
    };
    let equations = rhs.as_deref().map(Equations::parse).transpose().map_err(raised)?;
    let points = match &equations {
        Some(equations) if points.is_empty() => box_of_points(equations).map_err(raised)?,
        Some(equations) => ordered(&table(names, &points)?, equations)?,
        None => table(names, &points)?,
    };
    let labels = labels.as_ref().map(column).transpose()?;
    let time = time.as_ref().map(column).transpose()?;
    let rates = rates.as_deref().map(columns).transpose()?;
    let settings = DiscoverSettings { ops, seed, noise, ..Default::default() };
    let found = follow(py, threads, progress.as_ref(), None, move |following| {
        let source = source(points, labels, time, rates, equations.as_ref())?;
        symgrad::discover(&source, &settings, &mut Watch::new(following))
    })?;
    written(&found.map_err(raised)?)
}

/// The columns that equations speak of, in their order.
fn ordered(points: &Table, equations: &Equations) -> PyResult<Table> {
    let place = |name: &str| {
        let place = points.names().iter().position(|known| known == name);
        let known = points.names().join(", ");
        place.ok_or_else(|| raised(Error::NoColumn { name: name.into(), known }))
    };
    let columns = equations.names.iter().map(place).collect::<PyResult<Vec<_>>>()?;
    Ok(points.columns_of(&columns))
}

fn source(
    points: Table,
    labels: Option<Vec<f64>>,
    time: Option<Vec<f64>>,
    rates: Option<Vec<Vec<f64>>>,
    equations: Option<&Equations>,
) -> Result<Source, Error> {
    if let Some(equations) = equations {
        let rates = equations.at(points.columns())?;
        return Ok(Source::Motion(Motion::new(points, rates, labels, true)?));
    }
    if let Some(rates) = rates {
        return Ok(Source::Motion(Motion::new(points, rates, labels, false)?));
    }
    let labels = labels.unwrap_or_default();
    Ok(Source::Groups(Groups::new(&points, &labels, time)?))
}
