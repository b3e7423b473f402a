//! Functions of one input: sums of few terms with a constant inside, seen through an outer function, or divided by
//! such a sum.
//!
//! The coefficients of a sum are fitted at every value of the constant, so that its misfit is a function of the
//! constant alone (variable projection, Golub and Pereyra, 1973). A grid finds the valleys of that function for the best
//! sums of each length; those that fall farthest on the way to the lowest point of a parabola are followed by
//! golden-section search. In exact values a sum that is really there leaves nothing at its lowest point, and any other
//! leaves more than rounding.

mod atoms;
mod columns;
mod sought;
mod subsets;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use symgrad_expr::{Expr, OpSet};

use self::atoms::{Atom, atoms};
use self::columns::{Column, Power, main_part, powers};
use self::sought::{Target, quotient};
use self::subsets::{Gram, LONGEST, dot, least_squares};
use crate::propose::spectral::golden_section;
use crate::score::budget::Allowance;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;

/// Points for all of it.
const POINTS: usize = 64;

/// Shares of the square that sums of each length may leave on the grid.
const ON_THE_GRID: [f64; LONGEST] = [2e-1, 5e-2, 1e-2, 1e-3];

/// By how much the misfit of a sum falls from the grid to the lowest point of the parabola through it, at least; sums of
/// each length that are followed from there, those that fall farthest, and steps on their way.
const FALL: f64 = 3.0;
const FOLLOWED: usize = 4;
const STEPS: i32 = 28;

/// What is left of the square where a sum may be exact.
const PROMISING: f64 = 1e-9;

/// Sums of each length that are told, those that leave least.
const BEST: usize = 4;

/// Sums of at most so many terms are cheap to try.
pub(crate) const SHORT: usize = 2;

/// What a constant of the grid is worth in evaluations: one, one more for so many products of two columns, and so many
/// times as much where longer sums are tried.
const PRODUCTS: usize = 400;
const LONGER: u64 = 3;

/// The sums that leave least of a smooth function that is none of them leave about so many decades less with each
/// term.
const DECADES: f64 = 5.0;

/// Most terms of a sum that values can tell from others whose losses up to the floor are errors.
pub(crate) fn longest(floor: f64) -> usize {
    let told = |terms: &usize| floor <= 10_f64.powf(-DECADES * *terms as f64);
    (1..=LONGEST).rev().find(told).unwrap_or(1)
}

/// Of each function at all points.
type Values = Vec<Vec<f64>>;

/// An atom with its functions' values at each constant, none where one of them is not finite.
struct Tabulated {
    atom: Atom,
    at: Vec<Option<Values>>,
}

/// Functions of one input on some of the points, for whatever is sought there.
pub(crate) struct Projection {
    ops: OpSet,
    points: Objective,
    /// Powers and the logarithm.
    powers: Vec<(Expr, Vec<f64>)>,
    alone: Vec<Column>,
    /// Of an atom's main functions, and of others.
    of_first: Vec<Column>,
    of_other: Vec<Column>,
    atoms: Vec<Tabulated>,
}

/// A sum whose misfit is lower at a place of the grid than beside it.
struct Valley {
    columns: Vec<usize>,
    /// Constants on both sides.
    bounds: (f64, f64),
    /// Where the parabola through three is lowest.
    lowest: f64,
}

/// A sum at the bottom of a valley.
struct Found {
    expr: Expr,
    terms: usize,
    left: f64,
}

impl Projection {
    /// The functions on the points of an objective.
    pub(crate) fn new(objective: &Objective, inputs: &[u16], ops: &OpSet) -> Self {
        let points = objective.thinned(POINTS);
        let mut eval = Evaluator::new(&points);
        let finite = |(power, expr): (Power, Expr)| {
            let values = eval.values(&expr).filter(|_| ops.allows(&expr))?;
            Some((power, (expr, values)))
        };
        let (kinds, powers): (Vec<Power>, Vec<(Expr, Vec<f64>)>) =
            powers(inputs, ops).into_iter().filter_map(finite).unzip();
        let of = |function: Option<usize>, divides: bool, is_wanted: fn(Power) -> bool| {
            let places = (0..kinds.len()).filter(|place| is_wanted(kinds[*place]));
            places.map(|power| Column { function, power, divides }).collect::<Vec<_>>()
        };
        let alone = [of(None, false, |_| true), of(None, true, Power::divides)].concat();
        let plain = of(Some(0), false, |power| power != Power::Logarithm);
        let of_first = [plain, of(Some(0), true, Power::divides_with_function)].concat();
        let of_other = of(Some(1), false, Power::is_low);
        let found = atoms(inputs, ops, |phase| eval.root_mean_square(phase));
        let tabulate = |atom: Atom| {
            let mut at_constant = |constant: &f64| {
                let functions = atom.functions(*constant, ops).into_iter();
                functions.map(|function| eval.values(&function)).collect()
            };
            Tabulated { at: atom.constants.iter().map(&mut at_constant).collect(), atom }
        };
        let atoms = found.into_iter().map(tabulate).collect();
        Self { ops: ops.clone(), powers, alone, of_first, of_other, atoms, points: points.clone() }
    }

