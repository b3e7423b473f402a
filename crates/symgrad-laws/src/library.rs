//! Libraries of features, each of one structure, from which laws are put together.

mod potentials;

use symgrad_expr::{Expr, Op, OpSet};
use symgrad_search::{monomials, structured_libraries};

pub(crate) use self::potentials::raised;

/// Most features of a library: the work grows with their cube.
const MOST: usize = 700;

/// The libraries for that many inputs; those of fewer features first.
pub(crate) fn libraries(dim: usize, ops: &OpSet) -> Vec<Vec<Expr>> {
    let inputs: Vec<u16> = (0..dim).filter_map(|input| u16::try_from(input).ok()).collect();
    let mut found = vec![polynomials(&inputs, ops), single_functions(&inputs, ops)];
    // The simplest laws of many inputs need no more, and few points tell no more.
    found.extend([1, 2].map(|degree| monomials(&inputs, degree, ops)));
    found.push(exponential_chains(&inputs, ops));
    found.push(polynomials_and_waves(&inputs, ops));
    found.push(magnitudes(&inputs, ops));
    found.extend(potentials::libraries(&inputs, ops));
    found.extend(structured_libraries(&inputs, ops));
    found.retain(|library| library.len() > 1 && library.len() <= MOST);
    found.sort_by_key(Vec::len);
    found
}

/// All monomials of up to the fourth degree, or a lower one of many inputs.
fn polynomials(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let degrees = (1..=4).rev().map(|degree| monomials(inputs, degree, ops));
    degrees.into_iter().find(|all| all.len() <= MOST).unwrap_or_default()
}

/// Squares and products, and the usual functions of single inputs, of their sums and differences:
/// potentials and kinetic energies.
fn single_functions(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let variables: Vec<Expr> = inputs.iter().copied().map(Expr::var).collect();
    let mut found = monomials(inputs, 2, ops);
    let one = || Expr::constant(1.0);
    for x in &variables {
        found.extend([x.clone().square().square(), one() / x.clone().square(), one() / x.clone()]);
        found.push(Expr::unary(Op::Log, x.clone()));
        found.push(Expr::unary(Op::Sqrt, one() + x.clone().square()));
    }
    let mut arguments = variables.clone();
    for (k, x) in variables.iter().enumerate() {
        for y in &variables[..k] {
            arguments.extend([y.clone() - x.clone(), y.clone() + x.clone()]);
            found.push(one() / (y.clone() - x.clone()).square());
            found.push(Expr::binary(Op::Atan2, y.clone(), x));
            let radius = y.clone().square() + x.clone().square();
            found.push(Expr::unary(Op::Log, radius.clone()));
            found.extend([one() / radius.clone(), Expr::unary(Op::Sqrt, one() + radius.clone())]);
            found.extend([radius.clone().square(), Expr::unary(Op::Sqrt, radius)]);
        }
    }
    for argument in arguments {
        let unary = |op: Op| Expr::unary(op, argument.clone());
        found.extend([unary(Op::Sin), unary(Op::Cos), unary(Op::Exp)]);
        found.push(Expr::unary(Op::Exp, -argument.clone()));
        found.extend([Op::Asin, Op::Acos, Op::Atan, Op::Sinh, Op::Cosh, Op::Erf].map(unary));
    }
    found.retain(|feature| ops.allows(feature));
    found
}

/// Monomials of up to the fourth degree, and waves of single inputs times others: arms that grow
/// and swing.
fn polynomials_and_waves(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let variables: Vec<Expr> = inputs.iter().copied().map(Expr::var).collect();
    let mut found = polynomials(inputs, ops);
    for angle in &variables {
        for op in [Op::Sin, Op::Cos] {
            let wave = Expr::unary(op, angle.clone());
            let others = variables.iter().filter(|x| *x != angle);
            found.extend(others.map(|x| x.clone() * wave.clone()));
            found.push(wave);
        }
    }
    found.retain(|feature| ops.allows(feature));
    found
}

/// Cubics, waves, and magnitudes and their roots times powers of other inputs: friction, and whatever
/// else does not ask for a sign. Only for those who ask for magnitudes.
fn magnitudes(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let mut found = monomials(inputs, 3, ops);
    let before = found.len();
    for &input in inputs {
        let x = Expr::var(input);
        let magnitude = Expr::unary(Op::Abs, x.clone());
        for factor in [Expr::unary(Op::Sqrt, magnitude.clone()), magnitude] {
            let others = inputs.iter().filter(|other| **other != input);
            let powers = others.flat_map(|&other| monomials(&[other], 3, ops));
            found.extend(powers.map(|power| factor.clone() * power));
            found.push(factor);
        }
    }
    found.retain(|feature| ops.allows(feature));
    if found.len() == before {
        return vec![];
    }
    let wave = |&input: &u16| [Op::Sin, Op::Cos].map(|op| Expr::unary(op, Expr::var(input)));
    found.extend(inputs.iter().flat_map(wave).filter(|wave| ops.allows(wave)));
    found
}

/// Cubics and exponentials of differences, times inputs: chains of particles.
fn exponential_chains(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let variables: Vec<Expr> = inputs.iter().copied().map(Expr::var).collect();
    let mut exponentials = vec![];
    for (k, x) in variables.iter().enumerate() {
        for (l, y) in variables.iter().enumerate() {
            if k != l {
                exponentials.push(Expr::unary(Op::Exp, y.clone() - x.clone()));
            }
        }
    }
    let mut found = monomials(inputs, 3, ops);
    for exponential in &exponentials {
        found.push(exponential.clone());
        found.extend(variables.iter().map(|x| x.clone() * exponential.clone()));
    }
    found.retain(|feature| ops.allows(feature));
    found
}
