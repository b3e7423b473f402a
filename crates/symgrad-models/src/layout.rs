//! Where elements go when a tensor is transposed, cut or repeated.
//!
//! Results are indices in the source, one for each element of the result, row by row. The
//! callers have checked that the shapes fit, and that there is room.

/// How many elements apart neighbours along each axis are.
pub(crate) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// Elements along axes of these sizes, in steps of `strides` from `offset` on.
pub(crate) fn walk(shape: &[usize], strides: &[isize], offset: usize) -> Vec<u32> {
    if shape.contains(&0) {
        return Vec::new();
    }
    let mut found = vec![offset];
    for (&size, &stride) in shape.iter().zip(strides) {
        let along = |start: usize| {
            (0..size).map(move |index| start.wrapping_add_signed(stride * index.cast_signed()))
        };
        found = found.into_iter().flat_map(along).collect();
    }
    narrow(found)
}

/// The elements of a tensor that is repeated along new axes and those of size 1.
pub(crate) fn broadcast(from: &[usize], to: &[usize]) -> Vec<u32> {
    let new = to.len() - from.len();
    let mut steps = vec![0; new];
    for (&size, stride) in from.iter().zip(strides(from)) {
        steps.push(if size == 1 { 0 } else { stride.cast_signed() });
    }
    walk(to, &steps, 0)
}

/// The elements of a tensor whose axes are put in another order.
pub(crate) fn transpose(shape: &[usize], order: &[usize]) -> Vec<u32> {
    let strides = strides(shape);
    let steps: Vec<isize> = order.iter().map(|&axis| strides[axis].cast_signed()).collect();
    let sizes: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
    walk(&sizes, &steps, 0)
}

/// The elements at some indices along an axis.
pub(crate) fn pick(shape: &[usize], axis: usize, indices: &[usize]) -> Vec<u32> {
    let outer: usize = shape[..axis].iter().product();
    let inner: usize = shape[axis + 1..].iter().product();
    let blocks = (0..outer)
        .flat_map(|block| indices.iter().map(move |index| (block * shape[axis] + index) * inner));
    narrow(blocks.flat_map(|start| start..start + inner).collect())
}

/// The shape that two shapes are broadcast to, if they can be.
pub(crate) fn common(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let size = |shape: &[usize], axis: usize| {
        (axis + shape.len()).checked_sub(rank).map_or(1, |axis| shape[axis])
    };
    (0..rank)
        .map(|axis| match (size(a, axis), size(b, axis)) {
            (1, size) | (size, 1) => Some(size),
            (x, y) => (x == y).then_some(x),
        })
        .collect()
}

/// Indices are below the largest count of numbers in a plan.
fn narrow(indices: Vec<usize>) -> Vec<u32> {
    indices.into_iter().map(|index| u32::try_from(index).unwrap_or(u32::MAX)).collect()
}
