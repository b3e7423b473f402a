//! What is left of sums over libraries of monomials, and the equation of the lowest degrees where nothing is.

use super::account::Account;
use super::basis::{self, Axis, Powers};
use super::coordinates::{self, Coordinate};
use super::lowering::{fewest, lowered};
use super::null_vectors::{self, Smallest};
use super::polynomial::Polynomial;
use super::relation::{Relation, Split};
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;

/// There are so many points more than monomials, as a share and a number.
pub(super) const MORE_POINTS: f64 = 0.3;
pub(super) const POINTS: usize = 30;

/// What rounding of exact values leaves.
pub(super) const ROUNDING: f64 = 2e-14;

/// What a library with as many terms leaves at most where there is no equation. Of an equation more than the mean of
/// that and what rounding leaves, in decades, is left if any degree is lower: series come nearer from degree to degree.
const WRONG: f64 = 1e-4;

/// Most terms of an equation: longer ones are no formula that a person can read.
pub(super) const TERMS: usize = 30;

/// Terms whose share of the largest is smaller are rounding.
const SLIGHT: f64 = 1e-9;

/// What is looked at, and at what cost.
pub(super) struct Look<'a> {
    pub(super) objective: &'a Objective,
    /// In units of their root mean square.
    values: Vec<f64>,
    unit: f64,
    pub(super) tolerance: f64,
    pub(super) account: Account,
}

impl<'a> Look<'a> {
    pub(super) fn new(objective: &'a Objective, error: f64, allowance: &Allowance) -> Option<Self> {
        let values = objective.given_values()?;
        let square = values.iter().map(|y| y * y).sum::<f64>() / values.len() as f64;
        let unit = square.sqrt();
        let values = values.iter().map(|y| y / unit).collect();
        let tolerance = ROUNDING.max(3.0 * error);
        Some(Self { objective, values, unit, tolerance, account: Account::new(allowance) })
    }

    pub(super) fn axes(&self, system: &[Coordinate]) -> Option<Vec<Axis>> {
        coordinates::axes(system, self.objective)
    }

    /// How little is left by an equation of these degrees.
    pub(super) fn left(&mut self, axes: &[Axis], degrees: &[u32]) -> Option<f64> {
        let powers = basis::powers(axes, degrees);
        let values = self.values.clone();
        self.smallest(&powers, axes, &values, basis::chebyshev).map(|found| found.left)
    }

    /// The sum of these columns that is smallest.
    fn smallest(
        &mut self,
        powers: &[Powers],
        axes: &[Axis],
        values: &[f64],
        columns: basis::Columns,
    ) -> Option<Smallest> {
        let (count, total) = (powers.len(), values.len());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let wanted = count + (MORE_POINTS * count as f64) as usize + POINTS;
        let points = wanted.min(total);
        if count + POINTS > total || !self.account.take(points, count) {
            return None;
        }
        let pick = |column: &[f64]| -> Vec<f64> {
            (0..points).map(|n| column[n * total / points]).collect()
        };
        let some: Vec<Axis> = axes
            .iter()
            .map(|axis| Axis { column: pick(&axis.column), highest: axis.highest })
            .collect();
        null_vectors::smallest(&columns(powers, &some), &pick(values))
    }

    /// The coefficients of a sum of these columns that vanishes at all points.
    fn vanishing(
        &mut self,
        powers: &[Powers],
        axes: &[Axis],
        values: &[f64],
        columns: basis::Columns,
    ) -> Option<Vec<f64>> {
        let found = self.smallest(powers, axes, values, columns)?;
        (found.left < self.tolerance).then(|| found.coefficients.concat())
    }

    /// The equation of the lowest degrees, if it is one and no series.
    pub(super) fn lowest(
        &mut self,
        system: &[Coordinate],
        axes: Vec<Axis>,
        degrees: Vec<u32>,
    ) -> Option<Relation> {
        let limits = (self.tolerance, (self.tolerance * WRONG).sqrt());
        let left = &mut |axes: &[Axis], degrees: &[u32]| self.left(axes, degrees);
        let (axes, degrees) = lowered(axes, degrees, 2, limits, left)?;
        let values = self.values.clone();
        let mut parts = self.polynomials(system, &axes, &degrees, &values)?;
        // The values are in units of their root mean square.
        for (part, k) in parts.iter_mut().zip(0..) {
            *part = part.times(self.unit.powi(-k));
        }
        let root = match parts.as_slice() {
            [_, factor] => self.root_of(system, &axes, factor, degrees[1]),
            _ => None,
        };
        let split = match parts.as_slice() {
            [rest, factor] => self.split(system, &axes, &degrees, rest, factor),
            _ => None,
        };
        parts[1..].iter().any(|part| !part.is_zero()).then_some(Relation { parts, root, split })
    }

