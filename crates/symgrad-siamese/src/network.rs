//! The encoder as tensors on a device.

use burn::tensor::{DType, Device, Tensor, TensorData, activation};
use faer::MatRef;

use crate::product::{Spare, add_product, product, product_in, rows};
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
    /// The inputs of each hidden layer, and at last those of the latents' layer, row by row.
    inputs: Vec<Vec<f32>>,
    /// The derivatives of each hidden layer's activations, row by row.
    slopes: Vec<Vec<f32>>,
}

impl Tape {
    fn rows(&self, layer: usize, network: &Network) -> MatRef<'_, f32> {
        rows(&self.inputs[layer], network.inputs_of(layer))
    }
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

    /// As [`latents`](Self::latents) in single precision, of numbers row by row and to such, and what
    /// [`backward`](Self::backward) needs, in memory that is spare.
    pub(crate) fn forward(&self, inputs: Vec<f32>, spare: &mut Spare) -> (Vec<f32>, Tape) {
        let mut tape = Tape { inputs: vec![inputs], slopes: Vec::with_capacity(self.depth) };
        for layer in 0..self.depth {
            let (weight, bias) = (self.plain(2 * layer), self.plain(2 * layer + 1));
            let mut next = product_in(spare, tape.rows(layer, self), rows(&weight, bias.len()));
            let mut slopes = spare.take(next.len());
            activate::forward(self.activation, &mut next, &bias, &mut slopes);
            tape.slopes.push(slopes);
            tape.inputs.push(next);
        }
        let (weight, bias) = (self.plain(2 * self.depth), self.plain(2 * self.depth + 1));
        let (hidden, width) = (tape.rows(self.depth, self), bias.len());
        let mut latents = bias.repeat(hidden.nrows());
        add_product(&mut latents, hidden, rows(&weight, width));
        if self.has_skip() {
            let skip = self.plain(2 * self.depth + 2);
            add_product(&mut latents, tape.rows(0, self), rows(&skip, width));
        }
        (latents, tape)
    }

    /// The derivatives of a loss with respect to every parameter, given those with respect to
    /// the latents, row by row. The memory of the tape is spare afterwards.
    pub(crate) fn backward(
        &self,
        mut tape: Tape,
        latents: Vec<f32>,
        spare: &mut Spare,
    ) -> Vec<Tensor<2>> {
        let device = self.device();
        let width = self.latents_count();
        let against = |tape: &Tape, layer: usize, outputs: &[f32], width: usize| {
            let product = product(tape.rows(layer, self).transpose(), rows(outputs, width));
            tensor(product, width, &device)
        };
        let skip = self.has_skip().then(|| against(&tape, 0, &latents, width));
        let mut bias = vec![0.0; width];
        for row in latents.chunks_exact(width) {
            bias.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        // From the last layer to the first: the bias, then the weight.
        let mut reversed =
            vec![tensor(bias, width, &device), against(&tape, self.depth, &latents, width)];
        let (mut outputs, mut width) = (latents, width);
        for layer in (0..self.depth).rev() {
            let weight = self.plain(2 * layer + 2);
            let (across, down) = (rows(&outputs, width), rows(&weight, width).transpose());
            let mut back = product_in(spare, across, down);
            width = self.inputs_of(layer + 1);
            let slopes = tape.slopes.pop().unwrap_or_default();
            let bias = activate::backward(&mut back, &slopes, width);
            let above = std::mem::replace(&mut outputs, back);
            // The latents' are not of a layer's length.
            let is_hidden = layer + 1 < self.depth;
            spare.give(std::iter::once(slopes).chain(is_hidden.then_some(above)));
            reversed.push(tensor(bias, width, &device));
            reversed.push(against(&tape, layer, &outputs, width));
        }
        spare.give(tape.inputs.drain(1..).chain([outputs]));
        reversed.reverse();
        reversed.extend(skip);
        reversed
    }

    /// The numbers of a parameter, row by row.
    fn plain(&self, parameter: usize) -> Vec<f32> {
        singles(self.parameters[parameter].clone())
    }

    /// Inputs of a layer.
    fn inputs_of(&self, layer: usize) -> usize {
        self.parameters[2 * layer].dims()[0]
    }

    fn has_skip(&self) -> bool {
        self.parameters.len() > 2 * self.depth + 2
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
                let mut spare = Spare::default();
                let (latents, tape) = network.forward(rows.clone(), &mut spare);
                let gradients = network.backward(tape, outputs.clone(), &mut spare);

                let tracked = device.clone().autodiff();
                let mut oracle = Network::new(&weights, &config, &tracked, DType::F32);
                for parameter in &mut oracle.parameters {
                    *parameter = parameter.clone().require_grad();
                }
                let expected = oracle.latents(tensor(rows.clone(), 3, &tracked));
                close(&tensor(latents, 2, &device), &expected.clone().inner());
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
