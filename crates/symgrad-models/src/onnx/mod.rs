//! ONNX models: a graph of operators becomes a plan.

mod attributes;
mod call;
mod freeze;
mod graph;
mod operators;
mod points;
pub(crate) mod proto;
mod stored;
mod value;

#[cfg(test)]
mod tests;

use prost::Message;

use crate::{ModelError, Network, Setting};

/// Versions of the ONNX operators whose meaning is known.
const VERSIONS: std::ops::RangeInclusive<i64> = 7..=25;

/// Whether bytes are those of an ONNX file, whatever its name.
pub(crate) fn is_model(bytes: &[u8]) -> bool {
    proto::ModelProto::decode(bytes)
        .is_ok_and(|model| model.graph.is_some() && !model.opset_import.is_empty())
}

/// Reads a model from the bytes of an ONNX file, with some of its inputs and sizes set.
pub(crate) fn read(bytes: &[u8], set: &[Setting]) -> Result<Network, ModelError> {
    let mut model = proto::ModelProto::decode(bytes)
        .map_err(|problem| ModelError::malformed("ONNX", &problem))?;
    if let Some(graph) = &mut model.graph {
        freeze::freeze(graph, set)?;
    }
    let Some(graph) = &model.graph else {
        return Err(ModelError::malformed("ONNX", &"it holds no graph"));
    };
    let version = |domain: &str| {
        let found = model.opset_import.iter().find(|set| set.domain == domain);
        found.map(|set| set.version)
    };
    let Some(opset) = version("").or_else(|| version("ai.onnx")) else {
        return Err(ModelError::malformed("ONNX", &"it names no version of its operators"));
    };
    if !VERSIONS.contains(&opset) {
        return Err(ModelError::NotRead {
            what: format!("operators of version {opset}; known are 7 to 25"),
            hint: "export the model with opset_version=17 or convert it with onnx.version_converter",
        });
    }
    graph::translate(graph, opset)
}
