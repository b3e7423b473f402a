//! Functions that scalings or shifts of several variables leave as they are: fewer variables, all symmetries at once.
//!
//! If f does not change where zᵢ grow like λ^αᵢ, then Σ αᵢzᵢ∂ᵢf = 0 at all points: α is in the null space of the matrix
//! with the columns zᵢ∂ᵢf. With k such vectors f is a function of d − k monomials, whose exponents are orthogonal to
//! these vectors (the π theorem; Buckingham 1914). Shifts and linear combinations are the same with the columns ∂ᵢf.

use faer::Mat;
use symgrad_expr::{Expr, OpSet};

use super::Coordinates;
use crate::propose::spectral;

/// Singular values that vanish, as a share of the largest possible.
const VANISHING: f64 = 1e-10;

/// Columns are scaled up by no more than this.
const LARGEST_SCALE: f64 = 1e10;

/// Most variables, and points for each.
const VARIABLES: usize = 10;
const POINTS: usize = 4;

/// Exponents are whole multiples of the smallest or of a half or a third of it, to within this, and no larger.
const NEAR: f64 = 1e-6;
const PARTS: [f64; 3] = [1.0, 2.0, 3.0];
const MOST: f64 = 6.0;

/// Sets of invariants that are told.
const SETS: usize = 3;

/// A group of symmetries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Scalings,
    Shifts,
}

/// The coordinates in invariants of all scalings and shifts, as far as they lead, in several ways where there are:
/// those in which invariants are simplest first.
pub(crate) fn invariants(whole: &Coordinates, ops: &OpSet) -> Vec<Coordinates> {
    let mut found: Vec<Coordinates> = vec![];
    loop {
        let current = found.first().unwrap_or(whole);
        let groups = [Group::Shifts, Group::Scalings].into_iter();
        let mut next = groups.map(|group| left_alone_by(group, current, ops));
        let Some(next) = next.find(|coordinates| !coordinates.is_empty()) else { return found };
        found = next;
    }
}

/// The coordinates in invariants of one group, in several ways.
fn left_alone_by(group: Group, of: &Coordinates, ops: &OpSet) -> Vec<Coordinates> {
    let Some(symmetries) = symmetries(group, of) else { return vec![] };
    let whole = match group {
        Group::Scalings => whole_numbers,
        Group::Shifts => |vector: &[f64]| Some(in_units_of_the_smallest(vector)),
    };
    let vectors = orthogonal_vectors(&symmetries, of.dim(), whole);
    let wanted = of.dim() - symmetries.len();
    let written = |set: &Vec<Vec<f64>>| -> Option<Coordinates> {
        let functions = set.iter().map(|vector| match group {
            Group::Scalings => monomial(vector, ops),
            Group::Shifts => Some(combination(vector)),
        });
        let functions: Vec<Expr> = functions.collect::<Option<_>>()?;
        let allowed = functions.iter().all(|function| ops.allows(function));
        of.in_terms_of(&functions).filter(|_| allowed)
    };
    bases(&vectors, wanted).iter().filter_map(written).collect()
}

/// Vectors α of the symmetries, an orthonormal basis; none if there are none, or nothing but symmetries.
fn symmetries(group: Group, of: &Coordinates) -> Option<Vec<Vec<f64>>> {
    let (dim, points) = (of.dim(), of.weights.len());
    if !(2..=VARIABLES).contains(&dim) || points < POINTS * dim {
        return None;
    }
    let column = |i: usize| -> Vec<f64> {
        let slopes = of.direction[i].iter();
        match group {
            Group::Scalings => slopes.zip(&of.columns[i]).map(|(u, z)| u * z).collect(),
            Group::Shifts => slopes.copied().collect(),
        }
    };
    let columns: Vec<Vec<f64>> = (0..dim).map(column).collect();
    let size = |column: &Vec<f64>| column.iter().map(|v| v * v).sum::<f64>().sqrt();
    let sizes: Vec<f64> = columns.iter().map(size).collect();
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    let scales: Vec<f64> = sizes.iter().map(|size| size.max(largest / LARGEST_SCALE)).collect();
    let matrix = Mat::from_fn(points, dim, |n, i| columns[i][n] / scales[i]);
    let decomposed = matrix.thin_svd().ok()?;
    let vanishing = (0..dim).filter(|&k| decomposed.S()[k] < VANISHING);
    let found: Vec<Vec<f64>> =
        vanishing.map(|k| (0..dim).map(|i| decomposed.V()[(i, k)] / scales[i]).collect()).collect();
    (!found.is_empty() && found.len() < dim).then_some(found)
}

