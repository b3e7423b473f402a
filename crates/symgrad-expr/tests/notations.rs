//! What all notations have in common, and LaTeX, SymPy, NumPy and Rust output.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod markup;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use markup::{is_mathml, typed};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use symgrad_expr::testing::{any_expressions, expressions, is_regular, points};
use symgrad_expr::{Expr, Language, Names, Op, Spelling};

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
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
        (
            "asin(x) + acos(-vx)",
            r"\arcsin\left(x\right) + \arccos\left(-v_{x}\right)",
            "asin(x) + acos(-vx)",
            "np.arcsin(x) + np.arccos(-vx)",
            "x.asin() + (-vx).acos()",
        ),
        (
            "atan(2)*atan2(x - 1, 2*vx)",
            r"\arctan\left(2\right) \, \operatorname{atan2}\left(x - 1, 2 \, v_{x}\right)",
            "atan(2)*atan2(x - 1, 2*vx)",
            "np.arctan(2.0)*np.arctan2(x - 1.0, 2.0*vx)",
            "2.0_f64.atan() * (x - 1.0).atan2(2.0 * vx)",
        ),
        (
            "sinh(x)*cosh(vx)/erf(2*x)",
            r"\frac{\sinh\left(x\right) \, \cosh\left(v_{x}\right)}{\operatorname{erf}\left(2 \, x\right)}",
            "sinh(x)*cosh(vx)/erf(2*x)",
            "np.sinh(x)*np.cosh(vx)/erf(2.0*x)",
            "x.sinh() * vx.cosh() / libm::erf(2.0 * x)",
        ),
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
        ("x₁", "x_{1}"),
        ("λ", r"\lambda"),
        ("ωx", r"\omega_{x}"),
    ];
    for (name, latex) in table {
        assert_eq!(Expr::var(0).latex(&Names::new([name]).unwrap()), latex);
    }
}

#[test]
fn latex_names_that_would_look_alike() {
    let names = Names::new(["v_x", "vx", "x1", "x_1", "λ", "lambda", "x", "x_"]).unwrap();
    let spelling = Spelling::new(Language::Latex, &names);
    let wanted = [
        "v_{x}",
        r"\mathrm{vx}",
        "x_{1}",
        r"\mathrm{x\_1}",
        r"\lambda",
        r"\mathrm{lambda}",
        "x",
        r"\mathrm{x\_}",
    ];
    assert_eq!(spelling.names(), wanted);
    assert_eq!(spelling.renamed().len(), 4);
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

#[test]
fn inputs_may_have_the_names_of_optional_functions() {
    let names = Names::new(["erf", "asin", "atan2", "sinh"]).unwrap();
    let expr = Expr::parse("asin(erf) + erf(asin)/atan2(atan2, sinh)", &names).unwrap();
    assert_eq!(expr.display(&names).to_string(), "asin(erf) + erf(asin)/atan2(atan2, sinh)");
    assert_eq!(expr.sympy(&names), "asin(erf_) + erf(asin_)/atan2(atan2_, sinh_)");
    assert_eq!(expr.numpy(&names), "np.arcsin(erf_) + erf(asin)/np.arctan2(atan2, sinh)");
    assert_eq!(expr.rust(&names), "erf.asin() + libm::erf(asin) / atan2.atan2(sinh)");
}

/// Python's own arithmetic under NumPy's names. Unlike NumPy it raises on poles and overflow,
/// which regular points keep away from.
const PRELUDE: &str = "
import math
from math import sqrt, exp, log, sin, cos, tan, tanh, asin, acos, atan, atan2, sinh, cosh, erf
class np:
    sqrt, exp, log, sin, cos, tan, tanh = sqrt, exp, log, sin, cos, tan, tanh
    arcsin, arccos, arctan, arctan2, sinh, cosh = asin, acos, atan, atan2, sinh, cosh
    abs = abs
Abs = abs
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
    let mut program = vec![LIBM.to_owned(), "fn main() {".to_owned()];
    let mut wanted = Vec::new();
    for (expr, point) in samples(300) {
        let text = expr.rust(&names);
        program
            .push(format!("let [x1, x2, x3]: [f64; 3] = {point:?}; println!(\"{{:?}}\", {text});"));
        wanted.push((expr.eval(&point), text));
    }
    program.push("}".to_owned());
    let Some(output) = rust("printed-as-rust", &program.join("\n")) else {
        eprintln!("skipped: no rustc here");
        return;
    };
    assert_values(&output, &wanted);
}

