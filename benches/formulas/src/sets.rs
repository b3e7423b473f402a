//! What is measured: sets of problems, halves of a set, and what the search is given of them.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::problem::Problem;
use crate::{catalogue, negatives, standins};

/// A set of problems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Set {
    /// Formulas of physics, to be found.
    #[default]
    Formulas,
    /// Harder formulas, to be found: longer, with more inputs and constants inside functions.
    Hard,
    /// As hard, written without sight of the search, but tuned on later.
    Further,
    /// As hard, written without sight of the search, and never tuned on.
    Unseen,
    /// Functions of one input, to be found by values.
    Single,
    /// Random functions, of which none must be identified.
    Negatives,
    /// Functions that the operators cannot write, of which none must be identified.
    Standins,
    /// Nothing but noise, in which nothing must be identified.
    Noise,
}

/// A half of the harder formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Half {
    /// Formulas that the search may be tuned on.
    Tune,
    /// Formulas that are only measured.
    Report,
}

/// What the search is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Unit gradients: the formula's level sets are to be found.
    #[default]
    Gradients,
    /// Values: the formula itself is to be found.
    Values,
}

impl Set {
    /// Its problems, in the order of its list.
    pub(crate) fn problems(self) -> Result<Vec<Problem>, Error> {
        match self {
            Self::Formulas | Self::Hard | Self::Further | Self::Unseen | Self::Single => {
                catalogue::formulas(self)?.iter().map(|formula| formula.problem(self)).collect()
            }
            Self::Negatives => Ok(negatives::problems()),
            Self::Standins => Ok(standins::problems()),
            Self::Noise => Ok(negatives::boxes()),
        }
    }

    /// Whether there is a formula to be found.
    pub(crate) fn has_formulas(self) -> bool {
        matches!(self, Self::Formulas | Self::Hard | Self::Further | Self::Unseen | Self::Single)
    }

    /// Noises in per cent, unless others are asked for. Infinite noise leaves nothing else.
    pub(crate) fn noises(self) -> &'static [f64] {
        match self {
            Self::Formulas => &[0.0, 1.0, 10.0],
            Self::Noise => &[f64::INFINITY],
            Self::Hard
            | Self::Further
            | Self::Unseen
            | Self::Single
            | Self::Negatives
            | Self::Standins => &[0.0],
        }
    }

    /// Number of seeds, unless others are asked for.
    pub(crate) fn seeds(self) -> u64 {
        if self.has_formulas() { 3 } else { 1 }
    }
}

/// The name on the command line.
pub(crate) fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
