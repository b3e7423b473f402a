//! What is printed is what was found: in every mode of both commands, each entry of a front is read
//! back from each notation. The text has the loss that is shown beside it, and the others have the
//! values of the text.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use symgrad::data::{DirectionField, FieldBuilder, FieldOptions, Table};
use symgrad::expr::{Expr, Language, Names};
use symgrad::search::{Evaluator, LossKind, Measure, Objective};
use symgrad::{Findings, FrontEntry, Interpretation, Model, SpaceInterpretation};

/// Losses are shown with three digits, and below this they are rounding.
const DIGITS: f64 = 5e-3;
const ROUNDING: f64 = 1e-12;

/// Values of two notations agree to this part of the largest.
const SAME: f64 = 1e-9;

/// Points at which values are compared.
const POINTS: usize = 2;

/// Names that notations cannot take as they are, or that look alike in LaTeX.
const NAMES: [&str; 3] = ["E", "lambda", "v_x"];

type Failing = Box<dyn std::error::Error>;

/// What texts of one notation evaluate to; `None` where that cannot be run.
type Values = fn(&[Text]) -> Result<Option<Vec<f64>>, Failing>;

/// A column of so many numbers from 0.5 to 2.5.
fn column(step: f64) -> Vec<f64> {
    (1..=200).map(|n| 0.5 + 2.0 * (step * f64::from(n)).fract()).collect()
}

fn inputs(unit: f64) -> Vec<Vec<f64>> {
    let columns = [0.754_878, 0.569_840, 0.819_173].map(column).to_vec();
    columns.into_iter().enumerate().map(|(i, c)| if i == 0 { times(unit, &c) } else { c }).collect()
}

fn times(factor: f64, column: &[f64]) -> Vec<f64> {
    column.iter().map(|x| factor * x).collect()
}

/// A function and its gradient.
type Function = fn(&[f64]) -> (f64, [f64; 3]);

/// E²·v + λ/v for E in another unit.
fn energy(x: &[f64]) -> (f64, [f64; 3]) {
    let (e, l, v) = (x[0] * 1e9, x[1], x[2]);
    (e * e * v + l / v, [2e9 * e * v, 1.0 / v, e * e - l / (v * v)])
}

/// What no front is exact about.
fn rough(x: &[f64]) -> (f64, [f64; 3]) {
    let (e, l, v) = (x[0], x[1], x[2]);
    let inner = e + (l * v).ln();
    let slope = 1.0 / (1.0 + inner * inner);
    (inner.atan() + 0.1 * v, [slope, slope / l, slope / v + 0.1])
}

/// cos(3·(E·λ + v)), which turns.
fn turning(x: &[f64]) -> (f64, [f64; 3]) {
    let inner = 3.0 * (x[0] * x[1] + x[2]);
    let slope = -3.0 * inner.sin();
    (inner.cos(), [slope * x[1], slope * x[0], slope])
}

/// Points, values and gradients, as a file and in memory.
struct Data {
    folder: tempfile::TempDir,
    points: Table,
    values: Vec<f64>,
    gradients: Vec<Vec<f64>>,
}

impl Data {
    fn of(function: Function, unit: f64) -> Result<Self, Failing> {
        let columns = inputs(unit);
        let row = |n: usize| columns.iter().map(|c| c[n]).collect::<Vec<f64>>();
        let found: Vec<_> = (0..columns[0].len()).map(|n| function(&row(n))).collect();
        let values: Vec<f64> = found.iter().map(|(value, _)| *value).collect();
        let gradients = (0..3).map(|i| found.iter().map(|(_, g)| g[i]).collect()).collect();
        let mut text = format!("{},g1,g2,g3,h\n", NAMES.join(","));
        for (n, (value, g)) in found.iter().enumerate() {
            let numbers = [row(n), g.to_vec(), vec![*value]].concat();
            let numbers: Vec<String> = numbers.iter().map(f64::to_string).collect();
            text += &(numbers.join(",") + "\n");
        }
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("data.csv"), text)?;
        let points = Table::new(NAMES.map(String::from).to_vec(), columns)?;
        Ok(Self { folder, points, values, gradients })
    }

    fn search(&self, more: &[&str]) -> Result<Findings, Failing> {
        let file = self.folder.path().join("data.csv");
        let points = NAMES.join(",");
        let own = ["search", file.to_str().ok_or("a path")?, "--points", &points];
        run(&[&own[..], more].concat())
    }

    fn field(&self) -> Result<DirectionField, Failing> {
        let options = FieldOptions::default();
        Ok(DirectionField::from_gradients(self.points.clone(), &self.gradients, &options)?)
    }

    fn by(&self, measure: Measure) -> Result<Objective, Failing> {
        Ok(Objective::new(&self.field()?, measure))
    }
}

