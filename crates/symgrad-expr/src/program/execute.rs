//! Runs code over one block of rows.

use pulp::{Simd, WithSimd};

use super::code::{Action, Instruction, Loc};
use super::divider;
use super::functions::{self, Rows};
use super::kernels::{View, binary, holds, ranged, rows, rows_mut, scalar, ternary, unary};
use super::sines::{sines_and_cosines, sines_or_cosines};
use super::turns;
use super::vector::{self, EXP_RANGE, LOG_RANGE, TURNS};

/// Instructions and the memory they work on.
pub(super) struct Execution<'a, 'm> {
    pub(super) instructions: &'a [Instruction],
    /// The used inputs, each with at least `rows` rows.
    pub(super) inputs: &'a [&'a [f64]],
    pub(super) constants: &'a [f64],
    /// The places of temporaries, each with at least `rows` rows.
    pub(super) places: &'a mut [&'m mut [f64]],
    /// Rows to compute: a multiple of [`super::kernels::STEP`] vectors.
    pub(super) rows: usize,
}

impl WithSimd for Execution<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { instructions, inputs, constants, places, rows } = self;
        for instruction in instructions {
            // Taken out so that the others can be read; a missing second target is empty.
            let [target, second] = [instruction.target, instruction.second].map(|at| at as usize);
            let out = std::mem::take(&mut places[target]);
            let other = std::mem::take(&mut places[second]);
            let sources = Sources { inputs, constants, places, rows };
            let operands = [
                sources.view::<S>(instruction.a),
                sources.view::<S>(instruction.b),
                sources.view::<S>(instruction.c),
            ];
            let other_rows = rows.min(other.len());
            let columns = [&mut out[..rows], &mut other[..other_rows]];
            step(simd, instruction, operands, columns.map(|column| S::as_mut_simd_f64s(column).0));
            places[second] = other;
            places[target] = out;
        }
    }
}

/// What an instruction can read.
struct Sources<'a, 'm> {
    inputs: &'a [&'a [f64]],
    constants: &'a [f64],
    places: &'a [&'m mut [f64]],
    rows: usize,
}

impl<'a> Sources<'a, '_> {
    #[inline(always)]
    fn view<S: Simd>(&self, loc: Loc) -> View<'a, S::f64s> {
        let column = match loc {
            Loc::Zero => return View::Uniform(0.0),
            Loc::One => return View::Uniform(1.0),
            Loc::Const(k) => return View::Uniform(self.constants[k as usize]),
            Loc::Input(slot) => self.inputs[slot as usize],
            Loc::Temp(place) => &*self.places[place as usize],
        };
        View::Column(S::as_simd_f64s(&column[..self.rows]).0)
    }
}

type Target<'a, S> = &'a mut [<S as Simd>::f64s];

