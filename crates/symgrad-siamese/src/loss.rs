//! The losses, with their derivatives with respect to the latents.

use crate::Loss;
use crate::uniformity::uniformity;

/// The latents of a batch, each `[rows, latents]` row by row.
#[derive(Clone, Copy)]
pub(crate) struct Latents<'a> {
    pub(crate) anchor: &'a [f32],
    pub(crate) positive: &'a [f32],
    /// Empty for a loss without negatives.
    pub(crate) negative: &'a [f32],
    /// Latents of a row.
    pub(crate) width: usize,
}

impl Loss {
    /// Whether negatives matter.
    pub(crate) fn uses_negatives(&self) -> bool {
        !matches!(self, Self::VarianceNormalized { .. } | Self::Independent { .. })
    }

    /// Whether latents are to hold independent concepts, rather than each its own for itself.
    pub(crate) fn keeps_independent(&self) -> bool {
        matches!(self, Self::Independent { .. })
    }

    /// The loss of a batch; `gradient` becomes its derivative with respect to the latents of
    /// anchors, positives and (if used) negatives, one after another.
    pub(crate) fn evaluate(&self, latents: Latents<'_>, gradient: &mut Vec<f32>) -> f64 {
        gradient.clear();
        gradient
            .resize(latents.anchor.len() + latents.positive.len() + latents.negative.len(), 0.0);
        match *self {
            Self::Triplet { margin, squared } => triplet(latents, margin, squared, gradient),
            Self::Contrastive { margin } => contrastive(latents, margin, gradient),
            Self::VarianceNormalized { weight } => variance_normalized(latents, weight, gradient),
            Self::Independent { weight, spread: repulsion } => {
                variance_normalized(latents, weight, gradient)
                    + uniformity(latents, repulsion, gradient)
            }
        }
    }
}

/// Weight of the pairs' invariance against the targets at most. Larger is more exact, until the targets no longer keep
/// the latent from drifting.
pub(crate) const INVARIANCE_WEIGHT: f64 = 100.0;

/// The loss of self-distillation, mean Σₖ weightₖ · (aₖ − pₖ)² + mean ‖a − t‖², for targets t like the
/// anchors and a weight for each latent; `gradient` becomes the derivative as in [`Loss::evaluate`].
pub(crate) fn distillation(
    latents: Latents<'_>,
    targets: &[f32],
    weights: &[f64],
    gradient: &mut Vec<f32>,
) -> f64 {
    let size = latents.anchor.len();
    let rows = (size / latents.width) as f64;
    gradient.clear();
    gradient.resize(2 * size, 0.0);
    let mut total = 0.0;
    for (i, &weight) in (0..size).zip(weights.iter().cycle()) {
        let pair = Pair::new(latents.anchor, latents.positive, i, 1);
        let error = Pair::new(latents.anchor, targets, i, 1);
        total += weight * pair.square + error.square;
        pair.push(2.0 * weight / rows, gradient, i, size + i);
        error.pull(2.0 / rows, gradient, i);
    }
    total / rows
}

/// Below this a distance is taken as zero, where its derivative is not defined.
const TINY: f64 = 1e-12;

fn triplet(latents: Latents<'_>, margin: f64, squared: bool, gradient: &mut [f32]) -> f64 {
    let size = latents.anchor.len();
    let rows = (size / latents.width) as f64;
    let mut total = 0.0;
    for start in (0..size).step_by(latents.width) {
        let near = Pair::new(latents.anchor, latents.positive, start, latents.width);
        let far = Pair::new(latents.anchor, latents.negative, start, latents.width);
        let distance = |pair: &Pair<'_>| if squared { pair.square } else { pair.square.sqrt() };
        let excess = distance(&near) - distance(&far) + margin;
        // Written so that a NaN passes on.
        if excess <= 0.0 {
            continue;
        }
        total += excess;
        let slope = |pair: &Pair<'_>| {
            if squared { 2.0 / rows } else { 1.0 / (rows * pair.square.sqrt().max(TINY)) }
        };
        near.push(slope(&near), gradient, start, size + start);
        far.push(-slope(&far), gradient, start, 2 * size + start);
    }
    total / rows
}

