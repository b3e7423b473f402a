//! What a triplet is about.

use crate::Experiment;

/// A differentiable function of d inputs whose value anchor and positive share.
pub trait Concept {
    /// Number of inputs d.
    fn dim(&self) -> usize;

    /// The value at a point of d inputs; NaN outside the domain.
    fn value(&self, x: &[f64]) -> f64;

    /// Writes the d partial derivatives at a point of d inputs.
    fn gradient(&self, x: &[f64], out: &mut [f64]);
}

impl Concept for Experiment {
    fn dim(&self) -> usize {
        self.inputs().len()
    }

    fn value(&self, x: &[f64]) -> f64 {
        match self {
            Self::Trace2x2 => trace(2, x),
            Self::Trace3x3 => trace(3, x),
            Self::Trace4x4 => trace(4, x),
            Self::Determinant2x2 | Self::CentralPotential => x[0] * x[3] - x[1] * x[2],
            Self::Determinant3x3 => (0..3).map(|j| x[j] * cofactor(x, 0, j)).sum(),
            Self::AntisymmetricMinors3x3 => [(0, 1), (0, 2), (1, 2)]
                .iter()
                .map(|&(i, j)| x[4 * i] * x[4 * j] - x[3 * i + j] * x[3 * j + i])
                .sum(),
            Self::FieldStrengthEDotB => x[0] * x[3] + x[1] * x[4] + x[2] * x[5],
            Self::HarmonicOscillator | Self::Oscillator => x[0] * x[0] + x[1] * x[1],
            Self::AnharmonicOscillatorQuartic => {
                0.5 * x[1] * x[1] + 0.5 * x[0] * x[0] + 0.25 * x[0].powi(4)
            }
            Self::AnharmonicOscillatorSine => 0.5 * x[1] * x[1] + x[0].sin(),
            Self::AnharmonicOscillatorExponential => {
                0.5 * x[1] * x[1] + 0.5 * x[0] * x[0] + (x[0] + 1.0).exp()
            }
            Self::SpacetimeInterval => x[0] * x[0] - x[1] * x[1] - x[2] * x[2] - x[3] * x[3],
            Self::Coulomb => 0.5 * (x[2] * x[2] + x[3] * x[3]) - 1.0 / x[0].hypot(x[1]),
        }
    }

    fn gradient(&self, x: &[f64], out: &mut [f64]) {
        match self {
            Self::Trace2x2 => trace_gradient(2, out),
            Self::Trace3x3 => trace_gradient(3, out),
            Self::Trace4x4 => trace_gradient(4, out),
            Self::Determinant2x2 | Self::CentralPotential => {
                out.copy_from_slice(&[x[3], -x[2], -x[1], x[0]]);
            }
            Self::Determinant3x3 => {
                for (index, entry) in out.iter_mut().enumerate() {
                    *entry = cofactor(x, index / 3, index % 3);
                }
            }
            Self::AntisymmetricMinors3x3 => {
                for (index, entry) in out.iter_mut().enumerate() {
                    let (i, j) = (index / 3, index % 3);
                    *entry = if i == j { trace(3, x) - x[4 * i] } else { -x[3 * j + i] };
                }
            }
            Self::FieldStrengthEDotB => {
                out.copy_from_slice(&[x[3], x[4], x[5], x[0], x[1], x[2]]);
            }
            Self::HarmonicOscillator | Self::Oscillator => {
                out.copy_from_slice(&[2.0 * x[0], 2.0 * x[1]]);
            }
            Self::AnharmonicOscillatorQuartic => {
                out.copy_from_slice(&[x[0] + x[0].powi(3), x[1]]);
            }
            Self::AnharmonicOscillatorSine => out.copy_from_slice(&[x[0].cos(), x[1]]),
            Self::AnharmonicOscillatorExponential => {
                out.copy_from_slice(&[x[0] + (x[0] + 1.0).exp(), x[1]]);
            }
            Self::SpacetimeInterval => {
                out.copy_from_slice(&[2.0 * x[0], -2.0 * x[1], -2.0 * x[2], -2.0 * x[3]]);
            }
            Self::Coulomb => {
                let cube = x[0].hypot(x[1]).powi(3);
                out.copy_from_slice(&[x[0] / cube, x[1] / cube, x[2], x[3]]);
            }
        }
    }
}

fn trace(n: usize, x: &[f64]) -> f64 {
    (0..n).map(|i| x[i * (n + 1)]).sum()
}

fn trace_gradient(n: usize, out: &mut [f64]) {
    out.fill(0.0);
    for i in 0..n {
        out[i * (n + 1)] = 1.0;
    }
}

/// The signed minor of a 3×3 matrix; cyclic indices bring the sign along.
fn cofactor(x: &[f64], i: usize, j: usize) -> f64 {
    let at = |a: usize, b: usize| x[3 * ((i + a) % 3) + (j + b) % 3];
    at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)
}
