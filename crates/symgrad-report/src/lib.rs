//! Tables, pictures, pages and summaries of what a search found: plain data in, text, SVG and HTML
//! out.
//!
//! ```
//! use symgrad_report::{FrontLabels, FrontPoint, TextTable, format_loss, pareto_svg};
//!
//! let entry = |complexity, loss, expression: &str| FrontPoint {
//!     complexity,
//!     loss,
//!     expression: expression.into(),
//! };
//! let front = [entry(1, 0.31, "a11"), entry(3, 2.4e-5, "a11 + a22")];
//!
//! let mut table = TextTable::new(["complexity", "loss", "expression"]);
//! for point in &front {
//!     let cells = [point.complexity.to_string(), format_loss(point.loss), point.expression.clone()];
//!     table.row(cells);
//! }
//! println!("{}", table.to_text());
//!
//! let labels = FrontLabels { title: "trace-2x2", ..FrontLabels::default() };
//! let svg = pareto_svg(&front, Some(1), &labels)?;
//! assert!(svg.starts_with("<svg"));
//! # Ok::<(), symgrad_report::ReportError>(())
//! ```
//!
//! Pictures are standalone SVG files of 720 × 450 pixels on white, without scripts or fonts of
//! their own; the same data give the same bytes. Every text is escaped. Values that no axis can
//! show are errors that say where they are.

mod axis;
mod canvas;
mod curve;
mod error;
mod number;
mod page;
mod pareto;
mod rates;
mod scatter;
mod summary;
mod table;

pub use curve::{Curve, training_curve_svg};
pub use error::ReportError;
pub use number::{format_loss, format_seconds};
pub use page::{
    Badge, Card, CardGroup, Cell, GridPage, IndexPage, IndexRow, PageEntry, PageHint, PagePlane,
    PageTruth, Relation, ResultPage, Span95, Spelt,
};
pub use pareto::{FrontLabels, FrontPoint, pareto_svg};
pub use rates::{RateCurve, RatePoint, rate_svg, wilson};
pub use scatter::{ScatterLabels, scatter_svg};
pub use summary::{Picture, Section, Summary};
pub use table::TextTable;
