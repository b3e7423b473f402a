//! Recovery of formulas from their unit gradients or values: `cargo xtask bench formulas`, and
//! `cargo xtask bench hard` for harder ones.

mod calibration;
mod catalogue;
mod error;
mod negatives;
mod options;
mod problem;
mod results;
mod run;
mod schedule;
mod sets;
mod standins;
mod summary;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use symgrad_report::{TextTable, format_loss};

use error::Error;
use options::Options;
use results::Results;

fn main() -> ExitCode {
    match act(&Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            let mut cause: Option<&dyn std::error::Error> = Some(&error);
            let mut label = "error";
            while let Some(this) = cause {
                eprintln!("{label}: {this}");
                (cause, label) = (this.source(), "  because");
            }
            ExitCode::from(2)
        }
    }
}

fn act(options: &Options) -> Result<ExitCode, Error> {
    if options.list {
        return list(options).map(|()| ExitCode::SUCCESS);
    }
    if options.front || options.row {
        return one(options).map(|()| ExitCode::SUCCESS);
    }
    let problems = options.problems()?;
    let cases = options.cases(&problems);
    let folder = options.folder();
    let mut results = Results::open(&folder, &options.config())?;
    schedule::run_all(&cases, options, &mut results)?;
    let records: Vec<_> = results.records().iter().collect();
    summary::write_pictures(&records, &folder)?;
    let text = summary::report(&records);
    let path = folder.join("summary.md");
    std::fs::write(&path, &text).map_err(|source| Error::File { path, source })?;
    say(&text);
    let misled = records.iter().any(|record| !record.set.has_formulas() && record.is_identified());
    Ok(if misled { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A closed pipe is the reader's wish to read no further.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn list(options: &Options) -> Result<(), Error> {
    let mut table = TextTable::new(["name", "half", "field", "formula", "reference"]);
    for &set in &options.set {
        for formula in catalogue::formulas(set)? {
            let half = formula.half.as_ref().map_or_else(String::new, sets::name);
            table.row([formula.name, half, formula.field, formula.text, formula.reference]);
        }
        for problem in set.problems()?.iter().filter(|_| !set.has_formulas()) {
            let name = problem.name.clone();
            table.row([name, String::new(), sets::name(&set), String::new(), String::new()]);
        }
    }
    say(&table.to_text());
    Ok(())
}

/// A single run in this process, as a row or with its front.
fn one(options: &Options) -> Result<(), Error> {
    let problems = options.problems()?;
    let cases = options.cases(&problems);
    let ([problem], [case]) = (&problems[..], &cases[..]) else { return Err(Error::NotOne) };
    let finished = run::run(problem, case, &options.config())?;
    if options.row {
        let row = results::rows(&[finished.record], true)?;
        say(&String::from_utf8_lossy(&row));
        return Ok(());
    }
    let mut table = TextTable::new(["", "complexity", "loss", "mismatch", "expression"]);
    for (index, (entry, mismatch)) in
        finished.outcome.front().iter().zip(&finished.mismatches).enumerate()
    {
        table.row([
            if finished.outcome.answer_index() == Some(index) {
                "→".to_owned()
            } else {
                String::new()
            },
            entry.complexity.to_string(),
            format_loss(entry.loss),
            format_loss(*mismatch),
            entry.expr.to_string(),
        ]);
    }
    say(&table.to_text());
    let record = finished.record;
    say(&format!(
        "{}\ntruth: complexity {}, loss {}; {} evaluations, {:.1} CPU s\n",
        record.reason,
        record.truth_complexity,
        format_loss(record.truth_loss),
        record.evaluations,
        record.cpu_seconds
    ));
    Ok(())
}
