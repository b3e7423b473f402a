//! Damaged files and texts of every kind: whatever is in them, they are read or refused with an
//! error. None makes a reader panic, and none keeps it busy for long.
//!
//! Each test damages files that are good, some dozen times; with `SYMGRAD_FUZZ_SECONDS` it goes on
//! for so much processor time. `cargo xtask fuzz SECONDS` does that with another seed than CI's.

mod damage;

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use damage::{Bytes, hold};
use symgrad::data::{
    DirectionField, FieldColumns, FieldOptions, GroupColumns, Groups, Matrices, ReadOptions, Sheet,
    Table, Triplets,
};
use symgrad::expr::{Costs, Definitions, Expr, Language, Names, OpSet, Spelling, derivative};
use symgrad::models::{Network, Unit};
use symgrad::search::{Objective, Search};
use symgrad::siamese::{
    Encoder, EncoderConfig, Length, Neuron, Progress, TrainConfig, TrainObserver, Training,
};
use symgrad::simplify::{Domain, Simplifier};
use symgrad::{
    Findings, Folder, REPORT, Request, Resumable, RunConfig, SUMMARY, SearchSettings, open_search,
    run_search, search_field, write_report, write_summary_page,
};

fn files(folder: &str, endings: &[&str], largest: u64) -> Vec<Bytes> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder).expect("a folder").flatten();
    let ends =
        |path: &PathBuf| endings.iter().any(|end| path.extension().is_some_and(|e| e == *end));
    let small = |path: &PathBuf| path.metadata().is_ok_and(|about| about.len() <= largest);
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| ends(path) && small(path));
    paths.sort();
    let files: Vec<Bytes> = paths.iter().filter_map(|path| std::fs::read(path).ok()).collect();
    assert!(!files.is_empty(), "{}", folder.display());
    files
}

/// A folder in which a file of one name is written again and again.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn with(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    }
}

/// Reads a file in every way in which the commands do.
fn read_table(path: &Path) {
    for (matrices, skip_missing) in [(Matrices::Long, false), (Matrices::Wide(2), true)] {
        let options = ReadOptions { matrices, skip_missing, ..ReadOptions::default() };
        let Ok(sheet) = Sheet::read(path, &options) else { continue };
        let _ = sheet.field(&FieldColumns::default());
        let _ = sheet.points(2, None);
        let _ = sheet.groups(&GroupColumns::default());
        let _ = sheet.pairs(None);
        let names: Vec<&str> = sheet.names().iter().flatten().map(String::as_str).collect();
        for name in names.into_iter().take(3) {
            let _ = sheet.values(name, None);
        }
    }
    let _ = Table::read(path);
    let _ = Triplets::read(path);
    let options = FieldOptions::default();
    let _ = DirectionField::read(path, &FieldColumns::default(), &options);
}

#[test]
fn damaged_texts_of_numbers() {
    let place = Place::new();
    let mut good = files("fields", &["csv"], 1 << 20);
    good.extend(files("models", &["csv"], 1 << 20));
    good.extend(files("data", &["csv"], 1 << 20));
    // The first rows tell as much.
    let lines = |text: Bytes| {
        let rows = text.split_inclusive(|byte| *byte == b'\n').take(20);
        rows.flatten().copied().collect()
    };
    let mut good: Vec<Bytes> = good.into_iter().map(lines).collect();
    good.push(b"a;b;run\n0,5;1e-3;1\nNaN;;2\n\"1,5\";inf;2\n".to_vec());
    good.push(b"x_a\ty_a\tx_b\ty_b\n1\t2\t3\t4\n-0\t.5\t5.\t6\n".to_vec());
    hold("texts", &good, |bytes| read_table(&place.with("damaged.csv", bytes)));
}

#[test]
fn damaged_archives_of_arrays() {
    let place = Place::new();
    let table = |names: [&str; 4]| {
        let columns = (0..4).map(|c| (0..9).map(|r| f64::from(r * c) / 7.0).collect()).collect();
        let table = Table::new(names.map(str::to_owned).to_vec(), columns).expect("a table");
        let path = place.0.path().join("good.npz");
        table.write(&path).expect("written");
        std::fs::read(path).expect("a file")
    };
    let mut good = vec![table(["x", "y", "g_x", "g_y"]), table(["a", "b", "run", "t"])];
    good.extend(files("../crates/symgrad-data/tests/data", &["npz"], 1_000));
    hold("arrays", &good, |bytes| read_table(&place.with("damaged.npz", bytes)));
}

