//! Gradients estimated from values, where nobody can differentiate.
//!
//! Around each point a polynomial of the second degree is fitted to the values of its nearest
//! neighbours; its slope is the gradient. What is wrong with a slope has two sources. The noise
//! of the values shows in what the polynomial leaves of them. The curvature that it cannot
//! follow shows in how the slope changes when terms of the third degree are added. One number
//! of neighbours serves all points: that with the least median error, since more of them average
//! more noise away and reach farther.

mod estimated;
mod local;
mod screen;

pub use estimated::EstimatedGradients;
pub use screen::influence;

use crate::builder::Surface;
use crate::cloud::Cloud;
use crate::order::{canonical, inverse};
use crate::progress::{Progress, of_each};
use crate::surface::{coefficients, median, principal_axes};
use crate::table::{check_column, pick};
use crate::tangent::{dot, normalise, orthonormal, remove, standardise};
use crate::{DataError, Table, Tangent, TangentMode};
use local::{Neighbour, Slopes};
use screen::influential;
use std::f64::consts::FRAC_PI_2;

/// Points at which numbers of neighbours are compared.
const ASKED: usize = 100;

/// Numbers of neighbours that are compared, each 8/5 of the one before, and the largest.
const GROWTH: (usize, usize) = (8, 5);
const MOST: usize = 600;

/// Points that are asked which inputs matter, where there are very many inputs.
const SCREENED: usize = 20_000;

/// In more dimensions the third degree has too many coefficients.
const MOST_FOR_CUBIC: usize = 6;

/// Where no higher degree is at hand to compare with, the standard errors from the residuals
/// are multiplied by this: they see how much of the curvature is left, not how much of it went
/// into the slope.
const UNSEEN: f64 = 2.0;

/// Noise changes slopes, too: only squares beyond this many times those expected of it count as
/// curvature. At 1 the errors of noisy values would come out half as large again.
const CHANCE: f64 = 1.5;

/// Estimates the gradients of a function from its N values at N points.
///
/// Take some hundred points for two inputs and some thousand for five: the number of
/// coefficients of a local polynomial grows as d²/2, and neighbours are ever farther away. With
/// too few points for the second degree, planes are fitted, with larger errors. Of more than about 25
/// inputs those are looked for that show an influence on the values by themselves, and the
/// gradients are those along these. Equal points
/// count as one with the mean of their values. Where the points lie on a surface (see
/// [`Tangent`]), the gradients are those along it; a constant column gets zeros. A column that
/// takes few values yields the slope between these, and no error estimate can tell what the
/// function does between them.
///
/// # Errors
/// [`DataError::TooFewValues`] names the number of points needed; [`DataError::NoInfluence`] says that
/// none of very many inputs shows an influence; [`DataError::ConstantValues`],
/// [`DataError::NotFinite`] and [`DataError::UnequalColumns`] are about `values`.
///
/// ```
/// use symgrad_data::{Table, estimate_gradients};
///
/// // sin(x) + y² on a spiral of 300 points.
/// let at = |n: u32| (f64::from(n).sqrt() / 10.0, 2.399963 * f64::from(n));
/// let x: Vec<f64> = (0..300).map(|n| at(n).0 * at(n).1.cos()).collect();
/// let y: Vec<f64> = (0..300).map(|n| at(n).0 * at(n).1.sin()).collect();
/// let values: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x.sin() + y * y).collect();
/// let points = Table::new(vec!["x".into(), "y".into()], vec![x, y])?;
///
/// let found = estimate_gradients(&points, &values)?;
/// assert!((found.gradients()[1][0] - 2.0 * points.column(1)[0]).abs() < 0.01);
/// assert!(found.median_angle_error() < 0.02);
/// assert!(found.level_set_loss() < 1e-3);
/// # Ok::<(), symgrad_data::DataError>(())
/// ```
pub fn estimate_gradients(points: &Table, values: &[f64]) -> Result<EstimatedGradients, DataError> {
    estimate(points, values, None, usize::MAX, TangentMode::Auto, &())
        .map(|(estimated, _)| estimated)
}

