//! What a replicate tries where gradients may be parallel to a polynomial field, or at right angles to one.

use symgrad_expr::Expr;

use super::Search;
use super::nested::Limits;
use crate::propose::reduction::Coordinates;
use crate::propose::relations::{first_integrals, level_sets};

/// Either kind of fields gets at most one in so many of the evaluations that are left; of a search within a search, which
/// has fewer, four times as many.
const PART: u64 = 16;

/// Sets of polynomials that are followed.
const FOLLOWED: usize = 3;

/// Most inputs.
const INPUTS: usize = 8;

/// How much is spent in fewer inputs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Depth {
    /// What it takes if there is a short formula in them.
    Glance,
    /// Half of what is left.
    Whole,
}

impl Search {
    /// Offers formulas with the level sets of polynomial 1-forms.
    pub(super) fn offer_level_sets(&mut self) {
        let inputs = self.palette.inputs.clone();
        if !(2..=INPUTS).contains(&inputs.len())
            || !self.rules.level_sets
            || !self.rules.constraints.is_empty()
        {
            return;
        }
        let (screen, ops) = (self.screen.clone(), self.rules.ops.clone());
        let allowance = self.allowance().part(self.part_of_fields());
        let (formulas, spent) = level_sets(&screen, &inputs, &ops, &allowance);
        self.state.evaluations += spent.min(self.state.available());
        self.offer_with_fits(&formulas);
    }

    /// Offers what comes of a search in polynomials that are fewer than the inputs.
    pub(super) fn offer_first_integrals(&mut self, depth: Depth) {
        let inputs = self.palette.inputs.clone();
        let Some(whole) = self.divisible().filter(|whole| whole.dim() <= INPUTS) else { return };
        let (screen, ops) = (self.screen.clone(), self.rules.ops.clone());
        let allowance = self.allowance().part(self.part_of_fields());
        let (found, spent) = first_integrals(&screen, &inputs, &ops, &allowance);
        self.state.evaluations += spent.min(self.state.available());
        let limits = match depth {
            Depth::Glance => Limits::GLANCE,
            Depth::Whole => Limits::REDUCED,
        };
        for integrals in found.into_iter().take(FOLLOWED) {
            let formula = self.solved_in(&whole, &integrals, limits);
            self.fit_and_offer(formula.into_iter().collect());
            if self.is_done() {
                return;
            }
        }
    }

    fn part_of_fields(&self) -> u64 {
        if self.is_nested() { PART / 4 } else { PART }
    }

    fn solved_in(
        &mut self,
        whole: &Coordinates,
        integrals: &[Expr],
        limits: Limits,
    ) -> Option<Expr> {
        let mut own: Vec<Expr> = vec![];
        for (place, variable) in (0..).zip(&whole.variables) {
            let input = usize::from(*variable.inputs().first()?);
            own.resize(own.len().max(input + 1), Expr::constant(f64::NAN));
            own[input] = Expr::var(place);
        }
        let functions: Vec<Expr> = integrals.iter().map(|f| f.substitute(&own)).collect();
        let coordinates = whole.in_terms_of(&functions)?;
        self.solved_within(&coordinates, limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::dividing::tests::opened;

    /// By first integrals alone: nothing else has been tried.
    #[test]
    fn functions_of_fewer_polynomials_are_found() {
        for (truth, dim) in [
            ("x1*cos(x2) + sqrt(x3^2 + 4 - (x1*sin(x2) - 0.35)^2)", 3),
            ("sqrt((x1^2*sin(x3)^2 + x2^2*cos(x3)^2)^3)/(x1*x2)", 3),
            ("(x1^2 - 2*x3*x1*x2 + x2^2)/x3 + log(x3)", 3),
            ("x1*x2 + x3 - sqrt((x1*x2 + x3)^2 + x1*x2*x3) + x4", 4),
        ] {
            let mut search = opened(truth, dim, 600_000);
            search.offer_first_integrals(Depth::Glance);
            let replicate = &search.state.replicate;
            assert!(replicate.is_exact(), "{truth}: {:e}", replicate.hall.lowest());
            assert!(search.evaluations() <= search.config().budget);
        }
    }
}
