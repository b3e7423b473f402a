//! Encoders in files: one burnpack file with the weights as tensors, and the configuration and
//! the standardisation as its metadata.

use std::path::Path;

use burn_pack::{Bytes, DType, Reader, Tensor, Writer};
use serde::{Deserialize, Serialize};

use crate::standardise::Standardisation;
use crate::weights::{Matrix, Weights};
use crate::{Encoder, EncoderConfig, SiameseError};

/// Key of the metadata entry.
const KEY: &str = "symgrad-encoder";
const VERSION: u32 = 1;

/// What the metadata entry holds, as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: u32,
    encoder: EncoderConfig,
    standardisation: Standardisation,
}

impl Encoder {
    /// Writes the encoder to a file: completely or, if that fails, not at all.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SiameseError> {
        let path = path.as_ref();
        let failed = |problem: String| SiameseError::Io { path: path.into(), problem };
        let header = Header {
            version: VERSION,
            encoder: self.config.clone(),
            standardisation: self.standardisation.clone(),
        };
        let header = serde_json::to_string(&header).map_err(|error| failed(error.to_string()))?;
        let tensors = self.weights.0.iter().enumerate().map(|(index, matrix)| {
            let bytes = matrix.values.iter().flat_map(|value| value.to_le_bytes()).collect();
            let shape = [matrix.rows, matrix.columns];
            Tensor::new(name(index), DType::F64, shape, None, Bytes::from_bytes_vec(bytes))
        });
        Writer::new(tensors.collect())
            .with_metadata(KEY, &header)
            .auto_extension(false)
            .write_to_file(path)
            .map_err(|error| failed(error.to_string()))
    }

    /// Reads an encoder that [`save`](Self::save) wrote.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, SiameseError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path)
            .map_err(|error| SiameseError::Io { path: path.into(), problem: error.to_string() })?;
        decode(bytes).map_err(|problem| SiameseError::NotAnEncoder { path: path.into(), problem })
    }
}

fn decode(bytes: Vec<u8>) -> Result<Encoder, String> {
    let reader = Reader::from_bytes(Bytes::from_bytes_vec(bytes)).map_err(|e| e.to_string())?;
    let header = reader.metadata().get(KEY).ok_or("it was not written by symgrad")?;
    let header: Header = serde_json::from_str(header).map_err(|error| error.to_string())?;
    if header.version != VERSION {
        return Err(format!("it has version {}, this program reads {VERSION}", header.version));
    }
    header.encoder.validate().map_err(|error| error.to_string())?;
    let Standardisation { mean, deviation } = &header.standardisation;
    let usable = mean.iter().all(|x| x.is_finite()) && deviation.iter().all(|x| x.is_normal());
    if mean.is_empty() || mean.len() != deviation.len() || !usable {
        return Err("its standardisation is damaged".into());
    }
    let mut tensors = reader.into_tensors().map_err(|error| error.to_string())?;
    let shapes = Weights::shapes(mean.len(), &header.encoder);
    if tensors.len() != shapes.len() {
        return Err(format!("it has {} matrices instead of {}", tensors.len(), shapes.len()));
    }
    let mut matrices = Vec::with_capacity(shapes.len());
    for (index, (rows, columns)) in shapes.into_iter().enumerate() {
        let position = tensors.iter().position(|tensor| tensor.name == name(index));
        let position = position.ok_or_else(|| format!("the matrix {} is missing", name(index)))?;
        matrices.push(matrix(tensors.swap_remove(position), rows, columns)?);
    }
    let weights = Weights(matrices);
    Ok(Encoder { config: header.encoder, standardisation: header.standardisation, weights })
}

fn matrix(tensor: Tensor, rows: usize, columns: usize) -> Result<Matrix, String> {
    let (name, dtype, shape, _, bytes) = tensor.into_parts().map_err(|error| error.to_string())?;
    if dtype != DType::F64 || shape.as_slice() != [rows, columns] {
        return Err(format!("{name} is {dtype:?} {shape:?} instead of F64 [{rows}, {columns}]"));
    }
    let number = |bytes: &[u8; 8]| f64::from_le_bytes(*bytes);
    let values: Vec<f64> = bytes.as_chunks::<8>().0.iter().map(number).collect();
    if values.len() != rows * columns || !values.iter().all(|value| value.is_finite()) {
        return Err(format!("{name} is truncated or not finite"));
    }
    Ok(Matrix { rows, columns, values })
}

fn name(index: usize) -> String {
    format!("matrix.{index}")
}
