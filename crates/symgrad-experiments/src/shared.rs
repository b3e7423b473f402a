//! Several concepts at once: independent draws moved onto all of the anchor's level sets.

use crate::Concept;
use crate::isolated::{checked, moved, within};
use crate::stream::{GenerateError, Row, triplets};
use faer::Mat;
use faer::prelude::Solve;
use rand_chacha::ChaCha8Rng;
use symgrad_data::Triplets;

/// Steps of Newton's method; it doubles its digits in each, or does not converge.
const MOST_STEPS: usize = 20;

/// How near the values must come, as a part of their distance at the start.
const TOLERANCE: f64 = 1e-10;

/// Draws triplets that share several concepts, and nothing else.
///
/// As [`isolated_triplets`](crate::isolated_triplets), but a positive is moved onto the level
/// sets of all concepts together, by the shortest steps that meet them to first order. There
/// should be fewer concepts than inputs, or nothing is left in which positives can differ.
///
/// ```
/// use symgrad_experiments::{Concept, Invariant, shared_triplets};
///
/// let concepts: [&dyn Concept; 2] = [&Invariant::Trace, &Invariant::Determinant];
/// let names = ["a11", "a12", "a21", "a22"].map(String::from);
/// let triplets = shared_triplets(&concepts, &names, &[(-1.0, 1.0); 4], 100, 1)?;
/// let (anchor, positive) = (triplets.anchor().row(7), triplets.positive().row(7));
/// for concept in concepts {
///     assert!((concept.value(&anchor) - concept.value(&positive)).abs() < 1e-9);
/// }
/// # Ok::<(), symgrad_experiments::GenerateError>(())
/// ```
pub fn shared_triplets(
    concepts: &[&dyn Concept],
    names: &[String],
    bounds: &[(f64, f64)],
    rows: usize,
    seed: u64,
) -> Result<Triplets, GenerateError> {
    for concept in concepts {
        checked(*concept, names, bounds)?;
    }
    triplets(names, &|rng| by_newton(concepts, bounds, rng), rows, seed, 0)
}

/// One triplet within bounds.
pub(crate) fn by_newton(
    concepts: &[&dyn Concept],
    bounds: &[(f64, f64)],
    rng: &mut ChaCha8Rng,
) -> Option<Row> {
    let onto = |anchor: &[f64], free: &mut [f64], _: &mut ChaCha8Rng| {
        project(concepts, anchor, free).is_some() && within(bounds, free)
    };
    moved(rng, |rng| crate::isolated::uniform(bounds, rng), onto)
}

/// Moves a point until every concept has its value at the anchor, if it gets there.
fn project(concepts: &[&dyn Concept], anchor: &[f64], x: &mut [f64]) -> Option<()> {
    let wanted: Vec<f64> = concepts.iter().map(|concept| concept.value(anchor)).collect();
    let excesses = |x: &[f64]| -> Vec<f64> {
        concepts.iter().zip(&wanted).map(|(concept, wanted)| concept.value(x) - wanted).collect()
    };
    let mut excess = excesses(x);
    let close: Vec<f64> =
        wanted.iter().zip(&excess).map(|(w, e)| TOLERANCE * (w.abs() + e.abs())).collect();
    for _ in 0..MOST_STEPS {
        if excess.iter().zip(&close).all(|(excess, close)| excess.abs() <= *close) {
            return Some(());
        }
        step(concepts, &excess, x)?;
        excess = excesses(x);
    }
    None
}

/// The shortest step that takes the excesses away to first order: −Jᵀ(JJᵀ)⁻¹ excess, for the
/// concepts' gradients J.
fn step(concepts: &[&dyn Concept], excess: &[f64], x: &mut [f64]) -> Option<()> {
    let mut slopes = vec![vec![0.0; x.len()]; concepts.len()];
    for (concept, slope) in concepts.iter().zip(&mut slopes) {
        concept.gradient(x, slope);
    }
    let dot =
        |i: usize, j: usize| -> f64 { slopes[i].iter().zip(&slopes[j]).map(|(a, b)| a * b).sum() };
    let gram = Mat::from_fn(concepts.len(), concepts.len(), dot);
    let excess = Mat::from_fn(concepts.len(), 1, |i, _| excess[i]);
    let factors = gram.partial_piv_lu().solve(&excess);
    for (slope, factor) in slopes.iter().zip(factors.col_as_slice(0)) {
        x.iter_mut().zip(slope).for_each(|(x, slope)| *x -= factor * slope);
    }
    x.iter().all(|x| x.is_finite()).then_some(())
}
