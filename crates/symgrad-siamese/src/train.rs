//! The training loop.

mod course;
mod grouped;
mod judge;
mod saved;

pub use grouped::GroupTraining;
pub(crate) use grouped::train_on_groups;
pub(crate) use judge::Judge;
pub use judge::Quality;
pub use saved::{Training, TrainingState};

use std::ops::ControlFlow;

use burn::tensor::{DType, Device};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use symgrad_data::Triplets;

use crate::distillation::Targets;
use crate::inverse_iteration::{STEPS, inverse_iteration};
use crate::loss::{Latents, distillation};
use crate::network::Network;
use crate::optimise::Optimise;
use crate::product::Spare;
use crate::samples::{Samples, Split};
use crate::standardise::Standardisation;
use crate::weights::Weights;
use crate::{SiameseError, TrainConfig};

use self::course::OnTriplets;

/// Follows a training, and may stop it; the defaults do neither.
///
/// ```
/// use std::ops::ControlFlow;
/// use symgrad_siamese::{Progress, TrainObserver};
///
/// /// Stops a training after so many steps.
/// struct Until(usize);
///
/// impl TrainObserver for Until {
///     fn on_step(&mut self, progress: &Progress) -> ControlFlow<()> {
///         if progress.step < self.0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
///     }
/// }
/// ```
pub trait TrainObserver {
    /// Called before the first step: a state of the same training that was kept may be put in its
    /// place.
    fn begins(&mut self, training: &mut dyn Training) {
        let _ = training;
    }

    /// Called after each step, once all that belongs to it is done: the training may be kept.
    fn keeps(&mut self, training: &dyn Training) {
        let _ = training;
    }

    /// Called after each step. To break ends the training: the encoder is the one trained so far,
    /// its last layer solved for as at any end.
    fn on_step(&mut self, progress: &Progress) -> ControlFlow<()> {
        let _ = progress;
        ControlFlow::Continue(())
    }

    /// Called after each validation; may end the training as well.
    fn on_validation(&mut self, point: &CurvePoint) -> ControlFlow<()> {
        let _ = point;
        ControlFlow::Continue(())
    }

    /// Called after each check of a training on groups; may end the training as well.
    fn on_quality(&mut self, quality: &Quality) -> ControlFlow<()> {
        let _ = quality;
        ControlFlow::Continue(())
    }
}

/// The observer that does nothing.
impl TrainObserver for () {}

/// Where a training stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// Steps planned.
    pub steps: usize,
    /// Loss of the last batch.
    pub loss: f64,
}

/// One validation. When self-distillation begins, the losses become those of pairs and targets: do not
/// compare them with the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Steps done.
    pub step: usize,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Mean loss of the batches since the previous validation.
    pub training_loss: f64,
    /// Loss on the validation triplets.
    pub validation_loss: f64,
    /// Rounds of self-distillation that have begun; 0 while the concept is being chosen.
    #[serde(default)]
    pub round: usize,
}

/// How a training went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingCurve {
    /// The validations, in order.
    pub points: Vec<CurvePoint>,
    /// Whether it ended before its time for want of improvement.
    pub stopped_early: bool,
    /// Whether it ended before its time because the latents were constant enough.
    #[serde(default)]
    pub converged: bool,
    /// Whether its observer ended it.
    #[serde(default)]
    pub stopped: bool,
    /// Training triplets left out because they lie beyond `reach`.
    pub left_out: usize,
}

/// Trains fresh weights.
pub(crate) fn train(
    train: &Triplets,
    validation: &Triplets,
    config: &TrainConfig,
    seed: u64,
    observer: &mut dyn TrainObserver,
) -> Result<(Standardisation, Weights, TrainingCurve), SiameseError> {
    config.validate()?;
    let standardisation = Standardisation::of(train.anchor());
    let negatives = config.loss.uses_negatives();
    let samples =
        |triplets, split| Samples::new(triplets, &standardisation, negatives, config.reach, split);
    let train = samples(train, Split::Training)?;
    let validation = samples(validation, Split::Validation)?;
    let trainer = Trainer::new(train, validation, config, seed)?;
    let (weights, curve) = OnTriplets::new(trainer, seed).run(observer)?;
    Ok((standardisation, weights, curve))
}

/// A training under way.
struct Trainer<'a> {
    config: &'a TrainConfig,
    train: Samples,
    validation: Samples,
    device: Device,
    network: Network,
    optimise: Optimise,
    rng: ChaCha8Rng,
    /// The training rows in the order of the current pass, and how many are used.
    order: Vec<usize>,
    used: usize,
    best: Option<(f64, Weights)>,
    /// During self-distillation: what the latents of training and validation anchors are held to.
    targets: Option<Targets>,
    /// Memory of the step before.
    spare: Spare,
}

