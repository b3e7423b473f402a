//! Libraries of functions with constants inside, on a grid: elimination finds the functions, and a
//! fit then moves the constants of those that are left (variable projection in two stages).

use symgrad_expr::{Expr, Node, Op, OpSet};

use super::features::{self, MOST, product, reciprocal, scaled, variables};
use super::phases::of_phases;

/// Rates, frequencies and shifts, for inputs that are of order one.
const RATES: [f64; 6] = [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0];
const FREQUENCIES: [f64; 5] = [0.5, 1.0, 2.0, 3.0, 5.0];
const SHIFTS: [f64; 4] = [0.3, 1.0, 3.0, -1.0];
const POLES: [f64; 8] = [-10.0, -3.0, -1.0, -0.1, 0.1, 0.3, 1.0, 3.0];

/// Places of centres on an axis, and the most inputs of which others are their charges.
const CENTRES: [f64; 4] = [-1.5, -0.5, 0.5, 1.5];
const WITH_CHARGES: usize = 4;

/// Exponents of high powers.
const POWERS: [u32; 6] = [2, 3, 4, 6, 9, 12];

/// The same for damped waves, with more frequencies and fewer rates.
const DAMPINGS: [f64; 3] = [-1.0, -0.3, 0.3];
const WAVES: [f64; 8] = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0];

/// Inputs that libraries are made of, the first.
const INPUTS: usize = 9;

/// The libraries that the operators can write in these inputs, which come in the order in which
/// they matter.
pub(crate) fn parametric(inputs: &[u16], ops: &OpSet) -> Vec<Vec<Expr>> {
    let inputs = &inputs[..inputs.len().min(INPUTS)];
    let (decays, waves, shifted) = (decays(inputs, ops), waves(inputs, ops), shifted(inputs, ops));
    let all: Vec<Expr> = [&decays[..], &waves, &shifted].concat();
    let mut single = features::mixed_library(inputs, ops, MOST / 2);
    single.retain(|feature| feature.inputs().len() == 1);
    let times = |functions: &[Expr]| with_monomials(inputs, functions, ops);
    let mut found = vec![
        [single, all].concat(),
        logarithms(inputs, ops),
        times(&decays),
        times(&waves),
        times(&shifted),
        products(&decays, &waves, ops),
        powers(inputs, ops),
        damped(inputs, ops),
        differences(inputs, ops),
        entropies(inputs, ops),
        driven(inputs, ops),
        between(inputs, ops),
        centres(inputs, ops),
    ];
    found.extend(inputs.iter().map(|&t| of_one(t, inputs, ops)));
    found.extend(inputs.iter().map(|&angle| rotating(angle, inputs, ops)));
    found.extend(of_phases(inputs, ops));
    for library in &mut found {
        library.retain(|feature| ops.allows(feature));
        library.truncate(MOST);
    }
    found.retain(|library| library.len() > 1);
    found
}

/// Growth and decay in the inputs and, as in Arrhenius' law, in their reciprocals.
fn decays(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let plain = over(inputs, &RATES, |x, rate| Expr::unary(Op::Exp, scaled(x, rate)));
    let below = |x: &Expr, rate: f64| Expr::unary(Op::Exp, Expr::constant(rate) / x.clone());
    let inverse = if ops.contains(Op::Div) { over(inputs, &RATES, below) } else { vec![] };
    [plain, inverse].concat()
}

/// Damped waves of one input, alone and times the others.
fn damped(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let mut found = features::monomials(inputs, 2, ops);
    for &t in inputs {
        let mut waves = vec![];
        for op in [Op::Sin, Op::Cos].into_iter().filter(|op| ops.contains(*op)) {
            waves.extend(over(&[t], &WAVES, |x, rate| Expr::unary(op, scaled(x, rate))));
        }
        let decays = over(&[t], &DAMPINGS, |x, rate| Expr::unary(Op::Exp, scaled(x, rate)));
        let damped = products_of(&decays, &waves, ops);
        for &amplitude in inputs.iter().filter(|&&input| input != t) {
            found.extend(products_of(&[Expr::var(amplitude)], &damped, ops));
        }
        found.extend(damped);
    }
    found
}

