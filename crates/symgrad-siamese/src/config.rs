//! What to train and how: settings, their checks, and presets by name.

mod checks;

use std::fmt;

use serde::{Deserialize, Serialize};

use self::checks::{check, not_negative, positive, validate_warmup, within};
use crate::SiameseError;

/// The function between two layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// x · sigmoid(x): smooth, the best for gradients.
    Silu,
    /// max(0, x): its gradients are piecewise constant; for the published settings.
    Relu,
    /// tanh x
    Tanh,
    /// x · Φ(x), Φ the normal distribution function.
    Gelu,
    /// ln(1 + eˣ)
    Softplus,
}

/// What training minimises. `a`, `p`, `n` are the latents of anchor, positive and negative.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Loss {
    /// mean max(0, d(a,p) − d(a,n) + margin) (arXiv 2409.05305, equation of the triplet loss).
    Triplet {
        /// α, in units of the latent.
        margin: f64,
        /// d is the squared distance instead of the distance.
        squared: bool,
    },
    /// mean d(a,p)² + max(0, margin − d(a,n))²: the pairwise alternative.
    Contrastive {
        /// Distance beyond which negatives no longer count.
        margin: f64,
    },
    /// weight · mean ‖a − p‖² + Σₖ (std aₖ − 1)², plus the squared correlations of latents:
    /// the Rayleigh quotient of within-pair and total variance. Ignores negatives.
    VarianceNormalized {
        /// Weight of the pair's distance.
        weight: f64,
    },
    /// For several latents that are to hold independent concepts: `VarianceNormalized`, plus the
    /// uniformity loss (T. Wang and P. Isola, 2020), spread · ln mean exp(−2 ‖aᵢ − aⱼ‖²) over pairs of
    /// anchors. Self-distillation and inverse iteration then look at all latents together. Ignores
    /// negatives.
    ///
    /// Uncorrelated latents may still be functions of one concept, say x and x², and then put all
    /// anchors on a curve. Anchors that repel each other fill the space.
    Independent {
        /// Weight of the pair's distance.
        weight: f64,
        /// Weight of the uniformity loss, about 1.
        spread: f64,
    },
}

/// The learning rate over the course of training, as a factor of its peak.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// Always the peak.
    Constant,
    /// Half a cosine from the peak to zero, after a linear rise.
    OneCycle {
        /// Part of the steps that the rise takes, in [0, 1).
        warmup: f64,
    },
    /// First a cycle of a quarter as many steps; and unless the latents are constant within validation
    /// pairs by then, another one of all steps, from the beginning. Training also ends where linear
    /// algebra finds in the layers below what is constant up to rounding, as it does soon for a concept
    /// that is linear in the inputs.
    Cycles {
        /// Part of its steps that the rise of each cycle takes, in [0, 1).
        warmup: f64,
        /// The variance within validation pairs over all variance at which latents are constant.
        constant: f64,
    },
    /// Multiplied whenever the validation loss has not improved for some validations.
    Plateau {
        /// Validations without improvement before the rate falls.
        patience: usize,
        /// The factor, in (0, 1).
        factor: f64,
    },
}

/// The usual cycle.
const ONE_CYCLE: Schedule = Schedule::OneCycle { warmup: 0.1 };

/// How long to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Length {
    /// Optimiser steps.
    Steps(usize),
    /// Passes over the training triplets.
    Epochs(usize),
}

/// Where weight decay enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decay {
    /// Shrinks the weights beside Adam's step (`AdamW`).
    Decoupled,
    /// Joins the gradient before Adam sees it (L2 penalty); the published settings.
    Coupled,
}

/// How gradients become steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Adam, for every weight.
    Adam,
    /// Muon for the weights of hidden layers (momentum made orthogonal), Adam for the rest.
    Muon,
}

/// The tensor library's CPU backend that steps the weights. Gradients are always taken on flex, and
/// products of matrices in training are faer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Always there.
    Flex,
    /// Needs the cargo feature `ndarray`.
    Ndarray,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flex => "flex",
            Self::Ndarray => "ndarray",
        })
    }
}

