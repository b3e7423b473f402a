//! All that a search remembers from step to step, and the file it is kept in.

use serde::{Deserialize, Serialize};
use symgrad_expr::{Expr, OpSet};

use crate::config::{SearchConfig, SearchError};
use crate::front::{Entry, HallOfFame};
use crate::outcome::StopReason;
use crate::score::objective::Objective;
use crate::score::probe::mix;
use crate::search::replicate::Replicate;

/// The state of a search between two steps. Together with the objective it decides everything
/// that follows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) config: SearchConfig,
    pub(crate) ops: OpSet,
    /// Digest of the objective.
    pub(crate) objective: u64,
    /// The replicate at work, and the other one once it has begun.
    pub(crate) replicate: Replicate,
    pub(crate) resting: Option<Replicate>,
    /// Whether the first had found an exact formula when the second began, for the last time.
    pub(crate) confirms: bool,
    /// Which of the searches it is that look for one answer together.
    pub(crate) member: u16,
    /// What the others' first and second replicates have found, for the next steps of its own.
    pub(crate) guests: Vec<Vec<Expr>>,
    /// Whether signs are local because the neuron was seen to fold its concept.
    pub(crate) folded: bool,
    pub(crate) evaluations: u64,
    /// Losses up to this are rounding.
    pub(crate) floor: f64,
    /// Why the last step was the last one, if it was.
    pub(crate) stop: Option<StopReason>,
}

/// What a saved search begins with; the digits count the layouts there have been.
const HEADER: &[u8] = b"symgrad-search-9\n";

/// The part of the budget that is kept for the closing, where constants are rounded, and the most
/// evaluations that are.
const CLOSING_SHARE: u64 = 10;
const CLOSING: u64 = 10_000;

impl State {
    pub(crate) fn new(objective: &Objective, ops: OpSet, config: SearchConfig) -> Self {
        Self {
            ops,
            objective: objective.digest(),
            replicate: Replicate::new(0, &config, objective.floor()),
            resting: None,
            confirms: false,
            member: 0,
            guests: vec![],
            folded: false,
            evaluations: 0,
            floor: objective.floor(),
            stop: None,
            config,
        }
    }

    /// From now on losses up to this are rounding, too.
    pub(crate) fn raise_floor(&mut self, floor: f64) {
        self.floor = self.floor.max(floor);
        self.replicate.raise_floor(floor);
    }

    /// The settings with the seed of its own random numbers: that of the settings for the first of
    /// several that search together.
    pub(crate) fn own_config(&self) -> SearchConfig {
        let (seed, member) = (self.config.seed, u64::from(self.member));
        let own = if member == 0 { seed } else { mix(seed ^ mix(member)) };
        SearchConfig { seed: own, ..self.config.clone() }
    }

    /// The other replicate's turn: where it left off, or from its beginning, which it returns to once, when the first
    /// has found an exact formula.
    pub(crate) fn change_over(&mut self) {
        let only_first = self.replicate.index == 0
            && self.replicate.is_exact()
            && self.resting.as_ref().is_none_or(|second| !second.is_exact());
        // It is then judged by other points, too.
        let anew = only_first && !self.confirms;
        let next = self.resting.take().filter(|_| !anew);
        self.confirms |= anew;
        let next = next.unwrap_or_else(|| Replicate::new(1, &self.own_config(), self.floor));
        self.resting = Some(std::mem::replace(&mut self.replicate, next));
    }

    /// Both replicates, the first before the second.
    pub(crate) fn replicates(&self) -> impl Iterator<Item = &Replicate> {
        let mut both: Vec<&Replicate> =
            std::iter::once(&self.replicate).chain(&self.resting).collect();
        both.sort_by_key(|replicate| replicate.index);
        both.into_iter()
    }

    /// The best at every complexity of both replicates, each by the points that it knows.
    pub(crate) fn front(&self) -> Vec<Entry> {
        let mut hall = HallOfFame::default();
        for entry in self.replicates().flat_map(|replicate| replicate.hall.front()) {
            hall.offer(entry);
        }
        hall.front()
    }

