//! Compares symgrad with other engines: `cargo xtask bench peers [SECTIONS] [OPTIONS]`.

mod evaluator;
mod report;
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
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Nodes × points per second, against `dynamic_expressions`.
    Evaluator,
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
        }
    }
    if let Some(path) = &args.out {
        std::fs::write(path, report.markdown())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}
