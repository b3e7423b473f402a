//! Progress on standard error: bars with the time left on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use symgrad::data::Progress;
use symgrad::models::Unit;
use symgrad::search::{Observer as SearchObserver, Search};
use symgrad::{
    Error, Interpretation, LayerObserver, Observer, Record, Restored, Stage, write_file,
};

use crate::fail::Failure;
use crate::front::Front;
use crate::interrupt;
use crate::running::{self, Keeper};
use crate::talk::tell;
use crate::watch::{Event, event, has_bars};

/// The file in which a search keeps its state.
pub(crate) struct Save {
    path: PathBuf,
    last: Option<Instant>,
    /// Why the state could not be written the last time; the search goes on.
    failure: Option<Error>,
}

impl Save {
    /// A new file, or one that holds a saved search; anything else is left alone.
    pub(crate) fn new(path: PathBuf) -> Result<Self, Failure> {
        let failed = |source| Error::Write { path: path.clone(), source };
        if std::fs::symlink_metadata(&path).is_ok() {
            if !is_saved_search(&path) {
                return Err(Failure::NoSave(path));
            }
        } else {
            // That it can be written shows now, not after the search.
            std::fs::File::create_new(&path).map_err(failed)?;
            std::fs::remove_file(&path).map_err(failed)?;
        }
        Ok(Self { path, last: None, failure: None })
    }

    fn keep(&mut self, search: &Search) {
        if !interrupt::asked() && self.last.is_some_and(|last| last.elapsed() < SAVE_EVERY) {
            return;
        }
        self.last = Some(Instant::now());
        let state = search.save().map_err(Error::from);
        self.failure = state.and_then(|state| write_file(&self.path, state)).err();
    }
}

/// Whether a regular file begins as saved searches do.
fn is_saved_search(path: &Path) -> bool {
    // A device or a pipe is not even opened.
    if !path.is_file() {
        return false;
    }
    let mut start = [0; Search::SAVED.len()];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *Search::SAVED
}

/// The bar of one search, which also keeps the search's state in a file if one is given.
pub(crate) struct SearchBar {
    bar: ProgressBar,
    save: Option<Save>,
    keeper: Keeper,
    front: Front,
    of: String,
    /// The number of the search, where there are several.
    number: Option<u32>,
}

impl SearchBar {
    /// Of a search that is called so.
    pub(crate) fn new(save: Option<Save>, keeper: Keeper, of: &str) -> Self {
        Self {
            bar: front_bar(of),
            save,
            keeper,
            front: Front::new(of),
            of: of.to_owned(),
            number: None,
        }
    }

    /// Of several searches, which are numbered.
    pub(crate) fn counted(self) -> Self {
        Self { number: Some(0), ..self }
    }

    pub(crate) fn finish(self) -> Result<(), Error> {
        self.bar.finish_and_clear();
        self.save.and_then(|save| save.failure).map_or(Ok(()), Err)
    }
}

/// Seconds between two writings of the state.
const SAVE_EVERY: Duration = Duration::from_secs(2);

impl SearchObserver for SearchBar {
    fn begin(&mut self, search: &mut Search) {
        let told = self.keeper.begin(search);
        self.bar.suspend(|| told.iter().for_each(|line| tell!("{line}")));
        if let Some(number) = &mut self.number {
            *number += 1;
            let of = format!("{} {number}", self.of);
            self.front = Front::new(&of);
            self.bar.set_prefix(of);
            self.bar.reset();
        }
    }

    fn step(&mut self, search: &Search) -> ControlFlow<()> {
        let budget = search.config().budget;
        self.bar.set_length(budget);
        self.bar.set_position(search.evaluations().min(budget));
        self.front.step(search, &self.bar);
        if let Some(save) = &mut self.save {
            save.keep(search);
        }
        if let Some(error) = self.keeper.keep(search) {
            self.bar.suspend(|| running::warn(error));
        }
        go_on()
    }
}

