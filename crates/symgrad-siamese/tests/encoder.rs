//! Training, gradients and files through the public interface.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic")]

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{Table, Triplets};
use symgrad_experiments::{Concept, Recipe, Splits, System};
use symgrad_siamese::{
    Activation, Backend, Encoder, EncoderConfig, Length, Loss, Neuron, Progress, Schedule,
    SiameseError, TrainConfig, TrainObserver,
};

/// Triplets whose anchors and positives share x + 2y, in odd units.
fn triplets(rows: usize, seed: u64) -> Triplets {
    sharing(rows, seed, |anchor, x| anchor[1] + (anchor[0] - x) / 2.0)
}

/// The same for y·(x + ½)², whose gradient turns by 60 degrees over the square.
fn curved(rows: usize, seed: u64) -> Triplets {
    sharing(rows, seed, |anchor, x| anchor[1] * ((anchor[0] + 0.5) / (x + 0.5)).powi(2))
}

/// Triplets whose positives have another x, and the y that keeps the concept.
fn sharing(rows: usize, seed: u64, y: impl Fn([f64; 2], f64) -> f64) -> Triplets {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut point = || [rng.random::<f64>(), rng.random::<f64>()];
    let (mut anchors, mut positives, mut negatives) = (vec![], vec![], vec![]);
    for _ in 0..rows {
        let (anchor, [x, _]) = (point(), point());
        anchors.push(anchor);
        positives.push([x, y(anchor, x)]);
        negatives.push(point());
    }
    Triplets::new(table(&anchors), table(&positives), table(&negatives)).unwrap()
}

fn table(points: &[[f64; 2]]) -> Table {
    let x = points.iter().map(|point| 1e3 * point[0] + 5e3).collect();
    let y = points.iter().map(|point| 1e-3 * point[1]).collect();
    Table::new(vec!["x".into(), "y".into()], vec![x, y]).unwrap()
}

fn small() -> TrainConfig {
    TrainConfig {
        encoder: EncoderConfig { width: 16, ..EncoderConfig::default() },
        length: Length::Steps(300),
        batch: 64,
        schedule: Schedule::OneCycle { warmup: 0.1 },
        ..TrainConfig::default()
    }
}

fn train(config: &TrainConfig, seed: u64) -> Encoder {
    Encoder::train(&triplets(500, 1), &triplets(100, 2), config, seed, &mut ()).unwrap().0
}

/// Mean cosine with the gradient of x + 2y in the units of [`table`].
fn quality(encoder: &Encoder) -> f64 {
    agreement(encoder, &triplets(200, 3), |_| [1.0, 2.0])
}

/// Mean cosine of the latent's gradient with a gradient in the units of [`table`].
fn agreement(encoder: &Encoder, points: &Triplets, truth: impl Fn([f64; 2]) -> [f64; 2]) -> f64 {
    let points = points.anchor();
    let gradients = encoder.gradients(points, Neuron::Latent(0)).unwrap();
    let cosines = (0..points.rows()).map(|row| {
        let (x, y) = (1e3 * gradients[0][row], 1e-3 * gradients[1][row]);
        let place = [(points.column(0)[row] - 5e3) / 1e3, 1e3 * points.column(1)[row]];
        let [along_x, along_y] = truth(place);
        (x * along_x + y * along_y) / (x.hypot(y) * along_x.hypot(along_y))
    });
    (cosines.sum::<f64>() / points.rows() as f64).abs()
}

const LOSSES: [Loss; 5] = [
    Loss::Triplet { margin: 1.0, squared: true },
    Loss::Triplet { margin: 1.0, squared: false },
    Loss::Contrastive { margin: 1.0 },
    Loss::VarianceNormalized { weight: 10.0 },
    Loss::Independent { weight: 10.0, spread: 1.0 },
];

#[test]
fn every_loss_finds_a_linear_concept() {
    for loss in LOSSES {
        let found = quality(&train(&TrainConfig { loss, ..small() }, 100));
        assert!(found > 0.999, "{loss:?}: {found}");
    }
}

/// That the linear map of the inputs suffices makes linear concepts easy: one step and the solved
/// last layer find them. A curved one has to be learned, and is not learned in a step.
#[test]
fn every_loss_learns_a_curved_concept() {
    let (data, validation, points) = (curved(2_000, 1), curved(200, 2), curved(400, 3));
    let error = |loss: Loss, refit: bool, steps: usize| {
        let length = Length::Steps(steps);
        let config = TrainConfig { loss, length, refit, ..small() };
        let (encoder, _) = Encoder::train(&data, &validation, &config, 100, &mut ()).unwrap();
        let truth = |[x, y]: [f64; 2]| [2.0 * y * (x + 0.5), (x + 0.5) * (x + 0.5)];
        1.0 - agreement(&encoder, &points, truth)
    };
    for loss in LOSSES {
        for refit in [false, true] {
            let (before, after) = (error(loss, refit, 1), error(loss, refit, 600));
            assert!(
                after < 0.01 && after < 0.2 * before,
                "{loss:?}, refit {refit}: {before} to {after}"
            );
        }
    }
}

