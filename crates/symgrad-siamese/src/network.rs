//! The encoder as tensors on a device.

use burn::tensor::{DType, Device, Tensor, TensorData, activation};

use crate::weights::{Matrix, Weights};
use crate::{Activation, Backend, EncoderConfig, SiameseError, activate};

/// The weights as tensors, in the order of [`Weights`].
pub(crate) struct Network {
    pub(crate) parameters: Vec<Tensor<2>>,
    activation: Activation,
    depth: usize,
}

/// What a forward pass keeps for the backward pass.
pub(crate) struct Tape {
    /// The inputs of each hidden layer, and at last those of the latents' layer.
    inputs: Vec<Tensor<2>>,
    /// The derivatives of each hidden layer's activations, row by row.
    slopes: Vec<Vec<f32>>,
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
            Tensor::from_data(data, (device, dtype))
        };
        let parameters = weights.0.iter().map(tensor).collect();
        Self { parameters, activation: config.activation, depth: config.depth }
    }

    /// The latents of standardised rows: `[rows, inputs]` to `[rows, latents]`.
    pub(crate) fn latents(&self, inputs: Tensor<2>) -> Tensor<2> {
        self.read_out(self.hidden(inputs.clone(), self.depth), inputs)
    }

    /// The values after the first `layers` hidden layers: `[rows, inputs]` to `[rows, width]`.
    pub(crate) fn hidden(&self, inputs: Tensor<2>, layers: usize) -> Tensor<2> {
        (0..layers).fold(inputs, |rows, layer| apply(self.activation, self.affine(rows, layer)))
    }

    fn affine(&self, rows: Tensor<2>, layer: usize) -> Tensor<2> {
        rows.matmul(self.weight(layer)) + self.parameters[2 * layer + 1].clone()
    }

    fn read_out(&self, hidden: Tensor<2>, inputs: Tensor<2>) -> Tensor<2> {
        let latents = self.affine(hidden, self.depth);
        match self.parameters.get(2 * self.depth + 2) {
            Some(skip) => latents + inputs.matmul(skip.clone()),
            None => latents,
        }
    }

    fn weight(&self, layer: usize) -> Tensor<2> {
        self.parameters[2 * layer].clone()
    }

    /// The weights and the bias of the latents, and the skip.
    pub(crate) fn readout(&mut self) -> &mut [Tensor<2>] {
        &mut self.parameters[2 * self.depth..]
    }

    /// Number of latents.
    pub(crate) fn latents_count(&self) -> usize {
        self.parameters[2 * self.depth].dims()[1]
    }

    pub(crate) fn device(&self) -> Device {
        self.parameters[0].device()
    }

    /// As [`latents`](Self::latents), in single precision, and what [`backward`](Self::backward)
    /// needs.
    pub(crate) fn forward(&self, inputs: Tensor<2>) -> (Tensor<2>, Tape) {
        let device = inputs.device();
        let mut tape = Tape { inputs: vec![inputs], slopes: Vec::with_capacity(self.depth) };
        for layer in 0..self.depth {
            let mut rows = singles(tape.inputs[layer].clone().matmul(self.weight(layer)));
            let bias = singles(self.parameters[2 * layer + 1].clone());
            tape.slopes.push(activate::forward(self.activation, &mut rows, &bias));
            tape.inputs.push(tensor(rows, bias.len(), &device));
        }
        (self.read_out(tape.inputs[self.depth].clone(), tape.inputs[0].clone()), tape)
    }

    /// The derivatives of a loss with respect to every parameter, given those with respect to
    /// the latents, `[rows, latents]`.
    pub(crate) fn backward(&self, tape: Tape, latents: Tensor<2>) -> Vec<Tensor<2>> {
        let device = latents.device();
        let Tape { inputs, mut slopes } = tape;
        let skip = (self.parameters.len() > 2 * self.depth + 2)
            .then(|| inputs[0].clone().transpose().matmul(latents.clone()));
        let bias = latents.clone().sum_dim(0);
        // From the last layer to the first: the bias, then the weight.
        let mut reversed =
            vec![bias, inputs[self.depth].clone().transpose().matmul(latents.clone())];
        let mut outputs = latents;
        for layer in (0..self.depth).rev() {
            let mut rows = singles(outputs.matmul(self.weight(layer + 1).transpose()));
            let width = inputs[layer + 1].dims()[1];
            let slopes = slopes.pop().unwrap_or_default();
            let bias = activate::backward(&mut rows, &slopes, width);
            outputs = tensor(rows, width, &device);
            reversed.push(tensor(bias, width, &device));
            reversed.push(inputs[layer].clone().transpose().matmul(outputs.clone()));
        }
        reversed.reverse();
        reversed.extend(skip);
        reversed
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

/// The numbers of a tensor in double precision, row by row.
pub(crate) fn numbers(tensor: Tensor<2>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

/// The numbers of a single-precision tensor, row by row; no copy if nobody else holds it.
pub(crate) fn singles(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_into_vec_as().expect("a tensor on the CPU can always be read")
}

/// A tensor of rows of that width.
pub(crate) fn tensor(rows: Vec<f32>, width: usize, device: &Device) -> Tensor<2> {
    let shape = [rows.len() / width, width];
    Tensor::from_data(TensorData::new(rows, shape), (device, DType::F32))
}

fn apply(activation: Activation, x: Tensor<2>) -> Tensor<2> {
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
    #[cfg_attr(
        feature = "ndarray",
        expect(clippy::unnecessary_wraps, reason = "then all are there")
    )]
    pub(crate) fn device(self) -> Result<Device, SiameseError> {
        match self {
            Self::Flex => Ok(Device::flex()),
            #[cfg(feature = "ndarray")]
            #[expect(deprecated, reason = "kept for those who ask for it")]
            Self::Ndarray => Ok(Device::ndarray()),
            #[cfg(not(feature = "ndarray"))]
            Self::Ndarray => Err(SiameseError::BackendMissing { backend: self }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// The hand-written backward pass against the tensor library's automatic differentiation.
    #[test]
    fn backward_agrees_with_automatic_differentiation() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut draw = |count| (0..count).map(|_| rng.random::<f32>() - 0.5).collect::<Vec<_>>();
        let (rows, outputs) = (draw(7 * 3), draw(7 * 2));
        for activation in [
            Activation::Silu,
            Activation::Relu,
            Activation::Tanh,
            Activation::Gelu,
            Activation::Softplus,
        ] {
            for linear_skip in [false, true] {
                let config =
                    EncoderConfig { width: 5, depth: 2, activation, latents: 2, linear_skip };
                let weights = Weights::draw(3, &config, &mut ChaCha8Rng::seed_from_u64(2));
                let device = Device::flex();
                let network = Network::new(&weights, &config, &device, DType::F32);
                let (latents, tape) = network.forward(tensor(rows.clone(), 3, &device));
                let slopes = tensor(outputs.clone(), 2, &device);
                let gradients = network.backward(tape, slopes);

                let tracked = device.autodiff();
                let mut oracle = Network::new(&weights, &config, &tracked, DType::F32);
                for parameter in &mut oracle.parameters {
                    *parameter = parameter.clone().require_grad();
                }
                let expected = oracle.latents(tensor(rows.clone(), 3, &tracked));
                close(&latents, &expected.clone().inner());
                let sum = (expected * tensor(outputs.clone(), 2, &tracked)).sum();
                let truth = sum.backward();
                assert_eq!(gradients.len(), oracle.parameters.len());
                for (gradient, parameter) in gradients.iter().zip(&oracle.parameters) {
                    close(gradient, &parameter.grad(&truth).unwrap());
                }
            }
        }
    }

    fn close(left: &Tensor<2>, right: &Tensor<2>) {
        assert_eq!(left.dims(), right.dims());
        for (l, r) in numbers(left.clone()).into_iter().zip(numbers(right.clone())) {
            assert!((l - r).abs() < 2e-6, "{l} against {r}");
        }
    }
}
