//! Least squares with Chebyshev polynomials, to tell whether numbers are a smooth function of some
//! variables, and to integrate them where these are one.

use faer::linalg::solvers::{DenseSolveCore, Llt, Solve};
use faer::{Mat, Side};
use symgrad_expr::{Expr, Program, Workspace};

/// There are at least this many points for each unknown.
const POINTS_PER_UNKNOWN: usize = 6;

/// Rows times columns squared of a matrix whose decomposition takes as long as an evaluation.
const CELLS: usize = 60_000;

/// Ridge relative to the mean of the diagonal.
const RIDGE: f64 = 1e-13;

/// Products of Chebyshev polynomials of some variables at N points.
#[derive(Clone, Debug)]
pub(super) struct Smooth {
    columns: Vec<Vec<f64>>,
}

/// What least squares come to.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    pub(super) coefficients: Vec<f64>,
    /// The weighted sum of squares that is left, as it would be with as few unknowns as none.
    pub(super) left: f64,
}

impl Smooth {
    /// Of as high a degree altogether as the points bear, and this one at most.
    pub(super) fn new(variables: &[&[f64]], highest: usize) -> Self {
        let points = variables.first().map_or(0, |column| column.len());
        let fits =
            |degree: &usize| Self::count(variables.len(), *degree) * POINTS_PER_UNKNOWN <= points;
        Self::of_degree(variables, (1..=highest).rev().find(fits).unwrap_or(1))
    }

    /// How many there are of so many variables up to that degree altogether.
    pub(super) fn count(variables: usize, degree: usize) -> usize {
        (1..=variables).fold(1, |count, k| count * (degree + k) / k)
    }

    /// The degrees of all up to that degree altogether.
    pub(super) fn degrees(variables: usize, degree: usize) -> Vec<usize> {
        let mut found = vec![0];
        for _ in 0..variables {
            let higher = |used: &usize| used + 1..=degree;
            let more: Vec<usize> = found.iter().flat_map(higher).collect();
            found.extend(more);
        }
        found
    }

    /// All up to that degree altogether.
    pub(super) fn of_degree(variables: &[&[f64]], degree: usize) -> Self {
        Self::products(variables, degree, 0, None)
    }

    /// Those up to that degree altogether in which every variable has a part: what is no sum of functions of
    /// fewer variables.
    pub(super) fn interactions(variables: &[&[f64]], degree: usize) -> Self {
        Self::products(variables, degree, 1, None)
    }

    /// The derivatives of both by one of the variables.
    pub(super) fn slopes_of_degree(variables: &[&[f64]], degree: usize, along: usize) -> Self {
        Self::products(variables, degree, 0, Some(along))
    }

    pub(super) fn slopes_of_interactions(
        variables: &[&[f64]],
        degree: usize,
        along: usize,
    ) -> Self {
        Self::products(variables, degree, 1, Some(along))
    }

    /// How many of these there are of so many variables.
    pub(super) fn interactions_count(variables: usize, degree: usize) -> usize {
        if variables > degree { 0 } else { Self::count(variables, degree - variables) }
    }

    fn products(variables: &[&[f64]], degree: usize, least: usize, along: Option<usize>) -> Self {
        let points = variables.first().map_or(0, |column| column.len());
        let mut found: Vec<(usize, Vec<f64>)> = vec![(0, vec![1.0; points])];
        for (place, variable) in variables.iter().enumerate() {
            let is_along = along == Some(place);
            let powers: Vec<Vec<f64>> = if is_along {
                slopes_of_polynomials(variable, degree)
            } else {
                let angles = angles(variable);
                (1..=degree).map(|k| cosines(&angles, k)).collect()
            };
            let products = |(used, column): &(usize, Vec<f64>)| -> Vec<(usize, Vec<f64>)> {
                let times = |p: &Vec<f64>| column.iter().zip(p).map(|(a, b)| a * b).collect();
                let more = powers.iter().take(degree - used).enumerate();
                more.map(|(k, power)| (used + k + 1, times(power))).collect()
            };
            let more: Vec<_> = found.iter().flat_map(products).collect();
            if least > 0 {
                found.clear();
            }
            if is_along {
                // What does not depend on it.
                for (_, column) in &mut found {
                    column.fill(0.0);
                }
            }
            found.extend(more);
        }
        Self { columns: found.into_iter().map(|(_, column)| column).collect() }
    }

    /// A column alone.
    pub(super) fn column(column: &[f64]) -> Self {
        Self { columns: vec![column.to_vec()] }
    }

