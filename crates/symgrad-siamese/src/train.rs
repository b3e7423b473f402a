//! The training loop.

use burn::optim::{Adam, AdamConfig, AdamState, Optimizer};
use burn::tensor::{DType, Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use symgrad_data::{Table, Triplets};

use crate::loss::Latents;
use crate::network::Network;
use crate::schedule::LearningRate;
use crate::standardise::Standardisation;
use crate::weights::Weights;
use crate::{Decay, Length, SiameseError, TrainConfig};

/// Follows a training; the default does nothing.
pub trait TrainObserver {
    /// Called after each step.
    fn on_step(&mut self, progress: &Progress) {
        let _ = progress;
    }

    /// Called after each validation.
    fn on_validation(&mut self, point: &CurvePoint) {
        let _ = point;
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

/// One validation.
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
}

/// How a training went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingCurve {
    /// The validations, in order.
    pub points: Vec<CurvePoint>,
    /// Whether it ended before its time for want of improvement.
    pub stopped_early: bool,
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
    let train = Samples::new(train, &standardisation, negatives, &TRAINING)?;
    let validation = Samples::new(validation, &standardisation, negatives, &VALIDATION)?;
    let mut trainer = Trainer::new(train, validation, config, seed)?;
    let curve = trainer.run(observer)?;
    Ok((standardisation, trainer.finish(), curve))
}

/// How errors name a set of triplets and its three tables.
struct Names {
    split: &'static str,
    tables: [&'static str; 3],
}

const TRAINING: Names = Names {
    split: "training",
    tables: ["the training anchors", "the training positives", "the training negatives"],
};
const VALIDATION: Names = Names {
    split: "validation",
    tables: ["the validation anchors", "the validation positives", "the validation negatives"],
};

/// Standardised triplets, each branch row by row.
struct Samples {
    /// Anchors, positives and, where the loss needs them, negatives.
    branches: Vec<Vec<f32>>,
    count: usize,
    inputs: usize,
}

impl Samples {
    fn new(
        triplets: &Triplets,
        standardisation: &Standardisation,
        negatives: bool,
        names: &Names,
    ) -> Result<Self, SiameseError> {
        let count = triplets.len();
        if count < 2 {
            return Err(SiameseError::TooFewTriplets {
                split: names.split,
                rows: count,
                needed: 2,
            });
        }
        let tables = [triplets.anchor(), triplets.positive(), triplets.negative()];
        let branch = |(table, what): (&Table, &'static str)| {
            let rows = standardisation.rows(table, what)?;
            #[expect(clippy::cast_possible_truncation, reason = "the network computes in f32")]
            let narrow = rows.into_iter().map(|x| x as f32).collect();
            Ok(narrow)
        };
        let used = if negatives { 3 } else { 2 };
        let branches = tables.into_iter().zip(names.tables).take(used).map(branch);
        let branches = branches.collect::<Result<_, SiameseError>>()?;
        Ok(Self { branches, count, inputs: standardisation.inputs() })
    }

    /// The rows of those triplets, one branch after another.
    fn gather(&self, rows: &[usize]) -> TensorData {
        let inputs = self.inputs;
        let mut batch = Vec::with_capacity(self.branches.len() * rows.len() * inputs);
        for branch in &self.branches {
            for &row in rows {
                batch.extend_from_slice(&branch[row * inputs..(row + 1) * inputs]);
            }
        }
        TensorData::new(batch, [self.branches.len() * rows.len(), inputs])
    }
}

/// A training under way.
struct Trainer<'a> {
    config: &'a TrainConfig,
    train: Samples,
    validation: Samples,
    device: Device,
    network: Network,
    adam: Adam,
    moments: Vec<Option<AdamState<2>>>,
    rng: ChaCha8Rng,
    /// The training rows in the order of the current pass, and how many are used.
    order: Vec<usize>,
    used: usize,
    best: Option<(f64, Weights)>,
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
        let tracked = device.clone().autodiff();
        let network = Network::new(&weights, &config.encoder, &tracked, DType::F32);
        let adam = AdamConfig::new().with_epsilon(1e-8).build();
        let order: Vec<usize> = (0..train.count).collect();
        Ok(Self {
            moments: network.parameters.iter().map(|_| None).collect(),
            used: order.len(),
            best: None,
            config,
            train,
            validation,
            device: tracked,
            network,
            adam,
            rng,
            order,
        })
    }

    fn run(&mut self, observer: &mut dyn TrainObserver) -> Result<TrainingCurve, SiameseError> {
        let per_pass = self.train.count.div_ceil(self.batch());
        let steps = match self.config.length {
            Length::Steps(steps) => steps,
            Length::Epochs(epochs) => epochs.saturating_mul(per_pass),
        };
        let every =
            if self.config.validate_every > 0 { self.config.validate_every } else { per_pass };
        let mut rate = LearningRate::new(self.config.schedule, self.config.learning_rate, steps);
        let mut points: Vec<CurvePoint> = Vec::new();
        let (mut sum, mut summed, mut stale) = (0.0, 0, 0);
        for step in 1..=steps {
            let learning_rate = rate.at(step - 1);
            let loss = self.step(step, learning_rate)?;
            observer.on_step(&Progress { step, steps, loss });
            sum += loss;
            summed += 1;
            if step % every != 0 && step != steps {
                continue;
            }
            let validation_loss = self.validate(step)?;
            let training_loss = sum / f64::from(summed);
            points.push(CurvePoint { step, learning_rate, training_loss, validation_loss });
            observer.on_validation(&points[points.len() - 1]);
            rate.observe(validation_loss);
            (sum, summed) = (0.0, 0);
            if self.config.patience.is_some() && self.is_best(validation_loss) {
                stale = 0;
            } else {
                stale += 1;
            }
            if self.config.patience.is_some_and(|patience| stale >= patience) {
                return Ok(TrainingCurve { points, stopped_early: step < steps });
            }
        }
        Ok(TrainingCurve { points, stopped_early: false })
    }

    fn is_best(&mut self, loss: f64) -> bool {
        let better = self.best.as_ref().is_none_or(|(best, _)| loss < *best);
        if better {
            self.best = Some((loss, self.network.to_weights()));
        }
        better
    }

    fn batch(&self) -> usize {
        self.config.batch.min(self.train.count)
    }

    /// One step of the optimiser; returns the batch's loss.
    fn step(&mut self, step: usize, learning_rate: f64) -> Result<f64, SiameseError> {
        let rows = self.next_rows();
        let inputs = Tensor::<2>::from_data(self.train.gather(&rows), &self.device);
        for parameter in &mut self.network.parameters {
            *parameter = parameter.clone().detach().require_grad();
        }
        let latents = self.network.latents(inputs);
        let (loss, slopes) = self.evaluate(&latents, step)?;
        let mut gradients = (latents * slopes).sum().backward();
        for (parameter, moments) in self.network.parameters.iter_mut().zip(&mut self.moments) {
            let Some(mut gradient) = parameter.grad_remove(&mut gradients) else { continue };
            let value = parameter.clone().inner();
            let decay = self.config.weight_decay;
            let value = match self.config.decay {
                Decay::Coupled => {
                    gradient = gradient + value.clone().mul_scalar(decay);
                    value
                }
                Decay::Decoupled => value.mul_scalar(1.0 - learning_rate * decay),
            };
            let (value, state) = self.adam.step(learning_rate, value, gradient, moments.take());
            *moments = state;
            *parameter = Tensor::from_inner(value);
        }
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
    fn evaluate(&self, latents: &Tensor<2>, step: usize) -> Result<(f64, Tensor<2>), SiameseError> {
        let shape = latents.dims();
        let values: Vec<f32> = latents.clone().inner().into_data().iter::<f32>().collect();
        let mut slopes = Vec::new();
        let loss = self.loss(&values, shape[1], &mut slopes);
        if !loss.is_finite() {
            let learning_rate = self.config.learning_rate;
            return Err(SiameseError::Diverged { step, loss, learning_rate });
        }
        Ok((loss, Tensor::from_data(TensorData::new(slopes, shape), &self.device)))
    }

    fn loss(&self, latents: &[f32], width: usize, slopes: &mut Vec<f32>) -> f64 {
        let branches = self.train.branches.len();
        let size = latents.len() / branches;
        let branch = |index: usize| {
            &latents[(index * size).min(latents.len())..((index + 1) * size).min(latents.len())]
        };
        let latents =
            Latents { anchor: branch(0), positive: branch(1), negative: branch(2), width };
        self.config.loss.evaluate(latents, slopes)
    }

    fn validate(&self, step: usize) -> Result<f64, SiameseError> {
        let rows: Vec<usize> = (0..self.validation.count).collect();
        let inputs = Tensor::<2>::from_data(self.validation.gather(&rows), &self.device);
        let (loss, _) = self.evaluate(&self.network.latents(inputs), step)?;
        Ok(loss)
    }

    fn finish(self) -> Weights {
        match self.best {
            Some((_, weights)) => weights,
            None => self.network.to_weights(),
        }
    }
}
