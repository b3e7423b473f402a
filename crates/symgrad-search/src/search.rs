//! The search: spectral seeding, islands of evolution, and the front they leave behind.

use std::collections::BTreeMap;
use std::time::Instant;

use rand::RngExt;
use rayon::prelude::*;
use symgrad_expr::{Expr, Names, OpSet};
use symgrad_simplify::{Domain, Simplifier};

use crate::config::{SearchConfig, SearchError};
use crate::constraints::{ConstraintConfig, Constraints};
use crate::evaluator::Evaluator;
use crate::evolution::{Palette, Rules, Surroundings, restore_templates, strip, tidy};
use crate::fit::fit_constants;
use crate::front::{Entry, HallOfFame};
use crate::hints::Hints;
use crate::objective::Objective;
use crate::outcome::{EXACT, Outcome, Stop};
use crate::reduction::reduce;
use crate::spectral::{self, BeamOptions, Proposal};
use crate::state::{State, gains_on};
use crate::trust::{self, HeldOut};

/// Reports progress; every method has an empty default.
pub trait Observer {
    /// A step ended, and the search goes on.
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
    /// What the field told before the search.
    hints: Hints,
    state: State,
    pool: rayon::ThreadPool,
    started: Instant,
}

impl Search {
    /// A search for expressions of the given operators that minimise the objective.
    pub fn new(
        objective: Objective,
        ops: OpSet,
        config: SearchConfig,
    ) -> Result<Self, SearchError> {
        config.check(objective.dim())?;
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
        Ok(Self {
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
            hints,
            state,
            held_out,
            pool,
            started: Instant::now(),
        })
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

    /// The inputs' names.
    pub fn names(&self) -> &[String] {
        self.objective.names()
    }

    /// Changes what does not change the path of the search, only where it ends: budget,
    /// patience, seconds, target loss, threads.
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
            if let Some(stop) = self.step() {
                return self.finish(stop);
            }
            observer.step(&self);
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
        self.state.hall.front()
    }

