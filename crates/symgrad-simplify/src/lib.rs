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
mod arrange;
mod canonical;
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

pub use canonical::{CanonicalKey, Constants, canonical};
pub use domain::Domain;
pub use interval::Interval;
pub use root::strip_root;
pub use simplifier::Simplifier;
