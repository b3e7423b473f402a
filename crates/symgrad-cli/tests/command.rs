//! The command as a user meets it: results, errors, exit codes, files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn symgrad<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_symgrad"));
    command.args(arguments).output().expect("the command runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// A file in a fresh folder.
struct Given {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Given {
    fn csv(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("field.csv");
        std::fs::write(&file, text).expect("a file");
        Self { folder, file }
    }

    /// Points on a grid and the gradients of tanh(x·v/50) there.
    fn product() -> Self {
        let row = |n: u32| {
            let (x, v) = (0.3 + f64::from(n % 10), 0.5 + f64::from(n / 10));
            let slope = (x * v / 50.0).cosh().powi(-2);
            format!("{x},{v},{},{}", v * slope, x * slope)
        };
        let rows: Vec<String> = (0..100).map(row).collect();
        Self::csv(&format!("x,v,g_x,g_v\n{}\n", rows.join("\n")))
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn search(&self, more: &[&str]) -> Output {
        let (file, out) = (self.file.to_string_lossy(), self.out());
        let mut arguments = vec!["search".to_owned(), file.into_owned(), "--out".into()];
        arguments.push(out.to_string_lossy().into_owned());
        if !more.contains(&"--budget") {
            arguments.extend(["--budget".into(), "30000".into()]);
        }
        arguments.extend(more.iter().map(|word| (*word).to_owned()));
        symgrad(&arguments)
    }
}

/// Exit code 2, every one of the words in the message, a hint, and nothing written.
fn fails(given: &Given, more: &[&str], words: &[&str]) {
    let output = given.search(more);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(output.stdout.is_empty());
    for word in words {
        assert!(told.contains(word), "{word:?} is not in {told:?}");
    }
    assert!(told.contains("error: ") && told.contains("hint: "), "{told}");
    assert!(!given.out().exists(), "something was written");
}

#[test]
fn a_field_gives_a_formula() {
    let given = Given::product();
    let output = given.search(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("answer: v*x\n"), "{}", stdout(&output));
    let written = std::fs::read_to_string(given.out().join("result.json")).expect("a result");
    let result: Value = serde_json::from_str(&written).expect("JSON");
    assert_eq!(result["schema_version"], 1);
    assert_eq!(result["inputs"], serde_json::json!(["x", "v"]));
    let index = usize::try_from(result["answer"].as_u64().expect("an index")).expect("small");
    let answer = &result["front"][index];
    assert_eq!(answer["expression"], "v*x");
    assert_eq!(answer["sympy"], "v*x");
    for name in ["front.csv", "front.svg", "report.html"] {
        assert!(given.out().join(name).is_file(), "{name}");
    }
}

#[test]
fn standard_output_is_data_and_does_not_depend_on_threads() {
    let given = Given::product();
    let found = |threads| {
        let output = given.search(&["--format", "json", "--threads", threads]);
        let mut result: Value = serde_json::from_str(&stdout(&output)).expect("JSON alone");
        result.as_object_mut().expect("an object").remove("seconds").expect("seconds");
        assert!(!stderr(&output).contains('\u{1b}'), "no colours without a terminal");
        result
    };
    assert_eq!(found("1"), found("2"));
}

#[test]
fn columns_and_settings_can_be_chosen() {
    let text = "a,b,c,d\n1,2,2,1\n2,1,1,2\n3,1,1,3\n1,4,4,1\n2,2,2,2\n";
    let given = Given::csv(text);
    let columns = ["--points", "a,b", "--gradients", "c,d"];
    let output = given.search(&[&columns[..], &["--ops", "+ *", "--preset", "published"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("answer: a*b"), "{}", stdout(&output));
    fails(&Given::csv(text), &["--points", "a,e"], &["no column `e`", "a, b, c, d"]);
}

#[test]
fn bad_numbers_are_named_with_file_line_and_column() {
    let header = "x,v,g_x,g_v\n1,2,3,4\n";
    let file = "field.csv";
    fails(&Given::csv(&format!("{header}1,2,3\n")), &[], &[file, "line 3", "3 fields", "4"]);
    fails(&Given::csv(&format!("{header}1,two,3,4\n")), &[], &[file, "line 3", "`v`", "`two`"]);
    fails(&Given::csv(&format!("{header}1,2,NaN,4\n")), &[], &[file, "line 3", "`g_x`", "NaN"]);
    fails(&Given::csv("x,v,g_x,g_v\n1,2,0,0\n2,1,0,0\n"), &[], &[file, "gradient"]);
}

#[test]
fn files_that_are_no_fields_are_told_apart() {
    fails(&Given::csv("x\n1\n2\n"), &[], &["field.csv", "only one column", "`x`"]);
    fails(&Given::csv(""), &[], &["field.csv", "empty"]);
    fails(&Given::csv("1,2,3,4\n1,2,3,4\n"), &[], &["header"]);
    fails(&Given::csv("x,v\n1,2\n"), &[], &["no gradient columns", "--points"]);
    fails(&Given::csv("exp,v,g_exp,g_v\n1,2,3,4\n2,2,3,4\n"), &[], &["`exp`", "rename"]);
    let missing = symgrad(&["search", "nowhere/field.csv"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("nowhere/field.csv"), "{}", stderr(&missing));
}

#[test]
fn bad_arguments_are_refused_before_any_work() {
    let given = Given::product();
    let unknown = given.search(&["--ops", "+ sinus"]);
    assert_eq!(unknown.status.code(), Some(2));
    let told = stderr(&unknown);
    assert!(told.contains("sinus") && told.contains("known"), "{told}");
    assert!(!given.out().exists());
    for bad in [["--tangent", "flat"], ["--threads", "0"], ["--seed", "-1"], ["--preset", "best"]] {
        assert_eq!(given.search(&bad).status.code(), Some(2), "{bad:?}");
    }
    fails(&given, &["--tangent", "7"], &["rank 7"]);
}

#[test]
fn constraints_shape_the_answer() {
    let given = Given::product();
    for (options, words) in [
        (&["--exclude", "v"][..], "best guess: x\n"),
        (&["--structure", "f(x)*g(v)"], "answer: v*x\n"),
        (&["--units", "x=m, v=m/s", "--constants", "dimensionless"], "answer: v*x\n"),
        (&["--limit", "depth <= 2, sin in sin <= 0", "--require", "x,v"], "answer: v*x\n"),
        (&["--ops", "+", "--define", "area(a, b) = a*b"], "answer: area(v, x)\n"),
        (&["--guess", "v*x", "--target-loss", "1e-9"], "answer: v*x\n"),
    ] {
        let output = given.search(options);
        assert_eq!(output.status.code(), Some(0), "{options:?}: {}", stderr(&output));
        assert!(stdout(&output).contains(words), "{options:?}: {}", stdout(&output));
    }
}

#[test]
fn mistakes_in_constraints_are_named_with_their_place() {
    let given = Given::product();
    fails(&given, &["--exclude", "y"], &["`y`", "`exclude`", "x, v"]);
    fails(&given, &["--cost", "y=3"], &["`y`", "x v"]);
    fails(&given, &["--structure", "f(x)*g(y)"], &["f(x)*g(y)", "^", "x, v"]);
    fails(&given, &["--define", "f(t) = sinus(t)"], &["sinus", "^"]);
    fails(&given, &["--guess", "x*w"], &["`x*w`", "x, v"]);
    for bad in [["--limit", "depth < 3"], ["--units", "x=furlong"], ["--cost", "x"]] {
        let refused = given.search(&bad);
        assert_eq!(refused.status.code(), Some(2), "{bad:?}");
        assert!(stderr(&refused).contains("expected") || stderr(&refused).contains("write"));
    }
}

#[test]
fn settings_come_from_a_file_and_options_win() {
    let given = Given::product();
    let config = given.folder.path().join("search.toml");
    let write = |text: &str| std::fs::write(&config, text).expect("a file");
    let path = config.to_string_lossy().into_owned();
    write("operators = '+ -'\n[search]\nseed = 7\n[search.constraints]\nexclude = ['v']\n");
    let output = given.search(&["--config", &path, "--format", "json"]);
    let result: Value = serde_json::from_str(&stdout(&output)).expect("JSON alone");
    assert_eq!((&result["seed"], &result["front"][0]["expression"]), (&7.into(), &"x".into()));
    write("operators = '+ -'\n");
    let output = given.search(&["--config", &path, "--ops", "+ *"]);
    assert!(stdout(&output).contains("answer: v*x\n"), "{}", stdout(&output));
    write("[search]\nbudgets = 3\n");
    fails(&Given::product(), &["--config", &path], &["line 2", "budgets"]);
}

#[test]
fn values_can_be_fitted_instead_of_gradients() {
    let rows: Vec<String> = (0..60_u32)
        .map(|n| (f64::from(n % 8) + 0.5, f64::from(n / 8) + 0.25))
        .map(|(x, v)| format!("{x},{v},{}", x * v + 2.0))
        .collect();
    let given = Given::csv(&format!("x,v,y\n{}\n", rows.join("\n")));
    let output = given.search(&["--values", "y"]);
    assert!(stdout(&output).contains("answer: v*x + 2\n"), "{}", stdout(&output));
    let output = given.search(&["--values", "y", "--linear-scaling"]);
    assert!(stdout(&output).contains("answer: v*x\n"), "{}", stdout(&output));
    fails(&Given::csv("x,v,y\n1,2,3\n2,1,4\n"), &["--values", "w"], &["`w`", "x, v, y"]);
}

#[test]
fn a_search_can_be_resumed() {
    let given = Given::product();
    let state = given.folder.path().join("state.bin").to_string_lossy().into_owned();
    let first = given.search(&["--save", &state]);
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    let second = given.search(&["--resume", &state, "--budget", "9000"]);
    assert_eq!(second.status.code(), Some(0), "{}", stderr(&second));
    assert!(stdout(&second).contains("answer: v*x\n"), "{}", stdout(&second));
    fails(&Given::product(), &["--resume", &given.file.to_string_lossy()], &["resume"]);
}

/// A file that appears in the way while the search runs is left alone, and the answer is shown.
#[test]
fn what_cannot_be_written_at_the_end_is_a_warning() {
    let given = Given::product();
    let (file, out) = (given.file.to_string_lossy(), given.out());
    let arguments = ["search", &file, "--budget", "60k", "--out", out.to_str().expect("text")];
    let mut command = Command::new(env!("CARGO_BIN_EXE_symgrad"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = command.spawn().expect("the command starts");
    // Whatever is in the way before the search begins is an error.
    let hints = std::time::Instant::now();
    while !out.exists() && hints.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    std::thread::sleep(std::time::Duration::from_millis(50));
    std::fs::write(out.join("front.svg"), "a user's own").expect("a file");
    let output = running.wait_with_output().expect("the command ends");
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(stdout(&output).contains("answer: v*x\n"), "{}", stdout(&output));
    assert!(told.contains("warning: ") && told.contains("front.svg is in the way"), "{told}");
    let own = std::fs::read_to_string(out.join("front.svg")).expect("a file");
    assert_eq!(own, "a user's own");
}

#[test]
fn misspelt_names_are_understood() {
    let given = Given::product();
    fails(&given, &["--points", "x,vv"], &["no column `vv`", "did you mean `v`?"]);
    fails(&given, &["--require", "xx"], &["did you mean `x`?"]);
    let told = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_symgrad"));
        stderr(&command.args(arguments).output().expect("the command runs"))
    };
    let operators = told(&["search", "field.csv", "--ops", "add,mull"]);
    assert!(operators.contains("unknown operator `mull` (did you mean `mul`?)"), "{operators}");
    let experiment = told(&["reproduce", "--only", "determinant3x3"]);
    assert!(experiment.contains("did you mean `determinant-3x3`?"), "{experiment}");
}

#[test]
fn counts_may_be_written_short() {
    let given = Given::product();
    for (budget, threads) in [("5k", "1"), ("5_000", "1"), ("5e3", "0.001k"), ("0.005M", "1")] {
        let output = given.search(&["--budget", budget, "--threads", threads]);
        assert_eq!(output.status.code(), Some(0), "{budget}: {}", stderr(&output));
    }
    for bad in ["5m", "1.5", "-3", "1e30", "many", "1__0", ""] {
        let output = given.search(&["--budget", bad]);
        assert_eq!(output.status.code(), Some(2), "{bad}");
    }
}

#[test]
fn only_saved_searches_are_overwritten_by_searches() {
    let given = Given::product();
    let refused = |path: &Path| {
        let before = std::fs::read(path).ok();
        let save = path.to_str().expect("text");
        fails(&given, &["--save", save], &[save, "saved search"]);
        assert_eq!(std::fs::read(path).ok(), before, "{save}");
    };
    refused(&given.file);
    refused(given.folder.path());
    let empty = given.folder.path().join("empty");
    std::fs::write(&empty, "").expect("a file");
    refused(&empty);
    fails(&given, &["--save", "nowhere/state.bin"], &["nowhere/state.bin"]);
    if Path::new("/dev/full").exists() {
        fails(&given, &["--save", "/dev/full"], &["/dev/full", "saved search"]);
    }
}

#[test]
fn results_do_not_replace_what_symgrad_did_not_write() {
    let given = Given::product();
    std::fs::create_dir(given.out()).expect("a folder");
    for name in ["result.json", "front.csv", "front.svg", "report.html"] {
        let own = given.out().join(name);
        std::fs::write(&own, "a user's own").expect("a file");
        let output = given.search(&[]);
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(output.stdout.is_empty() && told.contains(name) && told.contains("in the way"));
        assert_eq!(std::fs::read_to_string(&own).expect("a file"), "a user's own");
        std::fs::remove_file(own).expect("removed");
    }
    // Its own results it replaces.
    for seed in ["1", "2"] {
        assert_eq!(given.search(&["--seed", seed]).status.code(), Some(0));
        let result = std::fs::read_to_string(given.out().join("result.json")).expect("a result");
        assert_eq!(
            serde_json::from_str::<Value>(&result).expect("JSON")["seed"],
            seed.parse::<u64>().expect("a number")
        );
    }
}

/// 200 scattered points, with columns made of them.
fn scattered(header: &str, row: impl Fn(f64, f64) -> String) -> Given {
    let place = |n: u32, step: f64| 0.3 + 2.0 * (f64::from(n) * step).fract();
    let at = |n| row(place(n, 0.754_877_666), place(n, 0.569_840_296));
    let rows: Vec<String> = (1..=200).map(at).collect();
    Given::csv(&format!("{header}\n{}\n", rows.join("\n")))
}

fn parsed(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).expect("JSON alone")
}

#[test]
fn the_answer_stands_in_json_with_its_measure_and_names() {
    let given = Given::product();
    let result = parsed(&given.search(&["--format", "json"]));
    let index = usize::try_from(result["answer"].as_u64().expect("an index")).expect("small");
    assert_eq!(result["formula"], result["front"][index]);
    assert_eq!(result["formula"]["expression"], "v*x");
    assert_eq!((&result["measure"], &result["points"]), (&"level-set".into(), &100.into()));
    assert!(result["formula"]["paper_mse"].is_number());
    let front = std::fs::read_to_string(given.out().join("front.csv")).expect("a front");
    assert!(front.starts_with("complexity,loss,paper_mse,expression,measure\n"), "{front}");
}

#[test]
fn the_verdict_goes_to_standard_error_with_every_format() {
    let given = Given::product();
    for format in ["text", "json", "latex", "sympy", "numpy", "rust"] {
        let output = given.search(&["--format", format]);
        let told = stderr(&output);
        assert!(told.contains("identified: held-out loss (level-set) "), "{format}: {told}");
    }
}

#[test]
fn losses_of_folds_are_named_as_such() {
    // cos(3·x·z), which turns several times.
    let given = scattered("x,z,g_x,g_z", |x, z| {
        let slope = -(3.0 * x * z).sin();
        format!("{x},{z},{},{}", slope * z, slope * x)
    });
    let output = given.search(&[]);
    let told = stdout(&output);
    for words in [
        "local-sign loss",
        "signs are taken point by point: the neuron turns where the answer is ",
        "held-out loss (local-sign)",
        "answer: x*z\n",
    ] {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
    assert!(!told.contains("paper MSE"), "{told}");
    // cos(3·x·z) turns at the multiples of π/3; the points' values lie about 0.03 apart.
    let turns = told.split_once("where the answer is ").and_then(|(_, rest)| rest.lines().next());
    for (turn, multiple) in turns.expect("turns").split(", ").zip([1.0, 2.0, 3.0]) {
        let turn: f64 = turn.parse().expect("a number");
        assert!((turn - multiple * std::f64::consts::FRAC_PI_3).abs() < 0.06, "{told}");
    }
    let result = parsed(&given.search(&["--format", "json"]));
    assert_eq!(result["measure"], "local-sign");
    assert!(result["formula"].get("paper_mse").is_none() && result["folds"]["turns"].is_array());
}

#[test]
fn linear_scaling_tells_scale_and_offset() {
    for (scale, offset) in [(3.0, 4.0), (-2.5e-9, 1e-3), (1e12, -5e12), (0.125, 0.0)] {
        let given = scattered("x,z,y", |x, z| format!("{x},{z},{}", scale * (x * z * z) + offset));
        let options = ["--values", "y", "--linear-scaling", "--format", "json", "--ops", "* +"];
        let result = parsed(&given.search(&options));
        assert_eq!(result["formula"]["expression"], "x*z^2", "{result}");
        let number = |name: &str| result["formula"]["scaling"][name].as_f64().expect("a number");
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (scale.abs() + offset.abs());
        assert!(near(number("scale"), scale) && near(number("offset"), offset), "{result}");
        assert_eq!(result["measure"], "scaled-values");
        assert!(result["formula"]["mean_squared_error"].is_number());
        let told = stdout(&given.search(&options[..3]));
        assert!(told.contains("values = a*(answer) + b with a = "), "{told}");
        assert!(told.contains("1 − R²") && told.contains("MSE") && !told.contains("paper MSE"));
    }
}

#[test]
fn what_is_not_found_is_a_guess_with_advice() {
    // Directions without any meaning.
    let given = scattered("x,z,g_x,g_z", |x, z| {
        let angle = 1e4 * (x * 12.9898 + z * 78.233).sin();
        format!("{x},{z},{},{}", angle.cos(), angle.sin())
    });
    let output = given.search(&[]);
    let told = stdout(&output);
    assert!(told.contains("not found: ") && told.contains("best guess: "), "{told}");
    assert!(!told.contains("answer: ") && told.contains("no formula comes near"), "{told}");
    let output = given.search(&["--format", "sympy"]);
    assert_eq!(stdout(&output).lines().count(), 1);
    assert!(stderr(&output).contains("not found: "), "{}", stderr(&output));
    assert!(stderr(&output).contains("no formula comes near"), "{}", stderr(&output));
}

#[test]
fn inputs_that_do_not_matter_take_one_line() {
    // x·z beside twelve inputs that do nothing.
    let idle: Vec<String> = (1..=12).map(|n| format!("k{n}")).collect();
    let zeros = ["0"; 12].join(",");
    let slopes: Vec<String> = idle.iter().map(|name| format!("g_{name}")).collect();
    let header = format!("x,z,{},g_x,g_z,{}", idle.join(","), slopes.join(","));
    let given = scattered(&header, |x, z| {
        let noise = |n: u32| (1e3 * f64::from(n) * (x * 3.7 + z * 9.1)).sin().to_string();
        let idle: Vec<String> = (1..=12).map(noise).collect();
        format!("{x},{z},{},{z},{x},{zeros}", idle.join(","))
    });
    let output = given.search(&[]);
    let told = stderr(&output);
    let lines: Vec<&str> =
        told.lines().filter(|line| line.contains("does not depend on")).collect();
    assert_eq!(lines.len(), 1, "{told}");
    assert!(lines[0].contains("k1, k2, ") && lines[0].contains(" and k12; "), "{told}");
}

/// A file where the folder should be refuses even an administrator.
#[test]
fn an_unwritable_folder_is_found_before_any_work() {
    let given = Given::product();
    let below_a_file = given.file.join("out");
    let refused = |output: &Output| {
        let told = stderr(output);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(&*below_a_file.to_string_lossy()), "{told}");
        assert!(told.contains("hint: ") && !told.contains("training"), "{told}");
    };
    let [file, out] = [given.file.as_path(), below_a_file.as_path()].map(Path::as_os_str);
    refused(&symgrad(&["search".as_ref(), file, "--out".as_ref(), out]));
    refused(&symgrad(&["reproduce".as_ref(), "--out".as_ref(), out]));
}

#[test]
fn experiments_are_listed_and_unknown_ones_refused() {
    let list = symgrad(&["list", "--suite", "six"]);
    assert_eq!(list.status.code(), Some(0));
    for word in ["potentials", "coulomb", "isolated", "a11*a22 - a12*a21", "t x y z"] {
        assert!(stdout(&list).contains(word), "{word}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("runs").to_string_lossy().into_owned();
    let unknown = symgrad(&["reproduce", "--only", "trace-5x5", "--out", &out]);
    assert_eq!(unknown.status.code(), Some(2));
    let told = stderr(&unknown);
    assert!(told.contains("trace-5x5") && told.contains("trace-2x2"), "{told}");
    assert!(!Path::new(&out).exists());
}

#[test]
fn gradients_can_be_estimated_from_values() {
    // A neuron computes tanh(x·v/4) on scattered points.
    let place = |n: u32, step: f64| 0.2 + 2.0 * (f64::from(n) * step).fract();
    let rows: Vec<String> = (1..=400)
        .map(|n| (place(n, 0.754_877_666), place(n, 0.569_840_296)))
        .map(|(x, v)| format!("{x},{v},{}", (x * v / 4.0).tanh()))
        .collect();
    let given = Given::csv(&format!("x,v,h\n{}\n", rows.join("\n")));
    let output = given.search(&["--estimate", "h"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("warning: gradients are estimated"), "{}", stderr(&output));
    assert!(stdout(&output).contains("answer: v*x\n"), "{}", stdout(&output));
}
