//! Sums of products: collecting like terms, and finding common factors and squares.
//!
//! Equality saturation finds these too, but only by way of every order and grouping of the terms;
//! doing the arithmetic of long sums here leaves it to what needs a search.

use std::cell::Cell;
use std::collections::BTreeMap;

use symgrad_expr::{Expr, Node, Op};

use crate::extract::Prices;
use crate::facts::fold;
use crate::{Domain, Interval};

/// Atoms (indices into a list) and their powers, sorted; empty for the constant term.
type Monomial = Vec<(usize, i32)>;

/// Coefficients by monomial, none of them 0.
type Polynomial = BTreeMap<Monomial, f64>;

/// Pairs of terms that may be looked at while factors are tried, a hundred times what sums of forty
/// terms take.
const MOST_WORK: usize = 1 << 21;

/// Rewrites one expression as a sum of products of atoms: inputs and functions of sums.
pub(crate) struct Collector<'a> {
    domain: &'a Domain,
    prices: &'a Prices<'a>,
    /// Products of sums are expanded up to that many terms.
    limit: usize,
    atoms: Vec<(Expr, Interval)>,
    /// What is left for trying factors.
    work: Cell<usize>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(domain: &'a Domain, prices: &'a Prices<'a>, limit: usize) -> Self {
        Self { domain, prices, limit, atoms: vec![], work: Cell::new(MOST_WORK) }
    }

    /// The same function with like terms collected, then factored.
    ///
    /// None where that would need something unproved: cancelled terms have to be defined, and
    /// cancelled factors nonzero, on the whole domain.
    pub(crate) fn collect(&mut self, expr: &Expr) -> Option<Expr> {
        let polynomial = self.expand(expr)?;
        Some(self.build(&polynomial))
    }

    /// The same level sets: the constant term dropped, and all coefficients divided by the one that
    /// makes the result cheapest.
    pub(crate) fn collect_level_set(&mut self, expr: &Expr) -> Option<Expr> {
        let mut polynomial = self.expand(expr)?;
        polynomial.remove(&vec![]);
        let mut divisors: Vec<f64> = polynomial.values().map(|c| c.abs()).collect();
        divisors.sort_by(f64::total_cmp);
        // The commonest first; a few are enough.
        let mut groups: Vec<&[f64]> = divisors.chunk_by(|a, b| a == b).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        groups.truncate(4);
        let scaled = |group: &[f64]| {
            polynomial.iter().map(|(m, c)| (m.clone(), c / group[0])).collect::<Polynomial>()
        };
        let forms = groups.into_iter().map(|group| self.build(&scaled(group)));
        forms.min_by_key(|form| self.prices.total(form))
    }

    fn expand(&mut self, expr: &Expr) -> Option<Polynomial> {
        let mut stack: Vec<Polynomial> = Vec::with_capacity(expr.len());
        let mut constants = expr.constants().iter();
        for node in expr.nodes() {
            let polynomial = match node {
                Node::Var(index) => self.atom(Expr::var(*index)),
                Node::Const => constant(*constants.next()?),
                Node::Op(op) => {
                    let right = stack.pop()?;
                    let left = if op.arity() == 2 { stack.pop()? } else { Polynomial::new() };
                    self.apply(*op, left, right)?
                }
            };
            stack.push(polynomial);
        }
        stack.pop()
    }

    fn apply(&mut self, op: Op, left: Polynomial, right: Polynomial) -> Option<Polynomial> {
        let values = (value(&left), value(&right));
        let folded =
            if op.arity() == 2 { fold(op, values.0, values.1) } else { fold(op, values.1, None) };
        if let Some(value) = folded {
            return Some(constant(value));
        }
        match op {
            Op::Add => self.add(left, right, 1.0),
            Op::Sub => self.add(left, right, -1.0),
            Op::Neg => self.add(Polynomial::new(), right, -1.0),
            Op::Mul => self.multiply(left, right),
            Op::Div => {
                let inverse = self.invert(&right)?;
                self.multiply(left, inverse)
            }
            Op::Inv => self.invert(&right),
            Op::Square => self.raise(right, 2),
            Op::Cube => self.raise(right, 3),
            Op::Pow => match values.1.and_then(small_whole) {
                Some(exponent) if exponent > 0 => self.raise(left, exponent),
                Some(exponent) => {
                    let inverse = self.invert(&left)?;
                    self.raise(inverse, -exponent)
                }
                None => Some(self.applied(op, &left, &right)),
            },
            _ => Some(self.applied(op, &left, &right)),
        }
    }

    /// An operator that does not expand, as a polynomial; a unary one has no left argument.
    fn applied(&mut self, op: Op, left: &Polynomial, right: &Polynomial) -> Polynomial {
        let right = self.build(right);
        let expr = if op.arity() == 2 {
            Expr::binary(op, self.build(left), &right)
        } else {
            Expr::unary(op, right)
        };
        self.atom(expr)
    }

    /// The atom as a polynomial, entered in the list if it is new.
    fn atom(&mut self, expr: Expr) -> Polynomial {
        let known = self.atoms.iter().position(|(atom, _)| *atom == expr);
        let index = known.unwrap_or_else(|| {
            let range = self.domain.enclose(&expr);
            self.atoms.push((expr, range));
            self.atoms.len() - 1
        });
        Polynomial::from([(vec![(index, 1)], 1.0)])
    }

    fn add(&self, mut sum: Polynomial, other: Polynomial, sign: f64) -> Option<Polynomial> {
        for (monomial, coefficient) in other {
            let before = sum.get(&monomial).copied().unwrap_or(0.0);
            let total = fold(Op::Add, Some(before), Some(sign * coefficient))?;
            if total == 0.0 {
                let defined = |(atom, power): &(usize, i32)| {
                    let range = self.atoms[*atom].1;
                    range.is_total() && (*power > 0 || range.is_nonzero())
                };
                if !monomial.iter().all(defined) {
                    return None;
                }
                sum.remove(&monomial);
            } else {
                sum.insert(monomial, total);
            }
        }
        Some(sum)
    }

    fn multiply(&mut self, left: Polynomial, right: Polynomial) -> Option<Polynomial> {
        let expands = left.len() * right.len() <= self.limit;
        let (left, right) =
            if expands { (left, right) } else { (self.single(left), self.single(right)) };
        let zero = left.is_empty() || right.is_empty();
        let defined = |polynomial: &Polynomial| polynomial.keys().all(Vec::is_empty);
        if zero && !(defined(&left) && defined(&right)) {
            return None;
        }
        let mut product = Polynomial::new();
        for (a, x) in &left {
            for (b, y) in &right {
                let coefficient = fold(Op::Mul, Some(*x), Some(*y)).filter(|c| *c != 0.0)?;
                let term = Polynomial::from([(self.times(a, b)?, coefficient)]);
                product = self.add(product, term, 1.0)?;
            }
        }
        Some(product)
    }

    /// The product of two monomials; powers of opposite signs need a proof that the atom is not 0.
    fn times(&self, a: &Monomial, b: &Monomial) -> Option<Monomial> {
        let mut powers: BTreeMap<usize, i32> = a.iter().copied().collect();
        for (atom, power) in b {
            let before = powers.get(atom).copied().unwrap_or(0);
            let range = self.atoms[*atom].1;
            if before * power < 0 && !(range.is_nonzero() && range.is_total()) {
                return None;
            }
            powers.insert(*atom, before.checked_add(*power)?);
        }
        Some(powers.into_iter().filter(|(_, power)| *power != 0).collect())
    }

    fn raise(&mut self, base: Polynomial, exponent: i32) -> Option<Polynomial> {
        let base =
            if base.len() > 1 && base.len().pow(2) > self.limit { self.single(base) } else { base };
        (1..exponent).try_fold(base.clone(), |power, _| self.multiply(power, base.clone()))
    }

    fn invert(&mut self, polynomial: &Polynomial) -> Option<Polynomial> {
        let single = self.single(polynomial.clone());
        let (monomial, coefficient) = single.into_iter().next()?;
        let inverse = fold(Op::Inv, Some(coefficient), None)?;
        let monomial = monomial.into_iter().map(|(atom, power)| (atom, -power)).collect();
        Some(Polynomial::from([(monomial, inverse)]))
    }

    /// At most one term: a sum becomes an atom, up to its sign and a common coefficient.
    fn single(&mut self, polynomial: Polynomial) -> Polynomial {
        if polynomial.len() <= 1 {
            return polynomial;
        }
        let first = polynomial.values().next().copied().unwrap_or(1.0);
        let common = polynomial.values().all(|c| c.abs() == first.abs());
        let scale = if common { first } else { first.signum() };
        let inner: Polynomial = polynomial.into_iter().map(|(m, c)| (m, c / scale)).collect();
        let expr = self.build(&inner);
        self.atom(expr).into_keys().map(|monomial| (monomial, scale)).collect()
    }

    /// The polynomial as an expression, factored where that is cheaper.
    fn build(&self, polynomial: &Polynomial) -> Expr {
        if polynomial.is_empty() {
            return Expr::constant(0.0);
        }
        let terms: Vec<_> = polynomial.iter().map(|(m, c)| (m.clone(), *c)).collect();
        let signed = self.factor(&terms);
        if signed.positive {
            return signed.size;
        }
        if let Some(value) = value(polynomial) {
            return Expr::constant(value);
        }
        match (signed.size.root(), signed.size.arguments().as_slice()) {
            (Node::Op(Op::Sub), [left, right]) => Expr::binary(Op::Sub, right.clone(), left),
            _ => -signed.size,
        }
    }

    /// Pulls out the factor that most terms share, as long as the result is cheaper.
    ///
    /// Every choice is tried with what it leaves, which takes exponential time in the worst case:
    /// once the work is used up, terms stay as they are.
    fn factor(&self, terms: &[(Monomial, f64)]) -> Signed {
        let plain = sum(terms.iter().map(|(m, c)| self.product(m, *c)).collect());
        // Squares are looked for among all pairs of terms.
        let work = self.work.get().checked_sub(terms.len().pow(2));
        self.work.set(work.unwrap_or(0));
        if terms.len() < 2 || work.is_none() {
            return plain;
        }
        let mut best = plain;
        if let Some(squared) = self.find_square(terms) {
            best = self.cheaper(squared, best);
        }
        if let Some(shared) = shared_coefficient(terms) {
            let (inside, rest): (Vec<_>, Vec<_>) =
                terms.iter().cloned().partition(|term| term.1.abs() == shared);
            let divided = map_coefficients(inside, |c| c / shared);
            best = self.cheaper(self.pull_out(Expr::constant(shared), &divided, &rest), best);
        }
        for (atom, power) in most_shared(terms) {
            let shares = |term: &(Monomial, f64)| power_of(&term.0, atom) * power.signum() > 0;
            let (inside, rest): (Vec<_>, Vec<_>) = terms.iter().cloned().partition(shares);
            let divided: Vec<_> =
                inside.into_iter().map(|(m, c)| (divide(&m, atom, power), c)).collect();
            let factor = self.product(&vec![(atom, power)], 1.0).size;
            best = self.cheaper(self.pull_out(factor, &divided, &rest), best);
        }
        best
    }

    fn pull_out(
        &self,
        factor: Expr,
        inside: &[(Monomial, f64)],
        rest: &[(Monomial, f64)],
    ) -> Signed {
        let inner = self.factor(inside);
        let product = Signed { positive: inner.positive, size: join(factor, inner.size) };
        if rest.is_empty() { product } else { sum(vec![product, self.factor(rest)]) }
    }

    /// p² ± 2pq + q² as (p ± q)², for the first three terms that allow it.
    fn find_square(&self, terms: &[(Monomial, f64)]) -> Option<Signed> {
        let root = |m: &Monomial| -> Option<Monomial> {
            m.iter().map(|(atom, power)| (power % 2 == 0).then_some((*atom, power / 2))).collect()
        };
        for (i, (first, a)) in terms.iter().enumerate() {
            for (j, (second, b)) in terms.iter().enumerate().skip(i + 1) {
                let (Some(p), Some(q)) = (root(first), root(second)) else { continue };
                let (Some(mixed), true) = (self.times(&p, &q), a * b > 0.0) else { continue };
                let size = 2.0 * a.abs().sqrt() * b.abs().sqrt();
                let fits = |(m, c): &(Monomial, f64)| {
                    *m == mixed && (c.abs() - size).abs() <= 2.0 * f64::EPSILON * size
                };
                let Some(k) = terms.iter().position(fits) else { continue };
                // √a·p ± √b·q, with a common coefficient left outside.
                let common = if a == b { a.abs() } else { 1.0 };
                let inner = vec![
                    (p, (a.abs() / common).sqrt()),
                    (q, (b.abs() / common).sqrt() * (terms[k].1 * a).signum()),
                ];
                let square = self.factor(&inner).size.square();
                let outer = if common == 1.0 { square } else { Expr::constant(common) * square };
                let square = Signed { positive: *a > 0.0, size: outer };
                let used = [i, j, k];
                let rest = terms.iter().enumerate().filter(|(n, _)| !used.contains(n));
                let rest: Vec<_> = rest.map(|(_, term)| term.clone()).collect();
                return Some(if rest.is_empty() {
                    square
                } else {
                    sum(vec![square, self.factor(&rest)])
                });
            }
        }
        None
    }

    fn cheaper(&self, candidate: Signed, otherwise: Signed) -> Signed {
        let better = self.prices.total(&candidate.size) < self.prices.total(&otherwise.size);
        if better { candidate } else { otherwise }
    }

    fn product(&self, monomial: &Monomial, coefficient: f64) -> Signed {
        let raised = |&(atom, power): &(usize, i32)| {
            let base = self.atoms[atom].0.clone();
            match power.abs() {
                1 => base,
                2 => base.square(),
                3 => Expr::unary(Op::Cube, base),
                4 => base.square().square(),
                n => Expr::binary(Op::Pow, base, &Expr::constant(f64::from(n))),
            }
        };
        let size = coefficient.abs();
        let above = monomial.iter().filter(|(_, power)| *power > 0).map(raised);
        let scale = (size != 1.0).then(|| Expr::constant(size));
        let above = scale.into_iter().chain(above).reduce(|product, factor| product * factor);
        let below = monomial.iter().filter(|(_, power)| *power < 0).map(raised);
        let below = below.reduce(|product, factor| product * factor);
        let above = above.unwrap_or_else(|| Expr::constant(1.0));
        let size = match below {
            Some(below) => above / below,
            None => above,
        };
        Signed { positive: coefficient > 0.0, size }
    }
}

