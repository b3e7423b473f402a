//! `symgrad reproduce`: the experiments, from triplets to the check.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use symgrad::experiments::Recipe;
use symgrad::siamese::Backend;
use symgrad::{Error, Plan, REPORT, reproduce, select};

use crate::fail::{FAILED, Failure, MISSED};
use crate::list::SuiteName;
use crate::numbers::{count, seed, threads};
use crate::progress::Bars;
use crate::running;
use crate::talk::{print, tell};
use crate::watch::WatchOptions;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Which experiments
    #[arg(long, value_enum, default_value_t = SuiteName::Six)]
    suite: SuiteName,
    /// Only these; repeat it, or separate names by commas [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',', num_args = 1..)]
    only: Vec<String>,
    /// How positives are made [default: each experiment's own choice]
    #[arg(long, value_enum)]
    recipe: Option<RecipeName>,
    /// Run seeds 0 to K − 1 and report rates [default: one seed]
    #[arg(long, value_name = "K", conflicts_with = "seed", value_parser = runs)]
    seeds: Option<u64>,
    /// Seed of every random choice
    #[arg(long, default_value_t = 0, value_parser = seed)]
    seed: u64,
    /// Folder for the page report.html, summary.json, and a folder for each run
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    pub(crate) out: PathBuf,
    /// Threads; the result does not depend on it [default: all cores]
    #[arg(long, value_parser = threads)]
    threads: Option<usize>,
    /// Small trainings and searches, enough for the easy experiments
    #[arg(long)]
    quick: bool,
    /// Write the triplets too; they are large
    #[arg(long)]
    keep_triplets: bool,
    /// Move what earlier calls have left of these runs aside, and start anew
    #[arg(long)]
    pub(crate) fresh: bool,
    /// What computes the trainings
    #[arg(long, value_enum, default_value_t = BackendName::Flex)]
    backend: BackendName,
    #[command(flatten)]
    pub(crate) watch: WatchOptions,
}

#[derive(Clone, Copy, ValueEnum)]
enum RecipeName {
    /// As in arXiv 2409.05305: the anchor transformed, or another moment of its trajectory
    Published,
    /// An independent draw that shares the wanted concept only
    Isolated,
}

#[derive(Clone, Copy, ValueEnum)]
enum BackendName {
    /// Always there
    Flex,
    /// Only if built with `--features ndarray`
    Ndarray,
}

/// How many seeds.
fn runs(text: &str) -> Result<u64, String> {
    const MOST: u64 = 100_000;
    let runs = count(text)?;
    if (1..=MOST).contains(&runs) { Ok(runs) } else { Err(format!("write 1 to {MOST}")) }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let recipe = arguments.recipe.map(|recipe| match recipe {
        RecipeName::Published => Recipe::Published,
        RecipeName::Isolated => Recipe::Isolated,
    });
    let plan = Plan {
        cases: select(arguments.suite.into(), &arguments.only, recipe)?,
        seeds: arguments.seeds.map_or_else(|| vec![arguments.seed], |count| (0..count).collect()),
        out: arguments.out.clone(),
        threads: arguments.threads,
        quick: arguments.quick,
        backend: match arguments.backend {
            BackendName::Flex => Backend::Flex,
            BackendName::Ndarray => Backend::Ndarray,
        },
        keep_triplets: arguments.keep_triplets,
        fresh: arguments.fresh,
        command: Some(crate::origin::told()),
    };
    let request = running::remember(&arguments.out)?;
    let bars = Bars::new(plan.cases.len() * plan.seeds.len());
    let outcome = reproduce(&plan, &bars);
    bars.finish();
    let outcome = outcome?;
    if outcome.failures.iter().any(|failure| matches!(failure.error, Error::Stopped)) {
        print(&outcome.text)?;
        return Ok(running::interrupted(&arguments.out));
    }
    request.end();
    let complete = outcome.complete();
    let failed = !outcome.failures.is_empty() || outcome.unwritten.is_some();
    print(&outcome.text)?;
    match outcome.unwritten {
        Some(error) => Failure::from(error).warn(),
        None => tell!("report: {}", plan.out.join(REPORT).display()),
    }
    for failure in outcome.failures {
        tell!("{}", failure.run);
        Failure::from(failure.error).report();
    }
    Ok(match (failed, complete) {
        (true, _) => ExitCode::from(FAILED),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::from(MISSED),
    })
}
