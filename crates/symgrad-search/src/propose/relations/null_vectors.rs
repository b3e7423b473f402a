//! Functions of a space, times powers of values, that add up to next to nothing.

use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{Mat, MatRef, Par};

/// Steps of inverse iteration.
const STEPS: usize = 4;

/// Directions that are smaller than this share of the largest depend on others.
const DEPENDENT: f64 = 1e-13;

/// Diagonal entries below this are no different from zero.
const ZERO: f64 = 1e-18;

/// Residuals below this are orthogonalised once more, since rounding matters there.
const SMALL: f64 = 1e-6;

/// f₀ + y·f₁ + y²·f₂ + … with functions fₖ, each a sum of its columns, for which the root mean square of all but
/// f₀ together is one: coefficients of all columns, and the root mean square of the sum.
#[derive(Clone, Debug)]
pub(super) struct Smallest {
    pub(super) coefficients: Vec<Vec<f64>>,
    pub(super) left: f64,
}

/// An orthonormal basis of the space that columns span.
struct Space {
    q: Mat<f64>,
    r: Mat<f64>,
    /// The columns that the basis is made of, and their sizes.
    columns: Vec<usize>,
    sizes: Vec<f64>,
}

impl Space {
    /// By a rank-revealing QR decomposition; `None` if a column vanishes or is not finite.
    fn of(columns: &[Vec<f64>], points: usize) -> Option<Self> {
        let count = columns.len();
        if count == 0 {
            let none = || Mat::zeros(0, 0);
            return Some(Self {
                q: Mat::zeros(points, 0),
                r: none(),
                columns: vec![],
                sizes: vec![],
            });
        }
        let square = |column: &Vec<f64>| column.iter().map(|v| v * v).sum::<f64>() / points as f64;
        let sizes: Vec<f64> = columns.iter().map(|column| square(column).sqrt()).collect();
        if points < count || !sizes.iter().all(|size| size.is_normal()) {
            return None;
        }
        let root = (points as f64).sqrt();
        let scaled = Mat::from_fn(points, count, |n, k| columns[k][n] / (sizes[k] * root));
        let decomposed = scaled.col_piv_qr();
        let r = decomposed.thin_R();
        let largest = r[(0, 0)].abs();
        let rank = (0..count).take_while(|&k| r[(k, k)].abs() > DEPENDENT * largest).count();
        let order = decomposed.P().arrays().0;
        Some(Self {
            q: decomposed.compute_thin_Q().submatrix(0, 0, points, rank).to_owned(),
            r: r.submatrix(0, 0, rank, rank).to_owned(),
            columns: order[..rank].to_vec(),
            sizes,
        })
    }

    /// The coefficients of the columns of a function in the basis.
    fn coefficients(&self, in_basis: &[f64]) -> Vec<f64> {
        let mut x = Mat::from_fn(in_basis.len(), 1, |k, _| in_basis[k]);
        solve_upper_triangular_in_place(self.r.as_ref(), x.as_mut(), Par::Seq);
        let mut found = vec![0.0; self.sizes.len()];
        for (k, &column) in self.columns.iter().enumerate() {
            found[column] = x[(k, 0)] / self.sizes[column];
        }
        found
    }
}

/// The sum of a function of the first space, one of the second times the values, and so on, that is smallest: the
/// right singular vector of the least singular value of what the first space leaves of the others. `None` if there
/// are not more points than columns.
pub(super) fn smallest(spaces: &[Vec<Vec<f64>>], values: &[f64]) -> Option<Smallest> {
    let points = values.len();
    if points <= spaces.iter().map(Vec::len).sum() {
        return None;
    }
    let spaces: Vec<Space> =
        spaces.iter().map(|columns| Space::of(columns, points)).collect::<Option<_>>()?;
    let (first, others) = spaces.split_first()?;
    let ranks: Vec<usize> = others.iter().map(|space| space.q.ncols()).collect();
    let count = ranks.iter().sum();
    if count == 0 {
        return None;
    }
    let mut products: Mat<f64> = Mat::zeros(points, count);
    let (mut place, mut power) = (0, vec![1.0; points]);
    for space in others {
        power.iter_mut().zip(values).for_each(|(p, y)| *p *= y);
        for k in 0..space.q.ncols() {
            for n in 0..points {
                products[(n, place)] = power[n] * space.q[(n, k)];
            }
            place += 1;
        }
    }
    let mut of_first = first.q.transpose() * &products;
    let mut rest = &products - &first.q * &of_first;
    let (mut x, mut left) = least_singular(rest.as_ref());
    if left < SMALL {
        let more = first.q.transpose() * &rest;
        rest -= &first.q * &more;
        of_first += more;
        (x, left) = least_singular(rest.as_ref());
    }
    let of_first = -(of_first * Mat::from_fn(count, 1, |k, _| x[k]));
    let of_first: Vec<f64> = (0..of_first.nrows()).map(|k| of_first[(k, 0)]).collect();
    let mut coefficients = vec![first.coefficients(&of_first)];
    let mut place = 0;
    for (space, rank) in others.iter().zip(ranks) {
        coefficients.push(space.coefficients(&x[place..place + rank]));
        place += rank;
    }
    let is_finite = coefficients.iter().flatten().all(|c| c.is_finite());
    is_finite.then_some(Smallest { coefficients, left })
}

