//! One of the two searches that are made of every field, independent of the other.
//!
//! A formula that is really there is found from any start. So two replicates search, in turns, on
//! different points and with random streams of their own; what one has found the other does not
//! know. Each works in rounds: a round ends when its choice has been stable for a multiple of the
//! work that found it, and every further round is as long as all before together, on larger
//! populations. That both come to the same formula is part of the verdict.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use symgrad_expr::{Expr, OpSet};

use crate::config::SearchConfig;
use crate::front::{Entry, HallOfFame};
use crate::judge::choice;
use crate::propose::archive::Archive;
use crate::propose::evolution::Island;
use crate::search::ways::Way;

/// All that one replicate remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Replicate {
    /// 0 or 1.
    pub(crate) index: u64,
    pub(crate) islands: Vec<Island>,
    pub(crate) hall: HallOfFame,
    pub(crate) archive: Archive,
    /// The front when it was last polished.
    pub(crate) polished: Vec<Entry>,
    /// Combinations of inputs that the field suggests.
    pub(crate) combinations: Vec<Expr>,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) steps: u64,
    /// Rounds that have ended.
    pub(crate) rounds: u64,
    /// Evaluations so far, and when the round began.
    spent: u64,
    begun: u64,
    /// The formula that would be chosen, and the evaluations when it first was.
    chosen: Option<Expr>,
    chosen_at: u64,
    /// Whether its code is clearly shorter than that of everything else.
    leads: bool,
    /// Steps since the choice last changed.
    stable: u64,
    /// Losses up to this are rounding.
    floor: f64,
    /// The way that led to the first exact formula.
    pub(crate) way: Option<Way>,
}

/// A choice is settled once it has stood for this many times the work that found it.
const SETTLED: u64 = 3;

/// The work below which no choice is settled, and the most that the first round takes, so that the
/// other replicate has its turn: shares of the budget, the latter at least so many evaluations.
const SHORTEST_ROUND: u64 = 40;
const LONGEST_FIRST_ROUND: u64 = 8;
const FIRST_ROUND: u64 = 100_000;

/// A further round is as long as all before together.
const DOUBLED: u64 = 2;

/// Steps for which a formula without a loss has to stand: only a shorter spelling of the same
/// function can still be found.
const EXACT_STEPS: u64 = 5;

/// A formula that is really there has less than one in so many of the loss of all that is shorter,
/// or was found before. Others follow the neuron's error: long look-alikes, which hide the formula.
pub(crate) const CLIFF: f64 = 10.0;

/// A chosen formula with less than one in so many of the loss of all that is shorter ends the search
/// at once where nothing falls behind it: what a network has learned stands by decades out of what
/// resembles it, while one more term of a series takes away one decade at best. Behind a lower cliff
/// a search looks once more for what such a series may stand for.
pub(crate) const STEEP: f64 = 100.0;

/// Where the best of what is longer leaves more than this share, the front does not fall any more:
/// the first part of a formula that is missing would take away more.
const FLAT: f64 = 0.5;

/// What unrelated functions leave.
const UNRELATED: f64 = 1.0;

/// Islands begin with populations larger by this share in each further round.
const GROWTH: u64 = 2;

impl Replicate {
    pub(crate) fn new(index: u64, config: &SearchConfig, floor: f64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        rng.set_stream(index << 32);
        let mut replicate = Self {
            index,
            islands: vec![],
            hall: HallOfFame::default(),
            archive: Archive::default(),
            polished: vec![],
            combinations: vec![],
            rng,
            steps: 0,
            rounds: 0,
            spent: 0,
            begun: 0,
            chosen: None,
            chosen_at: 0,
            leads: false,
            stable: 0,
            floor,
            way: None,
        };
        replicate.islands =
            (0..config.islands as u64).map(|island| replicate.island(island, config)).collect();
        replicate
    }

    /// What the result of a search that has ended depends on.
    pub(crate) fn result(&self) -> Self {
        Self {
            islands: vec![],
            archive: Archive::default(),
            hall: self.hall.clone(),
            polished: self.polished.clone(),
            combinations: self.combinations.clone(),
            rng: self.rng.clone(),
            chosen: self.chosen.clone(),
            ..*self
        }
    }

    /// An island of this round, with a random stream of its own.
    fn island(&self, island: u64, config: &SearchConfig) -> Island {
        let stream = (self.index << 32) + (self.rounds << 16) + island;
        let size = config.population as u64 * (GROWTH + self.rounds.min(8)) / GROWTH;
        Island::new(config.seed, stream, usize::try_from(size).unwrap_or(config.population))
    }

    /// Fresh islands take the place of every second one, with larger populations.
    pub(crate) fn begin_round(&mut self, config: &SearchConfig) {
        self.rounds += 1;
        self.begun = self.spent;
        self.stable = 0;
        let islands = (0..).zip(std::mem::take(&mut self.islands));
        let islands = islands.map(|(index, old)| {
            if index % 2 == self.rounds % 2 { self.island(index, config) } else { old }
        });
        self.islands = islands.collect();
    }

    /// Counts a step of that many evaluations.
    pub(crate) fn note_step(&mut self, spent: u64, ops: &OpSet, inputs: usize) {
        self.steps += 1;
        self.spent += spent;
        let front = self.hall.front();
        let lead = choice::lead(&front, ops, inputs, self.floor);
        self.leads = lead.is_some_and(|(_, bits)| bits >= choice::CLEAR);
        let choice = lead.map(|(index, _)| front[index].expr.clone());
        // That its constants get better is no other choice.
        let form = |expr: &Option<Expr>| expr.as_ref().map(|expr| expr.nodes().to_vec());
        if form(&choice) == form(&self.chosen) {
            self.stable += 1;
        } else {
            self.chosen_at = self.spent;
            self.stable = 0;
        }
        self.chosen = choice;
    }

