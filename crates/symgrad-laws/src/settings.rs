//! How laws are looked for, and who follows.

use std::ops::ControlFlow;

use symgrad_expr::{Expr, OpSet};

/// How laws are looked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LawSettings {
    /// What formulas are made of, and what that costs.
    pub ops: OpSet,
    /// Decides which groups are held out.
    pub seed: u64,
    /// The noise of the inputs as a share of their standard deviation, if it is known; where there
    /// is a time, it is estimated otherwise.
    pub noise: Option<f64>,
    /// Laws after which to stop.
    pub most: Option<usize>,
    /// Formulas from elsewhere, as from a network, that compete with the sums over libraries. Their
    /// numbers are fitted anew.
    pub proposals: Vec<Expr>,
    /// Whether nothing but the proposals is looked at.
    pub only_proposals: bool,
}

/// Follows a search for laws, and may stop it; the defaults do neither.
pub trait LawObserver {
    /// So many laws are found, and of the libraries for the next so many have been tried. To break
    /// ends the search with what it has.
    fn progress(&mut self, laws: usize, tried: usize, libraries: usize) -> ControlFlow<()> {
        let _ = (laws, tried, libraries);
        ControlFlow::Continue(())
    }
}

impl LawObserver for () {}
