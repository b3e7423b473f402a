//! What simple expressions look like: a table of inputs and results.

use symgrad_expr::{Expr, OpSet};
use symgrad_simplify::{Domain, Interval, Simplifier};

/// Positive inputs: the published data sets that the fronts below come from.
fn positive() -> Domain {
    Domain::new(vec![Interval::new(0.1, 1.0); 16])
}

/// Inputs of either sign.
fn signed() -> Domain {
    Domain::new(vec![Interval::new(-2.0, 3.0); 16])
}

fn check(table: &[(&str, &str)], domain: Domain, ops: &OpSet, run: fn(&Simplifier, &Expr) -> Expr) {
    let simplifier = Simplifier::new(ops.clone(), domain);
    for (input, expected) in table {
        let expr: Expr = input.parse().expect("the table holds expressions");
        let simple = run(&simplifier, &expr);
        assert_eq!(simple.to_string(), *expected, "for {input}");
        assert!(ops.complexity(&simple) <= ops.complexity(&expr), "for {input}");
    }
}

#[test]
fn values() {
    let table = [
        ("-0.677 - (x4 + x1)", "-0.677 - x1 - x4"),
        ("x1 - (-0.258)*x2", "x1 + 0.258*x2"),
        ("x1 + x2*x3/x2", "x1 + x2*x3/x2"), // x2 may be 0
        ("sqrt(x1^2)", "abs(x1)"),
        ("exp(x1*x2)/exp(x3*x4)", "exp(x1*x2 - x3*x4)"),
        ("sin(x1)^2 + cos(x1)^2", "1"),
        ("x1*x3 + x2*x3 + x1*x4 + x2*x4", "(x1 + x2)*(x3 + x4)"),
        ("x1^2 + 2*x1*x2 + x2^2", "(x1 + x2)^2"),
        ("(x1^2 - 6*x1*x2 + 9*x2^2)^2", "((x1 - 3*x2)^2)^2"),
        ("(x1 + x2)*(x1 - x2)", "x1^2 - x2^2"),
        ("0.3*x1 + 0.3*x2", "0.3*(x1 + x2)"),
        ("sqrt(x1*x1 + x2*x2) + sqrt(x1^2 + x2^2)", "2*sqrt(x1^2 + x2^2)"),
        (
            "x1*x5*x9 - x1*x6*x8 - x2*x4*x9 + x2*x6*x7 + x3*x4*x8 - x3*x5*x7",
            "x1*(x5*x9 - x6*x8) - x2*(x4*x9 - x6*x7) - x3*(x5*x7 - x4*x8)",
        ),
        ("log(x1) - log(x1)", "log(x1) - log(x1)"), // undefined for x1 < 0
        ("0*x1 + x2", "x2"),
        ("x1^0", "1"),
    ];
    // abs is named here because only an allowed operator may come in.
    let ops = "+ - * / neg square sqrt exp log sin cos inv abs".parse().unwrap();
    check(&table, signed(), &ops, Simplifier::simplify);
}

#[test]
fn values_where_inputs_are_positive() {
    let table = [
        ("x1 + x2*x3/x2", "x1 + x3"),
        ("sqrt(x1^2)", "x1"),
        ("exp(log(x1)*2)", "x1^2"),
        ("log(x1) - log(x1)", "0"),
        // No dearer than the quotient of equals, and easier to read.
        ("x1/x1 - exp(-0.9*x2)", "1 - exp(-0.9*x2)"),
        ("(x3/exp(x1 + x4))/x3", "1/exp(x1 + x4)"),
        ("x1*x4/(x2*x4) - x3", "x1/x2 - x3"),
    ];
    check(&table, positive(), &OpSet::default(), Simplifier::simplify);
}

#[test]
fn level_sets() {
    let table = [
        ("0 - x1 - x2", "x1 + x2"),
        ("2*x1 + 2*x2 + 3", "x1 + x2"),
        ("x4*x1 - x2*x3", "x1*x4 - x2*x3"),
        ("x2*x3 - x1*x4", "x1*x4 - x2*x3"),
        ("sqrt(x1^2 + x2^2)*3 - 1", "x1^2 + x2^2"),
        ("exp(x1*x2)/exp(x3*x4)", "x1*x2 - x3*x4"),
        ("tanh(cube(x1 - x2))/5", "x1 - x2"),
        ("(x1 + x2)^2", "(x1 + x2)^2"), // changes sign
        ("1/(x1 + x2)", "1/(x1 + x2)"), // likewise
        ("1/(x1^2 + x2^2 + 1)", "x1^2 + x2^2"),
    ];
    check(&table, signed(), &OpSet::default(), Simplifier::simplify_level_set);
}

