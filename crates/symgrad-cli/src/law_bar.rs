//! Progress of a search for laws: training, search and groups, one after the other.

use std::ops::ControlFlow;
use std::time::Instant;

use indicatif::ProgressBar;
use symgrad::laws::LawObserver;
use symgrad::report::format_loss;
use symgrad::search::Search;
use symgrad::siamese::{Quality, Training};
use symgrad::{NetworkObserver, Resumable};

use crate::front::Front;
use crate::interrupt;
use crate::progress::{REPORTED, TICK, front_style, go_on, style};
use crate::running::{self, Keeper};
use crate::talk::tell;
use crate::watch::{Event, event, has_bars};

/// The bar of a search for laws, or of the training before it.
pub(crate) struct LawBar {
    bar: ProgressBar,
    /// What the bar shows.
    stage: String,
    stopped: bool,
    front: Front,
    keeper: Keeper,
    /// How constant the latents were at the last check.
    rho: Vec<f64>,
    /// Tenths of the training that have been told.
    tenths: usize,
    reported: Option<Instant>,
}

impl LawBar {
    pub(crate) fn new(keeper: Keeper) -> Self {
        interrupt::listen();
        let bar = if has_bars() { ProgressBar::new(1) } else { ProgressBar::hidden() };
        if has_bars() {
            bar.enable_steady_tick(TICK);
        }
        Self {
            bar,
            stage: String::new(),
            stopped: false,
            front: Front::new("network"),
            keeper,
            rho: vec![],
            tenths: 0,
            reported: None,
        }
    }

    /// Whether the search was stopped.
    pub(crate) fn finish(self) -> bool {
        self.bar.finish_and_clear();
        self.stopped
    }

    /// The time left is that of a stage: forget the speed of the one before.
    fn enter(&mut self, stage: String, with_front: bool) {
        if self.stage == stage {
            return;
        }
        self.bar.set_style(if with_front { front_style() } else { style() });
        self.bar.set_prefix(stage.clone());
        self.bar.set_message("");
        self.bar.reset();
        self.stage = stage;
        (self.tenths, self.reported) = (0, None);
        self.rho.clear();
    }

    fn restore<W: Resumable + ?Sized>(&self, work: &mut W) {
        let told = self.keeper.begin(work);
        self.bar.suspend(|| told.iter().for_each(|line| tell!("{line}")));
    }

    fn keep<W: Resumable + ?Sized>(&self, work: &W) {
        if let Some(error) = self.keeper.keep(work) {
            self.bar.suspend(|| running::warn(error));
        }
    }

    fn go_on(&mut self) -> ControlFlow<()> {
        let flow = go_on();
        self.stopped |= flow.is_break();
        flow
    }
}

impl LawObserver for LawBar {
    fn progress(&mut self, laws: usize, tried: usize, libraries: usize) -> ControlFlow<()> {
        self.enter("laws".into(), false);
        self.bar.set_length(libraries as u64);
        self.bar.set_position(tried as u64);
        self.bar.set_message(format!("{laws} found"));
        event(&Event::Laws { found: laws, tried, total: libraries });
        self.go_on()
    }
}

impl NetworkObserver for LawBar {
    fn begins_training(&mut self, training: &mut dyn Training) {
        self.restore(training);
    }

    fn keeps_training(&mut self, training: &dyn Training) {
        self.keep(training);
    }

    fn trains(&mut self, latents: usize, step: usize, most: usize) -> ControlFlow<()> {
        let plural = if latents == 1 { "" } else { "s" };
        self.enter(format!("training {latents} latent{plural}"), false);
        self.bar.set_length(most as u64);
        self.bar.set_position(step as u64);
        let now = Instant::now();
        if self.reported.is_none_or(|last| now - last > REPORTED) {
            self.reported = Some(now);
            event(&Event::Training { latents, step, most, rho: &self.rho });
        }
        let tenths = 10 * step / most.max(1);
        if self.bar.is_hidden() && tenths > self.tenths {
            self.tenths = tenths;
            tell!("{}: step {step} of at most {most}, {}", self.stage, told(&self.rho));
        }
        self.go_on()
    }

    fn learns(&mut self, quality: &Quality) -> ControlFlow<()> {
        self.rho.clone_from(&quality.rho);
        self.bar.set_message(told(&self.rho));
        self.go_on()
    }

    fn begins(&mut self, number: usize, search: &mut Search) {
        self.restore(search);
        self.front = Front::new(&format!("network {number}"));
        self.enter(format!("search for what latents hold, {number}"), true);
    }

    fn searches(&mut self, search: &Search) -> ControlFlow<()> {
        let budget = search.config().budget;
        self.bar.set_length(budget);
        self.bar.set_position(search.evaluations().min(budget));
        self.front.step(search, &self.bar);
        self.keep(search);
        self.go_on()
    }
}

fn told(rho: &[f64]) -> String {
    if rho.is_empty() {
        return String::new();
    }
    let rho: Vec<String> = rho.iter().map(|rho| format_loss(*rho)).collect();
    format!("ρ {}", rho.join(" "))
}
