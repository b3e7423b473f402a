//! From an expression to code: values, and gradients in reverse mode.
//!
//! A node of a tree has one parent, so an adjoint is written once and never summed; only the
//! gradients of inputs that occur several times are. Adjoints are symbolic as long as
//! possible: below + and − they are the parent's, below the root of a product they *are* the
//! other factor, and scales (signs, the 2 of a square) travel along until a sum needs them.

use super::code::{Action, Code, Fold, Loc, index};
use crate::{Node, Op};

/// A scaled operand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    pub(super) loc: Loc,
    pub(super) scale: f64,
}

impl Term {
    pub(super) const ZERO: Self = Self::new(Loc::Zero);
    pub(super) const ONE: Self = Self::new(Loc::One);

    pub(super) const fn new(loc: Loc) -> Self {
        Self { loc, scale: 1.0 }
    }

    pub(super) fn times(self, factor: f64) -> Self {
        Self { loc: self.loc, scale: self.scale * factor }
    }

    pub(super) fn is_zero(self) -> bool {
        self.loc == Loc::Zero
    }
}

/// What is known of a node while code is built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) node: Node,
    /// Indices of the arguments; a unary operator's twice.
    pub(super) arguments: [usize; 2],
    pub(super) value: Loc,
    /// The sine's cosine, the cosine's sine, the inverse of a root or of a divisor, or the slope of a
    /// function that is computed row by row.
    pub(super) partner: Loc,
    pub(super) adjoint: Term,
    /// Whether an input occurs below (or here).
    pub(super) varies: bool,
}

/// What the values are needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forward {
    /// Nothing else.
    Values,
    /// Derivatives in the inputs.
    Gradients,
    /// Derivatives in the constants too, so that none is folded.
    Constants,
}

/// Builds code; its buffers are reused from one expression to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Builder {
    pub(super) nodes: Vec<Known>,
    stack: Vec<usize>,
    pub(super) gradient: Vec<Term>,
}

impl Builder {
    /// Code with the value as its only output.
    pub(super) fn build_values(&mut self, expr: &[Node], inputs: &[u16], code: &mut Code) {
        code.clear();
        self.forward(expr, inputs, Forward::Values, code);
        self.settle_root(code);
        code.finish();
    }

    /// Code with the value and the derivative in each used input as outputs.
    pub(super) fn build(&mut self, expr: &[Node], inputs: &[u16], code: &mut Code) {
        code.clear();
        self.value_and_gradient(expr, inputs, Forward::Gradients, code);
        code.finish();
    }

    /// The same, with the places of temporaries still open.
    pub(super) fn value_and_gradient(
        &mut self,
        expr: &[Node],
        inputs: &[u16],
        forward: Forward,
        code: &mut Code,
    ) {
        self.forward(expr, inputs, forward, code);
        self.settle_root(code);
        self.reverse(inputs.len(), code);
        for slot in 0..inputs.len() {
            let component = settle(code, self.gradient[slot]);
            code.outputs.push(component);
        }
    }

    fn settle_root(&self, code: &mut Code) {
        let root = self.nodes[self.nodes.len() - 1].value;
        let value = settle(code, Term::new(root));
        code.outputs.push(value);
    }

    fn forward(&mut self, expr: &[Node], inputs: &[u16], wanted: Forward, code: &mut Code) {
        self.nodes.clear();
        self.stack.clear();
        let mut constants = 0;
        let own = expr.iter().filter(|node| **node == Node::Const).count();
        for (at, &node) in expr.iter().enumerate() {
            let mut arguments = [at; 2];
            let mut varies = true;
            let mut partner = Loc::Zero;
            let value = match node {
                Node::Var(input) => Loc::Input(slot_of(input, inputs)),
                Node::Const => {
                    varies = false;
                    constants += 1;
                    Loc::Const(constants - 1)
                }
                Node::Op(op) => {
                    let right = self.stack.pop().unwrap_or(at);
                    let left = if op.arity() == 2 { self.stack.pop() } else { None };
                    arguments = [left.unwrap_or(right), right];
                    varies = arguments.iter().any(|&argument| self.nodes[argument].varies);
                    match arguments.map(|argument| self.nodes[argument].value) {
                        [Loc::Const(a), Loc::Const(b)] if wanted != Forward::Constants => {
                            code.folded.push(Fold { op, arguments: [a, b] });
                            Loc::Const(index(own + code.folded.len() - 1))
                        }
                        [a, b] => {
                            let (value, other) = apply(code, op, a, b, wanted);
                            partner = other;
                            value
                        }
                    }
                }
            };
            self.stack.push(at);
            self.nodes.push(Known { node, arguments, value, partner, adjoint: Term::ZERO, varies });
        }
    }

