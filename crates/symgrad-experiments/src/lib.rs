//! Triplets made to order: the published experiments, isolated concepts, and systems with several
//! invariants.
//!
//! What is here knows the truth. So nothing that trains, searches or finds laws depends on this crate;
//! it is for what makes data, and for what checks an answer.

mod concept;
mod experiment;
mod isolated;
mod motion;
mod published;
mod shared;
mod stream;
mod system;
mod transform;

pub use concept::Concept;
pub use experiment::{Experiment, UnknownExperiment};
pub use isolated::isolated_triplets;
pub use shared::shared_triplets;
pub use stream::GenerateError;
pub use system::{Invariant, System};

use serde::{Deserialize, Serialize};
use stream::{Draw, triplets};
use symgrad_data::Triplets;

/// How positives are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// As in arXiv 2409.05305: the positive is the anchor transformed, or another moment of
    /// the same trajectory. It shares *everything* that the transformation conserves.
    ///
    /// `determinant-3x3` is made like `trace-3x3`, `oscillator` like `harmonic-oscillator` and
    /// `coulomb` like `central-potential`.
    Published,
    /// The positive is an independent draw moved onto the anchor's level set: it shares only
    /// the wanted concept.
    ///
    /// All inputs are uniform in [−1, 1], but for `coulomb`, where the distance from the
    /// centre is uniform in [½, 2], and `antisymmetric-minors-3x3`, with normal entries. Traces
    /// are met by a shift of the diagonal, determinants by rescaling a row (by a factor
    /// between ½ and 2), minors by rescaling the matrix, the energies of `oscillator` and
    /// `coulomb` by rescaling the speed, everything else as [`isolated_triplets`] does.
    #[default]
    Isolated,
}

/// Numbers of triplets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Splits {
    /// To train on.
    pub train: usize,
    /// To choose by.
    pub validation: usize,
    /// To measure on; its anchors are where gradients are taken.
    pub test: usize,
}

impl Default for Splits {
    /// The published sizes.
    fn default() -> Self {
        Self { train: 50_000, validation: 5_000, test: 10_000 }
    }
}

/// Triplets to train on, to choose by and to measure on.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// To train on.
    pub train: Triplets,
    /// To choose by.
    pub validation: Triplets,
    /// To measure on.
    pub test: Triplets,
}

/// Draws the triplets of an experiment.
///
/// Every triplet has a random stream of its own, which depends on the seed, the split and the
/// row alone: a larger size appends rows and changes none. Positives carry the concept of
/// their anchors to 10⁻⁷ (relative, or absolute below 1); a draw that cannot (a transformation
/// so near to singular that rounding destroys the concept) is repeated.
///
/// ```
/// use symgrad_experiments::{Concept, Experiment, Recipe, Splits, generate};
/// let experiment: Experiment = "determinant-2x2".parse()?;
/// let sizes = Splits { train: 100, validation: 10, test: 20 };
/// let data = generate(experiment, Recipe::Isolated, sizes, 1)?;
/// let (anchor, positive) = (data.train.anchor().row(0), data.train.positive().row(0));
/// assert!((experiment.value(&anchor) - experiment.value(&positive)).abs() < 1e-7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn generate(
    experiment: Experiment,
    recipe: Recipe,
    sizes: Splits,
    seed: u64,
) -> Result<Dataset, GenerateError> {
    let draw: &Draw = match recipe {
        Recipe::Published => &|rng| published::draw(experiment, rng),
        Recipe::Isolated => &|rng| isolated::draw(experiment, rng),
    };
    let kept: &Draw = &|rng| draw(rng).filter(|row| preserves(&experiment, row));
    splits(experiment.inputs(), kept, sizes, seed)
}

/// Draws the triplets of every split.
fn splits(
    inputs: &[&str],
    draw: &Draw,
    sizes: Splits,
    seed: u64,
) -> Result<Dataset, GenerateError> {
    let names: Vec<String> = inputs.iter().map(ToString::to_string).collect();
    let split = |index, split, rows| match rows {
        0 => Err(GenerateError::EmptySplit { split }),
        _ => triplets(&names, draw, rows, seed, index),
    };
    Ok(Dataset {
        train: split(0, "train", sizes.train)?,
        validation: split(1, "validation", sizes.validation)?,
        test: split(2, "test", sizes.test)?,
    })
}

/// Whether the positive carries the anchor's concept.
fn preserves(concept: &dyn Concept, row: &stream::Row) -> bool {
    const TOLERANCE: f64 = 1e-7;
    let (anchor, positive) = (concept.value(&row.anchor), concept.value(&row.positive));
    (anchor - positive).abs() <= TOLERANCE * anchor.abs().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Rejection must not reshape the published distributions: only what rounding spoils is
    /// drawn again. Isolated recipes reject anchors whose level set is out of reach.
    #[test]
    fn rejection_is_rare() {
        for experiment in Experiment::ALL {
            let accepted = |draw: fn(Experiment, &mut ChaCha8Rng) -> Option<stream::Row>| {
                let mut rng = ChaCha8Rng::seed_from_u64(5);
                let tries = 2_000;
                let kept = |row: &stream::Row| preserves(&experiment, row);
                let rows = (0..tries).filter_map(|_| draw(experiment, &mut rng).filter(kept));
                rows.count() as f64 / f64::from(tries)
            };
            let (published, isolated) = (accepted(published::draw), accepted(isolated::draw));
            assert!(published > 0.99, "{experiment}: {published}");
            assert!(isolated > 0.95, "{experiment}: {isolated}");
        }
    }
}
