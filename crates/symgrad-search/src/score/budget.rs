//! What a part of a search may spend: evaluations from the one account, and time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The evaluations and the time that some part of a search may use.
///
/// Parts that run side by side get fixed shares beforehand, so that nothing depends on which of
/// them is faster; what one leaves goes back to the account.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    pub(crate) evaluations: u64,
    until: Option<Instant>,
    stop: Option<Arc<AtomicBool>>,
}

impl Allowance {
    /// For work that is bounded otherwise.
    pub(crate) const UNLIMITED: Self = Self { evaluations: u64::MAX, until: None, stop: None };

    pub(crate) fn new(evaluations: u64, until: Option<Instant>) -> Self {
        Self { evaluations, until, stop: None }
    }

    /// The same, until that is true.
    pub(crate) fn unless(self, stop: Option<Arc<AtomicBool>>) -> Self {
        Self { stop, ..self }
    }

    /// Whether the time is up, or somebody wants an end. Without a deadline no clock is read.
    pub(crate) fn is_late(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Relaxed))
            || self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Whether nothing may be evaluated any more.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over_after(0)
    }

    /// The same once so many evaluations are spent.
    pub(crate) fn is_over_after(&self, spent: u64) -> bool {
        self.evaluations <= spent || self.is_late()
    }

    /// What is left once so many evaluations are spent.
    pub(crate) fn after(&self, spent: u64) -> Self {
        self.with(self.evaluations.saturating_sub(spent))
    }

    /// A part of it, the divisor at least 1.
    pub(crate) fn part(&self, divisor: u64) -> Self {
        self.with(self.evaluations / divisor.max(1))
    }

    /// As many evaluations as cost as much where each takes that share of the time, above 0.
    pub(crate) fn stretched(self, share: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let evaluations = (self.evaluations as f64 / share).floor() as u64;
        Self { evaluations: evaluations.max(self.evaluations), ..self }
    }

    /// Shares for so many parts, as even as whole numbers allow; together no more than it.
    pub(crate) fn shares(self, parts: usize) -> impl Fn(usize) -> Self {
        let count = parts.max(1) as u64;
        let (each, rest) = (self.evaluations / count, self.evaluations % count);
        move |part| self.with(each + u64::from((part as u64) < rest))
    }

    fn with(&self, evaluations: u64) -> Self {
        Self { evaluations, ..self.clone() }
    }
}

/// The moment that many seconds after the start; none if that is beyond all clocks.
pub(crate) fn deadline(started: Instant, seconds: f64) -> Option<Instant> {
    started.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        for (total, parts) in [(0, 3), (1, 6), (7, 3), (400_000, 7), (5, 1), (9, 0)] {
            let shares = Allowance::new(total, None).shares(parts);
            let sum: u64 = (0..parts.max(1)).map(|part| shares(part).evaluations).sum();
            assert_eq!(sum, total);
        }
    }

    #[test]
    fn a_deadline_beyond_all_clocks_is_none() {
        let now = Instant::now();
        assert!(deadline(now, 1e300).is_none());
        assert!(Allowance::new(9, deadline(now, 0.0)).is_over());
        assert!(!Allowance::new(9, deadline(now, 1e4)).is_over());
    }

    #[test]
    fn whoever_wants_an_end_ends_every_part() {
        let stop = Arc::new(AtomicBool::new(false));
        let whole = Allowance::new(9, None).unless(Some(Arc::clone(&stop)));
        let parts =
            [whole.part(2), whole.after(3), whole.clone().stretched(0.5), whole.shares(2)(1)];
        assert!(parts.iter().all(|part| !part.is_over()));
        stop.store(true, Relaxed);
        assert!(parts.iter().all(Allowance::is_over));
    }
}
