//! One island: a population under regularised evolution, with its own random stream.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use symgrad_expr::{Expr, Node, Op, OpSet};
use symgrad_simplify::Domain;

use super::tidy::tidy;
use super::variation::{Palette, cross, mutate};
use crate::constraints::Constraints;
use crate::front::{Entry, HallOfFame};
use crate::propose::archive::Archive;
use crate::propose::spectral::{self, Proposal};
use crate::score::evaluator::Evaluator;
use crate::score::fit::fit_constants;

/// What every candidate must keep to.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) ops: OpSet,
    pub(crate) domain: Domain,
    pub(crate) max_complexity: u32,
    /// A loss that is good enough.
    pub(crate) target_loss: Option<f64>,
    pub(crate) spectral: bool,
    /// Whether outer functions do not matter and are taken off.
    pub(crate) level_sets: bool,
    /// Whether a sum and its negative are to be told apart, although coefficients are found up
    /// to a common factor.
    pub(crate) fixed_sign: bool,
    pub(crate) constraints: Constraints,
}

/// What is longer is found by structure; chance would only follow errors with it.
pub(crate) const LONGEST_BIRTH: u32 = 40;

impl Rules {
    /// The largest complexity of what islands give birth to.
    fn longest_birth(&self) -> u32 {
        self.max_complexity.min(LONGEST_BIRTH)
    }

    /// Whether constraints and templates leave the expression as it is. That operators are
    /// allowed is a matter for later, where without templates no other form can help.
    fn tolerate(&self, expr: &Expr) -> bool {
        let templates = self.ops.templates().next().is_some();
        (!templates || self.ops.allows(expr)) && self.constraints.tolerates(expr)
    }
}

/// What islands share and do not change while they evolve.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) palette: &'a Palette,
    pub(crate) rules: &'a Rules,
    pub(crate) archive: &'a Archive,
}

