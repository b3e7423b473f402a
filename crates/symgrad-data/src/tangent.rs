//! The surface that the data lie on: flat by its principal axes, curved by local patches.

use std::fmt;

use crate::cloud::Cloud;
use crate::order::{canonical, undo};
use crate::progress::Progress;
use crate::surface;
use crate::table::pick;
use crate::{DataError, Table, TangentMode, Units};
use faer::{Mat, Side};

/// A direction counts as empty when the data extend along it less than this fraction of their
/// largest extent (standard deviations, every column first divided by its own). Text files
/// with six digits leave about 10⁻⁶ where there should be nothing.
const EMPTY: f64 = 1e-5;

/// A column counts as constant when its standard deviation is below this fraction of its
/// largest magnitude: rounding leaves about 10⁻¹⁶.
const CONSTANT: f64 = 1e-12;

/// The directions in which the data extend: the span of the centred points or, for data on a
/// curved surface, at every point the plane that touches it.
///
/// Where data do not fill the space (a trace fixed to 5, antisymmetric matrices, points of a
/// sphere), a network's gradient off their surface means nothing. Both its gradient and a
/// candidate's are projected by [`project`](Self::project) before they are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Tangent {
    dim: usize,
    rank: usize,
    normals: Normals,
    error: f64,
}

/// Orthonormal vectors perpendicular to the data: d − r of length d.
#[derive(Clone, Debug, PartialEq)]
pub enum Normals {
    /// The same at all points.
    Flat(Vec<Vec<f64>>),
    /// Those of each of N points.
    Curved(Vec<Vec<Vec<f64>>>),
}

impl Normals {
    /// Those of the point of that row.
    ///
    /// # Panics
    /// If they differ from point to point and there is no such row.
    pub fn at(&self, row: usize) -> &[Vec<f64>] {
        match self {
            Self::Flat(normals) => normals,
            Self::Curved(points) => &points[row],
        }
    }
}

impl Tangent {
    /// The tangent space of the points, or none if they fill the space (or the mode is off).
    ///
    /// Detection needs more rows than columns; with fewer the data are taken to fill the space.
    /// [`TangentMode::Auto`] looks for a flat surface, then for a curved one within it.
    pub fn of(points: &Table, mode: TangentMode) -> Result<Option<Self>, DataError> {
        Self::watched(points, mode, &())
    }

    /// As [`of`](Self::of), with reports: a curved surface takes time for each point.
    pub fn watched(
        points: &Table,
        mode: TangentMode,
        progress: &dyn Progress,
    ) -> Result<Option<Self>, DataError> {
        let dim = points.dim();
        let check = |rank: usize| match rank {
            rank if rank == 0 || rank > dim => Err(DataError::TangentRank { rank, dim }),
            _ => Ok(()),
        };
        match mode {
            TangentMode::Off => return Ok(None),
            TangentMode::Rank(rank) => check(rank)?,
            TangentMode::Local { rank, .. } => rank.map_or(Ok(()), check)?,
            TangentMode::Auto if points.rows() <= dim => return Ok(None),
            TangentMode::Auto => {}
        }
        let (standardised, scales): (Vec<_>, Vec<_>) =
            points.columns().iter().map(|column| standardise(column)).unzip();
        let axes = principal_axes(&standardised)?;
        let rank = match mode {
            TangentMode::Rank(rank) => rank,
            _ => axes.iter().filter(|axis| axis.extent > EMPTY * axes[dim - 1].extent).count(),
        };
        let (empty, filled) = axes.split_at(dim - rank);
        // Which points are asked, and which are neighbours, must not depend on the order of the rows.
        let order = canonical(points);
        let cloud = || {
            let ordered: Vec<_> = standardised.iter().map(|column| pick(column, &order)).collect();
            Cloud::of(&ordered, filled.iter().map(|axis| &axis.direction[..]))
        };
        let patches = match mode {
            TangentMode::Auto => surface::detect(&cloud(), progress),
            TangentMode::Local { rank, neighbours } => {
                surface::patches(&cloud(), rank, neighbours, progress)?
            }
            _ => None,
        };
        // A normal of the standardised points, each entry divided by its column's scale, is a
        // normal of the points themselves.
        let unscaled = |direction: &[f64]| -> Vec<f64> {
            direction.iter().zip(&scales).map(|(entry, scale)| entry / scale).collect()
        };
        let flat = || empty.iter().map(|axis| unscaled(&axis.direction));
        let Some(patches) = patches else {
            let normals = Normals::Flat(orthonormal(flat().collect()));
            return Ok((rank < dim).then_some(Self { dim, rank, normals, error: 0.0 }));
        };
        let whole = |normal: &Vec<f64>| -> Vec<f64> {
            let along = |i: usize| filled.iter().zip(normal).map(move |(a, n)| a.direction[i] * n);
            unscaled(&(0..dim).map(|i| along(i).sum()).collect::<Vec<f64>>())
        };
        let at = |normals: &Vec<Vec<f64>>| {
            orthonormal(flat().chain(normals.iter().map(whole)).collect())
        };
        let normals = Normals::Curved(undo(&order, patches.normals.iter().map(at).collect()));
        Ok(Some(Self { dim, rank: patches.rank, normals, error: patches.error }))
    }

