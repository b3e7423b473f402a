//! `Attention` and what goes with it: rotated positions, gates.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Value, count};
use crate::ModelError;
use crate::plan::{BinaryKind, Operation, Softmax, Unary};

use BinaryKind::{Add, Multiply, Subtract};

type Made = Result<Operand, ModelError>;

/// `Attention`: softmax(Q·Kᵀ · scale + mask)·V for every head.
pub(super) fn attention(call: &mut Call<'_>) -> Outputs {
    call.alone()?;
    let attributes = &mut call.attributes;
    attributes.ignore(&["softmax_precision"]);
    let causal = attributes.switch("is_causal", false)?;
    let scale = attributes.number("scale")?;
    let cap = attributes.float("softcap", 0.0)?;
    let mode = attributes.int("qk_matmul_output_mode", 0)?;
    let reach = [attributes.int("left_window_size", -1)?, attributes.int("right_window_size", -1)?];
    let mut head_count =
        |name: &str| Ok::<_, ModelError>(usize::try_from(attributes.int(name, 0)?).unwrap_or(0));
    let (query_heads, key_heads) = (head_count("q_num_heads")?, head_count("kv_num_heads")?);
    let [query, key, value] = [call.operand(0)?, call.operand(1)?, call.operand(2)?];
    let flat = query.shape.len() == 3;
    let query = heads(call, &query, query_heads)?;
    let mut key = heads(call, &key, key_heads)?;
    let mut value = heads(call, &value, key_heads)?;
    let mut past = 0;
    for (operand, input) in [(&mut key, 4), (&mut value, 5)] {
        if let Some(before) = call.optional(input)? {
            if before.shape.len() != 4 {
                return Err(call.wrong(format!("a cache of shape {:?}", before.shape)));
            }
            past = before.shape[2];
            *operand = call.joined(&[before, operand.clone()], 2)?;
        }
    }
    let present = [key.value.clone(), value.value.clone()];
    let ([batch, many, rows, size], [own_batch, few, columns, key_size]) =
        (four(call, &query)?, four(call, &key)?);
    if batch != own_batch
        || size != key_size
        || four(call, &value)?[..3] != [batch, few, columns]
        || few == 0
        || many % few != 0
    {
        return Err(call.wrong("its queries, keys and values do not fit"));
    }
    let indices: Vec<usize> = (0..many).map(|head| head * few / many).collect();
    let key = call.along(&key, 1, &indices)?;
    let value = call.along(&value, 1, &indices)?;
    let scale = match scale {
        Some(scale) if scale != 0.0 => scale,
        _ => (size as f64).sqrt().recip(),
    };
    let query = call.times(&query, scale)?;
    let key = call.transposed(&key, &[0, 1, 3, 2])?;
    let mut scores = call.product(&query, &key)?;
    if cap > 0.0 {
        let scaled = call.times(&scores, cap.recip())?;
        let capped = call.unary(Unary::Tanh, &scaled)?;
        scores = call.times(&capped, cap)?;
    }
    let mask = mask(call, [batch, rows, columns], past, causal, reach)?;
    let biased = match &mask {
        Some(mask) => call.binary(Add, &scores, mask)?,
        None => scores.clone(),
    };
    let row = call.as_row(&biased)?;
    let (windows, _) = call.windows(&row, &[3])?;
    let shape = row.shape.clone();
    let softmax = Softmax { windows, logarithm: false, masked: true };
    let weights = call.step(Operation::Softmax(softmax), &[&row], shape)?;
    let weights = call.of(weights);
    let mut result = call.product(&weights, &value)?;
    if flat {
        let turned = call.transposed(&result, &[0, 2, 1, 3])?;
        let width = count(&turned.shape[2..]).unwrap_or(0);
        result = call.shaped(&turned, vec![batch, rows, width])?;
    }
    let shown = match mode {
        0 | 1 => scores,
        2 => biased,
        3 => weights,
        other => {
            return Err(call.unsupported(format!("attribute `qk_matmul_output_mode` = {other}")));
        }
    };
    let [present_key, present_value] = present;
    Ok(vec![result.value, present_key, present_value, shown.value])
}

/// A tensor as [batch, heads, places, size].
fn heads(call: &mut Call<'_>, operand: &Operand, count: usize) -> Made {
    match operand.shape[..] {
        [_, _, _, _] => Ok(operand.clone()),
        [batch, places, width] if count > 0 && width % count == 0 => {
            let split = call.shaped(operand, vec![batch, places, count, width / count])?;
            call.transposed(&split, &[0, 2, 1, 3])
        }
        _ => Err(call.wrong(format!("a tensor of shape {:?} in {count} heads", operand.shape))),
    }
}

fn four(call: &Call<'_>, operand: &Operand) -> Result<[usize; 4], ModelError> {
    let four = <[usize; 4]>::try_from(&operand.shape[..]);
    four.map_err(|_| call.wrong(format!("a tensor of shape {:?}", operand.shape)))
}

