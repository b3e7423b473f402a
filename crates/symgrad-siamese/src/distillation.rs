//! The second part of a training, self-distillation: the concept is chosen, now make the latent invariant.
//!
//! Losses with negatives choose a concept and a monotone function of it, but their hinges never
//! rest: negatives that happen to be near go on pushing. A loss on pairs alone comes to rest, but
//! leaves the function of the concept free, and free directions drift, until the function folds
//! and its derivative changes sign. So pairs teach, and each latent is held, weakly, to what it
//! was: the network of the moment when the round began is the teacher, and the mean of its latents
//! over anchor and positive the target. An error in those
//! targets differs between anchor and positive, so it shrinks by about the weight in each round.
//!
//! Several latents that are to be independent must not be held so weakly: whatever part of a
//! latent varies within pairs by more than 1 / weight is given up, and with it a concept that is
//! hard to learn, until two latents are functions of the easier one. So each round turns the
//! latents into uncorrelated combinations, and the less invariant one of them still is, the more
//! it is held.

use burn::tensor::Tensor;
use faer::Mat;
use serde::{Deserialize, Serialize};

use crate::canonical::CanonicalVariates;
use crate::loss::INVARIANCE_WEIGHT;
use crate::network::{Network, tensor};
use crate::product::Spare;
use crate::samples::Samples;

/// Targets are taken anew this many times.
pub(crate) const ROUNDS: usize = 3;

/// Rows that go through the network together.
const ROWS_AT_ONCE: usize = 1024;

/// Whether a round starts before that step, counted from 1; never if `after` is 1.
pub(crate) fn starts_round(step: usize, steps: usize, after: f64) -> bool {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most steps")]
    let first = (after * steps as f64) as usize;
    (0..ROUNDS).any(|round| step == first + round * (steps - first) / ROUNDS + 1)
}

/// What latents are held to, row by row, in standard units.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Targets {
    train: Vec<f32>,
    pub(crate) validation: Vec<f32>,
    latents: usize,
    /// For each latent, the weight of pairs against targets.
    pub(crate) weights: Vec<f64>,
}

impl Targets {
    /// Takes the network's present latents on training and validation samples as targets, after
    /// changing its last layer so that they have mean 0 and standard deviation 1 and, if they are
    /// to be `independent`, are uncorrelated.
    pub(crate) fn take(network: &mut Network, samples: [&Samples; 2], independent: bool) -> Self {
        let latents = network.latents_count();
        let [mut train, mut validation] = samples.map(|samples| Pairs::of(network, samples));
        let canonical = if independent { train.canonical(latents) } else { None };
        let (factors, weights) = match canonical {
            Some(CanonicalVariates { weights, quotients }) => {
                (weights, quotients.iter().map(|q| INVARIANCE_WEIGHT.min(1.0 / q)).collect())
            }
            None => (train.scales(latents), vec![INVARIANCE_WEIGHT; latents]),
        };
        let standard = Affine::new(&train.centres(latents), &factors);
        standard.apply(&mut train.means);
        standard.apply(&mut validation.means);
        network.transform(standard);
        Self { train: train.means, validation: validation.means, latents, weights }
    }

    /// Whether they are of so many training and validation samples.
    pub(crate) fn are_of(&self, counts: [usize; 2], latents: usize) -> bool {
        let lengths = [self.train.len(), self.validation.len()];
        let weights = self.weights.len();
        lengths == counts.map(|count| count * latents) && [self.latents, weights] == [latents; 2]
    }

    /// The targets of those training rows.
    pub(crate) fn select(&self, rows: &[usize]) -> Vec<f32> {
        let row = |&row: &usize| &self.train[row * self.latents..(row + 1) * self.latents];
        rows.iter().flat_map(row).copied().collect()
    }
}

/// The latents of pairs, row by row.
struct Pairs {
    means: Vec<f32>,
    differences: Vec<f32>,
}

impl Pairs {
    fn of(network: &Network, samples: &Samples) -> Self {
        let mut pairs = Self { means: Vec::new(), differences: Vec::new() };
        let rows: Vec<usize> = (0..samples.count).collect();
        let mut spare = Spare::default();
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let latents = network.forward(samples.gather(2, rows), &mut spare).0;
            let (anchors, positives) = latents.split_at(latents.len() / 2);
            pairs.means.extend(anchors.iter().zip(positives).map(|(a, p)| 0.5 * (a + p)));
            pairs.differences.extend(anchors.iter().zip(positives).map(|(a, p)| a - p));
        }
        pairs
    }

    fn centres(&self, latents: usize) -> Vec<f64> {
        (0..latents).map(|k| mean(column(&self.means, k, latents))).collect()
    }

    /// The inverse standard deviations of the means, 1 for a constant, as a diagonal matrix.
    fn scales(&self, latents: usize) -> Mat<f64> {
        let total = second_moments(&self.means, &self.centres(latents));
        let scale = |k| {
            let scale = f64::sqrt(total[(k, k)]).recip();
            if scale.is_normal() { scale } else { 1.0 }
        };
        Mat::from_fn(latents, latents, |i, j| if i == j { scale(i) } else { 0.0 })
    }

    fn canonical(&self, latents: usize) -> Option<CanonicalVariates> {
        let within = second_moments(&self.differences, &vec![0.0; latents]);
        CanonicalVariates::of(&within, &second_moments(&self.means, &self.centres(latents)))
    }
}

/// Maps rows x to (x − centre)·W.
struct Affine {
    centres: Vec<f32>,
    /// Row by row.
    factors: Vec<f32>,
}

impl Affine {
    #[expect(clippy::cast_possible_truncation, reason = "the network computes in f32")]
    fn new(centres: &[f64], factors: &Mat<f64>) -> Self {
        let size = centres.len();
        Self {
            centres: centres.iter().map(|&x| x as f32).collect(),
            factors: (0..size * size).map(|i| factors[(i / size, i % size)] as f32).collect(),
        }
    }

    fn apply(&self, rows: &mut [f32]) {
        let size = self.centres.len();
        let mut centred = vec![0.0; size];
        for row in rows.chunks_exact_mut(size) {
            for ((centred, x), centre) in centred.iter_mut().zip(&*row).zip(&self.centres) {
                *centred = x - centre;
            }
            for (k, x) in row.iter_mut().enumerate() {
                let factors = self.factors[k..].iter().step_by(size);
                *x = centred.iter().zip(factors).map(|(x, factor)| x * factor).sum();
            }
        }
    }
}

/// The mean of (x − centre)(x − centre)ᵀ over rows x.
fn second_moments(rows: &[f32], centres: &[f64]) -> Mat<f64> {
    let width = centres.len();
    let centred = |k: usize| column(rows, k, width).map(move |x| x - centres[k]);
    Mat::from_fn(width, width, |i, j| mean(centred(i).zip(centred(j)).map(|(a, b)| a * b)))
}

/// A column of a matrix given row by row.
fn column(rows: &[f32], index: usize, width: usize) -> impl ExactSizeIterator<Item = f64> {
    rows.iter().skip(index).step_by(width).map(|&x| f64::from(x))
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

impl Network {
    /// Changes the last layer so that latents are transformed.
    fn transform(&mut self, map: Affine) {
        let device = self.device();
        let width = map.centres.len();
        let [centres, factors]: [Tensor<2>; 2] =
            [map.centres, map.factors].map(|rows| tensor(rows, width, &device));
        let [_, bias, ..] = self.readout() else { return };
        *bias = bias.clone() - centres;
        for parameter in self.readout() {
            *parameter = parameter.clone().matmul(factors.clone());
        }
    }
}
