//! The plane of two inputs as a page draws it for a formula.

use symgrad_report::{PagePlane, format_loss};

use crate::Findings;
use crate::plane::GRID;

impl Findings {
    /// What there is to draw of an entry in the plane of the inputs that matter most.
    pub(super) fn plane_of(&self, formula: &str) -> Option<PagePlane> {
        let plane = self.sample.as_ref()?.plane.as_ref()?;
        if !plane.is_of(self.inputs.len()) || plane.points.is_empty() {
            return None;
        }
        let places = plane.places();
        let nodes = [0, 1].map(|axis| nodes(places.iter().map(|place| place[axis])));
        let (own, levels) = plane.of_formula(&self.inputs, formula, &nodes)?;
        let others = (0..self.inputs.len()).filter(|input| !plane.inputs.contains(input));
        let others: Vec<String> = others
            .map(|input| format!("{} is {}", self.inputs[input], format_loss(plane.centre[input])))
            .collect();
        Some(PagePlane {
            names: plane.inputs.map(|input| self.inputs[input].clone()),
            spread: plane.spread,
            nodes,
            levels,
            places,
            given: plane.directions.clone(),
            own,
            others: others.join(", "),
        })
    }
}

/// A grid from the least to the largest.
fn nodes(values: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(f64::NEG_INFINITY, f64::max);
    (0..=GRID).map(|n| low + (high - low) * n as f64 / GRID as f64).collect()
}
