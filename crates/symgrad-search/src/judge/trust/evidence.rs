//! How improbable a formula's agreement with a neuron would be by chance.
//!
//! A long formula with many free constants agrees with *some* smooth function by chance, and a
//! search looks at many formulas. So two numbers are compared, in bits:
//!
//! * **description**, b: there are at most 2^b formulas as short as this one;
//! * **chance**, c: a random smooth function agrees with the formula as well as the neuron does
//!   with probability 2^−c at most, whatever its length scale.
//!
//! Then the probability that a random smooth function agrees that well with *any* formula as
//! short is at most 2^−(c−b), the union bound. c − b is the [margin](Evidence::margin).
//!
//! How well the neuron agrees is not simply its loss. Noise that is independent from point to
//! point says nothing about the formula: many points pin down the function beneath it. A smooth
//! misfit counts in full, whether the formula or the neuron is to blame for it; so does all loss
//! that could not be told from a smooth misfit on as few points in as many inputs.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use symgrad_expr::{Aligned, Expr, OpSet};

use super::description;
use super::matching;
use super::neighbours::Neighbours;
use super::smooth::{Cloud, LENGTH_SCALES, Match, Split, Waves};
use crate::front::Entry;
use crate::score::objective::Objective;
use crate::score::target::Target;

/// Points that are looked at; more would only cost time.
const POINTS: usize = 1_000;

/// Seed of the random functions, the same for all fields: two searches of one field that find
/// the same formulas judge them alike.
const SEED: u64 = 0x5eed;

/// If less of a typical misfit would be seen, noise and misfit cannot be told apart.
const SEEN: f64 = 0.5;

/// What speaks for a formula.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Length of the formula in bits.
    pub description: f64,
    /// −log₂ of the probability that a random smooth function agrees as well.
    pub chance: f64,
    /// Loss that may be due to a smooth misfit: its upper bound.
    pub misfit: f64,
    /// What is left of the loss beyond the least noise of all entries, with outlying points bounded: a
    /// neuron errs most where its gradient is small and at the edge of its data, which tells little
    /// of the formula. By this the formula is chosen.
    pub typical: f64,
    /// Whether part of the loss is smooth beyond doubt: the neuron's own error, or the formula's.
    pub smooth: bool,
    /// Loss that no smooth correction of the formula would remove.
    pub noise: f64,
}

impl Evidence {
    /// Bits by which agreement is less probable than there are formulas to try.
    pub fn margin(&self) -> f64 {
        self.chance - self.description
    }
}

/// The evidence for the given entries of a front (`None` for others); `None` also for those
/// that are not finite somewhere, and for all where directions cannot differ.
pub(crate) fn weigh(
    objective: &Objective,
    front: &[Entry],
    candidates: &[usize],
    ops: &OpSet,
) -> Vec<Option<Evidence>> {
    let objective = &objective.thinned(POINTS);
    let points = objective.points() as f64;
    let cloud = &Cloud {
        columns: objective.columns(),
        axes: objective.axes(),
        weights: objective.weights().iter().map(|w| w * points).collect(),
        values: matches!(objective.target(), Target::Values(_)),
    };
    let freedom = match objective.target() {
        Target::Values(_) => 1,
        Target::Directions(target) => {
            (objective.dim() - target.axes.missing()).saturating_sub(target.basis.len())
        }
    };
    if freedom == 0 {
        return vec![None; front.len()];
    }
    let varying: Vec<usize> = (0..objective.dim()).filter(|&i| objective.varies(i)).collect();
    let waves = |inputs: &[usize]| -> Vec<Waves> {
        let lengths = LENGTH_SCALES.par_iter();
        lengths.map(|&length| Waves::new(cloud, inputs, length, SEED)).collect()
    };
    let all = waves(&varying);
    let columns: Vec<&Aligned> = varying.iter().map(|&input| &cloud.columns[input]).collect();
    let neighbours = &Neighbours::of(&columns);
    let held: Vec<Option<Held>> = front
        .par_iter()
        .enumerate()
        .map(|(index, entry)| {
            candidates.contains(&index).then_some(())?;
            Held::of(objective, &entry.expr, &all, neighbours, cloud, freedom)
        })
        .collect();
    let mut chances = vec![f64::INFINITY; front.len()];
    for inputs in input_sets(front, candidates, &varying) {
        let narrow = inputs.len() < varying.len();
        let some = if narrow { waves(&inputs) } else { vec![] };
        let waves = if narrow { &some } else { &all };
        let price = if narrow { choice_bits(varying.len(), inputs.len()) } else { 0.0 };
        let simplest = candidates.iter().filter(|&&c| used(&front[c], &varying) == inputs);
        let best = simplest.map(|&c| front[c].loss).fold(f64::INFINITY, f64::min);
        let bits: Vec<Option<f64>> = held
            .par_iter()
            .enumerate()
            .map(|(index, held)| {
                let Held { found, mismatch, .. } = held.as_ref()?;
                if narrow && best > NEARLY * front[index].loss {
                    return Some(f64::INFINITY);
                }
                let bits = waves.iter().map(|w| w.agreement_bits(&found.allowed, *mismatch));
                bits.collect::<Option<Vec<f64>>>()?.into_iter().reduce(f64::min)
            })
            .collect();
        for (chance, bits) in chances.iter_mut().zip(bits) {
            *chance = chance.min(bits.map_or(0.0, |bits| bits + price));
        }
    }
    let unit = matching::unit(objective);
    let (noise_of_data, least_misfit) = noise_of_data(held.iter().flatten(), objective.floor());
    let each = front.iter().zip(held).zip(chances);
    each.map(|((entry, held), chance)| {
        let Held { mismatch, total, share, smooth, noise, .. } = held?;
        let typical = share * (total - noise_of_data).max(least_misfit);
        Some(Evidence {
            description: description::bits(&entry.expr, ops, varying.len()),
            chance,
            misfit: unit * mismatch,
            typical: unit * typical,
            smooth,
            noise: unit * noise,
        })
    })
    .collect()
}

