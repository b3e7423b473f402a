//! What a replicate tries where values may obey a polynomial equation.

use symgrad_expr::Expr;

use super::Search;
use super::valued::{Inside, seen_through};
use crate::propose::relations::{Relation, Scope, relations};

/// The values as they are, and seen through each outer function, get at most one in so many of the evaluations that
/// are left.
const PART: u64 = 16;
const PART_OF_INSIDE: u64 = 40;

/// Most inputs.
const INPUTS: usize = 8;

impl Search {
    /// Offers the formulas of polynomial equations that the values obey, as they are and seen through outer
    /// functions.
    pub(super) fn offer_relations(&mut self) {
        self.offer_relations_within(Scope::Many, Some(Scope::Few));
    }

    /// The same in coordinates with a constant inside.
    pub(super) fn offer_relations_with_constants(&mut self) {
        let of_insides = (!self.is_nested()).then_some(Scope::Constants);
        self.offer_relations_within(Scope::Constants, of_insides);
    }

    fn offer_relations_within(&mut self, scope: Scope, of_insides: Option<Scope>) {
        let inputs = self.palette.inputs.clone();
        let (screen, ops) = (self.screen.clone(), self.rules.ops.clone());
        if !(1..=INPUTS).contains(&inputs.len())
            || screen.given_values().is_none()
            || !self.rules.constraints.is_empty()
        {
            return;
        }
        let error = self.error_of_values();
        let mut looks = vec![(None, scope, PART)];
        if let Some(scope) = of_insides {
            // The reciprocal of a value obeys an equation if the value does.
            let insides = seen_through(&screen, &ops).filter(|inside| !inside.is_reciprocal());
            looks.extend(insides.map(|inside| (Some(inside), scope, PART_OF_INSIDE)));
        }
        for (inside, scope, part) in looks {
            let values = inside.as_ref().map_or(&screen, |inside: &Inside| &inside.objective);
            let allowance = self.allowance().part(part);
            let (found, spent) = relations(values, &inputs, &ops, error, scope, &allowance);
            self.state.evaluations += spent.min(self.state.available());
            let whole = |formula: Expr| match &inside {
                None => formula,
                Some(inside) => inside.whole(formula, &ops),
            };
            let formulas: Vec<Expr> =
                found.iter().flat_map(Relation::formulas).map(whole).collect();
            self.offer_with_fits(&formulas);
            if self.is_done() {
                return;
            }
        }
    }
}
