//! The latents' weights by inverse iteration, once the hidden layers are trained.
//!
//! With hidden layers fixed, a latent is f = w·h(x), and its within-pair variance over its total
//! variance is the Rayleigh quotient wᵀDw / wᵀCw, where C is the covariance of h over the anchors and D
//! the mean of (h(a) − h(p))(h(a) − h(p))ᵀ. In the eigenbasis of (D, C), with eigenvalues λ, a
//! step w ← (D + εC)⁻¹ C w multiplies each component by 1 / (λ + ε). With ε the quotient of w
//! itself, a shift, it removes what varies within pairs more than f does, and leaves the choice of f among
//! the functions of the concept to training.

use burn::tensor::{DType, Device, Tensor, TensorData};
use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

use crate::EncoderConfig;
use crate::canonical::CanonicalVariates;
use crate::network::{Network, numbers};
use crate::weights::Weights;

/// Steps of the iteration after a training. The first does most of the work.
pub(crate) const STEPS: usize = 2;

/// Keeps C regular where features depend on each other: a part of its mean diagonal.
const RIDGE: f64 = 1e-10;

/// Rows that go through the network together.
const ROWS_AT_ONCE: usize = 2048;

/// Improves the latents' weights, given standardised pairs, by so many steps: each latent by itself or
/// all `together`.
pub(crate) fn inverse_iteration(
    weights: &mut Weights,
    config: &EncoderConfig,
    together: bool,
    pairs: Pairs<'_>,
    steps: usize,
) {
    let covariances = Features::new(weights, config, pairs.inputs).covariances(pairs);
    let size = covariances.total.nrows();
    let latents: Vec<usize> = (0..config.latents).collect();
    for group in latents.chunks(if together { config.latents } else { 1 }) {
        let trained =
            Mat::from_fn(size, group.len(), |row, k| *entry(weights, config, row, group[k]));
        let Some(better) = covariances.iterate(&trained, steps) else { continue };
        for (k, &latent) in group.iter().enumerate() {
            for row in 0..size {
                *entry(weights, config, row, latent) = better[(row, k)];
            }
        }
    }
}

/// The weight of a feature, counted through the last hidden layer and then the inputs.
fn entry<'a>(
    weights: &'a mut Weights,
    config: &EncoderConfig,
    row: usize,
    latent: usize,
) -> &'a mut f64 {
    let readout = 2 * config.depth;
    let (matrix, row) =
        if row < config.width { (readout, row) } else { (readout + 2, row - config.width) };
    &mut weights.0[matrix].values[row * config.latents + latent]
}

/// Standardised anchors and positives, row by row.
#[derive(Clone, Copy)]
pub(crate) struct Pairs<'a> {
    pub(crate) anchors: &'a [f32],
    pub(crate) positives: &'a [f32],
    pub(crate) inputs: usize,
}

/// C and D.
struct Covariances {
    total: Mat<f64>,
    within: Mat<f64>,
}

impl Covariances {
    /// The iteration, at constant variance of each latent; `None` if a latent is constant, if one
    /// is a combination of others, or if rounding spoils the result.
    fn iterate(&self, trained: &Mat<f64>, steps: usize) -> Option<Mat<f64>> {
        let size = self.total.nrows();
        let trace: f64 = (0..size).map(|i| self.total[(i, i)]).sum();
        let ridge = RIDGE * trace / size as f64;
        let variances = diagonal(&form(&self.total, trained));
        let mut w = trained.clone();
        for _ in 0..steps {
            let (within, total) = (form(&self.within, &w), form(&self.total, &w));
            let shift = match w.ncols() {
                1 => within[(0, 0)] / total[(0, 0)],
                _ => CanonicalVariates::of(&within, &total)?.quotients.pop()?,
            };
            let matrix = Mat::from_fn(size, size, |i, j| {
                let regular = self.total[(i, j)] + if i == j { ridge } else { 0.0 };
                self.within[(i, j)] + shift * regular
            });
            w = matrix.llt(Side::Lower).ok()?.solve(&self.total * &w);
            for (k, variance) in diagonal(&form(&self.total, &w)).into_iter().enumerate() {
                let scale = (variances[k] / variance).sqrt();
                w.col_mut(k).iter_mut().for_each(|x| *x *= scale);
            }
        }
        let finite = (0..w.ncols()).all(|k| w.col_as_slice(k).iter().all(|x| x.is_finite()));
        finite.then_some(w)
    }
}

/// wᵀ M w for columns w.
fn form(matrix: &Mat<f64>, w: &Mat<f64>) -> Mat<f64> {
    w.transpose() * matrix * w
}

fn diagonal(matrix: &Mat<f64>) -> Vec<f64> {
    (0..matrix.nrows()).map(|i| matrix[(i, i)]).collect()
}

/// What the latents are linear in: the last hidden layer and, with a skip, the inputs.
struct Features<'a> {
    network: Network,
    config: &'a EncoderConfig,
    inputs: usize,
}

impl<'a> Features<'a> {
    fn new(weights: &Weights, config: &'a EncoderConfig, inputs: usize) -> Self {
        let network = Network::new(weights, config, &Device::flex(), DType::F64);
        Self { network, config, inputs }
    }

    fn covariances(&self, Pairs { anchors, positives, .. }: Pairs<'_>) -> Covariances {
        let block = ROWS_AT_ONCE * self.inputs;
        let parts =
            anchors.chunks(block).zip(positives.chunks(block)).map(|(anchors, positives)| {
                let anchors = self.at(anchors);
                let differences = anchors.clone() - self.at(positives);
                [anchors.clone().sum_dim(0), gram(anchors), gram(differences)]
            });
        let add = |[a, b, c]: [Tensor<2>; 3], [x, y, z]: [Tensor<2>; 3]| [a + x, b + y, c + z];
        let [sums, squares, within] =
            parts.reduce(add).map(|all| all.map(numbers)).unwrap_or_default();
        let size = sums.len();
        let count = (anchors.len() / self.inputs) as f64;
        let total = |i, j| squares[i * size + j] / count - sums[i] * sums[j] / (count * count);
        Covariances {
            total: Mat::from_fn(size, size, total),
            within: Mat::from_fn(size, size, |i, j| within[i * size + j] / count),
        }
    }

    fn at(&self, rows: &[f32]) -> Tensor<2> {
        let values: Vec<f64> = rows.iter().map(|&x| f64::from(x)).collect();
        let data = TensorData::new(values, [rows.len() / self.inputs, self.inputs]);
        let rows = Tensor::from_data(data, (&Device::flex(), DType::F64));
        let hidden = self.network.hidden(rows.clone(), self.config.depth);
        if self.config.linear_skip { Tensor::cat(vec![hidden, rows], 1) } else { hidden }
    }
}

fn gram(rows: Tensor<2>) -> Tensor<2> {
    rows.clone().transpose().matmul(rows)
}
