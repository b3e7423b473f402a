//! Direction fields with and without a formula behind them.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use symgrad_data::{DataError, DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, Program, Workspace};

/// Points of every field.
const POINTS: usize = 1_500;

/// The families of random smooth functions.
pub(crate) const FAMILIES: [&str; 3] = ["fourier", "network", "bumps"];

/// Formulas of physics with the range of all their inputs.
pub(crate) const FORMULAS: [(&str, usize, f64, f64); 20] = [
    ("x1 + x4", 4, -1.0, 1.0),
    ("x1*x4 - x2*x3", 4, -1.0, 1.0),
    ("x1^2 + x2^2", 2, -1.0, 1.0),
    ("x2^2/2 + x1^2/2 + x1^2*x1^2/4", 2, -1.0, 1.0),
    ("x2^2/2 + sin(x1)", 2, -2.0, 2.0),
    ("x2^2/2 + x1^2/2 + exp(x1 + 1)", 2, -2.0, 1.0),
    ("x1^2 - x2^2 - x3^2 - x4^2", 4, -1.0, 1.0),
    ("(x3^2 + x4^2)/2 - 1/sqrt(x1^2 + x2^2)", 4, 0.4, 1.6),
    ("x1*x4 + x2*x5 + x3*x6", 6, -1.0, 1.0),
    ("x1*x2/x3^2", 3, 0.5, 2.0),
    ("x1/(x2 + x3)", 3, 0.5, 2.0),
    ("x1*exp(-0.7*x2)", 2, 0.2, 2.0),
    ("x1/sqrt(1 - x2^2)", 2, 0.1, 0.8),
    ("x1*x2*cos(x3)", 3, 0.3, 1.2),
    ("x1*sin(x2) + x3", 3, -1.0, 1.0),
    ("x1^2*x2 + x3*x4", 4, -1.0, 1.0),
    ("(x1 + x2)/(1 + x1*x2)", 2, -0.8, 0.8),
    ("exp(neg(x1^2)) + x2*x3", 3, -1.5, 1.5),
    ("x1*(x2 - x3) + x4^2", 4, -1.0, 1.0),
    ("sqrt(x1^2 + x2^2 - 2*x1*x2*cos(x3))", 3, 0.5, 1.5),
];

/// The field of the formula of that index.
pub(crate) fn formula(index: usize, noise: f64, seed: u64) -> Result<DirectionField, DataError> {
    let (text, dim, low, high) = FORMULAS[index];
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let columns: Vec<Vec<f64>> = (0..dim)
        .map(|_| (0..POINTS).map(|_| low + (high - low) * rng.random::<f64>()).collect())
        .collect();
    let gradients = text.parse().map(|expr: Expr| gradients(&expr, &columns)).unwrap_or_default();
    noisy(columns, gradients, noise, &mut rng)
}

/// The gradient of an expression at the points.
pub(crate) fn gradients(expr: &Expr, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut gradients = vec![vec![]; columns.len()];
    let mut values = vec![0.0; columns[0].len()];
    let mut workspace = Workspace::default();
    let swept = Program::compile(expr).input_gradients(
        columns,
        &mut workspace,
        &mut values,
        &mut gradients,
    );
    if swept.is_ok() { gradients } else { vec![] }
}

/// The gradient of a function.
type Gradient = dyn Fn(&[f64]) -> Vec<f64>;

/// The field of a random smooth function of that family, on a box or on a normal cloud.
pub(crate) fn smooth(
    family: &str,
    dim: usize,
    cloud: bool,
    noise: f64,
    seed: u64,
) -> Result<DirectionField, DataError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let columns: Vec<Vec<f64>> = (0..dim)
        .map(|_| {
            let draw = |rng: &mut ChaCha8Rng| {
                if cloud { normal(rng) } else { 2.0 * rng.random::<f64>() - 1.0 }
            };
            (0..POINTS).map(|_| draw(&mut rng)).collect()
        })
        .collect();
    let function: Box<Gradient> = match family {
        "fourier" => Box::new(fourier(dim, &mut rng)),
        "network" => Box::new(network(dim, &mut rng)),
        _ => Box::new(bumps(dim, &mut rng)),
    };
    let mut gradients = vec![vec![0.0; POINTS]; dim];
    for n in 0..POINTS {
        let point: Vec<f64> = columns.iter().map(|column| column[n]).collect();
        for (column, g) in gradients.iter_mut().zip(function(&point)) {
            column[n] = g;
        }
    }
    noisy(columns, gradients, noise, &mut rng)
}

