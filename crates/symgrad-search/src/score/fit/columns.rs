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

/// 1/√square row by row, 0 where there is no length.
pub(super) fn inverse_lengths(inverses: &mut Vec<f64>, squares: &[f64]) {
    inverses.clear();
    inverses.resize(squares.len(), 0.0);
    simd::vectorize(
        #[inline(always)]
        || {
            for (inverse, square) in inverses.iter_mut().zip(squares) {
                *inverse = if *square > 0.0 { square.sqrt().recip() } else { 0.0 };
            }
        },
    );
}

/// weight · inverse row by row, and √weight · inverse.
pub(super) fn weigh([weighted, factors]: [&mut Vec<f64>; 2], weights: &[f64], inverses: &[f64]) {
    for column in [&mut *weighted, &mut *factors] {
        column.clear();
        column.resize(weights.len(), 0.0);
    }
    simd::vectorize(
        #[inline(always)]
        || {
            let outs = weighted.iter_mut().zip(factors);
            for ((weighted, factor), (w, inverse)) in outs.zip(weights.iter().zip(inverses)) {
                *weighted = w * inverse;
                *factor = w.sqrt() * inverse;
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
