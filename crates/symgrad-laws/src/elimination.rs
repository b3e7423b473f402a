//! Sums of features that change least, by backward elimination.

use symgrad_expr::{Expr, Workspace};

use crate::known::Known;
use crate::matrices::{Best, Matrices};
use crate::sample::{Feature, Sample};

/// Mean squared changes of the truth that are allowed for: from rounding to an error of a tenth in
/// each input.
const RIDGES: [f64; 6] = [1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2];

/// Longest sum proposed of few inputs. Of more it grows with their number: an energy has a square for
/// each at least, and what binds neighbours.
const LONGEST: usize = 14;

fn longest(inputs: usize) -> usize {
    LONGEST.max(2 * inputs + 2)
}

/// One in so many of the features is dropped at a time, while there are many.
const SHARE: usize = 12;

/// A library on the points that are fitted.
pub(crate) struct Fitted {
    features: Vec<Expr>,
    matrices: Matrices,
}

impl Fitted {
    /// The features that are finite, neither constant nor singular, and resolved by the points.
    pub(crate) fn of(library: &[Expr], sample: &Sample, workspace: &mut Workspace) -> Self {
        let mut usable = |expr: &Expr| {
            let feature = sample.feature(expr, workspace)?;
            let steep = feature.is_concentrated_among(sample.dim());
            let sound = !steep && sample.resolves(expr, &feature, workspace);
            sound.then(|| (expr.clone(), feature))
        };
        let (features, at): (Vec<Expr>, Vec<Feature>) =
            library.iter().filter_map(&mut usable).unzip();
        Self { features, matrices: Matrices::of(&at, sample.dim()) }
    }

    /// The terms of sums of every length, for every ridge.
    pub(crate) fn sums(
        &self,
        known: &Known,
        sample: &Sample,
        workspace: &mut Workspace,
    ) -> Vec<Vec<Expr>> {
        let across;
        let matrices = if known.directions().is_empty() {
            &self.matrices
        } else {
            let at = self.features.iter().filter_map(|expr| sample.feature(expr, workspace));
            across = self.matrices.clone().across(known, &at.collect::<Vec<_>>());
            &across
        };
        let mut found: Vec<Vec<usize>> = vec![];
        for ridge in RIDGES {
            for kept in path(&matrices.with_ridge(ridge), longest(sample.dim())) {
                if !found.contains(&kept) {
                    found.push(kept);
                }
            }
        }
        let terms = |kept: &Vec<usize>| kept.iter().map(|&j| self.features[j].clone()).collect();
        found.iter().map(terms).collect()
    }
}

/// The coefficients of a sum that changes least.
pub(crate) fn coefficients(
    terms: &[Expr],
    known: &Known,
    sample: &Sample,
    workspace: &mut Workspace,
) -> Option<Vec<f64>> {
    let at: Vec<Feature> =
        terms.iter().map(|term| sample.feature(term, workspace)).collect::<Option<_>>()?;
    let all: Vec<usize> = (0..terms.len()).collect();
    let matrices = Matrices::of(&at, sample.dim()).across(known, &at).with_ridge(RIDGES[0]);
    matrices.best(&all).map(|best| best.coefficients)
}

/// What is left at each length of at most the longest.
fn path(matrices: &Matrices, longest: usize) -> Vec<Vec<usize>> {
    let mut kept: Vec<usize> = (0..matrices.len()).collect();
    let mut found = Vec::new();
    while !kept.is_empty()
        && let Some(best) = matrices.best(&kept)
    {
        if kept.len() <= longest {
            found.push(kept.clone());
        }
        if kept.len() == 1 {
            break;
        }
        let over = kept.len().saturating_sub(longest);
        let drop = (kept.len() / SHARE).min(over).max(1);
        let mut left: Vec<usize> = by_size(&best)[drop..].iter().map(|&i| kept[i]).collect();
        left.sort_unstable();
        kept = left;
    }
    found
}

/// The places of the coefficients, by rising size.
fn by_size(best: &Best) -> Vec<usize> {
    let size = |i: usize| best.scaled[i].abs();
    let mut order: Vec<usize> = (0..best.scaled.len()).collect();
    order.sort_by(|&i, &j| size(i).total_cmp(&size(j)).then(i.cmp(&j)));
    order
}
