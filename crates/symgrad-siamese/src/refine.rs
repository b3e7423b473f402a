//! The second part of a training: the concept is chosen, now make the latent invariant.
//!
//! Losses with negatives choose a concept and a monotone function of it, but their hinges never
//! rest: negatives that happen to be near go on pushing. A loss on pairs alone comes to rest, but
//! leaves the function of the concept free, and free directions drift, until the function folds
//! and its derivative changes sign. So pairs teach, and each latent is held, weakly, to what it
//! was: mean over anchor and positive of the latents when the round began. An error in those
//! targets differs between anchor and positive, so it shrinks by about the weight in each round.

use burn::tensor::Tensor;

use crate::network::{Network, singles, tensor};
use crate::samples::Samples;

/// Targets are taken anew this many times.
const ROUNDS: usize = 3;

/// Rows that go through the network together.
const ROWS_AT_ONCE: usize = 1024;

/// Whether a round starts before that step, counted from 1; never if `after` is 1.
pub(crate) fn starts_round(step: usize, steps: usize, after: f64) -> bool {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most steps")]
    let first = (after * steps as f64) as usize;
    (0..ROUNDS).any(|round| step == first + round * (steps - first) / ROUNDS + 1)
}

/// What latents are held to, row by row, in standard units.
pub(crate) struct Targets {
    train: Vec<f32>,
    pub(crate) validation: Vec<f32>,
    latents: usize,
}

impl Targets {
    /// Takes the network's present latents on training and validation samples as targets, after
    /// changing its last layer so that they have mean 0 and standard deviation 1.
    pub(crate) fn take(network: &mut Network, samples: [&Samples; 2]) -> Self {
        let latents = network.latents_count();
        let [mut train, mut validation] = samples.map(|samples| pair_means(network, samples));
        let (centres, scales): (Vec<f32>, Vec<f32>) =
            (0..latents).map(|latent| moments(train.iter().skip(latent).step_by(latents))).unzip();
        for row in train.chunks_exact_mut(latents).chain(validation.chunks_exact_mut(latents)) {
            for ((x, centre), scale) in row.iter_mut().zip(&centres).zip(&scales) {
                *x = (*x - centre) * scale;
            }
        }
        network.rescale(centres, scales);
        Self { train, validation, latents }
    }

    /// The targets of those training rows.
    pub(crate) fn select(&self, rows: &[usize]) -> Vec<f32> {
        let row = |&row: &usize| &self.train[row * self.latents..(row + 1) * self.latents];
        rows.iter().flat_map(row).copied().collect()
    }
}

/// The mean of the latents of anchor and positive, row by row.
fn pair_means(network: &Network, samples: &Samples) -> Vec<f32> {
    let rows: Vec<usize> = (0..samples.count).collect();
    let blocks = rows.chunks(ROWS_AT_ONCE).flat_map(|rows| {
        let latents = singles(network.forward(samples.gather(2, rows, &network.device())).0);
        let (anchors, positives) = latents.split_at(latents.len() / 2);
        anchors.iter().zip(positives).map(|(a, p)| 0.5 * (a + p)).collect::<Vec<f32>>()
    });
    blocks.collect()
}

/// The mean and the inverse of the standard deviation; 1 for a constant.
#[expect(clippy::cast_possible_truncation, reason = "the network computes in f32")]
fn moments<'a>(values: impl ExactSizeIterator<Item = &'a f32> + Clone) -> (f32, f32) {
    let count = values.len() as f64;
    let mean = values.clone().map(|&x| f64::from(x)).sum::<f64>() / count;
    let variance = values.map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
    let scale = variance.sqrt().recip() as f32;
    (mean as f32, if scale.is_normal() { scale } else { 1.0 })
}

impl Network {
    /// Changes the last layer so that latents become (latent − centre) · scale.
    fn rescale(&mut self, centres: Vec<f32>, scales: Vec<f32>) {
        let device = self.device();
        let width = centres.len();
        let [centres, scales]: [Tensor<2>; 2] =
            [centres, scales].map(|row| tensor(row, width, &device));
        let [_, bias, ..] = self.readout() else { return };
        *bias = bias.clone() - centres;
        for parameter in self.readout() {
            *parameter = parameter.clone() * scales.clone();
        }
    }
}
