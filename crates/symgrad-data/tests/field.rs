//! Direction fields: orthonormal, on the tangent space, and honest about what they leave out.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use std::path::Path;
use symgrad_data::{
    DataError, DirectionField, FieldColumns, FieldOptions, Table, Tangent, TangentMode,
};

fn table(columns: Vec<Vec<f64>>) -> Table {
    let names = (1..=columns.len()).map(|i| format!("x{i}")).collect();
    Table::new(names, columns).unwrap()
}

fn off() -> FieldOptions {
    FieldOptions { tangent: TangentMode::Off, ..FieldOptions::default() }
}

fn read(name: &str, tangent: TangentMode) -> DirectionField {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let options = FieldOptions { tangent, ..FieldOptions::default() };
    DirectionField::read(path, &FieldColumns::default(), &options).unwrap()
}

/// |mean cosine| with the gradients of a truth, those projected and normalised likewise.
fn agreement(field: &DirectionField, gradient: impl Fn(&[f64]) -> Vec<f64>) -> f64 {
    let columns = (0..field.len()).fold(vec![vec![]; field.dim()], |mut columns, row| {
        let gradient = gradient(&field.points().row(row));
        columns.iter_mut().zip(gradient).for_each(|(column, x)| column.push(x));
        columns
    });
    let mode = field.tangent().map_or(TangentMode::Off, Tangent::mode);
    let options = FieldOptions { weak: 0.0, tangent: mode };
    let truth = DirectionField::from_gradients(field.points().clone(), &columns, &options);
    let truth = truth.unwrap();
    assert_eq!(truth.dropped(), 0);
    let entries = |field: &DirectionField| field.basis(0).concat();
    let sum: f64 = entries(field).iter().zip(entries(&truth)).map(|(a, b)| a * b).sum();
    (sum / field.len() as f64).abs()
}

/// Projection turns these networks' gradients from useless into nearly exact ones.
#[test]
fn the_tangent_space_of_real_fields_is_found() {
    let minors = |a: &[f64]| vec![0.0, -a[3], -a[6], -a[1], 0.0, -a[7], -a[2], -a[5], 0.0];
    let name = "antisymmetric-minors-3x3.csv";
    let (raw, projected) = (read(name, TangentMode::Off), read(name, TangentMode::Auto));
    assert_eq!(projected.tangent().unwrap().rank(), 3);
    assert!(agreement(&raw, minors) < 0.97);
    assert!(agreement(&projected, minors) > 0.999);

    let determinant = |a: &[f64]| vec![a[3], -a[2], -a[1], a[0]];
    let name = "determinant-2x2.csv";
    let (raw, projected) = (read(name, TangentMode::Off), read(name, TangentMode::Auto));
    assert_eq!(projected.tangent().unwrap().rank(), 3);
    assert!(agreement(&projected, determinant) > agreement(&raw, determinant) + 0.05);
}

#[test]
fn weak_gradients_are_dropped_and_counted() {
    let points = table(vec![vec![1.0, 2.0, 3.0, 4.0], vec![5.0, 6.0, 7.0, 8.0]]);
    let gradients = [vec![3.0, 1e-9, 0.0, 1.0], vec![4.0, 0.0, 0.0, 0.0]];
    let field = DirectionField::from_gradients(points, &gradients, &off()).unwrap();
    assert_eq!((field.len(), field.dropped()), (2, 2));
    assert_eq!(field.points().column(0), [1.0, 4.0]);
    assert_eq!(field.basis(0), [[0.6, 1.0], [0.8, 0.0]]);
    assert_eq!(field.weights(), [1.0, 1.0]);
    let one = field.subset(&[1]);
    assert_eq!((one.len(), one.dropped(), one.basis(0)[1][0]), (1, 2, 0.0));
}

#[test]
fn parallel_neurons_have_no_span() {
    let points = table(vec![vec![1.0, 2.0], vec![5.0, 6.0], vec![0.0, 0.0]]);
    let first = vec![vec![1.0, 1.0], vec![0.0, 0.0], vec![0.0, 0.0]];
    let second = vec![vec![2.0, 0.0], vec![1e-9, 5.0], vec![0.0, 0.0]];
    let field =
        DirectionField::from_neurons(points.clone(), &[first.clone(), second], &off()).unwrap();
    assert_eq!((field.neurons(), field.dropped()), (2, 1));
    assert_eq!(field.basis(1), [[0.0], [1.0], [0.0]]);
    let error = DirectionField::from_neurons(points, &[first.clone(), first], &off());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("the neurons' gradients are parallel"), "{error}");
}

#[test]
fn impossible_fields_are_refused() {
    let points = || table(vec![vec![1.0, 2.0], vec![3.0, 4.0]]);
    let good = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
    let build = |neurons: &[Vec<Vec<f64>>], options: &FieldOptions| {
        DirectionField::from_neurons(points(), neurons, options).unwrap_err()
    };
    let neurons = |count| vec![good.clone(); count];
    assert!(matches!(build(&[], &off()), DataError::NoNeurons));
    assert!(matches!(build(&neurons(2), &off()), DataError::TooManyNeurons { neurons: 2, dim: 2 }));
    let narrow = vec![vec![1.0, 0.0]];
    assert!(matches!(
        build(&[narrow], &off()),
        DataError::GradientColumns { neuron: 1, found: 1, expected: 2 }
    ));
    let nan = vec![vec![1.0, 0.0], vec![0.0, f64::NAN]];
    let error = build(&[nan], &off()).to_string();
    assert!(error.contains("gradient of neuron 1 along x2`, row 2: NaN"), "{error}");
    for rank in [0, 3] {
        let options = FieldOptions { tangent: TangentMode::Rank(rank), ..off() };
        assert!(matches!(build(&neurons(1), &options), DataError::TangentRank { .. }));
    }
    for weak in [-0.1, 1.0, f64::NAN] {
        let options = FieldOptions { weak, ..off() };
        assert!(matches!(build(&neurons(1), &options), DataError::WeakThreshold { .. }));
    }
    let field = DirectionField::from_neurons(points(), &neurons(1), &off()).unwrap();
    for weights in [vec![1.0], vec![1.0, -1.0], vec![0.0, 0.0], vec![1.0, f64::INFINITY]] {
        assert!(matches!(field.clone().with_weights(weights), Err(DataError::Weights { .. })));
    }
}