fn contrastive(latents: Latents<'_>, margin: f64, gradient: &mut [f32]) -> f64 {
    let size = latents.anchor.len();
    let rows = (size / latents.width) as f64;
    let mut total = 0.0;
    for start in (0..size).step_by(latents.width) {
        let near = Pair::new(latents.anchor, latents.positive, start, latents.width);
        total += near.square;
        near.push(2.0 / rows, gradient, start, size + start);
        let far = Pair::new(latents.anchor, latents.negative, start, latents.width);
        let distance = far.square.sqrt();
        let missing = margin - distance;
        if missing <= 0.0 {
            continue;
        }
        total += missing * missing;
        let slope = -2.0 * missing / (rows * distance.max(TINY));
        far.push(slope, gradient, start, 2 * size + start);
    }
    total / rows
}

/// The difference of two rows of latents.
struct Pair<'a> {
    left: &'a [f32],
    right: &'a [f32],
    square: f64,
}

impl<'a> Pair<'a> {
    fn new(left: &'a [f32], right: &'a [f32], start: usize, width: usize) -> Self {
        let (left, right) = (&left[start..start + width], &right[start..start + width]);
        let square = left.iter().zip(right).map(|(l, r)| f64::from(l - r).powi(2)).sum();
        Self { left, right, square }
    }

    /// Adds slope · (left − right) to the left row's gradient alone.
    #[expect(clippy::cast_possible_truncation, reason = "the network computes in f32")]
    fn pull(&self, slope: f64, gradient: &mut [f32], left: usize) {
        for (latent, (l, r)) in self.left.iter().zip(self.right).enumerate() {
            gradient[left + latent] += (slope * f64::from(l - r)) as f32;
        }
    }

