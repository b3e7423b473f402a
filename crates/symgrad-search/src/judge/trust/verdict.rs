//! The verdict on an answer.

use serde::{Deserialize, Serialize};
use symgrad_expr::{Expr, Names};

use super::bootstrap::{Interval, Resamples};
use super::{EntryTrust, Evidence, inputs, matching, sharp, symmetry};
use crate::front::Entry;
use crate::judge::choice;
use crate::outcome::Judge;
use crate::score::evaluator::Evaluator;
use crate::score::measure::LossKind;
use crate::score::objective::Objective;
use crate::score::target::Target;

/// What can be said about an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Verdict {
    /// The neuron has the answer's level sets, up to its own errors; chance does not explain
    /// the agreement, and no other entry of the front explains it nearly as well.
    Identified,
    /// Something was found, but the data do not single the answer out.
    Ambiguous {
        /// Indices of the entries that are as credible; empty where the data leave a
        /// direction open, so that the alternatives are formulas that agree on the data.
        alternatives: Vec<usize>,
        /// What is open.
        reason: String,
    },
    /// The front holds nothing that a fit of some smooth function would not give.
    NotFound {
        /// What is missing.
        reason: String,
    },
}

/// A held-out loss clearly above this multiple of the search's own is no generalisation:
/// constants fitted to hundreds of points raise it by a few per cent.
const GENERALISES: f64 = 2.0;

/// A loss on the outermost points clearly above this multiple of the loss on held-out points
/// in the middle is a breakdown: networks err there two to five times as much.
const EXTRAPOLATES: f64 = 10.0;

/// Formulas that differ by less (1 − mean cos, or 1 − correlation) are one: by rounding, or by what
/// points leave open of the constants that were fitted to them.
fn same_within(loss: f64, points: usize, floor: f64) -> f64 {
    (CONSTANTS * loss / points as f64).max(ROUNDED * floor)
}

/// Whether two formulas are one as far as the points can tell, the first of which has that loss.
pub(crate) fn are_same(points: &Objective, loss: f64, one: &Expr, other: &Expr) -> bool {
    let within = same_within(loss, points.points(), points.floor());
    matching::difference(points, one, other).is_some_and(|difference| difference <= within)
}

/// Constants that a formula may have had fitted.
const CONSTANTS: f64 = 8.0;

/// Entries of a loss within this factor of the lowest may be the answer: over a hundred bits of
/// misfit, more than what is shorter can save.
const IN_QUESTION: f64 = 100.0;

/// Most entries that are weighed, for weighing takes time.
const MOST: usize = 14;

/// The entries that may be the answer, the rule's pick among them.
pub(crate) fn candidates(front: &[Entry], pick: Option<usize>, floor: f64) -> Vec<usize> {
    let lowest = front.iter().map(|entry| entry.loss).fold(f64::INFINITY, f64::min);
    let close = |index: &usize| front[*index].loss <= (IN_QUESTION * lowest).max(floor);
    let mut found: Vec<usize> = (0..front.len()).filter(close).take(MOST).collect();
    found.extend(pick.filter(|pick| !found.contains(pick)));
    found
}

/// What a second search, from another start and on other points, says of the answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Confirmation {
    /// It came to the same formula, or there was no search at all.
    Agreed,
    /// It did not.
    Not {
        /// Why not.
        reason: String,
    },
}

/// The entry with the shortest code; absent if nothing was weighed. A misfit below the error that
/// is known to be the neuron's own is as good as none.
pub(crate) fn choose(entries: &[EntryTrust], judge: &Judge<'_>) -> Option<usize> {
    let lengths = entries.iter().map(|entry| length(entry, judge));
    choice::least(lengths).filter(|&index| entries[index].evidence.is_some())
}

/// Functions of several concepts that fit worse than another by no more than this are as right.
const AS_RIGHT: f64 = 30.0;

/// Bits of a formula and of what it leaves.
fn length(entry: &EntryTrust, judge: &Judge<'_>) -> f64 {
    let (known, floor) = (judge.known_error(), judge.objective.floor());
    let bits = |e: Evidence| e.description + choice::misfit_bits(e.typical.max(known), floor);
    entry.evidence.map_or(f64::INFINITY, bits)
}

/// Bits by which one entry is shorter than another.
fn lead(one: &EntryTrust, other: &EntryTrust, judge: &Judge<'_>) -> f64 {
    length(other, judge) - length(one, judge)
}

