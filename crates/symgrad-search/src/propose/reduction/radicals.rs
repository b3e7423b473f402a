//! Values that are a root of a quadratic equation: y = P + R with P and R² sums of known functions.
//!
//! Then y² = 2P·y + (R² − P²), which is linear in all coefficients: least squares with backward elimination,
//! judged by points that were held out, find P. What is left to be found is R, of which the square is simple.

use symgrad_expr::{Expr, Op, OpSet};

use super::products::{Data, FITTED_POINTS, ROUNDING};
use super::smooth::Smooth;
use crate::propose::spectral;
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;

/// Values as a sum with a square root.
pub(crate) struct Radical {
    /// What is not below the root.
    pub(crate) plain: Expr,
    /// With the root of what is below it, multiplied out.
    pub(crate) multiplied_out: Expr,
    /// The root, as what a search is to find.
    pub(crate) root: Objective,
}

/// Most inputs.
const INPUTS: usize = 5;

/// An equation that leaves a larger share is none.
const CLEAR_LEFT: f64 = 1e-12;

/// One in so many terms is dropped at a time, and fewer may leave so many times as much.
const DROPPED: usize = 6;
const MORE: f64 = 4.0;

/// A term of the equation.
#[derive(Clone)]
struct Term {
    /// None for 1.
    feature: Option<Expr>,
    /// Whether it is multiplied with the values.
    with_values: bool,
    /// In units of their root mean square.
    column: Vec<f64>,
    size: f64,
}

/// The radicals that the values may have, and the evaluations that finding them is worth.
pub(crate) fn radicals(
    objective: &Objective,
    inputs: &[u16],
    ops: &OpSet,
    allowance: Allowance,
) -> (Vec<Radical>, u64) {
    let objective = objective.thinned(FITTED_POINTS);
    let possible = ops.contains(Op::Sqrt) && (1..=INPUTS).contains(&inputs.len());
    let Some(values) = objective.given_values() else { return (vec![], 0) };
    let squares: Vec<f64> = values.iter().map(|y| y * y).collect();
    let Some(squared) = objective.with_values(&squares).filter(|_| possible) else {
        return (vec![], 0);
    };
    let Some(mut data) = Data::new(&squared, allowance) else { return (vec![], 0) };
    let mut found = vec![];
    for (beside, below) in libraries(inputs, ops) {
        let terms: Vec<Term> = [(beside, true), (below, false)]
            .into_iter()
            .flat_map(|(features, with_values)| {
                features.into_iter().map(move |feature| (feature, with_values))
            })
            .filter_map(|(feature, with_values)| {
                Term::of(feature, with_values, &values, &objective)
            })
            .collect();
        found.extend(parts(&mut data, terms).and_then(|(plain, below)| {
            let known = Evaluator::new(&objective).values(&plain)?;
            let root: Vec<f64> = values.iter().zip(&known).map(|(y, p)| y - p).collect();
            let is_negative = root.iter().sum::<f64>() < 0.0;
            let written = Expr::unary(Op::Sqrt, below);
            let multiplied_out =
                if is_negative { plain.clone() - written } else { plain.clone() + written };
            Some(Radical { plain, multiplied_out, root: objective.with_values(&root)? })
        }));
        if !found.is_empty() {
            break;
        }
    }
    (found, data.spent)
}

/// What may stand beside the root, and what below it: polynomials, and polynomials times waves of one
/// angle.
type Library = Vec<Option<Expr>>;

