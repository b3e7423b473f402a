//! Many results side by side on one page.

use symgrad_report::{Badge, Card, CardGroup, GridPage};

use super::{badge, files, titled, told};
use crate::{Activity, Findings, Group, Interpretation, LayerInterpretation, SpaceInterpretation};

impl LayerInterpretation {
    /// The neurons side by side as a page.
    pub fn page(&self) -> GridPage {
        let layer = self.neurons.first().map_or("", |neuron| &neuron.layer);
        let origin = self.origin.as_ref();
        GridPage {
            title: titled(&format!("Layer {layer}"), origin),
            sentences: vec![format!(
                "{} neurons by concept, in each group the most certain first.",
                self.neurons.len()
            )],
            groups: self.by_concept(),
            further: None,
            command: origin.and_then(|origin| origin.command.clone()),
            provenance: files(origin),
            configuration: origin.and_then(|origin| origin.settings.clone()),
        }
    }

    /// The neurons of each concept that several hold, then those that are alone with theirs, then those
    /// that hold none.
    fn by_concept(&self) -> Vec<CardGroup> {
        let shared: Vec<&Group> =
            self.groups.iter().filter(|group| group.units.len() > 1).collect();
        let mut cards: Vec<Vec<Card>> = vec![vec![]; shared.len() + 2];
        for neuron in &self.neurons {
            let holds = |group: &&Group| group.units.contains(&neuron.unit);
            let place = match shared.iter().position(holds) {
                Some(place) => place,
                None if neuron.findings.is_some() => shared.len(),
                None => shared.len() + 1,
            };
            cards[place].push(neuron.card());
        }
        let named = |place: usize, cards: Vec<Card>| {
            let count = match cards.len() {
                1 => "1 neuron".to_owned(),
                count => format!("{count} neurons"),
            };
            let Some(group) = shared.get(place) else {
                let others = ["with concepts of their own", "that hold nothing"];
                let name = format!("{count} {}", others[place - shared.len()]);
                return CardGroup { name, cards, ..CardGroup::default() };
            };
            let text = group.expression.clone();
            let of_text = cards.iter().find(|card| card.text == text);
            let math = of_text.map_or_else(String::new, |card| card.math.clone());
            CardGroup { name: format!("{count} of one concept"), text, math, cards }
        };
        let groups = cards.into_iter().enumerate().filter(|(_, cards)| !cards.is_empty());
        groups.map(|(place, cards)| named(place, cards)).collect()
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
            groups: vec![concepts.map(card).collect()],
            further: None,
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
