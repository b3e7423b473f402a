//! Windows that slide over images, in any number of dimensions.

use super::super::call::Call;
use crate::ModelError;
use crate::plan::ABSENT;

/// Where a sliding window stands: one entry for each axis of the image.
pub(super) struct Sliding {
    pub(super) axes: Vec<Axis>,
}

pub(super) struct Axis {
    /// Elements of the image.
    pub(super) size: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) dilation: usize,
    /// Blank elements before and behind the image.
    pub(super) pads: [usize; 2],
    /// Places of the window.
    pub(super) places: usize,
}

impl Sliding {
    pub(super) fn new(
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

    pub(super) fn places(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.places).collect()
    }

    /// For each place of the window, the elements under it.
    pub(super) fn elements(&self, call: &mut Call<'_>) -> Result<Vec<u32>, ModelError> {
        let shape: Vec<usize> = self.axes.iter().flat_map(|a| [a.places, a.kernel]).collect();
        // Also for the intermediate tables.
        call.room(&shape)?;
        call.room(&shape)?;
        Ok(self.table(|axis, position| {
            position.checked_sub(axis.pads[0]).filter(|&place| place < axis.size)
        }))
    }

    /// For each place of the window, how much of it is image or padding.
    pub(super) fn within_padding(&self) -> Vec<usize> {
        let size: usize = self.axes.iter().map(|axis| axis.kernel).product();
        let inside = self.table(|axis, position| {
            (position < axis.pads[0] + axis.size + axis.pads[1]).then_some(0)
        });
        inside.chunks_exact(size).map(|w| w.iter().filter(|&&tap| tap != ABSENT).count()).collect()
    }

    /// For each place and element of the window, the element of the image that `find` gives for
    /// its position on each axis, counted from the beginning of the padding.
    pub(super) fn table(&self, find: impl Fn(&Axis, usize) -> Option<usize>) -> Vec<u32> {
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
pub(super) fn sizes(
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
