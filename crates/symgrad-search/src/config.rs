//! The settings of a search.

use serde::{Deserialize, Serialize};
use symgrad_expr::{Costs, Definitions, Expr, NamesError, OpSetError};

use crate::Choice;
use crate::constraints::{ConstraintConfig, ConstraintError};

/// The settings of a search; the defaults suit fields of a few thousand points in up to a
/// dozen inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "switches of independent parts")]
pub struct SearchConfig {
    /// Seed of every random choice.
    pub seed: u64,
    /// Evaluations after which the search stops.
    pub budget: u64,
    /// Steps for which a choice has to stand before a round of the search ends.
    pub patience: u64,
    /// Threads; all cores if absent. The result does not depend on it.
    pub threads: Option<usize>,
    /// Largest complexity of the front.
    pub max_complexity: u32,
    /// Number of populations.
    pub islands: usize,
    /// Candidates in each.
    pub population: usize,
    /// Births in each population between two gatherings.
    pub births: usize,
    /// Front entries sent to each population at a gathering.
    pub migrants: usize,
    /// Points by which candidates are judged; the final scores use all.
    pub screen_points: usize,
    /// Whether the field is asked first what it tells about the formula.
    pub hints: bool,
    /// Whether sums get their coefficients spectrally and seed the populations.
    pub spectral: bool,
    /// Whether new entries of the front are rewritten by e-graphs, during the search and at its
    /// end.
    pub simplify: bool,
    /// Whether the sign may be local where the field shows that the neuron folds its concept;
    /// for [`Measure::LevelSet`](crate::Measure::LevelSet) only.
    pub unfold: bool,
    /// Largest degree of the polynomials that seed the populations.
    pub max_degree: u32,
    /// Most features of the mixed library that seeds the populations.
    pub library: usize,
    /// Longest sum over the mixed library.
    pub max_terms: usize,
    /// Subexpressions of the front that mutations draw on.
    pub shared_features: usize,
    /// Relative rise of the loss that rounding a constant may cost. The loss of a right answer
    /// is the neuron's own error; a tenth of it is no evidence for a crooked number.
    pub rounding: f64,
    /// Inputs that may appear, counted from 0; all if absent.
    pub only_inputs: Option<Vec<u16>>,
    /// Expressions to start from, beside those the search comes up with.
    pub guesses: Vec<Expr>,
    /// A loss that is good enough: the search stops once the front has it.
    pub target_loss: Option<f64>,
    /// Seconds after which the search stops. With such a limit the result depends on the
    /// machine's speed.
    pub seconds: Option<f64>,
    /// Share of the points kept from the search, to judge by them what it found: half of them
    /// drawn at random, half the outermost. From 0 to below 1; fields of fewer than about
    /// fifty points are searched whole.
    pub held_out: f64,
    /// How the answer is chosen.
    pub choice: Choice,
    /// What is known of the neuron's own error, as the mean sin² of the angle between its gradients
    /// and the right ones, or of the values', as 1 − R²: half the disagreement of two networks that
    /// were trained alike from different seeds, for instance. What a formula leaves unexplained up to
    /// there does not speak against it.
    pub known_error: Option<f64>,
    /// Operators beside those of the operator set, such as `gauss(x) = exp(-x^2)`; each has
    /// complexity 1 unless `costs` names it.
    pub templates: Definitions,
    /// Complexities other than those of the operator set.
    pub costs: Costs,
    /// What every answer must keep to.
    pub constraints: ConstraintConfig,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            budget: Effort::default().budget(),
            patience: 40,
            threads: None,
            max_complexity: 60,
            islands: 6,
            population: 80,
            births: 400,
            migrants: 4,
            screen_points: 1_000,
            hints: true,
            spectral: true,
            simplify: true,
            unfold: true,
            max_degree: 4,
            library: 1_000,
            max_terms: 6,
            shared_features: 60,
            rounding: 0.1,
            only_inputs: None,
            guesses: vec![],
            target_loss: None,
            seconds: None,
            held_out: 0.2,
            choice: Choice::Code,
            known_error: None,
            templates: Definitions::default(),
            costs: Costs::default(),
            constraints: ConstraintConfig::default(),
        }
    }
}

/// How much work a search may take where its answer is not proven earlier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effort {
    /// A few seconds.
    Quick,
    /// Up to a minute.
    #[default]
    Normal,
    /// Ten times as much.
    Thorough,
}

impl Effort {
    /// Every effort, the least first.
    pub const ALL: [Self; 3] = [Self::Quick, Self::Normal, Self::Thorough];

