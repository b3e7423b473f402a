//! Expressions: syntax, compiled programs, batched values and exact derivatives.
//!
//! ```
//! use symgrad_expr::{Expr, Names, derivative};
//!
//! let names = Names::new(["x", "v"])?;
//! let energy = Expr::parse("v^2/2 - cos(x)", &names)?;
//! assert_eq!(energy.eval(&[0.0, 2.0]), 1.0);
//!
//! let force = -derivative(&energy, 0);
//! assert_eq!(force.display(&names).to_string(), "-sin(x)");
//! assert_eq!(energy.latex(&names), r"\frac{v^{2}}{2} - \cos\left(x\right)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Expr`] is the source form: text, structure, symbolic derivatives, printing in several
//! notations. It is flat and everything here works without recursion, so depth is no danger.
//! [`Program`] is the executable form.

mod aligned;
mod code;
mod derivative;
mod display;
mod expr;
mod names;
mod natural;
mod near;
mod op;
mod op_set;
mod parse;
mod print;
mod program;
pub mod simd;
mod template;
#[cfg(feature = "testing")]
pub mod testing;

pub use aligned::Aligned;
pub use code::{Language, Spelling};
pub use derivative::derivative;
pub use expr::{Expr, Node, ShapeError};
pub use names::{Names, NamesError};
pub use near::nearest;
pub use op::Op;
pub use op_set::{Costs, OpSet, OpSetError};
pub use parse::{ParseError, Skeleton, UnknownFunction};
pub use program::{Block, EvalError, Program, Workspace};
pub use template::{Definitions, Template};
