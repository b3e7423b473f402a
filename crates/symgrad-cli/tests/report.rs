//! The pages that `--out` and `symgrad report` write.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn symgrad(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_symgrad"));
    command.args(arguments).output().expect("the command runs")
}

/// Standard output of a command that succeeds.
fn told(arguments: &[&str]) -> String {
    let output = symgrad(arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).expect("text")
}

/// Exit code 2 and the words.
fn fails(arguments: &[&str], words: &[&str]) {
    let output = symgrad(arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(words.iter().all(|word| told.contains(word)), "{told}");
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.as_ref().display()))
}

fn model(file: &str) -> String {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models");
    models.join(file).display().to_string()
}

/// A folder with a table: points, the gradients of v·x bent, its values, and v·x bent.
struct Given(tempfile::TempDir);

impl Given {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let row = |n: u32| {
            let (x, v) = (0.3 + f64::from(n % 10), 0.5 + f64::from(n / 10));
            let slope = (x * v / 50.0).cosh().powi(-2);
            format!("{x},{v},{},{},{},{}", v * slope, x * slope, x * v, (x * v / 50.0).tanh())
        };
        let rows: Vec<String> = (0..100).map(row).collect();
        let text = format!("x,v,g_x,g_v,product,h\n{}\n", rows.join("\n"));
        std::fs::write(folder.path().join("field.csv"), text).expect("a file");
        Self(folder)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.at(name).display().to_string()
    }

    fn search(&self, out: &str, more: &[&str]) -> String {
        let (file, out) = (self.text("field.csv"), self.text(out));
        let own = ["search", &file, "--points", "x,v", "--out", &out, "--budget", "4000"];
        told(&[&own[..], more].concat())
    }
}

#[test]
fn a_search_leaves_a_page_that_can_be_made_again() {
    let given = Given::new();
    given.search("found", &["--threads", "1", "--seed", "5"]);
    let page = read(given.at("found/report.html"));
    for words in [
        "badge identified",
        "<math displaystyle=\"true\"><mi>v</mi>",
        "v \\, x",
        "symgrad search field.csv --points x,v --budget 4000 --seed 5</code>",
        "field.csv, 100 rows",
        "Angles between the gradients",
        "x and v matter most. Thin lines: level sets of the formula.",
        "seed = 5",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.len() < 500_000, "{} bytes", page.len());
    // Where it lies is nobody's business.
    assert!(!page.contains(&*given.0.path().to_string_lossy()));
    let result = read(given.at("found/result.json"));
    assert!(!result.contains(&*given.0.path().to_string_lossy()));

    std::fs::remove_file(given.at("found/report.html")).expect("removed");
    let printed = told(&["report", &given.text("found")]);
    assert_eq!(printed, format!("{}\n", given.at("found/report.html").display()));
    assert_eq!(read(given.at("found/report.html")), page);

    // A page of a reader's own stays.
    std::fs::write(given.at("found/report.html"), "my own").expect("a file");
    fails(&["report", &given.text("found")], &["report.html is in the way"]);
    assert_eq!(read(given.at("found/report.html")), "my own");
}

#[test]
fn values_are_pictured_against_the_answer() {
    let given = Given::new();
    given.search("values", &["--values", "product"]);
    given.search("estimate", &["--estimate", "h"]);
    assert!(read(given.at("values/report.html")).contains("product = answer. "));
    let page = read(given.at("estimate/report.html"));
    assert!(page.contains("h = φ(answer). φ rises, R² = "), "{page}");
    // Each formula of the front has its own pictures, which are shown when it is chosen.
    let result: Value =
        serde_json::from_str(&read(given.at("estimate/result.json"))).expect("JSON");
    let front = result["front"].as_array().expect("a list").len();
    assert_eq!(page.matches("h = φ(").count(), front);
    assert_eq!(page.matches("Histogram of the angles").count(), front);
}

