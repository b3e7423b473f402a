//! Damaged files: an error or a network, but never a panic.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::build::{Graph, int, ints};
use super::perceptron;
use crate::Network;
use crate::testing::{damaged, try_everything};

/// Several operators whose attributes and integers can be damaged.
fn models() -> [Vec<u8>; 3] {
    let image = Graph::new(&[-1, 1, 4, 4])
        .tensor("w", &[2, 1, 2, 2], &[0.5; 8])
        .node_with(
            "Conv",
            &["x", "w"],
            "c",
            &[ints("pads", &[1, 0, 0, 1]), ints("strides", &[1, 1])],
        )
        .node_with(
            "MaxPool",
            &["c"],
            "p",
            &[ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])],
        )
        .node_with("Flatten", &["p"], "f", &[int("axis", 1)])
        .node_with("Softmax", &["f"], "s", &[int("axis", -1)]);
    let shapes = Graph::new(&[-1, 2, 3])
        .wholes("starts", &[0])
        .wholes("ends", &[2])
        .wholes("axes", &[2])
        .wholes("target", &[-1, 4])
        .wholes("wide", &[1, 2, 4])
        .wholes("pick", &[1, 0])
        .node("Shape", &["x"], "size")
        .node("Slice", &["x", "starts", "ends", "axes"], "cut")
        .node("Reshape", &["cut", "target"], "flat")
        .node_with("Unsqueeze", &["flat", "pick1"], "column", &[])
        .wholes("pick1", &[1])
        .node("Expand", &["column", "wide"], "grown")
        .node_with("Transpose", &["grown"], "turned", &[ints("perm", &[0, 2, 1])])
        .node_with("Gather", &["turned", "pick"], "few", &[int("axis", 1)])
        .node_with("ReduceSum", &["few", "axes"], "sum", &[int("keepdims", 0)])
        .node("MatMul", &["grown", "turned"], "product")
        .node_with("Split", &["product"], "a b", &[int("axis", 1)])
        .node_with("Concat", &["a", "b", "a"], "y", &[int("axis", 2)]);
    [perceptron().bytes(), image.bytes(), shapes.bytes()]
}

#[test]
fn damaged_models_do_not_panic() {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let models = models();
    for bytes in &models {
        Network::from_onnx(bytes).unwrap();
    }
    let mut survivors = 0;
    for _ in 0..4000 {
        let bytes = &models[random.random_range(0..models.len())];
        survivors += usize::from(try_everything(Network::from_onnx(&damaged(bytes, &mut random))));
    }
    assert!(survivors > 100, "the damage is so large that it tests little: {survivors}");
}

#[test]
fn truncated_models_do_not_panic() {
    for bytes in models() {
        (0..bytes.len()).for_each(|end| drop(Network::from_onnx(&bytes[..end])));
    }
}
