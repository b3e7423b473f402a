//! Tables, triplets and direction fields: their checks and their files.
//!
//! A [`DirectionField`] is all that a symbolic search sees of a network: the points, the unit
//! gradients of a neuron there, and weights. It is built from raw gradients, which are checked,
//! projected on the data's own surface where there is one, and normalised:
//!
//! ```
//! use symgrad_data::{DirectionField, FieldOptions, Table};
//!
//! let points = Table::new(
//!     vec!["x".into(), "v".into()],
//!     vec![vec![3.0, 0.0, 1.0], vec![4.0, 2.0, 0.0]],
//! )?;
//! // The gradients of x² + v², column by column.
//! let gradients = [vec![6.0, 0.0, 2.0], vec![8.0, 4.0, 0.0]];
//! let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default())?;
//! assert_eq!(field.basis(0)[0], [0.6, 0.0, 1.0]);
//! assert_eq!(field.dropped(), 0);
//! # Ok::<(), symgrad_data::DataError>(())
//! ```
//!
//! Where there are only values, [`estimate_gradients`] tells gradients from them, and how far to
//! trust each.
//!
//! [`Groups`] are points of which is known which belong together, and [`Triplets`] what a Siamese
//! network learns from. Off by default is the feature `parquet`, without which files of that kind are
//! refused.

mod builder;
mod cloud;
mod error;
mod estimate;
mod field;
mod file_error;
mod files;
mod groups;
mod order;
mod progress;
mod span;
mod superfluous;
mod surface;
mod table;
mod tangent;
mod triplets;
mod units;

pub use builder::FieldBuilder;
pub use error::DataError;
pub use estimate::{EstimatedGradients, Reach, estimate_gradients, influence};
pub use field::{DirectionField, FieldOptions, TangentMode};
pub use file_error::{FileError, FileProblem, Place};
pub use files::{
    FieldColumns, GroupColumns, GroupReading, Matrices, Notes, PairReading, ReadOptions, Reading,
    Sheet,
};
pub use groups::{GroupError, Groups, Split};
pub use progress::Progress;
pub use span::{Sines, Span};
pub use superfluous::{Dependence, Dropped, Reduction, Superfluous, Wanted, dependences};
pub use table::Table;
pub use tangent::{Normals, Tangent, orthonormal};
pub use triplets::Triplets;
pub use units::Units;
