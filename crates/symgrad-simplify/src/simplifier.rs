//! Simplification by equality saturation.

use std::time::Duration;

use egg::{BackoffScheduler, Runner};
use symgrad_expr::{Expr, OpSet};

use crate::domain::Domain;
use crate::extract::{Prices, cheapest};
use crate::facts::Facts;
use crate::language::{Term, to_terms};
use crate::root::strip_root;
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

impl Simplifier {
    /// A simplifier that may use these operators, on this domain.
    pub fn new(ops: OpSet, domain: Domain) -> Self {
        Self { ops, domain, node_limit: 2_000, iteration_limit: 8 }
    }

    /// Stops a round of rewriting at about that many e-nodes (2 000 unless set).
    #[must_use]
    pub fn with_node_limit(mut self, limit: usize) -> Self {
        self.node_limit = limit;
        self
    }

    /// Stops a round of rewriting after that many passes over the rules (8 unless set).
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
        self.run(&strip_root(expr, &self.domain), Goal::LevelSets)
    }

    fn run(&self, expr: &Expr, goal: Goal) -> Expr {
        let hopeless = expr.len() > LONGEST || expr.constants().iter().any(|c| !c.is_finite());
        if hopeless {
            return expr.clone();
        }
        let prices = Prices::new(&self.ops, expr);
        let mut best = expr.clone();
        loop {
            let next = self.saturate(&best, goal, &prices);
            if prices.total(&next) >= prices.total(&best) {
                return best;
            }
            best = next;
        }
    }

    /// One round: everything the rules reach within the limits, and the cheapest of it.
    fn saturate(&self, expr: &Expr, goal: Goal, prices: &Prices<'_>) -> Expr {
        let mut terms = to_terms(expr);
        if goal == Goal::LevelSets {
            let root = terms.root();
            terms.add(Term::LevelSet(root));
        }
        let level_set_rules: &[_] = match goal {
            Goal::Values => &[],
            Goal::LevelSets => &LEVEL_SET_REWRITES,
        };
        let runner = Runner::<_, _, ()>::new(Facts { domain: self.domain.clone() })
            .with_node_limit(self.node_limit)
            .with_iter_limit(self.iteration_limit)
            .with_time_limit(Duration::MAX)
            .with_scheduler(BackoffScheduler::default().with_initial_match_limit(200))
            .with_expr(&terms)
            .run(level_set_rules.iter().chain(VALUE_REWRITES.iter()));
        cheapest(&runner.egraph, runner.roots[0], prices)
    }
}
