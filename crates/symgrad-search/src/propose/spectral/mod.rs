//! Sums with spectrally fitted coefficients: polynomials by elimination, mixed libraries by a
//! beam, and the refit of any sum the evolution finds.

mod beam;
mod elimination;
mod families;
mod features;
mod fraction_libraries;
mod fractions;
mod gram;
mod paired_libraries;
mod pairing;
mod parametric;
mod phases;
mod polynomial;
mod quotient;
mod scanned_fractions;
mod sums;

use symgrad_expr::{Expr, OpSet};

pub(crate) use beam::BeamOptions;
pub(crate) use elimination::eliminate_library;
pub(crate) use families::{families, squares};
pub(crate) use features::{
    OPTIONAL_FUNCTIONS, atoms, mixed_library, monomials, pair_library, power, quotient_of_powers,
    quotients_of_monomials, reciprocal,
};
pub(crate) use fraction_libraries::fraction_libraries;
pub(crate) use fractions::fractions;
use gram::{Gram, Sparse};
pub(crate) use paired_libraries::paired_libraries;
pub(crate) use pairing::pair_up;
pub(crate) use parametric::parametric;
pub(crate) use phases::logarithms_of_phases;
pub(crate) use polynomial::eliminate;
pub(crate) use quotient::{long_quotients, quotients};
pub(crate) use scanned_fractions::{SECTION, golden_section, scanned_fractions};
pub(crate) use sums::{multiplied_out, simple_sum, up_to_rounding};

use crate::score::evaluator::Evaluator;
use crate::score::fit::moments_of_sum;
use crate::score::target::Target;

/// Cells of all features' gradients together, where each may have all components.
pub(crate) const DENSE_CELLS: usize = 40_000_000;

/// A sum with real coefficients, to be spelled out.
pub(crate) struct Proposal {
    terms: Vec<Expr>,
    coefficients: Vec<f64>,
    /// The sum's constant, where values are to be matched as they are; elsewhere the coefficients
    /// count up to a factor, and no constant matters.
    constant: Option<f64>,
}

impl Proposal {
    /// The sum with every point counting alike, which takes some rounds of weighting.
    fn of(
        terms: Vec<Expr>,
        coefficients: Vec<f64>,
        rounds: usize,
        evaluator: &mut Evaluator<'_>,
    ) -> Self {
        let coefficients = reweigh(&terms, coefficients, rounds, evaluator);
        match line(&terms, &coefficients, evaluator) {
            None => Self { terms, coefficients, constant: None },
            Some((slope, offset)) => {
                let coefficients = coefficients.iter().map(|c| slope * c).collect();
                Self { terms, coefficients, constant: Some(offset) }
            }
        }
    }

    /// The sum as it stands.
    fn sum(&self) -> Expr {
        let sum = sums::weighted(&self.terms, &self.coefficients).0;
        self.constant.map_or(sum.clone(), |constant| sum + Expr::constant(constant))
    }

    /// Terms of the sum.
    pub(crate) fn terms(&self) -> usize {
        self.terms.len()
    }

    /// The expressions this sum may stand for, with rounded and unrounded coefficients.
    pub(crate) fn spellings(&self, ops: &OpSet) -> Vec<Expr> {
        let terms: Vec<&Expr> = self.terms.iter().collect();
        match self.constant {
            None => sums::spellings(&terms, &self.coefficients, ops),
            Some(constant) => sums::spellings_of_values(&terms, &self.coefficients, constant, ops),
        }
    }
}

/// Short sums over a library, by a beam search.
pub(crate) fn beam_search(
    library: Vec<Expr>,
    ops: &OpSet,
    options: BeamOptions,
    evaluator: &mut Evaluator<'_>,
) -> Vec<Proposal> {
    let (library, gram) = gram_of(library, evaluator);
    if library.len() < 2 {
        return vec![];
    }
    beam::search(&library, &gram, ops, options, evaluator)
}

