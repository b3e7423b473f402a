//! What a search may still spend, and who ends it in the midst of a step.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use super::Search;
use crate::score::budget::{Allowance, deadline};

/// The share of the seconds in which is searched; the rest is for the closing.
pub(super) const SEARCHING: f64 = 0.9;

impl Search {
    /// From now on it ends as soon as that is true, in the midst of a step if need be, with what it has
    /// found; other than one that an [`Observer`](super::Observer) ends, such a search cannot go on as if nothing had happened.
    pub fn end_when(&mut self, stop: Arc<AtomicBool>) {
        self.stop = Some(stop);
    }

    /// What may still be spent.
    pub(super) fn allowance(&self) -> Allowance {
        Allowance::new(self.state.available(), self.latest()).unless(self.stop.clone())
    }

    /// The moment at which the part of the search that is under way must end.
    pub(super) fn latest(&self) -> Option<Instant> {
        let share = if self.state.resting.is_none() { SEARCHING / 2.0 } else { SEARCHING };
        self.deadline(share)
    }

    /// The moment at which that share of the seconds is up.
    pub(super) fn deadline(&self, share: f64) -> Option<Instant> {
        let seconds = self.state.config.seconds.map(|seconds| seconds * share);
        let own = seconds.and_then(|seconds| deadline(self.started, seconds));
        own.into_iter().chain(self.until).min()
    }

    /// Whether the target is reached or nothing may be spent any more, in the midst of a step.
    pub(super) fn is_over(&self) -> bool {
        self.state.reached_target() || self.allowance().is_over()
    }

    /// Whether somebody wants it to end.
    pub(super) fn is_unwanted(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use symgrad_data::Table;
    use symgrad_expr::OpSet;

    use super::*;
    use crate::{Objective, Observer, SearchConfig, StopReason};

    /// Wants an end after the first step, and tells how many there were.
    struct Impatient(Arc<AtomicBool>, usize);

    impl Observer for Impatient {
        fn begin(&mut self, search: &mut Search) {
            search.end_when(Arc::clone(&self.0));
        }

        fn step(&mut self, _: &Search) -> std::ops::ControlFlow<()> {
            self.0.store(true, Relaxed);
            self.1 += 1;
            std::ops::ControlFlow::Continue(())
        }
    }

    #[test]
    fn a_search_that_is_not_wanted_any_more_ends_with_what_it_has() {
        let column = |step: f64| (1..=400).map(move |n| 0.5 + (f64::from(n) * step).fract());
        let columns: Vec<Vec<f64>> =
            [0.754_878, 0.569_840].map(|step| column(step).collect()).to_vec();
        let values: Vec<f64> =
            columns[0].iter().zip(&columns[1]).map(|(x, y)| (9.0 * x * y).sin() / x).collect();
        let points = Table::new(vec!["x".into(), "y".into()], columns).unwrap();
        let objective = Objective::regression(&points, &values, false).unwrap();
        let config = SearchConfig { budget: 10_000_000, ..SearchConfig::default() };
        let search = Search::new(objective, OpSet::default(), config).unwrap();
        let mut observer = Impatient(Arc::default(), 0);
        let outcome = search.run(&mut observer);
        assert_eq!((outcome.stop(), observer.1), (StopReason::Observer, 2));
        assert!(!outcome.front().is_empty());
    }
}
