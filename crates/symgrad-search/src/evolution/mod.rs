//! Regularised evolution on islands.

mod guide;
mod island;
mod tidy;
mod variation;

pub(crate) use island::{Island, Rules, Surroundings, strip};
pub(crate) use variation::Palette;
