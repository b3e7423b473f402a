//! Expressions in inputs as they are given, and in inputs as [`Units`] measure them.
//!
//! An input x is measured as z = (x − origin) / scale. Putting one for the other brings factors
//! and offsets into an expression; here they are carried outwards as far as they go: through
//! products, quotients and powers, out of logarithms, into the coefficients of sums.

use symgrad_data::Units;
use symgrad_expr::{Expr, Node, Op};

/// The expression in the inputs as given, in terms of the measured ones.
pub(crate) fn measured(expr: &Expr, units: &Units) -> Expr {
    if units.is_own() {
        return expr.clone();
    }
    rewritten(expr, |z| {
        let (scale, origin) = unit_of(units, z);
        Form { terms: vec![(scale, Expr::var(z))], constant: origin }
    })
    .settled()
}

/// The expression in measured inputs, in terms of the inputs as given.
pub(crate) fn as_given(expr: &Expr, units: &Units) -> Expr {
    if units.is_own() { expr.clone() } else { given(expr, units).settled() }
}

/// An expression with the same level sets as another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LevelSets {
    pub(crate) expr: Expr,
    /// The other one is slope · expr + offset.
    pub(crate) slope: f64,
    pub(crate) offset: f64,
}

/// As [`as_given`], up to a factor and an offset of the whole.
pub(crate) fn level_sets_as_given(expr: &Expr, units: &Units) -> LevelSets {
    let unchanged = || LevelSets { expr: expr.clone(), slope: 1.0, offset: 0.0 };
    if units.is_own() {
        return unchanged();
    }
    let mut form = given(expr, units);
    let offset = std::mem::take(&mut form.constant);
    match form.factored() {
        (slope, Some(expr)) => LevelSets { expr, slope, offset },
        (_, None) => unchanged(),
    }
}

fn given(expr: &Expr, units: &Units) -> Form {
    rewritten(expr, |x| {
        let (scale, origin) = unit_of(units, x);
        let terms = vec![(short(scale.recip()), Expr::var(x))];
        Form { terms, constant: short(-origin / scale) }
    })
}

/// Inputs beyond those that have units are left as they are.
fn unit_of(units: &Units, input: u16) -> (f64, f64) {
    let input = usize::from(input);
    if input < units.dim() { (units.scale(input), units.origin(input)) } else { (1.0, 0.0) }
}

/// Σ coefficient · expression + constant.
#[derive(Clone, Debug)]
struct Form {
    terms: Vec<(f64, Expr)>,
    constant: f64,
}

/// With a form in the place of each input.
fn rewritten(expr: &Expr, leaf: impl Fn(u16) -> Form) -> Form {
    let mut operands: Vec<Form> = Vec::new();
    let mut constants = expr.constants().iter();
    for node in expr.nodes() {
        let form = match node {
            Node::Var(input) => leaf(*input),
            Node::Const => Form::constant(*constants.next().unwrap_or(&f64::NAN)),
            Node::Op(op) => {
                let right = operands.pop();
                let left = if op.arity() == 2 { operands.pop() } else { None };
                match (left, right) {
                    (Some(left), Some(right)) => binary(*op, left, right),
                    (None, Some(argument)) => unary(*op, argument),
                    // Every operator has its arguments.
                    (_, None) => Form::constant(f64::NAN),
                }
            }
        };
        operands.push(form);
    }
    operands.pop().unwrap_or_else(|| Form::constant(f64::NAN))
}

fn binary(op: Op, left: Form, right: Form) -> Form {
    match op {
        Op::Add => left.plus(right, 1.0),
        Op::Sub => left.plus(right, -1.0),
        Op::Mul => product(&left, &right),
        Op::Div => quotient(&left, &right),
        Op::Pow => match right.number() {
            Some(exponent) => power(&left, exponent, |base| {
                Expr::binary(Op::Pow, base, &Expr::constant(exponent))
            }),
            None => Form::single(Expr::binary(op, left.settled(), &right.settled())),
        },
        _ => Form::single(Expr::binary(op, left.settled(), &right.settled())),
    }
}

