//! Options that several commands take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use symgrad::data::TangentMode;
use symgrad::expr::{Costs, OpSet};
use symgrad::search::{ConstantUnits, ConstraintConfig, Effort, Limit, SearchConfig, Units};
use symgrad::{Error, SearchSettings};

use crate::numbers::{count, number, seed, threads};

/// What decides which formulas are found.
#[derive(Args)]
pub(crate) struct SearchOptions {
    #[command(flatten, next_help_heading = "Formulas")]
    formulas: Formulas,
    #[command(flatten, next_help_heading = "What answers must keep to")]
    constraints: Constraints,
    #[command(flatten, next_help_heading = "Search")]
    limits: Limits,
}

impl SearchOptions {
    /// What the file says, where no option says otherwise.
    pub(crate) fn settings(&self) -> Result<SearchSettings, Error> {
        let file = self.limits.config.as_deref();
        let mut settings = file.map(SearchSettings::read).transpose()?.unwrap_or_default();
        self.formulas.apply(&mut settings)?;
        self.constraints.apply(&mut settings.config.constraints);
        self.limits.apply(&mut settings.config);
        Ok(settings)
    }
}

#[derive(Args)]
struct Formulas {
    /// Operators, such as "+ - * / sqrt sin"; those to be named are ^ cube tan tanh abs asin acos
    /// atan atan2 sinh cosh erf [default: + - * / neg square sqrt exp log sin cos inv]
    #[arg(long, value_name = "OPERATORS")]
    ops: Option<OpSet>,
    /// An operator of your own, such as "gauss(t) = exp(-t^2)"; may be repeated [default: none]
    #[arg(long, value_name = "DEFINITION")]
    define: Vec<String>,
    /// Complexities, such as "sin=3, const=2, x=2"; const are constants, var all inputs
    /// [default: 1 for every symbol, but const=3 and sqrt=4]
    #[arg(long, value_name = "LIST")]
    cost: Vec<Costs>,
    /// Largest complexity to explore [default: 60]
    #[arg(long, value_name = "COUNT", value_parser = count::<u32>)]
    max_complexity: Option<u32>,
    /// A formula to start from, such as "v^2/2 + x^2/2"; may be repeated [default: none]
    #[arg(long, value_name = "FORMULA", allow_hyphen_values = true)]
    guess: Vec<String>,
    /// Operators, loss and largest size to start from [default: default]
    #[arg(long, value_enum)]
    preset: Option<Preset>,
}

#[derive(Args)]
struct Constraints {
    /// Limits: "depth <= 6", "constants <= 3", "uses(sin) <= 2", "size(pow.right) <= 1",
    /// "sin in sin|exp <= 0"; separated by commas [default: none]
    #[arg(long, value_delimiter = ',', value_name = "LIMITS")]
    limit: Vec<Limit>,
    /// Inputs that must not appear, separated by commas [default: none]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    exclude: Vec<String>,
    /// Inputs that must all appear, separated by commas [default: none]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    require: Vec<String>,
    /// A skeleton to fill in, such as "f(x, y)/g(z)"; f and g are unknown functions [default: any]
    #[arg(long, value_name = "SKELETON", allow_hyphen_values = true)]
    structure: Option<String>,
    /// Units, such as "x=m, v=m/s, m=kg"; answers whose units agree [default: not asked for]
    #[arg(long, value_name = "LIST")]
    units: Option<Units>,
    /// Which units constants may have: those that their place needs, or none [default: any]
    #[arg(long, value_enum)]
    constants: Option<ConstantKind>,
}

