//! Training on groups of points, which ends when it is done.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic")]

use std::ops::ControlFlow;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{Groups, Table};
use symgrad_siamese::{
    Encoder, EncoderConfig, GroupTraining, Length, Neuron, Progress, Quality, SiameseError,
    TrainConfig, TrainObserver,
};

/// What the points of a group share, and the y that a point has for it.
#[derive(Clone, Copy, Debug)]
enum Shared {
    /// x + 2y
    Sum,
    /// x·y
    Product,
    Nothing,
}

/// Groups of twelve points.
fn groups(shared: Shared, count: usize, seed: u64) -> Groups {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut x, mut y, mut labels) = (vec![], vec![], vec![]);
    for group in 0..count {
        let value = rng.random_range(0.5..2.0);
        for _ in 0..12 {
            let place = rng.random_range(0.5..2.0);
            x.push(place);
            y.push(match shared {
                Shared::Sum => (value - place) / 2.0,
                Shared::Product => value / place,
                Shared::Nothing => rng.random_range(0.5..2.0),
            });
            labels.push(group as f64);
        }
    }
    let points = Table::new(vec!["x".into(), "y".into()], vec![x, y]).unwrap();
    Groups::new(&points, &labels, None).unwrap()
}

fn small() -> TrainConfig {
    TrainConfig {
        encoder: EncoderConfig { width: 16, ..EncoderConfig::default() },
        length: Length::Steps(2_000),
        batch: 64,
        ..TrainConfig::default()
    }
}

fn train(shared: Shared, config: &TrainConfig, seed: u64) -> (Encoder, GroupTraining) {
    let [train, validation] = [(24, 1), (10, 2)].map(|(count, seed)| groups(shared, count, seed));
    Encoder::train_on_groups(&train, &validation, config, seed, &mut ()).unwrap()
}

fn best(quality: &Quality) -> f64 {
    quality.rho.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The variance within groups falls while there is something to learn, and where it has stopped
/// falling the training ends, long before its time.
#[test]
fn a_training_ends_when_it_is_done() {
    for (shared, exact) in [(Shared::Sum, 1e-6), (Shared::Product, 1e-3)] {
        let (encoder, training) = train(shared, &small(), 3);
        assert!(training.steps < 1_900 && !training.stopped, "{shared:?}: {}", training.steps);
        assert_eq!(training.attempts, 1);
        let [first, last] = [&training.checks[0], training.checks.last().unwrap()];
        assert!(best(last) < exact && best(last) <= best(first), "{shared:?}: {first:?} {last:?}");
        assert!(last.shuffled > 0.3 && !last.is_collapsed());
        let steps: Vec<usize> = training.checks.iter().map(|check| check.step).collect();
        assert!(steps.is_sorted(), "{steps:?}");
        // It holds within groups that nothing has seen.
        let unseen = encoder.quality(&groups(shared, 20, 9)).unwrap();
        assert!(best(&unseen) < 10.0 * exact, "{shared:?}: {unseen:?}");
    }
}

/// Points that share nothing are tried from three starts, and said to be so.
#[test]
fn a_latent_of_unrelated_points_has_collapsed() {
    let config = TrainConfig { length: Length::Steps(400), ..small() };
    let (encoder, training) = train(Shared::Nothing, &config, 3);
    assert_eq!(training.attempts, 3);
    assert!(training.checks.last().unwrap().is_collapsed());
    assert!(encoder.quality(&groups(Shared::Nothing, 20, 9)).unwrap().is_collapsed());
}

#[test]
fn trainings_on_groups_are_reproducible_to_the_bit() {
    let config = TrainConfig { length: Length::Steps(100), ..small() };
    let alone = train(Shared::Product, &config, 7);
    assert_eq!(alone, train(Shared::Product, &config, 7));
    assert_ne!(alone, train(Shared::Product, &config, 8));
    // Wide enough for the products to be spread over threads where there are several.
    let encoder = EncoderConfig { width: 160, ..EncoderConfig::default() };
    let config = TrainConfig { encoder, refine_after: 1.0, length: Length::Steps(8), ..small() };
    let [one, two] = [1, 2].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| train(Shared::Product, &config, 7))
    });
    assert_eq!(one, two);
}

