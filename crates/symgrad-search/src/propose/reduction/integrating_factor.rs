//! Integrating factors: fields of level sets of α(xₖ) + B(z), with z the other variables.
//!
//! The unit gradient u of any function of that is ∇f over its length, so that uⱼ·α′(xₖ)/uₖ = ∂ⱼB for all j ≠ k:
//! α′(xₖ)/uₖ is an integrating factor. Which α, among those that libraries have, makes all of these
//! independent of xₖ is told by smooth fits with and without it. What is left is no question of level sets any
//! more: the slopes of B are known at all points, with their sizes, and where α is the logarithm of a, those of the
//! factor R = exp(e·B) of aᵉ·R. Varying-coefficient models take either apart.

use std::fmt;

use symgrad_expr::{Expr, Node, Op, OpSet, Program, Workspace};

use super::Coordinates;
use super::potential::Potential;
use super::products::{Data, Slopes};
use super::smooth::{Smooth, logarithms, slopes_of};
use super::varying::{self, VaryingCoefficients};
use crate::propose::spectral;
use crate::score::budget::Allowance;
use crate::score::objective::Objective;
use crate::score::target::{Target, Values};

/// A variable xₖ that enters as α(xₖ) + B(z).
#[derive(Clone, Debug)]
pub(crate) struct IntegratingFactor {
    /// The place of xₖ.
    place: usize,
    own: Own,
    /// The share of the slopes of B that smooth fits leave.
    share: f64,
}

/// The slopes of B by each of the other variables, and weights under which their errors are those of the unit
/// gradient.
struct Weighted {
    slopes: Vec<Vec<f64>>,
    weights: Vec<f64>,
}

/// α or, if that is its logarithm, a, of x1.
#[derive(Clone, Debug)]
enum Own {
    Alpha(Expr),
    LogarithmOf(Expr),
}

/// How a function of the other variables is joined.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Joined {
    /// α + B.
    Sum,
    /// aᵉ·R.
    Product(f64),
}

/// Most variables.
const VARIABLES: usize = 8;

/// Points that the factors are told with, and equations that models are fitted to.
const POINTS: usize = 400;
const EQUATIONS: usize = 1_600;

/// Highest degree of the smooth fits in one variable, in two, and in more.
const DEGREES: [usize; 3] = [16, 9, 6];

/// Slopes that depend on xₖ, too, are explained so many times better by smooth fits that do.
const MORE: f64 = 1.5;

/// Smooth fits leave at most this share of the slopes.
const MOST_LEFT: f64 = 0.02;

/// Shares below this are rounding.
const ROUNDING: f64 = 1e-13;

/// Factors that are followed.
const FOLLOWED: usize = 2;

/// Most variables of a function whose values are integrated from its slopes, and their largest error.
const MOST_INTEGRATED: usize = 3;
const MOST_ERROR: f64 = 1e-6;

/// The error may be so many times as large as the last degrees tell.
const SAFETY: f64 = 10.0;

/// Exponents that are tried.
const EXPONENTS: [f64; 4] = [1.0, -1.0, 2.0, -2.0];

/// The factors that leave least, one for each variable at most, and how many were tried.
pub(crate) fn integrating_factors(
    coordinates: &Coordinates,
    ops: &OpSet,
) -> (Vec<IntegratingFactor>, u64) {
    if !(2..=VARIABLES).contains(&coordinates.dim()) {
        return (vec![], 0);
    }
    let some = coordinates.thinned(POINTS);
    let candidates = Own::candidates(ops);
    let mut tried = 0;
    let mut found: Vec<IntegratingFactor> = vec![];
    for place in 0..coordinates.dim() {
        let fits = Fits::new(place, &some);
        let tell = |own: &Own| {
            let share = fits.share(&Weighted::of(place, own, &some)?)?;
            Some(IntegratingFactor { place, own: own.clone(), share })
        };
        tried += candidates.len() as u64;
        let best = candidates.iter().filter_map(tell).min_by(|a, b| a.share.total_cmp(&b.share));
        found.extend(best);
    }
    found.sort_by(|a, b| a.share.max(ROUNDING).total_cmp(&b.share.max(ROUNDING)));
    found.truncate(FOLLOWED);
    (found, tried)
}

