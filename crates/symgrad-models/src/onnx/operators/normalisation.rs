//! Normalisations.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Array, Row, Value, count};
use super::arithmetic::{combine, with_constant};
use crate::ModelError;
use crate::plan::{BinaryKind, Normalise, Operation};

/// `LayerNormalization`: mean 0 and variance 1 over the last axes, then scaled and shifted.
pub(super) fn layer(call: &mut Call<'_>) -> Outputs {
    call.attributes.ignore(&["stash_type"]);
    let axis = call.attributes.int("axis", -1)?;
    let epsilon = call.attributes.float("epsilon", f64::from(1e-5_f32))?;
    let operand = call.operand(0)?;
    let row = call.row(0)?;
    let axis = call.axis(axis, &operand)?;
    let size = count(&row.shape[axis..]).unwrap_or(0);
    let shape = row.shape.clone();
    let mut result = normalised(call, &row, size, epsilon)?;
    for (index, kind) in [(1, BinaryKind::Multiply), (2, BinaryKind::Add)] {
        if call.input(index).is_some() {
            let left = Operand { value: Value::Row(result), shape: shape.clone(), lead: call.lead };
            result = combine(call, kind, &left, &call.operand(index)?)?;
            if result.shape != shape {
                return Err(call.wrong(format!("input {index} does not fit the shape {shape:?}")));
            }
        }
    }
    let mut outputs = vec![Value::Discrete; call.outputs.max(1)];
    outputs[0] = Value::Row(result);
    Ok(outputs)
}

/// `InstanceNormalization`: over the area of each channel.
pub(super) fn instance(call: &mut Call<'_>) -> Outputs {
    let epsilon = call.attributes.float("epsilon", f64::from(1e-5_f32))?;
    let (row, channels, area) = image(call)?;
    let scale = per_channel(call, 1, channels)?;
    let bias = per_channel(call, 2, channels)?;
    let result = normalised(call, &row, area, epsilon)?;
    let result = channelwise(call, BinaryKind::Multiply, &result, &scale, area)?;
    Ok(vec![Value::Row(channelwise(call, BinaryKind::Add, &result, &bias, area)?)])
}

/// `BatchNormalization` with the moments that training has left.
pub(super) fn batch(call: &mut Call<'_>) -> Outputs {
    call.attributes.ignore(&["momentum"]);
    call.attributes.only("training_mode", 0)?;
    call.attributes.only("spatial", 1)?;
    let epsilon = call.attributes.float("epsilon", f64::from(1e-5_f32))?;
    let (row, channels, area) = image(call)?;
    let [scale, bias, mean, variance] = [
        per_channel(call, 1, channels)?,
        per_channel(call, 2, channels)?,
        per_channel(call, 3, channels)?,
        per_channel(call, 4, channels)?,
    ];
    let factor: Vec<f64> = scale
        .data
        .iter()
        .zip(variance.data.iter())
        .map(|(scale, variance)| scale / (variance + epsilon).sqrt())
        .collect();
    if factor.iter().any(|factor| !factor.is_finite()) {
        return Err(call.wrong("a variance is negative, or zero without epsilon"));
    }
    let shift: Vec<f64> = bias
        .data
        .iter()
        .zip(mean.data.iter().zip(&factor))
        .map(|(bias, (mean, factor))| bias - mean * factor)
        .collect();
    let [factor, shift] = [factor, shift].map(|data| Array::new(vec![channels], data));
    let result = channelwise(call, BinaryKind::Multiply, &row, &factor, area)?;
    let result = channelwise(call, BinaryKind::Add, &result, &shift, area)?;
    let mut outputs = vec![Value::Discrete; call.outputs.max(1)];
    outputs[0] = Value::Row(result);
    Ok(outputs)
}

fn normalised(
    call: &mut Call<'_>,
    row: &Row,
    size: usize,
    epsilon: f64,
) -> Result<Row, ModelError> {
    if epsilon < 0.0 {
        return Err(call.unsupported("a negative epsilon"));
    }
    let length = call.some(&row.shape)?;
    let normalise = Normalise { length, size, epsilon };
    call.step(Operation::Normalise(normalise), &[row], row.shape.clone())
}

/// The row, its channels (the second axis, 1 if there is none), and the elements of a channel.
fn image(call: &Call<'_>) -> Result<(Row, usize, usize), ModelError> {
    let row = call.row(0)?;
    let axis = 1 - call.lead;
    if call.lead == 0 && row.shape.first().is_some_and(|&size| size != 1) {
        return Err(call.unsupported(format!("a tensor of shape {:?}", row.shape)));
    }
    let channels = row.shape.get(axis).copied().unwrap_or(1);
    let area = row.shape.get(axis + 1..).and_then(count).unwrap_or(1);
    Ok((row, channels, area))
}

fn per_channel(call: &Call<'_>, index: usize, channels: usize) -> Result<Array<f64>, ModelError> {
    match call.constant(index)? {
        Some(array) if array.data.len() == channels => Ok(array),
        Some(array) => Err(call.wrong(format!(
            "input {index} has {} numbers for {channels} channels",
            array.data.len()
        ))),
        None => Err(call.wrong(format!("input {index} is missing"))),
    }
}

/// Combines a row with a constant for each channel.
pub(super) fn channelwise(
    call: &mut Call<'_>,
    kind: BinaryKind,
    row: &Row,
    constants: &Array<f64>,
    area: usize,
) -> Result<Row, ModelError> {
    let flat = Row { shape: vec![constants.data.len(), area], ..row.clone() };
    let shape = [constants.data.len(), 1];
    let result = with_constant(call, kind, &flat, &shape, &constants.data)?;
    Ok(Row { shape: row.shape.clone(), ..result })
}
