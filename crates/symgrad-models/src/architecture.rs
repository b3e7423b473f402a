//! What layers stored weights belong to.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::build::Builder;
use crate::note::Note;
use crate::perceptron::{Dense, Perceptron};
use crate::plan::Unary;
use crate::tensor::Tensor;
use crate::{ModelError, Network, proposal};

/// The contents of an architecture's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Architecture {
    /// For a plain perceptron: the function between its layers,
    activation: Option<Function>,
    /// and the one behind the last of them, if there is one.
    output_activation: Option<Function>,
    /// For everything else: all layers.
    layers: Option<Vec<Described>>,
    /// Stored tensors that no layer needs.
    #[serde(default)]
    ignore: Vec<String>,
    /// Of a checkpoint of PyTorch that holds several, the one to read.
    pub(crate) state_dict: Option<String>,
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

/// What a file of weights holds.
pub(crate) struct Weights {
    pub(crate) tensors: Vec<(String, Tensor)>,
    /// Whether they are in the order in which the model was put together; otherwise that of
    /// their names.
    pub(crate) ordered: bool,
    pub(crate) notes: Vec<Note>,
}

impl Architecture {
    pub(crate) fn parse(text: Option<&str>) -> Result<Option<Self>, ModelError> {
        let parse = |text| {
            toml::from_str(text).map_err(|error| problem(error.to_string().trim_end().to_owned()))
        };
        text.map(parse).transpose()
    }
}

/// A network of stored weights and what is said about its layers.
pub(crate) fn build(
    weights: Weights,
    architecture: Option<Architecture>,
) -> Result<Network, ModelError> {
    let Weights { tensors, ordered, mut notes } = weights;
    let Some(architecture) = architecture else {
        return Err(proposal::missing(&tensors, ordered));
    };
    let Architecture { activation, output_activation, layers, ignore, state_dict: _ } =
        architecture;
    let known: BTreeMap<&str, &Tensor> =
        tensors.iter().map(|(name, tensor)| (&name[..], tensor)).collect();
    if let Some(name) = ignore.iter().find(|name| !known.contains_key(&name[..])) {
        return Err(problem(format!("there is no tensor `{name}` to ignore")));
    }
    let layers = match (layers, activation) {
        (Some(layers), None) if output_activation.is_none() => layers,
        (None, Some(activation)) => {
            let needed = tensors.iter().filter(|(name, _)| !ignore.contains(name));
            let (layers, note) = Perceptron::of(needed).layers(ordered)?;
            notes.extend(note);
            described(&layers, activation, output_activation)
        }
        _ => {
            let what = "give either `activation` (and `output_activation`, if there is one) for a \
                        plain perceptron, or `layers`";
            return Err(problem(what.into()));
        }
    };
    Ok(Builder::build(&known, &layers, &ignore)?.with_notes(notes))
}

/// The layers of a plain perceptron, with functions between them.
fn described(
    layers: &[Dense<'_>],
    activation: Function,
    output: Option<Function>,
) -> Vec<Described> {
    let function = |function| Described::Activation { function, alpha: None, name: None };
    let mut described = Vec::new();
    for layer in layers {
        described.push(Described::Linear {
            weight: layer.weight.into(),
            bias: layer.bias.map(ToOwned::to_owned),
            transposed: false,
            name: None,
        });
        described.push(function(activation));
    }
    described.pop();
    described.extend(output.map(function));
    described
}

fn problem(problem: String) -> ModelError {
    ModelError::Architecture { problem }
}
