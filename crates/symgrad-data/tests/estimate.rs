//! Gradients from values: how far off they are, and whether their errors say so.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::FRAC_PI_2;
use symgrad_data::{
    DataError, DirectionField, EstimatedGradients, FieldOptions, Reach, Table, TangentMode,
    estimate_gradients,
};

fn table(rows: &[Vec<f64>]) -> Table {
    let dim = rows[0].len();
    let columns = (0..dim).map(|i| rows.iter().map(|row| row[i]).collect()).collect();
    Table::new((1..=dim).map(|i| format!("x{i}")).collect(), columns).unwrap()
}

fn uniform(points: usize, dim: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    (0..points).map(|_| (0..dim).map(|_| 0.5 + 1.5 * rng.random::<f64>()).collect()).collect()
}

/// A number with mean 0 and variance 1.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

/// What rounding leaves open of angles between slopes.
const ROUNDING: f64 = 1e-11;

/// A function of any number of inputs.
type Function = fn(&[f64]) -> f64;

/// Functions with very different curvatures.
const FUNCTIONS: [(&str, Function); 4] = [
    ("growth", |x| x.iter().product::<f64>() * x[0].exp()),
    ("wave", |x| (x.iter().sum::<f64>()).sin() + x[0] * x[1]),
    ("distance", |x| 1.0 / x.iter().map(|x| x * x).sum::<f64>().sqrt()),
    ("bent", |x| (x[0] * x[1] - x.iter().skip(2).map(|x| x * x).sum::<f64>()).tanh()),
];

/// By central differences.
fn gradient(function: Function, at: &[f64]) -> Vec<f64> {
    let along = |i: usize, by: f64| {
        let mut moved = at.to_vec();
        moved[i] += by;
        function(&moved)
    };
    // Of the fourth order, so that they are off by less than any estimate.
    let of = |i: usize| {
        let difference = |by: f64| along(i, by) - along(i, -by);
        (8.0 * difference(1e-3) - difference(2e-3)) / 12e-3
    };
    (0..at.len()).map(of).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The angle between two vectors' directions, whatever their signs.
fn angle(a: &[f64], b: &[f64]) -> f64 {
    let (square, along) = (dot(a, a), dot(a, b));
    if square == 0.0 || dot(b, b) == 0.0 {
        return FRAC_PI_2;
    }
    let across: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - along / square * a).collect();
    (dot(&across, &across) * square).sqrt().atan2(along.abs())
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn at(found: &EstimatedGradients, row: usize) -> Vec<f64> {
    found.gradients().iter().map(|column| column[row]).collect()
}

/// The median angle by which estimates are off, and what they say themselves.
fn errors(
    function: Function,
    (points, dim): (usize, usize),
    noise: f64,
    seed: u64,
) -> (f64, EstimatedGradients) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let rows = uniform(points, dim, &mut rng);
    let mut values: Vec<f64> = rows.iter().map(|row| function(row)).collect();
    let mean = values.iter().sum::<f64>() / points as f64;
    let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / points as f64).sqrt();
    for value in &mut values {
        *value += noise * spread * normal(&mut rng);
    }
    let found = estimate_gradients(&table(&rows), &values).unwrap();
    let off = |n: usize| angle(&at(&found, n), &gradient(function, &rows[n]));
    (median((0..points).map(off).collect()), found)
}

/// A standard error has the median error in its middle: 0.67 of it in one direction across the
/// gradient, more in several. A factor of two is what "about right" means. Neighbouring points
/// share values and so their errors: two draws, of which the geometric mean counts.
#[test]
fn errors_are_as_large_as_they_say() {
    for (seed, (name, function)) in (301..).zip(FUNCTIONS) {
        for dim in [2, 3, 5] {
            for noise in [0.0, 0.03] {
                let ratio = |seed| {
                    let (truth, found) = errors(function, (500, dim), noise, seed);
                    // Differences are rounded, too.
                    let ratio = (truth + ROUNDING) / (found.median_angle_error() + ROUNDING);
                    (ratio, found.reach())
                };
                let [(one, reach), (other, _)] = [ratio(seed), ratio(seed + 100)];
                let ratio = f64::sqrt(one * other);
                println!("{name}, {dim} inputs, noise {noise}: {ratio:.2}");
                // Of a polynomial through all values without noise only an estimate from above is
                // known: what the next degrees would change.
                let least = if noise == 0.0 && reach == Reach::All { 0.25 } else { 0.5 };
                assert!(least < ratio && ratio < 2.0, "{name}, {dim} inputs, {noise}: {ratio}");
            }
        }
    }
}

