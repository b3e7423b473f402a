//! A cheap normal form for candidates: constants folded, neutral elements dropped, arguments
//! of commutative operators ordered.

use symgrad_expr::{Expr, Node, Op};

/// Folds, drops and orders from the leaves up. The value never changes except by rounding.
pub(crate) fn tidy(expr: &Expr) -> Expr {
    let mut stack: Vec<Expr> = Vec::with_capacity(expr.len());
    let mut constants = expr.constants().iter();
    for node in expr.nodes() {
        let next = match *node {
            Node::Var(index) => Expr::var(index),
            Node::Const => Expr::constant(constants.next().copied().unwrap_or(f64::NAN)),
            Node::Op(op) => {
                // A well-formed expression never runs out of arguments.
                let Some(right) = stack.pop() else { return expr.clone() };
                if op.arity() == 1 {
                    tidy_unary(op, right)
                } else {
                    let Some(left) = stack.pop() else { return expr.clone() };
                    tidy_binary(op, left, right)
                }
            }
        };
        stack.push(next);
    }
    stack.pop().unwrap_or_else(|| expr.clone())
}

fn value(expr: &Expr) -> Option<f64> {
    (expr.root() == Node::Const).then(|| expr.constants()[0])
}

fn tidy_unary(op: Op, argument: Expr) -> Expr {
    if let Some(folded) = value(&argument).map(|a| op.apply(a, 0.0)).filter(|v| v.is_finite()) {
        return Expr::constant(folded);
    }
    let Node::Op(inner) = argument.root() else { return Expr::unary(op, argument) };
    let undone =
        matches!((op, inner), (Op::Neg, Op::Neg) | (Op::Inv, Op::Inv) | (Op::Log, Op::Exp));
    let sign_free = matches!((op, inner), (Op::Square | Op::Cos | Op::Abs, Op::Neg | Op::Abs));
    match argument.arguments().pop() {
        Some(core) if undone => core,
        Some(core) if sign_free => Expr::unary(op, core),
        _ => Expr::unary(op, argument),
    }
}

fn tidy_binary(op: Op, left: Expr, right: Expr) -> Expr {
    match (op, value(&left), value(&right)) {
        (_, Some(a), Some(b)) if op.apply(a, b).is_finite() => Expr::constant(op.apply(a, b)),
        (Op::Add, Some(0.0), _) | (Op::Mul, Some(1.0), _) => right,
        (Op::Add | Op::Sub, _, Some(0.0)) | (Op::Mul | Op::Div | Op::Pow, _, Some(1.0)) => left,
        _ if op.is_commutative() && key(&right) < key(&left) => Expr::binary(op, right, &left),
        _ => Expr::binary(op, left, &right),
    }
}

/// Constants first, then by structure.
fn key(expr: &Expr) -> (bool, &[Node]) {
    (expr.root() != Node::Const, expr.nodes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neutral_elements_go_and_order_is_fixed() {
        for (text, wanted) in [
            ("x2*1 + 0", "x2"),
            ("x2 + x1", "x1 + x2"),
            ("x2*3", "3*x2"),
            ("sin(2*0.5)*x1", "0.8414709848078965*x1"),
            ("(neg(x1 - x2))^2", "(x1 - x2)^2"),
            ("log(exp(x3))", "x3"),
        ] {
            let found = tidy(&text.parse().unwrap());
            assert_eq!(found, wanted.parse().unwrap(), "{text}");
        }
    }
}
