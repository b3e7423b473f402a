//! Functions of one input with a constant inside.

use symgrad_expr::{Expr, Op, OpSet};

use crate::propose::spectral::{power, reciprocal};

/// Functions that share a phase, the constant times a function of the input.
pub(super) struct Atom {
    kind: Kind,
    phase: Expr,
    /// Those on the grid.
    pub(super) constants: Vec<f64>,
}

#[derive(Clone, Copy)]
enum Kind {
    /// eᵖ, e⁻ᵖ, e²ᵖ
    Exponential,
    /// sin p, cos p, sin² p, tan p
    Wave,
    /// √(1 + p), 1/√(1 + p)
    Root,
    /// 1/(1 + p), 1/(1 + p)²
    Reciprocal,
    /// √(1 + p)³, 1/√(1 + p)³
    RootCubed,
    /// log(1 + p)
    Logarithm,
    /// log(1 + eᵖ), log|1 − eᵖ|
    LogarithmOfSum,
    /// 1/(eᵖ + 1), 1/(eᵖ − 1), the square of the first: tanh is a sum of these and constants.
    Occupation,
    /// An operator that is not in the default set.
    Named(Op),
}

/// The operators that are tried where they are allowed.
const NAMED: [Op; 6] = [Op::Tanh, Op::Tan, Op::Atan, Op::Asin, Op::Sinh, Op::Erf];

/// Sizes of phases: the least, the ratio of one to the next, and how many.
const LEAST: f64 = 0.12;
const RATIO: f64 = 1.2;
const COUNT: u32 = 30;

/// Sizes of the phases of waves, which are as far from each other everywhere.
const WAVES: u32 = 48;
const APART: f64 = 0.15;

/// What phases are made of.
struct Phases {
    x: Expr,
    square: Expr,
    cube: Expr,
    root: Expr,
    reciprocal: Option<Expr>,
    logarithm: Expr,
    sine: Expr,
    cosine: Expr,
    sine_squared: Expr,
}

impl Phases {
    fn of(input: u16, ops: &OpSet) -> Self {
        let x = Expr::var(input);
        Self {
            square: x.clone() * x.clone(),
            cube: x.clone() * x.clone() * x.clone(),
            root: Expr::unary(Op::Sqrt, x.clone()),
            reciprocal: reciprocal(x.clone(), ops),
            logarithm: Expr::unary(Op::Log, x.clone()),
            sine: Expr::unary(Op::Sin, x.clone()),
            cosine: Expr::unary(Op::Cos, x.clone()),
            sine_squared: Expr::unary(Op::Sin, x.clone()).square(),
            x,
        }
    }

    fn of_kind(&self, kind: Kind) -> Vec<Expr> {
        let Self { x, square, cube, root, reciprocal, logarithm, sine, cosine, sine_squared } =
            self;
        let plain: Vec<&Expr> = [x, square, root].into_iter().chain(reciprocal).collect();
        let chosen: Vec<&Expr> = match kind {
            Kind::Exponential => [&plain[..], &[logarithm, sine, cosine]].concat(),
            Kind::Wave => [&plain[..], &[logarithm]].concat(),
            Kind::Root | Kind::Reciprocal | Kind::Logarithm => {
                [&plain[..], &[cube, sine, cosine, sine_squared]].concat()
            }
            Kind::RootCubed => plain,
            Kind::LogarithmOfSum | Kind::Occupation | Kind::Named(_) => plain,
        };
        chosen.into_iter().cloned().collect()
    }
}

/// The atoms that the operators can write. `size` tells how large a phase is on the data.
pub(super) fn atoms(
    input: u16,
    ops: &OpSet,
    mut size: impl FnMut(&Expr) -> Option<f64>,
) -> Vec<Atom> {
    let phases = Phases::of(input, ops);
    let named = NAMED.into_iter().filter(|op| ops.contains(*op)).map(Kind::Named);
    let kinds = [
        Kind::Exponential,
        Kind::Wave,
        Kind::Root,
        Kind::Reciprocal,
        Kind::RootCubed,
        Kind::Logarithm,
        Kind::LogarithmOfSum,
        Kind::Occupation,
    ];
    let mut found = vec![];
    for kind in kinds.into_iter().chain(named) {
        for phase in phases.of_kind(kind) {
            if let Some(size) = size(&phase) {
                let signs: &[f64] = if kind.has_sign() { &[1.0, -1.0] } else { &[1.0] };
                found.extend(signs.iter().map(|sign| Atom {
                    kind,
                    phase: phase.clone(),
                    constants: kind.sizes().iter().map(|s| sign * s / size).collect(),
                }));
            }
        }
    }
    found
}