#[test]
fn damaged_parquet_files() {
    let place = Place::new();
    let good = files("../crates/symgrad-data/tests/data", &["parquet"], 1 << 20);
    hold("parquet", &good, |bytes| read_table(&place.with("damaged.parquet", bytes)));
}

/// What a network from anywhere is asked for.
fn use_network(network: &Network) {
    let inputs = network.inputs();
    if inputs > 64 {
        return;
    }
    let names: Vec<String> = (0..inputs).map(|n| format!("x{n}")).collect();
    let columns = (0..inputs).map(|n| vec![0.1 * n as f64, -1.5, 2.0]).collect();
    let Ok(points) = Table::new(names, columns) else { return };
    for layer in network.layers().iter().filter(|layer| layer.neurons < 10_000).take(8) {
        let _ = network.values(&points, &layer.name);
        let _ = network.gradients(&points, &layer.name, Unit::Neuron(0));
    }
}

#[test]
fn damaged_onnx_files() {
    let mut good = files("models", &["onnx"], 20_000);
    good.extend(files("models/operators", &["onnx"], 20_000));
    hold("onnx", &good, |bytes| {
        if let Ok(network) = Network::from_onnx(bytes) {
            use_network(&network);
        }
    });
}

#[test]
fn damaged_safetensors() {
    hold("safetensors", &files("models", &["safetensors"], 20_000), |bytes| {
        for architecture in [None, Some("activation = \"tanh\"")] {
            if let Ok(network) = Network::from_safetensors(bytes, architecture) {
                use_network(&network);
            }
        }
    });
}

#[test]
fn damaged_pytorch_files() {
    hold("pytorch", &files("models", &["pt", "ckpt"], 20_000), |bytes| {
        for architecture in [None, Some("activation = \"tanh\"")] {
            if let Ok(network) = Network::from_pytorch(bytes, architecture) {
                use_network(&network);
            }
        }
    });
}

#[test]
fn damaged_settings() {
    let network = files("models", &["safetensors"], 4_000).remove(0);
    let search = SearchSettings::default().to_toml().expect("settings");
    let case = symgrad::Suite::Six.cases()[0];
    let run = RunConfig::new(&case, 0, true, symgrad::siamese::Backend::Flex);
    let mut good = vec![search.into_bytes(), run.to_toml().expect("a run's").into_bytes()];
    good.extend(files("models", &["toml"], 100));
    good.push(include_bytes!("../../crates/symgrad-cli/src/search.toml").to_vec());
    good.push(b"layers = [\"a\", \"b\"]\nactivation = [\"tanh\", \"relu\"]\n".to_vec());
    let place = Place::new();
    let (objective, _, _) = found();
    hold("settings", &good, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let Ok(settings) = SearchSettings::from_toml(&text) {
            let written = settings.to_toml().expect("what was read can be written");
            assert!(SearchSettings::from_toml(&written).is_ok(), "{written}");
            let _ = open_search(&objective, &settings, None);
        }
        let _ = Network::from_safetensors(&network, Some(&text));
        let _ = RunConfig::read(&place.with("damaged.toml", bytes));
    });
}

/// A small search of x·v.
fn found() -> (Objective, Bytes, Findings) {
    let x: Vec<f64> = (0..60).map(|n| 0.3 + f64::from(n % 10)).collect();
    let v: Vec<f64> = (0..60).map(|n| 0.5 + f64::from(n / 10)).collect();
    let points = Table::new(vec!["x".into(), "v".into()], vec![x.clone(), v.clone()]);
    let points = points.expect("a table");
    let options = FieldOptions::default();
    let field = DirectionField::from_gradients(points.clone(), &[v, x], &options).expect("a field");
    let mut settings = SearchSettings::default();
    settings.config.budget = 3_000;
    let mut findings = search_field(&field, &settings, &mut ()).expect("findings");
    let objective = Objective::new(&field, settings.measure);
    findings.take_sample(&objective);
    let values: Vec<f64> = (0..60).map(|n| (points.row(n)[0] * points.row(n)[1]).tanh()).collect();
    findings.take_values("h", &points, &values, true).expect("values");
    let mut search = open_search(&objective, &settings, None).expect("a search");
    search.step();
    (objective.clone(), search.save().expect("a state"), findings)
}