#[inline(always)]
fn step<'a, S: Simd>(
    simd: S,
    instruction: &Instruction,
    operands: [View<'a, S::f64s>; 3],
    [out, second]: [Target<'a, S>; 2],
) {
    let [a, b, c] = operands;
    let scale = instruction.scale;
    let s = simd.splat_f64s(scale);
    // Vector code must be inlined into the function compiled for the instruction set.
    macro_rules! each {
        (|$x:ident| $value:expr) => {
            unary(
                simd,
                out,
                a,
                #[inline(always)]
                |$x| $value,
            )
        };
        (|$x:ident, $y:ident| $value:expr) => {
            binary(
                simd,
                out,
                a,
                b,
                #[inline(always)]
                |$x, $y| $value,
            )
        };
        (|$x:ident, $y:ident, $z:ident| $value:expr) => {
            ternary(
                simd,
                out,
                a,
                b,
                c,
                #[inline(always)]
                |$x, $y, $z| $value,
            )
        };
    }
    macro_rules! within {
        ($limit:expr, |$x:ident| $value:expr, $exact:expr) => {
            ranged(
                simd,
                out,
                a,
                #[inline(always)]
                |$x| $value,
                $limit,
                $exact,
            )
        };
    }
    match instruction.action {
        Action::Add => each!(|a, b| simd.add_f64s(a, b)),
        Action::Sub => each!(|a, b| simd.sub_f64s(a, b)),
        Action::Mul if scale == 1.0 => each!(|a, b| simd.mul_f64s(a, b)),
        Action::Mul => each!(|a, b| simd.mul_f64s(simd.mul_f64s(s, a), b)),
        Action::MulAdd if scale == 1.0 => each!(|a, b, c| simd.mul_add_f64s(a, b, c)),
        Action::MulAdd => each!(|a, b, c| simd.mul_add_f64s(simd.mul_f64s(s, a), b, c)),
        Action::AddScaled => each!(|a, b| simd.mul_add_f64s(s, a, b)),
        Action::Scale => each!(|a| simd.mul_f64s(s, a)),
        Action::Div => divider::quotients(simd, out, a, b),
        Action::DivInverse => divider::quotients_and_inverses(simd, (out, second), a, b),
        Action::Cube => each!(|a| simd.mul_f64s(simd.mul_f64s(a, a), a)),
        Action::Sqrt => divider::roots(simd, out, a),
        Action::SqrtInverse => divider::roots_and_inverses(simd, (out, second), a),
        Action::Abs => each!(|a| simd.abs_f64s(a)),
        Action::Sign => each!(|a| vector::sign(simd, a)),
        Action::Tanh => each!(|a| vector::tanh(simd, a)),
        Action::Exp => within!(EXP_RANGE, |a| vector::exp(simd, a), f64::exp),
        Action::Log => within!(LOG_RANGE, |a| vector::log(simd, a), f64::ln),
        Action::Tan => within!(TURNS, |a| vector::tan(simd, a), turns::tan),
        Action::Sin => sines_or_cosines(
            simd,
            out,
            a,
            #[inline(always)]
            |sine, _| sine,
            |a| turns::sin_cos(a).0,
        ),
        Action::Cos => sines_or_cosines(
            simd,
            out,
            a,
            #[inline(always)]
            |_, cosine| cosine,
            |a| turns::sin_cos(a).1,
        ),
        Action::SinCos => sines_and_cosines(simd, (out, second), a),
        Action::Function(op) => functions::values(op, rows_mut::<S>(out), [a, b].map(plain::<S>)),
        Action::FunctionSlope(op) => {
            let columns = [rows_mut::<S>(out), rows_mut::<S>(second)];
            functions::values_and_slopes(op, columns, [a, b].map(plain::<S>));
        }
        Action::Pow | Action::PowSlope | Action::PowCurvature => {
            power_step(simd, instruction.action, operands, out);
        }
    }
}

/// An operand row by row.
#[inline(always)]
fn plain<S: Simd>(operand: View<'_, S::f64s>) -> Rows<'_> {
    match operand {
        View::Column(column) => Rows::Each(rows::<S>(column)),
        View::Uniform(value) => Rows::All(value),
    }
}

/// A power or a derivative of one.
#[inline(always)]
fn power_step<'a, S: Simd>(
    simd: S,
    action: Action,
    operands: [View<'a, S::f64s>; 3],
    out: Target<'a, S>,
) {
    if let [View::Column(a), View::Uniform(b), _] = operands
        && b.trunc() == b
        && b.abs() <= MOST_MULTIPLIED
    {
        return whole_power(simd, action, out, a, b);
    }
    match action {
        Action::Pow => binary(
            simd,
            out,
            operands[0],
            operands[1],
            #[inline(always)]
            |a, b| pow(simd, a, b),
        ),
        Action::PowSlope => scalar::<S>(out, operands, power_slope),
        _ => scalar::<S>(out, operands, power_curvature),
    }
}

/// aᵇ, from the scalar library in lanes without a fast form.
#[inline(always)]
fn pow<S: Simd>(simd: S, a: S::f64s, b: S::f64s) -> S::f64s {
    let (fast, accurate) = vector::pow(simd, a, b);
    if holds(simd, accurate) {
        return fast;
    }
    let mut exact = simd.splat_f64s(0.0);
    let [a, b] = [[a], [b]];
    let operands = [View::Column(&a), View::Column(&b), View::Uniform(0.0)];
    scalar::<S>(std::slice::from_mut(&mut exact), operands, power);
    simd.select_f64s(accurate, fast, exact)
}

#[inline(never)]
fn power([a, b, _]: [f64; 3]) -> f64 {
    a.powf(b)
}

/// b·aᵇ⁻¹, given the value aᵇ.
fn power_slope([a, b, value]: [f64; 3]) -> f64 {
    if a == 0.0 { b * a.powf(b - 1.0) } else { b * (value / a) }
}

/// b·(b − 1)·aᵇ⁻², given the slope b·aᵇ⁻¹.
fn power_curvature([a, b, slope]: [f64; 3]) -> f64 {
    let factor = b - 1.0;
    if a == 0.0 { b * factor * a.powf(b - 2.0) } else { factor * (slope / a) }
}

/// Up to this size, powers with a constant integer exponent are products.
const MOST_MULTIPLIED: f64 = 64.0;

/// A power with an integer exponent, or its derivatives in the base.
#[inline(always)]
fn whole_power<S: Simd>(simd: S, action: Action, out: Target<'_, S>, a: &[S::f64s], b: f64) {
    let (factor, exponent) = match action {
        Action::PowSlope => (b, b - 1.0),
        Action::PowCurvature => (b * (b - 1.0), b - 2.0),
        _ => (1.0, b),
    };
    if factor == 0.0 {
        return unary(
            simd,
            out,
            View::Uniform(0.0),
            #[inline(always)]
            |zero| zero,
        );
    }
    let s = simd.splat_f64s(factor);
    unary(
        simd,
        out,
        View::Column(a),
        #[inline(always)]
        |a| simd.mul_f64s(s, vector::power(simd, a, exponent)),
    );
}

#[cfg(test)]
mod tests {
    use pulp::Scalar256b;

    use super::super::code::Code;
    use super::super::compile::Builder;
    use super::*;
    use crate::{Expr, simd};

    const ROWS: usize = 64;

    fn executed(code: &Code, constants: &[f64], inputs: &[&[f64]], portable: bool) -> Vec<u64> {
        let mut temporaries = vec![0.0; code.places * ROWS];
        let mut places: Vec<&mut [f64]> = temporaries.chunks_exact_mut(ROWS).collect();
        let execution = Execution {
            instructions: &code.instructions,
            inputs,
            constants,
            places: &mut places,
            rows: ROWS,
        };
        if portable {
            Scalar256b.vectorize(execution);
        } else {
            simd::run(execution);
        }
        let canonical = |x: f64| if x.is_nan() { f64::NAN } else { x };
        temporaries.into_iter().map(|x| canonical(x).to_bits()).collect()
    }

    /// The machine's vectors and emulated ones give the same bits.
    #[test]
    fn instruction_sets_agree() {
        let text = "sin(x1)*exp(x2) + tanh(x1)/log(x2) - x2^1.5*x1^5 + tan(x2)*abs(x1) \
                    - (cos(3*x1) - sqrt(x2))^3 + 2^x1/x2 + atan2(x1, x2)*erf(x2 - 4) \
                    + asin(x2/9)/acos(x2/9) + atan(x1)*sinh(x2) - cosh(3*x1)";
        let expr: Expr = text.parse().expect("an expression");
        let mut code = Code::default();
        Builder::default().build(expr.nodes(), &expr.inputs(), &mut code);
        let first: Vec<f64> =
            (0..64_i32).map(|row| f64::from(row - 30) * 1.7_f64.powi(row)).collect();
        let second: Vec<f64> = (0..64_u8).map(|row| f64::from(row) / 7.0).collect();
        let inputs: [&[f64]; 2] = [&first, &second];
        let [native, portable] =
            [false, true].map(|portable| executed(&code, expr.constants(), &inputs, portable));
        assert_eq!(native, portable);
    }
}
