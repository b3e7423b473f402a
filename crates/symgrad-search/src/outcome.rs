//! What a search returns.

use serde::{Deserialize, Serialize};

use crate::config::SearchConfig;
use crate::front::Entry;
use crate::objective::Objective;

/// Why a search stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// The evaluations were spent.
    Budget,
    /// The front had not gained for many steps.
    Converged,
    /// The loss asked for was reached.
    Target,
    /// The seconds were up.
    Time,
    /// The caller stopped it.
    Interrupted,
}

/// A loss that is zero up to rounding.
pub(crate) const EXACT: f64 = 1e-12;

/// An entry joins the final front only if it lowers the loss by this share: less is no reason
/// to read a longer formula.
const WORTHWHILE: f64 = 0.01;

/// The Pareto front of a search and the answer chosen on it.
#[derive(Clone, Debug)]
pub struct Outcome {
    front: Vec<Entry>,
    paper_mse: Vec<f64>,
    answer: Option<usize>,
    evaluations: u64,
    stop: Stop,
}

impl Outcome {
    /// From entries in rising complexity.
    pub(crate) fn new(
        entries: Vec<Entry>,
        objective: &Objective,
        config: &SearchConfig,
        evaluations: u64,
        stop: Stop,
    ) -> Self {
        let mut front: Vec<Entry> = Vec::new();
        for entry in entries {
            let worth = front.last().is_none_or(|last| {
                last.loss > EXACT && entry.loss < last.loss * (1.0 - WORTHWHILE)
            });
            if worth {
                front.push(entry);
            }
        }
        let pairs: Vec<(u32, f64)> = front.iter().map(|e| (e.complexity, e.loss)).collect();
        Self {
            answer: config.choice.pick(&pairs, config.max_complexity),
            paper_mse: front.iter().map(|e| objective.to_paper_mse(e.loss)).collect(),
            front,
            evaluations,
            stop,
        }
    }

    /// The entries in rising complexity and falling loss, scored on all points.
    pub fn front(&self) -> &[Entry] {
        &self.front
    }

    /// The published loss of each entry of the front.
    pub fn paper_mse(&self) -> &[f64] {
        &self.paper_mse
    }

    /// Index of the answer in the front; absent only if the front is empty.
    pub fn answer_index(&self) -> Option<usize> {
        self.answer
    }

    /// The answer.
    pub fn answer(&self) -> Option<&Entry> {
        self.front.get(self.answer?)
    }

    /// Evaluations spent, each a sweep over many points.
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// Why the search stopped.
    pub fn stop(&self) -> Stop {
        self.stop
    }
}