#[derive(Args)]
struct Limits {
    /// Seed of every random choice [default: 0]
    #[arg(long, value_parser = seed)]
    seed: Option<u64>,
    /// Threads; the result does not depend on it [default: all cores]
    #[arg(long, value_parser = threads)]
    threads: Option<usize>,
    /// How much work the search may take where its answer is not proven earlier: quick (seconds),
    /// normal (up to a minute) or thorough (ten times as much) [default: normal]
    #[arg(long, value_parser = effort)]
    effort: Option<Effort>,
    /// Evaluations after which the search stops [default: 2000000, by --effort]
    #[arg(long, value_name = "COUNT", value_parser = count::<u64>)]
    budget: Option<u64>,
    /// Seconds after which it stops; the result then depends on the machine [default: no limit]
    #[arg(long, value_parser = number)]
    seconds: Option<f64>,
    /// A loss that is good enough to stop at [default: none]
    #[arg(long, value_name = "LOSS", value_parser = number)]
    target_loss: Option<f64>,
    /// What is known of the neuron's own error (mean sin² of the angle; of values 1 − R²), such as
    /// half the disagreement of two networks trained alike; misfits up to there do not speak
    /// against a formula [default: unknown]
    #[arg(long, value_name = "ENERGY", value_parser = number)]
    known_error: Option<f64>,
    /// Settings in TOML; options given here win [default: none]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Units of constants, as the command line spells them.
#[derive(Clone, Copy, ValueEnum)]
enum ConstantKind {
    /// Those that their place needs
    Any,
    /// None: constants are pure numbers
    Dimensionless,
}

#[derive(Clone, Copy, ValueEnum)]
enum Preset {
    /// A wide choice of operators, a loss without sign
    Default,
    /// The settings of arXiv 2409.05305
    Published,
}

impl Formulas {
    fn apply(&self, settings: &mut SearchSettings) -> Result<(), Error> {
        if let Some(preset) = self.preset {
            let base = match preset {
                Preset::Default => SearchSettings::default(),
                Preset::Published => SearchSettings::published(),
            };
            settings.ops = base.ops;
            settings.measure = base.measure;
            settings.config.max_complexity = base.config.max_complexity;
        }
        set(&mut settings.ops, self.ops.as_ref());
        set(&mut settings.config.max_complexity, self.max_complexity.as_ref());
        for text in &self.define {
            let defined = settings.config.templates.define(text).map(|_| ());
            defined.map_err(|source| Error::Template { source })?;
        }
        for costs in &self.cost {
            settings.config.costs.extend(costs.clone());
        }
        settings.guesses.extend(self.guess.iter().cloned());
        Ok(())
    }
}

impl Constraints {
    fn apply(&self, config: &mut ConstraintConfig) {
        config.limits.extend(self.limit.iter().cloned());
        config.exclude.extend(self.exclude.iter().map(|name| name.trim().to_owned()));
        config.require.extend(self.require.iter().map(|name| name.trim().to_owned()));
        set(&mut config.units, self.units.as_ref());
        if self.structure.is_some() {
            config.structure.clone_from(&self.structure);
        }
        match self.constants {
            Some(ConstantKind::Any) => config.constants = ConstantUnits::Any,
            Some(ConstantKind::Dimensionless) => config.constants = ConstantUnits::Dimensionless,
            None => {}
        }
    }
}

impl Limits {
    fn apply(&self, config: &mut SearchConfig) {
        set(&mut config.seed, self.seed.as_ref());
        set(&mut config.budget, self.effort.map(Effort::budget).as_ref());
        set(&mut config.budget, self.budget.as_ref());
        config.threads = self.threads.or(config.threads);
        config.seconds = self.seconds.or(config.seconds);
        config.target_loss = self.target_loss.or(config.target_loss);
        config.known_error = self.known_error.or(config.known_error);
    }
}

fn effort(text: &str) -> Result<Effort, String> {
    let known = Effort::ALL.into_iter().find(|effort| effort.name() == text);
    known.ok_or_else(|| "write `quick`, `normal` or `thorough`".to_owned())
}

fn set<T: Clone>(setting: &mut T, given: Option<&T>) {
    if let Some(given) = given {
        setting.clone_from(given);
    }
}

pub(crate) fn tangent(text: &str) -> Result<TangentMode, String> {
    match text {
        "auto" => Ok(TangentMode::Auto),
        "off" => Ok(TangentMode::Off),
        "curved" => Ok(TangentMode::Local { rank: None, neighbours: None }),
        _ => {
            let (curved, rank) = match text.strip_prefix("curved:") {
                Some(rank) => (true, rank.parse()),
                None => (false, text.parse()),
            };
            let rank = rank.map_err(|_| {
                "write `auto`, `off`, the number of directions in which the data extend, such as \
                 `3`, or `curved` or `curved:3` for a curved surface"
            })?;
            let local = TangentMode::Local { rank: Some(rank), neighbours: None };
            Ok(if curved { local } else { TangentMode::Rank(rank) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The defaults of `--help` are those of the settings.
    #[test]
    fn help_tells_the_defaults() {
        use clap::CommandFactory as _;
        let settings = SearchSettings::default();
        let config = &settings.config;
        assert!(config.seconds.is_none() && config.target_loss.is_none());
        let symbol = |op: &symgrad::expr::Op| match op.name() {
            "add" => "+",
            "sub" => "-",
            "mul" => "*",
            "div" => "/",
            name => name,
        };
        let operators: Vec<&str> = settings.ops.ops().iter().map(symbol).collect();
        let alike = symgrad::InterpretSettings::default().alike;
        let command = crate::Cli::command();
        for name in ["search", "interpret", "reproduce", "list"] {
            let sub = command.find_subcommand(name).expect("a command");
            for argument in sub.get_arguments() {
                let takes = argument.get_action().takes_values();
                if !takes || argument.is_required_set() || argument.is_positional() {
                    continue;
                }
                let option = argument.get_long().expect("a name");
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                let told = !argument.get_default_values().is_empty() || help.contains("[default: ");
                assert!(told, "{name} --{option}: {help}");
                let expected = match option {
                    "ops" => operators.join(" "),
                    "budget" if name != "list" => format!("{}, by --effort", config.budget),
                    "effort" => Effort::default().name().to_owned(),
                    "max-complexity" => config.max_complexity.to_string(),
                    "seed" if name != "reproduce" => config.seed.to_string(),
                    "alike" => alike.to_string(),
                    _ => continue,
                };
                assert!(help.contains(&format!("[default: {expected}]")), "{expected}: {help}");
            }
        }
    }
}
