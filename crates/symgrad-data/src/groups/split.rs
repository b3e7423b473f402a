//! Groups held back from each other, and triplets drawn from them.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{GroupError, Groups};
use crate::{DataError, Triplets};

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

/// Fewest groups that can be split: with a single group in a part, nothing varies between groups.
const FEWEST_GROUPS: usize = 6;

impl Groups {
    /// Splits by group, at random.
    pub fn split(&self, seed: u64) -> Result<Split, DataError> {
        let found = self.len();
        if found < FEWEST_GROUPS {
            return Err(GroupError::FewGroups { found, needed: FEWEST_GROUPS }.into());
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
