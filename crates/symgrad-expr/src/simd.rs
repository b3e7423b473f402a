//! Run-time choice of the instruction set.

use pulp::{Arch, Scalar256b, Simd, WithSimd};

/// Runs a closure compiled for the widest vector instructions this machine has.
///
/// Plain loops inside the closure are vectorised by the compiler for those instructions,
/// provided that all of its code is inlined: mark the closure and its helpers
/// `#[inline(always)]`. A loop that adds numbers up is not vectorised, since that would change
/// the order of the sum; [`sum`] and [`dot`] are.
///
/// ```
/// let (x, y) = ([1.0_f64; 100], [2.0; 100]);
/// let mut product = [0.0; 100];
/// symgrad_expr::simd::vectorize(
///     #[inline(always)]
///     || {
///         for ((out, x), y) in product.iter_mut().zip(&x).zip(&y) {
///             *out = x * y;
///         }
///     },
/// );
/// assert_eq!(product, [2.0; 100]);
/// ```
#[inline]
pub fn vectorize<R>(work: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(work)
}

/// The sum of the numbers, in an order that depends on nothing but their count.
pub fn sum(numbers: &[f64]) -> f64 {
    run(Sum { left: numbers, right: None })
}

/// The sum of the products of corresponding numbers, in an order that depends on nothing but
/// their count.
///
/// # Panics
/// If the counts differ.
pub fn dot(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len(), "a dot product takes equally many numbers");
    run(Sum { left, right: Some(right) })
}

/// Partial sums side by side, as many for every width of vectors.
const LANES: usize = 16;

struct Sum<'a> {
    left: &'a [f64],
    right: Option<&'a [f64]>,
}

impl WithSimd for Sum<'_> {
    type Output = f64;

    #[expect(clippy::inline_always, reason = "inlined into the code for the instruction set")]
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let mut sums = [0.0; LANES];
        let sums_simd = S::as_mut_simd_f64s(&mut sums).0;
        let (left, left_rest) = self.left.as_chunks::<LANES>();
        if let Some(right) = self.right {
            let (right, right_rest) = right.as_chunks::<LANES>();
            for (left, right) in left.iter().zip(right) {
                let pairs = S::as_simd_f64s(left).0.iter().zip(S::as_simd_f64s(right).0);
                for (sum, (&left, &right)) in sums_simd.iter_mut().zip(pairs) {
                    *sum = simd.mul_add_f64s(left, right, *sum);
                }
            }
            for (sum, (left, right)) in sums.iter_mut().zip(left_rest.iter().zip(right_rest)) {
                *sum = left.mul_add(*right, *sum);
            }
        } else {
            for left in left {
                for (sum, &left) in sums_simd.iter_mut().zip(S::as_simd_f64s(left).0) {
                    *sum = simd.add_f64s(*sum, left);
                }
            }
            for (sum, left) in sums.iter_mut().zip(left_rest) {
                *sum += left;
            }
        }
        sums.iter().sum()
    }
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
