//! Interval arithmetic over the operators, rounded outwards.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use symgrad_expr::Op;

/// The smallest positive number: a bound for what is positive but may be as small as it likes.
const TINY: f64 = f64::from_bits(1);
/// Platform libraries compute elementary functions to about one unit in the last place.
const ELEMENTARY_ULPS: u32 = 4;
/// Beyond this argument the bounds of periodic functions are not worth their rounding errors.
const PERIODIC_LIMIT: f64 = 1e6;

/// An enclosure of the values an expression takes on a box, and whether it has a value everywhere.
///
/// The enclosure holds for real arithmetic: an infinite end means "no bound is known", never the
/// value ∞. Where the expression is undefined it has no value, so the ends say nothing about such
/// points; [`is_total`](Self::is_total) says that there are none.
///
/// ```
/// use symgrad_expr::Op;
/// use symgrad_simplify::Interval;
/// let x = Interval::new(-1.0, 2.0);
/// let square = Interval::apply(Op::Square, x, x);
/// assert!(square.is_nonnegative() && square.contains(4.0));
/// assert!(!Interval::apply(Op::Log, x, x).is_total());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    lo: f64,
    hi: f64,
    total: bool,
}

impl Interval {
    /// Every real number.
    pub const ALL: Self = Self { lo: f64::NEG_INFINITY, hi: f64::INFINITY, total: true };
    /// Nothing is known, not even that there is a value.
    pub const UNKNOWN: Self = Self { total: false, ..Self::ALL };

    /// The numbers between two ends, in either order; a NaN end counts as unbounded.
    pub fn new(a: f64, b: f64) -> Self {
        if a.is_nan() || b.is_nan() {
            return Self::ALL;
        }
        Self { lo: a.min(b), hi: a.max(b), total: true }
    }

    /// One finite number.
    pub(crate) const fn exactly(value: f64) -> Self {
        Self { lo: value, hi: value, total: true }
    }

    /// One number; [`UNKNOWN`](Self::UNKNOWN) unless it is finite.
    pub fn point(value: f64) -> Self {
        if value.is_finite() { Self::exactly(value) } else { Self::UNKNOWN }
    }

    /// The lower end.
    pub fn lo(self) -> f64 {
        self.lo
    }

    /// The upper end.
    pub fn hi(self) -> f64 {
        self.hi
    }

    /// Whether there is a value at every point of the box.
    pub fn is_total(self) -> bool {
        self.total
    }

    /// Whether the number lies between the ends.
    pub fn contains(self, value: f64) -> bool {
        self.lo <= value && value <= self.hi
    }

    /// Whether all values are proved > 0.
    pub fn is_positive(self) -> bool {
        self.lo > 0.0
    }

    /// Whether all values are proved < 0.
    pub fn is_negative(self) -> bool {
        self.hi < 0.0
    }

    /// Whether all values are proved ≥ 0.
    pub fn is_nonnegative(self) -> bool {
        self.lo >= 0.0
    }

    /// Whether all values are proved ≤ 0.
    pub fn is_nonpositive(self) -> bool {
        self.hi <= 0.0
    }

    /// Whether all values are proved ≠ 0.
    pub fn is_nonzero(self) -> bool {
        self.is_positive() || self.is_negative()
    }

    /// Whether 0 is never crossed: all values ≥ 0, or all ≤ 0.
    pub fn keeps_sign(self) -> bool {
        self.is_nonnegative() || self.is_nonpositive()
    }

    /// Whether all values lie from −1 to 1.
    pub(crate) fn is_within_unit(self) -> bool {
        self.lo >= -1.0 && self.hi <= 1.0
    }

    /// Whether the sine (a shift of π/2 turns it into the cosine) is monotone on the interval.
    pub(crate) fn within_sine_branch(self, shift: f64) -> bool {
        let (lo, hi) = (self.lo + shift, self.hi + shift);
        lo.abs() < PERIODIC_LIMIT
            && hi.abs() < PERIODIC_LIMIT
            && !may_contain(lo, hi, FRAC_PI_2, PI)
    }

