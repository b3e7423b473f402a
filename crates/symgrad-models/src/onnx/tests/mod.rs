//! Models encoded here, read back, and held against central differences.

mod any_inputs;
mod build;
mod element_cases;
mod freeze;
mod further_cases;
mod fuzz;
mod gradients;
mod refusals;
mod shapes;
mod tensor_cases;

use build::{Graph, int};
use symgrad_data::Table;

use crate::{Network, Unit};

/// A table of points with columns `x0`, `x1`, …
pub(crate) fn table(columns: Vec<Vec<f64>>) -> Table {
    let names = (0..columns.len()).map(|i| format!("x{i}")).collect();
    Table::new(names, columns).unwrap()
}

/// A perceptron 2→3→2 as PyTorch writes it: `Gemm`, an activation, `Gemm`.
pub(crate) fn perceptron() -> Graph {
    Graph::new(&[-1, 2])
        .tensor("w1", &[3, 2], &[1.0, 2.0, -0.5, 0.25, 0.0, -1.0])
        .tensor("b1", &[3], &[0.1, 0.2, 0.3])
        .tensor("w2", &[2, 3], &[1.0, -1.0, 0.5, 0.0, 2.0, 1.0])
        .tensor("b2", &[2], &[0.0, -1.0])
        .node_with("Gemm", &["x", "w1", "b1"], "/net/0/Gemm_output_0", &[int("transB", 1)])
        .node("Tanh", &["/net/0/Gemm_output_0"], "/net/1/Tanh_output_0")
        .node_with("Gemm", &["/net/1/Tanh_output_0", "w2", "b2"], "y", &[int("transB", 1)])
}

#[test]
fn a_perceptron_gives_its_layers_values_and_gradients() {
    let network = Network::from_onnx(&perceptron().bytes()).unwrap();
    assert_eq!((network.inputs(), network.input_shape(), network.output()), (2, &[2][..], "y"));
    let layers: Vec<(&str, &str, usize)> =
        network.layers().iter().map(|l| (&l.name[..], &l.operator[..], l.neurons)).collect();
    let expected = [
        ("/net/0/Gemm_output_0", "Gemm", 3),
        ("/net/1/Tanh_output_0", "Tanh", 3),
        ("y", "Gemm", 2),
    ];
    assert_eq!(layers, expected);

    let (x, v): (f64, f64) = (0.3, -0.7);
    let points = table(vec![vec![x], vec![v]]);
    let hidden =
        [(x + 2.0 * v + 0.1).tanh(), (-0.5 * x + 0.25 * v + 0.2).tanh(), (-v + 0.3).tanh()];
    let values = network.values(&points, "y").unwrap();
    let expected = [hidden[0] - hidden[1] + 0.5 * hidden[2], 2.0 * hidden[1] + hidden[2] - 1.0];
    for (value, expected) in values.iter().zip(expected) {
        assert!((value[0] - expected).abs() < 1e-14);
    }
    // Single precision weights are what they are: 0.1 is not 0.1.
    let slope = hidden.map(|h| 1.0 - h * h);
    let margin = network.gradients(&points, "y", Unit::Margin(0, 1)).unwrap();
    let expected = [slope[0] + 1.5 * slope[1], 2.0 * slope[0] - 0.75 * slope[1] + 0.5 * slope[2]];
    for (derivative, expected) in margin.iter().zip(expected) {
        assert!((derivative[0] - expected).abs() < 1e-13, "{derivative:?} {expected}");
    }
}

