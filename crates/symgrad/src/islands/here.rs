//! A search by islands on the threads of this process, which can be followed, stopped and gone on with.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use symgrad_search::{Objective, Observer, Search, SearchError};

use super::{IslandJob, IslandReport, Islands};
use crate::packed::{pack, unpack};
use crate::{Error, Findings, Resumable, SearchSettings};

/// Follows a search by islands in this process.
pub trait IslandsObserver: Sync {
    /// The search begins. What was [kept](Resumable::save) of it before may take its place.
    fn begin(&mut self, islands: &mut Islands) {
        let _ = islands;
    }

    /// An island has made a step. To break ends the search with what all have reported.
    fn step(&self, island: u16, search: &Search) -> ControlFlow<()> {
        let _ = (island, search);
        ControlFlow::Continue(())
    }

    /// The islands have reported at the end of a round. To break ends the search, too.
    fn reported(&mut self, islands: &Islands) -> ControlFlow<()> {
        let _ = islands;
        ControlFlow::Continue(())
    }
}

impl IslandsObserver for () {}

/// Searches by several [`Islands`] side by side, on as many threads as the settings say. The result is
/// that of the same number of islands anywhere else.
///
/// Fails with [`Error::Stopped`] if the observer stops it before any island has reported.
///
/// ```
/// # use symgrad::data::{DirectionField, FieldOptions, Table};
/// # use symgrad::search::Objective;
/// # use symgrad::{SearchSettings, run_islands};
/// # let x1: Vec<f64> = (0..100).map(|n| 0.3 + f64::from(n % 10)).collect();
/// # let x2: Vec<f64> = (0..100).map(|n| 0.5 + f64::from(n / 10)).collect();
/// # let gradients = [x2.clone(), x1.clone()];
/// # let points = Table::new(vec!["x1".into(), "x2".into()], vec![x1, x2])?;
/// # let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default())?;
/// # let mut settings = SearchSettings::default();
/// # settings.config.budget = 6_000;
/// let objective = Objective::new(&field, settings.measure);
/// let findings = run_islands(&objective, &settings, 2, &mut ())?;
/// assert_eq!(findings.answer().expression, "x1*x2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run_islands(
    objective: &Objective,
    settings: &SearchSettings,
    islands: usize,
    observer: &mut dyn IslandsObserver,
) -> Result<Findings, Error> {
    let mut islands = Islands::new(settings, islands)?;
    islands.data = objective.digest();
    observer.begin(&mut islands);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(settings.config.threads.unwrap_or(0))
        .build()
        .map_err(|error| SearchError::Threads { reason: error.to_string() })?;
    let mut settings = settings.clone();
    let each = pool.current_num_threads() / usize::from(islands.count);
    settings.config.threads = Some(each.max(1));
    while !islands.is_over() {
        let watching = &*observer;
        let run = |job: IslandJob| {
            let island = job.island();
            job.run(objective, &settings, &mut Stepping { island, watching })
        };
        let reports: Vec<_> =
            pool.install(|| islands.jobs().into_par_iter().map(run).collect::<Vec<_>>());
        let mut stopped = false;
        for report in reports {
            match report {
                Err(Error::Stopped) => stopped = true,
                report => islands.take(report?)?,
            }
        }
        if observer.reported(&islands).is_break() || stopped {
            break;
        }
    }
    islands.finish(objective)
}

/// Follows one island.
struct Stepping<'a> {
    island: u16,
    watching: &'a dyn IslandsObserver,
}

impl Observer for Stepping<'_> {
    fn step(&mut self, search: &Search) -> ControlFlow<()> {
        self.watching.step(self.island, search)
    }
}

/// What kept islands begin with.
const KEPT: &[u8] = concat!("symgrad-islands-1 ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();

/// What is kept between two reports.
#[derive(Serialize, Deserialize)]
struct Kept {
    count: u16,
    budget: u64,
    until: u64,
    seconds: f64,
    reports: Vec<(bool, IslandReport)>,
}

impl Resumable for Islands {
    fn noun(&self) -> &'static str {
        "search"
    }

    fn digest(&self) -> u64 {
        self.data
    }

    fn is_over(&self) -> bool {
        Self::is_over(self)
    }

    fn done(&self) -> String {
        format!("{} evaluations", self.evaluations())
    }

    fn save(&self) -> Result<Vec<u8>, Error> {
        let of = |ended: bool| move |report: &IslandReport| (ended, report.clone());
        let reports = self.last.values().map(of(true)).chain(self.now.values().map(of(false)));
        let kept = Kept {
            count: self.count,
            budget: self.budget,
            until: self.until,
            seconds: self.started.elapsed().as_secs_f64(),
            reports: reports.collect(),
        };
        pack(KEPT, &kept)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), String> {
        let kept: Kept = unpack(KEPT, "search by islands", saved)?;
        let foreign = |report: &IslandReport| {
            report.islands != self.count || report.island >= self.count || report.until > kept.until
        };
        if (kept.count, kept.budget) != (self.count, self.budget)
            || kept.reports.iter().any(|(_, report)| foreign(report))
        {
            return Err("it is one with other settings".to_owned());
        }
        let (last, now): (Vec<_>, Vec<_>) = kept.reports.into_iter().partition(|(ended, _)| *ended);
        let by_island = |reports: Vec<(bool, IslandReport)>| {
            reports.into_iter().map(|(_, report)| (report.island, report)).collect()
        };
        (self.last, self.now) = (by_island(last), by_island(now));
        self.until = kept.until;
        let before = Duration::try_from_secs_f64(kept.seconds).unwrap_or_default();
        self.started = Instant::now().checked_sub(before).unwrap_or_else(Instant::now);
        Ok(())
    }
}
