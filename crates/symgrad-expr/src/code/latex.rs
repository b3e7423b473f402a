//! LaTeX for math mode.

use crate::display::shortest;
use crate::print::Part::{Arg, Inner, Text};
use crate::print::{Argument, Form, Lead, Level, Notation, number_level};
use crate::{Names, Op};

pub(super) struct Latex<'a> {
    pub(super) names: &'a Names,
}

impl Notation for Latex<'_> {
    fn input(&self, index: u16) -> String {
        symbol(&self.names.label(index))
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

const GREEK: [&str; 34] = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi",
    "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi",
    "Omega",
];

/// A name as a letter, a Greek letter or an upright word, with what follows as its index.
fn symbol(name: &str) -> String {
    let letters = name.find(|c: char| !c.is_alphabetic()).unwrap_or(name.len());
    let (word, rest) = name.split_at(letters);
    let mut chars = word.chars();
    let (base, index) = match (chars.next(), chars.next(), chars.next()) {
        _ if GREEK.contains(&word) => (format!(r"\{word}"), rest.to_owned()),
        // `vx`, `vx1`, `vx_max`: a letter with a letter for its index
        (Some(first), Some(second), None) => (first.to_string(), format!("{second}{rest}")),
        (Some(_), Some(_), Some(_)) => (upright(word), rest.to_owned()),
        (Some(_), None, _) => (word.to_owned(), rest.to_owned()),
        (None, ..) => return upright(name),
    };
    let index = index.trim_start_matches('_');
    match index.chars().count() {
        0 => base,
        1 => format!("{base}_{{{}}}", escaped(index)),
        _ if index.bytes().all(|byte| byte.is_ascii_digit()) => format!("{base}_{{{index}}}"),
        _ => format!("{base}_{{{}}}", upright(index)),
    }
}

fn upright(word: &str) -> String {
    format!(r"\mathrm{{{}}}", escaped(word))
}

fn escaped(word: &str) -> String {
    word.replace('_', r"\_")
}
