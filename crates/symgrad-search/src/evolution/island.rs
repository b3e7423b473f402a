//! One island: a population under regularised evolution, with its own random stream.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_expr::{Expr, Node, OpSet};
use symgrad_simplify::Domain;

use super::tidy::tidy;
use super::variation::{Palette, cross, mutate};
use crate::constants::fit_constants;
use crate::front::{Entry, HallOfFame};
use crate::objective::Evaluator;
use crate::spectral;

/// What every candidate must keep to.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) ops: OpSet,
    pub(crate) domain: Domain,
    pub(crate) max_complexity: u32,
    pub(crate) spectral: bool,
}

/// How selection weighs things; all in units of log loss.
const PARSIMONY: f64 = 0.03;
/// Price of belonging to the most crowded complexity.
const CROWDING: f64 = 4.0;
/// A tournament of this many, won by the best with probability [`TOURNAMENT_WIN`], else by
/// the next, and so on.
const TOURNAMENT: usize = 8;
const TOURNAMENT_WIN: f64 = 0.85;
const CROSSOVER: f64 = 0.1;
/// Shares of the children whose constants, or whose terms' coefficients, are fitted.
const FIT_CONSTANTS: f64 = 0.1;
const FIT_SUM: f64 = 0.1;
const FIT_ROUNDS: usize = 4;
/// Losses below this are rounding.
const LOSS_FLOOR: f64 = 1e-14;
/// Cached losses are forgotten beyond this many.
const CACHE: usize = 200_000;

#[derive(Clone, Debug)]
struct Candidate {
    expr: Expr,
    complexity: u32,
    loss: f64,
    birth: u64,
}

pub(crate) struct Island {
    rng: ChaCha8Rng,
    population: Vec<Candidate>,
    births: u64,
    /// The best of this island since the last gathering.
    pub(crate) hall: HallOfFame,
    /// Number of candidates by complexity.
    census: HashMap<u32, usize>,
    losses: HashMap<Vec<u64>, f64>,
    size: usize,
}

