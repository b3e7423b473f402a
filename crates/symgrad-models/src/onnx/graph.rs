//! From a graph's nodes, in order, to the steps of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::attributes::Attributes;
use super::call::{Call, Outputs};
use super::finish::Walked;
use super::operators::{self, Kind, LABELLED, LABELS, LEARNING, OPERATORS, Operator};
use super::points::Points;
use super::proto::{GraphProto, NodeProto, TensorProto};
use super::stored::stored;
use super::value::{Array, Row, Unread, Value, Whole};
use crate::plan::{Plan, Slot};
use crate::{Layer, ModelError};

/// Translates a whole graph, whose points are as said.
pub(crate) fn translate(
    graph: &GraphProto,
    opset: i64,
    points: Points,
) -> Result<Walked, ModelError> {
    let mut walk = Walk::new(graph, points, opset)?;
    for (index, node) in graph.node.iter().enumerate() {
        walk.node(index, node)?;
    }
    walk.finish(graph)
}

/// The tensors of a graph that are known so far.
#[derive(Default)]
pub(super) struct Scope<'a> {
    pub(super) values: BTreeMap<&'a str, Value>,
    /// Stored tensors that nothing has used yet.
    unread: BTreeMap<&'a str, &'a TensorProto>,
    /// All names that some node computes.
    computed: BTreeSet<&'a str>,
}

impl<'a> Scope<'a> {
    /// A graph whose inputs have these values.
    pub(super) fn new(
        graph: &'a GraphProto,
        inputs: impl IntoIterator<Item = Value>,
    ) -> Result<Self, ModelError> {
        let twice = |tensor: &str| ModelError::DuplicateTensor { tensor: tensor.into() };
        let mut scope = Self::default();
        for tensor in &graph.initializer {
            if scope.unread.insert(&tensor.name[..], tensor).is_some() {
                return Err(twice(&tensor.name));
            }
        }
        let names = graph.input.iter().filter(|input| !scope.unread.contains_key(&input.name[..]));
        for (input, value) in names.zip(inputs) {
            scope.values.insert(&input.name[..], value);
        }
        for name in graph.node.iter().flat_map(|node| &node.output).filter(|name| !name.is_empty())
        {
            let known =
                scope.unread.contains_key(&name[..]) || scope.values.contains_key(&name[..]);
            if known || !scope.computed.insert(&name[..]) {
                return Err(twice(name));
            }
        }
        Ok(scope)
    }
}

/// The state between two nodes.
pub(super) struct Walk<'a> {
    pub(super) plan: Plan,
    pub(super) lead: usize,
    fixed: Option<i64>,
    single: bool,
    opset: i64,
    input_shape: Vec<usize>,
    sizes: Vec<usize>,
    /// The graph, and within it those of loops.
    pub(super) scopes: Vec<Scope<'a>>,
    layers: Vec<(Layer, Slot, Vec<usize>)>,
    /// Why tensors are not read: what was wrong with the first nodes where this begins.
    problems: Vec<ModelError>,
    why: Arc<str>,
}

/// Problems that are kept.
const PROBLEMS: usize = 100;

impl<'a> Walk<'a> {
    fn new(graph: &'a GraphProto, points: Points, opset: i64) -> Result<Self, ModelError> {
        let Points { plan, lead, fixed, single, shape: input_shape, sizes, inputs } = points;
        let scopes = vec![Scope::new(graph, inputs.into_iter().map(|(_, value)| value))?];
        let (layers, problems, why) = (Vec::new(), Vec::new(), "".into());
        Ok(Self {
            plan,
            lead,
            fixed,
            single,
            opset,
            input_shape,
            sizes,
            scopes,
            layers,
            problems,
            why,
        })
    }

