//! Sums with fitted coefficients: writing them as expressions and reading expressions as sums.

use symgrad_expr::{Expr, Node, Op, OpSet};

/// Numbers a coefficient may be rounded to, up to sign. Coarse rounding uses the first few.
const SIMPLE: [f64; 16] = [
    1.0,
    2.0,
    0.5,
    3.0,
    4.0,
    0.25,
    1.0 / 3.0,
    2.0 / 3.0,
    1.5,
    0.75,
    5.0,
    6.0,
    8.0,
    10.0,
    0.2,
    0.125,
];

/// Relative tolerance of each rounding attempt and how many of [`SIMPLE`] it may use: the
/// coarser the rounding, the fewer numbers, so that neighbours stay apart.
const ROUNDINGS: [(f64, usize); 4] = [(0.0, 0), (0.02, SIMPLE.len()), (0.08, 10), (0.25, 3)];

/// Longest sum whose every coefficient is tried as the unit.
const MAX_UNITS: usize = 6;

/// The ways to write Σ cᵢ φᵢ up to a common factor: each of a few coefficients in turn becomes
/// the unit, and the others are rounded to simple numbers at several tolerances. All are
/// offered to the search, whose front decides which is worth its complexity.
pub(crate) fn spellings(features: &[&Expr], coefficients: &[f64], ops: &OpSet) -> Vec<Expr> {
    let mut found: Vec<Expr> = Vec::new();
    for unit in units(coefficients) {
        for (tolerance, numbers) in ROUNDINGS {
            let rounded: Vec<f64> = coefficients
                .iter()
                .map(|c| round(c / unit, tolerance, &SIMPLE[..numbers]))
                .collect();
            if let Some(expr) = write_sum(features, &rounded, ops)
                && !found.contains(&expr)
            {
                found.push(expr);
            }
        }
    }
    found
}

