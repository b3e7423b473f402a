//! Loops along columns, compiled for the widest vectors.

use symgrad_expr::simd;

/// sum + a·b, row by row.
pub(super) fn add_products(sum: &mut [f64], a: &[f64], b: &[f64]) {
    simd::vectorize(
        #[inline(always)]
        || {
            for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
                *sum = a.mul_add(*b, *sum);
            }
        },
    );
}

/// column · factors, row by row.
pub(super) fn multiply(column: &mut [f64], factors: &[f64]) {
    simd::vectorize(
        #[inline(always)]
        || {
            for (value, factor) in column.iter_mut().zip(factors) {
                *value *= factor;
            }
        },
    );
}
