//! Networks of any origin, behind one set of questions.

use std::path::Path;

use symgrad_data::Table;
use symgrad_models::{Layer, ModelError, Network, Note, OpenOptions, Unit};
#[cfg(feature = "training")]
use symgrad_siamese::Encoder;

use super::Recorded;
#[cfg(feature = "training")]
use super::encoder;
use crate::Error;

/// A network whose neurons can be interpreted.
#[derive(Clone, Debug)]
pub enum Model {
    /// One that was trained elsewhere.
    Network(Network),
    /// An encoder that symgrad trained. Its layers are `hidden0`, `hidden1`, … and `latents`.
    #[cfg(feature = "training")]
    Encoder(Encoder),
    /// What one did at some points, where only its own framework can run it.
    Recorded(Recorded),
}

impl Model {
    /// Reads a network: ONNX, safetensors or a PyTorch state dictionary (see
    /// [`Network::open`]), or a `.bpk` file of [`Encoder::save`].
    pub fn open(path: &Path, architecture: Option<&Path>) -> Result<Self, Error> {
        let architecture = architecture.map(Path::to_path_buf);
        Self::open_with(path, &OpenOptions { architecture, ..OpenOptions::default() })
    }

    /// The same, with more that is said about the file. An encoder needs nothing of it.
    pub fn open_with(path: &Path, options: &OpenOptions) -> Result<Self, Error> {
        #[cfg(feature = "training")]
        if path.extension().is_some_and(|extension| extension == "bpk") {
            return Ok(Self::Encoder(Encoder::load(path)?));
        }
        Ok(Self::Network(Network::open_with(path, options)?))
    }

    /// What was decided where the file left a choice.
    pub fn notes(&self) -> &[Note] {
        match self {
            Self::Network(network) => network.notes(),
            #[cfg(feature = "training")]
            Self::Encoder(_) => &[],
            Self::Recorded(_) => &[],
        }
    }

    /// Numbers of a point.
    pub fn inputs(&self) -> usize {
        match self {
            Self::Network(network) => network.inputs(),
            #[cfg(feature = "training")]
            Self::Encoder(encoder) => encoder.inputs(),
            Self::Recorded(recorded) => recorded.inputs(),
        }
    }

    /// The layers in the order in which they are computed.
    pub fn layers(&self) -> Vec<Layer> {
        match self {
            Self::Network(network) => network.layers().to_vec(),
            #[cfg(feature = "training")]
            Self::Encoder(encoder) => encoder::layers(encoder),
            Self::Recorded(recorded) => vec![recorded.layer().clone()],
        }
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
            #[cfg(feature = "training")]
            Self::Encoder(_) => encoder::LATENTS,
            Self::Recorded(recorded) => &recorded.layer().name,
        }
    }

    /// The values of a layer's neurons at N points: a column of N for each neuron.
    pub fn values(&self, points: &Table, layer: &str) -> Result<Vec<Vec<f64>>, Error> {
        match self {
            Self::Network(network) => Ok(network.values(points, layer)?),
            #[cfg(feature = "training")]
            Self::Encoder(encoder) => {
                encoder::values(encoder, points, layer).unwrap_or_else(|| Err(self.no_layer(layer)))
            }
            Self::Recorded(recorded) => {
                self.layer(layer)?;
                Ok(recorded.values(points)?.to_vec())
            }
        }
    }

    /// The values of units of a layer at N points: a column of N for each unit.
    pub fn values_of(
        &self,
        points: &Table,
        layer: &str,
        units: &[Unit],
    ) -> Result<Vec<Vec<f64>>, Error> {
        match self {
            Self::Network(network) => Ok(network.values_of(points, layer, units)?),
            #[cfg(feature = "training")]
            Self::Encoder(_) => {
                let values = self.values(points, layer)?;
                let each = units.iter();
                each.map(|&unit| Ok(encoder::unit_values(&values, layer, unit)?)).collect()
            }
            Self::Recorded(recorded) => {
                self.layer(layer)?;
                units.iter().map(|&unit| recorded.unit_values(points, unit)).collect()
            }
        }
    }

    /// The gradients of units of a layer at N points: for each unit, a column of N for each
    /// input.
    pub fn gradients(
        &self,
        points: &Table,
        layer: &str,
        units: &[Unit],
    ) -> Result<Vec<Vec<Vec<f64>>>, Error> {
        match self {
            Self::Network(network) => Ok(network.gradients_of(points, layer, units)?),
            #[cfg(feature = "training")]
            Self::Encoder(encoder) => {
                let gradients = |&unit: &Unit| encoder::gradients(encoder, points, layer, unit);
                let no_layer = || Err(self.no_layer(layer));
                units.iter().map(|unit| gradients(unit).unwrap_or_else(no_layer)).collect()
            }
            Self::Recorded(recorded) => {
                self.layer(layer)?;
                units.iter().map(|&unit| recorded.gradients(points, unit)).collect()
            }
        }
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
