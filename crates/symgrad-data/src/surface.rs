//! Curved surfaces, from patches of the second degree through each point and its neighbours.
//!
//! The principal axes of a point's neighbours give a first guess of the plane that touches the
//! surface there. Where the neighbours do not lie around the point evenly, the surface's
//! curvature tilts it, by about curvature × distance. So the height over the guess is then
//! fitted by a polynomial without constant, a·t + tᵀQt, in the coordinates t on the plane;
//! its slope a corrects the plane, and only the third order is left.

use crate::DataError;
use crate::cloud::Cloud;
use crate::progress::{Progress, of_each};
use crate::tangent::{dot, orthonormal};
use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

/// Neighbours per coefficient of a patch, and in addition.
const NEIGHBOURS: (usize, usize) = (2, 6);

/// Rounds in which the plane is corrected; the first leaves little to do.
const ROUNDS: usize = 2;

/// Points that are asked for the dimension of the surface.
const ASKED: usize = 200;

/// Points that are asked first whether there is any surface at all.
const ASKED_FIRST: usize = 30;

/// Share of them that must agree.
const AGREE: f64 = 0.8;

/// Neighbours deviate from a patch of the right dimension by less than this share of its
/// extent, each as predicted by the others.
const THIN: f64 = 0.05;

/// Where nobody asked for a surface, the median must be two decades below the extent.
const CLEAR: f64 = 0.01;

/// With a dimension less they deviate this many times as much, by the median over points.
const STEP: f64 = 10.0;

/// Fewer points are no evidence of a surface that nobody asked for.
const FEWEST: usize = 100;

/// With this many times the neighbours a patch must not be thicker than this, as it would be if
/// other sheets were close.
const WIDER: usize = 4;
const SHEETS: f64 = 0.1;

/// One more than the most dimensions that are thought of: the patches of more have too many
/// coefficients.
const MOST: usize = 11;

/// A surface at all points.
pub(crate) struct Patches {
    pub(crate) rank: usize,
    /// The normals at each point, in the cloud's coordinates.
    pub(crate) normals: Vec<Vec<Vec<f64>>>,
    /// The median standard error of the normals' angles.
    pub(crate) error: f64,
}

/// The surface of the points, if there clearly is one of at least two dimensions: points along
/// curves are more often trajectories, sampled densely. It must be a single one: where an input
/// takes few values, or the points form a lattice, there are many sheets, and what changes from
/// sheet to sheet matters.
pub(crate) fn detect(cloud: &Cloud, progress: &dyn Progress) -> Option<Patches> {
    if cloud.len() < FEWEST {
        return None;
    }
    let (rank, deviation) = estimate(cloud)?;
    if rank < 2 || deviation > CLEAR || !cloud.is_connected(enough(rank), progress) {
        return None;
    }
    let wide = ((WIDER * enough(rank)).min(cloud.len() - 1), rank);
    if thickness(cloud, wide) > SHEETS {
        return None;
    }
    patches(cloud, Some(rank), None, progress).ok().flatten()
}

/// The surface of the points, of the given or else the estimated rank; none if that is the
/// cloud's own dimension.
pub(crate) fn patches(
    cloud: &Cloud,
    rank: Option<usize>,
    neighbours: Option<usize>,
    progress: &dyn Progress,
) -> Result<Option<Patches>, DataError> {
    let refuse = |reason: String| DataError::NoSurface { reason };
    let Some(rank) = rank.or_else(|| Some(estimate(cloud)?.0)) else {
        return Err(refuse(
            "their neighbourhoods do not agree on its dimension; give its rank, or turn the \
             detection off"
                .into(),
        ));
    };
    if rank >= cloud.dim() {
        return Ok(None);
    }
    let count = neighbours.unwrap_or_else(|| enough(rank));
    if count < coefficients(rank) {
        return Err(refuse(format!(
            "{count} neighbours for the {} coefficients of a patch of {rank} dimensions; take \
             more",
            coefficients(rank)
        )));
    }
    if cloud.len() <= count {
        return Err(refuse(format!(
            "{} points, and {count} neighbours are needed; give more points",
            cloud.len()
        )));
    }
    let mut normals = Vec::with_capacity(cloud.len());
    let mut errors = Vec::with_capacity(cloud.len());
    let found = of_each(cloud.len(), progress, |row| {
        Patch::of(&cloud.steps(row, count), cloud.dim(), rank)
    });
    for patch in found {
        let patch = patch.ok_or_else(|| {
            refuse("the neighbours of some points lie in fewer directions".into())
        })?;
        normals.push(patch.normals);
        errors.push(patch.error);
    }
    Ok(Some(Patches { rank, normals, error: median(&mut errors) }))
}