/// An expression up to its sign.
struct Signed {
    positive: bool,
    size: Expr,
}

/// The sum of at least one part; its sign is that of the first.
fn sum(parts: Vec<Signed>) -> Signed {
    let total = parts.into_iter().reduce(|sum, part| {
        let op = if sum.positive == part.positive { Op::Add } else { Op::Sub };
        Signed { positive: sum.positive, size: Expr::binary(op, sum.size, &part.size) }
    });
    total.unwrap_or_else(|| Signed { positive: true, size: Expr::constant(0.0) })
}

/// The product of a pulled-out factor and what it leaves, which may be 1 or a quotient.
fn join(factor: Expr, inner: Expr) -> Expr {
    let reciprocal =
        factor.root() == Node::Op(Op::Div) && factor.arguments()[0] == Expr::constant(1.0);
    if reciprocal { inner / factor.arguments().swap_remove(1) } else { factor * inner }
}

/// An exponent to multiply out: a whole number other than 0, of at most 8.
fn small_whole(value: f64) -> Option<i32> {
    (1..=8).flat_map(|n| [n, -n]).find(|n| f64::from(*n) == value)
}

fn constant(value: f64) -> Polynomial {
    if value == 0.0 { Polynomial::new() } else { Polynomial::from([(vec![], value)]) }
}

