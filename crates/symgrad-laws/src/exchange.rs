//! Stand-ins for a law: what depends on one input, by itself or as a factor, is exchanged for other functions of
//! that input.
//!
//! Elimination keeps one of many functions that are alike within noise, and which one is chance; so that the
//! others have to be looked for.

use symgrad_expr::{Expr, Node, Op, OpSet, Workspace};
use symgrad_search::monomials;

use crate::elimination::Fitted;
use crate::known::Known;
use crate::sample::Sample;

/// Most functions of an input that are tried: the work grows with their square. Of those that are factors,
/// which there may be for several others, fewer.
const MOST: usize = 60;
const MOST_FACTORS: usize = 20;

/// Terms of the longest law that is looked at.
const LONGEST: usize = 8;

/// Sums that are kept for each input, of those with one function of it and of those with two: so many that change
/// least, and so many of the shortest that change as little. Of many that are alike within noise, chance
/// decides which changes least.
const KEPT: usize = 8;
const AS_LITTLE: f64 = 1.2;

/// The largest of the powers that stand for other functions, and how many more terms a sum of them may have.
const DEGREE: u32 = 4;
const MORE: usize = 2;

/// How many times more a sum may change than the law: what changes twice as much is no stand-in.
const WORSE: f64 = 2.0;

/// The terms of sums in which all that depends on one input alone, or is such a function times one and the same
/// other factor, is exchanged for one or two other functions of that input, of those given, and which change
/// about as little.
pub(crate) fn exchanged(
    law: &[Expr],
    functions: &[Expr],
    ops: &OpSet,
    known: &Known,
    sample: &Sample,
    workspace: &mut Workspace,
) -> Vec<Vec<Expr>> {
    let mut found = vec![];
    for Part { input, factors, own, others } in parts(law) {
        let most = if factors.is_empty() { MOST } else { MOST_FACTORS };
        let mut menu = own;
        // Of some functions all that counts may be a constant and another one.
        menu.extend(product(&factors).filter(|factor| !others.contains(factor)));
        let is_its = |function: &&Expr| function.inputs().as_slice() == [input];
        for function in functions.iter().filter(is_its) {
            let term = times(&factors, function.clone());
            if menu.len() < most && !menu.contains(&term) {
                menu.push(term);
            }
        }
        let mut all = others;
        let kept = all.len();
        all.extend(menu);
        let fitted = Fitted::of(&all, sample, workspace);
        found.extend(fitted.with_one_or_two(&all[..kept], ops, known, sample, workspace));
    }
    found
}

/// The terms of sums in which the same is exchanged for a function with a constant inside, of those that
/// `functions` has for the input.
pub(crate) fn exchanged_for(law: &[Expr], functions: impl Fn(u16) -> Vec<Expr>) -> Vec<Vec<Expr>> {
    let exchanged = |Part { input, factors, others, .. }: Part| {
        let with = move |function: Expr| [others.as_slice(), &[times(&factors, function)]].concat();
        functions(input).into_iter().map(with).collect::<Vec<_>>()
    };
    parts(law).into_iter().flat_map(exchanged).collect()
}

/// The terms of sums in which powers of the inputs stand for all other functions of single inputs at once: where two of
/// them are alike to such powers together, neither is by itself.
pub(crate) fn in_powers(
    law: &[Expr],
    ops: &OpSet,
    known: &Known,
    sample: &Sample,
    workspace: &mut Workspace,
) -> Vec<Vec<Expr>> {
    let is_power = |expr: &Expr| {
        let mut nodes = expr.nodes().iter();
        nodes.all(|node| matches!(node, Node::Var(_) | Node::Op(Op::Mul | Op::Square)))
    };
    if law.len() > LONGEST || law.iter().all(is_power) {
        return vec![];
    }
    let mut found: Vec<Expr> = vec![];
    for term in law {
        let mut factors = vec![];
        add_factors(term, &mut factors);
        let mut products: Vec<Option<Expr>> = vec![None];
        for factor in factors {
            let instead = match factor.inputs().as_slice() {
                &[input] if !is_power(&factor) => monomials(&[input], DEGREE, ops),
                _ => vec![],
            };
            let one = || if instead.is_empty() { Some(factor.clone()) } else { None };
            let choices: Vec<Option<Expr>> =
                std::iter::once(one()).chain(instead.iter().cloned().map(Some)).collect();
            let with = |product: &Option<Expr>, choice: &Option<Expr>| match (product, choice) {
                (Some(product), Some(choice)) => Some(product.clone() * choice.clone()),
                (one, other) => one.clone().or_else(|| other.clone()),
            };
            let all = products.iter().flat_map(|p| choices.iter().map(move |c| with(p, c)));
            products = all.collect();
        }
        for product in products.into_iter().flatten() {
            if !found.contains(&product) {
                found.push(product);
            }
        }
    }
    let mut sums = Fitted::of(&found, sample, workspace).sums(known, sample, workspace);
    sums.retain(|sum| sum.len() <= law.len() + MORE);
    sums
}

