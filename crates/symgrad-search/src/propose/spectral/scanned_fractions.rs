//! Quotients of sums with one constant inside their terms, as the laws of Planck, Boltzmann and Langmuir
//! have.
//!
//! The least misfit of a linearised quotient is a function of the constant alone, once the coefficients are
//! fitted at every value of it (variable projection, Golub and Pereyra, 1973). A grid finds its valleys, and
//! golden-section search their lowest points.

use symgrad_expr::{Expr, Op, OpSet};

use super::features::{self, product, reciprocal, scaled};
use super::fractions::{fractions, least_misfit};
use crate::score::evaluator::Evaluator;

/// Most inputs, and most of which all exponentials have one denominator.
const INPUTS: usize = 3;
const WITH_TEMPERATURE: usize = 4;

/// Constants in units of what makes a phase of order one: the smallest, and as many more, each so many times
/// the one before.
const SMALLEST: f64 = 0.15;
const COUNT: u32 = 22;
const RATIO: f64 = 1.2;

/// Steps of each valley, which tell it from others, and steps of those that leave least, so many of each kind.
const FIRST_STEPS: i32 = 12;
const FOLLOWED: usize = 4;
const STEPS: i32 = 20;

/// How exactly the lowest point of a valley is known.
const CLOSE: f64 = 1e-4;

/// A valley that leaves a larger share is none.
const HOPELESS: f64 = 1e-4;

/// Phases, and functions of them.
struct Family {
    phases: Vec<Expr>,
    functions: &'static [Op],
    /// One over the phases' size, with the constants' sign.
    unit: f64,
}

/// Functions times monomials of the first degree over such monomials and functions, or of the second over
/// the first.
#[derive(Clone, Copy)]
enum Kind {
    Short,
    Long,
}

/// A family at a constant.
struct Valley<'a> {
    left: f64,
    constant: f64,
    family: &'a Family,
}

/// The quotients that come of the lowest valleys. `scale` is the unit that an input is measured in, `size`
/// that of a phase on the data.
pub(crate) fn scanned_fractions(
    inputs: &[u16],
    ops: &OpSet,
    scale: impl Fn(u16) -> f64,
    size: impl FnMut(&Expr) -> Option<f64>,
    evaluator: &mut Evaluator<'_>,
) -> Vec<Expr> {
    if !ops.contains(Op::Div) {
        return vec![];
    }
    let families = families(inputs, ops, scale, size);
    let kinds = [Kind::Short, Kind::Long];
    kinds.iter().flat_map(|kind| of_kind(*kind, &families, inputs, ops, evaluator)).collect()
}

fn of_kind(
    kind: Kind,
    families: &[Family],
    inputs: &[u16],
    ops: &OpSet,
    evaluator: &mut Evaluator<'_>,
) -> Vec<Expr> {
    let misfit = |family: &Family, constant: f64, evaluator: &mut Evaluator<'_>| {
        let (above, below) = family.parts(kind, inputs, constant, ops);
        least_misfit(&above, &below, ops, evaluator).unwrap_or(f64::INFINITY)
    };
    let mut valleys: Vec<Valley<'_>> = vec![];
    for family in families {
        let constants: Vec<f64> =
            (0..COUNT).map(|k| family.unit * SMALLEST * RATIO.powi(k.cast_signed())).collect();
        let left: Vec<f64> = constants.iter().map(|c| misfit(family, *c, evaluator)).collect();
        let inner = 1..constants.len() - 1;
        let lowest = inner.filter(|&k| left[k] < left[k - 1].min(left[k + 1]));
        valleys.extend(lowest.map(|k| Valley { left: left[k], constant: constants[k], family }));
    }
    let lowest_first = |valleys: &mut Vec<Valley<'_>>| {
        valleys.retain(|valley| valley.left < HOPELESS);
        valleys.sort_by(|a, b| a.left.total_cmp(&b.left));
        valleys.truncate(FOLLOWED);
    };
    let mut width = RATIO;
    for steps in [FIRST_STEPS, STEPS] {
        for Valley { left, constant, family } in &mut valleys {
            let bounds = (*constant / width, *constant * width);
            (*constant, *left) = golden_section(bounds, steps, |c| misfit(family, c, evaluator));
        }
        width = 1.0 + (RATIO.powi(2) - 1.0) * SECTION.powi(steps);
        lowest_first(&mut valleys);
    }
    let quotients = valleys.iter().flat_map(|valley| {
        let found = constants(valley.constant).into_iter().flat_map(|constant| {
            let (above, below) = valley.family.parts(kind, inputs, constant, ops);
            fractions(&above, &below, ops, evaluator)
        });
        found.collect::<Vec<_>>()
    });
    quotients.collect()
}