/// Trace and determinant of similar matrices both lie in the span of two latents.
#[test]
fn independent_latents_hold_all_that_pairs_share() {
    let system = System::Similarity2x2;
    let sizes = Splits { train: 8_000, validation: 100, test: 300 };
    let data = system.generate(Recipe::Isolated, sizes, 200).unwrap();
    let default = TrainConfig::independent(2);
    let encoder = EncoderConfig { width: 32, ..default.encoder };
    let config = TrainConfig { encoder, length: Length::Steps(1000), batch: 128, ..default };
    let (encoder, _) =
        Encoder::train(&data.train, &data.validation, &config, 200, &mut ()).unwrap();
    let points = data.test.anchor();
    let neurons = [0, 1].map(|k| encoder.gradients(points, Neuron::Latent(k)).unwrap());
    for invariant in system.invariants(Recipe::Isolated) {
        let parts = (0..points.rows()).map(|row| {
            let mut truth = vec![0.0; 4];
            invariant.gradient(&points.row(row), &mut truth);
            let at_row = |neuron: &Vec<Vec<f64>>| neuron.iter().map(|column| column[row]).collect();
            part_within(&truth, neurons.iter().map(at_row))
        });
        let mean = parts.sum::<f64>() / points.rows() as f64;
        assert!(mean > 0.99, "{invariant:?}: {mean}");
    }
}

/// The length of what a vector has in a span, as a part of its own.
fn part_within(vector: &[f64], span: impl Iterator<Item = Vec<f64>>) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let mut basis: Vec<Vec<f64>> = vec![];
    for mut next in span {
        for known in &basis {
            let along = dot(known, &next);
            next.iter_mut().zip(known).for_each(|(x, unit)| *x -= along * unit);
        }
        let norm = dot(&next, &next).sqrt();
        basis.push(next.iter().map(|x| x / norm).collect());
    }
    (basis.iter().map(|unit| dot(unit, vector).powi(2)).sum::<f64>() / dot(vector, vector)).sqrt()
}

#[test]
fn the_published_settings_train() {
    let config = TrainConfig {
        encoder: EncoderConfig { width: 32, ..TrainConfig::preset("published").unwrap().encoder },
        length: Length::Epochs(60),
        batch: 64,
        ..TrainConfig::preset("published").unwrap()
    };
    let found = quality(&train(&config, 100));
    assert!(found > 0.98, "{found}");
}

#[test]
fn gradients_agree_with_differences_of_latents() {
    for activation in [Activation::Silu, Activation::Tanh, Activation::Gelu, Activation::Softplus] {
        let encoder =
            EncoderConfig { width: 8, activation, latents: 2, ..EncoderConfig::default() };
        let config = TrainConfig { encoder, length: Length::Steps(20), ..small() };
        let encoder = train(&config, 5);
        let at = |x: f64, y: f64| table(&[[x, y]]);
        let gradients = encoder.gradients(&at(0.3, 0.6), Neuron::Latent(1)).unwrap();
        let latent = |x, y| encoder.latents(&at(x, y)).unwrap()[1][0];
        let step = 1e-5;
        let along_x = (latent(0.3 + step, 0.6) - latent(0.3 - step, 0.6)) / (2e3 * step);
        let along_y = (latent(0.3, 0.6 + step) - latent(0.3, 0.6 - step)) / (2e-3 * step);
        assert!((gradients[0][0] / along_x - 1.0).abs() < 1e-6, "{activation:?}");
        assert!((gradients[1][0] / along_y - 1.0).abs() < 1e-6, "{activation:?}");
    }
}

#[test]
fn hidden_neurons_have_gradients_and_missing_neurons_are_named() {
    let encoder = train(&TrainConfig { length: Length::Steps(5), ..small() }, 1);
    let points = triplets(3, 4);
    let hidden = encoder.gradients(points.anchor(), Neuron::Hidden { layer: 1, index: 15 });
    assert!(hidden.unwrap().iter().flatten().all(|derivative| derivative.is_finite()));
    for neuron in [
        Neuron::Latent(1),
        Neuron::Hidden { layer: 3, index: 0 },
        Neuron::Hidden { layer: 0, index: 16 },
    ] {
        let error = encoder.gradients(points.anchor(), neuron).unwrap_err();
        assert!(error.to_string().contains(&neuron.to_string()), "{error}");
    }
    let narrow = Table::new(vec!["x".into()], vec![vec![1.0]]).unwrap();
    let error = encoder.latents(&narrow).unwrap_err();
    assert!(matches!(error, SiameseError::Inputs { expected: 2, found: 1, .. }));
}

