//! Powers of inputs that are factors of values: values over them depend on the other inputs alone.
//!
//! A smooth fit in the other inputs, times a power of one, tells which power leaves least. The fit may be
//! crude, since it only compares: the values over the power are as exact as the values.

use symgrad_expr::{Expr, OpSet};

use super::products::{Data, FITTED_POINTS, Monomial};
use crate::propose::spectral;
use crate::score::budget::Allowance;
use crate::score::objective::Objective;

/// Values as a product.
pub(crate) struct Factors {
    /// Powers of inputs.
    pub(crate) factor: Expr,
    /// The inputs that the rest depends on.
    pub(crate) inputs: Vec<u16>,
    /// The rest, as what a search is to find in these, which are x1, x2 and so on there.
    pub(crate) rest: Objective,
}

/// Exponents that are tried.
const EXPONENTS: [i32; 6] = [1, -1, 2, -2, 3, -3];

/// A factor leaves at most so many times what a polynomial of the second degree in its input leaves, and at
/// most this share of what is left without it.
const MORE: f64 = 1.3;
const SHARE: f64 = 0.6;

/// The powers that are factors, each told by itself, and the evaluations that the fits are worth. `None` if
/// there are none, or nothing else.
pub(crate) fn factors(
    objective: &Objective,
    inputs: &[u16],
    ops: &OpSet,
    allowance: Allowance,
) -> (Option<Factors>, u64) {
    let thinned = objective.thinned(FITTED_POINTS);
    let Some(mut data) = Data::new(&thinned, allowance.clone()).filter(|_| inputs.len() > 1) else {
        return (None, 0);
    };
    let exponents: Vec<i32> =
        inputs.iter().map(|&input| exponent(&mut data, input, inputs, ops)).collect();
    let spent = data.spent;
    let rest: Vec<u16> =
        inputs.iter().zip(&exponents).filter(|(_, e)| **e == 0).map(|(input, _)| *input).collect();
    if rest.is_empty() || rest.len() == inputs.len() {
        return (None, spent);
    }
    let found = spectral::quotient_of_powers(inputs, &exponents, ops).and_then(|factor| {
        let rest_of = Data::new(objective, allowance)?.over(&factor, &rest)?;
        Some(Factors { factor, inputs: rest, rest: rest_of })
    });
    (found, spent)
}

/// The exponent of an input that is a factor; 0 for others.
fn exponent(data: &mut Data<'_>, input: u16, inputs: &[u16], ops: &OpSet) -> i32 {
    let others: Vec<u16> = inputs.iter().copied().filter(|other| *other != input).collect();
    let powers = |data: &Data<'_>, exponents: &[i32]| -> Option<Vec<Monomial>> {
        exponents.iter().map(|e| data.monomial(&[input], &[*e], ops)).collect()
    };
    // All of one degree, so that what is left of the other inputs is the same.
    let Some(polynomial) = powers(data, &[0, 1, 2]) else { return 0 };
    let Some(degree) = data.highest(others.len(), polynomial.len()) else { return 0 };
    let left = |data: &mut Data<'_>, monomials| {
        data.fit_of_degree(&others, monomials, degree).map_or(f64::INFINITY, |model| model.left)
    };
    let general = left(data, polynomial);
    let mut of_power = |exponent: i32| match powers(data, &[exponent]) {
        Some(monomials) => left(data, monomials),
        None => f64::INFINITY,
    };
    let bound = (MORE * general).min(SHARE * of_power(0));
    let tried = EXPONENTS.map(|exponent| (of_power(exponent), exponent));
    let best = tried.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(left, _)| *left <= bound).map_or(0, |(_, exponent)| exponent)
}
