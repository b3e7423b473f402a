//! Numbers of stored tensors.

use crate::ModelError;

/// A stored tensor: `shape`'s product is the length of `data`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Vec<f64>,
}

impl Tensor {
    /// Checks that there are as many numbers as the shape says, and that they are numbers.
    pub(crate) fn new(name: &str, shape: Vec<usize>, data: Vec<f64>) -> Result<Self, ModelError> {
        let expected = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        if expected != Some(data.len()) {
            let problem = format!("{} numbers for the shape {shape:?}", data.len());
            return Err(ModelError::tensor(name, problem));
        }
        // A lone infinity is a bound, for instance of Clip; among weights it is damage.
        let damaged = |x: &f64| x.is_nan() || (x.is_infinite() && data.len() > 1);
        if let Some(index) = data.iter().position(damaged) {
            let problem =
                format!("number {index} is {}; the training may have diverged", data[index]);
            return Err(ModelError::tensor(name, problem));
        }
        Ok(Self { shape, data })
    }
}

/// How numbers are stored; always the lowest byte first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    F64,
    F32,
    F16,
    BF16,
    I64,
    I32,
    I8,
    U8,
}

impl Number {
    /// Bytes of one number.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::BF16 => 2,
            Self::I8 | Self::U8 => 1,
        }
    }

    /// The number of `size` bytes.
    pub(crate) fn read(self, bytes: &[u8]) -> f64 {
        // Short bytes are padded: above for the integers, never used for the others.
        let mut wide = [0; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        let [b0, b1, b2, b3, ..] = wide;
        match self {
            Self::F64 => f64::from_le_bytes(wide),
            Self::F32 => f64::from(f32::from_le_bytes([b0, b1, b2, b3])),
            Self::F16 => half(u16::from_le_bytes([b0, b1])),
            Self::BF16 => f64::from(f32::from_le_bytes([0, 0, b0, b1])),
            Self::I64 => i64::from_le_bytes(wide) as f64,
            Self::I32 => f64::from(i32::from_le_bytes([b0, b1, b2, b3])),
            Self::I8 => f64::from(i8::from_le_bytes([b0])),
            Self::U8 => f64::from(b0),
        }
    }

    /// All numbers of some bytes; `None` if the last one is cut.
    pub(crate) fn read_all(self, bytes: &[u8]) -> Option<Vec<f64>> {
        let numbers = bytes.chunks_exact(self.size());
        numbers.remainder().is_empty().then(|| numbers.map(|bytes| self.read(bytes)).collect())
    }
}

/// A float of 16 bits: sign, 5 bits of exponent, 10 of mantissa.
pub(crate) fn half(bits: u16) -> f64 {
    let mantissa = f64::from(bits & 0x3ff);
    let magnitude = match i32::from(bits >> 10 & 0x1f) {
        0 => mantissa * 2f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + mantissa) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_of_sixteen_bits() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x3555, 0.333_251_953_125),
        ] {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7e00).is_nan());
        assert_eq!(Number::BF16.read_all(&[0x80, 0x3f, 0x00, 0xc0]), Some(vec![1.0, -2.0]));
        assert_eq!(Number::F32.read_all(&[0; 5]), None);
    }

    #[test]
    fn damaged_tensors_are_refused() {
        assert!(Tensor::new("w", vec![2], vec![1.0]).is_err());
        assert!(Tensor::new("w", vec![usize::MAX, 2], vec![]).is_err());
        let nan = Tensor::new("w", vec![2], vec![1.0, f64::NAN]).unwrap_err().to_string();
        assert!(nan.contains("`w`: number 1 is NaN"), "{nan}");
        assert!(Tensor::new("w", vec![], vec![f64::INFINITY]).is_ok());
    }
}
