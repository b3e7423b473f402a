//! Where level sets are wanted: what integrating factors make of them, functions whose slopes are known with their
//! sizes.

use super::Search;
use crate::propose::reduction::{Coordinates, VaryingCoefficients, integrating_factors};

/// Least squares get at most one in so many of the evaluations that are left.
const PART: u64 = 6;

impl Search {
    /// Offers what comes of variables that enter as α(xₖ) + B(z) or as a(xₖ)·R(z), where models take B or R
    /// apart and leave next to nothing: of the inputs, then with small groups of them combined that enter through
    /// one function each.
    pub(super) fn offer_by_integrating_factors(&mut self) {
        let Some(whole) = self.divisible() else { return };
        self.follow_factors(&whole);
        if self.is_done() {
            return;
        }
        if let Some(combined) = self.with_small_groups_combined(&whole) {
            self.follow_factors(&combined);
        }
    }

    fn follow_factors(&mut self, coordinates: &Coordinates) {
        let ops = self.rules.ops.clone();
        let (factors, tried) = integrating_factors(coordinates, &ops);
        self.state.evaluations += tried.min(self.state.available());
        for factor in factors {
            log::debug!(target: "symgrad::search", "integrating factor: {factor}");
            for joined in factor.ways() {
                let allowance = self.allowance().part(PART);
                let (models, spent) = factor.models(joined, coordinates, &ops, allowance);
                self.state.evaluations += spent.min(self.state.available());
                let clear: Vec<&VaryingCoefficients> =
                    models.iter().filter(|model| model.is_clear()).collect();
                if let Some(model) = clear.first() {
                    self.follow_model(model, None, |other| {
                        factor.whole(joined, other, coordinates)
                    });
                }
                if self.is_done() {
                    return;
                }
                if !clear.is_empty() {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::search::dividing::tests::opened;

    /// By integrating factors alone: nothing else has been tried.
    #[test]
    fn functions_with_known_slopes_are_found() {
        for (truth, dim) in [
            ("x1^2/2 + x2^2*sin(x3) - 1.7*x2*log(x3 + 0.6)", 3),
            ("x1 + x2*exp(-0.8*x3) + log(x3 + 0.3)*x2^2", 3),
            ("x1*(x2^2*sin(x3) + 0.7*x2/x3)", 3),
            ("(sin(2*x3) + x2*x3^2)/x1^2", 3),
        ] {
            let mut search = opened(truth, dim, 600_000);
            search.state.config.budget = 2_000_000;
            search.offer_by_integrating_factors();
            let replicate = &search.state.replicate;
            assert!(replicate.is_exact(), "{truth}: {:e}", replicate.hall.lowest());
            assert!(search.evaluations() <= search.config().budget);
        }
    }
}
