//! Columns of which sums are made: powers, and atoms' functions times powers.

use symgrad_expr::{Expr, Op, OpSet};

use super::atoms::{exponents, power_of};
use crate::propose::spectral::quotient_of_powers;

/// Degree of the products of powers of several inputs, whatever the signs of the exponents.
const DEGREE: i32 = 2;

/// A power or an atom's function times a power; `divides` if it is multiplied by what is sought.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub(super) function: Option<usize>,
    pub(super) power: usize,
    pub(super) divides: bool,
}

/// How many columns, the first, have an atom's functions.
pub(super) fn main_part(columns: &[Column]) -> usize {
    columns.iter().filter(|column| column.function.is_some()).count()
}

/// What a column without an atom's functions is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Power {
    /// Of one input, the exponent in halves.
    OfOne(i32),
    /// A product of powers of several inputs, of that degree.
    OfSeveral(i32),
    Logarithm,
}

impl Power {
    /// Whether what is sought may be divided by it.
    pub(super) fn divides(self) -> bool {
        match self {
            Self::OfOne(halves) => [2, 4, -2].contains(&halves),
            Self::OfSeveral(degree) => degree == 1,
            Self::Logarithm => false,
        }
    }

    /// Whether what is sought may be divided by it times a function.
    pub(super) fn divides_with_function(self) -> bool {
        match self {
            Self::OfOne(halves) => [0, 2, -2].contains(&halves),
            Self::OfSeveral(degree) => degree <= 1,
            Self::Logarithm => false,
        }
    }

    /// Whether all of an atom's functions are multiplied by it.
    pub(super) fn is_low(self) -> bool {
        match self {
            Self::OfOne(halves) => [0, 2, -2, -4].contains(&halves),
            Self::OfSeveral(degree) => degree <= 1,
            Self::Logarithm => false,
        }
    }
}

/// Powers and logarithms, 1 first.
pub(super) fn powers(inputs: &[u16], ops: &OpSet) -> Vec<(Power, Expr)> {
    let logarithms = inputs.iter().map(|x| (Power::Logarithm, Expr::unary(Op::Log, Expr::var(*x))));
    let powers: Vec<(Power, Expr)> = if let [input] = inputs {
        const HALVES: [i32; 10] = [0, 2, -2, 4, -4, 1, -1, 3, 6, -6];
        let power = |halves| power_of(&Expr::var(*input), halves, ops);
        HALVES.iter().filter_map(|h| Some((Power::OfOne(*h), power(*h)?))).collect()
    } else {
        let product = |exponents: Vec<i32>| {
            let degree = exponents.iter().map(|e| e.abs()).sum();
            Some((Power::OfSeveral(degree), quotient_of_powers(inputs, &exponents, ops)?))
        };
        let products = exponents(inputs.len(), DEGREE).into_iter().filter_map(product);
        let one = (Power::OfSeveral(0), Expr::constant(1.0));
        std::iter::once(one).chain(products).collect()
    };
    powers.into_iter().chain(logarithms).collect()
}
