//! Fields with polynomial components, in the inputs or in functions of them, that are parallel to gradients or at right
//! angles to them at all points.
//!
//! The gradients of rational functions, and of sums of logarithms of polynomials (Darboux functions), are parallel to
//! polynomial 1-fields. A function of fewer polynomials than inputs is annihilated by polynomial vector fields: by
//! ∇A × ∇C if it is one of A and C in three inputs. The coefficients are a singular vector whose singular value
//! vanishes, as those of an equation that values obey.

mod first_integrals;
mod level_sets;
mod libraries;
mod sought;
mod span;
#[cfg(test)]
mod tests;
mod transport;

use std::fmt;

use symgrad_expr::Expr;

pub(crate) use self::first_integrals::first_integrals;
pub(crate) use self::level_sets::level_sets;
use crate::propose::relations::coordinates::Coordinate;

/// How a field lies to the gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Parallel: a 1-form.
    Parallel,
    /// At right angles, along the level sets: a vector field that annihilates the function.
    Tangent,
}

/// A field, by its components along each input.
#[derive(Clone, Debug)]
struct PolynomialField {
    components: Vec<Expr>,
    /// The components that differ from zero.
    active: Vec<bool>,
    /// In which the components are polynomials, up to a factor for each input.
    system: Vec<Coordinate>,
    terms: usize,
}

impl fmt::Display for PolynomialField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let components: Vec<String> = self.components.iter().map(ToString::to_string).collect();
        write!(f, "({})", components.join(", "))
    }
}