/// Repeats, four trainings at once, and a pool of another size give the same bits.
#[test]
fn training_is_reproducible_to_the_bit() {
    // Wide enough for the products to be spread over threads where there are several.
    let config = TrainConfig {
        encoder: EncoderConfig { width: 160, ..EncoderConfig::default() },
        length: Length::Steps(6),
        batch: 128,
        ..TrainConfig::default()
    };
    let alone = train(&config, 7);
    assert_eq!(alone, train(&config, 7));
    assert_ne!(alone, train(&config, 8));
    let together = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                if train(&config, 7) == alone {
                    together.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(together.into_inner(), 4);
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| train(&config, 7)), alone, "{threads} threads");
    }
}

#[test]
fn divergence_names_the_step_and_a_way_out() {
    let config = TrainConfig { learning_rate: 1e30, schedule: Schedule::Constant, ..small() };
    let data = triplets(100, 1);
    let error = Encoder::train(&data, &data, &config, 1, &mut ()).unwrap_err();
    assert!(matches!(error, SiameseError::Diverged { step: 1..=20, .. }), "{error}");
    assert!(error.to_string().contains("lower `learning_rate`"), "{error}");
}

#[test]
fn the_observer_sees_every_step_and_validation() {
    #[derive(Default)]
    struct Count(usize, usize);
    impl TrainObserver for Count {
        fn on_step(&mut self, progress: &Progress) -> ControlFlow<()> {
            self.0 += 1;
            assert_eq!((progress.step, progress.steps), (self.0, 30));
            ControlFlow::Continue(())
        }
        fn on_validation(&mut self, _: &symgrad_siamese::CurvePoint) -> ControlFlow<()> {
            self.1 += 1;
            ControlFlow::Continue(())
        }
    }
    let config = TrainConfig { length: Length::Steps(30), validate_every: 7, ..small() };
    let mut count = Count::default();
    let data = triplets(100, 1);
    let (_, curve) = Encoder::train(&data, &data, &config, 1, &mut count).unwrap();
    assert_eq!((count.0, count.1), (30, 5));
    assert_eq!(curve.points.len(), 5);
}

