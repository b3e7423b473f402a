//! Anchors with their positives and negatives.

use crate::{DataError, Table};

/// Anchors, and for each a *positive*, which shares the concept's value with it, and a
/// *negative*, which does not: three tables of the same names and numbers of rows.
///
/// ```
/// use symgrad_data::{Table, Triplets};
/// let part = |x| Table::new(vec!["x".into(), "v".into()], vec![vec![x], vec![1.0 - x]]);
/// let triplets = Triplets::new(part(0.0)?, part(1.0)?, part(0.5)?)?;
/// assert_eq!((triplets.len(), triplets.dim()), (1, 2));
/// # Ok::<(), symgrad_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Triplets {
    anchor: Table,
    positive: Table,
    negative: Table,
}

impl Triplets {
    /// Puts the three tables together; row `i` of each makes triplet `i`.
    pub fn new(anchor: Table, positive: Table, negative: Table) -> Result<Self, DataError> {
        for (part, table) in [("positive", &positive), ("negative", &negative)] {
            if table.names() != anchor.names() {
                let (found, expected) = (table.name_list(), anchor.name_list());
                return Err(DataError::PartNames { part, found, expected });
            }
            if table.rows() != anchor.rows() {
                let (found, expected) = (table.rows(), anchor.rows());
                return Err(DataError::PartRows { part, found, expected });
            }
        }
        Ok(Self { anchor, positive, negative })
    }

    /// The anchors, N rows of d inputs.
    pub fn anchor(&self) -> &Table {
        &self.anchor
    }

    /// The positives, N rows of d inputs.
    pub fn positive(&self) -> &Table {
        &self.positive
    }

    /// The negatives, N rows of d inputs.
    pub fn negative(&self) -> &Table {
        &self.negative
    }

    /// Number of triplets N, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "there is at least one triplet")]
    pub fn len(&self) -> usize {
        self.anchor.rows()
    }

    /// Number of inputs d.
    pub fn dim(&self) -> usize {
        self.anchor.dim()
    }

    /// The inputs' names.
    pub fn names(&self) -> &[String] {
        self.anchor.names()
    }

    /// The triplets of those indices, in that order.
    ///
    /// # Panics
    /// If there is no index, or one is out of range.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            anchor: self.anchor.select(rows),
            positive: self.positive.select(rows),
            negative: self.negative.select(rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(names: &[&str], rows: usize) -> Table {
        let columns = names.iter().map(|_| vec![0.0; rows]).collect();
        Table::new(names.iter().map(ToString::to_string).collect(), columns).unwrap()
    }

    #[test]
    fn parts_must_agree() {
        let anchor = table(&["x", "v"], 2);
        let error = Triplets::new(anchor.clone(), table(&["v", "x"], 2), anchor.clone());
        assert!(error.unwrap_err().to_string().contains("positives have columns [v, x]"));
        let error = Triplets::new(anchor.clone(), anchor.clone(), table(&["x", "v"], 3));
        assert!(error.unwrap_err().to_string().contains("3 negatives for 2 anchors"));
    }
}
