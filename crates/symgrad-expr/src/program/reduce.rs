//! What a block's columns are reduced to while they are in cache.

use pulp::{Simd, WithSimd, bytemuck};

use super::kernels::{STEP, everywhere, holds};
use super::vector::{self, SQUARES};

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

/// A column of the gradient, and what it is compared with.
pub(super) type Pair<'a> = [&'a [f64]; 2];

/// Pairs of columns taken together: their sums stay in registers.
pub(super) const GROUP: usize = 8;

/// Adds Σ g·u and Σ g² of at most [`GROUP`] pairs of columns g and u.
pub(super) struct Project<'a> {
    pub(super) pairs: &'a [Pair<'a>],
    pub(super) dot: &'a mut [f64],
    pub(super) norm2: &'a mut [f64],
}

impl WithSimd for Project<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { pairs, dot, norm2 } = self;
        let pairs = Pairs::<S>::new(pairs, dot.len());
        assert_eq!(norm2.len(), dot.len(), "one number per row of the block");
        let (dots, dot_rest) = S::as_mut_simd_f64s(dot);
        let (norms, norm_rest) = S::as_mut_simd_f64s(norm2);
        let (dot_steps, dots) = dots.as_chunks_mut::<STEP>();
        let (norm_steps, norms) = norms.as_chunks_mut::<STEP>();
        for (at, (dot, norm)) in dot_steps.iter_mut().zip(norm_steps).enumerate() {
            [*dot, *norm] = pairs.add_step(simd, at, [*dot, *norm]);
        }
        for (at, (dot, norm)) in dots.iter_mut().zip(norms).enumerate() {
            (*dot, *norm) = pairs.add_vector(simd, at, *dot, *norm);
        }
        let loaded = [&*dot_rest, &*norm_rest].map(|rest| simd.partial_load_f64s(rest));
        let (dot, norm) = pairs.add_rest(simd, loaded[0], loaded[1]);
        simd.partial_store_f64s(dot_rest, dot);
        simd.partial_store_f64s(norm_rest, norm);
    }
}

/// Σ w·cos over the rows, with the last of the pairs that [`Project`] has begun.
pub(super) struct Cosines<'a> {
    pub(super) pairs: &'a [Pair<'a>],
    /// Σ g·u and Σ g² of the other pairs.
    pub(super) earlier: Option<Pair<'a>>,
    pub(super) values: &'a [f64],
    pub(super) weights: &'a [f64],
}

impl WithSimd for Cosines<'_> {
    /// Nothing unless all values are finite and all Σ g² in [`SQUARES`].
    type Output = Option<f64>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Option<f64> {
        let Self { pairs, earlier, values, weights } = self;
        let length = values.len();
        let pairs = Pairs::<S>::new(pairs, length);
        assert_eq!(weights.len(), length, "one weight per row of the block");
        let columns = [values, weights].map(Column::<S>::new);
        let earlier = earlier.map(|columns| columns.map(Column::<S>::new));
        let zero = simd.splat_f64s(0.0);
        let mut sum = CosineSum::<S>::new(simd);
        for at in 0..columns[0].steps.len() {
            let begun = earlier.map_or([[zero; STEP]; 2], |pair| pair.map(|c| c.steps[at]));
            let [dots, norms] = pairs.add_step(simd, at, begun);
            let [values, weights] = columns.map(|column| &column.steps[at]);
            sum.add_step(simd, at, [&dots, &norms, values, weights]);
        }
        let mut vector = columns[0].steps.len() * STEP;
        for at in 0..columns[0].vectors.len() {
            let [dot, norm] = earlier.map_or([zero; 2], |pair| pair.map(|c| c.vectors[at]));
            let (dot, norm) = pairs.add_vector(simd, at, dot, norm);
            sum.add(simd, vector, [dot, norm, columns[0].vectors[at], columns[1].vectors[at]]);
            vector += 1;
        }
        let rest = columns[0].rest.len();
        if rest > 0 {
            let load = |column: Column<'_, S>| simd.partial_load_f64s(column.rest);
            let [dot, norm] = earlier.map_or([zero; 2], |pair| pair.map(load));
            let (dot, norm) = pairs.add_rest(simd, dot, norm);
            // The lanes behind the end weigh nothing; their gradient gets some length.
            let mut padded = [1.0; SUMS];
            simd.partial_store_f64s(&mut padded[..rest], norm);
            let norm = simd.partial_load_f64s(&padded[..S::F64_LANES]);
            let [value, weight] = columns.map(load);
            sum.add(simd, vector, [dot, norm, value, weight]);
        }
        sum.finish(simd)
    }
}

/// Sums side by side, as many for every width of vectors.
const SUMS: usize = 16;

struct CosineSum<S: Simd> {
    /// The first so many that there are [`SUMS`] numbers; vectors have two or more.
    sums: [S::f64s; SUMS / 2],
    /// Lanes without a number too small or NaN so far.
    usual: S::m64s,
}

