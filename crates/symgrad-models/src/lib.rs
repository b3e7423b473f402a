//! Networks from files, with exact input gradients of any tensor.
//!
//! ```no_run
//! use std::path::Path;
//! use symgrad_data::Table;
//! use symgrad_models::{Network, Unit};
//!
//! let network = Network::open(Path::new("classifier.onnx"), None)?;
//! for layer in network.layers() {
//!     println!("{} ({}): {} neurons", layer.name, layer.operator, layer.neurons);
//! }
//! let points = Table::new(vec!["x".into(), "y".into()], vec![vec![0.1, 0.2], vec![1.0, 1.5]])?;
//! // The difference of the first two logits, and its derivatives: a column for each input.
//! let gradients = network.gradients(&points, network.output(), Unit::Margin(0, 1))?;
//! assert_eq!(gradients.len(), network.inputs());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything is computed in double precision, point by point: a plan of steps, made and checked
//! when the model is read, runs over blocks of points. What would let points influence one
//! another is refused. So is every operator, attribute and version that is not known: a model is
//! computed as it was meant, or not at all.
//!
//! # ONNX
//!
//! The points are the first axis of a model's inputs, or the model is that of one point: with a
//! first axis of size 1, or as a function of a vector. Other axes have fixed sizes. Operators are
//! of versions 7 to 25; an error names those that are supported.

mod error;
mod file;
mod network;
mod onnx;
mod plan;
mod tensor;
#[cfg(test)]
mod testing;
mod unit;

pub use error::ModelError;
pub use network::{Layer, Network};
pub use unit::Unit;
