//! Elementary functions on vectors of doubles.
//!
//! Each function is accurate to 2 ulp within its range and meaningless outside; the kernels
//! send the rows outside to the scalar library. All steps are exactly defined operations
//! (the fused multiply-add included), so that results do not depend on the instruction set.
//! The reductions and most polynomials are those of FreeBSD's msun (fdlibm); that of `exp`
//! interpolates at Chebyshev nodes.

use pulp::{Simd, bytemuck::cast};

/// The arguments from `low` to `high`.
#[derive(Clone, Copy)]
pub(super) struct Range {
    low: f64,
    high: f64,
}

/// For [`quarter_turns`] and [`tan`]: the multiple of π/2 subtracted stays below 2³⁰.
pub(super) const TURNS: Range = Range { low: -1e9, high: 1e9 };
/// For [`exp`]: the result and its scale are normal numbers.
pub(super) const EXP_RANGE: Range = Range { low: -708.0, high: 708.0 };
/// For [`log`]: positive normal numbers.
pub(super) const LOG_RANGE: Range = Range { low: f64::MIN_POSITIVE, high: f64::MAX };

/// For [`inverse_sqrt`]: smaller squares have lost digits to underflow.
pub(super) const SQUARES: Range = Range { low: 1e-290, high: f64::MAX };

impl Range {
    #[inline(always)]
    pub(super) fn low(self) -> f64 {
        self.low
    }

    #[inline(always)]
    pub(super) fn contains(self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }

    /// The same per lane.
    #[inline(always)]
    pub(super) fn lanes<S: Simd>(self, simd: S, x: S::f64s) -> S::m64s {
        let above = simd.greater_than_or_equal_f64s(x, simd.splat_f64s(self.low));
        simd.and_m64s(above, simd.less_than_or_equal_f64s(x, simd.splat_f64s(self.high)))
    }
}

/// Adding this rounds to an integer, which then stands in the low bits of the sum.
const ROUNDER: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²
const TWO_32: f64 = 4_294_967_296.0;

/// Evaluates a polynomial given from its highest coefficient down.
///
/// Coefficients are taken in pairs (Estrin's scheme): half as many steps wait for each other.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(simd: S, x: S::f64s, coefficients: [f64; N]) -> S::f64s {
    let x2 = simd.mul_f64s(x, x);
    let odd = N % 2;
    let mut sum = simd.splat_f64s(coefficients[0]);
    if odd == 0 {
        sum = simd.mul_add_f64s(sum, x, simd.splat_f64s(coefficients[1]));
    }
    let mut at = 2 - odd;
    while at < N {
        let high = simd.splat_f64s(coefficients[at]);
        let low = simd.splat_f64s(coefficients[at + 1]);
        sum = simd.mul_add_f64s(sum, x2, simd.mul_add_f64s(high, x, low));
        at += 2;
    }
    sum
}

/// x rounded to an integer, for |x| < 2³¹.
#[inline(always)]
fn round<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    let rounder = simd.splat_f64s(ROUNDER);
    simd.sub_f64s(simd.add_f64s(x, rounder), rounder)
}

/// The integer k, shifted left by 32 + `shift` bits; `shift` ≥ 12 clears all else.
#[inline(always)]
fn shifted_integer<S: Simd>(simd: S, k: S::f64s, shift: u32) -> S::u64s {
    let high = simd.mul_add_f64s(k, simd.splat_f64s(TWO_32), simd.splat_f64s(ROUNDER));
    let words: S::u32s = cast(high);
    cast(simd.wrapping_dyn_shl_u32s(words, simd.splat_u32s(shift)))
}

/// For x in [`TURNS`]: what x is above the nearest multiple of π/2, and which multiple that is,
/// in the last bits of a number.
#[inline(always)]
pub(super) fn quarter_turns<S: Simd>(simd: S, x: S::f64s) -> (S::f64s, S::u64s) {
    // π/2 in three parts; the first difference is exact.
    const FRAC_PI_2: [f64; 3] =
        [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];
    let rounder = simd.splat_f64s(ROUNDER);
    let rounded = simd.mul_add_f64s(x, simd.splat_f64s(std::f64::consts::FRAC_2_PI), rounder);
    let k = simd.sub_f64s(rounded, rounder);
    let mut r = x;
    for part in FRAC_PI_2 {
        r = simd.negate_mul_add_f64s(k, simd.splat_f64s(part), r);
    }
    (r, cast(rounded))
}

