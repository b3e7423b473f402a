//! The concepts that several neurons hold together, one after the other.
//!
//! Each of K neurons may hold a mixture of as many concepts; all that they have in common with
//! these is the span of their gradients. So the simplest function whose gradient lies in the
//! span is looked for first. What is left of the span, and of all gradients, beside that of
//! the function found shows the next: any two functions of the concepts that differ by a
//! function of the first look the same then, so that the search is free to find the simplest.

use serde::{Deserialize, Serialize};
use symgrad_data::DirectionField;
use symgrad_expr::{Aligned, Expr, OpSet, Program, Workspace};

use crate::config::{SearchConfig, SearchError};
use crate::inputs::units::measured;
use crate::judge::trust::Verdict;
use crate::outcome::{Outcome, StopReason};
use crate::score::axes::{Axes, complement};
use crate::score::measure::Measure;
use crate::score::objective::Objective;
use crate::score::target::{Directions, Target};
use crate::search::{Observer, Search};

/// Points where less of a formula's unit gradient lies in the span are left out: there the
/// neurons err, or the formula does.
const INSIDE: f64 = 0.5;

/// Parts of formulas found that the next search is told of.
const PARTS: usize = 12;

/// A gradient of which less is left beside earlier ones has no direction of its own (squared).
const NOTHING_LEFT: f64 = 1e-10;

impl Objective {
    /// The objective that is left once a formula is known: only what its gradient does not
    /// explain counts, of the neurons' gradients as of those of the expressions to be compared.
    ///
    /// With K neurons K − 1 directions are left at each point. Functions of the formula alone
    /// get the loss 1; adding one to another expression changes nothing. Points where the
    /// formula's gradient vanishes or does not lie in the span are left out.
    pub fn beside(&self, formula: &Expr) -> Result<Self, SearchError> {
        let problem = |reason: String| SearchError::Known { reason };
        let Target::Directions(target) = self.target() else {
            return Err(problem("values have no directions".into()));
        };
        let neurons = target.basis.len();
        if neurons < 2 {
            return Err(problem("of a single direction nothing is left beside it".into()));
        }
        if formula.input_count() > self.dim() {
            return Err(problem(format!("it uses an input beyond the {} there are", self.dim())));
        }
        let gradients = gradients(formula, self);
        let (mut kept, mut normals) = (vec![], vec![]);
        let mut basis = vec![vec![vec![]; self.dim()]; neurons - 1];
        for row in 0..self.points() {
            let whole: Vec<f64> = gradients.iter().map(|column| column[row]).collect();
            let Some((unit, left)) = part(&whole, target, row) else { continue };
            kept.push(row);
            normals.push([target.axes.normals_at(row), vec![unit]].concat());
            for (columns, vector) in basis.iter_mut().zip(left) {
                columns.iter_mut().zip(vector).for_each(|(column, x)| column.push(x));
            }
        }
        let weights: Vec<f64> = kept.iter().map(|&row| self.weights()[row]).collect();
        let share: f64 = weights.iter().sum();
        if share.is_nan() || share < INSIDE {
            let percent = (100.0 * (1.0 - share)).round();
            return Err(problem(format!(
                "its gradient vanishes, or does not lie in the span of the neurons', at {percent} \
                 % of the points"
            )));
        }
        let axes = Axes::of_points(&normals, self.dim());
        let pick = |column: &Aligned| kept.iter().map(|&row| column[row]).collect();
        let columns = self.columns().iter().map(pick).collect();
        // What is left of a span has no sign.
        let directions = Directions::along(basis, axes, target.empty, Measure::LocalSign);
        let target = Target::Directions(directions);
        let units = self.units().clone();
        Ok(Self::weighted(self.names().to_vec(), columns, weights, target).seen_in(units))
    }
}

/// The gradients at all points per unit of each input, not finite where the values are not.
fn gradients(formula: &Expr, objective: &Objective) -> Vec<Vec<f64>> {
    let formula = measured(formula, objective.units());
    let mut values = vec![0.0; objective.points()];
    let mut gradients = vec![vec![0.0; objective.points()]; objective.dim()];
    // Every input is there; where something is not finite, the point is left out.
    let _ = Program::compile(&formula).input_gradients(
        objective.columns(),
        &mut Workspace::default(),
        &mut values,
        &mut gradients,
    );
    for column in &mut gradients {
        for (g, value) in column.iter_mut().zip(&values) {
            *g += 0.0 * value;
        }
    }
    gradients
}