impl Own {
    fn candidates(ops: &OpSet) -> Vec<Self> {
        let x = Expr::var(0);
        let atoms = spectral::atoms(&x, ops);
        let powers = [x.clone(), x.clone().square(), Expr::unary(Op::Sqrt, x.clone())];
        let is_outer = |own: &Expr, op| own.root() == Node::Op(op);
        // Of a logarithm of a power, of an exponential or of a reciprocal there is another one.
        let logarithms = atoms.iter().filter(|own| {
            let known = powers.contains(own) && **own != x;
            let outer = [Op::Exp, Op::Log, Op::Inv, Op::Div, Op::Sqrt];
            !known && !outer.into_iter().any(|op| is_outer(own, op))
        });
        let reciprocals =
            atoms.iter().filter(|own| is_outer(own, Op::Inv) || is_outer(own, Op::Div));
        let below = reciprocals.filter_map(|own| own.arguments().into_iter().last());
        let below = below.filter(|own| own.len() > 1 && !is_outer(own, Op::Exp));
        let mut products: Vec<Expr> = logarithms.cloned().collect();
        for own in below {
            if !products.contains(&own) && !powers.contains(&own) {
                products.push(own);
            }
        }
        let sums = atoms.iter().filter(|own| !is_outer(own, Op::Log)).cloned();
        sums.map(Self::Alpha).chain(products.into_iter().map(Self::LogarithmOf)).collect()
    }

    /// α′.
    fn slopes(&self, column: &[f64]) -> Option<Vec<f64>> {
        match self {
            Self::Alpha(alpha) => slopes_of(alpha, column),
            Self::LogarithmOf(own) => {
                let mut values = vec![0.0; column.len()];
                Program::compile(own)
                    .values(&[column], &mut Workspace::default(), &mut values)
                    .ok()?;
                let slopes: Vec<f64> =
                    slopes_of(own, column)?.iter().zip(&values).map(|(s, v)| s / v).collect();
                slopes.iter().all(|slope| slope.is_normal()).then_some(slopes)
            }
        }
    }
}

impl Weighted {
    /// As if α′ over the unit gradient's component at that place were an integrating factor.
    fn of(place: usize, own: &Own, coordinates: &Coordinates) -> Option<Self> {
        let alpha = own.slopes(&coordinates.columns[place])?;
        let along = &coordinates.direction[place];
        let lengths: Vec<f64> = along.iter().zip(&alpha).map(|(u, a)| u / a).collect();
        let counts = |n: usize| lengths[n].is_normal() && (lengths[n] * lengths[n]).is_normal();
        let points = lengths.len();
        let slopes = (0..coordinates.dim()).filter(|k| *k != place).map(|k| {
            let slope = |n: usize| coordinates.direction[k][n] / lengths[n];
            (0..points).map(|n| if counts(n) { slope(n) } else { 0.0 }).collect()
        });
        let weight = |n: usize| coordinates.weights[n] * lengths[n] * lengths[n];
        Some(Self {
            slopes: slopes.collect(),
            weights: (0..points).map(|n| if counts(n) { weight(n) } else { 0.0 }).collect(),
        })
    }
}

impl IntegratingFactor {
    /// How a function of the other variables may be joined.
    pub(crate) fn ways(&self) -> Vec<Joined> {
        match self.own {
            Own::Alpha(_) => vec![Joined::Sum],
            Own::LogarithmOf(_) => {
                EXPONENTS.map(Joined::Product).into_iter().chain([Joined::Sum]).collect()
            }
        }
    }

