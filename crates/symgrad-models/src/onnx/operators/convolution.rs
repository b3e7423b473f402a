//! Windows that slide over images: convolutions and pooling, in any number of dimensions.

use std::sync::Arc;

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Row, Value, count};
use super::rearrange::{Blank, padded};
use crate::ModelError;
use crate::layout;
use crate::plan::{ABSENT, Arrange, BinaryKind, Convolve, Operation, Reduction, Unary, Windows};

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
    let images = call.operand(0)?;
    let kernel = Kernel::new(call, &images)?;
    let image: Vec<usize> = images.shape[2 - images.lead..].to_vec();
    let sliding = Sliding::new(call, &image, &kernel.sizes, false)?;
    let made = over_images(call, &images, |call, image| kernel.convolve(call, image, &sliding))?;
    Ok(vec![made.value])
}

/// `ConvTranspose`: a convolution of the image with blanks between its elements.
pub(super) fn transposed(call: &mut Call<'_>) -> Outputs {
    let images = call.operand(0)?;
    let weight = call.constant(1)?.ok_or_else(|| call.wrong("input 1 is missing"))?;
    let groups = usize::try_from(call.attributes.int("group", 1)?).unwrap_or(0);
    let rank = images.rank().saturating_sub(2);
    let [channels, filters, kernel @ ..] = &weight.shape[..] else {
        return Err(call.wrong(format!("a kernel of shape {:?}", weight.shape)));
    };
    let given = call.attributes.ints("kernel_shape")?.is_none_or(|shape| same(shape, kernel));
    let own = images.shape.get(1 - images.lead).copied();
    if groups == 0
        || channels % groups != 0
        || own != Some(*channels)
        || kernel.len() != rank
        || !given
    {
        return Err(call.wrong(format!("a kernel of shape {:?} does not fit", weight.shape)));
    }
    call.some(&weight.shape)?;
    let strides = sizes(call, "strides", rank, 1)?;
    let dilations = sizes(call, "dilations", rank, 1)?;
    let further = sizes(call, "output_padding", rank, 0)?;
    let pads = sizes(call, "pads", 2 * rank, 0)?;
    let auto = call.attributes.text("auto_pad", "NOTSET")?;
    let wanted = call.attributes.ints("output_shape")?;
    if wanted.is_some_and(|wanted| wanted.len() != rank)
        || strides.contains(&0)
        || dilations.contains(&0)
    {
        return Err(call.wrong("its attributes do not fit the image"));
    }
    let mut result = call.as_row(&images)?;
    let mut widths = Vec::new();
    for axis in 0..rank {
        let place = axis + 2 - images.lead;
        let size = images.shape[place];
        let whole = |size: usize| i64::try_from(size).unwrap_or(i64::MAX / 4);
        let reach = whole(kernel[axis] - 1).saturating_mul(whole(dilations[axis]));
        let span = whole(size - 1).saturating_mul(whole(strides[axis]));
        let full = span.saturating_add(whole(further[axis])).saturating_add(reach + 1);
        let target = match (wanted, auto.as_str()) {
            (Some(wanted), _) => Some(wanted[axis]),
            (None, "SAME_UPPER" | "SAME_LOWER") => {
                Some(whole(size).saturating_mul(whole(strides[axis])))
            }
            _ => None,
        };
        let (before, after) = match target {
            None if auto == "VALID" => (0, 0),
            None => (whole(pads[axis]), whole(pads[axis + rank])),
            Some(target) => {
                let total = full.saturating_sub(target);
                let small = total / 2;
                if total < 0 {
                    // Blanks behind the image make up for what is missing.
                    (0, total)
                } else if auto == "SAME_UPPER" {
                    (small, total - small)
                } else {
                    (total - small, small)
                }
            }
        };
        result = dilated(call, &result, place, strides[axis])?;
        let behind = reach.saturating_sub(after).saturating_add(whole(further[axis]));
        widths.push((place, reach.saturating_sub(before), behind));
    }
    let images = call.of(result);
    let images = padded(call, &images, &widths, &Blank::Number(0.0))?;
    let kernel = Kernel {
        groups,
        filters: *filters,
        channels: channels / groups,
        sizes: kernel.to_vec(),
        weight: turned(call, &weight.data, groups, [channels / groups, *filters], kernel)?,
        computed: None,
        bias: Kernel::bias(call, filters * groups)?,
    };
    let image: Vec<usize> = images.shape[2 - images.lead..].to_vec();
    let axes = image
        .iter()
        .enumerate()
        .map(|(axis, &size)| {
            let reach = (kernel.sizes[axis] - 1).checked_mul(dilations[axis])?;
            let places = size.checked_sub(reach).filter(|&places| places > 0)?;
            Some(Axis {
                size,
                kernel: kernel.sizes[axis],
                stride: 1,
                dilation: dilations[axis],
                pads: [0, 0],
                places,
            })
        })
        .collect::<Option<Vec<Axis>>>();
    let axes = axes.ok_or_else(|| call.wrong("the kernel does not fit the image"))?;
    let sliding = Sliding { axes };
    let made = over_images(call, &images, |call, image| kernel.convolve(call, image, &sliding))?;
    Ok(vec![made.value])
}