/// As [`estimate_gradients`], at no more than so many distinct points, of which the values at all
/// others are neighbours too; with the data's surface as the mode says, and weights of the values,
/// all positive. Also the surface, if it is that of the points one by one, since all differ.
pub(crate) fn estimate(
    points: &Table,
    values: &[f64],
    weights: Option<&[f64]>,
    most: usize,
    mode: TangentMode,
    progress: &dyn Progress,
) -> Result<(EstimatedGradients, Surface), DataError> {
    check_column("values", values, points.rows())?;
    let order = canonical(points);
    let (ordered, values) = (points.select(&order), pick(values, &order));
    let weights = weights.map(|weights| pick(weights, &order));
    let kept = screened(&ordered, &values)?;
    let some = kept.as_ref().map(|kept| ordered.columns_of(kept));
    let sites =
        Sites::of(some.as_ref().unwrap_or(&ordered), &values, weights.as_deref(), mode, progress)?;
    let sizes = sites.sizes()?;
    let degree = if sites.count() < enough(sites.rank(), 2) { 1 } else { 2 };
    let chosen = sites.best(&sizes, degree);
    let found = of_each(sites.count().min(most), progress, |site| {
        sizes[chosen..].iter().find_map(|size| sites.estimate(site, *size, degree))
    });
    if found.iter().all(Option::is_none) {
        return Err(DataError::NoEstimate);
    }
    // The rows of these sites, in the order given, each with its site.
    let rows = order.iter().copied().zip(sites.of_row.iter().copied());
    let mut rows: Vec<(usize, usize)> = rows.filter(|(_, site)| *site < found.len()).collect();
    rows.sort_unstable();
    let (rows, of_row): (Vec<usize>, Vec<usize>) = rows.into_iter().unzip();
    let of_row = || of_row.iter().map(|site| found[*site].as_ref());
    let component = |i: usize| of_row().map(|found| found.map_or(0.0, |f| f.gradient[i])).collect();
    let gradients = match &kept {
        None => (0..points.dim()).map(component).collect(),
        Some(kept) => {
            let along = |input| kept.binary_search(&input).map(component);
            let all = (0..points.dim()).map(along);
            all.map(|column| column.unwrap_or_else(|_| vec![0.0; rows.len()])).collect()
        }
    };
    let errors = of_row().map(|found| found.map_or(FRAC_PI_2, |f| f.angle_error)).collect();
    let all_differ = sites.count() == points.rows();
    let surface = if all_differ && kept.is_none() {
        let places = inverse(&order);
        let places: Vec<usize> = rows.iter().map(|row| places[*row]).collect();
        Surface::Known(sites.tangent.map(|tangent| tangent.select(&places)))
    } else {
        Surface::Unknown
    };
    let estimated = EstimatedGradients {
        rows,
        of: points.rows(),
        gradients,
        angle_errors: errors,
        degree,
        neighbours: sizes[chosen],
        influential: some.as_ref().map(|some| some.names().to_vec()),
    };
    Ok((estimated, surface))
}

/// The inputs along which slopes are estimated, where there are too many to do so along all;
/// those along the others are taken for zero.
fn screened(points: &Table, values: &[f64]) -> Result<Option<Vec<usize>>, DataError> {
    let most = (1..MOST).take_while(|&rank| enough(rank, 2) <= MOST).last().unwrap_or(1);
    if points.dim() <= most {
        return Ok(None);
    }
    let fitting = (1..=most).rev().find(|&rank| enough(rank, 2) <= points.rows()).unwrap_or(1);
    // The points are in an order that is as good as at random.
    let asked = points.rows().min(SCREENED);
    let first: Vec<usize> = (0..asked).collect();
    let kept = influential(&points.select(&first), &standardise(&values[..asked]).0, fitting);
    if kept.is_empty() && values.iter().any(|value| Some(value) != values.first()) {
        return Err(DataError::NoInfluence { rows: points.rows(), dim: points.dim() });
    }
    Ok((!kept.is_empty()).then_some(kept))
}

/// Coefficients of a polynomial in that many variables.
fn terms(rank: usize, degree: usize) -> usize {
    match degree {
        1 => rank + 1,
        2 => 1 + coefficients(rank),
        _ => 1 + coefficients(rank) + rank * (rank + 1) * (rank + 2) / 6,
    }
}

/// Values from which such a polynomial and its errors can be told.
fn enough(rank: usize, degree: usize) -> usize {
    terms(rank, degree) * 3 / 2 + 2
}

/// A gradient in the inputs' own units.
struct Estimate {
    gradient: Vec<f64>,
    angle_error: f64,
}

/// The distinct points.
struct Sites {
    cloud: Cloud,
    /// The mean of the values at each, in units of their spread, and how many they are, each as
    /// much as it weighs.
    values: Vec<f64>,
    counts: Vec<f64>,
    /// The unit of the values, and that of each column.
    unit: f64,
    scales: Vec<f64>,
    tangent: Option<Tangent>,
    /// Directions along the surface: r vectors in the cloud's coordinates, at all points or at
    /// each.
    planes: Vec<Vec<Vec<f64>>>,
    /// The site of each given row.
    of_row: Vec<usize>,
}

