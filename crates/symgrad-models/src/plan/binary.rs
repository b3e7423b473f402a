//! Functions of two numbers, applied element by element with broadcasting.

use super::Sweep;

/// A function of two numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum BinaryKind {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// The quotient of integers, towards 0.
    Quotient,
    /// The remainder, with the sign of the second number.
    Modulo,
    /// The remainder, with the sign of the first number.
    Remainder,
    Power,
    Minimum,
    Maximum,
    /// `x` where it is positive, else `slope * x`.
    PRelu,
    /// 1 where it holds, else 0.
    Less,
    LessOrEqual,
    Equal,
    /// The second number where the first is not 0, else 0.
    Keep,
    /// The second number where the first is 0, else 0.
    Drop,
}

impl BinaryKind {
    /// Whether it gives truth values.
    pub(crate) fn is_truth(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual | Self::Equal)
    }

    fn value(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Quotient => (a / b).trunc(),
            Self::Modulo => a - b * (a / b).floor(),
            Self::Remainder => a % b,
            Self::Power if b == 2.0 => a * a,
            Self::Power => a.powf(b),
            Self::Minimum if b < a || b.is_nan() => b,
            Self::Maximum if b > a || b.is_nan() => b,
            Self::PRelu if a < 0.0 => a * b,
            Self::Minimum | Self::Maximum | Self::PRelu => a,
            Self::Less => f64::from(a < b),
            Self::LessOrEqual => f64::from(a <= b),
            Self::Equal => f64::from(a == b),
            Self::Keep if a == 0.0 => 0.0,
            Self::Drop if a != 0.0 => 0.0,
            Self::Keep | Self::Drop => b,
        }
    }

    /// The derivative in the first (0) or second argument (1). Of two equal numbers the first is
    /// the minimum and the maximum.
    fn slope(self, argument: usize, a: f64, b: f64) -> f64 {
        match (self, argument) {
            (Self::Add, _) | (Self::Subtract | Self::Modulo | Self::Remainder, 0) => 1.0,
            (Self::Subtract, _) => -1.0,
            (Self::Multiply, 0) => b,
            (Self::Multiply, _) => a,
            (Self::Divide, 0) => b.recip(),
            (Self::Divide, _) => -a / (b * b),
            (Self::Modulo, _) => -(a / b).floor(),
            (Self::Remainder, _) => -(a / b).trunc(),
            (Self::Power, 0) if b == 0.0 => 0.0,
            (Self::Power, 0) if b == 2.0 => 2.0 * a,
            (Self::Power, 0) => b * a.powf(b - 1.0),
            (Self::Power, _) if a == 0.0 && b > 0.0 => 0.0,
            (Self::Power, _) => a.powf(b) * a.ln(),
            (Self::Minimum, which) => f64::from((b < a) == (which == 1)),
            (Self::Maximum, which) => f64::from((b > a) == (which == 1)),
            (Self::PRelu, 0) if a < 0.0 => b,
            (Self::PRelu, 0) => 1.0,
            (Self::PRelu, _) => a.min(0.0),
            (Self::Keep, 1) => f64::from(a != 0.0),
            (Self::Drop, 1) => f64::from(a == 0.0),
            (
                Self::Quotient
                | Self::Less
                | Self::LessOrEqual
                | Self::Equal
                | Self::Keep
                | Self::Drop,
                _,
            ) => 0.0,
        }
    }
}

/// Where an operand's elements come from.
#[derive(Clone, Debug)]
pub(crate) enum Side {
    /// The next input: element by element.
    Plain,
    /// The next input: for each element of the result, an index in the operand's row.
    Mapped(Box<[u32]>),
    /// Constants, one for each element of the result.
    Constant(Box<[f64]>),
}

impl Side {
    pub(crate) fn is_row(&self) -> bool {
        !matches!(self, Self::Constant(_))
    }

    fn at(&self, row: &[f64], element: usize) -> f64 {
        match self {
            Self::Plain => row[element],
            Self::Mapped(map) => row[map[element] as usize],
            Self::Constant(values) => values[element],
        }
    }
}

/// A function of two numbers over rows of `length` elements.
#[derive(Clone, Debug)]
pub(crate) struct Binary {
    pub(crate) kind: BinaryKind,
    pub(crate) left: Side,
    pub(crate) right: Side,
    pub(crate) length: usize,
}

impl Binary {
    pub(crate) fn forward(&self, rows: usize, inputs: &[&[f64]], output: &mut [f64]) {
        let operands = self.operands(rows, inputs);
        for (row, out) in output.chunks_exact_mut(self.length).enumerate() {
            let [a, b] = operands.map(|operand| operand.row(row));
            match self.kind {
                // The two that every layer with a bias or a scale has.
                BinaryKind::Add => self.each(a, b, out, |a, b| a + b),
                BinaryKind::Multiply => self.each(a, b, out, |a, b| a * b),
                kind => self.each(a, b, out, |a, b| kind.value(a, b)),
            }
        }
    }

    fn each(&self, a: &[f64], b: &[f64], out: &mut [f64], f: impl Fn(f64, f64) -> f64) {
        for (element, out) in out.iter_mut().enumerate() {
            *out = f(self.left.at(a, element), self.right.at(b, element));
        }
    }

    /// Adds to `into` the gradient in the input of that index.
    pub(crate) fn backward(&self, sweep: &Sweep<'_>, which: usize, into: &mut [f64]) {
        let operands = self.operands(sweep.rows, sweep.inputs);
        let argument = if self.left.is_row() { which } else { 1 };
        let side = if argument == 0 { &self.left } else { &self.right };
        let width = into.len() / sweep.rows;
        let upstream = sweep.upstream.chunks_exact(self.length);
        for (row, (up, into)) in upstream.zip(into.chunks_exact_mut(width)).enumerate() {
            let [a, b] = operands.map(|operand| operand.row(row));
            for (element, up) in up.iter().enumerate().filter(|(_, up)| **up != 0.0) {
                let (a, b) = (self.left.at(a, element), self.right.at(b, element));
                let target = match side {
                    Side::Mapped(map) => map[element] as usize,
                    _ => element,
                };
                into[target] += up * self.kind.slope(argument, a, b);
            }
        }
    }

    fn operands<'a>(&self, rows: usize, inputs: &[&'a [f64]]) -> [Operand<'a>; 2] {
        let mut inputs = inputs.iter();
        [&self.left, &self.right].map(|side| {
            let values = if side.is_row() { inputs.next().copied() } else { None };
            let values = values.unwrap_or_default();
            Operand { values, width: values.len() / rows }
        })
    }
}

/// An operand's rows; without any for constants.
#[derive(Clone, Copy)]
struct Operand<'a> {
    values: &'a [f64],
    width: usize,
}

impl<'a> Operand<'a> {
    fn row(self, row: usize) -> &'a [f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }
}
