//! The summary of many runs: for programs, for people, and for a terminal.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use symgrad_report::{Picture, Section, Summary, TextTable, format_loss, format_seconds};

use crate::files::{read_file, write_json};
use crate::folder::{Folder, Sources};
use crate::verdict::{Tally, tallies};
use crate::{Case, Error, Failure, Plan, Record, Stage, VerdictKind, recipe_name, wilson};

/// `summary.json`.
#[derive(Serialize)]
struct Json<'a> {
    schema_version: u32,
    version: &'static str,
    experiments: &'a [Record],
    /// Runs without a result.
    failures: Vec<Failed<'a>>,
    rates: Vec<Rate>,
    /// Empty for a single run.
    verdicts: Vec<Tally>,
}

/// A run without a result.
#[derive(Serialize)]
struct Failed<'a> {
    run: &'a str,
    reason: String,
}

/// How often a case was recovered.
#[derive(Serialize)]
struct Rate {
    /// Absent for all cases together.
    experiment: Option<String>,
    recovered: usize,
    runs: usize,
    share: f64,
    /// 95 % Wilson score interval.
    interval: (f64, f64),
}

/// The summary's files beside its pictures.
const FILES: [&str; 3] = ["summary.json", "summary.md", "summary.html"];

/// The folder of the summary and of those runs. No file that is to be written there is a user's;
/// with a fresh plan such files are moved aside.
pub(crate) fn prepare(plan: &Plan, runs: &[String]) -> Result<Folder, Error> {
    let folder = Folder::open(&plan.out)?;
    let pictures = runs.iter().flat_map(|run| {
        PICTURES.map(|(name, _)| format!("{}.svg", picture_name(Path::new(run), name)))
    });
    let pictures: Vec<String> = pictures.collect();
    let names: Vec<&str> = FILES.into_iter().chain(pictures.iter().map(String::as_str)).collect();
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
    let rates = if plan.seeds.len() > 1 { rates(&plan.cases, records) } else { vec![] };
    let verdicts = if records.len() > 1 { tallies(&outcomes(records)) } else { vec![] };
    let failed = |failure: &Failure| format!("{}: {}", failure.run, reason(&failure.error));
    let failed: Vec<String> = failures.iter().map(failed).collect();
    let text = terminal(records, &rates, &verdicts, &failed);
    let written = write_files(plan, folder, records, failures, rates, verdicts);
    (text, written.err())
}

fn write_files(
    plan: &Plan,
    folder: &mut Folder,
    records: &[Record],
    failures: &[Failure],
    rates: Vec<Rate>,
    verdicts: Vec<Tally>,
) -> Result<(), Error> {
    let each = failures.iter();
    let each = each.map(|failure| Failed { run: &failure.run, reason: reason(&failure.error) });
    let failures: Vec<Failed<'_>> = each.collect();
    let summary = page(plan, records, &failures, &rates, &verdicts)?;
    for picture in summary.sections.iter().flat_map(|section| &section.pictures) {
        folder.write(&format!("{}.svg", picture.name), &picture.svg)?;
    }
    folder.write("summary.md", summary.to_markdown())?;
    folder.write("summary.html", summary.to_html())?;
    let json = Json {
        schema_version: crate::SCHEMA_VERSION,
        version: env!("CARGO_PKG_VERSION"),
        experiments: records,
        failures,
        rates,
        verdicts,
    };
    folder.make("summary.json", Sources::new(), |path| write_json(path, &json))
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
fn terminal(records: &[Record], rates: &[Rate], verdicts: &[Tally], failed: &[String]) -> String {
    let failed = (!failed.is_empty()).then(|| format!("failed:\n  {}\n", failed.join("\n  ")));
    if records.is_empty() {
        return failed.unwrap_or_default();
    }
    let mut text = table(records, &FOUND).to_text_within(WIDTH);
    text += "\nverdict: what the search says of its answer, not knowing the truth; recovered: what \
             the check against the truth says\n\n";
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

/// Columns of a terminal that tables keep to; longer formulas wrap.
const WIDTH: u16 = 160;

/// A column of the table of runs.
struct Column {
    name: &'static str,
    cell: fn(&Record) -> String,
}

/// What came out.
const FOUND: [Column; 5] = [
    Column { name: "recovered formula", cell: |record| record.answer.clone() },
    Column { name: "truth", cell: |record| record.truth.clone() },
    Column { name: "complexity", cell: |record| record.complexity.to_string() },
    Column { name: "verdict", cell: |record| verdict_name(kind(record)) },
    Column { name: "recovered", cell: |record| yes_or_no(record.recovered) },
];

/// Errors and seconds.
const MEASURED: [Column; 7] = [
    Column { name: "neuron–truth", cell: |record| loss(record.paper_mse_neuron) },
    Column { name: "answer–neuron", cell: |record| format_loss(record.paper_mse_answer) },
    Column { name: "published", cell: |record| loss(record.published_paper_mse) },
    Column { name: "data", cell: |record| seconds(record, Stage::Data) },
    Column { name: "training", cell: |record| seconds(record, Stage::Training) },
    Column { name: "gradients", cell: |record| seconds(record, Stage::Gradients) },
    Column { name: "search", cell: |record| seconds(record, Stage::Search) },
];

fn loss(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), format_loss)
}

