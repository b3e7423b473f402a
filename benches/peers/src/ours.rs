//! Runs of our own search, stopped by CPU time.

use std::error::Error;

use cpu_time::ProcessTime;
use symgrad_expr::{Expr, OpSet};
use symgrad_search::{Objective, Search, SearchConfig};

use crate::tasks::Task;

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) front: Vec<Expr>,
    pub(crate) cpu_seconds: f64,
}

/// The default settings, on one thread and without an end of its own.
pub(crate) fn config(task: &Task) -> SearchConfig {
    SearchConfig {
        budget: u64::MAX,
        patience: u64::MAX,
        threads: Some(1),
        max_complexity: task.size.into(),
        ..SearchConfig::default()
    }
}

/// Searches until an expression has less loss than `enough`, or for so many seconds of CPU time.
pub(crate) fn search(
    objective: Objective,
    task: &Task,
    config: SearchConfig,
    seconds: f64,
    enough: f64,
) -> Result<Ended, Box<dyn Error>> {
    let start = ProcessTime::now();
    let mut search = Search::new(objective, OpSet::new(task.ops), config)?;
    while search.step().is_none() {
        let done = search.front().iter().any(|entry| entry.loss < enough);
        if done || start.elapsed().as_secs_f64() > seconds {
            break;
        }
    }
    let front = search.front().into_iter().map(|entry| entry.expr).collect();
    Ok(Ended { front, cpu_seconds: start.elapsed().as_secs_f64() })
}
