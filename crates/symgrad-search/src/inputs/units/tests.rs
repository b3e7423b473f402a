use symgrad_data::Table;

use super::*;

/// Units of columns that vary by the given numbers around the given means.
fn units(columns: &[(f64, f64)]) -> Units {
    let column = |&(mean, spread): &(f64, f64)| vec![mean - spread, mean + spread];
    let names = (1..=columns.len()).map(|k| format!("x{k}")).collect();
    Units::of(&Table::new(names, columns.iter().map(column).collect()).unwrap())
}

#[test]
fn factors_leave_products_powers_and_logarithms() {
    let units = units(&[(2e-9, 1e-9), (3e9, 1e9), (0.0, 1.0), (5e8, 1e8)]);
    for (measured, given) in [
        ("x1*x2 + x3", "x1*x2 + x3"),
        ("x1 + x3", "1e9*x1 + x3"),
        ("x1*x3/x4^2", "x1*x3/x4^2"),
        ("1/x4 + x3", "1e8/x4 + x3"),
        ("log(x1) - log(x2) + x3", "log(x1) - log(x2) + x3"),
        ("x3*log(x2)", "x3*log(1e-9*x2)"),
        ("sqrt(x4) + x3", "sqrt(x4) + 10000*x3"),
        ("sqrt(x2) + x3", "sqrt(1e-9*x2) + x3"),
        ("exp(x1*x3) + x2", "1000000000*exp(1000000000*(x1*x3)) + x2"),
        ("x3*(x1 - 0.5)", "x3*(x1 - 5e-10)"),
        ("sin(3*x4)*x3", "sin(3e-8*x4)*x3"),
    ] {
        let found = level_sets_as_given(&measured.parse().unwrap(), &units);
        let expected: Expr = given.parse().unwrap();
        assert_eq!(found.expr.to_string(), expected.to_string(), "{measured}");
    }
}

#[test]
fn origins_become_offsets() {
    let units = units(&[(1e5, 1.0), (0.0, 1.0)]);
    let found = |text: &str| level_sets_as_given(&text.parse().unwrap(), &units);
    assert_eq!(found("x1^2 + 100*x2").expr.to_string(), "(x1 - 100000)^2 + 100*x2");
    assert_eq!(found("(x1 + 0.25)*x2").expr.to_string(), "(x1 - 99999.75)*x2");
    let sum = found("3*x1 + x2");
    assert_eq!(sum.expr.to_string(), "3*x1 + x2");
    assert_eq!((sum.slope, sum.offset), (1.0, -300_000.0));
}

#[test]
fn there_and_back_has_the_same_values() {
    let units = units(&[(2e-9, 1e-9), (1e5, 1.0), (5e8, 1e8)]);
    let points = [[1.3e-9, 100_000.7, 4.2e8], [2.9e-9, 99_999.1, 6.1e8]];
    for text in [
        "x1*(x2 - 99990)/x3",
        "exp(-x1*1e9)*sin(x2) + x3/1e8",
        "log(x1*x3) + abs(x2 - 1e5)",
        "(x3^1.5 + x1*1e20)^2 - cube(x2/1e5)",
        "1/(x3 - 1e8) + inv(x1)*1e-18",
        "tanh(x2*1e-5)^(x1*1e9)",
    ] {
        let expr: Expr = text.parse().unwrap();
        let inside = measured(&expr, &units);
        let back = as_given(&inside, &units);
        for point in points {
            let z: Vec<f64> =
                (0..3).map(|i| (point[i] - units.origin(i)) / units.scale(i)).collect();
            let value = expr.eval(&point);
            for (other, form) in [(inside.eval(&z), &inside), (back.eval(&point), &back)] {
                assert!((other / value - 1.0).abs() < 1e-9, "{text} as {form}");
            }
        }
    }
}
