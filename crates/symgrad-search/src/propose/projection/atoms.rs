//! Functions of one input, or of products of a few, with a constant inside.

use symgrad_expr::{Expr, Op, OpSet};

use crate::propose::spectral::{power, quotient_of_powers, reciprocal};

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

/// The same where there are several inputs.
const COARSE: f64 = 1.3;
const FEW: u32 = 20;

/// Sizes of the phases of waves, which are as far from each other everywhere.
const WAVES: u32 = 48;
const APART: f64 = 0.15;

/// What phases are made of.
struct Phases {
    /// Powers of inputs and their products.
    plain: Vec<Expr>,
    /// Phases of exponentials, of waves, and of what is added to 1, besides these.
    in_exponents: Vec<Expr>,
    of_waves: Vec<Expr>,
    beside_one: Vec<Expr>,
}

impl Phases {
    fn of(inputs: &[u16], ops: &OpSet) -> Self {
        let variables: Vec<Expr> = inputs.iter().copied().map(Expr::var).collect();
        let of_each = |functions: &dyn Fn(&Expr) -> Vec<Expr>| -> Vec<Expr> {
            variables.iter().flat_map(functions).collect()
        };
        let unary = |op: Op, x: &Expr| Expr::unary(op, x.clone());
        let circular = of_each(&|x| vec![unary(Op::Sin, x), unary(Op::Cos, x)]);
        let squared = of_each(&|x| vec![unary(Op::Sin, x).square()]);
        let logarithms = of_each(&|x| vec![unary(Op::Log, x)]);
        let cubes = of_each(&|x| vec![x.clone() * x.clone() * x.clone()]);
        let plain = match inputs {
            [_] => of_each(&|x| {
                let plain = [x.clone(), x.clone() * x.clone(), unary(Op::Sqrt, x)];
                plain.into_iter().chain(reciprocal(x.clone(), ops)).collect()
            }),
            _ => products(inputs, ops),
        };
        let in_exponents = [logarithms.clone(), circular.clone()].concat();
        let beside_one = match inputs {
            [_] => [cubes, circular, squared].concat(),
            _ => [circular, squared].concat(),
        };
        Self { plain, in_exponents, of_waves: logarithms, beside_one }
    }

    fn of_kind(&self, kind: Kind) -> Vec<Expr> {
        let others: &[Expr] = match kind {
            Kind::Exponential => &self.in_exponents,
            Kind::Wave => &self.of_waves,
            Kind::Root | Kind::Reciprocal | Kind::Logarithm => &self.beside_one,
            Kind::RootCubed | Kind::LogarithmOfSum | Kind::Occupation | Kind::Named(_) => &[],
        };
        [&self.plain, others].concat()
    }
}

/// Products of powers of several inputs of degree 2 at most, and squares of those of two inputs.
fn products(inputs: &[u16], ops: &OpSet) -> Vec<Expr> {
    let mut found: Vec<Expr> = exponents(inputs.len(), 2)
        .into_iter()
        .filter_map(|e| quotient_of_powers(inputs, &e, ops))
        .collect();
    for (k, l) in (0..inputs.len()).flat_map(|l| (0..l).map(move |k| (k, l))) {
        for signs in [[2, 2], [2, -2], [-2, 2]] {
            let mut exponents = vec![0; inputs.len()];
            (exponents[k], exponents[l]) = (signs[0], signs[1]);
            found.extend(quotient_of_powers(inputs, &exponents, ops));
        }
    }
    found
}

/// All exponents of so many inputs, of either sign, whose sizes add up to at least 1 and at most that.
pub(super) fn exponents(inputs: usize, degree: i32) -> Vec<Vec<i32>> {
    let mut found: Vec<Vec<i32>> = vec![vec![]];
    for _ in 0..inputs {
        let longer = |known: Vec<i32>| {
            let left = degree - known.iter().map(|e| e.abs()).sum::<i32>();
            (-left..=left).map(move |e| known.iter().copied().chain([e]).collect())
        };
        found = found.into_iter().flat_map(longer).collect();
    }
    found.retain(|exponents| exponents.iter().any(|e| *e != 0));
    found
}

/// The atoms that the operators can write. `size` tells how large a phase is on the data.
pub(super) fn atoms(
    inputs: &[u16],
    ops: &OpSet,
    mut size: impl FnMut(&Expr) -> Option<f64>,
) -> Vec<Atom> {
    let phases = Phases::of(inputs, ops);
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
                    constants: kind.sizes(inputs.len()).iter().map(|s| sign * s / size).collect(),
                }));
            }
        }
    }
    found
}

impl Kind {
    /// Sizes of the phase on the grid.
    fn sizes(self, inputs: usize) -> Vec<f64> {
        let (ratio, count) = if inputs == 1 { (RATIO, COUNT) } else { (COARSE, FEW) };
        match self {
            Self::Wave => (1..=WAVES).map(|k| APART * f64::from(k)).collect(),
            _ => (0..count).map(|k| LEAST * ratio.powi(k.cast_signed())).collect(),
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

    /// How many functions it has.
    pub(super) fn count(&self, ops: &OpSet) -> usize {
        self.constants.first().map_or(0, |constant| self.functions(*constant, ops).len())
    }

    /// How many of its functions, the first, have powers of all kinds as factors.
    pub(super) fn main(&self) -> usize {
        match self.kind {
            Kind::Wave | Kind::Root | Kind::RootCubed | Kind::Occupation => 2,
            _ => 1,
        }
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