    /// Rank r: in how many directions the data extend.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Number of inputs d.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Whether the surface is curved, so that its directions differ from point to point.
    pub fn is_curved(&self) -> bool {
        matches!(self.normals, Normals::Curved(_))
    }

    /// The directions perpendicular to the data.
    pub fn normals(&self) -> &Normals {
        &self.normals
    }

    /// The typical angle, in radians, by which the directions may be off: 0 for a flat surface,
    /// for a curved one what the scatter of the neighbours about their patches amounts to.
    pub fn error(&self) -> f64 {
        self.error
    }

    /// The mode that finds a surface of this kind and rank on other points.
    pub fn mode(&self) -> TangentMode {
        match self.normals {
            Normals::Flat(_) => TangentMode::Rank(self.rank),
            Normals::Curved(_) => TangentMode::Local { rank: Some(self.rank), neighbours: None },
        }
    }

    /// Removes from a vector of length d at the point of that row what is perpendicular to the
    /// data.
    ///
    /// # Panics
    /// If the surface is curved and there is no such row.
    pub fn project(&self, row: usize, vector: &mut [f64]) {
        for normal in self.normals.at(row) {
            remove(normal, vector);
        }
    }

    /// The same surface by normals to the inputs as they are given, if these are to the inputs
    /// in the given units.
    pub(crate) fn in_own_units(&self, units: &Units) -> Self {
        let own = |normals: &Vec<Vec<f64>>| {
            let own = |normal: &Vec<f64>| {
                normal.iter().enumerate().map(|(i, n)| n / units.scale(i)).collect()
            };
            orthonormal(normals.iter().map(own).collect())
        };
        let normals = match &self.normals {
            Normals::Flat(normals) => Normals::Flat(own(normals)),
            Normals::Curved(points) => Normals::Curved(points.iter().map(own).collect()),
        };
        Self { normals, ..*self }
    }

    /// The space at the points of those rows, in that order.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        let normals = match &self.normals {
            Normals::Flat(_) => self.normals.clone(),
            Normals::Curved(points) => {
                Normals::Curved(rows.iter().map(|&row| points[row].clone()).collect())
            }
        };
        Self { normals, ..*self }
    }
}

/// "the data lie on a curved surface of 3 of 4 dimensions".
impl fmt::Display for Tangent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_curved() { "curved" } else { "flat" };
        write!(f, "the data lie on a {kind} surface of {} of {} dimensions", self.rank, self.dim)
    }
}

/// A column centred and divided by its standard deviation, and that scale; a constant column
/// becomes zero with scale 1. Divides by the largest magnitude first, so that nothing
/// overflows.
pub(crate) fn standardise(column: &[f64]) -> (Vec<f64>, f64) {
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

/// Orthonormal vectors with the same span as independent ones of equal length: Gram–Schmidt, twice.
pub fn orthonormal(vectors: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
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
    let norm = sum_of_squares(vector).sqrt();
    divide(vector, norm);
    unit * norm
}

/// The squares summed by rising size, so that the order of the inputs does not matter, down to
/// the last bit.
fn sum_of_squares(vector: &[f64]) -> f64 {
    if vector.len() < 3 {
        return dot(vector, vector);
    }
    let mut squares: Vec<f64> = vector.iter().map(|x| x * x).collect();
    squares.sort_unstable_by(f64::total_cmp);
    squares.into_iter().sum()
}

fn divide(vector: &mut [f64], divisor: f64) {
    for x in vector {
        *x /= divisor;
    }
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
