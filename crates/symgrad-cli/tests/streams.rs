//! Streams that are closed or full end a command quietly or with an error, never in a panic.
#![cfg(unix)]

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// Every command, with arguments that let it end soon, and some that it refuses.
const COMMANDS: [&[&str]; 14] = [
    &["--help"],
    &["--version"],
    &["search", "--help"],
    &["nonsense"],
    &["list"],
    &["inspect", "energy.onnx"],
    &["inspect", "missing.onnx"],
    &["search", "FIELD", "--budget", "2k"],
    &["search", "FIELD", "--budget", "2k", "--format", "json"],
    &["search", "FIELD", "--budget", "2k", "--format", "latex"],
    &["search", "missing.csv"],
    &["interpret", "--model", "coulomb.onnx", "--points", "coulomb.csv", "--budget", "2k"],
    &["reproduce", "--only", "nothing"],
    &["reproduce", "--out", "energy.onnx/runs"],
];

fn run(arguments: &[&str], field: &Path, out: Stdio, err: Stdio) -> std::process::Output {
    let field = field.to_str().expect("text");
    let arguments = arguments.iter().map(|word| if *word == "FIELD" { field } else { word });
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models");
    let mut command = Command::new(env!("CARGO_BIN_EXE_symgrad"));
    command.current_dir(models).args(arguments).stdin(Stdio::null()).stdout(out).stderr(err);
    command.spawn().expect("the command starts").wait_with_output().expect("the command ends")
}

/// A pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").expect("a full device").into()
}

fn field(folder: &Path) -> std::path::PathBuf {
    let row = |n: u32| {
        let (x, v) = (0.3 + f64::from(n % 10), 0.5 + f64::from(n / 10));
        format!("{x},{v},{v},{x}")
    };
    let rows: Vec<String> = (0..100).map(row).collect();
    let path = folder.join("field.csv");
    std::fs::write(&path, format!("x,v,g_x,g_v\n{}\n", rows.join("\n"))).expect("a file");
    path
}

#[test]
fn no_command_panics_on_closed_or_full_streams() {
    let folder = tempfile::tempdir().expect("a folder");
    let field = field(folder.path());
    let mut streams: Vec<fn() -> Stdio> = vec![closed];
    if Path::new("/dev/full").exists() {
        streams.push(full);
    }
    for arguments in COMMANDS {
        let usual = run(arguments, &field, Stdio::piped(), Stdio::piped()).status.code();
        for stream in &streams {
            let silent = run(arguments, &field, stream(), Stdio::piped());
            let told = String::from_utf8_lossy(&silent.stderr);
            assert!(!told.contains("panicked"), "{arguments:?}: {told}");
            // What cannot be written is either not wanted any more, or an error.
            let code = silent.status.code();
            assert!(code == usual || code == Some(2), "{arguments:?}: {code:?}: {told}");
            // Talk that cannot be heard changes nothing.
            let deaf = run(arguments, &field, Stdio::piped(), stream());
            assert_eq!(deaf.status.code(), usual, "{arguments:?}");
        }
    }
}

#[test]
fn a_full_device_is_an_error_with_a_way_out() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [COMMANDS[4], COMMANDS[5], COMMANDS[7], COMMANDS[8], COMMANDS[9]] {
        let output = run(arguments, &field(folder.path()), full(), Stdio::piped());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("cannot write to standard output") && told.contains("hint: "));
    }
}
