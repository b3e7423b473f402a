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
    let number = kind(tensor.data_type)
        .ok_or_else(|| fail(format!("elements of kind {} are not supported", tensor.data_type)))?;
    if matches!(number, Number::F64 | Number::F32 | Number::F16 | Number::BF16) {
        let data = match &tensor.raw_data {
            Some(bytes) => number.read_all(bytes),
            None => typed_floats(tensor, number),
        };
        let data = data.ok_or_else(|| fail("its last number is cut".into()))?;
        let Tensor { shape, data } = Tensor::new(name, shape, data)?;
        return Ok(Value::Numbers(Array::new(shape, data)));
    }
    let data = match &tensor.raw_data {
        Some(bytes) => raw_integers(bytes, number),
        None if number == Number::I64 => Some(tensor.int64_data.clone()),
        None => Some(tensor.int32_data.iter().map(|&x| i64::from(x)).collect()),
    };
    let data = data.ok_or_else(|| fail("its last number is cut".into()))?;
    if data.len() != expected {
        return Err(fail(format!("{} numbers for the shape {shape:?}", data.len())));
    }
    let data: Vec<Whole> = data.into_iter().map(Whole::Known).collect();
    Ok(Value::Integers(Array::new(shape, data)))
}

fn kind(data_type: i32) -> Option<Number> {
    Some(match data_type {
        element::DOUBLE => Number::F64,
        element::FLOAT => Number::F32,
        element::FLOAT16 => Number::F16,
        element::BFLOAT16 => Number::BF16,
        element::INT64 => Number::I64,
        element::INT32 => Number::I32,
        element::INT8 => Number::I8,
        element::UINT8 | element::BOOL => Number::U8,
        _ => return None,
    })
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

fn raw_integers(bytes: &[u8], number: Number) -> Option<Vec<i64>> {
    if number == Number::I64 {
        let (numbers, rest) = bytes.as_chunks();
        return rest.is_empty().then(|| numbers.iter().copied().map(i64::from_le_bytes).collect());
    }
    // Exact: these have 32 bits at most.
    #[expect(clippy::cast_possible_truncation)]
    number.read_all(bytes).map(|numbers| numbers.into_iter().map(|x| x as i64).collect())
}
