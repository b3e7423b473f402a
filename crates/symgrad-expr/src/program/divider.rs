//! Quotients and square roots over the rows of a block, by multiplication: on wide vectors the
//! processor's divider takes twice as long. It is left the rows in which that fails.

use pulp::Simd;

use super::kernels::{View, binary, everywhere, fill, holds};
use super::vector::{self, NEAR, SQUARES};
use View::{Column, Uniform};

/// √a
#[inline(always)]
pub(super) fn roots<S: Simd>(simd: S, out: &mut [S::f64s], a: View<'_, S::f64s>) {
    let a = match a {
        Column(a) => a,
        Uniform(a) => return fill(out, simd.splat_f64s(a.sqrt())),
    };
    let mut all = everywhere(simd);
    for (out, &a) in out.iter_mut().zip(a) {
        all = simd.and_m64s(all, SQUARES.lanes(simd, a));
        *out = vector::sqrt(simd, a).0;
    }
    if !holds(simd, all) {
        for (out, &a) in out.iter_mut().zip(a) {
            *out = simd.select_f64s(SQUARES.lanes(simd, a), *out, simd.sqrt_f64s(a));
        }
    }
}

/// √a and 1/√a
#[inline(always)]
pub(super) fn roots_and_inverses<S: Simd>(
    simd: S,
    (roots, inverses): (&mut [S::f64s], &mut [S::f64s]),
    a: View<'_, S::f64s>,
) {
    let a = match a {
        Column(a) => a,
        Uniform(a) => {
            fill(roots, simd.splat_f64s(a.sqrt()));
            return fill(inverses, simd.splat_f64s(1.0 / a.sqrt()));
        }
    };
    let mut all = everywhere(simd);
    for ((root, inverse), &a) in roots.iter_mut().zip(inverses.iter_mut()).zip(a) {
        all = simd.and_m64s(all, SQUARES.lanes(simd, a));
        (*root, *inverse) = vector::sqrt(simd, a);
    }
    if !holds(simd, all) {
        for ((root, inverse), &a) in roots.iter_mut().zip(inverses).zip(a) {
            let usual = SQUARES.lanes(simd, a);
            let exact = simd.sqrt_f64s(a);
            *root = simd.select_f64s(usual, *root, exact);
            let exact = simd.div_f64s(simd.splat_f64s(1.0), exact);
            *inverse = simd.select_f64s(usual, *inverse, exact);
        }
    }
}

/// a/b
#[inline(always)]
pub(super) fn quotients<S: Simd>(
    simd: S,
    out: &mut [S::f64s],
    a: View<'_, S::f64s>,
    b: View<'_, S::f64s>,
) {
    let mut all = everywhere(simd);
    match (a, b) {
        (Column(a), Column(b)) => {
            for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                *out = Divided::new(simd, a, b).noted(simd, &mut all).quotient;
            }
        }
        (Uniform(a), Column(b)) => {
            let a = simd.splat_f64s(a);
            for (out, &b) in out.iter_mut().zip(b) {
                *out = Divided::new(simd, a, b).noted(simd, &mut all).quotient;
            }
        }
        (a, Uniform(_)) => return by_one_number(simd, out, a, b),
    }
    if !holds(simd, all) {
        binary(
            simd,
            out,
            a,
            b,
            #[inline(always)]
            |a, b| {
                let Divided { quotient, usual, .. } = Divided::new(simd, a, b);
                simd.select_f64s(usual, quotient, simd.div_f64s(a, b))
            },
        );
    }
}

/// a/b and 1/b
#[inline(always)]
pub(super) fn quotients_and_inverses<S: Simd>(
    simd: S,
    (quotients, inverses): (&mut [S::f64s], &mut [S::f64s]),
    a: View<'_, S::f64s>,
    b: View<'_, S::f64s>,
) {
    let b = match b {
        Column(b) => b,
        Uniform(divisor) => {
            by_one_number(simd, quotients, a, b);
            return fill(inverses, simd.splat_f64s(1.0 / divisor));
        }
    };
    let mut all = everywhere(simd);
    let outs = quotients.iter_mut().zip(inverses.iter_mut());
    match a {
        Column(a) => {
            for ((quotient, inverse), (&a, &b)) in outs.zip(a.iter().zip(b)) {
                let divided = Divided::new(simd, a, b).noted(simd, &mut all);
                (*quotient, *inverse) = (divided.quotient, divided.inverse);
            }
        }
        Uniform(a) => {
            let a = simd.splat_f64s(a);
            for ((quotient, inverse), &b) in outs.zip(b) {
                let divided = Divided::new(simd, a, b).noted(simd, &mut all);
                (*quotient, *inverse) = (divided.quotient, divided.inverse);
            }
        }
    }
    if !holds(simd, all) {
        with_care(simd, (quotients, inverses), a, b);
    }
}

/// The same where some rows are unusual.
#[inline(always)]
fn with_care<S: Simd>(
    simd: S,
    (quotients, inverses): (&mut [S::f64s], &mut [S::f64s]),
    a: View<'_, S::f64s>,
    b: &[S::f64s],
) {
    for (at, &b) in b.iter().enumerate() {
        let a = match a {
            Column(a) => a[at],
            Uniform(a) => simd.splat_f64s(a),
        };
        let usual = Divided::new(simd, a, b).usual;
        quotients[at] = simd.select_f64s(usual, quotients[at], simd.div_f64s(a, b));
        let inverse = simd.div_f64s(simd.splat_f64s(1.0), b);
        inverses[at] = simd.select_f64s(usual, inverses[at], inverse);
    }
}

/// a/b for the same b in all rows.
#[inline(always)]
fn by_one_number<S: Simd>(
    simd: S,
    out: &mut [S::f64s],
    a: View<'_, S::f64s>,
    b: View<'_, S::f64s>,
) {
    binary(
        simd,
        out,
        a,
        b,
        #[inline(always)]
        |a, b| simd.div_f64s(a, b),
    );
}

/// A quotient a/b with 1/b.
struct Divided<S: Simd> {
    quotient: S::f64s,
    inverse: S::f64s,
    /// The lanes in which both are right.
    usual: S::m64s,
}

impl<S: Simd> Divided<S> {
    #[inline(always)]
    fn new(simd: S, a: S::f64s, b: S::f64s) -> Self {
        let (inverse, miss) = vector::inverse(simd, b);
        let quotient = vector::quotient(simd, a, b, inverse);
        // NaN if the quotient is not finite.
        let miss = simd.mul_add_f64s(quotient, simd.splat_f64s(0.0), miss);
        let usual = simd.less_than_f64s(simd.abs_f64s(miss), simd.splat_f64s(NEAR));
        Self { quotient, inverse, usual }
    }

    /// Notes in `all` the lanes that are not right.
    #[inline(always)]
    fn noted(self, simd: S, all: &mut S::m64s) -> Self {
        *all = simd.and_m64s(*all, self.usual);
        self
    }
}