/// sin and cos of r + k·π/2 for |r| ≤ π/4, with k in the last two bits of `turns`.
#[inline(always)]
pub(super) fn by_quarters<S: Simd>(simd: S, r: S::f64s, turns: S::u64s) -> (S::f64s, S::f64s) {
    let z = simd.mul_f64s(r, r);

    let p = polynomial(
        simd,
        z,
        [
            1.589_690_995_211_55e-10,
            -2.505_076_025_340_686_3e-8,
            2.755_731_370_707_006_8e-6,
            -1.984_126_982_985_795e-4,
            8.333_333_333_322_49e-3,
            -1.666_666_666_666_663_2e-1,
        ],
    );
    let sine = simd.mul_add_f64s(simd.mul_f64s(r, z), p, r);

    let q = polynomial(
        simd,
        z,
        [
            -1.135_964_755_778_819_5e-11,
            2.087_572_321_298_175e-9,
            -2.755_731_435_139_066_3e-7,
            2.480_158_728_947_673e-5,
            -1.388_888_888_887_411e-3,
            4.166_666_666_666_66e-2,
        ],
    );
    let half = simd.mul_f64s(z, simd.splat_f64s(0.5));
    let top = simd.sub_f64s(simd.splat_f64s(1.0), half);
    let rest = simd.sub_f64s(simd.sub_f64s(simd.splat_f64s(1.0), top), half);
    let cosine = simd.add_f64s(top, simd.mul_add_f64s(simd.mul_f64s(z, z), q, rest));

    // Odd k swaps the two; bit 1 of k negates the sine, bit 1 of k + 1 the cosine.
    let [one, two] = [1, 2].map(|bit| simd.splat_u64s(bit));
    let odd = simd.equal_u64s(simd.and_u64s(turns, one), one);
    (
        negate_by_bit_1(simd, simd.select_f64s(odd, cosine, sine), simd.and_u64s(turns, two)),
        negate_by_bit_1(
            simd,
            simd.select_f64s(odd, sine, cosine),
            simd.and_u64s(simd.add_u64s(turns, one), two),
        ),
    )
}

/// Negates the value where bit 1 is set, the only one that may be.
#[inline(always)]
fn negate_by_bit_1<S: Simd>(simd: S, value: S::f64s, bits: S::u64s) -> S::f64s {
    let negative = simd.equal_u64s(bits, simd.splat_u64s(2));
    let sign = simd.select_u64s(negative, simd.splat_u64s(1 << 63), simd.splat_u64s(0));
    flip(simd, value, sign)
}

/// The value with those of its bits flipped.
#[inline(always)]
fn flip<S: Simd>(simd: S, value: S::f64s, bits: S::u64s) -> S::f64s {
    cast(simd.xor_u64s(cast(value), bits))
}

/// tan x in [`TURNS`] (3 ulp).
#[inline(always)]
pub(super) fn tan<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    let (r, turns) = quarter_turns(simd, x);
    let (sine, cosine) = by_quarters(simd, r, turns);
    simd.div_f64s(sine, cosine)
}

/// 1/√x in [`SQUARES`], without the divider: for vectors it is slower than all of this.
#[inline(always)]
pub(super) fn inverse_sqrt<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    inverse_sqrts(simd, [x])[0]
}

