//! Combinations of two variables whose coefficient depends on the others, by the method of
//! characteristics.
//!
//! If f = F(u, z) with u = β(xⱼ) + p(z)·α(xᵢ) and z the other variables, then the vector field
//! β′(xⱼ)·∂ᵢ − p(z)·α′(xᵢ)·∂ⱼ annihilates f, and u is a first integral of it. The components of ∇f
//! give values of p at all points: p = (∂ᵢf/α′)/(∂ⱼf/β′). Whether they depend on z alone is told by
//! a smooth fit; finding p is an ordinary regression with two variables less than f has, and
//! finding F afterwards a search with one less.

use symgrad_expr::{Expr, OpSet, Program, Workspace};

use super::Coordinates;
use super::smooth::{Smooth, slopes_of};
use crate::propose::spectral;
use crate::score::objective::Objective;
use crate::score::target::{Target, Values};

/// Two variables xᵢ and xⱼ that may enter through β(xⱼ) + p(z)·α(xᵢ) alone.
#[derive(Clone, Debug)]
pub(crate) struct Characteristic {
    /// The places of xᵢ and xⱼ.
    pair: [usize; 2],
    /// The places of z.
    others: Vec<usize>,
    /// α and β, of x1.
    functions: [Expr; 2],
    /// The share of the variance of p that a smooth function of z leaves unexplained.
    share: f64,
    /// Values of p, and weights under which its errors are those of ∂ᵢf.
    values: Vec<f64>,
    weights: Vec<f64>,
}

/// A smooth function of the other variables leaves at most this share unexplained: wrong pairs
/// leave a good part of it, right ones what a polynomial of a low degree has to leave.
const UNEXPLAINED: f64 = 0.02;

/// Coefficients that vary less than this, relative to their size, are constants: such pairs are
/// combined by themselves.
const CONSTANT: f64 = 1e-3;

/// Most functions of a pair that are kept, and most that are followed altogether.
const OF_A_PAIR: usize = 2;
const FOLLOWED: usize = 4;

/// Most variables: there are as many regressions as pairs.
const VARIABLES: usize = 9;

/// Highest degree of a smooth fit.
const DEGREE: usize = 8;

/// The characteristics of which a smooth fit leaves least, and how many were tried.
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
        let smooth = Smooth::new(&columns, DEGREE);
        let mut of_pair: Vec<Characteristic> = vec![];
        for pair in [[first, second], [second, first]] {
            for (alpha, by_alpha) in &slopes[pair[0]] {
                for (beta, by_beta) in &slopes[pair[1]] {
                    tried += 1;
                    let functions = [(*alpha).clone(), (*beta).clone()];
                    let of = Characteristic::new(pair, &others, functions, coordinates);
                    of_pair.extend(of.fitted([by_alpha, by_beta], coordinates, &smooth));
                }
            }
        }
        of_pair.sort_by(|a, b| a.share.total_cmp(&b.share));
        of_pair.truncate(OF_A_PAIR);
        found.extend(of_pair);
    }
    found.sort_by(|a, b| a.share.total_cmp(&b.share));
    found.truncate(FOLLOWED);
    (found, tried)
}

impl Characteristic {
    fn new(pair: [usize; 2], others: &[usize], functions: [Expr; 2], of: &Coordinates) -> Self {
        let none = || Vec::with_capacity(of.weights.len());
        let (values, weights) = (none(), none());
        Self { pair, others: others.to_vec(), functions, share: f64::INFINITY, values, weights }
    }

    /// With the values of the coefficient, if a smooth function of the other variables explains
    /// them.
    fn fitted(mut self, slopes: [&Vec<f64>; 2], of: &Coordinates, smooth: &Smooth) -> Option<Self> {
        let [i, j] = self.pair;
        for (n, (by_alpha, by_beta)) in slopes[0].iter().zip(slopes[1]).enumerate() {
            let along = of.direction[i][n] / by_alpha;
            let across = of.direction[j][n] / by_beta;
            // Errors of the coefficient count as errors of ∂ᵢf.
            let weight = of.weights[n] * (across * by_alpha).powi(2);
            let value = along / across;
            let counts = value.is_finite() && weight.is_finite();
            self.values.push(if counts { value } else { 0.0 });
            self.weights.push(if counts { weight } else { 0.0 });
        }
        let total: f64 = self.weights.iter().sum();
        if !total.is_normal() {
            return None;
        }
        let mean_of = |number: &dyn Fn(f64) -> f64| {
            let each = self.values.iter().zip(&self.weights).map(|(v, w)| w * number(*v));
            each.sum::<f64>() / total
        };
        let mean = mean_of(&|v| v);
        let variance = mean_of(&|v| (v - mean).powi(2));
        if variance <= CONSTANT.powi(2) * mean * mean {
            return None;
        }
        self.share = smooth.fit(&self.values, &self.weights)?.left / (total * variance);
        (self.share < UNEXPLAINED).then_some(self)
    }

    /// Finding the coefficient as a function of the other variables. `None` if its values do not
    /// vary.
    pub(crate) fn regression(&self, coordinates: &Coordinates) -> Option<Objective> {
        let target = Target::Values(Values::of(&self.values, &self.weights, false)?);
        let columns = self.others.iter().map(|&k| coordinates.columns[k].clone()).collect();
        let names = (1..=self.others.len()).map(|k| format!("x{k}")).collect();
        Some(Objective::weighted(names, columns, self.weights.clone(), target))
    }

    /// β(xⱼ) + p(z)·α(xᵢ) in x1, x2 and so on, which stand for the variables in their places.
    fn integral(&self, coefficient: &Expr) -> Expr {
        let at = |place: usize| u16::try_from(place).map_or(Expr::constant(f64::NAN), Expr::var);
        let others: Vec<Expr> = self.others.iter().map(|&k| at(k)).collect();
        let [alpha, beta] = &self.functions;
        let [i, j] = self.pair.map(|place| [at(place)]);
        beta.substitute(&j) + coefficient.substitute(&others) * alpha.substitute(&i)
    }
}

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