#[test]
fn errors_shrink_with_more_points() {
    for noise in [0.0, 0.05] {
        let (few, said_few) = errors(FUNCTIONS[3].1, (250, 2), noise, 7);
        let (many, said_many) = errors(FUNCTIONS[3].1, (2_000, 2), noise, 7);
        // With noise, eight times the points leave 8^(-1/4) of the error, without 8^(-1).
        let most = if noise > 0.0 { 0.8 } else { 0.2 };
        assert!(many < most * few, "{noise}: {few} {many}");
        assert!(said_many.median_angle_error() < most * said_few.median_angle_error());
        assert!(said_many.level_set_loss() < said_few.level_set_loss());
        assert!(said_many.share_above(0.01) < said_few.share_above(0.01) + 1e-12);
    }
}

/// A smooth function of few inputs is known far better than by neighbours, also in a plane; one with
/// an edge is not, and is left to these.
#[test]
fn smooth_functions_are_fitted_as_a_whole() {
    let (off, found) = errors(FUNCTIONS[1].1, (600, 3), 0.0, 11);
    assert_eq!(found.reach(), Reach::All);
    assert!(off < 1e-5 && found.degree() > 4, "{off}");
    let (_, found) = errors(|x| (x[0] - x[1]).abs() + x[2], (600, 3), 0.0, 11);
    assert_ne!(found.reach(), Reach::All);

    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let plane = |row: &Vec<f64>| vec![row[0], row[1], row[0] - 3.0 * row[1]];
    let rows: Vec<Vec<f64>> = uniform(400, 2, &mut rng).iter().map(plane).collect();
    let values: Vec<f64> = rows.iter().map(|x| (x[0] * x[1]).sin()).collect();
    let found = estimate_gradients(&table(&rows), &values).unwrap();
    assert_eq!(found.reach(), Reach::All);
    for (n, x) in rows.iter().enumerate() {
        // Across the plane there is no slope: what is left of (x2, x1, 0) along it.
        let normal = [1.0, -3.0, -1.0];
        let along = dot(&[x[1], x[0], 0.0], &normal) / 11.0;
        let truth = [x[1] - along, x[0] + 3.0 * along, along];
        assert!(angle(&at(&found, n), &truth) < 1e-4);
    }
}

#[test]
fn polynomials_of_the_second_degree_are_exact() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut rows = uniform(200, 3, &mut rng);
    // Scales that differ by decades change nothing.
    for row in &mut rows {
        row[2] *= 1e6;
    }
    let values: Vec<f64> = rows.iter().map(|x| x[0] * x[1] + 3e-6 * x[2]).collect();
    let found = estimate_gradients(&table(&rows), &values).unwrap();
    assert_eq!(found.degree(), 2);
    assert!(found.median_angle_error() < 1e-9);
    for (n, row) in rows.iter().enumerate() {
        let gradient = at(&found, n);
        assert!((gradient[0] - row[1]).abs() < 1e-8);
        assert!((gradient[2] / 3e-6 - 1.0).abs() < 1e-8);
    }
    assert_eq!(found, estimate_gradients(&table(&rows), &values).unwrap());
}

#[test]
fn few_points_give_planes_and_fewer_an_error() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let rows = uniform(30, 5, &mut rng);
    let values: Vec<f64> = rows.iter().map(|row| FUNCTIONS[0].1(row)).collect();
    let found = estimate_gradients(&table(&rows), &values).unwrap();
    assert_eq!(found.degree(), 1);
    let off: Vec<f64> =
        (0..30).map(|n| angle(&at(&found, n), &gradient(FUNCTIONS[0].1, &rows[n]))).collect();
    assert!(median(off) < 2.0 * found.median_angle_error());
    let error = estimate_gradients(&table(&rows[..7]), &values[..7]).unwrap_err().to_string();
    assert!(error.contains("7 distinct points, and at least 8 are needed"), "{error}");
}

