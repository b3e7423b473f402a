//! One node of a graph, while it is translated.

use super::attributes::Attributes;
use super::value::{Array, Row, Value, Whole, count};
use crate::ModelError;
use crate::layout;
use crate::plan::{Arrange, Operation, Plan, Slot};

/// What an operator becomes: a value for each of its outputs.
pub(crate) type Outputs = Result<Vec<Value>, ModelError>;

/// A node with its inputs, and what it may use to become steps of the plan.
pub(crate) struct Call<'a> {
    pub(crate) plan: &'a mut Plan,
    /// Axes of a tensor before its shape for one point: 1 where the points are the first axis,
    /// 0 where the graph is that of a single point.
    pub(crate) lead: usize,
    /// The count of points the model was exported for, if it was.
    pub(crate) fixed: Option<i64>,
    /// The version of the operators.
    pub(crate) opset: i64,
    pub(crate) node: String,
    pub(crate) operator: String,
    pub(crate) inputs: Vec<Option<Value>>,
    pub(crate) attributes: Attributes<'a>,
    /// Outputs that the node has.
    pub(crate) outputs: usize,
}

/// An input whose elements may be moved: its own shape, and the axes before it.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub(crate) value: Value,
    pub(crate) shape: Vec<usize>,
    pub(crate) lead: usize,
}

impl Operand {
    pub(crate) fn rank(&self) -> usize {
        self.shape.len() + self.lead
    }

    /// Whether it holds integers or truth values.
    pub(crate) fn is_whole(&self) -> bool {
        match &self.value {
            Value::Integers(_) => true,
            Value::Row(row) => row.whole,
            _ => false,
        }
    }

    /// A constant.
    pub(crate) fn constant(shape: Vec<usize>, data: Vec<f64>) -> Self {
        Self { value: Value::Numbers(Array::new(shape.clone(), data)), shape, lead: 0 }
    }

    /// A constant number.
    pub(crate) fn number(number: f64) -> Self {
        Self::constant(vec![], vec![number])
    }
}