    /// Evaluations that may still be spent before the search closes.
    pub(crate) fn left(&self) -> u64 {
        let closing = (self.config.budget / CLOSING_SHARE).min(CLOSING);
        (self.config.budget - closing).saturating_sub(self.evaluations)
    }

    /// Evaluations that the replicate at work may still spend: the other has to have its turn.
    pub(crate) fn available(&self) -> u64 {
        let kept = if self.resting.is_none() { self.config.budget / 2 } else { 0 };
        let least = self.left().min(u64::from(self.evaluations == 0));
        self.left().saturating_sub(kept).max(least)
    }

    /// Evaluations that may still be spent on simpler spellings of what was found.
    pub(crate) fn left_to_close(&self) -> u64 {
        self.config.budget.saturating_sub(self.evaluations)
    }

    /// Whether the loss that is good enough has been found.
    pub(crate) fn reached_target(&self) -> bool {
        self.config.target_loss.is_some_and(|target| self.replicate.hall.lowest() <= target)
    }

    /// The reason to stop after a step, if limits give one; `spent` if what is left of the budget
    /// is too little for another, `late` if the time is up.
    pub(crate) fn limit(&self, spent: bool, late: bool) -> Option<StopReason> {
        if self.reached_target() {
            Some(StopReason::TargetLoss)
        } else if self.resting.is_some() && spent || self.left() == 0 {
            Some(StopReason::Budget)
        } else {
            late.then_some(StopReason::Seconds)
        }
    }

    pub(crate) fn write(&self) -> Result<Vec<u8>, SearchError> {
        let body = postcard::to_stdvec_crc32(self, CRC.digest())
            .map_err(|error| SearchError::Unsaved { reason: error.to_string() })?;
        Ok([HEADER, &body].concat())
    }

    /// What the result of a search that has ended depends on.
    pub(crate) fn result(&self) -> Self {
        Self {
            config: self.config.clone(),
            ops: self.ops.clone(),
            replicate: self.replicate.result(),
            resting: self.resting.as_ref().map(Replicate::result),
            guests: vec![],
            ..*self
        }
    }

    /// Whether it is what [`result`](Self::result) gives: a search has islands.
    pub(crate) fn is_only_a_result(&self) -> bool {
        self.replicate.islands.is_empty()
    }

    pub(crate) fn read(saved: &[u8], objective: u64) -> Result<Self, SearchError> {
        let problem = |reason: &str| SearchError::NotResumable { reason: reason.into() };
        let body = saved
            .strip_prefix(HEADER)
            .ok_or_else(|| problem("it is no search saved by this version"))?;
        let state: Self = postcard::from_bytes_crc32(body, CRC.digest())
            .map_err(|_| problem("it is cut short or damaged"))?;
        if state.objective != objective {
            return Err(problem("it belongs to other points, gradients or another loss"));
        }
        Ok(state)
    }
}

const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches that were saved when there were fewer operators are still read.
    #[test]
    fn operators_keep_their_layout() {
        let default: Vec<u8> = [
            &[12, 0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 16][..],
            &[1, 1, 1, 1, 1, 1, 1, 1, 4, 1, 1, 1, 1, 1, 1, 1, 1],
            &[3, 1, 0, 0],
        ]
        .concat();
        assert_eq!(postcard::to_stdvec(&OpSet::default()).unwrap(), default);
        assert_eq!(postcard::from_bytes::<OpSet>(&default).unwrap(), OpSet::default());
        let names = symgrad_expr::Names::numbered(2);
        let ops: OpSet = "+ sin erf atan2".parse().unwrap();
        let ops = ops.with_costs(&"erf=3, x2=5, sin=2".parse().unwrap(), &names).unwrap();
        let saved = postcard::to_stdvec(&ops).unwrap();
        assert_eq!(postcard::from_bytes::<OpSet>(&saved).unwrap(), ops);
    }
}
