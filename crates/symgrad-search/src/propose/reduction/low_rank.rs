//! Functions of two inputs that are sums of few products of functions of one (Schmidt, 1907).
//!
//! The coefficients of a polynomial in both inputs are a matrix: its singular vectors are the functions of
//! each input, and how many singular values do not vanish is how many products there are. Then there are
//! functions of one input left to be found.

use faer::Mat;

use super::products::Data;
use super::smooth::Smooth;
use crate::score::budget::Allowance;
use crate::score::objective::Objective;

/// Functions of the first and of the second input, as what searches are to find in x1.
pub(crate) struct LowRank {
    pub(crate) functions: [Vec<Objective>; 2],
}

/// Most products.
const PRODUCTS: usize = 2;

/// A polynomial that leaves a larger share at points that were held out tells nothing.
const MOST_LEFT: f64 = 1e-9;

/// Highest degree.
const HIGHEST: usize = 24;

/// Singular values up to so many times the error, and up to this share of the largest, are none.
const TOLERANCE: f64 = 100.0;
const ROUNDING: f64 = 1e-7;

/// Points on which functions are searched.
const POINTS: usize = 400;

/// The functions of one input that a function of two consists of, and what they are worth in evaluations.
/// `None` if there are too many.
pub(crate) fn low_rank(
    objective: &Objective,
    inputs: [u16; 2],
    allowance: Allowance,
) -> (Option<LowRank>, u64) {
    let Some(mut data) = Data::new(objective, allowance) else { return (None, 0) };
    let found = functions(&mut data, inputs);
    (found, data.spent)
}

fn functions(data: &mut Data<'_>, inputs: [u16; 2]) -> Option<LowRank> {
    let fits = |degree: &usize| Smooth::count(2, *degree) <= data.most();
    let highest = (2..=HIGHEST).rev().find(fits)?;
    let columns = data.columns(&inputs);
    let (degree, solved) = (2..=highest).rev().step_by(4).find_map(|degree| {
        let design = Smooth::of_degree(&columns, degree);
        let solved = data.solved(&design, &[])?;
        (solved.left < MOST_LEFT).then_some((degree, solved))
    })?;
    let mut coefficients = Mat::zeros(degree + 1, degree + 1);
    for ([i, j], c) in degrees(degree).zip(&solved.fit.coefficients) {
        coefficients[(i, j)] = *c;
    }
    let together = coefficients.submatrix(1, 1, degree, degree).to_owned();
    let svd = together.thin_svd().ok()?;
    let sizes: Vec<f64> = svd.S().column_vector().iter().copied().collect();
    let least = (TOLERANCE * solved.left.sqrt()).max(ROUNDING * sizes[0]);
    let count = sizes.iter().filter(|size| **size > least).count();
    if !(1..=PRODUCTS).contains(&count) {
        return None;
    }
    let of_one = |input: usize| -> Option<Vec<Objective>> {
        let alone: Vec<f64> = (1..=degree)
            .map(|k| if input == 0 { coefficients[(k, 0)] } else { coefficients[(0, k)] })
            .collect();
        let vectors = if input == 0 { svd.U() } else { svd.V() };
        let vector = |n: usize| (0..degree).map(|k| vectors[(k, n)]).collect::<Vec<f64>>();
        let is_there = alone.iter().any(|c| c.abs() > least);
        let all = is_there.then_some(alone).into_iter().chain((0..count).map(vector));
        let powers = Smooth::interactions(&columns[input..=input], degree);
        all.map(|c| {
            let values = powers.combined(&c);
            Some(data.regression(&inputs[input..=input], &values)?.thinned(POINTS))
        })
        .collect()
    };
    Some(LowRank { functions: [of_one(0)?, of_one(1)?] })
}

/// The degrees in both variables of the polynomials of [`Smooth::of_degree`].
fn degrees(highest: usize) -> impl Iterator<Item = [usize; 2]> {
    let first = 0..=highest;
    let alone = first.clone().map(|i| [i, 0]);
    alone.chain(first.flat_map(move |i| (1..=highest - i).map(move |j| [i, j])))
}

#[cfg(test)]
mod tests {
    use symgrad_data::Table;

    use super::*;

    type Function = fn(f64, f64) -> f64;

    #[test]
    fn products_are_counted() {
        let column = |step: f64| -> Vec<f64> {
            (1..=900).map(|n| 0.3 + 1.4 * (step * f64::from(n)).fract()).collect()
        };
        let columns = vec![column(0.754_878), column(0.569_840)];
        let cases: [(usize, Function); 4] = [
            (1, |x, y| 3.0 + 2.0 * (1.7 * y).cos() + (1.5 * x).cos() * (0.85 * y).cos()),
            (2, |x, y| (x - y).cos()),
            (2, |x, y| x.exp() * y + x * y.sin() - x),
            (0, |x, y| 1.0 / (x * x + y)),
        ];
        for (count, truth) in cases {
            let values: Vec<f64> =
                columns[0].iter().zip(&columns[1]).map(|(x, y)| truth(*x, *y)).collect();
            let names = ["x1", "x2"].map(String::from).to_vec();
            let points = Table::new(names, columns.clone()).unwrap();
            let objective = Objective::regression(&points, &values, false).unwrap();
            let (found, _) = low_rank(&objective, [0, 1], Allowance::new(u64::MAX, None));
            // Beside those of the products, one of each input stands alone in all of these.
            let expected = if count == 0 { 0 } else { count + 1 };
            let counts = found.map_or([0; 2], |found| found.functions.map(|of| of.len()));
            assert_eq!(counts, [expected; 2]);
        }
    }
}
