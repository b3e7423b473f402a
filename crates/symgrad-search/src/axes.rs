//! The directions that count at each point, and gradients in coordinates along them.

use std::ops::Range;

use symgrad_data::{Normals, Tangent};

/// Orthonormal axes of the directions in which gradients are compared: those in which the data
/// extend, without those that other formulas already explain.
#[derive(Clone, Debug)]
pub(crate) enum Axes {
    /// All directions; the axes are the inputs' own.
    Whole,
    /// The same at all points: r axes and d − r normals, of length d.
    Flat { axes: Vec<Vec<f64>>, normals: Vec<Vec<f64>> },
    /// Other ones at every point: r axes and d − r normals, of d columns of N each.
    Curved { axes: Vec<Vec<Vec<f64>>>, normals: Vec<Vec<Vec<f64>>> },
}

/// How much of an input's own axis lies along one of the axes.
#[derive(Clone, Copy)]
pub(crate) enum Share<'a> {
    Same(f64),
    /// At each point of a block.
    Each(&'a [f64]),
}

impl Axes {
    /// The directions of a surface.
    pub(crate) fn of(surface: Option<&Tangent>) -> Self {
        let Some(surface) = surface else { return Self::Whole };
        let dim = surface.dim();
        match surface.normals() {
            Normals::Flat(normals) => {
                Self::Flat { axes: complement(normals, dim), normals: normals.clone() }
            }
            Normals::Curved(points) => Self::of_points(points, dim),
        }
    }

    /// The directions perpendicular to as many normals at each point, of length d.
    pub(crate) fn of_points(points: &[Vec<Vec<f64>>], dim: usize) -> Self {
        let columns = |frames: &[Vec<Vec<f64>>]| -> Vec<Vec<Vec<f64>>> {
            let count = frames.first().map_or(0, Vec::len);
            let column = |k: usize, i: usize| frames.iter().map(|frame| frame[k][i]).collect();
            (0..count).map(|k| (0..dim).map(|i| column(k, i)).collect()).collect()
        };
        let axes: Vec<_> = points.iter().map(|normals| complement(normals, dim)).collect();
        Self::Curved { axes: columns(&axes), normals: columns(points) }
    }

    pub(crate) fn is_whole(&self) -> bool {
        matches!(self, Self::Whole)
    }

    /// Number of directions that do not count.
    pub(crate) fn missing(&self) -> usize {
        match self {
            Self::Whole => 0,
            Self::Flat { normals, .. } => normals.len(),
            Self::Curved { normals, .. } => normals.len(),
        }
    }

    /// The directions that do not count, if they are the same at all points.
    pub(crate) fn flat_normals(&self) -> Option<&[Vec<f64>]> {
        match self {
            Self::Whole => Some(&[]),
            Self::Flat { normals, .. } => Some(normals),
            Self::Curved { .. } => None,
        }
    }

    /// The directions that do not count at the point of that row.
    pub(crate) fn normals_at(&self, row: usize) -> Vec<Vec<f64>> {
        match self {
            Self::Whole => vec![],
            Self::Flat { normals, .. } => normals.clone(),
            Self::Curved { normals, .. } => {
                normals.iter().map(|n| n.iter().map(|column| column[row]).collect()).collect()
            }
        }
    }

    /// The directions that do not count as d columns of N points each.
    pub(crate) fn normal_columns(&self, points: usize) -> Vec<Vec<Vec<f64>>> {
        match self {
            Self::Whole => vec![],
            Self::Flat { normals, .. } => {
                let columns = |normal: &Vec<f64>| normal.iter().map(|&m| vec![m; points]).collect();
                normals.iter().map(columns).collect()
            }
            Self::Curved { normals, .. } => normals.clone(),
        }
    }

    /// The axes along which a function of the given inputs may change.
    pub(crate) fn reached(&self, inputs: &[u16]) -> Range<usize> {
        match self {
            Self::Whole => 0..inputs.len(),
            Self::Flat { axes, .. } => 0..axes.len(),
            Self::Curved { axes, .. } => 0..axes.len(),
        }
    }

