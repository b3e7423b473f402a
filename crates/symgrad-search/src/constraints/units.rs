//! Dimensional analysis: only answers whose units agree.

mod blocks;
mod dimension;
mod unit;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use symgrad_expr::{Expr, Node, Op, OpSet};

use blocks::Blocks;
pub use dimension::Dimension;
pub use unit::{Unit, UnitError};

/// The units of inputs, by name; written `x=m, v=m/s, m=kg`, and in files as a table.
///
/// ```
/// use symgrad_search::{Unit, Units};
/// let units: Units = "x=m, v=m/s, f=kg m/s^2, spectrum=V/Hz^(1/2)".parse()?;
/// assert_eq!(units.get("f").map(Unit::dimension), Some("N".parse()?));
/// # Ok::<(), symgrad_search::UnitError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Units(BTreeMap<String, Unit>);

impl Units {
    /// The unit of an input.
    pub fn get(&self, input: &str) -> Option<&Unit> {
        self.0.get(input)
    }

    /// Forgets the unit of an input.
    pub fn remove(&mut self, input: &str) {
        self.0.remove(input);
    }

    /// The names that have a unit.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether nothing has a unit.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::str::FromStr for Units {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let mut units = BTreeMap::new();
        let mut start = 0;
        for part in text.split(',') {
            if !part.trim().is_empty() {
                let Some((name, unit)) = part.split_once('=') else {
                    let expected = "a name, `=` and a unit, as in `v=m/s`";
                    return Err(UnitError::new(text, start, expected, part.trim()));
                };
                let at = start + name.len() + 1;
                let unit = unit.parse().map_err(|error: UnitError| error.within(text, at))?;
                units.insert(name.trim().to_owned(), unit);
            }
            start += part.len() + 1;
        }
        Ok(Self(units))
    }
}

/// What dimension the constants of an answer may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConstantUnits {
    /// Each constant has the dimension that makes its place consistent: 2·x may be anything.
    #[default]
    Any,
    /// Constants are pure numbers.
    Dimensionless,
}

/// The dimensions that an expression can have.
///
/// A constant occurs once, so free constants never meet: a subexpression has one dimension,
/// or, with a free constant as a factor, all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    One(Dimension),
    Any,
}

/// The units settled for the inputs of one search.
#[derive(Clone, Debug)]
pub(crate) struct Analysis {
    inputs: Vec<Dimension>,
    constants: ConstantUnits,
    /// Products of inputs by their dimension, where constants are pure numbers.
    blocks: Blocks,
}

impl Analysis {
    /// Inputs without a unit are pure numbers; repairs use the given inputs and operators.
    pub(crate) fn new<'a>(
        names: impl Iterator<Item = &'a str>,
        units: &Units,
        constants: ConstantUnits,
        usable: &[u16],
        ops: &OpSet,
    ) -> Self {
        let dimension = |name: &str| units.get(name).map_or(Dimension::NONE, Unit::dimension);
        let inputs: Vec<Dimension> = names.map(dimension).collect();
        let blocks = match constants {
            ConstantUnits::Any => Blocks::default(),
            ConstantUnits::Dimensionless => Blocks::new(&inputs, usable, ops),
        };
        Self { inputs, constants, blocks }
    }

    /// Whether the expression's units agree.
    pub(crate) fn permits(&self, expr: &Expr) -> bool {
        let mut stack: Vec<Kind> = Vec::with_capacity(expr.len());
        let mut constants = expr.constants().iter();
        for (end, node) in expr.nodes().iter().enumerate() {
            let kind = match node {
                Node::Op(op) => {
                    let right = stack.pop();
                    let left = if op.arity() == 2 { stack.pop() } else { None };
                    let exponent = exponent(expr, end, constants.as_slice());
                    right.and_then(|right| combine(*op, left, right, exponent))
                }
                _ => self.leaf(*node),
            };
            if *node == Node::Const {
                constants.next();
            }
            match kind {
                Some(kind) => stack.push(kind),
                None => return false,
            }
        }
        true
    }

    /// An expression whose units agree, made by giving a factor to the parts that need one, and
    /// by moving exponents to simple fractions nearby; `None` if that is not enough. The factor
    /// is the constant 1 or, where constants are pure numbers, a product of inputs.
    pub(crate) fn repaired(&self, expr: &Expr) -> Option<Expr> {
        let mut stack: Vec<(Expr, Kind)> = Vec::new();
        let mut constants = expr.constants().iter();
        for node in expr.nodes() {
            let next = match node {
                Node::Op(op) if op.arity() == 1 => {
                    let argument = stack.pop()?;
                    self.repaired_unary(*op, argument)?
                }
                Node::Op(op) => {
                    let right = stack.pop()?;
                    let left = stack.pop()?;
                    self.repaired_binary(*op, left, right)?
                }
                Node::Const => (Expr::constant(*constants.next()?), self.leaf(*node)?),
                Node::Var(index) => (Expr::var(*index), self.leaf(*node)?),
            };
            stack.push(next);
        }
        stack.pop().map(|(expr, _)| expr)
    }

    fn repaired_unary(&self, op: Op, argument: (Expr, Kind)) -> Option<(Expr, Kind)> {
        let (argument, kind) = match combine(op, None, argument.1, None) {
            Some(_) => argument,
            None => self.freed(argument, Kind::One(Dimension::NONE))?,
        };
        Some((Expr::unary(op, argument), combine(op, None, kind, None)?))
    }

    fn repaired_binary(
        &self,
        op: Op,
        mut left: (Expr, Kind),
        mut right: (Expr, Kind),
    ) -> Option<(Expr, Kind)> {
        let constant = |expr: &Expr| expr.constants().first().copied();
        let mut exponent = if right.0.root() == Node::Const { constant(&right.0) } else { None };
        let kind = |left: &(Expr, Kind), right: &(Expr, Kind), exponent| {
            combine(op, Some(left.1), right.1, exponent)
        };
        if kind(&left, &right, exponent).is_none() {
            if op == Op::Pow {
                if let Some(simple) = exponent.and_then(dimension::nearby_fraction) {
                    right.0 = Expr::constant(simple);
                    exponent = Some(simple);
                } else {
                    let none = Kind::One(Dimension::NONE);
                    left = self.freed(left, none)?;
                    if exponent.is_none() && kind(&left, &right, exponent).is_none() {
                        right = self.freed(right, none)?;
                    }
                }
            } else {
                right = self.freed(right, left.1)?;
            }
        }
        let kind = kind(&left, &right, exponent)?;
        Some((Expr::binary(op, left.0, &right.0), kind))
    }

    /// The part with a factor that lets it have the wanted dimension.
    fn freed(&self, part: (Expr, Kind), wanted: Kind) -> Option<(Expr, Kind)> {
        if self.constants == ConstantUnits::Any {
            return Some((Expr::constant(1.0) * part.0, Kind::Any));
        }
        let (Kind::One(wanted_dimension), Kind::One(own)) = (wanted, part.1) else { return None };
        let block = self.blocks.of(wanted_dimension.minus(own)?, part.0.len() - 1)?;
        Some((part.0 * block.clone(), wanted))
    }

    fn leaf(&self, node: Node) -> Option<Kind> {
        match node {
            Node::Var(index) => self.inputs.get(usize::from(index)).copied().map(Kind::One),
            _ if self.constants == ConstantUnits::Any => Some(Kind::Any),
            _ => Some(Kind::One(Dimension::NONE)),
        }
    }
}

