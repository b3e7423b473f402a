//! `If`, `Loop` and `Scan`: the graphs within a node, walked as often as they would run.

use super::attributes::Attributes;
use super::call::{Call, Operand, Outputs};
use super::graph::{Scope, Walk};
use super::proto::{GraphProto, NodeProto};
use super::value::{Array, Value, Whole};
use crate::ModelError;

/// Room that each node of an inner graph takes each time, so that loops end.
const PER_NODE: usize = 64;

impl<'a> Walk<'a> {
    pub(super) fn control(
        &mut self,
        node: &'a NodeProto,
        name: &str,
        inputs: &[Option<Value>],
        attributes: Attributes<'a>,
    ) -> Outputs {
        match &node.op_type[..] {
            "If" => self.branch(node, name, inputs, attributes),
            "Loop" => self.repeat(node, name, inputs, attributes),
            _ => self.scan(node, name, inputs, attributes),
        }
    }

    /// `If` with a condition that is known when the model is read.
    fn branch(
        &mut self,
        node: &'a NodeProto,
        name: &str,
        inputs: &[Option<Value>],
        mut attributes: Attributes<'a>,
    ) -> Outputs {
        let then = attributes.graph("then_branch")?;
        let other = attributes.graph("else_branch")?;
        let call = self.within(node, name);
        let truth = match inputs {
            [Some(condition)] => truth(condition),
            _ => return Err(call.wrong("it has no condition")),
        };
        let truth = truth.ok_or_else(|| call.unsupported("a condition that is computed"))?;
        let chosen = if truth { then } else { other };
        let graph = chosen.ok_or_else(|| call.wrong("it has no graphs"))?;
        self.body(graph, name, vec![])
    }

    /// `Loop` of a number of turns that is known when the model is read.
    fn repeat(
        &mut self,
        node: &'a NodeProto,
        name: &str,
        inputs: &[Option<Value>],
        mut attributes: Attributes<'a>,
    ) -> Outputs {
        let graph = attributes.graph("body")?;
        let call = self.within(node, name);
        let graph = graph.ok_or_else(|| call.wrong("it has no graph"))?;
        let turns = match inputs.first().and_then(Option::as_ref) {
            None => i64::MAX,
            Some(Value::Integers(array)) => match array.data[..] {
                [Whole::Known(turns)] => turns,
                _ => return Err(call.unsupported("a number of turns that is not known")),
            },
            Some(_) => return Err(call.unsupported("a number of turns that is computed")),
        };
        let known = |condition: Option<&Value>| match condition {
            None => Ok(true),
            Some(value) => truth(value).ok_or(()),
        };
        let unknown = call.unsupported("a condition that is computed");
        let Ok(mut goes_on) = known(inputs.get(1).and_then(Option::as_ref)) else {
            return Err(unknown);
        };
        let mut state: Vec<Value> = inputs.iter().skip(2).flatten().cloned().collect();
        let kept = state.len();
        let mut stacks: Vec<Vec<Value>> = vec![Vec::new(); node.output.len().saturating_sub(kept)];
        let mut turn = 0;
        while goes_on && turn < turns {
            let flag = Array::new(vec![], vec![Whole::Known(1)]);
            let count = Array::new(vec![], vec![Whole::Known(turn)]);
            let given = [Value::Integers(count), Value::Integers(flag)].into_iter().chain(state);
            let mut results = self.body(graph, name, given.collect())?.into_iter();
            let Ok(next) = known(results.next().as_ref()) else { return Err(unknown) };
            goes_on = next;
            state = results.by_ref().take(kept).collect();
            stacks.iter_mut().zip(results).for_each(|(stack, value)| stack.push(value));
            turn += 1;
        }
        for stack in stacks {
            state.push(self.stacked(node, name, stack, 0)?);
        }
        Ok(state)
    }

