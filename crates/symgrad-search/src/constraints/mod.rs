//! What every answer must keep to: limits, inputs, units, structure.
//!
//! [`ConstraintConfig`] is what a user writes, in words; [`Constraints`] is what comes of it once
//! the inputs' names are known, and what the search asks.

mod limit;
mod structure;
mod units;

use serde::{Deserialize, Serialize};
use symgrad_expr::{Expr, Names, Node, OpSet, Program, Workspace};

use crate::inputs::importance::deviation;
pub use limit::{Limit, LimitError};
pub use structure::{Structure, StructureError};
use units::Analysis;
pub use units::{ConstantUnits, Dimension, Unit, UnitError, Units};

/// Constraints as a user writes them; without any, every expression is permitted.
///
/// ```
/// use symgrad_expr::{Expr, Names, OpSet};
/// use symgrad_search::{ConstraintConfig, Constraints};
///
/// let config = ConstraintConfig {
///     limits: vec!["depth <= 4".parse()?, "sin in sin|exp <= 0".parse()?],
///     exclude: vec!["t".into()],
///     require: vec!["x".into()],
///     ..ConstraintConfig::default()
/// };
/// let names = Names::new(["x", "v", "t"])?;
/// let constraints = Constraints::new(&config, &names, &OpSet::default())?;
/// let permitted = |text: &str| Expr::parse(text, &names).map(|expr| constraints.permits(&expr));
/// assert!(permitted("sin(x) + v^2")?);
/// assert!(!permitted("exp(sin(x))")?); // sin within exp
/// assert!(!permitted("x + t")?); // t is excluded
/// assert!(!permitted("v^2")?); // x is required
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConstraintConfig {
    /// Limits on depth, constants, uses, arguments' sizes and nesting.
    pub limits: Vec<Limit>,
    /// Names of inputs that must not appear.
    pub exclude: Vec<String>,
    /// Names of inputs that must all appear.
    pub require: Vec<String>,
    /// A skeleton to be filled in, such as `f(x, y)/g(z)`.
    pub structure: Option<String>,
    /// Units of the inputs; those without one are pure numbers. Without any, units do not count.
    pub units: Units,
    /// What units constants may have.
    pub constants: ConstantUnits,
}

/// Constraints that do not fit the inputs, or one another.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConstraintError {
    /// A name that is no input's.
    #[error("`{name}` in `{setting}` is no input; the inputs are {inputs}")]
    UnknownInput {
        /// The setting that names it.
        setting: &'static str,
        /// The name as written.
        name: String,
        /// The inputs there are.
        inputs: String,
    },
    /// An input that is required but cannot appear.
    #[error("`{name}` is required, but {reason}")]
    Unavailable {
        /// The input.
        name: String,
        /// Why it cannot appear.
        reason: &'static str,
    },
    /// No input is left.
    #[error("every input is excluded; leave at least one")]
    NoInputLeft,
    /// A structure that cannot be read or filled in.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// A limit that nothing can keep to.
    #[error("no expression keeps to `{limit}`; the smallest depth is 1")]
    Impossible {
        /// The limit.
        limit: String,
    },
}

/// Constraints settled for the inputs of one search.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    limits: Vec<Limit>,
    /// What symbols cost, for limits on sizes.
    ops: OpSet,
    excluded: Vec<u16>,
    required: Vec<u16>,
    units: Option<Analysis>,
    structure: Option<Structure>,
    /// Points at which an answer has to depend on the required inputs, column by column, and the
    /// inputs' spreads.
    samples: Vec<Vec<f64>>,
    spreads: Vec<f64>,
}

/// A share of the squared gradient below this is nothing that data could show.
const NO_SHARE: f64 = 1e-8;

