//! `symgrad discover` as a user meets it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

fn symgrad(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_symgrad"));
    command.arg("discover").args(arguments).output().expect("the command runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

struct Given {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Given {
    fn csv(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("runs.csv");
        std::fs::write(&file, text).expect("a file");
        Self { folder, file }
    }

    /// Oscillations, whose energy is lost at that rate.
    fn oscillations(groups: u32, loss: f64) -> Self {
        let mut text = String::from("run,time,x,v\n");
        for n in 0..groups * 30 {
            let (run, t) = (n / 30, 0.1 * f64::from(n % 30));
            let size = (0.5 + 0.37 * f64::from(run * 7 % 11)) * (-loss * t).exp();
            let angle = 2.0 * t + f64::from(run);
            let (x, v) = (size * angle.cos(), -2.0 * size * angle.sin());
            writeln!(text, "{run},{t},{x},{v}").expect("a string");
        }
        Self::csv(&text)
    }

    fn discover(&self, more: &[&str]) -> Output {
        let file = self.file.to_string_lossy();
        symgrad(&[&[&*file], more].concat())
    }
}

#[test]
fn laws_are_told_and_written() {
    let given = Given::oscillations(12, 0.0);
    let out = given.folder.path().join("out");
    let out = out.to_string_lossy();
    let output = given.discover(&["--out", &out, "--exit-code"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let told = stdout(&output);
    assert!(told.contains("law: 4*x^2 + v^2"), "{told}");
    let path = PathBuf::from(&*out).join("result.json");
    let text = std::fs::read_to_string(&path).expect("result.json");
    let result: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(result["verdict"]["kind"], "laws");
    assert_eq!(result["inputs"], serde_json::json!(["x", "v"]));
    let law = &result["laws"][0];
    assert_eq!(law["sympy"], "4*x**2 + v**2");
    assert_eq!((&law["verdict"]["kind"], &law["found_by"]), (&"law".into(), &"direct".into()));
    assert!(law["rho"].as_f64().expect("a number") < 1e-12);
    assert!(law["front"].as_array().is_some_and(|front| !front.is_empty()));
    assert!(result["seconds"].is_null() && result["seed"] == 0);

    // Another seed gives the same law; what was changed by hand is not overwritten.
    std::fs::write(&path, "mine").expect("a file");
    let refused = given.discover(&["--out", &out, "--seed", "1"]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "mine");
    let again = given.discover(&["--format", "sympy", "--seed", "1"]);
    assert_eq!(stdout(&again), "4*x**2 + v**2\n");
}

/// A network proposes, and the groups judge; what it has learned is told beside the laws.
#[test]
fn the_network_has_a_road_of_its_own() {
    let given = Given::oscillations(16, 0.0);
    let events = given.folder.path().join("events");
    let output = given.discover(&[
        "--road",
        "network",
        "--latents",
        "auto",
        "--format",
        "json",
        "--events",
        &events.to_string_lossy(),
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("training 1 latent: step 400 of at most 4000, ρ "));
    let result: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let (law, network) = (&result["laws"][0], &result["network"]);
    assert_eq!((&law["sympy"], &law["found_by"]), (&"4*x**2 + v**2".into(), &"network".into()));
    assert!(network["rho"][0].as_f64().expect("a number") < 1e-3, "{network}");
    assert!(network["summary"].as_str().is_some_and(|told| told.contains("agrees")), "{network}");
    assert!(result["seconds"]["training"].is_number());
    let events = std::fs::read_to_string(events).expect("events");
    assert!(events.contains(r#""event":"training","latents":1"#), "{events}");

    for (more, words) in [
        (&["--latents", "2"][..], "--road network"),
        (&["--road", "both", "--latents", "2"], "2 latents are too many for 2 inputs"),
        (&["--road", "both", "--latents", "0"], "from 1 to 16, or `auto`"),
    ] {
        let output = given.discover(more);
        assert!(stderr(&output).contains(words), "{words}: {}", stderr(&output));
        assert_eq!(output.status.code(), Some(2));
    }
    let alone = symgrad(&["--rhs", "x' = v, v' = -x", "--road", "network"]);
    assert!(stderr(&alone).contains("groups of points"), "{}", stderr(&alone));
}

/// Numbers so large that no network is trained on them leave the direct road its answer.
#[test]
fn a_training_that_fails_does_not_end_the_run() {
    let given = Given::oscillations(16, 0.0);
    let text = std::fs::read_to_string(&given.file).expect("a table");
    let with_huge = |(n, line): (usize, &str)| match n {
        0 => line.to_owned() + ",w\n",
        n => format!("{line},{:e}\n", 1e160 * (7.1 * n as f64).sin()),
    };
    let given = Given::csv(&text.lines().enumerate().map(with_huge).collect::<String>());
    let out = given.folder.path().join("out");
    let out = out.to_string_lossy();
    let both = given.discover(&["--road", "both", "--out", &out]);
    assert!(both.status.success(), "{}", stderr(&both));
    assert!(stdout(&both).contains("law: 4*x^2 + v^2"), "{}", stdout(&both));
    let warned = stderr(&both);
    let told: Vec<&str> = warned.lines().filter(|line| line.contains("network")).collect();
    assert!(matches!(&*told, [one] if one.contains("failed") && one.contains("NaN")), "{warned}");
    let read =
        |name: &str| std::fs::read_to_string(PathBuf::from(&*out).join(name)).expect("a file");
    let result: Value = serde_json::from_str(&read("result.json")).expect("JSON");
    assert!(result["network_failure"].as_str().is_some_and(|told| told.contains("NaN")));
    assert!(result["network"].is_null());
    assert_eq!(result["laws"][0]["found_by"], "direct");
    assert!(read("report.html").contains("road failed"));

    let alone = given.discover(&["--road", "network"]);
    assert_eq!(alone.status.code(), Some(2), "{}", stdout(&alone));
    assert!(stderr(&alone).contains("NaN"), "{}", stderr(&alone));
}

#[test]
fn no_law_is_an_answer() {
    let given = Given::oscillations(16, 0.4);
    let output = given.discover(&["--exit-code"]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(stdout(&output).starts_with("no law"), "{}", stdout(&output));
    assert!(given.discover(&[]).status.success());
}

#[test]
fn equations_need_no_table() {
    let output = symgrad(&["--rhs", "x' = v, v' = -3*x", "--format", "sympy"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "3*x**2 + v**2\n");
    let none = symgrad(&["--rhs", "x' = v, v' = -x - v", "--exit-code"]);
    assert_eq!(none.status.code(), Some(1), "{}", stdout(&none));
}

/// Pairs on circles in a table and in files of their own, with negatives and without.
#[test]
fn pairs_and_triplets_are_groups() {
    let mut parts = [(); 3].map(|()| String::from("x,v\n"));
    let mut all = String::from("anchor_x,anchor_v,positive_x,positive_v,negative_x,negative_v\n");
    for n in 0..80 {
        let angle = 2.4 * f64::from(n);
        let radius = 0.5 + f64::from(n * 7 % 11) * 0.2;
        let point =
            |radius: f64, angle: f64| format!("{},{}", radius * angle.cos(), radius * angle.sin());
        let points = [point(radius, angle), point(radius, angle + 1.0), point(radius + 0.4, angle)];
        writeln!(all, "{}", points.join(",")).expect("a string");
        for (part, point) in parts.iter_mut().zip(points) {
            writeln!(part, "{point}").expect("a string");
        }
    }
    let given = Given::csv(&all);
    let output = given.discover(&["--format", "sympy"]);
    assert_eq!(stdout(&output), "x**2 + v**2\n", "{}", stderr(&output));
    assert!(stderr(&output).contains("80 triplets, 2 inputs, 80 groups"), "{}", stderr(&output));
    let files = ["a.csv", "p.csv", "n.csv"].map(|name| given.folder.path().join(name));
    for (file, text) in files.iter().zip(&parts) {
        std::fs::write(file, text).expect("a file");
    }
    let [a, p, n] = files.each_ref().map(|file| file.to_string_lossy());
    let two = symgrad(&[&a, "--positive", &p, "--format", "sympy"]);
    assert_eq!(stdout(&two), "x**2 + v**2\n", "{}", stderr(&two));
    let three = symgrad(&[&a, "--positive", &p, "--negative", &n, "--format", "sympy"]);
    assert_eq!(stdout(&three), stdout(&output), "{}", stderr(&three));

    let bad = |text: &str, more: &[&str], words: &str| {
        let output = Given::csv(text).discover(more);
        assert!(stderr(&output).contains(words), "{words}: {}", stderr(&output));
        assert_eq!(output.status.code(), Some(2));
    };
    bad(&all.replace("positive_v", "v"), &[], "no column `positive_v`");
    bad(&all.replace("negative_v", "w"), &[], "no column `negative_v`");
    bad(&all, &["--time", "anchor_x"], "no order in time");
    bad(&all, &["--inputs", "y"], "no column `anchor_y`");
    let short: String = parts[1].lines().take(50).map(|line| line.to_owned() + "\n").collect();
    std::fs::write(&files[1], short).expect("a file");
    let unequal = symgrad(&[&a, "--positive", &p]);
    assert!(stderr(&unequal).contains("49 positives for 80 anchors"), "{}", stderr(&unequal));
    let same = symgrad(&[&a, "--positive", &a]);
    assert!(stderr(&same).contains("one and the same"), "{}", stderr(&same));
}

/// What one input alone does tells of no law, and this is said.
#[test]
fn a_single_input_has_no_laws() {
    for (replaced, by) in [("x,v", "x,time_of"), (",v", "")] {
        let given = Given::oscillations(12, 0.0);
        let text = std::fs::read_to_string(&given.file).expect("a table");
        let one = text.lines().map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let constant = if by.is_empty() { "" } else { ",1.5" };
            if line.starts_with("run") {
                line.replace(replaced, by) + "\n"
            } else {
                format!("{},{},{}{constant}\n", fields[0], fields[1], fields[2])
            }
        });
        let output = Given::csv(&one.collect::<String>()).discover(&["--exit-code"]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let told = stdout(&output);
        assert!(told.contains("x alone changes within groups"), "{told}");
    }
}

/// Groups may have names, or some names and others numbers: which they are changes nothing.
#[test]
fn groups_may_have_names() {
    let numbered = Given::oscillations(12, 0.0);
    let text = std::fs::read_to_string(&numbered.file).expect("a file");
    let expected = stdout(&numbered.discover(&[]));
    assert!(expected.contains("law: 4*x^2 + v^2"), "{expected}");
    for some in [1, 3] {
        let name = |line: &str| match line.split_once(',') {
            Some((run, rest)) if run.parse().is_ok_and(|run: u32| run.is_multiple_of(some)) => {
                format!("left knee {run},{rest}\n")
            }
            _ => format!("{line}\n"),
        };
        let named = Given::csv(&text.lines().map(name).collect::<String>());
        assert_eq!(stdout(&named.discover(&[])), expected);
    }
}

/// The time may be a date; laws do not change, nor does one that depends on it where that is an input.
#[test]
fn times_may_be_dates() {
    // Free fall, whose v + t is the same along each flight, and x + v*t + t^2/2.
    let (mut seconds, mut dates) = (String::from("run,time,x,v\n"), String::from("run,time,x,v\n"));
    for n in 0..360_u32 {
        let (run, moment) = (n / 30, n % 30);
        let (t, start) = (f64::from(moment), f64::from(run * 7 % 11));
        let (x, v) = (start * start / 3.0 + start * t - 0.5 * t * t, start - t);
        writeln!(seconds, "{run},{t},{x},{v}").expect("a string");
        // All flights begin at one moment, a second before midnight.
        let (day, second) = if moment == 0 { (31, 59) } else { (1, moment - 1) };
        let (month, clock) = if moment == 0 { (12, "23:59") } else { (1, "00:00") };
        let year = if moment == 0 { 2023 } else { 2024 };
        writeln!(dates, "{run},{year}-{month:02}-{day:02}T{clock}:{second:02}Z,{x},{v}")
            .expect("a string");
    }
    let [seconds, dates] = [seconds, dates].map(|text| Given::csv(&text));
    for more in [&[][..], &["--inputs", "time,x,v", "--time", "time"]] {
        let [expected, told] = [&seconds, &dates].map(|given| given.discover(more));
        assert_eq!(stdout(&told), stdout(&expected), "{}", stderr(&told));
        assert!(stderr(&told).contains("dates in time are read as seconds since the first"));
    }
    let text = std::fs::read_to_string(&dates.file).expect("a file").replace("-01-01T", "-02-30T");
    let output = Given::csv(&text).discover(&[]);
    assert!(stderr(&output).contains("no time that can be read"), "{}", stderr(&output));
    assert!(stderr(&output).contains("2024-05-01T12:00:00"), "{}", stderr(&output));
    // The first that is no date, which is in the third line: the second is of December.
    assert!(stderr(&output).contains("`2024-02-30T00:00:00Z` in line 3"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn bad_input_is_named_and_nothing_is_written() {
    let row = |group: u32, n: u32| format!("{group},{n},{},{}\n", n * n % 7, n % 5);
    let rows = |groups: u32, each: u32| -> String {
        let all = (0..groups).flat_map(|g| (0..each).map(move |n| (g, n)));
        let rows: String = all.map(|(g, n)| row(g, n)).collect();
        "run,time,x,v\n".to_owned() + &rows
    };
    let constant: Vec<String> = (0..80).map(|n| format!("{},{},1,2\n", n / 10, n % 10)).collect();
    let constant = constant.concat();
    for (text, words) in [
        (rows(1, 40), "one group"),
        (rows(40, 1), "single row"),
        (rows(3, 1), "single row"),
        (rows(3, 20), "at least 6"),
        (rows(2, 2), "at least 24"),
        (rows(8, 10).replace("3,5,", "3,4,"), "time must rise"),
        (rows(8, 10).replace("2,3,2,3", "2,3,NaN,3"), "--skip-missing"),
        (rows(8, 10).replace("2,3,2,3", "2,3,2"), "has 3 fields"),
        (rows(8, 10).replace("run", "x0"), "--group"),
        (
            rows(8, 10).replace("\n3,", "\nleft knee,").replace("knee,5,", "knee,4,"),
            "group left knee",
        ),
        (rows(8, 10).replace("\n2,", "\n,"), "--skip-missing"),
        (rows(8, 10).replace("x,v", "x_id,note").replace(",3\n", ",good\n"), "is not a number"),
        ("run,time\n0,0\n0,1\n1,0\n1,1\n".to_owned(), "besides those of the groups"),
        ("run,time,note\n0,0,a\n0,1,b\n1,0,a\n".to_owned(), "besides those of the groups"),
        (rows(8, 10).replace(',', " "), "a comma, a semicolon or a tab"),
        ("run,time,x,v\n".to_owned() + &constant, "constant"),
    ] {
        let given = Given::csv(&text);
        let out = given.folder.path().join("out");
        let output = given.discover(&["--out", &out.to_string_lossy()]);
        let told = stderr(&output) + &stdout(&output);
        assert!(told.contains(words), "{words}: {told}");
        assert!(!told.contains("panic"), "{told}");
        assert!(output.status.code() == Some(2) || words == "constant", "{told}");
        assert!(!out.join("result.json").exists() || words == "constant", "{told}");
    }
}

/// A column of nothing but NaN is left out, and said to hold nothing; whoever names it hears the same, and no
/// advice that would leave out every row.
#[test]
fn a_column_without_numbers_is_named() {
    let rows: Vec<String> = (0..160_u32)
        .map(|n| {
            let angle = 0.3 * f64::from(n % 20);
            let size = 1.0 + 0.2 * f64::from(n / 20);
            format!("{},{angle},{},{},NaN\n", n / 20, size * angle.cos(), size * angle.sin())
        })
        .collect();
    let given = Given::csv(&("run,time,x,v,q\n".to_owned() + &rows.concat()));
    let output = given.discover(&[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("q (no number in any row)"), "{}", stderr(&output));
    assert!(stdout(&output).contains("x^2 + v^2"), "{}", stdout(&output));
    for more in
        [&["--inputs", "x,v,q"][..], &["--time", "q"], &["--inputs", "x,v,q", "--skip-missing"]]
    {
        let output = given.discover(more);
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("`q` holds no number in any row"), "{told}");
    }
    let told = stderr(&given.discover(&["--inputs", "x,w"]));
    assert!(told.contains("no column `w`") && told.contains("--group"), "{told}");
}

/// Whatever numbers a file may hold, and however many columns, there is an answer whose page is made.
#[test]
fn numbers_of_any_size_and_very_many_columns_end_in_an_answer() {
    let huge = (0..200).map(|n| {
        let sign = if n % 2 == 0 { "" } else { "-" };
        format!("{},{n},{sign}1e308,{}", n / 20, f64::from(n * 37 % 101) * 1e-300)
    });
    let huge = "run,time,x,v\n".to_owned() + &huge.collect::<Vec<_>>().join("\n");
    let names: Vec<String> = (0..120).map(|k| format!("c{k}")).collect();
    let wide = (0..120_u32).map(|n| {
        let x = (0..120_u32).map(|k| (f64::from(n * (k + 3)) * 0.618).fract().to_string());
        format!("{},{}", n / 10, x.collect::<Vec<_>>().join(","))
    });
    let wide = format!("run,{}\n{}", names.join(","), wide.collect::<Vec<_>>().join("\n"));
    for text in [huge, wide] {
        let given = Given::csv(&text);
        let out = given.folder.path().join("out");
        let output = given.discover(&["--out", &out.to_string_lossy()]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(out.join("report.html").is_file(), "{}", stderr(&output));
    }
}
