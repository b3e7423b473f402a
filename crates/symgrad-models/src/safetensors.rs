//! Weights in safetensors files.

use ::safetensors::{Dtype, SafeTensors};

use crate::architecture::{self, Architecture, Weights};
use crate::order::Natural;
use crate::tensor::{Number, Tensor};
use crate::{ModelError, Network};

/// Reads a network from the bytes of a safetensors file and the text of an architecture.
pub(crate) fn read(bytes: &[u8], text: Option<&str>) -> Result<Network, ModelError> {
    let architecture = Architecture::parse(text)?;
    if architecture.as_ref().is_some_and(|architecture| architecture.state_dict.is_some()) {
        let problem = "a safetensors file holds one set of tensors; leave `state_dict` out".into();
        return Err(ModelError::Architecture { problem });
    }
    let weights = Weights { tensors: tensors(bytes)?, ordered: false, notes: vec![] };
    architecture::build(weights, architecture)
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
    tensors.sort_by_cached_key(|(name, _)| Natural::of(name));
    Ok(tensors)
}