/// The best single features of a library, and its best short sums in all their spellings.
pub(crate) fn short_sums(
    library: Vec<Expr>,
    ops: &OpSet,
    options: BeamOptions,
    evaluator: &mut Evaluator<'_>,
) -> Vec<Expr> {
    let (library, gram) = gram_of(library, evaluator);
    let mut singles: Vec<(f64, usize)> = (0..library.len())
        .filter_map(|feature| Some((gram.smallest(&[feature])?.loss, feature)))
        .collect();
    singles.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let best = singles.iter().take(SINGLES);
    let singles: Vec<Expr> = best.map(|&(_, feature)| library[feature].clone()).collect();
    let mut found = lines(&singles, ops, evaluator);
    if library.len() > 1 {
        for proposal in beam::search(&library, &gram, ops, options, evaluator) {
            found.extend(proposal.spellings(ops));
        }
    }
    found
}

/// The best multiple of each feature, with a constant where values are wanted as they are, in all
/// spellings.
pub(crate) fn lines(features: &[Expr], ops: &OpSet, evaluator: &mut Evaluator<'_>) -> Vec<Expr> {
    let line = |feature: &Expr| Proposal::of(vec![feature.clone()], vec![1.0], 0, evaluator);
    features.iter().map(line).flat_map(|line| line.spellings(ops)).collect()
}

/// Single features that are looked at.
const SINGLES: usize = 12;

/// Longest sum that is refitted as a whole.
const MAX_REFIT: usize = 16;

/// The terms of a sum with their best coefficients; `None` for what is no sum, or where a
/// term is not finite somewhere.
pub(crate) fn refit(expr: &Expr, evaluator: &mut Evaluator<'_>) -> Option<Proposal> {
    let terms = sums::terms(expr);
    if terms.len() < 2 || terms.len() > MAX_REFIT {
        return None;
    }
    let coefficients = weigh(&terms, evaluator)?;
    Some(Proposal::of(terms, coefficients, 2, evaluator))
}

/// The coefficients of the sum whose gradient deviates least, points with large gradients
/// counting most.
fn weigh(terms: &[Expr], evaluator: &mut Evaluator<'_>) -> Option<Vec<f64>> {
    let (sum, marks) = sums::weighted(terms, &vec![1.0; terms.len()]);
    let moments = moments_of_sum(&sum, &marks, false, evaluator)?;
    let all: Vec<usize> = (0..terms.len()).collect();
    Some(Gram::of_moments(&moments).smallest(&all)?.coefficients)
}

/// The slope and the constant of the best line from a sum to the wanted values (simple linear
/// regression), where these are to be matched as they are.
fn line(terms: &[Expr], coefficients: &[f64], evaluator: &mut Evaluator<'_>) -> Option<(f64, f64)> {
    let objective = evaluator.objective();
    let Target::Values(target) = objective.target() else { return None };
    if target.linear_scaling {
        return None;
    }
    let values = evaluator.values(&sums::weighted(terms, coefficients).0)?;
    let mean_of = |number: &dyn Fn(usize) -> f64| -> f64 {
        objective.weights().iter().enumerate().map(|(n, w)| w * number(n)).sum()
    };
    let (mean, middle) = (mean_of(&|n| values[n]), mean_of(&|n| target.standard[n]));
    let square = mean_of(&|n| (values[n] - mean).powi(2));
    let product = mean_of(&|n| (values[n] - mean) * (target.standard[n] - middle));
    let slope = target.deviation * product / square;
    let constant = target.mean + target.deviation * middle - slope * mean;
    // What rounding leaves of a constant is none.
    let least = ROUNDING_OF_CONSTANTS * (target.deviation + (slope * mean).abs());
    let constant = if constant.abs() <= least { 0.0 } else { constant };
    (slope.is_finite() && constant.is_finite()).then_some((slope, constant))
}

/// Parts of the numbers that a constant is a difference of.
const ROUNDING_OF_CONSTANTS: f64 = 1e-9;

