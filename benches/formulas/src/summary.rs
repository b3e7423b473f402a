//! What is told about many runs: rates with intervals, a picture, and every failure.

use std::fmt::Write;
use std::path::Path;

use symgrad_report::{RateCurve, RatePoint, TextTable, format_loss, rate_svg, wilson};

use crate::calibration;
use crate::error::Error;
use crate::run::{CLOSE, Kind, Record, SAME};
use crate::sets::{self, Half};

/// Classes of the truth's complexity: lowest and highest.
const CLASSES: [(u32, u32); 6] = [(1, 7), (8, 11), (12, 15), (16, 20), (21, 27), (28, u32::MAX)];

/// The report on all runs, in Markdown.
pub(crate) fn report(records: &[&Record]) -> String {
    let mut text = String::from("# How often *identified* is right\n\n");
    text += &calibration::table(records).to_markdown();
    for group in sets(records) {
        let _ = writeln!(text, "\n# {}\n", group.name);
        text += &if group.records.iter().all(|record| record.set.has_formulas()) {
            formulas(&group.records)
        } else {
            negatives(&group.records)
        };
    }
    text
}

/// The report on formulas.
fn formulas(records: &[&Record]) -> String {
    let noises = noises(records);
    let mut text = String::from("## Recovery\n\n");
    text += &overall(records, &noises).to_markdown();
    if records.iter().any(|record| record.half.is_some()) {
        text += "\n## By half\n\n";
        text += &halves(records, &noises).to_markdown();
    }
    text += "\n## By complexity of the truth\n\n";
    text += &by(records, &noises, "complexity", &classes(records));
    text += "\n## By number of inputs\n\n";
    text += &by(records, &noises, "inputs", &inputs(records));
    if records.iter().any(|record| !record.verdict.is_empty()) {
        text += "\n## Verdict and recovery\n\n";
        text += &verdicts(records, &noises).to_markdown();
    }
    text += "\n## Look-alikes and misses\n\n";
    text += &failures(records);
    text
}

/// The report on random functions.
fn negatives(records: &[&Record]) -> String {
    let mut text = String::from("## Verdicts on functions that no short formula describes\n\n");
    let mut table = TextTable::new(["family", "runs", "identified", "ambiguous", "not found"]);
    let mut families: Vec<&str> = records.iter().map(|record| family(record)).collect();
    families.dedup();
    families.sort_unstable();
    families.dedup();
    for name in families {
        let of: Vec<_> = records.iter().filter(|record| family(record) == name).collect();
        let count = |verdict: &str| {
            of.iter().filter(|record| record.verdict == verdict).count().to_string()
        };
        table.row([
            name.to_owned(),
            of.len().to_string(),
            count("identified"),
            count("ambiguous"),
            count("not found"),
        ]);
    }
    text += &table.to_markdown();
    let identified = records.iter().filter(|record| record.is_identified()).count();
    let _ = writeln!(text, "\nFalsely identified: {}\n", rate(identified, records.len()));
    let mut table = TextTable::new(["function", "noise", "verdict", "loss", "mismatch", "answer"]);
    for record in records {
        table.row([
            record.name.clone(),
            format!("{} %", record.noise),
            record.verdict.clone(),
            format_loss(record.loss),
            format_loss(record.mismatch),
            record.answer.clone(),
        ]);
    }
    text + &table.to_markdown()
}

fn family(record: &Record) -> &str {
    record.name.split('-').next().unwrap_or_default()
}