/// The value of a polynomial without atoms.
fn value(polynomial: &Polynomial) -> Option<f64> {
    match polynomial.iter().next() {
        None => Some(0.0),
        Some((monomial, value)) if monomial.is_empty() && polynomial.len() == 1 => Some(*value),
        _ => None,
    }
}

fn map_coefficients(terms: Vec<(Monomial, f64)>, map: impl Fn(f64) -> f64) -> Vec<(Monomial, f64)> {
    terms.into_iter().map(|(monomial, coefficient)| (monomial, map(coefficient))).collect()
}

/// The size, other than 1, that most coefficients have; none if all differ.
fn shared_coefficient(terms: &[(Monomial, f64)]) -> Option<f64> {
    let mut sizes: Vec<f64> = terms.iter().map(|term| term.1.abs()).filter(|c| *c != 1.0).collect();
    sizes.sort_by(f64::total_cmp);
    let groups = sizes.chunk_by(|a, b| a == b).filter(|group| group.len() > 1);
    groups.max_by_key(|group| group.len()).map(|group| group[0])
}

/// The atoms that most terms share, with the powers to pull out; at most two of them.
fn most_shared(terms: &[(Monomial, f64)]) -> Vec<(usize, i32)> {
    let mut shared: BTreeMap<(usize, bool), (usize, i32)> = BTreeMap::new();
    for (atom, power) in terms.iter().flat_map(|(monomial, _)| monomial) {
        let entry = shared.entry((*atom, *power > 0)).or_insert((0, *power));
        entry.0 += 1;
        entry.1 = entry.1.signum() * entry.1.abs().min(power.abs());
    }
    let mut found: Vec<_> = shared.into_iter().filter(|(_, (count, _))| *count > 1).collect();
    found.sort_by_key(|(key, (count, _))| (std::cmp::Reverse(*count), *key));
    // Each choice doubles the work below it; long sums take the first alone.
    found.truncate(if terms.len() <= 10 { 2 } else { 1 });
    found.into_iter().map(|((atom, _), (_, power))| (atom, power)).collect()
}

