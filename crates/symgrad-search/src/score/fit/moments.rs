//! The eigenproblem of a sum's coefficients, from one sweep over the points.

use symgrad_expr::{Expr, simd};

use super::Sweep;
use super::columns::add_products;
use crate::score::evaluator::Evaluator;
use crate::score::target::{Directions, Target};

/// The two Gram matrices of a sum's terms: of their whole gradients, and of the parts along
/// the neurons' directions. Lower triangles, k × k.
pub(crate) struct Moments {
    pub(crate) terms: usize,
    pub(crate) whole: Vec<f64>,
    pub(crate) along: Vec<f64>,
}

/// The moments of a sum Σ c·φ whose coefficients are the constants marked, in their order. With
/// `reweighted`, points count 1/‖∇f‖², so that the eigenvalue becomes the mean squared sine.
pub(crate) fn moments_of_sum(
    sum: &Expr,
    coefficients: &[bool],
    reweighted: bool,
    evaluator: &mut Evaluator<'_>,
) -> Option<Moments> {
    evaluator
        .with_sweep(|evaluator, sweep| moments(sum, coefficients, reweighted, evaluator, sweep))
}

fn moments(
    sum: &Expr,
    coefficients: &[bool],
    reweighted: bool,
    evaluator: &mut Evaluator<'_>,
    sweep: &mut Sweep,
) -> Option<Moments> {
    let order: Vec<usize> = (0..coefficients.len()).filter(|&k| coefficients[k]).collect();
    match evaluator.objective().target() {
        Target::Directions(target) => {
            of_directions(sum, &order, reweighted, target, evaluator, sweep)
        }
        Target::Values(target) => {
            let (_, mut terms) = sweep.values_and_slopes(sum, evaluator)?;
            let terms: Vec<Vec<f64>> =
                order.iter().map(|&k| std::mem::take(&mut terms[k])).collect();
            Some(of_values(terms, &target.standard, evaluator.objective().weights()))
        }
    }
}

fn of_directions(
    sum: &Expr,
    order: &[usize],
    reweighted: bool,
    target: &Directions,
    evaluator: &mut Evaluator<'_>,
    sweep: &mut Sweep,
) -> Option<Moments> {
    let terms = order.len();
    let mut moments =
        Moments { terms, whole: vec![0.0; terms * terms], along: vec![0.0; terms * terms] };
    let mut fixed = vec![true; sum.constants().len()];
    for &k in order {
        fixed[k] = false;
    }
    let weights = evaluator.objective().weights();
    let mut factors = Vec::new();
    let mut parts = vec![Vec::new(); terms];
    let complete = sweep.over_frames(sum, &fixed, evaluator, |derivatives| {
        let rows = derivatives.rows();
        factors.clear();
        factors.extend(weights[rows.clone()].iter().map(|w| w.sqrt()));
        if reweighted {
            divide_by_norms(&mut factors, derivatives.squared_norms());
        }
        derivatives.scale_tangents(&factors);
        for (a, &k) in order.iter().enumerate() {
            for (b, &l) in order[..=a].iter().enumerate() {
                moments.whole[a * terms + b] += derivatives.product(k, l);
            }
        }
        for neuron in &target.inner {
            for (part, &k) in parts.iter_mut().zip(order) {
                part.clear();
                part.resize(rows.len(), 0.0);
                for (i, &input) in derivatives.components().iter().enumerate() {
                    if let Some(tangent) = derivatives.tangent(k, i) {
                        add_products(part, tangent, &neuron[input][rows.clone()]);
                    }
                }
            }
            for a in 0..terms {
                for b in 0..=a {
                    moments.along[a * terms + b] += simd::dot(&parts[a], &parts[b]);
                }
            }
        }
        moments.whole[terms * terms - 1].is_finite()
    });
    (complete && moments.whole.iter().all(|v| v.is_finite())).then_some(moments)
}

/// Divides by the gradient's norm, bounded at a tenth of the block's median so that points
/// where the gradient nearly vanishes (and where the direction means least) do not dominate.
fn divide_by_norms(factors: &mut [f64], squares: &[f64]) {
    let mut sorted = squares.to_vec();
    let middle = sorted.len() / 2;
    let median = *sorted.select_nth_unstable_by(middle, f64::total_cmp).1;
    let floor = (median * 0.01).max(f64::MIN_POSITIVE);
    for (factor, square) in factors.iter_mut().zip(squares) {
        *factor /= square.max(floor).sqrt();
    }
}

/// Values have one direction in the space of all points: that of the wanted values.
fn of_values(mut columns: Vec<Vec<f64>>, wanted: &[f64], weights: &[f64]) -> Moments {
    let terms = columns.len();
    let mut wanted: Vec<f64> = wanted.to_vec();
    for column in columns.iter_mut().chain([&mut wanted]) {
        let mean = simd::dot(weights, column);
        column.iter_mut().zip(weights).for_each(|(v, w)| *v = (*v - mean) * w.sqrt());
    }
    let length = simd::dot(&wanted, &wanted).sqrt();
    let along: Vec<f64> =
        columns.iter().map(|column| simd::dot(column, &wanted) / length).collect();
    let mut moments =
        Moments { terms, whole: vec![0.0; terms * terms], along: vec![0.0; terms * terms] };
    for a in 0..terms {
        for b in 0..=a {
            moments.whole[a * terms + b] = simd::dot(&columns[a], &columns[b]);
            moments.along[a * terms + b] = along[a] * along[b];
        }
    }
    moments
}
