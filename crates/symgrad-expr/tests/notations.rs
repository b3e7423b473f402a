//! LaTeX, SymPy, NumPy and Rust output.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use symgrad_expr::testing::{any_expressions, expressions, is_regular, points};
use symgrad_expr::{Expr, Names, Op};

fn config(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(77), failure_persistence: None, ..Config::default() }
}

#[test]
fn readable_in_every_notation() {
    let names = Names::new(["x", "vx", "r12", "speed", "theta", "lambda", "v_max"]).unwrap();
    // The expression, then LaTeX, SymPy, NumPy and Rust.
    let table = [
        ("vx^2", r"v_{x}^{2}", "vx**2", "vx**2", "vx.powi(2)"),
        ("2*x", r"2 \, x", "2*x", "2.0*x", "2.0 * x"),
        ("x*2", r"x \cdot 2", "x*2", "x*2.0", "x * 2.0"),
        ("1/r12", r"\frac{1}{r_{12}}", "1/r12", "1.0/r12", "r12.recip()"),
        (
            "sqrt(speed)/3",
            r"\frac{\sqrt{\mathrm{speed}}}{3}",
            "sqrt(speed)/3",
            "np.sqrt(speed)/3.0",
            "speed.sqrt() / 3.0",
        ),
        (
            "sin(theta + lambda)",
            r"\sin\left(\theta + \lambda\right)",
            "sin(theta + lambda_)",
            "np.sin(theta + lambda_)",
            "(theta + lambda).sin()",
        ),
        ("x^(-v_max)", r"x^{-v_{\mathrm{max}}}", "x**(-v_max)", "x**(-v_max)", "x.powf(-v_max)"),
        (
            "exp(-(x/2)^2)",
            r"\mathrm{e}^{-\left(\frac{x}{2}\right)^{2}}",
            "exp(-(x/2)**2)",
            "np.exp(-(x/2.0)**2)",
            "(-(x / 2.0).powi(2)).exp()",
        ),
        ("abs(x)", r"\left|x\right|", "Abs(x)", "np.abs(x)", "x.abs()"),
        ("log(2)", r"\ln\left(2\right)", "log(2)", "np.log(2.0)", "2.0_f64.ln()"),
        (
            "(2 - x)^3",
            r"\left(2 - x\right)^{3}",
            "(2 - x)**3",
            "(2.0 - x)**3",
            "(2.0_f64 - x).powi(3)",
        ),
        ("-(-3)^2", r"-\left(-3\right)^{2}", "-(-3)**2", "-(-3.0)**2", "-(-3.0_f64).powi(2)"),
        (
            "x - (-1.5e-7*vx)",
            r"x - \left(-1.5 \cdot 10^{-7} \, v_{x}\right)",
            "x - (-1.5e-7*vx)",
            "x - (-1.5e-7*vx)",
            "x - (-1.5e-7 * vx)",
        ),
        ("-(x*vx)", r"-x \, v_{x}", "-x*vx", "-x*vx", "-x * vx"),
        ("-(x*vx)*x", r"-x \, v_{x} \, x", "-x*vx*x", "-x*vx*x", "-x * vx * x"),
        ("-(x/vx)", r"-\frac{x}{v_{x}}", "-x/vx", "-x/vx", "-x / vx"),
        ("neg(neg(3))", "-(-3)", "-(-3)", "-(-3.0)", "-(-3.0)"),
    ];
    for (text, latex, sympy, numpy, rust) in table {
        let expr = Expr::parse(text, &names).unwrap();
        let latex = latex.replace("-(-3)", r"-\left(-3\right)");
        assert_eq!(expr.latex(&names), latex);
        assert_eq!(expr.sympy(&names), sympy);
        assert_eq!(expr.numpy(&names), numpy);
        assert_eq!(expr.rust(&names), rust);
    }
}

#[test]
fn names_that_are_taken_get_a_free_one() {
    let names = Names::new(["in", "in_", "np", "fn"]).unwrap();
    let expr: Expr = "x1 + x2 + x3 + x4".parse().unwrap();
    assert_eq!(expr.numpy(&names), "in__ + in_ + np_ + fn");
    assert_eq!(expr.rust(&names), "in__ + in_ + np + fn_");
}

