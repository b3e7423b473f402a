//! The network's road to laws: what a Siamese encoder has learned of the groups proposes formulas, and
//! the groups that were held out judge them.

use std::ops::ControlFlow;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use symgrad_data::{FieldBuilder, FieldOptions, Groups, Split, Table};
use symgrad_expr::{Expr, Names};
use symgrad_laws::{LawObserver, LawSettings, Source, find_laws, independence};
use symgrad_search::{Generators, Measure, Objective, Outcome, Search, SearchConfig};
use symgrad_siamese::{Encoder, Neuron, Progress, Quality, TrainConfig, TrainObserver};

use super::{DiscoverSettings, Discovery, Usable, Written, varies_by};
use crate::findings::to_milliseconds;
use crate::{Error, Seconds, Stage};

/// How the network's road is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSettings {
    /// The encoder and its training; it has a latent for each law that is looked for.
    pub training: TrainConfig,
    /// Evaluations of the search for each latent.
    pub budget: u64,
    /// Whether the direct road is taken as well.
    pub direct: bool,
}

impl NetworkSettings {
    /// For so many latents.
    pub fn new(latents: usize, direct: bool) -> Self {
        // Training ends by itself; small batches, since groups are few.
        let training = match latents {
            0 | 1 => TrainConfig { batch: BATCH, ..TrainConfig::default() },
            latents => TrainConfig { batch: BATCH, ..TrainConfig::independent(latents) },
        };
        Self { training, budget: BUDGET, direct }
    }
}

/// Follows both roads, and may stop them; the defaults do neither.
pub trait NetworkObserver: LawObserver {
    /// The training has done so many of at most so many steps.
    fn trains(&mut self, step: usize, most: usize) -> ControlFlow<()> {
        let _ = (step, most);
        ControlFlow::Continue(())
    }

    /// How constant the latents are by now within groups that nothing is trained on.
    fn learns(&mut self, quality: &Quality) -> ControlFlow<()> {
        let _ = quality;
        ControlFlow::Continue(())
    }

    /// The search for what the network has learned has done so many of so many evaluations.
    fn searches(&mut self, done: u64, budget: u64) -> ControlFlow<()> {
        let _ = (done, budget);
        ControlFlow::Continue(())
    }
}

impl NetworkObserver for () {}

/// What the network's road has shown by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkRecord {
    /// For each latent, or uncorrelated combination of latents, the variance within the groups that
    /// were held out over all variance; the most constant first.
    pub rho: Vec<f64>,
    /// The least of these with the points shuffled among the groups.
    pub shuffled: f64,
    /// Steps of training, of all starts.
    pub steps: usize,
    /// Starts from fresh weights: more than one where latents had collapsed.
    pub attempts: usize,
    /// What the search takes the latents for, without a look at the groups.
    pub answers: Vec<NetworkAnswer>,
    /// In a sentence, how that compares with the laws.
    pub summary: String,
}

/// A formula for what a network has learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkAnswer {
    /// The formula.
    pub expression: String,
    /// The mean squared sine between its gradient and the span of the laws' at the points: nearly 0
    /// for a function of the laws.
    pub apart: f64,
}

/// Triplets of a step of training.
const BATCH: usize = 256;

/// Evaluations of a search: the groups judge its whole front, so that its verdict need not be sure.
const BUDGET: u64 = 200_000;

/// Points at which gradients are taken, about.
const POINTS: usize = 2_000;

/// Mean squared sine above which an answer is no function of the laws.
const APART: f64 = 1e-2;

/// As [`discover`](crate::discover), with what a network has learned of the groups as proposals: in
/// place of the direct road, or beside it.
///
/// An encoder is trained on half of the groups until its latents' variance within a quarter of them
/// has stopped falling; the fronts that a search finds for its gradients compete, with their numbers
/// fitted anew, and the last quarter judges.
pub fn discover_with_network(
    source: &Source,
    settings: &DiscoverSettings,
    network: &NetworkSettings,
    observer: &mut dyn NetworkObserver,
) -> Result<Discovery, Error> {
    let Usable { source, left_out } = Usable::of(source);
    let Source::Groups(groups) = &source else { return Err(Error::NoGroups) };
    let names = Names::new(groups.points().names().to_vec())?;
    let split = groups.split(settings.seed)?;
    let mut seconds = Seconds::new();
    let mut since = Instant::now();
    let mut lap = |stage: Stage, since: &mut Instant| {
        let passed = to_milliseconds(since.elapsed().as_secs_f64());
        *seconds.entry(stage).or_insert(0.0) += passed;
        *since = Instant::now();
    };
    let mut follower = Follower { observer: &mut *observer, most: 0, stopped: false };
    let (training, seed) = (&network.training, settings.seed);
    let (encoder, trained) =
        Encoder::train_on_groups(&split.fit, &split.validation, training, seed, &mut follower)?;
    lap(Stage::Training, &mut since);
    follower.go_on()?;
    let outcomes = read(&encoder, &split, settings, network, &mut follower, || {
        lap(Stage::Gradients, &mut since);
    })?;
    follower.go_on()?;
    let mut proposals: Vec<Expr> = vec![];
    for entry in outcomes.iter().flat_map(Outcome::front) {
        if !proposals.contains(&entry.expr) {
            proposals.push(entry.expr.clone());
        }
    }
    let DiscoverSettings { ops, seed, noise } = settings.clone();
    let only_proposals = !network.direct;
    let settings = LawSettings { ops, seed, noise, most: None, proposals, only_proposals };
    let found = find_laws(&source, &settings, observer)?;
    lap(Stage::Search, &mut since);

    let quality = encoder.quality(&split.test)?;
    let input = |&index: &usize| Some(Expr::var(u16::try_from(index).ok()?));
    let mut laws: Vec<Expr> = found.parameters.iter().filter_map(input).collect();
    laws.extend(found.laws.iter().map(|law| law.expr.clone()));
    let answer = |outcome: &Outcome| {
        let expr = &outcome.answer()?.expr;
        let apart = independence(expr, &laws, split.test.points())?;
        Some(NetworkAnswer { expression: expr.natural().display(&names).to_string(), apart })
    };
    let answers: Vec<NetworkAnswer> = outcomes.iter().filter_map(answer).collect();
    let mut discovery = Written::new(&names).discovery(&found, &source);
    discovery.network = Some(NetworkRecord {
        summary: summary(&quality, &answers, found.laws.len()),
        rho: quality.rho,
        shuffled: quality.shuffled,
        steps: trained.steps,
        attempts: trained.attempts,
        answers,
    });
    (discovery.left_out, discovery.seed, discovery.seconds) = (left_out, seed, seconds);
    Ok(discovery)
}

