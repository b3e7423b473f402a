//! Models of operators on whole tensors.

use super::build::{Graph, doubles, float, int, ints, tensor, text};
use super::element_cases::{Case, case};
use crate::onnx::proto::AttributeProto;

pub(super) fn matrices() -> Vec<Case> {
    let w: Vec<f64> = (0..12).map(|n| f64::from(n * 7 % 11) * 0.3 - 1.2).collect();
    let mut cases = Vec::new();
    let gemm = |attributes: &[AttributeProto], shape: &[i64], bias: &[i64]| {
        let size = usize::try_from(bias.iter().product::<i64>()).unwrap();
        let graph = Graph::new(&[-1, 4]).tensor("w", shape, &w).tensor("b", bias, &w[..size]);
        case(graph.node_with("Gemm", &["x", "w", "b"], "y", attributes).node("Sin", &["y"], "z"))
    };
    cases.push(gemm(&[], &[4, 3], &[3]));
    cases.push(gemm(&[int("transB", 1)], &[3, 4], &[1, 3]));
    cases.push(gemm(&[float("alpha", 0.5), float("beta", 2.0)], &[4, 3], &[1]));
    cases.push(gemm(&[], &[4, 3], &[]));
    let rows = Graph::new(&[-1, 4]).tensor("w", &[4, 3], &w).node("MatMul", &["x", "w"], "m");
    let rows = rows.node_with("Gemm", &["x", "w", "m"], "y", &[float("beta", 3.0)]);
    cases.push(case(rows.node("Cos", &["y"], "z")));
    let matmul = |shape: &[i64], w_shape: &[i64], left: bool| {
        let size = usize::try_from(w_shape.iter().product::<i64>()).unwrap();
        let graph = Graph::new(shape).tensor("w", w_shape, &w[..size]);
        let inputs = if left { ["w", "x"] } else { ["x", "w"] };
        case(graph.node("MatMul", &inputs, "y").node("Sin", &["y"], "z"))
    };
    cases.push(matmul(&[-1, 4], &[4, 3], false));
    cases.push(matmul(&[-1, 4], &[4], false));
    cases.push(matmul(&[-1, 2, 3], &[3, 4], false));
    cases.push(matmul(&[-1, 2, 3], &[1, 3, 4], false));
    cases.push(matmul(&[-1, 2, 2, 3], &[2, 3, 2], false));
    cases.push(matmul(&[-1, 3, 2], &[4, 3], true));
    cases.push(matmul(&[-1, 3, 2], &[3], true));
    cases.push(matmul(&[1, 4], &[4, 3], false));
    cases.push(matmul(&[4], &[3, 4], true));
    // Attention without its weights: x·xᵀ, softmax, ·x.
    let attention = Graph::new(&[-1, 3, 2])
        .node_with("Transpose", &["x"], "t", &[ints("perm", &[0, 2, 1])])
        .node("MatMul", &["x", "t"], "scores")
        .node_with("Softmax", &["scores"], "weights", &[int("axis", -1)])
        .node("MatMul", &["weights", "x"], "y");
    cases.push(case(attention));
    cases
}

pub(super) fn groups() -> Vec<Case> {
    let mut cases = Vec::new();
    for operator in
        ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceSumSquare"]
    {
        let old = if operator == "ReduceSum" { 11 } else { 17 };
        for (axes, keep) in [(&[1][..], 1), (&[2], 0), (&[1, -1], 0)] {
            let attributes = [ints("axes", axes), int("keepdims", keep)];
            let graph =
                Graph::new(&[-1, 3, 2]).opset(old).node_with(operator, &["x"], "y", &attributes);
            cases.push(case(graph.node("Sin", &["y"], "z")));
            let graph = Graph::new(&[-1, 3, 2]).opset(18).wholes("axes", axes);
            let graph = graph.node_with(operator, &["x", "axes"], "y", &[int("keepdims", keep)]);
            cases.push(case(graph));
        }
        cases.push(case(Graph::new(&[1, 5]).opset(old).node(operator, &["x"], "y")));
    }
    for operator in ["Softmax", "LogSoftmax"] {
        let graph = |opset| Graph::new(&[-1, 3, 2]).opset(opset);
        cases.push(case(graph(17).node_with(operator, &["x"], "y", &[int("axis", 1)])));
        cases.push(case(graph(11).node(operator, &["x"], "y")));
        cases.push(case(graph(11).node_with(operator, &["x"], "y", &[int("axis", 2)])));
    }
    let c = [0.5, -1.5, 2.0, 3.0, 1.0, 0.7];
    let layer = |shape: &[i64], size: i64, attributes: &[AttributeProto]| {
        let length =
            usize::try_from(if shape.len() > 2 && size < 0 { 6 } else { size.abs() }).unwrap();
        let dims = if size < 0 { vec![3, 2] } else { vec![size] };
        let graph =
            Graph::new(shape).tensor("s", &dims, &c[..length]).tensor("b", &dims, &c[..length]);
        case(graph.node_with("LayerNormalization", &["x", "s", "b"], "y", attributes))
    };
    cases.push(layer(&[-1, 5], 5, &[]));
    cases.push(layer(&[-1, 3, 2], 2, &[float("epsilon", 0.1)]));
    cases.push(layer(&[-1, 3, 2], -1, &[int("axis", 1)]));
    cases.push(case(Graph::new(&[-1, 5]).tensor("s", &[5], &c[..5]).node(
        "LayerNormalization",
        &["x", "s"],
        "y",
    )));
    let moments = |shape: &[i64]| {
        Graph::new(shape)
            .tensor("s", &[3], &c[..3])
            .tensor("b", &[3], &c[1..4])
            .tensor("m", &[3], &c[..3])
            .tensor("v", &[3], &[0.4, 1.0, 2.5])
    };
    for (shape, epsilon) in [(&[-1, 3][..], 1e-5), (&[-1, 3, 2], 0.1), (&[1, 3, 2, 2], 0.1)] {
        let batch = moments(shape);
        let inputs = ["x", "s", "b", "m", "v"];
        cases.push(case(batch.node_with(
            "BatchNormalization",
            &inputs,
            "y",
            &[float("epsilon", epsilon)],
        )));
        if shape.len() > 2 {
            let instance = moments(shape).node_with(
                "InstanceNormalization",
                &["x", "s", "b"],
                "y",
                &[float("epsilon", 0.1)],
            );
            cases.push(case(instance));
        }
    }
    cases
}

