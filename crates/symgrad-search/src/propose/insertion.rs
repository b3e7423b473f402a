//! Formulas with one constant more, inside: decay rates, frequencies, shifts.
//!
//! Sums get their coefficients by eigenproblems, and a constant that is there is fitted. That one is
//! missing inside a function shows in nothing but a loss, so each place where one could stand is
//! tried.

use symgrad_expr::{Expr, Node, Op, OpSet};

/// What factors start from: fits find the rest of the way, but not across a turn of a wave.
const FACTORS: [f64; 2] = [0.5, 2.0];

/// What shifts start from, in units in which inputs are of order one.
const SHIFTS: [f64; 2] = [0.5, -0.5];

/// The expressions with a factor or a summand more at one argument of an operator where that makes
/// another function.
pub(crate) fn with_constant_inside(expr: &Expr, ops: &OpSet) -> Vec<Expr> {
    let mut found = vec![];
    for (end, node) in expr.nodes().iter().enumerate() {
        let Node::Op(op) = node else { continue };
        let right = end - 1;
        let mut arguments = vec![right];
        if op.arity() == 2 {
            arguments.push(expr.subtree_start(right) - 1);
        }
        // Beside a constant another one is nothing new.
        if arguments.iter().any(|&place| expr.subtree(place).root() == Node::Const) {
            continue;
        }
        for place in arguments {
            let argument = expr.subtree(place);
            if takes_factor(*op) && ops.contains(Op::Mul) && !has_constant(&argument, &[Op::Mul]) {
                found.extend(FACTORS.map(|factor| {
                    expr.with_subtree(place, &(Expr::constant(factor) * argument.clone()))
                }));
            }
            let sums = [Op::Add, Op::Sub];
            if takes_shift(*op) && ops.contains(Op::Add) && !has_constant(&argument, &sums) {
                found.extend(SHIFTS.map(|shift| {
                    expr.with_subtree(place, &(argument.clone() + Expr::constant(shift)))
                }));
            }
        }
    }
    found
}

/// Whether a factor of an argument is not a factor or a shift of the value.
fn takes_factor(op: Op) -> bool {
    !matches!(op, Op::Mul | Op::Div | Op::Neg | Op::Log | Op::Sqrt | Op::Inv)
        && !matches!(op, Op::Square | Op::Cube | Op::Abs)
}

/// Whether a shift of an argument is not a shift of the value.
fn takes_shift(op: Op) -> bool {
    !matches!(op, Op::Add | Op::Sub | Op::Neg | Op::Exp)
}

/// Whether the root is such an operator with a constant beside it.
fn has_constant(expr: &Expr, ops: &[Op]) -> bool {
    let is_one = matches!(expr.root(), Node::Op(op) if ops.contains(&op));
    is_one && expr.arguments().iter().any(|argument| argument.root() == Node::Const)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_tried_that_makes_another_function() {
        let inserted = |text: &str| -> Vec<String> {
            let found = with_constant_inside(&text.parse().unwrap(), &OpSet::default());
            found.iter().map(ToString::to_string).collect()
        };
        assert_eq!(inserted("exp(x1)"), ["exp(0.5*x1)", "exp(2*x1)"]);
        assert_eq!(inserted("log(x1)"), ["log(x1 + 0.5)", "log(x1 + (-0.5))"]);
        assert!(inserted("x1*sin(x2)").contains(&"x1*sin(2*x2)".to_owned()));
        assert!(inserted("x1/x2").contains(&"x1/(x2 + 0.5)".to_owned()));
        assert!(inserted("x1").is_empty() && inserted("exp(0.3*x1)").is_empty());
    }
}
