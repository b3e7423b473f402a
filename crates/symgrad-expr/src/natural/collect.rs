//! Equal factors become powers, like terms multiples.

use std::collections::{BTreeMap, BTreeSet};

use super::Cancel;
use super::flat::{Factor, Flat, LARGEST_EXPONENT, Product};
use super::number::Number;
use crate::Op;

/// Sums of products in which every base stands for itself, whatever the order it was written in.
pub(super) struct Collected {
    cancel: Cancel,
    /// By index; those that are equal to another are not used.
    sums: Vec<Vec<Term>>,
    /// For each sum the one that stands for all that are equal to it.
    same: Vec<usize>,
    bases: Vec<Base>,
    known_bases: BTreeMap<Base, usize>,
    known_sums: BTreeMap<Vec<Key>, usize>,
}

/// A coefficient and bases with their exponents, none of them 0.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) number: Number,
    pub(super) powers: Vec<(usize, i32)>,
}

/// What a power is taken of; a number by its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Base {
    Input(u16),
    Number(u64),
    Sum(usize),
    Apply(Op, usize),
    Power(usize, usize),
    Two(Op, usize, usize),
}

/// A term with its powers sorted.
type Key = ((bool, u64, u64), Vec<(usize, i32)>);

impl Collected {
    /// From the leaves up: sums come after those that they are part of.
    pub(super) fn new(flat: &Flat, cancel: Cancel) -> Self {
        let count = flat.sums.len();
        let mut collected = Self {
            cancel,
            sums: vec![vec![]; count],
            same: (0..count).collect(),
            bases: vec![],
            known_bases: BTreeMap::new(),
            known_sums: BTreeMap::new(),
        };
        for (index, products) in flat.sums.iter().enumerate().rev() {
            let mut terms = vec![];
            for product in products {
                let term = collected.term(product);
                match collected.inner_sum(&term) {
                    Some(inner) => terms.extend(inner),
                    None => terms.push(term),
                }
            }
            collected.sums[index] = collected.joined(terms);
            let key = key(&collected.sums[index]);
            let same = *collected.known_sums.entry(key).or_insert(index);
            // Written as where it stands first.
            collected.sums.swap(same, index);
            collected.same[index] = same;
        }
        collected
    }

    pub(super) fn root(&self) -> &[Term] {
        &self.sums[0]
    }

    pub(super) fn sum(&self, index: usize) -> &[Term] {
        &self.sums[index]
    }

    pub(super) fn base(&self, index: usize) -> Base {
        self.bases[index]
    }

    fn term(&mut self, product: &Product) -> Term {
        let mut term = self.multiplied(product.number, &product.factors);
        // Even powers of |f| and √f show once equal factors have met.
        while let Some(factors) = self.even_powers(&term.powers) {
            term = self.multiplied(term.number, &factors);
        }
        term.number = term.number.settled();
        if self.cancel == Cancel::Always {
            if term.number.above == 0.0 {
                term.powers.clear();
            }
            // Rules of differentiation have no order that would be worth keeping.
            term.powers.sort_by_key(|(base, _)| !matches!(self.base(*base), Base::Input(_)));
        }
        term
    }

    fn multiplied(&mut self, mut number: Number, factors: &[(Factor, i32)]) -> Term {
        let mut powers = Powers::new(self.cancel);
        let factors: Vec<_> =
            factors.iter().map(|factor| self.with_whole_exponent(*factor)).collect();
        let shared = self.shared_bases(&factors);
        for (factor, exponent) in factors {
            match self.opened(number, factor, exponent, &shared) {
                Some(opened) => {
                    number = opened.number;
                    for (base, exponent) in opened.powers {
                        powers.raise(base, exponent);
                    }
                }
                None => powers.raise(self.intern(factor), exponent),
            }
        }
        Term { number, powers: powers.finish() }
    }

    /// The powers as factors with |f|² replaced by f², and √f² by f if the domain may grow; none
    /// where there is no such power.
    fn even_powers(&self, powers: &[(usize, i32)]) -> Option<Vec<(Factor, i32)>> {
        let mut found = false;
        let factor = |(base, exponent): &(usize, i32)| match self.base(*base) {
            Base::Apply(Op::Abs, inner) if exponent % 2 == 0 => {
                found = true;
                (Factor::Sum(inner), *exponent)
            }
            Base::Apply(Op::Sqrt, inner) if exponent % 2 == 0 && self.cancel == Cancel::Always => {
                found = true;
                (Factor::Sum(inner), exponent / 2)
            }
            Base::Input(input) => (Factor::Input(input), *exponent),
            Base::Number(bits) => (Factor::Number(f64::from_bits(bits)), *exponent),
            Base::Sum(sum) => (Factor::Sum(sum), *exponent),
            Base::Apply(op, sum) => (Factor::Apply(op, sum), *exponent),
            Base::Power(base, power) => (Factor::Power(base, power), *exponent),
            Base::Two(op, first, second) => (Factor::Two(op, first, second), *exponent),
        };
        let factors = powers.iter().map(factor).collect();
        found.then_some(factors)
    }

