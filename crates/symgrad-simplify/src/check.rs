//! The second line of defence: results are compared with their inputs at points of the domain.
//!
//! Values and gradients are enclosed by intervals, so that a difference is a proof and rounding
//! errors raise no false alarm, however badly conditioned the expression.

use std::f64::consts::FRAC_2_SQRT_PI;

use symgrad_expr::{Expr, Node, Op};

use crate::Interval;

/// Whether the expressions may have the same value at the point: not proved different.
pub(crate) fn may_agree(a: &Expr, b: &Expr, point: &[f64]) -> bool {
    overlap(Dual::of(a, point, &[]).value, Dual::of(b, point, &[]).value)
}

/// Whether the expressions' gradients may be parallel at the point: not proved otherwise.
pub(crate) fn may_be_parallel(a: &Expr, b: &Expr, point: &[f64]) -> bool {
    let mut inputs = [a.inputs(), b.inputs()].concat();
    inputs.sort_unstable();
    inputs.dedup();
    let (a, b) = (Dual::of(a, point, &inputs), Dual::of(b, point, &inputs));
    if !(a.value.is_total() && b.value.is_total()) {
        return true;
    }
    if a.slope.iter().chain(&b.slope).any(|slope| is_lost(*slope)) {
        return true;
    }
    let vanishes = |dual: &Dual| dual.slope.iter().all(|slope| *slope == ZERO);
    let varies = |dual: &Dual| dual.slope.iter().any(|slope| slope.is_nonzero());
    if vanishes(&a) && varies(&b) || vanishes(&b) && varies(&a) {
        return false;
    }
    // Gradients are parallel if each of their parts is to the largest as in the other.
    let times = |x, y| {
        // An input that does not occur has a derivative of exactly 0.
        if x == ZERO || y == ZERO { ZERO } else { Interval::apply(Op::Mul, x, y) }
    };
    [largest(&a), largest(&b)].into_iter().flatten().all(|i| {
        let fits = |j| overlap(times(a.slope[i], b.slope[j]), times(a.slope[j], b.slope[i]));
        (0..inputs.len()).filter(|j| *j != i).all(fits)
    })
}

/// The input in which the function varies most, as far as is known.
fn largest(dual: &Dual) -> Option<usize> {
    let least = |slope: &Interval| {
        if slope.is_nonzero() { slope.lo().abs().min(slope.hi().abs()) } else { 0.0 }
    };
    let sizes = dual.slope.iter().map(least).enumerate();
    sizes.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(input, _)| input)
}

fn overlap(a: Interval, b: Interval) -> bool {
    !(a.is_total() && b.is_total())
        || is_lost(a)
        || is_lost(b)
        || a.lo() <= b.hi() && b.lo() <= a.hi()
}

/// Whether a number is too small to say anything but its sign.
fn is_lost(a: Interval) -> bool {
    a != ZERO && a.lo().abs().max(a.hi().abs()) < f64::MIN_POSITIVE
}

const ZERO: Interval = Interval::exactly(0.0);
const ONE: Interval = Interval::exactly(1.0);

/// Enclosures of a value and of its derivatives by some inputs.
#[derive(Clone)]
struct Dual {
    value: Interval,
    slope: Vec<Interval>,
}

impl Dual {
    /// With the derivatives by the given inputs, which are sorted.
    fn of(expr: &Expr, point: &[f64], inputs: &[u16]) -> Self {
        let mut stack: Vec<Self> = Vec::with_capacity(expr.len());
        let mut constants = expr.constants().iter();
        for node in expr.nodes() {
            let dual = match node {
                Node::Var(index) => Self::input(*index, point, inputs),
                Node::Const => {
                    let value = uncertain(*constants.next().unwrap_or(&f64::NAN));
                    Self { value, slope: vec![ZERO; inputs.len()] }
                }
                Node::Op(op) => {
                    let right = stack.pop().unwrap_or_else(|| Self::unknown(inputs.len()));
                    let left = if op.arity() == 2 { stack.pop() } else { Some(right.clone()) };
                    let left = left.unwrap_or_else(|| Self::unknown(inputs.len()));
                    left.apply(*op, &right)
                }
            };
            stack.push(dual);
        }
        stack.pop().unwrap_or_else(|| Self::unknown(inputs.len()))
    }

    fn unknown(inputs: usize) -> Self {
        Self { value: Interval::UNKNOWN, slope: vec![Interval::UNKNOWN; inputs] }
    }

