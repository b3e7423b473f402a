//! `MathML` for the pages that show formulas.

use super::Spelling;
use super::symbol::{Symbol, Word};
use crate::Op;
use crate::display::shortest;
use crate::print::Part::{Arg, Inner, Text};
use crate::print::{Argument, Form, Lead, Level, Notation, number_level};

/// Euler's number stands upright.
const EULER: &str = r#"<mi mathvariant="normal">e</mi>"#;

const MINUS: &str = "<mo>−</mo>";

/// Opens what may be raised; it shows nothing by itself.
const RAISED: &str = "<msup><mrow>";

pub(super) struct Mathml<'a> {
    pub(super) names: &'a Spelling,
}

impl Notation for Mathml<'_> {
    fn input(&self, index: u16) -> String {
        self.names.label(index)
    }

    fn constant(&self, value: f64) -> (Level, String) {
        let level = number_level(value);
        let text = shortest(value);
        let power =
            |exponent: &str| format!("<msup><mn>10</mn><mrow>{}</mrow></msup>", signed(exponent));
        match text.split_once('e') {
            _ if value.is_nan() => (level, "<mi>NaN</mi>".into()),
            _ if value.is_infinite() => {
                (level, signed(&text).replace("<mn>inf</mn>", "<mi>∞</mi>"))
            }
            Some(("1", exponent)) => (Level::Power, power(exponent)),
            Some(("-1", exponent)) => (Level::Sign, format!("{MINUS}{}", power(exponent))),
            Some((mantissa, exponent)) => {
                let times = format!("{}<mo>⋅</mo>{}", signed(mantissa), power(exponent));
                (Level::Product, times)
            }
            None => (level, signed(&text)),
        }
    }

    fn form(&self, op: Op, arguments: &[Argument]) -> Form {
        use Level::{Any, Atom, Power, Product, Sum};
        let raised = |by: &'static str| Form::new(Power, [Text(RAISED), Arg(0, Atom), Text(by)]);
        let function = |name| {
            let [before, after] = ["<mi>", "</mi><mo>\u{2061}</mo><mrow><mo>(</mo><mrow>"];
            let end = Text("</mrow><mo>)</mo></mrow>");
            Form::new(Atom, [Text(before), Text(name), Text(after), Arg(0, Any), end])
        };
        let fraction = |parts: Vec<_>| Form::new(Power, parts);
        match op {
            Op::Add => Form::new(Sum, [Arg(0, Sum), Text("<mo>+</mo>"), Inner(1, Product)]),
            Op::Sub => Form::new(Sum, [Arg(0, Sum), Text(MINUS), Inner(1, Product)]),
            Op::Mul => {
                // Side by side, digits would run together; letters stand a little apart.
                let before_digit = arguments.get(1).is_some_and(|right| right.lead == Lead::Digit);
                let times = if before_digit {
                    "<mo>⋅</mo>"
                } else {
                    "<mo lspace=\"0.09em\" rspace=\"0.09em\">\u{2062}</mo>"
                };
                Form::new(Product, [Arg(0, Product), Text(times), Inner(1, Power)])
            }
            // A bar groups its parts, so only powers need parentheses around it.
            Op::Div => fraction(vec![
                Text("<mfrac><mrow>"),
                Arg(0, Any),
                Text("</mrow><mrow>"),
                Arg(1, Any),
                Text("</mrow></mfrac>"),
            ]),
            Op::Inv => fraction(vec![
                Text("<mfrac><mn>1</mn><mrow>"),
                Arg(0, Any),
                Text("</mrow></mfrac>"),
            ]),
            Op::Pow => {
                let [base, by] = [Arg(0, Atom), Text("</mrow><mrow>")];
                Form::new(Power, [Text(RAISED), base, by, Arg(1, Any), Text("</mrow></msup>")])
            }
            Op::Square => raised("</mrow><mn>2</mn></msup>"),
            Op::Cube => raised("</mrow><mn>3</mn></msup>"),
            // −(a·b) and (−a)·b have the same value, to the last bit.
            Op::Neg => Form::new(Product, [Text(MINUS), Inner(0, Product)]),
            Op::Exp => {
                let parts = [Text("<msup>"), Text(EULER), Text("<mrow>"), Arg(0, Any)];
                let end = [Text("</mrow></msup>")];
                Form::new(Power, parts.into_iter().chain(end).collect::<Vec<_>>())
            }
            Op::Sqrt => Form::new(Atom, [Text("<msqrt>"), Arg(0, Any), Text("</msqrt>")]),
            Op::Abs => {
                let bars = ["<mrow><mo>|</mo><mrow>", "</mrow><mo>|</mo></mrow>"];
                Form::new(Atom, [Text(bars[0]), Arg(0, Any), Text(bars[1])])
            }
            Op::Log => function("ln"),
            Op::Asin => function("arcsin"),
            Op::Acos => function("arccos"),
            Op::Atan => function("arctan"),
            Op::Atan2 => {
                let before = "<mi>atan2</mi><mo>\u{2061}</mo><mrow><mo>(</mo><mrow>";
                let [between, end] = ["</mrow><mo>,</mo><mrow>", "</mrow><mo>)</mo></mrow>"];
                let parts = [Text(before), Arg(0, Any), Text(between), Arg(1, Any), Text(end)];
                Form::new(Atom, parts)
            }
            _ => function(op.name()),
        }
    }

    /// With rows of their own inside, so that a minus at the beginning is a sign.
    fn parentheses(&self) -> [&'static str; 2] {
        ["<mrow><mo>(</mo><mrow>", "</mrow><mo>)</mo></mrow>"]
    }

    fn lead(&self, text: &str) -> Option<Lead> {
        match text {
            RAISED => None,
            _ if text.starts_with(MINUS) => Some(Lead::Minus),
            _ if text.starts_with("<mn>") || text.starts_with("<msup><mn>") => Some(Lead::Digit),
            _ => Some(Lead::Other),
        }
    }
}

