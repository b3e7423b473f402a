//! The page that leads to many results.

use maud::{Markup, html};

use super::Badge;
use super::frame::{badge, page, scrolled};
use crate::canvas::shortened;
use crate::format_loss;

const SCRIPT: &str = concat!(include_str!("copy.js"), include_str!("sort.js"));

/// Characters of a formula.
const TEXT: usize = 300;

/// Many results as a table whose columns sort: [`to_html`](Self::to_html).
///
/// ```
/// use symgrad_report::{IndexPage, IndexRow};
/// let row = IndexRow { name: "a".into(), link: "a/report.html".into(), ..IndexRow::default() };
/// let page = IndexPage { title: "runs".into(), rows: vec![row] };
/// assert!(page.to_html().contains(r#"<a href="a/report.html">a</a>"#));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexPage {
    /// What the results are of.
    pub title: String,
    /// The results.
    pub rows: Vec<IndexRow>,
}

/// One of the results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexRow {
    /// Its name.
    pub name: String,
    /// Where its page is, as a reference from this page.
    pub link: String,
    /// How sure the answer is, if there is one.
    pub badge: Option<Badge>,
    /// Complexity of the answer.
    pub complexity: Option<u32>,
    /// Its loss.
    pub loss: Option<f64>,
    /// The answer, or what else there is to say.
    pub text: String,
}

impl IndexPage {
    /// As one HTML file.
    pub fn to_html(&self) -> String {
        let heads = [("name", ""), ("verdict", ""), ("complexity", "number"), ("loss", "number")];
        let table = html! {
            table {
                thead { tr {
                    @for (name, class) in heads {
                        th scope="col" class=(class) { button type="button" { (name) } }
                    }
                    th scope="col" { "answer" }
                } }
                tbody { @for row in &self.rows { (row.shown()) } }
            }
        };
        page(
            &self.title,
            SCRIPT,
            &html! {
                header { h1 { (self.title) } p { (self.rows.len()) " results" } }
                main { (scrolled("The results", &table)) }
            },
        )
    }
}

impl IndexRow {
    fn shown(&self) -> Markup {
        html! {
            tr {
                td data-value=(self.name) { a href=(self.link) { (self.name) } }
                td data-value=[self.badge.map(|badge| badge as u8)] {
                    @if let Some(kind) = self.badge { (badge(kind)) }
                }
                td .number data-value=[self.complexity] {
                    (self.complexity.map(|c| c.to_string()).unwrap_or_default())
                }
                td .number data-value=[self.loss] { (self.loss.map(format_loss).unwrap_or_default()) }
                td { code { (shortened(&self.text, TEXT)) } }
            }
        }
    }
}