impl Constraints {
    /// Settles constraints for inputs of these names and operators of these complexities.
    pub fn new(
        config: &ConstraintConfig,
        names: &Names,
        ops: &OpSet,
    ) -> Result<Self, ConstraintError> {
        let excluded = indices("exclude", &config.exclude, names)?;
        let required = indices("require", &config.require, names)?;
        if let Some(both) = required.iter().find(|input| excluded.contains(input)) {
            let name = names.get(*both).unwrap_or_default().to_owned();
            return Err(ConstraintError::Unavailable { name, reason: "it is excluded as well" });
        }
        if !names.is_empty() && excluded.len() == names.len() {
            return Err(ConstraintError::NoInputLeft);
        }
        if let Some(limit) = config.limits.iter().find(|limit| limit.is_impossible()) {
            return Err(ConstraintError::Impossible { limit: limit.to_string() });
        }
        let parse = |text: &String| Structure::parse(text, names, ops);
        let structure = config.structure.as_ref().map(parse).transpose()?;
        let absent = |input: &&u16| structure.as_ref().is_some_and(|s| !s.mentions(**input));
        if let Some(absent) = required.iter().find(absent) {
            let name = names.get(*absent).unwrap_or_default().to_owned();
            return Err(ConstraintError::Unavailable {
                name,
                reason: "it is not in the structure",
            });
        }
        let with_units: Vec<String> = config.units.names().map(str::to_owned).collect();
        indices("units", &with_units, names)?;
        let units = (!config.units.is_empty()).then(|| {
            let indices = (0..names.len()).filter_map(|index| u16::try_from(index).ok());
            let usable: Vec<u16> = indices.filter(|index| !excluded.contains(index)).collect();
            Analysis::new(names.iter(), &config.units, config.constants, &usable, ops)
        });
        let (limits, ops) = (config.limits.clone(), ops.clone());
        let (samples, spreads) = (vec![], vec![]);
        Ok(Self { limits, ops, excluded, required, units, structure, samples, spreads })
    }

    /// Whether an answer may be this expression.
    pub fn permits(&self, expr: &Expr) -> bool {
        self.tolerates(expr) && self.missing(expr) == 0
    }

    /// Whether a candidate may be this expression: it may lack required inputs, which later
    /// generations can add.
    pub(crate) fn tolerates(&self, expr: &Expr) -> bool {
        let excluded = |node: &Node| matches!(node, Node::Var(i) if self.excluded.contains(i));
        self.limits.iter().all(|limit| limit.permits(expr, &self.ops))
            && (self.excluded.is_empty() || !expr.nodes().iter().any(excluded))
            && self.units.as_ref().is_none_or(|units| units.permits(expr))
            && self.structure.as_ref().is_none_or(|structure| structure.matches(expr))
    }

    /// A tolerated expression of the same shape, where constants that units lack, or exponents
    /// that they forbid, are all that is wrong.
    pub(crate) fn repaired(&self, expr: &Expr) -> Option<Expr> {
        let repaired = self.units.as_ref()?.repaired(expr)?;
        self.tolerates(&repaired).then_some(repaired)
    }

    /// Whether an expression may be a term of an answer, as far as structures say.
    pub(crate) fn suits(&self, term: &Expr) -> bool {
        self.structure.as_ref().is_none_or(|structure| structure.matches(term))
    }

    /// How many required inputs do not appear.
    pub(crate) fn missing(&self, expr: &Expr) -> u32 {
        let lacks = |input: &&u16| !expr.nodes().contains(&Node::Var(**input));
        self.required.iter().filter(lacks).fold(0, |count, _| count + 1)
    }

    /// Has answers depend on the required inputs at some of these points: `z - z` is no use of z,
    /// and neither is `x + 1e-9*z`.
    pub(crate) fn sampled<C: AsRef<[f64]>>(mut self, columns: &[C]) -> Self {
        const SAMPLES: usize = 32;
        let points = columns.first().map_or(0, |column| column.as_ref().len());
        let rows: Vec<usize> =
            (0..SAMPLES.min(points)).map(|n| n * points / SAMPLES.min(points)).collect();
        let pick = |column: &C| rows.iter().map(|&row| column.as_ref()[row]).collect();
        self.samples = columns.iter().map(pick).collect();
        self.spreads = columns.iter().map(|column| deviation(column.as_ref())).collect();
        self
    }

    /// Whether the expression is permitted and depends on all required inputs, by its
    /// derivatives. Slow: for what is about to enter a hall of fame.
    pub(crate) fn completes(&self, expr: &Expr) -> bool {
        self.permits(expr)
            && (self.required.is_empty() || self.samples.is_empty() || self.depends(expr))
    }

    /// Whether each required input has its share in the gradient at some point, the inputs measured
    /// in units of their spread.
    fn depends(&self, expr: &Expr) -> bool {
        let points = self.samples[0].len();
        let (mut values, mut slopes) = (vec![0.0; points], vec![vec![]; self.samples.len()]);
        let found = Program::compile(expr).input_gradients(
            &self.samples,
            &mut Workspace::default(),
            &mut values,
            &mut slopes,
        );
        if found.is_err() {
            return false;
        }
        let square = |input: usize, point: usize| {
            slopes[input].get(point).map_or(0.0, |slope| (slope * self.spreads[input]).powi(2))
        };
        let matters = |required: &u16, point: usize| {
            let all: f64 = (0..slopes.len()).map(|input| square(input, point)).sum();
            all.is_finite() && square(usize::from(*required), point) > NO_SHARE * all
        };
        self.required.iter().all(|required| (0..points).any(|point| matters(required, point)))
    }

