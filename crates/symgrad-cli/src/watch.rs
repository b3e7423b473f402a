//! Watching a run: how much is told on standard error, and events for other programs.

use std::fs::File;
use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use clap::Args;
use serde::Serialize;
use symgrad::{Error, Findings};

use crate::fail::Failure;
use crate::talk::tell;

#[derive(Args)]
pub(crate) struct WatchOptions {
    /// Tell nothing on standard error but warnings and errors
    #[arg(long)]
    quiet: bool,
    /// Write what happens as lines of JSON to the end of this file, or with - to standard output, which
    /// then holds nothing else [default: none]
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
}

static QUIET: AtomicBool = AtomicBool::new(false);
static EVENTS: OnceLock<Events> = OnceLock::new();

/// Where events go.
struct Events {
    start: Instant,
    own_output: bool,
    /// None once it cannot be written to any more.
    sink: Mutex<Option<Box<dyn Write + Send>>>,
}

impl WatchOptions {
    /// Before anything is told.
    pub(crate) fn begin(&self) -> Result<(), Error> {
        QUIET.store(self.quiet, Relaxed);
        let Some(path) = &self.events else { return Ok(()) };
        let own_output = path == Path::new("-");
        let sink: Box<dyn Write + Send> = if own_output {
            Box::new(std::io::stdout())
        } else {
            let file = File::options().append(true).create(true).open(path);
            Box::new(file.map_err(|source| Error::Write { path: path.clone(), source })?)
        };
        let (start, sink) = (Instant::now(), Mutex::new(Some(sink)));
        // There is one command, and so one beginning.
        let _ = EVENTS.set(Events { start, own_output, sink });
        event(&Event::Begun {
            version: env!("CARGO_PKG_VERSION"),
            command: &crate::origin::told(),
        });
        Ok(())
    }
}

/// Whether only warnings and errors are told.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Relaxed)
}

/// Whether bars are drawn.
pub(crate) fn has_bars() -> bool {
    !is_quiet() && !crate::logging::is_on() && std::io::stderr().is_terminal()
}

/// Whether standard output holds events, and nothing else.
pub(crate) fn owns_output() -> bool {
    EVENTS.get().is_some_and(|events| events.own_output)
}

/// Something that has happened; docs/events.md says what each field means.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Event<'a> {
    Begun { version: &'a str, command: &'a str },
    Step { of: &'a str, evaluations: u64, budget: u64, best: Option<Best>, standing: &'a str },
    Found { of: &'a str, answer: &'a str, complexity: u32, loss: f64, verdict: Option<&'a str> },
    Searches { done: usize, total: usize },
    Training { latents: usize, step: usize, most: usize, rho: &'a [f64] },
    Laws { found: usize, tried: usize, total: usize },
    Law { expression: &'a str, verdict: &'a str },
    Stage { run: &'a str, stage: &'a str },
    Progress { run: &'a str, stage: &'a str, done: u64, total: u64 },
    Run { run: &'a str, recovered: Option<bool>, verdict: Option<&'a str>, answer: &'a str },
    Failed { run: Option<&'a str>, reason: &'a str },
    Ended { interrupted: bool },
}

/// The formula that would be the answer by now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Best {
    pub(crate) formula: String,
    pub(crate) complexity: u32,
    pub(crate) loss: f64,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a Event<'a>,
    /// Since the command began.
    seconds: f64,
}

/// Whether anybody wants events.
pub(crate) fn wants_events() -> bool {
    EVENTS.get().is_some()
}

/// Writes an event down.
pub(crate) fn event(event: &Event<'_>) {
    let Some(Events { start, sink, .. }) = EVENTS.get() else { return };
    let seconds = (start.elapsed().as_secs_f64() * 1e3).round() / 1e3;
    let line = serde_json::to_string(&Line { event, seconds }).unwrap_or_default() + "\n";
    let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(open) = sink.as_mut() else { return };
    if let Err(error) = open.write_all(line.as_bytes()).and_then(|()| open.flush()) {
        // A reader that has gone away wants no more of it.
        if error.kind() != std::io::ErrorKind::BrokenPipe {
            tell!("warning: events can no longer be written: {error}");
        }
        *sink = None;
    }
}

/// What a search has found.
pub(crate) fn found(of: &str, findings: &Findings) {
    let answer = findings.answer();
    event(&Event::Found {
        of,
        answer: &findings.readable_answer(),
        complexity: answer.complexity,
        loss: answer.loss,
        verdict: findings.verdict().map(crate::show::verdict_name),
    });
}

/// The end of a command.
pub(crate) fn ended(failure: Option<&Failure>) {
    if let Some(failure) = failure {
        event(&Event::Failed { run: None, reason: &failure.to_string() });
    }
    event(&Event::Ended { interrupted: crate::interrupt::asked() });
}
