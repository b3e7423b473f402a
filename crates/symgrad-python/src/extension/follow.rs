//! Work in the background, while Python can be interrupted and is told how far it is.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyConnectionAbortedError, PyKeyboardInterrupt};
use pyo3::prelude::*;
use symgrad::expr::Names;
use symgrad::models::Unit;
use symgrad::search::{Observer, Search, StopReason};
use symgrad::{Findings, Interpretation, LayerInterpretation, LayerObserver, laws};

use super::errors::failed;

/// How often signals are looked at and progress is told.
const POLL: Duration = Duration::from_millis(50);

/// How often the best formula is asked for, which takes a while.
const BEST: Duration = Duration::from_millis(500);

/// What worker and caller tell each other.
#[derive(Default)]
pub(super) struct Following {
    /// Python wants the work to end with what it has.
    stop: Arc<AtomicBool>,
    /// There is something to end with.
    has_result: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    text: Mutex<String>,
}

impl Following {
    /// Once Python wants an end, the search ends in the midst of a step, as long as there is something to
    /// end with: until then it is left alone.
    fn end_early(&self, search: &mut Search) {
        search.end_when(Arc::clone(&self.stop));
    }

    fn go_on(&self) -> ControlFlow<()> {
        if self.stop.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn at(&self, done: u64, total: u64) {
        self.done.store(done, Relaxed);
        self.total.store(total, Relaxed);
    }

    fn say(&self, text: String) {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

/// Runs work on threads of its own and returns what it returns.
///
/// The first Ctrl-C asks it to end with what it has, the second, or one where there is nothing yet,
/// leaves it alone and raises `KeyboardInterrupt`. No thread outlives the work, and none is shared:
/// a process may be forked between two calls.
///
/// Work on a leash, the name of a file, is left alone once that file is gone: whoever has asked for it,
/// from another process of this machine, has removed it.
pub(super) fn follow<T: Send + 'static>(
    py: Python<'_>,
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
    leash: Option<&Path>,
    work: impl FnOnce(&Arc<Following>) -> T + Send + 'static,
) -> PyResult<T> {
    let following = Arc::new(Following::default());
    let (send, receive) = sync_channel(1);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .thread_name(|_| "symgrad".to_owned())
        .build()
        .map_err(failed)?;
    let shared = Arc::clone(&following);
    pool.spawn(move || {
        // Nobody is listening any more after a second Ctrl-C.
        let _ = send.send(work(&shared));
    });
    // A receiver may move between threads, but not be looked at by two.
    let receive = Mutex::new(receive);
    let wait = || receive.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(POLL);
    let mut told = (0, 0);
    loop {
        match py.detach(wait) {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(failed("symgrad panicked, which it never should: please report this"));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Err(signal) = py.check_signals() {
            let again = following.stop.swap(true, Relaxed);
            let nothing = !following.has_result.load(Relaxed);
            if again || nothing || !signal.is_instance_of::<PyKeyboardInterrupt>(py) {
                return Err(signal);
            }
        }
        if leash.is_some_and(|file| !file.exists()) {
            following.stop.store(true, Relaxed);
            return Err(PyConnectionAbortedError::new_err("nobody waits for this any more"));
        }
        let now = (following.done.load(Relaxed), following.total.load(Relaxed));
        if let Some(progress) = progress.filter(|_| now != told) {
            told = now;
            let text = following.text.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Err(error) = progress.call1((now.0, now.1, text)) {
                following.stop.store(true, Relaxed);
                return Err(error);
            }
        }
    }
}

/// Follows a search that has nothing to end with before it is done.
pub(super) struct Patience(Arc<Following>);

impl Patience {
    pub(super) fn new(following: &Arc<Following>) -> Self {
        Self(Arc::clone(following))
    }
}

impl Observer for Patience {
    fn begin(&mut self, search: &mut Search) {
        self.0.end_early(search);
    }

    fn step(&mut self, _: &Search) -> ControlFlow<()> {
        self.0.go_on()
    }
}

/// Follows one search.
pub(super) struct Watch {
    following: Arc<Following>,
    best: Option<Instant>,
    /// The neurons of a layer that have been read.
    neurons: Mutex<Vec<Interpretation>>,
}

impl Watch {
    pub(super) fn new(following: &Arc<Following>) -> Self {
        Self { following: Arc::clone(following), best: None, neurons: Mutex::default() }
    }

    /// The neurons of a layer that have been read before it was stopped, if there are any.
    pub(super) fn so_far(self) -> Option<LayerInterpretation> {
        let neurons = self.neurons.into_inner().unwrap_or_else(PoisonError::into_inner);
        let part = LayerInterpretation { neurons, groups: vec![], origin: None };
        (!part.neurons.is_empty()).then(|| LayerInterpretation::merged(vec![part]).ok()).flatten()
    }
}

impl Observer for Watch {
    fn begin(&mut self, search: &mut Search) {
        self.following.end_early(search);
    }

    fn step(&mut self, search: &Search) -> ControlFlow<()> {
        let budget = search.config().budget;
        self.following.at(search.evaluations().min(budget), budget);
        self.following.has_result.store(true, Relaxed);
        if self.best.is_none_or(|last| last.elapsed() > BEST) {
            self.best = Some(Instant::now());
            if let (Some(best), Ok(names)) = (search.best(), Names::new(search.names().to_vec())) {
                self.following.say(best.expr.natural().display(&names).to_string());
            }
        }
        self.following.go_on()
    }
}

impl laws::LawObserver for Watch {
    fn progress(&mut self, laws: usize, tried: usize, libraries: usize) -> ControlFlow<()> {
        self.following.at(tried as u64, libraries as u64);
        self.following.has_result.store(true, Relaxed);
        self.following.say(format!("{laws} found"));
        self.following.go_on()
    }
}

impl LayerObserver for Watch {
    fn found(&self, neuron: &Interpretation) {
        // Of a search that was stopped nobody knows how far it would have come.
        let whole = |findings: &Findings| findings.stopped != Some(StopReason::Observer);
        if neuron.findings.as_ref().is_none_or(whole) {
            let mut neurons = self.neurons.lock().unwrap_or_else(PoisonError::into_inner);
            neurons.push(neuron.clone());
            self.following.has_result.store(true, Relaxed);
        }
    }

    fn searched(&self, done: usize, total: usize) -> ControlFlow<()> {
        self.following.at(done as u64, total as u64);
        self.following.go_on()
    }

    fn begin(&self, _: Unit, search: &mut Search) {
        self.following.end_early(search);
    }

    fn step(&self, _: Unit, _: &Search) -> ControlFlow<()> {
        self.following.go_on()
    }
}