    /// Translates a node. What it does not know makes its outputs unread; a file that is wrong is
    /// refused.
    pub(super) fn node(&mut self, index: usize, node: &'a NodeProto) -> Result<(), ModelError> {
        let name = match &node.name[..] {
            "" => format!("#{index}"),
            name => name.to_owned(),
        };
        let inputs: Vec<Option<Value>> =
            node.input.iter().map(|input| self.value(input, &name)).collect::<Result<_, _>>()?;
        let values = match unread(node, &inputs) {
            Some(unread) => vec![Value::Unread(unread); node.output.len()],
            None => match self.call(node, &name, inputs) {
                Ok(values) => values,
                Err(error) if error.is_unread() => {
                    let why = match self.problems.len() {
                        0..PROBLEMS => {
                            let why: Arc<str> = format!("{error}").into();
                            self.problems.push(error);
                            self.why = why.clone();
                            why
                        }
                        // Of many, the last ones share a reason.
                        _ => self.why.clone(),
                    };
                    vec![Value::Unread(Unread { why, label: false }); node.output.len()]
                }
                Err(error) => return Err(error),
            },
        };
        for (output, value) in node.output.iter().zip(values) {
            if let (Value::Row(row), 1) = (&value, self.scopes.len()) {
                self.layer(output, node, row);
            }
            if let Some(scope) = self.scopes.last_mut() {
                scope.values.insert(output, value);
            }
        }
        Ok(())
    }

    /// The value of a node's input; an empty name stands for none.
    pub(super) fn value(
        &mut self,
        tensor: &'a str,
        node: &str,
    ) -> Result<Option<Value>, ModelError> {
        if tensor.is_empty() {
            return Ok(None);
        }
        for scope in self.scopes.iter_mut().rev() {
            if let Some(value) = scope.values.get(tensor) {
                return Ok(Some(value.clone()));
            }
            if let Some(proto) = scope.unread.get(tensor) {
                let value = stored(proto, tensor)?;
                scope.values.insert(tensor, value.clone());
                return Ok(Some(value));
            }
        }
        let later = self.scopes.iter().any(|scope| scope.computed.contains(tensor));
        let (node, tensor) = (node.to_owned(), tensor.to_owned());
        Err(if later {
            ModelError::Order { node, tensor }
        } else {
            ModelError::MissingTensor { tensor, needed_by: format!("node `{node}`") }
        })
    }

    /// The values of a node's outputs.
    fn call(&mut self, node: &'a NodeProto, name: &str, mut inputs: Vec<Option<Value>>) -> Outputs {
        let operator = self.operator(node, name)?;
        let attributes = Attributes::new(node, name)?;
        if operator.kind == Kind::Graphs {
            return self.control(node, name, &inputs, attributes);
        }
        let whole = inputs.iter().flatten().all(|value| matches!(value, Value::Integers(_)));
        let folded = operator.kind == Kind::Numbers && !inputs.iter().flatten().any(is_row);
        // A graph of its own, whose only point is the first constant.
        let mut aside = None;
        let exact = whole && operators::exact(&node.op_type).is_some();
        if folded && !exact {
            aside = aside_with(&mut inputs, self.plan.room())?;
        }
        let mut call = Call {
            lead: if aside.is_some() { 0 } else { self.lead },
            fixed: self.fixed,
            opset: if is_own(&node.domain) { self.opset } else { 1 },
            node: name.to_owned(),
            operator: node.op_type.clone(),
            inputs,
            attributes,
            outputs: node.output.len(),
            plan: aside.as_mut().map_or(&mut self.plan, |(plan, _)| plan),
        };
        let translate = match operators::exact(&node.op_type) {
            Some(exact) if folded && whole => exact,
            _ => operator.translate,
        };
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
        if let Some(operator) = known(node) {
            if is_own(&node.domain) && self.opset < operator.since {
                return Err(ModelError::Unsupported {
                    node: name.into(),
                    operator: node.op_type.clone(),
                    what: format!("version {} (it needs {})", self.opset, operator.since),
                });
            }
            return Ok(operator);
        }
        Err(ModelError::UnsupportedOperator { node: name.into(), operator: written(node) })
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
        let layer = Layer { name, operator, shape, neurons };
        self.layers.push((layer, row.slot, row.shape.clone()));
    }

