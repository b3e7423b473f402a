//! Combinations of two variables whose coefficient depends on the others, by the method of
//! characteristics.
//!
//! If f = F(u, z) with u = β(xⱼ) + p(z)·α(xᵢ) and z the other variables, then the vector field
//! β′(xⱼ)·∂ᵢ − p(z)·α′(xᵢ)·∂ⱼ annihilates f, and u is a first integral of it. The components of ∇f
//! give values of p at all points: p = (∂ᵢf/α′)/(∂ⱼf/β′). Whether they depend on z alone is told by
//! a smooth fit; finding p is an ordinary regression with two variables less than f has, and
//! finding F afterwards a search with one less.
//!
//! The same holds for u = (xⱼ + q(z))·exp(k·α(xᵢ)), where (∂ᵢf/α′)/∂ⱼf = k·(xⱼ + q(z)): a power of xᵢ over a
//! sum, as in laws of saturation.

use symgrad_expr::{Expr, Node, Op, OpSet, Program, Workspace};

use super::Coordinates;
use super::smooth::{LeastSquares, Smooth, logarithms, slopes_of};
use crate::propose::spectral;
use crate::score::objective::Objective;
use crate::score::target::{Target, Values};

/// Two variables xᵢ and xⱼ that may enter through one combination alone.
#[derive(Clone, Debug)]
pub(crate) struct Characteristic {
    /// The places of xᵢ and xⱼ.
    pair: [usize; 2],
    /// The places of z.
    others: Vec<usize>,
    /// α, of x1.
    alpha: Expr,
    form: Form,
    /// The share of the coefficient's variance that a smooth function of z leaves unexplained.
    pub(crate) share: f64,
    /// The coefficient in x1, x2 and so on, which stand for z, where it is a monomial.
    pub(crate) monomial: Option<Expr>,
    /// Values of the coefficient p or q, and weights under which its errors are those of ∂ᵢf.
    values: Vec<f64>,
    weights: Vec<f64>,
}

/// How the two enter.
#[derive(Clone, Debug)]
enum Form {
    /// β(xⱼ) + p(z)·α(xᵢ), with β of x1.
    Sum { beta: Expr },
    /// (xⱼ + q(z))·exp(k·α(xᵢ)).
    Shifted { rate: f64 },
}

/// A smooth function of the other variables leaves at most this share unexplained: wrong pairs
/// leave a good part of it, right ones what a polynomial of a low degree has to leave.
const UNEXPLAINED: f64 = 0.02;

/// Coefficients that vary less than this, relative to their size, are constants: such pairs are
/// combined by themselves.
const CONSTANT: f64 = 1e-3;

/// Most functions of a pair that are kept.
const OF_A_PAIR: usize = 2;

/// Most variables: there are as many regressions as pairs.
const VARIABLES: usize = 9;

/// Highest degree of a smooth fit.
const DEGREE: usize = 8;

/// Characteristics, those of which a smooth fit leaves least first, and how many were tried.
pub(crate) fn characteristics(
    coordinates: &Coordinates,
    ops: &OpSet,
) -> (Vec<Characteristic>, u64) {
    let dim = coordinates.dim();
    if !(3..=VARIABLES).contains(&dim) {
        return (vec![], 0);
    }
    let atoms = spectral::atoms(&Expr::var(0), ops);
    let slopes: Vec<Vec<(&Expr, Vec<f64>)>> = coordinates
        .columns
        .iter()
        .map(|column| atoms.iter().filter_map(|f| Some((f, slopes_of(f, column)?))).collect())
        .collect();
    let mut tried = 0;
    let mut found: Vec<Characteristic> = vec![];
    for (first, second) in coordinates.pairs() {
        let others: Vec<usize> = (0..dim).filter(|k| *k != first && *k != second).collect();
        let columns: Vec<&[f64]> = others.iter().map(|&k| &*coordinates.columns[k]).collect();
        let smooth = smooth_in(&columns);
        let logarithms = Logarithms::new(&columns);
        let mut of_pair: Vec<Characteristic> = vec![];
        for pair in [[first, second], [second, first]] {
            let all_fits: Vec<Fits> =
                smooth.iter().filter_map(|smooth| Fits::new(pair, smooth, coordinates)).collect();
            let Some(weights) = all_fits.first().map(|fits| &fits.weights) else { continue };
            for (alpha, by_alpha) in &slopes[pair[0]] {
                for (beta, by_beta) in &slopes[pair[1]] {
                    tried += 1;
                    let found = all_fits.iter().filter_map(|fits| {
                        let quotients = fits.quotients(by_alpha, by_beta);
                        fits.coefficient(&quotients, beta).or_else(|| {
                            let is_linear = **beta == Expr::var(0);
                            is_linear.then(|| fits.shift(&quotients, coordinates))?
                        })
                    });
                    let found = found.min_by(|a, b| a.share.total_cmp(&b.share));
                    of_pair.extend(found.map(|Coefficient { form, share, values }| {
                        let monomial = logarithms.monomial(&values);
                        Characteristic {
                            pair,
                            others: others.clone(),
                            alpha: (*alpha).clone(),
                            form,
                            share: if monomial.is_some() { 0.0 } else { share },
                            monomial,
                            values,
                            weights: weights.clone(),
                        }
                    }));
                }
            }
        }
        of_pair.sort_by(|a, b| a.share.total_cmp(&b.share));
        of_pair.truncate(OF_A_PAIR);
        found.extend(of_pair);
    }
    found.sort_by(|a, b| a.share.total_cmp(&b.share));
    (found, tried)
}

