//! An answer does not depend on the units in which the inputs are measured, nor on where zero is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{DirectionField, FieldOptions, Table, Units};
use symgrad_expr::{Expr, OpSet, Program, Workspace};
use symgrad_search::{
    Evaluator, Generators, Hints, Measure, Objective, Outcome, Search, SearchConfig,
};

const POINTS: usize = 500;

/// Formulas in ordinary inputs, and where these lie.
const FORMULAS: [(&str, usize, (f64, f64)); 6] = [
    ("x1*x2 + x3", 3, (0.5, 3.0)),
    ("x1*x2/x3^2", 3, (0.5, 3.0)),
    ("x1^2 + x2^2 + 2*x3", 3, (-2.0, 2.0)),
    ("x1 - 2*x2 + x3", 3, (-1.0, 1.0)),
    ("x1*exp(x2)", 2, (0.5, 2.5)),
    ("x1^2 - x2*x3", 3, (-2.0, 2.0)),
];

/// x ↦ 10^power · x + origin, for one input.
#[derive(Clone, Copy, Debug)]
struct Rescaling {
    power: i32,
    origin: f64,
}

impl Rescaling {
    fn factor(self) -> f64 {
        10.0_f64.powi(self.power)
    }

    /// Any unit from 10⁻¹⁵ to 10¹⁵, and in one case of three an origin of up to 10⁶ spreads.
    fn any(rng: &mut ChaCha8Rng, spread: f64, shifted: bool) -> Self {
        let power = rng.random_range(-15..=15);
        let far = if shifted && rng.random_range(0..3) == 0 {
            let size = 10.0_f64.powf(rng.random_range(0.0..6.0));
            if rng.random::<bool>() { size } else { -size }
        } else {
            0.0
        };
        Self { power, origin: far * spread * 10.0_f64.powi(power) }
    }
}

/// Columns of ordinary inputs.
fn columns((low, high): (f64, f64), dim: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut column = || (0..POINTS).map(|_| rng.random_range(low..high)).collect();
    (0..dim).map(|_| column()).collect()
}

fn table(columns: &[Vec<f64>], scales: &[Rescaling]) -> Table {
    let rescaled = columns.iter().zip(scales).map(|(column, scale)| {
        column.iter().map(|x| x * scale.factor() + scale.origin).collect::<Vec<f64>>()
    });
    let names = (1..=columns.len()).map(|k| format!("x{k}")).collect();
    Table::new(names, rescaled.collect()).unwrap()
}

/// The field of a formula in ordinary inputs, told in rescaled ones.
fn field(truth: &Expr, columns: &[Vec<f64>], scales: &[Rescaling]) -> DirectionField {
    let mut gradients = vec![vec![]; columns.len()];
    Program::compile(truth)
        .input_gradients(columns, &mut Workspace::default(), &mut [0.0; POINTS], &mut gradients)
        .unwrap();
    for (gradient, scale) in gradients.iter_mut().zip(scales) {
        for g in gradient {
            *g /= scale.factor();
        }
    }
    let points = table(columns, scales);
    DirectionField::from_gradients(points, &gradients, &FieldOptions::default()).unwrap()
}

fn search(objective: &Objective, budget: u64) -> Outcome {
    let config = SearchConfig { budget, ..SearchConfig::default() };
    Search::new(objective.clone(), OpSet::default(), config).unwrap().run(&mut ())
}

