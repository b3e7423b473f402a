//! Command lines that nobody should give: each is done or refused, by an exit code that means
//! something. None ends in a panic or a signal.
//!
//! `SYMGRAD_FUZZ_SECONDS` has the test go on for so long.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// Commands that are good, and are over soon.
const GOOD: [&str; 12] = [
    "search field.csv --points x,v --budget 300 --seconds 1 --threads 1 --seed 3",
    "search field.csv --values product --points x,v --budget 300 --seconds 1 --ops add,mul",
    "search field.csv --estimate h --budget 300 --seconds 1 --format latex --quiet",
    "search field.csv --points x,v --budget 300 --seconds 1 --out found --events events.jsonl",
    "search field.csv --config search.toml --budget 300 --seconds 1 --exit-code",
    "interpret --model net.onnx --points field.csv --neuron 0 --budget 300 --seconds 1",
    "discover field.csv --group run",
    "discover --rhs x'=v,v'=-x --threads 1",
    "report found --out index",
    "inspect net.onnx",
    "new search.toml",
    "completions bash",
];

/// Words out of place.
const ODD: [&str; 26] = [
    "",
    "-",
    "--",
    "-1",
    "0",
    "1e999",
    "NaN",
    "inf",
    "18446744073709551616",
    "-0",
    "x,,v",
    ",",
    "x*",
    "(((",
    "--budget",
    "--out",
    "--points",
    "--ops",
    "--tangent",
    "curved:0",
    "a=b",
    "%s",
    "\u{20ac}",
    "\u{202e}x",
    "--help",
    "field.csv",
];

/// A good command with a few of its words changed, left out, doubled, moved or replaced.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let odd = prop_oneof![select(&ODD[..]).prop_map(str::to_owned), "[ -.0-~]{0,12}"];
    let change = (any::<prop::sample::Index>(), 0..5_u8, odd);
    (select(&GOOD[..]), prop::collection::vec(change, 0..4)).prop_map(|(line, changes)| {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        for (at, change, word) in changes {
            if words.is_empty() {
                words.push(word);
                continue;
            }
            let at = at.index(words.len());
            match change {
                0 => words[at] = word,
                1 => words.insert(at, word),
                2 => drop(words.remove(at)),
                3 => words.insert(at, words[at].clone()),
                _ => words[at].push_str(&word),
            }
        }
        words
    })
}

#[test]
fn no_command_line_ends_in_a_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let row = |n: u32| {
        let (x, v) = (0.3 + f64::from(n % 10), 0.5 + f64::from(n / 10));
        format!("{x},{v},{v},{x},{},{},{}", x * v, (x * v / 50.0).tanh(), n / 10)
    };
    let rows: Vec<String> = (0..100).map(row).collect();
    let text = format!("x,v,g_x,g_v,product,h,run\n{}\n", rows.join("\n"));
    std::fs::write(folder.path().join("field.csv"), text).expect("a file");
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models");
    std::fs::copy(models.join("throw.onnx"), folder.path().join("net.onnx")).expect("a network");

    let seconds = std::env::var("SYMGRAD_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let most = seconds.map_or(Duration::from_secs(3), Duration::from_secs);
    let (mut runner, lines, start) = (TestRunner::default(), lines(), Instant::now());
    let mut done = 0;
    while start.elapsed() < most && (seconds.is_some() || done < 60) {
        let words = lines.new_tree(&mut runner).expect("words").current();
        // Nothing is written elsewhere, and no training begins.
        if words.iter().any(|word| word.contains('/') || word.contains("..") || word == "reproduce")
        {
            continue;
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_symgrad"))
            .args(&words)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("told.txt")).expect("a file"))
            .spawn()
            .expect("the command runs");
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break status;
            }
            // Some ask for long work.
            if begin.elapsed() > Duration::from_secs(20) {
                child.kill().expect("a child");
                child.wait().expect("a child");
                break std::process::ExitStatus::default();
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let told = std::fs::read_to_string(folder.path().join("told.txt")).unwrap_or_default();
        let meant = status.code().is_some_and(|code| code <= 2);
        assert!(meant && !told.contains("panicked"), "{words:?}: {status}\n{told}");
        done += 1;
    }
    if seconds.is_some() {
        eprintln!("command lines: {done} in {:?}", start.elapsed());
    }
}

/// The length of a run of numbers that goes on for ever, found by damaging files.
#[test]
fn a_parquet_file_that_contradicts_itself_is_an_error_without_a_backtrace() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../symgrad-data/tests/data");
    let mut bytes = std::fs::read(data.join("field.parquet")).expect("a file");
    bytes[478..490].fill(0xff);
    std::fs::write(folder.path().join("field.parquet"), bytes).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_symgrad"))
        .args(["search", "field.parquet", "--budget", "300"])
        .current_dir(folder.path())
        .output()
        .expect("the command runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("field.parquet") && !told.contains("panicked"), "{told}");
    assert!(!told.contains("stack backtrace"), "{told}");
}
