//! The search: spectral seeding, islands of evolution, and the front they leave behind.

mod finishing;
mod seeding;

use std::time::Instant;

use rand::RngExt;
use rayon::prelude::*;
use symgrad_data::Units;
use symgrad_expr::{Expr, Names, OpSet};
use symgrad_simplify::{Domain, Simplifier};

use crate::config::{SearchConfig, SearchError};
use crate::constraints::{ConstraintConfig, Constraints};
use crate::evaluator::Evaluator;
use crate::evolution::{Palette, Rules, Surroundings, restore_templates, strip, tidy};
use crate::fit::fit_constants;
use crate::front::Entry;
use crate::hints::Hints;
use crate::objective::{Measure, Objective};
use crate::outcome::{Outcome, Stop};
use crate::spectral;
use crate::state::{State, gains_on};
use crate::trust::{self, HeldOut};
use crate::units::{as_given, level_sets_as_given, measured};

/// Reports progress; every method has an empty default.
pub trait Observer {
    /// A step ended.
    fn step(&mut self, search: &Search) {
        let _ = search;
    }
}

impl Observer for () {}

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
    rules: Rules,
    simplifier: Simplifier,
    palette: Palette,
    /// All points of the search, for the final scores.
    objective: Objective,
    /// Points that it never sees.
    held_out: HeldOut,
    /// The points that candidates are judged by while the search runs.
    screen: Objective,
    /// What the field told before the search, in the inputs as given.
    hints: Hints,
    /// The same in measured inputs.
    measured_hints: Hints,
    /// What the inputs are measured in while the search runs.
    units: Units,
    state: State,
    pool: rayon::ThreadPool,
    started: Instant,
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
        config.check(objective.dim())?;
        let units = objective.units();
        let guesses = config.guesses.iter().map(|guess| measured(guess, units)).collect();
        let config = SearchConfig { guesses, ..config };
        let state = State::new(&objective, ops, config);
        Self::of(objective, state)
    }

    /// Goes on with a search that [`save`](Self::save) has written, on the same objective.
    ///
    /// What comes out is what would have come out without the interruption, bit for bit.
    pub fn resume(objective: Objective, saved: &[u8]) -> Result<Self, SearchError> {
        let state = State::read(saved, &objective)?;
        state.config.check(objective.dim())?;
        Self::of(objective, state)
    }

    /// The whole state, to be written to a file: [`resume`](Self::resume) reads it. The points
    /// are not part of it.
    pub fn save(&self) -> Result<Vec<u8>, SearchError> {
        self.state.write()
    }

    fn of(objective: Objective, state: State) -> Result<Self, SearchError> {
        let (units, objective) = (objective.units().clone(), objective.measured());
        let State { config, ops, .. } = &state;
        let (ops, constraints) = settle(config, &objective, ops.clone())?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(config.threads.unwrap_or(0))
            .build()
            .map_err(|error| SearchError::Threads { reason: error.to_string() })?;
        // Where points lie is no secret: formulas must hold on those held out, too.
        let domain = Domain::of_columns(objective.columns());
        let (objective, held_out) = trust::split(objective, config.held_out, config.seed);
        let mut inputs = config.inputs(objective.dim());
        inputs.retain(|&input| objective.varies(usize::from(input)));
        constraints.narrow(&mut inputs, objective.names())?;
        let hints = if config.hints { Hints::of_objective(&objective) } else { Hints::default() };
        let (rare, inputs) = hints.set_apart(inputs, constraints.required());
        let mut palette = Palette::constrained(&ops, inputs, &constraints);
        palette.rare = rare;
        palette.set_features(useful_features(&hints, &palette.inputs, &ops, &state));
        palette.combinations.clone_from(&state.combinations);
        let mut search = Self {
            hints: hints.as_given(&units),
            units,
            palette,
            simplifier: Simplifier::new(ops.clone(), domain.clone()),
            rules: Rules {
                ops,
                domain,
                max_complexity: config.max_complexity,
                spectral: config.spectral,
                level_sets: objective.is_blind_to_outer_functions(),
                constraints,
            },
            screen: objective.thinned(config.screen_points),
            objective,
            measured_hints: hints,
            state,
            held_out,
            pool,
            started: Instant::now(),
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
        let combinations: Vec<Expr> =
            combinations.iter().map(|expr| measured(expr, &self.units)).collect();
        self.palette.combinations.clone_from(&combinations);
        self.state.combinations = combinations;
    }

    /// The settings.
    pub fn config(&self) -> &SearchConfig {
        &self.state.config
    }

    /// The operators with their complexities, templates included.
    pub fn ops(&self) -> &OpSet {
        &self.rules.ops
    }

    /// What the field alone tells of the formula; nothing if the settings do without hints.
    pub fn hints(&self) -> &Hints {
        &self.hints
    }

    /// Some of the points, column by column: those that candidates are judged by while the search
    /// runs.
    #[must_use]
    pub fn points(&self) -> Vec<Vec<f64>> {
        let given = |(input, column): (usize, &symgrad_expr::Aligned)| {
            let (scale, origin) = (self.units.scale(input), self.units.origin(input));
            column.iter().map(|z| origin + scale * z).collect()
        };
        self.screen.columns().iter().enumerate().map(given).collect()
    }

    /// The inputs' names.
    pub fn names(&self) -> &[String] {
        self.objective.names()
    }

    /// Changes what does not change the path of the search, only where it ends: budget,
    /// patience, seconds, target loss.
    pub fn set_limits(&mut self, limits: &SearchConfig) {
        let config = &mut self.state.config;
        config.budget = limits.budget;
        config.patience = limits.patience;
        config.seconds = limits.seconds;
        config.target_loss = limits.target_loss;
    }

    /// Steps until there is a reason to stop, then finishes.
    pub fn run(mut self, observer: &mut dyn Observer) -> Outcome {
        loop {
            let stop = self.step();
            observer.step(&self);
            if let Some(stop) = stop {
                return self.finish(stop);
            }
        }
    }

    /// One step: the first seeds the islands from spectral fits, every other lets the islands
    /// evolve side by side and then gathers what they found. Returns the reason to stop, if
    /// there is one.
    pub fn step(&mut self) -> Option<Stop> {
        let before = self.state.hall.front();
        if self.state.steps == 0 {
            self.seed();
        } else {
            self.evolve();
        }
        self.gather();
        let front = self.state.hall.front();
        self.state.note_step(&before, &front);
        self.state.reason_to_stop(&front, self.started.elapsed())
    }

    /// Evaluations so far, each a sweep over the screening points.
    #[must_use]
    pub fn evaluations(&self) -> u64 {
        self.state.evaluations
    }

    /// The front as it stands, with losses on the screening points.
    #[must_use]
    pub fn front(&self) -> Vec<Entry> {
        let mut front = self.state.hall.front();
        for entry in &mut front {
            entry.expr = self.written(&entry.expr);
        }
        front
    }

    /// A formula in measured inputs in terms of the inputs as given.
    fn written(&self, expr: &Expr) -> Expr {
        if self.rules.level_sets {
            level_sets_as_given(expr, &self.units).expr
        } else {
            as_given(expr, &self.units)
        }
    }

    /// Every island evolves by itself, on whatever thread.
    fn evolve(&mut self) {
        let screen = &self.screen;
        let (palette, rules, archive) = (&self.palette, &self.rules, &self.state.archive);
        let around = Surroundings { palette, rules, archive };
        let rounds = self.state.config.births;
        let islands = &mut self.state.islands;
        let spent: u64 = self.pool.install(|| {
            islands
                .par_iter_mut()
                .map(|island| {
                    let mut eval = Evaluator::new(screen);
                    island.evolve(rounds, around, &mut eval);
                    eval.evaluations()
                })
                .sum()
        });
        self.state.evaluations += spent;
    }

    /// Merges the islands' finds, polishes what is new on the front, and sends the front's
    /// entries and their parts back to the islands.
    fn gather(&mut self) {
        let before = self.state.polished.clone();
        for island in &mut self.state.islands {
            for entry in std::mem::take(&mut island.hall).front() {
                self.state.hall.offer(entry);
            }
            self.state.archive.absorb(&mut island.found);
        }
        let mut fresh = self.state.hall.front();
        fresh.retain(|entry| gains_on(entry, &before, POLISHING_GAIN));
        self.polish(&fresh);
        self.state.polished = self.state.hall.front();
        let (inputs, ops) = (&self.palette.inputs, &self.rules.ops);
        let features = useful_features(&self.measured_hints, inputs, ops, &self.state);
        self.palette.set_features(features);
        self.migrate();
    }

    /// What rewrites entries, unless the settings forbid it.
    fn rewriter(&self) -> Option<&Simplifier> {
        self.state.config.simplify.then_some(&self.simplifier)
    }

    /// Fits the constants of new entries, rewrites them, and offers all that comes out.
    fn polish(&mut self, fresh: &[Entry]) {
        let (screen, rules, simplifier) = (&self.screen, &self.rules, self.rewriter());
        let polished: Vec<(Vec<Expr>, u64)> = self.pool.install(|| {
            fresh
                .par_iter()
                .map(|entry| {
                    let mut eval = Evaluator::new(screen);
                    let variants = polish_one(entry, rules, simplifier, &mut eval);
                    (variants, eval.evaluations())
                })
                .collect()
        });
        let mut variants = Vec::new();
        for (found, evaluations) in polished {
            self.state.evaluations += evaluations;
            variants.extend(found);
        }
        self.offer_all(&variants);
    }

    /// Evaluates expressions and offers them to the hall of fame.
    fn offer_all(&mut self, expressions: &[Expr]) {
        let (screen, rules) = (&self.screen, &self.rules);
        let losses: Vec<f64> = self.pool.install(|| {
            expressions.par_iter().map_init(|| Evaluator::new(screen), Evaluator::loss).collect()
        });
        self.state.evaluations += expressions.len() as u64;
        for (expr, loss) in expressions.iter().zip(losses) {
            let complexity = rules.ops.complexity(expr);
            let legal = complexity <= rules.max_complexity
                && rules.ops.allows(expr)
                && rules.constraints.completes(expr);
            if legal && expr.input_count() > 0 {
                self.state.hall.offer(Entry { expr: expr.clone(), complexity, loss });
            }
        }
    }

    /// Each island receives a few entries of the front.
    fn migrate(&mut self) {
        let front = self.state.hall.front();
        if front.is_empty() {
            return;
        }
        let mut eval = Evaluator::new(&self.screen);
        let (palette, rules, archive) = (&self.palette, &self.rules, &self.state.archive);
        let around = Surroundings { palette, rules, archive };
        for island in &mut self.state.islands {
            for _ in 0..self.state.config.migrants {
                let entry = &front[self.state.rng.random_range(0..front.len())];
                island.admit(&entry.expr, around, &mut eval);
            }
        }
        self.state.evaluations += eval.evaluations();
    }
}

