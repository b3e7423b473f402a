//! Networks from files, with exact input gradients of any tensor.
//!
//! ```
//! use symgrad_data::Table;
//! use symgrad_models::{Network, Unit};
//!
//! # let models = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/models"));
//! let network = Network::open(&models.join("pendulum.onnx"), None)?;
//! for layer in network.layers() {
//!     println!("{} ({}): {} neurons", layer.name, layer.operator, layer.neurons);
//! }
//! // The difference of two logits, and its derivatives: a column for each input.
//! let points = Table::read(models.join("pendulum.csv"))?;
//! let logits = "/0/0.5/Gemm_output_0";
//! let gradients = network.gradients(&points, logits, Unit::Margin(7, 2))?;
//! assert_eq!((gradients.len(), gradients[0].len()), (network.inputs(), points.rows()));
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
//! first axis of size 1, or as a function of a vector. Other axes have fixed sizes. A model that
//! turns the axis of the points, or joins it with others, is computed for a single point, provided
//! that two points then leave each other's results alone.
//!
//! Operators are of versions 7 to 28; `docs/onnx.md` lists them. Where one is not supported, the
//! tensors that do not need it can be read. Tensors keep their names.
//! Inputs that are not to be read in, such as a sample rate or the initial state of a recurrent
//! network, can be made constant, and open sizes be given: see [`Setting`].
//!
//! # Architectures
//!
//! The files of safetensors and PyTorch (`.pt`, `.pth`, `.ckpt`, `.bin`: what
//! `torch.save(model.state_dict(), path)` writes, or a checkpoint with a state dictionary in it)
//! hold weights, and not what is computed with them. That is in a TOML file, given or of the same
//! name beside the weights; without one, the error lists the tensors and proposes a file. For a
//! plain perceptron, whose tensors are `….weight` and `….bias`:
//!
//! ```toml
//! activation = "silu"            # between the layers
//! # output_activation = "tanh"   # behind the last one, if there is one
//! ```
//!
//! Its layers are in the order in which each takes as many numbers as the one before gives. Where
//! several orders fit, that of a PyTorch file is taken; those of safetensors files are sorted by
//! their names, in which numbers count as such (`fc2` comes before `fc10`), and
//! [`Network::notes`] tells that this is a guess.
//!
//! For everything else, all layers in order:
//!
//! ```
//! # use symgrad_models::{ModelError, Network};
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/models/snell.safetensors");
//! # let bytes = std::fs::read(path)?;
//! let architecture = r#"
//!     [[layers]]
//!     kind = "linear"            # x·Wᵀ + b; `transposed = true` for x·W + b
//!     weight = "0.weight"
//!     bias = "0.bias"
//!
//!     [[layers]]
//!     kind = "activation"
//!     function = "silu"
//!     name = "first"             # otherwise named after the weights: `0.silu`
//!
//!     [[layers]]
//!     kind = "residual"          # x + f(x)
//!     layers = [
//!         { kind = "linear", weight = "2.weight", bias = "2.bias" },
//!         { kind = "activation", function = "silu" },
//!     ]
//!
//!     [[layers]]
//!     kind = "linear"
//!     weight = "4.weight"
//!     bias = "4.bias"
//! "#;
//! let network = Network::from_safetensors(&bytes, Some(architecture))?;
//! let names: Vec<&str> = network.layers().iter().map(|layer| &layer.name[..]).collect();
//! assert_eq!(names, ["0", "first", "2", "2.silu", "2.silu.residual", "output"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Other kinds are `layer_norm` (`weight`, `bias`, `epsilon`), `batch_norm` (these, `mean` and
//! `variance`), `softmax` and `log_softmax`. Functions are `relu`, `leaky_relu`, `elu`, `celu`
//! (these three with an `alpha`), `selu`, `gelu`, `gelu_tanh`, `silu`, `mish`, `sigmoid`, `tanh`,
//! `softplus`, `softsign`, `hard_sigmoid`, `hard_swish`, `exp` and `sin`, as PyTorch defines them.
//! The last layer is named `output`. Tensors that no layer uses have to be listed:
//! `ignore = ["…"]`. If a checkpoint holds several state dictionaries, `state_dict = "…"` names
//! the one to read.

mod architecture;
mod build;
#[cfg(test)]
mod checkpoint_tests;
mod error;
mod file;
mod layout;
mod network;
mod note;
mod onnx;
mod order;
mod perceptron;
#[cfg(test)]
mod perceptron_tests;
mod pickle;
mod plan;
mod proposal;
mod pytorch;
mod safetensors;
mod setting;
mod tensor;
#[cfg(test)]
mod testing;
mod unit;
#[cfg(test)]
mod weights_tests;

pub use error::ModelError;
pub use network::{Layer, Network};
pub use note::{Basis, Note};
pub use setting::{OpenOptions, Setting, SettingValue};
pub use unit::Unit;
