use super::*;
use crate::{Table, Tangent, TangentMode};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

fn table(rows: &[Vec<f64>]) -> Table {
    let dim = rows[0].len();
    let columns = (0..dim).map(|i| rows.iter().map(|row| row[i]).collect()).collect();
    Table::new((1..=dim).map(|i| format!("x{i}")).collect(), columns).unwrap()
}

fn unit(v: &[f64]) -> Vec<f64> {
    let length = dot(v, v).sqrt();
    v.iter().map(|x| x / length).collect()
}

/// Points with the normal of their surface there.
fn surface(name: &str, rng: &mut ChaCha8Rng) -> (Vec<f64>, Vec<f64>) {
    let mut normal = || {
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
        radius * (TAU * rng.random::<f64>()).cos()
    };
    let ball = |half: &[f64], draws: Vec<f64>| {
        let on_sphere = unit(&draws);
        let point: Vec<f64> = on_sphere.iter().zip(half).map(|(x, a)| a * x).collect();
        let across: Vec<f64> = on_sphere.iter().zip(half).map(|(x, a)| x / a).collect();
        (point, unit(&across))
    };
    match name {
        "sphere" => ball(&[1.0; 3], (0..3).map(|_| normal()).collect()),
        "sphere in four dimensions" => ball(&[1.0; 4], (0..4).map(|_| normal()).collect()),
        "ellipsoid" => ball(&[1.0, 1.5, 0.8], (0..3).map(|_| normal()).collect()),
        "ellipsoid in four dimensions" => {
            ball(&[1.0, 1.5, 0.8, 1.2], (0..4).map(|_| normal()).collect())
        }
        "torus" => {
            let (a, b) = (TAU * rng.random::<f64>(), TAU * rng.random::<f64>());
            let across = vec![a.cos() * b.cos(), a.sin() * b.cos(), b.sin()];
            let wide = 2.0 + b.cos();
            (vec![a.cos() * wide, a.sin() * wide, b.sin()], across)
        }
        _ => {
            let t = 4.5 + 6.0 * rng.random::<f64>();
            let across = unit(&[t.cos() * t + t.sin(), 0.0, t.sin() * t - t.cos()]);
            (vec![t * t.cos(), 20.0 * rng.random::<f64>(), t * t.sin()], across)
        }
    }
}

fn sampled(name: &str, points: usize) -> (Table, Vec<Vec<f64>>) {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let (rows, normals): (Vec<_>, Vec<_>) = (0..points).map(|_| surface(name, &mut rng)).unzip();
    (table(&rows), normals)
}

const SURFACES: [(&str, usize); 6] = [
    ("sphere", 1_000),
    ("ellipsoid", 1_000),
    ("torus", 4_000),
    ("roll", 2_000),
    ("sphere in four dimensions", 2_000),
    ("ellipsoid in four dimensions", 2_000),
];

#[test]
fn curved_surfaces_are_detected_and_touched() {
    for (name, points) in SURFACES {
        let (points, normals) = sampled(name, points);
        let tangent = Tangent::of(&points, TangentMode::Auto).unwrap();
        let tangent = tangent.unwrap_or_else(|| panic!("no surface was seen: {name}"));
        assert!(tangent.is_curved() && tangent.rank() + 1 == points.dim(), "{tangent}");
        let sine = |found: &[f64], n: usize| {
            let cosine = dot(found, &normals[n]);
            (1.0 - cosine * cosine).max(0.0).sqrt()
        };
        let all = 0..points.rows();
        let mut sines: Vec<f64> =
            all.clone().map(|n| sine(&tangent.normals().at(n)[0], n)).collect();
        let middle = median(&mut sines);
        assert!(middle < 0.01 && sines[sines.len() * 95 / 100] < 0.03, "{name}: {middle:.1e}");
        assert!((0.1..10.0).contains(&(tangent.error() / middle)), "{name}");
        // The principal axes of the same neighbours are far worse.
        let axes: Vec<Vec<f64>> = (0..points.dim())
            .map(|i| (0..points.dim()).map(|j| f64::from(u8::from(i == j))).collect())
            .collect();
        let cloud = Cloud::of(points.columns(), axes.iter().map(Vec::as_slice));
        let axes = |n| principal_axes(&cloud.steps(n, enough(tangent.rank())), points.dim());
        let mut crude: Vec<f64> = all.map(|n| sine(&axes(n).unwrap()[0], n)).collect();
        let crude = median(&mut crude);
        assert!(crude > 3.0 * middle, "{name}: {crude:.1e} and {middle:.1e}");
    }
}