/// The smallest number of dimensions whose patches most neighbourhoods follow closely, if with
/// one less they clearly do not; and the median deviation.
fn estimate(cloud: &Cloud) -> Option<(usize, f64)> {
    let points = cloud.len();
    let rows = |count: usize| (0..count.min(points)).map(move |n| n * points / count.min(points));
    let widest = (1..cloud.dim().min(MOST)).rev().find(|&rank| enough(rank) < points)?;
    // A surface of any dimension is thin in some direction.
    if thickness(cloud, (enough(widest), widest)) > THIN {
        return None;
    }
    let steps: Vec<Vec<Vec<f64>>> =
        rows(ASKED).map(|row| cloud.steps(row, enough(widest))).collect();
    let mut before = 1.0_f64;
    for rank in 1..=widest {
        let mut deviations: Vec<f64> = steps
            .iter()
            .map(|steps| {
                let near = &steps[..steps.len().min(enough(rank))];
                Patch::of(near, cloud.dim(), rank).map_or(1.0, |patch| patch.deviation.min(1.0))
            })
            .collect();
        let thin = deviations.iter().filter(|deviation| **deviation < THIN).count();
        let agree = thin as f64 >= AGREE * deviations.len() as f64;
        let middle = median(&mut deviations);
        if agree {
            return (before >= STEP * middle).then_some((rank, middle));
        }
        before = middle;
    }
    None
}

/// The median deviation from patches through that many neighbours, of that dimension, as a share
/// of their largest extent; over a few points.
fn thickness(cloud: &Cloud, (count, rank): (usize, usize)) -> f64 {
    let asked = ASKED_FIRST.min(cloud.len());
    let mut found: Vec<f64> = (0..asked)
        .map(|n| n * cloud.len() / asked)
        .map(|row| Patch::of(&cloud.steps(row, count), cloud.dim(), rank))
        .map(|patch| patch.map_or(0.0, |patch| patch.thickness))
        .collect();
    median(&mut found)
}

pub(crate) fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(0.0)
}

/// Coefficients of a polynomial of the second degree without constant.
pub(crate) fn coefficients(rank: usize) -> usize {
    rank + rank * (rank + 1) / 2
}

/// Neighbours from which a patch can be told.
fn enough(rank: usize) -> usize {
    NEIGHBOURS.0 * coefficients(rank) + NEIGHBOURS.1
}

/// The surface about one point.
struct Patch {
    normals: Vec<Vec<f64>>,
    /// How far neighbours lie off a patch that was fitted without them, as a share of the
    /// extent along the patch.
    deviation: f64,
    /// The same as a share of the largest extent.
    thickness: f64,
    /// The standard error of the normals' angles.
    error: f64,
}

impl Patch {
    /// From steps to neighbours, in as many dimensions; `None` where these do not extend in all
    /// directions of a patch.
    fn of(steps: &[Vec<f64>], dim: usize, rank: usize) -> Option<Self> {
        let mut axes = principal_axes(steps, dim)?;
        let (mut deviation, mut thickness, mut error) = (0.0, 0.0, 0.0);
        for _ in 0..ROUNDS {
            let (normals, plane) = axes.split_at(dim - rank);
            let fit = Fit::of(steps, plane, normals)?;
            (deviation, thickness, error) = (fit.deviation, fit.thickness, fit.error);
            let tilted = |(normal, slope): (&Vec<f64>, &Vec<f64>)| {
                let mut tilted = normal.clone();
                for (axis, a) in plane.iter().zip(slope) {
                    tilted.iter_mut().zip(axis).for_each(|(t, x)| *t -= a * x);
                }
                tilted
            };
            let tilted: Vec<Vec<f64>> = normals.iter().zip(&fit.slopes).map(tilted).collect();
            axes = orthonormal(tilted.into_iter().chain(plane.iter().cloned()).collect());
        }
        axes.truncate(dim - rank);
        let finite = axes.iter().flatten().all(|x| x.is_finite());
        finite.then_some(Self { normals: axes, deviation, thickness, error })
    }
}

