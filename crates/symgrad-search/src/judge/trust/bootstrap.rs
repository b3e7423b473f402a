//! Intervals for mean losses by resampling the points.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Resamples: the 2.5 % ends of 1 000 are known to about 0.5 %.
const RESAMPLES: usize = 1_000;

/// Share of the resamples left out at either end.
const TAIL: f64 = 0.025;

/// A mean over points and the 95 % interval in which resampling the points leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The mean over the points at hand.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// In other units.
    pub(crate) fn scaled(self, unit: f64) -> Self {
        let Self { estimate, low, high } = self;
        Self { estimate: estimate * unit, low: low * unit, high: high * unit }
    }
}

/// More points than this need no resampling: their mean is normally distributed for every
/// practical purpose, and the resamples would fill the memory.
const MANY: usize = 4_000;

/// The same resamples for every formula, so that differences between formulas are paired.
pub(crate) struct Resamples {
    weights: Vec<f64>,
    /// How often each point is drawn; no resample for many points.
    counts: Vec<Vec<u16>>,
}

impl Resamples {
    /// Draws as many points as there are weights, again and again.
    pub(crate) fn new(weights: &[f64], seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let resamples = if weights.len() > MANY { 0 } else { RESAMPLES };
        let counts = (0..resamples).map(|_| {
            let mut counts = vec![0; weights.len()];
            for _ in 0..weights.len() {
                counts[rng.random_range(0..weights.len())] += 1;
            }
            counts
        });
        Self { counts: counts.collect(), weights: weights.to_vec() }
    }

    /// The percentile interval of a weighted mean.
    pub(crate) fn interval(&self, values: &[f64]) -> Interval {
        let estimate = weighted_mean(self.weights.iter().zip(values).map(|(&w, &v)| (w, v)));
        if self.counts.is_empty() {
            return self.normal_interval(values, estimate);
        }
        let mut means: Vec<f64> = self
            .counts
            .iter()
            .map(|counts| {
                let weights = counts.iter().zip(&self.weights).map(|(&n, w)| f64::from(n) * w);
                weighted_mean(weights.zip(values.iter().copied()))
            })
            .filter(|mean| mean.is_finite())
            .collect();
        means.sort_unstable_by(f64::total_cmp);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "short list")]
        let cut = (means.len() as f64 * TAIL) as usize;
        let end = |index: usize| means.get(index).copied().unwrap_or(estimate);
        Interval { estimate, low: end(cut), high: end(means.len().saturating_sub(cut + 1)) }
    }

    fn normal_interval(&self, values: &[f64], estimate: f64) -> Interval {
        let total: f64 = self.weights.iter().sum();
        let each = self.weights.iter().zip(values).map(|(w, v)| w * (v - estimate));
        let error = each.map(|part| part * part).sum::<f64>().sqrt() / total;
        Interval { estimate, low: estimate - NORMAL * error, high: estimate + NORMAL * error }
    }
}

/// Standard errors to the ends of a normal interval.
const NORMAL: f64 = 1.96;

fn weighted_mean(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut total, mut sum) = (0.0, 0.0);
    for (weight, value) in pairs {
        total += weight;
        sum += weight * value;
    }
    sum / total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_has_the_width_of_the_standard_error() {
        // 400 numbers of mean 0.5 and standard deviation 0.289.
        let values: Vec<f64> = (0..400).map(|n| (f64::from(n) + 0.5) / 400.0).collect();
        let interval = Resamples::new(&[1.0; 400], 1).interval(&values);
        let error = 1.96 * 0.2887 / 20.0;
        assert!((interval.estimate - 0.5).abs() < 1e-12);
        assert!((interval.high - 0.5 - error).abs() < 0.1 * error, "{interval:?}");
        assert!((0.5 - interval.low - error).abs() < 0.1 * error, "{interval:?}");
    }

    #[test]
    fn many_points_need_no_resampling() {
        let values: Vec<f64> = (0..3_900).map(|n| f64::from(n * 37 % 101)).collect();
        let few = Resamples::new(&vec![1.0; 3_900], 1).interval(&values);
        let values: Vec<f64> = (0..4_100).map(|n| f64::from(n * 37 % 101)).collect();
        let many = Resamples::new(&vec![1.0; 4_100], 1).interval(&values);
        let (narrow, wide) = (many.high - many.low, few.high - few.low);
        assert!((narrow / wide - 1.0).abs() < 0.15, "{few:?} {many:?}");
    }

    #[test]
    fn points_without_weight_do_not_count() {
        let interval = Resamples::new(&[1.0, 1.0, 0.0], 1).interval(&[2.0, 2.0, 9.0]);
        assert_eq!(interval, Interval { estimate: 2.0, low: 2.0, high: 2.0 });
    }
}
