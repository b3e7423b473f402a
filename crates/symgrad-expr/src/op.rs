//! The operators and the sets a search may draw from.

use serde::{Deserialize, Serialize};

/// An operator of an expression.
///
/// Outside its domain an operator returns NaN or an infinity, as the floating-point
/// standard says; evaluation reports such results, it never hides them.
///
/// ```
/// use symgrad_expr::Op;
/// assert_eq!(Op::Div.arity(), 2);
/// assert_eq!(Op::Sqrt.apply(9.0, 0.0), 3.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Op {
    /// a + b
    Add,
    /// a − b
    Sub,
    /// a · b
    Mul,
    /// a / b, for b ≠ 0
    Div,
    /// a to the power b, for a > 0, or for any a ≠ 0 if b is an integer
    Pow,
    /// −a
    Neg,
    /// a²
    Square,
    /// a³
    Cube,
    /// √a, for a ≥ 0 (differentiable for a > 0)
    Sqrt,
    /// eᵃ
    Exp,
    /// ln a, for a > 0
    Log,
    /// sin a
    Sin,
    /// cos a
    Cos,
    /// tan a, for a not an odd multiple of π/2
    Tan,
    /// tanh a
    Tanh,
    /// |a| (differentiable for a ≠ 0)
    Abs,
    /// 1/a, for a ≠ 0
    Inv,
}

impl Op {
    /// Every operator, the binary ones first.
    pub const ALL: [Self; 17] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::Pow,
        Self::Neg,
        Self::Square,
        Self::Cube,
        Self::Sqrt,
        Self::Exp,
        Self::Log,
        Self::Sin,
        Self::Cos,
        Self::Tan,
        Self::Tanh,
        Self::Abs,
        Self::Inv,
    ];

    /// Number of arguments, 1 or 2.
    pub const fn arity(self) -> usize {
        match self {
            Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Pow => 2,
            _ => 1,
        }
    }

    /// The name, as function notation and operator lists spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Mul => "mul",
            Self::Div => "div",
            Self::Pow => "pow",
            Self::Neg => "neg",
            Self::Square => "square",
            Self::Cube => "cube",
            Self::Sqrt => "sqrt",
            Self::Exp => "exp",
            Self::Log => "log",
            Self::Sin => "sin",
            Self::Cos => "cos",
            Self::Tan => "tan",
            Self::Tanh => "tanh",
            Self::Abs => "abs",
            Self::Inv => "inv",
        }
    }

    /// The operator of that name or symbol (`+ - * / ^`), if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        let symbol = match name {
            "+" => Self::Add,
            "-" => Self::Sub,
            "*" => Self::Mul,
            "/" => Self::Div,
            "^" => Self::Pow,
            "ln" => Self::Log,
            "inverse" => Self::Inv,
            _ => return Self::ALL.into_iter().find(|op| op.name() == name),
        };
        Some(symbol)
    }

    /// Whether the order of the two arguments does not matter.
    pub const fn is_commutative(self) -> bool {
        matches!(self, Self::Add | Self::Mul)
    }

    /// The value at one point; unary operators ignore `b`.
    pub fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Pow => a.powf(b),
            Self::Neg => -a,
            Self::Square => a * a,
            Self::Cube => a * a * a,
            Self::Sqrt => a.sqrt(),
            Self::Exp => a.exp(),
            Self::Log => a.ln(),
            Self::Sin => a.sin(),
            Self::Cos => a.cos(),
            Self::Tan => a.tan(),
            Self::Tanh => a.tanh(),
            Self::Abs => a.abs(),
            Self::Inv => a.recip(),
        }
    }
}

/// The operators a search may use, with the complexity each symbol adds.
///
/// ```
/// use symgrad_expr::{Expr, OpSet};
/// let ops: OpSet = "+ - * / sqrt".parse()?;
/// let radius: Expr = "sqrt(x1^2 + x2^2)".parse()?;
/// assert!(!ops.allows(&radius)); // `square` is missing
/// assert_eq!(OpSet::published().complexity(&radius), 9); // sqrt counts 4
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpSet {
    allowed: Vec<Op>,
    costs: [u32; Op::ALL.len()],
    constant: u32,
    variable: u32,
}

