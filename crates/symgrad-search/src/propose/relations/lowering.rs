//! The lowest degrees, and the fewest terms, with which sums of products of coordinates vanish.

use super::basis::{Axis, Powers};

/// What is left with highest powers of coordinates, and degrees of polynomials.
type Left<'a> = dyn FnMut(&[Axis], &[u32]) -> Option<f64> + 'a;

/// The lowest degrees of each coordinate, and of each polynomial, of which there are at least `fewest`, with which less
/// than the tolerance is left; `None` if less than the gap is left with a degree that is lower.
pub(super) fn lowered(
    mut axes: Vec<Axis>,
    mut degrees: Vec<u32>,
    fewest: usize,
    (tolerance, gap): (f64, f64),
    left: &mut Left<'_>,
) -> Option<(Vec<Axis>, Vec<u32>)> {
    let total = degrees.iter().copied().max().unwrap_or(0);
    for axis in &mut axes {
        axis.highest = axis.highest.min(total);
    }
    loop {
        let before = (axes.iter().map(|axis| axis.highest).sum::<u32>(), degrees.clone());
        let mut nearest = f64::INFINITY;
        let mut vanishes = |axes: &[Axis], degrees: &[u32]| {
            let left = left(axes, degrees).unwrap_or(f64::INFINITY);
            if left >= tolerance {
                nearest = nearest.min(left);
            }
            left < tolerance
        };
        while degrees.len() > fewest && vanishes(&axes, &degrees[..degrees.len() - 1]) {
            degrees.pop();
        }
        for place in 0..axes.len() {
            while axes[place].highest > 0 {
                axes[place].highest -= 1;
                if !vanishes(&axes, &degrees) {
                    axes[place].highest += 1;
                    break;
                }
            }
        }
        for place in (0..degrees.len()).rev() {
            while degrees[place] > 0 {
                degrees[place] -= 1;
                if !vanishes(&axes, &degrees) {
                    degrees[place] += 1;
                    break;
                }
            }
        }
        if before == (axes.iter().map(|axis| axis.highest).sum::<u32>(), degrees.clone()) {
            return (nearest > gap).then_some((axes, degrees));
        }
    }
}

/// The fewest terms that vanish together among those that matter most, in their order.
pub(super) fn fewest(
    powers: &[Powers],
    matters: &[f64],
    vanish: &mut dyn FnMut(&[Powers]) -> bool,
) -> Vec<Powers> {
    let mut order: Vec<usize> = (0..powers.len()).collect();
    order.sort_by(|a, b| matters[*b].total_cmp(&matters[*a]).then(a.cmp(b)));
    let first = |count: usize| -> Vec<Powers> {
        let mut places = order[..count].to_vec();
        places.sort_unstable();
        places.into_iter().map(|place| powers[place].clone()).collect()
    };
    let (mut few, mut enough) = (1, order.len());
    while few + 1 < enough {
        let middle = usize::midpoint(few, enough);
        if vanish(&first(middle)) {
            enough = middle;
        } else {
            few = middle;
        }
    }
    first(enough)
}
