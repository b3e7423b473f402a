//! The picture of a Pareto front: loss against complexity.

use serde::{Deserialize, Serialize};

use crate::ReportError;
use crate::axis::{Axis, LogScale};
use crate::canvas::{
    BLUE, Canvas, Font, Frame, GREY, LEFT, MONO_ADVANCE, PLOT_HEIGHT, PLOT_WIDTH, SOFT_INK, TOP,
    VERMILION, draw, shortened,
};
use crate::error::check_losses;
use crate::number::format_loss;

/// One entry of a Pareto front.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrontPoint {
    /// Complexity of the expression, in the units of the operator set.
    pub complexity: u32,
    /// Loss, at least 0.
    pub loss: f64,
    /// The expression as text.
    pub expression: String,
}

/// Words and extras of a front's picture.
///
/// ```
/// use symgrad_report::FrontLabels;
/// let labels = FrontLabels { title: "trace-2x2", ..FrontLabels::default() };
/// assert_eq!(labels.loss, "loss");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct FrontLabels<'a> {
    /// Heading of the picture.
    pub title: &'a str,
    /// What the vertical axis measures.
    pub loss: &'a str,
    /// Name of the front in the legend, which appears only beside a reference.
    pub name: &'a str,
    /// Another front, drawn in grey behind: its name and entries.
    pub reference: Option<(&'a str, &'a [FrontPoint])>,
}

impl Default for FrontLabels<'_> {
    fn default() -> Self {
        Self { title: "Pareto front", loss: "loss", name: "this run", reference: None }
    }
}

/// Draws loss, on a logarithmic axis, against complexity, as a standalone SVG.
///
/// A loss of exactly 0 stands on a line of its own below the others. The entry with index
/// `answer` is set apart and labelled with its formula; formulas that need more than four
/// lines are cut.
///
/// ```
/// use symgrad_report::{FrontLabels, FrontPoint, pareto_svg};
/// let entry = |complexity, loss, expression: &str| FrontPoint {
///     complexity,
///     loss,
///     expression: expression.into(),
/// };
/// let front = [entry(1, 0.31, "x1"), entry(3, 2.4e-5, "x1 + x4"), entry(7, 2.1e-5, "…")];
/// let svg = pareto_svg(&front, Some(1), &FrontLabels::default())?;
/// assert!(svg.contains("x1 + x4"));
/// # Ok::<(), symgrad_report::ReportError>(())
/// ```
pub fn pareto_svg(
    front: &[FrontPoint],
    answer: Option<usize>,
    labels: &FrontLabels<'_>,
) -> Result<String, ReportError> {
    let reference = labels.reference.filter(|(_, entries)| !entries.is_empty());
    let behind = reference.map_or(&[][..], |(_, entries)| entries);
    check_losses("front", &losses(front))?;
    if !behind.is_empty() {
        check_losses("reference front", &losses(behind))?;
    }
    let chosen = match answer {
        Some(index) => {
            let missing = ReportError::NoSuchEntry { index, len: front.len() };
            Some(front.get(index).ok_or(missing)?)
        }
        None => None,
    };

    let scale = LogScale::new(&[losses(front), losses(behind)].concat(), 7);
    let place = |entry: &FrontPoint| (f64::from(entry.complexity), scale.place(entry.loss));
    let label = chosen.map(|entry| AnswerLabel::new(entry, place(entry)));
    let complexities: Vec<f64> =
        front.iter().chain(behind).map(|entry| f64::from(entry.complexity)).collect();
    let mut y = scale.axis.clone();
    if let Some(label) = &label {
        label.make_room(&mut y);
    }
    let legend = reference
        .map(|(name, _)| [(format!("● {}", labels.name), BLUE), (format!("● {name}"), GREY)]);
    let frame = Frame {
        title: labels.title,
        legend: legend.as_ref().map_or(&[], |both| &both[..]),
        x_label: "complexity",
        y_label: labels.loss,
        x: Axis::whole(&complexities, 10),
        y,
    };
    draw(&frame, |canvas| {
        if let Some(label) = &label {
            canvas.clear_top(label.strip_height() - STRIP_MARGIN)?;
        }
        if !behind.is_empty() {
            let line = by_complexity(behind, place);
            canvas.line(&line, GREY, 1.0)?;
            canvas.dots(&line, GREY, 3.0, 1.0)?;
        }
        if let Some(label) = &label {
            label.leader(canvas, frame.y.high)?;
        }
        let line = by_complexity(front, place);
        canvas.line(&line, BLUE, 1.5)?;
        canvas.dots(&line, BLUE, 4.0, 1.2)?;
        label.as_ref().map_or(Ok(()), |label| label.draw(canvas))
    })
}

fn losses(front: &[FrontPoint]) -> Vec<f64> {
    front.iter().map(|entry| entry.loss).collect()
}

/// Positions from left to right, whatever the order of the entries.
fn by_complexity(
    front: &[FrontPoint],
    place: impl Fn(&FrontPoint) -> (f64, f64),
) -> Vec<(f64, f64)> {
    let mut places: Vec<(f64, f64)> = front.iter().map(place).collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    places
}

