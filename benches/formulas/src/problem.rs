//! A function to be found: where its points lie, and its gradients and values there.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, OpSet, Program, Workspace};
use symgrad_search::{Measure, Objective};
use symgrad_simplify::{Domain, Simplifier};

use crate::error::Error;
use crate::run::Case;
use crate::sets::{Half, Mode, Set};

/// Points that the search sees.
const POINTS: usize = 1_000;
/// Points that decide about recovery.
const FRESH: usize = 4_000;
/// Longer expressions are not simplified before their complexity is told.
const SIMPLIFIED: usize = 100;

/// A smooth function of a few inputs on a box.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) set: Set,
    pub(crate) half: Option<Half>,
    pub(crate) name: String,
    /// The inputs' names.
    pub(crate) inputs: Vec<String>,
    /// The lowest and the highest value of each.
    pub(crate) ranges: Vec<(f64, f64)>,
    pub(crate) expr: Expr,
    /// Operators that the search may use.
    pub(crate) ops: OpSet,
}

/// What a random stream is used for.
#[derive(Clone, Copy)]
enum Purpose {
    Points,
    Noise,
    Fresh,
}

impl Problem {
    pub(crate) fn dim(&self) -> usize {
        self.ranges.len()
    }

    /// What the search sees.
    pub(crate) fn objective(&self, case: &Case) -> Result<Objective, Error> {
        let noise = case.noise / 100.0;
        match case.mode {
            Mode::Gradients => {
                Ok(Objective::new(&self.field(noise, case.seed)?, Measure::LevelSet))
            }
            Mode::Values => {
                let columns = self.points(POINTS, &mut self.stream(case.seed, Purpose::Points));
                let mut values = self.values(&columns)?;
                let size = noise * deviation(&values);
                disturb(&mut values, size, &mut self.stream(case.seed, Purpose::Noise));
                self.regression(columns, &values)
            }
        }
    }

    /// The exact field, or the exact values, at points of their own.
    pub(crate) fn fresh(&self, mode: Mode, seed: u64) -> Result<Objective, Error> {
        let columns = self.points(FRESH, &mut self.stream(seed, Purpose::Fresh));
        match mode {
            Mode::Gradients => {
                let directions = self.unit_gradients(&columns)?;
                let field = self.direction_field(columns, &directions)?;
                Ok(Objective::new(&field, Measure::LevelSet))
            }
            Mode::Values => {
                let values = self.values(&columns)?;
                self.regression(columns, &values)
            }
        }
    }

    /// The unit gradients that the search sees, each component with a normal error of size
    /// `noise` before they are made unit vectors again.
    pub(crate) fn field(&self, noise: f64, seed: u64) -> Result<DirectionField, Error> {
        let columns = self.points(POINTS, &mut self.stream(seed, Purpose::Points));
        let mut directions = self.unit_gradients(&columns)?;
        let mut rng = self.stream(seed, Purpose::Noise);
        for components in &mut directions {
            disturb(components, noise, &mut rng);
        }
        self.direction_field(columns, &directions)
    }

    /// The complexity of the simplest expression known for the formula, or for its level-set
    /// class, whether all of its operators are allowed or not.
    pub(crate) fn complexity(&self, mode: Mode) -> u32 {
        let ops = &self.ops;
        let written = ops.complexity(&self.expr);
        if self.expr.len() > SIMPLIFIED {
            return written;
        }
        let corners: Vec<Vec<f64>> = self.ranges.iter().map(|r| vec![r.0, r.1]).collect();
        let simplifier = Simplifier::new(ops.clone(), Domain::of_columns(&corners));
        let simple = match mode {
            Mode::Gradients => simplifier.simplify_level_set(&self.expr),
            Mode::Values => simplifier.simplify(&self.expr),
        };
        written.min(ops.complexity(&simple))
    }

    /// Independent uniform draws, column by column.
    pub(crate) fn points(&self, count: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
        let mut columns = vec![Vec::with_capacity(count); self.dim()];
        for _ in 0..count {
            for (column, &(low, high)) in columns.iter_mut().zip(&self.ranges) {
                column.push(low + (high - low) * rng.random::<f64>());
            }
        }
        columns
    }

    /// Exact gradients, d columns.
    pub(crate) fn gradients(&self, columns: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, Error> {
        Ok(self.evaluate(columns)?.1)
    }

    /// Exact values.
    pub(crate) fn values(&self, columns: &[Vec<f64>]) -> Result<Vec<f64>, Error> {
        Ok(self.evaluate(columns)?.0)
    }

    /// Values and gradients.
    fn evaluate(&self, columns: &[Vec<f64>]) -> Result<(Vec<f64>, Vec<Vec<f64>>), Error> {
        let rows = columns.first().map_or(0, Vec::len);
        let (mut values, mut gradients) = (vec![0.0; rows], vec![vec![]; self.dim()]);
        let program = Program::compile(&self.expr);
        let workspace = &mut Workspace::default();
        match program.input_gradients(columns, workspace, &mut values, &mut gradients) {
            Ok(0) => Ok((values, gradients)),
            Ok(count) => Err(Error::NotFinite { name: self.name.clone(), count }),
            Err(source) => Err(Error::Evaluate { name: self.name.clone(), source }),
        }
    }

    fn unit_gradients(&self, columns: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, Error> {
        let mut gradients = self.gradients(columns)?;
        for row in 0..columns.first().map_or(0, Vec::len) {
            let norm = gradients.iter().map(|g| g[row] * g[row]).sum::<f64>().sqrt();
            for column in &mut gradients {
                column[row] /= norm;
            }
        }
        Ok(gradients)
    }

    fn direction_field(
        &self,
        columns: Vec<Vec<f64>>,
        directions: &[Vec<f64>],
    ) -> Result<DirectionField, Error> {
        let built = Table::new(self.inputs.clone(), columns).and_then(|points| {
            DirectionField::from_gradients(points, directions, &FieldOptions::default())
        });
        built.map_err(|source| Error::Field { name: self.name.clone(), source })
    }

    fn regression(&self, columns: Vec<Vec<f64>>, values: &[f64]) -> Result<Objective, Error> {
        let points = Table::new(self.inputs.clone(), columns)
            .map_err(|source| Error::Field { name: self.name.clone(), source })?;
        Objective::regression(&points, values, false)
            .map_err(|source| Error::Search { name: self.name.clone(), source })
    }

    /// A stream that depends on nothing but the name, the seed and the purpose: adding problems
    /// changes no other's data.
    fn stream(&self, seed: u64, purpose: Purpose) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(fingerprint(&self.name) ^ purpose as u64);
        rng
    }
}

/// Adds normal errors of that size; of infinite ones nothing but the errors is left.
fn disturb(values: &mut [f64], size: f64, rng: &mut ChaCha8Rng) {
    for value in values {
        let error: f64 = StandardNormal.sample(rng);
        *value = if size.is_infinite() { error } else { *value + size * error };
    }
}

/// The standard deviation.
fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
}

/// The 64-bit FNV-1a hash with the last two bits clear, to be filled with a purpose.
fn fingerprint(name: &str) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash & !3
}
