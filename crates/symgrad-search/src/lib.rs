//! Search for formulas whose unit gradients match a direction field.
//!
//! A [`Search`] combines two ways to find formulas: sums whose coefficients come from a small
//! eigenproblem (polynomials by elimination, short sums over a library by a beam), and islands
//! of regularised evolution that invent features and nonlinear structure. Both fill one hall of
//! fame; its Pareto front of complexity against loss is the result, and [`Choice`] names the
//! answer on it. A search sees points and directions, never a network.
//!
//! The example at [`Search`] runs a whole search.

mod archive;
mod as_given;
mod axes;
mod budget;
mod choice;
mod config;
mod constraints;
mod evaluator;
mod evolution;
mod fit;
mod fold;
mod front;
mod generators;
mod hints;
mod importance;
mod insertion;
mod libraries;
mod measure;
mod objective;
mod order;
mod outcome;
mod probe;
mod reduction;
mod replicate;
mod scaling;
mod search;
mod spectral;
mod state;
mod target;
mod target_unit;
mod trust;
mod units;

pub use choice::Choice;
pub use config::{Effort, SearchConfig, SearchError};
pub use constraints::{
    ConstantUnits, ConstraintConfig, ConstraintError, Constraints, Dimension, Limit, LimitError,
    Structure, StructureError, Unit, UnitError, Units,
};
pub use evaluator::Evaluator;
pub use fold::Folds;
pub use front::{Entry, HallOfFame};
pub use generators::{Generators, SpanAgreement};
pub use hints::{Form, Hint, HintKind, Hints};
pub use libraries::{monomials, structured_libraries};
pub use measure::{LossKind, Measure};
pub use objective::Objective;
pub use outcome::{Outcome, StopReason};
pub use scaling::Scaling;
pub use search::{Observer, Search};
// What the functions above take and return.
pub use symgrad_expr::{Expr, Names, NamesError, Op, OpSet, OpSetError};
pub use trust::{EntryTrust, Evidence, Interval, Trust, Verdict};
