//! Small pictures that are part of a page: they take its colours, light or dark.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{PageEntry, Relation};
use crate::axis::{Axis, LogScale};
use crate::canvas::shortened;
use crate::number::format_loss;

/// Size in units of the picture; small, so that letters can be read on a narrow screen.
const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 290.0;

/// Edges around the area between the axes.
const LEFT: f64 = 62.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 46.0;

/// Characters of a formula in a label.
const LABEL: usize = 240;

/// Bars of a histogram.
const BARS: usize = 24;

/// Values beyond this have no place on an axis.
pub(super) const LARGEST: f64 = 1e150;

/// A pair of axes with their names.
pub(super) struct Plot<'a> {
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) x_label: &'a str,
    pub(super) y_label: &'a str,
}

impl Plot<'_> {
    pub(super) fn place(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let along = |axis: &Axis, value: f64| (value - axis.low) / (axis.high - axis.low);
        let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
        [LEFT + width * along(&self.x, x), HEIGHT - BOTTOM - height * along(&self.y, y)]
    }

    /// Units of the picture per unit of each axis.
    pub(super) fn scales(&self) -> [f64; 2] {
        let [width, height] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM];
        [width / (self.x.high - self.x.low), height / (self.y.high - self.y.low)]
    }

    /// The picture; `role` and `label` are for those who cannot see it.
    pub(super) fn draw(&self, role: &str, label: &str, inner: &Markup) -> Markup {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let across = |at: f64| self.place([self.x.low, at])[1];
        let along = |at: f64| self.place([at, self.y.low])[0];
        let middle = f64::midpoint(TOP, bottom);
        html! {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role=(role) aria-label=(label) {
                g aria-hidden="true" {
                    @for tick in &self.y.ticks {
                        @let y = short(across(tick.at));
                        path .grid d={ "M" (LEFT) " " (y) "H" (right) } {}
                        text x=(LEFT - 6.0) y=(y) dy="0.35em" text-anchor="end" { (tick.label) }
                    }
                    @for tick in &self.x.ticks {
                        @let x = short(along(tick.at));
                        path .axis d={ "M" (x) " " (bottom) "v4" } {}
                        text x=(x) y=(bottom + 17.0) text-anchor="middle" { (tick.label) }
                    }
                    path .axis d={ "M" (LEFT) " " (TOP) "V" (bottom) "H" (right) } {}
                    text .label x=(f64::midpoint(LEFT, right)) y=(HEIGHT - 8.0) text-anchor="middle" {
                        (shortened(self.x_label, 48))
                    }
                    text .label x="14" y=(middle) text-anchor="middle" transform={ "rotate(-90 14 " (middle) ")" } {
                        (shortened(self.y_label, 30))
                    }
                }
                (inner)
            }
        }
    }

    fn line(&self, points: &[[f64; 2]]) -> String {
        let mut path = String::new();
        for (point, sign) in points.iter().zip(std::iter::once('M').chain(std::iter::repeat('L'))) {
            let [x, y] = self.place(*point).map(short);
            // Writing to a string cannot fail.
            let _ = write!(path, "{sign}{x} {y}");
        }
        path
    }

    /// Lines without length, whose round ends are dots.
    fn dots(&self, points: &[[f64; 2]]) -> String {
        let mut path = String::new();
        for point in points {
            let [x, y] = self.place(*point).map(short);
            let _ = write!(path, "M{x} {y}h0");
        }
        path
    }
}

/// A tenth of a unit is finer than the eye.
pub(super) fn short(place: f64) -> f64 {
    (10.0 * place).round() / 10.0
}

/// What an entry is called where it is a point.
pub(super) fn label(entry: &PageEntry) -> String {
    let formula = shortened(&entry.text, LABEL);
    format!("complexity {}, loss {}: {formula}", entry.complexity, format_loss(entry.loss))
}

/// The front, whose points can be chosen.
pub(super) fn front(entries: &[PageEntry], answer: usize, loss: &str) -> Markup {
    let shown = |entry: &PageEntry| entry.loss.is_finite() && entry.loss >= 0.0;
    let losses: Vec<f64> = entries.iter().filter(|e| shown(e)).map(|e| e.loss).collect();
    let complexities: Vec<f64> = entries.iter().map(|e| f64::from(e.complexity)).collect();
    let scale = LogScale::new(&losses, 7);
    let x = Axis::whole(&complexities, 8);
    let plot = Plot { x, y: scale.axis.clone(), x_label: "complexity", y_label: loss };
    let at = |entry: &PageEntry| [f64::from(entry.complexity), scale.place(entry.loss)];
    let places: Vec<[f64; 2]> = entries.iter().filter(|e| shown(e)).map(at).collect();
    let points = html! {
        path .line d=(plot.line(&places)) aria-hidden="true" {}
        @for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| shown(entry)) {
            @let [x, y] = plot.place(at(entry)).map(short);
            @let pressed = if index == answer { "true" } else { "false" };
            g .point role="button" tabindex="0" data-entry=(index) aria-pressed=(pressed)
                aria-label=(label(entry)) {
                circle .hit cx=(x) cy=(y) r="14" {}
                circle .dot cx=(x) cy=(y) r="6" {}
            }
        }
    };
    plot.draw("group", "Loss against complexity: a point for each formula of the front", &points)
}

