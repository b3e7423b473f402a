//! What was found, as text, in one notation, as JSON and as files.

use clap::ValueEnum;
use serde::Serialize;
use symgrad::expr::Language;
use symgrad::report::{FrontLabels, TextTable, format_loss, pareto_svg};
use symgrad::search::Interval;
use symgrad::{Error, Findings, Folder, FrontEntry};

use crate::talk::tell;

/// What to print.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables, then the answer in every notation
    Text,
    /// Everything, as in the files of --out
    Json,
    /// The answer for LaTeX
    Latex,
    /// The answer for SymPy
    Sympy,
    /// The answer for NumPy
    Numpy,
    /// The answer for Rust
    Rust,
}

impl Format {
    /// An entry of a front in one notation.
    pub(crate) fn spell(self, entry: &FrontEntry) -> &str {
        match self {
            Self::Text | Self::Json => &entry.expression,
            Self::Latex => &entry.latex,
            Self::Sympy => &entry.sympy,
            Self::Numpy => &entry.numpy,
            Self::Rust => &entry.rust,
        }
    }
}

/// Tells what the names in an answer stand for, where they are not the obvious ones.
pub(crate) fn tell_names(findings: &Findings, format: Format) {
    let language = match format {
        Format::Text | Format::Json => return,
        Format::Latex => Language::Latex,
        Format::Sympy => Language::Sympy,
        Format::Numpy => Language::Numpy,
        Format::Rust => Language::Rust,
    };
    if let Some(note) = renamed(findings, language) {
        tell!("{note}");
    }
}

/// The front, the verdict, and the answer in every notation.
pub(crate) fn text(findings: &Findings) -> String {
    let verdict = findings.trust.as_ref().map_or_else(String::new, |t| t.summary.clone() + "\n");
    format!("{}\n{verdict}{}", front(findings), notations(findings))
}

fn front(findings: &Findings) -> String {
    let mut table =
        TextTable::new(["", "complexity", "loss", "held out", "95 %", "paper MSE", "expression"]);
    for (index, (entry, point)) in findings.front.iter().zip(findings.front_points()).enumerate() {
        let mark = if index == findings.answer { "→" } else { "" };
        let trust = findings.trust.as_ref().and_then(|trust| trust.entries.get(index));
        let held_out = trust.and_then(|trust| trust.held_out);
        let interval =
            |held: Interval| format!("{} – {}", format_loss(held.low), format_loss(held.high));
        table.row([
            mark.to_owned(),
            entry.complexity.to_string(),
            format_loss(entry.loss),
            held_out.map_or_else(String::new, |held| format_loss(held.estimate)),
            held_out.map_or_else(String::new, interval),
            format_loss(entry.paper_mse),
            point.expression,
        ]);
    }
    table.to_text()
}

/// The answer for reading, and in each notation with what its names stand for.
fn notations(findings: &Findings) -> String {
    let answer = findings.answer();
    let spelt = [
        (Language::Latex, Format::Latex),
        (Language::Sympy, Format::Sympy),
        (Language::Numpy, Format::Numpy),
        (Language::Rust, Format::Rust),
    ];
    let lines = spelt.map(|(language, format)| {
        let name = language.name();
        let renamed = renamed(findings, language).map(|note| format!("         {note}\n"));
        format!("  {name:<6} {}\n{}", format.spell(answer), renamed.unwrap_or_default())
    });
    format!("answer: {}\n{}", findings.readable_answer(), lines.concat())
}

/// Which names of a notation are not the obvious ones, if there are any.
fn renamed(findings: &Findings, language: Language) -> Option<String> {
    let spelling = findings.spelling.get(&language)?;
    let names = spelling.renamed().iter().map(|(input, name)| format!("{name} for {input}"));
    let names: Vec<String> = names.collect();
    let after = spelling.declaration().map(|text| format!("; first run {text}"));
    let any = !names.is_empty();
    any.then(|| format!("with {}{}", names.join(", "), after.unwrap_or_default()))
}

pub(crate) fn json<T: Serialize>(value: &T) -> String {
    // Strings, finite numbers and maps with string keys always have a JSON form.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The files of [`write_findings`].
pub(crate) const FINDINGS: [&str; 3] = ["result.json", "front.csv", "front.svg"];

/// Writes result.json, front.csv and front.svg.
pub(crate) fn write_findings(findings: &Findings, folder: &mut Folder) -> Result<(), Error> {
    folder.write("front.csv", findings.front_csv())?;
    let labels = FrontLabels::default();
    let picture = pareto_svg(&findings.front_points(), Some(findings.answer), &labels)?;
    folder.write("front.svg", picture)?;
    folder.write("result.json", json(findings) + "\n")
}