/// A constant with three digits, if that is close, and as it is.
fn constants(constant: f64) -> Vec<f64> {
    let unit = 10.0_f64.powf(constant.abs().log10().floor() - 2.0);
    let rounded = (constant / unit).round() * unit;
    let is_close = (rounded - constant).abs() <= CLOSE * constant.abs();
    if is_close { vec![rounded, constant] } else { vec![constant] }
}

/// By how much each step makes the bounds narrower.
pub(crate) const SECTION: f64 = 0.618_033_988_749_895;

/// The least value between bounds, and where it is (Kiefer, 1953).
pub(crate) fn golden_section(
    (mut low, mut high): (f64, f64),
    steps: i32,
    mut value: impl FnMut(f64) -> f64,
) -> (f64, f64) {
    let at = |low: f64, high: f64, share: f64| low + share * (high - low);
    let mut left = at(low, high, 1.0 - SECTION);
    let mut right = at(low, high, SECTION);
    let (mut of_left, mut of_right) = (value(left), value(right));
    for _ in 0..steps {
        if of_left < of_right {
            (high, right, of_right) = (right, left, of_left);
            left = at(low, high, 1.0 - SECTION);
            of_left = value(left);
        } else {
            (low, left, of_left) = (left, right, of_right);
            right = at(low, high, SECTION);
            of_right = value(right);
        }
    }
    if of_left < of_right { (left, of_left) } else { (right, of_right) }
}

fn families(
    inputs: &[u16],
    ops: &OpSet,
    scale: impl Fn(u16) -> f64,
    mut size: impl FnMut(&Expr) -> Option<f64>,
) -> Vec<Family> {
    let mut found = vec![];
    let mut add = |phases: Vec<Expr>, functions: &'static [Op]| {
        let allowed = functions.iter().all(|op| ops.contains(*op));
        let sizes: Option<Vec<f64>> = phases.iter().map(&mut size).collect();
        if let Some(sizes) = sizes.filter(|sizes| allowed && !sizes.is_empty()) {
            let unit = sizes.len() as f64 / sizes.iter().sum::<f64>();
            // Of a single phase the other sign is the same quotient, multiplied by a power of the function.
            let signs: &[f64] = if phases.len() == 1 { &[1.0] } else { &[1.0, -1.0] };
            found.extend(signs.iter().map(|sign| Family {
                phases: phases.clone(),
                functions,
                unit: sign * unit,
            }));
        }
    };
    if inputs.len() <= INPUTS {
        for phase in phases(inputs, ops) {
            add(vec![phase.clone()], &[Op::Exp]);
            add(vec![phase], &[Op::Sin, Op::Cos]);
        }
    }
    if (3..=WITH_TEMPERATURE).contains(&inputs.len()) {
        for &t in inputs {
            let energies = inputs.iter().filter(|&&energy| energy != t);
            let in_one_unit = |e: u16| match scale(e) {
                1.0 => Expr::var(e),
                scale => scaled(&Expr::var(e), scale),
            };
            let over = |&e: &u16| in_one_unit(e) / Expr::var(t);
            add(energies.map(over).collect(), &[Op::Exp]);
        }
    }
    found
}

