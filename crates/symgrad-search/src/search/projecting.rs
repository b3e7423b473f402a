//! What a replicate tries where values of a function of one or two inputs are wanted.

use symgrad_expr::Expr;

use super::Search;
use super::valued::{Inside, seen_through};
use crate::propose::projection::{Projection, SHORT, longest};

/// Each outer function gets at most one in so many of the evaluations that are left.
const PART: u64 = 4;

/// Most inputs.
const INPUTS: usize = 2;

impl Search {
    /// Offers sums of few terms with a constant inside, as they are and seen through outer functions.
    pub(super) fn offer_projections(&mut self) {
        let inputs = self.palette.inputs.clone();
        let (screen, ops) = (self.screen.clone(), self.rules.ops.clone());
        if inputs.len() > INPUTS
            || screen.given_values().is_none()
            || !self.rules.constraints.is_empty()
        {
            return;
        }
        let projection = Projection::new(&screen, &inputs, &ops);
        let insides: Vec<Inside> = seen_through(&screen, &ops).collect();
        let most = if inputs.len() == 1 { usize::MAX } else { SHORT };
        let most = longest(self.state.floor).min(most);
        for terms in [1..=SHORT.min(most), SHORT + 1..=most] {
            if terms.is_empty() {
                break;
            }
            let seen = insides.iter().map(|inside| (&inside.objective, Some(inside)));
            for (objective, inside) in std::iter::once((&screen, None)).chain(seen) {
                let allowance = self.allowance().part(PART);
                let (found, spent) = projection.search(objective, terms.clone(), &allowance);
                self.state.evaluations += spent.min(self.state.available());
                let whole = |formula: Expr| match inside {
                    None => formula,
                    Some(inside) => inside.whole(formula, &ops),
                };
                let formulas: Vec<Expr> = found.into_iter().map(whole).collect();
                self.offer_with_fits(&formulas);
                if self.is_done() {
                    return;
                }
            }
        }
    }
}
