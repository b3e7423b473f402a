//! All that a search remembers from step to step, and the file it is kept in.

use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use symgrad_expr::{Expr, OpSet};

use crate::archive::Archive;
use crate::config::{SearchConfig, SearchError};
use crate::evolution::Island;
use crate::front::{Entry, HallOfFame};
use crate::objective::Objective;
use crate::outcome::{EXACT, Stop};

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
const HEADER: &[u8] = b"symgrad-search-3\n";

/// A gain worth waiting for. Smaller ones are mostly longer formulas that follow the neuron's
/// error; a formula that is really there gains a multiple of this.
const PATIENCE_GAIN: f64 = 0.1;

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

    pub(crate) fn reason_to_stop(&self, front: &[Entry], elapsed: Duration) -> Option<Stop> {
        let best = front.iter().map(|entry| entry.loss).fold(f64::INFINITY, f64::min);
        let patience = self.config.patience;
        let patience = if best <= EXACT { patience / EXACT_PATIENCE } else { patience };
        if self.config.target_loss.is_some_and(|target| best <= target) {
            Some(Stop::Target)
        } else if self.evaluations >= self.config.budget {
            Some(Stop::Budget)
        } else if self.idle >= patience.max(1) {
            Some(Stop::Converged)
        } else if self.config.seconds.is_some_and(|limit| elapsed.as_secs_f64() >= limit) {
            Some(Stop::Time)
        } else {
            None
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
