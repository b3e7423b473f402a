//! Parts of g that can be told apart: blocks of variables that enter through one function of
//! their own, and sums or products of such functions.
//!
//! Let the variables be parted into y and z. If g = φ(a(y) + b(z)), then the field's components
//! obey uᵢ·∂b/∂zⱼ = uⱼ·∂a/∂yᵢ: one times a function of z equals another times a function of y, for
//! all i and j at once. If the variables y enter through one function a(y), then
//! uᵢ·∂a/∂yₖ = uₖ·∂a/∂yᵢ, with functions of y. Both are read off the largest canonical correlation
//! of two sets of products, components times polynomials (Hotelling, Biometrika 28, 1936), fitted
//! on one half of the points and measured on the other.

use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{Mat, Par, Side};

use super::discover::Finding;
use super::evidence::{Roughness, polynomials};
use super::frame::Frame;

/// Most polynomials in one set.
const POLYNOMIALS: usize = 36;
/// Their highest degree.
const DEGREE: usize = 6;
/// Most columns of one set, when several functions are unknown.
const COLUMNS: usize = 84;
/// Share of its own size that every product adds to its set's Gram matrix.
const RIDGE: f64 = 1e-10;
/// What the fits leave of random smooth functions of two or three variables, in the median: with
/// whole functions to choose, they always find something alike.
const GENERIC: f64 = 0.04;
/// Up to this many variables all ways to part them are tried, beyond it single ones against the
/// others.
const ALL_PARTITIONS: usize = 4;
/// Most variables for which partitions are tried at all.
const VARIABLES: usize = 6;

/// Groups of variables of which g combines one function each.
pub(super) struct Partition {
    pub(super) blocks: Vec<Vec<usize>>,
    pub(super) finding: Finding,
}

/// The finest partition for which the field speaks, if any.
pub(super) fn partition(frame: &Frame, roughness: &Roughness) -> Option<Partition> {
    let dim = frame.dim();
    if !(2..=VARIABLES).contains(&dim) || frame.directions.len() > 1 {
        return None;
    }
    let sides = bipartitions(dim);
    let mut parts: Vec<(Vec<bool>, Finding)> = Vec::new();
    for side in &sides {
        let finding = Related::parts(frame, side).finding(frame, roughness, sides.len());
        if finding.confidence >= super::discover::WORTH_TELLING {
            parts.push((side.clone(), finding));
        }
    }
    // Two variables belong together unless some partition parts them.
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for k in 0..dim {
        let together = |other: &usize| parts.iter().all(|(side, _)| side[k] == side[*other]);
        match blocks.iter_mut().find(|block| together(&block[0])) {
            Some(block) => block.push(k),
            None => blocks.push(vec![k]),
        }
    }
    let finding = parts.into_iter().map(|(_, finding)| finding).reduce(Finding::weaker)?;
    Some(Partition { blocks, finding })
}

/// Variables that enter through one function of their own, pairs only.
pub(super) fn blocks(frame: &Frame, roughness: &Roughness) -> Vec<Partition> {
    let dim = frame.dim();
    if dim < 3 || frame.directions.len() > 1 {
        return vec![];
    }
    let mut found: Vec<Partition> = Vec::new();
    for k in 1..dim {
        for i in 0..k {
            let finding =
                Related::block(frame, [i, k]).finding(frame, roughness, dim * (dim - 1) / 2);
            if finding.confidence >= super::discover::WORTH_TELLING {
                found.push(Partition { blocks: vec![vec![i, k]], finding });
            }
        }
    }
    found
}

/// For each way to part the variables, whether a variable goes with the first.
fn bipartitions(dim: usize) -> Vec<Vec<bool>> {
    if dim > ALL_PARTITIONS {
        return (0..dim).map(|single| (0..dim).map(|k| k != single).collect()).collect();
    }
    (0..(1_usize << (dim - 1)) - 1)
        .map(|bits| (0..dim).map(|k| k == 0 || bits >> (k - 1) & 1 == 1).collect())
        .collect()
}

/// Two sets of products that may have a common combination.
struct Related {
    residual: f64,
    /// What is left of the relation at every point, times the root of the point's weight.
    remainder: Vec<f64>,
}

/// Components i and j, and which of the unknown functions multiply them.
struct Row {
    i: usize,
    j: usize,
    left: usize,
    right: usize,
}

impl Related {
    /// The relations of g = φ(a(y) + b(z)), where y are the variables on one side; or the same
    /// relations with the functions' reciprocals; or, for a single y, those with a constant
    /// ∂a/∂y and quotients for ∂b/∂z. Whichever is closest.
    fn parts(frame: &Frame, side: &[bool]) -> Self {
        let of = |wanted: bool| (0..frame.dim()).filter(|&k| side[k] == wanted).collect::<Vec<_>>();
        let (a, b) = (of(true), of(false));
        let limit = |others: &[usize]| (COLUMNS / others.len()).min(POLYNOMIALS);
        let of_a = functions(frame, &a, limit(&a));
        let of_b = functions(frame, &b, limit(&b));
        let pairs: Vec<(usize, usize)> =
            a.iter().flat_map(|&i| b.iter().map(move |&j| (i, j))).collect();
        // For every pair, which function of the list stands on the left and on the right.
        let at = |list: &[usize], k: usize| list.iter().position(|&other| other == k).unwrap_or(0);
        let rows = |inverse: bool| {
            pairs
                .iter()
                .map(|&(i, j)| {
                    let (of_i, of_j) = (at(&a, i), at(&b, j));
                    if inverse {
                        Row { i, j, left: of_i, right: of_j }
                    } else {
                        Row { i, j, left: of_j, right: of_i }
                    }
                })
                .collect::<Vec<_>>()
        };
        let plain = Self::new(frame, &rows(false), &of_b, &of_a);
        let inverse = Self::new(frame, &rows(true), &of_a, &of_b);
        let mut best = plain.closer(inverse);
        for (alone, others, functions) in [(&a, &b, &of_b), (&b, &a, &of_a)] {
            if let [i] = alone[..] {
                let each = others.iter().enumerate().map(|(k, &j)| {
                    Self::new(frame, &[Row { i, j, left: k, right: k }], functions, functions)
                });
                if let Some(worst) = each.reduce(|a, b| if a.residual > b.residual { a } else { b })
                {
                    best = best.closer(worst);
                }
            }
        }
        best
    }