#[test]
fn optional_functions() {
    let ops: OpSet = "+ - * / neg sin asin acos atan atan2 sinh cosh erf".parse().unwrap();
    let values = [
        ("x2 - asin(-x1)", "asin(x1) + x2"),
        ("sin(asin(x1))", "x1"),
        ("cosh(-x1) + cosh(x1)", "cosh(x1) + cosh(x1)"),
        ("erf(x1) + erf(-x1)", "0"),
        ("acos(-x1)", "acos(-x1)"),
        ("atan2(x1*x2 + x1*x3, x2)", "atan2(x1*(x2 + x3), x2)"),
        ("atan2(-x1, -x2)", "atan2(-x1, -x2)"),
    ];
    check(&values, positive(), &ops, Simplifier::simplify);
    let level_sets = [
        ("2*asin(x1*x2/2) + 1", "x1*x2"),
        ("acos(x1 - x2)", "x1 - x2"),
        ("erf(sinh(atan(x1 + x2)))", "x1 + x2"),
        ("cosh(x1 + x2)", "x1 + x2"),
        ("atan2(x1*x2, x1*x3)", "x2/x3"),
        ("atan2(x2, x1) + x3", "atan2(x2, x1) + x3"),
    ];
    check(&level_sets, positive(), &ops, Simplifier::simplify_level_set);
    let signed_level_sets = [
        ("asin(x1)", "asin(x1)"), // ends where x1 > 1
        ("cosh(x1)", "cosh(x1)"), // changes sign
        ("atan2(x1*x2, x1*x3)", "atan2(x1*x2, x1*x3)"),
    ];
    check(&signed_level_sets, signed(), &ops, Simplifier::simplify_level_set);
}

/// The entries marked as the answers on the published fronts.
#[test]
fn published_answers() {
    let table = [
        ("-0.677 - (x4 + x1)", "x1 + x4"),
        ("(x2*x3) - (x1*x4)", "x1*x4 - x2*x3"),
        ("(x5 + x1) + x9", "x1 + x5 + x9"),
        ("(x8*x6) + ((x4*x2) + (x3*x7))", "x2*x4 + x3*x7 + x6*x8"),
        ("(x11 + x16) + (x6 + x1)", "x1 + x6 + x11 + x16"),
        ("((x3*x6) + (x1*x4)) + (x5*x2)", "x1*x4 + x2*x5 + x3*x6"),
        ("0.173/(square(x2) + square(x1))", "x1^2 + x2^2"),
        ("square(x2) + exp(square(x1))", "exp(x1^2) + x2^2"),
        ("(sin(x1)/-0.500) - square(x2)", "2*sin(x1) + x2^2"),
        ("(x4*x1) - (x3*x2)", "x1*x4 - x2*x3"),
        ("(square(x1) - (square(x3) + square(x4))) - square(x2)", "x1^2 - x2^2 - x3^2 - x4^2"),
        // Others from the same fronts.
        ("(x3/exp(x1 + x4))/x3", "x1 + x4"),
        ("(1.00^x2)/(x1 + x4)", "x1 + x4"),
        ("exp(x4*x1)/exp(x3*x2)", "x1*x4 - x2*x3"),
        ("exp((x16 + x11) + x6)*exp(x1)", "x1 + x6 + x11 + x16"),
        (
            "(square(x1*(1.00^x3)) - (square(x3) + square(x4))) - square(x2)",
            "x1^2 - x2^2 - x3^2 - x4^2",
        ),
    ];
    check(&table, positive(), &OpSet::published(), Simplifier::simplify_level_set);
}

#[test]
fn a_coefficient_that_matters_stays() {
    let ops = OpSet::published();
    let expr: Expr = "(square(x1) + square(x2)) + exp(x1)/sin(0.184)".parse().unwrap();
    let simple = Simplifier::new(ops.clone(), positive()).simplify_level_set(&expr);
    assert_eq!(simple.constants().len(), 1);
    assert_eq!(ops.complexity(&simple), ops.complexity(&expr) - 1); // the sine is folded
}