/// Smooth functions of variables, and of their logarithms where these are known: either may need the lower degree.
fn smooth_in(columns: &[&[f64]]) -> Vec<Smooth> {
    let plain = Smooth::new(columns, DEGREE);
    let owned: Vec<Vec<f64>> = columns.iter().map(|column| column.to_vec()).collect();
    let of_logarithms = logarithms(&owned).map(|logarithms| {
        let columns: Vec<&[f64]> = logarithms.iter().map(Vec::as_slice).collect();
        Smooth::new(&columns, DEGREE)
    });
    std::iter::once(plain).chain(of_logarithms).collect()
}

impl Characteristic {
    /// Finding the coefficient as a function of the other variables. `None` if its values do not
    /// vary.
    pub(crate) fn regression(&self, coordinates: &Coordinates) -> Option<Objective> {
        let target = Target::Values(Values::of(&self.values, &self.weights, false)?);
        let columns = self.others.iter().map(|&k| coordinates.columns[k].clone()).collect();
        let names = (1..=self.others.len()).map(|k| format!("x{k}")).collect();
        Some(Objective::weighted(names, columns, self.weights.clone(), target))
    }

    /// The combination in x1, x2 and so on, which stand for the variables in their places.
    fn integral(&self, coefficient: &Expr) -> Expr {
        let at = |place: usize| u16::try_from(place).map_or(Expr::constant(f64::NAN), Expr::var);
        let others: Vec<Expr> = self.others.iter().map(|&k| at(k)).collect();
        let coefficient = coefficient.substitute(&others);
        let [i, j] = self.pair.map(|place| [at(place)]);
        match &self.form {
            Form::Sum { beta } => beta.substitute(&j) + coefficient * self.alpha.substitute(&i),
            Form::Shifted { rate } => {
                let [x] = j;
                (x + coefficient) * grown(&self.alpha, *rate).substitute(&i)
            }
        }
    }
}

/// What the quotients tell of a coefficient.
struct Coefficient {
    form: Form,
    share: f64,
    values: Vec<f64>,
}

/// Smooth fits to (∂ᵢf/α′)/(∂ⱼf/β′), for whatever α and β.
struct Fits {
    pair: [usize; 2],
    /// ∂ᵢf/∂ⱼf.
    slopes: Vec<f64>,
    /// Weights under which errors of that are those of ∂ᵢf.
    weights: Vec<f64>,
    total: f64,
    /// Functions of the other variables, and these with xⱼ before them.
    plain: LeastSquares,
    shifted: LeastSquares,
}

impl Fits {
    fn new(pair: [usize; 2], smooth: &Smooth, of: &Coordinates) -> Option<Self> {
        let [i, j] = pair;
        let (mut slopes, mut weights) = (vec![], vec![]);
        for (n, (along, across)) in of.direction[i].iter().zip(&of.direction[j]).enumerate() {
            let counts = (along / across).is_finite();
            slopes.push(if counts { along / across } else { 0.0 });
            weights.push(if counts { of.weights[n] * across * across } else { 0.0 });
        }
        let total: f64 = weights.iter().sum();
        let plain = smooth.weighted(&weights)?;
        let shifted = Smooth::column(&of.columns[j]).and(smooth).weighted(&weights)?;
        total.is_normal().then_some(Self { pair, slopes, weights, total, plain, shifted })
    }