#[test]
fn equal_points_count_as_one() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let rows = uniform(150, 2, &mut rng);
    let values: Vec<f64> = rows.iter().map(|x| x[0] * x[0] + x[1]).collect();
    let twice: Vec<Vec<f64>> = rows.iter().chain(&rows).cloned().collect();
    // The two values at each point differ, and their mean does not.
    let doubled: Vec<f64> =
        values.iter().map(|v| v + 0.1).chain(values.iter().map(|v| v - 0.1)).collect();
    let found = estimate_gradients(&table(&twice), &doubled).unwrap();
    for (n, row) in rows.iter().enumerate() {
        assert!((at(&found, n)[0] - 2.0 * row[0]).abs() < 1e-6);
        assert_eq!(at(&found, n), at(&found, n + 150));
    }
    let same = vec![rows[0].clone(); 40];
    let error = estimate_gradients(&table(&same), &doubled[..40]).unwrap_err();
    assert!(matches!(error, DataError::TooFewValues { rows: 1, .. }), "{error}");
}

#[test]
fn gradients_lie_in_the_surface_of_the_points() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    // A plane, x3 = x1 + 2·x2, and a constant column.
    let plane = |row: &Vec<f64>| vec![row[0], row[1], row[0] + 2.0 * row[1], 4.0];
    let rows: Vec<Vec<f64>> = uniform(200, 2, &mut rng).iter().map(plane).collect();
    let values: Vec<f64> = rows.iter().map(|x| x[0] * x[2]).collect();
    let (field, found) =
        DirectionField::from_values(table(&rows), &values, &FieldOptions::default()).unwrap();
    assert_eq!(field.tangent().unwrap().rank(), 2);
    for (n, x) in rows.iter().enumerate() {
        let mut truth = vec![x[2], 0.0, x[0], 0.0];
        field.tangent().unwrap().project(n, &mut truth);
        assert!(angle(&at(&found, n), &truth) < 1e-6);
        assert!(at(&found, n)[3].abs() < 1e-12);
    }
    // A sphere: the gradient of x1·x2 along it.
    let ball = |_| {
        let draws: Vec<f64> = (0..3).map(|_| normal(&mut rng)).collect();
        let length = dot(&draws, &draws).sqrt();
        draws.iter().map(|x| x / length).collect()
    };
    let rows: Vec<Vec<f64>> = (0..1_000).map(ball).collect();
    let values: Vec<f64> = rows.iter().map(|x| x[0] * x[1]).collect();
    let found = estimate_gradients(&table(&rows), &values).unwrap();
    let off = |n: usize| {
        let x = &rows[n];
        let along = 2.0 * x[0] * x[1];
        angle(&at(&found, n), &[x[1] - along * x[0], x[0] - along * x[1], -along * x[2]])
    };
    let truth = median((0..1_000).map(off).collect());
    assert!(truth < 0.01, "{truth}");
    assert!(truth < 2.0 * found.median_angle_error());
}

#[test]
fn columns_of_few_values_keep_their_slope() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let mut rows = uniform(300, 2, &mut rng);
    for row in &mut rows {
        row[1] = f64::from(rng.random::<bool>());
    }
    let values: Vec<f64> = rows.iter().map(|x| x[0] + 2.0 * x[1]).collect();
    let options = FieldOptions { tangent: TangentMode::Off, ..FieldOptions::default() };
    let (_, found) = DirectionField::from_values(table(&rows), &values, &options).unwrap();
    for n in 0..300 {
        assert!((at(&found, n)[1] - 2.0).abs() < 1e-6, "{:?}", at(&found, n));
    }
}