    /// What part of an input's own axis lies along the axis of that index, over a block of rows;
    /// `None` for nothing.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "called in loops compiled for vectors")]
    pub(crate) fn share(&self, axis: usize, input: u16, rows: &Range<usize>) -> Option<Share<'_>> {
        let input = usize::from(input);
        match self {
            Self::Whole => (axis == input).then_some(Share::Same(1.0)),
            Self::Flat { axes, .. } => {
                let share = axes[axis][input];
                (share != 0.0).then_some(Share::Same(share))
            }
            Self::Curved { axes, .. } => {
                Some(Share::Each(&axes[axis][input][rows.start..rows.end]))
            }
        }
    }

    /// Vectors, as d columns of N, in coordinates along the axes.
    pub(crate) fn coordinates(&self, vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let points = vectors.first().map_or(0, Vec::len);
        match self {
            Self::Whole => vectors.to_vec(),
            Self::Flat { axes, .. } => axes.iter().map(|a| along_constant(a, vectors)).collect(),
            Self::Curved { axes, .. } => {
                axes.iter().map(|axis| along(axis, vectors, points)).collect()
            }
        }
    }

    /// Removes from vectors, d columns of N, what does not count.
    pub(crate) fn project(&self, vectors: &mut [Vec<f64>]) {
        let points = vectors.first().map_or(0, Vec::len);
        match self {
            Self::Whole => {}
            Self::Flat { normals, .. } => {
                for normal in normals {
                    let off = along_constant(normal, vectors);
                    for (column, m) in vectors.iter_mut().zip(normal) {
                        column.iter_mut().zip(&off).for_each(|(g, sum)| *g -= sum * m);
                    }
                }
            }
            Self::Curved { normals, .. } => {
                for normal in normals {
                    let off = along(normal, vectors, points);
                    for (column, m) in vectors.iter_mut().zip(normal) {
                        let each = column.iter_mut().zip(&off).zip(m);
                        each.for_each(|((g, sum), m)| *g -= sum * m);
                    }
                }
            }
        }
    }

    /// Whether the axis of an input is among the directions that count, at least in part and
    /// somewhere.
    pub(crate) fn sees(&self, input: usize) -> bool {
        match self {
            Self::Whole => true,
            Self::Flat { normals, .. } => {
                let off: f64 = normals.iter().map(|normal| normal[input] * normal[input]).sum();
                1.0 - off > NO_EXTENT
            }
            Self::Curved { axes, .. } => {
                axes.iter().any(|axis| axis[input].iter().any(|a| a * a > NO_EXTENT))
            }
        }
    }

    /// The axes at the points of those rows.
    pub(crate) fn subset(&self, rows: &[usize]) -> Self {
        let Self::Curved { axes, normals } = self else { return self.clone() };
        let pick = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect::<Vec<f64>>();
        let each = |vectors: &Vec<Vec<Vec<f64>>>| -> Vec<Vec<Vec<f64>>> {
            vectors.iter().map(|vector| vector.iter().map(pick).collect()).collect()
        };
        Self::Curved { axes: each(axes), normals: each(normals) }
    }

    /// All numbers that the axes follow from.
    pub(crate) fn numbers(&self) -> Vec<&[f64]> {
        match self {
            Self::Whole => vec![],
            Self::Flat { normals, .. } => normals.iter().map(Vec::as_slice).collect(),
            Self::Curved { normals, .. } => normals.iter().flatten().map(Vec::as_slice).collect(),
        }
    }
}

impl Share<'_> {
    /// sum + share·part, row by row.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "called in loops compiled for vectors")]
    pub(crate) fn add(self, part: &[f64], sum: &mut [f64]) {
        match self {
            Self::Same(share) => sum.iter_mut().zip(part).for_each(|(sum, v)| *sum += v * share),
            Self::Each(shares) => {
                let each = sum.iter_mut().zip(part).zip(shares);
                each.for_each(|((sum, v), share)| *sum += v * share);
            }
        }
    }
}

/// An axis with less than this (squared) among the directions that count lies across them.
const NO_EXTENT: f64 = 1e-9;