/// The kernel of a transposed convolution as that of a convolution: filters and channels
/// exchanged within each group, elements backwards.
fn turned(
    call: &mut Call<'_>,
    weight: &[f64],
    groups: usize,
    [channels, filters]: [usize; 2],
    kernel: &[usize],
) -> Result<Arc<[f64]>, ModelError> {
    call.plan.reserve(weight.len())?;
    let size = count(kernel).unwrap_or(1);
    let at = |group: usize, filter: usize, channel: usize, element: usize| {
        weight[((group * channels + channel) * filters + filter) * size + size - 1 - element]
    };
    let mut result = Vec::with_capacity(weight.len());
    for group in 0..groups {
        for filter in 0..filters {
            for channel in 0..channels {
                result.extend((0..size).map(|element| at(group, filter, channel, element)));
            }
        }
    }
    Ok(result.into())
}

/// A row with blanks between the elements along an axis.
fn dilated(call: &mut Call<'_>, row: &Row, axis: usize, stride: usize) -> Result<Row, ModelError> {
    if stride == 1 {
        return Ok(row.clone());
    }
    let mut shape = row.shape.clone();
    let size = (shape[axis] - 1).checked_mul(stride).and_then(|span| span.checked_add(1));
    shape[axis] = size.ok_or_else(|| call.wrong("a stride is too large"))?;
    let length = call.room(&shape)?;
    call.room(&row.shape)?;
    let mut steps: Vec<isize> =
        layout::strides(&shape).into_iter().map(usize::cast_signed).collect();
    steps[axis] *= stride.cast_signed();
    let places = layout::walk(&row.shape, &steps, 0);
    let parts = vec![places.into_iter().zip(0..).collect()];
    let arrange = Arrange { background: vec![0.0; length].into(), parts };
    call.step(Operation::Arrange(arrange), &[row], shape)
}