#[test]
fn uncertain_points_weigh_less() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let rows = uniform(800, 2, &mut rng);
    let noise = |x: &Vec<f64>, rng: &mut _| if x[0] > 1.6 { 0.1 * normal(rng) } else { 0.0 };
    let noisy = |x: &Vec<f64>| (3.0 * x[0]).sin() + x[1].powi(3) + noise(x, &mut rng);
    let values: Vec<f64> = rows.iter().map(noisy).collect();
    let (field, found) =
        DirectionField::from_values(table(&rows), &values, &FieldOptions::default()).unwrap();
    let mean = |side: bool| {
        let of: Vec<f64> = std::iter::zip(field.points().column(0), field.weights())
            .filter(|(x, _)| (**x > 1.6) == side)
            .map(|(_, weight)| *weight)
            .collect();
        of.iter().sum::<f64>() / of.len() as f64
    };
    assert!(mean(true) < 0.6 * mean(false), "{} {}", mean(true), mean(false));
    assert!(field.weights().iter().all(|weight| (0.0..=2.0).contains(weight)));
    assert!(found.to_string().contains("a perfect formula would show a loss of about"));
}

#[test]
fn useless_values_are_refused() {
    let mut rng = ChaCha8Rng::seed_from_u64(10);
    let points = table(&uniform(50, 2, &mut rng));
    let error = |values: &[f64]| estimate_gradients(&points, values).unwrap_err().to_string();
    assert!(error(&[1.5; 50]).contains("all values are the same"));
    assert!(error(&[1.5; 49]).contains("`values` has 49 rows where 50"));
    let mut values = points.column(0).to_vec();
    values[3] = f64::NAN;
    assert!(error(&values).contains("`values`, row 4: NaN"));
    // Points on a line, and nobody may look for it.
    let line: Vec<Vec<f64>> = (0..50).map(|n| vec![f64::from(n), f64::from(2 * n)]).collect();
    let options = FieldOptions { tangent: TangentMode::Off, ..FieldOptions::default() };
    let error = DirectionField::from_values(table(&line), points.column(0), &options).unwrap_err();
    assert!(error.to_string().contains("no gradients can be estimated"), "{error}");
}

/// On a lattice many points are equally near.
#[test]
fn the_order_of_the_points_changes_nothing() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let rows: Vec<Vec<f64>> =
        (0..400).map(|n| vec![f64::from(n % 20) / 9.0, f64::from(n / 20) / 9.0]).collect();
    let values: Vec<f64> =
        rows.iter().map(|x| (x[0] * x[1]).sin() + 0.05 * normal(&mut rng)).collect();
    let found = estimate_gradients(&table(&rows), &values).unwrap();
    let order: Vec<usize> = (0..400).map(|n| (n * 137 + 11) % 400).collect();
    let moved: Vec<Vec<f64>> = order.iter().map(|&n| rows[n].clone()).collect();
    let moved_values: Vec<f64> = order.iter().map(|&n| values[n]).collect();
    let again = estimate_gradients(&table(&moved), &moved_values).unwrap();
    assert_eq!(found.reach(), again.reach());
    for (place, &n) in order.iter().enumerate() {
        let (one, other) = (at(&found, n), at(&again, place));
        assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-9), "{one:?} {other:?}");
    }
}

#[test]
fn of_very_many_inputs_those_that_matter_are_looked_for() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let rows = uniform(600, 80, &mut rng);
    let function: Function = |x| x[2] * x[4] + x[9] * x[9];
    let values: Vec<f64> = rows.iter().map(|row| function(row)).collect();
    let found = estimate_gradients(&table(&rows), &values).unwrap();
    assert_eq!(found.influential().unwrap(), ["x3", "x5", "x10"]);
    assert!(found.to_string().ends_with("the others are taken to have none"), "{found}");
    let off = |n: usize| angle(&at(&found, n), &gradient(function, &rows[n]));
    assert!(median((0..600).map(off).collect()) < 1e-6);
    let noise: Vec<f64> = (0..600).map(|_| normal(&mut rng)).collect();
    let error = estimate_gradients(&table(&rows), &noise).unwrap_err();
    assert!(matches!(error, DataError::NoInfluence { rows: 600, dim: 80 }), "{error}");
}
