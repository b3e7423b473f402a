//! Values that obey a polynomial equation: Σ yᵏ·Pₖ = 0 with polynomials Pₖ in the inputs, or in functions of them.
//!
//! Rational functions and square roots of polynomials are such values. The monomials yᵏ·xᵉ are then linearly
//! dependent at all points, and the coefficients are the singular vector of a singular value that vanishes. Exact
//! values tell this from any approximation: of a library of a hundred monomials the least singular value is 10⁻³
//! to 10⁻⁷ where there is no equation (less with few inputs), and rounding where there is one. Singular values are those of functions, not of
//! coefficients, so that it does not matter how nearly functions depend on each other. Degrees are then lowered as far
//! as an equation is left, which takes common factors away. (Polynomials that vanish on points: the approximate
//! Buchberger–Möller algorithm, Heldt et al., 2009; implicit equations by null spaces: SINDy-PI, Kaheman et al., 2020.)
//!
//! Where gradients alone are known, `fields` looks for polynomial fields that are parallel to them, or at right angles.

mod account;
mod basis;
mod coordinates;
mod fields;
mod look;
mod lowering;
mod null_vectors;
mod polynomial;
mod relation;
mod scanned;
mod sought;
#[cfg(test)]
mod tests;

use symgrad_expr::OpSet;

pub(crate) use self::fields::{first_integrals, level_sets};
use self::look::Look;
pub(crate) use self::relation::Relation;
use crate::score::budget::Allowance;
use crate::score::objective::Objective;

/// What is looked for, and in how many systems of coordinates.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope {
    /// The inputs, and functions of one of them.
    Few,
    /// Also functions of two inputs, and of one input each of two.
    Many,
    /// Functions with a constant inside.
    Constants,
}

/// The equations that values obey in the simplest systems of coordinates in which they obey any, and the
/// evaluations that finding them is worth. The error is that of the values as a share of their root mean square, 0
/// if they are exact.
pub(crate) fn relations(
    objective: &Objective,
    inputs: &[u16],
    ops: &OpSet,
    error: f64,
    scope: Scope,
    allowance: &Allowance,
) -> (Vec<Relation>, u64) {
    let Some(mut look) = Look::new(objective, error, allowance) else { return (vec![], 0) };
    let found = match scope {
        Scope::Few => look.for_relations(inputs, ops, false),
        Scope::Many => look.for_relations(inputs, ops, true),
        Scope::Constants => look.for_constants(inputs, ops),
    };
    (found, look.account.spent())
}