/// Rates by noise over all formulas.
fn overall(records: &[&Record], noises: &[f64]) -> TextTable {
    let header = [
        "noise",
        "runs",
        "recovered",
        "95 % interval",
        "mismatch < 1e-10",
        "< 1e-3",
        "on the front",
        "evaluations (median)",
        "CPU s (median)",
        "CPU s (mean)",
    ];
    let mut table = TextTable::new(header);
    for &noise in noises {
        let of: Vec<_> = records.iter().filter(|record| record.noise == noise).collect();
        let count = |holds: &dyn Fn(&Record) -> bool| of.iter().filter(|r| holds(r)).count();
        let share = |hits: usize| percent(hits, of.len());
        let hits = count(&Record::recovered);
        let median = |value: &dyn Fn(&Record) -> f64| {
            rising(of.iter().map(|record| value(record)))[of.len() / 2]
        };
        let mean = of.iter().map(|record| record.cpu_seconds).sum::<f64>() / of.len() as f64;
        table.row([
            format!("{noise} %"),
            of.len().to_string(),
            share(hits),
            interval(hits, of.len()),
            share(count(&|record| record.mismatch < SAME)),
            share(count(&|record| record.mismatch < CLOSE)),
            share(count(&Record::on_front)),
            median(&|record| record.evaluations as f64).to_string(),
            format!("{:.1}", median(&|record| record.cpu_seconds)),
            format!("{mean:.1}"),
        ]);
    }
    table
}

/// What became of the formulas of each half, at each noise.
fn halves(records: &[&Record], noises: &[f64]) -> TextTable {
    let header = [
        "half",
        "noise",
        "runs",
        "exact",
        "look-alike",
        "missed",
        "identified",
        "falsely",
        "CPU s (median)",
        "(largest)",
    ];
    let mut table = TextTable::new(header);
    for half in [Half::Tune, Half::Report] {
        for &noise in noises {
            let of = of(records, |r| r.half == Some(half) && r.noise == noise);
            if of.is_empty() {
                continue;
            }
            let count = |holds: &dyn Fn(&Record) -> bool| of.iter().filter(|r| holds(r)).count();
            let kind = |kind| rate(count(&|record| record.kind() == kind), of.len());
            let seconds = rising(of.iter().map(|record| record.cpu_seconds));
            table.row([
                sets::name(&half),
                format!("{noise} %"),
                of.len().to_string(),
                kind(Kind::Right),
                kind(Kind::LookAlike),
                kind(Kind::Missed),
                rate(count(&Record::is_identified), of.len()),
                count(&Record::is_misled).to_string(),
                format!("{:.1}", seconds[seconds.len() / 2]),
                format!("{:.1}", seconds[seconds.len() - 1]),
            ]);
        }
    }
    table
}

fn rising(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// A group of runs and its name.
struct Group<'a> {
    name: String,
    records: Vec<&'a Record>,
}

/// By set and mode, in the order in which they come.
fn sets<'a>(records: &[&'a Record]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = vec![];
    for &record in records {
        let name = format!("{} by {}", sets::name(&record.set), sets::name(&record.mode));
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.records.push(record),
            None => groups.push(Group { name, records: vec![record] }),
        }
    }
    groups
}

fn classes<'a>(records: &[&'a Record]) -> Vec<Group<'a>> {
    CLASSES
        .iter()
        .map(|&(low, high)| Group {
            name: if high == u32::MAX {
                format!("{low} and more")
            } else {
                format!("{low} to {high}")
            },
            records: of(records, |record| (low..=high).contains(&record.truth_complexity)),
        })
        .filter(|group| !group.records.is_empty())
        .collect()
}

fn inputs<'a>(records: &[&'a Record]) -> Vec<Group<'a>> {
    (1..=9)
        .map(|count| Group {
            name: count.to_string(),
            records: of(records, |record| record.inputs == count),
        })
        .filter(|group| !group.records.is_empty())
        .collect()
}

fn of<'a>(records: &[&'a Record], holds: impl Fn(&Record) -> bool) -> Vec<&'a Record> {
    records.iter().copied().filter(|record| holds(record)).collect()
}

