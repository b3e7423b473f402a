//! Values that scalings of several inputs only multiply and shifts leave as they are: fewer variables, by dimensional
//! analysis.
//!
//! If f(…, λ^αᵢ·xᵢ, …) = λ^β·f(x), then Σ αᵢ·∂log f/∂log xᵢ = β (Euler's theorem on homogeneous functions): (α, −β) is
//! in the null space of the matrix with the columns ∂log f/∂log xᵢ and 1. With k such vectors f is a monomial times a
//! function of d − k monomials (the π theorem). Shifts and linear combinations are the same with the columns ∂f/∂xᵢ.
//! Slopes are those of a smooth fit, so that null vectors come near to simple numbers, to which they are rounded; a fit
//! in the fewer variables alone then has to leave about as little as that in all.

use faer::Mat;
use symgrad_expr::{Expr, OpSet};

use super::invariants::{Group, bases, combination, monomial, orthogonal_vectors, whole_numbers};
use super::smooth::{Fit, Smooth, evaluations_of_decomposition};
use super::symmetries::echelon;
use crate::score::budget::Allowance;
use crate::score::objective::Objective;
use crate::score::target::{Target, Values};

/// Values as a product, and what the rest is a function of.
pub(crate) struct Homogeneous {
    /// In terms of the inputs; none if it is 1.
    pub(crate) factor: Option<Expr>,
    /// In terms of the inputs, fewer than there are inputs.
    pub(crate) variables: Vec<Expr>,
    /// The values over the factor, as what a search is to find in the variables, which are x1, x2 and so on there.
    pub(crate) rest: Objective,
}

/// Most variables, points for each unknown of the smooth fits, and the highest degrees of these: in all variables, and
/// in fewer.
const VARIABLES: usize = 8;
const POINTS_PER_UNKNOWN: usize = 3;
const HIGHEST: usize = 10;
const HIGHEST_OF_FEWER: usize = 16;

/// Slopes are taken from the middle of each range, this share of it.
const INNER: f64 = 0.85;

/// What symmetries leave at most, as a share of the largest possible: slopes are known no better. What is none is told
/// by the fit in fewer variables.
const VANISHING: f64 = 0.1;

/// Columns are scaled up by no more than this: what changes so little is not known well.
const LARGEST_SCALE: f64 = 100.0;

/// Components of null vectors are whole multiples of one in so many, to within this.
const PARTS: [f64; 4] = [1.0, 2.0, 3.0, 4.0];
const NEAR: f64 = 0.06;

/// A fit in fewer variables leaves at most so many times the share that the one in all does.
const MORE: f64 = 4.0;

/// What fits leave in any case.
const ROUNDING: f64 = 1e-20;

/// Ways to choose the variables that are told.
const WAYS: usize = 2;

/// The values as a monomial times a function of fewer variables, in the ways with the fewest of these, and the
/// evaluations that the fits are worth.
pub(crate) fn homogeneous(
    objective: &Objective,
    inputs: &[u16],
    ops: &OpSet,
    allowance: &Allowance,
) -> (Vec<Homogeneous>, u64) {
    let Some(whole) = Data::new(objective, inputs) else { return (vec![], 0) };
    let (mut found, mut spent): (Vec<Data>, u64) = (vec![], 0);
    loop {
        let current = found.first().unwrap_or(&whole);
        let Some(degree) = current.degree() else { break };
        let unknowns = Smooth::count(current.variables.len(), degree);
        let cost = 2 * evaluations_of_decomposition(current.values.len(), unknowns);
        if allowance.is_over_after(spent + cost) {
            break;
        }
        spent += cost;
        let next = current.in_fewer_variables(degree, ops);
        if next.is_empty() {
            break;
        }
        found = next;
    }
    (found.into_iter().filter_map(Data::told).collect(), spent)
}

/// Values over a factor, and variables that they are a function of.
struct Data {
    factor: Option<Expr>,
    variables: Vec<Expr>,
    columns: Vec<Vec<f64>>,
    values: Vec<f64>,
    weights: Vec<f64>,
}

/// A smooth fit of the values, or of their logarithms.
struct Model {
    fit: Fit,
    degree: usize,
    logarithmic: bool,
    /// What it leaves of the variance.
    share: f64,
}