#[test]
fn damaged_results() {
    let (_, _, findings) = found();
    let place = Place::new();
    let folder = RefCell::new(Folder::open(place.0.path()).expect("a folder"));
    let result = serde_json::to_vec(&findings).expect("JSON");
    let record = br#"{"schema_version":1,"version":"0","experiments":[{"name":"potentials",
        "system":"oscillator","recipe":"isolated","seed":0,"recovered":true,"answer":"x^2 + v^2",
        "answer_latex":"","truth":"x^2 + v^2","mismatch":0.0,"complexity":5,"loss":1e-7,
        "paper_mse_neuron":1e-7,"paper_mse_answer":1e-7,"published_paper_mse":null,"spearman":1.0,
        "dropped":0,"tangent_rank":null,"evaluations":1,"seconds":{"data":0.1},"folder":"a/seed-0"}],
        "failures":[{"run":"a","reason":"b"}],"rates":[],"verdicts":[]}"#;
    let interpretation = format!(
        r#"{{"layer":"l","unit":0,"activity":"nonlinear","points":60,"active":60,"findings":{},
            "outer":{{"trend":"rising","r_squared":1,"spearman":1,"curve":[[0,1],[1,2]]}}}}"#,
        String::from_utf8_lossy(&result)
    );
    let request = br#"{"version":"0.1.0","directory":"/","arguments":["search","a.csv"]}"#;
    let good = [result, interpretation.into_bytes(), record.to_vec(), request.to_vec()];
    std::fs::create_dir(place.0.path().join(".symgrad-run")).expect("a folder");
    hold("results", &good, |bytes| {
        let mut folder = folder.borrow_mut();
        for name in ["interpretation.json", "layer.json", "space.json", "result.json"] {
            std::fs::remove_file(place.0.path().join(REPORT)).unwrap_or_default();
            let path = place.with(name, bytes);
            let _ = write_report(&mut folder, Some(name));
            std::fs::remove_file(path).expect("removed");
        }
        place.with(SUMMARY, bytes);
        let _ = write_summary_page(&mut folder);
        place.with(".symgrad-run/run.json", bytes);
        let _ = Request::of(place.0.path());
    });
}

/// States whose checksum is right all the same, as that of a file that was made to do harm.
#[test]
fn damaged_states() {
    let (objective, state, _) = found();
    let header = 1 + state.iter().position(|byte| *byte == b'\n').expect("a line with the version");
    let sealed = |body: &[u8]| [body, &crc32fast::hash(&body[header..]).to_le_bytes()].concat();
    assert_eq!(sealed(&state[..state.len() - 4]), state, "this is how states are sealed");
    hold("states", &[state], |bytes| {
        let _ = Search::resume(objective.clone(), bytes);
        if bytes.len() > 64 {
            let whole = sealed(&bytes[..bytes.len() - 4]);
            let _ = Search::resume(objective.clone(), &whole);
        }
    });
}

#[test]
fn damaged_encoders() {
    let place = Place::new();
    let table = |shift: f64| {
        let column = |scale: f64| (0..8).map(|i| (f64::from(i) * scale + shift).sin()).collect();
        Table::new(vec!["u".into(), "v".into()], vec![column(1.0), column(2.3)]).expect("a table")
    };
    let points = table(0.0);
    let data = Triplets::new(points.clone(), table(1.0), table(2.0)).expect("triplets");
    let config = TrainConfig {
        encoder: EncoderConfig { width: 4, latents: 2, ..EncoderConfig::default() },
        length: Length::Steps(3),
        ..TrainConfig::default()
    };
    let (encoder, _) = Encoder::train(&data, &data, &config, 1, &mut ()).expect("an encoder");
    let path = place.0.path().join("good.bpk");
    encoder.save(&path).expect("saved");
    let good = std::fs::read(path).expect("a file");
    hold("encoders", &[good], |bytes| {
        if let Ok(encoder) = Encoder::load(place.with("damaged.bpk", bytes)) {
            let _ = encoder.latents(&points);
            let _ = encoder.gradients(&points, Neuron::Latent(0));
        }
    });
}

/// Goes on from a state, if there is one, for a step, and keeps the state then.
#[derive(Default)]
struct Kept {
    from: Vec<u8>,
    state: Vec<u8>,
}

impl TrainObserver for Kept {
    fn begins(&mut self, training: &mut dyn Training) {
        let _ = Resumable::restore(training, &self.from);
    }

    fn on_step(&mut self, _: &Progress) -> ControlFlow<()> {
        ControlFlow::Break(())
    }

    fn keeps(&mut self, training: &dyn Training) {
        self.state = training.save().expect("a state");
    }
}

