//! Points in groups: trajectories, or whatever else shares a value that is not known.

mod error;
mod pairs;
mod split;

pub use error::GroupError;
pub use split::Split;

use std::ops::Range;

use crate::table::{check_column, pick};
use crate::{DataError, Table};
use pairs::{Strangers, bounds_of};
use split::Part;

/// Points in groups, each of which shares what is looked for: the moments of a trajectory share its
/// conserved quantities, draws of one class their concept.
///
/// The rows of a group are next to each other and, where there is a time, in its order.
///
/// ```
/// use symgrad_data::{Groups, Table};
/// let rows = 40;
/// let angle = |n: usize| 0.7 * n as f64;
/// let radius = |n: usize| 1.0 + (n / 5) as f64;
/// let x = (0..rows).map(|n| radius(n) * angle(n).cos()).collect();
/// let v = (0..rows).map(|n| radius(n) * angle(n).sin()).collect();
/// let points = Table::new(vec!["x".into(), "v".into()], vec![x, v])?;
/// let labels: Vec<f64> = (0..rows).map(|n| (n / 5) as f64).collect();
/// let time = (0..rows).map(|n| n as f64).collect();
///
/// let groups = Groups::new(&points, &labels, Some(time))?;
/// assert_eq!((groups.len(), groups.rows(0)), (8, 0..5));
/// let split = groups.split(0)?;
/// assert_eq!((split.fit.len(), split.validation.len(), split.test.len()), (4, 2, 2));
/// assert_eq!(groups.triplets(100, 0)?.len(), 100);
/// # Ok::<(), symgrad_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Groups {
    points: Table,
    /// Where each group begins, and the end of the last.
    bounds: Vec<usize>,
    labels: Vec<f64>,
    time: Option<Vec<f64>>,
    left_out: usize,
    /// Points of other values than each group, where some are known.
    strangers: Option<Strangers>,
    /// Which part of a split each group is in, where that is settled.
    parts: Option<Vec<Part>>,
}

/// Points that say enough for a formula to be looked for in them.
const FEWEST_POINTS: usize = 24;

impl Groups {
    /// Puts rows of equal label together. Groups of a single row say nothing and are left out;
    /// within a group, time must rise from row to row.
    pub fn new(points: &Table, labels: &[f64], time: Option<Vec<f64>>) -> Result<Self, DataError> {
        check_column("group", labels, points.rows())?;
        if let Some(time) = &time {
            check_column("time", time, points.rows())?;
        }
        let mut order: Vec<usize> = (0..points.rows()).collect();
        order.sort_by(|&a, &b| labels[a].total_cmp(&labels[b]));
        let runs: Vec<&[usize]> = order.chunk_by(|&a, &b| labels[a] == labels[b]).collect();
        let all = runs.len();
        let kept: Vec<&[usize]> = runs.into_iter().filter(|rows| rows.len() > 1).collect();
        if all > 1 && kept.len() < 2 {
            return Err(GroupError::SingleRows { groups: all, rows: points.rows() }.into());
        }
        if let Some(time) = &time {
            kept.iter().try_for_each(|rows| check_rising(rows, time, labels))?;
        }
        let rows: Vec<usize> = kept.iter().flat_map(|rows| rows.iter().copied()).collect();
        if kept.len() < 2 {
            return Err(GroupError::OneGroup.into());
        }
        check_size(rows.len())?;
        Ok(Self {
            points: points.select(&rows),
            labels: kept.iter().map(|rows| labels[rows[0]]).collect(),
            left_out: all - kept.len(),
            time: time.map(|time| pick(&time, &rows)),
            bounds: bounds_of(kept.iter().map(|rows| rows.len())),
            strangers: None,
            parts: None,
        })
    }

    /// All points, group by group.
    pub fn points(&self) -> &Table {
        &self.points
    }

    /// Number of groups, at least 2.
    #[expect(clippy::len_without_is_empty, reason = "there are at least two groups")]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// The rows of a group, at least 2.
    ///
    /// # Panics
    /// If there is no such group.
    pub fn rows(&self, group: usize) -> Range<usize> {
        self.bounds[group]..self.bounds[group + 1]
    }

    /// The groups' labels, in rising order.
    pub fn labels(&self) -> &[f64] {
        &self.labels
    }

    /// The time of each point, which rises within each group.
    pub fn time(&self) -> Option<&[f64]> {
        self.time.as_deref()
    }

    /// Points that are known not to share the groups' values, as a triplet's negatives are.
    pub fn negatives(&self) -> Option<&Table> {
        self.strangers.as_ref().map(|strangers| &strangers.points)
    }

    /// Groups that were left out, since they have a single point.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The groups of those indices, in that order.
    ///
    /// # Panics
    /// If there is no index, or one is out of range.
    #[must_use]
    pub fn select(&self, groups: &[usize]) -> Self {
        let rows: Vec<usize> = groups.iter().flat_map(|&group| self.rows(group)).collect();
        Self {
            points: self.points.select(&rows),
            labels: pick(&self.labels, groups),
            time: self.time.as_ref().map(|time| pick(time, &rows)),
            left_out: 0,
            bounds: bounds_of(groups.iter().map(|&group| self.rows(group).len())),
            strangers: self.strangers.as_ref().map(|strangers| strangers.select(groups)),
            parts: self.parts.as_ref().map(|parts| groups.iter().map(|&g| parts[g]).collect()),
        }
    }

    /// The groups without some of their points, and without those that are left with a single one.
    ///
    /// # Panics
    /// If there are not as many marks as points.
    pub fn without(&self, left_out: &[bool]) -> Result<Self, DataError> {
        assert_eq!(left_out.len(), self.points.rows(), "a mark for each point");
        let is_kept = |row: &usize| !left_out[*row];
        let rows_of = |group: usize| self.rows(group).filter(is_kept).collect::<Vec<usize>>();
        let kept: Vec<usize> = (0..self.len()).filter(|&g| rows_of(g).len() > 1).collect();
        if kept.len() < 2 {
            return Err(GroupError::OneGroup.into());
        }
        let rows: Vec<usize> = kept.iter().flat_map(|&group| rows_of(group)).collect();
        check_size(rows.len())?;
        let groups = self.select(&kept);
        Ok(Self {
            points: self.points.select(&rows),
            time: self.time.as_ref().map(|time| pick(time, &rows)),
            bounds: bounds_of(kept.iter().map(|&group| rows_of(group).len())),
            left_out: self.len() - kept.len(),
            ..groups
        })
    }

    /// The same groups with some of the inputs alone.
    ///
    /// # Panics
    /// As [`Table::columns_of`].
    #[must_use]
    pub fn columns_of(&self, columns: &[usize]) -> Self {
        let strangers = self.strangers.clone().map(|strangers| Strangers {
            points: strangers.points.columns_of(columns),
            ..strangers
        });
        Self { points: self.points.columns_of(columns), strangers, ..self.clone() }
    }
}

fn check_size(rows: usize) -> Result<(), GroupError> {
    let needed = FEWEST_POINTS;
    if rows < needed { Err(GroupError::FewPoints { rows, needed }) } else { Ok(()) }
}

fn check_rising(rows: &[usize], time: &[f64], labels: &[f64]) -> Result<(), GroupError> {
    match rows.windows(2).find(|pair| time[pair[0]] >= time[pair[1]]) {
        None => Ok(()),
        Some(pair) => Err(GroupError::TimeNotRising {
            group: labels[pair[0]].to_string(),
            row: pair[1] + 1,
            before: time[pair[0]],
            found: time[pair[1]],
        }),
    }
}

#[cfg(test)]
mod tests;
