//! Writing collected sums as an expression.

use super::collect::{Base, Collected, Term};
use super::number::Number;
use crate::{Expr, Node, Op};

/// What is still to be written, in reverse order.
enum Task<'a> {
    Sum(&'a [Term]),
    /// A term without its sign, or with a minus sign of its own.
    Term {
        term: &'a Term,
        negative: bool,
    },
    Base {
        base: usize,
        exponent: i32,
    },
    Input(u16),
    Number(f64),
    Op(Op),
}

pub(super) fn expression(collected: &Collected) -> Expr {
    let (mut nodes, mut constants) = (vec![], vec![]);
    let mut tasks = vec![Task::Sum(collected.root())];
    while let Some(task) = tasks.pop() {
        let parts = match task {
            Task::Sum(terms) => sum(terms),
            Task::Term { term, negative } => product(term, negative),
            Task::Base { base, exponent } => power(collected, base, exponent),
            Task::Input(input) => {
                nodes.push(Node::Var(input));
                continue;
            }
            Task::Number(value) => {
                nodes.push(Node::Const);
                constants.push(value);
                continue;
            }
            Task::Op(op) => {
                nodes.push(Node::Op(op));
                continue;
            }
        };
        tasks.extend(parts.into_iter().rev());
    }
    Expr::from_parts(nodes, constants)
}

/// The first positive term leads; a sum without one begins with a minus sign.
fn sum(terms: &[Term]) -> Vec<Task<'_>> {
    let lead = terms.iter().position(|term| term.number.positive);
    let first = lead.unwrap_or(0);
    let mut tasks = vec![Task::Term { term: &terms[first], negative: lead.is_none() }];
    for (index, term) in terms.iter().enumerate() {
        if index != first {
            tasks.push(Task::Term { term, negative: false });
            tasks.push(Task::Op(if term.number.positive { Op::Add } else { Op::Sub }));
        }
    }
    tasks
}

/// The coefficient, then what is above the fraction bar, then what is below. A minus sign
/// belongs to the first factor: −x·y is (−x)·y.
fn product(term: &Term, negative: bool) -> Vec<Task<'_>> {
    let Number { above: size, below: divisor, .. } = term.number;
    let powers =
        |above: bool| term.powers.iter().filter(move |(_, exponent)| (*exponent > 0) == above);
    let mut tasks = vec![];
    let mut factors = 0;
    let mut multiply = |tasks: &mut Vec<Task<'_>>, factor: Task<'static>| {
        tasks.push(factor);
        factors += 1;
        if factors > 1 {
            tasks.push(Task::Op(Op::Mul));
        }
        factors
    };
    let lone = powers(true).next().is_none();
    let inverse = lone && size == 1.0 && !negative && (divisor != 1.0 || !term.powers.is_empty());
    let mut negative = negative;
    if !inverse && (size != 1.0 || lone) {
        multiply(&mut tasks, Task::Number(if negative { -size } else { size }));
        negative = false;
    }
    for (base, exponent) in powers(true) {
        let count = multiply(&mut tasks, Task::Base { base: *base, exponent: *exponent });
        if count == 1 && negative {
            tasks.push(Task::Op(Op::Neg));
        }
    }
    let mut below = vec![];
    let mut divide = |task: Task<'static>| {
        let first = below.is_empty();
        below.push(task);
        if !first {
            below.push(Task::Op(Op::Mul));
        }
    };
    if divisor != 1.0 {
        divide(Task::Number(divisor));
    }
    for (base, exponent) in powers(false) {
        divide(Task::Base { base: *base, exponent: -*exponent });
    }
    if !below.is_empty() {
        tasks.extend(below);
        tasks.push(Task::Op(if inverse { Op::Inv } else { Op::Div }));
    }
    tasks
}

/// A positive power of a base.
fn power(collected: &Collected, base: usize, exponent: i32) -> Vec<Task<'_>> {
    let sum = |index: usize| Task::Sum(collected.sum(index));
    let mut tasks = match collected.base(base) {
        Base::Input(input) => vec![Task::Input(input)],
        Base::Number(bits) => vec![Task::Number(f64::from_bits(bits))],
        Base::Sum(index) => vec![sum(index)],
        Base::Apply(op, index) => vec![sum(index), Task::Op(op)],
        Base::Power(index, exponent) => vec![sum(index), sum(exponent), Task::Op(Op::Pow)],
        Base::Two(op, first, second) => vec![sum(first), sum(second), Task::Op(op)],
    };
    match exponent {
        1 => {}
        2 => tasks.push(Task::Op(Op::Square)),
        3 => tasks.push(Task::Op(Op::Cube)),
        _ => tasks.extend([Task::Number(f64::from(exponent)), Task::Op(Op::Pow)]),
    }
    tasks
}
