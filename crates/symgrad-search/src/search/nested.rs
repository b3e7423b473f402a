//! Searches within a search: with fewer inputs, for parts of a formula.

use symgrad_expr::{Costs, Definitions, Expr, Node, Op};

use super::Search;
use crate::SearchConfig;
use crate::constraints::ConstraintConfig;
use crate::propose::evolution::LONGEST_BIRTH;
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;

/// Each gets at most one in so many of the evaluations that are left, what is as good as the whole search one in so
/// many, and functions of one input, which most others come down to.
const PART: u64 = 3;
const PART_OF_REDUCED: u64 = 2;
const PART_OF_ONE_INPUT: u64 = 2;

/// Functions of so few inputs get what they need, if that is no more than one in so many of all that may still be
/// spent.
const FEW: usize = 2;
const NEEDED: u64 = 100_000;
const NEEDED_BY_LEVEL_SETS: u64 = 40_000;
const SPARED: u64 = 8;

/// With fewer, not even short sums are looked at.
const FEWEST: u64 = 500;

/// Formulas of each that are looked at.
const STEEPEST: usize = 3;

/// A part of which more is left unexplained is none.
pub(super) const HOPELESS: f64 = 1e-2;

/// What a search of its own may spend, and how long its formulas may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    evaluations: u64,
    /// One in so many of the evaluations that are left.
    part: u64,
    complexity: u32,
    /// Whether the first replicate alone is waited for.
    once: bool,
    /// Whether values may be searched by their level sets, too.
    by_slopes: bool,
    /// Whether values are as exact as those of the whole search.
    as_given: bool,
    /// Losses of values up to this are errors of the values, or rounding.
    floor: f64,
    /// The evaluations that one with few inputs gets while there are plenty around, whatever its part is.
    needed: u64,
}

/// What a fit leaves may be larger at its worst than where it is told.
const LARGEST_FLOOR: f64 = 1e-10;

impl Limits {
    /// What a group of inputs hides is short, or the division is of no use.
    pub(super) const GROUP: Self = Self {
        evaluations: 400_000,
        part: PART,
        complexity: LONGEST_BIRTH,
        once: false,
        by_slopes: false,
        as_given: false,
        floor: 0.0,
        needed: 0,
    };

    /// The whole formula in fewer inputs, which is certain to be a function of these.
    pub(super) const REDUCED: Self = Self {
        evaluations: u64::MAX,
        part: PART_OF_REDUCED,
        needed: NEEDED_BY_LEVEL_SETS,
        once: true,
        ..Self::GROUP
    };

    /// The same at a glance: what has a short formula in them shows at once.
    pub(super) const GLANCE: Self = Self { evaluations: 200_000, ..Self::REDUCED };

    /// Level sets on slopes, in place of the values: as much as one part of a search may have.
    pub(super) const SLOPES: Self = Self { evaluations: u64::MAX, once: true, ..Self::GROUP };

    /// A long coefficient is no more than a series.
    pub(super) const COEFFICIENT: Self =
        Self { evaluations: 100_000, complexity: 24, once: true, floor: 1e-13, ..Self::GROUP };

    /// An outer function: values as given of what was found to be inside.
    pub(super) const OUTER: Self =
        Self { as_given: true, floor: 0.0, needed: NEEDED, ..Self::COEFFICIENT };

    /// A function of several inputs whose values are smooth.
    pub(super) const FUNCTION: Self = Self {
        evaluations: 500_000,
        complexity: 48,
        by_slopes: true,
        floor: 1e-17,
        needed: NEEDED,
        ..Self::COEFFICIENT
    };

    /// A function that a fit with that error tells.
    pub(super) fn function(error: f64) -> Self {
        Self { floor: error.clamp(Self::FUNCTION.floor, LARGEST_FLOOR), ..Self::FUNCTION }
    }

    /// One whose values are known but for errors of that share of them.
    pub(super) fn known_to(error: f64) -> Self {
        Self { as_given: true, floor: error * error, ..Self::FUNCTION }
    }

