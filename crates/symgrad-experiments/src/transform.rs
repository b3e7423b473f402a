//! Random transformations: similarities, rotations and Lorentz transformations.

use faer::Mat;
use faer::prelude::Solve;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// A 3×3 matrix, row by row.
pub(crate) type Matrix3 = [[f64; 3]; 3];

/// A 4×4 matrix, row by row.
pub(crate) type Matrix4 = [[f64; 4]; 4];

/// M A M⁻¹ of n×n matrices given row by row; not finite if M is singular.
pub(crate) fn similar(n: usize, m: &[f64], a: &[f64]) -> Vec<f64> {
    // With X = M A M⁻¹: X M = M A, that is Mᵀ Xᵀ = (M A)ᵀ.
    let matrix = |x: &[f64]| Mat::from_fn(n, n, |i, j| x[n * i + j]);
    let m = matrix(m);
    let mut transposed = (&m * matrix(a)).transpose().to_owned();
    m.partial_piv_lu().solve_transpose_in_place(&mut transposed);
    (0..n * n).map(|index| transposed[(index % n, index / n)]).collect()
}

/// A rotation of space, uniform (Haar): Gram–Schmidt of Gaussian vectors, completed by the
/// cross product.
pub(crate) fn rotation(rng: &mut ChaCha8Rng) -> Matrix3 {
    let first = unit([normal(rng), normal(rng), normal(rng)]);
    let other = [normal(rng), normal(rng), normal(rng)];
    let along = dot(&first, &other);
    let second = unit(std::array::from_fn(|i| other[i] - along * first[i]));
    let third = std::array::from_fn(|i| {
        let (j, k) = ((i + 1) % 3, (i + 2) % 3);
        first[j] * second[k] - first[k] * second[j]
    });
    [first, second, third]
}

/// An orthogonal matrix, uniform (Haar): a rotation, or a rotation and a reflection.
pub(crate) fn orthogonal(rng: &mut ChaCha8Rng) -> Matrix3 {
    let rotation = rotation(rng);
    if rng.random() { rotation } else { rotation.map(|row| row.map(|x| -x)) }
}

/// A Lorentz transformation as published: rotation · boost(β uniform in [0, 1)) · rotation.
pub(crate) fn lorentz(rng: &mut ChaCha8Rng) -> Matrix4 {
    let beta: f64 = rng.random();
    let gamma = 1.0 / ((1.0 - beta) * (1.0 + beta)).sqrt();
    let mut boost = [[0.0; 4]; 4];
    boost[0] = [gamma, gamma * beta, 0.0, 0.0];
    boost[1] = [gamma * beta, gamma, 0.0, 0.0];
    boost[2][2] = 1.0;
    boost[3][3] = 1.0;
    product(&product(&in_spacetime(&rotation(rng)), &boost), &in_spacetime(&rotation(rng)))
}

/// A rotation that leaves time alone.
fn in_spacetime(rotation: &Matrix3) -> Matrix4 {
    let mut matrix = [[0.0; 4]; 4];
    matrix[0][0] = 1.0;
    for (row, space) in matrix[1..].iter_mut().zip(rotation) {
        row[1..].copy_from_slice(space);
    }
    matrix
}

/// The matrix product.
pub(crate) fn product<const N: usize>(a: &[[f64; N]; N], b: &[[f64; N]; N]) -> [[f64; N]; N] {
    a.map(|row| std::array::from_fn(|j| (0..N).map(|k| row[k] * b[k][j]).sum()))
}

/// T F Tᵀ.
pub(crate) fn conjugate<const N: usize>(t: &[[f64; N]; N], f: &[[f64; N]; N]) -> [[f64; N]; N] {
    let transposed = std::array::from_fn(|i| std::array::from_fn(|j| t[j][i]));
    product(&product(t, f), &transposed)
}

pub(crate) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    rng.sample(StandardNormal)
}

pub(crate) fn dot<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn unit(vector: [f64; 3]) -> [f64; 3] {
    let norm = dot(&vector, &vector).sqrt();
    vector.map(|x| x / norm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;

    proptest! {
        #[test]
        fn orthogonal_matrices_are_orthogonal(seed: u64) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let q = orthogonal(&mut rng);
            for i in 0..3 {
                for j in 0..3 {
                    let wanted = f64::from(u8::from(i == j));
                    prop_assert!((dot(&q[i], &q[j]) - wanted).abs() < 1e-12);
                }
            }
        }

        #[test]
        fn lorentz_transformations_keep_the_metric(seed: u64) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let l = lorentz(&mut rng);
            let mut metric = [[0.0; 4]; 4];
            for (i, sign) in [1.0, -1.0, -1.0, -1.0].into_iter().enumerate() {
                metric[i][i] = sign;
            }
            let kept = conjugate(&l, &metric);
            // Rounding grows with γ².
            let tolerance = 1e-13 * l[0][0] * l[0][0];
            for i in 0..4 {
                for j in 0..4 {
                    prop_assert!((kept[i][j] - metric[i][j]).abs() <= tolerance);
                }
            }
        }
    }

    /// Under the Haar measure every entry has mean 0 and variance 1/3, and reflections are half.
    #[test]
    fn orthogonal_matrices_are_uniform() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let count = 20_000;
        let (mut sums, mut squares, mut determinants) = ([0.0; 9], [0.0; 9], 0.0);
        for _ in 0..count {
            let q = orthogonal(&mut rng);
            for (index, x) in q.iter().flatten().enumerate() {
                sums[index] += x;
                squares[index] += x * x;
            }
            determinants += (0..3)
                .map(|j| {
                    let (k, l) = ((j + 1) % 3, (j + 2) % 3);
                    q[0][j] * (q[1][k] * q[2][l] - q[1][l] * q[2][k])
                })
                .sum::<f64>();
        }
        // Five standard errors.
        let error = 5.0 / f64::from(count).sqrt();
        assert!(sums.iter().all(|sum| (sum / f64::from(count)).abs() < error));
        assert!(squares.iter().all(|sum| (sum / f64::from(count) - 1.0 / 3.0).abs() < error));
        assert!((determinants / f64::from(count)).abs() < error);
    }

    #[test]
    fn similarity_keeps_trace_and_determinant() {
        let similar = similar(2, &[2.0, 1.0, 0.5, 3.0], &[1.0, 2.0, 3.0, 4.0]);
        assert!((similar[0] + similar[3] - 5.0).abs() < 1e-12);
        assert!((similar[0] * similar[3] - similar[1] * similar[2] + 2.0).abs() < 1e-12);
    }
}
