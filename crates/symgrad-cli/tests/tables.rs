//! Tables as people have them, in every mode of the command.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models")
}

fn run(arguments: &[&str], input: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_symgrad"));
    command.current_dir(models()).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command runs");
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().expect("an input").write_all(input.unwrap_or_default().as_bytes());
    child.wait_with_output().expect("an end")
}

/// Searches a table that comes from the standard input.
fn search(table: &str, more: &[&str]) -> Output {
    run(&[&["search", "-", "--budget", "6000", "--format", "json"], more].concat(), Some(table))
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn found(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).expect("JSON alone")
}

fn answer(output: &Output) -> String {
    let found = found(output);
    let index = usize::try_from(
        found["answer"].as_u64().or(found["answer"]["index"].as_u64()).expect("an index"),
    );
    let entry = &found["front"][index.expect("small")];
    entry["expression"].as_str().expect("an expression").to_owned()
}

fn inputs(output: &Output) -> Value {
    found(output)["inputs"].clone()
}

/// Exit code 2, and every one of the words in the message.
fn fails(output: &Output, words: &[&str]) {
    let told = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    for word in words.iter().chain(&["error: ", "hint: "]) {
        assert!(told.contains(word), "{word:?} is not in {told:?}");
    }
}

fn at(n: u32, step: f64) -> f64 {
    0.5 + 2.0 * (f64::from(n) * step).fract()
}

/// 80 rows of x, z and what a function makes of them, below a header.
fn table(header: &str, row: impl Fn(u32, f64, f64) -> String) -> String {
    let rows = (1..=80).map(|n| row(n, at(n, 0.754_877_666), at(n, 0.569_840_296)));
    [header.to_owned()].into_iter().chain(rows).collect::<Vec<_>>().join("\n") + "\n"
}

/// A product's gradients, in which points of no weight are wrong.
#[test]
fn weights_weigh_in_every_mode() {
    let wrong = |n: u32| n.is_multiple_of(4);
    let weight = |n: u32| if wrong(n) { 1e-9 } else { 1.0 };
    let off = |n: u32| if wrong(n) { 50.0 } else { 0.0 };
    let values = table("x,z,y,weight", |n, x, z| {
        format!("{x},{z},{},{}", (x + 2.0) * z + off(n), weight(n))
    });
    let output = search(&values, &["--values", "y"]);
    assert_eq!(inputs(&output), serde_json::json!(["x", "z"]));
    let told = answer(&output);
    assert!(["z*(x + 2)", "(x + 2)*z", "x*z + 2*z"].contains(&told.as_str()), "{told}");
    let named = answer(&search(&values, &["--points", "x,z", "--values", "y"]));
    assert_eq!(named, told);
    let gradients = table("x,z,g_x,g_z,weight", |n, x, z| {
        format!("{x},{z},{},{x},{}", if wrong(n) { -3.0 * z } else { z }, weight(n))
    });
    assert_eq!(answer(&search(&gradients, &[])), "x*z");
    let estimate =
        table("x,z,h,weight", |n, x, z| format!("{x},{z},{},{}", x * z + off(n), weight(n)));
    let output = search(&estimate, &["--estimate", "h"]);
    assert_eq!((answer(&output).as_str(), inputs(&output)), ("x*z", serde_json::json!(["x", "z"])));
    let negative = table("x,z,y,weight", |_, x, z| format!("{x},{z},{x},-1"));
    fails(&search(&negative, &["--values", "y"]), &["weights must be", "row 1 has -1"]);
    fails(&search(&negative, &["--estimate", "y"]), &["weights must be", "row 1 has -1"]);
    // A real input is used if it is named.
    let real = table("mass,weight,g1,g2", |_, x, z| format!("{x},{z},{z},{x}"));
    assert_eq!(answer(&search(&real, &["--points", "mass,weight"])), "mass*weight");
    fails(&search(&real, &[]), &["`g2` is a gradient of no input", "g_NAME", "weights weight"]);
}

#[test]
fn gradients_and_targets_are_no_inputs() {
    let values = table("x,v,g_x,g_v,y", |_, x, v| {
        format!("{x},{v},{},{},{}", v * v, 2.0 * x * v, x * v * v)
    });
    let output = search(&values, &["--values", "y"]);
    assert_eq!(
        (answer(&output).as_str(), inputs(&output)),
        ("v^2*x", serde_json::json!(["x", "v"]))
    );
    assert!(stderr(&output).contains("columns not used: g_x (gradients), g_v (gradients)"));
    fails(&search(&values, &["--values", "y", "--points", "x,y"]), &["`y` is named as an input"]);
    fails(&search(&values, &["--estimate", "y", "--points", "x,y"]), &["`y` is named as an input"]);
}