/// Applies a function to every image: the only one, or each of several.
fn over_images(
    call: &mut Call<'_>,
    images: &Operand,
    mut function: impl FnMut(&mut Call<'_>, &Operand) -> Result<Operand, ModelError>,
) -> Result<Operand, ModelError> {
    if images.lead == 1 || images.shape[0] == 1 {
        return function(call, images);
    }
    let made = (0..images.shape[0])
        .map(|index| {
            let image = call.cut(images, 0, index, index + 1)?;
            function(call, &image)
        })
        .collect::<Result<Vec<_>, _>>()?;
    call.joined(&made, 0)
}

/// The kernel of a convolution, with its bias.
struct Kernel {
    groups: usize,
    /// Channels of the result, and of the image, in a group.
    filters: usize,
    channels: usize,
    sizes: Vec<usize>,
    weight: Arc<[f64]>,
    /// The weights, where they are computed for each point.
    computed: Option<Operand>,
    bias: Option<Operand>,
}

impl Kernel {
    fn new(call: &mut Call<'_>, images: &Operand) -> Result<Self, ModelError> {
        let operand = call.operand(1)?;
        let groups = usize::try_from(call.attributes.int("group", 1)?).unwrap_or(0);
        let computed = matches!(operand.value, Value::Row(_));
        if computed {
            call.alone()?;
        }
        let shape = operand.shape.clone();
        let [filters, depth, kernel @ ..] = &shape[..] else {
            return Err(call.wrong(format!("a kernel of shape {shape:?}")));
        };
        let image = images.shape.get(1 - images.lead..).unwrap_or_default();
        let fits = groups > 0
            && filters % groups == 0
            && image.len() == kernel.len() + 1
            && depth.checked_mul(groups) == image.first().copied()
            && call.attributes.ints("kernel_shape")?.is_none_or(|given| same(given, kernel));
        if !fits || shape.contains(&0) {
            return Err(call.wrong(format!(
                "a kernel of shape {shape:?} in {groups} groups does not fit an image of {image:?}"
            )));
        }
        let weight: Arc<[f64]> = match call.input(1) {
            Some(Value::Row(_)) => Vec::new().into(),
            _ => call.constant(1)?.map_or_else(|| Vec::new().into(), |array| array.data),
        };
        let bias = Self::bias(call, *filters)?;
        Ok(Self {
            groups,
            filters: filters / groups,
            channels: *depth,
            sizes: kernel.to_vec(),
            weight,
            computed: computed.then_some(operand),
            bias,
        })
    }

    fn bias(call: &Call<'_>, filters: usize) -> Result<Option<Operand>, ModelError> {
        let bias = call.optional(2)?;
        match bias {
            Some(bias) if bias.shape != [filters] => {
                Err(call.wrong(format!("the bias does not have {filters} numbers")))
            }
            Some(Operand { value: Value::Row(_), .. }) if call.lead == 1 => {
                Err(call.mixes("may use the batch axis like any other"))
            }
            bias => Ok(bias),
        }
    }

    fn convolve(
        &self,
        call: &mut Call<'_>,
        image: &Operand,
        sliding: &Sliding,
    ) -> Result<Operand, ModelError> {
        let row = call.as_row(image)?;
        let taps = sliding.elements(call)?;
        let kernel = count(&self.sizes).unwrap_or(1);
        let taps = layout_by_kernel(&taps, kernel);
        let places = sliding.places();
        let filters = self.groups * self.filters;
        let before = vec![1; 1 - image.lead];
        let shape = [&before[..], &[filters], &places].concat();
        let area = sliding.axes.iter().map(|axis| axis.size).product();
        let constant = match &self.bias {
            Some(Operand { value: Value::Numbers(bias), .. }) => Some(bias.data.to_vec().into()),
            _ => None,
        };
        let with_bias = constant.is_some() || self.bias.is_none();
        let result = if let Some(weight) = &self.computed {
            let columns = self.columns(call, &row, &taps, area)?;
            let depth = self.channels * kernel;
            let weight = call.shaped(weight, vec![self.groups, self.filters, depth])?;
            let product = call.product(&weight, &columns)?;
            let result = call.shaped(&product, shape)?;
            return self.shifted(call, &result, places.len());
        } else {
            let (groups, filters, channels) = (self.groups, self.filters, self.channels);
            let weight = self.weight.clone();
            let convolve =
                Convolve { groups, filters, channels, area, taps, kernel, weight, bias: constant };
            call.step(Operation::Convolve(convolve), &[&row], shape)?
        };
        let result = call.of(result);
        if with_bias { Ok(result) } else { self.shifted(call, &result, places.len()) }
    }

    /// The result with the bias added, if there is one.
    fn shifted(
        &self,
        call: &mut Call<'_>,
        result: &Operand,
        axes: usize,
    ) -> Result<Operand, ModelError> {
        let Some(bias) = &self.bias else { return Ok(result.clone()) };
        let mut shape = vec![1; axes + 1];
        shape[0] = self.groups * self.filters;
        let bias = call.shaped(bias, shape)?;
        call.binary(BinaryKind::Add, result, &bias)
    }

    /// For each group the elements under the kernel: (channels · kernel) × places.
    fn columns(
        &self,
        call: &mut Call<'_>,
        row: &Row,
        taps: &[u32],
        area: usize,
    ) -> Result<Operand, ModelError> {
        let channels = self.groups * self.channels;
        let length = call.room(&[channels, taps.len()])?;
        call.room(&[channels, taps.len()])?;
        let places = (0..channels)
            .flat_map(|channel| taps.iter().map(move |&tap| (channel * area, tap)))
            .zip(0..)
            .filter(|((_, tap), _)| *tap != ABSENT);
        let narrow = |from: usize| u32::try_from(from).unwrap_or(u32::MAX);
        let pairs = places.map(|((start, tap), to)| (to, narrow(start).saturating_add(tap)));
        let arrange =
            Arrange { background: vec![0.0; length].into(), parts: vec![pairs.collect()] };
        let kernel = count(&self.sizes).unwrap_or(1);
        let shape = vec![self.groups, self.channels * kernel, taps.len() / kernel];
        let row = call.step(Operation::Arrange(arrange), &[row], shape)?;
        Ok(call.of(row))
    }
}

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
