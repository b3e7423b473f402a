//! What layers stored weights belong to.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::build::Builder;
use crate::plan::Unary;
use crate::tensor::Tensor;
use crate::{ModelError, Network};

/// The contents of an architecture's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Architecture {
    /// For a plain perceptron: the function between its layers,
    activation: Option<Function>,
    /// and the one behind the last of them, if there is one.
    output_activation: Option<Function>,
    /// For everything else: all layers.
    layers: Option<Vec<Described>>,
    /// Stored tensors that no layer needs.
    #[serde(default)]
    ignore: Vec<String>,
}

/// A layer.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Described {
    /// x·Wᵀ + b.
    Linear {
        weight: String,
        bias: Option<String>,
        /// Whether the weight is inputs × outputs, rather than outputs × inputs.
        #[serde(default)]
        transposed: bool,
        name: Option<String>,
    },
    /// A function of each number.
    Activation {
        function: Function,
        alpha: Option<f64>,
        name: Option<String>,
    },
    /// Mean 0 and variance 1, then scaled and shifted.
    LayerNorm {
        weight: Option<String>,
        bias: Option<String>,
        #[serde(default = "epsilon")]
        epsilon: f64,
        name: Option<String>,
    },
    /// Normalised by the moments that training has left.
    BatchNorm {
        weight: Option<String>,
        bias: Option<String>,
        mean: String,
        variance: String,
        #[serde(default = "epsilon")]
        epsilon: f64,
        name: Option<String>,
    },
    /// x + f(x), with f made of layers.
    Residual {
        layers: Vec<Described>,
        name: Option<String>,
    },
    Softmax {
        name: Option<String>,
    },
    LogSoftmax {
        name: Option<String>,
    },
}

fn epsilon() -> f64 {
    1e-5
}

/// Functions of one number, as PyTorch defines them.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Function {
    Relu,
    LeakyRelu,
    Elu,
    Selu,
    Celu,
    Gelu,
    GeluTanh,
    Silu,
    Mish,
    Sigmoid,
    Tanh,
    Softplus,
    Softsign,
    HardSigmoid,
    HardSwish,
    Exp,
    Sin,
}

impl Function {
    /// The function, and its name in an architecture.
    pub(crate) fn unary(self, alpha: Option<f64>) -> Result<(Unary, &'static str), ModelError> {
        let elu = |alpha, gamma, scale| Unary::Elu { alpha, gamma, scale };
        let (function, name) = match self {
            Self::Relu => (Unary::Relu, "relu"),
            Self::LeakyRelu => (Unary::LeakyRelu(alpha.unwrap_or(0.01)), "leaky_relu"),
            Self::Elu => (elu(alpha.unwrap_or(1.0), 1.0, 1.0), "elu"),
            Self::Selu => (elu(1.673_263_242_354_377_2, 1.050_700_987_355_480_5, 1.0), "selu"),
            Self::Celu => {
                let alpha = alpha.unwrap_or(1.0);
                (elu(alpha, 1.0, alpha), "celu")
            }
            Self::Gelu => (Unary::Gelu, "gelu"),
            Self::GeluTanh => (Unary::GeluTanh, "gelu_tanh"),
            Self::Silu => (Unary::Swish(1.0), "silu"),
            Self::Mish => (Unary::Mish, "mish"),
            Self::Sigmoid => (Unary::Sigmoid, "sigmoid"),
            Self::Tanh => (Unary::Tanh, "tanh"),
            Self::Softplus => (Unary::Softplus, "softplus"),
            Self::Softsign => (Unary::Softsign, "softsign"),
            Self::HardSigmoid => {
                (Unary::HardSigmoid { alpha: 1.0 / 6.0, beta: 0.5 }, "hard_sigmoid")
            }
            Self::HardSwish => (Unary::HardSwish, "hard_swish"),
            Self::Exp => (Unary::Exp, "exp"),
            Self::Sin => (Unary::Sin, "sin"),
        };
        let takes_alpha = matches!(self, Self::LeakyRelu | Self::Elu | Self::Celu);
        if alpha.is_some_and(|alpha| !takes_alpha || !alpha.is_finite() || alpha == 0.0) {
            return Err(problem(format!("{name} does not take that alpha")));
        }
        Ok((function, name))
    }
}

/// A network of stored tensors, in the order of the file, and the text that describes it.
pub(crate) fn build(
    tensors: &[(String, Tensor)],
    text: Option<&str>,
) -> Result<Network, ModelError> {
    let text = text.ok_or(ModelError::NoArchitecture)?;
    let architecture: Architecture =
        toml::from_str(text).map_err(|error| problem(error.to_string().trim_end().to_owned()))?;
    let Architecture { activation, output_activation, layers, ignore } = architecture;
    let known: BTreeMap<&str, &Tensor> =
        tensors.iter().map(|(name, tensor)| (&name[..], tensor)).collect();
    if let Some(name) = ignore.iter().find(|name| !known.contains_key(&name[..])) {
        return Err(problem(format!("there is no tensor `{name}` to ignore")));
    }
    let layers = match (layers, activation) {
        (Some(layers), None) if output_activation.is_none() => layers,
        (None, Some(activation)) => {
            let needed = tensors.iter().filter(|(name, _)| !ignore.contains(name));
            perceptron(&needed.collect::<Vec<_>>(), activation, output_activation)?
        }
        _ => {
            let what = "give either `activation` (and `output_activation`, if there is one) for a \
                        plain perceptron, or `layers`";
            return Err(problem(what.into()));
        }
    };
    Builder::build(&known, &layers, &ignore)
}

/// The layers of a plain perceptron: weights and biases in order.
fn perceptron(
    tensors: &[&(String, Tensor)],
    activation: Function,
    output: Option<Function>,
) -> Result<Vec<Described>, ModelError> {
    let shape = |name: &str| {
        let found = tensors.iter().find(|(other, _)| other == name);
        found.map(|(_, tensor)| &tensor.shape[..])
    };
    let mut layers = Vec::new();
    for (name, tensor) in tensors {
        let is_bias = |base: &str| shape(&format!("{base}weight")).is_some_and(|s| s.len() == 2);
        match (name.strip_suffix("weight"), name.strip_suffix("bias")) {
            (Some(base), _) if tensor.shape.len() == 2 => {
                let bias = format!("{base}bias");
                layers.push(Described::Linear {
                    weight: name.clone(),
                    bias: shape(&bias).is_some().then_some(bias),
                    transposed: false,
                    name: None,
                });
                layers.push(Described::Activation {
                    function: activation,
                    alpha: None,
                    name: None,
                });
            }
            (_, Some(base)) if tensor.shape.len() == 1 && is_bias(base) => {}
            _ => {
                return Err(problem(format!(
                    "tensor `{name}` of shape {:?} does not belong to a plain perceptron; \
                     describe all `layers`, or name it in `ignore`",
                    tensor.shape
                )));
            }
        }
    }
    layers.pop();
    let last = output.map(|function| Described::Activation { function, alpha: None, name: None });
    layers.extend(last);
    Ok(layers)
}

fn problem(problem: String) -> ModelError {
    ModelError::Architecture { problem }
}
