//! The directions that count at each point, and gradients in coordinates along them.

use std::ops::Range;

use symgrad_data::{Normals, Tangent};
use symgrad_expr::Aligned;

/// Columns of text agree to this part of their range.
const SIX_DIGITS: f64 = 1e-5;

/// Orthonormal axes of the directions in which gradients are compared: those in which the data
/// extend, without those that other formulas already explain.
#[derive(Clone, Debug)]
pub(crate) enum Axes {
    /// All directions; the axes are the inputs' own.
    Whole,
    /// The same at all points: r axes and d − r normals, of length d.
    Flat { axes: Vec<Vec<f64>>, normals: Vec<Vec<f64>> },
    /// Other ones at every point.
    Curved(Curved),
}

/// Axes and normals that differ from point to point, for the inputs along which some normal
/// extends. The other inputs are axes of their own and come first: a formula of three inputs that
/// is known takes no room for the hundreds it does without.
#[derive(Clone, Debug)]
pub(crate) struct Curved {
    /// The inputs that no normal extends along, then those that some does; both sorted.
    free: Vec<usize>,
    bound: Vec<usize>,
    /// Vectors, each a column of N per bound input.
    axes: Vec<Vec<Vec<f64>>>,
    normals: Vec<Vec<Vec<f64>>>,
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
        let touched = |input: &usize| {
            points.iter().any(|normals| normals.iter().any(|normal| normal[*input] != 0.0))
        };
        let (bound, free): (Vec<usize>, Vec<usize>) = (0..dim).partition(touched);
        let narrow = |normals: &Vec<Vec<f64>>| -> Vec<Vec<f64>> {
            normals.iter().map(|normal| bound.iter().map(|&i| normal[i]).collect()).collect()
        };
        let columns = |frames: &[Vec<Vec<f64>>]| -> Vec<Vec<Vec<f64>>> {
            let count = frames.first().map_or(0, Vec::len);
            let column = |k: usize, i: usize| frames.iter().map(|frame| frame[k][i]).collect();
            (0..count).map(|k| (0..bound.len()).map(|i| column(k, i)).collect()).collect()
        };
        let normals: Vec<_> = points.iter().map(narrow).collect();
        let axes: Vec<_> = normals.iter().map(|at| complement(at, bound.len())).collect();
        Self::Curved(Curved { axes: columns(&axes), normals: columns(&normals), free, bound })
    }

    pub(crate) fn is_whole(&self) -> bool {
        matches!(self, Self::Whole)
    }

    /// Number of directions that do not count.
    pub(crate) fn missing(&self) -> usize {
        match self {
            Self::Whole => 0,
            Self::Flat { normals, .. } => normals.len(),
            Self::Curved(curved) => curved.normals.len(),
        }
    }

    /// The directions that do not count, if they are the same at all points.
    pub(crate) fn flat_normals(&self) -> Option<&[Vec<f64>]> {
        match self {
            Self::Whole => Some(&[]),
            Self::Flat { normals, .. } => Some(normals),
            Self::Curved(_) => None,
        }
    }

    /// Whether the directions that do not count are those perpendicular to a plane in which the
    /// points lie, as far as six digits tell: some inputs are then sums of multiples of others.
    pub(crate) fn are_of_plane(&self, columns: &[Aligned]) -> bool {
        let flat = |normal: &Vec<f64>| {
            let across = |n: usize| columns.iter().zip(normal).map(|(x, f)| x[n] * f).sum::<f64>();
            let parts = columns.iter().zip(normal).map(|(x, f)| f.abs() * range(x.iter().copied()));
            range((0..columns[0].len()).map(across)) <= SIX_DIGITS * parts.sum::<f64>()
        };
        self.flat_normals().is_some_and(|normals| normals.iter().all(flat))
    }

    /// The directions that do not count at the point of that row.
    pub(crate) fn normals_at(&self, row: usize) -> Vec<Vec<f64>> {
        match self {
            Self::Whole => vec![],
            Self::Flat { normals, .. } => normals.clone(),
            Self::Curved(curved) => {
                let at = |normal: &Vec<Vec<f64>>| {
                    let mut whole = vec![0.0; curved.dim()];
                    for (column, &input) in normal.iter().zip(&curved.bound) {
                        whole[input] = column[row];
                    }
                    whole
                };
                curved.normals.iter().map(at).collect()
            }
        }
    }

    /// The directions that do not count as d columns of N points each, one after the other.
    pub(crate) fn normal_columns(&self, points: usize) -> impl Iterator<Item = Vec<Vec<f64>>> {
        (0..self.missing()).map(move |k| match self {
            Self::Whole => vec![],
            Self::Flat { normals, .. } => normals[k].iter().map(|&m| vec![m; points]).collect(),
            Self::Curved(curved) => {
                let mut whole = vec![vec![0.0; points]; curved.dim()];
                for (column, &input) in curved.normals[k].iter().zip(&curved.bound) {
                    whole[input].clone_from(column);
                }
                whole
            }
        })
    }

    /// The axes along which a function of the given inputs may change, where not all count.
    pub(crate) fn reached<'a>(&'a self, inputs: &'a [u16]) -> impl Iterator<Item = usize> + 'a {
        let count = match self {
            Self::Whole => 0,
            Self::Flat { axes, .. } => axes.len(),
            Self::Curved(curved) => curved.free.len() + curved.axes.len(),
        };
        (0..count).filter(move |&axis| match self {
            Self::Whole => false,
            Self::Flat { axes, .. } => {
                inputs.iter().any(|&input| axes[axis][usize::from(input)] != 0.0)
            }
            Self::Curved(curved) => match curved.free.get(axis) {
                Some(own) => inputs.iter().any(|&input| usize::from(input) == *own),
                None => true,
            },
        })
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
            Self::Curved(curved) => curved.share(axis, input, rows),
        }
    }

    /// Vectors, as d columns of N, in coordinates along the axes.
    pub(crate) fn coordinates(&self, vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let points = vectors.first().map_or(0, Vec::len);
        match self {
            Self::Whole => vectors.to_vec(),
            Self::Flat { axes, .. } => axes.iter().map(|a| along_constant(a, vectors)).collect(),
            Self::Curved(curved) => {
                let free = curved.free.iter().map(|&input| vectors[input].clone());
                free.chain(curved.axes.iter().map(|a| curved.along(a, vectors, points))).collect()
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
            Self::Curved(curved) => {
                for normal in &curved.normals {
                    let off = curved.along(normal, vectors, points);
                    for (&input, m) in curved.bound.iter().zip(normal) {
                        let each = vectors[input].iter_mut().zip(&off).zip(m);
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
            Self::Curved(curved) => curved.bound.binary_search(&input).map_or(true, |at| {
                curved.axes.iter().any(|axis| axis[at].iter().any(|a| a * a > NO_EXTENT))
            }),
        }
    }

    /// Whether removing what does not count may change a vector's component along an input.
    pub(crate) fn touches(&self, input: usize) -> bool {
        match self {
            Self::Whole => false,
            Self::Flat { normals, .. } => normals.iter().any(|normal| normal[input] != 0.0),
            Self::Curved(curved) => curved.bound.binary_search(&input).is_ok(),
        }
    }

    /// The axes at the points of those rows.
    pub(crate) fn subset(&self, rows: &[usize]) -> Self {
        let Self::Curved(curved) = self else { return self.clone() };
        let pick = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect::<Vec<f64>>();
        let each = |vectors: &Vec<Vec<Vec<f64>>>| -> Vec<Vec<Vec<f64>>> {
            vectors.iter().map(|vector| vector.iter().map(pick).collect()).collect()
        };
        let (axes, normals) = (each(&curved.axes), each(&curved.normals));
        let (free, bound) = (curved.free.clone(), curved.bound.clone());
        Self::Curved(Curved { free, bound, axes, normals })
    }

    /// The axes for inputs in another order, given as the present ones.
    pub(crate) fn reordered(&self, inputs: &[usize], points: usize) -> Self {
        let pick = |normal: &Vec<f64>| -> Vec<f64> { inputs.iter().map(|&i| normal[i]).collect() };
        match self {
            Self::Whole => Self::Whole,
            Self::Flat { normals, .. } => {
                let normals: Vec<Vec<f64>> = normals.iter().map(pick).collect();
                Self::Flat { axes: complement(&normals, inputs.len()), normals }
            }
            Self::Curved(_) => {
                let at = |row| self.normals_at(row).iter().map(pick).collect();
                Self::of_points(&(0..points).map(at).collect::<Vec<_>>(), inputs.len())
            }
        }
    }

    /// All numbers that the axes follow from.
    pub(crate) fn numbers(&self) -> Vec<&[f64]> {
        match self {
            Self::Whole => vec![],
            Self::Flat { normals, .. } => normals.iter().map(Vec::as_slice).collect(),
            Self::Curved(curved) => curved.normals.iter().flatten().map(Vec::as_slice).collect(),
        }
    }
}

impl Curved {
    fn dim(&self) -> usize {
        self.free.len() + self.bound.len()
    }

    #[inline]
    fn share(&self, axis: usize, input: usize, rows: &Range<usize>) -> Option<Share<'_>> {
        if let Some(&own) = self.free.get(axis) {
            return (own == input).then_some(Share::Same(1.0));
        }
        let at = self.bound.binary_search(&input).ok()?;
        Some(Share::Each(&self.axes[axis - self.free.len()][at][rows.start..rows.end]))
    }

    /// The components of vectors, d columns of N, along a vector in the bound inputs.
    fn along(&self, axis: &[Vec<f64>], vectors: &[Vec<f64>], points: usize) -> Vec<f64> {
        let mut sum = vec![0.0; points];
        for (&input, a) in self.bound.iter().zip(axis) {
            Share::Each(a).add(&vectors[input], &mut sum);
        }
        sum
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

/// From the least to the largest.
fn range(numbers: impl Iterator<Item = f64> + Clone) -> f64 {
    numbers.clone().fold(f64::NEG_INFINITY, f64::max) - numbers.fold(f64::INFINITY, f64::min)
}

/// The components of vectors along one, at each point.
fn along_constant(axis: &[f64], vectors: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for (column, &a) in vectors.iter().zip(axis) {
        Share::Same(a).add(column, &mut sum);
    }
    sum
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
