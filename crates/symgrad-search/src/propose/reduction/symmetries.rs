//! Lie symmetries of level sets: scalings of several variables together that take level sets to level sets.
//!
//! A field S = Σ αᵢzᵢ∂ᵢ takes those of f to those of f if Sf is a function of f. Then the direction of the logarithmic
//! gradient, v with vᵢ = zᵢ∂ᵢf, does not change along S: S(vᵢ/vⱼ) = 0. Directions are known at all points and their
//! derivatives from smooth fits in the logarithms of variables, which have to be positive, so that the exponents α are a null vector. In z = zₖ and the invariants
//! zⱼ/z^(αⱼ/αₖ), f is then log z plus a function of the invariants, up to an outer function.

use faer::Mat;
use symgrad_expr::{Expr, Op, OpSet};

use super::Coordinates;
use super::smooth::{Smooth, evaluations_of_decomposition, logarithms};
use crate::score::budget::Allowance;

/// Most variables.
const VARIABLES: usize = 4;

/// Points for each unknown of the smooth fits, and the highest degree of these.
const POINTS_PER_UNKNOWN: usize = 3;
const HIGHEST: usize = 20;

/// What symmetries leave at most, as a share of the largest singular value. What is not one at all is told later,
/// by what is left of a function of the invariants.
const VANISHING: f64 = 1e-2;

/// A component whose share of a vector is larger at all points may stand in a denominator.
const AWAY_FROM_ZERO: f64 = 0.03;

/// Exponents are whole multiples of one in so many, to within this.
const PARTS: f64 = 6.0;
const NEAR: f64 = 0.02;

/// Largest exponent as a multiple of the smallest.
const MOST: f64 = 4.0;

/// A variable and the invariants of scalings, in the place of the variables that are scaled, for each scaling of at
/// least two of them; and the evaluations that finding them is worth, none if that is more than is allowed.
pub(crate) fn scaled(
    coordinates: &Coordinates,
    ops: &OpSet,
    allowance: &Allowance,
) -> (Vec<Coordinates>, u64) {
    let points = coordinates.weights.len();
    let Some(degree) = degree(coordinates.dim(), points) else { return (vec![], 0) };
    let unknowns = Smooth::count(coordinates.dim(), degree);
    let spent = evaluations_of_decomposition(points, unknowns);
    if allowance.is_over_after(spent) {
        return (vec![], 0);
    }
    let Some(scalings) = scalings(coordinates, degree) else { return (vec![], spent) };
    let invariants = |exponents: &Vec<f64>| {
        let own = (0..exponents.len()).find(|k| exponents[*k] != 0.0)?;
        let z = Expr::var(u16::try_from(own).ok()?);
        let functions = (0..).zip(exponents).map(|(j, exponent)| {
            let variable = Expr::var(j);
            if usize::from(j) == own || *exponent == 0.0 {
                return Some(variable);
            }
            Some(variable / power(&z, exponent / exponents[own])?)
        });
        let functions: Vec<Expr> = functions.collect::<Option<_>>()?;
        if !functions.iter().all(|function| ops.allows(function)) {
            return None;
        }
        coordinates.in_terms_of(&functions)
    };
    (scalings.iter().filter_map(invariants).collect(), spent)
}

/// z to a multiple of one half.
fn power(z: &Expr, exponent: f64) -> Option<Expr> {
    let twice = (2.0 * exponent).round();
    if (twice / 2.0 - exponent).abs() > f64::EPSILON || twice == 0.0 {
        return None;
    }
    let of = |size: f64| match size {
        1.0 => Some(Expr::unary(Op::Sqrt, z.clone())),
        2.0 => Some(z.clone()),
        3.0 => Some(z.clone() * Expr::unary(Op::Sqrt, z.clone())),
        4.0 => Some(z.clone().square()),
        6.0 => Some(z.clone() * z.clone().square()),
        8.0 => Some(z.clone().square().square()),
        _ => None,
    };
    let size = of(twice.abs())?;
    Some(if twice > 0.0 { size } else { Expr::constant(1.0) / size })
}

