use proptest::prelude::*;
use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Aligned, OpSet, Program, Workspace};

use super::*;
use crate::propose::relations::tests::{Ranges, points_and_truth, sums};
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::measure::Measure;
use crate::score::objective::Objective;

/// The loss of a formula with the same level sets.
const EXACT: f64 = 1e-13;

/// The unit gradients of a formula in x1, x2 and so on at points that fill a box evenly.
fn gradients_of(formula: &str, ranges: Ranges) -> Objective {
    let (points, truth) = points_and_truth(formula, ranges);
    let mut values = vec![0.0; points.rows()];
    let mut gradients = vec![vec![]; points.columns().len()];
    Program::compile(&truth)
        .input_gradients(points.columns(), &mut Workspace::default(), &mut values, &mut gradients)
        .unwrap();
    of_gradients(points, &gradients)
}

fn of_gradients(points: Table, gradients: &[Vec<f64>]) -> Objective {
    let options = FieldOptions::default();
    let field = DirectionField::from_gradients(points, gradients, &options).unwrap();
    Objective::new(&field, Measure::LevelSet)
}

fn inputs_of(objective: &Objective) -> Vec<u16> {
    (0..).take(objective.dim()).collect()
}

fn least_loss(objective: &Objective) -> f64 {
    let inputs = inputs_of(objective);
    let found = level_sets(objective, &inputs, &OpSet::default(), &Allowance::UNLIMITED).0;
    let mut eval = Evaluator::new(objective);
    found.iter().map(|formula| eval.loss(formula)).fold(f64::INFINITY, f64::min)
}

fn integrals_of(objective: &Objective) -> Vec<Vec<Expr>> {
    let inputs = inputs_of(objective);
    first_integrals(objective, &inputs, &OpSet::default(), &Allowance::UNLIMITED).0
}

/// Where a level set meets a line is a root here, of which the square is a quotient.
#[test]
fn quotients_of_polynomials_in_squares_and_waves_are_found_by_their_level_sets() {
    let cases: [(&str, Ranges); 2] = [
        ("(x1^2*cos(x2))^2/(x1^2 - sin(x2)^2)", &[(1.3, 2.5), (0.2, 1.2)]),
        ("(x1^2*x2^2 + x2^4)/(2 + x1^2)", &[(1.3, 2.5), (0.2, 1.2)]),
    ];
    let mut left = vec![];
    for (formula, ranges) in cases {
        let loss = least_loss(&gradients_of(formula, ranges));
        if loss >= EXACT {
            left.push((formula, loss));
        }
    }
    assert!(left.is_empty(), "{left:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn quotients_of_polynomials_are_found_by_their_level_sets(
        above in sums(&["x1", "x2", "x3"], 3),
        below in sums(&["x1", "x2", "x3"], 2),
    ) {
        let formula = format!("(x1*x3{above})/(15 + x2{below})");
        let objective = gradients_of(&formula, &[(0.3, 1.0), (0.5, 1.0), (0.2, 1.0)]);
        prop_assert!(least_loss(&objective) < EXACT, "{formula}");
    }

    /// Whatever the outer function, if it is neither rational nor nearly so: then there are many fields along its level
    /// sets.
    #[test]
    fn functions_of_two_polynomials_are_told(
        first in sums(&["x1", "x2"], 2),
        second in sums(&["x1", "x3"], 2),
        outer in prop::sample::select(vec![
            "exp(0.5*P) - sin(Q)", "exp(0.3*P)*sin(Q)", "sin(P) + exp(0.3*Q)",
        ]),
    ) {
        let formula = outer.replace('P', &format!("(x1*x3{first})"));
        let formula = formula.replace('Q', &format!("(x2{second})"));
        let objective = gradients_of(&formula, &[(0.3, 1.0), (0.5, 1.0), (0.2, 1.0)]);
        let found = integrals_of(&objective);
        prop_assert!(found.first().is_some_and(|functions| functions.len() < 3), "{formula}");
    }
}

