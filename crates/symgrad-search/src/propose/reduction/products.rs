//! Least squares for sums of products: of monomials in some inputs and smooth functions of others.
//!
//! What is known are values y, or linear equations for their slopes, ∂ⱼy − gⱼ·y = hⱼ for every input xⱼ.

use std::borrow::Cow;

use symgrad_expr::{Expr, OpSet, Program, Workspace};

use super::smooth::{Fit, Smooth};
use crate::propose::spectral;
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;
use crate::score::target::{Target, Values};

/// Points that the fits are made with.
pub(crate) const FITTED_POINTS: usize = 1_000;

/// There are at least this many points for each unknown.
const POINTS_PER_UNKNOWN: usize = 2;

/// Most unknowns, whatever the number of equations.
const UNKNOWNS: usize = 500;

/// One in so many points is held out.
const HELD_OUT: usize = 5;

fn is_held_out(point: usize) -> bool {
    point % HELD_OUT == HELD_OUT - 1
}

/// Weights, zero where points are held out.
fn of_fitted(weights: &[f64]) -> Vec<f64> {
    weights.iter().enumerate().map(|(n, w)| if is_held_out(n) { 0.0 } else { *w }).collect()
}

/// Weights that add up to one, zero where points are fitted.
fn of_held_out(weights: &[f64]) -> Vec<f64> {
    let held = |(n, w): (usize, &f64)| if is_held_out(n) { *w } else { 0.0 };
    let held: Vec<f64> = weights.iter().enumerate().map(held).collect();
    let total: f64 = held.iter().sum();
    held.into_iter().map(|w| w / total).collect()
}

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
    /// The derivatives by each input where equations are of slopes.
    slopes: Vec<Vec<f64>>,
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

/// Functions of some inputs, and where equations are of slopes, their derivatives by each input.
#[derive(Clone)]
pub(super) struct Functions {
    pub(super) values: Smooth,
    slopes: Vec<Smooth>,
}

impl Functions {
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The functions times a monomial.
    pub(super) fn times(&self, monomial: &Monomial) -> Self {
        let of_product = |(slopes, of_monomial): (&Smooth, &Vec<f64>)| {
            slopes.times(&monomial.values).plus(&self.values.times(of_monomial))
        };
        Self {
            values: self.values.times(&monomial.values),
            slopes: self.slopes.iter().zip(&monomial.slopes).map(of_product).collect(),
        }
    }

    /// These and others, which come after them.
    pub(super) fn and(&self, others: &Self) -> Self {
        let both = |(own, others): (&Smooth, &Smooth)| own.and(others);
        Self {
            values: self.values.and(&others.values),
            slopes: self.slopes.iter().zip(&others.slopes).map(both).collect(),
        }
    }
}

/// Linear equations ∂ⱼy − gⱼ·y = hⱼ for the slopes of values, at N points.
#[derive(Clone, Debug)]
pub(super) enum Slopes {
    /// The slopes hⱼ themselves, gⱼ being zero: the values are known up to a constant.
    Given(Vec<Vec<f64>>),
    /// The slopes gⱼ of the logarithms, hⱼ being zero: the values are known up to a factor, and are 1 in the
    /// mean.
    OfLogarithms(Vec<Vec<f64>>),
}

pub(super) struct Data<'a> {
    /// The points and their weights.
    pub(super) objective: &'a Objective,
    /// What the values are measured in.
    pub(super) unit: f64,
    slopes: Option<Slopes>,
    /// What the equations come to, and weights of those that are fitted and of those held out.
    wanted: Vec<f64>,
    fitted: Vec<f64>,
    held_out: Vec<f64>,
    allowance: Allowance,
    /// Worth of the fits, in evaluations.
    pub(super) spent: u64,
}

impl<'a> Data<'a> {
    /// Values, in units of their deviation.
    pub(super) fn new(objective: &'a Objective, allowance: Allowance) -> Option<Self> {
        let Target::Values(target) = objective.target() else { return None };
        let mean = target.mean / target.deviation;
        let weights = objective.weights();
        let is_enough = objective.points() >= 10 * HELD_OUT && !target.linear_scaling;
        is_enough.then(|| Self {
            objective,
            unit: target.deviation,
            slopes: None,
            wanted: target.standard.iter().map(|y| y + mean).collect(),
            fitted: of_fitted(weights),
            held_out: of_held_out(&vec![1.0; weights.len()]),
            allowance,
            spent: 0,
        })
    }

