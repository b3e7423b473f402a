//! What a search minimises: the mismatch between an expression's unit gradients and a field's.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use symgrad_data::DirectionField;
use symgrad_expr::{Block, Expr, Program, Workspace, simd};

/// The measure of the mismatch between unit gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// 1 − |mean cos|: blind to a global sign. With several neurons, 1 − the mean length of
    /// the unit gradient's projection on the span of theirs.
    #[default]
    LevelSet,
    /// The published loss, the mean over points and components of the squared difference of
    /// unit gradients, (2/d)(1 − mean cos): the sign is fixed.
    PaperMse,
}

/// A direction field and the measure by which expressions are compared with it.
#[derive(Clone, Debug)]
pub struct Objective {
    columns: Vec<Vec<f64>>,
    /// K neurons' orthonormal directions, d columns of N each.
    basis: Vec<Vec<Vec<f64>>>,
    /// One per point, of sum 1.
    weights: Vec<f64>,
    /// Directions in which the data do not extend.
    normals: Vec<Vec<f64>>,
    measure: Measure,
}

impl Objective {
    /// Compares with a field by the given measure.
    pub fn new(field: &DirectionField, measure: Measure) -> Self {
        let total: f64 = field.weights().iter().sum();
        Self {
            columns: field.points().columns().to_vec(),
            basis: (0..field.neurons()).map(|k| field.basis(k).to_vec()).collect(),
            weights: field.weights().iter().map(|w| w / total).collect(),
            normals: field.tangent().map_or(vec![], |tangent| tangent.normals().to_vec()),
            measure,
        }
    }

    /// Number of points.
    pub fn points(&self) -> usize {
        self.weights.len()
    }

    /// Number of inputs.
    pub fn dim(&self) -> usize {
        self.columns.len()
    }

    /// The points, column by column.
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// The published loss that a level-set loss amounts to.
    pub fn to_paper_mse(&self, loss: f64) -> f64 {
        match self.measure {
            Measure::LevelSet => loss * 2.0 / self.dim() as f64,
            Measure::PaperMse => loss,
        }
    }

    /// At most `count` of the points, evenly spread over their order.
    #[must_use]
    pub fn thinned(&self, count: usize) -> Self {
        let total = self.points();
        if count >= total {
            return self.clone();
        }
        let rows: Vec<usize> = (0..count).map(|n| n * total / count).collect();
        let pick = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect::<Vec<f64>>();
        let weights = pick(&self.weights);
        let sum: f64 = weights.iter().sum();
        Self {
            columns: self.columns.iter().map(pick).collect(),
            basis: self.basis.iter().map(|u| u.iter().map(pick).collect()).collect(),
            weights: weights.iter().map(|w| w / sum).collect(),
            normals: self.normals.clone(),
            measure: self.measure,
        }
    }

    /// Whether the data extend along an input at all: where they do not, its share of any
    /// gradient is projected away.
    pub(crate) fn varies(&self, input: usize) -> bool {
        let off: f64 = self.normals.iter().map(|normal| normal[input] * normal[input]).sum();
        1.0 - off > NO_EXTENT
    }

    pub(crate) fn basis(&self) -> &[Vec<Vec<f64>>] {
        &self.basis
    }

    pub(crate) fn weights(&self) -> &[f64] {
        &self.weights
    }

    pub(crate) fn normals(&self) -> &[Vec<f64>] {
        &self.normals
    }
}

