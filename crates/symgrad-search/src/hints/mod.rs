//! What a direction field tells about a formula before any search.
//!
//! If g does not change along a vector field v(x), then u(x)·v(x) = 0 at every point, whatever
//! φ is: a linear relation between the components of the field. Each such relation means that
//! g depends on some inputs through a simpler combination of them, or not at all. The
//! combination then takes the place of its inputs, and the question is asked again.

mod against;
mod discover;
mod evidence;
mod forms;
mod frame;
mod library;
mod relations;
mod separable;
mod shifted;
mod together;

use std::fmt;

use serde::{Deserialize, Serialize};
use symgrad_data::{DirectionField, Units};
use symgrad_expr::{Expr, Names};

pub use forms::Form;

use crate::inputs::order::{Order, by_name};
use crate::inputs::units::level_sets_as_given;
use crate::score::measure::Measure;
use crate::score::objective::Objective;
use crate::score::one_thread_in_matrices;
use frame::Frame;

/// Points that are looked at: hints cost little, and more points would tell no more.
const POINTS: usize = 1_000;

/// The confidence that an input does not matter along which no gradient extends: it may matter
/// elsewhere.
const CERTAIN: f64 = 0.999;

/// Most inputs for which all pairs are compared.
const INPUTS: usize = 24;

/// What a field tells about the formula behind it, each hint with a confidence.
///
/// ```
/// use symgrad_data::{DirectionField, FieldOptions, Table};
/// use symgrad_search::Hints;
///
/// // Gradients of (x² + y²)·exp(t), which does not see the angle.
/// let at = |n: u32| (f64::from(n % 7) - 2.8, f64::from(n / 7 % 7) - 3.1, f64::from(n / 49));
/// let columns = |f: fn((f64, f64, f64)) -> f64| (0..343).map(|n| f(at(n))).collect::<Vec<_>>();
/// let points = [columns(|p| p.0), columns(|p| p.1), columns(|p| p.2)];
/// let gradients =
///     [columns(|p| 2.0 * p.0), columns(|p| 2.0 * p.1), columns(|p| p.0 * p.0 + p.1 * p.1)];
/// let points = Table::new(vec!["x".into(), "y".into(), "t".into()], points.to_vec())?;
/// let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default())?;
///
/// let hints = Hints::of(&field).to_string();
/// assert!(hints.contains("x and y only through x^2 + y^2"), "{hints}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hints {
    /// The inputs' names.
    names: Vec<String>,
    list: Vec<Hint>,
    /// Variables that g is a function of, in terms of the inputs: after the first round of
    /// combining, the second and so on.
    stages: Vec<Vec<Expr>>,
}

/// One thing that a field tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hint {
    /// What it tells.
    pub kind: HintKind,
    /// How likely it is that this holds exactly and is no accident, 0 to 1; below ½ a hint is
    /// not given.
    pub confidence: f64,
    /// What is left of the relation: of order 1 where it does not hold, the neuron's own error
    /// where it does.
    pub residual: f64,
}

/// What a hint may tell about g.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum HintKind {
    /// g does not depend on an input.
    Unneeded {
        /// The input, counted from 0.
        input: u16,
    },
    /// g depends on some inputs through one combination of them alone.
    Through {
        /// The inputs, counted from 0.
        inputs: Vec<u16>,
        /// The combination.
        combination: Expr,
        /// How it is made.
        form: Form,
    },
    /// Rotating or boosting several vectors together changes nothing: plane vectors or higher
    /// ones, whose components are told by the quantities that do not change.
    Together {
        /// The vectors' components, counted from 0.
        inputs: Vec<u16>,
        /// All quadratic forms that do not change: dot and cross products, squared lengths.
        invariants: Vec<Expr>,
    },
    /// Some inputs enter g through one function of them alone; which, is not known.
    Block {
        /// The inputs, counted from 0.
        inputs: Vec<u16>,
    },
    /// g combines one function of each of several groups of inputs, as a sum or, what is the same
    /// for level sets, as a product.
    Separable {
        /// The groups of inputs, counted from 0.
        blocks: Vec<Vec<u16>>,
    },
    /// Every level set is left as it is by a group of affine maps: 6 dimensions for a quadratic
    /// form in four inputs, d² − 1 for one that depends on a single linear combination of d.
    Symmetries {
        /// The dimension of the group.
        dimension: usize,
    },
}

