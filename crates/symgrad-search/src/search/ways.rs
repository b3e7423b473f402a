//! The ways in which a replicate looks for a formula beside evolution, and which of them found it.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::Search;
use super::level_sets::Depth;

/// A way to look for a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Way {
    /// Short sums over libraries.
    Sums,
    /// Invariants of scalings and shifts.
    Invariants,
    /// Products of powers and sums of inputs of which values are functions, but for a factor.
    Monomials,
    /// Sums with constants inside, by projection.
    Projections,
    /// Polynomial equations of values.
    Relations,
    /// The same with a constant inside a coordinate.
    RelationsWithConstants,
    /// Polynomial 1-forms.
    LevelSets,
    /// Polynomial equations of functions whose slopes are known.
    EquationsOfPotentials,
    /// Polynomials that are fewer than the inputs, at a glance.
    FirstIntegrals,
    /// The same with all that it takes.
    FirstIntegralsInDepth,
    /// Combinations of inputs.
    Reduction,
    /// Long sums by elimination.
    Elimination,
    /// Variables that enter as a summand or a factor.
    IntegratingFactors,
    /// Pairs of functions with constants inside.
    Pairs,
    /// Groups of inputs that enter through one function each.
    Division,
    /// Polynomials with varying coefficients.
    Models,
    /// Products of functions of one input each.
    Products,
    /// Values over powers of inputs.
    WithoutFactors,
    /// Roots of quadratic equations.
    Radicals,
    /// Quotients.
    Fractions,
    /// Sums inside an outer function.
    Insides,
    /// Quotients inside an outer function.
    InsideFractions,
    /// Level sets on slopes of values.
    Slopes,
    /// Quotients with a constant inside.
    ScannedFractions,
}

impl Search {
    /// Goes one way, unless there is nothing left to be done.
    pub(super) fn go(&mut self, way: Way) {
        self.on(way, |search| match way {
            Way::Sums => search.offer_sums(),
            Way::Invariants => search.offer_in_invariants(),
            Way::Monomials => search.offer_in_monomials(),
            Way::Projections => search.offer_projections(),
            Way::Relations => search.offer_relations(),
            Way::RelationsWithConstants => search.offer_relations_with_constants(),
            Way::LevelSets => search.offer_level_sets(),
            Way::EquationsOfPotentials => search.offer_equations_of_potentials(),
            Way::FirstIntegrals => search.offer_first_integrals(Depth::Glance),
            Way::FirstIntegralsInDepth => search.offer_first_integrals(Depth::Whole),
            Way::Reduction => search.reduce(),
            Way::Elimination => search.eliminate(),
            Way::IntegratingFactors => search.offer_by_integrating_factors(),
            Way::Pairs => search.offer_pairs(),
            Way::Division => {
                let weak = search.divide();
                search.divide_by(weak);
            }
            Way::Models => {
                search.offer_models();
            }
            Way::Products => search.offer_products_of_functions(),
            Way::WithoutFactors => search.offer_without_factors(),
            Way::Radicals => search.offer_radicals(),
            Way::Fractions => search.offer_fractions(&[], true),
            Way::Insides => search.see_through(),
            Way::InsideFractions => search.see_fractions_through(),
            Way::Slopes => search.offer_from_slopes(),
            Way::ScannedFractions => search.offer_scanned_fractions(),
        });
    }

    /// Does what belongs to a way, unless there is nothing left to be done, and notes whether it led to an exact
    /// formula.
    pub(super) fn on<T: Default>(&mut self, way: Way, work: impl FnOnce(&mut Self) -> T) -> T {
        if self.is_done() {
            return T::default();
        }
        let (start, spent) = (Instant::now(), self.state.evaluations);
        let done = work(self);
        self.state.replicate.note_way(way);
        log::debug!(
            target: "symgrad::search",
            "{} inputs: {way:?} took {} evaluations in {:?}; lowest loss {:e}",
            self.objective.dim(),
            self.state.evaluations - spent,
            start.elapsed(),
            self.state.replicate.hall.lowest(),
        );
        done
    }

    /// Goes the way by which the other replicate found an exact formula: what this one does not know is the formula, and
    /// it has other points.
    pub(super) fn go_the_way_of_the_other(&mut self) {
        let way = self.state.resting.as_ref().and_then(|other| other.way);
        if let Some(way) = way {
            self.go(way);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::dividing::tests::opened;

    #[test]
    fn the_second_replicate_begins_on_the_way_that_led_the_first_one_to_its_goal() {
        let truth = "sqrt((x1^2*sin(x3)^2 + x2^2*cos(x3)^2)^3)/(x1*x2)";
        let mut search = opened(truth, 3, 600_000);
        assert_eq!(search.step(), None);
        let seeding = search.state.replicate.spent();
        while search.state.resting.is_none() {
            assert_eq!(search.step(), None);
        }
        let first = search.state.resting.as_ref().unwrap();
        assert!(first.is_exact());
        let way = first.way;
        assert_eq!(way, Some(Way::FirstIntegrals));
        search.step();
        let second = &search.state.replicate;
        assert!(second.is_exact() && second.way == way);
        // It has tried nothing of what comes before.
        assert!(2 * second.spent() < seeding, "{} after {seeding}", second.spent());
    }
}
