//! A training on triplets, from its first step to its last.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::saved::{Position, Training, TrainingState, digest, unusable};
use super::{CurvePoint, Progress, TrainObserver, Trainer, TrainingCurve};
use crate::refine::{self, Targets};
use crate::schedule::LearningRate;
use crate::weights::Weights;
use crate::{Length, SiameseError};

/// A training on triplets.
pub(super) struct OnTriplets<'a> {
    trainer: Trainer<'a>,
    digest: u64,
    /// Steps planned.
    steps: usize,
    course: Course,
}

/// Where it stands between two steps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Course {
    /// Steps done.
    step: usize,
    rate: LearningRate,
    points: Vec<CurvePoint>,
    /// The losses since the last validation, and how many they are.
    sum: f64,
    summed: u32,
    /// Validations since the best one.
    stale: usize,
    stopped_early: bool,
}

impl<'a> OnTriplets<'a> {
    pub(super) fn new(trainer: Trainer<'a>, seed: u64) -> Self {
        let config = trainer.config;
        let steps = match config.length {
            Length::Steps(steps) => steps,
            Length::Epochs(epochs) => epochs.saturating_mul(trainer.per_pass()),
        };
        let course = Course {
            step: 0,
            rate: LearningRate::new(config.schedule, config.learning_rate, steps),
            points: vec![],
            sum: 0.0,
            summed: 0,
            stale: 0,
            stopped_early: false,
        };
        let digest = digest(config, seed, [&trainer.train, &trainer.validation], &[]);
        Self { trainer, digest, steps, course }
    }

    pub(super) fn run(
        mut self,
        observer: &mut dyn TrainObserver,
    ) -> Result<(Weights, TrainingCurve), SiameseError> {
        observer.begins(&mut self);
        let mut stopped = false;
        while !self.is_over() && !stopped {
            stopped = self.advance(observer)?.is_break();
            observer.keeps(&self);
        }
        let left_out = self.trainer.train.left_out;
        let Course { points, stopped_early, .. } = self.course;
        Ok((self.trainer.finish(), TrainingCurve { points, stopped_early, stopped, left_out }))
    }

    /// One step, and the validation after it if one is due; breaks if the observer does.
    fn advance(
        &mut self,
        observer: &mut dyn TrainObserver,
    ) -> Result<ControlFlow<()>, SiameseError> {
        let Self { trainer, steps, course, .. } = self;
        let (config, steps) = (trainer.config, *steps);
        let learning_rate = course.rate.at(course.step);
        course.step += 1;
        let step = course.step;
        if refine::starts_round(step, steps, config.refine_after) {
            (trainer.best, course.stale) = (None, 0);
            let samples = [&trainer.train, &trainer.validation];
            let independent = config.loss.keeps_independent();
            trainer.targets = Some(Targets::take(&mut trainer.network, samples, independent));
        }
        let loss = trainer.step(step, learning_rate)?;
        course.sum += loss;
        course.summed += 1;
        let flow = observer.on_step(&Progress { step, steps, loss });
        let every =
            if config.validate_every > 0 { config.validate_every } else { trainer.per_pass() };
        if step % every != 0 && step != steps {
            return Ok(flow);
        }
        let validation_loss = trainer.validate(step)?;
        let training_loss = course.sum / f64::from(course.summed);
        let point = CurvePoint { step, learning_rate, training_loss, validation_loss };
        course.points.push(point);
        course.rate.observe(validation_loss);
        (course.sum, course.summed) = (0.0, 0);
        if config.patience.is_some() && trainer.is_best(validation_loss) {
            course.stale = 0;
        } else {
            course.stale += 1;
        }
        let spent = config.patience.is_some_and(|patience| course.stale >= patience);
        course.stopped_early = spent && step < steps;
        Ok(if observer.on_validation(&point).is_break() { ControlFlow::Break(()) } else { flow })
    }
}

impl Training for OnTriplets<'_> {
    fn digest(&self) -> u64 {
        self.digest
    }

    fn steps(&self) -> usize {
        self.course.step
    }

    fn is_over(&self) -> bool {
        self.course.step >= self.steps || self.course.stopped_early
    }

    fn state(&self) -> TrainingState {
        let position = Position::Triplets(self.course.clone());
        TrainingState::of(self.digest, &self.trainer, position)
    }

    fn restore(&mut self, state: TrainingState) -> Result<(), SiameseError> {
        match state.into_trainer(self.digest, &mut self.trainer)? {
            Position::Triplets(course) => self.course = course,
            Position::Groups(_) => return Err(unusable("it belongs to a training on groups")),
        }
        Ok(())
    }
}
