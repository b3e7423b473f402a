//! What a replicate tries where a round has not brought an exact formula: constants inside what it
//! has found, libraries with constants inside, and a language grown from what it has found.

use rayon::prelude::*;
use symgrad_expr::{Expr, Op, OpSet};

use super::Search;
use super::seeding::in_turn;
use super::ways::Way;
use crate::front::Entry;
use crate::propose::evolution::{restore_templates, strip};
use crate::propose::insertion::with_constant_inside;
use crate::propose::spectral;
use crate::score::evaluator::Evaluator;
use crate::score::fit::fit_constants;

/// Growing gets at most one in so many of the evaluations that are left.
const PART: u64 = 3;

/// Points for elimination, and for quotients.
const POINTS: usize = 400;
const QUOTIENT_POINTS: usize = 250;

/// Rounds of fitting for a formula with new constants.
const FIT_ROUNDS: usize = 30;

/// Longest sum whose inner constants are fitted.
const LONGEST: usize = 8;

/// A sum of which more is left unexplained is not worth fitting.
const HOPELESS: f64 = 0.2;

/// Parts of formulas that the grown library is made of, and most of its features.
const PARTS: usize = 24;
const MOST: usize = 700;

impl Search {
    /// Fills the hall with what comes of that, for the islands to work on.
    pub(super) fn grow(&mut self) {
        if self.state.replicate.is_exact() {
            return;
        }
        self.go_the_way_of_the_other();
        for _ in 0..2 {
            if !self.is_over() {
                self.insert_constants();
            }
        }
        let first = self.grows_for_the_first_time();
        let mut weak = vec![];
        if first {
            self.go(Way::IntegratingFactors);
            self.go(Way::Pairs);
            weak = self.on(Way::Division, Self::divide);
            if !self.is_nested() {
                self.go(Way::FirstIntegralsInDepth);
            }
        }
        if self.stands_on_low_cliff() && !self.leaves_a_part() {
            return;
        }
        if self.rules.spectral && !self.is_done() {
            self.grow_libraries(first);
        }
        self.on(Way::Division, |search| search.divide_by(weak));
    }

    fn grow_libraries(&mut self, first: bool) {
        let grown = self.grown_library();
        self.grow_for_values(&grown);
        if self.is_over() || self.state.replicate.is_exact() {
            return;
        }
        let mut libraries = vec![grown];
        // They do not change from round to round.
        if first && self.rules.level_sets {
            self.offer_long_quotients();
        }
        let (inputs, ops) = (&self.palette.inputs, &self.rules.ops);
        if first {
            libraries.extend(spectral::parametric(inputs, ops));
        }
        self.eliminate_and_fit(libraries);
    }

    fn offer_long_quotients(&mut self) {
        let points = self.screen.thinned(QUOTIENT_POINTS);
        let allowance = self.allowance().part(PART);
        let (inputs, ops) = (&self.palette.inputs, &self.rules.ops);
        let (found, spent) = self.pool.install(|| {
            let mut eval = Evaluator::allowed(&points, allowance);
            (spectral::long_quotients(inputs, ops, &mut eval), eval.evaluations())
        });
        self.state.evaluations += spent;
        let allowed = self.allowance().part(PART).evaluations;
        let found: Vec<Expr> = found.iter().map(|expr| strip(expr, &self.rules)).collect();
        self.offer_within(&found, allowed);
    }

    /// Whether what does not change from round to round is to be tried.
    pub(super) fn grows_for_the_first_time(&self) -> bool {
        self.state.replicate.rounds == u64::from(!self.is_nested())
    }

    fn insert_constants(&mut self) {
        let rules = &self.rules;
        let front = self.state.replicate.hall.front();
        let variants: Vec<Expr> = front
            .iter()
            .flat_map(|entry| with_constant_inside(&entry.expr, &rules.ops))
            .filter(|variant| rules.ops.complexity(variant) <= rules.max_complexity)
            .collect();
        self.fit_and_offer(variants);
    }

