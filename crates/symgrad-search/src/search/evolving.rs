//! A step of evolution: islands side by side, and what they learn from one another.

use rand::RngExt;
use rayon::prelude::*;
use symgrad_expr::{Expr, OpSet};
use symgrad_simplify::Simplifier;

use super::Search;
use super::state::State;
use crate::front::Entry;
use crate::hints::Hints;
use crate::propose::evolution::Surroundings;
use crate::score::evaluator::Evaluator;

/// A gain worth polishing: this much less loss at some complexity.
const POLISHING_GAIN: f64 = 0.02;

impl Search {
    pub(super) fn refresh_palette(&mut self) {
        let (inputs, ops) = (&self.palette.inputs, &self.rules.ops);
        let features = useful_features(&self.measured_hints, inputs, ops, &self.state);
        self.palette.set_features(features);
        self.palette.combinations.clone_from(&self.state.replicate.combinations);
    }

    /// Every island evolves by itself, on whatever thread.
    pub(super) fn evolve(&mut self) {
        if self.is_over() {
            return;
        }
        let screen = &self.screen;
        let (palette, rules, archive) = (&self.palette, &self.rules, &self.state.replicate.archive);
        let around = Surroundings { palette, rules, archive };
        let rounds = self.state.config.births;
        let share = self.allowance().shares(self.state.replicate.islands.len());
        let islands = &mut self.state.replicate.islands;
        let spent: Vec<(u64, bool)> = self.pool.install(|| {
            let each = islands.par_iter_mut().enumerate().map(|(index, island)| {
                let mut eval = Evaluator::allowed(screen, share(index));
                island.evolve(rounds, around, &mut eval);
                (eval.evaluations(), eval.is_spent())
            });
            each.collect()
        });
        self.state.evaluations += spent.iter().map(|(evaluations, _)| evaluations).sum::<u64>();
        self.cut |= spent.iter().any(|(_, cut)| *cut);
    }

    /// Merges the islands' finds, polishes what is new on the front, and sends the front's
    /// entries and their parts back to the islands.
    pub(super) fn gather(&mut self) {
        for island in &mut self.state.replicate.islands {
            for entry in std::mem::take(&mut island.hall).front() {
                self.state.replicate.hall.offer(entry);
            }
            self.state.replicate.archive.absorb(&mut island.found);
        }
        if self.is_over() {
            return;
        }
        let mut fresh = self.state.replicate.hall.front();
        fresh.retain(|entry| self.state.replicate.gains_on_polished(entry, POLISHING_GAIN));
        self.polish(&fresh);
        self.state.replicate.polished = self.state.replicate.hall.front();
        self.refresh_palette();
        self.migrate();
    }

    /// What rewrites entries, unless the settings forbid it.
    pub(super) fn rewriter(&self) -> Option<&Simplifier> {
        self.state.config.simplify.then_some(&self.simplifier)
    }

    /// Each island receives a few entries of the front.
    fn migrate(&mut self) {
        let front = self.state.replicate.hall.front();
        if front.is_empty() {
            return;
        }
        let mut eval = Evaluator::allowed(&self.screen, self.allowance());
        let (palette, rules, archive) = (&self.palette, &self.rules, &self.state.replicate.archive);
        let around = Surroundings { palette, rules, archive };
        for island in &mut self.state.replicate.islands {
            for _ in 0..self.state.config.migrants {
                let entry = &front[self.state.replicate.rng.random_range(0..front.len())];
                island.admit(&entry.expr, around, &mut eval);
            }
        }
        self.state.evaluations += eval.evaluations();
    }
}

/// What mutations may draw on: the combinations that the hints tell of, and parts of the front.
pub(super) fn useful_features(
    hints: &Hints,
    inputs: &[u16],
    ops: &OpSet,
    state: &State,
) -> Vec<Expr> {
    let mut features = hints.combinations(inputs, ops);
    features.extend(shared_features(&state.replicate.hall.front(), state.config.shared_features));
    features
}

/// Proper subexpressions of the front's entries that hold an input and an operator, those of
/// the best entries first.
pub(super) fn shared_features(front: &[Entry], limit: usize) -> Vec<Expr> {
    let mut found: Vec<Expr> = Vec::new();
    for entry in front.iter().rev() {
        let expr = &entry.expr;
        for end in 0..expr.len() - 1 {
            if expr.nodes()[end].arity() == 0 || found.len() >= limit {
                continue;
            }
            let part = expr.subtree(end);
            if part.input_count() > 0 && !found.contains(&part) {
                found.push(part);
            }
        }
    }
    found
}