#[test]
fn only_allowed_operators_come_in() {
    // Without negation and inverse, and although the rules use both.
    let ops: OpSet = "+ - * /".parse().unwrap();
    let simplifier = Simplifier::new(ops.clone(), positive());
    for text in ["x1 - (x2 - x3*x1)", "x1/x2/x3*x1", "x2/(x1*x2)", "0 - x1*x1"] {
        assert!(ops.allows(&simplifier.simplify(&text.parse().unwrap())), "for {text}");
    }
    // What the expression already uses is allowed.
    let kept = simplifier.simplify(&"sin(x1*x2/x2)".parse().unwrap());
    assert_eq!(kept.to_string(), "sin(x1)");
}

#[test]
fn hopeless_inputs_come_back() {
    let simplifier = Simplifier::new(OpSet::default(), signed());
    for constant in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let expr = Expr::var(0) + Expr::constant(constant);
        assert_eq!(simplifier.simplify(&expr).nodes(), expr.nodes());
    }
    let long = Expr::sum((0..2000).map(|index| Expr::var(index % 7)));
    assert_eq!(simplifier.simplify(&long), long);
    let overflow: Expr = "exp(exp(exp(x1*100 + 700)))*1e308*1e308".parse().unwrap();
    assert!(simplifier.simplify(&overflow).len() <= overflow.len());
}

#[test]
fn two_hundred_nodes_are_no_problem() {
    let simplifier = Simplifier::new(OpSet::default(), signed());
    let sum = Expr::sum((0..100).map(|index| Expr::var(index % 7)));
    let products = Expr::sum((0..50).map(|i| Expr::var(i % 9) * Expr::var(i % 7)));
    let nested = (0..198).fold(Expr::var(0), |inner, _| Expr::unary(symgrad_expr::Op::Sin, inner));
    for expr in [sum, products, nested] {
        assert!(simplifier.simplify(&expr).len() <= expr.len());
        assert!(simplifier.simplify_level_set(&expr).len() <= expr.len());
    }
}

#[test]
fn constants_as_close_as_they_may_be_raise_no_contradiction() {
    let simplifier = Simplifier::new(OpSet::default(), signed());
    // 0.1 + 0.2 and 0.3 differ in the last bit; whatever comes out, 1/0 must not.
    let expr: Expr = "x1 + ((0.1 + 0.2) - 0.3)*x2 + ((0.1 - 0.3) + 0.2)*1e17".parse().unwrap();
    let simple = simplifier.simplify(&expr);
    let point = [0.5, -1.5];
    assert!((simple.eval(&point) - expr.eval(&point)).abs() < 1e3, "{simple}");
}

#[test]
fn constants_are_rounded_as_far_as_the_loss_allows() {
    let simplifier =
        Simplifier::new(OpSet::default(), Domain::new(vec![Interval::new(0.0, 1.0); 2]));
    let fitted: Expr = "0.99999*x1 + sin(3.14161*x2) + 0.33331*x1*x2 - 1.4142*x2".parse().unwrap();
    let truth: Expr = "x1 + sin(3.141592653589793*x2) + x1*x2/3 - 1.414*x2".parse().unwrap();
    let points: Vec<[f64; 2]> =
        (0..50).map(|i| [f64::from(i % 7) / 7.0, f64::from(i % 11) / 11.0]).collect();
    let mut error = |f: &Expr| -> f64 {
        points.iter().map(|x| (f.eval(x) - truth.eval(x)).powi(2)).sum::<f64>() + 1e-6
    };
    let rounded = simplifier.round_constants(&fitted, 0.1, &mut error);
    assert!(error(&rounded) <= 1.1 * error(&fitted));
    let mut constants: Vec<f64> = rounded.constants().to_vec();
    constants.sort_by(f64::total_cmp);
    assert!(constants.contains(&std::f64::consts::PI), "{rounded}");
    assert!(constants.contains(&(1.0 / 3.0)), "{rounded}");
    assert!(constants.contains(&1.414), "{rounded}");
    assert_eq!(constants.len(), 3, "{rounded}");
    // A loss that says nothing changes nothing.
    let untouched = simplifier.round_constants(&truth, 0.1, &mut |_| f64::NAN);
    assert_eq!(untouched, truth);
}
