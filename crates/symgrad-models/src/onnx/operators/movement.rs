//! Operators that choose, order and join elements.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Array, Row, Value, Whole, count};
use crate::ModelError;
use crate::layout;
use crate::plan::{Arrange, Operation};

pub(super) fn transpose(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let rank = operand.rank();
    let order: Vec<usize> = match call.attributes.ints("perm")? {
        None => (0..rank).rev().collect(),
        Some(order) => {
            order.iter().map(|&axis| call.full_axis(axis, rank)).collect::<Result<_, _>>()?
        }
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted != (0..rank).collect::<Vec<_>>() {
        return Err(call.wrong(format!("{order:?} is no order of {rank} axes")));
    }
    let order: Vec<usize> = match (operand.lead, &order[..]) {
        (0, order) => order.to_vec(),
        (_, [0, rest @ ..]) => rest.iter().map(|axis| axis - 1).collect(),
        _ => return Err(call.mixes("moves the batch axis")),
    };
    Ok(vec![call.transposed(&operand, &order)?.value])
}

pub(super) fn slice(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let (starts, ends, axes, steps) = if call.opset < 10 {
        let attributes = &mut call.attributes;
        let mut listed = |name| Ok::<_, ModelError>(attributes.ints(name)?.map(<[i64]>::to_vec));
        (listed("starts")?, listed("ends")?, listed("axes")?, None)
    } else {
        (call.integers(1)?, call.integers(2)?, call.integers(3)?, call.integers(4)?)
    };
    let (starts, ends) = (starts.unwrap_or_default(), ends.unwrap_or_default());
    let axes = match axes {
        Some(axes) => axes,
        None => (0_i64..).take(starts.len()).collect(),
    };
    let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return Err(call.wrong("starts, ends, axes and steps are not equally many"));
    }
    let mut sizes = operand.shape.clone();
    let mut strides: Vec<isize> =
        layout::strides(&sizes).into_iter().map(usize::cast_signed).collect();
    let mut offset = 0;
    let mut seen = Vec::new();
    for (((start, end), axis), step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
        let axis = call.full_axis(*axis, operand.rank())?;
        // All points, as PyTorch writes x[:, i].
        if axis < operand.lead && *start == 0 && *end >= i64::from(i32::MAX) && *step == 1 {
            continue;
        }
        let Some(axis) = axis.checked_sub(operand.lead) else {
            return Err(call.mixes("cuts the batch axis"));
        };
        if seen.contains(&axis) || *step == 0 {
            return Err(call.wrong(format!("axis {axis} cut twice, or in steps of 0")));
        }
        seen.push(axis);
        let (first, size) = range(*start, *end, *step, operand.shape[axis]);
        sizes[axis] = size;
        offset += first * strides[axis].unsigned_abs();
        // With one element at most the step does not matter, and may be too large to count with.
        let step = if size > 1 { isize::try_from(*step).unwrap_or(0) } else { 1 };
        strides[axis] = strides[axis].saturating_mul(step);
    }
    call.room(&sizes)?;
    let from = layout::walk(&sizes, &strides, offset);
    Ok(vec![call.moved(&operand.value, sizes, &from)?])
}

/// The first index and the count of those from `start` to before `end`, as Python counts them.
fn range(start: i64, end: i64, step: i64, size: usize) -> (usize, usize) {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let count = |place: i64| if place < 0 { place.saturating_add(size) } else { place };
    let (low, high) = if step > 0 { (0, size) } else { (-1, size - 1) };
    let (start, end) = (count(start).clamp(low, high), count(end).clamp(low, high));
    let span = if step > 0 { end - start } else { start - end };
    if span <= 0 {
        return (0, 0);
    }
    let count = (span - 1) / step.saturating_abs() + 1;
    (usize::try_from(start).unwrap_or(0), usize::try_from(count).unwrap_or(0))
}

pub(super) fn split(call: &mut Call<'_>) -> Outputs {
    let axis = call.attributes.int("axis", 0)?;
    let operand = call.operand(0)?;
    let axis = call.axis(axis, &operand)?;
    let size = operand.shape[axis];
    let parts = if call.opset >= 18 {
        usize::try_from(call.attributes.int("num_outputs", 0)?).unwrap_or(0)
    } else {
        0
    };
    let parts = if parts == 0 { call.outputs } else { parts };
    let sizes: Vec<usize> = match call.listed("split", 1, 13)? {
        Some(sizes) => sizes.iter().map(|&size| usize::try_from(size).unwrap_or(0)).collect(),
        None if parts == 0 || parts > size => Vec::new(),
        // The last part may be smaller.
        None => {
            let each = size.div_ceil(parts);
            (0..parts).map(|part| each.min(size.saturating_sub(part * each))).collect()
        }
    };
    let total = sizes.iter().try_fold(0_usize, |sum, &size| sum.checked_add(size));
    if total != Some(size) || sizes.len() != call.outputs {
        return Err(call.wrong(format!("{size} elements do not split into {sizes:?}")));
    }
    let mut start = 0;
    let mut outputs = Vec::new();
    for part in sizes {
        let mut shape = operand.shape.clone();
        shape[axis] = part;
        call.room(&shape)?;
        let indices: Vec<usize> = (start..start + part).collect();
        let from = layout::pick(&operand.shape, axis, &indices);
        outputs.push(call.moved(&operand.value, shape, &from)?);
        start += part;
    }
    Ok(outputs)
}

