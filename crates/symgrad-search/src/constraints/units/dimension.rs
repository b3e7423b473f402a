//! Exponents of the seven base units, exact.

/// One unit of an exponent is 1/`SCALE`: halves, thirds, quarters and so on of everyday
/// exponents are whole numbers of it. What is none counts as inconsistent.
const SCALE: i32 = 64 * 9 * 5 * 7;

/// Most of what an exponent's divisor may be.
const DIVISORS: i32 = 12;

/// Exponents of m, kg, s, A, K, mol, cd, as whole numbers of small parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dimension([i32; 7]);

impl Dimension {
    /// A pure number.
    pub(crate) const NONE: Self = Self([0; 7]);

    /// From whole exponents of m, kg, s, A, K, mol, cd.
    pub(super) const fn whole(exponents: [i8; 7]) -> Self {
        let mut scaled = [0; 7];
        let mut base = 0;
        while base < 7 {
            scaled[base] = exponents[base] as i32 * SCALE;
            base += 1;
        }
        Self(scaled)
    }

    /// Of a product; `None` beyond any exponent that makes sense.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        self.zip(other, i32::checked_add)
    }

    /// Of a quotient.
    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.zip(other, i32::checked_sub)
    }

    /// Of a power; `None` if some exponent is not exact.
    pub(crate) fn times(self, above: i32, below: i32) -> Option<Self> {
        let mut exponents = self.0;
        for exponent in &mut exponents {
            let product = i64::from(*exponent) * i64::from(above);
            let below = i64::from(below);
            if below == 0 || product % below != 0 {
                return None;
            }
            *exponent = i32::try_from(product / below).ok()?;
        }
        Some(Self(exponents))
    }

    fn zip(self, other: Self, join: fn(i32, i32) -> Option<i32>) -> Option<Self> {
        let mut exponents = self.0;
        for (exponent, other) in exponents.iter_mut().zip(other.0) {
            *exponent = join(*exponent, other)?;
        }
        Some(Self(exponents))
    }
}

/// The fraction that a constant is, with a divisor of at most 12.
pub(crate) fn fraction(value: f64) -> Option<(i32, i32)> {
    const ROUNDING: f64 = 1e-9;
    const MOST: f64 = 1e4;
    if value.is_nan() || value.abs() > MOST {
        return None;
    }
    (1..=DIVISORS).find_map(|below| {
        let above = value * f64::from(below);
        let whole = above.round();
        #[expect(clippy::cast_possible_truncation, reason = "at most 12·10⁴")]
        let close = ((above - whole).abs() < ROUNDING).then_some((whole as i32, below));
        close
    })
}

/// The closest fraction with a divisor of at most 4, if it is closer than fits usually are to
/// the truth.
pub(super) fn nearby_fraction(value: f64) -> Option<f64> {
    const NEARBY: f64 = 0.05;
    let fractions = (1..=4).map(|below| (value * f64::from(below)).round() / f64::from(below));
    let closest = fractions.min_by(|a, b| (a - value).abs().total_cmp(&(b - value).abs()))?;
    ((closest - value).abs() < NEARBY && closest != 0.0).then_some(closest)
}
