//! Directions next to a plane of two inputs, and a formula's level sets in it.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::PagePlane;
use super::plot::{Plot, short};
use crate::axis::Axis;
use crate::number::format_loss;

/// Level sets that are drawn, evenly by the share of the plane below them.
const LEVELS: usize = 9;

/// Half the length of a stroke.
const STROKE: f64 = 9.0;

/// A gradient of which less than this share lies in the plane has no direction there.
const LEAST: f64 = 0.1;

/// The picture, and what is to be said below it. `None` where there is nothing to draw.
pub(super) fn plane(plane: &PagePlane) -> Option<(Markup, String)> {
    let [first, second] = &plane.nodes;
    let fits = first.len() >= 2
        && second.len() >= 2
        && plane.levels.len() == first.len() * second.len()
        && plane.places.len() == plane.given.len()
        && plane.places.len() == plane.own.len()
        && !plane.places.is_empty();
    let is_finite = |values: &[f64]| values.iter().all(|value| value.abs() < super::plot::LARGEST);
    if !fits || !is_finite(first) || !is_finite(second) {
        return None;
    }
    let [x, y] = [first, second].map(|nodes| Axis::linear(nodes, 6));
    let [x_label, y_label] = &plane.names;
    let plot = Plot { x, y, x_label, y_label };
    let (given, own) = strokes(plane, &plot);
    let inner = html! {
        path .level d=(level_sets(plane, &plot)) {}
        path .wide d=(given) {}
        path .slim d=(own) {}
    };
    let label = format!(
        "Over {x_label} and {y_label}: level sets of the formula, and at {} points the directions in which \
         what was searched does not change, with those of the formula on them",
        plane.places.len()
    );
    Some((plot.draw("img", &label, &inner), caption(plane)))
}

fn caption(plane: &PagePlane) -> String {
    let [first, second] = &plane.names;
    let at = if plane.others.is_empty() {
        "at some of the points".to_owned()
    } else {
        format!(
            "at the points next to the plane, which lies where {} (beside it, they need not follow the \
             lines)",
            plane.others
        )
    };
    let differ = median_angle(plane).map_or_else(
        || " In this plane the formula does not change.".to_owned(),
        |angle| format!(" In this plane half of them differ by less than {}°.", format_loss(angle)),
    );
    format!(
        "{first} and {second} matter most. Thin lines: level sets of the formula. Strokes {at}: along \
         them what was searched does not change (wide), and the formula does not (slim).{differ}"
    )
}

/// Half of the angles between the given gradients and the formula's, in the plane, are below this.
/// `None` where the formula has no gradient there.
fn median_angle(plane: &PagePlane) -> Option<f64> {
    let angle = |([a, b], [c, d]): (&[f64; 2], &[f64; 2])| {
        let (cross, dot) = (a * d - b * c, a * c + b * d);
        let angle = cross.abs().atan2(dot.abs()).to_degrees();
        let has_both = a.hypot(*b) >= LEAST && c.hypot(*d) > 0.0;
        (has_both && angle.is_finite()).then_some(angle)
    };
    let mut angles: Vec<f64> = plane.given.iter().zip(&plane.own).filter_map(angle).collect();
    angles.sort_by(f64::total_cmp);
    angles.get(angles.len() / 2).copied()
}

/// Across the given gradients and the formula's, as paths.
fn strokes(plane: &PagePlane, plot: &Plot<'_>) -> (String, String) {
    let (mut given, mut own) = (String::new(), String::new());
    for ((place, direction), formula) in plane.places.iter().zip(&plane.given).zip(&plane.own) {
        let share = direction[0].hypot(direction[1]);
        if share < LEAST {
            continue;
        }
        let half = STROKE * share.min(1.0);
        let at = plot.place(*place);
        for (gradient, path) in [(direction, &mut given), (formula, &mut own)] {
            if let Some([dx, dy]) = across(gradient, plane, plot) {
                let [x, y] = [at[0] - half * dx, at[1] - half * dy].map(short);
                let [dx, dy] = [2.0 * half * dx, 2.0 * half * dy].map(short);
                // Writing to a string cannot fail.
                let _ = write!(path, "M{x} {y}l{dx} {dy}");
            }
        }
    }
    (given, own)
}

/// The direction in the picture along which a function with that gradient does not change.
fn across(gradient: &[f64; 2], plane: &PagePlane, plot: &Plot<'_>) -> Option<[f64; 2]> {
    let [width, height] = plot.scales();
    let along = gradient[0] / (plane.spread[0] * width);
    let up = gradient[1] / (plane.spread[1] * height);
    let length = along.hypot(up);
    // Down is positive in a picture.
    (length.is_normal()).then(|| [up / length, along / length])
}

