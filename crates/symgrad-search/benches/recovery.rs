//! How often and how fast searches recover determinants, norms and the concepts of trained
//! networks: `cargo xtask bench recovery [SEEDS] [FOLDER] [NAME]`, of all fields or those whose names
//! hold NAME.
//!
//! FOLDER holds fields as CSV files named like those of `tests/fields`, the default. A search is
//! right if the gradients of its answer match the truth's: 1 − |mean cos| < 10⁻⁴ with exact
//! derivatives, at fresh points for fields of known functions, at the field's own points for
//! those of networks.

use std::path::PathBuf;
use std::time::Instant;

use cpu_time::ProcessTime;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{DirectionField, FieldColumns, FieldOptions, Table};
use symgrad_expr::{Expr, Names, OpSet, Program, Workspace};
use symgrad_search::{Evaluator, Measure, Objective, Search, SearchConfig};

type Failure = Box<dyn std::error::Error>;

/// Fields of known functions on the cube [−1, 1]ᵈ: name, inputs, largest complexity if not the
/// default, formula.
const KNOWN: [(&str, usize, Option<u32>, &str); 4] = [
    ("determinant 2×2", 4, None, "x1*x4 - x2*x3"),
    ("determinant 3×3", 9, None, DET3),
    ("norm of 3 of 9 inputs", 9, None, "sqrt(x1^2 + x2^2 + x3^2)"),
    ("determinant 4×4", 16, Some(200), DET4),
];

const DET3: &str = "x1*(x5*x9 - x6*x8) - x2*(x4*x9 - x6*x7) + x3*(x4*x8 - x5*x7)";
const DET4: &str = "(x1*x6 - x2*x5)*(x11*x16 - x12*x15) - (x1*x7 - x3*x5)*(x10*x16 - x12*x14) \
    + (x1*x8 - x4*x5)*(x10*x15 - x11*x14) + (x2*x7 - x3*x6)*(x9*x16 - x12*x13) \
    - (x2*x8 - x4*x6)*(x9*x15 - x11*x13) + (x3*x8 - x4*x7)*(x9*x14 - x10*x13)";

/// Fields of trained networks: file and concept.
const NETWORKS: [(&str, &str); 11] = [
    ("isolated-trace-2x2", "x1 + x4"),
    ("isolated-determinant-2x2", "x1*x4 - x2*x3"),
    ("isolated-determinant-3x3", DET3),
    ("isolated-oscillator-energy", "x1^2 + x2^2 + x3^2 + x4^2"),
    ("isolated-coulomb-energy", "(x3^2 + x4^2)/2 - 1/sqrt(x1^2 + x2^2)"),
    ("isolated-spacetime-interval", "x1^2 - x2^2 - x3^2 - x4^2"),
    ("published-trace-2x2", "x1 + x4"),
    ("published-determinant-2x2", "x1*x4 - x2*x3"),
    ("published-antisymmetric-minors-3x3", "x2*x4 + x3*x7 + x6*x8"),
    ("published-anharmonic-oscillator-exponential", "x2^2/2 + x1^2/2 + exp(x1 + 1)"),
    ("published-central-potential", "x1*x4 - x2*x3"),
];

/// A field to search, another to check on, and the largest complexity.
struct Case {
    name: String,
    field: DirectionField,
    exact: DirectionField,
    max_complexity: Option<u32>,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let seeds: u64 = arguments.first().map_or(Ok(5), |text| text.parse())?;
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fields");
    let folder = PathBuf::from(arguments.get(1).map_or(default, String::as_str));
    println!("recovered, median seconds, median CPU seconds and evaluations of {seeds} seeds\n");
    let wanted = arguments.get(2).map_or("", String::as_str);
    for case in cases(&folder)?.into_iter().filter(|case| case.name.contains(wanted)) {
        let (mut right, mut wall, mut cpu, mut evaluations) = (0, vec![], vec![], vec![]);
        for seed in 0..seeds {
            let mut config = SearchConfig { seed, ..SearchConfig::default() };
            config.max_complexity = case.max_complexity.unwrap_or(config.max_complexity);
            let objective = Objective::new(&case.field, Measure::LevelSet);
            let (start, cpu_start) = (Instant::now(), ProcessTime::now());
            let outcome = Search::new(objective, OpSet::default(), config)?.run(&mut ());
            wall.push(start.elapsed().as_secs_f64());
            cpu.push(cpu_start.elapsed().as_secs_f64());
            evaluations.push(outcome.evaluations() as f64);
            let to_truth = Objective::new(&case.exact, Measure::LevelSet);
            let mismatch =
                outcome.answer().map_or(1.0, |answer| Evaluator::new(&to_truth).loss(&answer.expr));
            if mismatch < 1e-4 {
                right += 1;
            } else if let Some(answer) = outcome.answer() {
                println!("    seed {seed}: {mismatch:.1e} {}", answer.expr);
            }
        }
        println!(
            "{:45} {right:3} of {seeds}  {:6.2} s  {:6.2} s  {:8.0}",
            case.name,
            median(&mut wall),
            median(&mut cpu),
            median(&mut evaluations)
        );
    }
    Ok(())
}

fn cases(folder: &std::path::Path) -> Result<Vec<Case>, Failure> {
    let mut cases = vec![];
    for (name, inputs, max_complexity, truth) in KNOWN {
        let (field, exact) = (cube(truth, inputs, 1_000, 7)?, cube(truth, inputs, 4_000, 8)?);
        cases.push(Case { name: name.into(), field, exact, max_complexity });
    }
    for (name, truth) in NETWORKS {
        let path = folder.join(name).with_extension("csv");
        let options = FieldOptions::default();
        let field = DirectionField::read(path, &FieldColumns::default(), &options)?;
        let names = Names::new(field.names().to_vec())?;
        let exact = exact(&Expr::parse(truth, &names)?, field.points().clone())?;
        cases.push(Case { name: name.into(), field, exact, max_complexity: None });
    }
    Ok(cases)
}

fn cube(truth: &str, inputs: usize, points: usize, seed: u64) -> Result<DirectionField, Failure> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let columns: Vec<Vec<f64>> = (0..inputs)
        .map(|_| (0..points).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect())
        .collect();
    let names = (1..=inputs).map(|i| format!("x{i}")).collect();
    exact(&truth.parse()?, Table::new(names, columns)?)
}

fn exact(truth: &Expr, points: Table) -> Result<DirectionField, Failure> {
    let mut gradients = vec![vec![]; points.dim()];
    let mut values = vec![0.0; points.rows()];
    Program::compile(truth).input_gradients(
        points.columns(),
        &mut Workspace::default(),
        &mut values,
        &mut gradients,
    )?;
    Ok(DirectionField::from_gradients(points, &gradients, &FieldOptions::default())?)
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
