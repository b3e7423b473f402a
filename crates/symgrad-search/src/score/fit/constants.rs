//! Fitting the constants inside an expression by Levenberg–Marquardt.

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};
use symgrad_expr::{Expr, simd};

use super::columns::{add_products, inverse_lengths, multiply, weigh};
use super::{Derivatives, Sweep};
use crate::score::evaluator::Evaluator;
use crate::score::target::{Directions, Target, Values};

/// Most constants that are fitted together; longer lists are left as they are.
const MAX_CONSTANTS: usize = 20;

/// Damping at the start, and the factors by which failure and success change it.
const DAMPING: f64 = 1e-3;
const RAISE: f64 = 8.0;
const LOWER: f64 = 0.2;

/// Improves the constants of an expression in at most `rounds` accepted or refused steps;
/// returns the loss, never more than the loss at the start.
///
/// The residual at a point is the difference of the unit gradients, its derivative in a
/// constant c is (I − ĝĝᵀ)(∂g/∂c)/‖g‖ with g = ∇f (after tangent projection), and
/// ∂g/∂c comes exactly from the compiled program. For values f plays the part of g, with the
/// points as components.
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
    let mut loss = start_loss;
    let mut damping = DAMPING;
    let mut normal = None;
    for _ in 0..rounds {
        let equations = normal.take().or_else(|| {
            evaluator.with_sweep(|evaluator, sweep| NormalEquations::at(expr, evaluator, sweep))
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

/// Steps that take constants to all their digits, from where a fit or rounding has left them.
const SHARPENING: usize = 8;

/// Takes the constants of a formula that is as good as exact to all their digits: Gauss–Newton steps
/// as long as they lower a mismatch that resolves more than losses do, which end at the rounding of
/// cosines.
pub(crate) fn sharpen_constants(
    expr: &mut Expr,
    mismatch: impl Fn(&Expr) -> f64,
    evaluator: &mut Evaluator<'_>,
) {
    let count = expr.constants().len();
    if count == 0 || count > MAX_CONSTANTS || expr.input_count() == 0 {
        return;
    }
    let mut left = mismatch(expr);
    for _ in 0..SHARPENING {
        let equations =
            evaluator.with_sweep(|evaluator, sweep| NormalEquations::at(expr, evaluator, sweep));
        let Some(equations) = equations else { break };
        let tried = SHARP_DAMPINGS.into_iter().filter_map(|damping| {
            let step = equations.step(damping)?;
            let moved: Vec<f64> = expr.constants().iter().zip(&step).map(|(c, s)| c + s).collect();
            let tried = expr.with_constants(&moved);
            Some((mismatch(&tried), tried))
        });
        match tried.min_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((now, best)) if now < left => (*expr, left) = (best, now),
            _ => break,
        }
    }
}

/// Next to none, and more where constants can stand in for each other.
const SHARP_DAMPINGS: [f64; 4] = [1e-12, 1e-9, 1e-6, 1e-3];

/// `JᵀJ` and `−Jᵀr` of the residuals in the constants.
struct NormalEquations {
    matrix: Mat<f64>,
    slope: Vec<f64>,
}

impl NormalEquations {
    fn at(expr: &Expr, evaluator: &mut Evaluator<'_>, sweep: &mut Sweep) -> Option<Self> {
        let count = expr.constants().len();
        let (matrix, slope) = match evaluator.objective().target() {
            Target::Directions(target) => of_directions(expr, target, evaluator, sweep)?,
            Target::Values(target) => of_values(expr, target, evaluator, sweep)?,
        };
        let finite = matrix.iter().chain(&slope).all(|v| v.is_finite());
        finite.then(|| Self {
            matrix: Mat::from_fn(count, count, |i, j| matrix[i.max(j) * count + i.min(j)]),
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

/// The lower triangle of `JᵀJ`, and `−Jᵀr`, for unit gradients.
fn of_directions(
    expr: &Expr,
    target: &Directions,
    evaluator: &mut Evaluator<'_>,
    sweep: &mut Sweep,
) -> Option<(Vec<f64>, Vec<f64>)> {
    let count = expr.constants().len();
    let weights = evaluator.objective().weights();
    let mut sums = std::mem::take(&mut sweep.sums);
    sums.reset(count);
    let complete = sweep.over_frames(expr, &[], evaluator, |derivatives| {
        sums.add(derivatives, target, &weights[derivatives.rows()]);
        sums.cosine.is_finite()
    });
    // The sign of the match is known only after all points have been seen.
    let sign = if sums.cosine < 0.0 { -1.0 } else { 1.0 };
    let slope = sums.slope.iter().map(|slope| slope * sign).collect();
    let matrix = sums.matrix.clone();
    sweep.sums = sums;
    complete.then_some((matrix, slope))
}

/// Running sums over blocks of rows; within a block every loop runs along the rows.
#[derive(Default)]
pub(super) struct Sums {
    matrix: Vec<f64>,
    slope: Vec<f64>,
    cosine: f64,
    inverse: Vec<f64>,
    /// The cosine of the gradient and the direction to be matched.
    cosines: Vec<f64>,
    /// The component of ∂g/∂c along the unit gradient, a column per constant.
    radial: Vec<Vec<f64>>,
    /// Roots of the weights over the gradient's length, which turn sums over points into
    /// products of columns.
    factors: Vec<f64>,
    weighted: Vec<f64>,
    along: Vec<f64>,
}

impl Sums {
    fn reset(&mut self, constants: usize) {
        self.cosine = 0.0;
        for (sums, count) in
            [(&mut self.matrix, constants * constants), (&mut self.slope, constants)]
        {
            sums.clear();
            sums.resize(count, 0.0);
        }
        if self.radial.len() < constants {
            self.radial.resize(constants, vec![]);
        }
    }

    fn add(&mut self, derivatives: &mut Derivatives, target: &Directions, weights: &[f64]) {
        inverse_lengths(&mut self.inverse, derivatives.squared_norms());
        derivatives.scale_gradient(&self.inverse);
        self.face(derivatives, target);
        self.cosine += simd::dot(weights, &self.cosines);
        weigh([&mut self.weighted, &mut self.factors], weights, &self.inverse);
        for k in 0..self.slope.len() {
            self.add_slope(k, derivatives, target);
        }
        derivatives.scale_tangents(&self.factors);
        let count = self.slope.len();
        for k in 0..count {
            for l in 0..=k {
                self.matrix[k * count + l] +=
                    derivatives.product(k, l) - simd::dot(&self.radial[k], &self.radial[l]);
            }
        }
    }

    fn add_slope(&mut self, k: usize, derivatives: &Derivatives, target: &Directions) {
        let rows = derivatives.rows();
        let radial = &mut self.radial[k];
        for column in [&mut *radial, &mut self.along] {
            column.clear();
            column.resize(rows.len(), 0.0);
        }
        for (i, &input) in derivatives.components().iter().enumerate() {
            let Some(tangent) = derivatives.tangent(k, i) else { continue };
            add_products(radial, tangent, derivatives.gradient(i));
            let direction = match target.signed_inner() {
                Some(only) => &only[input][rows.clone()],
                None => derivatives.faced(i),
            };
            add_products(&mut self.along, tangent, direction);
        }
        for ((along, c), radial) in self.along.iter_mut().zip(&self.cosines).zip(&*radial) {
            *along -= c * radial;
        }
        self.slope[k] += simd::dot(&self.weighted, &self.along);
        multiply(radial, &self.factors);
    }

    /// Finds the direction to be matched, the nearest in the span of several, and the cosine
    /// with it.
    fn face(&mut self, derivatives: &mut Derivatives, target: &Directions) {
        let rows = derivatives.rows();
        self.cosines.clear();
        self.cosines.resize(rows.len(), 0.0);
        if let Some(only) = target.signed_inner() {
            for (i, &input) in derivatives.components().iter().enumerate() {
                add_products(
                    &mut self.cosines,
                    derivatives.gradient(i),
                    &only[input][rows.clone()],
                );
            }
            return;
        }
        derivatives.clear_faced();
        for neuron in &target.inner {
            self.along.clear();
            self.along.resize(rows.len(), 0.0);
            for (i, &input) in derivatives.components().iter().enumerate() {
                add_products(
                    &mut self.along,
                    derivatives.gradient(i),
                    &neuron[input][rows.clone()],
                );
            }
            derivatives.add_to_faced(neuron, &self.along);
            self.cosines.iter_mut().zip(&self.along).for_each(|(c, a)| *c += a * a);
        }
        // The basis is orthonormal: the projection's length is the cosine with its direction.
        for c in &mut self.cosines {
            *c = c.sqrt();
        }
        let inverse = self.cosines.iter().map(|c| if *c > 0.0 { c.recip() } else { 0.0 });
        self.along.clear();
        self.along.extend(inverse);
        derivatives.scale_faced(&self.along);
    }
}

/// The lower triangle of `JᵀJ`, and `−Jᵀr`, for values.
fn of_values(
    expr: &Expr,
    target: &Values,
    evaluator: &mut Evaluator<'_>,
    sweep: &mut Sweep,
) -> Option<(Vec<f64>, Vec<f64>)> {
    let count = expr.constants().len();
    let weights = evaluator.objective().weights();
    let (mut values, mut slopes) = sweep.values_and_slopes(expr, evaluator)?;
    let mut wanted = target.standard.clone();
    if target.linear_scaling {
        // Deviations from the mean, divided by the length: what a·f + b is judged by.
        for column in slopes.iter_mut().chain([&mut values, &mut wanted]) {
            let mean = simd::dot(weights, column);
            for v in column.iter_mut() {
                *v -= mean;
            }
        }
        normalise(&mut wanted, weights)?;
        let length = normalise(&mut values, weights)?;
        let weighted: Vec<f64> = values.iter().zip(weights).map(|(v, w)| v * w).collect();
        if simd::dot(&weighted, &wanted) < 0.0 {
            for v in &mut wanted {
                *v = -*v;
            }
        }
        for column in &mut slopes {
            let radial = simd::dot(&weighted, column);
            for (slope, v) in column.iter_mut().zip(&values) {
                *slope = (*slope - radial * v) / length;
            }
        }
    } else {
        for v in &mut values {
            *v = (*v - target.mean) / target.deviation;
        }
        for s in slopes.iter_mut().flatten() {
            *s /= target.deviation;
        }
    }
    let missing: Vec<f64> =
        wanted.iter().zip(&values).zip(weights).map(|((y, v), w)| (y - v) * w).collect();
    let mut matrix = vec![0.0; count * count];
    for k in 0..count {
        let weighted: Vec<f64> = slopes[k].iter().zip(weights).map(|(s, w)| s * w).collect();
        for l in 0..=k {
            matrix[k * count + l] = simd::dot(&weighted, &slopes[l]);
        }
    }
    Some((matrix, slopes.iter().map(|slope| simd::dot(slope, &missing)).collect()))
}

/// Divides by the root of the mean square, which it returns; none for zeros.
fn normalise(column: &mut [f64], weights: &[f64]) -> Option<f64> {
    let length = column.iter().zip(weights).map(|(v, w)| w * v * v).sum::<f64>().sqrt();
    for v in column.iter_mut() {
        *v /= length;
    }
    length.is_normal().then_some(length)
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table, TangentMode};

    use symgrad_expr::{Program, Workspace};

    use super::*;
    use crate::{Measure, Objective};

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