impl Data {
    /// `None` if there are no values.
    fn new(objective: &Objective, inputs: &[u16]) -> Option<Self> {
        let values = objective.given_values()?;
        let column = |&input: &u16| objective.columns()[usize::from(input)].to_vec();
        Some(Self {
            factor: None,
            variables: inputs.iter().copied().map(Expr::var).collect(),
            columns: inputs.iter().map(column).collect(),
            values,
            weights: objective.weights().to_vec(),
        })
    }

    fn told(self) -> Option<Homogeneous> {
        let Self { factor, variables, columns, values, weights } = self;
        let names = (1..=columns.len()).map(|k| format!("x{k}")).collect();
        let target = Target::Values(Values::of(&values, &weights, false)?);
        let rest = Objective::weighted(names, columns, weights, target);
        Some(Homogeneous { factor, variables, rest })
    }

    /// The degree of fits in all variables, as high as the points bear.
    fn degree(&self) -> Option<usize> {
        let (dim, points) = (self.variables.len(), self.values.len());
        let fits = |degree: &usize| Smooth::count(dim, *degree) * POINTS_PER_UNKNOWN <= points;
        let degree = (2..=HIGHEST).take_while(fits).last();
        degree.filter(|_| (2..=VARIABLES).contains(&dim))
    }

    /// The same in terms of what one group of symmetries leaves as it is, in several ways.
    fn in_fewer_variables(&self, degree: usize, ops: &OpSet) -> Vec<Self> {
        let Some(model) = self.model(degree) else { return vec![] };
        let of_group = |group: Group| {
            let columns = self.changes(group, &model);
            let candidates = symmetries(&columns, group).into_iter();
            let mut ways = candidates.map(|found| self.ways(group, &found, &model, ops));
            ways.find(|ways| !ways.is_empty())
        };
        [Group::Shifts, Group::Scalings].into_iter().find_map(of_group).unwrap_or_default()
    }

    /// The better fit of values and of their logarithms, in logarithms of variables where there are some.
    fn model(&self, degree: usize) -> Option<Model> {
        let smooth: Vec<Vec<f64>> = self.columns.iter().map(|x| numbers(x, true)).collect();
        let variables: Vec<&[f64]> = smooth.iter().map(Vec::as_slice).collect();
        let squares = Smooth::of_degree(&variables, degree);
        let squares = squares.weighted(&vec![1.0; self.values.len()])?;
        let of_values = |logarithmic: bool| {
            let values = numbers(&self.values, logarithmic);
            let fit = squares.fit(&values)?;
            Some(Model { share: fit.left / square(&values), fit, degree, logarithmic })
        };
        let kinds = [has_a_sign(&self.values), false].into_iter().filter_map(of_values);
        kinds.min_by(|a, b| a.share.total_cmp(&b.share))
    }

    /// How the model changes with what a group changes, and for scalings how values change with their own scale, away
    /// from the ends of ranges, where slopes of fits are known worst.
    fn changes(&self, group: Group, model: &Model) -> Vec<Vec<f64>> {
        let smooth: Vec<Vec<f64>> = self.columns.iter().map(|x| numbers(x, true)).collect();
        let variables: Vec<&[f64]> = smooth.iter().map(Vec::as_slice).collect();
        let change = |along: usize| -> Vec<f64> {
            let slopes = Smooth::slopes_of_degree(&variables, model.degree, along);
            let slopes = slopes.combined(&model.fit.coefficients);
            let x = &self.columns[along];
            let each = slopes.iter().zip(x);
            match (group, has_a_sign(x)) {
                (Group::Scalings, true) | (Group::Shifts, false) => slopes,
                (Group::Scalings, false) => each.map(|(slope, x)| slope * x).collect(),
                (Group::Shifts, true) => each.map(|(slope, x)| slope / x).collect(),
            }
        };
        let mut columns: Vec<Vec<f64>> = (0..self.columns.len()).map(change).collect();
        if group == Group::Scalings {
            let ones = || vec![1.0; self.values.len()];
            columns.push(if model.logarithmic { ones() } else { self.values.clone() });
        }
        let inner = inner(&variables);
        if inner.len() < POINTS_PER_UNKNOWN * columns.len() {
            return columns;
        }
        let pick = |column: &Vec<f64>| inner.iter().map(|&n| column[n]).collect();
        columns.iter().map(pick).collect()
    }

