//! Smooth random functions that no short formula describes: whatever a search answers, it must
//! not claim to have identified the function.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use symgrad_expr::{Expr, Op, OpSet};

use crate::problem::Problem;
use crate::sets::Set;

/// Functions of every family and number of inputs.
const EACH: u64 = 3;
/// Seed of the functions themselves, which do not depend on a run's seed.
const SEED: u64 = 0x6e65_6761_7469_7665;

/// A family of random functions on [−1, 1]ᵈ.
#[derive(Clone, Copy)]
enum Family {
    /// Waves of random direction, length and phase.
    Fourier,
    /// A network with two hidden layers of tanh units.
    Network,
    /// Gaussian bumps at random places.
    Bumps,
}

/// All of them, in a fixed order.
pub(crate) fn problems() -> Vec<Problem> {
    let families =
        [(Family::Fourier, "fourier"), (Family::Network, "network"), (Family::Bumps, "bumps")];
    let mut found = vec![];
    for (family, name) in families {
        for dim in 2..=6_u16 {
            for number in 1..=EACH {
                let mut rng = stream(family as u64 * 1_000 + u64::from(dim) * 100 + number);
                found.push(Problem {
                    set: Set::Negatives,
                    half: None,
                    name: format!("{name}-{dim}-{number}"),
                    inputs: (1..=dim).map(|i| format!("x{i}")).collect(),
                    ranges: vec![(-1.0, 1.0); usize::from(dim)],
                    expr: match family {
                        Family::Fourier => fourier(dim, &mut rng),
                        Family::Network => network(dim, 8, &mut rng),
                        Family::Bumps => bumps(dim, &mut rng),
                    },
                    ops: OpSet::default(),
                });
            }
        }
    }
    found
}

/// Boxes of points for noise: what function is drowned in it does not matter.
pub(crate) fn boxes() -> Vec<Problem> {
    let sizes = (2..=6_u16).flat_map(|dim| (1..=EACH).map(move |number| (dim, number)));
    let problem = |(dim, number)| Problem {
        set: Set::Noise,
        half: None,
        name: format!("noise-{dim}-{number}"),
        inputs: (1..=dim).map(|i| format!("x{i}")).collect(),
        ranges: vec![(-1.0, 1.0); usize::from(dim)],
        expr: Expr::sum(inputs(dim)),
        ops: OpSet::default(),
    };
    sizes.map(problem).collect()
}

/// The random numbers of one function.
pub(crate) fn stream(number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    rng.set_stream(number);
    rng
}

/// Twenty waves, wave vectors normal with standard deviation 2.
fn fourier(dim: u16, rng: &mut ChaCha8Rng) -> Expr {
    let waves = (0..20).map(|_| {
        let phase = rng.random::<f64>() * std::f64::consts::TAU;
        let argument = affine(&inputs(dim), 2.0, phase, rng);
        times(normal(rng), Expr::unary(Op::Cos, argument))
    });
    Expr::sum(waves.collect::<Vec<_>>())
}

/// d → width → width → 1 with weights that keep the units in the bent part of tanh.
pub(crate) fn network(dim: u16, width: usize, rng: &mut ChaCha8Rng) -> Expr {
    let mut layer = inputs(dim);
    for spread in [1.5, 1.0] {
        layer = (0..width)
            .map(|_| {
                let bias = 0.5 * normal(rng);
                Expr::unary(Op::Tanh, affine(&layer, spread, bias, rng))
            })
            .collect();
    }
    affine(&layer, 1.0, 0.0, rng)
}

/// Twelve bumps of either sign and of width 0.6 to 1, narrow enough not to merge.
fn bumps(dim: u16, rng: &mut ChaCha8Rng) -> Expr {
    let bumps = (0..12).map(|_| {
        let width = 0.6 + 0.4 * rng.random::<f64>();
        let squares = inputs(dim).into_iter().map(|x| {
            let centre = rng.random::<f64>() * 2.0 - 1.0;
            (x - Expr::constant(centre)).square()
        });
        let distance = Expr::sum(squares.collect::<Vec<_>>());
        let height = normal(rng);
        times(height, Expr::unary(Op::Exp, times(-0.5 / (width * width), distance)))
    });
    Expr::sum(bumps.collect::<Vec<_>>())
}

/// Σ wᵢ uᵢ + bias with normal weights.
pub(crate) fn affine(units: &[Expr], spread: f64, bias: f64, rng: &mut ChaCha8Rng) -> Expr {
    let terms = units.iter().map(|unit| times(spread * normal(rng), unit.clone()));
    Expr::sum(terms.chain([Expr::constant(bias)]).collect::<Vec<_>>())
}

pub(crate) fn inputs(dim: u16) -> Vec<Expr> {
    (0..dim).map(Expr::var).collect()
}

pub(crate) fn times(factor: f64, expr: Expr) -> Expr {
    Expr::constant(factor) * expr
}

pub(crate) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}
