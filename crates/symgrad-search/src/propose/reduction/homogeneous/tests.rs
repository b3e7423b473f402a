use proptest::prelude::*;
use symgrad_data::Table;
use symgrad_expr::{OpSet, Program, Workspace};

use super::*;

fn found(truth: &str, dim: usize) -> Vec<(String, Vec<String>)> {
    let column = |k: usize| -> Vec<f64> {
        let step = [0.618_034, 0.414_214, 0.732_051, 0.645_751, 0.316_625][k];
        (0..800).map(|n| 0.5 + 2.0 * (f64::from(n) * step + 0.1 * k as f64).fract()).collect()
    };
    let columns: Vec<Vec<f64>> = (0..dim).map(column).collect();
    let mut values = vec![0.0; 800];
    Program::compile(&truth.parse().unwrap())
        .values(&columns, &mut Workspace::default(), &mut values)
        .unwrap();
    let names = (1..=dim).map(|k| format!("x{k}")).collect();
    let points = Table::new(names, columns).unwrap();
    let objective = Objective::regression(&points, &values, false).unwrap();
    let inputs: Vec<u16> = (0..).take(dim).collect();
    let (found, _) = homogeneous(&objective, &inputs, &OpSet::default(), &Allowance::UNLIMITED);
    let written = |way: &Homogeneous| {
        let variables = way.variables.iter().map(ToString::to_string).collect();
        (way.factor.as_ref().map_or("1".into(), ToString::to_string), variables)
    };
    found.iter().map(written).collect()
}

#[test]
fn values_are_functions_of_fewer_variables() {
    for (truth, dim, factor, monomials) in [
        ("x1*(x2 + x3)/log(9*x2/x3)", 3, "x1*x2", vec!["x2/x3"]),
        ("x3 + x3*exp(-(x1/x2)) + x4", 4, "x3", vec!["x1/x2", "x3/x4"]),
        ("x4*x1^2/(1 + (x2*x3)^2)", 4, "x1^2*x4", vec!["x2*x3"]),
        ("sin(x1/x2)*x3 - x3", 3, "x3", vec!["x1/x2"]),
        ("x4*exp(-0.4*(x1 - x2)^2)*(x3 + 1)^2", 4, "x4", vec!["x1 - x2", "x3"]),
        ("x4*(x1 + x2)*sin(0.3*(x1 + x2)/x3)", 4, "(x1 + x2)*x4", vec!["(x1 + x2)/x3"]),
    ] {
        let found = found(truth, dim);
        let (own, of) = found.first().cloned().unwrap_or_default();
        assert_eq!(of.len(), monomials.len(), "{truth}: {found:?}");
        assert!(own == factor && of == monomials, "{truth}: {found:?}");
    }
}

#[test]
fn where_scalings_do_more_than_multiply_there_are_none() {
    for truth in ["x1 + sin(x2)*x3 + exp(x3)", "x1*x2 + x3 + x1*x3^2 + log(x2)"] {
        assert!(found(truth, 3).is_empty(), "{truth}: {:?}", found(truth, 3));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_monomial_times_a_function_of_another_is_told(
        factor in prop::collection::vec(-2_i32..=2, 3),
        inside in prop::sample::select(vec![[1, -1, 0], [1, 0, -1], [0, 1, 1], [1, 1, -1], [2, -1, 0]]),
        function in prop::sample::select(vec!["exp(-0.3*", "(2 + sin(0.5*", "log(3 + ", "sqrt(1 + "]),
    ) {
        let written = |exponents: &[i32]| -> String {
            let factors = (1..).zip(exponents).map(|(k, e)| format!("x{k}^({e})"));
            factors.collect::<Vec<String>>().join("*")
        };
        let close = if function.starts_with('(') { "))" } else { ")" };
        let truth = format!("{}*{function}{}{close}", written(&factor), written(&inside));
        let found = found(&truth, 3);
        prop_assert!(found.first().is_some_and(|(_, of)| of.len() == 1), "{truth}: {found:?}");
    }
}
