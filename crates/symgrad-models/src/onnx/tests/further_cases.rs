//! Models of operators that choose, put, accumulate and transform elements, and of those of
//! scikit-learn.

use super::build::{Graph, float, floats, graph, int, ints, text, texts};
use super::element_cases::{Case, case, positive};
use crate::onnx::proto::{AttributeProto, GraphProto};

/// Numbers that differ.
fn numbers(count: usize) -> Vec<f64> {
    (0..count).map(|n| ((n * 29 + 7) % 37) as f64 * 0.06 - 1.0).collect()
}

/// A graph of one point with constants, some of integers.
fn alone(shape: &[i64], constants: &[(&str, &[i64])], wholes: &[(&str, &[i64])]) -> Graph {
    let mut graph = Graph::new(shape).opset(28);
    for (name, shape) in constants {
        let count = usize::try_from(shape.iter().product::<i64>()).unwrap();
        graph = graph.tensor(name, shape, &numbers(count));
    }
    wholes.iter().fold(graph, |graph, (name, data)| graph.wholes(name, data))
}

/// Smooth functions, and staircases beside what has a slope.
pub(super) fn functions() -> Vec<Case> {
    let within = |operator: &str, range: (f64, f64)| Case {
        graph: Graph::new(&[-1, 4]).node(operator, &["x"], "y"),
        range,
    };
    let mut cases = vec![
        within("Asin", (-0.9, 0.9)),
        within("Acos", (-0.9, 0.9)),
        within("Asinh", (-2.0, 2.0)),
        within("Acosh", (1.1, 3.0)),
        within("Atanh", (-0.9, 0.9)),
        case(Graph::new(&[-1, 4]).node_with(
            "Shrink",
            &["x"],
            "y",
            &[float("lambd", 0.7), float("bias", 0.2)],
        )),
    ];
    for operator in ["Floor", "Ceil", "Round", "Sign", "IsNaN", "IsInf"] {
        let graph = Graph::new(&[-1, 4]).node(operator, &["x"], "s").tensor("c", &[], &[0.3]);
        cases.push(case(graph.node("Add", &["s", "c"], "t").node("Mul", &["x", "t"], "y")));
    }
    for flag in [0, 1] {
        let graph = Graph::new(&[-1, 4]).tensor("c", &[4], &[0.7, -0.6, 1.1, 0.45]);
        cases.push(case(graph.node_with("Mod", &["x", "c"], "y", &[int("fmod", flag)])));
    }
    let truths = Graph::new(&[-1, 4])
        .tensor("c", &[], &[0.2])
        .node("Less", &["x", "c"], "a")
        .node_with("Cast", &["x"], "t", &[int("to", 6)])
        .node_with("Cast", &["t"], "b", &[int("to", 9)])
        .node("Xor", &["a", "b"], "mask");
    cases.push(case(truths.node("Sin", &["x"], "s").node("Where", &["mask", "s", "x"], "y")));
    cases
}

