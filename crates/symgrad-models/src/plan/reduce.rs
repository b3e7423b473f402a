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

    fn present(window: &[u32]) -> impl Iterator<Item = usize> + Clone {
        window.iter().filter(|&&element| element != ABSENT).map(|&element| element as usize)
    }
}

/// What becomes of a group.
#[derive(Clone, Debug)]
pub(crate) enum Reduction {
    /// The sum, divided by a number for each group if they are given.
    Sum(Option<Box<[f64]>>),
    Product,
    /// The root of the sum of squares; its slope at 0 is 0.
    Length,
    /// The logarithm of the sum of exponentials.
    LogSumExp,
    /// The first of the largest elements.
    Maximum,
    /// The first of the smallest elements.
    Minimum,
    /// The place in its group of the largest or smallest element: the first or the last such one.
    Place {
        largest: bool,
        last: bool,
    },
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
                *out = self.value(group, window, x);
            }
        }
    }

    fn value(&self, group: usize, window: &[u32], x: &[f64]) -> f64 {
        let numbers = || Windows::present(window).map(|i| x[i]);
        match &self.reduction {
            Reduction::Sum(None) => numbers().sum(),
            Reduction::Sum(Some(divisors)) => numbers().sum::<f64>() / divisors[group],
            Reduction::Product => numbers().product(),
            Reduction::Length => length(numbers()),
            Reduction::LogSumExp => {
                let top = numbers().fold(f64::NEG_INFINITY, f64::max);
                if top.is_infinite() {
                    return top;
                }
                top + numbers().map(|x| (x - top).exp()).sum::<f64>().ln()
            }
            Reduction::Maximum | Reduction::Minimum => {
                self.extreme(x, window).map_or(0.0, |place| x[window[place] as usize])
            }
            Reduction::Place { .. } => self.extreme(x, window).map_or(0.0, |place| place as f64),
        }
    }

    pub(crate) fn backward(&self, sweep: &Sweep<'_>, into: &mut [f64]) {
        let (width, count) = (into.len() / sweep.rows, self.windows.count());
        let rows = sweep.inputs[0].chunks_exact(width).zip(into.chunks_exact_mut(width));
        let results = sweep.output.chunks_exact(count).zip(sweep.upstream.chunks_exact(count));
        for ((x, into), (y, up)) in rows.zip(results) {
            let windows = self.windows.elements.chunks_exact(self.windows.size);
            for (group, (window, (y, up))) in windows.zip(y.iter().zip(up)).enumerate() {
                // An infinite slope that nothing depends on adds nothing.
                if *up != 0.0 {
                    self.spread(group, window, x, (*y, *up), into);
                }
            }
        }
    }

    /// Adds to `into` the gradient of one group, of value `y` and upstream `up`.
    fn spread(
        &self,
        group: usize,
        window: &[u32],
        x: &[f64],
        (y, up): (f64, f64),
        into: &mut [f64],
    ) {
        let elements = || Windows::present(window);
        match &self.reduction {
            Reduction::Sum(None) => elements().for_each(|i| into[i] += up),
            Reduction::Sum(Some(divisors)) => {
                elements().for_each(|i| into[i] += up / divisors[group]);
            }
            // The product of the others, which is the quotient unless there are zeros.
            Reduction::Product => {
                let zeros = elements().filter(|&i| x[i] == 0.0).count();
                let rest: f64 = elements().map(|i| x[i]).filter(|x| *x != 0.0).product();
                for i in elements() {
                    into[i] += match (zeros, x[i] == 0.0) {
                        (0, _) => up * rest / x[i],
                        (1, true) => up * rest,
                        _ => 0.0,
                    };
                }
            }
            Reduction::Length if y == 0.0 => {}
            Reduction::Length => elements().for_each(|i| into[i] += up * x[i] / y),
            Reduction::LogSumExp if y.is_infinite() => {}
            Reduction::LogSumExp => elements().for_each(|i| into[i] += up * (x[i] - y).exp()),
            Reduction::Maximum | Reduction::Minimum => {
                if let Some(place) = self.extreme(x, window) {
                    into[window[place] as usize] += up;
                }
            }
            Reduction::Place { .. } => {}
        }
    }

    /// The place in the window of the element that is looked for.
    fn extreme(&self, x: &[f64], window: &[u32]) -> Option<usize> {
        let (largest, last) = match self.reduction {
            Reduction::Place { largest, last } => (largest, last),
            Reduction::Minimum => (false, false),
            _ => (true, false),
        };
        let ahead = |a: f64, b: f64| (if largest { a > b } else { a < b }) || (last && a == b);
        let at = |place: usize| x[window[place] as usize];
        let places = (0..window.len()).filter(|&place| window[place] != ABSENT);
        // A NaN wins, so that it shows.
        places.reduce(|best, place| {
            if ahead(at(place), at(best)) || (at(place).is_nan() && !at(best).is_nan()) {
                place
            } else {
                best
            }
        })
    }
}

/// The root of the sum of squares, without overflow between.
fn length(numbers: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = numbers.clone().fold(0.0, |top: f64, x| top.max(x.abs()));
    if top == 0.0 || !top.is_finite() {
        return numbers.map(|x| x * x).sum::<f64>().sqrt();
    }
    top * numbers.map(|x| (x / top) * (x / top)).sum::<f64>().sqrt()
}

/// Softmax over each group, or its logarithm; the groups hold every element once.
#[derive(Clone, Debug)]
pub(crate) struct Softmax {
    pub(crate) windows: Windows,
    pub(crate) logarithm: bool,
    /// Whether a group of nothing but −∞ gives zeros, as where attention sees no key.
    pub(crate) masked: bool,
}

impl Softmax {
    pub(crate) fn forward(&self, input: &[f64], output: &mut [f64]) {
        let width = self.windows.elements.len();
        for (x, out) in input.chunks_exact(width).zip(output.chunks_exact_mut(width)) {
            for window in self.windows.elements.chunks_exact(self.windows.size) {
                let elements = || window.iter().map(|&i| i as usize);
                let top = elements().map(|i| x[i]).fold(f64::NEG_INFINITY, f64::max);
                if self.masked && top == f64::NEG_INFINITY {
                    elements().for_each(|i| out[i] = 0.0);
                    continue;
                }
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