/// What the command prints as JSON, of a search that holds no points out: losses are those of all.
fn run<T: serde::de::DeserializeOwned>(arguments: &[&str]) -> Result<T, Failing> {
    let folder = tempfile::tempdir()?;
    let settings = folder.path().join("search.toml");
    std::fs::write(&settings, "[search]\nheld_out = 0.0\nbudget = 6000\n")?;
    let output = Command::new(env!("CARGO_BIN_EXE_symgrad"))
        .args(arguments)
        .args(["--format", "json", "--config"])
        .arg(&settings)
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {told}").into())
}

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models")
}

fn interpret<T: serde::de::DeserializeOwned>(name: &str, neurons: &str) -> Result<T, Failing> {
    let file = |kind: &str| models().join(format!("{name}.{kind}")).display().to_string();
    let (model, points) = (file("onnx"), file("csv"));
    run(&["interpret", "--model", &model, "--points", &points, "--neuron", neurons])
}

/// All that has to be read back.
#[derive(Default)]
struct Printed {
    notations: BTreeMap<Language, Vec<Text>>,
}

/// A formula in some notation, the names and numbers of its inputs, and its value.
struct Text {
    formula: String,
    declaration: Option<String>,
    point: Vec<(String, f64)>,
    wanted: f64,
    scale: f64,
}

impl Printed {
    /// The text of each entry has the entry's loss on the objective; its values are kept to be
    /// compared with those of the other notations.
    fn check(
        &mut self,
        mode: &str,
        findings: &Findings,
        objective: &Objective,
        points: &Table,
    ) -> Result<(), Failing> {
        let names = Names::new(findings.inputs.clone())?;
        let mut evaluator = Evaluator::new(objective);
        for entry in &findings.front {
            let text = &entry.expression;
            let expr = Expr::parse(text, &names)?;
            let (loss, shown) = (evaluator.loss(&expr), entry.loss);
            assert!(
                (loss - shown).abs() <= DIGITS * shown.max(loss) + ROUNDING,
                "{mode}: {text} is printed with {shown:e} and has {loss:e}"
            );
            let values = |row: usize| {
                expr.eval(&points.columns().iter().map(|c| c[row]).collect::<Vec<f64>>())
            };
            let rows: Vec<usize> = (0..POINTS).map(|n| n * points.rows() / POINTS).collect();
            let scale = rows.iter().map(|&row| values(row).abs()).fold(0.0, f64::max);
            for &row in &rows {
                for (language, formula) in spelt(entry) {
                    let spelling = &findings.spelling[&language];
                    let names = spelling.names().iter().cloned();
                    let point = names.zip(points.columns().iter().map(|c| c[row])).collect();
                    let declaration = spelling.declaration().map(String::from);
                    let formula = formula.clone();
                    let wanted = values(row);
                    let text = Text { formula, declaration, point, wanted, scale };
                    self.notations.entry(language).or_default().push(text);
                }
            }
        }
        assert_eq!(findings.formula.as_ref(), Some(findings.answer()));
        Ok(())
    }
}

fn spelt(entry: &FrontEntry) -> [(Language, &String); 4] {
    [
        (Language::Latex, &entry.latex),
        (Language::Sympy, &entry.sympy),
        (Language::Numpy, &entry.numpy),
        (Language::Rust, &entry.rust),
    ]
}

#[test]
fn every_notation_on_every_front_is_what_was_found() -> Result<(), Failing> {
    let mut printed = Printed::default();
    search_modes(&mut printed)?;
    interpret_modes(&mut printed)?;
    let count = printed.notations.values().map(Vec::len).max();
    assert!(count > Some(100), "{count:?}");
    for text in &printed.notations[&Language::Latex] {
        text.compare(latex_value(text)?);
    }
    let read = |language, script: Values| {
        let texts = &printed.notations[&language];
        let found = script(texts)?;
        assert!(found.as_ref().is_none_or(|found| found.len() == texts.len()));
        found.into_iter().flatten().zip(texts).for_each(|(value, text)| text.compare(value));
        Ok::<(), Failing>(())
    };
    read(Language::Sympy, sympy_values)?;
    read(Language::Numpy, numpy_values)?;
    read(Language::Rust, rust_values)
}