/// Of a sum the terms that are functions of one input, times factors in which it is not, and all others.
struct Part {
    input: u16,
    factors: Vec<Expr>,
    own: Vec<Expr>,
    others: Vec<Expr>,
}

/// All such parts of a sum; none of one that is too long.
fn parts(law: &[Expr]) -> Vec<Part> {
    if law.len() > LONGEST {
        return vec![];
    }
    let mut inputs: Vec<u16> = law.iter().flat_map(Expr::inputs).collect();
    inputs.sort_unstable();
    inputs.dedup();
    let mut found: Vec<Part> = vec![];
    for input in inputs {
        let all: Vec<Option<Vec<Expr>>> =
            law.iter().map(|term| factors_beside(input, term)).collect();
        for (index, factors) in all.iter().enumerate() {
            let Some(factors) = factors else { continue };
            let is_same = |other: &Option<Vec<Expr>>| other.as_ref() == Some(factors);
            if all[..index].iter().any(is_same) {
                continue;
            }
            let of = |same: bool| {
                let pairs = law.iter().zip(&all).filter(|(_, other)| is_same(other) == same);
                pairs.map(|(term, _)| term.clone()).collect()
            };
            let factors = factors.clone();
            found.push(Part { input, factors, own: of(true), others: of(false) });
        }
    }
    found
}

/// What a function of this input is multiplied by in a term; `None` where the term is no such product.
fn factors_beside(input: u16, term: &Expr) -> Option<Vec<Expr>> {
    let mut factors = vec![];
    add_factors(term, &mut factors);
    let (own, others): (Vec<Expr>, Vec<Expr>) =
        factors.into_iter().partition(|factor| factor.inputs().contains(&input));
    let alone = !own.is_empty() && own.iter().all(|factor| factor.inputs().len() == 1);
    alone.then_some(others)
}

fn add_factors(term: &Expr, factors: &mut Vec<Expr>) {
    match (term.root(), term.arguments().as_slice()) {
        (Node::Op(Op::Mul), [left, right]) => {
            add_factors(left, factors);
            add_factors(right, factors);
        }
        _ => factors.push(term.clone()),
    }
}

fn product(factors: &[Expr]) -> Option<Expr> {
    factors.iter().cloned().reduce(|product, factor| product * factor)
}

fn times(factors: &[Expr], function: Expr) -> Expr {
    match product(factors) {
        Some(factor) => factor * function,
        None => function,
    }
}

impl Fitted {
    /// Of the sums of these terms and one or two others those that change least, up to so many times the least, and
    /// the shortest that change as little.
    fn with_one_or_two(
        &self,
        terms: &[Expr],
        ops: &OpSet,
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
        let lengths: Vec<u32> = self.features.iter().map(|term| ops.complexity(term)).collect();
        let length = |sum: &[usize]| sum.iter().map(|&j| lengths[j]).sum::<u32>();
        let best = |mut sums: Vec<(f64, Vec<usize>)>| {
            sums.retain(|(ratio, _)| *ratio <= WORSE * least);
            sums.sort_by(|a, b| a.0.total_cmp(&b.0));
            let others = sums.split_off(sums.len().min(KEPT));
            let mut shortest: Vec<(f64, Vec<usize>)> =
                others.into_iter().filter(|(ratio, _)| *ratio <= AS_LITTLE * least).collect();
            shortest.sort_by_key(|(_, sum)| length(sum));
            shortest.truncate(KEPT);
            sums.extend(shortest);
            sums
        };
        let terms = |all: Vec<usize>| all.into_iter().map(|j| self.features[j].clone()).collect();
        best(ones).into_iter().chain(best(twos)).map(|(_, all)| terms(all)).collect()
    }
}
