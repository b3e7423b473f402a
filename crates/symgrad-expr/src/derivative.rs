//! Symbolic derivatives, and inputs replaced by expressions.

use std::f64::consts::FRAC_2_SQRT_PI;

use crate::natural::{Cancel, natural};
use crate::{Expr, Node, Op};

/// The derivative of the expression in one input, counted from 0, in its natural form.
///
/// What cancels is left out: terms that are equal up to their sign, and factors above and below a
/// fraction bar. Where the expression is differentiable, the derivative has its value; at the kinks
/// of √ and |·|, and at the ends of arcsin and arccos, it is infinite or NaN. A power with an exponent
/// that contains the input is differentiated as exp(b·ln a), so it needs a base > 0.
///
/// ```
/// use symgrad_expr::{Expr, derivative};
/// let well: Expr = "x2^2 + sin(x1)*exp(-x1^2)".parse()?;
/// assert_eq!(derivative(&well, 0).to_string(), "exp(-x1^2)*cos(x1) - 2*x1*sin(x1)*exp(-x1^2)");
/// assert_eq!(derivative(&well, 1).to_string(), "2*x2");
/// # Ok::<(), symgrad_expr::ParseError>(())
/// ```
pub fn derivative(expr: &Expr, input: u16) -> Expr {
    let mut operands: Vec<Pair> = Vec::new();
    let mut constants = expr.constants().iter().copied();
    for node in expr.nodes() {
        let next = match node {
            Node::Var(index) => Pair {
                value: Expr::var(*index),
                slope: (*index == input).then(|| Expr::constant(1.0)),
            },
            Node::Const => {
                Pair { value: Expr::constant(constants.next().unwrap_or(f64::NAN)), slope: None }
            }
            Node::Op(op) => {
                let mut arguments = operands.split_off(operands.len() - op.arity());
                match (arguments.pop(), arguments.pop()) {
                    (Some(b), Some(a)) => binary(*op, a, b),
                    (Some(a), None) => unary(*op, a),
                    // An operator has an argument.
                    (None, _) => continue,
                }
            }
        };
        operands.push(next);
    }
    let slope = operands.pop().and_then(|root| root.slope);
    slope.map_or_else(|| Expr::constant(0.0), |slope| natural(&slope, Cancel::Always))
}

/// A subexpression with its derivative, where none stands for 0.
struct Pair {
    value: Expr,
    slope: Option<Expr>,
}

fn unary(op: Op, argument: Pair) -> Pair {
    let slope = argument.slope.map(|slope| chain(op, &argument.value, slope));
    Pair { value: Expr::unary(op, argument.value), slope }
}

/// The derivative of op(a) where a has the derivative `da`.
fn chain(op: Op, a: &Expr, da: Expr) -> Expr {
    let of_a = |op: Op| Expr::unary(op, a.clone());
    let number = Expr::constant;
    match op {
        Op::Neg => negative(da),
        Op::Square => times(number(2.0) * a.clone(), da),
        Op::Cube => times(number(3.0) * of_a(Op::Square), da),
        Op::Sqrt => over(da, &(number(2.0) * of_a(Op::Sqrt))),
        Op::Exp => times(of_a(Op::Exp), da),
        Op::Log => over(da, a),
        Op::Sin => times(of_a(Op::Cos), da),
        Op::Cos => negative(times(of_a(Op::Sin), da)),
        Op::Tan => times(number(1.0) + of_a(Op::Tan).square(), da),
        Op::Tanh => times(number(1.0) - of_a(Op::Tanh).square(), da),
        Op::Abs => times(a.clone() / of_a(Op::Abs), da),
        Op::Inv => negative(over(da, &of_a(Op::Square))),
        Op::Asin => over(da, &Expr::unary(Op::Sqrt, number(1.0) - of_a(Op::Square))),
        Op::Acos => negative(over(da, &Expr::unary(Op::Sqrt, number(1.0) - of_a(Op::Square)))),
        Op::Atan => over(da, &(of_a(Op::Square) + number(1.0))),
        Op::Sinh => times(of_a(Op::Cosh), da),
        Op::Cosh => times(of_a(Op::Sinh), da),
        Op::Erf => {
            let bell = Expr::unary(Op::Exp, -of_a(Op::Square));
            times(number(FRAC_2_SQRT_PI) * bell, da)
        }
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Pow | Op::Atan2 => unreachable!("binary"),
    }
}

