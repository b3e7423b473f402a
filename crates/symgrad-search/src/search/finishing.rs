//! The end of a search: the front is rewritten, scored on all points, rounded and judged.

use std::collections::BTreeMap;

use rayon::prelude::*;
use symgrad_expr::Expr;

use super::{Search, simplify};
use crate::evaluator::Evaluator;
use crate::evolution::Rules;
use crate::front::{Entry, HallOfFame};
use crate::outcome::{EXACT, Outcome, Stop};
use crate::state::State;

impl Search {
    /// Simplifies the front, scores it on all points, rounds its constants and picks the answer.
    #[must_use]
    pub fn finish(mut self, stop: Stop) -> Outcome {
        let (simplifier, rewriter) = (&self.simplifier, self.rewriter());
        let rules = &self.rules;
        let simplified = |entry: &Entry, _: &mut Evaluator<'_>| {
            let rewritten = rewriter.map(|rewriter| simplify(&entry.expr, rules, rewriter));
            rewritten.into_iter().chain([entry.expr.clone()]).collect()
        };
        let (scored, first) = self.rewrite(&self.state.hall.front(), simplified);
        let mut hall = HallOfFame::default();
        for entry in scored {
            hall.offer(entry);
        }
        let tolerance = self.state.config.rounding;
        let rounded = |entry: &Entry, eval: &mut Evaluator<'_>| {
            // What breaks a constraint has no loss: constants are rounded around it. Losses
            // that are rounding alone are equal.
            let round = &mut |expr: &Expr| {
                let permitted = rules.constraints.permits(expr) && rules.ops.allows(expr);
                if permitted { eval.loss(expr).max(EXACT) } else { f64::INFINITY }
            };
            vec![simplifier.round_constants(&entry.expr, tolerance, round)]
        };
        let (rounded, second) = self.rewrite(&hall.front(), rounded);
        self.state.evaluations += first + second;
        let front = with_simple_constants(rounded, tolerance);
        let (held, ops) = (&self.held_out, &self.rules.ops);
        let State { config, evaluations, .. } = &self.state;
        self.pool.install(|| {
            let found = Outcome::new(front, &self.objective, held, ops, config, *evaluations, stop);
            found.written(&self.units, &self.objective, ops, tolerance)
        })
    }

    /// Other forms of each entry, scored on all points, in the order of the entries; and the
    /// evaluations that took.
    fn rewrite(
        &self,
        entries: &[Entry],
        forms: impl Fn(&Entry, &mut Evaluator<'_>) -> Vec<Expr> + Sync,
    ) -> (Vec<Entry>, u64) {
        let Rules { ops, constraints, .. } = &self.rules;
        let rewritten: Vec<(Vec<Entry>, u64)> = self.pool.install(|| {
            let each = entries.par_iter().map(|entry| {
                let mut eval = Evaluator::new(&self.objective);
                let mut scored = vec![];
                for expr in forms(entry, &mut eval) {
                    let legal = ops.allows(&expr) && constraints.completes(&expr);
                    if legal && expr.input_count() > 0 {
                        let (complexity, loss) = (ops.complexity(&expr), eval.loss(&expr));
                        scored.push(Entry { expr, complexity, loss });
                    }
                }
                (scored, eval.evaluations())
            });
            each.collect()
        });
        let evaluations = rewritten.iter().map(|(_, evaluations)| evaluations).sum();
        (rewritten.into_iter().flat_map(|(scored, _)| scored).collect(), evaluations)
    }
}

/// One entry per complexity: the first, unless a later one is better by more than rounding
/// may cost. Otherwise crooked constants would come back in by way of a longer entry.
fn with_simple_constants(entries: Vec<Entry>, tolerance: f64) -> Vec<Entry> {
    let mut kept: BTreeMap<u32, Entry> = BTreeMap::new();
    for entry in entries {
        let replaces = kept
            .get(&entry.complexity)
            .is_none_or(|held| entry.loss.max(EXACT) * (1.0 + tolerance) < held.loss);
        if replaces {
            kept.insert(entry.complexity, entry);
        }
    }
    kept.into_values().collect()
}