impl Sites {
    fn of(
        points: &Table,
        values: &[f64],
        weights: Option<&[f64]>,
        mode: TangentMode,
        progress: &dyn Progress,
    ) -> Result<Self, DataError> {
        let (values, unit) = standardise(values);
        if values.iter().all(|value| *value == 0.0) {
            return Err(DataError::ConstantValues);
        }
        let (firsts, of_row) = distinct(points);
        let mut means = vec![0.0; firsts.len()];
        let mut counts = vec![0.0; firsts.len()];
        let mean_weight =
            weights.map_or(1.0, |weights| weights.iter().sum::<f64>() / weights.len() as f64);
        for (row, (value, &site)) in values.iter().zip(&of_row).enumerate() {
            let count = weights.map_or(1.0, |weights| weights[row] / mean_weight);
            counts[site] += count;
            means[site] += (value - means[site]) * count / counts[site];
        }
        let columns: Vec<Vec<f64>> =
            points.columns().iter().map(|column| pick(column, &firsts)).collect();
        let table = Table::new(points.names().to_vec(), columns)?;
        let (columns, scales): (Vec<_>, Vec<_>) =
            table.columns().iter().map(|column| standardise(column)).unzip();
        let rank = |tangent: &Option<Tangent>| tangent.as_ref().map_or(table.dim(), Tangent::rank);
        let tangent = Tangent::watched(&table, mode, progress)?;
        let rank = rank(&tangent);
        let planes = match &tangent {
            None => vec![axes(table.dim())],
            Some(tangent) => {
                let places = if tangent.is_curved() { table.rows() } else { 1 };
                (0..places).map(|row| plane(tangent.normals().at(row), &scales, rank)).collect()
            }
        };
        let whole = axes(table.dim());
        let cloud = Cloud::of(&columns, whole.iter().map(Vec::as_slice));
        Ok(Self { cloud, values: means, counts, unit, scales, tangent, planes, of_row })
    }

    fn count(&self) -> usize {
        self.values.len()
    }

    fn rank(&self) -> usize {
        self.planes[0].len()
    }

    /// The numbers of neighbours to choose from, rising.
    fn sizes(&self) -> Result<Vec<usize>, DataError> {
        let (count, rank) = (self.count(), self.rank());
        let (needed, better) = (terms(rank, 1) + 2, enough(rank, 2));
        if count < needed {
            return Err(DataError::TooFewValues { rows: count, needed, better, dim: rank });
        }
        let mut sizes = vec![better.min(count)];
        while let Some(last) = sizes.last() {
            let next = (last * GROWTH.0 / GROWTH.1).min(count);
            if next == *last || next > MOST {
                break;
            }
            sizes.push(next);
        }
        Ok(sizes)
    }

    /// The index of the size with the least median error.
    fn best(&self, sizes: &[usize], degree: usize) -> usize {
        let asked = ASKED.min(self.count());
        let error = |size: usize| {
            let at = |n: usize| self.estimate(n * self.count() / asked, size, degree);
            let mut errors: Vec<f64> =
                (0..asked).map(|n| at(n).map_or(FRAC_PI_2, |found| found.angle_error)).collect();
            median(&mut errors)
        };
        let errors: Vec<f64> = sizes.iter().map(|size| error(*size)).collect();
        let less = |a: &usize, b: &usize| errors[*a].total_cmp(&errors[*b]);
        (0..sizes.len()).min_by(less).unwrap_or(0)
    }

    /// The gradient at a site from that many values.
    fn estimate(&self, site: usize, size: usize, degree: usize) -> Option<Estimate> {
        let wide = size.max(enough(self.rank(), 3));
        let compared = degree == 2 && self.rank() <= MOST_FOR_CUBIC && wide <= self.count();
        let neighbours = self.neighbours(site, if compared { wide } else { size });
        let near = Slopes::of(neighbours.get(..size)?, degree)?;
        let next = if compared { Slopes::of(&neighbours, 3) } else { None };
        let variance = next.as_ref().map_or(UNSEEN * UNSEEN * near.variance, |s| s.variance);

        let frame = self.frame(site);
        let gradient = combined(&frame, &near.along);
        let mut unit = gradient.clone();
        let length = normalise(&mut unit);
        let across: Vec<Vec<f64>> = frame.iter().map(|axis| without(axis, &unit)).collect();
        let mut square = variance * spread(&across, &near.factors, &neighbours);
        if let Some(next) = &next {
            let differences: Vec<f64> =
                near.along.iter().zip(&next.along).map(|(a, b)| a - b).collect();
            let moved = combined(&across, &differences);
            let expected = variance * spread(&across, &factors_between(&near, next), &neighbours);
            square += (dot(&moved, &moved) - CHANCE * expected).max(0.0);
        }
        // Noise adds to the length of a gradient, too.
        let longer = variance * spread(&frame, &near.factors, &neighbours);
        let length = (length * length - longer).max(0.0).sqrt();
        let angle = if length > 0.0 { square.sqrt().atan2(length) } else { FRAC_PI_2 };
        let off_plane = self.tangent.as_ref().map_or(0.0, Tangent::error);
        let angle_error = angle.hypot(off_plane).min(FRAC_PI_2);
        let gradient: Vec<f64> = gradient.iter().map(|g| g * self.unit).collect();
        let usable = gradient.iter().all(|g| g.is_finite()) && angle_error.is_finite();
        usable.then_some(Estimate { gradient, angle_error })
    }

