use proptest::prelude::*;
use symgrad_data::Table;
use symgrad_expr::{Expr, Names, Program, Workspace};

use super::*;
use crate::score::evaluator::Evaluator;

/// Points, and the loss of a formula that is the values' own.
const POINTS: u32 = 700;
const EXACT: f64 = 1e-22;

/// Lowest and highest values of each input.
pub(super) type Ranges = &'static [(f64, f64)];

/// Points that fill a box evenly, and a formula in x1, x2 and so on.
pub(super) fn points_and_truth(formula: &str, ranges: &[(f64, f64)]) -> (Table, Expr) {
    let names: Vec<String> = (1..=ranges.len()).map(|k| format!("x{k}")).collect();
    let truth = Expr::parse(formula, &Names::new(names.clone()).unwrap()).unwrap();
    // A Kronecker sequence by the generalised golden ratio.
    let power = ((ranges.len() + 1) as f64).recip();
    let ratio = (0..60).fold(1.5_f64, |r, _| (1.0 + r).powf(power));
    let column = |(k, (low, high)): (i32, &(f64, f64))| -> Vec<f64> {
        let at = |n: u32| (0.5 + f64::from(n) * ratio.powi(-k)).fract();
        (1..=POINTS).map(|n| low + (high - low) * at(n)).collect()
    };
    let columns: Vec<Vec<f64>> = (1..).zip(ranges).map(column).collect();
    (Table::new(names, columns).unwrap(), truth)
}

/// Values of a formula at such points.
fn values_of(formula: &str, ranges: &[(f64, f64)]) -> Objective {
    let (points, truth) = points_and_truth(formula, ranges);
    let mut values = vec![0.0; POINTS as usize];
    Program::compile(&truth)
        .values(points.columns(), &mut Workspace::default(), &mut values)
        .unwrap();
    Objective::regression(&points, &values, false).unwrap()
}

/// The shortest of the formulas found that are exact.
fn shortest(objective: &Objective, found: &[Relation]) -> Option<u32> {
    let mut eval = Evaluator::new(objective);
    let formulas = found.iter().flat_map(Relation::formulas);
    let exact = formulas.filter(|formula| eval.loss(formula) < EXACT);
    exact.map(|formula| OpSet::default().complexity(&formula)).min()
}

fn found_in(objective: &Objective) -> Vec<Relation> {
    within(objective, Scope::Many)
}

fn within(objective: &Objective, scope: Scope) -> Vec<Relation> {
    let inputs: Vec<u16> = (0..).take(objective.dim()).collect();
    relations(objective, &inputs, &OpSet::default(), 0.0, scope, &Allowance::UNLIMITED).0
}