impl<S: Simd> CosineSum<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        Self { sums: [simd.splat_f64s(0.0); SUMS / 2], usual: everywhere(simd) }
    }

    /// Adds the step of that index.
    #[inline(always)]
    fn add_step(
        &mut self,
        simd: S,
        index: usize,
        [dots, norms, values, weights]: [&[S::f64s; STEP]; 4],
    ) {
        let mut checked = *norms;
        for lane in 0..STEP {
            checked[lane] = self.checked(simd, norms[lane], values[lane]);
        }
        let inverses = vector::inverse_sqrts(simd, checked);
        for lane in 0..STEP {
            let cosine = simd.mul_f64s(dots[lane], inverses[lane]);
            self.add_cosine(simd, index * STEP + lane, cosine, weights[lane]);
        }
    }

    /// Adds the vector of that index.
    #[inline(always)]
    fn add(&mut self, simd: S, index: usize, [dot, norm, value, weight]: [S::f64s; 4]) {
        let norm = self.checked(simd, norm, value);
        let inverse = vector::inverse_sqrt(simd, norm);
        self.add_cosine(simd, index, simd.mul_f64s(dot, inverse), weight);
    }

    /// The number under the root, NaN if the value is not finite; what is too large for the
    /// root makes the sum NaN.
    #[inline(always)]
    fn checked(&mut self, simd: S, norm: S::f64s, value: S::f64s) -> S::f64s {
        let large = simd.greater_than_or_equal_f64s(norm, simd.splat_f64s(SQUARES.low()));
        self.usual = simd.and_m64s(self.usual, large);
        simd.mul_add_f64s(value, simd.splat_f64s(0.0), norm)
    }

    #[inline(always)]
    fn add_cosine(&mut self, simd: S, index: usize, cosine: S::f64s, weight: S::f64s) {
        let sum = &mut self.sums[index % (SUMS / S::F64_LANES)];
        *sum = simd.mul_add_f64s(weight, cosine, *sum);
    }

    #[inline(always)]
    fn finish(self, simd: S) -> Option<f64> {
        let sums: &[f64] = bytemuck::cast_slice(&self.sums[..SUMS / S::F64_LANES]);
        let sum: f64 = sums.iter().sum();
        (sum.is_finite() && holds(simd, self.usual)).then_some(sum)
    }
}

/// A column as steps of vectors, vectors, and what is left.
#[derive(Clone, Copy)]
struct Column<'a, S: Simd> {
    steps: &'a [[S::f64s; STEP]],
    vectors: &'a [S::f64s],
    rest: &'a [f64],
}

impl<'a, S: Simd> Column<'a, S> {
    const EMPTY: Self = Self { steps: &[], vectors: &[], rest: &[] };

    #[inline(always)]
    fn new(column: &'a [f64]) -> Self {
        let (vectors, rest) = S::as_simd_f64s(column);
        let (steps, vectors) = vectors.as_chunks();
        Self { steps, vectors, rest }
    }
}

struct Pairs<'a, S: Simd> {
    pairs: [[Column<'a, S>; 2]; GROUP],
    count: usize,
}

impl<'a, S: Simd> Pairs<'a, S> {
    #[inline(always)]
    fn new(pairs: &[Pair<'a>], length: usize) -> Self {
        let mut columns = [[Column::EMPTY; 2]; GROUP];
        for (columns, pair) in columns.iter_mut().zip(pairs) {
            *columns = pair.map(|column| {
                assert_eq!(column.len(), length, "one number per row of the block");
                Column::new(column)
            });
        }
        Self { pairs: columns, count: pairs.len() }
    }

    #[inline(always)]
    fn columns(&self) -> impl Iterator<Item = &[Column<'a, S>; 2]> {
        self.pairs[..self.count].iter()
    }

    #[inline(always)]
    fn add_step(
        &self,
        simd: S,
        at: usize,
        [mut dots, mut norms]: [[S::f64s; STEP]; 2],
    ) -> [[S::f64s; STEP]; 2] {
        for [g, u] in self.columns() {
            let (g, u) = (&g.steps[at], &u.steps[at]);
            for lane in 0..STEP {
                dots[lane] = simd.mul_add_f64s(g[lane], u[lane], dots[lane]);
                norms[lane] = simd.mul_add_f64s(g[lane], g[lane], norms[lane]);
            }
        }
        [dots, norms]
    }

    #[inline(always)]
    fn add_vector(
        &self,
        simd: S,
        at: usize,
        mut dot: S::f64s,
        mut norm: S::f64s,
    ) -> (S::f64s, S::f64s) {
        for [g, u] in self.columns() {
            let (g, u) = (g.vectors[at], u.vectors[at]);
            dot = simd.mul_add_f64s(g, u, dot);
            norm = simd.mul_add_f64s(g, g, norm);
        }
        (dot, norm)
    }

    #[inline(always)]
    fn add_rest(&self, simd: S, mut dot: S::f64s, mut norm: S::f64s) -> (S::f64s, S::f64s) {
        for [g, u] in self.columns() {
            let [g, u] = [g, u].map(|column| simd.partial_load_f64s(column.rest));
            dot = simd.mul_add_f64s(g, u, dot);
            norm = simd.mul_add_f64s(g, g, norm);
        }
        (dot, norm)
    }
}
