//! Which entry of a front is the answer, and how far it can be believed.

pub(crate) mod choice;
pub(crate) mod trust;
