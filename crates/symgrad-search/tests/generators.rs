//! Several concepts from neurons that mix them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use symgrad_data::{DirectionField, FieldOptions, Span, Table};
use symgrad_expr::{Expr, OpSet, Program, Workspace};
use symgrad_search::{Generators, Measure, Objective, SearchConfig, Verdict};

const POINTS: usize = 600;

/// Error of every component of a neuron's unit gradient.
const NOISE: f64 = 0.003;

fn gradients(expr: &str, columns: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut values = vec![0.0; POINTS];
    let mut gradients = vec![vec![]; columns.len()];
    Program::compile(&expr.parse().unwrap())
        .input_gradients(columns, &mut Workspace::default(), &mut values, &mut gradients)
        .unwrap();
    (values, gradients)
}

/// Neurons that are smooth invertible functions of the concepts: each a mixture of all, bent.
fn mixed(concepts: &[&str], neurons: usize, columns: &[Vec<f64>], seed: u64) -> Vec<Vec<Vec<f64>>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let fields: Vec<_> = concepts.iter().map(|concept| gradients(concept, columns)).collect();
    let spreads: Vec<f64> = fields
        .iter()
        .map(|(values, _)| {
            let mean = values.iter().sum::<f64>() / POINTS as f64;
            (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / POINTS as f64).sqrt()
        })
        .collect();
    (0..neurons)
        .map(|k| {
            // The own concept most, half of the next, and a bend of each.
            let shares: Vec<(f64, f64)> = (0..concepts.len())
                .map(|c| {
                    let own = if c == k % concepts.len() { 1.0 } else { 0.0 };
                    (own + rng.random::<f64>() - 0.5, 0.3 * rng.random::<f64>())
                })
                .collect();
            let mut columns = vec![vec![0.0; POINTS]; columns.len()];
            for n in 0..POINTS {
                let mut vector = vec![0.0; columns.len()];
                for (((values, field), spread), (share, bend)) in
                    fields.iter().zip(&spreads).zip(&shares)
                {
                    let z = values[n] / spread;
                    let slope = (share + bend * z.cos()) / spread;
                    vector.iter_mut().zip(field).for_each(|(v, g)| *v += slope * g[n]);
                }
                let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
                for (column, v) in columns.iter_mut().zip(vector) {
                    let error: f64 = StandardNormal.sample(&mut rng);
                    column[n] = v + NOISE * norm * error;
                }
            }
            columns
        })
        .collect()
}

fn spanned(
    names: &[&str],
    columns: &[Vec<f64>],
    neurons: &[Vec<Vec<f64>>],
) -> (DirectionField, Span) {
    let names = names.iter().map(ToString::to_string).collect();
    let points = Table::new(names, columns.to_vec()).unwrap();
    DirectionField::spanned(points, neurons, None, &FieldOptions::default()).unwrap()
}

fn uniform(dim: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..dim).map(|_| (0..POINTS).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect()).collect()
}

fn run(field: &DirectionField, ops: &str, budget: u64) -> Generators {
    let config = SearchConfig { budget, ..SearchConfig::default() };
    let ops: OpSet = ops.parse().unwrap();
    Generators::of(field, ops, config).run(&mut ()).unwrap()
}

/// How far functions of the concepts are from having gradients in the span of the found ones', on
/// fresh points without noise.
fn distance(found: &[Expr], concepts: &[&str], columns: &[Vec<f64>]) -> f64 {
    let neurons: Vec<_> = concepts.iter().map(|concept| gradients(concept, columns).1).collect();
    let names: Vec<String> = (1..=columns.len()).map(|i| format!("x{i}")).collect();
    let points = Table::new(names, columns.to_vec()).unwrap();
    let field = DirectionField::from_neurons(points, &neurons, &FieldOptions::default()).unwrap();
    let mut all = Generators::of(&field, OpSet::default(), SearchConfig::default());
    for formula in found {
        all.know(formula.clone()).unwrap();
    }
    all.agreement().unwrap().median
}

#[test]
fn trace_and_determinant_come_from_two_neurons() {
    let names = ["a11", "a12", "a21", "a22"];
    let concepts = ["x1 + x4", "x1*x4 - x2*x3"];
    let columns = uniform(4, 1);
    let (field, span) = spanned(&names, &columns, &mixed(&concepts, 2, &columns, 2));
    assert!(span.rank() == 2 && span.is_clear(), "{span}");
    let found = run(&field, "+ - * /", 60_000);
    assert_eq!(found.formulas()[0].to_string(), "x1 + x4");
    // The determinant, or with the trace's square: any function of both will do.
    assert_eq!((found.formulas().len(), found.missing()), (2, 0));
    assert!(distance(found.formulas(), &concepts, &uniform(4, 5)) < 0.01);
    assert!(found.agreement().unwrap().median < 0.02);
    assert!(found.outcomes().iter().all(|outcome| *outcome.verdict() == Verdict::Identified));
}