impl<'a> Trainer<'a> {
    fn new(
        train: Samples,
        validation: Samples,
        config: &'a TrainConfig,
        seed: u64,
    ) -> Result<Self, SiameseError> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let weights = Weights::draw(train.inputs, &config.encoder, &mut rng);
        let device = config.backend.device()?;
        let network = Network::new(&weights, &config.encoder, &device, DType::F32);
        let order: Vec<usize> = (0..train.count).collect();
        Ok(Self {
            optimise: Optimise::new(config, network.parameters.len()),
            used: order.len(),
            best: None,
            targets: None,
            spare: Spare::default(),
            config,
            train,
            validation,
            device,
            network,
            rng,
            order,
        })
    }

    /// All that [`new`](Self::new) does with a seed.
    fn begin_anew(&mut self, seed: u64) {
        let encoder = &self.config.encoder;
        self.rng = ChaCha8Rng::seed_from_u64(seed);
        let weights = Weights::draw(self.train.inputs, encoder, &mut self.rng);
        self.network = Network::new(&weights, encoder, &self.device, DType::F32);
        self.optimise = Optimise::new(self.config, self.network.parameters.len());
        self.order = (0..self.train.count).collect();
        self.used = self.order.len();
        (self.best, self.targets) = (None, None);
    }

    fn is_best(&mut self, loss: f64) -> bool {
        let better = self.best.as_ref().is_none_or(|(best, _)| loss < *best);
        if better {
            self.best = Some((loss, self.network.to_weights()));
        }
        better
    }

    /// Branches the present loss looks at.
    fn branches(&self) -> usize {
        if self.targets.is_none() && self.config.loss.uses_negatives() { 3 } else { 2 }
    }

    fn batch(&self) -> usize {
        self.config.batch.min(self.train.count)
    }

    /// Steps of a pass over the data.
    fn per_pass(&self) -> usize {
        self.train.count.div_ceil(self.batch())
    }

    /// One step of the optimiser; returns the batch's loss.
    fn step(&mut self, step: usize, learning_rate: f64) -> Result<f64, SiameseError> {
        let rows = self.next_rows();
        let inputs = self.train.gather(self.branches(), &rows);
        let (latents, tape) = self.network.forward(inputs, &mut self.spare);
        let targets =
            self.targets.as_ref().map(|targets| (targets.select(&rows), targets.weights.clone()));
        let (loss, slopes) = self.evaluate(&latents, targets, step)?;
        let gradients = self.network.backward(tape, slopes, &mut self.spare);
        self.optimise.step(learning_rate, &mut self.network.parameters, gradients);
        Ok(loss)
    }

    /// The rows of the next batch; every pass over the data is shuffled anew.
    fn next_rows(&mut self) -> Vec<usize> {
        let batch = self.batch();
        if self.used + batch > self.order.len() {
            self.used = 0;
            for last in (1..self.order.len()).rev() {
                self.order.swap(last, self.rng.random_range(0..=last));
            }
        }
        self.used += batch;
        self.order[self.used - batch..self.used].to_vec()
    }

    /// The loss of latents and its derivative with respect to them.
    fn evaluate(
        &self,
        values: &[f32],
        targets: Option<(Vec<f32>, Vec<f64>)>,
        step: usize,
    ) -> Result<(f64, Vec<f32>), SiameseError> {
        let width = self.config.encoder.latents;
        let mut branches = values.chunks_exact(values.len() / self.branches());
        let mut branch = || branches.next().unwrap_or_default();
        let latents = Latents { anchor: branch(), positive: branch(), negative: branch(), width };
        let mut slopes = Vec::new();
        let loss = match targets {
            Some((targets, weights)) => distillation(latents, &targets, &weights, &mut slopes),
            None => self.config.loss.evaluate(latents, &mut slopes),
        };
        if !loss.is_finite() {
            let learning_rate = self.config.learning_rate;
            return Err(SiameseError::Diverged { step, loss, learning_rate });
        }
        Ok((loss, slopes))
    }

    fn validate(&self, step: usize) -> Result<f64, SiameseError> {
        let rows: Vec<usize> = (0..self.validation.count).collect();
        let inputs = self.validation.gather(self.branches(), &rows);
        let (latents, _) = self.network.forward(inputs, &mut Spare::default());
        let targets = self
            .targets
            .as_ref()
            .map(|targets| (targets.validation.clone(), targets.weights.clone()));
        Ok(self.evaluate(&latents, targets, step)?.0)
    }

    /// The best weights, with the latents solved for if the settings say so.
    fn finish(self) -> Weights {
        let Self { train, config, best, network, .. } = self;
        let mut weights = match best {
            Some((_, weights)) => weights,
            None => network.to_weights(),
        };
        if config.refit {
            let together = config.loss.keeps_independent();
            let pairs = train.pairs(SOLVED.min(train.count));
            inverse_iteration(&mut weights, &config.encoder, together, pairs, STEPS);
        }
        weights
    }

    /// Whether the layers below hold latents that are constant up to rounding; then those are the best.
    fn become_exact(&mut self, judge: &Judge) -> bool {
        let Self { config, train, network, device, .. } = self;
        if !config.refit {
            return false;
        }
        let (mut weights, encoder) = (network.to_weights(), &config.encoder);
        let (pairs, together) =
            (train.pairs(LOOKED_AT.min(train.count)), config.loss.keeps_independent());
        inverse_iteration(&mut weights, encoder, together, pairs, EXACT_STEPS);
        let solved = Network::new(&weights, encoder, device, DType::F32);
        let worst = judge.quality(&solved, [0; 3]).worst();
        if worst <= EXACT {
            self.best = Some((worst, weights));
        }
        worst <= EXACT
    }
}

/// Pairs for which latents are solved: far more than there are weights to solve for.
const SOLVED: usize = 16_384;

/// The same to see whether latents could be exact.
const LOOKED_AT: usize = 2048;

/// Steps of the iteration that makes them so: each about squares what varies.
const EXACT_STEPS: usize = 8;

/// The ρ of what is constant up to the rounding of single precision.
const EXACT: f64 = 1e-11;
