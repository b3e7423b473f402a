//! Simplification of expressions, under a level-set root if only level sets matter.
//!
//! ```
//! use symgrad_expr::OpSet;
//! use symgrad_simplify::{Domain, Simplifier};
//!
//! // x3 is never 0 on these data, which the rules may use.
//! let domain = Domain::of_columns(&[vec![0.0, 1.0], vec![0.0, 1.0], vec![0.5, 1.0]]);
//! let simplifier = Simplifier::new(OpSet::published(), domain);
//! let front_entry = "(x3 / exp(x1 + x2)) / x3".parse()?;
//! assert_eq!(simplifier.simplify_level_set(&front_entry).to_string(), "x1 + x2");
//! # Ok::<(), symgrad_expr::ParseError>(())
//! ```
//!
//! # How it works
//! * A [`Domain`] is the box of inputs on which functions must stay the same. [`Interval`]
//!   arithmetic proves on it what rules need: that a divisor is not 0, that a logarithm's argument
//!   is positive. What is not proved is not used.
//! * Sums of products are collected, expanded and factored by arithmetic on monomials. These forms
//!   and the expression itself enter an e-graph (M. Willsey et al., *egg: Fast and extensible
//!   equality saturation*, POPL 2021, doi:10.1145/3434304) together, as one class.
//! * Rules between equal functions apply everywhere; rules between functions with the same level
//!   sets apply under a marker at the root. The cheapest expression by
//!   [`OpSet::complexity`](symgrad_expr::OpSet::complexity) comes out, with its terms and factors
//!   in a fixed order, and the next round begins with it until one brings nothing.
//! * The result is compared with the input at points of the domain, by enclosures of values or
//!   gradients; on a proved difference the input is returned instead.
//!
//! Two expressions count as the same function if they are undefined at the same points and equal
//! elsewhere, in real arithmetic. All of it is deterministic: the limits count e-nodes and passes,
//! and no clock is read.
//!
//! For the inner loop of a search there is [`strip_root`], which removes monotone outer functions
//! in linear time.

mod arrange;
mod check;
mod domain;
mod extract;
mod facts;
mod interval;
mod language;
mod polynomial;
mod root;
mod round;
mod rules;
mod simplifier;

pub use domain::Domain;
pub use interval::Interval;
pub use root::strip_root;
pub use simplifier::Simplifier;
