use proptest::prelude::*;
use symgrad_expr::testing::expressions;

use super::*;

fn analysis(units: &str, constants: ConstantUnits) -> Analysis {
    let units: Units = units.parse().unwrap();
    Analysis::new(["x1", "x2", "x3"].into_iter(), &units, constants, &[0, 1, 2], &OpSet::default())
}

#[test]
fn units_are_read_by_their_dimension() {
    for (text, same) in [
        ("kg*m/s^2", "N"),
        ("kg m s^-2", "N"),
        ("N·m", "J"),
        ("J/kg/K", "m²/(s^2 K)"),
        ("W/(m^2 K^4)", "kg s^-3 K^-4"),
        ("(m/s)^2", "Gy"),
        ("V/Hz^(1/2)", "V s^0.5"),
        ("(V^2/Hz)^(1/2)", "V s**0.5"),
        ("V/A", "Ω"),
        ("keV", "GJ"),
        ("mm", "km"),
        ("min", "ms"),
        ("1/s", "kHz"),
        ("1", "rad"),
        ("((m))", " m "),
        ("F", "C/V"),
        ("T", "Wb/m^2"),
        ("H", "V s/A"),
        ("daN", "dN"),
    ] {
        let read = |text: &str| text.parse::<Unit>().unwrap().dimension();
        assert_eq!(read(text), read(same), "{text} = {same}");
    }
}

#[test]
fn mistakes_in_units_are_named_with_their_place() {
    for (text, column, found) in [
        ("x=m/sec", 5, "`sec`"),
        ("x=m, v", 6, "`v`"),
        ("x=m, v=m/", 10, "the end"),
        ("x=(m", 5, "the end"),
        ("x=m)", 4, "`)`"),
        ("x=m^y", 5, "`y`"),
        ("x=m^(1/2", 9, "the end"),
        ("x=m^999999", 5, "`999999`"),
        ("x=m^9999^9999", 9, "`^`"),
        ("x=(m^9999)^9999", 16, "the end"),
        ("x=m//s", 5, "`/`"),
        ("x=mkg", 3, "`mkg`"),
        ("x=", 3, "the end"),
        ("ü=m, y=µ§", 8, "`µ`"),
    ] {
        let error = text.parse::<Units>().unwrap_err();
        let told = error.to_string();
        assert!(told.contains(&format!("column {column}:")) && told.contains(found), "{told}");
    }
}

#[test]
fn consistency_is_checked_as_by_hand() {
    // x1 a length, x2 a velocity, x3 a mass.
    let [any, pure] = [ConstantUnits::Any, ConstantUnits::Dimensionless]
        .map(|constants| analysis("x1=m, x2=m/s, x3=kg", constants));
    for (text, with_any, with_pure) in [
        ("x3*x2^2", true, true),
        ("x1 + x2", false, false),
        ("x1 + 2*x2", true, false),
        ("x1 + 2*x1", true, true),
        ("sin(x1)", false, false),
        ("sin(x1/x1)", true, true),
        ("sin(3*x1) + log(x2/2)", true, false),
        ("sqrt(x1*x1) + abs(x1)", true, true),
        ("x1^0.5*x1^1.5 - x1*x1", true, true),
        ("x1^1.4142", false, false),
        ("(2*x1)^1.4142", true, false),
        ("(x1/x1)^1.4142", true, true),
        ("x1^x1", false, false),
        ("(x1/x1)^(x2/x2)", true, true),
        ("x1^0 + 1", true, true),
        ("(2*x1)^0 + x2", false, false),
        ("2^x1", false, false),
        ("2^(x1/x1)", true, true),
        ("x1 + 1", true, false),
        ("1/x1 + 1/(x2/x1)*x2*x1/x1^3", true, true),
        ("1/x1 + x2/(x1*x2)", true, true),
        ("x9", false, false),
    ] {
        let expr = text.parse().unwrap();
        assert_eq!((any.permits(&expr), pure.permits(&expr)), (with_any, with_pure), "{text}");
    }
}

#[test]
fn repairs_are_small() {
    let any = analysis("x1=m, x2=m/s", ConstantUnits::Any);
    for (text, repaired) in [
        ("x1 + x2", "x1 + 1*x2"),
        ("x1^2 + x2^2 + x1*x1", "x1^2 + 1*x2^2 + x1*x1"),
        ("sin(x1)*x2", "sin(1*x1)*x2"),
        ("x1^1.497", "x1^1.5"),
        ("x1^1.42", "(1*x1)^1.42"),
        ("x2^x1", "(1*x2)^(1*x1)"),
        ("x1*x2", "x1*x2"),
    ] {
        let found = any.repaired(&text.parse().unwrap()).unwrap();
        assert_eq!(found, repaired.parse().unwrap(), "{text}: {found}");
    }
    let pure = analysis("x1=m, x2=m/s, x3=s", ConstantUnits::Dimensionless);
    for (text, repaired) in [
        ("x1 + x2", "x1 + x2*x3"),
        ("x3^2 - x1", "x3^2 - x1*(x3/x2)"),
        ("sin(x1)*x2", "sin(x1*(1/x1))*x2"),
    ] {
        let found = pure.repaired(&text.parse().unwrap()).unwrap();
        assert_eq!(found, repaired.parse().unwrap(), "{text}: {found}");
    }
    let too_few = analysis("x1=m, x2=kg, x3=1", ConstantUnits::Dimensionless);
    assert_eq!(too_few.repaired(&"x2 + sin(x1^7)".parse().unwrap()), None);
}

/// What a subexpression's exponent of one base unit is: a sum of the unknown exponents of the
/// constants, and a number.
type Affine = Vec<f64>;