impl Kind {
    /// Sizes of the phase on the grid.
    fn sizes(self) -> Vec<f64> {
        match self {
            Self::Wave => (1..=WAVES).map(|k| APART * f64::from(k)).collect(),
            _ => (0..COUNT).map(|k| LEAST * RATIO.powi(k.cast_signed())).collect(),
        }
    }

    /// Whether constants of the other sign are other functions.
    fn has_sign(self) -> bool {
        matches!(
            self,
            Self::Exponential | Self::Root | Self::Reciprocal | Self::RootCubed | Self::Logarithm
        )
    }
}

impl Atom {
    /// Whether what is sought may be divided by its functions: they do not add up to 1 themselves, whatever the
    /// constant is.
    pub(super) fn may_divide(&self) -> bool {
        !matches!(self.kind, Kind::Reciprocal)
    }

    /// Its functions at a constant, as far as the operators can write them.
    pub(super) fn functions(&self, constant: f64, ops: &OpSet) -> Vec<Expr> {
        let phase = Expr::constant(constant) * self.phase.clone();
        let unary = |op: Op, argument: &Expr| Expr::unary(op, argument.clone());
        let one = || Expr::constant(1.0);
        let above = one() + phase.clone();
        let over = |expr: Expr| reciprocal(expr, ops);
        let found = match self.kind {
            Kind::Exponential => {
                let other = Expr::constant(-constant) * self.phase.clone();
                let power = unary(Op::Exp, &phase);
                vec![Some(power.clone()), Some(unary(Op::Exp, &other)), Some(power.square())]
            }
            Kind::Wave => {
                let (sine, cosine) = (unary(Op::Sin, &phase), unary(Op::Cos, &phase));
                let tangent = ops.contains(Op::Div).then(|| sine.clone() / cosine.clone());
                vec![Some(sine.clone()), Some(cosine), Some(sine.square()), tangent]
            }
            Kind::Root => {
                let root = unary(Op::Sqrt, &above);
                vec![Some(root.clone()), over(root)]
            }
            Kind::Reciprocal => vec![over(above.clone()), over(above.square())],
            Kind::RootCubed => {
                let cubed = above.clone() * unary(Op::Sqrt, &above);
                vec![Some(cubed.clone()), over(cubed)]
            }
            Kind::Logarithm => vec![Some(unary(Op::Log, &above))],
            Kind::LogarithmOfSum => {
                let power = unary(Op::Exp, &phase);
                let below =
                    one() - unary(Op::Exp, &(Expr::constant(-constant) * self.phase.clone()));
                vec![Some(unary(Op::Log, &(one() + power))), Some(unary(Op::Log, &below))]
            }
            Kind::Occupation => {
                let power = unary(Op::Exp, &phase);
                let fermi = over(power.clone() + one());
                let square = fermi.clone().map(Expr::square);
                vec![fermi, over(power - one()), square]
            }
            Kind::Named(op) => {
                let value = unary(op, &phase);
                vec![Some(value.clone()), over(value.clone()), Some(value.square())]
            }
        };
        found.into_iter().flatten().filter(|function| ops.allows(function)).collect()
    }
}

/// x to a power, given in halves.
pub(super) fn power_of(x: &Expr, halves: i32, ops: &OpSet) -> Option<Expr> {
    let root = (halves % 2 != 0).then(|| Expr::unary(Op::Sqrt, x.clone()));
    let whole = power(x, halves.unsigned_abs() / 2, ops);
    let positive = match (whole, root) {
        (Some(whole), Some(root)) => whole * root,
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return Some(Expr::constant(1.0)),
    };
    if halves < 0 { reciprocal(positive, ops) } else { Some(positive) }
}