/// In place of the crate: what the C library computes.
const LIBM: &str = "#![allow(unused_variables)]
mod libm {
    mod c {
        extern \"C\" {
            pub fn erf(x: f64) -> f64;
        }
    }
    pub fn erf(x: f64) -> f64 {
        unsafe { c::erf(x) }
    }
}";

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
fn rust(name: &str, program: &str) -> Option<String> {
    let binary = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
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

/// Names as people use them, and as they should not.
fn names() -> impl Strategy<Value = Vec<String>> {
    let taken = [
        "E",
        "I",
        "N",
        "S",
        "Q",
        "O",
        "C",
        "pi",
        "beta",
        "gamma",
        "zeta",
        "lambda",
        "Lambda",
        "None",
        "True",
        "Some",
        "np",
        "fn",
        "self",
        "Self",
        "_",
        "__",
        "in",
        "id",
        "max",
        "re",
        "im",
        "e",
        "Symbol",
        "Abs",
        "oo",
        "nan",
        "x",
        "x_",
        "x1",
        "x_1",
        "x₁",
        "x¹",
        "vx",
        "v_x",
        "vₓ",
        "v_",
        "λ",
        "ﬁ",
        "fi",
        "𝑥",
        "ｅ",
        "µ",
        "μ",
        "mu",
        "Ω",
        "x²",
        "Å",
        "½",
        "a½",
        "type",
        "масса",
        "v_x_1",
        "vx1",
        "x̂",
        "x̂_",
        "ẋ",
        "q\u{307}",
        "p\u{20d7}",
        "\u{302}x",
        "x·y",
        "a‿b",
        "a_b",
        "℘",
        "℮",
        "ﾟ",
        "lambda_",
        "E_",
        "E__",
    ];
    let letters = prop_oneof![
        4 => proptest::sample::select(taken.map(str::to_owned).to_vec()),
        2 => "[a-eE_]{1,3}[_0-2]{0,2}",
        1 => "[\\p{Alphabetic}_][\\p{Alphabetic}\\p{Nd}\\p{No}_]{0,3}",
        1 => "[a-cα-γ][\\p{M}\\p{Pc}·]{1,2}[a-c0-2]?",
    ];
    proptest::collection::btree_set(letters, 1..12).prop_map(|set| set.into_iter().collect())
}

proptest! {
    #![proptest_config(config(5_000))]

    /// Distinct names have distinct names in every notation, of the right form.
    #[test]
    fn spellings_are_valid_and_distinct(names in names()) {
        let Ok(valid) = Names::new(names.clone()) else { return Ok(()) };
        for language in Language::ALL {
            let spelling = Spelling::new(language, &valid);
            let mut spelt = spelling.names().to_vec();
            // Beyond the list there are names, too.
            spelt.extend((0..3_u16).map(|n| Expr::var(1_000 + n).spelt(language, &spelling)));
            spelt.extend((0..12_u16).map(|n| Expr::var(n).spelt(language, &spelling)));
            let distinct: BTreeSet<&String> = spelt.iter().collect();
            prop_assert_eq!(distinct.len(), names.len().max(12) + 3, "{:?}: {:?}", names, spelt);
            let fits = |name: &String| match language {
                Language::Latex => balanced(name),
                Language::Mathml => is_mathml(name),
                Language::Rust => is_identifier(name) && name != "_",
                _ => is_identifier(name),
            };
            prop_assert!(spelt.iter().all(fits), "{:?}: {:?}", names, spelt);
        }
    }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c))
        && chars.all(unicode_ident::is_xid_continue)
}

#[test]
fn taken_names_come_with_what_they_stand_for() {
    let names = Names::new(["E", "I", "lambda", "v", "x₁", "x1"]).unwrap();
    let expr: Expr = "x1^2*x2 + 3*x3 - x4*x5/x6".parse().unwrap();
    assert_eq!(expr.sympy(&names), "E_**2*I_ + 3*lambda_ - v*x1_/x1");
    assert_eq!(expr.numpy(&names), "E**2*I + 3.0*lambda_ - v*x1_/x1");
    assert_eq!(expr.rust(&names), "E.powi(2) * I + 3.0 * lambda - v * x1_ / x1");
    let spelling = Spelling::new(Language::Sympy, &names);
    let declared = "E_, I_, lambda_, v, x1_, x1 = symbols('E I lambda v x₁ x1')";
    assert_eq!(spelling.declaration(), Some(declared));
    let renamed: Vec<(&str, &str)> =
        spelling.renamed().iter().map(|(name, spelt)| (name.as_str(), spelt.as_str())).collect();
    assert_eq!(renamed, [("E", "E_"), ("I", "I_"), ("lambda", "lambda_"), ("x₁", "x1_")]);
}