fn seconds(record: &Record, stage: Stage) -> String {
    record.seconds.get(&stage).map_or_else(|| NONE.to_owned(), |&seconds| format_seconds(seconds))
}

fn kind(record: &Record) -> Option<VerdictKind> {
    record.verdict.as_ref().map(|verdict| verdict.kind)
}

fn yes_or_no(holds: bool) -> String {
    if holds { "yes" } else { "no" }.to_owned()
}

fn verdict_name(kind: Option<VerdictKind>) -> String {
    kind.map_or(NONE, VerdictKind::name).to_owned()
}

/// What is not there.
const NONE: &str = "–";

/// One row per run, with those columns.
fn table(records: &[Record], columns: &[Column]) -> TextTable {
    let several = records.iter().any(|record| record.seed != records[0].seed);
    let seed = several.then_some("seed");
    let header = ["experiment", "recipe"].into_iter().chain(seed);
    let mut table = TextTable::new(header.chain(columns.iter().map(|column| column.name)));
    for record in records {
        let seed = several.then(|| record.seed.to_string());
        let which = [title(record), recipe_name(record.recipe).to_owned()].into_iter().chain(seed);
        table.row(which.chain(columns.iter().map(|column| (column.cell)(record))));
    }
    table
}

/// What the table has no room for.
fn notes(records: &[Record]) -> String {
    let mut text = String::new();
    for record in records {
        for note in doubt(record).map(str::to_owned).into_iter().chain(notes_on(record)) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}: {note}", run(record));
        }
    }
    text
}

/// The verdict in full where it is not the one that needs no word: identified, and rightly so.
fn doubt(record: &Record) -> Option<&str> {
    let verdict = record.verdict.as_ref()?;
    let expected = verdict.kind == VerdictKind::Identified && record.recovered;
    (!expected).then_some(&verdict.summary)
}

fn notes_on(record: &Record) -> Vec<String> {
    let mut notes = Vec::new();
    if !record.recovered {
        notes.push(match record.mismatch {
            Some(mismatch) => {
                format!("not recovered, 1 − |mean cos| = {} at fresh points", format_loss(mismatch))
            }
            None => "not recovered, the answer is not finite at some fresh point".to_owned(),
        });
    }
    if !record.users_files.is_empty() {
        notes.push(format!("rests on a user's own {}", record.users_files.join(", ")));
    }
    if let Some(rank) = record.tangent_rank {
        notes.push(format!("gradients are projected on the {rank} directions that the data fill"));
    }
    // Where the wanted concept came out, others are of no interest.
    if record.recovered {
        return notes;
    }
    for other in &record.also_conserved {
        notes.push(format!(
            "the data conserve the {} too; cosine with the neuron {:.4} (the truth's {:.4}), with \
             the answer {:.4}",
            other.name, other.neuron_cosine, other.truth_neuron_cosine, other.answer_cosine
        ));
    }
    if let Some(mixture) = &record.mixture {
        let part = |[a, b, cosine]: [f64; 3]| {
            format!(
                "{a:.3}·truth {} {:.3}·({}), cosine {cosine:.5}",
                sign(b),
                b.abs(),
                mixture.with
            )
        };
        notes.push(format!("the neuron is closest to {}", part(mixture.neuron)));
        notes.push(format!("the answer is closest to {}", part(mixture.answer)));
    }
    notes
}

fn sign(number: f64) -> char {
    if number < 0.0 { '−' } else { '+' }
}

