//! Text to tokens. Nothing is rejected here: what is no token becomes [`Kind::Unknown`], so
//! that the parser reports the first mistake in reading order.

use std::ops::Range;

use crate::Op;
use crate::names::{is_name_part, is_name_start};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Number(f64),
    Name,
    Infix(Op),
    Open,
    Close,
    Comma,
    Equals,
    Unknown,
    End,
}

/// The tokens of a text; the last is always [`Kind::End`].
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(c) = text[start..].chars().next() {
        if c.is_whitespace() {
            start += c.len_utf8();
            continue;
        }
        let rest = &text[start..];
        let (kind, length) = if c.is_ascii_digit() || c == '.' {
            number(rest)
        } else if is_name_start(c) {
            (Kind::Name, rest.find(|c| !is_name_part(c)).unwrap_or(rest.len()))
        } else {
            symbol(rest, c)
        };
        found.push(Token { kind, span: start..start + length });
        start += length;
    }
    found.push(Token { kind: Kind::End, span: start..start });
    found
}

fn symbol(rest: &str, first: char) -> (Kind, usize) {
    let kind = match first {
        '+' => Kind::Infix(Op::Add),
        '-' => Kind::Infix(Op::Sub),
        '*' if rest.starts_with("**") => return (Kind::Infix(Op::Pow), 2),
        '*' => Kind::Infix(Op::Mul),
        '/' => Kind::Infix(Op::Div),
        '^' => Kind::Infix(Op::Pow),
        '(' => Kind::Open,
        ')' => Kind::Close,
        ',' => Kind::Comma,
        '=' => Kind::Equals,
        _ => Kind::Unknown,
    };
    (kind, first.len_utf8())
}

/// Digits with at most one point, then an exponent if a digit follows its `e`.
fn number(rest: &str) -> (Kind, usize) {
    let digits = |from: usize| {
        let is_digit = |byte: &&u8| byte.is_ascii_digit();
        from + rest.as_bytes()[from..].iter().take_while(is_digit).count()
    };
    let mut end = digits(0);
    if rest[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if rest[end..].starts_with(['e', 'E']) {
        let signed = usize::from(rest[end + 1..].starts_with(['+', '-']));
        let after = digits(end + 1 + signed);
        if after > end + 1 + signed {
            end = after;
        }
    }
    rest[..end].parse().map_or((Kind::Unknown, end), |value| (Kind::Number(value), end))
}