    fn reverse(&mut self, slots: usize, code: &mut Code) {
        self.gradient.clear();
        self.gradient.resize(slots, Term::ZERO);
        let root = self.nodes.len() - 1;
        self.deliver(root, Term::ONE, Term::ONE, code);
        for at in (0..self.nodes.len()).rev() {
            let Known { node: Node::Op(op), arguments, varies: true, .. } = self.nodes[at] else {
                continue;
            };
            let sides = self.push_down(at, op, code);
            for (argument, (a, b)) in arguments.into_iter().zip(sides).take(op.arity()) {
                if self.nodes[argument].varies {
                    self.deliver(argument, a, b, code);
                }
            }
        }
    }

    /// Gives a node its adjoint a·b; inputs collect theirs.
    fn deliver(&mut self, at: usize, a: Term, b: Term, code: &mut Code) {
        match self.nodes[at].value {
            Loc::Input(slot) => {
                let sum = &mut self.gradient[slot as usize];
                *sum = add_product(code, *sum, a, b);
            }
            _ => self.nodes[at].adjoint = multiply(code, a, b),
        }
    }

    /// The adjoints of the arguments, each as a product of two terms.
    fn push_down(&self, at: usize, op: Op, code: &mut Code) -> [(Term, Term); 2] {
        let Known { arguments, value, partner, adjoint, .. } = self.nodes[at];
        let [a, b] = arguments.map(|argument| self.nodes[argument].value);
        let [a_varies, b_varies] = arguments.map(|argument| self.nodes[argument].varies);
        let value = Term::new(value);
        let (one, none) = (Term::ONE, (Term::ZERO, Term::ZERO));
        let unary = |factor: Term| [(adjoint, factor), none];
        match op {
            Op::Add => [(adjoint, one); 2],
            Op::Sub => [(adjoint, one), (adjoint, one.times(-1.0))],
            Op::Mul => [(adjoint, Term::new(b)), (adjoint, Term::new(a))],
            Op::Div if !b_varies => [(divide(code, adjoint, b), one), none],
            Op::Div => {
                let quotient = multiply(code, adjoint, Term::new(partner));
                [(quotient, one), (quotient, value.times(-1.0))]
            }
            Op::Pow => {
                let base = if a_varies { power_slope(code, a, b, value.loc) } else { Term::ZERO };
                let exponent = if b_varies {
                    let logarithm = logarithm(code, a);
                    multiply(code, value, logarithm)
                } else {
                    Term::ZERO
                };
                [(adjoint, base), (adjoint, exponent)]
            }
            Op::Neg => unary(one.times(-1.0)),
            Op::Square => unary(Term::new(a).times(2.0)),
            Op::Cube => [(multiply(code, adjoint, Term::new(a)), Term::new(a).times(3.0)), none],
            Op::Sqrt => unary(Term::new(partner).times(0.5)),
            Op::Exp => unary(value),
            Op::Log => [(divide(code, adjoint, a), one), none],
            Op::Sin => unary(Term::new(partner)),
            Op::Cos => unary(Term::new(partner).times(-1.0)),
            Op::Tan => unary(add_product(code, one, value, value)),
            Op::Tanh => unary(add_product(code, one, value.times(-1.0), value)),
            Op::Abs => unary(sign(code, a)),
            Op::Inv => [(multiply(code, adjoint, value), value.times(-1.0)), none],
            Op::Asin | Op::Acos | Op::Atan | Op::Sinh | Op::Cosh | Op::Erf => {
                unary(Term::new(partner))
            }
            Op::Atan2 => {
                let inverse = multiply(code, adjoint, Term::new(partner));
                [(inverse, Term::new(b)), (inverse, Term::new(a).times(-1.0))]
            }
        }
    }
}

fn slot_of(input: u16, inputs: &[u16]) -> u32 {
    // There are at most 2¹⁶ inputs, and every one of the expression is in the list.
    inputs.binary_search(&input).map_or(0, |slot| u32::try_from(slot).unwrap_or(0))
}

