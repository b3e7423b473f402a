//! Searches on data that lie on curved surfaces.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use symgrad_data::{DirectionField, FieldOptions, Table, TangentMode};
use symgrad_expr::{OpSet, Program, Workspace};
use symgrad_search::{Evaluator, Measure, Objective, Search, SearchConfig};

/// Points of a sphere, and the gradients of a function to which anything may be added along the
/// normal, as in a network that was never shown a point off the sphere.
fn junk_field(truth: &str, dim: usize, tangent: TangentMode, seed: u64) -> DirectionField {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut columns = vec![vec![]; dim];
    for _ in 0..1_000 {
        let draws: Vec<f64> = (0..dim).map(|_| StandardNormal.sample(&mut rng)).collect();
        let length = draws.iter().map(|x| x * x).sum::<f64>().sqrt();
        columns.iter_mut().zip(draws).for_each(|(column, x)| column.push(x / length));
    }
    let mut gradients = vec![vec![]; dim];
    Program::compile(&truth.parse().unwrap())
        .input_gradients(&columns, &mut Workspace::default(), &mut [0.0; 1_000], &mut gradients)
        .unwrap();
    for n in 0..1_000 {
        let bend = 1.0 + rng.random::<f64>();
        let junk: f64 = StandardNormal.sample(&mut rng);
        for (gradient, column) in gradients.iter_mut().zip(&columns) {
            gradient[n] = bend * gradient[n] + junk * column[n];
        }
    }
    let names = (1..=dim).map(|i| format!("x{i}")).collect();
    let points = Table::new(names, columns).unwrap();
    let options = FieldOptions { tangent, ..FieldOptions::default() };
    DirectionField::from_gradients(points, &gradients, &options).unwrap()
}

/// The answer's spelling, what is said about it, and the loss of the truth.
fn found(truth: &str, field: &DirectionField) -> (String, String, f64, f64) {
    let objective = Objective::new(field, Measure::LevelSet);
    let own = Evaluator::new(&objective).loss(&truth.parse().unwrap());
    let config = SearchConfig { budget: 50_000, ..SearchConfig::default() };
    let outcome = Search::new(objective, OpSet::default(), config).unwrap().run(&mut ());
    let answer = outcome.answer().unwrap();
    (answer.expr.to_string(), outcome.trust().summary.clone(), answer.loss, own)
}

#[test]
fn junk_across_a_sphere_does_no_harm() {
    for (truth, dim) in [("x1*x2 + x3", 3), ("x1*x2 + x3*x4", 4)] {
        let flat = junk_field(truth, dim, TangentMode::Off, 3);
        let curved = junk_field(truth, dim, TangentMode::Auto, 3);
        assert!(curved.tangent().unwrap().is_curved());
        let (answer, summary, loss, own) = found(truth, &curved);
        let (_, _, _, without) = found(truth, &flat);
        assert!(own < 1e-4 && without > 0.05, "{truth}: {own:e} {without:e}");
        // Many formulas are the same on a sphere; some are as short as the truth.
        assert!(loss < 2.0 * own, "{truth}: {answer} has {loss:e}, the truth {own:e}");
        let said = format!("the data fill {} of {dim} directions", dim - 1);
        assert!(summary.contains(&said), "{summary}");
    }
}

/// A column that is a sum of others does no harm: what is found can be written with it or without.
#[test]
fn related_inputs_leave_the_verdict_as_it_is() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    for (truth, factors, offset) in [
        ("x1*x2 + x3^2", [1.0, 1.0, 0.0], 0.0),
        ("sin(x1)*x3 + x2", [-2.0, 0.0, 3.0], 0.5),
        ("x1/x3 + x2*x3", [1.0, 0.25, 1e-3], -7.0),
    ] {
        let mut columns: Vec<Vec<f64>> =
            (0..3).map(|_| (0..400).map(|_| rng.random_range(0.5..3.0)).collect()).collect();
        let mut gradients = vec![vec![]; 3];
        Program::compile(&truth.parse().unwrap())
            .input_gradients(&columns, &mut Workspace::default(), &mut [0.0; 400], &mut gradients)
            .unwrap();
        let sum = |n: usize| factors.iter().zip(&columns).map(|(f, x)| f * x[n]).sum::<f64>();
        columns.push((0..400).map(|n| sum(n) + offset).collect());
        gradients.push(vec![0.0; 400]);
        let names = ["x1", "x2", "x3", "x4"].map(String::from).to_vec();
        let points = Table::new(names, columns).unwrap();
        let options = FieldOptions::default();
        let field = DirectionField::from_gradients(points, &gradients, &options).unwrap();
        let (answer, summary, loss, _) = found(truth, &field);
        assert!(loss < 1e-12 && summary.starts_with("identified"), "{truth}: {answer}, {summary}");
    }
}