/// The same with index and whole power of one letter above each other, where they would stand one
/// after the other.
pub(super) fn stacked(mathml: &str) -> String {
    const INDEXED: &str = "<msup><mrow><msub>";
    let mut pieces = mathml.split(INDEXED);
    let first = pieces.next().unwrap_or_default().to_owned();
    let further = pieces.map(|piece| match raised_letter(piece) {
        Some((letter, power, rest)) => format!("<msubsup>{letter}<mn>{power}</mn></msubsup>{rest}"),
        None => INDEXED.to_owned() + piece,
    });
    std::iter::once(first).chain(further).collect()
}

/// A letter with its index, the whole power to which nothing but it is raised, and what comes after.
fn raised_letter(text: &str) -> Option<(&str, &str, &str)> {
    let (letter, after) = text.split_once("</msub></mrow>")?;
    let forms = [("<mn>", "</mn></msup>"), ("<mrow><mn>", "</mn></mrow></msup>")];
    let of = |(before, end): (&str, &str)| after.strip_prefix(before)?.split_once(end);
    let (power, rest) = forms.into_iter().find_map(|(before, end)| {
        of((before, end)).filter(|(power, _)| power.bytes().all(|byte| byte.is_ascii_digit()))
    })?;
    (!letter.contains("msub")).then_some((letter, power, rest))
}

/// A number with its sign apart.
fn signed(number: &str) -> String {
    match number.strip_prefix('-') {
        Some(digits) => format!("{MINUS}<mn>{digits}</mn>"),
        None => format!("<mn>{number}</mn>"),
    }
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
    symbol == EULER
}

fn written(symbol: &Symbol) -> String {
    let base = word(&symbol.base);
    match &symbol.index {
        Some(index) => format!("<msub>{base}{}</msub>", word(index)),
        None => base,
    }
}

/// Names hold letters, digits and underscores alone, so that nothing has to be escaped.
fn word(word: &Word) -> String {
    let only = |text: &str| {
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    match word {
        Word::Letter(letter) => format!("<mi>{letter}</mi>"),
        Word::Number(digits) => format!("<mn>{digits}</mn>"),
        Word::Upright(text) => match only(text) {
            // A single letter would be slanted.
            Some(letter) => format!(r#"<mi mathvariant="normal">{letter}</mi>"#),
            None => format!("<mi>{text}</mi>"),
        },
    }
}