/// The coefficients worth dividing by: all of a short sum, the median of a long one.
fn units(coefficients: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> =
        coefficients.iter().map(|c| c.abs()).filter(|c| *c > 0.0 && c.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    if sorted.len() > MAX_UNITS {
        return vec![sorted[sorted.len() / 2]];
    }
    sorted
}

fn round(value: f64, tolerance: f64, numbers: &[f64]) -> f64 {
    let size = value.abs();
    let close = numbers.iter().find(|simple| (size / **simple - 1.0).abs() <= tolerance);
    close.map_or(value, |simple| simple.copysign(value))
}

/// The ways to write Σ cᵢ φᵢ + c, with the numbers as they are and rounded.
pub(crate) fn spellings_of_values(
    features: &[&Expr],
    coefficients: &[f64],
    constant: f64,
    ops: &OpSet,
) -> Vec<Expr> {
    let mut found: Vec<Expr> = Vec::new();
    for (tolerance, numbers) in ROUNDINGS_OF_VALUES {
        let rounded = |c: f64| round(c, tolerance, &SIMPLE[..numbers]);
        let terms = features.iter().zip(coefficients).map(|(f, c)| ((*f).clone(), rounded(*c)));
        let constant = (constant != 0.0).then(|| (Expr::constant(1.0), rounded(constant)));
        if let Some(expr) = write_terms(&terms.chain(constant).collect::<Vec<_>>(), ops)
            && !found.contains(&expr)
        {
            found.push(expr);
        }
    }
    found
}

/// Σ cᵢ φᵢ by any operators, with the numbers as they are, and with those that are simple up to
/// rounding made simple.
pub(crate) fn up_to_rounding(features: &[&Expr], coefficients: &[f64]) -> [Option<Expr>; 2] {
    let [exact, rounding, _] = ROUNDINGS_OF_VALUES;
    [exact, rounding].map(|(tolerance, numbers)| {
        let rounded = |c: f64| round(c, tolerance, &SIMPLE[..numbers]);
        let terms = features.iter().zip(coefficients).map(|(f, c)| ((*f).clone(), rounded(*c)));
        write_terms(&terms.collect::<Vec<_>>(), &OpSet::default())
    })
}

/// Σ cᵢ φᵢ with the numbers that are simple up to rounding made simple; a feature that is a constant is one
/// of the numbers. `None` if there is nothing.
pub(crate) fn simple_sum(features: &[Expr], coefficients: &[f64]) -> Option<Expr> {
    let features: Vec<&Expr> = features.iter().collect();
    let [_, simple] = up_to_rounding(&features, coefficients);
    simple
}

/// The same for [`spellings_of_values`]: what rounding has left of simple numbers, and
/// coefficients of noisy values.
const ROUNDINGS_OF_VALUES: [(f64, usize); 3] =
    [(0.0, 0), (1e-6, SIMPLE.len()), (0.02, SIMPLE.len())];

/// Writes a sum of which the overall sign is free, so that as many terms as can be are positive.
fn write_sum(features: &[&Expr], coefficients: &[f64], ops: &OpSet) -> Option<Expr> {
    let positive = coefficients.iter().filter(|c| **c > 0.0).count();
    let sign = if 2 * positive >= coefficients.len() { 1.0 } else { -1.0 };
    let terms = features.iter().zip(coefficients).map(|(f, c)| ((*f).clone(), c * sign));
    write_terms(&terms.collect::<Vec<_>>(), ops)
}

/// Writes a sum with the allowed operators, terms of coefficient ±1 without a product, the
/// positive terms first. `None` where the operators do not suffice.
fn write_terms(terms: &[(Expr, f64)], ops: &OpSet) -> Option<Expr> {
    let ordered = terms.iter().filter(|t| t.1 > 0.0).chain(terms.iter().filter(|t| t.1 < 0.0));
    let mut sum: Option<Expr> = None;
    for (feature, coefficient) in ordered {
        let subtract = *coefficient < 0.0 && sum.is_some() && ops.contains(Op::Sub);
        let factor = if subtract { -coefficient } else { *coefficient };
        let term =
            if factor == 1.0 { feature.clone() } else { write_product(factor, feature, ops)? };
        sum = Some(match sum {
            None => term,
            Some(sum) if subtract => sum - term,
            Some(sum) if ops.contains(Op::Add) => sum + term,
            Some(_) => return None,
        });
    }
    sum
}

/// factor · feature, as a quotient where the feature is a reciprocal.
fn write_product(factor: f64, feature: &Expr, ops: &OpSet) -> Option<Expr> {
    if feature.root() == Node::Const {
        return Some(Expr::constant(factor * feature.constants()[0]));
    }
    if ops.contains(Op::Div) {
        match (feature.root(), feature.arguments().as_slice()) {
            (Node::Op(Op::Inv), [argument]) => {
                return Some(Expr::constant(factor) / argument.clone());
            }
            (Node::Op(Op::Div), [above, below]) if above.root() == Node::Const => {
                return Some(Expr::constant(factor * above.constants()[0]) / below.clone());
            }
            _ => {}
        }
    }
    ops.contains(Op::Mul).then(|| Expr::constant(factor) * feature.clone())
}

/// Σ cᵢ φᵢ with every coefficient written out, and which of the constants the coefficients are.
pub(crate) fn weighted(terms: &[Expr], coefficients: &[f64]) -> (Expr, Vec<bool>) {
    let mut marks = Vec::new();
    let products = terms.iter().zip(coefficients).map(|(term, c)| {
        marks.push(true);
        marks.resize(marks.len() + term.constants().len(), false);
        Expr::binary(Op::Mul, Expr::constant(*c), term)
    });
    (Expr::sum(products.collect::<Vec<_>>()), marks)
}

/// The terms of a top-level sum, each stripped of signs and constant factors; constants alone
/// are left out. An expression that is no sum is its own single term.
pub(crate) fn terms(expr: &Expr) -> Vec<Expr> {
    let mut found = Vec::new();
    let mut open = vec![expr.clone()];
    while let Some(term) = open.pop() {
        match (term.root(), term.arguments().as_slice()) {
            (Node::Const, _) => {}
            (Node::Op(Op::Add | Op::Sub), [left, right]) => {
                open.push(right.clone());
                open.push(left.clone());
            }
            (Node::Op(Op::Neg), [inner]) => open.push(inner.clone()),
            (Node::Op(Op::Mul), [left, right]) if left.root() == Node::Const => {
                open.push(right.clone());
            }
            (Node::Op(Op::Mul | Op::Div), [left, right]) if right.root() == Node::Const => {
                open.push(left.clone());
            }
            _ if found.contains(&term) => {}
            _ => found.push(term),
        }
    }
    found
}

/// The terms of an expression multiplied out, each stripped of constant factors; constants alone are left
/// out.
pub(crate) fn multiplied_out(expr: &Expr) -> Vec<Expr> {
    let mut found: Vec<Expr> = vec![];
    for term in summands(expr).into_iter().flatten() {
        if !found.contains(&term) {
            found.push(term);
        }
    }
    found
}

/// The same with repetitions; a constant alone is none.
fn summands(expr: &Expr) -> Vec<Option<Expr>> {
    match (expr.root(), expr.arguments().as_slice()) {
        (Node::Const, _) => vec![None],
        (Node::Op(Op::Add | Op::Sub), [left, right]) => [summands(left), summands(right)].concat(),
        (Node::Op(Op::Neg), [inner]) => summands(inner),
        (Node::Op(Op::Mul), [left, right]) => {
            let right = summands(right);
            let times = |a: Option<Expr>| {
                let product = move |b: Option<Expr>| match (a.clone(), b) {
                    (Some(a), Some(b)) => Some(a * b),
                    (a, b) => a.or(b),
                };
                right.clone().into_iter().map(product).collect::<Vec<_>>()
            };
            summands(left).into_iter().flat_map(times).collect()
        }
        (Node::Op(Op::Div), [left, right]) => {
            let over = |a: Option<Expr>| match (a, right.root()) {
                (a, Node::Const) => a,
                (Some(a), _) => Some(a / right.clone()),
                (None, _) => Some(Expr::constant(1.0) / right.clone()),
            };
            summands(left).into_iter().map(over).collect()
        }
        _ => vec![Some(expr.clone())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(texts: &[&str]) -> Vec<Expr> {
        texts.iter().map(|t| t.parse().unwrap()).collect()
    }

    #[test]
    fn nearly_equal_coefficients_become_one() {
        let features = parse(&["x1*x4", "x2*x3"]);
        let refs: Vec<&Expr> = features.iter().collect();
        let found = spellings(&refs, &[-0.707, 0.712], &OpSet::default());
        assert!(found.contains(&"x2*x3 - x1*x4".parse().unwrap()), "{found:?}");
    }

    #[test]
    fn reciprocals_take_the_coefficient_above() {
        let features = parse(&["x1^2", "1/x2"]);
        let refs: Vec<&Expr> = features.iter().collect();
        let found = spellings(&refs, &[1.0, -2.01], &OpSet::default());
        assert!(found.contains(&"x1^2 - 2/x2".parse().unwrap()), "{found:?}");
    }

    #[test]
    fn sums_of_values_keep_their_sign_and_their_constant() {
        let features = parse(&["x1^2", "sin(x2)"]);
        let refs: Vec<&Expr> = features.iter().collect();
        let found = spellings_of_values(&refs, &[-2.000_000_1, -0.3], 7.5, &OpSet::default());
        assert!(found.contains(&"7.5 - 2*x1^2 - 0.3*sin(x2)".parse().unwrap()), "{found:?}");
    }

    #[test]
    fn missing_operators_give_nothing() {
        let features = parse(&["x1", "x2"]);
        let refs: Vec<&Expr> = features.iter().collect();
        assert!(spellings(&refs, &[1.0, 0.4], &"* /".parse().unwrap()).is_empty());
    }

    #[test]
    fn sums_fall_into_terms() {
        let expr: Expr = "2*x1 - (x2^2/3 + sin(x1)) + 4 - x1".parse().unwrap();
        assert_eq!(terms(&expr), parse(&["x1", "x2^2", "sin(x1)"]));
    }

    #[test]
    fn products_of_sums_are_multiplied_out() {
        let expr: Expr = "x1*(2*x2 + 3) - (x1 - 1)/x3 + x1*0.5 + 4".parse().unwrap();
        let terms: Vec<String> = multiplied_out(&expr).iter().map(Expr::to_string).collect();
        assert_eq!(terms, ["x1*x2", "x1", "x1/x3", "div(1, x3)"]);
    }
}
