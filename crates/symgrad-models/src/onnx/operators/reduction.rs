//! Operators over some axes: sums, extremes, softmax.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Row, Value};
use super::arithmetic::combine;
use crate::ModelError;
use crate::layout;
use crate::plan::{BinaryKind, Operation, Reduce, Reduction, Softmax, Unary, Windows};

/// `ReduceSum` and its kin.
pub(super) fn reduce(call: &mut Call<'_>) -> Outputs {
    let since = match call.operator.as_str() {
        "ReduceSum" => 13,
        _ => 18,
    };
    let listed = call.listed("axes", 1, since)?;
    let keep = call.attributes.switch("keepdims", true)?;
    let nothing = call.opset >= since && call.attributes.switch("noop_with_empty_axes", false)?;
    let operand = call.operand(0)?;
    let mut row = call.row(0)?;
    let axes = match listed {
        Some(axes) if !axes.is_empty() => call.axes(&axes, &operand)?,
        // Of each element on its own: the identity for the operators that allow it here.
        _ if nothing && !matches!(&call.operator[..], "ReduceL2" | "ReduceSumSquare") => {
            return Ok(vec![operand.value]);
        }
        _ if operand.lead == 1 || nothing => {
            return Err(call.mixes("reduces over all axes, the batch axis among them"));
        }
        _ => (0..operand.shape.len()).collect(),
    };
    let (windows, shape) = windows(call, &row, &axes)?;
    let divisor = match call.operator.as_str() {
        "ReduceMean" => windows.size as f64,
        _ => 1.0,
    };
    let reduction = match call.operator.as_str() {
        "ReduceMax" => Reduction::Maximum,
        "ReduceMin" => Reduction::Minimum,
        _ => Reduction::Sum(vec![divisor; windows.count()].into()),
    };
    if matches!(&call.operator[..], "ReduceL2" | "ReduceSumSquare") {
        row = combine(call, BinaryKind::Multiply, &operand, &operand)?;
    }
    let shape = if keep {
        (0..row.shape.len()).map(|a| if axes.contains(&a) { 1 } else { row.shape[a] }).collect()
    } else {
        shape
    };
    let reduce = Reduce { windows, reduction };
    let mut result = call.step(Operation::Reduce(reduce), &[&row], shape.clone())?;
    if call.operator == "ReduceL2" {
        result = call.step(Operation::Unary(Unary::Sqrt), &[&result], shape)?;
    }
    Ok(vec![Value::Row(result)])
}

/// `Softmax` and `LogSoftmax`.
pub(super) fn softmax(call: &mut Call<'_>) -> Outputs {
    // Before version 13 the tensor was seen as a matrix: all axes from that one on together.
    let together = call.opset < 13;
    let axis = call.attributes.int("axis", if together { 1 } else { -1 })?;
    let operand = call.operand(0)?;
    let row = call.row(0)?;
    // With the axis behind the last one there is nothing to sum; no exporter writes that.
    let first = call.axis(axis, &operand)?;
    let last = if together { row.shape.len() - 1 } else { first };
    let axes: Vec<usize> = (first..=last).collect();
    let (windows, _) = windows(call, &row, &axes)?;
    let softmax = Softmax { windows, logarithm: call.operator == "LogSoftmax" };
    Ok(vec![Value::Row(call.step(Operation::Softmax(softmax), &[&row], row.shape.clone())?)])
}

/// The groups of elements that differ only along some axes, and the shape of the others.
fn windows(
    call: &mut Call<'_>,
    row: &Row,
    axes: &[usize],
) -> Result<(Windows, Vec<usize>), ModelError> {
    call.room(&row.shape)?;
    let mut order: Vec<usize> = (0..row.shape.len()).filter(|axis| !axes.contains(axis)).collect();
    let kept: Vec<usize> = order.iter().map(|&axis| row.shape[axis]).collect();
    order.extend(axes);
    let size = axes.iter().map(|&axis| row.shape[axis]).product();
    let elements = layout::transpose(&row.shape, &order).into();
    Ok((Windows { size, elements }, kept))
}

/// Mean over all axes but the first of a shape, for global pooling.
pub(super) fn over_area(call: &mut Call<'_>) -> Outputs {
    let operand: Operand = call.operand(0)?;
    let row = call.row(0)?;
    let channel = 2_usize.saturating_sub(operand.lead);
    if row.shape.len() <= channel {
        return Err(call.wrong(format!("an image of shape {:?}", row.shape)));
    }
    let axes: Vec<usize> = (channel..row.shape.len()).collect();
    let (windows, _) = windows(call, &row, &axes)?;
    let reduction = if call.operator == "GlobalMaxPool" {
        Reduction::Maximum
    } else {
        Reduction::Sum(vec![windows.size as f64; windows.count()].into())
    };
    let shape = (0..row.shape.len()).map(|a| if a < channel { row.shape[a] } else { 1 }).collect();
    let reduce = Reduce { windows, reduction };
    Ok(vec![Value::Row(call.step(Operation::Reduce(reduce), &[&row], shape)?)])
}
