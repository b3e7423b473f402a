//! Random smooth functions on the points of a field: what chance can do, and what noise is.
//!
//! A random smooth function is a sum of many waves of random direction, phase and amplitude
//! whose wave lengths follow one length scale: a Gaussian process, by random Fourier features
//! (Rahimi and Recht, 2007).

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par, Side};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_expr::{Aligned, Expr, Op, Program, Workspace};

use crate::score::axes::Axes;

/// Length scales in units of the inputs' own extents (half the central 68 %). A function that
/// is rougher than the shortest can neither be learned from a few thousand points nor fitted by
/// a short formula. One that is smoother than the longest is linear up to tilts of less than a
/// tenth: whether it is *exactly* linear is then the only question left.
pub(crate) const LENGTH_SCALES: [f64; 4] = [1.0, 2.0, 4.0, 8.0];

/// Waves in a random function. More could only make agreement by chance less probable.
const WAVES: usize = 128;

/// Waves that test how much of a misfit the others can see.
const PROBES: usize = 24;

/// Drop of log likelihood at which a misfit is ruled out: the 97.7 % bound of one parameter.
const LIKELIHOOD_DROP: f64 = 2.0;

/// Waves whose combination has less than this share of the largest energy are dependent.
const DEPENDENT: f64 = 1e-9;

/// The points that functions are drawn on.
pub(crate) struct Cloud<'a> {
    /// The inputs, d columns.
    pub(crate) columns: &'a [Aligned],
    /// The directions that count.
    pub(crate) axes: &'a Axes,
    /// Points' weights, of mean 1.
    pub(crate) weights: Vec<f64>,
    /// Whether values are compared rather than directions.
    pub(crate) values: bool,
}

/// What a formula allows: functions with the same level sets have no more than this.
pub(crate) enum Allowed {
    /// Gradients along the formula's unit gradients, d columns.
    Along(Vec<Vec<f64>>),
    /// Values in proportion to the formula's, centred and of length 1.
    Multiples(Vec<f64>),
}

/// A formula beside the neuron.
pub(crate) struct Match {
    pub(crate) allowed: Allowed,
    /// √weight times the part of the neuron's directions or values that the formula does not
    /// allow, as rows of [`Waves`].
    pub(crate) residual: Vec<f64>,
    /// Its mean square over the points: the mean sin² of the angle, or 1 − R².
    pub(crate) total: f64,
}

/// Waves of one length scale.
///
/// The gradient of a wave is a slope at each point times the wave vector, so that sums over
/// points and inputs need not run over both at once.
pub(crate) struct Waves {
    /// √weight times the slope of each wave at each point; of values √weight times the centred
    /// value. N rows, a column per wave.
    slopes: Mat<f64>,
    /// The wave vectors, d rows; none for values.
    vectors: Option<Mat<f64>>,
    /// Scalar products of their gradients, tangent to the data, or of their values.
    whole: Mat<f64>,
}

/// How the differences between a formula's directions and a neuron's divide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split {
    /// Upper bound of the mean sin² of a smooth misfit.
    pub(crate) bound: f64,
    /// Mean sin² of what no smooth misfit of this length scale explains.
    pub(crate) noise: f64,
    /// Log likelihood of the division, and by how much it exceeds that of noise alone.
    pub(crate) likelihood: f64,
    pub(crate) gain: f64,
    /// Share of a typical misfit of this length scale that would be seen.
    pub(crate) seen: f64,
}

impl Waves {
    /// Waves that depend on the given inputs, with that length scale.
    pub(crate) fn new(cloud: &Cloud<'_>, inputs: &[usize], length: f64, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (points, dim) = (cloud.weights.len(), cloud.columns.len());
        let extents: Vec<(f64, f64)> = cloud.columns.iter().map(|column| extent(column)).collect();
        let roots: Vec<f64> = cloud.weights.iter().map(|w| w.sqrt()).collect();
        let mut slopes: Mat<f64> = Mat::zeros(points, WAVES + PROBES);
        let mut vectors: Mat<f64> = Mat::zeros(dim, WAVES + PROBES);
        let curve = if cloud.values { Op::Sin } else { Op::Cos };
        let curve = Program::compile(&Expr::unary(curve, Expr::var(0)));
        let mut workspace = Workspace::default();
        let mut argument = vec![0.0; points];
        for k in 0..WAVES + PROBES {
            argument.fill(std::f64::consts::TAU * rng.random::<f64>());
            for &input in inputs {
                let (middle, width) = extents[input];
                let draw = normal(&mut rng);
                if width > 0.0 {
                    let wave = draw / (length * width);
                    vectors[(input, k)] = wave;
                    for (sum, x) in argument.iter_mut().zip(&cloud.columns[input]) {
                        *sum += wave * (x - middle);
                    }
                }
            }
            let mut values = vec![0.0; points];
            // Sines and cosines are finite wherever there are points.
            let _ = curve.values(std::slice::from_ref(&argument), &mut workspace, &mut values);
            if cloud.values {
                centre(&mut values, &cloud.weights);
            }
            let column = slopes.col_as_slice_mut(k).iter_mut().zip(&values);
            column.zip(&roots).for_each(|((slope, v), root)| *slope = v * root);
        }
        let whole = products(&slopes);
        if cloud.values {
            return Self { slopes, vectors: None, whole };
        }
        let mut whole = scaled(whole, &products(&vectors));
        // Less what the gradients have across the data.
        for normal in cloud.axes.normal_columns(points) {
            let normal = Mat::from_fn(points, dim, |n, i| normal[i][n]);
            let off = scaled(times(&normal, &vectors), &slopes);
            matmul(&mut whole, Accum::Add, off.transpose(), &off, -1.0, Par::Seq);
        }
        Self { slopes, vectors: Some(vectors), whole }
    }