/// Computes losses; one per thread, since it owns the buffers.
pub struct Evaluator<'a> {
    objective: &'a Objective,
    program: Program,
    workspace: Workspace,
    scratch: Scratch,
    evaluations: u64,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for an objective.
    pub fn new(objective: &'a Objective) -> Self {
        Self {
            objective,
            program: Program::compile(&Expr::var(0)),
            workspace: Workspace::default(),
            scratch: Scratch::default(),
            evaluations: 0,
        }
    }

    /// The objective.
    pub fn objective(&self) -> &'a Objective {
        self.objective
    }

    /// Sweeps over all points made so far.
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// Counts a sweep that the caller makes by itself.
    pub(crate) fn count_sweep(&mut self) {
        self.evaluations += 1;
    }

    /// The loss of an expression; infinite where it or its gradient is not finite at some
    /// point, or where it uses an input that does not exist.
    pub fn loss(&mut self, expr: &Expr) -> f64 {
        // Mean distances from the neuron's directions and from their opposites, block by block,
        // so that the weights' rounding cancels.
        let (mut along, mut against) = (0.0, 0.0);
        let complete = self.sweep(expr, |weights, cosines| {
            let (total, cosine) = (simd::sum(weights), simd::dot(weights, cosines));
            along += total - cosine;
            against += total + cosine;
        });
        if !complete || along.is_nan() {
            return f64::INFINITY;
        }
        match self.objective.measure {
            Measure::LevelSet => along.min(against).max(0.0),
            Measure::PaperMse => along.max(0.0) * 2.0 / self.objective.dim() as f64,
        }
    }

    /// The loss at every point, 1 − s·cos with the global sign s; `None` for an expression
    /// whose loss is infinite.
    pub fn point_losses(&mut self, expr: &Expr) -> Option<Vec<f64>> {
        let mut cosines = Vec::with_capacity(self.objective.points());
        let mut mean = 0.0;
        let complete = self.sweep(expr, |weights, block| {
            mean += weights.iter().zip(block).map(|(w, c)| w * c).sum::<f64>();
            cosines.extend_from_slice(block);
        });
        let sign =
            if mean < 0.0 && self.objective.measure == Measure::LevelSet { -1.0 } else { 1.0 };
        (complete && mean.is_finite()).then(|| cosines.iter().map(|c| 1.0 - sign * c).collect())
    }

    /// Gradients at all points, projected on the tangent space of the data: d columns of N.
    /// `None` where something is not finite.
    pub fn projected_gradients(&mut self, expr: &Expr) -> Option<Vec<Vec<f64>>> {
        let objective = self.objective;
        self.evaluations += 1;
        self.program.recompile(expr);
        let mut values = vec![0.0; objective.points()];
        let mut gradients = vec![vec![]; objective.dim()];
        let bad = self
            .program
            .input_gradients(&objective.columns, &mut self.workspace, &mut values, &mut gradients)
            .ok()?;
        if bad > 0 {
            return None;
        }
        for normal in &objective.normals {
            let mut along = vec![0.0; objective.points()];
            for (column, m) in gradients.iter().zip(normal) {
                along.iter_mut().zip(column).for_each(|(sum, g)| *sum += g * m);
            }
            for (column, m) in gradients.iter_mut().zip(normal) {
                column.iter_mut().zip(&along).for_each(|(g, sum)| *g -= sum * m);
            }
        }
        Some(gradients)
    }

    /// Visits the cosines (or projected lengths) block by block; false if it met a value or a
    /// gradient that is not finite.
    fn sweep(&mut self, expr: &Expr, mut visit: impl FnMut(&[f64], &[f64])) -> bool {
        let objective = self.objective;
        self.evaluations += 1;
        self.program.recompile(expr);
        let inputs = self.program.inputs();
        let scratch = &mut self.scratch;
        let flow = self.program.for_each_block(&objective.columns, &mut self.workspace, |block| {
            if block.non_finite() > 0 {
                return ControlFlow::Break(());
            }
            scratch.reset(block.rows().len());
            match objective.basis.as_slice() {
                [only] if objective.normals.is_empty() => {
                    block.dot_and_norm(only, &mut scratch.cosines, &mut scratch.whole);
                    scratch.tangent.copy_from_slice(&scratch.whole);
                }
                _ => simd::vectorize(
                    #[inline(always)]
                    || project(objective, inputs, block, scratch),
                ),
            }
            simd::vectorize(
                #[inline(always)]
                || scratch.divide(),
            );
            visit(&objective.weights[block.rows()], &scratch.cosines);
            ControlFlow::Continue(())
        });
        flow.is_ok_and(|flow| flow.is_continue())
    }
}

/// Buffers of one block.
#[derive(Default)]
struct Scratch {
    /// Squared length of the gradient.
    whole: Vec<f64>,
    /// Squared length of its projection on the tangent space.
    tangent: Vec<f64>,
    along: Vec<f64>,
    cosines: Vec<f64>,
}

impl Scratch {
    fn reset(&mut self, count: usize) {
        for buffer in [&mut self.whole, &mut self.tangent, &mut self.along, &mut self.cosines] {
            buffer.clear();
            buffer.resize(count, 0.0);
        }
    }

    /// Divides by the length of the gradient's tangent part; 0 where there is none.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "must be compiled with the caller's instructions")]
    fn divide(&mut self) {
        for ((cosine, whole), tangent) in
            self.cosines.iter_mut().zip(&self.whole).zip(&self.tangent)
        {
            let vanishes = *tangent <= NO_TANGENT * whole || *tangent < NO_GRADIENT;
            let ratio = (*cosine / tangent.sqrt()).clamp(-1.0, 1.0);
            *cosine = if vanishes { 0.0 } else { ratio };
        }
    }
}

/// An axis with less than this (squared) on the tangent space lies across the data.
const NO_EXTENT: f64 = 1e-9;

/// A gradient whose tangent part is this small a share of the whole (squared) has none: the
/// tangent space itself is known no better.
const NO_TANGENT: f64 = 1e-10;

/// Squared lengths below this have lost digits to underflow.
const NO_GRADIENT: f64 = 1e-290;

/// Fills `scratch` with the squared lengths and, in `cosines`, the gradient's component along
/// the neuron's direction; with several neurons the length of its projection on their span.
#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled with the caller's vector instructions")]
#[expect(clippy::needless_range_loop, reason = "indexed loops vectorise and read alike here")]
fn project(objective: &Objective, inputs: &[u16], block: &Block<'_>, scratch: &mut Scratch) {
    let rows = block.rows();
    let count = rows.len();
    let whole = &mut scratch.whole[..count];
    let tangent = &mut scratch.tangent[..count];
    let along = &mut scratch.along[..count];
    let cosines = &mut scratch.cosines[..count];
    for slot in 0..inputs.len() {
        let gradient = &block.gradient(slot)[..count];
        for n in 0..count {
            whole[n] += gradient[n] * gradient[n];
        }
    }
    tangent.copy_from_slice(whole);
    for normal in &objective.normals {
        along.fill(0.0);
        for (slot, &input) in inputs.iter().enumerate() {
            let (gradient, m) = (&block.gradient(slot)[..count], normal[usize::from(input)]);
            for n in 0..count {
                along[n] += gradient[n] * m;
            }
        }
        for n in 0..count {
            tangent[n] -= along[n] * along[n];
        }
    }
    for directions in &objective.basis {
        along.fill(0.0);
        for (slot, &input) in inputs.iter().enumerate() {
            let gradient = &block.gradient(slot)[..count];
            let direction = &directions[usize::from(input)][rows.start..rows.end];
            for n in 0..count {
                along[n] += gradient[n] * direction[n];
            }
        }
        for n in 0..count {
            cosines[n] += if objective.basis.len() == 1 { along[n] } else { along[n] * along[n] };
        }
    }
    if objective.basis.len() > 1 {
        for n in 0..count {
            cosines[n] = cosines[n].sqrt();
        }
    }
}
