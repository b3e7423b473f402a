//! Functions of phases with a constant inside, of which one or two are looked for beside plain
//! features.

use symgrad_expr::{Expr, Op, OpSet};

use super::features::{self, pairs, product, reciprocal, scaled, variables};
use super::phases::phases;

/// Constants inside, in units of what makes a phase of order one, with either sign where that is
/// another function.
const FACTORS: [f64; 6] = [0.2, 0.4, 0.7, 1.1, 1.8, 3.0];
const SIGNS: [f64; 2] = [1.0, -1.0];

/// Exponents of high powers.
const EXPONENTS: [u32; 8] = [3, 4, 5, 6, 7, 8, 9, 12];

/// Places on an axis from which distances are measured, in units of the input's size.
const CENTRES: [f64; 8] = [-1.5, -1.0, -0.6, -0.3, 0.3, 0.6, 1.0, 1.5];

/// Most inputs for which there are libraries, and for which functions are multiplied with inputs.
const INPUTS: usize = 5;
const FEW: usize = 3;

/// Most features: the work grows with their square.
const MOST: usize = 2_500;

/// A combination of inputs, and one over its size on the data.
type Phase = (Expr, f64);

/// Plain features and the functions beside them.
type Library = (Vec<Expr>, Vec<Expr>);

/// Libraries for sums of logarithms, which are products and quotients; of waves, exponentials, roots and
/// reciprocals; and of damped waves. `size` is that of a phase
/// on the data.
pub(crate) fn paired_libraries(
    inputs: &[u16],
    ops: &OpSet,
    mut size: impl FnMut(&Expr) -> Option<f64>,
) -> Option<[Library; 3]> {
    if inputs.len() > INPUTS {
        return None;
    }
    let sized = |phase: Expr| size(&phase).map(|size| (phase, size.recip()));
    let phases: Vec<Phase> = arguments(inputs, ops).into_iter().filter_map(sized).collect();
    let distances = distances(&phases, inputs);
    let log = |inside: Expr| Expr::unary(Op::Log, inside);
    let below = |square: &Expr| reciprocal(Expr::unary(Op::Sqrt, square.clone()), ops);

    let plain_logs = variables(inputs).into_iter().map(log).collect();
    let mut logs: Vec<Expr> = phases.iter().map(|(phase, _)| phase.clone()).collect();
    logs.extend(inside_logarithms(&phases).into_iter().map(log));
    logs.extend(distances.iter().cloned().map(log));

    let mut plain = variables(inputs);
    if inputs.len() <= FEW {
        plain.extend(variables(inputs).into_iter().filter_map(|x| features::power(&x, 2, ops)));
    }
    let mut others = functions(&phases, inputs, ops);
    if inputs.len() < FEW {
        others.extend(powers(inputs, ops));
    }
    others.extend(distances.iter().filter_map(below));

    let allowed = |mut features: Vec<Expr>| -> Vec<Expr> {
        features.retain(|feature| ops.allows(feature));
        features.truncate(MOST);
        features
    };
    Some([
        (allowed(plain_logs), allowed(logs)),
        (allowed(plain), allowed(others)),
        (vec![], allowed(damped_waves(&phases, inputs, ops))),
    ])
}

/// What logarithms are taken of: squares of waves, of e^(cp) − 1, of 1 + cp and of 1 + cp², and
/// e^(cp) + 1.
fn inside_logarithms(phases: &[Phase]) -> Vec<Expr> {
    let one = || Expr::constant(1.0);
    let mut inside = vec![];
    for (phase, unit) in phases {
        for factor in FACTORS.map(|factor| factor * unit) {
            let p = scaled(phase, factor);
            // Waves change their sign, which the logarithm of a square does not see.
            inside.extend([Op::Sin, Op::Cos].map(|op| Expr::unary(op, p.clone()).square()));
            for sign in SIGNS {
                let exponential = Expr::unary(Op::Exp, scaled(phase, sign * factor));
                inside.push((exponential.clone() - one()).square());
                inside.push(exponential + one());
                inside.push((one() + scaled(phase, sign * factor)).square());
                let square = scaled(&phase.clone().square(), sign * factor * unit);
                inside.push((one() + square).square());
            }
        }
    }
    inside
}

