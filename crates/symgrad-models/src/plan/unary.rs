//! Functions of one number, applied to every element.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI, SQRT_2};

/// A function of one number.
///
/// Where a function has a kink its slope there is that of the flat side, or 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unary {
    Negate,
    Absolute,
    Relu,
    LeakyRelu(f64),
    ThresholdedRelu(f64),
    /// Above zero `gamma * x`, below it `gamma * alpha * (exp(x / scale) - 1)`.
    Elu {
        alpha: f64,
        gamma: f64,
        scale: f64,
    },
    Gelu,
    GeluTanh,
    Sigmoid,
    /// `x * sigmoid(alpha * x)`.
    Swish(f64),
    /// `alpha * x + beta`, clipped to 0 and 1.
    HardSigmoid {
        alpha: f64,
        beta: f64,
    },
    HardSwish,
    Tanh,
    Softplus,
    Softsign,
    Mish,
    Exp,
    Log,
    Sqrt,
    Reciprocal,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Asinh,
    Acosh,
    Atanh,
    Erf,
    Floor,
    Ceil,
    /// To the nearest integer, halves to the even one.
    Round,
    /// To the next integer towards 0.
    Truncate,
    Sign,
    /// 1 where it is no number, else 0.
    IsNan,
    /// 1 where it is infinite with one of these signs, else 0.
    IsInfinite {
        positive: bool,
        negative: bool,
    },
    /// 0 within `lambda` of 0, else moved towards 0 by `bias`.
    Shrink {
        lambda: f64,
        bias: f64,
    },
    Clip {
        low: f64,
        high: f64,
    },
}

impl Unary {
    /// Whether it is a staircase: its slope is 0 wherever it has one.
    pub(crate) fn is_flat(self) -> bool {
        matches!(self, Self::Floor | Self::Ceil | Self::Round | Self::Truncate | Self::Sign)
            || self.is_truth()
    }

    /// Whether it gives truth values.
    pub(crate) fn is_truth(self) -> bool {
        matches!(self, Self::IsNan | Self::IsInfinite { .. })
    }

    /// Whether it makes integers of integers.
    pub(crate) fn keeps_wholes(self) -> bool {
        matches!(self, Self::Negate | Self::Absolute | Self::Relu | Self::Clip { .. })
            || self.is_flat()
    }

    /// The function's value.
    pub(crate) fn value(self, x: f64) -> f64 {
        match self {
            Self::Negate => -x,
            Self::Absolute => x.abs(),
            Self::Relu => above(x, 0.0),
            Self::LeakyRelu(alpha) => {
                if x < 0.0 {
                    alpha * x
                } else {
                    x
                }
            }
            Self::ThresholdedRelu(alpha) => {
                if x > alpha {
                    x
                } else {
                    0.0
                }
            }
            Self::Elu { alpha, gamma, scale } => {
                if x < 0.0 {
                    gamma * alpha * (x / scale).exp_m1()
                } else {
                    gamma * x
                }
            }
            Self::Gelu => 0.5 * x * libm::erfc(-x * FRAC_1_SQRT_2),
            Self::GeluTanh => 0.5 * x * (1.0 + gelu_argument(x).tanh()),
            Self::Sigmoid => sigmoid(x),
            Self::Swish(alpha) => x * sigmoid(alpha * x),
            Self::HardSigmoid { alpha, beta } => (alpha * x + beta).clamp(0.0, 1.0),
            Self::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
            Self::Tanh => x.tanh(),
            Self::Softplus => softplus(x),
            Self::Softsign => x / (1.0 + x.abs()),
            Self::Mish => x * softplus(x).tanh(),
            Self::Exp => x.exp(),
            Self::Log => x.ln(),
            Self::Sqrt => x.sqrt(),
            Self::Reciprocal => x.recip(),
            Self::Sin => x.sin(),
            Self::Cos => x.cos(),
            Self::Tan => x.tan(),
            Self::Atan => x.atan(),
            Self::Sinh => x.sinh(),
            Self::Cosh => x.cosh(),
            Self::Asin => x.asin(),
            Self::Acos => x.acos(),
            Self::Asinh => x.asinh(),
            Self::Acosh => x.acosh(),
            Self::Atanh => x.atanh(),
            Self::Erf => libm::erf(x),
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Round => x.round_ties_even(),
            Self::Truncate => x.trunc(),
            Self::Sign if x == 0.0 => 0.0,
            Self::Sign => x.signum(),
            Self::IsNan => f64::from(x.is_nan()),
            Self::IsInfinite { positive, negative } => {
                f64::from(x.is_infinite() && if x > 0.0 { positive } else { negative })
            }
            Self::Shrink { lambda, bias } => {
                if x < -lambda {
                    x + bias
                } else if x > lambda {
                    x - bias
                } else {
                    0.0
                }
            }
            Self::Clip { low, high } => below(above(x, low), high),
        }
    }

