//! The turns of the two replicates: whose it is, when a round is over, and when both have agreed.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use symgrad_expr::Expr;

use super::Search;
use crate::judge::trust;
use crate::score::evaluator::Evaluator;
use crate::score::measure::Measure;
use crate::score::objective::Objective;
use crate::search::replicate::{CLIFF, Replicate, STEEP};
use crate::search::state::State;

/// Points of which half still pin formulas down.
const FEWEST_TO_HALVE: usize = 100;

/// So many exact points tell functions of three inputs. Of fewer than twice as many the second replicate gets
/// more than half, three quarters at most.
const ENOUGH: usize = 600;

/// Stream of the generator that halves the points.
const HALVES: u64 = 1 << 41;

/// Points at which two formulas are compared.
const COMPARED_POINTS: usize = 500;

/// Where one replicate has found an exact formula, the other looks for it for this many times the
/// work.
const CONFIRMING: u64 = 4;

/// How far a search is from an answer that was found twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The first of two searches goes on.
    First,
    /// The second one, from another start, looks for an answer, too.
    Second,
    /// Both have come to the same.
    Agreed,
}

impl Search {
    /// How far it is from an answer that was found twice.
    pub fn standing(&self) -> Standing {
        if self.state.resting.is_none() {
            Standing::First
        } else if self.have_agreed() {
            Standing::Agreed
        } else {
            Standing::Second
        }
    }

    /// The replicate at work changes.
    pub(super) fn change_over(&mut self) {
        self.state.change_over();
        self.screen = screen(&self.objective, &self.state).in_unit(self.unit);
        if self.state.replicate.steps > 0 {
            let config = self.state.own_config();
            self.state.replicate.begin_round(&config);
        }
        self.refresh_palette();
    }

    /// Whether both replicates have come to the same choice, and need not look any further: not while it leaves a part of
    /// values unexplained.
    pub(super) fn have_agreed(&self) -> bool {
        let Some(other) = &self.state.resting else { return false };
        let replicate = &self.state.replicate;
        let (Some(one), Some(two)) = (replicate.chosen(), other.chosen()) else { return false };
        if replicate.is_exact() && other.is_exact() {
            return self.is_same(one, two);
        }
        let grown = replicate.rounds.min(other.rounds) > 0;
        let height = if replicate.rounds > 0 { CLIFF } else { STEEP };
        let is_all = || self.is_cliff(height) || self.is_noise_beside(one);
        let stands = || grown || is_all();
        self.is_same(one, two) && stands() && !self.leaves_a_part()
    }

    /// Whether both choices stand behind cliffs of that height.
    fn is_cliff(&self, height: f64) -> bool {
        let other = self.state.resting.as_ref();
        self.state.replicate.is_cliff(height) && other.is_some_and(|other| other.is_cliff(height))
    }

    /// Whether both replicates have come to the same choice behind low cliffs, and this one has begun
    /// to grow.
    pub(super) fn stands_on_low_cliff(&self) -> bool {
        self.state.replicate.rounds > 0 && self.is_cliff(CLIFF) && self.have_agreed()
    }

    /// Whether what the choice leaves of values is smooth: a part of the formula, since values have no error of that
    /// kind unless they are those of a model.
    pub(super) fn leaves_a_part(&self) -> bool {
        let chosen = self.state.replicate.chosen();
        let leaves = |chosen: &Expr| !self.is_noise_beside(chosen);
        self.screen.given_values().is_some() && chosen.is_some_and(leaves)
    }

    /// Whether two formulas have the same level sets, as far as the points can tell: constants that
    /// were fitted to different points differ by what these leave open.
    pub(super) fn is_same(&self, one: &Expr, two: &Expr) -> bool {
        let points = self.objective.thinned(COMPARED_POINTS);
        let loss = Evaluator::new(&points).loss(one);
        trust::are_same(&points, loss, one, two)
    }

    /// Whether what a formula leaves differs from point to point like noise.
    fn is_noise_beside(&self, formula: &Expr) -> bool {
        trust::is_noise_beside(&self.objective, formula, &self.rules.ops)
    }

    /// Whether it is the other replicate's turn.
    pub(super) fn is_round_over(&self) -> bool {
        let found_again = || self.state.replicate.is_exact() && self.have_agreed();
        let settled = self.state.replicate.is_settled(&self.state.config);
        settled || found_again() || self.stands_on_low_cliff()
    }

    /// Whether anything is left to be found: not where one replicate has found all there is, and the
    /// other has looked for it for a multiple of the work that this took.
    pub(super) fn may_still_gain(&self) -> bool {
        let Some(other) = &self.state.resting else { return true };
        let replicate = &self.state.replicate;
        let given_up = |exact: &Replicate, looking: &Replicate| {
            exact.is_exact()
                && looking.rounds > exact.rounds
                && looking.spent() >= CONFIRMING * exact.spent()
        };
        !given_up(replicate, other) && !given_up(other, replicate)
    }
}

/// The points by which a replicate judges candidates: the first those of a plain search, the second
/// those of a half drawn at random, or of more where points are few.
pub(super) fn screen(objective: &Objective, state: &State) -> Objective {
    screen_of(objective, state, state.replicate.index)
}

/// How many points the second replicate gets. What gradients do not tell exactly is judged by half of them.
fn half_of(objective: &Objective, state: &State) -> usize {
    let all = objective.points();
    let is_exact = state.confirms || objective.given_values().is_some();
    let enough = if is_exact { ENOUGH } else { 0 };
    (all / 2).max(enough.min(all * 3 / 4))
}

/// The same for either replicate.
pub(super) fn screen_of(objective: &Objective, state: &State, index: u64) -> Objective {
    let config = &state.config;
    let mut points = objective.thinned(config.screen_points);
    if index > 0 && objective.points() >= FEWEST_TO_HALVE {
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        rng.set_stream(HALVES);
        let mut rows: Vec<usize> = (0..objective.points()).collect();
        rows.shuffle(&mut rng);
        rows.truncate(half_of(objective, state).min(config.screen_points));
        rows.sort_unstable();
        points = objective.subset(&rows);
    }
    if state.folded { points.with_measure(Measure::LocalSign) } else { points }
}
