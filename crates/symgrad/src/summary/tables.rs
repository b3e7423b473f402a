//! The tables of the summary.

use symgrad_report::{TextTable, format_loss, format_seconds};

use super::{Rate, title};
use crate::discover::varies_by;
use crate::verdict::Tally;
use crate::{PairsRecord, Record, Stage, VerdictKind, recipe_name};

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
    Column { name: "truth", cell: |record| record.truth.clone().unwrap_or_else(none) },
    Column { name: "complexity", cell: |record| record.complexity.to_string() },
    Column { name: "verdict", cell: |record| verdict_name(kind(record)) },
    Column { name: "recovered", cell: |record| yes_or_no(record.recovered) },
];

/// What held-out pairs say.
pub(super) const JUDGED: [Column; 4] = [
    Column { name: "laws by held-out pairs", cell: |record| judged(record, PairsRecord::text) },
    Column { name: "road", cell: |record| judged(record, PairsRecord::roads) },
    Column {
        name: "varies within them",
        cell: |record| judged(record, |pairs| pairs.rho().map_or_else(none, varies_by)),
    },
    Column {
        name: "truth among them",
        cell: |record| judged(record, |pairs| yes_or_no(pairs.recovered)),
    },
];

fn judged(record: &Record, cell: impl Fn(&PairsRecord) -> String) -> String {
    record.pairs.as_ref().map_or_else(none, cell)
}

fn none() -> String {
    NONE.to_owned()
}

/// Errors and seconds.
pub(super) const MEASURED: [Column; 8] = [
    Column { name: "neuron–truth", cell: |record| loss(record.paper_mse_neuron) },
    Column { name: "answer–neuron", cell: |record| format_loss(record.paper_mse_answer) },
    Column { name: "published", cell: |record| loss(record.published_paper_mse) },
    Column { name: "data", cell: |record| seconds(record, Stage::Data) },
    Column { name: "training", cell: |record| seconds(record, Stage::Training) },
    Column { name: "gradients", cell: |record| seconds(record, Stage::Gradients) },
    Column { name: "search", cell: |record| seconds(record, Stage::Search) },
    Column { name: "laws", cell: |record| seconds(record, Stage::Laws) },
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

fn yes_or_no(holds: Option<bool>) -> String {
    holds.map_or(NONE, |holds| if holds { "yes" } else { "no" }).to_owned()
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
    let header = ["experiment", "recovered", "rate", "95 % interval", "by held-out pairs"];
    let mut table = TextTable::new(header);
    for rate in rates {
        let percent = |share: f64| format!("{:.0}%", share * 100.0);
        table.row([
            rate.experiment.clone().unwrap_or_else(|| "all".into()),
            format!("{} of {}", rate.recovered, rate.runs),
            percent(rate.share),
            format!("{} to {}", percent(rate.interval.0), percent(rate.interval.1)),
            rate.by_pairs.map_or_else(none, |[hits, runs]| format!("{hits} of {runs}")),
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
