//! Sums with one or two functions that have a constant inside, the best of all pairs.

use rayon::prelude::*;
use symgrad_expr::{Expr, Op};

use super::Search;
use super::seeding::in_turn;
use super::valued::{Inside, seen_through};
use crate::propose::evolution::spellings;
use crate::propose::spectral;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;
use crate::score::target::Target;

/// Pairs of functions get one in so many of the evaluations that are left, where there is but one input
/// one in so many.
const PART: u64 = 6;
const PART_OF_ONE_INPUT: u64 = 2;

/// Of what is offered at most one in so many.
const OFFERED: u64 = 3;

/// Points for pairs: each gives an equation for every input, or one for a value.
const POINTS: usize = 100;
const POINTS_OF_VALUES: usize = 250;

/// Sums with pairs whose constants are fitted on all points.
const FITTED: usize = 6;

/// Most inputs for which sums of logarithms of values and damped waves are tried, too.
const OF_FEW: usize = 2;

/// What pairs are looked for in: plain features, functions, and what their sums are to match.
struct Paired {
    plain: Vec<Expr>,
    library: Vec<Expr>,
    points: Objective,
    /// The outer function that the values are seen through.
    outer: Option<Inside>,
}

impl Search {
    /// Offers sums with one or two functions that have a constant inside, the best of all pairs.
    pub(super) fn offer_pairs(&mut self) {
        let is_wanted = self.rules.spectral && self.is_for_sums();
        if !is_wanted || self.is_over() || self.state.replicate.is_exact() {
            return;
        }
        let pairs = self.paired();
        let share = pairs
            .first()
            .map_or(1.0, |paired| paired.points.points() as f64 / self.screen.points() as f64);
        let rules = &self.rules;
        let part = if self.palette.inputs.len() > 1 { PART } else { PART_OF_ONE_INPUT };
        let shares = self.allowance().part(part).stretched(share).shares(pairs.len());
        let found: Vec<(Vec<Vec<Expr>>, u64)> = self.pool.install(|| {
            let each = pairs.into_par_iter().enumerate().map(|(k, mut paired)| {
                paired.plain.retain(|feature| rules.constraints.suits(feature));
                paired.library.retain(|feature| rules.constraints.suits(feature));
                let mut eval = Evaluator::allowed(&paired.points, shares(k));
                let proposals = spectral::pair_up(&paired.plain, &paired.library, &mut eval);
                let spelled = proposals.iter().map(|proposal| {
                    let sums = spellings(proposal, rules);
                    match &paired.outer {
                        None => sums,
                        Some(outer) => {
                            sums.into_iter().map(|sum| outer.whole(sum, &rules.ops)).collect()
                        }
                    }
                });
                (spelled.collect(), eval.evaluations())
            });
            each.collect()
        });
        for (spelled, spent) in found {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
            let spent = (spent as f64 * share).ceil() as u64;
            self.state.evaluations += spent;
            let allowed = self.allowance().part(OFFERED).evaluations;
            self.offer_within(&in_turn(&spelled), allowed);
            let mut best = self.best_spellings(&spelled);
            best.sort_by(|a, b| a.0.total_cmp(&b.0));
            best.truncate(FITTED);
            self.fit_and_offer(best.into_iter().map(|(_, formula)| formula).collect());
        }
    }

    /// Whether level sets are wanted, or values as they are.
    fn is_for_sums(&self) -> bool {
        let values = matches!(self.screen.target(), Target::Values(v) if !v.linear_scaling);
        self.rules.level_sets || values
    }

    /// Sums of logarithms, which are products, and other sums. For values sums of logarithms are tried as
    /// such, and a product is seen through the exponential.
    fn paired(&self) -> Vec<Paired> {
        let (rules, inputs) = (&self.rules, &self.palette.inputs);
        let count = if rules.level_sets { POINTS } else { POINTS_OF_VALUES };
        let points = self.screen.thinned(count);
        let mut sizes = Evaluator::new(&points);
        let size = |phase: &Expr| sizes.root_mean_square(phase);
        let libraries = spectral::paired_libraries(inputs, &rules.ops, size);
        let Some([logarithms, others, damped]) = libraries else { return vec![] };
        let plainly =
            |(plain, library)| Paired { plain, library, points: points.clone(), outer: None };
        let exponential = if rules.level_sets {
            None
        } else {
            seen_through(&points, &rules.ops).find(|inside| inside.is_of(Op::Exp))
        };
        let products = exponential.map(|outer| Paired {
            plain: logarithms.0.clone(),
            library: logarithms.1.clone(),
            points: outer.objective.clone(),
            outer: Some(outer),
        });
        let mut found: Vec<Paired> = products.into_iter().collect();
        if rules.level_sets || inputs.len() <= OF_FEW {
            found.push(plainly(logarithms));
        }
        found.push(plainly(others));
        if inputs.len() <= OF_FEW {
            found.push(plainly(damped));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::search::dividing::tests::opened;

    /// By pairs alone: nothing else has been tried.
    #[test]
    fn two_functions_with_constants_inside_are_found_together() {
        let cases = [
            ("x3*exp(-0.8*x1) + x2/(1 + 0.6*x1)", 3),
            ("x1*(1 - exp(-0.9*x2))*cos(0.8*x3)", 3),
            ("x1/(1 + 0.37*x2^2)*(1 + exp(-1.1*x3))", 3),
            ("1/(x1^5*(exp(1.4388/(x1*x2)) - 1))", 2),
            ("0.4*log(1 - 0.3*x1) - log(x1)", 1),
            ("exp(-0.3*x1)*cos(2.3*x1*x2)", 2),
        ];
        for (truth, dim) in cases {
            let mut search = opened(truth, dim, 600_000);
            search.state.config.budget = 2_000_000;
            search.offer_pairs();
            let replicate = &search.state.replicate;
            assert!(replicate.is_exact(), "{truth}: {:e}", replicate.hall.lowest());
            assert!(search.evaluations() <= search.config().budget);
        }
    }
}
