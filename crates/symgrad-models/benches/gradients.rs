//! Gradients of one neuron of a perceptron 4→64→64→64, for 10 000 points.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use symgrad_data::Table;
use symgrad_models::{Network, Unit};

const POINTS: usize = 10_000;

fn gradients(criterion: &mut Criterion) {
    let column =
        |shift: usize| (0..POINTS).map(|n| ((n * 7919 + shift) as f64).sin()).collect::<Vec<f64>>();
    let names = (0..4).map(|n| format!("x{n}")).collect();
    let points = Table::new(names, (0..4).map(column).collect()).expect("valid columns");
    let mut group = criterion.benchmark_group("gradients 4-64-64-64");
    group.throughput(Throughput::Elements(POINTS as u64)).sample_size(20);
    for activation in ["relu", "tanh", "silu"] {
        let network = perceptron(activation);
        let layer = network.output();
        group.bench_function(format!("{activation}, one neuron"), |bencher| {
            bencher.iter(|| network.gradients(black_box(&points), layer, Unit::Neuron(0)));
        });
        let units: Vec<Unit> = (0..64).map(Unit::Neuron).collect();
        group.bench_function(format!("{activation}, 64 neurons"), |bencher| {
            bencher.iter(|| network.gradients_of(black_box(&points), layer, &units));
        });
    }
}

/// A perceptron whose weights have no pattern.
fn perceptron(activation: &str) -> Network {
    let sizes = [4, 64, 64, 64];
    let mut tensors = Vec::new();
    for (layer, pair) in sizes.windows(2).enumerate() {
        let scale = (pair[0] as f64).sqrt().recip();
        let numbers = |count: usize| -> Vec<u8> {
            let number = |n: usize| scale * ((n * 7919 + layer) as f64 * 0.618).sin();
            (0..count).flat_map(|n| number(n).to_le_bytes()).collect()
        };
        tensors.push((
            format!("{layer}.weight"),
            vec![pair[1], pair[0]],
            numbers(pair[0] * pair[1]),
        ));
        tensors.push((format!("{layer}.bias"), vec![pair[1]], numbers(pair[1])));
    }
    let views = tensors.iter().map(|(name, shape, data)| {
        (name, TensorView::new(Dtype::F64, shape.clone(), data).expect("sizes fit"))
    });
    let bytes = serialize(views, None).expect("names are unique");
    let text = format!("activation = {activation:?}\noutput_activation = {activation:?}");
    Network::from_safetensors(&bytes, Some(&text)).expect("a plain perceptron")
}

criterion_group!(benches, gradients);
criterion_main!(benches);
