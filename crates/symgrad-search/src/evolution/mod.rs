//! Regularised evolution on islands.

mod island;
mod tidy;
mod variation;

pub(crate) use island::{Island, Rules, Surroundings, strip};
pub(crate) use variation::Palette;
