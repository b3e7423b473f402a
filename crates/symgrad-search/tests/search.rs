//! Searches on exact and noisy fields of known functions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, OpSet, Program, Workspace};
use symgrad_search::{
    Choice, Evaluator, Measure, Objective, Observer, Outcome, Search, SearchConfig, StopReason,
    Verdict,
};

const POINTS: usize = 400;

/// The field of an expression at random points of a box, its unit gradients turned by a normal
/// error of the given size in every component.
fn field(truth: &str, bounds: (f64, f64), dim: usize, noise: f64, seed: u64) -> DirectionField {
    field_at(POINTS, truth, bounds, dim, noise, seed)
}

fn field_at(
    points: usize,
    truth: &str,
    bounds: (f64, f64),
    dim: usize,
    noise: f64,
    seed: u64,
) -> DirectionField {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (low, high) = bounds;
    let columns: Vec<Vec<f64>> = (0..dim)
        .map(|_| (0..points).map(|_| low + (high - low) * rng.random::<f64>()).collect())
        .collect();
    let mut gradients = gradients(&truth.parse().unwrap(), &columns);
    for n in 0..points {
        let norm = gradients.iter().map(|g| g[n] * g[n]).sum::<f64>().sqrt();
        for column in &mut gradients {
            let error: f64 = StandardNormal.sample(&mut rng);
            column[n] = column[n] / norm + noise * error;
        }
    }
    let names = (1..=dim).map(|i| format!("x{i}")).collect();
    let table = Table::new(names, columns).unwrap();
    DirectionField::from_gradients(table, &gradients, &FieldOptions::default()).unwrap()
}

fn gradients(expr: &Expr, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut gradients = vec![vec![]; columns.len()];
    let mut values = vec![0.0; columns[0].len()];
    Program::compile(expr)
        .input_gradients(columns, &mut Workspace::default(), &mut values, &mut gradients)
        .unwrap();
    gradients
}

fn search(field: &DirectionField, config: SearchConfig) -> Outcome {
    let objective = Objective::new(field, Measure::LevelSet);
    Search::new(objective, OpSet::default(), config).unwrap().run(&mut ())
}

fn quick(seed: u64) -> SearchConfig {
    SearchConfig { seed, budget: 60_000, ..SearchConfig::default() }
}

/// 1 − |mean cos| between an answer and the truth at fresh points.
fn distance(outcome: &Outcome, truth: &str, bounds: (f64, f64), dim: usize) -> f64 {
    let fresh = field(truth, bounds, dim, 0.0, 999);
    let objective = Objective::new(&fresh, Measure::LevelSet);
    Evaluator::new(&objective).loss(&outcome.answer().unwrap().expr)
}

#[test]
fn exact_fields_are_recovered() {
    for (truth, bounds, dim) in [
        ("x1 + x4", (-1.0, 1.0), 4),
        ("x1*x4 - x2*x3", (-1.0, 1.0), 4),
        ("x1^2 - x2^2 - x3^2 - x4^2", (-1.0, 1.0), 4),
        ("(x3^2 + x4^2)/2 - 1/sqrt(x1^2 + x2^2)", (0.4, 1.6), 4),
        ("x2^2/2 + x1^2/2 + exp(x1 + 1)", (-2.0, 1.0), 2),
        ("x1*exp(-0.7*x2)", (0.2, 2.0), 2),
        ("x1/(x2 + 2.5)", (-1.0, 1.0), 2),
    ] {
        let outcome = search(&field(truth, bounds, dim, 0.0, 5), quick(1));
        let distance = distance(&outcome, truth, bounds, dim);
        let answer = outcome.answer().map(|entry| entry.expr.to_string());
        assert!(distance < 1e-4, "{truth}: {answer:?} is off by {distance:e}");
    }
}

#[test]
fn a_determinant_of_nine_entries_survives_noise() {
    let truth = "x1*(x5*x9 - x6*x8) - x2*(x4*x9 - x6*x7) + x3*(x4*x8 - x5*x7)";
    let outcome = search(&field(truth, (-1.0, 1.0), 9, 0.02, 6), quick(2));
    let distance = distance(&outcome, truth, (-1.0, 1.0), 9);
    assert!(distance < 1e-4, "{distance:e}: {}", outcome.answer().unwrap().expr);
}

