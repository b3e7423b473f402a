//! Operators that change a tensor's shape and nothing else, or ask for it.

use super::super::call::{Call, Outputs, reshaped};
use super::super::value::{Array, Row, Value, Whole, count};
use super::movement::constant;
use crate::ModelError;

pub(super) fn reshape(call: &mut Call<'_>) -> Outputs {
    let keep_zero = call.attributes.switch("allowzero", false)?;
    let operand = call.operand(0)?;
    let target = call.wholes(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    let mut target = &target.data[..];
    if operand.lead == 1 {
        let [first, rest @ ..] = target else {
            return Err(call.mixes("removes the batch axis"));
        };
        let is_points = match *first {
            Whole::Points => true,
            Whole::Known(0) => !keep_zero,
            // Whether these are the points shows below, where the rest has to be one point.
            Whole::Known(-1) => !rest.contains(&Whole::Known(-1)),
            Whole::Known(number) => Some(number) == call.fixed,
        };
        if !is_points {
            let shape: Vec<String> = target.iter().map(|&whole| written(whole)).collect();
            return Err(call.mixes(format!(
                "gives {:?} for each point the shape [{}] for all",
                operand.shape,
                shape.join(", ")
            )));
        }
        target = rest;
    }
    let total = count(&operand.shape).unwrap_or(0);
    let mut shape = Vec::new();
    let mut open = None;
    for (axis, &whole) in target.iter().enumerate() {
        shape.push(match call.known(whole)? {
            0 if !keep_zero => match operand.shape.get(axis) {
                Some(&size) => size,
                None => return Err(call.wrong("a size of 0 where the input has no axis")),
            },
            -1 if open.is_none() => {
                open = Some(axis);
                1
            }
            size => usize::try_from(size).map_err(|_| call.wrong(format!("size {size}")))?,
        });
    }
    if let (Some(axis), Some(known @ 1..)) = (open, count(&shape)) {
        shape[axis] = total / known;
    }
    if count(&shape) != Some(total) {
        let problem = format!("shape {:?} cannot become {shape:?}", operand.shape);
        return Err(if operand.lead == 1 { call.mixes(problem) } else { call.wrong(problem) });
    }
    Ok(vec![reshaped(operand.value, shape)])
}

fn written(whole: Whole) -> String {
    match whole {
        Whole::Known(number) => number.to_string(),
        Whole::Points => "points".into(),
    }
}

pub(super) fn flatten(call: &mut Call<'_>) -> Outputs {
    let axis = call.attributes.int("axis", 1)?;
    let operand = call.operand(0)?;
    // The axis may also be the one behind the last.
    let axis = match usize::try_from(axis) {
        Ok(axis) if axis == operand.rank() => axis,
        _ => call.full_axis(axis, operand.rank())?,
    };
    let shape = if operand.lead == 1 {
        let before = axis.checked_sub(1).and_then(|axis| count(&operand.shape[..axis]));
        if before != Some(1) {
            return Err(call.mixes(format!("joins the batch axis with others (axis {axis})")));
        }
        vec![count(&operand.shape).unwrap_or(0)]
    } else {
        let (before, after) = operand.shape.split_at(axis);
        vec![count(before).unwrap_or(0), count(after).unwrap_or(0)]
    };
    Ok(vec![reshaped(operand.value, shape)])
}

pub(super) fn squeeze(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let axes = match call.listed("axes", 1, 13)? {
        Some(axes) => call.axes(&axes, &operand)?,
        None => (0..operand.shape.len()).filter(|&axis| operand.shape[axis] == 1).collect(),
    };
    if let Some(&axis) = axes.iter().find(|&&axis| operand.shape[axis] != 1) {
        return Err(
            call.wrong(format!("an axis of size {} is no axis to drop", operand.shape[axis]))
        );
    }
    let kept = (0..operand.shape.len()).filter(|axis| !axes.contains(axis));
    let shape = kept.map(|axis| operand.shape[axis]).collect();
    Ok(vec![reshaped(operand.value, shape)])
}

pub(super) fn unsqueeze(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let axes = call.listed("axes", 1, 13)?.ok_or_else(|| call.wrong("axes are missing"))?;
    let rank = operand.rank().saturating_add(axes.len());
    let mut places: Vec<usize> =
        axes.iter().map(|&axis| call.full_axis(axis, rank)).collect::<Result<_, _>>()?;
    places.sort_unstable();
    // Before any is inserted: without repetition none lies beyond the axes there are by then.
    if places.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(call.wrong(format!("an axis twice in {axes:?}")));
    }
    let mut shape = operand.shape.clone();
    for place in places {
        match place.checked_sub(operand.lead) {
            Some(axis) => shape.insert(axis, 1),
            None => return Err(call.mixes("puts an axis before the batch axis")),
        }
    }
    Ok(vec![reshaped(operand.value, shape)])
}

/// `Shape`: the axis of the points has the size [`Whole::Points`].
pub(super) fn shape(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let mut sizes = vec![Whole::Points; operand.lead];
    for &size in &operand.shape {
        sizes.push(Whole::Known(i64::try_from(size).unwrap_or(i64::MAX)));
    }
    let rank = i64::try_from(sizes.len()).unwrap_or(i64::MAX);
    let mut bound = |name: &str, default: i64| -> Result<usize, ModelError> {
        let axis = call.attributes.int(name, default)?;
        let axis = if axis < 0 { axis.saturating_add(rank) } else { axis };
        Ok(usize::try_from(axis.clamp(0, rank)).unwrap_or(0))
    };
    let (start, end) = (bound("start", 0)?, bound("end", rank)?);
    let sizes = sizes.get(start..end).unwrap_or_default().to_vec();
    Ok(vec![Value::Integers(Array::new(vec![sizes.len()], sizes))])
}

/// `ConstantOfShape`: for each point, if the points are the first axis of the shape.
pub(super) fn constant_of_shape(call: &mut Call<'_>) -> Outputs {
    let value = match call.attributes.tensor("value")? {
        Some(tensor) => super::super::stored::stored(tensor, "value")?,
        None => Value::Numbers(Array::new(vec![], vec![0.0])),
    };
    let sizes = call.wholes(0)?.ok_or_else(|| call.wrong("input 0 is missing"))?;
    let (sizes, per_point) = match &sizes.data[..] {
        [Whole::Points, rest @ ..] => (rest, true),
        sizes => (sizes, false),
    };
    let shape: Vec<usize> = sizes
        .iter()
        .map(|&whole| {
            let size = call.known(whole)?;
            usize::try_from(size).map_err(|_| call.wrong(format!("size {size}")))
        })
        .collect::<Result<_, _>>()?;
    let length = call.room(&shape)?;
    call.plan.reserve(length.saturating_mul(8))?;
    Ok(vec![match value {
        Value::Numbers(array) if array.data.len() == 1 => {
            let array = Array::new(shape, vec![array.data[0]; length]);
            if per_point { Value::Row(constant(call, &array)?) } else { Value::Numbers(array) }
        }
        Value::Integers(array) if array.data.len() == 1 && per_point => {
            let array = Array::new(shape, vec![call.known(array.data[0])? as f64; length]);
            Value::Row(Row { whole: true, ..constant(call, &array)? })
        }
        Value::Integers(array) if array.data.len() == 1 => {
            Value::Integers(Array::new(shape, vec![array.data[0]; length]))
        }
        _ => return Err(call.unsupported("a value that is not a single number")),
    }])
}
