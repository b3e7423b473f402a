//! A training on triplets, from its first step to its last.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::saved::{Position, Training, TrainingState, digest, unusable};
use super::{CurvePoint, Judge, Progress, TrainObserver, Trainer, TrainingCurve};
use crate::distillation::{Targets, starts_round};
use crate::schedule::LearningRate;
use crate::weights::Weights;
use crate::{Length, Schedule, SiameseError};

/// A training on triplets.
pub(super) struct OnTriplets<'a> {
    trainer: Trainer<'a>,
    seed: u64,
    digest: u64,
    /// The step at which each cycle ends.
    ends: Vec<usize>,
    /// Says whether training is done before its last step.
    judge: Option<(Judge, f64)>,
    course: Course,
}

/// A first cycle's share of the steps, as one in so many.
const SHARE: usize = 4;

/// Step after which it is first seen whether latents could be exact, then after twice as many, and so on.
const FIRST_LOOK: usize = 100;

/// Where it stands between two steps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Course {
    /// Steps done.
    step: usize,
    /// Cycles that are over.
    cycles: usize,
    /// Rounds of self-distillation of this cycle that have begun.
    round: usize,
    rate: LearningRate,
    points: Vec<CurvePoint>,
    /// The losses since the last validation, and how many they are.
    sum: f64,
    summed: u32,
    /// Validations since the best one.
    stale: usize,
    stopped_early: bool,
    converged: bool,
}

impl<'a> OnTriplets<'a> {
    pub(super) fn new(trainer: Trainer<'a>, seed: u64) -> Self {
        let config = trainer.config;
        let steps = match config.length {
            Length::Steps(steps) => steps,
            Length::Epochs(epochs) => epochs.saturating_mul(trainer.per_pass()),
        };
        let (ends, judge) = match config.schedule {
            Schedule::Cycles { constant, .. } => {
                let first = steps.div_ceil(SHARE);
                let judge = Judge::of_pairs(&trainer.validation, seed);
                (vec![first, first.saturating_add(steps)], Some((judge, constant)))
            }
            _ => (vec![steps], None),
        };
        let course = Course {
            step: 0,
            cycles: 0,
            round: 0,
            rate: LearningRate::new(config.schedule, config.learning_rate, ends[0]),
            points: vec![],
            sum: 0.0,
            summed: 0,
            stale: 0,
            stopped_early: false,
            converged: false,
        };
        let digest = digest(config, seed, [&trainer.train, &trainer.validation], &[]);
        Self { trainer, seed, digest, ends, judge, course }
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
        let Course { points, stopped_early, converged, .. } = self.course;
        let curve = TrainingCurve { points, stopped_early, converged, stopped, left_out };
        Ok((self.trainer.finish(), curve))
    }

    /// The steps after which the present cycle began and ends.
    fn cycle(&self) -> [usize; 2] {
        let cycle = self.course.cycles.min(self.ends.len() - 1);
        [if cycle == 0 { 0 } else { self.ends[cycle - 1] }, self.ends[cycle]]
    }

    /// The last step of all.
    fn last(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    /// One step, and the validation after it if one is due; breaks if the observer does.
    fn advance(
        &mut self,
        observer: &mut dyn TrainObserver,
    ) -> Result<ControlFlow<()>, SiameseError> {
        if self.course.step == self.cycle()[1] {
            self.begin_anew();
        }
        let [begun, steps] = self.cycle();
        let Self { trainer, course, .. } = self;
        let config = trainer.config;
        let learning_rate = course.rate.at(course.step - begun);
        course.step += 1;
        let step = course.step;
        if starts_round(step - begun, steps - begun, config.refine_after) {
            (trainer.best, course.stale) = (None, 0);
            course.round += 1;
            let samples = [&trainer.train, &trainer.validation];
            let independent = config.loss.keeps_independent();
            trainer.targets = Some(Targets::take(&mut trainer.network, samples, independent));
        }
        let loss = trainer.step(step, learning_rate)?;
        course.sum += loss;
        course.summed += 1;
        let mut flow = observer.on_step(&Progress { step, steps, loss });
        let every =
            if config.validate_every > 0 { config.validate_every } else { trainer.per_pass() };
        if step % every == 0 || step == steps {
            let point = self.validated(learning_rate)?;
            if observer.on_validation(&point).is_break() {
                flow = ControlFlow::Break(());
            }
        }
        self.course.converged = self.is_done();
        Ok(flow)
    }

    fn validated(&mut self, learning_rate: f64) -> Result<CurvePoint, SiameseError> {
        let last = self.last();
        let Self { trainer, course, .. } = self;
        let &mut Course { step, round, .. } = course;
        let validation_loss = trainer.validate(step)?;
        let training_loss = course.sum / f64::from(course.summed);
        let point = CurvePoint { step, learning_rate, training_loss, validation_loss, round };
        course.points.push(point);
        course.rate.observe(validation_loss);
        (course.sum, course.summed) = (0.0, 0);
        let patience = trainer.config.patience;
        if patience.is_some() && trainer.is_best(validation_loss) {
            course.stale = 0;
        } else {
            course.stale += 1;
        }
        let spent = patience.is_some_and(|patience| course.stale >= patience);
        course.stopped_early = spent && step < last;
        Ok(point)
    }

    /// Whether latents are, or could be, constant enough to end before the last step.
    fn is_done(&mut self) -> bool {
        let [_, end] = self.cycle();
        let Self { trainer, ends, judge: Some((judge, constant)), course, .. } = self else {
            return false;
        };
        let step = course.step;
        if end == ends[ends.len() - 1] {
            return false;
        }
        let looks = step.is_multiple_of(FIRST_LOOK) && (step / FIRST_LOOK).is_power_of_two();
        let is_constant = || judge.quality(&trainer.network, [0; 3]).worst() <= *constant;
        step == end && is_constant() || looks && trainer.become_exact(judge)
    }

    /// The next cycle begins, from the weights that the first began with.
    fn begin_anew(&mut self) {
        self.course.cycles += 1;
        let [begun, end] = self.cycle();
        let Self { trainer, seed, course, .. } = self;
        trainer.begin_anew(*seed);
        (course.round, course.stale) = (0, 0);
        let config = trainer.config;
        course.rate = LearningRate::new(config.schedule, config.learning_rate, end - begun);
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
        let Course { step, stopped_early, converged, .. } = self.course;
        step >= self.last() || stopped_early || converged
    }

    fn state(&self) -> TrainingState {
        let position = Position::Triplets(self.course.clone());
        TrainingState::of(self.digest, &self.trainer, position)
    }

    fn restore(&mut self, state: TrainingState) -> Result<(), SiameseError> {
        let Position::Triplets(course) = state.into_trainer(self.digest, &mut self.trainer)? else {
            return Err(unusable("it belongs to a training on groups"));
        };
        let begun = |cycles: usize| cycles == 0 || self.ends.get(cycles - 1) <= Some(&course.step);
        if course.cycles >= self.ends.len() || !begun(course.cycles) {
            return Err(unusable("its parts do not fit each other"));
        }
        self.course = course;
        Ok(())
    }
}
