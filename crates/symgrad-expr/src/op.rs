//! The operators.

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
    /// arcsin a, for −1 ≤ a ≤ 1 (differentiable within)
    Asin,
    /// arccos a, for −1 ≤ a ≤ 1 (differentiable within)
    Acos,
    /// arctan a
    Atan,
    /// The angle of the point (b, a), from −π to π, as the floating-point standard has it
    /// (differentiable but for the origin and the half-axis of b < 0)
    Atan2,
    /// sinh a
    Sinh,
    /// cosh a
    Cosh,
    /// 2/√π times the integral of e^(−t²) from 0 to a
    Erf,
}

impl Op {
    /// Every operator.
    pub const ALL: [Self; 24] = [
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
        Self::Asin,
        Self::Acos,
        Self::Atan,
        Self::Atan2,
        Self::Sinh,
        Self::Cosh,
        Self::Erf,
    ];

    /// Number of arguments, 1 or 2.
    pub const fn arity(self) -> usize {
        match self {
            Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Pow | Self::Atan2 => 2,
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
            Self::Asin => "asin",
            Self::Acos => "acos",
            Self::Atan => "atan",
            Self::Atan2 => "atan2",
            Self::Sinh => "sinh",
            Self::Cosh => "cosh",
            Self::Erf => "erf",
        }
    }

    /// The operator of that name or symbol (`+ - * / ^`), if there is one; `ln`, `inverse`,
    /// `arcsin`, `arccos`, `arctan` and `arctan2` are names, too.
    pub fn from_name(name: &str) -> Option<Self> {
        let symbol = match name {
            "+" => Self::Add,
            "-" => Self::Sub,
            "*" => Self::Mul,
            "/" => Self::Div,
            "^" => Self::Pow,
            "ln" => Self::Log,
            "inverse" => Self::Inv,
            "arcsin" => Self::Asin,
            "arccos" => Self::Acos,
            "arctan" => Self::Atan,
            "arctan2" => Self::Atan2,
            _ => return Self::ALL.into_iter().find(|op| op.name() == name),
        };
        Some(symbol)
    }

    /// Whether the order of the two arguments does not matter.
    pub const fn is_commutative(self) -> bool {
        matches!(self, Self::Add | Self::Mul)
    }

    /// Whether an input or a definition may take the operator's name, which then means that: these
    /// operators came when there were files with such names. An input is told from a function by the
    /// parenthesis that follows; a definition hides the operator.
    pub(crate) const fn lends_its_name(self) -> bool {
        self as u8 > Self::Inv as u8
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
            Self::Asin => libm::asin(a),
            Self::Acos => libm::acos(a),
            Self::Atan => libm::atan(a),
            Self::Atan2 => libm::atan2(a, b),
            Self::Sinh => libm::sinh(a),
            Self::Cosh => libm::cosh(a),
            Self::Erf => libm::erf(a),
        }
    }
}
