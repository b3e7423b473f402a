//! The losses that are shown are those of the formulas that are shown.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, Names, OpSet, Program, Workspace};
use symgrad_search::{
    ConstraintConfig, Evaluator, Measure, Objective, Outcome, Search, SearchConfig, SearchError,
    Verdict,
};

const POINTS: usize = 160;

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[3; 32]))
}

/// Evenly spread between bounds, a column for each of them.
fn columns(bounds: &[(f64, f64)]) -> Vec<Vec<f64>> {
    let steps = [0.618_034, 0.414_214, 0.732_051];
    let column = |(step, (low, high)): (&f64, &(f64, f64))| {
        (1..=POINTS).map(|n| low + (high - low) * (step * n as f64).fract()).collect()
    };
    steps.iter().zip(bounds).map(column).collect()
}

fn names(count: usize) -> Vec<String> {
    (1..=count).map(|i| format!("x{i}")).collect()
}

fn evaluated(truth: &str, columns: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let (mut values, mut gradients) = (vec![0.0; POINTS], vec![vec![]; columns.len()]);
    Program::compile(&truth.parse().unwrap())
        .input_gradients(columns, &mut Workspace::default(), &mut values, &mut gradients)
        .unwrap();
    (values, gradients)
}

fn field(truth: &str, bounds: &[(f64, f64)], measure: Measure) -> Objective {
    let columns = columns(bounds);
    let (_, gradients) = evaluated(truth, &columns);
    let points = Table::new(names(columns.len()), columns).unwrap();
    let options = FieldOptions::default();
    let field = DirectionField::from_gradients(points, &gradients, &options).unwrap();
    Objective::new(&field, measure)
}

fn regression(values: &[f64], columns: Vec<Vec<f64>>) -> Objective {
    let points = Table::new(names(columns.len()), columns).unwrap();
    Objective::regression(&points, values, false).unwrap()
}

fn search(objective: Objective, config: SearchConfig) -> Outcome {
    Search::new(objective, OpSet::default(), config).unwrap().run(&mut ())
}

/// Every point is searched on, so that losses can be computed again.
fn quick(budget: u64) -> SearchConfig {
    SearchConfig { budget, held_out: 0.0, ..SearchConfig::default() }
}

#[test]
fn the_text_of_every_entry_has_its_loss() {
    // Offsets of up to 1e9 and coefficients of all sizes.
    let cases = (0.0..9.0_f64, -3.0..3.0_f64, 0_u8..3);
    runner(12)
        .run(&cases, |(offset, size, mode)| {
            let (offset, size) = (10_f64.powf(offset), 10_f64.powf(size));
            let bounds = [(offset, offset + 500.0), (0.0, 1.0)];
            let objective = match mode {
                0 => field("x1*x2 + 2*x1", &bounds, Measure::LevelSet),
                1 => field("x1*x2 + 2*x1", &bounds, Measure::PaperMse),
                _ => {
                    let columns = columns(&bounds);
                    let value =
                        |n: usize| 2.0 * size * (columns[0][n] - offset) + 37.123 * columns[1][n];
                    regression(&(0..POINTS).map(value).collect::<Vec<f64>>(), columns)
                }
            };
            let names = Names::numbered(2);
            let outcome = search(objective.clone(), quick(6_000));
            let mut evaluator = Evaluator::new(&objective);
            for entry in outcome.front() {
                let text = entry.expr.display(&names).to_string();
                let read: Expr = text.parse().unwrap();
                let loss = evaluator.loss(&read);
                let shown = loss.max(1e-10) / entry.loss.max(1e-10);
                prop_assert!((shown - 1.0).abs() < 5e-3, "{text}: {loss:e} {:e}", entry.loss);
            }
            Ok(())
        })
        .unwrap();
}

/// Expressions in which much larger numbers cancel: what is left of them is rounding.
fn cancelling() -> impl Strategy<Value = String> {
    let inner = prop_oneof![
        Just("x1 - x2*(x1/x2)".to_owned()),
        Just("(x1 + x2) - x1 - x2".to_owned()),
        Just("x2*x2 - x2^2/x1*x1".to_owned()),
        (8.0..15.0_f64).prop_map(|e| format!("(x2 + {0:e}) - {0:e} - x2", 10_f64.powf(e))),
        Just("sin(x1)^2 + cos(x1)^2 - 1".to_owned()),
        Just("exp(x1 + x2)/exp(x2) - exp(x1)".to_owned()),
    ];
    (inner, 0.0..16.0_f64, 0_u8..3).prop_map(|(inner, size, outer)| {
        let size = 10_f64.powf(size);
        match outer {
            0 => format!("{size:e}*({inner})"),
            1 => format!("{size:e}*(x3*({inner}))"),
            _ => format!("({inner})*({size:e} + x2)"),
        }
    })
}