    /// Equations for slopes at points, by whose weights their errors count.
    pub(super) fn of_slopes(
        objective: &'a Objective,
        mut slopes: Slopes,
        allowance: Allowance,
    ) -> Option<Self> {
        let (points, inputs) = (objective.points(), objective.dim());
        let weights = objective.weights();
        let (Slopes::Given(columns) | Slopes::OfLogarithms(columns)) = &mut slopes;
        let square: f64 = columns
            .iter()
            .flat_map(|column| column.iter().zip(weights))
            .map(|(g, w)| w * g * g)
            .sum();
        let unit = (square / weights.iter().sum::<f64>()).sqrt();
        let is_enough = points >= 10 * HELD_OUT && unit.is_normal();
        let of_all_inputs = |of_one: Vec<f64>| -> Vec<f64> {
            (0..inputs).flat_map(|_| of_one.iter().copied()).collect()
        };
        let mut fitted = of_all_inputs(of_fitted(weights));
        let mut held_out = of_all_inputs(of_held_out(weights));
        let (wanted, unit) = match &slopes {
            Slopes::Given(h) => (h.iter().flatten().map(|h| h / unit).collect(), unit),
            Slopes::OfLogarithms(_) => {
                fitted.iter_mut().chain(&mut held_out).for_each(|w| *w /= unit * unit);
                // One more equation says what the mean is.
                fitted.push(weights.iter().sum());
                held_out.push(0.0);
                let zeros = std::iter::repeat_n(0.0, points * inputs);
                (zeros.chain([1.0]).collect(), 1.0)
            }
        };
        is_enough.then_some(Self {
            objective,
            unit,
            slopes: Some(slopes),
            wanted,
            fitted,
            held_out,
            allowance,
            spent: 0,
        })
    }

    /// Most unknowns.
    pub(super) fn most(&self) -> usize {
        (self.wanted.len() / POINTS_PER_UNKNOWN).min(UNKNOWNS)
    }

    /// `None` where it is not finite or has spikes.
    pub(super) fn monomial(
        &self,
        inputs: &[u16],
        exponents: &[i32],
        ops: &OpSet,
    ) -> Option<Monomial> {
        if exponents.iter().all(|e| *e == 0) {
            return self.factor(None);
        }
        self.factor(Some(spectral::quotient_of_powers(inputs, exponents, ops)?))
    }

