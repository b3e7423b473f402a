//! Choosing the answer on a Pareto front.

use serde::{Deserialize, Serialize};
use symgrad_expr::OpSet;

use crate::front::Entry;
use crate::judge::trust::description_bits;

/// The rule that picks the answer from a front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// Minimum description length: the entry whose formula, together with what it leaves
    /// unexplained, takes the fewest bits.
    #[default]
    Code,
    /// The entry farthest below the chord that joins the front's ends in the plane of
    /// complexity and log loss: the published rule.
    Chord,
}

/// A loss this small is rounding; losses below it count as equal.
const LOSS_FLOOR: f64 = 1e-13;

/// Smooth modes in which what a formula leaves of a neuron is coded. A network's error is smooth
/// and correlated over the whole of its data, so that a thousand points are not a thousand
/// witnesses: they show some tens of amplitudes. Of the numbers that this allows it is the one with
/// which the code picks eleven of twelve printed answers; with 28 or 47 it picks ten.
pub(crate) const MODES: f64 = 35.0;

/// Bits of a unit of complexity, where nothing more is known of a formula: an operator or an input
/// of a few.
const BITS: f64 = 3.5;

/// Bits that count as clear: odds of a thousand to one. The margin's union bound holds for
/// random functions of the kind it assumes; other smooth functions, and the many formulas that
/// nearly agree with one another, need this slack.
pub const CLEAR: f64 = 10.0;

/// Bits that amplitudes of that mean square take, where less than the floor is rounding.
pub(crate) fn misfit_bits(misfit: f64, floor: f64) -> f64 {
    0.5 * MODES * misfit.max(floor).log2()
}

/// Index of the entry with the shortest code, by losses alone: what a search in progress goes by.
pub(crate) fn shortest(front: &[Entry], ops: &OpSet, inputs: usize, floor: f64) -> Option<usize> {
    lead(front, ops, inputs, floor).map(|(index, _)| index)
}

/// The same, with the bits by which its code is shorter than that of any other entry.
pub(crate) fn lead(
    front: &[Entry],
    ops: &OpSet,
    inputs: usize,
    floor: f64,
) -> Option<(usize, f64)> {
    let length =
        |entry: &Entry| description_bits(&entry.expr, ops, inputs) + misfit_bits(entry.loss, floor);
    let lengths: Vec<f64> = front.iter().map(length).collect();
    let first = least(lengths.iter().copied())?;
    let others = lengths.iter().enumerate().filter(|(index, _)| *index != first);
    let second = others.map(|(_, length)| *length).fold(f64::INFINITY, f64::min);
    Some((first, second - lengths[first]))
}

/// The place of the first least number.
pub(crate) fn least(numbers: impl Iterator<Item = f64>) -> Option<usize> {
    numbers.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| index)
}

impl Choice {
    /// Index of the answer among (complexity, loss) pairs in rising complexity and falling
    /// loss; `None` for an empty front.
    ///
    /// `horizon` is the largest complexity the search looked at, which the chord needs: up to
    /// there nothing beats the last entry, so it runs to that complexity at the last loss. An entry
    /// that is both last and excellent can then be chosen. The code does not depend on it.
    ///
    /// ```
    /// use symgrad_search::Choice;
    /// let front = [(1, 0.4), (3, 0.2), (7, 1e-4), (12, 9e-5)];
    /// assert_eq!(Choice::Code.pick(&front, 30), Some(2));
    /// assert_eq!(Choice::Chord.pick(&front, 30), Some(2));
    /// ```
    pub fn pick(self, front: &[(u32, f64)], horizon: u32) -> Option<usize> {
        match self {
            Self::Code => least(front.iter().map(|&(complexity, loss)| {
                BITS * f64::from(complexity) + misfit_bits(loss, LOSS_FLOOR)
            })),
            Self::Chord => chord(front, horizon),
        }
    }
}

fn chord(front: &[(u32, f64)], horizon: u32) -> Option<usize> {
    let points: Vec<(f64, f64)> = front
        .iter()
        .map(|&(complexity, loss)| (f64::from(complexity), loss.max(LOSS_FLOOR).ln()))
        .collect();
    let (first, last) = (points.first()?, points.last()?);
    let end = f64::from(horizon).max(last.0);
    let slope = (last.1 - first.1) / (end - first.0).max(1.0);
    least(points.iter().map(|p| p.1 - first.1 - slope * (p.0 - first.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_entry_can_win() {
        let front = [(3, 0.9), (11, 0.6), (23, 0.3), (29, 0.2), (35, 1e-3)];
        assert_eq!(Choice::Chord.pick(&front, 45), Some(4));
        assert_eq!(Choice::Code.pick(&front, 45), Some(4));
    }

    #[test]
    fn degenerate_fronts() {
        for choice in [Choice::Chord, Choice::Code] {
            assert_eq!(choice.pick(&[], 30), None);
            assert_eq!(choice.pick(&[(1, 0.0)], 30), Some(0));
        }
    }

    #[test]
    fn the_code_does_not_depend_on_the_horizon() {
        let front = [(5, 0.2), (8, 1e-3), (16, 5e-4), (26, 1e-5)];
        let picks = [25, 30, 40, 60, 100, 200].map(|horizon| Choice::Code.pick(&front, horizon));
        assert!(picks.iter().all(|pick| *pick == picks[0]), "{picks:?}");
    }
}
