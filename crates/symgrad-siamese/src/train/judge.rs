//! How constant latents are within groups that nothing is trained on.

use faer::Mat;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use symgrad_data::Groups;

use crate::SiameseError;
use crate::canonical::CanonicalVariates;
use crate::inverse_iteration::Pairs;
use crate::network::Network;
use crate::product::Spare;
use crate::samples::Samples;
use crate::standardise::Standardisation;

/// How constant the latents are within groups, at some step of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Steps done, of all attempts.
    pub step: usize,
    /// Which start from fresh weights it is, counted from 1.
    pub attempt: usize,
    /// Rounds of self-distillation that have begun; 0 while the concept is being chosen.
    pub round: usize,
    /// ρ, the Rayleigh quotient of the variances within validation groups and of all points: of the latent or, of several,
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

    /// The ρ of the latent that varies most.
    pub(super) fn worst(&self) -> f64 {
        // Not a number is not constant, either.
        let most = |most: f64, rho: &f64| if rho.is_nan() { f64::INFINITY } else { most.max(*rho) };
        self.rho.iter().fold(0.0, most)
    }

    /// The mean decimal logarithm of ρ: what training lets fall.
    pub(super) fn level(&self) -> f64 {
        let log = |rho: &f64| if rho.is_finite() { rho.max(LEAST).log10() } else { 0.0 };
        self.rho.iter().map(log).sum::<f64>() / self.rho.len().max(1) as f64
    }
}

/// The share of what shuffled points give above which a latent tells nothing.
const COLLAPSED: f64 = 0.5;

/// The ρ of single precision.
const LEAST: f64 = 1e-12;

/// Points of validation groups that ρ is computed on, about.
const POINTS: usize = 2000;

/// Groups that nothing is trained on.
pub(crate) struct Judge {
    /// Standardised points, row by row.
    pub(super) rows: Vec<f32>,
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
        Ok(Self::shuffled(rows, of, seed))
    }

    /// Pairs, each a group of its own.
    pub(super) fn of_pairs(samples: &Samples, seed: u64) -> Self {
        let count = samples.count.min(POINTS / 2);
        let Pairs { anchors, positives, inputs } = samples.pairs(count);
        let pairs = anchors.chunks_exact(inputs).zip(positives.chunks_exact(inputs));
        let rows = pairs.flat_map(|(anchor, positive)| [anchor, positive]).flatten().copied();
        let rows = rows.collect();
        let groups = (0..count).flat_map(|pair| [pair; 2]).collect();
        Self::shuffled(rows, groups, seed)
    }

    fn shuffled(rows: Vec<f32>, groups: Vec<usize>, seed: u64) -> Self {
        let mut shuffled = groups.clone();
        shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        Self { rows, groups, shuffled }
    }

    pub(crate) fn quality(&self, network: &Network, [step, attempt, round]: [usize; 3]) -> Quality {
        let width = network.latents_count();
        let (latents, _) = network.forward(self.rows.clone(), &mut Spare::default());
        let quotients = |groups: &[usize]| {
            let covariances = Covariances::of(&latents, width, groups);
            let canonical = CanonicalVariates::of(&covariances.within, &covariances.total);
            // Latents that depend on each other hold no concept of their own.
            canonical.map_or(vec![1.0; width], |canonical| canonical.quotients)
        };
        let shuffled = quotients(&self.shuffled).into_iter().fold(f64::INFINITY, f64::min);
        Quality { step, attempt, round, rho: quotients(&self.groups), shuffled }
    }
}

/// Covariances of latents over all points, and what is left of them within groups.
struct Covariances {
    within: Mat<f64>,
    total: Mat<f64>,
}

impl Covariances {
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