#[test]
fn extreme_numbers_neither_overflow_nor_vanish() {
    let huge = vec![vec![1e300, -1e300, 0.0], vec![1e300, 1e300, -1e308]];
    let field = DirectionField::from_gradients(table(huge.clone()), &huge, &off()).unwrap();
    assert!(field.basis(0).iter().flatten().all(|x| x.is_finite()));
    let own = field.in_own_units();
    assert!((own.basis(0)[0][0] - 0.5_f64.sqrt()).abs() < 1e-15);
    let tiny: Vec<Vec<f64>> =
        huge.iter().map(|column| column.iter().map(|x| x * 1e-307 * 1e-300).collect()).collect();
    let field = DirectionField::from_gradients(table(huge), &tiny, &FieldOptions::default());
    assert!(field.unwrap().basis(0).iter().flatten().all(|x| x.is_finite()));
}

#[test]
fn options_are_read_from_toml() {
    let read = |text| toml::from_str::<FieldOptions>(text);
    assert_eq!(read("").unwrap(), FieldOptions::default());
    assert_eq!(read("weak = 0.1\ntangent = \"off\"").unwrap().tangent, TangentMode::Off);
    assert_eq!(read("tangent = { rank = 3 }").unwrap().tangent, TangentMode::Rank(3));
    assert!(read("weka = 0.1").is_err());
}

/// Points of rank r in d dimensions: random combinations of r random vectors, shifted, each
/// column in units of its own.
fn flat_points(dim: usize) -> impl Strategy<Value = (usize, Table)> {
    (1..=dim).prop_flat_map(move |rank| {
        let unit = || -1.0..1.0_f64;
        let vectors = prop::collection::vec(prop::collection::vec(unit(), dim), rank);
        let mixing = prop::collection::vec(prop::collection::vec(unit(), rank), 40);
        let scales = prop::collection::vec((-6..6_i32, -10.0..10.0_f64), dim);
        (vectors, mixing, scales).prop_map(move |(vectors, mixing, scales)| {
            let column = |i: usize| {
                let (exponent, shift) = scales[i];
                let value = |row: &Vec<f64>| -> f64 {
                    row.iter().zip(&vectors).map(|(c, v)| c * v[i]).sum()
                };
                mixing.iter().map(|row| 10_f64.powi(exponent) * (value(row) + shift)).collect()
            };
            (rank, table((0..dim).map(column).collect()))
        })
    })
}

proptest! {
    #[test]
    fn every_basis_is_orthonormal_and_tangent(
        (rank, points) in flat_points(5),
        raw in prop::collection::vec(prop::collection::vec(-1.0..1.0_f64, 40), 10),
    ) {
        let detected = Tangent::of(&points, TangentMode::Auto).unwrap();
        // Random vectors may be dependent, so the rank can only be less.
        prop_assert!(detected.as_ref().map_or(5, Tangent::rank) <= rank);
        let neurons: Vec<_> = raw.chunks(5).map(<[_]>::to_vec).collect();
        let Ok(field) = DirectionField::from_neurons(points, &neurons, &FieldOptions::default())
        else {
            return Ok(()); // The span of two neurons is everything in a plane.
        };
        prop_assert_eq!(field.len() + field.dropped(), 40);
        let vector = |k: usize, row: usize| -> Vec<f64> {
            field.basis(k).iter().map(|column| column[row]).collect()
        };
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
        for row in 0..field.len() {
            let (first, second) = (vector(0, row), vector(1, row));
            prop_assert!((dot(&first, &first) - 1.0).abs() < 1e-12);
            prop_assert!((dot(&second, &second) - 1.0).abs() < 1e-12);
            prop_assert!(dot(&first, &second).abs() < 1e-9);
            for normal in field.tangent().map_or(&[][..], |t| t.normals().at(row)) {
                prop_assert!(dot(&first, normal).abs() < 1e-9);
                prop_assert!(dot(&second, normal).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn normals_are_perpendicular_to_the_data((_, points) in flat_points(5)) {
        let Some(tangent) = Tangent::of(&points, TangentMode::Auto).unwrap() else {
            return Ok(());
        };
        let origin = points.row(0);
        for normal in tangent.normals().at(0) {
            for row in 1..points.rows() {
                let step = points.row(row).into_iter().zip(&origin).map(|(a, b)| a - b);
                let parts: Vec<f64> = step.zip(normal).map(|(a, b)| a * b).collect();
                let size: f64 = parts.iter().map(|x| x.abs()).sum();
                // What cancels is compared with what is there to cancel.
                prop_assert!(parts.iter().sum::<f64>().abs() <= 1e-4 * size + 1e-12);
            }
        }
    }
}