/// The answer's mark, and its formula in a strip above every entry, where it hides none.
struct AnswerLabel {
    at: (f64, f64),
    lines: Vec<String>,
    size: f64,
    numbers: String,
}

/// Distance between lines of text, in CSS pixels.
const LINE: i32 = 18;
/// Blank space in the strip, above the text and below it.
const STRIP_MARGIN: i32 = 8;
const MAX_LINES: usize = 4;

impl AnswerLabel {
    fn new(entry: &FrontPoint, at: (f64, f64)) -> Self {
        let columns = |size: f64| f64::from(PLOT_WIDTH - 16) / (MONO_ADVANCE * size);
        // Smaller type only for formulas that would not fit one line.
        let length = entry.expression.chars().count() as f64;
        let size = if length <= columns(14.0) { 14.0 } else { 12.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 100")]
        let lines = balanced(&entry.expression, columns(size) as usize);
        let numbers = format!("complexity {}, loss {}", entry.complexity, format_loss(entry.loss));
        Self { at, lines, size, numbers }
    }

    fn strip_height(&self) -> i32 {
        let lines = i32::try_from(self.lines.len()).unwrap_or(0) + 1;
        lines * LINE + 2 * STRIP_MARGIN
    }

    /// Extends the axis upwards so that the strip lies above all that is drawn.
    fn make_room(&self, axis: &mut Axis) {
        let strip = f64::from(self.strip_height());
        let all = f64::from(PLOT_HEIGHT);
        axis.high = axis.low + (axis.high - axis.low) * all / (all - strip);
    }

    /// A thin line from the strip down to the answer.
    fn leader(&self, canvas: &mut Canvas<'_>, top: f64) -> Result<(), ReportError> {
        let (_, pixel_top) = canvas.pixel((self.at.0, top));
        let (_, pixel_at) = canvas.pixel(self.at);
        let share = f64::from(self.strip_height() - STRIP_MARGIN / 2)
            / f64::from((pixel_at - pixel_top).max(1));
        let start = top + (self.at.1 - top) * share.min(1.0);
        canvas.line(&[(self.at.0, start), self.at], VERMILION, 0.75)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), ReportError> {
        canvas.dots(&[self.at], VERMILION, 6.5, 1.8)?;
        let formula = Font { size: self.size, color: VERMILION, formula: true };
        let small = Font { size: 12.0, color: SOFT_INK, formula: false };
        let longest = self.lines.iter().map(|line| line.chars().count()).max().unwrap_or(0) as f64;
        let numbers_width = self.numbers.chars().count() as f64 * 12.0 * 0.52;
        #[expect(clippy::cast_possible_truncation, reason = "lengths within a picture")]
        let half = (longest * self.size * MONO_ADVANCE).max(numbers_width).ceil() as i32 / 2 + 8;
        let (x, _) = canvas.pixel(self.at);
        // Centred above the answer, but not beyond the plot.
        let (left, right) = (LEFT + half, LEFT + PLOT_WIDTH - half);
        let x = x.clamp(left.min(right), right.max(left));
        let mut y = TOP + STRIP_MARGIN + LINE / 2;
        for line in &self.lines {
            canvas.text(line, (x, y), &formula)?;
            y += LINE;
        }
        canvas.text(&self.numbers, (x, y), &small)
    }
}

/// Wrapped to `width` or, with the same number of lines, to the least width.
fn balanced(text: &str, width: usize) -> Vec<String> {
    let full = wrapped(text, width);
    if full.len() > MAX_LINES {
        return cut(full, width);
    }
    let narrower = (1..width).rev().map(|w| wrapped(text, w));
    narrower.take_while(|lines| lines.len() == full.len()).last().unwrap_or(full)
}

/// The first lines, with a sign that there are more.
fn cut(mut lines: Vec<String>, width: usize) -> Vec<String> {
    lines.truncate(MAX_LINES);
    if let Some(last) = lines.last_mut() {
        *last = shortened(&format!("{last} …"), width);
    }
    lines
}

/// Lines of at most `width` characters, broken at blanks where there are any.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + rest.len() > width {
            lines.push(String::new());
            used = 0;
        }
        while !rest.is_empty() {
            let blank = usize::from(used > 0);
            let take = rest.len().min(width.saturating_sub(used + blank).max(1));
            if let Some(line) = lines.last_mut() {
                line.extend((blank > 0).then_some(' '));
                line.extend(rest.drain(..take));
            }
            used += blank + take;
            if !rest.is_empty() {
                lines.push(String::new());
                used = 0;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_break_at_blanks_and_end_in_an_ellipsis() {
        assert_eq!(wrapped("a + b", 10), ["a + b"]);
        assert_eq!(wrapped("aaa + bbb + ccc", 9), ["aaa + bbb", "+ ccc"]);
        assert_eq!(wrapped("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrapped("", 3), [""]);
        assert_eq!(balanced("aa + bb + cc", 10), ["aa + bb", "+ cc"]);
        let long = "x1*x2 + ".repeat(100);
        let lines = balanced(&long, 20);
        assert_eq!(lines.len(), MAX_LINES);
        assert!(lines[MAX_LINES - 1].ends_with('…'));
        assert!(lines.iter().all(|line| line.chars().count() <= 20));
    }
}