pub(super) fn places() -> Vec<Case> {
    let cube: &[i64] = &[1, 3, 4];
    let with =
        |wholes: &[(&str, &[i64])], operator: &str, inputs: &[&str], a: &[AttributeProto]| {
            let graph = alone(cube, &[("u", &[1, 2, 4])], wholes).node("Sin", &["x"], "s");
            case(graph.node_with(operator, inputs, "y", a))
        };
    let shaped = |graph: Graph, name: &str, shape: &[i64]| {
        let mut graph = graph;
        let tensor = graph.proto.initializer.iter_mut().find(|t| t.name == name).unwrap();
        tensor.dims = shape.to_vec();
        graph
    };
    let mut cases = vec![
        with(&[("r", &[1, 2, 2])], "Tile", &["s", "r"], &[]),
        with(&[("k", &[1])], "Trilu", &["s", "k"], &[]),
        with(&[], "Trilu", &["s"], &[int("upper", 0)]),
        with(&[("a", &[2])], "CumSum", &["s", "a"], &[]),
        with(&[("a", &[1])], "CumSum", &["s", "a"], &[int("reverse", 1), int("exclusive", 1)]),
        with(&[("a", &[2])], "CumProd", &["s", "a"], &[int("exclusive", 1)]),
        with(&[("k", &[2])], "TopK", &["s", "k"], &[int("axis", 2), int("largest", 0)]),
        with(&[("c", &[1, 0, 1])], "Compress", &["s", "c"], &[int("axis", 1)]),
        with(
            &[("n", &[3])],
            "ReverseSequence",
            &["s", "n"],
            &[int("time_axis", 2), int("batch_axis", 0)],
        ),
        with(
            &[("n", &[5, 2]), ("a", &[1, 2])],
            "CenterCropPad",
            &["s", "n"],
            &[ints("axes", &[1, 2])],
        ),
        with(&[("p", &[0, -1, 2, 0, 1, 0])], "Pad", &["s", "p"], &[]),
        with(&[("p", &[0, 1, 3, 0, 2, 1])], "Pad", &["s", "p"], &[text("mode", "reflect")]),
        with(&[("p", &[0, 1, 3, 0, 2, 1])], "Pad", &["s", "p"], &[text("mode", "edge")]),
        with(&[("p", &[0, 1, 3, 0, 2, 1])], "Pad", &["s", "p"], &[text("mode", "wrap")]),
    ];
    let elements = alone(cube, &[], &[("i", &[0, 2, 1, -1, 1, 0, 0, 2])]);
    let elements = shaped(elements, "i", &[1, 2, 4]);
    let graph = elements.clone().node_with("GatherElements", &["x", "i"], "y", &[int("axis", 1)]);
    cases.push(case(graph));
    for (operator, reduction) in [
        ("ScatterElements", "none"),
        ("ScatterElements", "add"),
        ("ScatterElements", "mul"),
        ("ScatterElements", "max"),
        ("ScatterElements", "min"),
    ] {
        let graph = elements.clone().node("Cos", &["x"], "c").wholes("e", &[2]);
        let graph =
            graph.wholes("b", &[0]).wholes("one", &[1]).node("Slice", &["c", "b", "e", "one"], "u");
        let attributes = [int("axis", 1), text("reduction", reduction)];
        cases.push(case(graph.node_with(operator, &["x", "i", "u"], "y", &attributes)));
    }
    let old = elements.clone().opset(10).tensor("u", &[1, 2, 4], &numbers(8));
    cases.push(case(old.node_with("Scatter", &["x", "i", "u"], "y", &[int("axis", 1)])));
    let tuples = shaped(alone(&[2, 3, 2], &[], &[("i", &[0, 1, 1, 2])]), "i", &[2, 2]);
    let mut tuples = tuples;
    tuples.proto.input = Graph::new(&[12]).proto.input;
    let tuples = tuples.wholes("shape", &[2, 3, 2]).node("Reshape", &["x", "shape"], "v");
    cases.push(case(tuples.clone().node("GatherND", &["v", "i"], "y")));
    let batches = shaped(tuples.clone().wholes("j", &[2, 0]), "j", &[2, 1]);
    cases.push(case(batches.node_with("GatherND", &["v", "j"], "y", &[int("batch_dims", 1)])));
    for reduction in ["none", "add"] {
        let graph = tuples.clone().tensor("u", &[2, 2], &numbers(4)).node("Sin", &["v"], "s");
        let attributes = [text("reduction", reduction)];
        cases.push(case(graph.node_with("ScatterND", &["s", "i", "u"], "y", &attributes)));
    }
    let cache = tuples.clone().wholes("start", &[1, 0]).wholes("b", &[0]).wholes("e", &[2]);
    let cache =
        cache.wholes("a", &[1]).node("Sin", &["v"], "s").node("Slice", &["s", "b", "e", "a"], "u");
    cases.push(case(cache.node("TensorScatter", &["v", "u", "start"], "y")));
    cases.extend(computed_places());
    cases
}

