//! Runs that are killed, interrupted, locked, or have no room to write: `symgrad resume` ends them
//! with the bytes of a run that nobody disturbed.
//!
//! `SYMGRAD_KILLS=50 cargo test --release --workspace --test resume killed` kills more often.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use symgrad::Folder;

/// A command that takes a second or two, and the file of what it finds.
struct Case {
    folder: tempfile::TempDir,
    arguments: Vec<String>,
    result: &'static str,
}

const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests");

impl Case {
    fn new(arguments: &[&str], result: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Gradients of no short formula, so that the search takes its whole budget.
        let row = |n: u32| {
            let (x, v) = (0.3 + f64::from(n % 20) / 7.0, 0.5 + f64::from(n / 20) / 9.0);
            let bend = (1.7 * x + v * v).sin() / (1.0 + x);
            format!("{x},{v},{},{}", 2.0 * x + v.cos() + bend, v * x - bend * v.exp())
        };
        let rows: Vec<String> = (0..300).map(row).collect();
        let table = format!("x,v,g_x,g_v\n{}\n", rows.join("\n"));
        std::fs::write(folder.path().join("field.csv"), table).expect("a file");
        let file = |word: &&str| match word.strip_prefix("TESTS/") {
            Some(name) => format!("{TESTS}/{name}"),
            None => (*word).to_owned(),
        };
        Self { folder, arguments: arguments.iter().map(file).collect(), result }
    }

    fn search(budget: &str) -> Self {
        Self::new(&["search", "field.csv", "--budget", budget, "--seed", "1"], "result.json")
    }

    /// The same by two islands, which are kept together.
    fn islands() -> Self {
        let case = Self::search("12k");
        Self {
            arguments: [case.arguments, ["--islands", "2"].map(Into::into).into()].concat(),
            ..case
        }
    }

    fn layer() -> Self {
        let model = ["--model", "TESTS/models/motion.onnx", "--points", "TESTS/models/motion.csv"];
        let rest = ["--layer", "relu", "--all", "--part", "1/16", "--budget", "4k"];
        Self::new(&[&["interpret"][..], &model, &rest].concat(), "layer.json")
    }

    fn space() -> Self {
        let model =
            ["--model", "TESTS/models/invariants.onnx", "--points", "TESTS/models/invariants.csv"];
        let rest = ["--neuron", "0,1", "--budget", "6k"];
        Self::new(&[&["interpret"][..], &model, &rest].concat(), "space.json")
    }

    /// A training on groups, and a search for what it has learned.
    fn laws() -> Self {
        let road = ["--road", "both", "--latents", "2"];
        Self::new(&[&["discover", "TESTS/data/orbits.csv"][..], &road].concat(), "result.json")
    }

    /// A training on triplets, and all that follows.
    fn experiment() -> Self {
        let arguments = ["reproduce", "--only", "trace-2x2", "--quick", "--threads", "1"];
        Self::new(&arguments, "trace-2x2-isolated/seed-0/result.json")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, out: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_symgrad"));
        command.current_dir(self.folder.path()).args(&self.arguments).args(["--out", out]);
        command
    }

    /// From somewhere else than the run was started.
    fn resumption(&self, out: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_symgrad"));
        command.current_dir("/").arg("resume").arg(self.path(out));
        command
    }

    fn result(&self, out: &str) -> Vec<u8> {
        std::fs::read(self.path(out).join(self.result)).expect("a result")
    }

    fn undisturbed(&self) -> (Vec<u8>, Duration) {
        let start = Instant::now();
        ended(self.command("whole"));
        assert!(!self.path("whole/.symgrad-run").exists(), "nothing is left to go on with");
        (self.result("whole"), start.elapsed())
    }

