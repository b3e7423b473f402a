//! What a search does with expressions that it comes up with: losses, the hall of fame, and
//! fitted and rewritten forms of what is new there.

use std::collections::BTreeSet;

use rayon::prelude::*;
use symgrad_expr::Expr;
use symgrad_simplify::Simplifier;

use super::{Search, simplify};
use crate::front::Entry;
use crate::propose::evolution::{Rules, restore_templates, spellings, strip};
use crate::propose::spectral;
use crate::score::evaluator::Evaluator;
use crate::score::fit::fit_constants;
use crate::search::replicate::CLIFF;

/// What has this many times the largest complexity is not made short enough by rewriting.
const EXCESS: u32 = 2;

/// Most formulas that are rewritten at a time because they are too long.
const MOST_SHORTENED: usize = 6;

impl Search {
    /// Fits the constants of new entries, rewrites them, and offers all that comes out.
    pub(super) fn polish(&mut self, fresh: &[Entry]) {
        let (screen, rules, simplifier) = (&self.screen, &self.rules, self.rewriter());
        // Half of what is left is for scoring what comes out.
        let share = self.allowance().part(2).shares(fresh.len());
        let polished: Vec<(Vec<Expr>, u64)> = self.pool.install(|| {
            fresh
                .par_iter()
                .enumerate()
                .map(|(index, entry)| {
                    let mut eval = Evaluator::allowed(screen, share(index));
                    let variants = polish_one(entry, rules, simplifier, &mut eval);
                    (variants, eval.evaluations())
                })
                .collect()
        });
        let mut variants = Vec::new();
        for (found, evaluations) in polished {
            self.state.evaluations += evaluations;
            variants.extend(found);
        }
        self.offer_all(&variants);
    }

    /// Evaluates expressions, as many as may be, and offers them to the hall of fame.
    pub(super) fn offer_all(&mut self, expressions: &[Expr]) {
        self.offer_within(expressions, self.state.available());
    }

    /// The same with at most so many evaluations.
    pub(super) fn offer_within(&mut self, expressions: &[Expr], evaluations: u64) {
        if !self.allowance().is_late() {
            self.offer_in_any_case(expressions, evaluations);
        }
    }

    /// The same without a look at the clock.
    pub(super) fn offer_in_any_case(&mut self, expressions: &[Expr], evaluations: u64) {
        let losses = self.losses(expressions, evaluations);
        let known: Vec<(&Expr, f64)> =
            expressions.iter().zip(losses).filter_map(|(expr, loss)| Some((expr, loss?))).collect();
        let is_short =
            |(expr, _): &(&Expr, f64)| self.rules.ops.complexity(expr) <= self.rules.max_complexity;
        let (short, long): (Vec<_>, Vec<_>) = known.into_iter().partition(is_short);
        for (expr, loss) in short {
            self.offer(expr, loss);
        }
        self.offer_shortened(long);
    }

    /// Offers what is too long as it stands and far better than all that is short enough, if
    /// rewriting makes it short enough.
    fn offer_shortened(&mut self, mut long: Vec<(&Expr, f64)>) {
        let Some(simplifier) = self.rewriter() else { return };
        let (rules, best) = (&self.rules, self.state.replicate.hall.lowest());
        let most = EXCESS * rules.max_complexity;
        long.retain(|(expr, loss)| loss * CLIFF < best && rules.ops.complexity(expr) <= most);
        long.sort_by_key(|(expr, _)| rules.ops.complexity(expr));
        // Of those, the ones that nothing shorter equals; the best last.
        let (mut lowest, floor) = (f64::INFINITY, self.state.floor);
        long.retain(|&(_, loss)| {
            let falls = loss.max(floor) < lowest;
            lowest = lowest.min(loss.max(floor));
            falls
        });
        let tried = &long[long.len().saturating_sub(MOST_SHORTENED)..];
        let shortened: Vec<Expr> = self.pool.install(|| {
            let each = tried.par_iter();
            each.map(|(expr, _)| simplify(&strip(expr, rules), rules, simplifier)).collect()
        });
        let losses = self.losses(&shortened, self.state.available());
        for (expr, loss) in shortened.iter().zip(losses) {
            if let Some(loss) = loss {
                self.offer(expr, loss);
            }
        }
    }