/// High powers of inputs and of their ratios, times single inputs: potentials between particles.
fn powers(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let variables = variables(inputs);
    let mut bases = variables.clone();
    bases.extend(variables.iter().filter_map(|x| reciprocal(x.clone(), ops)));
    for x in &variables {
        bases.extend(variables.iter().filter(|y| *y != x).map(|y| x.clone() / y.clone()));
    }
    let raised: Vec<Expr> = POWERS
        .iter()
        .flat_map(|&exponent| bases.iter().filter_map(move |b| features::power(b, exponent, ops)))
        .collect();
    let mut found = features::monomials(inputs, 2, ops);
    found.extend(raised.iter().cloned());
    found.extend(products_of(&variables, &raised, ops));
    found
}

/// Logarithms, of which sums are products and quotients of powers of what is inside: of inputs, of
/// sums of two, of waves, of what is shifted, of 1 − e^(ax).
fn logarithms(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let one = || Expr::constant(1.0);
    let log = |inside: Expr| Expr::unary(Op::Log, inside);
    // Waves change their sign, which the logarithm of a square does not see.
    let mut inside: Vec<Expr> = waves(inputs, ops).into_iter().map(Expr::square).collect();
    for c in SHIFTS {
        inside.extend(over(inputs, &[c], |x, c| x.clone() + Expr::constant(c)));
        inside.extend(over(inputs, &[c], |x, c| x.clone().square() + Expr::constant(c)));
    }
    for decay in decays(inputs, ops) {
        inside.push((one() - decay.clone()).square());
        inside.push(one() + decay);
    }
    let mut found = features::monomials(inputs, 2, ops);
    found.extend(features::quotients_of_monomials(inputs, ops).into_iter().take(MOST / 4));
    found.extend(inside.into_iter().map(log));
    let plain = features::mixed_library(inputs, ops, usize::MAX);
    found.extend(plain.into_iter().filter(|feature| feature.root() == Node::Op(Op::Log)));
    found
}

fn waves(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let kinds = [Op::Sin, Op::Cos].into_iter().filter(|op| ops.contains(*op));
    kinds
        .flat_map(|op| over(inputs, &FREQUENCIES, |x, rate| Expr::unary(op, scaled(x, rate))))
        .collect()
}

/// Reciprocals, roots and logarithms of shifted inputs and of their squares.
fn shifted(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let shift = |shifts: &[f64]| {
        let plain = over(inputs, shifts, |x, shift| x.clone() + Expr::constant(shift));
        let squares = over(inputs, shifts, |x, shift| x.clone().square() + Expr::constant(shift));
        [plain, squares].concat()
    };
    let mut found: Vec<Expr> =
        shift(&POLES).into_iter().filter_map(|below| reciprocal(below, ops)).collect();
    for argument in shift(&SHIFTS) {
        found.extend([Op::Sqrt, Op::Log].map(|op| Expr::unary(op, argument.clone())));
    }
    found
}

/// Monomials over differences of inputs: attraction between bodies on a line.
fn differences(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let monomials = features::monomials(inputs, 2, ops);
    let mut below = vec![];
    for (k, &one) in inputs.iter().enumerate() {
        for &other in &inputs[..k] {
            below.extend(reciprocal(Expr::var(one) - Expr::var(other), ops));
        }
    }
    products(&monomials, &below, ops)
}

/// Monomials times roots and logarithms of sums and differences, and these with the logarithms of
/// inputs, of which sums are products.
fn between(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let kinds = [Op::Sqrt, Op::Log].into_iter().filter(|op| ops.contains(*op));
    let variables = variables(inputs);
    let mut inside = vec![];
    for (k, x) in variables.iter().enumerate() {
        for y in &variables[..k] {
            inside.extend([x.clone() - y.clone(), y.clone() - x.clone(), x.clone() + y.clone()]);
        }
    }
    let of_both: Vec<Expr> =
        kinds.flat_map(|op| inside.iter().map(move |sum| Expr::unary(op, sum.clone()))).collect();
    let mut found = products(&features::monomials(inputs, 1, ops), &of_both, ops);
    found.extend(variables.into_iter().map(|x| Expr::unary(Op::Log, x)));
    found
}

/// Growth, decay and waves of one input times polynomials of the third degree in the others.
fn of_one(t: u16, inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let others: Vec<u16> = inputs.iter().copied().filter(|&input| input != t).collect();
    let functions = [decays(&[t], ops), waves(&[t], ops), shifted(&[t], ops)].concat();
    let degree = if others.len() <= 3 { 3 } else { 2 };
    products(&features::monomials(&others, degree, ops), &functions, ops)
}

