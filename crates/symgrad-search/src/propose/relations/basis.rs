//! Polynomials in coordinates and values: products of Chebyshev polynomials, in which least singular values
//! are found, and monomials, in which formulas are written.

/// A coordinate's values at the points, and the highest power of it that is wanted.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) column: Vec<f64>,
    pub(super) highest: u32,
}

/// A monomial: the power of the values, and of each coordinate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Powers {
    pub(super) of_values: i32,
    pub(super) of_axes: Vec<u32>,
}

/// All powers of the coordinates, each up to its highest, with total degrees up to `degrees[k]` beside the
/// k-th power of the values.
pub(super) fn powers(axes: &[Axis], degrees: &[u32]) -> Vec<Powers> {
    let mut found = vec![];
    for (of_values, &degree) in (0..).zip(degrees) {
        let mut partial: Vec<Vec<u32>> = vec![vec![]];
        for axis in axes {
            let longer = |powers: Vec<u32>| {
                let left = degree - powers.iter().sum::<u32>();
                (0..=left.min(axis.highest)).map(move |power| {
                    let mut powers = powers.clone();
                    powers.push(power);
                    powers
                })
            };
            partial = partial.into_iter().flat_map(longer).collect();
        }
        found.extend(partial.into_iter().map(|of_axes| Powers { of_values, of_axes }));
    }
    found
}

/// The range of a column, as its centre and half its width.
fn centred(column: &[f64]) -> (f64, f64) {
    let low = column.iter().copied().fold(f64::INFINITY, f64::min);
    let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (f64::midpoint(low, high), (high - low) / 2.0)
}

/// The columns of some functions for each power of the values.
pub(super) type Columns = fn(&[Powers], &[Axis]) -> Vec<Vec<Vec<f64>>>;

/// The columns of these products of Chebyshev polynomials of the coordinates, for each power of the values.
pub(super) fn chebyshev(powers: &[Powers], axes: &[Axis]) -> Vec<Vec<Vec<f64>>> {
    let of_axes: Vec<Vec<Vec<f64>>> =
        (0..).zip(axes).map(|(place, axis)| polynomials(axis, highest(powers, place)).0).collect();
    products(powers, &of_axes)
}

/// The rates at which these products of Chebyshev polynomials change where the coordinates change at rates that are
/// given.
pub(super) fn chebyshev_rates(
    powers: &[Powers],
    axes: &[Axis],
    rates: &[Vec<f64>],
) -> Vec<Vec<f64>> {
    let all = (0..).zip(axes).map(|(place, axis)| polynomials(axis, highest(powers, place)));
    let (of_axes, slopes): (Vec<_>, Vec<_>) = all.unzip();
    rates_of_products(powers, &of_axes, &slopes, rates)
}

/// The same of these monomials.
pub(super) fn monomial_rates(
    powers: &[Powers],
    axes: &[Axis],
    rates: &[Vec<f64>],
) -> Vec<Vec<f64>> {
    let all = (0..).zip(axes).map(|(place, axis): (usize, &Axis)| {
        let powers = powers_of(&axis.column, highest(powers, place));
        let times = |(k, power): (u32, &Vec<f64>)| -> Vec<f64> {
            power.iter().map(|p| f64::from(k + 1) * p).collect()
        };
        let zero = vec![0.0; axis.column.len()];
        let slopes = std::iter::once(zero).chain((0..).zip(&powers).map(times)).collect();
        (powers, slopes)
    });
    let (of_axes, slopes): (Vec<_>, Vec<Vec<Vec<f64>>>) = all.unzip();
    rates_of_products(powers, &of_axes, &slopes, rates)
}

fn rates_of_products(
    powers: &[Powers],
    of_axes: &[Vec<Vec<f64>>],
    slopes: &[Vec<Vec<f64>>],
    rates: &[Vec<f64>],
) -> Vec<Vec<f64>> {
    let points = rates.first().map_or(0, Vec::len);
    let rate = |powers: &Powers| -> Vec<f64> {
        let at = |n: usize| -> f64 {
            let term = |k: usize| -> f64 {
                let others = (0..rates.len()).filter(|l| *l != k);
                let others = others.map(|l| of_axes[l][powers.of_axes[l] as usize][n]);
                slopes[k][powers.of_axes[k] as usize][n] * rates[k][n] * others.product::<f64>()
            };
            (0..rates.len()).filter(|&k| powers.of_axes[k] > 0).map(term).sum()
        };
        (0..points).map(at).collect()
    };
    powers.iter().map(rate).collect()
}

/// 1, x, x² and so on.
fn powers_of(column: &[f64], highest: usize) -> Vec<Vec<f64>> {
    let mut all = vec![vec![1.0; column.len()]];
    for k in 1..=highest {
        all.push(all[k - 1].iter().zip(column).map(|(p, x)| p * x).collect());
    }
    all
}

