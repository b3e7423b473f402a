//! Which inputs matter, by a look that costs less than any search.

use symgrad_data::influence;

use crate::score::objective::Objective;
use crate::score::target::{Directions, Target};

/// Points that are looked at where values are wanted.
const POINTS: usize = 4_000;

/// A share of the squared gradient below this at every point is none.
const NEGLIGIBLE: f64 = 1e-12;

impl Objective {
    /// How much depends on each input, from 0 to 1; the points are in the search's order.
    ///
    /// Of directions it is the mean share of the squared gradient, the inputs measured in units of
    /// their standard deviations. Of values it is the input's [`influence`].
    pub(crate) fn importance(&self) -> Vec<f64> {
        match self.target() {
            Target::Directions(directions) => {
                let shares = self.shares(directions);
                shares.iter().map(|share| dot(share, self.weights())).collect()
            }
            Target::Values(values) => {
                let wanted = &values.standard[..values.standard.len().min(POINTS)];
                let columns = self.columns().iter();
                columns.map(|column| influence(&column[..wanted.len()], wanted)).collect()
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
