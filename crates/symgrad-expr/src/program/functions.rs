//! Functions without a vector form, row by row.
//!
//! They are those of the crate `libm`, whose steps are exactly defined: neither the platform's library
//! nor the instruction set has a part in the results.

use std::f64::consts::FRAC_2_SQRT_PI;

use crate::Op;

/// An operand: a number for each row, or one for all.
#[derive(Clone, Copy)]
pub(super) enum Rows<'a> {
    Each(&'a [f64]),
    All(f64),
}

impl Rows<'_> {
    fn at(self, row: usize) -> f64 {
        match self {
            Self::Each(column) => column[row],
            Self::All(value) => value,
        }
    }
}

/// The operator's values.
#[inline(never)]
pub(super) fn values(op: Op, out: &mut [f64], [a, b]: [Rows<'_>; 2]) {
    for (row, out) in out.iter_mut().enumerate() {
        *out = op.apply(a.at(row), b.at(row));
    }
}

/// The operator's values, and its derivatives: for the angle of a point what both have in common, the
/// inverse of the squared distance.
#[inline(never)]
pub(super) fn values_and_slopes(op: Op, [values, slopes]: [&mut [f64]; 2], [a, b]: [Rows<'_>; 2]) {
    let slope: fn(f64, f64) -> f64 = match op {
        Op::Asin => |a, _| inverse_root(a),
        Op::Acos => |a, _| -inverse_root(a),
        Op::Atan => |a, _| 1.0 / (1.0 + a * a),
        Op::Atan2 => |a, b| 1.0 / (a * a + b * b),
        Op::Sinh => |a, _| libm::cosh(a),
        Op::Cosh => |a, _| libm::sinh(a),
        Op::Erf => |a, _| FRAC_2_SQRT_PI * libm::exp(-a * a),
        // Code for the others has actions of its own.
        _ => |_, _| f64::NAN,
    };
    for (row, (value, along)) in values.iter_mut().zip(slopes).enumerate() {
        let (a, b) = (a.at(row), b.at(row));
        *value = op.apply(a, b);
        *along = slope(a, b);
    }
}

/// 1/√(1 − a²), without the loss of digits near ±1.
fn inverse_root(a: f64) -> f64 {
    1.0 / ((1.0 - a) * (1.0 + a)).sqrt()
}
