//! Symmetries that move several variables at once: vectors that are rotated or boosted together.
//!
//! A function of two plane vectors may depend on their lengths, their dot product and their
//! cross product: it does not change when both are rotated by the same angle, but it does when
//! one of them is. Such joint motions are looked for among all pairs of pairs of variables. What
//! all motions found leave unchanged, to second order, are the quadratic forms Q with
//! `GᵀQ + QG = 0` for every generator G: dot products, cross products, squared lengths.

use faer::{Mat, Side};
use symgrad_expr::Expr;

use super::discover::{Finding, Judge, WORTH_TELLING};
use super::forms::write_sum;
use super::relations::Term;

/// Variables that are moved together.
pub(super) struct Together {
    /// All that take part in some motion.
    pub(super) moved: Vec<usize>,
    /// Quadratic forms that no motion changes, in terms of the frame's variables.
    pub(super) invariants: Vec<Expr>,
    pub(super) finding: Finding,
}

/// Most variables for which pairs of pairs are compared.
const VARIABLES: usize = 9;

/// A rotation (sign −1) or boost (+1) of the variables i and j: xⱼ along i and ± xᵢ along j.
#[derive(Clone, Copy)]
struct Turn {
    i: usize,
    j: usize,
    sign: f64,
}

/// Two turns at once, the second `ratio` (1 or −1) times as fast as the first.
struct Motion {
    turns: [Turn; 2],
    ratio: f64,
}

/// The joint motions that a field does not notice, if any.
pub(super) fn together(judge: &Judge<'_>) -> Option<Together> {
    let dim = judge.frame.dim();
    if !(4..=VARIABLES).contains(&dim) {
        return None;
    }
    let (mut motions, mut relations) = (Vec::new(), Vec::new());
    for turns in pairs_of_turns(dim) {
        let [left, right] = turns.map(|turn| turn.terms(judge));
        let Some(relation) = judge.terms.pair(&left, &right) else { continue };
        // Both turns were given with coefficients in the variables' own units.
        let ratio = (relation.terms[2].1 / right[0].1) / (relation.terms[0].1 / left[0].1);
        motions.push(Motion { turns, ratio });
        relations.push(relation);
    }
    let findings = judge.all(&relations);
    let mut held: Vec<(Motion, Finding)> = motions.into_iter().zip(findings).collect();
    held.retain_mut(|(motion, finding)| {
        // Nature has no reason to turn one vector faster than another: other ratios are accidents.
        let off = (motion.ratio.abs() - 1.0).abs();
        let tolerance = (2.0 * finding.residual.sqrt()).clamp(1e-9, 0.1);
        motion.ratio = motion.ratio.signum();
        finding.confidence >= WORTH_TELLING && off <= tolerance
    });
    let finding = held.iter().map(|(_, finding)| *finding).reduce(Finding::weaker)?;
    let motions: Vec<Motion> = held.into_iter().map(|(motion, _)| motion).collect();
    let mut moved: Vec<usize> =
        motions.iter().flat_map(|m| m.turns).flat_map(|turn| [turn.i, turn.j]).collect();
    moved.sort_unstable();
    moved.dedup();
    let invariants = invariants(&motions, &moved);
    (!invariants.is_empty()).then_some(Together { moved, invariants, finding })
}

impl Turn {
    /// As terms in units of the variables' spread.
    fn terms(self, judge: &Judge<'_>) -> [(Term, f64); 2] {
        let scales = &judge.frame.scales;
        let term = |along: usize, factor: usize, sign: f64| {
            (Term { along, factor: Some(factor) }, sign * scales[factor] / scales[along])
        };
        [term(self.i, self.j, 1.0), term(self.j, self.i, self.sign)]
    }
}

/// All pairs of turns of the same kind that share no variable.
fn pairs_of_turns(dim: usize) -> Vec<[Turn; 2]> {
    let planes: Vec<(usize, usize)> = (0..dim).flat_map(|j| (0..j).map(move |i| (i, j))).collect();
    let mut found = Vec::new();
    for (n, &(i, j)) in planes.iter().enumerate() {
        for &(k, l) in &planes[..n] {
            if [k, l].iter().all(|other| *other != i && *other != j) {
                for sign in [-1.0, 1.0] {
                    found.push([Turn { i, j, sign }, Turn { i: k, j: l, sign }]);
                }
            }
        }
    }
    found
}

/// The quadratic forms in the moved variables that no motion changes, in their simplest form.
fn invariants(motions: &[Motion], moved: &[usize]) -> Vec<Expr> {
    let at = |variable: usize| moved.iter().position(|&k| k == variable).unwrap_or_default();
    let pairs: Vec<(usize, usize)> =
        (0..moved.len()).flat_map(|b| (0..=b).map(move |a| (a, b))).collect();
    let index = |a: usize, b: usize| pairs.iter().position(|&p| p == (a.min(b), a.max(b)));
    // One row per motion and monomial of the change: d(x_a x_b) = v_a x_b + x_a v_b.
    let count = pairs.len();
    let mut equations = Mat::<f64>::zeros(count * motions.len(), count);
    for (m, motion) in motions.iter().enumerate() {
        for (column, &(a, b)) in pairs.iter().enumerate() {
            for (turn, speed) in motion.turns.iter().zip([1.0, motion.ratio]) {
                for (target, source, factor) in
                    [(turn.i, turn.j, speed), (turn.j, turn.i, turn.sign * speed)]
                {
                    for (this, other) in [(a, b), (b, a)] {
                        if this == at(target)
                            && let Some(row) = index(at(source), other)
                        {
                            equations[(m * count + row, column)] += factor;
                        }
                    }
                }
            }
        }
    }
    let normal = equations.transpose() * &equations;
    let Ok(eigen) = normal.self_adjoint_eigen(Side::Lower) else { return vec![] };
    let free = (0..count).filter(|&k| eigen.S()[k].abs() < SAME).count();
    let mut rows: Vec<Vec<f64>> =
        (0..free).map(|k| (0..count).map(|c| eigen.U()[(c, k)]).collect()).collect();
    reduce(&mut rows);
    let write = |row: &Vec<f64>| {
        let mut terms = Vec::new();
        for (&(a, b), &weight) in pairs.iter().zip(row) {
            if weight.abs() > SAME {
                let var = |k: usize| u16::try_from(moved[k]).ok().map(Expr::var);
                let product = if a == b { var(a)?.square() } else { var(a)? * var(b)? };
                terms.push((product, (weight * 1e6).round() / 1e6));
            }
        }
        write_sum(&terms)
    };
    rows.iter().filter_map(write).collect()
}

/// Numbers this close are the same: the equations have entries 0, ±1 and ±2.
const SAME: f64 = 1e-9;

/// Reduced row echelon form, so that every row has as few entries as can be.
fn reduce(rows: &mut [Vec<f64>]) {
    let columns = rows.first().map_or(0, Vec::len);
    let mut done = 0;
    for column in 0..columns {
        let pivot = (done..rows.len())
            .max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()));
        let Some(pivot) = pivot.filter(|&row| rows[row][column].abs() > 1e-6) else { continue };
        rows.swap(done, pivot);
        let lead = rows[done][column];
        for entry in &mut rows[done] {
            *entry /= lead;
        }
        let leader = rows[done].clone();
        for (row, target) in rows.iter_mut().enumerate() {
            let factor = target[column];
            if row != done {
                target.iter_mut().zip(&leader).for_each(|(t, l)| *t -= factor * l);
            }
        }
        done += 1;
    }
}
