//! The summary of many runs: for programs, for people, and for a terminal.

mod markdown;
mod notes;
mod page;
mod tables;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::files::{read_json, write_json};
use crate::folder::{Folder, Sources};
use crate::pages::REPORT;
use crate::verdict::{Tally, tallies};
use crate::{Case, Error, Failure, Plan, Record, VerdictKind, wilson};
use markdown::{PICTURES, picture_name};
use notes::notes;
use tables::{FOUND, JUDGED, MEASURED, WIDTH, kind, rates_table, table, verdicts_table};

/// Name of the file that tells programs about many runs.
pub const SUMMARY: &str = "summary.json";

/// Name of the file that tells the same to people, with pictures beside it.
const MARKDOWN: &str = "summary.md";

/// What came of many runs: `summary.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Account {
    schema_version: u32,
    version: String,
    /// What repeats them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    experiments: Vec<Record>,
    /// Runs without a result.
    #[serde(default)]
    failures: Vec<Failed>,
    /// Empty for a single seed.
    #[serde(default)]
    rates: Vec<Rate>,
    /// Empty for a single run.
    #[serde(default)]
    verdicts: Vec<Tally>,
}

/// A run without a result.
#[derive(Debug, Serialize, Deserialize)]
struct Failed {
    run: String,
    reason: String,
}

/// How often a case was recovered.
#[derive(Debug, Serialize, Deserialize)]
struct Rate {
    /// Absent for all cases together.
    experiment: Option<String>,
    recovered: usize,
    runs: usize,
    share: f64,
    /// 95 % Wilson score interval.
    interval: (f64, f64),
    /// How often the truth is among the laws by held-out pairs, and in how many runs; absent where earlier
    /// versions have not asked them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    by_pairs: Option<[usize; 2]>,
}

/// The folder of the summary and of those runs. No file that is to be written there is a user's;
/// with a fresh plan such files are moved aside.
pub(crate) fn prepare(plan: &Plan, runs: &[String]) -> Result<Folder, Error> {
    let folder = Folder::open(&plan.out)?;
    let pictures = runs.iter().flat_map(|run| {
        PICTURES.map(|(name, _)| format!("{}.svg", picture_name(Path::new(run), name)))
    });
    let pictures: Vec<String> = pictures.collect();
    let names: Vec<&str> = [SUMMARY, MARKDOWN, REPORT]
        .into_iter()
        .chain(pictures.iter().map(String::as_str))
        .collect();
    if plan.fresh {
        folder.set_users_aside(&names)?;
    }
    folder.check(&names)?;
    Ok(folder)
}

/// Returns what a terminal should show, and writes the summary's files, or says why it cannot.
pub(crate) fn write(
    plan: &Plan,
    folder: &mut Folder,
    records: &[Record],
    failures: &[Failure],
) -> (String, Option<Error>) {
    let failed =
        |failure: &Failure| Failed { run: failure.run.clone(), reason: reason(&failure.error) };
    let account = Account {
        schema_version: crate::SCHEMA_VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: plan.command.clone(),
        experiments: records.to_vec(),
        failures: failures.iter().map(failed).collect(),
        rates: if plan.seeds.len() > 1 { rates(&plan.cases, records) } else { vec![] },
        verdicts: if records.len() > 1 { tallies(&outcomes(records)) } else { vec![] },
    };
    let text = terminal(&account);
    (text, write_files(&plan.out, folder, &account).err())
}

fn write_files(out: &Path, folder: &mut Folder, account: &Account) -> Result<(), Error> {
    let summary = markdown::summary(out, account)?;
    for picture in summary.sections.iter().flat_map(|section| &section.pictures) {
        folder.write(&format!("{}.svg", picture.name), &picture.svg)?;
    }
    folder.write(MARKDOWN, summary.to_markdown())?;
    folder.write(REPORT, page::of(account).to_html())?;
    folder.make(SUMMARY, Sources::new(), |path| write_json(path, account))
}

/// Writes the page about many runs, `report.html`, made of their `summary.json` alone.
pub fn write_summary_page(folder: &mut Folder) -> Result<(), Error> {
    let account: Account = read_json(&folder.file(SUMMARY))?;
    folder.write(REPORT, page::of(&account).to_html())
}

/// An error with its causes, in one line.
fn reason(error: &Error) -> String {
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !told.contains(&text) {
            told = format!("{told}: {text}");
        }
        cause = inner.source();
    }
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is found and what is measured in two tables, since one would be too wide.
fn terminal(account: &Account) -> String {
    let Account { experiments: records, rates, verdicts, .. } = account;
    let failed = account.failures.iter().map(|failed| format!("{}: {}", failed.run, failed.reason));
    let failed: Vec<String> = failed.collect();
    let failed = (!failed.is_empty()).then(|| format!("failed:\n  {}\n", failed.join("\n  ")));
    if records.is_empty() {
        return failed.unwrap_or_default();
    }
    let mut text = table(records, &FOUND).to_text_within(WIDTH);
    text += "\nverdict: what the search says of its answer, not knowing the truth; recovered: what \
             the check against the truth says\n\n";
    text += &table(records, &JUDGED).to_text_within(WIDTH);
    text += "\nlaws by held-out pairs: the network's formulas and those of the direct road, chosen and judged \
             by pairs that\nnothing was trained on; road: which one has led there\n\n";
    text += &table(records, &MEASURED).to_text_within(WIDTH);
    text += "\nneuron–truth, answer–neuron: paper MSE; published: the same as printed in arXiv\n\
             2409.05305, answer against its own network, on data of the published recipe\n";
    let notes = notes(records);
    let tables = [
        (!verdicts.is_empty()).then(|| verdicts_table(verdicts).to_text()),
        (!rates.is_empty()).then(|| rates_table(rates).to_text()),
        (!notes.is_empty()).then_some(notes),
        failed,
    ];
    for part in tables.into_iter().flatten() {
        text.push('\n');
        text += &part;
    }
    text
}