    /// The function's derivative at `x`, where its value is `y`.
    pub(crate) fn slope(self, x: f64, y: f64) -> f64 {
        match self {
            Self::Negate => -1.0,
            Self::Absolute => {
                if x == 0.0 {
                    0.0
                } else {
                    x.signum()
                }
            }
            Self::Relu => f64::from(x > 0.0),
            Self::LeakyRelu(alpha) => {
                if x < 0.0 {
                    alpha
                } else {
                    1.0
                }
            }
            Self::ThresholdedRelu(alpha) => f64::from(x > alpha),
            Self::Elu { alpha, gamma, scale } => {
                if x < 0.0 {
                    gamma * alpha / scale * (x / scale).exp()
                } else {
                    gamma
                }
            }
            Self::Gelu => {
                let density = 0.5 * FRAC_2_SQRT_PI / SQRT_2 * (-0.5 * x * x).exp();
                0.5 * libm::erfc(-x * FRAC_1_SQRT_2) + x * density
            }
            Self::GeluTanh => {
                let t = gelu_argument(x).tanh();
                let inner = (2.0 / PI).sqrt() * (1.0 + 3.0 * CUBIC * x * x);
                0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner
            }
            Self::Sigmoid => y * (1.0 - y),
            Self::Swish(alpha) => {
                let s = sigmoid(alpha * x);
                s + alpha * x * s * (1.0 - s)
            }
            Self::HardSigmoid { alpha, .. } => {
                if y > 0.0 && y < 1.0 {
                    alpha
                } else {
                    0.0
                }
            }
            Self::HardSwish => {
                if x <= -3.0 {
                    0.0
                } else if x >= 3.0 {
                    1.0
                } else {
                    x / 3.0 + 0.5
                }
            }
            Self::Tanh => 1.0 - y * y,
            Self::Softplus => sigmoid(x),
            Self::Softsign => (1.0 + x.abs()).powi(-2),
            Self::Mish => {
                let t = softplus(x).tanh();
                t + x * (1.0 - t * t) * sigmoid(x)
            }
            Self::Exp => y,
            Self::Log => x.recip(),
            Self::Sqrt => 0.5 / y,
            Self::Reciprocal => -y * y,
            Self::Sin => x.cos(),
            Self::Cos => -x.sin(),
            Self::Tan => 1.0 + y * y,
            Self::Atan => (1.0 + x * x).recip(),
            Self::Sinh => x.cosh(),
            Self::Cosh => x.sinh(),
            Self::Asin => (1.0 - x * x).sqrt().recip(),
            Self::Acos => -(1.0 - x * x).sqrt().recip(),
            Self::Asinh => x.hypot(1.0).recip(),
            Self::Acosh => ((x - 1.0) * (x + 1.0)).sqrt().recip(),
            Self::Atanh => ((1.0 - x) * (1.0 + x)).recip(),
            Self::Shrink { lambda, .. } => f64::from(x.abs() > lambda),
            Self::Floor
            | Self::Ceil
            | Self::Round
            | Self::Truncate
            | Self::Sign
            | Self::IsNan
            | Self::IsInfinite { .. } => 0.0,
            Self::Erf => FRAC_2_SQRT_PI * (-x * x).exp(),
            Self::Clip { low, high } => f64::from(x > low && x < high),
        }
    }
}

/// The larger of two numbers; a NaN in `x` stays one.
fn above(x: f64, low: f64) -> f64 {
    if x < low { low } else { x }
}

/// The smaller of two numbers; a NaN in `x` stays one.
fn below(x: f64, high: f64) -> f64 {
    if x > high { high } else { x }
}

fn sigmoid(x: f64) -> f64 {
    (1.0 + (-x).exp()).recip()
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The cubic coefficient of the tanh approximation of GELU.
const CUBIC: f64 = 0.044_715;

fn gelu_argument(x: f64) -> f64 {
    (2.0 / PI).sqrt() * (x + CUBIC * x * x * x)
}
