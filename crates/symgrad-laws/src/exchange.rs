//! Stand-ins for a law: what depends on one input alone is exchanged for other functions of that input.
//!
//! Elimination keeps one of many functions that are alike within noise, and which one is chance; so that the
//! others have to be looked for.

use symgrad_expr::{Expr, Workspace};

use crate::elimination::Fitted;
use crate::known::Known;
use crate::sample::Sample;

/// Most functions of an input that are tried: the work grows with their square.
const MOST: usize = 60;

/// Terms of the longest law that is looked at.
const LONGEST: usize = 8;

/// Sums that are kept for each input, of those with one function of it and of those with two.
const KEPT: usize = 8;

/// How many times more a sum may change than the law: what changes twice as much is no stand-in.
const WORSE: f64 = 2.0;

/// The terms of sums in which all that depends on one input alone is exchanged for one or two other functions
/// of it, of those given, and which change about as little.
pub(crate) fn exchanged(
    law: &[Expr],
    functions: &[Expr],
    known: &Known,
    sample: &Sample,
    workspace: &mut Workspace,
) -> Vec<Vec<Expr>> {
    if law.len() > LONGEST {
        return vec![];
    }
    let mut found = vec![];
    for input in (0..sample.dim()).filter_map(|input| u16::try_from(input).ok()) {
        let is_its = |term: &&Expr| term.inputs().as_slice() == [input];
        let (own, others): (Vec<&Expr>, Vec<&Expr>) = law.iter().partition(is_its);
        if own.is_empty() {
            continue;
        }
        let mut menu: Vec<Expr> = own.into_iter().cloned().collect();
        for function in functions.iter().filter(is_its) {
            if menu.len() < MOST && !menu.contains(function) {
                menu.push(function.clone());
            }
        }
        let mut all: Vec<Expr> = others.into_iter().cloned().collect();
        let kept = all.len();
        all.extend(menu);
        let fitted = Fitted::of(&all, sample, workspace);
        found.extend(fitted.with_one_or_two(&all[..kept], known, sample, workspace));
    }
    found
}

impl Fitted {
    /// Of the sums of these terms and one or two others those that change least, up to so many times the least.
    fn with_one_or_two(
        &self,
        terms: &[Expr],
        known: &Known,
        sample: &Sample,
        workspace: &mut Workspace,
    ) -> Vec<Vec<Expr>> {
        let is_kept = |index: &usize| terms.contains(&self.features[*index]);
        let (kept, menu): (Vec<usize>, Vec<usize>) = (0..self.features.len()).partition(is_kept);
        if kept.len() < terms.len() {
            return vec![];
        }
        let matrices = self.across(known, sample, workspace);
        let with = |more: &[usize]| {
            let all = [&kept, more].concat();
            matrices.least_ratio_of(&all).map(|ratio| (ratio, all))
        };
        let ones: Vec<(f64, Vec<usize>)> = menu.iter().filter_map(|&one| with(&[one])).collect();
        let pairs = (0..menu.len()).flat_map(|i| menu[..i].iter().map(move |&j| (i, j)));
        let twos: Vec<(f64, Vec<usize>)> = pairs.filter_map(|(i, j)| with(&[j, menu[i]])).collect();
        let least = ones.iter().chain(&twos).map(|(ratio, _)| *ratio).fold(f64::INFINITY, f64::min);
        let best = |mut sums: Vec<(f64, Vec<usize>)>| {
            sums.retain(|(ratio, _)| *ratio <= WORSE * least);
            sums.sort_by(|a, b| a.0.total_cmp(&b.0));
            sums.truncate(KEPT);
            sums
        };
        let terms = |all: Vec<usize>| all.into_iter().map(|j| self.features[j].clone()).collect();
        best(ones).into_iter().chain(best(twos)).map(|(_, all)| terms(all)).collect()
    }
}
