//! Least squares for sums of products: of monomials in some inputs and smooth functions of others.

use symgrad_expr::{Expr, OpSet};

use super::smooth::{Fit, Smooth};
use crate::propose::spectral;
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;
use crate::score::target::{Target, Values};

/// Points that the fits are made with.
pub(super) const POINTS: usize = 1_000;

/// There are at least this many points for each unknown.
const POINTS_PER_UNKNOWN: usize = 2;

/// One in so many points is held out.
const HELD_OUT: usize = 5;

/// Highest and lowest degree of a function's Chebyshev polynomials.
const HIGHEST: usize = 30;
const LOWEST: usize = 2;

/// What rounding leaves of least squares by normal equations.
pub(super) const ROUNDING: f64 = 1e-17;

/// A monomial whose largest value is so many times its root mean square speaks of few points.
const SPIKE: f64 = 30.0;

/// A product of powers of inputs and its values over their root mean square.
#[derive(Clone, Debug)]
pub(super) struct Monomial {
    /// None for 1.
    pub(super) expr: Option<Expr>,
    pub(super) size: f64,
    pub(super) values: Vec<f64>,
}

/// Monomials times functions of some inputs.
pub(super) struct Model {
    pub(super) inputs: Vec<u16>,
    pub(super) monomials: Vec<Monomial>,
    /// By how much the misfit rises without each of the monomials.
    pub(super) rises: Vec<f64>,
    pub(super) left: f64,
}

/// What least squares come to.
pub(super) struct Solved {
    pub(super) fit: Fit,
    /// By how much the misfit rises without each of the blocks.
    pub(super) rises: Vec<f64>,
    /// The mean square that is left at points that were held out.
    pub(super) left: f64,
}

pub(super) struct Data<'a> {
    pub(super) objective: &'a Objective,
    pub(super) target: &'a Values,
    /// Weights of the points that are fitted.
    fitted: Vec<f64>,
    allowance: Allowance,
    /// Worth of the fits, in evaluations.
    pub(super) spent: u64,
}

impl<'a> Data<'a> {
    pub(super) fn new(objective: &'a Objective, allowance: Allowance) -> Option<Self> {
        let Target::Values(target) = objective.target() else { return None };
        let is_fitted = |n: usize| n % HELD_OUT != HELD_OUT - 1;
        let weights = objective.weights().iter().enumerate();
        let fitted = weights.map(|(n, w)| if is_fitted(n) { *w } else { 0.0 }).collect();
        let is_enough = objective.points() >= 10 * HELD_OUT && !target.linear_scaling;
        is_enough.then_some(Self { objective, target, fitted, allowance, spent: 0 })
    }

    /// The values in units of their deviation, with their mean.
    fn values(&self) -> Vec<f64> {
        let mean = self.target.mean / self.target.deviation;
        self.target.standard.iter().map(|y| y + mean).collect()
    }

    /// Most unknowns.
    pub(super) fn most(&self) -> usize {
        self.objective.points() / POINTS_PER_UNKNOWN
    }

    /// `None` where it is not finite or has spikes.
    pub(super) fn monomial(
        &self,
        inputs: &[u16],
        exponents: &[i32],
        ops: &OpSet,
    ) -> Option<Monomial> {
        if exponents.iter().all(|e| *e == 0) {
            let values = vec![1.0; self.objective.points()];
            return Some(Monomial { expr: None, size: 1.0, values });
        }
        let expr = spectral::quotient_of_powers(inputs, exponents, ops)?;
        let values = Evaluator::new(self.objective).values(&expr)?;
        let size = (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt();
        let largest = values.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
        let values = values.into_iter().map(|v| v / size).collect();
        let is_even = size.is_normal() && largest < SPIKE * size;
        is_even.then_some(Monomial { expr: Some(expr), size, values })
    }

    /// What is left to be found of the values over a factor, in these inputs.
    pub(super) fn over(&self, factor: &Expr, inputs: &[u16]) -> Option<Objective> {
        let factors = Evaluator::new(self.objective).values(factor)?;
        let values = self.values();
        let unit = self.target.deviation;
        let values: Vec<f64> = values.iter().zip(&factors).map(|(y, m)| unit * y / m).collect();
        self.regression(inputs, &values)
    }

    /// Least squares with as high a degree as the points bear. `None` if that is too low.
    pub(super) fn fit(&mut self, inputs: &[u16], monomials: Vec<Monomial>) -> Option<Model> {
        let degree = self.highest(inputs.len(), monomials.len())?;
        self.fit_of_degree(inputs, monomials, degree)
    }

    /// The highest degree in so many inputs that the points bear beside so many monomials.
    pub(super) fn highest(&self, inputs: usize, monomials: usize) -> Option<usize> {
        let fits = |degree: &usize| Smooth::count(inputs, *degree) * monomials <= self.most();
        (LOWEST..=HIGHEST).rev().find(fits)
    }

    /// Least squares with functions up to that degree. `None` without inputs or monomials, where numbers
    /// are not finite, and once the allowance is spent.
    pub(super) fn fit_of_degree(
        &mut self,
        inputs: &[u16],
        monomials: Vec<Monomial>,
        degree: usize,
    ) -> Option<Model> {
        if inputs.is_empty() || monomials.is_empty() {
            return None;
        }
        let columns = self.columns(inputs);
        let functions = Smooth::of_degree(&columns, degree);
        let parts = monomials.iter().map(|monomial| functions.times(&monomial.values));
        let design = parts.reduce(|all, part| all.and(&part))?;
        let solved = self.solved(&design, &vec![functions.len(); monomials.len()])?;
        Some(Model { inputs: inputs.to_vec(), monomials, rises: solved.rises, left: solved.left })
    }

    /// Least squares with a design whose columns come in blocks.
    pub(super) fn solved(&mut self, design: &Smooth, blocks: &[usize]) -> Option<Solved> {
        if self.allowance.after(self.spent).is_over() {
            return None;
        }
        self.spent += design.len() as u64;
        let values = self.values();
        let squares = design.weighted(&self.fitted)?;
        let fit = squares.fit(&values)?;
        let rises = squares.rises(&fit, blocks)?;
        let off: Vec<f64> =
            design.values(&fit).iter().zip(&values).map(|(fitted, y)| fitted - y).collect();
        let left = self.held_out_mean(|n| off[n] * off[n]);
        left.is_finite().then_some(Solved { fit, rises, left })
    }

    pub(super) fn columns(&self, inputs: &[u16]) -> Vec<&'a [f64]> {
        inputs.iter().map(|&input| &*self.objective.columns()[usize::from(input)]).collect()
    }

    fn held_out_mean(&self, number: impl Fn(usize) -> f64) -> f64 {
        let held = (0..self.fitted.len()).filter(|n| self.fitted[*n] == 0.0);
        let (sum, count) = held.fold((0.0, 0), |(sum, count), n| (sum + number(n), count + 1));
        sum / f64::from(count.max(1))
    }

    pub(super) fn regression(&self, inputs: &[u16], values: &[f64]) -> Option<Objective> {
        let weights = self.objective.weights().to_vec();
        let target = Target::Values(Values::of(values, &weights, false)?);
        let columns =
            inputs.iter().map(|&i| self.objective.columns()[usize::from(i)].to_vec()).collect();
        let names = (1..=inputs.len()).map(|k| format!("x{k}")).collect();
        Some(Objective::weighted(names, columns, weights, target))
    }
}
