//! Training on groups of points, which ends when it is done.
//!
//! How good a latent is can be told at every step: by how much of its variance lies within groups
//! that nothing is trained on, ρ. The choosing of a concept ends, each round of refinement ends, and
//! with the last of them the training ends, when ρ has stopped falling; a latent that is no more
//! constant than one of shuffled points has collapsed, and training begins anew from other weights.

use std::ops::ControlFlow;

use burn::tensor::DType;
use faer::Mat;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use symgrad_data::{Groups, Triplets};

use super::{Progress, TrainObserver, Trainer};
use crate::network::{Network, singles, tensor};
use crate::ratio::Canonical;
use crate::refine::{ROUNDS, Targets};
use crate::samples::{Samples, Split};
use crate::standardise::Standardisation;
use crate::weights::Weights;
use crate::{Length, SiameseError, TrainConfig};

/// How constant the latents are within groups, at some step of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct Quality {
    /// Steps done, of all attempts.
    pub step: usize,
    /// Which start from fresh weights it is, counted from 1.
    pub attempt: usize,
    /// Rounds of refinement that have begun; 0 while the concept is being chosen.
    pub round: usize,
    /// ρ, the variance within validation groups over all variance: of the latent or, of several,
    /// of their uncorrelated combinations, the most constant first.
    pub rho: Vec<f64>,
    /// The least ρ of the same latents with the points shuffled among the groups.
    pub shuffled: f64,
}

impl Quality {
    /// Whether the latents are no more constant than chance would have them.
    pub fn is_collapsed(&self) -> bool {
        let best = self.rho.iter().copied().fold(f64::INFINITY, f64::min);
        best.is_nan() || best > COLLAPSED * self.shuffled
    }

    /// The mean decimal logarithm of ρ: what training lets fall.
    fn level(&self) -> f64 {
        let log = |rho: &f64| if rho.is_finite() { rho.max(LEAST).log10() } else { 0.0 };
        self.rho.iter().map(log).sum::<f64>() / self.rho.len().max(1) as f64
    }
}

/// How a training on groups went.
#[derive(Clone, Debug, PartialEq)]
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

/// The share of what shuffled points give above which a latent tells nothing.
const COLLAPSED: f64 = 0.5;

/// The ρ of single precision.
const LEAST: f64 = 1e-12;

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

/// Points of validation groups that ρ is computed on, about.
const POINTS: usize = 2000;

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
    let samples = |triplets: &Triplets, split| {
        let negatives = config.loss.uses_negatives();
        Samples::new(triplets, &standardisation, negatives, config.reach, split)
    };
    let mut found = GroupTraining {
        checks: vec![],
        steps: 0,
        attempts: 0,
        stopped: false,
        left_out: samples(&fit, Split::Training)?.left_out,
    };
    let mut best: Option<(Quality, Weights)> = None;
    while found.attempts < ATTEMPTS && !found.stopped {
        let (fit, held) = (samples(&fit, Split::Training)?, samples(&held, Split::Validation)?);
        let trainer = Trainer::new(fit, held, config, seed.wrapping_add(found.attempts as u64))?;
        found.attempts += 1;
        let (quality, weights) = trainer.attempt(&judge, &mut found, observer)?;
        let collapsed = quality.is_collapsed();
        if best.as_ref().is_none_or(|(best, _)| quality.level() < best.level()) {
            best = Some((quality, weights));
        }
        if !collapsed {
            break;
        }
    }
    let Some((quality, weights)) = best else {
        return Err(SiameseError::TooFewTriplets { split: "training", count: 0, left_out: 0 });
    };
    found.checks.push(quality);
    Ok((standardisation, weights, found))
}

impl Trainer<'_> {
    /// One start, to its end or to a latent that has collapsed.
    fn attempt(
        mut self,
        judge: &Judge,
        found: &mut GroupTraining,
        observer: &mut dyn TrainObserver,
    ) -> Result<(Quality, Weights), SiameseError> {
        let per_pass = self.train.count.div_ceil(self.batch());
        let most = match self.config.length {
            Length::Steps(steps) => steps,
            Length::Epochs(epochs) => epochs.saturating_mul(per_pass),
        };
        let rounds = if self.config.refine_after < 1.0 { ROUNDS } else { 0 };
        let begun = found.steps;
        for round in 0..=rounds {
            // What choosing leaves over is for the rounds, and at least a share is left to each.
            let until = begun + most * (round + 1) / (rounds + 1);
            if round > 0 {
                // A round begins from the best weights so far.
                if let Some((_, weights)) = self.best.take() {
                    let config = &self.config.encoder;
                    self.network = Network::new(&weights, config, &self.device, DType::F32);
                }
                let independent = self.config.loss.keeps_independent();
                let samples = [&self.train, &self.validation];
                self.targets = Some(Targets::take(&mut self.network, samples, independent));
            }
            let collapsed =
                self.stage(round, until.max(found.steps + EVERY), judge, found, observer)?;
            if found.stopped || collapsed {
                break;
            }
        }
        let at = [found.steps, found.attempts, rounds];
        if self.best.is_none() {
            let quality = judge.quality(&self.network, at);
            self.best = Some((quality.level(), self.network.to_weights()));
        }
        let (config, device) = (self.config.encoder.clone(), self.device.clone());
        let quality = |weights: &Weights| {
            judge.quality(&Network::new(weights, &config, &device, DType::F32), at)
        };
        let trained = self.best.as_ref().map(|(_, weights)| weights.clone());
        let solved = self.finish();
        let after = quality(&solved);
        // Linear algebra in features that hardly vary may do harm.
        if let Some(trained) = trained {
            let before = quality(&trained);
            if before.level() < after.level() {
                return Ok((before, trained));
            }
        }
        Ok((after, solved))
    }

    /// Steps until ρ has stopped falling; says whether the latents have collapsed.
    fn stage(
        &mut self,
        round: usize,
        until: usize,
        judge: &Judge,
        found: &mut GroupTraining,
        observer: &mut dyn TrainObserver,
    ) -> Result<bool, SiameseError> {
        let (begun, mut waited, mut lowest) = (found.steps, 0, f64::INFINITY);
        loop {
            let warm =
                if round == 0 { (found.steps - begun + 1) as f64 / WARM_UP as f64 } else { 1.0 };
            let rate = self.config.learning_rate * RATES[round] * warm.min(1.0);
            found.steps += 1;
            let loss = self.step(found.steps, rate)?;
            let (step, steps) = (found.steps, until);
            found.stopped = observer.on_step(&Progress { step, steps, loss }).is_break();
            if found.stopped {
                return Ok(false);
            }
            if !(found.steps - begun).is_multiple_of(EVERY) {
                continue;
            }
            let quality = judge.quality(&self.network, [found.steps, found.attempts, round]);
            let level = quality.level();
            if self.best.as_ref().is_none_or(|(best, _)| level < *best) {
                self.best = Some((level, self.network.to_weights()));
            }
            waited = if level < lowest - GAIN { 0 } else { waited + 1 };
            lowest = lowest.min(level);
            found.stopped = observer.on_quality(&quality) == ControlFlow::Break(());
            let collapsed = quality.is_collapsed();
            found.checks.push(quality);
            if found.stopped || waited >= PATIENCE || found.steps >= until {
                return Ok(round == 0 && collapsed);
            }
        }
    }
}