fn unary(op: Op, argument: Form) -> Form {
    let apply = |base| Expr::unary(op, base);
    match op {
        Op::Neg => argument.times(-1.0),
        Op::Square => power(&argument, 2.0, apply),
        Op::Cube => power(&argument, 3.0, apply),
        Op::Inv => power(&argument, -1.0, apply),
        Op::Sqrt => power(&argument, 0.5, apply),
        Op::Abs => match argument.factored() {
            (factor, Some(body)) => Form::term(factor.abs(), apply(body)),
            (value, None) => Form::constant(value.abs()),
        },
        Op::Log => match argument.factored() {
            (factor, Some(body)) if factor > 0.0 => {
                Form { terms: vec![(1.0, apply(body))], constant: factor.ln() }
            }
            _ => Form::single(apply(argument.settled())),
        },
        _ => Form::single(apply(argument.settled())),
    }
}

fn product(left: &Form, right: &Form) -> Form {
    match (left.number(), right.number()) {
        (Some(factor), _) => return right.clone().times(factor),
        (_, Some(factor)) => return left.clone().times(factor),
        _ => {}
    }
    let ((a, left_body), (b, right_body)) = (left.factored(), right.factored());
    match (left_body, right_body) {
        (Some(x), Some(y)) if (a * b).is_normal() => Form::term(short(a * b), times(x, &y)),
        _ => Form::single(left.settled() * right.settled()),
    }
}

fn quotient(left: &Form, right: &Form) -> Form {
    if let Some(divisor) = right.number().filter(|divisor| *divisor != 0.0) {
        return left.clone().times(divisor.recip());
    }
    let ((a, above), (b, below)) = (left.factored(), right.factored());
    match (above, below) {
        (above, Some(y)) if (a / b).is_normal() => {
            let whole = match above {
                Some(x) => x / y,
                None => Expr::unary(Op::Inv, y),
            };
            Form::term(short(a / b), whole)
        }
        _ => Form::single(left.settled() / right.settled()),
    }
}

/// A power with that exponent, which `apply` writes.
fn power(base: &Form, exponent: f64, apply: impl Fn(Expr) -> Expr) -> Form {
    let (factor, body) = base.factored();
    let Some(body) = body else { return Form::constant(factor.powf(exponent)) };
    let outside = factor.powf(exponent);
    // A root of a power of ten may be a number that nobody wants to read.
    let welcome = exponent.fract() == 0.0 || is_short(outside);
    if outside.is_normal() && welcome {
        Form::term(short(outside), apply(body))
    } else {
        Form::single(apply(base.settled()))
    }
}

/// x · y, where y may be the inverse of something.
fn times(x: Expr, y: &Expr) -> Expr {
    let inverse =
        |expr: &Expr| (expr.root() == Node::Op(Op::Inv)).then(|| expr.arguments().swap_remove(0));
    match (inverse(&x), inverse(y)) {
        (_, Some(below)) => x / below,
        (Some(below), None) => y.clone() / below,
        (None, None) => x * y.clone(),
    }
}

impl Form {
    fn constant(constant: f64) -> Self {
        Self { terms: vec![], constant }
    }

    fn single(expr: Expr) -> Self {
        Self::term(1.0, expr)
    }

    fn term(coefficient: f64, expr: Expr) -> Self {
        Self { terms: vec![(coefficient, expr)], constant: 0.0 }
    }

    /// The value, if it is a number.
    fn number(&self) -> Option<f64> {
        self.terms.is_empty().then_some(self.constant)
    }

    fn times(mut self, factor: f64) -> Self {
        for (coefficient, _) in &mut self.terms {
            *coefficient = short(*coefficient * factor);
        }
        self.constant = short(self.constant * factor);
        self
    }

    /// self + sign · other
    fn plus(mut self, other: Self, sign: f64) -> Self {
        self.constant = short(self.constant + sign * other.constant);
        for (coefficient, expr) in other.terms {
            match self.terms.iter_mut().find(|(_, known)| *known == expr) {
                Some((sum, _)) => *sum = short(*sum + sign * coefficient),
                None => self.terms.push((sign * coefficient, expr)),
            }
        }
        self.terms.retain(|(coefficient, _)| *coefficient != 0.0);
        self
    }

    /// A factor and an expression, which add up to the form as their product; a number alone has
    /// no expression.
    fn factored(&self) -> (f64, Option<Expr>) {
        match self.terms.as_slice() {
            [] => (self.constant, None),
            [(coefficient, expr)] if self.constant == 0.0 => (*coefficient, Some(expr.clone())),
            _ if self.logarithm().is_some() => (1.0, self.logarithm()),
            _ => {
                let factor = self.common_factor();
                let whole = self.clone().times(factor.recip());
                (factor, Some(whole.written()))
            }
        }
    }

