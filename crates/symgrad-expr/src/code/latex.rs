//! LaTeX for math mode.

use unicode_normalization::UnicodeNormalization;

use super::Spelling;
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

/// Greek letters with their commands.
const GREEK: [(char, &str); 34] = [
    ('α', "alpha"),
    ('β', "beta"),
    ('γ', "gamma"),
    ('δ', "delta"),
    ('ε', "epsilon"),
    ('ζ', "zeta"),
    ('η', "eta"),
    ('θ', "theta"),
    ('ι', "iota"),
    ('κ', "kappa"),
    ('λ', "lambda"),
    ('μ', "mu"),
    ('ν', "nu"),
    ('ξ', "xi"),
    ('π', "pi"),
    ('ρ', "rho"),
    ('σ', "sigma"),
    ('τ', "tau"),
    ('υ', "upsilon"),
    ('φ', "phi"),
    ('χ', "chi"),
    ('ψ', "psi"),
    ('ω', "omega"),
    ('Γ', "Gamma"),
    ('Δ', "Delta"),
    ('Θ', "Theta"),
    ('Λ', "Lambda"),
    ('Ξ', "Xi"),
    ('Π', "Pi"),
    ('Σ', "Sigma"),
    ('Υ', "Upsilon"),
    ('Φ', "Phi"),
    ('Ψ', "Psi"),
    ('Ω', "Omega"),
];

/// A name as a letter, a Greek letter or an upright word, with what follows as its index.
pub(super) fn symbol(name: &str) -> String {
    let name: String = name.nfkc().collect();
    let letters = name.find(|c: char| !c.is_alphabetic()).unwrap_or(name.len());
    let (word, rest) = name.split_at(letters);
    let mut chars = word.chars();
    let (base, index) = match (chars.next(), chars.next(), chars.next()) {
        _ if GREEK.iter().any(|(_, command)| *command == word) => {
            (format!(r"\{word}"), rest.to_owned())
        }
        // `vx`, `vx1`, `vx_max`: a letter with a letter for its index
        (Some(first), Some(second), None) => (letter(first), format!("{second}{rest}")),
        (Some(_), Some(_), Some(_)) => (upright(word), rest.to_owned()),
        (Some(first), None, _) => (letter(first), rest.to_owned()),
        (None, ..) => return upright(&name),
    };
    let index = index.trim_start_matches('_');
    let mut chars = index.chars();
    match (chars.next(), chars.next()) {
        (None, _) => base,
        (Some(only), None) => format!("{base}_{{{}}}", letter(only)),
        _ if index.bytes().all(|byte| byte.is_ascii_digit()) => format!("{base}_{{{index}}}"),
        _ => format!("{base}_{{{}}}", upright(index)),
    }
}

/// A name letter by letter, for one whose usual form looks like another's; with underscores.
pub(super) fn plainer(name: &str, underscores: usize) -> String {
    let name: String = name.nfkc().collect();
    upright(&(name + &"_".repeat(underscores)))
}

/// Euler's number is no input.
pub(super) fn is_taken(symbol: &str) -> bool {
    symbol == r"\mathrm{e}"
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