pub(super) fn expand(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let target = call.wholes(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    let target = &target.data[..];
    // Sizes of 1 change nothing; a tensor without points stays as it is.
    if operand.lead == 1
        && target.iter().all(|&size| size == Whole::Known(1))
        && target.len() <= operand.rank()
    {
        return Ok(vec![operand.value]);
    }
    // One row for each point, made from a constant.
    let (target, per_point) = match target {
        [Whole::Points, rest @ ..] if operand.lead == 0 => (rest, true),
        [Whole::Points | Whole::Known(1), rest @ ..]
            if operand.lead == 1 && target.len() == operand.rank() =>
        {
            (rest, false)
        }
        _ if operand.lead == 1 && target.len() >= operand.rank() => {
            return Err(call.mixes("repeats the batch axis"));
        }
        target => (target, false),
    };
    let sizes: Result<Vec<usize>, ModelError> = target
        .iter()
        .map(|&whole| {
            let size = call.known(whole)?;
            usize::try_from(size).map_err(|_| call.wrong(format!("size {size}")))
        })
        .collect();
    let sizes = sizes?;
    let own = match &operand.shape[..] {
        [1, rest @ ..] if per_point && rest.len() == sizes.len() => rest,
        own => own,
    };
    let fits = || call.wrong(format!("shape {:?} does not expand to {sizes:?}", operand.shape));
    let shape = layout::common(own, &sizes).ok_or_else(fits)?;
    call.room(&shape)?;
    let from = layout::broadcast(own, &shape);
    let moved = call.moved(&operand.value, shape.clone(), &from)?;
    match moved {
        Value::Numbers(array) if per_point => Ok(vec![Value::Row(constant(call, &array)?)]),
        Value::Integers(array) if per_point => {
            let array = call.numbers(&array)?;
            Ok(vec![Value::Row(Row { whole: true, ..constant(call, &array)? })])
        }
        moved => Ok(vec![moved]),
    }
}

/// A row of constants for each point.
pub(crate) fn constant(call: &mut Call<'_>, array: &Array<f64>) -> Result<Row, ModelError> {
    call.room(&array.shape)?;
    let arrange = Arrange { background: array.data.to_vec().into(), parts: Vec::new() };
    call.step(Operation::Arrange(arrange), &[], array.shape.clone())
}

pub(super) fn concat(call: &mut Call<'_>) -> Outputs {
    let axis = call.attributes.int("axis", 0)?;
    let operands: Vec<Operand> =
        (0..call.inputs.len()).map(|index| call.operand(index)).collect::<Result<_, _>>()?;
    let Some(first) = operands.iter().find(|o| o.lead == 1).or(operands.first()) else {
        return Err(call.wrong("it has no inputs"));
    };
    let axis = call.axis(axis, first)?;
    let mut shape = first.shape.clone();
    shape[axis] = 0;
    for operand in &operands {
        let fits = operand.shape.len() == shape.len()
            && operand.lead == first.lead
            && (0..shape.len()).all(|other| other == axis || shape[other] == operand.shape[other]);
        let size = fits.then(|| shape[axis].checked_add(operand.shape[axis])).flatten();
        shape[axis] = size.ok_or_else(|| {
            call.wrong(format!("shapes {:?} and {:?} do not join", first.shape, operand.shape))
        })?;
    }
    let length = call.room(&shape)?;
    let rank = shape.len();
    if operands.iter().any(|operand| operand.shape.len() != rank) {
        return Err(call.wrong("its inputs have different numbers of axes"));
    }
    if let Some(wholes) = all_wholes(&operands) {
        let data = join(&operands, &shape, axis, &wholes, Whole::Known(0));
        return Ok(vec![Value::Integers(Array::new(shape, data))]);
    }
    call.plan.reserve(length)?;
    let mut background = vec![0.0; length];
    let (mut parts, mut rows) = (Vec::new(), Vec::new());
    let mut start = 0;
    for operand in &operands {
        let to = places(&shape, axis, start..start + operand.shape[axis]);
        start += operand.shape[axis];
        match &operand.value {
            Value::Numbers(array) => {
                to.iter().zip(array.data.iter()).for_each(|(&to, x)| background[to as usize] = *x);
            }
            Value::Integers(array) => {
                let array = call.numbers(array)?;
                to.iter().zip(array.data.iter()).for_each(|(&to, x)| background[to as usize] = *x);
            }
            Value::Row(row) => {
                parts.push(to.into_iter().zip(0..).collect());
                rows.push(row);
            }
            Value::Unread(_) => return Err(call.unsupported("an input that is not read")),
        }
    }
    if rows.is_empty() {
        return Ok(vec![Value::Numbers(Array::new(shape, background))]);
    }
    let arrange = Arrange { background: background.into(), parts };
    let row = call.step(Operation::Arrange(arrange), &rows, shape)?;
    Ok(vec![Value::Row(Row { whole: operands.iter().all(Operand::is_whole), ..row })])
}

fn all_wholes(operands: &[Operand]) -> Option<Vec<&[Whole]>> {
    let wholes = operands.iter().map(|operand| match &operand.value {
        Value::Integers(array) => Some(&array.data[..]),
        _ => None,
    });
    wholes.collect()
}

fn join<T: Copy>(
    operands: &[Operand],
    shape: &[usize],
    axis: usize,
    data: &[&[T]],
    blank: T,
) -> Vec<T> {
    let mut joined = vec![blank; count(shape).unwrap_or(0)];
    let mut start = 0;
    for (operand, data) in operands.iter().zip(data) {
        let to = places(shape, axis, start..start + operand.shape[axis]);
        start += operand.shape[axis];
        to.iter().zip(data.iter()).for_each(|(&to, &value)| joined[to as usize] = value);
    }
    joined
}

/// The elements of a tensor within a range along an axis.
fn places(shape: &[usize], axis: usize, range: std::ops::Range<usize>) -> Vec<u32> {
    layout::pick(shape, axis, &range.collect::<Vec<_>>())
}