    /// A power whose exponent is a whole number, as a power of its base.
    fn with_whole_exponent(&self, (factor, exponent): (Factor, i32)) -> (Factor, i32) {
        let Factor::Power(base, power) = factor else { return (factor, exponent) };
        let counts = |whole: &i32| *whole != 0 || self.cancel == Cancel::Always;
        match self.whole(power).filter(counts).and_then(|whole| bounded(whole, exponent)) {
            Some(product) => (Factor::Sum(base), product),
            None => (factor, exponent),
        }
    }

    /// The whole number that a sum is, if it can be an exponent.
    fn whole(&self, sum: usize) -> Option<i32> {
        let [Term { number, powers }] = self.sum(sum) else { return None };
        if !powers.is_empty() || number.below != 1.0 || number.above.fract() != 0.0 {
            return None;
        }
        let exponent = (0..=LARGEST_EXPONENT).find(|n| f64::from(*n) == number.above)?;
        Some(if number.positive { exponent } else { -exponent })
    }

    /// The bases that several factors have, those within powers of products included.
    fn shared_bases(&mut self, factors: &[(Factor, i32)]) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut shared = BTreeSet::new();
        for (factor, _) in factors {
            let bases = match factor {
                Factor::Sum(sum) if self.sum(*sum).len() == 1 => {
                    self.sum(*sum)[0].powers.iter().map(|(base, _)| *base).collect()
                }
                _ => vec![self.intern(*factor)],
            };
            shared.extend(bases.iter().filter(|base| seen.contains(*base)));
            seen.extend(bases);
        }
        shared
    }

    /// What a power of a sum multiplies a term by, if the sum has a single term and the power
    /// is better written factor by factor. The number is that of the whole product.
    fn opened(
        &self,
        number: Number,
        factor: Factor,
        exponent: i32,
        shared: &BTreeSet<usize>,
    ) -> Option<Term> {
        let Factor::Sum(sum) = factor else { return None };
        let [inner] = self.sum(sum) else { return None };
        let single = inner.powers.len() <= 1;
        let short =
            || Number::ONE.times_power(inner.number, exponent).is_some_and(Number::is_short);
        // A power of a product stays together, unless it shares a base with another factor.
        let opens = exponent.abs() == 1
            || single && short()
            || inner.powers.iter().any(|(base, _)| shared.contains(base));
        if !opens {
            return None;
        }
        let number = number.times_power(inner.number, exponent)?;
        let powers = inner.powers.iter().map(|(base, n)| Some((*base, bounded(*n, exponent)?)));
        Some(Term { number, powers: powers.collect::<Option<_>>()? })
    }

    /// The index of a base, the same for equal ones.
    fn intern(&mut self, factor: Factor) -> usize {
        let base = match factor {
            Factor::Input(input) => Base::Input(input),
            Factor::Number(value) => Base::Number(value.to_bits()),
            Factor::Sum(sum) => match self.sum(sum) {
                [Term { number, powers }] if *number == Number::ONE && powers[..].len() == 1 => {
                    match powers[0] {
                        (base, 1) => return base,
                        _ => Base::Sum(self.same[sum]),
                    }
                }
                _ => Base::Sum(self.same[sum]),
            },
            Factor::Apply(op, sum) => Base::Apply(op, self.same[sum]),
            Factor::Power(base, power) => Base::Power(self.same[base], self.same[power]),
            Factor::Two(op, first, second) => Base::Two(op, self.same[first], self.same[second]),
        };
        *self.known_bases.entry(base).or_insert_with(|| {
            self.bases.push(base);
            self.bases.len() - 1
        })
    }

    /// The terms of a sum that is itself a term, with their signs, if there are several.
    fn inner_sum(&self, term: &Term) -> Option<Vec<Term>> {
        let Number { positive, above, below } = term.number;
        let [(base, 1)] = term.powers[..] else { return None };
        let Base::Sum(sum) = self.base(base) else { return None };
        (above == 1.0 && below == 1.0).then(|| {
            let signed = |term: &Term| {
                let mut term = term.clone();
                term.number.positive ^= !positive;
                term
            };
            self.sum(sum).iter().map(signed).collect()
        })
    }

    /// The terms with like ones joined where the first stands; at least one is left.
    fn joined(&self, mut terms: Vec<Term>) -> Vec<Term> {
        terms.retain(|term| term.number.above != 0.0 || !term.powers.is_empty());
        let mut like: BTreeMap<Vec<(usize, i32)>, Vec<usize>> = BTreeMap::new();
        for (index, term) in terms.iter().enumerate() {
            like.entry(sorted(&term.powers)).or_default().push(index);
        }
        let mut dropped = vec![false; terms.len()];
        for group in like.into_values().filter(|group| group.len() > 1) {
            let numbers: Vec<Number> = group.iter().map(|index| terms[*index].number).collect();
            let total = match Number::sum(&numbers) {
                None if self.cancel == Cancel::Always && Number::cancel(&numbers) => Number::ZERO,
                None => {
                    join_pairs(&mut terms, &group, &mut dropped);
                    continue;
                }
                Some(total) => total,
            };
            terms[group[0]].number = total;
            for index in &group[1..] {
                dropped[*index] = true;
            }
        }
        let vanishes = |term: &Term| self.cancel == Cancel::Always && term.number.above == 0.0;
        let kept = terms.into_iter().zip(dropped);
        let mut found: Vec<Term> =
            kept.filter(|(term, dropped)| !dropped && !vanishes(term)).map(|(t, _)| t).collect();
        if found.is_empty() {
            found.push(Term { number: Number::ZERO, powers: vec![] });
        }
        found
    }
}

