//! `symgrad inspect` and `symgrad interpret` as a user meets them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models")
}

fn symgrad(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_symgrad"));
    command.current_dir(models()).args(arguments).output().expect("the command runs")
}

fn interpret(model: &str, points: &str, more: &[&str]) -> Output {
    let file = ["interpret", "--model", model, "--points", points, "--budget", "30000"];
    symgrad(&[&file[..], more].concat())
}

fn stdout(output: &Output) -> String {
    let told = String::from_utf8(output.stderr.clone()).expect("text");
    assert_eq!(output.status.code(), Some(0), "{told}");
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// Exit code 2, the words, a hint, and nothing on standard output.
fn fails(output: &Output, words: &[&str]) {
    let told = String::from_utf8(output.stderr.clone()).expect("text");
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(output.stdout.is_empty());
    for word in words.iter().chain(&["error: ", "hint: "]) {
        assert!(told.contains(word), "{word:?} is not in {told:?}");
    }
}

#[test]
fn a_network_is_listed() {
    let told = stdout(&symgrad(&["inspect", "energy.onnx"]));
    assert!(told.starts_with("4 inputs"), "{told}");
    assert!(told.contains("LayerNormalization") && told.contains("→   output"), "{told}");
}

#[test]
fn the_parts_of_a_layer_are_merged() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    let part = |number: &str| {
        let more = ["--all", "--part", number, "--out", &at(&number[..1]), "--format", "json"];
        let told = stdout(&interpret("invariants.onnx", "invariants.csv", &more));
        let mut layer: Value = serde_json::from_str(&told).expect("JSON");
        // Files do without what differs from run to run.
        for neuron in layer["neurons"].as_array_mut().expect("neurons") {
            neuron["findings"].as_object_mut().expect("findings").remove("seconds");
        }
        layer
    };
    let parts = [part("1/3"), part("2/3"), part("3/3")];
    let count = |layer: &Value| layer["neurons"].as_array().expect("neurons").len();
    assert_eq!(parts.iter().map(count).collect::<Vec<_>>(), [0, 1, 1]);
    let (out, all) = (at("whole"), [at("1"), at("2"), at("3")]);
    let merge = |more: &[&str]| {
        symgrad(&[&["merge"], &all.each_ref().map(String::as_str)[..], more].concat())
    };
    let told = stdout(&merge(&["--out", &out, "--format", "json"]));
    assert_eq!(std::fs::read_to_string(at("whole/layer.json")).expect("a file"), told);
    let whole: Value = serde_json::from_str(&told).expect("JSON");
    let neurons = whole["neurons"].as_array().expect("neurons");
    let of_parts = parts.iter().flat_map(|part| part["neurons"].as_array().expect("neurons"));
    assert_eq!(neurons.len(), 2);
    assert!(of_parts.into_iter().all(|neuron| neurons.contains(neuron)));
    assert!(stdout(&merge(&[])).contains("verdict"));
    // Nothing is counted twice, and what is missing is said.
    fails(&merge(&[&at("2")]), &["is in two of the parts"]);
    fails(&merge(&[&at("none")]), &["layer.json"]);
    let part = ["--neuron", "0", "--part", "1/2"];
    assert_eq!(interpret("invariants.onnx", "invariants.csv", &part).status.code(), Some(2));
}

#[test]
fn a_neuron_is_told_in_every_notation_and_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("found");
    let more = ["--out", out.to_str().expect("text")];
    let told = stdout(&interpret("coulomb.onnx", "coulomb.csv", &more));
    // What a network errs by itself is not known, so that its formula is not proven.
    let verdict = "ambiguous: a best guess, not proven: ";
    for words in [verdict, "answer: r^2/(q1*q2)\n", r"LaTeX  \frac{", "φ falls, R² = 1.0000"] {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
    for name in
        ["interpretation.json", "result.json", "front.csv", "front.svg", "outer.svg", "report.html"]
    {
        assert!(out.join(name).is_file(), "{name}");
    }
    let numpy = stdout(&interpret("coulomb.onnx", "coulomb.csv", &["--format", "numpy"]));
    assert_eq!(numpy, "r**2/(q1*q2)\n");
}

