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
use crate::sets::{self, Half, Mode, Set};

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

/// Recovery of formulas from their unit gradients or their values.
///
/// Every run searches 1 000 points with exact or noisy data; 4 000 fresh points decide whether the
/// answer is the truth. A later call with the same options continues. `cargo xtask bench hard` is
/// this program with `--set hard`.
#[derive(Clone, Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
#[command(name = "cargo xtask bench formulas", version)]
pub(crate) struct Options {
    /// Which sets of problems
    #[arg(long, value_enum, value_name = "SET", value_delimiter = ',', default_value = "formulas")]
    pub(crate) set: Vec<Set>,
    /// A half of the harder formulas [default: both]
    #[arg(long, value_enum)]
    half: Option<Half>,
    /// What the search is given
    #[arg(
        long,
        value_enum,
        value_name = "MODE",
        value_delimiter = ',',
        default_value = "gradients"
    )]
    mode: Vec<Mode>,
    /// A few problems, one seed
    #[arg(long)]
    quick: bool,
    /// Only these problems
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Errors of the unit gradients' components, or of the values relative to their standard
    /// deviation, in per cent [default: 0; for formulas: 0,1,10]
    #[arg(long, value_name = "PERCENT", value_delimiter = ',')]
    noise: Vec<f64>,
    /// Seeds from A to before B [default: 0..3; for random functions and --quick: 0..1]
    #[arg(long, value_name = "A..B", value_parser = range)]
    seeds: Option<Range<u64>>,
    /// Evaluations of a search [default: that of the search]
    #[arg(long)]
    budget: Option<u64>,
    /// Parts of the search that are switched off, to see what they are worth
    #[arg(long, value_enum, value_name = "PART", value_delimiter = ',')]
    without: Vec<Part>,
    /// Folder of the results [default: runs and the sets' names]
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
        let mut all = vec![];
        for set in &self.set {
            all.extend(set.problems()?);
        }
        all.retain(|p| self.half.is_none() || p.half.is_none() || p.half == self.half);
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
        let mut cases = vec![];
        for problem in problems {
            let given = !self.noise.is_empty() && problem.set != Set::Noise;
            let noises = if given { &self.noise } else { problem.set.noises() };
            let last = if self.quick { 1 } else { problem.set.seeds() };
            for &mode in &self.mode {
                for &noise in noises {
                    for seed in self.seeds.clone().unwrap_or(0..last) {
                        cases.push(Case { name: problem.name.clone(), mode, noise, seed });
                    }
                }
            }
        }
        cases.sort_by(|a, b| a.noise.total_cmp(&b.noise).then(a.seed.cmp(&b.seed)));
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
        let sets: Vec<String> = self.set.iter().map(sets::name).collect();
        self.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(sets.join("-")))
    }

    pub(crate) fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        self.jobs.unwrap_or_else(cores).get()
    }

    /// The arguments for the process of one run.
    pub(crate) fn of_run(&self, case: &Case) -> Vec<OsString> {
        let mut arguments = vec![
            "--row".to_owned(),
            format!("--only={}", case.name),
            format!("--mode={}", sets::name(&case.mode)),
            format!("--noise={}", case.noise),
            format!("--seeds={}..{}", case.seed, case.seed + 1),
        ];
        arguments.extend(self.budget.map(|budget| format!("--budget={budget}")));
        arguments.extend(self.set.iter().map(|set| format!("--set={}", sets::name(set))));
        arguments.extend(self.without.iter().map(|part| format!("--without={}", sets::name(part))));
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
