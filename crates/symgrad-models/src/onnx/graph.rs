//! From a graph's nodes, in order, to the steps of a plan.

use std::collections::{BTreeMap, BTreeSet};

use super::attributes::Attributes;
use super::call::{Call, Outputs};
use super::operators::{self, AFTER_DISCRETE, DISCRETE, Kind, LEARNING, OPERATORS, Operator};
use super::points::Points;
use super::proto::{GraphProto, NodeProto, TensorProto};
use super::stored::stored;
use super::value::{Array, Row, Value};
use crate::plan::{Plan, Slot};
use crate::{Layer, ModelError, Network};

/// Translates a whole graph.
pub(crate) fn translate(graph: &GraphProto, opset: i64) -> Result<Network, ModelError> {
    let points = Points::new(graph)?;
    let mut walk = Walk::new(graph, points, opset)?;
    for (index, node) in graph.node.iter().enumerate() {
        walk.node(index, node)?;
    }
    walk.finish(graph)
}

/// The state between two nodes.
struct Walk<'a> {
    plan: Plan,
    lead: usize,
    fixed: Option<i64>,
    single: bool,
    opset: i64,
    input_shape: Vec<usize>,
    /// Tensors that are known so far.
    values: BTreeMap<&'a str, Value>,
    /// Stored tensors that nothing has used yet.
    unread: BTreeMap<&'a str, &'a TensorProto>,
    /// All names that some node computes.
    computed: BTreeSet<&'a str>,
    layers: Vec<(Layer, Slot)>,
}

impl<'a> Walk<'a> {
    fn new(graph: &'a GraphProto, points: Points, opset: i64) -> Result<Self, ModelError> {
        let twice = |tensor: &str| ModelError::DuplicateTensor { tensor: tensor.into() };
        let mut unread = BTreeMap::new();
        for tensor in &graph.initializer {
            if unread.insert(&tensor.name[..], tensor).is_some() {
                return Err(twice(&tensor.name));
            }
        }
        let mut values = BTreeMap::new();
        let names = graph.input.iter().filter(|input| !unread.contains_key(&input.name[..]));
        for (input, (_, value)) in names.zip(&points.inputs) {
            values.insert(&input.name[..], value.clone());
        }
        let mut computed = BTreeSet::new();
        for name in graph.node.iter().flat_map(|node| &node.output).filter(|name| !name.is_empty())
        {
            let known = unread.contains_key(&name[..]) || values.contains_key(&name[..]);
            if known || !computed.insert(&name[..]) {
                return Err(twice(name));
            }
        }
        let Points { plan, lead, fixed, single, shape: input_shape, .. } = points;
        let layers = Vec::new();
        Ok(Self { plan, lead, fixed, single, opset, input_shape, values, unread, computed, layers })
    }

    fn node(&mut self, index: usize, node: &'a NodeProto) -> Result<(), ModelError> {
        let name = match &node.name[..] {
            "" => format!("#{index}"),
            name => name.to_owned(),
        };
        let inputs: Vec<Option<Value>> =
            node.input.iter().map(|input| self.value(input, &name)).collect::<Result<_, _>>()?;
        let values = self.call(node, &name, inputs)?;
        for (output, value) in node.output.iter().zip(values) {
            if let Value::Row(row) = &value {
                self.layer(output, node, row);
            }
            self.values.insert(output, value);
        }
        Ok(())
    }

    /// The value of a node's input; an empty name stands for none.
    fn value(&mut self, tensor: &'a str, node: &str) -> Result<Option<Value>, ModelError> {
        if tensor.is_empty() {
            return Ok(None);
        }
        if let Some(value) = self.values.get(tensor) {
            return Ok(Some(value.clone()));
        }
        if let Some(proto) = self.unread.get(tensor) {
            let value = stored(proto, tensor)?;
            self.values.insert(tensor, value.clone());
            return Ok(Some(value));
        }
        let (node, tensor) = (node.to_owned(), tensor.to_owned());
        Err(if self.computed.contains(&tensor[..]) {
            ModelError::Order { node, tensor }
        } else {
            ModelError::MissingTensor { tensor, needed_by: format!("node `{node}`") }
        })
    }