pub(super) fn movements() -> Vec<Case> {
    let cube = || Graph::new(&[-1, 3, 2]).node("Sin", &["x"], "s");
    let mut cases = vec![
        case(cube().node_with("Transpose", &["s"], "y", &[ints("perm", &[0, 2, 1])])),
        case(cube().node_with("Flatten", &["s"], "y", &[int("axis", 1)])),
        case(cube().wholes("i", &[2, 0, 2]).node_with(
            "Gather",
            &["s", "i"],
            "y",
            &[int("axis", 1)],
        )),
        case(cube().wholes("i", &[-1]).node_with("Gather", &["s", "i"], "y", &[int("axis", -1)])),
        case(cube().wholes("t", &[0, -1]).node("Reshape", &["s", "t"], "y")),
        case(cube().wholes("t", &[-1, 2, 3]).node("Reshape", &["s", "t"], "y")),
        case(
            cube()
                .wholes("t", &[1, 2, 3, 2])
                .wholes("a", &[1])
                .node("Unsqueeze", &["s", "a"], "u")
                .node("Expand", &["u", "t"], "y"),
        ),
        case(cube().wholes("t", &[3, 2]).node("Expand", &["s", "t"], "y")),
        case(cube().wholes("a", &[-1]).node("Unsqueeze", &["s", "a"], "u").node(
            "Squeeze",
            &["u", "a"],
            "y",
        )),
        case(cube().opset(11).node_with("Unsqueeze", &["s"], "u", &[ints("axes", &[1])]).node(
            "Squeeze",
            &["u"],
            "y",
        )),
        case(cube().opset(9).node_with(
            "Slice",
            &["s"],
            "y",
            &[ints("starts", &[1]), ints("ends", &[9]), ints("axes", &[1])],
        )),
        case(cube().node_with("Concat", &["s", "x", "s"], "y", &[int("axis", 2)])),
        case(
            cube()
                .opset(11)
                .node_with("Split", &["s"], "a b", &[ints("split", &[1, 2]), int("axis", 1)])
                .output("b"),
        ),
        case(
            cube()
                .opset(18)
                .node_with("Split", &["s"], "a b", &[int("num_outputs", 2), int("axis", 1)])
                .output("a"),
        ),
        case(cube().node_with("Split", &["s"], "a b", &[int("axis", 2)]).output("b")),
    ];
    for (starts, ends, steps) in [
        ([0, 1], [2, i64::MAX], [1, 1]),
        ([-1, 1], [i64::MIN, -9], [-1, -1]),
        ([0, 0], [3, 2], [2, 1]),
    ] {
        let graph = cube()
            .wholes("starts", &starts)
            .wholes("ends", &ends)
            .wholes("axes", &[1, 2])
            .wholes("steps", &steps);
        cases.push(case(graph.node("Slice", &["s", "starts", "ends", "axes", "steps"], "y")));
    }
    cases.push(case(sizes()));
    cases.push(case(cube().wholes("p", &[0, 1, 0, 0, 0, 2]).tensor("v", &[], &[0.5]).node(
        "Pad",
        &["s", "p", "v"],
        "y",
    )));
    cases.push(case(cube().wholes("p", &[1, 2]).wholes("a", &[-1]).opset(18).node(
        "Pad",
        &["s", "p", "", "a"],
        "y",
    )));
    cases.push(case(cube().opset(10).node_with(
        "Pad",
        &["s"],
        "y",
        &[ints("pads", &[0, 0, 1, 0, 1, 0]), float("value", 2.0)],
    )));
    cases.push(case(
        Graph::new(&[-1, 3])
            .node("Exp", &["x"], "y")
            .node_with("ZipMap", &["y"], "z", &[])
            .domain("ai.onnx.ml"),
    ));
    cases
}