impl Hints {
    /// What a field tells. The result depends on the field alone; it takes milliseconds.
    pub fn of(field: &DirectionField) -> Self {
        let objective = Objective::new(field, Measure::LevelSet);
        Self::of_objective(&objective)
    }

    /// What the field behind an objective tells: nothing, if it has values instead.
    pub fn of_objective(objective: &Objective) -> Self {
        one_thread_in_matrices();
        let (objective, order) = Order::of(objective.clone());
        Self::in_order(&objective).as_given(objective.units()).in_given_order(&order)
    }

    /// What an objective tells that is in the search's order.
    pub(crate) fn in_order(objective: &Objective) -> Self {
        let mut hints = Self { names: objective.names().to_vec(), ..Self::default() };
        let thinned = objective.thinned(POINTS);
        // Of many inputs those are compared that some point's gradient extends along.
        let idle = if thinned.dim() > INPUTS { thinned.negligible() } else { vec![] };
        if let Some(frame) = Frame::new(&thinned, &idle)
            && frame.dim() <= INPUTS
        {
            (hints.list, hints.stages) = discover::discover(frame);
            let idle =
                (0..).zip(idle).filter_map(|(input, idle): (u16, bool)| idle.then_some(input));
            let told = idle.map(|input| Hint {
                kind: HintKind::Unneeded { input },
                confidence: CERTAIN,
                residual: 0.0,
            });
            hints.list.splice(0..0, told);
        }
        hints
    }

    /// The hints in the inputs as given, if they are in measured ones.
    pub(crate) fn as_given(&self, units: &Units) -> Self {
        let mut given = self.clone();
        if units.is_own() {
            return given;
        }
        let rewrite = |expr: &mut Expr| *expr = level_sets_as_given(expr, units).expr;
        for hint in &mut given.list {
            match &mut hint.kind {
                HintKind::Through { combination, .. } => rewrite(combination),
                HintKind::Together { invariants, .. } => invariants.iter_mut().for_each(rewrite),
                _ => {}
            }
        }
        given.stages.iter_mut().flatten().for_each(rewrite);
        given
    }

    /// The same for inputs in the order in which they were given.
    pub(crate) fn in_given_order(&self, order: &Order) -> Self {
        let all = |inputs: &[u16]| {
            let mut inputs: Vec<u16> = inputs.iter().map(|&input| order.given(input)).collect();
            inputs.sort_unstable();
            inputs
        };
        let kind = |kind: &HintKind| match kind {
            HintKind::Unneeded { input } => HintKind::Unneeded { input: order.given(*input) },
            HintKind::Through { inputs, combination, form } => HintKind::Through {
                inputs: all(inputs),
                combination: order.level_sets_to_given(combination),
                form: *form,
            },
            HintKind::Together { inputs, invariants } => HintKind::Together {
                inputs: all(inputs),
                invariants: {
                    let given = invariants.iter().map(|expr| order.level_sets_to_given(expr));
                    let mut given: Vec<Expr> = given.collect();
                    given.sort_by_cached_key(|expr| (expr.inputs(), expr.to_string()));
                    given
                },
            },
            HintKind::Block { inputs } => HintKind::Block { inputs: all(inputs) },
            HintKind::Separable { blocks } => {
                let mut blocks: Vec<Vec<u16>> = blocks.iter().map(|block| all(block)).collect();
                blocks.sort_unstable();
                HintKind::Separable { blocks }
            }
            HintKind::Symmetries { dimension } => HintKind::Symmetries { dimension: *dimension },
        };
        let mut list: Vec<Hint> =
            self.list.iter().map(|hint| Hint { kind: kind(&hint.kind), ..*hint }).collect();
        // What does not matter comes as a rule first; in the order of the inputs then.
        list.sort_by_key(|hint| match hint.kind {
            HintKind::Unneeded { input } => (0, input),
            _ => (1, 0),
        });
        let stage = |stage: &Vec<Expr>| stage.iter().map(|expr| order.to_given(expr)).collect();
        Self {
            names: order.names().to_vec(),
            list,
            stages: self.stages.iter().map(stage).collect(),
        }
    }

