//! Functions of two or more tensors, element by element.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Row, Value};
use super::logic::numbers;
use crate::ModelError;
use crate::layout;
use crate::plan::{Binary, BinaryKind, Operation, Side, Unary};

/// `Add`, `Sub`, `Mul`, `Div`, `Pow`, `PRelu`.
pub(super) fn binary(call: &mut Call<'_>) -> Outputs {
    let kind = match call.operator.as_str() {
        "Add" => BinaryKind::Add,
        "Sub" => BinaryKind::Subtract,
        "Mul" => BinaryKind::Multiply,
        "Div" => BinaryKind::Divide,
        "Pow" => BinaryKind::Power,
        _ => BinaryKind::PRelu,
    };
    // An exponent may be an integer.
    let right = if kind == BinaryKind::Power { numbers(call, 1)? } else { call.operand(1)? };
    let result = combine(call, kind, &call.operand(0)?, &right)?;
    Ok(vec![Value::Row(result)])
}

/// `Sum`, `Mean`, `Min`, `Max`: of any number of tensors.
pub(super) fn variadic(call: &mut Call<'_>) -> Outputs {
    let kind = match call.operator.as_str() {
        "Min" => BinaryKind::Minimum,
        "Max" => BinaryKind::Maximum,
        _ => BinaryKind::Add,
    };
    let mut result = call.operand(0)?;
    let mut rest: Vec<Operand> =
        (1..call.inputs.len()).map(|index| call.operand(index)).collect::<Result<_, _>>()?;
    // Two constants are not combined here: start with one that is none.
    if let (false, Some(first)) = (
        matches!(result.value, Value::Row(_)),
        rest.iter().position(|operand| matches!(operand.value, Value::Row(_))),
    ) {
        std::mem::swap(&mut result, &mut rest[first]);
    }
    for operand in &rest {
        let row = combine(call, kind, &result, operand)?;
        let shape = row.shape.clone();
        result = Operand { value: Value::Row(row), shape, lead: call.lead };
    }
    if call.operator == "Mean" {
        let Value::Row(row) = &result.value else {
            return Err(call.wrong("its inputs are constant"));
        };
        let row = scaled(call, row, (call.inputs.len() as f64).recip())?;
        result.value = Value::Row(row);
    }
    Ok(vec![result.value])
}

/// The scaling of `ai.onnx.ml`: (x − offset) · scale.
pub(super) fn scaler(call: &mut Call<'_>) -> Outputs {
    let row = call.row(0)?;
    let offset = call.attributes.floats("offset")?.unwrap_or_else(|| vec![0.0]);
    let scale = call.attributes.floats("scale")?.unwrap_or_else(|| vec![1.0]);
    if offset.iter().chain(&scale).any(|x| !x.is_finite()) {
        return Err(call.wrong("an attribute is not finite"));
    }
    let shifted = with_constant(call, BinaryKind::Subtract, &row, &[offset.len()], &offset)?;
    let result = with_constant(call, BinaryKind::Multiply, &shifted, &[scale.len()], &scale)?;
    Ok(vec![Value::Row(result)])
}

/// A row times a number.
pub(super) fn scaled(call: &mut Call<'_>, row: &Row, factor: f64) -> Result<Row, ModelError> {
    if factor == 1.0 {
        return Ok(row.clone());
    }
    with_constant(call, BinaryKind::Multiply, row, &[], &[factor])
}

/// A row combined with constants that are broadcast to its shape.
pub(super) fn with_constant(
    call: &mut Call<'_>,
    kind: BinaryKind,
    row: &Row,
    shape: &[usize],
    values: &[f64],
) -> Result<Row, ModelError> {
    if layout::common(&row.shape, shape).as_ref() != Some(&row.shape) {
        return Err(call.wrong(format!("shapes {:?} and {shape:?} do not fit", row.shape)));
    }
    let length = call.room(&row.shape)?;
    let constant = spread(values, call.broadcast(shape, &row.shape)?.as_deref());
    let right = Side::Constant(constant);
    let operation = Operation::Binary(Binary { kind, left: Side::Plain, right, length });
    call.step(operation, &[row], row.shape.clone())
}

/// Applies a function to two tensors of which at least one is a row.
pub(super) fn combine(
    call: &mut Call<'_>,
    kind: BinaryKind,
    left: &Operand,
    right: &Operand,
) -> Result<Row, ModelError> {
    let shapes = [aligned(call, left, right)?, aligned(call, right, left)?];
    let shape = layout::common(&shapes[0], &shapes[1]).ok_or_else(|| {
        call.wrong(format!("shapes {:?} and {:?} do not fit", left.shape, right.shape))
    })?;
    let length = call.some(&shape)?;
    let mut rows = Vec::new();
    let mut sides = Vec::new();
    for (operand, own) in [left, right].into_iter().zip(&shapes) {
        let map = call.broadcast(own, &shape)?;
        sides.push(match (&operand.value, map) {
            (Value::Row(row), map) => {
                rows.push(row);
                map.map_or(Side::Plain, |map| Side::Mapped(map.into()))
            }
            (Value::Numbers(array), map) => {
                call.plan.reserve(length)?;
                Side::Constant(spread(&array.data, map.as_deref()))
            }
            _ => return Err(call.unsupported("arithmetic of integers with computed values")),
        });
    }
    let [Some(right), Some(left)] = [sides.pop(), sides.pop()] else {
        return Err(call.wrong("two inputs are needed"));
    };
    if rows.is_empty() {
        return Err(call.wrong("its inputs are constant"));
    }
    if let (BinaryKind::Power, Side::Constant(exponents), Side::Plain) = (kind, &right, &left)
        && exponents.iter().all(|&exponent| exponent == 0.5)
    {
        return call.step(Operation::Unary(Unary::Sqrt), &rows, shape);
    }
    call.step(Operation::Binary(Binary { kind, left, right, length }), &rows, shape)
}

/// An operand's shape for one point, as it is broadcast against another operand.
///
/// Axes are aligned at the end, so that the axis of the points has to meet itself or nothing.
fn aligned(call: &Call<'_>, operand: &Operand, other: &Operand) -> Result<Vec<usize>, ModelError> {
    let mut shape = &operand.shape[..];
    if call.lead == 0 {
        return Ok(shape.to_vec());
    }
    if operand.lead == 1 {
        if other.lead == 1 && operand.rank() != other.rank() {
            return Err(call.mixes("broadcasts tensors with different numbers of axes"));
        }
        return Ok(shape.to_vec());
    }
    if shape.len() >= other.rank() {
        match shape.split_first() {
            Some((1, rest)) if rest.len() < other.rank() => shape = rest,
            _ => return Err(call.mixes(format!("has a constant of shape {shape:?}"))),
        }
    }
    Ok(shape.to_vec())
}

fn spread(values: &[f64], map: Option<&[u32]>) -> Box<[f64]> {
    match map {
        None => values.into(),
        Some(map) => map.iter().map(|&index| values[index as usize]).collect(),
    }
}
