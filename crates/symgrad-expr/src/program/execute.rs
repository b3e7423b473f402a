//! Runs code over one block of rows.

use pulp::{Simd, WithSimd};

use super::code::{Action, Code, Instruction, Loc};
use super::kernels::{View, binary, ranged, ranged_pair, scalar, ternary, unary};
use super::vector::{self, EXP_LIMIT, TRIGONOMETRIC_LIMIT};

/// Code and the memory it works on.
pub(super) struct Execution<'a> {
    pub(super) code: &'a Code,
    /// The used inputs, each with at least `rows` rows.
    pub(super) inputs: &'a [&'a [f64]],
    pub(super) constants: &'a [f64],
    /// A stretch of `stride` numbers for each place.
    pub(super) temporaries: &'a mut [f64],
    pub(super) stride: usize,
    /// Rows to compute: a multiple of [`super::kernels::STEP`] vectors, at most `stride`.
    pub(super) rows: usize,
}

impl WithSimd for Execution<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { code, inputs, constants, temporaries, stride, rows } = self;
        for instruction in &code.instructions {
            let (targets, others) = Others::around(temporaries, instruction, stride);
            let view = |loc: Loc| match loc {
                Loc::Zero => View::Uniform(0.0),
                Loc::One => View::Uniform(1.0),
                Loc::Const(k) => View::Uniform(constants[k as usize]),
                Loc::Input(slot) => View::Column(S::as_simd_f64s(&inputs[slot as usize][..rows]).0),
                Loc::Temp(place) => {
                    View::Column(S::as_simd_f64s(&others.place(place as usize)[..rows]).0)
                }
            };
            let operands = [view(instruction.a), view(instruction.b), view(instruction.c)];
            let [target, second] = targets.map(|target| {
                let rows = rows.min(target.len());
                S::as_mut_simd_f64s(&mut target[..rows]).0
            });
            step(simd, instruction, operands, target, second);
        }
    }
}

/// The temporaries around the targets of an instruction.
struct Others<'a> {
    /// What lies before, between and behind the two targets.
    parts: [&'a [f64]; 3],
    /// The first place of the second and of the third part.
    starts: [usize; 2],
    stride: usize,
}

impl<'a> Others<'a> {
    /// Takes the targets out; a missing second target is an empty slice.
    #[inline(always)]
    fn around(
        temporaries: &'a mut [f64],
        instruction: &Instruction,
        stride: usize,
    ) -> ([&'a mut [f64]; 2], Self) {
        let (target, second) = (instruction.target as usize, instruction.second as usize);
        let (low, high) = (target.min(second), target.max(second));
        let (before, rest) = temporaries.split_at_mut(low * stride);
        let (first, rest) = rest.split_at_mut(stride);
        let (between, rest) = match high - low {
            0 => (rest, Default::default()),
            distance => rest.split_at_mut((distance - 1) * stride),
        };
        let (last, behind) = rest.split_at_mut(stride.min(rest.len()));
        let targets = if second >= target { [first, last] } else { [last, first] };
        let parts: [&[f64]; 3] = [before, between, behind];
        (targets, Self { parts, starts: [low + 1, high + 1], stride })
    }

    #[inline(always)]
    fn place(&self, place: usize) -> &'a [f64] {
        let (part, start) = match self.starts {
            [first, _] if place < first => (self.parts[0], 0),
            [first, second] if place < second || first == second => (self.parts[1], first),
            [_, second] => (self.parts[2], second),
        };
        &part[(place - start) * self.stride..][..self.stride]
    }
}

type Target<'a, S> = &'a mut [<S as Simd>::f64s];

