//! Models that other frameworks trained: their gradients, and the concepts that come out.

use std::collections::BTreeMap;

use serde::Deserialize;
use symgrad::data::Table;
use symgrad::expr::{Expr, Names, Program, Workspace};
use symgrad::models::{Network, Unit};

use crate::fixtures::{Fixture, fixtures, folder, read};

/// The network, behind its generator if it has one.
fn network(fixture: &Fixture) -> Network {
    let network = open(&fixture.file);
    match &fixture.through {
        Some(generator) => network.through(open(generator)).expect("they fit"),
        None => network,
    }
}

fn open(file: &str) -> Network {
    Network::open(&folder().join(file), None).unwrap_or_else(|error| panic!("{file}: {error:?}"))
}

fn first(rows: usize, table: &Table) -> Table {
    table.select(&(0..rows).collect::<Vec<_>>())
}

/// The loader's gradients agree with the concepts as well as the training framework's own do.
#[test]
fn gradients_are_those_of_the_framework() {
    for model in fixtures() {
        let (network, points) = (network(&model), read(&model.points));
        for target in &model.targets {
            let layer = &target.layer;
            let gradients =
                network.gradients_of(&points, layer, &target.units()).expect("gradients");
            let learned: Vec<_> = gradients.iter().map(|columns| directions(columns)).collect();
            for (truth, expected) in target.truths.iter().zip(&target.cos) {
                let exact = directions(&gradients_of(truth, &points));
                let found = agreement(&learned, &exact, target.monotone);
                assert!(
                    (found - expected).abs() < 1e-5,
                    "{}, {layer}: {found} instead of {expected}",
                    model.name
                );
            }
        }
    }
}

/// Exact gradients of a formula: a column for each input.
fn gradients_of(formula: &str, points: &Table) -> Vec<Vec<f64>> {
    let names = Names::new(points.names().to_vec()).expect("names");
    let formula = Expr::parse(formula, &names).expect("a formula");
    let mut gradients = vec![vec![]; points.dim()];
    let bad = Program::compile(&formula)
        .input_gradients(
            points.columns(),
            &mut Workspace::default(),
            &mut vec![0.0; points.rows()],
            &mut gradients,
        )
        .expect("all inputs are there");
    assert_eq!(bad, 0, "{formula:?} is finite");
    gradients
}

/// Unit vectors, one for each point, from columns.
fn directions(columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let unit = |row: Vec<f64>| {
        let length = dot(&row, &row).sqrt();
        row.iter().map(|x| x / length).collect()
    };
    transposed(columns).into_iter().map(unit).collect()
}

/// |mean cos| of one neuron, mean |cos| if it is folded, and for two neurons the mean length of
/// the unit gradient within the plane of theirs.
fn agreement(learned: &[Vec<Vec<f64>>], exact: &[Vec<f64>], monotone: bool) -> f64 {
    let of_row = |row: usize| match learned {
        [only] => dot(&only[row], &exact[row]),
        [one, two] => {
            let (one, two) = (&one[row], &two[row]);
            let (p, q, r) = (dot(one, &exact[row]), dot(two, &exact[row]), dot(one, two));
            ((p * p + q * q - 2.0 * p * q * r) / (1.0 - r * r)).sqrt()
        }
        _ => panic!("no fixture has {} neurons in one target", learned.len()),
    };
    let cosines = (0..exact.len()).map(of_row).map(|cos| if monotone { cos } else { cos.abs() });
    (cosines.sum::<f64>() / exact.len() as f64).abs()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A step for differences: their own errors are of order 1e-10 and rounding.
const STEP: f64 = 1e-5;

#[test]
fn gradients_are_those_of_differences() {
    for model in fixtures() {
        let (network, points) = (network(&model), first(200, &read(&model.points)));
        for target in &model.targets {
            for unit in target.units() {
                let layer = &target.layer;
                check_differences(&model.name, &network, &points, layer, unit);
            }
        }
    }
}

/// Compares gradients with central differences, except where a kink lies within a step.
fn check_differences(name: &str, network: &Network, points: &Table, layer: &str, unit: Unit) {
    let gradients = network.gradients(points, layer, unit).expect("gradients");
    let here = value(network, points, layer, unit);
    let mut kinks = 0;
    for (input, slopes) in gradients.iter().enumerate() {
        let above = value(network, &moved(points, input, STEP), layer, unit);
        let below = value(network, &moved(points, input, -STEP), layer, unit);
        for row in 0..points.rows() {
            let length = gradients.iter().map(|g| g[row] * g[row]).sum::<f64>().sqrt();
            let (right, left) = (above[row] - here[row], here[row] - below[row]);
            let scale = length.max(1e-3 * here[row].abs()).max(1e-4);
            if (right - left).abs() > 1e-3 * STEP * scale {
                kinks += 1;
                continue;
            }
            let error = (slopes[row] - (right + left) / (2.0 * STEP)).abs();
            assert!(error <= 1e-6 * scale, "{name}, {layer} {unit}, row {row}: off by {error:e}");
        }
    }
    let all = points.rows() * points.dim();
    assert!(50 * kinks <= all, "{name}, {layer} {unit}: {kinks} kinks among {all}");
}

fn value(network: &Network, points: &Table, layer: &str, unit: Unit) -> Vec<f64> {
    let mut values = network.values(points, layer).expect("values");
    match unit {
        Unit::Neuron(neuron) => values.swap_remove(neuron),
        Unit::Margin(plus, minus) => {
            values[plus].iter().zip(&values[minus]).map(|(p, m)| p - m).collect()
        }
    }
}

fn moved(points: &Table, input: usize, step: f64) -> Table {
    let mut columns = points.columns().to_vec();
    for value in &mut columns[input] {
        *value += step;
    }
    Table::new(points.names().to_vec(), columns).expect("a table")
}

#[derive(Deserialize)]
struct Operators {
    points: BTreeMap<String, Vec<Vec<f64>>>,
    cases: BTreeMap<String, Case>,
}

#[derive(Deserialize)]
struct Case {
    points: String,
}

#[test]
fn gradients_of_operators_are_those_of_differences() {
    let text = std::fs::read_to_string(folder().join("operators/values.json")).expect("values");
    let operators: Operators = serde_json::from_str(&text).expect("values");
    for (name, case) in &operators.cases {
        let network = open(&format!("operators/{name}.onnx"));
        let points = table(&operators.points[&case.points]);
        let output = network.output();
        for place in 0..network.layer(output).expect("the output").neurons {
            check_differences(name, &network, &points, output, Unit::Neuron(place));
        }
    }
}

fn table(rows: &[Vec<f64>]) -> Table {
    let columns = transposed(rows);
    let names = (1..=columns.len()).map(|n| format!("x{n}")).collect();
    Table::new(names, columns).expect("a table")
}

fn transposed(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..rows[0].len()).map(|place| rows.iter().map(|row| row[place]).collect()).collect()
}
