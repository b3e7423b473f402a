//! Functional analysis of variance (Gu, 2013, calls it smoothing-spline ANOVA): each function of a
//! varying-coefficient model is taken apart into a constant, functions of one input, and interactions of
//! several, and those that nothing is lost without are eliminated.
//!
//! What is left are functions of fewer inputs, which are fitted with fewer unknowns, and so far more exactly.

use super::products::{Data, Functions, Model, Monomial, ROUNDING};
use super::smooth::Smooth;

/// A monomial times a function of some inputs, a part of a model.
pub(super) struct Part {
    pub(super) monomial: Monomial,
    /// None for a constant.
    pub(super) inputs: Vec<u16>,
    pub(super) function: Vec<f64>,
    /// Mean square in units of the values' variance.
    pub(super) share: f64,
}

/// A model whose functions have been taken apart.
pub(super) struct Separated {
    pub(super) parts: Vec<Part>,
    pub(super) left: f64,
}

/// Highest degree, and by how much it is lowered where that is too high.
const HIGHEST: usize = 30;
const LOWER: usize = 4;

/// One in so many parts is dropped at a time.
const DROPPED: usize = 5;

/// Fewer parts may leave so many times as much, where little is left; where polynomials leave much, parts of
/// the function do not stand out.
const MORE: f64 = 4.0;
const MORE_OF_MUCH: f64 = 1.3;
const CLOSE: f64 = 1e-7;

/// Inputs of which interactions of all are too many unknowns.
const MANY: usize = 4;

/// A monomial, by its number, times an interaction of inputs.
#[derive(Clone, PartialEq)]
struct Block {
    monomial: usize,
    inputs: Vec<u16>,
}

/// What a choice of blocks comes to.
struct Fitted {
    blocks: Vec<Block>,
    degree: usize,
    values: Vec<Vec<f64>>,
    rises: Vec<f64>,
    left: f64,
}

/// The model with as few interactions, and with as few inputs in them, as explain as much. `None` if its
/// functions cannot be fitted anew.
pub(super) fn separated(data: &mut Data<'_>, model: &Model) -> Option<Separated> {
    let all =
        |monomial: usize| interactions(&model.inputs).map(move |inputs| Block { monomial, inputs });
    let blocks: Vec<Block> = (0..model.monomials.len()).flat_map(all).collect();
    // With too high a degree the polynomials are not told apart.
    let mut degrees = (1..=highest(data, &blocks)?).rev().step_by(LOWER);
    let mut path = vec![degrees.find_map(|degree| fitted(data, model, &blocks, degree))?];
    while let Some((last, fewer)) = path.last().and_then(|last| Some((last, fewer_blocks(last)?))) {
        // A higher degree than is needed makes for errors at the edge.
        let as_high = fitted(data, model, &fewer, last.degree);
        let is_enough = as_high.as_ref().is_some_and(|fitted| fitted.left <= ROUNDING);
        let higher = highest(data, &fewer).filter(|degree| !is_enough && *degree > last.degree);
        let higher = higher.and_then(|degree| fitted(data, model, &fewer, degree));
        let both = as_high.into_iter().chain(higher);
        match both.min_by(|a, b| a.left.total_cmp(&b.left)) {
            Some(next) => path.push(next),
            None => break,
        }
    }
    let least = path.iter().map(|fitted| fitted.left).fold(model.left, f64::min);
    let more = if least < CLOSE { MORE } else { MORE_OF_MUCH };
    let bound = more * least.max(ROUNDING);
    let kept = path.iter().rposition(|fitted| fitted.left <= bound)?;
    let kept = path.swap_remove(kept);
    Some(Separated { left: kept.left, parts: parts(model, &kept) })
}

/// All interactions, of many inputs but that of all.
fn interactions(inputs: &[u16]) -> impl Iterator<Item = Vec<u16>> {
    let most = if inputs.len() < MANY { inputs.len() } else { inputs.len() - 1 };
    subsets(inputs).filter(move |some| some.len() <= most)
}

/// All subsets, the empty one first.
fn subsets(inputs: &[u16]) -> impl Iterator<Item = Vec<u16>> {
    let inputs = inputs.to_vec();
    (0..1_u32 << inputs.len()).map(move |chosen| {
        let is_chosen = |(k, _): &(usize, &u16)| chosen >> k & 1 == 1;
        inputs.iter().enumerate().filter(is_chosen).map(|(_, input)| *input).collect()
    })
}

