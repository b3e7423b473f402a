//! What the tests of all readers share.

use std::io::{Cursor, Write};

use proptest::test_runner::{Config, TestRunner};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use symgrad_data::Table;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::{ModelError, Network, Unit};

/// Runs so many generated cases, the same wherever cargo sets the seed.
pub(crate) fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

/// A tensor's name, shape and numbers.
pub(crate) type Stored<'a> = (&'a str, &'a [usize], &'a [f64]);

/// A safetensors file.
pub(crate) fn safetensors(tensors: &[Stored<'_>]) -> Vec<u8> {
    let data: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(.., data)| data.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&data).map(|((name, shape, _), data)| {
        (*name, TensorView::new(Dtype::F64, shape.to_vec(), data).unwrap())
    });
    serialize(views, None).unwrap()
}

/// What `torch.save` writes of a state dictionary.
pub(crate) fn pytorch(tensors: &[Stored<'_>]) -> Vec<u8> {
    archive(&pickle(&state_dictionary(tensors, 0)), tensors)
}

/// The pickle of a value.
pub(crate) fn pickle(value: &[u8]) -> Vec<u8> {
    [b"\x80\x02", value, b"."].concat()
}

/// A state dictionary, with the numbers of its tensors in entries from `first` on.
pub(crate) fn state_dictionary(tensors: &[Stored<'_>], first: usize) -> Vec<u8> {
    let entries: Vec<(&str, Vec<u8>)> = tensors
        .iter()
        .enumerate()
        .map(|(index, (name, shape, _))| (*name, tensor(first + index, shape)))
        .collect();
    [b"ccollections\nOrderedDict\n)R".to_vec(), entered(&entries)].concat()
}

/// A dictionary.
pub(crate) fn dictionary(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    [b"}".to_vec(), entered(entries)].concat()
}

fn entered(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries = entries.iter().flat_map(|(key, value)| [text(key), value.clone()]);
    let entries: Vec<Vec<u8>> = entries.collect();
    [b"(", &entries.concat()[..], b"u"].concat()
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_le_bytes();
    [b"X", &length[..], text.as_bytes()].concat()
}

/// A tensor whose numbers are in the entry of that key.
pub(crate) fn tensor(key: usize, shape: &[usize]) -> Vec<u8> {
    let size = |size: usize| {
        let [low, high] = u16::try_from(size).unwrap().to_le_bytes();
        [b'M', low, high]
    };
    let sizes = |sizes: &[usize]| {
        [b"(", &sizes.iter().flat_map(|&s| size(s)).collect::<Vec<_>>()[..], b"t"].concat()
    };
    [
        b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec(),
        text("storage"),
        b"ctorch\nDoubleStorage\n".to_vec(),
        text(&key.to_string()),
        text("cpu"),
        b"K\x00tQK\x00".to_vec(),
        sizes(shape),
        sizes(&crate::layout::strides(shape)),
        b"\x89NtR".to_vec(),
    ]
    .concat()
}

/// The archive around a pickle.
pub(crate) fn archive(pickle: &[u8], tensors: &[Stored<'_>]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        || SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("net/data.pkl", options()).unwrap();
    zip.write_all(pickle).unwrap();
    for (key, (.., data)) in tensors.iter().enumerate() {
        zip.start_file(format!("net/data/{key}"), options()).unwrap();
        let bytes: Vec<u8> = data.iter().flat_map(|x| x.to_le_bytes()).collect();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

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
    // Damage can make the output unreadable, and leave other tensors.
    let read = network.layer(network.output()).unwrap_or(&network.layers()[0]);
    let gradients = network.gradients(&points, &read.name, Unit::Neuron(0)).unwrap();
    assert_eq!(gradients.len(), network.inputs());
    true
}
