//! The symbolic derivative against dual numbers and against central differences.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use symgrad_expr::testing::{dual, expressions, is_regular, points};
use symgrad_expr::{Expr, Node, Op, derivative};

const INPUTS: u16 = 3;

/// Distance from poles and kinks. Each operator then magnifies an error by at most 1/margin²
/// or so, which leaves half of the sixteen digits to expressions of the sizes drawn here.
const MARGIN: f64 = 0.05;

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_global_rejects: 100 * cases,
        ..Config::default()
    })
}

type Rule = fn(&Expr, u16) -> Expr;

fn agrees_with_duals(rule: Rule, expr: &Expr, point: &[f64]) -> Result<(), TestCaseError> {
    let exact = dual(expr, point);
    for input in 0..INPUTS {
        let i = usize::from(input);
        let symbolic = rule(expr, input).eval(point);
        let tolerance = 1e-8 * (1.0 + exact.scale[i]);
        prop_assert!(
            (symbolic - exact.gradient[i]).abs() <= tolerance,
            "d/dx{} of {expr} at {point:?}: {symbolic} but {}",
            input + 1,
            exact.gradient[i]
        );
    }
    Ok(())
}

fn check(rule: Rule) -> Result<(), TestError<(Expr, Vec<f64>)>> {
    let cases = (expressions(INPUTS, &Op::ALL), points(usize::from(INPUTS)));
    runner(4000).run(&cases, |(expr, point)| {
        prop_assume!(is_regular(&expr, &point, MARGIN));
        agrees_with_duals(rule, &expr, &point)
    })
}

#[test]
fn symbolic_and_dual_derivatives_agree() {
    check(derivative).unwrap();
}

/// The same check catches a rule table in which one rule is wrong.
#[test]
fn a_wrong_rule_is_caught() {
    let swapped: [(Rule, &str); 3] = [
        (|expr, input| replaced(&derivative(expr, input), Op::Cos, Op::Sin), "sin' = sin"),
        (|expr, input| replaced(&derivative(expr, input), Op::Square, Op::Cube), "(1/a)' = -1/a^3"),
        (|expr, input| replaced(&derivative(expr, input), Op::Sub, Op::Add), "tanh' = 1 + tanh^2"),
    ];
    for (rule, name) in swapped {
        assert!(matches!(check(rule), Err(TestError::Fail(..))), "{name} passed");
    }
}

fn replaced(expr: &Expr, old: Op, new: Op) -> Expr {
    let swap = |node: &Node| if *node == Node::Op(old) { Node::Op(new) } else { *node };
    let nodes = expr.nodes().iter().map(swap).collect();
    Expr::from_postfix(nodes, expr.constants().to_vec()).unwrap()
}

/// Differences at three steps tell whether they converge, and how far they can be trusted.
#[test]
fn symbolic_derivatives_are_the_limit_of_differences() {
    let counts = Cell::new((0, 0));
    let cases = (expressions(INPUTS, &Op::ALL), points(usize::from(INPUTS)), 0..INPUTS);
    let outcome = runner(4000).run(&cases, |(expr, point, input)| {
        let moved = |step: f64| {
            let mut moved = point.clone();
            moved[usize::from(input)] += step;
            moved
        };
        let steps = [4e-4, 2e-4, 1e-4];
        prop_assume!([0.0, -steps[0], steps[0]].iter().all(|step| is_regular(
            &expr,
            &moved(*step),
            MARGIN
        )));
        let slope = |h: f64| (expr.eval(&moved(h)) - expr.eval(&moved(-h))) / (2.0 * h);
        let [wide, middle, narrow] = steps.map(slope);
        let scale = 1.0 + dual(&expr, &point).scale[usize::from(input)];
        let rounding = 1e-7 * scale;
        // Halving the step divides the error by four, unless the function turns within a step.
        let converging = (middle - narrow).abs() <= (wide - middle).abs() / 2.0 + rounding;
        let trust = (wide - middle).abs() + rounding;
        let (all, sharp) = counts.get();
        counts.set((all + 1, sharp + i32::from(converging && trust < 1e-3 * scale)));
        let symbolic = derivative(&expr, input).eval(&point);
        prop_assert!(
            !converging || (symbolic - narrow).abs() <= trust,
            "d/dx{} of {expr} at {point:?}: {symbolic} but differences {wide}, {middle}, {narrow}",
            input + 1
        );
        Ok(())
    });
    outcome.unwrap();
    // Differences that trust nothing would agree with everything.
    let (all, sharp) = counts.get();
    assert!(sharp * 20 > all * 19, "only {sharp} of {all} differences are sharp");
}

