//! Squares and products about a centre of their own: (x − a)² + (y − b)², (x − a)·(y − b).

use faer::{Mat, Side};
use symgrad_expr::Expr;

use super::discover::{Group, Judge, WORTH_TELLING};
use super::forms::Form;
use super::frame::Combined;
use super::relations::{Combination, Term};

/// A variable whose centre lies more than this many times its own size away enters linearly, as
/// far as data can tell, and another form says so.
const FAR: f64 = 1e3;

/// A pair of variables and the form in which they may enter about a centre.
struct Pair {
    form: Form,
    variables: [usize; 2],
    relation: Combination,
}

/// Pairs of the given variables that enter through a combination about a centre other than 0;
/// each variable in one at most, the most trusted first.
pub(super) fn shifted(judge: &Judge<'_>, variables: &[usize]) -> Vec<Group> {
    let mut groups = Vec::new();
    for form in [Form::Squares, Form::Product] {
        let mut pairs = Vec::new();
        for (k, &j) in variables.iter().enumerate() {
            for &i in &variables[..k] {
                if let Some(relation) = fit(judge, form, i, j) {
                    pairs.push(Pair { form, variables: [i, j], relation });
                }
            }
        }
        let relations: Vec<Combination> = pairs.iter().map(|pair| pair.relation.clone()).collect();
        let findings = judge.all(&relations);
        let told = pairs.iter().zip(findings).filter(|(_, v)| v.confidence >= WORTH_TELLING);
        groups.extend(told.filter_map(|(pair, finding)| {
            let expr = pair.expression(judge)?;
            let combined = Combined { replaces: pair.variables.to_vec(), expr };
            Some(Group { form, combined, finding })
        }));
    }
    groups.sort_by(|a: &Group, b: &Group| b.finding.confidence.total_cmp(&a.finding.confidence));
    let mut kept: Vec<Group> = Vec::new();
    for group in groups {
        let taken = |k: &usize| kept.iter().any(|held| held.combined.replaces.contains(k));
        if !group.combined.replaces.iter().any(taken) {
            kept.push(group);
        }
    }
    kept
}

/// The relation between (1, factor) times one component and (1, factor) times the other, by
/// their largest canonical correlation.
fn fit(judge: &Judge<'_>, form: Form, i: usize, j: usize) -> Option<Combination> {
    let (left_factor, right_factor) = if form == Form::Squares { (j, i) } else { (i, j) };
    let terms = |along: usize, factor: usize| {
        [Term { along, factor: None }, Term { along, factor: Some(factor) }]
    };
    let (left, right) = (terms(i, left_factor), terms(j, right_factor));
    let gram = |a: [Term; 2], b: [Term; 2]| Mat::from_fn(2, 2, |r, c| judge.terms.gram(a[r], b[c]));
    // With LLᵀ the Gram matrix of a side, L⁻ᵀ makes its terms orthonormal.
    let whiten = |side: [Term; 2]| {
        let factor = gram(side, side).llt(Side::Lower).ok()?;
        let l = factor.L();
        let (a, b, c) = (l[(0, 0)], l[(1, 0)], l[(1, 1)]);
        let inverse = [[1.0 / a, -b / (a * c)], [0.0, 1.0 / c]];
        Some(Mat::from_fn(2, 2, |row, column| inverse[row][column]))
    };
    let (whiten_left, whiten_right) = (whiten(left)?, whiten(right)?);
    let cross = whiten_left.transpose() * gram(left, right) * &whiten_right;
    let svd = cross.thin_svd().ok()?;
    let (p, q) = (&whiten_left * svd.U(), &whiten_right * svd.V());
    judge.terms.pair(
        &[(left[0], p[(0, 0)]), (left[1], p[(1, 0)])],
        &[(right[0], q[(0, 0)]), (right[1], q[(1, 0)])],
    )
}

impl Pair {
    /// In terms of the frame's variables; `None` where it cannot be written.
    fn expression(&self, judge: &Judge<'_>) -> Option<Expr> {
        let frame = judge.frame;
        let own = |index: usize| {
            let (term, c) = self.relation.terms[index];
            c * frame.scales[term.along] / term.factor.map_or(1.0, |f| frame.scales[f])
        };
        let (left, right) = (own(1), own(3));
        // The factor that the first term's coefficient belongs to vanishes at its centre.
        let (of_left, of_right) = (-own(0) / left, -own(2) / right);
        let centres =
            if self.form == Form::Squares { [of_right, of_left] } else { [of_left, of_right] };
        let weight = -left / right;
        let far = |(c, k): (&f64, &usize)| c.abs() > FAR * frame.scales[*k];
        let any_far = centres.iter().zip(&self.variables).any(far);
        if any_far || !centres.iter().all(|c| c.is_finite()) || !weight.is_finite() || weight == 0.0
        {
            return None;
        }
        let tolerance = (2.0 * self.relation.residual.sqrt()).clamp(1e-9, 0.1);
        let centre = |k: usize| {
            let which = usize::from(self.variables[1] == k);
            rounded(centres[which], tolerance * frame.scales[k])
        };
        let positive = |k: usize| {
            let centre = centre(k);
            frame.raw[k].iter().all(|x| *x > centre)
        };
        let weights = [(self.variables[0], 1.0), (self.variables[1], weight)];
        let about_zero = self.form.combine(&weights, tolerance, positive)?;
        let moved: Option<Vec<Expr>> = (0..frame.dim())
            .map(|k| {
                let x = Expr::var(u16::try_from(k).ok()?);
                let by = if self.variables.contains(&k) { centre(k) } else { 0.0 };
                Some(match by {
                    0.0 => x,
                    by if by > 0.0 => x - Expr::constant(by),
                    by => x + Expr::constant(-by),
                })
            })
            .collect();
        Some(about_zero.substitute(&moved?))
    }
}

/// The shortest decimal number this close, if two decimals are enough.
fn rounded(value: f64, tolerance: f64) -> f64 {
    let decimals = [1.0, 2.0, 10.0, 100.0].map(|unit| (value * unit).round() / unit);
    decimals.into_iter().find(|d| (d - value).abs() <= tolerance).unwrap_or(value)
}
