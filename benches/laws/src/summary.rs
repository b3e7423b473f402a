//! Rates by noise and number of trajectories.

use std::fmt::Write as _;

use crate::run::{Record, Road};

/// A line of the table: which runs, and how many are right.
#[derive(Default)]
struct Line {
    road: Road,
    noise: f64,
    groups: usize,
    right: usize,
    runs: usize,
    misled: usize,
    controls: usize,
    /// Runs of systems with laws in which a formula that is none was called one, and those in which it was
    /// left open which is one.
    wrong: usize,
    open: usize,
}

pub(crate) fn summary(records: &[Record]) -> String {
    let mut lines: Vec<Line> = vec![];
    for record in records {
        let Record { road, noise, groups, .. } = *record;
        let is_its = |line: &Line| (line.road, line.noise, line.groups) == (road, noise, groups);
        let place = lines.iter().position(is_its);
        let place = place.unwrap_or_else(|| {
            lines.push(Line { road, noise, groups, ..Line::default() });
            lines.len() - 1
        });
        let line = &mut lines[place];
        if record.laws == 0 {
            line.controls += 1;
            line.misled += usize::from(record.verdict == "laws");
        } else {
            line.runs += 1;
            line.right += usize::from(record.is_right());
            line.wrong += usize::from(record.wrong > 0);
            line.open += usize::from(!record.ambiguous.is_empty());
        }
    }
    let mut text = String::from(
        "| road | noise | trajectories | all laws, nothing else | 95 % | with a law that is none | left open | laws \
         found in controls |\n\
         |------|------:|-------------:|-----------------------:|-----:|------------------------:|----------:|\
         -----------------------:|\n",
    );
    for Line { road, noise, groups, right, runs, misled, controls, wrong, open } in lines {
        let (low, high) = wilson(right, runs);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {road} | {noise} % | {groups} | {right} of {runs} | {low:.0} to {high:.0} % | {wrong} | {open} | \
             {misled} of {controls} |"
        );
    }
    let mut seconds: Vec<f64> = records.iter().map(|record| record.cpu_seconds).collect();
    seconds.sort_unstable_by(f64::total_cmp);
    if let (Some(median), Some(most)) = (seconds.get(seconds.len() / 2), seconds.last()) {
        let _ = writeln!(text, "\nCPU seconds a run: median {median:.1}, at most {most:.1}");
    }
    text
}

/// Wilson's interval for a rate, in per cent.
fn wilson(hits: usize, runs: usize) -> (f64, f64) {
    const Z: f64 = 1.96;
    if runs == 0 {
        return (0.0, 100.0);
    }
    let (hits, runs) = (hits as f64, runs as f64);
    let rate = hits / runs;
    let centre = (rate + Z * Z / (2.0 * runs)) / (1.0 + Z * Z / runs);
    let half = Z / (1.0 + Z * Z / runs)
        * (rate * (1.0 - rate) / runs + Z * Z / (4.0 * runs * runs)).sqrt();
    (100.0 * (centre - half).max(0.0), 100.0 * (centre + half).min(1.0))
}
