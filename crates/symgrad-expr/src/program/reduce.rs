//! What a block's columns are reduced to while they are in cache.

use pulp::{Simd, WithSimd};

use super::kernels::STEP;

/// Whether no number is infinite or NaN.
pub(super) struct AllFinite<'a>(pub(super) &'a [f64]);

impl WithSimd for AllFinite<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> bool {
        // A sum of zero multiples is zero unless something is infinite or NaN.
        let (vectors, rest) = S::as_simd_f64s(self.0);
        let zero = simd.splat_f64s(0.0);
        let mut sums = [zero; STEP];
        let (steps, left) = vectors.as_chunks::<STEP>();
        for step in steps {
            for lane in 0..STEP {
                sums[lane] = simd.mul_add_f64s(step[lane], zero, sums[lane]);
            }
        }
        for &vector in left.iter().chain([&simd.partial_load_f64s(rest)]) {
            sums[0] = simd.mul_add_f64s(vector, zero, sums[0]);
        }
        let sum = sums.into_iter().fold(zero, |sum, lane| simd.add_f64s(sum, lane));
        simd.reduce_sum_f64s(sum) == 0.0
    }
}

/// Pairs of columns taken together: their sums stay in registers.
pub(super) const GROUP: usize = 4;

/// Adds g·u and g² for pairs of columns g and u.
pub(super) struct Project<'a, const N: usize> {
    pub(super) pairs: [[&'a [f64]; 2]; N],
    pub(super) dot: &'a mut [f64],
    pub(super) norm2: &'a mut [f64],
    /// Whether the sums begin here.
    pub(super) starts: bool,
    /// Whether they end here, with Σ g·u divided by √(Σ g²).
    pub(super) divides: bool,
}

impl<const N: usize> WithSimd for Project<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { pairs, dot, norm2, starts, divides } = self;
        let length = dot.len();
        assert_eq!(norm2.len(), length, "one number per row of the block");
        let (dots, dot_rest) = S::as_mut_simd_f64s(dot);
        let (norms, norm_rest) = S::as_mut_simd_f64s(norm2);
        let vectors = dots.len();
        let mut bodies: [[&[S::f64s]; 2]; N] = [[&[]; 2]; N];
        let mut rests: [[&[f64]; 2]; N] = [[&[]; 2]; N];
        for pair in 0..N {
            for side in 0..2 {
                assert_eq!(pairs[pair][side].len(), length, "one number per row of the block");
                let (body, rest) = S::as_simd_f64s(pairs[pair][side]);
                bodies[pair][side] = &body[..vectors];
                rests[pair][side] = rest;
            }
        }
        let zero = simd.splat_f64s(0.0);
        for at in 0..vectors {
            let (mut d, mut n) = if starts { (zero, zero) } else { (dots[at], norms[at]) };
            for [g, u] in bodies {
                d = simd.mul_add_f64s(g[at], u[at], d);
                n = simd.mul_add_f64s(g[at], g[at], n);
            }
            if divides {
                dots[at] = simd.div_f64s(d, simd.sqrt_f64s(n));
            } else {
                (dots[at], norms[at]) = (d, n);
            }
        }
        // The last rows do the same on vectors that are not full.
        let (mut d, mut n) = (zero, zero);
        if !starts {
            d = simd.partial_load_f64s(dot_rest);
            n = simd.partial_load_f64s(norm_rest);
        }
        for [g, u] in rests {
            let g = simd.partial_load_f64s(g);
            d = simd.mul_add_f64s(g, simd.partial_load_f64s(u), d);
            n = simd.mul_add_f64s(g, g, n);
        }
        if divides {
            d = simd.div_f64s(d, simd.sqrt_f64s(n));
        }
        simd.partial_store_f64s(dot_rest, d);
        simd.partial_store_f64s(norm_rest, n);
    }
}