    /// Starts it and waits for its first state.
    fn started(&self, out: &str) -> Child {
        let mut command = self.command(out);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        while states(&self.path(out)).is_empty() {
            if child.try_wait().expect("a child").is_some() {
                let output = child.wait_with_output().expect("it has ended");
                panic!("it ended without a state: {}\n{}", output.status, told(&output));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        child
    }

    /// Starts it and kills it once there is a state.
    fn killed(&self, out: &str) {
        let mut child = self.started(out);
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }

    /// Starts it and interrupts it once there is a state; returns what it says then.
    fn interrupted(&self, out: &str) -> (Output, String) {
        let child = self.started(out);
        let id = child.id().to_string();
        Command::new("kill").args(["-INT", &id]).status().expect("a signal");
        let output = child.wait_with_output().expect("it ends");
        let told = told(&output);
        assert_eq!(output.status.code(), Some(130), "{told}");
        assert!(told.contains(&format!("symgrad resume {out}")), "{told}");
        (output, told)
    }
}

fn quiet(mut command: Command) -> Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn ended(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("the command runs");
    let told = told(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    told
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The states that a run keeps, the last of each training or search before the one before it.
fn states(out: &Path) -> Vec<PathBuf> {
    let folders = [out.to_owned(), out.join("trace-2x2-isolated/seed-0")];
    let entries = folders.iter().filter_map(|f| std::fs::read_dir(f.join(".symgrad-run")).ok());
    let mut paths: Vec<PathBuf> = entries.flatten().flatten().map(|entry| entry.path()).collect();
    let is_state = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "state" || end == "state-before")
    };
    paths.retain(is_state);
    paths.sort();
    paths
}

/// Numbers from 0 to 1 that follow from the seed.
fn shares(seed: u64) -> impl Iterator<Item = f64> {
    (1_u64..).map(move |n| {
        let mixed = (seed + n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    })
}

/// Kills in a row of one run, which then goes on to its end.
const KILLS_OF_A_RUN: usize = 2;

#[test]
fn killed_runs_end_like_undisturbed_ones() {
    let wanted: usize =
        std::env::var("SYMGRAD_KILLS").map_or(6, |text| text.parse().expect("a count"));
    let cases = [
        Case::search("12k"),
        Case::experiment(),
        Case::layer(),
        Case::laws(),
        Case::space(),
        Case::islands(),
    ];
    let whole: Vec<_> = cases.iter().map(Case::undisturbed).collect();
    let mut shares = shares(7);
    let (mut kills, mut runs) = (0, 0);
    while kills < wanted {
        let (case, (expected, took)) = (&cases[runs % cases.len()], &whole[runs % cases.len()]);
        let out = format!("killed-{runs}");
        runs += 1;
        let mut command = case.command(&out);
        let goes_on = || case.path(&out).join(".symgrad-run/run.json").exists();
        // Before it had begun there is nothing to go on with.
        let next = || if goes_on() { case.resumption(&out) } else { case.command(&out) };
        // A slow machine may take longer for a step than a run is given.
        for _ in 0..KILLS_OF_A_RUN {
            let mut child = quiet(command).spawn().expect("the command starts");
            std::thread::sleep(took.mul_f64(0.9 * shares.next().expect("a number")));
            let over = child.try_wait().expect("a child").is_some();
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
            command = next();
            if over {
                break;
            }
            kills += 1;
        }
        if goes_on() || !case.path(&out).join(case.result).exists() {
            ended(command);
        }
        assert_eq!(&case.result(&out), expected, "run {runs}: {:?}", case.arguments);
    }
    eprintln!("{kills} kills in {runs} runs");
}

#[test]
fn an_interrupted_run_shows_what_it_has_and_goes_on() {
    let case = Case::search("60k");
    let (expected, _) = case.undisturbed();
    let (output, told) = case.interrupted("out");
    assert!(told.contains("ending after this step"), "{told}");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("answer: ") || shown.contains("best guess: "), "{shown}");
    assert_ne!(case.result("out"), expected);
    let told = ended(case.resumption("out"));
    assert!(told.contains("the search goes on after "), "{told}");
    assert_eq!(case.result("out"), expected);
    // Once more there is nothing to go on with.
    let again = case.resumption("out").output().expect("the command runs");
    assert_eq!(again.status.code(), Some(2));
    assert!(self::told(&again).contains("is complete"));
}

/// A training of an experiment, and one of the network's road to laws. What was trained is the same as
/// well.
#[test]
fn an_interrupted_training_goes_on() {
    for case in [Case::experiment(), Case::laws()] {
        let (expected, _) = case.undisturbed();
        case.interrupted("out");
        // That of its last step.
        let state = std::fs::read(&states(&case.path("out"))[0]).expect("a state");
        assert!(state.starts_with(b"symgrad-training-"));
        let told = ended(case.resumption("out"));
        assert!(told.contains("the training goes on after "), "{told}");
        assert_eq!(case.result("out"), expected);
        assert!(states(&case.path("out")).is_empty());
        if case.result != "result.json" {
            for name in ["encoder.bpk", "training.csv", "check.json"] {
                let file = |out: &str| {
                    let path = case.path(out).join(case.result).with_file_name(name);
                    let text = std::fs::read(path).expect("a file");
                    let lines = String::from_utf8_lossy(&text).into_owned();
                    // But for how long it took.
                    lines.split("\"seconds\"").next().unwrap_or_default().to_owned()
                };
                assert_eq!(file("out"), file("whole"), "{name}");
            }
        }
    }
}

/// A state that was cut short or has a wrong bit is told, and the one before it is used; without
/// any the run begins anew.
#[test]
fn damaged_states_are_told() {
    let case = Case::search("12k");
    let (expected, _) = case.undisturbed();
    for number in 0..2 {
        let out = format!("damaged-{number}");
        case.killed(&out);
        let last = states(&case.path(&out)).remove(0);
        let before = last.with_extension("state-before");
        let mut bytes = std::fs::read(&last).expect("a state");
        if number == 0 {
            std::fs::write(&before, &bytes).expect("a file");
        }
        let middle = bytes.len() / 2;
        if number == 0 {
            bytes.truncate(middle);
        } else {
            bytes[middle] ^= 4;
        }
        std::fs::write(&last, bytes).expect("a file");
        let told = ended(case.resumption(&out));
        assert!(told.contains("cannot be used: ") && told.contains("damaged"), "{told}");
        let then = ["goes on with the state before it", "begins anew"][number];
        assert!(told.contains(then), "{told}");
        assert_eq!(case.result(&out), expected);
    }
}

#[test]
fn a_folder_has_one_writer() {
    let case = Case::search("12k");
    let held = Folder::open(&case.path("out")).expect("a folder");
    let output = case.command("out").output().expect("the command runs");
    let told = told(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("another symgrad is writing to out"), "{told}");
    drop(held);
    ended(case.command("out"));
}

/// As on a full disk, and in a folder that is gone.
#[test]
fn states_that_cannot_be_written_leave_the_last_one() {
    let case = Case::search("12k");
    let (expected, _) = case.undisturbed();
    case.killed("full");
    let kept = std::fs::read(states(&case.path("full")).remove(0)).expect("a state");
    let program = env!("CARGO_BIN_EXE_symgrad");
    // No file may be longer than four kilobytes.
    let script = format!("trap '' XFSZ; ulimit -f 8; exec {program} resume full");
    let mut limited = Command::new("sh");
    let limited = limited.current_dir(case.folder.path()).args(["-c", &script]);
    let output = limited.stdin(Stdio::null()).output().expect("the command runs");
    let told = told(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("what it kept before is intact"), "{told}");
    assert!(told.contains("hint: make room there; the same command then goes on"), "{told}");
    assert!(!output.stdout.is_empty(), "the answer is shown all the same");
    assert_eq!(std::fs::read(states(&case.path("full")).remove(0)).expect("a state"), kept);
    ended(case.resumption("full"));
    assert_eq!(case.result("full"), expected);

    let child = case.started("gone");
    // It may write between two of the removals.
    while std::fs::remove_dir_all(case.path("gone")).is_err() {}
    let output = child.wait_with_output().expect("it ends");
    let told = self::told(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("cannot write ") && !output.stdout.is_empty(), "{told}");
}
