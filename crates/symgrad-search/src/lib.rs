//! Search for formulas whose unit gradients match a direction field.
//!
//! A [`Search`] combines two ways to find formulas: sums whose coefficients come from a small
//! eigenproblem (polynomials by elimination, short sums over a library by a beam), and islands
//! of regularised evolution that invent features and nonlinear structure. Both fill one hall of
//! fame; its Pareto front of complexity against loss is the result, and [`Choice`] names the
//! answer on it. A search sees points and directions, never a network.
//!
//! The example at [`Search`] runs a whole search.

mod config;
mod constraints;
mod front;
mod generators;
mod hints;
mod inputs;
mod judge;
mod outcome;
mod propose;
mod score;
mod search;

pub use config::{Effort, SearchConfig, SearchError};
pub use constraints::{
    ConstantUnits, ConstraintConfig, ConstraintError, Constraints, Dimension, Limit, LimitError,
    Structure, StructureError, Unit, UnitError, Units,
};
pub use front::{Entry, HallOfFame};
pub use generators::{Generators, SpanAgreement};
pub use hints::{Form, Hint, HintKind, Hints};
pub use judge::choice::{CLEAR, Choice};
pub use outcome::{Outcome, StopReason};
pub use propose::libraries::{monomials, structured_libraries};
pub use score::evaluator::Evaluator;
pub use score::fold::Folds;
pub use score::measure::{LossKind, Measure};
pub use score::objective::Objective;
pub use score::scaling::Scaling;
pub use search::{Finds, Observer, Search, Standing};
// What the functions above take and return.
pub use judge::trust::{EntryTrust, Evidence, Interval, Trust, Verdict, description_bits};
pub use symgrad_expr::{Expr, Names, NamesError, Op, OpSet, OpSetError};
