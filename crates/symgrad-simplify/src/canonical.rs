//! Recognising duplicates: one key for all expressions that differ in arrangement only.

use symgrad_expr::{Expr, Node, Op};

use crate::Domain;
use crate::root::stripped_end;

/// How a [`CanonicalKey`] sees constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Constants {
    /// All constants are alike: expressions that differ in their constants share a key, and with
    /// it everything that constant fitting would make of either.
    Alike,
    /// Constants are told apart by their bits.
    ByBits,
}

/// What an expression's level sets look like, whichever way it is written.
///
/// Equal keys mean equal level sets (up to the constants, if those are alike). The reverse holds
/// for rearrangements only: the root is stripped, sums and products are flattened and sorted,
/// differences, quotients, squares and cubes count as sums and products, and the sign and, at the
/// root, the constant term and factor do not matter. Cheap enough for every candidate of a search.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanonicalKey(Vec<u64>);

/// The key of an expression's level sets on a domain.
///
/// ```
/// use symgrad_simplify::{Constants, Domain, canonical};
/// let domain = Domain::unbounded(4);
/// let key = |text: &str| text.parse().map(|expr| canonical(&expr, &domain, Constants::ByBits));
/// assert_eq!(key("x1*x4 - x2*x3")?, key("exp(x3*x2 - x4*x1)")?);
/// assert_eq!(key("2 - x1^2*x2")?, key("x1*x2*x1")?);
/// assert_ne!(key("x1 + 2*x2")?, key("x1 + 3*x2")?);
/// # Ok::<(), symgrad_expr::ParseError>(())
/// ```
#[must_use]
pub fn canonical(expr: &Expr, domain: &Domain, constants: Constants) -> CanonicalKey {
    let stripped = expr.subtree(stripped_end(expr, domain));
    let mut stack: Vec<Sum> = Vec::with_capacity(stripped.len());
    let mut values = stripped.constants().iter();
    for node in stripped.nodes() {
        let sum = match node {
            Node::Var(index) => Sum::atom(vec![VAR, u64::from(*index)]),
            Node::Const => Sum::constant(*values.next().unwrap_or(&f64::NAN)),
            Node::Op(op) => {
                let right = stack.pop().unwrap_or_default();
                let left = if op.arity() == 2 { stack.pop() } else { None };
                combine(*op, left.unwrap_or_default(), right, constants)
            }
        };
        stack.push(sum);
    }
    let mut root = stack.pop().unwrap_or_default();
    root.constant = 0.0;
    root.normalise();
    CanonicalKey(root.tokens(constants))
}

const VAR: u64 = 0;
const CONSTANT: u64 = 1;
const SUM: u64 = 2;
const PRODUCT: u64 = 3;
const OPERATOR: u64 = 16;

/// Factors and their powers, sorted.
type Factors = Vec<(Vec<u64>, i32)>;

/// A flat sum of flat products.
#[derive(Clone, Debug, Default)]
struct Sum {
    constant: f64,
    terms: Vec<(f64, Factors)>,
}

impl Sum {
    fn constant(value: f64) -> Self {
        Self { constant: value, terms: vec![] }
    }

    fn atom(tokens: Vec<u64>) -> Self {
        Self { constant: 0.0, terms: vec![(1.0, vec![(tokens, 1)])] }
    }

    fn plus(mut self, other: Self) -> Self {
        self.constant += other.constant;
        self.terms.extend(other.terms);
        self
    }

    fn scaled(mut self, factor: f64) -> Self {
        self.constant *= factor;
        for (coefficient, _) in &mut self.terms {
            *coefficient *= factor;
        }
        self
    }

    /// The sum as one product: its only term, or itself as the only factor.
    fn into_product(mut self, constants: Constants) -> (f64, Factors) {
        if self.terms.is_empty() {
            return (self.constant, vec![]);
        }
        if self.constant == 0.0 && self.terms.len() == 1 {
            return self.terms.swap_remove(0);
        }
        let scale = self.normalise();
        (scale, vec![(self.tokens(constants), 1)])
    }

    /// Sorts the terms and divides by the first one's coefficient, which is returned.
    fn normalise(&mut self) -> f64 {
        self.sort();
        let scale = self.terms.first().map_or(1.0, |term| term.0);
        if scale == 0.0 || !scale.is_finite() {
            return 1.0;
        }
        self.constant /= scale;
        for (coefficient, _) in &mut self.terms {
            *coefficient /= scale;
        }
        scale
    }

