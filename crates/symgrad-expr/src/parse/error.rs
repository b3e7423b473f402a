//! What the parser says about text it cannot read.

use std::fmt;
use std::ops::Range;

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

    /// Three lines: the line of text, carets below the place, and what is wrong.
    pub fn render(&self) -> String {
        let start = self.text[..self.span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let length = self.text[start..].find('\n').unwrap_or(self.text.len() - start);
        let line: String = self.text[start..start + length]
            .chars()
            // Control characters would move the carets away from their place.
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let before = self.text[start..self.span.start].chars().count();
        let marked = self.span.end.min(start + length).max(self.span.start);
        let width = self.text[self.span.start..marked].chars().count().max(1);
        let carets = "^".repeat(width);
        format!("{line}\n{:before$}{carets}\nexpected {}, found {}", "", self.expected, self.found)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, found, .. } = self;
        write!(f, "column {}: expected {expected}, found {found}", self.column())
    }
}

impl std::error::Error for ParseError {}
