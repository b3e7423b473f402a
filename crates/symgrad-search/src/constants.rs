//! Fitting the constants inside an expression by Levenberg–Marquardt on its unit gradients.

use std::ops::ControlFlow;

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};
use symgrad_expr::{Block, Expr, Program, Workspace, simd};

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
    let nothing_to_fit = count == 0 || count > MAX_CONSTANTS || expr.input_count() == 0;
    if nothing_to_fit || !start_loss.is_finite() {
        return start_loss;
    }
    let objective = evaluator.objective();
    let mut workspace = Workspace::default();
    let mut loss = start_loss;
    let mut damping = DAMPING;
    let mut normal = None;
    for _ in 0..rounds {
        let equations = normal.take().or_else(|| {
            evaluator.count_sweep();
            NormalEquations::at(expr, objective, &mut workspace)
        });
        let Some(equations) = equations else { break };
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

/// `JᵀJ` and `Jᵀr` of the residuals in the constants.
struct NormalEquations {
    matrix: Mat<f64>,
    slope: Vec<f64>,
}

impl NormalEquations {
    fn at(expr: &Expr, objective: &Objective, workspace: &mut Workspace) -> Option<Self> {
        let program = Program::compile(expr);
        let count = expr.constants().len();
        let mut sums = Sums::new(count, program.inputs(), objective);
        let flow = program
            .for_each_block_with_constants(objective.columns(), workspace, |block| {
                simd::vectorize(|| sums.add(block, program.inputs(), objective))
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

    /// The damped step `−(JᵀJ + μ diag)⁻¹ Jᵀr`.
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

/// Running sums over blocks of rows; within a block every loop runs along the rows.
struct Sums {
    matrix: Vec<f64>,
    /// −Jᵀr for the positive sign.
    slope: Vec<f64>,
    cosine: f64,
    /// The inputs whose components matter.
    inputs: Vec<usize>,
    scratch: Scratch,
}

/// One number per row, or a list of such columns.
#[derive(Default)]
struct Scratch {
    /// Unit gradient, a column per input.
    gradient: Vec<Vec<f64>>,
    /// The direction to be matched: the neuron's, or the nearest in the span of several.
    direction: Vec<Vec<f64>>,
    /// ∂g/∂c, a column per constant and input.
    tangents: Vec<Vec<f64>>,
    /// 1/‖g‖, 0 where the gradient vanishes.
    inverse: Vec<f64>,
    cosine: Vec<f64>,
    /// Component of ∂g/∂c along the unit gradient, a column per constant.
    radial: Vec<Vec<f64>>,
    /// Any sum over inputs.
    sum: Vec<f64>,
}

impl Sums {
    fn new(constants: usize, used: &[u16], objective: &Objective) -> Self {
        // The tangent projection mixes all inputs; without it the others have no share.
        let inputs = if objective.normals().is_empty() {
            used.iter().map(|&input| usize::from(input)).collect()
        } else {
            (0..objective.dim()).collect()
        };
        Self {
            matrix: vec![0.0; constants * constants],
            slope: vec![0.0; constants],
            cosine: 0.0,
            inputs,
            scratch: Scratch::default(),
        }
    }

    /// Adds a block; breaks off at a gradient that is not finite.
    fn add(&mut self, block: &Block<'_>, used: &[u16], objective: &Objective) -> ControlFlow<()> {
        self.read(block, used);
        self.project(objective);
        self.normalise();
        self.face(objective, block.rows());
        self.accumulate(&objective.weights()[block.rows()]);
        if self.cosine.is_finite() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    /// Copies the gradient and its derivatives in the constants.
    fn read(&mut self, block: &Block<'_>, used: &[u16]) {
        let (constants, rows) = (self.slope.len(), block.rows().len());
        let Scratch { gradient, tangents, .. } = &mut self.scratch;
        gradient.clear();
        tangents.clear();
        let slot = |input: usize| used.iter().position(|&u| usize::from(u) == input);
        let column = |found: Option<&[f64]>| found.map_or_else(|| vec![0.0; rows], <[f64]>::to_vec);
        for &input in &self.inputs {
            gradient.push(column(slot(input).map(|slot| block.gradient(slot))));
        }
        for k in 0..constants {
            for &input in &self.inputs {
                tangents.push(column(slot(input).map(|slot| block.gradient_tangent(k, slot))));
            }
        }
    }

    /// Projects gradient and derivatives on the tangent space of the data.
    fn project(&mut self, objective: &Objective) {
        let Scratch { gradient, tangents, sum, .. } = &mut self.scratch;
        for normal in objective.normals() {
            let vectors = std::iter::once(gradient.as_mut_slice());
            for vector in vectors.chain(tangents.chunks_exact_mut(self.inputs.len())) {
                sum.clear();
                sum.resize(vector[0].len(), 0.0);
                for (column, m) in vector.iter().zip(normal) {
                    sum.iter_mut().zip(column).for_each(|(s, v)| *s += v * m);
                }
                for (column, m) in vector.iter_mut().zip(normal) {
                    column.iter_mut().zip(&*sum).for_each(|(v, s)| *v -= s * m);
                }
            }
        }
    }

    fn normalise(&mut self) {
        let Scratch { gradient, inverse, .. } = &mut self.scratch;
        dot(gradient, gradient, inverse);
        for value in inverse.iter_mut() {
            *value = if *value == 0.0 { 0.0 } else { value.sqrt().recip() };
        }
        for column in gradient {
            column.iter_mut().zip(&*inverse).for_each(|(g, r)| *g *= r);
        }
    }

    /// Finds the direction to be matched and the cosine with it.
    fn face(&mut self, objective: &Objective, rows: std::ops::Range<usize>) {
        let Scratch { gradient, direction, cosine, sum, .. } = &mut self.scratch;
        let pick = |neuron: &[Vec<f64>]| -> Vec<Vec<f64>> {
            self.inputs.iter().map(|&input| neuron[input][rows.clone()].to_vec()).collect()
        };
        if let [only] = objective.basis() {
            *direction = pick(only);
            dot(gradient, direction, cosine);
            return;
        }
        *direction = vec![vec![0.0; rows.len()]; self.inputs.len()];
        cosine.clear();
        cosine.resize(rows.len(), 0.0);
        for neuron in objective.basis() {
            let neuron = pick(neuron);
            dot(gradient, &neuron, sum);
            for (target, column) in direction.iter_mut().zip(&neuron) {
                for ((u, v), along) in target.iter_mut().zip(column).zip(&*sum) {
                    *u += v * along;
                }
            }
            cosine.iter_mut().zip(&*sum).for_each(|(c, along)| *c += along * along);
        }
        // The basis is orthonormal: the projection's length is the cosine with its direction.
        for c in cosine.iter_mut() {
            *c = c.sqrt();
        }
        for column in direction {
            for (u, length) in column.iter_mut().zip(&*cosine) {
                *u = if *length > 0.0 { *u / length } else { 0.0 };
            }
        }
    }

    fn accumulate(&mut self, weights: &[f64]) {
        let Scratch { gradient, direction, tangents, inverse, cosine, radial, sum } =
            &mut self.scratch;
        let (constants, width) = (self.slope.len(), self.inputs.len());
        self.cosine += weights.iter().zip(&*cosine).map(|(w, c)| w * c).sum::<f64>();
        radial.resize(constants, vec![]);
        for (k, tangent) in tangents.chunks_exact(width).enumerate() {
            dot(gradient, tangent, &mut radial[k]);
            dot(direction, tangent, sum);
            for n in 0..weights.len() {
                let forward = sum[n] - cosine[n] * radial[k][n];
                self.slope[k] += weights[n] * forward * inverse[n];
            }
        }
        for k in 0..constants {
            for l in 0..=k {
                let pick = |index: usize| &tangents[index * width..(index + 1) * width];
                dot(pick(k), pick(l), sum);
                let mut total = 0.0;
                for n in 0..weights.len() {
                    let inner = sum[n] - radial[k][n] * radial[l][n];
                    total += weights[n] * inverse[n] * inverse[n] * inner;
                }
                self.matrix[k * constants + l] += total;
                if l != k {
                    self.matrix[l * constants + k] += total;
                }
            }
        }
    }
}

/// The scalar product of two vectors at every row, each given as one column per input.
fn dot(a: &[Vec<f64>], b: &[Vec<f64>], out: &mut Vec<f64>) {
    out.clear();
    out.resize(a.first().map_or(0, Vec::len), 0.0);
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in out.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table, TangentMode};

    use super::*;
    use crate::Measure;

    /// Fits the constants of `start` to the field of `truth` on points of a plane or of space.
    fn fitted(truth: &str, start: &str, plane: bool) -> (Expr, f64) {
        let (mut x, mut y, mut z) = (vec![], vec![], vec![]);
        for n in 0..300_u32 {
            x.push(f64::from(n * 7 % 31) / 15.0 - 1.0);
            y.push(f64::from(n * 11 % 37) / 18.0 - 1.0);
            z.push(if plane { x[n as usize] } else { f64::from(n * 5 % 29) / 14.0 - 1.0 });
        }
        let columns = vec![x, y, z];
        let mut gradients = vec![vec![]; 3];
        Program::compile(&truth.parse().unwrap())
            .input_gradients(&columns, &mut Workspace::default(), &mut [0.0; 300], &mut gradients)
            .unwrap();
        let names = ["x1", "x2", "x3"].map(String::from).to_vec();
        let options = FieldOptions { tangent: TangentMode::Auto, ..FieldOptions::default() };
        let points = Table::new(names, columns).unwrap();
        let field = DirectionField::from_gradients(points, &gradients, &options).unwrap();
        assert_eq!(field.tangent().is_some(), plane);
        let objective = Objective::new(&field, Measure::LevelSet);
        let mut evaluator = Evaluator::new(&objective);
        let mut expr = start.parse().unwrap();
        let loss = evaluator.loss(&expr);
        let loss = fit_constants(&mut expr, loss, 30, &mut evaluator);
        (expr, loss)
    }

    #[test]
    fn inner_constants_converge_to_the_truth() {
        let truth = "exp(0.7*x1)*x2 + sin(1.3*x3 + 0.4)";
        for start in ["exp(0.5*x1)*x2 + sin(1.1*x3 + 0.2)", "sin(1.5*x3 + 0.7) + exp(x1*0.9)*x2"] {
            let (expr, loss) = fitted(truth, start, false);
            assert!(loss < 1e-12, "{loss:e}: {expr}");
        }
    }

    #[test]
    fn the_opposite_sign_is_as_good() {
        let (expr, loss) = fitted("exp(0.7*x1) + x2", "neg(exp(0.4*x1)) - x2*1.2", false);
        assert!(loss < 1e-12, "{loss:e}: {expr}");
    }

    #[test]
    fn only_the_tangent_part_counts() {
        // On the plane x3 = x1 the two are the same function.
        let (expr, loss) = fitted("x1*x2 + 0.8*x1", "x3*x2 + 0.3*x1", true);
        assert!(loss < 1e-12, "{loss:e}: {expr}");
    }
}
