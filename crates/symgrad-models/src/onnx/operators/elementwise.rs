//! Functions of each element, and operators that change nothing.

use super::super::call::{Call, Outputs};
use super::super::proto::element;
use super::super::value::{Array, Value, Whole};
use crate::ModelError;
use crate::plan::{Operation, Unary};

/// Operators that are one function of each element.
pub(super) fn elementwise(call: &mut Call<'_>) -> Outputs {
    let function = function(call)?;
    let row = call.row(0)?;
    let result = call.step(Operation::Unary(function), &[&row], row.shape.clone())?;
    Ok(vec![Value::Row(result)])
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
        "Sinh" => Unary::Sinh,
        "Cosh" => Unary::Cosh,
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
        call.attributes.ignore(&["ratio", "seed"]);
        let training = call.integers(2)?.is_some_and(|flags| flags.iter().any(|&flag| flag != 0));
        if training {
            return Err(call.unsupported("training mode"));
        }
    }
    call.attributes.ignore(&["classlabels_strings", "classlabels_int64s"]);
    let value = call.operand(0)?.value;
    let mut outputs = vec![Value::Discrete; call.outputs.max(1)];
    outputs[0] = value;
    Ok(outputs)
}

/// Conversions: everything is computed in double precision anyway.
pub(super) fn cast(call: &mut Call<'_>) -> Outputs {
    call.attributes.ignore(&["saturate", "round_mode"]);
    // CastLike has a tensor of the wanted kind for its second input.
    let to_float = if call.operator == "CastLike" {
        matches!(call.operand(1)?.value, Value::Numbers(_) | Value::Row(_))
    } else {
        match i32::try_from(call.attributes.int("to", 0)?).unwrap_or(0) {
            element::FLOAT | element::DOUBLE | element::FLOAT16 | element::BFLOAT16 => true,
            element::INT64 | element::INT32 => false,
            element::BOOL | element::INT8 | element::UINT8 => {
                return match call.operand(0)?.value {
                    Value::Row(_) => Ok(vec![Value::Discrete]),
                    _ => Err(call.unsupported("a conversion of constants to less than 32 bits")),
                };
            }
            other => return Err(call.unsupported(format!("attribute `to` = {other}"))),
        }
    };
    Ok(vec![match call.operand(0)?.value {
        Value::Integers(array) if to_float => {
            let numbers: Result<Vec<f64>, _> =
                array.data.iter().map(|&whole| call.known(whole).map(|x| x as f64)).collect();
            Value::Numbers(Array::new(array.shape, numbers?))
        }
        // Saturating, where ONNX leaves open what happens.
        #[expect(clippy::cast_possible_truncation)]
        Value::Numbers(array) if !to_float => {
            let wholes: Vec<Whole> = array.data.iter().map(|&x| Whole::Known(x as i64)).collect();
            Value::Integers(Array::new(array.shape, wholes))
        }
        Value::Row(_) if !to_float => Value::Discrete,
        value => value,
    }])
}
