//! Pooling, and columns that are put back into images.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Value, count};
use super::sliding::Sliding;
use crate::plan::{ABSENT, BinaryKind, Reduction, Unary, Windows};

/// `Col2Im`: columns added up where they belong in an image.
pub(super) fn columns_to_image(call: &mut Call<'_>) -> Outputs {
    call.alone()?;
    let operand = call.operand(0)?;
    let shape = |integers: Option<Vec<i64>>| -> Option<Vec<usize>> {
        integers?.iter().map(|&size| usize::try_from(size).ok().filter(|&size| size > 0)).collect()
    };
    let (image, block) = (shape(call.integers(1)?), shape(call.integers(2)?));
    let (Some(image), Some(block)) = (image, block) else {
        return Err(call.wrong("its shapes do not fit"));
    };
    let sliding = Sliding::new(call, &image, &block, false)?;
    let taps = sliding.elements(call)?;
    let size = count(&block).unwrap_or(1);
    let places = taps.len() / size;
    let &[batch, depth, columns] = &operand.shape[..] else {
        return Err(call.wrong(format!("columns of shape {:?}", operand.shape)));
    };
    if depth % size != 0 || columns != places {
        return Err(call.wrong(format!("columns of shape {:?} do not fit", operand.shape)));
    }
    let (channels, area) = (depth / size, count(&image).unwrap_or(0));
    // For each element of the image, the columns that add to it.
    let mut sources: Vec<Vec<u32>> = vec![Vec::new(); area];
    for (at, &tap) in taps.iter().enumerate().filter(|(_, tap)| **tap != ABSENT) {
        let (place, element) = (at / size, at % size);
        sources[tap as usize].push(u32::try_from(element * places + place).unwrap_or(u32::MAX));
    }
    let most = sources.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let images = batch * channels;
    call.room(&[images, area, most])?;
    let each = u32::try_from(size * places).unwrap_or(u32::MAX);
    let mut elements = Vec::with_capacity(images * area * most);
    for index in (0_u32..).take(images) {
        for source in &sources {
            elements.extend(source.iter().map(|from| from.saturating_add(index * each)));
            elements.resize(elements.len() + most - source.len(), ABSENT);
        }
    }
    let windows = Windows { size: most, elements: elements.into() };
    let row = call.as_row(&operand)?;
    let shape = [&[batch, channels], &image[..]].concat();
    Ok(vec![call.grouped(&Reduction::Sum(None), &row, windows, shape)?.value])
}

/// `MaxPool`, `AveragePool` and `LpPool`.
pub(super) fn pool(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let average = call.operator == "AveragePool";
    let power = if call.operator == "LpPool" { call.attributes.int("p", 2)? } else { 1 };
    let with_blanks = average && call.attributes.switch("count_include_pad", false)?;
    if call.operator == "MaxPool" {
        call.attributes.only("storage_order", 0)?;
    }
    let ceil = call.attributes.switch("ceil_mode", false)?;
    let kernel = call.attributes.ints("kernel_shape")?.unwrap_or_default();
    let sizes: Vec<usize> = kernel.iter().map(|&k| usize::try_from(k).unwrap_or(0)).collect();
    if operand.rank() < 3 {
        return Err(call.wrong(format!("an image of shape {:?}", operand.shape)));
    }
    let (before, image) = operand.shape.split_at(2 - operand.lead);
    let sliding = Sliding::new(call, image, &sizes, ceil)?;
    let one = sliding.elements(call)?;
    let (size, area) = (count(&sizes).unwrap_or(1), count(image).unwrap_or(0));
    let channels = count(before).unwrap_or(0);
    call.room(&[channels, one.len()])?;
    let elements: Box<[u32]> = (0..channels)
        .flat_map(|channel| one.iter().map(move |&tap| (channel, tap)))
        .map(|(channel, tap)| match tap {
            ABSENT => ABSENT,
            tap => u32::try_from(channel * area).unwrap_or(ABSENT).saturating_add(tap),
        })
        .collect();
    let present = |window: &[u32]| window.iter().filter(|&&tap| tap != ABSENT).count();
    if one.chunks_exact(size).any(|window| present(window) == 0) {
        return Err(call.unsupported("padding so wide that a window misses the image"));
    }
    let shape = [before, &sliding.places()].concat();
    let windows = Windows { size, elements };
    let result = match call.operator.as_str() {
        "AveragePool" => {
            // In the last, partial window of a rounded-up count, only padding counts as blank.
            let blanks = if with_blanks { Some(sliding.within_padding()) } else { None };
            let counts: Vec<f64> = (0..one.len() / size)
                .map(|place| match &blanks {
                    Some(counts) => counts[place] as f64,
                    None => present(&one[place * size..(place + 1) * size]) as f64,
                })
                .collect();
            let divisors = Some(counts.repeat(channels).into());
            let row = call.as_row(&operand)?;
            call.grouped(&Reduction::Sum(divisors), &row, windows, shape)?
        }
        "LpPool" => {
            let sizes = call.unary(Unary::Absolute, &operand)?;
            let powers = call.binary(BinaryKind::Power, &sizes, &Operand::number(power as f64))?;
            let row = call.as_row(&powers)?;
            let sum = call.grouped(&Reduction::Sum(None), &row, windows, shape)?;
            let root = Operand::number((power as f64).recip());
            call.binary(BinaryKind::Power, &sum, &root)?
        }
        _ => {
            let row = call.as_row(&operand)?;
            call.grouped(&Reduction::Maximum, &row, windows, shape)?
        }
    };
    let mut outputs = vec![Value::left_out(); call.outputs.max(1)];
    outputs[0] = result.value;
    Ok(outputs)
}