/// Distances from fixed points of a plane, their reciprocals and logarithms, alone and times other
/// inputs: the field of charges, masses or vortices that stand on an axis.
fn centres(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let mut functions = vec![];
    for &x in inputs {
        for &y in inputs.iter().filter(|&&y| y != x) {
            for centre in CENTRES {
                let along = Expr::var(x) + Expr::constant(centre);
                let square = along.square() + Expr::var(y).square();
                let distance = Expr::unary(Op::Sqrt, square.clone());
                let all = [reciprocal(distance.clone(), ops), reciprocal(square.clone(), ops)];
                let all = all.into_iter().flatten().chain([distance, Expr::unary(Op::Log, square)]);
                functions.extend(all.map(|function| (function, [x, y])));
            }
        }
    }
    let mut found = features::monomials(inputs, 2, ops);
    if inputs.len() <= WITH_CHARGES {
        for (function, used) in &functions {
            let others = inputs.iter().filter(|input| !used.contains(input));
            found.extend(others.filter_map(|&other| product(&Expr::var(other), function, ops)));
        }
    }
    found.extend(functions.into_iter().map(|(function, _)| function));
    found
}

/// Polynomials of the third degree times sin a, cos a, cos² a and sin a·cos a of one angle: the
/// energy of bodies that rotate, with inertias and velocities among the inputs. None if there are
/// too many.
fn rotating(angle: u16, inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let others: Vec<u16> = inputs.iter().copied().filter(|&input| input != angle).collect();
    let [sin, cos] = [Op::Sin, Op::Cos].map(|op| Expr::unary(op, Expr::var(angle)));
    let waves = [sin.clone(), cos.clone(), cos.clone().square(), sin * cos];
    let found = products(&features::monomials(&others, 3, ops), &waves, ops);
    if found.len() <= MOST { found } else { vec![] }
}

/// Monomials times logarithms of inputs and of 1 − x: entropies of mixing.
fn entropies(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let logarithms: Vec<Expr> = variables(inputs)
        .into_iter()
        .flat_map(|x| [x.clone(), Expr::constant(1.0) - x.clone(), Expr::constant(1.0) + x])
        .map(|inside| Expr::unary(Op::Log, inside))
        .collect();
    let degree = if inputs.len() <= 4 { 3 } else { 2 };
    products(&features::monomials(inputs, degree, ops), &logarithms, ops)
}

/// Inputs times waves of others times decays: motion with drag, attenuated waves.
fn driven(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let kinds = [Op::Sin, Op::Cos].into_iter().filter(|op| ops.contains(*op));
    let waves: Vec<Expr> =
        kinds.flat_map(|op| inputs.iter().map(move |&x| Expr::unary(op, Expr::var(x)))).collect();
    let decays = over(inputs, &DAMPINGS, |x, rate| Expr::unary(Op::Exp, scaled(x, rate)));
    let once = products(&features::monomials(inputs, 1, ops), &waves, ops);
    products(&once, &decays, ops)
}

fn over(inputs: &[u16], constants: &[f64], of: impl Fn(&Expr, f64) -> Expr) -> Vec<Expr> {
    let each = constants.iter().flat_map(|&c| inputs.iter().map(move |&x| (Expr::var(x), c)));
    each.map(|(x, constant)| of(&x, constant)).collect()
}

/// Monomials of low degree, the functions, and their products.
fn with_monomials(inputs: &[u16], functions: &[Expr], ops: &OpSet) -> Vec<Expr> {
    let monomials = features::monomials(inputs, 2, ops);
    let few = features::monomials(inputs, 1, ops);
    let mut found = [&monomials[..], functions].concat();
    if ops.contains(Op::Div) {
        let apart = |&x: &u16| inputs.iter().filter(move |y| **y != x).map(move |&y| (x, y));
        let ratios = inputs.iter().flat_map(apart).map(|(x, y)| Expr::var(x) / Expr::var(y));
        found.extend(ratios);
    }
    let left = if (monomials.len() + 1) * functions.len() <= MOST { &monomials } else { &few };
    found.extend(products_of(left, functions, ops));
    found
}

fn products(left: &[Expr], right: &[Expr], ops: &OpSet) -> Vec<Expr> {
    let mut found = [left, right].concat();
    found.extend(products_of(left, right, ops));
    found
}

fn products_of(left: &[Expr], right: &[Expr], ops: &OpSet) -> Vec<Expr> {
    left.iter().flat_map(|a| right.iter().filter_map(move |b| product(a, b, ops))).collect()
}