    /// The same with exact values.
    pub(super) const EXACT_FUNCTION: Self = Self { as_given: true, floor: 0.0, ..Self::FUNCTION };

    /// A function of one input of which products consist.
    pub(super) const OF_ONE: Self =
        Self { evaluations: 250_000, complexity: 36, by_slopes: false, ..Self::FUNCTION };

    /// Values as a function of monomials, which are fewer than the inputs.
    pub(super) const OF_MONOMIALS: Self =
        Self { evaluations: u64::MAX, part: PART_OF_REDUCED, needed: NEEDED, ..Self::REST };

    /// Values over a factor.
    pub(super) const REST: Self = Self {
        evaluations: 500_000,
        complexity: u32::MAX,
        once: true,
        by_slopes: true,
        as_given: true,
        ..Self::GROUP
    };
}

impl Search {
    /// Whether it is part of a search with more inputs.
    pub(super) fn is_nested(&self) -> bool {
        self.limits.is_some()
    }

    /// Whether values may be searched by their level sets, too.
    pub(super) fn may_use_slopes(&self) -> bool {
        self.limits.is_none_or(|limits| limits.by_slopes)
    }

    /// Whether values are not those of a fit.
    pub(super) fn has_given_values(&self) -> bool {
        self.limits.is_none_or(|limits| limits.as_given)
    }

    /// The error of the values, as a share of them.
    pub(super) fn error_of_values(&self) -> f64 {
        let is_known = self.state.floor > self.screen.floor();
        let floor = if is_known { self.state.floor } else { self.limits.map_or(0.0, |l| l.floor) };
        floor.sqrt()
    }

    /// What a search of its own within limits would answer, and the loss.
    pub(super) fn searched(&mut self, objective: Objective, limits: Limits) -> Option<(Expr, f64)> {
        let search = self.nested_search(objective, limits)?;
        search.best().map(|entry| (entry.expr, entry.loss))
    }

    /// A search of its own within limits, at its end.
    pub(super) fn nested_search(&mut self, objective: Objective, limits: Limits) -> Option<Self> {
        let share = self.share_of(&objective);
        let part = if objective.dim() > 1 { limits.part } else { PART_OF_ONE_INPUT };
        let part = self.allowance().part(part);
        let planned = self.planned(&objective, limits, &part, share);
        if planned < FEWEST {
            return None;
        }
        let own = &self.state.config;
        // What is said of inputs by their names or numbers holds for the whole search alone; templates
        // and complexities are among the operators.
        let config = SearchConfig {
            // The first replicate gets half.
            budget: (1 + u64::from(limits.once)) * planned,
            max_complexity: own.max_complexity.min(limits.complexity),
            seed: own.seed ^ (self.state.replicate.index + 1),
            held_out: 0.0,
            only_inputs: None,
            guesses: vec![],
            target_loss: None,
            seconds: None,
            templates: Definitions::default(),
            costs: Costs::default(),
            constraints: ConstraintConfig::default(),
            ..own.clone()
        };
        let mut search = Self::new(objective, self.rules.ops.clone(), config).ok()?;
        search.limits = Some(limits);
        search.spare = Allowance::new(self.spare(), None).stretched(share).evaluations;
        search.state.raise_floor(limits.floor);
        search.stop.clone_from(&self.stop);
        search.until = self.latest();
        while search.step().is_none() {
            let is_done = limits.once && search.state.resting.is_some();
            if is_done || search.state.replicate.is_exact() || self.allowance().is_late() {
                break;
            }
        }
        self.account_for(search.evaluations(), share, &part);
        if let Some(best) = search.best() {
            log::debug!(
                target: "symgrad::search",
                "{} inputs, {} of {} evaluations: {:e} is left by {}",
                search.objective.dim(),
                search.evaluations(),
                planned,
                best.loss,
                best.expr,
            );
        }
        Some(search)
    }

