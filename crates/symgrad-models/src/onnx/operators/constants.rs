//! Constants, and arithmetic of integers while the model is read: sizes and indices.

use super::super::call::{Call, Outputs};
use super::super::stored::stored;
use super::super::value::{Array, Value, Whole, count};
use crate::ModelError;
use crate::layout;

pub(super) fn constant(call: &mut Call<'_>) -> Outputs {
    let known = |ints: &[i64]| ints.iter().copied().map(Whole::Known).collect::<Vec<_>>();
    let node = call.node.clone();
    let attributes = &mut call.attributes;
    if let Some(tensor) = attributes.tensor("value")? {
        return Ok(vec![stored(tensor, &node)?]);
    }
    if let Some(ints) = attributes.ints("value_ints")? {
        return Ok(vec![Value::Integers(Array::new(vec![ints.len()], known(ints)))]);
    }
    if let Some(floats) = attributes.floats("value_floats")? {
        return Ok(vec![Value::Numbers(Array::new(vec![floats.len()], floats))]);
    }
    if attributes.has("value_float") {
        let float = attributes.float("value_float", 0.0)?;
        return Ok(vec![Value::Numbers(Array::new(vec![], vec![float]))]);
    }
    if attributes.has("value_int") {
        let int = attributes.int("value_int", 0)?;
        return Ok(vec![Value::Integers(Array::new(vec![], known(&[int])))]);
    }
    if attributes.has("value_string") || attributes.has("value_strings") {
        attributes.ignore(&["value_string", "value_strings"]);
        return Ok(vec![Value::label()]);
    }
    attributes.finish()?;
    Err(call.wrong("it has no value"))
}

/// `Range` of integers, or of numbers.
pub(super) fn range(call: &mut Call<'_>) -> Outputs {
    if let Some(Value::Numbers(_)) = call.input(0) {
        return numbers(call);
    }
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
    call.room(&[8, size])?;
    let data: Vec<Whole> = (0_i64..)
        .take(size)
        .map(|index| Whole::Known(start.saturating_add(step.saturating_mul(index))))
        .collect();
    Ok(vec![Value::Integers(Array::new(vec![size], data))])
}

fn numbers(call: &mut Call<'_>) -> Outputs {
    let bound = |index| {
        let number = call.scalar(index)?;
        number.ok_or_else(|| call.wrong(format!("input {index} is missing")))
    };
    let (start, limit, step) = (bound(0)?, bound(1)?, bound(2)?);
    let size = ((limit - start) / step).ceil();
    if !size.is_finite() {
        return Err(call.wrong(format!("no range from {start} to {limit} in steps of {step}")));
    }
    // Saturating; the plan refuses what is too large.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let size = size.max(0.0) as usize;
    call.room(&[size])?;
    let data: Vec<f64> = (0..size).map(|index| start + step * index as f64).collect();
    Ok(vec![Value::Numbers(Array::new(vec![size], data))])
}

/// `Size`: the count of elements.
pub(super) fn size(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let size = match (operand.lead, count(&operand.shape)) {
        (1, Some(1)) => Whole::Points,
        (1, _) => return Err(call.mixes("counts the elements of all points")),
        (_, size) => Whole::Known(size.and_then(|size| i64::try_from(size).ok()).unwrap_or(0)),
    };
    Ok(vec![Value::Integers(Array::new(vec![], vec![size]))])
}

/// Whether integers are computed exactly by [`arithmetic`].
pub(super) fn is_exact(operator: &str) -> bool {
    matches!(
        operator,
        "Add"
            | "Sub"
            | "Mul"
            | "Div"
            | "Mod"
            | "Min"
            | "Max"
            | "Equal"
            | "Less"
            | "LessOrEqual"
            | "Greater"
            | "GreaterOrEqual"
            | "And"
            | "Or"
            | "Xor"
    )
}

/// Arithmetic of integers, and comparisons of them.
pub(super) fn arithmetic(call: &mut Call<'_>) -> Outputs {
    let flag = if call.operator == "Mod" { call.attributes.int("fmod", 0)? } else { 0 };
    let mut result: Option<Array<Whole>> = None;
    for index in 0..call.inputs.len() {
        let Some(next) = call.wholes(index)? else { continue };
        result = Some(match result {
            None => next,
            Some(so_far) => together(call, &so_far, &next, flag == 1)?,
        });
    }
    match result {
        Some(result) if call.inputs.len() > 1 => Ok(vec![Value::Integers(result)]),
        _ => Err(call.wrong("two inputs are needed")),
    }
}

