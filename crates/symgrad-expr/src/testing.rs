//! For tests of this and other crates: random expressions and a second way to differentiate.
//!
//! ```
//! use symgrad_expr::{Expr, testing::dual};
//! let product: Expr = "x1*x2".parse()?;
//! let at = dual(&product, &[3.0, 4.0]);
//! assert_eq!((at.value, at.gradient), (12.0, vec![4.0, 3.0]));
//! # Ok::<(), symgrad_expr::ParseError>(())
//! ```

use proptest::prelude::*;
use proptest::sample::select;

use crate::{Expr, Node, Op};

/// A value with its first derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Dual {
    /// The value.
    pub value: f64,
    /// The derivative in each coordinate of the point.
    pub gradient: Vec<f64>,
    /// The gradient with every term taken as positive: rounding errors grow with it, where
    /// terms cancel in the gradient itself.
    pub scale: Vec<f64>,
}

/// Value and gradient by forward-mode dual numbers: numbers alone, one rule per operator.
///
/// It shares no code with the symbolic derivative or the compiled program, so that agreement
/// means something.
///
/// # Panics
/// If the point has fewer coordinates than the expression has inputs.
pub fn dual(expr: &Expr, point: &[f64]) -> Dual {
    let trace = dual_trace(expr, point);
    trace[trace.len() - 1].clone()
}

/// The dual numbers of every subexpression, in postfix order.
fn dual_trace(expr: &Expr, point: &[f64]) -> Vec<Dual> {
    let mut trace: Vec<Dual> = Vec::with_capacity(expr.len());
    let mut open: Vec<usize> = Vec::new();
    let mut constants = expr.constants().iter();
    for (end, node) in expr.nodes().iter().enumerate() {
        let next = match node {
            Node::Var(index) => {
                let own = usize::from(*index);
                let gradient: Vec<f64> =
                    (0..point.len()).map(|i| f64::from(u8::from(i == own))).collect();
                Dual { value: point[own], scale: gradient.clone(), gradient }
            }
            Node::Const => {
                let zero = vec![0.0; point.len()];
                let value = constants.next().copied().unwrap_or(f64::NAN);
                Dual { value, scale: zero.clone(), gradient: zero }
            }
            Node::Op(op) => {
                let arguments = open.split_off(open.len() - op.arity());
                apply(*op, &trace[arguments[0]], &trace[arguments[op.arity() - 1]])
            }
        };
        trace.push(next);
        open.push(end);
    }
    trace
}

/// The operator on dual numbers; a unary one gets its argument twice.
fn apply(op: Op, left: &Dual, right: &Dual) -> Dual {
    let (a, b) = (left.value, right.value);
    let (value, by_left, by_right) = partials(op, a, b);
    let along = |by: f64, slope: f64| if slope == 0.0 { 0.0 } else { by * slope };
    let combine = |(l, r): (&f64, &f64)| along(by_left, *l) + along(by_right, *r);
    let widen = |(l, r): (&f64, &f64)| along(by_left.abs(), *l) + along(by_right.abs(), *r);
    Dual {
        value,
        gradient: left.gradient.iter().zip(&right.gradient).map(combine).collect(),
        scale: left.scale.iter().zip(&right.scale).map(widen).collect(),
    }
}

/// The value and its derivatives in the first and in the second argument.
fn partials(op: Op, a: f64, b: f64) -> (f64, f64, f64) {
    let one = |value: f64, slope: f64| (value, slope, 0.0);
    match op {
        Op::Add => (a + b, 1.0, 1.0),
        Op::Sub => (a - b, 1.0, -1.0),
        Op::Mul => (a * b, b, a),
        Op::Div => (a / b, 1.0 / b, -a / (b * b)),
        Op::Pow => (a.powf(b), b * a.powf(b - 1.0), a.powf(b) * a.ln()),
        Op::Neg => one(-a, -1.0),
        Op::Square => one(a * a, a + a),
        Op::Cube => one(a.powi(3), 3.0 * a * a),
        Op::Sqrt => one(a.sqrt(), 0.5 / a.sqrt()),
        Op::Exp => one(a.exp(), a.exp()),
        Op::Log => one(a.ln(), 1.0 / a),
        Op::Sin => one(a.sin(), a.cos()),
        Op::Cos => one(a.cos(), -a.sin()),
        Op::Tan => one(a.tan(), 1.0 / (a.cos() * a.cos())),
        Op::Tanh => one(a.tanh(), 1.0 / (a.cosh() * a.cosh())),
        Op::Abs => one(a.abs(), a.signum()),
        Op::Inv => one(1.0 / a, -1.0 / (a * a)),
        Op::Asin => one(a.asin(), 1.0 / (1.0 - a * a).sqrt()),
        Op::Acos => one(a.acos(), -1.0 / (1.0 - a * a).sqrt()),
        Op::Atan => one(a.atan(), 1.0 / (1.0 + a * a)),
        Op::Atan2 => (a.atan2(b), b / (a * a + b * b), -a / (a * a + b * b)),
        Op::Sinh => one(a.sinh(), a.cosh()),
        Op::Cosh => one(a.cosh(), a.sinh()),
        Op::Erf => one(error_function(a), std::f64::consts::FRAC_2_SQRT_PI * (-a * a).exp()),
    }
}