fn highest(powers: &[Powers], place: usize) -> usize {
    powers.iter().map(|p| p.of_axes[place]).max().unwrap_or(0) as usize
}

/// The Chebyshev polynomials of a coordinate, and their derivatives.
fn polynomials(axis: &Axis, highest: usize) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let (centre, half) = centred(&axis.column);
    let x: Vec<f64> = axis.column.iter().map(|x| (x - centre) / half).collect();
    let mut slopes = vec![vec![0.0; x.len()], vec![half.recip(); x.len()]];
    let mut all = vec![vec![1.0; x.len()], x.clone()];
    for k in 2..=highest {
        let next = |n: usize| 2.0 * x[n] * all[k - 1][n] - all[k - 2][n];
        let slope =
            |n: usize| 2.0 * (all[k - 1][n] / half + x[n] * slopes[k - 1][n]) - slopes[k - 2][n];
        let (next, slope) = ((0..x.len()).map(next).collect(), (0..x.len()).map(slope).collect());
        all.push(next);
        slopes.push(slope);
    }
    (all, slopes)
}

/// The columns of these monomials of the coordinates, for each power of the values.
pub(super) fn monomials(powers: &[Powers], axes: &[Axis]) -> Vec<Vec<Vec<f64>>> {
    let of_axes: Vec<Vec<Vec<f64>>> = (0..)
        .zip(axes)
        .map(|(place, axis)| powers_of(&axis.column, highest(powers, place)))
        .collect();
    products(powers, &of_axes)
}

fn products(powers: &[Powers], of_axes: &[Vec<Vec<f64>>]) -> Vec<Vec<Vec<f64>>> {
    let points = of_axes.first().map_or(0, |of_axis| of_axis[0].len());
    let mut found: Vec<Vec<Vec<f64>>> = vec![];
    for powers in powers {
        let mut product = vec![1.0; points];
        for (of_axis, &power) in of_axes.iter().zip(&powers.of_axes) {
            if power > 0 {
                product.iter_mut().zip(&of_axis[power as usize]).for_each(|(p, t)| *p *= t);
            }
        }
        let place = powers.of_values.unsigned_abs() as usize;
        found.resize(found.len().max(place + 1), vec![]);
        found[place].push(product);
    }
    found
}

/// The coefficients of monomials, in the same order, of a sum of these products of Chebyshev polynomials. With
/// each product all of lower powers have to be there.
pub(super) fn in_monomials(powers: &[Powers], axes: &[Axis], coefficients: &[f64]) -> Vec<f64> {
    let expansions: Vec<Vec<Vec<f64>>> = axes
        .iter()
        .enumerate()
        .map(|(place, axis)| {
            let highest = powers.iter().map(|p| p.of_axes[place]).max().unwrap_or(0) as usize;
            expansions(centred(&axis.column), highest)
        })
        .collect();
    let place: std::collections::BTreeMap<(i32, &[u32]), usize> = powers
        .iter()
        .enumerate()
        .map(|(place, p)| ((p.of_values, p.of_axes.as_slice()), place))
        .collect();
    let mut found = vec![0.0; powers.len()];
    for (product, &coefficient) in powers.iter().zip(coefficients) {
        let mut partial: Vec<(Vec<u32>, f64)> = vec![(vec![], coefficient)];
        for (of_axis, &power) in expansions.iter().zip(&product.of_axes) {
            let expansion = &of_axis[power as usize];
            let times = |(lower, c): &(Vec<u32>, f64)| {
                let (lower, c) = (lower.clone(), *c);
                expansion.iter().zip(0..).filter(|(e, _)| **e != 0.0).map(move |(e, power)| {
                    let mut lower = lower.clone();
                    lower.push(power);
                    (lower, c * e)
                })
            };
            partial = partial.iter().flat_map(times).collect();
        }
        for (lower, c) in partial {
            if let Some(&place) = place.get(&(product.of_values, lower.as_slice())) {
                found[place] += c;
            }
        }
    }
    found
}

/// The coefficients of 1, x, x² and so on of the Chebyshev polynomials of (x − centre)/half.
fn expansions((centre, half): (f64, f64), highest: usize) -> Vec<Vec<f64>> {
    let (slope, offset) = (half.recip(), -centre / half);
    let mut all = vec![vec![1.0], vec![offset, slope]];
    for k in 2..=highest {
        let mut next = vec![0.0; k + 1];
        for (power, c) in all[k - 1].iter().enumerate() {
            next[power] += 2.0 * offset * c;
            next[power + 1] += 2.0 * slope * c;
        }
        for (power, c) in all[k - 2].iter().enumerate() {
            next[power] -= c;
        }
        all.push(next);
    }
    all
}
