//! Many results side by side on one page.

use symgrad_report::{Badge, Card, GridPage};

use super::{badge, files, titled, told};
use crate::{Activity, Findings, Interpretation, LayerInterpretation, SpaceInterpretation};

impl LayerInterpretation {
    /// The neurons side by side as a page.
    pub fn page(&self) -> GridPage {
        let layer = self.neurons.first().map_or("", |neuron| &neuron.layer);
        let shared = self.groups.iter().filter(|group| group.units.len() > 1);
        let group = |group: &crate::Group| {
            let units: Vec<String> = group.units.iter().map(ToString::to_string).collect();
            (units.join(", "), group.expression.clone())
        };
        let groups: Vec<(String, String)> = shared.map(group).collect();
        let origin = self.origin.as_ref();
        GridPage {
            title: titled(&format!("Layer {layer}"), origin),
            sentences: vec![format!("{} neurons, the most certain first.", self.neurons.len())],
            cards: self.neurons.iter().map(Interpretation::card).collect(),
            groups: (!groups.is_empty())
                .then(|| ("Neurons that hold one concept".to_owned(), groups)),
            command: origin.and_then(|origin| origin.command.clone()),
            provenance: files(origin),
            configuration: origin.and_then(|origin| origin.settings.clone()),
        }
    }
}

impl SpaceInterpretation {
    /// The concepts side by side as a page.
    pub fn page(&self) -> GridPage {
        let units: Vec<String> = self.units.iter().map(ToString::to_string).collect();
        let name = format!("Neurons {} of {}", units.join(", "), self.layer);
        let end = match &self.agreement {
            Some(agreement) => format!(
                "These are all: the span of their gradients is the neurons' up to a sine of {:.3} \
                 (median; one point in twenty has more than {:.3}).",
                agreement.median, agreement.high
            ),
            None => format!("Not found: {} of {}.", self.missing, self.span.rank()),
        };
        let concepts = self.concepts.iter().zip(1..);
        let card = |(findings, number): (&Findings, i32)| Card {
            name: format!("Concept {number}"),
            ..findings.card()
        };
        let origin = self.origin.as_ref();
        GridPage {
            title: titled(&name, origin),
            sentences: vec![self.span.to_string(), end],
            cards: concepts.map(card).collect(),
            groups: None,
            command: origin.and_then(|origin| origin.command.clone()),
            provenance: files(origin),
            configuration: origin.and_then(|origin| origin.settings.clone()),
        }
    }
}

impl Interpretation {
    fn card(&self) -> Card {
        let name = format!("Neuron {}", self.unit);
        let share = 100.0 * self.active as f64 / self.points.max(1) as f64;
        let active = format!("active at {share:.0} % of the points");
        let Some(findings) = &self.findings else {
            return Card { name, badge: Badge::Dead, remarks: vec![active], ..Card::default() };
        };
        let mut card = Card { name, ..findings.card() };
        if self.activity == Activity::Linear {
            card.remarks.push("a function of a weighted sum of the inputs".into());
        }
        if let Some(outer) = &self.outer {
            card.curve.clone_from(&outer.curve);
            card.remarks.push(told(outer));
        }
        card.remarks.push(active);
        card
    }
}

impl Findings {
    fn card(&self) -> Card {
        let answer = self.answer();
        Card {
            badge: badge(self.verdict()),
            text: answer.readable().to_owned(),
            math: self.typeset(&answer.expression).0,
            notations: self.notations(answer),
            complexity: Some(answer.complexity),
            loss: Some(answer.loss),
            ..Card::default()
        }
    }
}
