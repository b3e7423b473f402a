//! Simplification by equality saturation.

use std::time::Duration;

use egg::{BackoffScheduler, EGraph, Rewrite, Runner};
use symgrad_expr::{Expr, OpSet};

use crate::arrange::{arrange, arrange_level_set};
use crate::check::{may_agree, may_be_parallel};
use crate::domain::Domain;
use crate::extract::{Prices, cheapest};
use crate::facts::Facts;
use crate::language::{Term, to_terms};
use crate::polynomial::Collector;
use crate::root::strip_root;
use crate::round::{round_each, tie_each};
use crate::rules::{LEVEL_SET_REWRITES, VALUE_REWRITES};

/// Finds the simplest expression for a function, or for its level sets.
///
/// ```
/// use symgrad_expr::OpSet;
/// use symgrad_simplify::{Domain, Simplifier};
/// let domain = Domain::of_columns(&[vec![-1.0, 1.0], vec![1.0, 3.0]]);
/// let simplifier = Simplifier::new(OpSet::default(), domain);
/// let simple = simplifier.simplify(&"(x1*x2 + x2)/x2".parse()?);
/// assert_eq!(simple.to_string(), "x1 + 1"); // x2 ≠ 0
/// let simple = simplifier.simplify_level_set(&"exp(-x2*3)/exp(x1*3)".parse()?);
/// assert_eq!(simple.to_string(), "x1 + x2");
/// # Ok::<(), symgrad_expr::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simplifier {
    ops: OpSet,
    domain: Domain,
    node_limit: usize,
    iteration_limit: usize,
}

/// Whether all values of a function matter, or its level sets only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goal {
    Values,
    LevelSets,
}

/// Expressions with more nodes come back as they are.
const LONGEST: usize = 400;
/// Products of sums are expanded up to that many terms.
const EXPANSION: usize = 40;
/// A rule with more matches in one pass pauses for some passes, so that none crowds out the rest.
const MATCH_LIMIT: usize = 200;
/// How many points the result is checked at.
const SAMPLE: usize = 16;

impl Simplifier {
    /// A simplifier that may use these operators, on this domain.
    pub fn new(ops: OpSet, domain: Domain) -> Self {
        Self { ops, domain, node_limit: 1_000, iteration_limit: 6 }
    }

    /// Stops a round of rewriting at about that many e-nodes (1 000 unless set).
    #[must_use]
    pub fn with_node_limit(mut self, limit: usize) -> Self {
        self.node_limit = limit;
        self
    }

    /// Stops a round of rewriting after that many passes over the rules (6 unless set).
    #[must_use]
    pub fn with_iteration_limit(mut self, limit: usize) -> Self {
        self.iteration_limit = limit;
        self
    }

    /// The domain on which functions are preserved.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The simplest expression found for the same function on the domain.
    ///
    /// Its complexity is never higher, and it uses no operator beyond the operator set and the
    /// expression's own. An expression that cannot be simplified comes back with its terms and
    /// factors in a fixed order; one with more than 400 nodes or a constant that is not finite
    /// comes back as it is.
    #[must_use]
    pub fn simplify(&self, expr: &Expr) -> Expr {
        self.run(expr, Goal::Values)
    }

    /// The simplest expression found with the same level sets on the domain: the same directions
    /// of its gradient, up to sign.
    #[must_use]
    pub fn simplify_level_set(&self, expr: &Expr) -> Expr {
        self.run(expr, Goal::LevelSets)
    }

    /// The expression with its terms and factors in a fixed order, inputs by number; nothing else
    /// changes, and the complexity does not rise.
    #[must_use]
    pub fn arranged(&self, expr: &Expr) -> Expr {
        arrange(expr, &Prices::new(&self.ops, expr))
    }

    /// The same where the overall sign is free: the first term of a sum becomes positive.
    #[must_use]
    pub fn arranged_level_set(&self, expr: &Expr) -> Expr {
        arrange_level_set(expr, &Prices::new(&self.ops, expr))
    }

    /// Moves constants to simple values nearby, as long as the loss allows it.
    ///
    /// One constant after the other is replaced by the first of these that keeps the loss within
    /// `tolerance` (relative) of what it was at first: 0, ±1, a whole number, a fraction with a
    /// divisor of at most 6, a multiple or fraction of π, or fewer digits. The result is simplified
    /// again. A loss that is not a number accepts nothing.
    ///
    /// ```
    /// use symgrad_expr::{Expr, OpSet};
    /// use symgrad_simplify::{Domain, Simplifier};
    /// let simplifier = Simplifier::new(OpSet::default(), Domain::unbounded(2));
    /// let fitted: Expr = "0.9998*x1^2 + 0.5003*x2 + 0.0004".parse()?;
    /// let truth = |x: &[f64]| x[0] * x[0] + 0.5 * x[1] + 0.001;
    /// let points = [[0.0, 1.0], [1.0, 2.0], [-2.0, 1.0]];
    /// let mut loss = |f: &Expr| points.iter().map(|x| (f.eval(x) - truth(x)).powi(2)).sum();
    /// let rounded = simplifier.round_constants(&fitted, 2.0, &mut loss);
    /// assert_eq!(rounded.to_string(), "x1^2 + 0.5*x2");
    /// # Ok::<(), symgrad_expr::ParseError>(())
    /// ```
    #[must_use]
    pub fn round_constants(
        &self,
        expr: &Expr,
        tolerance: f64,
        loss: &mut dyn FnMut(&Expr) -> f64,
    ) -> Expr {
        let before = loss(expr);
        let limit = before + tolerance * before.abs();
        let rounded = round_each(expr, &mut |candidate| loss(candidate) <= limit);
        let simple = self.simplify(&rounded);
        if loss(&simple) <= limit { simple } else { rounded }
    }

