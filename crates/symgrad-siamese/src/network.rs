//! The encoder as tensors on a device.

use burn::tensor::{DType, Device, Tensor, TensorData, activation};

use crate::weights::{Matrix, Weights};
use crate::{Activation, Backend, EncoderConfig, SiameseError};

/// The weights as tensors, in the order of [`Weights`].
pub(crate) struct Network {
    pub(crate) parameters: Vec<Tensor<2>>,
    pub(crate) activation: Activation,
    pub(crate) depth: usize,
}

impl Network {
    pub(crate) fn new(
        weights: &Weights,
        config: &EncoderConfig,
        device: &Device,
        dtype: DType,
    ) -> Self {
        let tensor = |matrix: &Matrix| {
            let data = TensorData::new(matrix.values.clone(), [matrix.rows, matrix.columns]);
            Tensor::from_data(data.convert_dtype(dtype), (device, dtype))
        };
        let parameters = weights.0.iter().map(tensor).collect();
        Self { parameters, activation: config.activation, depth: config.depth }
    }

    /// The latents of standardised rows: `[rows, inputs]` to `[rows, latents]`.
    pub(crate) fn latents(&self, inputs: Tensor<2>) -> Tensor<2> {
        let hidden = self.hidden(inputs.clone(), self.depth);
        let latents = self.affine(hidden, self.depth);
        match self.parameters.get(2 * self.depth + 2) {
            Some(skip) => latents + inputs.matmul(skip.clone()),
            None => latents,
        }
    }

    /// The values after the first `layers` hidden layers: `[rows, inputs]` to `[rows, width]`.
    pub(crate) fn hidden(&self, inputs: Tensor<2>, layers: usize) -> Tensor<2> {
        (0..layers).fold(inputs, |rows, layer| activate(self.activation, self.affine(rows, layer)))
    }

    fn affine(&self, rows: Tensor<2>, layer: usize) -> Tensor<2> {
        rows.matmul(self.parameters[2 * layer].clone()) + self.parameters[2 * layer + 1].clone()
    }

    /// The weights back on the host.
    pub(crate) fn to_weights(&self) -> Weights {
        let matrix = |tensor: &Tensor<2>| {
            let [rows, columns] = tensor.dims();
            Matrix { rows, columns, values: numbers(tensor.clone()) }
        };
        Weights(self.parameters.iter().map(matrix).collect())
    }
}

/// The numbers of a tensor, row by row.
pub(crate) fn numbers(tensor: Tensor<2>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

fn activate(activation: Activation, x: Tensor<2>) -> Tensor<2> {
    match activation {
        Activation::Silu => activation::silu(x),
        Activation::Relu => activation::relu(x),
        Activation::Tanh => activation::tanh(x),
        Activation::Gelu => activation::gelu(x),
        Activation::Softplus => activation::softplus(x, 1.0),
    }
}

impl Backend {
    /// The device that computes, if it is part of this build.
    pub(crate) fn device(self) -> Result<Device, SiameseError> {
        match self {
            Self::Flex => Ok(Device::flex()),
            #[cfg(feature = "ndarray")]
            Self::Ndarray => Ok(Device::ndarray()),
            #[cfg(not(feature = "ndarray"))]
            Self::Ndarray => Err(SiameseError::BackendMissing { backend: self }),
        }
    }
}
