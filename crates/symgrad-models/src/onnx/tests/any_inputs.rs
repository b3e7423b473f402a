//! Every operator with any inputs: read or refused, never a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::build::{Graph, int, ints};
use crate::Network;
use crate::onnx::operators::OPERATORS;

/// Points of two kinds, a stored table, whole numbers, nothing at all, and one that is empty.
const INPUTS: [&str; 6] = ["x", "z", "c", "n", "", "e"];

/// All lists of so many inputs.
fn lists(length: usize) -> Vec<Vec<&'static str>> {
    (0..length).fold(vec![vec![]], |lists, _| {
        let longer = |list: Vec<&'static str>| {
            INPUTS.map(|input| [&list[..], &[input]].concat()).into_iter()
        };
        lists.into_iter().flat_map(longer).collect()
    })
}

#[test]
fn no_operator_panics() {
    let base = |opset| {
        Graph::new(&[-1, 2, 3])
            .input("z", &[-1, 3])
            .tensor("c", &[2, 3], &[0.5; 6])
            .tensor("e", &[0], &[])
            .wholes("n", &[1, 2])
            .opset(opset)
    };
    let attributes = [vec![], vec![int("axis", -1), ints("axes", &[0])]];
    let mut panics = vec![];
    for operator in &OPERATORS {
        for list in (0..=3).flat_map(lists).chain([vec!["x"; 9], vec!["n"; 9], vec![""; 9]]) {
            for (attributes, opset) in attributes.iter().zip([12, 20]) {
                let outputs = if list.len() == 1 { "y y2" } else { "y" };
                let graph = base(opset).node_with(operator.name, &list, outputs, attributes);
                let bytes = graph.bytes();
                let read = AssertUnwindSafe(|| drop(Network::from_onnx(&bytes)));
                if catch_unwind(read).is_err() {
                    panics.push(format!("{} {list:?}", operator.name));
                }
            }
        }
    }
    assert!(panics.is_empty(), "{} panics: {:?}", panics.len(), &panics[..panics.len().min(40)]);
}
