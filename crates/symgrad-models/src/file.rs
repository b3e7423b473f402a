//! Which reader a file is for.

use std::fs;
use std::path::Path;

use crate::{ModelError, Network, onnx};

/// Bytes of a file at most.
const LARGEST: u64 = 1 << 30;

pub(crate) fn open(path: &Path, _architecture: Option<&Path>) -> Result<Network, ModelError> {
    let inside = |source| ModelError::File { path: path.into(), source: Box::new(source) };
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let network = match &ending[..] {
        "onnx" => Network::from_onnx(&read(path)?),
        _ => Err(ModelError::UnknownKind),
    };
    network.map_err(inside)
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let read = |source| ModelError::Read { path: path.into(), source };
    let length = fs::metadata(path).map_err(read)?.len();
    if length > LARGEST {
        let what = format!("{length} bytes; at most {LARGEST} are read");
        let source = Box::new(ModelError::NotRead { what, hint: "choose a smaller model" });
        return Err(ModelError::File { path: path.into(), source });
    }
    fs::read(path).map_err(read)
}

impl Network {
    /// Reads a network from the bytes of an ONNX file.
    pub fn from_onnx(bytes: &[u8]) -> Result<Self, ModelError> {
        onnx::read(bytes)
    }
}