    /// The ways to choose variables that symmetries leave as they are, if a smooth fit in these tells the values as well.
    fn ways(&self, group: Group, symmetries: &[Vec<f64>], model: &Model, ops: &OpSet) -> Vec<Self> {
        let dim = self.columns.len();
        let signed: Vec<bool> = self.columns.iter().map(|x| !has_a_sign(x)).collect();
        let above =
            |vector: &[f64]| signed.iter().zip(vector).all(|(signed, e)| !signed || *e >= 0.0);
        // Without a zero in a denominator.
        let written = |vector: &[f64]| -> Option<Vec<f64>> {
            let whole = whole_numbers(vector)?;
            let turned: Vec<f64> = whole.iter().map(|e| -e).collect();
            if group == Group::Shifts {
                return Some(whole);
            }
            [whole, turned].into_iter().find(|vector| above(vector))
        };
        let length = symmetries.first().map_or(0, Vec::len);
        let all = orthogonal_vectors(symmetries, length, written);
        let of_values = |vector: &Vec<f64>| vector.get(dim).copied().unwrap_or(0.0);
        let (with_values, without): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|vector| of_values(vector) != 0.0);
        let without: Vec<Vec<f64>> = without.iter().map(|vector| vector[..dim].to_vec()).collect();
        let factor = match group {
            Group::Shifts => vec![0.0; dim],
            Group::Scalings => {
                let suits = |vector: &&Vec<f64>| {
                    let mut each = signed.iter().zip(&vector[..dim]);
                    of_values(vector).abs() == 1.0 && each.all(|(signed, e)| !signed || *e == 0.0)
                };
                let Some(found) = with_values.iter().find(suits) else { return vec![] };
                found[..dim].iter().map(|e| -e * found[dim]).collect()
            }
        };
        let way = |set: &Vec<Vec<f64>>| self.way(group, &factor, set, model, ops);
        bases(&without, dim - symmetries.len()).iter().filter_map(way).take(WAYS).collect()
    }

    fn way(
        &self,
        group: Group,
        factor: &[f64],
        vectors: &[Vec<f64>],
        model: &Model,
        ops: &OpSet,
    ) -> Option<Self> {
        let value = |vector: &Vec<f64>| match group {
            Group::Shifts => self.sum(vector),
            Group::Scalings => self.product(vector),
        };
        let written = |vector: &[f64]| match group {
            Group::Shifts => Some(combination(vector)).filter(|sum| ops.allows(sum)),
            Group::Scalings => monomial(vector, ops),
        };
        let in_inputs = |expr: Expr| expr.substitute(&self.variables);
        let columns: Vec<Vec<f64>> = vectors.iter().map(value).collect();
        let sizes = self.values.iter().zip(self.product(factor));
        let values: Vec<f64> = sizes.map(|(y, size)| y / size).collect();
        let smooth: Vec<Vec<f64>> = columns.iter().map(|x| numbers(x, true)).collect();
        let variables: Vec<&[f64]> = smooth.iter().map(Vec::as_slice).collect();
        let wanted = numbers(&values, model.logarithmic);
        let squares = Smooth::new(&variables, HIGHEST_OF_FEWER);
        let fit = squares.weighted(&vec![1.0; values.len()])?.fit(&wanted)?;
        let share = fit.left / square(&wanted);
        if share.is_nan() || share > MORE * model.share.max(ROUNDING) {
            return None;
        }
        let is_one = factor.iter().all(|e| *e == 0.0);
        let own = if is_one { None } else { Some(in_inputs(monomial(factor, ops)?)) };
        let factor = match (&self.factor, own) {
            (Some(before), Some(own)) => Some(before.clone() * own),
            (before, own) => own.or_else(|| before.clone()),
        };
        let variables = vectors.iter().map(|v| written(v).map(in_inputs)).collect::<Option<_>>()?;
        Some(Self { factor, variables, columns, values, weights: self.weights.clone() })
    }

    /// Variables to powers.
    fn product(&self, exponents: &[f64]) -> Vec<f64> {
        let mut product = vec![1.0; self.values.len()];
        for (column, exponent) in self.columns.iter().zip(exponents) {
            product.iter_mut().zip(column).for_each(|(p, x)| *p *= x.powf(*exponent));
        }
        product
    }

    /// Variables times numbers.
    fn sum(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; self.values.len()];
        for (column, c) in self.columns.iter().zip(coefficients) {
            sum.iter_mut().zip(column).for_each(|(s, x)| *s += c * x);
        }
        sum
    }
}

