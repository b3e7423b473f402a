//! Expressions as egg sees them.

use egg::{FromOp, FromOpError, Id, Language, RecExpr};
use symgrad_expr::{Expr, Node, Op};

/// An e-node: a symbol of an expression, or the marker for "only the level sets matter".
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Term {
    Var(u16),
    Const(Bits),
    Unary(Op, Id),
    Binary(Op, [Id; 2]),
    LevelSet(Id),
}

/// A finite constant, compared by its bits; −0 is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Bits(u64);

impl Bits {
    pub(crate) fn new(value: f64) -> Self {
        Self(if value == 0.0 { 0 } else { value.to_bits() })
    }

    pub(crate) fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// What distinguishes e-nodes apart from their children.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Symbol {
    Var,
    Const,
    Op(Op),
    LevelSet,
}

impl Language for Term {
    type Discriminant = Symbol;

    fn discriminant(&self) -> Symbol {
        match self {
            Self::Var(_) => Symbol::Var,
            Self::Const(_) => Symbol::Const,
            Self::Unary(op, _) | Self::Binary(op, _) => Symbol::Op(*op),
            Self::LevelSet(_) => Symbol::LevelSet,
        }
    }

    fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Var(a), Self::Var(b)) => a == b,
            (Self::Const(a), Self::Const(b)) => a == b,
            _ => self.discriminant() == other.discriminant(),
        }
    }

    fn children(&self) -> &[Id] {
        match self {
            Self::Var(_) | Self::Const(_) => &[],
            Self::Unary(_, child) | Self::LevelSet(child) => std::slice::from_ref(child),
            Self::Binary(_, children) => children,
        }
    }

    fn children_mut(&mut self) -> &mut [Id] {
        match self {
            Self::Var(_) | Self::Const(_) => &mut [],
            Self::Unary(_, child) | Self::LevelSet(child) => std::slice::from_mut(child),
            Self::Binary(_, children) => children,
        }
    }
}

impl FromOp for Term {
    type Error = FromOpError;

    /// Reads a symbol of a rule: an operator, a number, or `L` for the level-set marker.
    fn from_op(symbol: &str, children: Vec<Id>) -> Result<Self, FromOpError> {
        let op = Op::from_name(symbol);
        match (children.as_slice(), op) {
            ([], None) => match symbol.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Self::Const(Bits::new(value))),
                _ => Err(FromOpError::new(symbol, children)),
            },
            ([child], None) if symbol == "L" => Ok(Self::LevelSet(*child)),
            ([child], Some(op)) if op.arity() == 1 => Ok(Self::Unary(op, *child)),
            ([left, right], Some(op)) if op.arity() == 2 => Ok(Self::Binary(op, [*left, *right])),
            _ => Err(FromOpError::new(symbol, children)),
        }
    }
}

impl std::fmt::Display for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Var(index) => write!(f, "x{}", index + 1),
            Self::Const(bits) => write!(f, "{}", bits.value()),
            Self::Unary(op, _) | Self::Binary(op, _) => f.write_str(op.name()),
            Self::LevelSet(_) => f.write_str("L"),
        }
    }
}

/// The expression as a list of e-nodes; the last one is its root.
pub(crate) fn to_terms(expr: &Expr) -> RecExpr<Term> {
    let mut terms = RecExpr::default();
    let mut stack: Vec<Id> = Vec::with_capacity(expr.len());
    let mut constants = expr.constants().iter();
    for node in expr.nodes() {
        let term = match node {
            Node::Var(index) => Term::Var(*index),
            Node::Const => Term::Const(Bits::new(*constants.next().unwrap_or(&0.0))),
            Node::Op(op) => {
                let children = stack.split_off(stack.len() - op.arity());
                match children[..] {
                    [left, right] => Term::Binary(*op, [left, right]),
                    _ => Term::Unary(*op, children[0]),
                }
            }
        };
        stack.push(terms.add(term));
    }
    terms
}

/// The expression below a list's root; level-set markers vanish.
pub(crate) fn from_terms(terms: &RecExpr<Term>) -> Expr {
    let mut built: Vec<Expr> = Vec::with_capacity(terms.len());
    for term in terms {
        let expr = match term {
            Term::Var(index) => Expr::var(*index),
            Term::Const(bits) => Expr::constant(bits.value()),
            Term::Unary(op, child) => Expr::unary(*op, built[usize::from(*child)].clone()),
            Term::Binary(op, [left, right]) => {
                Expr::binary(*op, built[usize::from(*left)].clone(), &built[usize::from(*right)])
            }
            Term::LevelSet(child) => built[usize::from(*child)].clone(),
        };
        built.push(expr);
    }
    built.pop().unwrap_or_else(|| Expr::constant(0.0))
}
