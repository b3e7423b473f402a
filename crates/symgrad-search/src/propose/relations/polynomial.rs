//! Polynomials in coordinates, and short ways to write them.

use std::collections::BTreeMap;

use symgrad_expr::{Expr, OpSet};

use super::coordinates::Coordinate;
use crate::propose::spectral;

/// A polynomial in coordinates: for each product of powers the coefficient, none zero.
#[derive(Clone, Debug)]
pub(super) struct Polynomial {
    system: Vec<Coordinate>,
    terms: BTreeMap<Vec<u32>, f64>,
}

/// A coefficient is zero if it is smaller than this share of what it is the difference of.
const CANCELLED: f64 = 1e-6;

/// Terms of a quotient of two polynomials.
const WHOLE: usize = 4;

impl Polynomial {
    pub(super) fn new(
        system: &[Coordinate],
        terms: impl IntoIterator<Item = (Vec<u32>, f64)>,
    ) -> Self {
        Self { system: system.to_vec(), terms: terms.into_iter().collect() }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// The coordinates it is one of.
    pub(super) fn system(&self) -> &[Coordinate] {
        &self.system
    }

    /// Whether it is the number 1.
    pub(super) fn is_one(&self) -> bool {
        let is_one = |(powers, c): (&Vec<u32>, &f64)| {
            powers.iter().all(|power| *power == 0) && (c - 1.0).abs() < CANCELLED
        };
        self.terms.len() == 1 && self.terms.iter().all(is_one)
    }

    pub(super) fn coefficients(&self) -> impl Iterator<Item = f64> {
        self.terms.values().copied()
    }

    pub(super) fn degree(&self) -> u32 {
        self.terms.keys().map(|powers| powers.iter().sum()).max().unwrap_or(0)
    }

    /// Two polynomials with few terms among all a·self + b·other: each lacks one term that another has. `None` if one
    /// of both is a multiple of the other.
    pub(super) fn pencil(&self, other: &Self) -> Option<[Self; 2]> {
        let both =
            self.terms.iter().filter_map(|(powers, c)| Some((*c, *other.terms.get(powers)?)));
        let without = both.map(|(a, b)| self.times(b).plus(&other.times(-a)));
        let mut members: Vec<Self> = without.chain([self.clone(), other.clone()]).collect();
        members.retain(|member| !member.is_zero());
        members.sort_by_key(|member| member.terms.len());
        let first = members.first()?.clone();
        let second = members.into_iter().find(|member| !member.is_multiple_of(&first))?;
        Some([first, second])
    }

    pub(super) fn is_multiple_of(&self, other: &Self) -> bool {
        let ratio = |powers: &Vec<u32>, c: f64| Some(c / other.terms.get(powers)?);
        let mut ratios = self.terms.iter().map(|(powers, c)| ratio(powers, *c));
        let Some(Some(first)) = ratios.next() else { return false };
        let is_same =
            |ratio: Option<f64>| ratio.is_some_and(|r| (r / first - 1.0).abs() < CANCELLED);
        self.terms.len() == other.terms.len() && ratios.all(is_same)
    }

    /// The polynomials without a coordinate and beside it, where no higher power of it occurs.
    pub(super) fn linear_in(&self, place: usize) -> Option<[Self; 2]> {
        let highest = self.terms.keys().map(|powers| powers[place]).max()?;
        let part = |wanted: u32| {
            let own = self.terms.iter().filter(move |(powers, _)| powers[place] == wanted);
            let lowered = own.map(|(powers, c)| {
                let mut powers = powers.clone();
                powers[place] = 0;
                (powers, *c)
            });
            Self::new(&self.system, lowered.collect::<Vec<_>>())
        };
        (highest == 1).then(|| [part(0), part(1)])
    }

    /// Whether a coordinate occurs.
    pub(super) fn has(&self, place: usize) -> bool {
        self.terms.keys().any(|powers| powers[place] > 0)
    }

    /// The powers that all terms have in common, and the rest.
    pub(super) fn without_common_powers(&self) -> (Vec<u32>, Self) {
        let least = |k: usize| self.terms.keys().map(|powers| powers[k]).min().unwrap_or(0);
        let common: Vec<u32> = (0..self.system.len()).map(least).collect();
        let rest = |(powers, c): (&Vec<u32>, &f64)| (difference(powers, &common), *c);
        let rest = Self::new(&self.system, self.terms.iter().map(rest).collect::<Vec<_>>());
        (common, rest)
    }

    /// Over a product of powers: the terms that have all of them, and the others; `None` of zero.
    pub(super) fn written_over(&self, common: &[u32], rounds: bool) -> Option<Expr> {
        let has_all = |powers: &[u32]| powers.iter().zip(common).all(|(p, c)| p >= c);
        let (with, without): (Vec<_>, Vec<_>) =
            self.terms.clone().into_iter().partition(|(powers, _)| has_all(powers));
        let with: Vec<_> =
            with.into_iter().map(|(powers, c)| (difference(&powers, common), c)).collect();
        let parts = [
            (!with.is_empty()).then(|| self.sum(with, rounds)),
            (!without.is_empty()).then(|| self.sum(without, rounds) / self.monomial(common)),
        ];
        parts.into_iter().flatten().reduce(|a, b| a + b)
    }

    /// The factor by which it is that power of another.
    pub(super) fn unit_of(&self, root: &Self, power: u32) -> Option<f64> {
        let mut product = root.clone();
        for _ in 1..power {
            product = product.product(root)?;
        }
        let (powers, c) = product.terms.iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
        Some(self.terms.get(powers)? / c)
    }

    pub(super) fn times(&self, factor: f64) -> Self {
        let times = |(powers, c): (&Vec<u32>, &f64)| (powers.clone(), c * factor);
        Self { system: self.system.clone(), terms: self.terms.iter().map(times).collect() }
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut terms = self.terms.clone();
        for (powers, c) in &other.terms {
            let sum = terms.get(powers).copied().unwrap_or(0.0) + c;
            if sum.abs() > CANCELLED * c.abs() {
                terms.insert(powers.clone(), sum);
            } else {
                terms.remove(powers);
            }
        }
        Self { system: self.system.clone(), terms }
    }

    /// The product of both; `None` if a coordinate has a power that is a polynomial in others.
    pub(super) fn product(&self, other: &Self) -> Option<Self> {
        let mut sum = Self { system: self.system.clone(), terms: BTreeMap::new() };
        for (left, a) in &self.terms {
            for (right, b) in &other.terms {
                let powers: Vec<u32> = left.iter().zip(right).map(|(l, r)| l + r).collect();
                sum = sum.plus(&self.reduced(powers, a * b)?);
            }
        }
        Some(sum)
    }

    /// A term in which no coordinate has a power that is too high: cos² = 1 − sin².
    fn reduced(&self, powers: Vec<u32>, c: f64) -> Option<Self> {
        let highest = |k: usize| self.system[k].highest;
        let Some(high) = (0..powers.len()).find(|&k| powers[k] > highest(k)) else {
            return Some(Self::new(&self.system, [(powers, c)]));
        };
        let sine = self.system[high].is_second_wave().then(|| high.checked_sub(1))??;
        let mut lower = powers;
        lower[high] -= 2;
        let mut higher = lower.clone();
        higher[sine] += 2;
        Some(self.reduced(lower, c)?.plus(&self.reduced(higher, -c)?))
    }

    /// A polynomial of few terms and what it leaves, which has fewer terms than there were: self = whole·other + left.
    pub(super) fn divided_by(&self, other: &Self) -> (Self, Self) {
        let mut whole = Self::new(&self.system, []);
        let mut left = self.clone();
        if other.terms.len() < 2 {
            return (whole, left);
        }
        for _ in 0..WHOLE {
            let mut best: Option<(Self, Self)> = None;
            for (above, a) in &left.terms {
                for (below, b) in &other.terms {
                    let powers: Option<Vec<u32>> =
                        above.iter().zip(below).map(|(a, b)| a.checked_sub(*b)).collect();
                    let Some(powers) = powers else { continue };
                    let term = Self::new(&self.system, [(powers, a / b)]);
                    let Some(product) = term.product(other) else { continue };
                    let rest = left.plus(&product.times(-1.0));
                    let fewest = best.as_ref().map_or(left.terms.len() - 1, |(_, r)| r.terms.len());
                    if rest.terms.len() < fewest {
                        best = Some((term, rest));
                    }
                }
            }
            let Some((term, rest)) = best else { break };
            whole = whole.plus(&term);
            left = rest;
        }
        (whole, left)
    }

    /// With common factors taken out, one coordinate after the other; the numbers that are simple up to
    /// rounding simple, if that is wanted.
    pub(super) fn written(&self, rounds: bool) -> Expr {
        self.sum(self.terms.clone().into_iter().collect(), rounds)
    }

    fn sum(&self, mut terms: Vec<(Vec<u32>, f64)>, rounds: bool) -> Expr {
        let places = 0..self.system.len();
        if terms.len() < 2 {
            return Expr::sum(terms.iter().map(|(powers, c)| self.term(powers, *c, rounds)));
        }
        let common: Vec<u32> = places
            .clone()
            .map(|k| terms.iter().map(|(powers, _)| powers[k]).min().unwrap_or(0))
            .collect();
        for (powers, _) in &mut terms {
            powers.iter_mut().zip(&common).for_each(|(power, c)| *power -= c);
        }
        // The coordinate that most terms have; what has it, and what has not.
        let having = |k: usize| terms.iter().filter(|(powers, _)| powers[k] > 0).count();
        let most = places.rev().max_by_key(|&k| having(k)).filter(|&k| having(k) > 1);
        let sum = match most {
            Some(k) if having(k) < terms.len() => {
                let (with, without): (Vec<_>, Vec<_>) =
                    terms.into_iter().partition(|(powers, _)| powers[k] > 0);
                self.sum(with, rounds) + self.sum(without, rounds)
            }
            _ => {
                let (monomials, numbers): (Vec<Expr>, Vec<f64>) =
                    terms.iter().map(|(powers, c)| (self.monomial(powers), *c)).unzip();
                sum_of(&monomials, &numbers, rounds)
            }
        };
        if common.iter().all(|power| *power == 0) { sum } else { self.monomial(&common) * sum }
    }

    fn term(&self, powers: &[u32], c: f64, rounds: bool) -> Expr {
        sum_of(&[self.monomial(powers)], &[c], rounds)
    }

    fn monomial(&self, powers: &[u32]) -> Expr {
        let ops = OpSet::default();
        let factors = self.system.iter().zip(powers);
        let factors = factors.filter_map(|(c, power)| spectral::power(&c.expr, *power, &ops));
        factors.reduce(|product, factor| product * factor).unwrap_or(Expr::constant(1.0))
    }
}

fn difference(powers: &[u32], less: &[u32]) -> Vec<u32> {
    powers.iter().zip(less).map(|(power, less)| power - less).collect()
}

fn sum_of(terms: &[Expr], coefficients: &[f64], rounds: bool) -> Expr {
    let terms: Vec<&Expr> = terms.iter().collect();
    let [exact, simple] = spectral::up_to_rounding(&terms, coefficients);
    if rounds { simple } else { exact }.unwrap_or(Expr::constant(0.0))
}
