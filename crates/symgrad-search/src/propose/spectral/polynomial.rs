//! Polynomials by elimination: all monomials at once, then the smallest coefficients dropped.

use symgrad_expr::{Expr, OpSet};

use super::gram::{Eigenpair, Gram};
use super::{DENSE_CELLS, Proposal, features, gram_of};
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;

/// Largest number of monomials taken at once: the work grows with its cube. All of the fourth
/// degree in sixteen inputs, among which the 4×4 determinant is, are 4 844.
const MAX_FEATURES: usize = 5_000;
/// Fewer inputs than all are taken only if they are that many at least, and then so many monomials.
const FEWEST_INPUTS: usize = 8;
const FEWER_FEATURES: usize = 1_000;
/// As many unknowns as equations fit anything: a share is left by which the fit is seen.
const MOST_UNKNOWNS: f64 = 0.9;
/// Longest polynomial proposed.
const MAX_TERMS: usize = 30;
/// Share of the terms dropped in one round while there are many.
const DROP: f64 = 0.1;
/// A scaled coefficient below this share of the largest goes at once, since it changes the
/// gradient by less than the losses that matter; but no more than half of the terms at a time,
/// since the others' coefficients change as terms go.
const NEGLIGIBLE: f64 = 0.01;
/// A polynomial of all monomials this close leaves nothing for a higher degree to explain.
const EXPLAINED: f64 = 1e-8;
/// Rounds of reweighting for the polynomials proposed.
const REFINE: usize = 4;

/// Fits all suitable monomials up to each degree and eliminates backwards; proposes what is left at
/// every length.
pub(crate) fn eliminate(
    inputs: &[u16],
    max_degree: u32,
    ops: &OpSet,
    suits: impl Fn(&Expr) -> bool,
    evaluator: &mut Evaluator<'_>,
) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    for degree in 1..=max_degree {
        let equations = evaluator.objective().points() * inputs.len().saturating_sub(1).max(1);
        let most = MAX_FEATURES.min(most_dense(evaluator.objective()));
        let inputs = first_inputs(inputs, degree, most);
        let count = features::monomial_count(inputs.len(), degree);
        if count as f64 > MOST_UNKNOWNS * equations as f64 || inputs.is_empty() {
            break;
        }
        let mut monomials = features::monomials(inputs, degree, ops);
        monomials.retain(&suits);
        let (monomials, gram) = gram_of(monomials, evaluator);
        let all: Vec<usize> = (0..monomials.len()).collect();
        let Some(pair) = gram.smallest(&all) else { break };
        let loss = pair.loss;
        proposals.extend(eliminate_from(&monomials, &gram, pair, evaluator));
        if loss < EXPLAINED {
            break;
        }
    }
    proposals
}

/// The inputs whose monomials of that degree are not too many: all, or of many inputs the first,
/// those that matter most; none if they would be few.
fn first_inputs(inputs: &[u16], degree: u32, most: usize) -> &[u16] {
    if features::monomial_count(inputs.len(), degree) <= most {
        return inputs;
    }
    let mut kept = inputs.len();
    while kept > 0 && features::monomial_count(kept, degree) > most.min(FEWER_FEATURES) {
        kept -= 1;
    }
    if kept < FEWEST_INPUTS { &[] } else { &inputs[..kept] }
}

/// Most features whose gradients can be kept at all points where each has all components.
fn most_dense(objective: &Objective) -> usize {
    if objective.axes().is_whole() {
        return usize::MAX;
    }
    (DENSE_CELLS / (objective.points() * objective.dim()).max(1)).max(1)
}

fn eliminate_from(
    monomials: &[Expr],
    gram: &Gram,
    all: Eigenpair,
    evaluator: &mut Evaluator<'_>,
) -> Vec<Proposal> {
    let mut kept: Vec<usize> = (0..gram.len()).collect();
    let mut pair = all;
    let mut proposals = Vec::new();
    loop {
        if kept.len() <= MAX_TERMS {
            let terms: Vec<Expr> = kept.iter().map(|&j| monomials[j].clone()).collect();
            proposals.push(Proposal::of(terms, pair.coefficients.clone(), REFINE, evaluator));
        }
        if kept.len() == 1 {
            return proposals;
        }
        kept = without_smallest(&kept, &pair);
        match gram.smallest(&kept) {
            Some(next) => pair = next,
            None => return proposals,
        }
    }
}

/// The features without those of the smallest scaled coefficients: of a long list the
/// negligible ones, at least a tenth; of a short one a single feature.
fn without_smallest(kept: &[usize], pair: &Eigenpair) -> Vec<usize> {
    let mut order: Vec<usize> = (0..kept.len()).collect();
    order.sort_by(|&i, &j| pair.scaled[i].abs().total_cmp(&pair.scaled[j].abs()));
    let drop = if kept.len() > MAX_TERMS {
        let largest = pair.scaled[order[order.len() - 1]].abs();
        let negligible = pair
            .scaled
            .iter()
            .filter(|c| c.abs() < NEGLIGIBLE * largest)
            .count()
            .min(kept.len() / 2);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a short list")]
        let share = (kept.len() as f64 * DROP) as usize;
        negligible.max(share).clamp(1, kept.len() - MAX_TERMS)
    } else {
        1
    };
    let mut left: Vec<usize> = order[drop..].iter().map(|&i| kept[i]).collect();
    left.sort_unstable();
    left
}
