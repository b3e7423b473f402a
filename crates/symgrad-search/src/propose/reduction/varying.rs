//! Varying-coefficient models (Hastie and Tibshirani, 1993): values that are a polynomial in some of the
//! inputs, whose coefficients are functions of the others.
//!
//! y = Σₖ mₖ(l)·Bₖ(z) is linear in all coefficients of the Bₖ once these are sums of Chebyshev polynomials.
//! Least squares for every choice of few inputs z, backward elimination of the monomials mₖ, and points that
//! were held out tell which choice holds. What is left are regressions of the Bₖ, with fewer inputs each.
//!
//! Nothing is decided here: a choice that is wrong leads to formulas that do not fit.

use std::cmp::Ordering;
use std::fmt;

use symgrad_expr::{Expr, Op, OpSet};

use super::interactions::{Part, Separated, separated};
use super::products::{Data, FITTED_POINTS, Model, Monomial, ROUNDING};
use super::smooth::Smooth;
use crate::score::budget::Allowance;
use crate::score::objective::Objective;

/// Values as a sum of products.
#[derive(Clone, Debug)]
pub(crate) struct VaryingCoefficients {
    pub(crate) terms: Vec<Term>,
    /// The share of the variance that is left at points that were held out.
    left: f64,
}

/// A polynomial in the other inputs times a function.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    /// Monomials with their coefficients; no monomial stands for a constant.
    pub(crate) polynomial: Vec<(f64, Option<Expr>)>,
    /// The inputs that the function depends on.
    pub(crate) inputs: Vec<u16>,
    /// The function at some of the points, as what a search is to find in these inputs, which are x1, x2 and
    /// so on there; none if it is a constant, which the coefficients have taken up.
    pub(crate) function: Option<Objective>,
    /// The share of its variance by which the fit may be off.
    pub(crate) error: f64,
}

impl VaryingCoefficients {
    /// Whether next to nothing is left at points that were held out.
    pub(crate) fn is_clear(&self) -> bool {
        self.left <= CLEAR_LEFT
    }

    /// Whether it is exact but for what polynomials and rounding leave, and little is to be found.
    pub(crate) fn is_sure(&self) -> bool {
        self.left <= EXACT_LEFT && self.work() <= LITTLE
    }

    /// The inputs of all its functions, each time that they occur.
    fn work(&self) -> usize {
        self.terms.iter().map(|term| term.inputs.len()).sum()
    }

    /// Which of two to follow first: one that leaves less, of exact ones the one with less to be found.
    pub(crate) fn before(&self, other: &Self) -> Ordering {
        let rank = |model: &Self| (model.left.max(EXACT_LEFT), model.work());
        let ((left, work), (other_left, other_work)) = (rank(self), rank(other));
        left.total_cmp(&other_left).then(work.cmp(&other_work))
    }
}

impl fmt::Display for VaryingCoefficients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, term) in self.terms.iter().enumerate() {
            f.write_str(if k == 0 { "(" } else { " + (" })?;
            for (k, (coefficient, monomial)) in term.polynomial.iter().enumerate() {
                f.write_str(if k == 0 { "" } else { " + " })?;
                write!(f, "{coefficient:.6}")?;
                monomial.iter().try_for_each(|monomial| write!(f, "*{monomial}"))?;
            }
            let inputs = term.inputs.iter().map(|input| format!("x{}", input + 1));
            write!(f, ")*f({})", inputs.collect::<Vec<_>>().join(", "))?;
        }
        write!(f, ", share left {:.1e}", self.left)
    }
}

/// Most inputs altogether, and those that functions depend on: there are as many fits as choices.
const INPUTS: usize = 9;
const OF_FUNCTIONS: usize = 3;

/// Most inputs of which all interactions but that of all are looked at.
const OF_INTERACTIONS: usize = 6;

/// Highest total degree of products of powers, if functions of a degree beside them are not too many unknowns.
const DEGREE: i32 = 4;
const FIRST_DEGREE: usize = 2;

/// Points on which functions are searched.
const FUNCTION_POINTS: usize = 400;

/// Choices of as many inputs each whose monomials are eliminated, those that leave least.
const ELIMINATED: usize = 4;

/// One in so many monomials is dropped at a time.
const DROPPED: usize = 5;

/// A shorter sum of products may leave so many times as much.
const MORE: f64 = 4.0;

/// Choices that leave a larger share of the variance are none: 3 % of the deviation hides any structure.
const MOST_LEFT: f64 = 1e-3;

/// Choices that leave less are followed before anything else is tried.
const CLEAR_LEFT: f64 = 1e-7;