/// How selection weighs things; all in units of log loss.
const PARSIMONY: f64 = 0.03;
/// Price of belonging to the most crowded complexity.
const CROWDING: f64 = 4.0;
/// Price of each required input that does not appear: a factor e of loss, so that candidates
/// which have them all win over slightly better ones that have not, which still may be parents.
const MISSING: f64 = 1.0;
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

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Candidate {
    expr: Expr,
    complexity: u32,
    loss: f64,
    /// Log loss with the prices of complexity and of missing inputs.
    merit: f64,
    birth: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Island {
    rng: ChaCha8Rng,
    population: Vec<Candidate>,
    births: u64,
    /// The best of this island since the last gathering.
    pub(crate) hall: HallOfFame,
    /// Number of candidates by complexity.
    census: Vec<u32>,
    /// The losses of the classes met since the last gathering.
    pub(crate) found: Archive,
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
            census: vec![],
            found: Archive::default(),
            size,
        }
    }

    /// Random small trees until the population is full.
    fn settle(&mut self, around: Surroundings<'_>, eval: &mut Evaluator<'_>) {
        let mut attempts = 0;
        while self.population.len() < self.size && attempts < 50 * self.size && !eval.is_spent() {
            attempts += 1;
            let size = self.rng.random_range(1..=5);
            let tree = around.palette.tree(size, &mut self.rng);
            self.admit(&tree, around, eval);
        }
    }

    /// Takes a foreign expression in, in place of the oldest.
    pub(crate) fn admit(
        &mut self,
        expr: &Expr,
        around: Surroundings<'_>,
        eval: &mut Evaluator<'_>,
    ) {
        if let Some(child) = self.assess(expr, around, eval) {
            if !self.offer(&child, around.rules, eval) {
                return;
            }
            self.replace_oldest(child);
        }
    }

    /// `rounds` births, fewer if the evaluator may spend no more, or once the target is reached.
    pub(crate) fn evolve(
        &mut self,
        rounds: usize,
        around: Surroundings<'_>,
        eval: &mut Evaluator<'_>,
    ) {
        if self.population.is_empty() {
            self.settle(around, eval);
        }
        for _ in 0..rounds {
            if self.population.is_empty() || eval.is_spent() || self.reached(around.rules) {
                return;
            }
            let child = self.breed(around.palette);
            let child = self.improve(&child, around, eval);
            self.admit(&child, around, eval);
        }
    }

    fn breed(&mut self, palette: &Palette) -> Expr {
        let parent = self.select();
        if self.rng.random_bool(CROSSOVER) {
            let donor = self.select();
            let (receiver, donor) = (&self.population[parent].expr, &self.population[donor].expr);
            return cross(receiver, donor, palette, &mut self.rng);
        }
        mutate(&self.population[parent].expr, palette, &mut self.rng)
    }

    /// Fits some children's constants or coefficients.
    fn improve(
        &mut self,
        child: &Expr,
        around: Surroundings<'_>,
        eval: &mut Evaluator<'_>,
    ) -> Expr {
        let child = lawful(tidy(child), child, around.rules);
        let fit_sum = self.rng.random_bool(FIT_SUM);
        let fit_inner = self.rng.random_bool(FIT_CONSTANTS);
        let rules = around.rules;
        if rules.ops.complexity(&child) > rules.longest_birth() {
            return child;
        }
        if fit_sum && rules.spectral {
            return self.refit_sum(child, around, eval);
        }
        if fit_inner && !child.constants().is_empty() {
            let mut fitted = child.clone();
            let loss = eval.loss(&fitted);
            fit_constants(&mut fitted, loss, FIT_ROUNDS, eval);
            restore_templates(&child, &mut fitted, rules);
            return fitted;
        }
        child
    }

    /// Offers every spelling of the sum with its best coefficients; the child becomes the one
    /// that selection likes best.
    fn refit_sum(
        &mut self,
        child: Expr,
        around: Surroundings<'_>,
        eval: &mut Evaluator<'_>,
    ) -> Expr {
        let Some(proposal) = spectral::refit(&child, eval) else { return child };
        let mut best: Option<Candidate> = None;
        for spelling in spellings(&proposal, around.rules) {
            let Some(candidate) = self.assess(&spelling, around, eval) else { continue };
            if !self.offer(&candidate, around.rules, eval) {
                continue;
            }
            if best.as_ref().is_none_or(|held| self.cost(&candidate) < self.cost(held)) {
                best = Some(candidate);
            }
        }
        best.map_or(child, |candidate| candidate.expr)
    }

    /// The candidate an expression makes; `None` if it breaks the rules or has no finite loss.
    fn assess(
        &mut self,
        expr: &Expr,
        around: Surroundings<'_>,
        eval: &mut Evaluator<'_>,
    ) -> Option<Candidate> {
        let rules = around.rules;
        let expr = strip(expr, rules);
        let complexity = rules.ops.complexity(&expr);
        let legal = complexity <= rules.longest_birth()
            && expr.input_count() > 0
            && rules.ops.allows(&expr)
            && rules.constraints.tolerates(&expr)
            && expr.constants().iter().all(|c| c.is_finite());
        if !legal {
            return None;
        }
        let key = eval.compile_and_classify(&expr)?;
        let known = around.archive.get(key).or_else(|| self.found.get(key));
        let loss = if let Some(known) = known {
            known
        } else {
            let loss = eval.allowed_loss_of_compiled()?;
            self.found.insert(key, loss);
            loss
        };
        loss.is_finite().then(|| {
            self.births += 1;
            let merit = loss.max(LOSS_FLOOR).ln()
                + PARSIMONY * f64::from(complexity)
                + MISSING * f64::from(rules.constraints.missing(&expr));
            Candidate { expr, complexity, loss, merit, birth: self.births }
        })
    }

    /// Offers a candidate to the hall of fame, unless it lacks what an answer needs; false for one
    /// whose loss is due to rounding, which is of no use to anybody.
    fn offer(&mut self, candidate: &Candidate, rules: &Rules, eval: &mut Evaluator<'_>) -> bool {
        let Candidate { complexity, loss, .. } = *candidate;
        let holds = self.hall.would_hold(complexity, loss);
        if holds && rules.constraints.completes(&candidate.expr) {
            if !eval.is_stable(&candidate.expr, loss) {
                return false;
            }
            self.hall.offer(Entry { expr: candidate.expr.clone(), complexity, loss });
        }
        true
    }

    /// Whether the loss that is good enough has been found since the last gathering.
    fn reached(&self, rules: &Rules) -> bool {
        rules.target_loss.is_some_and(|target| self.hall.lowest() <= target)
    }

    fn select(&mut self) -> usize {
        let mut drawn: [(f64, usize); TOURNAMENT] = std::array::from_fn(|_| {
            let index = self.rng.random_range(0..self.population.len());
            (self.cost(&self.population[index]), index)
        });
        drawn.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut last = None;
        for (_, index) in drawn {
            if last != Some(index) && self.rng.random_bool(TOURNAMENT_WIN) {
                return index;
            }
            last = Some(index);
        }
        drawn[0].1
    }

    fn cost(&self, candidate: &Candidate) -> f64 {
        let alike = self.census.get(candidate.complexity as usize).copied().unwrap_or(0);
        candidate.merit + CROWDING * f64::from(alike) / self.size as f64
    }

    fn replace_oldest(&mut self, child: Candidate) {
        let complexity = child.complexity as usize;
        if self.census.len() <= complexity {
            self.census.resize(complexity + 1, 0);
        }
        self.census[complexity] += 1;
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
        let left = std::mem::replace(&mut self.population[oldest], child);
        self.census[left.complexity as usize] -= 1;
    }
}