impl Call<'_> {
    /// The input of that index, if it is there.
    pub(crate) fn input(&self, index: usize) -> Option<&Value> {
        self.inputs.get(index).and_then(Option::as_ref)
    }

    /// An input that must be there, with its shape.
    pub(crate) fn operand(&self, index: usize) -> Result<Operand, ModelError> {
        let value = self.input(index).cloned();
        let value = value.ok_or_else(|| self.wrong(format!("input {index} is missing")))?;
        self.as_operand(value)
    }

    /// A tensor with its shape.
    pub(crate) fn as_operand(&self, value: Value) -> Result<Operand, ModelError> {
        let (shape, lead) = match &value {
            Value::Numbers(array) => (array.shape.clone(), 0),
            Value::Integers(array) => (array.shape.clone(), 0),
            Value::Row(row) => (row.shape.clone(), self.lead),
            Value::Unread(_) => return Err(self.unsupported("an input that is not read")),
        };
        Ok(Operand { value, shape, lead })
    }

    /// An input, if it is there.
    pub(crate) fn optional(&self, index: usize) -> Result<Option<Operand>, ModelError> {
        self.input(index).cloned().map(|value| self.as_operand(value)).transpose()
    }

    /// A row with its shape.
    pub(crate) fn of(&self, row: Row) -> Operand {
        let shape = row.shape.clone();
        Operand { value: Value::Row(row), shape, lead: self.lead }
    }

    /// Refuses to work where the points are an axis of the tensors: the graph is tried again as
    /// that of a single point.
    pub(crate) fn alone(&self) -> Result<(), ModelError> {
        match self.lead {
            0 => Ok(()),
            _ => Err(self.mixes("may use the batch axis like any other")),
        }
    }

    /// An input that is computed for each point.
    pub(crate) fn row(&self, index: usize) -> Result<Row, ModelError> {
        match self.operand(index)?.value {
            Value::Row(row) => Ok(row),
            _ => Err(self.wrong(format!("input {index} is constant where the others are not"))),
        }
    }

    /// An input that must be stored in the model, if it is there.
    pub(crate) fn constant(&self, index: usize) -> Result<Option<Array<f64>>, ModelError> {
        match self.input(index) {
            None => Ok(None),
            Some(Value::Numbers(array)) => Ok(Some(array.clone())),
            Some(Value::Integers(array)) => Ok(Some(self.numbers(array)?)),
            Some(_) => Err(self.unsupported(format!("input {index} that is no constant"))),
        }
    }

    /// Integers as numbers.
    pub(crate) fn numbers(&self, array: &Array<Whole>) -> Result<Array<f64>, ModelError> {
        let number = |&whole: &Whole| self.known(whole).map(|number| number as f64);
        let data: Vec<f64> = array.data.iter().map(number).collect::<Result<_, _>>()?;
        Ok(Array::new(array.shape.clone(), data))
    }

    /// An input of one number, if it is there.
    pub(crate) fn scalar(&self, index: usize) -> Result<Option<f64>, ModelError> {
        match self.constant(index)? {
            None => Ok(None),
            Some(array) if array.data.len() == 1 => Ok(Some(array.data[0])),
            Some(_) => Err(self.wrong(format!("input {index} is not a single number"))),
        }
    }

    /// An input of integers, among which the count of points may be.
    pub(crate) fn wholes(&self, index: usize) -> Result<Option<Array<Whole>>, ModelError> {
        match self.input(index) {
            None => Ok(None),
            Some(Value::Integers(array)) => Ok(Some(array.clone())),
            Some(_) => Err(self.unsupported(format!("input {index} that is no constant integer"))),
        }
    }

    /// An input of known integers.
    pub(crate) fn integers(&self, index: usize) -> Result<Option<Vec<i64>>, ModelError> {
        let Some(array) = self.wholes(index)? else { return Ok(None) };
        array.data.iter().map(|&whole| self.known(whole)).collect::<Result<_, _>>().map(Some)
    }

    /// Integers from an attribute in older operators, from an input in newer ones.
    pub(crate) fn listed(
        &mut self,
        attribute: &str,
        input: usize,
        since: i64,
    ) -> Result<Option<Vec<i64>>, ModelError> {
        if self.opset < since && self.attributes.has(attribute) {
            return Ok(self.attributes.ints(attribute)?.map(<[i64]>::to_vec));
        }
        self.integers(input)
    }

    /// A number that must not be the count of points.
    pub(crate) fn known(&self, whole: Whole) -> Result<i64, ModelError> {
        match whole {
            Whole::Known(number) => Ok(number),
            Whole::Points => Err(self.mixes("computes with the size of the batch axis")),
        }
    }

    /// Counts an axis of a tensor of that rank from the front.
    pub(crate) fn full_axis(&self, axis: i64, rank: usize) -> Result<usize, ModelError> {
        let rank = i64::try_from(rank).unwrap_or(i64::MAX);
        let counted = if axis < 0 { axis.saturating_add(rank) } else { axis };
        match usize::try_from(counted) {
            Ok(found) if counted < rank => Ok(found),
            _ => Err(self.wrong(format!("axis {axis} of a tensor with {rank} axes"))),
        }
    }

    /// An axis of an operand's own shape; that of the points is refused.
    pub(crate) fn axis(&self, axis: i64, operand: &Operand) -> Result<usize, ModelError> {
        let found = self.full_axis(axis, operand.rank())?;
        found.checked_sub(operand.lead).ok_or_else(|| self.mixes("works along the batch axis"))
    }

    /// Several different axes of an operand's own shape, in increasing order.
    pub(crate) fn axes(&self, axes: &[i64], operand: &Operand) -> Result<Vec<usize>, ModelError> {
        let found: Result<Vec<usize>, _> = axes.iter().map(|&a| self.axis(a, operand)).collect();
        let mut found = found?;
        found.sort_unstable();
        if found.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(self.wrong(format!("an axis twice in {axes:?}")));
        }
        Ok(found)
    }

    /// A tensor of that shape whose elements are elements of another one.
    pub(crate) fn moved(
        &mut self,
        value: &Value,
        shape: Vec<usize>,
        from: &[u32],
    ) -> Result<Value, ModelError> {
        let pick = |index: &u32| *index as usize;
        Ok(match value {
            // More than a number each: constants are copied while they are made.
            Value::Numbers(array) => {
                self.plan.reserve(3 * from.len())?;
                let data: Vec<f64> = from.iter().map(|i| array.data[pick(i)]).collect();
                Value::Numbers(Array::new(shape, data))
            }
            Value::Integers(array) => {
                self.plan.reserve(8 * from.len())?;
                let data: Vec<Whole> = from.iter().map(|i| array.data[pick(i)]).collect();
                Value::Integers(Array::new(shape, data))
            }
            Value::Row(row) => {
                self.some(&shape)?;
                self.plan.reserve(2 * from.len())?;
                let pairs = from.iter().zip(0..).map(|(&from, to)| (to, from)).collect();
                let background = vec![0.0; from.len()].into();
                let arrange = Arrange { background, parts: vec![pairs] };
                let slot = self.plan.push(Operation::Arrange(arrange), vec![row.slot])?;
                Value::Row(Row { slot, shape, ..*row })
            }
            Value::Unread(unread) => Value::Unread(unread.clone()),
        })
    }

    /// The result of a step: a tensor of that shape for each point.
    pub(crate) fn step(
        &mut self,
        operation: Operation,
        inputs: &[&Row],
        shape: Vec<usize>,
    ) -> Result<Row, ModelError> {
        self.some(&shape)?;
        let slots: Vec<Slot> = inputs.iter().map(|row| row.slot).collect();
        let depends = inputs.iter().any(|row| row.depends);
        let slot = self.plan.push(operation, slots)?;
        if Some(self.plan.length(slot)) != count(&shape) {
            return Err(self.wrong(format!("its result does not have the shape {shape:?}")));
        }
        Ok(Row { slot, shape, depends, whole: false })
    }

    /// Refuses shapes without elements, and those of more than can be counted.
    pub(crate) fn some(&self, shape: &[usize]) -> Result<usize, ModelError> {
        match count(shape) {
            Some(0) => {
                Err(self.unsupported(format!("a tensor of shape {shape:?}, which is empty")))
            }
            Some(count) => Ok(count),
            None => Err(self.wrong(format!("the shape {shape:?} is too large"))),
        }
    }

    /// Reserves room for a table with an entry for each element of a shape.
    pub(crate) fn room(&mut self, shape: &[usize]) -> Result<usize, ModelError> {
        let count = count(shape);
        let count = count.ok_or_else(|| self.wrong(format!("the shape {shape:?} is too large")))?;
        self.plan.reserve(count)?;
        Ok(count)
    }

    /// The index in a tensor of shape `from` of each element of its broadcast to `to`, or `None`
    /// if the elements are the same.
    pub(crate) fn broadcast(
        &mut self,
        from: &[usize],
        to: &[usize],
    ) -> Result<Option<Vec<u32>>, ModelError> {
        if count(from) == count(to) {
            return Ok(None);
        }
        self.room(to)?;
        Ok(Some(layout::broadcast(from, to)))
    }

    /// A use of the operator that is not supported.
    pub(crate) fn unsupported(&self, what: impl Into<String>) -> ModelError {
        let (node, operator) = (self.node.clone(), self.operator.clone());
        ModelError::Unsupported { node, operator, what: what.into() }
    }

    /// Inputs or attributes that do not fit one another.
    pub(crate) fn wrong(&self, problem: impl Into<String>) -> ModelError {
        let (node, operator) = (self.node.clone(), self.operator.clone());
        ModelError::Node { node, operator, problem: problem.into() }
    }

    /// A use of the operator that lets points influence one another.
    pub(crate) fn mixes(&self, what: impl Into<String>) -> ModelError {
        let (node, operator) = (self.node.clone(), self.operator.clone());
        ModelError::MixesPoints { node, operator, what: what.into() }
    }
}

/// The same tensor with another shape of as many elements.
pub(crate) fn reshaped(value: Value, shape: Vec<usize>) -> Value {
    match value {
        Value::Numbers(array) => Value::Numbers(Array { shape, ..array }),
        Value::Integers(array) => Value::Integers(Array { shape, ..array }),
        Value::Row(row) => Value::Row(Row { shape, ..row }),
        Value::Unread(unread) => Value::Unread(unread),
    }
}
