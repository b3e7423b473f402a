//! Loops over the rows of a block, generic over what they compute.

use pulp::{Simd, bytemuck};

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
fn fill<V: Copy>(out: &mut [V], value: V) {
    for out in out {
        *out = value;
    }
}

/// Runs `f` for every vector of the output and of `N` columns of the same length.
#[inline(always)]
fn zip<V: Copy, const N: usize>(out: &mut [V], columns: [&[V]; N], f: impl Fn([V; N]) -> V) {
    let (steps, _) = out.as_chunks_mut::<STEP>();
    let columns = columns.map(|column| &column.as_chunks::<STEP>().0[..steps.len()]);
    for (at, step) in steps.iter_mut().enumerate() {
        for lane in 0..STEP {
            step[lane] = f(columns.map(|column| column[at][lane]));
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
        Column(a) => zip(out, [a], |[a]| f(a)),
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
        (Column(a), Column(b)) => zip(out, [a, b], |[a, b]| f(a, b)),
        (Column(a), Uniform(b)) => {
            let b = simd.splat_f64s(b);
            zip(out, [a], |[a]| f(a, b));
        }
        (Uniform(a), Column(b)) => {
            let a = simd.splat_f64s(a);
            zip(out, [b], |[b]| f(a, b));
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
        (Column(a), Column(b), Column(c)) => zip(out, [a, b, c], |[a, b, c]| f(a, b, c)),
        (Column(a), Uniform(b), c) | (Uniform(b), Column(a), c) => {
            let b = simd.splat_f64s(b);
            binary(simd, out, Column(a), c, |a, c| f(a, b, c));
        }
        (a, b, Uniform(c)) => {
            let c = simd.splat_f64s(c);
            binary(simd, out, a, b, |a, b| f(a, b, c));
        }
        (Uniform(a), Uniform(b), Column(c)) => {
            let (a, b) = (simd.splat_f64s(a), simd.splat_f64s(b));
            zip(out, [c], |[c]| f(a, b, c));
        }
    }
}

/// Evaluates a function whose fast vector form has a limited range.
///
/// `exact` answers for the rows outside, which are redone one by one, and with `None` inside.
#[inline(always)]
pub(super) fn ranged<S: Simd>(
    simd: S,
    out: &mut [S::f64s],
    a: View<'_, S::f64s>,
    fast: impl Fn(S::f64s) -> S::f64s,
    inside: impl Fn(S::f64s) -> S::m64s,
    exact: impl Fn(f64) -> Option<f64>,
) {
    match a {
        Uniform(a) => {
            let value = exact(a).map(|exact| simd.splat_f64s(exact));
            fill(out, value.unwrap_or_else(|| fast(simd.splat_f64s(a))));
        }
        Column(a) => {
            let mut all = everywhere(simd);
            for (out, &a) in out.iter_mut().zip(a) {
                all = simd.and_m64s(all, inside(a));
                *out = fast(a);
            }
            if !holds(simd, all) {
                redo(rows_mut::<S>(out), rows::<S>(a), exact);
            }
        }
    }
}

/// As [`ranged`], for two functions computed together.
#[inline(always)]
pub(super) fn ranged_pair<S: Simd>(
    simd: S,
    (first, second): (&mut [S::f64s], &mut [S::f64s]),
    a: View<'_, S::f64s>,
    fast: impl Fn(S::f64s) -> (S::f64s, S::f64s),
    inside: impl Fn(S::f64s) -> S::m64s,
    (exact_first, exact_second): (impl Fn(f64) -> Option<f64>, impl Fn(f64) -> Option<f64>),
) {
    match a {
        Uniform(_) => {
            ranged(simd, first, a, |a| fast(a).0, &inside, exact_first);
            ranged(simd, second, a, |a| fast(a).1, &inside, exact_second);
        }
        Column(a) => {
            let mut all = everywhere(simd);
            for ((first, second), &a) in first.iter_mut().zip(second.iter_mut()).zip(a) {
                all = simd.and_m64s(all, inside(a));
                (*first, *second) = fast(a);
            }
            if !holds(simd, all) {
                redo(rows_mut::<S>(first), rows::<S>(a), exact_first);
                redo(rows_mut::<S>(second), rows::<S>(a), exact_second);
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
fn everywhere<S: Simd>(simd: S) -> S::m64s {
    simd.equal_u64s(simd.splat_u64s(0), simd.splat_u64s(0))
}

#[inline(always)]
fn holds<S: Simd>(simd: S, mask: S::m64s) -> bool {
    simd.first_true_m64s(simd.not_m64s(mask)) >= S::F64_LANES
}

#[inline(always)]
fn redo(out: &mut [f64], a: &[f64], exact: impl Fn(f64) -> Option<f64>) {
    for (out, &a) in out.iter_mut().zip(a) {
        if let Some(value) = exact(a) {
            *out = value;
        }
    }
}

#[inline(always)]
fn rows<S: Simd>(vectors: &[S::f64s]) -> &[f64] {
    bytemuck::cast_slice(vectors)
}

#[inline(always)]
fn rows_mut<S: Simd>(vectors: &mut [S::f64s]) -> &mut [f64] {
    bytemuck::cast_slice_mut(vectors)
}
