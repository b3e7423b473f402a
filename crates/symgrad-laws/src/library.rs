//! Libraries of features, each of one structure, from which laws are put together.

mod potentials;

use symgrad_expr::{Expr, Op, OpSet};
use symgrad_search::structured_libraries;

pub(crate) use self::potentials::raised;

/// Most features of a library: the work grows with their cube.
const MOST: usize = 700;

/// Inputs of which functions of all pairs are too many for a library, whatever the operators.
const MANY: usize = 20;

/// The libraries for that many inputs; those of fewer features first. Laws that the first so many hold are
/// compared with each other before the rest is looked at.
pub(crate) fn libraries(dim: usize, ops: &OpSet) -> (Vec<Vec<Expr>>, usize) {
    let inputs: Vec<u16> = (0..dim).filter_map(|input| u16::try_from(input).ok()).collect();
    let usable = |library: &Vec<Expr>| (2..=MOST).contains(&library.len());
    // The simplest laws of many inputs need no more, and few points tell no more.
    let mut first: Vec<Vec<Expr>> = [1, 2].map(|degree| monomials(&inputs, degree, ops)).into();
    first.extend(modes(&inputs, ops));
    first.retain(usable);
    let mut found = vec![polynomials(&inputs, ops), single_functions(&inputs, ops)];
    found.push(turning_frames(&inputs, ops));
    found.push(exponential_chains(&inputs, ops));
    found.push(polynomials_and_waves(&inputs, ops));
    found.push(magnitudes(&inputs, ops));
    found.extend(potentials::libraries(&inputs, ops));
    found.extend(structured_libraries(&inputs, ops));
    found.retain(usable);
    found.sort_by_key(Vec::len);
    let count = first.len();
    first.extend(found);
    (first, count)
}

/// All monomials of up to a degree; none where a library has no room for them, and of very many inputs no
/// memory would.
fn monomials(inputs: &[u16], degree: u32, ops: &OpSet) -> Vec<Expr> {
    let mut count = 1;
    for k in 1..=degree as usize {
        count = count * (inputs.len() + k) / k;
        if count > MOST + 1 {
            return vec![];
        }
    }
    symgrad_search::monomials(inputs, degree, ops)
}

/// All monomials of up to the fourth degree, or a lower one of many inputs.
fn polynomials(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let degrees = (1..=4).rev().map(|degree| monomials(inputs, degree, ops));
    degrees.into_iter().find(|all| !all.is_empty()).unwrap_or_default()
}

/// Two places with two velocities.
const PAIR: usize = 4;

/// Squares of sums and differences, of the first two and the last two, or of the first and the third and the
/// others: what two oscillators that are coupled do together, and against each other. Any mixture of such laws
/// is a law; in these terms those that are not mixed are short, in squares and products others may be.
fn modes(inputs: &[u16], ops: &OpSet) -> Vec<Vec<Expr>> {
    if inputs.len() != PAIR {
        return vec![];
    }
    let x: Vec<Expr> = inputs.iter().copied().map(Expr::var).collect();
    let both = |[a, b]: [usize; 2]| {
        [x[a].clone() + x[b].clone(), x[a].clone() - x[b].clone()].map(Expr::square)
    };
    let library = |pairs: [[usize; 2]; 2]| pairs.into_iter().flat_map(both).collect();
    let mut found: Vec<Vec<Expr>> = [[[0, 1], [2, 3]], [[0, 2], [1, 3]]].map(library).into();
    for library in &mut found {
        library.retain(|feature| ops.allows(feature));
    }
    found
}

/// Squares and products, and the usual functions of single inputs, of their sums and differences:
/// potentials and kinetic energies.
fn single_functions(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    if inputs.len() > MANY {
        return vec![];
    }
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

/// Inputs up to which waves are multiplied with the others in a frame that turns.
const FEW: usize = 9;

/// Squares and products, and waves of single inputs with their squares and products, and times other inputs:
/// what swings in a frame that turns, or is driven.
fn turning_frames(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let mut found = monomials(inputs, 2, ops);
    for &input in inputs {
        let [sine, cosine] = [Op::Sin, Op::Cos].map(|op| Expr::unary(op, Expr::var(input)));
        let others = inputs.iter().filter(|other| **other != input && inputs.len() <= FEW);
        for other in others {
            found.extend([&sine, &cosine].map(|wave| Expr::var(*other) * wave.clone()));
        }
        found.extend([sine.clone().square(), sine.clone() * cosine.clone(), sine, cosine]);
    }
    found.retain(|feature| ops.allows(feature));
    found
}

/// Monomials of up to the fourth degree, and waves of single inputs times others: arms that grow
/// and swing.
fn polynomials_and_waves(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    if inputs.len() > MANY {
        return vec![];
    }
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
    if inputs.len() > MANY {
        return vec![];
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Nor are those put together that would be dropped again: of 300 inputs there are 340 million monomials
    /// of the fourth degree.
    #[test]
    fn libraries_of_very_many_inputs_have_room() {
        for dim in [2, 4, 9, 20, 40, 300] {
            let (all, _) = libraries(dim, &OpSet::default());
            assert!(!all.is_empty(), "{dim}");
            assert!(all.iter().all(|library| (2..=MOST).contains(&library.len())), "{dim}");
        }
    }
}
