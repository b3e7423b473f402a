//! Models that are not understood are refused, with the reason and a way out.

use super::build::{Graph, doubles, float, info, int, ints, tensor, text};
use super::perceptron;
use crate::onnx::proto::{TensorProto, element};
use symgrad_data::Table;

use crate::Network;

/// Why a model, or its output, is not read.
pub(super) fn error(graph: &Graph) -> String {
    let network = Network::from_onnx(&graph.bytes());
    match network.and_then(|network| network.layer(network.output()).cloned()) {
        Ok(layer) => panic!("accepted: {layer:?}"),
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
    let unknown = graph.clone().node("Relu", &["x"], "r").node("Wavelet", &["r"], "y");
    assert_error(&unknown, &["`node_1`", "operator Wavelet is not supported", "`r`"]);
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
        cube().node_with("Softmax", &["x"], "y", &[int("axis", 0)]),
        cube().node_with("Concat", &["x", "x"], "y", &[int("axis", 0)]),
        cube().node("ReduceMean", &["x"], "y"),
        cube().node_with("ReduceMean", &["x"], "y", &[ints("axes", &[0, 1])]),
        cube().wholes("t", &[1, 6]).node("Reshape", &["x", "t"], "y"),
        cube().wholes("a", &[0]).node("Gather", &["x", "a"], "y"),
        cube().node("Add", &["x", "b"], "y"),
        row().node("Add", &["x", "flat"], "y"),
        row().node("MatMul", &["flat", "x"], "y"),
        row().node("MatMul", &["w", "flat"], "y"),
        row().node("MatMul", &["flat", "flat"], "y"),
        row().node_with("Gemm", &["flat", "w"], "y", &[int("transA", 1)]),
        cube().wholes("s", &[0]).wholes("e", &[1]).node("Slice", &["x", "s", "e", "s"], "y"),
        cube().wholes("t", &[7, 3, 2]).node("Expand", &["x", "t"], "y"),
        // Turned, mixed and turned back.
        cube()
            .node_with("Transpose", &["x"], "t", &[ints("perm", &[1, 0, 2])])
            .node_with("Softmax", &["t"], "s", &[int("axis", 1)])
            .node_with("Transpose", &["s"], "y", &[ints("perm", &[1, 0, 2])]),
        cube()
            .node_with("Transpose", &["x"], "t", &[ints("perm", &[1, 0, 2])])
            .wholes("a", &[1])
            .opset(13)
            .node_with("CumSum", &["t", "a"], "y", &[]),
    ];
    for graph in graphs {
        assert_error(&graph, &["export the model with a batch of 1"]);
    }
}

/// Axes that are turned and joined do not mix points: the graph is computed for one point where
/// that is what it computes for each of several.
#[test]
fn points_may_be_any_axis() {
    let cube = || Graph::new(&[-1, 3, 2]);
    let graphs = [
        cube().node_with("Transpose", &["x"], "y", &[ints("perm", &[1, 0, 2])]),
        cube().node("Transpose", &["x"], "y"),
        cube().node_with("Flatten", &["x"], "y", &[int("axis", 0)]),
        cube().node_with("Flatten", &["x"], "y", &[int("axis", 2)]),
        cube().wholes("t", &[-1]).node("Reshape", &["x", "t"], "y"),
        cube().wholes("t", &[-1, 3]).node("Reshape", &["x", "t"], "y"),
        cube().wholes("a", &[0]).node("Unsqueeze", &["x", "a"], "y"),
    ];
    for graph in graphs {
        let network = Network::from_onnx(&graph.node("Tanh", &["y"], "z").bytes()).unwrap();
        let names = (0..6).map(|n| format!("x{n}")).collect();
        let points = Table::new(names, (0..6).map(|n| vec![f64::from(n) * 0.2]).collect()).unwrap();
        let mut values: Vec<f64> =
            network.values(&points, "z").unwrap().into_iter().flatten().collect();
        values.sort_by(f64::total_cmp);
        let expected: Vec<f64> = (0..6).map(|n| (f64::from(n) * 0.2).tanh()).collect();
        assert_eq!(values, expected);
    }
    // A tensor in which points meet is not read, where the output does not use it.
    let side = cube()
        .node_with("ReduceMean", &["x"], "mean", &[ints("axes", &[0]), int("keepdims", 1)])
        .node_with("Transpose", &["x"], "t", &[ints("perm", &[1, 0, 2])])
        .node("Tanh", &["t"], "y");
    let network = Network::from_onnx(&side.bytes()).unwrap();
    assert!(network.layer("y").is_ok());
    let error = network.layer("mean").unwrap_err().to_string();
    assert!(error.contains("`mean` cannot be read") && error.contains("other points"), "{error}");
}

