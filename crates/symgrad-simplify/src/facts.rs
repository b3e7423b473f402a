//! What is known about every e-class: its constant value and the range of its values.

use egg::{Analysis, DidMerge, EGraph, Id, Language};
use symgrad_expr::Op;

use crate::language::{Bits, Term};
use crate::{Domain, Interval};

/// The e-class analysis, for one domain.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) domain: Domain,
}

/// What is proved about the functions of an e-class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fact {
    pub(crate) constant: Option<f64>,
    pub(crate) range: Interval,
}

impl Fact {
    fn constant(value: f64) -> Self {
        Self { constant: Some(value), range: Interval::point(value) }
    }
}

impl Analysis<Term> for Facts {
    type Data = Fact;

    fn make(egraph: &mut EGraph<Term, Self>, term: &Term, _id: Id) -> Fact {
        let fact = |id: &Id| egraph[*id].data;
        match term {
            Term::Var(index) => {
                Fact { constant: None, range: egraph.analysis.domain.input(*index) }
            }
            Term::Const(bits) => Fact::constant(bits.value()),
            Term::Unary(op, a) => apply(*op, fact(a), fact(a)),
            Term::Binary(op, [a, b]) => apply(*op, fact(a), fact(b)),
            Term::LevelSet(_) => Fact { constant: None, range: Interval::UNKNOWN },
        }
    }

    /// Both facts hold for the merged class. Two constants may differ in their last bits, for they
    /// were folded in different orders: the earlier one stays.
    fn merge(&mut self, kept: &mut Fact, other: Fact) -> DidMerge {
        let merged = Fact {
            constant: kept.constant.or(other.constant),
            range: kept.range.narrowed_by(other.range),
        };
        let merged = merged.constant.map_or(merged, Fact::constant);
        let changed = DidMerge(merged != *kept, merged != other);
        *kept = merged;
        changed
    }

    fn modify(egraph: &mut EGraph<Term, Self>, id: Id) {
        if let Some(value) = egraph[id].data.constant {
            let folded = egraph.add(Term::Const(Bits::new(value)));
            egraph.union(id, folded);
            // Other ways to write a constant lead nowhere.
            egraph[id].nodes.retain(Language::is_leaf);
        }
    }
}

fn apply(op: Op, a: Fact, b: Fact) -> Fact {
    match fold(op, a.constant, b.constant) {
        Some(value) => Fact::constant(value),
        None => Fact { constant: None, range: Interval::apply(op, a.range, b.range) },
    }
}

/// The operator's value for constants, where folding loses nothing.
pub(crate) fn fold(op: Op, a: Option<f64>, b: Option<f64>) -> Option<f64> {
    let (a, b) = (a?, if op.arity() == 2 { b? } else { 0.0 });
    let value = op.apply(a, b);
    // What is left of two nearly equal constants is their rounding error: not worth keeping, and
    // merged with an exact 0 it would prove anything.
    let cancels = matches!(op, Op::Add | Op::Sub)
        && value != 0.0
        && value.abs() < 1e-10 * a.abs().max(b.abs());
    // Likewise sin π: a zero of the function but for the last bits of π.
    let vanishes = op.arity() == 1 && value != 0.0 && value.abs() < 1e-10 && a.abs() > 1e-3;
    // 0 or nearly so, for want of smaller numbers.
    let exact_zero =
        a == 0.0 || op.arity() == 2 && b == 0.0 || matches!(op, Op::Add | Op::Sub | Op::Log);
    let underflows = value.abs() < f64::MIN_POSITIVE && !exact_zero;
    (value.is_finite() && !cancels && !vanishes && !underflows).then_some(value)
}
