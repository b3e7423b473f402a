//! What a formula is worth on points that it was not fitted on.

use std::ops::Range;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use symgrad_expr::{Expr, Workspace};

use crate::known::{Across, Known};
use crate::sample::{Feature, Sample, mean_square};

/// How a formula does on validation points.
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    /// Mean squared change for the squared gradient across what is known: the squared error of the
    /// inputs, in their measures, that would explain it. No group counts for more than the usual one: else
    /// the formula that is steep in few of them would say which these are.
    pub(crate) ratio: f64,
    /// The squared gradient along what is known for that across it. Noise there is in the change as well,
    /// and says nothing of the formula.
    pub(crate) along: f64,
    /// The change block by block, for the same squared gradient, without what errors that are independent
    /// from moment to moment contribute, where moments follow each other.
    pub(crate) blocks: Vec<f64>,
    /// Mean squared sine between the gradient and those of what is known.
    pub(crate) independence: f64,
    /// Variance within groups over all variance; without groups the mean squared cosine between
    /// gradient and motion.
    pub(crate) rho: f64,
    /// The variance of all values over the mean squared gradient across what is known.
    pub(crate) spread: f64,
}

impl Measure {
    pub(crate) fn of(
        expr: &Expr,
        sample: &Sample,
        known: &Known,
        workspace: &mut Workspace,
    ) -> Option<Self> {
        let feature = sample.feature(expr, workspace)?;
        let Across { squares, whole: square, independence } = known.parts(&feature, sample.dim());
        let change = mean_square(&feature.change);
        let steep = Steepness::of(sample, &squares)?;
        let variance = feature.variance();
        let whole = if sample.has_motion() { square } else { variance };
        let lasting =
            steep.ratios(sample, |rows| lasting_change(&feature.change[rows], sample.ordered));
        let whole_change = steep.ratios(sample, |rows| mean_square(&feature.change[rows]));
        let whole_squares = feature.squares();
        let along = steep.ratios(sample, |rows| {
            let pairs = whole_squares[rows.clone()].iter().zip(&squares[rows.clone()]);
            pairs.map(|(whole, across)| whole - across).sum::<f64>() / rows.len() as f64
        });
        let usual = mean_of(sample, &steep.weights());
        let measure = Self {
            ratio: mean_of(sample, &whole_change) / usual,
            along: (mean_of(sample, &along) / usual).max(0.0),
            blocks: lasting.iter().map(|lasting| lasting / usual).collect(),
            independence,
            // Of what is the same at all points, up to the last bit, nothing is among groups.
            rho: if change == 0.0 && whole == 0.0 { 1.0 } else { change / whole },
            spread: variance / (squares.iter().sum::<f64>() / sample.rows() as f64),
        };
        let finite = measure.ratio.is_finite() && measure.rho.is_finite();
        let sound = finite && !feature.is_concentrated();
        sound.then_some(measure)
    }
}

/// How steep a formula is in each group.
pub(crate) struct Steepness {
    squares: Vec<f64>,
    usual: f64,
}

impl Steepness {
    /// `squares` are those of the gradient at each point.
    pub(crate) fn of(sample: &Sample, squares: &[f64]) -> Option<Self> {
        let mean =
            |rows: &Range<usize>| squares[rows.clone()].iter().sum::<f64>() / rows.len() as f64;
        let squares: Vec<f64> = sample.blocks.iter().map(mean).collect();
        let mut sorted = squares.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let usual = sorted.get(sorted.len() / 2).copied().filter(|usual| *usual > 0.0)?;
        Some(Self { squares, usual })
    }

    /// Up to one; less where the gradient is short and what is divided by it uncertain.
    pub(crate) fn weights(&self) -> Vec<f64> {
        self.squares.iter().map(|square| (square / self.usual).min(1.0)).collect()
    }

    /// Something of each group for the squared gradient there, with its weight: the same for a formula and
    /// any function of it, but where the gradient is short.
    pub(crate) fn ratios(&self, sample: &Sample, of: impl Fn(Range<usize>) -> f64) -> Vec<f64> {
        let blocks = sample.blocks.iter().zip(&self.squares);
        blocks.map(|(rows, square)| of(rows.clone()) / square.max(self.usual)).collect()
    }
}

/// The mean over all points of what each group has.
fn mean_of(sample: &Sample, groups: &[f64]) -> f64 {
    let sum: f64 = sample.blocks.iter().zip(groups).map(|(rows, x)| rows.len() as f64 * x).sum();
    sum / sample.rows() as f64
}

/// How far the gradient is from being across the motion. Where it is short its direction is
/// uncertain, and counts for less; but no point counts for more than the usual one: else a formula
/// would be judged by the few points where it is steep, such as a turning point.
fn mean_squared_cosine(feature: &Feature, change: &[f64]) -> f64 {
    let squares = feature.squares();
    let mut sorted = squares.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let usual = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    let (mut sum, mut weights) = (0.0, 0.0);
    for (square, change) in squares.into_iter().zip(change) {
        if square > 0.0 {
            let weight = square.min(usual);
            sum += weight * (change * change / square);
            weights += weight;
        }
    }
    sum / weights
}

