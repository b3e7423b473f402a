//! Searches on gradients of trained networks: 400 points each, with the networks' own errors.

use std::path::PathBuf;

use symgrad::data::{DirectionField, FieldColumns, FieldOptions, Table};
use symgrad::expr::{Expr, Program, Workspace};
use symgrad::search::{Evaluator, Measure, Objective};
use symgrad::{Findings, SearchSettings, search_field};

fn field(name: &str) -> DirectionField {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fields").join(name);
    DirectionField::read(path, &FieldColumns::default(), &FieldOptions::default())
        .expect("a readable field")
}

fn settings(threads: Option<usize>) -> SearchSettings {
    let mut settings = SearchSettings::default();
    settings.config.budget = 100_000;
    settings.config.patience = 10;
    settings.config.threads = threads;
    settings
}

/// 1 − |mean cos| between the answer's and the truth's gradients, on the data's surface.
fn mismatch(findings: &Findings, field: &DirectionField, truth: &str) -> f64 {
    let parse = |text: &str| text.parse::<Expr>().expect("a formula");
    let points = field.points();
    let mut gradients = vec![vec![]; points.dim()];
    let bad = Program::compile(&parse(truth))
        .input_gradients(
            points.columns(),
            &mut Workspace::default(),
            &mut vec![0.0; points.rows()],
            &mut gradients,
        )
        .expect("all inputs are there");
    assert_eq!(bad, 0, "the truth is finite");
    let points = Table::new(field.names().to_vec(), points.columns().to_vec()).expect("a table");
    let exact = DirectionField::from_gradients(points, &gradients, &FieldOptions::default());
    let objective = Objective::new(&exact.expect("directions"), Measure::LevelSet);
    Evaluator::new(&objective).loss(&parse(&findings.answer().expression))
}

fn recovers(name: &str, truth: &str) {
    let field = field(name);
    let findings = search_field(&field, &settings(None), &mut ()).expect("a search");
    let mismatch = mismatch(&findings, &field, truth);
    let answer = &findings.answer().expression;
    assert!(
        mismatch < 1e-4,
        "{name}: {answer} instead of {truth}: {mismatch:e}\n{:#?}",
        findings.front
    );
}

#[test]
fn traces_and_sums_of_squares() {
    recovers("isolated-trace-2x2.csv", "x1 + x4");
    recovers("published-trace-2x2.csv", "x1 + x4");
    recovers("isolated-oscillator-energy.csv", "x1^2 + x2^2 + x3^2 + x4^2");
    recovers("isolated-spacetime-interval.csv", "x1^2 - x2^2 - x3^2 - x4^2");
}

#[test]
fn determinants() {
    recovers("isolated-determinant-2x2.csv", "x1*x4 - x2*x3");
    recovers(
        "isolated-determinant-3x3.csv",
        "x1*(x5*x9 - x6*x8) - x2*(x4*x9 - x6*x7) + x3*(x4*x8 - x5*x7)",
    );
}

#[test]
fn energies_and_angular_momentum() {
    recovers("isolated-coulomb-energy.csv", "(x3^2 + x4^2)/2 - 1/sqrt(x1^2 + x2^2)");
    recovers("published-central-potential.csv", "x1*x4 - x2*x3");
    recovers("published-anharmonic-oscillator-exponential.csv", "x2^2/2 + x1^2/2 + exp(x1 + 1)");
}

/// Matrices with a fixed trace fill three of four dimensions, antisymmetric ones three of nine.
#[test]
fn data_that_do_not_fill_the_space() {
    recovers("published-determinant-2x2.csv", "x1*x4 - x2*x3");
    recovers("published-antisymmetric-minors-3x3.csv", "x2*x4 + x3*x7 + x6*x8");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let field = field("isolated-coulomb-energy.csv");
    let found = |threads| {
        let mut settings = settings(Some(threads));
        settings.config.budget = 30_000;
        let mut findings = search_field(&field, &settings, &mut ()).expect("a search");
        findings.seconds.clear();
        findings
    };
    assert_eq!(found(1), found(2));
}
