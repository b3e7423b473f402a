//! LaTeX for math mode.

use super::Spelling;
use super::symbol::{GREEK, Symbol, Word};
use crate::Op;
use crate::display::shortest;
use crate::print::Part::{Arg, Inner, Text};
use crate::print::{Argument, Form, Lead, Level, Notation, number_level};

pub(super) struct Latex<'a> {
    pub(super) names: &'a Spelling,
}

impl Notation for Latex<'_> {
    fn input(&self, index: u16) -> String {
        self.names.label(index)
    }

    fn constant(&self, value: f64) -> (Level, String) {
        let level = number_level(value);
        let text = shortest(value);
        match text.split_once('e') {
            _ if value.is_nan() => (level, r"\mathrm{NaN}".into()),
            _ if value.is_infinite() => (level, text.replace("inf", r"\infty")),
            Some(("1", exponent)) => (Level::Power, format!("10^{{{exponent}}}")),
            Some(("-1", exponent)) => (Level::Sign, format!("-10^{{{exponent}}}")),
            Some((mantissa, exponent)) => {
                (Level::Product, format!(r"{mantissa} \cdot 10^{{{exponent}}}"))
            }
            None => (level, text),
        }
    }

    fn form(&self, op: Op, arguments: &[Argument]) -> Form {
        use Level::{Any, Atom, Power, Product, Sum};
        let function = |name| Form::new(Atom, [Text(name), Arg(0, Any), Text(r"\right)")]);
        match op {
            Op::Add => Form::new(Sum, [Arg(0, Sum), Text(" + "), Inner(1, Product)]),
            Op::Sub => Form::new(Sum, [Arg(0, Sum), Text(" - "), Inner(1, Product)]),
            Op::Mul => {
                // Side by side, digits would run together.
                let before_digit = arguments.get(1).is_some_and(|right| right.lead == Lead::Digit);
                let times = if before_digit { r" \cdot " } else { r" \, " };
                Form::new(Product, [Arg(0, Product), Text(times), Inner(1, Power)])
            }
            Op::Div => fraction([Text(r"\frac{"), Arg(0, Any), Text("}{"), Arg(1, Any), Text("}")]),
            Op::Inv => fraction([Text(r"\frac{1}{"), Arg(0, Any), Text("}")]),
            Op::Pow => Form::new(Power, [Arg(0, Atom), Text("^{"), Arg(1, Any), Text("}")]),
            Op::Square => Form::new(Power, [Arg(0, Atom), Text("^{2}")]),
            Op::Cube => Form::new(Power, [Arg(0, Atom), Text("^{3}")]),
            // −(a·b) and (−a)·b have the same value, to the last bit.
            Op::Neg => Form::new(Product, [Text("-"), Inner(0, Product)]),
            Op::Exp => Form::new(Power, [Text(r"\mathrm{e}^{"), Arg(0, Any), Text("}")]),
            Op::Sqrt => Form::new(Atom, [Text(r"\sqrt{"), Arg(0, Any), Text("}")]),
            Op::Abs => Form::new(Atom, [Text(r"\left|"), Arg(0, Any), Text(r"\right|")]),
            Op::Log => function(r"\ln\left("),
            Op::Sin => function(r"\sin\left("),
            Op::Cos => function(r"\cos\left("),
            Op::Tan => function(r"\tan\left("),
            Op::Tanh => function(r"\tanh\left("),
            Op::Asin => function(r"\arcsin\left("),
            Op::Acos => function(r"\arccos\left("),
            Op::Atan => function(r"\arctan\left("),
            Op::Sinh => function(r"\sinh\left("),
            Op::Cosh => function(r"\cosh\left("),
            Op::Erf => function(r"\operatorname{erf}\left("),
            Op::Atan2 => {
                let name = Text(r"\operatorname{atan2}\left(");
                Form::new(Atom, [name, Arg(0, Any), Text(", "), Arg(1, Any), Text(r"\right)")])
            }
        }
    }

    fn parentheses(&self) -> [&'static str; 2] {
        [r"\left(", r"\right)"]
    }
}

/// A bar groups its parts, so only powers need parentheses around it.
fn fraction(parts: impl Into<Vec<crate::print::Part>>) -> Form {
    Form::new(Level::Power, parts)
}

/// A name as a letter, a Greek letter or an upright word, with what follows as its index.
pub(super) fn symbol(name: &str) -> String {
    written(&Symbol::of(name))
}

/// A name letter by letter, for one whose usual form looks like another's; with underscores.
pub(super) fn plainer(name: &str, underscores: usize) -> String {
    written(&Symbol::plainer(name, underscores))
}

/// Euler's number is no input.
pub(super) fn is_taken(symbol: &str) -> bool {
    symbol == r"\mathrm{e}"
}

fn written(symbol: &Symbol) -> String {
    let base = word(&symbol.base);
    match &symbol.index {
        Some(index) => format!("{base}_{{{}}}", word(index)),
        None => base,
    }
}

fn word(word: &Word) -> String {
    match word {
        Word::Letter(c) => letter(*c),
        Word::Number(digits) => digits.clone(),
        Word::Upright(text) => upright(text),
    }
}

fn letter(c: char) -> String {
    match GREEK.iter().find(|(letter, _)| *letter == c) {
        Some((_, command)) => format!(r"\{command}"),
        None => c.to_string(),
    }
}

fn upright(word: &str) -> String {
    let escape = |c: char| match letter(c) {
        _ if c == '_' => r"\_".to_owned(),
        command if command.starts_with('\\') => format!("{{{command}}}"),
        plain => plain,
    };
    let escaped: String = word.chars().map(escape).collect();
    format!(r"\mathrm{{{escaped}}}")
}
