//! The page that leads to many results.

use maud::{Markup, PreEscaped, html};

use super::Badge;
use super::frame::{badge, command, facts, formula, page, scrolled, typeset};
use crate::canvas::shortened;
use crate::{Section, TextTable, format_loss};

const SCRIPT: &str = concat!(include_str!("copy.js"), include_str!("sort.js"));

/// Characters of a formula.
const TEXT: usize = 300;

/// Bytes of a formula's markup beyond which its text has to do.
const MARKUP: usize = 5_000;

/// Many results as a table whose columns sort: [`to_html`](Self::to_html).
///
/// ```
/// use symgrad_report::{IndexPage, IndexRow};
/// let row = IndexRow { name: "a".into(), link: "a/report.html".into(), ..IndexRow::default() };
/// let page = IndexPage { title: "runs".into(), rows: vec![row], ..IndexPage::default() };
/// assert!(page.to_html().contains(r#"<a href="a/report.html">a</a>"#));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexPage {
    /// What the results are of.
    pub title: String,
    /// What a reader should know first, a paragraph each.
    pub sentences: Vec<String>,
    /// The command that repeats them all.
    pub command: Option<String>,
    /// Names of what the rows tell besides.
    pub columns: Vec<String>,
    /// The results.
    pub rows: Vec<IndexRow>,
    /// What is to be said about all of them.
    pub sections: Vec<Section>,
    /// Where they come from: names and values.
    pub provenance: Vec<(String, String)>,
}

/// One of the results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexRow {
    /// Its name.
    pub name: String,
    /// Where its page is, as a reference from this page; empty if it has none.
    pub link: String,
    /// How sure the answer is, if there is one.
    pub badge: Option<Badge>,
    /// What the page's further columns hold.
    pub cells: Vec<Cell>,
    /// Complexity of the answer.
    pub complexity: Option<u32>,
    /// Its loss.
    pub loss: Option<f64>,
    /// The answer, or what else there is to say.
    pub text: String,
    /// The answer as `MathML`: markup, which is not escaped. Where it is empty the text is shown.
    pub math: String,
}

/// What a further column holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Whether something holds.
    Holds(bool),
    /// A number and how it is written.
    Number(f64, String),
    /// A text.
    Text(String),
}

impl IndexPage {
    /// As one HTML file.
    pub fn to_html(&self) -> String {
        let answers = self.rows.iter().any(|row| !row.text.is_empty());
        let numbered = self.rows.iter().any(|row| row.complexity.is_some() || row.loss.is_some());
        let table = html! {
            table .stacks {
                thead { tr {
                    (head("name", false))
                    (head("verdict", false))
                    @for (index, name) in self.columns.iter().enumerate() {
                        (head(name, self.is_of_numbers(index)))
                    }
                    @if numbered { (head("complexity", true)) (head("loss", true)) }
                    @if answers { th scope="col" { "answer" } }
                } }
                tbody {
                    @for row in &self.rows { (row.shown(&self.columns, numbered, answers)) }
                }
            }
        };
        page(
            &self.title,
            SCRIPT,
            &html! {
                header {
                    h1 { (self.title) }
                    @for sentence in &self.sentences { p { (sentence) } }
                    (command(self.command.as_deref()))
                }
                main {
                    @if !self.rows.is_empty() { (scrolled("The results", &table)) }
                    @for section in &self.sections { (shown(section)) }
                    @if !self.provenance.is_empty() {
                        section aria-labelledby="about" { h2 #about { "The runs" } (facts(&self.provenance)) }
                    }
                }
            },
        )
    }

    fn is_of_numbers(&self, column: usize) -> bool {
        self.rows.iter().any(|row| matches!(row.cells.get(column), Some(Cell::Number(..))))
    }
}

/// The head of a column, which sorts.
fn head(name: &str, number: bool) -> Markup {
    html! {
        th scope="col" class=[number.then_some("number")] { button type="button" { (name) } }
    }
}

impl IndexRow {
    /// Each cell says what it holds: on a narrow screen rows are stacks.
    fn shown(&self, columns: &[String], numbered: bool, answers: bool) -> Markup {
        let math = if self.math.len() > MARKUP { "" } else { &self.math };
        html! {
            tr {
                td data-value=(self.name) {
                    @if self.link.is_empty() { (self.name) } @else { a href=(self.link) { (self.name) } }
                }
                td data-head="verdict" data-value=[self.badge.map(|badge| badge as u8)] {
                    @if let Some(kind) = self.badge { (badge(kind)) }
                }
                @for (column, head) in columns.iter().enumerate() {
                    (cell(head, self.cells.get(column)))
                }
                @if numbered {
                    td .number data-head="complexity" data-value=[self.complexity] {
                        (self.complexity.map(|c| c.to_string()).unwrap_or_default())
                    }
                    td .number data-head="loss" data-value=[self.loss] { (self.loss.map(format_loss).unwrap_or_default()) }
                }
                @if answers {
                    td data-head="answer" {
                        @if math.is_empty() {
                            code { (shortened(&self.text, TEXT)) }
                        } @else {
                            (typeset(math))
                        }
                    }
                }
            }
        }
    }
}

fn cell(head: &str, cell: Option<&Cell>) -> Markup {
    html! {
        @match cell {
            Some(Cell::Holds(true)) => td data-head=(head) data-value="1" { span .yes { "yes" } },
            Some(Cell::Holds(false)) => td data-head=(head) data-value="0" { span .no { "no" } },
            Some(Cell::Number(value, text)) => {
                td .number data-head=(head) data-value=(value) { (text) }
            }
            Some(Cell::Text(text)) => td data-head=(head) data-value=(text) { (text) },
            None => td {},
        }
    }
}

/// A part below the table.
fn shown(section: &Section) -> Markup {
    let table = |table: &TextTable| scrolled(&section.title, &PreEscaped(table.to_html()));
    html! {
        section aria-label=(section.title) {
            h2 { (section.title) }
            @if let Some(text) = &section.formula { (formula("", text, &section.title)) }
            @for paragraph in &section.text { p { (paragraph) } }
            @if let Some(content) = &section.table { (table(content)) }
            @for picture in &section.pictures {
                figure .card { (PreEscaped(&picture.svg)) figcaption { (picture.caption) } }
            }
        }
    }
}
