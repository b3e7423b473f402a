//! The cheapest expression of an e-class.

use egg::{CostFunction, EGraph, Extractor, Id, Language};
use symgrad_expr::{Expr, Node, Op, OpSet};

use crate::facts::Facts;
use crate::language::{Term, from_terms};

/// What makes one expression simpler than another, the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cost {
    /// Uses of operators that are not allowed.
    forbidden: u32,
    complexity: u32,
    /// Quotients and differences of equals, which stand for one and zero.
    idle: u32,
    constants: u32,
    /// Grows from child to parent even where an operator costs nothing.
    nodes: u32,
}

/// Which operators may appear, and what the symbols cost.
pub(crate) struct Prices<'a> {
    ops: &'a OpSet,
    also: Vec<Op>,
}

impl<'a> Prices<'a> {
    /// The set's operators and those that the expression already uses.
    pub(crate) fn new(ops: &'a OpSet, expr: &Expr) -> Self {
        let used = expr.nodes().iter().filter_map(|node| match node {
            Node::Op(op) if !ops.contains(*op) => Some(*op),
            _ => None,
        });
        Self { ops, also: used.collect() }
    }

    /// The cost of one symbol.
    pub(crate) fn of(&self, node: Node) -> Cost {
        let (forbidden, complexity, constants) = match node {
            Node::Var(input) => (0, self.ops.input_cost(input), 0),
            Node::Const => (0, self.ops.constant_cost(), 1),
            Node::Op(op) => {
                let allowed = self.ops.contains(op) || self.also.contains(&op);
                (u32::from(!allowed), self.ops.cost(op), 0)
            }
        };
        Cost { forbidden, complexity, idle: 0, constants, nodes: 1 }
    }

    /// The cost of an expression.
    pub(crate) fn total(&self, expr: &Expr) -> Cost {
        let symbols = expr.nodes().iter().fold(Cost::ZERO, |sum, node| sum.plus(self.of(*node)));
        let is_idle = |end: &usize| match expr.nodes()[*end] {
            Node::Op(Op::Div | Op::Sub) => {
                let arguments = expr.subtree(*end).arguments();
                arguments[0] == arguments[1]
            }
            _ => false,
        };
        let idle = (0..expr.len()).filter(is_idle).count();
        Cost { idle: idle.try_into().unwrap_or(u32::MAX), ..symbols }
    }
}

impl Cost {
    pub(crate) const ZERO: Self =
        Self { forbidden: 0, complexity: 0, idle: 0, constants: 0, nodes: 0 };

    /// The cost of both.
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            forbidden: self.forbidden.saturating_add(other.forbidden),
            complexity: self.complexity.saturating_add(other.complexity),
            idle: self.idle.saturating_add(other.idle),
            constants: self.constants.saturating_add(other.constants),
            nodes: self.nodes.saturating_add(other.nodes),
        }
    }
}

impl CostFunction<Term> for &Prices<'_> {
    type Cost = Cost;

    fn cost<C: FnMut(Id) -> Cost>(&mut self, term: &Term, mut costs: C) -> Cost {
        let own = match term {
            Term::Var(index) => self.of(Node::Var(*index)),
            Term::Const(_) => self.of(Node::Const),
            Term::Binary(op @ (Op::Div | Op::Sub), [left, right]) if left == right => {
                Cost { idle: 1, ..self.of(Node::Op(*op)) }
            }
            Term::Unary(op, _) | Term::Binary(op, _) => self.of(Node::Op(*op)),
            Term::LevelSet(_) => Cost { nodes: 1, ..Cost::ZERO },
        };
        term.fold(own, |sum, child| sum.plus(costs(child)))
    }
}

/// The cheapest expression of the class; among equals, the one of the earliest e-nodes.
pub(crate) fn cheapest(egraph: &EGraph<Term, Facts>, class: Id, prices: &Prices<'_>) -> Expr {
    let (_, terms) = Extractor::new(egraph, prices).find_best(class);
    from_terms(&terms)
}
