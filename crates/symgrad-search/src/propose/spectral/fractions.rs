//! Quotients of two sums whose values are given, by linearisation.
//!
//! For y = P/Q with P = Σ pᵢ φᵢ and Q = Σ qⱼ χⱼ the misfit P − yQ is linear in p and q (Levy, 1959).
//! The pair that makes it least beside Q,
//!
//! ```text
//! Σ wₙ (P − yQ)² + δ Σ kᵢ cᵢ²  =  λ Σ wₙ (yQ)²
//! ```
//!
//! belongs to the least λ of a generalised eigenproblem, and is found by inverse iteration. A common factor of P and Q changes
//! nothing; a ridge that grows with a term's complexity prefers the shortest pair. Terms are dropped
//! from the smallest coefficient on, and where few are left the points are weighed by 1/Q², which
//! turns the misfit into that of P/Q (Sanathanan and Koerner, 1963).

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};
use symgrad_expr::{Expr, OpSet};

use super::sums;
use crate::score::evaluator::Evaluator;
use crate::score::target::Target;

/// Misfits that are allowed for, relative to the values' mean square.
const RIDGES: [f64; 3] = [1e-13, 1e-8, 1e-4];

/// What keeps rounding from deciding, where nothing else is allowed for.
const LEAST_RIDGE: f64 = 1e-16;

/// By what a ridge grows with each symbol of a term, up to so many.
const PER_SYMBOL: f64 = 2.0;
const SYMBOLS: u32 = 12;

/// Most terms of a quotient that is written, and rounds of weighing it.
const LONGEST: usize = 9;
const WEIGHED: usize = 4;

/// One in so many of the terms is dropped at a time, while there are many.
const SHARE: usize = 12;

/// Steps of inverse iteration; λ is far below the others where there is a quotient.
const STEPS: usize = 60;

/// Terms of numerator and denominator, their values at the points, and the wanted ones.
struct Fractions<'a> {
    terms: Vec<&'a Expr>,
    /// How many of them are above.
    above: usize,
    /// For each term one number a point: φ, or yχ, of unit mean square.
    columns: Vec<Vec<f64>>,
    /// The denominators' own values in the same units.
    below: Vec<Vec<f64>>,
    scales: Vec<f64>,
    costs: Vec<f64>,
    weights: Vec<f64>,
}

/// The quotients of sums over the two libraries, by rising length.
pub(crate) fn fractions(
    above: &[Expr],
    below: &[Expr],
    ops: &OpSet,
    evaluator: &mut Evaluator<'_>,
) -> Vec<Expr> {
    let Some(all) = Fractions::of(above, below, ops, evaluator) else { return vec![] };
    let mut found: Vec<Expr> = vec![];
    for ridge in RIDGES {
        for quotient in all.path(ridge) {
            if !found.contains(&quotient) {
                found.push(quotient);
            }
        }
    }
    found
}

/// The least misfit of a quotient of sums over the two libraries, as a share of the mean square of what is
/// below times the values.
pub(super) fn least_misfit(
    above: &[Expr],
    below: &[Expr],
    ops: &OpSet,
    evaluator: &mut Evaluator<'_>,
) -> Option<f64> {
    let all = Fractions::of(above, below, ops, evaluator)?;
    let (whole, under) = all.products(&all.weights);
    let kept: Vec<usize> = (0..all.terms.len()).collect();
    let coefficients = all.least(&kept, &whole, &under, LEAST_RIDGE)?;
    let x = Mat::from_fn(kept.len(), 1, |k, _| coefficients[k]);
    let square = |matrix: &Mat<f64>| (x.transpose() * matrix * &x)[(0, 0)];
    Some(square(&whole).max(0.0) / square(&under)).filter(|left| left.is_finite())
}

impl<'a> Fractions<'a> {
    fn of(
        above: &'a [Expr],
        below: &'a [Expr],
        ops: &OpSet,
        evaluator: &mut Evaluator<'_>,
    ) -> Option<Self> {
        let objective = evaluator.objective();
        let Target::Values(target) = objective.target() else { return None };
        let weights = objective.weights().to_vec();
        let wanted: Vec<f64> =
            target.standard.iter().map(|y| target.mean + target.deviation * y).collect();
        let mut all = Self {
            terms: vec![],
            above: 0,
            columns: vec![],
            below: vec![],
            scales: vec![],
            costs: vec![],
            weights,
        };
        for (part, is_below) in [(above, false), (below, true)] {
            for term in part {
                let Some(values) = all.values(term, evaluator) else { continue };
                let column: Vec<f64> = if is_below {
                    values.iter().zip(&wanted).map(|(v, y)| v * y).collect()
                } else {
                    values.clone()
                };
                let square: f64 = column.iter().zip(&all.weights).map(|(v, w)| w * v * v).sum();
                let scale = square.sqrt().recip();
                if !scale.is_normal() {
                    continue;
                }
                let times = |column: Vec<f64>| column.into_iter().map(|v| v * scale).collect();
                all.columns.push(times(column));
                if is_below {
                    all.below.push(times(values));
                } else {
                    all.above += 1;
                }
                all.terms.push(term);
                all.scales.push(scale);
                let symbols = ops.complexity(term).min(SYMBOLS);
                all.costs.push(PER_SYMBOL.powi(symbols.try_into().unwrap_or(0)));
            }
        }
        (all.above > 0 && all.above < all.terms.len()).then_some(all)
    }

