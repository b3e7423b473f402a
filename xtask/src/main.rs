//! Tasks of the workspace: `cargo xtask TASK`.
//!
//! This program only starts others (cargo, and the release binary), so that building it takes a
//! second and never touches the heavy dependencies.

mod screenshots;

use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
usage: cargo xtask TASK [ARGS...]

tasks:
  reproduce [ARGS...]  build everything for release, then run `symgrad reproduce ARGS...`
  bench [NAME [ARGS]]  run the criterion benches, or the one of that name; `peers ARGS`
                       compares with other engines (benches/peers, `peers --help`);
                       `formulas ARGS` counts the formulas of physics that the search
                       recovers (benches/formulas, `formulas --help`), `hard ARGS` harder ones
  properties [SEED]    run the test programs that hold property tests, with another seed than
                       CI's: a random one, which is printed, or the given one
  fuzz [SECONDS [SEED [KIND...]]]
                       have every reader, or those of the kinds named, read damaged files for so
                       many seconds of processor time each (60; of the clock for `commands`), with
                       another seed than CI's; what fails is kept and named
  screenshots FOLDER PAGE...
                       picture pages at the sizes of a phone, a laptop and a wide screen, light and
                       dark, in headless Chromium (or $CHROMIUM); fails where one is wider than
                       its screen or says anything on the console
  docs                 build the documentation; a warning is an error
  ci                   run what CI runs (.ci/run)
  help                 print this text
";

