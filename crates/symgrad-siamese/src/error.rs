//! What can go wrong, and what to do about it.

use std::path::PathBuf;

use crate::{Backend, Neuron};

/// An encoder could not be trained, evaluated, saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum SiameseError {
    /// No preset of that name.
    #[error("unknown training preset `{name}`; known: {}", crate::TrainConfig::PRESETS.join(" "))]
    UnknownPreset {
        /// The name as given.
        name: String,
    },
    /// A setting outside its range.
    #[error("`{setting}` is {value}, but must be {expected}")]
    Setting {
        /// The setting, as configuration files spell it.
        setting: &'static str,
        /// Its value.
        value: String,
        /// The values allowed.
        expected: &'static str,
    },
    /// The backend is not part of this build.
    #[error(
        "the backend `{backend}` is not compiled in; \
         build with `--features ndarray` or set `backend = \"flex\"`"
    )]
    BackendMissing {
        /// The backend asked for.
        backend: Backend,
    },
    /// Triplets that could not be drawn from groups.
    #[error(transparent)]
    Data(#[from] symgrad_data::DataError),
    /// Too few triplets to learn from.
    #[error(
        "{count} {split} triplets are too few ({left_out} lie beyond `reach`); \
         give more, or raise `reach`"
    )]
    TooFewTriplets {
        /// `training` or `validation`.
        split: &'static str,
        /// How many can be used.
        count: usize,
        /// How many lie too far from the anchors.
        left_out: usize,
    },
    /// A table with another number of columns than the encoder has inputs.
    #[error("{what} has {found} columns, but the encoder has {expected} inputs")]
    Inputs {
        /// Which table.
        what: &'static str,
        /// Number of inputs.
        expected: usize,
        /// Number of columns.
        found: usize,
    },
    /// Training diverged.
    #[error(
        "the loss became {loss} at step {step}; lower `learning_rate` (now {learning_rate}), \
         or look for outliers in the data"
    )]
    Diverged {
        /// Step at which it happened, counted from 1.
        step: usize,
        /// The loss.
        loss: f64,
        /// Learning rate at the peak of the schedule.
        learning_rate: f64,
    },
    /// A state that the training cannot go on from.
    #[error("the training cannot go on from it: {reason}")]
    NotResumable {
        /// Why not.
        reason: String,
    },
    /// No neuron there.
    #[error("there is no {neuron}; the encoder has {available}")]
    NoSuchNeuron {
        /// What was asked for.
        neuron: Neuron,
        /// What there is.
        available: String,
    },
    /// A file could not be read or written.
    #[error("{}: {problem}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the file system or the format said.
        problem: String,
    },
    /// A readable file that holds no encoder.
    #[error("{} holds no usable encoder: {problem}; train it again", path.display())]
    NotAnEncoder {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}
