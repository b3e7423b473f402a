//! Elements chosen, or put, by indices.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Row, Value, Whole, count};
use super::movement::constant;
use crate::ModelError;
use crate::layout;
use crate::plan::{Arrange, BinaryKind, Operation, Pick};

/// `Gather`: slices of an axis.
pub(super) fn gather(call: &mut Call<'_>) -> Outputs {
    let axis = call.attributes.int("axis", 0)?;
    let operand = call.operand(0)?;
    if matches!(call.input(1), Some(Value::Row(_))) {
        let indices = call.operand(1)?;
        return Ok(vec![by_computed(call, &operand, axis, &indices)?.value]);
    }
    let axis = call.axis(axis, &operand)?;
    let indices = call.wholes(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    let chosen = places(call, &indices.data, operand.shape[axis])?;
    let shape = [&operand.shape[..axis], &indices.shape, &operand.shape[axis + 1..]].concat();
    call.room(&shape)?;
    let from = layout::pick(&operand.shape, axis, &chosen);
    Ok(vec![call.picked(&operand, shape, &from)?.value])
}

/// `Gather` with indices that are computed for each point, such as those of an embedding.
fn by_computed(
    call: &mut Call<'_>,
    operand: &Operand,
    axis: i64,
    indices: &Operand,
) -> Result<Operand, ModelError> {
    // The table has no points, and they come from the indices; or both have them.
    let axis = if operand.lead == 0 {
        call.full_axis(axis, operand.shape.len())?
    } else {
        call.alone()?;
        call.axis(axis, operand)?
    };
    if axis != 0 && call.lead == 1 {
        return Err(call.mixes("puts an axis before the batch axis"));
    }
    let before = count(&operand.shape[..axis]).unwrap_or(0);
    let after = count(&operand.shape[axis + 1..]).unwrap_or(0);
    let chosen = count(&indices.shape).unwrap_or(0);
    let size = operand.shape[axis];
    let shape = [&operand.shape[..axis], &indices.shape, &operand.shape[axis + 1..]].concat();
    let table = flat_row(call, operand)?;
    let blocks = [before, chosen, after];
    call.room(&blocks)?;
    let start = layout::walk(&blocks, &steps(&[size * after, 0, 1]), 0);
    let place = layout::walk(&blocks, &steps(&[0, 1, 0]), 0);
    picked(call, &table, indices, (start, place), (after, size), shape)
}

/// `GatherElements`: for each index the element at that place of its line.
pub(super) fn elements(call: &mut Call<'_>) -> Outputs {
    let axis = call.attributes.int("axis", 0)?;
    call.alone()?;
    let (operand, indices) = (call.operand(0)?, call.operand(1)?);
    let axis = call.axis(axis, &operand)?;
    let fits = operand.shape.len() == indices.shape.len()
        && (0..operand.shape.len()).all(|a| a == axis || indices.shape[a] <= operand.shape[a]);
    if !fits {
        let shapes = (&operand.shape, &indices.shape);
        return Err(call.wrong(format!("shapes {:?} and {:?} do not fit", shapes.0, shapes.1)));
    }
    let mut strides = layout::strides(&operand.shape);
    let (stride, size) = (strides[axis], operand.shape[axis]);
    strides[axis] = 0;
    call.room(&indices.shape)?;
    let start = layout::walk(&indices.shape, &steps(&strides), 0);
    if matches!(indices.value, Value::Row(_)) {
        let place = (0..).take(start.len()).collect();
        let shape = indices.shape.clone();
        let table = flat_row(call, &operand)?;
        let made = picked(call, &table, &indices, (start, place), (stride, size), shape)?;
        return Ok(vec![made.value]);
    }
    let chosen = places(call, &wholes(call, 1)?, size)?;
    let from = together(&start, &chosen, stride);
    Ok(vec![call.picked(&operand, indices.shape, &from)?.value])
}

/// `GatherND`: slices at tuples of indices.
pub(super) fn tuples(call: &mut Call<'_>) -> Outputs {
    let shared = usize::try_from(call.attributes.int("batch_dims", 0)?).unwrap_or(usize::MAX);
    call.alone()?;
    let operand = call.operand(0)?;
    let indices = call.wholes(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    let slices = Slices::new(call, &operand.shape, &indices.shape, &indices.data, shared)?;
    let from = slices.elements(call)?;
    Ok(vec![call.picked(&operand, slices.shape.clone(), &from)?.value])
}

/// `ScatterElements` and `Scatter`: updates put at places of lines.
pub(super) fn scatter_elements(call: &mut Call<'_>) -> Outputs {
    let axis = call.attributes.int("axis", 0)?;
    let reduction = call.attributes.text("reduction", "none")?;
    call.alone()?;
    let (operand, updates) = (call.operand(0)?, call.operand(2)?);
    let axis = call.axis(axis, &operand)?;
    let mut strides = layout::strides(&operand.shape);
    let (stride, size) = (strides[axis], operand.shape[axis]);
    strides[axis] = 0;
    let indices = call.wholes(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    let fits = indices.shape == updates.shape
        && operand.shape.len() == updates.shape.len()
        && (0..operand.shape.len()).all(|a| a == axis || indices.shape[a] <= operand.shape[a]);
    if !fits {
        return Err(call.wrong("the shapes of its inputs do not fit"));
    }
    call.room(&indices.shape)?;
    let start = layout::walk(&indices.shape, &steps(&strides), 0);
    let chosen = places(call, &indices.data, size)?;
    let to = together(&start, &chosen, stride);
    Ok(vec![put(call, &operand, &updates, &to, &reduction)?.value])
}

/// `ScatterND`: slices put at tuples of indices.
pub(super) fn scatter_tuples(call: &mut Call<'_>) -> Outputs {
    let reduction = call.attributes.text("reduction", "none")?;
    call.alone()?;
    let (operand, updates) = (call.operand(0)?, call.operand(2)?);
    let indices = call.wholes(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    let slices = Slices::new(call, &operand.shape, &indices.shape, &indices.data, 0)?;
    if slices.shape != updates.shape {
        return Err(call.wrong(format!("updates of shape {:?}", updates.shape)));
    }
    let to = slices.elements(call)?;
    Ok(vec![put(call, &operand, &updates, &to, &reduction)?.value])
}

/// `TensorScatter`: updates put into a cache, from a place on along an axis.
pub(super) fn into_cache(call: &mut Call<'_>) -> Outputs {
    let axis = call.attributes.int("axis", -2)?;
    let mode = call.attributes.text("mode", "linear")?;
    call.alone()?;
    let (cache, updates) = (call.operand(0)?, call.operand(1)?);
    let axis = call.axis(axis, &cache)?;
    let fits = cache.shape.len() == updates.shape.len()
        && axis > 0
        && (0..cache.shape.len()).all(|a| {
            cache.shape[a] == updates.shape[a] || (a == axis && updates.shape[a] < cache.shape[a])
        });
    if !fits {
        return Err(call.wrong("the shapes of its inputs do not fit"));
    }
    let batch = cache.shape[0];
    let starts = call.integers(2)?.unwrap_or_else(|| vec![0; batch]);
    let (size, taken) = (cache.shape[axis], updates.shape[axis]);
    let starts: Vec<usize> =
        starts.iter().map(|&start| usize::try_from(start).unwrap_or(usize::MAX)).collect();
    if starts.len() != batch
        || starts.iter().any(|start| mode == "linear" && start.saturating_add(taken) > size)
    {
        return Err(call.wrong(format!("updates at {starts:?} of {size} places")));
    }
    call.room(&updates.shape)?;
    let strides = layout::strides(&cache.shape);
    let own = layout::strides(&updates.shape);
    let place = |element: usize| {
        let along = |a: usize| element / own[a] % updates.shape[a];
        (0..cache.shape.len()).fold(0, |sum, a| {
            let at = if a == axis { (starts[along(0)] + along(a)) % size } else { along(a) };
            sum + at * strides[a]
        })
    };
    let total = count(&updates.shape).unwrap_or(0);
    let to: Vec<u32> =
        (0..total).map(|element| u32::try_from(place(element)).unwrap_or(u32::MAX)).collect();
    Ok(vec![put(call, &cache, &updates, &to, "none")?.value])
}

/// `MaxUnpool`: numbers put where a pooling has found them, zeros elsewhere.
pub(super) fn unpool(call: &mut Call<'_>) -> Outputs {
    call.alone()?;
    let operand = call.operand(0)?;
    let indices = call.integers(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    let axes = operand.shape.len().saturating_sub(2);
    let listed = |call: &mut Call<'_>, name: &str, fallback: Vec<i64>| {
        Ok::<_, ModelError>(call.attributes.ints(name)?.map_or(fallback, <[i64]>::to_vec))
    };
    let kernel = listed(call, "kernel_shape", vec![])?;
    let strides = listed(call, "strides", vec![1; axes])?;
    let pads = listed(call, "pads", vec![0; 2 * axes])?;
    if [kernel.len(), strides.len(), pads.len()] != [axes, axes, 2 * axes] || axes == 0 {
        return Err(call.wrong("its attributes do not fit its input"));
    }
    let mut own = operand.shape[..2].to_vec();
    for axis in 0..axes {
        let size = i64::try_from(operand.shape[axis + 2]).unwrap_or(i64::MAX);
        let reach = (size - 1).saturating_mul(strides[axis]).saturating_add(kernel[axis]);
        let size = reach.saturating_sub(pads[axis].saturating_add(pads[axis + axes]));
        own.push(usize::try_from(size).map_err(|_| call.wrong("an empty result"))?);
    }
    let shape = match call.integers(2)? {
        None => own.clone(),
        Some(sizes) => {
            let sizes: Option<Vec<usize>> =
                sizes.iter().map(|&size| usize::try_from(size).ok()).collect();
            sizes
                .filter(|sizes| sizes.len() == own.len())
                .ok_or_else(|| call.wrong("a bad shape"))?
        }
    };
    // The indices count in the image that the pooling had, without the rest of a larger result.
    let (area, total) = (count(&own).unwrap_or(0), call.room(&shape)?);
    if indices.len() != count(&operand.shape).unwrap_or(0)
        || own.iter().zip(&shape).any(|(a, b)| a > b)
    {
        return Err(call.wrong("the shapes of its inputs do not fit"));
    }
    let strides = (layout::strides(&own), layout::strides(&shape));
    let place = |&index: &i64| {
        let index = usize::try_from(index).ok().filter(|&index| index < area)?;
        let at = |a: usize| index / strides.0[a] % own[a] * strides.1[a];
        u32::try_from((0..own.len()).map(at).sum::<usize>()).ok()
    };
    let to: Option<Vec<u32>> = indices.iter().map(place).collect();
    let to = to.ok_or_else(|| call.wrong("an index outside the image"))?;
    call.plan.reserve(total)?;
    let blank = Operand::constant(shape, vec![0.0; total]);
    Ok(vec![put(call, &blank, &operand, &to, "none")?.value])
}

/// A tensor with some elements replaced by updates, or combined with them.
fn put(
    call: &mut Call<'_>,
    operand: &Operand,
    updates: &Operand,
    to: &[u32],
    reduction: &str,
) -> Result<Operand, ModelError> {
    let (kind, neutral) = match reduction {
        "none" => (None, 0.0),
        "add" => (Some(BinaryKind::Add), 0.0),
        "mul" => (Some(BinaryKind::Multiply), 1.0),
        "max" => (Some(BinaryKind::Maximum), f64::NEG_INFINITY),
        "min" => (Some(BinaryKind::Minimum), f64::INFINITY),
        other => return Err(call.unsupported(format!("attribute `reduction` = {other:?}"))),
    };
    let length = call.some(&operand.shape)?;
    let row = call.as_row(operand)?;
    let shape = operand.shape.clone();
    let Some(kind) = kind else {
        let updates = call.as_row(updates)?;
        call.plan.reserve(3 * length + to.len())?;
        // Where several updates meet, the last one stays.
        let mut source: Vec<Option<u32>> = vec![None; length];
        to.iter().zip(0..).for_each(|(&to, from)| source[to as usize] = Some(from));
        let own = (0..).take(length).filter(|&at: &u32| source[at as usize].is_none());
        let own = own.map(|at| (at, at)).collect();
        let new = source.iter().zip(0..).filter_map(|(from, at)| from.map(|from| (at, from)));
        let parts = vec![own, new.collect()];
        let arrange = Arrange { background: vec![0.0; length].into(), parts };
        let result = call.step(Operation::Arrange(arrange), &[&row, &updates], shape)?;
        return Ok(call.of(Row { whole: row.whole && updates.whole, ..result }));
    };
    let updates = call.as_row(updates)?;
    let mut result = call.of(row);
    // One step for the first updates of all places, one for the second ones, and so on.
    let mut left: Vec<(u32, u32)> = to.iter().copied().zip(0..).collect();
    while !left.is_empty() {
        call.plan.reserve(3 * length)?;
        let mut taken = vec![false; length];
        let mut later = Vec::new();
        let mut now = Vec::new();
        for (to, from) in left {
            if std::mem::replace(&mut taken[to as usize], true) {
                later.push((to, from));
            } else {
                now.push((to, from));
            }
        }
        let background = vec![neutral; length].into();
        let arrange = Arrange { background, parts: vec![now.into()] };
        let step = call.step(Operation::Arrange(arrange), &[&updates], shape.clone())?;
        let step = call.of(step);
        result = call.binary(kind, &result, &step)?;
        left = later;
    }
    Ok(result)
}

/// `OneHot`: one value at the place of an index, another one elsewhere.
pub(super) fn one_hot(call: &mut Call<'_>) -> Outputs {
    let axis = call.attributes.int("axis", -1)?;
    call.alone()?;
    let (indices, depth) = (call.operand(0)?, call.constant(1)?);
    let depth = depth.and_then(|array| array.data.first().copied()).unwrap_or(0.0);
    let values = call.operand(2)?;
    if !(depth >= 1.0 && depth <= f64::from(u32::MAX)) || values.shape != [2] {
        return Err(call.wrong("its depth or values do not fit"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    let size = depth as usize;
    let axis = call.full_axis(axis, indices.shape.len() + 1)?;
    let mut shape = indices.shape.clone();
    shape.insert(axis, 1);
    let row = call.as_row(&indices)?;
    let indices = call.of(row);
    let indices = call.shaped(&indices, shape)?;
    // Negative indices count from the end.
    let negative = call.binary(BinaryKind::Less, &indices, &Operand::number(0.0))?;
    let turn = call.times(&negative, depth)?;
    let indices = call.binary(BinaryKind::Add, &indices, &turn)?;
    let mut shape = vec![1; indices.shape.len()];
    shape[axis] = size;
    call.room(&[size])?;
    let range = Operand::constant(shape, (0..size).map(|place| place as f64).collect());
    let hot = call.binary(BinaryKind::Equal, &indices, &range)?;
    let (off, on) = (call.cut(&values, 0, 0, 1)?, call.cut(&values, 0, 1, 2)?);
    let kept = call.binary(BinaryKind::Keep, &hot, &on)?;
    let rest = call.binary(BinaryKind::Drop, &hot, &off)?;
    Ok(vec![call.binary(BinaryKind::Add, &kept, &rest)?.value])
}

/// `Compress`: the slices of an axis for which a constant condition holds.
pub(super) fn compress(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let holds = call.integers(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    let (operand, axis) = if call.attributes.has("axis") {
        let axis = call.attributes.int("axis", 0)?;
        let axis = call.axis(axis, &operand)?;
        (operand, axis)
    } else {
        call.alone()?;
        let flat = vec![count(&operand.shape).unwrap_or(0)];
        (call.shaped(&operand, flat)?, 0)
    };
    let size = operand.shape[axis];
    let chosen: Vec<usize> =
        (0..size).filter(|&at| holds.get(at).is_some_and(|&h| h != 0)).collect();
    Ok(vec![call.along(&operand, axis, &chosen)?.value])
}

/// `ArrayFeatureExtractor` of `ai.onnx.ml`: columns, which are along the last axis.
pub(super) fn columns(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let last = operand.shape.len().checked_sub(1);
    let last = last.ok_or_else(|| call.mixes("chooses among the points"))?;
    let indices = call.wholes(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    let chosen = places(call, &indices.data, operand.shape[last])?;
    let made = call.along(&operand, last, &chosen)?;
    // Of a vector it makes a matrix.
    if made.lead == 0 && made.shape.len() == 1 {
        let shape = vec![1, made.shape[0]];
        return Ok(vec![call.shaped(&made, shape)?.value]);
    }
    Ok(vec![made.value])
}

/// Slices of a tensor at tuples of indices.
struct Slices {
    /// Where the slices begin, and the shape of one.
    starts: Vec<u32>,
    size: usize,
    /// The shape of all slices.
    shape: Vec<usize>,
}

impl Slices {
    fn new(
        call: &mut Call<'_>,
        shape: &[usize],
        indices: &[usize],
        data: &[Whole],
        shared: usize,
    ) -> Result<Self, ModelError> {
        let fail = || call.wrong(format!("indices of shape {indices:?} for {shape:?}"));
        let [outer @ .., tuple] = indices else { return Err(fail()) };
        let taken = shared.checked_add(*tuple).filter(|&taken| taken <= shape.len());
        let taken = taken.ok_or_else(fail)?;
        if shared > outer.len() || outer[..shared] != shape[..shared] {
            return Err(fail());
        }
        let strides = layout::strides(shape);
        let size = count(&shape[taken..]).unwrap_or(0);
        let tuples = count(outer).unwrap_or(0);
        call.room(outer)?;
        let each = count(&outer[shared..]).unwrap_or(1).max(1);
        let mut starts = Vec::with_capacity(tuples);
        for index in 0..tuples {
            // The shared axes come first; they are counted by the tuple's own place.
            let mut start = index / each * if shared == 0 { 0 } else { strides[shared - 1] };
            for axis in 0..*tuple {
                let place = call.known(data[index * tuple + axis])?;
                let place = call.full_axis(place, shape[shared + axis])?;
                start += place * strides[shared + axis];
            }
            starts.push(u32::try_from(start).unwrap_or(u32::MAX));
        }
        Ok(Self { starts, size, shape: [outer, &shape[taken..]].concat() })
    }

    fn elements(&self, call: &mut Call<'_>) -> Result<Vec<u32>, ModelError> {
        call.room(&self.shape)?;
        let size = u32::try_from(self.size).unwrap_or(u32::MAX);
        Ok(self.starts.iter().flat_map(|&start| (0..size).map(move |at| start + at)).collect())
    }
}

/// The step of a plan that picks elements.
fn picked(
    call: &mut Call<'_>,
    table: &Row,
    indices: &Operand,
    (starts, places): (Vec<u32>, Vec<u32>),
    (stride, size): (usize, usize),
    shape: Vec<usize>,
) -> Result<Operand, ModelError> {
    let row = call.as_row(indices)?;
    let pick = Pick { starts: starts.into(), places: places.into(), stride, size };
    let made = call.step(Operation::Pick(pick), &[table, &row], shape)?;
    // Indices are staircases, without a gradient.
    Ok(call.of(Row { depends: table.depends, whole: table.whole, ..made }))
}

/// A tensor as a row; a constant keeps its own shape.
fn flat_row(call: &mut Call<'_>, operand: &Operand) -> Result<Row, ModelError> {
    match &operand.value {
        Value::Numbers(array) => constant(call, array),
        _ => call.as_row(operand),
    }
}

fn wholes(call: &Call<'_>, index: usize) -> Result<Vec<Whole>, ModelError> {
    let array = call.wholes(index)?;
    Ok(array.map(|array| array.data.to_vec()).unwrap_or_default())
}

/// Places along an axis of that size, counted from its beginning.
fn places(call: &Call<'_>, indices: &[Whole], size: usize) -> Result<Vec<usize>, ModelError> {
    indices.iter().map(|&whole| call.full_axis(call.known(whole)?, size)).collect()
}

fn together(starts: &[u32], places: &[usize], stride: usize) -> Vec<u32> {
    let place = |&place: &usize| u32::try_from(place * stride).unwrap_or(u32::MAX);
    starts.iter().zip(places).map(|(start, at)| start.saturating_add(place(at))).collect()
}

fn steps(strides: &[usize]) -> Vec<isize> {
    strides.iter().map(|stride| stride.cast_signed()).collect()
}
