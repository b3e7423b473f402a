//! Python, once for SymPy and once for NumPy.

use super::{avoid, label};
use crate::display::shortest;
use crate::print::Part::{Arg, Inner, Text};
use crate::print::{Argument, Form, Level, Notation, number_level};
use crate::{Names, Op};

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Names that neither Python nor the given list has taken.
pub(super) fn names(names: &Names, taken: &[&str]) -> Vec<String> {
    avoid(names, |name| KEYWORDS.contains(&name) || taken.contains(&name))
}

pub(super) struct Sympy {
    pub(super) names: Vec<String>,
}

impl Notation for Sympy {
    fn input(&self, index: u16) -> String {
        label(&self.names, index)
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

pub(super) struct Numpy {
    pub(super) names: Vec<String>,
}

impl Notation for Numpy {
    fn input(&self, index: u16) -> String {
        label(&self.names, index)
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
