//! Operators that have to be named.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, OpSet, Program, Workspace};
use symgrad_search::{Evaluator, Measure, Objective, Search, SearchConfig};

/// The exact gradients of an expression at random points of a box.
fn field(truth: &Expr, (low, high): (f64, f64), seed: u64) -> DirectionField {
    const POINTS: usize = 300;
    const INPUTS: usize = 3;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut column =
        || (0..POINTS).map(|_| low + (high - low) * rng.random::<f64>()).collect::<Vec<f64>>();
    let columns: Vec<Vec<f64>> = (0..INPUTS).map(|_| column()).collect();
    let (mut values, mut gradients) = (vec![0.0; POINTS], vec![vec![]; INPUTS]);
    Program::compile(truth)
        .input_gradients(&columns, &mut Workspace::default(), &mut values, &mut gradients)
        .unwrap();
    let points = Table::new((1..=INPUTS).map(|i| format!("x{i}")).collect(), columns).unwrap();
    DirectionField::from_gradients(points, &gradients, &FieldOptions::default()).unwrap()
}

#[test]
fn optional_operators_are_found_where_they_are_named() {
    for (truth, ops, bounds) in [
        ("asin(x1*x2) + x3", "+ - * / square asin", (-0.9, 0.9)),
        ("atan2(x2, x1) + x3^2", "+ - * / square atan2", (-1.0, 1.0)),
        ("x1*erf(x2) + x3", "+ - * / square erf", (-1.5, 1.5)),
        ("cosh(x1 - x2) + 2*x3", "+ - * / square cosh sinh", (-1.5, 1.5)),
    ] {
        let truth: Expr = truth.parse().unwrap();
        let objective = Objective::new(&field(&truth, bounds, 1), Measure::LevelSet);
        let config = SearchConfig { budget: 40_000, ..SearchConfig::default() };
        let ops: OpSet = ops.parse().unwrap();
        let outcome = Search::new(objective, ops, config).unwrap().run(&mut ());
        let answer = &outcome.answer().unwrap().expr;
        let fresh = Objective::new(&field(&truth, bounds, 2), Measure::LevelSet);
        let loss = Evaluator::new(&fresh).loss(answer);
        assert!(loss < 1e-8, "{truth}: {answer} is off by {loss:e}");
    }
}
