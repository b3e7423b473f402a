//! Sines and cosines over the rows of a block.

use pulp::Simd;

use super::kernels::{Exact, View, everywhere, fill, holds, redo, redo_pair, rows, rows_mut};
use super::turns;
use super::vector::{self, TURNS};
use View::{Column, Uniform};

/// sin a and cos a.
#[inline(always)]
pub(super) fn sines_and_cosines<S: Simd>(
    simd: S,
    out: (&mut [S::f64s], &mut [S::f64s]),
    a: View<'_, S::f64s>,
) {
    let (sines, cosines) = out;
    match a {
        Uniform(a) => {
            let (sine, cosine) = sine_and_cosine(simd, a);
            fill(sines, sine);
            fill(cosines, cosine);
        }
        Column(a) => {
            let inside = by_quarter_turns(
                simd,
                a,
                #[inline(always)]
                |at, sine, cosine| (sines[at], cosines[at]) = (sine, cosine),
            );
            if !inside {
                let (sines, cosines) = (rows_mut::<S>(sines), rows_mut::<S>(cosines));
                redo_pair(sines, cosines, rows::<S>(a), TURNS, turns::sin_cos);
            }
        }
    }
}

/// One of sin a and cos a.
#[inline(always)]
pub(super) fn sines_or_cosines<S: Simd>(
    simd: S,
    out: &mut [S::f64s],
    a: View<'_, S::f64s>,
    pick: impl Fn(S::f64s, S::f64s) -> S::f64s,
    exact: Exact,
) {
    match a {
        Uniform(a) => {
            let (sine, cosine) = sine_and_cosine(simd, a);
            fill(out, pick(sine, cosine));
        }
        Column(a) => {
            let inside = by_quarter_turns(
                simd,
                a,
                #[inline(always)]
                |at, sine, cosine| out[at] = pick(sine, cosine),
            );
            if !inside {
                redo(rows_mut::<S>(out), rows::<S>(a), TURNS, exact);
            }
        }
    }
}

#[inline(always)]
fn sine_and_cosine<S: Simd>(simd: S, a: f64) -> (S::f64s, S::f64s) {
    if TURNS.contains(a) {
        let (r, turns) = vector::quarter_turns(simd, simd.splat_f64s(a));
        return vector::by_quarters(simd, r, turns);
    }
    let (sine, cosine) = turns::sin_cos(a);
    (simd.splat_f64s(sine), simd.splat_f64s(cosine))
}

/// Vectors that take a step together: their chains of operations, too long for the processor
/// to look past, are cut in two.
const TOGETHER: usize = 8;

/// Hands out the sine and the cosine of each vector; says whether all were in range.
#[inline(always)]
fn by_quarter_turns<S: Simd>(
    simd: S,
    a: &[S::f64s],
    mut hand_out: impl FnMut(usize, S::f64s, S::f64s),
) -> bool {
    let mut all = everywhere(simd);
    let mut reduced = [(simd.splat_f64s(0.0), simd.splat_u64s(0)); TOGETHER];
    for (chunk, a) in a.chunks(TOGETHER).enumerate() {
        for (reduced, &a) in reduced.iter_mut().zip(a) {
            all = simd.and_m64s(all, TURNS.lanes(simd, a));
            *reduced = vector::quarter_turns(simd, a);
        }
        for (at, (r, turns)) in reduced[..a.len()].iter().enumerate() {
            let (sine, cosine) = vector::by_quarters(simd, *r, *turns);
            hand_out(chunk * TOGETHER + at, sine, cosine);
        }
    }
    holds(simd, all)
}
