//! Encoders that symgrad trained, asked as networks from files are.

use symgrad_data::Table;
use symgrad_models::{Layer, ModelError, Unit};
use symgrad_siamese::{Encoder, Neuron};

use crate::Error;

/// The name of an encoder's last layer.
pub(super) const LATENTS: &str = "latents";

/// The hidden layers `hidden0`, `hidden1`, …, and the latents.
pub(super) fn layers(encoder: &Encoder) -> Vec<Layer> {
    let config = encoder.config();
    let layer = |name: String, operator: String, neurons: usize| Layer {
        name,
        operator,
        shape: vec![neurons],
        neurons,
    };
    let activation = format!("{:?}", config.activation);
    let hidden = (0..config.depth)
        .map(|depth| layer(format!("hidden{depth}"), activation.clone(), config.width));
    hidden.chain([layer(LATENTS.into(), "Linear".into(), config.latents)]).collect()
}

/// The values of a layer's neurons; `None` if there is no such layer.
pub(super) fn values(
    encoder: &Encoder,
    points: &Table,
    layer: &str,
) -> Option<Result<Vec<Vec<f64>>, Error>> {
    let values = match hidden_layer(layer) {
        None if layer == LATENTS => encoder.latents(points),
        hidden => encoder.hidden(points, hidden?),
    };
    Some(values.map_err(Error::from))
}

/// The gradients of a unit; `None` if there is no such layer.
pub(super) fn gradients(
    encoder: &Encoder,
    points: &Table,
    layer: &str,
    unit: Unit,
) -> Option<Result<Vec<Vec<f64>>, Error>> {
    let hidden = hidden_layer(layer);
    if hidden.is_none() && layer != LATENTS {
        return None;
    }
    let gradient = |index: usize| {
        let neuron = hidden.map_or(Neuron::Latent(index), |layer| Neuron::Hidden { layer, index });
        encoder.gradients(points, neuron).map_err(Error::from)
    };
    let (plus, minus) = match unit {
        Unit::Neuron(index) => return Some(gradient(index)),
        Unit::Margin(plus, minus) => (plus, minus),
    };
    Some(gradient(plus).and_then(|mut difference| {
        for (column, other) in difference.iter_mut().zip(gradient(minus)?) {
            column.iter_mut().zip(other).for_each(|(a, b)| *a -= b);
        }
        Ok(difference)
    }))
}

/// The index of an encoder's hidden layer.
fn hidden_layer(name: &str) -> Option<usize> {
    name.strip_prefix("hidden")?.parse().ok()
}

/// The values of a unit, given those of its layer's neurons.
pub(super) fn unit_values(
    values: &[Vec<f64>],
    layer: &str,
    unit: Unit,
) -> Result<Vec<f64>, ModelError> {
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
