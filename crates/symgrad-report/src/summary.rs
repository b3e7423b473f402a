//! The account of a run: a Markdown file, the same as one HTML page, and its pictures.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::{ReportError, TextTable};

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

/// A part of a [`Summary`].
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
    /// Writes `summary.md`, `summary.html` and the pictures into a folder, which is made if it
    /// does not exist. Returns the paths, the Markdown first.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| ReportError::Write { path: folder.to_owned(), source })?;
        let pictures = self.sections.iter().flat_map(|section| &section.pictures);
        let mut files = vec![
            ("summary.md".to_owned(), self.to_markdown()),
            ("summary.html".to_owned(), self.to_html()),
        ];
        files.extend(pictures.map(|picture| (picture.file(), picture.svg.clone())));
        let written = files.into_iter().map(|(name, text)| {
            let path = folder.join(name);
            match std::fs::write(&path, text) {
                Ok(()) => Ok(path),
                Err(source) => Err(ReportError::Write { path, source }),
            }
        });
        written.collect()
    }

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

    /// As one HTML page that holds the pictures itself.
    pub fn to_html(&self) -> String {
        let mut page = String::from(HTML_HEAD);
        let title = escaped(&self.title);
        // Writing to a string cannot fail.
        let _ = write!(page, "<title>{title}</title>\n<body>\n<h1>{title}</h1>\n");
        if !self.facts.is_empty() {
            page.push_str("<dl>\n");
            for (name, value) in &self.facts {
                let _ = writeln!(page, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value));
            }
            page.push_str("</dl>\n");
        }
        if let Some(table) = &self.table {
            page.push_str(&table.to_html());
        }
        for section in &self.sections {
            section.append_html(&mut page);
        }
        page.push_str("</body>\n</html>\n");
        page
    }
}

impl Section {
    fn append_html(&self, page: &mut String) {
        let _ = writeln!(page, "<section>\n<h2>{}</h2>", escaped(&self.title));
        if let Some(formula) = &self.formula {
            let _ = writeln!(page, "<pre>{}</pre>", escaped(formula));
        }
        for paragraph in &self.text {
            let _ = writeln!(page, "<p>{}</p>", escaped(paragraph));
        }
        if let Some(table) = &self.table {
            page.push_str(&table.to_html());
        }
        for Picture { caption, svg, .. } in &self.pictures {
            let caption = escaped(caption);
            let _ = writeln!(page, "<figure>\n{svg}<figcaption>{caption}</figcaption>\n</figure>");
        }
        page.push_str("</section>\n");
    }
}

impl Picture {
    fn file(&self) -> String {
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name: String = self.name.chars().map(|c| if safe(c) { c } else { '-' }).collect();
        format!("{name}.svg")
    }
}

const HTML_HEAD: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<style>
body { font: 16px/1.5 Helvetica, Arial, sans-serif; color: #222; max-width: 760px; margin: 2em auto; padding: 0 1em; }
h2 { margin-top: 2.5em; border-top: 1px solid #ddd; padding-top: 1em; }
dt { font-weight: bold; float: left; clear: left; margin-right: 0.6em; }
dd { margin: 0; }
table { border-collapse: collapse; margin: 1.5em 0; display: block; overflow-x: auto; }
th, td { padding: 0.25em 0.8em; text-align: left; border-bottom: 1px solid #e4e4e4; }
th { border-bottom-color: #888; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
pre, code { font-family: Menlo, Consolas, monospace; font-size: 0.95em; }
pre { color: #b34f00; white-space: pre-wrap; }
figure { margin: 1.5em 0; }
figure svg { width: 100%; height: auto; }
figcaption { color: #555; font-size: 0.9em; }
</style>
";

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

/// Text in which HTML sees no markup.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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
