//! Python, once for SymPy and once for NumPy.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::Spelling;
use crate::Op;
use crate::display::shortest;
use crate::print::Part::{Arg, Inner, Text};
use crate::print::{Argument, Form, Level, Notation, number_level};

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// What `from sympy import *` brings, and the functions that Python has built in, which
/// `sympify` takes for themselves.
const SYMPY_NAMES: &str = include_str!("sympy-names.txt");

pub(super) fn is_taken_in_sympy(name: &str) -> bool {
    static TAKEN: LazyLock<BTreeSet<&str>> =
        LazyLock::new(|| SYMPY_NAMES.split_whitespace().collect());
    is_python(name) || TAKEN.contains(name)
}

pub(super) fn is_taken_in_numpy(name: &str) -> bool {
    is_python(name) || matches!(name, "np" | "erf")
}

fn is_python(name: &str) -> bool {
    KEYWORDS.contains(&name) || name == "__debug__"
}

pub(super) struct Sympy<'a> {
    pub(super) names: &'a Spelling,
}

impl Notation for Sympy<'_> {
    fn input(&self, index: u16) -> String {
        self.names.label(index)
    }

    fn constant(&self, value: f64) -> (Level, String) {
        let text = match value {
            _ if value.is_nan() => "nan".into(),
            f64::INFINITY => "oo".into(),
            f64::NEG_INFINITY => "-oo".into(),
            _ => shortest(value),
        };
        (number_level(value), text)
    }

    fn form(&self, op: Op, _: &[Argument]) -> Form {
        match op {
            Op::Abs => Form::call("", "Abs", 1),
            _ => infix(op).unwrap_or_else(|| Form::call("", op.name(), op.arity())),
        }
    }
}

pub(super) struct Numpy<'a> {
    pub(super) names: &'a Spelling,
}

impl Notation for Numpy<'_> {
    fn input(&self, index: u16) -> String {
        self.names.label(index)
    }

    /// Always with a point or exponent: Python's whole numbers do not compute as floats do.
    fn constant(&self, value: f64) -> (Level, String) {
        let text = match value {
            _ if value.is_nan() => "np.nan".into(),
            f64::INFINITY => "np.inf".into(),
            f64::NEG_INFINITY => "-np.inf".into(),
            _ => format!("{value:?}"),
        };
        (number_level(value), text)
    }

    fn form(&self, op: Op, _: &[Argument]) -> Form {
        match op {
            Op::Inv => Form::new(Level::Product, [Text("1.0/"), Inner(0, Level::Power)]),
            Op::Asin => Form::call("np.", "arcsin", 1),
            Op::Acos => Form::call("np.", "arccos", 1),
            Op::Atan => Form::call("np.", "arctan", 1),
            Op::Atan2 => Form::call("np.", "arctan2", 2),
            // NumPy has none.
            Op::Erf => Form::call("", op.name(), 1),
            _ => infix(op).unwrap_or_else(|| Form::call("np.", op.name(), op.arity())),
        }
    }
}

fn infix(op: Op) -> Option<Form> {
    use Level::{Atom, Power, Product, Sum};
    let form = match op {
        Op::Add => Form::new(Sum, [Arg(0, Sum), Text(" + "), Inner(1, Product)]),
        Op::Sub => Form::new(Sum, [Arg(0, Sum), Text(" - "), Inner(1, Product)]),
        Op::Mul => Form::new(Product, [Arg(0, Product), Text("*"), Inner(1, Power)]),
        Op::Div => Form::new(Product, [Arg(0, Product), Text("/"), Inner(1, Power)]),
        Op::Pow => Form::new(Power, [Arg(0, Atom), Text("**"), Inner(1, Power)]),
        // −(a·b) and (−a)·b have the same value, to the last bit.
        Op::Neg => Form::new(Product, [Text("-"), Inner(0, Product)]),
        Op::Square => Form::new(Power, [Arg(0, Atom), Text("**2")]),
        Op::Cube => Form::new(Power, [Arg(0, Atom), Text("**3")]),
        Op::Inv => Form::new(Product, [Text("1/"), Inner(0, Power)]),
        _ => return None,
    };
    Some(form)
}
