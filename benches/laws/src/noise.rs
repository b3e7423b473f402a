//! Errors of measurement.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Adds normal noise, a share of each column's standard deviation.
pub(crate) fn add_noise(columns: &mut [Vec<f64>], share: f64, rng: &mut impl Rng) {
    for column in columns {
        let mean = column.iter().sum::<f64>() / column.len() as f64;
        let square = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        let size = share * (square / column.len() as f64).sqrt();
        for x in column {
            let error: f64 = StandardNormal.sample(rng);
            *x += size * error;
        }
    }
}
