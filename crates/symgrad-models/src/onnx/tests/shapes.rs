//! Models of one point, of several inputs, and constants that are computed.

use super::build::{Graph, float, int, ints};
use super::{perceptron, table};
use crate::onnx::proto::{TensorProto, element};
use crate::{Network, Unit};

fn open(graph: &Graph) -> Network {
    Network::from_onnx(&graph.bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn value(network: &Network, point: &[f64]) -> Vec<f64> {
    let points = table(point.iter().map(|&x| vec![x]).collect());
    network.values(&points, network.output()).unwrap().into_iter().flatten().collect()
}

/// With the points as the only thing that is fixed, everything is computed for one point.
#[test]
fn a_model_exported_for_one_point_takes_many() {
    let mut fixed = perceptron();
    fixed.proto.input = Graph::new(&[1, 2]).proto.input;
    let fixed = fixed.wholes("t", &[1, 1, 2]).node("Reshape", &["y", "t"], "z");
    let (network, dynamic) = (open(&fixed), open(&perceptron()));
    assert_eq!(network.input_shape(), [2]);
    let shapes: Vec<&[usize]> = network.layers().iter().map(|layer| &layer.shape[..]).collect();
    assert_eq!(shapes, [&[3][..], &[3], &[2], &[1, 2]]);
    let points = table(vec![vec![0.1, -0.5, 2.0], vec![1.0, 0.0, 0.3]]);
    let unit = Unit::Neuron(1);
    assert_eq!(
        network.gradients(&points, "z", unit).unwrap(),
        dynamic.gradients(&points, "y", unit).unwrap()
    );
    // What would mix points computes within the only one.
    let mixing = Graph::new(&[1, 3]).node_with("Transpose", &["x"], "t", &[ints("perm", &[1, 0])]);
    let mixing = open(&mixing.node_with("Softmax", &["t"], "y", &[int("axis", 0)]));
    assert!((value(&mixing, &[0.5, -1.0, 2.0]).iter().sum::<f64>() - 1.0).abs() < 1e-15);
    // A vector without any axis for points, as JAX exports functions.
    let vector = Graph::new(&[3]).tensor("w", &[2, 3], &[1.0, 0.0, 2.0, 0.0, 1.0, 0.0]);
    assert_eq!(
        value(&open(&vector.node("MatMul", &["w", "x"], "y")), &[1.0, 2.0, 3.0]),
        [7.0, 2.0]
    );
}

#[test]
fn a_model_exported_for_eight_points_takes_any_number() {
    let graph = Graph::new(&[8, 2, 3]).wholes("t", &[8, 6]).node("Reshape", &["x", "t"], "f");
    let network = open(&graph.clone().node("Tanh", &["f"], "y"));
    assert_eq!((network.inputs(), network.layers()[1].neurons), (6, 6));
    let wrong = graph.wholes("u", &[4, 12]).node("Reshape", &["f", "u"], "y");
    assert!(super::refusals::error(&wrong).contains("batch of 1"));
}

#[test]
fn several_inputs_follow_one_another() {
    let graph = Graph::new(&[-1, 2]).input("w", &[-1, 1]);
    let graph =
        graph.node_with("Concat", &["w", "x"], "c", &[int("axis", 1)]).node("Exp", &["c"], "y");
    let network = open(&graph);
    assert_eq!((network.inputs(), network.input_shape()), (3, &[3][..]));
    let values = value(&network, &[1.0, 2.0, 3.0]);
    assert_eq!(values, [3f64.exp(), 1f64.exp(), 2f64.exp()]);
}

#[test]
fn constants_are_computed_once() {
    let graph = Graph::new(&[-1, 2])
        .tensor("w", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        .tensor("two", &[], &[2.0])
        .node_with("Transpose", &["w"], "t", &[ints("perm", &[1, 0])])
        .node("Mul", &["two", "t"], "u")
        .node("Neg", &["u"], "v")
        .node_with("Gemm", &["x", "v"], "y", &[int("transB", 1)]);
    let network = open(&graph);
    assert_eq!(network.layers().len(), 1);
    assert_eq!(value(&network, &[1.0, 10.0]), [-82.0, -104.0, -126.0]);
}

#[test]
fn numbers_of_all_kinds_are_read() {
    let stored = |data_type: i32, tensor: TensorProto| {
        let mut graph = Graph::new(&[-1, 2]).node("Add", &["x", "w"], "y");
        let tensor = TensorProto { name: "w".into(), dims: vec![2], data_type, ..tensor };
        graph.proto.initializer.push(tensor);
        value(&open(&graph), &[0.0, 0.0])
    };
    let raw =
        |bytes: &[u8]| TensorProto { raw_data: Some(bytes.to_vec()), ..TensorProto::default() };
    let expected = [1.5, -2.0];
    assert_eq!(stored(element::FLOAT, raw(&[0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0])), expected);
    assert_eq!(stored(element::FLOAT16, raw(&[0, 0x3e, 0, 0xc0])), expected);
    assert_eq!(stored(element::BFLOAT16, raw(&[0xc0, 0x3f, 0, 0xc0])), expected);
    let typed = TensorProto { float_data: vec![1.5, -2.0], ..TensorProto::default() };
    assert_eq!(stored(element::FLOAT, typed), expected);
    let typed = TensorProto { double_data: vec![1.5, -2.0], ..TensorProto::default() };
    assert_eq!(stored(element::DOUBLE, typed), expected);
    let typed = TensorProto { int32_data: vec![0x3e00, 0xc000], ..TensorProto::default() };
    assert_eq!(stored(element::FLOAT16, typed), expected);
    let typed = TensorProto { int32_data: vec![0x3fc0, 0xc000], ..TensorProto::default() };
    assert_eq!(stored(element::BFLOAT16, typed), expected);
}

/// A classifier as scikit-learn exports it: the label has no gradient, the scores have.
#[test]
fn labels_are_passed_over() {
    let graph = Graph::new(&[-1, 2])
        .tensor("w", &[2, 2], &[1.0, -1.0, 0.5, 2.0])
        .node("MatMul", &["x", "w"], "scores")
        .node("Softmax", &["scores"], "probabilities")
        .node_with("ArgMax", &["probabilities"], "index", &[int("axis", 1)])
        .node_with("Cast", &["index"], "label", &[int("to", 7)])
        .node("ZipMap", &["probabilities"], "map")
        .domain("ai.onnx.ml")
        .output("label")
        .output("map");
    let network = open(&graph);
    assert_eq!(network.output(), "map");
    assert!(network.layer("label").is_err());
}

/// Values computed by hand: gradients alone would not show a constant that is wrong.
#[test]
fn values_are_those_of_the_definitions() {
    let on = |operator: &str, opset: i64, x: f64| {
        value(&open(&Graph::new(&[-1, 1]).opset(opset).node(operator, &["x"], "y")), &[x])[0]
    };
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-7, "{a} {b}");
    close(on("Selu", 17, -1.0), -1.111_330_7);
    close(on("Selu", 17, 1.0), 1.050_701);
    close(on("Gelu", 20, 1.0), 0.841_344_746);
    close(on("HardSigmoid", 17, 1.0), 0.7);
    close(on("HardSwish", 17, 1.0), 2.0 / 3.0);
    close(on("Mish", 18, 1.0), 0.865_098_388);
    close(on("Softplus", 17, 1000.0), 1000.0);
    close(on("Sigmoid", 17, -1000.0), 0.0);
    close(on("LeakyRelu", 17, -1.0), -0.01);
    let pool = |attributes: &[_]| {
        let graph = Graph::new(&[-1, 1, 3]).opset(19);
        value(&open(&graph.node_with("AveragePool", &["x"], "y", attributes)), &[1.0, 2.0, 6.0])
    };
    let (kernel, pads) = (ints("kernel_shape", &[2]), ints("pads", &[1, 0]));
    assert_eq!(pool(&[kernel.clone(), pads.clone()]), [1.0, 1.5, 4.0]);
    assert_eq!(pool(&[kernel.clone(), pads, int("count_include_pad", 1)]), [0.5, 1.5, 4.0]);
    let ceil = [kernel, ints("strides", &[2]), int("ceil_mode", 1), int("count_include_pad", 1)];
    assert_eq!(pool(&ceil), [1.5, 6.0]);
    let norm = Graph::new(&[-1, 2]).tensor("s", &[2], &[2.0, 1.0]);
    let norm = norm.node_with("LayerNormalization", &["x", "s"], "y", &[float("epsilon", 3.0)]);
    assert_eq!(value(&open(&norm), &[1.0, 3.0]), [-1.0, 0.5]);
    let conv = Graph::new(&[-1, 2, 3]).tensor("w", &[1, 2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let conv = open(&conv.node("Conv", &["x", "w"], "y"));
    assert_eq!(value(&conv, &[1.0, 2.0, 3.0, 10.0, 20.0, 30.0]), [115.0, 188.0]);
}
