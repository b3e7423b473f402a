//! Normalisations.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Array, Row, Value, count};
use super::arithmetic::combine;
use crate::ModelError;
use crate::plan::{BinaryKind, Normalise, Operation, Reduction, Unary};

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
            let left = call.of(result);
            result = combine(call, kind, &left, &call.operand(index)?)?;
            if result.shape != shape {
                return Err(call.wrong(format!("input {index} does not fit the shape {shape:?}")));
            }
        }
    }
    let mut outputs = vec![Value::Row(result)];
    if call.outputs > 1 {
        let axes: Vec<usize> = (axis..shape.len()).collect();
        let mean = call.mean(&operand, &axes)?;
        let centred = call.binary(BinaryKind::Subtract, &operand, &mean)?;
        let squares = call.binary(BinaryKind::Multiply, &centred, &centred)?;
        let variance = call.mean(&squares, &axes)?;
        let variance = call.plus(&variance, epsilon)?;
        let deviation = call.unary(Unary::Sqrt, &variance)?;
        outputs.push(mean.value);
        outputs.push(call.unary(Unary::Reciprocal, &deviation)?.value);
    }
    Ok(outputs)
}

/// `InstanceNormalization`: over the area of each channel.
pub(super) fn instance(call: &mut Call<'_>) -> Outputs {
    let epsilon = call.attributes.float("epsilon", f64::from(1e-5_f32))?;
    let (row, channels, area) = image(call)?;
    let scale = per_channel(call, 1, channels)?;
    let bias = per_channel(call, 2, channels)?;
    let result = normalised(call, &row, area, epsilon)?;
    let result = channelwise(call, BinaryKind::Multiply, &result, &scale)?;
    Ok(vec![Value::Row(channelwise(call, BinaryKind::Add, &result, &bias)?)])
}

