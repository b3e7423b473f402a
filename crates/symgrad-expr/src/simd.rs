//! Run-time choice of the instruction set.

/// Runs a closure compiled for the widest vector instructions this machine has.
///
/// Plain loops inside the closure are vectorised by the compiler for those instructions,
/// provided that the closure's code is inlined: keep it one closure, its helpers
/// `#[inline(always)]`.
///
/// ```
/// let (x, y) = ([1.0_f64; 100], [2.0; 100]);
/// let dot: f64 = symgrad_expr::simd::vectorize(|| x.iter().zip(&y).map(|(x, y)| x * y).sum());
/// assert_eq!(dot, 200.0);
/// ```
#[inline]
pub fn vectorize<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}
