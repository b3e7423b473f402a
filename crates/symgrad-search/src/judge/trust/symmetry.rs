//! Whose a misfit is, the neuron's or the formula's.
//!
//! Shifts, scalings and rotations leave the level sets of many formulas as they are: affine fields
//! v(x) with v·∇f = 0. A network that learned f knows nothing of them, so that its errors lie
//! along these fields as they lie in any other direction; so does noise. If next to nothing of
//! what parts a neuron from a formula lies along the formula's symmetries, or nothing but noise
//! where most of it is smooth, then the neuron has the symmetries and not the level sets: a part of
//! the formula is missing or wrong, one made of the same combinations of inputs.

use faer::linalg::matmul::matmul;
use faer::prelude::Solve;
use faer::{Accum, Mat, MatRef, Par, Side};
use symgrad_expr::Expr;

use super::matching;
use super::smooth::Allowed;
use crate::score::objective::Objective;
use crate::score::target::Target;

/// Most inputs of formulas that are looked at: d² + d fields are compared.
const INPUTS: usize = 9;

/// An affine field along which a formula changes less (mean square, beside the largest change
/// possible) is a symmetry: the rest is rounding.
const SYMMETRY: f64 = 1e-12;

/// Inputs whose affine functions have less than this share of the largest energy are dependent.
const DEPENDENT: f64 = 1e-9;

/// Mean squares below this are rounding, which knows no directions.
const ROUNDING: f64 = 1e-10;

/// Share of the misfit that has to be smooth, or on the formula's own inputs. Most of it may be
/// noise otherwise, and the rounding of constants, which keeps symmetries, a good part of the rest.
const MOST: f64 = 0.5;

/// Share of what errors without direction would have along the symmetries: a tenth of the angle.
const ALONG: f64 = 0.01;

/// Whether what parts the neuron from the formula is the formula's doing; false where nothing
/// can be said, as for formulas without symmetries.
pub(crate) fn misses_a_part(objective: &Objective, formula: &Expr) -> bool {
    compare(objective, formula).unwrap_or(false)
}

fn compare(objective: &Objective, formula: &Expr) -> Option<bool> {
    let Target::Directions(target) = objective.target() else { return None };
    // Of inputs that the formula does without nothing follows: they may be cut off in the network.
    let inputs: Vec<usize> = formula.inputs().into_iter().map(usize::from).collect();
    let can = target.basis.len() == 1
        && target.axes.is_whole()
        && (2..=INPUTS).contains(&inputs.len())
        && inputs.iter().all(|&input| objective.varies(input));
    can.then_some(())?;
    let points = objective.points();
    let weights: Vec<f64> = objective.weights().iter().map(|w| w * points as f64).collect();
    let (found, _) = matching::compare(objective, formula, &weights)?;
    let Allowed::Along(units) = &found.allowed else { return None };
    if found.total < ROUNDING {
        return Some(false);
    }
    let units = Mat::from_fn(points, inputs.len(), |n, i| units[inputs[i]][n]);
    let misfit = Mat::from_fn(points, inputs.len(), |n, i| found.residual[inputs[i] * points + n]);

    let affine = affine_functions(objective, &inputs)?;
    let symmetries = symmetries(&units, &affine)?;
    let along = times(products(&misfit, &affine).as_ref(), symmetries.as_ref());
    let expected = expected(&misfit, &affine, &symmetries);
    let (total, all) = (misfit.squared_norm_l2(), found.total * points as f64);
    if total > MOST * all && along.squared_norm_l2() < ALONG * expected {
        return Some(true);
    }
    let polynomials = Polynomials::new(objective, &inputs);
    let (terms, smooth) = polynomials.best(&misfit)?;
    let bound = polynomials.bound(terms, &along)?;
    Some(smooth > MOST * all && bound < ALONG * expected * smooth / total)
}

/// The constant and the inputs made orthonormal over the points. Far points count less: there an
/// affine field is large, and few points would decide alone.
fn affine_functions(objective: &Objective, inputs: &[usize]) -> Option<Mat<f64>> {
    let points = objective.points();
    let mut functions = Mat::from_fn(points, inputs.len() + 1, |_, _| 1.0);
    for (k, &input) in inputs.iter().enumerate() {
        let column = &objective.columns()[input];
        let mean = column.iter().sum::<f64>() / points as f64;
        let variance = column.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / points as f64;
        for (n, x) in column.iter().enumerate() {
            functions[(n, k + 1)] = (x - mean) / variance.sqrt();
        }
    }
    for n in 0..points {
        let distance = (1..=inputs.len()).map(|k| functions[(n, k)] * functions[(n, k)]);
        let root = (1.0 + distance.sum::<f64>() / inputs.len() as f64).sqrt();
        for k in 0..=inputs.len() {
            functions[(n, k)] /= root;
        }
    }
    let eigen = gram(&functions).self_adjoint_eigen(Side::Lower).ok()?;
    let (axes, energies) = (eigen.U(), eigen.S().column_vector());
    let count = energies.nrows();
    // Also false for what is not finite.
    let independent = energies[0] > DEPENDENT * energies[count - 1];
    independent.then(|| {
        let scaled = Mat::from_fn(count, count, |i, k| axes[(i, k)] / energies[k].sqrt());
        times(functions.as_ref(), scaled.as_ref())
    })
}