fn has_a_sign(column: &[f64]) -> bool {
    column.iter().all(|x| *x > 0.0) || column.iter().all(|x| *x < 0.0)
}

/// Logarithms of sizes, where they are wanted and the sign is the same everywhere.
fn numbers(column: &[f64], logarithmic: bool) -> Vec<f64> {
    if logarithmic && has_a_sign(column) {
        column.iter().map(|x| x.abs().ln()).collect()
    } else {
        column.to_vec()
    }
}

/// The sum of squares around the mean.
fn square(column: &[f64]) -> f64 {
    let mean = column.iter().sum::<f64>() / column.len() as f64;
    column.iter().map(|v| (v - mean).powi(2)).sum()
}

/// Points at which no variable is next to an end of its range.
fn inner(variables: &[&[f64]]) -> Vec<usize> {
    let range = |column: &&[f64]| {
        let low = column.iter().copied().fold(f64::INFINITY, f64::min);
        let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (f64::midpoint(low, high), INNER * (high - low) / 2.0)
    };
    let ranges: Vec<(f64, f64)> = variables.iter().map(range).collect();
    let is_inner = |n: &usize| {
        let mut each = variables.iter().zip(&ranges);
        each.all(|(column, (middle, reach))| (column[*n] - middle).abs() <= *reach)
    };
    (0..variables[0].len()).filter(is_inner).collect()
}

/// As many independent symmetries as there may be, then fewer: α of shifts, (α, β) of scalings.
fn symmetries(columns: &[Vec<f64>], group: Group) -> Vec<Vec<Vec<f64>>> {
    let (count, points) = (columns.len(), columns[0].len());
    let sizes: Vec<f64> =
        columns.iter().map(|c| c.iter().map(|v| v * v).sum::<f64>().sqrt()).collect();
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 || !sizes.iter().all(|size| size.is_finite()) {
        return vec![];
    }
    let sizes: Vec<f64> = sizes.iter().map(|size| size.max(largest / LARGEST_SCALE)).collect();
    let matrix = Mat::from_fn(points, count, |n, i| columns[i][n] / sizes[i]);
    let Ok(decomposed) = matrix.thin_svd() else { return vec![] };
    let vector =
        |k: usize| -> Vec<f64> { (0..count).map(|i| decomposed.V()[(i, k)] / sizes[i]).collect() };
    let variables = count - usize::from(group == Group::Scalings);
    let vanishing = (0..count).filter(|&k| decomposed.S()[k] < VANISHING);
    let most = vanishing.count().min(variables - 1);
    let simple = |of: usize| -> Option<Vec<Vec<f64>>> {
        let vectors: Vec<Vec<f64>> = (count - of..count).map(vector).collect();
        let mut found: Vec<Vec<f64>> =
            echelon(vectors, variables).iter().map(|v| simple(v)).collect::<Option<_>>()?;
        for beta in found.iter_mut().flat_map(|v| &mut v[variables..]) {
            *beta = -*beta;
        }
        Some(found)
    };
    (1..=most).rev().filter_map(simple).collect()
}

/// The vector with simple numbers, if it comes near to these.
fn simple(vector: &[f64]) -> Option<Vec<f64>> {
    let with_parts = |parts: f64| -> Option<Vec<f64>> {
        let near = |v: &f64| {
            let near = (v * parts).round() / parts;
            ((near - v).abs() < NEAR).then_some(near)
        };
        vector.iter().map(near).collect()
    };
    PARTS.into_iter().find_map(with_parts)
}

#[cfg(test)]
mod tests;
