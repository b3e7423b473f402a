//! The operator cases of the ONNX project's own suite: values, and gradients against central
//! differences. `tests/models/conformance.py` makes them.
//!
//! `tests/models/conformance.json.gz` holds the smaller ones. With `SYMGRAD_CONFORMANCE=FOLDER` those of
//! a folder are run, too: all that the script writes. A case passes, or the model is refused with a
//! reason; a wrong value or gradient fails the test.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::Value;
use symgrad_data::Table;
use symgrad_models::{Network, Unit};

/// What became of a case.
enum Outcome {
    Passed,
    /// With the operator's other inputs as constants.
    PassedAlone,
    Refused(String),
    Wrong(String),
}

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models")
}

/// The committed table says what became of every case.
#[test]
fn operators_compute_what_their_project_says() {
    let file = std::fs::File::open(models().join("conformance.json.gz")).unwrap();
    let found = run(GzDecoder::new(file));
    let table = models().join("conformance.txt");
    if std::env::var_os("SYMGRAD_CONFORMANCE_WRITE").is_some() {
        std::fs::write(&table, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&table).unwrap();
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected, "SYMGRAD_CONFORMANCE_WRITE=1 writes the table anew");
    }
    assert_eq!(found, expected);
}

#[test]
fn all_operators_of_a_folder() {
    let Some(folder) = std::env::var_os("SYMGRAD_CONFORMANCE") else {
        eprintln!("skipped: SYMGRAD_CONFORMANCE names no folder that conformance.py has written");
        return;
    };
    let file = std::fs::File::open(PathBuf::from(folder).join("cases.json")).unwrap();
    println!("{}", run(BufReader::new(file)));
}

/// Runs all cases, and writes a line for each operator.
fn run(file: impl Read) -> String {
    let cases: Value = serde_json::from_reader(file).unwrap();
    let mut operators: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut reasons: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut wrong = String::new();
    for case in cases.as_array().unwrap() {
        let (name, operator) = (case["name"].as_str().unwrap(), case["operator"].as_str().unwrap());
        let counts = operators.entry(operator.into()).or_default();
        counts[2] += 1;
        match outcome(case) {
            Outcome::Passed => counts[0] += 1,
            Outcome::PassedAlone => counts[1] += 1,
            Outcome::Refused(why) => {
                reasons.entry(operator.into()).or_default().insert(format!("{name}: {why}"));
            }
            Outcome::Wrong(why) => writeln!(wrong, "{name} ({operator}): {why}").unwrap(),
        }
    }
    if std::env::var_os("SYMGRAD_CONFORMANCE_REASONS").is_some() {
        for why in reasons.values().flatten() {
            println!("{why}");
        }
    }
    assert!(wrong.is_empty(), "wrong:\n{wrong}");
    let whole = operators.values().filter(|[all, alone, total]| all + alone == *total).count();
    let passed: usize = operators.values().map(|[all, alone, _]| all + alone).sum();
    let total: usize = operators.values().map(|[.., total]| total).sum();
    let mut text = format!(
        "{whole} of {} operators pass in all cases, {passed} of {total} cases pass, 0 are wrong\n",
        operators.len()
    );
    for (operator, [all, alone, total]) in &operators {
        let passed = all + alone;
        let constant = if *alone > 0 { format!(", {alone} with constants") } else { String::new() };
        writeln!(text, "{operator}: {passed} of {total}{constant}").unwrap();
    }
    text
}

fn outcome(case: &Value) -> Outcome {
    let attempt = |form: &str| -> Result<Result<(), String>, String> {
        let form = case.get(form).ok_or("it is no function of a vector")?;
        let network =
            Network::from_onnx(&bytes(&form["model"])).map_err(|error| error.to_string())?;
        network.layer(network.output()).map_err(|error| error.to_string())?;
        Ok(check(case, &network, &numbers(&form["point"])))
    };
    let first = match attempt("all") {
        Ok(Ok(())) => return Outcome::Passed,
        Ok(Err(why)) => return Outcome::Wrong(why),
        Err(why) => why,
    };
    match attempt("first") {
        Ok(Ok(())) => Outcome::PassedAlone,
        Ok(Err(why)) => Outcome::Wrong(why),
        Err(_) => Outcome::Refused(first),
    }
}

