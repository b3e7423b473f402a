//! ONNX models: a graph of operators becomes a plan.

mod attributes;
mod budget;
mod call;
mod control;
mod finish;
mod freeze;
mod graph;
mod operators;
mod points;
pub(crate) mod proto;
mod steps;
mod stored;
mod value;

#[cfg(test)]
mod tests;

use prost::Message;

use self::finish::Walked;
use self::points::Points;
use self::proto::GraphProto;
use crate::{ModelError, Network, Setting};

/// Versions of the ONNX operators whose meaning is known.
const VERSIONS: std::ops::RangeInclusive<i64> = 7..=28;

/// Whether bytes are those of an ONNX file, whatever its name.
pub(crate) fn is_model(bytes: &[u8]) -> bool {
    budget::check(bytes).is_ok()
        && proto::ModelProto::decode(bytes)
            .is_ok_and(|model| model.graph.is_some() && !model.opset_import.is_empty())
}

/// Reads a model from the bytes of an ONNX file, with some of its inputs and sizes set.
pub(crate) fn read(bytes: &[u8], set: &[Setting]) -> Result<Network, ModelError> {
    budget::check(bytes)?;
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
            what: format!("operators of version {opset}; known are 7 to 28"),
            hint: "export the model with opset_version=17 or convert it with onnx.version_converter",
        });
    }
    let mut points = Points::new(graph)?;
    points.plan.grant(budget::numbers(bytes.len()))?;
    let mut walked = graph::translate(graph, opset, points)?;
    if walked.mixes()
        && let Some(alone) = alone(graph, opset, bytes.len())
    {
        walked = alone;
    }
    walked.network()
}

/// A graph whose steps use the axis of the points like any other, as that of a single point: if
/// with two points neither changes what is computed for the other.
///
/// Transformers and recurrent networks turn and join axes, and put everything back at their end.
fn alone(graph: &GraphProto, opset: i64, size: usize) -> Option<Walked> {
    let of = |count| {
        let mut points = Points::together(graph, count).ok()??;
        points
            .plan
            .grant(budget::numbers(size).saturating_mul(usize::try_from(count).ok()?))
            .ok()?;
        graph::translate(graph, opset, points).ok()
    };
    let (mut one, two) = (of(1)?, of(2)?);
    one.keeps_apart(&two).then_some(one)
}