    /// Whether everything is permitted.
    pub fn is_empty(&self) -> bool {
        self.limits.is_empty()
            && self.excluded.is_empty()
            && self.required.is_empty()
            && self.units.is_none()
            && self.structure.is_none()
    }

    /// Takes the excluded inputs out of those that a search may use.
    pub(crate) fn narrow(
        &self,
        inputs: &mut Vec<u16>,
        names: &[String],
    ) -> Result<(), ConstraintError> {
        inputs.retain(|input| !self.excluded.contains(input));
        match self.required.iter().find(|input| !inputs.contains(input)) {
            Some(&absent) => Err(ConstraintError::Unavailable {
                name: names.get(usize::from(absent)).cloned().unwrap_or_default(),
                reason: "it is not among the inputs to be used, or the data do not extend along it",
            }),
            None => Ok(()),
        }
    }

    /// The structure that candidates fill in.
    pub fn structure(&self) -> Option<&Structure> {
        self.structure.as_ref()
    }

    /// The inputs that must all appear, sorted.
    pub fn required(&self) -> &[u16] {
        &self.required
    }
}

/// The sorted indices of named inputs.
fn indices(
    setting: &'static str,
    wanted: &[String],
    names: &Names,
) -> Result<Vec<u16>, ConstraintError> {
    let index = |name: &String| {
        names.index_of(name).ok_or_else(|| ConstraintError::UnknownInput {
            setting,
            name: name.clone(),
            inputs: names.iter().collect::<Vec<_>>().join(", "),
        })
    };
    let mut found = wanted.iter().map(index).collect::<Result<Vec<u16>, _>>()?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(config: &ConstraintConfig) -> Result<Constraints, ConstraintError> {
        let names = Names::new(["x", "v", "t"]).unwrap();
        Constraints::new(config, &names, &OpSet::default())
    }

    #[test]
    fn contradictions_are_refused_by_name() {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let refused = |exclude: &[&str], require: &[&str]| {
            let (exclude, require) = (list(exclude), list(require));
            let config = ConstraintConfig { exclude, require, ..ConstraintConfig::default() };
            settle(&config).unwrap_err().to_string()
        };
        let unknown = refused(&["y"], &[]);
        assert!(unknown.contains("`y` in `exclude`") && unknown.contains("x, v, t"), "{unknown}");
        assert!(refused(&["t"], &["x", "t"]).contains("`t` is required"));
        assert!(refused(&["t", "x", "v"], &[]).contains("every input"));
        let limits = vec!["depth <= 0".parse().unwrap()];
        let impossible = settle(&ConstraintConfig { limits, ..ConstraintConfig::default() });
        assert!(impossible.unwrap_err().to_string().contains("depth <= 0"));
    }

    #[test]
    fn an_input_that_cancels_is_not_used() {
        let require = vec!["t".to_owned()];
        let config = ConstraintConfig { require, ..ConstraintConfig::default() };
        let columns = [vec![0.5, 1.0, 2.0], vec![0.7, 1.1, 0.4], vec![2.0, 3.0, 0.3]];
        let constraints = settle(&config).unwrap().sampled(&columns);
        for (text, complete) in [
            ("x1*x2 + 0.001*x3", true),
            ("x1*x3", true),
            ("x3", true),
            ("x1*x2", false),
            ("x1*x2 + (x3 - x3)", false),
            ("x1 + x2*x3/x3", false),
            ("x1^(x3/x3)", false),
            ("x1*x2 + 1e-7*x3", false),
            ("x1*x2 + x3*1e-30", false),
            ("x1*x2 + exp(x3 - 40)", false),
        ] {
            assert_eq!(constraints.completes(&text.parse().unwrap()), complete, "{text}");
        }
    }

    #[test]
    fn without_constraints_everything_is_permitted() {
        let constraints = settle(&ConstraintConfig::default()).unwrap();
        assert!(constraints.is_empty());
        assert!(constraints.permits(&"sin(sin(x9))".parse().unwrap()));
    }
}
