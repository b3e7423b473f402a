//! Limits: how deep, how often, how large, what within what.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use symgrad_expr::{Expr, Node, Op, OpSet};

/// A number that an expression must not exceed.
///
/// | text | limits |
/// |------|--------|
/// | `depth <= 6` | the levels of the tree; an input alone has one |
/// | `constants <= 3` | the number of constants |
/// | `uses(sin) <= 2` | how often an operator appears |
/// | `size(sin) <= 9` | the complexity of an operator's argument |
/// | `size(pow.right) <= 1` | the same for one side of a binary operator; `left` is the other |
/// | `sin in exp <= 0` | how many of the one appear on a path below the other |
///
/// Several operators are joined by a bar and then counted together: `sin|cos in sin|cos|exp <= 0`,
/// `uses(sin|cos) <= 1`. Operators go by name or symbol. `x^2`, `x^3` and `1/x` are the operators
/// `square`, `cube` and `inv`, not `pow` and `div`.
///
/// ```
/// use symgrad_search::Limit;
/// let limit: Limit = "size(pow.right) <= 1".parse()?;
/// assert_eq!(limit.to_string(), "size(pow.right) <= 1");
/// let error = "size(pow.up) <= 1".parse::<Limit>().unwrap_err();
/// assert!(error.to_string().contains("column 10"));
/// # Ok::<(), symgrad_search::LimitError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    quantity: Quantity,
    most: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Quantity {
    Depth,
    Constants,
    Uses(Vec<Op>),
    Size(Op, Side),
    Nested { inner: Vec<Op>, outer: Vec<Op> },
}

/// Which argument of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Only,
    Left,
    Right,
}

/// A text is no limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no limit; column {column}: expected {expected}, found {found}")]
pub struct LimitError {
    text: String,
    column: usize,
    expected: String,
    found: String,
}

impl Limit {
    /// Whether the expression keeps to it; `ops` says what symbols cost.
    pub fn permits(&self, expr: &Expr, ops: &OpSet) -> bool {
        let count = |count: usize| count <= self.most as usize;
        match &self.quantity {
            Quantity::Depth => count(expr.depth()),
            Quantity::Constants => count(expr.constants().len()),
            Quantity::Uses(group) => {
                count(expr.nodes().iter().filter(|node| is_one_of(**node, group)).count())
            }
            Quantity::Size(op, side) => self.size_permits(expr, ops, *op, *side),
            Quantity::Nested { inner, outer } => self.nesting_permits(expr, inner, outer),
        }
    }

    /// Whether no expression can keep to it.
    pub(crate) fn is_impossible(&self) -> bool {
        self.quantity == Quantity::Depth && self.most == 0
    }

    fn size_permits(&self, expr: &Expr, ops: &OpSet, op: Op, side: Side) -> bool {
        if !expr.nodes().contains(&Node::Op(op)) {
            return true;
        }
        let sizes = ops.complexities(expr);
        (0..expr.len()).filter(|&end| expr.nodes()[end] == Node::Op(op)).all(|end| {
            let argument = match side {
                Side::Left => expr.subtree_start(end - 1) - 1,
                Side::Only | Side::Right => end - 1,
            };
            sizes[argument] <= self.most
        })
    }

    /// Follows every path from the leaves up: the stack holds, for each open subtree, the most
    /// inner operators on any of its paths.
    fn nesting_permits(&self, expr: &Expr, inner: &[Op], outer: &[Op]) -> bool {
        let mut stack: Vec<u32> = Vec::with_capacity(expr.len());
        for node in expr.nodes() {
            let keep = stack.len() - node.arity();
            let below = stack.drain(keep..).max().unwrap_or(0);
            if below > self.most && is_one_of(*node, outer) {
                return false;
            }
            stack.push(below + u32::from(is_one_of(*node, inner)));
        }
        true
    }
}

fn is_one_of(node: Node, group: &[Op]) -> bool {
    matches!(node, Node::Op(op) if group.contains(&op))
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |group: &[Op]| group.iter().map(|op| op.name()).collect::<Vec<_>>().join("|");
        match &self.quantity {
            Quantity::Depth => write!(f, "depth"),
            Quantity::Constants => write!(f, "constants"),
            Quantity::Uses(group) => write!(f, "uses({})", names(group)),
            Quantity::Size(op, Side::Only) => write!(f, "size({})", op.name()),
            Quantity::Size(op, Side::Left) => write!(f, "size({}.left)", op.name()),
            Quantity::Size(op, Side::Right) => write!(f, "size({}.right)", op.name()),
            Quantity::Nested { inner, outer } => write!(f, "{} in {}", names(inner), names(outer)),
        }?;
        write!(f, " <= {}", self.most)
    }
}

