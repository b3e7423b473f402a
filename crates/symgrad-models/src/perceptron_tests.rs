//! The order of layers, and architectures that are proposed, on generated perceptrons.

use proptest::prelude::*;
use symgrad_data::Table;

use crate::testing::{Stored, pytorch, runner, safetensors};
use crate::{Basis, ModelError, Network, Note};

/// A perceptron: names and widths of its layers, and weights without a pattern.
#[derive(Clone, Debug)]
struct Made {
    names: Vec<String>,
    widths: Vec<usize>,
    weights: Vec<Vec<f64>>,
    biases: Vec<Vec<f64>>,
}

impl Made {
    fn new(names: Vec<String>, widths: Vec<usize>) -> Self {
        let number = |layer: usize, n: usize| ((layer * 131 + n * 7919 + 3) as f64 * 0.618).sin();
        let pairs = || widths.windows(2).enumerate();
        let weights = pairs().map(|(l, w)| (0..w[0] * w[1]).map(|n| number(l, n)).collect());
        let biases = pairs().map(|(l, w)| (0..w[1]).map(|n| number(l + 50, n)).collect());
        let (weights, biases) = (weights.collect(), biases.collect());
        Self { names, widths, weights, biases }
    }

    /// The files of the layers in that order.
    fn files(&self, order: &[usize]) -> [Vec<u8>; 2] {
        let tensors: Vec<(String, Vec<usize>, &[f64])> = order
            .iter()
            .flat_map(|&l| {
                let (name, widths) = (&self.names[l], &self.widths);
                [
                    (
                        format!("{name}.weight"),
                        vec![widths[l + 1], widths[l]],
                        &self.weights[l][..],
                    ),
                    (format!("{name}.bias"), vec![widths[l + 1]], &self.biases[l][..]),
                ]
            })
            .collect();
        let stored: Vec<Stored<'_>> =
            tensors.iter().map(|(n, s, d)| (&n[..], &s[..], *d)).collect();
        [safetensors(&stored), pytorch(&stored)]
    }

    /// Computed here, layer by layer, with tanh between them.
    fn value(&self, point: &[f64]) -> f64 {
        let mut x = point.to_vec();
        for (l, pair) in self.widths.windows(2).enumerate() {
            if l > 0 {
                x = x.into_iter().map(f64::tanh).collect();
            }
            let row = |j: usize| &self.weights[l][j * pair[0]..(j + 1) * pair[0]];
            let dot = |j: usize| row(j).iter().zip(&x).map(|(w, x)| w * x).sum::<f64>();
            x = (0..pair[1]).map(|j| dot(j) + self.biases[l][j]).collect();
        }
        x[0]
    }

    /// Whether the network computes the same, and the order that it notes.
    fn check(&self, network: &Network) -> Option<Basis> {
        let point: Vec<f64> = (0..self.widths[0]).map(|n| 0.3 - 0.2 * n as f64).collect();
        let names = (0..point.len()).map(|n| format!("x{n}")).collect();
        let table = Table::new(names, point.iter().map(|&x| vec![x]).collect()).unwrap();
        let value = network.values(&table, network.output()).unwrap()[0][0];
        assert!((value - self.value(&point)).abs() < 1e-12, "{:?}", network.notes());
        match network.notes() {
            [] => None,
            [Note::Order { layers, basis }] => {
                assert_eq!(layers, &self.names);
                Some(*basis)
            }
            notes => panic!("{notes:?}"),
        }
    }
}

/// Names that differ by a number, as programs write them; sometimes with another one at the end.
fn names(count: usize) -> impl Strategy<Value = Vec<String>> {
    let patterns = vec![
        "fc#",
        "layer_#",
        "layers.#",
        "net.#.linear",
        "#",
        "h#.fc",
        "block#b.dense",
        "enc.lin-#",
    ];
    let ends = vec!["", "out", "output_layer", "top.head"];
    let numbers = (0_usize..3, 1_usize..4);
    let chosen = (prop::sample::select(patterns), prop::sample::select(ends), numbers);
    chosen.prop_map(move |(pattern, end, (first, step))| {
        let name = |n: usize| pattern.replace('#', &(first + step * n).to_string());
        let mut names: Vec<String> = (0..count).map(name).collect();
        // An end that sorts before the pattern would be another network.
        if let Some(last) = names.last_mut()
            && !end.is_empty()
            && end > pattern.trim_start_matches('#')
        {
            *last = end.into();
        }
        names
    })
}

/// Layers of one width among others, so that only names tell their order.
fn made() -> impl Strategy<Value = (Made, Vec<usize>)> {
    (2_usize..25, 1_usize..4, 2_usize..5).prop_flat_map(|(count, inputs, width)| {
        let widths: Vec<usize> =
            [inputs].into_iter().chain(vec![width; count - 1]).chain([1]).collect();
        let order = Just((0..count).collect::<Vec<_>>()).prop_shuffle();
        (names(count).prop_map(move |names| Made::new(names, widths.clone())), order)
    })
}