    /// Scalar products with vectors tangent to the data, d columns of N, at each point; or with
    /// values, one column.
    fn along(&self, vectors: &[&[f64]]) -> Mat<f64> {
        let given = Mat::from_fn(self.slopes.nrows(), vectors.len(), |n, i| vectors[i][n]);
        let steepness = match &self.vectors {
            Some(waves) => times(&given, waves),
            None => Mat::from_fn(given.nrows(), self.slopes.ncols(), |n, _| given[(n, 0)]),
        };
        scaled(steepness, &self.slopes)
    }

    /// Scalar products of the parts that the formula does not allow.
    fn across(&self, allowed: &Allowed) -> Mat<f64> {
        let along = match allowed {
            Allowed::Along(units) => {
                self.along(&units.iter().map(Vec::as_slice).collect::<Vec<_>>())
            }
            Allowed::Multiples(values) => {
                let sums = sums(&self.along(&[values]));
                Mat::from_fn(1, sums.len(), |_, k| sums[k])
            }
        };
        let mut across = self.whole.clone();
        matmul(&mut across, Accum::Add, along.transpose(), &along, -1.0, Par::Seq);
        across
    }

    /// Divides the differences into a smooth misfit and noise, by maximum likelihood;
    /// `freedom` is the number of directions in which a point's direction can err. `None`
    /// where there is nothing to divide by.
    ///
    /// With H the scalar products of the waves across the formula's gradients, the residual's
    /// overlap with the j-th eigenvector of H, divided by √hⱼ, has the variance σ²(1 + ρhⱼ);
    /// for a given ratio ρ the best σ² has a closed form.
    pub(crate) fn split(&self, found: &Match, points: usize, freedom: usize) -> Option<Split> {
        let across = self.across(&found.allowed);
        let eigen = across.submatrix(0, 0, WAVES, WAVES).self_adjoint_eigen(Side::Lower).ok()?;
        let (vectors, values) = (eigen.U(), eigen.S().column_vector());
        let largest = values[WAVES - 1];
        if !(largest > 0.0 && largest.is_finite()) {
            return None;
        }
        let kept: Vec<usize> = (0..WAVES).filter(|&j| values[j] > DEPENDENT * largest).collect();
        // The energy that each mode takes out of a vector with those overlaps with the waves.
        let energies = |overlaps: &dyn Fn(usize) -> f64| -> Vec<(f64, f64)> {
            let overlaps: Vec<f64> = (0..WAVES).map(overlaps).collect();
            let energy = |&j: &usize| {
                let z: f64 = overlaps.iter().enumerate().map(|(k, b)| b * vectors[(k, j)]).sum();
                (values[j], z * z / values[j])
            };
            kept.iter().map(energy).collect()
        };
        let residual: Vec<&[f64]> = found.residual.chunks_exact(points).collect();
        let overlaps = sums(&self.along(&residual));
        let modes = energies(&|k| overlaps[k]);
        let count = ((points * freedom) as f64).max(2.0 * kept.len() as f64);

        let (mut caught, mut all) = (0.0, 0.0);
        for probe in WAVES..WAVES + PROBES {
            all += across[(probe, probe)];
            caught += energies(&|k| across[(k, probe)]).iter().map(|(_, z)| z).sum::<f64>();
        }
        // As many modes catch that share of anything.
        let trivial = kept.len() as f64 / count;
        let seen = ((caught / all - trivial) / (1.0 - trivial)).clamp(0.0, 1.0);

        let trace: f64 = modes.iter().map(|(h, _)| h).sum();
        let smooth: f64 = modes.iter().map(|(_, z)| z).sum();
        let rest = (found.total * points as f64 - smooth).max(0.0);
        let at = |ratio: f64| {
            let shrunk: f64 = modes.iter().map(|(h, z)| z / (1.0 + ratio * h)).sum();
            let variance = ((shrunk + rest) / count).max(f64::MIN_POSITIVE);
            let spread: f64 = modes.iter().map(|(h, _)| (ratio * h).ln_1p()).sum();
            Split {
                bound: ratio * variance * trace / points as f64,
                noise: variance * count / points as f64,
                likelihood: -0.5 * (spread + count * variance.ln()),
                gain: 0.0,
                seen,
            }
        };
        // From a misfit that drowns in the noise to one beside which there is none.
        let tried: Vec<Split> =
            (-24..=48).map(|e| at(10_f64.powf(0.25 * f64::from(e)) / largest)).collect();
        let best = *tried.iter().max_by(|a, b| a.likelihood.total_cmp(&b.likelihood))?;
        let possible = |split: &&Split| split.likelihood >= best.likelihood - LIKELIHOOD_DROP;
        let bound = tried.iter().rev().find(possible)?.bound;
        let gain = best.likelihood - at(0.0).likelihood;
        Some(Split { bound, gain, ..best })
    }

