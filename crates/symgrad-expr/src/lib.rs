//! Expressions: syntax, compiled programs, batched values and exact derivatives.
mod expr;
mod op;
mod program;
pub mod simd;

pub use expr::{Expr, Node, ShapeError};
pub use op::{Op, OpSet, OpSetError};
pub use program::{Block, EvalError, Program, Workspace};
