//! What the parser says about text it cannot read.

use std::fmt;
use std::ops::Range;

use crate::near::did_you_mean;

/// A text is no expression.
///
/// ```
/// use symgrad_expr::Expr;
/// let error = "x1 + * x2".parse::<Expr>().unwrap_err();
/// assert_eq!(error.span(), 5..6);
/// assert_eq!(error.found(), "`*`");
/// println!("{}", error.render());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    text: String,
    span: Range<usize>,
    found: String,
    expected: String,
}

impl ParseError {
    pub(crate) fn new(
        text: &str,
        span: Range<usize>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self { text: text.to_owned(), span, found: found.into(), expected: expected.into() }
    }

    /// The same where a name stands that is not known: one of these may be meant.
    pub(crate) fn like<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let found = self.found + &did_you_mean(name, known);
        Self { found, ..self }
    }

    /// The text as given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where in the text, in bytes; empty at the end of the text.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What stands there.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// What could stand there.
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// Position in the text in characters, counted from 1.
    pub fn column(&self) -> usize {
        self.text[..self.span.start].chars().count() + 1
    }

    /// Three lines: the line of text (of a long one, the part around the place), carets below
    /// the place, and what is wrong.
    pub fn render(&self) -> String {
        const BEFORE: usize = 60;
        const AFTER: usize = 40;
        let start = self.text[..self.span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let (before, rest) = self.text[start..].split_at(self.span.start - start);
        let rest = rest.split('\n').next().unwrap_or_default();
        let skipped = before.chars().count().saturating_sub(BEFORE);
        let ellipsis = |long: bool| if long { "…" } else { "" };
        let before = format!("{}{}", ellipsis(skipped > 0), visible(before, skipped, BEFORE));
        let after = visible(rest, 0, AFTER);
        let cut = ellipsis(after.len() < rest.len());
        let marked = self.text[self.span.clone()].chars().count();
        let carets = "^".repeat(marked.clamp(1, after.chars().count().max(1)));
        let indent = before.chars().count();
        let Self { expected, found, .. } = self;
        format!("{before}{after}{cut}\n{:indent$}{carets}\nexpected {expected}, found {found}", "")
    }
}

/// Some characters, with blanks for those that would move the carets away from their place.
fn visible(text: &str, skip: usize, most: usize) -> String {
    let blank = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().skip(skip).take(most).map(blank).collect()
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, found, .. } = self;
        write!(f, "column {}: expected {expected}, found {found}", self.column())
    }
}

impl std::error::Error for ParseError {}
