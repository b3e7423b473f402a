//! `Einsum`: sums of products, each over letters that axes share.

use std::collections::BTreeSet;

use super::super::call::{Call, Operand, Outputs};
use super::super::value::count;
use crate::ModelError;
use crate::layout;

/// A tensor whose axes have letters; those that an ellipsis stands for have numbers.
struct Lettered {
    operand: Operand,
    letters: Vec<Letter>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Letter {
    /// An axis of the ellipsis, counted from its last one.
    Rest(usize),
    Named(char),
}

pub(super) fn einsum(call: &mut Call<'_>) -> Outputs {
    let equation = call.attributes.text("equation", "")?;
    let equation: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match equation.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (&equation[..], None),
    };
    let terms: Vec<&str> = left.split(',').collect();
    if terms.len() != call.inputs.len() {
        return Err(call.wrong(format!("`{equation}` for {} inputs", call.inputs.len())));
    }
    let mut tensors = Vec::new();
    for (index, term) in terms.iter().enumerate() {
        let operand = call.operand(index)?;
        let letters = letters(call, term, operand.rank())?;
        tensors.push(Lettered { operand, letters });
    }
    let result = match right {
        Some(right) => {
            let rest = tensors.iter().flat_map(|t| &t.letters);
            let rest = rest.filter(|letter| matches!(letter, Letter::Rest(_)));
            let axes = rest.collect::<BTreeSet<_>>().len();
            letters_of(call, right, axes)?
        }
        None => implied(&tensors),
    };
    let result = without_points(call, &mut tensors, result)?;
    let mut made: Option<Lettered> = None;
    let mut later: Vec<Lettered> = tensors.into_iter().rev().collect();
    while let Some(next) = later.pop() {
        let next = diagonal(call, next)?;
        let needed: BTreeSet<Letter> =
            later.iter().flat_map(|tensor| tensor.letters.clone()).chain(result.clone()).collect();
        made = Some(match made {
            None => next,
            Some(so_far) => contracted(call, so_far, next, &needed)?,
        });
    }
    let made = made.ok_or_else(|| call.wrong("it has no inputs"))?;
    let wanted: BTreeSet<Letter> = result.iter().copied().collect();
    let made = summed(call, made, &wanted)?;
    let order: Option<Vec<usize>> =
        result.iter().map(|letter| made.letters.iter().position(|own| own == letter)).collect();
    let order =
        order.filter(|order| order.len() == made.letters.len() && wanted.len() == result.len());
    let order =
        order.ok_or_else(|| call.wrong(format!("`{equation}` asks for a letter it lacks")))?;
    let row = call.as_row(&made.operand)?;
    let operand = call.of(row);
    Ok(vec![call.transposed(&operand, &order)?.value])
}

/// The letters of a tensor of that rank.
fn letters(call: &Call<'_>, term: &str, rank: usize) -> Result<Vec<Letter>, ModelError> {
    let named = term.chars().filter(char::is_ascii_alphabetic).count();
    let rest = rank.checked_sub(named);
    let rest = rest.filter(|&rest| rest == 0 || term.contains("..."));
    let rest = rest.ok_or_else(|| call.wrong(format!("`{term}` for {rank} axes")))?;
    letters_of(call, term, rest)
}

fn letters_of(call: &Call<'_>, term: &str, rest: usize) -> Result<Vec<Letter>, ModelError> {
    let mut letters = Vec::new();
    let mut parts = term.split("...");
    let before = parts.next().unwrap_or_default();
    letters.extend(before.chars().map(Letter::Named));
    if let Some(after) = parts.next() {
        letters.extend((0..rest).rev().map(Letter::Rest));
        letters.extend(after.chars().map(Letter::Named));
    }
    let proper = |letter: &Letter| match letter {
        Letter::Named(name) => name.is_ascii_alphabetic(),
        Letter::Rest(_) => true,
    };
    if parts.next().is_some() || !letters.iter().all(proper) {
        return Err(call.wrong(format!("`{term}` is no list of letters")));
    }
    Ok(letters)
}

