//! Many runs side by side, each in a process of its own, so that its processor time is known and
//! the end of one is not the end of all.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use symgrad_report::format_loss;

use crate::error::Error;
use crate::options::Options;
use crate::results::Results;
use crate::run::{Case, Record};
use crate::sets;

/// Runs all cases that have no result yet, `jobs` at a time.
pub(crate) fn run_all(
    cases: &[Case],
    options: &Options,
    results: &mut Results,
) -> Result<(), Error> {
    let open: VecDeque<Case> = cases.iter().filter(|case| !results.holds(case)).cloned().collect();
    let progress = Progress::new(cases.len(), cases.len() - open.len());
    let jobs = options.jobs().min(open.len());
    let queue = Mutex::new(open);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some(case) = next() {
                    if sender.send(in_process(&case, options)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for finished in &receiver {
            // Returning drops the receiver, whereupon the others end after their runs.
            let record = finished?;
            progress.tell(&record);
            results.add(record)?;
        }
        Ok(())
    })
}

/// Runs one case in a process of its own and reads its row.
fn in_process(case: &Case, options: &Options) -> Result<Record, Error> {
    let program = std::env::current_exe().map_err(Error::Process)?;
    let output = Command::new(program)
        .args(options.of_run(case))
        .stdin(Stdio::null())
        .output()
        .map_err(Error::Process)?;
    let failed = |reason: String| Error::Run {
        run: format!(
            "{} by {} at {} % with seed {}",
            case.name,
            sets::name(&case.mode),
            case.noise,
            case.seed
        ),
        reason,
    };
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let row = reader.deserialize().next();
    row.unwrap_or_else(|| Err(std::io::Error::other("no row was printed").into()))
        .map_err(|error| failed(error.to_string()))
}

/// A bar with the time left on a terminal, a line per run elsewhere.
struct Progress {
    bar: ProgressBar,
    terminal: bool,
}

impl Progress {
    fn new(cases: usize, done: usize) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = if terminal { ProgressBar::new(cases as u64) } else { ProgressBar::hidden() };
        let style = "{wide_bar} {pos}/{len} {eta:>4} left  {msg:36!}";
        bar.set_style(
            ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        // Runs of earlier calls say nothing about the time that the others take.
        let bar = bar.with_position(done as u64).with_elapsed(Duration::ZERO);
        bar.reset_eta();
        Self { bar, terminal }
    }

    fn tell(&self, record: &Record) {
        self.bar.inc(1);
        self.bar.set_message(record.name.clone());
        if !self.terminal {
            let Record { name, noise, seed, answer, .. } = record;
            let mismatch = format_loss(record.mismatch);
            eprintln!("{name}, noise {noise} %, seed {seed}: mismatch {mismatch}: {answer}");
        }
    }
}
