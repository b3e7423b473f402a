//! Verdicts on fields with and without a formula behind them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, OpSet, Program, Workspace};
use symgrad_search::{Measure, Objective, Outcome, Search, SearchConfig, Verdict};

fn points(count: usize, dim: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    (0..dim).map(|_| (0..count).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect()).collect()
}

/// The objective of gradients whose directions are turned by a normal error in every component.
fn objective(
    columns: Vec<Vec<f64>>,
    mut gradients: Vec<Vec<f64>>,
    noise: f64,
    rng: &mut ChaCha8Rng,
) -> Objective {
    for n in 0..columns[0].len() {
        let norm = gradients.iter().map(|g| g[n] * g[n]).sum::<f64>().sqrt();
        for column in &mut gradients {
            let error: f64 = StandardNormal.sample(rng);
            column[n] = column[n] / norm + noise * error;
        }
    }
    let names = (1..=columns.len()).map(|i| format!("x{i}")).collect();
    let points = Table::new(names, columns).unwrap();
    let options = FieldOptions::default();
    let field = DirectionField::from_gradients(points, &gradients, &options).unwrap();
    Objective::new(&field, Measure::LevelSet)
}

fn of_formula(text: &str, count: usize, dim: usize, noise: f64) -> Objective {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let columns = points(count, dim, &mut rng);
    let mut gradients = vec![vec![]; dim];
    let expr: Expr = text.parse().unwrap();
    let mut values = vec![0.0; count];
    Program::compile(&expr)
        .input_gradients(&columns, &mut Workspace::default(), &mut values, &mut gradients)
        .unwrap();
    objective(columns, gradients, noise, &mut rng)
}

/// A sum of waves: no formula that a search could find.
fn of_waves(dim: usize, length: f64, noise: f64, seed: u64) -> Objective {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let columns = points(600, dim, &mut rng);
    let mut gradients = vec![vec![0.0; 600]; dim];
    for _ in 0..40 {
        let wave: Vec<f64> = (0..dim)
            .map(|_| {
                let number: f64 = StandardNormal.sample(&mut rng);
                number / length
            })
            .collect();
        let phase = 7.0 * rng.random::<f64>();
        for n in 0..600 {
            let argument: f64 = wave.iter().zip(&columns).map(|(w, x)| w * x[n]).sum();
            for (column, w) in gradients.iter_mut().zip(&wave) {
                column[n] += w * (argument + phase).cos();
            }
        }
    }
    objective(columns, gradients, noise, &mut rng)
}

fn search(objective: Objective, budget: u64) -> Outcome {
    let config = SearchConfig { seed: 1, budget, ..SearchConfig::default() };
    Search::new(objective, OpSet::default(), config).unwrap().run(&mut ())
}

fn judge(objective: Objective, formulas: &[&str]) -> Outcome {
    let formulas: Vec<Expr> = formulas.iter().map(|text| text.parse().unwrap()).collect();
    let config = SearchConfig::default();
    Outcome::of_formulas(objective, &formulas, &OpSet::default(), &config).unwrap()
}

#[test]
fn a_formula_is_identified_through_noise() {
    for noise in [0.0, 0.01, 0.1] {
        let outcome = search(of_formula("x1*x4 - x2*x3", 600, 4, noise), 50_000);
        let trust = outcome.trust();
        assert_eq!(trust.verdict, Verdict::Identified, "noise {noise}: {}", trust.summary);
        assert!(trust.summary.starts_with("identified: held-out loss "), "{}", trust.summary);
        // Three directions in which to err, half of sin² each.
        let expected = 1.5 * noise * noise;
        assert!((trust.noise_floor - expected).abs() < 0.15 * expected + 1e-9, "{trust:?}");
    }
}

#[test]
fn random_smooth_functions_are_never_identified() {
    for (dim, length, noise) in [(2, 0.8, 0.0), (2, 3.0, 0.1), (3, 2.0, 0.01), (4, 4.0, 0.1)] {
        let outcome = search(of_waves(dim, length, noise, 100), 50_000);
        let summary = &outcome.trust().summary;
        assert_ne!(outcome.verdict(), &Verdict::Identified, "{dim} inputs: {summary}");
    }
}

#[test]
fn a_formula_that_is_not_there_is_not_found() {
    let formulas = ["x1", "x1 + x2", "x1*x2 + x3", "x1^2 + sin(x2)*x3"];
    let outcome = judge(of_waves(3, 1.0, 0.0, 101), &formulas);
    assert!(matches!(outcome.verdict(), Verdict::NotFound { .. }), "{}", outcome.trust().summary);
}

#[test]
fn alternatives_are_named() {
    // With a tenth of noise at 300 points, the last term cannot be seen for sure.
    let field = of_formula("x1*x4 - x2*x3 + 0.04*x1", 300, 4, 0.1);
    let outcome = judge(field, &["x1*x4 - x2*x3", "x1*x4 - x2*x3 + 0.04*x1"]);
    let Verdict::Ambiguous { alternatives, .. } = outcome.verdict() else {
        panic!("{}", outcome.trust().summary)
    };
    assert!(!alternatives.is_empty(), "{}", outcome.trust().summary);
}

#[test]
fn a_formula_that_nearly_agrees_is_not_identified() {
    let (near, truth) = ("x1 + 0.95*sin(x2 - x3)", "x1 + tanh(x2 - x3)");
    for noise in [0.0, 0.01] {
        let outcome = judge(of_formula(truth, 1_000, 3, noise), &["x1", "x1 + x2 - x3", near]);
        let Verdict::Ambiguous { reason, .. } = outcome.verdict() else {
            panic!("noise {noise}: {}", outcome.trust().summary)
        };
        assert!(reason.contains("symmetries"), "noise {noise}: {reason}");
    }
}

#[test]
fn values_are_judged_as_well() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let columns = points(400, 2, &mut rng);
    let names = vec!["x1".into(), "x2".into()];
    let values: Vec<f64> =
        columns[0].iter().zip(&columns[1]).map(|(x, y)| 3.0 * x * y + 1.0).collect();
    let table = Table::new(names, columns).unwrap();
    let field = Objective::regression(&table, &values, true).unwrap();
    let outcome = judge(field, &["x1", "x1 + x2", "x1*x2"]);
    assert_eq!(outcome.verdict(), &Verdict::Identified, "{}", outcome.trust().summary);
}

#[test]
fn few_points_are_searched_whole_and_judged_with_care() {
    let outcome = judge(of_formula("x1*x2", 30, 2, 0.0), &["x1", "x1*x2"]);
    let trust = outcome.trust();
    assert_eq!((trust.held_out, trust.shell), (0, 0));
    assert!(matches!(trust.verdict, Verdict::Ambiguous { .. }), "{}", trust.summary);
    let nothing = judge(of_formula("x1*x2", 60, 2, 0.0), &[]);
    assert!(matches!(nothing.verdict(), Verdict::NotFound { .. }));
    assert_eq!(nothing.answer_index(), None);
}