    fn finish(mut self, graph: &'a GraphProto) -> Result<Walked, ModelError> {
        let mut outputs = Vec::new();
        for output in &graph.output {
            let value = self.value(&output.name, "").map_err(|_| ModelError::MissingTensor {
                tensor: output.name.clone(),
                needed_by: "the graph's outputs".into(),
            })?;
            outputs.extend(value.map(|value| (output.clone(), value)));
        }
        let scope = self.scopes.pop().unwrap_or_default();
        let unread = scope.values.into_iter().filter_map(|(name, value)| match value {
            Value::Unread(unread) => Some((name.to_owned(), unread.why)),
            _ => None,
        });
        Ok(Walked {
            plan: self.plan,
            input_shape: self.input_shape,
            layers: self.layers,
            outputs,
            unread: unread.collect(),
            unknown: unknown(graph),
            problems: self.problems,
            sizes: self.sizes,
        })
    }
}

/// The operators of a graph that are not known, with how often each occurs.
fn unknown(graph: &GraphProto) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut graphs = vec![graph];
    while let Some(graph) = graphs.pop() {
        for node in &graph.node {
            if known(node).is_none() {
                *found.entry(written(node)).or_insert(0) += 1;
            }
            graphs.extend(node.attribute.iter().filter_map(|attribute| attribute.g.as_deref()));
        }
    }
    found
}

/// A node's operator, if it is supported.
fn known(node: &NodeProto) -> Option<&'static Operator> {
    let table: &[Operator] = match &node.domain[..] {
        domain if is_own(domain) => &OPERATORS,
        "ai.onnx.ml" => &LEARNING,
        _ => &[],
    };
    table.iter().find(|operator| operator.name == node.op_type)
}

/// An operator, with its domain if that is not ONNX's own.
fn written(node: &NodeProto) -> String {
    match &node.domain[..] {
        domain if is_own(domain) => node.op_type.clone(),
        domain => format!("{domain}::{}", node.op_type),
    }
}

/// Why a node is not computed: it makes labels, or needs something that is not read.
fn unread(node: &NodeProto, inputs: &[Option<Value>]) -> Option<Unread> {
    let operator = &node.op_type[..];
    if LABELS.contains(&operator) && node.domain == "ai.onnx.ml" {
        let why = format!("{operator} gives labels, which have no gradient").into();
        return Some(Unread { why, label: true });
    }
    let found = inputs.iter().flatten().find_map(|value| match value {
        Value::Unread(unread) => Some(unread.clone()),
        _ => None,
    })?;
    let label = found.label && LABELLED.contains(&operator);
    Some(Unread { label, ..found })
}

fn is_row(value: &Value) -> bool {
    matches!(value, Value::Row(_))
}

pub(super) fn is_own(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

/// A plan for the first constant among some inputs, which becomes its point, and that constant.
fn aside_with(
    inputs: &mut [Option<Value>],
    room: usize,
) -> Result<Option<(Plan, Array<f64>)>, ModelError> {
    for input in inputs {
        let (array, whole) = match input {
            Some(Value::Numbers(array)) => (array.clone(), false),
            Some(Value::Integers(array)) => {
                let number = |whole: &Whole| match whole {
                    Whole::Known(number) => Some(*number as f64),
                    Whole::Points => None,
                };
                let data: Option<Vec<f64>> = array.data.iter().map(number).collect();
                let Some(data) = data else { return Ok(None) };
                (Array::new(array.shape.clone(), data), true)
            }
            _ => continue,
        };
        if array.data.is_empty() {
            continue;
        }
        let mut plan = Plan::new(array.data.len())?;
        plan.set_room(room);
        let shape = array.shape.clone();
        *input = Some(Value::Row(Row { slot: 0, shape, depends: true, whole }));
        return Ok(Some((plan, array)));
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
        let what = "a constant that becomes NaN".into();
        return Err(ModelError::Unsupported { node, operator, what });
    }
    if row.whole {
        // Exact: results of integers in double precision.
        #[expect(clippy::cast_possible_truncation)]
        let data: Vec<Whole> = data.iter().map(|&x| Whole::Known(x as i64)).collect();
        return Ok(Value::Integers(Array::new(row.shape, data)));
    }
    Ok(Value::Numbers(Array::new(row.shape, data)))
}