/// Exit code of a task that could not run at all; results that miss their mark give 1.
const FAILURE: u8 = 2;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let task = args.next().map(|task| task.to_string_lossy().into_owned());
    let rest: Vec<OsString> = args.collect();
    let done = match task.as_deref() {
        Some("reproduce") => reproduce(&rest),
        Some("bench") => bench(&rest),
        Some("properties") => properties(&rest),
        Some("fuzz") => fuzz(&rest),
        Some("screenshots") => screenshots::take(&rest),
        Some("docs") => docs(),
        Some("ci") => run(&mut in_root(Command::new(root().join(".ci/run")))),
        Some("help" | "-h" | "--help") => {
            // Nobody may be reading.
            let _ = write!(std::io::stdout().lock(), "{USAGE}");
            Ok(())
        }
        Some(unknown) => Err(Stop::because(format!("unknown task `{unknown}`\n\n{USAGE}"))),
        None => Err(Stop::because(format!("which task?\n\n{USAGE}"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop { code, reason }) => {
            if let Some(reason) = reason {
                let _ = writeln!(std::io::stderr().lock(), "error: {}", reason.trim_end());
            }
            ExitCode::from(code)
        }
    }
}

/// Why a task ends early, and the exit code to end with.
struct Stop {
    code: u8,
    /// None if the program that failed has already said why.
    reason: Option<String>,
}

impl Stop {
    fn because(reason: String) -> Self {
        Self { code: FAILURE, reason: Some(reason) }
    }
}

/// Builds for release, then runs the binary in the caller's directory.
///
/// Examples are built too, because only then does cargo choose the features of shared
/// dependencies as `cargo test --release --workspace` does: whichever of the two commands runs
/// second finds everything compiled. Without them `either`, and with it burn, is built twice.
fn reproduce(args: &[OsString]) -> Result<(), Stop> {
    run(in_root(cargo()).args(["build", "--release", "--workspace", "--bins", "--examples"]))?;
    let binary = format!("symgrad{}", std::env::consts::EXE_SUFFIX);
    let path = target_directory()?.join("release").join(binary);
    run(Command::new(path).arg("reproduce").args(args))
}

/// Runs the criterion bench of that name, or else the package of that name in `benches`: a
/// workspace of its own, whose program gets the further arguments. `hard` is a set of `formulas`.
fn bench(args: &[OsString]) -> Result<(), Stop> {
    let Some((name, rest)) = args.split_first() else {
        return run(in_root(cargo()).args(["bench", "--workspace", "--bench", "*"]));
    };
    let (name, set) = if name == "hard" {
        (OsStr::new("formulas"), &["--set", "hard"][..])
    } else {
        (name.as_os_str(), &[][..])
    };
    let manifest = root().join("benches").join(name).join("Cargo.toml");
    if manifest.is_file() {
        // Built beside the rest, which `--workspace` would not do.
        let target = target_directory()?;
        let mut cargo = in_root(cargo());
        cargo.args(["run", "--release", "--manifest-path"]).arg(manifest);
        return run(cargo.arg("--target-dir").arg(target).arg("--").args(set).args(rest));
    }
    run(in_root(cargo()).args(["bench", "--workspace", "--bench"]).arg(name).arg("--").args(rest))
}

/// Runs the unit tests and those test programs in which property tests are, with that seed or a
/// random one. CI draws the same cases each time (.cargo/config.toml), and so never sees others.
fn properties(args: &[OsString]) -> Result<(), Stop> {
    let seed = match args {
        [] => random(),
        [seed] => number(seed, "seed")?,
        _ => return Err(Stop::because("one seed, or none for a random one".to_owned())),
    };
    let mut cargo = in_root(cargo());
    cargo.args(["test", "--release", "--workspace", "--no-fail-fast", "--lib", "--bins"]);
    for name in property_tests()? {
        cargo.arg("--test").arg(name);
    }
    let again = format!("seed {seed}: `cargo xtask properties {seed}` draws the same cases again");
    let _ = writeln!(std::io::stderr().lock(), "{again}");
    let done = run(cargo.env("PROPTEST_RNG_SEED", seed.to_string()));
    // Once more, for the first time has scrolled away.
    let _ = writeln!(std::io::stderr().lock(), "{again}");
    done
}

/// What can be damaged, and the beginning of its test's name.
const KINDS: [(&str, &str); 14] = [
    ("texts", "damaged_texts"),
    ("arrays", "damaged_archives"),
    ("parquet", "damaged_parquet"),
    ("onnx", "damaged_onnx"),
    ("safetensors", "damaged_safetensors"),
    ("pytorch", "damaged_pytorch"),
    ("settings", "damaged_settings"),
    ("results", "damaged_results"),
    ("states", "damaged_states"),
    ("encoders", "damaged_encoders"),
    ("trainings", "damaged_trainings"),
    ("formulas", "damaged_formulas"),
    ("operators", "damaged_operators"),
    ("commands", "no_command_line"),
];

/// Has the tests of damaged files and command lines go on for so many seconds each, one after the
/// other. CI runs them for a moment.
fn fuzz(args: &[OsString]) -> Result<(), Stop> {
    let seconds = args.first().map_or(Ok(60), |text| number(text, "number of seconds"))?;
    let seed = args.get(1).map_or_else(|| Ok(random()), |text| number(text, "seed"))?;
    let tests = tests_of(args.get(2..).unwrap_or_default())?;
    let mut again = format!("seed {seed}: `cargo xtask fuzz {seconds} {seed}");
    for kind in args.iter().skip(2) {
        again.push(' ');
        again.push_str(&kind.to_string_lossy());
    }
    again.push_str("` damages them alike again");
    let _ = writeln!(std::io::stderr().lock(), "{again}");
    let mut cargo = in_root(cargo());
    cargo.args(["test", "--release", "--workspace", "--no-fail-fast"]);
    cargo.args(["--test", "workspace", "--test", "hostile", "--"]).args(tests);
    // What a test prints is of interest while it runs.
    cargo.args(["--nocapture", "--test-threads", "1"]);
    let seconds = seconds.to_string();
    let done =
        run(cargo.env("SYMGRAD_FUZZ_SECONDS", seconds).env("PROPTEST_RNG_SEED", seed.to_string()));
    let _ = writeln!(std::io::stderr().lock(), "{again}");
    done
}

/// The tests of the kinds of that name, or all.
fn tests_of(names: &[OsString]) -> Result<Vec<&'static str>, Stop> {
    if names.is_empty() {
        return Ok(KINDS.map(|(_, test)| test).to_vec());
    }
    let test = |name: &OsString| {
        let known = KINDS.iter().find(|(kind, _)| name == kind);
        known.map(|(_, test)| *test).ok_or_else(|| {
            let kinds = KINDS.map(|(kind, _)| kind).join(", ");
            Stop::because(format!("no kind `{}`; there are {kinds}", name.display()))
        })
    };
    names.iter().map(test).collect()
}

fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

