//! Squares and products, and what stands in potentials: powers of distances, functions of single inputs
//! and of differences where there are many inputs, and sums over inputs that are all alike.

use symgrad_expr::{Expr, Op, OpSet};

use super::{MOST, monomials};

/// Inputs from which differences are looked at by themselves: of fewer, polynomials of the fourth
/// degree hold the powers of differences, and libraries of single functions all others.
const DIFFERENCES: usize = 6;

/// The same for functions of single inputs, which are too many then together with those of all pairs.
const SINGLES: usize = 10;

/// The same for sums over all inputs, or half of them.
const ALIKE: usize = 6;

/// Inputs up to which any two or three may be coordinates of one place; of more only neighbours are.
const ANY_PLACE: usize = 6;

/// Bodies have coordinates in the plane or in space.
const PLACES: [usize; 2] = [2, 3];

/// Halves of the exponents of distances: powers of their squares.
const ROOTS: [f64; 2] = [0.25, 0.75];

/// All libraries of potentials for these inputs.
pub(super) fn libraries(inputs: &[u16], ops: &OpSet) -> Vec<Vec<Expr>> {
    let x = variables(inputs);
    let mut found = vec![radial(&x, ops)];
    if x.len() >= SINGLES {
        found.push(singles(&x));
    }
    if x.len() >= DIFFERENCES {
        found.extend(one_by_one(functions_of_differences(&of_neighbours(&x))));
        found.push(functions_of_differences(&all_differences(&x)));
    }
    for size in PLACES {
        let kinds = between_bodies(&x, size);
        found.extend(one_by_one(kinds.clone()));
        found.push(kinds);
    }
    let mut found: Vec<Vec<Expr>> =
        found.into_iter().map(|kinds| with_squares(inputs, ops, kinds)).collect();
    if x.len() >= SINGLES {
        // Of few points and with noise, all products of two would be too many.
        let kinds = singles(&x).into_iter().chain(functions_of_differences(&of_neighbours(&x)));
        found.extend(kinds.map(|kind| [neighbours(&x), kind].concat()));
    }
    if x.len() >= ALIKE {
        found.push(of_alike(&[&x]));
        let (places, velocities) = x.split_at(x.len() / 2);
        if places.len() == velocities.len() {
            found.push(of_alike(&[places, velocities]));
        }
    }
    for library in &mut found {
        library.retain(|feature| ops.allows(feature));
    }
    found
}

/// One kind of function after the other: of few points, libraries of all of them tell nothing.
fn one_by_one(kinds: Vec<Vec<Expr>>) -> Vec<Vec<Vec<Expr>>> {
    kinds.into_iter().map(|kind| vec![kind]).collect()
}

fn variables(inputs: &[u16]) -> Vec<Expr> {
    inputs.iter().copied().map(Expr::var).collect()
}

/// Squares and products of two inputs, or of neighbours where there are very many; with as many of
/// the functions, which come in order of how usual they are, as a library has room for. Empty without
/// functions.
fn with_squares(inputs: &[u16], ops: &OpSet, functions: Vec<Vec<Expr>>) -> Vec<Expr> {
    let mut found = monomials(inputs, 2, ops);
    if found.is_empty() || found.len() > MOST / 2 {
        found = neighbours(&variables(inputs));
    }
    let before = found.len();
    for mut kind in functions {
        kind.retain(|feature| ops.allows(feature));
        if found.len() + kind.len() <= MOST {
            found.extend(kind);
        }
    }
    if found.len() == before { vec![] } else { found }
}

/// Inputs, their squares, and products of neighbours.
fn neighbours(x: &[Expr]) -> Vec<Expr> {
    let squares = x.iter().map(|x| x.clone().square());
    let products = x.windows(2).map(|pair| pair[0].clone() * pair[1].clone());
    x.iter().cloned().chain(squares).chain(products).collect()
}

/// Powers and logarithms of the distance from the centre, in the plane and in space.
fn radial(x: &[Expr], ops: &OpSet) -> Vec<Vec<Expr>> {
    let mut squares: Vec<Expr> = vec![];
    let square =
        |coordinates: &[&Expr]| Expr::sum(coordinates.iter().map(|x| (*x).clone().square()));
    for (k, a) in x.iter().enumerate() {
        let others = if x.len() <= ANY_PLACE { &x[k + 1..] } else { &x[k + 1..x.len().min(k + 2)] };
        squares.extend(others.iter().map(|b| square(&[a, b])));
    }
    squares.extend(x.windows(3).map(|place| square(&[&place[0], &place[1], &place[2]])));
    let mut kinds = powers_of_distances(&squares);
    // Where powers are allowed, they are the shorter way to write them.
    let power = |square: &Expr, exponent: f64| raised(square, exponent, ops);
    kinds.extend(ROOTS.map(|half| squares.iter().map(|s| power(s, half)).collect()));
    kinds
}

/// A power of what is positive, by a root of its own where that is allowed.
pub(crate) fn raised(base: &Expr, exponent: f64, ops: &OpSet) -> Expr {
    let exponent = Expr::constant(exponent);
    if ops.contains(Op::Pow) {
        return Expr::binary(Op::Pow, base.clone(), &exponent);
    }
    Expr::unary(Op::Exp, exponent * Expr::unary(Op::Log, base.clone()))
}

