//! The learning rate over the course of training.

use serde::{Deserialize, Serialize};

use crate::Schedule;

/// Follows a [`Schedule`] through one training, or one of its cycles.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LearningRate {
    schedule: Schedule,
    peak: f64,
    steps: usize,
    /// Factor that plateaus have left.
    reduced: f64,
    best: f64,
    waited: usize,
}

impl LearningRate {
    pub(crate) fn new(schedule: Schedule, peak: f64, steps: usize) -> Self {
        Self { schedule, peak, steps, reduced: 1.0, best: f64::INFINITY, waited: 0 }
    }

    /// The rate of a step, counted from 0.
    pub(crate) fn at(&self, step: usize) -> f64 {
        let (Schedule::OneCycle { warmup } | Schedule::Cycles { warmup, .. }) = self.schedule
        else {
            return self.peak * self.reduced;
        };
        let time = (step as f64 + 0.5) / self.steps as f64;
        if time < warmup {
            return self.peak * time / warmup;
        }
        let rest = (time - warmup) / (1.0 - warmup);
        self.peak * 0.5 * (1.0 + (std::f64::consts::PI * rest).cos())
    }

    /// Takes note of a validation loss.
    pub(crate) fn observe(&mut self, loss: f64) {
        let Schedule::Plateau { patience, factor } = self.schedule else { return };
        if loss < self.best {
            self.best = loss;
            self.waited = 0;
            return;
        }
        self.waited += 1;
        if self.waited > patience {
            self.reduced *= factor;
            self.waited = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cycle_rises_to_the_peak_and_falls_to_zero() {
        let rate = LearningRate::new(Schedule::OneCycle { warmup: 0.1 }, 2.0, 1000);
        assert!(rate.at(0) < 0.02);
        assert!((rate.at(100) - 2.0).abs() < 1e-4);
        assert!((rate.at(549) - 1.0).abs() < 0.01);
        assert!(rate.at(999) < 1e-4);
    }

    #[test]
    fn a_plateau_lowers_the_rate_and_an_improvement_resets_the_wait() {
        let mut rate = LearningRate::new(Schedule::Plateau { patience: 1, factor: 0.1 }, 1.0, 10);
        for loss in [3.0, 3.0, 2.0, 2.0] {
            rate.observe(loss);
            assert_eq!(rate.at(0), 1.0);
        }
        rate.observe(2.0);
        assert_eq!(rate.at(0), 0.1);
    }
}
