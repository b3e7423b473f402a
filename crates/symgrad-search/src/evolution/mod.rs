//! Regularised evolution on islands.

mod guide;
mod island;
mod tidy;
mod variation;

pub(crate) use island::{Island, Rules, Surroundings, restore_templates, strip};
pub(crate) use tidy::tidy;
pub(crate) use variation::Palette;
