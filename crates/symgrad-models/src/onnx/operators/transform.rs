//! `DFT` and `AffineGrid`: linear in what is computed for each point.

use std::f64::consts::TAU;

use super::super::call::{Call, Operand, Outputs};
use super::super::value::count;
use crate::plan::BinaryKind;

/// `DFT`: the discrete Fourier transform along an axis, or its inverse.
pub(super) fn fourier(call: &mut Call<'_>) -> Outputs {
    let inverse = call.attributes.switch("inverse", false)?;
    let one_sided = call.attributes.switch("onesided", false)?;
    let axis = if call.opset < 20 {
        call.attributes.int("axis", 1)?
    } else {
        call.integers(2)?.and_then(|axis| axis.first().copied()).unwrap_or(-2)
    };
    let operand = call.operand(0)?;
    let axis = call.axis(axis, &operand)?;
    let last = operand.shape.len() - 1;
    if axis == last || !matches!(operand.shape[last], 1 | 2) {
        return Err(call.wrong(format!("a signal of shape {:?} along axis {axis}", operand.shape)));
    }
    let size = operand.shape[axis];
    let length = match call.integers(1)?.as_deref() {
        Some([length, ..]) => usize::try_from(*length).unwrap_or(0),
        _ if inverse && one_sided => 2 * (size - 1),
        _ => size,
    };
    if length == 0 {
        return Err(call.wrong("a transform of length 0"));
    }
    let outputs = if one_sided && !inverse { length / 2 + 1 } else { length };
    call.room(&[2, outputs, size])?;
    let angle = |out: usize, place: usize| TAU * ((out * place) % length) as f64 / length as f64;
    // The given half of a spectrum stands for the whole: other frequencies are conjugates.
    let share = |place: usize| {
        let alone = place == 0 || 2 * place == length;
        match (inverse, one_sided) {
            (false, _) => 1.0,
            (true, false) => (length as f64).recip(),
            (true, true) if place > length / 2 => 0.0,
            (true, true) if alone => (length as f64).recip(),
            (true, true) => 2.0 / length as f64,
        }
    };
    let matrix = |function: fn(f64) -> f64| -> Vec<Vec<f64>> {
        let weight = |out, place| {
            if place < length { share(place) * function(angle(out, place)) } else { 0.0 }
        };
        (0..outputs).map(|out| (0..size).map(|place| weight(out, place)).collect()).collect()
    };
    let (cosines, sines) = (matrix(f64::cos), matrix(f64::sin));
    let real = call.cut(&operand, last, 0, 1)?;
    let complex = operand.shape[last] == 2;
    let imaginary = if complex { Some(call.cut(&operand, last, 1, 2)?) } else { None };
    let sign = if inverse { 1.0 } else { -1.0 };
    let mut parts = [call.applied(&real, axis, &cosines)?, call.applied(&real, axis, &sines)?];
    parts[1] = call.times(&parts[1], sign)?;
    if let Some(imaginary) = imaginary {
        let (c, s) =
            (call.applied(&imaginary, axis, &cosines)?, call.applied(&imaginary, axis, &sines)?);
        let s = call.times(&s, -sign)?;
        parts[0] = call.binary(BinaryKind::Add, &parts[0], &s)?;
        parts[1] = call.binary(BinaryKind::Add, &parts[1], &c)?;
    }
    let made = if inverse && one_sided { parts[0].clone() } else { call.joined(&parts, last)? };
    Ok(vec![made.value])
}

/// `AffineGrid`: the places of an image's elements under affine maps.
pub(super) fn affine_grid(call: &mut Call<'_>) -> Outputs {
    let corners = call.attributes.switch("align_corners", false)?;
    call.alone()?;
    let maps = call.operand(0)?;
    let sizes = call.integers(1)?.unwrap_or_default();
    let image: Option<Vec<usize>> =
        sizes.iter().skip(2).map(|&size| usize::try_from(size).ok().filter(|&s| s > 0)).collect();
    let image = image.unwrap_or_default();
    let axes = image.len();
    let &[batch, rows, columns] = &maps.shape[..] else {
        return Err(call.wrong(format!("maps of shape {:?}", maps.shape)));
    };
    if !(matches!(axes, 2 | 3) && rows == axes && columns == axes + 1) {
        return Err(call.wrong(format!("maps of shape {:?} for an image of {image:?}", maps.shape)));
    }
    let total = call.room(&image)?;
    call.room(&[columns, total])?;
    let place = |size: usize, at: usize| {
        if corners {
            if size == 1 { -1.0 } else { 2.0 * at as f64 / (size - 1) as f64 - 1.0 }
        } else {
            (2.0 * at as f64 + 1.0) / size as f64 - 1.0
        }
    };
    let strides = crate::layout::strides(&image);
    // The last axis of the image comes first.
    let mut coordinates: Vec<f64> = Vec::with_capacity(columns * total);
    for axis in (0..axes).rev() {
        coordinates
            .extend((0..total).map(|at| place(image[axis], at / strides[axis] % image[axis])));
    }
    coordinates.resize(columns * total, 1.0);
    let coordinates = Operand::constant(vec![columns, total], coordinates);
    let product = call.product(&maps, &coordinates)?;
    let turned = call.transposed(&product, &[0, 2, 1])?;
    let shape = [&[batch], &image[..], &[axes]].concat();
    debug_assert_eq!(count(&shape), count(&turned.shape));
    Ok(vec![call.shaped(&turned, shape)?.value])
}