/// The degree of smooth fits.
fn degree(dim: usize, points: usize) -> Option<usize> {
    let fits = |degree: &usize| Smooth::count(dim, *degree) * POINTS_PER_UNKNOWN <= points;
    let degrees = (2..=HIGHEST).take_while(fits);
    degrees.last().filter(|_| (2..=VARIABLES).contains(&dim))
}

/// Exponents of scalings of at least two variables.
fn scalings(of: &Coordinates, degree: usize) -> Option<Vec<Vec<f64>>> {
    let (dim, points) = (of.dim(), of.weights.len());
    // In the logarithms of variables their scaling is a shift.
    let logarithms = logarithms(&of.columns)?;
    let variables: Vec<&[f64]> = logarithms.iter().map(Vec::as_slice).collect();
    let smooth = Smooth::of_degree(&variables, degree).weighted(&vec![1.0; points])?;
    let derivatives: Vec<Smooth> =
        (0..dim).map(|along| Smooth::slopes_of_degree(&variables, degree, along)).collect();
    let mut rows: Vec<Vec<f64>> = vec![];
    for unchanged in unchanged(of) {
        let fit = smooth.fit(&unchanged)?;
        let slopes: Vec<Vec<f64>> =
            derivatives.iter().map(|d| d.combined(&fit.coefficients)).collect();
        rows.extend((0..points).map(|n| (0..dim).map(|i| slopes[i][n]).collect()));
    }
    let matrix = Mat::from_fn(rows.len(), dim, |n, i| rows[n][i]);
    let decomposed = matrix.thin_svd().ok()?;
    let sizes: Vec<f64> = (0..dim).map(|k| decomposed.S()[k]).collect();
    let vanishing = (0..dim).filter(|&k| sizes[k] < VANISHING * sizes[0]);
    let space: Vec<Vec<f64>> =
        vanishing.map(|k| (0..dim).map(|i| decomposed.V()[(i, k)]).collect()).collect();
    let simple = echelon(space, dim).into_iter().filter_map(|vector| simple(&vector));
    Some(simple.filter(|vector| vector.iter().filter(|a| **a != 0.0).count() > 1).collect())
}

/// Numbers that tell the direction of the logarithmic gradient: quotients with a component that does not come near to
/// zero, if there is one, else products of the unit vector's components.
fn unchanged(of: &Coordinates) -> Vec<Vec<f64>> {
    let (dim, points) = (of.dim(), of.weights.len());
    let component = |i: usize| -> Vec<f64> {
        of.columns[i].iter().zip(&of.direction[i]).map(|(z, u)| z * u).collect()
    };
    let v: Vec<Vec<f64>> = (0..dim).map(component).collect();
    let square: Vec<f64> =
        (0..points).map(|n| v.iter().map(|v| v[n] * v[n]).sum::<f64>()).collect();
    let least = |i: usize| {
        let shares = v[i].iter().zip(&square).map(|(v, square)| v.abs() / square.sqrt());
        let signs = v[i].iter().all(|v| *v > 0.0) || v[i].iter().all(|v| *v < 0.0);
        if signs { shares.fold(1.0, f64::min) } else { 0.0 }
    };
    let below = (0..dim).map(least).enumerate().filter(|(_, least)| *least > AWAY_FROM_ZERO);
    let below = below.max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((below, _)) = below {
        let quotients = |i: usize| v[i].iter().zip(&v[below]).map(|(a, b)| a / b).collect();
        return (0..dim).filter(|i| *i != below).map(quotients).collect();
    }
    let pairs = (0..dim).flat_map(|j| (0..=j).map(move |k| (j, k)));
    let product = |(j, k): (usize, usize)| -> Vec<f64> {
        (0..points).map(|n| v[j][n] * v[k][n] / square[n]).collect()
    };
    pairs.map(product).collect()
}