/// The field (s₁·f₁, s₂·f₂, …), with fᵢ a function of the i-th space and sᵢ a given column, that is most nearly parallel
/// to unit vectors, which are given component by component: the root mean square of all fᵢ together is one, and what is
/// left is that of the part across. `None` if there are not more equations than columns.
pub(super) fn most_parallel(
    spaces: &[Vec<Vec<f64>>],
    factors: &[Vec<f64>],
    directions: &[Vec<f64>],
) -> Option<Smallest> {
    let (dim, points) = (directions.len(), directions.first()?.len());
    if points * (dim - 1) <= spaces.iter().map(Vec::len).sum() {
        return None;
    }
    let spaces: Vec<Space> =
        spaces.iter().map(|columns| Space::of(columns, points)).collect::<Option<_>>()?;
    let count = spaces.iter().map(|space| space.q.ncols()).sum();
    // The component where a direction is largest follows from the others.
    let largest = |n: usize| {
        let size = |k: &usize| directions[*k][n].abs();
        (0..dim).max_by(|a, b| size(a).total_cmp(&size(b))).unwrap_or(0)
    };
    let largest: Vec<usize> = (0..points).map(largest).collect();
    let mut across: Mat<f64> = Mat::zeros(points * (dim - 1), count);
    let mut place = 0;
    for (i, space) in spaces.iter().enumerate() {
        for k in 0..space.q.ncols() {
            for n in 0..points {
                let f = factors[i][n] * space.q[(n, k)];
                let rows = (0..dim).filter(|component| *component != largest[n]);
                for (row, component) in rows.enumerate() {
                    let along = directions[i][n] * directions[component][n];
                    let own = f64::from(u8::from(component == i));
                    across[(n * (dim - 1) + row, place)] = f * (own - along);
                }
            }
            place += 1;
        }
    }
    smallest_field(&spaces, &across)
}

/// The same that is most nearly at right angles to unit vectors.
pub(super) fn most_tangent(
    spaces: &[Vec<Vec<f64>>],
    factors: &[Vec<f64>],
    directions: &[Vec<f64>],
) -> Option<Smallest> {
    let points = directions.first()?.len();
    if points <= spaces.iter().map(Vec::len).sum() {
        return None;
    }
    let spaces: Vec<Space> =
        spaces.iter().map(|columns| Space::of(columns, points)).collect::<Option<_>>()?;
    let mut along: Mat<f64> = Mat::zeros(points, spaces.iter().map(|space| space.q.ncols()).sum());
    let mut place = 0;
    for ((space, factor), direction) in spaces.iter().zip(factors).zip(directions) {
        for k in 0..space.q.ncols() {
            for n in 0..points {
                along[(n, place)] = factor[n] * direction[n] * space.q[(n, k)];
            }
            place += 1;
        }
    }
    smallest_field(&spaces, &along)
}

fn smallest_field(spaces: &[Space], equations: &Mat<f64>) -> Option<Smallest> {
    let (x, left) = least_singular(equations.as_ref());
    let mut place = 0;
    let mut coefficients = vec![];
    for space in spaces {
        let rank = space.q.ncols();
        coefficients.push(space.coefficients(&x[place..place + rank]));
        place += rank;
    }
    let is_finite = coefficients.iter().flatten().all(|c| c.is_finite());
    is_finite.then_some(Smallest { coefficients, left })
}

