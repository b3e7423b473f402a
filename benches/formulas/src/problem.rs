//! A function to be found: where its points lie, its gradients there, and its level-set class.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use symgrad_data::{DirectionField, FieldOptions, Table};
use symgrad_expr::{Expr, OpSet, Program, Workspace};
use symgrad_search::{Measure, Objective};
use symgrad_simplify::{Domain, Simplifier};

use crate::error::Error;

/// Points that the search sees.
const POINTS: usize = 1_000;
/// Points that decide about recovery.
const FRESH: usize = 4_000;
/// Longer expressions are not simplified before their complexity is told.
const SIMPLIFIED: usize = 100;

/// A smooth function of a few inputs on a box.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) name: String,
    /// The inputs' names.
    pub(crate) inputs: Vec<String>,
    /// The lowest and the highest value of each.
    pub(crate) ranges: Vec<(f64, f64)>,
    pub(crate) expr: Expr,
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

    /// The unit gradients that the search sees, each component with a normal error of size
    /// `noise` before they are made unit vectors again.
    pub(crate) fn field(&self, noise: f64, seed: u64) -> Result<DirectionField, Error> {
        let columns = self.points(POINTS, &mut self.stream(seed, Purpose::Points));
        let mut directions = self.unit_gradients(&columns)?;
        let mut rng = self.stream(seed, Purpose::Noise);
        for component in directions.iter_mut().flatten() {
            let error: f64 = StandardNormal.sample(&mut rng);
            *component += noise * error;
        }
        self.direction_field(columns, &directions)
    }

    /// The exact field at points of their own.
    pub(crate) fn fresh(&self, seed: u64) -> Result<Objective, Error> {
        let columns = self.points(FRESH, &mut self.stream(seed, Purpose::Fresh));
        let directions = self.unit_gradients(&columns)?;
        Ok(Objective::new(&self.direction_field(columns, &directions)?, Measure::LevelSet))
    }

    /// The complexity of the simplest expression known for the level-set class, whether all of
    /// its operators are allowed or not.
    pub(crate) fn complexity(&self, ops: &OpSet) -> u32 {
        let written = ops.complexity(&self.expr);
        if self.expr.len() > SIMPLIFIED {
            return written;
        }
        let corners: Vec<Vec<f64>> = self.ranges.iter().map(|r| vec![r.0, r.1]).collect();
        let simplifier = Simplifier::new(ops.clone(), Domain::of_columns(&corners));
        written.min(ops.complexity(&simplifier.simplify_level_set(&self.expr)))
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
        let rows = columns.first().map_or(0, Vec::len);
        let (mut values, mut gradients) = (vec![0.0; rows], vec![vec![]; self.dim()]);
        let program = Program::compile(&self.expr);
        let workspace = &mut Workspace::default();
        match program.input_gradients(columns, workspace, &mut values, &mut gradients) {
            Ok(0) => Ok(gradients),
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

    /// A stream that depends on nothing but the name, the seed and the purpose: adding problems
    /// changes no other's data.
    fn stream(&self, seed: u64, purpose: Purpose) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(fingerprint(&self.name) ^ purpose as u64);
        rng
    }
}

/// The 64-bit FNV-1a hash with the last two bits clear, to be filled with a purpose.
fn fingerprint(name: &str) -> u64 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash & !3
}
