//! Training on groups of points, which ends when it is done.
//!
//! How good a latent is can be told at every step: by how much of its variance lies within groups
//! that nothing is trained on, ρ. The choosing of a concept ends, each round of self-distillation ends, and
//! with the last of them the training ends, when ρ has stopped falling; a latent that is no more
//! constant than one of shuffled points has collapsed, and training begins anew from other weights.

use burn::tensor::DType;
use serde::{Deserialize, Serialize};
use symgrad_data::{Groups, Triplets};

use super::judge::{Judge, Quality};
use super::saved::{Position, Training, TrainingState, digest, unusable};
use super::{Progress, TrainObserver, Trainer};
use crate::distillation::{ROUNDS, Targets};
use crate::network::Network;
use crate::samples::{Samples, Split};
use crate::standardise::Standardisation;
use crate::weights::Weights;
use crate::{Length, SiameseError, TrainConfig};

/// How a training on groups went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupTraining {
    /// The checks, in order; the last is of the encoder returned.
    pub checks: Vec<Quality>,
    /// Steps done, of all attempts.
    pub steps: usize,
    /// Starts from fresh weights.
    pub attempts: usize,
    /// Whether its observer ended it.
    pub stopped: bool,
    /// Triplets left out because they lie beyond `reach`.
    pub left_out: usize,
}

/// Steps between two checks.
const EVERY: usize = 50;

/// Checks without a gain after which a stage is over.
const PATIENCE: usize = 4;

/// Decades that count as a gain.
const GAIN: f64 = 0.05;

/// Steps in which the learning rate rises to its peak.
const WARM_UP: usize = 100;

/// The learning rate of each stage, as a share of its peak: the choice, then the rounds.
const RATES: [f64; 1 + ROUNDS] = [1.0, 0.4, 0.1, 0.02];

/// Starts from fresh weights, at most.
const ATTEMPTS: usize = 3;

/// Triplets drawn to train on, and to validate.
const TRIPLETS: [usize; 2] = [8192, 1024];

/// Trains fresh weights on groups.
pub(crate) fn train_on_groups(
    train: &Groups,
    validation: &Groups,
    config: &TrainConfig,
    seed: u64,
    observer: &mut dyn TrainObserver,
) -> Result<(Standardisation, Weights, GroupTraining), SiameseError> {
    config.validate()?;
    let standardisation = Standardisation::of(train.points());
    let judge = Judge::new(validation, &standardisation, seed)?;
    let [fit, held] = [(train, TRIPLETS[0], seed), (validation, TRIPLETS[1], !seed)]
        .map(|(groups, count, seed)| groups.triplets(count, seed));
    let (fit, held) = (fit?, held?);
    let negatives = config.loss.uses_negatives();
    let samples = |triplets: &Triplets, split| {
        Samples::new(triplets, &standardisation, negatives, config.reach, split)
    };
    let start = |attempt: usize| {
        let (fit, held) = (samples(&fit, Split::Training)?, samples(&held, Split::Validation)?);
        Trainer::new(fit, held, config, seed.wrapping_add(attempt as u64))
    };
    let (weights, training) = OnGroups::new(&judge, start(0)?, seed).run(&start, observer)?;
    Ok((standardisation, weights, training))
}

/// A training on groups.
struct OnGroups<'a> {
    judge: &'a Judge,
    trainer: Trainer<'a>,
    digest: u64,
    attempts: Attempts,
}

/// Where it stands between two steps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Attempts {
    found: GroupTraining,
    /// The best of the attempts that are over.
    best: Option<(Quality, Weights)>,
    /// Steps that had been done when this attempt began.
    begun: usize,
    stage: Stage,
}

/// A round of self-distillation, or the choosing of the concept before it: steps until ρ has stopped
/// falling.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stage {
    /// 0 while the concept is being chosen.
    round: usize,
    /// Steps that had been done when it began.
    begun: usize,
    /// Checks since the last gain.
    waited: usize,
    lowest: f64,
    is_over: bool,
    /// Whether the latents had collapsed at its end.
    has_collapsed: bool,
}

impl Stage {
    fn new(round: usize, begun: usize) -> Self {
        let (waited, lowest) = (0, f64::INFINITY);
        Self { round, begun, waited, lowest, is_over: false, has_collapsed: false }
    }
}

impl<'a> OnGroups<'a> {
    fn new(judge: &'a Judge, trainer: Trainer<'a>, seed: u64) -> Self {
        let found = GroupTraining {
            checks: vec![],
            steps: 0,
            attempts: 1,
            stopped: false,
            left_out: trainer.train.left_out,
        };
        let samples = [&trainer.train, &trainer.validation];
        let digest = digest(trainer.config, seed, samples, &judge.rows);
        let attempts = Attempts { found, best: None, begun: 0, stage: Stage::new(0, 0) };
        Self { judge, trainer, digest, attempts }
    }

    /// From fresh weights, given by `start`, as long as latents collapse.
    fn run(
        mut self,
        start: &dyn Fn(usize) -> Result<Trainer<'a>, SiameseError>,
        observer: &mut dyn TrainObserver,
    ) -> Result<(Weights, GroupTraining), SiameseError> {
        observer.begins(&mut self);
        loop {
            self.attempt(observer)?;
            let Attempts { mut found, best, .. } = self.attempts;
            let (quality, weights) = finished(self.judge, self.trainer, &found);
            let collapsed = quality.is_collapsed();
            let best = match best {
                Some(best) if quality.level() >= best.0.level() => best,
                _ => (quality, weights),
            };
            if !collapsed || found.stopped || found.attempts >= ATTEMPTS {
                found.checks.push(best.0);
                return Ok((best.1, found));
            }
            self.trainer = start(found.attempts)?;
            found.attempts += 1;
            let begun = found.steps;
            let (best, stage) = (Some(best), Stage::new(0, begun));
            self.attempts = Attempts { found, best, begun, stage };
        }
    }

