//! What the tests of all readers share.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use symgrad_data::Table;

use crate::{ModelError, Network, Unit};

/// A copy with a few bits, bytes or stretches changed.
pub(crate) fn damaged(bytes: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.random_range(1..4) {
        if bytes.is_empty() {
            break;
        }
        let place = random.random_range(0..bytes.len());
        match random.random_range(0..7) {
            0 | 1 => bytes[place] ^= 1 << random.random_range(0..8),
            2 => bytes[place] = random.random(),
            3 => bytes[place] = [0, 1, 0x7f, 0x80, 0xff][random.random_range(0..5)],
            4 => bytes.truncate(place),
            5 => drop(bytes.drain(place..bytes.len().min(place + 8))),
            _ => {
                let end = bytes.len().min(place + random.random_range(1..32));
                let piece = bytes[place..end].to_vec();
                let target = random.random_range(0..=bytes.len());
                drop(bytes.splice(target..target, piece));
            }
        }
    }
    bytes
}

/// Uses a network, if it is one: values and gradients of its output. Gives whether it is one.
pub(crate) fn try_everything(network: Result<Network, ModelError>) -> bool {
    let Ok(network) = network else { return false };
    // Damage can make a network large; a few of these are enough.
    if network.inputs() > 1000 {
        return true;
    }
    let names = (0..network.inputs()).map(|n| format!("x{n}")).collect();
    let columns = (0..network.inputs()).map(|n| vec![0.1 * n as f64, -0.3]).collect();
    let points = Table::new(names, columns).unwrap();
    for layer in network.layers() {
        assert_eq!(layer.neurons, layer.shape.iter().product::<usize>());
        assert_eq!(network.values(&points, &layer.name).unwrap().len(), layer.neurons);
    }
    let gradients = network.gradients(&points, network.output(), Unit::Neuron(0)).unwrap();
    assert_eq!(gradients.len(), network.inputs());
    true
}