    fn quotients(&self, by_alpha: &[f64], by_beta: &[f64]) -> Vec<f64> {
        let each = self.slopes.iter().zip(by_alpha).zip(by_beta);
        each.map(|((slope, by_alpha), by_beta)| slope * by_beta / by_alpha).collect()
    }

    /// As p(z), if a smooth function of the other variables explains the quotients.
    fn coefficient(&self, quotients: &[f64], beta: &Expr) -> Option<Coefficient> {
        let variance = self.variance(quotients)?;
        let share = self.plain.fit(quotients)?.left / (variance * self.total);
        let form = Form::Sum { beta: beta.clone() };
        (share < UNEXPLAINED).then(|| Coefficient { form, share, values: quotients.to_vec() })
    }

    /// As k·(xⱼ + q(z)), with q a smooth function of the other variables.
    fn shift(&self, quotients: &[f64], of: &Coordinates) -> Option<Coefficient> {
        let fit = self.shifted.fit(quotients)?;
        let rate = simple(fit.coefficients[0]);
        let column = &of.columns[self.pair[1]];
        let values: Vec<f64> = quotients.iter().zip(column).map(|(v, x)| v / rate - x).collect();
        let share = fit.left / (rate * rate * self.total * self.variance(&values)?);
        let form = Form::Shifted { rate };
        (share < UNEXPLAINED).then_some(Coefficient { form, share, values })
    }

    /// The weighted mean of squares about the mean, if values vary.
    fn variance(&self, values: &[f64]) -> Option<f64> {
        let mean_of = |number: &dyn Fn(f64) -> f64| {
            let each = values.iter().zip(&self.weights).map(|(v, w)| w * number(*v));
            each.sum::<f64>() / self.total
        };
        let mean = mean_of(&|v| v);
        let (variance, square) = (mean_of(&|v| (v - mean).powi(2)), mean_of(&|v| v * v));
        (variance.is_normal() && variance > CONSTANT.powi(2) * square).then_some(variance)
    }
}

/// Least squares of logarithms, to which monomials are exact.
struct Logarithms(Option<LeastSquares>);

impl Logarithms {
    fn new(columns: &[&[f64]]) -> Self {
        let logarithms = |column: &&[f64]| column.iter().map(|x| x.ln()).collect::<Vec<f64>>();
        let are_positive =
            columns.iter().all(|column| column.iter().all(|x| x.is_normal() && *x > 0.0));
        let points = columns.first().map_or(0, |column| column.len());
        let smooth = are_positive.then(|| {
            let ones = Smooth::column(&vec![1.0; points]);
            columns.iter().map(logarithms).fold(ones, |all, of| all.and(&Smooth::column(&of)))
        });
        Self(smooth.and_then(|smooth| smooth.weighted(&vec![1.0; points])))
    }

    /// Values as a monomial with half-integer exponents, if they are one.
    fn monomial(&self, values: &[f64]) -> Option<Expr> {
        let logarithms: Vec<f64> = values.iter().map(|value| value.abs().ln()).collect();
        let have_one_sign = values.windows(2).all(|pair| pair[0] * pair[1] > 0.0);
        let are_finite = logarithms.iter().all(|value| value.is_finite());
        let fit = self.0.as_ref().filter(|_| have_one_sign && are_finite)?.fit(&logarithms)?;
        if fit.left > EXACT * values.len() as f64 {
            return None;
        }
        let (constant, exponents) = fit.coefficients.split_first()?;
        let mut found = Expr::constant(constant.exp().copysign(values[0]));
        for (place, exponent) in (0..).zip(exponents) {
            if exponent.abs() > ROUNDING {
                found = found * power(*exponent)?.substitute(&[Expr::var(place)]);
            }
        }
        Some(found)
    }
}

/// A mean square of misfits of logarithms below this is rounding.
const EXACT: f64 = 1e-18;

/// The half-integer that a rate is near: the smooth fits that it comes from are not exact.
fn simple(rate: f64) -> f64 {
    let half = (2.0 * rate).round() / 2.0;
    if half != 0.0 && (rate - half).abs() < NEAR { half } else { rate }
}

/// Rates this near to a half-integer are meant to be one: what a smooth fit leaves unexplained
/// moves them no further.
const NEAR: f64 = UNEXPLAINED;

