//! Networks of any origin, behind one set of questions.

use std::path::Path;

use symgrad_data::Table;
use symgrad_models::{Layer, ModelError, Network, Note, OpenOptions, Unit};
use symgrad_siamese::{Encoder, Neuron};

use crate::Error;

/// A network whose neurons can be interpreted.
#[derive(Clone, Debug)]
pub enum Model {
    /// One that was trained elsewhere.
    Network(Network),
    /// An encoder that symgrad trained. Its layers are `hidden0`, `hidden1`, … and `latents`.
    Encoder(Encoder),
}

/// The name of an encoder's last layer.
const LATENTS: &str = "latents";

impl Model {
    /// Reads a network: ONNX, safetensors or a PyTorch state dictionary (see
    /// [`Network::open`]), or a `.bpk` file of [`Encoder::save`].
    pub fn open(path: &Path, architecture: Option<&Path>) -> Result<Self, Error> {
        let architecture = architecture.map(Path::to_path_buf);
        Self::open_with(path, &OpenOptions { architecture, ..OpenOptions::default() })
    }

    /// The same, with more that is said about the file. An encoder needs nothing of it.
    pub fn open_with(path: &Path, options: &OpenOptions) -> Result<Self, Error> {
        if path.extension().is_some_and(|extension| extension == "bpk") {
            return Ok(Self::Encoder(Encoder::load(path)?));
        }
        Ok(Self::Network(Network::open_with(path, options)?))
    }

    /// What was decided where the file left a choice.
    pub fn notes(&self) -> &[Note] {
        match self {
            Self::Network(network) => network.notes(),
            Self::Encoder(_) => &[],
        }
    }

    /// Numbers of a point.
    pub fn inputs(&self) -> usize {
        match self {
            Self::Network(network) => network.inputs(),
            Self::Encoder(encoder) => encoder.inputs(),
        }
    }

    /// The layers in the order in which they are computed.
    pub fn layers(&self) -> Vec<Layer> {
        let encoder = match self {
            Self::Network(network) => return network.layers().to_vec(),
            Self::Encoder(encoder) => encoder.config(),
        };
        let layer = |name: String, operator: String, neurons: usize| Layer {
            name,
            operator,
            shape: vec![neurons],
            neurons,
        };
        let activation = format!("{:?}", encoder.activation);
        let hidden = (0..encoder.depth)
            .map(|depth| layer(format!("hidden{depth}"), activation.clone(), encoder.width));
        hidden.chain([layer(LATENTS.into(), "Linear".into(), encoder.latents)]).collect()
    }

    /// The layer of that name; if the file has such a tensor and it cannot be read, why.
    pub fn layer(&self, name: &str) -> Result<Layer, Error> {
        if let Self::Network(network) = self
            && let Err(unreadable @ ModelError::Unreadable { .. }) = network.layer(name)
        {
            return Err(unreadable.into());
        }
        let found = self.layers().into_iter().find(|layer| layer.name == name);
        found.ok_or_else(|| self.no_layer(name))
    }

    /// The name of the layer that is the network's output.
    pub fn output(&self) -> &str {
        match self {
            Self::Network(network) => network.output(),
            Self::Encoder(_) => LATENTS,
        }
    }

    /// The values of a layer's neurons at N points: a column of N for each neuron.
    pub fn values(&self, points: &Table, layer: &str) -> Result<Vec<Vec<f64>>, Error> {
        match self {
            Self::Network(network) => Ok(network.values(points, layer)?),
            Self::Encoder(encoder) => match hidden_layer(layer) {
                None if layer == LATENTS => Ok(encoder.latents(points)?),
                hidden => Ok(encoder.hidden(points, hidden.ok_or_else(|| self.no_layer(layer))?)?),
            },
        }
    }

    /// The values of units of a layer at N points: a column of N for each unit.
    pub fn values_of(
        &self,
        points: &Table,
        layer: &str,
        units: &[Unit],
    ) -> Result<Vec<Vec<f64>>, Error> {
        if let Self::Network(network) = self {
            return Ok(network.values_of(points, layer, units)?);
        }
        let values = self.values(points, layer)?;
        units.iter().map(|&unit| Ok(unit_values(&values, layer, unit)?)).collect()
    }

    /// The gradients of units of a layer at N points: for each unit, a column of N for each
    /// input.
    pub fn gradients(
        &self,
        points: &Table,
        layer: &str,
        units: &[Unit],
    ) -> Result<Vec<Vec<Vec<f64>>>, Error> {
        let encoder = match self {
            Self::Network(network) => return Ok(network.gradients_of(points, layer, units)?),
            Self::Encoder(encoder) => encoder,
        };
        let neuron = |index: usize| match hidden_layer(layer) {
            None if layer == LATENTS => Ok(Neuron::Latent(index)),
            hidden => {
                let layer = hidden.ok_or_else(|| self.no_layer(layer))?;
                Ok::<_, Error>(Neuron::Hidden { layer, index })
            }
        };
        let gradient = |index| Ok::<_, Error>(encoder.gradients(points, neuron(index)?)?);
        let each = units.iter().map(|unit| match *unit {
            Unit::Neuron(index) => gradient(index),
            Unit::Margin(plus, minus) => {
                let mut difference = gradient(plus)?;
                for (column, other) in difference.iter_mut().zip(gradient(minus)?) {
                    column.iter_mut().zip(other).for_each(|(a, b)| *a -= b);
                }
                Ok(difference)
            }
        });
        each.collect()
    }

    /// This network as a function of what its input is generated from: points are then the
    /// generator's, and gradients are taken through it.
    pub fn through(self, generator: Self) -> Result<Self, Error> {
        match (self, generator) {
            (Self::Network(network), Self::Network(generator)) => {
                Ok(Self::Network(network.through(generator)?))
            }
            _ => Err(Error::NotThrough),
        }
    }

    fn no_layer(&self, layer: &str) -> Error {
        let known: Vec<String> = self.layers().into_iter().map(|layer| layer.name).collect();
        Error::NoLayer { name: layer.into(), known: known.join(", ") }
    }
}

/// The index of an encoder's hidden layer.
fn hidden_layer(name: &str) -> Option<usize> {
    name.strip_prefix("hidden")?.parse().ok()
}

/// The values of a unit, given those of its layer's neurons.
fn unit_values(values: &[Vec<f64>], layer: &str, unit: Unit) -> Result<Vec<f64>, ModelError> {
    let column = |index: usize| {
        let neurons = values.len();
        values.get(index).ok_or_else(|| ModelError::NoSuchUnit {
            unit,
            layer: layer.into(),
            neurons,
        })
    };
    match unit {
        Unit::Neuron(index) => column(index).cloned(),
        Unit::Margin(plus, minus) => {
            Ok(column(plus)?.iter().zip(column(minus)?).map(|(a, b)| a - b).collect())
        }
    }
}
