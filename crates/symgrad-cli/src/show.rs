//! What was found, as text, in one notation, as JSON and as files.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use serde::Serialize;
use symgrad::expr::Language;
use symgrad::report::{FrontLabels, TextTable, format_loss, pareto_svg};
use symgrad::search::{Interval, LossKind, Verdict};
use symgrad::{Error, Findings, Folder, FrontEntry, Outer, REPORT, SECONDS, Seconds, write_report};

use crate::talk::{fitted, tell};

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
    if let Some(note) = findings.renamed(language) {
        tell!("{note}");
    }
}

/// The front, the verdict, and the answer in every notation. How the neuron depends on the answer
/// helps to advise, if it is known.
pub(crate) fn text(findings: &Findings, outer: Option<&Outer>) -> String {
    let verdict = findings.trust.as_ref().map_or_else(String::new, |t| t.summary.clone() + "\n");
    let advice = findings.advice(outer).map_or_else(String::new, |text| format!("{text}\n"));
    let [front, notations] = [front(findings), notations(findings)];
    let remarks: String = findings.remarks().into_iter().map(|line| line + "\n").collect();
    format!("{front}\n{verdict}{notations}{remarks}{advice}")
}

/// The verdict and what else a reader should know, on standard error beside a result in any form.
/// Text says it itself: it is told again only if the text goes somewhere else than to the terminal.
pub(crate) fn tell_verdict(
    findings: &Findings,
    outer: Option<&Outer>,
    format: Format,
    of: Option<&str>,
) {
    if format == Format::Text && std::io::stdout().is_terminal() {
        return;
    }
    let of = of.map_or_else(String::new, |of| format!("{of}: "));
    if let Some(trust) = &findings.trust {
        tell!("{of}{}", trust.summary);
    }
    if format != Format::Text {
        for remark in findings.remarks() {
            tell!("{of}{remark}");
        }
        if let Some(advice) = findings.advice(outer) {
            tell!("{of}{advice}");
        }
    }
}

/// A verdict in a word or two.
pub(crate) fn verdict_name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Identified => "identified",
        Verdict::Ambiguous { .. } => "ambiguous",
        Verdict::NotFound { .. } => "not found",
    }
}

fn front(findings: &Findings) -> String {
    let loss = findings.measure.map_or("loss".to_owned(), |kind| match kind {
        LossKind::PaperMse | LossKind::Values | LossKind::ScaledValues => kind.name().to_owned(),
        _ => format!("{} loss", kind.name()),
    });
    // The same once more in other units.
    let second = findings.second_loss();
    let header = ["", "complexity", &loss, "held out", "95 %"].into_iter().chain(second);
    let mut table = TextTable::new(header.chain(["expression"]));
    for (index, (entry, point)) in findings.front.iter().zip(findings.front_points()).enumerate() {
        let mark = if index == findings.answer { "→" } else { "" };
        let trust = findings.trust.as_ref().and_then(|trust| trust.entries.get(index));
        let held_out = trust.and_then(|trust| trust.held_out);
        let interval =
            |held: Interval| format!("{} – {}", format_loss(held.low), format_loss(held.high));
        let other = entry.mean_squared_error.or(entry.paper_mse);
        let cells = [
            mark.to_owned(),
            entry.complexity.to_string(),
            format_loss(entry.loss),
            held_out.map_or_else(String::new, |held| format_loss(held.estimate)),
            held_out.map_or_else(String::new, interval),
        ];
        let second = second.map(|_| other.map_or_else(String::new, format_loss));
        table.row(cells.into_iter().chain(second).chain([point.expression]));
    }
    let meaning =
        findings.measure.map_or_else(String::new, |kind| format!("{}: {}\n", loss, kind.meaning()));
    fitted(&table) + &meaning
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
        let renamed = findings.renamed(language).map(|note| format!("         {note}\n"));
        format!("  {name:<6} {}\n{}", format.spell(answer), renamed.unwrap_or_default())
    });
    let title = match findings.verdict() {
        Some(Verdict::NotFound { .. }) => "best guess",
        _ => "answer",
    };
    format!("{title}: {}\n{}", findings.readable_answer(), lines.concat())
}

pub(crate) fn json<T: Serialize>(value: &T) -> String {
    // Strings, finite numbers and maps with string keys always have a JSON form.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The files of [`write_findings`].
pub(crate) const FINDINGS: [&str; 5] = [RESULT, "front.csv", "front.svg", SECONDS, REPORT];

const RESULT: &str = "result.json";

/// Writes result.json, front.csv and front.svg, and the page about them.
pub(crate) fn write_findings(findings: &Findings, folder: &mut Folder) -> Result<(), Error> {
    write_front(findings, folder)?;
    write_page(folder, RESULT)
}

/// Writes the page about one of the files of results in the folder.
pub(crate) fn write_page(folder: &mut Folder, result: &str) -> Result<(), Error> {
    write_report(folder, Some(result)).map(|_| ())
}

/// Writes result.json, front.csv, front.svg and seconds.json.
pub(crate) fn write_front(findings: &Findings, folder: &mut Folder) -> Result<(), Error> {
    folder.write("front.csv", findings.front_csv())?;
    let labels = FrontLabels { loss: findings.loss_name(), ..FrontLabels::default() };
    let picture = pareto_svg(&findings.front_points(), Some(findings.answer), &labels)?;
    folder.write("front.svg", picture)?;
    write_seconds(&findings.seconds, folder)?;
    folder.write(RESULT, json(&findings.without_seconds()) + "\n")
}

/// Writes the one thing that differs from run to run.
pub(crate) fn write_seconds(seconds: &Seconds, folder: &mut Folder) -> Result<(), Error> {
    folder.write(SECONDS, json(seconds) + "\n")
}
