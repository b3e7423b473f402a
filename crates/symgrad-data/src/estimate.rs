//! Gradients estimated from values, where nobody can differentiate.
//!
//! Around each point a polynomial of the second degree is fitted to the values of its nearest
//! neighbours; its slope is the gradient. What is wrong with a slope has two sources. The noise
//! of the values shows in what the polynomial leaves of them. The curvature that it cannot
//! follow shows in how the slope changes when terms of the third degree are added. One number
//! of neighbours serves all points: that with the least median error, since more of them average
//! more noise away and reach farther.
//!
//! Beside this stands one polynomial of high degree through the values of all points, where they
//! are enough for it: of a smooth function of few inputs it tells far more than any neighbours.
//! It is taken where its median error is clearly less.

mod estimated;
mod fitted;
mod global;
mod local;
mod screen;
mod sites;

pub use estimated::{EstimatedGradients, Reach};
pub use screen::influence;

use crate::builder::Surface;
use crate::order::{canonical, inverse};
use crate::progress::{Progress, of_each};
use crate::surface::coefficients;
use crate::table::{check_column, pick};
use crate::tangent::standardise;
use crate::{DataError, Table, TangentMode};
use screen::influential;
use sites::Sites;
use std::f64::consts::FRAC_PI_2;

/// Most neighbours.
const MOST: usize = 600;

/// Points that are asked which inputs matter, where there are very many inputs.
const SCREENED: usize = 20_000;

/// The polynomial through all values is taken where its median error is less than this share of that
/// of the local ones: errors are known to about a factor of two.
const CLEARLY: f64 = 0.5;

/// Estimates the gradients of a function from its N values at N points.
///
/// Take some hundred points for two inputs and some thousand for five: the number of
/// coefficients of a local polynomial grows as d²/2, and neighbours are ever farther away. With
/// too few points for the second degree, planes are fitted, with larger errors. Of more than about 25
/// inputs those are looked for that show an influence on the values by themselves, and the
/// gradients are those along these. Where one polynomial of high degree follows all values clearly
/// better than local ones do, the gradients are its own: of a smooth function of two or three
/// inputs, without noise, they often come out to three digits and more. Equal points
/// count as one with the mean of their values. Where the points lie on a surface (see
/// [`Tangent`](crate::Tangent)), the gradients are those along it; a constant column gets zeros. A
/// column that takes few values yields the slope between these, and no error estimate can tell what
/// the function does between them.
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
    let (chosen, error) = sites.best(&sizes, degree);
    let polynomial = sites.polynomial(CLEARLY * error);
    let found = of_each(sites.count().min(most), progress, |site| match &polynomial {
        Some(polynomial) => sites.estimate_by(polynomial, site),
        None => sizes[chosen..].iter().find_map(|size| sites.estimate(site, *size, degree)),
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
        degree: polynomial.as_ref().map_or(degree, |polynomial| polynomial.degree),
        reach: polynomial.map_or(Reach::Neighbours(sizes[chosen]), |_| Reach::All),
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
