//! The steps of a run: which of them a folder's files leave to be done.

use crate::Error;
use crate::folder::{Folder, Owner, Sources, digest};
use crate::{REPORT, SECONDS};

/// The files of a run, in the order in which they are made.
pub(crate) const CONFIG: &str = "config.toml";
pub(crate) const TRAIN: &str = "train.npz";
pub(crate) const VALIDATION: &str = "validation.npz";
pub(crate) const ENCODER: &str = "encoder.bpk";
pub(crate) const CURVE: &str = "training.csv";
pub(crate) const TEST: &str = "test.npz";
pub(crate) const FIELD: &str = "field.csv";
pub(crate) const RESULT: &str = "result.json";
pub(crate) const FRONT: &str = "front.csv";
pub(crate) const LAWS: &str = "laws.json";
pub(crate) const RECORD: &str = "check.json";
pub(crate) const FRONT_PICTURE: &str = "front.svg";
pub(crate) const SCATTER_PICTURE: &str = "scatter.svg";
pub(crate) const TRAINING_PICTURE: &str = "training.svg";

/// What a user may put in the place of what symgrad would make.
const PLACES: [&str; 7] = [TRAIN, VALIDATION, ENCODER, TEST, FIELD, RESULT, LAWS];

/// A step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Train,
    Differentiate,
    Search,
    Laws,
    Check,
}

impl Step {
    const ALL: [Self; 5] =
        [Self::Train, Self::Differentiate, Self::Search, Self::Laws, Self::Check];

    /// The file that the next step reads: with it the step is done.
    pub(crate) fn result(self) -> &'static str {
        match self {
            Self::Train => ENCODER,
            Self::Differentiate => FIELD,
            Self::Search => RESULT,
            Self::Laws => LAWS,
            Self::Check => RECORD,
        }
    }

    /// All files that the step writes.
    fn files(self) -> &'static [&'static str] {
        match self {
            Self::Train => &[ENCODER, CURVE, SECONDS],
            Self::Differentiate => &[FIELD, SECONDS],
            Self::Search => &[RESULT, FRONT, SECONDS],
            Self::Laws => &[LAWS, SECONDS],
            Self::Check => {
                &[RECORD, FRONT_PICTURE, SCATTER_PICTURE, TRAINING_PICTURE, REPORT, SECONDS]
            }
        }
    }

    /// What a user may put in place before the step.
    fn before(self) -> &'static [&'static str] {
        match self {
            Self::Train => &PLACES[..2],
            Self::Differentiate => &PLACES[..4],
            Self::Search => &PLACES[..5],
            Self::Laws => &PLACES[..6],
            Self::Check => &PLACES,
        }
    }
}

/// A folder on the way from a configuration to a checked answer.
pub(crate) struct Steps<'a> {
    pub(crate) folder: &'a mut Folder,
    /// The configuration as `config.toml` holds it.
    pub(crate) config: &'a str,
}

impl Steps<'_> {
    /// Takes the steps that are left, and returns which. A file that is the user's is used in
    /// place of what symgrad would make, and never touched; a file of symgrad's is made anew
    /// unless it was made from this configuration and the user's files that are there.
    pub(crate) fn take(
        mut self,
        is_same: impl FnOnce(&Folder) -> bool,
        mut work: impl FnMut(&mut Self, Step) -> Result<(), Error>,
    ) -> Result<Vec<Step>, Error> {
        let settled = match self.folder.owner(CONFIG)? {
            Owner::Nobody => false,
            Owner::User | Owner::Symgrad => is_same(self.folder),
        };
        let open = self.open(settled)?;
        // What must not be touched shows before any work.
        for step in &open {
            let result = step.result();
            let others: Vec<&str> =
                step.files().iter().copied().filter(|name| *name != result).collect();
            self.folder.check(&others)?;
        }
        if !settled {
            // A record of another configuration is nothing to go by.
            self.folder.check(&[RECORD])?;
            self.folder.write(CONFIG, self.config)?;
            if self.folder.owner(SECONDS)? == Owner::Symgrad {
                self.folder.write(SECONDS, "{}\n")?;
            }
        }
        for &step in &open {
            work(&mut self, step)?;
        }
        Ok(open)
    }

    /// The steps whose result is not there or was made from something else. Once the last is done
    /// those before it may be gone.
    fn open(&self, settled: bool) -> Result<Vec<Step>, Error> {
        let complete = settled && self.is_done(Step::Check)?;
        let mut open = vec![];
        for step in Step::ALL {
            let gone = complete && self.folder.owner(step.result())? == Owner::Nobody;
            if !gone && !self.is_done(step)? {
                open.push(step);
            }
        }
        Ok(open)
    }

    fn is_done(&self, step: Step) -> Result<bool, Error> {
        self.folder.is_current(step.result(), &self.sources(step)?)
    }

    /// What decides a step's result: the configuration, and what the user has put in place.
    pub(crate) fn sources(&self, step: Step) -> Result<Sources, Error> {
        let mut sources = self.folder.users(step.before())?;
        sources.insert(CONFIG.to_owned(), digest(self.config.as_bytes()));
        Ok(sources)
    }

    /// The files in the place of what symgrad would make that are the user's.
    pub(crate) fn users(&self) -> Result<Vec<String>, Error> {
        Ok(self.folder.users(&PLACES)?.into_keys().collect())
    }
}

#[cfg(test)]
mod tests;