/// Choices that leave less are exact but for what polynomials and rounding leave, and the fewer inputs decide.
const EXACT_LEFT: f64 = 1e-10;

/// Inputs of functions, each time that they occur, that are little work.
const LITTLE: usize = 4;

/// Choices that are followed.
const FOLLOWED: usize = 3;

/// Shares of a function's square within so many times what the fit leaves of its term are none; terms make up
/// for each other's errors, which are larger than what is left of their sum.
const TOLERANCE: f64 = 30.0;
const LEAST_TOLERATED: f64 = 1e-8;
const MOST_TOLERATED: f64 = 1e-3;

/// Models of values, the most promising first, and the evaluations that they are worth.
pub(crate) fn varying_coefficients(
    objective: &Objective,
    inputs: &[u16],
    ops: &OpSet,
    allowance: Allowance,
) -> (Vec<VaryingCoefficients>, u64) {
    let objective = objective.thinned(FITTED_POINTS);
    let Some(mut data) = Data::new(&objective, allowance) else { return (vec![], 0) };
    let models = models(&mut data, inputs, ops);
    (models, data.spent)
}

/// The same from what is known of values.
pub(super) fn models(data: &mut Data<'_>, inputs: &[u16], ops: &OpSet) -> Vec<VaryingCoefficients> {
    let mut found = vec![];
    if (2..=INPUTS).contains(&inputs.len()) {
        for family in [Family::Powers, Family::Simple, Family::Quotients, Family::Waves] {
            for size in 1..=OF_FUNCTIONS.min(inputs.len() - 1) {
                found.extend(of_size(data, inputs, size, family, ops));
            }
            if found.iter().any(|model: &Model| model.left < EXACT_LEFT) {
                break;
            }
        }
    }
    found.retain(|model| model.left < MOST_LEFT);
    found.sort_by(|a, b| {
        let rank = |model: &Model| (model.left.max(EXACT_LEFT), model.inputs.len());
        let ((left, few), (right, many)) = (rank(a), rank(b));
        left.total_cmp(&right).then(few.cmp(&many))
    });
    // More inputs hold as well as those that are enough.
    let exact: Vec<Vec<u16>> =
        found.iter().filter(|m| m.left < EXACT_LEFT).map(|m| m.inputs.clone()).collect();
    let contains = |all: &[u16], some: &[u16]| some.iter().all(|input| all.contains(input));
    let is_least = |model: &Model| {
        exact.iter().all(|few| *few == model.inputs || !contains(&model.inputs, few))
    };
    found.retain(is_least);
    found.truncate(FOLLOWED);
    let fewest = if data.is_of_slopes() { 1 } else { 2 };
    if exact.is_empty() && (fewest..=OF_FUNCTIONS).contains(&inputs.len()) {
        // A sum of functions of fewer inputs.
        found.extend(data.smoothest(inputs, ops));
    } else if exact.is_empty() && (OF_FUNCTIONS + 1..=OF_INTERACTIONS).contains(&inputs.len()) {
        found.extend(data.undivided(inputs, ops));
    }
    let models: Vec<VaryingCoefficients> =
        found.iter().filter_map(|model| data.terms(model)).collect();
    for model in &models {
        log::debug!(target: "symgrad::search", "varying coefficients: {model}");
    }
    models
}

/// Which monomials there may be.
#[derive(Clone, Copy)]
enum Family {
    /// Products of powers.
    Powers,
    /// Inputs and their reciprocals.
    Simple,
    /// Products of powers and of reciprocals.
    Quotients,
    /// Waves of one input, an angle, times powers of the others.
    Waves,
}

/// The models of functions of so many inputs that leave least, their monomials eliminated.
fn of_size(
    data: &mut Data<'_>,
    inputs: &[u16],
    size: usize,
    family: Family,
    ops: &OpSet,
) -> Vec<Model> {
    let mut first: Vec<Model> = choices(inputs, size)
        .into_iter()
        .flat_map(|chosen| {
            let others: Vec<u16> =
                inputs.iter().copied().filter(|input| !chosen.contains(input)).collect();
            let libraries = match family {
                Family::Waves => data.waves(&others, size, ops),
                _ => vec![data.monomials(&others, size, family, ops)],
            };
            let fits = libraries.into_iter().map(|monomials| data.fit(&chosen, monomials));
            fits.collect::<Vec<_>>()
        })
        .flatten()
        .collect();
    first.sort_by(|a, b| a.left.total_cmp(&b.left));
    first.truncate(ELIMINATED);
    first.into_iter().map(|model| data.eliminated(model)).collect()
}