    /// Simplifies the front, scores it on all points, rounds its constants and picks the answer.
    #[must_use]
    pub fn finish(mut self, stop: Stop) -> Outcome {
        let simplifier = &self.simplifier;
        let rules = &self.rules;
        let simplified = |entry: &Entry, _: &mut Evaluator<'_>| {
            vec![simplify(&entry.expr, rules, simplifier), entry.expr.clone()]
        };
        let (scored, first) = self.rewrite(&self.state.hall.front(), simplified);
        let mut hall = HallOfFame::default();
        for entry in scored {
            hall.offer(entry);
        }
        let tolerance = self.state.config.rounding;
        let rounded = |entry: &Entry, eval: &mut Evaluator<'_>| {
            // What breaks a constraint has no loss: constants are rounded around it. Losses
            // that are rounding alone are equal.
            let round = &mut |expr: &Expr| {
                let permitted = rules.constraints.permits(expr) && rules.ops.allows(expr);
                if permitted { eval.loss(expr).max(EXACT) } else { f64::INFINITY }
            };
            vec![simplifier.round_constants(&entry.expr, tolerance, round)]
        };
        let (rounded, second) = self.rewrite(&hall.front(), rounded);
        self.state.evaluations += first + second;
        let front = with_simple_constants(rounded, tolerance);
        let (held, ops) = (&self.held_out, &self.rules.ops);
        let State { config, evaluations, .. } = &self.state;
        self.pool
            .install(|| Outcome::new(front, &self.objective, held, ops, config, *evaluations, stop))
    }

    /// Other forms of each entry, scored on all points, in the order of the entries; and the
    /// evaluations that took.
    fn rewrite(
        &self,
        entries: &[Entry],
        forms: impl Fn(&Entry, &mut Evaluator<'_>) -> Vec<Expr> + Sync,
    ) -> (Vec<Entry>, u64) {
        let Rules { ops, constraints, .. } = &self.rules;
        let rewritten: Vec<(Vec<Entry>, u64)> = self.pool.install(|| {
            let each = entries.par_iter().map(|entry| {
                let mut eval = Evaluator::new(&self.objective);
                let mut scored = vec![];
                for expr in forms(entry, &mut eval) {
                    let legal = ops.allows(&expr) && constraints.completes(&expr);
                    if legal && expr.input_count() > 0 {
                        let (complexity, loss) = (ops.complexity(&expr), eval.loss(&expr));
                        scored.push(Entry { expr, complexity, loss });
                    }
                }
                (scored, eval.evaluations())
            });
            each.collect()
        });
        let evaluations = rewritten.iter().map(|(_, evaluations)| evaluations).sum();
        (rewritten.into_iter().flat_map(|(scored, _)| scored).collect(), evaluations)
    }

    /// Spectral proposals fill the hall of fame and the islands.
    fn seed(&mut self) {
        if self.rules.spectral {
            let proposals = self.propose();
            let rules = &self.rules;
            let told = self.hints.combinations(&self.palette.inputs, &rules.ops);
            let spellings: Vec<Expr> = proposals
                .iter()
                .flat_map(|proposal| proposal.spellings(&rules.ops))
                .chain(told)
                .map(|expr| strip(&expr, rules))
                .collect();
            self.offer_all(&spellings);
            self.reduce();
        }
        self.offer_guesses();
        self.evolve();
    }

    /// The user's guesses, as they are and with their constants fitted.
    fn offer_guesses(&mut self) {
        let guesses = self.state.config.guesses.clone();
        self.offer_all(&guesses);
        let entries = guesses.into_iter().map(|expr| {
            let loss = Evaluator::new(&self.screen).loss(&expr);
            Entry { complexity: self.rules.ops.complexity(&expr), expr, loss }
        });
        self.polish(&entries.collect::<Vec<_>>());
    }

    /// Formulas in combinations of inputs; the combinations serve as leaves from then on.
    fn reduce(&mut self) {
        let (screen, rules, inputs) = (&self.screen, &self.rules, &self.palette.inputs);
        let found = self.pool.install(|| reduce(screen, inputs, &rules.ops));
        let formulas: Vec<Expr> = found.formulas.iter().map(|expr| strip(expr, rules)).collect();
        self.state.evaluations += found.evaluations;
        self.palette.combinations.clone_from(&found.combinations);
        self.state.combinations = found.combinations;
        self.offer_all(&formulas);
    }

    /// Polynomials by elimination, and short sums over the mixed library and over quotients of
    /// monomials.
    fn propose(&mut self) -> Vec<Proposal> {
        let (ops, inputs) = (&self.rules.ops, &self.palette.inputs);
        let degree = self.state.config.max_degree;
        let constraints = &self.rules.constraints;
        let suits = |feature: &Expr| constraints.suits(feature);
        // Functions of what the hints leave of the inputs come before functions of the inputs.
        let limit = self.state.config.library;
        let mut library = self.hints.features(inputs, ops, limit / 2);
        for feature in spectral::mixed_library(inputs, ops, limit) {
            if library.len() < limit && !library.contains(&feature) {
                library.push(feature);
            }
        }
        library.retain(suits);
        let mut quotients = spectral::quotients_of_monomials(inputs, ops);
        quotients.retain(suits);
        // The Gram matrix of a large library costs points × features²: fewer points suffice.
        let screen = &self.screen;
        let thinned =
            screen.thinned((LIBRARY_CELLS / (library.len() * screen.dim()).max(1)).max(200));
        let few_points = screen.thinned(QUOTIENT_POINTS);
        let options = BeamOptions {
            width: 40,
            terms: self.state.config.max_terms,
            extensions: 60,
            proposals: 12,
        };
        let few = BeamOptions { width: 20, terms: 4, extensions: 30, proposals: 2 };
        let ((polynomials, first), (sums, second)) = self.pool.install(|| {
            rayon::join(
                || {
                    let mut eval = Evaluator::new(screen);
                    let mut found = spectral::eliminate(inputs, degree, ops, suits, &mut eval);
                    let mut eval_few = Evaluator::new(&few_points);
                    found.extend(spectral::beam_search(quotients, ops, few, &mut eval_few));
                    (found, eval.evaluations() + eval_few.evaluations())
                },
                || {
                    let mut eval = Evaluator::new(&thinned);
                    let found = spectral::beam_search(library, ops, options, &mut eval);
                    (found, eval.evaluations())
                },
            )
        });
        self.state.evaluations += first + second;
        polynomials.into_iter().chain(sums).collect()
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
        let features = useful_features(&self.hints, inputs, ops, &self.state);
        self.palette.set_features(features);
        self.migrate();
    }

    /// Fits the constants of new entries, rewrites them, and offers all that comes out.
    fn polish(&mut self, fresh: &[Entry]) {
        let (screen, rules, simplifier) = (&self.screen, &self.rules, &self.simplifier);
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

/// Points for sums of quotients of monomials.
const QUOTIENT_POINTS: usize = 300;

/// Cells of the feature matrix of a mixed library.
const LIBRARY_CELLS: usize = 4_000_000;

/// A gain worth polishing: this much less loss at some complexity.
const POLISHING_GAIN: f64 = 0.02;

/// Rounds of fitting for an entry of the front.
const POLISH_ROUNDS: usize = 12;

fn polish_one(
    entry: &Entry,
    rules: &Rules,
    simplifier: &Simplifier,
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
    variants.push(simplify(&fitted, rules, simplifier));
    variants.push(fitted);
    variants
}

fn simplify(expr: &Expr, rules: &Rules, simplifier: &Simplifier) -> Expr {
    if rules.level_sets { simplifier.simplify_level_set(expr) } else { simplifier.simplify(expr) }
}

/// One entry per complexity: the first, unless a later one is better by more than rounding
/// may cost. Otherwise crooked constants would come back in by way of a longer entry.
fn with_simple_constants(entries: Vec<Entry>, tolerance: f64) -> Vec<Entry> {
    let mut kept: BTreeMap<u32, Entry> = BTreeMap::new();
    for entry in entries {
        let replaces = kept
            .get(&entry.complexity)
            .is_none_or(|held| entry.loss.max(EXACT) * (1.0 + tolerance) < held.loss);
        if replaces {
            kept.insert(entry.complexity, entry);
        }
    }
    kept.into_values().collect()
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
