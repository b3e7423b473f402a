//! Compares symgrad with other engines: `cargo xtask bench peers [SECTIONS] [OPTIONS]`.

mod evaluator;
mod fields;
mod operon;
mod ours;
mod peer;
mod regression;
mod report;
mod tasks;
mod trees;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use report::Report;

/// Compares symgrad with other engines, on one thread and by CPU time.
#[derive(Parser)]
#[command(name = "cargo xtask bench peers")]
struct Args {
    /// What to compare; everything if absent.
    sections: Vec<Section>,
    /// Also writes the tables to this file, as Markdown.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Runs of every search.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// CPU seconds of a run at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 20.0)]
    seconds: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Nodes × points per second, against `dynamic_expressions`.
    Evaluator,
    /// Searches on gradient fields, against `symbolic_regression`.
    Search,
    /// Searches on values, against `symbolic_regression` and Operon.
    Regression,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let mut report = Report::default();
    for section in Section::value_variants() {
        if !args.sections.is_empty() && !args.sections.contains(section) {
            continue;
        }
        match section {
            Section::Evaluator => evaluator::compare(&mut report)?,
            Section::Search => fields::compare(args, &mut report)?,
            Section::Regression => regression::compare(args, &mut report)?,
        }
    }
    if let Some(path) = &args.out {
        std::fs::write(path, report.markdown())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}
