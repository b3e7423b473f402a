//! Run-time choice of the instruction set.

use pulp::{Arch, Scalar256b, Simd, WithSimd};

/// Runs a closure compiled for the widest vector instructions this machine has.
///
/// Plain loops inside the closure are vectorised by the compiler for those instructions,
/// provided that the closure's code is inlined: keep it one closure, its helpers
/// `#[inline(always)]`.
///
/// ```
/// let (x, y) = ([1.0_f64; 100], [2.0; 100]);
/// let mut product = [0.0; 100];
/// symgrad_expr::simd::vectorize(|| {
///     for ((out, x), y) in product.iter_mut().zip(&x).zip(&y) {
///         *out = x * y;
///     }
/// });
/// assert_eq!(product, [2.0; 100]);
/// ```
#[inline]
pub fn vectorize<R>(work: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(work)
}

/// Runs kernels on explicit vectors of the widest kind.
///
/// Without vector instructions the vectors are emulated four lanes wide: the kernels view a
/// vector of doubles also as 32-bit words, which a one-lane emulation cannot express.
#[inline]
pub(crate) fn run<Op: WithSimd>(op: Op) -> Op::Output {
    match Arch::new() {
        Arch::Scalar => Scalar256b.vectorize(op),
        arch => arch.dispatch(op),
    }
}
