//! Elements in new places: slices, transposes, concatenations and the like.

use super::Sweep;

/// A row made of elements of other rows, over constants.
#[derive(Clone, Debug)]
pub(crate) struct Arrange {
    /// What stands where no input's element does.
    pub(crate) background: Box<[f64]>,
    /// For each input, the pairs (element of the result, element of the input).
    pub(crate) parts: Vec<Box<[(u32, u32)]>>,
}

impl Arrange {
    pub(crate) fn forward(&self, rows: usize, inputs: &[&[f64]], output: &mut [f64]) {
        let length = self.background.len();
        output.chunks_exact_mut(length).for_each(|out| out.copy_from_slice(&self.background));
        for (part, input) in self.parts.iter().zip(inputs) {
            let width = input.len() / rows;
            for (input, out) in input.chunks_exact(width).zip(output.chunks_exact_mut(length)) {
                part.iter().for_each(|&(to, from)| out[to as usize] = input[from as usize]);
            }
        }
    }

    pub(crate) fn backward(&self, sweep: &Sweep<'_>, which: usize, into: &mut [f64]) {
        let width = into.len() / sweep.rows;
        let upstream = sweep.upstream.chunks_exact(self.background.len());
        for (up, into) in upstream.zip(into.chunks_exact_mut(width)) {
            self.parts[which].iter().for_each(|&(to, from)| into[from as usize] += up[to as usize]);
        }
    }
}