#[test]
fn layers_are_in_the_order_of_the_numbers_in_their_names() {
    runner(400)
        .run(&made(), |(made, shuffled)| {
            let text = Some("activation = \"tanh\"");
            let [tensors, _] = made.files(&shuffled);
            let basis = made.check(&Network::from_safetensors(&tensors, text).unwrap());
            // Others fit if there are layers of one shape, or if the last could be the first.
            let many = made.widths.windows(2).filter(|pair| pair[0] == pair[1]).count() > 1
                || made.widths.first() == made.widths.last();
            prop_assert_eq!(basis, Some(if many { Basis::Names } else { Basis::Shapes }));
            // A file of PyTorch keeps the order in which the model was made.
            let in_order: Vec<usize> = (0..made.names.len()).collect();
            let [_, dictionary] = made.files(&in_order);
            let basis = made.check(&Network::from_pytorch(&dictionary, text).unwrap());
            prop_assert_eq!(basis, Some(if many { Basis::File } else { Basis::Shapes }));
            Ok(())
        })
        .unwrap();
}

/// Names in no order at all, where shapes alone tell it.
#[test]
fn shapes_tell_the_order_where_names_do_not() {
    let widths = Just((2_usize..12).collect::<Vec<_>>()).prop_shuffle();
    let cases = (widths, 1_usize..8, prop::collection::vec("[a-z]{1,5}[0-9]?", 8));
    runner(300)
        .run(&cases, |(mut widths, count, names)| {
            widths.truncate(count + 1);
            let named = |(n, name): (usize, &String)| format!("{name}.{n}");
            let names: Vec<String> = names[..count].iter().enumerate().map(named).collect();
            let made = Made::new(names, widths);
            let text = Some("activation = \"tanh\"");
            let backwards: Vec<usize> = (0..count).rev().collect();
            let [tensors, dictionary] = made.files(&backwards);
            for network in [
                Network::from_safetensors(&tensors, text).unwrap(),
                Network::from_pytorch(&dictionary, text).unwrap(),
            ] {
                let basis = made.check(&network);
                prop_assert_eq!(basis, (count > 1).then_some(Basis::Shapes));
            }
            Ok(())
        })
        .unwrap();
}

/// What the error proposes can be pasted.
fn proposal(error: ModelError) -> (String, String) {
    match error {
        ModelError::NoArchitecture { tensors, proposal } => (tensors, proposal),
        other => panic!("{other}"),
    }
}

#[test]
fn a_proposed_architecture_is_read() {
    runner(200)
        .run(&made(), |(made, shuffled)| {
            let in_order: Vec<usize> = (0..made.names.len()).collect();
            let ([tensors, _], [_, dictionary]) = (made.files(&shuffled), made.files(&in_order));
            let (listed, text) = proposal(Network::from_safetensors(&tensors, None).unwrap_err());
            for name in &made.names {
                prop_assert!(listed.contains(&format!("  {name}.weight ")), "{listed}");
            }
            made.check(&Network::from_safetensors(&tensors, Some(&text)).unwrap());
            let (_, text) = proposal(Network::from_pytorch(&dictionary, None).unwrap_err());
            made.check(&Network::from_pytorch(&dictionary, Some(&text)).unwrap());
            Ok(())
        })
        .unwrap();
}

#[test]
fn norms_and_what_is_left_are_in_a_proposal() {
    let ones = [1.0; 16];
    let matrix = |name, shape: &'static [usize]| (name, shape, &ones[..shape[0] * shape[1]]);
    let vector = |name, shape: &'static [usize]| (name, shape, &ones[..shape[0]]);
    let tensors = [
        vector("bn1.bias", &[4]),
        vector("bn1.running_mean", &[4]),
        vector("bn1.running_var", &[4]),
        vector("bn1.weight", &[4]),
        ("bn1.num_batches_tracked", &[][..], &ones[..1]),
        matrix("fc1.weight", &[4, 2]),
        vector("fc1.bias", &[4]),
        matrix("fc2.weight", &[3, 4]),
        vector("norm.weight", &[3]),
        matrix("out.weight", &[1, 3]),
        ("temperature", &[][..], &ones[..1]),
    ];
    for order in [0, 5] {
        let mut tensors = tensors.to_vec();
        tensors.rotate_left(order);
        let (_, text) = proposal(Network::from_pytorch(&pytorch(&tensors), None).unwrap_err());
        let network = Network::from_pytorch(&pytorch(&tensors), Some(&text)).unwrap();
        let layers: Vec<&str> = network.layers().iter().map(|layer| &layer.operator[..]).collect();
        let expected = ["linear", "batch_norm", "tanh", "linear", "layer_norm", "tanh", "linear"];
        assert_eq!(layers, expected, "{text}");
        assert!(text.contains("ignore = [\"temperature\"]"), "{text}");
    }
}

#[test]
fn layers_that_do_not_fit_together_are_shown() {
    let ones = [1.0; 16];
    let tensors = [("a.weight", &[4, 2][..], &ones[..8]), ("b.weight", &[1, 3], &ones[..3])];
    let error = Network::from_safetensors(&safetensors(&tensors), Some("activation = \"relu\""));
    let error = error.unwrap_err().to_string();
    for part in ["a (2 → 4)", "b (3 → 1)", "`layers`", "`ignore`"] {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
}
