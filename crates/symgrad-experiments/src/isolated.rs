//! Isolated concepts: independent draws moved onto the anchor's level set.

use crate::published::{antisymmetric, flat};
use crate::stream::{GenerateError, Row, triplets};
use crate::transform::normal;
use crate::{Concept, Experiment};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use symgrad_data::Triplets;

/// How many positives are tried for one anchor before another anchor is drawn: on a rare
/// level set (a determinant near 0, an energy at its maximum) none may be within reach.
const MOST_POSITIVES: usize = 200;

/// Steps of Newton's method; it doubles its digits in each, or does not converge.
const MOST_STEPS: usize = 20;

/// Draws triplets of any concept.
///
/// Anchors and negatives are uniform within the bounds. A positive is a uniform draw moved
/// onto its anchor's level set along the gradient, by Newton's method, to 10⁻¹⁰ of the
/// distance between the two values; it is drawn again when it does not converge or leaves the
/// bounds. Every triplet has its own random stream: a larger size appends rows and changes
/// none.
///
/// ```
/// use symgrad_experiments::{Concept, isolated_triplets};
///
/// struct Circle;
/// impl Concept for Circle {
///     fn dim(&self) -> usize { 2 }
///     fn value(&self, x: &[f64]) -> f64 { x[0] * x[0] + x[1] * x[1] }
///     fn gradient(&self, x: &[f64], out: &mut [f64]) {
///         out.copy_from_slice(&[2.0 * x[0], 2.0 * x[1]]);
///     }
/// }
///
/// let names = ["x".to_string(), "y".to_string()];
/// let triplets = isolated_triplets(&Circle, &names, &[(-1.0, 1.0), (-1.0, 1.0)], 100, 1)?;
/// let (anchor, positive) = (triplets.anchor().row(7), triplets.positive().row(7));
/// assert!((Circle.value(&anchor) - Circle.value(&positive)).abs() < 1e-9);
/// # Ok::<(), symgrad_experiments::GenerateError>(())
/// ```
pub fn isolated_triplets(
    concept: &dyn Concept,
    names: &[String],
    bounds: &[(f64, f64)],
    rows: usize,
    seed: u64,
) -> Result<Triplets, GenerateError> {
    checked(concept, names, bounds)?;
    triplets(names, &|rng| by_newton(concept, bounds, rng), rows, seed, 0)
}

/// Refuses names and bounds that do not fit the concept.
pub(crate) fn checked(
    concept: &dyn Concept,
    names: &[String],
    bounds: &[(f64, f64)],
) -> Result<(), GenerateError> {
    let inputs = concept.dim();
    if names.len() != inputs || bounds.len() != inputs {
        let (names, bounds) = (names.len(), bounds.len());
        return Err(GenerateError::InputCount { inputs, names, bounds });
    }
    for (name, &(low, high)) in names.iter().zip(bounds) {
        if !(low < high && (high - low).is_finite()) {
            return Err(GenerateError::Bounds { name: name.clone(), low, high });
        }
    }
    Ok(())
}

/// The isolated data of an experiment.
pub(crate) fn draw(experiment: Experiment, rng: &mut ChaCha8Rng) -> Option<Row> {
    let symmetric = |dim| vec![(-1.0, 1.0); dim];
    match experiment {
        Experiment::Trace2x2 => moved(rng, |rng| square(rng, 4), shifted(experiment, 2)),
        Experiment::Trace3x3 => moved(rng, |rng| square(rng, 9), shifted(experiment, 3)),
        Experiment::Trace4x4 => moved(rng, |rng| square(rng, 16), shifted(experiment, 4)),
        Experiment::Determinant2x2 => moved(rng, |rng| square(rng, 4), rescaled(experiment, 2)),
        Experiment::Determinant3x3 => moved(rng, |rng| square(rng, 9), rescaled(experiment, 3)),
        Experiment::AntisymmetricMinors3x3 => moved(rng, gaussian_antisymmetric, stretched),
        Experiment::HarmonicOscillator | Experiment::Oscillator => {
            moved(rng, |rng| square(rng, 2), oscillator_speed)
        }
        Experiment::Coulomb => moved(rng, ring, coulomb_speed),
        Experiment::AnharmonicOscillatorQuartic
        | Experiment::AnharmonicOscillatorSine
        | Experiment::AnharmonicOscillatorExponential
        | Experiment::CentralPotential
        | Experiment::SpacetimeInterval
        | Experiment::FieldStrengthEDotB => {
            by_newton(&experiment, &symmetric(experiment.dim()), rng)
        }
    }
}

/// Moves a free point onto an anchor's level set, or says that it is out of reach.
pub(crate) trait Onto: Fn(&[f64], &mut [f64], &mut ChaCha8Rng) -> bool {}
impl<F: Fn(&[f64], &mut [f64], &mut ChaCha8Rng) -> bool> Onto for F {}

/// Draws anchor and negative, and positives until one can be moved onto the anchor's level set.
pub(crate) fn moved(
    rng: &mut ChaCha8Rng,
    point: impl Fn(&mut ChaCha8Rng) -> Vec<f64>,
    onto: impl Onto,
) -> Option<Row> {
    let (anchor, negative) = (point(rng), point(rng));
    let positive = (0..MOST_POSITIVES).find_map(|_| {
        let mut free = point(rng);
        onto(&anchor, &mut free, rng).then_some(free)
    })?;
    Some(Row { anchor, positive, negative })
}

