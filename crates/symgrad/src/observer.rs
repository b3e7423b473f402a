//! Following a run.

use serde::{Deserialize, Serialize};

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
    /// The check against the truth, and pictures.
    Check,
}

impl Stage {
    /// All stages in their order.
    pub const ALL: [Self; 5] =
        [Self::Data, Self::Training, Self::Gradients, Self::Search, Self::Check];

    /// The name, as files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Training => "training",
            Self::Gradients => "gradients",
            Self::Search => "search",
            Self::Check => "check",
        }
    }
}
