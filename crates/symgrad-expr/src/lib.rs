//! Expressions: syntax, compiled programs, batched values and exact derivatives.
mod code;
mod derivative;
mod display;
mod expr;
mod names;
mod op;
mod parse;
mod print;
mod program;
mod readable;
pub mod simd;
mod template;

pub use derivative::derivative;
pub use expr::{Expr, Node, ShapeError};
pub use names::{Names, NamesError};
pub use op::{Op, OpSet, OpSetError};
pub use parse::ParseError;
pub use program::{Block, EvalError, Program, Workspace};
pub use template::{Definitions, Template};