#[test]
fn damaged_trainings() {
    let column = |scale: f64| (0..48).map(|i| (f64::from(i) * scale).sin()).collect();
    let table =
        |scale: f64| Table::new(vec!["u".into(), "v".into()], vec![column(scale), column(2.3)]);
    let [points, others] = [1.0, 1.7].map(|scale| table(scale).expect("a table"));
    let labels: Vec<f64> = (0..48).map(|row| f64::from(row / 6)).collect();
    let groups = Groups::new(&points, &labels, None).expect("groups");
    let data = Triplets::new(points.clone(), others, points).expect("triplets");
    let config = TrainConfig {
        encoder: EncoderConfig { width: 4, latents: 2, ..EncoderConfig::default() },
        length: Length::Steps(60),
        batch: 8,
        ..TrainConfig::default()
    };
    let both = |from: &[u8]| {
        let [mut first, mut second] =
            [0, 1].map(|_| Kept { from: from.to_vec(), ..Kept::default() });
        let _ = Encoder::train(&data, &data, &config, 1, &mut first);
        let _ = Encoder::train_on_groups(&groups, &groups, &config, 1, &mut second);
        [first.state, second.state]
    };
    let good = both(&[]);
    let header =
        1 + good[0].iter().position(|byte| *byte == b'\n').expect("a line with the version");
    let sealed = |body: &[u8]| [body, &crc32fast::hash(&body[header..]).to_le_bytes()].concat();
    assert_eq!(sealed(&good[0][..good[0].len() - 4]), good[0], "this is how states are sealed");
    hold("trainings", &good, |bytes| {
        both(bytes);
        if bytes.len() > 64 {
            both(&sealed(&bytes[..bytes.len() - 4]));
        }
    });
}

#[test]
fn damaged_formulas() {
    let names = Names::new(["x", "y", "x_1"]).expect("names");
    let ops: OpSet =
        "add sub mul div pow neg sin cos exp log sqrt square tanh".parse().expect("ops");
    let domain = Domain::of_columns(&[[0.1, 2.0], [-1.0, 1.0], [-3.0, 5.0]]);
    let simplifier = Simplifier::new(ops, domain).with_node_limit(300).with_iteration_limit(3);
    let good = [
        "x*y - 3.5e-7*x_1^2 + sqrt(x^2 + y^2)",
        "-(x/-y)^-3 + exp(-x^2/2)*cos(2*pi*y) - log(abs(x_1))",
        "tanh(sin(x) + 1/(1 + exp(-y)))^(1/3)",
        "((((x + y)*(x - y))))/(x_1*1e300 - 5e-324)",
    ];
    let good: Vec<Bytes> = good.iter().map(|text| text.as_bytes().to_vec()).collect();
    hold("formulas", &good, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let Ok(expr) = Expr::parse(&text, &names) else { return };
        let printed = expr.display(&names).to_string();
        let again = Expr::parse(&printed, &names).expect("what is printed is read");
        assert_eq!(again.display(&names).to_string(), printed);
        let natural = expr.natural().display(&names).to_string();
        Expr::parse(&natural, &names).expect("the natural form is read");
        for language in Language::TYPED.into_iter().chain([Language::Mathml]) {
            expr.spelt(language, &Spelling::new(language, &names));
        }
        if expr.len() < 60 {
            let _ = derivative(&expr, 0);
            let _ = simplifier.simplify(&expr);
            let _ = simplifier.simplify_level_set(&expr);
        }
    });
}

#[test]
fn damaged_operators_and_templates() {
    let names = Names::new(["x", "y"]).expect("names");
    let good = [
        "add:1 sub:2 mul gauss(x)=exp(-x^2):3",
        "+ * sin cos sqrt f(a, b) = a*b + 1",
        "gauss(x) = exp(-x^2); g(x, y) = gauss(x)*gauss(y)",
    ];
    let good: Vec<Bytes> = good.iter().map(|text| text.as_bytes().to_vec()).collect();
    hold("operators", &good, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let _ = text.parse::<OpSet>();
        let _ = text.parse::<Costs>();
        let _ = Definitions::parse(text.split(';'));
        let _ = Names::new(text.split(',').map(str::to_owned));
        let _ = Expr::parse(&text, &names);
    });
}

/// A search that goes on from its own state ends, so that what is damaged above is no empty file.
#[test]
fn whole_states_go_on() {
    let (objective, state, _) = found();
    let search = Search::resume(objective, &state).expect("a search");
    assert!(run_search(search, &mut ()).is_ok());
}