    /// −rest/factor as a sum in which a coordinate occurs as a factor alone, the one for which that is shortest: what
    /// is beside it, and what is not, may have factors in common with what is below.
    fn split(
        &mut self,
        system: &[Coordinate],
        axes: &[Axis],
        degrees: &[u32],
        rest: &Polynomial,
        factor: &Polynomial,
    ) -> Option<Split> {
        let terms = rest.coefficients().count() + factor.coefficients().count();
        if factor.coefficients().count() < 2 {
            return None;
        }
        let below = Evaluator::new(self.objective).values(&factor.written(false))?;
        let mut shortest: Option<Split> = None;
        for place in (0..system.len()).filter(|place| !factor.has(*place)) {
            let Some(parts) = rest.linear_in(place) else { continue };
            let [without, with] = parts.map(|part| {
                if part.is_zero() {
                    return None;
                }
                let above = Evaluator::new(self.objective).values(&part.written(false))?;
                let values: Vec<f64> = above.iter().zip(&below).map(|(a, b)| -a / b).collect();
                let objective = self.objective.with_values(&values)?;
                let allowance = self.account.left();
                let mut look = Look::new(&objective, self.tolerance / 3.0, &allowance)?;
                let mut axes = axes.to_vec();
                axes[place].highest = 0;
                let found = look.lowest(system, axes, degrees.to_vec());
                self.account.take_evaluations(look.account.spent());
                found.map(Box::new)
            });
            let is_whole = rest.linear_in(place).is_some_and(|[without, _]| without.is_zero());
            let Some(with) = with.filter(|_| is_whole || without.is_some()) else { continue };
            let coordinate = system[place].expr.clone();
            let split = Split { coordinate, without, with };
            let fewest = shortest.as_ref().map_or(terms, Split::terms);
            if split.terms() < fewest {
                shortest = Some(split);
            }
        }
        shortest
    }

    /// The polynomials beside each power of the values, with the fewest terms among those that matter most.
    fn polynomials(
        &mut self,
        system: &[Coordinate],
        axes: &[Axis],
        degrees: &[u32],
        values: &[f64],
    ) -> Option<Vec<Polynomial>> {
        let powers = basis::powers(axes, degrees);
        let coefficients = self.vanishing(&powers, axes, values, basis::chebyshev)?;
        let coefficients = basis::in_monomials(&powers, axes, &coefficients);
        let matter = |powers: &[Powers], coefficients: &[f64]| -> Vec<f64> {
            let columns = basis::monomials(powers, axes).concat();
            let each = powers.iter().zip(&columns).zip(coefficients);
            let share = |((powers, column), c): ((&Powers, &Vec<f64>), &f64)| {
                let term = |(v, y): (&f64, &f64)| v * y.powi(powers.of_values);
                let square: f64 = column.iter().zip(values).map(term).map(|t| t * t).sum();
                c.abs() * square.sqrt()
            };
            each.map(share).collect()
        };
        let matters = matter(&powers, &coefficients);
        let kept = fewest(&powers, &matters, &mut |powers| {
            self.vanishing(powers, axes, values, basis::monomials).is_some()
        });
        let coefficients = self.vanishing(&kept, axes, values, basis::monomials)?;
        let matters = matter(&kept, &coefficients);
        let most = matters.iter().copied().fold(0.0, f64::max);
        let part = |k: i32| {
            let all = kept.iter().zip(&coefficients).zip(&matters);
            let own = all.filter(|((powers, _), matters)| {
                powers.of_values == k && **matters > SLIGHT * most
            });
            Polynomial::new(system, own.map(|((powers, c), _)| (powers.of_axes.clone(), *c)))
        };
        let parts: Vec<Polynomial> = (0..).take(degrees.len()).map(part).collect();
        let terms: usize = parts.iter().map(|part| part.coefficients().count()).sum();
        (terms <= TERMS).then_some(parts)
    }

    /// The polynomial of which another is a power.
    fn root_of(
        &mut self,
        system: &[Coordinate],
        axes: &[Axis],
        polynomial: &Polynomial,
        degree: u32,
    ) -> Option<(Polynomial, u32)> {
        let values = Evaluator::new(self.objective).values(&polynomial.written(false))?;
        let is_positive = values.iter().all(|v| *v > 0.0);
        if !is_positive && !values.iter().all(|v| *v < 0.0) {
            return None;
        }
        for power in (2..=degree).rev().filter(|power| degree.is_multiple_of(*power)) {
            let root: Vec<f64> =
                values.iter().map(|v| v.abs().powf(f64::from(power).recip())).collect();
            let square = root.iter().map(|v| v * v).sum::<f64>() / root.len() as f64;
            let root: Vec<f64> = root.iter().map(|v| v / square.sqrt()).collect();
            if let Some([above, _]) =
                self.polynomials(system, axes, &[degree / power, 0], &root).as_deref()
            {
                let first = above.coefficients().next()?;
                return Some((above.times(first.recip()), power));
            }
        }
        None
    }
}
