//! Which of very many inputs values depend on.
//!
//! Slopes along all of them cannot be told: the neighbours that they take would have to lie all
//! over the data. So inputs are asked one by one.

use crate::Table;

/// Points of a bin, and most bins.
const IN_A_BIN: usize = 40;
const BINS: usize = 20;

/// All idle inputs together pass for influential once in so many tables.
const ONCE_IN: f64 = 100.0;

/// What the means within bins of a column explain of the values' variance beyond chance, or what
/// the means of the squared deviations explain of theirs, whichever is more: in a product of
/// centred inputs each decides only the spread. From 0 to 1; 0 for a constant column. The values
/// come centred.
#[must_use]
pub fn influence(column: &[f64], centred: &[f64]) -> f64 {
    if column.iter().all(|x| Some(x) == column.first()) {
        return 0.0;
    }
    let mut order: Vec<usize> = (0..centred.len()).collect();
    order.sort_by(|&i, &j| column[i].total_cmp(&column[j]).then(i.cmp(&j)));
    let squares: Vec<f64> = centred.iter().map(|y| y * y).collect();
    explained(centred, &order).max(explained(&squares, &order))
}

/// The inputs with more influence than chance would give any of them, at most so many of them.
pub(super) fn influential(points: &Table, centred: &[f64], most: usize) -> Vec<usize> {
    let influences = points.columns().iter().map(|column| influence(column, centred));
    let (count, bins) = (centred.len() as f64, bins(centred.len()) as f64);
    // The quantile of Wilson and Hilferty for the chi-squared distribution, of as many degrees of
    // freedom as there are means, beyond its mean.
    let (trials, free) = (2.0 * points.dim() as f64, bins - 1.0);
    let (normal, part) = ((2.0 * (trials * ONCE_IN).ln()).sqrt(), 2.0 / (9.0 * free));
    let chance = free * ((1.0 - part + normal * part.sqrt()).powi(3) - 1.0) / (count - 1.0);
    let mut found: Vec<(usize, f64)> =
        influences.enumerate().filter(|(_, influence)| *influence > chance).collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut found: Vec<usize> = found.into_iter().take(most).map(|(input, _)| input).collect();
    found.sort_unstable();
    found
}

fn bins(count: usize) -> usize {
    (count / IN_A_BIN).clamp(2, BINS)
}

/// The share of the variance that the means within bins explain, beyond what chance would.
fn explained(values: &[f64], order: &[usize]) -> f64 {
    let count = values.len();
    let bins = bins(count);
    let mean = values.iter().sum::<f64>() / count as f64;
    let all: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let size = count.div_ceil(bins).max(1);
    let between: f64 = order
        .chunks(size)
        .map(|bin| {
            let own = bin.iter().map(|&n| values[n] - mean).sum::<f64>() / bin.len() as f64;
            bin.len() as f64 * own * own
        })
        .sum();
    let by_chance = (bins - 1) as f64 / (count as f64 - 1.0).max(1.0);
    let share = between / all;
    if share.is_finite() { (share - by_chance).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(step: f64) -> Vec<f64> {
        (1..=900).map(|n| (step * f64::from(n)).fract() - 0.5).collect()
    }

    #[test]
    fn a_factor_of_a_centred_product_matters_and_an_idle_input_does_not() {
        let columns = [0.754_878, 0.569_840, 0.819_173].map(column);
        let values: Vec<f64> = columns[0].iter().zip(&columns[2]).map(|(a, b)| a * b).collect();
        let found = columns.each_ref().map(|column| influence(column, &values));
        assert!(found[0] > 0.1 && found[2] > 0.1 && found[1] < 0.05, "{found:?}");
        let names = ["a", "b", "c"].map(String::from).to_vec();
        let table = Table::new(names, columns.to_vec()).expect("a table");
        assert_eq!(influential(&table, &values, 9), [0, 2]);
    }
}
