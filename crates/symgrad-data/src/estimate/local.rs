//! A polynomial of low degree through the values near a point.

use crate::surface::{DEPENDENT, monomials};
use crate::tangent::dot;
use faer::{Mat, MatRef};

/// The kernel reaches this many times as far as the farthest neighbour, so that the many
/// neighbours near the edge still count.
const REACH: f64 = 1.25;

/// A value near a point: the step to it on the surface, the mean value there, and of how many.
pub(super) struct Neighbour {
    pub(super) step: Vec<f64>,
    pub(super) value: f64,
    pub(super) count: f64,
}

/// The slopes of a local polynomial.
pub(super) struct Slopes {
    /// Along each of r directions.
    pub(super) along: Vec<f64>,
    /// Each slope is a sum over the neighbours' values with these r rows of factors.
    pub(super) factors: Vec<Vec<f64>>,
    /// The variance of a single value about the polynomial.
    pub(super) variance: f64,
}

impl Slopes {
    /// The polynomial of that degree (1 to 3) through neighbours ordered by distance, the point
    /// itself among them; `None` where they do not extend in all r directions, or are too few.
    pub(super) fn of(neighbours: &[Neighbour], degree: usize) -> Option<Self> {
        let rank = neighbours.first()?.step.len();
        let kernel = kernel(neighbours)?;
        let roots: Vec<f64> =
            neighbours.iter().zip(&kernel).map(|(n, w)| (w * n.count).sqrt()).collect();
        let extents = extents(neighbours)?;
        let rows: Vec<Vec<f64>> =
            neighbours.iter().map(|n| terms(&n.step, &extents, degree)).collect();
        let all: Vec<usize> = (0..rows[0].len()).collect();
        let design = |columns: &[usize]| {
            Mat::from_fn(rows.len(), columns.len(), |n, j| roots[n] * rows[n][columns[j]])
        };
        let mut qr = design(&all).qr();
        let columns = independent(qr.thin_R(), rank)?;
        if neighbours.len() <= columns.len() {
            return None;
        }
        if columns.len() < all.len() {
            qr = design(&columns).qr();
        }
        let (q, r) = (qr.compute_thin_Q(), qr.thin_R());
        let factors: Vec<Vec<f64>> = (0..rank)
            .map(|direction| {
                let along = back(r, direction + 1);
                let factor = |n: usize| roots[n] * in_row(&q, n, &along) / extents[direction];
                (0..rows.len()).map(factor).collect()
            })
            .collect();
        let values: Vec<f64> = neighbours.iter().map(|n| n.value).collect();
        let slopes: Vec<f64> = factors.iter().map(|factors| dot(factors, &values)).collect();
        let variance = variance(&q, &roots, &kernel, &values)?;
        let finite = slopes.iter().chain(factors.iter().flatten()).all(|x| x.is_finite());
        finite.then_some(Self { along: slopes, factors, variance })
    }
}

/// Weights that fall with the distance.
fn kernel(neighbours: &[Neighbour]) -> Option<Vec<f64>> {
    let squares: Vec<f64> = neighbours.iter().map(|n| dot(&n.step, &n.step)).collect();
    let reach = REACH * REACH * squares.iter().copied().fold(0.0, f64::max);
    (reach > 0.0).then(|| squares.iter().map(|square| 1.0 - square / reach).collect())
}

/// How far the neighbours extend along each direction.
fn extents(neighbours: &[Neighbour]) -> Option<Vec<f64>> {
    let count = neighbours.len() as f64;
    let extent = |axis: usize| {
        (neighbours.iter().map(|n| n.step[axis] * n.step[axis]).sum::<f64>() / count).sqrt()
    };
    let extents: Vec<f64> = (0..neighbours[0].step.len()).map(extent).collect();
    let most = extents.iter().copied().fold(0.0, f64::max);
    extents.iter().all(|extent| *extent > DEPENDENT * most).then_some(extents)
}

/// 1, the coordinates in units of their extents, and their products up to a degree.
fn terms(step: &[f64], extents: &[f64], degree: usize) -> Vec<f64> {
    let rank = step.len();
    let mut terms = vec![1.0];
    if degree == 1 {
        terms.extend(step.iter().zip(extents).map(|(t, extent)| t / extent));
        return terms;
    }
    terms.extend(monomials(step, extents));
    if degree > 2 {
        for i in 0..rank {
            for j in 0..=i {
                for k in 0..=j {
                    terms.push(terms[1 + i] * terms[1 + j] * terms[1 + k]);
                }
            }
        }
    }
    terms
}

/// The columns that do not depend on those before them. Where a coordinate takes two or three
/// values, its square or cube tells nothing new, and must not share in its slope. `None` if a
/// coordinate itself depends on others.
fn independent(r: MatRef<'_, f64>, rank: usize) -> Option<Vec<usize>> {
    let is_new = |column: &usize| {
        let square: f64 = (0..=*column).map(|i| r[(i, *column)].powi(2)).sum();
        r[(*column, *column)].abs() > DEPENDENT * square.sqrt()
    };
    let columns: Vec<usize> = (0..r.ncols().min(r.nrows())).filter(is_new).collect();
    (0..=rank).all(|column| columns.get(column) == Some(&column)).then_some(columns)
}

/// The solution v of Rᵀv = e for the unit vector e of that index.
fn back(r: MatRef<'_, f64>, index: usize) -> Vec<f64> {
    let mut found = vec![0.0; r.ncols()];
    for i in index..found.len() {
        let known: f64 = (index..i).map(|j| r[(j, i)] * found[j]).sum();
        let unit = if i == index { 1.0 } else { 0.0 };
        found[i] = (unit - known) / r[(i, i)];
    }
    found
}

fn in_row(q: &Mat<f64>, row: usize, vector: &[f64]) -> f64 {
    vector.iter().enumerate().map(|(j, v)| q[(row, j)] * v).sum()
}

/// The variance of single values, from what the polynomial leaves of them.
fn variance(q: &Mat<f64>, roots: &[f64], kernel: &[f64], values: &[f64]) -> Option<f64> {
    let along = |j: usize| -> f64 {
        roots.iter().zip(values).enumerate().map(|(n, (root, y))| q[(n, j)] * root * y).sum()
    };
    let found: Vec<f64> = (0..q.ncols()).map(along).collect();
    let (mut squares, mut freedom) = (0.0, 0.0);
    for (n, (root, value)) in roots.iter().zip(values).enumerate() {
        squares += (root * value - in_row(q, n, &found)).powi(2);
        let leverage: f64 = (0..q.ncols()).map(|j| q[(n, j)] * q[(n, j)]).sum();
        freedom += kernel[n] * (1.0 - leverage).max(0.0);
    }
    (freedom > 0.0).then(|| squares / freedom)
}
