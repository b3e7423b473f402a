//! Inputs and sizes that are set.

use proptest::prelude::*;
use prost::Message;

use super::build::{Graph, info, int};
use super::table;
use crate::onnx::proto::element;
use crate::testing::runner;
use crate::{ModelError, Network, Setting, SettingValue, Unit};

/// tanh(x·W + state·U) · rate / 1000, with a state for each point or one for all.
fn recurrence(state: &[i64]) -> Graph {
    let weights: Vec<f64> = (0..15).map(|n| (f64::from(n) * 0.618).sin()).collect();
    let mut graph = Graph::new(&[-1, 2]).input("state", state);
    graph.proto.input.push(info("rate", &[1], element::INT64));
    graph
        .tensor("W", &[2, 3], &weights[..6])
        .tensor("U", &[3, 3], &weights[6..])
        .tensor("thousand", &[], &[1000.0])
        .node("MatMul", &["x", "W"], "a")
        .node("MatMul", &["state", "U"], "b")
        .node("Add", &["a", "b"], "sum")
        .node("Tanh", &["sum"], "h")
        .node_with("Cast", &["rate"], "float", &[int("to", i64::from(element::FLOAT))])
        .node("Div", &["float", "thousand"], "scale")
        .node("Mul", &["h", "scale"], "y")
}

fn set(texts: &[&str]) -> Vec<Setting> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// An input that is set is as a column of that number.
#[test]
fn set_inputs_are_constant() {
    let numbers = prop::collection::vec(-2_i32..3, 3);
    runner(100)
        .run(&(numbers, any::<bool>(), 1_i32..9), |(state, each_point, thousands)| {
            let state: Vec<f64> = state.into_iter().map(|n| 0.5 * f64::from(n)).collect();
            let shape: &[i64] = if each_point { &[-1, 3] } else { &[1, 3] };
            let bytes = recurrence(shape).bytes();
            let same = state.iter().all(|number| *number == state[0]);
            let value =
                if same { SettingValue::All(state[0]) } else { SettingValue::Each(state.clone()) };
            let state_is = Setting { name: "state".into(), value };
            let rate = set(&[&format!("rate={}", thousands * 1000)]);
            let frozen =
                Network::from_onnx_with(&bytes, &[&rate[..], &[state_is]].concat()).unwrap();
            prop_assert_eq!((frozen.inputs(), frozen.output()), (2, "y"));
            let points = vec![vec![0.3, -1.0, 2.0], vec![0.1, 0.2, -0.7]];
            let values = frozen.values(&table(points.clone()), "y").unwrap();
            let gradients = frozen.gradients(&table(points.clone()), "y", Unit::Neuron(1)).unwrap();
            // The same with the state among the points.
            let open = Network::from_onnx_with(&recurrence(&[-1, 3]).bytes(), &rate).unwrap();
            let columns = state.iter().map(|&number| vec![number; 3]);
            let all = table(points.into_iter().chain(columns).collect());
            let wanted = open.values(&all, "y").unwrap();
            let slopes = open.gradients(&all, "y", Unit::Neuron(1)).unwrap();
            for (found, wanted) in values.iter().zip(&wanted).chain(gradients.iter().zip(&slopes)) {
                for (found, wanted) in found.iter().zip(wanted) {
                    prop_assert!((found - wanted).abs() < 1e-14);
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn open_sizes_can_be_given() {
    let mut graph = Graph::new(&[-1, 4]).node("Sin", &["x"], "y");
    let shape = graph.proto.input[0].r#type.as_mut().unwrap().tensor_type.as_mut().unwrap();
    let axis = &mut shape.shape.as_mut().unwrap().dim[1];
    (axis.dim_value, axis.dim_param) = (None, Some("length".into()));
    let bytes = graph.bytes();
    assert!(Network::from_onnx(&bytes).is_err());
    let network = Network::from_onnx_with(&bytes, &set(&["length=5"])).unwrap();
    assert_eq!(network.inputs(), 5);
    let alone = Network::from_onnx_with(&bytes, &set(&["length=5", "batch=1"])).unwrap();
    assert_eq!((alone.inputs(), alone.layers()[0].neurons), (5, 5));
}

#[test]
fn what_cannot_be_set_is_told() {
    let bytes = recurrence(&[-1, 3]).bytes();
    let error = |texts: &[&str]| match Network::from_onnx_with(&bytes, &set(texts)) {
        Err(error @ ModelError::Set { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    for (texts, parts) in [
        (&["hidden=zeros"][..], &["`hidden`", "`x`, `state`, `rate`", "`batch`"][..]),
        (&["state=1,2"], &["`state`", "2 numbers", "[1, 3]"]),
        (&["rate=0.5"], &["`rate`", "whole"]),
        (&["batch=0.5"], &["`batch`", "whole"]),
        (&["batch=1,2"], &["`batch`", "whole"]),
        (&["rate=1", "rate=2"], &["`rate`", "twice"]),
        (&["x=0", "state=0", "rate=0"], &["no input is left"]),
    ] {
        let error = error(texts);
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
    }
    for text in ["", "=", "x", "x=", "x=one", "x=nan", "x=inf", "x=1,,2", "=3"] {
        assert!(text.parse::<Setting>().is_err(), "{text}");
    }
    // Whatever is set, nothing panics, and little is allocated.
    let huge = Graph::new(&[-1, 2]).input("state", &[1 << 40, 1 << 40]).node("Sin", &["x"], "y");
    let error = Network::from_onnx_with(&huge.model().encode_to_vec(), &set(&["state=zeros"]));
    assert!(error.unwrap_err().to_string().contains("too large"));
}
