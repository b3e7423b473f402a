//! Functions of two or more tensors, element by element.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Array, Row, Value};
use super::movement::constant;
use crate::ModelError;
use crate::layout;
use crate::plan::{Binary, BinaryKind, Operation, Side, Unary};

/// `Add`, `Sub`, `Mul`, `Div`, `Mod`, `Pow`, `PRelu`.
pub(super) fn binary(call: &mut Call<'_>) -> Outputs {
    let (left, right) = (call.operand(0)?, call.operand(1)?);
    let kind = match call.operator.as_str() {
        "Add" => BinaryKind::Add,
        "Sub" => BinaryKind::Subtract,
        "Mul" => BinaryKind::Multiply,
        "Div" if left.is_whole() && right.is_whole() => BinaryKind::Quotient,
        "Div" => BinaryKind::Divide,
        "Mod" if call.attributes.switch("fmod", false)? => BinaryKind::Remainder,
        "Mod" => BinaryKind::Modulo,
        "Pow" => BinaryKind::Power,
        _ => BinaryKind::PRelu,
    };
    Ok(vec![call.binary(kind, &left, &right)?.value])
}

/// `Sum`, `Mean`, `Min`, `Max`: of any number of tensors.
pub(super) fn variadic(call: &mut Call<'_>) -> Outputs {
    let kind = match call.operator.as_str() {
        "Min" => BinaryKind::Minimum,
        "Max" => BinaryKind::Maximum,
        _ => BinaryKind::Add,
    };
    let operands: Vec<Operand> =
        (0..call.inputs.len()).map(|index| call.operand(index)).collect::<Result<_, _>>()?;
    if operands.is_empty() {
        return Err(call.wrong("it has no inputs"));
    }
    // One that is no constant first, so that no constants are combined for each point.
    let row = operands.iter().position(|operand| matches!(operand.value, Value::Row(_)));
    let mut order: Vec<&Operand> = operands.iter().collect();
    order.swap(0, row.unwrap_or(0));
    let result = call.all(kind, &order)?;
    let count = operands.len() as f64;
    Ok(vec![
        if call.operator == "Mean" { call.times(&result, count.recip())? } else { result }.value,
    ])
}

/// Applies a function to two tensors of which at least one is a row.
pub(crate) fn combine(
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
    for (index, (operand, own)) in [left, right].into_iter().zip(&shapes).enumerate() {
        let map = call.broadcast(own, &shape)?;
        let array = match &operand.value {
            Value::Row(row) => {
                rows.push(row.clone());
                sides.push(map.map_or(Side::Plain, |map| Side::Mapped(map.into())));
                continue;
            }
            Value::Numbers(array) => array.clone(),
            Value::Integers(array) => call.numbers(array)?,
            Value::Unread(_) => return Err(call.unsupported("an input that is not read")),
        };
        call.plan.reserve(length)?;
        let constants = spread(&array.data, map.as_deref());
        // Of two constants the second becomes a row, so that there is one.
        if index == 1 && rows.is_empty() {
            let array = Array::new(shape.clone(), constants.to_vec());
            rows.push(constant(call, &array)?);
            sides.push(Side::Plain);
        } else {
            sides.push(Side::Constant(constants));
        }
    }
    let [Some(right_side), Some(left_side)] = [sides.pop(), sides.pop()] else {
        return Err(call.wrong("two inputs are needed"));
    };
    let inputs: Vec<&Row> = rows.iter().collect();
    if let (BinaryKind::Power, Side::Constant(exponents), Side::Plain) =
        (kind, &right_side, &left_side)
        && exponents.iter().all(|&exponent| exponent == 0.5)
    {
        return call.step(Operation::Unary(Unary::Sqrt), &inputs, shape);
    }
    let binary = Binary { kind, left: left_side, right: right_side, length };
    let row = call.step(Operation::Binary(binary), &inputs, shape)?;
    let whole = kind.is_truth()
        || right.is_whole()
            && (left.is_whole() || matches!(kind, BinaryKind::Keep | BinaryKind::Drop));
    let flat = kind.is_truth() || kind == BinaryKind::Quotient;
    Ok(Row { depends: row.depends && !flat, whole, ..row })
}

/// An operand's shape for one point, as it is broadcast against another operand.
///
/// Axes are aligned at the end, so that the axis of the points has to meet itself or nothing.
fn aligned(call: &Call<'_>, operand: &Operand, other: &Operand) -> Result<Vec<usize>, ModelError> {
    let mut shape = &operand.shape[..];
    if operand.lead == 0 && other.lead == 0 {
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
