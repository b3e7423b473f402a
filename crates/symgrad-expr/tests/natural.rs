//! The natural form: how it reads, and that it is the same function.

use proptest::prelude::*;
use proptest::test_runner::Config;
use symgrad_expr::testing::{any_expressions, dual, expressions, is_regular, points};
use symgrad_expr::{Expr, Node, Op};

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_global_rejects: 10 * cases, ..Config::default() }
}

fn parsed(text: &str) -> Expr {
    text.parse().expect(text)
}

#[test]
fn reads_as_people_write() {
    let table = [
        ("square(x1^2)", "x1^4"),
        ("x1 + x1", "2*x1"),
        ("x1*x1^2", "x1^3"),
        ("x1*(2*x1)/x2", "2*x1^2/x2"),
        ("(x1/x2)/x3", "x1/(x2*x3)"),
        ("x1/(x2/x3)", "x1*x3/x2"),
        ("x1*(x2^2 + 9.81*(x3 + x3))", "x1*(x2^2 + 19.62*x3)"),
        ("x1*x2 - 0.0821*(x3*x4)", "x1*x2 - 0.0821*x3*x4"),
        ("square(cube(x1))", "x1^6"),
        ("square(square(square(x1)))", "x1^8"),
        ("1/square(1/x1)", "x1^2"),
        ("(x1 - x2)*(x1 - x2)", "(x1 - x2)^2"),
        ("(x1 + x2)*x3*(x2 + x1)", "(x1 + x2)^2*x3"),
        ("x1 + x2 + x1 - 3*x2", "2*x1 - 2*x2"),
        ("-x1 + x2", "x2 - x1"),
        ("-x1 - x2", "-x1 - x2"),
        ("x1 - (-x2)", "x1 + x2"),
        ("x1*(-x2)", "-x1*x2"),
        ("2*x1/3 + x1/3", "x1"),
        ("x1/2 + x2/4", "x1/2 + x2/4"),
        ("2*x1/4", "x1/2"),
        ("x1/0.25", "4*x1"),
        ("x1/0.3", "x1/0.3"),
        ("0.1*x1*3", "0.3*x1"),
        ("19.62*x1/2", "9.81*x1"),
        ("0.1*x1/3", "0.1*x1/3"),
        ("(2*x1)^2", "4*x1^2"),
        ("(1.5*x1)^2", "(1.5*x1)^2"),
        ("(x1*x2)^2", "(x1*x2)^2"),
        ("(x1*x2)^2*x1", "x1^3*x2^2"),
        ("abs(x1)^2", "x1^2"),
        ("sqrt(x1)*sqrt(x1)", "sqrt(x1)^2"),
        ("x1^2*x1^0.5", "x1^2*x1^0.5"),
        ("x1^4*x1^(-2)", "x1^4/x1^2"),
        ("x1^2/x1^4", "1/x1^2"),
        ("x1/x1", "x1/x1"),
        ("x1 - x1", "x1 - x1"),
        ("x1 + x1 + x2 - x1 - x1", "2*x1 + x2 - 2*x1"),
        ("x1/3 + x1/3 - 2*x1/3", "2*x1/3 - 2*x1/3"),
        ("0*x1", "0*x1"),
        ("0*x1 + 0*x1", "0*x1"),
        ("x1 + 0", "x1"),
        ("1*x1", "x1"),
        ("pow(x1, 1 + 1)", "x1^2"),
        ("x1^x2*x1^x2", "(x1^x2)^2"),
        ("exp(-(x1*x1)/2)", "exp(-x1^2/2)"),
        ("sin(x1 + x1)*sin(x1*2)", "sin(2*x1)^2"),
        ("x1 - x2*(x1/x2)", "x1 - x2*x1/x2"),
        ("0.1 + 0.2 - 0.3 + x1", "0.1 + 0.2 - 0.3 + x1"),
        ("2 + 3", "5"),
        ("2*3*x1 + 4/2", "6*x1 + 2"),
        ("-1/x1", "-1/x1"),
        ("1/x1/x2", "1/(x1*x2)"),
        ("1e300*x1*1e300", "1e300*x1*1e300"),
    ];
    let mut wrong = vec![];
    for (text, natural) in table {
        let found = parsed(text).natural().to_string();
        if found != natural {
            wrong.push(format!("{text}: {found}, not {natural}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn is_constant(expr: &Expr) -> bool {
    expr.root() == Node::Const
}

/// The faults that the natural form is there to mend, anywhere in an expression.
fn faults(expr: &Expr) -> Vec<&'static str> {
    let mut found = vec![];
    for (end, node) in expr.nodes().iter().enumerate() {
        let Node::Op(op) = *node else { continue };
        let part = expr.subtree(end);
        let arguments = part.arguments();
        let is = |which: usize, ops: &[Op]| matches!(arguments[which].root(), Node::Op(op) if ops.contains(&op));
        match op {
            Op::Add if arguments[0] == arguments[1] => found.push("T + T"),
            Op::Mul if arguments[0] == arguments[1] => found.push("x*x"),
            Op::Square | Op::Cube if is(0, &[Op::Square, Op::Cube]) => found.push("(x^2)^2"),
            Op::Mul if is(1, &[Op::Mul]) => found.push("a*(b*c)"),
            Op::Mul | Op::Div if is(0, &[Op::Div]) => found.push("(a/b)/c"),
            Op::Div if is(1, &[Op::Div, Op::Inv]) => found.push("a/(b/c)"),
            Op::Neg if is(0, &[Op::Neg]) => found.push("-(-x)"),
            Op::Add | Op::Sub if is(1, &[Op::Neg]) => found.push("a + (-b)"),
            // A divisor of 0 stays where it is.
            Op::Mul if arguments[1].constants() != [0.0] && is_constant(&arguments[1]) => {
                found.push("x*2");
            }
            _ => {}
        }
    }
    found
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn same_values_and_gradients(expr in expressions(3, &Op::ALL), point in points(3)) {
        prop_assume!(is_regular(&expr, &point, 0.05));
        let natural = expr.natural();
        let (before, after) = (dual(&expr, &point), dual(&natural, &point));
        let close = |a: f64, b: f64, scale: f64| (a - b).abs() <= 1e-9 * (1.0 + scale);
        prop_assert!(
            close(before.value, after.value, before.value.abs()),
            "{} became {}: {} and {}", expr, natural, before.value, after.value
        );
        for ((a, b), scale) in before.gradient.iter().zip(&after.gradient).zip(&before.scale) {
            prop_assert!(close(*a, *b, *scale), "{} became {}", expr, natural);
        }
    }

    /// Where the expression has a value, its natural form has one, and the other way round.
    #[test]
    fn same_domain(expr in expressions(2, &Op::ALL), point in points(2)) {
        let [a, b] = [expr.clone(), expr.natural()].map(|e| e.eval(&point));
        prop_assert!(!a.is_finite() || b.is_finite(), "{}: {}, {}", expr, a, b);
    }

    #[test]
    fn stays_as_it_is(expr in any_expressions()) {
        let natural = expr.natural();
        prop_assert_eq!(natural.natural(), natural);
    }

    #[test]
    fn no_fault_is_left(expr in expressions(3, &Op::ALL)) {
        let natural = expr.natural();
        prop_assert_eq!(faults(&natural), Vec::<&str>::new(), "{} became {}", expr, natural);
    }
}

/// Chains and nests of a hundred thousand nodes, in every direction.
#[test]
fn large_expressions_are_no_danger() {
    const SIZE: usize = 50_000;
    let input = |n: usize| Node::Var(u16::try_from(n % 1_000).unwrap_or(0));
    for op in [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Pow] {
        let mut left = vec![input(0)];
        let mut right: Vec<Node> = vec![];
        for n in 1..SIZE {
            left.extend([input(n), Node::Op(op)]);
            right.push(input(n));
        }
        right.push(input(0));
        right.extend(vec![Node::Op(op); SIZE - 1]);
        for nodes in [left, right] {
            let expr = Expr::from_postfix(nodes, vec![]).expect("a chain");
            let natural = expr.natural();
            assert!(natural.len() <= 2 * expr.len());
            assert_eq!(natural.to_string().parse::<Expr>().expect("as printed"), natural);
        }
    }
    for op in Op::ALL.into_iter().filter(|op| op.arity() == 1) {
        let mut nodes = vec![input(0)];
        nodes.extend(vec![Node::Op(op); SIZE]);
        let expr = Expr::from_postfix(nodes, vec![]).expect("a nest");
        assert!(expr.natural().len() <= 2 * expr.len());
        assert!(expr.rounded(4).len() <= 2 * expr.len());
    }
    // Alternating nests: no level is like the one within it.
    for pair in [[Op::Sin, Op::Neg], [Op::Square, Op::Exp], [Op::Inv, Op::Tanh]] {
        let mut nodes = vec![input(0)];
        nodes.extend(pair.iter().cycle().take(SIZE).map(|op| Node::Op(*op)));
        let expr = Expr::from_postfix(nodes, vec![]).expect("a nest");
        assert!(expr.natural().len() <= 2 * expr.len());
    }
}
