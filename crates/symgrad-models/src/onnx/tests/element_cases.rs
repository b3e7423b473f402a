//! Models of operators that work element by element.

use super::build::{Graph, doubles, float, floats, int, ints, text};
use crate::onnx::proto::{AttributeProto, element};

/// A model and the range of its inputs.
pub(super) struct Case {
    pub(super) graph: Graph,
    pub(super) range: (f64, f64),
}

pub(super) fn case(graph: Graph) -> Case {
    Case { graph, range: (-2.0, 2.0) }
}

/// One operator on four numbers, behind an invertible layer that gives it derivatives that differ.
fn alone(operator: &str, opset: i64, attributes: &[AttributeProto]) -> Graph {
    Graph::new(&[-1, 4]).opset(opset).node_with(operator, &["x"], "y", attributes)
}

pub(super) fn positive(graph: Graph) -> Case {
    Case { graph, range: (0.1, 3.0) }
}

pub(super) fn elementwise() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        "Neg",
        "Abs",
        "Relu",
        "LeakyRelu",
        "ThresholdedRelu",
        "Elu",
        "Selu",
        "Celu",
        "Gelu",
        "Sigmoid",
        "Swish",
        "HardSigmoid",
        "HardSwish",
        "Tanh",
        "Softplus",
        "Softsign",
        "Mish",
        "Exp",
        "Sin",
        "Cos",
        "Atan",
        "Sinh",
        "Cosh",
        "Erf",
        "Identity",
        "Dropout",
        "Softmax",
        "LogSoftmax",
        "Flatten",
    ]
    .into_iter()
    .map(|operator| case(alone(operator, 24, &[])))
    .collect();
    cases.push(case(alone("LeakyRelu", 17, &[float("alpha", 0.3)])));
    cases.push(case(alone("ThresholdedRelu", 17, &[float("alpha", 0.4)])));
    cases.push(case(alone("Elu", 17, &[float("alpha", 0.7)])));
    cases.push(case(alone("Selu", 17, &[float("alpha", 0.7), float("gamma", 1.3)])));
    cases.push(case(alone("Celu", 17, &[float("alpha", 2.0)])));
    cases.push(case(alone("Gelu", 20, &[text("approximate", "tanh")])));
    cases.push(case(alone("Swish", 24, &[float("alpha", 1.7)])));
    cases.push(case(alone("HardSigmoid", 17, &[float("alpha", 0.5), float("beta", 0.4)])));
    cases.push(case(alone("Cast", 17, &[int("to", 11)])));
    cases.push(case(alone("Clip", 10, &[float("min", -0.5), float("max", 1.0)])));
    cases.push(positive(alone("Log", 17, &[])));
    cases.push(positive(alone("Sqrt", 17, &[])));
    cases.push(positive(alone("Reciprocal", 17, &[])));
    cases.push(Case { graph: alone("Tan", 17, &[]), range: (-1.2, 1.2) });
    let clip = |inputs: &[&str]| {
        let graph = Graph::new(&[-1, 4]).tensor("low", &[], &[-0.5]).tensor("high", &[], &[1.0]);
        case(graph.node("Clip", inputs, "y"))
    };
    cases.push(clip(&["x", "low", "high"]));
    cases.push(clip(&["x", "", "high"]));
    // GELU and SiLU as PyTorch spells them in older versions.
    let gelu = Graph::new(&[-1, 4])
        .tensor("root", &[], &[std::f64::consts::SQRT_2])
        .tensor("one", &[], &[1.0])
        .tensor("half", &[], &[0.5])
        .node("Div", &["x", "root"], "a")
        .node("Erf", &["a"], "b")
        .node("Add", &["b", "one"], "c")
        .node("Mul", &["x", "c"], "d")
        .node("Mul", &["d", "half"], "y");
    cases.push(case(gelu));
    cases.push(case(alone("Sigmoid", 17, &[]).node("Mul", &["x", "y"], "z")));
    cases.push(case(Graph::new(&[-1, 4]).tensor("like", &[], &[1.0]).node(
        "CastLike",
        &["x", "like"],
        "y",
    )));
    cases
}

