//! Operators over some axes: sums, products, extremes, softmax.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Row, Value};
use crate::ModelError;
use crate::plan::{BinaryKind, Operation, Order, Reduction, Softmax, Unary};

/// `ReduceSum` and its kin.
pub(super) fn reduce(call: &mut Call<'_>) -> Outputs {
    let since = match call.operator.as_str() {
        "ReduceSum" => 13,
        _ => 18,
    };
    let listed = call.listed("axes", 1, since)?;
    let keep = call.attributes.switch("keepdims", true)?;
    let nothing = call.attributes.switch("noop_with_empty_axes", false)?;
    let operand = call.operand(0)?;
    let axes = match listed {
        Some(axes) if !axes.is_empty() => call.axes(&axes, &operand)?,
        // Of each element on its own.
        _ if nothing => vec![],
        _ if operand.lead == 1 => {
            return Err(call.mixes("reduces over all axes, the batch axis among them"));
        }
        _ => (0..operand.shape.len()).collect(),
    };
    let operator = call.operator.clone();
    if nothing && axes.is_empty() {
        return Ok(vec![alone(call, &operator, operand)?.value]);
    }
    if operand.shape.contains(&0) {
        return empty(call, &operator, &operand, &axes, keep);
    }
    let result = match operator.as_str() {
        "ReduceMean" => {
            let mean = call.mean(&operand, &axes)?;
            let kept =
                mean.shape.iter().enumerate().filter(|(axis, _)| keep || !axes.contains(axis));
            let shape = kept.map(|(_, &size)| size).collect();
            call.shaped(&mean, shape)?
        }
        "ReduceL1" => {
            let sizes = call.unary(Unary::Absolute, &operand)?;
            call.reduced(&Reduction::Sum(None), &sizes, &axes, keep)?
        }
        "ReduceSumSquare" => {
            let squares = call.binary(BinaryKind::Multiply, &operand, &operand)?;
            call.reduced(&Reduction::Sum(None), &squares, &axes, keep)?
        }
        "ReduceLogSum" => {
            let sum = call.reduced(&Reduction::Sum(None), &operand, &axes, keep)?;
            call.unary(Unary::Log, &sum)?
        }
        "ReduceMax" => call.reduced(&Reduction::Maximum, &operand, &axes, keep)?,
        "ReduceMin" => call.reduced(&Reduction::Minimum, &operand, &axes, keep)?,
        "ReduceProd" => call.reduced(&Reduction::Product, &operand, &axes, keep)?,
        "ReduceL2" => call.reduced(&Reduction::Length, &operand, &axes, keep)?,
        "ReduceLogSumExp" => call.reduced(&Reduction::LogSumExp, &operand, &axes, keep)?,
        _ => call.reduced(&Reduction::Sum(None), &operand, &axes, keep)?,
    };
    Ok(vec![result.value])
}

/// The reduction of a single element.
fn alone(call: &mut Call<'_>, operator: &str, operand: Operand) -> Result<Operand, ModelError> {
    match operator {
        "ReduceL1" | "ReduceL2" => call.unary(Unary::Absolute, &operand),
        "ReduceSumSquare" => call.binary(BinaryKind::Multiply, &operand, &operand),
        "ReduceLogSum" => call.unary(Unary::Log, &operand),
        _ => Ok(operand),
    }
}

/// The reduction of nothing: the sum 0, the product 1 and so on.
fn empty(
    call: &mut Call<'_>,
    operator: &str,
    operand: &Operand,
    axes: &[usize],
    keep: bool,
) -> Outputs {
    let number = match operator {
        "ReduceProd" => 1.0,
        "ReduceMax" | "ReduceLogSum" | "ReduceLogSumExp" => f64::NEG_INFINITY,
        "ReduceMin" => f64::INFINITY,
        "ReduceMean" => return Err(call.unsupported("a mean of nothing")),
        _ => 0.0,
    };
    let size = |axis: usize| if axes.contains(&axis) { 1 } else { operand.shape[axis] };
    let kept = (0..operand.shape.len()).filter(|axis| keep || !axes.contains(axis));
    let shape: Vec<usize> = kept.map(size).collect();
    let length = call.room(&shape)?;
    Ok(vec![Operand::constant(shape, vec![number; length]).value])
}

/// `ArgMax` and `ArgMin`: places, which have no gradient.
pub(super) fn place(call: &mut Call<'_>) -> Outputs {
    let axis = call.attributes.int("axis", 0)?;
    let keep = call.attributes.switch("keepdims", true)?;
    let last = call.attributes.switch("select_last_index", false)?;
    let operand = call.operand(0)?;
    let axis = call.axis(axis, &operand)?;
    let reduction = Reduction::Place { largest: call.operator == "ArgMax", last };
    Ok(vec![call.reduced(&reduction, &operand, &[axis], keep)?.value])
}

