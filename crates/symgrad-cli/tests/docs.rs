//! Every command that the README and the documents show is run, as a reader would run it: the
//! blocks of a document one after the other in one folder.
//!
//! A block that is not run says why, in a comment before it that begins with [`NOT_RUN`]; the
//! arguments of `reproduce` in it are checked all the same.
#![cfg(unix)]

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use symgrad::SearchSettings;

const NOT_RUN: &str = "<!-- not run by the tests: ";

/// A block of code in a document.
struct Block {
    language: String,
    text: String,
    line: usize,
    /// Why it is not run.
    not_run: Option<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the root")
}

fn documents() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("docs")).expect("documents");
    let mut paths: Vec<PathBuf> = docs.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.push(root().join("README.md"));
    paths.sort();
    assert!(paths.len() > 5, "{paths:?}");
    paths
}

fn blocks(document: &str) -> Vec<Block> {
    let (mut blocks, mut open): (Vec<Block>, Option<Block>) = (vec![], None);
    let mut before = "";
    for (line, number) in document.lines().zip(1..) {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let reason =
                    before.strip_prefix(NOT_RUN).and_then(|rest| rest.strip_suffix(" -->"));
                open = Some(Block {
                    language: language.to_owned(),
                    text: String::new(),
                    line: number,
                    not_run: reason.map(str::to_owned),
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => writeln!(block.text, "{line}").expect("a string"),
            (None, None) => {}
        }
        if !line.trim().is_empty() {
            before = line;
        }
    }
    assert!(open.is_none(), "a block without an end");
    blocks
}

/// A folder with what the documents take for granted: `symgrad` among the programs, the
/// repository's `tests`, and tables of a reader's own.
fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::os::unix::fs::symlink(root().join("tests"), at("tests")).expect("a link");
    std::fs::create_dir(at("programs")).expect("a folder");
    // With a budget that suffices for the documents' examples, unless they give one.
    let symgrad = env!("CARGO_BIN_EXE_symgrad");
    let script = format!(
        "#!/bin/sh\ncase \"$1 $*\" in\n*--budget*|inspect*|list*|discover*|merge*|report*) exec '{symgrad}' \"$@\" ;;\n\
         *) exec '{symgrad}' \"$@\" --budget 20k ;;\nesac\n"
    );
    std::fs::write(at("programs/symgrad"), script).expect("a script");
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(at("programs/symgrad"), all).expect("a program");

    let place = |n: u32, step: f64| 0.3 + 2.0 * (f64::from(n) * step).fract();
    let rows = |row: &dyn Fn(f64, f64) -> String| -> String {
        let at = |n| row(place(n, 0.754_877_666), place(n, 0.569_840_296)) + "\n";
        (1..=300).map(at).collect()
    };
    let field = rows(&|x, y| format!("{x},{y},{y},{x},{x},{y},{},{}", y * y, 2.0 * x * y));
    let header = "x1,x2,g1,g2,m,v,g_m,g_v\n";
    std::fs::write(at("field.csv"), header.to_owned() + &field).expect("a table");
    let table = rows(&|x, y| format!("{x},{y},{}", (x * y / 4.0).tanh()));
    std::fs::write(at("table.csv"), "x1,x2,h\n".to_owned() + &table).expect("a table");
    let energy: Vec<String> = (1..=300)
        .map(|n| [0.819_172_513, 0.671_043_607, 0.549_700_478].map(|step| place(n, step)))
        .map(|[m, v, h]| {
            let energy = m * v * v / 2.0 + 9.81 * m * h;
            format!("{m},{v},{h},{},{},{},{energy}\n", energy / m, m * v, 9.81 * m)
        })
        .collect();
    let energy = energy.concat();
    let header = "m,v,h,g_m,g_v,g_h,E\n";
    std::fs::write(at("energy.csv"), header.to_owned() + &energy).expect("a table");
    folder
}

