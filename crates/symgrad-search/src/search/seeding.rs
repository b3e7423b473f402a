//! The first step of a search: what spectral fits, reductions and guesses come up with.

use rayon::prelude::*;
use symgrad_expr::{Expr, OpSet};

use super::Search;
use super::ways::Way;
use crate::front::Entry;
use crate::inputs::target_unit;
use crate::propose::archive::Archive;
use crate::propose::evolution::{Palette, negated, spellings, strip};
use crate::propose::reduction::reduce;
use crate::propose::spectral::{self, BeamOptions, Proposal};
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::fold;
use crate::score::objective::Objective;
use crate::search::replicate::CLIFF;

/// Each part of the seeding gets at most one in so many of the evaluations that are left: a small
/// budget is not all spent before anything evolves.
const PART: u64 = 4;

/// Points for sums of quotients of monomials.
const QUOTIENT_POINTS: usize = 300;

/// Points that a library needs at least.
const FEWEST_POINTS: usize = 200;

/// Points for elimination over large libraries.
const ELIMINATION_POINTS: usize = 500;

/// Cells of the feature matrix of a mixed library.
const LIBRARY_CELLS: usize = 4_000_000;

impl Search {
    /// Single inputs, guesses and spectral proposals fill the hall of fame and the islands.
    ///
    /// The simplest come first, so that there is a front whatever the limits are.
    pub(super) fn seed(&mut self) {
        self.offer_singles();
        self.offer_guesses();
        if self.rules.spectral {
            self.go_the_way_of_the_other();
            // With two inputs the slope of level sets is a value, which equations tell at once.
            let few = self.palette.inputs.len() == 2;
            let early = if few { &[Way::LevelSets][..] } else { &[] };
            let late = if few { &[] } else { &[Way::LevelSets][..] };
            let ways =
                [Way::Sums, Way::Invariants, Way::Monomials, Way::Projections, Way::Relations];
            let further =
                [Way::EquationsOfPotentials, Way::FirstIntegrals, Way::Reduction, Way::Elimination];
            for &way in early.iter().chain(&ways).chain(late).chain(&further) {
                self.go(way);
            }
        }
        // What is hidden in a group of inputs is short: there is little to evolve.
        if self.is_nested() && !self.is_over() {
            self.grow();
        }
        self.evolve();
    }

    /// Short sums, in all their spellings, and combinations that hints tell.
    pub(super) fn offer_sums(&mut self) {
        let proposals = self.propose(self.allowance().part(PART));
        let rules = &self.rules;
        let told = self.measured_hints.combinations(&self.palette.inputs, &rules.ops);
        let spelled = proposals.iter().map(|proposal| spellings(proposal, rules));
        let spellings: Vec<Expr> =
            in_turn(&std::iter::once(told).chain(spelled).collect::<Vec<_>>())
                .into_iter()
                .map(|expr| strip(&expr, rules))
                .collect();
        self.unfold_if_told(&spellings);
        self.offer_within(&spellings, self.allowance().part(PART).evaluations);
    }

    fn offer_singles(&mut self) {
        let Palette { inputs, rare, .. } = &self.palette;
        let mut singles: Vec<Expr> = inputs.iter().chain(rare).copied().map(Expr::var).collect();
        if self.rules.fixed_sign {
            let ops = &self.rules.ops;
            singles = singles.into_iter().flat_map(|x| [x.clone(), negated(&x, ops)]).collect();
        }
        self.offer_in_any_case(&singles, self.state.left());
    }

    /// Makes the sign local if the formulas show that the neuron folds its concept.
    fn unfold_if_told(&mut self, formulas: &[Expr]) {
        if !self.state.config.unfold {
            return;
        }
        let allowance = self.allowance().part(2 * PART);
        let (folded, spent) = fold::is_folded(&self.screen, formulas, allowance);
        self.state.evaluations += spent;
        if folded {
            // Losses by the other measure are none any more.
            self.state.replicate.archive = Archive::default();
            let earlier = std::mem::take(&mut self.state.replicate.hall).front();
            self.unfold();
            let earlier: Vec<Expr> = earlier.into_iter().map(|entry| entry.expr).collect();
            self.offer_all(&earlier);
        }
    }

