//! Structured answers: `f(x, y)/g(z)` with unknown functions of given inputs.

mod pattern;

use symgrad_expr::{Expr, Names, Node, Op, OpSet, ParseError, Skeleton};

use pattern::{Match, Pattern};

/// A skeleton that every answer fills in.
///
/// An expression matches if it is the skeleton with expressions of the given inputs in place of
/// the unknown functions. The order and grouping of sums and products do not matter, nor whether
/// `f` is a sum of its own. An unknown function may be constant, and a part of the skeleton
/// without inputs outside unknown functions may then be missing: `x^2` is `f(x) + g(y)`.
///
/// ```
/// use symgrad_expr::{Expr, Names, OpSet};
/// use symgrad_search::Structure;
/// let names = Names::new(["x", "y", "z"])?;
/// let structure = Structure::parse("f(x, y)/g(z)", &names, &OpSet::default())?;
/// let matches = |text: &str| Expr::parse(text, &names).map(|expr| structure.matches(&expr));
/// assert!(matches("x*(y + 1)/sin(z)")?);
/// assert!(matches("x/exp(z)*y")?);
/// assert!(!matches("(x + z)/y")?);
///
/// let parts = structure.parts(&Expr::parse("x/exp(z)*y", &names)?).unwrap();
/// let written = |part: &Option<Expr>| part.as_ref().map(|part| part.display(&names).to_string());
/// assert_eq!(parts.iter().map(written).collect::<Vec<_>>(), [Some("x*y".into()), Some("exp(z)".into())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Structure {
    pattern: Pattern,
    /// The inputs of each unknown function.
    unknowns: Vec<Vec<u16>>,
}

/// A text is no structure, or none for these operators.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StructureError {
    /// The text cannot be read.
    #[error("the structure cannot be read\n{}", .0.render())]
    Text(ParseError),
    /// Nothing is left open.
    #[error("the structure `{text}` has no unknown function; write one as `f(x, y)`")]
    NothingUnknown {
        /// The structure.
        text: String,
    },
    /// An operator of the structure is not allowed.
    #[error("the structure `{text}` needs the operator `{operator}`; add it to the operators")]
    Operator {
        /// The structure.
        text: String,
        /// The operator.
        operator: &'static str,
    },
    /// More symbols than a structure needs.
    #[error("the structure has {nodes} symbols; at most {most} are allowed")]
    TooLong {
        /// Its symbols.
        nodes: usize,
        /// As many as are allowed.
        most: usize,
    },
}

/// Patterns are matched recursively, so that they must not be deep.
const MOST_NODES: usize = 100;

impl Structure {
    /// Reads a structure over named inputs, to be filled with these operators.
    pub fn parse(text: &str, names: &Names, ops: &OpSet) -> Result<Self, StructureError> {
        let skeleton = Skeleton::parse(text, names).map_err(StructureError::Text)?;
        let text = || text.trim().to_owned();
        if skeleton.unknowns().is_empty() {
            return Err(StructureError::NothingUnknown { text: text() });
        }
        let expr = skeleton.expr();
        if expr.len() > MOST_NODES {
            return Err(StructureError::TooLong { nodes: expr.len(), most: MOST_NODES });
        }
        let forbidden = expr.nodes().iter().find_map(|node| match node {
            // 1/g may be written as a quotient too.
            Node::Op(Op::Inv) if ops.contains(Op::Div) => None,
            Node::Op(op) => (!ops.contains(*op)).then_some(*op),
            _ => None,
        });
        if let Some(operator) = forbidden {
            return Err(StructureError::Operator { text: text(), operator: operator.name() });
        }
        let unknowns: Vec<Vec<u16>> =
            skeleton.unknowns().iter().map(|unknown| unknown.inputs().to_vec()).collect();
        Ok(Self { pattern: Pattern::of(&skeleton, ops.contains(Op::Inv)), unknowns })
    }

    /// Whether the expression is the skeleton, filled in.
    pub fn matches(&self, expr: &Expr) -> bool {
        self.find(expr).is_some()
    }

    /// What stands for each unknown function in an expression; nothing for one that is missing.
    /// `None` if the expression does not match.
    pub fn parts(&self, expr: &Expr) -> Option<Vec<Option<Expr>>> {
        let found = self.find(expr)?;
        Some((0..self.unknowns.len()).map(|unknown| found.part(unknown)).collect())
    }

    /// The skeleton with these expressions in place of the unknown functions; what is missing is
    /// left out with the part of the skeleton around it. `None` if nothing is left.
    pub fn fill(&self, parts: &[Option<Expr>]) -> Option<Expr> {
        self.pattern.fill(parts)
    }

    /// The indices of the inputs of each unknown function.
    pub fn unknowns(&self) -> &[Vec<u16>] {
        &self.unknowns
    }

    /// Whether some answer can use the input.
    pub(crate) fn mentions(&self, input: u16) -> bool {
        self.unknowns.iter().any(|inputs| inputs.contains(&input)) || self.pattern.has(input)
    }

    fn find<'a>(&'a self, expr: &'a Expr) -> Option<Match<'a>> {
        let mut found = Match::new(expr, &self.unknowns);
        found.root(&self.pattern).then_some(found)
    }
}

#[cfg(test)]
mod tests;