/// Up to so many monomials of up to two coordinates, each to the first or second power, with simple coefficients of
/// at most 4.
pub(super) fn sums(
    coordinates: &'static [&'static str],
    terms: usize,
) -> impl Strategy<Value = String> {
    let monomial = prop::collection::vec((0..coordinates.len(), 1..3_usize), 0..3);
    let term = (1..40_i32, any::<bool>(), monomial).prop_map(move |(c, plus, factors)| {
        let sign = if plus { "+" } else { "-" };
        let factors = factors.iter().map(|(k, power)| format!("*{}^{power}", coordinates[*k]));
        format!("{sign}{}{}", f64::from(c) / 10.0, factors.collect::<String>())
    });
    prop::collection::vec(term, 1..=terms).prop_map(|terms| terms.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever the polynomials, as long as the denominator does not vanish on the points.
    #[test]
    fn quotients_of_polynomials_are_found(
        above in sums(&["x1", "x2", "x3", "cos(x4)"], 4),
        below in sums(&["x1", "x2", "x3", "sin(x4)"], 3),
    ) {
        let formula = format!("(x1*x3{above})/(15 + x2{below})");
        let objective = values_of(&formula, &[(0.3, 1.0), (0.5, 1.0), (0.2, 1.0), (0.2, 1.3)]);
        prop_assert!(shortest(&objective, &found_in(&objective)).is_some(), "{formula}");
    }

    #[test]
    fn roots_of_polynomials_are_found(
        beside in sums(&["x1", "x2"], 2),
        below in sums(&["x1", "x3"], 3),
    ) {
        let formula = format!("x2{beside} - sqrt(13 + 9*x3{below})");
        let objective = values_of(&formula, &[(0.3, 1.0), (0.5, 1.0), (0.2, 1.0)]);
        prop_assert!(shortest(&objective, &found_in(&objective)).is_some(), "{formula}");
    }
}

#[test]
fn equations_are_written_shortly() {
    let cases: [(&str, Ranges, u32); 9] = [
        (
            "x1/(x2 - x3) - x4*(1 + 0.58*(1 - sqrt(x1/1.3)))^2/(x2^2 + 2*x2*x3 - x3^2)",
            &[(0.9, 2.6), (1.1, 3.0), (0.2, 0.6), (1.0, 3.5)],
            60,
        ),
        (
            "x1 + x2*(x3*cos(x4) + x5*sin(x4))/(x6 + x5*cos(x4) - x3*sin(x4))",
            &[(0.2, 0.9), (1.0, 3.0), (0.4, 1.5), (0.35, 1.1), (0.4, 2.2), (1.8, 4.0)],
            25,
        ),
        (
            "x1*(1/(1 + x2*(1 - cos(x3))) + x2*(1 - cos(x3)) + cos(x3)^2)/(1 + x2*(1 - cos(x3)))^2",
            &[(1.0, 3.0), (0.3, 1.5), (0.3, 2.4)],
            70,
        ),
        (
            "x1*x2*(1 - x2/x3) - x4*x2*x5/(1 + x6*x2 + 0.37*x5)",
            &[(0.8, 2.4), (0.5, 1.8), (2.5, 6.0), (0.5, 1.6), (0.5, 1.7), (0.3, 1.2)],
            40,
        ),
        ("(x1/x2^2 + x3*x4)/(1/x2^2 + x3)", &[(-1.0, 0.5), (0.4, 1.2), (1.0, 4.0), (1.0, 3.0)], 17),
        ("x1*exp(x2/x3)/(1 + x1*exp(x2/x3))", &[(0.3, 2.0), (0.5, 1.5), (0.7, 2.1)], 19),
        ("x3 + x2*sqrt(x1^2 + x2^2)/(1 + x3)", &[(0.3, 2.0), (0.5, 1.5), (0.7, 2.1)], 60),
        ("x3*(x1 - x2)/log(x1/x2)", &[(3.0, 6.0), (0.5, 2.0), (1.0, 2.0)], 14),
        ("x1^2 - x2^2 - (x1^2 - 1)*log(x1/x2)/log(x1)", &[(2.0, 8.0), (0.4, 1.9)], 30),
    ];
    for (formula, ranges, longest) in cases {
        let objective = values_of(formula, ranges);
        let length = shortest(&objective, &found_in(&objective));
        assert!(length.is_some_and(|length| length <= longest), "{formula}: {length:?}");
    }
}

#[test]
fn equations_with_a_constant_inside_are_found() {
    let cases: [(&str, Ranges); 6] = [
        (
            "x1*x2*(x3 - x4*exp(-0.9*x2))/(1 - exp(-0.9*x2))",
            &[(0.5, 2.0), (0.5, 2.5), (1.0, 4.0), (0.5, 3.0)],
        ),
        (
            "x1 - x2*(exp(1.7*(x3 + x4)) - 1) - (x3 + x4)/x5",
            &[(1.0, 3.0), (0.01, 0.1), (0.3, 1.0), (0.1, 0.5), (1.0, 4.0)],
        ),
        ("x1*x2/sqrt(x3^2 + 0.5) + x2*x3", &[(1.0, 3.0), (0.5, 2.0), (0.2, 1.5)]),
        (
            "x1*x2*sin(1.35*x3)/(1 + x4*sin(1.35*x3))",
            &[(1.0, 3.0), (0.5, 2.0), (0.2, 1.5), (0.3, 1.0)],
        ),
        (
            "x1*(x2*cos(1.3*x3) + x1*sin(1.3*x3))/(x1*cos(1.3*x3) - x2*sin(1.3*x3))",
            &[(1.5, 2.5), (0.5, 1.0), (0.2, 0.6)],
        ),
        ("x1*log(2.3 + x2)/(x1 + x3*x2)", &[(1.5, 2.5), (0.5, 2.0), (0.2, 0.6)]),
    ];
    for (formula, ranges) in cases {
        let objective = values_of(formula, ranges);
        let found = within(&objective, Scope::Constants);
        assert!(shortest(&objective, &found).is_some(), "{formula}");
    }
}

/// Smooth functions, which polynomials of high degree come close to, and noise.
#[test]
fn other_values_obey_no_equation() {
    let ranges = [(0.3, 1.5), (0.5, 1.2), (0.2, 1.4)];
    for formula in [
        "sin(x1*x2) + x3",
        "exp(-x1^2)*x2 + log(x1 + x3)",
        "1/(1 + exp(x1*x3 + x2*x3^2)) - cos(x2/x3)",
    ] {
        assert!(found_in(&values_of(formula, &ranges)).is_empty(), "{formula}");
    }
    let smooth = values_of("(x1 + x2)/(1 + x3)", &ranges);
    let noisy: Vec<f64> = (1..)
        .zip(smooth.given_values().unwrap())
        .map(|(n, y)| y + 1e-9 * (f64::from(n) * 0.618_034).fract())
        .collect();
    assert!(found_in(&smooth.with_values(&noisy).unwrap()).is_empty());
}