/// To end once somebody asks for it.
pub(crate) fn go_on() -> ControlFlow<()> {
    if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// The bar of the points whose neighbours are looked at, where that takes time.
pub(crate) struct PointBar(ProgressBar);

impl PointBar {
    pub(crate) fn new() -> Self {
        if !has_bars() {
            return Self(ProgressBar::hidden());
        }
        Self(ProgressBar::new(1).with_style(style()).with_prefix("points"))
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for PointBar {
    fn looked_at(&self, done: usize, points: usize) {
        self.0.set_length(points as u64);
        self.0.set_position(done as u64);
    }
}

/// The bar of the searches for a layer.
pub(crate) struct LayerBar {
    bar: ProgressBar,
    keeper: Keeper,
    /// Whether a search was stopped before its end.
    stopped: AtomicBool,
    found: Mutex<Vec<Interpretation>>,
}

impl LayerBar {
    pub(crate) fn new(keeper: Keeper) -> Self {
        interrupt::listen();
        let (found, stopped) = (Mutex::default(), AtomicBool::new(false));
        if !has_bars() {
            return Self { bar: ProgressBar::hidden(), keeper, stopped, found };
        }
        let bar = ProgressBar::new(1).with_style(style()).with_prefix("neurons");
        bar.enable_steady_tick(TICK);
        Self { bar, keeper, stopped, found }
    }

    /// What the searches have found so far.
    pub(crate) fn finish(self) -> Vec<Interpretation> {
        self.bar.finish_and_clear();
        let mut found = self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_by_key(|neuron| neuron.unit);
        found
    }
}

impl LayerObserver for LayerBar {
    fn begin(&self, unit: Unit, search: &mut Search) {
        let told = self.keeper.begin(search);
        self.bar.suspend(|| told.iter().for_each(|line| tell!("neuron {unit}: {line}")));
    }

    fn step(&self, _: Unit, search: &Search) -> ControlFlow<()> {
        if let Some(error) = self.keeper.keep(search) {
            self.bar.suspend(|| running::warn(error));
        }
        let flow = go_on();
        self.stopped.fetch_or(flow.is_break() && search.stopped().is_none(), Relaxed);
        flow
    }

    fn found(&self, neuron: &Interpretation) {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).push(neuron.clone());
    }

    fn searched(&self, done: usize, total: usize) -> ControlFlow<()> {
        self.bar.set_length(total as u64);
        // Reports of two threads may overtake each other.
        self.bar.set_position(self.bar.position().max(done as u64));
        event(&Event::Searches { done, total });
        // The last one leaves nothing to be stopped.
        if self.stopped.load(Relaxed) || done < total && interrupt::asked() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

/// A bar for each run that is going on; without a terminal a line for each stage.
pub(crate) struct Bars {
    terminal: bool,
    multi: MultiProgress,
    total: ProgressBar,
    running: Mutex<BTreeMap<String, ProgressBar>>,
    /// When an event last told how far a run is.
    reported: Mutex<BTreeMap<String, Instant>>,
}

impl Bars {
    pub(crate) fn new(runs: usize) -> Self {
        interrupt::listen();
        let terminal = has_bars();
        let multi = MultiProgress::new();
        let total = if terminal && runs > 1 {
            multi.add(ProgressBar::new(runs as u64).with_style(style()).with_prefix("all runs"))
        } else {
            ProgressBar::hidden()
        };
        let (running, reported) = Default::default();
        Self { terminal, multi, total, running, reported }
    }

    pub(crate) fn finish(&self) {
        self.total.finish_and_clear();
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, ProgressBar>> {
        // A bar is only for show: what a panicking thread left behind will do.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells how far a run is, not too often.
    fn report(&self, run: &str, stage: Stage, done: u64, total: u64) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, stage) = (Instant::now(), stage.name());
        if done == total || reported.get(run).is_none_or(|last| now - *last > REPORTED) {
            reported.insert(run.to_owned(), now);
            event(&Event::Progress { run, stage, done, total });
        }
    }

    fn end(&self, run: &str, line: &str) {
        if let Some(bar) = self.running().remove(run) {
            bar.finish_and_clear();
            self.multi.remove(&bar);
        }
        self.total.inc(1);
        if self.terminal {
            self.multi.suspend(|| tell!("{line}"));
        } else {
            tell!("{line}");
        }
    }
}

impl Observer for Bars {
    fn started(&self, run: &str, stage: Stage) {
        event(&Event::Stage { run, stage: stage.name() });
        if !self.terminal {
            tell!("{run}: {}", stage.name());
            return;
        }
        let mut running = self.running();
        let bar = running.entry(run.to_owned()).or_insert_with(|| {
            // Above the bar of all runs, which is there only for several.
            let bar = self.multi.insert(0, ProgressBar::new(1).with_style(style()));
            bar.enable_steady_tick(TICK);
            bar.set_prefix(run.to_owned());
            bar
        });
        // The time left is that of the stage: forget the speed of the one before.
        bar.reset();
        bar.set_length(1);
        bar.set_message(stage.name());
    }

    fn found(&self, run: &str, files: &[String]) {
        let files = files.join(", ");
        let line = format!("{run}: uses {files}, which symgrad did not make or was changed since");
        if self.terminal {
            self.multi.suspend(|| tell!("{line}"));
        } else {
            tell!("{line}");
        }
    }

    fn progress(&self, run: &str, stage: Stage, done: u64, total: u64) -> ControlFlow<()> {
        self.report(run, stage, done, total);
        if let Some(bar) = self.running().get(run) {
            bar.set_length(total);
            bar.set_position(done);
        }
        go_on()
    }

    fn restored(&self, run: &str, restored: &Restored) {
        self.multi.suspend(|| {
            for line in restored.lines() {
                tell!("{run}: {line}");
            }
        });
    }

    fn unkept(&self, run: &str, error: Error) {
        self.multi.suspend(|| {
            tell!("{run}:");
            running::warn(error);
        });
    }

    fn finished(&self, run: &str, record: &Record, resumed: bool) {
        let outcome = match record.recovered {
            Some(true) => "recovered",
            Some(false) => "not recovered",
            None => "truth not known",
        };
        let verdict = record.verdict.as_ref().map_or("", |verdict| verdict.kind.name());
        let kind = record.verdict.as_ref().map(|verdict| verdict.kind.name());
        let (recovered, answer) = (record.recovered, &record.answer);
        event(&Event::Run { run, recovered, verdict: kind, answer });
        let comma = if verdict.is_empty() { "" } else { ", " };
        let when = if resumed { " (done before)" } else { "" };
        self.end(run, &format!("{run}: {verdict}{comma}{outcome}{when}: {}", record.answer));
    }

    fn failed(&self, run: &str, error: &Error) {
        event(&Event::Failed { run: Some(run), reason: &error.to_string() });
        self.end(run, &format!("{run}: failed: {error}"));
    }
}

pub(crate) const TICK: Duration = Duration::from_millis(200);

/// Between two events that tell how far a run is.
pub(crate) const REPORTED: Duration = Duration::from_millis(500);

/// A bar that shows a front, hidden where there are none.
pub(crate) fn front_bar(of: &str) -> ProgressBar {
    if !has_bars() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(1).with_style(front_style()).with_prefix(of.to_owned());
    bar.enable_steady_tick(TICK);
    bar
}

/// Name, bar, part done, time left; below them the front.
pub(crate) fn front_style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix} {wide_bar} {percent:>3} % {eta:>4} left\n{msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Name, bar, part done, time left, message.
pub(crate) fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix:44!} {wide_bar} {percent:>3} % {eta:>4} left  {msg:20!}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
