//! One small experiment from triplets to the check, and what is in its folder.

use std::ops::ControlFlow;
use std::path::Path;

use serde_json::Value;
use symgrad::data::{Table, Triplets};
use symgrad::siamese::Backend;
use symgrad::{
    Error, Folder, Observer, Plan, Record, Reproduction, Stage, Suite, reproduce, select,
    write_summary_page,
};

fn run(out: &Path, threads: usize, observer: &dyn Observer) -> Reproduction {
    let plan = plan(out, &["trace-2x2", "oscillator"], threads);
    reproduce(&plan, observer).expect("a complete run")
}

fn plan(out: &Path, names: &[&str], threads: usize) -> Plan {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    Plan {
        cases: select(Suite::Six, &names, None).expect("known names"),
        seeds: vec![0],
        out: out.into(),
        threads: Some(threads),
        quick: true,
        backend: Backend::Flex,
        keep_triplets: false,
        fresh: false,
        command: Some("symgrad reproduce --quick".into()),
    }
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

/// Counts the runs that an earlier call had done.
#[derive(Default)]
struct Resumed(std::sync::atomic::AtomicUsize);

impl Observer for Resumed {
    fn finished(&self, _: &str, _: &Record, resumed: bool) {
        self.0.fetch_add(usize::from(resumed), std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn small_experiments_are_recovered_and_resumed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let reproduction = run(&first, 2, &());
    assert!(reproduction.complete(), "{}", reproduction.text);
    for name in ["summary.json", "summary.md", "report.html"] {
        assert!(first.join(name).is_file(), "{name}");
    }
    summary_has_its_fields(&json(&first.join("summary.json")));
    pages_lead_to_each_other(&first);

    let trace = Path::new("trace-2x2-isolated/seed-0");
    for name in [
        "config.toml",
        "encoder.bpk",
        "training.csv",
        "field.csv",
        "front.csv",
        "laws.json",
        "front.svg",
        "scatter.svg",
        "report.html",
    ] {
        assert!(first.join(trace).join(name).is_file(), "{name}");
    }
    let result = json(&first.join(trace).join("result.json"));
    result_has_its_fields(&result);

    let seconds = json(&first.join(trace).join("seconds.json"));
    for stage in ["data", "training", "gradients", "search", "laws", "check"] {
        assert!(seconds[stage].is_f64(), "{stage}");
    }

    // One thread gives the same.
    run(&second, 1, &());
    let bytes = |out: &Path| std::fs::read(out.join(trace).join("result.json")).expect("a result");
    assert_eq!(bytes(&first), bytes(&second));

    // A second call finds everything done; without the last file it does the last stage only.
    let resumed = Resumed::default();
    std::fs::remove_file(first.join(trace).join("check.json")).expect("a record");
    std::fs::write(first.join(trace).join("training.csv"), "step,a,b,c\n1,2,3,4\n")
        .expect("written");
    let again = run(&first, 2, &resumed);
    assert_eq!(resumed.0.into_inner(), 1);
    assert_eq!(again.records, reproduction_without_check_time(&again, &reproduction));
    let curve = std::fs::read_to_string(first.join(trace).join("training.csv")).expect("a curve");
    assert!(curve.starts_with("step,a"), "training was repeated");
}

/// Stops one run in its training.
struct Stops(&'static str);

impl Observer for Stops {
    fn progress(&self, run: &str, stage: Stage, done: u64, _: u64) -> ControlFlow<()> {
        let stop = run.starts_with(self.0) && stage == Stage::Training && done >= 20;
        if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// A run that is stopped leaves the summary of the others and goes on later; a user's own field
/// takes the place of the neuron's, whatever else changes, and is never touched.
#[test]
fn runs_are_stopped_resumed_and_fed_with_a_users_own_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path();
    let stopped = run(out, 2, &Stops("potentials"));
    assert!(!stopped.complete() && stopped.records.len() == 1);
    let failure = &stopped.failures[0];
    assert!(matches!(failure.error, Error::Stopped), "{}", failure.error);
    assert_eq!(failure.run, "potentials-oscillator-isolated/seed-0");
    assert!(stopped.text.contains("it was stopped"), "{}", stopped.text);
    let summary = json(&out.join("summary.json"));
    assert_eq!(summary["experiments"].as_array().map(Vec::len), Some(1));
    assert_eq!(summary["failures"][0]["run"], failure.run);
    assert!(!out.join(&failure.run).join("encoder.bpk").exists(), "a training cut short");

    let trace = out.join("trace-2x2-isolated/seed-0");
    let row = |n: u32| {
        let x = [0.618, 0.755, 0.57, 0.43].map(|step| (f64::from(n) * step).fract());
        format!("{},{},{},{},1,0,0,-1", x[0], x[1], x[2], x[3])
    };
    let rows: Vec<String> = (0..300).map(row).collect();
    let own = format!("a11,a12,a21,a22,g_a11,g_a12,g_a21,g_a22\n{}\n", rows.join("\n"));
    std::fs::write(trace.join("field.csv"), &own).expect("written");
    for quick in [true, false] {
        let plan = Plan { quick, ..plan(out, &["trace-2x2"], 2) };
        let with_own = reproduce(&plan, &()).expect("a run");
        assert!(with_own.failures.is_empty(), "{}", with_own.text);
        let record = &with_own.records[0];
        assert_eq!((record.answer.as_str(), record.recovered), ("a11 - a22", Some(false)));
        assert_eq!(record.users_files, ["field.csv"]);
        assert!(with_own.text.contains("a user's own field.csv"), "{}", with_own.text);
        assert_eq!(std::fs::read_to_string(trace.join("field.csv")).expect("a field"), own);
    }
    // Set aside, not lost.
    let anew = Plan { fresh: true, ..plan(out, &["trace-2x2"], 2) };
    assert!(reproduce(&anew, &()).expect("a run").complete());
    let aside = out.join("trace-2x2-isolated/seed-0.old-1/field.csv");
    assert_eq!(std::fs::read_to_string(aside).expect("the user's field"), own);

    // What a user's own triplets share, nobody has said: these share no trace.
    let part = |shift: f64| {
        let column =
            |k: u32| (0..300).map(|n| (f64::from(n * k) * 0.618 + shift).fract()).collect();
        let names = ["a11", "a12", "a21", "a22"].map(String::from);
        Table::new(names.into(), [3, 5, 7, 11].map(column).into()).expect("a table")
    };
    let triplets = Triplets::new(part(0.0), part(0.3), part(0.6)).expect("triplets");
    triplets.write(trace.join("test.npz")).expect("written");
    let with_own = reproduce(&plan(out, &["trace-2x2"], 2), &()).expect("a run");
    let record = &with_own.records[0];
    assert_eq!((record.recovered, &record.truth, record.mismatch), (None, &None, None));
    assert_eq!(record.answer, "a11 + a22");
    let pairs = record.pairs.as_ref().expect("what pairs say");
    assert!(pairs.laws.is_empty() && pairs.recovered.is_none(), "{pairs:?}");
    assert!(with_own.complete(), "nothing is known to be wrong");
}

/// The check's time is measured anew; everything else must be the same.
fn reproduction_without_check_time(again: &Reproduction, before: &Reproduction) -> Vec<Record> {
    let records = before.records.iter().zip(&again.records);
    records.map(|(old, new)| Record { seconds: new.seconds.clone(), ..old.clone() }).collect()
}

/// The page of all runs leads to that of each, and is made again from `summary.json`.
fn pages_lead_to_each_other(out: &Path) {
    let read = |path: &Path| std::fs::read_to_string(path).expect("a page");
    let index = read(&out.join("report.html"));
    for words in [
        r#"<a href="trace-2x2-isolated/seed-0/report.html">trace-2x2</a>"#,
        "2 of 2 recovered",
        "Laws by held-out pairs: the truth is among them in 2 of 2.",
        "<math displaystyle=\"true\"><msub><mi>a</mi><mn>11</mn></msub>",
        "symgrad reproduce --quick</code>",
        r#"<span class="yes">yes</span>"#,
    ] {
        assert!(index.contains(words), "{words} is not in {index}");
    }
    let page = read(&out.join("trace-2x2-isolated/seed-0/report.html"));
    for words in [
        "trace-2x2, isolated recipe, seed 0",
        "The truth",
        "held-out pairs, without the network's word: 1 law",
        "Losses of the training by step",
        "neuron = φ(answer)",
        "Angles between the gradients",
        "symgrad reproduce --suite all --only trace-2x2 --recipe isolated --seed 0 --quick</code>",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(index.len().max(page.len()) < 500_000);
    std::fs::remove_file(out.join("report.html")).expect("removed");
    write_summary_page(&mut Folder::open(out).expect("a folder")).expect("a page");
    assert_eq!(read(&out.join("report.html")), index);
}

fn summary_has_its_fields(summary: &Value) {
    let experiments = summary["experiments"].as_array().expect("a list");
    assert_eq!(experiments.len(), 2);
    assert_eq!(experiments[0]["name"], "trace-2x2");
    assert_eq!(experiments[0]["system"], Value::Null);
    assert_eq!(experiments[1]["name"], "potentials");
    assert_eq!(experiments[1]["system"], "oscillator");
    for experiment in experiments {
        assert_eq!(experiment["recipe"], "isolated");
        assert_eq!(experiment["seed"], 0);
        assert_eq!(experiment["recovered"], true);
        assert!(experiment["answer"].is_string() && experiment["truth"].is_string());
        assert!(experiment["mismatch"].as_f64().is_some_and(|m| m < 1e-4));
        verdict_has_its_fields(&experiment["verdict"]);
        let pairs = &experiment["pairs"];
        assert_eq!(pairs["recovered"], true, "{pairs}");
        let law = &pairs["laws"][0];
        assert!(law["expression"].is_string() && law["rho"].as_f64().is_some_and(|rho| rho < 1e-4));
    }
    let verdicts = summary["verdicts"].as_array().expect("a list");
    let kinds: Vec<&Value> = verdicts.iter().map(|tally| &tally["verdict"]).collect();
    assert_eq!(kinds, ["identified", "ambiguous", "not-found"]);
    let sum = |key: &str| verdicts.iter().filter_map(|tally| tally[key].as_u64()).sum::<u64>();
    assert_eq!((sum("recovered"), sum("not_recovered")), (2, 0));
}

fn verdict_has_its_fields(verdict: &Value) {
    let kind = verdict["kind"].as_str().expect("a kind").replace('-', " ");
    assert!(verdict["summary"].as_str().is_some_and(|summary| summary.starts_with(&kind)));
    assert!(verdict["alternatives"].is_array() && verdict["noise_floor"].is_number());
    for end in ["estimate", "low", "high"] {
        assert!(verdict["held_out"][end].is_number(), "{end}");
    }
}

fn result_has_its_fields(result: &Value) {
    assert_eq!(result["schema_version"], 1);
    assert_eq!(result["inputs"], serde_json::json!(["a11", "a12", "a21", "a22"]));
    assert_eq!(result["seed"], 0);
    assert!(result["version"].is_string() && result["evaluations"].is_u64());
    let front = result["front"].as_array().expect("a list");
    let answer =
        result["answer"].as_u64().and_then(|index| front.get(usize::try_from(index).ok()?));
    assert!(answer.is_some(), "the answer is on the front");
    for entry in front {
        assert!(entry["complexity"].is_u64());
        assert!(entry["loss"].is_number() && entry["paper_mse"].is_number());
        for notation in ["expression", "sympy", "latex"] {
            assert!(entry[notation].as_str().is_some_and(|text| !text.is_empty()));
        }
    }
    let complexities: Vec<u64> = front.iter().filter_map(|e| e["complexity"].as_u64()).collect();
    assert!(complexities.windows(2).all(|pair| pair[0] < pair[1]), "rising complexity");
}