fn search_modes(printed: &mut Printed) -> Result<(), Failing> {
    for (function, unit) in [(energy as Function, 1e-9), (rough, 1.0), (turning, 1.0)] {
        let data = Data::of(function, unit)?;
        let findings = data.search(&["--gradients", "g1,g2,g3"])?;
        printed.check("gradients", &findings, &data.by(signs(&findings))?, &data.points)?;
        let paper = ["--gradients", "g1,g2,g3", "--preset", "published"];
        let objective = data.by(Measure::PaperMse)?;
        printed.check("published", &data.search(&paper)?, &objective, &data.points)?;

        let objective = Objective::regression(&data.points, &data.values, false)?;
        let findings = data.search(&["--values", "h"])?;
        printed.check("values", &findings, &objective, &data.points)?;
        let objective = Objective::regression(&data.points, &data.values, true)?;
        let findings = data.search(&["--values", "h", "--linear-scaling"])?;
        printed.check("linear scaling", &findings, &objective, &data.points)?;
        scaled_as_told(&findings, &data)?;

        let findings = data.search(&["--estimate", "h"])?;
        let (field, _) = FieldBuilder::new(data.points.clone()).values(&data.values)?;
        let objective = Objective::new(&field, signs(&findings));
        printed.check("estimate", &findings, &objective, &data.points)?;
    }
    named_operators(printed)
}

/// The measure by which gradients were compared.
fn signs(findings: &Findings) -> Measure {
    match findings.measure {
        Some(LossKind::LocalSign) => Measure::LocalSign,
        _ => Measure::LevelSet,
    }
}

/// Operators that have to be named.
fn named_operators(printed: &mut Printed) -> Result<(), Failing> {
    let data = Data::of(rough, 1.0)?;
    for ops in ["+ - * / atan asin acos", "+ * / atan2 sinh", "+ - * cosh erf"] {
        let findings = data.search(&["--gradients", "g1,g2,g3", "--ops", ops])?;
        printed.check(ops, &findings, &data.by(signs(&findings))?, &data.points)?;
    }
    Ok(())
}

/// With linear scaling a·f + b has the mean squared error that is told.
fn scaled_as_told(findings: &Findings, data: &Data) -> Result<(), Failing> {
    let names = Names::new(findings.inputs.clone())?;
    for entry in &findings.front {
        let (Some(scaling), Some(told)) = (entry.scaling, entry.mean_squared_error) else {
            continue;
        };
        let expr = Expr::parse(&entry.expression, &names)?;
        let error = |(row, value): (usize, &f64)| {
            let point: Vec<f64> = data.points.columns().iter().map(|c| c[row]).collect();
            (scaling.scale * expr.eval(&point) + scaling.offset - value).powi(2)
        };
        let errors = data.values.iter().enumerate().map(error);
        let error = errors.sum::<f64>() / data.values.len() as f64;
        let variance = told / entry.loss.max(f64::MIN_POSITIVE);
        let slack = DIGITS * told + ROUNDING * variance.max(1.0);
        assert!((error - told).abs() <= slack, "{}: {told:e}, {error:e}", entry.expression);
    }
    Ok(())
}

fn interpret_modes(printed: &mut Printed) -> Result<(), Failing> {
    let open = |name: &str| -> Result<(Model, Table), Failing> {
        let model = Model::open(&models().join(format!("{name}.onnx")), None)?;
        Ok((model, Table::read(models().join(format!("{name}.csv")))?))
    };
    let options = FieldOptions::default();

    let (model, points) = open("coulomb")?;
    let found: Interpretation = interpret("coulomb", "0")?;
    let findings = found.findings.ok_or("an active neuron")?;
    let gradients = model.gradients(&points, model.output(), &[found.unit])?.remove(0);
    let field = DirectionField::from_gradients(points.clone(), &gradients, &options)?;
    let objective = Objective::new(&field, Measure::LevelSet);
    printed.check("interpret", &findings, &objective, &points)?;

    let (model, points) = open("invariants")?;
    let found: SpaceInterpretation = interpret("invariants", "0,1")?;
    let gradients = model.gradients(&points, model.output(), &found.units)?;
    let (field, _) = DirectionField::spanned(points.clone(), &gradients, None, &options)?;
    let mut objective = Objective::new(&field, Measure::LevelSet);
    for (concept, findings) in found.concepts.iter().enumerate() {
        printed.check(&format!("concept {concept}"), findings, &objective, &points)?;
        if concept + 1 < found.concepts.len() {
            let names = Names::new(findings.inputs.clone())?;
            let known = Expr::parse(&findings.answer().expression, &names)?;
            objective = objective.beside(&known)?;
        }
    }
    Ok(())
}

