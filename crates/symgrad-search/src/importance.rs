//! Which inputs matter, by a look that costs less than any search.

use crate::objective::Objective;
use crate::target::{Directions, Target};

/// Points that are looked at where values are wanted.
const POINTS: usize = 4_000;

/// Points of a bin, and most bins.
const IN_A_BIN: usize = 40;
const BINS: usize = 20;

/// A share of the squared gradient below this at every point is none.
const NEGLIGIBLE: f64 = 1e-12;

impl Objective {
    /// How much depends on each input, from 0 to 1; the points are in the search's order.
    ///
    /// Of directions it is the mean share of the squared gradient, the inputs measured in units of
    /// their standard deviations. Of values it is what their means within bins of the input
    /// explain of their variance, or what the means of the squared deviations explain of
    /// theirs, whichever is more: in a product of centred inputs each decides only the spread.
    pub(crate) fn importance(&self) -> Vec<f64> {
        match self.target() {
            Target::Directions(directions) => {
                let shares = self.shares(directions);
                shares.iter().map(|share| dot(share, self.weights())).collect()
            }
            Target::Values(values) => {
                let wanted = &values.standard[..values.standard.len().min(POINTS)];
                let squares: Vec<f64> = wanted.iter().map(|y| y * y).collect();
                let explained = |column: &[f64]| {
                    let order = sorted(&column[..wanted.len()]);
                    explained(wanted, &order).max(explained(&squares, &order))
                };
                let columns = self.columns().iter().map(|column| (column, is_constant(column)));
                columns.map(|(column, none)| if none { 0.0 } else { explained(column) }).collect()
            }
        }
    }

    /// Whether the gradient hardly extends along an input at any point, for each input; false
    /// throughout where values are wanted.
    pub(crate) fn negligible(&self) -> Vec<bool> {
        let Target::Directions(directions) = self.target() else {
            return vec![false; self.dim()];
        };
        let largest = |share: &Vec<f64>| share.iter().fold(0.0_f64, |most, s| most.max(*s));
        self.shares(directions).iter().map(|share| largest(share) < NEGLIGIBLE).collect()
    }

    /// The share of each input in the squared gradient at each point, in units of the inputs'
    /// standard deviations.
    fn shares(&self, directions: &Directions) -> Vec<Vec<f64>> {
        let mut sums = vec![0.0; self.points()];
        let mut shares: Vec<Vec<f64>> = vec![];
        for (input, column) in self.columns().iter().enumerate() {
            let spread = deviation(column);
            let mut share = vec![0.0; self.points()];
            for neuron in &directions.basis {
                for (share, u) in share.iter_mut().zip(&*neuron[input]) {
                    *share += (u * spread).powi(2);
                }
            }
            sums.iter_mut().zip(&share).for_each(|(sum, share)| *sum += share);
            shares.push(share);
        }
        for share in &mut shares {
            for (share, sum) in share.iter_mut().zip(&sums) {
                *share = if *sum > 0.0 { *share / sum } else { 0.0 };
            }
        }
        shares
    }
}

pub(crate) fn is_constant(column: &[f64]) -> bool {
    column.iter().all(|x| Some(x) == column.first())
}

/// The standard deviation, 1 where that is no number to divide by or multiply with.
pub(crate) fn deviation(column: &[f64]) -> f64 {
    let largest = column.iter().fold(f64::MIN_POSITIVE, |largest, x| largest.max(x.abs()));
    let count = column.len() as f64;
    let mean = column.iter().map(|x| x / largest).sum::<f64>() / count;
    let square = column.iter().map(|x| (x / largest - mean).powi(2)).sum::<f64>() / count;
    let deviation = square.sqrt() * largest;
    if deviation.is_normal() { deviation } else { 1.0 }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn sorted(column: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..column.len()).collect();
    order.sort_by(|&i, &j| column[i].total_cmp(&column[j]).then(i.cmp(&j)));
    order
}

/// The share of the variance that the means within bins explain, beyond what chance would.
fn explained(values: &[f64], order: &[usize]) -> f64 {
    let count = values.len();
    let bins = (count / IN_A_BIN).clamp(2, BINS);
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
    use symgrad_data::Table;

    use super::*;

    #[test]
    fn a_factor_of_a_centred_product_matters_and_an_idle_input_does_not() {
        let column = |step: f64| -> Vec<f64> {
            (1..=900).map(|n| (step * f64::from(n)).fract() - 0.5).collect()
        };
        let columns: Vec<Vec<f64>> = [0.754_878, 0.569_840, 0.819_173].map(column).to_vec();
        let values: Vec<f64> = columns[0].iter().zip(&columns[2]).map(|(a, b)| a * b).collect();
        let names = ["a", "b", "c"].map(String::from).to_vec();
        let table = Table::new(names, columns).unwrap();
        let found = Objective::regression(&table, &values, false).unwrap().importance();
        assert!(found[0] > 0.1 && found[2] > 0.1 && found[1] < 0.05, "{found:?}");
    }
}