impl std::str::FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let mut reader = Reader { text, at: 0 };
        let quantity = reader.quantity()?;
        reader.expect("<=")?;
        let most = reader.number()?;
        reader.end()?;
        Ok(Self { quantity, most })
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Reads a limit word by word.
struct Reader<'a> {
    text: &'a str,
    /// Bytes read.
    at: usize,
}

impl<'a> Reader<'a> {
    fn quantity(&mut self) -> Result<Quantity, LimitError> {
        match self.peek() {
            "depth" => {
                self.next();
                Ok(Quantity::Depth)
            }
            "constants" => {
                self.next();
                Ok(Quantity::Constants)
            }
            "uses" => {
                self.next();
                self.expect("(")?;
                let group = self.group("an operator")?;
                self.expect(")")?;
                Ok(Quantity::Uses(group))
            }
            "size" => {
                self.next();
                self.expect("(")?;
                let op = self.operator("an operator")?;
                let side = self.side(op)?;
                self.expect(")")?;
                Ok(Quantity::Size(op, side))
            }
            _ => {
                let inner = self.group(
                    "`depth`, `constants`, `uses(…)`, `size(…)` or an operator, as in `sin in exp`",
                )?;
                self.expect("in")?;
                Ok(Quantity::Nested { inner, outer: self.group("an operator")? })
            }
        }
    }

    /// Operators joined by bars.
    fn group(&mut self, expected: &str) -> Result<Vec<Op>, LimitError> {
        let mut group = vec![self.operator(expected)?];
        while self.peek() == "|" {
            self.next();
            group.push(self.operator("an operator")?);
        }
        Ok(group)
    }

    fn operator(&mut self, expected: &str) -> Result<Op, LimitError> {
        let op = Op::from_name(self.peek()).ok_or_else(|| self.fail(expected))?;
        self.next();
        Ok(op)
    }

    fn side(&mut self, op: Op) -> Result<Side, LimitError> {
        if op.arity() == 1 {
            return Ok(Side::Only);
        }
        if self.peek() != "." {
            let name = op.name();
            return Err(self.fail(&format!("`.left` or `.right`, since {name} has two arguments")));
        }
        self.next();
        let side = match self.peek() {
            "left" => Side::Left,
            "right" => Side::Right,
            _ => return Err(self.fail("`left` or `right`")),
        };
        self.next();
        Ok(side)
    }

    fn number(&mut self) -> Result<u32, LimitError> {
        let most = self.peek().parse().map_err(|_| self.fail("a whole number"))?;
        self.next();
        Ok(most)
    }

    fn expect(&mut self, word: &str) -> Result<(), LimitError> {
        if self.peek() != word {
            return Err(self.fail(&format!("`{word}`")));
        }
        self.next();
        Ok(())
    }

    fn end(&mut self) -> Result<(), LimitError> {
        if self.peek().is_empty() { Ok(()) } else { Err(self.fail("the end")) }
    }

    /// The next word: letters and digits, `<=`, or one other character; empty at the end.
    fn peek(&self) -> &'a str {
        let rest = self.text[self.at..].trim_start();
        let word = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        if word > 0 {
            return &rest[..word];
        }
        let length =
            if rest.starts_with("<=") { 2 } else { rest.chars().next().map_or(0, char::len_utf8) };
        &rest[..length]
    }

    fn next(&mut self) {
        let word = self.peek().len();
        let rest = self.text[self.at..].trim_start().len();
        self.at = self.text.len() - rest + word;
    }

    fn fail(&self, expected: &str) -> LimitError {
        let rest = self.text[self.at..].trim_start();
        let place = self.text.len() - rest.len();
        let found = match self.peek() {
            "" => "the end".to_owned(),
            word => format!("`{word}`"),
        };
        LimitError {
            text: self.text.to_owned(),
            column: self.text[..place].chars().count() + 1,
            expected: expected.to_owned(),
            found,
        }
    }
}

#[cfg(test)]
mod tests;
