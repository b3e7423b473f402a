//! What a training remembers from step to step, so that one that was interrupted can go on.

use serde::{Deserialize, Serialize};

use burn::tensor::DType;
use rand_chacha::ChaCha8Rng;

use super::course::Course;
use super::grouped::Attempts;
use super::{Samples, Trainer};
use crate::distillation::Targets;
use crate::network::Network;
use crate::optimise::Moments;
use crate::weights::Weights;
use crate::{SiameseError, TrainConfig};

/// A training between two of its steps, for an observer to keep: see
/// [`TrainObserver::begins`](crate::TrainObserver::begins) and
/// [`TrainObserver::keeps`](crate::TrainObserver::keeps).
pub trait Training {
    /// A number that tells trainings of other data, settings or seeds apart.
    fn digest(&self) -> u64;

    /// Steps done.
    fn steps(&self) -> usize;

    /// Whether no step is left.
    fn is_over(&self) -> bool;

    /// All that it remembers: weights, what the optimiser remembers of each, the random generator, the
    /// stage and the step. The data are not part of it.
    fn state(&self) -> TrainingState;

    /// Goes on from a state of a training that was set up in the same way; what comes out is what
    /// would have come out without the interruption, bit for bit.
    fn restore(&mut self, state: TrainingState) -> Result<(), SiameseError>;
}

/// All that a training remembers from step to step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrainingState {
    digest: u64,
    trainer: TrainerState,
    progress: Position,
}

/// Where a training stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Position {
    Triplets(Course),
    Groups(Attempts),
}

/// What a [`Trainer`] remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct TrainerState {
    parameters: Weights,
    moments: Vec<Option<Moments>>,
    rng: ChaCha8Rng,
    order: Vec<usize>,
    used: usize,
    best: Option<(f64, Weights)>,
    targets: Option<Targets>,
}

impl TrainingState {
    pub(super) fn of(digest: u64, trainer: &Trainer<'_>, progress: Position) -> Self {
        Self { digest, trainer: trainer.state(), progress }
    }

    /// Puts the trainer's part in its place, and returns the rest.
    pub(super) fn into_trainer(
        self,
        digest: u64,
        trainer: &mut Trainer<'_>,
    ) -> Result<Position, SiameseError> {
        if self.digest != digest {
            return Err(unusable("it belongs to a training on other data, or with other settings"));
        }
        trainer.restore(self.trainer)?;
        Ok(self.progress)
    }
}

pub(super) fn unusable(reason: &str) -> SiameseError {
    SiameseError::NotResumable { reason: reason.into() }
}

impl Trainer<'_> {
    fn state(&self) -> TrainerState {
        TrainerState {
            parameters: self.network.to_weights(),
            moments: self.optimise.moments(),
            rng: self.rng.clone(),
            order: self.order.clone(),
            used: self.used,
            best: self.best.clone(),
            targets: self.targets.clone(),
        }
    }

    fn restore(&mut self, state: TrainerState) -> Result<(), SiameseError> {
        let TrainerState { parameters, moments, rng, order, used, best, targets } = state;
        let shapes = Weights::shapes(self.train.inputs, &self.config.encoder);
        let counts = [self.train.count, self.validation.count];
        let fits = parameters.has(&shapes)
            && best.as_ref().is_none_or(|(_, weights)| weights.has(&shapes))
            && order.len() == counts[0]
            && order.iter().all(|&row| row < counts[0])
            && used <= order.len()
            && targets
                .as_ref()
                .is_none_or(|targets| targets.are_of(counts, self.config.encoder.latents))
            && self.optimise.restore(moments, &shapes, &self.device);
        if !fits {
            return Err(unusable("its parts do not fit each other"));
        }
        self.network = Network::new(&parameters, &self.config.encoder, &self.device, DType::F32);
        (self.rng, self.order, self.used) = (rng, order, used);
        (self.best, self.targets) = (best, targets);
        Ok(())
    }
}

/// A number that differs for trainings that differ, to all practical purposes.
pub(super) fn digest<'a>(
    config: &TrainConfig,
    seed: u64,
    samples: [&'a Samples; 2],
    further: &'a [f32],
) -> u64 {
    // Settings are numbers and names, which can always be written.
    let settings = serde_json::to_string(config).unwrap_or_default();
    let start = settings.bytes().fold(mix(seed), |digest, byte| mix(digest ^ u64::from(byte)));
    let branches = samples.into_iter().flat_map(|samples| &samples.branches).map(Vec::as_slice);
    branches.chain([further]).fold(start, |digest, branch| {
        branch.iter().fold(mix(digest ^ branch.len() as u64), |digest, x| {
            mix(digest.rotate_left(1) ^ u64::from(x.to_bits()))
        })
    })
}

/// The finaliser of `SplitMix64`.
fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
