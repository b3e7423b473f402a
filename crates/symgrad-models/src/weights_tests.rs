//! Weights in safetensors and PyTorch files, with their architectures.

use std::io::{Cursor, Write};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use symgrad_data::Table;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::testing::{damaged, try_everything};
use crate::{Network, Unit};

type Stored<'a> = (&'a str, &'a [usize], &'a [f64]);

/// A perceptron 2→3→1.
const WEIGHTS: [Stored<'_>; 4] = [
    ("0.weight", &[3, 2], &[1.0, 2.0, -0.5, 0.25, 0.0, -1.0]),
    ("0.bias", &[3], &[0.5, 0.25, 1.0]),
    ("2.weight", &[1, 3], &[1.0, -1.0, 0.5]),
    ("2.bias", &[1], &[-2.0]),
];

fn safetensors(tensors: &[Stored<'_>]) -> Vec<u8> {
    let data: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(.., data)| data.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&data).map(|((name, shape, _), data)| {
        (*name, TensorView::new(Dtype::F64, shape.to_vec(), data).unwrap())
    });
    serialize(views, None).unwrap()
}

/// What `torch.save` writes.
fn pytorch(tensors: &[Stored<'_>]) -> Vec<u8> {
    let mut pickle = b"\x80\x02ccollections\nOrderedDict\n)R(".to_vec();
    let text = |pickle: &mut Vec<u8>, text: &str| {
        pickle.push(b'X');
        pickle.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        pickle.extend(text.as_bytes());
    };
    for (key, (name, shape, _)) in tensors.iter().enumerate() {
        text(&mut pickle, name);
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut pickle, "storage");
        pickle.extend(b"ctorch\nDoubleStorage\n");
        text(&mut pickle, &key.to_string());
        text(&mut pickle, "cpu");
        pickle.extend(b"K\x00tQK\x00(");
        for &size in *shape {
            pickle.extend([b'K', u8::try_from(size).unwrap()]);
        }
        pickle.extend(b"t(");
        let strides = if shape.len() == 2 { vec![shape[1], 1] } else { vec![1] };
        for stride in strides {
            pickle.extend([b'K', u8::try_from(stride).unwrap()]);
        }
        pickle.extend(b"t\x89NtR");
    }
    pickle.extend(b"u.");
    archive(&pickle, tensors)
}

fn archive(pickle: &[u8], tensors: &[Stored<'_>]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        || SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("net/data.pkl", options()).unwrap();
    zip.write_all(pickle).unwrap();
    for (key, (.., data)) in tensors.iter().enumerate() {
        zip.start_file(format!("net/data/{key}"), options()).unwrap();
        let bytes: Vec<u8> = data.iter().flat_map(|x| x.to_le_bytes()).collect();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

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
    ];
    for (text, part) in cases {
        let error = error(Some(&text));
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    let norms = Network::from_safetensors(&safetensors(&NORMS), Some("activation = \"relu\""));
    assert!(norms.unwrap_err().to_string().contains("does not belong to a plain perceptron"));
}

#[test]
fn other_files_of_pytorch_are_told_apart() {
    let error = |bytes: &[u8]| {
        Network::from_pytorch(bytes, Some("activation = \"relu\"")).unwrap_err().to_string()
    };
    let old = error(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.");
    assert!(old.contains("save it again"), "{old}");
    let object = error(&archive(b"\x80\x02c__main__\nNet\n)\x81}b.", &[]));
    assert!(object.contains("class __main__.Net") && object.contains("state_dict()"), "{object}");
    let nothing = error(&archive(b"\x80\x02}.", &[]));
    assert!(nothing.contains("no state dictionary"), "{nothing}");
    let unknown = error(&archive(b"\x80\x02\xff.", &[]));
    assert!(unknown.contains("0xff"), "{unknown}");
    // A dictionary of itself, and a tuple nested as deep as the file is long.
    assert!(error(&archive(b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.", &[])).contains("no state"));
    let mut deep = b"\x80\x02)".to_vec();
    deep.extend(vec![0x85; 1_000_000]);
    deep.push(b'.');
    assert!(error(&archive(&deep, &[])).contains("no state"));
}

/// `torch.save({"model": model.state_dict(), "epoch": 3}, path)`
#[test]
fn a_state_dictionary_may_be_within_another_one() {
    let inner = pytorch(&WEIGHTS);
    let start = inner.windows(2).position(|pair| pair == b"\x80\x02").unwrap();
    let end = inner.windows(2).position(|pair| pair == b"u.").unwrap();
    let mut pickle = b"\x80\x02}(X\x05\x00\x00\x00epochK\x03X\x05\x00\x00\x00model".to_vec();
    pickle.extend(&inner[start + 2..=end]);
    pickle.extend(b"u.");
    let network = Network::from_pytorch(&archive(&pickle, &WEIGHTS), Some("activation = \"elu\""));
    assert_eq!(network.unwrap().layers().len(), 3);
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