#[test]
fn an_observer_stops_a_training_with_what_it_has() {
    /// Breaks at that step, or at that validation.
    struct Until(usize, usize);
    fn control(go_on: bool) -> ControlFlow<()> {
        if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
    impl TrainObserver for Until {
        fn on_step(&mut self, progress: &Progress) -> ControlFlow<()> {
            assert!(progress.step <= self.0, "it went on");
            control(progress.step < self.0)
        }
        fn on_validation(&mut self, _: &symgrad_siamese::CurvePoint) -> ControlFlow<()> {
            self.1 -= 1;
            control(self.1 > 0)
        }
    }
    let config = TrainConfig { length: Length::Steps(300), validate_every: 20, ..small() };
    let data = triplets(200, 1);
    let stop = |mut until: Until| {
        let (encoder, curve) = Encoder::train(&data, &data, &config, 1, &mut until).unwrap();
        assert!(curve.stopped && !curve.stopped_early);
        assert!(encoder.latents(data.anchor()).unwrap()[0].iter().all(|value| value.is_finite()));
        curve.points.len()
    };
    assert_eq!(stop(Until(50, 100)), 2);
    assert_eq!(stop(Until(1, 100)), 0);
    assert_eq!(stop(Until(301, 3)), 3);
    let (_, curve) = Encoder::train(&data, &data, &config, 1, &mut ()).unwrap();
    assert!(!curve.stopped);
}

/// A concept that is linear in the inputs is found exactly at the first look, a curved one after the first
/// cycle if that is as constant as asked, and else what a single cycle of all steps gives comes out.
#[test]
fn training_ends_when_it_is_done() {
    let cycles = |constant: f64| TrainConfig {
        schedule: Schedule::Cycles { warmup: 0.1, constant },
        length: Length::Steps(1200),
        ..small()
    };
    let train = |data: [Triplets; 2], config: &TrainConfig| {
        let [data, validation] = data;
        Encoder::train(&data, &validation, config, 3, &mut ()).unwrap()
    };
    let steps = |curve: &symgrad_siamese::TrainingCurve| curve.points.last().map(|p| p.step);
    let linear = || [triplets(2_000, 1), triplets(200, 2)];
    let (encoder, curve) = train(linear(), &cycles(0.0));
    assert!(curve.converged && steps(&curve) < Some(101), "{curve:?}");
    assert!(1.0 - quality(&encoder) < 1e-12, "{}", quality(&encoder));

    let bent = || [curved(2_000, 1), curved(200, 2)];
    let (_, curve) = train(bent(), &cycles(0.1));
    assert!(curve.converged && steps(&curve) == Some(300), "{curve:?}");
    let (encoder, curve) = train(bent(), &cycles(0.0));
    assert!(!curve.converged && steps(&curve) == Some(1500), "{curve:?}");
    let rounds: Vec<usize> = curve.points.iter().map(|point| point.round).collect();
    assert!(rounds.windows(2).filter(|pair| pair[1] < pair[0]).count() == 1, "{rounds:?}");
    let whole = TrainConfig { schedule: Schedule::OneCycle { warmup: 0.1 }, ..cycles(0.0) };
    assert_eq!(encoder, train(bent(), &whole).0);
}

#[test]
fn patience_stops_and_returns_the_best_weights() {
    let config = TrainConfig {
        // So high a rate that the validation loss soon stops improving.
        learning_rate: 0.3,
        schedule: Schedule::Constant,
        length: Length::Steps(5000),
        validate_every: 5,
        patience: Some(3),
        ..small()
    };
    let (train, validation) = (triplets(200, 1), triplets(100, 2));
    let (_, curve) = Encoder::train(&train, &validation, &config, 1, &mut ()).unwrap();
    assert!(curve.stopped_early);
    let losses: Vec<f64> = curve.points.iter().map(|point| point.validation_loss).collect();
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[losses.len() - 4], best);
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let default = TrainConfig::default;
    let wide = EncoderConfig { width: 0, ..EncoderConfig::default() };
    for (config, setting) in [
        (TrainConfig { encoder: wide, ..default() }, "encoder.width"),
        (TrainConfig { batch: 1, ..default() }, "batch"),
        (TrainConfig { length: Length::Epochs(0), ..default() }, "length"),
        (TrainConfig { learning_rate: f64::NAN, ..default() }, "learning_rate"),
        (TrainConfig { weight_decay: -1.0, ..default() }, "weight_decay"),
        (TrainConfig { schedule: Schedule::OneCycle { warmup: 1.0 }, ..default() }, "warmup"),
        (
            TrainConfig {
                schedule: Schedule::Cycles { warmup: 0.1, constant: f64::NAN },
                ..default()
            },
            "schedule.constant",
        ),
        (TrainConfig { loss: Loss::Contrastive { margin: 0.0 }, ..default() }, "margin"),
        (
            TrainConfig { loss: Loss::Independent { weight: 1.0, spread: -1.0 }, ..default() },
            "spread",
        ),
    ] {
        let error = config.validate().unwrap_err().to_string();
        assert!(error.contains(setting), "{error}");
    }
    let data = triplets(1, 1);
    let error = Encoder::train(&data, &data, &default(), 1, &mut ()).unwrap_err();
    assert!(matches!(error, SiameseError::TooFewTriplets { split: "training", .. }));
}

#[test]
fn presets_are_valid_and_survive_a_configuration_file() {
    let named = TrainConfig::PRESETS.map(|name| TrainConfig::preset(name).unwrap());
    for config in named.into_iter().chain([TrainConfig::independent(3)]) {
        config.validate().unwrap();
        let text = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<TrainConfig>(&text).unwrap(), config, "{text}");
    }
    assert_eq!(toml::from_str::<TrainConfig>("").unwrap(), TrainConfig::default());
    assert!(toml::from_str::<TrainConfig>("stps = 3").is_err());
    let error = TrainConfig::preset("fast").unwrap_err();
    assert!(error.to_string().contains("default"), "{error}");
}

#[cfg(not(feature = "ndarray"))]
#[test]
fn a_missing_backend_says_how_to_get_it() {
    let config = TrainConfig { backend: Backend::Ndarray, ..small() };
    let error = config.validate().unwrap_err();
    assert!(error.to_string().contains("--features ndarray"), "{error}");
}

#[cfg(feature = "ndarray")]
#[test]
fn the_other_backend_learns_the_same() {
    let config = TrainConfig { backend: Backend::Ndarray, ..small() };
    let other = train(&config, 100);
    assert!(quality(&other) > 0.99, "{}", quality(&other));
    assert_eq!(other, train(&config, 100));
}