/// Runs searches for formulas in rescaled inputs and compares each with the same search in
/// ordinary ones.
fn compare(
    cases: std::ops::Range<u64>,
    budget: u64,
    shifted: impl Fn(&str) -> bool,
    objective: impl Fn(&Expr, &[Vec<f64>], &[Rescaling]) -> Objective,
) {
    let mut failures = vec![];
    for case in cases.clone() {
        let mut rng = ChaCha8Rng::seed_from_u64(case);
        let (truth, dim, bounds) = FORMULAS[rng.random_range(0..FORMULAS.len())];
        let parsed: Expr = truth.parse().unwrap();
        let points = columns(bounds, dim, case);
        let own = vec![Rescaling { power: 0, origin: 0.0 }; dim];
        let spread = (bounds.1 - bounds.0) / 12.0_f64.sqrt();
        let scales: Vec<Rescaling> =
            (0..dim).map(|_| Rescaling::any(&mut rng, spread, shifted(truth))).collect();
        let plain = search(&objective(&parsed, &points, &own), budget);
        let found = search(&objective(&parsed, &points, &scales), budget);
        let fresh = objective(&parsed, &columns(bounds, dim, case + 500), &scales);
        let answer = found.answer().unwrap();
        let loss = Evaluator::new(&fresh).loss(&answer.expr);
        let alike =
            std::mem::discriminant(plain.verdict()) == std::mem::discriminant(found.verdict());
        if loss > 1e-8 || !alike {
            failures.push(format!(
                "{truth} in {scales:?}: {} has {loss:e}; {:?}, {:?}",
                answer.expr,
                plain.trust().summary,
                found.trust().summary
            ));
        }
    }
    assert!(failures.is_empty(), "{} of {cases:?}\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn units_and_origins_change_no_answer_of_a_field() {
    compare(
        1_000..1_016,
        60_000,
        |_| true,
        |truth, columns, scales| Objective::new(&field(truth, columns, scales), Measure::LevelSet),
    );
}

#[test]
fn units_and_origins_change_no_answer_of_a_regression() {
    // A shift inside an exponential is a factor outside, which linear scaling finds; inside a
    // quotient it is a constant to be found, and the formula a longer one.
    let shifted = |truth: &str| !truth.contains('/');
    compare(2_000..2_008, 400_000, shifted, |truth, columns, scales| {
        let mut values = vec![0.0; POINTS];
        Program::compile(truth).values(columns, &mut Workspace::default(), &mut values).unwrap();
        Objective::regression(&table(columns, scales), &values, true).unwrap()
    });
}

#[test]
fn several_neurons_in_wild_units_hold_the_same_concepts() {
    let points = columns((0.3, 1.3), 4, 11);
    let scales = [-9, 12, -3, -9].map(|power| Rescaling { power, origin: 0.0 });
    // Two neurons that mix x1 + x4 and x2·x3, each in its own way.
    let neuron = |sum: f64, product: f64| -> Vec<Vec<f64>> {
        let times = |input: usize| points[input].iter().map(|x| product * x).collect();
        let gradients = [vec![sum; POINTS], times(2), times(1), vec![sum; POINTS]];
        let each = gradients.into_iter().zip(scales);
        each.map(|(g, scale)| g.iter().map(|g| g / scale.factor()).collect()).collect()
    };
    let neurons = [neuron(1.0, 0.7), neuron(-0.4, 1.0)];
    let rescaled = table(&points, &scales);
    let (field, span) =
        DirectionField::spanned(rescaled, &neurons, None, &FieldOptions::default()).unwrap();
    assert_eq!(span.rank(), 2);
    let config = SearchConfig { budget: 10_000, ..SearchConfig::default() };
    let found = Generators::of(&field, OpSet::default(), config).run(&mut ()).unwrap();
    // Both are exact and of one length: either may come first.
    let mut formulas: Vec<String> = found.formulas().iter().map(ToString::to_string).collect();
    formulas.sort();
    assert_eq!(formulas, ["x1 + x4", "x2*x3"]);
    assert!(found.agreement().unwrap().high < 1e-6);
}

#[test]
fn gradients_estimated_from_values_do_not_depend_on_units() {
    let points = columns((0.5, 2.5), 2, 13);
    let scales = [10, -12].map(|power| Rescaling { power, origin: 0.0 });
    let mut values = vec![0.0; POINTS];
    let truth: Expr = "x1*x2^2".parse().unwrap();
    Program::compile(&truth).values(&points, &mut Workspace::default(), &mut values).unwrap();
    let rescaled = table(&points, &scales);
    let (field, _) =
        DirectionField::from_values(rescaled, &values, &FieldOptions::default()).unwrap();
    let outcome = search(&Objective::new(&field, Measure::LevelSet), 30_000);
    assert_eq!(outcome.answer().unwrap().expr.to_string(), "x1*x2^2");
}

#[test]
fn the_published_loss_stays_in_the_inputs_own_units() {
    let points = columns((0.5, 3.0), 2, 7);
    let scales = [3, -4].map(|power| Rescaling { power, origin: 0.0 });
    let field = field(&"x1*x2".parse().unwrap(), &points, &scales);
    let wrong: Expr = "x1 + x2".parse().unwrap();
    let published = Evaluator::new(&Objective::new(&field, Measure::PaperMse)).loss(&wrong);
    // The gradient of x1·x2 is along x2 here but for 10⁻⁷ of it, that of x1 + x2 in between.
    assert!((published - (1.0 - 0.5_f64.sqrt())).abs() < 1e-6, "{published}");
    let outcome = Outcome::of_formulas(
        Objective::new(&field, Measure::LevelSet),
        &[wrong],
        &OpSet::default(),
        &SearchConfig::default(),
    );
    assert!((outcome.unwrap().paper_mse()[0] - published).abs() < 0.05);
}

#[test]
fn hints_speak_of_the_inputs_as_given() {
    let points = columns((-2.0, 2.0), 3, 5);
    let scales = [6, 6, 0].map(|power| Rescaling { power, origin: 0.0 });
    let field = field(&"exp(x3)*(x1^2 + x2^2)".parse().unwrap(), &points, &scales);
    assert!(!field.units().is_own() && Units::of(field.points()) == *field.units());
    let hints = Hints::of(&field).to_string();
    assert!(hints.contains("x1 and x2 only through x1^2 + x2^2"), "{hints}");
}
