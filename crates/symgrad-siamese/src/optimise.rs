//! One optimiser per matrix.

use burn::optim::{
    Adam, AdamConfig, AdamState, AdjustLrFn, Muon, MuonConfig, MuonState, Optimizer as Rule,
    RecordState, StateSink, StateSource,
};
use burn::tensor::{Device, Tensor, TensorData};
use burn_pack::Scalar;
use serde::{Deserialize, Serialize};

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

    /// What is remembered of each matrix, as plain numbers; nothing before the first step.
    pub(crate) fn moments(&self) -> Vec<Option<Moments>> {
        let plain = |state: &State| match state {
            State::Adam(state) => state.as_ref().map(Moments::of),
            State::Muon(state) => state.as_ref().map(Moments::of),
        };
        self.states.iter().map(plain).collect()
    }

    /// Remembers what was [`moments`](Self::moments) of matrices of these shapes; says whether it
    /// can have been that.
    pub(crate) fn restore(
        &mut self,
        moments: Vec<Option<Moments>>,
        shapes: &[(usize, usize)],
        device: &Device,
    ) -> bool {
        if moments.len() != self.states.len() || shapes.len() != self.states.len() {
            return false;
        }
        let each = self.states.iter_mut().zip(moments).zip(shapes);
        each.into_iter().all(|((state, moments), &shape)| {
            let Some(moments) = moments else { return true };
            match state {
                State::Adam(state) => {
                    *state = moments.state(shape, device);
                    state.is_some()
                }
                State::Muon(state) => {
                    *state = moments.state(shape, device);
                    state.is_some()
                }
            }
        })
    }
}

/// What an optimiser remembers of a matrix, as plain numbers: tensors of the matrix' shape, and
/// counts, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Moments {
    tensors: Vec<(String, Vec<f32>)>,
    counts: Vec<(String, u64)>,
}

impl Moments {
    fn of(state: &impl RecordState) -> Self {
        let mut sink = StateSink::default();
        state.state_flatten("", &mut sink);
        let tensor = |(name, data): (String, TensorData)| (name, data.iter::<f32>().collect());
        // Steps are all that these optimisers count.
        let count = |(name, count): (String, Scalar)| Some((name, u64::try_from(count).ok()?));
        Self {
            tensors: sink.tensors.into_iter().map(tensor).collect(),
            counts: sink.scalars.into_iter().filter_map(count).collect(),
        }
    }

    fn state<S: RecordState>(self, (rows, columns): (usize, usize), device: &Device) -> Option<S> {
        let counts = self.counts.into_iter().map(|(name, count)| (name, Scalar::from(count)));
        let mut source = StateSource::new(counts.collect());
        for (name, values) in self.tensors {
            if values.len() != rows * columns {
                return None;
            }
            source.insert_tensor(name, TensorData::new(values, [rows, columns]));
        }
        S::state_unflatten("", &mut source, device)
    }
}