/// exp(k·α), a power where α is a logarithm and k a half-integer.
fn grown(alpha: &Expr, rate: f64) -> Expr {
    let power = if alpha.root() == Node::Op(Op::Log) { power(rate) } else { None };
    power.unwrap_or_else(|| Expr::unary(Op::Exp, Expr::constant(rate) * alpha.clone()))
}

/// A power of x1 as products, quotients and a root; `None` of exponents that are large or no
/// half-integers.
fn power(exponent: f64) -> Option<Expr> {
    let halves = (2.0 * exponent).round();
    if (2.0 * exponent - halves).abs() > ROUNDING || halves.abs() > 2.0 * f64::from(HIGHEST) {
        return None;
    }
    let x = Expr::var(0);
    let whole = (1..=HIGHEST).filter(|k| f64::from(2 * k) <= halves.abs());
    let root = (halves % 2.0 != 0.0).then(|| Expr::unary(Op::Sqrt, x.clone()));
    let found = whole.map(|_| x.clone()).chain(root).reduce(|product, factor| product * factor)?;
    Some(if exponent < 0.0 { Expr::constant(1.0) / found } else { found })
}

/// Rounding of an exponent.
const ROUNDING: f64 = 1e-6;

/// Highest power that is written as a product.
const HIGHEST: u32 = 12;

impl Coordinates {
    /// With the first integral of a characteristic in the place of its two variables. `None` where
    /// that is not finite.
    pub(crate) fn integrated(&self, of: &Characteristic, coefficient: &Expr) -> Option<Self> {
        let expr = of.integral(coefficient);
        let mut values = vec![0.0; self.weights.len()];
        let mut slopes = vec![vec![]; self.dim()];
        let bad = Program::compile(&expr)
            .input_gradients(&self.columns, &mut Workspace::default(), &mut values, &mut slopes)
            .ok()?;
        let [i, j] = of.pair;
        // f = F(u, z), so that ∂f = ∂F/∂u·∂u along the two variables, and along any other one
        // ∂F/∂z = ∂f − ∂F/∂u·∂u.
        let along = |n: usize| {
            let dot = |a: &[Vec<f64>], b: &[Vec<f64>]| a[i][n] * b[i][n] + a[j][n] * b[j][n];
            dot(&self.direction, &slopes) / dot(&slopes, &slopes)
        };
        let along: Vec<f64> = (0..values.len()).map(along).collect();
        let mut direction = self.direction.clone();
        for &k in &of.others {
            for (n, component) in direction[k].iter_mut().enumerate() {
                *component -= along[n] * slopes[k][n];
            }
        }
        let whole = expr.substitute(&self.variables);
        let mut moved = self.clone();
        moved.direction = direction;
        (bad == 0).then(|| moved.replaced(&of.pair, whole, values, along))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read off is the values' own function; what is none with half-integer exponents is
    /// left to a regression.
    #[test]
    fn monomials_are_read_off_exactly() {
        let column = |step: f64| -> Vec<f64> {
            (1..=60).map(|n| 0.3 + 2.0 * (f64::from(n) * step).fract()).collect()
        };
        let columns = [column(0.618_034), column(0.414_214)];
        let logarithms = Logarithms::new(&[&columns[0], &columns[1]]);
        for (constant, exponents) in
            [(2.5, [1.0, -2.0]), (-0.7, [-0.5, 0.0]), (1.0, [12.0, 1.5]), (3.0, [0.0, -3.5])]
        {
            let values: Vec<f64> = columns[0]
                .iter()
                .zip(&columns[1])
                .map(|(x, y)| constant * x.powf(exponents[0]) * y.powf(exponents[1]))
                .collect();
            let found = logarithms.monomial(&values).unwrap();
            let mut read = vec![0.0; 60];
            Program::compile(&found)
                .values(&columns, &mut Workspace::default(), &mut read)
                .unwrap();
            let same = |(a, b): (&f64, &f64)| (a / b - 1.0).abs() < 1e-6;
            assert!(read.iter().zip(&values).all(same), "{found}");
        }
        for exponent in [0.2, 1.3, 13.0] {
            let values: Vec<f64> = columns[0].iter().map(|x| x.powf(exponent)).collect();
            assert_eq!(logarithms.monomial(&values), None, "{exponent}");
        }
        let sums: Vec<f64> = columns[0].iter().zip(&columns[1]).map(|(x, y)| x + y).collect();
        assert_eq!(logarithms.monomial(&sums), None);
    }
}