fn together(
    call: &mut Call<'_>,
    a: &Array<Whole>,
    b: &Array<Whole>,
    remainder: bool,
) -> Result<Array<Whole>, ModelError> {
    let shape = layout::common(&a.shape, &b.shape);
    let fits = || call.wrong(format!("shapes {:?} and {:?} do not fit", a.shape, b.shape));
    let shape = shape.ok_or_else(fits)?;
    let length = call.room(&shape)?;
    let maps = [call.broadcast(&a.shape, &shape)?, call.broadcast(&b.shape, &shape)?];
    let at = |array: &Array<Whole>, map: &Option<Vec<u32>>, index: usize| {
        array.data[map.as_ref().map_or(index, |map| map[index] as usize)]
    };
    let compute = |index| compute(call, at(a, &maps[0], index), at(b, &maps[1], index), remainder);
    let data: Vec<Whole> = (0..length).map(compute).collect::<Result<_, _>>()?;
    Ok(Array::new(shape, data))
}

fn compute(call: &Call<'_>, a: Whole, b: Whole, remainder: bool) -> Result<Whole, ModelError> {
    let truth = |truth: bool| Ok(Whole::Known(i64::from(truth)));
    match (call.operator.as_str(), a, b) {
        ("Mul" | "Div", Whole::Points, Whole::Known(1))
        | ("Mul", Whole::Known(1), Whole::Points)
        | ("Add" | "Sub", Whole::Points, Whole::Known(0))
        | ("Add", Whole::Known(0), Whole::Points) => return Ok(Whole::Points),
        // There is some point, so their count is above these.
        ("Equal", Whole::Points, Whole::Points)
        | ("Less" | "LessOrEqual", Whole::Known(..=0), Whole::Points)
        | ("Greater" | "GreaterOrEqual", Whole::Points, Whole::Known(..=0)) => return truth(true),
        ("Equal" | "Less" | "LessOrEqual", Whole::Points, Whole::Known(..=0))
        | ("Equal" | "Greater" | "GreaterOrEqual", Whole::Known(..=0), Whole::Points) => {
            return truth(false);
        }
        _ => {}
    }
    let (a, b) = (call.known(a)?, call.known(b)?);
    let result = match call.operator.as_str() {
        "Add" => a.checked_add(b),
        "Sub" => a.checked_sub(b),
        "Mul" => a.checked_mul(b),
        "Div" => a.checked_div(b),
        "Mod" if remainder => a.checked_rem(b),
        // With the sign of the divisor, as in Python.
        "Mod" => a
            .checked_rem(b)
            .map(|rest| if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }),
        "Min" => Some(a.min(b)),
        "Max" => Some(a.max(b)),
        "Equal" => return truth(a == b),
        "Less" => return truth(a < b),
        "LessOrEqual" => return truth(a <= b),
        "Greater" => return truth(a > b),
        "GreaterOrEqual" => return truth(a >= b),
        "And" => return truth(a != 0 && b != 0),
        "Or" => return truth(a != 0 || b != 0),
        "Xor" => return truth((a != 0) != (b != 0)),
        _ => return Err(call.unsupported("arithmetic of integers")),
    };
    result.map(Whole::Known).ok_or_else(|| call.wrong(format!("{a} and {b} have no result")))
}

/// `Where` of integers, among which the count of points may be.
pub(super) fn choice(call: &mut Call<'_>) -> Outputs {
    let mut parts = Vec::new();
    for index in 0..3 {
        let part = call.wholes(index)?;
        parts.push(part.ok_or_else(|| call.wrong(format!("input {index} is missing")))?);
    }
    let shape = parts.iter().try_fold(vec![], |shape, part| layout::common(&shape, &part.shape));
    let shape = shape.ok_or_else(|| call.wrong("the shapes of its inputs do not fit"))?;
    let length = call.room(&shape)?;
    let mut maps = Vec::new();
    for part in &parts {
        maps.push(call.broadcast(&part.shape, &shape)?);
    }
    let at = |which: usize, index: usize| {
        parts[which].data[maps[which].as_ref().map_or(index, |map| map[index] as usize)]
    };
    let data: Vec<Whole> = (0..length)
        .map(|index| Ok(if call.known(at(0, index))? == 0 { at(2, index) } else { at(1, index) }))
        .collect::<Result<_, ModelError>>()?;
    Ok(vec![Value::Integers(Array::new(shape, data))])
}

/// `NonZero` of constants: for each axis the places of the elements that are not 0.
pub(super) fn places(call: &mut Call<'_>) -> Outputs {
    let array = call.constant(0)?.ok_or_else(|| call.wrong("input 0 is missing"))?;
    let found: Vec<usize> = (0..array.data.len()).filter(|&at| array.data[at] != 0.0).collect();
    let shape = vec![array.shape.len(), found.len()];
    call.room(&shape)?;
    let strides = layout::strides(&array.shape);
    let along = |axis: usize| {
        let (stride, size) = (strides[axis], array.shape[axis]);
        found.iter().map(move |at| at / stride % size)
    };
    let data: Vec<Whole> = (0..array.shape.len())
        .flat_map(along)
        .map(|place| Whole::Known(i64::try_from(place).unwrap_or(i64::MAX)))
        .collect();
    Ok(vec![Value::Integers(Array::new(shape, data))])
}