#[inline(always)]
fn step<'a, S: Simd>(
    simd: S,
    instruction: &Instruction,
    operands: [View<'a, S::f64s>; 3],
    out: Target<'a, S>,
    second: Target<'a, S>,
) {
    let [a, b, c] = operands;
    let scale = instruction.scale;
    let s = simd.splat_f64s(scale);
    let within = |limit: f64| {
        let limit = simd.splat_f64s(limit);
        move |x| simd.less_than_or_equal_f64s(simd.abs_f64s(x), limit)
    };
    let turns = within(TRIGONOMETRIC_LIMIT);
    match instruction.action {
        Action::Add => binary(simd, out, a, b, |a, b| simd.add_f64s(a, b)),
        Action::Sub => binary(simd, out, a, b, |a, b| simd.sub_f64s(a, b)),
        Action::Mul if scale == 1.0 => binary(simd, out, a, b, |a, b| simd.mul_f64s(a, b)),
        Action::Mul => {
            binary(simd, out, a, b, |a, b| simd.mul_f64s(simd.mul_f64s(s, a), b));
        }
        Action::MulAdd if scale == 1.0 => {
            ternary(simd, out, a, b, c, |a, b, c| simd.mul_add_f64s(a, b, c));
        }
        Action::MulAdd => {
            ternary(simd, out, a, b, c, |a, b, c| simd.mul_add_f64s(simd.mul_f64s(s, a), b, c));
        }
        Action::AddScaled => binary(simd, out, a, c, |a, c| simd.mul_add_f64s(s, a, c)),
        Action::Scale => unary(simd, out, a, |a| simd.mul_f64s(s, a)),
        Action::Div => binary(simd, out, a, b, |a, b| simd.div_f64s(a, b)),
        Action::Cube => unary(simd, out, a, |a| simd.mul_f64s(simd.mul_f64s(a, a), a)),
        Action::Sqrt => unary(simd, out, a, |a| simd.sqrt_f64s(a)),
        Action::Abs => unary(simd, out, a, |a| simd.abs_f64s(a)),
        Action::Sign => unary(simd, out, a, |a| vector::sign(simd, a)),
        Action::Tanh => unary(simd, out, a, |a| vector::tanh(simd, a)),
        Action::Exp => {
            ranged(simd, out, a, |a| vector::exp(simd, a), within(EXP_LIMIT), exact_exp);
        }
        Action::Log => {
            let low = simd.splat_f64s(f64::MIN_POSITIVE);
            let high = simd.splat_f64s(f64::MAX);
            let inside = |x| {
                let above = simd.greater_than_or_equal_f64s(x, low);
                simd.and_m64s(above, simd.less_than_or_equal_f64s(x, high))
            };
            ranged(simd, out, a, |a| vector::log(simd, a), inside, exact_log);
        }
        Action::Sin => {
            ranged(simd, out, a, |a| vector::sin_cos(simd, a).0, turns, exact_sin);
        }
        Action::Cos => {
            ranged(simd, out, a, |a| vector::sin_cos(simd, a).1, turns, exact_cos);
        }
        Action::SinCos => {
            let exact = (exact_sin, exact_cos);
            ranged_pair(simd, (out, second), a, |a| vector::sin_cos(simd, a), turns, exact);
        }
        Action::Tan => ranged(simd, out, a, |a| vector::tan(simd, a), turns, exact_tan),
        Action::Pow => scalar::<S>(out, operands, |[a, b, _]| a.powf(b)),
        Action::PowSlope => scalar::<S>(out, operands, |[a, b, _]| b * a.powf(b - 1.0)),
    }
}

fn exact_exp(x: f64) -> Option<f64> {
    (x.abs() > EXP_LIMIT || x.is_nan()).then(|| x.exp())
}

fn exact_log(x: f64) -> Option<f64> {
    (!(f64::MIN_POSITIVE..=f64::MAX).contains(&x)).then(|| x.ln())
}

fn beyond(x: f64) -> bool {
    x.abs() > TRIGONOMETRIC_LIMIT || x.is_nan()
}

fn exact_sin(x: f64) -> Option<f64> {
    beyond(x).then(|| x.sin())
}

fn exact_cos(x: f64) -> Option<f64> {
    beyond(x).then(|| x.cos())
}

fn exact_tan(x: f64) -> Option<f64> {
    beyond(x).then(|| x.tan())
}
