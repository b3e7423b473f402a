//! Named columns of numbers.

use crate::DataError;
use std::collections::BTreeSet;

/// Named columns of finite numbers, all of one length.
///
/// There is at least one column and one row; names are unique, and neither numbers nor empty.
///
/// ```
/// use symgrad_data::Table;
/// let table = Table::new(vec!["x".into(), "y".into()], vec![vec![1.0, 2.0], vec![3.0, 4.0]])?;
/// assert_eq!((table.rows(), table.dim()), (2, 2));
/// assert_eq!(table.row(1), [2.0, 4.0]);
/// # Ok::<(), symgrad_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
}

impl Table {
    /// Builds a table from `d` names and `d` columns of equal length.
    pub fn new(names: Vec<String>, columns: Vec<Vec<f64>>) -> Result<Self, DataError> {
        let Some(first) = columns.first() else {
            return Err(DataError::NoColumns);
        };
        if names.len() != columns.len() {
            return Err(DataError::NameCount { names: names.len(), columns: columns.len() });
        }
        if first.is_empty() {
            return Err(DataError::NoRows);
        }
        if let Some(name) = names.iter().find(|name| !is_name(name)) {
            return Err(DataError::BadName { name: name.clone() });
        }
        if let Some(name) = first_duplicate(&names) {
            return Err(DataError::DuplicateName { name: name.into() });
        }
        for (name, column) in names.iter().zip(&columns) {
            check_column(name, column, first.len())?;
        }
        Ok(Self { names, columns })
    }

    /// The columns' names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// All columns.
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// The column of that index.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn column(&self, index: usize) -> &[f64] {
        &self.columns[index]
    }

    /// Number of rows, at least 1.
    pub fn rows(&self) -> usize {
        self.columns[0].len()
    }

    /// Number of columns, at least 1.
    pub fn dim(&self) -> usize {
        self.columns.len()
    }

    /// One row, copied.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, index: usize) -> Vec<f64> {
        self.columns.iter().map(|column| column[index]).collect()
    }

    /// The rows of those indices, in that order.
    ///
    /// # Panics
    /// If there is no index, or one is out of range.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        assert!(!rows.is_empty(), "a table needs at least one row");
        let columns = self.columns.iter().map(|column| pick(column, rows)).collect();
        Self { names: self.names.clone(), columns }
    }

    /// The columns of those indices, in that order.
    ///
    /// # Panics
    /// If there is no index, one is out of range, or one is given twice.
    #[must_use]
    pub fn columns_of(&self, columns: &[usize]) -> Self {
        assert!(!columns.is_empty(), "a table needs at least one column");
        let names: Vec<String> = columns.iter().map(|&index| self.names[index].clone()).collect();
        assert!(first_duplicate(&names).is_none(), "a table has each column once");
        Self { names, columns: columns.iter().map(|&index| self.columns[index].clone()).collect() }
    }

    /// The names joined for a message.
    pub(crate) fn name_list(&self) -> String {
        self.names.join(", ")
    }
}

/// The values at those indices.
pub(crate) fn pick(column: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| column[row]).collect()
}

/// Whether a text can head a column, in memory and in every kind of file.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && text.parse::<f64>().is_err()
        && !text.contains(char::is_control)
}

/// The first name that appeared before.
pub(crate) fn first_duplicate(names: &[String]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    names.iter().map(String::as_str).find(|name| !seen.insert(*name))
}

/// Checks a column's length and that its numbers are finite.
pub(crate) fn check_column(name: &str, column: &[f64], rows: usize) -> Result<(), DataError> {
    if column.len() != rows {
        let found = column.len();
        return Err(DataError::UnequalColumns { column: name.into(), found, expected: rows });
    }
    match column.iter().position(|value| !value.is_finite()) {
        Some(i) => Err(DataError::NotFinite { column: name.into(), row: i + 1, value: column[i] }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn invalid_tables_are_refused() {
        let error = |n: &[&str], columns| Table::new(names(n), columns).unwrap_err().to_string();
        assert!(error(&[], vec![]).contains("no columns"));
        assert!(error(&["a"], vec![vec![]]).contains("no rows"));
        assert!(error(&["a"], vec![vec![1.0], vec![2.0]]).contains("1 names for 2 columns"));
        assert!(error(&["a", "a"], vec![vec![1.0], vec![2.0]]).contains("`a` appears twice"));
        assert!(error(&["a", "b"], vec![vec![1.0], vec![]]).contains("`b` has 0 rows"));
        let nan = error(&["a"], vec![vec![1.0, f64::NAN]]);
        assert!(nan.contains("`a`, row 2: NaN"), "{nan}");
    }

    #[test]
    fn select_keeps_the_order_given() {
        let table = Table::new(names(&["a"]), vec![vec![1.0, 2.0, 3.0]]).unwrap();
        assert_eq!(table.select(&[2, 0]).column(0), [3.0, 1.0]);
    }
}