    /// Notes the way if it was the first to lead to an exact formula.
    pub(crate) fn note_way(&mut self, way: Way) {
        if self.way.is_none() && self.is_exact() {
            self.way = Some(way);
        }
    }

    /// From now on losses up to this are rounding, too.
    pub(crate) fn raise_floor(&mut self, floor: f64) {
        self.floor = self.floor.max(floor);
    }

    /// Evaluations so far.
    pub(crate) fn spent(&self) -> u64 {
        self.spent
    }

    /// What would be chosen now.
    pub(crate) fn chosen(&self) -> Option<&Expr> {
        self.chosen.as_ref()
    }

    /// Whether the next step is the first of a round but the first.
    pub(crate) fn begins_round(&self) -> bool {
        self.rounds > 0 && self.begun == self.spent
    }

    /// Whether something has no loss but rounding.
    pub(crate) fn is_exact(&self) -> bool {
        self.hall.lowest() <= self.floor
    }

    /// Whether the choice leaves less than one in so many of what all that is shorter leaves, and
    /// nothing longer much less than it, or no more than a smooth error of that size lets any long
    /// formula fit: what is left is then the neuron's own error, not a part of a formula.
    pub(crate) fn is_cliff(&self, height: f64) -> bool {
        let front = self.hall.front();
        let Some(chosen) = &self.chosen else { return false };
        let Some(at) = front.iter().position(|entry| entry.expr.nodes() == chosen.nodes()) else {
            return false;
        };
        let before = if at == 0 { UNRELATED } else { front[at - 1].loss };
        let least = if self.leads { 1.0 / CLIFF } else { FLAT };
        front[at].loss * height < before && front[at].loss * least < self.hall.lowest()
    }

    /// Whether the round has come to its end, of a search with that budget.
    pub(crate) fn is_settled(&self, config: &SearchConfig) -> bool {
        if self.is_exact() {
            return self.stable >= EXACT_STEPS.min(config.patience);
        }
        let least = (config.budget / SHORTEST_ROUND).max(self.begun).max(self.chosen_at);
        let stands = self.spent >= SETTLED * least || self.stable >= config.patience;
        let longest = if self.rounds == 0 {
            (config.budget / LONGEST_FIRST_ROUND).max(FIRST_ROUND).min(config.budget / 2)
        } else {
            DOUBLED * self.begun
        };
        stands || self.spent >= longest
    }

    /// Whether the entry beats all that was polished of its complexity or less by that share.
    pub(crate) fn gains_on_polished(&self, entry: &Entry, share: f64) -> bool {
        let held = self.polished.iter().filter(|old| old.complexity <= entry.complexity);
        let best = held.map(|old| old.loss).fold(f64::INFINITY, f64::min);
        entry.loss < best * (1.0 - share) && best > self.floor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A replicate with a front of these complexities and losses, of which one is chosen.
    fn with_front(front: &[(u32, f64)], chosen: usize) -> Replicate {
        let mut replicate = Replicate::new(0, &SearchConfig::default(), 1e-13);
        for &(complexity, loss) in front {
            let expr = (1..complexity).fold(Expr::var(0), |sum, _| sum + Expr::var(0));
            replicate.hall.offer(Entry { expr, complexity, loss });
        }
        replicate.chosen = Some(replicate.hall.front()[chosen].expr.clone());
        replicate
    }

    #[test]
    fn a_cliff_falls_far_and_then_no_further() {
        let flat = [(1, 0.3), (3, 1e-5), (12, 9e-6), (20, 8e-6)];
        assert!(with_front(&flat, 1).is_cliff(STEEP));
        assert!(!with_front(&flat, 0).is_cliff(STEEP), "above it");
        assert!(!with_front(&flat, 3).is_cliff(STEEP), "behind it");
        assert!(!with_front(&[(1, 0.3), (3, 1e-5), (20, 2e-6)], 1).is_cliff(STEEP), "it falls on");
        assert!(!with_front(&[(1, 0.3), (3, 0.1), (20, 0.09)], 1).is_cliff(STEEP), "a slope");
        let low = with_front(&[(1, 0.3), (3, 0.01), (20, 0.009)], 1);
        assert!(low.is_cliff(CLIFF) && !low.is_cliff(STEEP), "a low one");
        assert!(with_front(&[(1, 1e-3), (20, 9e-4)], 0).is_cliff(STEEP), "a single input");
    }

    #[test]
    fn behind_a_choice_with_by_far_the_shortest_code_long_formulas_may_fit_the_error() {
        let front = [(1, 0.3), (3, 6e-4), (20, 2e-4), (39, 1.2e-4)];
        let mut replicate = with_front(&front, 1);
        assert!(!replicate.is_cliff(STEEP), "not by losses alone");
        replicate.note_step(1, &OpSet::default(), 1);
        assert!(replicate.is_cliff(STEEP), "by {:?}", replicate.chosen);
        let mut replicate = with_front(&[(1, 0.3), (3, 6e-4), (20, 2e-5)], 1);
        replicate.note_step(1, &OpSet::default(), 1);
        assert!(!replicate.is_cliff(STEEP), "less than a tenth is left");
    }
}
