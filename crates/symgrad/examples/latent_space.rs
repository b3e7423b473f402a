//! All that a network with several latents has learned, as formulas.
//!
//! ```text
//! latent_space [SYSTEM:RECIPE[,…]] [SEED[,SEED…]] [STEPS]
//! latent_space kepler:published,field-strength:isolated 0,1,2
//! ```
//!
//! Trains an encoder with a latent for each quantity that the pairs share, counts the concepts in
//! its latents' gradients, and looks for them one after the other. The truth comes in last: at
//! points that neither training nor search has seen, the span of the gradients of the formulas
//! found is compared with the span of the gradients of the true invariants, both derived exactly.

use std::error::Error;

use faer::Mat;
use symgrad::ExprConcept;
use symgrad::data::{DirectionField, FieldOptions, Table};
use symgrad::experiments::{Concept, Recipe, Splits, System};
use symgrad::expr::{Names, OpSet};
use symgrad::search::{Generators, SearchConfig, Verdict};
use symgrad::siamese::{Encoder, Length, Neuron, TrainConfig};

/// The spans agree if the mean cosine of the largest angle between them misses 1 by less.
const AGREES: f64 = 1e-2;

/// Evaluations for each concept.
const BUDGET: u64 = 100_000;

const ALL: &str =
    "similarity-2x2:isolated,field-strength:isolated,kepler:isolated,kepler:published";

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |index: usize, default: &'static str| words.get(index).map_or(default, |w| w);
    for data in word(0, ALL).split(',') {
        let (system, recipe) = data.split_once(':').unwrap_or((data, "isolated"));
        let known = System::ALL.into_iter().find(|known| known.name() == system);
        let system = known.ok_or_else(|| format!("no system {system}"))?;
        let recipe = if recipe == "published" { Recipe::Published } else { Recipe::Isolated };
        let seeds = word(1, "0,1,2,3,4").split(',');
        let mut right = 0;
        for seed in seeds.clone() {
            println!("{data}, seed {seed}");
            let seed = seed.parse()?;
            right += usize::from(interpret(system, recipe, seed, word(2, "4000").parse()?)?);
        }
        println!("{data}: {right} of {} right\n", seeds.count());
    }
    Ok(())
}

/// From triplets to formulas; says whether these are right.
fn interpret(
    system: System,
    recipe: Recipe,
    seed: u64,
    steps: usize,
) -> Result<bool, Box<dyn Error>> {
    let sizes = Splits { train: 50_000, validation: 1_000, test: 3_000 };
    let data = system.generate(recipe, sizes, seed)?;
    let invariants = system.invariants(recipe);
    let config =
        TrainConfig { length: Length::Steps(steps), ..TrainConfig::independent(invariants.len()) };
    let (encoder, _) = Encoder::train(&data.train, &data.validation, &config, seed, &mut ())?;

    let points = data.test.anchor();
    let neurons = (0..invariants.len())
        .map(|index| encoder.gradients(points, Neuron::Latent(index)))
        .collect::<Result<Vec<_>, _>>()?;
    let (field, span) =
        DirectionField::spanned(points.clone(), &neurons, None, &FieldOptions::default())?;
    println!("  {span}");

    let search = SearchConfig { seed, budget: BUDGET, ..SearchConfig::default() };
    let found = Generators::of(&field, OpSet::default(), search).run(&mut ())?;
    let names = Names::new(points.names().to_vec())?;
    for outcome in found.outcomes() {
        let Some(answer) = outcome.answer() else { continue };
        let formula = answer.expr.rounded(4).display(&names).to_string();
        println!("  {formula}   loss {:.1e}, {}", answer.loss, word_of(outcome.verdict()));
    }

    // Seeds of users are small, so their complements are nobody's seeds.
    let fresh = system.generate(recipe, Splits { train: 1, validation: 1, test: 1_000 }, !seed)?;
    let formulas: Vec<ExprConcept> =
        found.formulas().iter().map(|formula| ExprConcept::new(formula, points.dim())).collect();
    let formulas: Vec<&dyn Concept> = formulas.iter().map(|f| f as &dyn Concept).collect();
    let truths: Vec<&dyn Concept> = invariants.iter().map(|i| i as &dyn Concept).collect();
    let cosine = mean_cosine(&formulas, &truths, fresh.test.anchor());
    let right = formulas.len() == truths.len() && 1.0 - cosine < AGREES;
    println!(
        "  {} of {} concepts; largest angle to the truth: 1 − mean cos = {:.1e}, {}",
        formulas.len(),
        truths.len(),
        1.0 - cosine,
        if right { "right" } else { "wrong" }
    );
    Ok(right)
}

fn word_of(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Identified => "identified",
        Verdict::Ambiguous { .. } => "ambiguous",
        Verdict::NotFound { .. } => "not found",
    }
}

/// The cosine of the largest principal angle between the spans of two sets of gradients, as a
/// mean over points; 0 where it is not defined.
fn mean_cosine(left: &[&dyn Concept], right: &[&dyn Concept], points: &Table) -> f64 {
    let cosines = (0..points.rows()).map(|row| {
        let point = points.row(row);
        let products = basis(left, &point).transpose() * basis(right, &point);
        let values = products.singular_values().unwrap_or_default();
        let least = values.last().copied().unwrap_or_default();
        if least.is_finite() { least.min(1.0) } else { 0.0 }
    });
    cosines.sum::<f64>() / points.rows() as f64
}

/// An orthonormal basis of the span of gradients at a point: `[inputs, concepts]`.
fn basis(concepts: &[&dyn Concept], point: &[f64]) -> Mat<f64> {
    let mut gradients = vec![vec![0.0; point.len()]; concepts.len()];
    for (concept, gradient) in concepts.iter().zip(&mut gradients) {
        concept.gradient(point, gradient);
    }
    Mat::from_fn(point.len(), concepts.len(), |i, k| gradients[k][i]).qr().compute_thin_Q()
}