/// The reduced echelon form of vectors, with complete pivoting in so many components.
pub(super) fn echelon(mut vectors: Vec<Vec<f64>>, dim: usize) -> Vec<Vec<f64>> {
    let mut done: Vec<usize> = vec![];
    for k in 0..vectors.len() {
        let places = (k..vectors.len()).flat_map(|row| (0..dim).map(move |i| (row, i)));
        let free = places.filter(|(_, i)| !done.contains(i));
        let Some((row, pivot)) =
            free.max_by(|a, b| vectors[a.0][a.1].abs().total_cmp(&vectors[b.0][b.1].abs()))
        else {
            break;
        };
        vectors.swap(k, row);
        let size = vectors[k][pivot];
        vectors[k].iter_mut().for_each(|v| *v /= size);
        let own = vectors[k].clone();
        for (_, other) in vectors.iter_mut().enumerate().filter(|(row, _)| *row != k) {
            let times = other[pivot];
            other.iter_mut().zip(&own).for_each(|(v, o)| *v -= times * o);
        }
        done.push(pivot);
    }
    vectors
}

/// The vector with simple numbers, if it is near one.
fn simple(vector: &[f64]) -> Option<Vec<f64>> {
    let most = vector.iter().map(|v| v.abs()).fold(0.0, f64::max);
    let first = vector.iter().find(|v| v.abs() > NEAR * most)?;
    let smallest = first.signum()
        * vector.iter().map(|v| v.abs()).filter(|v| *v > NEAR * most).fold(most, f64::min);
    let rounded = vector.iter().map(|v| {
        let exponent = v / smallest;
        let near = (exponent * PARTS).round() / PARTS;
        ((near - exponent).abs() < NEAR * exponent.abs().max(1.0)).then_some(near)
    });
    (most <= MOST * smallest.abs()).then(|| rounded.collect())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use symgrad_expr::OpSet;

    use super::*;
    use crate::propose::reduction::tests::objective;

    fn whole_of(truth: &str, dim: u16) -> Coordinates {
        let inputs: Vec<u16> = (0..dim).collect();
        Coordinates::new(&objective(truth, inputs.len()), &inputs).unwrap()
    }

    #[test]
    fn exponents_are_found() {
        for (truth, dim, exponents) in [
            ("(x1 + x2)/log(4*x1/x2)", 2, vec![1.0, 1.0]),
            ("x1^2*exp(x1/x2^2) + x2^4", 2, vec![2.0, 1.0]),
            ("x1 + x3*exp(x2*x1)", 3, vec![1.0, -1.0, 1.0]),
        ] {
            let whole = whole_of(truth, dim);
            let found = scalings(&whole, degree(whole.dim(), 300).unwrap()).unwrap();
            assert_eq!(found, [exponents], "{truth}");
        }
    }

    #[test]
    fn what_is_no_scaling_is_none() {
        for truth in ["x1 + exp(x2) + x1*x2^2", "sin(x1)*x2 + x1^3", "log(x1 + x2^2)*x2"] {
            let whole = whole_of(truth, 2);
            let found = scaled(&whole, &OpSet::default(), &Allowance::UNLIMITED).0;
            assert!(found.is_empty(), "{truth}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// x1 to a power times any function of an invariant.
        #[test]
        fn exponents_of_any_function_of_an_invariant_are_found(
            power in prop::sample::select(vec![1.0, 2.0, -1.0, 3.0]),
            other in prop::sample::select(vec![1.0, 2.0, 0.5, -1.0]),
            inside in 0.2..0.35,
            function in prop::sample::select(vec!["exp", "sin", "1 + square", "2 + cos", "log"]),
        ) {
            let function = match function {
                "1 + square" => format!("(1 + {inside}*(x2/x1^{other})^2)"),
                "2 + cos" => format!("(2 + cos({inside}*x2/x1^{other}))"),
                "log" => format!("log(9 + {inside}*x2/x1^{other})"),
                function => format!("{function}({inside}*x2/x1^{other})"),
            };
            let truth = format!("x1^{power}*{function}");
            let whole = whole_of(&truth, 2);
            let found = scalings(&whole, degree(2, whole.weights.len()).unwrap()).unwrap();
            // Whole numbers where one of them is one at least.
            let unit = f64::min(1.0, f64::abs(other));
            prop_assert_eq!(found, [vec![1.0 / unit, other / unit]], "{}", truth);
        }
    }
}