    /// What both enclosures of the same values say; the first alone if they contradict each other,
    /// as they may by a rounding error.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        let total = self.total || other.total;
        if lo <= hi { Self { lo, hi, total } } else { Self { total, ..self } }
    }

    /// This enclosure, improved by another one of the same values if that teaches much: a sign,
    /// a bound, totality, or at most half the width.
    ///
    /// Improvements by less never end where a function is enclosed in terms of itself.
    #[must_use]
    pub(crate) fn narrowed_by(self, other: Self) -> Self {
        let both = self.intersect(other);
        let learned = both.total != self.total || both.side() != self.side();
        let width = |interval: Self| interval.hi - interval.lo;
        if learned || width(both) < 0.5 * width(self) { both } else { self }
    }

    /// The operator's values for arguments from two intervals; unary operators ignore `b`.
    pub fn apply(op: Op, a: Self, b: Self) -> Self {
        let result = match op {
            Op::Add => sum(a, b),
            Op::Sub => sum(a, negated(b)),
            Op::Mul => product(a, b),
            Op::Div => product(a, inverse(b)),
            Op::Pow => power(a, b),
            Op::Neg => negated(a),
            Op::Square => integer_power(a, 2),
            Op::Cube => integer_power(a, 3),
            Op::Sqrt => {
                on_domain(a, 0.0, f64::sqrt, 1).at_least(if a.lo > 0.0 { TINY } else { 0.0 })
            }
            Op::Exp => rounded(a.lo.exp(), a.hi.exp(), ELEMENTARY_ULPS).at_least(TINY),
            Op::Log => on_domain(a, TINY, f64::ln, ELEMENTARY_ULPS),
            Op::Sin => wave(a, f64::sin, 0.0),
            Op::Cos => wave(a, f64::cos, FRAC_PI_2),
            Op::Tan => tangent(a),
            Op::Tanh => rounded(a.lo.tanh(), a.hi.tanh(), ELEMENTARY_ULPS).clamp(-1.0, 1.0),
            Op::Abs => magnitude(a),
            Op::Inv => inverse(a),
            Op::Asin => arc(a, |within| odd(op, within)),
            Op::Acos => arc(a, |within| {
                let function = |x| op.apply(x, 0.0);
                rounded(function(within.hi), function(within.lo), ELEMENTARY_ULPS).at_least(0.0)
            }),
            Op::Atan | Op::Sinh => odd(op, a),
            Op::Erf => odd(op, a).clamp(-1.0, 1.0),
            Op::Atan2 => angle(a, b),
            Op::Cosh => {
                let size = magnitude(a);
                let [lo, hi] = [size.lo, size.hi].map(|x| op.apply(x, 0.0));
                rounded(lo, hi, ELEMENTARY_ULPS).at_least(1.0)
            }
        };
        let arguments_total = a.total && (op.arity() == 1 || b.total);
        Self { total: result.total && arguments_total, ..result }
    }

    fn at_least(self, bound: f64) -> Self {
        Self { lo: self.lo.max(bound), hi: self.hi.max(bound), ..self }
    }

    fn at_most(self, bound: f64) -> Self {
        Self { lo: self.lo.min(bound), hi: self.hi.min(bound), ..self }
    }

    fn clamp(self, least: f64, most: f64) -> Self {
        self.at_least(least).at_most(most)
    }

    /// This enclosure of values that have the signs of those of the other.
    fn with_side_of(self, other: Self) -> Self {
        match other.side() {
            (1, strict) => self.at_least(if strict { TINY } else { 0.0 }),
            (-1, strict) => self.at_most(if strict { -TINY } else { 0.0 }),
            _ => self,
        }
    }

    /// −1, 0 or 1 for values on one known side of 0, and whether 0 itself is excluded.
    fn side(self) -> (i8, bool) {
        if self.is_nonnegative() {
            (1, self.lo > 0.0)
        } else if self.is_nonpositive() {
            (-1, self.hi < 0.0)
        } else {
            (0, false)
        }
    }
}

/// Moves both ends outwards by some units in the last place; a NaN end (∞ − ∞) becomes unbounded,
/// and an overflow on the inner side is undone: real values are finite.
fn rounded(lo: f64, hi: f64, ulps: u32) -> Interval {
    let mut ends = (
        if lo.is_nan() { f64::NEG_INFINITY } else { lo },
        if hi.is_nan() { f64::INFINITY } else { hi },
    );
    for _ in 0..ulps {
        ends = (ends.0.next_down(), ends.1.next_up());
    }
    Interval { lo: ends.0, hi: ends.1, total: true }
}

fn negated(a: Interval) -> Interval {
    Interval { lo: -a.hi, hi: -a.lo, ..a }
}

