//! The points at which gradients are estimated.

use super::fitted::{Fitted, Moved};
use super::global::Polynomial;
use super::local::{Neighbour, Slopes};
use super::{MOST, enough, terms};
use crate::cloud::Cloud;
use crate::progress::Progress;
use crate::surface::{median, principal_axes};
use crate::table::pick;
use crate::tangent::{dot, normalise, orthonormal, remove, standardise};
use crate::{DataError, Table, Tangent, TangentMode};
use std::f64::consts::FRAC_PI_2;

/// Points at which numbers of neighbours are compared.
const ASKED: usize = 100;

/// Of the numbers of neighbours that are compared each is 8/5 of the one before.
const GROWTH: (usize, usize) = (8, 5);

/// In more dimensions the third degree has too many coefficients.
const MOST_FOR_CUBIC: usize = 6;

/// Where no higher degree is at hand to compare with, the standard errors from the residuals
/// are multiplied by this: they see how much of the curvature is left, not how much of it went
/// into the slope.
const UNSEEN: f64 = 2.0;

/// Noise changes slopes, too: only squares beyond this many times those expected of it count as
/// curvature. At 1 the errors of noisy values would come out half as large again.
const CHANCE: f64 = 1.5;

/// Medians of errors below this are rounding, of which no polynomial has less.
const ROUNDING: f64 = 1e-8;

/// What rounding does to values, and to the many sums that slopes are made of.
const ROUNDED: f64 = 4.0 * f64::EPSILON;

/// A gradient in the inputs' own units.
pub(super) struct Estimate {
    pub(super) gradient: Vec<f64>,
    pub(super) angle_error: f64,
}

/// The distinct points.
pub(super) struct Sites {
    cloud: Cloud,
    /// The mean of the values at each, in units of their spread, and how many they are, each as
    /// much as it weighs.
    values: Vec<f64>,
    counts: Vec<f64>,
    /// The unit of the values, and that of each column.
    unit: f64,
    scales: Vec<f64>,
    pub(super) tangent: Option<Tangent>,
    /// Directions along the surface: r vectors in the cloud's coordinates, at all points or at
    /// each.
    planes: Vec<Vec<Vec<f64>>>,
    /// The site of each given row.
    pub(super) of_row: Vec<usize>,
}

impl Sites {
    pub(super) fn of(
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

    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    pub(super) fn rank(&self) -> usize {
        self.planes[0].len()
    }

    /// The numbers of neighbours to choose from, rising.
    pub(super) fn sizes(&self) -> Result<Vec<usize>, DataError> {
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

    /// The index of the size with the least median error, and that.
    pub(super) fn best(&self, sizes: &[usize], degree: usize) -> (usize, f64) {
        let error = |size: &usize| self.median_error(|site| self.estimate(site, *size, degree));
        let errors = sizes.iter().map(error).enumerate();
        errors.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, FRAC_PI_2))
    }

    /// A polynomial through all values whose median error is less than that, if there is one.
    pub(super) fn polynomial(&self, error: f64) -> Option<Polynomial> {
        if self.planes.len() > 1 || error < ROUNDING {
            return None;
        }
        let points: Vec<Vec<f64>> = (0..self.count()).map(|site| self.place(site)).collect();
        let mut polynomial = Polynomial::of(&points, &self.values, &self.counts)?;
        let mut best = (error, None);
        for degree in polynomial.candidates() {
            polynomial.degree = degree;
            let error = self.median_error(|site| self.estimate_by(&polynomial, site));
            if error < best.0 {
                best = (error, Some(degree));
            }
        }
        polynomial.degree = best.1?;
        Some(polynomial)
    }

    /// A point in coordinates along the plane.
    fn place(&self, site: usize) -> Vec<f64> {
        let point = self.cloud.at(site);
        self.planes[0].iter().map(|axis| dot(axis, point)).collect()
    }

    /// The median of the errors at some sites.
    fn median_error(&self, estimate: impl Fn(usize) -> Option<Estimate>) -> f64 {
        let (count, asked) = (self.count(), ASKED.min(self.count()));
        let error = |site| estimate(site).map_or(FRAC_PI_2, |found: Estimate| found.angle_error);
        median(&mut (0..asked).map(|n| error(n * count / asked)).collect::<Vec<f64>>())
    }

    /// The gradient at a site from that many values.
    pub(super) fn estimate(&self, site: usize, size: usize, degree: usize) -> Option<Estimate> {
        let wide = size.max(enough(self.rank(), 3));
        let compared = degree == 2 && self.rank() <= MOST_FOR_CUBIC && wide <= self.count();
        let neighbours = self.neighbours(site, if compared { wide } else { size });
        let near = Slopes::of(neighbours.get(..size)?, degree)?;
        let next = if compared { Slopes::of(&neighbours, 3) } else { None };
        let variance = next.as_ref().map_or(UNSEEN * UNSEEN * near.variance, |s| s.variance);
        let moved = next.as_ref().map(|next| Moved {
            by: near.along.iter().zip(&next.along).map(|(a, b)| a - b).collect(),
            factors: weighed(&factors_between(&near, next), &neighbours),
            part: 1.0,
        });
        let factors = weighed(&near.factors, &neighbours);
        self.judged(site, &Fitted { along: near.along, factors, variance, moved })
    }

    /// The gradient at a site from all values.
    pub(super) fn estimate_by(&self, polynomial: &Polynomial, site: usize) -> Option<Estimate> {
        self.judged(site, &polynomial.slopes(&self.place(site)))
    }

    /// The gradient that slopes at a site make, with its error.
    fn judged(&self, site: usize, fitted: &Fitted) -> Option<Estimate> {
        let frame = self.frame(site);
        let gradient = combined(&frame, &fitted.along);
        let mut unit = gradient.clone();
        let length = normalise(&mut unit);
        let across: Vec<Vec<f64>> = frame.iter().map(|axis| without(axis, &unit)).collect();
        let variance = fitted.variance.max(ROUNDED * ROUNDED);
        let mut square = variance * spread(&across, &fitted.factors);
        if let Some(Moved { by, factors, part }) = &fitted.moved {
            let moved = combined(&across, by);
            let expected = variance * spread(&across, factors);
            square += part * part * (dot(&moved, &moved) - CHANCE * expected).max(0.0);
        }
        // Noise adds to the length of a gradient, too.
        let longer = variance * spread(&frame, &fitted.factors);
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

/// The variance of a gradient in a frame, for numbers of variance 1.
fn spread(frame: &[Vec<f64>], factors: &[Vec<f64>]) -> f64 {
    let of = |n: usize| {
        let factors: Vec<f64> = factors.iter().map(|row| row[n]).collect();
        let moved = combined(frame, &factors);
        dot(&moved, &moved)
    };
    (0..factors.first().map_or(0, Vec::len)).map(of).sum()
}

/// Factors of single values in the place of those of means of several.
fn weighed(factors: &[Vec<f64>], neighbours: &[Neighbour]) -> Vec<Vec<f64>> {
    let of = |row: &Vec<f64>| {
        row.iter().zip(neighbours).map(|(factor, n)| factor / n.count.sqrt()).collect()
    };
    factors.iter().map(of).collect()
}

/// The factors of the difference of two slopes, of which the second has more neighbours.
fn factors_between(near: &Slopes, next: &Slopes) -> Vec<Vec<f64>> {
    let difference = |(a, b): (&Vec<f64>, &Vec<f64>)| {
        let padded = a.iter().copied().chain(std::iter::repeat(0.0));
        b.iter().zip(padded).map(|(b, a)| a - b).collect()
    };
    near.factors.iter().zip(&next.factors).map(difference).collect()
}
