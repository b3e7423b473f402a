//! Comparisons and choices: steps without a slope, and what depends on them.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Array, Row, Value, Whole};
use super::arithmetic::combine;
use super::movement::constant;
use crate::ModelError;
use crate::plan::BinaryKind;

/// `Less`, `Greater`, `Equal` and the like: 1 or 0.
pub(super) fn comparison(call: &mut Call<'_>) -> Outputs {
    let [left, right] = [numbers(call, 0)?, numbers(call, 1)?];
    let row = match call.operator.as_str() {
        "Less" => combine(call, BinaryKind::Less, &left, &right),
        "LessOrEqual" => combine(call, BinaryKind::LessOrEqual, &left, &right),
        "Greater" => combine(call, BinaryKind::Less, &right, &left),
        "GreaterOrEqual" => combine(call, BinaryKind::LessOrEqual, &right, &left),
        _ => combine(call, BinaryKind::Equal, &left, &right),
    };
    Ok(vec![flat(row?)])
}

/// `And`, `Or`, `Not` of what comparisons give.
pub(super) fn combination(call: &mut Call<'_>) -> Outputs {
    let left = numbers(call, 0)?;
    let row = match call.operator.as_str() {
        "And" => combine(call, BinaryKind::Multiply, &left, &numbers(call, 1)?),
        "Or" => combine(call, BinaryKind::Maximum, &left, &numbers(call, 1)?),
        _ => {
            let zero = Array::new(vec![], vec![0.0]);
            let zero = Operand { value: Value::Numbers(zero), shape: vec![], lead: 0 };
            combine(call, BinaryKind::Equal, &left, &zero)
        }
    };
    Ok(vec![flat(row?)])
}

/// `Where`: the second input where the first holds, else the third.
pub(super) fn choice(call: &mut Call<'_>) -> Outputs {
    let [condition, chosen, other] = [numbers(call, 0)?, numbers(call, 1)?, numbers(call, 2)?];
    let rows =
        [&condition, &chosen, &other].into_iter().filter(|o| matches!(o.value, Value::Row(_)));
    let rank = rows.map(Operand::rank).max().unwrap_or(0);
    let condition = as_row(call, condition, rank)?;
    let kept = combine(call, BinaryKind::Keep, &condition, &chosen)?;
    let rest = combine(call, BinaryKind::Drop, &condition, &other)?;
    let [kept, rest] = [kept, rest].map(|row| {
        let shape = row.shape.clone();
        Operand { value: Value::Row(row), shape, lead: call.lead }
    });
    Ok(vec![Value::Row(combine(call, BinaryKind::Add, &kept, &rest)?)])
}

/// A step has no slope to follow.
fn flat(row: Row) -> Value {
    Value::Row(Row { depends: false, ..row })
}

/// An input whose integers or truth values are taken for numbers.
pub(super) fn numbers(call: &Call<'_>, index: usize) -> Result<Operand, ModelError> {
    let mut operand = call.operand(index)?;
    if let Value::Integers(array) = &operand.value {
        let number = |&whole: &Whole| call.known(whole).map(|number| number as f64);
        let data: Vec<f64> = array.data.iter().map(number).collect::<Result<_, _>>()?;
        operand.value = Value::Numbers(Array::new(array.shape.clone(), data));
    }
    Ok(operand)
}

/// A constant as a row that may meet tensors of that rank.
fn as_row(call: &mut Call<'_>, operand: Operand, rank: usize) -> Result<Operand, ModelError> {
    let Value::Numbers(array) = &operand.value else { return Ok(operand) };
    let wanted = rank.saturating_sub(call.lead);
    let mut shape = vec![1; wanted.saturating_sub(array.shape.len())];
    match &array.shape[..] {
        [1, rest @ ..] if rest.len() == wanted => shape.extend(rest),
        own if own.len() > wanted && call.lead == 1 => {
            return Err(call.mixes(format!("has a constant of shape {own:?}")));
        }
        own => shape.extend(own),
    }
    let row = constant(call, &Array { shape: shape.clone(), data: array.data.clone() })?;
    Ok(Operand { value: Value::Row(row), shape, lead: call.lead })
}
