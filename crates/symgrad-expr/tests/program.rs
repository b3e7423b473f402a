//! Compiled programs against one-point evaluation, dual numbers and differences.

use std::ops::ControlFlow;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use symgrad_expr::testing::{dual, expressions, is_regular, points};
use symgrad_expr::{Expr, Node, Op, Program, Workspace, derivative};

const INPUTS: u16 = 3;

/// Distance from poles and kinks. Each operator then magnifies an error by at most 1/margin²
/// or so, which leaves half of the sixteen digits to expressions of the sizes drawn here.
const MARGIN: f64 = 0.05;

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        rng_seed: RngSeed::Fixed(2409),
        failure_persistence: None,
        max_global_rejects: 100 * cases,
        ..Config::default()
    })
}

/// Some rows of points.
fn tables() -> impl Strategy<Value = Vec<Vec<f64>>> {
    proptest::collection::vec(points(usize::from(INPUTS)), 1..40)
}

fn transposed(points: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..usize::from(INPUTS)).map(|i| points.iter().map(|point| point[i]).collect()).collect()
}

fn values(expr: &Expr, columns: &[Vec<f64>]) -> Vec<f64> {
    let mut out = vec![0.0; columns[0].len()];
    Program::compile(expr).values(columns, &mut Workspace::default(), &mut out).unwrap();
    out
}

/// Values and, by input and then row, gradients.
fn differentiated(expr: &Expr, columns: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let program = Program::compile(expr);
    let mut values = vec![0.0; columns[0].len()];
    let mut gradients = vec![vec![]; columns.len()];
    let workspace = &mut Workspace::default();
    program.input_gradients(columns, workspace, &mut values, &mut gradients).unwrap();
    (values, gradients)
}

fn same(left: f64, right: f64) -> bool {
    left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan())
}

fn close(found: f64, expected: f64, scale: f64) -> bool {
    same(found, expected) || (found - expected).abs() <= 1e-8 * (1.0 + scale.abs())
}

/// Arithmetic is exactly that of one-point evaluation.
#[test]
fn arithmetic_is_exact() {
    let ops = [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Neg, Op::Square, Op::Sqrt, Op::Abs, Op::Inv];
    let cases = (expressions(INPUTS, &ops), tables());
    let outcome = runner(1000).run(&cases, |(expr, points)| {
        for (point, value) in points.iter().zip(values(&expr, &transposed(&points))) {
            prop_assert!(same(value, expr.eval(point)), "{expr} at {point:?}: {value}");
        }
        Ok(())
    });
    outcome.unwrap();
}

type Differentiate = fn(&Expr, &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>);

fn agrees_with_duals(
    differentiate: Differentiate,
    expr: &Expr,
    points: &[Vec<f64>],
) -> Result<(), TestCaseError> {
    let (values, gradients) = differentiate(expr, &transposed(points));
    for (row, point) in points.iter().enumerate() {
        if !is_regular(expr, point, MARGIN) {
            continue;
        }
        let exact = dual(expr, point);
        prop_assert!(
            close(values[row], exact.value, exact.value),
            "{expr} at {point:?}: {} but {}",
            values[row],
            exact.value
        );
        for (i, gradient) in gradients.iter().enumerate() {
            prop_assert!(
                close(gradient[row], exact.gradient[i], exact.scale[i]),
                "d/dx{} of {expr} at {point:?}: {} but {}",
                i + 1,
                gradient[row],
                exact.gradient[i]
            );
        }
    }
    Ok(())
}

fn check(differentiate: Differentiate) -> Result<(), TestError<(Expr, Vec<Vec<f64>>)>> {
    let cases = (expressions(INPUTS, &Op::ALL), tables());
    runner(4000).run(&cases, |(expr, points)| agrees_with_duals(differentiate, &expr, &points))
}

#[test]
fn values_and_gradients_agree_with_dual_numbers() {
    check(differentiated).unwrap();
}

/// The same check catches gradients in which the adjoint of one operator is another's, though
/// the values are right.
#[test]
fn a_wrong_adjoint_is_caught() {
    let wrong: [Differentiate; 3] = [
        |expr, columns| with_gradients_of(&replaced(expr, Op::Sub, Op::Add), expr, columns),
        |expr, columns| with_gradients_of(&replaced(expr, Op::Sin, Op::Cos), expr, columns),
        |expr, columns| with_gradients_of(&replaced(expr, Op::Div, Op::Mul), expr, columns),
    ];
    for differentiate in wrong {
        assert!(check(differentiate).is_err());
    }
}

fn with_gradients_of(other: &Expr, expr: &Expr, columns: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    (values(expr, columns), differentiated(other, columns).1)
}

fn replaced(expr: &Expr, old: Op, new: Op) -> Expr {
    let swap = |node: &Node| if *node == Node::Op(old) { Node::Op(new) } else { *node };
    let nodes = expr.nodes().iter().map(swap).collect();
    Expr::from_postfix(nodes, expr.constants().to_vec()).unwrap()
}

/// The same expression with constant `k` as input `INPUTS + k`.
fn lifted(expr: &Expr) -> Expr {
    let mut next = INPUTS;
    let nodes = expr.nodes().iter().map(|node| match node {
        Node::Const => {
            next += 1;
            Node::Var(next - 1)
        }
        other => *other,
    });
    Expr::from_postfix(nodes.collect(), vec![]).unwrap()
}

/// Derivatives in the constants are those in inputs that stand in their place.
#[test]
fn constant_derivatives_agree_with_dual_numbers() {
    let cases = (expressions(INPUTS, &Op::ALL), tables());
    let outcome = runner(1500).run(&cases, |(expr, points)| {
        let program = Program::compile(&expr);
        let lifted = lifted(&expr);
        let slopes: Vec<Expr> = (0..INPUTS).map(|i| derivative(&lifted, i)).collect();
        let extended = |row: usize| [&points[row][..], expr.constants()].concat();
        let columns = transposed(&points);
        let mut failure = None;
        let mut compare = |what: String, row: usize, found: f64, exact: &Expr, k: usize| {
            let point = extended(row);
            if is_regular(&lifted, &point, MARGIN) && is_regular(exact, &point, 1e-4) {
                let exact = dual(exact, &point);
                let input = usize::from(INPUTS) + k;
                if !close(found, exact.gradient[input], exact.scale[input]) {
                    failure = Some(format!(
                        "{what} of {expr}, constant {k} at {point:?}: {found} but {}",
                        exact.gradient[input]
                    ));
                }
            }
        };
        let workspace = &mut Workspace::default();
        let _ = program.for_each_block_with_constants(&columns, workspace, |block| {
            for (at, row) in block.rows().enumerate() {
                for k in 0..expr.constants().len() {
                    compare("df".into(), row, block.constant_gradient(k)[at], &lifted, k);
                    for (slot, &input) in program.inputs().iter().enumerate() {
                        let found = block.gradient_tangent(k, slot)[at];
                        let what = format!("d(df/dx{})", input + 1);
                        compare(what, row, found, &slopes[usize::from(input)], k);
                    }
                }
            }
            ControlFlow::Continue(())
        })?;
        prop_assert!(failure.is_none(), "{}", failure.unwrap());
        Ok(())
    });
    outcome.unwrap();
}
