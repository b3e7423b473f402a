//! Compiled programs against one-point evaluation, dual numbers and differences.

use std::ops::ControlFlow;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use symgrad_expr::testing::{dual, expressions, is_regular, points};
use symgrad_expr::{Block, EvalError, Expr, Node, Op, Program, Workspace, derivative};

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

/// Some rows of points.
fn tables() -> impl Strategy<Value = Vec<Vec<f64>>> {
    proptest::collection::vec(points(usize::from(INPUTS)), 1..40)
}

fn transposed(points: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..usize::from(INPUTS)).map(|i| points.iter().map(|point| point[i]).collect()).collect()
}

fn values(expr: &Expr, columns: &[Vec<f64>]) -> Vec<f64> {
    let mut out = vec![0.0; columns[0].len()];
    let program = Program::compile(expr);
    program.values(columns, &mut Workspace::default(), &mut out).expect("columns that fit");
    out
}

/// Values and, by input and then row, gradients.
fn differentiated(expr: &Expr, columns: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let program = Program::compile(expr);
    let mut values = vec![0.0; columns[0].len()];
    let mut gradients = vec![vec![]; columns.len()];
    let workspace = &mut Workspace::default();
    let outcome = program.input_gradients(columns, workspace, &mut values, &mut gradients);
    outcome.expect("columns that fit");
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

type Table = Vec<Vec<f64>>;

fn check(differentiate: Differentiate) -> Result<(), TestError<(Expr, Table)>> {
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
    Expr::from_postfix(nodes, expr.constants().to_vec()).expect("the same shape")
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
    Expr::from_postfix(nodes.collect(), vec![]).expect("the same shape")
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

/// Distance in units of the last place; NaN equals NaN.
fn ulps(left: f64, right: f64) -> u64 {
    let ordered = |x: f64| {
        let bits = x.to_bits().cast_signed();
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    if left.is_nan() && right.is_nan() {
        return 0;
    }
    ordered(left).abs_diff(ordered(right))
}

/// Arguments of every size: all exponents, neighbourhoods of the multiples of π/2, special
/// values, and both signs.
fn arguments() -> Vec<f64> {
    let mut found = vec![0.0, f64::INFINITY, f64::NAN, f64::MAX, f64::MIN_POSITIVE, 5e-324];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 12
    };
    for exponent in 0..0x7ff_u64 {
        found.extend((0..20).map(|_| f64::from_bits(exponent << 52 | next())));
    }
    for turn in 1..20_000 {
        let near = std::f64::consts::FRAC_PI_2 * f64::from(turn);
        found.extend([near.next_down(), near, near.next_up()]);
    }
    for step in 0..40_000 {
        found.push(f64::from(step) / 32.0 * (1.0 + f64::EPSILON));
        found.push(0.5 + f64::from(step) / 40_000.0);
    }
    let negative: Vec<f64> = found.iter().map(|x| -x).collect();
    found.extend(negative);
    found
}

type Exact = fn(f64) -> f64;

/// The vector functions are close to the scalar library's everywhere.
#[test]
fn elementary_functions_are_accurate() {
    let arguments = arguments();
    let functions: [(Op, Exact, u64); 6] = [
        (Op::Exp, f64::exp, 2),
        (Op::Log, f64::ln, 2),
        (Op::Sin, f64::sin, 2),
        (Op::Cos, f64::cos, 2),
        (Op::Tan, f64::tan, 3),
        (Op::Tanh, f64::tanh, 3),
    ];
    for (op, exact, most) in functions {
        let found = values(&Expr::unary(op, Expr::var(0)), std::slice::from_ref(&arguments));
        let (mut worst, mut at) = (0, 0.0);
        for (&x, &value) in arguments.iter().zip(&found) {
            let distance = ulps(value, exact(x));
            if distance > worst {
                (worst, at) = (distance, x);
            }
        }
        println!("{} {worst} ulp at {at:e}", op.name());
        assert!(worst <= most, "{} is {worst} ulp off at {at:e}", op.name());
    }
}

/// Functions without a vector form are those of one-point evaluation, and have their limits where
/// they are not defined or not differentiable.
#[test]
fn row_by_row_functions_are_exact_and_keep_their_domains() {
    let arguments: Vec<f64> = arguments().into_iter().step_by(7).chain([1.0, -1.0]).collect();
    let mut others = arguments.clone();
    others.rotate_left(arguments.len() / 3);
    let columns = [arguments, others];
    for op in [Op::Asin, Op::Acos, Op::Atan, Op::Atan2, Op::Sinh, Op::Cosh, Op::Erf] {
        let expr = match op.arity() {
            1 => Expr::unary(op, Expr::var(0)),
            _ => Expr::binary(op, Expr::var(0), &Expr::var(1)),
        };
        let (found, differentiated) = (values(&expr, &columns), differentiated(&expr, &columns));
        for (row, value) in found.iter().enumerate() {
            let point = [columns[0][row], columns[1][row]];
            assert!(same(*value, expr.eval(&point)), "{expr} at {point:?}");
            assert!(same(*value, differentiated.0[row]), "{expr} at {point:?}");
        }
    }
    let at = |text: &str, point: [f64; 2]| {
        let (values, slopes) =
            differentiated(&text.parse().unwrap(), &[vec![point[0]], vec![point[1]]]);
        [values[0], slopes[0][0], slopes[1][0]]
    };
    for outside in [1.0_f64.next_up(), -2.0, f64::INFINITY] {
        assert!(at("asin(x1)", [outside, 0.0])[..2].iter().all(|x| x.is_nan()));
        assert!(at("acos(x1)", [outside, 0.0])[..2].iter().all(|x| x.is_nan()));
    }
    assert_eq!(at("asin(x1)", [1.0, 0.0])[1], f64::INFINITY);
    assert_eq!(at("acos(x1)", [-1.0, 0.0])[1], f64::NEG_INFINITY);
    let origin = at("atan2(x1, x2)", [0.0, 0.0]);
    assert!(origin[0] == 0.0 && origin[1].is_nan() && origin[2].is_nan());
    assert_eq!(at("erf(x1)", [40.0, 0.0])[..2], [1.0, 0.0]);
    assert_eq!(at("cosh(x1)", [-800.0, 0.0])[..2], [f64::INFINITY, f64::NEG_INFINITY]);
    assert_eq!(at("atan(x1)", [1e200, 0.0])[1], 0.0);
}

/// The scalar functions are those of mathematics.
#[test]
fn row_by_row_functions_are_accurate() {
    let arguments: Vec<f64> = arguments().into_iter().step_by(11).collect();
    let functions: [(Op, Exact); 5] = [
        (Op::Asin, f64::asin),
        (Op::Acos, f64::acos),
        (Op::Atan, f64::atan),
        (Op::Sinh, f64::sinh),
        (Op::Cosh, f64::cosh),
    ];
    for (op, exact) in functions {
        let worst = arguments.iter().map(|x| ulps(op.apply(*x, 0.0), exact(*x))).max();
        assert!(worst <= Some(2), "{} is {worst:?} ulp off", op.name());
    }
    for pair in arguments.windows(2) {
        let distance = ulps(Op::Atan2.apply(pair[0], pair[1]), pair[0].atan2(pair[1]));
        assert!(distance <= 2, "atan2 at {pair:?} is {distance} ulp off");
    }
    let table = [
        (0.5, 0.520_499_877_813_046_5),
        (1.5, 0.966_105_146_475_310_7),
        (1e-3, 0.001_128_378_790_969_236_3),
    ];
    for (x, exact) in table {
        assert!(
            ulps(Op::Erf.apply(x, 0.0), exact) <= 1 && ulps(Op::Erf.apply(-x, 0.0), -exact) <= 1
        );
    }
}

/// Square roots and quotients are rounded as the processor's own are.
#[test]
fn roots_and_quotients_are_rounded_to_the_nearest() {
    let arguments = arguments();
    let roots = values(&Expr::unary(Op::Sqrt, Expr::var(0)), std::slice::from_ref(&arguments));
    for (&x, root) in arguments.iter().zip(roots) {
        assert_eq!(ulps(root, x.sqrt()), 0, "√{x:e}: {root:e}");
    }
    // Next to 1, quotients come close to the middle between two numbers.
    let near_one = |steps: i64| f64::from_bits(1.0_f64.to_bits().saturating_add_signed(steps));
    let neighbours = (0..64).map(|n| [near_one(n / 8), near_one(-(n % 8))]);
    let (dividends, below): (Vec<_>, Vec<_>) = neighbours.map(<(f64, f64)>::from).unzip();
    for shift in [1, 7, 1000, 20_011] {
        let mut divisors = arguments.clone();
        divisors.rotate_left(shift);
        let columns =
            [[arguments.as_slice(), &dividends].concat(), [divisors.as_slice(), &below].concat()];
        for quotient in ["x1/x2", "1/x2", "x1/3.7"] {
            let expr: Expr = quotient.parse().expect("a quotient");
            let found = values(&expr, &columns);
            for (row, &found) in found.iter().enumerate() {
                let [a, b] = [columns[0][row], columns[1][row]];
                let expected = match quotient {
                    "1/x2" => 1.0 / b,
                    "x1/3.7" => a / 3.7,
                    _ => a / b,
                };
                let most = u64::from(a.abs() < 1e-290);
                let distance = ulps(found, expected);
                assert!(distance <= most, "{quotient} for {a:e} and {b:e}: {found:e}");
            }
        }
    }
}

/// Powers of all bases and exponents are close to the scalar library's.
#[test]
fn powers_are_accurate() {
    let bases: Vec<f64> = arguments().into_iter().step_by(37).collect();
    let near_one = (0..4000).map(|step| 0.6 + f64::from(step) / 4000.0);
    let bases: Vec<f64> = bases.into_iter().chain(near_one).collect();
    for exponent in [0.5, -0.5, 1.5, -2.5, 0.1, 1.0 / 3.0, 7.3, 31.7, -90.1, 700.5, 1e9, 1e300] {
        let columns = [bases.clone(), vec![exponent; bases.len()]];
        let found = values(&"x1^x2".parse().expect("a power"), &columns);
        for (&base, &value) in bases.iter().zip(&found) {
            let distance = ulps(value, base.powf(exponent));
            assert!(distance <= 2, "{base:e}^{exponent} is {distance} ulp off");
        }
    }
}

/// A row has the same results, bit for bit, whatever rows surround it.
#[test]
fn rows_do_not_depend_on_each_other() {
    let cases = (expressions(INPUTS, &Op::ALL), points(usize::from(INPUTS)), 250_u16..280);
    let outcome = runner(300).run(&cases, |(expr, point, rows)| {
        let points: Vec<Vec<f64>> = (0..rows)
            .map(|row| {
                let size = if row % 7 == 3 { 1e12 } else { 1.0 };
                point.iter().map(|x| size * (x + f64::from(row) / 16.0)).collect()
            })
            .collect();
        let (many_values, many_gradients) = differentiated(&expr, &transposed(&points));
        let plain_values = values(&expr, &transposed(&points));
        for (row, point) in points.iter().enumerate().step_by(13) {
            let (one_value, one_gradient) =
                differentiated(&expr, &transposed(std::slice::from_ref(point)));
            prop_assert!(same(one_value[0], many_values[row]), "{expr} in row {row}");
            prop_assert!(same(one_value[0], plain_values[row]), "{expr} in row {row}");
            for (one, many) in one_gradient.iter().zip(&many_gradients) {
                prop_assert!(same(one[0], many[row]), "gradient of {expr} in row {row}");
            }
        }
        Ok(())
    });
    outcome.unwrap();
}

/// A recompiled program is the program compiled anew, and constants can be changed in place.
#[test]
fn programs_are_reusable() {
    let columns = [vec![0.5, 1.5, 2.5], vec![1.0, 2.0, 3.0]];
    let workspace = &mut Workspace::default();
    let first: Expr = "sin(2*x1) + x2/3".parse().unwrap();
    let second: Expr = "exp(x2)^1.5 - 4".parse().unwrap();
    let mut program = Program::compile(&second);
    program.recompile(&first);
    program.set_constants(&[5.0, 7.0]);
    let mut found = [0.0; 3];
    program.values(&columns, workspace, &mut found).unwrap();
    assert_eq!(program.inputs(), [0, 1]);
    assert_eq!(found.to_vec(), values(&first.with_constants(&[5.0, 7.0]), &columns));
    program.recompile(&second);
    assert_eq!(program.inputs(), [1]);
    program.values(&columns, workspace, &mut found).unwrap();
    assert_eq!(found.to_vec(), values(&second, &columns));
}

/// An exponent decides at run time how a power is computed; its derivatives follow.
#[test]
fn powers_follow_their_exponent() {
    let columns = [vec![-2.0, 0.0, 1.5]];
    let mut program = Program::compile(&"x1^2.5".parse().unwrap());
    for (exponent, slopes) in [
        (4.0, [-32.0, 0.0, 13.5]),
        (1.0, [1.0, 1.0, 1.0]),
        (0.0, [0.0, 0.0, 0.0]),
        (-1.0, [-0.25, f64::NEG_INFINITY, -1.0 / 2.25]),
        (2.5, [f64::NAN, 0.0, 2.5 * 1.5 * 1.5_f64.sqrt()]),
    ] {
        program.set_constants(&[exponent]);
        let (mut values, mut gradients) = ([0.0; 3], [vec![]]);
        let workspace = &mut Workspace::default();
        program.input_gradients(&columns, workspace, &mut values, &mut gradients).unwrap();
        for (found, expected) in gradients[0].iter().zip(slopes) {
            assert!(ulps(*found, expected) <= 4, "x1^{exponent}: {found} but {expected}");
        }
    }
}

#[test]
fn non_finite_rows_are_counted() {
    let columns = [vec![-1.0, 0.0, 4.0, f64::NAN]];
    let program = Program::compile(&"sqrt(x1)".parse().unwrap());
    let workspace = &mut Workspace::default();
    let mut values = [0.0; 4];
    assert_eq!(program.values(&columns, workspace, &mut values), Ok(2));
    let mut gradients = [vec![]];
    let found = program.input_gradients(&columns, workspace, &mut values, &mut gradients);
    assert_eq!(found, Ok(3)); // the slope at 0 is infinite
}

#[test]
fn data_that_do_not_fit_are_errors() {
    let program = Program::compile(&"x1 + x3".parse().unwrap());
    let workspace = &mut Workspace::default();
    let mut out = [0.0; 2];
    let short: [Vec<f64>; 1] = [vec![1.0, 2.0]];
    assert_eq!(
        program.values(&short, workspace, &mut out),
        Err(EvalError::MissingColumn { input: 2, columns: 1 })
    );
    let ragged = [vec![1.0, 2.0], vec![1.0], vec![1.0, 2.0]];
    assert_eq!(
        program.for_each_block(&ragged, workspace, |_| ControlFlow::Continue(())),
        Err(EvalError::RaggedColumn { column: 1, rows: 1, expected: 2 })
    );
    let even = [vec![1.0; 3], vec![1.0; 3], vec![1.0; 3]];
    assert_eq!(
        program.values(&even, workspace, &mut out),
        Err(EvalError::OutputLength { room: 2, rows: 3 })
    );
    assert_eq!(
        program.input_gradients(&even, workspace, &mut [0.0; 3], &mut []),
        Err(EvalError::GradientCount { outputs: 0, columns: 3 })
    );
}

#[test]
fn constants_and_single_inputs_are_programs_too() {
    let workspace = &mut Workspace::default();
    let mut out = [0.0; 2];
    let none: [Vec<f64>; 0] = [];
    let constant = Program::compile(&Expr::constant(2.5));
    assert_eq!(constant.values(&none, workspace, &mut out), Ok(0));
    assert_eq!(out, [2.5, 2.5]);
    let columns = [vec![3.0, 4.0]];
    let (values, gradients) = differentiated(&Expr::var(0), &columns);
    assert_eq!((values, gradients), (vec![3.0, 4.0], vec![vec![1.0, 1.0]]));
    let mut seen = 0;
    let _ = constant.for_each_block_with_constants(&columns, workspace, |block| {
        assert_eq!(block.constant_gradient(0), [1.0, 1.0]);
        seen += block.rows().len();
        ControlFlow::Continue(())
    });
    assert_eq!(seen, 2);
}

/// Σ w·cos, from the gradient's columns.
fn plain_cosine_sum(
    block: &Block<'_>,
    inputs: &[u16],
    directions: &[Vec<f64>],
    weights: &[f64],
) -> f64 {
    let mut sum = 0.0;
    for (at, row) in block.rows().enumerate() {
        let pairs = inputs
            .iter()
            .enumerate()
            .map(|(slot, &input)| (block.gradient(slot)[at], directions[usize::from(input)][row]));
        let (dot, norm2) = pairs.fold((0.0, 0.0), |(d, n), (g, u)| (d + g * u, n + g * g));
        sum += weights[row] * if norm2.is_normal() { dot / norm2.sqrt() } else { 0.0 };
    }
    sum
}

/// Gradients of any size have a cosine, up to those whose square is no number any more.
#[test]
fn cosines_of_tiny_and_huge_gradients() {
    let program = Program::compile(&"x1^2".parse().unwrap());
    let workspace = &mut Workspace::default();
    let mut cosine_sum = |size: f64, value: f64| {
        let columns = [[1.0, size, value].map(|size| size / 2.0).to_vec()];
        let directions = [vec![-1.0; 3]];
        let mut sum = None;
        let flow = program.for_each_block(&columns, workspace, |block| {
            sum = block.cosine_sum(&directions, &[0.25, 0.5, 0.25]);
            ControlFlow::Continue(())
        });
        assert_eq!(flow, Ok(ControlFlow::Continue(())));
        sum
    };
    for size in [1e-144, 1e-130, 1.0, 0.7e100, 1e145, 1e150, 1e153] {
        assert_eq!(cosine_sum(size, 1.0), Some(-1.0), "{size}");
    }
    for size in [0.0, 1e-160] {
        assert_eq!(cosine_sum(size, 1.0), Some(-0.5), "{size}");
    }
    assert_eq!(cosine_sum(1.0, 1e160), None, "an infinite value");
    assert_eq!(cosine_sum(1.0, f64::INFINITY), None);
    assert_eq!(cosine_sum(f64::NAN, 1.0), None);
}

/// A finite value may have a gradient whose square is infinite: it has no cosine, and spoils
/// nothing.
#[test]
fn gradients_with_infinite_squares_count_as_zero() {
    let program = Program::compile(&"1e200*x1".parse().unwrap());
    let columns = [vec![1.0; 20]];
    let flow = program.for_each_block(&columns, &mut Workspace::default(), |block| {
        assert_eq!(block.cosine_sum(&[vec![1.0; 20]], &[0.05; 20]), Some(0.0));
        ControlFlow::Continue(())
    });
    assert_eq!(flow, Ok(ControlFlow::Continue(())));
}

/// The fused sums are those of the gradient's columns.
#[test]
fn projections_agree_with_gradients() {
    const INPUTS: usize = 20;
    let number = |i: usize| ((i * 7919) % 1000) as f64 / 500.0 + 0.1;
    let sum: Vec<String> = (1..=INPUTS).map(|i| format!("x{i}^2*x{}", i % INPUTS + 1)).collect();
    for rows in [1, 15, 263, 1000] {
        let column = |i: usize| (0..rows).map(|row| number(row * 13 + i * 101)).collect();
        let columns: Vec<Vec<f64>> = (0..INPUTS).map(column).collect();
        let directions: Vec<Vec<f64>> = (0..INPUTS).map(|i| column(i + 50)).collect();
        let weights: Vec<f64> = column(99);
        let texts =
            ["x2", "x1*x7", "x1*x2 - x3/x4 + sin(x5)*x7", "x1*x2*x3*x4*x5", "sqrt(x1 - x1)"];
        for text in texts.into_iter().chain([sum.join(" + ").as_str()]) {
            let program = Program::compile(&text.parse().unwrap());
            let workspace = &mut Workspace::default();
            let flow = program.for_each_block(&columns, workspace, |block| {
                let length = block.rows().len();
                let (mut dot, mut norm2) = (vec![9.0; length], vec![9.0; length]);
                block.dot_and_norm(&directions, &mut dot, &mut norm2);
                for (at, row) in block.rows().enumerate() {
                    let pairs = program.inputs().iter().enumerate().map(|(slot, &input)| {
                        (block.gradient(slot)[at], directions[usize::from(input)][row])
                    });
                    let (d, n) = pairs.fold((0.0, 0.0), |(d, n), (g, u)| (d + g * u, n + g * g));
                    assert!(!d.is_finite() || (dot[at] - d).abs() <= 1e-13 * (1.0 + n), "{text}");
                    assert!(!n.is_finite() || (norm2[at] - n).abs() <= 1e-14 * n, "{text}");
                }
                match block.cosine_sum(&directions, &weights) {
                    None => assert!(block.non_finite() > 0, "{text}"),
                    Some(sum) => {
                        let inputs = program.inputs();
                        let plain = plain_cosine_sum(block, inputs, &directions, &weights);
                        assert!((sum - plain).abs() <= 1e-12 * length as f64, "{text}");
                    }
                }
                ControlFlow::Continue(())
            });
            assert_eq!(flow, Ok(ControlFlow::Continue(())));
        }
    }
}

/// Sines of numbers beyond the kernels' reduction: multiples of π/2 and all else, up to the
/// largest. The reference is computed with 40 digits and more.
#[test]
fn huge_angles() {
    let cases = HUGE_SINES;
    let column: Vec<f64> = cases.iter().map(|case| case[0]).collect();
    for (text, which) in [("sin(x1)", 1), ("cos(x1)", 2), ("tan(x1)", 3)] {
        let mut out = vec![0.0; column.len()];
        let program = Program::compile(&text.parse().unwrap());
        program.values(&[&column], &mut Workspace::default(), &mut out).unwrap();
        for (case, found) in cases.iter().zip(out) {
            assert!(ulps(found, case[which]) <= 3, "{text} at {:e}: {found:e}", case[0]);
        }
    }
}

/// x, sin x, cos x, tan x.
#[expect(clippy::unreadable_literal, reason = "numbers to compare, not to read")]
const HUGE_SINES: [[f64; 4]; 16] = [
    [1000000000.1, 0.6267656644490824, 0.7792078040341358, 0.8043626632127838],
    [-1500000000.0, 0.7618038601331996, -0.6478077482449222, -1.1759721340121698],
    [3000000000.0, 0.9870048864743554, -0.16069024262768705, -6.14228263231394],
    [2147483648.0, -0.9713101757929392, 0.23781619457280337, -4.084289455298593],
    [1099511627776.5, -0.7942365378937299, -0.6076086914080324, 1.3071513773991916],
    [-1000000000000.0, 0.6112387023768895, 0.7914463018528902, 0.7723059681318761],
    [1000000000000000.0, 0.8582727931702359, -0.5131937377869703, -1.672414782127583],
    [1e+16, 0.7796880066069788, -0.6261681981330862, -1.2451734357184063],
    [1.2345678901234568e+16, -0.6257005369586186, -0.7800633551511674, 0.8021150241538586],
    [1e+22, -0.8522008497671888, 0.523214785395139, -1.6287782256068988],
    [-1e+40, -0.6467845884268344, -0.7626727320243791, 0.8480499711980782],
    [5.319372648326541e+255, 1.0, -4.687165924254628e-19, -2.133485385753704e+18],
    [1e+100, -0.3806377310050287, 0.9247242387519338, -0.4116229628832498],
    [1e+200, -0.6439687185395058, 0.7650518214752429, -0.8417321552123704],
    [-1e+300, 0.8178819121159085, -0.5753861119575491, -1.4214488238747245],
    [1.7976931348623157e+308, 0.004961954789184062, -0.9999876894265599, -0.004962015874444895],
];
