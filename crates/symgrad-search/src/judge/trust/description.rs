//! The length of a formula, in bits.

use symgrad_expr::{Expr, Node, OpSet};

/// Shares of the node kinds in the code that formulas are written in. A formula of n leaves
/// has n − 1 binary operators, hence nearly half of each.
const INPUT: f64 = 3.0 / 8.0;
const CONSTANT: f64 = 1.0 / 8.0;
const BINARY: f64 = 3.0 / 8.0;
const UNARY: f64 = 1.0 / 8.0;

/// What the code of the root saves: constants have no level sets and outer functions do not
/// change them, so that half of all roots are not written.
const ROOT: f64 = 1.0;

/// A constant with more digits than these bits hold was never rounded; the data do not fix it
/// any better.
const CONSTANT_BITS: f64 = 24.0;

/// Decimal places that are tried.
const PLACES: i32 = 15;

/// Length of the formula in a prefix code, so that there are at most 2^b formulas of b bits:
/// node kinds by the shares above, operators and inputs (so many there are) each with equal
/// shares, constants by their digits.
pub fn bits(expr: &Expr, ops: &OpSet, inputs: usize) -> f64 {
    let arity = |arity| ops.ops().iter().filter(|op| op.arity() == arity).count().max(1) as f64;
    let (unary, binary) = ((arity(1) / UNARY).log2(), (arity(2) / BINARY).log2());
    let input = (inputs.max(1) as f64 / INPUT).log2();
    let constants: f64 = expr.constants().iter().copied().map(constant_bits).sum();
    let nodes = expr.nodes().iter().map(|node| match node {
        Node::Var(_) => input,
        Node::Const => -CONSTANT.log2(),
        Node::Op(op) if op.arity() == 1 => unary,
        // Of the two orders of its arguments only one is ever written.
        Node::Op(op) if op.is_commutative() => binary - 1.0,
        Node::Op(_) => binary,
    });
    constants + nodes.sum::<f64>() - ROOT
}

/// Bits of a number, sign aside: its digits as a whole number and the place of the point.
fn constant_bits(value: f64) -> f64 {
    let magnitude = value.abs();
    let fractions = (1..=6).map(f64::from).map(|d| whole_bits(magnitude * d) + whole_bits(d));
    let multiples_of_pi = [1.0, 2.0, 3.0, 4.0, 6.0]
        .into_iter()
        .map(|d| 2.0 + whole_bits(magnitude * d / std::f64::consts::PI) + whole_bits(d));
    let decimals = (-PLACES..=PLACES)
        .map(|places| whole_bits(magnitude * 10_f64.powi(places)) + f64::from(places.abs()));
    let shortest = fractions.chain(multiples_of_pi).chain(decimals).fold(CONSTANT_BITS, f64::min);
    1.0 + shortest
}

/// Length of a whole number, infinite for others: a code in which the number of digits comes
/// before the digits.
fn whole_bits(value: f64) -> f64 {
    let nearest = value.round();
    if (value - nearest).abs() > 1e-9 * nearest.max(1e-3) {
        return f64::INFINITY;
    }
    let digits = (1.0 + nearest).log2();
    digits + 2.0 * (1.0 + digits).log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str) -> f64 {
        bits(&text.parse().unwrap(), &OpSet::default(), 4)
    }

    #[test]
    fn what_is_simpler_is_shorter() {
        for (simple, crooked) in [
            ("x1 + x2", "x1 + x2 + x3"),
            ("x1 + 2*x2", "x1 + 2.7*x2"),
            ("x1 + 2.7*x2", "x1 + 2.718*x2"),
            ("x1 + x2/3", "x1 + 0.334*x2"),
            ("sin(3.141592653589793*x1) + x2", "sin(3.142*x1) + x2"),
            ("x1 + 1000*x2", "x1 + 1234*x2"),
        ] {
            assert!(length(simple) < length(crooked), "{simple} against {crooked}");
        }
    }

    #[test]
    fn a_constant_that_was_never_rounded_has_a_bounded_length() {
        let (round, crooked) = (length("x1 + 2*x2"), length("x1 + 2.718281828459045*x2"));
        assert!(crooked - round < CONSTANT_BITS, "{round} {crooked}");
        assert!(length("x1 + 1e300*x2").is_finite() && length("x1 + 1e-300*x2").is_finite());
    }

    #[test]
    fn there_is_room_for_all_formulas() {
        // Kraft: the formulas of one and two leaves over four inputs without constants.
        let leaves: f64 = 4.0 * 2_f64.powf(-length("x1"));
        let pairs: f64 = ["+", "-", "*", "/"]
            .iter()
            .map(|op| 16.0 * 2_f64.powf(-length(&format!("x1 {op} x2"))))
            .sum();
        assert!(leaves + pairs < 1.5, "{leaves} {pairs}");
    }
}
