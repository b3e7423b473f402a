//! `Resize` and `Upsample`: along each axis, weighted sums of neighbouring elements.

use super::super::call::{Call, Operand, Outputs};
use crate::ModelError;

/// How the weights of the neighbours are found.
struct Rule {
    mode: Mode,
    coordinates: String,
    nearest: String,
    cubic: f64,
    /// Neighbours outside are left out, and the others' weights scaled to 1.
    exclude: bool,
    /// What stands outside, with the coordinates of a region.
    outside: f64,
    antialias: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Nearest,
    Linear,
    Cubic,
}

pub(super) fn resize(call: &mut Call<'_>) -> Outputs {
    let old = call.operator == "Upsample" || call.opset < 11;
    let attributes = &mut call.attributes;
    let mode = attributes.text("mode", "nearest")?;
    let rule = Rule {
        mode: match mode.as_str() {
            "nearest" => Mode::Nearest,
            "linear" | "bilinear" => Mode::Linear,
            "cubic" => Mode::Cubic,
            other => return Err(call.unsupported(format!("attribute `mode` = {other:?}"))),
        },
        coordinates: attributes.text(
            "coordinate_transformation_mode",
            if old { "asymmetric" } else { "half_pixel" },
        )?,
        nearest: attributes
            .text("nearest_mode", if old { "floor" } else { "round_prefer_floor" })?,
        cubic: attributes.float("cubic_coeff_a", -0.75)?,
        exclude: attributes.switch("exclude_outside", false)?,
        outside: attributes.float("extrapolation_value", 0.0)?,
        antialias: attributes.switch("antialias", false)?,
    };
    let policy = attributes.text("keep_aspect_ratio_policy", "stretch")?;
    let listed = attributes.floats("scales")?;
    let axes = attributes.ints("axes")?.map(<[i64]>::to_vec);
    let operand = call.operand(0)?;
    let rank = operand.rank();
    let axes: Vec<usize> = match axes {
        Some(axes) => axes.iter().map(|&a| call.full_axis(a, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    let (scale_input, size_input) = if old { (1, 9) } else { (2, 3) };
    let scales = match listed {
        Some(scales) => Some(scales),
        None => call.constant(scale_input)?.map(|array| array.data.to_vec()),
    };
    let scales = scales.filter(|scales| !scales.is_empty());
    let wanted = call.integers(size_input)?.filter(|sizes| !sizes.is_empty());
    let region = if old { None } else { call.constant(1)?.filter(|array| !array.data.is_empty()) };
    let region = region.filter(|_| rule.coordinates == "tf_crop_and_resize");
    let given = scales.as_ref().map(Vec::len).or(wanted.as_ref().map(Vec::len));
    if given != Some(axes.len())
        || region.as_ref().is_some_and(|region| region.data.len() != 2 * axes.len())
    {
        return Err(call.wrong("its scales, sizes or region do not fit its axes"));
    }
    let mut result = operand.clone();
    let mut plans = Vec::new();
    for (index, &axis) in axes.iter().enumerate() {
        // The axis of the points may only stay as it is.
        let Some(own) = axis.checked_sub(operand.lead) else {
            let same = scales.as_ref().is_some_and(|scales| scales[index] == 1.0);
            if same {
                continue;
            }
            return Err(call.mixes("resizes the batch axis"));
        };
        let from = operand.shape[own] as f64;
        let (scale, to) = match (&scales, &wanted) {
            (Some(scales), _) => (scales[index], (from * scales[index]).floor()),
            (_, Some(wanted)) => (wanted[index] as f64 / from, wanted[index] as f64),
            _ => return Err(call.wrong("it has neither scales nor sizes")),
        };
        let bounds = region.as_ref().map(|r| (r.data[index], r.data[index + axes.len()]));
        plans.push((own, scale, to, bounds));
    }
    if policy != "stretch" && wanted.is_some() {
        let scales = plans.iter().map(|plan| plan.1);
        let scale = match policy.as_str() {
            "not_larger" => scales.fold(f64::INFINITY, f64::min),
            "not_smaller" => scales.fold(0.0, f64::max),
            other => {
                let what = format!("attribute `keep_aspect_ratio_policy` = {other:?}");
                return Err(call.unsupported(what));
            }
        };
        for (own, own_scale, to, _) in &mut plans {
            *own_scale = scale;
            *to = (scale * operand.shape[*own] as f64 + 0.5).floor();
        }
    }
    for (own, scale, to, region) in plans {
        if !(scale.is_finite() && scale > 0.0 && (1.0..=f64::from(1 << 25)).contains(&to)) {
            return Err(call.wrong(format!("an axis resized by {scale} to {to}")));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
        let count = to as usize;
        result = axis_resized(call, &result, own, &rule, (scale, count, region))?;
    }
    Ok(vec![result.value])
}

fn axis_resized(
    call: &mut Call<'_>,
    operand: &Operand,
    axis: usize,
    rule: &Rule,
    (scale, count, region): (f64, usize, Option<(f64, f64)>),
) -> Result<Operand, ModelError> {
    let size = operand.shape[axis];
    if scale == 1.0 && count == size && region.is_none() {
        return Ok(operand.clone());
    }
    call.room(&[count, size])?;
    let mut matrix = Vec::with_capacity(count);
    let mut blanks = vec![0.0; count];
    for (place, blank) in blanks.iter_mut().enumerate() {
        let x = rule.coordinate(place as f64, size as f64, count as f64, scale, region);
        let x = x.ok_or_else(|| {
            let what =
                format!("attribute `coordinate_transformation_mode` = {:?}", rule.coordinates);
            call.unsupported(what)
        })?;
        if region.is_some() && !(0.0..=(size - 1) as f64).contains(&x) {
            *blank = rule.outside;
            matrix.push(vec![0.0; size]);
        } else {
            matrix.push(rule.weights(x, size, scale));
        }
    }
    let moved = call.applied(operand, axis, &matrix)?;
    if blanks.iter().all(|&blank| blank == 0.0) {
        return Ok(moved);
    }
    let mut shape = vec![1; moved.shape.len()];
    shape[axis] = count;
    call.binary(crate::plan::BinaryKind::Add, &moved, &Operand::constant(shape, blanks))
}

impl Rule {
    /// Where a place of the result lies among those of the input.
    fn coordinate(
        &self,
        place: f64,
        size: f64,
        count: f64,
        scale: f64,
        region: Option<(f64, f64)>,
    ) -> Option<f64> {
        Some(match self.coordinates.as_str() {
            "half_pixel_symmetric" => {
                // The result is in the middle, also where its size was rounded down.
                let adjustment = count / (size * scale);
                let centre = size / 2.0;
                centre * (1.0 - adjustment) + (place + 0.5) / scale - 0.5
            }
            "pytorch_half_pixel" | "align_corners" if count <= 1.0 => 0.0,
            "half_pixel" | "pytorch_half_pixel" => (place + 0.5) / scale - 0.5,
            "tf_half_pixel_for_nn" => (place + 0.5) / scale,
            "align_corners" => place * (size - 1.0) / (size * scale - 1.0),
            "asymmetric" => place / scale,
            "tf_crop_and_resize" => {
                let (start, end) = region?;
                if count <= 1.0 {
                    (start + end) * (size - 1.0) / 2.0
                } else {
                    start * (size - 1.0) + place * (end - start) * (size - 1.0) / (count - 1.0)
                }
            }
            _ => return None,
        })
    }

    /// The weights of an axis' elements at a place between them.
    fn weights(&self, x: f64, size: usize, scale: f64) -> Vec<f64> {
        let mut weights = vec![0.0; size];
        let last = (size - 1) as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let inside = |place: f64| place.clamp(0.0, last) as usize;
        if self.mode == Mode::Nearest {
            let place = match self.nearest.as_str() {
                "round_prefer_ceil" => (x + 0.5).floor(),
                "floor" => x.floor(),
                "ceil" => x.ceil(),
                _ => (x - 0.5).ceil(),
            };
            weights[inside(place)] = 1.0;
            return weights;
        }
        // A smaller image averages over what lies under a place.
        let stretch = if self.antialias { scale.min(1.0) } else { 1.0 };
        let reach = if self.mode == Mode::Linear { 1.0 } else { 2.0 } / stretch;
        let mut place = (x - reach).ceil();
        let mut sum = 0.0;
        while place <= x + reach {
            let weight = self.kernel((place - x) * stretch);
            let outside = place < 0.0 || place > last;
            if !(self.exclude && outside) {
                weights[inside(place)] += weight;
                sum += weight;
            }
            place += 1.0;
        }
        for weight in &mut weights {
            *weight /= sum;
        }
        weights
    }

    fn kernel(&self, distance: f64) -> f64 {
        let (a, d) = (self.cubic, distance.abs());
        match self.mode {
            Mode::Linear => (1.0 - d).max(0.0),
            _ if d < 1.0 => ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0,
            _ if d < 2.0 => ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a,
            _ => 0.0,
        }
    }
}
