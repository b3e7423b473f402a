//! What numerators and denominators of quotients are made of.

use symgrad_expr::{Expr, Op, OpSet};

use super::features::{self, product, reciprocal};
use super::quotient::long_libraries;

/// Inputs that libraries are made of, the first, and most features of a part.
const INPUTS: usize = 6;
const MOST: usize = 160;

/// Rates of growth and decay, and most inputs for which they, and polynomials of the fourth degree, are tried.
const RATES: [f64; 7] = [-2.0, -1.0, -0.5, -0.25, 0.25, 0.5, 2.0];
const FEW: usize = 3;

/// Numerators and denominators: rational functions, quotients with exponentials as in the laws of
/// Planck and Langmuir, with waves as in the equations of linked arms, with roots and logarithms, and
/// what long quotients are made of where level sets are wanted.
pub(crate) fn fraction_libraries(inputs: &[u16], ops: &OpSet) -> Vec<(Vec<Expr>, Vec<Expr>)> {
    if !ops.contains(Op::Div) {
        return vec![];
    }
    let long = long_libraries(inputs, ops).into_iter().map(|both| (both.clone(), both));
    let inputs = &inputs[..inputs.len().min(INPUTS)];
    let monomials = |degree| {
        let mut found = vec![Expr::constant(1.0)];
        found.extend(features::monomials(inputs, degree, ops));
        found
    };
    let high = monomials(if inputs.len() <= 4 { 3 } else { 2 });
    let (square, linear) = (monomials(2), monomials(1));
    let (exponentials, waves, roots) =
        (exponentials(inputs, ops), waves(inputs, ops), roots(inputs, ops));
    let squares: Vec<Expr> = waves.iter().filter_map(|w| features::power(w, 2, ops)).collect();
    let mut found = vec![(high.clone(), square.clone())];
    if inputs.len() <= FEW {
        let highest = monomials(4);
        found.push((highest.clone(), highest));
    }
    for (functions, more) in [(exponentials, vec![]), (waves, squares), (roots, vec![])] {
        if !functions.is_empty() {
            let times = |left: &[Expr]| -> Vec<Expr> {
                let each = |a| functions.iter().filter_map(move |b| product(a, b, ops));
                left.iter().skip(1).flat_map(each).collect()
            };
            let once = times(&linear);
            let above = [&high[..], &functions, &more, &once].concat();
            found.push((above, [&linear[..], &functions, &more].concat()));
        }
    }
    found.extend(long);
    for (above, below) in &mut found {
        for part in [above, below] {
            part.retain(|feature| feature.input_count() == 0 || ops.allows(feature));
            part.truncate(MOST);
        }
    }
    found
}

/// Of inputs, of their products, quotients and reciprocals.
fn exponentials(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    if !ops.contains(Op::Exp) {
        return vec![];
    }
    let single: Vec<Expr> = inputs.iter().copied().map(Expr::var).collect();
    // Of few inputs with several rates; those that are left are then fitted.
    let rates: &[f64] = if inputs.len() <= FEW { &RATES } else { &[] };
    let mut inside: Vec<Expr> = single.clone();
    for x in &single {
        inside.extend(rates.iter().map(|rate| Expr::constant(*rate) * x.clone()));
    }
    inside.extend(single.iter().filter_map(|x| reciprocal(x.clone(), ops)));
    for (k, x) in single.iter().enumerate() {
        for (l, y) in single.iter().enumerate() {
            if k != l {
                inside.push(x.clone() / y.clone());
            }
            if k < l {
                inside.extend(product(x, y, ops));
            }
        }
    }
    inside.into_iter().map(|x| Expr::unary(Op::Exp, x)).collect()
}

/// Of inputs and of their differences.
fn waves(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let mut angles: Vec<Expr> = inputs.iter().copied().map(Expr::var).collect();
    let single = angles.clone();
    for (k, x) in single.iter().enumerate() {
        angles.extend(single[..k].iter().map(|y| y.clone() - x.clone()));
    }
    let kinds = [Op::Sin, Op::Cos].into_iter().filter(|op| ops.contains(*op));
    kinds.flat_map(|op| angles.iter().map(move |x| Expr::unary(op, x.clone()))).collect()
}

/// Roots and logarithms of inputs, and distances.
fn roots(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let single: Vec<Expr> = inputs.iter().copied().map(Expr::var).collect();
    let mut found = vec![];
    for (k, x) in single.iter().enumerate() {
        let kinds = [Op::Sqrt, Op::Log].into_iter().filter(|op| ops.contains(*op));
        found.extend(kinds.map(|op| Expr::unary(op, x.clone())));
        if ops.contains(Op::Sqrt) {
            let sum = |y: &Expr| Some(features::power(x, 2, ops)? + features::power(y, 2, ops)?);
            let sums = single[..k].iter().filter_map(sum);
            found.extend(sums.map(|sum| Expr::unary(Op::Sqrt, sum)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use symgrad_data::Table;

    use super::super::fractions::fractions;
    use super::*;
    use crate::Objective;
    use crate::score::evaluator::Evaluator;

    /// What comes of level sets comes of values, too.
    #[test]
    fn long_quotients_with_waves_are_found_by_values() {
        let column = |step: f64, low: f64, width: f64| -> Vec<f64> {
            (1..=400).map(|n| low + width * (step * f64::from(n)).fract()).collect()
        };
        let columns =
            vec![column(0.618, 0.2, 0.5), column(0.414_214, 0.3, 0.5), column(0.732_051, 0.5, 2.1)];
        let values: Vec<f64> = (0..400)
            .map(|n| {
                let [r, s, d] = [0, 1, 2].map(|k: usize| columns[k][n]);
                let mixed = 2.0 * r * s * d.cos();
                (r * r + s * s + mixed) / (1.0 + (r * s).powi(2) + mixed)
            })
            .collect();
        let names = ["x1", "x2", "x3"].map(String::from).to_vec();
        let points = Table::new(names, columns).unwrap();
        let objective = Objective::regression(&points, &values, false).unwrap();
        let ops = OpSet::default();
        let mut shortest = u32::MAX;
        for (above, below) in fraction_libraries(&[0, 1, 2], &ops) {
            let mut eval = Evaluator::new(&objective);
            let found = fractions(&above, &below, &ops, &mut eval);
            let exact = found.iter().filter(|expr| eval.loss(expr) < 1e-12);
            shortest = exact.map(|expr| ops.complexity(expr)).fold(shortest, u32::min);
        }
        assert!(shortest <= 40, "{shortest}");
    }
}