/// The affine fields along which the formula does not change, each of mean square 1 and
/// perpendicular to the others: their coefficients in the [`products`].
fn symmetries(units: &Mat<f64>, affine: &Mat<f64>) -> Option<Mat<f64>> {
    let changes = gram(&products(units, affine));
    let eigen = changes.self_adjoint_eigen(Side::Lower).ok()?;
    let energies = eigen.S().column_vector();
    let count = (0..energies.nrows()).filter(|&k| energies[k] < SYMMETRY).count();
    (count > 0).then(|| eigen.U().subcols(0, count).to_owned())
}

/// What errors of the misfit's size at every point would have along the symmetries if they lay
/// in all directions alike that the formula leaves.
fn expected(misfit: &Mat<f64>, affine: &Mat<f64>, symmetries: &Mat<f64>) -> f64 {
    let (dim, functions) = (misfit.ncols(), affine.ncols());
    let mut squares = vec![0.0; misfit.nrows()];
    for i in 0..dim {
        let part = times(affine.as_ref(), symmetries.subrows(i * functions, functions));
        for (n, square) in squares.iter_mut().enumerate() {
            *square += part.row(n).squared_norm_l2();
        }
    }
    let sizes = (0..misfit.nrows()).map(|n| misfit.row(n).squared_norm_l2());
    sizes.zip(squares).map(|(size, square)| size * square).sum::<f64>() / (dim - 1) as f64
}

/// Most polynomials that smoothness is measured by, and their highest degree.
const POLYNOMIALS: usize = 70;
const DEGREE: usize = 6;

/// Ridge of the fits, relative to the polynomials' size.
const RIDGE: f64 = 1e-9;

/// Standard errors to the bound of what noise may hide.
const ERRORS: f64 = 2.0;

/// Polynomials of the inputs, to tell what is smooth from noise: fitted on one half of the
/// points, they predict on the other what is smooth and nothing of the noise.
struct Polynomials {
    /// At the even and the odd points, by rising degree.
    halves: [Mat<f64>; 2],
    /// How many there are up to each degree.
    counts: Vec<usize>,
}

impl Polynomials {
    fn new(objective: &Objective, inputs: &[usize]) -> Self {
        let points = objective.points();
        let variables: Vec<Vec<f64>> =
            inputs.iter().map(|&input| in_unit_interval(&objective.columns()[input])).collect();
        // Each with the last variable it was multiplied by, so that none comes twice.
        let mut columns = vec![(0, vec![1.0; points])];
        let mut counts = vec![1];
        let mut before = 0;
        for _ in 0..DEGREE {
            let mut next = vec![];
            for (last, column) in &columns[before..] {
                for (k, variable) in variables.iter().enumerate().skip(*last) {
                    next.push((k, column.iter().zip(variable).map(|(a, b)| a * b).collect()));
                }
            }
            if columns.len() + next.len() > POLYNOMIALS.min(points / 6) {
                break;
            }
            before = columns.len();
            columns.extend(next);
            counts.push(columns.len());
        }
        let half = |parity: usize| {
            Mat::from_fn((points + 1 - parity) / 2, columns.len(), |row, k| {
                columns[k].1[2 * row + parity]
            })
        };
        Self { halves: [half(0), half(1)], counts }
    }

