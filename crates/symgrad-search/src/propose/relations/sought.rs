//! The systems of coordinates and the degrees in which equations are looked for.

use symgrad_expr::OpSet;

use super::basis::{self, Axis};
use super::coordinates::{self, Change, Coordinate};
use super::look::Look;
use super::relation::Relation;
use crate::score::evaluator::Evaluator;

/// Total degrees beside the powers of the values: of quotients, whose numerator has a degree that is higher or
/// lower by so much, then of roots of quadratic equations.
pub(super) type Kind = fn(u32) -> Option<Vec<u32>>;
pub(super) const KINDS: [Kind; 6] = [
    |d| Some(vec![d, d]),
    |d| Some(vec![d + 2, d]),
    |d| Some(vec![2 * d, d, 0]),
    |d| Some(vec![d + 1, d]),
    |d| Some(vec![d, d + 2]),
    |d| Some(vec![d + 1, d, d.checked_sub(1)?]),
];
const HIGHEST: u32 = 6;

/// The highest power of one coordinate where those of all others are low, and the fewest coordinates for that.
const HIGH: u32 = 4;
const LOW: [u32; 2] = [1, 2];
const SEVERAL: usize = 4;

/// How large libraries are.
pub(super) struct Extent {
    monomials: usize,
    kinds: usize,
    /// Of libraries in which the powers of all coordinates but one are low; none if 0.
    by_power: usize,
}

pub(super) const OF_INPUTS: Extent = Extent { monomials: 240, kinds: 6, by_power: 400 };
/// What is looked at in all systems before more is in any.
const SMALL: Extent = Extent { monomials: 50, kinds: 3, by_power: 0 };
const CHANGED: Extent = Extent { monomials: 170, kinds: 4, by_power: 200 };
const CHANGED_TWICE: Extent = Extent { monomials: 150, kinds: 3, by_power: 0 };

/// Polynomials of high degrees in so few coordinates come near to any values, so that low degrees are looked at first;
/// with more coordinates the highest alone.
const FLEXIBLE: usize = 2;

/// Changes of one input that leave least are tried two at a time.
const COMBINED: usize = 8;

/// Losses of formulas from here on are not those of rounding, not even in the difference of two roots.
const NOT_ROUNDING: f64 = 1e-8;