#[test]
fn level_sets_of_quotients_with_waves_are_found() {
    let cases: [(&str, Ranges); 4] = [
        (
            "x1*sqrt((1 + 4*x2^2*x3^2)/((1 - x3^2)^2 + 4*x2^2*x3^2))",
            &[(1.0, 3.0), (0.15, 0.6), (1.3, 3.2)],
        ),
        (
            "x1*(1/(1 + x2*(1 - cos(x3))) + x2*(1 - cos(x3)) + cos(x3)^2)/(1 + x2*(1 - cos(x3)))^2",
            &[(1.0, 3.0), (0.3, 1.5), (0.3, 2.4)],
        ),
        ("x1 + sqrt(x2)", &[(0.3, 3.0), (0.1, 2.5)]),
        ("(x1 - sqrt(x1^2 - x2^2))/x2^2", &[(2.0, 3.0), (0.5, 1.5)]),
    ];
    for (formula, ranges) in cases {
        let least = least_loss(&gradients_of(formula, ranges));
        assert!(least < EXACT, "{formula}: {least:e}");
    }
}

#[test]
fn functions_of_fewer_polynomials_are_told_with_waves_and_reciprocals() {
    let cases: [(&str, Ranges, usize); 4] = [
        (
            "x1*cos(x2) + sqrt(x3^2 - (x1*sin(x2) - 0.35)^2)",
            &[(0.7, 1.6), (0.3, 1.9), (2.1, 4.5)],
            2,
        ),
        (
            "sqrt((x1^2*sin(x3)^2 + x2^2*cos(x3)^2)^3)/(x1*x2)",
            &[(1.6, 3.0), (0.6, 1.4), (0.3, 1.3)],
            2,
        ),
        ("x1*exp(-x2/x3) + sin(x2/x3)", &[(1.0, 3.0), (0.5, 1.5), (0.7, 1.4)], 2),
        (
            "x1 + (sqrt(x2^2 + (x3 + x4*x5)^2) - sqrt(x2^2 + x3^2))/x4",
            &[(-0.5, 1.5), (0.5, 2.0), (0.2, 1.2), (0.5, 1.8), (1.0, 3.0)],
            4,
        ),
    ];
    for (formula, ranges, count) in cases {
        let found = integrals_of(&gradients_of(formula, ranges));
        let told = found.first().is_some_and(|functions| functions.len() == count);
        assert!(told, "{formula}: {found:?}");
    }
}

/// Smooth functions of as many variables as there are inputs, and noise.
#[test]
fn other_gradients_have_no_such_fields() {
    let ranges: Ranges = &[(0.3, 1.5), (0.5, 1.2), (0.2, 1.4)];
    for formula in
        ["sin(x1*x2) + exp(x3*x1^2) + x3*x2^2", "exp(-x1^2)*x2 + log(x1 + x3)*sin(x2*x3)"]
    {
        let objective = gradients_of(formula, ranges);
        assert!(least_loss(&objective).is_infinite(), "{formula}");
        assert!(integrals_of(&objective).is_empty(), "{formula}");
    }
    let exact = gradients_of("(x1 + x2)/(1 + x3)", ranges);
    let noisy = |(k, column): (usize, &Aligned)| -> Vec<f64> {
        let step = 0.618_034 + k as f64 * 0.1;
        let noise = |n: usize| 1e-9 * (n as f64 * step).fract();
        column.iter().enumerate().map(|(n, u)| u + noise(n)).collect()
    };
    let gradients: Vec<Vec<f64>> =
        exact.directions().unwrap().iter().enumerate().map(noisy).collect();
    let objective = of_gradients(points_and_truth("x1", ranges).0, &gradients);
    assert!(least_loss(&objective).is_infinite());
    assert!(integrals_of(&objective).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever a formula needs, and whatever is left.
    #[test]
    fn no_more_is_spent_than_is_allowed(
        doublings in 0_u32..14,
        formula in prop::sample::select(vec![
            "x1*x2", "x1*x2*x3", "x1*x2/(1 + x3)", "sin(x1)*x2 + x3", "x1*sqrt(x2^2 + x3^2)",
        ]),
    ) {
        let inputs = if formula.contains("x3") { 3 } else { 2 };
        let objective = gradients_of(formula, &[(0.3, 1.0), (0.5, 1.0), (0.2, 1.0)][..inputs]);
        let inputs = inputs_of(&objective);
        let allowance = Allowance::new(1 << doublings, None);
        let spent = [
            level_sets(&objective, &inputs, &OpSet::default(), &allowance).1,
            first_integrals(&objective, &inputs, &OpSet::default(), &allowance).1,
        ];
        prop_assert!(spent.iter().all(|spent| *spent <= allowance.evaluations), "{spent:?}");
    }
}
