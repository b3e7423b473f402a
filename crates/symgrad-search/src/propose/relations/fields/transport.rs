//! Values of a function whose level sets a 1-form is known to have: every point is carried along its level set to a
//! straight line, and the place where it meets the line is the value. By Gragg's extrapolation of the midpoint rule.

use symgrad_expr::{Expr, Program, Workspace};

/// Steps of the way, and midpoint steps of each of these that are extrapolated from.
const STEPS: usize = 8;
const SUBSTEPS: [usize; 7] = [2, 4, 6, 8, 10, 12, 14];

/// What the last extrapolation may change, as a share of the value.
const ERROR: f64 = 1e-12;

/// A way from points to a line along one input, on which all other inputs have the values of one point.
pub(super) struct Transport<'a> {
    /// The components of the form, along the inputs of those numbers.
    components: Vec<Program>,
    inputs: &'a [u16],
    /// All inputs at the points.
    columns: &'a [Vec<f64>],
    /// Which of the inputs is the line's, and the values of all of them on it.
    place: usize,
    base: &'a [f64],
}

impl<'a> Transport<'a> {
    pub(super) fn new(
        components: &[Expr],
        inputs: &'a [u16],
        columns: &'a [Vec<f64>],
        place: usize,
        base: &'a [f64],
    ) -> Self {
        let components = components.iter().map(Program::compile).collect();
        Self { components, inputs, columns, place, base }
    }

    /// The evaluations of components that it takes with so many inputs.
    pub(super) fn evaluations(inputs: usize) -> u64 {
        let of_step: usize = SUBSTEPS.iter().map(|substeps| substeps + 1).sum();
        (STEPS * of_step * inputs) as u64
    }

    /// Where the level set of each point meets the line; NaN where that is not known to be so.
    pub(super) fn values(&self) -> Vec<f64> {
        let start = &self.columns[usize::from(self.inputs[self.place])];
        let mut y = start.clone();
        let step = (STEPS as f64).recip();
        for k in 0..STEPS {
            y = self.extrapolated(k as f64 * step, step, &y);
        }
        y
    }

    /// One step.
    fn extrapolated(&self, t: f64, step: f64, y: &[f64]) -> Vec<f64> {
        // The row before, of ever better extrapolations.
        let mut before: Vec<Vec<f64>> = vec![];
        for (k, substeps) in SUBSTEPS.iter().enumerate() {
            let mut row = vec![self.midpoint(t, step, *substeps, y)];
            for (j, (less, earlier)) in SUBSTEPS[..k].iter().rev().zip(&before).enumerate() {
                let ratio = (*substeps as f64 / *less as f64).powi(2);
                let better = |(new, old): (&f64, &f64)| new + (new - old) / (ratio - 1.0);
                let better = row[j].iter().zip(earlier).map(better).collect();
                row.push(better);
            }
            before = row;
        }
        let [.., last_but_one, last] = before.as_slice() else { return vec![f64::NAN; y.len()] };
        let agreed = |(a, b): (&f64, &f64)| {
            if (a - b).abs() <= ERROR * b.abs().max(1.0) { *b } else { f64::NAN }
        };
        last_but_one.iter().zip(last).map(agreed).collect()
    }

    fn midpoint(&self, t: f64, step: f64, substeps: usize, y: &[f64]) -> Vec<f64> {
        let h = step / substeps as f64;
        let plus = |y: &[f64], h: f64, slope: &[f64]| -> Vec<f64> {
            y.iter().zip(slope).map(|(y, s)| y + h * s).collect()
        };
        let (mut before, mut now) = (y.to_vec(), plus(y, h, &self.slope(t, y)));
        for m in 1..substeps {
            let next = plus(&before, 2.0 * h, &self.slope(t + m as f64 * h, &now));
            (before, now) = (now, next);
        }
        let end = plus(&before, h, &self.slope(t + step, &now));
        now.iter().zip(&end).map(|(a, b)| f64::midpoint(*a, *b)).collect()
    }

    /// How the input of the line changes along the level set while all others go straight to the line.
    fn slope(&self, t: f64, y: &[f64]) -> Vec<f64> {
        let mut at = self.columns.to_vec();
        for (k, &input) in self.inputs.iter().enumerate() {
            let column = &mut at[usize::from(input)];
            if k == self.place {
                column.copy_from_slice(y);
            } else {
                for x in column {
                    *x += t * (self.base[k] - *x);
                }
            }
        }
        let mut workspace = Workspace::default();
        let mut values = |program: &Program| {
            let mut values = vec![f64::NAN; y.len()];
            // Not finite where they are not.
            let _ = program.values(&at, &mut workspace, &mut values);
            values
        };
        let below = values(&self.components[self.place]);
        let mut slope = vec![0.0; y.len()];
        for (k, &input) in self.inputs.iter().enumerate().filter(|(k, _)| *k != self.place) {
            let start = &self.columns[usize::from(input)];
            let above = values(&self.components[k]);
            for n in 0..y.len() {
                slope[n] -= above[n] / below[n] * (self.base[k] - start[n]);
            }
        }
        slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_meet_the_line_where_the_function_is_the_same() {
        // Of x1·x2² + sin x3.
        let components = ["x2^2", "2*x1*x2", "cos(x3)"].map(|w| w.parse().unwrap());
        let column = |step: f64| -> Vec<f64> {
            (1..=50).map(|n| 0.5 + (step * f64::from(n)).fract()).collect()
        };
        let columns = [column(0.754_878), column(0.569_84), column(0.618_034)];
        let function = |x: f64, y: f64, z: f64| x * y * y + z.sin();
        let base = [1.0, 0.9, 1.1];
        let found = Transport::new(&components, &[0, 1, 2], &columns, 0, &base).values();
        for (n, x) in found.into_iter().enumerate() {
            let [a, b, c] = [0, 1, 2].map(|k: usize| columns[k][n]);
            let error = function(x, 0.9, 1.1) - function(a, b, c);
            assert!(error.abs() < 1e-12, "{n}: {error:e}");
        }
    }
}
