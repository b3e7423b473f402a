//! One row at a time: numbers carry a tangent in one constant.

use super::{Program, Workspace};
use crate::{Node, Op};

pub(super) fn value<C: AsRef<[f64]>>(
    program: &Program,
    columns: &[C],
    row: usize,
    workspace: &mut Workspace,
) -> f64 {
    let stack = &mut workspace.stack;
    stack.clear();
    let mut constants = program.constants.iter();
    for node in &program.nodes {
        let value = match node {
            Node::Var(input) => columns[usize::from(*input)].as_ref()[row],
            Node::Const => *constants.next().unwrap_or(&f64::NAN),
            Node::Op(op) => {
                let right = stack.pop().unwrap_or(f64::NAN);
                let left = if op.arity() == 2 { stack.pop().unwrap_or(f64::NAN) } else { right };
                op.apply(left, right)
            }
        };
        stack.push(value);
    }
    stack[0]
}

/// A number and its derivative in the chosen constant.
type Dual = (f64, f64);

fn mul(a: Dual, b: Dual) -> Dual {
    (a.0 * b.0, a.1 * b.0 + a.0 * b.1)
}

/// First and second partial derivatives: pa, pb, haa, hab, hbb.
fn partials(op: Op, a: f64, b: f64, v: f64) -> [f64; 5] {
    match op {
        Op::Add => [1.0, 1.0, 0.0, 0.0, 0.0],
        Op::Sub => [1.0, -1.0, 0.0, 0.0, 0.0],
        Op::Mul => [b, a, 0.0, 1.0, 0.0],
        Op::Div => [1.0 / b, -v / b, 0.0, -1.0 / (b * b), 2.0 * v / (b * b)],
        Op::Pow => [
            b * a.powf(b - 1.0),
            v * a.ln(),
            b * (b - 1.0) * a.powf(b - 2.0),
            a.powf(b - 1.0) * (1.0 + b * a.ln()),
            v * a.ln() * a.ln(),
        ],
        Op::Neg => [-1.0, 0.0, 0.0, 0.0, 0.0],
        Op::Square => [2.0 * a, 0.0, 2.0, 0.0, 0.0],
        Op::Cube => [3.0 * a * a, 0.0, 6.0 * a, 0.0, 0.0],
        Op::Sqrt => [0.5 / v, 0.0, -0.25 / (a * v), 0.0, 0.0],
        Op::Exp => [v, 0.0, v, 0.0, 0.0],
        Op::Log => [1.0 / a, 0.0, -1.0 / (a * a), 0.0, 0.0],
        Op::Sin => [a.cos(), 0.0, -v, 0.0, 0.0],
        Op::Cos => [-a.sin(), 0.0, -v, 0.0, 0.0],
        Op::Tan => [1.0 + v * v, 0.0, 2.0 * v * (1.0 + v * v), 0.0, 0.0],
        Op::Tanh => [1.0 - v * v, 0.0, -2.0 * v * (1.0 - v * v), 0.0, 0.0],
        Op::Abs => [a.signum(), 0.0, 0.0, 0.0, 0.0],
        Op::Inv => [-v * v, 0.0, 2.0 * v * v * v, 0.0, 0.0],
    }
}

/// The value, the gradient in the used inputs, and that in the constants; tangents are
/// along constant `along`.
pub(super) fn gradient<C: AsRef<[f64]>>(
    program: &Program,
    columns: &[C],
    row: usize,
    along: Option<usize>,
) -> (f64, Vec<Dual>, Vec<Dual>) {
    let mut values: Vec<Dual> = vec![];
    let mut links: Vec<(usize, usize, Dual, Dual)> = vec![];
    let mut stack: Vec<usize> = vec![];
    let mut k = 0;
    for (at, node) in program.nodes.iter().enumerate() {
        let mut link = (at, at, (0.0, 0.0), (0.0, 0.0));
        let value = match node {
            Node::Var(input) => (columns[usize::from(*input)].as_ref()[row], 0.0),
            Node::Const => {
                k += 1;
                (program.constants[k - 1], if along == Some(k - 1) { 1.0 } else { 0.0 })
            }
            Node::Op(op) => {
                let right = stack.pop().unwrap_or(0);
                let left = if op.arity() == 2 { stack.pop().unwrap_or(0) } else { right };
                let (a, b) = (values[left], values[right]);
                let v = op.apply(a.0, b.0);
                let [pa, pb, haa, hab, hbb] = partials(*op, a.0, b.0, v);
                let unary = op.arity() == 1;
                let b_dot = if unary || b.1 == 0.0 { 0.0 } else { b.1 };
                let scaled = |h: f64, dot: f64| if dot == 0.0 { 0.0 } else { h * dot };
                link = (
                    left,
                    right,
                    (pa, scaled(haa, a.1) + scaled(hab, b_dot)),
                    if unary { (0.0, 0.0) } else { (pb, scaled(hab, a.1) + scaled(hbb, b_dot)) },
                );
                (v, scaled(pa, a.1) + scaled(pb, b_dot))
            }
        };
        stack.push(at);
        values.push(value);
        links.push(link);
    }
    let mut adjoints = vec![(0.0, 0.0); values.len()];
    adjoints[values.len() - 1] = (1.0, 0.0);
    let mut gradient = vec![(0.0, 0.0); program.inputs.len()];
    let mut constant = vec![(0.0, 0.0); program.constants.len()];
    for (at, node) in program.nodes.iter().enumerate().rev() {
        let adjoint = adjoints[at];
        match node {
            Node::Var(input) => {
                let slot = program.inputs.binary_search(input).unwrap_or(0);
                gradient[slot].0 += adjoint.0;
                gradient[slot].1 += adjoint.1;
            }
            Node::Const => {
                k -= 1;
                constant[k] = adjoint;
            }
            Node::Op(op) => {
                let (left, right, pa, pb) = links[at];
                if op.arity() == 2 {
                    adjoints[right] = mul(adjoint, pb);
                }
                adjoints[left] = mul(adjoint, pa);
            }
        }
    }
    (values[values.len() - 1].0, gradient, constant)
}
