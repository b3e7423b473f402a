//! Rust over `f64`.

use super::Spelling;
use crate::Op;
use crate::print::Part::{Arg, Inner, Receiver, Text};
use crate::print::{Argument, Form, Level, Notation, number_level};

const KEYWORDS: [&str; 53] = [
    "Self", "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Names of variants that the prelude brings: a pattern with one of them binds nothing.
const VARIANTS: [&str; 4] = ["Err", "None", "Ok", "Some"];

pub(super) fn is_taken(name: &str) -> bool {
    KEYWORDS.contains(&name) || VARIANTS.contains(&name)
}

pub(super) struct Rust<'a> {
    pub(super) names: &'a Spelling,
}

impl Notation for Rust<'_> {
    fn input(&self, index: u16) -> String {
        self.names.label(index)
    }

    fn constant(&self, value: f64) -> (Level, String) {
        let text = match value {
            _ if value.is_nan() => "f64::NAN".into(),
            f64::INFINITY => "f64::INFINITY".into(),
            f64::NEG_INFINITY => "-f64::INFINITY".into(),
            _ => format!("{value:?}"),
        };
        (number_level(value), text)
    }

    /// A bare literal has no type yet when the compiler looks for its methods.
    fn receiver(&self, value: f64) -> String {
        let suffix = if value.is_finite() { "_f64" } else { "" };
        self.constant(value).1 + suffix
    }

    fn form(&self, op: Op, _: &[Argument]) -> Form {
        use Level::{Atom, Power, Product, Sum};
        let method = |call: &'static str| Form::new(Atom, [Receiver(0), Text(call)]);
        match op {
            Op::Add => Form::new(Sum, [Arg(0, Sum), Text(" + "), Inner(1, Product)]),
            Op::Sub => Form::new(Sum, [Arg(0, Sum), Text(" - "), Inner(1, Product)]),
            Op::Mul => Form::new(Product, [Arg(0, Product), Text(" * "), Inner(1, Power)]),
            Op::Div => Form::new(Product, [Arg(0, Product), Text(" / "), Inner(1, Power)]),
            // −(a·b) and (−a)·b have the same value, to the last bit.
            Op::Neg => Form::new(Product, [Text("-"), Inner(0, Product)]),
            Op::Pow => {
                let parts = [Receiver(0), Text(".powf("), Arg(1, Level::Any), Text(")")];
                Form::new(Atom, parts)
            }
            Op::Square => method(".powi(2)"),
            Op::Cube => method(".powi(3)"),
            Op::Sqrt => method(".sqrt()"),
            Op::Exp => method(".exp()"),
            Op::Log => method(".ln()"),
            Op::Sin => method(".sin()"),
            Op::Cos => method(".cos()"),
            Op::Tan => method(".tan()"),
            Op::Tanh => method(".tanh()"),
            Op::Abs => method(".abs()"),
            Op::Inv => method(".recip()"),
            Op::Asin => method(".asin()"),
            Op::Acos => method(".acos()"),
            Op::Atan => method(".atan()"),
            Op::Atan2 => {
                let parts = [Receiver(0), Text(".atan2("), Arg(1, Level::Any), Text(")")];
                Form::new(Atom, parts)
            }
            Op::Sinh => method(".sinh()"),
            Op::Cosh => method(".cosh()"),
            Op::Erf => Form::call("libm::", op.name(), 1),
        }
    }
}