/// Rates with intervals by group and noise.
fn by(records: &[&Record], noises: &[f64], what: &str, groups: &[Group<'_>]) -> String {
    let header = [what.to_owned(), "formulas".to_owned()];
    let noisy = noises.iter().map(|noise| format!("noise {noise} %"));
    let mut table = TextTable::new(header.into_iter().chain(noisy));
    for group in groups {
        let mut names: Vec<&str> = group.records.iter().map(|r| r.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let rates = noises.iter().map(|&noise| {
            let of = of(&group.records, |record| record.noise == noise);
            rate(of.iter().filter(|record| record.recovered()).count(), of.len())
        });
        table.row([group.name.clone(), names.len().to_string()].into_iter().chain(rates));
    }
    debug_assert!(groups.iter().map(|group| group.records.len()).sum::<usize>() <= records.len());
    table.to_markdown()
}

/// How often each verdict goes with a recovery.
fn verdicts(records: &[&Record], noises: &[f64]) -> TextTable {
    let mut table = TextTable::new(["noise", "verdict", "recovered", "not recovered"]);
    for &noise in noises {
        for verdict in ["identified", "ambiguous", "not found"] {
            let of = of(records, |record| record.noise == noise && record.verdict == verdict);
            let hits = of.iter().filter(|record| record.recovered()).count();
            let misses = of.len() - hits;
            table.row([
                format!("{noise} %"),
                verdict.to_owned(),
                hits.to_string(),
                misses.to_string(),
            ]);
        }
    }
    table
}

/// Every run that did not find the formula, with what came out instead.
fn failures(records: &[&Record]) -> String {
    let mut failed = of(records, |record| !record.is_right());
    failed.sort_by(|a, b| {
        let key = |r: &Record| (r.name.clone(), r.seed);
        a.noise.total_cmp(&b.noise).then_with(|| key(a).cmp(&key(b)))
    });
    let mut table = TextTable::new([
        "formula",
        "noise",
        "seed",
        "result",
        "complexity",
        "nearest on the front",
        "verdict",
        "loss",
        "loss of the truth",
        "mismatch",
        "answer",
    ]);
    for record in failed {
        // Long formulas come close without being the truth.
        let nearest =
            format!("{} at {}", format_loss(record.front_mismatch), record.front_complexity);
        table.row([
            record.name.clone(),
            format!("{} %", record.noise),
            record.seed.to_string(),
            record.kind().name().to_owned(),
            record.truth_complexity.to_string(),
            nearest,
            record.verdict.clone(),
            format_loss(record.loss),
            format_loss(record.truth_loss),
            format_loss(record.mismatch),
            record.answer.clone(),
        ]);
    }
    table.to_markdown()
}

/// Draws the recovery rate against the truth's complexity for each set of formulas and mode, a
/// curve for each noise.
pub(crate) fn write_pictures(records: &[&Record], folder: &Path) -> Result<(), Error> {
    for group in sets(&of(records, |record| record.set.has_formulas())) {
        let name = group.name.replace(" by ", "-");
        write_picture(&group.records, &folder.join(format!("recovery-{name}.svg")))?;
    }
    Ok(())
}

fn write_picture(records: &[&Record], path: &Path) -> Result<(), Error> {
    let curves: Vec<RateCurve> = noises(records)
        .into_iter()
        .map(|noise| {
            let noisy = of(records, |record| record.noise == noise);
            let points = classes(&noisy).into_iter().map(|group| {
                let total: f64 = group.records.iter().map(|r| f64::from(r.truth_complexity)).sum();
                RatePoint {
                    x: total / group.records.len() as f64,
                    hits: group.records.iter().filter(|record| record.recovered()).count(),
                    trials: group.records.len(),
                }
            });
            RateCurve { name: format!("noise {noise} %"), points: points.collect() }
        })
        .collect();
    let svg = rate_svg(&curves, "Formulas recovered", "complexity of the truth")?;
    std::fs::write(path, svg).map_err(|source| Error::File { path: path.to_path_buf(), source })
}

/// The noises that occur, rising.
fn noises(records: &[&Record]) -> Vec<f64> {
    let mut found = rising(records.iter().map(|record| record.noise));
    found.dedup();
    found
}

/// `93 % (81 to 97 %)`.
pub(crate) fn rate(hits: usize, trials: usize) -> String {
    if trials == 0 {
        return "–".to_owned();
    }
    format!("{} ({})", percent(hits, trials), interval(hits, trials))
}

fn percent(hits: usize, trials: usize) -> String {
    format!("{:.0} %", 100.0 * hits as f64 / trials.max(1) as f64)
}

fn interval(hits: usize, trials: usize) -> String {
    let (low, high) = wilson(hits, trials);
    format!("{:.0} to {:.0} %", 100.0 * low, 100.0 * high)
}