    /// Fits the constants of formulas and offers what comes out.
    pub(super) fn fit_and_offer(&mut self, formulas: Vec<Expr>) {
        let (screen, rules) = (&self.screen, &self.rules);
        let share = self.allowance().part(PART).shares(formulas.len());
        let fitted: Vec<(Expr, u64)> = self.pool.install(|| {
            let each = formulas.into_par_iter().enumerate().map(|(k, formula)| {
                let mut eval = Evaluator::allowed(screen, share(k));
                let mut fitted = formula.clone();
                let loss = eval.loss(&fitted);
                fit_constants(&mut fitted, loss, FIT_ROUNDS, &mut eval);
                restore_templates(&formula, &mut fitted, rules);
                (strip(&fitted, rules), eval.evaluations())
            });
            each.collect()
        });
        self.state.evaluations += fitted.iter().map(|(_, spent)| spent).sum::<u64>();
        let formulas: Vec<Expr> = fitted.into_iter().map(|(formula, _)| formula).collect();
        self.offer_within(&formulas, self.allowance().part(PART).evaluations);
    }

    /// Sums over each library by elimination, the constants inside their terms fitted.
    pub(super) fn eliminate_and_fit(&mut self, libraries: Vec<Vec<Expr>>) {
        let allowance = self.allowance().part(PART);
        let proposals = self.eliminated(libraries, POINTS, LONGEST, allowance);
        let spelled: Vec<Expr> = in_turn(&proposals);
        let allowed = self.allowance().part(PART).evaluations;
        self.offer_within(&spelled, allowed);
        let best = self.best_spellings(&proposals).into_iter();
        let best = best.filter(|(loss, _)| *loss < HOPELESS).map(|(_, formula)| formula).collect();
        self.fit_and_offer(best);
    }

    /// The best spelling of each sum, which the archive knows by now, and its loss.
    pub(super) fn best_spellings(&mut self, sums: &[Vec<Expr>]) -> Vec<(f64, Expr)> {
        let mut best = |spelled: &Vec<Expr>| {
            let losses = self.losses(spelled, 0);
            let known = spelled.iter().zip(losses).filter_map(|(e, loss)| Some((loss?, e.clone())));
            known.min_by(|a, b| a.0.total_cmp(&b.0))
        };
        sums.iter().filter_map(&mut best).collect()
    }

    /// Parts of what was found, functions of them, and products and quotients of two.
    fn grown_library(&self) -> Vec<Expr> {
        let (inputs, ops) = (&self.palette.inputs, &self.rules.ops);
        let front: Vec<Entry> = self.state.replicate.hall.front();
        let mut parts: Vec<Expr> = inputs.iter().copied().map(Expr::var).collect();
        let learned = super::evolving::shared_features(&front, PARTS);
        parts.extend(self.state.replicate.combinations.iter().take(PARTS / 2).cloned());
        parts.extend(learned);
        let mut library = parts.clone();
        library.extend(parts.iter().flat_map(|part| functions_of(part, ops)));
        for (k, one) in parts.iter().enumerate() {
            for other in &parts[..=k] {
                library.push(one.clone() * other.clone());
                library.push(one.clone() / other.clone());
                library.push(other.clone() / one.clone());
            }
        }
        let mut eval = Evaluator::new(&self.screen);
        let mut known = std::collections::BTreeSet::new();
        library.retain(|feature| {
            let legal = ops.allows(feature);
            legal && eval.compile_and_classify(feature).is_some_and(|key| known.insert(key))
        });
        library.truncate(MOST);
        library
    }
}

fn functions_of(part: &Expr, ops: &OpSet) -> Vec<Expr> {
    let kinds = [Op::Square, Op::Sqrt, Op::Inv, Op::Log, Op::Exp, Op::Sin, Op::Cos];
    let allowed =
        kinds.into_iter().chain(spectral::OPTIONAL_FUNCTIONS).filter(|op| ops.contains(*op));
    allowed.map(|op| Expr::unary(op, part.clone())).collect()
}
