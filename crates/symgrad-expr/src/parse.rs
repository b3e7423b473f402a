//! Text to expressions: an operator-precedence parser that writes postfix directly.
//!
//! It keeps what is pending on a stack of its own, so no nesting of the text, however deep,
//! can exhaust the thread's stack.

mod definition;
mod error;
mod lexer;
mod output;
mod scope;
mod skeleton;

use std::ops::Range;

pub use error::ParseError;
use lexer::{Kind, Token};
use output::Output;
use scope::{Function, Leaf, Scope};

pub(crate) use definition::parse_definition;
pub use skeleton::{Skeleton, UnknownFunction};

use crate::{Definitions, Expr, Names, Node, Op};

/// Expanding definitions stops at this many nodes: a few short definitions that use each
/// other can otherwise grow without bound.
const MOST_EXPANDED_NODES: usize = 1 << 20;

impl Expr {
    /// Reads an expression over named inputs.
    ///
    /// Infix `+ - * / ^` (also `**`) with the usual precedence: `^` binds strongest and to the
    /// right, then the sign, so `-x^2` is −(x²). Functions go by [`Op::name`] and the other names
    /// that [`Op::from_name`] knows; `pi` and `e` are numbers. Some spellings have a node of their
    /// own: `a^2` is [`Op::Square`], `a^3` [`Op::Cube`], `1/a` [`Op::Inv`], and `-3` a negative
    /// constant.
    /// Function notation always gives the operator it names: `pow(a, 2)`, `div(1, a)`, `neg(3)`.
    pub fn parse(text: &str, names: &Names) -> Result<Self, ParseError> {
        Self::parse_with(text, names, &Definitions::default())
    }

    /// Reads an expression that may use the given definitions, which are expanded.
    pub fn parse_with(
        text: &str,
        names: &Names,
        definitions: &Definitions,
    ) -> Result<Self, ParseError> {
        parse_tokens(text, &lexer::tokens(text), Scope::new(Some(names), definitions))
    }
}

impl std::str::FromStr for Expr {
    type Err = ParseError;

    /// Reads an expression over the inputs x1, x2, …, x65536; see [`Expr::parse`].
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let definitions = Definitions::default();
        parse_tokens(text, &lexer::tokens(text), Scope::new(None, &definitions))
    }
}

/// An operand has been promised by what came before it.
const OPERAND: &str = "an input, a number, a function or `(`";

/// Reads tokens up to the end; their last is [`Kind::End`].
fn parse_tokens(text: &str, tokens: &[Token], scope: Scope<'_>) -> Result<Expr, ParseError> {
    let mut parser =
        Parser { text, tokens, scope, at: 0, output: Output::default(), pending: vec![] };
    parser.run()?;
    Ok(parser.output.finish())
}

/// What waits for its right operand or its closing parenthesis.
enum Pending<'a> {
    Negation,
    Infix(Op),
    /// `1/…`, whose 1 has been taken back from the output.
    Inversion,
    Group {
        open: usize,
    },
    Call {
        function: Function<'a>,
        name: usize,
        arguments: usize,
    },
}

/// How strongly an operator holds its operands.
fn strength(pending: &Pending<'_>) -> u8 {
    match pending {
        Pending::Group { .. } | Pending::Call { .. } => 0,
        Pending::Infix(op) => infix_strength(*op),
        Pending::Inversion => infix_strength(Op::Div),
        Pending::Negation => 3,
    }
}

