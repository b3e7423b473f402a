//! Models that are not understood are refused, with the reason and a way out.

use super::build::{Graph, doubles, float, info, int, ints, tensor, text};
use super::perceptron;
use crate::onnx::proto::{TensorProto, element};
use crate::{ModelError, Network};

fn error(graph: &Graph) -> String {
    match Network::from_onnx(&graph.bytes()) {
        Ok(network) => panic!("accepted: {network:?}"),
        Err(error) => error.to_string(),
    }
}

fn assert_error(graph: &Graph, parts: &[&str]) {
    let error = error(graph);
    for part in parts {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
}

#[test]
fn unknown_operators_and_attributes_are_named() {
    let graph = Graph::new(&[-1, 2]);
    let unknown = graph.clone().node("Relu", &["x"], "r").node("NonZero", &["r"], "y");
    assert_error(&unknown, &["`node_1`", "NonZero", "Less, LessOrEqual, Log, LogSoftmax"]);
    let foreign = graph.clone().node("Relu", &["x"], "y").domain("com.microsoft");
    assert_error(&foreign, &["com.microsoft::Relu"]);
    let attribute = graph.clone().node_with("Relu", &["x"], "y", &[float("alpha", 0.1)]);
    assert_error(&attribute, &["`node_0` (Relu)", "`alpha`"]);
    let kind = graph.clone().node_with("LeakyRelu", &["x"], "y", &[int("alpha", 1)]);
    assert_error(&kind, &["`alpha` of kind 2"]);
    let twice = [float("alpha", 0.1), float("alpha", 0.2)];
    assert_error(&graph.clone().node_with("Elu", &["x"], "y", &twice), &["`alpha` twice"]);
    let gelu = graph.clone().opset(20).node_with("Gelu", &["x"], "y", &[text("approximate", "no")]);
    assert_error(&gelu, &["`approximate` = \"no\""]);
    assert_error(&graph.clone().opset(19).node("Gelu", &["x"], "y"), &["version 19", "needs 20"]);
    assert_error(&graph.clone().opset(6).node("Relu", &["x"], "y"), &["version 6", "export"]);
    assert_error(&graph.opset(99).node("Relu", &["x"], "y"), &["version 99"]);
    let train = Graph::new(&[-1, 1]).tensor("c", &[1], &[1.0]).node_with(
        "BatchNormalization",
        &["x", "c", "c", "c", "c"],
        "y",
        &[int("training_mode", 1)],
    );
    assert_error(&train, &["`training_mode` = 1"]);
}

#[test]
fn points_must_not_mix() {
    let cube = || {
        Graph::new(&[-1, 3, 2]).tensor("w", &[3, 3], &[1.0; 9]).tensor("b", &[5, 1, 1], &[1.0; 5])
    };
    let row = || {
        cube()
            .wholes("one", &[1])
            .node_with("Gather", &["x", "one"], "r", &[int("axis", 2)])
            .node_with("Squeeze", &["r", "two"], "flat", &[])
            .wholes("two", &[2])
    };
    let graphs = [
        cube().node_with("Transpose", &["x"], "y", &[ints("perm", &[1, 0, 2])]),
        cube().node("Transpose", &["x"], "y"),
        cube().node_with("Softmax", &["x"], "y", &[int("axis", 0)]),
        cube().node_with("Concat", &["x", "x"], "y", &[int("axis", 0)]),
        cube().node("ReduceMean", &["x"], "y"),
        cube().node_with("ReduceMean", &["x"], "y", &[ints("axes", &[0, 1])]),
        cube().node_with("Flatten", &["x"], "y", &[int("axis", 0)]),
        cube().node_with("Flatten", &["x"], "y", &[int("axis", 2)]),
        cube().wholes("t", &[-1]).node("Reshape", &["x", "t"], "y"),
        cube().wholes("t", &[-1, 3]).node("Reshape", &["x", "t"], "y"),
        cube().wholes("t", &[1, 6]).node("Reshape", &["x", "t"], "y"),
        cube().wholes("a", &[0]).node("Unsqueeze", &["x", "a"], "y"),
        cube().wholes("a", &[0]).node("Gather", &["x", "a"], "y"),
        cube().node("Add", &["x", "b"], "y"),
        row().node("Add", &["x", "flat"], "y"),
        row().node("MatMul", &["flat", "x"], "y"),
        row().node("MatMul", &["w", "flat"], "y"),
        row().node("MatMul", &["flat", "flat"], "y"),
        row().node_with("Gemm", &["flat", "w"], "y", &[int("transA", 1)]),
        cube().wholes("s", &[0]).wholes("e", &[1]).node("Slice", &["x", "s", "e", "s"], "y"),
        cube().wholes("t", &[7, 3, 2]).node("Expand", &["x", "t"], "y"),
    ];
    for graph in graphs {
        let result = Network::from_onnx(&graph.bytes());
        let what = graph.proto.node.last().unwrap();
        assert!(matches!(result, Err(ModelError::MixesPoints { .. })), "{what:?}: {result:?}");
    }
}

#[test]
fn broken_graphs_are_told_apart() {
    let graph = Graph::new(&[-1, 2]);
    assert_error(&graph.clone().node("Relu", &["z"], "y"), &["`z`", "`node_0`", "neither stored"]);
    let cycle = graph.clone().node("Relu", &["b"], "a").node("Relu", &["a"], "b");
    assert_error(&cycle, &["`b`", "only after it", "cycle"]);
    let twice = graph.clone().node("Relu", &["x"], "a").node("Tanh", &["x"], "a");
    assert_error(&twice, &["`a` is defined twice"]);
    assert_error(&graph.clone().node("Relu", &["x"], "x"), &["`x` is defined twice"]);
    let stored = graph.clone().tensor("w", &[1], &[1.0]);
    assert_error(&stored.clone().tensor("w", &[1], &[1.0]).node("Relu", &["x"], "y"), &["`w` is"]);
    assert_error(&stored.node("Relu", &["x"], "y").output("z"), &["`z`", "outputs"]);
    assert_error(
        &graph.clone().input("x", &[-1, 2]).node("Relu", &["x"], "y"),
        &["`x` is defined"],
    );
    assert_error(&graph.clone().output("x"), &["no tensor of the network depends"]);
    let index = graph.clone().node_with("ArgMax", &["x"], "i", &[]);
    assert_error(&index, &["no tensor of the network depends"]);
    let misfit = perceptron().tensor("w3", &[3, 4], &[1.0; 12]).node("MatMul", &["y", "w3"], "z");
    assert_error(&misfit, &["`node_3` (MatMul)", "[2]", "[3, 4]"]);
    assert_error(&graph.clone().node("Add", &["x"], "y"), &["input 1 is missing"]);
    assert_error(&graph.node_with("Softmax", &["x"], "y", &[int("axis", 5)]), &["axis 5"]);
    let error = Network::from_onnx(&[]).unwrap_err().to_string();
    assert!(error.contains("no graph"), "{error}");
    let bytes = perceptron().bytes();
    let error = Network::from_onnx(&bytes[..bytes.len() / 2]).unwrap_err().to_string();
    assert!(error.contains("truncated"), "{error}");
}

#[test]
fn inputs_must_say_what_a_point_is() {
    let node = |graph: Graph| graph.node("Relu", &["x"], "y");
    assert_error(&node(Graph::new(&[-1, -1])), &["input `x`", "only the batch axis dynamic"]);
    assert_error(&node(Graph::new(&[-1, 2]).input("z", &[1, 2])), &["`z`", "not like that of `x`"]);
    assert_error(&node(Graph::new(&[-1, i64::MAX, i64::MAX])), &["too large"]);
    assert_error(&node(Graph::new(&[-1, 1 << 40])), &["more than"]);
    let mut whole = node(Graph::new(&[-1, 2]));
    whole.proto.input[0] = info("x", &[-1, 2], element::INT64);
    assert_error(&whole, &["no floating-point"]);
    whole.proto.input[0].r#type = None;
    assert_error(&whole, &["not a tensor"]);
    whole.proto.input.clear();
    assert_error(&whole, &["no inputs"]);
}

#[test]
fn damaged_weights_are_refused() {
    let with = |tensor: TensorProto| {
        let mut graph = Graph::new(&[-1, 2]).node("Add", &["x", "w"], "y");
        graph.proto.initializer.push(TensorProto { name: "w".into(), ..tensor });
        graph
    };
    assert_error(&with(doubles("", &[2], &[1.0, f64::NAN])), &["`w`: number 1 is NaN"]);
    assert_error(&with(doubles("", &[2], &[f64::INFINITY, 0.0])), &["`w`: number 0 is inf"]);
    assert_error(&with(doubles("", &[3], &[1.0, 2.0])), &["`w`: 2 numbers for the shape [3]"]);
    assert_error(&with(doubles("", &[-2], &[1.0, 2.0])), &["bad shape"]);
    assert_error(&with(doubles("", &[i64::MAX, 4], &[])), &["bad shape"]);
    assert_error(&with(doubles("", &[1 << 50], &[])), &["0 numbers"]);
    let cut = TensorProto { raw_data: Some(vec![0; 9]), ..doubles("", &[1], &[]) };
    assert_error(&with(cut), &["last number is cut"]);
    let elsewhere = TensorProto { data_location: 1, ..doubles("", &[1], &[]) };
    assert_error(&with(elsewhere), &["another file", "single file"]);
    let strings = TensorProto { data_type: 8, ..doubles("", &[1], &[]) };
    assert_error(&with(strings), &["kind 8"]);
    // Damage in a Constant is found like that in an initializer.
    let nan = tensor("value", doubles("", &[1], &[f64::NAN]));
    let graph =
        Graph::new(&[-1, 2]).node_with("Constant", &[], "w", &[nan]).node("Add", &["x", "w"], "y");
    assert_error(&graph, &["NaN"]);
}

#[test]
fn small_files_do_not_take_much_memory() {
    let big = 1 << 33;
    let wide = Graph::new(&[-1, 1]).wholes("t", &[1, big]).node("Expand", &["x", "t"], "y");
    assert_error(&wide, &["more than"]);
    let fill = Graph::new(&[-1, 1]).wholes("t", &[big]).node("ConstantOfShape", &["t"], "c");
    assert_error(&fill.node("Add", &["x", "c"], "y"), &["more than"]);
    let pads = ints("pads", &[big, 0]);
    let pool = [ints("kernel_shape", &[1]), pads.clone()];
    let pool = Graph::new(&[-1, 1, 1]).node_with("MaxPool", &["x"], "y", &pool);
    assert_error(&pool, &["more than"]);
    let conv = Graph::new(&[-1, 1, 1]).tensor("w", &[1, 1, 1], &[1.0]);
    assert_error(&conv.node_with("Conv", &["x", "w"], "y", &[pads]), &["more than"]);
    // Twenty times four times as many.
    let mut grown = Graph::new(&[-1, 1]).wholes("unused", &[]).node("Relu", &["x"], "t0");
    for n in 0..20 {
        let (from, to) = (format!("t{n}"), format!("t{}", n + 1));
        let inputs = [&from[..]; 4];
        grown = grown.node_with("Concat", &inputs, &to, &[int("axis", 1)]);
    }
    assert_error(&grown, &["more than"]);
}
