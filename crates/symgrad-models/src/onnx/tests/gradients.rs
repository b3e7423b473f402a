//! The gradient of every operator against central differences.

use std::collections::BTreeSet;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::build::Graph;
use super::element_cases::{Case, arithmetic, choices, elementwise};
use super::further_cases::{functions, learning, pictures, places, sequences, sums};
use super::table;
use super::tensor_cases::{groups, images, matrices, movements};
use crate::onnx::operators::{LEARNING, OPERATORS};
use crate::{Network, Unit};

const POINTS: usize = 1000;

#[test]
fn gradients_agree_with_central_differences() {
    let cases = [
        elementwise(),
        arithmetic(),
        matrices(),
        groups(),
        movements(),
        choices(),
        images(),
        functions(),
        places(),
        pictures(),
        sums(),
        sequences(),
        learning(),
    ];
    let mut seen = BTreeSet::new();
    for (index, case) in cases.into_iter().flatten().enumerate() {
        seen.extend(case.graph.proto.node.iter().map(|node| node.op_type.clone()));
        check(&case, index);
    }
    let known: BTreeSet<String> =
        OPERATORS.iter().chain(&LEARNING).map(|operator| operator.name.to_owned()).collect();
    assert_eq!(seen, known, "every operator is tested, and no other");
}

fn check(case: &Case, index: usize) {
    let operators: Vec<&str> = case.graph.proto.node.iter().map(|n| &n.op_type[..]).collect();
    let what = format!("{index}: {operators:?}");
    let network =
        Network::from_onnx(&case.graph.bytes()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let layer = network.layer(network.output()).unwrap();
    let last = layer.neurons - 1;
    let mut units = vec![Unit::Neuron(0), Unit::Neuron(last)];
    if last > 0 {
        units.push(Unit::Margin(last, last / 2));
    }
    let mut random = ChaCha8Rng::seed_from_u64(index as u64);
    let mut draw = |_| {
        (0..POINTS).map(|_| random.random_range(case.range.0..case.range.1)).collect::<Vec<f64>>()
    };
    let columns: Vec<Vec<f64>> = (0..network.inputs()).map(&mut draw).collect();
    let points = table(columns.clone());
    let gradients = network.gradients_of(&points, &layer.name, &units).unwrap();
    let lengths: Vec<Vec<f64>> = gradients
        .iter()
        .map(|g| (0..POINTS).map(|n| g.iter().map(|c| c[n] * c[n]).sum::<f64>().sqrt()).collect())
        .collect();
    let mut kinks = 0;
    for input in 0..network.inputs() {
        let differences = [2e-3, 1e-3].map(|h| central(&network, &columns, input, &units, h));
        for (unit, gradient) in gradients.iter().enumerate() {
            for n in 0..POINTS {
                let [rough, fine] = [differences[0][unit][n], differences[1][unit][n]];
                let scale = lengths[unit][n].max(1e-3);
                // Differences across a kink do not settle; that is seen without the gradient.
                if (rough - fine).abs() > 1e-6 * scale.max(fine.abs()) {
                    kinks += 1;
                    continue;
                }
                let off = (gradient[input][n] - fine).abs() / scale;
                assert!(off < 1e-6, "{what}, {:?}, input {input}, point {n}: {off}", units[unit]);
            }
        }
    }
    let all = network.inputs() * units.len() * POINTS;
    assert!(kinks < all / 50, "{what}: {kinks} of {all} differences do not settle");
}

/// Central differences of fourth order in one input, for each unit and point.
fn central(
    network: &Network,
    columns: &[Vec<f64>],
    input: usize,
    units: &[Unit],
    h: f64,
) -> Vec<Vec<f64>> {
    let at = |shift: f64| {
        let mut columns = columns.to_vec();
        columns[input].iter_mut().for_each(|x| *x += shift * h);
        network.values(&table(columns), network.output()).unwrap()
    };
    let values = [(1.0, 8.0), (-1.0, -8.0), (2.0, -1.0), (-2.0, 1.0)].map(|(s, w)| (at(s), w));
    let of = |values: &[Vec<f64>], unit: Unit, n: usize| match unit {
        Unit::Neuron(i) => values[i][n],
        Unit::Margin(i, j) => values[i][n] - values[j][n],
    };
    units
        .iter()
        .map(|&unit| {
            let difference =
                |n| values.iter().map(|(v, w)| w * of(v, unit, n)).sum::<f64>() / (12.0 * h);
            (0..columns[0].len()).map(difference).collect()
        })
        .collect()
}

/// The comparison sees wrong gradients: those of a power whose exponent is a little off, where
/// that matters.
#[test]
fn the_comparison_is_not_blind() {
    let graph = |p| Graph::new(&[-1, 1]).tensor("p", &[], &[p]).node("Pow", &["x", "p"], "y");
    let [right, wrong] = [2.0, 2.000_01].map(|p| Network::from_onnx(&graph(p).bytes()).unwrap());
    let columns = vec![(1..100).map(|n| f64::from(n) * 0.02).collect::<Vec<f64>>()];
    let gradient = wrong.gradients(&table(columns.clone()), "y", Unit::Neuron(0)).unwrap();
    let difference = central(&right, &columns, 0, &[Unit::Neuron(0)], 1e-3);
    let off = |n: usize| (gradient[0][n] - difference[0][n]).abs() / gradient[0][n].abs();
    assert!((49..99).all(|n| off(n) > 1e-6));
}

#[test]
fn the_book_lists_the_operators() {
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/onnx.md");
    let book = std::fs::read_to_string(book).unwrap();
    let listed = |from: &str, to: &str| -> Vec<String> {
        let text = book.split_once(from).unwrap().1.split_once(to).unwrap().0;
        text.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
    };
    let names = |operators: &[crate::onnx::operators::Operator]| -> Vec<String> {
        operators.iter().map(|operator| operator.name.to_owned()).collect()
    };
    let own = listed("<!-- operators -->", "<!-- end of the operators -->");
    assert_eq!(own, names(&OPERATORS));
    assert_eq!(listed("<!-- learning -->", "<!-- end of learning -->"), names(&LEARNING));
}
