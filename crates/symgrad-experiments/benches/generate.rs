//! The time to generate 50 000 training triplets of every experiment.

use criterion::{Criterion, criterion_group, criterion_main};
use symgrad_experiments::{Experiment, Recipe, Splits, generate};

fn generators(criterion: &mut Criterion) {
    let sizes = Splits { train: 50_000, validation: 1, test: 1 };
    let mut group = criterion.benchmark_group("generate 50k");
    group.sample_size(10);
    for recipe in [Recipe::Published, Recipe::Isolated] {
        for experiment in Experiment::ALL {
            group.bench_function(format!("{recipe:?} {experiment}"), |bencher| {
                bencher.iter(|| generate(experiment, recipe, sizes, 1));
            });
        }
    }
}

criterion_group!(benches, generators);
criterion_main!(benches);