#[test]
fn both_invariants_of_the_field_come_from_three_neurons() {
    let names = ["e1", "e2", "e3", "b1", "b2", "b3"];
    let concepts = ["x1*x4 + x2*x5 + x3*x6", "x1^2 + x2^2 + x3^2 - x4^2 - x5^2 - x6^2"];
    let columns = uniform(6, 1);
    let (field, span) = spanned(&names, &columns, &mixed(&concepts, 3, &columns, 2));
    assert!(span.rank() == 2 && span.is_clear(), "{span}");
    let found = run(&field, "+ - * /", 60_000);
    assert_eq!((found.formulas().len(), found.missing()), (2, 0));
    assert!(distance(found.formulas(), &concepts, &uniform(6, 5)) < 0.01);
}

/// Positions and velocities in the plane, all bound.
fn orbits(seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut columns = vec![vec![]; 4];
    for _ in 0..POINTS {
        let (radius, angle) =
            (0.6 + rng.random::<f64>(), std::f64::consts::TAU * rng.random::<f64>());
        let speed = (0.4 + 0.7 * rng.random::<f64>()) * (2.0 / radius).sqrt() * 0.9;
        let heading = std::f64::consts::TAU * rng.random::<f64>();
        let row = [
            radius * angle.cos(),
            radius * angle.sin(),
            speed * heading.cos(),
            speed * heading.sin(),
        ];
        columns.iter_mut().zip(row).for_each(|(column, x)| column.push(x));
    }
    columns
}

const KEPLER: [&str; 3] = [
    "x1*x4 - x2*x3",
    "0.5*(x3^2 + x4^2) - 1/sqrt(x1^2 + x2^2)",
    "x4*(x1*x4 - x2*x3) - x1/sqrt(x1^2 + x2^2)",
];

#[test]
fn energy_and_angular_momentum_come_from_two_neurons() {
    let columns = orbits(1);
    let neurons = mixed(&KEPLER[..2], 2, &columns, 2);
    let (field, span) = spanned(&["x", "y", "vx", "vy"], &columns, &neurons);
    assert_eq!(span.rank(), 2, "{span}");
    let found = run(&field, "+ - * / sqrt", 90_000);
    assert_eq!(found.formulas()[0].to_string(), "x1*x4 - x2*x3");
    assert_eq!((found.formulas().len(), found.missing()), (2, 0));
    assert!(distance(found.formulas(), &KEPLER[..2], &orbits(5)) < 0.02);
}

#[test]
fn a_third_conserved_quantity_of_orbits_is_independent() {
    let columns = orbits(1);
    let (field, span) = spanned(&["x", "y", "vx", "vy"], &columns, &mixed(&KEPLER, 3, &columns, 2));
    assert_eq!(span.rank(), 3);
    let found = run(&field, "+ - * / sqrt", 120_000);
    // Angular momentum, energy, and what the direction of the Laplace–Runge–Lenz vector tells.
    assert_eq!((found.formulas().len(), found.missing()), (3, 0));
    assert!(distance(found.formulas(), &KEPLER, &orbits(5)) < 0.05);
}

#[test]
fn neurons_of_one_concept_are_seen_as_such() {
    let columns = uniform(4, 1);
    let neurons = mixed(&["x1 + x4"], 3, &columns, 2);
    let (field, span) = spanned(&["a", "b", "c", "d"], &columns, &neurons);
    assert!(span.rank() == 1 && span.is_clear(), "{span}");
    assert_eq!(field.neurons(), 1);
    let found = run(&field, "+ - *", 50_000);
    assert_eq!(found.formulas()[0].to_string(), "x1 + x4");
    assert_eq!(found.missing(), 0);
}

#[test]
fn a_concept_that_cannot_be_written_is_missed() {
    // The second is no short formula of sums and products.
    let concepts = ["x1 + x4", "sin(7*x1*x2) + cos(5*x2 + 3*x3^2)*exp(x4)"];
    let columns = uniform(4, 1);
    let (field, _) = spanned(&["a", "b", "c", "d"], &columns, &mixed(&concepts, 2, &columns, 2));
    let found = run(&field, "+ *", 50_000);
    assert_eq!(found.formulas()[0].to_string(), "x1 + x4");
    assert_eq!((found.formulas().len(), found.missing()), (1, 1));
    assert!(matches!(found.outcomes()[1].verdict(), Verdict::NotFound { .. }));
}

#[test]
fn nothing_is_left_beside_all_there_is() {
    let columns = uniform(3, 1);
    let (field, _) = spanned(&["a", "b", "c"], &columns, &mixed(&["x1 + x2"], 1, &columns, 2));
    let objective = Objective::new(&field, Measure::LevelSet);
    let error = objective.beside(&"x1".parse().unwrap()).unwrap_err().to_string();
    assert!(error.contains("single direction"), "{error}");
    let (field, _) = spanned(&["a", "b", "c"], &columns, &mixed(&["x1", "x2"], 2, &columns, 2));
    let objective = Objective::new(&field, Measure::LevelSet);
    assert_eq!(objective.beside(&"x1 - x2".parse().unwrap()).unwrap().neurons(), 1);
    for formula in ["x3", "x7", "x1*0 + 2", "log(neg(x1^2))"] {
        let error = objective.beside(&formula.parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("nothing can be looked for"), "{error}");
    }
}