/// The shape of an encoder: a multilayer perceptron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncoderConfig {
    /// Neurons of each hidden layer.
    pub width: usize,
    /// Number of hidden layers.
    pub depth: usize,
    /// The function after each hidden layer.
    pub activation: Activation,
    /// Number of latent neurons.
    pub latents: usize,
    /// Adds a linear map of the inputs to the latents, which makes linear concepts easy.
    pub linear_skip: bool,
}

impl Default for EncoderConfig {
    fn default() -> Self {
        Self { width: 64, depth: 3, activation: Activation::Silu, latents: 1, linear_skip: true }
    }
}

/// Everything that decides a training, apart from the data and the seed.
///
/// ```
/// use symgrad_siamese::{Length, TrainConfig};
/// let config = TrainConfig { length: Length::Steps(500), ..TrainConfig::preset("default")? };
/// config.validate()?;
/// # Ok::<(), symgrad_siamese::SiameseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// The encoder's shape.
    pub encoder: EncoderConfig,
    /// What is minimised.
    pub loss: Loss,
    /// Part of the steps after which only pairs teach, while latents are held to the function of
    /// the concept that `loss` has chosen (self-distillation); 1 for never.
    ///
    /// Negatives tell which of several shared concepts separates best, but the hinge of their
    /// losses never rests; pairs alone make a latent far more precise.
    pub refine_after: f64,
    /// How long.
    pub length: Length,
    /// Triplets per step.
    pub batch: usize,
    /// How gradients become steps.
    pub optimizer: Optimizer,
    /// The learning rate at the schedule's peak.
    pub learning_rate: f64,
    /// The learning rate over time.
    pub schedule: Schedule,
    /// Weight decay.
    pub weight_decay: f64,
    /// How weight decay enters.
    pub decay: Decay,
    /// Leave out triplets with a positive or negative farther than this from the anchors'
    /// mean, in standard deviations of the anchors, in any input; 0 for no limit. The nearest
    /// fifth of the triplets is always kept.
    pub reach: f64,
    /// After training, solve for the latents' weights by inverse iteration.
    pub refit: bool,
    /// Steps between validations; 0 for one validation per pass over the data.
    pub validate_every: usize,
    /// Stop after this many validations without improvement and return to the best weights.
    pub patience: Option<usize>,
    /// What trains.
    pub backend: Backend,
}

impl Default for TrainConfig {
    /// The preset `default`.
    fn default() -> Self {
        Self {
            encoder: EncoderConfig::default(),
            loss: Loss::Triplet { margin: 1.0, squared: true },
            refine_after: 0.25,
            length: Length::Steps(4000),
            batch: 512,
            optimizer: Optimizer::Muon,
            learning_rate: 0.01,
            schedule: Schedule::Cycles { warmup: 0.1, constant: 1e-4 },
            weight_decay: 1e-4,
            decay: Decay::Decoupled,
            reach: 3.0,
            refit: true,
            validate_every: 0,
            patience: None,
            backend: Backend::Flex,
        }
    }
}

impl TrainConfig {
    /// Names that [`preset`](Self::preset) knows.
    pub const PRESETS: [&str; 3] = ["default", "quick", "published"];

    /// The settings of that name:
    ///
    /// * `default`: a small smooth encoder whose latent is made precise, one to eight seconds of
    ///   one core, until held-out pairs call it constant;
    /// * `quick`: the same for a first look and for tests, two or three seconds;
    /// * `published`: those of arXiv 2409.05305, many minutes.
    pub fn preset(name: &str) -> Result<Self, SiameseError> {
        match name {
            "default" => Ok(Self::default()),
            "quick" => Ok(Self::quick()),
            "published" => Ok(Self::published()),
            _ => Err(SiameseError::UnknownPreset { name: name.into() }),
        }
    }

