//! Where level sets are wanted: what integrating factors make of them, functions whose slopes are known with their
//! sizes.

use symgrad_expr::Expr;

use super::Search;
use super::nested::Limits;
use super::valued::seen_through;
use crate::propose::reduction::{
    Coordinates, IntegratingFactor, VaryingCoefficients, integrating_factors, scaled,
};
use crate::propose::relations::{Relation, Scope, relations};
use crate::score::objective::Objective;

/// Values and the equations that they obey get at most one in so many of the evaluations that are left.
const PART_OF_EQUATIONS: u64 = 16;

/// Least squares get at most one in so many of the evaluations that are left.
const PART: u64 = 6;

impl Search {
    /// Offers what comes of variables that enter as α(xₖ) + B(z) or as a(xₖ)·R(z), where models take B or R
    /// apart and leave next to nothing: of the inputs, then with small groups of them combined that enter through
    /// one function each.
    pub(super) fn offer_by_integrating_factors(&mut self) {
        let Some(whole) = self.divisible() else { return };
        self.follow_with_scalings(&whole);
        if self.is_done() {
            return;
        }
        if let Some(combined) = self.with_small_groups_combined(&whole) {
            self.follow_with_scalings(&combined);
        }
    }

    fn follow_with_scalings(&mut self, coordinates: &Coordinates) {
        let (found, spent) = scaled(coordinates, &self.rules.ops, &self.allowance().part(PART));
        self.state.evaluations += spent;
        for scaled in &found {
            let variables: Vec<String> = scaled.variables.iter().map(ToString::to_string).collect();
            log::debug!(target: "symgrad::search", "scalings leave {}", variables.join(", "));
        }
        for scaled in found.iter().chain([coordinates]) {
            self.follow_factors(scaled);
            if self.is_done() {
                return;
            }
        }
    }

    /// Offers formulas of polynomial equations that values of B or R obey, as they are and seen through outer functions.
    pub(super) fn offer_equations_of_potentials(&mut self) {
        let Some(whole) = self.divisible() else { return };
        let ops = self.rules.ops.clone();
        let (found, spent) = scaled(&whole, &ops, &self.allowance().part(PART_OF_EQUATIONS));
        self.state.evaluations += spent;
        for coordinates in found.iter().chain([&whole]) {
            let (factors, tried) = integrating_factors(coordinates, &ops);
            self.state.evaluations += tried.min(self.state.available());
            for factor in factors {
                let allowance = self.allowance().part(PART_OF_EQUATIONS);
                let (known, spent) = factor.values(coordinates, &allowance);
                self.state.evaluations += spent.min(self.state.available());
                if let Some((joined, values, error)) = known {
                    let equations = self.equations(&values, error);
                    let whole = |other: &Expr| factor.wholes(joined, other, coordinates);
                    let wholes: Vec<Expr> = equations.iter().flat_map(whole).collect();
                    self.offer_with_fits(&wholes);
                }
                if self.is_done() {
                    return;
                }
            }
        }
    }

    fn equations(&mut self, values: &Objective, error: f64) -> Vec<Expr> {
        let ops = self.rules.ops.clone();
        let inputs: Vec<u16> = (0..).take(values.dim()).collect();
        let mut find = |values: &Objective| -> Vec<Expr> {
            let allowance = self.allowance().part(PART_OF_EQUATIONS);
            let (found, spent) = relations(values, &inputs, &ops, error, Scope::Many, &allowance);
            self.state.evaluations += spent.min(self.state.available());
            found.iter().flat_map(Relation::formulas).collect()
        };
        let mut formulas = find(values);
        if formulas.is_empty() {
            // The reciprocal of a value obeys an equation if the value does.
            let insides = seen_through(values, &ops).filter(|inside| !inside.is_reciprocal());
            for inside in insides {
                let found = find(&inside.objective);
                formulas.extend(found.into_iter().map(|formula| inside.whole(formula, &ops)));
            }
        }
        formulas
    }

    /// Offers what comes of a search for the function of the other variables by its values.
    fn follow_values(&mut self, factor: &IntegratingFactor, coordinates: &Coordinates) {
        let allowance = self.allowance().part(PART);
        let (found, spent) = factor.values(coordinates, &allowance);
        self.state.evaluations += spent;
        let Some((joined, values, error)) = found else { return };
        log::debug!(target: "symgrad::search", "values of the other variables to {error:.1e}");
        let others = self.steepest(&values, Limits::known_to(error)).into_iter();
        let wholes: Vec<Expr> =
            others.flat_map(|other| factor.wholes(joined, &other, coordinates)).collect();
        self.offer_with_fits(&wholes);
    }

    fn follow_factors(&mut self, coordinates: &Coordinates) {
        let ops = self.rules.ops.clone();
        let (factors, tried) = integrating_factors(coordinates, &ops);
        self.state.evaluations += tried.min(self.state.available());
        for factor in factors {
            log::debug!(target: "symgrad::search", "integrating factor: {factor}");
            self.follow_values(&factor, coordinates);
            if self.is_done() {
                return;
            }
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

    /// By the equations that their values obey: nothing else has been tried.
    #[test]
    fn functions_whose_values_obey_equations_are_found() {
        for (truth, dim) in [
            ("x1*(x2 + x3)/log(5*x2/x3)", 3),
            ("(x1 + x2)/log(5*x1/x2)", 2),
            ("x1*exp(x2/x1)/(1 + exp(x2/x1))", 2),
        ] {
            let mut search = opened(truth, dim, 600_000);
            search.offer_equations_of_potentials();
            let replicate = &search.state.replicate;
            assert!(replicate.is_exact(), "{truth}: {:e}", replicate.hall.lowest());
            assert!(search.evaluations() <= search.config().budget);
        }
    }

    /// By integrating factors alone: nothing else has been tried.
    #[test]
    fn functions_with_known_slopes_are_found() {
        for (truth, dim) in [
            ("x1^2/2 + x2^2*sin(x3) - 1.7*x2*log(x3 + 0.6)", 3),
            ("x1 + x2*exp(-0.8*x3) + log(x3 + 0.3)*x2^2", 3),
            ("x1*(x2^2*sin(x3) + 0.7*x2/x3)", 3),
            ("(sin(2*x3) + x2*x3^2)/x1^2", 3),
            ("x1*(x2 + x3)/log(5*x2/x3)", 3),
            ("(x1 + x2)/log(5*x1/x2)", 2),
            ("x1^2*cos(0.4*x2/x1) + x2^2/3", 2),
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
