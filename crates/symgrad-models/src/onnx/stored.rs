//! Tensors stored in a model: initializers and constants.

use super::proto::{TensorProto, element};
use super::value::{Array, Value, Whole, count};
use crate::ModelError;
use crate::tensor::{Number, Tensor, half};

/// Reads a stored tensor.
pub(crate) fn stored(tensor: &TensorProto, name: &str) -> Result<Value, ModelError> {
    let fail = |problem: String| ModelError::tensor(name, problem);
    if tensor.data_location != 0 {
        let problem = "its numbers are in another file; save the model as a single file \
                       (onnx.save_model(..., save_as_external_data=False))";
        return Err(fail(problem.into()));
    }
    let shape: Option<Vec<usize>> =
        tensor.dims.iter().map(|&size| usize::try_from(size).ok()).collect();
    let shape = shape.ok_or_else(|| fail(format!("bad shape {:?}", tensor.dims)))?;
    let expected = count(&shape).ok_or_else(|| fail(format!("bad shape {shape:?}")))?;
    if let Some(number) = float(tensor.data_type) {
        let data = match &tensor.raw_data {
            Some(bytes) => number.read_all(bytes),
            None => typed_floats(tensor, number),
        };
        let data = data.ok_or_else(|| fail("its last number is cut".into()))?;
        if let Some(masked) = masked(&shape, &data) {
            return Ok(Value::Numbers(masked));
        }
        let Tensor { shape, data } = Tensor::new(name, shape, data)?;
        return Ok(Value::Numbers(Array::new(shape, data)));
    }
    let read = integer(tensor.data_type).ok_or_else(|| {
        let kind = tensor.data_type;
        fail(format!("elements of kind {kind} are not supported"))
    })?;
    let data: Vec<Whole> = match &tensor.raw_data {
        Some(bytes) if bytes.len() % read.size != 0 => {
            return Err(fail("its last number is cut".into()));
        }
        Some(bytes) => {
            bytes.chunks_exact(read.size).map(|b| Whole::Known(read.number(b))).collect()
        }
        None if read.size == 8 && read.signed => {
            tensor.int64_data.iter().copied().map(Whole::Known).collect()
        }
        None => tensor.int32_data.iter().map(|&x| Whole::Known(i64::from(x))).collect(),
    };
    if data.len() != expected {
        return Err(fail(format!("{} numbers for the shape {shape:?}", data.len())));
    }
    Ok(Value::Integers(Array::new(shape, data)))
}

/// A mask of attention: −∞ where nothing is seen.
fn masked(shape: &[usize], data: &[f64]) -> Option<Array<f64>> {
    let fits = count(shape) == Some(data.len());
    let proper = data.iter().all(|x| x.is_finite() || *x == f64::NEG_INFINITY);
    let hides = data.contains(&f64::NEG_INFINITY) && data.iter().all(|x| *x <= 0.0);
    (fits && proper && hides).then(|| Array::new(shape.to_vec(), data.to_vec()))
}

fn float(data_type: i32) -> Option<Number> {
    Some(match data_type {
        element::DOUBLE => Number::F64,
        element::FLOAT => Number::F32,
        element::FLOAT16 => Number::F16,
        element::BFLOAT16 => Number::BF16,
        _ => return None,
    })
}

/// How integers are stored: the lowest byte first.
#[derive(Clone, Copy)]
struct Integer {
    size: usize,
    signed: bool,
}

fn integer(data_type: i32) -> Option<Integer> {
    let (size, signed) = match data_type {
        element::INT64 => (8, true),
        element::UINT64 => (8, false),
        element::INT32 => (4, true),
        element::UINT32 => (4, false),
        element::INT16 => (2, true),
        element::UINT16 => (2, false),
        element::INT8 => (1, true),
        element::UINT8 | element::BOOL => (1, false),
        _ => return None,
    };
    Some(Integer { size, signed })
}

impl Integer {
    fn number(self, bytes: &[u8]) -> i64 {
        let negative = self.signed && bytes.last().is_some_and(|byte| *byte >= 128);
        let mut wide = if negative { [255; 8] } else { [0; 8] };
        wide[..bytes.len()].copy_from_slice(bytes);
        i64::from_le_bytes(wide)
    }
}

/// Floats outside `raw_data`: those of 16 bits are in the lower half of 32.
fn typed_floats(tensor: &TensorProto, number: Number) -> Option<Vec<f64>> {
    let bits = || tensor.int32_data.iter().map(|&bits| u16::try_from(bits).ok());
    match number {
        Number::F64 => Some(tensor.double_data.clone()),
        Number::F16 => bits().map(|bits| bits.map(half)).collect(),
        Number::BF16 => bits()
            .map(|bits| bits.map(|bits| f64::from(f32::from_bits(u32::from(bits) << 16))))
            .collect(),
        _ => Some(tensor.float_data.iter().copied().map(f64::from).collect()),
    }
}