    /// Sums of those numbers of terms for the values at the points of an objective that has the same points, those with
    /// the fewest terms first, and what they are worth in evaluations.
    pub(crate) fn search(
        &self,
        objective: &Objective,
        terms: RangeInclusive<usize>,
        allowance: &Allowance,
    ) -> (Vec<Expr>, u64) {
        let Some(wanted) = objective.thinned(POINTS).given_values() else { return (vec![], 0) };
        let longer = if *terms.end() > SHORT { LONGER } else { 1 };
        let target = Target::of(&wanted);
        let (mut found, mut spent) = (vec![], 0);
        for tabulated in &self.atoms {
            if allowance.is_over_after(spent) {
                break;
            }
            let columns = self.columns(&tabulated.atom);
            let worth = longer * (1 + (main_part(&columns) * columns.len() / PRODUCTS) as u64);
            spent += worth * tabulated.at.len() as u64;
            self.follow(tabulated, &columns, &terms, &target, &mut found);
        }
        found.sort_by(|a, b| a.terms.cmp(&b.terms).then(a.left.total_cmp(&b.left)));
        let of_length = |terms: usize| found.iter().filter(move |f| f.terms == terms).take(BEST);
        let best = (1..=LONGEST).flat_map(of_length).map(|found| found.expr.clone());
        (best.collect(), spent)
    }

    /// Columns with the functions of an atom, then those without.
    fn columns(&self, atom: &Atom) -> Vec<Column> {
        let of_function = |k: usize| {
            let columns = if k < atom.main() { &self.of_first } else { &self.of_other };
            let allowed = columns.iter().filter(|column| atom.may_divide() || !column.divides);
            allowed.map(move |column| Column { function: Some(k), ..*column })
        };
        (0..atom.count(&self.ops)).flat_map(of_function).chain(self.alone.iter().copied()).collect()
    }

    fn values(&self, column: Column, function: Option<&Vec<f64>>, target: &Target) -> Vec<f64> {
        let mut values = self.powers[column.power].1.clone();
        let factors = [function, column.divides.then_some(&target.unit)];
        for factor in factors.into_iter().flatten() {
            values.iter_mut().zip(factor).for_each(|(v, f)| *v *= f);
        }
        values
    }

    /// Follows the valleys of an atom's sums.
    fn follow(
        &self,
        tabulated: &Tabulated,
        columns: &[Column],
        terms: &RangeInclusive<usize>,
        target: &Target,
        found: &mut Vec<Found>,
    ) {
        let first = main_part(columns);
        let gram = |functions: &Values| {
            let unit = |column: &Column| {
                let function = column.function.map(|k| &functions[k]);
                let mut values = self.values(*column, function, target);
                let length = dot(&values, &values).sqrt();
                for v in &mut values {
                    *v /= length;
                }
                values
            };
            let values: Vec<Vec<f64>> = columns.iter().map(unit).collect();
            let overlaps = values.iter().map(|values| dot(values, &target.unit)).collect();
            let rows = if *terms.end() > SHORT { values.len() } else { first };
            Gram::new(overlaps, rows, |i, j| dot(&values[i], &values[j]))
        };
        let grams: Vec<Option<Gram>> =
            tabulated.at.iter().map(|functions| functions.as_ref().map(gram)).collect();
        let constants = &tabulated.atom.constants;
        let mut valleys: Vec<Vec<(f64, Valley)>> = (0..LONGEST).map(|_| vec![]).collect();
        for place in 1..grams.len().saturating_sub(1) {
            let [Some(before), Some(here), Some(after)] = &grams[place - 1..=place + 1] else {
                continue;
            };
            for subset in here.best(first, *terms.end()).into_iter().flatten() {
                let left = |gram: &Gram| Some(target.share(1.0 - gram.explained(&subset.columns)?));
                let (Some(low), Some(high)) = (left(before), left(after)) else { continue };
                let left = target.share(1.0 - subset.explained);
                let size = subset.columns.len();
                if !terms.contains(&size) {
                    continue;
                }
                if left > ON_THE_GRID[size - 1].min(low).min(high) {
                    continue;
                }
                let at = [constants[place - 1], constants[place], constants[place + 1]];
                let lowest = lowest_of_parabola(at, [low, left, high]);
                let bounds = (at[0], at[2]);
                let valley = Valley { columns: subset.columns, bounds, lowest };
                let divides = valley.columns.iter().any(|k| columns[*k].divides);
                let solved = |constant: f64| {
                    self.solved(tabulated, columns, &valley, constant, target).map(|(_, left)| left)
                };
                let here = if divides { solved(at[1]) } else { Some(left) };
                let fall = here.zip(solved(lowest)).map_or(0.0, |(here, there)| here / there);
                if fall > FALL {
                    valleys[size - 1].push((fall, valley));
                }
            }
        }
        for mut valleys in valleys {
            valleys.sort_by(|a, b| b.0.total_cmp(&a.0));
            valleys.truncate(FOLLOWED);
            let bottoms = valleys.iter().filter_map(|(fall, valley)| {
                self.bottom(tabulated, columns, valley, *fall, target)
            });
            found.extend(bottoms);
        }
    }