    /// The settings for that many latents that are to hold as many independent concepts: every
    /// quantity that anchors and positives share is then a function of the latents.
    ///
    /// Ask for as many latents as there are independent concepts. Fewer hold what is easiest to
    /// learn, mixtures included; what is too many becomes a function of the others.
    ///
    /// ```
    /// use symgrad_experiments::{Recipe, Splits, System};
    /// use symgrad_siamese::{Encoder, Length, Neuron, TrainConfig};
    ///
    /// // Pairs of similar matrices, which share trace and determinant.
    /// let sizes = Splits { train: 2_000, validation: 100, test: 100 };
    /// let data = System::Similarity2x2.generate(Recipe::Isolated, sizes, 1)?;
    /// let config = TrainConfig { length: Length::Steps(100), ..TrainConfig::independent(2) };
    /// let (encoder, _) = Encoder::train(&data.train, &data.validation, &config, 1, &mut ())?;
    /// let points = data.test.anchor();
    /// let neurons = [0, 1].map(|index| encoder.gradients(points, Neuron::Latent(index)));
    /// # assert!(neurons.iter().all(Result::is_ok));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn independent(latents: usize) -> Self {
        Self {
            encoder: EncoderConfig { latents, ..EncoderConfig::default() },
            loss: Loss::Independent { weight: 10.0, spread: 1.0 },
            // Self-distillation makes precise what has been learned by then, and several concepts take
            // longer than one.
            refine_after: 0.5,
            schedule: ONE_CYCLE,
            ..Self::default()
        }
    }

    fn quick() -> Self {
        // A short training needs more of its time to choose.
        Self {
            length: Length::Steps(1500),
            batch: 256,
            refine_after: 0.4,
            schedule: ONE_CYCLE,
            ..Self::default()
        }
    }

    fn published() -> Self {
        Self {
            encoder: EncoderConfig {
                width: 256,
                depth: 3,
                activation: Activation::Relu,
                latents: 1,
                linear_skip: false,
            },
            loss: Loss::Triplet { margin: 1.0, squared: false },
            refine_after: 1.0,
            length: Length::Epochs(100),
            batch: 256,
            optimizer: Optimizer::Adam,
            learning_rate: 1e-3,
            schedule: Schedule::Plateau { patience: 10, factor: 0.1 },
            weight_decay: 1e-4,
            decay: Decay::Coupled,
            reach: 0.0,
            refit: false,
            validate_every: 0,
            patience: None,
            backend: Backend::Flex,
        }
    }

    /// Checks every setting; training does so first.
    pub fn validate(&self) -> Result<(), SiameseError> {
        self.encoder.validate()?;
        self.validate_loss()?;
        self.validate_schedule()?;
        check("refine_after", self.refine_after, "from 0 to 1", |part| (0.0..=1.0).contains(part))?;
        let steps = match self.length {
            Length::Steps(count) | Length::Epochs(count) => count,
        };
        within("length", steps, 1..=100_000_000, "from 1 to 100000000")?;
        within("batch", self.batch, 2..=1 << 20, "from 2 to 1048576")?;
        positive("learning_rate", self.learning_rate)?;
        not_negative("weight_decay", self.weight_decay)?;
        not_negative("reach", self.reach)?;
        check("patience", self.patience.unwrap_or(1), "at least 1", |&p| p > 0)?;
        self.backend.device().map(|_| ())
    }

    fn validate_loss(&self) -> Result<(), SiameseError> {
        match self.loss {
            Loss::Triplet { margin, .. } | Loss::Contrastive { margin } => {
                positive("loss.margin", margin)
            }
            Loss::VarianceNormalized { weight } => positive("loss.weight", weight),
            Loss::Independent { weight, spread } => {
                positive("loss.weight", weight)?;
                not_negative("loss.spread", spread)
            }
        }
    }

    fn validate_schedule(&self) -> Result<(), SiameseError> {
        match self.schedule {
            Schedule::Constant => Ok(()),
            Schedule::OneCycle { warmup } => validate_warmup(warmup),
            Schedule::Cycles { warmup, constant } => {
                validate_warmup(warmup)?;
                not_negative("schedule.constant", constant)
            }
            Schedule::Plateau { patience, factor } => {
                check("schedule.patience", patience, "at least 1", |&p| p > 0)?;
                check("schedule.factor", factor, "between 0 and 1", |&f| f > 0.0 && f < 1.0)
            }
        }
    }
}

impl EncoderConfig {
    /// Checks the sizes, which also bounds what a file may ask to allocate.
    pub(crate) fn validate(&self) -> Result<(), SiameseError> {
        within("encoder.width", self.width, 1..=4096, "from 1 to 4096")?;
        within("encoder.depth", self.depth, 1..=64, "from 1 to 64")?;
        within("encoder.latents", self.latents, 1..=256, "from 1 to 256")
    }
}