    /// Sorts the terms and collects like ones; those that cancel stay, for their domain's sake.
    fn sort(&mut self) {
        self.terms.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.total_cmp(&b.0)));
        self.terms.dedup_by(|next, kept| {
            let alike = next.1 == kept.1 && next.0 + kept.0 != 0.0;
            if alike {
                kept.0 += next.0;
            }
            alike
        });
    }

    fn tokens(&self, constants: Constants) -> Vec<u64> {
        let mut tokens = vec![SUM, self.terms.len() as u64];
        tokens.extend(constant_tokens(self.constant, 0.0, constants));
        for (coefficient, factors) in &self.terms {
            tokens.extend([PRODUCT, factors.len() as u64]);
            tokens.extend(constant_tokens(*coefficient, 1.0, constants));
            for (factor, power) in factors {
                tokens.push(i64::from(*power).cast_unsigned());
                tokens.push(factor.len() as u64);
                tokens.extend(factor);
            }
        }
        tokens
    }
}

/// How a constant shows in a key, where `neutral` is the value that goes without saying.
fn constant_tokens(value: f64, neutral: f64, constants: Constants) -> [u64; 2] {
    let shown = match constants {
        // A sign is structure, not a constant: x1 − x2 is not x1 + x2.
        Constants::Alike if value.abs() == neutral => u64::from(value < 0.0),
        Constants::Alike => 2,
        Constants::ByBits => (value + 0.0).to_bits(),
    };
    [CONSTANT, shown]
}

fn combine(op: Op, left: Sum, right: Sum, constants: Constants) -> Sum {
    match op {
        Op::Add => left.plus(right),
        Op::Sub => left.plus(right.scaled(-1.0)),
        Op::Neg => right.scaled(-1.0),
        Op::Mul => multiply(left.into_product(constants), right.into_product(constants)),
        Op::Div => {
            let divisor = raise(right.into_product(constants), -1);
            multiply(left.into_product(constants), divisor)
        }
        Op::Inv => one(raise(right.into_product(constants), -1)),
        Op::Square => one(raise(right.into_product(constants), 2)),
        Op::Cube => one(raise(right.into_product(constants), 3)),
        _ => function(op, left, right, constants),
    }
}

fn function(op: Op, mut left: Sum, mut right: Sum, constants: Constants) -> Sum {
    if right.terms.is_empty() && left.terms.is_empty() {
        let value = if op.arity() == 2 {
            op.apply(left.constant, right.constant)
        } else {
            op.apply(right.constant, 0.0)
        };
        return Sum::constant(value);
    }
    // A power with a small whole exponent is a product.
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 16")]
    if op == Op::Pow && right.terms.is_empty() && is_small_whole(right.constant) {
        return one(raise(left.into_product(constants), right.constant as i32));
    }
    let mut tokens = vec![OPERATOR + op as u64];
    if op.arity() == 2 {
        left.sort();
        tokens.extend(left.tokens(constants));
    }
    right.sort();
    tokens.extend(right.tokens(constants));
    Sum::atom(tokens)
}

fn is_small_whole(value: f64) -> bool {
    value.fract() == 0.0 && value != 0.0 && value.abs() <= 16.0
}

fn one(product: (f64, Factors)) -> Sum {
    let (coefficient, factors) = product;
    if factors.is_empty() {
        Sum::constant(coefficient)
    } else {
        Sum { constant: 0.0, terms: vec![(coefficient, factors)] }
    }
}

fn raise((coefficient, mut factors): (f64, Factors), exponent: i32) -> (f64, Factors) {
    for (_, power) in &mut factors {
        *power = power.saturating_mul(exponent);
    }
    (coefficient.powi(exponent), factors)
}

fn multiply((a, mut left): (f64, Factors), (b, right): (f64, Factors)) -> Sum {
    for (factor, power) in right {
        // Powers of opposite signs stay apart: x/x is undefined at 0, where 1 is not.
        let same =
            |(other, p): &&mut (Vec<u64>, i32)| *other == factor && p.signum() == power.signum();
        match left.iter_mut().find(same) {
            Some((_, p)) => *p = p.saturating_add(power),
            None => left.push((factor, power)),
        }
    }
    left.sort();
    one((a * b, left))
}
