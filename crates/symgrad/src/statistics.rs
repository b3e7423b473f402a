//! The few statistics that a summary needs.

/// The 95 % Wilson score interval of a rate: `hits` out of `trials`.
///
/// It stays within [0, 1] and is not empty when all trials agree; without trials it is [0, 1]
/// (Wilson, J. Am. Stat. Assoc. 22, 1927).
///
/// ```
/// let (low, high) = symgrad::wilson(5, 5);
/// assert!((low - 0.566).abs() < 1e-3 && high == 1.0);
/// ```
pub fn wilson(hits: usize, trials: usize) -> (f64, f64) {
    /// The standard normal quantile of 97.5 %.
    const Z: f64 = 1.959_963_984_540_054;
    if trials == 0 {
        return (0.0, 1.0);
    }
    let (n, rate) = (trials as f64, hits as f64 / trials as f64);
    let square = Z * Z / n;
    let centre = (rate + square / 2.0) / (1.0 + square);
    let half = Z * (rate * (1.0 - rate) / n + square / (4.0 * n)).sqrt() / (1.0 + square);
    // At the ends rounding must not cut off the rate itself.
    let low = if hits == 0 { 0.0 } else { centre - half };
    let high = if hits == trials { 1.0 } else { centre + half };
    (low, high)
}

/// The correlation of two columns; 0 if one of them is constant.
pub(crate) fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let mean = |column: &[f64]| column.iter().sum::<f64>() / column.len().max(1) as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    let correlation = ab / (aa.sqrt() * bb.sqrt());
    if correlation.is_finite() { correlation.clamp(-1.0, 1.0) } else { 0.0 }
}

/// The correlation of ranks: ±1 exactly if one column is a monotone function of the other.
pub(crate) fn spearman(a: &[f64], b: &[f64]) -> f64 {
    pearson(&ranks(a), &ranks(b))
}

/// Ranks from 0; equal values share their mean rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for group in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let shared = start as f64 + (group.len() - 1) as f64 / 2.0;
        for &index in group {
            ranks[index] = shared;
        }
        start += group.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_see_through_bent_functions() {
        let a: Vec<f64> = (0..50).map(f64::from).collect();
        let bent: Vec<f64> = a.iter().map(|x| -(x / 10.0).exp()).collect();
        assert_eq!(spearman(&a, &bent), -1.0);
        assert!(pearson(&a, &bent) > -0.9);
        assert_eq!(pearson(&a, &[3.0; 50]), 0.0);
        assert_eq!(ranks(&[2.0, 1.0, 2.0]), [1.5, 0.0, 1.5]);
    }

    #[test]
    fn wilson_contains_the_rate() {
        assert_eq!(wilson(0, 0), (0.0, 1.0));
        for trials in 1..40 {
            for hits in 0..=trials {
                let (low, high) = wilson(hits, trials);
                let rate = hits as f64 / trials as f64;
                assert!(0.0 <= low && low <= rate && rate <= high && high <= 1.0);
            }
        }
        // Newcombe, Stat. Med. 17 (1998), table I: 15 out of 148.
        let (low, high) = wilson(15, 148);
        assert!((low - 0.0624).abs() < 5e-5 && (high - 0.1605).abs() < 5e-5);
    }
}
