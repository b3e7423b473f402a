//! Which reader a file is for.

use std::fs;
use std::path::Path;

use crate::{ModelError, Network, OpenOptions, Setting, onnx, pytorch, safetensors};

/// Bytes of a file at most.
const LARGEST: u64 = 1 << 30;

/// What a file is.
enum Kind {
    Onnx,
    Safetensors,
    PyTorch,
}

pub(crate) fn open(path: &Path, options: &OpenOptions) -> Result<Network, ModelError> {
    let bytes = read(path)?;
    let architecture = options.architecture.as_deref();
    let network = match kind(&bytes, path) {
        Ok(Kind::Onnx) if architecture.is_some() => Err(ModelError::Architecture {
            problem: "an ONNX file has its own; leave the TOML file out".into(),
        }),
        Ok(Kind::Onnx) => Network::from_onnx_with(&bytes, &options.set),
        Ok(_) if !options.set.is_empty() => Err(ModelError::Set {
            name: options.set[0].name.clone(),
            problem: "only the graphs of ONNX files have inputs with names, and open sizes".into(),
        }),
        Ok(Kind::Safetensors) => {
            Network::from_safetensors(&bytes, describe(path, architecture)?.as_deref())
        }
        Ok(Kind::PyTorch) => {
            Network::from_pytorch(&bytes, describe(path, architecture)?.as_deref())
        }
        Err(error) => Err(error),
    };
    network.map_err(|source| ModelError::File { path: path.into(), source: Box::new(source) })
}

/// The kind of a file by how it begins, and where that is not certain by its name's ending.
fn kind(bytes: &[u8], path: &Path) -> Result<Kind, ModelError> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let not_read = |what: &str, hint| Err(ModelError::NotRead { what: what.into(), hint });
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Kind::PyTorch);
    }
    // The length of a header, and the header.
    if let Some((length, [b'{', ..])) = bytes.split_first_chunk::<8>()
        && u64::from_le_bytes(*length) < bytes.len() as u64
    {
        return Ok(Kind::Safetensors);
    }
    if bytes.starts_with(b"\x89HDF\r\n") {
        return not_read(
            "an HDF5 file, as Keras writes it",
            "export the model to ONNX with tf2onnx",
        );
    }
    match &ending[..] {
        "onnx" => Ok(Kind::Onnx),
        "safetensors" => Ok(Kind::Safetensors),
        "pt" | "pth" | "ckpt" | "bin" => Ok(Kind::PyTorch),
        _ if bytes.starts_with(b"\x80") => not_read(
            "a pickle of Python objects",
            "save the weights with torch.save(model.state_dict(), path), or export the model to \
             ONNX (scikit-learn's with skl2onnx)",
        ),
        _ if onnx::is_model(bytes) => Ok(Kind::Onnx),
        _ => Err(ModelError::UnknownKind),
    }
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
        Self::from_onnx_with(bytes, &[])
    }

    /// The same, with some inputs made constant, and sizes given that the graph leaves open.
    pub fn from_onnx_with(bytes: &[u8], set: &[Setting]) -> Result<Self, ModelError> {
        onnx::read(bytes, set)
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
