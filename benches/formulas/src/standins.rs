//! Functions that look like formulas and are none: a part that the operators cannot write, joined
//! with others so that no function of one elementary formula is left, whose level sets would be a
//! right answer. None must be identified.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use symgrad_expr::{Expr, Op, OpSet};

use crate::negatives::{affine, inputs, network, normal, stream, times};
use crate::problem::Problem;
use crate::sets::Set;

/// Operators that write neither acosh nor a power of 1.7.
const PLAIN: [Op; 9] =
    [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Neg, Op::Square, Op::Sqrt, Op::Sin, Op::Cos];
/// Terms of a power series: enough for sixteen digits at arguments up to 3.5.
const TERMS: u32 = 40;

/// A part that cannot be written.
#[derive(Clone, Copy)]
enum Part {
    Erf,
    LogGamma,
    Acosh,
    Bessel,
    Power,
    Spline,
    /// A draw from a Gaussian process.
    Process,
}

/// Every part in sums and products, then functions that are not of this form.
pub(crate) fn problems() -> Vec<Problem> {
    let parts = [
        (Part::Erf, "erf", (0.2, 1.6)),
        (Part::LogGamma, "lgamma", (0.5, 3.0)),
        (Part::Acosh, "acosh", (1.4, 3.0)),
        (Part::Bessel, "bessel", (0.5, 2.8)),
        (Part::Power, "power", (0.4, 2.5)),
        (Part::Spline, "spline", (0.5, 2.5)),
        (Part::Process, "process", (0.5, 2.5)),
    ];
    let mut found = vec![];
    for (part, name, range) in parts {
        for (number, how) in ["sum", "product", "inside"].into_iter().enumerate() {
            let mut rng = stream(part as u64 * 10 + number as u64);
            let [x, y, z] = [0, 1, 2].map(Expr::var);
            let expr = match how {
                "sum" => part.of(&x, &mut rng) + y * z,
                "product" => part.of(&x, &mut rng) * y + z.square(),
                _ => part.of(&(x.clone() * y), &mut rng) + x * z,
            };
            let ops = match part {
                Part::Acosh | Part::Power => OpSet::new(&PLAIN),
                _ => OpSet::default(),
            };
            let ranges = vec![range, (0.8, 1.25), (0.5, 2.0)];
            found.push(problem(format!("{name}-{how}"), ranges, expr, ops));
        }
    }
    for dim in 2..=4_u16 {
        let ranges = vec![(-1.0, 1.0); usize::from(dim)];
        let mut rng = stream(1_000 + u64::from(dim));
        // Two combinations, for of one alone the level sets are an answer.
        let combinations = (0..2).map(|_| affine(&inputs(dim), 1.0, 0.0, &mut rng));
        let combinations: Vec<Expr> = combinations.collect();
        let processes = combinations.iter().map(|g| Part::Process.of(g, &mut rng));
        let sum = Expr::sum(processes.collect::<Vec<_>>());
        let small = network(dim, 4, &mut rng);
        let ops = OpSet::default();
        found.push(problem(
            format!("process-combinations-{dim}"),
            ranges.clone(),
            sum,
            ops.clone(),
        ));
        found.push(problem(format!("network-small-{dim}"), ranges, small, ops));
    }
    found
}

fn problem(name: String, ranges: Vec<(f64, f64)>, expr: Expr, ops: OpSet) -> Problem {
    let inputs = (1..=ranges.len()).map(|i| format!("x{i}")).collect();
    Problem { set: Set::Standins, half: None, name, inputs, ranges, expr, ops }
}

