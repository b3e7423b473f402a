//! Which reader a file is for.

use std::fs;
use std::path::Path;

use crate::{ModelError, Network, onnx, pytorch, safetensors};

/// Bytes of a file at most.
const LARGEST: u64 = 1 << 30;

pub(crate) fn open(path: &Path, architecture: Option<&Path>) -> Result<Network, ModelError> {
    let inside = |source| ModelError::File { path: path.into(), source: Box::new(source) };
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let network = match &ending[..] {
        "onnx" if architecture.is_some() => Err(ModelError::Architecture {
            problem: "an ONNX file has its own; leave the TOML file out".into(),
        }),
        "onnx" => Network::from_onnx(&read(path)?),
        "safetensors" => {
            Network::from_safetensors(&read(path)?, describe(path, architecture)?.as_deref())
        }
        "pt" | "pth" => {
            Network::from_pytorch(&read(path)?, describe(path, architecture)?.as_deref())
        }
        _ => Err(ModelError::UnknownKind),
    };
    network.map_err(inside)
}

/// The text of the given architecture, or of the one beside the model.
fn describe(path: &Path, architecture: Option<&Path>) -> Result<Option<String>, ModelError> {
    let beside = path.with_extension("toml");
    let file = match architecture {
        Some(file) => file,
        None if beside.is_file() => &beside,
        None => return Ok(None),
    };
    String::from_utf8(read(file)?).map(Some).map_err(|_| {
        let problem = "it is not text in UTF-8".into();
        let source = Box::new(ModelError::Architecture { problem });
        ModelError::File { path: file.into(), source }
    })
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

    /// Reads a network from the bytes of a safetensors file and the text of an
    /// [architecture](crate#architectures).
    pub fn from_safetensors(bytes: &[u8], architecture: Option<&str>) -> Result<Self, ModelError> {
        safetensors::read(bytes, architecture)
    }

    /// Reads a network from the bytes of a PyTorch state dictionary and the text of an
    /// [architecture](crate#architectures).
    pub fn from_pytorch(bytes: &[u8], architecture: Option<&str>) -> Result<Self, ModelError> {
        pytorch::read(bytes, architecture)
    }
}
