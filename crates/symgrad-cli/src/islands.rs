//! One large search by several islands, on the threads of this process.

use std::ops::ControlFlow;

use clap::Args;
use indicatif::ProgressBar;
use symgrad::search::{Objective, Search};
use symgrad::{Error, Findings, Islands, IslandsObserver, SearchSettings, run_islands};

use crate::front::Front;
use crate::numbers::count;
use crate::progress::{front_bar, go_on};
use crate::running::{self, Keeper};
use crate::talk::tell;

#[derive(Args)]
pub(crate) struct IslandOptions {
    /// Make one large search as so many, side by side on the threads, that share the budget and tell
    /// each other what they have found; the result depends on their number [default: one search]
    #[arg(long, value_name = "COUNT", value_parser = count::<usize>)]
    islands: Option<usize>,
}

impl IslandOptions {
    pub(crate) fn are_asked_for(&self) -> bool {
        self.islands.is_some()
    }

    /// How many islands, if any; said before anything else is done where the budget is too small.
    pub(crate) fn count(&self, settings: &SearchSettings) -> Result<Option<usize>, Error> {
        self.islands.map(|count| Islands::new(settings, count).map(|_| count)).transpose()
    }
}

/// A search by so many islands, which is kept in the run's folder after each round.
pub(crate) fn search_by(
    count: usize,
    objective: &Objective,
    settings: &SearchSettings,
    keeper: Keeper,
    of: &str,
) -> Result<Findings, Error> {
    let mut bar = IslandBar::new(count, keeper, of);
    let found = run_islands(objective, settings, count, &mut bar);
    bar.bar.finish_and_clear();
    found
}

/// One bar for all islands; below it, and in events, their fronts in turn.
struct IslandBar {
    bar: ProgressBar,
    keeper: Keeper,
    fronts: Vec<Front>,
}

impl IslandBar {
    fn new(count: usize, keeper: Keeper, of: &str) -> Self {
        let front = |island: usize| Front::new(&format!("{of}, island {island}"));
        Self { bar: front_bar(of), keeper, fronts: (0..count).map(front).collect() }
    }
}

impl IslandsObserver for IslandBar {
    fn begin(&mut self, islands: &mut Islands) {
        let told = self.keeper.begin(islands);
        self.bar.suspend(|| told.iter().for_each(|line| tell!("{line}")));
    }

    fn step(&self, island: u16, search: &Search) -> ControlFlow<()> {
        self.fronts[usize::from(island)].step(search, &self.bar);
        go_on()
    }

    fn reported(&mut self, islands: &Islands) -> ControlFlow<()> {
        self.bar.set_length(islands.budget());
        self.bar.set_position(islands.evaluations().min(islands.budget()));
        if let Some(error) = self.keeper.keep(islands) {
            self.bar.suspend(|| running::warn(error));
        }
        go_on()
    }
}