#[test]
fn a_layer_is_told_neuron_by_neuron() {
    let found = stdout(&interpret("motion.onnx", "motion.csv", &["--all", "--format", "json"]));
    let found: Value = serde_json::from_str(&found).expect("JSON");
    let neurons = found["neurons"].as_array().expect("neurons");
    assert_eq!(neurons.len(), 4);
    assert!(neurons.iter().all(|neuron| neuron["outer"]["r_squared"].as_f64() > Some(0.99)));
    let text = stdout(&interpret("motion.onnx", "motion.csv", &["--all"]));
    assert!(text.contains("x*vy - y*vx"), "{text}");
}

#[test]
fn margins_and_generators_can_be_read() {
    let margin = ["--layer", "/0/0.5/Gemm_output_0", "--neuron", "7-2", "--format", "sympy"];
    let told = stdout(&interpret("pendulum.onnx", "pendulum.csv", &margin));
    assert!(told.contains("cos(x)"), "{told}");
}

/// What was guessed about a file is told by both commands, and what was chosen by `inspect`.
#[test]
fn the_order_of_layers_is_told() {
    let order = "order of the layers: fc1, fc2, fc3, fc4, fc5, fc6, fc7, fc8, fc9, fc10, fc11, out \
                 (a guess";
    let told = stdout(&symgrad(&["inspect", "twelve-layers.safetensors"]));
    assert!(told.contains(order), "{told}");
    let folder = tempfile::tempdir().expect("a folder");
    let points = folder.path().join("points.csv");
    let row =
        |n: usize| format!("{},{},{}\n", 0.1 * n as f64, (n * n % 17) as f64, (n * 5 % 7) as f64);
    let rows: String = (0..60).map(row).collect();
    std::fs::write(&points, format!("a,b,c\n{rows}")).expect("a file");
    let points = points.to_str().expect("text");
    let found = interpret("twelve-layers.safetensors", points, &[]);
    let told = String::from_utf8(found.stderr.clone()).expect("text");
    assert!(told.contains(&format!("note: {order}")), "{told}");
    let toml = folder.path().join("a.toml");
    std::fs::write(&toml, "activation = \"tanh\"").expect("a file");
    let toml = toml.to_str().expect("text");
    let told = stdout(&symgrad(&["inspect", "checkpoint.ckpt", "--architecture", toml]));
    assert!(told.contains("weights are those of `model_state_dict`; left aside: loss"), "{told}");
    // Without an architecture, one is proposed.
    fails(&symgrad(&["inspect", "checkpoint.ckpt"]), &["8 × 3", "activation = \"tanh\""]);
}

#[test]
fn mistakes_are_named_with_a_way_out() {
    let motion = |more: &[&str]| interpret("motion.onnx", "motion.csv", more);
    fails(&motion(&[]), &["`output` has 4 neurons", "--neuron"]);
    fails(&motion(&["--neuron", "9"]), &["`output`", "9", "4 neurons"]);
    fails(&motion(&["--layer", "relo", "--all"]), &["no layer `relo`", "relu"]);
    fails(&interpret("motion.onnx", "lens.csv", &["--all"]), &["2", "4"]);
    fails(&interpret("motion.csv", "motion.csv", &[]), &["motion.csv", ".onnx"]);
    fails(&interpret("none.onnx", "motion.csv", &[]), &["cannot read none.onnx"]);
    fails(&interpret("none.onxx", "motion.csv", &[]), &["cannot read none.onxx", "No such file"]);
    fails(&symgrad(&["inspect", "none.bpk"]), &["none.bpk", "No such file"]);
    fails(&symgrad(&["inspect", "motion.onnx", "--set", "u=1"]), &["cannot set `u`", "inputs are"]);
    fails(&motion(&["--inputs", "x,y,u", "--all"]), &["no column `u`", "x, y, vx, vy"]);
    let folder = tempfile::tempdir().expect("a folder");
    let cut = folder.path().join("cut.onnx");
    let whole = std::fs::read(models().join("motion.onnx")).expect("a model");
    std::fs::write(&cut, &whole[..whole.len() / 2]).expect("a file");
    fails(&symgrad(&["inspect", cut.to_str().expect("text")]), &["cut.onnx", "truncated"]);
}
