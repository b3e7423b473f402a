//! The picture of a neuron against the formula found for it.

use std::collections::BTreeSet;

use plotters::style::RGBColor;

use crate::ReportError;
use crate::axis::Axis;
use crate::canvas::{BLUE, Frame, INK, PLOT_HEIGHT, PLOT_WIDTH, draw};
use crate::error::check_finite;

/// Words and numbers of a scatter picture.
#[derive(Clone, Copy, Debug)]
pub struct ScatterLabels<'a> {
    /// Heading of the picture.
    pub title: &'a str,
    /// Name of the horizontal axis, such as the formula itself.
    pub formula: &'a str,
    /// Name of the vertical axis.
    pub latent: &'a str,
    /// Share of the variance explained, written above the picture if given.
    pub r_squared: Option<f64>,
    /// Rank correlation, written above the picture if given.
    pub spearman: Option<f64>,
}

impl Default for ScatterLabels<'_> {
    fn default() -> Self {
        Self {
            title: "Neuron against formula",
            formula: "formula",
            latent: "neuron",
            r_squared: None,
            spearman: None,
        }
    }
}

/// Draws the neuron's value against the formula's at the same points, as a standalone SVG.
///
/// A curve, straight or bent, says that the neuron is a function of the formula; a cloud says
/// that it is not. At most 3 000 points are drawn: where they lie denser than the eye can
/// tell, one stands for its neighbours, so that outliers always stay.
///
/// ```
/// use symgrad_report::{ScatterLabels, scatter_svg};
/// let formula: Vec<f64> = (0..100).map(|n| f64::from(n) / 50.0 - 1.0).collect();
/// let latent: Vec<f64> = formula.iter().map(|g| g.tanh()).collect();
/// let labels = ScatterLabels { spearman: Some(1.0), ..ScatterLabels::default() };
/// assert!(scatter_svg(&latent, &formula, &labels)?.starts_with("<svg"));
/// # Ok::<(), symgrad_report::ReportError>(())
/// ```
pub fn scatter_svg(
    latent: &[f64],
    formula: &[f64],
    labels: &ScatterLabels<'_>,
) -> Result<String, ReportError> {
    if latent.len() != formula.len() {
        return Err(ReportError::Lengths {
            left: "the neuron",
            left_len: latent.len(),
            right: "the formula",
            right_len: formula.len(),
        });
    }
    check_finite("neuron's values", latent)?;
    check_finite("formula's values", formula)?;

    let notes = [("R²", labels.r_squared), ("Spearman", labels.spearman)];
    let legend: Vec<(String, RGBColor)> = notes
        .into_iter()
        .filter_map(|(name, value)| Some((format!("{name} = {}", correlation(value?)), INK)))
        .collect();
    let frame = Frame {
        title: labels.title,
        legend: &legend,
        x_label: labels.formula,
        y_label: labels.latent,
        x: Axis::linear(formula, 8),
        y: Axis::linear(latent, 6),
    };
    let points: Vec<(f64, f64)> = formula.iter().copied().zip(latent.iter().copied()).collect();
    let shown = thinned(&points, &frame.x, &frame.y);
    let (radius, opacity) = if shown.len() > 300 { (2.5, 0.35) } else { (3.5, 0.7) };
    draw(&frame, |canvas| canvas.haze(&shown, BLUE, radius, opacity))
}

const MOST_POINTS: usize = 3000;

/// One point per cell of a grid just coarse enough to leave at most `MOST_POINTS`.
fn thinned(points: &[(f64, f64)], x: &Axis, y: &Axis) -> Vec<(f64, f64)> {
    let mut cell = 0.5;
    loop {
        let kept = one_per_cell(points, x, y, cell);
        if kept.len() <= MOST_POINTS {
            return kept;
        }
        cell *= 1.25;
    }
}

fn one_per_cell(points: &[(f64, f64)], x: &Axis, y: &Axis, cell: f64) -> Vec<(f64, f64)> {
    let index = |value: f64, axis: &Axis, length: i32| {
        let place = (value - axis.low) / (axis.high - axis.low) * f64::from(length) / cell;
        #[expect(clippy::cast_possible_truncation, reason = "cells within a picture")]
        let index = place.floor() as i64;
        index
    };
    let mut taken = BTreeSet::new();
    points
        .iter()
        .copied()
        .filter(|&(a, b)| taken.insert((index(a, x, PLOT_WIDTH), index(b, y, PLOT_HEIGHT))))
        .collect()
}

/// Enough digits to tell good from perfect, and never 1 for less than 1.
fn correlation(value: f64) -> String {
    let gap = 1.0 - value.abs();
    if value.abs() == 1.0 || !(0.0..1e-3).contains(&gap) {
        return format!("{value:.3}").replace('-', "−");
    }
    // A gap of 3e-5 shows as 0.99997: one digit beyond the nines.
    let digits = (-gap.log10()).ceil().min(12.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "3 to 12")]
    let digits = digits as usize;
    let unit = 10_f64.powi(i32::try_from(digits).unwrap_or(12));
    format!("{:.digits$}", (value * unit).trunc() / unit).replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlations_are_never_rounded_up_to_one() {
        let cases = [(1.0, "1.000"), (0.99997, "0.99997"), (-0.5, "−0.500"), (0.9996, "0.9996")];
        for (value, wanted) in cases {
            assert_eq!(correlation(value), wanted);
        }
    }

    #[test]
    fn thinning_keeps_outliers_and_bounds_the_file() {
        let mut points: Vec<(f64, f64)> =
            (0..40_000).map(|n| (f64::from(n % 200) / 200.0, f64::from(n / 200) / 200.0)).collect();
        points.push((5.0, 5.0));
        let (xs, ys): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        let kept = thinned(&points, &Axis::linear(&xs, 8), &Axis::linear(&ys, 6));
        assert!(kept.len() <= MOST_POINTS && kept.contains(&(5.0, 5.0)));
        let svg = scatter_svg(&ys, &xs, &ScatterLabels::default()).unwrap();
        assert!(svg.len() < 500_000, "{} bytes", svg.len());
    }
}