    /// The polynomials times a column.
    pub(super) fn times(&self, factor: &[f64]) -> Self {
        let times = |column: &Vec<f64>| column.iter().zip(factor).map(|(a, b)| a * b).collect();
        Self { columns: self.columns.iter().map(times).collect() }
    }

    /// These and others, which come after them.
    pub(super) fn and(&self, others: &Self) -> Self {
        Self { columns: self.columns.iter().chain(&others.columns).cloned().collect() }
    }

    /// The sum with as many others, column by column.
    pub(super) fn plus(&self, others: &Self) -> Self {
        let plus = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| a + b).collect();
        Self { columns: self.columns.iter().zip(&others.columns).map(plus).collect() }
    }

    /// At the points of several, one after the other, column by column.
    pub(super) fn stacked(parts: &[Self]) -> Self {
        let columns = parts.first().map_or(0, Self::len);
        let stacked = |k| parts.iter().flat_map(|part: &Self| &part.columns[k]).copied().collect();
        Self { columns: (0..columns).map(stacked).collect() }
    }

    /// The means of the columns, as what they are at one point.
    pub(super) fn means(&self) -> Self {
        let mean = |column: &Vec<f64>| vec![column.iter().sum::<f64>() / column.len() as f64];
        Self { columns: self.columns.iter().map(mean).collect() }
    }

    pub(super) fn column_of(&self, k: usize) -> &[f64] {
        &self.columns[k]
    }

    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// The fitted function at the points.
    pub(super) fn values(&self, fit: &Fit) -> Vec<f64> {
        self.combined(&fit.coefficients)
    }

    /// The sum with these coefficients at the points.
    pub(super) fn combined(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut values = vec![0.0; self.columns.first().map_or(0, Vec::len)];
        for (column, c) in self.columns.iter().zip(coefficients) {
            values.iter_mut().zip(column).for_each(|(value, t)| *value += c * t);
        }
        values
    }

    /// Least squares with weights.
    pub(super) fn weighted(&self, weights: &[f64]) -> Option<LeastSquares> {
        let unknowns = self.columns.len();
        let roots: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
        let columns = Mat::from_fn(roots.len(), unknowns, |n, k| roots[n] * self.columns[k][n]);
        let mut gram = columns.transpose() * &columns;
        let trace: f64 = (0..unknowns).map(|k| gram[(k, k)]).sum();
        for k in 0..unknowns {
            gram[(k, k)] += RIDGE * trace / unknowns as f64;
        }
        let factors = gram.llt(Side::Lower).ok()?;
        Some(LeastSquares { roots, columns, factors })
    }
}

/// Least squares with some columns and weights, of whatever values.
pub(super) struct LeastSquares {
    roots: Vec<f64>,
    columns: Mat<f64>,
    factors: Llt<f64>,
}

impl LeastSquares {
    pub(super) fn fit(&self, values: &[f64]) -> Option<Fit> {
        let (points, unknowns) = (self.columns.nrows(), self.columns.ncols());
        let target = Mat::from_fn(points, 1, |n, _| self.roots[n] * values[n]);
        let mut solution = self.factors.solve(self.columns.transpose() * &target);
        // A step of iterative refinement.
        let rest = &target - &self.columns * &solution;
        solution += self.factors.solve(self.columns.transpose() * rest);
        let left = (&self.columns * &solution - target).squared_norm_l2();
        let freedom = points as f64 / points.saturating_sub(unknowns).max(1) as f64;
        let coefficients = (0..unknowns).map(|k| solution[(k, 0)]).collect();
        left.is_finite().then_some(Fit { coefficients, left: left * freedom })
    }
}

impl LeastSquares {
    /// By how much the sum of squares would rise without each of the blocks of so many columns, all other
    /// coefficients fitted anew.
    pub(super) fn rises(&self, fit: &Fit, sizes: &[usize]) -> Option<Vec<f64>> {
        let inverse = self.factors.inverse();
        let mut first = 0;
        let rise = |&size: &usize| -> Option<f64> {
            let variances = inverse.submatrix(first, first, size, size);
            let own = Mat::from_fn(size, 1, |n, _| fit.coefficients[first + n]);
            first += size;
            let weighed = variances.llt(Side::Lower).ok()?.solve(&own);
            Some((own.transpose() * weighed)[(0, 0)])
        };
        sizes.iter().map(rise).collect()
    }
}

impl Fit {
    /// Some of the coefficients, of a function of its own.
    pub(super) fn part(&self, first: usize, count: usize) -> Self {
        Self { coefficients: self.coefficients[first..first + count].to_vec(), left: self.left }
    }

