//! Direction fields in files, and which columns are what.

use crate::{DataError, DirectionField, FieldOptions, FileProblem, Table};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The column of weights, if it is not an input.
const WEIGHT: &str = "weight";

/// Which columns of a file hold the inputs and which the gradients.
///
/// By default the names tell: an input `NAME` has its gradient in `g_NAME` (for several
/// neurons: `g1_NAME`, `g2_NAME`, …) or, counting the inputs, in `g1`, `g2`, …. A column
/// `weight` holds the points' weights.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldColumns {
    /// The d input columns; by default all that are neither gradients nor weights.
    pub points: Option<Vec<String>>,
    /// The d gradient columns in the order of the inputs, K·d for K neurons, one neuron after
    /// the other.
    pub gradients: Option<Vec<String>>,
}

impl DirectionField {
    /// Reads points with raw gradients from a `.csv`, `.npz` or `.parquet` file (as
    /// [`Table::read`] does) and builds their field.
    pub fn read(
        path: impl AsRef<Path>,
        columns: &FieldColumns,
        options: &FieldOptions,
    ) -> Result<Self, DataError> {
        let path = path.as_ref();
        let table = Table::read(path)?;
        from_table(&table, columns, options, path).map_err(|error| error.in_file(path))
    }

    /// Writes points, basis vectors in the inputs' own units and weights (unless all are 1) to a
    /// `.csv` or `.npz` file, whole or not at all.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), DataError> {
        let mut names = self.names().to_vec();
        let mut columns = self.points().columns().to_vec();
        let own = self.in_own_units();
        for k in 0..self.neurons() {
            let neuron = if self.neurons() == 1 { String::new() } else { (k + 1).to_string() };
            names.extend(self.names().iter().map(|name| format!("g{neuron}_{name}")));
            columns.extend_from_slice(own.basis(k));
        }
        if self.weights().iter().any(|&weight| weight != 1.0) {
            names.push(WEIGHT.into());
            columns.push(self.weights().to_vec());
        }
        Table::new(names, columns)?.write(path)
    }
}

fn from_table(
    table: &Table,
    columns: &FieldColumns,
    options: &FieldOptions,
    path: &Path,
) -> Result<DirectionField, DataError> {
    let roles = Roles::of(table, columns).map_err(|problem| problem.in_file(path))?;
    let copy = |indices: &[usize]| -> Vec<Vec<f64>> {
        indices.iter().map(|&index| table.column(index).to_vec()).collect()
    };
    let names = roles.points.iter().map(|&index| table.names()[index].clone()).collect();
    let points = Table::new(names, copy(&roles.points))?;
    let gradients: Vec<_> = roles.neurons.iter().map(|indices| copy(indices)).collect();
    match roles.weight {
        None => DirectionField::from_neurons(points, &gradients, options),
        Some(weight) => {
            DirectionField::weighted(points, &gradients, table.column(weight).to_vec(), options)
        }
    }
}

/// What each column of a table is for, by index.
struct Roles {
    points: Vec<usize>,
    neurons: Vec<Vec<usize>>,
    weight: Option<usize>,
}

impl Roles {
    fn of(table: &Table, columns: &FieldColumns) -> Result<Self, FileProblem> {
        let names = table.names();
        if let [column] = names {
            return Err(FileProblem::OneColumn { column: column.clone() });
        }
        let gradients = columns.gradients.as_ref().map(|list| all_of(list, names)).transpose()?;
        let points = match &columns.points {
            Some(list) => all_of(list, names)?,
            None => inputs(names, gradients.as_deref()),
        };
        if points.is_empty() {
            return Err(FileProblem::NoInputs { known: table.name_list() });
        }
        let neurons = match gradients {
            Some(list) => split(&list, points.len())?,
            None => gradients_of(&points, names)?,
        };
        let used =
            |index: &usize| points.contains(index) || neurons.iter().flatten().any(|i| i == index);
        let weight = position(WEIGHT, names).filter(|index| !used(index));
        Ok(Self { points, neurons, weight })
    }
}

fn position(name: &str, names: &[String]) -> Option<usize> {
    names.iter().position(|known| known == name)
}

fn all_of(list: &[String], names: &[String]) -> Result<Vec<usize>, FileProblem> {
    let find = |name: &String| {
        position(name, names).ok_or_else(|| FileProblem::MissingColumn {
            name: name.clone(),
            known: names.join(", "),
        })
    };
    list.iter().map(find).collect()
}

/// The columns that are neither gradients nor weights.
fn inputs(names: &[String], gradients: Option<&[usize]>) -> Vec<usize> {
    let is_gradient = |index: usize| match gradients {
        Some(list) => list.contains(&index),
        None => looks_like_gradient(&names[index], names),
    };
    let has_gradient = |name: &str| !gradients_named(name, names).is_empty();
    let is_input =
        |&index: &usize| !is_gradient(index) && (names[index] != WEIGHT || has_gradient(WEIGHT));
    (0..names.len()).filter(is_input).collect()
}

/// Whether a column is the `g_NAME` or `gK_NAME` of another one, or a `gI` that itself has no
/// gradient.
fn looks_like_gradient(column: &str, names: &[String]) -> bool {
    let Some(rest) = column.strip_prefix('g') else {
        return false;
    };
    let tail = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    match tail.strip_prefix('_') {
        Some(input) => position(input, names).is_some(),
        None => tail.is_empty() && !rest.is_empty() && gradients_named(column, names).is_empty(),
    }
}

/// The columns `g_NAME`, or `g1_NAME`, `g2_NAME`, …: one for each neuron.
fn gradients_named(input: &str, names: &[String]) -> Vec<usize> {
    if let Some(index) = position(&format!("g_{input}"), names) {
        return vec![index];
    }
    (1..).map_while(|k: usize| position(&format!("g{k}_{input}"), names)).collect()
}

/// The gradient columns of the inputs, neuron by neuron, found by their names.
fn gradients_of(points: &[usize], names: &[String]) -> Result<Vec<Vec<usize>>, FileProblem> {
    let named: Vec<Vec<usize>> =
        points.iter().map(|&index| gradients_named(&names[index], names)).collect();
    let neurons = named.iter().map(Vec::len).max().unwrap_or(0);
    if neurons == 0 {
        let counted = |index| {
            position(&format!("g{}", index + 1), names).ok_or_else(|| missing(points, index, names))
        };
        return Ok(vec![(0..points.len()).map(counted).collect::<Result<_, _>>()?]);
    }
    if let Some(index) = named.iter().position(|columns| columns.len() < neurons) {
        return Err(missing(points, index, names));
    }
    Ok((0..neurons).map(|k| named.iter().map(|columns| columns[k]).collect()).collect())
}

fn missing(points: &[usize], index: usize, names: &[String]) -> FileProblem {
    let input = names[points[index]].clone();
    FileProblem::MissingGradient { input, index: index + 1, known: names.join(", ") }
}

/// Cuts a list of columns into one piece per neuron.
fn split(gradients: &[usize], points: usize) -> Result<Vec<Vec<usize>>, FileProblem> {
    if gradients.is_empty() || !gradients.len().is_multiple_of(points) {
        return Err(FileProblem::ColumnCount { points, gradients: gradients.len() });
    }
    Ok(gradients.chunks(points).map(<[usize]>::to_vec).collect())
}