/// Solves for the constants' dimensions in earnest: collects all equations between exponents of
/// the expression, and eliminates. Shares nothing with the analysis.
fn oracle(expr: &Expr, inputs: &[f64], free: bool) -> bool {
    let unknowns = expr.constants().len();
    let zero = vec![0.0; unknowns + 1];
    let mut equations: Vec<Affine> = vec![];
    let mut stack: Vec<(Affine, Option<f64>)> = vec![];
    let mut read = 0;
    let join = |a: &Affine, b: &Affine, sign: f64| -> Affine {
        a.iter().zip(b).map(|(a, b)| a + sign * b).collect()
    };
    let scale = |a: &Affine, by: f64| -> Affine { a.iter().map(|a| a * by).collect() };
    for node in expr.nodes() {
        let mut next = (zero.clone(), None);
        match node {
            Node::Var(index) => next.0[unknowns] = inputs[usize::from(*index)],
            Node::Const => {
                next = (zero.clone(), Some(expr.constants()[read]));
                next.0[read] = f64::from(u8::from(free));
                read += 1;
            }
            Node::Op(op) => {
                let right = stack.pop().unwrap();
                let left = if op.arity() == 2 { stack.pop() } else { None };
                next.0 = match (op, left.map(|left| left.0)) {
                    (Op::Add | Op::Sub, Some(left)) => {
                        equations.push(join(&left, &right.0, -1.0));
                        left
                    }
                    (Op::Mul, Some(left)) => join(&left, &right.0, 1.0),
                    (Op::Div, Some(left)) => join(&left, &right.0, -1.0),
                    (Op::Pow, Some(left)) => {
                        equations.push(right.0);
                        if let Some(exponent) = right.1 {
                            scale(&left, exponent)
                        } else {
                            equations.push(left);
                            zero.clone()
                        }
                    }
                    (Op::Atan2, Some(left)) => {
                        equations.push(join(&left, &right.0, -1.0));
                        zero.clone()
                    }
                    (Op::Square, _) => scale(&right.0, 2.0),
                    (Op::Sqrt, _) => scale(&right.0, 0.5),
                    (Op::Inv, _) => scale(&right.0, -1.0),
                    (Op::Neg, _) => right.0,
                    _ => {
                        equations.push(right.0);
                        zero.clone()
                    }
                };
            }
        }
        stack.push(next);
    }
    solvable(equations, unknowns)
}

fn solvable(mut rows: Vec<Affine>, unknowns: usize) -> bool {
    for column in 0..unknowns {
        let size = |row: &Affine| row[column].abs();
        let Some(at) = (0..rows.len()).max_by(|&i, &j| size(&rows[i]).total_cmp(&size(&rows[j])))
        else {
            return true;
        };
        if size(&rows[at]) < 1e-9 {
            continue;
        }
        let pivot = rows.swap_remove(at);
        for row in &mut rows {
            let factor = row[column] / pivot[column];
            for (value, pivot) in row.iter_mut().zip(&pivot) {
                *value -= factor * pivot;
            }
        }
    }
    rows.iter().all(|row| row[unknowns].abs() < 1e-9)
}

const OPS: [Op; 11] = [
    Op::Add,
    Op::Mul,
    Op::Div,
    Op::Pow,
    Op::Square,
    Op::Sqrt,
    Op::Inv,
    Op::Neg,
    Op::Sin,
    Op::Erf,
    Op::Atan2,
];

/// Expressions with few square roots, so that no exponent is too fine, and with exponents that
/// are fractions.
fn candidates() -> impl Strategy<Value = Expr> {
    let shallow =
        |expr: &Expr| expr.nodes().iter().filter(|node| **node == Node::Op(Op::Sqrt)).count() < 5;
    expressions(3, &OPS).prop_filter("few roots", shallow).prop_map(|expr| {
        let halves: Vec<f64> = expr.constants().iter().map(|c| (c * 2.0).round() / 2.0).collect();
        expr.with_constants(&halves)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn the_analysis_agrees_with_elimination(expr in candidates(), free: bool, alike: bool) {
        let units = if alike { "x1=m, x2=m, x3=1" } else { "x1=m, x2=m^2, x3=1/m" };
        let exponents = if alike { [1.0, 1.0, 0.0] } else { [1.0, 2.0, -1.0] };
        let constants = if free { ConstantUnits::Any } else { ConstantUnits::Dimensionless };
        let permitted = analysis(units, constants).permits(&expr);
        prop_assert_eq!(permitted, oracle(&expr, &exponents, free), "{}", expr);
    }

    #[test]
    fn repairs_are_consistent_and_keep_what_is(expr in candidates()) {
        let any = analysis("x1=m, x2=s", ConstantUnits::Any);
        let repaired = any.repaired(&expr).unwrap();
        prop_assert!(any.permits(&repaired), "{expr} -> {repaired}");
        prop_assert_eq!(any.permits(&expr), repaired == expr);
        let point = [0.7, 1.3, 0.4];
        let (before, after) = (expr.eval(&point), repaired.eval(&point));
        prop_assert!(before.to_bits() == after.to_bits() || before.is_nan() && after.is_nan());
        let pure = analysis("x1=m, x2=s", ConstantUnits::Dimensionless);
        if let Some(repaired) = pure.repaired(&expr) {
            prop_assert!(pure.permits(&repaired), "{expr} -> {repaired}");
        }
    }

    #[test]
    fn no_list_of_units_panics(text in "[a-zA-Z=,/*^()0-9.µ²· -]{0,24}") {
        let _ = text.parse::<Units>();
    }
}
