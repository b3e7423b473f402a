//! Groups out of pairs and triplets of points.

use std::collections::BTreeMap;

use super::{GroupError, Groups, check_size};
use crate::table::pick;
use crate::{DataError, Table, Triplets};

/// Points that are known to be of another value than a group: a triplet's negatives.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Strangers {
    pub(super) points: Table,
    /// Where those of each group begin, and the end of the last.
    pub(super) bounds: Vec<usize>,
}

impl Strangers {
    pub(super) fn select(&self, groups: &[usize]) -> Self {
        let range = |group: usize| self.bounds[group]..self.bounds[group + 1];
        let rows: Vec<usize> = groups.iter().flat_map(|&group| range(group)).collect();
        let lengths = groups.iter().map(|&group| range(group).len());
        Self { points: self.points.select(&rows), bounds: bounds_of(lengths) }
    }
}

/// Where parts of those lengths begin, and the end of the last.
pub(super) fn bounds_of(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut bounds = vec![0];
    for length in lengths {
        bounds.push(bounds[bounds.len() - 1] + length);
    }
    bounds
}

impl Groups {
    /// Groups out of pairs: row `i` of both tables shares a value, and differs from row `i` of the
    /// negatives, if there are any.
    ///
    /// Pairs with a point in common share their value, too, and make one group: so no point is on
    /// both sides of a [split](Self::split). A group's label is the row of its first pair, counted
    /// from 1. Pairs of one and the same point say nothing and are left out.
    ///
    /// ```
    /// use symgrad_data::{Groups, Table};
    /// let table = |x: Vec<f64>| Table::new(vec!["x".into()], vec![x]);
    /// let anchors: Vec<f64> = (0..20).map(f64::from).collect();
    /// let positives = anchors.iter().map(|x| -x).collect();
    /// // Zero is its own mirror image; what is left are nineteen pairs.
    /// let groups = Groups::pairs(&table(anchors)?, &table(positives)?, None)?;
    /// assert_eq!((groups.len(), groups.left_out()), (19, 1));
    /// # Ok::<(), symgrad_data::DataError>(())
    /// ```
    pub fn pairs(
        anchor: &Table,
        positive: &Table,
        negative: Option<&Table>,
    ) -> Result<Self, DataError> {
        // Names and lengths are checked as those of triplets are.
        let negatives = negative.unwrap_or(anchor);
        Triplets::new(anchor.clone(), positive.clone(), negatives.clone())?;
        let points = Points::of(anchor, positive);
        let (mut members, pairs) = points.groups();
        let all = members.len();
        let kept: Vec<usize> = (0..all).filter(|&group| members[group].len() > 1).collect();
        match kept[..] {
            [] => return Err(GroupError::SamePoints { pairs: anchor.rows() }.into()),
            [_] => return Err(GroupError::OneGroup.into()),
            _ => {}
        }
        members = kept.iter().map(|&group| std::mem::take(&mut members[group])).collect();
        let pairs: Vec<&[usize]> = kept.iter().map(|&group| pairs[group].as_slice()).collect();
        let rows: Vec<usize> = members.iter().flatten().copied().collect();
        check_size(rows.len())?;
        let column = |(a, p): (&Vec<f64>, &Vec<f64>)| pick(&[a.as_slice(), p].concat(), &rows);
        let columns = anchor.columns().iter().zip(positive.columns()).map(column).collect();
        Ok(Self {
            points: Table::new(anchor.names().to_vec(), columns)?,
            bounds: bounds_of(members.iter().map(Vec::len)),
            labels: pairs.iter().map(|pairs| (pairs[0] + 1) as f64).collect(),
            time: None,
            left_out: all - kept.len(),
            strangers: negative.map(|negative| Strangers {
                points: negative.select(&pairs.concat()),
                bounds: bounds_of(pairs.iter().map(|pairs| pairs.len())),
            }),
            parts: None,
        })
    }
}

/// The points of pairs: all anchors, then all positives.
struct Points {
    pairs: usize,
    /// For each row the first row of the same point.
    first: Vec<usize>,
}

impl Points {
    fn of(anchor: &Table, positive: &Table) -> Self {
        let mut rows: BTreeMap<Vec<u64>, usize> = BTreeMap::new();
        let mut first = vec![];
        for (part, table) in [anchor, positive].into_iter().enumerate() {
            for row in 0..table.rows() {
                // Zero and minus zero are the same number.
                let bits = |column: &Vec<f64>| (column[row] + 0.0).to_bits();
                let point = table.columns().iter().map(bits).collect();
                first.push(*rows.entry(point).or_insert(part * anchor.rows() + row));
            }
        }
        Self { pairs: anchor.rows(), first }
    }

    /// For each group the rows of its different points, and the numbers of its pairs, in the order
    /// of their first pairs.
    fn groups(&self) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        let mut leader: Vec<usize> = (0..self.first.len()).collect();
        let find = |leader: &mut Vec<usize>, mut row: usize| {
            while leader[row] != row {
                leader[row] = leader[leader[row]];
                row = leader[row];
            }
            row
        };
        for pair in 0..self.pairs {
            let [a, p] = [pair, self.pairs + pair].map(|row| find(&mut leader, self.first[row]));
            let (low, high) = (a.min(p), a.max(p));
            leader[high] = low;
        }
        let mut number: BTreeMap<usize, usize> = BTreeMap::new();
        let (mut members, mut pairs): (Vec<Vec<usize>>, Vec<Vec<usize>>) = (vec![], vec![]);
        for pair in 0..self.pairs {
            let next = number.len();
            let group = *number.entry(find(&mut leader, self.first[pair])).or_insert(next);
            if group == members.len() {
                members.push(vec![]);
                pairs.push(vec![]);
            }
            pairs[group].push(pair);
            let both = [pair, self.pairs + pair];
            members[group].extend(both.into_iter().filter(|&row| self.first[row] == row));
        }
        (members, pairs)
    }
}