/// All monomials of its degree in all its inputs are among those that are looked at.
#[test]
fn a_determinant_of_sixteen_entries_is_found() {
    let minor = |[a, b]: [usize; 2], [c, d]: [usize; 2]| {
        let entry = |row: usize, column: usize| format!("x{}", 4 * row + column + 1);
        format!("({}*{} - {}*{})", entry(a, c), entry(b, d), entry(a, d), entry(b, c))
    };
    // Laplace's expansion along two rows: the sign is that of the two columns' places.
    let columns = [([0, 1], [2, 3]), ([0, 2], [1, 3]), ([0, 3], [1, 2])];
    let pairs = columns.iter().flat_map(|&(first, second)| [(first, second), (second, first)]);
    let terms = pairs.map(|(first, second)| {
        let sign = if (first[0] + first[1]) % 2 == 1 { "+" } else { "-" };
        format!("{sign} {}*{}", minor([0, 1], first), minor([2, 3], second))
    });
    let truth = terms.collect::<Vec<_>>().join(" ");
    let truth = truth.trim_start_matches("+ ");
    let config = SearchConfig { max_complexity: 200, ..SearchConfig::default() };
    let outcome = search(&field_at(1_000, truth, (-1.0, 1.0), 16, 0.0, 9), config);
    let distance = distance(&outcome, truth, (-1.0, 1.0), 16);
    assert!(distance < 1e-10, "{distance:e}: {}", outcome.answer().unwrap().expr);
}

#[test]
fn evolution_alone_finds_a_product() {
    let config = SearchConfig { spectral: false, ..quick(3) };
    let outcome = search(&field("x1*x4 - x2*x3", (-1.0, 1.0), 4, 0.0, 7), config);
    assert!(distance(&outcome, "x1*x4 - x2*x3", (-1.0, 1.0), 4) < 1e-4);
}

#[test]
fn the_result_does_not_depend_on_the_threads() {
    let field = field("x1*sin(x2) + x3", (-1.0, 1.0), 3, 0.05, 8);
    let run = |threads| {
        let config = SearchConfig { threads: Some(threads), budget: 8_000, ..quick(4) };
        let outcome = search(&field, config);
        let front: Vec<_> = outcome
            .front()
            .iter()
            .map(|entry| (entry.expr.to_string(), entry.loss.to_bits()))
            .collect();
        (front, outcome.answer_index(), outcome.evaluations())
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(4));
}

#[test]
fn a_resumed_search_ends_like_one_that_ran_through() {
    let field = field("x1*sin(x2) + x3", (-1.0, 1.0), 3, 0.05, 8);
    let config = SearchConfig { budget: 60_000, births: 80, ..quick(4) };
    let start = |config| {
        let objective = Objective::new(&field, Measure::LevelSet);
        Search::new(objective, OpSet::default(), config).unwrap()
    };
    let mut whole = start(config.clone());
    let mut last = 0;
    let stop = loop {
        if let Some(stop) = whole.step() {
            break stop;
        }
        last += 1;
    };
    let through = whole.finish(stop);
    // At the start, at the end, and at two steps between drawn at random.
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut between = || rng.random_range(1..last);
    for steps in [0, between(), between(), last] {
        let mut first = start(SearchConfig { threads: Some(1), ..config.clone() });
        for _ in 0..steps {
            assert_eq!(first.step(), None);
        }
        let saved = first.save().unwrap();
        let objective = Objective::new(&field, Measure::LevelSet);
        let resumed = Search::resume(objective, &saved).unwrap().run(&mut ());
        assert_eq!(resumed.evaluations(), through.evaluations(), "after {steps} steps");
        assert_eq!(resumed.front(), through.front(), "after {steps} steps");
        if steps == 0 || steps == last {
            continue;
        }
        let restored = start(config.clone()).run(&mut Restoring(&saved));
        assert_eq!(restored.evaluations(), through.evaluations(), "after {steps} steps");
        assert_eq!(restored.front(), through.front(), "after {steps} steps");
    }
    // After its last step a search has no more to do than to finish, and little to keep.
    let mut ended = start(config.clone());
    while ended.step().is_none() {}
    let (brief, whole) = (ended.save_briefly().unwrap(), ended.save().unwrap());
    assert!(10 * brief.len() < whole.len(), "{} of {}", brief.len(), whole.len());
    let objective = || Objective::new(&field, Measure::LevelSet);
    for outcome in [
        Search::resume(objective(), &whole).unwrap().run(&mut ()),
        start(config.clone()).run(&mut Restoring(&brief)),
    ] {
        assert_eq!(outcome.evaluations(), through.evaluations());
        assert_eq!((outcome.front(), outcome.stop()), (through.front(), stop));
    }
    assert!(Search::resume(objective(), &brief).is_err());
    let mut other = start(SearchConfig { births: 81, ..config });
    assert!(other.restore(&whole).is_err());
}

