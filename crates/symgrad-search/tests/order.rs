//! The order in which columns and rows are given changes nothing.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, Names, OpSet, Program, Workspace};
use symgrad_search::{Hints, Measure, Objective, Outcome, Search, SearchConfig};

const POINTS: usize = 120;
const NAMES: [&str; 5] = ["a", "b", "c", "dd", "x10"];

const TRUTHS: [&str; 5] = [
    "a*b + sin(c)",
    "a*(b*c - a*dd)/(x10 + 2)",
    "exp(a - b)*x10",
    "(a + dd)^2 + (b - x10)^2",
    "sqrt(a^2 + b^2) + c/dd",
];

/// A table with what is wanted at its points.
#[derive(Clone)]
struct Data {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    gradients: Vec<Vec<f64>>,
    values: Vec<f64>,
}

impl Data {
    fn of(truth: &str, seed: u64) -> Self {
        let names = Names::new(NAMES).unwrap();
        let shift = seed as f64 * 0.137;
        let column = |step: f64| (1..=POINTS).map(move |n| 0.4 + (step * n as f64 + shift).fract());
        let steps = [0.618_034, 0.414_214, 0.732_051, 0.236_068, 0.302_776];
        let columns: Vec<Vec<f64>> = steps.map(|step| column(step).collect()).to_vec();
        let (mut values, mut gradients) = (vec![0.0; POINTS], vec![vec![]; NAMES.len()]);
        Program::compile(&Expr::parse(truth, &names).unwrap())
            .input_gradients(&columns, &mut Workspace::default(), &mut values, &mut gradients)
            .unwrap();
        // A little noise, the same for every order.
        for (i, column) in gradients.iter_mut().enumerate() {
            for (n, g) in column.iter_mut().enumerate() {
                *g += 1e-4 * ((n * 37 + i * 11) % 19) as f64;
            }
        }
        Self { names: NAMES.map(String::from).to_vec(), columns, gradients, values }
    }

    fn permuted(&self, columns: &[usize], rows: &[usize]) -> Self {
        let pick = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect::<Vec<f64>>();
        let each = |all: &[Vec<f64>]| columns.iter().map(|&i| pick(&all[i])).collect();
        Self {
            names: columns.iter().map(|&i| self.names[i].clone()).collect(),
            columns: each(&self.columns),
            gradients: each(&self.gradients),
            values: pick(&self.values),
        }
    }

    fn points(&self) -> Table {
        Table::new(self.names.clone(), self.columns.clone()).unwrap()
    }

    fn field(&self) -> DirectionField {
        let options = FieldOptions::default();
        DirectionField::from_gradients(self.points(), &self.gradients, &options).unwrap()
    }

    fn objective(&self, mode: u8) -> Objective {
        match mode {
            0 => Objective::new(&self.field(), Measure::LevelSet),
            1 => Objective::new(&self.field(), Measure::PaperMse),
            2 => Objective::regression(&self.points(), &self.values, false).unwrap(),
            _ => Objective::regression(&self.points(), &self.values, true).unwrap(),
        }
    }

    fn search(&self, mode: u8, seed: u64) -> Vec<(String, u32, u64, Option<u64>)> {
        let config = SearchConfig { seed, budget: 3_000, ..SearchConfig::default() };
        let search = Search::new(self.objective(mode), OpSet::default(), config).unwrap();
        self.told(&search.run(&mut ()))
    }

    /// The front in the inputs' names, with all bits of its losses.
    fn told(&self, outcome: &Outcome) -> Vec<(String, u32, u64, Option<u64>)> {
        let names = Names::new(self.names.clone()).unwrap();
        let held = |index: usize| outcome.trust().entries[index].held_out;
        let entries = outcome.front().iter().enumerate().map(|(index, entry)| {
            let held = held(index).map(|interval| interval.estimate.to_bits());
            let text = entry.expr.display(&names).to_string();
            (text, entry.complexity, entry.loss.to_bits(), held)
        });
        entries.collect()
    }
}

fn order(count: usize) -> impl Strategy<Value = Vec<usize>> {
    Just((0..count).collect::<Vec<usize>>()).prop_shuffle()
}

/// The same cases in every run.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[5; 32]))
}

#[test]
fn permuted_columns_and_rows_give_the_same_front() {
    let cases = (0..TRUTHS.len(), 0_u8..4, 0_u64..100, order(NAMES.len()), order(POINTS));
    runner(8)
        .run(&cases, |(truth, mode, seed, columns, rows)| {
            let data = Data::of(TRUTHS[truth], seed);
            let wanted = data.search(mode, seed);
            prop_assert!(!wanted.is_empty());
            prop_assert_eq!(wanted, data.permuted(&columns, &rows).search(mode, seed));
            Ok(())
        })
        .unwrap();
}

/// Names that stay where they are while the columns move: the answer is the same formula of the
/// same data.
#[test]
fn a_formula_is_found_wherever_its_columns_are() {
    let cases = (0..TRUTHS.len(), 0_u8..4, order(NAMES.len()));
    runner(4)
        .run(&cases, |(truth, mode, columns)| {
            let data = Data::of(TRUTHS[truth], 1);
            let rows: Vec<usize> = (0..POINTS).collect();
            let moved = data.permuted(&columns, &rows);
            let renamed = Data { names: data.names.clone(), ..moved };
            let losses = |data: &Data| -> Vec<u64> {
                data.search(mode, 1).into_iter().map(|(_, _, loss, _)| loss).collect()
            };
            prop_assert_eq!(losses(&data), losses(&renamed));
            Ok(())
        })
        .unwrap();
}

#[test]
fn hints_and_verdicts_do_not_depend_on_the_order() {
    let cases = (0..TRUTHS.len(), 0_u64..100, order(NAMES.len()), order(POINTS));
    runner(8)
        .run(&cases, |(truth, seed, columns, rows)| {
            let data = Data::of(TRUTHS[truth], seed);
            let permuted = data.permuted(&columns, &rows);
            prop_assert_eq!(
                Hints::of(&data.field()).to_string(),
                Hints::of(&permuted.field()).to_string()
            );
            let judged = |data: &Data| {
                let names = Names::new(data.names.clone()).unwrap();
                let formulas = [TRUTHS[truth], "a*b", "x10 + dd"];
                let formulas = formulas.map(|text| Expr::parse(text, &names).unwrap());
                let config = SearchConfig::default();
                let objective = data.objective(0);
                Outcome::of_formulas(objective, &formulas, &OpSet::default(), &config).unwrap()
            };
            let (one, other) = (judged(&data), judged(&permuted));
            prop_assert_eq!(&one.trust().summary, &other.trust().summary);
            prop_assert_eq!(data.told(&one), permuted.told(&other));
            Ok(())
        })
        .unwrap();
}

/// Guesses, inputs to be used and required ones are named as they are given.
#[test]
fn settings_mean_the_inputs_as_given() {
    let data = Data::of("a*b + sin(c)", 3);
    let config = SearchConfig {
        budget: 400,
        only_inputs: Some(vec![1, 3]),
        guesses: vec!["x2*x4 + 3".parse().unwrap()],
        ..SearchConfig::default()
    };
    let outcome = Search::new(data.objective(0), OpSet::default(), config).unwrap().run(&mut ());
    for entry in outcome.front() {
        assert!(entry.expr.inputs().iter().all(|input| [1, 3].contains(input)), "{}", entry.expr);
    }
}
