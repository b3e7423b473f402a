//! The search: spectral seeding, islands of evolution, and the front they leave behind.

mod dividing;
mod ending;
mod evolving;
mod finishing;
mod growing;
mod integrating;
mod joining;
mod level_sets;
mod nested;
mod observer;
mod offering;
mod pairing;
mod potentials;
mod projecting;
mod relating;
pub(crate) mod replicate;
mod restoring;
mod rounds;
mod seeding;
mod settling;
mod slopes;
pub(crate) mod state;
mod valued;
mod varying;
pub(crate) mod ways;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use symgrad_data::Units;
use symgrad_expr::{Expr, OpSet};
use symgrad_simplify::{Domain, Simplifier};

use crate::config::{SearchConfig, SearchError};
use crate::front::Entry;
use crate::hints::Hints;
use crate::inputs::order::Order;
use crate::inputs::target_unit;
use crate::inputs::units::{as_given, level_sets_as_given, measured};
use crate::judge::choice;
use crate::judge::trust::{self, HeldOut};
use crate::outcome::{Outcome, StopReason};
use crate::propose::evolution::{Palette, Rules};
use crate::score::budget::Allowance;
use crate::score::measure::Measure;
use crate::score::objective::Objective;
use crate::score::one_thread_in_matrices;
use ending::SEARCHING;
use evolving::useful_features;
pub use joining::Finds;
use nested::Limits;
pub use observer::Observer;
pub use rounds::Standing;
use rounds::screen;
use settling::{ranked, settle, usable};
use state::State;

/// A search in progress.
///
/// ```
/// use symgrad_data::{DirectionField, FieldOptions, Table};
/// use symgrad_expr::OpSet;
/// use symgrad_search::{Measure, Objective, Search, SearchConfig};
///
/// // Points on a grid and the gradients of x1·x2, as a neuron would give them.
/// let x1: Vec<f64> = (0..100).map(|n| 0.3 + f64::from(n % 10)).collect();
/// let x2: Vec<f64> = (0..100).map(|n| 0.5 + f64::from(n / 10)).collect();
/// let gradients = [x2.clone(), x1.clone()];
/// let points = Table::new(vec!["x1".into(), "x2".into()], vec![x1, x2])?;
/// let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default())?;
///
/// let objective = Objective::new(&field, Measure::LevelSet);
/// let config = SearchConfig { budget: 5_000, ..SearchConfig::default() };
/// let outcome = Search::new(objective, OpSet::default(), config)?.run(&mut ());
/// assert_eq!(outcome.answer().unwrap().expr.to_string(), "x1*x2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Search {
    /// From the order in which points and inputs were given to that of everything below.
    order: Order,
    /// The operators with the complexities of the inputs as given.
    given_ops: OpSet,
    rules: Rules,
    simplifier: Simplifier,
    /// Puts formulas into the form in which they are read.
    writer: Simplifier,
    palette: Palette,
    /// All points of the search, for the final scores.
    objective: Objective,
    /// Points that it never sees.
    held_out: HeldOut,
    /// The points that candidates are judged by while the search runs.
    screen: Objective,
    /// What values are measured in meanwhile.
    unit: f64,
    /// What the field told before the search, of the inputs as given and of those measured.
    hints: Hints,
    measured_hints: Hints,
    /// What the inputs are measured in while the search runs.
    units: Units,
    state: State,
    /// What others have found that looked for the same answer.
    merged: Vec<Finds>,
    pool: rayon::ThreadPool,
    started: Instant,
    /// Whether the last step came to the end of what it might spend.
    cut: bool,
    /// Whether somebody wants it to end.
    stop: Option<Arc<AtomicBool>>,
    /// When the search that it is part of must end.
    until: Option<Instant>,
    /// Those of a search that is part of another.
    limits: Option<Limits>,
    /// What it and those around it might spend when it began, if it is part of another.
    spare: u64,
}

impl Search {
    /// What every saved search begins with, whatever the version.
    pub const SAVED: &'static [u8; 15] = b"symgrad-search-";

    /// A search for expressions of the given operators that minimise the objective.
    pub fn new(
        objective: Objective,
        ops: OpSet,
        config: SearchConfig,
    ) -> Result<Self, SearchError> {
        let started = Instant::now();
        config.check(objective.dim())?;
        let (objective, order) = Order::of(objective);
        let units = objective.units();
        let guesses = config.guesses.iter();
        let guesses = guesses.map(|guess| measured(&order.to_own(guess), units)).collect();
        let config = SearchConfig { guesses, ..config };
        let state = State::new(&objective, ops, config);
        Self::of(objective, order, state, started)
    }