/// All choices of so many of the inputs.
fn choices(inputs: &[u16], size: usize) -> Vec<Vec<u16>> {
    if size == 0 {
        return vec![vec![]];
    }
    let with = |k: usize| {
        let rest = choices(&inputs[k + 1..], size - 1).into_iter();
        rest.map(move |more| [vec![inputs[k]], more].concat())
    };
    (0..inputs.len()).flat_map(with).collect()
}

/// Coefficients are rounded within so many times what the fit leaves of their terms, and within this share.
const ROUNDED: f64 = 3.0;
const MOST_ROUNDED: f64 = 1e-3;
const DIGITS: usize = 12;

/// By how much a degree that is too high is lowered.
const LOWER: usize = 4;

impl Data<'_> {
    /// A function of all inputs, of the degree that leaves least at points that were held out.
    fn smoothest(&mut self, inputs: &[u16], ops: &OpSet) -> Option<Model> {
        let one = self.monomial(&[], &[], ops)?;
        let highest = self.highest(inputs.len(), 1)?;
        let fits = (1..=highest).rev().step_by(LOWER);
        fits.filter_map(|degree| self.fit_of_degree(inputs, vec![one.clone()], degree))
            .min_by(|a, b| a.left.total_cmp(&b.left))
    }

    /// A function of all inputs, of which nothing is known.
    fn undivided(&self, inputs: &[u16], ops: &OpSet) -> Option<Model> {
        let monomials = vec![self.monomial(&[], &[], ops)?];
        Some(Model { inputs: inputs.to_vec(), monomials, rises: vec![], left: f64::INFINITY })
    }

    /// Those that times functions of so many inputs are not too many.
    fn monomials(
        &self,
        others: &[u16],
        functions: usize,
        family: Family,
        ops: &OpSet,
    ) -> Vec<Monomial> {
        let few = others.len() <= 2;
        let most = self.most() / Smooth::count(functions, FIRST_DEGREE);
        let bears = |total: &i32| exponents(others.len(), 0, *total).len() <= most;
        let (least, total) = match family {
            Family::Powers => (0, (2..=DEGREE).rev().find(bears).unwrap_or(2)),
            Family::Simple => (-1, 1),
            Family::Quotients => (if few { -2 } else { -1 }, 2),
            Family::Waves => (0, 1),
        };
        let exponents = exponents(others.len(), least, total);
        exponents.iter().filter_map(|exponents| self.monomial(others, exponents, ops)).collect()
    }

    /// Waves of each of the others times powers of what is then left, where they are not too many.
    fn waves(&self, others: &[u16], functions: usize, ops: &OpSet) -> Vec<Vec<Monomial>> {
        if !(ops.contains(Op::Sin) && ops.contains(Op::Cos)) {
            return vec![];
        }
        let of = |angle: &u16| -> Vec<Monomial> {
            let [sin, cos] = [Op::Sin, Op::Cos].map(|op| Expr::unary(op, Expr::var(*angle)));
            let both = sin.clone() * cos.clone();
            let waves = [None, Some(sin), Some(cos.clone()), Some(cos.square()), Some(both)];
            let rest: Vec<u16> = others.iter().copied().filter(|other| other != angle).collect();
            let powers = self.monomials(&rest, functions, Family::Waves, ops);
            let times = |power: &Monomial| {
                let product = |wave: &Option<Expr>| match (&power.expr, wave) {
                    (Some(power), Some(wave)) => Some(power.clone() * wave.clone()),
                    (one, other) => one.clone().or_else(|| other.clone()),
                };
                waves.iter().filter_map(|wave| self.factor(product(wave))).collect::<Vec<_>>()
            };
            powers.iter().flat_map(times).collect()
        };
        let most = self.most() / Smooth::count(functions, FIRST_DEGREE);
        others.iter().map(of).filter(|monomials| monomials.len() <= most).collect()
    }

    /// Backward elimination of the monomials without which the fit is hardly worse. The fewer there are, the
    /// higher is the degree that the points bear; of all steps the shortest that leaves little more than the
    /// best is kept.
    fn eliminated(&mut self, model: Model) -> Model {
        let mut path = vec![model];
        while let Some(last) = path.last().filter(|last| last.monomials.len() > 1) {
            let mut order: Vec<usize> = (0..last.monomials.len()).collect();
            order.sort_by(|&a, &b| last.rises[b].total_cmp(&last.rises[a]).then(a.cmp(&b)));
            order.truncate(order.len() - order.len().div_ceil(DROPPED));
            order.sort_unstable();
            let monomials = order.iter().map(|&k| last.monomials[k].clone()).collect();
            let inputs = last.inputs.clone();
            match self.fit(&inputs, monomials) {
                Some(fewer) => path.push(fewer),
                None => break,
            }
        }
        let least = path.iter().map(|model| model.left).fold(f64::INFINITY, f64::min);
        let bound = MORE * least.max(ROUNDING);
        let last = path.iter().rposition(|model| model.left <= bound).unwrap_or(0);
        path.swap_remove(last)
    }

    /// The model's functions, those that are multiples of another written once. `None` if there is
    /// nothing to find.
    fn terms(&mut self, model: &Model) -> Option<VaryingCoefficients> {
        let Separated { mut parts, left } = separated(self, model)?;
        if self.is_up_to_a_constant() {
            parts.retain(|part| part.monomial.expr.is_some() || !part.inputs.is_empty());
        }
        parts.sort_by(|a, b| b.share.total_cmp(&a.share));
        let tolerance =
            |part: &Part| (TOLERANCE * left / part.share).clamp(LEAST_TOLERATED, MOST_TOLERATED);
        let ones = vec![1.0; self.objective.points()];
        let mut leaders: Vec<Option<&Part>> = vec![];
        let mut terms: Vec<Term> = vec![];
        for part in &parts {
            let multiple_of = |leader: Option<&Part>| {
                let (other, tolerated) = match leader {
                    None => (&ones, tolerance(part)),
                    Some(leader) => (&leader.function, tolerance(part) + tolerance(leader)),
                };
                multiple(&part.function, other).filter(|(_, off)| *off <= tolerated).map(|(c, _)| c)
            };
            let known = leaders.iter().position(|leader| multiple_of(*leader).is_some());
            let is_constant = multiple_of(None).is_some();
            let size = part.monomial.size;
            let place = known.unwrap_or_else(|| {
                leaders.push(if is_constant { None } else { Some(part) });
                let inputs = if is_constant { vec![] } else { part.inputs.clone() };
                let error = left / part.share;
                terms.push(Term { polynomial: vec![], inputs, function: None, error });
                terms.len() - 1
            });
            let factor = match leaders[place] {
                None => multiple_of(None)? * self.unit,
                Some(_) if known.is_none() => size,
                leader @ Some(of) => multiple_of(leader)? * of.monomial.size,
            };
            let coefficient = rounded(factor / size, ROUNDED * (left / part.share).sqrt());
            terms[place].polynomial.push((coefficient, part.monomial.expr.clone()));
        }
        for (term, leader) in terms.iter_mut().zip(&leaders) {
            if let Some(part) = leader {
                let unit = self.unit / part.monomial.size;
                let values: Vec<f64> = part.function.iter().map(|b| b * unit).collect();
                let function = self.regression(&term.inputs, &values)?;
                term.function = Some(function.thinned(FUNCTION_POINTS));
            }
        }
        // A function of all inputs is no simpler than the values.
        let is_simpler = |part: &&Part| part.inputs.len() < self.objective.dim();
        let any = leaders.iter().flatten().any(is_simpler);
        (any || self.is_of_slopes()).then_some(VaryingCoefficients { terms, left })
    }
}