    /// The coefficient that leaves the fewest and shortest numbers once it is taken out, with the
    /// sign that leaves a positive term first.
    fn common_factor(&self) -> f64 {
        let numbers = |size: f64| {
            let others = self.terms.iter().map(|(c, _)| c.abs() / size);
            let others = others.filter(|number| (number - 1.0).abs() > ALIKE);
            others.fold((0, 0), |(count, length), number| {
                (count + 1, length + format!("{:e}", short(number)).len())
            })
        };
        let sizes = self.terms.iter().map(|(c, _)| c.abs()).filter(|size| size.is_normal());
        let size = std::iter::once(1.0).chain(sizes).min_by_key(|size| numbers(*size));
        let negative = self.terms.iter().all(|(c, _)| *c < 0.0);
        size.unwrap_or(1.0) * if negative { -1.0 } else { 1.0 }
    }

    /// As an expression, with a common factor taken out where that needs fewer numbers.
    fn settled(&self) -> Expr {
        let numbers = |form: &Self| form.terms.iter().filter(|(c, _)| c.abs() != 1.0).count();
        if let (factor, Some(body)) = self.factored() {
            if self.logarithm().is_some() {
                return body;
            }
            let taken_out = self.clone().times(factor.recip());
            if 1 + numbers(&taken_out) < numbers(self) {
                return scaled(factor, body);
            }
        }
        self.written()
    }

    /// log(c·x) for log x + log c, unless log c is the number that people would write.
    fn logarithm(&self) -> Option<Expr> {
        let [(1.0, expr)] = self.terms.as_slice() else { return None };
        if expr.root() != Node::Op(Op::Log) || self.constant == 0.0 || is_short(self.constant) {
            return None;
        }
        let factor = self.constant.exp();
        let factor = if is_short(factor) { to_digits(factor, SHORT_DIGITS) } else { factor };
        let argument = scaled(factor, expr.arguments().swap_remove(0));
        factor.is_normal().then(|| Expr::unary(Op::Log, argument))
    }

    /// Term by term, a positive one first.
    fn written(&self) -> Expr {
        let lead = self.terms.iter().position(|(c, _)| *c > 0.0).unwrap_or(0);
        let rest = self.terms.iter().enumerate().filter(|(k, _)| *k != lead).map(|(_, t)| t);
        let mut sum: Option<Expr> = None;
        for (coefficient, expr) in self.terms.get(lead).into_iter().chain(rest) {
            sum = Some(match sum {
                None => scaled(*coefficient, expr.clone()),
                Some(sum) if *coefficient < 0.0 => sum - scaled(-coefficient, expr.clone()),
                Some(sum) => sum + scaled(*coefficient, expr.clone()),
            });
        }
        match sum {
            None => Expr::constant(self.constant),
            Some(sum) if self.constant == 0.0 => sum,
            Some(sum) if self.constant < 0.0 => sum - Expr::constant(-self.constant),
            Some(sum) => sum + Expr::constant(self.constant),
        }
    }
}

/// factor · expr
fn scaled(factor: f64, expr: Expr) -> Expr {
    match expr.root() {
        _ if factor == 1.0 => expr,
        Node::Op(Op::Inv) => Expr::constant(factor) / expr.arguments().swap_remove(0),
        _ if factor == -1.0 => -expr,
        Node::Op(Op::Div) => {
            let mut sides = expr.arguments();
            match (sides.pop(), sides.pop()) {
                (Some(below), Some(above)) => scaled(factor, above) / below,
                _ => Expr::constant(factor) * expr,
            }
        }
        Node::Const => Expr::constant(short(factor * expr.constants()[0])),
        _ => Expr::constant(factor) * expr,
    }
}

/// Coefficients that differ by less than this share are one and the same.
const ALIKE: f64 = 1e-12;

/// Numbers that a power of ten brings in have at most this many digits.
const SHORT_DIGITS: usize = 3;

/// Multiplying a decimal number by a power of ten leaves its digits; in binary the last ones
/// come out wrong, which this mends.
fn short(value: f64) -> f64 {
    const DIGITS: usize = 14;
    let rounded = to_digits(value, DIGITS);
    if (rounded - value).abs() <= 4.0 * f64::EPSILON * value.abs() { rounded } else { value }
}

fn is_short(value: f64) -> bool {
    (to_digits(value, SHORT_DIGITS) - value).abs() <= 1e-13 * value.abs()
}

fn to_digits(value: f64, digits: usize) -> f64 {
    format!("{value:.0$e}", digits - 1).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests;
