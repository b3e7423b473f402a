//! Coefficients: quotients of two numbers, exact where both are whole.

use crate::display::shortest;

/// Whole numbers below this are exact, and so are their sums and products.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A coefficient: its sign, and the sizes above and below the fraction bar, which are positive
/// (or 0 above).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) positive: bool,
    pub(super) above: f64,
    pub(super) below: f64,
}

impl Number {
    pub(super) const ONE: Self = Self { positive: true, above: 1.0, below: 1.0 };
    pub(super) const ZERO: Self = Self { positive: true, above: 0.0, below: 1.0 };

    /// Multiplies by a power of a number; false, with nothing done, where the result is no
    /// ordinary number.
    #[must_use]
    pub(super) fn times(&mut self, value: f64, exponent: i32) -> bool {
        let size = value.abs().powi(exponent.abs());
        let side = if exponent < 0 { self.below } else { self.above };
        let product = folded(side * size, &[side, size]);
        let ordinary = size.is_normal() && product.is_normal();
        let vanishes = exponent > 0 && product == 0.0 && (value == 0.0 || side == 0.0);
        if !(ordinary || vanishes && size.is_finite()) {
            return false;
        }
        *(if exponent < 0 { &mut self.below } else { &mut self.above }) = product;
        self.positive ^= value < 0.0 && exponent % 2 != 0;
        true
    }

    /// The product with a power of another number, if it is an ordinary number.
    pub(super) fn times_power(self, other: Self, exponent: i32) -> Option<Self> {
        let mut product = self;
        let signed = if other.positive { other.above } else { -other.above };
        let fits = product.times(signed, exponent) && product.times(other.below, -exponent);
        fits.then_some(product)
    }

    /// The sum, or nothing where the numbers cancel, exactly or nearly.
    pub(super) fn sum(numbers: &[Self]) -> Option<Self> {
        const NOISE: f64 = 1e-9;
        let signed = |number: &Self| if number.positive { number.above } else { -number.above };
        let (mut above, mut below) = (0.0, 1.0);
        for number in numbers {
            if number.below == below {
                above += signed(number);
            } else {
                above = above * number.below + signed(number) * below;
                below *= number.below;
            }
        }
        let parts: Vec<f64> = numbers.iter().flat_map(|n| [n.above, n.below]).collect();
        let size = folded(above.abs(), &parts);
        let largest = numbers.iter().map(|n| n.above / n.below).fold(0.0, f64::max);
        let remains = size.is_normal() && below.is_normal() && size / below > NOISE * largest;
        remains.then(|| Self { positive: above > 0.0, above: size, below }.settled())
    }

    /// Twice the number, if it is an ordinary one.
    pub(super) fn doubled(self) -> Option<Self> {
        let above = 2.0 * self.above;
        (above.is_normal() || above == 0.0).then(|| Self { above, ..self }.settled())
    }

    /// Whether the sum is exactly 0.
    pub(super) fn cancel(numbers: &[Self]) -> bool {
        let value = |n: &Self| if n.positive { n.above / n.below } else { -n.above / n.below };
        numbers.iter().map(value).sum::<f64>() == 0.0
    }

    /// In lowest terms, and as one number where that is no longer to write.
    pub(super) fn settled(self) -> Self {
        let Self { above, below, .. } = self;
        if above == 0.0 {
            return Self::ZERO;
        }
        if below == 1.0 {
            return self;
        }
        if is_whole(above) && is_whole(below) {
            let divisor = greatest_common_divisor(above, below);
            return Self { above: above / divisor, below: below / divisor, ..self };
        }
        let quotient = folded(above / below, &[above, below]);
        let apart =
            if above == 1.0 { 2 } else { shortest(above).len() + 1 } + shortest(below).len();
        if quotient.is_normal() && shortest(quotient).len() < apart {
            return Self { above: quotient, below: 1.0, ..self };
        }
        self
    }

    /// Whether it is a quotient of whole numbers that are short to write.
    pub(super) fn is_short(self) -> bool {
        const SHORT: f64 = 1e4;
        let short = |size: f64| is_whole(size) && size < SHORT;
        short(self.above) && short(self.below)
    }

    /// For comparison.
    pub(super) fn bits(self) -> (bool, u64, u64) {
        (self.positive, self.above.to_bits(), self.below.to_bits())
    }
}

fn is_whole(size: f64) -> bool {
    size.fract() == 0.0 && size < EXACT
}

fn greatest_common_divisor(mut a: f64, mut b: f64) -> f64 {
    while b != 0.0 {
        (a, b) = (b, a % b);
    }
    a
}

/// A result of arithmetic without the digits that only rounding brought: 0.3 for 0.1·3.
fn folded(result: f64, parts: &[f64]) -> f64 {
    if parts.contains(&1.0) && parts.contains(&result) || is_whole(result) {
        return result;
    }
    let short = rounded(result, 15);
    if shortest(short).len() + 3 < shortest(result).len() { short } else { result }
}

/// The nearest number of that many significant digits, at least one.
pub(super) fn rounded(value: f64, digits: usize) -> f64 {
    // More than 17 digits change nothing.
    let decimals = digits.clamp(1, 17) - 1;
    format!("{value:.decimals$e}").parse().unwrap_or(value)
}
