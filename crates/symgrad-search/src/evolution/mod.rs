//! Regularised evolution on islands.

mod island;
mod tidy;
mod variation;

pub(crate) use island::{Island, Rules, strip};
pub(crate) use variation::Palette;