fn number(text: &OsStr, noun: &str) -> Result<u64, Stop> {
    text.to_str().and_then(|text| text.parse().ok()).ok_or_else(|| {
        let text = text.to_string_lossy();
        Stop::because(format!("`{text}` is no {noun}: write a number below 2^64"))
    })
}

/// The names of the test programs that hold property tests, in order.
fn property_tests() -> Result<Vec<String>, Stop> {
    let failed = |error: std::io::Error| Stop::because(format!("cannot list the tests: {error}"));
    let mut names = vec![];
    for package in std::fs::read_dir(root().join("crates")).map_err(failed)? {
        let Ok(tests) = std::fs::read_dir(package.map_err(failed)?.path().join("tests")) else {
            continue;
        };
        for test in tests {
            let path = test.map_err(failed)?.path();
            let holds = std::fs::read_to_string(&path).is_ok_and(|text| text.contains("proptest"));
            names.extend(
                path.file_stem().filter(|_| holds).map(|n| n.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// Documents the libraries, and the examples for the reason given at [`reproduce`]: so the
/// dependencies that `cargo clippy --release --all-targets` has checked serve here too.
fn docs() -> Result<(), Stop> {
    let flags = std::env::var("RUSTDOCFLAGS").unwrap_or_default();
    let flags = format!("{flags} -D warnings");
    let targets = ["--workspace", "--no-deps", "--lib", "--examples"];
    let mut cargo = in_root(cargo());
    run(cargo.args(["doc", "--release"]).args(targets).env("RUSTDOCFLAGS", flags.trim_start()))
}

/// Runs a program; passes its exit code on if it fails.
fn run(command: &mut Command) -> Result<(), Stop> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| {
        Stop::because(format!("cannot run {name}: {error}; is it installed and executable?"))
    })?;
    if status.success() {
        return Ok(());
    }
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(code) => Err(Stop { code, reason: None }),
        None => Err(Stop::because(format!("{name} was stopped: {status}"))),
    }
}

fn in_root(mut command: Command) -> Command {
    command.current_dir(root());
    command
}

/// The cargo that runs this program.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The workspace's root, one level above this crate.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Where cargo puts what it builds, which its configuration and the environment decide.
fn target_directory() -> Result<PathBuf, Stop> {
    let output = in_root(cargo())
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .map_err(|error| Stop::because(format!("cannot run cargo metadata: {error}")))?;
    let metadata = String::from_utf8_lossy(&output.stdout);
    string_field(&metadata, "target_directory")
        .map(PathBuf::from)
        .ok_or_else(|| Stop::because("cargo metadata names no target directory".to_owned()))
}

/// The value of the first field of that name in a JSON text, if it is a string.
fn string_field(json: &str, name: &str) -> Option<String> {
    let (_, after) = json.split_once(&format!("\"{name}\":\""))?;
    let mut value = String::new();
    let mut chars = after.chars();
    loop {
        match chars.next()? {
            '"' => return Some(value),
            // Paths need no other escapes than those of the backslash and the quote.
            '\\' => value.push(chars.next()?),
            c => value.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KINDS, property_tests, root, string_field};

    #[test]
    fn property_tests_are_found() {
        let found = property_tests().unwrap_or_else(|_| panic!("the crates are there"));
        for name in ["files", "syntax", "properties"] {
            assert!(found.iter().any(|known| known == name), "{name} is not in {found:?}");
        }
    }

    /// Each kind is one test, and each test of damaged files one kind.
    #[test]
    fn kinds_are_tests() {
        let text = ["tests/workspace/hostile.rs", "crates/symgrad-cli/tests/hostile.rs"]
            .map(|path| std::fs::read_to_string(root().join(path)).expect("a file"))
            .concat();
        for (kind, test) in KINDS {
            assert_eq!(text.matches(&format!("fn {test}")).count(), 1, "{kind}");
        }
        assert_eq!(text.matches("fn damaged_").count() + 1, KINDS.len());
    }

    #[test]
    fn fields_are_read_with_their_escapes() {
        let json = r#"{"version":1,"target_directory":"C:\\work \"x\"\\target","other":"y"}"#;
        let found = string_field(json, "target_directory");
        assert_eq!(found.as_deref(), Some(r#"C:\work "x"\target"#));
        assert_eq!(string_field(json, "version"), None);
        assert_eq!(string_field(r#"{"target_directory":"cut"#, "target_directory"), None);
    }
}
