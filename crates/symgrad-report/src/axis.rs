//! Axes: the range shown and the places of the ticks.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::number::{format_power_of_ten, format_tick};

/// A range with labelled ticks.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) ticks: Vec<Tick>,
}

/// A labelled place on an axis.
#[derive(Clone, Debug)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) label: String,
}

impl Axis {
    /// Shows all values, with about `count` ticks at round numbers. The values must be finite.
    pub(crate) fn linear(values: &[f64], count: u32) -> Self {
        let (low, high) = widened(range(values));
        let pad = 0.04 * (high - low);
        let (low, high) = (low - pad, high + pad);
        let step = round_step((high - low) / f64::from(count));
        Self { low, high, ticks: linear_ticks(low, high, step) }
    }

    /// Shows all counts, with ticks at whole numbers.
    pub(crate) fn whole(values: &[f64], count: u32) -> Self {
        let (low, high) = range(values);
        let pad = (0.04 * (high - low)).max(0.6);
        let (low, high) = (low - pad, high + pad);
        let step = round_step((high - low) / f64::from(count)).max(1.0);
        Self { low, high, ticks: linear_ticks(low.max(0.0), high, step) }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a picture")]
        let offset = (share * f64::from(end - start)).round() as i32;
        start + offset
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        // The library asks for fine grid lines too; we draw none.
        if hint.weight().allow_light_points() {
            return vec![];
        }
        self.ticks.iter().map(|tick| tick.at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let tick = self.ticks.iter().find(|tick| tick.at == *value);
        tick.map_or_else(String::new, |tick| tick.label.clone())
    }
}

/// A logarithmic axis on which zero has a place of its own, below the smallest positive value.
#[derive(Debug)]
pub(crate) struct LogScale {
    pub(crate) axis: Axis,
    zero: f64,
}

impl LogScale {
    /// Shows all losses, with at most about `count` ticks. They must be finite and not negative.
    pub(crate) fn new(losses: &[f64], count: u32) -> Self {
        let logs: Vec<f64> = losses.iter().filter(|&&v| v > 0.0).map(|v| v.log10()).collect();
        let (low, high) = if logs.is_empty() { (-1.0, 0.0) } else { range(&logs) };
        // A narrow range would magnify differences that mean nothing.
        let spread = (1.0 - (high - low)).max(0.0) / 2.0;
        let (low, high) = (low - spread, high + spread);
        let mut ticks = log_ticks(low, high, count);
        let zero = low - (0.12 * (high - low)).max(0.5);
        let has_zero = losses.contains(&0.0);
        if has_zero {
            ticks.insert(0, Tick { at: zero, label: "0".to_owned() });
        }
        let low = if has_zero { zero } else { low };
        let pad = 0.05 * (high - low);
        Self { axis: Axis { low: low - pad, high: high + pad, ticks }, zero }
    }

