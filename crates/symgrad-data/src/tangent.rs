//! The surface that the data lie on, as far as it is flat.

use crate::{DataError, Table, TangentMode};
use faer::{Mat, Side};

/// A direction counts as empty when the data extend along it less than this fraction of their
/// largest extent (standard deviations, every column first divided by its own). Text files
/// with six digits leave about 10⁻⁶ where there should be nothing.
const EMPTY: f64 = 1e-5;

/// A column counts as constant when its standard deviation is below this fraction of its
/// largest magnitude: rounding leaves about 10⁻¹⁶.
const CONSTANT: f64 = 1e-12;

/// The directions in which the data extend: the span of the centred points.
///
/// Where data do not fill the space (a trace fixed to 5, antisymmetric matrices), a network's
/// gradient off their surface means nothing. Both its gradient and a candidate's are
/// projected by [`project`](Self::project) before they are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Tangent {
    dim: usize,
    normals: Vec<Vec<f64>>,
}

impl Tangent {
    /// The tangent space of the points, or none if they fill the space (or the mode is off).
    ///
    /// Detection needs more rows than columns; with fewer the data are taken to fill the space.
    pub fn of(points: &Table, mode: TangentMode) -> Result<Option<Self>, DataError> {
        let dim = points.dim();
        match mode {
            TangentMode::Off => return Ok(None),
            TangentMode::Rank(rank) if rank == 0 || rank > dim => {
                return Err(DataError::TangentRank { rank, dim });
            }
            TangentMode::Auto if points.rows() <= dim => return Ok(None),
            TangentMode::Auto | TangentMode::Rank(_) => {}
        }
        let (standardised, scales): (Vec<_>, Vec<_>) =
            points.columns().iter().map(|column| standardise(column)).unzip();
        let axes = principal_axes(&standardised)?;
        let rank = match mode {
            TangentMode::Rank(rank) => rank,
            _ => axes.iter().filter(|axis| axis.extent > EMPTY * axes[dim - 1].extent).count(),
        };
        if rank == dim {
            return Ok(None);
        }
        // A normal of the standardised points, each entry divided by its column's scale, is a
        // normal of the points themselves.
        let unscaled = axes.into_iter().take(dim - rank).map(|axis| {
            axis.direction.iter().zip(&scales).map(|(entry, scale)| entry / scale).collect()
        });
        Ok(Some(Self { dim, normals: orthonormal(unscaled.collect()) }))
    }

    /// Rank r: in how many directions the data extend.
    pub fn rank(&self) -> usize {
        self.dim - self.normals.len()
    }

    /// Number of inputs d.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// d − r orthonormal vectors of length d, perpendicular to the data.
    pub fn normals(&self) -> &[Vec<f64>] {
        &self.normals
    }

    /// Removes from a vector of length d what is perpendicular to the data.
    pub fn project(&self, vector: &mut [f64]) {
        for normal in &self.normals {
            remove(normal, vector);
        }
    }
}

/// A column centred and divided by its standard deviation, and that scale; a constant column
/// becomes zero with scale 1. Divides by the largest magnitude first, so that nothing
/// overflows.
fn standardise(column: &[f64]) -> (Vec<f64>, f64) {
    let largest = column.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    let rows = column.len() as f64;
    let constant = (vec![0.0; column.len()], 1.0);
    if largest == 0.0 {
        return constant;
    }
    let mut scaled: Vec<f64> = column.iter().map(|x| x / largest).collect();
    let mean = scaled.iter().sum::<f64>() / rows;
    for x in &mut scaled {
        *x -= mean;
    }
    let deviation = (scaled.iter().map(|x| x * x).sum::<f64>() / rows).sqrt();
    if deviation <= CONSTANT {
        return constant;
    }
    divide(&mut scaled, deviation);
    (scaled, (largest * deviation).max(f64::MIN_POSITIVE))
}

/// A direction and the standard deviation of the data along it.
struct Axis {
    extent: f64,
    direction: Vec<f64>,
}

/// The eigenvectors of the columns' covariance, the emptiest direction first.
fn principal_axes(columns: &[Vec<f64>]) -> Result<Vec<Axis>, DataError> {
    let (dim, rows) = (columns.len(), columns[0].len() as f64);
    let covariance = Mat::from_fn(dim, dim, |i, j| dot(&columns[i], &columns[j]) / rows);
    let eigen = covariance.self_adjoint_eigen(Side::Lower).map_err(|_| DataError::NoTangent)?;
    let (vectors, values) = (eigen.U(), eigen.S().column_vector());
    Ok((0..dim)
        .map(|k| Axis {
            extent: values[k].max(0.0).sqrt(),
            direction: (0..dim).map(|i| vectors[(i, k)]).collect(),
        })
        .collect())
}

/// Gram–Schmidt, twice, for independent vectors.
fn orthonormal(vectors: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(vectors.len());
    for mut vector in vectors {
        normalise(&mut vector);
        for _ in 0..2 {
            for unit in &basis {
                remove(unit, &mut vector);
            }
            normalise(&mut vector);
        }
        basis.push(vector);
    }
    basis
}

/// Removes the part of a vector along a unit vector.
pub(crate) fn remove(unit: &[f64], vector: &mut [f64]) {
    let along = dot(unit, vector);
    vector.iter_mut().zip(unit).for_each(|(x, u)| *x -= along * u);
}

/// Divides a vector by its Euclidean norm and returns the norm; a zero vector stays.
pub(crate) fn normalise(vector: &mut [f64]) -> f64 {
    let largest = vector.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    // Squares of very large or very small numbers would not be finite, or zero.
    let unit = if (1e-140..1e140).contains(&largest) { 1.0 } else { largest };
    divide(vector, unit);
    let norm = dot(vector, vector).sqrt();
    divide(vector, norm);
    unit * norm
}

fn divide(vector: &mut [f64], divisor: f64) {
    for x in vector {
        *x /= divisor;
    }
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