/// The components of vectors along one, at each point.
fn along_constant(axis: &[f64], vectors: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for (column, &a) in vectors.iter().zip(axis) {
        Share::Same(a).add(column, &mut sum);
    }
    sum
}

fn along(axis: &[Vec<f64>], vectors: &[Vec<f64>], points: usize) -> Vec<f64> {
    let mut sum = vec![0.0; points];
    for (column, a) in vectors.iter().zip(axis) {
        Share::Each(a).add(column, &mut sum);
    }
    sum
}

/// Unit vectors with the same span as independent ones: Gram–Schmidt, twice.
pub(crate) fn orthonormal(vectors: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let mut found: Vec<Vec<f64>> = Vec::with_capacity(vectors.len());
    for mut vector in vectors {
        for _ in 0..2 {
            for other in &found {
                let along: f64 = other.iter().zip(&vector).map(|(a, b)| a * b).sum();
                vector.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
            }
            // Divided by the largest entry first: squares of very large numbers are not finite.
            let largest = vector.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
            if largest > 0.0 {
                for v in &mut vector {
                    *v /= largest;
                }
                let length = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
                for v in &mut vector {
                    *v /= length;
                }
            }
        }
        found.push(vector);
    }
    found
}

/// An orthonormal basis of what is perpendicular to orthonormal vectors of that length: the
/// axis least covered so far, made perpendicular, and so on.
pub(crate) fn complement(normals: &[Vec<f64>], dim: usize) -> Vec<Vec<f64>> {
    let mut found: Vec<Vec<f64>> = Vec::new();
    while normals.len() + found.len() < dim {
        let covered = |axis: usize| -> f64 {
            normals.iter().chain(&found).map(|vector| vector[axis] * vector[axis]).sum()
        };
        let axis = (0..dim).min_by(|&i, &j| covered(i).total_cmp(&covered(j))).unwrap_or(0);
        let mut vector = vec![0.0; dim];
        vector[axis] = 1.0;
        // Twice is enough to be orthogonal to rounding.
        for other in normals.iter().chain(&found).chain(normals).chain(&found) {
            let along: f64 = other.iter().zip(&vector).map(|(a, b)| a * b).sum();
            vector.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
        }
        let length = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        // Zeros up to rounding spare the work of multiplying by them.
        let tidy = |v: f64| if v.abs() < 1e-14 { 0.0 } else { v };
        found.push(vector.iter().map(|v| tidy(v / length)).collect());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn a_complement_is_orthonormal_and_perpendicular() {
        let half = 0.5_f64.sqrt();
        let normals = vec![vec![half, half, 0.0, 0.0], vec![0.0, 0.0, 0.6, 0.8]];
        let found = complement(&normals, 4);
        assert_eq!(found.len(), 2);
        for (i, a) in found.iter().enumerate() {
            assert!((dot(a, a) - 1.0).abs() < 1e-14);
            assert!(normals.iter().chain(&found[..i]).all(|b| dot(a, b).abs() < 1e-14));
        }
    }

    #[test]
    fn coordinates_and_projections_agree() {
        let angles = [0.3_f64, 1.1, 2.0];
        let normals: Vec<Vec<Vec<f64>>> =
            angles.iter().map(|a| vec![vec![a.cos(), a.sin(), 0.0]]).collect();
        let curved = Axes::of_points(&normals, 3);
        let vectors = vec![vec![1.0, 2.0, 3.0], vec![-1.0, 0.5, 2.0], vec![0.2, 0.4, 0.6]];
        let coordinates = curved.coordinates(&vectors);
        let mut projected = vectors.clone();
        curved.project(&mut projected);
        for n in 0..3 {
            let square = |columns: &[Vec<f64>]| columns.iter().map(|c| c[n] * c[n]).sum::<f64>();
            assert!((square(&coordinates) - square(&projected)).abs() < 1e-14);
            let at = projected.iter().map(|column| column[n]).collect::<Vec<_>>();
            assert!(dot(&at, &normals[n][0]).abs() < 1e-14);
        }
        let picked = curved.subset(&[2, 0]);
        assert_eq!(picked.normals_at(1), normals[0]);
        assert!(curved.sees(2) && curved.missing() == 1);
    }
}
