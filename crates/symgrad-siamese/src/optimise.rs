//! One optimiser per matrix.

use burn::optim::{
    Adam, AdamConfig, AdamState, AdjustLrFn, Muon, MuonConfig, MuonState, Optimizer as Rule,
};
use burn::tensor::Tensor;

use crate::{Decay, Optimizer, TrainConfig};

/// Steps all matrices of a network.
pub(crate) struct Optimise {
    adam: Adam,
    muon: Muon,
    weight_decay: f64,
    decay: Decay,
    states: Vec<State>,
}

/// What an optimiser remembers of a matrix.
#[expect(clippy::large_enum_variant, reason = "there are about ten of them")]
enum State {
    Adam(Option<AdamState<2>>),
    Muon(Option<MuonState<2>>),
}

impl Optimise {
    /// For parameters in the order of [`Weights`](crate::weights::Weights).
    pub(crate) fn new(config: &TrainConfig, parameters: usize) -> Self {
        let hidden = 2 * config.encoder.depth;
        let state = |index: usize| match config.optimizer {
            Optimizer::Muon if index < hidden && index.is_multiple_of(2) => State::Muon(None),
            _ => State::Adam(None),
        };
        Self {
            adam: AdamConfig::new().with_epsilon(1e-8).build(),
            muon: MuonConfig::new().with_adjust_lr_fn(AdjustLrFn::MatchRmsAdamW).build(),
            weight_decay: config.weight_decay,
            decay: config.decay,
            states: (0..parameters).map(state).collect(),
        }
    }

    /// One step against the gradients.
    pub(crate) fn step(
        &mut self,
        rate: f64,
        parameters: &mut [Tensor<2>],
        gradients: Vec<Tensor<2>>,
    ) {
        for ((parameter, state), mut gradient) in
            parameters.iter_mut().zip(&mut self.states).zip(gradients)
        {
            let mut value = parameter.clone();
            match self.decay {
                Decay::Coupled => gradient = gradient + value.clone().mul_scalar(self.weight_decay),
                Decay::Decoupled => value = value.mul_scalar(1.0 - rate * self.weight_decay),
            }
            *parameter = match state {
                State::Adam(state) => {
                    let (value, next) = self.adam.step(rate, value, gradient, state.take());
                    *state = next;
                    value
                }
                State::Muon(state) => {
                    let (value, next) = self.muon.step(rate, value, gradient, state.take());
                    *state = next;
                    value
                }
            };
        }
    }
}