    /// From an objective that is in order.
    fn of(
        objective: Objective,
        order: Order,
        state: State,
        started: Instant,
    ) -> Result<Self, SearchError> {
        one_thread_in_matrices();
        let (units, objective) = (objective.units().clone(), objective.measured());
        let State { config, ops, .. } = &state;
        let given_ops = settle(config, order.names(), ops.clone())?.0;
        let written_ops = settle(config, &order.written_names(), ops.clone())?.0;
        let writer = Simplifier::new(written_ops, Domain::unbounded(objective.dim()));
        let (ops, constraints) = settle(config, objective.names(), ops.clone())?;
        let constraints = constraints.sampled(objective.columns());
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(config.threads.unwrap_or(0))
            .build()
            .map_err(|error| SearchError::Threads { reason: error.to_string() })?;
        // Where points lie is no secret: formulas must hold on those held out, too.
        let domain = Domain::of_columns(objective.columns());
        let (objective, held_out) = trust::split(objective, config.held_out, config.seed);
        let inputs = usable(config, &constraints, &objective, &order)?;
        let hints = if config.hints { Hints::in_order(&objective) } else { Hints::default() };
        let (mut rare, inputs) = hints.set_apart(inputs, constraints.required());
        let (inputs, more) = ranked(inputs, &objective, constraints.required());
        rare.extend(more);
        let mut palette = Palette::constrained(&ops, inputs, &constraints);
        palette.rare = rare;
        palette.set_features(useful_features(&hints, &palette.inputs, &ops, &state));
        palette.combinations.clone_from(&state.replicate.combinations);
        // What constraints say of constants need not hold of those of another unit.
        let unit = if constraints.is_empty() { target_unit::of(&objective) } else { 1.0 };
        let mut search = Self {
            hints: hints.as_given(&units).in_given_order(&order),
            units,
            unit,
            order,
            given_ops,
            writer,
            palette,
            simplifier: Simplifier::new(ops.clone(), domain.clone()),
            rules: Rules {
                ops,
                domain,
                max_complexity: config.max_complexity,
                target_loss: config.target_loss,
                spectral: config.spectral,
                level_sets: objective.is_blind_to_outer_functions() && !objective.has_fixed_sign(),
                fixed_sign: objective.has_fixed_sign(),
                constraints,
            },
            screen: screen(&objective, &state).in_unit(unit),
            objective,
            measured_hints: hints,
            state,
            merged: vec![],
            held_out,
            pool,
            started,
            cut: false,
            stop: None,
            until: None,
            limits: None,
            spare: 0,
        };
        if search.state.folded {
            search.unfold();
        }
        Ok(search)
    }

    /// From now on the sign is local.
    fn unfold(&mut self) {
        let held = &mut self.held_out;
        let parts = [Some(&mut held.whole), held.random.as_mut(), held.shell.as_mut()];
        let parts = parts.into_iter().flatten();
        for objective in parts.chain([&mut self.objective, &mut self.screen]) {
            *objective = objective.with_measure(Measure::LocalSign);
        }
        self.state.folded = true;
    }

    /// Combinations of inputs that formulas may be made of, before the first step.
    pub(crate) fn suggest(&mut self, combinations: &[Expr]) {
        let combinations: Vec<Expr> = combinations
            .iter()
            .map(|expr| measured(&self.order.to_own(expr), &self.units))
            .collect();
        self.palette.combinations.clone_from(&combinations);
        self.state.replicate.combinations = combinations;
    }

    /// The settings.
    pub fn config(&self) -> &SearchConfig {
        &self.state.config
    }

    /// The operators with their complexities, templates included.
    pub fn ops(&self) -> &OpSet {
        &self.given_ops
    }

    /// What the field alone tells of the formula; nothing if the settings do without hints.
    pub fn hints(&self) -> &Hints {
        &self.hints
    }

    /// Some of the points, column by column: those that candidates are judged by while the search
    /// runs.
    #[must_use]
    pub fn points(&self) -> Vec<Vec<f64>> {
        let column = |given: usize| {
            let own =
                u16::try_from(given).map_or(given, |given| usize::from(self.order.own(given)));
            let (scale, origin) = (self.units.scale(own), self.units.origin(own));
            self.screen.columns()[own].iter().map(|z| origin + scale * z).collect()
        };
        (0..self.screen.dim()).map(column).collect()
    }

    /// The inputs' names.
    pub fn names(&self) -> &[String] {
        self.order.names()
    }

    /// Changes what does not change the path of the search, only where it ends: budget,
    /// patience, seconds, target loss. A search that has ended goes on if they are other limits.
    pub fn set_limits(&mut self, limits: &SearchConfig) {
        let config = &mut self.state.config;
        let before = config.clone();
        config.budget = limits.budget;
        config.patience = limits.patience;
        config.seconds = limits.seconds;
        config.target_loss = limits.target_loss;
        if *config != before {
            self.state.stop = None;
        }
        self.rules.target_loss = limits.target_loss;
    }