/// The phases, their waves, exponentials, roots and reciprocals, and these times other inputs.
fn functions(phases: &[Phase], inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let one = || Expr::constant(1.0);
    let mut found = vec![];
    for (phase, unit) in phases {
        let mut all = vec![phase.clone()];
        for factor in FACTORS.map(|factor| factor * unit) {
            all.extend([Op::Sin, Op::Cos].map(|op| Expr::unary(op, scaled(phase, factor))));
            for sign in SIGNS {
                all.push(Expr::unary(Op::Exp, scaled(phase, sign * factor)));
            }
            let shifted = one() + scaled(&phase.clone().square(), factor * unit);
            all.push(Expr::unary(Op::Sqrt, shifted.clone()));
            all.extend(reciprocal(shifted, ops));
            let shifted = one() + scaled(phase, factor);
            all.extend(reciprocal(shifted.clone(), ops));
            if inputs.len() < FEW {
                all.extend(reciprocal(Expr::unary(Op::Sqrt, shifted), ops));
            }
        }
        let used = phase.inputs();
        if inputs.len() <= FEW {
            for z in inputs.iter().filter(|z| inputs.len() < FEW || !used.contains(z)) {
                let times: Vec<Expr> =
                    all.iter().filter_map(|f| product(&Expr::var(*z), f, ops)).collect();
                found.extend(times);
            }
        }
        found.extend(all);
    }
    found
}

/// Waves of phases times growth or decay in one of two inputs at most.
fn damped_waves(phases: &[Phase], inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    if inputs.len() >= FEW {
        return vec![];
    }
    let mut found = vec![];
    for (decaying, unit) in phases.iter().filter(|(phase, _)| phase.len() == 1) {
        let rates = SIGNS.into_iter().flat_map(|sign| FACTORS.map(|factor| sign * factor * unit));
        for decay in rates.map(|rate| Expr::unary(Op::Exp, scaled(decaying, rate))) {
            for (phase, unit) in phases {
                let wave = |op, factor| Expr::unary(op, scaled(phase, factor * unit));
                let waves =
                    FACTORS.into_iter().flat_map(|f| [Op::Sin, Op::Cos].map(|op| wave(op, f)));
                found.extend(waves.filter_map(|wave| product(&decay, &wave, ops)));
            }
        }
    }
    found
}

/// High powers of inputs and of their reciprocals.
fn powers(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let mut bases = variables(inputs);
    bases.extend(variables(inputs).into_iter().filter_map(|x| reciprocal(x, ops)));
    let raised = |base| EXPONENTS.iter().filter_map(move |&k| features::power(base, k, ops));
    bases.iter().flat_map(raised).collect()
}

/// Squares of distances from places on an axis.
fn distances(phases: &[Phase], inputs: &[u16]) -> Vec<Expr> {
    let mut found = vec![];
    for &x in inputs {
        let Some((x, unit)) = phases.iter().find(|(phase, _)| *phase == Expr::var(x)) else {
            continue;
        };
        for y in inputs.iter().map(|&y| Expr::var(y)).filter(|y| y != x) {
            found.extend(CENTRES.map(|centre| {
                (x.clone() + Expr::constant(centre / unit)).square()
                    + scaled(&y.clone().square(), 1.0)
            }));
        }
    }
    found
}

/// Inputs, their products, quotients, sums and differences, and reciprocals of products.
fn arguments(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let mut found = phases(inputs);
    for (x, y) in pairs(inputs) {
        found.extend([x.clone() - y.clone(), x.clone() + y.clone()]);
        found.extend(reciprocal(x * y, ops));
    }
    found.extend(variables(inputs).into_iter().filter_map(|x| reciprocal(x, ops)));
    if let [x, y] = variables(inputs).as_slice() {
        for (x, y) in [(x, y), (y, x)] {
            let square = y.clone().square();
            found.extend([
                x.clone() / square.clone(),
                square.clone() / x.clone(),
                x.clone() * square,
            ]);
        }
    }
    found
}