/// Indices that are computed for each point.
fn computed_places() -> Vec<Case> {
    let mut cases = Vec::new();
    let table = alone(&[-1, 3], &[("w", &[5, 2])], &[]).tensor("two", &[], &[2.0]);
    let table = table.node("Abs", &["x"], "a").node_with("Cast", &["a"], "i", &[int("to", 7)]);
    let table = table.node("Gather", &["w", "i"], "g").wholes("last", &[2]);
    let table = table.node("Unsqueeze", &["x", "last"], "column");
    cases.push(case(table.node("Mul", &["g", "column"], "y")));
    let own = alone(&[1, 4], &[], &[]).node("Abs", &["x"], "a");
    let own = own.node_with("Cast", &["a"], "i", &[int("to", 7)]);
    cases.push(case(own.node_with("GatherElements", &["x", "i"], "y", &[int("axis", 1)])));
    let largest = |operator: &str| {
        let graph = Graph::new(&[-1, 4]).node_with(operator, &["x"], "i", &[int("axis", 1)]);
        case(graph.node_with("Cast", &["i"], "f", &[int("to", 1)]).node("Mul", &["x", "f"], "y"))
    };
    cases.extend([largest("ArgMax"), largest("ArgMin")]);
    let hard = Graph::new(&[-1, 4]).node("Hardmax", &["x"], "h").node("Mul", &["x", "h"], "y");
    cases.push(case(hard));
    let hot = alone(&[2], &[], &[("depth", &[3]), ("i", &[0, -1])]);
    cases.push(case(hot.node("OneHot", &["i", "depth", "x"], "h").node("Sin", &["h"], "y")));
    let fixed = alone(&[-1, 3], &[], &[("c", &[1, 0, 2])])
        .node("NonZero", &["c"], "n")
        .wholes("flat", &[-1])
        .node("Reshape", &["n", "flat"], "i")
        .node_with("Gather", &["x", "i"], "g", &[int("axis", 1)])
        .node("Size", &["c"], "size")
        .node_with("Cast", &["size"], "f", &[int("to", 1)])
        .node("Mul", &["g", "f"], "y");
    cases.push(case(fixed));
    cases
}

