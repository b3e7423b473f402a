//! The picture of a training: loss against steps.

use plotters::style::RGBColor;

use crate::ReportError;
use crate::axis::{Axis, LogScale};
use crate::canvas::{BLUE, Frame, GREEN, GREY, VERMILION, draw};
use crate::error::{check_finite, check_losses};

/// A named curve: pairs of step and loss.
#[derive(Clone, Copy, Debug)]
pub struct Curve<'a> {
    /// Name in the legend, such as `training` or `validation`.
    pub name: &'a str,
    /// Step, or epoch, and the loss there.
    pub points: &'a [(f64, f64)],
}

/// Draws losses, on a logarithmic axis, against steps, as a standalone SVG.
///
/// `x_label` names the steps (`step`, `epoch`). The first three curves have colours of their
/// own; further ones are grey.
///
/// ```
/// use symgrad_report::{Curve, training_curve_svg};
/// let losses = [(0.0, 0.98), (100.0, 0.41), (200.0, 0.07)];
/// let training = Curve { name: "training", points: &losses };
/// let svg = training_curve_svg(&[training], "trace-2x2", "step")?;
/// assert!(svg.contains("training"));
/// # Ok::<(), symgrad_report::ReportError>(())
/// ```
pub fn training_curve_svg(
    curves: &[Curve<'_>],
    title: &str,
    x_label: &str,
) -> Result<String, ReportError> {
    let steps: Vec<f64> = curves.iter().flat_map(|c| c.points.iter().map(|p| p.0)).collect();
    let losses: Vec<f64> = curves.iter().flat_map(|c| c.points.iter().map(|p| p.1)).collect();
    check_finite("training curve's steps", &steps)?;
    check_losses("training curve", &losses)?;

    let scale = LogScale::new(&losses, 7);
    let legend: Vec<(String, RGBColor)> = curves
        .iter()
        .zip(colors())
        .map(|(curve, color)| (format!("● {}", curve.name), color))
        .collect();
    let frame = Frame {
        title,
        legend: &legend,
        x_label,
        y_label: "loss",
        x: Axis::linear(&steps, 8),
        y: scale.axis.clone(),
    };
    draw(&frame, |canvas| {
        for (curve, color) in curves.iter().zip(colors()) {
            let line: Vec<(f64, f64)> =
                curve.points.iter().map(|&(step, loss)| (step, scale.place(loss))).collect();
            canvas.line(&line, color, 1.5)?;
            if line.len() < 3 {
                canvas.dots(&line, color, 3.0, 0.0)?;
            }
        }
        Ok(())
    })
}

fn colors() -> impl Iterator<Item = RGBColor> {
    [BLUE, VERMILION, GREEN].into_iter().chain(std::iter::repeat(GREY))
}
