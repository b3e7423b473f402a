//! Simple values near a fitted constant.

use std::f64::consts::PI;

use symgrad_expr::Expr;

/// Replaces one constant after the other by the simplest value nearby that is accepted.
pub(crate) fn round_each(expr: &Expr, accept: &mut dyn FnMut(&Expr) -> bool) -> Expr {
    let mut best = expr.clone();
    for index in 0..expr.constants().len() {
        let value = expr.constants()[index];
        for simple in simple_values(value) {
            // What follows is less simple than the value itself.
            if simple == value {
                break;
            }
            let mut candidate = best.clone();
            candidate.constants_mut()[index] = simple;
            if accept(&candidate) {
                best = candidate;
                break;
            }
        }
    }
    best
}

/// Ratios of constants that were fitted apart but may be one.
const RATIOS: [f64; 5] = [1.0, 2.0, 0.5, 4.0, 0.25];

/// How near to such a ratio, as a share, constants are tried with it.
const NEAR: f64 = 1e-3;

/// Makes constants that nearly are the same, or twice or four times the same, exactly so where that is accepted.
pub(crate) fn tie_each(expr: &Expr, accept: &mut dyn FnMut(&Expr) -> bool) -> Expr {
    let mut best = expr.clone();
    for second in 1..expr.constants().len() {
        for first in 0..second {
            let (base, value) = (best.constants()[first], best.constants()[second]);
            let tied = RATIOS.iter().map(|ratio| (ratio * base).copysign(value));
            let near = |tied: &f64| (tied - value).abs() <= NEAR * value.abs();
            let Some(tied) = tied.into_iter().find(near) else { continue };
            let mut candidate = best.clone();
            candidate.constants_mut()[second] = tied;
            if tied == value || accept(&candidate) {
                best = candidate;
                break;
            }
        }
    }
    best
}

/// Candidates for a constant, the simplest first.
fn simple_values(value: f64) -> Vec<f64> {
    if !value.is_finite() {
        return vec![];
    }
    let mut found = vec![0.0, 1.0_f64.copysign(value)];
    found.push(value.round());
    let near = |simple: &f64, share: f64| (simple - value).abs() <= share * value.abs();
    let fractions = (2..=6).map(f64::from).map(|divisor| (value * divisor).round() / divisor);
    found.extend(fractions.filter(|simple| near(simple, 0.05)));
    let whole_or_part = [1.0, 2.0, 3.0, 4.0, 6.0].map(|divisor| PI / divisor);
    let multiples = whole_or_part.map(|unit| (value / unit).round() * unit);
    found.extend(multiples.into_iter().filter(|simple| near(simple, 0.01)));
    found.extend((0..17).filter_map(|digits| format!("{value:.digits$e}").parse::<f64>().ok()));
    found
}