fn power_of(monomial: &Monomial, atom: usize) -> i32 {
    monomial.iter().find(|(other, _)| *other == atom).map_or(0, |(_, power)| *power)
}

fn divide(monomial: &Monomial, atom: usize, power: i32) -> Monomial {
    let divided = monomial.iter().map(|&(a, p)| (a, if a == atom { p - power } else { p }));
    divided.filter(|(_, power)| *power != 0).collect()
}

#[cfg(test)]
mod tests {
    use symgrad_expr::OpSet;

    use super::*;

    /// All monomials of four inputs up to the fifth degree, with coefficients that invite every
    /// choice: 126 terms.
    #[test]
    fn long_sums_take_bounded_work() {
        let mut terms = vec![];
        for powers in 0..6_usize.pow(4) {
            let exponents = [1, 6, 36, 216].map(|place| powers / place % 6);
            if exponents.iter().sum::<usize>() > 5 {
                continue;
            }
            let coefficient = [2.0, 3.0, 6.0, 4.0][powers % 4];
            let factors =
                (0_u16..4).zip(exponents).flat_map(|(input, n)| vec![Expr::var(input); n]);
            terms.push(factors.fold(Expr::constant(coefficient), |product, x| product * x));
        }
        assert_eq!(terms.len(), 126);
        let (expr, ops) = (Expr::sum(terms), OpSet::default());
        let (domain, prices) = (Domain::unbounded(4), Prices::new(&ops, &expr));
        let mut collector = Collector::new(&domain, &prices, 40);
        let collected = collector.collect(&expr).expect("a polynomial");
        assert!(prices.total(&collected) <= prices.total(&expr));
        let point = [1.25, -0.5, 0.75, 1.5];
        let (before, after) = (expr.eval(&point), collected.eval(&point));
        assert!((before - after).abs() <= 1e-12 * before.abs(), "{before} and {after}");
    }
}
