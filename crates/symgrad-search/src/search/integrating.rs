//! First integrals of annihilating vector fields: two inputs that enter through one combination of
//! them, with a coefficient that depends on the others or with a function that no library has.
//!
//! The coefficient or the function is a regression, a search of its own; then the combination takes
//! the place of the two, and what is left is a search with one input less.

use symgrad_expr::{Expr, OpSet};

use super::Search;
use super::nested::{HOPELESS, Limits};
use crate::propose::reduction::{Characteristic, Coordinates, characteristics, quadratures};
use crate::score::objective::Objective;

/// Points that the fits are made with.
const POINTS: usize = 400;

/// Shares below this are of exact signs: a smooth fit leaves rounding.
const EXACT_SHARE: f64 = 1e-6;

/// Most characteristics that are followed.
const FOLLOWED: usize = 4;

impl Search {
    /// Offers what comes of combining two inputs, where the field tells exactly which. The
    /// characteristics that it tells less surely are for later: much of the work is in vain.
    pub(super) fn integrate(&mut self, whole: &Coordinates) -> Vec<Characteristic> {
        let ops = self.rules.ops.clone();
        let some = whole.thinned(POINTS);
        if self.integrate_by_quadrature(whole, &some, &ops) {
            return vec![];
        }
        let (found, tried) = characteristics(&some, &ops);
        self.state.evaluations += tried.min(self.state.available());
        let (exact, weak): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|characteristic| characteristic.share < EXACT_SHARE);
        self.follow(whole, exact);
        weak
    }

    /// Offers what comes of characteristics.
    pub(super) fn follow(&mut self, whole: &Coordinates, found: Vec<Characteristic>) {
        let some = whole.thinned(POINTS);
        for characteristic in found.into_iter().take(FOLLOWED) {
            let found = || self.regressed(characteristic.regression(&some)?);
            let combined = characteristic
                .monomial
                .clone()
                .or_else(found)
                .and_then(|coefficient| whole.integrated(&characteristic, &coefficient));
            if self.is_solved_in(combined) {
                return;
            }
        }
    }

    /// The same by quadrature; whether nothing more is to be done.
    fn integrate_by_quadrature(
        &mut self,
        whole: &Coordinates,
        some: &Coordinates,
        ops: &OpSet,
    ) -> bool {
        let (found, tried) = quadratures(some, ops);
        self.state.evaluations += tried.min(self.state.available());
        for quadrature in found {
            let combined = quadrature
                .regressions(some)
                .and_then(|regressions| self.all_regressed(regressions))
                .map(|functions| quadrature.combination(functions))
                .and_then(|combination| whole.combined(&quadrature.pair, &combination));
            if self.is_solved_in(combined) {
                return true;
            }
        }
        false
    }

    fn all_regressed(&mut self, wanted: [Option<Objective>; 2]) -> Option<[Option<Expr>; 2]> {
        let mut found = [None, None];
        for (objective, function) in wanted.into_iter().zip(&mut found) {
            if let Some(objective) = objective {
                *function = Some(self.regressed(objective)?);
            }
        }
        Some(found)
    }

    /// What a search of its own makes of a regression.
    fn regressed(&mut self, objective: Objective) -> Option<Expr> {
        let (function, loss) = self.searched(objective, Limits::COEFFICIENT)?;
        (loss < HOPELESS).then_some(function)
    }

    /// Offers the formula of coordinates; whether nothing more is to be done.
    fn is_solved_in(&mut self, coordinates: Option<Coordinates>) -> bool {
        let formula = coordinates.and_then(|coordinates| self.solved(&coordinates));
        self.fit_and_offer(formula.into_iter().collect());
        self.state.replicate.is_exact() || self.is_over()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::dividing::tests::opened;

    /// What is spent on one group of inputs is not there for the next.
    const BUDGETS: [u64; 2] = [600_000, 2_000_000];

    /// By integration alone: nothing else has been tried.
    #[test]
    fn combinations_with_coefficients_and_unknown_functions_are_found() {
        for (truth, dim) in [
            ("x2*cos(x1)/(x1 + 2)", 2),
            ("x1^2 - x2*x1/(x1 + 0.5)", 2),
            ("(x1*cos(x3) + x2*sin(x3))/(x3 + 2)", 3),
            ("(x1/(x3 + x4*x2))^2 + exp(x3*x4)", 4),
            ("x3 - 2*x1^2/(x2 + x3*exp(x3))", 3),
            ("x3^2*(x1/(2 + x3*x4) - x2^2)", 4),
            ("x4*log(x1^2 + x2*exp(-0.7*x3))", 4),
        ] {
            let least = |budget: u64| {
                let mut search = opened(truth, dim, budget);
                let all: Vec<u16> = (0..4).take(dim).collect();
                let whole = Coordinates::new(&search.screen, &all).unwrap();
                let weak = search.integrate(&whole);
                if !search.state.replicate.is_exact() {
                    search.follow(&whole, weak);
                }
                let replicate = &search.state.replicate;
                (!replicate.is_exact()).then(|| replicate.hall.lowest())
            };
            let left: Option<Vec<f64>> = BUDGETS.iter().map(|budget| least(*budget)).collect();
            assert!(left.is_none(), "{truth}: {left:?}");
        }
    }
}
