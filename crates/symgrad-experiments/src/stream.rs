//! One random stream per triplet.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use symgrad_data::{DataError, Table, Triplets};

/// How often a triplet is drawn before giving up. Every experiment accepts more than nine
/// draws of ten, so that failure by chance does not happen.
const MOST_DRAWS: usize = 10_000;

/// Splits are this far apart in the stream numbers, which no number of rows reaches.
const SPLIT_SHIFT: u32 = 56;

/// Triplets that could not be generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// No draw was acceptable.
    #[error(
        "row {row}: none of {draws} draws gave a positive with the anchor's concept; \
         widen the bounds, or check that the concept is finite within them"
    )]
    NoPositive {
        /// The row, counted from 1.
        row: usize,
        /// How many draws were made.
        draws: usize,
    },
    /// A split without rows.
    #[error("the {split} split has size 0; at least one triplet is needed")]
    EmptySplit {
        /// `train`, `validation` or `test`.
        split: &'static str,
    },
    /// Bounds that enclose nothing.
    #[error("the bounds of `{name}` are {low} to {high}; the first must be below the second")]
    Bounds {
        /// The input's name.
        name: String,
        /// The lower bound.
        low: f64,
        /// The upper bound.
        high: f64,
    },
    /// Numbers of inputs, names and bounds differ.
    #[error("the concept has {inputs} inputs, but there are {names} names and {bounds} bounds")]
    InputCount {
        /// Inputs of the concept.
        inputs: usize,
        /// Names given.
        names: usize,
        /// Bounds given.
        bounds: usize,
    },
    /// The rows make no valid triplets.
    #[error(transparent)]
    Data(#[from] DataError),
}

/// One triplet.
pub(crate) struct Row {
    pub anchor: Vec<f64>,
    pub positive: Vec<f64>,
    pub negative: Vec<f64>,
}

/// Draws a triplet, or nothing if the draw is not acceptable.
pub(crate) type Draw<'a> = dyn Fn(&mut ChaCha8Rng) -> Option<Row> + 'a;

/// Draws that many triplets, each from its own stream.
pub(crate) fn triplets(
    names: &[String],
    draw: &Draw,
    rows: usize,
    seed: u64,
    split: u64,
) -> Result<Triplets, GenerateError> {
    let empty = || vec![Vec::new(); names.len()];
    let (mut anchor, mut positive, mut negative) = (empty(), empty(), empty());
    let root = ChaCha8Rng::seed_from_u64(seed);
    for row in 0..rows {
        let mut rng = root.clone();
        rng.set_stream((split << SPLIT_SHIFT) + row as u64);
        let drawn = (0..MOST_DRAWS).find_map(|_| draw(&mut rng));
        let drawn = drawn.ok_or(GenerateError::NoPositive { row: row + 1, draws: MOST_DRAWS })?;
        push(&mut anchor, &drawn.anchor);
        push(&mut positive, &drawn.positive);
        push(&mut negative, &drawn.negative);
    }
    let table = |columns| Table::new(names.to_vec(), columns);
    Ok(Triplets::new(table(anchor)?, table(positive)?, table(negative)?)?)
}

fn push(columns: &mut [Vec<f64>], row: &[f64]) {
    for (column, &value) in columns.iter_mut().zip(row) {
        column.push(value);
    }
}