/// SymPy itself reads what is printed, as `sympify` does and after the declaration, and finds the
/// symbols and the value again.
#[test]
fn sympy_reads_back() {
    let mut script = vec!["from sympy import *\nfrom sympy import sympify".to_owned()];
    let mut runner = TestRunner::new(config(1));
    let mut cases = 0;
    let sets = names();
    while cases < 100 {
        let mut set = sets.new_tree(&mut runner).unwrap().current();
        // Python may be older than the youngest letters.
        set.retain(|name| name.chars().all(|c| c < '\u{530}' || ('₀'..='₉').contains(&c)));
        let Ok(names) = Names::new(set) else { continue };
        if names.is_empty() {
            continue;
        }
        let count = names.len().min(3);
        let (expr, point) = samples_of(&mut runner, count);
        let spelling = Spelling::new(Language::Sympy, &names);
        let text = expr.natural().spelt(Language::Sympy, &spelling);
        let values: Vec<String> = std::iter::zip(spelling.names(), &point)
            .map(|(name, value)| format!("sympify('{name}'): {value:?}"))
            .collect();
        let quoted = in_python(&text);
        let own: Vec<String> = std::iter::zip(names.iter(), &point)
            .map(|(name, value)| format!("Symbol('{name}'): {value:?}"))
            .collect();
        // Evaluated as it stands: `N` makes atan2 of numbers a logarithm of a complex number, of which it
        // cannot always tell that the imaginary part is zero.
        script.push(format!(
            "wanted = {:?}\n\
             {}\n\
             for read, values in [\n    (sympify({quoted}), {{{}}}),\n    ({text}, {{{}}}),\n]:\n    \
             read = sympify(read)\n    \
             assert not (read.free_symbols - set(values)), read\n    \
             found = float(lambdify(list(values), read, 'mpmath')(*values.values()))\n    \
             assert abs(found - wanted) <= 1e-8 * (1 + abs(wanted)), ({quoted}, found, wanted)",
            expr.eval(&point),
            spelling.declaration().unwrap_or_default(),
            values.join(", "),
            own.join(", "),
        ));
        cases += 1;
    }
    script.push("print('read')".into());
    let Some(output) = python_with("sympy", &script.join("\n")) else { return };
    assert_eq!(output.trim(), "read");
}