/// The same for several vectors, operation by operation: each waits for the one before it.
#[inline(always)]
pub(super) fn inverse_sqrts<S: Simd, const N: usize>(simd: S, x: [S::f64s; N]) -> [S::f64s; N] {
    // Halving the exponent's bits gives a first guess, off by 3.5 % at most.
    const GUESS: u64 = 0x5fe6_eb50_c7b5_37a9;
    // With h = 1 − x·r², 1/√x = r·(1 − h)^(−½). A quadratic in h leaves 2.5e-5, then the series
    // to h³ nothing.
    const FIRST: [f64; 3] =
        [0.375_501_867_663_032_95, 0.501_095_931_706_592_8, 1.000_000_213_751_655];
    const THEN: [f64; 3] = [0.3125, 0.375, 0.5];
    let (first, then) = (FIRST.map(|a| simd.splat_f64s(a)), THEN.map(|a| simd.splat_f64s(a)));
    let mut root = x;
    let mut h = x;
    let mut series = x;
    for k in 0..N {
        let words: S::u32s = cast(x[k]);
        let halved: S::u64s = cast(simd.wrapping_dyn_shr_u32s(words, simd.splat_u32s(1)));
        root[k] = cast(simd.sub_u64s(simd.splat_u64s(GUESS), halved));
    }
    for k in 0..N {
        h[k] = simd.mul_f64s(x[k], root[k]);
    }
    for k in 0..N {
        h[k] = simd.negate_mul_add_f64s(h[k], root[k], simd.splat_f64s(1.0));
    }
    for k in 0..N {
        series[k] = simd.mul_add_f64s(first[0], h[k], first[1]);
    }
    for k in 0..N {
        series[k] = simd.mul_add_f64s(series[k], h[k], first[2]);
    }
    for k in 0..N {
        root[k] = simd.mul_f64s(root[k], series[k]);
    }
    for k in 0..N {
        h[k] = simd.mul_f64s(x[k], root[k]);
    }
    for k in 0..N {
        h[k] = simd.negate_mul_add_f64s(h[k], root[k], simd.splat_f64s(1.0));
    }
    for k in 0..N {
        series[k] = simd.mul_add_f64s(then[0], h[k], then[1]);
    }
    for k in 0..N {
        series[k] = simd.mul_add_f64s(series[k], h[k], then[2]);
        h[k] = simd.mul_f64s(h[k], root[k]);
    }
    for k in 0..N {
        root[k] = simd.mul_add_f64s(h[k], series[k], root[k]);
    }
    root
}

/// √x in [`SQUARES`] and its inverse. One step of Newton's from a root that is off by an ulp, with an
/// exact remainder, leaves what rounds to the nearest number.
#[inline(always)]
pub(super) fn sqrt<S: Simd>(simd: S, x: S::f64s) -> (S::f64s, S::f64s) {
    let inverse = inverse_sqrt(simd, x);
    let near = simd.mul_f64s(x, inverse);
    let remainder = simd.negate_mul_add_f64s(near, near, x);
    let half = simd.mul_f64s(inverse, simd.splat_f64s(0.5));
    (simd.mul_add_f64s(remainder, half, near), inverse)
}

/// 1/x, and how far x times an approximation was from 1: if not below [`NEAR`], as where one of
/// the two is not a normal number, the result means nothing.
#[inline(always)]
pub(super) fn inverse<S: Simd>(simd: S, x: S::f64s) -> (S::f64s, S::f64s) {
    // Negating the exponent's bits gives a first guess, off by 5 % at most.
    const GUESS: u64 = 0x7fde_6240_0000_0000;
    let guess: S::f64s = cast(simd.sub_u64s(simd.splat_u64s(GUESS), cast(x)));
    let one = simd.splat_f64s(1.0);
    // With h = 1 − x·r, 1/x = r/(1 − h). A quadratic in h leaves 3.3e-5, then the series to h³
    // nothing.
    let first = [1.001_903_677_023_009_6, 1.001_917_178_271_628, 1.000_000_008_616_762];
    let [a2, a1, a0] = first.map(|a| simd.splat_f64s(a));
    let h = simd.negate_mul_add_f64s(x, guess, one);
    let quadratic = simd.mul_add_f64s(simd.mul_add_f64s(a2, h, a1), h, a0);
    let near = simd.mul_f64s(guess, quadratic);
    let h = simd.negate_mul_add_f64s(x, near, one);
    // A quarter of an ulp more: the inverse of 1 − 2⁻⁵³ must be rounded up for quotients to be right.
    let h = simd.add_f64s(h, simd.splat_f64s(f64::EPSILON / 4.0));
    let series = simd.mul_add_f64s(simd.mul_add_f64s(h, h, h), h, h);
    (simd.mul_add_f64s(near, series, near), h)
}

/// See [`inverse`]: some times what the guess leaves.
pub(super) const NEAR: f64 = 1e-4;

/// a/b from 1/b. The remainder is exact, so that the result rounds to the nearest number, unless a
/// is so small (1e-290) that the remainder is not a normal number: then it may be the next.
#[inline(always)]
pub(super) fn quotient<S: Simd>(simd: S, a: S::f64s, b: S::f64s, inverse: S::f64s) -> S::f64s {
    const SIGN: u64 = 1 << 63;
    let near = simd.mul_f64s(a, inverse);
    let remainder = simd.negate_mul_add_f64s(near, b, a);
    let nearest = simd.mul_add_f64s(remainder, inverse, near);
    // The correction changes no sign but that of −0, which it makes +0.
    let sign = simd.and_u64s(cast(near), simd.splat_u64s(SIGN));
    cast(simd.or_u64s(cast(nearest), sign))
}

