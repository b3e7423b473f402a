//! How noisy the inputs are, from how they change in time.

use symgrad_data::Groups;

use crate::sample::deviation;

/// Orders of differences that are tried. Those of low order see the motion, those of high order
/// average over few points; whichever sees least is nearest to the noise.
const ORDERS: std::ops::RangeInclusive<usize> = 2..=7;

/// The standard deviation of each input's error, which is an upper bound where the motion is fast
/// between two points; `None` where there is no time, or too few moments.
pub(crate) fn noise_of(groups: &Groups) -> Option<Vec<f64>> {
    let time = groups.time()?;
    groups.points().columns().iter().map(|column| noise_in(groups, time, column)).collect()
}

fn noise_in(groups: &Groups, time: &[f64], column: &[f64]) -> Option<f64> {
    // Measured by how far the input extends: the square of a large number may not be finite.
    let scale = deviation(column);
    let at_order = |order: usize| {
        let (mut sum, mut count) = (0.0, 0);
        for group in 0..groups.len() {
            let rows = groups.rows(group);
            for (t, x) in time[rows.clone()].windows(order + 1).zip(column[rows].windows(order + 1))
            {
                sum += (contrast(t, x) / scale).powi(2);
                count += 1;
            }
        }
        (count > 0).then(|| scale * (sum / f64::from(count)).sqrt())
    };
    ORDERS.filter_map(at_order).min_by(f64::total_cmp)
}

/// The combination of the values that vanishes for polynomials of lower degree than there are
/// moments, with weights whose squares add up to 1: for independent errors its size is theirs.
fn contrast(times: &[f64], values: &[f64]) -> f64 {
    let span = times[times.len() - 1] - times[0];
    let weight = |i: usize| {
        let others = times.iter().enumerate().filter(|(j, _)| *j != i);
        others.map(|(_, t)| span / (times[i] - t)).product::<f64>()
    };
    let weights: Vec<f64> = (0..times.len()).map(weight).collect();
    let length = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
    weights.iter().zip(values).map(|(w, x)| w * x).sum::<f64>() / length
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};
    use symgrad_data::Table;

    use super::*;

    #[test]
    fn noise_is_told_from_motion() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for noise in [0.0, 0.01, 0.1] {
            let (mut x, mut labels, mut time) = (vec![], vec![], vec![]);
            for n in 0..800_u32 {
                let t = 0.2 * f64::from(n % 40) + 0.05 * f64::from(n % 3);
                let error: f64 = StandardNormal.sample(&mut rng);
                x.push((t + f64::from(n / 40)).sin() + noise * error);
                labels.push(f64::from(n / 40));
                time.push(t);
            }
            let points = Table::new(vec!["x".into()], vec![x]).unwrap();
            let groups = Groups::new(&points, &labels, Some(time)).unwrap();
            let found = noise_of(&groups).unwrap()[0];
            assert!((found - noise).abs() < 0.15 * noise + 1e-4, "{noise}: {found}");
        }
    }
}
