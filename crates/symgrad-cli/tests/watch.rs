//! What a command tells while it runs, to people and to programs; and what it offers to shells.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

fn symgrad(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_symgrad")).args(arguments).output().expect("the command runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// Gradients of x·v, or of nothing that is a formula.
fn field(folder: &tempfile::TempDir, is_found: bool) -> PathBuf {
    let row = |n: u32| {
        let (x, v) = (0.3 + f64::from(n % 10), 0.5 + f64::from(n / 10));
        let bend = if is_found { 0.0 } else { f64::from(n * 37 % 11) - 5.0 };
        format!("{x},{v},{},{}", v + bend, x - bend * v)
    };
    let rows: Vec<String> = (0..100).map(row).collect();
    let path = folder.path().join(if is_found { "field.csv" } else { "none.csv" });
    std::fs::write(&path, format!("x,v,g_x,g_v\n{}\n", rows.join("\n"))).expect("a file");
    path
}

fn events(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn events_tell_a_run_from_its_beginning_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let field = field(&folder, true);
    let field = field.to_str().expect("text");
    let output = symgrad(&["search", field, "--budget", "3k", "--events", "-", "--quiet"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
    let told = events(&text(&output.stdout));
    let kinds: Vec<&str> = told.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(
        (kinds[0], &kinds[kinds.len() - 2..]),
        ("begun", &["found", "ended"][..]),
        "{kinds:?}"
    );
    assert!(kinds.contains(&"step"));
    let found = &told[told.len() - 2];
    assert_eq!((&found["answer"], &found["of"]), (&"v*x".into(), &"search".into()));
    assert!(told.iter().all(|event| event["seconds"].is_number()));
    assert_eq!(told[told.len() - 1]["interrupted"], false);
    let command = told[0]["command"].as_str().expect("a command");
    assert!(command.ends_with("field.csv --budget 3k"), "{command}");

    // A file is added to; a failure is an event, too.
    let path = folder.path().join("events");
    let path = path.to_str().expect("text");
    for _ in 0..2 {
        let output = symgrad(&["discover", "--rhs", "x' = v, v' = -x", "--events", path]);
        assert!(text(&output.stdout).contains("law: "), "{}", text(&output.stderr));
    }
    symgrad(&["search", "nowhere.csv", "--events", path]);
    let told = events(&std::fs::read_to_string(path).expect("events"));
    let count = |kind: &str| told.iter().filter(|event| event["event"] == kind).count();
    assert_eq!((count("begun"), count("law"), count("failed"), count("ended")), (3, 2, 1, 3));
}

#[test]
fn verdicts_are_exit_codes_where_they_are_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    for (is_found, code) in [(true, 0), (false, 1)] {
        let path = field(&folder, is_found);
        let path = path.to_str().expect("text");
        let asked = symgrad(&["search", path, "--budget", "3k", "--exit-code", "--quiet"]);
        assert_eq!(asked.status.code(), Some(code), "{}", text(&asked.stdout));
        assert!(asked.stderr.is_empty(), "{}", text(&asked.stderr));
    }
}

#[test]
fn shells_and_readers_get_what_they_want() {
    let completions = text(&symgrad(&["completions", "bash"]).stdout);
    assert!(completions.contains("interpret") && completions.contains("--exit-code"));
    for arguments in [&["man"][..], &["man", "search"]] {
        let page = text(&symgrad(arguments).stdout);
        assert!(page.starts_with(".ie") && page.contains("symgrad"), "{page}");
    }
    assert!(text(&symgrad(&["man", "serach"]).stderr).contains("search"));
    let folder = tempfile::tempdir().expect("a folder");
    let (path, field) = (folder.path().join("search.toml"), field(&folder, true));
    let (path, field) = (path.to_str().expect("text"), field.to_str().expect("text"));
    assert!(symgrad(&["new", path]).status.success());
    let found = symgrad(&["search", field, "--config", path, "--budget", "3k"]);
    assert!(text(&found.stdout).contains("answer: v*x"), "{}", text(&found.stderr));
    // What is there stays.
    assert_eq!(symgrad(&["new", path]).status.code(), Some(2));
}

/// Only what was asked for is told of what happens inside, and of that all, even with --quiet.
#[test]
fn the_environment_asks_for_what_happens_inside() {
    let folder = tempfile::tempdir().expect("a folder");
    let field = field(&folder, true);
    let out = folder.path().join("out");
    let told = |rules: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_symgrad"));
        command.arg("search").arg(&field).args(["--budget", "3k", "--quiet", "--out"]).arg(&out);
        let output = command.env("RUST_LOG", rules).output().expect("the command runs");
        assert!(output.status.success());
        text(&output.stderr)
    };
    let lines = told("symgrad=debug");
    for words in ["debug symgrad::search]", "debug symgrad::states] kept the search", "writing "] {
        assert!(lines.contains(words), "{words}: {lines}");
    }
    assert!(lines.lines().all(|line| line.starts_with('[')), "{lines}");
    let lines = told("symgrad::states=debug");
    assert!(lines.contains("symgrad::states]") && !lines.contains("symgrad::search]"), "{lines}");
    assert_eq!(told("off"), "");
    assert_eq!(told(""), "");
}