/// Exact sums stay exact, so that 1 − 1 is 0 and x − 1 ≥ 0 for x ≥ 1.
fn sum(a: Interval, b: Interval) -> Interval {
    let (sides, a, b) = ((a.side(), b.side()), loosened(a), loosened(b));
    let rounded = rounded(a.lo + b.lo, a.hi + b.hi, 1);
    let lo = if rounding_error(a.lo, b.lo) >= 0.0 { a.lo + b.lo } else { rounded.lo };
    let hi = if rounding_error(a.hi, b.hi) <= 0.0 { a.hi + b.hi } else { rounded.hi };
    let result = Interval { lo, hi, total: true };
    match sides {
        ((1, x), (1, y)) if x || y => result.at_least(TINY),
        ((-1, x), (-1, y)) if x || y => result.at_most(-TINY),
        _ => result,
    }
}

/// Ends below the smallest normal number stand for anything of their sign: as bounds they are 0.
fn loosened(a: Interval) -> Interval {
    let lo = if (0.0..f64::MIN_POSITIVE).contains(&a.lo) { 0.0 } else { a.lo };
    let hi = if (0.0..f64::MIN_POSITIVE).contains(&-a.hi) { 0.0 } else { a.hi };
    Interval { lo, hi, ..a }
}

/// What rounding took from a sum (Knuth's error-free sum); NaN if the sum is not finite.
fn rounding_error(a: f64, b: f64) -> f64 {
    let sum = a + b;
    let part = sum - a;
    (a - (sum - part)) + (b - part)
}

fn product(a: Interval, b: Interval) -> Interval {
    let ((side_a, strict_a), (side_b, strict_b)) = (a.side(), b.side());
    let (a, b) = (loosened(a), loosened(b));
    // 0 times an end at infinity is 0: the end only says that no bound is known.
    let times = |x: f64, y: f64| if x == 0.0 || y == 0.0 { 0.0 } else { x * y };
    let corners = [times(a.lo, b.lo), times(a.lo, b.hi), times(a.hi, b.lo), times(a.hi, b.hi)];
    let lo = corners.into_iter().fold(f64::INFINITY, f64::min);
    let hi = corners.into_iter().fold(f64::NEG_INFINITY, f64::max);
    // Rounding outwards must not lose the sign.
    let bound = if strict_a && strict_b { TINY } else { 0.0 };
    let result = rounded(lo, hi, 1);
    let result = match side_a * side_b {
        1 => result.at_least(bound),
        -1 => result.at_most(-bound),
        _ => result,
    };
    Interval { total: a.total && b.total, ..result }
}

fn inverse(a: Interval) -> Interval {
    let result = match a.side() {
        (1, true) => rounded(a.hi.recip(), a.lo.recip(), 1).at_least(TINY),
        (-1, true) => rounded(a.hi.recip(), a.lo.recip(), 1).at_most(-TINY),
        (1, false) if a.hi > 0.0 => rounded(a.hi.recip(), f64::INFINITY, 1).at_least(TINY),
        (-1, false) if a.lo < 0.0 => rounded(f64::NEG_INFINITY, a.lo.recip(), 1).at_most(-TINY),
        _ => Interval::ALL,
    };
    Interval { total: a.total && a.is_nonzero(), ..result }
}

fn power(a: Interval, b: Interval) -> Interval {
    if b.lo == b.hi && b.lo == b.lo.trunc() && b.lo.abs() <= f64::from(i32::MAX) {
        #[expect(clippy::cast_possible_truncation, reason = "an integer within the range of i32")]
        let exponent = b.lo as i32;
        return if exponent < 0 {
            inverse(integer_power(a, -exponent))
        } else {
            integer_power(a, exponent)
        };
    }
    // A negative base is defined for integer exponents only, and then of either sign.
    if a.lo < 0.0 && b.lo < b.hi || a.hi < 0.0 {
        return Interval::UNKNOWN;
    }
    let base = loosened(a).at_least(0.0);
    // Monotone in each argument, so the extremes are at corners; 1^∞ is no bound.
    let corner = |x: f64, y: f64| if y == 0.0 || x == 1.0 { 1.0 } else { x.powf(y) };
    let corners = [
        corner(base.lo, b.lo),
        corner(base.lo, b.hi),
        corner(base.hi, b.lo),
        corner(base.hi, b.hi),
    ];
    let lo = corners.into_iter().fold(f64::INFINITY, f64::min);
    let hi = corners.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let positive = a.lo > 0.0;
    let result = rounded(lo, hi, ELEMENTARY_ULPS).at_least(if positive { TINY } else { 0.0 });
    Interval { total: positive || a.lo >= 0.0 && b.lo > 0.0, ..result }
}