/// Vectors with as few components as may be that are orthogonal to all others, written by a function, the simplest
/// first.
pub(super) fn orthogonal_vectors(
    to: &[Vec<f64>],
    dim: usize,
    written: impl Fn(&[f64]) -> Option<Vec<f64>>,
) -> Vec<Vec<f64>> {
    let mut found: Vec<Vec<f64>> = vec![];
    let mut sets: Vec<usize> = (1..1 << dim).collect();
    sets.sort_by_key(|set| set.count_ones());
    let members = |set: usize| (0..dim).filter(move |i| set >> i & 1 == 1);
    let mut known: Vec<usize> = vec![];
    for set in sets {
        let is_larger = known.iter().any(|smaller| set & smaller == *smaller);
        if is_larger || set.count_ones() as usize > to.len() + 1 {
            continue;
        }
        let places: Vec<usize> = members(set).collect();
        let Some(own) = orthogonal(to, &places) else { continue };
        known.push(set);
        let mut vector = vec![0.0; dim];
        places.iter().zip(own).for_each(|(&i, v)| vector[i] = v);
        found.extend(written(&vector));
    }
    let sum = |vector: &Vec<f64>| vector.iter().map(|v| v.abs()).sum::<f64>();
    let below = |vector: &Vec<f64>| vector.iter().filter(|v| **v < 0.0).count();
    let count = |vector: &Vec<f64>| vector.iter().filter(|v| **v != 0.0).count();
    found.sort_by(|a, b| {
        let by_count = count(a).cmp(&count(b));
        by_count.then(sum(a).total_cmp(&sum(b))).then(below(a).cmp(&below(b)))
    });
    found
}

/// The vector with these components that is orthogonal to all others, if there is one, and only one.
fn orthogonal(vectors: &[Vec<f64>], places: &[usize]) -> Option<Vec<f64>> {
    let size = |vector: &Vec<f64>| vector.iter().map(|v| v.abs()).fold(0.0, f64::max);
    let count = places.len();
    // Rows of zeros, so that there are at least as many as columns.
    let rows = vectors.len().max(count);
    let matrix = Mat::from_fn(rows, count, |r, i| {
        vectors.get(r).map_or(0.0, |vector| vector[places[i]] / size(vector))
    });
    let decomposed = matrix.thin_svd().ok()?;
    let is_only = count == 1 || decomposed.S()[count - 2] > NEAR;
    let found: Vec<f64> = (0..count).map(|i| decomposed.V()[(i, count - 1)]).collect();
    let all = found.iter().all(|v| v.abs() > NEAR);
    (decomposed.S()[count - 1] < NEAR && is_only && all).then_some(found)
}

/// With a smallest component of size 1 and the first one positive.
fn in_units_of_the_smallest(vector: &[f64]) -> Vec<f64> {
    let smallest = vector.iter().map(|v| v.abs()).filter(|v| *v > 0.0).fold(f64::MAX, f64::min);
    let first = vector.iter().find(|v| **v != 0.0).map_or(1.0, |v| v.signum());
    vector
        .iter()
        .map(|v| {
            let times = first * v / smallest;
            if (times - times.round()).abs() < NEAR { times.round() } else { times }
        })
        .collect()
}

/// The vector with whole numbers, if it is a multiple of one.
pub(super) fn whole_numbers(vector: &[f64]) -> Option<Vec<f64>> {
    let unit = in_units_of_the_smallest(vector);
    let times = |parts: f64| -> Option<Vec<f64>> {
        let whole = unit.iter().map(|v| {
            let near = (v * parts).round();
            ((v * parts - near).abs() < NEAR && near.abs() <= MOST).then_some(near)
        });
        whole.collect()
    };
    PARTS.into_iter().find_map(times)
}

/// The product of powers of variables.
pub(super) fn monomial(exponents: &[f64], ops: &OpSet) -> Option<Expr> {
    let variables: Vec<u16> = (0..).take(exponents.len()).collect();
    #[expect(clippy::cast_possible_truncation, reason = "small whole numbers")]
    let exponents: Vec<i32> = exponents.iter().map(|e| e.round() as i32).collect();
    spectral::quotient_of_powers(&variables, &exponents, ops)
}

pub(super) fn combination(coefficients: &[f64]) -> Expr {
    let terms = (0..).zip(coefficients).filter(|(_, c)| **c != 0.0);
    let mut sum: Option<Expr> = None;
    for (i, &c) in terms {
        let size = c.abs();
        let x = Expr::var(i);
        let term = if (size - 1.0).abs() < NEAR { x } else { Expr::constant(size) * x };
        sum = Some(match sum {
            None => term,
            Some(sum) if c > 0.0 => sum + term,
            Some(sum) => sum - term,
        });
    }
    sum.unwrap_or(Expr::constant(0.0))
}