    /// One start, to its end or to a latent that has collapsed.
    fn attempt(&mut self, observer: &mut dyn TrainObserver) -> Result<(), SiameseError> {
        loop {
            while !self.attempts.stage.is_over && !self.attempts.found.stopped {
                self.advance(observer)?;
                observer.keeps(self);
            }
            if self.attempts.found.stopped || self.is_over() {
                return Ok(());
            }
            self.distil();
        }
    }

    /// The next round begins, from the best weights so far.
    fn distil(&mut self) {
        let Self { trainer, attempts: Attempts { found, stage, .. }, .. } = self;
        if let Some((_, weights)) = trainer.best.take() {
            let config = &trainer.config.encoder;
            trainer.network = Network::new(&weights, config, &trainer.device, DType::F32);
        }
        let independent = trainer.config.loss.keeps_independent();
        let samples = [&trainer.train, &trainer.validation];
        trainer.targets = Some(Targets::take(&mut trainer.network, samples, independent));
        *stage = Stage::new(stage.round + 1, found.steps);
    }

    /// One step, and the check after it if one is due.
    fn advance(&mut self, observer: &mut dyn TrainObserver) -> Result<(), SiameseError> {
        let until = self.until();
        let Self { judge, trainer, attempts: Attempts { found, stage, .. }, .. } = self;
        let done = found.steps - stage.begun;
        let warm = if stage.round == 0 { (done + 1) as f64 / WARM_UP as f64 } else { 1.0 };
        let rate = trainer.config.learning_rate * RATES[stage.round] * warm.min(1.0);
        found.steps += 1;
        let loss = trainer.step(found.steps, rate)?;
        let (step, steps) = (found.steps, until);
        found.stopped = observer.on_step(&Progress { step, steps, loss }).is_break();
        if !(found.steps - stage.begun).is_multiple_of(EVERY) {
            return Ok(());
        }
        let at = [found.steps, found.attempts, stage.round];
        let quality = judge.quality(&trainer.network, at);
        let level = quality.level();
        if trainer.best.as_ref().is_none_or(|(best, _)| level < *best) {
            trainer.best = Some((level, trainer.network.to_weights()));
        }
        stage.waited = if level < stage.lowest - GAIN { 0 } else { stage.waited + 1 };
        stage.lowest = stage.lowest.min(level);
        found.stopped |= observer.on_quality(&quality).is_break();
        stage.is_over = stage.waited >= PATIENCE || found.steps >= until;
        stage.has_collapsed = stage.is_over && stage.round == 0 && quality.is_collapsed();
        found.checks.push(quality);
        Ok(())
    }

    /// The step at which the stage ends at the latest: what choosing leaves over is for the rounds,
    /// and at least a share is left to each.
    fn until(&self) -> usize {
        let Self { trainer, attempts: Attempts { begun, stage, .. }, .. } = self;
        let most = match trainer.config.length {
            Length::Steps(steps) => steps,
            Length::Epochs(epochs) => epochs.saturating_mul(trainer.per_pass()),
        };
        let until = begun + most * (stage.round + 1) / (rounds(trainer) + 1);
        until.max(stage.begun + EVERY)
    }
}

impl Training for OnGroups<'_> {
    fn digest(&self) -> u64 {
        self.digest
    }

    fn steps(&self) -> usize {
        self.attempts.found.steps
    }

    /// Those of this attempt.
    fn is_over(&self) -> bool {
        let Stage { round, is_over, has_collapsed, .. } = self.attempts.stage;
        is_over && (has_collapsed || round == rounds(&self.trainer))
    }

    fn state(&self) -> TrainingState {
        let position = Position::Groups(self.attempts.clone());
        TrainingState::of(self.digest, &self.trainer, position)
    }

    fn restore(&mut self, state: TrainingState) -> Result<(), SiameseError> {
        let Position::Groups(attempts) = state.into_trainer(self.digest, &mut self.trainer)? else {
            return Err(unusable("it belongs to a training on triplets"));
        };
        let Attempts { found, begun, stage, .. } = &attempts;
        let in_order = begun <= &stage.begun && stage.begun <= found.steps;
        if !in_order || stage.round > rounds(&self.trainer) {
            return Err(unusable("its parts do not fit each other"));
        }
        self.attempts = attempts;
        // Whoever restores it wants it to go on.
        self.attempts.found.stopped = false;
        Ok(())
    }
}

/// Rounds of self-distillation.
fn rounds(trainer: &Trainer<'_>) -> usize {
    if trainer.config.refine_after < 1.0 { ROUNDS } else { 0 }
}

/// The best weights of an attempt, with the latents solved for where that does good.
fn finished(judge: &Judge, mut trainer: Trainer<'_>, found: &GroupTraining) -> (Quality, Weights) {
    let at = [found.steps, found.attempts, rounds(&trainer)];
    if trainer.best.is_none() {
        let quality = judge.quality(&trainer.network, at);
        trainer.best = Some((quality.level(), trainer.network.to_weights()));
    }
    let (config, device) = (trainer.config.encoder.clone(), trainer.device.clone());
    let quality =
        |weights: &Weights| judge.quality(&Network::new(weights, &config, &device, DType::F32), at);
    let trained = trainer.best.as_ref().map(|(_, weights)| weights.clone());
    let solved = trainer.finish();
    let after = quality(&solved);
    // Linear algebra in features that hardly vary may do harm.
    if let Some(trained) = trained {
        let before = quality(&trained);
        if before.level() < after.level() {
            return (before, trained);
        }
    }
    (after, solved)
}