fn binary(op: Op, a: Pair, b: Pair) -> Pair {
    let slope = match op {
        Op::Add => plus(a.slope, b.slope),
        Op::Sub => minus(a.slope, b.slope),
        Op::Mul => plus(
            a.slope.map(|da| times(b.value.clone(), da)),
            b.slope.map(|db| times(a.value.clone(), db)),
        ),
        Op::Div => minus(
            a.slope.map(|da| over(da, &b.value)),
            b.slope.map(|db| over(times(a.value.clone(), db), &b.value.clone().square())),
        ),
        Op::Atan2 => {
            let square = a.value.clone().square() + b.value.clone().square();
            minus(
                a.slope.map(|da| over(times(b.value.clone(), da), &square)),
                b.slope.map(|db| over(times(a.value.clone(), db), &square)),
            )
        }
        _ => power(&a.value, a.slope, &b.value, b.slope),
    };
    Pair { value: Expr::binary(op, a.value, &b.value), slope }
}

/// The derivative of a^b.
fn power(a: &Expr, da: Option<Expr>, b: &Expr, db: Option<Expr>) -> Option<Expr> {
    let to_the = |exponent: &Expr| Expr::binary(Op::Pow, a.clone(), exponent);
    // b·a^(b−1) rather than a^b·b/a: it also holds at a = 0.
    let lowered = match (b.root(), b.constants()) {
        (Node::Const, [value]) => Expr::constant(value - 1.0),
        _ => b.clone() - Expr::constant(1.0),
    };
    let from_base = da.map(|da| times(b.clone() * to_the(&lowered), da));
    let from_exponent = db.map(|db| times(to_the(b) * Expr::unary(Op::Log, a.clone()), db));
    plus(from_base, from_exponent)
}

fn is_one(expr: &Expr) -> bool {
    expr.root() == Node::Const && expr.constants() == [1.0]
}

fn times(left: Expr, right: Expr) -> Expr {
    if is_one(&right) { left } else { left * right }
}

fn over(left: Expr, right: &Expr) -> Expr {
    if is_one(&left) {
        Expr::unary(Op::Inv, right.clone())
    } else {
        Expr::binary(Op::Div, left, right)
    }
}

fn negative(expr: Expr) -> Expr {
    match expr.root() {
        _ if is_one(&expr) => Expr::constant(-1.0),
        Node::Op(Op::Neg) => expr.subtree(expr.len() - 2),
        _ => -expr,
    }
}

fn plus(left: Option<Expr>, right: Option<Expr>) -> Option<Expr> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left + right),
        (left, right) => left.or(right),
    }
}

fn minus(left: Option<Expr>, right: Option<Expr>) -> Option<Expr> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left - right),
        (left, right) => left.or_else(|| right.map(negative)),
    }
}

impl Expr {
    /// This expression with its inputs replaced: input i by `replacements[i]`, where there is
    /// one. All replacements happen at once.
    ///
    /// ```
    /// use symgrad_expr::Expr;
    /// let product: Expr = "x1*x2 + x3".parse()?;
    /// let swapped = product.substitute(&[Expr::var(1), Expr::var(0)]);
    /// assert_eq!(swapped.to_string(), "x2*x1 + x3");
    /// # Ok::<(), symgrad_expr::ParseError>(())
    /// ```
    #[must_use]
    pub fn substitute(&self, replacements: &[Self]) -> Self {
        let mut nodes = Vec::with_capacity(self.len());
        let mut constants = Vec::new();
        let mut own = self.constants().iter().copied();
        for node in self.nodes() {
            match node {
                Node::Var(index) if usize::from(*index) < replacements.len() => {
                    let replacement = &replacements[usize::from(*index)];
                    nodes.extend_from_slice(replacement.nodes());
                    constants.extend_from_slice(replacement.constants());
                }
                Node::Const => {
                    nodes.push(Node::Const);
                    constants.extend(own.next());
                }
                _ => nodes.push(*node),
            }
        }
        Self::from_parts(nodes, constants)
    }
}
