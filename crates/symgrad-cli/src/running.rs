//! The folder of a run: locked, and with what it takes to go on after an interruption.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use symgrad::{Error, Folder, Request, Resumable, States};

use crate::fail::Failure;
use crate::interrupt;
use crate::talk::tell;

/// The arguments of the command, or those of the run that it goes on with.
static ARGUMENTS: OnceLock<Vec<OsString>> = OnceLock::new();

/// Those of a run that is gone on with.
pub(crate) fn set_arguments(arguments: Vec<OsString>) {
    // Nobody has asked for them before.
    let _ = ARGUMENTS.set(arguments);
}

pub(crate) fn arguments() -> &'static [OsString] {
    ARGUMENTS.get_or_init(|| std::env::args_os().skip(1).collect())
}

/// The folder of `--out`, if there is one.
pub(crate) struct Running {
    out: Option<PathBuf>,
    pub(crate) folder: Option<Folder>,
    states: Option<Arc<States>>,
}

impl Running {
    /// Locks the folder. None of the files is a user's.
    pub(crate) fn open(out: Option<&Path>, files: &[&str]) -> Result<Self, Error> {
        let folder = out.map(Folder::open).transpose()?;
        if let Some(folder) = &folder {
            folder.check(files)?;
        }
        Ok(Self { out: out.map(Path::to_owned), folder, states: None })
    }

    /// Remembers how the run was asked for. If it is one that was interrupted, it goes on.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        let Some(folder) = &self.folder else { return Ok(()) };
        self.states = Some(Arc::new(begin(folder)?));
        Ok(())
    }

    /// What keeps the states of the run's searches.
    pub(crate) fn keeper(&self) -> Keeper {
        Keeper { states: self.states.clone(), has_failed: AtomicBool::new(false) }
    }

    /// The run is complete; what it would take to go on is removed.
    pub(crate) fn complete(self) {
        if let Some(states) = self.states.and_then(Arc::into_inner) {
            states.end();
        }
    }

    /// The run was interrupted: tells how it goes on.
    pub(crate) fn interrupted(self) -> ExitCode {
        if let Some(out) = &self.out {
            return interrupted(out);
        }
        tell!("interrupted; with --out FOLDER a run can be gone on with: symgrad resume FOLDER");
        interrupt::code()
    }
}

fn begin(folder: &Folder) -> Result<States, Error> {
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    let directory = std::env::current_dir().unwrap_or_default();
    let request = Request::new(directory, arguments().iter().map(text).collect());
    let (states, goes_on) = States::begin(folder, &request)?;
    if goes_on {
        tell!("going on with the run that was interrupted here");
    }
    Ok(states)
}

/// Remembers how a run was asked for that locks its folder itself.
pub(crate) fn remember(out: &Path) -> Result<States, Error> {
    begin(&Folder::open(out)?)
}

/// Tells how a run goes on.
pub(crate) fn interrupted(out: &Path) -> ExitCode {
    tell!("interrupted; this goes on: symgrad resume {}", crate::origin::shown(out));
    interrupt::code()
}

/// Keeps the states of trainings and searches.
pub(crate) struct Keeper {
    states: Option<Arc<States>>,
    has_failed: AtomicBool,
}

impl Keeper {
    /// Puts what was kept of a training or search in its place. Returns what to say about it.
    pub(crate) fn begin<W: Resumable + ?Sized>(&self, work: &mut W) -> Vec<String> {
        interrupt::listen();
        self.states.as_ref().map_or_else(Vec::new, |states| states.restore(work).lines())
    }

    /// Keeps the state of a training or search. Returns what to say if that fails for the first time.
    pub(crate) fn keep<W: Resumable + ?Sized>(&self, work: &W) -> Option<Error> {
        let kept = self.states.as_ref()?.keep(work, interrupt::asked());
        let error = kept.err()?;
        (!self.has_failed.swap(true, Relaxed)).then_some(error)
    }
}

/// Says that states cannot be kept.
pub(crate) fn warn(error: Error) {
    Failure::from(error).warn();
    tell!("the run goes on, and tries to keep its state again; what it kept before is intact");
}