/// What was fitted against the formula, with the curve; and what that leaves. `None` without points.
pub(super) fn relation(relation: &Relation) -> Option<[Markup; 2]> {
    let Relation { target, fit, .. } = relation;
    let fits = |[x, y]: &&[f64; 2]| x.abs() < LARGEST && y.abs() < LARGEST;
    let points: Vec<[f64; 2]> = relation.points.iter().filter(fits).copied().collect();
    let curve: Vec<[f64; 2]> = relation.curve.iter().filter(fits).copied().collect();
    if points.is_empty() {
        return None;
    }
    let column = |points: &[[f64; 2]], n: usize| points.iter().map(|p| p[n]).collect::<Vec<_>>();
    let x = Axis::linear(&column(&points, 0), 6);
    let y = Axis::linear(&[column(&points, 1), column(&curve, 1)].concat(), 6);
    let left: Vec<[f64; 2]> =
        points.iter().filter_map(|&[f, h]| Some([f, h - along(&curve, f)?])).collect();
    let curve = cut(&curve, x.low, x.high);
    let plot = Plot { x: x.clone(), y, x_label: "value of the formula", y_label: target };
    let inner = html! {
        path .haze d=(plot.dots(&points)) {}
        path .fit d=(plot.line(&curve)) {}
    };
    let whole = plot.draw("img", &format!("{target} against the formula, with {fit}"), &inner);
    let rest = column(&left, 1);
    let (x_label, y_label) = ("value of the formula", format!("{target} − {fit}"));
    let plot = Plot { x, y: Axis::linear(&rest, 6), x_label, y_label: &y_label };
    let [from, to] = [plot.x.low, plot.x.high].map(|at| [at, 0.0]);
    let inner = html! {
        path .haze d=(plot.dots(&left)) {}
        @if (plot.y.low..=plot.y.high).contains(&0.0) { path .fit d=(plot.line(&[from, to])) {} }
    };
    let rest = plot.draw("img", &format!("{target} less {fit}, against the formula"), &inner);
    Some([whole, rest])
}

/// The part of the curve between two places, to which it is cut: it may go beyond the points shown.
fn cut(curve: &[[f64; 2]], low: f64, high: f64) -> Vec<[f64; 2]> {
    let [Some(first), Some(last)] = [curve.first(), curve.last()] else { return vec![] };
    let end = |at: f64| (first[0]..=last[0]).contains(&at).then(|| along(curve, at)).flatten();
    let end = |at: f64| end(at).map(|height| [at, height]);
    let within = curve.iter().filter(|point| (low..=high).contains(&point[0])).copied();
    end(low).into_iter().chain(within).chain(end(high)).collect()
}

/// The curve's height there, on straight lines between its points.
fn along(curve: &[[f64; 2]], at: f64) -> Option<f64> {
    let [first, last] = [curve.first()?, curve.last()?];
    if at <= first[0] {
        return Some(first[1]);
    }
    let next = curve.iter().position(|point| point[0] >= at);
    let Some(next) = next else { return Some(last[1]) };
    let [[a, low], [b, high]] = [curve[next - 1], curve[next]];
    let share = if b > a { (at - a) / (b - a) } else { 1.0 };
    Some(low + share * (high - low))
}

/// Shares of the points by angle, on a logarithmic axis. `None` without angles.
pub(super) fn angles(angles: &[f64]) -> Option<Markup> {
    let angles: Vec<f64> = angles.iter().copied().filter(|a| (0.0..=180.0).contains(a)).collect();
    if angles.is_empty() {
        return None;
    }
    let scale = LogScale::new(&angles, 6);
    let (low, width) = (scale.axis.low, (scale.axis.high - scale.axis.low) / BARS as f64);
    let mut shares = [0.0; BARS];
    for angle in &angles {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within BARS")]
        let bar = ((scale.place(*angle) - low) / width) as usize;
        shares[bar.min(BARS - 1)] += 100.0 / angles.len() as f64;
    }
    let most = shares.iter().copied().fold(0.0, f64::max);
    let mut y = Axis::linear(&[0.0, most], 5);
    y.low = 0.0;
    y.ticks.retain(|tick| tick.at >= 0.0);
    let (x_label, y_label) = ("angle in degrees", "% of the points");
    let plot = Plot { x: scale.axis, y, x_label, y_label };
    let bars = html! {
        @for (bar, share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            @let [left, top] = plot.place([low + width * bar as f64, *share]).map(short);
            @let [right, bottom] = plot.place([low + width * (bar as f64 + 1.0), 0.0]).map(short);
            path .bar d={ "M" (left) " " (top) "H" (short(right - 1.0)) "V" (bottom) "H" (left) "Z" } {}
        }
    };
    let label = "Histogram of the angles between the gradients of the formula and the given ones";
    Some(plot.draw("img", label, &bars))
}

