//! Functions of each element, and operators that change nothing.

use super::super::call::{Call, Operand, Outputs};
use super::super::proto::element;
use super::super::value::{Array, Row, Value, Whole};
use crate::ModelError;
use crate::plan::{BinaryKind, Unary};

/// Operators that are one function of each element.
pub(super) fn elementwise(call: &mut Call<'_>) -> Outputs {
    let function = function(call)?;
    let operand = call.operand(0)?;
    Ok(vec![call.unary(function, &operand)?.value])
}

fn function(call: &mut Call<'_>) -> Result<Unary, ModelError> {
    let operator = call.operator.clone();
    let attributes = &mut call.attributes;
    Ok(match operator.as_str() {
        "Neg" => Unary::Negate,
        "Abs" => Unary::Absolute,
        "Relu" => Unary::Relu,
        "LeakyRelu" => Unary::LeakyRelu(attributes.float("alpha", f64::from(0.01_f32))?),
        "ThresholdedRelu" => Unary::ThresholdedRelu(attributes.float("alpha", 1.0)?),
        "Elu" => Unary::Elu { alpha: attributes.float("alpha", 1.0)?, gamma: 1.0, scale: 1.0 },
        "Selu" => Unary::Elu {
            alpha: attributes.float("alpha", f64::from(1.673_263_2_f32))?,
            gamma: attributes.float("gamma", f64::from(1.050_701_f32))?,
            scale: 1.0,
        },
        "Celu" => {
            let alpha = attributes.float("alpha", 1.0)?;
            if alpha == 0.0 {
                return Err(call.unsupported("attribute `alpha` = 0"));
            }
            Unary::Elu { alpha, gamma: 1.0, scale: alpha }
        }
        "Gelu" => match attributes.text("approximate", "none")?.as_str() {
            "none" => Unary::Gelu,
            "tanh" => Unary::GeluTanh,
            other => return Err(call.unsupported(format!("attribute `approximate` = {other:?}"))),
        },
        "Sigmoid" => Unary::Sigmoid,
        "Swish" => Unary::Swish(attributes.float("alpha", 1.0)?),
        "HardSigmoid" => Unary::HardSigmoid {
            alpha: attributes.float("alpha", f64::from(0.2_f32))?,
            beta: attributes.float("beta", 0.5)?,
        },
        "HardSwish" => Unary::HardSwish,
        "Tanh" => Unary::Tanh,
        "Softplus" => Unary::Softplus,
        "Softsign" => Unary::Softsign,
        "Mish" => Unary::Mish,
        "Exp" => Unary::Exp,
        "Log" => Unary::Log,
        "Sqrt" => Unary::Sqrt,
        "Reciprocal" => Unary::Reciprocal,
        "Sin" => Unary::Sin,
        "Cos" => Unary::Cos,
        "Tan" => Unary::Tan,
        "Atan" => Unary::Atan,
        "Asin" => Unary::Asin,
        "Acos" => Unary::Acos,
        "Sinh" => Unary::Sinh,
        "Cosh" => Unary::Cosh,
        "Asinh" => Unary::Asinh,
        "Acosh" => Unary::Acosh,
        "Atanh" => Unary::Atanh,
        "Floor" => Unary::Floor,
        "Ceil" => Unary::Ceil,
        "Round" => Unary::Round,
        "Sign" => Unary::Sign,
        "IsNaN" => Unary::IsNan,
        "IsInf" => Unary::IsInfinite {
            positive: attributes.switch("detect_positive", true)?,
            negative: attributes.switch("detect_negative", true)?,
        },
        "Shrink" => Unary::Shrink {
            lambda: attributes.float("lambd", 0.5)?,
            bias: attributes.float("bias", 0.0)?,
        },
        "Erf" => Unary::Erf,
        _ => clip(call)?,
    })
}

fn clip(call: &mut Call<'_>) -> Result<Unary, ModelError> {
    let (low, high) = if call.opset < 11 {
        let low = call.attributes.float("min", f64::NEG_INFINITY)?;
        (low, call.attributes.float("max", f64::INFINITY)?)
    } else {
        (call.scalar(1)?.unwrap_or(f64::NEG_INFINITY), call.scalar(2)?.unwrap_or(f64::INFINITY))
    };
    Ok(Unary::Clip { low, high })
}

