//! Groups held back from each other, and triplets drawn from them.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::pairs::bounds_of;
use super::{GroupError, Groups};
use crate::{DataError, Table, Triplets};

/// Groups in three parts that share none: what is fitted on the first and chosen on the second is
/// judged on the third.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// Half of the groups.
    pub fit: Groups,
    /// A quarter, at least two.
    pub validation: Groups,
    /// A quarter, at least two.
    pub test: Groups,
}

/// A part of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Fit,
    Validation,
    Test,
}

/// Fewest groups that can be split: with a single group in a part, nothing varies between groups.
const FEWEST_GROUPS: usize = 6;

impl Groups {
    /// The groups of all parts together, numbered from 1, whose [split](Self::split) is settled: these
    /// are its parts, whatever the seed. For data that were parted before, such as those that a network
    /// was trained on. Times and negatives are not kept.
    ///
    /// ```
    /// use symgrad_data::{Groups, Split, Table};
    /// let pairs = |from: u32, count: u32| {
    ///     let all: Vec<f64> = (from..from + count).map(f64::from).collect();
    ///     let table = |x: Vec<f64>| Table::new(vec!["x".into()], vec![x]);
    ///     Groups::pairs(&table(all.clone())?, &table(all.iter().map(|x| -x).collect())?, None)
    /// };
    /// let parts = Split { fit: pairs(1, 30)?, validation: pairs(50, 12)?, test: pairs(80, 15)? };
    /// let split = Groups::of_split(&parts)?.split(7)?;
    /// assert_eq!((split.fit.len(), split.validation.len(), split.test.len()), (30, 12, 15));
    /// assert_eq!(split.test.points(), parts.test.points());
    /// # Ok::<(), symgrad_data::DataError>(())
    /// ```
    pub fn of_split(split: &Split) -> Result<Self, DataError> {
        let all = [&split.fit, &split.validation, &split.test];
        let names = split.fit.points.names();
        if let Some(other) = all.iter().find(|part| part.points.names() != names) {
            let [found, expected] = [other.points.names(), names].map(|names| names.join(", "));
            return Err(GroupError::OtherInputs { found, expected }.into());
        }
        let column =
            |index: usize| all.iter().flat_map(|part| part.points.column(index)).copied().collect();
        let points = Table::new(names.to_vec(), (0..names.len()).map(column).collect())?;
        let lengths = all.iter().flat_map(|part| (0..part.len()).map(|g| part.rows(g).len()));
        let parts = [Part::Fit, Part::Validation, Part::Test].into_iter().zip(all);
        let parts: Vec<Part> =
            parts.flat_map(|(part, groups)| std::iter::repeat_n(part, groups.len())).collect();
        Ok(Self {
            points,
            bounds: bounds_of(lengths),
            labels: (1..=parts.len()).map(|label| label as f64).collect(),
            time: None,
            left_out: all.iter().map(|part| part.left_out).sum(),
            strangers: None,
            parts: Some(parts),
        })
    }

    /// Splits by group: at random, or as is [settled](Self::of_split).
    pub fn split(&self, seed: u64) -> Result<Split, DataError> {
        let found = self.len();
        let few =
            |found: usize, needed: usize| DataError::from(GroupError::FewGroups { found, needed });
        if let Some(parts) = &self.parts {
            let part = |wanted: Part| {
                let groups: Vec<usize> = (0..found).filter(|&g| parts[g] == wanted).collect();
                if groups.len() < 2 { Err(few(groups.len(), 2)) } else { Ok(self.select(&groups)) }
            };
            let [fit, validation, test] = [Part::Fit, Part::Validation, Part::Test].map(part);
            return Ok(Split { fit: fit?, validation: validation?, test: test? });
        }
        if found < FEWEST_GROUPS {
            return Err(few(found, FEWEST_GROUPS));
        }
        let mut order: Vec<usize> = (0..found).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let quarter = (found / 4).max(2);
        let part = |range: std::ops::Range<usize>| {
            let mut groups = order[range].to_vec();
            groups.sort_unstable();
            self.select(&groups)
        };
        Ok(Split {
            test: part(0..quarter),
            validation: part(quarter..2 * quarter),
            fit: part(2 * quarter..found),
        })
    }

    /// Draws triplets: an anchor, another point of its group, and a point of another group; or, where
    /// points of other values are known, one of those.
    pub fn triplets(&self, count: usize, seed: u64) -> Result<Triplets, DataError> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut anchors, mut positives, mut negatives) = (vec![], vec![], vec![]);
        for _ in 0..count {
            let anchor = rng.random_range(0..self.points.rows());
            let group = self.bounds.partition_point(|&start| start <= anchor) - 1;
            let own = self.rows(group);
            // One of the others, wherever they lie.
            let other = |drawn: usize, taken: std::ops::Range<usize>| {
                if drawn < taken.start { drawn } else { drawn + taken.len() }
            };
            let positive = rng.random_range(0..own.len() - 1);
            positives.push(own.start + other(positive, anchor - own.start..anchor - own.start + 1));
            negatives.push(match &self.strangers {
                Some(strangers) => {
                    rng.random_range(strangers.bounds[group]..strangers.bounds[group + 1])
                }
                None => other(rng.random_range(0..self.points.rows() - own.len()), own),
            });
            anchors.push(anchor);
        }
        if anchors.is_empty() {
            return Err(DataError::NoRows);
        }
        let part = |rows: &[usize]| self.points.select(rows);
        let others = self.negatives().unwrap_or(&self.points).select(&negatives);
        Triplets::new(part(&anchors), part(&positives), others)
    }
}