    /// How many polynomials predict the values best, and how much of their sum of squares.
    fn best(&self, values: &Mat<f64>) -> Option<(usize, f64)> {
        let total = values.squared_norm_l2();
        let each = self
            .counts
            .iter()
            .filter_map(|&count| Some((count, total - self.cross(count, values)?.error)));
        each.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// An upper bound of the sum of squares that is smooth.
    ///
    /// Of noise with the covariances C between columns, the predictions have a scalar product
    /// with the values of variance 4·K·‖C‖², K the number of polynomials.
    fn bound(&self, count: usize, values: &Mat<f64>) -> Option<f64> {
        let found = self.cross(count, values)?.product.max(0.0);
        Some(found + ERRORS * 2.0 * (count as f64).sqrt() * gram(values).norm_l2())
    }

    fn cross(&self, count: usize, values: &Mat<f64>) -> Option<Cross> {
        let parts = [0, 1].map(|parity: usize| {
            let rows = (values.nrows() + 1 - parity) / 2;
            Mat::from_fn(rows, values.ncols(), |row, k| values[(2 * row + parity, k)])
        });
        let mut cross = Cross { product: 0.0, error: 0.0 };
        for (here, there) in [(0, 1), (1, 0)] {
            let polynomials = self.halves[here].subcols(0, count);
            let mut normal = times(polynomials.transpose(), polynomials);
            for k in 0..count {
                normal[(k, k)] *= 1.0 + RIDGE;
            }
            let right = times(polynomials.transpose(), parts[here].as_ref());
            let coefficients = normal.llt(Side::Lower).ok()?.solve(right);
            let predicted = times(self.halves[there].subcols(0, count), coefficients.as_ref());
            for k in 0..values.ncols() {
                let pairs = parts[there].col_as_slice(k).iter().zip(predicted.col_as_slice(k));
                for (value, predicted) in pairs {
                    cross.product += value * predicted;
                    cross.error += (value - predicted) * (value - predicted);
                }
            }
        }
        Some(cross)
    }
}

/// Values beside what was predicted for them.
struct Cross {
    product: f64,
    error: f64,
}

fn in_unit_interval(column: &[f64]) -> Vec<f64> {
    let low = column.iter().copied().fold(f64::INFINITY, f64::min);
    let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let half = (0.5 * (high - low)).max(f64::MIN_POSITIVE);
    column.iter().map(|x| (x - low) / half - 1.0).collect()
}

/// Each column of the first times each of the second, those with one of the first together.
fn products(left: &Mat<f64>, right: &Mat<f64>) -> Mat<f64> {
    let count = right.ncols();
    Mat::from_fn(left.nrows(), left.ncols() * count, |n, k| {
        left[(n, k / count)] * right[(n, k % count)]
    })
}

/// The mean products of columns.
fn gram(columns: &Mat<f64>) -> Mat<f64> {
    let mut products = Mat::zeros(columns.ncols(), columns.ncols());
    let mean = (columns.nrows() as f64).recip();
    matmul(&mut products, Accum::Replace, columns.transpose(), columns, mean, Par::Seq);
    products
}

fn times(left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> Mat<f64> {
    let mut product = Mat::zeros(left.nrows(), right.ncols());
    matmul(&mut product, Accum::Replace, left, right, 1.0, Par::Seq);
    product
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use symgrad_data::{DirectionField, FieldOptions, Table};
    use symgrad_expr::{Program, Workspace};

    use super::*;
    use crate::Measure;

    /// Whether the formula misses a part of another, whose gradients are off by that share in
    /// every component; inputs from ½ to 2.
    fn misses(formula: &str, truth: &str, dim: usize, noise: f64) -> bool {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut column = || (0..1_000).map(|_| 0.5 + 1.5 * rng.random::<f64>()).collect();
        let columns: Vec<Vec<f64>> = (0..dim).map(|_| column()).collect();
        let (mut values, mut gradients) = (vec![0.0; 1_000], vec![vec![]; dim]);
        Program::compile(&truth.parse().unwrap())
            .input_gradients(&columns, &mut Workspace::default(), &mut values, &mut gradients)
            .unwrap();
        for n in 0..1_000 {
            let norm = gradients.iter().map(|g| g[n] * g[n]).sum::<f64>().sqrt();
            for g in &mut gradients {
                // Uniform, of standard deviation 1.
                let error = 12_f64.sqrt() * (rng.random::<f64>() - 0.5);
                g[n] = g[n] / norm + noise * error;
            }
        }
        let names = (1..=dim).map(|i| format!("x{i}")).collect();
        let points = Table::new(names, columns).unwrap();
        let field =
            DirectionField::from_gradients(points, &gradients, &FieldOptions::default()).unwrap();
        let objective = Objective::new(&field, Measure::LevelSet);
        misses_a_part(&objective, &formula.parse().unwrap())
    }

    #[test]
    fn a_formula_that_nearly_agrees_misses_a_part() {
        let (near, truth) = ("log(x1) + 0.8*sin(x2 - x3)", "log(x1) + tanh(x2 - x3)");
        for noise in [0.0, 0.001, 0.01] {
            assert!(misses(near, truth, 3, noise), "noise {noise}");
            assert!(!misses(truth, truth, 3, noise), "noise {noise}");
        }
        assert!(!misses(near, truth, 3, 0.3), "the noise hides it");
    }

    #[test]
    fn an_error_that_knows_no_symmetry_is_the_neurons() {
        let truth = "x1*x4 - x2*x3";
        let learned = "x1*x4 - x2*x3 + 0.1*sin(x1 + 0.7*x2 - 0.3*x4)*cos(x3 + 0.4*x4)";
        for noise in [0.0, 0.01] {
            assert!(!misses(truth, learned, 4, noise), "noise {noise}");
        }
        // Also if the network has lost sight of inputs that do not matter.
        let learned = "x1*x2 + 0.01*sin(2*x1 - x2)";
        assert!(!misses("x1*x2", learned, 4, 0.0));
    }

    #[test]
    fn nothing_follows_without_symmetries() {
        assert!(!misses("x1 + exp(x1) + x2^2", "x1 + exp(x1) + x2^2 + 0.1*x2", 2, 0.0));
        assert!(!misses("x1", "x1 + 0.01*x2", 2, 0.0));
    }
}