#[test]
fn rules_read_as_in_a_table() {
    let table = [
        ("x1 + x2", "1"),
        ("x1 - x2", "1"),
        ("x2 - x1", "-1"),
        ("x1*x2", "x2"),
        ("x1/x2", "1/x2"),
        ("x2/x1", "-x2/x1^2"),
        ("x1^2.5", "2.5*x1^1.5"),
        ("x1^x2", "x2*x1^(x2 - 1)"),
        ("x2^x1", "x2^x1*log(x2)"),
        ("-x1", "-1"),
        ("x1^2", "2*x1"),
        ("x1^3", "3*x1^2"),
        ("sqrt(x1)", "1/(2*sqrt(x1))"),
        ("exp(x1)", "exp(x1)"),
        ("log(x1)", "1/x1"),
        ("sin(x1)", "cos(x1)"),
        ("cos(x1)", "-sin(x1)"),
        ("tan(x1)", "1 + tan(x1)^2"),
        ("tanh(x1)", "1 - tanh(x1)^2"),
        ("asin(x1)", "1/sqrt(1 - x1^2)"),
        ("acos(x1)", "-1/sqrt(1 - x1^2)"),
        ("atan(x1)", "1/(x1^2 + 1)"),
        ("atan2(x1, x2)", "x2/(x1^2 + x2^2)"),
        ("atan2(x2, x1)", "-x2/(x2^2 + x1^2)"),
        ("atan2(x1, 2*x1)", "0"),
        ("sinh(x1)", "cosh(x1)"),
        ("cosh(2*x1)", "2*sinh(2*x1)"),
        ("erf(x1)", "1.1283791670955126*exp(-x1^2)"),
        ("abs(x1)", "x1/abs(x1)"),
        ("1/x1", "-1/x1^2"),
        ("x2 + 3", "0"),
        ("sin(x1*x2)", "x2*cos(x1*x2)"),
        ("x1^2/2", "x1"),
        ("(x1^2)^2", "4*x1^3"),
        ("x1*x1*x1", "3*x1^2"),
        ("exp(-x1^2)", "-2*x1*exp(-x1^2)"),
        ("log(x1^2)", "2/x1"),
        ("x1*log(x1)", "log(x1) + 1"),
        ("sqrt(x1^2 + x2^2)", "x1/sqrt(x1^2 + x2^2)"),
        ("1/sqrt(x1)", "-1/(2*sqrt(x1)^3)"),
        ("x2 - x2 + x1*x2", "x2"),
        ("x1 - x1", "0"),
        ("(x1 + x2)*(x1 - x2)", "2*x1"),
    ];
    for (text, expected) in table {
        let expr: Expr = text.parse().unwrap();
        assert_eq!(derivative(&expr, 0).to_string(), expected, "of {text}");
    }
}

/// Whole exponents are differentiable at and below 0, where the logarithm is not defined.
#[test]
fn powers_of_negative_bases() {
    let expr: Expr = "x1^4".parse().unwrap();
    assert_eq!(derivative(&expr, 0).eval(&[-2.0]), -32.0);
    assert_eq!(derivative(&expr, 0).eval(&[0.0]), 0.0);
}

#[test]
fn replacements_happen_at_once() {
    let expr: Expr = "2*x1 + 3*x2*x3".parse().unwrap();
    let by = ["x2^2", "5*x1"].map(|text| text.parse::<Expr>().unwrap());
    assert_eq!(expr.substitute(&by).to_string(), "2*x2^2 + 3*(5*x1)*x3");
    assert_eq!(expr.substitute(&[]), expr);
}