    /// The site itself and those nearest to it, by rising distance.
    fn neighbours(&self, site: usize, size: usize) -> Vec<Neighbour> {
        let plane = &self.planes[site % self.planes.len()];
        let neighbour = |other: usize| {
            let step = self.cloud.step(site, other);
            Neighbour {
                step: plane.iter().map(|axis| dot(axis, &step)).collect(),
                value: self.values[other],
                count: self.counts[other],
            }
        };
        let others = self.cloud.nearest(site, size - 1);
        std::iter::once(site).chain(others).map(neighbour).collect()
    }

    /// What a slope of 1 along each direction of the plane is as a gradient in the inputs' units.
    fn frame(&self, site: usize) -> Vec<Vec<f64>> {
        let plane = &self.planes[site % self.planes.len()];
        let axis = |axis: &Vec<f64>| {
            let mut axis: Vec<f64> = axis.iter().zip(&self.scales).map(|(a, s)| a / s).collect();
            if let Some(tangent) = &self.tangent {
                tangent.project(site, &mut axis);
            }
            axis
        };
        plane.iter().map(axis).collect()
    }
}

/// The first row of each distinct point, and each row's point.
fn distinct(points: &Table) -> (Vec<usize>, Vec<usize>) {
    let order = |a: &usize, b: &usize| {
        let compare = |column: &Vec<f64>| column[*a].total_cmp(&column[*b]);
        points.columns().iter().map(compare).find(|o| o.is_ne()).unwrap_or(a.cmp(b))
    };
    let same = |a: usize, b: usize| points.columns().iter().all(|column| column[a] == column[b]);
    let mut sorted: Vec<usize> = (0..points.rows()).collect();
    sorted.sort_unstable_by(order);
    let mut first: Vec<usize> = (0..points.rows()).collect();
    for pair in sorted.windows(2) {
        if same(pair[0], pair[1]) {
            first[pair[1]] = first[pair[0]];
        }
    }
    let firsts: Vec<usize> = (0..points.rows()).filter(|row| first[*row] == *row).collect();
    let of_row = first.iter().map(|row| firsts.partition_point(|known| known < row)).collect();
    (firsts, of_row)
}

fn axes(dim: usize) -> Vec<Vec<f64>> {
    let unit = |i: usize| (0..dim).map(|j| if i == j { 1.0 } else { 0.0 }).collect();
    (0..dim).map(unit).collect()
}

/// The directions along a surface in standardised coordinates, from its normals in the inputs'.
fn plane(normals: &[Vec<f64>], scales: &[f64], rank: usize) -> Vec<Vec<f64>> {
    let scaled = |normal: &Vec<f64>| normal.iter().zip(scales).map(|(n, s)| n * s).collect();
    let normals = orthonormal(normals.iter().map(scaled).collect());
    let dim = scales.len();
    // What the normals leave empty comes first.
    let axes = principal_axes(&normals, dim).unwrap_or_else(|| axes(dim));
    axes.into_iter().take(rank).collect()
}

/// The sum of vectors with those factors.
fn combined(vectors: &[Vec<f64>], factors: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for (vector, factor) in vectors.iter().zip(factors) {
        sum.iter_mut().zip(vector).for_each(|(s, x)| *s += factor * x);
    }
    sum
}

fn without(vector: &[f64], unit: &[f64]) -> Vec<f64> {
    let mut rest = vector.to_vec();
    remove(unit, &mut rest);
    rest
}

/// The variance of a gradient in a frame, for values of variance 1.
fn spread(frame: &[Vec<f64>], factors: &[Vec<f64>], neighbours: &[Neighbour]) -> f64 {
    let of = |n: usize| {
        let factors: Vec<f64> = factors.iter().map(|row| row[n]).collect();
        let moved = combined(frame, &factors);
        dot(&moved, &moved) / neighbours[n].count
    };
    (0..factors.first().map_or(0, Vec::len)).map(of).sum()
}

/// The factors of the difference of two slopes, of which the second has more neighbours.
fn factors_between(near: &Slopes, next: &Slopes) -> Vec<Vec<f64>> {
    let difference = |(a, b): (&Vec<f64>, &Vec<f64>)| {
        let padded = a.iter().copied().chain(std::iter::repeat(0.0));
        b.iter().zip(padded).map(|(b, a)| a - b).collect()
    };
    near.factors.iter().zip(&next.factors).map(difference).collect()
}
