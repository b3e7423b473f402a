//! Who looks on while a search runs.

use std::ops::ControlFlow;

use super::Search;

/// Follows a search, and may stop it; every method has a default that does neither.
///
/// ```
/// use std::ops::ControlFlow;
/// use symgrad_search::{Observer, Search};
///
/// /// Stops once ten formulas are on the front.
/// struct Enough;
///
/// impl Observer for Enough {
///     fn step(&mut self, search: &Search) -> ControlFlow<()> {
///         if search.front().len() < 10 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
///     }
/// }
/// ```
pub trait Observer {
    /// A search begins. What was [saved](Search::save) of it before may take its place:
    /// [`Search::restore`].
    fn begin(&mut self, search: &mut Search) {
        let _ = search;
    }

    /// A step ended. To break here ends the search with what it has found.
    fn step(&mut self, search: &Search) -> ControlFlow<()> {
        let _ = search;
        ControlFlow::Continue(())
    }
}

impl Observer for () {}