#[test]
fn results_of_earlier_versions_have_pages() {
    let given = Given::new();
    given.search("found", &[]);
    let mut result: Value =
        serde_json::from_str(&read(given.at("found/result.json"))).expect("JSON");
    let old = result.as_object_mut().expect("an object");
    for name in ["origin", "sample", "trust", "spelling", "measure", "hints", "stopped"] {
        old.remove(name);
    }
    std::fs::create_dir(given.at("old")).expect("a folder");
    std::fs::write(given.at("old/result.json"), result.to_string()).expect("a file");
    told(&["report", &given.text("old")]);
    assert!(read(given.at("old/report.html")).contains("no verdict"));
    // What is no result is told, and no page is made of it.
    result["answer"] = 1_000.into();
    for text in [result.to_string(), "{}".into(), "my own".into()] {
        std::fs::write(given.at("old/result.json"), text).expect("a file");
        fails(&["report", &given.text("old")], &["result.json is not as expected"]);
    }
    // Laws stand in a file of the same name.
    let laws = given.text("laws");
    told(&["discover", "--rhs", "x' = v, v' = -x", "--out", &laws]);
    let page = || read(given.at("laws/report.html"));
    assert!(page().contains("<math") && page().contains(">law<"), "{}", page());
    std::fs::remove_file(given.at("laws/report.html")).expect("a page");
    told(&["report", &laws]);
    assert!(page().contains("Law 1"));
    assert!(given.at("laws/result.json").is_file());
    fails(&["report", &given.text("nowhere")], &["nowhere", "result.json", "hint: "]);
}

#[test]
fn many_results_have_an_index() {
    let given = Given::new();
    given.search("runs/one & only", &[]);
    given.search("runs/inner/two", &["--values", "product"]);
    let printed = told(&["report", &given.text("runs")]);
    assert_eq!(printed.lines().count(), 3, "{printed}");
    let index = read(given.at("runs/index.html"));
    assert!(index.contains(r#"<a href="one%20%26%20only/report.html">one &amp; only</a>"#));
    assert!(index.contains(r#"<a href="inner/two/report.html">inner/two</a>"#));
    let [one, two] = ["runs/one & only", "runs/inner/two"].map(|name| given.text(name));
    std::fs::remove_file(given.at("runs/index.html")).expect("removed");
    told(&["report", &one, &two]);
    assert_eq!(read(given.at("runs/index.html")), index);
    // Folders that are named from here are told as from here.
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_symgrad"))
        .args(["report", "one & only", "inner/two"])
        .current_dir(given.at("runs"))
        .output()
        .expect("the command runs");
    let printed = String::from_utf8_lossy(&output.stdout).replace('\\', "/");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines, ["one & only/report.html", "inner/two/report.html", "./index.html"]);
    told(&["report", &one, "--out", &given.text("elsewhere")]);
    let index = read(given.at("elsewhere/index.html"));
    assert!(index.contains(r#"href="../runs/one%20%26%20only/report.html""#), "{index}");
}

#[test]
fn neurons_and_layers_have_pages() {
    let given = Given::new();
    let interpret = |name: &str, out: &str, more: &[&str]| {
        let (network, points) = (model(&format!("{name}.onnx")), model(&format!("{name}.csv")));
        let (out, budget) = (given.text(out), ["--budget", "4000"]);
        let own = ["interpret", "--model", &network, "--points", &points, "--out", &out];
        told(&[&own[..], &budget, more].concat())
    };
    let again = |out: &str| {
        let path = given.at(&format!("{out}/report.html"));
        let page = read(&path);
        std::fs::remove_file(&path).expect("removed");
        told(&["report", &given.text(out)]);
        assert_eq!(read(&path), page);
        page
    };
    interpret("angular-momentum", "neuron", &[]);
    let page = again("neuron");
    for words in [
        "Neuron 0 of ",
        "neuron 0 = φ(answer). φ rises, R² = ",
        "Angles between the gradients",
        "symgrad interpret --model angular-momentum.onnx --points angular-momentum.csv",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // The search's own file holds it all, too.
    let result: Value = serde_json::from_str(&read(given.at("neuron/result.json"))).expect("JSON");
    assert_eq!(result["origin"]["model"], "angular-momentum.onnx");
    let answer = result["answer"].to_string().parse::<usize>().expect("an index");
    let seen = &result["sample"]["entries"][answer];
    assert!(seen["angles"].as_array().is_some_and(|angles| angles.len() > 100));

    interpret("invariants", "layer", &["--all"]);
    let page = again("layer");
    assert!(page.contains(">2 neurons with concepts of their own</h2>"));
    assert!(page.contains("<h3>Neuron 0</h3>") && page.contains("<h3>Neuron 1</h3>"));
    interpret("invariants", "space", &["--neuron", "0,1"]);
    assert!(again("space").contains("<h2>Concept 1</h2>"));
}
