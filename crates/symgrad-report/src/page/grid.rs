//! The page of many answers side by side: the neurons of a layer, the concepts of a space.

use maud::{Markup, html};

use super::frame::{badge, command, facts, formula, notations, page};
use super::{Badge, Spelt, plot};
use crate::canvas::shortened;
use crate::format_loss;

const SCRIPT: &str = concat!(include_str!("copy.js"), include_str!("sort.js"));

/// Bytes of a formula's markup beyond which its text has to do.
const MARKUP: usize = 20_000;

/// Characters of a formula that is shown as text.
const TEXT: usize = 2_000;

/// Many answers as a page of cards: [`to_html`](Self::to_html).
///
/// ```
/// use symgrad_report::{Card, GridPage};
/// let card = Card { name: "neuron 0".into(), text: "x*y".into(), ..Card::default() };
/// let page = GridPage { title: "hidden".into(), cards: vec![card], ..GridPage::default() };
/// assert!(page.to_html().contains("x*y"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GridPage {
    /// What was read.
    pub title: String,
    /// What a reader should know first, a paragraph each.
    pub sentences: Vec<String>,
    /// The answers, in the order in which they are shown at first.
    pub cards: Vec<Card>,
    /// A heading for what follows, and names that belong together with what they share.
    pub groups: Option<(String, Vec<(String, String)>)>,
    /// The command that repeats the run.
    pub command: Option<String>,
    /// Where the result comes from: names and values.
    pub provenance: Vec<(String, String)>,
    /// The settings, as a file.
    pub configuration: Option<String>,
}

/// One of many answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// What it is the answer for.
    pub name: String,
    /// How sure it is.
    pub badge: Badge,
    /// The formula as text; empty where there is none.
    pub text: String,
    /// The formula as `MathML`: markup, which is not escaped.
    pub math: String,
    /// The formula in other notations.
    pub notations: Vec<Spelt>,
    /// Complexity.
    pub complexity: Option<u32>,
    /// Loss.
    pub loss: Option<f64>,
    /// Further numbers, in words.
    pub remarks: Vec<String>,
    /// φ, in rising order of the first.
    pub curve: Vec<[f64; 2]>,
}

impl GridPage {
    /// As one HTML file.
    pub fn to_html(&self) -> String {
        page(
            &self.title,
            SCRIPT,
            &html! {
                header {
                    h1 { (self.title) }
                    @for sentence in &self.sentences { p { (sentence) } }
                    (self.tally())
                    (command(self.command.as_deref()))
                }
                main {
                    (tools())
                    div .cards {
                        @for (number, card) in self.cards.iter().enumerate() { (card.shown(number)) }
                    }
                    @if let Some((heading, groups)) = &self.groups {
                        section aria-labelledby="groups" { h2 #groups { (heading) } (facts(groups)) }
                    }
                    section aria-labelledby="about" {
                        h2 #about { "The run" }
                        (facts(&self.provenance))
                        @if let Some(configuration) = &self.configuration {
                            details { summary { "Settings" } pre { code { (configuration) } } }
                        }
                    }
                }
            },
        )
    }

    /// How many answers of each kind there are.
    fn tally(&self) -> Markup {
        let kinds = KINDS.into_iter().chain([Badge::Unknown]);
        let count = |kind| self.cards.iter().filter(|card| card.badge == kind).count();
        html! {
            div .head {
                @for (kind, count) in kinds.map(|kind| (kind, count(kind))) {
                    @if count > 0 { span { (count) " " (badge(kind)) } }
                }
            }
        }
    }
}

/// The verdicts that a page can be narrowed to.
const KINDS: [Badge; 5] =
    [Badge::Identified, Badge::Law, Badge::Ambiguous, Badge::NotFound, Badge::Dead];

fn tools() -> Markup {
    html! {
        div .tools {
            label {
                "Order "
                select #by {
                    option value="place" { "as found" }
                    option value="name" { "by name" }
                    option value="loss" { "by loss" }
                    option value="complexity" { "by complexity" }
                }
            }
            label {
                "Show "
                select #only {
                    option value="" { "all" }
                    @for kind in KINDS {
                        option value=(kind.name()) { (kind.name()) }
                    }
                }
            }
        }
    }
}

impl Card {
    fn shown(&self, number: usize) -> Markup {
        let math = if self.math.len() > MARKUP { "" } else { &self.math };
        let loss = self.loss.map(format_loss);
        html! {
            article .card data-place=(number) data-name=(self.name) data-verdict=(self.badge.name())
                data-loss=[self.loss] data-complexity=[self.complexity] {
                div .head { h2 { (self.name) } (badge(self.badge)) }
                @if !self.text.is_empty() {
                    (formula(math, &shortened(&self.text, TEXT), &format!("Formula of {}", self.name)))
                }
                @if let (Some(complexity), Some(loss)) = (self.complexity, loss) {
                    p .soft { "complexity " (complexity) ", loss " (loss) }
                }
                @if let Some(picture) = plot::spark(&self.curve, &format!("φ of {}", self.name)) { (picture) }
                @for remark in &self.remarks { p .soft { (remark) } }
                @if !self.notations.is_empty() {
                    details {
                        summary { "Notations" }
                        (notations(&self.notations, &format!("code-{number}")))
                    }
                }
            }
        }
    }
}
