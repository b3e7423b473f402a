//! Limits hold in every stage of a search, and the result says which of them ended it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{OpSet, Program, Workspace};
use symgrad_search::{
    Generators, Measure, Objective, Observer, Outcome, Search, SearchConfig, StopReason,
};

const POINTS: usize = 120;
const NAMES: [&str; 4] = ["x1", "x2", "x3", "x4"];

/// What is searched for in.
#[derive(Clone, Copy, Debug)]
enum Mode {
    Gradients(Measure),
    Values { scaling: bool },
    Span,
}

fn columns() -> Vec<Vec<f64>> {
    let column = |step: f64| (0..POINTS).map(|n| 0.3 + (step * (n as f64 + 1.0)).fract()).collect();
    [0.618_034, 0.414_214, 0.732_051, 0.236_068].map(column).to_vec()
}

fn evaluated(truth: &str) -> (Vec<f64>, Vec<Vec<f64>>) {
    let (mut values, mut gradients) = (vec![0.0; POINTS], vec![vec![]; NAMES.len()]);
    Program::compile(&truth.parse().unwrap())
        .input_gradients(&columns(), &mut Workspace::default(), &mut values, &mut gradients)
        .unwrap();
    (values, gradients)
}

fn objective(mode: Mode, truth: &str) -> Objective {
    let points = Table::new(NAMES.map(String::from).to_vec(), columns()).unwrap();
    let (values, gradients) = evaluated(truth);
    let options = FieldOptions::default();
    match mode {
        Mode::Values { scaling } => Objective::regression(&points, &values, scaling).unwrap(),
        Mode::Gradients(measure) => {
            let field = DirectionField::from_gradients(points, &gradients, &options).unwrap();
            Objective::new(&field, measure)
        }
        Mode::Span => {
            let neurons = [gradients, evaluated("x1 + x4").1];
            let (field, _) = DirectionField::spanned(points, &neurons, None, &options).unwrap();
            Objective::new(&field, Measure::LevelSet)
        }
    }
}

fn run(objective: Objective, config: SearchConfig) -> Outcome {
    Search::new(objective, OpSet::default(), config).unwrap().run(&mut ())
}

fn modes() -> impl Strategy<Value = Mode> {
    prop_oneof![
        prop_oneof![Just(Measure::LevelSet), Just(Measure::PaperMse), Just(Measure::LocalSign)]
            .prop_map(Mode::Gradients),
        any::<bool>().prop_map(|scaling| Mode::Values { scaling }),
        Just(Mode::Span),
    ]
}

/// The same cases in every run.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}

const TRUTHS: [&str; 3] = ["sin(3.1*x1*x2) + x3^2", "x1*x4 - x2*x3", "exp(x1)/(x2 + 0.4) + x3"];