/// Without some of those interactions of no part in a larger one that the misfit rises least without.
fn fewer_blocks(fitted: &Fitted) -> Option<Vec<Block>> {
    let is_within = |some: &Block, all: &Block| {
        some != all
            && some.monomial == all.monomial
            && some.inputs.iter().all(|input| all.inputs.contains(input))
    };
    let is_largest = |block: &Block| !fitted.blocks.iter().any(|other| is_within(block, other));
    let mut droppable: Vec<usize> =
        (0..fitted.blocks.len()).filter(|&k| is_largest(&fitted.blocks[k])).collect();
    droppable.sort_by(|&a, &b| fitted.rises[a].total_cmp(&fitted.rises[b]).then(a.cmp(&b)));
    droppable.truncate(droppable.len().div_ceil(DROPPED));
    let kept = (0..fitted.blocks.len()).filter(|k| !droppable.contains(k));
    let kept: Vec<Block> = kept.map(|k| fitted.blocks[k].clone()).collect();
    (!kept.is_empty()).then_some(kept)
}

/// The highest degree that the points bear.
fn highest(data: &Data<'_>, blocks: &[Block]) -> Option<usize> {
    let count = |block: &Block, degree| Smooth::interactions_count(block.inputs.len(), degree);
    let unknowns = |degree: usize| blocks.iter().map(|block| count(block, degree)).sum::<usize>();
    (1..=HIGHEST).rev().find(|degree| unknowns(*degree) <= data.most())
}

/// Least squares with functions up to that degree.
fn fitted(data: &mut Data<'_>, model: &Model, blocks: &[Block], degree: usize) -> Option<Fitted> {
    let blocks: Vec<Block> =
        blocks.iter().filter(|block| block.inputs.len() <= degree).cloned().collect();
    let functions: Vec<Functions> =
        blocks.iter().map(|b| data.interactions(&b.inputs, degree)).collect();
    let products = blocks
        .iter()
        .zip(&functions)
        .map(|(block, function)| function.times(&model.monomials[block.monomial]));
    let design = products.reduce(|all, part| all.and(&part))?;
    let sizes: Vec<usize> = functions.iter().map(Functions::len).collect();
    let rows = data.rows(&design);
    let solved = data.solved(&rows, &sizes)?;
    let mut first = 0;
    let values = functions
        .iter()
        .map(|function| {
            first += function.len();
            function.values.values(&solved.fit.part(first - function.len(), function.len()))
        })
        .collect();
    Some(Fitted { blocks, degree, values, rises: solved.rises, left: solved.left })
}

/// Interactions that have inputs in common together, for each monomial, the constant with the first of them.
fn parts(model: &Model, fitted: &Fitted) -> Vec<Part> {
    let mut found: Vec<(usize, Part)> = vec![];
    // The largest first: no two of them are joined by a third that comes after them.
    let mut order: Vec<usize> = (0..fitted.blocks.len()).collect();
    order.sort_by_key(|&k| std::cmp::Reverse(fitted.blocks[k].inputs.len()));
    for k in order {
        let Block { monomial, inputs } = &fitted.blocks[k];
        let meets = |(of, part): &(usize, Part)| {
            let shared = inputs.iter().any(|input| part.inputs.contains(input));
            of == monomial && (shared || inputs.is_empty())
        };
        let (mut joined, others): (Vec<_>, Vec<_>) = found.into_iter().partition(meets);
        found = others;
        if inputs.is_empty() {
            found.extend(joined.drain(1.min(joined.len())..));
        }
        let own = Part {
            monomial: model.monomials[*monomial].clone(),
            inputs: inputs.clone(),
            function: fitted.values[k].clone(),
            share: 0.0,
        };
        let whole = joined.into_iter().map(|(_, part)| part).fold(own, Part::and);
        found.push((*monomial, whole));
    }
    let mut parts: Vec<Part> = found.into_iter().map(|(_, part)| part).collect();
    for part in &mut parts {
        let squares = part.monomial.values.iter().zip(&part.function).map(|(m, b)| (m * b).powi(2));
        part.share = squares.sum::<f64>() / part.function.len() as f64;
    }
    parts
}

impl Part {
    fn and(mut self, other: Self) -> Self {
        self.inputs.extend(other.inputs);
        self.inputs.sort_unstable();
        self.inputs.dedup();
        self.function.iter_mut().zip(&other.function).for_each(|(a, b)| *a += b);
        self
    }
}
