//! Activations and their derivatives in single precision, one pass over the data each.
//!
//! Training spends as long in activations as in matrix products if every arithmetic operation
//! is a pass of its own; here bias, value and derivative are one loop, which the compiler
//! vectorises for the instruction set found at run time.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into the dispatched pass is compiled for its instruction set"
)]

use pulp::{Arch, WithSimd};

use crate::Activation;

/// Adds the bias to each row, applies the activation in place and writes its derivative to `slopes`, which are as
/// many.
pub(crate) fn forward(activation: Activation, rows: &mut [f32], bias: &[f32], slopes: &mut [f32]) {
    match activation {
        Activation::Silu => dispatch(rows, bias, slopes, silu),
        Activation::Relu => dispatch(rows, bias, slopes, relu),
        Activation::Tanh => dispatch(rows, bias, slopes, tanh),
        Activation::Gelu => dispatch(rows, bias, slopes, gelu),
        Activation::Softplus => dispatch(rows, bias, slopes, softplus),
    }
}

/// Multiplies the derivatives of a loss by the activation's, in place, and returns the sum of
/// each column, which is the derivative with respect to the bias.
pub(crate) fn backward(rows: &mut [f32], slopes: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0; width];
    for (row, slopes) in rows.chunks_exact_mut(width).zip(slopes.chunks_exact(width)) {
        for ((value, slope), sum) in row.iter_mut().zip(slopes).zip(&mut sums) {
            *value *= slope;
            *sum += *value;
        }
    }
    sums
}

/// One pass over rows, bias and slopes.
struct Pass<'a, F> {
    rows: &'a mut [f32],
    bias: &'a [f32],
    slopes: &'a mut [f32],
    activation: F,
}

impl<F: Fn(f32) -> (f32, f32)> WithSimd for Pass<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let width = self.bias.len();
        let rows = self.rows.chunks_exact_mut(width).zip(self.slopes.chunks_exact_mut(width));
        for (row, slopes) in rows {
            for ((value, slope), bias) in row.iter_mut().zip(slopes).zip(self.bias) {
                (*value, *slope) = (self.activation)(*value + bias);
            }
        }
    }
}

fn dispatch(
    rows: &mut [f32],
    bias: &[f32],
    slopes: &mut [f32],
    activation: impl Fn(f32) -> (f32, f32),
) {
    Arch::new().dispatch(Pass { rows, bias, slopes, activation });
}

#[inline(always)]
fn silu(x: f32) -> (f32, f32) {
    let s = sigmoid(x);
    (x * s, s * (1.0 + x * (1.0 - s)))
}

#[inline(always)]
fn relu(x: f32) -> (f32, f32) {
    // `max` would hide a NaN.
    if x > 0.0 || x.is_nan() { (x, 1.0) } else { (0.0, 0.0) }
}

#[inline(always)]
fn tanh(x: f32) -> (f32, f32) {
    let t = 2.0 * sigmoid(2.0 * x) - 1.0;
    (t, 1.0 - t * t)
}

/// x · Φ(x), with erf by Abramowitz and Stegun 7.1.26 (absolute error 1.5e-7).
#[inline(always)]
fn gelu(x: f32) -> (f32, f32) {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t
        + 0.254_829_6)
        * t;
    let bell = exp(-z * z);
    let tail = 0.5 * series * bell;
    let phi = if x < 0.0 { tail } else { 1.0 - tail };
    let density = bell * (0.5 * std::f32::consts::FRAC_2_SQRT_PI * std::f32::consts::FRAC_1_SQRT_2);
    (x * phi, phi + x * density)
}

#[inline(always)]
fn softplus(x: f32) -> (f32, f32) {
    let above = if x > 0.0 || x.is_nan() { x } else { 0.0 };
    (above + exp(-x.abs()).ln_1p(), sigmoid(x))
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// eˣ to 2e-7 (relative), saturating outside ±87, NaN for NaN.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding and taking away 1.5 · 2²³ rounds to the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 as a short number, whose multiples are exact, and the rest.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 87.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let series = 1.0
        + r * (1.0
            + r * (0.5
                + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0))))));
    // The low bits of `rounded` hold n; shifted, they are the exponent of 2ⁿ.
    let power = f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23));
    series * power
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Activation; 5] = [
        Activation::Silu,
        Activation::Relu,
        Activation::Tanh,
        Activation::Gelu,
        Activation::Softplus,
    ];

    #[test]
    fn the_exponential_is_accurate_over_its_whole_range() {
        for i in -8700_i16..=8700 {
            let x = f32::from(i) / 100.0;
            let truth = f64::from(x).exp();
            assert!((f64::from(exp(x)) / truth - 1.0).abs() < 4e-7, "{x}");
        }
    }

    #[test]
    fn slopes_are_the_derivatives_of_values() {
        let grid: Vec<f32> = (-80_i16..80).map(|i| f32::from(i) / 10.0 + 0.05).collect();
        let step = 1e-2_f32;
        for activation in ALL {
            let apply = |shift: f32| {
                let mut rows = grid.clone();
                let mut slopes = vec![0.0; grid.len()];
                forward(activation, &mut rows, &vec![shift; grid.len()], &mut slopes);
                (rows, slopes)
            };
            let ((above, _), (below, _), (_, slopes)) = (apply(step), apply(-step), apply(0.0));
            for i in 0..grid.len() {
                let difference = (above[i] - below[i]) / (2.0 * step);
                assert!((difference - slopes[i]).abs() < 2e-4, "{activation:?} at {}", grid[i]);
            }
        }
    }

    #[test]
    fn a_nan_is_passed_on() {
        for activation in ALL {
            let mut rows = vec![f32::NAN];
            forward(activation, &mut rows, &[0.0], &mut [0.0]);
            assert!(rows[0].is_nan(), "{activation:?}");
        }
    }
}
