//! Expressions as text that the parser reads back exactly.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::print::Part::{Arg, Inner, Text};
use crate::print::{Argument, Form, Level, Notation, number_level, print};
use crate::{Expr, Names, Op};

impl Expr {
    /// The expression with the given names of inputs; `Expr::parse` reads it back exactly.
    ///
    /// Inputs beyond the list print as x1, x2, … do.
    pub fn display<'a>(&'a self, names: &'a Names) -> impl fmt::Display + 'a {
        Named { expr: self, names }
    }
}

struct Named<'a> {
    expr: &'a Expr,
    names: &'a Names,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&print(self.expr, &Plain { names: Some(self.names) }))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&print(self, &Plain { names: None }))
    }
}

impl Serialize for Expr {
    /// As text over x1, x2, …, exactly.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The notation of the parser.
struct Plain<'a> {
    names: Option<&'a Names>,
}

impl Notation for Plain<'_> {
    fn input(&self, index: u16) -> String {
        match self.names {
            Some(names) => names.label(index),
            None => format!("x{}", u32::from(index) + 1),
        }
    }

    fn constant(&self, value: f64) -> (Level, String) {
        (number_level(value), shortest(value))
    }

    fn form(&self, op: Op, arguments: &[Argument]) -> Form {
        use Level::{Atom, Power, Product, Sign, Sum};
        let constant = |which: usize| arguments.get(which).and_then(|argument| argument.constant);
        match op {
            Op::Add => Form::new(Sum, [Arg(0, Sum), Text(" + "), Inner(1, Product)]),
            Op::Sub => Form::new(Sum, [Arg(0, Sum), Text(" - "), Inner(1, Product)]),
            Op::Mul => Form::new(Product, [Arg(0, Product), Text("*"), Inner(1, Power)]),
            // These three would read as 1/b, a^2 and a constant, which are other nodes.
            Op::Div if constant(0) == Some(1.0) => Form::call("", op.name(), 2),
            Op::Pow if matches!(constant(1), Some(2.0 | 3.0)) => Form::call("", op.name(), 2),
            Op::Neg if constant(0).is_some() => Form::call("", op.name(), 1),
            Op::Div => Form::new(Product, [Arg(0, Product), Text("/"), Inner(1, Power)]),
            Op::Pow => Form::new(Power, [Arg(0, Atom), Text("^"), Inner(1, Power)]),
            Op::Neg => Form::new(Sign, [Text("-"), Inner(0, Power)]),
            Op::Square => Form::new(Power, [Arg(0, Atom), Text("^2")]),
            Op::Cube => Form::new(Power, [Arg(0, Atom), Text("^3")]),
            Op::Inv => Form::new(Product, [Text("1/"), Inner(0, Power)]),
            _ => Form::call("", op.name(), op.arity()),
        }
    }
}

/// The notation of the parser, where inputs from `first` on stand for calls of functions.
pub(crate) struct Folded<'a> {
    pub(crate) names: &'a Names,
    pub(crate) first: usize,
    pub(crate) calls: &'a [String],
}

impl Notation for Folded<'_> {
    fn input(&self, index: u16) -> String {
        let call = usize::from(index).checked_sub(self.first).and_then(|at| self.calls.get(at));
        call.cloned().unwrap_or_else(|| self.names.label(index))
    }

    fn constant(&self, value: f64) -> (Level, String) {
        Plain { names: None }.constant(value)
    }

    fn form(&self, op: Op, arguments: &[Argument]) -> Form {
        Plain { names: None }.form(op, arguments)
    }
}

/// The shortest decimal number that reads back as the same value.
pub(crate) fn shortest(value: f64) -> String {
    let text = format!("{value:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