impl Look<'_> {
    /// The equations in the simplest systems of coordinates in which there are any, the shortest first: of the inputs
    /// alone, with a function of one of them, and of many systems with a function of two, or of one each of two.
    pub(super) fn for_relations(
        &mut self,
        inputs: &[u16],
        ops: &OpSet,
        of_many: bool,
    ) -> Vec<Relation> {
        let plain = coordinates::system(inputs, &[]);
        // Long equations in few coordinates are nearly obeyed by any values.
        let small_first = of_many && inputs.len() <= FLEXIBLE;
        let first = if small_first { &SMALL } else { &OF_INPUTS };
        let mut found: Vec<Relation> = self.right_in(&plain, first, &mut 0.0).into_iter().collect();
        let of_one = coordinates::changes_of_one(inputs, ops);
        let of_two = if of_many { coordinates::changes_of_two(inputs, ops) } else { vec![] };
        if found.is_empty() && of_many {
            let all: Vec<&Change> = of_two.iter().chain(&of_one).collect();
            found = self.small_ones(inputs, &all);
        }
        if found.is_empty() && small_first {
            found.extend(self.right_in(&plain, &OF_INPUTS, &mut 0.0));
        }
        let mut left: Vec<(f64, &Change)> = vec![];
        if found.is_empty() {
            for change in &of_one {
                let mut least = f64::INFINITY;
                let system = coordinates::system(inputs, &[change]);
                found.extend(self.right_in(&system, &CHANGED, &mut least));
                left.push((least, change));
            }
        }
        if found.is_empty() && of_many {
            for change in &of_two {
                let system = coordinates::system(inputs, &[change]);
                found.extend(self.right_in(&system, &CHANGED_TWICE, &mut 0.0));
            }
        }
        if found.is_empty() && of_many {
            left.sort_by(|a, b| a.0.total_cmp(&b.0));
            left.truncate(COMBINED);
            for (k, (_, second)) in left.iter().enumerate() {
                let apart = |(_, first): &&(f64, &Change)| first.is_apart_from(second);
                for (_, first) in left[..k].iter().filter(apart) {
                    let system = coordinates::system(inputs, &[first, second]);
                    found.extend(self.right_in(&system, &CHANGED_TWICE, &mut 0.0));
                }
            }
        }
        found.sort_by_key(Relation::terms);
        found
    }

    /// Short equations with one of the changes, or with two that are apart.
    fn small_ones(&mut self, inputs: &[u16], changes: &[&Change]) -> Vec<Relation> {
        let alone = changes.iter().map(|change| vec![*change]);
        let paired = (0..changes.len()).flat_map(|k| {
            let second = changes[k];
            let apart = changes[..k].iter().filter(|first| first.is_apart_from(second));
            apart.map(|first| vec![*first, second]).collect::<Vec<_>>()
        });
        let systems = alone.chain(paired).map(|changes| coordinates::system(inputs, &changes));
        systems.filter_map(|system| self.right_in(&system, &SMALL, &mut 0.0)).collect()
    }

    /// The equation in these coordinates, if it gives the values: where few points matter alone, others need not obey it.
    fn right_in(
        &mut self,
        system: &[Coordinate],
        extent: &Extent,
        least: &mut f64,
    ) -> Option<Relation> {
        let found = self.in_system(system, extent, least)?;
        let mut eval = Evaluator::new(self.objective);
        found.formulas().iter().any(|formula| eval.loss(formula) < NOT_ROUNDING).then_some(found)
    }

    /// Changes of one input, those first that leave least.
    pub(super) fn ranked<'c>(&mut self, inputs: &[u16], changes: &'c [Change]) -> Vec<&'c Change> {
        let mut ranked: Vec<(f64, &Change)> = vec![];
        for change in changes {
            let mut least = f64::INFINITY;
            let system = coordinates::system(inputs, &[change]);
            let _ = self.in_system(&system, &CHANGED_TWICE, &mut least);
            ranked.push((least, change));
        }
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        ranked.into_iter().map(|(_, change)| change).collect()
    }

    /// The equation in these coordinates that has the lowest degrees; how little is left at least goes into the last
    /// argument.
    pub(super) fn in_system(
        &mut self,
        system: &[Coordinate],
        extent: &Extent,
        least: &mut f64,
    ) -> Option<Relation> {
        let axes = self.axes(system)?;
        let monomials = |axes: &[Axis], degrees: &[u32]| basis::powers(axes, degrees).len();
        let fitting = |kind: &Kind| -> Vec<(Vec<Axis>, Vec<u32>)> {
            let fits = |degrees: &Vec<u32>| monomials(&axes, degrees) <= extent.monomials;
            let mut all: Vec<Vec<u32>> = (1..=HIGHEST).filter_map(kind).take_while(fits).collect();
            if axes.len() > FLEXIBLE {
                all.drain(..all.len().saturating_sub(1));
            }
            all.into_iter().map(|degrees| (axes.clone(), degrees)).collect()
        };
        let mut by_degree: Vec<(Vec<Axis>, Vec<u32>)> =
            KINDS[..extent.kinds].iter().flat_map(fitting).collect();
        if axes.len() <= FLEXIBLE {
            by_degree.sort_by_key(|(_, degrees)| degrees.iter().sum::<u32>());
        }
        let several = if axes.len() < SEVERAL { 0 } else { axes.len() };
        let by_power = LOW.iter().flat_map(|low| (0..several).map(|place| (*low, place)));
        let by_power = by_power.map(|(low, place)| low_but_one(&axes, low, place));
        let by_power = by_power.filter(|(axes, _)| in_powers(axes) <= extent.by_power);
        for (axes, degrees) in by_degree.into_iter().chain(by_power).collect::<Vec<_>>() {
            if self.account.is_over() {
                break;
            }
            let left = self.left(&axes, &degrees).unwrap_or(f64::INFINITY);
            *least = least.min(left);
            if left < self.tolerance
                && let Some(found) = self.lowest(system, axes, degrees)
            {
                return Some(found);
            }
        }
        None
    }
}

/// Monomials of a quotient that nothing but each coordinate's highest power bounds.
fn in_powers(axes: &[Axis]) -> usize {
    axes.iter().fold(2, |count, axis| count * (axis.highest as usize + 1))
}

/// Coordinates of which all but one have low powers, and degrees that bound nothing else.
fn low_but_one(axes: &[Axis], low: u32, place: usize) -> (Vec<Axis>, Vec<u32>) {
    let bounded = axes.iter().enumerate().map(|(k, axis)| {
        let bound = if k == place { HIGH } else { low };
        Axis { column: axis.column.clone(), highest: axis.highest.min(bound) }
    });
    let axes: Vec<Axis> = bounded.collect();
    let degree = axes.iter().map(|axis| axis.highest).sum();
    (axes, vec![degree, degree])
}
