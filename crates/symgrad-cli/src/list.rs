//! `symgrad list`: the experiments.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use symgrad::report::{TextTable, format_loss};
use symgrad::{Suite, published_mse, recipe_name};

use crate::fail::Failure;
use crate::talk::{fitted, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Which experiments
    #[arg(long, value_enum, default_value_t = SuiteName::All)]
    suite: SuiteName,
}

/// The suites, as the command line spells them.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SuiteName {
    /// Six experiments, seven formulas
    Six,
    /// The twelve of arXiv 2409.05305
    Published,
    /// Both
    All,
}

impl From<SuiteName> for Suite {
    fn from(name: SuiteName) -> Self {
        match name {
            SuiteName::Six => Self::Six,
            SuiteName::Published => Self::Published,
            SuiteName::All => Self::All,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let header = ["experiment", "system", "recipe", "inputs", "truth", "published paper MSE"];
    let mut table = TextTable::new(header);
    for case in Suite::from(arguments.suite).cases() {
        table.row([
            case.name.to_owned(),
            case.system.unwrap_or_default().to_owned(),
            recipe_name(case.recipe).to_owned(),
            case.data.inputs().join(" "),
            case.data.truth().to_owned(),
            published_mse(case.data).map(format_loss).unwrap_or_default(),
        ]);
    }
    print(&fitted(&table))?;
    Ok(ExitCode::SUCCESS)
}