/// Groups that nothing is trained on.
pub(crate) struct Judge {
    /// Standardised points, row by row.
    rows: Vec<f32>,
    inputs: usize,
    /// The group of each row.
    groups: Vec<usize>,
    /// The same, shuffled.
    shuffled: Vec<usize>,
}

impl Judge {
    pub(crate) fn new(
        groups: &Groups,
        standardisation: &Standardisation,
        seed: u64,
    ) -> Result<Self, SiameseError> {
        let all = standardisation.rows(groups.points(), "the validation groups")?;
        let inputs = standardisation.inputs();
        let every = (2 * groups.len()).div_ceil(POINTS).max(1);
        let step = groups.points().rows().div_ceil(POINTS);
        let (mut rows, mut of) = (vec![], vec![]);
        for group in (0..groups.len()).step_by(every) {
            let own = groups.rows(group);
            let step = step.min(own.len() / 2).max(1);
            for row in own.step_by(step) {
                #[expect(clippy::cast_possible_truncation, reason = "the network computes in f32")]
                rows.extend(all[row * inputs..(row + 1) * inputs].iter().map(|&x| x as f32));
                of.push(group);
            }
        }
        let mut shuffled = of.clone();
        shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        Ok(Self { rows, inputs, groups: of, shuffled })
    }

    pub(crate) fn quality(&self, network: &Network, [step, attempt, round]: [usize; 3]) -> Quality {
        let width = network.latents_count();
        let rows = tensor(self.rows.clone(), self.inputs, &network.device());
        let latents = singles(network.forward(rows).0);
        let ratios = |groups: &[usize]| {
            let moments = Moments::of(&latents, width, groups);
            let canonical = Canonical::of(&moments.within, &moments.total);
            // Latents that depend on each other hold no concept of their own.
            canonical.map_or(vec![1.0; width], |canonical| canonical.ratios)
        };
        let shuffled = ratios(&self.shuffled).into_iter().fold(f64::INFINITY, f64::min);
        Quality { step, attempt, round, rho: ratios(&self.groups), shuffled }
    }
}

/// Covariances of latents over all points, and what is left of them within groups.
struct Moments {
    within: Mat<f64>,
    total: Mat<f64>,
}

impl Moments {
    fn of(latents: &[f32], width: usize, groups: &[usize]) -> Self {
        let rows: Vec<Vec<f64>> = latents
            .chunks_exact(width)
            .map(|row| row.iter().map(|&x| f64::from(x)).collect())
            .collect();
        let places = groups.iter().max().map_or(1, |most| most + 1);
        let by_group = centred(&rows, groups, places);
        let whole = centred(&rows, &vec![0; rows.len()], 1);
        Self { within: second_moments(&by_group, width), total: second_moments(&whole, width) }
    }
}

/// Rows less the mean of their group.
fn centred(rows: &[Vec<f64>], groups: &[usize], places: usize) -> Vec<Vec<f64>> {
    let width = rows.first().map_or(0, Vec::len);
    let (mut sums, mut counts) = (vec![vec![0.0; width]; places], vec![0.0; places]);
    for (row, &group) in rows.iter().zip(groups) {
        sums[group].iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        counts[group] += 1.0;
    }
    let less = |(row, &group): (&Vec<f64>, &usize)| {
        row.iter().zip(&sums[group]).map(|(x, sum)| x - sum / counts[group]).collect()
    };
    rows.iter().zip(groups).map(less).collect()
}

fn second_moments(rows: &[Vec<f64>], width: usize) -> Mat<f64> {
    let count = rows.len() as f64;
    Mat::from_fn(width, width, |i, j| rows.iter().map(|row| row[i] * row[j]).sum::<f64>() / count)
}