#[test]
fn rounding_is_no_gain() {
    let bounds = [(0.5, 9.0), (0.3, 4.0), (1.0, 2.0)];
    let (values, _) = evaluated("x3*exp(x1)/x2", &columns(&bounds));
    let modes = [
        field("x3*exp(x1)/x2", &bounds, Measure::LevelSet),
        field("x3*exp(x1)/x2", &bounds, Measure::LocalSign),
        regression(&values, columns(&bounds)),
        {
            let points = Table::new(names(3), columns(&bounds)).unwrap();
            Objective::regression(&points, &values, true).unwrap()
        },
    ];
    runner(60)
        .run(&(cancelling(), 0..modes.len()), |(text, mode)| {
            let formulas: Vec<Expr> = vec![text.parse().unwrap()];
            let config = SearchConfig { held_out: 0.0, ..SearchConfig::default() };
            let objective = modes[mode].clone();
            let judged =
                Outcome::of_formulas(objective, &formulas, &OpSet::default(), &config).unwrap();
            let credited = judged.front().first().map_or(1.0, |entry| entry.loss);
            // Noise times an input has that input's level sets.
            let mut evaluator = Evaluator::new(&modes[mode]);
            let single = |k: u16| evaluator.loss(&Expr::var(k));
            let honest = (0..3).map(single).fold(0.98, f64::min);
            prop_assert!(credited > honest - 1e-9, "{text}: {credited}");
            Ok(())
        })
        .unwrap();
}

#[test]
fn formulas_far_from_the_origin_are_no_rounding() {
    for (truth, bounds) in [
        ("(x1 - 100000)^2 + 100*x2", [(99_900.0, 100_100.0), (0.0, 1.0)]),
        ("x1*x2 - 3*x1", [(1e-9, 2e-9), (1e8, 3e8)]),
        ("sin(30*x1) + x2^2", [(-3.0, 3.0), (0.0, 1.0)]),
        ("2*x1 + 100*x2 - 3200000000", [(1_600_000_000.0, 1_600_001_000.0), (0.0, 1.0)]),
    ] {
        let formula: Vec<Expr> = vec![truth.parse().unwrap()];
        let objective = field(truth, &bounds, Measure::LevelSet);
        let config = SearchConfig::default();
        let judged = Outcome::of_formulas(objective, &formula, &OpSet::default(), &config);
        assert_eq!(judged.unwrap().front().len(), 1, "{truth}");
    }
}

#[test]
fn the_mean_is_the_first_entry_of_a_regression() {
    for (size, offset) in [(1.0, 0.0), (1e-3, 1e6), (1e12, -3e9)] {
        let columns = columns(&[(0.0, 3.0), (1.0, 2.0)]);
        let value = |n: usize| offset + size * (3.0 * columns[0][n]).sin() * columns[1][n];
        let values: Vec<f64> = (0..POINTS).map(value).collect();
        let mean = values.iter().sum::<f64>() / POINTS as f64;
        let objective = regression(&values, columns.clone());
        for budget in [0, 1, 2_000] {
            let outcome = search(objective.clone(), quick(budget));
            let first = &outcome.front()[0];
            assert_eq!((first.expr.input_count(), first.loss), (0, 1.0));
            assert!((first.expr.constants()[0] - mean).abs() < 0.02 * size);
            assert_eq!(outcome.trust().entries.len(), outcome.front().len());
            assert_eq!(outcome.paper_mse().len(), outcome.front().len());
            if budget == 0 {
                assert_eq!(outcome.answer_index(), Some(0));
                assert!(matches!(outcome.verdict(), Verdict::NotFound { .. }));
            }
        }
    }
}

#[test]
fn tiny_and_huge_targets_are_found() {
    for exponent in [-300, -200, -30, -6, 6, 30, 200, 300] {
        let size = 10_f64.powi(exponent);
        let columns = columns(&[(0.5, 1.5)]);
        let values: Vec<f64> = columns[0].iter().map(|a| size * a * a).collect();
        let outcome = search(regression(&values, columns), quick(40_000));
        let answer = outcome.answer().unwrap();
        assert!(answer.loss < 1e-9, "1e{exponent}: {} has {:e}", answer.expr, answer.loss);
        assert!(answer.complexity <= 8, "1e{exponent}: {}", answer.expr);
    }
}

