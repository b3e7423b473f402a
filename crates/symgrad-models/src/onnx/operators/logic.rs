//! Comparisons and choices: steps without a slope, and what depends on them.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Array, Row, Value};
use super::movement::constant;
use crate::ModelError;
use crate::plan::BinaryKind;

/// `Less`, `Greater`, `Equal` and the like: 1 or 0.
pub(super) fn comparison(call: &mut Call<'_>) -> Outputs {
    let (left, right) = (call.operand(0)?, call.operand(1)?);
    let truth = match call.operator.as_str() {
        "Less" => call.binary(BinaryKind::Less, &left, &right),
        "LessOrEqual" => call.binary(BinaryKind::LessOrEqual, &left, &right),
        "Greater" => call.binary(BinaryKind::Less, &right, &left),
        "GreaterOrEqual" => call.binary(BinaryKind::LessOrEqual, &right, &left),
        _ => call.binary(BinaryKind::Equal, &left, &right),
    };
    Ok(vec![truth?.value])
}

/// `And`, `Or`, `Xor`, `Not` of what comparisons give.
pub(super) fn combination(call: &mut Call<'_>) -> Outputs {
    let left = call.operand(0)?;
    let truth = match call.operator.as_str() {
        "And" => call.binary(BinaryKind::Multiply, &left, &call.operand(1)?),
        "Or" => call.binary(BinaryKind::Maximum, &left, &call.operand(1)?),
        "Xor" => {
            let same = call.binary(BinaryKind::Equal, &left, &call.operand(1)?)?;
            call.binary(BinaryKind::Equal, &same, &Operand::number(0.0))
        }
        _ => call.binary(BinaryKind::Equal, &left, &Operand::number(0.0)),
    };
    let row = call.as_row(&truth?)?;
    Ok(vec![Value::Row(Row { whole: true, ..row })])
}

/// `Where`: the second input where the first holds, else the third.
pub(super) fn choice(call: &mut Call<'_>) -> Outputs {
    let [condition, chosen, other] = [call.operand(0)?, call.operand(1)?, call.operand(2)?];
    Ok(vec![choose(call, condition, &chosen, &other)?.value])
}

/// One tensor where a condition holds, another one elsewhere.
pub(super) fn choose(
    call: &mut Call<'_>,
    condition: Operand,
    chosen: &Operand,
    other: &Operand,
) -> Result<Operand, ModelError> {
    let rows = [&condition, chosen, other].into_iter().filter(|o| matches!(o.value, Value::Row(_)));
    let rank = rows.map(Operand::rank).max().unwrap_or(0);
    let condition = as_row(call, condition, rank)?;
    let kept = call.binary(BinaryKind::Keep, &condition, chosen)?;
    let rest = call.binary(BinaryKind::Drop, &condition, other)?;
    call.binary(BinaryKind::Add, &kept, &rest)
}

/// A constant as a row that may meet tensors of that rank.
fn as_row(call: &mut Call<'_>, operand: Operand, rank: usize) -> Result<Operand, ModelError> {
    let array = match &operand.value {
        Value::Numbers(array) => array.clone(),
        Value::Integers(array) => call.numbers(array)?,
        _ => return Ok(operand),
    };
    if call.lead == 0 {
        let row = constant(call, &array)?;
        return Ok(call.of(row));
    }
    let wanted = rank.saturating_sub(call.lead);
    let mut shape = vec![1; wanted.saturating_sub(array.shape.len())];
    match &array.shape[..] {
        [1, rest @ ..] if rest.len() == wanted => shape.extend(rest),
        own if own.len() > wanted => {
            return Err(call.mixes(format!("has a constant of shape {own:?}")));
        }
        own => shape.extend(own),
    }
    let row = constant(call, &Array { shape, data: array.data })?;
    Ok(call.of(row))
}
