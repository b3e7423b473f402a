//! Products of matrices: `MatMul` and `Gemm`.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::{Row, Value, count};
use crate::ModelError;
use crate::layout;
use crate::plan::{
    BinaryKind, Determinant, Factor, LARGEST_DETERMINANT, Linear, Operation, Product,
};

/// `MatMul`: as in NumPy.
pub(super) fn matmul(call: &mut Call<'_>) -> Outputs {
    let (left, right) = (call.operand(0)?, call.operand(1)?);
    Ok(vec![Value::Row(product(call, &left, &right, None)?)])
}

/// `Gemm`: alpha · A·B + beta · C with either matrix transposed.
pub(super) fn gemm(call: &mut Call<'_>) -> Outputs {
    let alpha = call.attributes.float("alpha", 1.0)?;
    let beta = call.attributes.float("beta", 1.0)?;
    let transposed =
        [call.attributes.switch("transA", false)?, call.attributes.switch("transB", false)?];
    let mut factors = [call.operand(0)?, call.operand(1)?];
    for (factor, transposed) in factors.iter_mut().zip(transposed) {
        if factor.rank() != 2 {
            return Err(call.wrong(format!("a factor has {} axes instead of 2", factor.rank())));
        }
        if !transposed {
            continue;
        }
        if factor.lead == 1 {
            return Err(call.mixes("transposes the batch axis"));
        }
        *factor = call.transposed(factor, &[1, 0])?;
    }
    let [left, right] = factors;
    // The usual case, a layer with a bias, is one step.
    if alpha == 1.0
        && beta == 1.0
        && matches!(right.value, Value::Numbers(_))
        && let Some(Value::Numbers(bias)) = call.input(2)
        && bias.data.len() == right.shape[1]
        && bias.shape.last() == Some(&bias.data.len())
    {
        let bias = bias.data.to_vec().into();
        return Ok(vec![Value::Row(product(call, &left, &right, Some(bias))?)]);
    }
    let mut result = call.product(&left, &right)?;
    if alpha != 1.0 {
        result = call.times(&result, alpha)?;
    }
    if call.input(2).is_none() || beta == 0.0 {
        return Ok(vec![result.value]);
    }
    let mut addend = call.operand(2)?;
    if let Value::Numbers(array) = &mut addend.value {
        call.plan.reserve(array.data.len())?;
        array.data = array.data.iter().map(|x| x * beta).collect();
    } else if beta != 1.0 {
        addend = call.times(&addend, beta)?;
    }
    let sum = call.binary(BinaryKind::Add, &result, &addend)?;
    if sum.shape != result.shape {
        return Err(call.wrong(format!("C of shape {:?} is larger than A·B", addend.shape)));
    }
    Ok(vec![sum.value])
}

/// The product of two tensors of which at least one is a row, plus a constant for each column.
pub(crate) fn product(
    call: &mut Call<'_>,
    left: &Operand,
    right: &Operand,
    bias: Option<Box<[f64]>>,
) -> Result<Row, ModelError> {
    let (mut a, mut b) = aligned(call, left, right)?;
    let mismatch =
        || call.wrong(format!("shapes {:?} and {:?} do not fit", left.shape, right.shape));
    // Vectors are matrices with one row or column, which the result does not have.
    let (is_row, is_column) = (a.len() == 1, b.len() == 1);
    if is_row {
        a.insert(0, 1);
    }
    if is_column {
        b.push(1);
    }
    let ([more_a @ .., m, k], [more_b @ .., inner, n]) = (&a[..], &b[..]) else {
        return Err(mismatch());
    };
    let (m, k, n) = (*m, *k, *n);
    let batch = layout::common(more_a, more_b).filter(|_| k == *inner).ok_or_else(mismatch)?;
    let mut shape = batch.clone();
    shape.extend((!is_row).then_some(m));
    shape.extend((!is_column).then_some(n));
    call.some(&shape)?;
    call.some(&a)?;
    if let (Value::Row(row), Value::Numbers(weight), []) = (&left.value, &right.value, more_b) {
        let repeats = count(more_a).unwrap_or(0) * m;
        let weight = weight.data.clone();
        let linear = Linear { repeats, k, n, weight, bias };
        return call.step(Operation::Linear(linear), &[row], shape);
    }
    call.room(&batch)?;
    call.room(&batch)?;
    let pairs = layout::broadcast(more_a, &batch)
        .into_iter()
        .zip(layout::broadcast(more_b, &batch))
        .collect();
    let mut rows = Vec::new();
    let mut factor = |call: &mut Call<'_>, operand: &Operand| {
        let array = match &operand.value {
            Value::Row(row) => {
                rows.push(row.clone());
                return Ok(Factor::Row);
            }
            Value::Numbers(array) => array.clone(),
            Value::Integers(array) => call.numbers(array)?,
            Value::Unread(_) => return Err(call.unsupported("an input that is not read")),
        };
        call.plan.reserve(array.data.len())?;
        Ok(Factor::Constant(array.data.to_vec().into()))
    };
    let (left, right) = (factor(call, left)?, factor(call, right)?);
    let product = Product { m, k, n, left, right, pairs };
    if product.length() != count(&shape).unwrap_or(0) || rows.is_empty() {
        return Err(call.wrong("its factors do not fit"));
    }
    let rows: Vec<&Row> = rows.iter().collect();
    let result = call.step(Operation::Product(product), &rows, shape)?;
    Ok(Row { whole: rows.iter().all(|row| row.whole) && rows.len() == 2, ..result })
}

/// The shapes for one point, if the axis of the points is one of the left factor's rows, or
/// counts matrices on both sides.
fn aligned(
    call: &Call<'_>,
    left: &Operand,
    right: &Operand,
) -> Result<(Vec<usize>, Vec<usize>), ModelError> {
    let (a, b) = (left.shape.clone(), right.shape.clone());
    if call.lead == 0 {
        return Ok((a, b));
    }
    let strip = |constant: &[usize], rank: usize| match constant {
        [1, rest @ ..] if constant.len() == rank && rank > 2 => Ok(rest.to_vec()),
        shape if shape.len() < rank || shape.len() <= 2 => Ok(shape.to_vec()),
        shape => Err(call.mixes(format!("has a constant of shape {shape:?}"))),
    };
    match (left.lead, right.lead) {
        (1, 1) if left.rank() == right.rank() && left.rank() > 2 => Ok((a, b)),
        (1, 1) => Err(call.mixes("multiplies tensors along the batch axis")),
        (1, _) if left.rank() < 2 => Err(call.mixes("multiplies along the batch axis")),
        (1, _) => Ok((a, strip(&b, left.rank())?)),
        (_, 1) if right.rank() < 3 => Err(call.mixes("multiplies along the batch axis")),
        _ => Ok((strip(&a, right.rank())?, b)),
    }
}

/// `Det`: of each matrix.
pub(super) fn determinant(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let row = call.as_row(&operand)?;
    let [batch @ .., rows, columns] = &row.shape[..] else {
        return Err(call.mixes("takes the determinant along the batch axis"));
    };
    if rows != columns || *rows > LARGEST_DETERMINANT {
        return Err(call.unsupported(format!("a matrix of {rows} × {columns}")));
    }
    let determinant = Determinant { n: *rows, count: count(batch).unwrap_or(0) };
    let result = call.step(Operation::Determinant(determinant), &[&row], batch.to_vec())?;
    Ok(vec![Value::Row(result)])
}
