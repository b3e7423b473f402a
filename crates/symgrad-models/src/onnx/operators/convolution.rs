//! Windows that slide over images: convolutions and pooling, in one or two dimensions.

use super::super::call::{Call, Outputs};
use super::super::value::{Row, Value, count};
use crate::ModelError;
use crate::layout;
use crate::plan::{ABSENT, Convolve, Operation, Reduce, Reduction, Windows};

/// Where a sliding window stands: one entry for each axis of the image.
struct Sliding {
    axes: Vec<Axis>,
}

struct Axis {
    /// Elements of the image.
    size: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    /// Blank elements before and behind the image.
    pads: [usize; 2],
    /// Places of the window.
    places: usize,
}

/// `Conv`.
pub(super) fn conv(call: &mut Call<'_>) -> Outputs {
    let (row, before, channels, image) = image(call)?;
    let weight = call.constant(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    let bias = call.constant(2)?;
    let groups = usize::try_from(call.attributes.int("group", 1)?).unwrap_or(0);
    let [filters, depth, kernel @ ..] = &weight.shape[..] else {
        return Err(call.wrong(format!("a kernel of shape {:?}", weight.shape)));
    };
    let fits = groups > 0
        && filters % groups == 0
        && depth.checked_mul(groups) == Some(channels)
        && kernel.len() == image.len()
        && call.attributes.ints("kernel_shape")?.is_none_or(|shape| same(&shape, kernel));
    if !fits || weight.data.is_empty() {
        return Err(call.wrong(format!(
            "a kernel of shape {:?} in {groups} groups does not fit {channels} channels of {image:?}",
            weight.shape
        )));
    }
    if bias.as_ref().is_some_and(|bias| bias.data.len() != *filters) {
        return Err(call.wrong(format!("the bias does not have {filters} numbers")));
    }
    let sliding = Sliding::new(call, &image, kernel, false)?;
    let taps = sliding.elements(call)?;
    let (taps, kernel) = (layout_by_kernel(&taps, count(kernel).unwrap_or(1)), kernel);
    let shape = [&before[..], &[*filters], &sliding.places()].concat();
    call.plan.reserve(weight.data.len())?;
    let convolve = Convolve {
        groups,
        filters: filters / groups,
        channels: *depth,
        area: count(&image).unwrap_or(0),
        taps,
        kernel: count(kernel).unwrap_or(1),
        weight: weight.data.to_vec().into(),
        bias: bias.map(|bias| bias.data.to_vec().into()),
    };
    Ok(vec![Value::Row(call.step(Operation::Convolve(convolve), &[&row], shape)?)])
}

/// `MaxPool` and `AveragePool`.
pub(super) fn pool(call: &mut Call<'_>) -> Outputs {
    let (row, before, channels, image) = image(call)?;
    let average = call.operator == "AveragePool";
    let with_blanks = average && call.attributes.switch("count_include_pad", false)?;
    if !average {
        call.attributes.only("storage_order", 0)?;
    }
    let ceil = call.attributes.switch("ceil_mode", false)?;
    let kernel = call.attributes.ints("kernel_shape")?.unwrap_or_default();
    let sizes: Vec<usize> = kernel.iter().map(|&k| usize::try_from(k).unwrap_or(0)).collect();
    let sliding = Sliding::new(call, &image, &sizes, ceil)?;
    let one = sliding.elements(call)?;
    let size = count(&sizes).unwrap_or(1);
    let area = count(&image).unwrap_or(0);
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
    let reduction = if average {
        // In the last, partial window of a rounded-up count, only padding counts as blank.
        let blanks = if with_blanks { Some(sliding.within_padding()) } else { None };
        let counts: Vec<f64> = (0..one.len() / size)
            .map(|place| match &blanks {
                Some(counts) => counts[place] as f64,
                None => present(&one[place * size..(place + 1) * size]) as f64,
            })
            .collect();
        Reduction::Sum(counts.repeat(channels).into())
    } else {
        Reduction::Maximum
    };
    let shape = [&before[..], &[channels], &sliding.places()].concat();
    let windows = Windows { size, elements };
    let reduce = Reduce { windows, reduction };
    let result = call.step(Operation::Reduce(reduce), &[&row], shape)?;
    let mut outputs = vec![Value::Discrete; call.outputs.max(1)];
    outputs[0] = Value::Row(result);
    Ok(outputs)
}

/// The row, the axes before its channels, the count of channels and the shape of an image.
fn image(call: &Call<'_>) -> Result<(Row, Vec<usize>, usize, Vec<usize>), ModelError> {
    let row = call.row(0)?;
    let (before, rest) = match (call.lead, &row.shape[..]) {
        (1, shape) => (vec![], shape),
        (_, [1, rest @ ..]) => (vec![1], rest),
        (_, shape) => return Err(call.unsupported(format!("an input of shape {shape:?}"))),
    };
    match rest {
        [channels, image @ ..] if matches!(image.len(), 1 | 2) => {
            Ok((row.clone(), before, *channels, image.to_vec()))
        }
        _ => Err(call
            .unsupported(format!("an image of shape {rest:?} (1 or 2 axes after the channels)"))),
    }
}

fn same(given: &[i64], sizes: &[usize]) -> bool {
    given.len() == sizes.len()
        && given.iter().zip(sizes).all(|(&a, &b)| usize::try_from(a).is_ok_and(|a| a == b))
}

/// Place by place to element by element of the kernel.
fn layout_by_kernel(taps: &[u32], kernel: usize) -> Box<[u32]> {
    let places = taps.len() / kernel;
    layout::transpose(&[places, kernel], &[1, 0])
        .into_iter()
        .map(|index| taps[index as usize])
        .collect()
}

impl Sliding {
    fn new(
        call: &mut Call<'_>,
        image: &[usize],
        kernel: &[usize],
        ceil: bool,
    ) -> Result<Self, ModelError> {
        let rank = image.len();
        let strides = sizes(call, "strides", rank, 1)?;
        let dilations = sizes(call, "dilations", rank, 1)?;
        let pads = sizes(call, "pads", 2 * rank, 0)?;
        let auto = call.attributes.text("auto_pad", "NOTSET")?;
        if kernel.len() != rank {
            return Err(call.wrong(format!("a kernel of shape {kernel:?} for {image:?}")));
        }
        let mut axes = Vec::new();
        for (axis, &size) in image.iter().enumerate() {
            let (kernel, stride, dilation) = (kernel[axis], strides[axis], dilations[axis]);
            let reach = kernel.checked_sub(1).and_then(|steps| steps.checked_mul(dilation));
            let reach = reach.filter(|_| stride > 0 && dilation > 0);
            let reach =
                reach.ok_or_else(|| call.wrong("a kernel, stride or dilation is 0 or huge"))?;
            let pads = match auto.as_str() {
                "NOTSET" => [pads[axis], pads[rank + axis]],
                "VALID" => [0, 0],
                "SAME_UPPER" | "SAME_LOWER" => {
                    let last = (size.div_ceil(stride) - 1).saturating_mul(stride);
                    let total = last.saturating_add(reach).saturating_sub(size - 1);
                    let small = total / 2;
                    if auto == "SAME_UPPER" {
                        [small, total - small]
                    } else {
                        [total - small, small]
                    }
                }
                other => return Err(call.unsupported(format!("attribute `auto_pad` = {other:?}"))),
            };
            let padded = pads.iter().try_fold(size, |sum, &pad| sum.checked_add(pad));
            let span = padded.and_then(|padded| padded.checked_sub(reach + 1));
            let Some(span) = span else {
                return Err(call.wrong(format!("a kernel of {kernel} does not fit {size}")));
            };
            let mut places = span / stride + 1;
            if ceil && span % stride != 0 && places.saturating_mul(stride) < size + pads[0] {
                places += 1;
            }
            axes.push(Axis { size, kernel, stride, dilation, pads, places });
        }
        Ok(Self { axes })
    }

    fn places(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.places).collect()
    }

    /// For each place of the window, the elements under it.
    fn elements(&self, call: &mut Call<'_>) -> Result<Vec<u32>, ModelError> {
        let shape: Vec<usize> = self.axes.iter().flat_map(|a| [a.places, a.kernel]).collect();
        // Also for the intermediate tables.
        call.room(&shape)?;
        call.room(&shape)?;
        Ok(self.table(|axis, position| {
            position.checked_sub(axis.pads[0]).filter(|&place| place < axis.size)
        }))
    }

    /// For each place of the window, how much of it is image or padding.
    fn within_padding(&self) -> Vec<usize> {
        let size: usize = self.axes.iter().map(|axis| axis.kernel).product();
        let inside = self.table(|axis, position| {
            (position < axis.pads[0] + axis.size + axis.pads[1]).then_some(0)
        });
        inside.chunks_exact(size).map(|w| w.iter().filter(|&&tap| tap != ABSENT).count()).collect()
    }

    /// For each place and element of the window, the element of the image that `find` gives for
    /// its position on each axis, counted from the beginning of the padding.
    fn table(&self, find: impl Fn(&Axis, usize) -> Option<usize>) -> Vec<u32> {
        let mut table = vec![Some(0)];
        // Axis by axis: (places, elements) of the axes so far, then both of this one.
        let (mut places, mut kernel) = (1, 1);
        for axis in &self.axes {
            let mut next = Vec::with_capacity(table.len() * axis.places * axis.kernel);
            for place in 0..places {
                for here in 0..axis.places {
                    for element in 0..kernel {
                        let so_far: Option<usize> = table[place * kernel + element];
                        next.extend((0..axis.kernel).map(|tap| {
                            let position = here * axis.stride + tap * axis.dilation;
                            Some(so_far? * axis.size + find(axis, position)?)
                        }));
                    }
                }
            }
            table = next;
            places *= axis.places;
            kernel *= axis.kernel;
        }
        let narrow =
            |tap: Option<usize>| tap.and_then(|tap| u32::try_from(tap).ok()).unwrap_or(ABSENT);
        table.into_iter().map(narrow).collect()
    }
}

/// An attribute of one size for each axis.
fn sizes(
    call: &mut Call<'_>,
    name: &str,
    count: usize,
    default: usize,
) -> Result<Vec<usize>, ModelError> {
    let Some(given) = call.attributes.ints(name)? else {
        return Ok(vec![default; count]);
    };
    let sizes: Option<Vec<usize>> = given.iter().map(|&size| usize::try_from(size).ok()).collect();
    match sizes {
        Some(sizes) if sizes.len() == count => Ok(sizes),
        _ => Err(call.unsupported(format!("attribute `{name}` = {given:?}"))),
    }
}
