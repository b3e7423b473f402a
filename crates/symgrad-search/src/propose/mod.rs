//! Where formulas come from: sums whose coefficients are eigenvectors, combinations of inputs that
//! reduce their number, and islands of evolution.

pub(crate) mod archive;
pub(crate) mod evolution;
pub(crate) mod insertion;
pub(crate) mod libraries;
pub(crate) mod projection;
pub(crate) mod reduction;
pub(crate) mod relations;
pub(crate) mod spectral;
