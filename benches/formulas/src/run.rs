//! One run: a search on a problem's field or values, and what fresh points say about its answer.

use cpu_time::ProcessTime;
use serde::{Deserialize, Serialize};
use symgrad_search::{Evaluator, Outcome, Search, SearchConfig, StopReason, Verdict};

use crate::error::Error;
use crate::problem::Problem;
use crate::sets::{Half, Mode, Set};

/// The answer counts as recovered if its mismatch, 1 − |mean cos| or 1 − R² at fresh points, is
/// below this.
pub(crate) const RECOVERED: f64 = 1e-4;
/// The answer is the truth in another spelling if it is below this; some answers below
/// [`RECOVERED`] are other formulas that come very close.
pub(crate) const SAME: f64 = 1e-10;
/// The answer is close to the truth if it is below this: under noise the constants of a right
/// formula cannot be exact.
pub(crate) const CLOSE: f64 = 1e-3;

/// Which of the runs on a problem.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) mode: Mode,
    /// In per cent.
    pub(crate) noise: f64,
    pub(crate) seed: u64,
}

/// What an answer is beside the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The truth.
    Right,
    /// Another formula that comes very close.
    LookAlike,
    /// Something else.
    Missed,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::LookAlike => "look-alike",
            Self::Missed => "missed",
        }
    }
}

/// The result of a run: a row of `results.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    #[serde(default)]
    pub(crate) set: Set,
    #[serde(default)]
    pub(crate) half: Option<Half>,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) mode: Mode,
    /// Size of the error, in per cent: of every component of the unit gradients, or of the
    /// values relative to their standard deviation.
    pub(crate) noise: f64,
    pub(crate) seed: u64,
    /// Number of inputs.
    pub(crate) inputs: usize,
    /// Complexity of the truth, or of its level-set class.
    pub(crate) truth_complexity: u32,
    /// Loss of the truth on the data of the search: the noise.
    pub(crate) truth_loss: f64,
    pub(crate) answer: String,
    pub(crate) complexity: u32,
    /// Loss of the answer on the data of the search.
    pub(crate) loss: f64,
    /// 1 − |mean cos| of the gradients of answer and truth at fresh points, or 1 − R² of the
    /// values.
    pub(crate) mismatch: f64,
    /// The smallest mismatch of any entry of the front, and that entry's complexity.
    pub(crate) front_mismatch: f64,
    pub(crate) front_complexity: u32,
    /// What the search itself says about its answer, which knows no truth.
    pub(crate) verdict: String,
    /// The same with its reason.
    pub(crate) reason: String,
    pub(crate) stop: StopReason,
    pub(crate) evaluations: u64,
    /// Processor time of the search.
    pub(crate) cpu_seconds: f64,
}

impl Record {
    /// Whether the answer is the truth or comes very close.
    pub(crate) fn recovered(&self) -> bool {
        self.mismatch < RECOVERED
    }

    /// Whether the answer is the truth: to rounding without noise; with noise its constants cannot
    /// be exact, and it only has to be close. Where there is no formula, nothing is right.
    pub(crate) fn is_right(&self) -> bool {
        let bound = if self.noise == 0.0 { SAME } else { RECOVERED };
        self.set.has_formulas() && self.mismatch < bound
    }

    pub(crate) fn kind(&self) -> Kind {
        match (self.is_right(), self.recovered()) {
            (true, _) => Kind::Right,
            (false, true) => Kind::LookAlike,
            (false, false) => Kind::Missed,
        }
    }

    /// Whether the search claims to know a formula that is not the truth.
    pub(crate) fn is_misled(&self) -> bool {
        self.is_identified() && !self.is_right()
    }

    /// Whether an entry of the front comes as close.
    pub(crate) fn on_front(&self) -> bool {
        self.front_mismatch < RECOVERED
    }

    /// Whether the search claims to know the formula.
    pub(crate) fn is_identified(&self) -> bool {
        self.verdict == name_of(&Verdict::Identified)
    }

    pub(crate) fn is_of(&self, case: &Case) -> bool {
        let Case { name, mode, noise, seed } = case;
        self.name == *name && self.mode == *mode && self.noise == *noise && self.seed == *seed
    }
}

/// A run that has ended.
pub(crate) struct Finished {
    pub(crate) record: Record,
    pub(crate) outcome: Outcome,
    /// The mismatch of every entry of the front.
    pub(crate) mismatches: Vec<f64>,
}

/// Searches, then compares with the truth.
pub(crate) fn run(
    problem: &Problem,
    case: &Case,
    config: &SearchConfig,
) -> Result<Finished, Error> {
    let objective = problem.objective(case)?;
    let truth_loss = Evaluator::new(&objective).loss(&problem.expr);
    let config = SearchConfig { seed: case.seed, threads: Some(1), ..config.clone() };

    let start = ProcessTime::now();
    let outcome = Search::new(objective, problem.ops.clone(), config)
        .map_err(|source| Error::Search { name: problem.name.clone(), source })?
        .run(&mut ());
    let cpu_seconds = start.elapsed().as_secs_f64();

    let fresh = problem.fresh(case.mode, case.seed)?;
    let mut eval = Evaluator::new(&fresh);
    let mismatches: Vec<f64> = outcome.front().iter().map(|entry| eval.loss(&entry.expr)).collect();
    let chosen = outcome.answer_index();
    let best = (0..mismatches.len()).min_by(|&i, &j| mismatches[i].total_cmp(&mismatches[j]));
    let complexity = |index: Option<usize>| index.map_or(0, |i| outcome.front()[i].complexity);
    let mismatch = |index: Option<usize>| index.map_or(f64::INFINITY, |i| mismatches[i]);
    let record = Record {
        set: problem.set,
        half: problem.half,
        name: problem.name.clone(),
        mode: case.mode,
        noise: case.noise,
        seed: case.seed,
        inputs: problem.dim(),
        truth_complexity: problem.complexity(case.mode),
        truth_loss,
        answer: outcome.answer().map_or_else(String::new, |entry| entry.expr.to_string()),
        complexity: complexity(chosen),
        loss: outcome.answer().map_or(f64::INFINITY, |entry| entry.loss),
        mismatch: mismatch(chosen),
        front_mismatch: mismatch(best),
        front_complexity: complexity(best),
        verdict: name_of(outcome.verdict()).to_owned(),
        reason: outcome.trust().summary.clone(),
        stop: outcome.stop(),
        evaluations: outcome.evaluations(),
        cpu_seconds,
    };
    Ok(Finished { record, outcome, mismatches })
}

fn name_of(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Identified => "identified",
        Verdict::Ambiguous { .. } => "ambiguous",
        Verdict::NotFound { .. } => "not found",
    }
}