#[test]
fn no_search_spends_more_than_its_budget() {
    // Over all orders of magnitude up to 10⁵, and none at all.
    let budgets = (0_u32..16, 1_u64..6).prop_map(|(doublings, times)| (times << doublings) / 2);
    let cases = (budgets, modes(), 0..TRUTHS.len(), 0_u64..9, any::<bool>());
    runner(18)
        .run(&cases, |(budget, mode, truth, seed, spectral)| {
            let config = SearchConfig { budget, seed, spectral, ..SearchConfig::default() };
            let outcome = run(objective(mode, TRUTHS[truth]), config);
            prop_assert!(outcome.evaluations() <= budget, "{} of {budget}", outcome.evaluations());
            // Where anything may be spent, there is an answer.
            prop_assert!(budget == 0 || outcome.answer().is_some());
            if outcome.stop() != StopReason::Budget {
                prop_assert!(outcome.stop() == StopReason::Settled, "{:?}", outcome.stop());
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn guesses_and_every_concept_of_a_span_keep_to_the_budget() {
    for budget in [1, 40, 900] {
        let guesses = vec!["sin(3*x1*x2) + 0.9*x3^2".parse().unwrap(); 30];
        let config = SearchConfig { budget, guesses, ..SearchConfig::default() };
        let outcome = run(objective(Mode::Gradients(Measure::LevelSet), TRUTHS[0]), config);
        assert!(outcome.evaluations() <= budget);
        let config = SearchConfig { budget, ..SearchConfig::default() };
        let objective = objective(Mode::Span, TRUTHS[1]);
        let found = Generators::new(objective, OpSet::default(), config).run(&mut ()).unwrap();
        assert!(found.outcomes().iter().all(|outcome| outcome.evaluations() <= budget));
    }
}

#[test]
fn a_target_ends_a_search_in_its_first_step() {
    // The first needs the four inputs alone, and their closing.
    for (target, most) in [(1.0, 20), (0.5, 40_000)] {
        let config = SearchConfig { target_loss: Some(target), ..SearchConfig::default() };
        let outcome = run(objective(Mode::Gradients(Measure::LevelSet), TRUTHS[1]), config);
        assert_eq!(outcome.stop(), StopReason::TargetLoss);
        assert!(outcome.answer().unwrap().loss <= target);
        assert!(outcome.evaluations() <= most, "{}", outcome.evaluations());
    }
}

#[test]
fn seconds_end_a_search_in_its_first_step_and_leave_an_answer() {
    let config = SearchConfig { seconds: Some(0.0), ..SearchConfig::default() };
    let outcome = run(objective(Mode::Gradients(Measure::LevelSet), TRUTHS[0]), config);
    assert_eq!(outcome.stop(), StopReason::Seconds);
    assert!(outcome.evaluations() <= 4 && outcome.answer().is_some());
    // More seconds than any clock counts are no limit.
    let config = SearchConfig { seconds: Some(1e300), budget: 300, ..SearchConfig::default() };
    let outcome = run(objective(Mode::Gradients(Measure::LevelSet), TRUTHS[0]), config);
    assert_eq!(outcome.stop(), StopReason::Budget);
}

/// Stops after so many steps.
struct Patience(u32);

impl Observer for Patience {
    fn step(&mut self, _: &Search) -> ControlFlow<()> {
        self.0 -= 1;
        if self.0 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn an_observer_stops_a_search_and_all_that_would_follow() {
    let objective_of = |mode| objective(mode, TRUTHS[0]);
    let config = SearchConfig { patience: 1_000, ..SearchConfig::default() };
    let search = Search::new(
        objective_of(Mode::Values { scaling: false }),
        OpSet::default(),
        config.clone(),
    );
    let outcome = search.unwrap().run(&mut Patience(2));
    assert_eq!(outcome.stop(), StopReason::Observer);
    let generators = Generators::new(objective_of(Mode::Span), OpSet::default(), config);
    let found = generators.run(&mut Patience(1)).unwrap();
    assert_eq!(found.outcomes().len(), 1);
}

#[test]
fn the_reasons_are_written_for_people_and_files() {
    let json = serde_json::to_string(&StopReason::TargetLoss).unwrap();
    assert_eq!(json, "\"target-loss\"");
    assert_eq!(StopReason::Budget.to_string(), "the budget of evaluations is spent");
}

/// No step takes so much that another, which would find the formula at once, has nothing left.
#[test]
fn short_formulas_take_a_small_budget() {
    for truth in ["x1*x2", "x4/x1", "x1^2 + x2^2", "x1*x2*x3", "x1 - 2*x2 + x4", "x3*exp(x1)"] {
        for budget in [1_000, 2_000] {
            let config = SearchConfig { budget, ..SearchConfig::default() };
            let outcome = run(objective(Mode::Gradients(Measure::LevelSet), truth), config);
            let answer = outcome.answer().unwrap();
            assert!(answer.loss < 1e-10, "{truth} with {budget}: {}", answer.expr);
        }
    }
}