/// `Identity`, and `Dropout` of a model that is not being trained.
pub(super) fn identity(call: &mut Call<'_>) -> Outputs {
    if call.operator == "Dropout" {
        call.attributes.ignore(&["seed"]);
        let ratio = match call.input(1) {
            Some(_) => call.scalar(1)?.unwrap_or(0.5),
            None => call.attributes.float("ratio", 0.5)?,
        };
        let training = call.integers(2)?.is_some_and(|flags| flags.iter().any(|&flag| flag != 0));
        if training && ratio != 0.0 {
            return Err(call.unsupported("training mode"));
        }
    }
    call.attributes.ignore(&["classlabels_strings", "classlabels_int64s"]);
    let value = call.operand(0)?.value;
    let mut outputs = vec![Value::left_out(); call.outputs.max(1)];
    outputs[0] = value;
    Ok(outputs)
}

/// What a conversion makes of numbers.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    /// Everything is computed in double precision anyway.
    Float,
    Integer,
    Truth,
}

/// `Cast` and `CastLike`.
pub(super) fn cast(call: &mut Call<'_>) -> Outputs {
    call.attributes.ignore(&["saturate", "round_mode"]);
    // CastLike has a tensor of the wanted kind for its second input.
    let target = if call.operator == "CastLike" {
        if call.operand(1)?.is_whole() { Target::Integer } else { Target::Float }
    } else {
        match i32::try_from(call.attributes.int("to", 0)?).unwrap_or(0) {
            element::FLOAT | element::DOUBLE | element::FLOAT16 | element::BFLOAT16 => {
                Target::Float
            }
            element::INT8
            | element::UINT8
            | element::INT16
            | element::UINT16
            | element::INT32
            | element::UINT32
            | element::INT64
            | element::UINT64 => Target::Integer,
            element::BOOL => Target::Truth,
            element::STRING => return Ok(vec![Value::label()]),
            other => return Err(call.unsupported(format!("attribute `to` = {other}"))),
        }
    };
    let operand = call.operand(0)?;
    Ok(vec![match (operand.value, target) {
        (Value::Integers(array), Target::Integer) => Value::Integers(array),
        (Value::Integers(array), Target::Float) => Value::Numbers(call.numbers(&array)?),
        (Value::Integers(array), Target::Truth) => {
            let truth = |&whole: &Whole| call.known(whole).map(|x| Whole::Known(i64::from(x != 0)));
            let data: Vec<Whole> = array.data.iter().map(truth).collect::<Result<_, _>>()?;
            Value::Integers(Array::new(array.shape, data))
        }
        (Value::Numbers(array), Target::Float) => Value::Numbers(array),
        // Saturating, where ONNX leaves open what happens.
        #[expect(clippy::cast_possible_truncation)]
        (Value::Numbers(array), _) => {
            let whole = |&x: &f64| match target {
                Target::Truth => i64::from(x != 0.0),
                _ => x as i64,
            };
            let data: Vec<Whole> = array.data.iter().map(|x| Whole::Known(whole(x))).collect();
            Value::Integers(Array::new(array.shape, data))
        }
        (Value::Row(row), Target::Float) => Value::Row(Row { whole: false, ..row }),
        (Value::Row(row), Target::Integer) if row.whole => Value::Row(row),
        (Value::Row(row), Target::Integer) => {
            let row = call.of(row);
            let result = call.unary(Unary::Truncate, &row)?;
            let row = call.as_row(&result)?;
            Value::Row(Row { whole: true, ..row })
        }
        (Value::Row(row), Target::Truth) => {
            let row = call.of(row);
            let zero = call.binary(BinaryKind::Equal, &row, &Operand::number(0.0))?;
            call.binary(BinaryKind::Equal, &zero, &Operand::number(0.0))?.value
        }
        (value, _) => value,
    }])
}
