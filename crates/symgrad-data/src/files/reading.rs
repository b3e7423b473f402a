//! Points from a table, with what is known there.

use super::roles::{FieldColumns, Roles};
use super::sheet::Sheet;
use crate::field::check_weights;
use crate::{DataError, Table};
use std::fmt;

/// Points that were read from a file, with what the file says of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The inputs.
    pub points: Table,
    /// Raw gradients: for each neuron d columns; empty if none were read.
    pub gradients: Vec<Vec<Vec<f64>>>,
    /// The values of a column, if they were asked for.
    pub values: Option<Vec<f64>>,
    /// The points' weights, from a column `weight` that is no input.
    pub weights: Option<Vec<f64>>,
    /// What was done on the way.
    pub notes: Notes,
}

/// What a reader should know of how a table was read. It displays as a line for each kind of thing,
/// and as nothing where there is nothing to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Columns whose name formulas cannot hold, with the name they have there.
    pub renamed: Vec<(String, String)>,
    /// Columns that are not used, and why.
    pub unused: Vec<(String, &'static str)>,
    /// Rows left out since a number is missing.
    pub skipped: usize,
    /// Matrices whose rows and columns were exchanged.
    pub turned: Vec<String>,
    /// The column of the time, where it holds dates: it is read in seconds since the first.
    pub dates: Option<String>,
}

/// Columns that are listed; of more, the number.
const LISTED: usize = 8;

impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.renamed.is_empty() {
            let each = self.renamed.iter().map(|(header, name)| format!("{name} is `{header}`"));
            writeln!(f, "names: {}", listed(each))?;
        }
        if !self.unused.is_empty() {
            let each = self.unused.iter().map(|(column, reason)| format!("{column} ({reason})"));
            writeln!(f, "columns not used: {}", listed(each))?;
        }
        if !self.turned.is_empty() {
            let each = self.turned.iter().cloned();
            writeln!(f, "matrices read as (columns, rows): {}", listed(each))?;
        }
        if let Some(column) = &self.dates {
            writeln!(f, "dates in {column} are read as seconds since the first")?;
        }
        match self.skipped {
            0 => Ok(()),
            1 => writeln!(f, "1 row skipped, where a number is missing"),
            rows => writeln!(f, "{rows} rows skipped, where a number is missing"),
        }
    }
}

fn listed(each: impl ExactSizeIterator<Item = String>) -> String {
    let more = each.len().saturating_sub(LISTED);
    let list = each.take(LISTED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}

impl Sheet {
    /// Points with the gradients of neurons there.
    pub fn field(&self, columns: &FieldColumns) -> Result<Reading, DataError> {
        let roles = Roles::of_field(self, columns);
        self.reading(&roles.map_err(|problem| problem.in_file(self.file()))?)
    }

    /// Points with the values of one column. Unless they are named, the inputs are the columns
    /// that hold numbers, but for that one, weights and gradients.
    pub fn values(&self, column: &str, points: Option<&[String]>) -> Result<Reading, DataError> {
        let roles = Roles::of_values(self, column, points);
        self.reading(&roles.map_err(|problem| problem.in_file(self.file()))?)
    }

    /// Points for a network with that many inputs.
    pub fn points(&self, inputs: usize, named: Option<&[String]>) -> Result<Reading, DataError> {
        let roles = Roles::of_points(self, named, inputs);
        self.reading(&roles.map_err(|problem| problem.in_file(self.file()))?)
    }

    fn reading(&self, roles: &Roles) -> Result<Reading, DataError> {
        let rows = self.rows(&roles.chosen()).map_err(|problem| problem.in_file(self.file()))?;
        let mut columns = rows.columns.into_iter();
        let mut take = |count: usize| columns.by_ref().take(count).collect::<Vec<_>>();
        let points = take(roles.points.len());
        let gradients = roles.neurons.iter().map(|neuron| take(neuron.len())).collect();
        let values = take(usize::from(roles.values.is_some())).pop();
        let weights = take(usize::from(roles.weight.is_some())).pop();
        let names: Vec<String> = roles.points.iter().map(|&index| self.name(index)).collect();
        let renamed =
            roles.points.iter().zip(&names).filter(|(index, name)| self.label(**index) != **name);
        let notes = Notes {
            renamed: renamed.map(|(&index, name)| (self.label(index), name.clone())).collect(),
            unused: roles.unused.iter().map(|&(index, why)| (self.label(index), why)).collect(),
            skipped: rows.skipped,
            turned: self.turned().to_vec(),
            dates: None,
        };
        let in_file = |error: DataError| error.in_file(self.file());
        let points = Table::new(names, points).map_err(in_file)?;
        if let Some(weights) = &weights {
            check_weights(weights, points.rows()).map_err(in_file)?;
        }
        Ok(Reading { points, gradients, values, weights, notes })
    }
}
