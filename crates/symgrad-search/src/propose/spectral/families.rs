//! Libraries of many features of one kind each, for elimination: sums of many terms are found in
//! the library that has them all, however many others it has.

use symgrad_expr::{Expr, Node, Op, OpSet};

use super::features::{self, pairs, power, product, reciprocal, variables};

/// Most features of a library: the work grows with their cube.
const MOST: usize = 900;

/// Inputs that libraries are made of, the first: sums of products of more are not looked for.
const INPUTS: usize = 9;

/// The libraries that the operators can write in these inputs, which come in the order in which
/// they matter; those of fewer features first.
pub(crate) fn families(inputs: &[u16], ops: &OpSet) -> Vec<Vec<Expr>> {
    let inputs = &inputs[..inputs.len().min(INPUTS)];
    let mut found = vec![
        mechanics(inputs, ops),
        orbits(inputs, ops),
        laurent(inputs, ops),
        decays(inputs, ops),
        interference(inputs, ops),
        power_laws(inputs, ops),
    ];
    for library in &mut found {
        library.retain(|feature| ops.allows(feature));
        let mut seen: Vec<Expr> = Vec::new();
        library.retain(|feature| {
            let new = !seen.contains(feature);
            if new {
                seen.push(feature.clone());
            }
            new
        });
    }
    found.retain(|library| library.len() > 1 && library.len() <= MOST);
    found.sort_by_key(Vec::len);
    found
}

/// Polynomials of the second degree times waves of angles, of their sums and differences:
/// pendulums and linked arms.
fn mechanics(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let mut angles: Vec<Expr> = variables(inputs);
    for (i, j) in pairs(inputs) {
        angles.push(i.clone() - j.clone());
        angles.push(i + j);
    }
    let waves = waves(&angles, ops);
    let monomials = features::monomials(inputs, 2, ops);
    if (monomials.len() + 1) * (waves.len() + 1) <= MOST {
        return products(&monomials, &waves, ops);
    }
    // Of more inputs: monomials in those that the angle is not made of.
    let mut found = [&monomials[..], &waves].concat();
    for wave in &waves {
        let others: Vec<u16> =
            inputs.iter().copied().filter(|input| !wave.inputs().contains(input)).collect();
        let factors = features::monomials(&others, 2, ops);
        found.extend(factors.iter().filter_map(|factor| product(factor, wave, ops)));
    }
    if found.len() <= MOST {
        return found;
    }
    let linear = features::monomials(inputs, 1, ops);
    if (linear.len() + 1) * (waves.len() + 1) <= MOST {
        return products(&linear, &waves, ops);
    }
    vec![]
}

/// Polynomials of the third degree, and inputs times and over distances in two and three
/// dimensions: orbits and their vectors.
fn orbits(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let squares = |list: &[Expr]| -> Option<Expr> {
        let squares: Option<Vec<Expr>> = list.iter().map(|x| power(x, 2, ops)).collect();
        Some(Expr::unary(Op::Sqrt, squares?.into_iter().reduce(|a, b| a + b)?))
    };
    let mut distances: Vec<Expr> = vec![];
    let mut between = vec![];
    for (i, j) in pairs(inputs) {
        distances.extend(squares(&[i.clone(), j.clone()]));
        between.push(i - j);
    }
    if let [x, y, z] = &variables(inputs)[..] {
        distances.extend(squares(&[x.clone(), y.clone(), z.clone()]));
    }
    if inputs.len() <= 6 {
        for (k, one) in between.iter().enumerate() {
            let apart = |other: &&Expr| one.inputs().iter().all(|i| !other.inputs().contains(i));
            let others = between[..k].iter().filter(apart);
            distances.extend(others.filter_map(|other| squares(&[other.clone(), one.clone()])));
        }
    }
    let reciprocals: Vec<Expr> =
        distances.iter().filter_map(|r| reciprocal(r.clone(), ops)).collect();
    distances.extend(reciprocals);
    let linear = features::monomials(inputs, 1, ops);
    let mut found = features::monomials(inputs, if inputs.len() <= 6 { 3 } else { 2 }, ops);
    found.extend(products(&linear, &distances, ops));
    found
}

