//! How well do a trained neuron's gradients point along the concept's?
//!
//! ```text
//! gradient_quality DATA[,DATA…] [PRESET] [SEED[,SEED…]] [SETTING=VALUE…]
//! gradient_quality trace-3x3:published,coulomb:isolated default 100,101 batch=512
//! ```
//!
//! DATA is `defaults`, `published`, or an experiment with its recipe. Prints, for the test
//! anchors: the mean |cos| between the gradients of neuron and concept (both on the tangent
//! space of the data), the paper MSE (2/d)(1 − mean), the median and the 5 % quantile.

use std::error::Error;
use std::time::Instant;

use symgrad_data::{Tangent, TangentMode};
use symgrad_experiments::{Concept, Experiment, Recipe, Splits, generate};
use symgrad_siamese::{Encoder, Neuron, TrainConfig};

#[path = "settings/mod.rs"]
mod settings;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (settings, words): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|argument| argument.contains('='));
    let word = |index: usize, default: &'static str| words.get(index).map_or(default, |w| w);
    let config = settings::over(&TrainConfig::preset(word(1, "default"))?, &settings)?;
    println!(
        "{:<44} seed seconds   cpu  mean cos  paper MSE   median       5 %  validation left out",
        "data"
    );
    for data in word(0, "defaults").split(',').flat_map(expand) {
        for seed in word(2, "100").split(',') {
            measure(data, &config, seed.parse()?)?;
        }
    }
    Ok(())
}

fn expand(data: &str) -> Vec<&str> {
    match data {
        "defaults" => vec![
            "trace-2x2:isolated",
            "determinant-2x2:isolated",
            "trace-3x3:isolated",
            "determinant-3x3:isolated",
            "oscillator:isolated",
            "coulomb:isolated",
            "spacetime-interval:isolated",
        ],
        "published" => vec![
            "trace-2x2:published",
            "determinant-2x2:published",
            "trace-3x3:published",
            "antisymmetric-minors-3x3:published",
            "trace-4x4:published",
            "harmonic-oscillator:published",
            "anharmonic-oscillator-quartic:published",
            "anharmonic-oscillator-sine:published",
            "anharmonic-oscillator-exponential:published",
            "central-potential:published",
            "spacetime-interval:published",
        ],
        one => vec![one],
    }
}

fn measure(data: &str, config: &TrainConfig, seed: u64) -> Result<(), Box<dyn Error>> {
    let (name, recipe) = data.split_once(':').unwrap_or((data, "isolated"));
    let experiment: Experiment = name.parse()?;
    let recipe = if recipe == "published" { Recipe::Published } else { Recipe::Isolated };
    let set = generate(experiment, recipe, Splits::default(), seed)?;
    let (started, before) = (Instant::now(), cpu_seconds());
    let (encoder, curve) = Encoder::train(&set.train, &set.validation, config, seed, &mut ())?;
    let seconds = started.elapsed().as_secs_f64();
    let cpu = cpu_seconds() - before;
    let anchors = set.test.anchor();
    let neuron = encoder.gradients(anchors, Neuron::Latent(0))?;
    let tangent = Tangent::of(anchors, TangentMode::default())?;
    let mut cosines = Vec::with_capacity(anchors.rows());
    for row in 0..anchors.rows() {
        let mut learned: Vec<f64> = neuron.iter().map(|column| column[row]).collect();
        let mut truth = vec![0.0; anchors.dim()];
        experiment.gradient(&anchors.row(row), &mut truth);
        if let Some(tangent) = &tangent {
            tangent.project(row, &mut learned);
            tangent.project(row, &mut truth);
        }
        cosines.push(cosine(&learned, &truth));
    }
    let count = cosines.len();
    let mean = (cosines.iter().sum::<f64>() / count as f64).abs();
    for cosine in &mut cosines {
        *cosine = cosine.abs();
    }
    cosines.sort_by(f64::total_cmp);
    println!(
        "{data:<44} {seed:>4} {seconds:>7.1} {cpu:>5.1} {mean:>9.6}  {:>9.2e} {:>8.6}  {:>8.6}   {:>9.2e} {:>8}",
        2.0 / anchors.dim() as f64 * (1.0 - mean),
        cosines[count / 2],
        cosines[count / 20],
        curve.points.last().map_or(f64::NAN, |point| point.validation_loss),
        curve.left_out,
    );
    Ok(())
}

fn cosine(left: &[f64], right: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let norms = (dot(left, left) * dot(right, right)).sqrt();
    if norms > 0.0 { dot(left, right) / norms } else { 0.0 }
}

/// Processor time of this process so far, where the system tells (in hundredths of a second).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    ticks.flatten().sum::<f64>() / 100.0
}