/// Columns of which nothing can be learnt are named, and the answer is as without them.
#[test]
fn superfluous_columns_do_no_harm_in_any_mode() {
    let values =
        table("s,a,b,k,twice,y", |n, a, b| format!("s{n},{a},{b},2,{},{}", 2.0 * a, (a + 3.0) * b));
    let with = search(&values, &["--values", "y"]);
    let plain = table("a,b,y", |_, a, b| format!("{a},{b},{}", (a + 3.0) * b));
    assert_eq!(answer(&with), answer(&search(&plain, &["--values", "y"])));
    assert_eq!(found(&with)["left_out"], serde_json::json!(["k is constant (2)", "twice is 2*a"]));
    let told = stderr(&with);
    for words in ["left out of the search: k is constant (2), twice is 2*a", "s (no numbers)"] {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
    let gradients = table("k,x,z,twice,g_k,g_x,g_z,g_twice", |_, x, z| {
        format!("1,{x},{z},{},5,{},{},{}", 2.0 * x, -z, x, z)
    });
    let output = search(&gradients, &[]);
    assert_eq!((answer(&output).as_str(), inputs(&output)), ("x*z", serde_json::json!(["x", "z"])));
    // What is said of them does no harm either, unless it asks for them.
    let said = ["--exclude", "k", "--cost", "k=3", "--units", "k=kg"];
    assert_eq!(answer(&search(&gradients, &said)), "x*z");
    fails(&search(&gradients, &["--require", "k"]), &["k is constant (1)"]);
    let kept = search(&gradients, &["--require", "twice"]);
    assert_eq!(inputs(&kept), serde_json::json!(["z", "twice"]));
    let sums = table("x,z,sum,y", |_, x, z| format!("{x},{z},{},{}", x + z, x * z));
    let output = search(&sums, &["--values", "y"]);
    assert!(stderr(&output).contains("at all points sum = x + z"), "{}", stderr(&output));
    assert_eq!(answer(&output), "x*z");
}

#[test]
fn unused_columns_do_no_harm() {
    let choice = ["--points", "a,b", "--gradients", "g1,g2"];
    let index = table(",a,b,g1,g2", |n, a, b| format!("{n},{a},{b},{b},{a}"));
    let text = table("sample,a,b,g1,g2", |n, a, b| format!("s{n},{a},{b},{b},{a}"));
    for (given, told) in [(index, "column 1 (no name)"), (text, "sample (no numbers)")] {
        for more in [&choice[..], &[]] {
            let output = search(&given, more);
            assert_eq!(answer(&output), "a*b");
            assert!(stderr(&output).contains(told), "{}", stderr(&output));
        }
    }
}

#[test]
fn texts_of_other_countries_are_read() {
    let comma = |x: f64| x.to_string().replace('.', ",");
    let german = table("mass (kg);v [m/s];E", |_, m, v| [m, v, m * v * v].map(comma).join(";"));
    let output = search(&german, &["--values", "E"]);
    assert_eq!(
        (answer(&output).as_str(), inputs(&output)),
        ("v^2*mass", serde_json::json!(["mass", "v"]))
    );
    assert!(stderr(&output).contains("names: mass is `mass (kg)`, v is `v [m/s]`"));
    for points in ["mass (kg),v [m/s]", "\"mass (kg)\",2", "1,2"] {
        assert_eq!(answer(&search(&german, &["--values", "E", "--points", points])), "v^2*mass");
    }
    let bars = table("a|b|y", |_, a, b| format!("{a}|{b}|{}", a * b));
    assert_eq!(answer(&search(&bars, &["--values", "y", "--separator", "|"])), "a*b");
    let holes = table("a,b,y", |n, a, b| {
        if n == 7 { format!("{a},,{}", a * b) } else { format!("{a},{b},{}", a * b) }
    });
    fails(&search(&holes, &["--values", "y"]), &["line 8, column `b`", "--skip-missing"]);
    let output = search(&holes, &["--values", "y", "--skip-missing"]);
    assert_eq!(answer(&output), "a*b");
    assert!(stderr(&output).contains("1 row skipped"));
}

#[test]
fn a_mistyped_name_is_told_first() {
    fails(&run(&["search", "nowhere/field.cvs"], None), &["nowhere/field.cvs: no such file"]);
    let points = ["interpret", "--model", "lens.onnx", "--points", "lens.cvs"];
    fails(&run(&points, None), &["lens.cvs: no such file"]);
}

/// A network needs all its inputs, and weights are none of them; the search does without those
/// that tell nothing.
#[test]
fn points_of_networks_have_roles_too() {
    let text = std::fs::read_to_string(models().join("motion.csv")).expect("points");
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    let rows: Vec<&str> = lines.collect();
    let arguments = |more: &[&str]| {
        let file = ["interpret", "--model", "motion.onnx", "--points", "-", "--neuron", "0"];
        let common = ["--budget", "10000", "--format", "json"];
        [&file[..], &common, more].concat().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let read = |table: &str, more: &[&str]| {
        let arguments = arguments(more);
        run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), Some(table))
    };
    let labelled: Vec<String> =
        rows.iter().enumerate().map(|(n, row)| format!("p{n},{row},1")).collect();
    let labelled = format!("name,{header},weight\n{}\n", labelled.join("\n"));
    let found = |output: &Output| {
        let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (found["findings"]["front"].clone(), found["findings"]["inputs"].clone())
    };
    let plain = read(&format!("{header}\n{}\n", rows.join("\n")), &[]);
    let output = read(&labelled, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(found(&output), found(&plain));
    let negative = labelled.replace(",1\n", ",-1\n");
    fails(&read(&negative, &[]), &["weights must be"]);
    // The first input held constant is there for the network alone.
    let name = header.split(',').next().expect("a name");
    let constant: Vec<String> = rows
        .iter()
        .map(|row| format!("0.5,{}", row.split_once(',').expect("several inputs").1))
        .collect();
    let output = read(&format!("{header}\n{}\n", constant.join("\n")), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains(&format!("{name} is constant (0.5)")), "{}", stderr(&output));
    let inputs = found(&output).1;
    assert!(!inputs.as_array().expect("inputs").contains(&name.into()), "{inputs}");
}
