//! The summary of many runs: for programs, for people, and for a terminal.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use symgrad_report::{Picture, Section, Summary, TextTable, format_loss, format_seconds};

use crate::files::{read_file, write_file, write_json};
use crate::{Case, Error, Plan, Record, Stage, recipe_name, wilson};

/// `summary.json`.
#[derive(Serialize)]
struct Json<'a> {
    schema_version: u32,
    version: &'static str,
    experiments: &'a [Record],
    rates: Vec<Rate>,
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

/// Writes the summary's files, and returns what a terminal should show.
pub(crate) fn write(plan: &Plan, records: &[Record]) -> Result<String, Error> {
    let rates = if plan.seeds.len() > 1 { rates(&plan.cases, records) } else { vec![] };
    let mut text = table(records).to_text();
    text += "\nneuron–truth, answer–neuron: paper MSE; published: the same as printed in arXiv\n\
             2409.05305, answer against its own network, on data of the published recipe\n";
    text += &notes(records);
    if !rates.is_empty() {
        text.push('\n');
        text += &rates_table(&rates).to_text();
    }

    let summary = page(plan, records, &rates)?;
    for picture in summary.sections.iter().flat_map(|section| &section.pictures) {
        write_file(&plan.out.join(format!("{}.svg", picture.name)), &picture.svg)?;
    }
    write_file(&plan.out.join("summary.md"), summary.to_markdown())?;
    write_file(&plan.out.join("summary.html"), summary.to_html())?;
    let json = Json {
        schema_version: crate::SCHEMA_VERSION,
        version: env!("CARGO_PKG_VERSION"),
        experiments: records,
        rates,
    };
    write_json(&plan.out.join("summary.json"), &json)?;
    Ok(text)
}

/// One row per run.
fn table(records: &[Record]) -> TextTable {
    let several = records.iter().any(|record| record.seed != records[0].seed);
    let mut header = vec!["experiment", "recipe"];
    if several {
        header.push("seed");
    }
    header.extend([
        "recovered formula",
        "truth",
        "neuron–truth",
        "answer–neuron",
        "published",
        "complexity",
        "data",
        "training",
        "gradients",
        "search",
        "recovered",
    ]);
    let mut table = TextTable::new(header);
    for record in records {
        let mut row = vec![title(record), recipe_name(record.recipe).to_owned()];
        if several {
            row.push(record.seed.to_string());
        }
        let loss = |value: Option<f64>| value.map_or("–".to_owned(), format_loss);
        row.extend([
            record.answer.clone(),
            record.truth.clone(),
            loss(record.paper_mse_neuron),
            format_loss(record.paper_mse_answer),
            loss(record.published_paper_mse),
            record.complexity.to_string(),
        ]);
        let stages = [Stage::Data, Stage::Training, Stage::Gradients, Stage::Search];
        row.extend(stages.map(|stage| {
            record.seconds.get(&stage).map_or("–".to_owned(), |&seconds| format_seconds(seconds))
        }));
        row.push(if record.recovered { "yes" } else { "no" }.to_owned());
        table.row(row);
    }
    table
}

/// What the table has no room for.
fn notes(records: &[Record]) -> String {
    let mut text = String::new();
    for record in records {
        for note in notes_on(record) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} (seed {}): {note}", title(record), record.seed);
        }
    }
    text
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

/// The page for people: all runs in the table, those of the first seed in full.
fn page(plan: &Plan, records: &[Record], rates: &[Rate]) -> Result<Summary, Error> {
    let hits = records.iter().filter(|record| record.recovered).count();
    let seeds: Vec<String> = plan.seeds.iter().map(u64::to_string).collect();
    let facts = [
        ("recovered", format!("{hits} of {}", records.len())),
        ("seeds", seeds.join(", ")),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        (
            "paper MSE",
            "(2/d)(1 − |mean cos|), of neuron against truth and answer against neuron; \
                       `published` is printed in arXiv 2409.05305 for its own network, on data of \
                       the published recipe"
                .to_owned(),
        ),
    ];
    let mut sections = Vec::new();
    if !rates.is_empty() {
        let table = Some(rates_table(rates));
        sections.push(Section { title: "Rates".into(), table, ..Section::default() });
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
        table: Some(table(records)),
        sections,
    })
}

fn section(out: &Path, record: &Record) -> Result<Section, Error> {
    let stem = record.folder.to_string_lossy().replace(['/', '\\'], "-");
    let picture = |name: &str, caption: &str| -> Result<Picture, Error> {
        let svg = read_file(&out.join(&record.folder).join(format!("{name}.svg")))?;
        Ok(Picture { name: format!("{stem}-{name}"), caption: caption.into(), svg })
    };
    let mut text = vec![format!(
        "Truth: {}. {} recipe, seed {}. Rank correlation of neuron and answer: {:.5}.",
        record.truth,
        recipe_name(record.recipe),
        record.seed,
        record.spearman
    )];
    text.extend(notes_on(record).into_iter().map(|note| format!("{note}.")));
    Ok(Section {
        title: title(record),
        formula: Some(record.answer.clone()),
        text,
        table: None,
        pictures: vec![
            picture("front", "The Pareto front of the search")?,
            picture("scatter", "The neuron against the answer, at the field's points")?,
        ],
    })
}

/// Name and system.
fn title(record: &Record) -> String {
    match &record.system {
        Some(system) => format!("{} ({system})", record.name),
        None => record.name.clone(),
    }
}