/// What a search finds for the latents' gradients.
fn read(
    encoder: &Encoder,
    split: &Split,
    settings: &DiscoverSettings,
    network: &NetworkSettings,
    follower: &mut Follower<'_>,
    differentiated: impl FnOnce(),
) -> Result<Vec<Outcome>, Error> {
    let points = thinned(&split.fit);
    let latents = 0..encoder.config().latents;
    let gradients: Vec<_> = latents
        .map(|latent| encoder.gradients(&points, Neuron::Latent(latent)))
        .collect::<Result<_, _>>()?;
    let builder = FieldBuilder::new(points).options(&FieldOptions::default());
    let field = match gradients.len() {
        1 => builder.neurons(&gradients)?,
        latents => builder.spanned(&gradients, Some(latents))?.0,
    };
    differentiated();
    let config =
        SearchConfig { seed: settings.seed, budget: network.budget, ..SearchConfig::default() };
    let objective = Objective::new(&field, Measure::LevelSet);
    let ops = settings.ops.clone();
    if gradients.len() == 1 {
        return Ok(vec![Search::new(objective, ops, config)?.run(follower)]);
    }
    Ok(Generators::new(objective, ops, config).run(follower)?.outcomes().to_vec())
}

/// Points of all groups, not too many.
fn thinned(groups: &Groups) -> Table {
    let points = groups.points();
    let step = points.rows().div_ceil(POINTS).max(1);
    points.select(&(0..points.rows()).step_by(step).collect::<Vec<_>>())
}

/// Whether the two roads agree, in words.
fn summary(quality: &Quality, answers: &[NetworkAnswer], laws: usize) -> String {
    let best = quality.rho.iter().copied().fold(f64::INFINITY, f64::min);
    if quality.is_collapsed() {
        return format!(
            "the network has learned nothing that is shared: its latent varies by {} within groups \
             that were held out",
            varies_by(best)
        );
    }
    let apart: Vec<&str> = answers
        .iter()
        .filter(|answer| answer.apart > APART)
        .map(|answer| answer.expression.as_str())
        .collect();
    let varies = varies_by(best);
    match (apart.as_slice(), laws) {
        (_, 0) => format!(
            "the network's latent varies by {varies} within groups that were held out; no formula \
             for it is a law"
        ),
        ([], _) => format!(
            "what the network has learned, constant within held-out groups to {varies}, is a function \
             of the laws"
        ),
        (apart, _) => format!(
            "the network's own answer is another: {}; its latent varies by {varies} within groups that \
             were held out, and these speak for the laws",
            apart.join(" and ")
        ),
    }
}

/// Passes the parts' reports on.
struct Follower<'a> {
    observer: &'a mut dyn NetworkObserver,
    most: usize,
    stopped: bool,
}

impl Follower<'_> {
    /// What was stopped halfway has nothing to propose.
    fn go_on(&self) -> Result<(), Error> {
        if self.stopped { Err(Error::Stopped) } else { Ok(()) }
    }

    fn heard(&mut self, flow: ControlFlow<()>) -> ControlFlow<()> {
        self.stopped |= flow.is_break();
        flow
    }
}

impl TrainObserver for Follower<'_> {
    fn on_step(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.most = self.most.max(progress.steps);
        let flow = self.observer.trains(progress.step, self.most);
        self.heard(flow)
    }

    fn on_quality(&mut self, quality: &Quality) -> ControlFlow<()> {
        let flow = self.observer.learns(quality);
        self.heard(flow)
    }
}

impl symgrad_search::Observer for Follower<'_> {
    fn step(&mut self, search: &Search) -> ControlFlow<()> {
        let budget = search.config().budget;
        let flow = self.observer.searches(search.evaluations().min(budget), budget);
        self.heard(flow)
    }
}