    /// −log₂ of a bound on the probability that a random function has at most the share
    /// `mismatch` of its energy in what the formula does not allow.
    ///
    /// With A the products across and B all products, both for normal amplitudes c:
    /// P(cᵀ(A − S·B)c ≤ 0) ≤ Π (1 + 2tμⱼ)^(−½) for every t, μⱼ the eigenvalues of A − S·B
    /// (Chernoff).
    ///
    /// So few waves may hold no such function at all. Then more is allowed, by factors, until
    /// there is one; every factor costs its half power for each wave, as in a small ball around
    /// a function.
    pub(crate) fn agreement_bits(&self, allowed: &Allowed, mismatch: f64) -> Option<f64> {
        let across = self.across(allowed);
        let mut share = mismatch;
        while share < 1.0 {
            let matrix =
                Mat::from_fn(WAVES, WAVES, |i, j| across[(i, j)] - share * self.whole[(i, j)]);
            if let Some(bits) = chernoff_bits(&matrix)? {
                return Some(bits + 0.5 * WAVES as f64 * (share / mismatch).log2());
            }
            share *= WIDENING;
        }
        Some(0.5 * WAVES as f64 * (-mismatch.log2()).max(0.0))
    }
}

/// Factor by which more mismatch is allowed.
const WIDENING: f64 = 8.0;

/// −log₂ of the Chernoff bound of P(cᵀMc ≤ 0) for standard normal c: absent inside where the
/// probability is 0.
#[expect(clippy::option_option, reason = "no eigenvalues, and no probability")]
fn chernoff_bits(matrix: &Mat<f64>) -> Option<Option<f64>> {
    let values = matrix.self_adjoint_eigenvalues(Side::Lower).ok()?;
    let (smallest, largest) = (values.first()?, values.last()?);
    if smallest.is_nan() || *smallest >= 0.0 {
        return Some(None);
    }
    if *largest <= 0.0 {
        return Some(Some(0.0));
    }
    let log = |t: f64| -> f64 { -0.5 * values.iter().map(|v| (2.0 * t * v).ln_1p()).sum::<f64>() };
    // Convex in t, infinite at the pole; its minimum may lie at any order of magnitude.
    let (mut low, mut high) = ((1e-6 / largest).ln(), (-0.5 / smallest).ln());
    for _ in 0..80 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        let (at_a, at_b) = (log(a.exp()), log(b.exp()));
        if at_a < at_b || at_b.is_nan() { high = b } else { low = a }
    }
    Some(Some((-log((0.5 * (low + high)).exp()) / std::f64::consts::LN_2).max(0.0)))
}

fn times(left: &Mat<f64>, right: &Mat<f64>) -> Mat<f64> {
    let mut product = Mat::zeros(left.nrows(), right.ncols());
    matmul(&mut product, Accum::Replace, left, right, 1.0, Par::Seq);
    product
}

/// Entry by entry.
fn scaled(mut matrix: Mat<f64>, by: &Mat<f64>) -> Mat<f64> {
    for k in 0..matrix.ncols() {
        let column = matrix.col_as_slice_mut(k).iter_mut();
        column.zip(by.col_as_slice(k)).for_each(|(entry, factor)| *entry *= factor);
    }
    matrix
}

/// The sum of each column.
fn sums(matrix: &Mat<f64>) -> Vec<f64> {
    (0..matrix.ncols()).map(|k| matrix.col_as_slice(k).iter().sum()).collect()
}

fn products(matrix: &Mat<f64>) -> Mat<f64> {
    let mut products = Mat::zeros(matrix.ncols(), matrix.ncols());
    matmul(&mut products, Accum::Replace, matrix.transpose(), matrix, 1.0, Par::Seq);
    products
}

/// Subtracts the weighted mean; the weights have mean 1.
pub(crate) fn centre(values: &mut [f64], weights: &[f64]) {
    let sum: f64 = values.iter().zip(weights).map(|(v, w)| v * w).sum();
    let mean = sum / values.len() as f64;
    for value in values {
        *value -= mean;
    }
}

/// Median and half the width of the central 68 %.
fn extent(column: &[f64]) -> (f64, f64) {
    let mut sorted = column.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |percent: usize| sorted[(sorted.len() - 1) * percent / 100];
    (at(50), 0.5 * (at(84) - at(16)))
}

/// A standard normal number (Box and Muller).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}
