//! Siamese encoders: training them on triplets, and the gradients of their neurons.
//!
//! An encoder learns to give anchors and positives the same latent, and negatives another. The
//! direction of a latent's gradient then tells which concept it has learned, whatever monotone
//! function of that concept it computes (arXiv 2409.05305).
//!
//! A training takes four steps to precise gradients, each of which [`TrainConfig`] can turn off:
//! triplets with outlying points are left out (`reach`); a loss with negatives chooses the
//! concept (`loss`); self-distillation on pairs alone makes the latent invariant (`refine_after`);
//! inverse iteration of the last layer ends it (`refit`).
//!
//! Training ends early where the latents are constant within validation pairs ([`Schedule::Cycles`]).
//! Where it is known which points belong together, [`Encoder::train_on_groups`] trains until the
//! latent's variance within groups that were held back has stopped falling.
//!
//! Several latents learn as many independent concepts with [`TrainConfig::independent`]; without
//! its uniformity loss two of them may well be functions of one concept.
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
//! let config = TrainConfig { length: Length::Steps(200), ..TrainConfig::preset("quick")? };
//! let (encoder, _curve) = Encoder::train(&triplets, &triplets, &config, 1, &mut ())?;
//! let gradients = encoder.gradients(triplets.anchor(), Neuron::Latent(0))?;
//! // One column per input. The concept x + y has gradient (1, 1), up to a factor.
//! let [x, y] = [gradients[0][0], gradients[1][0]];
//! assert!((x / y - 1.0).abs() < 0.02);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod activate;
mod canonical;
mod config;
mod distillation;
mod encoder;
mod error;
mod file;
mod inverse_iteration;
mod loss;
mod network;
mod optimise;
mod product;
mod samples;
mod schedule;
mod standardise;
mod train;
mod uniformity;
mod weights;

pub use config::{
    Activation, Backend, Decay, EncoderConfig, Length, Loss, Optimizer, Schedule, TrainConfig,
};
pub use encoder::{Encoder, Neuron};
pub use error::SiameseError;
pub use train::{
    CurvePoint, GroupTraining, Progress, Quality, TrainObserver, Training, TrainingCurve,
    TrainingState,
};