    fn input(index: u16, point: &[f64], inputs: &[u16]) -> Self {
        let Some(&value) = point.get(usize::from(index)) else {
            return Self::unknown(inputs.len());
        };
        let slope = inputs.iter().map(|input| if *input == index { ONE } else { ZERO }).collect();
        Self { value: Interval::point(value), slope }
    }

    fn apply(&self, op: Op, other: &Self) -> Self {
        let value = Interval::apply(op, self.value, other.value);
        let (by_left, by_right) = partials(op, self.value, other.value, value);
        let term = |partial: Interval, slope: Interval| {
            // A constant stays one even where the partial derivative is not known.
            if slope == ZERO { ZERO } else { Interval::apply(Op::Mul, partial, slope) }
        };
        let slope = |(a, b): (&Interval, &Interval)| match (term(by_left, *a), op.arity()) {
            (left, 1) => left,
            (left, _) if left == ZERO => term(by_right, *b),
            (left, _) => match term(by_right, *b) {
                right if right == ZERO => left,
                right => Interval::apply(Op::Add, left, right),
            },
        };
        Self { value, slope: self.slope.iter().zip(&other.slope).map(slope).collect() }
    }
}

/// The operator's derivatives by its arguments a and b, where v is its value.
fn partials(op: Op, a: Interval, b: Interval, v: Interval) -> (Interval, Interval) {
    let unary = |op, x| Interval::apply(op, x, x);
    let binary = Interval::apply;
    let minus = |x| unary(Op::Neg, x);
    let scaled = |c: f64, x| binary(Op::Mul, Interval::point(c), x);
    let only = |partial| (partial, ZERO);
    match op {
        Op::Add => (ONE, ONE),
        Op::Sub => (ONE, minus(ONE)),
        Op::Mul => (b, a),
        Op::Div => (unary(Op::Inv, b), minus(binary(Op::Div, v, b))),
        Op::Pow => {
            let lower = binary(Op::Pow, a, binary(Op::Sub, b, ONE));
            (binary(Op::Mul, b, lower), binary(Op::Mul, v, unary(Op::Log, a)))
        }
        Op::Neg => only(minus(ONE)),
        Op::Square => only(scaled(2.0, a)),
        Op::Cube => only(scaled(3.0, unary(Op::Square, a))),
        Op::Sqrt => only(scaled(0.5, unary(Op::Inv, v))),
        Op::Exp => only(v),
        Op::Log => only(unary(Op::Inv, a)),
        Op::Sin => only(unary(Op::Cos, a)),
        Op::Cos => only(minus(unary(Op::Sin, a))),
        Op::Tan => only(binary(Op::Add, ONE, unary(Op::Square, v))),
        Op::Tanh => only(binary(Op::Sub, ONE, unary(Op::Square, v))),
        Op::Abs if a.is_positive() => only(ONE),
        Op::Abs if a.is_negative() => only(minus(ONE)),
        Op::Abs => only(Interval::UNKNOWN),
        Op::Inv => only(minus(unary(Op::Square, v))),
        Op::Asin => only(inverse_root(a)),
        Op::Acos => only(minus(inverse_root(a))),
        Op::Atan => only(unary(Op::Inv, binary(Op::Add, ONE, unary(Op::Square, a)))),
        Op::Atan2 => {
            let square = binary(Op::Add, unary(Op::Square, a), unary(Op::Square, b));
            (binary(Op::Div, b, square), minus(binary(Op::Div, a, square)))
        }
        Op::Sinh => only(unary(Op::Cosh, a)),
        Op::Cosh => only(unary(Op::Sinh, a)),
        Op::Erf => {
            let height = Interval::new(FRAC_2_SQRT_PI.next_down(), FRAC_2_SQRT_PI.next_up());
            only(binary(Op::Mul, height, unary(Op::Exp, minus(unary(Op::Square, a)))))
        }
    }
}

/// 1/√(1 − a²)
fn inverse_root(a: Interval) -> Interval {
    let unary = |op, x| Interval::apply(op, x, x);
    unary(Op::Inv, unary(Op::Sqrt, Interval::apply(Op::Sub, ONE, unary(Op::Square, a))))
}

/// A constant that may have been folded from others: its last bits are not certain, unless it is
/// a whole number.
fn uncertain(value: f64) -> Interval {
    if value.fract() == 0.0 && value.abs() < 1e6 {
        return Interval::point(value);
    }
    let slack = 32.0 * f64::EPSILON * value.abs();
    if value.is_finite() { Interval::new(value - slack, value + slack) } else { Interval::UNKNOWN }
}
