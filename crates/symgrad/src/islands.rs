//! One large search on many machines: islands that tell each other what they have found.

mod here;
mod job;

pub use here::{IslandsObserver, run_islands};
pub use job::{IslandJob, IslandReport};

use std::collections::BTreeMap;
use std::time::Instant;

use symgrad_search::{Objective, Search, StopReason};

use crate::findings::{findings_of, to_milliseconds};
use crate::{Error, Findings, SearchSettings, Stage};

/// Rounds into which the budget is divided. Shorter ones would cost more than what islands learn from
/// each other, longer ones would lose more with a worker.
const ROUNDS: u64 = 20;

/// How often a job is given before the search gives up.
const ATTEMPTS: usize = 3;

/// A search of several islands that cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IslandError {
    /// No islands, or more than can share the budget.
    #[error("{islands} islands cannot share a budget of {budget} evaluations")]
    Number {
        /// Islands asked for.
        islands: usize,
        /// Evaluations of all together.
        budget: u64,
    },
    /// A job that does not come back.
    #[error("island {island} did not come back: its job was given {attempts} times")]
    Lost {
        /// Its number, counted from 0.
        island: u16,
        /// How often it was given.
        attempts: usize,
    },
    /// Bytes that are no job or report, or those of another search.
    #[error("what a worker was given or has returned cannot be used: {reason}")]
    Foreign {
        /// What is wrong.
        reason: String,
    },
}

impl IslandError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Number { .. } => {
                "take from 1 to 65535 islands, and a budget that is larger by far"
            }
            Self::Lost { .. } => "look at what the workers say, above all at their memory",
            Self::Foreign { .. } => "all workers need this version, the same data and settings",
        }
    }
}

/// One search by several islands, each a whole search with random numbers of its own.
///
/// They advance in rounds of so many evaluations. After each, every island hears the best formulas of
/// all others. Where and in which order the jobs of a round are done does not matter, nor how often:
/// the result depends on data, settings and the number of islands alone. The budget is that of all
/// islands together. It ends when an island's two replicates agree on a formula, or when all have
/// ended; seconds are looked at between rounds.
///
/// ```
/// use symgrad::data::{DirectionField, FieldOptions, Table};
/// use symgrad::search::Objective;
/// use symgrad::{IslandJob, IslandReport, Islands, SearchSettings};
///
/// # let x1: Vec<f64> = (0..100).map(|n| 0.3 + f64::from(n % 10)).collect();
/// # let x2: Vec<f64> = (0..100).map(|n| 0.5 + f64::from(n / 10)).collect();
/// # let gradients = [x2.clone(), x1.clone()];
/// # let points = Table::new(vec!["x1".into(), "x2".into()], vec![x1, x2])?;
/// # let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default())?;
/// let mut settings = SearchSettings::default();
/// settings.config.budget = 9_000;
/// let objective = Objective::new(&field, settings.measure);
///
/// let mut islands = Islands::new(&settings, 3)?;
/// while !islands.is_over() {
///     for job in islands.jobs() {
///         // On another machine, that has the same data and settings:
///         let job = IslandJob::from_bytes(&job.to_bytes()?)?;
///         let report = job.run(&objective, &settings, &mut ())?.to_bytes()?;
///         // And back again, in any order:
///         islands.take(IslandReport::from_bytes(&report)?)?;
///     }
/// }
/// let findings = islands.finish(&objective)?;
/// assert_eq!(findings.answer().expression, "x1*x2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Islands {
    count: u16,
    budget: u64,
    /// Of what is searched, where that is known.
    data: u64,
    seconds: Option<f64>,
    /// Evaluations of each island at which the round ends.
    until: u64,
    /// What each island said at the end of the last round, and in this one.
    last: BTreeMap<u16, IslandReport>,
    now: BTreeMap<u16, IslandReport>,
    started: Instant,
}

impl Islands {
    /// So many islands, from 1 to 65 535, that have not begun.
    pub fn new(settings: &SearchSettings, islands: usize) -> Result<Self, Error> {
        let budget = settings.config.budget;
        let number = IslandError::Number { islands, budget };
        let count = u16::try_from(islands).map_err(|_| number.clone())?;
        if count == 0 || budget < u64::from(count) {
            return Err(number.into());
        }
        let mut islands = Self {
            count,
            budget,
            data: 0,
            seconds: settings.config.seconds,
            until: 0,
            last: BTreeMap::new(),
            now: BTreeMap::new(),
            started: Instant::now(),
        };
        islands.until = islands.round();
        Ok(islands)
    }

    /// Evaluations of an island in a round.
    fn round(&self) -> u64 {
        (self.budget / u64::from(self.count) / ROUNDS).max(1)
    }

    /// The jobs of this round that are not done, for any machines and in any order.
    #[must_use]
    pub fn jobs(&self) -> Vec<IslandJob> {
        if self.is_over() {
            return vec![];
        }
        let waiting = (0..self.count).filter(|island| !self.now.contains_key(island));
        let job = |island: u16| {
            let others = self.last.values().filter(|report| report.island != island);
            IslandJob {
                island,
                islands: self.count,
                until: self.until,
                state: self.last.get(&island).map(|report| report.state.clone()),
                heard: others.map(|report| report.finds.clone()).collect(),
            }
        };
        waiting.map(job).collect()
    }

