use std::collections::BTreeSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use symgrad_expr::{Expr, Node, Op, Program, Workspace};
use symgrad_search::{Evaluator, SearchConfig};

use crate::problem::Problem;
use crate::results::Results;
use crate::run::{Case, Record, run};
use crate::sets::{Half, Mode, Set};
use crate::{catalogue, negatives, summary};

/// Those of all lists.
fn problems() -> Vec<Problem> {
    [Set::Formulas, Set::Hard, Set::Further, Set::Unseen]
        .iter()
        .flat_map(|set| set.problems().unwrap())
        .collect()
}

fn points(problem: &Problem, count: usize) -> Vec<Vec<f64>> {
    problem.points(count, &mut ChaCha8Rng::seed_from_u64(7))
}

#[test]
fn the_lists_are_long_and_say_everything_once() {
    let (formulas, hard) = (Set::Formulas, Set::Hard);
    let lists =
        [formulas, hard, Set::Further, Set::Unseen].map(|set| catalogue::formulas(set).unwrap());
    let long = |lists: &[Vec<_>], least| lists.iter().all(|list| list.len() >= least);
    assert!(long(&lists[..2], 64) && long(&lists[2..], 32));
    let all: Vec<_> = lists.iter().flatten().collect();
    let unique = |part: fn(&catalogue::Formula) -> &str| {
        all.iter().map(|&formula| part(formula)).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(unique(|f| &f.name), all.len());
    assert_eq!(unique(|f| &f.reference), all.len());
    for problem in problems() {
        let used = problem.expr.inputs().len();
        let most = if problem.set == formulas { 6 } else { 9 };
        assert!((2..=most).contains(&used) && used == problem.dim(), "{}", problem.name);
        assert!(problem.ranges.iter().all(|(low, high)| low < high), "{}", problem.name);
        assert_eq!(problem.half.is_some(), problem.set == hard, "{}", problem.name);
    }
}

#[test]
fn functions_of_one_input_are_finite_and_vary() {
    let problems = Set::Single.problems().unwrap();
    assert_eq!(problems.iter().map(|p| &p.name).collect::<BTreeSet<_>>().len(), problems.len());
    for problem in problems {
        let mut values = vec![0.0; 500];
        let program = Program::compile(&problem.expr);
        let points = points(&problem, 500);
        let bad = program.values(&points, &mut Workspace::default(), &mut values).unwrap();
        let varies = values.iter().any(|v| (v - values[0]).abs() > 1e-3 * values[0].abs());
        assert!(problem.dim() == 1 && bad == 0 && varies, "{}", problem.name);
    }
}

#[test]
fn harder_formulas_are_longer_and_the_halves_alike() {
    let config = SearchConfig::default();
    for problem in
        [Set::Hard, Set::Further, Set::Unseen].into_iter().flat_map(|set| set.problems().unwrap())
    {
        let name = &problem.name;
        assert!((15..=45).contains(&problem.expr.len()), "{name}: {}", problem.expr.len());
        let complexity = problem.complexity(Mode::Values);
        assert!(complexity <= config.max_complexity, "{name}: {complexity}");
    }
    // Of each part of science there are as many in one half as in the other.
    let list = catalogue::formulas(Set::Hard).unwrap();
    let half = |half| list.iter().filter(move |formula| formula.half == Some(half));
    let fields = |of| half(of).map(|formula| &formula.field).collect::<Vec<_>>();
    assert_eq!(fields(Half::Tune), fields(Half::Report));
    for of in [Half::Tune, Half::Report] {
        let inside = half(of).filter(|f| constant_inside(&f.problem(Set::Hard).unwrap().expr));
        let count = inside.count();
        assert!((15..=22).contains(&count), "{count} have constants inside functions");
    }
}

/// Whether the argument of some function holds a constant.
fn constant_inside(expr: &Expr) -> bool {
    let functions = [Op::Exp, Op::Log, Op::Sin, Op::Cos, Op::Sqrt];
    let nodes = expr.nodes().iter().enumerate();
    nodes.into_iter().any(|(at, node)| {
        matches!(node, Node::Op(op) if functions.contains(op))
            && !expr.subtree(at).constants().is_empty()
    })
}

#[test]
fn gradients_are_finite_and_do_not_vanish() {
    for problem in problems() {
        let gradients = problem.gradients(&points(&problem, 5_000)).unwrap();
        let mut norms: Vec<f64> = (0..5_000)
            .map(|row| gradients.iter().map(|g| g[row] * g[row]).sum::<f64>().sqrt())
            .collect();
        norms.sort_unstable_by(f64::total_cmp);
        assert!(
            norms[0] > 2e-3 * norms[2_500],
            "{}: {} of {}",
            problem.name,
            norms[0],
            norms[2_500]
        );
    }
}

#[test]
fn few_directions_are_constant() {
    let constant = problems().into_iter().filter(|problem| {
        let directions =
            unit_gradients(problem, &points(problem, 50), &identity(problem.dim())).unwrap();
        directions.iter().all(|u| (dot(u, &directions[0]).abs() - 1.0).abs() < 1e-9)
    });
    assert!(constant.count() <= 2);
}

#[test]
fn no_two_formulas_have_the_same_level_sets() {
    let problems = problems();
    for (index, first) in problems.iter().enumerate() {
        let columns = points(first, 12);
        let directions = unit_gradients(first, &columns, &identity(first.dim())).unwrap();
        for second in problems[index + 1..].iter().filter(|p| p.dim() == first.dim()) {
            for order in permutations(first.dim()) {
                // Where the second is not finite on the first's ranges, they differ.
                let Some(others) = unit_gradients(second, &columns, &order) else { continue };
                let alike =
                    directions.iter().zip(&others).all(|(u, v)| dot(u, v).abs() > 1.0 - 1e-6);
                assert!(!alike, "{} and {}", first.name, second.name);
            }
        }
    }
}

/// Unit gradients, point by point, when input `i` of the problem is column `order[i]`.
fn unit_gradients(
    problem: &Problem,
    columns: &[Vec<f64>],
    order: &[usize],
) -> Option<Vec<Vec<f64>>> {
    let rows = columns[0].len();
    let ordered: Vec<Vec<f64>> = order.iter().map(|&i| columns[i].clone()).collect();
    let mut gradients = vec![vec![]; order.len()];
    let bad = Program::compile(&problem.expr)
        .input_gradients(&ordered, &mut Workspace::default(), &mut vec![0.0; rows], &mut gradients)
        .unwrap();
    let unit = |row: usize| {
        let mut vector = vec![0.0; order.len()];
        for (gradient, &place) in gradients.iter().zip(order) {
            vector[place] = gradient[row];
        }
        let norm = dot(&vector, &vector).sqrt();
        vector.iter().map(|x| x / norm).collect()
    };
    (bad == 0).then(|| (0..rows).map(unit).collect())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn identity(count: usize) -> Vec<usize> {
    (0..count).collect()
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    (0..count).fold(vec![vec![]], |shorter, last| {
        let inserted = |order: &Vec<usize>| {
            let order = order.clone();
            (0..=last).map(move |place| {
                let mut longer = order.clone();
                longer.insert(place, last);
                longer
            })
        };
        shorter.iter().flat_map(inserted).collect()
    })
}

#[test]
fn random_functions_are_many_and_smooth() {
    let negatives = negatives::problems();
    assert!(negatives.len() >= 40);
    for problem in &negatives {
        assert_eq!(problem.field(0.0, 0).unwrap().dropped(), 0, "{}", problem.name);
    }
    assert_eq!(negatives[3].expr, negatives::problems()[3].expr);
}

#[test]
fn stand_ins_are_smooth_and_not_written_by_their_operators() {
    let problems = Set::Standins.problems().unwrap();
    assert!(problems.len() >= 25);
    for problem in problems {
        assert_eq!(problem.field(0.0, 0).unwrap().dropped(), 0, "{}", problem.name);
        let short = problem.complexity(Mode::Gradients) <= SearchConfig::default().max_complexity;
        assert!(!short || !problem.ops.allows(&problem.expr), "{}", problem.name);
    }
}

#[test]
fn noise_alone_tells_nothing_of_the_function() {
    for problem in Set::Noise.problems().unwrap() {
        for mode in [Mode::Gradients, Mode::Values] {
            let case = Case { mode, ..case(&problem.name, f64::INFINITY, 0) };
            let objective = problem.objective(&case).unwrap();
            let loss = Evaluator::new(&objective).loss(&problem.expr);
            // Of two random directions in the plane |mean cos| is near zero.
            assert!(loss > 0.9, "{} by {mode:?}: {loss}", problem.name);
        }
    }
}

#[test]
fn noise_turns_the_directions_and_nothing_else() {
    let problem = &problems()[0];
    let (exact, noisy) = (problem.field(0.0, 1).unwrap(), problem.field(0.1, 1).unwrap());
    assert_eq!(exact.points(), noisy.points());
    let rows = exact.len() as f64;
    let cosine: f64 =
        (exact.basis(0).iter().zip(noisy.basis(0))).map(|(a, b)| dot(a, b)).sum::<f64>() / rows;
    // Three of the four error components turn the direction: 1 − cos is about 3·0.1²/2.
    assert!((0.010..0.020).contains(&(1.0 - cosine)), "{cosine}");
}

#[test]
fn values_get_noise_of_their_own_deviation() {
    let problem = &problems()[0];
    let case = |noise| Case { mode: Mode::Values, ..case(&problem.name, noise, 1) };
    let loss = |objective| Evaluator::new(&objective).loss(&problem.expr);
    assert!(loss(problem.objective(&case(0.0)).unwrap()) < 1e-20);
    let noisy = loss(problem.objective(&case(10.0)).unwrap());
    assert!((0.008..0.012).contains(&noisy), "{noisy}");
    assert!(loss(problem.fresh(Mode::Values, 1).unwrap()) < 1e-20);
}

#[test]
fn a_small_search_finds_a_simple_formula() {
    let problem = problems().into_iter().find(|p| p.name == "snell").unwrap();
    let config = SearchConfig { budget: 3_000, islands: 2, ..SearchConfig::default() };
    let record = run(&problem, &case("snell", 0.0, 100), &config).unwrap().record;
    assert!(record.recovered() && record.on_front(), "{record:?}");
    assert_eq!((record.inputs, record.truth_complexity), (2, 4));
}

#[test]
fn a_row_that_was_cut_off_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let config = SearchConfig::default();
    let mut results = Results::open(folder.path(), &config).unwrap();
    results.add(record("first", 0.0, 1e-9)).unwrap();
    results.add(record("second", 0.0, f64::INFINITY)).unwrap();
    drop(results);
    let path = folder.path().join("results.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &text[..text.len() - 12]).unwrap();

    let mut results = Results::open(folder.path(), &config).unwrap();
    assert!(results.holds(&case("first", 0.0, 3)) && !results.holds(&case("second", 0.0, 3)));
    results.add(record("second", 0.0, f64::INFINITY)).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);

    let other = SearchConfig { budget: 1, ..config };
    assert!(Results::open(folder.path(), &other).is_err());
}

#[test]
fn the_summary_counts_and_names_failures() {
    let records =
        [record("first", 0.0, 1e-11), record("second", 0.0, 0.3), record("first", 1.0, 2e-5)];
    let text = summary::report(&records.iter().collect::<Vec<_>>());
    assert!(text.contains("50 %") && text.contains("100 %"), "{text}");
    let failures = text.split("Look-alikes and misses").nth(1).unwrap();
    assert!(failures.contains("second") && !failures.contains("first"), "{failures}");
}

#[test]
fn close_is_not_right_and_identified_is_judged_by_it() {
    let half = |name: &str, half, mismatch| Record {
        set: Set::Hard,
        half: Some(half),
        ..record(name, 0.0, mismatch)
    };
    let records = [
        half("found", Half::Tune, 1e-15),
        half("alike", Half::Report, 1e-7),
        half("lost", Half::Report, 0.2),
        // With noise no constant is exact.
        record("noisy", 1.0, 1e-7),
        Record { set: Set::Negatives, ..record("negative", 0.0, 0.0) },
    ];
    let right: Vec<bool> = records.iter().map(Record::is_right).collect();
    assert_eq!(right, [true, false, false, true, false]);
    let text = summary::report(&records.iter().collect::<Vec<_>>());
    let row = |start: &str| {
        let line = text.lines().find(|line| line.replace(' ', "").starts_with(start));
        line.unwrap_or_else(|| panic!("{text}")).replace(' ', "")
    };
    assert!(row("|hard,report|gradients|0%|").contains("|2|2|2|0%"), "{text}");
    assert!(row("|all|").contains("|5|5|3|40%"), "{text}");
}

fn case(name: &str, noise: f64, seed: u64) -> Case {
    Case { name: name.to_owned(), mode: Mode::Gradients, noise, seed }
}

fn record(name: &str, noise: f64, mismatch: f64) -> Record {
    Record {
        set: Set::Formulas,
        half: None,
        name: name.to_owned(),
        mode: Mode::Gradients,
        noise,
        seed: 3,
        inputs: 2,
        truth_complexity: 9,
        truth_loss: 0.0,
        answer: "div(x1, x2)".to_owned(),
        complexity: 3,
        loss: mismatch,
        mismatch,
        front_mismatch: mismatch,
        front_complexity: 3,
        verdict: "identified".to_owned(),
        reason: "a test".to_owned(),
        stop: symgrad_search::StopReason::Settled,
        evaluations: 10,
        cpu_seconds: 0.5,
    }
}