    /// The evaluations behind it.
    pub fn budget(self) -> u64 {
        match self {
            Self::Quick => 400_000,
            Self::Normal => 2_000_000,
            Self::Thorough => 20_000_000,
        }
    }

    /// Its name, as it is written in commands and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Normal => "normal",
            Self::Thorough => "thorough",
        }
    }
}

/// A search that cannot start.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SearchError {
    /// A setting outside its range.
    #[error("`{name}` is {value}; it must be {expected}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// An input that the field does not have.
    #[error("input {index} was asked for, the field has {inputs} (counted from 0)")]
    NoSuchInput {
        /// The index.
        index: u16,
        /// Inputs of the field.
        inputs: usize,
    },
    /// No input that a formula could be made of.
    #[error(
        "no input is left to search with: each of {names} is constant, excluded, or left out by \
         `only_inputs`; give inputs that vary"
    )]
    NoInputs {
        /// The inputs there are.
        names: String,
    },
    /// Values that cannot be regressed on.
    #[error("the values cannot be fitted: {reason}")]
    Values {
        /// What is wrong with them.
        reason: String,
    },
    /// Inputs whose names cannot stand in a formula, where settings name inputs.
    #[error("settings cannot name the inputs")]
    Names(#[from] NamesError),
    /// A complexity of what has none, or a template by which nothing can be recognised.
    #[error(transparent)]
    Operators(#[from] OpSetError),
    /// Constraints that do not fit the inputs.
    #[error(transparent)]
    Constraints(#[from] ConstraintError),
    /// A formula beside which nothing can be looked for.
    #[error("nothing can be looked for beside the formula: {reason}")]
    Known {
        /// Why not.
        reason: String,
    },
    /// The state could not be written down.
    #[error("cannot save the search: {reason}")]
    Unsaved {
        /// Why not.
        reason: String,
    },
    /// A saved search that cannot go on.
    #[error("cannot resume the saved search: {reason}; start anew, or give the original data")]
    NotResumable {
        /// Why not.
        reason: String,
    },
    /// A search that cannot be joined with another one.
    #[error("the searches do not look for one answer: {reason}")]
    NotTogether {
        /// Why not.
        reason: String,
    },
    /// The threads could not be started.
    #[error("cannot start the threads: {reason}; ask for fewer with `threads`")]
    Threads {
        /// What the system said.
        reason: String,
    },
}

impl SearchConfig {
    pub(crate) fn check(&self, dim: usize) -> Result<(), SearchError> {
        let at_least_one = [
            ("islands", self.islands),
            ("population", self.population),
            ("births", self.births),
            ("screen_points", self.screen_points),
            ("max_terms", self.max_terms),
            ("threads", self.threads.unwrap_or(1)),
        ];
        for (name, value) in at_least_one {
            if value == 0 {
                let value = value.to_string();
                return Err(SearchError::Setting { name, value, expected: "at least 1" });
            }
        }
        if !(0.0..=10.0).contains(&self.rounding) {
            let value = self.rounding.to_string();
            let expected = "between 0 and 10";
            return Err(SearchError::Setting { name: "rounding", value, expected });
        }
        let limits = [
            ("target_loss", self.target_loss),
            ("seconds", self.seconds),
            ("known_error", self.known_error),
        ];
        for (name, limit) in limits {
            if let Some(value) = limit.filter(|limit| limit.is_nan() || *limit < 0.0) {
                let value = value.to_string();
                return Err(SearchError::Setting { name, value, expected: "at least 0" });
            }
        }
        if let Some(guess) = self.guesses.iter().find(|guess| guess.input_count() > dim) {
            let index = u16::try_from(guess.input_count() - 1).unwrap_or(u16::MAX);
            return Err(SearchError::NoSuchInput { index, inputs: dim });
        }
        if !(0.0..1.0).contains(&self.held_out) {
            let value = self.held_out.to_string();
            let expected = "at least 0 and below 1";
            return Err(SearchError::Setting { name: "held_out", value, expected });
        }
        if self.only_inputs.as_ref().is_some_and(Vec::is_empty) {
            let (name, value) = ("only_inputs", "an empty list".into());
            let expected = "a list of at least one input, or absent";
            return Err(SearchError::Setting { name, value, expected });
        }
        match self.inputs(dim).into_iter().find(|&index| usize::from(index) >= dim) {
            Some(index) => Err(SearchError::NoSuchInput { index, inputs: dim }),
            None => Ok(()),
        }
    }

    /// The inputs that may appear.
    pub(crate) fn inputs(&self, dim: usize) -> Vec<u16> {
        self.only_inputs
            .clone()
            .unwrap_or_else(|| (0..dim).filter_map(|i| u16::try_from(i).ok()).collect())
    }
}