/// The level sets as one path: marching squares.
fn level_sets(plane: &PagePlane, plot: &Plot<'_>) -> String {
    let mut sorted: Vec<f64> = plane.levels.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    if sorted.is_empty() {
        return String::new();
    }
    let mut levels: Vec<f64> =
        (0..LEVELS).map(|k| sorted[(2 * k + 1) * sorted.len() / (2 * LEVELS)]).collect();
    levels.dedup();
    let mut path = String::new();
    let [first, second] = &plane.nodes;
    let row = first.len();
    for j in 1..second.len() {
        for i in 1..row {
            // Around the cell.
            let corners = [(i - 1, j - 1), (i, j - 1), (i, j), (i - 1, j)]
                .map(|(i, j)| ([first[i], second[j]], plane.levels[j * row + i]));
            let values = corners.map(|(_, value)| value);
            let crossed =
                |level: &f64| values.iter().any(|v| v <= level) && values.iter().any(|v| v > level);
            let own: Vec<f64> = levels.iter().copied().filter(crossed).collect();
            // Where a cell holds all levels there is no surface but a pole.
            if !values.iter().all(|v| v.is_finite()) || own.len() == levels.len() && own.len() > 2 {
                continue;
            }
            for level in own {
                for [from, to] in segments(&corners, level) {
                    let [[x, y], [to_x, to_y]] = [from, to].map(|at| plot.place(at).map(short));
                    let [dx, dy] = [to_x - x, to_y - y].map(short);
                    // Writing to a string cannot fail.
                    let _ = write!(path, "M{x} {y}l{dx} {dy}");
                }
            }
        }
    }
    path
}

/// Where a level crosses a cell: one line, or two at a saddle.
fn segments(corners: &[([f64; 2], f64); 4], level: f64) -> Vec<[[f64; 2]; 2]> {
    let crossing = |k: usize| {
        let ((from, low), (to, high)) = (corners[k], corners[(k + 1) % 4]);
        if (low > level) == (high > level) {
            return None;
        }
        let share = (level - low) / (high - low);
        Some([0, 1].map(|axis| from[axis] + share * (to[axis] - from[axis])))
    };
    let mut found: Vec<[f64; 2]> = (0..4).filter_map(crossing).collect();
    // At a saddle the mean tells which corners belong together.
    let mean = corners.iter().map(|(_, value)| value).sum::<f64>() / 4.0;
    if found.len() == 4 && (mean > level) != (corners[1].1 > level) {
        found.rotate_left(1);
    }
    found.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(levels: fn(f64, f64) -> f64, gradient: [f64; 2]) -> (String, String) {
        let nodes: Vec<f64> = (0..=20).map(|n| f64::from(n) / 10.0).collect();
        let grid = nodes.iter().flat_map(|y| nodes.iter().map(move |x| levels(*x, *y))).collect();
        let page = PagePlane {
            names: ["x".into(), "y".into()],
            spread: [1.0; 2],
            nodes: [nodes.clone(), nodes],
            levels: grid,
            places: vec![[1.0, 1.0]; 3],
            given: vec![gradient; 3],
            own: vec![[gradient[0], gradient[1] * 1.02]; 3],
            others: String::new(),
        };
        let (markup, caption) = plane(&page).expect("a picture");
        (markup.into_string(), caption)
    }

    /// Of a function of x alone, lines and strokes stand upright.
    #[test]
    fn level_sets_and_strokes_lie_alike() {
        let (markup, caption) = picture(|x, _| x, [1.0, 0.0]);
        let path = |class: &str| {
            let (_, rest) = markup.split_once(&format!("class=\"{class}\" d=\"")).expect("a path");
            rest.split_once('"').expect("its end").0.to_owned()
        };
        for class in ["level", "wide", "slim"] {
            let lines = path(class);
            assert!(!lines.is_empty());
            for line in lines.split('M').skip(1) {
                let (_, step) = line.split_once('l').expect("a step");
                assert!(step.starts_with("0 ") || step.starts_with("-0 "), "{class}: {step}");
            }
        }
        assert!(caption.contains("less than 0°"), "{caption}");
        let (_, caption) = picture(|_, _| 1.0, [0.0, 0.0]);
        assert!(caption.ends_with("In this plane the formula does not change."), "{caption}");
        let (_, caption) = picture(|x, y| x + y, [0.6, 0.8]);
        assert!(
            caption.contains("less than 5.5e-1°") || caption.contains("less than 0.5"),
            "{caption}"
        );
    }

    #[test]
    fn a_saddle_is_crossed_twice_and_a_pole_is_none() {
        let at = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        let corners = |values: [f64; 4]| [0, 1, 2, 3].map(|k| (at[k], values[k]));
        assert_eq!(segments(&corners([1.0, 0.0, 1.0, 0.0]), 0.5).len(), 2);
        assert_eq!(segments(&corners([1.0, 0.0, 0.0, 0.0]), 0.5).len(), 1);
        assert_eq!(segments(&corners([1.0; 4]), 0.5).len(), 0);
        let (markup, _) = picture(|x, y| 1.0 / (x - 1.001) + y, [1.0, 0.0]);
        assert!(markup.contains("class=\"level\""));
    }

    #[test]
    fn without_points_there_is_no_picture() {
        assert!(plane(&PagePlane::default()).is_none());
    }
}