fn rates(cases: &[Case], records: &[Record]) -> Vec<Rate> {
    let rate = |experiment: Option<String>, chosen: &[&Record]| {
        let (hits, runs) = (chosen.iter().filter(|r| r.recovered).count(), chosen.len());
        let interval = wilson(hits, runs);
        Rate {
            experiment,
            recovered: hits,
            runs,
            share: hits as f64 / runs.max(1) as f64,
            interval,
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

fn rates_table(rates: &[Rate]) -> TextTable {
    let mut table = TextTable::new(["experiment", "recovered", "rate", "95 % interval"]);
    for rate in rates {
        let percent = |share: f64| format!("{:.0}%", share * 100.0);
        table.row([
            rate.experiment.clone().unwrap_or_else(|| "all".into()),
            format!("{} of {}", rate.recovered, rate.runs),
            percent(rate.share),
            format!("{} to {}", percent(rate.interval.0), percent(rate.interval.1)),
        ]);
    }
    table
}

/// Verdict and recovery of each run.
fn outcomes(records: &[Record]) -> Vec<(Option<VerdictKind>, bool)> {
    records.iter().map(|record| (kind(record), record.recovered)).collect()
}

fn verdicts_table(tallies: &[Tally]) -> TextTable {
    let mut table = TextTable::new(["verdict", "recovered", "not recovered"]);
    for Tally { verdict, recovered, not_recovered } in tallies {
        table.row([verdict_name(*verdict), recovered.to_string(), not_recovered.to_string()]);
    }
    table
}

/// The page for people: all runs in the table, those of the first seed in full.
fn page(
    plan: &Plan,
    records: &[Record],
    failures: &[Failed<'_>],
    rates: &[Rate],
    verdicts: &[Tally],
) -> Result<Summary, Error> {
    let hits = records.iter().filter(|record| record.recovered).count();
    let seeds: Vec<String> = plan.seeds.iter().map(u64::to_string).collect();
    let facts = [
        ("recovered", format!("{hits} of {}", records.len())),
        ("seeds", seeds.join(", ")),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        (
            "verdict",
            "what the search says of its answer, not knowing the truth; recovered is what the \
             check against the truth says"
                .to_owned(),
        ),
        (
            "paper MSE",
            "(2/d)(1 − |mean cos|), of neuron against truth and answer against neuron; \
                       published is printed in arXiv 2409.05305 for its own network, on data of \
                       the published recipe"
                .to_owned(),
        ),
    ];
    let measured = Some(table(records, &MEASURED));
    let errors =
        Section { title: "Errors and seconds".into(), table: measured, ..Section::default() };
    let mut sections = vec![errors];
    if !verdicts.is_empty() {
        let table = Some(verdicts_table(verdicts));
        sections.push(Section { title: "Verdicts".into(), table, ..Section::default() });
    }
    if !rates.is_empty() {
        let table = Some(rates_table(rates));
        sections.push(Section { title: "Rates".into(), table, ..Section::default() });
    }
    if !failures.is_empty() {
        let text = failures.iter().map(|failed| format!("{}: {}.", failed.run, failed.reason));
        let text = text.collect();
        sections.push(Section { title: "Failed".into(), text, ..Section::default() });
    }
    let named = |record| Some(format!("{}: {}.", run(record), doubt(record)?));
    let text: Vec<String> = records.iter().filter_map(named).collect();
    if !text.is_empty() {
        sections.push(Section { title: "In doubt".into(), text, ..Section::default() });
    }
    let mut shown = BTreeSet::new();
    for record in records {
        if shown.insert((title(record), recipe_name(record.recipe))) {
            sections.push(section(&plan.out, record)?);
        }
    }
    Ok(Summary {
        title: "From triplets to formulas".into(),
        facts: facts.into_iter().map(|(name, text)| (name.into(), text)).collect(),
        table: Some(table(records, &FOUND)),
        sections,
    })
}

/// The pictures of a run that the summary shows, and what is to be seen.
const PICTURES: [(&str, &str); 2] = [
    ("front", "The Pareto front of the search"),
    ("scatter", "The neuron against the answer, at the field's points"),
];

/// The name of a run's picture among those of other runs.
fn picture_name(run: &Path, name: &str) -> String {
    format!("{}-{name}", run.to_string_lossy().replace(['/', '\\'], "-"))
}

fn section(out: &Path, record: &Record) -> Result<Section, Error> {
    let picture = |(name, caption): (&str, &str)| -> Result<Picture, Error> {
        let svg = read_file(&out.join(&record.folder).join(format!("{name}.svg")))?;
        Ok(Picture { name: picture_name(&record.folder, name), caption: caption.into(), svg })
    };
    let mut text = vec![format!(
        "Truth: {}. {} recipe, seed {}. Rank correlation of neuron and answer: {:.5}.",
        record.truth,
        recipe_name(record.recipe),
        record.seed,
        record.spearman
    )];
    text.extend(record.verdict.iter().map(|verdict| format!("Verdict: {}.", verdict.summary)));
    text.extend(notes_on(record).into_iter().map(|note| format!("{note}.")));
    Ok(Section {
        title: title(record),
        formula: Some(record.answer.clone()),
        text,
        table: None,
        pictures: PICTURES.into_iter().map(picture).collect::<Result<_, _>>()?,
    })
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

    fn record(kind: VerdictKind, recovered: bool) -> Record {
        let old: Record = serde_json::from_str(OLD_RECORD).expect("a record");
        let verdict = VerdictRecord {
            kind,
            summary: format!("{}: for a reason", kind.name()),
            alternatives: vec![],
            held_out: None,
            noise_floor: 0.0,
        };
        Record { verdict: Some(verdict), recovered, ..old }
    }

    #[test]
    fn a_terminal_shows_verdicts_beside_recoveries() {
        let long = vec!["a11*a22*a33"; 20].join(" + ");
        let found = Record { answer: long, ..record(VerdictKind::Identified, true) };
        let false_claim = Record { seed: 1, ..record(VerdictKind::Identified, false) };
        let doubtful = Record { seed: 2, ..record(VerdictKind::Ambiguous, true) };
        let records = [found, false_claim, doubtful];
        let text = terminal(&records, &[], &tallies(&outcomes(&records)), &[]);
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
