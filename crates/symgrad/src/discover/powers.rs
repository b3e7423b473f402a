//! Powers as people write them.

use symgrad_expr::{Expr, Node, Op};

/// The expression with aᶜ for every exp(c·log a): without an operator for powers, that is how laws hold
/// them.
pub(super) fn with_powers(expr: &Expr) -> Expr {
    let Node::Op(op) = expr.root() else { return expr.clone() };
    let arguments: Vec<Expr> = expr.arguments().iter().map(with_powers).collect();
    match (op, arguments.as_slice()) {
        (Op::Exp, [argument]) => {
            power(argument).unwrap_or_else(|| Expr::unary(op, argument.clone()))
        }
        (_, [argument]) => Expr::unary(op, argument.clone()),
        (_, [left, right]) => Expr::binary(op, left.clone(), right),
        _ => expr.clone(),
    }
}

/// aᶜ for c·log a.
fn power(logarithm: &Expr) -> Option<Expr> {
    let factors = logarithm.arguments();
    let (Node::Op(Op::Mul), [left, right]) = (logarithm.root(), factors.as_slice()) else {
        return None;
    };
    let (exponent, logarithm) =
        if left.inputs().is_empty() { (left, right) } else { (right, left) };
    if logarithm.root() != Node::Op(Op::Log) || !exponent.inputs().is_empty() {
        return None;
    }
    let base = logarithm.arguments().into_iter().next()?;
    Some(Expr::binary(Op::Pow, base, exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_of_logarithms_are_powers() {
        for (given, written) in [
            ("exp(2.3*log(x1)) + x2", "x1^2.3 + x2"),
            ("3*exp(log(x1^2 + x2^2)*0.75)", "3*(x1^2 + x2^2)^0.75"),
            ("exp(-1.5*log(x1))", "x1^-1.5"),
            ("exp(x2*log(x1))*log(x1) - exp(2*x1)", "exp(x2*log(x1))*log(x1) - exp(2*x1)"),
        ] {
            let [given, written] = [given, written].map(|text| text.parse::<Expr>().unwrap());
            assert_eq!(with_powers(&given), written);
        }
    }
}
