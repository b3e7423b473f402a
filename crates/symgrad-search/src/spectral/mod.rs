//! Sums with spectrally fitted coefficients: polynomials by elimination, mixed libraries by a
//! beam, and the refit of any sum the evolution finds.

mod beam;
mod features;
mod gram;
mod polynomial;
mod sums;

use symgrad_expr::{Expr, OpSet};

pub(crate) use beam::BeamOptions;
pub(crate) use features::mixed_library;
use gram::FeatureGradients;
pub(crate) use polynomial::eliminate;

use crate::objective::Evaluator;

/// A sum with real coefficients, to be spelled out.
pub(crate) struct Proposal {
    terms: Vec<Expr>,
    coefficients: Vec<f64>,
}

impl Proposal {
    /// The expressions this sum may stand for, with rounded and unrounded coefficients.
    pub(crate) fn spellings(&self, ops: &OpSet) -> Vec<Expr> {
        sums::spellings(&self.terms.iter().collect::<Vec<_>>(), &self.coefficients, ops)
    }
}

/// Short sums over a library, by a beam search.
pub(crate) fn beam_search(
    library: Vec<Expr>,
    ops: &OpSet,
    options: BeamOptions,
    evaluator: &mut Evaluator<'_>,
) -> Vec<Proposal> {
    let (library, gradients) = gradients_of(library, evaluator);
    if library.len() < 2 {
        return vec![];
    }
    beam::search(&library, &gradients, ops, options)
}

/// Longest sum that is refitted as a whole.
const MAX_REFIT: usize = 16;

/// The terms of a sum with their best coefficients; `None` for what is no sum, or where a
/// term is not finite somewhere.
pub(crate) fn refit(expr: &Expr, evaluator: &mut Evaluator<'_>) -> Option<Proposal> {
    let terms = sums::terms(expr);
    if terms.len() < 2 || terms.len() > MAX_REFIT {
        return None;
    }
    let wanted = terms.len();
    let (terms, gradients) = gradients_of(terms, evaluator);
    if terms.len() < wanted {
        return None;
    }
    let all: Vec<usize> = (0..wanted).collect();
    let pair = gradients.gram().smallest(&all)?;
    let coefficients = gradients.refine(&all, &pair.coefficients, 2);
    Some(Proposal { terms, coefficients })
}

/// A feature whose gradient is this many times its median somewhere has a singularity close
/// to the data; its Gram entries would speak of that point alone.
const TAIL: f64 = 1e4;

/// The features that are finite, not constant and not singular on the data, with their
/// gradients.
fn gradients_of(
    features: Vec<Expr>,
    evaluator: &mut Evaluator<'_>,
) -> (Vec<Expr>, FeatureGradients) {
    let mut kept = Vec::with_capacity(features.len());
    let mut gradients = Vec::with_capacity(features.len());
    for feature in features {
        if let Some(gradient) = evaluator.projected_gradients(&feature)
            && !is_singular(&gradient)
        {
            kept.push(feature);
            gradients.push(gradient);
        }
    }
    let objective = evaluator.objective();
    let basis: Vec<&[Vec<f64>]> = objective.basis().iter().map(Vec::as_slice).collect();
    let matrices = FeatureGradients::new(&gradients, &basis, objective.weights());
    (kept, matrices)
}

fn is_singular(gradient: &[Vec<f64>]) -> bool {
    let points = gradient.first().map_or(0, Vec::len);
    let mut norms: Vec<f64> =
        (0..points).map(|n| gradient.iter().map(|g| g[n] * g[n]).sum::<f64>().sqrt()).collect();
    norms.sort_unstable_by(f64::total_cmp);
    let (median, largest) = (norms[points / 2], norms[points - 1]);
    !(largest > 0.0 && largest <= TAIL * median.max(largest * 1e-9))
}