/// What cannot be read is never taken for something else.
#[test]
fn an_output_that_is_not_read_has_no_stand_in() {
    let graph = || Graph::new(&[-1, 3]).node("Tanh", &["x"], "h");
    let stairs = graph().node_with("Cast", &["h"], "a", &[int("to", 7)]);
    let stairs = stairs.node_with("Cast", &["a"], "y", &[int("to", 1)]);
    assert_error(&stairs, &["`y` cannot be read", "constant almost everywhere", "`h`", "--layer"]);
    let unknown = graph().node("Wavelet", &["h"], "w").node("Exp", &["w"], "y");
    assert_error(&unknown, &["`y` cannot be read", "operator Wavelet", "`h`", "--layer"]);
    let constant = graph().tensor("c", &[1], &[1.0]).output("c");
    assert_error(&constant, &["`c` cannot be read", "does not depend on the inputs"]);
    assert_error(&graph().output("x"), &["`x` cannot be read", "the input itself"]);
    let first = graph().node("Exp", &["x"], "e").node("Wavelet", &["h"], "w");
    let network = Network::from_onnx(&first.clone().output("w").output("e").bytes()).unwrap();
    assert_eq!(network.output(), "w");
    assert!(network.layer("w").is_err() && network.layer("e").is_ok());
    // With labels first, the output is what has a gradient.
    let labels = first.node_with("ArgMax", &["e"], "label", &[int("axis", 1)]);
    let network = Network::from_onnx(&labels.output("label").output("e").bytes()).unwrap();
    assert!(network.output() == "e" && network.layer("e").is_ok());
}

#[test]
fn all_unsupported_operators_are_named() {
    let graph = Graph::new(&[-1, 3])
        .node("Wavelet", &["x"], "a")
        .node("Ripple", &["a"], "b")
        .node("Ripple", &["x"], "c")
        .node("Add", &["b", "c"], "y");
    let parts = ["not supported are the operators", "Ripple (twice)", "Wavelet (once)"];
    assert_error(&graph, &parts);
    let mut late = Graph::new(&[-1, 3]).node("Tanh", &["x"], "h").node("Wavelet", &["h"], "a");
    for n in 0..3 {
        late = late.node("Ripple", &["a"], &format!("r{n}"));
    }
    assert_error(&late, &["`r2` cannot be read", "Ripple (3 times)", "Wavelet (once)", "`h`"]);
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
    let index = graph.clone().node_with("ArgMax", &["x"], "i", &[int("axis", 1)]);
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
    // But −∞ among zeros is a mask.
    let mask = with(doubles("", &[2], &[f64::NEG_INFINITY, 0.0])).node("Softmax", &["y"], "z");
    assert!(Network::from_onnx(&mask.bytes()).is_ok());
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
    let repeats = Graph::new(&[-1, 1]).wholes("t", &[1, big]).node("Tile", &["x", "t"], "y");
    assert_error(&repeats, &["more than"]);
    for mode in ["constant", "edge", "reflect", "wrap"] {
        let wide = Graph::new(&[-1, 1]).wholes("p", &[0, big, 0, big]);
        assert_error(
            &wide.node_with("Pad", &["x", "p"], "y", &[text("mode", mode)]),
            &["more than"],
        );
    }
    let resize = Graph::new(&[-1, 1, 1]).tensor("s", &[3], &[1.0, 1.0, 3e7]);
    assert_error(&resize.node("Resize", &["x", "", "s"], "y"), &["more than"]);
    let hot = Graph::new(&[2]).wholes("i", &[0]).wholes("d", &[1 << 31]);
    assert_error(&hot.node("OneHot", &["i", "d", "x"], "y"), &["more than"]);
    // Twenty times four times as many.
    let mut grown = Graph::new(&[-1, 1]).wholes("unused", &[]).node("Relu", &["x"], "t0");
    for n in 0..20 {
        let (from, to) = (format!("t{n}"), format!("t{}", n + 1));
        let inputs = [&from[..]; 4];
        grown = grown.node_with("Concat", &inputs, &to, &[int("axis", 1)]);
    }
    assert_error(&grown, &["more than"]);
}