/// The value of an operator and the partner that helps to differentiate it, if it has one.
fn apply(code: &mut Code, op: Op, a: Loc, b: Loc, wanted: Forward) -> (Loc, Loc) {
    let mut push = |action, a, b| code.push(action, [a, b, Loc::Zero], 1.0);
    let value = match op {
        Op::Add => push(Action::Add, a, b),
        Op::Sub => push(Action::Sub, a, b),
        Op::Mul => push(Action::Mul, a, b),
        Op::Div if wanted == Forward::Values || matches!(b, Loc::Const(_)) => {
            push(Action::Div, a, b)
        }
        Op::Div => return code.push_pair(Action::DivInverse, [a, b, Loc::Zero]),
        Op::Pow => push(Action::Pow, a, b),
        Op::Neg => code.push(Action::Scale, [a, Loc::Zero, Loc::Zero], -1.0),
        Op::Square => push(Action::Mul, a, a),
        Op::Cube => push(Action::Cube, a, Loc::Zero),
        Op::Sqrt if wanted == Forward::Values => push(Action::Sqrt, a, Loc::Zero),
        Op::Sqrt => return code.push_pair(Action::SqrtInverse, [a, Loc::Zero, Loc::Zero]),
        Op::Exp => push(Action::Exp, a, Loc::Zero),
        Op::Log => push(Action::Log, a, Loc::Zero),
        Op::Sin if wanted == Forward::Values => push(Action::Sin, a, Loc::Zero),
        Op::Cos if wanted == Forward::Values => push(Action::Cos, a, Loc::Zero),
        Op::Sin => return code.push_pair(Action::SinCos, [a, Loc::Zero, Loc::Zero]),
        Op::Cos => {
            let (sine, cosine) = code.push_pair(Action::SinCos, [a, Loc::Zero, Loc::Zero]);
            return (cosine, sine);
        }
        Op::Tan => push(Action::Tan, a, Loc::Zero),
        Op::Tanh => push(Action::Tanh, a, Loc::Zero),
        Op::Abs => push(Action::Abs, a, Loc::Zero),
        Op::Inv => push(Action::Div, Loc::One, a),
        Op::Asin | Op::Acos | Op::Atan | Op::Atan2 | Op::Sinh | Op::Cosh | Op::Erf => {
            if wanted != Forward::Values {
                return code.push_pair(Action::FunctionSlope(op), [a, b, Loc::Zero]);
            }
            push(Action::Function(op), a, b)
        }
    };
    (value, Loc::Zero)
}

/// a·b, where possible without an instruction.
pub(super) fn multiply(code: &mut Code, a: Term, b: Term) -> Term {
    let scale = a.scale * b.scale;
    let loc = match (a.loc, b.loc) {
        (Loc::Zero, _) | (_, Loc::Zero) => return Term::ZERO,
        (Loc::One, other) | (other, Loc::One) => other,
        (a, b) => code.push(Action::Mul, [a, b, Loc::Zero], 1.0),
    };
    Term { loc, scale }
}

/// sum + a·b, where possible in one instruction or none.
pub(super) fn add_product(code: &mut Code, sum: Term, a: Term, b: Term) -> Term {
    let scale = a.scale * b.scale;
    let trivial = |loc| matches!(loc, Loc::Zero | Loc::One);
    if a.is_zero() || b.is_zero() {
        return sum;
    }
    if sum.is_zero() {
        let product = trivial(a.loc) || trivial(b.loc);
        return if product {
            multiply(code, a, b)
        } else {
            Term::new(code.push(Action::Mul, [a.loc, b.loc, Loc::Zero], scale))
        };
    }
    // Factoring the sum's scale out must be exact.
    let sum = if is_power_of_two(sum.scale) { sum } else { Term::new(settle(code, sum)) };
    let relative = scale / sum.scale;
    let loc = match (a.loc, b.loc) {
        (Loc::One, other) | (other, Loc::One) => add_scaled(code, sum.loc, other, relative),
        (a, b) => code.push(Action::MulAdd, [a, b, sum.loc], relative),
    };
    Term { loc, scale: sum.scale }
}

fn add_scaled(code: &mut Code, sum: Loc, term: Loc, scale: f64) -> Loc {
    if scale == 1.0 {
        code.push(Action::Add, [sum, term, Loc::Zero], 1.0)
    } else if scale == -1.0 {
        code.push(Action::Sub, [sum, term, Loc::Zero], 1.0)
    } else {
        code.push(Action::AddScaled, [term, sum, Loc::Zero], scale)
    }
}

fn is_power_of_two(scale: f64) -> bool {
    const FRACTION: u64 = (1 << 52) - 1;
    scale.is_normal() && scale.to_bits() & FRACTION == 0
}

pub(super) fn divide(code: &mut Code, a: Term, b: Loc) -> Term {
    if a.is_zero() {
        return Term::ZERO;
    }
    Term { loc: code.push(Action::Div, [a.loc, b, Loc::Zero], 1.0), scale: a.scale }
}

pub(super) fn power_slope(code: &mut Code, a: Loc, b: Loc, value: Loc) -> Term {
    Term::new(code.push(Action::PowSlope, [a, b, value], 1.0))
}

pub(super) fn logarithm(code: &mut Code, a: Loc) -> Term {
    Term::new(code.push(Action::Log, [a, Loc::Zero, Loc::Zero], 1.0))
}

pub(super) fn sign(code: &mut Code, a: Loc) -> Term {
    Term::new(code.push(Action::Sign, [a, Loc::Zero, Loc::Zero], 1.0))
}

/// A place where the term stands as a column.
pub(super) fn settle(code: &mut Code, term: Term) -> Loc {
    match term.loc {
        Loc::Input(_) | Loc::Temp(_) if term.scale == 1.0 => term.loc,
        Loc::Zero => Loc::Zero,
        Loc::One if term.scale == 1.0 => Loc::One,
        other => code.push(Action::Scale, [other, Loc::Zero, Loc::Zero], term.scale),
    }
}
