//! Weights in safetensors and PyTorch files, with their architectures.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use symgrad_data::Table;

use crate::testing::{Stored, archive, damaged, pytorch, safetensors, try_everything};
use crate::{Network, Unit};

/// A perceptron 2→3→1.
const WEIGHTS: [Stored<'_>; 4] = [
    ("0.weight", &[3, 2], &[1.0, 2.0, -0.5, 0.25, 0.0, -1.0]),
    ("0.bias", &[3], &[0.5, 0.25, 1.0]),
    ("2.weight", &[1, 3], &[1.0, -1.0, 0.5]),
    ("2.bias", &[1], &[-2.0]),
];

fn points() -> Table {
    Table::new(vec!["x".into(), "v".into()], vec![vec![0.3, -1.0], vec![-0.7, 0.2]]).unwrap()
}

/// Both readers give the same network, and that is the one meant.
#[test]
fn a_plain_perceptron_needs_its_activation_only() {
    let architecture = Some("activation = \"tanh\"");
    let tensors = Network::from_safetensors(&safetensors(&WEIGHTS), architecture).unwrap();
    let dictionary = Network::from_pytorch(&pytorch(&WEIGHTS), architecture).unwrap();
    for network in [tensors, dictionary] {
        let names: Vec<&str> = network.layers().iter().map(|layer| &layer.name[..]).collect();
        assert_eq!(names, ["0", "0.tanh", "output"]);
        assert_eq!((network.inputs(), network.output()), (2, "output"));
        let values = network.values(&points(), "output").unwrap();
        let gradients = network.gradients(&points(), "output", Unit::Neuron(0)).unwrap();
        for (n, (x, v)) in [(0.3_f64, -0.7_f64), (-1.0, 0.2)].into_iter().enumerate() {
            let h = [x + 2.0 * v + 0.5, -0.5 * x + 0.25 * v + 0.25, 1.0 - v].map(f64::tanh);
            assert!((values[0][n] - (h[0] - h[1] + 0.5 * h[2] - 2.0)).abs() < 1e-14);
            let s = h.map(|h| 1.0 - h * h);
            assert!((gradients[0][n] - (s[0] + 0.5 * s[1])).abs() < 1e-14);
            assert!((gradients[1][n] - (2.0 * s[0] - 0.25 * s[1] - 0.5 * s[2])).abs() < 1e-14);
        }
    }
}

const NORMS: [Stored<'_>; 5] = [
    ("bn.running_mean", &[2], &[1.0, -1.0]),
    ("bn.running_var", &[2], &[4.0, 0.25]),
    ("bn.num_batches_tracked", &[], &[7.0]),
    ("ln.weight", &[2], &[2.0, 3.0]),
    ("w", &[2, 3], &[1.0, 0.0, 2.0, 0.0, 1.0, -1.0]),
];

#[test]
fn described_layers_are_computed() {
    let architecture = r#"
        layers = [
            { kind = "batch_norm", mean = "bn.running_mean", variance = "bn.running_var", epsilon = 0.0 },
            { kind = "residual", layers = [{ kind = "activation", function = "leaky_relu", alpha = 0.5 }] },
            { kind = "layer_norm", weight = "ln.weight", epsilon = 0.0 },
            { kind = "linear", weight = "w", transposed = true, name = "logits" },
            { kind = "softmax", name = "p" },
        ]"#;
    let network = Network::from_safetensors(&safetensors(&NORMS), Some(architecture)).unwrap();
    let layers: Vec<(&str, &str)> =
        network.layers().iter().map(|layer| (&layer.name[..], &layer.operator[..])).collect();
    let expected = [
        ("bn", "batch_norm"),
        ("bn.leaky_relu", "leaky_relu"),
        ("bn.leaky_relu.residual", "residual"),
        ("ln", "layer_norm"),
        ("logits", "linear"),
        ("p", "softmax"),
    ];
    assert_eq!(layers, expected);
    let points = Table::new(vec!["x".into(), "v".into()], vec![vec![5.0], vec![-2.0]]).unwrap();
    let at = |layer: &str| network.values(&points, layer).unwrap().concat();
    assert_eq!(at("bn"), [2.0, -2.0]);
    assert_eq!(at("bn.leaky_relu.residual"), [4.0, -3.0]);
    assert_eq!(at("ln"), [2.0, -3.0]);
    assert_eq!(at("logits"), [2.0, -3.0, 7.0]);
    assert!((at("p").iter().sum::<f64>() - 1.0).abs() < 1e-15);
}

