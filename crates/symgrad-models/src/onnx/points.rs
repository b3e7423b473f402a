//! What one point of a graph's inputs is.

use std::collections::BTreeSet;

use super::proto::{GraphProto, ValueInfoProto, element};
use super::value::{Row, Value, count};
use crate::ModelError;
use crate::layout;
use crate::plan::{Arrange, Operation, Plan};

/// The inputs of a graph, and how its tensors hold points.
pub(crate) struct Points {
    pub(crate) plan: Plan,
    /// Axes of a tensor before its shape for one point (see `Call::lead`).
    pub(crate) lead: usize,
    /// The count of points the model was exported for, if it was.
    pub(crate) fixed: Option<i64>,
    /// Whether the graph is that of one point but has an axis of size 1 for it.
    pub(crate) single: bool,
    /// The shape of a point; with several inputs their total count.
    pub(crate) shape: Vec<usize>,
    /// The numbers of each input for one point.
    pub(crate) sizes: Vec<usize>,
    pub(crate) inputs: Vec<(String, Value)>,
}

/// The sizes of an input's axes; `None` is left open.
type Sizes = Vec<Option<i64>>;

impl Points {
    /// The points as the graph's inputs have them.
    pub(crate) fn new(graph: &GraphProto) -> Result<Self, ModelError> {
        Self::with(graph, None)
    }

    /// The graph of a certain number of points together, if it leaves that number open.
    pub(crate) fn together(graph: &GraphProto, points: i64) -> Result<Option<Self>, ModelError> {
        let open = Self::new(graph)?;
        if open.lead == 0 || open.fixed.is_some() {
            return Ok(None);
        }
        Self::with(graph, Some(points)).map(Some)
    }

    fn with(graph: &GraphProto, together: Option<i64>) -> Result<Self, ModelError> {
        let stored: BTreeSet<&str> = graph.initializer.iter().map(|t| &t.name[..]).collect();
        let inputs: Vec<(&str, Sizes)> = graph
            .input
            .iter()
            .filter(|input| !stored.contains(&input.name[..]))
            .map(|input| {
                let mut sizes = sizes(input)?;
                if let (Some(points), Some(first)) = (together, sizes.first_mut()) {
                    *first = Some(points);
                }
                Ok((&input.name[..], sizes))
            })
            .collect::<Result<_, ModelError>>()?;
        let Some((first, first_sizes)) = inputs.first() else {
            return Err(ModelError::malformed("ONNX", &"the graph has no inputs"));
        };
        // A first axis of open or any size but 1 counts points; a graph with all sizes given and
        // no such axis is that of one point.
        let batch = match &first_sizes[..] {
            _ if together.is_some() => None,
            [None, ..] => Some(None),
            [Some(size), _, ..] if *size != 1 => Some(Some(*size)),
            _ => None,
        };
        let lead = usize::from(batch.is_some());
        let single = together.is_none_or(|points| points == 1)
            && batch.is_none()
            && inputs.iter().all(|(_, s)| s.len() > 1 && s[0] == Some(1));
        let mut shapes = Vec::new();
        for (name, sizes) in &inputs {
            let fail = |problem: String| ModelError::Input { input: (*name).into(), problem };
            if batch.is_some_and(|size| sizes.first() != Some(&size)) {
                return Err(fail(format!(
                    "its first axis is not like that of `{first}`; make it constant, as with \
                     --set {name}=zeros, or export the model with the points as the first axis of \
                     all inputs"
                )));
            }
            let shape: Option<Vec<usize>> = sizes[lead..]
                .iter()
                .map(|size| size.and_then(|size| usize::try_from(size).ok()))
                .collect();
            let shape = shape.filter(|shape| !shape.contains(&0)).ok_or_else(|| {
                fail(
                    "an axis other than the first has no fixed size; give its size, as with \
                     --set NAME=8, or export the model with only the batch axis dynamic"
                        .into(),
                )
            })?;
            let numbers = count(&shape).ok_or_else(|| fail("its shape is too large".into()))?;
            shapes.push((*name, shape, numbers));
        }
        let total = shapes.iter().try_fold(0_usize, |sum, (.., numbers)| sum.checked_add(*numbers));
        let mut plan = Plan::new(total.unwrap_or(usize::MAX))?;
        let sizes: Vec<usize> = shapes.iter().map(|(.., numbers)| *numbers).collect();
        let shape = match &shapes[..] {
            [(_, shape, _)] => shape[usize::from(single)..].to_vec(),
            _ => vec![plan.inputs()],
        };
        let mut start = 0;
        let mut inputs: Vec<(String, Value)> = Vec::new();
        let alone = shapes.len() == 1;
        for (name, shape, numbers) in shapes {
            let slot = if alone { 0 } else { part(&mut plan, start, numbers)? };
            start += numbers;
            if inputs.iter().any(|(other, _)| other == name) {
                return Err(ModelError::DuplicateTensor { tensor: name.into() });
            }
            inputs
                .push((name.into(), Value::Row(Row { slot, shape, depends: true, whole: false })));
        }
        Ok(Self { plan, lead, fixed: batch.flatten(), single, shape, sizes, inputs })
    }
}

/// Some of a point's numbers.
fn part(plan: &mut Plan, start: usize, numbers: usize) -> Result<usize, ModelError> {
    plan.reserve(2 * numbers)?;
    let from = layout::walk(&[numbers], &[1], start);
    let pairs = from.into_iter().zip(0..).map(|(from, to)| (to, from)).collect();
    let background = vec![0.0; numbers].into();
    plan.push(Operation::Arrange(Arrange { background, parts: vec![pairs] }), vec![0])
}

fn sizes(input: &ValueInfoProto) -> Result<Sizes, ModelError> {
    let fail =
        |problem: &str| ModelError::Input { input: input.name.clone(), problem: problem.into() };
    let tensor = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let tensor = tensor.ok_or_else(|| fail("it is not a tensor"))?;
    match tensor.elem_type {
        element::FLOAT | element::DOUBLE | element::FLOAT16 | element::BFLOAT16 => {}
        _ => {
            return Err(fail(
                "it holds no floating-point numbers, so there are no gradients in it; make it \
                 constant, as with --set NAME=1",
            ));
        }
    }
    let shape = tensor.shape.as_ref();
    let shape = shape.ok_or_else(|| fail("it has no shape; export the model with one"))?;
    // Some exporters write 0 or -1 for an open size.
    let size = |size: Option<i64>| size.filter(|&size| size > 0);
    Ok(shape.dim.iter().map(|dim| size(dim.dim_value)).collect())
}
