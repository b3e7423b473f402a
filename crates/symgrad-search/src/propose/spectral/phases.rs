//! Libraries of functions of phases: of products and quotients of two inputs, such as ωt and x/t.
//!
//! There are no identities such as sin 2p = 2 sin p cos p between the features of a library, since of
//! terms that depend on each other elimination would keep any.

use symgrad_expr::{Expr, Op, OpSet};

use super::features::{self, MOST, pairs, product, reciprocal, scaled, variables};

/// Factors of a phase inside the logarithm of a wave, in e^(cp) − 1, and in e^(cp) + 1.
const WAVES: [f64; 3] = [0.6, 1.0, 1.7];
const RATES: [f64; 2] = [1.0, 2.0];
const RATES_OF_SUMS: [f64; 2] = [1.4, 2.0];

/// Inputs of which the phases have distances in them.
const WITH_DISTANCES: usize = 4;

/// The libraries that the operators can write in these inputs; those of too many features are
/// left out.
pub(super) fn of_phases(inputs: &[u16], ops: &OpSet) -> Vec<Vec<Expr>> {
    let mut found = vec![
        logarithms_of_phases(inputs, ops),
        times_inputs(inputs, ops),
        damped_waves(inputs, ops),
        occupations(inputs, ops),
        shifted_ratios(inputs, ops),
    ];
    for library in &mut found {
        library.retain(|feature| ops.allows(feature));
    }
    found.retain(|library| library.len() <= MOST);
    found
}

/// Logarithms, of which sums are products of powers of what is inside: of inputs, of waves of
/// phases and of e^p ± 1, of sums and differences of two inputs, of x² + y² and √(x² + y²) − x.
pub(crate) fn logarithms_of_phases(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let one = || Expr::constant(1.0);
    let mut inside: Vec<Expr> = variables(inputs);
    let mut phases = phases(inputs);
    if inputs.len() <= WITH_DISTANCES {
        phases.extend(distances(inputs));
    }
    for phase in &phases {
        for op in [Op::Sin, Op::Cos].into_iter().filter(|op| ops.contains(*op)) {
            // Waves change their sign, which the logarithm of a square does not see.
            inside.extend(WAVES.map(|factor| Expr::unary(op, scaled(phase, factor)).square()));
        }
    }
    let reciprocals = variables(inputs).into_iter().chain(pairs(inputs).map(|(x, y)| x * y));
    phases.extend(reciprocals.filter_map(|below| reciprocal(below, ops)));
    for phase in &phases {
        let exponential = |factor: f64| Expr::unary(Op::Exp, scaled(phase, factor));
        inside.extend(RATES.map(|rate| (exponential(rate) - one()).square()));
        inside.extend(RATES_OF_SUMS.map(|rate| exponential(rate) + one()));
    }
    for (x, y) in pairs(inputs) {
        let squares = x.clone().square() + y.clone().square();
        let distance = Expr::unary(Op::Sqrt, squares.clone());
        inside.extend([distance.clone() - x.clone(), distance - y.clone(), squares]);
        inside.extend([x.clone() + y.clone(), (x - y).square()]);
    }
    let mut found = features::monomials(inputs, 2, ops);
    found.extend(quotients(inputs));
    found.extend(inside.into_iter().map(|inside| Expr::unary(Op::Log, inside)));
    found.retain(|feature| ops.allows(feature));
    if found.len() <= MOST { found } else { vec![] }
}

/// Waves and exponentials of phases, alone and times inputs.
fn times_inputs(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let (waves, decays) = (waves(inputs, ops), decays(inputs, ops));
    let functions = [waves, decays].concat();
    let mut found = features::monomials(inputs, 2, ops);
    found.extend(quotients(inputs));
    for x in variables(inputs) {
        found.extend(functions.iter().filter_map(|function| product(&x, function, ops)));
    }
    found.extend(functions);
    found
}

/// Waves of phases, and these times growth and decay in others.
fn damped_waves(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let (waves, decays) = (waves(inputs, ops), decays(inputs, ops));
    let mut found = features::monomials(inputs, 2, ops);
    for wave in &waves {
        found.extend(decays.iter().filter_map(|decay| product(decay, wave, ops)));
    }
    found.extend(waves);
    found.extend(decays);
    found
}

/// 1/(e^p ± 1) and their derivatives for quotients p, times powers: occupation numbers of quantum
/// statistics, with the energies and heat capacities made of them.
fn occupations(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let one = || Expr::constant(1.0);
    let mut found = features::monomials(inputs, 2, ops);
    for (x, y) in pairs(inputs).flat_map(|(x, y)| [(x.clone(), y.clone()), (y, x)]) {
        let p = x.clone() / y.clone();
        let exponential = Expr::unary(Op::Exp, scaled(&p, 1.0));
        let mut functions = vec![];
        for below in [exponential.clone() - one(), exponential.clone() + one()] {
            functions.push(one() / below.clone());
            functions.push(exponential.clone() / below.square());
        }
        let mut powers = vec![None, features::power(&x, 3, ops), features::power(&p, 2, ops)];
        if inputs.len() <= 3 {
            powers.extend([Some(p), features::power(&x, 2, ops), Some(x.clone()), Some(y.clone())]);
        }
        let others = variables(inputs).into_iter().filter(|z| *z != x && *z != y);
        let others: Vec<Option<Expr>> = std::iter::once(None).chain(others.map(Some)).collect();
        for function in &functions {
            for power in &powers {
                for other in &others {
                    let factors = [power, other].into_iter().flatten();
                    found.extend(
                        factors.cloned().try_fold(function.clone(), |f, z| product(&z, &f, ops)),
                    );
                }
            }
        }
    }
    found
}