#[test]
fn a_surface_within_a_plane_has_both_kinds_of_normals() {
    // A sphere in three inputs; a fourth that is their sum, in other units; a fifth that is fixed.
    let (points, _) = sampled("sphere", 800);
    let rows: Vec<Vec<f64>> = (0..800)
        .map(|n| {
            let p = points.row(n);
            vec![p[0], 100.0 * (p[0] + p[1] + p[2]), p[1], p[2], 7.0]
        })
        .collect();
    let tangent = Tangent::of(&table(&rows), TangentMode::Auto).unwrap().unwrap();
    assert_eq!(tangent.to_string(), "the data lie on a curved surface of 2 of 5 dimensions");
    for n in 0..rows.len() {
        // A step along the surface, and that of the other inputs with it.
        let p = points.row(n);
        let along = [-p[1], p[0], 0.0];
        let step = [along[0], 100.0 * (along[0] + along[1]), along[1], along[2], 0.0];
        let step = unit(&step);
        let normals = tangent.normals().at(n);
        assert_eq!(normals.len(), 3);
        assert!(normals.iter().all(|normal| dot(normal, &step).abs() < 0.01));
    }
}

#[test]
fn nothing_is_seen_where_nothing_is() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    for (dim, points) in [(2, 300), (3, 60), (3, 2_000), (4, 1_000), (6, 1_000), (9, 500)] {
        // Filled, and a layer a tenth as thick.
        let mut rows: Vec<Vec<f64>> =
            (0..points).map(|_| (0..dim).map(|_| rng.random::<f64>()).collect()).collect();
        assert_eq!(Tangent::of(&table(&rows), TangentMode::Auto).unwrap(), None);
        for row in &mut rows {
            row[0] = row[1] * row[1] + 0.1 * row[0];
        }
        assert_eq!(Tangent::of(&table(&rows), TangentMode::Auto).unwrap(), None);
        let asked = TangentMode::Local { rank: None, neighbours: None };
        let error = Tangent::of(&table(&rows), asked).unwrap_err().to_string();
        assert!(error.contains("give its rank"), "{error}");
    }
}

#[test]
fn what_is_asked_for_is_checked() {
    let (points, _) = sampled("torus", 100);
    let of = |rank, neighbours| {
        let mode = TangentMode::Local { rank, neighbours };
        Tangent::of(&points, mode).map_err(|error| error.to_string())
    };
    assert_eq!(of(Some(3), None), Ok(None));
    assert_eq!(of(Some(2), None).unwrap().unwrap().rank(), 2);
    assert_eq!(of(Some(2), Some(20)).unwrap().unwrap().rank(), 2);
    assert!(of(Some(4), None).unwrap_err().contains("rank 4 in 3 inputs"));
    assert!(of(Some(2), Some(3)).unwrap_err().contains("take more"));
    assert!(of(Some(2), Some(100)).unwrap_err().contains("give more points"));
}

#[test]
fn sheets_and_lattices_are_no_surface() {
    let count = |n: u32, step: u32, values: u32| f64::from(n / step % values);
    // Three sheets; two, by an input that is 0 or 1; points of a lattice that fills the space.
    let grid = (0..1_200).map(|n| vec![count(n, 1, 20), count(n, 20, 20), count(n, 400, 3)]);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut random = || rng.random::<f64>();
    let switch = (0..1_000).map(|n| vec![random(), random(), count(n, 1, 2)]);
    let steps = [0.618, 0.414, 0.732, 0.236];
    let lattice = (1..300).map(|n| steps.map(|step| (f64::from(n) * step).fract()).to_vec());
    for rows in [grid.collect::<Vec<_>>(), switch.collect(), lattice.collect()] {
        assert_eq!(Tangent::of(&table(&rows), TangentMode::Auto).unwrap(), None);
    }
}