/// The verdict on the answer.
pub(crate) fn judge(
    front: &[Entry],
    entries: &[EntryTrust],
    answer: Option<usize>,
    judge: &Judge<'_>,
) -> Verdict {
    let (held, floor) = (judge.held, judge.objective.floor());
    let not_found = |reason: String| Verdict::NotFound { reason };
    let Some(answer) = answer else {
        let reason = if judge.mean {
            "nothing was found that is better than the mean"
        } else {
            "the front is empty"
        };
        return not_found(reason.into());
    };
    let (entry, trust) = (&front[answer], &entries[answer]);
    let Some(evidence) = trust.evidence else {
        let reason = "there is no direction across the neurons' gradients in which it could err, \
                      or it is not finite on all points";
        return not_found(reason.into());
    };
    let (chance, description) = (evidence.chance, evidence.description);
    if evidence.margin() < 0.0 {
        return not_found(format!(
            "formulas as short agree as well with smooth functions by chance ({chance:.0} bits of \
             agreement for {description:.0} bits of formula)"
        ));
    }
    let open =
        |alternatives: Vec<usize>, reason: String| Verdict::Ambiguous { alternatives, reason };
    let (Some(held_out), Some(shell)) = (trust.held_out, trust.shell) else {
        let kept = held.random.is_some() && held.shell.is_some();
        let reason = if kept {
            "it is not finite on all held-out points"
        } else {
            "no points were held out"
        };
        return open(vec![], reason.into());
    };
    let values = matches!(held.whole.target(), Target::Values(_));
    if values && held_out.high >= 1.0 {
        let reason = "on held-out points the mean does as well";
        return not_found(reason.into());
    }
    if held_out.low > (GENERALISES * entry.loss).max(floor) {
        let reason = "the loss on held-out points is well above the search's own";
        return not_found(reason.into());
    }
    if shell.low > (EXTRAPOLATES * held_out.high).max(floor) {
        let reason = "the formula or the neuron fails on the outermost points";
        return open(vec![], reason.into());
    }
    if evidence.margin() < choice::CLEAR {
        let reason = format!(
            "a smooth function may agree as well by chance ({chance:.0} bits of agreement for \
             {description:.0} bits of formula)"
        );
        return open(vec![], reason);
    }
    // Of several concepts every function is as right, unless it fits clearly worse than others.
    let alternatives = if held.whole.neurons() > 1 {
        let better = |index: &usize| AS_RIGHT * front[*index].loss < entry.loss;
        (0..front.len()).filter(better).collect()
    } else {
        alternatives(front, entries, answer, judge)
    };
    if !alternatives.is_empty() {
        return open(alternatives, "other formulas explain the neuron nearly as well".into());
    }
    if let Some((neighbour, reason)) = no_break(front, entries, answer, floor) {
        return open(vec![neighbour], reason.into());
    }
    if let Some(reason) = inputs::what_is_loose(&entry.expr, judge) {
        return open(vec![], reason);
    }
    let known = evidence.misfit <= KNOWN * judge.known_error();
    let points = &held.whole.thinned(PAIRED_POINTS);
    if !known && symmetry::misses_a_part(points, &entry.expr) {
        let better = (answer + 1 < front.len()).then_some(front.len() - 1);
        let reason = "what parts the neuron from it has all of its symmetries, unlike the error \
                      of a network; a part of it may be missing or wrong";
        return open(better.into_iter().collect(), reason.into());
    }
    let exact = || entry.loss <= ROUNDED * floor && sharp::is_exact(points, &entry.expr, judge.ops);
    if evidence.smooth && !known && !exact() {
        let reason = "a best guess, not proven: what it leaves is smooth, unlike noise, so that it \
                      is the neuron's own error or a part that is missing";
        let leaves_noise = |index: &usize| entries[*index].evidence.is_some_and(|e| !e.smooth);
        return open((0..front.len()).filter(leaves_noise).collect(), reason.into());
    }
    match &judge.confirmation {
        Confirmation::Agreed => Verdict::Identified,
        Confirmation::Not { reason } => open(vec![], reason.clone()),
    }
}

/// What constants may leave that were rounded as far as an exact formula allows, in units of rounding.
const ROUNDED: f64 = 10.0;

/// A smooth misfit is the neuron's own error if it is no more than this multiple of what is known
/// of that: both are estimates from some tens of modes.
const KNOWN: f64 = 2.0;

