use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::Table;
use symgrad_expr::{Program, Workspace};

use super::*;

/// Draws of each form's constants, and the draws of which one may be missed, for a grid does not show every valley.
const DRAWS: usize = 4;
const MISSED: usize = 10;

/// Two columns of points drawn from [0.3, 2.5].
fn drawn(truth: &str) -> Objective {
    let column = |step: f64| (1..=400).map(move |n| 0.3 + 2.2 * (step * f64::from(n)).fract());
    of_values(truth, [0.754_878, 0.569_840].map(|step| column(step).collect()).to_vec())
}

fn of_values(truth: &str, columns: Vec<Vec<f64>>) -> Objective {
    let mut values = vec![0.0; columns[0].len()];
    let program = Program::compile(&truth.parse().unwrap());
    program.values(&columns, &mut Workspace::default(), &mut values).unwrap();
    let names = (1..=columns.len()).map(|k| format!("x{k}")).collect();
    let points = Table::new(names, columns).unwrap();
    Objective::regression(&points, &values, false).unwrap()
}

/// The draws of each form's constants A and B, from 0.3 to 3, for which nothing exact is found: they lie anywhere
/// between those of the grid.
fn missed(
    forms: &[&str],
    seed: u64,
    objective: impl Fn(&str, &mut ChaCha8Rng) -> Objective,
    inputs: &[u16],
    longest: usize,
) -> Vec<String> {
    let ops = OpSet::default();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut missed = vec![];
    for form in forms.iter().flat_map(|form| [form; DRAWS]) {
        let [a, b] = [0, 1].map(|_| {
            let constant = 0.3 * 10_f64.powf(rng.random::<f64>());
            ((constant * 1000.0).round() / 1000.0).to_string()
        });
        let truth = form.replace('A', &a).replace('B', &b);
        let objective = objective(&truth, &mut rng);
        let projection = Projection::new(&objective, inputs, &ops);
        let (found, _) = projection.search(&objective, 1..=longest, &Allowance::UNLIMITED);
        let mut eval = Evaluator::new(&objective);
        let least = found.iter().map(|f| eval.loss(f)).fold(f64::INFINITY, f64::min);
        if least > 1e-14 {
            missed.push(format!("{truth}: {least:e}"));
        }
    }
    missed
}

#[test]
fn functions_of_two_inputs_are_found() {
    const FORMS: [&str; 6] = [
        "x1^2/(exp(A*x2/x1) - 1)",
        "x1*exp(-A*x2) + B*x2",
        "x1*sqrt(B + A*x2^2/x1^2)",
        "B*x1 - x2*log(1 + A*x1)",
        "x2*sin(A*x1*x2)/x1 + B",
        "x1/x2*cos(A*x2) + B/x2",
    ];
    let missed = missed(&FORMS, 6, |truth, _| drawn(truth), &[0, 1], SHORT);
    assert!(missed.len() <= FORMS.len() * DRAWS / MISSED, "{missed:#?}");
}

/// Not among them: (1 − B·exp(−A·x1))² and cos(A·x1)/(1 + B·x1)², of which more is missed.
#[test]
fn functions_of_one_input_are_found() {
    const FORMS: [&str; 11] = [
        "x1/(exp(A*x1) - 1)",
        "x1^2*x1/(exp(A*x1) - 1)",
        "1 + 2/(exp(A*x1) - 1) - B/x1",
        "sqrt(x1)*(1 - B/(exp(A*sqrt(x1)) + 1))",
        "(sin(A*x1)/x1)^2 + B",
        "x1*sqrt(B + A*x1^2)/(B + x1)",
        "(B + x1)/((1 + A*x1^2)*sqrt(1 + A*x1^2))",
        "sqrt(1 + A*x1^2) - B",
        "A*exp(B*x1)/x1 + 1/x1^2",
        "B*x1 + sqrt(x1) - log(1 + A*x1)",
        "sin(A*x1)*x1 + B*cos(A*x1)",
    ];
    let on_a_range = |truth: &str, rng: &mut ChaCha8Rng| {
        let (low, width) = (rng.random_range(0.1..0.6), rng.random_range(1.0..4.0));
        let column = (1..=300).map(|n| low + width * (0.754_878 * f64::from(n)).fract());
        of_values(truth, vec![column.collect()])
    };
    let missed = missed(&FORMS, 5, on_a_range, &[0], LONGEST);
    assert!(missed.len() <= FORMS.len() * DRAWS / MISSED, "{missed:#?}");
}
