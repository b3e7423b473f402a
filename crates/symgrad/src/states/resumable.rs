//! What can be kept between two steps, and how it is written.

use symgrad_search::Search;

use crate::Error;

/// Work that is kept between two of its steps, so that it can go on after an interruption.
pub trait Resumable {
    /// What it is: a search, a training.
    fn noun(&self) -> &'static str;

    /// A number that tells works on other data apart.
    fn digest(&self) -> u64;

    /// Whether no step is left.
    fn is_over(&self) -> bool;

    /// How much is done, such as "1200 evaluations".
    fn done(&self) -> String;

    /// The state, with a checksum.
    fn save(&self) -> Result<Vec<u8>, Error>;

    /// Goes on from a state; what is not one of the same work is refused, with the reason.
    fn restore(&mut self, saved: &[u8]) -> Result<(), String>;
}

impl Resumable for Search {
    fn noun(&self) -> &'static str {
        "search"
    }

    fn digest(&self) -> u64 {
        self.objective_digest()
    }

    fn is_over(&self) -> bool {
        self.stopped().is_some()
    }

    fn done(&self) -> String {
        format!("{} evaluations", self.evaluations())
    }

    fn save(&self) -> Result<Vec<u8>, Error> {
        Ok(self.save_briefly()?)
    }

    fn restore(&mut self, saved: &[u8]) -> Result<(), String> {
        Search::restore(self, saved).map_err(|error| error.to_string())
    }
}

#[cfg(feature = "training")]
mod training {
    use symgrad_siamese::{Training, TrainingState};

    use super::Resumable;
    use crate::{Error, packed};

    /// What a kept training begins with: the digits count the layouts there have been.
    const HEADER: &[u8] =
        concat!("symgrad-training-1 ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();

    impl Resumable for dyn Training + '_ {
        fn noun(&self) -> &'static str {
            "training"
        }

        fn digest(&self) -> u64 {
            Training::digest(self)
        }

        fn is_over(&self) -> bool {
            Training::is_over(self)
        }

        fn done(&self) -> String {
            format!("{} steps", self.steps())
        }

        fn save(&self) -> Result<Vec<u8>, Error> {
            packed::pack(HEADER, &self.state())
        }

        fn restore(&mut self, saved: &[u8]) -> Result<(), String> {
            let state: TrainingState = packed::unpack(HEADER, "training", saved)?;
            Training::restore(self, state).map_err(|error| error.to_string())
        }
    }
}
