//! What equations are polynomials in: inputs, or functions of one or two of them in their place or beside them.

use symgrad_expr::{Expr, Node, Op, OpSet};

use super::basis::Axis;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;

/// A coordinate, and the highest power of it that is not a polynomial in others.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Coordinate {
    pub(super) expr: Expr,
    pub(super) highest: u32,
}

/// No highest power of its own.
const ANY: u32 = u32::MAX;

impl Coordinate {
    pub(super) fn any(expr: Expr) -> Self {
        Self { expr, highest: ANY }
    }

    /// Whether it is a cosine that comes after the sine.
    pub(super) fn is_second_wave(&self) -> bool {
        self.expr.root() == Node::Op(Op::Cos) && self.highest == 1
    }
}

/// A change of coordinates: the input that is replaced, if one is, and what comes in.
#[derive(Clone, Debug)]
pub(super) struct Change {
    replaced: Option<u16>,
    added: Vec<Coordinate>,
}

impl Change {
    pub(super) fn new(replaced: Option<u16>, added: Vec<Coordinate>) -> Self {
        Self { replaced, added }
    }

    pub(super) fn added(&self) -> &[Coordinate] {
        &self.added
    }

    /// Whether there are more coordinates after it.
    pub(super) fn adds(&self) -> bool {
        self.added.len() > usize::from(self.replaced.is_some())
    }

    /// Whether it has no input in common with another.
    pub(super) fn is_apart_from(&self, other: &Self) -> bool {
        let inputs = other.inputs();
        self.inputs().iter().all(|input| !inputs.contains(input))
    }

    fn inputs(&self) -> Vec<u16> {
        self.added.iter().flat_map(|coordinate| coordinate.expr.inputs()).collect()
    }
}

/// The inputs, with changes that are apart.
pub(super) fn system(inputs: &[u16], changes: &[&Change]) -> Vec<Coordinate> {
    let is_replaced = |input: &u16| changes.iter().any(|c| c.replaced == Some(*input));
    let kept = inputs.iter().filter(|input| !is_replaced(input));
    let kept = kept.map(|&input| Coordinate::any(Expr::var(input)));
    kept.chain(changes.iter().flat_map(|change| change.added.iter().cloned())).collect()
}

/// The coordinates at the points; `None` where one is not finite.
pub(super) fn axes(system: &[Coordinate], objective: &Objective) -> Option<Vec<Axis>> {
    let mut eval = Evaluator::new(objective);
    let each = system.iter().map(|coordinate| {
        let column = eval.values(&coordinate.expr)?;
        Some(Axis { column, highest: coordinate.highest })
    });
    each.collect()
}

/// Functions of one input in its place, and exponentials and logarithms beside it.
pub(super) fn changes_of_one(inputs: &[u16], ops: &OpSet) -> Vec<Change> {
    let mut found = vec![];
    for &input in inputs {
        let of = |op: Op| Coordinate::any(Expr::unary(op, Expr::var(input)));
        let mut add = |beside: bool, added: Vec<Coordinate>| {
            if added.iter().all(|coordinate| ops.allows(&coordinate.expr)) {
                found.push(Change { replaced: (!beside).then_some(input), added });
            }
        };
        for op in [Op::Cos, Op::Sin, Op::Exp, Op::Sqrt] {
            add(false, vec![of(op)]);
        }
        // cos² = 1 − sin².
        add(false, vec![of(Op::Sin), Coordinate { highest: 1, ..of(Op::Cos) }]);
        for op in [Op::Exp, Op::Log] {
            add(true, vec![of(op)]);
        }
    }
    found
}

/// Exponentials, logarithms and distances of two inputs beside them.
pub(super) fn changes_of_two(inputs: &[u16], ops: &OpSet) -> Vec<Change> {
    let mut found = vec![];
    let mut add = |expr: Expr, highest: u32| {
        if ops.allows(&expr) {
            found.push(Change { replaced: None, added: vec![Coordinate { expr, highest }] });
        }
    };
    for (k, &second) in inputs.iter().enumerate() {
        for &first in &inputs[..k] {
            let [x, y] = [first, second].map(Expr::var);
            for inside in [x.clone() * y.clone(), x.clone() / y.clone(), y.clone() / x.clone()] {
                add(Expr::unary(Op::Exp, inside), ANY);
            }
            for inside in [x.clone() * y.clone(), x.clone() / y.clone()] {
                add(Expr::unary(Op::Log, inside), ANY);
            }
            let [x, y] = [x, y].map(Expr::square);
            for below in [x.clone() + y.clone(), x.clone() - y.clone(), y - x] {
                add(Expr::unary(Op::Sqrt, below), 1);
            }
        }
    }
    found
}