    /// The integral of the fitted function of one variable, zero in the mean.
    pub(super) fn integrated(&self, variable: &[f64]) -> Vec<f64> {
        let (low, high) = range(variable);
        let angles = angles(variable);
        let mut sums = vec![0.0; variable.len()];
        // ∫T₀ = T₁, ∫T₁ = T₂/4, ∫Tₖ = Tₖ₊₁/(2(k + 1)) − Tₖ₋₁/(2(k − 1)), up to constants.
        let mut add = |degree: usize, factor: f64| {
            sums.iter_mut().zip(cosines(&angles, degree)).for_each(|(sum, t)| *sum += factor * t);
        };
        for (k, c) in self.coefficients.iter().enumerate() {
            let c = c * (high - low) / 2.0;
            match k {
                0 => add(1, c),
                1 => add(2, c / 4.0),
                _ => {
                    add(k + 1, c / (2 * (k + 1)) as f64);
                    add(k - 1, -c / (2 * (k - 1)) as f64);
                }
            }
        }
        let mean = sums.iter().sum::<f64>() / sums.len() as f64;
        sums.into_iter().map(|sum| sum - mean).collect()
    }
}

/// The logarithms, if all numbers are positive: functions with a pole at zero are smoother in these.
pub(super) fn logarithms(columns: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let is_positive = columns.iter().flatten().all(|x| *x > 0.0);
    is_positive.then(|| columns.iter().map(|c| c.iter().map(|x| x.ln()).collect()).collect())
}

/// The evaluations that take as long as the decomposition of a matrix.
pub(super) fn evaluations_of_decomposition(rows: usize, columns: usize) -> u64 {
    (rows * columns * columns / CELLS) as u64
}

/// The slopes of a function of x1 at points where none of them vanishes or is infinite.
pub(super) fn slopes_of(function: &Expr, column: &[f64]) -> Option<Vec<f64>> {
    let mut slopes = [vec![]];
    let mut values = vec![0.0; column.len()];
    let bad = Program::compile(function)
        .input_gradients(&[column], &mut Workspace::default(), &mut values, &mut slopes)
        .ok()?;
    let [slopes] = slopes;
    (bad == 0 && slopes.iter().all(|slope| slope.is_normal())).then_some(slopes)
}

fn range(column: &[f64]) -> (f64, f64) {
    let low = column.iter().copied().fold(f64::INFINITY, f64::min);
    let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (low, high)
}

/// The angles whose cosines are the numbers, brought to the range from −1 to 1.
fn angles(column: &[f64]) -> Vec<f64> {
    let (low, high) = range(column);
    let angle = |x: &f64| ((2.0 * x - low - high) / (high - low)).clamp(-1.0, 1.0).acos();
    column.iter().map(angle).collect()
}

/// The derivatives of the Chebyshev polynomials of degrees 1, 2 and so on, k·Uₖ₋₁.
fn slopes_of_polynomials(column: &[f64], degree: usize) -> Vec<Vec<f64>> {
    let (low, high) = range(column);
    let scale = 2.0 / (high - low);
    let x: Vec<f64> = column.iter().map(|x| scale * (x - low) - 1.0).collect();
    let mut second_kind = vec![vec![1.0; x.len()], x.iter().map(|x| 2.0 * x).collect()];
    for k in 2..degree {
        let next = |n: usize| 2.0 * x[n] * second_kind[k - 1][n] - second_kind[k - 2][n];
        second_kind.push((0..x.len()).map(next).collect::<Vec<f64>>());
    }
    let slope = |(k, u): (usize, Vec<f64>)| u.iter().map(|u| (k + 1) as f64 * scale * u).collect();
    second_kind.into_iter().take(degree).enumerate().map(slope).collect()
}

/// A Chebyshev polynomial at the cosines of angles.
fn cosines(angles: &[f64], degree: usize) -> Vec<f64> {
    angles.iter().map(|angle| (degree as f64 * angle).cos()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smooth_function_is_integrated() {
        let x: Vec<f64> = (0..200).map(|n| 1.0 + (0.618_034 * f64::from(n)).fract()).collect();
        let values: Vec<f64> = x.iter().map(|x| x.cos() / x - x.sin() / (x * x)).collect();
        let smooth = Smooth::new(&[&x], 16);
        let fit = smooth.weighted(&vec![1.0; 200]).unwrap().fit(&values).unwrap();
        assert!(fit.left < 1e-18, "{:e}", fit.left);
        let off: Vec<f64> =
            fit.integrated(&x).iter().zip(&x).map(|(f, x)| f - x.sin() / x).collect();
        assert!(off.iter().all(|o| (o - off[0]).abs() < 1e-9));
    }
}
