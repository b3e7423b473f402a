//! Convolutions in any number of dimensions, and their transposes.

use std::sync::Arc;

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Row, Value, count};
use super::rearrange::{Blank, padded};
use super::sliding::{Axis, Sliding, sizes};
use crate::ModelError;
use crate::layout;
use crate::plan::{ABSENT, Arrange, BinaryKind, Convolve, Operation};

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