/// What is added to the scores: 0 where a key may be seen, −∞ elsewhere, and a given bias.
fn mask(
    call: &mut Call<'_>,
    [batch, rows, columns]: [usize; 3],
    past: usize,
    causal: bool,
    [left, right]: [i64; 2],
) -> Result<Option<Operand>, ModelError> {
    let lengths = call.integers(6)?;
    if lengths.as_ref().is_some_and(|lengths| lengths.len() != batch) {
        return Err(call.wrong("the count of lengths is not that of the batch"));
    }
    let given = match call.optional(3)? {
        None => None,
        Some(given) => Some(bias(call, given, columns)?),
    };
    let whole = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
    if !causal && left < 0 && right < 0 && lengths.is_none() {
        return Ok(given);
    }
    call.room(&[batch, rows, columns])?;
    let mut seen = Vec::with_capacity(batch * rows * columns);
    for index in 0..batch {
        let length = lengths.as_ref().map(|lengths| lengths[index]);
        let offset = length.map_or(whole(past), |length| length.saturating_sub(whole(rows)));
        for row in 0..rows {
            for column in (0..columns).map(whole) {
                let apart = whole(row).saturating_add(offset) - column;
                let hidden = causal && apart < 0
                    || left >= 0 && apart > left
                    || right >= 0 && -apart > right
                    || length.is_some_and(|length| column >= length);
                seen.push(if hidden { f64::NEG_INFINITY } else { 0.0 });
            }
        }
    }
    let seen = Operand::constant(vec![batch, 1, rows, columns], seen);
    match given {
        None => Ok(Some(seen)),
        Some(given) => call.binary(Add, &given, &seen).map(Some),
    }
}

/// A given mask as numbers to be added, filled up to the keys.
fn bias(call: &mut Call<'_>, given: Operand, columns: usize) -> Made {
    let Some(axis) = given.shape.len().checked_sub(1) else { return Ok(given) };
    let missing = columns.saturating_sub(given.shape[axis]);
    let is_truth = given.is_whole();
    let mut bias = if is_truth {
        let hidden = call.binary(BinaryKind::Equal, &given, &Operand::number(0.0))?;
        call.binary(BinaryKind::Keep, &hidden, &Operand::number(f64::NEG_INFINITY))?
    } else {
        given
    };
    if missing > 0 {
        let mut shape = bias.shape.clone();
        shape[axis] = missing;
        let length = call.room(&shape)?;
        let rest = Operand::constant(shape, vec![f64::NEG_INFINITY; length]);
        bias = call.joined(&[bias, rest], axis)?;
    }
    Ok(bias)
}

/// `RotaryEmbedding`: pairs of numbers turned by the angles of their places.
pub(super) fn rotary(call: &mut Call<'_>) -> Outputs {
    call.alone()?;
    let interleaved = call.attributes.switch("interleaved", false)?;
    let turned = usize::try_from(call.attributes.int("rotary_embedding_dim", 0)?).unwrap_or(0);
    let number = usize::try_from(call.attributes.int("num_heads", 0)?).unwrap_or(0);
    let operand = call.operand(0)?;
    let flat = operand.shape.len() == 3;
    let whole = heads(call, &operand, number)?;
    let [batch, count, places, size] = four(call, &whole)?;
    let turned = if turned == 0 { size } else { turned };
    let half = turned / 2;
    if turned > size || turned % 2 != 0 {
        return Err(call.wrong(format!("{turned} of {size} numbers turned")));
    }
    let mut angles = Vec::new();
    for input in [1, 2] {
        let mut cache = call.operand(input)?;
        if let Some(chosen) = call.integers(3)? {
            let [length, _] = cache.shape[..] else {
                return Err(call.wrong(format!("a cache of shape {:?}", cache.shape)));
            };
            let chosen: Vec<usize> =
                chosen.iter().map(|&p| call.full_axis(p, length)).collect::<Result<_, _>>()?;
            cache = call.along(&cache, 0, &chosen)?;
        }
        angles.push(call.shaped(&cache, vec![batch, 1, places, half])?);
    }
    let (cosine, sine) = (&angles[0], &angles[1]);
    let own = |which: usize| -> Vec<usize> {
        (0..half).map(|at| if interleaved { 2 * at + which } else { which * half + at }).collect()
    };
    let (a, b) = (call.along(&whole, 3, &own(0))?, call.along(&whole, 3, &own(1))?);
    let [ac, bs, as_, bc] = [
        call.binary(Multiply, &a, cosine)?,
        call.binary(Multiply, &b, sine)?,
        call.binary(Multiply, &a, sine)?,
        call.binary(Multiply, &b, cosine)?,
    ];
    let (real, imaginary) = (call.binary(Subtract, &ac, &bs)?, call.binary(Add, &as_, &bc)?);
    let mut parts = vec![real, imaginary];
    if turned < size {
        parts.push(call.cut(&whole, 3, turned, size)?);
    }
    let joined = call.joined(&parts, 3)?;
    // Back to where the pairs were.
    let mut order: Vec<usize> = (0..size).collect();
    for at in 0..half {
        order[own(0)[at]] = at;
        order[own(1)[at]] = half + at;
    }
    let mut result = call.along(&joined, 3, &order)?;
    if flat {
        result = call.transposed(&result, &[0, 2, 1, 3])?;
        result = call.shaped(&result, vec![batch, places, count * size])?;
    }
    Ok(vec![result.value])
}

/// `SwiGLU`: the first input's swish times the second input.
pub(super) fn gated(call: &mut Call<'_>) -> Outputs {
    let alpha = call.attributes.float("alpha", 1.0)?;
    let (gate, operand) = (call.operand(0)?, call.operand(1)?);
    if gate.shape != operand.shape {
        return Err(call.wrong("its inputs have different shapes"));
    }
    let gate = call.unary(Unary::Swish(alpha), &gate)?;
    let result: Value = call.binary(Multiply, &gate, &operand)?.value;
    Ok(vec![result])
}