/// What an equation without an arrow asks for: the ellipsis, and letters that occur once, sorted.
fn implied(tensors: &[Lettered]) -> Vec<Letter> {
    let all: Vec<Letter> = tensors.iter().flat_map(|tensor| tensor.letters.clone()).collect();
    let mut once: Vec<Letter> = all
        .iter()
        .copied()
        .filter(|letter| match letter {
            Letter::Rest(_) => true,
            Letter::Named(_) => all.iter().filter(|other| *other == letter).count() == 1,
        })
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let rest = once.iter().filter(|letter| matches!(letter, Letter::Rest(_))).count();
    once[..rest].reverse();
    once
}

/// Takes the axis of the points out, which has to be the first one everywhere.
fn without_points(
    call: &Call<'_>,
    tensors: &mut [Lettered],
    mut result: Vec<Letter>,
) -> Result<Vec<Letter>, ModelError> {
    if call.lead == 0 {
        return Ok(result);
    }
    let mut points = None;
    for tensor in tensors.iter_mut().filter(|tensor| tensor.operand.lead == 1) {
        let first = (!tensor.letters.is_empty()).then(|| tensor.letters.remove(0));
        if first.is_none() || points.is_some() && points != first {
            return Err(call.mixes("sums over or multiplies along the batch axis"));
        }
        points = first;
    }
    let Some(points) = points else { return Ok(result) };
    let first = (!result.is_empty()).then(|| result.remove(0));
    let elsewhere = tensors.iter().any(|tensor| tensor.letters.contains(&points));
    if first != Some(points) || result.contains(&points) || elsewhere {
        return Err(call.mixes("sums over or multiplies along the batch axis"));
    }
    Ok(result)
}

/// Where a letter stands twice, the elements on the diagonal.
fn diagonal(call: &mut Call<'_>, tensor: Lettered) -> Result<Lettered, ModelError> {
    let mut letters: Vec<Letter> = Vec::new();
    let (mut shape, mut steps) = (Vec::new(), Vec::<isize>::new());
    let strides = layout::strides(&tensor.operand.shape);
    for (axis, letter) in tensor.letters.iter().enumerate() {
        let (size, stride) = (tensor.operand.shape[axis], strides[axis].cast_signed());
        match letters.iter().position(|other| other == letter) {
            Some(place) if shape[place] == size => steps[place] += stride,
            Some(_) => return Err(call.wrong("a letter stands for axes of different sizes")),
            None => {
                letters.push(*letter);
                shape.push(size);
                steps.push(stride);
            }
        }
    }
    if letters.len() == tensor.letters.len() {
        return Ok(tensor);
    }
    call.room(&shape)?;
    let from = layout::walk(&shape, &steps, 0);
    Ok(Lettered { operand: call.picked(&tensor.operand, shape, &from)?, letters })
}

/// Summed over the letters that nobody needs.
fn summed(
    call: &mut Call<'_>,
    tensor: Lettered,
    needed: &BTreeSet<Letter>,
) -> Result<Lettered, ModelError> {
    let axes: Vec<usize> =
        (0..tensor.letters.len()).filter(|&axis| !needed.contains(&tensor.letters[axis])).collect();
    if axes.is_empty() {
        return Ok(tensor);
    }
    let sum = call.sum(&tensor.operand, &axes)?;
    let kept = |axis: &usize| !axes.contains(axis);
    let shape = (0..sum.shape.len()).filter(kept).map(|axis| sum.shape[axis]).collect();
    let letters = (0..sum.shape.len()).filter(kept).map(|axis| tensor.letters[axis]).collect();
    Ok(Lettered { operand: call.shaped(&sum, shape)?, letters })
}

