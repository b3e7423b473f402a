//! What the searches have to find, and how their finds are counted.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_expr::{Expr, Op, ParseError};
use symgrad_report::format_seconds;

use crate::trees::{FIELD, RING, WITH_COS};

/// A formula to be found from points.
pub(crate) struct Task {
    pub(crate) name: &'static str,
    pub(crate) formula: &'static str,
    pub(crate) inputs: u16,
    pub(crate) ops: &'static [Op],
    /// Most symbols of a find.
    pub(crate) size: u16,
}

pub(crate) const DET2: Task =
    Task { name: "det2, d=4", formula: "x1*x4 - x2*x3", inputs: 4, ops: FIELD, size: 30 };
pub(crate) const DET2_OF_9: Task =
    Task { name: "det2, d=9", formula: "x1*x4 - x2*x3", inputs: 9, ops: FIELD, size: 30 };
pub(crate) const NORM: Task = Task {
    name: "√(x1²+x2²+x3²), d=3",
    formula: "sqrt(x1^2 + x2^2 + x3^2)",
    inputs: 3,
    ops: FIELD,
    size: 30,
};
pub(crate) const NORM_OF_9: Task = Task {
    name: "√(x1²+x2²+x3²), d=9",
    formula: "sqrt(x1^2 + x2^2 + x3^2)",
    inputs: 9,
    ops: WITH_COS,
    size: 30,
};
pub(crate) const WAVE: Task = Task {
    name: "2cos(x4)+x1²−2, d=5",
    formula: "2*cos(x4) + x1^2 - 2",
    inputs: 5,
    ops: WITH_COS,
    size: 30,
};
pub(crate) const DET3: Task = Task {
    name: "det3, d=9",
    formula: "x1*(x5*x9 - x6*x8) - x2*(x4*x9 - x6*x7) + x3*(x4*x8 - x5*x7)",
    inputs: 9,
    ops: RING,
    size: 35,
};

/// Points of the training and of the test set each.
pub(crate) const POINTS: usize = 1000;

impl Task {
    pub(crate) fn truth(&self) -> Result<Expr, ParseError> {
        self.formula.parse()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        (1..=self.inputs).map(|input| format!("x{input}")).collect()
    }

    /// Columns of points, uniform between −2 and 2.
    pub(crate) fn points(&self, stream: u64) -> Vec<Vec<f64>> {
        let mut rng = ChaCha8Rng::seed_from_u64(2409);
        rng.set_stream(stream);
        let mut column = || (0..POINTS).map(|_| rng.random_range(-2.0..2.0)).collect();
        (0..self.inputs).map(|_| column()).collect()
    }
}

/// One run of one engine.
#[derive(Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) found: bool,
    pub(crate) cpu_seconds: f64,
}

/// Reports a run as soon as it ends: the tables come late, and not at all if interrupted.
pub(crate) fn tell(task: &Task, engine: &str, seed: u64, attempt: Option<&Attempt>) {
    if let Some(Attempt { found, cpu_seconds }) = attempt {
        let found = if *found { "found" } else { "not found" };
        eprintln!(
            "{}, {engine}, seed {seed}: {found}, {}",
            task.name,
            format_seconds(*cpu_seconds)
        );
    }
}

/// The cells of a table: rate with interval, and the CPU time of the runs that succeeded.
pub(crate) fn summary(attempts: &[Attempt]) -> [String; 3] {
    let mut times: Vec<f64> = attempts.iter().filter(|a| a.found).map(|a| a.cpu_seconds).collect();
    times.sort_by(f64::total_cmp);
    let (low, high) = wilson(times.len(), attempts.len());
    [
        format!("{}/{}", times.len(), attempts.len()),
        format!("{:.0}–{:.0} %", 100.0 * low, 100.0 * high),
        times.get(times.len() / 2).map_or("–".into(), |&seconds| format_seconds(seconds)),
    ]
}

/// The 95 % confidence interval of a rate.
fn wilson(found: usize, runs: usize) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    let (n, p) = (runs as f64, found as f64 / runs as f64);
    let centre = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    ((centre - spread).max(0.0) / scale, ((centre + spread) / scale).min(1.0))
}
