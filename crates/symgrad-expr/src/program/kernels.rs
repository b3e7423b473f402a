//! Loops over the rows of a block, generic over what they compute.

use pulp::{Simd, bytemuck};

use super::vector::Range;

/// An operand: a column of vectors, or one number for all rows.
#[derive(Clone, Copy)]
pub(super) enum View<'a, V> {
    Column(&'a [V]),
    Uniform(f64),
}

use View::{Column, Uniform};

/// Vectors per step of the loops over cheap operations; columns hold a multiple of it.
pub(super) const STEP: usize = 4;

#[inline(always)]
pub(super) fn fill<V: Copy>(out: &mut [V], value: V) {
    for out in out {
        *out = value;
    }
}

/// Columns in steps, whose inner loops are unrolled.
#[inline(always)]
fn steps<V>(column: &[V]) -> std::slice::Iter<'_, [V; STEP]> {
    column.as_chunks().0.iter()
}

#[inline(always)]
fn each1<V: Copy>(out: &mut [V], a: &[V], f: impl Fn(V) -> V) {
    for (out, a) in out.as_chunks_mut::<STEP>().0.iter_mut().zip(steps(a)) {
        for lane in 0..STEP {
            out[lane] = f(a[lane]);
        }
    }
}

#[inline(always)]
fn each2<V: Copy>(out: &mut [V], a: &[V], b: &[V], f: impl Fn(V, V) -> V) {
    for ((out, a), b) in out.as_chunks_mut::<STEP>().0.iter_mut().zip(steps(a)).zip(steps(b)) {
        for lane in 0..STEP {
            out[lane] = f(a[lane], b[lane]);
        }
    }
}

#[inline(always)]
fn each3<V: Copy>(out: &mut [V], a: &[V], b: &[V], c: &[V], f: impl Fn(V, V, V) -> V) {
    let out = out.as_chunks_mut::<STEP>().0;
    for (((out, a), b), c) in out.iter_mut().zip(steps(a)).zip(steps(b)).zip(steps(c)) {
        for lane in 0..STEP {
            out[lane] = f(a[lane], b[lane], c[lane]);
        }
    }
}

#[inline(always)]
pub(super) fn unary<S: Simd>(
    simd: S,
    out: &mut [S::f64s],
    a: View<'_, S::f64s>,
    f: impl Fn(S::f64s) -> S::f64s,
) {
    match a {
        Column(a) => each1(out, a, f),
        Uniform(a) => fill(out, f(simd.splat_f64s(a))),
    }
}

#[inline(always)]
pub(super) fn binary<S: Simd>(
    simd: S,
    out: &mut [S::f64s],
    a: View<'_, S::f64s>,
    b: View<'_, S::f64s>,
    f: impl Fn(S::f64s, S::f64s) -> S::f64s,
) {
    match (a, b) {
        (Column(a), Column(b)) => each2(out, a, b, f),
        (Column(a), Uniform(b)) => {
            let b = simd.splat_f64s(b);
            each1(
                out,
                a,
                #[inline(always)]
                |a| f(a, b),
            );
        }
        (Uniform(a), Column(b)) => {
            let a = simd.splat_f64s(a);
            each1(
                out,
                b,
                #[inline(always)]
                |b| f(a, b),
            );
        }
        (Uniform(a), Uniform(b)) => fill(out, f(simd.splat_f64s(a), simd.splat_f64s(b))),
    }
}