/// An operator list could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpSetError {
    /// A name that is no operator.
    #[error("unknown operator `{name}`; known: {}", known_names())]
    Unknown {
        /// The name as written.
        name: String,
    },
    /// No operator at all.
    #[error("the operator list is empty; known: {}", known_names())]
    Empty,
}

fn known_names() -> String {
    Op::ALL.map(Op::name).join(" ")
}

impl OpSet {
    /// The given operators, every symbol at complexity 1.
    pub fn new(ops: &[Op]) -> Self {
        let mut allowed = ops.to_vec();
        allowed.sort_unstable();
        allowed.dedup();
        Self { allowed, costs: [1; Op::ALL.len()], constant: 1, variable: 1 }
    }

    /// The published search settings: + − × ÷ ^ sqrt square sin exp, where a constant
    /// counts 3, a square root 4 and everything else 1.
    pub fn published() -> Self {
        let ops =
            [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Pow, Op::Sqrt, Op::Square, Op::Sin, Op::Exp];
        let mut set = Self::new(&ops);
        set.costs[Op::Sqrt as usize] = 4;
        set.constant = 3;
        set
    }

    /// The allowed operators, sorted.
    pub fn ops(&self) -> &[Op] {
        &self.allowed
    }

    /// Whether the operator is allowed.
    pub fn contains(&self, op: Op) -> bool {
        self.allowed.binary_search(&op).is_ok()
    }

    /// Whether every operator of the expression is allowed.
    pub fn allows(&self, expr: &crate::Expr) -> bool {
        expr.nodes().iter().all(|node| match node {
            crate::Node::Op(op) => self.contains(*op),
            _ => true,
        })
    }

    /// The complexity that one use of the operator adds.
    pub fn cost(&self, op: Op) -> u32 {
        self.costs[op as usize]
    }

    /// The complexity of a constant.
    pub fn constant_cost(&self) -> u32 {
        self.constant
    }

    /// The complexity of an input.
    pub fn variable_cost(&self) -> u32 {
        self.variable
    }

    /// Sets the complexity of one operator.
    #[must_use]
    pub fn with_cost(mut self, op: Op, cost: u32) -> Self {
        self.costs[op as usize] = cost;
        self
    }

    /// Sets the complexities of constants and inputs.
    #[must_use]
    pub fn with_leaf_costs(mut self, constant: u32, variable: u32) -> Self {
        self.constant = constant;
        self.variable = variable;
        self
    }

    /// The complexity of an expression: the sum over its nodes.
    pub fn complexity(&self, expr: &crate::Expr) -> u32 {
        expr.nodes()
            .iter()
            .map(|node| match node {
                crate::Node::Op(op) => self.cost(*op),
                crate::Node::Const => self.constant,
                crate::Node::Var(_) => self.variable,
            })
            .sum()
    }
}

impl Default for OpSet {
    /// The published complexities over a wider choice of operators
    /// (+ − × ÷ neg square sqrt exp log sin cos inv).
    fn default() -> Self {
        let ops = [
            Op::Add,
            Op::Sub,
            Op::Mul,
            Op::Div,
            Op::Neg,
            Op::Square,
            Op::Sqrt,
            Op::Exp,
            Op::Log,
            Op::Sin,
            Op::Cos,
            Op::Inv,
        ];
        Self { allowed: Self::new(&ops).allowed, ..Self::published() }
    }
}

impl std::str::FromStr for OpSet {
    type Err = OpSetError;

    /// Reads names or symbols separated by blanks or commas; complexities are the published ones.
    fn from_str(text: &str) -> Result<Self, OpSetError> {
        let names = text.split(|c: char| c.is_whitespace() || c == ',').filter(|s| !s.is_empty());
        let ops = names
            .map(|name| {
                Op::from_name(name).ok_or_else(|| OpSetError::Unknown { name: name.into() })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if ops.is_empty() {
            return Err(OpSetError::Empty);
        }
        Ok(Self { allowed: Self::new(&ops).allowed, ..Self::published() })
    }
}
