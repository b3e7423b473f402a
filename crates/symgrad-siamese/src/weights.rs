//! An encoder's weights as plain numbers, independent of the tensor library.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::EncoderConfig;

/// A matrix, row by row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Matrix {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) values: Vec<f64>,
}

/// The weights of an encoder.
///
/// Layers map rows x to x·W + b, so W has one row per input, and b is a matrix of one row. The
/// order is W, b of each hidden layer, W, b of the latents, and at last the linear skip from
/// inputs to latents if there is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Weights(pub(crate) Vec<Matrix>);

impl Weights {
    /// Shapes of the matrices, in order, as (rows, columns).
    pub(crate) fn shapes(inputs: usize, config: &EncoderConfig) -> Vec<(usize, usize)> {
        let mut shapes = Vec::with_capacity(2 * config.depth + 3);
        let mut width = inputs;
        for _ in 0..config.depth {
            shapes.extend([(width, config.width), (1, config.width)]);
            width = config.width;
        }
        shapes.extend([(width, config.latents), (1, config.latents)]);
        if config.linear_skip {
            shapes.push((inputs, config.latents));
        }
        shapes
    }

    /// Whether they have these shapes.
    pub(crate) fn has(&self, shapes: &[(usize, usize)]) -> bool {
        let fits = |matrix: &Matrix, (rows, columns): &(usize, usize)| {
            let Matrix { values, .. } = matrix;
            (matrix.rows, matrix.columns, values.len()) == (*rows, *columns, rows * columns)
        };
        self.0.len() == shapes.len() && self.0.iter().zip(shapes).all(|(m, shape)| fits(m, shape))
    }

    /// Fresh weights: uniform with variance 1 / (inputs of the layer), which keeps the size of
    /// signals from layer to layer; biases likewise, so that bends spread over the data.
    pub(crate) fn draw(inputs: usize, config: &EncoderConfig, rng: &mut ChaCha8Rng) -> Self {
        let mut matrices: Vec<Matrix> = Vec::new();
        for (index, (rows, columns)) in Self::shapes(inputs, config).into_iter().enumerate() {
            let fan_in = if index % 2 == 1 { matrices[index - 1].rows } else { rows };
            let bound = (3.0 / fan_in as f64).sqrt();
            let mut draw = || bound * (2.0 * rng.random::<f64>() - 1.0);
            let values = (0..rows * columns).map(|_| draw()).collect();
            matrices.push(Matrix { rows, columns, values });
        }
        Self(matrices)
    }
}
