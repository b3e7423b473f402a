//! Functions of groups of elements: sums, extremes, softmax, normalisation.

use super::Sweep;

/// Groups of a row's elements, all of one size.
#[derive(Clone, Debug)]
pub(crate) struct Windows {
    /// Elements in a group.
    pub(crate) size: usize,
    /// The groups one after another: indices in the row, or [`ABSENT`].
    pub(crate) elements: Box<[u32]>,
}

/// An element of a window that reaches over the edge.
pub(crate) const ABSENT: u32 = u32::MAX;

impl Windows {
    pub(crate) fn count(&self) -> usize {
        self.elements.len() / self.size
    }

    fn present(window: &[u32]) -> impl Iterator<Item = usize> {
        window.iter().filter(|&&element| element != ABSENT).map(|&element| element as usize)
    }
}

/// What becomes of a group.
#[derive(Clone, Debug)]
pub(crate) enum Reduction {
    /// The sum, divided by a number for each group.
    Sum(Box<[f64]>),
    /// The first of the largest elements.
    Maximum,
    /// The first of the smallest elements.
    Minimum,
}

/// One number for each group.
#[derive(Clone, Debug)]
pub(crate) struct Reduce {
    pub(crate) windows: Windows,
    pub(crate) reduction: Reduction,
}

impl Reduce {
    pub(crate) fn forward(&self, rows: usize, input: &[f64], output: &mut [f64]) {
        let (width, count) = (input.len() / rows, self.windows.count());
        for (x, out) in input.chunks_exact(width).zip(output.chunks_exact_mut(count)) {
            let windows = self.windows.elements.chunks_exact(self.windows.size);
            for (group, (window, out)) in windows.zip(out).enumerate() {
                *out = match &self.reduction {
                    Reduction::Sum(divisors) => {
                        Windows::present(window).map(|i| x[i]).sum::<f64>() / divisors[group]
                    }
                    _ => self.extreme(x, window).map_or(0.0, |i| x[i]),
                };
            }
        }
    }

    pub(crate) fn backward(&self, sweep: &Sweep<'_>, into: &mut [f64]) {
        let width = into.len() / sweep.rows;
        let rows = sweep.inputs[0].chunks_exact(width).zip(into.chunks_exact_mut(width));
        for ((x, into), up) in rows.zip(sweep.upstream.chunks_exact(self.windows.count())) {
            let windows = self.windows.elements.chunks_exact(self.windows.size);
            for (group, (window, up)) in windows.zip(up).enumerate() {
                match &self.reduction {
                    Reduction::Sum(divisors) => {
                        Windows::present(window).for_each(|i| into[i] += up / divisors[group]);
                    }
                    _ => self.extreme(x, window).into_iter().for_each(|i| into[i] += up),
                }
            }
        }
    }

    fn extreme(&self, x: &[f64], window: &[u32]) -> Option<usize> {
        let ahead = |a: f64, b: f64| match self.reduction {
            Reduction::Minimum => a < b,
            _ => a > b,
        };
        // A NaN wins, so that it shows.
        Windows::present(window).reduce(|best, i| {
            if ahead(x[i], x[best]) || (x[i].is_nan() && !x[best].is_nan()) { i } else { best }
        })
    }
}

/// Softmax over each group, or its logarithm; the groups hold every element once.
#[derive(Clone, Debug)]
pub(crate) struct Softmax {
    pub(crate) windows: Windows,
    pub(crate) logarithm: bool,
}

impl Softmax {
    pub(crate) fn forward(&self, input: &[f64], output: &mut [f64]) {
        let width = self.windows.elements.len();
        for (x, out) in input.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
            for window in self.windows.elements.chunks_exact(self.windows.size) {
                let elements = || window.iter().map(|&i| i as usize);
                let top = elements().map(|i| x[i]).fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = elements().map(|i| (x[i] - top).exp()).sum();
                for i in elements() {
                    let shifted = x[i] - top;
                    out[i] = if self.logarithm { shifted - sum.ln() } else { shifted.exp() / sum };
                }
            }
        }
    }

    pub(crate) fn backward(&self, sweep: &Sweep<'_>, into: &mut [f64]) {
        let width = self.windows.elements.len();
        let rows = sweep.output.chunks_exact(width).zip(sweep.upstream.chunks_exact(width));
        for ((y, up), into) in rows.zip(into.chunks_exact_mut(width)) {
            for window in self.windows.elements.chunks_exact(self.windows.size) {
                let elements = || window.iter().map(|&i| i as usize);
                if self.logarithm {
                    let total: f64 = elements().map(|i| up[i]).sum();
                    elements().for_each(|i| into[i] += up[i] - y[i].exp() * total);
                } else {
                    let total: f64 = elements().map(|i| up[i] * y[i]).sum();
                    elements().for_each(|i| into[i] += y[i] * (up[i] - total));
                }
            }
        }
    }
}

/// Each run of `size` elements shifted and scaled to mean 0 and variance 1.
#[derive(Clone, Debug)]
pub(crate) struct Normalise {
    pub(crate) length: usize,
    pub(crate) size: usize,
    pub(crate) epsilon: f64,
}

impl Normalise {
    pub(crate) fn forward(&self, input: &[f64], output: &mut [f64]) {
        for (x, out) in input.chunks_exact(self.size).zip(output.chunks_exact_mut(self.size)) {
            let (mean, inverse) = self.moments(x);
            x.iter().zip(out).for_each(|(x, out)| *out = (x - mean) * inverse);
        }
    }

    pub(crate) fn backward(&self, sweep: &Sweep<'_>, into: &mut [f64]) {
        let n = self.size as f64;
        let groups =
            sweep.inputs[0].chunks_exact(self.size).zip(sweep.output.chunks_exact(self.size));
        let groups = groups.zip(sweep.upstream.chunks_exact(self.size));
        for (((x, y), up), into) in groups.zip(into.chunks_exact_mut(self.size)) {
            let (_, inverse) = self.moments(x);
            let mean_up = up.iter().sum::<f64>() / n;
            let along = up.iter().zip(y).map(|(up, y)| up * y).sum::<f64>() / n;
            for ((into, up), y) in into.iter_mut().zip(up).zip(y) {
                *into += inverse * (up - mean_up - y * along);
            }
        }
    }

    /// Mean and inverse standard deviation.
    fn moments(&self, x: &[f64]) -> (f64, f64) {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let variance = x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        (mean, (variance + self.epsilon).sqrt().recip())
    }
}