/// `Hardmax`: 1 at the first largest element along an axis, else 0.
pub(super) fn hardmax(call: &mut Call<'_>) -> Outputs {
    let together = call.opset < 13;
    let axis = call.attributes.int("axis", if together { 1 } else { -1 })?;
    let operand = call.operand(0)?;
    let axis = call.axis(axis, &operand)?;
    if together && axis + 1 != operand.shape.len() {
        return Err(call.unsupported("an axis that is not the last one, before version 13"));
    }
    let reduction = Reduction::Place { largest: true, last: false };
    let places = call.reduced(&reduction, &operand, &[axis], true)?;
    let size = operand.shape[axis];
    let mut shape = vec![1; operand.shape.len()];
    shape[axis] = size;
    let range = Operand::constant(shape, (0..size).map(|place| place as f64).collect());
    let result = call.binary(BinaryKind::Equal, &places, &range)?;
    let row = call.as_row(&result)?;
    Ok(vec![Value::Row(Row { whole: false, ..row })])
}

/// `TopK`: the first elements in order of size, and their places.
pub(super) fn top(call: &mut Call<'_>) -> Outputs {
    let axis = call.attributes.int("axis", -1)?;
    let largest = call.attributes.switch("largest", true)?;
    // Any order may be given where none is asked for; other steps may then use only the set.
    call.attributes.ignore(&["sorted"]);
    let operand = call.operand(0)?;
    let axis = call.axis(axis, &operand)?;
    let taken = if call.opset < 10 {
        call.attributes.int("k", 0)?
    } else {
        match call.integers(1)?.as_deref() {
            Some([taken]) => *taken,
            _ => return Err(call.wrong("input 1 is not a single integer")),
        }
    };
    let size = operand.shape[axis];
    let taken = usize::try_from(taken).ok().filter(|&taken| taken > 0 && taken <= size);
    let taken = taken.ok_or_else(|| call.wrong(format!("k does not fit {size} elements")))?;
    let row = call.as_row(&operand)?;
    let rank = row.shape.len();
    let mut shape: Vec<usize> = (0..rank).filter(|&a| a != axis).map(|a| row.shape[a]).collect();
    shape.push(taken);
    let mut back: Vec<usize> = (0..rank - 1).collect();
    back.insert(axis, rank - 1);
    let mut outputs = Vec::new();
    for places in [false, true].into_iter().take(call.outputs.max(1)) {
        let (windows, _) = call.windows(&row, &[axis])?;
        let order = Order { windows, taken, largest, places };
        let result = call.step(Operation::Order(order), &[&row], shape.clone())?;
        let depends = result.depends && !places;
        let result = call.of(Row { depends, whole: places || row.whole, ..result });
        outputs.push(call.transposed(&result, &back)?.value);
    }
    Ok(outputs)
}

/// `Softmax` and `LogSoftmax`.
pub(super) fn softmax(call: &mut Call<'_>) -> Outputs {
    // Before version 13 the tensor was seen as a matrix: all axes from that one on together.
    let together = call.opset < 13;
    let axis = call.attributes.int("axis", if together { 1 } else { -1 })?;
    let operand = call.operand(0)?;
    let row = call.as_row(&operand)?;
    // With the axis behind the last one there is nothing to sum; no exporter writes that.
    let first = call.axis(axis, &operand)?;
    let last = if together { row.shape.len() - 1 } else { first };
    let axes: Vec<usize> = (first..=last).collect();
    let (windows, _) = call.windows(&row, &axes)?;
    let softmax = Softmax { windows, logarithm: call.operator == "LogSoftmax", masked: false };
    Ok(vec![Value::Row(call.step(Operation::Softmax(softmax), &[&row], row.shape.clone())?)])
}

/// Mean, maximum or norm over the area of each channel.
pub(super) fn over_area(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let channel = 2_usize.saturating_sub(operand.lead);
    if operand.shape.len() <= channel {
        return Err(call.wrong(format!("an image of shape {:?}", operand.shape)));
    }
    let axes: Vec<usize> = (channel..operand.shape.len()).collect();
    let result = match call.operator.as_str() {
        "GlobalMaxPool" => call.reduced(&Reduction::Maximum, &operand, &axes, true)?,
        "GlobalLpPool" => {
            let power = call.attributes.int("p", 2)?;
            super::normalisation::length(call, &operand, &axes, power)?
        }
        _ => call.mean(&operand, &axes)?,
    };
    Ok(vec![result.value])
}