    /// The hints, in the order in which they were found: what later ones say rests on earlier
    /// ones.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Hint> {
        self.list.iter()
    }

    /// The variables that g is a function of, as far as combinations of inputs are known.
    pub(crate) fn variables(&self) -> &[Expr] {
        self.stages.last().map_or(&[], Vec::as_slice)
    }

    /// Whether the field tells nothing.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// One line per hint, and one for all inputs that do not matter.
impl fmt::Display for Hints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut unneeded = self.unneeded();
        for hint in &self.list {
            if !matches!(hint.kind, HintKind::Unneeded { .. }) {
                writeln!(f, "{}", hint.text(&self.names))?;
            } else if let Some(line) = unneeded.take() {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}

impl Hints {
    /// One of the hints in words.
    pub fn text(&self, index: usize) -> Option<String> {
        Some(self.list.get(index)?.text(&self.names))
    }

    /// The inputs that do not matter in one line, with the weakest of the reasons.
    fn unneeded(&self) -> Option<String> {
        let mut inputs = vec![];
        let (mut confidence, mut residual) = (1.0_f64, 0.0_f64);
        for hint in &self.list {
            if let HintKind::Unneeded { input } = hint.kind {
                inputs.push(input);
                confidence = confidence.min(hint.confidence);
                residual = residual.max(hint.residual);
            }
        }
        let weakest = Hint { kind: HintKind::Unneeded { input: 0 }, confidence, residual };
        let all = match inputs.split_at_checked(NAMED) {
            Some((named, more)) if more.len() > 1 => {
                let named: Vec<String> =
                    named.iter().map(|input| list(&[*input], &self.names)).collect();
                format!("{} and {} others", named.join(", "), more.len())
            }
            _ => list(&inputs, &self.names),
        };
        (!inputs.is_empty()).then(|| format!("g does not depend on {all}; {}", weakest.reason()))
    }
}

/// Inputs that are named one by one where they do not matter.
const NAMED: usize = 20;

/// Inputs as people list them, in the order in which formulas are written.
fn list(inputs: &[u16], names: &[String]) -> String {
    let name = |input: &u16| names.get(usize::from(*input)).map_or("?", String::as_str);
    let mut all: Vec<&str> = inputs.iter().map(name).collect();
    all.sort_by(|a, b| by_name(a, b));
    match all.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => all.concat(),
    }
}

impl Hint {
    /// In words, with the inputs' names.
    fn text(&self, names: &[String]) -> String {
        let list = |inputs: &[u16]| list(inputs, names);
        let told = match &self.kind {
            HintKind::Unneeded { input } => format!("g does not depend on {}", list(&[*input])),
            HintKind::Through { inputs, combination, .. } => {
                let shown = shown(combination, names);
                format!("g depends on {} only through {shown}", list(inputs))
            }
            HintKind::Together { inputs, invariants } => {
                let shown: Vec<String> = invariants.iter().map(|i| shown(i, names)).collect();
                format!(
                    "g does not change when vectors made of {} are turned together; nor do {}",
                    list(inputs),
                    shown.join(", ")
                )
            }
            HintKind::Block { inputs } => {
                format!("g depends on {} only through one function of them", list(inputs))
            }
            HintKind::Separable { blocks } => {
                let mut functions: Vec<String> =
                    blocks.iter().map(|block| format!("a function of {}", list(block))).collect();
                functions.sort_unstable();
                format!("g is a sum, or a product, of {}", functions.join(" and "))
            }
            HintKind::Symmetries { dimension } => format!(
                "affine maps that leave g as it is form a group of {dimension} dimension{}",
                if *dimension == 1 { "" } else { "s" }
            ),
        };
        format!("{told}; {}", self.reason())
    }

    fn reason(&self) -> String {
        // Rounded down: nothing is certain.
        let percent = (self.confidence * 1e3).floor() / 10.0;
        format!("confidence {percent} %, {:.0e} of a relation is left", self.residual)
    }
}

fn shown(expr: &Expr, names: &[String]) -> String {
    let expr = expr.rounded(4);
    Names::new(names.to_vec()).map_or_else(|_| expr.to_string(), |n| expr.display(&n).to_string())
}