/// By its series in e^(−a²), all of whose terms have one sign; beyond 6 it rounds to ±1.
fn error_function(a: f64) -> f64 {
    if a.abs() > 6.0 {
        return a.signum();
    }
    let (mut term, mut sum) = (a, a);
    for n in 1..200 {
        term *= 2.0 * a * a / f64::from(2 * n + 1);
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-a * a).exp() * sum
}

/// Whether the expression is smooth around the point, by the domains of its operators: every
/// argument keeps `margin` away from where its operator is undefined, has a kink or a pole, and
/// no value on the way exceeds 1/`margin²` in size.
///
/// # Panics
/// If the point has fewer coordinates than the expression has inputs.
pub fn is_regular(expr: &Expr, point: &[f64], margin: f64) -> bool {
    let trace = dual_trace(expr, point);
    let small = |dual: &Dual| dual.value.abs() <= 1.0 / (margin * margin);
    trace.iter().all(small)
        && expr.nodes().iter().enumerate().all(|(end, node)| match node {
            Node::Op(op) if op.arity() == 2 => {
                let right = end - 1;
                let left = expr.subtree_start(right) - 1;
                is_inside(*op, trace[left].value, trace[right].value, margin)
            }
            Node::Op(op) => is_inside(*op, trace[end - 1].value, 0.0, margin),
            Node::Var(_) | Node::Const => true,
        })
}

fn is_inside(op: Op, a: f64, b: f64, margin: f64) -> bool {
    match op {
        Op::Sqrt | Op::Log | Op::Pow => a >= margin,
        Op::Div => b.abs() >= margin,
        Op::Inv | Op::Abs => a.abs() >= margin,
        Op::Tan => a.cos().abs() >= margin,
        Op::Asin | Op::Acos => a.abs() <= 1.0 - margin,
        Op::Atan2 => a.abs() >= margin || b >= margin,
        _ => true,
    }
}

/// Random expressions of the given operators over inputs 0 … `inputs` − 1, up to about forty
/// nodes, with constants of everyday size.
pub fn expressions(inputs: u16, ops: &[Op]) -> BoxedStrategy<Expr> {
    let constants = prop_oneof![
        2 => (-3_i8..=3).prop_map(f64::from),
        1 => -2.0..2.0,
    ];
    grown(0..inputs.max(1), constants, ops)
}

/// Random expressions of all operators, any of the possible inputs, and any finite constants.
pub fn any_expressions() -> BoxedStrategy<Expr> {
    let finite = any::<f64>().prop_filter("finite", |value| value.is_finite());
    let constants = prop_oneof![
        4 => (-4_i8..=4).prop_map(f64::from),
        2 => finite,
        1 => select(vec![-0.0, f64::MIN_POSITIVE, f64::MAX, 5e-324, 1e16, 1e-5, 0.1]),
    ];
    let inputs = prop_oneof![8 => 0_u16..5, 1 => any::<u16>()];
    grown(inputs, constants, &Op::ALL)
}

fn grown(
    inputs: impl Strategy<Value = u16> + 'static,
    constants: impl Strategy<Value = f64> + 'static,
    ops: &[Op],
) -> BoxedStrategy<Expr> {
    let leaves = prop_oneof![
        2 => inputs.prop_map(Expr::var),
        1 => constants.prop_map(Expr::constant),
    ]
    .boxed();
    if ops.is_empty() {
        return leaves;
    }
    let glue = ops.iter().copied().find(|op| op.arity() == 2);
    let steps = prop_oneof![
        1 => leaves.clone().prop_map(Step::Leaf),
        1 => select(ops.to_vec()).prop_map(Step::Apply),
    ];
    (leaves, proptest::collection::vec(steps, 0..40))
        .prop_map(move |(first, steps)| assemble(first, steps, glue))
        .boxed()
}

#[derive(Clone, Debug)]
enum Step {
    Leaf(Expr),
    Apply(Op),
}

/// Runs the steps on a stack, leaving out those that lack arguments; whatever remains on the
/// stack is glued together.
fn assemble(first: Expr, steps: Vec<Step>, glue: Option<Op>) -> Expr {
    let mut rest: Vec<Expr> = Vec::new();
    let mut top = first;
    for step in steps {
        top = match step {
            Step::Leaf(leaf) => {
                rest.push(top);
                leaf
            }
            Step::Apply(op) if op.arity() == 1 => Expr::unary(op, top),
            Step::Apply(op) => match rest.pop() {
                Some(left) => Expr::binary(op, left, &top),
                None => top,
            },
        };
    }
    match glue {
        Some(op) => rest.into_iter().rev().fold(top, |top, left| Expr::binary(op, left, &top)),
        None => top,
    }
}

/// Random points with coordinates between −3 and 3.
pub fn points(inputs: usize) -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(-3.0..3.0, inputs)
}