/// Bytes from hexadecimal digits.
fn bytes(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().unwrap(),
        value => value.as_f64().unwrap(),
    };
    value.as_array().unwrap().iter().map(number).collect()
}

/// The values, and derivatives in several directions.
fn check(case: &Value, network: &Network, point: &[f64]) -> Result<(), String> {
    let expected = numbers(&case["values"]);
    let names = || (0..point.len()).map(|n| format!("x{n}")).collect();
    let table = |rows: &[Vec<f64>]| {
        let column = |n| rows.iter().map(|row| row[n]).collect();
        Table::new(names(), (0..point.len()).map(column).collect()).unwrap()
    };
    if point.iter().any(|x| !x.is_finite()) {
        return Ok(());
    }
    let output = network.output();
    let at = |points: &[Vec<f64>]| network.values(&table(points), output).unwrap();
    let found = at(&[point.to_vec()]);
    // The first number of the point stands behind the values.
    if found.len() != expected.len() + 1 {
        return Err(format!("{} values instead of {}", found.len() - 1, expected.len()));
    }
    // The package's own tolerance is 1e-3, and more for numbers of 16 bits.
    let precision = match case["precision"].as_u64() {
        Some(8) => 3e-2,
        Some(11) => 4e-3,
        _ => 1e-3,
    };
    let scale = expected.iter().filter(|x| x.is_finite()).fold(1.0, |s: f64, x| s.max(x.abs()));
    for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let found = found[0];
        let same = (found - expected).abs() <= precision * expected.abs().max(0.1 * scale.min(1.0))
            || found == *expected
            || (found.is_nan() && expected.is_nan());
        if !same {
            return Err(format!("value {index} is {found} instead of {expected}"));
        }
    }
    gradients(network, point, &at, found.len())
}

/// Columns from columns.
type Function<'a> = &'a dyn Fn(&[Vec<f64>]) -> Vec<Vec<f64>>;

fn gradients(
    network: &Network,
    point: &[f64],
    at: Function<'_>,
    outputs: usize,
) -> Result<(), String> {
    // Away from ties and kinks, where examples often are.
    let mut state = 7_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let moved: Vec<f64> = point.iter().map(|x| x + 0.02 * next() * (1.0 + x.abs())).collect();
    let names = (0..point.len()).map(|n| format!("x{n}")).collect();
    let table = Table::new(names, moved.iter().map(|&x| vec![x]).collect()).unwrap();
    let values = at(std::slice::from_ref(&moved));
    for unit in [0, outputs / 2, outputs.saturating_sub(2)] {
        if !values[unit][0].is_finite() {
            continue;
        }
        let gradient = network.gradients(&table, network.output(), Unit::Neuron(unit)).unwrap();
        let length = gradient.iter().map(|g| g[0] * g[0]).sum::<f64>().sqrt();
        for _ in 0..3 {
            let direction: Vec<f64> = point.iter().map(|_| 2.0 * next()).collect();
            let along = gradient.iter().zip(&direction).map(|(g, d)| g[0] * d).sum::<f64>();
            let difference = |h: f64| {
                let step = |s: f64| {
                    moved.iter().zip(&direction).map(|(x, d)| x + s * h * d).collect::<Vec<f64>>()
                };
                let v = at(&[step(1.0), step(-1.0), step(2.0), step(-2.0)]);
                let v = &v[unit];
                (8.0 * (v[0] - v[1]) - (v[2] - v[3])) / (12.0 * h)
            };
            let (rough, fine) = (difference(2e-4), difference(1e-4));
            let scale = length.max(fine.abs()).max(1e-3);
            // Differences across a kink do not settle.
            if (rough - fine).abs() > 1e-5 * scale || !fine.is_finite() {
                continue;
            }
            if (along - fine).abs() > 1e-4 * scale || !along.is_finite() {
                return Err(format!("derivative of value {unit} is {along} instead of {fine}"));
            }
        }
    }
    Ok(())
}