    fn values(&self, term: &Expr, evaluator: &mut Evaluator<'_>) -> Option<Vec<f64>> {
        if term.input_count() == 0 {
            return Some(vec![*term.constants().first()?; self.weights.len()]);
        }
        evaluator.values(term)
    }

    /// The quotients that are left at each length, written out.
    fn path(&self, ridge: f64) -> Vec<Expr> {
        let (whole, under) = self.products(&self.weights);
        let mut kept: Vec<usize> = (0..self.terms.len()).collect();
        let mut found = vec![];
        while let Some(coefficients) = self.least(&kept, &whole, &under, ridge) {
            if kept.len() <= LONGEST {
                let weighed = self.weighed(&kept, &coefficients, ridge);
                found.extend(self.write(&kept, &weighed));
            }
            let over = kept.len().saturating_sub(LONGEST);
            let count = (kept.len() / SHARE).min(over).max(1);
            let Some(left) = self.without(count, &kept, &coefficients) else { break };
            kept = left;
        }
        found
    }

    /// Without that many of the smallest terms, one of each part left; `None` if there are no others.
    fn without(&self, count: usize, kept: &[usize], coefficients: &[f64]) -> Option<Vec<usize>> {
        let mut order: Vec<usize> = (0..kept.len()).collect();
        order.sort_by(|&i, &j| {
            coefficients[i].abs().total_cmp(&coefficients[j].abs()).then(i.cmp(&j))
        });
        let of_above = |place: &usize| kept[*place] < self.above;
        let mut left = [order.iter().filter(|p| of_above(p)).count(), 0];
        left[1] = order.len() - left[0];
        let mut dropped = vec![];
        for place in order {
            let part = usize::from(!of_above(&place));
            if dropped.len() < count && left[part] > 1 {
                left[part] -= 1;
                dropped.push(place);
            }
        }
        let stay = |(place, &term): (usize, &usize)| (!dropped.contains(&place)).then_some(term);
        (!dropped.is_empty()).then(|| kept.iter().enumerate().filter_map(stay).collect())
    }

    /// The Gram matrices of all columns, and of y times the denominators.
    fn products(&self, weights: &[f64]) -> (Mat<f64>, Mat<f64>) {
        let roots: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
        // The misfit is P − yQ.
        let sign = |term: usize| if term < self.above { 1.0 } else { -1.0 };
        let (points, count) = (roots.len(), self.terms.len());
        let columns = Mat::from_fn(points, count, |n, j| sign(j) * roots[n] * self.columns[j][n]);
        let under = Mat::from_fn(points, count, |n, j| {
            if j < self.above { 0.0 } else { roots[n] * self.columns[j][n] }
        });
        (columns.transpose() * &columns, under.transpose() * &under)
    }

    /// Coefficients of scaled terms: those of the least λ by inverse iteration, x ← (A + δK)⁻¹Bx.
    fn least(
        &self,
        kept: &[usize],
        whole: &Mat<f64>,
        under: &Mat<f64>,
        ridge: f64,
    ) -> Option<Vec<f64>> {
        let count = kept.len();
        let mut a = Mat::from_fn(count, count, |i, j| whole[(kept[i], kept[j])]);
        for (i, &term) in kept.iter().enumerate() {
            a[(i, i)] += ridge * self.costs[term];
        }
        let b = Mat::from_fn(count, count, |i, j| under[(kept[i], kept[j])]);
        let llt = a.llt(Side::Lower).ok()?;
        let mut x = Mat::from_fn(count, 1, |i, _| 1.0 + (i as f64 * 0.618_033_988_75).fract());
        for _ in 0..STEPS {
            let next = llt.solve(&b * &x);
            let length = next.norm_l2();
            let now = Mat::from_fn(count, 1, |i, _| next[(i, 0)] / length);
            let settled = (&now - &x).norm_l2().min((&now + &x).norm_l2()) < 1e-10;
            x = now;
            if settled {
                break;
            }
        }
        let found: Vec<f64> = (0..count).map(|i| x[(i, 0)]).collect();
        found.iter().all(|c| c.is_finite()).then_some(found)
    }

