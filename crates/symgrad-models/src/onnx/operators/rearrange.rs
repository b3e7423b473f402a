//! Operators that repeat, blank, turn and accumulate elements.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Value, count};
use crate::ModelError;
use crate::layout;
use crate::plan::{Arrange, BinaryKind, Operation};

/// `Tile`: repeated along each axis.
pub(super) fn tile(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let repeats = call.integers(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    if repeats.len() != operand.rank() {
        return Err(call.wrong(format!("{} repeats for {} axes", repeats.len(), operand.rank())));
    }
    if operand.lead == 1 && repeats[0] != 1 {
        return Err(call.mixes("repeats the batch axis"));
    }
    let mut result = operand;
    for axis in 0..result.shape.len() {
        let size = result.shape[axis];
        let times = usize::try_from(repeats[axis + result.lead]).unwrap_or(0);
        if times != 1 {
            call.room(&[times, size])?;
            let indices: Vec<usize> = (0..times).flat_map(|_| 0..size).collect();
            result = call.along(&result, axis, &indices)?;
        }
    }
    Ok(vec![result.value])
}

/// `Trilu`: the upper or lower triangle of matrices, zeros elsewhere.
pub(super) fn triangle(call: &mut Call<'_>) -> Outputs {
    let upper = call.attributes.switch("upper", true)?;
    let diagonal = call.integers(1)?.and_then(|k| k.first().copied()).unwrap_or(0);
    let operand = call.operand(0)?;
    let [.., rows, columns] = operand.shape[..] else {
        return Err(call.mixes("cuts a triangle along the batch axis"));
    };
    let kept = |at: usize| {
        let (row, column) = (at / columns % rows, at % columns);
        let place = column.cast_signed() as i64 - row.cast_signed() as i64;
        if upper { place >= diagonal } else { place <= diagonal }
    };
    masked(call, &operand, kept)
}

/// The elements that are kept, and zeros.
fn masked(call: &mut Call<'_>, operand: &Operand, kept: impl Fn(usize) -> bool) -> Outputs {
    let length = call.room(&operand.shape)?;
    let row = call.as_row(operand)?;
    call.plan.reserve(length)?;
    let pairs = (0..length).filter(|&at| kept(at)).map(|at| u32::try_from(at).unwrap_or(u32::MAX));
    let parts = vec![pairs.map(|at| (at, at)).collect()];
    let arrange = Arrange { background: vec![0.0; length].into(), parts };
    let mut made = call.step(Operation::Arrange(arrange), &[&row], operand.shape.clone())?;
    made.whole = row.whole;
    Ok(vec![Value::Row(made)])
}

/// `ReverseSequence`: the beginnings of sequences backwards.
pub(super) fn reverse(call: &mut Call<'_>) -> Outputs {
    let time = call.attributes.int("time_axis", 0)?;
    let batch = call.attributes.int("batch_axis", 1)?;
    call.alone()?;
    let operand = call.operand(0)?;
    let (time, batch) = (call.axis(time, &operand)?, call.axis(batch, &operand)?);
    let lengths = call.integers(1)?.unwrap_or_default();
    let fits = lengths.len() == operand.shape[batch] && time != batch;
    let lengths: Option<Vec<usize>> = lengths
        .iter()
        .map(|&length| usize::try_from(length).ok().filter(|&l| l <= operand.shape[time]))
        .collect();
    let lengths = lengths.filter(|_| fits).ok_or_else(|| call.wrong("its lengths do not fit"))?;
    let total = call.room(&operand.shape)?;
    let strides = layout::strides(&operand.shape);
    let from = |at: usize| {
        let place = at / strides[time] % operand.shape[time];
        let length = lengths[at / strides[batch] % operand.shape[batch]];
        let turned = if place < length { length - 1 - place } else { place };
        u32::try_from(at + turned * strides[time] - place * strides[time]).unwrap_or(u32::MAX)
    };
    let from: Vec<u32> = (0..total).map(from).collect();
    let shape = operand.shape.clone();
    Ok(vec![call.picked(&operand, shape, &from)?.value])
}

/// `DepthToSpace` and `SpaceToDepth`: blocks of an image as channels.
pub(super) fn blocks(call: &mut Call<'_>) -> Outputs {
    let block = usize::try_from(call.attributes.int("blocksize", 0)?).unwrap_or(0);
    let columns_first = call.attributes.text("mode", "DCR")? == "CRD";
    let to_space = call.operator == "DepthToSpace";
    let operand = call.operand(0)?;
    let (before, image) = operand.shape.split_at(operand.shape.len().saturating_sub(3));
    let &[channels, height, width] = image else {
        return Err(call.wrong(format!("an image of shape {:?}", operand.shape)));
    };
    let [batch] = [count(before).unwrap_or(0)];
    let square = block.checked_mul(block).filter(|&square| square > 0);
    let square = square.ok_or_else(|| call.wrong(format!("blocks of size {block}")))?;
    let fits =
        if to_space { channels % square == 0 } else { height % block == 0 && width % block == 0 };
    if !fits {
        return Err(call.wrong(format!("blocks of size {block} do not fit {image:?}")));
    }
    let (split, order, shape) = if to_space {
        let depth = channels / square;
        let (split, order) = if columns_first {
            (vec![batch, depth, block, block, height, width], [0, 1, 4, 2, 5, 3])
        } else {
            (vec![batch, block, block, depth, height, width], [0, 3, 4, 1, 5, 2])
        };
        (split, order, [depth, height * block, width * block])
    } else {
        let (rows, columns) = (height / block, width / block);
        let split = vec![batch, channels, rows, block, columns, block];
        let order = if columns_first { [0, 1, 3, 5, 2, 4] } else { [0, 3, 5, 1, 2, 4] };
        (split, order, [channels * square, rows, columns])
    };
    let shape = [before, &shape].concat();
    let split = call.shaped(&operand, split)?;
    let turned = call.transposed(&split, &order)?;
    Ok(vec![call.shaped(&turned, shape)?.value])
}

/// `CumSum` and `CumProd`: sums and products of all elements so far along an axis.
pub(super) fn cumulative(call: &mut Call<'_>) -> Outputs {
    let exclusive = call.attributes.switch("exclusive", false)?;
    let reverse = call.attributes.switch("reverse", false)?;
    let operand = call.operand(0)?;
    let axis = match call.integers(1)?.as_deref() {
        Some([axis]) => call.axis(*axis, &operand)?,
        _ => return Err(call.wrong("input 1 is not a single integer")),
    };
    let (kind, blank) = match call.operator.as_str() {
        "CumSum" => (BinaryKind::Add, 0.0),
        _ => (BinaryKind::Multiply, 1.0),
    };
    let size = operand.shape[axis];
    let row = call.as_row(&operand)?;
    let mut result = call.of(row);
    if exclusive {
        result = shifted(call, &result, axis, 1, reverse, blank)?;
    }
    // Each step doubles how many elements are combined.
    let mut step = 1;
    while step < size {
        let other = shifted(call, &result, axis, step, reverse, blank)?;
        result = call.binary(kind, &result, &other)?;
        step *= 2;
    }
    Ok(vec![result.value])
}

/// Moved along an axis, with blanks where nothing comes from.
fn shifted(
    call: &mut Call<'_>,
    operand: &Operand,
    axis: usize,
    by: usize,
    reverse: bool,
    blank: f64,
) -> Result<Operand, ModelError> {
    let (before, after) =
        if reverse { (-i64_of(by), i64_of(by)) } else { (i64_of(by), -i64_of(by)) };
    padded(call, operand, &[(axis, before, after)], &Blank::Number(blank))
}

fn i64_of(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// What stands outside of a tensor.
pub(super) enum Blank {
    Number(f64),
    /// The element at the edge.
    Edge,
    /// The elements mirrored at the one at the edge.
    Reflect,
    /// The elements of the other end.
    Wrap,
}

impl Blank {
    /// The element that stands at a place outside, if one does.
    fn inside(&self, place: i64, size: i64) -> Option<i64> {
        if (0..size).contains(&place) {
            return Some(place);
        }
        match self {
            Self::Number(_) => None,
            _ if size == 0 => None,
            Self::Edge => Some(place.clamp(0, size - 1)),
            Self::Wrap => Some(place.rem_euclid(size)),
            Self::Reflect if size == 1 => Some(0),
            Self::Reflect => {
                let turn = place.rem_euclid(2 * (size - 1));
                Some(turn.min(2 * (size - 1) - turn))
            }
        }
    }
}

/// A tensor with elements added, or cut off, before and behind it along some axes.
pub(super) fn padded(
    call: &mut Call<'_>,
    operand: &Operand,
    pads: &[(usize, i64, i64)],
    blank: &Blank,
) -> Result<Operand, ModelError> {
    let row = call.as_row(operand)?;
    let mut shape = row.shape.clone();
    // The places in the tensor of those of the result, axis by axis.
    let mut sources: Vec<(i64, usize)> = shape.iter().map(|&size| (0, size)).collect();
    for &(axis, before, after) in pads {
        let size = i64_of(shape[axis]).checked_add(before).and_then(|s| s.checked_add(after));
        let size = size.and_then(|size| usize::try_from(size).ok());
        shape[axis] = size.ok_or_else(|| call.wrong("a pad is too large"))?;
        sources[axis] = (-before, row.shape[axis]);
    }
    let length = call.room(&shape)?;
    call.room(&shape)?;
    call.room(&shape)?;
    let mut from: Vec<Option<usize>> = vec![Some(0)];
    for (&(start, size), &wanted) in sources.iter().zip(&shape) {
        let places: Vec<Option<usize>> = (start..)
            .take(wanted)
            .map(|place| blank.inside(place, i64_of(size)).and_then(|p| usize::try_from(p).ok()))
            .collect();
        let along = |so_far: Option<usize>| {
            let places = &places;
            places.iter().map(move |place| Some(so_far? * size + (*place)?))
        };
        from = from.into_iter().flat_map(along).collect();
    }
    let narrow = |from: usize| u32::try_from(from).unwrap_or(u32::MAX);
    let pairs = from.into_iter().zip(0..).filter_map(|(from, to)| Some((to, narrow(from?))));
    let number = if let Blank::Number(number) = blank { *number } else { 0.0 };
    let background = vec![number; length].into();
    let arrange = Arrange { background, parts: vec![pairs.collect()] };
    let mut made = call.step(Operation::Arrange(arrange), &[&row], shape)?;
    made.whole = row.whole;
    Ok(call.of(made))
}

/// `Pad`.
pub(super) fn pad(call: &mut Call<'_>) -> Outputs {
    let mode = call.attributes.text("mode", "constant")?;
    let operand = call.operand(0)?;
    let pads = call.listed("pads", 1, 11)?.unwrap_or_default();
    let blank = match mode.as_str() {
        "constant" if call.opset < 11 => Blank::Number(call.attributes.float("value", 0.0)?),
        "constant" => Blank::Number(call.scalar(2)?.unwrap_or(0.0)),
        "edge" => Blank::Edge,
        "reflect" => Blank::Reflect,
        "wrap" => Blank::Wrap,
        other => return Err(call.unsupported(format!("attribute `mode` = {other:?}"))),
    };
    let axes = match call.integers(3)? {
        Some(axes) => axes,
        None => (0_i64..).take(operand.rank()).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(call.wrong(format!("{} pads for {} axes", pads.len(), axes.len())));
    }
    let mut widths = Vec::new();
    for ((&axis, &before), &after) in axes.iter().zip(&pads).zip(&pads[axes.len()..]) {
        if before != 0 || after != 0 {
            widths.push((call.axis(axis, &operand)?, before, after));
        }
    }
    Ok(vec![padded(call, &operand, &widths, &blank)?.value])
}

/// `CenterCropPad`: axes cut or filled up evenly on both sides.
pub(super) fn centre(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let sizes = call.integers(1)?.unwrap_or_default();
    let axes = match call.attributes.ints("axes")? {
        Some(axes) => axes.to_vec(),
        None => (0_i64..).take(operand.rank()).collect(),
    };
    if axes.len() != sizes.len() {
        return Err(call.wrong(format!("{} sizes for {} axes", sizes.len(), axes.len())));
    }
    let mut widths = Vec::new();
    for (&axis, &wanted) in axes.iter().zip(&sizes) {
        let axis = call.axis(axis, &operand)?;
        let more = wanted.saturating_sub(i64_of(operand.shape[axis]));
        // Cut or filled, the smaller part is before.
        let before = more / 2;
        widths.push((axis, before, more - before));
    }
    Ok(vec![padded(call, &operand, &widths, &Blank::Number(0.0))?.value])
}