/// For each exponent, and for the logarithm, the functions of all distances, of which the squares are
/// given: the usual ones first.
fn powers_of_distances(squares: &[Expr]) -> Vec<Vec<Expr>> {
    let root = |s: &Expr| Expr::unary(Op::Sqrt, s.clone());
    let below = |s: Expr| Expr::constant(1.0) / s;
    let kinds: [&dyn Fn(&Expr) -> Expr; 11] = [
        &|s| below(root(s)),
        &|s| below(s.clone()),
        &|s| Expr::unary(Op::Log, s.clone()),
        &root,
        &|s| s.clone().square(),
        &|s| below(s.clone() * root(s)),
        &|s| s.clone() * root(s),
        &|s| below(s.clone().square()),
        &|s| below(s.clone().square() * s.clone()),
        &|s| below((s.clone().square() * s.clone()).square()),
        &|s| s.clone().square() * s.clone(),
    ];
    kinds.iter().map(|kind| squares.iter().map(kind).collect()).collect()
}

fn unary(op: Op, x: &[Expr]) -> Vec<Expr> {
    x.iter().map(|x| Expr::unary(op, x.clone())).collect()
}

/// The usual functions of single inputs.
fn singles(x: &[Expr]) -> Vec<Vec<Expr>> {
    let all = |function: &dyn Fn(&Expr) -> Expr| -> Vec<Expr> { x.iter().map(function).collect() };
    let one = || Expr::constant(1.0);
    let mut found = vec![unary(Op::Cos, x), all(&|x| x.clone().square().square())];
    found.extend([Op::Log, Op::Exp, Op::Sin].map(|op| unary(op, x)));
    found.push(all(&|x| Expr::unary(Op::Exp, -x.clone())));
    found.push(all(&|x| x.clone().square() * x.clone()));
    found.push(all(&|x| one() / x.clone()));
    found.push(all(&|x| one() / x.clone().square()));
    found.push(all(&|x| Expr::unary(Op::Sqrt, one() + x.clone().square())));
    found
}

fn of_neighbours(x: &[Expr]) -> Vec<Expr> {
    x.windows(2).map(|pair| pair[1].clone() - pair[0].clone()).collect()
}

/// None where a library has no room for them.
fn all_differences(x: &[Expr]) -> Vec<Expr> {
    if x.len() * (x.len() - 1) / 2 > MOST {
        return vec![];
    }
    let before = |(k, b): (usize, &Expr)| -> Vec<Expr> {
        x[..k].iter().map(|a| a.clone() - b.clone()).collect()
    };
    x.iter().enumerate().flat_map(before).collect()
}

/// Functions of differences: what binds the particles of a chain.
fn functions_of_differences(differences: &[Expr]) -> Vec<Vec<Expr>> {
    let all = |function: &dyn Fn(&Expr) -> Expr| -> Vec<Expr> {
        differences.iter().map(function).collect()
    };
    vec![
        all(&|d| d.clone().square().square()),
        unary(Op::Cos, differences),
        all(&|d| d.clone().square() * d.clone()),
        unary(Op::Exp, differences),
        all(&|d| Expr::unary(Op::Exp, -d.clone())),
        all(&|d| Expr::constant(1.0) / d.clone().square()),
    ]
}

/// Powers and logarithms of the distances between bodies of so many coordinates, which stand side by
/// side; none where there is no room for places and velocities of two of them.
fn between_bodies(x: &[Expr], size: usize) -> Vec<Vec<Expr>> {
    let places: Vec<&[Expr]> = x.windows(size).collect();
    // Each of n places with all but its next neighbours: no library has room for more.
    if x.len() < 4 * size || places.len() * places.len() / 2 > 2 * MOST {
        return vec![];
    }
    let mut squares = vec![];
    for (k, a) in places.iter().enumerate() {
        for b in places.iter().skip(k + size) {
            let parts = a.iter().zip(*b).map(|(a, b)| (a.clone() - b.clone()).square());
            squares.push(Expr::sum(parts));
        }
    }
    powers_of_distances(&squares)
}

/// Sums over all inputs of a part of one function of each, or of each and its neighbour: fields on a
/// grid, or the places and velocities in a chain of equal particles.
fn of_alike(parts: &[&[Expr]]) -> Vec<Expr> {
    let mut found = vec![];
    for part in parts {
        found.extend(singles(part).into_iter().map(Expr::sum));
        found.push(Expr::sum(part.iter().cloned()));
        found.push(Expr::sum(part.iter().map(|x| x.clone().square())));
        // In a ring the last is the first one's neighbour, and in an open chain it is not.
        let ring = part.iter().zip(part.iter().cycle().skip(1));
        let closed = ring.clone().take(part.len());
        let open = ring.take(part.len() - 1);
        // In a ring these are squares and products of neighbours.
        found.push(Expr::sum(open.clone().map(|(a, b)| (b.clone() - a.clone()).square())));
        for pairs in [closed, open] {
            found.push(Expr::sum(pairs.clone().map(|(a, b)| a.clone() * b.clone())));
            let differences: Vec<Expr> = pairs.map(|(a, b)| b.clone() - a.clone()).collect();
            let all =
                |function: &dyn Fn(&Expr) -> Expr| Expr::sum(differences.iter().map(function));
            found.push(all(&|d| d.clone().square() * d.clone()));
            found.push(all(&|d| d.clone().square().square()));
            found.push(all(&|d| Expr::unary(Op::Cos, d.clone())));
            found.push(all(&|d| Expr::unary(Op::Exp, d.clone())));
            found.push(all(&|d| Expr::unary(Op::Exp, -d.clone())));
        }
    }
    found
}