    /// Steps until there is a reason to stop, then finishes.
    pub fn run(mut self, observer: &mut dyn Observer) -> Outcome {
        observer.begin(&mut self);
        loop {
            if let Some(stop) = self.state.stop {
                return self.finish(stop);
            }
            let stop = self.step();
            let told = observer.step(&self).is_break().then_some(StopReason::Observer);
            if let Some(stop) = stop.or(told) {
                return self.finish(stop);
            }
        }
    }

    /// One step: the first seeds the islands from spectral fits, every other lets the islands
    /// evolve side by side and then gathers what they found. Returns the reason to stop, if
    /// there is one.
    ///
    /// Whatever part of a step it is in, a search spends no more than its budget. Seconds and a
    /// target end a step between two of its parts, and the islands' part between two births. A
    /// search that was stopped by its budget or its seconds in the middle of a step goes on with
    /// the next if it gets more.
    pub fn step(&mut self) -> Option<StopReason> {
        let (start, spent) = (Instant::now(), self.state.evaluations);
        let stop = self.advance();
        log::debug!(
            target: "symgrad::search",
            "{:016x}, {} inputs: step {} of replicate {} took {} evaluations in {:?}; lowest loss {:e}",
            self.state.objective,
            self.objective.dim(),
            self.state.replicate.steps,
            self.state.replicate.index,
            self.state.evaluations - spent,
            start.elapsed(),
            self.state.replicate.hall.lowest(),
        );
        // Who goes on with a search that was late has more time.
        let passing = [StopReason::Seconds, StopReason::Observer];
        self.state.stop = stop.filter(|stop| !passing.contains(stop));
        stop
    }

    fn advance(&mut self) -> Option<StopReason> {
        one_thread_in_matrices();
        let spent = self.state.evaluations;
        self.cut = false;
        if self.state.replicate.steps == 0 {
            self.seed();
        } else {
            self.admit_guests();
            if self.state.replicate.begins_round() {
                self.grow();
            }
            self.evolve();
        }
        self.gather();
        let (used, inputs) = (self.state.evaluations - spent, self.palette.inputs.len());
        self.state.replicate.note_step(used, &self.rules.ops, inputs);
        if self.is_unwanted() {
            return Some(StopReason::Observer);
        }
        // Shares too small for anything leave a rest.
        let stuck = self.state.evaluations == spent;
        let rest = self.state.available() < self.state.config.budget / REST;
        let spent_all = self.cut && (stuck || rest) || self.allowance().is_late();
        let late = Allowance::new(0, self.deadline(SEARCHING)).is_late();
        let limit = self.state.limit(spent_all && !late, late);
        if limit.is_some() || !(spent_all || self.is_round_over()) {
            return limit;
        }
        if self.have_agreed() || !self.may_still_gain() {
            return Some(StopReason::Settled);
        }
        self.change_over();
        None
    }

    /// Evaluations so far, each a sweep over the screening points; never more than the budget.
    #[must_use]
    pub fn evaluations(&self) -> u64 {
        self.state.evaluations
    }

    /// The front as it stands, with losses on the screening points.
    #[must_use]
    pub fn front(&self) -> Vec<Entry> {
        self.state.front().into_iter().map(|entry| self.in_given_inputs(entry)).collect()
    }

    /// The formula that would be the answer by now, with its loss on the screening points.
    #[must_use]
    pub fn best(&self) -> Option<Entry> {
        let front = self.state.front();
        let index =
            choice::shortest(&front, &self.rules.ops, self.palette.inputs.len(), self.state.floor)?;
        Some(self.in_given_inputs(front[index].clone()))
    }

    fn in_given_inputs(&self, mut entry: Entry) -> Entry {
        let expr = target_unit::times(self.unit, &entry.expr);
        entry.expr = self.order.to_given(&self.written(&expr));
        entry
    }

    /// A formula in measured inputs in terms of the inputs as given.
    fn written(&self, expr: &Expr) -> Expr {
        if self.rules.level_sets {
            level_sets_as_given(expr, &self.units).expr
        } else {
            as_given(expr, &self.units)
        }
    }
}

/// A rest of the budget smaller than this part of it is not worth another step.
const REST: u64 = 50;

fn simplify(expr: &Expr, rules: &Rules, simplifier: &Simplifier) -> Expr {
    if rules.level_sets { simplifier.simplify_level_set(expr) } else { simplifier.simplify(expr) }
}
