//! What was found about neurons, in words.

use symgrad::report::{TextTable, format_loss};
use symgrad::{
    Activity, Findings, Interpretation, LayerInterpretation, Outer, SpaceInterpretation,
};

use crate::show::{text, verdict_name};
use crate::talk::fitted;

pub(crate) fn neuron_text(found: &Interpretation) -> String {
    let Interpretation { layer, unit, points, active, .. } = found;
    let surface = found.surface.as_ref().map_or_else(String::new, |surface| {
        format!("; {surface}, gradients across it are ignored")
    });
    let head =
        format!("neuron {unit} of `{layer}`: {active} of {points} points are active{surface}");
    let Some(findings) = &found.findings else {
        return format!("{head}\nIt is dead: its gradient vanishes at every point.\n");
    };
    let linear = match found.activity {
        Activity::Linear => "It is a function of a weighted sum of the inputs.\n",
        _ => "",
    };
    let outer = found.outer.as_ref().map_or_else(String::new, |outer| outer_text(outer) + "\n");
    format!("{head}\n{linear}\n{}{outer}", text(findings, found.outer.as_ref()))
}

pub(crate) fn space_text(found: &SpaceInterpretation) -> String {
    let SpaceInterpretation { layer, units, points, active, span, .. } = found;
    let units: Vec<String> = units.iter().map(ToString::to_string).collect();
    let units = units.join(", ");
    let head =
        format!("neurons {units} of `{layer}`: {active} of {points} points are active\n{span}\n");
    let concepts = found.concepts.iter().zip(1..).map(|(findings, number)| {
        format!("\nconcept {number} of {}\n{}", span.rank(), text(findings, None))
    });
    let end = match &found.agreement {
        Some(agreement) => format!(
            "\nThese are all: the span of their gradients is the neurons' up to a sine of {:.3} \
             (median; one point in twenty has more than {:.3}).\n",
            agreement.median, agreement.high
        ),
        None => format!("\nNot found: {} of {}.\n", found.missing, span.rank()),
    };
    [head].into_iter().chain(concepts).chain([end]).collect()
}

fn outer_text(outer: &Outer) -> String {
    format!(
        "neuron = φ(answer): φ {}, R² = {:.4}, Spearman {:.4}",
        outer.trend.name(),
        outer.r_squared,
        outer.spearman
    )
}

pub(crate) fn layer_text(found: &LayerInterpretation) -> String {
    let mut table = TextTable::new(["neuron", "active", "verdict", "loss", "φ", "R²", "answer"]);
    for neuron in &found.neurons {
        let findings = neuron.findings.as_ref();
        let outer = neuron.outer.as_ref();
        table.row([
            neuron.unit.to_string(),
            format!("{:.0} %", 100.0 * neuron.active as f64 / neuron.points as f64),
            verdict(neuron),
            findings.map_or_else(String::new, |found| format_loss(found.answer().loss)),
            outer.map_or("", |outer| outer.trend.name()).to_owned(),
            outer.map_or_else(String::new, |outer| format!("{:.3}", outer.r_squared)),
            findings.map_or_else(String::new, Findings::readable_answer),
        ]);
    }
    let shared = found.groups.iter().filter(|group| group.units.len() > 1);
    let shared: Vec<String> = shared
        .map(|group| {
            let units: Vec<String> = group.units.iter().map(ToString::to_string).collect();
            format!("  {}: {}\n", group.expression, units.join(", "))
        })
        .collect();
    let heading = if shared.is_empty() { "" } else { "\nneurons that hold one concept:\n" };
    [fitted(&table), heading.into(), shared.concat()].concat()
}

fn verdict(neuron: &Interpretation) -> String {
    let verdict = neuron.findings.as_ref().and_then(Findings::verdict);
    let verdict = match (neuron.activity, verdict) {
        (Activity::Dead, _) | (_, None) => "dead",
        (_, Some(verdict)) => verdict_name(verdict),
    };
    let linear = if neuron.activity == Activity::Linear { ", linear" } else { "" };
    format!("{verdict}{linear}")
}