    /// Models of the function of the other variables, which are x1, x2 and so on there, and the evaluations
    /// that they are worth.
    pub(crate) fn models(
        &self,
        joined: Joined,
        coordinates: &Coordinates,
        ops: &OpSet,
        allowance: Allowance,
    ) -> (Vec<VaryingCoefficients>, u64) {
        let others = coordinates.dim() - 1;
        let some = coordinates.thinned((EQUATIONS / others).min(coordinates.weights.len()));
        let Some(Weighted { slopes, weights }) = Weighted::of(self.place, &self.own, &some) else {
            return (vec![], 0);
        };
        let slopes = match joined {
            Joined::Sum => Slopes::Given(slopes),
            Joined::Product(e) => {
                let times = |column: Vec<f64>| column.into_iter().map(|g| e * g).collect();
                Slopes::OfLogarithms(slopes.into_iter().map(times).collect())
            }
        };
        let columns: Vec<Vec<f64>> =
            (0..=others).filter(|k| *k != self.place).map(|k| some.columns[k].clone()).collect();
        // Only the points are needed: any values do.
        let Some(values) = Values::of(&columns[0], &weights, false) else { return (vec![], 0) };
        let names = (1..=others).map(|k| format!("x{k}")).collect();
        let points = Objective::weighted(names, columns, weights, Target::Values(values));
        let Some(mut data) = Data::of_slopes(&points, slopes, allowance) else {
            return (vec![], 0);
        };
        let inputs: Vec<u16> = (0..).take(others).collect();
        let models = varying::models(&mut data, &inputs, ops);
        (models, data.spent)
    }

    /// Values of the function of the other variables, which are x1, x2 and so on there, and their error: of B where
    /// it is joined by a sum, else of R. `None` where they are not known nearly exactly, or if that is worth more
    /// than is allowed.
    pub(crate) fn values(
        &self,
        coordinates: &Coordinates,
        allowance: &Allowance,
    ) -> (Option<(Joined, Objective, f64)>, u64) {
        let others = coordinates.dim() - 1;
        let weighted = Weighted::of(self.place, &self.own, coordinates);
        let Some(Weighted { slopes, weights }) = weighted.filter(|_| others <= MOST_INTEGRATED)
        else {
            return (None, 0);
        };
        let columns: Vec<Vec<f64>> = (0..=others)
            .filter(|k| *k != self.place)
            .map(|k| coordinates.columns[k].clone())
            .collect();
        let (potential, spent) = Potential::of(&columns, &slopes, &weights, allowance);
        let known = |Potential { mut values, error }| {
            let joined = match self.own {
                Own::Alpha(_) => Joined::Sum,
                Own::LogarithmOf(_) => Joined::Product(1.0),
            };
            if let Joined::Product(_) = joined {
                for v in &mut values {
                    *v = f64::exp(*v);
                }
            }
            let kept: Vec<usize> = (0..weights.len())
                .filter(|n| weights[*n] > 0.0 && values[*n].is_normal())
                .collect();
            let pick = |column: &Vec<f64>| kept.iter().map(|n| column[*n]).collect::<Vec<f64>>();
            let target = Values::of(&pick(&values), &vec![1.0; kept.len()], false)?;
            let names = (1..=others).map(|k| format!("x{k}")).collect();
            let columns = columns.iter().map(pick).collect();
            let weights = vec![1.0; kept.len()];
            let found = Objective::weighted(names, columns, weights, Target::Values(target));
            Some((joined, found, SAFETY * error))
        };
        let potential = potential.filter(|potential| potential.error < MOST_ERROR);
        (potential.and_then(known), spent)
    }

    /// The whole formula, and those with the same level sets that lack the outer function of R.
    pub(crate) fn wholes(
        &self,
        joined: Joined,
        other: &Expr,
        coordinates: &Coordinates,
    ) -> Vec<Expr> {
        let mut found = vec![self.whole(joined, other, coordinates)];
        if let Joined::Product(e) = joined {
            let simpler = match (other.root(), other.arguments().as_slice()) {
                (Node::Op(Op::Sqrt), [inner]) if e.abs() <= 1.0 => {
                    Some((Joined::Product(2.0 * e), inner.clone()))
                }
                (Node::Op(Op::Exp), [inner]) => Some((Joined::Sum, inner.clone())),
                (Node::Op(Op::Div), [above, below]) if above.inputs().is_empty() => {
                    Some((Joined::Product(-e), below.clone()))
                }
                _ => None,
            };
            if let Some((joined, inner)) = simpler {
                found.extend(self.wholes(joined, &inner, coordinates));
            }
        }
        found
    }