/// eˣ in [`EXP_RANGE`].
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    const LN_2_REST: f64 = 2.319_046_813_846_299_6e-17;
    let k = round(simd, simd.mul_f64s(x, simd.splat_f64s(std::f64::consts::LOG2_E)));
    let r = simd.negate_mul_add_f64s(k, simd.splat_f64s(std::f64::consts::LN_2), x); // exact
    let r = simd.negate_mul_add_f64s(k, simd.splat_f64s(LN_2_REST), r);
    let p = polynomial(
        simd,
        r,
        [
            2.509_554_758_981_093e-8,
            2.761_379_764_561_564e-7,
            2.755_728_007_978_737e-6,
            2.480_153_640_529_659_6e-5,
            1.984_126_985_433_222e-4,
            1.388_888_890_587_323e-3,
            8.333_333_333_332_157e-3,
            4.166_666_666_665_136_4e-2,
            1.666_666_666_666_666_6e-1,
            0.5,
        ],
    );
    let e = simd.add_f64s(simd.splat_f64s(1.0), simd.mul_add_f64s(simd.mul_f64s(r, r), p, r));
    cast(simd.add_u64s(cast(e), shifted_integer(simd, k, 20)))
}

/// ln x in [`LOG_RANGE`].
#[inline(always)]
pub(super) fn log<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    let (k, f) = split(simd, x);
    let s = simd.div_f64s(f, simd.add_f64s(f, simd.splat_f64s(2.0)));
    let z = simd.mul_f64s(s, s);
    let p = polynomial(simd, z, LOG_SERIES);
    let half = simd.mul_f64s(simd.mul_f64s(f, f), simd.splat_f64s(0.5));
    let low = simd.mul_f64s(k, simd.splat_f64s(LN_2[1] / TWO_32));
    let low = simd.mul_add_f64s(s, simd.mul_add_f64s(z, p, half), low);
    let fraction = simd.sub_f64s(f, simd.sub_f64s(half, low));
    simd.mul_add_f64s(k, simd.splat_f64s(LN_2[0] / TWO_32), fraction)
}

/// The high part has trailing zeros so that its product with an exponent is exact.
const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

/// With s = f/(2 + f) and z = s², ln(1 + f) = 2s + s·z·(this polynomial in z).
const LOG_SERIES: [f64; 7] = [
    1.479_819_860_511_658_6e-1,
    1.531_383_769_920_937_3e-1,
    1.818_357_216_161_805e-1,
    2.222_219_843_214_978_4e-1,
    2.857_142_874_366_239e-1,
    3.999_999_999_940_942e-1,
    6.666_666_666_666_735e-1,
];

/// x = 2ᵏ·(1 + f) with 1 + f in [1/√2, √2), for x in [`LOG_RANGE`]; k comes times 2³².
#[inline(always)]
fn split<S: Simd>(simd: S, x: S::f64s) -> (S::f64s, S::f64s) {
    const FRAC_1_SQRT_2_BITS: u64 = 0x3fe6_a09e_667f_3bcd;
    const BIAS: u64 = 1024;
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    let bits: S::u64s = cast(x);
    let offset = simd.splat_u64s((BIAS << 52).wrapping_sub(FRAC_1_SQRT_2_BITS));
    let biased = simd.and_u64s(simd.add_u64s(bits, offset), simd.splat_u64s(0xfff << 52));
    let m = simd.add_u64s(simd.sub_u64s(bits, biased), simd.splat_u64s(BIAS << 52));
    // k·2³² as a number: put its bits into the mantissa of 2⁵², subtract what was added.
    let words: S::u32s = cast(biased);
    let words: S::u64s = cast(simd.wrapping_dyn_shr_u32s(words, simd.splat_u32s(20)));
    let shifted: S::f64s = cast(simd.or_u64s(words, simd.splat_u64s(TWO_52.to_bits())));
    let k = simd.sub_f64s(shifted, simd.splat_f64s(TWO_52 + 1024.0 * TWO_32));
    (k, simd.sub_f64s(cast(m), simd.splat_f64s(1.0)))
}

