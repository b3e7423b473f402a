//! Values of unusual size are searched for in a unit of their own.

use symgrad_expr::{Expr, Node, Op};

use crate::score::objective::Objective;
use crate::score::target::Target;

/// Deviations between these are reached by the constants that a search tries first.
const USUAL: std::ops::Range<f64> = 1e-4..1e4;

/// What values of formulas without factors vary by at least, mostly.
const LEAST: f64 = 0.5;

/// A power of ten of which the wanted values' deviation is a small multiple, so that factors such
/// as 1e30 leave none behind; 1 where that is of the usual size, and for targets of any other kind.
pub(crate) fn of(objective: &Objective) -> f64 {
    match objective.target() {
        Target::Values(values) if !values.linear_scaling && !USUAL.contains(&values.deviation) => {
            let power = (values.deviation / LEAST).log10().floor().clamp(-300.0, 300.0);
            // By way of text it is the number that people write, to the last bit.
            format!("1e{power}").parse().unwrap_or(1.0)
        }
        _ => 1.0,
    }
}

/// The expression times a factor, which goes into constants that are there if it can.
pub(crate) fn times(factor: f64, expr: &Expr) -> Expr {
    if factor == 1.0 {
        return expr.clone();
    }
    absorbed(factor, expr).unwrap_or_else(|| Expr::constant(factor) * expr.clone())
}

/// `None` if there is no constant for it.
fn absorbed(factor: f64, expr: &Expr) -> Option<Expr> {
    match (expr.root(), expr.arguments().as_slice()) {
        (Node::Const, _) => Some(Expr::constant(factor * expr.constants()[0])),
        (Node::Op(Op::Neg), [inner]) => Some(-absorbed(factor, inner)?),
        (Node::Op(op @ (Op::Add | Op::Sub)), [left, right]) => {
            Some(Expr::binary(op, absorbed(factor, left)?, &absorbed(factor, right)?))
        }
        (Node::Op(Op::Mul), [left, right]) => absorbed(factor, left)
            .map(|left| left * right.clone())
            .or_else(|| Some(left.clone() * absorbed(factor, right)?)),
        (Node::Op(Op::Div), [left, right]) => absorbed(factor, left)
            .map(|left| left / right.clone())
            .or_else(|| Some(left.clone() / absorbed(factor.recip(), right)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_goes_into_constants() {
        for (text, wanted) in [
            ("3*x1^2", "6*x1^2"),
            ("x1*x2", "2*(x1*x2)"),
            ("0.5*x1 - 4*x2/x1 + 1", "1*x1 - 8*x2/x1 + 2"),
            ("x1/(4*x2)", "x1/(2*x2)"),
            ("3*x1 + x2", "2*(3*x1 + x2)"),
            ("exp(x1)/5", "exp(x1)/2.5"),
        ] {
            let found = times(2.0, &text.parse().unwrap());
            assert_eq!(found, wanted.parse().unwrap(), "{text}: {found}");
        }
    }
}
