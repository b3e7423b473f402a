//! Convolutions, as products with the windows laid out as columns.

use std::sync::Arc;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use super::Sweep;
use super::reduce::ABSENT;

/// A convolution over each row, in any number of dimensions.
#[derive(Clone, Debug)]
pub(crate) struct Convolve {
    pub(crate) groups: usize,
    /// Channels of the result in a group.
    pub(crate) filters: usize,
    /// Channels of the input in a group.
    pub(crate) channels: usize,
    /// Elements of one channel of the input.
    pub(crate) area: usize,
    /// For each element of the kernel and each position of it, the element of the channel under
    /// it, or [`ABSENT`].
    pub(crate) taps: Box<[u32]>,
    /// Elements of the kernel.
    pub(crate) kernel: usize,
    /// For each group, filters × (channels · kernel); several steps may share it.
    pub(crate) weight: Arc<[f64]>,
    pub(crate) bias: Option<Box<[f64]>>,
}

impl Convolve {
    /// Positions of the kernel: elements of one channel of the result.
    fn positions(&self) -> usize {
        self.taps.len() / self.kernel
    }

    /// Numbers in a row of the result.
    pub(crate) fn length(&self) -> usize {
        self.groups * self.filters * self.positions()
    }

    pub(crate) fn forward(&self, rows: usize, input: &[f64], output: &mut [f64]) {
        let positions = self.positions();
        let mut columns = vec![0.0; self.channels * self.taps.len()];
        let width = input.len() / rows;
        for (x, out) in input.chunks_exact(width).zip(output.chunks_exact_mut(self.length())) {
            let groups = x.chunks_exact(self.channels * self.area);
            let outs = out.chunks_exact_mut(self.filters * positions);
            for (group, (x, out)) in groups.zip(outs).enumerate() {
                let channels = x.chunks_exact(self.area);
                for (x, column) in channels.zip(columns.chunks_exact_mut(self.taps.len())) {
                    for (column, &tap) in column.iter_mut().zip(&self.taps) {
                        *column = if tap == ABSENT { 0.0 } else { x[tap as usize] };
                    }
                }
                for (filter, out) in out.chunks_exact_mut(positions).enumerate() {
                    let bias = self.bias.as_ref().map_or(0.0, |b| b[group * self.filters + filter]);
                    out.fill(bias);
                }
                let depth = self.channels * self.kernel;
                let columns = MatRef::from_row_major_slice(&columns, depth, positions);
                let out = MatMut::from_row_major_slice_mut(out, self.filters, positions);
                matmul(out, Accum::Add, self.weight(group), columns, 1.0, Par::Seq);
            }
        }
    }

    pub(crate) fn backward(&self, sweep: &Sweep<'_>, into: &mut [f64]) {
        let positions = self.positions();
        let mut columns = vec![0.0; self.channels * self.taps.len()];
        let width = into.len() / sweep.rows;
        let upstream = sweep.upstream.chunks_exact(self.length());
        for (up, into) in upstream.zip(into.chunks_exact_mut(width)) {
            let groups = up.chunks_exact(self.filters * positions);
            let intos = into.chunks_exact_mut(self.channels * self.area);
            for (group, (up, into)) in groups.zip(intos).enumerate() {
                let up = MatRef::from_row_major_slice(up, self.filters, positions);
                let depth = self.channels * self.kernel;
                let target = MatMut::from_row_major_slice_mut(&mut columns, depth, positions);
                let weight = self.weight(group);
                matmul(target, Accum::Replace, weight.transpose(), up, 1.0, Par::Seq);
                let channels = into.chunks_exact_mut(self.area);
                for (into, column) in channels.zip(columns.chunks_exact(self.taps.len())) {
                    for (column, &tap) in column.iter().zip(&self.taps).filter(|t| *t.1 != ABSENT) {
                        into[tap as usize] += column;
                    }
                }
            }
        }
    }

    fn weight(&self, group: usize) -> MatRef<'_, f64> {
        let depth = self.channels * self.kernel;
        let size = self.filters * depth;
        MatRef::from_row_major_slice(&self.weight[group * size..][..size], self.filters, depth)
    }
}
