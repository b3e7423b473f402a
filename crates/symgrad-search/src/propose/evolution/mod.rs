//! Regularised evolution on islands.

mod guide;
mod island;
mod tidy;
mod variation;

pub(crate) use island::{
    Island, LONGEST_BIRTH, Rules, Surroundings, negated, restore_templates, spellings, strip,
};
pub(crate) use tidy::tidy;
pub(crate) use variation::Palette;