    /// The values of a node's outputs.
    fn call(&mut self, node: &NodeProto, name: &str, mut inputs: Vec<Option<Value>>) -> Outputs {
        if is_own(&node.domain) || node.domain == "ai.onnx.ml" {
            let discrete = inputs.iter().flatten().any(|v| matches!(v, Value::Discrete));
            let computed = inputs.iter().flatten().any(is_computed);
            let operator = &node.op_type[..];
            if (discrete && AFTER_DISCRETE.contains(&operator))
                || ((discrete || computed) && DISCRETE.contains(&operator))
            {
                return Ok(vec![Value::Discrete; node.output.len()]);
            }
        }
        let operator = self.operator(node, name)?;
        let folded = operator.kind == Kind::Numbers && !inputs.iter().flatten().any(is_computed);
        let whole = inputs.iter().flatten().all(|value| matches!(value, Value::Integers(_)));
        // A graph of its own, whose only point is the first constant.
        let mut aside = None;
        if folded && !whole {
            aside = aside_with(&mut inputs, self.plan.room())?;
        }
        let mut call = Call {
            lead: if aside.is_some() { 0 } else { self.lead },
            fixed: self.fixed,
            opset: if is_own(&node.domain) { self.opset } else { 1 },
            node: name.to_owned(),
            operator: node.op_type.clone(),
            inputs,
            attributes: Attributes::new(node, name)?,
            outputs: node.output.len(),
            plan: aside.as_mut().map_or(&mut self.plan, |(plan, _)| plan),
        };
        let translate = if folded && whole { operators::integers } else { operator.translate };
        let outputs = translate(&mut call)?;
        call.attributes.finish()?;
        if outputs.len() < node.output.iter().filter(|name| !name.is_empty()).count() {
            return Err(call.wrong(format!("it has more than {} outputs", outputs.len())));
        }
        let Some((plan, constant)) = aside else { return Ok(outputs) };
        self.plan.set_room(plan.room());
        outputs.into_iter().map(|value| settled(&plan, &constant, value, node, name)).collect()
    }

    fn operator(&self, node: &NodeProto, name: &str) -> Result<&'static Operator, ModelError> {
        let table: &[Operator] = match &node.domain[..] {
            domain if is_own(domain) => &OPERATORS,
            "ai.onnx.ml" => &LEARNING,
            _ => &[],
        };
        if let Some(operator) = table.iter().find(|operator| operator.name == node.op_type) {
            if is_own(&node.domain) && self.opset < operator.since {
                return Err(ModelError::Unsupported {
                    node: name.into(),
                    operator: node.op_type.clone(),
                    what: format!("version {} (it needs {})", self.opset, operator.since),
                });
            }
            return Ok(operator);
        }
        let operator = match &node.domain[..] {
            domain if is_own(domain) => node.op_type.clone(),
            domain => format!("{domain}::{}", node.op_type),
        };
        let supported: Vec<&str> = OPERATORS.iter().map(|operator| operator.name).collect();
        let supported = supported.join(", ");
        Err(ModelError::UnsupportedOperator { node: name.into(), operator, supported })
    }

    fn layer(&mut self, name: &str, node: &NodeProto, row: &Row) {
        if !row.depends || name.is_empty() {
            return;
        }
        let shape = match &row.shape[..] {
            [1, rest @ ..] if self.single => rest.to_vec(),
            shape => shape.to_vec(),
        };
        let neurons = self.plan.length(row.slot);
        let (name, operator) = (name.to_owned(), node.op_type.clone());
        self.layers.push((Layer { name, operator, shape, neurons }, row.slot));
    }

    fn finish(self, graph: &GraphProto) -> Result<Network, ModelError> {
        for output in &graph.output {
            let name = &output.name[..];
            if !self.values.contains_key(name) && !self.unread.contains_key(name) {
                let (tensor, needed_by) = (name.into(), "the graph's outputs".into());
                return Err(ModelError::MissingTensor { tensor, needed_by });
            }
        }
        let is_layer = |name: &&str| self.layers.iter().any(|(layer, _)| layer.name == *name);
        let output = graph.output.iter().map(|output| &output.name[..]).find(is_layer);
        // The labels of a classifier have no gradient, but what they are made from has.
        let last = self.layers.last().map(|(layer, _)| layer.name.clone());
        let output = output.map(str::to_owned).or(last).ok_or(ModelError::NothingComputed)?;
        Ok(Network::new(self.plan, self.input_shape, self.layers, &output))
    }
}

fn is_computed(value: &Value) -> bool {
    matches!(value, Value::Row(_) | Value::Turned(_))
}

fn is_own(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

/// A plan for the first constant among some inputs, which becomes its point, and that constant.
fn aside_with(
    inputs: &mut [Option<Value>],
    room: usize,
) -> Result<Option<(Plan, Array<f64>)>, ModelError> {
    for input in inputs {
        if let Some(Value::Numbers(array)) = input
            && !array.data.is_empty()
        {
            let array = array.clone();
            let mut plan = Plan::new(array.data.len())?;
            plan.set_room(room);
            let shape = array.shape.clone();
            *input = Some(Value::Row(Row { slot: 0, shape, depends: true }));
            return Ok(Some((plan, array)));
        }
    }
    Ok(None)
}

/// The constant that a plan makes of its only point.
fn settled(
    plan: &Plan,
    point: &Array<f64>,
    value: Value,
    node: &NodeProto,
    name: &str,
) -> Result<Value, ModelError> {
    let Value::Row(row) = value else { return Ok(value) };
    let data = plan.values_at(&point.data, row.slot);
    if data.iter().any(|x| x.is_nan()) {
        let (node, operator) = (name.to_owned(), node.op_type.clone());
        let problem = "its constants give NaN".into();
        return Err(ModelError::Node { node, operator, problem });
    }
    Ok(Value::Numbers(Array::new(row.shape, data)))
}