    /// The coefficients of a sum at a constant, and the share of the square that it leaves.
    fn solved(
        &self,
        tabulated: &Tabulated,
        columns: &[Column],
        valley: &Valley,
        constant: f64,
        target: &Target,
    ) -> Option<(Vec<f64>, f64)> {
        let functions = tabulated.atom.functions(constant, &self.ops);
        let mut eval = Evaluator::new(&self.points);
        let mut values = vec![None; functions.len()];
        let mut chosen = Vec::with_capacity(LONGEST);
        for column in valley.columns.iter().map(|k| columns[*k]) {
            if let Some(k) = column.function.filter(|k| values[*k].is_none()) {
                values[k] = Some(eval.values(functions.get(k)?)?);
            }
            let function = column.function.and_then(|k| values[k].as_ref());
            chosen.push(self.values(column, function, target));
        }
        let (coefficients, left) = least_squares(&chosen, &target.unit)?;
        let pairs = || valley.columns.iter().zip(&coefficients).zip(&chosen);
        if pairs().all(|((k, _), _)| !columns[*k].divides) {
            return Some((coefficients, target.share(left)));
        }
        // What the quotient leaves rather than what its linear form does, which vanishes with the denominator.
        let left_at = |n: usize| {
            let sum = |divides: bool| -> f64 {
                let wanted = pairs().filter(|((k, _), _)| columns[**k].divides == divides);
                wanted.map(|((_, c), values)| c * values[n]).sum()
            };
            let y = target.unit[n];
            y - sum(false) / (1.0 - sum(true) / y)
        };
        let left = (0..target.unit.len()).map(|n| left_at(n).powi(2)).sum();
        Some((coefficients, target.share(left)))
    }

    /// The sum at the lowest point of a valley; `None` if that leaves something.
    fn bottom(
        &self,
        tabulated: &Tabulated,
        columns: &[Column],
        valley: &Valley,
        fall: f64,
        target: &Target,
    ) -> Option<Found> {
        let solved = |constant| self.solved(tabulated, columns, valley, constant, target);
        // The farther it falls, the closer it is.
        let near = fall.sqrt().recip().min(1.0);
        let (low, high) = valley.bounds;
        let [low, high] = [low, high].map(|end| valley.lowest + near * (end - valley.lowest));
        let left = |constant: f64| solved(constant).map_or(f64::INFINITY, |(_, left)| left);
        let (constant, left) = golden_section((low, high), STEPS, left);
        if left.is_nan() || left >= PROMISING {
            return None;
        }
        let (coefficients, _) = solved(constant)?;
        let functions = tabulated.atom.functions(constant, &self.ops);
        let terms = valley.columns.iter().zip(&coefficients).map(|(k, coefficient)| {
            let column = columns[*k];
            let power = Some(&self.powers[column.power].0).filter(|p| p.input_count() > 0);
            let function = column.function.map(|k| &functions[k]);
            (column.divides, *coefficient, function.into_iter().chain(power).cloned().collect())
        });
        let expr = quotient(&terms.collect::<Vec<_>>(), target.length)?;
        Some(Found { expr, terms: valley.columns.len(), left })
    }
}

/// Where the parabola through three values is lowest of which the middle one is, in the logarithms of three numbers of
/// one sign.
fn lowest_of_parabola(at: [f64; 3], [of_a, of_b, of_c]: [f64; 3]) -> f64 {
    let [before, after] = [at[1] / at[0], at[1] / at[2]].map(f64::ln);
    let (by_after, by_before) = (before * (of_b - of_c), after * (of_b - of_a));
    let step = 0.5 * (before * by_after - after * by_before) / (by_after - by_before);
    if step.is_finite() { at[1] * (-step).exp() } else { at[1] }
}