#[test]
fn the_published_loss_keeps_its_sign() {
    for truth in ["x1*x2", "-x1*x2", "x1 - x2^2", "x2^2 - x1", "1/(x1 + x2)", "-exp(x1)*x2"] {
        let truth: Expr = truth.parse().unwrap();
        let bounds = [(0.5, 2.0), (0.4, 1.7)];
        let objective = field(&truth.to_string(), &bounds, Measure::PaperMse);
        let outcome = search(objective.clone(), quick(12_000));
        let answer = outcome.answer().unwrap();
        let loss = Evaluator::new(&objective).loss(&answer.expr);
        assert!(loss < 1e-9 && answer.loss < 1e-9, "{truth}: {} has {loss:e}", answer.expr);
    }
}

#[test]
fn what_is_required_is_used_or_said_to_be_idle() {
    let bounds = [(0.5, 2.0), (0.4, 1.7), (1.0, 2.0)];
    let objective = field("x1*x2 + x1^2", &bounds, Measure::LevelSet);
    let require = vec!["x1".to_owned(), "x3".to_owned()];
    let constraints = ConstraintConfig { require, ..ConstraintConfig::default() };
    let config = SearchConfig { budget: 20_000, constraints, ..SearchConfig::default() };
    let outcome = search(objective.clone(), config);
    assert_ne!(outcome.verdict(), &Verdict::Identified, "{}", outcome.trust().summary);
    for entry in outcome.front() {
        let (_, gradients) = evaluated(&entry.expr.to_string(), &columns(&bounds));
        let most = |k: usize| gradients[k].iter().fold(0.0_f64, |most, g| most.max(g.abs()));
        assert!(most(2) > 1e-6 * (most(0) + most(1)), "{}", entry.expr);
    }
}

#[test]
fn settings_that_leave_nothing_are_refused() {
    let bounds = [(0.5, 2.0), (0.4, 1.7)];
    let objective = field("x1*x2", &bounds, Measure::LevelSet);
    let config = SearchConfig { only_inputs: Some(vec![]), ..SearchConfig::default() };
    let refused = Search::new(objective.clone(), OpSet::default(), config).err().unwrap();
    assert!(refused.to_string().contains("only_inputs"), "{refused}");
    assert_eq!(objective.thinned(0).points(), 1);

    let constant = vec![vec![2.0; POINTS]; 2];
    let values: Vec<f64> = (0..POINTS).map(|n| n as f64).collect();
    let flat = regression(&values, constant);
    let refused = Search::new(flat, OpSet::default(), SearchConfig::default()).err().unwrap();
    assert!(matches!(refused, SearchError::NoInputs { .. }), "{refused}");
    assert!(refused.to_string().contains("x1, x2"), "{refused}");
}

#[test]
fn an_input_that_does_not_vary_is_not_used() {
    let mut columns = columns(&[(0.5, 2.0), (0.4, 1.7), (0.0, 1.0)]);
    columns[1] = vec![2.0; POINTS];
    let values: Vec<f64> = columns[0].iter().zip(&columns[2]).map(|(a, b)| a * b + 5.0).collect();
    let outcome = search(regression(&values, columns), quick(5_000));
    assert!(outcome.front().iter().all(|entry| !entry.expr.inputs().contains(&1)));
}

/// A factor of the whole costs a constant and a product, and nothing else.
#[test]
fn a_target_may_be_in_any_unit() {
    let columns = columns(&[(0.5, 3.0), (0.4, 2.5)]);
    for truth in ["sin(x1) + x1*x2 + 2", "x1^2 + x1/x2"] {
        let (values, _) = evaluated(truth, &columns);
        for exponent in [0, -30, -9, 30] {
            let size = 10_f64.powi(exponent);
            let values: Vec<f64> = values.iter().map(|value| size * value).collect();
            let outcome = search(regression(&values, columns.clone()), quick(200_000));
            let answer = outcome.answer().unwrap();
            let most = OpSet::default().complexity(&truth.parse().unwrap()) + 4;
            assert!(answer.loss < 1e-9, "1e{exponent}: {} has {:e}", answer.expr, answer.loss);
            assert!(answer.complexity <= most, "1e{exponent}: {}", answer.expr);
        }
    }
}
