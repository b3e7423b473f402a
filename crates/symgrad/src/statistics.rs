//! The few statistics that a summary needs.

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
pub(crate) fn ranks(values: &[f64]) -> Vec<f64> {
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
}
