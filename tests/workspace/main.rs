//! Tests across crates: the layers, searches on the gradients of trained networks, models that
//! other frameworks made, the choice on printed fronts, laws that networks
//! propose, one search by several islands, and one experiment from triplets to the
//! check.

mod choice;
mod discover;
mod end_to_end;
mod fields;
mod fixtures;
mod hostile;
mod interpret;
mod islands;
mod layers;
mod models;
