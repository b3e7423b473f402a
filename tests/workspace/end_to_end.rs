//! One small experiment from triplets to the check, and what is in its folder.

use std::path::Path;

use serde_json::Value;
use symgrad::siamese::Backend;
use symgrad::{Observer, Plan, Record, Reproduction, Suite, reproduce, select};

fn run(out: &Path, threads: usize, observer: &dyn Observer) -> Reproduction {
    let cases = select(Suite::Six, &["trace-2x2".into(), "oscillator".into()], None);
    let plan = Plan {
        cases: cases.expect("known names"),
        seeds: vec![0],
        out: out.into(),
        threads: Some(threads),
        quick: true,
        backend: Backend::Flex,
        keep_triplets: false,
        fresh: false,
    };
    reproduce(&plan, observer).expect("a complete run")
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

fn without_seconds(mut value: Value) -> Value {
    value.as_object_mut().expect("an object").remove("seconds");
    value
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
    for name in ["summary.json", "summary.md", "summary.html"] {
        assert!(first.join(name).is_file(), "{name}");
    }
    summary_has_its_fields(&json(&first.join("summary.json")));

    let trace = Path::new("trace-2x2-isolated/seed-0");
    for name in [
        "config.toml",
        "encoder.bpk",
        "training.csv",
        "field.csv",
        "front.csv",
        "front.svg",
        "scatter.svg",
    ] {
        assert!(first.join(trace).join(name).is_file(), "{name}");
    }
    let result = json(&first.join(trace).join("result.json"));
    result_has_its_fields(&result);

    // One thread gives the same.
    run(&second, 1, &());
    let other = json(&second.join(trace).join("result.json"));
    assert_eq!(without_seconds(result), without_seconds(other));

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

/// The check's time is measured anew; everything else must be the same.
fn reproduction_without_check_time(again: &Reproduction, before: &Reproduction) -> Vec<Record> {
    let records = before.records.iter().zip(&again.records);
    records.map(|(old, new)| Record { seconds: new.seconds.clone(), ..old.clone() }).collect()
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
    for stage in ["data", "training", "gradients", "search"] {
        assert!(result["seconds"][stage].is_f64(), "{stage}");
    }
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
