//! What a replicate tries where values of a function of one input are wanted.

use symgrad_expr::Expr;

use super::Search;
use super::valued::{Inside, seen_through};
use crate::propose::projection::{Projection, SHORT, longest};

/// Each outer function gets at most one in so many of the evaluations that are left.
const PART: u64 = 4;

impl Search {
    /// Offers sums of few terms with a constant inside, as they are and seen through outer functions.
    pub(super) fn offer_functions_of_one_input(&mut self) {
        let &[input] = self.palette.inputs.as_slice() else { return };
        let (screen, ops) = (self.screen.clone(), self.rules.ops.clone());
        if screen.given_values().is_none() || !self.rules.constraints.is_empty() {
            return;
        }
        let projection = Projection::new(&screen, input, &ops);
        let insides: Vec<Inside> = seen_through(&screen, &ops).collect();
        let longest = longest(self.state.floor);
        for terms in [1..=SHORT.min(longest), SHORT + 1..=longest] {
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
