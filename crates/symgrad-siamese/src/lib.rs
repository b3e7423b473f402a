//! Siamese encoders: training them on triplets, and the gradients of their neurons.
//!
//! An encoder learns to give anchors and positives the same latent, and negatives another. The
//! direction of a latent's gradient then tells which concept it has learned, whatever monotone
//! function of that concept it computes (arXiv 2409.05305).
//!
//! ```
//! use symgrad_data::{Table, Triplets};
//! use symgrad_siamese::{Encoder, Length, Neuron, TrainConfig};
//!
//! // Pairs that share x + y.
//! let table = |points: Vec<(f64, f64)>| {
//!     let (x, y) = points.into_iter().unzip();
//!     Table::new(vec!["x".into(), "y".into()], vec![x, y])
//! };
//! let turn = |i: i32, step: f64| (f64::from(i) * step).fract();
//! let anchors = (0..64).map(|i| (turn(i, 0.618), turn(i, 0.754)));
//! let positives = anchors.clone().zip(0..).map(|((x, y), i)| (x + turn(i, 0.57), y - turn(i, 0.57)));
//! let negatives = (0..64).map(|i| (turn(i, 0.43), turn(i, 0.29)));
//! let triplets = Triplets::new(
//!     table(anchors.collect())?,
//!     table(positives.collect())?,
//!     table(negatives.collect())?,
//! )?;
//!
//! let config = TrainConfig { length: Length::Steps(20), ..TrainConfig::preset("quick")? };
//! let (encoder, curve) = Encoder::train(&triplets, &triplets, &config, 1, &mut ())?;
//! assert!(curve.points[curve.points.len() - 1].validation_loss < 1.0);
//! let gradients = encoder.gradients(triplets.anchor(), Neuron::Latent(0))?;
//! assert_eq!((gradients.len(), gradients[0].len()), (2, 64)); // d columns of N
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod activate;
mod config;
mod encoder;
mod error;
mod file;
mod loss;
mod network;
mod optimise;
mod refine;
mod refit;
mod samples;
mod schedule;
mod standardise;
mod train;
mod weights;

pub use config::{
    Activation, Backend, Decay, EncoderConfig, Length, Loss, Optimizer, Schedule, TrainConfig,
};
pub use encoder::{Encoder, Neuron};
pub use error::SiameseError;
pub use train::{CurvePoint, Progress, TrainObserver, TrainingCurve};