    /// The loss of each expression whose level-set class is known, or among the first classes,
    /// as many as may be evaluated. Many ways to write one formula cost one evaluation.
    pub(super) fn losses(&mut self, expressions: &[Expr], evaluations: u64) -> Vec<Option<f64>> {
        let screen = &self.screen;
        let keys: Vec<Option<u64>> = self.pool.install(|| {
            let each = expressions.par_iter();
            each.map_init(|| Evaluator::new(screen), Evaluator::compile_and_classify).collect()
        });
        let archive = &mut self.state.replicate.archive;
        let mut met = BTreeSet::new();
        let mut fresh: Vec<(u64, &Expr)> = keys
            .iter()
            .zip(expressions)
            .filter_map(|(key, expr)| Some(((*key)?, expr)))
            .filter(|(key, _)| archive.get(*key).is_none() && met.insert(*key))
            .collect();
        fresh.truncate(usize::try_from(evaluations).unwrap_or(usize::MAX));
        self.state.evaluations += fresh.len() as u64;
        let losses: Vec<f64> = self.pool.install(|| {
            let each = fresh.par_iter();
            each.map_init(|| Evaluator::new(screen), |eval, (_, expr)| eval.loss(expr)).collect()
        });
        for ((key, _), loss) in fresh.into_iter().zip(losses) {
            archive.insert(key, loss);
        }
        keys.into_iter().map(|key| archive.get(key?)).collect()
    }

    /// Offers an expression of that loss to the hall of fame, if it is legal and the loss is its
    /// own and not that of rounding.
    pub(super) fn offer(&mut self, expr: &Expr, loss: f64) {
        let rules = &self.rules;
        let complexity = rules.ops.complexity(expr);
        let legal = complexity <= rules.max_complexity
            && expr.input_count() > 0
            && self.state.replicate.hall.would_hold(complexity, loss)
            && rules.ops.allows(expr)
            && rules.constraints.completes(expr);
        if legal {
            let mut eval = Evaluator::allowed(&self.screen, self.allowance());
            if eval.is_stable(expr, loss) {
                self.state.replicate.hall.offer(Entry { expr: expr.clone(), complexity, loss });
            }
            self.state.evaluations += eval.evaluations();
        }
    }
}

/// Rounds of fitting for an entry of the front.
const POLISH_ROUNDS: usize = 12;

fn polish_one(
    entry: &Entry,
    rules: &Rules,
    simplifier: Option<&Simplifier>,
    eval: &mut Evaluator<'_>,
) -> Vec<Expr> {
    let mut fitted = entry.expr.clone();
    fit_constants(&mut fitted, entry.loss, POLISH_ROUNDS, eval);
    restore_templates(&entry.expr, &mut fitted, rules);
    let mut variants = vec![];
    if rules.spectral
        && let Some(proposal) = spectral::refit(&fitted, eval)
    {
        variants.extend(spellings(&proposal, rules).iter().map(|expr| strip(expr, rules)));
    }
    variants.extend(simplifier.map(|simplifier| simplify(&fitted, rules, simplifier)));
    variants.push(fitted);
    variants
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};
    use symgrad_expr::OpSet;

    use super::*;
    use crate::{Measure, Objective, SearchConfig};

    #[test]
    fn what_is_too_long_only_as_it_stands_is_taken_in_its_short_form() {
        // x1*(x1 + x2 + x3^2)
        let column = |step: f64| (1..=200).map(move |n| 0.5 + (f64::from(n) * step).fract());
        let [x, y, z]: [Vec<f64>; 3] =
            [0.754_878, 0.569_840, 0.414_214].map(|step| column(step).collect());
        let along_x = x.iter().zip(&y).zip(&z).map(|((x, y), z)| 2.0 * x + y + z * z).collect();
        let along_z = x.iter().zip(&z).map(|(x, z)| 2.0 * x * z).collect();
        let gradients = [along_x, x.clone(), along_z];
        let names = ["x1", "x2", "x3"].map(String::from).to_vec();
        let points = Table::new(names, vec![x, y, z]).unwrap();
        let field =
            DirectionField::from_gradients(points, &gradients, &FieldOptions::default()).unwrap();
        let config = SearchConfig { max_complexity: 8, ..SearchConfig::default() };
        let objective = Objective::new(&field, Measure::LevelSet);
        let mut search = Search::new(objective, OpSet::default(), config).unwrap();

        let expanded = search.order.to_own(&"x1*x2 + x1*x3^2 + x1^2".parse().unwrap());
        assert!(search.rules.ops.complexity(&expanded) > 8);
        search.offer_in_any_case(&[expanded], 10);
        let front = search.state.replicate.hall.front();
        assert!(
            front.iter().any(|entry| entry.complexity <= 8 && entry.loss <= search.state.floor)
        );
    }
}