impl Text {
    fn compare(&self, value: f64) {
        let Self { formula, wanted, scale, .. } = self;
        let off = (value - wanted).abs();
        let both = value.is_nan() && wanted.is_nan() || value == *wanted;
        assert!(both || off <= SAME * scale, "{formula}: {value:e} for {wanted:e}");
    }
}

/// What LaTeX writes otherwise than the source form; brackets that open here close as `))`.
const LATEX: [(&str, &str); 20] = [
    (r"\mathrm{e}^{", "exp(("),
    (r"\frac{", "(("),
    (r"\sqrt{", "sqrt(("),
    (r"\left|", "abs("),
    (r"\right|", ")"),
    (r"\left(", "("),
    (r"\right)", ")"),
    (r"\ln", "log"),
    (r"\operatorname{erf}", "erf"),
    (r"\operatorname{atan2}", "atan2"),
    (r"\arcsin", "asin"),
    (r"\arccos", "acos"),
    (r"\arctan", "atan"),
    (r"\sinh", "sinh"),
    (r"\cosh", "cosh"),
    (r"\sin", "sin"),
    (r"\cos", "cos"),
    (r"\tanh", "tanh"),
    (r"\tan", "tan"),
    (r" \cdot ", "*"),
];

fn latex_value(text: &Text) -> Result<f64, Failing> {
    // Signs that occur nowhere stand for commands and names, so that none is found in another.
    let sign = |place: usize| -> Result<String, Failing> {
        let sign = char::from_u32(0xE000 + u32::try_from(place)?);
        Ok(sign.ok_or("a sign")?.to_string())
    };
    let mut source = text.formula.clone();
    for (place, (latex, _)) in LATEX.iter().enumerate() {
        source = source.replace(latex, &sign(place)?);
    }
    let mut names: Vec<(usize, &String)> = text.point.iter().map(|(n, _)| n).enumerate().collect();
    names.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
    for (index, name) in names {
        source = source.replace(name.as_str(), &sign(LATEX.len() + index)?);
    }
    for (latex, plain) in [(r" \, ", "*"), ("}{", ")/("), ("{", "(("), ("}", "))")] {
        source = source.replace(latex, plain);
    }
    for (place, (_, plain)) in LATEX.iter().enumerate() {
        source = source.replace(&sign(place)?, plain);
    }
    for index in 0..text.point.len() {
        source = source.replace(&sign(LATEX.len() + index)?, &format!("x{}", index + 1));
    }
    let expr = Expr::parse(&source, &Names::numbered(text.point.len()))
        .map_err(|error| format!("{}: {error}", text.formula))?;
    Ok(expr.eval(&text.point.iter().map(|(_, value)| *value).collect::<Vec<f64>>()))
}

/// SymPy's own reading, by `sympify` and after the declaration; without SymPy, Python's.
fn sympy_values(texts: &[Text]) -> Result<Option<Vec<f64>>, Failing> {
    if !has_module("sympy") {
        eprintln!("SymPy's own reading skipped: no python3 with sympy here");
        let functions = "from math import *\nAbs = abs";
        return python(functions, texts, |formula| format!("float({formula})"));
    }
    let mut script = vec!["from sympy import *".to_owned()];
    for text in texts {
        let Text { formula, point, .. } = text;
        let named = |open: &str, close: &str| -> String {
            let pair = |(name, value): &(String, f64)| format!("{open}{name}{close}: {value:?}");
            point.iter().map(pair).collect::<Vec<String>>().join(", ")
        };
        let read = format!("sympify({formula:?}).subs({{{}}})", named("'", "'"));
        let first = text.declaration.clone().unwrap_or_else(|| {
            let names: Vec<&str> = point.iter().map(|(name, _)| name.as_str()).collect();
            format!("{} = symbols('{}')", names.join(", ") + ",", names.join(" "))
        });
        let declared = format!("sympify({formula}).subs({{{}}})", named("", ""));
        script.push(format!("{first}\na, b = N({read}, 20), N({declared}, 20)"));
        script.push("assert abs(a - b) <= 1e-9*abs(a), (a, b)\nprint(float(a))".into());
    }
    run_python(&script.join("\n")).map(Some)
}

