//! Following a run.

#[cfg(feature = "training")]
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

#[cfg(feature = "training")]
use crate::Record;

/// The stages of a run that take time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Drawing triplets, or reading a file.
    Data,
    /// Training the encoder.
    Training,
    /// Gradients of the neuron.
    Gradients,
    /// The search.
    Search,
    /// Laws by the pairs themselves.
    Laws,
    /// The check against the truth, and pictures.
    Check,
}

impl Stage {
    /// All stages in their order.
    pub const ALL: [Self; 6] =
        [Self::Data, Self::Training, Self::Gradients, Self::Search, Self::Laws, Self::Check];

    /// The name, as files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Training => "training",
            Self::Gradients => "gradients",
            Self::Search => "search",
            Self::Laws => "laws",
            Self::Check => "check",
        }
    }
}

#[cfg(feature = "training")]
/// Follows runs, which may go on side by side, and may stop them; the defaults do neither.
pub trait Observer: Sync {
    /// A stage of a run has begun.
    fn started(&self, run: &str, stage: Stage) {
        let _ = (run, stage);
    }

    /// A run uses files that symgrad did not make, or that were changed since.
    fn found(&self, run: &str, files: &[String]) {
        let _ = (run, files);
    }

    /// How far a stage is: steps of training, evaluations of the search. To break ends the run
    /// with [`Error::Stopped`](crate::Error::Stopped). Its folder keeps the stages that are
    /// complete, and the state of the one that is not, so that a later call goes on from there; other
    /// runs are asked themselves.
    fn progress(&self, run: &str, stage: Stage, done: u64, total: u64) -> ControlFlow<()> {
        let _ = (run, stage, done, total);
        ControlFlow::Continue(())
    }

    /// A training or search of a run begins; an earlier call may have left a state of it.
    fn restored(&self, run: &str, restored: &crate::Restored) {
        let _ = (run, restored);
    }

    /// A state of a run cannot be kept; what was kept before is intact, and the run goes on.
    fn unkept(&self, run: &str, error: crate::Error) {
        let _ = (run, error);
    }

    /// A run is over; `resumed` if an earlier call had done all of it.
    fn finished(&self, run: &str, record: &Record, resumed: bool) {
        let _ = (run, record, resumed);
    }

    /// A run has failed.
    fn failed(&self, run: &str, error: &crate::Error) {
        let _ = (run, error);
    }
}

#[cfg(feature = "training")]
impl Observer for () {}