impl Island {
    pub(crate) fn new(seed: u64, index: u64, size: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index + 1);
        Self {
            rng,
            population: Vec::with_capacity(size),
            births: 0,
            hall: HallOfFame::default(),
            census: HashMap::new(),
            losses: HashMap::new(),
            size,
        }
    }

    /// Random small trees until the population is full.
    pub(crate) fn settle(&mut self, palette: &Palette, rules: &Rules, eval: &mut Evaluator<'_>) {
        let mut attempts = 0;
        while self.population.len() < self.size && attempts < 50 * self.size {
            attempts += 1;
            let size = self.rng.random_range(1..=5);
            let tree = palette.tree(size, &mut self.rng);
            self.admit(&tree, rules, eval);
        }
    }

    /// Takes a foreign expression in, in place of the oldest.
    pub(crate) fn admit(&mut self, expr: &Expr, rules: &Rules, eval: &mut Evaluator<'_>) -> bool {
        let Some(child) = self.assess(expr, rules, eval) else { return false };
        self.hall.offer(Entry {
            expr: child.expr.clone(),
            complexity: child.complexity,
            loss: child.loss,
        });
        self.replace_oldest(child);
        true
    }

    /// `rounds` births.
    pub(crate) fn evolve(
        &mut self,
        rounds: usize,
        palette: &Palette,
        rules: &Rules,
        eval: &mut Evaluator<'_>,
    ) {
        if self.population.is_empty() {
            self.settle(palette, rules, eval);
        }
        for _ in 0..rounds {
            if self.population.is_empty() {
                return;
            }
            let child = self.breed(palette);
            let child = self.improve(&child, rules, eval);
            self.admit(&child, rules, eval);
        }
    }

    fn breed(&mut self, palette: &Palette) -> Expr {
        let parent = self.select();
        if self.rng.random_bool(CROSSOVER) {
            let donor = self.select();
            let (receiver, donor) = (&self.population[parent].expr, &self.population[donor].expr);
            return cross(receiver, donor, &mut self.rng);
        }
        mutate(&self.population[parent].expr, palette, &mut self.rng)
    }

    /// Fits some children's constants or coefficients.
    fn improve(&mut self, child: &Expr, rules: &Rules, eval: &mut Evaluator<'_>) -> Expr {
        let child = tidy(child);
        let fit_sum = self.rng.random_bool(FIT_SUM);
        let fit_inner = self.rng.random_bool(FIT_CONSTANTS);
        if rules.ops.complexity(&child) > rules.max_complexity {
            return child;
        }
        if fit_sum && rules.spectral {
            return self.refit_sum(child, rules, eval);
        }
        if fit_inner && !child.constants().is_empty() {
            let mut fitted = child;
            let loss = eval.loss(&fitted);
            fit_constants(&mut fitted, loss, FIT_ROUNDS, eval);
            return fitted;
        }
        child
    }

    /// Offers every spelling of the sum with its best coefficients; the child becomes the one
    /// that selection likes best.
    fn refit_sum(&mut self, child: Expr, rules: &Rules, eval: &mut Evaluator<'_>) -> Expr {
        let Some(proposal) = spectral::refit(&child, eval) else { return child };
        let mut best: Option<Candidate> = None;
        for spelling in proposal.spellings(&rules.ops) {
            let Some(candidate) = self.assess(&spelling, rules, eval) else { continue };
            self.hall.offer(Entry {
                expr: candidate.expr.clone(),
                complexity: candidate.complexity,
                loss: candidate.loss,
            });
            if best.as_ref().is_none_or(|held| self.cost(&candidate) < self.cost(held)) {
                best = Some(candidate);
            }
        }
        best.map_or(child, |candidate| candidate.expr)
    }

    /// The candidate an expression makes; `None` if it breaks the rules.
    fn assess(
        &mut self,
        expr: &Expr,
        rules: &Rules,
        eval: &mut Evaluator<'_>,
    ) -> Option<Candidate> {
        let expr = strip(expr, rules);
        let complexity = rules.ops.complexity(&expr);
        let legal = complexity <= rules.max_complexity
            && expr.input_count() > 0
            && rules.ops.allows(&expr)
            && expr.constants().iter().all(|c| c.is_finite());
        if !legal {
            return None;
        }
        let loss = self.cached_loss(&expr, eval);
        loss.is_finite().then(|| {
            self.births += 1;
            Candidate { expr, complexity, loss, birth: self.births }
        })
    }

    fn cached_loss(&mut self, expr: &Expr, eval: &mut Evaluator<'_>) -> f64 {
        let key = key(expr);
        if let Some(loss) = self.losses.get(&key) {
            return *loss;
        }
        let loss = eval.loss(expr);
        if self.losses.len() >= CACHE {
            self.losses.clear();
        }
        self.losses.insert(key, loss);
        loss
    }

    fn select(&mut self) -> usize {
        let mut drawn: Vec<usize> =
            (0..TOURNAMENT).map(|_| self.rng.random_range(0..self.population.len())).collect();
        drawn.sort_by(|&i, &j| {
            self.cost(&self.population[i])
                .total_cmp(&self.cost(&self.population[j]))
                .then(i.cmp(&j))
        });
        drawn.dedup();
        for &index in &drawn {
            if self.rng.random_bool(TOURNAMENT_WIN) {
                return index;
            }
        }
        drawn[0]
    }

    fn cost(&self, candidate: &Candidate) -> f64 {
        let alike = self.census.get(&candidate.complexity).copied().unwrap_or(0);
        candidate.loss.max(LOSS_FLOOR).ln()
            + PARSIMONY * f64::from(candidate.complexity)
            + CROWDING * alike as f64 / self.size as f64
    }

    fn replace_oldest(&mut self, child: Candidate) {
        *self.census.entry(child.complexity).or_default() += 1;
        if self.population.len() < self.size {
            self.population.push(child);
            return;
        }
        let mut oldest = 0;
        for (index, candidate) in self.population.iter().enumerate() {
            if candidate.birth < self.population[oldest].birth {
                oldest = index;
            }
        }
        if let Some(count) = self.census.get_mut(&self.population[oldest].complexity) {
            *count = count.saturating_sub(1);
        }
        self.population[oldest] = child;
    }
}

/// The tidy form without outer functions that the level sets do not see.
pub(crate) fn strip(expr: &Expr, rules: &Rules) -> Expr {
    symgrad_simplify::strip_root(&tidy(expr), &rules.domain)
}

/// Structure and constants, bit by bit.
fn key(expr: &Expr) -> Vec<u64> {
    let nodes = expr.nodes().iter().map(|node| match node {
        Node::Var(index) => u64::from(*index),
        Node::Const => 1 << 32,
        Node::Op(op) => (1 << 33) + *op as u64,
    });
    nodes.chain(expr.constants().iter().map(|c| c.to_bits())).collect()
}