/// The product of two tensors, summed over the letters that nobody needs any more.
fn contracted(
    call: &mut Call<'_>,
    left: Lettered,
    right: Lettered,
    needed: &BTreeSet<Letter>,
) -> Result<Lettered, ModelError> {
    let own: [BTreeSet<Letter>; 2] =
        [&left, &right].map(|tensor| tensor.letters.iter().copied().collect());
    let left = summed(call, left, &needed.union(&own[1]).copied().collect())?;
    let right = summed(call, right, &needed.union(&own[0]).copied().collect())?;
    let shared = |letter: &Letter| left.letters.contains(letter) && right.letters.contains(letter);
    let pick = |letters: &[Letter], wanted: &dyn Fn(&Letter) -> bool| -> Vec<Letter> {
        letters.iter().copied().filter(|letter| wanted(letter)).collect()
    };
    let batch = pick(&left.letters, &|letter| shared(letter) && needed.contains(letter));
    let inner = pick(&left.letters, &|letter| shared(letter) && !needed.contains(letter));
    let rows = pick(&left.letters, &|letter| !shared(letter));
    let columns = pick(&right.letters, &|letter| !shared(letter));
    let mut sizes = Vec::new();
    for letter in batch.iter().chain(&inner) {
        let [a, b] = [size(&left, *letter), size(&right, *letter)];
        if a != b && a != 1 && b != 1 {
            return Err(call.wrong("a letter stands for axes of different sizes"));
        }
        sizes.push((*letter, a.max(b)));
    }
    // Axes of size 1 of an ellipsis are repeated.
    let [left, right] = [left, right].map(|tensor| {
        let wanted = |(axis, letter): (usize, &Letter)| {
            let found = sizes.iter().find(|(other, _)| other == letter);
            found.map_or(tensor.operand.shape[axis], |(_, size)| *size)
        };
        let shape: Vec<usize> = tensor.letters.iter().enumerate().map(wanted).collect();
        (tensor, shape)
    });
    let left = Lettered { operand: call.spread(&left.0.operand, &left.1)?, ..left.0 };
    let right = Lettered { operand: call.spread(&right.0.operand, &right.1)?, ..right.0 };
    let total = |tensor: &Lettered, letters: &[Letter]| {
        count(&letters.iter().map(|letter| size(tensor, *letter)).collect::<Vec<_>>()).unwrap_or(0)
    };
    let (b, m, k, n) =
        (total(&left, &batch), total(&left, &rows), total(&left, &inner), total(&right, &columns));
    let a = ordered(call, &left, &[&batch, &rows, &inner], vec![b, m, k])?;
    let c = ordered(call, &right, &[&batch, &inner, &columns], vec![b, k, n])?;
    // A constant without batches is the matrix of a layer.
    let c = if b == 1 { call.shaped(&c, vec![k, n])? } else { c };
    let a = if b == 1 { call.shaped(&a, vec![m, k])? } else { a };
    let product = call.product(&a, &c)?;
    let letters = [batch.clone(), rows.clone(), columns.clone()].concat();
    let shape = batch
        .iter()
        .chain(&rows)
        .map(|letter| size(&left, *letter))
        .chain(columns.iter().map(|letter| size(&right, *letter)))
        .collect();
    Ok(Lettered { operand: call.shaped(&product, shape)?, letters })
}

fn size(tensor: &Lettered, letter: Letter) -> usize {
    let axis = tensor.letters.iter().position(|own| *own == letter);
    axis.map_or(1, |axis| tensor.operand.shape[axis])
}

/// A tensor with its letters in order, and grouped.
fn ordered(
    call: &mut Call<'_>,
    tensor: &Lettered,
    groups: &[&[Letter]; 3],
    shape: Vec<usize>,
) -> Result<Operand, ModelError> {
    let order: Vec<usize> = groups
        .concat()
        .iter()
        .filter_map(|letter| tensor.letters.iter().position(|own| own == letter))
        .collect();
    let turned = call.transposed(&tensor.operand, &order)?;
    call.shaped(&turned, shape)
}
