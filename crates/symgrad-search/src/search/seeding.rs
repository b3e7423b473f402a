//! The first step of a search: what spectral fits, reductions and guesses come up with.

use symgrad_expr::{Expr, OpSet};

use super::Search;
use crate::evaluator::Evaluator;
use crate::evolution::strip;
use crate::fold;
use crate::front::Entry;
use crate::reduction::reduce;
use crate::spectral::{self, BeamOptions, Proposal};

/// Points for sums of quotients of monomials.
const QUOTIENT_POINTS: usize = 300;

/// Cells of the feature matrix of a mixed library.
const LIBRARY_CELLS: usize = 4_000_000;

impl Search {
    /// Spectral proposals fill the hall of fame and the islands.
    pub(super) fn seed(&mut self) {
        if self.rules.spectral {
            let proposals = self.propose();
            let rules = &self.rules;
            let told = self.measured_hints.combinations(&self.palette.inputs, &rules.ops);
            let spellings: Vec<Expr> = proposals
                .iter()
                .flat_map(|proposal| proposal.spellings(&rules.ops))
                .chain(told)
                .map(|expr| strip(&expr, rules))
                .collect();
            if self.state.config.unfold && fold::is_folded(&self.screen, &spellings) {
                self.unfold();
            }
            self.offer_all(&spellings);
            self.reduce();
        }
        self.offer_guesses();
        self.evolve();
    }

    /// The user's guesses, with their constants fitted.
    fn offer_guesses(&mut self) {
        let mut eval = Evaluator::new(&self.screen);
        let entries = self.state.config.guesses.iter().map(|guess| {
            let complexity = self.rules.ops.complexity(guess);
            Entry { expr: guess.clone(), complexity, loss: eval.loss(guess) }
        });
        let entries: Vec<Entry> = entries.collect();
        self.state.evaluations += eval.evaluations();
        self.polish(&entries);
    }

    /// Formulas in combinations of inputs; the combinations serve as leaves from then on.
    fn reduce(&mut self) {
        let (screen, rules, inputs) = (&self.screen, &self.rules, &self.palette.inputs);
        let found = self.pool.install(|| reduce(screen, inputs, &rules.ops));
        let formulas: Vec<Expr> = found.formulas.iter().map(|expr| strip(expr, rules)).collect();
        self.state.evaluations += found.evaluations;
        self.state.combinations.extend(found.combinations);
        self.palette.combinations.clone_from(&self.state.combinations);
        self.offer_all(&formulas);
    }

    /// Polynomials by elimination, and short sums over the mixed library and over quotients of
    /// monomials.
    fn propose(&mut self) -> Vec<Proposal> {
        let (ops, inputs) = (&self.rules.ops, &self.palette.inputs);
        let degree = self.state.config.max_degree;
        let constraints = &self.rules.constraints;
        let suits = |feature: &Expr| constraints.suits(feature);
        // Functions of what the hints leave of the inputs come before functions of the inputs.
        let limit = self.state.config.library;
        let mut library = self.measured_hints.features(inputs, ops, limit / 2);
        let suggested = features_of(&self.state.combinations, inputs, ops);
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
        let thinned =
            screen.thinned((LIBRARY_CELLS / (library.len() * screen.dim()).max(1)).max(200));
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
        let ((polynomials, first), (sums, second)) = self.pool.install(|| {
            rayon::join(
                || {
                    let mut eval = Evaluator::new(screen);
                    let mut found = spectral::eliminate(inputs, degree, ops, suits, &mut eval);
                    let mut eval_few = Evaluator::new(&few_points);
                    found.extend(spectral::beam_search(quotients, ops, few, &mut eval_few));
                    (found, eval.evaluations() + eval_few.evaluations())
                },
                || {
                    let mut eval = Evaluator::new(&thinned);
                    let found = spectral::beam_search(library, ops, options, &mut eval);
                    (found, eval.evaluations())
                },
            )
        });
        self.state.evaluations += first + second;
        polynomials.into_iter().chain(sums).collect()
    }
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
