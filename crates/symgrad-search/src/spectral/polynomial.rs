//! Polynomials by elimination: all monomials at once, then the smallest coefficients dropped.

use symgrad_expr::{Expr, OpSet};

use super::gram::{Eigenpair, FeatureGradients};
use super::{Proposal, features, gradients_of};
use crate::objective::Evaluator;

/// Largest number of monomials taken at once.
const MAX_FEATURES: usize = 800;
/// Longest polynomial proposed.
const MAX_TERMS: usize = 30;
/// Share of the terms dropped in one round while there are many.
const DROP: f64 = 0.1;
/// Rounds of reweighting for the polynomials proposed.
const REFINE: usize = 4;

/// Fits all monomials up to each degree and eliminates backwards; proposes what is left at
/// every length.
pub(crate) fn eliminate(
    inputs: &[u16],
    max_degree: u32,
    ops: &OpSet,
    evaluator: &mut Evaluator<'_>,
) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    for degree in 1..=max_degree {
        if features::monomial_count(inputs.len(), degree) > MAX_FEATURES {
            break;
        }
        let monomials = features::monomials(inputs, degree, ops);
        let (monomials, gradients) = gradients_of(monomials, evaluator);
        if !monomials.is_empty() {
            proposals.extend(eliminate_from(&monomials, &gradients));
        }
    }
    proposals
}

fn eliminate_from(monomials: &[Expr], gradients: &FeatureGradients) -> Vec<Proposal> {
    let gram = gradients.gram();
    let mut kept: Vec<usize> = (0..monomials.len()).collect();
    let mut proposals = Vec::new();
    while let Some(pair) = gram.smallest(&kept) {
        if kept.len() <= MAX_TERMS {
            let coefficients = gradients.refine(&kept, &pair.coefficients, REFINE);
            let terms = kept.iter().map(|&j| monomials[j].clone()).collect();
            proposals.push(Proposal { terms, coefficients });
        }
        if kept.len() == 1 {
            break;
        }
        kept = without_smallest(&kept, &pair);
    }
    proposals
}

/// The features without those of the smallest scaled coefficients: a tenth of a long list,
/// one of a short one.
fn without_smallest(kept: &[usize], pair: &Eigenpair) -> Vec<usize> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a short list")]
    let share = (kept.len() as f64 * DROP) as usize;
    let drop = if kept.len() > MAX_TERMS { share.min(kept.len() - MAX_TERMS) } else { 1 };
    let mut order: Vec<usize> = (0..kept.len()).collect();
    order.sort_by(|&i, &j| pair.scaled[i].abs().total_cmp(&pair.scaled[j].abs()));
    let mut left: Vec<usize> = order[drop.max(1)..].iter().map(|&i| kept[i]).collect();
    left.sort_unstable();
    left
}