#[test]
fn latex_names() {
    let table = [
        ("x1", "x_{1}"),
        ("a11", "a_{11}"),
        ("x_1", "x_{1}"),
        ("E1", "E_{1}"),
        ("vx1", r"v_{\mathrm{x1}}"),
        ("theta12", r"\theta_{12}"),
        ("phi_dot", r"\phi_{\mathrm{dot}}"),
        ("two_words_more", r"\mathrm{two}_{\mathrm{words\_more}}"),
        ("_x", r"\mathrm{\_x}"),
    ];
    for (name, latex) in table {
        assert_eq!(Expr::var(0).latex(&Names::new([name]).unwrap()), latex);
    }
}

proptest! {
    #![proptest_config(config(5_000))]

    #[test]
    fn brackets_are_balanced(expr in any_expressions()) {
        let names = Names::new(["x", "vx", "speed_max"]).unwrap();
        let latex = expr.latex(&names);
        prop_assert_eq!(latex.matches(r"\left").count(), latex.matches(r"\right").count());
        for text in [latex, expr.sympy(&names), expr.numpy(&names), expr.rust(&names)] {
            prop_assert!(balanced(&text), "{}", text);
        }
    }
}

fn balanced(text: &str) -> bool {
    let mut open = Vec::new();
    text.chars().all(|c| match c {
        '(' | '{' => {
            open.push(c);
            true
        }
        ')' => open.pop() == Some('('),
        '}' => open.pop() == Some('{'),
        _ => true,
    }) && open.is_empty()
}

/// Python's own arithmetic under NumPy's names. Unlike NumPy it raises on poles and overflow,
/// which regular points keep away from.
const PRELUDE: &str = "
import math
class np:
    sqrt, exp, log, sin, cos, tan, tanh = (
        math.sqrt, math.exp, math.log, math.sin, math.cos, math.tan, math.tanh)
    abs = abs
sqrt, exp, log, sin, cos, tan, tanh, Abs = (
    np.sqrt, np.exp, np.log, np.sin, np.cos, np.tan, np.tanh, abs)
";

/// Random expressions at points where they are smooth.
fn samples(count: usize) -> Vec<(Expr, Vec<f64>)> {
    let mut runner = TestRunner::new(config(1));
    let cases = (expressions(3, &Op::ALL), points(3));
    let draws = std::iter::repeat_with(|| cases.new_tree(&mut runner).unwrap().current());
    draws.filter(|(expr, point)| is_regular(expr, point, 0.05)).take(count).collect()
}

#[test]
fn python_computes_the_same() {
    let names = Names::numbered(3);
    let mut script = vec![PRELUDE.to_owned()];
    let mut wanted = Vec::new();
    for (expr, point) in samples(300) {
        script.push(format!("x1, x2, x3 = {point:?}"));
        for text in [expr.numpy(&names), expr.sympy(&names)] {
            script.push(format!("print(float({text}))"));
            wanted.push((expr.eval(&point), text));
        }
    }
    let Some(output) = python(&script.join("\n")) else {
        eprintln!("skipped: no python3 here");
        return;
    };
    assert_values(&output, &wanted);
}

#[test]
fn rust_computes_the_same() {
    let names = Names::numbered(3);
    let mut program = vec!["#![allow(unused_variables)] fn main() {".to_owned()];
    let mut wanted = Vec::new();
    for (expr, point) in samples(300) {
        let text = expr.rust(&names);
        program
            .push(format!("let [x1, x2, x3]: [f64; 3] = {point:?}; println!(\"{{:?}}\", {text});"));
        wanted.push((expr.eval(&point), text));
    }
    program.push("}".to_owned());
    let Some(output) = rust(&program.join("\n")) else {
        eprintln!("skipped: no rustc here");
        return;
    };
    assert_values(&output, &wanted);
}

fn assert_values(output: &str, wanted: &[(f64, String)]) {
    let values: Vec<f64> = output.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(values.len(), wanted.len());
    for (value, (expected, text)) in values.iter().zip(wanted) {
        assert!((value - expected).abs() <= 1e-8 * (1.0 + expected.abs()), "{text}: {value}");
    }
}

/// What the script prints, or nothing where there is no Python.
fn python(script: &str) -> Option<String> {
    runs("python3").then(|| fed(Command::new("python3").arg("-"), script))
}

/// What the program prints, or nothing where there is no compiler.
fn rust(program: &str) -> Option<String> {
    let binary = Path::new(env!("CARGO_TARGET_TMPDIR")).join("printed-as-rust");
    runs("rustc").then(|| {
        fed(Command::new("rustc").args(["--edition", "2021", "-", "-o"]).arg(&binary), program);
        fed(&mut Command::new(binary), "")
    })
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn fed(command: &mut Command, input: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // A program that fails early closes its input; its exit status says so below.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?} failed");
    String::from_utf8(output.stdout).unwrap()
}
