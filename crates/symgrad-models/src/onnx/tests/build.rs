//! Writes models.

use prost::Message;

use crate::onnx::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetProto,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto, element, kind,
};

/// A graph with the input `x`; its output is what the last node computes unless it is said.
#[derive(Clone)]
pub(crate) struct Graph {
    pub(crate) proto: GraphProto,
    pub(crate) opset: i64,
}

/// A tensor's type; negative sizes are left open.
pub(crate) fn info(name: &str, shape: &[i64], elem_type: i32) -> ValueInfoProto {
    let dim = |&size: &i64| DimensionProto {
        dim_value: (size >= 0).then_some(size),
        dim_param: (size < 0).then(|| "batch".into()),
    };
    let shape = TensorShapeProto { dim: shape.iter().map(dim).collect() };
    let tensor_type = Some(TensorTypeProto { elem_type, shape: Some(shape) });
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type }) }
}

impl Graph {
    pub(crate) fn new(shape: &[i64]) -> Self {
        let input = vec![info("x", shape, element::FLOAT)];
        Self { proto: GraphProto { input, ..GraphProto::default() }, opset: 17 }
    }

    pub(crate) fn opset(mut self, version: i64) -> Self {
        self.opset = version;
        self
    }

    pub(crate) fn input(mut self, name: &str, shape: &[i64]) -> Self {
        self.proto.input.push(info(name, shape, element::FLOAT));
        self
    }

    pub(crate) fn tensor(mut self, name: &str, shape: &[i64], data: &[f64]) -> Self {
        self.proto.initializer.push(doubles(name, shape, data));
        self
    }

    pub(crate) fn wholes(mut self, name: &str, data: &[i64]) -> Self {
        let size = i64::try_from(data.len()).unwrap();
        self.proto.initializer.push(TensorProto {
            name: name.into(),
            dims: vec![size],
            data_type: element::INT64,
            int64_data: data.to_vec(),
            ..TensorProto::default()
        });
        self
    }

    pub(crate) fn node(self, operator: &str, inputs: &[&str], output: &str) -> Self {
        self.node_with(operator, inputs, output, &[])
    }

    pub(crate) fn node_with(
        mut self,
        operator: &str,
        inputs: &[&str],
        output: &str,
        attributes: &[AttributeProto],
    ) -> Self {
        self.proto.node.push(NodeProto {
            input: inputs.iter().map(ToString::to_string).collect(),
            output: output.split(' ').map(ToString::to_string).collect(),
            name: format!("node_{}", self.proto.node.len()),
            op_type: operator.into(),
            attribute: attributes.to_vec(),
            ..NodeProto::default()
        });
        self
    }

    pub(crate) fn domain(mut self, domain: &str) -> Self {
        self.proto.node.last_mut().unwrap().domain = domain.into();
        self
    }

    pub(crate) fn output(mut self, name: &str) -> Self {
        self.proto.output.push(info(name, &[], element::FLOAT));
        self
    }

    pub(crate) fn model(mut self) -> ModelProto {
        if self.proto.output.is_empty()
            && let Some(last) = self.proto.node.last()
        {
            let name = last.output[0].clone();
            self = self.output(&name);
        }
        let opset_import = vec![OperatorSetProto { domain: String::new(), version: self.opset }];
        ModelProto { ir_version: 8, graph: Some(self.proto), opset_import }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.clone().model().encode_to_vec()
    }
}

pub(crate) fn doubles(name: &str, shape: &[i64], data: &[f64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: shape.to_vec(),
        data_type: element::DOUBLE,
        raw_data: Some(data.iter().flat_map(|x| x.to_le_bytes()).collect()),
        ..TensorProto::default()
    }
}

fn attribute(name: &str, kind: i32) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: kind, ..AttributeProto::default() }
}

pub(crate) fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { i, ..attribute(name, kind::INT) }
}

pub(crate) fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { ints: ints.to_vec(), ..attribute(name, kind::INTS) }
}

pub(crate) fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { f, ..attribute(name, kind::FLOAT) }
}

pub(crate) fn floats(name: &str, floats: &[f32]) -> AttributeProto {
    AttributeProto { floats: floats.to_vec(), ..attribute(name, kind::FLOATS) }
}

pub(crate) fn text(name: &str, s: &str) -> AttributeProto {
    AttributeProto { s: s.into(), ..attribute(name, kind::STRING) }
}

pub(crate) fn tensor(name: &str, t: TensorProto) -> AttributeProto {
    AttributeProto { t: Some(t), ..attribute(name, kind::TENSOR) }
}

pub(crate) fn texts(name: &str, texts: &[&str]) -> AttributeProto {
    let strings = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    AttributeProto { strings, ..attribute(name, kind::STRINGS) }
}

pub(crate) fn graph(name: &str, g: GraphProto) -> AttributeProto {
    AttributeProto { g: Some(Box::new(g)), ..attribute(name, kind::GRAPH) }
}