/// Begins with a state that was saved.
struct Restoring<'a>(&'a [u8]);

impl Observer for Restoring<'_> {
    fn begin(&mut self, search: &mut Search) {
        search.restore(self.0).unwrap();
    }
}

#[test]
fn damaged_or_foreign_states_are_refused() {
    let objective =
        |seed| Objective::new(&field("x1*x2", (-1.0, 1.0), 2, 0.0, seed), Measure::LevelSet);
    let saved = Search::new(objective(1), OpSet::default(), quick(1)).unwrap().save().unwrap();
    assert!(Search::resume(objective(1), &saved).is_ok());
    let refused = |objective, bytes: &[u8]| {
        Search::resume(objective, bytes).err().map(|error| error.to_string()).unwrap()
    };
    assert!(refused(objective(2), &saved).contains("other points"));
    assert!(refused(objective(1), b"").contains("saved by this version"));
    assert!(refused(objective(1), &saved[..saved.len() - 3]).contains("cut short"));
    let mut damaged = saved;
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    assert!(refused(objective(1), &damaged).contains("damaged"));
}

#[test]
fn values_are_regressed_on() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let columns: Vec<Vec<f64>> =
        (0..4).map(|_| (0..POINTS).map(|_| 4.0 * rng.random::<f64>() - 2.0).collect()).collect();
    let points = Table::new((1..=4).map(|i| format!("x{i}")).collect(), columns.clone()).unwrap();
    for (truth, scaling) in
        [("2*cos(x4) + x1^2 - 2", true), ("x1*x4 - x2*x3", false), ("3*exp(x1/2) + 1", true)]
    {
        let mut values = vec![0.0; POINTS];
        Program::compile(&truth.parse().unwrap())
            .values(&columns, &mut Workspace::default(), &mut values)
            .unwrap();
        let objective = Objective::regression(&points, &values, scaling).unwrap();
        let outcome = Search::new(objective, OpSet::default(), quick(5)).unwrap().run(&mut ());
        let answer = outcome.answer().unwrap();
        assert!(answer.loss < 1e-10, "{truth}: {} has loss {:e}", answer.expr, answer.loss);
    }
    let refused = |values: &[f64]| {
        Objective::regression(&points, values, true).err().map(|error| error.to_string()).unwrap()
    };
    assert!(refused(&[1.0]).contains("1 values for 400 points"));
    assert!(refused(&vec![1.0; POINTS]).contains("do not vary"));
    assert!(refused(&vec![f64::NAN; POINTS]).contains("row 1"));
}

#[test]
fn constants_keep_the_digits_that_values_tell() {
    let mut rng = ChaCha8Rng::seed_from_u64(16);
    for _ in 0..3 {
        let [a, b]: [f64; 2] = std::array::from_fn(|_| 0.2 + rng.random::<f64>());
        let columns: Vec<Vec<f64>> = (0..2)
            .map(|_| (0..POINTS).map(|_| 0.5 + 2.0 * rng.random::<f64>()).collect())
            .collect();
        let points = Table::new(vec!["x1".into(), "x2".into()], columns.clone()).unwrap();
        let truth: Expr = format!("{a}*x1^2*(1 + {b}*x2)").parse().unwrap();
        let mut values = vec![0.0; POINTS];
        Program::compile(&truth).values(&columns, &mut Workspace::default(), &mut values).unwrap();
        let objective = Objective::regression(&points, &values, false).unwrap();
        let outcome = Search::new(objective, OpSet::default(), quick(5)).unwrap().run(&mut ());
        let answer = outcome.answer().unwrap();
        assert!(answer.loss < 1e-18, "{truth}: {} has loss {:e}", answer.expr, answer.loss);
    }
}

#[test]
fn values_of_any_size_are_found_and_judged() {
    let mut rng = ChaCha8Rng::seed_from_u64(14);
    let column: Vec<f64> = (0..200).map(|_| 0.5 + 2.0 * rng.random::<f64>()).collect();
    let points = Table::new(vec!["x1".into()], vec![column.clone()]).unwrap();
    for size in [1e-200, 1e-30, 1.0, 1e30, 1e200] {
        let values: Vec<f64> = column.iter().map(|x| size * x * x).collect();
        let objective = Objective::regression(&points, &values, false).unwrap();
        let outcome = Search::new(objective, OpSet::default(), quick(5)).unwrap().run(&mut ());
        let answer = outcome.answer().unwrap();
        assert!(answer.loss < 1e-12, "{size:e}: {}", answer.expr);
        // Squares of what is that small are zero.
        if size == 1e-200 {
            let summary = &outcome.trust().summary;
            assert_eq!(outcome.verdict(), &Verdict::Identified, "{summary}");
        }
    }
}

