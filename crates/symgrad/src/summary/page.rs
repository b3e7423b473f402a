//! The page about many runs.

use symgrad_expr::{Expr, Language, Names, Spelling};
use symgrad_report::{Badge, Cell, IndexPage, IndexRow, Section, format_seconds};

use super::notes::doubt;
use super::tables::{JUDGED, MEASURED, NONE, kind, rates_table, table, verdicts_table};
use super::{Account, counted, run, title};
use crate::page::DIGITS;
use crate::pages::{REPORT, link};
use crate::{Record, Suite, VerdictKind, recipe_name};

/// Heading of the summary.
pub(super) const TITLE: &str = "From triplets to formulas";

/// All runs as a table that leads to the page of each.
pub(super) fn of(account: &Account) -> IndexPage {
    let records = &account.experiments;
    let several = records.iter().any(|record| record.seed != records[0].seed);
    let seed = several.then_some("seed");
    let columns = ["recovered", "by pairs", "recipe"].into_iter().chain(seed).chain(["seconds"]);
    let mut facts = facts(account).into_iter();
    let recovered = facts.next().map(|(name, value)| format!("{value} {name}."));
    let by_pairs = by_pairs(records).map(|told| format!("Laws by held-out pairs: {told}."));
    IndexPage {
        title: TITLE.into(),
        sentences: recovered
            .into_iter()
            .chain(by_pairs)
            .chain([MEANING.to_owned() + "."])
            .collect(),
        command: account.command.clone(),
        columns: columns.map(str::to_owned).collect(),
        rows: records.iter().map(|record| row(record, several)).collect(),
        sections: sections(account),
        provenance: facts.filter(|(name, _)| name != "verdict").collect(),
    }
}

/// What the two judgements are.
const MEANING: &str = "The verdict is what the search says of its answer, not knowing the truth; \
                       recovered is what the check against the truth says";

/// How often the other answer holds the truth.
fn by_pairs(records: &[Record]) -> Option<String> {
    let [hits, runs] = counted(records.iter().map(|record| record.pairs.as_ref()?.recovered));
    (runs > 0).then(|| format!("the truth is among them in {hits} of {runs}"))
}

/// Names and values; how many were recovered is the first.
pub(super) fn facts(account: &Account) -> Vec<(String, String)> {
    let records = &account.experiments;
    let [hits, runs] = counted(records.iter().map(|record| record.recovered));
    let mut seeds: Vec<u64> = records.iter().map(|record| record.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
    let facts = [
        ("recovered", format!("{hits} of {runs}")),
        ("seeds", seeds.join(", ")),
        ("version", account.version.clone()),
        ("verdict", MEANING.to_owned()),
        ("laws by held-out pairs", by_pairs(records).unwrap_or_else(|| NONE.to_owned())),
        (
            "paper MSE",
            "(2/d)(1 − |mean cos|), of neuron against truth and answer against neuron; published is \
             printed in arXiv 2409.05305 for its own network, on data of the published recipe"
                .to_owned(),
        ),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What is said about all runs together.
pub(super) fn sections(account: &Account) -> Vec<Section> {
    let records = &account.experiments;
    let tabled = |title: &str, table| Section {
        title: title.to_owned(),
        table: Some(table),
        ..Section::default()
    };
    let told = |title: &str, text| Section { title: title.to_owned(), text, ..Section::default() };
    let mut sections = vec![];
    if !records.is_empty() {
        sections.push(tabled("By held-out pairs", table(records, &JUDGED)));
        sections.push(tabled("Errors and seconds", table(records, &MEASURED)));
    }
    if !account.verdicts.is_empty() {
        sections.push(tabled("Verdicts", verdicts_table(&account.verdicts)));
    }
    if !account.rates.is_empty() {
        sections.push(tabled("Rates", rates_table(&account.rates)));
    }
    if !account.failures.is_empty() {
        let failures = account.failures.iter();
        let text = failures.map(|failed| format!("{}: {}.", failed.run, failed.reason));
        sections.push(told("Failed", text.collect()));
    }
    let named = |record| Some(format!("{}: {}.", run(record), doubt(record)?));
    let text: Vec<String> = records.iter().filter_map(named).collect();
    if !text.is_empty() {
        sections.push(told("In doubt", text));
    }
    sections
}

fn row(record: &Record, several: bool) -> IndexRow {
    let seconds: f64 = record.seconds.values().sum();
    let recipe = Cell::Text(recipe_name(record.recipe).to_owned());
    let seed = several.then(|| Cell::Number(record.seed as f64, record.seed.to_string()));
    let holds =
        |holds: Option<bool>| holds.map_or_else(|| Cell::Text(NONE.to_owned()), Cell::Holds);
    let by_pairs = record.pairs.as_ref().and_then(|pairs| pairs.recovered);
    let cells = [holds(record.recovered), holds(by_pairs), recipe].into_iter().chain(seed);
    let folder = record.folder.to_string_lossy().replace('\\', "/");
    IndexRow {
        name: title(record),
        link: link(folder.split('/').chain([REPORT])),
        badge: Some(kind(record).map_or(Badge::Unknown, VerdictKind::badge)),
        cells: cells.chain([Cell::Number(seconds, format_seconds(seconds))]).collect(),
        complexity: Some(record.complexity),
        loss: Some(record.loss),
        text: record.answer.clone(),
        math: typeset(record).unwrap_or_default(),
    }
}

/// The answer as `MathML`, if the experiment is still known.
fn typeset(record: &Record) -> Option<String> {
    let of =
        |case: &crate::Case| case.name == record.name && record.system.as_deref() == case.system;
    let case = Suite::All.cases().into_iter().find(of)?;
    let names = Names::new(case.data.inputs().iter().copied()).ok()?;
    let answer = Expr::parse(&record.answer, &names).ok()?;
    let spelling = Spelling::new(Language::Mathml, &names);
    Some(answer.rounded(DIGITS).spelt(Language::Mathml, &spelling))
}