    /// Makes constants equal that nearly are, or that nearly are twice or four times another, as long as the loss allows
    /// it: to `tolerance` (relative), and down to `floor`, below which losses are rounding. Only then can terms be put
    /// together, such as those of a square.
    ///
    /// ```
    /// use symgrad_expr::{Expr, OpSet};
    /// use symgrad_simplify::{Domain, Simplifier};
    /// let simplifier = Simplifier::new(OpSet::default(), Domain::unbounded(2));
    /// let fitted: Expr = "0.3*x1^2 - 0.60000001*x1*x2 + 0.29999998*x2^2".parse()?;
    /// let tied = simplifier.tie_constants(&fitted, 0.01, 1.0, &mut |_| 0.5);
    /// assert_eq!(simplifier.simplify(&tied).to_string(), "0.3*(x1 - x2)^2");
    /// # Ok::<(), symgrad_expr::ParseError>(())
    /// ```
    #[must_use]
    pub fn tie_constants(
        &self,
        expr: &Expr,
        tolerance: f64,
        floor: f64,
        loss: &mut dyn FnMut(&Expr) -> f64,
    ) -> Expr {
        let limit = loss(expr).max(floor) * (1.0 + tolerance);
        tie_each(expr, &mut |candidate| loss(candidate) <= limit)
    }

    fn run(&self, expr: &Expr, goal: Goal) -> Expr {
        let hopeless = expr.len() > LONGEST || expr.constants().iter().any(|c| !c.is_finite());
        if hopeless {
            return expr.clone();
        }
        let simple = self.search(expr, goal);
        if self.agree(expr, &simple, goal) { simple } else { expr.clone() }
    }

    /// Rounds of rewriting until one brings nothing.
    fn search(&self, expr: &Expr, goal: Goal) -> Expr {
        let prices = Prices::new(&self.ops, expr);
        let mut best = self.arrange(expr, goal, &prices);
        loop {
            let next = self.arrange(&self.saturate(&best, goal, &prices), goal, &prices);
            if prices.total(&next) >= prices.total(&best) {
                return best;
            }
            best = next;
        }
    }

    /// One round: everything the rules reach within the limits, and the cheapest of it.
    fn saturate(&self, expr: &Expr, goal: Goal, prices: &Prices<'_>) -> Expr {
        let mut egraph = EGraph::new(Facts { domain: self.domain.clone() });
        let mut root = egraph.add_expr(&to_terms(expr));
        for form in self.collected(expr, prices) {
            let id = egraph.add_expr(&to_terms(&form));
            egraph.union(root, id);
        }
        let mut rules: Vec<&Rewrite<_, _>> = VALUE_REWRITES.iter().collect();
        if goal == Goal::LevelSets {
            root = egraph.add(Term::LevelSet(root));
            let mut collector = Collector::new(&self.domain, prices, EXPANSION);
            if let Some(form) = collector.collect_level_set(expr) {
                let id = egraph.add_expr(&to_terms(&form));
                let marked = egraph.add(Term::LevelSet(id));
                egraph.union(root, marked);
            }
            rules.splice(0..0, LEVEL_SET_REWRITES.iter());
        }
        let runner = Runner::<_, _, ()>::new(Facts { domain: self.domain.clone() })
            .with_egraph(egraph)
            .with_node_limit(self.node_limit)
            .with_iter_limit(self.iteration_limit)
            .with_time_limit(Duration::MAX)
            .with_scheduler(BackoffScheduler::default().with_initial_match_limit(MATCH_LIMIT))
            .run(rules);
        cheapest(&runner.egraph, root, prices)
    }

    fn arrange(&self, expr: &Expr, goal: Goal, prices: &Prices<'_>) -> Expr {
        match goal {
            Goal::Values => arrange(expr, prices),
            Goal::LevelSets => arrange_level_set(&strip_root(expr, &self.domain), prices),
        }
    }

    /// The expression with like terms collected: products of sums left alone, and expanded.
    fn collected(&self, expr: &Expr, prices: &Prices<'_>) -> Vec<Expr> {
        let collect = |limit| Collector::new(&self.domain, prices, limit).collect(expr);
        [1, EXPANSION].into_iter().filter_map(collect).collect()
    }

    /// Whether nothing at the sample points contradicts the result.
    fn agree(&self, expr: &Expr, result: &Expr, goal: Goal) -> bool {
        let inputs = expr.input_count().max(result.input_count());
        let agree_at = match goal {
            Goal::Values => may_agree,
            Goal::LevelSets => may_be_parallel,
        };
        let points = self.domain.sample(SAMPLE, inputs);
        points.iter().all(|point| agree_at(expr, result, point))
    }
}

#[cfg(test)]
mod tests;
