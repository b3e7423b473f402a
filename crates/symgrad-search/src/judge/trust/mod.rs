//! How far a front can be believed: points that the search never saw, intervals, the neuron's
//! noise, and a verdict on the answer.

mod bootstrap;
mod description;
mod evidence;
mod holdout;
mod inputs;
mod matching;
mod neighbours;
mod sharp;
mod smooth;
mod symmetry;
mod verdict;

use serde::{Deserialize, Serialize};
use symgrad_expr::{Expr, OpSet};

pub use bootstrap::Interval;
pub use description::bits as description_bits;
pub use evidence::Evidence;
pub(crate) use holdout::{HeldOut, split};
pub use verdict::Verdict;
pub(crate) use verdict::{Confirmation, are_same};

use crate::front::Entry;
use crate::judge::choice::Choice;
use crate::outcome::Judge;
use crate::propose::evolution::LONGEST_BIRTH;
use crate::score::evaluator::Evaluator;
use crate::score::measure::LossKind;
use crate::score::objective::Objective;
use bootstrap::Resamples;

/// What is known about a front beyond the losses that the search minimised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    /// What can be said about the answer.
    pub verdict: Verdict,
    /// The verdict and its reason in one line, for people.
    pub summary: String,
    /// Each entry of the front, in its order.
    pub entries: Vec<EntryTrust>,
    /// Loss that a perfect formula would have at least, as far as it can be known: what no
    /// smooth correction of any entry removes. It holds the noise that is independent from
    /// point to point. It does not hold smooth errors of the neuron, which no method can tell
    /// from a concept; a right answer's loss may lie above it by any amount. Where points
    /// are few and inputs many, neither do structure and noise part, and it is too high.
    pub noise_floor: f64,
    /// Points drawn at random and kept from the search.
    pub held_out: usize,
    /// Outermost points kept from the search.
    pub shell: usize,
}

impl Trust {
    /// Says the same of other formulas for the entries, in inputs of those names.
    pub(crate) fn retell(
        &mut self,
        front: &[Entry],
        answer: Option<usize>,
        names: &[String],
        kind: LossKind,
    ) {
        let Self { verdict, entries, noise_floor, .. } = self;
        let told = verdict::summary(verdict, front, entries, answer, *noise_floor, names, kind);
        self.summary = told;
    }
}

/// What is known about an entry of a front.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryTrust {
    /// Loss on the points drawn at random; absent without such points, or if the formula is
    /// not finite there.
    pub held_out: Option<Interval>,
    /// Loss on the outermost points, likewise.
    pub shell: Option<Interval>,
    /// What speaks for the formula; absent if its loss puts it out of the question, if it is not
    /// finite at some point, or if directions cannot differ.
    pub evidence: Option<Evidence>,
}

/// Seeds of the resamples of the two kinds of points.
const RESAMPLING: [u64; 2] = [1, 2];

/// Judges the entries of a front, and chooses the answer among them.
pub(crate) fn assess(front: &[Entry], judge: &Judge<'_>) -> (Trust, Option<usize>) {
    let Judge { held, ops, config, .. } = *judge;
    let formulas: Vec<Expr> = front.iter().map(|entry| entry.expr.clone()).collect();
    let pairs: Vec<(u32, f64)> = front.iter().map(|e| (e.complexity, e.loss)).collect();
    // Of several concepts every function is as right, and noise hides some of them more than others:
    // bits of misfit do not tell them apart.
    let choice = if held.whole.neurons() > 1 { Choice::Chord } else { config.choice };
    let picked = choice.pick(&pairs, config.max_complexity.min(LONGEST_BIRTH));
    let candidates = verdict::candidates(front, picked, held.whole.floor());
    let evidence = evidence::weigh(&held.whole, front, &candidates, ops);
    let random = intervals(held.random.as_ref(), &formulas, RESAMPLING[0]);
    let shell = intervals(held.shell.as_ref(), &formulas, RESAMPLING[1]);
    let entries: Vec<EntryTrust> = evidence
        .into_iter()
        .zip(random.into_iter().zip(shell))
        .map(|(evidence, (held_out, shell))| EntryTrust { held_out, shell, evidence })
        .collect();
    let answer = match choice {
        Choice::Code => verdict::choose(&entries, judge).or(picked),
        Choice::Chord => picked,
    };
    let verdict = verdict::judge(front, &entries, answer, judge);
    let noises = entries.iter().filter_map(|entry| Some(entry.evidence?.noise));
    let noise_floor = noises.reduce(f64::min).unwrap_or(0.0);
    let (names, kind) = (held.whole.names(), held.whole.loss_kind());
    let summary = verdict::summary(&verdict, front, &entries, answer, noise_floor, names, kind);
    let points = |part: &Option<Objective>| part.as_ref().map_or(0, Objective::points);
    let (held_out, shell) = (points(&held.random), points(&held.shell));
    (Trust { verdict, summary, entries, noise_floor, held_out, shell }, answer)
}

/// Whether what a formula leaves of the target differs from point to point like noise.
pub(crate) fn is_noise_beside(objective: &Objective, formula: &Expr, ops: &OpSet) -> bool {
    let entry = Entry { expr: formula.clone(), complexity: 0, loss: 0.0 };
    let evidence = evidence::weigh(objective, &[entry], &[0], ops);
    evidence.first().copied().flatten().is_some_and(|evidence| !evidence.smooth)
}

impl Trust {
    /// Makes room for an entry before all others, of which nothing is known but its losses.
    pub(crate) fn begin_with(&mut self, formula: &Expr, held: &HeldOut) {
        let formulas = std::slice::from_ref(formula);
        let on = |points: Option<&Objective>, seed| intervals(points, formulas, seed)[0];
        self.entries.insert(
            0,
            EntryTrust {
                held_out: on(held.random.as_ref(), RESAMPLING[0]),
                shell: on(held.shell.as_ref(), RESAMPLING[1]),
                evidence: None,
            },
        );
        if let Verdict::Ambiguous { alternatives, .. } = &mut self.verdict {
            for index in alternatives {
                *index += 1;
            }
        }
    }
}

/// The mean loss of each formula on those points.
fn intervals(points: Option<&Objective>, formulas: &[Expr], seed: u64) -> Vec<Option<Interval>> {
    let Some(points) = points else { return vec![None; formulas.len()] };
    let resamples = Resamples::new(points.weights(), seed);
    let mut evaluator = Evaluator::new(points);
    let unit = matching::point_unit(points);
    let losses = formulas.iter().map(|formula| evaluator.point_losses(formula));
    losses.map(|losses| Some(resamples.interval(&losses?).scaled(unit))).collect()
}
