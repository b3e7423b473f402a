//! The page of many answers side by side: the neurons of a layer by concept, the concepts of a space.

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
/// use symgrad_report::{Card, CardGroup, GridPage};
/// let card = Card { name: "neuron 0".into(), text: "x*y".into(), ..Card::default() };
/// let groups = vec![CardGroup::from_iter([card])];
/// let page = GridPage { title: "hidden".into(), groups, ..GridPage::default() };
/// assert!(page.to_html().contains("x*y"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GridPage {
    /// What was read.
    pub title: String,
    /// What a reader should know first, a paragraph each.
    pub sentences: Vec<String>,
    /// The answers.
    pub groups: Vec<CardGroup>,
    /// A heading for what else there is, names, and what each has.
    pub further: Option<(String, Vec<(String, String)>)>,
    /// The command that repeats the run.
    pub command: Option<String>,
    /// Where the result comes from: names and values.
    pub provenance: Vec<(String, String)>,
    /// The settings, as a file.
    pub configuration: Option<String>,
}

/// Answers that belong together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CardGroup {
    /// What they are, as a heading; may be empty.
    pub name: String,
    /// The formula that they share as text; empty where there is none.
    pub text: String,
    /// The same as `MathML`: markup, which is not escaped.
    pub math: String,
    /// The answers, in the order in which they are shown at first.
    pub cards: Vec<Card>,
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
                    @for (number, group) in self.groups.iter().enumerate() { (group.shown(number)) }
                    @if let Some((heading, further)) = &self.further {
                        section aria-labelledby="further" { h2 #further { (heading) } (facts(further)) }
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

    /// How sure each of the answers is.
    pub fn badges(&self) -> Vec<Badge> {
        self.groups.iter().flat_map(|group| &group.cards).map(|card| card.badge).collect()
    }

    /// How many answers of each kind there are.
    fn tally(&self) -> Markup {
        let kinds = KINDS.into_iter().chain([Badge::Unknown]);
        let badges = self.badges();
        let count = |kind| badges.iter().filter(|badge| **badge == kind).count();
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

impl FromIterator<Card> for CardGroup {
    /// A group without a heading.
    fn from_iter<I: IntoIterator<Item = Card>>(cards: I) -> Self {
        Self { cards: cards.into_iter().collect(), ..Self::default() }
    }
}

impl CardGroup {
    /// The cards under what they share.
    fn shown(&self, number: usize) -> Markup {
        let cards = html! {
            div .cards {
                @for (place, card) in self.cards.iter().enumerate() {
                    (card.shown(&format!("{number}-{place}"), place, self))
                }
            }
        };
        if self.name.is_empty() && self.text.is_empty() {
            return cards;
        }
        let id = format!("group-{number}");
        html! {
            section .group aria-labelledby=(id) {
                div .head {
                    h2 #(id) { (self.name) }
                    @if !self.text.is_empty() { (typeset_or(&self.math, &self.text, &self.name)) }
                }
                (cards)
            }
        }
    }
}

/// A formula, as text if its markup is missing or too long.
fn typeset_or(math: &str, text: &str, name: &str) -> Markup {
    let math = if math.len() > MARKUP { "" } else { math };
    formula(math, &shortened(text, TEXT), &format!("Formula of {name}"))
}

impl Card {
    /// The card; what its group says is not said again.
    fn shown(&self, id: &str, place: usize, group: &CardGroup) -> Markup {
        let loss = self.loss.map(format_loss);
        html! {
            article .card data-place=(place) data-name=(self.name) data-verdict=(self.badge.name())
                data-loss=[self.loss] data-complexity=[self.complexity] {
                div .head {
                    @if group.name.is_empty() { h2 { (self.name) } } @else { h3 { (self.name) } }
                    (badge(self.badge))
                }
                @if !self.text.is_empty() && self.text != group.text {
                    (typeset_or(&self.math, &self.text, &self.name))
                }
                @if let (Some(complexity), Some(loss)) = (self.complexity, loss) {
                    p .soft { "complexity " (complexity) ", loss " (loss) }
                }
                @if let Some(picture) = plot::spark(&self.curve, &format!("φ of {}", self.name)) { (picture) }
                @for remark in &self.remarks { p .soft { (remark) } }
                @if !self.notations.is_empty() {
                    details {
                        summary { "Notations" }
                        (notations(&self.notations, &format!("code-{id}")))
                    }
                }
            }
        }
    }
}