/// Independent vectors, so many, the simplest first; then those that begin with another one.
pub(super) fn bases(vectors: &[Vec<f64>], wanted: usize) -> Vec<Vec<Vec<f64>>> {
    let mut found: Vec<Vec<Vec<f64>>> = vec![];
    for first in vectors {
        let mut set: Vec<Vec<f64>> = vec![];
        let mut unit: Vec<Vec<f64>> = vec![];
        for vector in std::iter::once(first).chain(vectors) {
            let mut rest = vector.clone();
            for _ in 0..2 {
                for own in &unit {
                    let along: f64 = own.iter().zip(&rest).map(|(o, r)| o * r).sum();
                    rest.iter_mut().zip(own).for_each(|(r, o)| *r -= along * o);
                }
            }
            let size = |vector: &[f64]| vector.iter().map(|v| v * v).sum::<f64>().sqrt();
            let left = size(&rest);
            if set.len() < wanted && left > NEAR * size(vector) {
                set.push(vector.clone());
                unit.push(rest.iter().map(|r| r / left).collect());
            }
        }
        set.sort_by(|a, b| b.partial_cmp(a).unwrap_or(std::cmp::Ordering::Equal));
        if set.len() == wanted && !found.contains(&set) {
            found.push(set);
        }
        if found.len() == SETS {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use symgrad_expr::OpSet;

    use super::*;
    use crate::propose::reduction::tests::objective;

    fn variables(truth: &str, dim: u16) -> Vec<Vec<String>> {
        let inputs: Vec<u16> = (0..dim).collect();
        let whole = Coordinates::new(&objective(truth, inputs.len()), &inputs).unwrap();
        let found = invariants(&whole, &OpSet::default());
        let written = |of: &Coordinates| of.variables.iter().map(ToString::to_string).collect();
        found.iter().map(written).collect()
    }

    #[test]
    fn all_symmetries_are_seen_at_once() {
        for (truth, dim, expected) in [
            ("x1 + sin(x2/x3)*x4", 4, vec!["x1", "x2/x3", "x4"]),
            ("exp(x1 + 2*x2)*x3", 3, vec!["x1 + 2*x2", "x3"]),
            ("x1*x2/(1 + (x3/(x4*x5))^2) + x1*x2*cos(x3/(x4*x5))", 5, vec!["x1*x2", "x3/(x4*x5)"]),
            ("log(x1^2*x2) + x3/x1^2/x2", 3, vec!["x1^2*x2", "x3"]),
            ("sin((x1 - x2)*x3) + x4", 4, vec!["x4", "(x1 - x2)*x3"]),
        ] {
            let found = variables(truth, dim);
            let mut first = found.first().cloned().unwrap_or_default();
            first.sort();
            let mut expected: Vec<String> = expected.into_iter().map(String::from).collect();
            expected.sort();
            assert_eq!(first, expected, "{truth}: {found:?}");
        }
    }

    #[test]
    fn where_there_is_no_symmetry_none_is_found() {
        for truth in ["x1^2 + sin(x2)*x3 + exp(x3)", "x1*x2 + x3 + x1*x3^2 + log(x2)"] {
            assert_eq!(variables(truth, 3), Vec::<Vec<String>>::new(), "{truth}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// A function of two monomials is one of these alone, whatever it is.
        #[test]
        fn functions_of_monomials_have_as_many_variables(
            first in prop::collection::vec(-2_i32..=2, 4),
            second in prop::collection::vec(-2_i32..=2, 4),
            function in 0_usize..3,
        ) {
            let written = |exponents: &[i32]| -> String {
                let factors = (1..).zip(exponents).map(|(k, e)| format!("x{k}^({e})"));
                factors.collect::<Vec<String>>().join("*")
            };
            let (p, q) = (written(&first), written(&second));
            let truth = match function {
                0 => format!("sin({p}/9) + ({q})^2/({p})"),
                1 => format!("{p} + log(1 + {q})"),
                _ => format!("exp(-({p})/3)*(2 + {q})"),
            };
            let minors = (0..4).flat_map(|i| (0..i).map(move |j| (i, j)));
            let rank = minors.filter(|&(i, j)| first[i] * second[j] != first[j] * second[i]).count();
            prop_assume!(rank > 0 && first.iter().zip(&second).all(|(a, b)| (a, b) != (&0, &0)));
            let whole = Coordinates::new(&objective(&truth, 4), &[0, 1, 2, 3]).unwrap();
            let found = invariants(&whole, &OpSet::default());
            prop_assert_eq!(found.first().map(Coordinates::dim), Some(2), "{}", truth);
        }
    }
}