/// `f` must be symmetric in its first two arguments.
#[inline(always)]
pub(super) fn ternary<S: Simd>(
    simd: S,
    out: &mut [S::f64s],
    a: View<'_, S::f64s>,
    b: View<'_, S::f64s>,
    c: View<'_, S::f64s>,
    f: impl Fn(S::f64s, S::f64s, S::f64s) -> S::f64s,
) {
    match (a, b, c) {
        (Column(a), Column(b), Column(c)) => each3(out, a, b, c, f),
        (Column(a), Uniform(b), c) | (Uniform(b), Column(a), c) => {
            let b = simd.splat_f64s(b);
            binary(
                simd,
                out,
                Column(a),
                c,
                #[inline(always)]
                |a, c| f(a, b, c),
            );
        }
        (a, b, Uniform(c)) => {
            let c = simd.splat_f64s(c);
            binary(
                simd,
                out,
                a,
                b,
                #[inline(always)]
                |a, b| f(a, b, c),
            );
        }
        (Uniform(a), Uniform(b), Column(c)) => {
            let (a, b) = (simd.splat_f64s(a), simd.splat_f64s(b));
            each1(
                out,
                c,
                #[inline(always)]
                |c| f(a, b, c),
            );
        }
    }
}

/// A function of one number, for the rows outside a range.
pub(super) type Exact = fn(f64) -> f64;

/// Evaluates a function whose fast vector form has a limited range; the rows outside are
/// redone one by one.
#[inline(always)]
pub(super) fn ranged<S: Simd>(
    simd: S,
    out: &mut [S::f64s],
    a: View<'_, S::f64s>,
    fast: impl Fn(S::f64s) -> S::f64s,
    range: Range,
    exact: Exact,
) {
    match a {
        Uniform(a) if range.contains(a) => fill(out, fast(simd.splat_f64s(a))),
        Uniform(a) => fill(out, simd.splat_f64s(exact(a))),
        Column(a) => {
            let mut all = everywhere(simd);
            for (out, a) in out.as_chunks_mut::<2>().0.iter_mut().zip(a.as_chunks::<2>().0) {
                all = simd.and_m64s(all, range.lanes(simd, a[0]));
                all = simd.and_m64s(all, range.lanes(simd, a[1]));
                *out = [fast(a[0]), fast(a[1])];
            }
            if !holds(simd, all) {
                redo(rows_mut::<S>(out), rows::<S>(a), range, exact);
            }
        }
    }
}

/// Row by row, for functions without a vector form.
#[inline(always)]
pub(super) fn scalar<S: Simd>(
    out: &mut [S::f64s],
    operands: [View<'_, S::f64s>; 3],
    f: impl Fn([f64; 3]) -> f64,
) {
    for (row, out) in rows_mut::<S>(out).iter_mut().enumerate() {
        *out = f(operands.map(|operand| match operand {
            Column(column) => rows::<S>(column)[row],
            Uniform(value) => value,
        }));
    }
}

#[inline(always)]
pub(super) fn everywhere<S: Simd>(simd: S) -> S::m64s {
    simd.equal_u64s(simd.splat_u64s(0), simd.splat_u64s(0))
}

/// Whether the mask is set in every lane.
#[inline(always)]
pub(super) fn holds<S: Simd>(simd: S, mask: S::m64s) -> bool {
    simd.first_true_m64s(simd.not_m64s(mask)) >= S::F64_LANES
}

#[inline(never)]
pub(super) fn redo(out: &mut [f64], a: &[f64], range: Range, exact: Exact) {
    for (out, &a) in out.iter_mut().zip(a) {
        if !range.contains(a) {
            *out = exact(a);
        }
    }
}

#[inline(never)]
pub(super) fn redo_pair(
    first: &mut [f64],
    second: &mut [f64],
    a: &[f64],
    range: Range,
    exact: fn(f64) -> (f64, f64),
) {
    for ((first, second), &a) in first.iter_mut().zip(second).zip(a) {
        if !range.contains(a) {
            (*first, *second) = exact(a);
        }
    }
}

#[inline(always)]
pub(super) fn rows<S: Simd>(vectors: &[S::f64s]) -> &[f64] {
    bytemuck::cast_slice(vectors)
}

#[inline(always)]
pub(super) fn rows_mut<S: Simd>(vectors: &mut [S::f64s]) -> &mut [f64] {
    bytemuck::cast_slice_mut(vectors)
}
