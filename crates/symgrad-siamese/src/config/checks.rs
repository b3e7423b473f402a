//! Checks of single settings, whose errors name them.

use std::fmt;

use crate::SiameseError;

pub(super) fn validate_warmup(warmup: f64) -> Result<(), SiameseError> {
    let range = "at least 0 and below 1";
    check("schedule.warmup", warmup, range, |warmup| (0.0..1.0).contains(warmup))
}

pub(super) fn within(
    setting: &'static str,
    value: usize,
    range: std::ops::RangeInclusive<usize>,
    expected: &'static str,
) -> Result<(), SiameseError> {
    check(setting, value, expected, |value| range.contains(value))
}

pub(super) fn positive(setting: &'static str, value: f64) -> Result<(), SiameseError> {
    check(setting, value, "positive and finite", |&value| value > 0.0 && value.is_finite())
}

pub(super) fn not_negative(setting: &'static str, value: f64) -> Result<(), SiameseError> {
    check(setting, value, "at least 0 and finite", |&value| value >= 0.0 && value.is_finite())
}

pub(super) fn check<T: fmt::Display>(
    setting: &'static str,
    value: T,
    expected: &'static str,
    holds: impl Fn(&T) -> bool,
) -> Result<(), SiameseError> {
    if holds(&value) {
        return Ok(());
    }
    Err(SiameseError::Setting { setting, value: value.to_string(), expected })
}