/// aᵇ with the lanes in which it is accurate to 2 ulp: those with a in [`LOG_RANGE`] and
/// |b·ln a| ≤ 32, up to which the logarithm's 60 bits suffice.
#[inline(always)]
pub(super) fn pow<S: Simd>(simd: S, a: S::f64s, b: S::f64s) -> (S::f64s, S::m64s) {
    const EXPONENTS: Range = Range { low: -32.0, high: 32.0 };
    let two = simd.splat_f64s(2.0);
    let (k, f) = split(simd, a);

    // s = f/(2 + f) and what its rounding lost
    let d = simd.add_f64s(two, f);
    let d_rest = simd.sub_f64s(f, simd.sub_f64s(d, two));
    let inverse = simd.div_f64s(simd.splat_f64s(1.0), d);
    let s = simd.mul_f64s(f, inverse);
    let lost = simd.negate_mul_add_f64s(s, d_rest, simd.negate_mul_add_f64s(s, d, f));
    let s_rest = simd.mul_f64s(lost, inverse);

    // ln a = k·ln 2 + 2s + s³·(…) as a sum of two numbers
    let z = simd.mul_f64s(s, s);
    let series = simd.mul_f64s(simd.mul_f64s(s, z), polynomial(simd, z, LOG_SERIES));
    let whole = simd.mul_f64s(k, simd.splat_f64s(LN_2[0] / TWO_32));
    let doubled = simd.add_f64s(s, s);
    let high = simd.add_f64s(whole, doubled);
    let low = simd.sub_f64s(doubled, simd.sub_f64s(high, whole));
    let low = simd.mul_add_f64s(k, simd.splat_f64s(LN_2[1] / TWO_32), low);
    let low = simd.add_f64s(series, simd.mul_add_f64s(two, s_rest, low));
    let log = simd.add_f64s(high, low);
    let log_rest = simd.sub_f64s(low, simd.sub_f64s(log, high));

    let y = simd.mul_f64s(b, log);
    let y_rest = simd.mul_add_f64s(b, log, simd.neg_f64s(y));
    let y_rest = simd.mul_add_f64s(b, log_rest, y_rest);
    let e = exp(simd, y);
    let accurate = simd.and_m64s(LOG_RANGE.lanes(simd, a), EXPONENTS.lanes(simd, y));
    (simd.mul_add_f64s(e, y_rest, e), accurate)
}

/// tanh x for every x; NaN stays NaN.
#[inline(always)]
pub(super) fn tanh<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    let size = simd.abs_f64s(x);
    // From 20 on tanh rounds to 1; the direction of the comparison lets NaN through.
    let is_huge = simd.greater_than_f64s(size, simd.splat_f64s(20.0));
    let bounded = simd.select_f64s(is_huge, simd.splat_f64s(20.0), size);

    let z = simd.mul_f64s(bounded, bounded);
    let p = polynomial(
        simd,
        z,
        [-9.643_991_794_250_522e-1, -9.928_772_310_019_185e1, -1.614_687_684_417_084_5e3],
    );
    let q = polynomial(
        simd,
        z,
        [1.0, 1.128_116_784_916_329_4e2, 2.235_488_390_601_004_5e3, 4.844_063_053_251_255e3],
    );
    let small = simd.mul_add_f64s(simd.mul_f64s(bounded, z), simd.div_f64s(p, q), bounded);

    let e = exp(simd, simd.add_f64s(bounded, bounded));
    let ratio = simd.div_f64s(simd.splat_f64s(2.0), simd.add_f64s(e, simd.splat_f64s(1.0)));
    let large = simd.sub_f64s(simd.splat_f64s(1.0), ratio);

    let is_small = simd.less_than_f64s(size, simd.splat_f64s(0.625));
    let sign = simd.and_u64s(cast(x), simd.splat_u64s(1 << 63));
    flip(simd, simd.select_f64s(is_small, small, large), sign)
}

/// −1 or 1 like x, NaN for NaN.
#[inline(always)]
pub(super) fn sign<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    let sign = simd.and_u64s(cast(x), simd.splat_u64s(1 << 63));
    let one = simd.or_u64s(sign, simd.splat_u64s(1.0_f64.to_bits()));
    simd.select_f64s(simd.equal_f64s(x, x), cast(one), x)
}

/// x to an integer power, by multiplication.
#[inline(always)]
pub(super) fn power<S: Simd>(simd: S, x: S::f64s, exponent: f64) -> S::f64s {
    let one = simd.splat_f64s(1.0);
    let mut square = x;
    let mut product = one;
    let mut left = exponent.abs();
    while left >= 1.0 {
        let half = (left / 2.0).trunc();
        if half + half != left {
            product = simd.mul_f64s(product, square);
        }
        square = simd.mul_f64s(square, square);
        left = half;
    }
    if exponent < 0.0 { simd.div_f64s(one, product) } else { product }
}