    /// Where a loss lies on the axis.
    pub(crate) fn place(&self, loss: f64) -> f64 {
        if loss > 0.0 { loss.log10() } else { self.zero }
    }
}

fn range(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low <= high { (low, high) } else { (0.0, 1.0) }
}

/// A range too narrow for its ticks to differ is widened about its middle.
fn widened((low, high): (f64, f64)) -> (f64, f64) {
    let magnitude = low.abs().max(high.abs());
    if high - low > 1e-9 * magnitude {
        return (low, high);
    }
    let half = if magnitude > 0.0 { 0.5 * magnitude } else { 0.5 };
    (low - half, high + half)
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `least`.
fn round_step(least: f64) -> f64 {
    if least <= 0.0 || !least.is_finite() {
        return 1.0;
    }
    let decade = 10_f64.powf(least.log10().floor());
    // The tolerance keeps a step that is already round.
    let found = [1.0, 2.0, 5.0].into_iter().find(|m| m * decade >= least * (1.0 - 1e-9));
    found.unwrap_or(10.0) * decade
}

fn linear_ticks(low: f64, high: f64, step: f64) -> Vec<Tick> {
    let first = (low / step).ceil();
    (0_u32..50)
        .map(|k| (first + f64::from(k)) * step)
        .take_while(|at| *at <= high)
        .map(|at| Tick { at, label: format_tick(at) })
        .collect()
}

/// Ticks at powers of ten if the range holds three of them, else at 1, 2, 5 times such.
fn log_ticks(low: f64, high: f64, count: u32) -> Vec<Tick> {
    // Doubles end at 10³⁰⁸, so both bounds are small integers.
    #[expect(clippy::cast_possible_truncation, reason = "at most 324 in magnitude")]
    let (first, last) = (low.ceil() as i32, high.floor() as i32);
    if last - first >= 2 {
        let step = round_step(f64::from(last - first) / f64::from(count)).max(1.0);
        #[expect(clippy::cast_possible_truncation, reason = "at most 1000")]
        let step = step as i32;
        let aligned = first + (-first).rem_euclid(step);
        return (aligned..=last)
            .step_by(step.unsigned_abs() as usize)
            .map(|e| Tick { at: f64::from(e), label: format_power_of_ten(e) })
            .collect();
    }
    (first - 1..=last)
        .flat_map(|e| [1.0, 2.0, 5.0].map(|m: f64| (m, e)))
        .map(|(m, e)| (f64::from(e) + m.log10(), m * 10_f64.powi(e)))
        .filter(|(at, _)| (low..=high).contains(at))
        .map(|(at, value)| Tick { at, label: format_tick(value) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn decades_are_thinned_and_zero_has_its_own_place() {
        let wide = LogScale::new(&[1.0, 1e-16], 7);
        assert_eq!(labels(&wide.axis), ["10⁻¹⁵", "10⁻¹⁰", "10⁻⁵", "1"]);
        let with_zero = LogScale::new(&[0.5, 1e-3, 0.0], 7);
        assert_eq!(labels(&with_zero.axis), ["0", "10⁻³", "0.01", "0.1"]);
        assert!(with_zero.place(0.0) < with_zero.place(1e-3));
    }

    #[test]
    fn equal_losses_still_have_a_scale() {
        let flat = LogScale::new(&[0.07, 0.07], 7);
        assert_eq!(labels(&flat.axis), ["0.05", "0.1", "0.2"]);
        let nothing = LogScale::new(&[0.0], 7);
        assert!(labels(&nothing.axis).contains(&"0"));
    }

    #[test]
    fn complexities_have_whole_ticks() {
        assert_eq!(labels(&Axis::whole(&[3.0], 10)), ["3"]);
        assert_eq!(labels(&Axis::whole(&[1.0, 25.0], 10)), ["5", "10", "15", "20", "25"]);
    }

    proptest! {
        #[test]
        fn every_axis_has_ticks_inside_and_shows_its_values(
            values in prop::collection::vec(-1e150..1e150_f64, 1..20),
            shrink in -300..0_i32,
        ) {
            let values: Vec<f64> = values.iter().map(|v| v * 10_f64.powi(shrink)).collect();
            let axis = Axis::linear(&values, 6);
            prop_assert!(!axis.ticks.is_empty() && axis.ticks.len() < 14);
            prop_assert!(values.iter().all(|v| axis.low <= *v && *v <= axis.high));
            prop_assert!(axis.ticks.iter().all(|t| axis.low <= t.at && t.at <= axis.high));
        }

        #[test]
        fn every_loss_has_a_place(exponents in prop::collection::vec(-323.0..308.0_f64, 1..20)) {
            let losses: Vec<f64> = exponents.iter().map(|e| 10_f64.powf(*e)).collect();
            let scale = LogScale::new(&losses, 7);
            prop_assert!(!scale.axis.ticks.is_empty() && scale.axis.ticks.len() < 14);
            for loss in losses {
                let at = scale.place(loss);
                prop_assert!(scale.axis.low <= at && at <= scale.axis.high);
            }
        }
    }
}
