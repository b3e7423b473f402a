//! Canonical variates of latents: the generalised eigenproblem of their covariances within pairs and over all
//! points (Fisher's discriminant analysis).

use faer::{Mat, Side};

/// Combinations of latents that are uncorrelated, over all points and within pairs, in the order
/// of how much of their variance lies within pairs.
pub(crate) struct CanonicalVariates {
    /// A column of weights for each combination, which gives it a variance of 1.
    pub(crate) weights: Mat<f64>,
    /// The Rayleigh quotient of each combination, its variance within pairs over its total variance, the
    /// smallest first.
    pub(crate) quotients: Vec<f64>,
}

impl CanonicalVariates {
    /// From covariances of the same latents; `None` if a latent is constant or depends on the
    /// others.
    pub(crate) fn of(within: &Mat<f64>, total: &Mat<f64>) -> Option<Self> {
        let whitening = whitening(total)?;
        let within = &whitening * within * &whitening;
        let eigen = within.self_adjoint_eigen(Side::Lower).ok()?;
        // Rounding may bring what is nothing below zero.
        let quotients =
            eigen.S().column_vector().iter().map(|quotient| quotient.max(0.0)).collect();
        Some(Self { weights: whitening * eigen.U(), quotients })
    }
}

/// The symmetric W with W·total·W = 1.
fn whitening(total: &Mat<f64>) -> Option<Mat<f64>> {
    let size = total.nrows();
    let eigen = total.self_adjoint_eigen(Side::Lower).ok()?;
    let scales: Vec<f64> =
        eigen.S().column_vector().iter().map(|variance| variance.sqrt().recip()).collect();
    let basis = eigen.U();
    let entry = |i, j| (0..size).map(|k| basis[(i, k)] * scales[k] * basis[(j, k)]).sum();
    scales.iter().all(|scale| scale.is_normal()).then(|| Mat::from_fn(size, size, entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_are_uncorrelated_and_ordered() {
        let total = faer::mat![[4.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]];
        let within = faer::mat![[0.5, -0.2, 0.0], [-0.2, 0.3, 0.1], [0.0, 0.1, 0.9]];
        let CanonicalVariates { weights, quotients } =
            CanonicalVariates::of(&within, &total).unwrap();
        assert!(quotients.is_sorted());
        for (i, quotient) in quotients.iter().enumerate() {
            for j in 0..3 {
                let form = |m: &Mat<f64>| (weights.transpose() * m * &weights)[(i, j)];
                let unit = f64::from(u8::from(i == j));
                assert!((form(&total) - unit).abs() < 1e-12);
                assert!((form(&within) - unit * quotient).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn quotients_are_never_negative() {
        let total = faer::mat![[1.0, 0.3], [0.3, 1.0]];
        let within = faer::mat![[1.0, -1.0], [-1.0, 0.999]];
        let quotients = CanonicalVariates::of(&within, &total).unwrap().quotients;
        assert!(quotients[0] == 0.0 && quotients[1] > 1.0, "{quotients:?}");
    }

    #[test]
    fn dependent_latents_have_no_combinations() {
        let one = faer::mat![[1.0, 0.0], [0.0, 0.0]];
        assert!(CanonicalVariates::of(&one, &one).is_none());
    }
}
