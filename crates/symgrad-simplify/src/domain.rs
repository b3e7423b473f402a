//! The box of inputs on which an expression has to stay the same.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_expr::{Expr, Node};

use crate::Interval;

/// One interval per input: the box on which rewriting has to preserve the function.
///
/// Inputs without an interval are unbounded.
///
/// ```
/// use symgrad_simplify::Domain;
/// let domain = Domain::of_columns(&[vec![0.5, 2.0, 1.0], vec![-1.0, 1.0, 0.0]]);
/// assert!(domain.enclose(&"log(x1)".parse()?).is_total());
/// assert!(!domain.enclose(&"log(x2)".parse()?).is_total());
/// # Ok::<(), symgrad_expr::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    inputs: Vec<Interval>,
}

impl Domain {
    /// The box with these sides.
    pub fn new(inputs: Vec<Interval>) -> Self {
        Self { inputs }
    }

    /// The least box around the points; `columns[i]` holds the values of input i.
    ///
    /// A column that is empty or not finite throughout is unbounded.
    pub fn of_columns<C: AsRef<[f64]>>(columns: &[C]) -> Self {
        let side = |column: &C| {
            let column = column.as_ref();
            if column.is_empty() || column.iter().any(|value| !value.is_finite()) {
                return Interval::ALL;
            }
            let lo = column.iter().copied().fold(f64::INFINITY, f64::min);
            let hi = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            Interval::new(lo, hi)
        };
        Self::new(columns.iter().map(side).collect())
    }

    /// All of space, with that many inputs.
    pub fn unbounded(inputs: usize) -> Self {
        Self::new(vec![Interval::ALL; inputs])
    }

    /// The sides of the box.
    pub fn inputs(&self) -> &[Interval] {
        &self.inputs
    }

    /// The interval of the input of that index, counted from 0.
    pub fn input(&self, index: u16) -> Interval {
        self.inputs.get(usize::from(index)).copied().unwrap_or(Interval::ALL)
    }

    /// An enclosure of the expression's values on the box.
    pub fn enclose(&self, expr: &Expr) -> Interval {
        *self.enclose_nodes(expr).last().unwrap_or(&Interval::UNKNOWN)
    }

    /// An enclosure for the subtree that ends at each node, in postfix order.
    pub(crate) fn enclose_nodes(&self, expr: &Expr) -> Vec<Interval> {
        let mut found: Vec<Interval> = Vec::with_capacity(expr.len());
        let mut stack: Vec<Interval> = Vec::with_capacity(expr.len());
        let mut constants = expr.constants().iter();
        for node in expr.nodes() {
            let enclosure = match node {
                Node::Var(index) => self.input(*index),
                Node::Const => Interval::point(*constants.next().unwrap_or(&f64::NAN)),
                Node::Op(op) => {
                    let last = stack.pop().unwrap_or(Interval::UNKNOWN);
                    if op.arity() == 2 {
                        let first = stack.pop().unwrap_or(Interval::UNKNOWN);
                        Interval::apply(*op, first, last)
                    } else {
                        Interval::apply(*op, last, last)
                    }
                }
            };
            stack.push(enclosure);
            found.push(enclosure);
        }
        found
    }

    /// Points of the box for numerical checks, always the same; unbounded sides are cut to a
    /// moderate length.
    pub(crate) fn sample(&self, count: usize, inputs: usize) -> Vec<Vec<f64>> {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let sides: Vec<(f64, f64)> = (0..inputs)
            .map(|index| u16::try_from(index).map_or(Interval::ALL, |index| self.input(index)))
            .map(bounded)
            .collect();
        let mut within = |(lo, hi): &(f64, f64)| lo + rng.random::<f64>() * (hi - lo);
        (0..count).map(|_| sides.iter().map(&mut within).collect()).collect()
    }
}

/// The part of an interval to sample from.
fn bounded(side: Interval) -> (f64, f64) {
    const REACH: f64 = 3.0;
    match (side.lo().is_finite(), side.hi().is_finite()) {
        (true, true) => (side.lo(), side.hi()),
        (true, false) => (side.lo(), side.lo() + 2.0 * REACH),
        (false, true) => (side.hi() - 2.0 * REACH, side.hi()),
        (false, false) => (-REACH, REACH),
    }
}
