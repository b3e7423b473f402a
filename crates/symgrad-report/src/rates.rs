//! Rates with their intervals, as numbers and as a picture.

use plotters::style::RGBColor;

use crate::ReportError;
use crate::axis::Axis;
use crate::canvas::{BLUE, Frame, GREEN, GREY, VERMILION, draw};
use crate::error::check_finite;

/// The 95 % Wilson score interval of a rate: `hits` out of `trials`.
///
/// It stays within [0, 1] and is not empty when all trials agree; without trials it is [0, 1]
/// (Wilson, J. Am. Stat. Assoc. 22, 1927).
///
/// ```
/// let (low, high) = symgrad_report::wilson(5, 5);
/// assert!((low - 0.566).abs() < 1e-3 && high == 1.0);
/// ```
pub fn wilson(hits: usize, trials: usize) -> (f64, f64) {
    /// The standard normal quantile of 97.5 %.
    const Z: f64 = 1.959_963_984_540_054;
    if trials == 0 {
        return (0.0, 1.0);
    }
    let (n, rate) = (trials as f64, hits as f64 / trials as f64);
    let square = Z * Z / n;
    let centre = (rate + square / 2.0) / (1.0 + square);
    let half = Z * (rate * (1.0 - rate) / n + square / (4.0 * n)).sqrt() / (1.0 + square);
    // At the ends rounding must not cut off the rate itself.
    let low = if hits == 0 { 0.0 } else { centre - half };
    let high = if hits == trials { 1.0 } else { centre + half };
    (low, high)
}

/// How often something succeeded at one place of the horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatePoint {
    /// The place.
    pub x: f64,
    /// Successes, at most `trials`.
    pub hits: usize,
    /// Attempts, at least 1.
    pub trials: usize,
}

/// A named curve of rates.
#[derive(Clone, Debug, PartialEq)]
pub struct RateCurve {
    /// Name in the legend.
    pub name: String,
    /// Its points, in the order in which they are joined.
    pub points: Vec<RatePoint>,
}

/// Draws rates in per cent with their [Wilson intervals](wilson), as a standalone SVG.
///
/// Curves are set apart a little along the horizontal axis, so that their intervals do not
/// hide one another. The first three have colours of their own; further ones are grey.
///
/// ```
/// use symgrad_report::{RateCurve, RatePoint, rate_svg};
/// let points = vec![RatePoint { x: 3.0, hits: 9, trials: 9 }, RatePoint { x: 9.0, hits: 7, trials: 9 }];
/// let curve = RateCurve { name: "exact".into(), points };
/// assert!(rate_svg(&[curve], "Recovered", "complexity")?.starts_with("<svg"));
/// # Ok::<(), symgrad_report::ReportError>(())
/// ```
pub fn rate_svg(curves: &[RateCurve], title: &str, x_label: &str) -> Result<String, ReportError> {
    let places: Vec<f64> = curves.iter().flat_map(|c| c.points.iter().map(|p| p.x)).collect();
    check_finite("rates' places", &places)?;
    let legend: Vec<(String, RGBColor)> =
        curves.iter().zip(colors()).map(|(c, color)| (format!("● {}", c.name), color)).collect();
    let x = Axis::linear(&places, 8);
    let apart = (x.high - x.low) * APART;
    let frame = Frame {
        title,
        legend: &legend,
        x_label,
        y_label: "rate (%)",
        x,
        y: Axis::linear(&[0.0, 100.0], 5),
    };
    draw(&frame, |canvas| {
        for (index, (curve, color)) in curves.iter().zip(colors()).enumerate() {
            let shift = (index as f64 - (curves.len() - 1) as f64 / 2.0) * apart;
            let at = |point: &RatePoint| {
                let rate = 100.0 * point.hits as f64 / point.trials.max(1) as f64;
                (point.x + shift, rate)
            };
            let rates: Vec<(f64, f64)> = curve.points.iter().map(at).collect();
            for (point, place) in curve.points.iter().zip(&rates) {
                let (low, high) = wilson(point.hits, point.trials);
                canvas.line(&[(place.0, 100.0 * low), (place.0, 100.0 * high)], color, 1.0)?;
            }
            canvas.line(&rates, color, 1.5)?;
            canvas.dots(&rates, color, 4.0, 1.0)?;
        }
        Ok(())
    })
}

/// Distance of the curves' places, as a share of the axis.
const APART: f64 = 0.006;

fn colors() -> impl Iterator<Item = RGBColor> {
    [BLUE, VERMILION, GREEN].into_iter().chain(std::iter::repeat(GREY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_contains_the_rate() {
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        for trials in 1..40 {
            for hits in 0..=trials {
                let (low, high) = wilson(hits, trials);
                let rate = hits as f64 / trials as f64;
                assert!(0.0 <= low && low <= rate && rate <= high && high <= 1.0);
            }
        }
        // Newcombe, Stat. Med. 17 (1998), table I: 15 out of 148.
        let (low, high) = wilson(15, 148);
        assert!((low - 0.0624).abs() < 5e-5 && (high - 0.1605).abs() < 5e-5);
    }

    #[test]
    fn a_picture_needs_points() {
        assert!(matches!(rate_svg(&[], "t", "x"), Err(ReportError::Empty { .. })));
        let point = RatePoint { x: f64::NAN, hits: 1, trials: 2 };
        let curve = RateCurve { name: "c".into(), points: vec![point] };
        assert!(matches!(rate_svg(&[curve], "t", "x"), Err(ReportError::NotDrawable { .. })));
    }
}
