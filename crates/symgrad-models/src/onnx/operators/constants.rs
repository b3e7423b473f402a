//! Constants, and arithmetic of integers while the model is read: sizes and indices.

use super::super::call::{Call, Outputs};
use super::super::stored::stored;
use super::super::value::{Array, Value, Whole};
use crate::ModelError;
use crate::layout;

pub(super) fn constant(call: &mut Call<'_>) -> Outputs {
    let known = |ints: Vec<i64>| ints.into_iter().map(Whole::Known).collect::<Vec<_>>();
    let node = call.node.clone();
    let attributes = &mut call.attributes;
    if let Some(tensor) = attributes.tensor("value")? {
        return Ok(vec![stored(&tensor, &node)?]);
    }
    if let Some(ints) = attributes.ints("value_ints")? {
        return Ok(vec![Value::Integers(Array::new(vec![ints.len()], known(ints)))]);
    }
    if let Some(floats) = attributes.floats("value_floats")? {
        if floats.iter().any(|x| x.is_nan()) {
            return Err(call.unsupported("NaN"));
        }
        return Ok(vec![Value::Numbers(Array::new(vec![floats.len()], floats))]);
    }
    if attributes.has("value_float") {
        let float = attributes.float("value_float", 0.0)?;
        return Ok(vec![Value::Numbers(Array::new(vec![], vec![float]))]);
    }
    if attributes.has("value_int") {
        let int = attributes.int("value_int", 0)?;
        return Ok(vec![Value::Integers(Array::new(vec![], known(vec![int])))]);
    }
    attributes.finish()?;
    Err(call.wrong("it has no value"))
}

/// `Range` of integers.
pub(super) fn range(call: &mut Call<'_>) -> Outputs {
    let mut bounds = Vec::new();
    for index in 0..3 {
        match call.integers(index)?.as_deref() {
            Some([bound]) => bounds.push(*bound),
            _ => return Err(call.wrong(format!("input {index} is not a single integer"))),
        }
    }
    let (start, limit, step) = (bounds[0], bounds[1], bounds[2]);
    let span = if step > 0 { limit.checked_sub(start) } else { start.checked_sub(limit) };
    let (Some(span), true) = (span, step != 0) else {
        return Err(call.wrong(format!("no range from {start} to {limit} in steps of {step}")));
    };
    let size = if span <= 0 { 0 } else { (span - 1) / step.saturating_abs() + 1 };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    call.room(&[size])?;
    let data: Vec<Whole> = (0_i64..)
        .take(size)
        .map(|index| Whole::Known(start.saturating_add(step.saturating_mul(index))))
        .collect();
    Ok(vec![Value::Integers(Array::new(vec![size], data))])
}

/// Arithmetic of two tensors of integers.
pub(super) fn arithmetic(call: &mut Call<'_>) -> Outputs {
    let [a, b] = [call.wholes(0)?, call.wholes(1)?];
    let (Some(a), Some(b)) = (a, b) else {
        return Err(call.wrong("two inputs are needed"));
    };
    let shape = layout::common(&a.shape, &b.shape);
    let fits = || call.wrong(format!("shapes {:?} and {:?} do not fit", a.shape, b.shape));
    let shape = shape.ok_or_else(fits)?;
    let length = call.room(&shape)?;
    let maps = [call.broadcast(&a.shape, &shape)?, call.broadcast(&b.shape, &shape)?];
    let at = |array: &Array<Whole>, map: &Option<Vec<u32>>, index: usize| {
        array.data[map.as_ref().map_or(index, |map| map[index] as usize)]
    };
    let data: Vec<Whole> = (0..length)
        .map(|index| compute(call, at(&a, &maps[0], index), at(&b, &maps[1], index)))
        .collect::<Result<_, _>>()?;
    Ok(vec![Value::Integers(Array::new(shape, data))])
}

fn compute(call: &Call<'_>, a: Whole, b: Whole) -> Result<Whole, ModelError> {
    match (call.operator.as_str(), a, b) {
        ("Mul" | "Div", Whole::Points, Whole::Known(1))
        | ("Mul", Whole::Known(1), Whole::Points)
        | ("Add" | "Sub", Whole::Points, Whole::Known(0))
        | ("Add", Whole::Known(0), Whole::Points) => return Ok(Whole::Points),
        _ => {}
    }
    let (a, b) = (call.known(a)?, call.known(b)?);
    let result = match call.operator.as_str() {
        "Add" => a.checked_add(b),
        "Sub" => a.checked_sub(b),
        "Mul" => a.checked_mul(b),
        "Div" => a.checked_div(b),
        "Min" => Some(a.min(b)),
        "Max" => Some(a.max(b)),
        _ => return Err(call.unsupported("arithmetic of integers")),
    };
    result.map(Whole::Known).ok_or_else(|| call.wrong(format!("{a} and {b} have no result")))
}
