//! Losses of expressions.

use std::ops::ControlFlow;

use symgrad_expr::{Aligned, Expr, Program, Workspace, simd};

use super::cosines::{Scratch, project};
use crate::inputs::units::measured;
use crate::score::budget::Allowance;
use crate::score::fit::Sweep;
use crate::score::measure::Measure;
use crate::score::objective::Objective;
use crate::score::target::{Directions, Target, Values};

/// Computes losses; one per thread, since it owns the buffers.
pub struct Evaluator<'a> {
    objective: &'a Objective,
    /// Whether expressions come in measured inputs.
    measured_already: bool,
    program: Program,
    workspace: Workspace,
    scratch: Scratch,
    sweep: Sweep,
    evaluations: u64,
    allowance: Allowance,
    refused: bool,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for an objective.
    #[must_use]
    pub fn new(objective: &'a Objective) -> Self {
        Self::allowed(objective, Allowance::UNLIMITED)
    }

    /// An evaluator that refuses to spend more than that: losses are infinite then, and
    /// everything else absent.
    pub(crate) fn allowed(objective: &'a Objective, allowance: Allowance) -> Self {
        Self {
            objective,
            measured_already: objective.units().is_own(),
            program: Program::compile(&Expr::var(0)),
            workspace: Workspace::default(),
            scratch: Scratch::default(),
            sweep: Sweep::default(),
            evaluations: 0,
            allowance,
            refused: false,
        }
    }

    /// The objective.
    #[must_use]
    pub fn objective(&self) -> &'a Objective {
        self.objective
    }

    /// Gradient fields computed so far, each a sweep over all points; a derivative of one in a
    /// constant counts like another.
    #[must_use]
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// Counts so many sweeps, if they are allowed: false if they are not to be made.
    pub(crate) fn take(&mut self, sweeps: u64) -> bool {
        let left = self.allowance.evaluations.saturating_sub(self.evaluations);
        if sweeps > left || self.allowance.is_late() {
            self.refused = true;
            return false;
        }
        self.evaluations += sweeps;
        true
    }

    /// Whether nothing more may be spent, or something was refused already.
    pub(crate) fn is_spent(&self) -> bool {
        self.refused || self.allowance.is_over_after(self.evaluations)
    }

    /// Lends the memory for sweeps with derivatives in the constants.
    pub(crate) fn with_sweep<R>(&mut self, work: impl FnOnce(&mut Self, &mut Sweep) -> R) -> R {
        let mut sweep = std::mem::take(&mut self.sweep);
        let result = work(self, &mut sweep);
        self.sweep = sweep;
        result
    }

    /// Compiles an expression in the inputs that the objective is seen in.
    fn compile(&mut self, expr: &Expr) {
        let units = self.objective.units();
        if self.measured_already {
            self.program.recompile(expr);
        } else {
            self.program.recompile(&measured(expr, units));
        }
    }

    /// The loss of an expression; infinite where it or its gradient is not finite at some
    /// point, or where it uses an input that does not exist.
    pub fn loss(&mut self, expr: &Expr) -> f64 {
        self.compile(expr);
        self.loss_of_compiled()
    }

    /// The key of the expression's level-set class, or of its values in regression; absent if
    /// its loss is infinite. Compiles the expression: [`Self::loss_of_compiled`] may follow.
    pub(crate) fn compile_and_classify(&mut self, expr: &Expr) -> Option<u64> {
        let objective = self.objective;
        let probe = objective.probe();
        self.compile(expr);
        let inputs = self.program.inputs();
        let mut key = None;
        let _ = self.program.for_each_block(&probe.columns, &mut self.workspace, |block| {
            key = probe.key(expr, block, inputs, objective.target());
            ControlFlow::Break(())
        });
        key
    }

    /// The loss of the expression compiled last; infinite, too, where it may not be computed.
    pub(crate) fn loss_of_compiled(&mut self) -> f64 {
        self.allowed_loss_of_compiled().unwrap_or(f64::INFINITY)
    }

    /// The loss of the expression compiled last; `None` if it may not be computed.
    pub(crate) fn allowed_loss_of_compiled(&mut self) -> Option<f64> {
        self.take(1).then(|| match self.objective.target() {
            Target::Directions(directions) => self.loss_of_directions(directions),
            Target::Values(values) => self.loss_of_values(values),
        })
    }

    fn loss_of_directions(&mut self, target: &Directions) -> f64 {
        let Some(cosine) = self.mean_cosine(target) else { return f64::INFINITY };
        match target.measure {
            Measure::LevelSet | Measure::LocalSign => (1.0 - cosine.abs()).max(0.0),
            Measure::PaperMse => (1.0 - cosine).max(0.0) * 2.0 / self.objective.dim() as f64,
        }
    }

    /// The mean cosine of the compiled expression's gradients with the target's; `None` where one
    /// is not finite.
    fn mean_cosine(&mut self, target: &Directions) -> Option<f64> {
        // The weights add up to 1 but for rounding.
        let mut cosine = 0.0;
        let complete = match target.signed() {
            Some(only) if target.axes.is_whole() => self.sweep_one(only, |sum| cosine += sum),
            _ => self.sweep(target, |weights, cosines| cosine += simd::dot(weights, cosines)),
        };
        (complete && !cosine.is_nan()).then_some(cosine)
    }

    /// Whether an expression falls where the neuron rises, at most points.
    pub(crate) fn falls(&mut self, expr: &Expr) -> bool {
        let Target::Directions(target) = self.objective.target() else { return false };
        self.compile(expr);
        self.take(1) && self.mean_cosine(target).is_some_and(|cosine| cosine < 0.0)
    }

    fn loss_of_values(&mut self, target: &Values) -> f64 {
        let weights = self.objective.weights();
        let values = &mut self.scratch.cosines;
        values.clear();
        values.resize(weights.len(), 0.0);
        let columns = self.objective.columns();
        if self.program.values(columns, &mut self.workspace, values) != Ok(0) {
            return f64::INFINITY;
        }
        let errors = &mut self.scratch.along;
        errors.clear();
        if target.linear_scaling {
            let mean = simd::dot(weights, values);
            for v in values.iter_mut() {
                *v -= mean;
            }
            errors.extend(values.iter().zip(weights).map(|(v, w)| v * w));
            let (square, product) =
                (simd::dot(errors, values), simd::dot(errors, &target.standard));
            // Variation lost to rounding is none.
            let slope = if square > 1e-26 * mean * mean { product / square } else { 0.0 };
            errors.clear();
            errors.extend(target.standard.iter().zip(&*values).map(|(y, v)| y - slope * v));
            let offset = simd::dot(weights, errors);
            for e in errors.iter_mut() {
                *e -= offset;
            }
        } else {
            let scaled = |v: &f64| (v - target.mean) / target.deviation;
            errors.extend(target.standard.iter().zip(&*values).map(|(y, v)| y - scaled(v)));
        }
        values.clear();
        values.extend(errors.iter().map(|e| e * e));
        let loss = simd::dot(weights, values);
        if loss.is_nan() { f64::INFINITY } else { loss }
    }

    /// Whether the loss is that of the function rather than of rounding: with inputs and constants
    /// that differ from the given ones in their last few digits it has to be the same, point by point. Where much
    /// larger numbers cancel, what is left of them is noise, and never the same twice.
    ///
    /// Takes two evaluations, and none for what is too short to cancel. False, too, if they are
    /// not allowed.
    pub(crate) fn is_stable(&mut self, expr: &Expr, loss: f64) -> bool {
        if expr.len() <= NOTHING_CANCELS {
            return true;
        }
        let moved = displaced(expr);
        let (Some(here), Some(there)) = (self.point_losses(expr), self.point_losses(&moved)) else {
            return false;
        };
        let each = here.iter().zip(&there).zip(self.objective.weights());
        let drift: f64 = each.map(|((a, b), w)| w * (a - b).abs()).sum();
        drift <= DRIFT * loss + ROUNDING
    }

    /// The loss at every point, 1 − s·cos with the global sign s, or the squared error of a
    /// value relative to the values' variance; `None` for an expression whose loss is infinite.
    pub fn point_losses(&mut self, expr: &Expr) -> Option<Vec<f64>> {
        if !self.take(1) {
            return None;
        }
        self.compile(expr);
        let target = match self.objective.target() {
            Target::Directions(target) => target,
            Target::Values(target) => {
                let finite = self.loss_of_values(target).is_finite();
                return finite.then(|| self.scratch.cosines.clone());
            }
        };
        let mut cosines = Vec::with_capacity(self.objective.points());
        let mut mean = 0.0;
        let complete = self.sweep(target, |weights, block| {
            mean += weights.iter().zip(block).map(|(w, c)| w * c).sum::<f64>();
            cosines.extend_from_slice(block);
        });
        let sign = if mean < 0.0 && target.measure == Measure::LevelSet { -1.0 } else { 1.0 };
        (complete && mean.is_finite()).then(|| cosines.iter().map(|c| 1.0 - sign * c).collect())
    }

    /// Gradients at all points per unit of each input, projected on the directions that count,
    /// those of the data's surface: d columns of N.
    /// `None` where something is not finite.
    pub fn projected_gradients(&mut self, expr: &Expr) -> Option<Vec<Vec<f64>>> {
        let objective = self.objective;
        if !self.take(1) {
            return None;
        }
        self.compile(expr);
        let mut values = vec![0.0; objective.points()];
        let mut gradients = vec![vec![]; objective.dim()];
        let columns = objective.columns();
        let bad = self
            .program
            .input_gradients(columns, &mut self.workspace, &mut values, &mut gradients)
            .ok()?;
        if bad > 0 {
            return None;
        }
        objective.axes().project(&mut gradients);
        Some(gradients)
    }

    /// Whether an expression may be more than a constant in disguise, such as x − x: in regression
    /// its values vary by more than rounding; a gradient that vanishes shows in the loss.
    pub(crate) fn varies(&mut self, expr: &Expr) -> bool {
        const ROUNDING: f64 = 1e-13;
        if expr.input_count() == 0 || !matches!(self.objective.target(), Target::Values(_)) {
            return expr.input_count() > 0;
        }
        self.compile(expr);
        let mut values = vec![0.0; self.objective.points()];
        let columns = self.objective.columns();
        let bad = self.program.values(columns, &mut self.workspace, &mut values);
        let (low, high) = values
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)));
        bad == Ok(0) && high - low > ROUNDING * low.abs().max(high.abs())
    }

    /// The values at all points; `None` where one is not finite.
    pub(crate) fn values(&mut self, expr: &Expr) -> Option<Vec<f64>> {
        if !self.take(1) {
            return None;
        }
        self.compile(expr);
        let mut values = vec![0.0; self.objective.points()];
        let bad =
            self.program.values(self.objective.columns(), &mut self.workspace, &mut values).ok()?;
        (bad == 0).then_some(values)
    }

    /// That of the values at all points; `None` where one is not finite, or all are zero.
    pub(crate) fn root_mean_square(&mut self, expr: &Expr) -> Option<f64> {
        let values = self.values(expr)?;
        let square = values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64;
        Some(square.sqrt()).filter(|size| size.is_normal())
    }

    /// Visits the compiled expression's weighted cosines with a single neuron's directions,
    /// summed up block by block; false as for [`Self::sweep`].
    fn sweep_one(&mut self, directions: &[Aligned], mut visit: impl FnMut(f64)) -> bool {
        let (columns, weights) = (self.objective.columns(), self.objective.weights());
        let flow = self.program.for_each_block(columns, &mut self.workspace, |block| {
            match block.cosine_sum(directions, weights) {
                Some(sum) => {
                    visit(sum);
                    ControlFlow::Continue(())
                }
                None => ControlFlow::Break(()),
            }
        });
        flow.is_ok_and(|flow| flow.is_continue())
    }

    /// Visits the cosines (or projected lengths) of the compiled expression block by block;
    /// false if it met a value or a gradient that is not finite.
    fn sweep(&mut self, target: &Directions, mut visit: impl FnMut(&[f64], &[f64])) -> bool {
        let objective = self.objective;
        let inputs = self.program.inputs();
        let scratch = &mut self.scratch;
        let columns = objective.columns();
        let flow = self.program.for_each_block(columns, &mut self.workspace, |block| {
            if block.non_finite() > 0 {
                return ControlFlow::Break(());
            }
            scratch.reset(block.rows().len());
            match target.signed() {
                Some(only) if target.axes.is_whole() => {
                    block.dot_and_norm(only, &mut scratch.cosines, &mut scratch.whole);
                    scratch.tangent.copy_from_slice(&scratch.whole);
                }
                _ => simd::vectorize(
                    #[inline(always)]
                    || project(target, inputs, block, scratch),
                ),
            }
            simd::vectorize(
                #[inline(always)]
                || scratch.divide(),
            );
            visit(&objective.weights()[block.rows()], &scratch.cosines);
            ControlFlow::Continue(())
        });
        flow.is_ok_and(|flow| flow.is_continue())
    }
}

/// Expressions of at most so many nodes have no two large numbers that could cancel.
const NOTHING_CANCELS: usize = 3;

/// Share of a loss, and loss at all, by which losses at nearly the same points may differ.
const DRIFT: f64 = 1e-2;
const ROUNDING: f64 = 1e-6;

/// The expression with every input and every constant a thousand roundings or two beside where
/// it is, and none by as much as another.
fn displaced(expr: &Expr) -> Expr {
    const STEP: f64 = 2.3e-13;
    let factor = |k: usize, turn: f64| 1.0 + STEP * (1.0 + (turn * (k as f64 + 0.5)).fract());
    let constants = expr.constants().iter().enumerate();
    let constants: Vec<f64> = constants.map(|(k, c)| c * factor(k, 0.754_878)).collect();
    let input =
        |input: u16| Expr::constant(factor(usize::from(input), 0.618_034)) * Expr::var(input);
    let inputs: Vec<Expr> = (0..).take(expr.input_count()).map(input).collect();
    expr.with_constants(&constants).substitute(&inputs)
}