    /// The user's guesses, with their constants fitted.
    fn offer_guesses(&mut self) {
        let mut eval = Evaluator::allowed(&self.screen, self.allowance());
        let mut entries = vec![];
        for guess in &self.state.config.guesses {
            let expr = target_unit::times(self.unit.recip(), guess);
            let (complexity, loss) = (self.rules.ops.complexity(&expr), eval.loss(&expr));
            if loss.is_finite() {
                entries.push(Entry { expr, complexity, loss });
            }
        }
        self.state.evaluations += eval.evaluations();
        self.polish(&entries);
    }

    /// Formulas in combinations of inputs; the combinations serve as leaves from then on.
    pub(super) fn reduce(&mut self) {
        let (screen, rules, inputs) = (&self.screen, &self.rules, &self.palette.inputs);
        let allowance = self.allowance().part(PART);
        let found = self.pool.install(|| reduce(screen, inputs, &rules.ops, allowance));
        let mut formulas: Vec<Expr> =
            found.formulas.iter().map(|expr| strip(expr, rules)).collect();
        if rules.fixed_sign {
            // They were found by a measure that is blind to it.
            formulas = formulas.into_iter().flat_map(|f| [negated(&f, &rules.ops), f]).collect();
        }
        self.state.evaluations += found.evaluations;
        self.state.replicate.combinations.extend(found.combinations);
        self.palette.combinations.clone_from(&self.state.replicate.combinations);
        self.offer_within(&formulas, self.allowance().part(PART).evaluations);
    }

    /// Sums of many structured terms by elimination.
    pub(super) fn eliminate(&mut self) {
        let libraries = spectral::families(&self.palette.inputs, &self.rules.ops);
        let allowance = self.allowance().part(PART);
        let spelled = self.eliminated(libraries, ELIMINATION_POINTS, usize::MAX, allowance);
        let formulas: Vec<Expr> =
            in_turn(&spelled).iter().map(|expr| strip(expr, &self.rules)).collect();
        let least = |losses: &mut dyn Iterator<Item = f64>| losses.fold(f64::INFINITY, f64::min);
        let before = least(&mut self.state.replicate.hall.front().iter().map(|entry| entry.loss));
        let allowed = self.allowance().part(PART).evaluations;
        let found = least(&mut self.losses(&formulas, allowed).into_iter().flatten());
        if found * CLIFF < before {
            self.offer_within(&formulas, allowed);
        }
    }

    /// Sums of at most so many terms over each library by elimination on so many points, in all
    /// their spellings.
    pub(super) fn eliminated(
        &mut self,
        libraries: Vec<Vec<Expr>>,
        points: usize,
        longest: usize,
        allowance: Allowance,
    ) -> Vec<Vec<Expr>> {
        let points = self.screen.thinned(points);
        self.eliminated_on(&points, libraries, longest, allowance)
    }

    /// The same of another objective.
    pub(super) fn eliminated_on(
        &mut self,
        points: &Objective,
        libraries: Vec<Vec<Expr>>,
        longest: usize,
        allowance: Allowance,
    ) -> Vec<Vec<Expr>> {
        let rules = &self.rules;
        let shares = allowance.shares(libraries.len());
        let found: Vec<(Vec<Vec<Expr>>, u64)> = self.pool.install(|| {
            let each = libraries.into_par_iter().enumerate().map(|(k, mut library)| {
                library.retain(|feature| rules.constraints.suits(feature));
                let mut eval = Evaluator::allowed(points, shares(k));
                let proposals = spectral::eliminate_library(library, &mut eval);
                let short = proposals.iter().filter(|proposal| proposal.terms() <= longest);
                let spelled = short.map(|proposal| spellings(proposal, rules));
                (spelled.collect(), eval.evaluations())
            });
            each.collect()
        });
        let (spelled, spent): (Vec<Vec<Vec<Expr>>>, Vec<u64>) = found.into_iter().unzip();
        self.state.evaluations += spent.iter().sum::<u64>();
        spelled.into_iter().flatten().collect()
    }