    /// `Scan` along axes of known sizes.
    fn scan(
        &mut self,
        node: &'a NodeProto,
        name: &str,
        inputs: &[Option<Value>],
        mut attributes: Attributes<'a>,
    ) -> Outputs {
        let graph = attributes.graph("body")?;
        let scanned = usize::try_from(attributes.int("num_scan_inputs", 0)?).unwrap_or(0);
        let mut listed =
            |name: &str| Ok::<_, ModelError>(attributes.ints(name)?.unwrap_or_default().to_vec());
        let [axes, out_axes, backwards, out_backwards] = [
            listed("scan_input_axes")?,
            listed("scan_output_axes")?,
            listed("scan_input_directions")?,
            listed("scan_output_directions")?,
        ];
        attributes.finish()?;
        let call = self.within(node, name);
        let graph = graph.ok_or_else(|| call.wrong("it has no graph"))?;
        let given: Vec<Value> = inputs.iter().flatten().cloned().collect();
        if scanned == 0 || scanned > given.len() || given.len() != inputs.len() {
            return Err(call.wrong(format!("{scanned} of its inputs are scanned")));
        }
        let (state, lists) = given.split_at(given.len() - scanned);
        let mut operands = Vec::new();
        let mut turns = None;
        for (index, list) in lists.iter().enumerate() {
            let operand = call.as_operand(list.clone())?;
            let axis = axes.get(index).copied().unwrap_or(0);
            let axis = call.axis(axis, &operand)?;
            let size = operand.shape[axis];
            if turns.is_some_and(|turns| turns != size) {
                return Err(call.wrong("its scanned inputs have different lengths"));
            }
            turns = Some(size);
            operands.push((operand, axis));
        }
        let (mut state, kept) = (state.to_vec(), state.len());
        let stacked = node.output.len().saturating_sub(kept);
        let mut stacks: Vec<Vec<Value>> = vec![Vec::new(); stacked];
        let turns = turns.unwrap_or(0);
        for turn in 0..turns {
            let mut given = state;
            for (index, (operand, axis)) in operands.iter().enumerate() {
                let back = backwards.get(index) == Some(&1);
                let place = if back { turns - 1 - turn } else { turn };
                given.push(self.slice(node, name, operand, *axis, place)?);
            }
            let mut results = self.body(graph, name, given)?.into_iter();
            state = results.by_ref().take(kept).collect();
            stacks.iter_mut().zip(results).for_each(|(stack, value)| stack.push(value));
        }
        for (index, mut stack) in stacks.into_iter().enumerate() {
            if out_backwards.get(index) == Some(&1) {
                stack.reverse();
            }
            let axis = out_axes.get(index).copied().unwrap_or(0);
            state.push(self.stacked(node, name, stack, axis)?);
        }
        Ok(state)
    }

    /// Walks a graph within the one around it, and gives the values of its outputs.
    fn body(&mut self, graph: &'a GraphProto, name: &str, inputs: Vec<Value>) -> Outputs {
        self.plan.reserve(PER_NODE * (graph.node.len() + graph.initializer.len() + 1))?;
        let scope = Scope::new(graph, inputs)?;
        self.scopes.push(scope);
        for (index, node) in graph.node.iter().enumerate() {
            self.node(index, node)?;
        }
        let mut outputs = Vec::new();
        for output in &graph.output {
            outputs.extend(self.value(&output.name, name)?);
        }
        self.scopes.pop();
        Ok(outputs)
    }

    /// One slice along an axis, which is dropped.
    fn slice(
        &mut self,
        node: &'a NodeProto,
        name: &str,
        operand: &Operand,
        axis: usize,
        place: usize,
    ) -> Result<Value, ModelError> {
        let mut call = self.within(node, name);
        let cut = call.along(operand, axis, &[place])?;
        let mut shape = cut.shape.clone();
        shape.remove(axis);
        Ok(call.shaped(&cut, shape)?.value)
    }

    /// Values one after another along a new axis.
    fn stacked(
        &mut self,
        node: &'a NodeProto,
        name: &str,
        values: Vec<Value>,
        axis: i64,
    ) -> Result<Value, ModelError> {
        if let Some(unread) = values.iter().find(|value| matches!(value, Value::Unread(_))) {
            return Ok(unread.clone());
        }
        let mut call = self.within(node, name);
        let mut operands = Vec::new();
        for value in values {
            let operand = call.as_operand(value)?;
            let axis = call.full_axis(axis, operand.rank() + 1)?;
            let Some(axis) = axis.checked_sub(operand.lead) else {
                return Err(call.mixes("puts an axis before the batch axis"));
            };
            let mut shape = operand.shape.clone();
            shape.insert(axis, 1);
            operands.push((call.shaped(&operand, shape)?, axis));
        }
        let Some(&(_, axis)) = operands.first() else {
            return Err(call.unsupported("a loop without turns"));
        };
        let operands: Vec<Operand> = operands.into_iter().map(|(operand, _)| operand).collect();
        Ok(call.joined(&operands, axis)?.value)
    }
}

/// A condition, if it is known.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Integers(array) => match array.data[..] {
            [Whole::Known(flag)] => Some(flag != 0),
            _ => None,
        },
        Value::Numbers(array) if array.data.len() == 1 => Some(array.data[0] != 0.0),
        _ => None,
    }
}

impl Walk<'_> {
    /// What the steps around an inner graph are made with.
    fn within<'b>(&'b mut self, node: &NodeProto, name: &str) -> Call<'b> {
        Call {
            lead: self.lead,
            fixed: None,
            opset: i64::MAX,
            node: name.to_owned(),
            operator: node.op_type.clone(),
            inputs: vec![],
            attributes: Attributes::default(),
            outputs: node.output.len(),
            plan: &mut self.plan,
        }
    }
}