impl Part {
    /// The part as a function of `x`, written in all operators and at length.
    fn of(self, x: &Expr, rng: &mut ChaCha8Rng) -> Expr {
        match self {
            // 2/√π·Σ (−1)ⁿ x²ⁿ⁺¹/(n! (2n + 1)).
            Self::Erf => {
                let coefficients =
                    alternating(|n| n).zip(0..).map(|(c, n)| c / f64::from(2 * n + 1));
                let series = power_series(&x.clone().square(), &coefficients.collect::<Vec<_>>());
                times(std::f64::consts::FRAC_2_SQRT_PI, x.clone() * series)
            }
            // Σ (−1)ⁿ (x/2)²ⁿ/n!².
            Self::Bessel => {
                let quarter = times(0.25, x.clone().square());
                power_series(&quarter, &alternating(|n| n * n).collect::<Vec<_>>())
            }
            // Stirling's series at x + 9, and the recurrence back to x.
            Self::LogGamma => {
                let y = plus(x, 9.0);
                let inverse = Expr::unary(Op::Inv, y.clone());
                let corrections = [12.0, -360.0, 1260.0, -1680.0, 1188.0].map(f64::recip);
                let tail = inverse.clone() * power_series(&inverse.square(), &corrections);
                let steps = (0..9).map(|k| plus(x, f64::from(k)));
                let product = steps.reduce(|product, step| product * step).unwrap_or(y.clone());
                let sum = plus(&y, -0.5) * Expr::unary(Op::Log, y.clone()) - y + tail;
                plus(&sum, 0.5 * std::f64::consts::TAU.ln()) - Expr::unary(Op::Log, product)
            }
            Self::Acosh => {
                let root = Expr::unary(Op::Sqrt, plus(&x.clone().square(), -1.0));
                Expr::unary(Op::Log, x.clone() + root)
            }
            Self::Power => Expr::binary(Op::Pow, x.clone(), &Expr::constant(1.7)),
            // Cubic between knots at ½, 1, …, 2½, with the knots' weights at random.
            Self::Spline => {
                let pieces = (1..=5).map(|knot| {
                    let distance = Expr::unary(Op::Abs, plus(x, -0.5 * f64::from(knot)));
                    times(normal(rng), Expr::unary(Op::Cube, distance))
                });
                Expr::sum(pieces.collect::<Vec<_>>()) + x.clone()
            }
            // The spectral density of the squared exponential kernel of length ½.
            Self::Process => {
                let waves = (0..24).map(|_| {
                    let phase = rng.random::<f64>() * std::f64::consts::TAU;
                    let wave =
                        Expr::unary(Op::Cos, plus(&times(2.0 * normal(rng), x.clone()), phase));
                    times(0.3, wave)
                });
                Expr::sum(waves.collect::<Vec<_>>())
            }
        }
    }
}

/// (−1)ⁿ/n! or, with n·n, (−1)ⁿ/n!²: `factor` says what each step divides by.
fn alternating(factor: fn(f64) -> f64) -> impl Iterator<Item = f64> {
    let mut coefficient = 1.0;
    (0..TERMS).map(move |n| {
        if n > 0 {
            coefficient /= -factor(f64::from(n));
        }
        coefficient
    })
}

/// Σ cₙ xⁿ by Horner's rule.
fn power_series(x: &Expr, coefficients: &[f64]) -> Expr {
    let terms = coefficients.iter().rev().copied();
    let sum = terms.fold(None, |sum: Option<Expr>, c| {
        Some(sum.map_or(Expr::constant(c), |sum| plus(&(x.clone() * sum), c)))
    });
    sum.unwrap_or(Expr::constant(0.0))
}

fn plus(x: &Expr, constant: f64) -> Expr {
    x.clone() + Expr::constant(constant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_the_values_of_what_they_are_called() {
        let mut rng = stream(0);
        // Abramowitz and Stegun, tables 7.1, 6.1, 9.1 and 4.
        let known = [
            (Part::Erf, 0.5, 0.520_499_877_813_046_5),
            (Part::Erf, 1.5, 0.966_105_146_475_310_7),
            (Part::LogGamma, 0.5, 0.572_364_942_924_700_1),
            (Part::LogGamma, 3.0, std::f64::consts::LN_2),
            (Part::Acosh, 2.0, 1.316_957_896_924_816_7),
            (Part::Bessel, 1.0, 0.765_197_686_557_966_6),
            (Part::Bessel, 3.0, -0.260_051_954_901_933_4),
            (Part::Power, 2.0, 3.249_009_585_424_942),
        ];
        for (part, at, value) in known {
            let found = part.of(&Expr::var(0), &mut rng).eval(&[at]);
            assert!((found - value).abs() < 1e-12, "{found} is not {value}");
        }
    }
}