    /// Adds slope · (left − right) to the left row's gradient and takes it from the right's.
    #[expect(clippy::cast_possible_truncation, reason = "the network computes in f32")]
    fn push(&self, slope: f64, gradient: &mut [f32], left: usize, right: usize) {
        for (latent, (l, r)) in self.left.iter().zip(self.right).enumerate() {
            let force = (slope * f64::from(l - r)) as f32;
            gradient[left + latent] += force;
            gradient[right + latent] -= force;
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the network computes in f32")]
fn variance_normalized(latents: Latents<'_>, weight: f64, gradient: &mut [f32]) -> f64 {
    let (size, width) = (latents.anchor.len(), latents.width);
    let rows = size / width;
    let count = rows as f64;
    let mut loss = 0.0;
    for start in (0..size).step_by(width) {
        let pair = Pair::new(latents.anchor, latents.positive, start, width);
        loss += weight * pair.square / count;
        pair.push(2.0 * weight / count, gradient, start, size + start);
    }
    let centred = centre(latents.anchor, width);
    let column = |k: usize| (0..rows).map(move |row| row * width + k);
    let deviations: Vec<f64> = (0..width)
        .map(|k| (column(k).map(|i| centred[i].powi(2)).sum::<f64>() / count).sqrt())
        .collect();
    for (k, &deviation) in deviations.iter().enumerate() {
        loss += (deviation - 1.0).powi(2);
        let slope = 2.0 * (deviation - 1.0) / (count * deviation.max(TINY));
        column(k).for_each(|i| gradient[i] += (slope * centred[i]) as f32);
    }
    for k in 0..width {
        for j in 0..k {
            let scale = (deviations[j] * deviations[k]).max(TINY);
            let products = column(j).zip(column(k)).map(|(a, b)| centred[a] * centred[b]);
            let correlation = products.sum::<f64>() / (count * scale);
            loss += correlation * correlation;
            for (a, b) in column(j).zip(column(k)) {
                let slope = 2.0 * correlation / count;
                let along = |own: f64, other: f64, deviation: f64| {
                    slope * (other / scale - correlation * own / deviation.powi(2).max(TINY))
                };
                gradient[a] += along(centred[a], centred[b], deviations[j]) as f32;
                gradient[b] += along(centred[b], centred[a], deviations[k]) as f32;
            }
        }
    }
    loss
}

/// The latents less each column's mean.
fn centre(latents: &[f32], width: usize) -> Vec<f64> {
    let rows = (latents.len() / width) as f64;
    let mut means = vec![0.0; width];
    for row in latents.chunks_exact(width) {
        means.iter_mut().zip(row).for_each(|(mean, &x)| *mean += f64::from(x) / rows);
    }
    latents.iter().enumerate().map(|(i, &x)| f64::from(x) - means[i % width]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const LOSSES: [Loss; 5] = [
        Loss::Triplet { margin: 1.0, squared: true },
        Loss::Triplet { margin: 1.0, squared: false },
        Loss::Contrastive { margin: 2.0 },
        Loss::VarianceNormalized { weight: 10.0 },
        Loss::Independent { weight: 10.0, spread: 1.0 },
    ];

    fn value(loss: &Loss, all: &[f32], width: usize) -> (f64, Vec<f32>) {
        let size = all.len() / 3;
        let negative = if loss.uses_negatives() { &all[2 * size..] } else { &[] };
        let latents =
            Latents { anchor: &all[..size], positive: &all[size..2 * size], negative, width };
        let mut gradient = Vec::new();
        (loss.evaluate(latents, &mut gradient), gradient)
    }

    /// A small step along a random direction changes the loss as the derivative says.
    #[test]
    fn derivatives_agree_with_differences() {
        for seed in 0..100 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut draw = || (0..36).map(|_| 4.0 * rng.random::<f32>() - 2.0).collect::<Vec<_>>();
            let (all, direction) = (draw(), draw());
            for (loss, width) in LOSSES.iter().flat_map(|loss| [1, 2, 3].map(|width| (loss, width)))
            {
                let (_, gradient) = value(loss, &all, width);
                let moved = |step: f32| {
                    let all = all.iter().zip(&direction).map(|(x, d)| x + step * d);
                    value(loss, &all.collect::<Vec<_>>(), width).0
                };
                let step = 1.0 / 1024.0;
                let middle = moved(0.0);
                let before = (middle - moved(-step)) / f64::from(step);
                let after = (moved(step) - middle) / f64::from(step);
                let along = gradient.iter().zip(&direction).map(|(g, d)| f64::from(g * d));
                let along = along.sum::<f64>();
                // Between the slopes on both sides, also where a hinge bends in between.
                let tolerance = 0.02 * (1.0 + along.abs());
                let range = before.min(after) - tolerance..before.max(after) + tolerance;
                assert!(range.contains(&along), "{loss:?} {width} {seed}: {along} {range:?}");
            }
        }
    }

    #[test]
    fn values_by_hand() {
        // One row: d(a,p) = 1, d(a,n) = 1.5.
        let all = [0.0, 1.0, -1.5];
        assert_eq!(value(&LOSSES[0], &all, 1).0, 0.0); // 1 − 2.25 + 1 < 0
        assert_eq!(value(&LOSSES[1], &all, 1).0, 0.5); // 1 − 1.5 + 1
        assert_eq!(value(&LOSSES[2], &all, 1).0, 1.25); // 1² + 0.5²
        // Two rows: anchors 0 and 4 have deviation 2; distances 1 and 0.
        let two = [0.0, 4.0, 1.0, 4.0, 0.0, 0.0];
        assert_eq!(value(&LOSSES[3], &two, 1).0, 10.0 * 0.5 + 1.0);
    }

    #[test]
    fn distillation_by_hand() {
        let latents = Latents { anchor: &[1.0], positive: &[0.5], negative: &[], width: 1 };
        let mut gradient = Vec::new();
        assert_eq!(distillation(latents, &[0.0], &[100.0], &mut gradient), 26.0); // 100 · ½² + 1²
        assert_eq!(gradient, [102.0, -100.0]);
        // A weight for each of two latents.
        let latents =
            Latents { anchor: &[1.0, 1.0], positive: &[0.0, 0.0], negative: &[], width: 2 };
        assert_eq!(distillation(latents, &[1.0, 1.0], &[1.0, 3.0], &mut gradient), 4.0);
        assert_eq!(gradient, [2.0, 6.0, -2.0, -6.0]);
    }

    #[test]
    fn equal_latents_of_two_columns_are_penalised() {
        let decorrelated = [1.0, 1.0, 1.0, -1.0, -1.0, 1.0, -1.0, -1.0];
        let correlated = [1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0];
        let triple = |rows: [f32; 8]| [rows, rows, [0.0; 8]].concat();
        assert_eq!(value(&LOSSES[3], &triple(decorrelated), 2).0, 0.0);
        assert_eq!(value(&LOSSES[3], &triple(correlated), 2).0, 1.0);
    }

    #[test]
    fn a_nan_reaches_the_loss() {
        for loss in LOSSES {
            let mut all = [0.5_f32; 12];
            all[1] = f32::NAN;
            assert!(value(&loss, &all, 1).0.is_nan(), "{loss:?}");
        }
    }
}
