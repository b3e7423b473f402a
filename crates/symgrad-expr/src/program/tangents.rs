//! Derivatives of values and gradients in the constants: forward over reverse.
//!
//! For one constant only the nodes between it and the root have a tangent, and each of them
//! has exactly one argument with a tangent. Below them the tangents of adjoints spread to all
//! inputs. With v̇ the tangents of values, w̄ the adjoint of a node w = w(a, b) and pₐ, hₐᵦ its
//! first and second partial derivatives, ǡ = ẇ̄·pₐ + w̄·(hₐₛ·ṡ), where s is the argument with a
//! tangent.

use super::code::{Action, Code, Loc};
use super::compile::{
    Builder, Forward, Known, Term, add_product, divide, logarithm, multiply, power_slope, settle,
    sign,
};
use crate::{Node, Op};

/// Tangents of one node along the constant at hand.
#[derive(Clone, Copy, Debug)]
struct Tangent {
    value: Term,
    adjoint: Term,
    /// Which argument has a tangent.
    side: Option<usize>,
}

/// Builds the code for derivatives in the constants; its buffers are reused.
#[derive(Clone, Debug, Default)]
pub(super) struct TangentBuilder {
    pub(super) builder: Builder,
    /// First partial derivatives of each node, by argument.
    slopes: Vec<[Option<Term>; 2]>,
    /// Second ones: in the first argument twice, in both, in the second twice.
    curvatures: Vec<[Option<Term>; 3]>,
    tangents: Vec<Tangent>,
    gradient: Vec<Term>,
}

impl TangentBuilder {
    /// Outputs: the value and the gradient, then for each constant ∂f/∂cₖ and ∂(∇f)/∂cₖ.
    pub(super) fn build(&mut self, expr: &[Node], inputs: &[u16], code: &mut Code) {
        code.clear();
        self.builder.value_and_gradient(expr, inputs, Forward::Constants, code);
        self.slopes.clear();
        self.slopes.resize(expr.len(), [None; 2]);
        self.curvatures.clear();
        self.curvatures.resize(expr.len(), [None; 3]);
        for (leaf, node) in expr.iter().enumerate() {
            if *node == Node::Const {
                self.forward(leaf, code);
                self.reverse(inputs.len(), code);
            }
        }
        code.finish();
    }

    /// Tangents of values from the constant up to the root.
    fn forward(&mut self, leaf: usize, code: &mut Code) {
        let nothing = Tangent { value: Term::ZERO, adjoint: Term::ZERO, side: None };
        self.tangents.clear();
        self.tangents.resize(self.slopes.len(), nothing);
        self.tangents[leaf].value = Term::ONE;
        for at in leaf + 1..self.slopes.len() {
            let Known { node: Node::Op(op), arguments, .. } = self.builder.nodes[at] else {
                continue;
            };
            let sides = &arguments[..op.arity()];
            let side = sides.iter().position(|&side| !self.tangents[side].value.is_zero());
            if let Some(side) = side {
                let slope = self.slope(at, op, side, code);
                let below = self.tangents[arguments[side]].value;
                let value = multiply(code, below, slope);
                self.tangents[at] = Tangent { value, side: Some(side), ..nothing };
            }
        }
        let root = self.tangents[self.tangents.len() - 1].value;
        let root = settle(code, root);
        code.outputs.push(root);
    }

    /// Tangents of adjoints from the root down to the inputs.
    fn reverse(&mut self, inputs: usize, code: &mut Code) {
        self.gradient.clear();
        self.gradient.resize(inputs, Term::ZERO);
        for at in (0..self.slopes.len()).rev() {
            let Known { node: Node::Op(op), arguments, varies: true, adjoint, .. } =
                self.builder.nodes[at]
            else {
                continue;
            };
            let tangent = self.tangents[at];
            if tangent.side.is_none() && tangent.adjoint.is_zero() {
                continue;
            }
            for (side, &argument) in arguments[..op.arity()].iter().enumerate() {
                if !self.builder.nodes[argument].varies {
                    continue;
                }
                if !tangent.adjoint.is_zero() {
                    let slope = self.slope(at, op, side, code);
                    self.deliver(argument, tangent.adjoint, slope, code);
                }
                if let Some(moving) = tangent.side {
                    let curvature = self.curvature(at, op, [side, moving], code);
                    let value = self.tangents[arguments[moving]].value;
                    let change = multiply(code, curvature, value);
                    self.deliver(argument, adjoint, change, code);
                }
            }
        }
        for slot in 0..inputs {
            let component = settle(code, self.gradient[slot]);
            code.outputs.push(component);
        }
    }

    /// Adds a·b to the tangent of a node's adjoint or, at an input, of its gradient.
    fn deliver(&mut self, at: usize, a: Term, b: Term, code: &mut Code) {
        let sum = match self.builder.nodes[at].value {
            Loc::Input(slot) => &mut self.gradient[slot as usize],
            _ => &mut self.tangents[at].adjoint,
        };
        *sum = add_product(code, *sum, a, b);
    }

