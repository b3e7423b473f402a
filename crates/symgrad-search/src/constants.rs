//! Fitting the constants inside an expression by Levenberg–Marquardt on its unit gradients.

use std::ops::ControlFlow;

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};
use symgrad_expr::{Block, Expr, Program, Workspace};

use crate::objective::{Evaluator, Objective};

/// Most constants that are fitted together; longer lists are left as they are.
const MAX_CONSTANTS: usize = 12;

/// Damping at the start, and the factors by which failure and success change it.
const DAMPING: f64 = 1e-3;
const RAISE: f64 = 8.0;
const LOWER: f64 = 0.2;

/// Improves the constants of an expression in at most `rounds` accepted or refused steps;
/// returns the loss, never more than the loss at the start.
///
/// The residual at a point is the difference of the unit gradients, its derivative in a
/// constant c is (I − ĝĝᵀ)(∂g/∂c)/‖g‖ with g = ∇f (after tangent projection), and
/// ∂g/∂c comes exactly from the compiled program.
pub(crate) fn fit_constants(
    expr: &mut Expr,
    start_loss: f64,
    rounds: usize,
    evaluator: &mut Evaluator<'_>,
) -> f64 {
    let count = expr.constants().len();
    if count == 0 || count > MAX_CONSTANTS || !start_loss.is_finite() {
        return start_loss;
    }
    let objective = evaluator.objective();
    let mut workspace = Workspace::default();
    let mut loss = start_loss;
    let mut damping = DAMPING;
    let mut normal = None;
    for _ in 0..rounds {
        let equations = match normal.take() {
            Some(equations) => equations,
            None => match NormalEquations::at(expr, objective, &mut workspace) {
                Some(equations) => equations,
                None => break,
            },
        };
        let Some(step) = equations.step(damping) else { break };
        let moved: Vec<f64> = expr.constants().iter().zip(&step).map(|(c, s)| c + s).collect();
        let tried = expr.with_constants(&moved);
        let tried_loss = evaluator.loss(&tried);
        if tried_loss < loss {
            let gain = (loss - tried_loss) / loss;
            *expr = tried;
            loss = tried_loss;
            damping *= LOWER;
            if gain < 1e-6 {
                break;
            }
        } else {
            damping *= RAISE;
            if damping > 1e8 {
                break;
            }
            normal = Some(equations);
        }
    }
    loss
}

/// JᵀJ and Jᵀr of the residuals in the constants.
struct NormalEquations {
    matrix: Mat<f64>,
    slope: Vec<f64>,
}

impl NormalEquations {
    fn at(expr: &Expr, objective: &Objective, workspace: &mut Workspace) -> Option<Self> {
        let program = Program::compile(expr);
        let count = expr.constants().len();
        let mut sums = Sums::new(count, objective);
        let flow = program
            .for_each_block_with_constants(objective.columns(), workspace, |block| {
                sums.add(block, program.inputs(), objective)
            })
            .ok()?;
        if flow.is_break() {
            return None;
        }
        // The sign of the match is known only after all points have been seen.
        let sign = if sums.cosine < 0.0 { -1.0 } else { 1.0 };
        let slope: Vec<f64> = sums.slope.iter().map(|s| s * sign).collect();
        let finite = sums.matrix.iter().chain(&slope).all(|v| v.is_finite());
        finite.then(|| Self {
            matrix: Mat::from_fn(count, count, |i, j| sums.matrix[i * count + j]),
            slope,
        })
    }

    /// The damped step −(JᵀJ + μ diag)⁻¹ Jᵀr.
    fn step(&self, damping: f64) -> Option<Vec<f64>> {
        let count = self.slope.len();
        let largest = (0..count).map(|i| self.matrix[(i, i)]).fold(0.0, f64::max);
        if largest <= 0.0 {
            return None;
        }
        let damped = Mat::from_fn(count, count, |i, j| {
            let diagonal =
                if i == j { damping * (self.matrix[(i, i)] + 1e-9 * largest) } else { 0.0 };
            self.matrix[(i, j)] + diagonal
        });
        let llt = damped.llt(Side::Lower).ok()?;
        let step = llt.solve(Mat::from_fn(count, 1, |i, _| self.slope[i]));
        let step: Vec<f64> = (0..count).map(|i| step[(i, 0)]).collect();
        step.iter().all(|s| s.is_finite()).then_some(step)
    }
}

