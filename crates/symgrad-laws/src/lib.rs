//! Conserved quantities from points that belong together.
//!
//! [`find_laws`] takes trajectories, or other groups of points that share what is looked for, and
//! finds formulas that are constant within each group and differ among them:
//!
//! ```
//! use symgrad_data::{Groups, Table};
//! use symgrad_expr::OpSet;
//! use symgrad_laws::{LawSettings, Source, Verdict, find_laws};
//!
//! // Twelve swings of x'' = −4x, of thirty moments each.
//! let (mut x, mut v, mut run) = (vec![], vec![], vec![]);
//! for n in 0..360_u32 {
//!     let (start, t) = (f64::from(n / 30), 0.1 * f64::from(n % 30));
//!     let size = 0.5 + 0.1 * start;
//!     x.push(size * (2.0 * t + start).cos());
//!     v.push(-2.0 * size * (2.0 * t + start).sin());
//!     run.push(start);
//! }
//! let points = Table::new(vec!["x".into(), "v".into()], vec![x, v])?;
//! let source = Source::Groups(Groups::new(&points, &run, None)?);
//! let found = find_laws(&source, &LawSettings::default(), &mut ())?;
//! assert_eq!(found.verdict(), Verdict::Laws);
//! assert_eq!(found.laws.len(), 1);
//! # Ok::<(), symgrad_data::DataError>(())
//! ```
//!
//! A formula is judged by groups that it was neither fitted nor chosen on. Where moments follow each
//! other in time, what noise contributes is told from what lasts, so that *no law* is an answer.

mod choose;
mod discover;
mod elimination;
mod equations;
mod exchange;
mod far;
mod features;
mod inner;
mod known;
mod law;
mod library;
mod matrices;
mod measure;
mod noise;
mod parts;
mod polish;
mod proposals;
mod rivals;
mod sample;
mod settings;
mod source;

pub use discover::find_laws;
pub use equations::{EquationError, Equations};
pub use known::independence;
pub use law::{Alternative, CONSTANT, Law, LawVerdict, Laws, Relation, Road, Verdict};
pub use measure::Constancy;
pub use settings::{LawObserver, LawSettings};
pub use source::{Motion, MotionError, Source};