/// The mean squared change of a block; of moments that follow each other, the part that lasts from
/// one to the next, which errors of their own have no part in.
pub(crate) fn lasting_change(change: &[f64], ordered: bool) -> f64 {
    if !ordered || change.len() < 3 {
        return mean_square(change);
    }
    let pairs = (change.len() - 1) as f64;
    let along: f64 = change.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let apart: f64 = change.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
    // Taking the mean away makes independent errors look opposed, by a share of their variance.
    along / pairs + apart / (2.0 * pairs) / change.len() as f64
}

/// How constant a formula is on groups that nothing was fitted or chosen on.
#[derive(Clone, Debug, PartialEq)]
pub struct Constancy {
    /// Variance within groups over the variance of all values, ρ; where derivatives in time are
    /// given, the mean squared cosine between gradient and motion, short gradients counting for less.
    pub rho: f64,
    /// What noise of the inputs contributes to ρ, if it is known: the truth has it, too.
    pub noise_floor: Option<f64>,
    /// The part of ρ that lasts from one moment to the next, which noise has no part in; and its
    /// standard error. Known where moments follow each other.
    pub lasting: Option<(f64, f64)>,
    /// The least ρ in several shuffles of the points among the groups, or of the motions among the
    /// points: along an input that is slow everywhere any motion changes little.
    pub shuffled: Option<f64>,
}

/// Points that an effective one stands for: neighbours in time tell much the same.
pub(crate) const NEIGHBOURS: f64 = 4.0;

/// Shuffles for [`Constancy::shuffled`].
const SHUFFLES: usize = 19;

/// The share of the least ρ of shuffled points from which ρ tells nothing.
const CHANCE: f64 = 0.5;

impl Constancy {
    /// Whether shuffled points, or motions, would do nearly as well.
    pub fn is_like_chance(&self) -> bool {
        self.shuffled.is_some_and(|least| self.rho >= CHANCE * least)
    }

    /// `noise` is the standard deviation of each input's error.
    pub(crate) fn of(
        expr: &Expr,
        sample: &Sample,
        noise: Option<&[f64]>,
        seed: u64,
        workspace: &mut Workspace,
    ) -> Option<Self> {
        let feature = sample.feature(expr, workspace)?;
        let change = mean_square(&feature.change);
        if sample.has_motion() {
            let rho = mean_squared_cosine(&feature, &feature.change);
            let shuffled = shuffled_motion(&feature, sample, seed);
            let found = Self { rho, noise_floor: None, lasting: None, shuffled };
            return rho.is_finite().then_some(found);
        }
        let variance = feature.variance();
        let floor = |noise: &[f64]| {
            let part = |(input, column): &(usize, Vec<f64>)| {
                mean_square(column) * (noise[*input] / sample.scales[*input]).powi(2)
            };
            feature.gradient.iter().map(part).sum::<f64>() / variance
        };
        let lasting = lasting_of(&feature, sample);
        let rho = change / variance;
        rho.is_finite().then(|| Self {
            rho,
            noise_floor: noise.map(floor),
            lasting,
            shuffled: Some(shuffled(&feature.values, sample, variance, seed)),
        })
    }
}

/// The part of ρ that lasts from one moment to the next, and its standard error, where moments follow each other.
pub(crate) fn lasting_of(feature: &Feature, sample: &Sample) -> Option<(f64, f64)> {
    let variance = feature.variance();
    let of = |block: &Range<usize>| lasting_change(&feature.change[block.clone()], true) / variance;
    sample.ordered.then(|| mean_and_error(&sample.blocks.iter().map(of).collect::<Vec<_>>()))
}

fn shuffled_motion(feature: &Feature, sample: &Sample, seed: u64) -> Option<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<usize> = (0..sample.rows()).collect();
    let mut shuffled = || {
        order.shuffle(&mut rng);
        let change = sample.derivative(&feature.gradient, Some(&order))?;
        Some(mean_squared_cosine(feature, &change))
    };
    (0..SHUFFLES).map(|_| shuffled()).try_fold(f64::INFINITY, |least, rho| Some(least.min(rho?)))
}

fn shuffled(values: &[f64], sample: &Sample, variance: f64, seed: u64) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut values = values.to_vec();
    let mut least = f64::INFINITY;
    for _ in 0..SHUFFLES {
        values.shuffle(&mut rng);
        let mut within = 0.0;
        for block in &sample.blocks {
            let rows = &values[block.clone()];
            let mean = rows.iter().sum::<f64>() / rows.len() as f64;
            within += rows.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        }
        least = least.min(within / values.len() as f64 / variance);
    }
    least
}

/// The mean and its standard error.
pub(crate) fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    (mean, (square / (count * (count - 1.0).max(1.0))).sqrt())
}
