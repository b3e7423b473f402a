//! Expressions with unknown functions: `f(x, y)/g(z)`.

use super::lexer::{self, Kind, Token};
use super::scope::{Function, Scope};
use super::{ParseError, parse_tokens, unexpected};
use crate::{Definitions, Expr, Names};

/// An expression in which some functions of the inputs are unknown.
///
/// A name before a parenthesis that is no operator is an unknown function. Its arguments are
/// inputs; without any, it is an unknown constant. Each unknown function stands once.
///
/// ```
/// use symgrad_expr::{Names, Skeleton};
/// let names = Names::new(["x", "y", "z"])?;
/// let skeleton = Skeleton::parse("f(x, y)*exp(-g(z))", &names)?;
/// let unknowns: Vec<&str> = skeleton.unknowns().iter().map(|unknown| unknown.name()).collect();
/// assert_eq!(unknowns, ["f", "g"]);
/// // In the expression, they take the places of inputs beyond the three.
/// assert_eq!(skeleton.expr().to_string(), "x4*exp(-x5)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Skeleton {
    expr: Expr,
    inputs: usize,
    unknowns: Vec<UnknownFunction>,
}

/// A function of which only the inputs are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFunction {
    name: String,
    inputs: Vec<u16>,
    /// As it stands in the text, arguments and all.
    call: String,
}

impl UnknownFunction {
    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The indices of the inputs that it may use, sorted.
    pub fn inputs(&self) -> &[u16] {
        &self.inputs
    }

    /// The call as it stands in the text, which the parser sees as one name.
    pub(super) fn call(&self) -> &str {
        &self.call
    }
}

impl Skeleton {
    /// Reads a skeleton over named inputs.
    pub fn parse(text: &str, names: &Names) -> Result<Self, ParseError> {
        let mut tokens = lexer::tokens(text);
        let unknowns = take_calls(text, &mut tokens, names)?;
        let definitions = Definitions::default();
        let scope = Scope { names: Some(names), definitions: &definitions, unknowns: &unknowns };
        let expr = parse_tokens(text, &tokens, scope)?;
        Ok(Self { expr, inputs: names.len(), unknowns })
    }

    /// The expression; input `inputs() + k` stands for unknown function k.
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The unknown functions in the order of the text.
    pub fn unknowns(&self) -> &[UnknownFunction] {
        &self.unknowns
    }
}

/// Makes one token of every call of an unknown function.
fn take_calls(
    text: &str,
    tokens: &mut Vec<Token>,
    names: &Names,
) -> Result<Vec<UnknownFunction>, ParseError> {
    let definitions = Definitions::default();
    let scope = Scope { names: Some(names), definitions: &definitions, unknowns: &[] };
    let mut unknowns: Vec<UnknownFunction> = Vec::new();
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.as_slice();
    while let Some(token) = rest.first() {
        let name = &text[token.span.clone()];
        let is_call = token.kind == Kind::Name
            && rest.get(1).is_some_and(|next| next.kind == Kind::Open)
            && !matches!(scope.function(name), Some(Function::Op(_)));
        if !is_call {
            kept.push(token.clone());
            rest = &rest[1..];
            continue;
        }
        if names.index_of(name).is_some() {
            return Err(unexpected(text, token, "an unknown function: this is an input"));
        }
        if unknowns.iter().any(|known| known.name == name) {
            return Err(unexpected(text, token, "another name: each unknown function stands once"));
        }
        if names.len() + unknowns.len() >= Names::MOST {
            return Err(unexpected(text, token, "fewer unknown functions"));
        }
        let (inputs, length) = arguments(text, &rest[2..], names, scope)?;
        let span = token.span.start..rest[length + 1].span.end;
        let call = text[span.clone()].to_owned();
        unknowns.push(UnknownFunction { name: name.to_owned(), inputs, call });
        kept.push(Token { kind: Kind::Name, span });
        rest = &rest[length + 2..];
    }
    *tokens = kept;
    Ok(unknowns)
}

/// The inputs up to the closing parenthesis, and how many tokens they take with it.
fn arguments(
    text: &str,
    tokens: &[Token],
    names: &Names,
    scope: Scope<'_>,
) -> Result<(Vec<u16>, usize), ParseError> {
    let mut inputs = Vec::new();
    let mut at = 0;
    if tokens[0].kind != Kind::Close {
        loop {
            // The last token is the end, which is neither a name nor a comma.
            let input = match tokens[at].kind {
                Kind::Name => names.index_of(&text[tokens[at].span.clone()]),
                _ => None,
            };
            inputs.push(input.ok_or_else(|| {
                let expected = format!("{}: unknown functions take inputs", scope.known_inputs());
                unexpected(text, &tokens[at], &expected)
            })?);
            at += 1;
            if tokens[at].kind != Kind::Comma {
                break;
            }
            at += 1;
        }
        if tokens[at].kind != Kind::Close {
            return Err(unexpected(text, &tokens[at], "`,` or `)`: unknown functions take inputs"));
        }
    }
    inputs.sort_unstable();
    inputs.dedup();
    Ok((inputs, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Skeleton, ParseError> {
        Skeleton::parse(text, &Names::new(["x", "y", "z"]).unwrap())
    }

    #[test]
    fn unknown_functions_become_inputs() {
        let skeleton = parse("f(y, x, y) + sqrt(z)*c() - g_2 ( z )").unwrap();
        assert_eq!(skeleton.expr().to_string(), "x4 + sqrt(x3)*x5 - x6");
        let inputs: Vec<&[u16]> = skeleton.unknowns().iter().map(UnknownFunction::inputs).collect();
        assert_eq!(inputs, [&[0, 1][..], &[], &[2]]);
        assert_eq!(skeleton.unknowns()[2].name(), "g_2");
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (text, column, word) in [
            ("f(x) + f(y)", 8, "each unknown function stands once"),
            ("f(x*y)", 4, "unknown functions take inputs"),
            ("f(x, w)", 6, "x, y, z"),
            ("f(2)", 3, "unknown functions take inputs"),
            ("f(g(x))", 3, "unknown functions take inputs"),
            ("f(x", 4, "`)`"),
            ("f(x,", 5, "unknown functions take inputs"),
            ("f(", 3, "unknown functions take inputs"),
            ("x(y)", 1, "this is an input"),
            ("f(x) g(y)", 6, "an operator"),
            ("f + g(y)", 1, "x, y, z"),
            ("sin(x, y)", 1, "1 argument"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.column(), column, "{text}: {error}");
            assert!(error.expected().contains(word), "{text}: {error}");
        }
    }
}
