//! The trained encoder: latents, gradients of its neurons.

use std::fmt;

use burn::tensor::{DType, Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use symgrad_data::{Groups, Table, Triplets};

use crate::network::{Network, numbers};
use crate::standardise::Standardisation;
use crate::train::{self, GroupTraining, Judge, Quality, TrainObserver, TrainingCurve};
use crate::weights::Weights;
use crate::{EncoderConfig, SiameseError, TrainConfig};

/// One neuron of an encoder; indices count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Neuron {
    /// An output.
    Latent(usize),
    /// A neuron of a hidden layer, after its activation.
    Hidden {
        /// The hidden layer, the first one is 0.
        layer: usize,
        /// The neuron in it.
        index: usize,
    },
}

impl fmt::Display for Neuron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latent(index) => write!(f, "latent {index}"),
            Self::Hidden { layer, index } => write!(f, "neuron {index} of hidden layer {layer}"),
        }
    }
}

/// A trained network from inputs in the user's units to latents.
///
/// It is plain data: `Send`, `Sync`, and cheap to clone. Independent trainings may run side by
/// side on plain threads, and give the same bits as one after another.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoder {
    pub(crate) config: EncoderConfig,
    pub(crate) standardisation: Standardisation,
    pub(crate) weights: Weights,
}

/// Rows that go through the network together; bounds the memory of gradients.
const ROWS_AT_ONCE: usize = 2048;

impl Encoder {
    /// Trains an encoder on triplets.
    ///
    /// The result depends on the arguments alone, bit for bit: not on the number of threads nor
    /// on what else the process trains. `validation` decides about early stopping and plateaus
    /// and is measured otherwise; it never moves a weight.
    pub fn train(
        train: &Triplets,
        validation: &Triplets,
        config: &TrainConfig,
        seed: u64,
        observer: &mut dyn TrainObserver,
    ) -> Result<(Self, TrainingCurve), SiameseError> {
        let (standardisation, weights, curve) =
            train::train(train, validation, config, seed, observer)?;
        Ok((Self { config: config.encoder.clone(), standardisation, weights }, curve))
    }

    /// Trains an encoder on points in groups until it is done: each stage goes on while the latents'
    /// variance within the validation groups falls, by [`Quality::rho`], for at most the steps that
    /// `config` allows, and begins anew from other weights where the latents have collapsed. The
    /// schedule of `config` does not count.
    ///
    /// The result depends on the arguments alone, bit for bit.
    pub fn train_on_groups(
        train: &Groups,
        validation: &Groups,
        config: &TrainConfig,
        seed: u64,
        observer: &mut dyn TrainObserver,
    ) -> Result<(Self, GroupTraining), SiameseError> {
        let (standardisation, weights, training) =
            train::train_on_groups(train, validation, config, seed, observer)?;
        Ok((Self { config: config.encoder.clone(), standardisation, weights }, training))
    }

    /// How constant the latents are within groups.
    pub fn quality(&self, groups: &Groups) -> Result<Quality, SiameseError> {
        let judge = Judge::new(groups, &self.standardisation, 0)?;
        let network = Network::new(&self.weights, &self.config, &Device::flex(), DType::F32);
        Ok(judge.quality(&network, [0; 3]))
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.standardisation.inputs()
    }

    /// The network's shape.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// Every latent at every row of the table: one column of `rows` values per latent.
    pub fn latents(&self, points: &Table) -> Result<Vec<Vec<f64>>, SiameseError> {
        let device = Device::flex();
        let network = Network::new(&self.weights, &self.config, &device, DType::F64);
        self.by_blocks(points, self.config.latents, |rows| {
            numbers(network.latents(Tensor::from_data(rows, (&device, DType::F64))))
        })
    }

    /// The neurons of a hidden layer, the first one is 0, after their activation, at every row of
    /// the table: one column of `rows` values per neuron.
    pub fn hidden(&self, points: &Table, layer: usize) -> Result<Vec<Vec<f64>>, SiameseError> {
        self.check(Neuron::Hidden { layer, index: 0 })?;
        let device = Device::flex();
        let network = Network::new(&self.weights, &self.config, &device, DType::F64);
        self.by_blocks(points, self.config.width, |rows| {
            numbers(network.hidden(Tensor::from_data(rows, (&device, DType::F64)), layer + 1))
        })
    }

    /// The gradient of a neuron at every row of the table, with respect to the inputs in the
    /// user's units: one column of `rows` derivatives per input.
    ///
    /// Exact derivatives of the network by backpropagation, in double precision.
    pub fn gradients(&self, points: &Table, neuron: Neuron) -> Result<Vec<Vec<f64>>, SiameseError> {
        self.check(neuron)?;
        let device = Device::flex();
        let network = Network::new(&self.weights, &self.config, &device, DType::F64);
        let tracked = device.autodiff();
        let mut columns = self.by_blocks(points, self.inputs(), |rows| {
            let rows = Tensor::<2>::from_data(rows, (&tracked, DType::F64)).require_grad();
            let values = match neuron {
                Neuron::Latent(index) => network.latents(rows.clone()).narrow(1, index, 1),
                Neuron::Hidden { layer, index } => {
                    network.hidden(rows.clone(), layer + 1).narrow(1, index, 1)
                }
            };
            // A row's value depends on that row alone, so the sum's gradient holds them all.
            let gradients = values.sum().backward();
            rows.grad(&gradients).map(numbers).unwrap_or_default()
        })?;
        for (column, deviation) in columns.iter_mut().zip(&self.standardisation.deviation) {
            for derivative in column {
                *derivative /= deviation;
            }
        }
        Ok(columns)
    }

    fn check(&self, neuron: Neuron) -> Result<(), SiameseError> {
        let EncoderConfig { width, depth, latents, .. } = self.config;
        let exists = match neuron {
            Neuron::Latent(index) => index < latents,
            Neuron::Hidden { layer, index } => layer < depth && index < width,
        };
        if exists {
            return Ok(());
        }
        let available = format!("{latents} latents and {depth} hidden layers of {width} neurons");
        Err(SiameseError::NoSuchNeuron { neuron, available })
    }

    /// Applies a map from `[n, inputs]` to `n · width` numbers to blocks of the table's rows and
    /// collects the result as columns.
    fn by_blocks(
        &self,
        points: &Table,
        width: usize,
        map: impl Fn(TensorData) -> Vec<f64>,
    ) -> Result<Vec<Vec<f64>>, SiameseError> {
        let rows = self.standardisation.rows(points, "the table of points")?;
        let mut columns = vec![Vec::with_capacity(points.rows()); width];
        for block in rows.chunks(ROWS_AT_ONCE * self.inputs()) {
            let shape = [block.len() / self.inputs(), self.inputs()];
            for row in map(TensorData::new(block.to_vec(), shape)).chunks_exact(width) {
                columns.iter_mut().zip(row).for_each(|(column, &value)| column.push(value));
            }
        }
        Ok(columns)
    }
}
