//! Who follows a run's training and search.

use std::ops::ControlFlow;

use symgrad_search::Search;
use symgrad_siamese::{Progress, TrainObserver, Training};

use super::Run;
use crate::{Error, Observer, Resumable, Stage, States};

/// Passes the parts' reports on under the run's name, and keeps their states.
pub(super) struct Follower<'a> {
    name: String,
    observer: &'a dyn Observer,
    states: &'a States,
    stopped: bool,
    /// Whether it was told that states cannot be kept.
    told: bool,
}

impl<'a> Follower<'a> {
    pub(super) fn new(run: &Run<'a>, states: &'a States) -> Self {
        let (name, observer) = (run.name(), run.observer);
        Self { name, observer, states, stopped: false, told: false }
    }

    /// What was stopped halfway must not pass for a stage's result.
    pub(super) fn go_on(&self) -> Result<(), Error> {
        if self.stopped { Err(Error::Stopped) } else { Ok(()) }
    }

    fn report(&mut self, stage: Stage, done: u64, total: u64) -> ControlFlow<()> {
        let flow = self.observer.progress(&self.name, stage, done, total);
        self.stopped |= flow.is_break();
        flow
    }

    fn restore<W: Resumable + ?Sized>(&self, work: &mut W) {
        self.observer.restored(&self.name, &self.states.restore(work));
    }

    /// What cannot be kept goes on all the same.
    fn keep<W: Resumable + ?Sized>(&mut self, work: &W) {
        if let Err(error) = self.states.keep(work, self.stopped)
            && !std::mem::replace(&mut self.told, true)
        {
            self.observer.unkept(&self.name, error);
        }
    }
}

impl TrainObserver for Follower<'_> {
    fn begins(&mut self, training: &mut dyn Training) {
        self.restore(training);
    }

    fn on_step(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.report(Stage::Training, progress.step as u64, progress.steps as u64)
    }

    fn keeps(&mut self, training: &dyn Training) {
        self.keep(training);
    }
}

impl symgrad_search::Observer for Follower<'_> {
    fn begin(&mut self, search: &mut Search) {
        self.restore(search);
    }

    fn step(&mut self, search: &Search) -> ControlFlow<()> {
        let (evaluations, budget) = (search.evaluations(), search.config().budget);
        let flow = self.report(Stage::Search, evaluations.min(budget), budget);
        self.keep(search);
        flow
    }
}