/// A string of Python, in which letters stand as they are: Rust escapes some in a way of its own.
fn in_python(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Python itself takes what NumPy and SymPy are given for names, letter by letter as it stands, and SymPy's reader
/// for words; and it keeps them apart.
#[test]
fn python_reads_names_as_they_are() {
    for language in [Language::Numpy, Language::Sympy] {
        let mut script = vec!["import re, unicodedata".to_owned()];
        for [own, spelt] in spellings(language) {
            let [own, spelt] = [own, spelt].map(|names| {
                names.iter().map(|name| in_python(name)).collect::<Vec<_>>().join(", ")
            });
            script.push(format!(
                "own, names = [{own}], [{spelt}]\n\
                 # Python may be older than the youngest letters.\n\
                 if not any(unicodedata.category(c) == 'Cn' for c in ''.join(own)):\n    \
                 for name in names:\n        \
                 assert name.isidentifier() and re.fullmatch(r'\\w+', name), (own, names)\n        \
                 assert unicodedata.normalize('NFKC', name) == name, (own, names)\n        \
                 exec(name + ' = 1.0', {{}})\n    \
                 assert len(set(names)) == len(own), (own, names)"
            ));
        }
        script.push("print('read')".into());
        let Some(output) = python(&script.join("\n")) else { return };
        assert_eq!(output.trim(), "read");
    }
}

/// So does Rust's compiler: it refuses a pattern that binds a name twice.
#[test]
fn rust_reads_names_as_they_are() {
    let mut program = vec!["#![allow(warnings)]\nfn main() {".to_owned()];
    for [_, spelt] in spellings(Language::Rust) {
        let count = spelt.len();
        program.push(format!("let [{}] = [1.0_f64; {count}];", spelt.join(", ")));
    }
    program.push("println!(\"read\"); }".to_owned());
    if let Some(output) = rust("names-as-rust", &program.join("\n")) {
        assert_eq!(output.trim(), "read");
    }
}

/// Sets of names and what they are called in a notation.
fn spellings(language: Language) -> Vec<[Vec<String>; 2]> {
    let (mut runner, sets) = (TestRunner::new(config(1)), names());
    let drawn = (0..400).map(|_| sets.new_tree(&mut runner).unwrap().current());
    let spelt = drawn.filter_map(|own| {
        let names = Names::new(own.clone()).ok()?;
        Some([own, Spelling::new(language, &names).names().to_vec()])
    });
    spelt.collect()
}

/// Every name that SymPy brings is avoided.
#[test]
fn sympy_has_no_name_that_is_not_known_as_taken() {
    let script = "import sympy\nspace = {}\nexec('from sympy import *', space)\n\
                  print('\\n'.join(n for n in space if n.isidentifier()))";
    let Some(output) = python_with("sympy", script) else { return };
    for name in output.lines().filter(|name| !name.starts_with("__")) {
        // Some are names of operators here, so that no input may have them.
        let Ok(names) = Names::new([name]) else { continue };
        let spelling = Spelling::new(Language::Sympy, &names);
        assert_eq!(spelling.names(), [format!("{name}_")]);
    }
}

/// NumPy itself computes the same on arrays, negative ones included.
#[test]
fn numpy_computes_the_same() {
    let names = Names::new(["np", "lambda", "x₁"]).unwrap();
    let spelling = Spelling::new(Language::Numpy, &names);
    let mut script =
        vec!["import math\nimport numpy as np\nerf = np.vectorize(math.erf)".to_owned()];
    let mut wanted = Vec::new();
    for (expr, point) in samples(300) {
        let columns = std::iter::zip(spelling.names(), &point);
        script.extend(columns.map(|(name, value)| format!("{name} = np.array([{value:?}])")));
        let text = expr.natural().spelt(Language::Numpy, &spelling);
        script.push(format!("print(float(np.ravel({text})[0]))"));
        wanted.push((expr.eval(&point), text));
    }
    let Some(output) = python_with("numpy", &script.join("\n")) else { return };
    assert_values(&output, &wanted);
}

/// The digits of a constant that notations print are those that read back as the same number.
#[test]
fn constants_keep_all_their_digits() {
    let mut runner = TestRunner::new(config(1));
    let finite = any::<f64>().prop_filter("finite", |value| value.is_finite());
    for _ in 0..2_000 {
        let value = finite.new_tree(&mut runner).unwrap().current();
        let expr = Expr::constant(value);
        let names = Names::numbered(0);
        for text in [expr.to_string(), expr.sympy(&names), expr.numpy(&names), expr.rust(&names)] {
            assert_eq!(text.parse::<f64>().unwrap(), value, "{text}");
        }
        let latex = expr.latex(&names).replace(r" \cdot 10^{", "e").replace("10^{", "1e");
        assert_eq!(latex.trim_end_matches('}').parse::<f64>().unwrap(), value, "{latex}");
        let mathml = typed(&expr.mathml(&names)).replace("*10^(", "e").replace("10^(", "1e");
        assert_eq!(mathml.trim_end_matches(')').parse::<f64>().unwrap(), value, "{mathml}");
    }
}

/// A random expression of that many inputs, with a point where it is smooth.
fn samples_of(runner: &mut TestRunner, inputs: usize) -> (Expr, Vec<f64>) {
    let cases = (expressions(u16::try_from(inputs).unwrap(), &Op::ALL), points(inputs));
    let draws = std::iter::repeat_with(|| cases.new_tree(runner).unwrap().current());
    let mut regular = draws.filter(|(expr, point)| is_regular(expr, point, 0.05));
    regular.next().unwrap()
}

/// What the script prints, or nothing, with a word, where Python lacks the module.
fn python_with(module: &str, script: &str) -> Option<String> {
    let import = ["-c", &format!("import {module}")].map(str::to_owned);
    let there = Command::new("python3").args(import).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no python3 with {module} here");
        return None;
    }
    python(script)
}
