//! Sine, cosine and tangent of numbers too large for the kernels' reduction.
//!
//! The libraries of different systems round these differently and take their time; here they
//! are the same everywhere, by Payne and Hanek's method: of the product x·2/π only the bits that
//! matter are computed, those behind the multiples of 4 that turn full circles.

#![expect(clippy::cast_possible_truncation, reason = "windows on a long row of bits")]

use pulp::Scalar;

use super::vector;

/// The bits of 2/π, behind a word of zeros that stand in front of its point.
const TWO_OVER_PI: [u64; 21] = [
    0x0000_0000_0000_0000,
    0xa2f9_836e_4e44_1529,
    0xfc27_57d1_f534_ddc0,
    0xdb62_9599_3c43_9041,
    0xfe51_63ab_debb_c561,
    0xb724_6e3a_424d_d2e0,
    0x0649_2eea_09d1_921c,
    0xfe1d_eb1c_b129_a73e,
    0xe882_35f5_2ebb_4484,
    0xe99c_7026_b45f_7e41,
    0x3991_d639_8353_39f4,
    0x9c84_5f8b_bdf9_283b,
    0x1ff8_97ff_de05_980f,
    0xef2f_118b_5a0a_6d1f,
    0x6d36_7ecf_27cb_09b7,
    0x4f46_3f66_9e5f_ea2d,
    0x7527_bac7_ebe5_f17b,
    0x3d07_39f7_8a52_92ea,
    0x6bfb_5fb1_1f8d_5d08,
    0x5603_3046_fc7b_6bab,
    0xf0cf_bc20_9af4_361d,
];

/// sin x and cos x for |x| ≥ 2²⁸, to 2 ulp; NaN where x is not finite.
pub(super) fn sin_cos(x: f64) -> (f64, f64) {
    if !x.is_finite() {
        return (f64::NAN, f64::NAN);
    }
    let (turns, rest) = quarter_turns(x.abs());
    let (sine, cosine) = vector::by_quarters(Scalar::new(), rest, turns);
    (if x < 0.0 { -sine } else { sine }, cosine)
}

/// tan x for |x| ≥ 2²⁸, to 3 ulp; NaN where x is not finite.
pub(super) fn tan(x: f64) -> f64 {
    let (sine, cosine) = sin_cos(x);
    sine / cosine
}

/// The nearest multiple of π/2, modulo 4 of them, and what x is above it.
fn quarter_turns(x: f64) -> (u64, f64) {
    const FRACTION: u64 = (1 << 52) - 1;
    const FRAC_PI_2: [f64; 2] = [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17];
    const CUT: i64 = (1 << 11) - 1;
    const TWO_64: f64 = 18_446_744_073_709_551_616.0;
    const SCALE: f64 = 1.0 / (1_u128 << 127) as f64 / 2.0; // 2⁻¹²⁸

    // x = m·2ᵉ. The bits of 2/π worth 4·2⁻ᵉ or more turn full circles: take those behind.
    let m = u128::from(x.to_bits() & FRACTION | (FRACTION + 1));
    let exponent = (x.to_bits() >> 52) as usize; // e + 1075
    let skipped = exponent + 64 - 1077;
    let (word, shift) = (skipped / 64, skipped % 64);
    let bits = |at: usize| {
        let pair =
            u128::from(TWO_OVER_PI[word + at]) << 64 | u128::from(TWO_OVER_PI[word + at + 1]);
        u128::from((pair << shift >> 64) as u64)
    };
    let low = m * bits(2);
    let middle = m * bits(1) + (low >> 64);
    let product = ((m * bits(0)) << 64).wrapping_add(middle);

    // The product's first two bits count quarter turns, the others are a fraction of one, to
    // the nearest.
    let fraction = product << 2;
    let signed = fraction.cast_signed();
    let turns = (product >> 126) as u64 + u64::from(signed < 0);
    // As a sum of two numbers, the first of 53 bits.
    let top = (signed >> 64) as i64;
    let high = (top & !CUT) as f64 * TWO_64;
    let low = ((top & CUT) << 52 | (fraction as u64 >> 12).cast_signed()) as f64 * 4096.0;
    let angle = high * FRAC_PI_2[0];
    let rest = high.mul_add(FRAC_PI_2[0], -angle) + (high * FRAC_PI_2[1] + low * FRAC_PI_2[0]);
    (turns, (angle + rest) * SCALE)
}