/// Lists and messages that are short in the file and long in memory.
#[test]
fn files_do_not_grow_in_memory() {
    let million = 1 << 20;
    // Fields of the model by number, each of them a message without contents.
    let within = |path: &[u8], inner: &[u8], times: usize| {
        let mut bytes = inner.repeat(times);
        for field in path.iter().rev() {
            let mut outer = vec![field << 3 | 2];
            prost::encoding::encode_varint(bytes.len() as u64, &mut outer);
            outer.append(&mut bytes);
            bytes = outer;
        }
        bytes
    };
    let cases: [(&[u8], &[u8]); 7] = [
        // Nodes, their inputs, attributes and their texts; initializers; graphs within graphs.
        (&[7], &[1 << 3 | 2, 0]),
        (&[7, 1], &[1 << 3 | 2, 0]),
        (&[7, 1], &[5 << 3 | 2, 0]),
        (&[7, 1, 5], &[9 << 3 | 2, 0]),
        (&[7], &[5 << 3 | 2, 0]),
        (&[7, 1, 5, 6], &[1 << 3 | 2, 0]),
        // Integers of a byte each.
        (&[7, 1, 5], &[8 << 3, 1]),
    ];
    for (path, inner) in cases {
        let bytes = within(path, inner, 4 * million);
        let error = Network::from_onnx(&bytes).unwrap_err().to_string();
        assert!(error.contains("in memory"), "{path:?}: {error}");
        // A few of them are read, and refused for something else.
        let error = Network::from_onnx(&within(path, inner, 100)).unwrap_err().to_string();
        assert!(!error.contains("in memory"), "{path:?}: {error}");
    }
}

/// Loops within loops end, however often they are to turn.
#[test]
fn loops_are_bounded() {
    let inner = |body: crate::onnx::proto::GraphProto| {
        let mut outer = Graph::new(&[1]).input("on", &[1]).input("v", &[1]);
        outer.proto.input[0].name = "turn".into();
        outer = outer.wholes("many", &[1 << 40]);
        outer.proto.initializer[0].dims.clear();
        outer =
            outer.node_with("Loop", &["many", "", "v"], "w", &[super::build::graph("body", body)]);
        outer.node("Identity", &["on"], "go").output("go").output("w").proto
    };
    let mut leaf = Graph::new(&[1]).input("on", &[1]).input("v", &[1]);
    leaf.proto.input[0].name = "turn".into();
    let leaf = leaf.node("Sin", &["v"], "s").node("Identity", &["on"], "go");
    let body = inner(inner(leaf.output("go").output("s").proto));
    let mut graph = Graph::new(&[-1, 1]).wholes("n", &[1 << 40]);
    graph.proto.initializer[0].dims.clear();
    let graph = graph.node_with("Loop", &["n", "", "x"], "y", &[super::build::graph("body", body)]);
    assert_error(&graph, &["more than"]);
}
