//! Many runs side by side, and their summary.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use symgrad_siamese::Backend;

use crate::pipeline::Run;
use crate::{Case, Error, Observer, Record, RunConfig, summary};

/// What to run, and where its files go.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The cases, as [`select`](crate::select) returns them.
    pub cases: Vec<Case>,
    /// Each case is run with each of these, all below 2⁶³.
    pub seeds: Vec<u64>,
    /// Folder of the summary; every run has a folder of its own in it.
    pub out: PathBuf,
    /// Threads; all cores if absent. The result does not depend on it.
    pub threads: Option<usize>,
    /// Small trainings and searches, which suffice for the easy experiments.
    pub quick: bool,
    /// What trains.
    pub backend: Backend,
    /// Whether triplets are written too; they are large.
    pub keep_triplets: bool,
    /// Whether the folders of these runs, if there are any, are moved aside first: to
    /// `seed-0.old-1` and so on.
    pub fresh: bool,
    /// What repeats it, to be told on the page.
    pub command: Option<String>,
}

/// What came of a plan.
#[derive(Debug)]
pub struct Reproduction {
    /// The outcome of every run that ended well, in the order of the plan: seeds within cases.
    pub records: Vec<Record>,
    /// The runs that did not, likewise.
    pub failures: Vec<Failure>,
    /// The summary's table, and rates if there are several seeds, as text.
    pub text: String,
    /// Why the summary's files are not all written, if they are not.
    pub unwritten: Option<Error>,
}

/// A run without a result.
#[derive(Debug)]
pub struct Failure {
    /// Name of the run: its folder in that of the summary.
    pub run: String,
    /// Why.
    pub error: Error,
}

impl Reproduction {
    /// Whether every run ended well and its network's own answer is the truth, where that is known. The
    /// summary's files do not count.
    pub fn complete(&self) -> bool {
        self.failures.is_empty()
            && self.records.iter().all(|record| record.recovered != Some(false))
    }
}

/// Runs every case with every seed, from triplets to the check, and writes `summary.json`,
/// `summary.md` and `report.html`, which leads to the page of each run.
///
/// Runs go on side by side, each training on one thread. What an earlier call has left in the
/// folder is used if its configuration was the same, so that a run that was interrupted goes on
/// where it stopped. Files that symgrad did not write, or that were changed since, are used and
/// never overwritten. If a run fails the others go on, and the summary is theirs.
pub fn reproduce(plan: &Plan, observer: &dyn Observer) -> Result<Reproduction, Error> {
    let configs: Vec<(Case, RunConfig)> = plan
        .cases
        .iter()
        .flat_map(|case| plan.seeds.iter().map(move |&seed| (*case, seed)))
        .map(|(case, seed)| (case, RunConfig::new(&case, seed, plan.quick, plan.backend)))
        .collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = plan.threads.unwrap_or(cores).max(1);
    let workers = threads.min(configs.len()).max(1);
    let runs: Vec<Run<'_>> = configs
        .into_iter()
        .map(|(case, config)| Run {
            case,
            config,
            out: &plan.out,
            threads: threads / workers,
            keep_triplets: plan.keep_triplets,
            fresh: plan.fresh,
            quick: plan.quick,
            observer,
        })
        .collect();
    let names: Vec<String> = runs.iter().map(Run::name).collect();
    let mut folder = summary::prepare(plan, &names)?;
    let (mut records, mut failures) = (vec![], vec![]);
    for (run, result) in names.into_iter().zip(side_by_side(&runs, workers)) {
        match result {
            Ok(record) => records.push(record),
            Err(error) => failures.push(Failure { run, error }),
        }
    }
    let (text, unwritten) = summary::write(plan, &mut folder, &records, &failures);
    Ok(Reproduction { records, failures, text, unwritten })
}

/// Executes all runs, the longest first, so that no worker is left with a long one at the end.
fn side_by_side(runs: &[Run<'_>], workers: usize) -> Vec<Result<Record, Error>> {
    let mut order: Vec<usize> = (0..runs.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(runs[index].config.work()));
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(runs.len()));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = runs[index].execute();
                    if let Err(error) = &result {
                        runs[index].observer.failed(&runs[index].name(), error);
                    }
                    // Nothing panics while the lock is held.
                    if let Ok(mut done) = done.lock() {
                        done.push((index, result));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
