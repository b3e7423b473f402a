//! What a run's folder keeps while the run goes on: how it was asked for, and the states of its
//! trainings and searches.

mod resumable;

pub use resumable::Resumable;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::files::{read_json, replace, write_json};
use crate::{Error, Folder};

/// The folder in the run's folder; it is gone once the run is complete.
const PLACE: &str = ".symgrad-run";

/// The file in it that says how the run was asked for.
const REQUEST: &str = "run.json";

/// Between two writings of the state of one training or search.
const EVERY: Duration = Duration::from_secs(2);

/// So many times as long as the last writing took, if that is more.
const RARER: u32 = 20;

/// How a run was asked for: enough to ask for it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Version of symgrad: with another one the result may be another one.
    pub version: String,
    /// Where the command was given, so that relative paths lead where they led.
    pub directory: PathBuf,
    /// The command's arguments.
    pub arguments: Vec<String>,
}

impl Request {
    /// Of this version.
    pub fn new(directory: PathBuf, arguments: Vec<String>) -> Self {
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), directory, arguments }
    }

    /// That of the unfinished run in a folder, if there is one.
    pub fn of(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(PLACE).join(REQUEST);
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            _ => read_json(&path).map(Some),
        }
    }
}

/// The states of a run's trainings and searches, so that a run that was interrupted can go on. Each
/// has two files: the last state, and the one before it.
///
/// ```
/// use symgrad::{Folder, Request, States};
/// # let temporary = tempfile::tempdir()?;
/// # let path = temporary.path();
/// let folder = Folder::open(path)?;
/// let request = Request::new("/data".into(), vec!["search".into(), "field.csv".into()]);
/// let (states, goes_on) = States::begin(&folder, &request)?;
/// assert!(!goes_on);
/// assert_eq!(Request::of(path)?, Some(request));
/// states.end();
/// assert_eq!(Request::of(path)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct States {
    place: PathBuf,
    /// When each training or search may write its state again.
    next: Mutex<BTreeMap<u64, Instant>>,
}

/// What became of the state of a training or search.
#[derive(Debug, Default)]
pub struct Restored {
    /// What it is.
    noun: &'static str,
    /// What was done by the state that was used, such as "1200 evaluations"; none if there was no
    /// state.
    pub done: Option<String>,
    /// Files that could not be used, and why not.
    pub unusable: Vec<(PathBuf, String)>,
}

impl Restored {
    /// The same in words; none if there was no state.
    pub fn lines(&self) -> Vec<String> {
        let unusable = |(path, reason): &(PathBuf, String)| {
            format!("warning: {} cannot be used: {reason}", path.display())
        };
        let mut lines: Vec<String> = self.unusable.iter().map(unusable).collect();
        let Self { noun, done, .. } = self;
        match done {
            Some(done) if lines.is_empty() => {
                lines.push(format!("the {noun} goes on after {done}"));
            }
            Some(done) => {
                lines.push(format!("the {noun} goes on with the state before it, after {done}"));
            }
            None if !lines.is_empty() => lines.push(format!("the {noun} begins anew")),
            None => {}
        }
        lines
    }
}

impl States {
    /// Those of a run in a folder. If what is kept there belongs to the same request, the run can go
    /// on with it, and the second value is true; anything else is removed.
    pub fn begin(folder: &Folder, request: &Request) -> Result<(Self, bool), Error> {
        // A request that cannot be read is nothing to go by.
        let before = Request::of(&folder.file("")).ok().flatten();
        let same = before.as_ref() == Some(request);
        let states = Self::beside(folder);
        if !same {
            states.remove();
            states.make()?;
            write_json(&states.place.join(REQUEST), request)?;
        }
        Ok((states, same))
    }

    /// Those of a folder whose files say by themselves what is asked for.
    pub(crate) fn beside(folder: &Folder) -> Self {
        Self { place: folder.file(PLACE), next: Mutex::default() }
    }

    pub(crate) fn make(&self) -> Result<(), Error> {
        std::fs::create_dir_all(&self.place)
            .map_err(|source| Error::Write { path: self.place.clone(), source })
    }

    /// The last state and the one before it.
    fn files(&self, digest: u64) -> [PathBuf; 2] {
        ["state", "state-before"].map(|end| self.place.join(format!("{digest:016x}.{end}")))
    }

    /// Puts the last state of a training or search that can be used in the place of one that begins.
    pub fn restore<W: Resumable + ?Sized>(&self, work: &mut W) -> Restored {
        let mut restored = Restored { noun: work.noun(), ..Restored::default() };
        for path in self.files(work.digest()) {
            let reason = match std::fs::read(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => error.to_string(),
                Ok(saved) => match work.restore(&saved) {
                    Ok(()) => {
                        restored.done = Some(work.done());
                        log::info!("the {} goes on from {}", work.noun(), path.display());
                        return restored;
                    }
                    Err(reason) => reason,
                },
            };
            restored.unusable.push((path, reason));
        }
        restored
    }

    /// Writes the state of a training or search if the last writing was a while ago, it has ended, or
    /// it shall be written `now`. Where that fails, what was written before stays.
    pub fn keep<W: Resumable + ?Sized>(&self, work: &W, now: bool) -> Result<(), Error> {
        let digest = work.digest();
        let start = Instant::now();
        let due = self.next().get(&digest).is_none_or(|next| start >= *next);
        if !(due || now || work.is_over()) {
            return Ok(());
        }
        let [last, before] = self.files(digest);
        let saved = work.save()?;
        let written = replace(&last, Some(&before), &saved);
        let took = start.elapsed();
        let (noun, done, bytes) = (work.noun(), work.done(), saved.len());
        log::debug!("kept the {noun} {digest:016x} after {done}: {bytes} bytes in {took:?}");
        self.next().insert(digest, start + took + EVERY.max(took * RARER));
        written.map_err(|source| Error::Write { path: last, source })
    }

    fn next(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Instant>> {
        // Nothing panics while the lock is held.
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run is complete: nothing is left to go on with.
    pub fn end(self) {
        self.remove();
    }

    /// First of all what says that there is a run. What cannot be removed is in nobody's way.
    fn remove(&self) {
        let _ = std::fs::remove_file(self.place.join(REQUEST));
        let _ = std::fs::remove_dir_all(&self.place);
    }
}
