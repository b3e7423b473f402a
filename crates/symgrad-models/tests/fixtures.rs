//! Models that other frameworks made, against the values that onnxruntime and `PyTorch` give.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::error::Error;
use std::path::{Path, PathBuf};

use serde_json::Value;
use symgrad_data::Table;
use symgrad_models::{Network, Unit};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models")
}

fn open(name: &str) -> Result<Network, String> {
    let path = folder().join(name);
    let weights = |activation: &str| {
        let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
        std::fs::write(file.path(), format!("activation = {activation:?}")).unwrap();
        Network::open(&path, Some(file.path()))
    };
    // What `network` says of these in words.
    let network = match name {
        "snell.safetensors" => weights("silu"),
        "centre-of-mass.pt" => weights("tanh"),
        _ => Network::open(&path, None),
    };
    network.map_err(|error| match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    })
}

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn networks_compute_what_their_frameworks_compute() {
    let text = std::fs::read_to_string(folder().join("models.toml")).unwrap();
    let models: toml::Table = text.parse().unwrap();
    let models = models["model"].as_array().unwrap();
    assert!(models.len() >= 20);
    let problems: Vec<String> = models.iter().filter_map(|model| check(model).err()).collect();
    assert_none(&problems);
}

fn check(model: &toml::Value) -> Result<(), String> {
    let file = model["file"].as_str().unwrap();
    let mut network = open(file)?;
    if let Some(generator) = model.get("through") {
        let generator = open(generator.as_str().unwrap())?;
        network = network.through(generator).map_err(|error| error.to_string())?;
    }
    let read = |key: &str| Table::read(folder().join(model[key].as_str().unwrap())).unwrap();
    let (expected, points) = (read("values"), read("points"));
    let points = points.select(&(0..expected.rows()).collect::<Vec<_>>());
    let name = |key: &str| model.get(key).and_then(|name| name.as_str()).map(str::to_owned);
    for (column, expected) in expected.names().iter().zip(expected.columns()) {
        let (letter, neuron) = column.split_at(1);
        let layer = match letter {
            "y" => Some(name("output").unwrap_or_else(|| network.output().into())),
            _ => name("hidden"),
        };
        let Some(layer) = layer else { continue };
        let values = network.values(&points, &layer).map_err(|error| format!("{file}: {error}"))?;
        close(&values[neuron.parse::<usize>().unwrap()], expected)
            .map_err(|problem| format!("{file}, {column} of `{layer}`: {problem}"))?;
    }
    let targets = model["target"].as_array().unwrap();
    for layer in targets.iter().map(|target| target["layer"].as_str().unwrap()) {
        network.layer(layer).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(())
}

#[test]
fn operators_compute_what_onnxruntime_computes() {
    let text = std::fs::read_to_string(folder().join("operators/values.json")).unwrap();
    let values: Value = serde_json::from_str(&text).unwrap();
    let cases = values["cases"].as_object().unwrap();
    assert!(cases.len() > 100);
    let problems: Vec<String> = cases
        .iter()
        .filter_map(|(name, case)| {
            let points = rows(&values["points"][case["points"].as_str().unwrap()]);
            operator(name, &points, &rows(&case["values"])).err()
        })
        .collect();
    assert_none(&problems);
}

fn operator(name: &str, points: &[Vec<f64>], expected: &[Vec<f64>]) -> Result<(), String> {
    let network = open(&format!("operators/{name}.onnx"))?;
    let names = (0..points[0].len()).map(|n| format!("x{n}")).collect();
    let points = Table::new(names, columns(points)).unwrap();
    let values =
        network.values(&points, network.output()).map_err(|error| format!("{name}: {error}"))?;
    let expected = columns(expected);
    if values.len() != expected.len() {
        return Err(format!("{name}: {} values instead of {}", values.len(), expected.len()));
    }
    values
        .iter()
        .zip(&expected)
        .try_for_each(|(values, expected)| close(values, expected))
        .map_err(|problem| format!("{name}: {problem}"))
}

/// Rows of numbers, however deep they are nested.
fn rows(value: &Value) -> Vec<Vec<f64>> {
    fn flat(value: &Value) -> Vec<f64> {
        match value {
            Value::Array(values) => values.iter().flat_map(flat).collect(),
            number => vec![number.as_f64().unwrap()],
        }
    }
    value.as_array().unwrap().iter().map(flat).collect()
}

fn columns(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column]).collect()).collect()
}

/// To 1e-5 of the largest value, at least 1: the references are in single precision.
fn close(found: &[f64], expected: &[f64]) -> Result<(), String> {
    let scale = expected.iter().fold(1_f64, |top, x| top.max(x.abs()));
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    if found.len() == expected.len() && worst <= 1e-5 * scale {
        return Ok(());
    }
    Err(format!("off by {worst:e}"))
}