/// The functions of a space, less their means, of which the rates vanish that are given for each column: up to that
/// share of the largest rate of any function. Coefficients of the columns, for each function.
pub(super) fn constant_along(
    columns: &[Vec<f64>],
    rates: &[Vec<f64>],
    share: f64,
) -> Option<Vec<Vec<f64>>> {
    let points = columns.first()?.len();
    let less_mean = |column: &Vec<f64>| -> Vec<f64> {
        let mean = column.iter().sum::<f64>() / points as f64;
        column.iter().map(|v| v - mean).collect()
    };
    let centred: Vec<Vec<f64>> = columns.iter().map(less_mean).collect();
    let space = Space::of(&centred, points)?;
    let rank = space.columns.len();
    let basis: Vec<Vec<f64>> = (0..rank)
        .map(|k| {
            let unit: Vec<f64> = (0..rank).map(|l| f64::from(u8::from(l == k))).collect();
            space.coefficients(&unit)
        })
        .collect();
    let rate = |n: usize, k: usize| -> f64 {
        basis[k].iter().zip(rates).map(|(c, rate)| c * rate[n]).sum()
    };
    let svd = Mat::from_fn(points, rank, rate).thin_svd().ok()?;
    let sizes: Vec<f64> = svd.S().column_vector().iter().copied().collect();
    let vanishing = (0..rank).filter(|&k| sizes[k] <= share * sizes[0]);
    let coefficients = |k: usize| -> Vec<f64> {
        let mut sum = vec![0.0; columns.len()];
        for (l, function) in basis.iter().enumerate() {
            let own = svd.V()[(l, k)];
            sum.iter_mut().zip(function).for_each(|(sum, c)| *sum += own * c);
        }
        sum
    };
    Some(vanishing.map(coefficients).collect())
}

/// The right singular vector of the least singular value, and that value, by inverse iteration.
fn least_singular(matrix: MatRef<'_, f64>) -> (Vec<f64>, f64) {
    let count = matrix.ncols();
    let decomposed = matrix.col_piv_qr();
    let mut r = decomposed.thin_R().to_owned();
    for k in 0..count {
        if r[(k, k)].abs() < ZERO {
            r[(k, k)] = ZERO;
        }
    }
    let mut x = Mat::from_fn(count, 1, |k, _| 1.0 + (k as f64 * 0.618_033_988_75).fract());
    let mut left = 0.0;
    for _ in 0..STEPS {
        let size = x.norm_l2();
        x = Mat::from_fn(count, 1, |k, _| x[(k, 0)] / size);
        solve_lower_triangular_in_place(r.transpose(), x.as_mut(), Par::Seq);
        solve_upper_triangular_in_place(r.as_ref(), x.as_mut(), Par::Seq);
        left = x.norm_l2().sqrt().recip();
    }
    let size = x.norm_l2();
    let mut found = vec![0.0; count];
    for (k, &column) in decomposed.P().arrays().0.iter().enumerate() {
        found[column] = x[(k, 0)] / size;
    }
    (found, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotient_is_found_though_columns_depend_on_each_other() {
        let column = |step: f64| -> Vec<f64> {
            (1..=60).map(|n| 0.5 + (step * f64::from(n)).fract()).collect()
        };
        let [one, x, z] = [vec![1.0; 60], column(0.754_878), column(0.569_84)];
        let both: Vec<f64> = x.iter().zip(&z).map(|(x, z)| x + 2.0 * z).collect();
        let space = vec![one, x.clone(), z.clone(), both];
        let quotient = |n: usize| (3.0 + x[n]) / (1.0 + 7.0 * z[n]);
        let values: Vec<f64> = (0..60).map(quotient).collect();
        let found = smallest(&[space.clone(), space.clone()], &values).unwrap();
        assert!(found.left < 1e-15, "{found:?}");
        let function = |c: &[f64], n: usize| -> f64 {
            c.iter().zip(&space).map(|(c, column)| c * column[n]).sum()
        };
        for n in 0..60 {
            let [above, below] = [0, 1].map(|k: usize| function(&found.coefficients[k], n));
            assert!((above + below * values[n]).abs() < 1e-14);
            assert!(
                (below / function(&found.coefficients[1], 0) * (1.0 + 7.0 * z[0])
                    - (1.0 + 7.0 * z[n]))
                    .abs()
                    < 1e-11
            );
        }
        // Columns that depend on each other are no equation of the values.
        let values: Vec<f64> = values.iter().map(|y| y.sin()).collect();
        assert!(smallest(&[space.clone(), space], &values).unwrap().left > 1e-5);
    }
}