    /// The same of any formula; 1 if there is none.
    pub(super) fn factor(&self, formula: Option<Expr>) -> Option<Monomial> {
        let points = self.objective.points();
        let of_slopes = if self.slopes.is_some() { self.objective.dim() } else { 0 };
        let Some(expr) = formula else {
            let (values, slopes) = (vec![1.0; points], vec![vec![0.0; points]; of_slopes]);
            return Some(Monomial { expr: None, size: 1.0, values, slopes });
        };
        let values = Evaluator::new(self.objective).values(&expr)?;
        let size = (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt();
        let largest = values.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
        let mut slopes = vec![vec![]; of_slopes];
        if of_slopes > 0 {
            let columns = self.objective.columns();
            Program::compile(&expr)
                .input_gradients(
                    columns,
                    &mut Workspace::default(),
                    &mut vec![0.0; points],
                    &mut slopes,
                )
                .ok()?;
        }
        let over_size = |column: Vec<f64>| column.into_iter().map(|v| v / size).collect();
        let is_even = size.is_normal() && largest < SPIKE * size;
        is_even.then(|| Monomial {
            expr: Some(expr),
            size,
            values: over_size(values),
            slopes: slopes.into_iter().map(over_size).collect(),
        })
    }

    /// What is left to be found of the values over a factor, in these inputs.
    pub(super) fn over(&self, factor: &Expr, inputs: &[u16]) -> Option<Objective> {
        let factors = Evaluator::new(self.objective).values(factor)?;
        let unit = self.unit;
        let values: Vec<f64> =
            self.wanted.iter().zip(&factors).map(|(y, m)| unit * y / m).collect();
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
        let functions = self.functions(inputs, degree);
        let parts = monomials.iter().map(|monomial| functions.times(monomial));
        let design = parts.reduce(|all, part| all.and(&part))?;
        let rows = self.rows(&design);
        let solved = self.solved(&rows, &vec![functions.len(); monomials.len()])?;
        Some(Model { inputs: inputs.to_vec(), monomials, rises: solved.rises, left: solved.left })
    }

    /// Polynomials up to that degree in some inputs.
    pub(super) fn functions(&self, inputs: &[u16], degree: usize) -> Functions {
        let columns = self.columns(inputs);
        let values = Smooth::of_degree(&columns, degree);
        let slopes = self.slopes_by_inputs(inputs, &values, |along| {
            Smooth::slopes_of_degree(&columns, degree, along)
        });
        Functions { values, slopes }
    }

    /// Those in which every one of the inputs has a part.
    pub(super) fn interactions(&self, inputs: &[u16], degree: usize) -> Functions {
        let columns = self.columns(inputs);
        let values = if inputs.is_empty() {
            Smooth::column(&vec![1.0; self.objective.points()])
        } else {
            Smooth::interactions(&columns, degree)
        };
        let slopes = self.slopes_by_inputs(inputs, &values, |along| {
            Smooth::slopes_of_interactions(&columns, degree, along)
        });
        Functions { values, slopes }
    }

    fn slopes_by_inputs(
        &self,
        inputs: &[u16],
        values: &Smooth,
        slopes: impl Fn(usize) -> Smooth,
    ) -> Vec<Smooth> {
        let none = vec![0.0; self.objective.points()];
        let by = |input: usize| match inputs.iter().position(|own| usize::from(*own) == input) {
            Some(place) => slopes(place),
            None => values.times(&none),
        };
        let count = if self.slopes.is_some() { self.objective.dim() } else { 0 };
        (0..count).map(by).collect()
    }

    /// Whether values are known up to a constant or a factor alone.
    pub(super) fn is_of_slopes(&self) -> bool {
        self.slopes.is_some()
    }

    /// Whether a constant is beyond what is known.
    pub(super) fn is_up_to_a_constant(&self) -> bool {
        matches!(self.slopes, Some(Slopes::Given(_)))
    }

    /// What functions contribute to each equation.
    pub(super) fn rows<'f>(&self, functions: &'f Functions) -> Cow<'f, Smooth> {
        let values = &functions.values;
        Cow::Owned(match &self.slopes {
            None => return Cow::Borrowed(values),
            Some(Slopes::Given(_)) => Smooth::stacked(&functions.slopes),
            Some(Slopes::OfLogarithms(of_logarithms)) => {
                let row = |(slopes, g): (&Smooth, &Vec<f64>)| {
                    let minus: Vec<f64> = g.iter().map(|g| -g).collect();
                    slopes.plus(&values.times(&minus))
                };
                let rows = functions.slopes.iter().zip(of_logarithms).map(row);
                Smooth::stacked(&rows.chain([values.means()]).collect::<Vec<_>>())
            }
        })
    }

    /// Least squares with a design whose columns come in blocks.
    pub(super) fn solved(&mut self, design: &Smooth, blocks: &[usize]) -> Option<Solved> {
        if self.allowance.after(self.spent).is_over() {
            return None;
        }
        self.spent += (design.len() * self.wanted.len() / self.objective.points()) as u64;
        let squares = design.weighted(&self.fitted)?;
        let fit = squares.fit(&self.wanted)?;
        let rises = squares.rises(&fit, blocks)?;
        let left = self.left(&design.values(&fit));
        left.is_finite().then_some(Solved { fit, rises, left })
    }

    pub(super) fn columns(&self, inputs: &[u16]) -> Vec<&'a [f64]> {
        inputs.iter().map(|&input| &*self.objective.columns()[usize::from(input)]).collect()
    }

    /// The mean square of misfits to equations that were held out.
    fn left(&self, found: &[f64]) -> f64 {
        let of = |((found, wanted), w): ((&f64, &f64), &f64)| w * (found - wanted).powi(2);
        found.iter().zip(&self.wanted).zip(&self.held_out).map(of).sum()
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
