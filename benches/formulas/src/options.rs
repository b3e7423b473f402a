//! The command line.

use std::ffi::OsString;
use std::num::NonZero;
use std::ops::Range;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use symgrad_search::SearchConfig;

use crate::error::Error;
use crate::problem::Problem;
use crate::run::Case;
use crate::{catalogue, negatives};

/// Which problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Suite {
    /// Formulas of physics, to be found.
    Formulas,
    /// Random functions, of which none must be identified.
    Negatives,
}

/// A part of the search that can be switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What the field tells beforehand.
    Hints,
    /// Spectral fits.
    Spectral,
    /// Rewriting by e-graphs.
    Simplify,
}

/// Recovery of physics formulas from their unit gradients.
///
/// Every run searches 1 000 points with exact or noisy unit gradients; 4 000 fresh points decide
/// whether the answer has the truth's level sets. A later call with the same options continues.
#[derive(Clone, Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
#[command(name = "cargo xtask bench formulas", version)]
pub(crate) struct Options {
    /// Which problems
    #[arg(long, value_enum, default_value = "formulas")]
    pub(crate) suite: Suite,
    /// A few problems, one seed
    #[arg(long)]
    quick: bool,
    /// Only these problems
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Errors of the unit gradients' components in per cent [default: 0,1,10; for negatives: 0]
    #[arg(long, value_name = "PERCENT", value_delimiter = ',')]
    noise: Vec<f64>,
    /// Seeds from A to before B [default: 0..3; for negatives and --quick: 0..1]
    #[arg(long, value_name = "A..B", value_parser = range)]
    seeds: Option<Range<u64>>,
    /// Evaluations of a search [default: that of the search]
    #[arg(long)]
    budget: Option<u64>,
    /// Parts of the search that are switched off, to see what they are worth
    #[arg(long, value_enum, value_name = "PART", value_delimiter = ',')]
    without: Vec<Part>,
    /// Folder of the results [default: runs/formulas or runs/negatives]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Runs side by side [default: the number of cores]
    #[arg(long)]
    jobs: Option<NonZero<usize>>,
    /// Print the problems' names and formulas
    #[arg(long)]
    pub(crate) list: bool,
    /// Run a single case here and print its front with the mismatch of every entry
    #[arg(long)]
    pub(crate) front: bool,
    /// Run a single case here and print its row
    #[arg(long, hide = true)]
    pub(crate) row: bool,
}

/// With `--quick` one problem of this many.
const QUICK: usize = 12;

impl Options {
    /// The problems asked for.
    pub(crate) fn problems(&self) -> Result<Vec<Problem>, Error> {
        let all = match self.suite {
            Suite::Formulas => catalogue::problems()?,
            Suite::Negatives => negatives::problems(),
        };
        for name in &self.only {
            if !all.iter().any(|problem| problem.name == *name) {
                return Err(Error::NoSuchProblem { name: name.clone() });
            }
        }
        let wanted = |index: usize, problem: &Problem| {
            if self.only.is_empty() {
                !self.quick || index.is_multiple_of(QUICK)
            } else {
                self.only.contains(&problem.name)
            }
        };
        let chosen = all.into_iter().enumerate().filter(|(index, p)| wanted(*index, p));
        Ok(chosen.map(|(_, problem)| problem).collect())
    }

    /// The runs asked for; all problems without noise come first.
    pub(crate) fn cases(&self, problems: &[Problem]) -> Vec<Case> {
        let negatives = self.suite == Suite::Negatives;
        let noises = match self.noise.as_slice() {
            [] if negatives => &[0.0][..],
            [] => &[0.0, 1.0, 10.0],
            given => given,
        };
        let last = if negatives || self.quick { 1 } else { 3 };
        let seeds = self.seeds.clone().unwrap_or(0..last);
        let mut cases = vec![];
        for &noise in noises {
            for seed in seeds.clone() {
                for problem in problems {
                    cases.push(Case { name: problem.name.clone(), noise, seed });
                }
            }
        }
        cases
    }

    pub(crate) fn config(&self) -> SearchConfig {
        let default = SearchConfig::default();
        let has = |part| !self.without.contains(&part);
        SearchConfig {
            budget: self.budget.unwrap_or(default.budget),
            hints: has(Part::Hints),
            spectral: has(Part::Spectral),
            simplify: has(Part::Simplify),
            ..default
        }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        let folder = || match self.suite {
            Suite::Formulas => "runs/formulas".into(),
            Suite::Negatives => "runs/negatives".into(),
        };
        self.out.clone().unwrap_or_else(folder)
    }

    pub(crate) fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        self.jobs.unwrap_or_else(cores).get()
    }

    /// The arguments for the process of one run.
    pub(crate) fn of_run(&self, case: &Case) -> Vec<OsString> {
        let suite = match self.suite {
            Suite::Formulas => "formulas",
            Suite::Negatives => "negatives",
        };
        let mut arguments = vec![
            "--row".to_owned(),
            format!("--suite={suite}"),
            format!("--only={}", case.name),
            format!("--noise={}", case.noise),
            format!("--seeds={}..{}", case.seed, case.seed + 1),
        ];
        arguments.extend(self.budget.map(|budget| format!("--budget={budget}")));
        let parts = self.without.iter().filter_map(Part::to_possible_value);
        arguments.extend(parts.map(|part| format!("--without={}", part.get_name())));
        arguments.into_iter().map(OsString::from).collect()
    }
}

/// Reads `A..B`.
fn range(text: &str) -> Result<Range<u64>, Error> {
    let ends = text.split_once("..").and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    match ends {
        Some((first, last)) if first < last => Ok(first..last),
        _ => Err(Error::Option {
            text: text.to_owned(),
            what: "range of seeds",
            example: "for example 0..3, which means 0, 1 and 2",
        }),
    }
}