/// `BatchNormalization` with the moments that training has left.
pub(super) fn batch(call: &mut Call<'_>) -> Outputs {
    call.attributes.ignore(&["momentum"]);
    call.attributes.only("training_mode", 0)?;
    call.attributes.only("spatial", 1)?;
    let epsilon = call.attributes.float("epsilon", f64::from(1e-5_f32))?;
    let (row, channels, _) = image(call)?;
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
    let result = channelwise(call, BinaryKind::Multiply, &row, &factor)?;
    let result = channelwise(call, BinaryKind::Add, &result, &shift)?;
    let mut outputs = vec![Value::left_out(); call.outputs.max(1)];
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
fn channelwise(
    call: &mut Call<'_>,
    kind: BinaryKind,
    row: &Row,
    constants: &Array<f64>,
) -> Result<Row, ModelError> {
    let axis = 1 - call.lead;
    let mut shape = vec![1; row.shape.len().saturating_sub(axis)];
    if let Some(first) = shape.first_mut() {
        *first = constants.data.len();
    }
    let constants = Operand::constant(shape, constants.data.to_vec());
    let row = call.of(row.clone());
    let result = call.binary(kind, &row, &constants)?;
    call.as_row(&result)
}

/// The norm of order `power` of the elements along some axes.
pub(super) fn length(
    call: &mut Call<'_>,
    operand: &Operand,
    axes: &[usize],
    power: i64,
) -> Result<Operand, ModelError> {
    let sizes = call.unary(Unary::Absolute, operand)?;
    match power {
        1 => call.sum(&sizes, axes),
        2 => call.reduced(&Reduction::Length, operand, axes, true),
        3.. => {
            let power = power as f64;
            let powers = call.binary(BinaryKind::Power, &sizes, &Operand::number(power))?;
            let sum = call.sum(&powers, axes)?;
            call.binary(BinaryKind::Power, &sum, &Operand::number(power.recip()))
        }
        _ => Err(call.unsupported(format!("attribute `p` = {power}"))),
    }
}

/// `LpNormalization`: divided by the norm along an axis.
pub(super) fn by_length(call: &mut Call<'_>) -> Outputs {
    let axis = call.attributes.int("axis", -1)?;
    let power = call.attributes.int("p", 2)?;
    let operand = call.operand(0)?;
    let axis = call.axis(axis, &operand)?;
    let norm = length(call, &operand, &[axis], power)?;
    Ok(vec![quotient(call, &operand, &norm)?.value])
}

/// Divided by a norm; 0 where that is 0.
pub(super) fn quotient(
    call: &mut Call<'_>,
    operand: &Operand,
    norm: &Operand,
) -> Result<Operand, ModelError> {
    let zero = call.binary(BinaryKind::Equal, norm, &Operand::number(0.0))?;
    let norm = call.binary(BinaryKind::Add, norm, &zero)?;
    call.binary(BinaryKind::Divide, operand, &norm)
}

/// `RMSNormalization`: divided by the root of the mean square over the last axes, then scaled.
pub(super) fn root_mean_square(call: &mut Call<'_>) -> Outputs {
    call.attributes.ignore(&["stash_type"]);
    let axis = call.attributes.int("axis", -1)?;
    let epsilon = call.attributes.float("epsilon", f64::from(1e-5_f32))?;
    let operand = call.operand(0)?;
    let axis = call.axis(axis, &operand)?;
    let axes: Vec<usize> = (axis..operand.shape.len()).collect();
    let squares = call.binary(BinaryKind::Multiply, &operand, &operand)?;
    let mean = call.mean(&squares, &axes)?;
    let mean = call.plus(&mean, epsilon)?;
    let root = call.unary(Unary::Sqrt, &mean)?;
    let result = call.binary(BinaryKind::Divide, &operand, &root)?;
    let scale = call.operand(1)?;
    let scaled = call.binary(BinaryKind::Multiply, &result, &scale)?;
    if scaled.shape != operand.shape {
        return Err(call.wrong(format!("the scale of shape {:?} does not fit", scale.shape)));
    }
    Ok(vec![scaled.value])
}

/// `MeanVarianceNormalization`: mean 0 and variance 1 over some axes, usually all but the channels.
pub(super) fn mean_variance(call: &mut Call<'_>) -> Outputs {
    let axes = call.attributes.ints("axes")?.unwrap_or(&[0, 2, 3]);
    let operand = call.operand(0)?;
    let axes = call.axes(axes, &operand)?;
    let mean = call.mean(&operand, &axes)?;
    let centred = call.binary(BinaryKind::Subtract, &operand, &mean)?;
    let squares = call.binary(BinaryKind::Multiply, &centred, &centred)?;
    let variance = call.mean(&squares, &axes)?;
    let deviation = call.unary(Unary::Sqrt, &variance)?;
    let deviation = call.plus(&deviation, 1e-9)?;
    Ok(vec![call.binary(BinaryKind::Divide, &centred, &deviation)?.value])
}

/// `GroupNormalization`: mean 0 and variance 1 over groups of channels, then scaled and shifted.
pub(super) fn group(call: &mut Call<'_>) -> Outputs {
    call.attributes.ignore(&["stash_type"]);
    let epsilon = call.attributes.float("epsilon", f64::from(1e-5_f32))?;
    let groups = usize::try_from(call.attributes.int("num_groups", 0)?).unwrap_or(0);
    let operand = call.operand(0)?;
    let row = call.as_row(&operand)?;
    let (batch, channel) = if call.lead == 1 { (1, 0) } else { (row.shape[0], 1) };
    let channels = row.shape.get(channel).copied().unwrap_or(0);
    if groups == 0 || channels % groups != 0 {
        return Err(call.wrong(format!("{channels} channels in {groups} groups")));
    }
    let size = count(&row.shape).unwrap_or(0) / (groups * batch);
    let result = normalised(call, &row, size, epsilon)?;
    let mut result = call.of(result);
    for (index, kind) in [(1, BinaryKind::Multiply), (2, BinaryKind::Add)] {
        let constants = call.operand(index)?;
        // Before version 21 there was a number for each group.
        let each = if call.opset < 21 { groups } else { channels };
        if constants.shape != [each] {
            return Err(call.wrong(format!("input {index} does not have {each} numbers")));
        }
        let indices: Vec<usize> = (0..channels).map(|c| c * each / channels).collect();
        let constants = call.along(&constants, 0, &indices)?;
        let mut shape = vec![1; row.shape.len() - channel];
        shape[0] = channels;
        let constants = call.shaped(&constants, shape)?;
        result = call.binary(kind, &result, &constants)?;
    }
    Ok(vec![result.value])
}

/// `LRN`: divided by a power of the mean square of the neighbouring channels.
pub(super) fn neighbours(call: &mut Call<'_>) -> Outputs {
    let alpha = call.attributes.float("alpha", f64::from(1e-4_f32))?;
    let beta = call.attributes.float("beta", 0.75)?;
    let bias = call.attributes.float("bias", 1.0)?;
    let size = usize::try_from(call.attributes.int("size", 0)?).unwrap_or(0);
    let operand = call.operand(0)?;
    let axis = call.axis(1, &operand)?;
    let channels = operand.shape[axis];
    if size == 0 {
        return Err(call.wrong("it has no size"));
    }
    call.room(&[channels, channels])?;
    let (before, behind) = ((size - 1) / 2, size / 2);
    let near = |to: usize, from: usize| from + before >= to && from <= to + behind;
    let weights: Vec<Vec<f64>> = (0..channels)
        .map(|to| (0..channels).map(|from| f64::from(near(to, from))).collect())
        .collect();
    let squares = call.binary(BinaryKind::Multiply, &operand, &operand)?;
    let sums = call.applied(&squares, axis, &weights)?;
    let scaled = call.times(&sums, alpha / size as f64)?;
    let scaled = call.plus(&scaled, bias)?;
    let divisor = call.binary(BinaryKind::Power, &scaled, &Operand::number(beta))?;
    Ok(vec![call.binary(BinaryKind::Divide, &operand, &divisor)?.value])
}