    /// Polynomials by elimination, and short sums over the mixed library and over quotients of
    /// monomials.
    fn propose(&mut self, allowance: Allowance) -> Vec<Proposal> {
        let (ops, inputs) = (&self.rules.ops, &self.palette.inputs);
        let degree = self.state.config.max_degree;
        let constraints = &self.rules.constraints;
        let suits = |feature: &Expr| constraints.suits(feature);
        // Functions of what the hints leave of the inputs come before functions of the inputs.
        let limit = self.state.config.library.min(most_features(&self.screen));
        let mut library = self.measured_hints.features(inputs, ops, limit / 2);
        let suggested = features_of(&self.state.replicate.combinations, inputs, ops);
        library.extend(suggested.into_iter().take(limit / 2));
        for feature in spectral::mixed_library(inputs, ops, limit) {
            if library.len() < limit && !library.contains(&feature) {
                library.push(feature);
            }
        }
        library.retain(suits);
        let mut quotients = spectral::quotients_of_monomials(inputs, ops);
        quotients.retain(suits);
        // The Gram matrix of a large library costs points × features²: fewer points suffice.
        let screen = &self.screen;
        let thinned = screen
            .thinned((LIBRARY_CELLS / (library.len() * screen.dim()).max(1)).max(FEWEST_POINTS));
        let few_points = screen.thinned(QUOTIENT_POINTS);
        // The more of all directions several neurons span, or formulas found before explain, the
        // more short sums nearly fit.
        let concepts = screen.concepts().max(1);
        let options = BeamOptions {
            width: 40 * concepts * concepts,
            terms: self.state.config.max_terms,
            extensions: 60,
            proposals: 12 * concepts,
        };
        let few = BeamOptions { width: 20, terms: 4, extensions: 30, proposals: 2 };
        let share = allowance.shares(2);
        let ((polynomials, first), (sums, second)) = self.pool.install(|| {
            rayon::join(
                || {
                    let mut eval = Evaluator::allowed(screen, share(0));
                    let mut found = spectral::eliminate(inputs, degree, ops, suits, &mut eval);
                    let left = share(0).after(eval.evaluations());
                    let mut eval_few = Evaluator::allowed(&few_points, left);
                    found.extend(spectral::beam_search(quotients, ops, few, &mut eval_few));
                    (found, eval.evaluations() + eval_few.evaluations())
                },
                || {
                    let mut eval = Evaluator::allowed(&thinned, share(1));
                    let found = spectral::beam_search(library, ops, options, &mut eval);
                    (found, eval.evaluations())
                },
            )
        });
        self.state.evaluations += first + second;
        polynomials.into_iter().chain(sums).collect()
    }
}

/// Most features whose gradients can be kept at once, where each has all components.
fn most_features(objective: &Objective) -> usize {
    if objective.axes().is_whole() {
        return usize::MAX;
    }
    (spectral::DENSE_CELLS / (FEWEST_POINTS * objective.dim().max(1))).max(100)
}

/// The first of each list, then the second of each, and so on: where not all can be tried, something
/// of everything is.
pub(super) fn in_turn(lists: &[Vec<Expr>]) -> Vec<Expr> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let place = |place: usize| lists.iter().filter_map(move |list| list.get(place)).cloned();
    (0..longest).flat_map(place).collect()
}

/// Combinations, and their products with inputs.
fn features_of(combinations: &[Expr], inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let mut found = combinations.to_vec();
    for combination in combinations {
        found.extend(inputs.iter().map(|&input| Expr::var(input) * combination.clone()));
    }
    found.retain(|feature| ops.allows(feature));
    found
}
