//! Short products of inputs, by their dimension.

use std::collections::BTreeMap;

use symgrad_expr::{Expr, Op, OpSet};

use super::Dimension;

/// Factors by which a part of an expression gets another dimension.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks(BTreeMap<Dimension, Vec<Expr>>);

/// Products of one dimension that are kept, the simplest.
const ALTERNATIVES: usize = 3;
/// Products that are extended; with many inputs there are too many to have them all.
const EXTENDED: usize = 400;

impl Blocks {
    /// Products and quotients of up to three of the inputs, and square roots of those.
    pub(super) fn new(inputs: &[Dimension], usable: &[u16], ops: &OpSet) -> Self {
        let dimension = |input: u16| inputs.get(usize::from(input)).copied();
        let single = |&input: &u16| Some((Expr::var(input), dimension(input)?));
        let singles: Vec<(Expr, Dimension)> = usable.iter().filter_map(single).collect();
        let mut all = singles.clone();
        if ops.contains(Op::Inv) {
            let inverse = |(expr, own): &(Expr, Dimension)| {
                Some((Expr::unary(Op::Inv, expr.clone()), Dimension::NONE.minus(*own)?))
            };
            all.extend(singles.iter().filter_map(inverse));
        }
        let mut last = all.clone();
        for _ in 0..2 {
            last = last.iter().take(EXTENDED).flat_map(|b| extended(b, &singles, ops)).collect();
            all.extend(last.iter().cloned());
        }
        if ops.contains(Op::Sqrt) {
            let root = |(expr, own): &(Expr, Dimension)| {
                Some((Expr::unary(Op::Sqrt, expr.clone()), own.times(1, 2)?))
            };
            let roots: Vec<_> = all.iter().filter_map(root).collect();
            all.extend(roots);
        }
        // A stable sort: of equal complexity, what was made first.
        all.sort_by_key(|(expr, _)| ops.complexity(expr));
        let mut kept: BTreeMap<Dimension, Vec<Expr>> = BTreeMap::new();
        for (expr, own) in all {
            let alike = kept.entry(own).or_default();
            if alike.len() < ALTERNATIVES && own != Dimension::NONE {
                alike.push(expr);
            }
        }
        Self(kept)
    }

    /// One of the products of that dimension, another for another number.
    pub(super) fn of(&self, dimension: Dimension, number: usize) -> Option<&Expr> {
        let alike = self.0.get(&dimension)?;
        alike.get(number.checked_rem(alike.len())?)
    }
}

/// The block times and over each of the inputs.
fn extended(
    (block, own): &(Expr, Dimension),
    singles: &[(Expr, Dimension)],
    ops: &OpSet,
) -> Vec<(Expr, Dimension)> {
    let mut found = Vec::new();
    for (single, other) in singles {
        if ops.contains(Op::Mul)
            && let Some(dimension) = own.plus(*other)
        {
            found.push((block.clone() * single.clone(), dimension));
        }
        if ops.contains(Op::Div)
            && let Some(dimension) = own.minus(*other)
        {
            found.push((block.clone() / single.clone(), dimension));
        }
    }
    found
}