/// At one point a formula's unit gradient among the directions that count, and the neurons'
/// directions beside it; `None` where there is no such gradient, or it is none of theirs.
fn part(whole: &[f64], target: &Directions, row: usize) -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
    let mut unit = whole.to_vec();
    for normal in target.axes.normals_at(row) {
        let off = dot(&unit, &normal);
        unit.iter_mut().zip(&normal).for_each(|(u, m)| *u -= off * m);
    }
    let (before, square) = (dot(whole, whole), dot(&unit, &unit));
    if !(before.is_finite() && square > NOTHING_LEFT * before && square > f64::MIN_POSITIVE) {
        return None;
    }
    for u in &mut unit {
        *u /= square.sqrt();
    }
    let at = |neuron: &Vec<Aligned>| neuron.iter().map(|column| column[row]).collect();
    let span: Vec<Vec<f64>> = target.basis.iter().map(at).collect();
    let mut along: Vec<f64> = span.iter().map(|vector| dot(vector, &unit)).collect();
    let inside = dot(&along, &along).sqrt();
    if inside.is_nan() || inside < INSIDE {
        return None;
    }
    for a in &mut along {
        *a /= inside;
    }
    let mixed = |shares: &Vec<f64>| -> Vec<f64> {
        let component = |i: usize| shares.iter().zip(&span).map(|(s, v)| s * v[i]).sum();
        (0..unit.len()).map(component).collect()
    };
    let left = complement(&[along], span.len()).iter().map(mixed).collect();
    Some((unit, left))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The search for all concepts that several neurons hold.
///
/// ```
/// use symgrad_data::{DirectionField, FieldOptions, Table};
/// use symgrad_expr::OpSet;
/// use symgrad_search::{Generators, Measure, Objective, SearchConfig};
///
/// // Two neurons in four inputs that mix x1 + x4 and x2·x3, each in its own way.
/// let column = |step: f64| (1..300).map(|n| 0.3 + (step * f64::from(n)).fract()).collect();
/// let columns: Vec<Vec<f64>> = [0.618, 0.414, 0.732, 0.236].map(column).to_vec();
/// let mixed = |sum: f64, product: f64| -> Vec<Vec<f64>> {
///     let times = |input: usize| columns[input].iter().map(|x| product * x).collect();
///     vec![vec![sum; 299], times(2), times(1), vec![sum; 299]]
/// };
/// let neurons = [mixed(1.0, 0.7), mixed(-0.4, 1.0)];
/// let names = (1..=4).map(|i| format!("x{i}")).collect();
/// let points = Table::new(names, columns.clone())?;
/// let (field, span) =
///     DirectionField::spanned(points, &neurons, None, &FieldOptions::default())?;
/// assert_eq!(span.rank(), 2);
///
/// let objective = Objective::new(&field, Measure::LevelSet);
/// let config = SearchConfig { budget: 10_000, ..SearchConfig::default() };
/// let found = Generators::new(objective, OpSet::default(), config).run(&mut ())?;
/// let formulas: Vec<String> = found.formulas().iter().map(|f| f.to_string()).collect();
/// assert_eq!(formulas, ["x1 + x4", "x2*x3"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Searches are ordinary ones: [`next`](Self::next) gives the one that comes next, which can be
/// saved, resumed on [`rest`](Self::rest), and handed back to [`take`](Self::take).
#[derive(Clone, Debug)]
pub struct Generators {
    /// All that the neurons' gradients span.
    whole: Objective,
    /// What is left beside the formulas found.
    rest: Objective,
    ops: OpSet,
    config: SearchConfig,
    outcomes: Vec<Outcome>,
    formulas: Vec<Expr>,
    over: bool,
}

impl Generators {
    /// The concepts behind an objective with as many directions as there are concepts, written
    /// with the given operators; each search has the given settings.
    #[must_use]
    pub fn new(objective: Objective, ops: OpSet, config: SearchConfig) -> Self {
        let rest = objective.clone();
        let over = objective.neurons() == 0;
        let (outcomes, formulas) = (vec![], vec![]);
        Self { whole: objective, rest, ops, config, outcomes, formulas, over }
    }

    /// As [`new`](Self::new) for the span that a field holds.
    #[must_use]
    pub fn of(field: &DirectionField, ops: OpSet, config: SearchConfig) -> Self {
        Self::new(Objective::new(field, Measure::LevelSet), ops, config)
    }

    /// Goes on beside a formula that is known.
    pub fn know(&mut self, formula: Expr) -> Result<(), SearchError> {
        if self.rest.neurons() > 1 {
            self.rest = self.rest.beside(&formula)?;
        } else {
            self.over = true;
        }
        self.formulas.push(formula);
        Ok(())
    }

    /// The search for the next concept; none if all are found, or if the last was not.
    pub fn next(&self) -> Result<Option<Search>, SearchError> {
        if self.over {
            return Ok(None);
        }
        let mut config = self.config.clone();
        // The longer formulas of earlier fronts may hold what is looked for next.
        for entry in self.outcomes.iter().flat_map(Outcome::front) {
            if !config.guesses.contains(&entry.expr) && !self.formulas.contains(&entry.expr) {
                config.guesses.push(entry.expr.clone());
            }
        }
        let mut search = Search::new(self.rest.clone(), self.ops.clone(), config)?;
        search.suggest(&self.parts());
        Ok(Some(search))
    }