#[test]
fn many_units_and_many_blocks_are_as_one_by_one() {
    let network = Network::from_onnx(&perceptron().bytes()).unwrap();
    let column = |shift: f64| (0..5000).map(|n| (f64::from(n) * 0.01 + shift).sin()).collect();
    let points = table(vec![column(0.0), column(1.0)]);
    let units = [Unit::Neuron(2), Unit::Margin(0, 1), Unit::Neuron(0)];
    let layer = "/net/1/Tanh_output_0";
    let together = network.gradients_of(&points, layer, &units).unwrap();
    let values = network.values(&points, layer).unwrap();
    for (unit, together) in units.into_iter().zip(together) {
        assert_eq!(network.gradients(&points, layer, unit).unwrap(), together);
    }
    let row = points.select(&[4321]);
    let alone = network.gradients(&row, layer, units[0]).unwrap();
    let within = network.gradients(&points, layer, units[0]).unwrap();
    assert!((alone[1][0] - within[1][4321]).abs() < 1e-15);
    assert!((network.values(&row, layer).unwrap()[2][0] - values[2][4321]).abs() < 1e-15);
}

#[test]
fn questions_that_do_not_fit_are_refused() {
    let network = Network::from_onnx(&perceptron().bytes()).unwrap();
    let error = network.layer("Tanh_output").unwrap_err().to_string();
    assert!(error.contains("no layer `Tanh_output`") && error.contains("`/net/1/Tanh"), "{error}");
    let points = table(vec![vec![0.0]]);
    let error = network.values(&points, "y").unwrap_err().to_string();
    assert!(error.contains("takes 2 numbers") && error.contains("is 1: x0"), "{error}");
    let error = network.gradients(&points, "y", Unit::Margin(0, 2)).unwrap_err().to_string();
    assert!(error.contains("`y` has no 0-2: its 2 neurons"), "{error}");
    for text in ["", "-", "3-", "x", "-3", "3-7-1"] {
        assert!(text.parse::<Unit>().is_err(), "{text}");
    }
    assert_eq!("12".parse::<Unit>().unwrap(), Unit::Neuron(12));
}

#[test]
fn a_network_through_a_generator_obeys_the_chain_rule() {
    // z → (sin z, z²) → the perceptron.
    let generator = Graph::new(&[-1, 1])
        .node("Sin", &["x"], "s")
        .node("Mul", &["x", "x"], "q")
        .node_with("Concat", &["s", "q"], "image", &[int("axis", 1)])
        .output("image");
    let generator = Network::from_onnx(&generator.bytes()).unwrap();
    let network = Network::from_onnx(&perceptron().bytes()).unwrap();
    let joint = network.clone().through(generator.clone()).unwrap();
    assert_eq!((joint.inputs(), joint.output()), (1, "y"));
    assert_eq!(joint.layers()[2].name, "generator/image");

    let z: Vec<f64> = (0..50).map(|n| f64::from(n) * 0.07 - 1.5).collect();
    let points = table(vec![z.clone()]);
    let image = generator.values(&points, "image").unwrap();
    assert_eq!(joint.values(&points, "generator/image").unwrap(), image);
    let image = table(image);
    assert_eq!(joint.values(&points, "y").unwrap(), network.values(&image, "y").unwrap());
    let outer = network.gradients(&image, "y", Unit::Neuron(1)).unwrap();
    let joint_gradient = joint.gradients(&points, "y", Unit::Neuron(1)).unwrap();
    for (n, &z) in z.iter().enumerate() {
        let expected = outer[0][n] * z.cos() + outer[1][n] * 2.0 * z;
        assert!((joint_gradient[0][n] - expected).abs() < 1e-13);
    }
    // Once more: names stay apart.
    let again = Graph::new(&[-1, 1]).node("Exp", &["x"], "e").bytes();
    let again = joint.through(Network::from_onnx(&again).unwrap()).unwrap();
    assert_eq!(again.layers()[0].name, "generator/generator/e");
}

#[test]
fn a_generator_that_does_not_fit_is_refused() {
    let generator = Graph::new(&[-1, 1]).node("Sin", &["x"], "s").bytes();
    let generator = Network::from_onnx(&generator).unwrap();
    let network = Network::from_onnx(&perceptron().bytes()).unwrap();
    let error = network.through(generator).unwrap_err().to_string();
    assert!(error.contains("`s` has 1 numbers") && error.contains("takes 2"), "{error}");
}
