//! The network's road to laws: what a Siamese encoder has learned of the groups proposes formulas, and
//! the groups that were held out judge them.

mod latents;

use std::ops::ControlFlow;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use symgrad_data::{FieldBuilder, FieldOptions, Groups, Split, Table};
use symgrad_expr::{Expr, Names};
use symgrad_laws::{LawObserver, Laws, Source, find_laws, independence};
use symgrad_search::{Generators, Measure, Objective, Outcome, Search, SearchConfig};
use symgrad_siamese::{Encoder, Neuron, Progress, Quality, TrainObserver, Training};

use self::latents::{HOLDS, Learned, learn};
use super::words::varies_by;
use super::written::Written;
use super::{DiscoverSettings, Discovery, Usable};
use crate::findings::to_milliseconds;
use crate::{Error, Seconds, Stage};

/// How many latents an encoder gets: one for each law that it is to learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latents {
    /// So many.
    Count(usize),
    /// One, and one more as long as it adds an independent direction that holds on groups that
    /// nothing is trained on.
    Auto,
}

/// How the network's road is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkSettings {
    /// Latents of the encoder.
    pub latents: Latents,
    /// Steps of a training, at most: it ends by itself.
    pub steps: usize,
    /// Evaluations of the search for each latent.
    pub budget: u64,
    /// Whether the direct road is taken as well.
    pub direct: bool,
}

impl NetworkSettings {
    /// The usual ones, for so many latents.
    pub fn new(latents: Latents, direct: bool) -> Self {
        Self { latents, steps: STEPS, budget: BUDGET, direct }
    }
}

/// Follows both roads, and may stop them; the defaults do neither.
pub trait NetworkObserver: LawObserver {
    /// The training of an encoder of so many latents has done so many of at most so many steps.
    fn trains(&mut self, latents: usize, step: usize, most: usize) -> ControlFlow<()> {
        let _ = (latents, step, most);
        ControlFlow::Continue(())
    }

    /// A training begins: a state of the same training that was kept may be put in its place.
    fn begins_training(&mut self, training: &mut dyn Training) {
        let _ = training;
    }

    /// A step of the training is done: it may be kept.
    fn keeps_training(&mut self, training: &dyn Training) {
        let _ = training;
    }

    /// How constant the latents are by now within groups that nothing is trained on.
    fn learns(&mut self, quality: &Quality) -> ControlFlow<()> {
        let _ = quality;
        ControlFlow::Continue(())
    }

    /// A search for what a latent has learned begins, of all searches the one of that number,
    /// counted from 1: a state of the same search that was kept may be put in its place.
    fn begins(&mut self, number: usize, search: &mut Search) {
        let _ = (number, search);
    }

