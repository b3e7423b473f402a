//! Groups from a table's columns.

use super::roles::{all_of, is_label};
use super::sheet::{Column, Flaw};
use super::{Notes, Sheet};
use crate::{DataError, FileProblem, GroupError, Groups, Table};

/// Columns that say which rows belong together, where none is named.
const GROUP_NAMES: [&str; 8] =
    ["group", "trajectory", "traj", "trial", "run", "orbit", "episode", "experiment"];

/// Columns that hold the time, where none is named.
const TIME_NAMES: [&str; 2] = ["time", "t"];

/// Which columns of a file are what; columns are meant by name, or by position counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupColumns {
    /// The number of each row's group or, in a text, its name; by default a column `group`,
    /// `trajectory`, `trial`, `run`, …, also with `_id`.
    pub group: Option<String>,
    /// The time, in numbers or in dates by ISO 8601, which become seconds since the first; by default a
    /// column `time` or `t`, if no input is called so.
    pub time: Option<String>,
    /// The inputs of formulas; by default all columns of numbers that are nothing else.
    pub inputs: Option<Vec<String>>,
    /// The inputs' derivatives in time, in their order.
    pub rates: Option<Vec<String>>,
}

/// What was read of a file of groups.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupReading {
    /// The inputs, row by row.
    pub points: Table,
    /// The number of each row's group; where groups have names, 1, 2, … in order of appearance.
    pub labels: Option<Vec<f64>>,
    /// The time of each row.
    pub time: Option<Vec<f64>>,
    /// Derivatives in time of each input, if they were asked for.
    pub rates: Option<Vec<Vec<f64>>>,
    /// What was done on the way.
    pub notes: Notes,
    /// The groups' names, if they have some.
    names: Option<Vec<String>>,
    /// All columns, for a message.
    known: String,
}

impl GroupReading {
    /// The points in their groups.
    pub fn groups(self) -> Result<Groups, DataError> {
        let labels = self.labels.ok_or(GroupError::NoGroups { known: self.known })?;
        Groups::new(&self.points, &labels, self.time).map_err(|error| match (error, self.names) {
            (DataError::Groups(error), Some(names)) => DataError::Groups(error.with_names(&names)),
            (error, _) => error,
        })
    }
}

impl Sheet {
    /// Points with what says which of them belong together.
    pub fn groups(&self, columns: &GroupColumns) -> Result<GroupReading, DataError> {
        self.read_groups(columns).map_err(|problem| match problem {
            FileProblem::Content(error) => error.in_file(self.file()),
            other => other.in_file(self.file()),
        })
    }

    fn read_groups(&self, columns: &GroupColumns) -> Result<GroupReading, FileProblem> {
        let list = |names: &Option<Vec<String>>| {
            names.as_ref().map(|names| all_of(names, self)).transpose()
        };
        let (inputs, rates) = (list(&columns.inputs)?, list(&columns.rates)?);
        let is_input = |index: &usize| inputs.as_ref().is_some_and(|list| list.contains(index));
        let group = match &columns.group {
            Some(name) => Some(self.find(name)?),
            None => self.group_column().filter(|index| !is_input(index)),
        };
        let time = match &columns.time {
            Some(name) => Some(self.find(name)?),
            None => self.named(&TIME_NAMES).filter(|index| !is_input(index)),
        };
        let other = |index: &usize| {
            group == Some(*index)
                || time == Some(*index)
                || rates.as_ref().is_some_and(|list| list.contains(index))
        };
        if let Some(index) = inputs.iter().flatten().find(|&&index| Some(index) == group) {
            let (column, role) = (self.label(*index), "the number of the group");
            return Err(FileProblem::TwoRoles { column, role });
        }
        let points = inputs.clone().unwrap_or_else(|| {
            (0..self.len()).filter(|index| !other(index) && self.is_numeric(*index)).collect()
        });
        if points.is_empty() {
            return Err(FileProblem::NoGroupInputs { known: self.known() });
        }
        if let Some(Flaw::Kind(found)) = group.and_then(|index| self.column(index).flaw.as_ref()) {
            let column = group.map_or_else(String::new, |index| self.label(index));
            return Err(FileProblem::GroupType { column, found: found.clone() });
        }
        if let Some(rates) = rates.as_ref().filter(|rates| rates.len() != points.len()) {
            return Err(FileProblem::RateCount {
                rates: rates.len(),
                inputs: points.iter().map(|&index| self.label(index)).collect(),
            });
        }
        self.take(&points, group, time, rates.as_deref())
    }

    /// Reads the columns chosen.
    fn take(
        &self,
        points: &[usize],
        group: Option<usize>,
        time: Option<usize>,
        rates: Option<&[usize]>,
    ) -> Result<GroupReading, FileProblem> {
        let chosen: Vec<usize> = points
            .iter()
            .chain(rates.unwrap_or_default())
            .copied()
            .chain(group)
            .chain(time)
            .collect();
        let named = group.and_then(|index| Some((index, self.column(index).numbered()?)));
        let dated = time.and_then(|index| Some((index, self.column(index).dated()?)));
        if let (Some(index), None) = (time, &dated)
            && let Some(found) = self.column(index).no_time()
        {
            return Err(FileProblem::TimeType { column: self.label(index), found });
        }
        let others: Vec<(usize, &Column)> = named
            .iter()
            .map(|(index, (numbered, _))| (*index, numbered))
            .chain(dated.iter().map(|(index, dated)| (*index, dated)))
            .collect();
        let rows = self.rows_with(&chosen, &others)?;
        let mut read = rows.columns.into_iter();
        let mut take = |count: usize| read.by_ref().take(count).collect::<Vec<_>>();
        let columns = take(points.len());
        let rates = rates.map(|list| take(list.len()));
        let labels = take(usize::from(group.is_some())).pop();
        let time = take(usize::from(time.is_some())).pop();
        let names: Vec<String> = points.iter().map(|&index| self.name(index)).collect();
        let renamed =
            points.iter().zip(&names).filter(|(index, name)| self.label(**index) != **name);
        let unused = (0..self.len()).filter(|index| !chosen.contains(index));
        let notes = Notes {
            renamed: renamed.map(|(&index, name)| (self.label(index), name.clone())).collect(),
            unused: unused.map(|index| (self.label(index), self.why_unused(index))).collect(),
            skipped: rows.skipped,
            turned: self.turned().to_vec(),
            dates: dated.map(|(index, _)| self.label(index)),
        };
        let points = Table::new(names, columns);
        let points = points.map_err(|error| FileProblem::Content(Box::new(error)))?;
        let names = named.map(|(_, (_, names))| names);
        Ok(GroupReading { points, labels, time, rates, notes, names, known: self.known() })
    }

    /// The column whose name says that it numbers groups.
    pub(super) fn group_column(&self) -> Option<usize> {
        self.named(&GROUP_NAMES)
    }

    /// The first column with one of these names, perhaps with `_id` behind it.
    fn named(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|wanted| {
            self.names().iter().position(|name| {
                let name = name.as_deref().unwrap_or_default().to_lowercase();
                name.strip_suffix("_id").unwrap_or(&name) == *wanted
            })
        })
    }

    fn is_numeric(&self, index: usize) -> bool {
        let Some(name) = &self.names()[index] else { return false };
        let column = self.column(index);
        column.has_numbers() && !is_label(name, &column.values)
    }

    fn why_unused(&self, index: usize) -> &'static str {
        let column = self.column(index);
        match column.flaw {
            _ if self.is_numeric(index) => "not asked for",
            None if column.has_numbers() => "it numbers the rows",
            None => "no number in any row",
            Some(_) => "no numbers",
        }
    }
}