    /// The coefficients with points weighed by the inverse square of the denominator.
    fn weighed(&self, kept: &[usize], coefficients: &[f64], ridge: f64) -> Vec<f64> {
        let mut coefficients = coefficients.to_vec();
        for _ in 0..WEIGHED {
            let mut under = vec![0.0; self.weights.len()];
            for (&term, c) in kept.iter().zip(&coefficients).filter(|(t, _)| **t >= self.above) {
                let column = &self.below[term - self.above];
                under.iter_mut().zip(column).for_each(|(sum, v)| *sum += c * v);
            }
            let mean = under.iter().map(|q| q * q).sum::<f64>() / under.len() as f64;
            let by = |q: f64| mean / (q * q + 1e-6 * mean);
            let weights: Vec<f64> =
                self.weights.iter().zip(&under).map(|(w, q)| w * by(*q)).collect();
            let (whole, under) = self.products(&weights);
            match self.least(kept, &whole, &under, ridge) {
                Some(next) => coefficients = next,
                None => break,
            }
        }
        coefficients
    }

    /// The quotient, each of the denominator's few coefficients the unit in turn.
    fn write(&self, kept: &[usize], coefficients: &[f64]) -> Vec<Expr> {
        let part = |below: bool| {
            let of_part =
                kept.iter().zip(coefficients).filter(|(t, _)| (**t >= self.above) == below);
            of_part.map(|(&t, c)| (self.terms[t], c * self.scales[t])).unzip()
        };
        let (above, below): (Sum<'_>, Sum<'_>) = (part(false), part(true));
        let mut found = vec![];
        for unit in below.1.iter().filter(|unit| **unit != 0.0).take(WRITTEN) {
            let in_unit = |part: &Sum<'_>| {
                let coefficients: Vec<f64> = part.1.iter().map(|c| c / unit).collect();
                sums::up_to_rounding(&part.0, &coefficients)
            };
            for (above, below) in in_unit(&above).into_iter().zip(in_unit(&below)) {
                let quotient = above.zip(below).map(|(above, below)| above / below);
                found.extend(quotient.filter(|quotient| !found.contains(quotient)));
            }
        }
        found
    }
}

/// Terms with their coefficients.
type Sum<'a> = (Vec<&'a Expr>, Vec<f64>);

/// Ways to write a quotient.
const WRITTEN: usize = 3;

#[cfg(test)]
mod tests {
    use symgrad_data::Table;

    use super::super::features::monomials;
    use super::*;
    use crate::Objective;

    type Function = fn(f64, f64) -> f64;

    #[test]
    fn quotients_come_out_of_large_libraries() {
        let column = |step: f64| -> Vec<f64> {
            (1..=300).map(|n| 0.5 + 2.5 * (step * f64::from(n)).fract()).collect()
        };
        let columns = vec![column(0.754_878), column(0.569_840)];
        let ops = OpSet::default();
        let mut above = monomials(&[0, 1], 3, &ops);
        above.push(Expr::constant(1.0));
        let mut below = monomials(&[0, 1], 2, &ops);
        let exponentials = ["exp(x1)", "exp(x1/x2)", "exp(x2)"].map(|text| text.parse().unwrap());
        below.extend(exponentials);
        below.push(Expr::constant(1.0));
        let truths: [Function; 3] = [
            |x, y| 3.3 * x / (0.7 + x + x * x / y),
            |x, y| x.powi(3) / ((x / y).exp() - 1.0),
            |x, y| (x * y + 2.0) / (x * x - y + 7.5),
        ];
        for (k, truth) in truths.iter().enumerate() {
            let values: Vec<f64> =
                columns[0].iter().zip(&columns[1]).map(|(x, y)| truth(*x, *y)).collect();
            let names = ["x1", "x2"].map(String::from).to_vec();
            let points = Table::new(names, columns.clone()).unwrap();
            let objective = Objective::regression(&points, &values, false).unwrap();
            let mut evaluator = Evaluator::new(&objective);
            let found = fractions(&above, &below, &ops, &mut evaluator);
            let loss = |expr: &Expr| Evaluator::new(&objective).loss(expr);
            let best = found.iter().min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap();
            assert!(loss(best) < 1e-9 && ops.complexity(best) < 60, "{k}: {best} {:e}", loss(best));
        }
    }
}
