//! Laws as a page.

use symgrad_expr::{Expr, Language, Names, Spelling};
use symgrad_report::{Badge, Card, GridPage, IndexRow, Spelt, format_loss, format_seconds};

use super::{DIGITS, files};
use crate::{Discovery, DiscoveryKind, LawKind, LawRecord, Stage};

impl Discovery {
    /// The laws side by side as a page.
    pub fn page(&self) -> GridPage {
        let origin = self.origin.as_ref();
        let laws = self.laws.iter().zip(1..);
        let cards = laws.map(|(law, number)| self.card(law, format!("Law {number}")));
        let ambiguous = self.ambiguous.iter().map(|law| self.card(law, "One of two".to_owned()));
        let next = self.next.iter().map(|law| self.card(law, "Next best".to_owned()));
        let file = origin.and_then(|origin| origin.data.clone());
        GridPage {
            title: file.map_or_else(|| "Laws".to_owned(), |file| format!("Laws in {file}")),
            sentences: self.sentences(),
            groups: vec![cards.chain(ambiguous).chain(next).collect()],
            further: self.fronts(),
            command: origin.and_then(|origin| origin.command.clone()),
            provenance: self.facts(),
            configuration: None,
        }
    }

    /// Its row among other results.
    pub(crate) fn row(&self) -> IndexRow {
        let badge = match self.verdict.kind {
            DiscoveryKind::Laws => Badge::Law,
            DiscoveryKind::Ambiguous => Badge::Ambiguous,
            DiscoveryKind::NoLaw => Badge::NotFound,
        };
        let laws: Vec<&str> = self.laws.iter().map(|law| &*law.expression).collect();
        IndexRow { badge: Some(badge), text: laws.join("; "), ..IndexRow::default() }
    }

    fn sentences(&self) -> Vec<String> {
        let mut sentences = vec![self.verdict.summary.clone()];
        if !self.parameters.is_empty() {
            sentences.push(format!("Constant within groups: {}.", self.parameters.join(", ")));
        }
        for relation in &self.relations {
            sentences.push(format!("The same at all points: {relation}."));
        }
        #[cfg(feature = "training")]
        if let Some(network) = &self.network {
            sentences.push(network.summary.clone());
            sentences.extend(network.further.clone());
        }
        if let Some(failure) = &self.network_failure {
            sentences.push(format!(
                "The network's road failed, and the direct one stands alone: {failure}."
            ));
        }
        if !self.laws.is_empty() {
            sentences
                .push(format!("Judged on {} groups that nothing was fitted on.", self.held_out));
        }
        sentences
    }

    fn card(&self, law: &LawRecord, name: String) -> Card {
        let badge = match law.verdict.kind {
            LawKind::Law => Badge::Law,
            LawKind::Ambiguous => Badge::Ambiguous,
            LawKind::NoLaw => Badge::NotFound,
        };
        let mut remarks =
            vec![law.verdict.summary.clone(), format!("ρ = {}", format_loss(law.rho))];
        // A larger one is no more than a bound that the motion leaves.
        if let Some(floor) = law.noise_floor.filter(|floor| *floor <= law.rho) {
            remarks.push(format!("of which noise makes about {}", format_loss(floor)));
        }
        if let Some(shuffled) = law.shuffled {
            remarks.push(format!(
                "with the points, or their motions, shuffled at least {}",
                format_loss(shuffled)
            ));
        }
        remarks.push(format!("complexity {}", law.complexity));
        let texts = [&law.latex, &law.sympy, &law.numpy, &law.rust];
        let spelt = |(language, text): (Language, &String)| Spelt {
            language: language.name().to_owned(),
            text: text.clone(),
            note: None,
        };
        Card {
            name,
            badge,
            text: law.expression.clone(),
            math: self.typeset(&law.expression),
            notations: Language::TYPED.into_iter().zip(texts).map(spelt).collect(),
            remarks,
            ..Card::default()
        }
    }

    /// The formula as `MathML`; empty if it cannot be read, as in a file from elsewhere.
    fn typeset(&self, text: &str) -> String {
        let Ok(names) = Names::new(self.inputs.clone()) else { return String::new() };
        let Ok(expr) = Expr::parse(text, &names) else { return String::new() };
        expr.rounded(DIGITS).spelt(Language::Mathml, &Spelling::new(Language::Mathml, &names))
    }

    /// What was not chosen.
    fn fronts(&self) -> Option<(String, Vec<(String, String)>)> {
        let of = |(law, number): (&LawRecord, i32)| {
            let each = law.front.iter().map(move |other| {
                let (complexity, rho) = (other.complexity, format_loss(other.rho));
                (
                    format!("law {number}, complexity {complexity}, ρ {rho}"),
                    other.expression.clone(),
                )
            });
            each.collect::<Vec<_>>()
        };
        let fronts: Vec<(String, String)> = self.laws.iter().zip(1..).flat_map(of).collect();
        let heading = "Simpler and more constant formulas, on the groups that chose".to_owned();
        (!fronts.is_empty()).then_some((heading, fronts))
    }

    fn facts(&self) -> Vec<(String, String)> {
        let mut facts = files(self.origin.as_ref());
        let mut tell = |name: &str, value: String| facts.push((name.to_owned(), value));
        tell("inputs", self.inputs.join(", "));
        if !self.left_out.is_empty() {
            tell("left out", self.left_out.join(", "));
        }
        tell("points", self.points.to_string());
        if self.far > 0 {
            tell("points far outside, left out", self.far.to_string());
        }
        tell("groups held out", self.held_out.to_string());
        for (input, noise) in self.noise.iter().flatten() {
            tell(&format!("noise of {input}"), format!("at most about {noise:.2e}"));
        }
        for stage in Stage::ALL {
            if let Some(seconds) = self.seconds.get(&stage) {
                tell(&format!("{} took", stage.name()), format_seconds(*seconds));
            }
        }
        tell("seed", self.seed.to_string());
        tell("symgrad", self.version.clone());
        facts
    }
}
