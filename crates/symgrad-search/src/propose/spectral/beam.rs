//! Short sums over a mixed library, found forwards by a beam search.

use symgrad_expr::{Expr, OpSet};

use super::Proposal;
use super::gram::Gram;
use crate::score::evaluator::Evaluator;

/// How wide and how far the beam goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BeamOptions {
    /// Sums kept at each length.
    pub(crate) width: usize,
    /// Longest sum.
    pub(crate) terms: usize,
    /// Extensions of one sum that are solved exactly, chosen by their two-term bound.
    pub(crate) extensions: usize,
    /// Sums proposed at each length.
    pub(crate) proposals: usize,
}

/// Rounds of reweighting for the sums proposed.
const REFINE: usize = 3;

#[derive(Clone)]
struct State {
    /// Sorted feature indices.
    subset: Vec<usize>,
    scaled: Vec<f64>,
    coefficients: Vec<f64>,
    loss: f64,
    complexity: u32,
}

/// Grows sums term by term, keeping at each length the best by loss and, so that simple sums
/// are not crowded out by rich look-alikes, the best of every complexity.
pub(crate) fn search(
    features: &[Expr],
    gram: &Gram,
    ops: &OpSet,
    options: BeamOptions,
    evaluator: &mut Evaluator<'_>,
) -> Vec<Proposal> {
    let costs: Vec<u32> = features.iter().map(|feature| ops.complexity(feature)).collect();
    let mut beam = keep(pairs(gram, &costs), options.width);
    let mut proposals = Vec::new();
    for length in 2..=options.terms {
        for state in keep(beam.clone(), options.proposals) {
            let terms: Vec<Expr> = state.subset.iter().map(|&j| features[j].clone()).collect();
            proposals.push(Proposal::of(terms, state.coefficients, REFINE, evaluator));
        }
        if length < options.terms {
            let grown = beam.iter().flat_map(|state| extend(state, gram, &costs, options));
            beam = keep(grown.collect(), options.width);
        }
    }
    proposals
}

/// All pairs of features, by their closed-form solution; exact coefficients only for those
/// that can be among the kept.
fn pairs(gram: &Gram, costs: &[u32]) -> Vec<State> {
    let mut bounds: Vec<(f64, usize, usize)> = Vec::new();
    for j in 1..costs.len() {
        for i in 0..j {
            bounds.push((gram.bound(&[i], &[1.0], j), i, j));
        }
    }
    bounds.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut by_cost: std::collections::BTreeMap<u32, usize> = std::collections::BTreeMap::new();
    let mut states = Vec::new();
    for (rank, (_, i, j)) in bounds.into_iter().enumerate() {
        let complexity = costs[i] + costs[j] + 1;
        let held = by_cost.entry(complexity).or_default();
        if rank < MAX_PAIRS || *held < PER_COMPLEXITY {
            *held += 1;
            states.extend(solve(vec![i, j], gram, costs));
        }
    }
    states
}

/// Pairs solved exactly whatever their complexity.
const MAX_PAIRS: usize = 400;
/// Sums of one complexity that are kept at each length.
const PER_COMPLEXITY: usize = 4;

fn extend(state: &State, gram: &Gram, costs: &[u32], options: BeamOptions) -> Vec<State> {
    let mut bounds: Vec<(f64, usize)> = (0..costs.len())
        .filter(|feature| !state.subset.contains(feature))
        .map(|feature| (gram.bound(&state.subset, &state.scaled, feature), feature))
        .collect();
    bounds.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    bounds.truncate(options.extensions);
    let grown = bounds.into_iter().filter_map(|(_, feature)| {
        let mut subset = state.subset.clone();
        subset.push(feature);
        subset.sort_unstable();
        solve(subset, gram, costs)
    });
    grown.collect()
}

fn solve(subset: Vec<usize>, gram: &Gram, costs: &[u32]) -> Option<State> {
    let pair = gram.smallest(&subset)?;
    let complexity = subset.iter().map(|&j| costs[j] + 1).sum::<u32>() - 1;
    let (scaled, coefficients, loss) = (pair.scaled, pair.coefficients, pair.loss);
    Some(State { subset, scaled, coefficients, loss, complexity })
}

/// The best `width` by loss and the best few of every complexity, without repeats, in the
/// order of their loss.
fn keep(mut states: Vec<State>, width: usize) -> Vec<State> {
    states.sort_by(|a, b| a.loss.total_cmp(&b.loss).then_with(|| a.subset.cmp(&b.subset)));
    states.dedup_by(|a, b| a.subset == b.subset);
    let mut by_cost: std::collections::BTreeMap<u32, usize> = std::collections::BTreeMap::new();
    let mut kept = Vec::new();
    for state in states {
        let held = by_cost.entry(state.complexity).or_default();
        if kept.len() < width || *held < PER_COMPLEXITY.min(width) {
            *held += 1;
            kept.push(state);
        }
    }
    kept
}