/// The number with the fewest digits that differs by no more than that share.
fn rounded(number: f64, tolerance: f64) -> f64 {
    let tolerance = tolerance.min(MOST_ROUNDED) * number.abs();
    let shorter =
        (0..DIGITS).filter_map(|digits| format!("{number:.digits$e}").parse::<f64>().ok());
    let mut close = shorter.filter(|shorter| (shorter - number).abs() <= tolerance);
    close.next().unwrap_or(number)
}

/// The factor c for which c·b is closest to a, and the share of a's square that this leaves.
fn multiple(a: &[f64], b: &[f64]) -> Option<(f64, f64)> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (factor, square) = (dot(a, b) / dot(b, b), dot(a, a));
    let off = a.iter().zip(b).map(|(a, b)| (a - factor * b).powi(2)).sum::<f64>() / square;
    (factor.is_finite() && off.is_finite()).then_some((factor, off))
}

/// All lists of so many whole exponents from the least to 2 whose sizes add up to at most a total.
fn exponents(count: usize, least: i32, total: i32) -> Vec<Vec<i32>> {
    let mut found: Vec<Vec<i32>> = vec![vec![]];
    for _ in 0..count {
        let size = |list: &[i32]| list.iter().map(|e| e.abs()).sum::<i32>();
        let more = found.iter().flat_map(|list| {
            (least..=2)
                .filter(|e| size(list) + e.abs() <= total)
                .map(|e| [list.clone(), vec![e]].concat())
        });
        found = more.collect();
    }
    found
}
