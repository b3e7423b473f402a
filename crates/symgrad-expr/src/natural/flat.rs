//! Taking an expression apart into sums of products.

use super::number::Number;
use crate::{Expr, Node, Op};

/// Sums by index; the first is the whole, and each comes before the sums within it.
pub(super) struct Flat {
    pub(super) sums: Vec<Vec<Product>>,
}

/// A term of a sum.
pub(super) struct Product {
    pub(super) number: Number,
    /// Factors with their exponents, which are not 0.
    pub(super) factors: Vec<(Factor, i32)>,
}

/// What a power is taken of; sums by index.
#[derive(Clone, Copy)]
pub(super) enum Factor {
    Input(u16),
    /// A number that does not fit in the coefficient.
    Number(f64),
    Sum(usize),
    Apply(Op, usize),
    Power(usize, usize),
    /// Another operator of two arguments.
    Two(Op, usize, usize),
}

/// Exponents beyond this stay numbers like others.
pub(super) const LARGEST_EXPONENT: i32 = 1_000;

impl Flat {
    pub(super) fn new(expr: &Expr) -> Self {
        let tree = Tree::new(expr);
        let mut flat = Self { sums: vec![vec![]] };
        let mut open = vec![(0, expr.len() - 1)];
        while let Some((sum, end)) = open.pop() {
            let mut terms = vec![];
            let mut pending = vec![(true, end)];
            while let Some((positive, end)) = pending.pop() {
                match tree.nodes[end] {
                    Node::Op(op @ (Op::Add | Op::Sub)) => {
                        pending.push((positive == (op == Op::Add), end - 1));
                        pending.push((positive, tree.left(end)));
                    }
                    Node::Op(Op::Neg) => pending.push((!positive, end - 1)),
                    _ => terms.push(flat.product(&tree, end, positive, &mut open)),
                }
            }
            flat.sums[sum] = terms;
        }
        flat
    }

    /// The product that ends at a node. The sums in it get their index here and are left open.
    fn product(
        &mut self,
        tree: &Tree<'_>,
        end: usize,
        positive: bool,
        open: &mut Vec<(usize, usize)>,
    ) -> Product {
        let mut product = Product { number: Number { positive, ..Number::ONE }, factors: vec![] };
        let mut sum = |end: usize| {
            self.sums.push(vec![]);
            open.push((self.sums.len() - 1, end));
            self.sums.len() - 1
        };
        let mut pending = vec![(end, 1)];
        while let Some((end, exponent)) = pending.pop() {
            let right = end.saturating_sub(1);
            let factor = match tree.nodes[end] {
                Node::Var(input) => (Factor::Input(input), exponent),
                Node::Const => {
                    let value = tree.constant(end);
                    if product.number.times(value, exponent) {
                        continue;
                    }
                    (Factor::Number(value), exponent)
                }
                Node::Op(op @ (Op::Mul | Op::Div)) => {
                    pending.push((right, if op == Op::Mul { exponent } else { -exponent }));
                    pending.push((tree.left(end), exponent));
                    continue;
                }
                Node::Op(Op::Neg) => {
                    product.number.positive ^= true;
                    pending.push((right, exponent));
                    continue;
                }
                Node::Op(Op::Inv) => {
                    pending.push((right, -exponent));
                    continue;
                }
                Node::Op(Op::Square) => (Factor::Sum(sum(right)), 2 * exponent),
                Node::Op(Op::Cube) => (Factor::Sum(sum(right)), 3 * exponent),
                Node::Op(Op::Add | Op::Sub) => (Factor::Sum(sum(end)), exponent),
                Node::Op(Op::Pow) => {
                    let (base, power) = (sum(tree.left(end)), sum(right));
                    (Factor::Power(base, power), exponent)
                }
                Node::Op(op) if op.arity() == 2 => {
                    let (first, second) = (sum(tree.left(end)), sum(right));
                    (Factor::Two(op, first, second), exponent)
                }
                Node::Op(op) => (Factor::Apply(op, sum(right)), exponent),
            };
            product.factors.push(factor);
        }
        product
    }
}

/// An expression with what its postfix list does not say at once.
struct Tree<'a> {
    nodes: &'a [Node],
    constants: &'a [f64],
    /// Where each subtree starts.
    starts: Vec<usize>,
    /// How many constants come before each node.
    before: Vec<usize>,
}

impl<'a> Tree<'a> {
    fn new(expr: &'a Expr) -> Self {
        let (mut starts, mut before, mut constants) = (vec![], vec![], 0);
        for (end, node) in expr.nodes().iter().enumerate() {
            let mut start = end;
            for _ in 0..node.arity() {
                start = starts[start - 1];
            }
            starts.push(start);
            before.push(constants);
            constants += usize::from(*node == Node::Const);
        }
        Self { nodes: expr.nodes(), constants: expr.constants(), starts, before }
    }

    /// Where the first of two arguments ends.
    fn left(&self, end: usize) -> usize {
        self.starts[end - 1] - 1
    }

    fn constant(&self, end: usize) -> f64 {
        self.constants[self.before[end]]
    }
}
