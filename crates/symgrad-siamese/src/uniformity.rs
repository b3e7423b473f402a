//! What keeps several latents independent: the uniformity loss (T. Wang and P. Isola, 2020), by which points
//! repel each other in the latent space.
//!
//! Latents that are all functions of one concept put the points on a curve, however it is bent
//! and although the latents may be uncorrelated. There a point has many more near neighbours
//! than where the points fill the space.

use crate::loss::Latents;

/// Points repel within a distance of about 1/√this, for latents of standard deviation 1. Shorter
/// would see noise, longer only the whole.
const SHARPNESS: f64 = 2.0;

/// Each row meets this many others. Rows of a batch are in random order, so that those next to
/// it will do.
const PARTNERS: usize = 64;

/// weight · ln mean exp(−2 ‖aᵢ − aⱼ‖²) over pairs of anchors; its derivative is added to that of
/// the anchors.
///
/// For normally distributed latents it falls by ln 3 = 1.1 with each that is independent.
#[expect(clippy::cast_possible_truncation, reason = "the network computes in f32")]
pub(crate) fn uniformity(latents: Latents<'_>, weight: f64, gradient: &mut [f32]) -> f64 {
    let Latents { anchor, width, .. } = latents;
    let rows = anchor.len() / width;
    let partners = PARTNERS.min(rows / 2);
    if partners == 0 {
        return 0.0;
    }
    let row = |index: usize| index % rows * width..(index % rows + 1) * width;
    let pairs =
        || (0..rows).flat_map(move |i| (i + 1..=i + partners).map(move |j| (row(i), row(j))));
    let kernels: Vec<f64> = pairs()
        .map(|(i, j)| {
            let differences = anchor[i].iter().zip(&anchor[j]).map(|(a, b)| f64::from(a - b));
            (-SHARPNESS * differences.map(|x| x * x).sum::<f64>()).exp()
        })
        .collect();
    // Far apart, all kernels may round to zero.
    let sum = kernels.iter().sum::<f64>() + f64::MIN_POSITIVE;
    for ((i, j), kernel) in pairs().zip(&kernels) {
        let slope = -2.0 * weight * SHARPNESS * kernel / sum;
        for (i, j) in i.zip(j) {
            let force = (slope * f64::from(anchor[i] - anchor[j])) as f32;
            gradient[i] += force;
            gradient[j] -= force;
        }
    }
    weight * (sum / kernels.len() as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uniformity_of(anchor: &[f32]) -> f64 {
        let latents = Latents { anchor, positive: &[], negative: &[], width: 2 };
        uniformity(latents, 1.0, &mut vec![0.0; anchor.len()])
    }

    /// x and x² are uncorrelated, but not independent.
    #[test]
    fn a_curve_is_less_uniform_than_a_disc() {
        let turn = |i: u8, step: f32| (f32::from(i) * step).fract();
        // Mean 0 and variance 1 each, like (√3·u, √(45/4)·(u² − 1/3)) for u uniform in [−1, 1].
        let curve = (0..200).flat_map(|i| {
            let u = 2.0 * turn(i, 0.618_034) - 1.0;
            [1.732 * u, 3.354 * (u * u - 1.0 / 3.0)]
        });
        let square = (0..200)
            .flat_map(|i| [0.754_877_7, 0.569_840_3].map(|step| 3.464 * (turn(i, step) - 0.5)));
        let [curve, square] =
            [curve.collect::<Vec<f32>>(), square.collect()].map(|x| uniformity_of(&x));
        assert!(curve > square + 0.5, "{curve} {square}");
    }

    #[test]
    fn by_hand() {
        // Two rows at distance 1 meet twice.
        assert!((uniformity_of(&[0.0, 0.0, 1.0, 0.0]) + 2.0).abs() < 1e-12);
        assert_eq!(uniformity_of(&[0.0, 0.0]), 0.0);
        assert!(uniformity_of(&[0.0, 0.0, 100.0, 0.0]).is_finite());
    }
}