#[test]
fn an_observer_ends_a_training_on_groups_with_what_it_has() {
    /// Breaks at that step, or at that check.
    struct Until(usize, usize);
    fn control(go_on: bool) -> ControlFlow<()> {
        if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
    impl TrainObserver for Until {
        fn on_step(&mut self, progress: &Progress) -> ControlFlow<()> {
            assert!(progress.step <= self.0 && progress.step <= progress.steps, "it went on");
            control(progress.step < self.0)
        }
        fn on_quality(&mut self, _: &Quality) -> ControlFlow<()> {
            self.1 -= 1;
            control(self.1 > 0)
        }
    }
    let data = groups(Shared::Sum, 10, 1);
    for (mut until, steps) in
        [(Until(1, 9), 1), (Until(70, 9), 70), (Until(9_999, 1), 50), (Until(9_999, 2), 100)]
    {
        let (encoder, training) =
            Encoder::train_on_groups(&data, &data, &small(), 1, &mut until).unwrap();
        assert!(training.stopped);
        assert_eq!((training.steps, training.attempts), (steps, 1));
        let latents = encoder.latents(data.points()).unwrap();
        assert!(latents[0].iter().all(|value| value.is_finite()));
    }
}

#[test]
fn what_cannot_be_learned_from_is_named() {
    let data = groups(Shared::Sum, 10, 1);
    let on = |train: &Groups, validation: &Groups, config: &TrainConfig| {
        Encoder::train_on_groups(train, validation, config, 1, &mut ()).unwrap_err()
    };
    let one = data.columns_of(&[0]);
    assert!(matches!(on(&data, &one, &small()), SiameseError::Inputs { .. }));
    let fast = TrainConfig { learning_rate: 1e30, ..small() };
    assert!(matches!(on(&data, &data, &fast), SiameseError::Diverged { .. }));
    let none = EncoderConfig { latents: 0, ..EncoderConfig::default() };
    let none = TrainConfig { encoder: none, ..small() };
    assert!(on(&data, &data, &none).to_string().contains("encoder.latents"));
    // Groups refuse what has no other group to differ from, and a table what is no number.
    let labels = vec![0.0; data.points().rows()];
    assert!(Groups::new(data.points(), &labels, None).is_err());
    assert!(Table::new(vec!["x".into()], vec![vec![f64::NAN]]).is_err());
}

/// Whatever the numbers and however few the groups: an encoder of finite weights, or an error.
#[test]
fn odd_groups_end_in_an_encoder_or_an_error() {
    let column = |kind: usize, rng: &mut ChaCha8Rng| -> f64 {
        let x: f64 = rng.random_range(-1.0..1.0);
        match kind {
            0 => x,
            1 => 7.0,
            2 => 1e300 * x,
            3 => 1e-300 * x,
            4 => 1e9 + 1e-6 * x,
            // Mostly the same, seldom far away.
            _ => 1.0 / (x * x * x * x * x),
        }
    };
    for seed in 0..12 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (dim, count) = (rng.random_range(1..4), rng.random_range(2..5));
        let kinds: Vec<usize> = (0..dim).map(|_| rng.random_range(0..6)).collect();
        let latents = rng.random_range(1..4);
        let columns: Vec<Vec<f64>> = kinds
            .iter()
            .map(|&kind| (0..12 * count).map(|_| column(kind, &mut rng)).collect())
            .collect();
        let names = (0..dim).map(|k| format!("x{k}")).collect();
        let points = Table::new(names, columns).unwrap();
        let labels: Vec<f64> = (0..12 * count).map(|row| f64::from(row / 12)).collect();
        let Ok(data) = Groups::new(&points, &labels, None) else { continue };
        let encoder = EncoderConfig { width: 8, latents, ..EncoderConfig::default() };
        let base = if latents > 1 { TrainConfig::independent(latents) } else { small() };
        let config = TrainConfig { encoder, length: Length::Steps(60), batch: 16, ..base };
        let Ok((encoder, training)) =
            Encoder::train_on_groups(&data, &data, &config, seed, &mut ())
        else {
            continue;
        };
        let finite = |columns: Vec<Vec<f64>>| columns.iter().flatten().all(|x| x.is_finite());
        assert!(finite(encoder.latents(data.points()).unwrap()), "{kinds:?}");
        // Of inputs of 1e-300 derivatives may be too large for any number.
        if !kinds.contains(&3) {
            let gradients = encoder.gradients(data.points(), Neuron::Latent(0)).unwrap();
            assert!(finite(gradients), "{kinds:?}");
        }
        assert_eq!(training.checks.last().unwrap().rho.len(), latents);
    }
}