/// Inputs, their reciprocals, products and quotients.
fn phases(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let single = features::variables(inputs);
    let mut found = single.clone();
    found.extend(single.iter().filter_map(|x| reciprocal(x.clone(), ops)));
    for (k, x) in single.iter().enumerate() {
        for y in &single[..k] {
            found.extend([x.clone() / y.clone(), y.clone() / x.clone()]);
            found.extend(product(x, y, ops));
        }
    }
    found
}

impl Family {
    /// What is above and below.
    fn parts(
        &self,
        kind: Kind,
        inputs: &[u16],
        constant: f64,
        ops: &OpSet,
    ) -> (Vec<Expr>, Vec<Expr>) {
        let of = |phase: &Expr| {
            let phase = scaled(phase, constant);
            self.functions.iter().map(move |op| Expr::unary(*op, phase.clone()))
        };
        let functions: Vec<Expr> = self.phases.iter().flat_map(of).collect();
        let one = [Expr::constant(1.0)];
        let alone =
            |degree| [&one[..], &features::monomials(inputs, degree, ops), &functions].concat();
        let with_products = |degree| {
            let monomials = features::monomials(inputs, degree, ops);
            let times = |m| functions.iter().filter_map(move |f| product(m, f, ops));
            let products: Vec<Expr> = monomials.iter().flat_map(times).collect();
            [alone(degree), products].concat()
        };
        match kind {
            Kind::Short => (with_products(1), alone(1)),
            Kind::Long => (with_products(2), with_products(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use symgrad_data::Table;

    use super::*;
    use crate::Objective;
    use crate::score::fit::fit_constants;

    type Truth = fn(&[f64]) -> f64;

    #[test]
    fn quotients_with_a_constant_inside_are_found() {
        let column = |step: f64, low: f64, high: f64| -> Vec<f64> {
            (1..=300).map(|n| low + (high - low) * (step * f64::from(n)).fract()).collect()
        };
        let columns =
            [column(0.754_878, 0.5, 3.0), column(0.569_840, 0.6, 2.0), column(0.324_718, 1.7, 3.0)];
        let truths: [(usize, Truth); 5] = [
            (1, |x| x[0] / (1.0 - (-0.9 * x[0]).exp())),
            (1, |x| (2.0 - x[0]) / (x[0] + 0.3 * (1.7 * x[0]).sin())),
            (2, |x| x[0].powi(2) / ((1.4 * x[0] / x[1]).exp() - 1.0)),
            (2, |x| x[1] * (0.43 * x[0]).tan() + 0.4 / (0.43 * x[0]).cos()),
            (3, |x| {
                let [e, f] = [x[0], x[2]].map(|energy| (-1.3 * energy / x[1]).exp());
                (x[0] * e + x[2] * f) / (1.0 + e + f)
            }),
        ];
        let ops = OpSet::default();
        for (k, (dim, truth)) in truths.into_iter().enumerate() {
            let values: Vec<f64> =
                (0..300).map(|n| truth(&[columns[0][n], columns[1][n], columns[2][n]])).collect();
            let names = (1..=dim).map(|k| format!("x{k}")).collect();
            let points = Table::new(names, columns[..dim].to_vec()).unwrap();
            let objective = Objective::regression(&points, &values, false).unwrap();
            let mut eval = Evaluator::new(&objective);
            let mut sizes = Evaluator::new(&objective);
            let size = |phase: &Expr| sizes.root_mean_square(phase);
            let inputs: Vec<u16> = (0..u16::try_from(dim).unwrap()).collect();
            let found = scanned_fractions(&inputs, &ops, |_| 1.0, size, &mut eval);
            let short = found.into_iter().filter(|expr| ops.complexity(expr) <= 60);
            let fitted = short.map(|mut expr| {
                let loss = eval.loss(&expr);
                fit_constants(&mut expr, loss, 20, &mut eval)
            });
            let least = fitted.fold(f64::INFINITY, f64::min);
            assert!(least < 1e-12, "{k}: {least:e}");
        }
    }
}