#[test]
fn architectures_that_do_not_fit_are_refused() {
    let error = |text: Option<&str>| {
        Network::from_safetensors(&safetensors(&WEIGHTS), text).unwrap_err().to_string()
    };
    assert!(error(None).contains("activation = \"tanh\""), "{}", error(None));
    let linear = |rest: &str| format!("layers = [{{ kind = \"linear\", {rest} }}]");
    let cases = [
        ("activation = \"swoosh\"".to_owned(), "unknown variant"),
        ("colour = 1".into(), "unknown field"),
        (linear("weight = \"0.weight\", size = 3"), "unknown field"),
        (String::new(), "give either"),
        (linear("weight = \"w\""), "`w`"),
        (linear("weight = \"0.bias\""), "`0.bias`"),
        (linear("weight = \"0.weight\", bias = \"2.bias\""), "shape [1], not [3]"),
        (linear("weight = \"0.weight\""), "no layer uses tensor `0.bias`"),
        ("activation = \"relu\"\nignore = [\"9\"]".into(), "no tensor `9` to ignore"),
        ("activation = \"relu\"\nignore = [\"0.weight\"]".into(), "`0.bias` of shape [3]"),
        ("layers = []".into(), "no layer has weights"),
        ("activation = \"relu\"\nstate_dict = \"model\"".into(), "one set of tensors"),
    ];
    for (text, part) in cases {
        let error = error(Some(&text));
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    let norms = Network::from_safetensors(&safetensors(&NORMS), Some("activation = \"relu\""));
    assert!(norms.unwrap_err().to_string().contains("not belong to a plain perceptron"));
}

#[test]
fn damaged_weights_do_not_panic() {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let (tensors, dictionary) = (safetensors(&WEIGHTS), pytorch(&WEIGHTS));
    let text = "activation = \"gelu\"\noutput_activation = \"exp\"";
    for end in 0..tensors.len() {
        drop(Network::from_safetensors(&tensors[..end], Some(text)));
    }
    for end in 0..dictionary.len() {
        drop(Network::from_pytorch(&dictionary[..end], Some(text)));
    }
    let mut survivors = [0; 2];
    for _ in 0..4000 {
        let network = Network::from_safetensors(&damaged(&tensors, &mut random), Some(text));
        survivors[0] += usize::from(try_everything(network));
        let network = Network::from_pytorch(&damaged(&dictionary, &mut random), Some(text));
        survivors[1] += usize::from(try_everything(network));
    }
    assert!(survivors.iter().all(|&survivors| survivors > 100), "{survivors:?}");
    // The pickle on its own, whose damage no checksum finds.
    let start = dictionary.windows(2).position(|pair| pair == b"\x80\x02").unwrap();
    let end = dictionary.windows(2).position(|pair| pair == b"u.").unwrap() + 2;
    for _ in 0..4000 {
        let pickle = damaged(&dictionary[start..end], &mut random);
        try_everything(Network::from_pytorch(&archive(&pickle, &WEIGHTS), Some(text)));
    }
    let text = "layers = [{ kind = \"linear\", weight = \"0.weight\", bias = \"0.bias\" },\n\
                { kind = \"residual\", layers = [{ kind = \"softmax\" }] },\n\
                { kind = \"linear\", weight = \"2.weight\", bias = \"2.bias\", name = \"y\" }]";
    for _ in 0..2000 {
        let text = String::from_utf8_lossy(&damaged(text.as_bytes(), &mut random)).into_owned();
        try_everything(Network::from_safetensors(&tensors, Some(&text)));
    }
}
