//! Prints expressions in any notation that has infix operators and parentheses.
//!
//! A [`Notation`] says how each symbol looks and how strongly it holds together; the printer
//! sets the parentheses. It keeps its own stack, so depth is no danger.

use crate::{Expr, Node, Op};

/// How strongly a printed form holds together, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Anything, as inside parentheses.
    Any,
    Sum,
    Product,
    /// Signed.
    Sign,
    Power,
    Atom,
}

/// A piece of a printed operator.
pub(crate) enum Part {
    Text(&'static str),
    /// The argument of that position, parenthesised below that level.
    Arg(usize, Level),
    /// The same, and also parenthesised where it would begin with a minus sign.
    Inner(usize, Level),
    /// The argument of that position, on which a method is called.
    Receiver(usize),
}

/// How an operator prints.
pub(crate) struct Form {
    pub(crate) level: Level,
    pub(crate) parts: Vec<Part>,
}

impl Form {
    pub(crate) fn new(level: Level, parts: impl Into<Vec<Part>>) -> Self {
        Self { level, parts: parts.into() }
    }

    /// `prefix` `name` `(a, b)`.
    pub(crate) fn call(prefix: &'static str, name: &'static str, arity: usize) -> Self {
        let mut parts = vec![Part::Text(prefix), Part::Text(name), Part::Text("(")];
        parts.push(Part::Arg(0, Level::Any));
        if arity == 2 {
            parts.extend([Part::Text(", "), Part::Arg(1, Level::Any)]);
        }
        parts.push(Part::Text(")"));
        Self { level: Level::Atom, parts }
    }
}

/// What a printed expression begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    Minus,
    Digit,
    Other,
}

impl Lead {
    /// Of plain text; `None` where there is none.
    fn of(text: &str) -> Option<Self> {
        text.bytes().next().map(|first| match first {
            b'-' => Self::Minus,
            b'0'..=b'9' => Self::Digit,
            _ => Self::Other,
        })
    }
}

/// What a notation may ask about an argument.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Argument {
    /// Its value if it is nothing but a constant.
    pub(crate) constant: Option<f64>,
    pub(crate) lead: Lead,
}

/// The level of a plain number: a sign in front holds less than the digits.
pub(crate) fn number_level(value: f64) -> Level {
    if value.is_sign_negative() && !value.is_nan() { Level::Sign } else { Level::Atom }
}

/// The looks of expressions.
pub(crate) trait Notation {
    fn input(&self, index: u16) -> String;

    fn constant(&self, value: f64) -> (Level, String);

    /// A constant that is, or begins, what a method is called on.
    fn receiver(&self, value: f64) -> String {
        self.constant(value).1
    }

    fn form(&self, op: Op, arguments: &[Argument]) -> Form;

    fn parentheses(&self) -> [&'static str; 2] {
        ["(", ")"]
    }

    /// What a piece of text begins with; `None` where it shows nothing by itself.
    fn lead(&self, text: &str) -> Option<Lead> {
        Lead::of(text)
    }
}

/// A node laid out: its subtrees end at `ends`.
struct Laid {
    form: Form,
    lead: Lead,
    text: String,
    constant: Option<f64>,
    ends: Vec<usize>,
}

pub(crate) fn print(expr: &Expr, notation: &impl Notation) -> String {
    emit(&lay_out(expr, notation), notation)
}

fn lay_out(expr: &Expr, notation: &impl Notation) -> Vec<Laid> {
    let mut laid: Vec<Laid> = Vec::with_capacity(expr.len());
    let mut open: Vec<usize> = Vec::new();
    let mut constants = expr.constants().iter().copied();
    for (end, node) in expr.nodes().iter().enumerate() {
        let leaf = |level, text: String, constant| Laid {
            form: Form::new(level, []),
            lead: notation.lead(&text).unwrap_or(Lead::Other),
            text,
            constant,
            ends: vec![],
        };
        let next = match node {
            Node::Var(index) => leaf(Level::Atom, notation.input(*index), None),
            Node::Const => {
                let value = constants.next().unwrap_or(f64::NAN);
                let (level, text) = notation.constant(value);
                leaf(level, text, Some(value))
            }
            Node::Op(op) => {
                let ends = open.split_off(open.len() - op.arity());
                let argument =
                    |end: &usize| Argument { constant: laid[*end].constant, lead: laid[*end].lead };
                let arguments: Vec<Argument> = ends.iter().map(argument).collect();
                let form = notation.form(*op, &arguments);
                let lead = lead(&form, &ends, &laid, notation);
                Laid { form, lead, text: String::new(), constant: None, ends }
            }
        };
        laid.push(next);
        open.push(end);
    }
    laid
}

fn lead(form: &Form, ends: &[usize], laid: &[Laid], notation: &impl Notation) -> Lead {
    let first = form.parts.iter().find_map(|part| match part {
        Part::Text(text) => notation.lead(text),
        Part::Arg(which, _) | Part::Inner(which, _) | Part::Receiver(which) => {
            let argument = &laid[ends[*which]];
            Some(if in_parentheses(part, argument) { Lead::Other } else { argument.lead })
        }
    });
    first.unwrap_or(Lead::Other)
}

fn in_parentheses(part: &Part, argument: &Laid) -> bool {
    match part {
        Part::Text(_) => false,
        Part::Arg(_, least) => argument.form.level < *least,
        Part::Inner(_, least) => argument.form.level < *least || argument.lead == Lead::Minus,
        Part::Receiver(_) => argument.form.level < Level::Atom,
    }
}

fn emit(laid: &[Laid], notation: &impl Notation) -> String {
    enum Task<'a> {
        Text(&'a str),
        Node { end: usize, receiver: bool },
    }
    let [open, close] = notation.parentheses();
    let mut printed = String::new();
    let mut tasks = vec![Task::Node { end: laid.len() - 1, receiver: false }];
    while let Some(task) = tasks.pop() {
        let (node, receiver) = match task {
            Task::Text(text) => {
                printed.push_str(text);
                continue;
            }
            Task::Node { end, receiver } => (&laid[end], receiver),
        };
        match node.constant {
            Some(value) if receiver => printed.push_str(&notation.receiver(value)),
            _ => printed.push_str(&node.text),
        }
        for part in node.form.parts.iter().rev() {
            let (which, receiver) = match part {
                Part::Text(text) => {
                    tasks.push(Task::Text(text));
                    continue;
                }
                Part::Arg(which, _) | Part::Inner(which, _) => (*which, receiver && *which == 0),
                Part::Receiver(which) => (*which, true),
            };
            let end = node.ends[which];
            let around = in_parentheses(part, &laid[end]);
            if around {
                tasks.push(Task::Text(close));
            }
            tasks.push(Task::Node { end, receiver });
            if around {
                tasks.push(Task::Text(open));
            }
        }
    }
    printed
}
