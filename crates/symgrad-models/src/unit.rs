//! What in a layer is interpreted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ModelError;

/// One number of a layer, or the difference of two; indices count from 0.
///
/// A shaped layer's elements are counted row by row. Written as `3` and `3-7`:
///
/// ```
/// use symgrad_models::Unit;
/// assert_eq!("3-7".parse::<Unit>()?, Unit::Margin(3, 7));
/// assert_eq!(Unit::Neuron(3).to_string(), "3");
/// # Ok::<(), symgrad_models::ModelError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// The value of a neuron.
    Neuron(usize),
    /// The first neuron's value minus the second one's, for instance of two logits.
    Margin(usize, usize),
}

impl Unit {
    /// The unit as a weighted sum of a layer's neurons.
    pub(crate) fn seed(self) -> Vec<(usize, f64)> {
        match self {
            Self::Neuron(index) => vec![(index, 1.0)],
            Self::Margin(plus, minus) => vec![(plus, 1.0), (minus, -1.0)],
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Neuron(index) => write!(f, "{index}"),
            Self::Margin(plus, minus) => write!(f, "{plus}-{minus}"),
        }
    }
}

impl FromStr for Unit {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let unit = match text.split_once('-') {
            None => number(text).map(Self::Neuron),
            Some((plus, minus)) => {
                number(plus).zip(number(minus)).map(|(plus, minus)| Self::Margin(plus, minus))
            }
        };
        unit.ok_or_else(|| ModelError::BadUnit { text: text.into() })
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
