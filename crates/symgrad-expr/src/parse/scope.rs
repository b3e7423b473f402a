//! What names mean in a text.

use super::skeleton::UnknownFunction;
use crate::{Definitions, Names, Op, Template};

#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The inputs; x1, x2, … without limit if absent.
    pub(super) names: Option<&'a Names>,
    pub(super) definitions: &'a Definitions,
    /// Functions whose calls count as inputs beyond those named.
    pub(super) unknowns: &'a [UnknownFunction],
}

/// A name that stands alone.
pub(super) enum Leaf {
    Input(u16),
    Number(f64),
}

/// A name before a parenthesis.
#[derive(Clone, Copy)]
pub(super) enum Function<'a> {
    Op(Op),
    Template(&'a Template),
}

impl Function<'_> {
    pub(super) fn arity(self) -> usize {
        match self {
            Self::Op(op) => op.arity(),
            Self::Template(template) => template.arity(),
        }
    }
}

impl<'a> Scope<'a> {
    pub(super) fn new(names: Option<&'a Names>, definitions: &'a Definitions) -> Self {
        Self { names, definitions, unknowns: &[] }
    }

    pub(super) fn leaf(&self, name: &str) -> Option<Leaf> {
        let input = match self.names {
            Some(names) => names.index_of(name),
            None => numbered_input(name),
        };
        let number = || match name {
            "pi" => Some(std::f64::consts::PI),
            "e" => Some(std::f64::consts::E),
            "inf" => Some(f64::INFINITY),
            "NaN" => Some(f64::NAN),
            _ => None,
        };
        let input = input.or_else(|| self.unknown(name));
        input.map(Leaf::Input).or_else(|| number().map(Leaf::Number))
    }

    /// The index that the call of an unknown function goes by.
    fn unknown(&self, call: &str) -> Option<u16> {
        let position = self.unknowns.iter().position(|unknown| unknown.call() == call)?;
        u16::try_from(self.names.map_or(0, Names::len) + position).ok()
    }

    pub(super) fn function(&self, name: &str) -> Option<Function<'a>> {
        let definition = self.definitions.get(name).map(Function::Template);
        definition.or_else(|| Op::from_name(name).map(Function::Op))
    }

    /// The inputs there are, for a message.
    pub(super) fn known_inputs(&self) -> String {
        const SHOWN: usize = 12;
        let Some(names) = self.names else {
            return format!("an input x1, x2, … (counted from 1, up to x{})", Names::MOST);
        };
        let shown: Vec<&str> = names.iter().take(SHOWN).collect();
        let more = if names.len() > SHOWN { ", …" } else { "" };
        match shown.len() {
            0 => "a number: there are no inputs here".into(),
            1 => format!("the input {}", shown[0]),
            _ => format!("one of the inputs {}{more}", shown.join(", ")),
        }
    }

    /// The functions there are, for a message.
    pub(super) fn known_functions(&self) -> String {
        let known: Vec<&str> = self.functions().collect();
        format!("a function ({})", known.join(", "))
    }

    pub(super) fn functions(&self) -> impl Iterator<Item = &'a str> {
        Op::ALL.map(Op::name).into_iter().chain(self.definitions.iter().map(Template::name))
    }
}

/// The index behind x1, x2, …; leading zeros are not accepted, so that a name is unique.
fn numbered_input(name: &str) -> Option<u16> {
    let digits = name.strip_prefix('x')?;
    if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u32 = digits.parse().ok()?;
    u16::try_from(number - 1).ok()
}
