//! The outer function φ: how a neuron's value depends on the formula found for it.

use serde::{Deserialize, Serialize};

use crate::statistics::spearman;

/// How the value of a neuron goes with that of a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trend {
    /// φ is increasing.
    Rising,
    /// φ is decreasing.
    Falling,
    /// φ turns back: no monotone function explains nearly as much as one that may turn.
    Folded,
}

/// The function φ of h(x) = φ(f(x)), as far as points show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outer {
    /// Its direction.
    pub trend: Trend,
    /// Share of the neuron's variance that the best monotone function of the formula explains
    /// (least squares); of a folded φ, that which a moving average explains.
    pub r_squared: f64,
    /// Rank correlation of formula and neuron; ±1 for a monotone φ.
    pub spearman: f64,
    /// Pairs of a formula's value and φ there, at most 50, in rising order of the first.
    pub curve: Vec<[f64; 2]>,
}

/// φ turns if a monotone function leaves more of the variance than this, and
const FOLDED: f64 = 0.002;

/// this many times what a moving average leaves, which errs more than the monotone fit where
/// φ does not turn.
const TURNED: f64 = 2.0;

/// Points of the curve that is kept.
const CURVE: usize = 50;

impl Outer {
    /// From the formula's and the neuron's values at the same points, and whether φ is known to
    /// turn back. `None` for fewer than three points or a neuron that does not vary.
    #[must_use]
    pub fn of(formula: &[f64], neuron: &[f64], folded: bool) -> Option<Self> {
        let mut pairs: Vec<(f64, f64)> =
            formula.iter().copied().zip(neuron.iter().copied()).collect();
        pairs.retain(|(f, h)| f.is_finite() && h.is_finite());
        if pairs.len() < 3 {
            return None;
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let (f, h): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let explained = |fit: &[f64]| r_squared(&h, fit);
        let rising = rising_fit(&h);
        let negative: Vec<f64> = h.iter().map(|h| -h).collect();
        let falling: Vec<f64> = rising_fit(&negative).into_iter().map(|h| -h).collect();
        let average = moving_average(&h);
        let [up, down, free] = [explained(&rising)?, explained(&falling)?, explained(&average)?];
        let left = 1.0 - up.max(down);
        let (trend, r_squared, fit) = if folded || left > FOLDED.max(TURNED * (1.0 - free)) {
            (Trend::Folded, free, average)
        } else if up >= down {
            (Trend::Rising, up, rising)
        } else {
            (Trend::Falling, down, falling)
        };
        let kept = f.len().min(CURVE);
        let curve = (0..kept).map(|k| k * (f.len() - 1) / (kept - 1)).map(|n| [f[n], fit[n]]);
        Some(Self { trend, r_squared, spearman: spearman(&f, &h), curve: curve.collect() })
    }
}

/// The non-decreasing sequence closest to the values: neighbours that fall are pooled.
fn rising_fit(values: &[f64]) -> Vec<f64> {
    // Pools of a sum and a count.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for &value in values {
        let (mut sum, mut count) = (value, 1);
        while let Some(&(before, size)) = pools.last()
            && before / size as f64 >= sum / count as f64
        {
            sum += before;
            count += size;
            pools.pop();
        }
        pools.push((sum, count));
    }
    pools
        .into_iter()
        .flat_map(|(sum, count)| std::iter::repeat_n(sum / count as f64, count))
        .collect()
}

/// At each place the mean of its neighbours' values, its own left out.
fn moving_average(values: &[f64]) -> Vec<f64> {
    let reach = (values.len() / 50).clamp(1, 20);
    let around = |n: usize| {
        let (start, end) = (n.saturating_sub(reach), (n + reach + 1).min(values.len()));
        (values[start..end].iter().sum::<f64>() - values[n]) / (end - start - 1) as f64
    };
    (0..values.len()).map(around).collect()
}

/// Share of the values' variance that a fit explains; `None` if they do not vary.
fn r_squared(values: &[f64], fit: &[f64]) -> Option<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let total: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let left: f64 = values.iter().zip(fit).map(|(v, f)| (v - f).powi(2)).sum();
    let share = 1.0 - left / total;
    share.is_finite().then_some(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Vec<f64> {
        (0..400).map(|n| f64::from(n * 7 % 400) / 200.0 - 1.0).collect()
    }

    fn outer(phi: impl Fn(f64) -> f64) -> Outer {
        let f = grid();
        let h: Vec<f64> = f.iter().map(|&f| phi(f)).collect();
        Outer::of(&f, &h, false).unwrap()
    }

    #[test]
    fn monotone_functions_are_explained_whole() {
        let rising = outer(|f| (3.0 * f).tanh());
        assert_eq!(rising.trend, Trend::Rising);
        assert!(rising.spearman.min(rising.r_squared) > 1.0 - 1e-12, "{rising:?}");
        assert_eq!(rising.curve.len(), CURVE);
        assert!(rising.curve.iter().all(|[f, h]| (h - (3.0 * f).tanh()).abs() < 1e-12));
        let falling = outer(|f| (-f).exp());
        assert_eq!(falling.trend, Trend::Falling);
        assert!(falling.spearman < -1.0 + 1e-12, "{falling:?}");
    }

    #[test]
    fn a_fold_is_seen() {
        let folded = outer(|f| f * f);
        assert_eq!(folded.trend, Trend::Folded);
        assert!(folded.r_squared > 0.99 && folded.spearman.abs() < 0.1, "{folded:?}");
    }

    #[test]
    fn pools_are_means() {
        assert_eq!(rising_fit(&[1.0, 3.0, 2.0, 4.0]), [1.0, 2.5, 2.5, 4.0]);
        assert_eq!(rising_fit(&[3.0, 2.0, 1.0]), [2.0, 2.0, 2.0]);
    }

    #[test]
    fn nothing_is_said_of_constants_or_too_few_points() {
        assert!(Outer::of(&[1.0, 2.0, 3.0], &[5.0; 3], false).is_none());
        assert!(Outer::of(&[1.0, 2.0], &[1.0, 2.0], false).is_none());
        assert!(Outer::of(&[f64::NAN, 2.0, 3.0], &[1.0, 2.0, 3.0], false).is_none());
    }
}