fn rates(cases: &[Case], records: &[Record]) -> Vec<Rate> {
    let rate = |experiment: Option<String>, chosen: &[&Record]| {
        let [hits, runs] = counted(chosen.iter().map(|record| record.recovered));
        let by_pairs = counted(chosen.iter().map(|record| record.pairs.as_ref()?.recovered));
        let interval = wilson(hits, runs);
        Rate {
            experiment,
            recovered: hits,
            runs,
            share: hits as f64 / runs.max(1) as f64,
            interval,
            by_pairs: (by_pairs[1] > 0).then_some(by_pairs),
        }
    };
    let mut rates: Vec<Rate> = cases
        .iter()
        .map(|case| {
            let of_case = |r: &&Record| {
                r.name == case.name && r.system.as_deref() == case.system && r.recipe == case.recipe
            };
            let chosen: Vec<&Record> = records.iter().filter(of_case).collect();
            let name = chosen.first().map_or_else(|| case.id(), |r| title(r));
            rate(Some(name), &chosen)
        })
        .collect();
    rates.push(rate(None, &records.iter().collect::<Vec<_>>()));
    rates
}

/// How many hold, and of how many it is known.
fn counted(holds: impl Iterator<Item = Option<bool>>) -> [usize; 2] {
    let known: Vec<bool> = holds.flatten().collect();
    [known.iter().filter(|holds| **holds).count(), known.len()]
}

/// Verdict and recovery of each run whose truth is known.
fn outcomes(records: &[Record]) -> Vec<(Option<VerdictKind>, bool)> {
    records.iter().filter_map(|record| Some((kind(record), record.recovered?))).collect()
}

/// Name, system and seed.
fn run(record: &Record) -> String {
    format!("{} (seed {})", title(record), record.seed)
}

/// Name and system.
fn title(record: &Record) -> String {
    match &record.system {
        Some(system) => format!("{} ({system})", record.name),
        None => record.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VerdictRecord;
    use crate::check::OLD_RECORD;
    use tables::NONE;

    fn record(kind: VerdictKind, recovered: bool) -> Record {
        let old: Record = serde_json::from_str(OLD_RECORD).expect("a record");
        let verdict = VerdictRecord {
            kind,
            summary: format!("{}: for a reason", kind.name()),
            alternatives: vec![],
            held_out: None,
            noise_floor: 0.0,
        };
        Record { verdict: Some(verdict), recovered: Some(recovered), ..old }
    }

    #[test]
    fn a_terminal_shows_verdicts_beside_recoveries() {
        let long = vec!["a11*a22*a33"; 20].join(" + ");
        let found = Record { answer: long, ..record(VerdictKind::Identified, true) };
        let false_claim = Record { seed: 1, ..record(VerdictKind::Identified, false) };
        let doubtful = Record { seed: 2, ..record(VerdictKind::Ambiguous, true) };
        let records = [found, false_claim, doubtful];
        let account = Account {
            schema_version: crate::SCHEMA_VERSION,
            version: "0".to_owned(),
            command: None,
            verdicts: tallies(&outcomes(&records)),
            experiments: records.into(),
            failures: vec![],
            rates: vec![],
        };
        let text = terminal(&account);
        assert!(text.lines().all(|line| line.chars().count() <= usize::from(WIDTH)), "{text}");
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let rows: Vec<Vec<String>> = text.lines().map(words).collect();
        assert!(rows.iter().any(|row| row.ends_with(&["identified".into(), "yes".into()])));
        for cells in [["identified", "1", "1"], ["ambiguous", "1", "0"]] {
            assert!(rows.iter().any(|row| *row == cells), "{text}");
        }
        // The reason is told where it is of interest.
        assert!(!text.contains("(seed 0): identified"), "{text}");
        assert!(text.contains("(seed 1): identified: for a reason\n"), "{text}");
        assert!(text.contains("(seed 2): ambiguous: for a reason\n"), "{text}");
    }

    #[test]
    fn runs_without_a_verdict_show_a_dash() {
        let old: Record = serde_json::from_str(OLD_RECORD).expect("a record");
        let row = table(&[old], &FOUND).to_text();
        let cells: Vec<&str> = row.split_whitespace().rev().take(2).collect();
        assert_eq!(cells, ["yes", NONE]);
    }
}