/// a to the power n ≥ 0, with 0⁰ = 1.
fn integer_power(a: Interval, n: i32) -> Interval {
    let raise = |x: f64| match n {
        2 => x * x,
        3 => x * x * x,
        _ => x.powf(f64::from(n)),
    };
    if n == 0 {
        return Interval::point(1.0);
    }
    if n == 1 {
        return Interval { total: true, ..a };
    }
    if n % 2 == 1 {
        return rounded(raise(a.lo), raise(a.hi), ELEMENTARY_ULPS).with_side_of(a);
    }
    let size = magnitude(a);
    let bound = if size.lo > 0.0 { TINY } else { 0.0 };
    rounded(raise(size.lo), raise(size.hi), ELEMENTARY_ULPS).at_least(bound)
}

fn magnitude(a: Interval) -> Interval {
    let hi = a.lo.abs().max(a.hi.abs());
    let lo = if a.keeps_sign() { a.lo.abs().min(a.hi.abs()) } else { 0.0 };
    Interval { lo, hi, total: true }
}

/// An increasing function that is defined from `least` on.
fn on_domain(a: Interval, least: f64, function: fn(f64) -> f64, ulps: u32) -> Interval {
    if a.hi < least {
        return Interval::UNKNOWN;
    }
    let inside = a.lo >= least;
    let lo = function(loosened(a).lo.max(0.0));
    Interval { total: inside, ..rounded(lo, function(a.hi), ulps) }
}

/// An increasing odd function.
fn odd(op: Op, a: Interval) -> Interval {
    let Interval { lo, hi, .. } = loosened(a);
    rounded(op.apply(lo, 0.0), op.apply(hi, 0.0), ELEMENTARY_ULPS).with_side_of(a)
}

/// A function that is defined from −1 to 1, given by its values for arguments within.
fn arc(a: Interval, function: impl Fn(Interval) -> Interval) -> Interval {
    if a.lo > 1.0 || a.hi < -1.0 {
        return Interval::UNKNOWN;
    }
    Interval { total: a.is_within_unit(), ..function(a.clamp(-1.0, 1.0)) }
}

/// The angle of the point (b, a).
fn angle(a: Interval, b: Interval) -> Interval {
    let (y, x) = (loosened(a), loosened(b));
    let origin = a.contains(0.0) && b.contains(0.0);
    // Across the half-axis of b < 0, and on it, where a zero may have either sign, the angle jumps.
    let result = if x.lo < 0.0 && y.contains(0.0) {
        rounded(-PI, PI, 1)
    } else {
        // Elsewhere it is monotone along every edge of the box.
        let corner = |y, x| Op::Atan2.apply(y, x);
        let corners =
            [corner(y.lo, x.lo), corner(y.lo, x.hi), corner(y.hi, x.lo), corner(y.hi, x.hi)];
        let lo = corners.into_iter().fold(f64::INFINITY, f64::min);
        let hi = corners.into_iter().fold(f64::NEG_INFINITY, f64::max);
        rounded(lo, hi, ELEMENTARY_ULPS).with_side_of(a)
    };
    Interval { total: !origin, ..result }
}

/// A sine whose argument is `a` plus the shift.
fn wave(a: Interval, function: fn(f64) -> f64, shift: f64) -> Interval {
    let full = Interval::new(-1.0, 1.0);
    if !(a.lo.abs() < PERIODIC_LIMIT && a.hi.abs() < PERIODIC_LIMIT) {
        return full;
    }
    let (from, to) = (function(a.lo), function(a.hi));
    let ends = rounded(from.min(to), from.max(to), ELEMENTARY_ULPS).clamp(-1.0, 1.0);
    let crest = may_contain(a.lo + shift, a.hi + shift, FRAC_PI_2, TAU);
    let trough = may_contain(a.lo + shift, a.hi + shift, -FRAC_PI_2, TAU);
    Interval {
        lo: if trough { -1.0 } else { ends.lo },
        hi: if crest { 1.0 } else { ends.hi },
        total: true,
    }
}

fn tangent(a: Interval) -> Interval {
    if a.within_sine_branch(0.0) {
        rounded(a.lo.tan(), a.hi.tan(), ELEMENTARY_ULPS)
    } else {
        Interval::UNKNOWN
    }
}

/// Whether some `offset + k·period` may lie between the ends, rounding errors included.
fn may_contain(lo: f64, hi: f64, offset: f64, period: f64) -> bool {
    let slack = 1e-9;
    let first = ((lo - slack - offset) / period).ceil();
    offset + first * period <= hi + slack
}