struct Sums {
    matrix: Vec<f64>,
    /// −Jᵀr for the positive sign.
    slope: Vec<f64>,
    cosine: f64,
    gradient: Vec<f64>,
    direction: Vec<f64>,
    tangents: Vec<Vec<f64>>,
}

impl Sums {
    fn new(count: usize, objective: &Objective) -> Self {
        let dim = objective.dim();
        Self {
            matrix: vec![0.0; count * count],
            slope: vec![0.0; count],
            cosine: 0.0,
            gradient: vec![0.0; dim],
            direction: vec![0.0; dim],
            tangents: vec![vec![0.0; dim]; count],
        }
    }

    fn add(&mut self, block: &Block<'_>, inputs: &[u16], objective: &Objective) -> ControlFlow<()> {
        let first = block.rows().start;
        for row in block.rows() {
            self.read(block, inputs, row - first, objective);
            let norm = norm(&self.gradient);
            if !norm.is_finite() {
                return ControlFlow::Break(());
            }
            if norm > 0.0 {
                self.gradient.iter_mut().for_each(|g| *g /= norm);
                self.face(objective, row);
                self.accumulate(objective.weights()[row], norm);
            }
        }
        ControlFlow::Continue(())
    }

    /// Gradient and its derivatives in the constants at one row, on the tangent space.
    fn read(&mut self, block: &Block<'_>, inputs: &[u16], n: usize, objective: &Objective) {
        for (slot, &input) in inputs.iter().enumerate() {
            self.gradient[usize::from(input)] = block.gradient(slot)[n];
            for (k, tangent) in self.tangents.iter_mut().enumerate() {
                tangent[usize::from(input)] = block.gradient_tangent(k, slot)[n];
            }
        }
        let absent = |i: &usize| !inputs.iter().any(|&input| usize::from(input) == *i);
        for i in (0..objective.dim()).filter(absent) {
            self.gradient[i] = 0.0;
            self.tangents.iter_mut().for_each(|tangent| tangent[i] = 0.0);
        }
        for normal in objective.normals() {
            remove(&mut self.gradient, normal);
            self.tangents.iter_mut().for_each(|tangent| remove(tangent, normal));
        }
    }

    /// The direction to be matched: the neuron's, or the nearest in the span of several.
    fn face(&mut self, objective: &Objective, row: usize) {
        if let [only] = objective.basis() {
            for (u, column) in self.direction.iter_mut().zip(only) {
                *u = column[row];
            }
            return;
        }
        self.direction.fill(0.0);
        for neuron in objective.basis() {
            let along: f64 = self.gradient.iter().zip(neuron).map(|(g, u)| g * u[row]).sum();
            for (u, column) in self.direction.iter_mut().zip(neuron) {
                *u += along * column[row];
            }
        }
        let length = norm(&self.direction);
        if length > 0.0 {
            self.direction.iter_mut().for_each(|u| *u /= length);
        }
    }

    fn accumulate(&mut self, weight: f64, norm: f64) {
        let cosine = dot(&self.gradient, &self.direction);
        self.cosine += weight * cosine;
        let count = self.slope.len();
        for k in 0..count {
            let radial = dot(&self.gradient, &self.tangents[k]);
            let forward = dot(&self.direction, &self.tangents[k]);
            self.slope[k] += weight * (forward - cosine * radial) / norm;
            for l in 0..=k {
                let other = dot(&self.gradient, &self.tangents[l]);
                let inner = dot(&self.tangents[k], &self.tangents[l]) - radial * other;
                let value = weight * inner / (norm * norm);
                self.matrix[k * count + l] += value;
                if l != k {
                    self.matrix[l * count + k] += value;
                }
            }
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// Removes the component along a unit vector.
fn remove(vector: &mut [f64], unit: &[f64]) {
    let along = dot(vector, unit);
    for (v, u) in vector.iter_mut().zip(unit) {
        *v -= along * u;
    }
}