fn infix_strength(op: Op) -> u8 {
    match op {
        Op::Add | Op::Sub => 1,
        Op::Mul | Op::Div => 2,
        _ => 4,
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    scope: Scope<'a>,
    at: usize,
    output: Output,
    pending: Vec<Pending<'a>>,
}

impl<'a> Parser<'a> {
    fn run(&mut self) -> Result<(), ParseError> {
        loop {
            self.operand()?;
            if !self.after_operand()? {
                return Ok(());
            }
        }
    }

    /// Reads signs, opening parentheses and function names up to a number or an input.
    fn operand(&mut self) -> Result<(), ParseError> {
        loop {
            let at = self.at;
            match self.kind(at) {
                Kind::Number(_) => {
                    let value = self.finite(at)?;
                    self.at += 1;
                    self.output.constant(value);
                    return Ok(());
                }
                Kind::Name if self.kind(at + 1) == Kind::Open => {
                    let function = self.function(at)?;
                    self.pending.push(Pending::Call { function, name: at, arguments: 1 });
                    self.at += 2;
                }
                Kind::Name => {
                    self.at += 1;
                    match self.leaf(at)? {
                        Leaf::Input(index) => self.output.leaf(Node::Var(index)),
                        Leaf::Number(value) => self.output.constant(value),
                    }
                    return Ok(());
                }
                Kind::Open => {
                    self.pending.push(Pending::Group { open: at });
                    self.at += 1;
                }
                Kind::Infix(Op::Sub) => {
                    self.at += 1;
                    if let Some(value) = self.signed_number()? {
                        self.at += 1;
                        self.output.constant(-value);
                        return Ok(());
                    }
                    self.pending.push(Pending::Negation);
                }
                _ => return Err(self.unexpected(at, OPERAND)),
            }
        }
    }

    /// The number after a sign, unless it is the base of a power: −3² is −(3²).
    fn signed_number(&self) -> Result<Option<f64>, ParseError> {
        let value = match self.kind(self.at) {
            Kind::Number(_) => self.finite(self.at)?,
            Kind::Name if self.kind(self.at + 1) != Kind::Open => match self.leaf(self.at)? {
                Leaf::Number(value) => value,
                Leaf::Input(_) => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok((self.kind(self.at + 1) != Kind::Infix(Op::Pow)).then_some(value))
    }

    /// Reads closing parentheses up to what promises another operand; false at the end.
    fn after_operand(&mut self) -> Result<bool, ParseError> {
        loop {
            let at = self.at;
            self.at += 1;
            match self.kind(at) {
                Kind::Infix(op) => {
                    self.infix(op);
                    return Ok(true);
                }
                Kind::Comma => {
                    self.reduce(1);
                    let Some(Pending::Call { arguments, .. }) = self.pending.last_mut() else {
                        return Err(self.unexpected(at, "an operator: only arguments have commas"));
                    };
                    *arguments += 1;
                    return Ok(true);
                }
                Kind::Close => {
                    self.reduce(1);
                    self.close(at)?;
                }
                Kind::End => {
                    self.reduce(1);
                    return self.finish(at).map(|()| false);
                }
                _ => return Err(self.unexpected(at, self.after_expected())),
            }
        }
    }

    fn infix(&mut self, op: Op) {
        // Powers group to the right, everything else to the left.
        let own = infix_strength(op);
        self.reduce(if op == Op::Pow { own + 1 } else { own });
        if op == Op::Div && self.output.take_constant(|value| value == 1.0) {
            self.pending.push(Pending::Inversion);
        } else {
            self.pending.push(Pending::Infix(op));
        }
    }

    /// Writes the pending operators that hold at least that strongly.
    fn reduce(&mut self, least: u8) {
        while let Some(pending) = self.pending.pop_if(|pending| strength(pending) >= least) {
            match pending {
                Pending::Negation => self.output.unary(Op::Neg),
                Pending::Inversion => self.output.unary(Op::Inv),
                Pending::Infix(Op::Pow) if self.output.take_constant(|value| value == 2.0) => {
                    self.output.unary(Op::Square);
                }
                Pending::Infix(Op::Pow) if self.output.take_constant(|value| value == 3.0) => {
                    self.output.unary(Op::Cube);
                }
                Pending::Infix(op) => self.output.binary(op),
                // Their strength is 0, below any `least`.
                Pending::Group { .. } | Pending::Call { .. } => {}
            }
        }
    }

    fn close(&mut self, at: usize) -> Result<(), ParseError> {
        match self.pending.pop() {
            Some(Pending::Call { function, name, arguments }) => {
                if arguments != function.arity() {
                    return Err(self.wrong_count(name..at, function.arity(), arguments));
                }
                self.call(function, name..at)
            }
            Some(Pending::Group { .. }) => Ok(()),
            _ => Err(self.unexpected(at, "an operator or the end: no `(` is open")),
        }
    }

    fn call(&mut self, function: Function<'a>, tokens: Range<usize>) -> Result<(), ParseError> {
        match function {
            Function::Op(op) if op.arity() == 2 => self.output.binary(op),
            Function::Op(op) => self.output.unary(op),
            Function::Template(template) => {
                let arguments = self.output.take(template.arity());
                let size = template.expanded_len(&arguments);
                if self.output.len().saturating_add(size) > MOST_EXPANDED_NODES {
                    let found = "a definition that expands beyond that";
                    let expected = format!("at most {MOST_EXPANDED_NODES} nodes");
                    return Err(ParseError::new(self.text, self.bytes(tokens), found, expected));
                }
                self.output.whole(&template.expand(&arguments));
            }
        }
        Ok(())
    }

    fn finish(&mut self, at: usize) -> Result<(), ParseError> {
        let open = match self.pending.last() {
            None => return Ok(()),
            Some(Pending::Group { open }) => *open,
            Some(Pending::Call { name, .. }) => *name + 1,
            // Every operator has been written by now.
            Some(_) => at,
        };
        let place = self.text[..self.tokens[open].span.start].chars().count() + 1;
        Err(self.unexpected(at, &format!("`)` for the `(` in column {place}")))
    }

    fn kind(&self, at: usize) -> Kind {
        self.tokens.get(at).map_or(Kind::End, |token| token.kind)
    }

    fn bytes(&self, tokens: Range<usize>) -> Range<usize> {
        self.tokens[tokens.start].span.start..self.tokens[tokens.end].span.end
    }

    fn finite(&self, at: usize) -> Result<f64, ParseError> {
        match self.kind(at) {
            Kind::Number(value) if value.is_finite() => Ok(value),
            _ => Err(self.unexpected(at, "a number of at most 1.797e308")),
        }
    }

    fn leaf(&self, at: usize) -> Result<Leaf, ParseError> {
        let name = self.word(at);
        self.scope.leaf(name).ok_or_else(|| {
            if self.scope.function(name).is_some() {
                return self.unexpected(at + 1, &format!("`(` after the function `{name}`"));
            }
            let inputs = self.scope.names.into_iter().flat_map(Names::iter);
            self.unexpected(at, &self.scope.known_inputs()).like(name, inputs)
        })
    }

    fn function(&self, at: usize) -> Result<Function<'a>, ParseError> {
        let known = self.scope.function(self.word(at));
        known.ok_or_else(|| {
            let functions = self.scope.functions();
            self.unexpected(at, &self.scope.known_functions()).like(self.word(at), functions)
        })
    }

    fn after_expected(&self) -> &'static str {
        match self.pending.iter().rev().find(|pending| strength(pending) == 0) {
            Some(Pending::Call { .. }) => "an operator such as `*`, `,` or `)`",
            Some(_) => "an operator such as `*`, or `)`",
            None => "an operator such as `*`, or the end",
        }
    }

    fn wrong_count(&self, tokens: Range<usize>, wanted: usize, given: usize) -> ParseError {
        let count = |n: usize| format!("{n} argument{}", if n == 1 { "" } else { "s" });
        let expected = format!("{} for `{}`", count(wanted), self.word(tokens.start));
        ParseError::new(self.text, self.bytes(tokens), count(given), expected)
    }

    fn unexpected(&self, at: usize, expected: &str) -> ParseError {
        unexpected(self.text, &self.tokens[at], expected)
    }

    fn word(&self, at: usize) -> &'a str {
        &self.text[self.tokens[at].span.clone()]
    }
}

fn unexpected(text: &str, token: &Token, expected: &str) -> ParseError {
    let found = if token.kind == Kind::End {
        "the end".to_owned()
    } else {
        quoted(&text[token.span.clone()])
    };
    ParseError::new(text, token.span.clone(), found, expected)
}

/// The word as messages show it, cut where it is very long.
fn quoted(word: &str) -> String {
    match word.char_indices().nth(40) {
        Some((end, _)) => format!("`{}…`", &word[..end]),
        None => format!("`{word}`"),
    }
}
