//! Inputs as given and inputs as the search sees them: in an order, in units and in an origin that
//! do not depend on how the data were written, the most important first.

pub(crate) mod as_given;
pub(crate) mod importance;
pub(crate) mod order;
pub(crate) mod target_unit;
pub(crate) mod units;