/// Sizes that depend on the number of points, as dynamic exports compute them.
fn sizes() -> Graph {
    let sizes = Graph::new(&[-1, 2, 3])
        .node("Shape", &["x"], "shape")
        .node_with("Constant", &[], "zero", &[ints("value_ints", &[0])])
        .node_with("Gather", &["shape", "zero"], "points", &[int("axis", 0)])
        .node_with("Constant", &[], "rest", &[ints("value_ints", &[-1])])
        .node_with("Concat", &["points", "rest"], "target", &[int("axis", 0)])
        .node("Reshape", &["x", "target"], "flat")
        .node_with("Concat", &["points", "three"], "wide", &[int("axis", 0)])
        .node_with(
            "ConstantOfShape",
            &["wide"],
            "blank",
            &[tensor("value", doubles("", &[1], &[0.5]))],
        )
        .wholes("three", &[3])
        .node_with("Concat", &["flat", "blank"], "joined", &[int("axis", 1)])
        .node("Range", &["begin", "end", "step"], "r")
        .node_with("Gather", &["joined", "r"], "picked", &[int("axis", 1)])
        .node("Sin", &["picked"], "y");
    [("begin", 0), ("end", 8), ("step", 2)].into_iter().fold(sizes, |graph, (name, value)| {
        let mut graph = graph.wholes(name, &[value]);
        graph.proto.initializer.last_mut().unwrap().dims.clear();
        graph
    })
}

pub(super) fn images() -> Vec<Case> {
    let w: Vec<f64> = (0..72).map(|n| f64::from(n * 29 % 17) * 0.1 - 0.8).collect();
    let conv = |shape: &[i64], kernel: &[i64], attributes: &[AttributeProto]| {
        let size = usize::try_from(kernel.iter().product::<i64>()).unwrap();
        let filters = usize::try_from(kernel[0]).unwrap();
        let graph = Graph::new(shape).tensor("w", kernel, &w[..size]).tensor(
            "b",
            &kernel[..1],
            &w[..filters],
        );
        case(graph.node_with("Conv", &["x", "w", "b"], "y", attributes).node("Sin", &["y"], "z"))
    };
    let pads = ints("pads", &[1, 0, 0, 1]);
    let mut cases = vec![
        conv(&[-1, 2, 5], &[3, 2, 3], &[]),
        conv(&[-1, 2, 5], &[4, 1, 2], &[int("group", 2), ints("dilations", &[2])]),
        conv(&[-1, 1, 4, 4], &[2, 1, 3, 3], &[ints("pads", &[1, 1, 1, 1])]),
        conv(&[1, 2, 3, 4], &[2, 2, 2, 2], &[ints("strides", &[1, 2]), pads.clone()]),
        conv(&[-1, 1, 5], &[2, 1, 2], &[text("auto_pad", "SAME_UPPER"), ints("strides", &[2])]),
        conv(&[-1, 1, 5], &[2, 1, 2], &[text("auto_pad", "SAME_LOWER")]),
        conv(&[-1, 1, 5], &[2, 1, 2], &[text("auto_pad", "VALID"), ints("kernel_shape", &[2])]),
    ];
    let pool = |operator: &str, shape: &[i64], attributes: &[AttributeProto]| {
        case(Graph::new(shape).opset(19).node("Sin", &["x"], "s").node_with(
            operator,
            &["s"],
            "y",
            attributes,
        ))
    };
    let kernel = ints("kernel_shape", &[2, 2]);
    for operator in ["MaxPool", "AveragePool"] {
        cases.push(pool(
            operator,
            &[-1, 2, 4],
            &[ints("kernel_shape", &[2]), ints("strides", &[2])],
        ));
        cases.push(pool(operator, &[-1, 1, 3, 4], &[kernel.clone(), pads.clone()]));
        cases.push(pool(
            operator,
            &[1, 2, 3, 3],
            &[kernel.clone(), ints("strides", &[2, 2]), int("ceil_mode", 1)],
        ));
        cases.push(pool(
            operator,
            &[-1, 1, 6],
            &[ints("kernel_shape", &[2]), ints("dilations", &[2])],
        ));
    }
    let blanks = int("count_include_pad", 1);
    cases.push(pool("AveragePool", &[-1, 1, 3, 4], &[kernel.clone(), pads, blanks.clone()]));
    cases.push(pool(
        "AveragePool",
        &[-1, 1, 3, 3],
        &[kernel, ints("strides", &[2, 2]), int("ceil_mode", 1), blanks],
    ));
    cases.push(pool("GlobalAveragePool", &[-1, 2, 2, 2], &[]));
    cases.push(pool("GlobalMaxPool", &[1, 2, 3], &[]));
    cases
}