    /// The whole formula in terms of the inputs.
    pub(crate) fn whole(&self, joined: Joined, other: &Expr, coordinates: &Coordinates) -> Expr {
        let variables = &coordinates.variables;
        let others = (0..coordinates.dim()).filter(|k| *k != self.place);
        let other = other.substitute(&others.map(|k| variables[k].clone()).collect::<Vec<_>>());
        let own = std::slice::from_ref(&variables[self.place]);
        match (&self.own, joined) {
            (Own::Alpha(alpha), _) => alpha.substitute(own) + other,
            (Own::LogarithmOf(a), Joined::Sum) => Expr::unary(Op::Log, a.substitute(own)) + other,
            (Own::LogarithmOf(a), Joined::Product(e)) => {
                let a = a.substitute(own);
                let a = if e.abs() > 1.0 { a.square() } else { a };
                if e < 0.0 { other / a } else { a * other }
            }
        }
    }
}

impl fmt::Display for IntegratingFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (own, name) = match &self.own {
            Own::Alpha(alpha) => (alpha, ""),
            Own::LogarithmOf(a) => (a, "log of "),
        };
        write!(f, "{name}{own} of variable {}, share left {:.1e}", self.place + 1, self.share)
    }
}

/// Polynomials in the other variables, or in their logarithms, and as many again times xₖ.
struct Fits {
    variants: Vec<[Smooth; 2]>,
}

impl Fits {
    fn new(place: usize, of: &Coordinates) -> Self {
        let others = (0..of.dim()).filter(|k| *k != place);
        let plain: Vec<Vec<f64>> = others.map(|k| of.columns[k].clone()).collect();
        let degree = DEGREES[(plain.len() - 1).min(DEGREES.len() - 1)];
        let fits = |columns: Vec<Vec<f64>>| {
            let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let others = Smooth::new(&columns, degree);
            let all = others.and(&others.times(&of.columns[place]));
            [others, all]
        };
        let logarithms = logarithms(&plain);
        Self { variants: std::iter::once(plain).chain(logarithms).map(fits).collect() }
    }

    /// The least share that is left of the slopes. `None` if they depend on xₖ.
    fn share(&self, of: &Weighted) -> Option<f64> {
        let square = |column: &Vec<f64>| -> f64 {
            column.iter().zip(&of.weights).map(|(g, w)| w * g * g).sum()
        };
        let total: f64 = of.slopes.iter().map(square).sum();
        let left = |smooth: &Smooth| -> Option<f64> {
            let squares = smooth.weighted(&of.weights)?;
            of.slopes.iter().map(|column| Some(squares.fit(column)?.left)).sum()
        };
        let share = |[others, all]: &[Smooth; 2]| {
            let share = left(others)? / total;
            let is_alone = || Some(share <= MORE * left(all)? / total);
            let is_exact = share <= MORE * ROUNDING;
            (is_exact || share < MOST_LEFT && is_alone()?).then_some(share)
        };
        self.variants.iter().filter_map(share).min_by(f64::total_cmp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_there_once() {
        let candidates = Own::candidates(&OpSet::default());
        let column: Vec<f64> = (1..40).map(|n| 0.3 + 0.013 * f64::from(n)).collect();
        let slopes: Vec<Vec<f64>> =
            candidates.iter().filter_map(|own| own.slopes(&column)).collect();
        assert!(slopes.len() > 15);
        for (k, one) in slopes.iter().enumerate() {
            for other in &slopes[..k] {
                let quotient = |n: usize| one[n] / other[n];
                let off = (0..column.len()).map(|n| (quotient(n) / quotient(0) - 1.0).abs());
                assert!(off.fold(0.0, f64::max) > 1e-9, "{:?}", candidates[k]);
            }
        }
    }
}