pub(super) fn pictures() -> Vec<Case> {
    let mut cases = Vec::new();
    for mode in ["DCR", "CRD"] {
        let graph = Graph::new(&[-1, 4, 2, 2]);
        let attributes = [int("blocksize", 2), text("mode", mode)];
        cases.push(case(graph.node_with("DepthToSpace", &["x"], "y", &attributes)));
    }
    cases.push(case(Graph::new(&[-1, 1, 4, 2]).node_with(
        "SpaceToDepth",
        &["x"],
        "y",
        &[int("blocksize", 2)],
    )));
    let back = |shape: &[i64], kernel: &[i64], attributes: &[AttributeProto]| {
        let graph = alone(shape, &[("w", kernel), ("b", &[2])], &[]);
        case(graph.node_with("ConvTranspose", &["x", "w", "b"], "y", attributes))
    };
    cases.push(back(
        &[-1, 2, 3],
        &[2, 2, 3],
        &[ints("strides", &[2]), ints("output_padding", &[1])],
    ));
    cases.push(back(&[-1, 2, 3], &[2, 1, 2], &[int("group", 2), ints("dilations", &[2])]));
    cases.push(back(&[1, 1, 3, 2], &[1, 2, 2, 2], &[ints("pads", &[1, 0, 0, 1])]));
    cases.push(back(&[1, 1, 3], &[1, 2, 3], &[ints("strides", &[2]), ints("output_shape", &[6])]));
    cases.push(back(
        &[1, 1, 3],
        &[1, 2, 3],
        &[ints("strides", &[2]), text("auto_pad", "SAME_UPPER")],
    ));
    // A kernel that is computed, and several pictures at once.
    let computed = alone(&[36], &[], &[("shape", &[2, 2, 3, 3]), ("kernel", &[1, 2, 2, 2])])
        .wholes("b", &[0])
        .wholes("e", &[8])
        .node("Reshape", &["x", "shape"], "v")
        .node("Slice", &["x", "b", "e"], "flat")
        .node("Reshape", &["flat", "kernel"], "w");
    cases.push(case(computed.clone().node("Conv", &["v", "w"], "y")));
    let pair = computed.tensor("c", &[2, 2, 2, 2], &numbers(16)).node("Conv", &["v", "c"], "u");
    cases.push(case(pair.node_with("LpPool", &["u"], "y", &[ints("kernel_shape", &[2, 2])])));
    let volume = alone(&[-1, 1, 2, 3, 2], &[("w", &[1, 1, 2, 2, 2])], &[]);
    cases.push(case(volume.node("Conv", &["x", "w"], "y")));
    cases.push(case(Graph::new(&[-1, 2, 2, 2]).node_with(
        "GlobalLpPool",
        &["x"],
        "y",
        &[int("p", 3)],
    )));
    let columns = alone(&[1, 4, 4], &[], &[("image", &[3, 3]), ("block", &[2, 2])]);
    cases.push(case(columns.node("Col2Im", &["x", "image", "block"], "y")));
    let mut unpool = alone(&[1, 1, 2, 2], &[], &[("i", &[5, 7, 13, 15])]);
    unpool.proto.initializer[0].dims = vec![1, 1, 2, 2];
    let attributes = [ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
    cases.push(case(unpool.node_with("MaxUnpool", &["x", "i"], "y", &attributes)));
    let resize = |scales: &[f64], attributes: &[AttributeProto]| {
        let graph = Graph::new(&[-1, 1, 3, 4]).opset(19).tensor("s", &[4], scales);
        case(graph.node_with("Resize", &["x", "", "s"], "y", attributes))
    };
    for mode in ["nearest", "linear", "cubic"] {
        cases.push(resize(&[1.0, 1.0, 2.0, 0.6], &[text("mode", mode)]));
        let corners = text("coordinate_transformation_mode", "align_corners");
        cases.push(resize(&[1.0, 1.0, 1.7, 2.0], &[text("mode", mode), corners]));
    }
    cases.push(resize(&[1.0, 1.0, 0.6, 0.8], &[text("mode", "linear"), int("antialias", 1)]));
    let old = Graph::new(&[-1, 1, 2, 2]).opset(9).tensor("s", &[4], &[1.0, 1.0, 2.0, 3.0]);
    cases.push(case(old.node_with("Upsample", &["x", "s"], "y", &[text("mode", "linear")])));
    let grid = alone(&[1, 2, 3], &[], &[("size", &[1, 1, 2, 3])]);
    cases.push(case(grid.node("AffineGrid", &["x", "size"], "y")));
    let fourier = |shape: &[i64], attributes: &[AttributeProto]| {
        let graph = alone(shape, &[], &[("axis", &[1])]);
        case(graph.node_with("DFT", &["x", "", "axis"], "y", attributes))
    };
    cases.push(fourier(&[-1, 4, 1], &[int("onesided", 1)]));
    cases.push(fourier(&[-1, 3, 2], &[int("inverse", 1)]));
    cases.push(fourier(&[-1, 3, 2], &[int("inverse", 1), int("onesided", 1)]));
    cases.push(positive(Graph::new(&[-1, 5, 2]).node_with(
        "LRN",
        &["x"],
        "y",
        &[int("size", 3), float("alpha", 0.5)],
    )));
    cases
}

pub(super) fn sums() -> Vec<Case> {
    let mut cases = Vec::new();
    for operator in ["ReduceL1", "ReduceProd", "ReduceLogSumExp", "ReduceLogSum", "ReduceL2"] {
        let axes = [ints("axes", &[2])];
        let graph = Graph::new(&[-1, 2, 3]).node_with(operator, &["x"], "y", &axes);
        let make = if operator == "ReduceLogSum" { positive } else { case };
        cases.push(make(graph));
    }
    let contract =
        |equation: &str, shape: &[i64], constants: &[(&str, &[i64])], inputs: &[&str]| {
            let graph = alone(shape, constants, &[]);
            case(graph.node_with("Einsum", inputs, "y", &[text("equation", equation)]))
        };
    cases.push(contract("big,iog->bo", &[-1, 3, 2], &[("c", &[3, 4, 2])], &["x", "c"]));
    cases.push(contract("bij,bkj->bik", &[-1, 2, 3], &[], &["x", "x"]));
    cases.push(contract("...ij,jk", &[-1, 2, 3], &[("c", &[3, 2])], &["x", "c"]));
    cases.push(contract("bii->b", &[-1, 3, 3], &[], &["x"]));
    cases.push(contract("bi,bj,ijk->bk", &[-1, 3], &[("c", &[3, 3, 2])], &["x", "x", "c"]));
    cases.push(contract("ab,bc->ca", &[1, 2], &[("c", &[2, 3])], &["x", "c"]));
    let square = Graph::new(&[-1, 3, 3]).node("Det", &["x"], "y");
    cases.push(case(square));
    let groups = |opset: i64, size: i64| {
        let graph = alone(&[-1, 4, 3], &[("s", &[size]), ("b", &[size])], &[]).opset(opset);
        let attributes = [int("num_groups", 2), float("epsilon", 0.1)];
        case(graph.node_with("GroupNormalization", &["x", "s", "b"], "y", &attributes))
    };
    cases.extend([groups(18, 2), groups(21, 4)]);
    let mean_square = alone(&[-1, 2, 3], &[("s", &[3])], &[]);
    cases.push(case(mean_square.node("RMSNormalization", &["x", "s"], "y")));
    for power in [1, 2] {
        let graph =
            Graph::new(&[-1, 4]).node_with("LpNormalization", &["x"], "y", &[int("p", power)]);
        cases.push(positive(graph));
    }
    let variance = Graph::new(&[-1, 2, 3]).node_with(
        "MeanVarianceNormalization",
        &["x"],
        "y",
        &[ints("axes", &[2])],
    );
    cases.push(case(variance));
    let scores = |operator: &str, attributes: &[AttributeProto]| {
        let mut graph =
            alone(&[1, 3, 2], &[], &[("t", &[2, 0])]).tensor("w", &[3], &[0.5, 1.0, 2.0]);
        graph.proto.initializer[0].dims = vec![1, 2];
        case(graph.node_with(operator, &["x", "t", "w"], "y", attributes))
    };
    cases.push(scores("NegativeLogLikelihoodLoss", &[]));
    cases.push(scores("SoftmaxCrossEntropyLoss", &[text("reduction", "sum")]));
    cases.push(scores("SoftmaxCrossEntropyLoss", &[int("ignore_index", 0)]));
    let scaled = alone(&[1, 3], &[], &[("z", &[1, 0, 2])]).tensor("s", &[3], &[0.5, 1.0, 2.0]);
    cases.push(case(scaled.node("DequantizeLinear", &["x", "s"], "y")));
    cases
}

pub(super) fn sequences() -> Vec<Case> {
    let (hidden, size) = (2_i64, 2_i64);
    let recurrent = |operator: &str, gates: i64, ways: i64, attributes: &[AttributeProto]| {
        let graph = alone(
            &[-1, 3, 2],
            &[
                ("w", &[ways, gates * hidden, size]),
                ("r", &[ways, gates * hidden, hidden]),
                ("b", &[ways, 2 * gates * hidden]),
            ],
            &[],
        );
        let graph = graph.node_with("Transpose", &["x"], "t", &[ints("perm", &[1, 0, 2])]);
        let attributes = [attributes, &[int("hidden_size", hidden)]].concat();
        let graph = graph.node_with(operator, &["t", "w", "r", "b"], "s last", &attributes);
        case(graph.node_with("Transpose", &["s"], "y", &[ints("perm", &[2, 0, 1, 3])]))
    };
    let both = || text("direction", "bidirectional");
    let mut cases = vec![
        recurrent("RNN", 1, 1, &[]),
        recurrent("RNN", 1, 2, &[both(), texts("activations", &["Sigmoid", "Softsign"])]),
        recurrent("GRU", 3, 1, &[]),
        recurrent("GRU", 3, 1, &[int("linear_before_reset", 1), text("direction", "reverse")]),
        recurrent("LSTM", 4, 1, &[]),
        recurrent("LSTM", 4, 2, &[both(), float("clip", 3.0)]),
    ];
    let attend = |attributes: &[AttributeProto]| {
        let graph = alone(&[-1, 3, 4], &[("w", &[4, 4])], &[]).node("MatMul", &["x", "w"], "k");
        let attributes = [attributes, &[int("q_num_heads", 2), int("kv_num_heads", 2)]].concat();
        case(graph.node_with("Attention", &["x", "k", "k"], "y", &attributes))
    };
    cases.push(attend(&[]));
    cases.push(attend(&[int("is_causal", 1), float("softcap", 2.0), float("scale", 0.7)]));
    for interleaved in [0, 1] {
        let graph = alone(&[1, 2, 3, 4], &[("c", &[1, 3, 2]), ("s", &[1, 3, 2])], &[]);
        let attributes = [int("interleaved", interleaved)];
        cases.push(case(graph.node_with("RotaryEmbedding", &["x", "c", "s"], "y", &attributes)));
    }
    let gated = alone(&[-1, 3], &[], &[]).node("Sin", &["x"], "s");
    cases.push(case(gated.node("SwiGLU", &["x", "s"], "y")));
    // Running sums of products, as a scan of a constant; loops; branches that are known.
    let body = inner(
        &["sum", "row"],
        |graph| {
            graph.node("Mul", &["x", "row"], "p").node("Add", &["sum", "p"], "next").node(
                "Sin",
                &["next"],
                "shown",
            )
        },
        &["next", "shown"],
    );
    let scan = alone(&[1, 2], &[("c", &[3, 2])], &[]).tensor("zero", &[1, 2], &[0.0, 0.0]);
    let attributes = [graph("body", body), int("num_scan_inputs", 1)];
    cases.push(case(scan.node_with("Scan", &["zero", "c"], "last y", &attributes).output("y")));
    let body = inner(
        &["turn", "on", "v"],
        |graph| {
            graph.node("Sin", &["v"], "s").node("Add", &["s", "x"], "w").node(
                "Identity",
                &["on"],
                "go",
            )
        },
        &["go", "w"],
    );
    let mut repeat = alone(&[-1, 2], &[], &[("n", &[3])]);
    repeat.proto.initializer[0].dims.clear();
    cases.push(case(repeat.node_with("Loop", &["n", "", "x"], "y", &[graph("body", body)])));
    let branch = |operator: &str| inner(&[], |graph| graph.node(operator, &["x"], "z"), &["z"]);
    let mut choose = alone(&[-1, 2], &[], &[("flag", &[0])]);
    choose.proto.initializer[0].dims.clear();
    let attributes = [graph("then_branch", branch("Sin")), graph("else_branch", branch("Exp"))];
    cases.push(case(choose.node_with("If", &["flag"], "y", &attributes)));
    cases
}

/// A graph within a node.
fn inner(inputs: &[&str], nodes: impl Fn(Graph) -> Graph, outputs: &[&str]) -> GraphProto {
    let mut graph = Graph::new(&[1]);
    graph.proto.input.clear();
    for name in inputs {
        graph = graph.input(name, &[1]);
    }
    let graph = outputs.iter().fold(nodes(graph), |graph, name| graph.output(name));
    graph.proto
}

pub(super) fn learning() -> Vec<Case> {
    let with = |operator: &str, outputs: &str, attributes: &[AttributeProto]| {
        let graph = Graph::new(&[-1, 2]).node_with(operator, &["x"], outputs, attributes);
        graph.domain("ai.onnx.ml")
    };
    let vectors = [0.5, -0.3, 1.2, 0.4, -0.8, 0.9];
    let kernel = |name: &str| {
        [
            text("kernel_type", name),
            floats("kernel_params", &[0.7, 0.4, 2.0]),
            floats("support_vectors", &vectors),
            floats("coefficients", &[1.0, -2.0, 0.5]),
            floats("rho", &[0.3]),
        ]
    };
    let mut cases = vec![
        case(with(
            "LinearRegressor",
            "y",
            &[
                floats("coefficients", &[1.0, 2.0, -0.5, 0.3]),
                floats("intercepts", &[0.1, 0.2]),
                int("targets", 2),
            ],
        )),
        case(
            with(
                "LinearClassifier",
                "label y",
                &[
                    floats("coefficients", &[1.0, 2.0, -1.0, -2.0]),
                    floats("intercepts", &[0.1, -0.1]),
                    ints("classlabels_ints", &[0, 1]),
                    text("post_transform", "LOGISTIC"),
                ],
            )
            .output("y"),
        ),
        case(
            with(
                "SVMClassifier",
                "label y",
                &[
                    &kernel("RBF")[..],
                    &[ints("classlabels_ints", &[0, 1]), ints("vectors_per_class", &[2, 1])],
                ]
                .concat(),
            )
            .output("y"),
        ),
        case(
            with(
                "SVMClassifier",
                "label y",
                &[
                    &kernel("RBF")[..],
                    &[
                        ints("classlabels_ints", &[0, 1]),
                        ints("vectors_per_class", &[2, 1]),
                        floats("prob_a", &[-1.3]),
                        floats("prob_b", &[0.2]),
                    ],
                ]
                .concat(),
            )
            .output("y"),
        ),
    ];
    for name in ["LINEAR", "POLY", "RBF", "SIGMOID"] {
        let attributes = [&kernel(name)[..], &[int("n_supports", 3)]].concat();
        cases.push(case(with("SVMRegressor", "y", &attributes)));
    }
    for norm in ["MAX", "L1", "L2"] {
        cases.push(positive(with("Normalizer", "y", &[text("norm", norm)])));
    }
    let above = with("Binarizer", "b", &[float("threshold", 0.3)]);
    cases.push(case(above.node("Mul", &["b", "x"], "y")));
    cases.push(case(with("Imputer", "y", &[floats("imputed_value_floats", &[0.5])])));
    let beside = Graph::new(&[-1, 2]).node("Sin", &["x"], "s").node_with(
        "FeatureVectorizer",
        &["x", "s"],
        "y",
        &[ints("inputdimensions", &[2, 2])],
    );
    cases.push(case(beside.domain("ai.onnx.ml")));
    let columns =
        Graph::new(&[-1, 3]).wholes("i", &[2, 0]).node("ArrayFeatureExtractor", &["x", "i"], "y");
    cases.push(case(columns.domain("ai.onnx.ml")));
    cases
}
