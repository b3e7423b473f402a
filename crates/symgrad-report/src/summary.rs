//! The account of a run as a Markdown file with pictures beside it.

use crate::TextTable;

/// What a run found, to be read by people.
///
/// ```
/// use symgrad_report::{Section, Summary, TextTable};
/// let mut table = TextTable::new(["experiment", "answer", "loss"]);
/// table.row(["determinant-2x2", "a11*a22 - a12*a21", "1.6e-4"]);
/// let summary = Summary {
///     title: "Reproduction".into(),
///     facts: vec![("seed".into(), "1".into())],
///     table: Some(table),
///     sections: vec![Section {
///         title: "determinant-2x2".into(),
///         formula: Some("a11*a22 - a12*a21".into()),
///         ..Section::default()
///     }],
/// };
/// let text = summary.to_markdown();
/// assert!(text.starts_with("# Reproduction\n\n* **seed**: 1\n"));
/// assert!(text.contains("| `a11*a22 - a12*a21` |"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Heading of the whole.
    pub title: String,
    /// What the run was: seed, versions, settings, each with its name.
    pub facts: Vec<(String, String)>,
    /// The results side by side.
    pub table: Option<TextTable>,
    /// One part per result.
    pub sections: Vec<Section>,
}

/// A part of a [`Summary`] or of an [`IndexPage`](crate::IndexPage).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Heading of the part.
    pub title: String,
    /// The formula it is about, set apart.
    pub formula: Option<String>,
    /// Plain sentences, one paragraph each.
    pub text: Vec<String>,
    /// Numbers, such as the whole front.
    pub table: Option<TextTable>,
    /// Pictures, one below the other.
    pub pictures: Vec<Picture>,
}

/// A picture of a [`Section`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Name of its file without the extension, unique within the summary. Characters other than
    /// ASCII letters, digits, `-`, `_` and `.` become `-`.
    pub name: String,
    /// What is to be seen.
    pub caption: String,
    /// The picture itself, as the functions of this crate return it.
    pub svg: String,
}

impl Summary {
    /// As GitHub-flavoured Markdown that refers to the pictures' files beside it.
    pub fn to_markdown(&self) -> String {
        let mut parts = vec![format!("# {}", plain(&self.title))];
        if !self.facts.is_empty() {
            let facts = self
                .facts
                .iter()
                .map(|(name, value)| format!("* **{}**: {}", plain(name), plain(value)));
            parts.push(facts.collect::<Vec<_>>().join("\n"));
        }
        parts.extend(self.table.as_ref().map(|table| table.to_markdown().trim_end().to_owned()));
        for section in &self.sections {
            parts.push(format!("## {}", plain(&section.title)));
            parts.extend(section.formula.as_deref().map(code_block));
            parts.extend(section.text.iter().map(|text| plain(text)));
            parts.extend(
                section.table.as_ref().map(|table| table.to_markdown().trim_end().to_owned()),
            );
            for picture in &section.pictures {
                parts.push(format!("![{}]({})", plain(&picture.caption), picture.file()));
            }
        }
        parts.join("\n\n") + "\n"
    }
}

impl Picture {
    fn file(&self) -> String {
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name: String = self.name.chars().map(|c| if safe(c) { c } else { '-' }).collect();
        format!("{name}.svg")
    }
}

/// Text in which Markdown sees no markup.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' => {
                escaped.extend(['\\', c]);
            }
            '\n' | '\r' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A fence longer than any run of backticks inside.
fn code_block(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{text}\n{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_texts_is_harmless() {
        assert_eq!(plain("a*b < c_d\n"), "a\\*b \\< c\\_d ");
        assert_eq!(code_block("x ``` y"), "````\nx ``` y\n````");
        let picture = Picture { name: "../front of 1".into(), ..Picture::default() };
        assert_eq!(picture.file(), "..-front-of-1.svg");
    }
}