fn shell(script: &str, folder: &Path) -> Output {
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", folder.join("programs").display());
    let mut command = Command::new("sh");
    command.args(["-eu", "-c", script]).current_dir(folder).env("PATH", path);
    command.output().expect("a shell")
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The arguments are understood: what is refused is the experiment that is added.
fn reproduce_is_understood(line: &str, place: &str) {
    let command = line.split(" #").next().unwrap_or_default();
    let Some(arguments) = command.strip_prefix("cargo xtask reproduce") else { return };
    let output = Command::new(env!("CARGO_BIN_EXE_symgrad"))
        .arg("reproduce")
        .args(arguments.split_whitespace().filter(|word| *word != "--help"))
        .args(["--only", "none-such"])
        .output()
        .expect("the command runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("unknown experiment `none-such`"), "{place}: {line}: {told}");
}

#[test]
fn every_command_in_the_documents_runs() {
    let mut run = 0;
    for path in documents() {
        let name = path.strip_prefix(root()).expect("below the root").display().to_string();
        let text = std::fs::read_to_string(&path).expect("a document");
        let folder = prepared();
        for block in blocks(&text) {
            let place = format!("{name}, line {}", block.line);
            match (block.language.as_str(), &block.not_run) {
                ("sh", Some(reason)) => {
                    assert!(!reason.trim().is_empty(), "{place}: no reason");
                    block.text.lines().for_each(|line| reproduce_is_understood(line, &place));
                }
                ("sh", None) => {
                    if block.text.contains("python3") && !is_there("python3") {
                        println!("{place}: skipped, there is no python3");
                        continue;
                    }
                    let output = shell(&block.text, folder.path());
                    let told = String::from_utf8_lossy(&output.stderr);
                    assert!(output.status.success(), "{place}:\n{}\n{told}", block.text);
                    run += 1;
                }
                ("toml", _) => {
                    let settings = SearchSettings::from_toml(&block.text);
                    assert!(settings.is_ok(), "{place}: {settings:?}");
                }
                // Results, programs that other tests or other languages run.
                ("text" | "rust" | "python", _) => {}
                (other, _) => panic!("{place}: what is a block of {other:?}?"),
            }
        }
    }
    assert!(run >= 12, "only {run} blocks were run");
}

/// How many digits a constant has depends on the points.
fn without_digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// The formulas that the documents promise for their examples are those that come out.
#[test]
fn the_documents_examples_give_what_they_say() {
    let folder = prepared();
    for (command, document) in [
        ("symgrad search energy.csv --points m,v,h", "docs/search.md"),
        (
            "symgrad interpret --model tests/models/angular-momentum.onnx \
             --points tests/models/angular-momentum.csv",
            "README.md",
        ),
        (
            "symgrad interpret --model tests/models/blob.onnx --neuron 8-1 \
             --through tests/models/blob-generator.onnx --points tests/models/blob.csv",
            "docs/interpret.md",
        ),
    ] {
        let output = shell(command, folder.path());
        let told = String::from_utf8_lossy(&output.stdout);
        let answer = told.lines().find_map(|line| line.strip_prefix("answer: "));
        let text = std::fs::read_to_string(root().join(document)).expect("a document");
        let text = without_digits(&text);
        let said = answer.map(without_digits).is_some_and(|answer| {
            let spelt = [format!("`{answer}`"), format!("answer: {answer}\n")];
            spelt.iter().any(|spelt| text.contains(spelt))
        });
        assert!(said, "{document} does not say what {command} answers: {told}");
    }
}

/// The list of crates leaves none out.
#[test]
fn the_readme_names_every_crate() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    for entry in std::fs::read_dir(root().join("crates")).expect("crates") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(readme.contains(&format!("| `{name}` |")), "{name} is not in the README's table");
    }
}

/// A heading as links name it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}

/// The targets of a document's links.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let rest = text.split("](").skip(1);
    rest.filter_map(|rest| rest.split([')', ' ']).next())
}

#[test]
fn every_link_leads_somewhere() {
    let mut paths = documents();
    paths.extend(["CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name)));
    let mut followed = 0;
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a document");
        for link in links(&text).filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            assert!(target.exists(), "{}: {link}", path.display());
            if !heading.is_empty() {
                let text = std::fs::read_to_string(&target).expect("a document");
                let mut headings = text.lines().filter_map(|line| line.strip_prefix('#'));
                let found =
                    headings.any(|line| anchor(line.trim_start_matches(['#', ' '])) == heading);
                assert!(found, "{}: {link}", path.display());
            }
            followed += 1;
        }
    }
    assert!(followed > 50, "only {followed} links");
}

/// The book leaves no document out, and leads to nothing outside of it.
#[test]
fn the_book_has_every_document() {
    let summary = std::fs::read_to_string(root().join("docs/SUMMARY.md")).expect("a summary");
    let chapters: Vec<&str> = links(&summary).collect();
    for path in documents().iter().filter(|path| path.parent().is_some_and(|p| p.ends_with("docs")))
    {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let times = chapters.iter().filter(|chapter| **chapter == name).count();
        assert_eq!(times, usize::from(name != "SUMMARY.md"), "{name}");
        let text = std::fs::read_to_string(path).expect("a document");
        let outside = links(&text).find(|link| link.starts_with(".."));
        assert_eq!(outside, None, "{name}");
    }
    let book = std::fs::read_to_string(root().join("book.toml")).expect("the book's settings");
    assert!(book.contains("src = \"docs\""));
}
