//! Expressions: syntax, compiled programs, batched values and exact derivatives.
mod expr;
mod op;

pub use expr::{Expr, Node, ShapeError};
pub use op::{Op, OpSet, OpSetError};