    /// What an evaluation on these points takes of one on the points of this search.
    fn share_of(&self, objective: &Objective) -> f64 {
        let most = self.state.config.screen_points;
        let points = |objective: &Objective| objective.points().min(most) as f64;
        (points(objective) / points(&self.screen)).min(1.0)
    }

    /// The evaluations of a search within this one, each of that share: its part of what is left, and for functions
    /// of few inputs, which all others come down to, as many as they need while there are plenty around.
    fn planned(&self, objective: &Objective, limits: Limits, part: &Allowance, share: f64) -> u64 {
        let part = part.clone().stretched(share).evaluations;
        let spare = Allowance::new(self.spare() / SPARED, None).stretched(share).evaluations;
        let needed = if objective.dim() <= FEW { spare.min(limits.needed) } else { 0 };
        part.max(needed).min(limits.evaluations)
    }

    /// What this search and those around it may still spend.
    fn spare(&self) -> u64 {
        if self.is_nested() {
            self.spare.saturating_sub(self.state.evaluations)
        } else {
            self.state.available()
        }
    }

    /// Counts what a search within this one has spent. What is more than its part comes from those around this one,
    /// which had plenty.
    fn account_for(&mut self, evaluations: u64, share: f64, part: &Allowance) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let spent = (evaluations as f64 * share).ceil() as u64;
        if self.is_nested() {
            // The first replicate gets half.
            self.state.config.budget += 2 * spent.saturating_sub(part.evaluations);
        }
        self.state.evaluations += spent;
    }

    /// Formulas of a search of its own whose loss is far below that of all shorter ones, the furthest
    /// first.
    pub(super) fn steepest(&mut self, objective: &Objective, limits: Limits) -> Vec<Expr> {
        let Some(search) = self.nested_search(objective.clone(), limits) else {
            return vec![];
        };
        let (mut lowest, floor) = (1.0, search.state.floor);
        let mut falls: Vec<(f64, Expr)> = vec![];
        for entry in search.front() {
            if entry.loss < HOPELESS {
                falls.push((lowest / entry.loss.max(floor), entry.expr));
            }
            lowest = f64::min(lowest, entry.loss.max(floor));
        }
        falls.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut eval = Evaluator::new(objective);
        let mut found: Vec<Expr> = vec![];
        for (_, formula) in falls.into_iter().take(STEEPEST) {
            let tidied = search.tidied(formula, &mut eval);
            if !found.contains(&tidied) {
                found.push(tidied);
            }
        }
        found
    }

    /// A formula in the inputs as given, without slight terms, its constants rounded.
    fn tidied(&self, formula: Expr, eval: &mut Evaluator<'_>) -> Expr {
        let formula = without_slight_terms(formula, eval);
        let (tolerance, floor) = (self.state.config.rounding, self.state.floor);
        self.simplifier.round_constants(&formula, tolerance, &mut |e| eval.loss(e).max(floor))
    }
}

/// Without terms of sums that explain next to nothing: they make up for errors of a fit.
fn without_slight_terms(mut formula: Expr, eval: &mut Evaluator<'_>) -> Expr {
    loop {
        let loss = eval.loss(&formula);
        let shorter = (0..formula.len()).find_map(|end| {
            let sum = formula.subtree(end);
            let kept = match (sum.root(), sum.arguments()) {
                (Node::Op(Op::Add), both) => both,
                (Node::Op(Op::Sub), mut both) => {
                    both.truncate(1);
                    both
                }
                _ => return None,
            };
            let shorter = kept.iter().map(|kept| formula.with_subtree(end, kept));
            shorter
                .filter(|shorter| shorter.input_count() > 0)
                .find(|shorter| eval.loss(shorter) <= loss + SLIGHT)
        });
        match shorter {
            Some(shorter) => formula = shorter,
            None => return formula,
        }
    }
}

/// A share of the values' variance that does not tell a term.
const SLIGHT: f64 = 1e-9;