    fn block(frame: &Frame, [i, k]: [usize; 2]) -> Self {
        let functions = functions(frame, &[i, k], POLYNOMIALS);
        Self::new(frame, &[Row { i, j: k, left: 0, right: 0 }], &functions, &functions)
    }

    fn closer(self, other: Self) -> Self {
        if other.residual < self.residual { other } else { self }
    }

    /// Relates component i times a combination of the functions `left` to component j times one
    /// of `right`, for all rows at once; rows that name the same function share it.
    fn new(frame: &Frame, rows: &[Row], left: &[Vec<f64>], right: &[Vec<f64>]) -> Self {
        let nothing = || Self { residual: 1.0, remainder: vec![0.0; frame.points()] };
        let set = |parity: usize, functions: &[Vec<f64>], of: &dyn Fn(&Row) -> (usize, usize)| {
            let points = (frame.points() + 1 - parity) / 2;
            let count = rows.iter().map(|row| of(row).1 + 1).max().unwrap_or(0);
            let mut set = Mat::zeros(points * rows.len(), functions.len() * count);
            for (r, row) in rows.iter().enumerate() {
                let (component, which) = of(row);
                let unit = &frame.directions[0][component];
                for (c, function) in functions.iter().enumerate() {
                    for point in 0..points {
                        let n = 2 * point + parity;
                        set[(r * points + point, which * functions.len() + c)] =
                            unit[n] * function[n] * frame.weights[n].sqrt();
                    }
                }
            }
            set
        };
        let halves = [0, 1].map(|parity| {
            (
                set(parity, left, &|row| (row.i, row.left)),
                set(parity, right, &|row| (row.j, row.right)),
            )
        });
        let (mut residual, mut remainder) = (0.0, vec![0.0; frame.points()]);
        for (here, there) in [(0, 1), (1, 0)] {
            let Some((p, q)) = most_correlated(&halves[here].0, &halves[here].1) else {
                return nothing();
            };
            let (x, y) = (&halves[there].0 * p, &halves[there].1 * q);
            let (xx, yy) = (x.squared_norm_l2(), y.squared_norm_l2());
            let (sx, sy) = (xx.sqrt().recip() / 2.0, yy.sqrt().recip() / 2.0);
            if !sx.is_finite() || !sy.is_finite() {
                return nothing();
            }
            let points = x.nrows() / rows.len();
            for row in 0..x.nrows() {
                let left = x[(row, 0)] * sx - y[(row, 0)] * sy;
                residual += left * left;
                let n = 2 * (row % points) + there;
                remainder[n] = left.hypot(remainder[n]).copysign(left);
            }
        }
        Self { residual, remainder }
    }

    fn finding(&self, frame: &Frame, roughness: &Roughness, tests: usize) -> Finding {
        let mut variance = 0.0;
        for (left, weight) in self.remainder.iter().zip(&frame.weights) {
            variance += (left * left - self.residual * weight).powi(2);
        }
        let upper = self.residual + 2.0 * variance.sqrt();
        // One coefficient that happens to be small: the residual is its square.
        let chance = (upper / GENERIC).sqrt() * tests as f64;
        let mut confidence = (1.0 - chance).max(0.0);
        if confidence > 0.0 {
            let vector: Vec<Vec<f64>> = frame.directions[0]
                .iter()
                .map(|u| u.iter().zip(&self.remainder).map(|(u, r)| u * r).collect())
                .collect();
            confidence *= roughness.factor(&vector);
        }
        Finding { confidence, residual: self.residual }
    }
}

fn functions(frame: &Frame, variables: &[usize], limit: usize) -> Vec<Vec<f64>> {
    let raw: Vec<Vec<f64>> = variables.iter().map(|&k| frame.raw[k].clone()).collect();
    polynomials(&raw, limit, DEGREE)
}

/// The combinations of the columns of two matrices that are most alike.
fn most_correlated(x: &Mat<f64>, y: &Mat<f64>) -> Option<(Mat<f64>, Mat<f64>)> {
    let gram = |m: &Mat<f64>| {
        let mut gram = m.transpose() * m;
        for k in 0..gram.ncols() {
            let own = gram[(k, k)];
            gram[(k, k)] += RIDGE * own.max(f64::MIN_POSITIVE);
        }
        gram.llt(Side::Lower).ok()
    };
    let (gx, gy) = (gram(x)?, gram(y)?);
    let mut cross = x.transpose() * y;
    solve_lower_triangular_in_place(gx.L(), cross.as_mut(), Par::Seq);
    let mut cross = cross.transpose().to_owned();
    solve_lower_triangular_in_place(gy.L(), cross.as_mut(), Par::Seq);
    let svd = cross.thin_svd().ok()?;
    let column = |m: faer::MatRef<'_, f64>| m.subcols(0, 1).to_owned();
    let (mut q, mut p) = (column(svd.U()), column(svd.V()));
    solve_upper_triangular_in_place(gx.L().transpose(), p.as_mut(), Par::Seq);
    solve_upper_triangular_in_place(gy.L().transpose(), q.as_mut(), Par::Seq);
    Some((p, q))
}