/// The coefficients with every point counting alike, by weighting the points with 1/‖∇f‖².
fn reweigh(
    terms: &[Expr],
    mut coefficients: Vec<f64>,
    rounds: usize,
    evaluator: &mut Evaluator<'_>,
) -> Vec<f64> {
    if matches!(evaluator.objective().target(), Target::Values(_)) {
        return coefficients;
    }
    let all: Vec<usize> = (0..terms.len()).collect();
    for _ in 0..rounds {
        let (sum, marks) = sums::weighted(terms, &coefficients);
        let better = moments_of_sum(&sum, &marks, true, evaluator)
            .and_then(|moments| Gram::of_moments(&moments).smallest(&all));
        match better {
            Some(pair) => coefficients = pair.coefficients,
            None => break,
        }
    }
    coefficients
}

/// A feature whose gradient is this many times its median somewhere has a singularity close
/// to the data; its Gram entries would speak of that point alone.
const TAIL: f64 = 1e4;

/// The features that are finite, not constant and not singular on the data, with their Gram
/// matrices.
fn gram_of(features: Vec<Expr>, evaluator: &mut Evaluator<'_>) -> (Vec<Expr>, Gram) {
    let several = evaluator.objective().concepts() > 1;
    let mut kept = Vec::with_capacity(features.len());
    let mut gradients: Vec<Sparse> = Vec::with_capacity(features.len());
    for feature in features {
        if let Some(gradient) = sparse_gradient(&feature, evaluator)
            && !is_singular(&gradient)
            && !(several && is_concentrated(&gradient))
        {
            kept.push(feature);
            gradients.push(gradient);
        }
    }
    let gram = Gram::of_features(&gradients, evaluator.objective());
    (kept, gram)
}

/// What stands for a feature in the eigenproblem: its gradient on the tangent space of the
/// data, or in regression its values less their mean.
fn sparse_gradient(feature: &Expr, evaluator: &mut Evaluator<'_>) -> Option<Sparse> {
    let objective = evaluator.objective();
    if let Target::Values(_) = objective.target() {
        let mut values = evaluator.values(feature)?;
        let mean: f64 = values.iter().zip(objective.weights()).map(|(v, w)| v * w).sum();
        for v in &mut values {
            *v -= mean;
        }
        return Some(vec![(0, values)]);
    }
    let columns = evaluator.projected_gradients(feature)?;
    let used = feature.inputs();
    let may_differ = |i: &usize| {
        objective.axes().touches(*i) || used.iter().any(|&input| usize::from(input) == *i)
    };
    Some(columns.into_iter().enumerate().filter(|(i, _)| may_differ(i)).collect())
}

/// Of several concepts each direction is easily matched at few points: a feature whose gradients
/// are large at less than this share of them would pass for a concept.
const CONCENTRATED: f64 = 0.03;

fn is_concentrated(gradient: &Sparse) -> bool {
    let squares = squared_norms(gradient);
    let (sum, fourth) = squares.iter().fold((0.0, 0.0), |(s, f), q| (s + q, f + q * q));
    // The number of points that share the sum, if they share it evenly.
    let share = sum * sum / fourth / squares.len() as f64;
    share.is_nan() || share < CONCENTRATED
}

fn squared_norms(gradient: &Sparse) -> Vec<f64> {
    let mut squares = vec![0.0; gradient.first().map_or(0, |(_, column)| column.len())];
    for (_, column) in gradient {
        squares.iter_mut().zip(column).for_each(|(square, g)| *square += g * g);
    }
    squares
}

fn is_singular(gradient: &Sparse) -> bool {
    let mut squares = squared_norms(gradient);
    let points = squares.len();
    if points == 0 {
        return true;
    }
    let largest = squares.iter().copied().fold(0.0, f64::max).sqrt();
    let median = squares.select_nth_unstable_by(points / 2, f64::total_cmp).1.sqrt();
    !(largest > 0.0 && largest <= TAIL * median.max(largest * 1e-9))
}