/// Joins equal terms of a group that cancels, two by two: doubling is exact, so that what remains of the
/// difference stays what it is.
fn join_pairs(terms: &mut [Term], group: &[usize], dropped: &mut [bool]) {
    let mut single: BTreeMap<_, usize> = BTreeMap::new();
    for &index in group {
        let mut at = index;
        while let Some(first) = single.remove(&terms[at].number.bits()) {
            let Some(double) = terms[first].number.doubled() else { break };
            terms[first].number = double;
            dropped[at] = true;
            at = first;
        }
        single.insert(terms[at].number.bits(), at);
    }
}

/// A product of powers under construction.
struct Powers {
    cancel: Cancel,
    list: Vec<(usize, i32)>,
    /// Where a base stands in the list, above and below the fraction bar.
    places: BTreeMap<(usize, bool), usize>,
}

impl Powers {
    fn new(cancel: Cancel) -> Self {
        Self { cancel, list: vec![], places: BTreeMap::new() }
    }

    /// Multiplies by a power of a base. What is above the fraction bar and what is below meet only
    /// if that leaves something below, or if everything may cancel.
    fn raise(&mut self, base: usize, exponent: i32) {
        let place = *self.places.entry((base, exponent > 0)).or_insert(self.list.len());
        match self.list.get_mut(place) {
            None => self.list.push((base, exponent)),
            Some(power) => match within(power.1.checked_add(exponent)) {
                Some(total) => power.1 = total,
                None => self.list.push((base, exponent)),
            },
        }
        let sides = [true, false].map(|above| self.places.get(&(base, above)).copied());
        if let [Some(above), Some(below)] = sides {
            let rest = self.list[above].1 + self.list[below].1;
            if rest < 0 {
                (self.list[above].1, self.list[below].1) = (0, rest);
            } else if self.cancel == Cancel::Always {
                (self.list[above].1, self.list[below].1) = (rest, 0);
            }
        }
    }

    fn finish(mut self) -> Vec<(usize, i32)> {
        self.list.retain(|(_, exponent)| *exponent != 0);
        self.list
    }
}

fn bounded(n: i32, exponent: i32) -> Option<i32> {
    within(n.checked_mul(exponent))
}

fn within(exponent: Option<i32>) -> Option<i32> {
    exponent.filter(|exponent| exponent.abs() <= LARGEST_EXPONENT)
}

fn key(terms: &[Term]) -> Vec<Key> {
    let mut keys: Vec<Key> =
        terms.iter().map(|term| (term.number.bits(), sorted(&term.powers))).collect();
    keys.sort_unstable();
    keys
}

fn sorted(powers: &[(usize, i32)]) -> Vec<(usize, i32)> {
    let mut sorted = powers.to_vec();
    sorted.sort_unstable();
    sorted
}