#[test]
fn a_constant_in_disguise_is_no_entry() {
    // Noise, of which the mean says as much as can be said.
    let mut rng = ChaCha8Rng::seed_from_u64(15);
    let mut noise = || -> Vec<f64> { (0..100).map(|_| StandardNormal.sample(&mut rng)).collect() };
    let (column, values) = (noise(), noise());
    let points = Table::new(vec!["x1".into()], vec![column.clone()]).unwrap();
    let objective = Objective::regression(&points, &values, false).unwrap();
    let outcome = Search::new(objective, OpSet::default(), quick(5)).unwrap().run(&mut ());
    for entry in &outcome.front()[1..] {
        let values: Vec<f64> = column.iter().map(|x| entry.expr.eval(&[*x])).collect();
        assert!(values.iter().any(|v| *v != values[0]), "{}", entry.expr);
        assert!(entry.loss < 1.0, "{} has {}", entry.expr, entry.loss);
    }
}

#[test]
fn guesses_and_limits_are_honoured() {
    let field = field("sin(3.7*x1*x2) + x1^2", (-1.0, 1.0), 2, 0.0, 13);
    let run = |config| {
        let objective = Objective::new(&field, Measure::LevelSet);
        Search::new(objective, OpSet::default(), config).unwrap().run(&mut ())
    };
    let guesses = vec!["sin(3.3*x1*x2) + x1^2".parse().unwrap()];
    let config = SearchConfig { guesses, target_loss: Some(1e-9), ..quick(6) };
    let outcome = run(config);
    assert_eq!(outcome.stop(), StopReason::TargetLoss);
    assert!(outcome.answer().unwrap().loss < 1e-9);
    assert_eq!(
        run(SearchConfig { seconds: Some(0.0), budget: 100_000, ..quick(6) }).stop(),
        StopReason::Seconds
    );
}

#[test]
fn the_published_loss_sees_the_sign_and_the_level_set_loss_does_not() {
    let field = field("x1^2 + x2", (-1.0, 1.0), 2, 0.0, 9);
    let (up, down): (Expr, Expr) =
        ("x1^2 + x2".parse().unwrap(), "neg(x1^2 + x2)".parse().unwrap());
    let blind = Objective::new(&field, Measure::LevelSet);
    let fixed = Objective::new(&field, Measure::PaperMse);
    for (objective, expr) in [(&blind, &up), (&blind, &down), (&fixed, &up)] {
        let loss = Evaluator::new(objective).loss(expr);
        assert!(loss < 1e-14, "{loss:e} for {expr}");
    }
    // Opposite unit vectors differ by 2: a squared difference of 4 over d = 2 components.
    assert!((Evaluator::new(&fixed).loss(&down) - 2.0).abs() < 1e-12);
    let wrong: Expr = "x2".parse().unwrap();
    let relation = blind.to_paper_mse(Evaluator::new(&blind).loss(&wrong));
    assert!((relation - Evaluator::new(&fixed).loss(&wrong)).abs() < 1e-12);
}

#[test]
fn expressions_outside_their_domain_have_no_finite_loss() {
    let field = field("x1 + x2", (-1.0, 1.0), 2, 0.0, 10);
    let objective = Objective::new(&field, Measure::LevelSet);
    let mut evaluator = Evaluator::new(&objective);
    for text in ["log(x1)", "sqrt(x1 - 2)", "x3", "exp(exp(exp(x1 + 9)))"] {
        assert_eq!(evaluator.loss(&text.parse().unwrap()), f64::INFINITY, "{text}");
    }
    assert!((evaluator.loss(&"3".parse().unwrap()) - 1.0).abs() < 1e-12);
}

#[test]
fn settings_out_of_range_are_refused() {
    let field = field("x1 + x2", (-1.0, 1.0), 2, 0.0, 11);
    let refused = |config| {
        let objective = Objective::new(&field, Measure::LevelSet);
        Search::new(objective, OpSet::default(), config).err().map(|error| error.to_string())
    };
    let default = SearchConfig::default;
    let islands = refused(SearchConfig { islands: 0, ..default() }).unwrap();
    assert!(islands.contains("`islands` is 0"), "{islands}");
    let input = refused(SearchConfig { only_inputs: Some(vec![2]), ..default() }).unwrap();
    assert!(input.contains("input 2"), "{input}");
    assert!(refused(SearchConfig { rounding: f64::NAN, ..default() }).is_some());
    assert!(refused(SearchConfig { choice: Choice::Chord, ..default() }).is_none());
}
