//! Neurons that rise with their concept here and fall there.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, OpSet, Program, Workspace};
use symgrad_search::{Evaluator, Measure, Objective, Outcome, Search, SearchConfig};

const POINTS: usize = 600;

/// The field of a neuron, its unit gradients off by 1 % in every component.
fn field(neuron: &str, dim: usize, seed: u64) -> DirectionField {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let columns: Vec<Vec<f64>> =
        (0..dim).map(|_| (0..POINTS).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect()).collect();
    let mut gradients = vec![vec![]; dim];
    Program::compile(&neuron.parse().unwrap())
        .input_gradients(&columns, &mut Workspace::default(), &mut [0.0; POINTS], &mut gradients)
        .unwrap();
    for n in 0..POINTS {
        let norm = gradients.iter().map(|g| g[n] * g[n]).sum::<f64>().sqrt();
        for column in &mut gradients {
            let error: f64 = StandardNormal.sample(&mut rng);
            column[n] += 0.01 * norm * error;
        }
    }
    let names = (1..=dim).map(|i| format!("x{i}")).collect();
    let points = Table::new(names, columns).unwrap();
    DirectionField::from_gradients(points, &gradients, &FieldOptions::default()).unwrap()
}

fn run(field: &DirectionField, config: SearchConfig) -> Outcome {
    run_with("+ - * / square sqrt", field, config)
}

fn run_with(ops: &str, field: &DirectionField, config: SearchConfig) -> Outcome {
    let objective = Objective::new(field, Measure::LevelSet);
    Search::new(objective, ops.parse().unwrap(), config).unwrap().run(&mut ())
}

fn quick() -> SearchConfig {
    SearchConfig { budget: 50_000, ..SearchConfig::default() }
}

/// 1 − mean |cos| between an answer and a concept.
fn distance(answer: &Expr, concept: &str, dim: usize) -> f64 {
    let objective = Objective::new(&field(concept, dim, 99), Measure::LocalSign);
    Evaluator::new(&objective).loss(answer)
}

#[test]
fn folded_concepts_are_found() {
    for (neuron, concept, dim, turns) in [
        ("cos(3*(x1^2 + x2^2))", "x1^2 + x2^2", 2, &[1.047][..]),
        ("sqrt((x1*x4 - x2*x3 - 0.3)^2 + 0.01)", "x1*x4 - x2*x3", 4, &[0.3]),
        ("sin(4*x1*x2 + 2*x3)", "2*x1*x2 + x3", 3, &[-2.356, -0.785, 0.785, 2.356]),
    ] {
        let outcome = run(&field(neuron, dim, 1), quick());
        let answer = &outcome.answer().unwrap().expr;
        let folds = outcome.folds();
        assert!(distance(answer, concept, dim) < 1e-3, "{neuron}: {answer}");
        // Points are few beyond the outer turns of the last.
        let found = folds.unwrap();
        assert!(found.explained > 0.95 && !found.turns.is_empty(), "{neuron}: {found:?}");
        let known = |turn: &f64| turns.iter().any(|wanted| (turn - wanted).abs() < 0.05);
        assert!(found.turns.iter().all(known), "{neuron}: {found:?}");
    }
}

#[test]
fn squares_are_found_either_way() {
    for (neuron, concept, dim) in [
        ("(x1 + x2)^2", "x1 + x2", 2),
        ("sqrt((x1*x2 - 0.3)^2 + 0.01)", "x1*x2", 2),
        ("x1^2", "x1", 2),
    ] {
        let outcome = run(&field(neuron, dim, 1), quick());
        let answer = &outcome.answer().unwrap().expr;
        assert!(distance(answer, concept, dim) < 1e-3, "{neuron}: {answer}");
    }
}

#[test]
fn ordinary_neurons_keep_the_level_set_loss() {
    for (neuron, dim) in [
        ("x1*x2 + x3", 3),
        ("exp(x1)*x2", 2),
        ("x1^2 - x2^2 + x3^2 - x4^2", 4),
        ("sin(2*x1) + x2*x3", 3),
        ("x1", 2),
        ("tanh(x1 + 2*x2*x3)", 3),
    ] {
        let field = field(neuron, dim, 3);
        // With operators that can write each of them: what is only approximated depends on the
        // budget, of which the look for folds takes a little.
        let search = |config| run_with("+ - * / square exp sin", &field, config);
        let usual = search(quick());
        let never = search(SearchConfig { unfold: false, ..quick() });
        assert_eq!(usual.folds(), None, "{neuron}");
        assert!(distance(&usual.answer().unwrap().expr, neuron, dim) < 1e-3, "{neuron}");
        assert_eq!(usual.answer(), never.answer(), "{neuron}");
    }
}

#[test]
fn noise_is_no_fold() {
    // Directions that have nothing to do with one another.
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut draw = || (0..POINTS).map(|_| StandardNormal.sample(&mut rng)).collect::<Vec<f64>>();
    let (columns, gradients) = ([draw(), draw()].to_vec(), [draw(), draw()].to_vec());
    let points = Table::new(vec!["x".into(), "y".into()], columns).unwrap();
    let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default());
    let outcome = run(&field.unwrap(), quick());
    assert_eq!(outcome.folds(), None);
}

#[test]
fn a_local_sign_survives_saving() {
    let field = field("cos(3*(x1^2 + x2^2))", 2, 1);
    let objective = || Objective::new(&field, Measure::LevelSet);
    let config = SearchConfig { budget: 80_000, patience: 100, ..SearchConfig::default() };
    let ops = || -> OpSet { "+ - * / square".parse().unwrap() };
    let straight = Search::new(objective(), ops(), config.clone()).unwrap().run(&mut ());
    let mut first = Search::new(objective(), ops(), config).unwrap();
    assert_eq!(first.step(), None);
    let saved = first.save().unwrap();
    let resumed = Search::resume(objective(), &saved).unwrap().run(&mut ());
    assert!(straight.folds().is_some());
    assert_eq!(straight.front(), resumed.front());
    assert_eq!(straight.folds(), resumed.folds());
}