pub(super) fn arithmetic() -> Vec<Case> {
    let constants = || Graph::new(&[-1, 4]).tensor("c", &[4], &[0.5, -1.5, 2.0, 3.0]);
    let mut cases = Vec::new();
    for operator in ["Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "Mean"] {
        cases.push(case(constants().node(operator, &["x", "c"], "y")));
        // Away from zero, through which one cannot divide.
        cases.push(positive(constants().node(operator, &["c", "x"], "y").node(
            "Atan",
            &["y"],
            "z",
        )));
        // Two rows: x and exp(x), which is never zero.
        let two = Graph::new(&[-1, 4]).node("Exp", &["x"], "e");
        cases.push(case(two.node(operator, &["x", "e"], "y")));
    }
    for operator in ["Min", "Max", "Sum", "Mean"] {
        let three = constants().node("Sin", &["x"], "s");
        cases.push(case(three.clone().node(operator, &["x", "c", "s"], "y")));
        cases.push(case(three.node(operator, &["x"], "y")));
    }
    let power = |exponents: &[f64]| {
        let size = i64::try_from(exponents.len()).unwrap();
        positive(Graph::new(&[-1, 4]).tensor("p", &[size], exponents).node("Pow", &["x", "p"], "y"))
    };
    cases.extend([power(&[2.0]), power(&[0.5]), power(&[0.0, 1.0, -1.5, 3.0])]);
    cases.push(positive(Graph::new(&[-1, 4]).node("Cos", &["x"], "p").node(
        "Pow",
        &["x", "p"],
        "y",
    )));
    cases.push(case(Graph::new(&[-1, 4]).tensor("p", &[], &[3.0]).node("Pow", &["x", "p"], "y")));
    cases.push(case(Graph::new(&[-1, 4]).tensor("s", &[4], &[0.1, 0.2, -0.3, 2.0]).node(
        "PRelu",
        &["x", "s"],
        "y",
    )));
    // Broadcasting between rows: [N, 2, 1] · [N, 1, 2].
    let outer = Graph::new(&[-1, 4])
        .wholes("halves", &[2, 2])
        .node_with("Split", &["x", "halves"], "a b", &[int("axis", 1)])
        .wholes("last", &[2])
        .wholes("middle", &[1])
        .node("Unsqueeze", &["a", "last"], "column")
        .node("Unsqueeze", &["b", "middle"], "line");
    for operator in ["Mul", "Sub", "Max"] {
        cases.push(case(outer.clone().node(operator, &["column", "line"], "y")));
    }
    let moments = Graph::new(&[-1, 4])
        .node_with(
            "Scaler",
            &["x"],
            "y",
            &[floats("offset", &[0.5, 1.0, -1.0, 0.0]), floats("scale", &[2.0])],
        )
        .domain("ai.onnx.ml");
    cases.push(case(moments));
    cases
}

pub(super) fn choices() -> Vec<Case> {
    let masks = || {
        Graph::new(&[-1, 4])
            .tensor("c", &[4], &[0.5, -1.5, 0.0, 1.0])
            .node("Sin", &["x"], "s")
            .node("Less", &["x", "c"], "less")
            .node("GreaterOrEqual", &["s", "c"], "more")
            .node("Not", &["more"], "not")
            .node("Greater", &["c", "x"], "again")
            .node("LessOrEqual", &["x", "s"], "below")
            .node("Equal", &["x", "s"], "never")
    };
    let mut fixed = masks().node("Where", &["mask", "x", "s"], "y");
    let mut mask = doubles("mask", &[1, 4], &[]);
    (mask.data_type, mask.raw_data) = (element::BOOL, Some(vec![1, 0, 0, 1]));
    fixed.proto.initializer.push(mask);
    vec![
        case(masks().node("Where", &["less", "s", "c"], "y")),
        case(masks().node("Or", &["less", "not"], "o").node("Where", &["o", "c", "s"], "y")),
        case(masks().node("And", &["below", "more"], "a").node("Where", &["a", "x", "s"], "y")),
        case(masks().node_with("Cast", &["again"], "f", &[int("to", 1)]).node(
            "Mul",
            &["f", "x"],
            "y",
        )),
        case(fixed),
        case(
            masks()
                .node_with("Transpose", &["s"], "t", &[ints("perm", &[1, 0])])
                .tensor("w", &[4, 1], &[1.0, 2.0, -3.0, 0.5])
                .node_with("Gemm", &["t", "w"], "y", &[int("transA", 1)]),
        ),
    ]
}