/// The expressions that a sum may stand for, of either sign where that matters.
pub(crate) fn spellings(proposal: &Proposal, rules: &Rules) -> Vec<Expr> {
    let mut found = proposal.spellings(&rules.ops);
    if rules.fixed_sign {
        let negated: Vec<Expr> = found.iter().map(|expr| negated(expr, &rules.ops)).collect();
        found.extend(negated);
    }
    found
}

/// The negative of an expression, without a symbol more where that can be.
pub(crate) fn negated(expr: &Expr, ops: &OpSet) -> Expr {
    match (expr.root(), expr.arguments().as_slice()) {
        (Node::Op(Op::Neg), [inner]) => inner.clone(),
        (Node::Op(Op::Sub), [left, right]) => right.clone() - left.clone(),
        (Node::Op(op @ (Op::Mul | Op::Div)), [left, right])
            if left.root() == Node::Const || (left.arguments().len() == 2) =>
        {
            Expr::binary(op, negated(left, ops), right)
        }
        (Node::Const, _) => Expr::constant(-expr.constants()[0]),
        _ if ops.contains(Op::Neg) => -expr.clone(),
        _ => Expr::constant(-1.0) * expr.clone(),
    }
}

/// The tidy form of an expression if it keeps to the constraints, else the expression itself if
/// that does, else the tidy form repaired as far as possible.
fn lawful(tidied: Expr, expr: &Expr, rules: &Rules) -> Expr {
    if rules.tolerate(&tidied) {
        tidied
    } else if rules.tolerate(expr) {
        expr.clone()
    } else {
        rules.constraints.repaired(&tidied).unwrap_or(tidied)
    }
}

/// Takes back what fitting has done to the constants of templates: changed, they would be
/// instances no more.
pub(crate) fn restore_templates(before: &Expr, fitted: &mut Expr, rules: &Rules) {
    let fixed = rules.ops.fixed_constants(before);
    let both = fitted.constants_mut().iter_mut().zip(before.constants());
    for ((constant, old), fixed) in both.zip(fixed) {
        if fixed {
            *constant = *old;
        }
    }
}

/// The tidy form without outer functions that the level sets do not see.
///
/// Where that breaks a constraint, a longer form that keeps to all of them, if there is one.
pub(crate) fn strip(expr: &Expr, rules: &Rules) -> Expr {
    let tidied = tidy(expr);
    if rules.level_sets {
        let stripped = symgrad_simplify::strip_root(&tidied, &rules.domain);
        if rules.tolerate(&stripped) {
            return stripped;
        }
    }
    lawful(tidied, expr, rules)
}
