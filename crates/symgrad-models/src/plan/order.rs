//! Elements whose places depend on numbers: sorted ones, and those that indices pick.

use super::Sweep;
use super::reduce::Windows;

/// The first elements of each group in order of size, or their places in it.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) windows: Windows,
    /// Elements that are taken from each group.
    pub(crate) taken: usize,
    pub(crate) largest: bool,
    /// Whether the places are the result, which have no gradient.
    pub(crate) places: bool,
}

impl Order {
    /// Numbers in a row of the result.
    pub(crate) fn length(&self) -> usize {
        self.windows.count() * self.taken
    }

    pub(crate) fn forward(&self, rows: usize, input: &[f64], output: &mut [f64]) {
        let width = input.len() / rows;
        for (x, out) in input.chunks_exact(width).zip(output.chunks_exact_mut(self.length())) {
            let windows = self.windows.elements.chunks_exact(self.windows.size);
            for (window, out) in windows.zip(out.chunks_exact_mut(self.taken)) {
                for (place, out) in self.sorted(x, window).into_iter().zip(out) {
                    *out = if self.places { place as f64 } else { x[window[place] as usize] };
                }
            }
        }
    }

    pub(crate) fn backward(&self, sweep: &Sweep<'_>, into: &mut [f64]) {
        if self.places {
            return;
        }
        let width = into.len() / sweep.rows;
        let rows = sweep.inputs[0].chunks_exact(width).zip(into.chunks_exact_mut(width));
        for ((x, into), up) in rows.zip(sweep.upstream.chunks_exact(self.length())) {
            let windows = self.windows.elements.chunks_exact(self.windows.size);
            for (window, up) in windows.zip(up.chunks_exact(self.taken)) {
                for (place, up) in self.sorted(x, window).into_iter().zip(up) {
                    into[window[place] as usize] += up;
                }
            }
        }
    }

    /// The places of a group in order; equal numbers stay as they are.
    fn sorted(&self, x: &[f64], window: &[u32]) -> Vec<usize> {
        let mut places: Vec<usize> = (0..window.len()).collect();
        let at = |place: usize| x[window[place] as usize] + 0.0;
        places.sort_by(|&a, &b| {
            if self.largest { at(b).total_cmp(&at(a)) } else { at(a).total_cmp(&at(b)) }
        });
        places
    }
}

/// Elements of the first input, at places along one axis that the second input holds.
///
/// Places count from the end if they are negative; outside the axis there is nothing, NaN.
#[derive(Clone, Debug)]
pub(crate) struct Pick {
    /// For each element of the result, where its line of elements begins in the first input.
    pub(crate) starts: Box<[u32]>,
    /// For each element of the result, which number of the second input is its place.
    pub(crate) places: Box<[u32]>,
    /// How far apart neighbours on a line are, and how many there are.
    pub(crate) stride: usize,
    pub(crate) size: usize,
}

impl Pick {
    pub(crate) fn forward(&self, rows: usize, inputs: &[&[f64]], output: &mut [f64]) {
        let [x, indices] = inputs else { return };
        let lines = x.chunks_exact(x.len() / rows).zip(indices.chunks_exact(indices.len() / rows));
        for ((x, indices), out) in lines.zip(output.chunks_exact_mut(self.starts.len())) {
            for (element, out) in out.iter_mut().enumerate() {
                *out = self.source(indices, element).map_or(f64::NAN, |source| x[source]);
            }
        }
    }

    pub(crate) fn backward(&self, sweep: &Sweep<'_>, which: usize, into: &mut [f64]) {
        let ([_, indices], 0) = (sweep.inputs, which) else { return };
        let width = into.len() / sweep.rows;
        let lines = indices.chunks_exact(indices.len() / sweep.rows);
        let lines = lines.zip(sweep.upstream.chunks_exact(self.starts.len()));
        for ((indices, up), into) in lines.zip(into.chunks_exact_mut(width)) {
            for (element, up) in up.iter().enumerate() {
                if let Some(source) = self.source(indices, element) {
                    into[source] += up;
                }
            }
        }
    }

    fn source(&self, indices: &[f64], element: usize) -> Option<usize> {
        let place = indices[self.places[element] as usize];
        let size = self.size as f64;
        let place = if place < 0.0 { place + size } else { place };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
        (place >= 0.0 && place < size)
            .then(|| self.starts[element] as usize + place as usize * self.stride)
    }
}
