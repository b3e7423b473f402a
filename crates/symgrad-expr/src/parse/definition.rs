//! Definitions: `name(parameter, …) = body`.

use super::lexer::{self, Kind, Token};
use super::{ParseError, Scope, parse_tokens, unexpected};
use crate::names::is_reserved;
use crate::{Definitions, Names, Template};

/// Reads a definition whose body may use earlier ones.
pub(crate) fn parse_definition(
    text: &str,
    definitions: &Definitions,
) -> Result<Template, ParseError> {
    let tokens = lexer::tokens(text);
    let mut head = Head { text, tokens: &tokens, definitions };
    let name = head.new_name("a definition such as `gauss(x) = exp(-x^2)`")?;
    head.take(Kind::Open, "`(` and the parameters")?;
    let mut parameters: Vec<&str> = Vec::new();
    loop {
        let token = &head.tokens[0];
        let parameter = head.new_name("the name of a parameter")?;
        if parameters.contains(&parameter) {
            return Err(unexpected(text, token, "a parameter of another name"));
        }
        parameters.push(parameter);
        if head.tokens[0].kind != Kind::Comma {
            break;
        }
        head.take(Kind::Comma, "`,`")?;
    }
    head.take(Kind::Close, "`,` or `)`")?;
    head.take(Kind::Equals, "`=` and the body")?;
    let names = Names::new(parameters.iter().copied()).map_err(|error| {
        ParseError::new(text, 0..text.len(), error.to_string(), "other parameters")
    })?;
    let body = parse_tokens(text, head.tokens, Scope::new(Some(&names), definitions))?;
    Ok(Template::new(name.to_owned(), names, body))
}

/// What is left to read; the last token is always the end, which nothing here takes.
struct Head<'a> {
    text: &'a str,
    tokens: &'a [Token],
    definitions: &'a Definitions,
}

impl<'a> Head<'a> {
    fn take(&mut self, wanted: Kind, expected: &str) -> Result<&'a Token, ParseError> {
        let token = &self.tokens[0];
        if token.kind != wanted {
            return Err(unexpected(self.text, token, expected));
        }
        self.tokens = &self.tokens[1..];
        Ok(token)
    }

    fn new_name(&mut self, expected: &str) -> Result<&'a str, ParseError> {
        let token = self.take(Kind::Name, expected)?;
        let name = &self.text[token.span.clone()];
        if is_reserved(name) || self.definitions.get(name).is_some() {
            return Err(unexpected(self.text, token, "a name that is not yet a function"));
        }
        Ok(name)
    }
}
