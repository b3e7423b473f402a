//! All that a search remembers from step to step, and the file it is kept in.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use symgrad_expr::{Expr, OpSet};

use crate::archive::Archive;
use crate::config::{SearchConfig, SearchError};
use crate::evolution::Island;
use crate::front::{Entry, HallOfFame};
use crate::objective::Objective;
use crate::outcome::{EXACT, StopReason};

/// The state of a search between two steps. Together with the objective it decides everything
/// that follows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) config: SearchConfig,
    pub(crate) ops: OpSet,
    /// Digest of the objective.
    objective: u64,
    pub(crate) islands: Vec<Island>,
    pub(crate) hall: HallOfFame,
    pub(crate) archive: Archive,
    /// The front when it was last polished.
    pub(crate) polished: Vec<Entry>,
    /// Whether signs are local because the neuron was seen to fold its concept.
    pub(crate) folded: bool,
    /// Combinations of inputs that the field suggests.
    pub(crate) combinations: Vec<Expr>,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) evaluations: u64,
    pub(crate) steps: u64,
    /// Steps since the front last gained.
    idle: u64,
}

/// What a saved search begins with; the digits count the layouts there have been.
const HEADER: &[u8] = b"symgrad-search-4\n";

/// A gain worth waiting for. Smaller ones are mostly longer formulas that follow the neuron's
/// error; a formula that is really there gains a multiple of this.
const PATIENCE_GAIN: f64 = 0.1;

/// The part of the budget that is kept for the closing, where constants are rounded, and the most
/// evaluations that are.
const CLOSING_SHARE: u64 = 10;
const CLOSING: u64 = 5_000;

/// The share of the patience that is left once a loss is zero up to rounding: then only a
/// shorter spelling of the same function can still be found.
const EXACT_PATIENCE: u64 = 8;

impl State {
    pub(crate) fn new(objective: &Objective, ops: OpSet, config: SearchConfig) -> Self {
        let islands = 0..config.islands as u64;
        Self {
            ops,
            objective: objective.digest(),
            islands: islands
                .map(|index| Island::new(config.seed, index, config.population))
                .collect(),
            hall: HallOfFame::default(),
            archive: Archive::default(),
            polished: vec![],
            folded: false,
            combinations: vec![],
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            evaluations: 0,
            steps: 0,
            idle: 0,
            config,
        }
    }

    /// Counts a step that led from one front to another.
    pub(crate) fn note_step(&mut self, before: &[Entry], after: &[Entry]) {
        self.steps += 1;
        let gained = after.iter().any(|entry| gains_on(entry, before, PATIENCE_GAIN));
        self.idle = if gained { 0 } else { self.idle + 1 };
    }

    /// Evaluations that may still be spent before the search closes.
    pub(crate) fn left(&self) -> u64 {
        let closing = (self.config.budget / CLOSING_SHARE).min(CLOSING);
        (self.config.budget - closing).saturating_sub(self.evaluations)
    }

    /// Evaluations that may still be spent on simpler spellings of what was found.
    pub(crate) fn left_to_close(&self) -> u64 {
        self.config.budget.saturating_sub(self.evaluations)
    }

    /// Whether the loss that is good enough has been found.
    pub(crate) fn reached_target(&self) -> bool {
        self.config.target_loss.is_some_and(|target| self.hall.lowest() <= target)
    }

    /// Whether the front has gone without a gain for too long.
    pub(crate) fn is_out_of_patience(&self) -> bool {
        let patience = self.config.patience;
        let exact = self.hall.lowest() <= EXACT;
        let patience = if exact { patience / EXACT_PATIENCE } else { patience };
        self.idle >= patience.max(1)
    }

    /// The reason to stop after a step, if there is one; `spent` if what is left of the budget
    /// is too little for another, `late` if the time is up.
    pub(crate) fn reason_to_stop(&self, spent: bool, late: bool) -> Option<StopReason> {
        if self.reached_target() {
            Some(StopReason::TargetLoss)
        } else if spent || self.left() == 0 {
            Some(StopReason::Budget)
        } else if self.is_out_of_patience() {
            Some(StopReason::Patience)
        } else {
            late.then_some(StopReason::Seconds)
        }
    }

    pub(crate) fn write(&self) -> Result<Vec<u8>, SearchError> {
        let body = postcard::to_stdvec_crc32(self, CRC.digest())
            .map_err(|error| SearchError::Unsaved { reason: error.to_string() })?;
        Ok([HEADER, &body].concat())
    }

    pub(crate) fn read(saved: &[u8], objective: &Objective) -> Result<Self, SearchError> {
        let problem = |reason: &str| SearchError::NotResumable { reason: reason.into() };
        let body = saved
            .strip_prefix(HEADER)
            .ok_or_else(|| problem("it is no search saved by this version"))?;
        let state: Self = postcard::from_bytes_crc32(body, CRC.digest())
            .map_err(|_| problem("it is cut short or damaged"))?;
        if state.objective != objective.digest() {
            return Err(problem("it belongs to other points, gradients or another loss"));
        }
        Ok(state)
    }
}

const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

/// Whether the entry beats all entries of `before` of its complexity or less by that share.
pub(crate) fn gains_on(entry: &Entry, before: &[Entry], share: f64) -> bool {
    let held = before.iter().filter(|old| old.complexity <= entry.complexity);
    let best = held.map(|old| old.loss).fold(f64::INFINITY, f64::min);
    entry.loss < best * (1.0 - share) && best > EXACT
}
