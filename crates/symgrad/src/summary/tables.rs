//! The tables of the summary.

use symgrad_report::{TextTable, format_loss, format_seconds};

use super::{Rate, title};
use crate::verdict::Tally;
use crate::{Record, Stage, VerdictKind, recipe_name};

/// Columns of a terminal that tables keep to; longer formulas wrap.
pub(super) const WIDTH: u16 = 160;

/// A column of the table of runs.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) cell: fn(&Record) -> String,
}

/// What came out.
pub(super) const FOUND: [Column; 5] = [
    Column { name: "recovered formula", cell: |record| record.answer.clone() },
    Column { name: "truth", cell: |record| record.truth.clone() },
    Column { name: "complexity", cell: |record| record.complexity.to_string() },
    Column { name: "verdict", cell: |record| verdict_name(kind(record)) },
    Column { name: "recovered", cell: |record| yes_or_no(record.recovered) },
];

/// Errors and seconds.
pub(super) const MEASURED: [Column; 7] = [
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

pub(super) fn kind(record: &Record) -> Option<VerdictKind> {
    record.verdict.as_ref().map(|verdict| verdict.kind)
}

pub(super) fn yes_or_no(holds: bool) -> String {
    if holds { "yes" } else { "no" }.to_owned()
}

fn verdict_name(kind: Option<VerdictKind>) -> String {
    kind.map_or(NONE, VerdictKind::name).to_owned()
}

/// What is not there.
pub(super) const NONE: &str = "–";

/// One row per run, with those columns.
pub(super) fn table(records: &[Record], columns: &[Column]) -> TextTable {
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

pub(super) fn rates_table(rates: &[Rate]) -> TextTable {
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

pub(super) fn verdicts_table(tallies: &[Tally]) -> TextTable {
    let mut table = TextTable::new(["verdict", "recovered", "not recovered"]);
    for Tally { verdict, recovered, not_recovered } in tallies {
        table.row([verdict_name(*verdict), recovered.to_string(), not_recovered.to_string()]);
    }
    table
}
