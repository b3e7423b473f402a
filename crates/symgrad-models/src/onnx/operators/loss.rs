//! Losses of classifiers with given targets.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Value, count};
use crate::plan::BinaryKind;

/// `NegativeLogLikelihoodLoss` and `SoftmaxCrossEntropyLoss`.
pub(super) fn of_classes(call: &mut Call<'_>) -> Outputs {
    call.alone()?;
    let reduction = call.attributes.text("reduction", "mean")?;
    let ignored = if call.attributes.has("ignore_index") {
        Some(call.attributes.int("ignore_index", 0)?)
    } else {
        None
    };
    let mut logarithms = call.operand(0)?;
    let targets = call.wholes(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    let [batch, classes, area @ ..] = &logarithms.shape.clone()[..] else {
        return Err(call.wrong(format!("scores of shape {:?}", logarithms.shape)));
    };
    let (batch, classes, area) = (*batch, *classes, count(area).unwrap_or(0));
    let shape = targets.shape.clone();
    if count(&shape) != Some(batch * area) || classes == 0 {
        return Err(call.wrong(format!("targets of shape {shape:?}")));
    }
    let mut outputs = Vec::new();
    if call.operator == "SoftmaxCrossEntropyLoss" {
        let rank = logarithms.shape.len();
        let mut order: Vec<usize> = (0..rank).filter(|&axis| axis != 1).collect();
        order.push(1);
        let mut back: Vec<usize> = (0..rank - 1).collect();
        back.insert(1, rank - 1);
        let turned = call.transposed(&logarithms, &order)?;
        let normal = call.softmax(&turned, true)?;
        logarithms = call.transposed(&normal, &back)?;
        outputs.push(logarithms.value.clone());
    }
    let total = call.room(&shape)?;
    let mut chosen = Vec::with_capacity(total);
    let mut from = Vec::with_capacity(total);
    for (at, &target) in targets.data.iter().enumerate() {
        let target = call.known(target)?;
        let skipped = Some(target) == ignored;
        let class = if skipped { 0 } else { call.full_axis(target, classes)? };
        let place = (at / area.max(1) * classes + class) * area + at % area.max(1);
        from.push(u32::try_from(place).unwrap_or(u32::MAX));
        chosen.push((!skipped).then_some(class));
    }
    let picked = call.picked(&logarithms, shape.clone(), &from)?;
    let kept = |class: &Option<usize>| f64::from(class.is_some());
    let mut weights = Operand::constant(shape.clone(), chosen.iter().map(kept).collect());
    if let Some(given) = call.optional(2)? {
        if given.shape != [classes] {
            return Err(call.wrong(format!("weights of shape {:?}", given.shape)));
        }
        let from: Vec<u32> =
            chosen.iter().map(|class| u32::try_from(class.unwrap_or(0)).unwrap_or(0)).collect();
        let each = call.picked(&given, shape.clone(), &from)?;
        weights = call.binary(BinaryKind::Multiply, &each, &weights)?;
    }
    let weighted = call.binary(BinaryKind::Multiply, &picked, &weights)?;
    let losses = call.times(&weighted, -1.0)?;
    let axes: Vec<usize> = (0..shape.len()).collect();
    let loss = match reduction.as_str() {
        "none" => losses,
        "sum" => call.sum(&losses, &axes)?,
        "mean" => {
            let (sum, all) = (call.sum(&losses, &axes)?, call.sum(&weights, &axes)?);
            call.binary(BinaryKind::Divide, &sum, &all)?
        }
        other => return Err(call.unsupported(format!("attribute `reduction` = {other:?}"))),
    };
    let loss = if reduction == "none" { loss } else { call.shaped(&loss, vec![])? };
    let loss: Value = loss.value;
    Ok([vec![loss], outputs].concat())
}

/// `DequantizeLinear`: (x − zero point) · scale, with a number for each place of an axis.
pub(super) fn dequantize(call: &mut Call<'_>) -> Outputs {
    call.alone()?;
    call.attributes.only("block_size", 0)?;
    call.attributes.ignore(&["output_dtype"]);
    let axis = call.attributes.int("axis", 1)?;
    let operand = call.operand(0)?;
    let mut result = operand.clone();
    for (input, kind) in [(2, BinaryKind::Subtract), (1, BinaryKind::Multiply)] {
        let Some(constants) = call.optional(input)? else { continue };
        let constants = match constants.shape[..] {
            [] | [1] => call.shaped(&constants, vec![])?,
            [size] => {
                let axis = call.axis(axis, &operand)?;
                let mut shape = vec![1; operand.shape.len()];
                shape[axis] = size;
                call.shaped(&constants, shape)?
            }
            _ => return Err(call.unsupported(format!("a scale of shape {:?}", constants.shape))),
        };
        result = call.binary(kind, &result, &constants)?;
    }
    let row = call.as_row(&result)?;
    Ok(vec![Value::Row(super::super::value::Row { whole: false, ..row })])
}