/// The noise in the data and the least misfit beside it, by rounding at least, both as mean squares; no noise where every
/// formula leaves something smooth, or next to nothing.
///
/// Noise is a property of the data: a formula that leaves more has not got more of it.
fn noise_of_data<'a>(held: impl Iterator<Item = &'a Held>, floor: f64) -> (f64, f64) {
    let noise_alone = held.filter(|held| !held.smooth).map(|held| (held.noise, held.mismatch));
    let least = noise_alone.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1)));
    least.filter(|(noise, _)| *noise > FAINT).unwrap_or((0.0, floor))
}

/// Noise below a fifth of a degree may as well be the fine structure of a network's error, which a
/// longer formula follows until nothing smooth is left: so it was with a network's energy of an
/// oscillator, and with gradients estimated from values.
const FAINT: f64 = 1e-5;

/// A formula of fewer inputs that comes this close to another's loss may be all there is to it.
const NEARLY: f64 = 100.0;

/// A formula beside the neuron, its loss divided.
struct Held {
    found: Match,
    /// What counts against the formula (mean sin², or 1 − R²).
    mismatch: f64,
    /// All of the loss, and the share of it that outlying points leave once they are bounded.
    total: f64,
    share: f64,
    smooth: bool,
    /// What does not.
    noise: f64,
}

/// Log likelihood by which a smooth misfit beside noise has to be more probable than noise alone:
/// three standard deviations.
const BEYOND_DOUBT: f64 = 4.5;

/// No point counts for more than so many times the energy that four fifths of them stay below.
const OUTLYING: f64 = 4.0;

impl Held {
    fn of(
        objective: &Objective,
        formula: &Expr,
        waves: &[Waves],
        neighbours: &Neighbours,
        cloud: &Cloud<'_>,
        freedom: usize,
    ) -> Option<Self> {
        let (found, opposed) = matching::compare(objective, formula, &cloud.weights)?;
        let points = cloud.weights.len();
        let splits: Option<Vec<Split>> =
            waves.iter().map(|waves| waves.split(&found, points, freedom)).collect();
        let splits = splits?;
        let misfit = splits
            .iter()
            .map(|split| if split.seen < SEEN { found.total } else { split.bound / split.seen })
            .fold(0.0, f64::max)
            .min(found.total);
        let likeliest = splits.iter().max_by(|a, b| a.likelihood.total_cmp(&b.likelihood))?;
        // Where the two face opposite ways there is no misfit in the angle of the lines.
        let mismatch = misfit + opposed;
        let (total, share) = (found.total + opposed, bounded_share(&found.residual, points));
        let smooth = splits.iter().any(|split| split.gain > BEYOND_DOUBT)
            || neighbours.err_alike(&found.residual, points);
        let noise = likeliest.noise.min(found.total);
        Some(Self { mismatch: mismatch.max(objective.floor()), total, share, smooth, noise, found })
    }
}

/// What is left of a residual's energy, rows of that many points, once outlying points are bounded.
fn bounded_share(residual: &[f64], points: usize) -> f64 {
    let mut energies = vec![0.0; points];
    for row in residual.chunks_exact(points) {
        energies.iter_mut().zip(row).for_each(|(energy, r)| *energy += r * r);
    }
    let mut sorted = energies.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let bound = OUTLYING * sorted[(points - 1) * 4 / 5];
    let whole: f64 = energies.iter().sum();
    if !(bound > 0.0 && whole > 0.0) {
        return 1.0;
    }
    energies.iter().map(|energy| energy.min(bound)).sum::<f64>() / whole
}

/// The sets of inputs that candidates depend on, each once, and all inputs.
///
/// A formula is weighed against random functions of other sets than its own, too: one that adds
/// a trace of another input to a function of two is hardly less likely by chance than the
/// function. Sets of one input do not count: a function of one input has the same level
/// sets whatever it is, and that the others do not matter is then all there is to explain.
fn input_sets(front: &[Entry], candidates: &[usize], varying: &[usize]) -> Vec<Vec<usize>> {
    let mut sets = vec![varying.to_vec()];
    for &candidate in candidates {
        let used = used(&front[candidate], varying);
        if used.len() > 1 && !sets.contains(&used) {
            sets.push(used);
        }
    }
    sets
}

fn used(entry: &Entry, varying: &[usize]) -> Vec<usize> {
    let inputs = entry.expr.inputs().into_iter().map(usize::from);
    inputs.filter(|input| varying.contains(input)).collect()
}

/// Bits that name `some` of `all` inputs: how many, then which.
fn choice_bits(all: usize, some: usize) -> f64 {
    let ways: f64 = (0..some).map(|k| ((all - k) as f64 / (k + 1) as f64).log2()).sum();
    (all as f64).log2() + ways
}