    /// What the formulas found are made of: a formula in the same variables often shares it.
    fn parts(&self) -> Vec<Expr> {
        let mut parts: Vec<Expr> = vec![];
        let mut open: Vec<Expr> = self.formulas.iter().rev().cloned().collect();
        while let Some(expr) = open.pop() {
            open.extend(expr.arguments());
            if expr.inputs().len() > 1 && parts.len() < PARTS && !parts.contains(&expr) {
                parts.push(expr);
            }
        }
        parts
    }

    /// Takes what that search found. A concept that was not found ends it all: what is left of
    /// the span then holds no function that can be written as asked.
    pub fn take(&mut self, outcome: Outcome) -> Result<(), SearchError> {
        let missed = matches!(outcome.verdict(), Verdict::NotFound { .. });
        let stopped = outcome.stop() == StopReason::Observer;
        let formula = outcome.answer().map(|answer| answer.expr.clone());
        self.outcomes.push(outcome);
        match formula {
            Some(formula) if !missed => self.know(formula)?,
            _ => self.over = true,
        }
        // Who stops one search does not want the next.
        self.over |= stopped;
        Ok(())
    }

    /// Searches until all concepts are found, or one is not.
    pub fn run(mut self, observer: &mut dyn Observer) -> Result<Self, SearchError> {
        while let Some(search) = self.next()? {
            self.take(search.run(observer))?;
        }
        Ok(self)
    }

    /// What each search found, in its order. The last one may be what is left once no formula is
    /// found: its verdict says so.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The concepts found and those that were known.
    pub fn formulas(&self) -> &[Expr] {
        &self.formulas
    }

    /// The objective of the search that comes next.
    pub fn rest(&self) -> &Objective {
        &self.rest
    }

    /// Number of concepts that the span holds beside those found.
    pub fn missing(&self) -> usize {
        self.whole.neurons().saturating_sub(self.formulas.len())
    }

    /// How far the span of the formulas' gradients lies from that of the neurons': the sine of
    /// the largest angle between the two at each point. `None` if no formula is found, or their
    /// gradients are dependent everywhere.
    pub fn agreement(&self) -> Option<SpanAgreement> {
        let Target::Directions(target) = self.whole.target() else { return None };
        let fields: Vec<_> =
            self.formulas.iter().map(|formula| gradients(formula, &self.whole)).collect();
        let mut sines: Vec<f64> = (0..self.whole.points())
            .filter_map(|row| {
                let at = |columns: &Vec<Vec<f64>>| columns.iter().map(|c| c[row]).collect();
                largest_sine(&fields.iter().map(at).collect::<Vec<_>>(), target, row)
            })
            .collect();
        sines.sort_unstable_by(f64::total_cmp);
        let at = |percent: usize| sines[(sines.len() - 1) * percent / 100];
        (!sines.is_empty() && !fields.is_empty()).then(|| SpanAgreement {
            median: at(50),
            high: at(95),
            points: sines.len(),
        })
    }
}

/// The largest angle between two spans, as sines over the points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanAgreement {
    /// The median.
    pub median: f64,
    /// One point in twenty has more.
    pub high: f64,
    /// Points where the formulas' gradients are independent.
    pub points: usize,
}

/// At one point the sine of the largest angle between the span of some gradients and the
/// neurons' span; `None` where the gradients are dependent.
fn largest_sine(gradients: &[Vec<f64>], target: &Directions, row: usize) -> Option<f64> {
    let normals = target.axes.normals_at(row);
    let mut units: Vec<Vec<f64>> = vec![];
    for gradient in gradients {
        let mut unit = gradient.clone();
        for earlier in normals.iter().chain(&units).chain(&normals).chain(&units) {
            let off = dot(&unit, earlier);
            unit.iter_mut().zip(earlier).for_each(|(u, e)| *u -= off * e);
        }
        let (before, square) = (dot(gradient, gradient), dot(&unit, &unit));
        if !(before.is_finite() && square > NOTHING_LEFT * before) {
            return None;
        }
        for u in &mut unit {
            *u /= square.sqrt();
        }
        units.push(unit);
    }
    // What of each lies outside; the largest combination of these.
    let outside: Vec<Vec<f64>> = units
        .iter()
        .map(|unit| {
            let mut left = unit.clone();
            for neuron in &target.basis {
                let along: f64 = neuron.iter().zip(unit).map(|(column, u)| column[row] * u).sum();
                left.iter_mut().zip(neuron).for_each(|(x, column)| *x -= along * column[row]);
            }
            left
        })
        .collect();
    let count = outside.len();
    let products = faer::Mat::from_fn(count, count, |i, j| dot(&outside[i], &outside[j]));
    let values = products.self_adjoint_eigenvalues(faer::Side::Lower).ok()?;
    Some(values.last()?.max(0.0).sqrt())
}
