//! One order of the points and the inputs, whatever order they are given in.
//!
//! Much of a search depends on which input or point comes first: which of many features are
//! tried, which points are held out, what random numbers mean. So the search puts both in an order
//! that follows from the data alone, and hands back what it finds in the order that was given.
//!
//! Inputs are ranked: those along which the target changes most come first, so that a list that
//! has to end somewhere ends with those that matter least. Points are ordered by a hash of their
//! coordinates, which is as good as at random: no grid or time series can agree with the strides
//! in which points are thinned.

use std::cmp::Ordering;

use symgrad_expr::{Expr, Node, OpSet};
use symgrad_simplify::{Domain, Simplifier};

use crate::score::objective::Objective;
use crate::score::probe::mix;
use crate::score::target::Target;

/// Where the inputs of a search are among those given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    /// For each input of the search its index among those given.
    given: Vec<u16>,
    /// For each given input its index in the search.
    own: Vec<u16>,
    /// For each input of the search its place when formulas are written.
    written: Vec<u16>,
    /// The input of the search at each such place.
    placed: Vec<u16>,
    names: Vec<String>,
}

impl Order {
    /// Puts an objective in order.
    pub(crate) fn of(objective: Objective) -> (Objective, Self) {
        let prints: Vec<u64> = objective.columns().iter().map(|column| print(column)).collect();
        let sorted = objective.subset(&rows(&objective, &prints));
        // The points may be many, and the caller's are not needed any more.
        drop(objective);
        let importance = sorted.importance();
        let names = sorted.names();
        let mut inputs: Vec<usize> = (0..sorted.dim()).collect();
        inputs.sort_by(|&i, &j| {
            (step(importance[j]).cmp(&step(importance[i])))
                .then(prints[i].cmp(&prints[j]))
                .then_with(|| by_name(&names[i], &names[j]))
        });
        let order = Self::new(&inputs, names);
        (sorted.with_inputs(&inputs), order)
    }

    fn new(inputs: &[usize], names: &[String]) -> Self {
        let index = |&i: &usize| u16::try_from(i).unwrap_or(u16::MAX);
        let mut by_names: Vec<usize> = (0..inputs.len()).collect();
        by_names.sort_by(|&i, &j| by_name(&names[inputs[i]], &names[inputs[j]]));
        Self {
            given: inputs.iter().map(index).collect(),
            own: inverse(inputs),
            written: inverse(&by_names),
            placed: by_names.iter().map(index).collect(),
            names: names.to_vec(),
        }
    }

    /// The names in the order given.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The names in the order in which formulas are written.
    pub(crate) fn written_names(&self) -> Vec<String> {
        let given = self.placed.iter().map(|&own| self.given[usize::from(own)]);
        given.map(|given| self.names[usize::from(given)].clone()).collect()
    }

    /// An expression in the given inputs as one in those of the search.
    pub(crate) fn to_own(&self, expr: &Expr) -> Expr {
        renumbered(expr, &self.own)
    }

    /// An expression in the search's inputs as one in those given.
    pub(crate) fn to_given(&self, expr: &Expr) -> Expr {
        renumbered(expr, &self.given)
    }

    /// The given input's number in the search.
    pub(crate) fn own(&self, given: u16) -> u16 {
        self.own.get(usize::from(given)).copied().unwrap_or(given)
    }

    /// The search's input as its number among those given.
    pub(crate) fn given(&self, own: u16) -> u16 {
        self.given.get(usize::from(own)).copied().unwrap_or(own)
    }

    /// The level sets of an expression in the search's inputs, in those given, as they are written.
    pub(crate) fn level_sets_to_given(&self, expr: &Expr) -> Expr {
        let writer = Simplifier::new(OpSet::default(), Domain::unbounded(self.names.len()));
        self.to_given(&self.as_written(expr, |expr| writer.arranged_level_set(expr)))
    }

    /// The same in the numbers by which formulas are written, rewritten, and back.
    pub(crate) fn as_written(&self, expr: &Expr, rewrite: impl FnOnce(&Expr) -> Expr) -> Expr {
        renumbered(&rewrite(&renumbered(expr, &self.written)), &self.placed)
    }
}

fn inverse(order: &[usize]) -> Vec<u16> {
    let mut inverse = vec![0; order.len()];
    for (place, &index) in order.iter().enumerate() {
        inverse[index] = u16::try_from(place).unwrap_or(u16::MAX);
    }
    inverse
}

/// Inputs that are not in the list keep their numbers.
fn renumbered(expr: &Expr, numbers: &[u16]) -> Expr {
    let renumber = |node: &Node| match *node {
        Node::Var(input) => Node::Var(numbers.get(usize::from(input)).copied().unwrap_or(input)),
        other => other,
    };
    let nodes = expr.nodes().iter().map(renumber).collect();
    Expr::from_postfix(nodes, expr.constants().to_vec()).unwrap_or_else(|_| expr.clone())
}

/// Short names before long ones, as people write formulas: x before vx, x2 before x10.
pub(crate) fn by_name(a: &str, b: &str) -> Ordering {
    a.chars().count().cmp(&b.chars().count()).then_with(|| a.cmp(b))
}

/// What importances are ranked by: differences that rounding makes are none.
fn step(importance: f64) -> i64 {
    const STEPS: f64 = 8.0;
    const OFFSET: f64 = 0.381_966;
    #[expect(clippy::cast_possible_truncation, reason = "a logarithm is below 1100")]
    let step = (STEPS * importance.max(f64::MIN_POSITIVE).log2() + OFFSET).floor() as i64;
    step
}

/// A hash of a column that does not depend on the order of its numbers.
fn print(column: &[f64]) -> u64 {
    column.iter().fold(0, |sum: u64, x| sum.wrapping_add(mix(x.to_bits())))
}

/// The rows in the order of hashes that do not depend on the order of the columns.
fn rows(objective: &Objective, prints: &[u64]) -> Vec<usize> {
    let mut hashes: Vec<(u64, u64, usize)> =
        (0..objective.points()).map(|row| (0, 0, row)).collect();
    for (column, print) in objective.columns().iter().zip(prints) {
        for (hash, x) in hashes.iter_mut().zip(&**column) {
            hash.0 = hash.0.wrapping_add(mix(x.to_bits() ^ print.rotate_left(17)));
        }
    }
    // Points at the same place are told apart by what is wanted there.
    let mut add = |column: &[f64], print: u64| {
        for (hash, x) in hashes.iter_mut().zip(column) {
            hash.1 = hash.1.wrapping_add(mix(x.to_bits() ^ print));
        }
    };
    add(objective.weights(), 1);
    match objective.target() {
        Target::Values(values) => add(&values.standard, 2),
        Target::Directions(directions) => {
            for (k, neuron) in (3..).zip(&directions.basis) {
                for (column, print) in neuron.iter().zip(prints) {
                    add(column, print.wrapping_mul(2 * k + 1));
                }
            }
        }
    }
    hashes.sort_unstable();
    hashes.into_iter().map(|(_, _, row)| row).collect()
}
