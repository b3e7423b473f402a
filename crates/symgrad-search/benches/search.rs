//! The hot paths of a search, on the field of a 3×3 determinant: 9 inputs, 1 000 points.
//!
//! `evolution` counts evaluations of gradient fields per second inside a whole search, with one
//! thread and without spectral fits: selection, variation, simplification, constant fitting and
//! the verdict included, by processor time. The budget is that of a search by default, so that what is
//! paid once weighs as much as it does there.
//!
//! `whole` are searches of other fields and of values to their end, with one thread: a wave with two
//! amplitudes needs the method of characteristics, a decay beside a saturation all pairs of functions, the
//! rate of an enzyme quotients of sums, and the current of a solar cell varying coefficients. The concentration of an acid's
//! ion is a root and needs first integrals of a vector field; the Klein–Nishina formula is a quotient, which a polynomial 1-form tells.

#![expect(clippy::unwrap_used, reason = "a bench, on data known to be good")]

use std::hint::black_box;

use cpu_time::ProcessTime;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, OpSet, Program, Workspace};
use symgrad_search::{Evaluator, Measure, Objective, Search, SearchConfig};

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DETERMINANT: &str = "x1*(x5*x9 - x6*x8) - x2*(x4*x9 - x6*x7) + x3*(x4*x8 - x5*x7)";

/// A cube of points, and a formula's values and gradients there.
fn sampled(formula: &str, dim: usize, low: f64, high: f64) -> (Table, Vec<f64>, Vec<Vec<f64>>) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut number = || low + (high - low) * rng.random::<f64>();
    let columns: Vec<Vec<f64>> = (0..dim).map(|_| (0..1_000).map(|_| number()).collect()).collect();
    let (mut values, mut gradients) = (vec![0.0; 1_000], vec![vec![]; dim]);
    Program::compile(&formula.parse().unwrap())
        .input_gradients(&columns, &mut Workspace::default(), &mut values, &mut gradients)
        .unwrap();
    let names = (1..=dim).map(|i| format!("x{i}")).collect();
    (Table::new(names, columns).unwrap(), values, gradients)
}

fn level_sets(formula: &str, dim: usize, low: f64, high: f64) -> Objective {
    let (points, _, gradients) = sampled(formula, dim, low, high);
    let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default());
    Objective::new(&field.unwrap(), Measure::LevelSet)
}

fn objective() -> Objective {
    level_sets(DETERMINANT, 9, -1.0, 1.0)
}

fn ring() -> OpSet {
    "+ - *".parse().unwrap()
}

const BUDGET: u64 = 400_000;

/// A search of about that many evaluations.
fn run(budget: u64, spectral: bool, ops: OpSet) -> u64 {
    let config = SearchConfig {
        budget,
        spectral,
        patience: 1_000,
        threads: Some(1),
        ..SearchConfig::default()
    };
    Search::new(objective(), ops, config).unwrap().run(&mut ()).evaluations()
}

fn search(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("search");
    group.sample_size(10);
    for (name, ops) in [("ring", ring()), ("all operators", OpSet::default())] {
        let evaluations = run(BUDGET, false, ops.clone());
        group.throughput(Throughput::Elements(evaluations));
        group.bench_function(format!("evolution, {name}"), |bench| {
            bench.iter_custom(|rounds| {
                let start = ProcessTime::now();
                for _ in 0..rounds {
                    black_box(run(BUDGET, false, ops.clone()));
                }
                start.elapsed()
            });
        });
    }
    // The first step is spectral seeding and one round of evolution.
    group.bench_function("spectral seeding", |bench| bench.iter(|| run(1, true, OpSet::default())));
    group.finish();
}

fn whole(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("whole");
    group.sample_size(10);
    let wave = level_sets("(x1*cos(x3*x4) + x2*sin(x3*x4))/(x4 + 2)", 4, 0.4, 1.5);
    let pair = level_sets("x3*exp(-0.8*x1) + x2/(1 + 0.6*x1)", 3, 0.4, 1.5);
    let of_values = |formula: &str, dim: usize, low: f64, high: f64| {
        let (points, values, _) = sampled(formula, dim, low, high);
        Objective::regression(&points, &values, false).unwrap()
    };
    let rate = of_values("x1*x2/(1.7 + x2 + x2^2/x3)", 3, 0.5, 3.0);
    let current = of_values("x1 - x2*(exp(1.7*(x3 + x4)) - 1) - (x3 + x4)/x5", 5, 0.3, 1.5);
    let ion = level_sets("sqrt((x1 + x2)^2 + 4*x1*x3) - x1 - x2", 3, 0.3, 1.5);
    let klein_nishina = level_sets(
        "x1*(1/(1 + x2*(1 - cos(x3))) + x2*(1 - cos(x3)) + cos(x3)^2)/(1 + x2*(1 - cos(x3)))^2",
        3,
        0.4,
        1.6,
    );
    for (name, objective) in [
        ("wave, level sets", wave),
        ("pair of functions, level sets", pair),
        ("acid, level sets", ion),
        ("Klein–Nishina, level sets", klein_nishina),
        ("enzyme, values", rate),
        ("solar cell, values", current),
    ] {
        group.bench_function(name, |bench| {
            bench.iter_custom(|rounds| {
                let start = ProcessTime::now();
                for _ in 0..rounds {
                    let config = SearchConfig { threads: Some(1), ..SearchConfig::default() };
                    let search = Search::new(objective.clone(), OpSet::default(), config).unwrap();
                    let outcome = search.run(&mut ());
                    assert!(black_box(outcome).answer().unwrap().loss < 1e-12);
                }
                start.elapsed()
            });
        });
    }
    group.finish();
}

fn loss(criterion: &mut Criterion) {
    let objective = objective();
    let mut evaluator = Evaluator::new(&objective);
    let determinant: Expr = DETERMINANT.parse().unwrap();
    criterion.bench_function("loss of the determinant", |bench| {
        bench.iter(|| evaluator.loss(&determinant));
    });
}

criterion_group!(benches, search, whole, loss);
criterion_main!(benches);