    /// The partial derivative of a node in one of its arguments.
    fn slope(&mut self, at: usize, op: Op, side: usize, code: &mut Code) -> Term {
        if let Some(slope) = self.slopes[at][side] {
            return slope;
        }
        let Known { arguments, value, partner, .. } = self.builder.nodes[at];
        let [a, b] = arguments.map(|argument| self.builder.nodes[argument].value);
        let value = Term::new(value);
        let one = Term::ONE;
        let slope = match (op, side) {
            (Op::Add, _) | (Op::Sub, 0) => one,
            (Op::Sub | Op::Neg, _) => one.times(-1.0),
            (Op::Mul, 0) => Term::new(b),
            (Op::Mul, _) => Term::new(a),
            (Op::Div, 0) if partner == Loc::Zero => divide(code, one, b),
            (Op::Div, _) if partner == Loc::Zero => divide(code, value, b).times(-1.0),
            (Op::Div, 0) | (Op::Sin, _) => Term::new(partner),
            (Op::Div, _) => multiply(code, value, Term::new(partner)).times(-1.0),
            (Op::Pow, 0) => power_slope(code, a, b, value.loc),
            (Op::Pow, _) => {
                let logarithm = logarithm(code, a);
                multiply(code, value, logarithm)
            }
            (Op::Square, _) => Term::new(a).times(2.0),
            (Op::Cube, _) => multiply(code, Term::new(a), Term::new(a)).times(3.0),
            (Op::Sqrt, _) => Term::new(partner).times(0.5),
            (Op::Exp, _) => value,
            (Op::Log, _) => divide(code, one, a),
            (Op::Cos, _) => Term::new(partner).times(-1.0),
            (Op::Tan, _) => add_product(code, one, value, value),
            (Op::Tanh, _) => add_product(code, one, value.times(-1.0), value),
            (Op::Abs, _) => sign(code, a),
            (Op::Inv, _) => multiply(code, value, value).times(-1.0),
            (Op::Asin | Op::Acos | Op::Atan | Op::Sinh | Op::Cosh | Op::Erf, _) => {
                Term::new(partner)
            }
            (Op::Atan2, 0) => multiply(code, Term::new(partner), Term::new(b)),
            (Op::Atan2, _) => multiply(code, Term::new(partner), Term::new(a)).times(-1.0),
        };
        self.slopes[at][side] = Some(slope);
        slope
    }

    /// The second partial derivative of a node in two of its arguments.
    fn curvature(&mut self, at: usize, op: Op, sides: [usize; 2], code: &mut Code) -> Term {
        let which = sides[0] + sides[1];
        if let Some(curvature) = self.curvatures[at][which] {
            return curvature;
        }
        let Known { arguments, value, .. } = self.builder.nodes[at];
        let [a, b] = arguments.map(|argument| self.builder.nodes[argument].value);
        let value = Term::new(value);
        let curvature = match (op, which) {
            (Op::Add | Op::Sub | Op::Neg | Op::Abs, _) | (Op::Div, 0) | (Op::Mul, 0 | 2) => {
                Term::ZERO
            }
            (Op::Mul, _) => Term::ONE,
            (Op::Div, 2) => {
                let slope = self.slope(at, op, 1, code);
                divide(code, slope, b).times(-2.0)
            }
            (Op::Div, _) => {
                let slope = self.slope(at, op, 0, code);
                divide(code, slope, b).times(-1.0)
            }
            (Op::Pow, 0) => {
                let slope = self.slope(at, op, 0, code);
                Term::new(code.push(Action::PowCurvature, [a, b, slope.loc], 1.0))
            }
            (Op::Pow, 2) => {
                let slope = self.slope(at, op, 1, code);
                let logarithm = logarithm(code, a);
                multiply(code, slope, logarithm)
            }
            (Op::Pow, _) => {
                // aᵇ⁻¹(1 + b·ln a) = v/a + pₐ·ln a
                let slope = self.slope(at, op, 0, code);
                let logarithm = logarithm(code, a);
                let ratio = divide(code, value, a);
                add_product(code, ratio, slope, logarithm)
            }
            (Op::Square, _) => Term::ONE.times(2.0),
            (Op::Cube, _) => Term::new(a).times(6.0),
            (Op::Sqrt, _) => {
                let slope = self.slope(at, op, 0, code);
                divide(code, slope, a).times(-0.5)
            }
            (Op::Exp | Op::Sinh | Op::Cosh, _) => value,
            (Op::Log, _) => {
                let slope = self.slope(at, op, 0, code);
                multiply(code, slope, slope).times(-1.0)
            }
            (Op::Sin | Op::Cos, _) => value.times(-1.0),
            (Op::Tan, _) => {
                let slope = self.slope(at, op, 0, code);
                multiply(code, slope, value).times(2.0)
            }
            (Op::Tanh | Op::Inv, _) => {
                let slope = self.slope(at, op, 0, code);
                multiply(code, slope, value).times(-2.0)
            }
            (Op::Asin | Op::Acos, _) => {
                // a·(1 − a²)^(−3/2), with the slope's sign
                let slope = self.slope(at, op, 0, code);
                let square = multiply(code, slope, slope);
                let bent = multiply(code, square, slope);
                multiply(code, bent, Term::new(a))
            }
            (Op::Atan, _) => {
                let slope = self.slope(at, op, 0, code);
                let square = multiply(code, slope, slope);
                multiply(code, square, Term::new(a)).times(-2.0)
            }
            (Op::Erf, _) => {
                let slope = self.slope(at, op, 0, code);
                multiply(code, slope, Term::new(a)).times(-2.0)
            }
            (Op::Atan2, 1) => {
                let [first, second] = [0, 1].map(|side| self.slope(at, op, side, code));
                let square = multiply(code, second, second);
                add_product(code, square, first.times(-1.0), first)
            }
            (Op::Atan2, _) => {
                let [first, second] = [0, 1].map(|side| self.slope(at, op, side, code));
                multiply(code, first, second).times(if which == 0 { 2.0 } else { -2.0 })
            }
        };
        self.curvatures[at][which] = Some(curvature);
        curvature
    }
}