fn numpy_values(texts: &[Text]) -> Result<Option<Vec<f64>>, Failing> {
    if has_module("numpy") {
        return python("import numpy as np\nfrom math import erf", texts, |text| {
            format!("float(np.float64({text}))")
        });
    }
    eprintln!("NumPy's own reading skipped: no python3 with numpy here");
    let functions = "from math import *\nclass np:\n    sqrt, exp, log, sin, cos, tan, tanh = sqrt, \
                     exp, log, sin, cos, tan, tanh\n    arcsin, arccos, arctan, arctan2, sinh, cosh = \
                     asin, acos, atan, atan2, sinh, cosh\n    abs = abs";
    python(functions, texts, |formula| format!("float({formula})"))
}

fn python(
    first: &str,
    texts: &[Text],
    value: impl Fn(&str) -> String,
) -> Result<Option<Vec<f64>>, Failing> {
    if !runs("python3", &["--version"]) {
        eprintln!("Python skipped: no python3 here");
        return Ok(None);
    }
    let mut script = vec![first.to_owned()];
    for text in texts {
        script.extend(text.point.iter().map(|(name, x)| format!("{name} = {x:?}")));
        script.push(format!("print(repr({}))", value(&text.formula)));
    }
    run_python(&script.join("\n")).map(Some)
}

/// In place of the crate: what the C library computes.
const LIBM: &str = "mod libm {
    mod c { extern \"C\" { pub fn erf(x: f64) -> f64; } }
    pub fn erf(x: f64) -> f64 { unsafe { c::erf(x) } }
}";

fn rust_values(texts: &[Text]) -> Result<Option<Vec<f64>>, Failing> {
    if !runs("rustc", &["--version"]) {
        eprintln!("Rust skipped: no rustc here");
        return Ok(None);
    }
    // A function for each formula: one for all would take the compiler long.
    let (mut functions, mut calls) = (vec![], vec![]);
    for (n, text) in texts.iter().enumerate() {
        let of = |what: fn(&(String, f64)) -> String| {
            text.point.iter().map(what).collect::<Vec<String>>().join(", ")
        };
        let (parameters, numbers) =
            (of(|(name, _)| format!("{name}: f64")), of(|x| format!("{:?}", x.1)));
        functions.push(format!("fn f{n}({parameters}) -> f64 {{ {} }}", text.formula));
        calls.push(format!("println!(\"{{:?}}\", f{n}({numbers}));"));
    }
    let program = format!(
        "#![allow(warnings)]\n{LIBM}\n{}\nfn main() {{\n{}\n}}",
        functions.join("\n"),
        calls.join("\n")
    );
    let folder = tempfile::tempdir()?;
    let binary = folder.path().join("printed");
    fed(Command::new("rustc").args(["--edition", "2021", "-", "-o"]).arg(&binary), &program)?;
    numbers(&fed(&mut Command::new(binary), "")?).map(Some)
}

fn run_python(script: &str) -> Result<Vec<f64>, Failing> {
    numbers(&fed(Command::new("python3").arg("-"), script)?)
}

fn numbers(output: &str) -> Result<Vec<f64>, Failing> {
    Ok(output.lines().map(str::parse).collect::<Result<_, _>>()?)
}

fn has_module(module: &str) -> bool {
    runs("python3", &["-c", &format!("import {module}")])
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let silent = Stdio::null;
    let status = Command::new(program).args(arguments).stdout(silent()).stderr(silent()).status();
    status.is_ok_and(|status| status.success())
}

/// What a program prints that is fed a text; an error if it fails.
fn fed(command: &mut Command, input: &str) -> Result<String, Failing> {
    let piped = Stdio::piped;
    let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn()?;
    let mut open = child.stdin.take().ok_or("an input")?;
    let input = input.to_owned();
    // A program that fails early closes its input; its exit status says so.
    let feeding = std::thread::spawn(move || open.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    let _ = feeding.join();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
