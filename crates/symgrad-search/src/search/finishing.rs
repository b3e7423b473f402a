//! The end of a search: the front is rewritten, scored on all points, rounded and judged.

use std::collections::BTreeMap;

use rayon::prelude::*;
use symgrad_expr::{Expr, Node, Op};

use super::{Search, simplify};
use crate::front::{Entry, HallOfFame};
use crate::inputs::target_unit;
use crate::judge::trust::{Confirmation, Verdict};
use crate::outcome::{Judge, Outcome, StopReason};
use crate::propose::evolution::Rules;
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::target::Target;

impl Search {
    /// Simplifies the front, scores it on all points, rounds its constants and picks the answer.
    ///
    /// Simpler spellings are looked for with what the budget keeps for that. Scoring the front
    /// itself and judging it is not counted: the work is bounded by the front's length.
    #[must_use]
    pub fn finish(mut self, stop: StopReason) -> Outcome {
        let (simplifier, rewriter) = (&self.simplifier, self.rewriter());
        let rules = &self.rules;
        let (tolerance, floor) = (self.state.config.rounding, self.state.floor);
        // What breaks a constraint has no loss, and what may not be evaluated is not accepted.
        let loss = |expr: &Expr, eval: &mut Evaluator<'_>| {
            let permitted = rules.constraints.permits(expr) && rules.ops.allows(expr);
            let loss = if permitted { eval.loss(expr) } else { f64::INFINITY };
            if eval.is_spent() { f64::NAN } else { loss }
        };
        let simplified = |entry: &Entry, eval: &mut Evaluator<'_>| {
            let rewriter = rewriter?;
            let loss = &mut |expr: &Expr| loss(expr, eval);
            let tied = rewriter.tie_constants(&entry.expr, tolerance, floor, loss);
            Some(simplify(&tied, rules, rewriter))
        };
        let closing = Allowance::new(self.state.left_to_close(), self.deadline(1.0));
        let fronts = self.fronts().into_iter();
        let halls: Vec<Vec<Entry>> = fronts.map(|front| self.in_own_unit(front)).collect();
        let mut found: Vec<Entry> = Vec::new();
        for entry in halls.iter().flatten() {
            if !found.iter().any(|known| known.expr == entry.expr) {
                found.push(entry.clone());
            }
        }
        let (scored, first) = self.rewrite(&found, closing.clone(), simplified);
        let mut hall = HallOfFame::default();
        for entry in scored.into_iter().flatten() {
            hall.offer(entry);
        }
        let rounded = |entry: &Entry, eval: &mut Evaluator<'_>| {
            // Losses that are rounding alone are equal.
            let round = &mut |expr: &Expr| {
                let loss = loss(expr, eval);
                if loss < floor { floor } else { loss }
            };
            Some(simplifier.round_constants(&entry.expr, tolerance, round))
        };
        let (rounded, second) = self.rewrite(&hall.front(), closing.after(first), rounded);
        self.state.evaluations += first + second;
        // An entry as it was stands in only where it has no rounded form.
        let rounded = rounded.into_iter().filter_map(|forms| forms.into_iter().next()).collect();
        let mut front = with_simple_constants(rounded, tolerance, floor);
        let mean = self.mean();
        // The mean stands before what is longer and no better; something has to be the answer.
        let better = |entry: &Entry| mean.is_none() || entry.loss < 1.0;
        if front.iter().any(better) {
            front.retain(better);
        }
        let (held, ops) = (&self.held_out, &self.rules.ops);
        let (config, evaluations) = (&self.state.config, self.evaluations_of_all());
        let (objective, required) = (&self.objective, self.rules.constraints.required());
        let confirmation = Confirmation::Agreed;
        let mut judge =
            Judge { objective, held, ops, config, required, mean: mean.is_some(), confirmation };
        let judged = self.pool.install(|| {
            let mut found = Outcome::new(front.clone(), &judge, evaluations, stop);
            if *found.verdict() == Verdict::Identified
                && let Some(answer) = found.answer()
            {
                judge.confirmation = self.confirmation(&answer.expr, &halls);
                if judge.confirmation != Confirmation::Agreed {
                    found = Outcome::new(front, &judge, evaluations, stop);
                }
            }
            found.written(&self.units, objective, ops, tolerance)
        });
        let mut outcome = judged.arranged(|expr| self.arranged(expr));
        if let Some(mean) = mean {
            outcome.begin_with(mean, objective, held);
        }
        outcome.in_given_order(&self.order)
    }

    /// Entries in the unit of the values, and of quotients and their inverses the better.
    fn in_own_unit(&self, entries: Vec<Entry>) -> Vec<Entry> {
        let own = |entry: Entry| {
            let expr = self.right_way_up(target_unit::times(self.unit, &entry.expr));
            Entry { expr, ..entry }
        };
        entries.into_iter().map(own).collect()
    }

    /// Whether both replicates have come to the answer.
    fn confirmation(&self, answer: &Expr, halls: &[Vec<Entry>]) -> Confirmation {
        let came_to_it =
            |hall: &&Vec<Entry>| hall.iter().any(|entry| self.is_same(answer, &entry.expr));
        let reason = match (halls.len(), halls.iter().filter(came_to_it).count()) {
            (0 | 1, _) => {
                "there was no time for a second search, from another start, that would \
                           confirm it"
            }
            (all, found) if found == all => return Confirmation::Agreed,
            _ => "a second search, from another start and on other points, did not come to it",
        };
        Confirmation::Not { reason: reason.into() }
    }

    /// Of a quotient and its inverse, which have the same level sets, the one without a pole among
    /// the data: its denominator keeps its sign. If both have none, the one whose size
    /// rises with the neuron.
    pub(super) fn right_way_up(&self, expr: Expr) -> Expr {
        if expr.root() != Node::Op(Op::Div) || !self.rules.level_sets {
            return expr;
        }
        let sides = expr.arguments();
        let mut eval = Evaluator::new(&self.objective);
        // 1 or −1 if that is the sign at all points.
        let mut sign = |side: &Expr| {
            let values = eval.values(side)?;
            let of_all = |sign: f64| values.iter().all(|v| sign * v >= 0.0).then_some(sign);
            Some(of_all(1.0).or(of_all(-1.0)))
        };
        let turned = match (sign(&sides[0]), sign(&sides[1])) {
            (Some(Some(_)), Some(None)) => true,
            (Some(Some(above)), Some(Some(below))) => eval.falls(&expr) == (above == below),
            _ => false,
        };
        if turned { sides[1].clone() / sides[0].clone() } else { expr }
    }

    /// The mean of the values, which every formula has to beat, unless constraints forbid it.
    fn mean(&self) -> Option<Entry> {
        let Target::Values(values) = self.objective.target() else { return None };
        let expr = Expr::constant(values.rounded_mean());
        let Rules { ops, constraints, .. } = &self.rules;
        let legal = ops.allows(&expr) && constraints.completes(&expr);
        // By what losses are measured in.
        legal.then(|| Entry { complexity: ops.complexity(&expr), expr, loss: 1.0 })
    }

    /// The entry as people would write it: terms and factors in the order of the inputs' names,
    /// if nothing speaks against that.
    ///
    /// Also whether it has the other sign, where that is free.
    fn arranged(&self, expr: &Expr) -> (Expr, bool) {
        let Rules { ops, constraints, level_sets, .. } = &self.rules;
        let plain = self.order.as_written(expr, |expr| self.writer.arranged(expr));
        let arranged = if *level_sets {
            self.order.as_written(expr, |expr| self.writer.arranged_level_set(expr))
        } else {
            plain.clone()
        };
        let as_good = ops.complexity(&arranged) <= ops.complexity(expr)
            && ops.allows(&arranged)
            && constraints.permits(&arranged);
        if as_good { (arranged.clone(), arranged != plain) } else { (expr.clone(), false) }
    }

    /// Another form of each entry, if there is one, and the entry as it is, scored on all
    /// points, in the order of the entries; and the evaluations that the other forms took.
    fn rewrite(
        &self,
        entries: &[Entry],
        allowance: Allowance,
        form: impl Fn(&Entry, &mut Evaluator<'_>) -> Option<Expr> + Sync,
    ) -> (Vec<Vec<Entry>>, u64) {
        let Rules { ops, constraints, .. } = &self.rules;
        let share = allowance.shares(entries.len());
        let scored = |expr: Expr, eval: &mut Evaluator<'_>| {
            let legal = ops.allows(&expr) && constraints.completes(&expr) && eval.varies(&expr);
            let loss = legal.then(|| eval.loss(&expr)).filter(|loss| loss.is_finite())?;
            Some(Entry { complexity: ops.complexity(&expr), expr, loss })
        };
        let rewritten: Vec<(Vec<Entry>, u64)> = self.pool.install(|| {
            let each = entries.par_iter().enumerate().map(|(index, entry)| {
                let mut judge = Evaluator::new(&self.objective);
                let mut eval = Evaluator::allowed(&self.objective, share(index));
                let other = form(entry, &mut eval).filter(|other| *other != entry.expr);
                let other = other.and_then(|other| scored(other, &mut eval));
                let other = other.filter(|other| eval.is_stable(&other.expr, other.loss));
                let own = scored(entry.expr.clone(), &mut judge);
                (other.into_iter().chain(own).collect(), eval.evaluations())
            });
            each.collect()
        });
        let evaluations = rewritten.iter().map(|(_, evaluations)| evaluations).sum();
        (rewritten.into_iter().map(|(forms, _)| forms).collect(), evaluations)
    }
}

/// One entry per complexity: the first, unless a later one is better by more than rounding
/// may cost. Otherwise crooked constants would come back in by way of a longer entry.
fn with_simple_constants(entries: Vec<Entry>, tolerance: f64, floor: f64) -> Vec<Entry> {
    let mut kept: BTreeMap<u32, Entry> = BTreeMap::new();
    for entry in entries {
        let replaces = kept
            .get(&entry.complexity)
            .is_none_or(|held| entry.loss.max(floor) * (1.0 + tolerance) < held.loss);
        if replaces {
            kept.insert(entry.complexity, entry);
        }
    }
    kept.into_values().collect()
}
