//! Weights in safetensors files.

use ::safetensors::{Dtype, SafeTensors};

use crate::tensor::{Number, Tensor};
use crate::{ModelError, Network, architecture};

/// Reads a network from the bytes of a safetensors file and the text of an architecture.
pub(crate) fn read(bytes: &[u8], text: Option<&str>) -> Result<Network, ModelError> {
    architecture::build(&tensors(bytes)?, text)
}

/// All tensors, in the order of their names where numbers in them count as such.
fn tensors(bytes: &[u8]) -> Result<Vec<(String, Tensor)>, ModelError> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|problem| ModelError::malformed("safetensors", &problem))?;
    let mut tensors = Vec::new();
    for (name, view) in file.iter() {
        let number = match view.dtype() {
            Dtype::F64 => Number::F64,
            Dtype::F32 => Number::F32,
            Dtype::F16 => Number::F16,
            Dtype::BF16 => Number::BF16,
            Dtype::I64 => Number::I64,
            Dtype::I32 => Number::I32,
            Dtype::I8 => Number::I8,
            Dtype::U8 | Dtype::BOOL => Number::U8,
            other => {
                let problem = format!("numbers of kind {other:?} are not supported");
                return Err(ModelError::tensor(name, problem));
            }
        };
        let data = number.read_all(view.data());
        let data = data.ok_or_else(|| ModelError::tensor(name, "its last number is cut"))?;
        tensors.push((name.to_owned(), Tensor::new(name, view.shape().to_vec(), data)?));
    }
    tensors.sort_by_cached_key(|(name, _)| natural(name));
    Ok(tensors)
}

/// A name in parts: text, and numbers by their value.
fn natural(name: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = Vec::new();
    for part in name.split('.') {
        // Numbers before text, and huge ones as text.
        parts.push(part.parse().map_or((u64::MAX, part.to_owned()), |n| (n, String::new())));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn numbers_in_names_count() {
        let mut names = ["net.10.weight", "net.2.weight", "net.2.bias", "head.weight"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["head.weight", "net.2.bias", "net.2.weight", "net.10.weight"]);
    }
}
