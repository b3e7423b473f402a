//! What operators are put together from: tensors in, tensors out.
//!
//! Shapes are those for one point. Where a constant meets a row, it is broadcast as ONNX does.

use super::call::{Call, Operand, reshaped};
use super::operators::arithmetic::combine;
use super::operators::matrix::product;
use super::operators::movement::constant;
use super::value::{Row, Value, count};
use crate::ModelError;
use crate::layout;
use crate::plan::{
    Arrange, BinaryKind, Linear, Operation, Reduce, Reduction, Softmax, Unary, Windows,
};

type Made = Result<Operand, ModelError>;

impl Call<'_> {
    /// A tensor as a row: constants are given to every point.
    pub(crate) fn as_row(&mut self, operand: &Operand) -> Result<Row, ModelError> {
        match &operand.value {
            Value::Row(row) => Ok(row.clone()),
            Value::Numbers(array) => constant(self, array),
            Value::Integers(array) => {
                let array = self.numbers(array)?;
                Ok(Row { whole: true, ..constant(self, &array)? })
            }
            Value::Unread(_) => Err(self.unsupported("an input that is not read")),
        }
    }

    /// One function of every element.
    pub(crate) fn unary(&mut self, function: Unary, operand: &Operand) -> Made {
        let row = self.as_row(operand)?;
        let shape = row.shape.clone();
        let result = self.step(Operation::Unary(function), &[&row], shape)?;
        let depends = result.depends && !function.is_flat();
        let whole = function.is_truth() || (row.whole && function.keeps_wholes());
        Ok(self.of(Row { depends, whole, ..result }))
    }

    /// A function of two tensors, with broadcasting.
    pub(crate) fn binary(&mut self, kind: BinaryKind, left: &Operand, right: &Operand) -> Made {
        let row = combine(self, kind, left, right)?;
        Ok(self.of(row))
    }

    /// The same function of several tensors, from the left.
    pub(crate) fn all(&mut self, kind: BinaryKind, operands: &[&Operand]) -> Made {
        let [first, rest @ ..] = operands else { return Err(self.wrong("it has no inputs")) };
        rest.iter().try_fold((*first).clone(), |sum, next| self.binary(kind, &sum, next))
    }

    /// A tensor times a number.
    pub(crate) fn times(&mut self, operand: &Operand, factor: f64) -> Made {
        self.binary(BinaryKind::Multiply, operand, &Operand::number(factor))
    }

    /// A tensor plus a number.
    pub(crate) fn plus(&mut self, operand: &Operand, addend: f64) -> Made {
        self.binary(BinaryKind::Add, operand, &Operand::number(addend))
    }

    /// A product of matrices, as `MatMul` has it.
    pub(crate) fn product(&mut self, left: &Operand, right: &Operand) -> Made {
        let left = if matches!(right.value, Value::Row(_)) {
            left.clone()
        } else {
            let row = self.as_row(left)?;
            self.of(row)
        };
        let row = product(self, &left, right, None)?;
        Ok(self.of(row))
    }

    /// Elements of a tensor in new places: for each of the result, its index in the tensor.
    pub(crate) fn picked(&mut self, operand: &Operand, shape: Vec<usize>, from: &[u32]) -> Made {
        let value = self.moved(&operand.value, shape.clone(), from)?;
        Ok(Operand { value, shape, lead: operand.lead })
    }

    /// The axes in another order.
    pub(crate) fn transposed(&mut self, operand: &Operand, order: &[usize]) -> Made {
        let shape: Vec<usize> = order.iter().map(|&axis| operand.shape[axis]).collect();
        if order.is_sorted() {
            return Ok(operand.clone());
        }
        self.room(&shape)?;
        let from = layout::transpose(&operand.shape, order);
        self.picked(operand, shape, &from)
    }

    /// Some elements along an axis.
    pub(crate) fn along(&mut self, operand: &Operand, axis: usize, indices: &[usize]) -> Made {
        let mut shape = operand.shape.clone();
        shape[axis] = indices.len();
        self.room(&shape)?;
        let from = layout::pick(&operand.shape, axis, indices);
        self.picked(operand, shape, &from)
    }

    /// A run of elements along an axis.
    pub(crate) fn cut(&mut self, operand: &Operand, axis: usize, start: usize, end: usize) -> Made {
        if (start, end) == (0, operand.shape[axis]) {
            return Ok(operand.clone());
        }
        self.along(operand, axis, &(start..end).collect::<Vec<_>>())
    }

    /// Repeated along new axes and those of size 1.
    pub(crate) fn spread(&mut self, operand: &Operand, shape: &[usize]) -> Made {
        if layout::common(&operand.shape, shape).as_deref() != Some(shape) {
            return Err(self.wrong(format!("{:?} does not expand to {shape:?}", operand.shape)));
        }
        if operand.shape == shape {
            return Ok(operand.clone());
        }
        self.room(shape)?;
        let from = layout::broadcast(&operand.shape, shape);
        self.picked(operand, shape.to_vec(), &from)
    }

    /// The same elements in another shape.
    pub(crate) fn shaped(&self, operand: &Operand, shape: Vec<usize>) -> Made {
        if count(&shape) != count(&operand.shape) {
            return Err(self.wrong(format!("{:?} does not become {shape:?}", operand.shape)));
        }
        let value = reshaped(operand.value.clone(), shape.clone());
        Ok(Operand { value, shape, lead: operand.lead })
    }

    /// One number for each group of elements that differ along some axes only.
    pub(crate) fn reduced(
        &mut self,
        reduction: &Reduction,
        operand: &Operand,
        axes: &[usize],
        keep: bool,
    ) -> Made {
        let row = self.as_row(operand)?;
        let (windows, kept) = self.windows(&row, axes)?;
        let shape = if keep {
            let size = |axis: usize| if axes.contains(&axis) { 1 } else { row.shape[axis] };
            (0..row.shape.len()).map(size).collect()
        } else {
            kept
        };
        self.grouped(reduction, &row, windows, shape)
    }

    /// One number for each window.
    pub(crate) fn grouped(
        &mut self,
        reduction: &Reduction,
        row: &Row,
        windows: Windows,
        shape: Vec<usize>,
    ) -> Made {
        let flat = matches!(reduction, Reduction::Place { .. });
        let whole = flat || row.whole;
        let reduce = Reduce { windows, reduction: reduction.clone() };
        let result = self.step(Operation::Reduce(reduce), &[row], shape)?;
        let depends = result.depends && !flat;
        Ok(self.of(Row { depends, whole, ..result }))
    }

    /// The sum over some axes, which stay with size 1.
    pub(crate) fn sum(&mut self, operand: &Operand, axes: &[usize]) -> Made {
        self.reduced(&Reduction::Sum(None), operand, axes, true)
    }

    /// The mean over some axes, which stay with size 1.
    pub(crate) fn mean(&mut self, operand: &Operand, axes: &[usize]) -> Made {
        let size: usize = axes.iter().map(|&axis| operand.shape[axis]).product();
        let sum = self.sum(operand, axes)?;
        self.times(&sum, (size as f64).recip())
    }

    /// Softmax along the last axis.
    pub(crate) fn softmax(&mut self, operand: &Operand, logarithm: bool) -> Made {
        let row = self.as_row(operand)?;
        let last = row.shape.len().saturating_sub(1);
        let (windows, _) = self.windows(&row, &[last])?;
        let shape = row.shape.clone();
        let row = self.step(
            Operation::Softmax(Softmax { windows, logarithm, masked: false }),
            &[&row],
            shape,
        )?;
        Ok(self.of(row))
    }

    /// Tensors one after another along an axis.
    pub(crate) fn joined(&mut self, operands: &[Operand], axis: usize) -> Made {
        let [first, ..] = operands else { return Err(self.wrong("it has no inputs")) };
        let mut shape = first.shape.clone();
        let sizes = operands.iter().map(|operand| operand.shape[axis]);
        shape[axis] = sizes.fold(0, usize::saturating_add);
        let length = self.room(&shape)?;
        self.plan.reserve(length)?;
        let (mut parts, mut rows, mut start) = (Vec::new(), Vec::new(), 0);
        for operand in operands {
            let end = start + operand.shape[axis];
            let to = layout::pick(&shape, axis, &(start..end).collect::<Vec<_>>());
            start = end;
            parts.push(to.into_iter().zip(0..).collect());
            rows.push(self.as_row(operand)?);
        }
        let whole = rows.iter().all(|row| row.whole);
        let arrange = Arrange { background: vec![0.0; length].into(), parts };
        let rows: Vec<&Row> = rows.iter().collect();
        let row = self.step(Operation::Arrange(arrange), &rows, shape)?;
        Ok(self.of(Row { whole, ..row }))
    }

    /// A constant matrix applied along an axis: for each element of the result a row of weights.
    pub(crate) fn applied(&mut self, operand: &Operand, axis: usize, matrix: &[Vec<f64>]) -> Made {
        let row = self.as_row(operand)?;
        let operand = self.of(row);
        let last = operand.shape.len() - 1;
        let order: Vec<usize> = (0..=last).filter(|&other| other != axis).chain([axis]).collect();
        let turned = self.transposed(&operand, &order)?;
        let (k, n) = (turned.shape[last], matrix.len());
        self.room(&[k, n])?;
        let weight = (0..k).flat_map(|i| matrix.iter().map(move |row| row[i])).collect();
        let mut shape = turned.shape.clone();
        shape[last] = n;
        let repeats = count(&shape[..last]).unwrap_or(0);
        let linear = Linear { repeats, k, n, weight, bias: None };
        let row = self.as_row(&turned)?;
        let row = self.step(Operation::Linear(linear), &[&row], shape)?;
        let result = self.of(row);
        let mut back = vec![0; last + 1];
        order.iter().enumerate().for_each(|(place, &axis)| back[axis] = place);
        self.transposed(&result, &back)
    }

    /// The groups of elements that differ only along some axes, and the shape of the others.
    pub(crate) fn windows(
        &mut self,
        row: &Row,
        axes: &[usize],
    ) -> Result<(Windows, Vec<usize>), ModelError> {
        self.some(&row.shape)?;
        self.room(&row.shape)?;
        let mut order: Vec<usize> =
            (0..row.shape.len()).filter(|axis| !axes.contains(axis)).collect();
        let kept: Vec<usize> = order.iter().map(|&axis| row.shape[axis]).collect();
        order.extend(axes);
        let size = axes.iter().map(|&axis| row.shape[axis]).product();
        let elements = layout::transpose(&row.shape, &order).into();
        Ok((Windows { size, elements }, kept))
    }
}