/// Losses by step, the second and every other curve dashed, with a line where a stage begins: there
/// losses change their meaning, and curves begin anew. `None` without a loss above zero.
pub(super) fn training(
    curves: &[(String, Vec<[f64; 2]>)],
    stages: &[(f64, String)],
) -> Option<Markup> {
    let shown = |[step, loss]: &&[f64; 2]| step.abs() < LARGEST && *loss > 0.0 && *loss < LARGEST;
    let curves: Vec<Vec<[f64; 2]>> =
        curves.iter().map(|(_, curve)| curve.iter().filter(shown).copied().collect()).collect();
    let all: Vec<[f64; 2]> = curves.concat();
    if all.is_empty() {
        return None;
    }
    let column = |n: usize| all.iter().map(|point| point[n]).collect::<Vec<_>>();
    let scale = LogScale::new(&column(1), 7);
    let x = Axis::linear(&[column(0), vec![0.0]].concat(), 6);
    let plot = Plot { x, y: scale.axis.clone(), x_label: "step", y_label: "loss" };
    let at = |[step, loss]: &[f64; 2]| [*step, scale.place(*loss)];
    let stage_of = |step: f64| stages.iter().filter(|(from, _)| *from <= step).count();
    let inner = html! {
        @for (number, (from, _)) in stages.iter().enumerate().filter(|(_, (from, _))| *from > 1.0) {
            @let [x, bottom] = plot.place([*from, plot.y.low]).map(short);
            @let top = short(plot.place([*from, plot.y.high])[1]);
            path .stage d={ "M" (x) " " (top) "V" (bottom) } aria-hidden="true" {}
            text x=(short(x + 4.0)) y=(short(top + 11.0)) aria-hidden="true" { (number + 1) }
        }
        @for (curve, class) in curves.iter().zip(["line", "fit dashed"].into_iter().cycle()) {
            @for part in curve.chunk_by(|a, b| stage_of(a[0]) == stage_of(b[0])) {
                @let places: Vec<[f64; 2]> = part.iter().map(at).collect();
                path class=(class) d=(plot.line(&places)) {}
                @if let [only] = places.as_slice() { path .haze d=(plot.dots(&[*only])) {} }
            }
        }
    };
    let told: Vec<String> =
        stages.iter().map(|(from, name)| format!("{name} from step {from}")).collect();
    let told = if told.is_empty() { String::new() } else { format!("; {}", told.join(", ")) };
    Some(plot.draw("img", &format!("Losses of the training by step{told}"), &inner))
}

/// φ alone, as small as a word. `None` without a curve.
pub(super) fn spark(curve: &[[f64; 2]], label: &str) -> Option<Markup> {
    let curve: Vec<[f64; 2]> =
        curve.iter().filter(|[x, y]| x.abs() < LARGEST && y.abs() < LARGEST).copied().collect();
    let range = |n: usize| {
        let values = curve.iter().map(|point| point[n]);
        let low = values.clone().fold(f64::INFINITY, f64::min);
        (low, (values.fold(f64::NEG_INFINITY, f64::max) - low).max(f64::MIN_POSITIVE))
    };
    if curve.len() < 2 {
        return None;
    }
    let ((left, width), (low, height)) = (range(0), range(1));
    let mut path = String::new();
    for ([x, y], sign) in curve.iter().zip(std::iter::once('M').chain(std::iter::repeat('L'))) {
        let (x, y) = (4.0 + 152.0 * (x - left) / width, 56.0 - 52.0 * (y - low) / height);
        let _ = write!(path, "{sign}{} {}", short(x), short(y));
    }
    Some(html! {
        svg viewBox="0 0 160 60" role="img" aria-label=(label) {
            path .axis d="M4 2V56H158" {}
            path .fit d=(path) {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_cut_to_the_points_shown() {
        let curve = [[0.0, 0.0], [2.0, 4.0], [4.0, 0.0]];
        assert_eq!(cut(&curve, 1.0, 3.0), [[1.0, 2.0], [2.0, 4.0], [3.0, 2.0]]);
        assert_eq!(cut(&curve, -1.0, 5.0), curve);
        assert_eq!(cut(&[], 0.0, 1.0), [[0.0; 2]; 0]);
    }
}
