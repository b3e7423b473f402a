//! Failures: the chain of causes and a way out, on standard error.

use std::error::Error as _;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use symgrad::Error;

use crate::talk::insist;

/// Exit code of a result that misses what was asked.
pub(crate) const MISSED: u8 = 1;

/// Exit code of a failure.
pub(crate) const FAILED: u8 = 2;

/// Why a command ends without its result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The work itself.
    Work(Error),
    /// The result could not be written to standard output.
    Output(std::io::Error),
    /// `--save` names a file that is no saved search.
    NoSave(PathBuf),
    /// Folders without one in which all are.
    NoPlace,
    /// A folder without a run to go on with.
    NoRun { folder: PathBuf, complete: bool },
    /// A run that another version has begun.
    OtherVersion { folder: PathBuf, version: String },
    /// `--islands` for several neurons.
    OneNeuron,
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Work(error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Work(error) => error.fmt(f),
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
            Self::NoSave(path) => {
                write!(f, "{} is no saved search and will not be overwritten", path.display())
            }
            Self::NoPlace => f.write_str("the folders have none in common for the index"),
            Self::NoRun { folder, complete: true } => {
                write!(f, "the run in {} is complete", folder.display())
            }
            Self::NoRun { folder, complete: false } => {
                write!(f, "no run in {} was interrupted", folder.display())
            }
            Self::OneNeuron => f.write_str("islands make one search, and so are for one neuron"),
            Self::OtherVersion { folder, version } => {
                write!(f, "the run in {} was begun by version {version}", folder.display())
            }
        }
    }
}

impl Failure {
    /// What to do about it.
    fn hint(&self) -> &'static str {
        match self {
            Self::Work(error) => error.hint(),
            Self::Output(_) => "the result is complete; send it where there is room",
            Self::NoSave(_) => "give --save the name of a new file, or of one that it has written",
            Self::NoRun { complete: true, .. } => "`symgrad report` makes its page anew",
            Self::NoRun { .. } => "name the folder that was given with --out",
            Self::OtherVersion { .. } => {
                "go on with that version, or start the run again with another --out"
            }
            Self::OneNeuron => "name one with --neuron, or do without --islands",
            Self::NoPlace => "say with --out where the page that leads to all of them belongs",
        }
    }

    /// What stands behind it.
    fn cause(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Work(error) => error.source(),
            _ => None,
        }
    }

    /// Prints what went wrong and returns the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        self.tell("error");
        match self {
            Self::Work(Error::NothingFound) => ExitCode::from(MISSED),
            _ => ExitCode::from(FAILED),
        }
    }

    /// Prints what went wrong beside a result that can be shown all the same.
    pub(crate) fn warn(&self) {
        self.tell("warning");
    }

    fn tell(&self, kind: &str) {
        let mut told = self.to_string();
        insist(format_args!("{kind}: {told}"));
        let mut cause = self.cause();
        while let Some(inner) = cause {
            let text = inner.to_string();
            // Some errors include their cause in their own sentence.
            if !told.contains(&text) {
                insist(format_args!("  caused by: {text}"));
            }
            told = text;
            cause = inner.source();
        }
        if let Self::Work(error) = self
            && let Some(meant) = error.meant()
        {
            insist(format_args!("hint: did you mean `{meant}`?"));
        }
        insist(format_args!("hint: {}", self.hint()));
    }
}