/// The constant that is the right argument of the node at `end`, given the constants that
/// follow those read so far.
fn exponent(expr: &Expr, end: usize, ahead: &[f64]) -> Option<f64> {
    let nodes = expr.nodes();
    let is_power = nodes[end] == Node::Op(Op::Pow) && nodes[end - 1] == Node::Const;
    let last = expr.constants().len() - ahead.len();
    is_power.then(|| expr.constants()[last - 1])
}

/// The dimensions of an operator's result; `None` where the arguments do not agree.
fn combine(op: Op, left: Option<Kind>, right: Kind, exponent: Option<f64>) -> Option<Kind> {
    let none = Kind::One(Dimension::NONE);
    match op {
        Op::Add | Op::Sub => meet(left?, right),
        Op::Mul => product(left?, right, Dimension::plus),
        Op::Div => product(left?, right, Dimension::minus),
        Op::Pow => match (left?, exponent) {
            (Kind::Any, Some(exponent)) if exponent != 0.0 => Some(Kind::Any),
            (base, _) if meet(base, none).is_some() && meet(right, none).is_some() => Some(none),
            (Kind::One(base), Some(exponent)) => {
                let (above, below) = dimension::fraction(exponent)?;
                base.times(above, below).map(Kind::One)
            }
            _ => None,
        },
        Op::Neg | Op::Abs => Some(right),
        Op::Square => power(right, 2, 1),
        Op::Cube => power(right, 3, 1),
        Op::Sqrt => power(right, 1, 2),
        Op::Inv => power(right, -1, 1),
        Op::Atan2 => meet(left?, right).map(|_| none),
        Op::Exp
        | Op::Log
        | Op::Sin
        | Op::Cos
        | Op::Tan
        | Op::Tanh
        | Op::Asin
        | Op::Acos
        | Op::Atan
        | Op::Sinh
        | Op::Cosh
        | Op::Erf => meet(right, none),
    }
}

/// The dimensions that both can have.
fn meet(a: Kind, b: Kind) -> Option<Kind> {
    match (a, b) {
        (Kind::Any, other) | (other, Kind::Any) => Some(other),
        _ => (a == b).then_some(a),
    }
}

fn product(a: Kind, b: Kind, join: fn(Dimension, Dimension) -> Option<Dimension>) -> Option<Kind> {
    match (a, b) {
        (Kind::One(a), Kind::One(b)) => join(a, b).map(Kind::One),
        _ => Some(Kind::Any),
    }
}

fn power(kind: Kind, above: i32, below: i32) -> Option<Kind> {
    match kind {
        Kind::One(dimension) => dimension.times(above, below).map(Kind::One),
        Kind::Any => Some(Kind::Any),
    }
}

#[cfg(test)]
mod tests;