/// A file of safetensors does not keep the order of layers; `fc10` comes after `fc9`.
#[test]
fn layers_are_in_the_order_of_their_numbers() {
    let network = Network::open(&folder().join("twelve-layers.safetensors"), None).unwrap();
    let columns = vec![
        vec![0.125_730_221_093_393_3, 0.104_900_117_153_039_71, 1.304_000_045_130_137_2],
        vec![-0.132_104_863_291_301_9, -0.535_669_373_161_111, 0.947_080_963_129_242_2],
        vec![0.640_422_650_443_282_1, 0.361_595_054_909_484_74, -0.703_735_235_806_970_2],
    ];
    let points = Table::new(["a", "b", "c"].map(String::from).to_vec(), columns).unwrap();
    let values = network.values(&points, network.output()).unwrap();
    let expected = [1.759_847_977_368_277_6, 3.045_187_344_519_355, 3.001_750_315_440_736];
    close(&values[0], &expected).unwrap();
    assert!(network.notes()[0].is_guess());
}

/// What a training saves beside the model's state does not matter, nor does the file's name.
#[test]
fn a_checkpoint_is_read_as_its_model() {
    let architecture = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(architecture.path(), "activation = \"tanh\"").unwrap();
    let checkpoint = folder().join("checkpoint.ckpt");
    let elsewhere = tempfile::NamedTempFile::with_suffix(".data").unwrap();
    std::fs::copy(&checkpoint, elsewhere.path()).unwrap();
    for path in [checkpoint.as_path(), elsewhere.path()] {
        let network = Network::open(path, Some(architecture.path())).unwrap();
        let widths: Vec<usize> = network.layers().iter().map(|layer| layer.neurons).collect();
        assert_eq!((network.inputs(), &widths[..]), (3, &[8, 8, 8, 8, 1][..]));
        let note = network.notes()[0].to_string();
        assert_eq!(note, "weights are those of `model_state_dict`; left aside: loss");
        let proposed = Network::open(path, None).unwrap_err();
        let proposed = proposed.source().unwrap().to_string();
        assert!(proposed.contains("8 × 3") && proposed.contains("activation = "), "{proposed}");
    }
}

/// Some neurons of a layer are what they are among all of its neurons.
#[test]
fn neurons_alone_are_as_in_their_layer() {
    let mut files: Vec<PathBuf> = ["", "operators"]
        .iter()
        .flat_map(|sub| std::fs::read_dir(folder().join(sub)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "onnx"))
        .collect();
    files.sort();
    assert!(files.len() > 100);
    let (mut problems, mut compared) = (Vec::new(), 0);
    for file in files {
        let network = Network::open(&file, None).unwrap();
        let names = (0..network.inputs()).map(|n| format!("x{n}")).collect();
        let column = |n: usize| (0..3).map(|row| 0.3 + ((7 * row + 3 * n) as f64).sin()).collect();
        let points = Table::new(names, (0..network.inputs()).map(column).collect()).unwrap();
        for layer in network.layers().iter().filter(|layer| layer.neurons > 1) {
            let last = layer.neurons - 1;
            let picked = [last / 2, last, 0].map(Unit::Neuron);
            let units = [&picked[..], &[Unit::Margin(last, last / 3)]].concat();
            let whole = network.values(&points, &layer.name).unwrap();
            let all: Vec<Unit> = (0..layer.neurons.min(40)).map(Unit::Neuron).collect();
            for units in [&units[..], &units[..1], &units[3..]] {
                let values = network.values_of(&points, &layer.name, units).unwrap();
                let gradients = network.gradients_of(&points, &layer.name, units).unwrap();
                for ((unit, values), gradient) in units.iter().zip(values).zip(gradients) {
                    let wanted: Vec<f64> = match *unit {
                        Unit::Neuron(index) => whole[index].clone(),
                        Unit::Margin(a, b) => {
                            whole[a].iter().zip(&whole[b]).map(|(a, b)| a - b).collect()
                        }
                    };
                    let mut pairs = vec![(values, wanted)];
                    if let Unit::Neuron(index) = unit
                        && layer.neurons <= all.len()
                    {
                        let among = network.gradients_of(&points, &layer.name, &all).unwrap();
                        pairs.extend(gradient.into_iter().zip(among[*index].clone()));
                    }
                    compared += pairs.len();
                    let far = |(a, b): (&f64, &f64)| {
                        (a - b).abs() > 1e-11 * (1.0 + b.abs()) || a.is_nan() != b.is_nan()
                    };
                    if pairs.iter().any(|(a, b)| a.iter().zip(b).any(far)) {
                        problems.push(format!("{}: {unit} of {}", file.display(), layer.name));
                    }
                }
            }
        }
    }
    assert!(compared > 5000, "{compared}");
    assert_none(&problems);
}
