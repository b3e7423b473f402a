//! Random expressions, in our form and in that of `dynamic_expressions`.

use dynamic_expressions::expression::PostfixExpr;
use dynamic_expressions::node::PNode;
use dynamic_expressions::operator_enum::builtin::{Abs2, Add, Cos, Div, Exp, Mul, Sin, Sqrt, Sub};
use dynamic_expressions::opset;
use dynamic_expressions::traits::HasOp;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use symgrad_expr::{Expr, Node, Op};

pub(crate) const FIELD: &[Op] =
    &[Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Sin, Op::Exp, Op::Sqrt, Op::Square];
pub(crate) const WITH_COS: &[Op] =
    &[Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Sin, Op::Cos, Op::Exp, Op::Sqrt, Op::Square];
pub(crate) const RING: &[Op] = &[Op::Add, Op::Sub, Op::Mul];

opset! { pub(crate) TheirOps for f64 { Sin, Cos, Exp, Sqrt, Abs2, Add, Sub, Mul, Div } }

pub(crate) type TheirExpr = PostfixExpr<f64, TheirOps, 2>;

/// A tree with that many nodes or, if all operators are binary and the number is even, one
/// less: operators drawn uniformly, a quarter of the leaves constants.
pub(crate) fn random(rng: &mut ChaCha8Rng, nodes: usize, inputs: u16, ops: &[Op]) -> Expr {
    let fitting: Vec<Op> = ops.iter().copied().filter(|op| op.arity() < nodes).collect();
    if fitting.is_empty() {
        return if rng.random_range(0..4) == 0 {
            Expr::constant(rng.random_range(0.5..2.0))
        } else {
            Expr::var(rng.random_range(0..inputs))
        };
    }
    let op = fitting[rng.random_range(0..fitting.len())];
    if op.arity() == 1 {
        return Expr::unary(op, random(rng, nodes - 1, inputs, ops));
    }
    let left = rng.random_range(1..nodes - 1);
    let first = random(rng, left, inputs, ops);
    Expr::binary(op, first, &random(rng, nodes - 1 - left, inputs, ops))
}

/// The same expression for `dynamic_expressions`; `None` if it has an operator outside
/// [`WITH_COS`].
pub(crate) fn translate(expr: &Expr) -> Option<TheirExpr> {
    let mut constants = 0..;
    let mut nodes = Vec::with_capacity(expr.len());
    for node in expr.nodes() {
        nodes.push(match node {
            Node::Var(input) => PNode::Var { feature: *input },
            Node::Const => PNode::Const { idx: constants.next()? },
            Node::Op(op) => {
                let (_, id) = IDS.into_iter().find(|(known, _)| known == op)?;
                PNode::Op { arity: if op.arity() == 1 { 1 } else { 2 }, op: id }
            }
        });
    }
    let constants = expr.constants().to_vec();
    Some(PostfixExpr::new(nodes, constants, dynamic_expressions::Metadata::default()))
}

/// The way back; `None` if it is no expression over [`WITH_COS`].
pub(crate) fn translate_back(expr: &TheirExpr) -> Option<Expr> {
    let mut constants = vec![];
    let mut nodes = vec![];
    for node in &expr.nodes {
        nodes.push(match node {
            PNode::Var { feature } => Node::Var(*feature),
            PNode::Const { idx } => {
                constants.push(*expr.consts.get(usize::from(*idx))?);
                Node::Const
            }
            PNode::Op { arity, op } => {
                let same =
                    |(known, id): &(Op, u16)| id == op && known.arity() == usize::from(*arity);
                Node::Op(IDS.into_iter().find(same)?.0)
            }
        });
    }
    Expr::from_postfix(nodes, constants).ok()
}

const IDS: [(Op, u16); 9] = [
    (Op::Add, <TheirOps as HasOp<Add>>::ID),
    (Op::Sub, <TheirOps as HasOp<Sub>>::ID),
    (Op::Mul, <TheirOps as HasOp<Mul>>::ID),
    (Op::Div, <TheirOps as HasOp<Div>>::ID),
    (Op::Sin, <TheirOps as HasOp<Sin>>::ID),
    (Op::Cos, <TheirOps as HasOp<Cos>>::ID),
    (Op::Exp, <TheirOps as HasOp<Exp>>::ID),
    (Op::Sqrt, <TheirOps as HasOp<Sqrt>>::ID),
    (Op::Square, <TheirOps as HasOp<Abs2>>::ID),
];

/// The operators by the names that the peer gives them.
pub(crate) fn their_names(ops: &[Op]) -> Vec<&'static str> {
    let name = |op: &Op| match op {
        Op::Add => "+",
        Op::Sub => "-",
        Op::Mul => "*",
        Op::Div => "/",
        Op::Square => "abs2",
        other => other.name(),
    };
    ops.iter().map(name).collect()
}
