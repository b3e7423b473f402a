//! Trainings that are interrupted and go on, to the bit.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic")]

use std::ops::ControlFlow;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{Groups, Table, Triplets};
use symgrad_siamese::{
    Encoder, EncoderConfig, Length, Optimizer, Progress, Schedule, SiameseError, TrainConfig,
    TrainObserver, Training, TrainingState,
};

/// Goes on from a state if there is one, and ends the training at a step.
#[derive(Default)]
struct Interruption {
    from: Option<TrainingState>,
    at: Option<usize>,
    kept: Option<TrainingState>,
    refused: Option<SiameseError>,
    /// Steps of this part.
    steps: Vec<usize>,
    was_over: bool,
}

impl TrainObserver for Interruption {
    fn begins(&mut self, training: &mut dyn Training) {
        assert_eq!(training.steps(), 0);
        if let Some(state) = self.from.take() {
            self.refused = training.restore(state).err();
        }
    }

    fn on_step(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.steps.push(progress.step);
        if self.at == Some(progress.step) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn keeps(&mut self, training: &dyn Training) {
        self.was_over = training.is_over();
        if self.was_over || self.at == Some(training.steps()) {
            self.kept = Some(training.state());
        }
    }
}

fn points(rows: usize, seed: u64) -> Table {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut column = || (0..rows).map(|_| rng.random_range(0.5..2.0)).collect();
    Table::new(vec!["x".into(), "y".into()], vec![column(), column()]).unwrap()
}

/// Triplets that share x·y.
fn triplets(rows: usize, seed: u64) -> Triplets {
    let [anchors, negatives] = [points(rows, seed), points(rows, seed + 100)];
    let x: Vec<f64> = points(rows, seed + 200).column(0).to_vec();
    let product = |row: usize| anchors.column(0)[row] * anchors.column(1)[row];
    let y = (0..rows).map(|row| product(row) / x[row]).collect();
    let positives = Table::new(vec!["x".into(), "y".into()], vec![x, y]).unwrap();
    Triplets::new(anchors, positives, negatives).unwrap()
}

fn groups(shared: bool, count: usize, seed: u64) -> Groups {
    let points = points(12 * count, seed);
    let labels: Vec<f64> = (0..12 * count).map(|row| (row / 12) as f64).collect();
    let y = |row: usize| {
        if shared { labels[row] / points.column(0)[row] } else { points.column(1)[row] }
    };
    let columns = vec![points.column(0).to_vec(), (0..12 * count).map(y).collect()];
    let points = Table::new(vec!["x".into(), "y".into()], columns).unwrap();
    Groups::new(&points, &labels, None).unwrap()
}

fn small() -> TrainConfig {
    TrainConfig {
        encoder: EncoderConfig { width: 16, ..EncoderConfig::default() },
        length: Length::Steps(120),
        batch: 64,
        schedule: Schedule::OneCycle { warmup: 0.1 },
        validate_every: 25,
        ..TrainConfig::default()
    }
}

/// Stopped at several steps, among them that of a validation, the last before a round of refinement
/// begins, and the last of all.
#[test]
fn a_training_on_triplets_goes_on_to_the_bit() {
    let plateau = Schedule::Plateau { patience: 1, factor: 0.5 };
    for config in [
        small(),
        TrainConfig { optimizer: Optimizer::Muon, ..small() },
        TrainConfig { schedule: plateau, patience: Some(1), refine_after: 1.0, ..small() },
        // Whose first cycle ends with step 30.
        TrainConfig { schedule: Schedule::Cycles { warmup: 0.1, constant: 0.0 }, ..small() },
        TrainConfig::independent(2),
    ] {
        let config = TrainConfig { length: Length::Steps(120), batch: 64, ..config };
        let (train, validation) = (triplets(500, 1), triplets(100, 2));
        let run = |observer: &mut Interruption| {
            Encoder::train(&train, &validation, &config, 7, observer).unwrap()
        };
        let mut whole = Interruption::default();
        let (encoder, curve) = run(&mut whole);
        assert!(whole.was_over && whole.refused.is_none());
        let steps = whole.steps.len();
        for at in [1, 25, 30, 31, 59, 60, 61, steps] {
            let mut first = Interruption { at: Some(at), ..Default::default() };
            let (broken, _) = run(&mut first);
            assert!(at == steps || broken != encoder, "{at} of {steps}");
            let mut second = Interruption { from: first.kept, ..Default::default() };
            let (again, its_curve) = run(&mut second);
            assert!(second.refused.is_none(), "{:?}", second.refused);
            assert_eq!(second.steps, (at + 1..=steps).collect::<Vec<_>>());
            assert_eq!(again, encoder, "stopped at {at} of {steps}");
            assert_eq!(its_curve, curve);
        }
        // One that is over is not begun again.
        let mut over = Interruption { from: whole.kept, ..Default::default() };
        assert_eq!(run(&mut over), (encoder, curve));
        assert!(over.steps.is_empty());
    }
}

/// In the first attempt, at a check, in a round of refinement, and in a later attempt.
#[test]
fn a_training_on_groups_goes_on_to_the_bit() {
    for shared in [true, false] {
        let config = TrainConfig { length: Length::Steps(400), ..small() };
        let (train, validation) = (groups(shared, 24, 1), groups(shared, 10, 2));
        let run = |observer: &mut Interruption| {
            Encoder::train_on_groups(&train, &validation, &config, 3, observer).unwrap()
        };
        let mut whole = Interruption::default();
        let (encoder, training) = run(&mut whole);
        assert_eq!(training.attempts > 1, !shared);
        let steps = training.steps;
        for at in [30, 100, steps * 2 / 3 + 7, steps - 1, steps] {
            let mut first = Interruption { at: Some(at), ..Default::default() };
            assert!(run(&mut first).1.stopped);
            let mut second = Interruption { from: first.kept, ..Default::default() };
            let (again, its_training) = run(&mut second);
            assert!(second.refused.is_none(), "{:?}", second.refused);
            assert_eq!(second.steps, (at + 1..=steps).collect::<Vec<_>>());
            assert_eq!(again, encoder, "stopped at {at} of {steps}");
            assert_eq!(its_training, training);
        }
    }
}

/// A state of another training is refused, and the training begins anew.
#[test]
fn states_of_other_trainings_are_refused() {
    let (train, validation) = (triplets(500, 1), triplets(100, 2));
    let mut first = Interruption { at: Some(30), ..Default::default() };
    Encoder::train(&train, &validation, &small(), 7, &mut first).unwrap();
    let other = TrainConfig { learning_rate: 1e-3, ..small() };
    let others = triplets(500, 3);
    for (train, config, seed) in
        [(&others, &small(), 7), (&train, &other, 7), (&train, &small(), 8)]
    {
        let mut second = Interruption { from: first.kept.clone(), ..Default::default() };
        let found = Encoder::train(train, &validation, config, seed, &mut second).unwrap();
        assert!(matches!(second.refused, Some(SiameseError::NotResumable { .. })));
        assert_eq!(found, Encoder::train(train, &validation, config, seed, &mut ()).unwrap());
    }
    // Nor are those of trainings on groups taken for trainings on triplets.
    let mut second = Interruption { from: first.kept, ..Default::default() };
    let (train, validation) = (groups(true, 24, 1), groups(true, 10, 2));
    Encoder::train_on_groups(&train, &validation, &small(), 7, &mut second).unwrap();
    assert!(matches!(second.refused, Some(SiameseError::NotResumable { .. })));
}
