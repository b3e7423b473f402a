//! Do K latents hold K independent invariants?
//!
//! ```text
//! independent_latents [SYSTEM:RECIPE[,…]] [SEED[,SEED…]] [SETTING=VALUE…]
//! independent_latents kepler:published,field-strength:isolated 100,101 loss.spread=0.5
//! ```
//!
//! SYSTEM is one of `similarity-2x2`, `field-strength`, `kepler`, RECIPE `published` or
//! `isolated`. At the test anchors the span of the latents' gradients is compared with the span of
//! the true invariants' gradients, in the inputs' units. Prints the mean cosine of the largest
//! principal angle between them and its 5 % quantile, the mean over all principal angles, and the
//! mean smallest singular value of the latents' unit gradients with its 5 % quantile: 1 where they
//! are perpendicular, 0 where one depends on the others.

use std::error::Error;
use std::time::Instant;

use faer::Mat;
use symgrad_data::Table;
use symgrad_experiments::{Concept, Invariant, Recipe, Splits, System};
use symgrad_siamese::{Encoder, Neuron, TrainConfig};

#[path = "settings/mod.rs"]
mod settings;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Spans agree if the mean cosine of their largest angle misses 1 by less.
const AGREES: f64 = 1e-2;

const ALL: &str = "similarity-2x2:isolated,similarity-2x2:published,field-strength:isolated,\
                   field-strength:published,kepler:isolated,kepler:published";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (settings, words): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|argument| argument.contains('='));
    let word = |index: usize, default: &'static str| words.get(index).map_or(default, |w| w);
    println!(
        "{:<24} K  seed seconds  largest angle: cos     5 %  all: cos  singular     5 %  agrees",
        "data"
    );
    for data in word(0, ALL).split(',') {
        let (system, recipe) = data.split_once(':').unwrap_or((data, "isolated"));
        let known = System::ALL.into_iter().find(|known| known.name() == system);
        let system = known.ok_or_else(|| format!("no system {system}"))?;
        let recipe = if recipe == "published" { Recipe::Published } else { Recipe::Isolated };
        let seeds = word(1, "0,1,2,3,4").split(',');
        let mut agree = 0;
        for seed in seeds.clone() {
            agree += usize::from(measure(data, system, recipe, seed.parse()?, &settings)?);
        }
        println!("{data:<24} {agree} of {} agree", seeds.count());
    }
    Ok(())
}

/// Trains one encoder and prints a line; says whether the spans agree.
fn measure(
    data: &str,
    system: System,
    recipe: Recipe,
    seed: u64,
    settings: &[&String],
) -> Result<bool, Box<dyn Error>> {
    let set = system.generate(recipe, Splits::default(), seed)?;
    let invariants = system.invariants(recipe);
    let config = settings::over(&TrainConfig::independent(invariants.len()), settings)?;
    let started = Instant::now();
    let (encoder, _) = Encoder::train(&set.train, &set.validation, &config, seed, &mut ())?;
    let seconds = started.elapsed().as_secs_f64();
    let anchors = set.test.anchor();
    let neurons = (0..config.encoder.latents)
        .map(|index| encoder.gradients(anchors, Neuron::Latent(index)))
        .collect::<Result<Vec<_>, _>>()?;
    let (mut largest, mut all, mut singular) = (vec![], 0.0, vec![]);
    for row in 0..anchors.rows() {
        let learned = unit_rows(&neurons, row);
        let cosines = cosines(&learned, &truth(invariants, anchors, row));
        largest.push(cosines.iter().copied().fold(1.0, f64::min));
        all += cosines.iter().sum::<f64>() / cosines.len() as f64 / anchors.rows() as f64;
        singular.push(singular_values(&learned).last().copied().unwrap_or_default());
    }
    let ([mean, tail], [least, weakest]) =
        (mean_and_tail(&mut largest), mean_and_tail(&mut singular));
    let agrees = 1.0 - mean < AGREES;
    println!(
        "{data:<24} {} {seed:>5} {seconds:>7.1} {mean:>19.5} {tail:>7.4} {all:>9.5} {least:>9.3} {weakest:>7.4}  {}",
        config.encoder.latents,
        if agrees { "yes" } else { "no" },
    );
    Ok(agrees)
}

/// The unit gradients of all latents at a row: `[latents, inputs]`.
fn unit_rows(neurons: &[Vec<Vec<f64>>], row: usize) -> Mat<f64> {
    normalised(Mat::from_fn(neurons.len(), neurons[0].len(), |k, i| neurons[k][i][row]))
}

/// The unit gradients of the invariants at a row: `[invariants, inputs]`.
fn truth(invariants: &[Invariant], points: &Table, row: usize) -> Mat<f64> {
    let mut gradients = vec![vec![0.0; points.dim()]; invariants.len()];
    for (invariant, gradient) in invariants.iter().zip(&mut gradients) {
        invariant.gradient(&points.row(row), gradient);
    }
    normalised(Mat::from_fn(invariants.len(), points.dim(), |k, i| gradients[k][i]))
}

fn normalised(mut rows: Mat<f64>) -> Mat<f64> {
    for k in 0..rows.nrows() {
        let norm = rows.row(k).norm_l2().max(f64::MIN_POSITIVE);
        rows.row_mut(k).iter_mut().for_each(|x| *x /= norm);
    }
    rows
}

/// The cosines of the principal angles between two spans of rows.
fn cosines(left: &Mat<f64>, right: &Mat<f64>) -> Vec<f64> {
    let basis = |rows: &Mat<f64>| rows.transpose().qr().compute_thin_Q();
    singular_values(&(basis(left).transpose() * basis(right)))
}

/// The singular values, largest first; zeros if there are none to be had.
fn singular_values(matrix: &Mat<f64>) -> Vec<f64> {
    let rank = matrix.nrows().min(matrix.ncols());
    matrix.singular_values().unwrap_or_else(|_| vec![0.0; rank])
}

/// The mean and the 5 % quantile.
fn mean_and_tail(values: &mut [f64]) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    [values.iter().sum::<f64>() / values.len() as f64, values[values.len() / 20]]
}
