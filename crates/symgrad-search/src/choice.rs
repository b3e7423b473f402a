//! Choosing the answer on a Pareto front: the entry after which complexity buys little.

use serde::{Deserialize, Serialize};

/// The rule that picks the answer from a front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// The entry farthest below the chord that joins the front's ends in the plane of
    /// complexity and log loss.
    #[default]
    Chord,
    /// The entry reached by the largest drop of log loss from its predecessor.
    SteepestDrop,
}

/// A loss this small is rounding; losses below it count as equal.
const LOSS_FLOOR: f64 = 1e-13;

impl Choice {
    /// Index of the answer among (complexity, loss) pairs in rising complexity and falling
    /// loss; `None` for an empty front.
    ///
    /// `horizon` is the largest complexity the search looked at: up to there nothing beats the
    /// last entry, so the chord runs to that complexity at the last loss. An entry that is
    /// both last and excellent can then be chosen.
    ///
    /// ```
    /// use symgrad_search::Choice;
    /// let front = [(1, 0.4), (3, 0.2), (7, 1e-4), (12, 9e-5)];
    /// assert_eq!(Choice::Chord.pick(&front, 30), Some(2));
    /// assert_eq!(Choice::SteepestDrop.pick(&front, 30), Some(2));
    /// ```
    pub fn pick(self, front: &[(u32, f64)], horizon: u32) -> Option<usize> {
        let points: Vec<(f64, f64)> = front
            .iter()
            .map(|&(complexity, loss)| (f64::from(complexity), loss.max(LOSS_FLOOR).ln()))
            .collect();
        let (first, last) = (points.first()?, points.last()?);
        let gains: Vec<f64> = match self {
            Self::Chord => {
                let end = f64::from(horizon).max(last.0);
                let slope = (last.1 - first.1) / (end - first.0).max(1.0);
                points.iter().map(|p| first.1 + slope * (p.0 - first.0) - p.1).collect()
            }
            Self::SteepestDrop => {
                let drops = points.windows(2).map(|pair| pair[0].1 - pair[1].1);
                std::iter::once(0.0).chain(drops).collect()
            }
        };
        let mut best = 0;
        for (index, gain) in gains.iter().enumerate() {
            if *gain > gains[best] {
                best = index;
            }
        }
        Some(best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_entry_can_win() {
        let front = [(3, 0.9), (11, 0.6), (23, 0.3), (29, 0.2), (35, 1e-3)];
        assert_eq!(Choice::Chord.pick(&front, 45), Some(4));
    }

    #[test]
    fn degenerate_fronts() {
        assert_eq!(Choice::Chord.pick(&[], 30), None);
        assert_eq!(Choice::Chord.pick(&[(1, 0.0)], 30), Some(0));
        assert_eq!(Choice::SteepestDrop.pick(&[(1, 0.5)], 30), Some(0));
    }
}