    /// Takes what a job has returned. A second report of a job is ignored.
    ///
    /// Fails where it is none of this search's.
    pub fn take(&mut self, report: IslandReport) -> Result<(), Error> {
        if report.islands != self.count || report.until > self.until {
            let reason = "it is a report of another search".into();
            return Err(IslandError::Foreign { reason }.into());
        }
        if report.until == self.until && !self.is_over() {
            self.now.entry(report.island).or_insert(report);
            if self.now.len() == usize::from(self.count) {
                self.end_round();
            }
        }
        Ok(())
    }

    fn end_round(&mut self) {
        self.last = std::mem::take(&mut self.now);
        let active = self.last.values().filter(|report| report.stopped.is_none());
        // A single step may be longer than a round.
        let behind = active.map(|report| report.evaluations).min().unwrap_or(0);
        self.until = self.until.max(behind) + self.round();
        // Those that have ended have nothing more to say.
        let ended = self.last.values().filter(|report| report.stopped.is_some());
        let again = ended.map(|report| IslandReport { until: self.until, ..report.clone() });
        self.now = again.map(|report| (report.island, report)).collect();
    }

    /// Whether the search has come to its end, so that no jobs are left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stop().is_some()
    }

    fn stop(&self) -> Option<StopReason> {
        let reports = || self.last.values();
        let late = |seconds: f64| self.started.elapsed().as_secs_f64() >= seconds;
        if self.last.is_empty() {
            None
        } else if reports().any(|report| report.agreed) {
            Some(StopReason::Settled)
        } else if reports().any(|report| report.stopped == Some(StopReason::TargetLoss)) {
            Some(StopReason::TargetLoss)
        } else if reports().all(|report| report.stopped.is_some()) {
            let settled = reports().all(|report| report.stopped == Some(StopReason::Settled));
            Some(if settled { StopReason::Settled } else { StopReason::Budget })
        } else {
            self.seconds.is_some_and(late).then_some(StopReason::Seconds)
        }
    }

    /// The last word of each island that has said something.
    fn reports(&self) -> impl Iterator<Item = &IslandReport> {
        let report = |island: u16| self.now.get(&island).or_else(|| self.last.get(&island));
        (0..self.count).filter_map(report)
    }

    /// Evaluations that all islands may make together.
    #[must_use]
    pub fn budget(&self) -> u64 {
        self.budget
    }

    /// Evaluations of all islands so far, as far as they are known here.
    #[must_use]
    pub fn evaluations(&self) -> u64 {
        self.reports().map(|report| report.evaluations).sum()
    }

    /// The formula that the most successful island would choose by now.
    #[must_use]
    pub fn best(&self) -> Option<&str> {
        let best = self.reports().filter_map(|report| report.best.as_ref());
        best.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, formula)| formula.as_str())
    }

    /// What all islands together have found: one front, judged once, on points that none has seen.
    ///
    /// Before the search is over, what has been found so far. Fails if nothing has.
    pub fn finish(&self, objective: &Objective) -> Result<Findings, Error> {
        let mut reports = self.reports();
        let first = reports.next().ok_or(Error::Stopped)?;
        let mut search = Search::resume(objective.clone(), &first.state)?;
        for report in reports {
            search.merge(report.finds.clone())?;
        }
        let stop = self.stop().unwrap_or(StopReason::Observer);
        let mut findings = findings_of(search, |search| search.finish(stop))?;
        findings.look_for_strays(objective);
        let seconds = to_milliseconds(self.started.elapsed().as_secs_f64());
        findings.seconds.insert(Stage::Search, seconds);
        Ok(findings)
    }
}

/// Searches by several [`Islands`], whose jobs `run` does wherever it likes: it gets those of a round
/// and returns their reports, in any order. A job without a report, as of a machine that died, is
/// given again, three times at most.
///
/// ```
/// # use symgrad::data::{DirectionField, FieldOptions, Table};
/// # use symgrad::search::Objective;
/// # use symgrad::{SearchSettings, search_islands};
/// # let x1: Vec<f64> = (0..100).map(|n| 0.3 + f64::from(n % 10)).collect();
/// # let x2: Vec<f64> = (0..100).map(|n| 0.5 + f64::from(n / 10)).collect();
/// # let gradients = [x2.clone(), x1.clone()];
/// # let points = Table::new(vec!["x1".into(), "x2".into()], vec![x1, x2])?;
/// # let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default())?;
/// # let mut settings = SearchSettings::default();
/// # settings.config.budget = 6_000;
/// # let objective = Objective::new(&field, settings.measure);
/// // A thread for each island.
/// let findings = search_islands(&objective, &settings, 2, &mut |jobs| {
///     std::thread::scope(|scope| {
///         let run = |job: symgrad::IslandJob| job.run(&objective, &settings, &mut ());
///         let threads: Vec<_> = jobs.into_iter().map(|job| scope.spawn(move || run(job))).collect();
///         threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
///     })
/// })?;
/// assert_eq!(findings.answer().expression, "x1*x2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn search_islands(
    objective: &Objective,
    settings: &SearchSettings,
    islands: usize,
    run: &mut dyn FnMut(Vec<IslandJob>) -> Result<Vec<IslandReport>, Error>,
) -> Result<Findings, Error> {
    let mut islands = Islands::new(settings, islands)?;
    while !islands.is_over() {
        let until = islands.until;
        for _ in 0..ATTEMPTS {
            if islands.until == until && !islands.is_over() {
                for report in run(islands.jobs())? {
                    islands.take(report)?;
                }
            }
        }
        if let Some(job) = islands.jobs().first().filter(|_| islands.until == until) {
            let lost = IslandError::Lost { island: job.island, attempts: ATTEMPTS };
            return Err(lost.into());
        }
    }
    islands.finish(objective)
}