/// Unit gradients with a normal error of the given size in every component.
fn noisy(
    columns: Vec<Vec<f64>>,
    mut gradients: Vec<Vec<f64>>,
    noise: f64,
    rng: &mut ChaCha8Rng,
) -> Result<DirectionField, DataError> {
    for n in 0..columns[0].len() {
        let norm = gradients.iter().map(|g| g[n] * g[n]).sum::<f64>().sqrt();
        for column in &mut gradients {
            column[n] = column[n] / norm.max(f64::MIN_POSITIVE) + noise * normal(rng);
        }
    }
    let names = (1..=columns.len()).map(|i| format!("x{i}")).collect();
    DirectionField::from_gradients(
        Table::new(names, columns)?,
        &gradients,
        &FieldOptions::default(),
    )
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

fn normals(count: usize, scale: f64, rng: &mut ChaCha8Rng) -> Vec<f64> {
    (0..count).map(|_| scale * normal(rng)).collect()
}

/// Sixty waves of random direction and phase; the length scale is one of four.
fn fourier(dim: usize, rng: &mut ChaCha8Rng) -> impl Fn(&[f64]) -> Vec<f64> + use<> {
    let scale = [0.7, 1.2, 2.0, 4.0][rng.random_range(0..4)];
    let waves: Vec<(Vec<f64>, f64, f64)> = (0..60)
        .map(|_| {
            let phase = std::f64::consts::TAU * rng.random::<f64>();
            (normals(dim, 1.0 / scale, rng), phase, normal(rng))
        })
        .collect();
    move |x| {
        let mut gradient = vec![0.0; x.len()];
        for (wave, phase, amplitude) in &waves {
            let slope = amplitude * (dot(wave, x) + phase).cos();
            gradient.iter_mut().zip(wave).for_each(|(g, w)| *g += slope * w);
        }
        gradient
    }
}

/// A network of one or two hidden layers of tanh or `SiLU` with random weights.
fn network(dim: usize, rng: &mut ChaCha8Rng) -> impl Fn(&[f64]) -> Vec<f64> + use<> {
    let width = [4, 8, 16][rng.random_range(0..3)];
    let hidden = rng.random_range(1..3);
    let silu = rng.random_bool(0.5);
    let gain = [1.0, 2.0, 3.0][rng.random_range(0..3)];
    let mut inputs = dim;
    let mut layers: Vec<(Vec<Vec<f64>>, Vec<f64>)> = vec![];
    for _ in 0..hidden {
        let scale = gain / (inputs as f64).sqrt();
        let rows = (0..width).map(|_| normals(inputs, scale, rng)).collect();
        layers.push((rows, normals(width, 0.5 * gain, rng)));
        inputs = width;
    }
    let readout = normals(width, 1.0, rng);
    move |x| {
        let mut values = x.to_vec();
        let mut slopes: Vec<Vec<f64>> = (0..x.len())
            .map(|i| (0..x.len()).map(|j| f64::from(u8::from(i == j))).collect())
            .collect();
        for (rows, biases) in &layers {
            let mut next = (vec![], vec![]);
            for (row, bias) in rows.iter().zip(biases) {
                let sum = dot(row, &values) + bias;
                let (value, slope) = if silu {
                    let gate = 1.0 / (1.0 + (-sum).exp());
                    (sum * gate, gate * (1.0 + sum * (1.0 - gate)))
                } else {
                    (sum.tanh(), 1.0 - sum.tanh().powi(2))
                };
                next.0.push(value);
                next.1.push(combine(row, &slopes, slope));
            }
            (values, slopes) = next;
        }
        combine(&readout, &slopes, 1.0)
    }
}

/// Two to six Gaussian bumps of random place, width and height.
fn bumps(dim: usize, rng: &mut ChaCha8Rng) -> impl Fn(&[f64]) -> Vec<f64> + use<> {
    let bumps: Vec<(Vec<f64>, f64, f64)> = (0..rng.random_range(2..7))
        .map(|_| (normals(dim, 1.0, rng), rng.random_range(0.6..2.0), normal(rng)))
        .collect();
    move |x| {
        let mut gradient = vec![0.0; x.len()];
        for (centre, width, height) in &bumps {
            let offset: Vec<f64> = x.iter().zip(centre).map(|(x, c)| (x - c) / width).collect();
            let slope = -height / width * (-0.5 * dot(&offset, &offset)).exp();
            gradient.iter_mut().zip(&offset).for_each(|(g, o)| *g += slope * o);
        }
        gradient
    }
}

fn combine(weights: &[f64], vectors: &[Vec<f64>], factor: f64) -> Vec<f64> {
    let mut sum = vec![0.0; vectors[0].len()];
    for (weight, vector) in weights.iter().zip(vectors) {
        sum.iter_mut().zip(vector).for_each(|(s, v)| *s += factor * weight * v);
    }
    sum
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