/// The principal axes of steps, the emptiest first.
pub(crate) fn principal_axes(steps: &[Vec<f64>], dim: usize) -> Option<Vec<Vec<f64>>> {
    let products = Mat::from_fn(dim, dim, |i, j| steps.iter().map(|s| s[i] * s[j]).sum::<f64>());
    let eigen = products.self_adjoint_eigen(Side::Lower).ok()?;
    let vectors = eigen.U();
    Some((0..dim).map(|k| (0..dim).map(|i| vectors[(i, k)]).collect()).collect())
}

/// Heights over a plane as polynomials in the coordinates on it.
struct Fit {
    /// By normal, the slope along each axis of the plane.
    slopes: Vec<Vec<f64>>,
    deviation: f64,
    thickness: f64,
    error: f64,
}

impl Fit {
    fn of(steps: &[Vec<f64>], plane: &[Vec<f64>], normals: &[Vec<f64>]) -> Option<Self> {
        let (count, rank) = (steps.len() as f64, plane.len());
        let on_plane: Vec<Vec<f64>> =
            steps.iter().map(|s| plane.iter().map(|axis| dot(axis, s)).collect()).collect();
        let extent =
            |axis: usize| (on_plane.iter().map(|t| t[axis] * t[axis]).sum::<f64>() / count).sqrt();
        let extents: Vec<f64> = (0..rank).map(extent).collect();
        let least = extents.iter().copied().fold(f64::INFINITY, f64::min);
        let most = extents.iter().copied().fold(0.0, f64::max);
        if !(least > DEPENDENT * most && most.is_finite()) {
            return None;
        }
        let terms: Vec<Vec<f64>> = on_plane.iter().map(|t| monomials(t, &extents)).collect();
        let size = coefficients(rank);
        let ridge = DEPENDENT * DEPENDENT * count;
        let products = Mat::from_fn(size, size, |i, j| {
            let sum: f64 = terms.iter().map(|x| x[i] * x[j]).sum();
            if i == j { sum + ridge } else { sum }
        });
        let inverse = products.llt(Side::Lower).ok()?.solve(Mat::<f64>::identity(size, size));
        let times = |x: &[f64]| -> Vec<f64> {
            (0..size).map(|i| (0..size).map(|j| inverse[(i, j)] * x[j]).sum()).collect()
        };
        let leverages: Vec<f64> = terms.iter().map(|x| dot(x, &times(x))).collect();
        let (mut slopes, mut squares, mut left_out) = (vec![], 0.0, 0.0);
        for normal in normals {
            let heights: Vec<f64> = steps.iter().map(|s| dot(normal, s)).collect();
            let mut overlap = vec![0.0; size];
            for (x, height) in terms.iter().zip(&heights) {
                overlap.iter_mut().zip(x).for_each(|(sum, x)| *sum += x * height);
            }
            let found = times(&overlap);
            for ((x, height), leverage) in terms.iter().zip(&heights).zip(&leverages) {
                let off = height - dot(x, &found);
                squares += off * off;
                left_out += (off / (1.0 - leverage).max(DEPENDENT)).powi(2);
            }
            slopes.push(found.iter().zip(&extents).map(|(a, extent)| a / extent).collect());
        }
        let freedom = (count - size as f64).max(1.0) * normals.len().max(1) as f64;
        // The variance of a slope is that of the heights times its entry of the inverse.
        let spread: f64 = (0..rank).map(|i| inverse[(i, i)] / (extents[i] * extents[i])).sum();
        Some(Self {
            slopes,
            deviation: (left_out / count).sqrt() / least,
            thickness: (left_out / count).sqrt() / most,
            error: (squares / freedom * spread).sqrt(),
        })
    }
}

/// Extents of less than this share are none.
pub(crate) const DEPENDENT: f64 = 1e-7;

/// The coordinates in units of their extents, and their products.
pub(crate) fn monomials(coordinates: &[f64], extents: &[f64]) -> Vec<f64> {
    let mut found: Vec<f64> = coordinates.iter().zip(extents).map(|(t, e)| t / e).collect();
    for i in 0..coordinates.len() {
        for j in 0..=i {
            found.push(found[i] * found[j]);
        }
    }
    found
}

#[cfg(test)]
mod tests;
