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

    /// Leaves out the triplets whose positive lies far from all anchors, and says how many.
    ///
    /// Far is outside the range of the anchors, in any input, when that range is widened about
    /// its centre by a factor `multiple` (1 keeps the range itself). A transformation that is
    /// nearly singular throws some positives out by orders of magnitude; a few of them spoil
    /// the training of whole regions. Of the published `trace-3x3` data, 28 % go at a multiple
    /// of 10, 10 % at 30 and 3 % at 100; of `determinant-2x2`, 7 %, 2 % and 0.7 %. Isolated
    /// data and trajectories have no such tail.
    pub fn trimmed(&self, multiple: f64) -> Result<(Self, usize), DataError> {
        let ranges: Vec<_> =
            self.anchor.columns().iter().map(|column| widened(column, multiple)).collect();
        let within = |row: &usize| {
            let mut columns = self.positive.columns().iter().zip(&ranges);
            columns.all(|(column, (low, high))| (low..=high).contains(&&column[*row]))
        };
        let kept: Vec<usize> = (0..self.len()).filter(within).collect();
        if kept.is_empty() {
            return Err(DataError::AllTrimmed { rows: self.len(), multiple });
        }
        Ok((self.select(&kept), self.len() - kept.len()))
    }
}

/// The range of a column, widened about its centre.
fn widened(column: &[f64], multiple: f64) -> (f64, f64) {
    let low = column.iter().copied().fold(f64::INFINITY, f64::min);
    let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Each end by itself, so that a factor of 1 changes no bit.
    let more = (multiple - 1.0) * (0.5 * high - 0.5 * low);
    (low - more, high + more)
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

    #[test]
    fn trimming_keeps_positives_near_the_anchors() {
        let column = |values: &[f64]| Table::new(vec!["x".into()], vec![values.to_vec()]).unwrap();
        let anchor = column(&[0.0, 1.0, 2.0, 1.0]);
        let triplets =
            Triplets::new(anchor.clone(), column(&[2.0, -1.0, 3.5, 900.0]), anchor).unwrap();
        let kept = |multiple| {
            let (kept, dropped) = triplets.trimmed(multiple).unwrap();
            assert_eq!(kept.len() + dropped, 4);
            kept.positive().column(0).to_vec()
        };
        assert_eq!(kept(1.0), [2.0]);
        assert_eq!(kept(2.0), [2.0, -1.0]);
        assert_eq!(kept(1000.0), [2.0, -1.0, 3.5, 900.0]);
        for multiple in [-1.0, f64::NAN] {
            let error = triplets.trimmed(multiple).unwrap_err().to_string();
            assert!(error.contains("none of the 4 triplets is left"), "{error}");
        }
    }
}
