//! The hall of fame, the Pareto front and its entries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use symgrad_expr::Expr;

/// One expression with its complexity and loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The expression.
    pub expr: Expr,
    /// Its complexity under the search's operator set.
    pub complexity: u32,
    /// Its loss under the search's objective.
    pub loss: f64,
}

/// The best expression seen at every complexity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HallOfFame {
    best: BTreeMap<u32, Entry>,
}

impl HallOfFame {
    /// Takes the entry if it beats the one at its complexity; says whether it did.
    pub fn offer(&mut self, entry: Entry) -> bool {
        let better = self.would_hold(entry.complexity, entry.loss);
        if better {
            self.best.insert(entry.complexity, entry);
        }
        better
    }

    /// Whether an entry of that complexity and loss would be taken.
    #[must_use]
    pub fn would_hold(&self, complexity: u32, loss: f64) -> bool {
        loss.is_finite() && self.best.get(&complexity).is_none_or(|held| loss < held.loss)
    }

    /// The lowest loss; infinite if there is no entry.
    #[must_use]
    pub fn lowest(&self) -> f64 {
        self.best.values().map(|entry| entry.loss).fold(f64::INFINITY, f64::min)
    }

    /// The entries no cheaper entry equals or beats, cheapest first, losses falling.
    #[must_use]
    pub fn front(&self) -> Vec<Entry> {
        let mut front: Vec<Entry> = Vec::new();
        for entry in self.best.values() {
            if front.last().is_none_or(|last| entry.loss < last.loss) {
                front.push(entry.clone());
            }
        }
        front
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(complexity: u32, loss: f64) -> Entry {
        Entry { expr: Expr::var(0), complexity, loss }
    }

    #[test]
    fn the_front_falls_and_rises() {
        let mut hall = HallOfFame::default();
        for (complexity, loss) in [(3, 0.5), (5, 0.7), (7, 0.1), (9, 0.1), (11, 0.01), (7, 0.2)] {
            hall.offer(entry(complexity, loss));
        }
        assert!(!hall.offer(entry(20, f64::NAN)));
        let front: Vec<_> = hall.front().iter().map(|e| (e.complexity, e.loss)).collect();
        assert_eq!(front, [(3, 0.5), (7, 0.1), (11, 0.01)]);
        assert!(hall.would_hold(7, 0.05) && hall.would_hold(10, 0.9) && !hall.would_hold(7, 0.1));
    }
}