/// Monomials with whole exponents of either sign, and products and quotients of the squares of two inputs:
/// what is inside roots.
pub(crate) fn squares(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let inputs = &inputs[..inputs.len().min(INPUTS)];
    let mut found = features::quotients_of_monomials(inputs, ops);
    for (k, &x) in inputs.iter().enumerate() {
        for &y in &inputs[..k] {
            let of_two = [[2, 2], [2, -2], [-2, 2], [-2, -2]];
            let products =
                of_two.iter().filter_map(|e| features::quotient_of_powers(&[x, y], e, ops));
            let new: Vec<Expr> = products
                .filter(|product| ops.allows(product) && !found.contains(product))
                .collect();
            found.extend(new);
        }
    }
    if found.len() <= MOST { found } else { vec![] }
}

/// Monomials with whole exponents of either sign, and logarithms.
fn laurent(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let mut found = features::quotients_of_monomials(inputs, ops);
    found.extend(variables(inputs).into_iter().map(|x| Expr::unary(Op::Log, x)));
    found
}

/// Polynomials and reciprocals of single inputs times growing and decaying exponentials.
fn decays(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let exponentials: Vec<Expr> = variables(inputs)
        .into_iter()
        .flat_map(|x| {
            let growing = Expr::unary(Op::Exp, x.clone());
            [growing, Expr::unary(Op::Exp, -x)]
        })
        .collect();
    let mut factors = features::monomials(inputs, 2, ops);
    factors.extend(variables(inputs).into_iter().filter_map(|x| reciprocal(x, ops)));
    products(&factors, &exponentials, ops)
}

/// Inputs and squares times products of two waves of single inputs, the squares of sines among them.
fn interference(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let single = waves(&variables(inputs), ops);
    let mut all = single.clone();
    for (k, one) in single.iter().enumerate() {
        for other in &single[..k] {
            all.extend(product(other, one, ops));
        }
        // That of a cosine is one minus that of the sine.
        if one.root() == Node::Op(Op::Sin) {
            all.extend(power(one, 2, ops));
        }
    }
    let monomials = features::monomials(inputs, if inputs.len() <= 3 { 2 } else { 1 }, ops);
    products(&monomials, &all, ops)
}

/// Powers of single inputs as they stand in potentials between molecules and multipoles, half-integer
/// ones, and logarithms, with another input as coefficient or none.
fn power_laws(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let variables = variables(inputs);
    let mut powers = vec![];
    for x in &variables {
        let whole = |exponents: &[u32]| -> Vec<Expr> {
            exponents.iter().filter_map(|&exponent| power(x, exponent, ops)).collect()
        };
        let root = Expr::unary(Op::Sqrt, x.clone());
        let halves = [Some(root.clone()), product(x, &root, ops)];
        let below =
            whole(&[1, 2, 3, 4, 6, 12]).into_iter().chain(halves.clone().into_iter().flatten());
        powers.extend(below.filter_map(|below| reciprocal(below, ops)));
        powers.extend(halves.into_iter().flatten());
        powers.extend(whole(&[1, 2, 3, 4]));
        powers.push(Expr::unary(Op::Log, x.clone()));
    }
    products(&variables, &powers, ops)
}

fn waves(angles: &[Expr], ops: &OpSet) -> Vec<Expr> {
    let of = |op: Op| angles.iter().map(move |angle| Expr::unary(op, angle.clone()));
    [Op::Sin, Op::Cos].into_iter().filter(|op| ops.contains(*op)).flat_map(of).collect()
}

/// All features of either list and all products of one of each.
fn products(left: &[Expr], right: &[Expr], ops: &OpSet) -> Vec<Expr> {
    let mut found: Vec<Expr> = left.iter().chain(right).cloned().collect();
    for a in left {
        found.extend(right.iter().filter_map(|b| product(a, b, ops)));
    }
    found
}