/// Operators with the complexities that the settings name, and the constraints.
fn settle(
    config: &SearchConfig,
    objective: &Objective,
    ops: OpSet,
) -> Result<(OpSet, Constraints), SearchError> {
    let ops = config.templates.iter().try_fold(ops, |ops, template| {
        // Candidates are tidy, and so must be what they are compared with.
        let body = tidy(template.body());
        ops.with_template(template.clone().with_body(body))
    })?;
    if config.costs.is_empty() && config.constraints == ConstraintConfig::default() {
        // No setting names an input, so their names may be anything.
        return Ok((ops, Constraints::default()));
    }
    let names = Names::new(objective.names().to_vec())?;
    let ops = ops.with_costs(&config.costs, &names)?;
    let constraints = Constraints::new(&config.constraints, &names, &ops)?;
    Ok((ops, constraints.sampled(objective.columns())))
}

/// A gain worth polishing: this much less loss at some complexity.
const POLISHING_GAIN: f64 = 0.02;

/// Rounds of fitting for an entry of the front.
const POLISH_ROUNDS: usize = 12;

fn polish_one(
    entry: &Entry,
    rules: &Rules,
    simplifier: Option<&Simplifier>,
    eval: &mut Evaluator<'_>,
) -> Vec<Expr> {
    let mut fitted = entry.expr.clone();
    fit_constants(&mut fitted, entry.loss, POLISH_ROUNDS, eval);
    restore_templates(&entry.expr, &mut fitted, rules);
    let mut variants = vec![];
    if rules.spectral
        && let Some(proposal) = spectral::refit(&fitted, eval)
    {
        variants.extend(proposal.spellings(&rules.ops).iter().map(|expr| strip(expr, rules)));
    }
    variants.extend(simplifier.map(|simplifier| simplify(&fitted, rules, simplifier)));
    variants.push(fitted);
    variants
}

fn simplify(expr: &Expr, rules: &Rules, simplifier: &Simplifier) -> Expr {
    if rules.level_sets { simplifier.simplify_level_set(expr) } else { simplifier.simplify(expr) }
}

/// What mutations may draw on: the combinations that the hints tell of, and parts of the front.
fn useful_features(hints: &Hints, inputs: &[u16], ops: &OpSet, state: &State) -> Vec<Expr> {
    let mut features = hints.combinations(inputs, ops);
    features.extend(shared_features(&state.hall.front(), state.config.shared_features));
    features
}

/// Proper subexpressions of the front's entries that hold an input and an operator, those of
/// the best entries first.
fn shared_features(front: &[Entry], limit: usize) -> Vec<Expr> {
    let mut found: Vec<Expr> = Vec::new();
    for entry in front.iter().rev() {
        let expr = &entry.expr;
        for end in 0..expr.len() - 1 {
            if expr.nodes()[end].arity() == 0 || found.len() >= limit {
                continue;
            }
            let part = expr.subtree(end);
            if part.input_count() > 0 && !found.contains(&part) {
                found.push(part);
            }
        }
    }
    found
}