/// The entries with other level sets for which nearly as much speaks, and the simpler ones that
/// the points do not show to be worse.
fn alternatives(
    front: &[Entry],
    entries: &[EntryTrust],
    answer: usize,
    judge: &Judge<'_>,
) -> Vec<usize> {
    let held = judge.held;
    let points = &held.whole.thinned(PAIRED_POINTS);
    let resamples = Resamples::new(points.weights(), PAIRED_SEED);
    let mut evaluator = Evaluator::new(points);
    let mut losses = |index: usize| evaluator.point_losses(&front[index].expr);
    let Some(own) = losses(answer) else { return vec![] };
    let mut found = vec![];
    for index in (0..front.len()).filter(|&index| index != answer) {
        // The paired bootstrap interval of the difference. All points count, since those held
        // out alone would show little; a constant or two more that the search could fit gain
        // next to nothing on hundreds of points.
        let worse = |other: Vec<f64>| {
            let differences: Vec<f64> = other.iter().zip(&own).map(|(b, a)| b - a).collect();
            resamples.interval(&differences).low > 0.0
        };
        let close = lead(&entries[answer], &entries[index], judge) < choice::CLEAR;
        let simpler = index < answer && !losses(index).is_none_or(worse);
        let alike =
            || are_same(points, front[answer].loss, &front[index].expr, &front[answer].expr);
        if (close || simpler) && !alike() {
            found.push(index);
        }
    }
    found
}

/// Points by which formulas are compared in pairs, and the seed of their resamples.
pub(super) const PAIRED_POINTS: usize = 2_000;
pub(super) const PAIRED_SEED: u64 = 3;

/// The fall to an answer, per symbol, in units of the fall before it. Not 1, since noise may hide
/// how far a front falls.
const STEEP: f64 = 0.5;

/// Whether the front does not break at the answer, with the neighbour that shows it. Towards a
/// formula that is really there the front falls at least as steeply as it did before, and more
/// than it ever does after; fits of a smooth function get better bit by bit.
fn no_break(
    front: &[Entry],
    entries: &[EntryTrust],
    answer: usize,
    floor: f64,
) -> Option<(usize, &'static str)> {
    // Independent noise hides how far the front has fallen; the misfit does not hold it.
    let depth = |index: usize| {
        let misfit = entries[index].evidence.map_or(front[index].loss, |e| e.misfit);
        misfit.min(front[index].loss).max(floor).ln()
    };
    let lowest =
        |range: std::ops::Range<usize>| range.min_by(|&a, &b| depth(a).total_cmp(&depth(b)));
    let before = lowest(0..answer)?;
    let fall = depth(before) - depth(answer);
    let width = |from: usize, to: usize| f64::from(front[to].complexity - front[from].complexity);
    let trend = (depth(0) - depth(before)) / width(0, before).max(1.0);
    if fall / width(before, answer) < STEEP * trend {
        return Some((before, "the front falls no faster to the answer than before it"));
    }
    let after = front.len() - 1;
    let goes_on = (front[answer].loss / front[after].loss.max(floor)).ln() > fall;
    goes_on.then_some((after, "the front falls farther after the answer than to it"))
}

/// The verdict and its reason in one line.
pub(crate) fn summary(
    verdict: &Verdict,
    front: &[Entry],
    entries: &[EntryTrust],
    answer: Option<usize>,
    noise_floor: f64,
    names: &[String],
    kind: LossKind,
) -> String {
    let names = Names::new(names.to_vec()).unwrap_or_else(|_| Names::numbered(names.len()));
    let numbers = answer.map_or_else(String::new, |answer| numbers(front, entries, answer, kind));
    match verdict {
        Verdict::Identified => {
            format!("identified: {numbers}, noise floor about {}", short(noise_floor, kind))
        }
        Verdict::Ambiguous { reason, alternatives } => {
            let spelled = |&index: &usize| front[index].expr.natural().display(&names).to_string();
            let spelled: Vec<String> = alternatives.iter().map(spelled).collect();
            let colon = if spelled.is_empty() { "" } else { ": " };
            format!("ambiguous: {reason}{colon}{}; {numbers}", spelled.join(", "))
        }
        Verdict::NotFound { reason } => format!("not found: {reason}; {numbers}"),
    }
}

fn numbers(front: &[Entry], entries: &[EntryTrust], answer: usize, kind: LossKind) -> String {
    let (name, floor) = (kind.name(), kind.floor());
    let mut parts = vec![match entries[answer].held_out {
        Some(Interval { estimate, low, high }) => {
            let [estimate, low, high] = [estimate, low, high].map(|loss| short(loss, kind));
            format!("held-out loss ({name}) {estimate} (95 %: {low} to {high})")
        }
        None => format!("loss ({name}) {}", short(front[answer].loss, kind)),
    }];
    if answer > 0 {
        let times = front[answer - 1].loss / front[answer].loss.max(floor);
        let times = match times {
            1e6.. => "over a million".into(),
            10.0.. => format!("{times:.0}"),
            _ => format!("{times:.1}"),
        };
        parts.push(format!("next simpler formula is {times} times worse"));
    }
    parts.join(", ")
}

/// Two digits; rounding counts as 0.
fn short(loss: f64, kind: LossKind) -> String {
    if loss < kind.floor() { "0".into() } else { format!("{loss:.1e}") }
}