fn libraries(inputs: &[u16], ops: &OpSet) -> Vec<(Library, Library)> {
    let with_one = |features: Vec<Expr>| -> Library {
        std::iter::once(None).chain(features.into_iter().map(Some)).collect()
    };
    let monomials = |inputs: &[u16], degree| with_one(spectral::monomials(inputs, degree, ops));
    let mut found = vec![(monomials(inputs, 2), monomials(inputs, 4))];
    if !(ops.contains(Op::Sin) && ops.contains(Op::Cos)) {
        return found;
    }
    for &angle in inputs {
        let others: Vec<u16> = inputs.iter().copied().filter(|&other| other != angle).collect();
        let [sin, cos] = [Op::Sin, Op::Cos].map(|op| Expr::unary(op, Expr::var(angle)));
        let waves = with_one(vec![
            sin.clone(),
            cos.clone(),
            cos.clone().square(),
            sin.clone() * cos.clone(),
        ]);
        let times = |degree| -> Library {
            let product = |a: &Option<Expr>, b: &Option<Expr>| match (a, b) {
                (Some(a), Some(b)) => Some(a.clone() * b.clone()),
                (a, b) => a.clone().or_else(|| b.clone()),
            };
            let of = |monomial: &Option<Expr>| -> Library {
                waves.iter().map(|wave| product(monomial, wave)).collect()
            };
            monomials(&others, degree).iter().flat_map(of).collect()
        };
        found.push((times(2), times(4)));
    }
    found
}

impl Term {
    fn of(
        feature: Option<Expr>,
        with_values: bool,
        values: &[f64],
        objective: &Objective,
    ) -> Option<Self> {
        let own = match &feature {
            None => vec![1.0; values.len()],
            Some(feature) => Evaluator::new(objective).values(feature)?,
        };
        let factor = |n: usize| if with_values { values[n] } else { 1.0 };
        let column: Vec<f64> = own.iter().enumerate().map(|(n, v)| v * factor(n)).collect();
        let square = column.iter().map(|v| v * v).sum::<f64>() / column.len() as f64;
        let size = square.sqrt();
        let column = column.into_iter().map(|v| v / size).collect();
        size.is_normal().then_some(Self { feature, with_values, column, size })
    }
}

/// What stands beside the root and what below it, by the shortest equation that leaves next to nothing. `None`
/// if there is none, or nothing beside the root.
fn parts(data: &mut Data<'_>, mut terms: Vec<Term>) -> Option<(Expr, Expr)> {
    if terms.len() > data.most() {
        return None;
    }
    let mut kept: Option<(Vec<Term>, Vec<f64>)> = None;
    let mut least = f64::INFINITY;
    while !terms.is_empty() {
        let columns = terms.iter().map(|term| Smooth::column(&term.column));
        let design = columns.reduce(|all, column| all.and(&column))?;
        let solved = data.solved(&design, &vec![1; terms.len()])?;
        least = least.min(solved.left);
        if solved.left > CLEAR_LEFT || solved.left > MORE * least.max(ROUNDING) {
            break;
        }
        let mut order: Vec<usize> = (0..terms.len()).collect();
        order.sort_by(|&a, &b| solved.rises[b].total_cmp(&solved.rises[a]).then(a.cmp(&b)));
        order.truncate(order.len() - order.len().div_ceil(DROPPED));
        order.sort_unstable();
        let fewer = order.into_iter().map(|k| terms[k].clone()).collect();
        kept = Some((std::mem::replace(&mut terms, fewer), solved.fit.coefficients));
    }
    let (terms, coefficients) = kept?;
    let unit = data.unit;
    let sum_of = |with_values: bool, unit: f64| {
        let chosen = terms.iter().zip(&coefficients);
        let chosen = chosen.filter(|(term, _)| term.with_values == with_values);
        let (features, numbers): (Vec<Expr>, Vec<f64>) = chosen
            .map(|(term, c)| {
                let feature = term.feature.clone().unwrap_or(Expr::constant(1.0));
                (feature, unit * c / term.size)
            })
            .unzip();
        spectral::simple_sum(&features, &numbers)
    };
    let plain = sum_of(true, 0.5 * unit)?;
    let square = plain.clone().square();
    let below = sum_of(false, unit).map_or(square.clone(), |more| square + more);
    Some((plain, below))
}