    /// The search has made a step.
    fn searches(&mut self, search: &Search) -> ControlFlow<()> {
        let _ = search;
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
    /// Steps of training, of all trainings and starts.
    pub steps: usize,
    /// Starts from fresh weights: more than one where latents had collapsed.
    pub attempts: usize,
    /// Why there is no further latent, where their number was found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub further: Option<String>,
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

/// Steps of a training, at most.
const STEPS: usize = 4_000;

/// Evaluations of a search: the groups judge its whole front, so that its verdict need not be sure.
const BUDGET: u64 = 200_000;

/// Points at which gradients are taken, about.
const POINTS: usize = 2_000;

/// Digits of the numbers in an answer: those of networks are not exact.
const DIGITS: usize = 6;

/// Mean squared sine above which an answer is no function of the laws.
const APART: f64 = 1e-2;

/// As [`discover`](crate::discover), with what a network has learned of the groups as proposals: in
/// place of the direct road, or beside it.
///
/// An encoder is trained on half of the groups until its latents' variance within a quarter of them
/// has stopped falling; the fronts that a search finds for its gradients compete, with their numbers
/// fitted anew, and the last quarter judges. Beside the direct road, a network that cannot be trained
/// or read ends nothing: it is told as [`Discovery::network_failure`]. If the observer ends the training
/// or a search, the result is [`Error::Stopped`].
pub fn discover_with_network(
    source: &Source,
    settings: &DiscoverSettings,
    network: &NetworkSettings,
    observer: &mut dyn NetworkObserver,
) -> Result<Discovery, Error> {
    let given = source;
    let Usable { source, left_out } = Usable::of(given);
    let Source::Groups(groups) = &source else { return Err(Error::NoGroups) };
    let names = Names::new(groups.points().names().to_vec())?;
    let mut laws = settings.of_laws(given, &names)?;
    let split = groups.split(settings.seed)?;
    let mut seconds = Seconds::new();
    let mut since = Instant::now();
    let mut lap = |stage: Stage, since: &mut Instant| {
        let passed = to_milliseconds(since.elapsed().as_secs_f64());
        *seconds.entry(stage).or_insert(0.0) += passed;
        *since = Instant::now();
    };
    let mut follower = Follower::of(observer);
    let asked =
        asked(&split, settings, network, &mut follower, &mut |stage| lap(stage, &mut since));
    let asked = match asked {
        // A road that leads nowhere does not close the other one.
        Err(error) if network.direct && is_the_networks(&error) => Err(error.to_string()),
        asked => Ok(asked?),
    };
    laws.proposals.extend(asked.as_ref().map(Asked::proposals).unwrap_or_default());
    laws.only_proposals = !network.direct;
    let found = find_laws(&source, &laws, observer)?;
    lap(Stage::Search, &mut since);

    let mut discovery = Written::new(&names).discovery(&found, given.points().rows());
    match asked {
        Ok(asked) => discovery.network = Some(asked.record(&found, split.test.points(), &names)),
        Err(failure) => discovery.network_failure = Some(failure),
    }
    (discovery.left_out, discovery.seed, discovery.seconds) = (left_out, laws.seed, seconds);
    Ok(discovery)
}

/// Whether an error lies in what a network makes of the data: not in what was asked for, or by whom the
/// run was stopped.
fn is_the_networks(error: &Error) -> bool {
    matches!(error, Error::Siamese(_) | Error::Data(_) | Error::Search(_) | Error::NothingFound)
}

/// What a network has learned, and what a search takes it for.
struct Asked {
    learned: Learned,
    outcomes: Vec<Outcome>,
    /// Of the latents, on the groups that were held out.
    quality: Quality,
}

/// Trains a network, and reads it.
fn asked(
    split: &Split,
    settings: &DiscoverSettings,
    network: &NetworkSettings,
    follower: &mut Follower<'_>,
    lap: &mut dyn FnMut(Stage),
) -> Result<Asked, Error> {
    let learned = learn(split, settings.seed, network, follower);
    lap(Stage::Training);
    let learned = learned?;
    let outcomes =
        read(&learned.encoder, split, settings, network, follower, || lap(Stage::Gradients))?;
    follower.go_on()?;
    let quality = learned.encoder.quality(&split.test)?;
    Ok(Asked { learned, outcomes, quality })
}

impl Asked {
    /// All formulas of all fronts.
    fn proposals(&self) -> Vec<Expr> {
        let mut proposals: Vec<Expr> = vec![];
        for entry in self.outcomes.iter().flat_map(Outcome::front) {
            if !proposals.contains(&entry.expr) {
                proposals.push(entry.expr.clone());
            }
        }
        proposals
    }

    /// How that compares with the laws, at these points.
    fn record(self, found: &Laws, points: &Table, names: &Names) -> NetworkRecord {
        let input = |&index: &usize| Some(Expr::var(u16::try_from(index).ok()?));
        let mut laws: Vec<Expr> = found.parameters.iter().filter_map(input).collect();
        laws.extend(found.laws.iter().map(|law| law.expr.clone()));
        let answer = |outcome: &Outcome| {
            let expr = &outcome.answer()?.expr;
            let apart = independence(expr, &laws, points)?;
            let readable = expr.rounded(DIGITS).natural();
            Some(NetworkAnswer { expression: readable.display(names).to_string(), apart })
        };
        let answers: Vec<NetworkAnswer> = self.outcomes.iter().filter_map(answer).collect();
        let Learned { steps, attempts, further, .. } = self.learned;
        NetworkRecord {
            summary: summary(&self.quality, &answers, [found.laws.len(), found.parameters.len()]),
            rho: self.quality.rho,
            shuffled: self.quality.shuffled,
            steps,
            attempts,
            further,
            answers,
        }
    }
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
    let gradients = gradients(encoder, &points)?;
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

/// The gradients of all latents.
fn gradients(encoder: &Encoder, points: &Table) -> Result<Vec<Vec<Vec<f64>>>, Error> {
    let of = |latent| encoder.gradients(points, Neuron::Latent(latent));
    Ok((0..encoder.config().latents).map(of).collect::<Result<_, _>>()?)
}

/// Points of all groups, not too many.
fn thinned(groups: &Groups) -> Table {
    let points = groups.points();
    let step = points.rows().div_ceil(POINTS).max(1);
    points.select(&(0..points.rows()).step_by(step).collect::<Vec<_>>())
}

/// Whether the two roads agree, in words; with the numbers of laws and of constant inputs.
fn summary(quality: &Quality, answers: &[NetworkAnswer], known: [usize; 2]) -> String {
    let varies: Vec<String> = quality.rho.iter().copied().map(varies_by).collect();
    let varies = varies.join(" and ");
    let latents = if quality.rho.len() > 1 { "latents vary" } else { "latent varies" };
    let best = quality.rho.iter().copied().fold(f64::INFINITY, f64::min);
    if best > HOLDS || quality.is_collapsed() {
        return format!(
            "the network has learned nothing that holds: its {latents} by {varies} within groups that \
             were held out"
        );
    }
    let apart: Vec<&str> = answers
        .iter()
        .filter(|answer| answer.apart > APART)
        .map(|answer| answer.expression.as_str())
        .collect();
    match (apart.as_slice(), known) {
        (_, [0, 0]) | ([_, ..], [0, _]) => format!(
            "the network's {latents} by {varies} within groups that were held out; no formula that was \
             read from it is a law"
        ),
        ([], [0, _]) => format!(
            "what the network has learned, constant within held-out groups to {varies}, is a function of \
             the inputs that do not change within groups"
        ),
        ([], _) => format!(
            "the network agrees: what it has learned, constant within held-out groups to {varies}, is \
             a function of the laws"
        ),
        (apart, _) => format!(
            "the roads disagree: the network's own answer is {}; its {latents} by {varies} within \
             groups that were held out, and these speak for the laws",
            apart.join(" and ")
        ),
    }
}

/// Passes the parts' reports on.
struct Follower<'a> {
    observer: &'a mut dyn NetworkObserver,
    /// Latents of the encoder that is trained.
    latents: usize,
    /// Steps of its training, at most.
    most: usize,
    /// Searches so far.
    searches: usize,
    stopped: bool,
}

impl<'a> Follower<'a> {
    fn of(observer: &'a mut dyn NetworkObserver) -> Self {
        Self { observer, latents: 0, most: 0, searches: 0, stopped: false }
    }

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
    fn begins(&mut self, training: &mut dyn Training) {
        self.observer.begins_training(training);
    }

    fn keeps(&mut self, training: &dyn Training) {
        self.observer.keeps_training(training);
    }

    fn on_step(&mut self, progress: &Progress) -> ControlFlow<()> {
        // The steps that are planned are those until the next stage.
        self.most = self.most.max(progress.steps);
        let flow = self.observer.trains(self.latents, progress.step, self.most);
        self.heard(flow)
    }

    fn on_quality(&mut self, quality: &Quality) -> ControlFlow<()> {
        let flow = self.observer.learns(quality);
        self.heard(flow)
    }
}

impl symgrad_search::Observer for Follower<'_> {
    fn begin(&mut self, search: &mut Search) {
        self.searches += 1;
        self.observer.begins(self.searches, search);
    }

    fn step(&mut self, search: &Search) -> ControlFlow<()> {
        let flow = self.observer.searches(search);
        self.heard(flow)
    }
}