/// Reciprocals, roots and logarithms of what is c more than a monomial or a quotient of two of
/// degree two, alone and times other inputs, beside growth, decay and waves of single inputs.
fn shifted_ratios(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let mut inside: Vec<(Expr, bool)> =
        features::monomials(inputs, 2, ops).into_iter().map(|monomial| (monomial, true)).collect();
    for (x, y) in pairs(inputs) {
        // 1/(1 + y/x) is 1 less 1/(1 + x/y).
        for (x, y, is_first) in [(x.clone(), y.clone(), true), (y, x, false)] {
            let ratio = x.clone() / y.clone();
            inside.push((x / y.square(), true));
            inside.extend([ratio.clone().square(), ratio].map(|ratio| (ratio, is_first)));
        }
    }
    let mut found = features::monomials(inputs, 2, ops);
    for x in variables(inputs) {
        let exponentials = [1.0, -1.0].map(|rate| (Op::Exp, rate));
        let all = exponentials.into_iter().chain([(Op::Sin, 1.0), (Op::Cos, 1.0)]);
        found.extend(all.map(|(op, factor)| Expr::unary(op, scaled(&x, factor))));
    }
    for (ratio, has_new_reciprocal) in inside {
        let shifted = Expr::constant(1.0) + ratio.clone();
        let root = Expr::unary(Op::Sqrt, shifted.clone());
        let mut functions = vec![root.clone(), Expr::unary(Op::Log, shifted.clone())];
        functions.extend(reciprocal(root, ops));
        if has_new_reciprocal {
            functions.extend(reciprocal(shifted, ops));
        }
        for function in functions {
            let used = ratio.inputs();
            let others = inputs.iter().filter(|input| !used.contains(input));
            found.extend(others.filter_map(|&z| product(&Expr::var(z), &function, ops)));
            found.push(function);
        }
    }
    found
}

fn waves(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let kinds = [Op::Sin, Op::Cos].into_iter().filter(|op| ops.contains(*op));
    let phases = phases(inputs);
    kinds
        .flat_map(|op| phases.iter().map(move |phase| Expr::unary(op, scaled(phase, 1.0))))
        .collect()
}

fn decays(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    if !ops.contains(Op::Exp) {
        return vec![];
    }
    let of = |phase: &Expr| [1.0, -1.0].map(|rate| Expr::unary(Op::Exp, scaled(phase, rate)));
    phases(inputs).iter().flat_map(of).collect()
}

/// Inputs, and products and quotients of two.
pub(super) fn phases(inputs: &[u16]) -> Vec<Expr> {
    let products = pairs(inputs).map(|(x, y)| x * y);
    variables(inputs).into_iter().chain(products).chain(quotients(inputs)).collect()
}

/// Distances in two dimensions, and these times the other inputs.
fn distances(inputs: &[u16]) -> Vec<Expr> {
    let mut found = vec![];
    for (x, y) in pairs(inputs) {
        let distance = Expr::unary(Op::Sqrt, x.clone().square() + y.clone().square());
        let others = variables(inputs).into_iter().filter(|z| *z != x && *z != y);
        found.extend(others.map(|z| z * distance.clone()));
        found.push(distance);
    }
    found
}

fn quotients(inputs: &[u16]) -> impl Iterator<Item = Expr> {
    pairs(inputs).flat_map(|(x, y)| [x.clone() / y.clone(), y / x])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_keep_to_their_size_and_to_the_operators() {
        for inputs in 1..=9_u16 {
            let inputs: Vec<u16> = (0..inputs).collect();
            for ops in ["+ - * /", "+ - * / sin cos exp log sqrt square"] {
                let ops: OpSet = ops.parse().unwrap();
                for library in of_phases(&inputs, &ops) {
                    assert!(library.len() <= MOST);
                    assert!(library.iter().all(|feature| ops.allows(feature)));
                }
            }
        }
    }

    #[test]
    fn a_phase_stands_in_waves_and_exponentials() {
        let libraries = of_phases(&[0, 1, 2], &OpSet::default());
        let holds = |text: &str| {
            let wanted: Expr = text.parse().unwrap();
            libraries.iter().flatten().any(|feature| *feature == wanted)
        };
        assert!(holds("log(cos(1*(x2*x3))^2)") || holds("log(cos(1*(x3*x2))^2)"));
        assert!(holds("x1*exp(-1*(x2/x3))"));
        assert!(holds("exp(-1*(x1*x3))*cos(1*(x2*x3))"));
    }
}
