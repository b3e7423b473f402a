//! Terms that many sums have in common, computed once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;
use symgrad_expr::{Expr, Node, Workspace};

use crate::proposals::Terms;
use crate::sample::{Feature, Sample};

/// Numbers that are kept at most: a quarter of a gigabyte.
const MOST: usize = 1 << 25;

/// Terms of sums at the points of a sample, those that several sums have in common computed once.
pub(crate) struct Features<'a> {
    sample: &'a Sample,
    common: BTreeMap<Key, Option<Feature>>,
}

/// What tells terms apart.
type Key = (Vec<Node>, Vec<u64>);

fn key(term: &Expr) -> Key {
    (term.nodes().to_vec(), term.constants().iter().map(|c| c.to_bits()).collect())
}

impl<'a> Features<'a> {
    pub(crate) fn of(sums: &[Terms], sample: &'a Sample) -> Self {
        let mut counts: BTreeMap<Key, (usize, &Expr)> = BTreeMap::new();
        for term in sums.iter().flat_map(|sum| &sum.terms) {
            counts.entry(key(term)).or_insert((0, term)).0 += 1;
        }
        let mut common: Vec<(Key, &Expr)> = counts
            .into_iter()
            .filter_map(|(key, (count, term))| (count > 1).then_some((key, term)))
            .collect();
        let room = MOST / sample.rows().max(1) / (2 + sample.dim());
        common.truncate(room);
        let computed =
            |(key, term): (Key, &Expr)| (key, sample.feature(term, &mut Workspace::default()));
        let common: Vec<(Key, Option<Feature>)> = common.into_par_iter().map(computed).collect();
        Self { sample, common: common.into_iter().collect() }
    }

    /// The term; `None` where it or its gradient is not finite at one of the points.
    pub(crate) fn at(&self, term: &Expr, workspace: &mut Workspace) -> Option<Cow<'_, Feature>> {
        match self.common.get(&key(term)) {
            Some(feature) => feature.as_ref().map(Cow::Borrowed),
            None => self.sample.feature(term, workspace).map(Cow::Owned),
        }
    }
}