/// Shifts the diagonal of an n×n matrix.
fn shifted(trace: Experiment, n: usize) -> impl Onto {
    move |anchor: &[f64], free: &mut [f64], _: &mut ChaCha8Rng| {
        let shift = (trace.value(anchor) - trace.value(free)) / n as f64;
        free.iter_mut().step_by(n + 1).for_each(|entry| *entry += shift);
        true
    }
}

/// Multiplies a random row of an n×n matrix by a factor between ½ and 2.
fn rescaled(determinant: Experiment, n: usize) -> impl Onto {
    move |anchor: &[f64], free: &mut [f64], rng: &mut ChaCha8Rng| {
        let factor = determinant.value(anchor) / determinant.value(free);
        let row = rng.random_range(0..n);
        multiply(&mut free[row * n..(row + 1) * n], factor);
        (0.5..=2.0).contains(&factor)
    }
}

/// Multiplies a whole antisymmetric matrix; its minors grow with the square of the factor.
fn stretched(anchor: &[f64], free: &mut [f64], _: &mut ChaCha8Rng) -> bool {
    let minors = Experiment::AntisymmetricMinors3x3;
    let factor = (minors.value(anchor) / minors.value(free)).sqrt();
    multiply(free, factor);
    factor.is_finite()
}

/// Gives the energy by the speed: as fast as an anchor can be, but no faster.
fn oscillator_speed(anchor: &[f64], free: &mut [f64], _: &mut ChaCha8Rng) -> bool {
    let square = Experiment::Oscillator.value(anchor) - free[0] * free[0];
    free[1] = square.sqrt().copysign(free[1]);
    (0.0..=1.0).contains(&square)
}

/// Gives the energy by the speed: each component as fast as an anchor's can be, but no faster.
fn coulomb_speed(anchor: &[f64], free: &mut [f64], _: &mut ChaCha8Rng) -> bool {
    let square = 2.0 * (Experiment::Coulomb.value(anchor) + 1.0 / free[0].hypot(free[1]));
    let factor = square.sqrt() / free[2].hypot(free[3]);
    multiply(&mut free[2..], factor);
    // A negative square has become NaN, which is within no bounds.
    free[2].abs() <= 1.0 && free[3].abs() <= 1.0
}

fn multiply(entries: &mut [f64], factor: f64) {
    for entry in entries {
        *entry *= factor;
    }
}

/// A distance from the centre in [½, 2], any angle, velocities in [−1, 1].
fn ring(rng: &mut ChaCha8Rng) -> Vec<f64> {
    let (sin, cos) = rng.random_range(0.0..std::f64::consts::TAU).sin_cos();
    let radius = rng.random_range(0.5..=2.0);
    let mut point = vec![radius * cos, radius * sin];
    point.extend(square(rng, 2));
    point
}

fn gaussian_antisymmetric(rng: &mut ChaCha8Rng) -> Vec<f64> {
    flat(&antisymmetric([normal(rng), normal(rng), normal(rng)]))
}

/// Numbers uniform in [−1, 1].
fn square(rng: &mut ChaCha8Rng, count: usize) -> Vec<f64> {
    (0..count).map(|_| rng.random_range(-1.0..=1.0)).collect()
}

/// The recipe for any concept within bounds.
fn by_newton(concept: &dyn Concept, bounds: &[(f64, f64)], rng: &mut ChaCha8Rng) -> Option<Row> {
    let onto = |anchor: &[f64], free: &mut [f64], _: &mut ChaCha8Rng| {
        project(concept, concept.value(anchor), free) && within(bounds, free)
    };
    moved(rng, |rng| uniform(bounds, rng), onto)
}

/// A point uniform within the bounds.
pub(crate) fn uniform(bounds: &[(f64, f64)], rng: &mut ChaCha8Rng) -> Vec<f64> {
    bounds.iter().map(|&(low, high)| rng.random_range(low..=high)).collect()
}

pub(crate) fn within(bounds: &[(f64, f64)], x: &[f64]) -> bool {
    x.iter().zip(bounds).all(|(x, (low, high))| low <= x && x <= high)
}

/// Moves a point along the gradient until the concept has that value, if it gets there.
fn project(concept: &dyn Concept, wanted: f64, x: &mut [f64]) -> bool {
    const TOLERANCE: f64 = 1e-10;
    let mut gradient = vec![0.0; x.len()];
    let mut excess = concept.value(x) - wanted;
    let close = TOLERANCE * (wanted.abs() + excess.abs());
    for _ in 0..MOST_STEPS {
        if excess.abs() <= close || !excess.is_finite() {
            break;
        }
        concept.gradient(x, &mut gradient);
        let square: f64 = gradient.iter().map(|g| g * g).sum();
        for (x, g) in x.iter_mut().zip(&gradient) {
            *x -= excess * g / square;
        }
        excess = concept.value(x) - wanted;
    }
    excess.abs() <= close
}
