//! One neuron: gradients, search, outer function.

use serde::{Deserialize, Serialize};
use symgrad_data::{DataError, DirectionField, Table};
use symgrad_expr::{Expr, Names};
use symgrad_models::Unit;
use symgrad_report::{ScatterLabels, scatter_svg};
use symgrad_search::{Objective, Outcome};

use super::ground::Ground;
use super::{InterpretSettings, Model, Outer};
use crate::findings::search_whole_field;
use crate::{Error, Findings, Origin, SearchSettings};

/// What a neuron does on the points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activity {
    /// Its gradient vanishes at every point.
    Dead,
    /// Its gradient has the same direction at every point: it is a function of a weighted sum
    /// of the inputs, and no search is needed.
    Linear,
    /// Anything else.
    Nonlinear,
}

/// What a neuron has learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interpretation {
    /// The neuron's layer.
    pub layer: String,
    /// Which value of the layer it is.
    pub unit: Unit,
    /// What it does on the points.
    pub activity: Activity,
    /// Points given.
    pub points: usize,
    /// Points where its gradient is strong enough to have a direction.
    pub active: usize,
    /// The surface on which the data lie, if they do not fill the space, in words.
    pub surface: Option<String>,
    /// Front, answer and verdict; absent for dead neurons.
    pub findings: Option<Findings>,
    /// How the neuron depends on the answer.
    pub outer: Option<Outer>,
    /// How the run was started, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Interpretation {
    /// What is the same whenever and wherever it is found: files hold that.
    #[must_use]
    pub fn without_seconds(&self) -> Self {
        let findings = self.findings.as_ref().map(Findings::without_seconds);
        Self { findings, ..self.clone() }
    }

    /// The picture of the neuron against the answer, as SVG: what φ looks like. An empty text
    /// for dead neurons.
    pub fn outer_svg(&self, model: &Model, points: &Table) -> Result<String, Error> {
        let Some(findings) = &self.findings else { return Ok(String::new()) };
        let values = model.values_of(points, &self.layer, &[self.unit])?.remove(0);
        let formula = findings.values_at(points)?;
        let both = formula.into_iter().zip(values).filter(|(f, h)| f.is_finite() && h.is_finite());
        let (formula, values): (Vec<f64>, Vec<f64>) = both.unzip();
        let labels = ScatterLabels {
            formula: &findings.readable_answer(),
            latent: &format!("neuron {} of {}", self.unit, self.layer),
            r_squared: self.outer.as_ref().map(|outer| outer.r_squared),
            spearman: self.outer.as_ref().map(|outer| outer.spearman),
            ..ScatterLabels::default()
        };
        Ok(scatter_svg(&values, &formula, &labels)?)
    }

    /// Remembers in the findings what the answer is like at the points: the neuron's values beside
    /// it, and the angles between their gradients. The arguments are those that the neuron was
    /// interpreted with.
    pub fn take_sample(
        &mut self,
        model: &Model,
        points: &Table,
        settings: &InterpretSettings,
    ) -> Result<(), Error> {
        let (layer, unit) = (&self.layer, self.unit);
        let Some(findings) = &mut self.findings else { return Ok(()) };
        let values = model.values_of(points, layer, &[unit])?.remove(0);
        findings.take_values(&format!("neuron {unit}"), points, &values, true)?;
        let (ground, settings) = Ground::of(points, settings, &())?;
        let gradients = ground.gradients(&model.gradients(points, layer, &[unit])?.remove(0));
        let field = ground.field(&gradients, &settings)?;
        findings.take_sample(&Objective::new(&field, settings.search.measure));
        Ok(())
    }
}

/// Interprets one neuron, or the margin between two.
///
/// `points` are N rows of the model's inputs, those of its data; their names are the inputs'
/// names in formulas.
pub fn interpret_neuron(
    model: &Model,
    points: &Table,
    layer: &str,
    unit: Unit,
    settings: &InterpretSettings,
    observer: &mut dyn symgrad_search::Observer,
) -> Result<Interpretation, Error> {
    let (ground, settings) = Ground::of(points, settings, &())?;
    Observed::of(model, points, layer, unit, &ground)?.interpret(&settings, observer)
}

/// Interprets one neuron as [`interpret_neuron`] does, by a search of your own, such as one by
/// [islands](crate::run_islands): it gets what is to be matched and the settings for that. It is asked
/// only where [`neuron_objective`] says that there is something to be searched.
pub fn interpret_neuron_by(
    model: &Model,
    points: &Table,
    layer: &str,
    unit: Unit,
    settings: &InterpretSettings,
    search: impl FnOnce(&Objective, &SearchSettings) -> Result<Findings, Error>,
) -> Result<Interpretation, Error> {
    let (ground, settings) = Ground::of(points, settings, &())?;
    let observed = Observed::of(model, points, layer, unit, &ground)?;
    observed.explain(&settings, |field| {
        search(&Objective::new(field, settings.search.measure), &settings.search)
    })
}

/// What the search for a neuron has to match, and the settings for that; `None` for a neuron that needs
/// no search, since it is dead or a function of a weighted sum.
pub fn neuron_objective(
    model: &Model,
    points: &Table,
    layer: &str,
    unit: Unit,
    settings: &InterpretSettings,
) -> Result<Option<(Objective, SearchSettings)>, Error> {
    let (ground, settings) = Ground::of(points, settings, &())?;
    let observed = Observed::of(model, points, layer, unit, &ground)?;
    let Some(field) = observed.field(&settings)? else { return Ok(None) };
    let InterpretSettings { search, .. } = settings;
    let needed = weighted_sum(&field).is_none_or(|sum| !search.ops.allows(&sum));
    Ok(needed.then(|| (Objective::new(&field, search.measure), search)))
}

/// A neuron's values and its gradients in the inputs that are left of its network's.
pub(super) struct Observed<'a> {
    pub(super) layer: &'a str,
    pub(super) unit: Unit,
    pub(super) ground: &'a Ground,
    pub(super) values: Vec<f64>,
    pub(super) gradients: Vec<Vec<f64>>,
}

impl<'a> Observed<'a> {
    fn of(
        model: &Model,
        points: &Table,
        layer: &'a str,
        unit: Unit,
        ground: &'a Ground,
    ) -> Result<Self, Error> {
        let values = model.values_of(points, layer, &[unit])?.remove(0);
        let gradients = ground.gradients(&model.gradients(points, layer, &[unit])?.remove(0));
        Ok(Self { layer, unit, ground, values, gradients })
    }
}

impl Observed<'_> {
    pub(super) fn interpret(
        &self,
        settings: &InterpretSettings,
        observer: &mut dyn symgrad_search::Observer,
    ) -> Result<Interpretation, Error> {
        self.explain(settings, |field| search_whole_field(field, &settings.search, observer))
    }

    /// Judges given formulas as explanations of the neuron, instead of searching.
    pub(super) fn judge(
        &self,
        formulas: &[Expr],
        settings: &InterpretSettings,
    ) -> Result<Interpretation, Error> {
        self.explain(settings, |field| judge(field, formulas, settings))
    }

    fn explain(
        &self,
        settings: &InterpretSettings,
        search: impl FnOnce(&DirectionField) -> Result<Findings, Error>,
    ) -> Result<Interpretation, Error> {
        let mut found = Interpretation {
            layer: self.layer.into(),
            unit: self.unit,
            activity: Activity::Dead,
            points: self.ground.points().rows(),
            active: 0,
            surface: None,
            findings: None,
            outer: None,
            origin: None,
        };
        let Some(field) = self.field(settings)? else { return Ok(found) };
        found.active = field.len();
        found.surface = field.tangent().map(ToString::to_string);
        let sum = weighted_sum(&field).filter(|sum| settings.search.ops.allows(sum));
        let mut findings = if let Some(sum) = sum {
            found.activity = Activity::Linear;
            judge(&field, &[sum], settings)?
        } else {
            found.activity = Activity::Nonlinear;
            search(&field)?
        };
        let folded = findings.folds.as_ref().is_some_and(|folds| !folds.turns.is_empty());
        let formula = findings.values_at(self.ground.points())?;
        findings.left_out = self.ground.left_out();
        found.outer = Outer::of(&formula, &self.values, folded);
        found.findings = Some(findings);
        Ok(found)
    }

    /// The directions of the gradients; `None` for a dead neuron.
    pub(super) fn field(
        &self,
        settings: &InterpretSettings,
    ) -> Result<Option<DirectionField>, Error> {
        match self.ground.field(&self.gradients, settings) {
            Ok(field) => Ok(Some(field)),
            Err(DataError::NoDirections { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn judge(
    field: &DirectionField,
    formulas: &[Expr],
    settings: &InterpretSettings,
) -> Result<Findings, Error> {
    let search = &settings.search;
    let objective = Objective::new(field, search.measure);
    let outcome = Outcome::of_formulas(objective, formulas, &search.ops, &search.config)?;
    let names = Names::new(field.names().to_vec())?;
    Findings::new(&outcome, &names, &search.ops, search.config.seed)
}

/// Directions that differ by less than this, 1 − |mean cos|, differ by rounding.
const ONE_DIRECTION: f64 = 1e-12;

/// The weighted sum of inputs with the field's direction, if that is the same everywhere.
fn weighted_sum(field: &DirectionField) -> Option<Expr> {
    let unit = field.basis(0);
    let row = |n: usize| unit.iter().map(move |column| column[n]);
    let sign = |n: usize| {
        let along: f64 = row(n).zip(row(0)).map(|(a, b)| a * b).sum();
        if along < 0.0 { -1.0 } else { 1.0 }
    };
    let signs: Vec<f64> = (0..field.len()).map(sign).collect();
    let count = field.len() as f64;
    let mean: Vec<f64> = unit
        .iter()
        .map(|column| column.iter().zip(&signs).map(|(u, s)| u * s).sum::<f64>() / count)
        .collect();
    // The mean of unit vectors is as long as their mean cosine with it.
    let length = mean.iter().map(|m| m * m).sum::<f64>().sqrt();
    if 1.0 - length > ONE_DIRECTION {
        return None;
    }
    let largest = |slopes: &mut dyn Iterator<Item = f64>| {
        slopes.fold(0.0_f64, |most, m| if m.abs() > most.abs() { m } else { most })
    };
    let matters = 1e-12 * largest(&mut mean.iter().copied()).abs();
    // What is compared per unit of an input counts per input in the sum.
    let slope = |(m, input): (&f64, u16)| m / field.units().scale(usize::from(input));
    let terms = || mean.iter().zip(0_u16..).filter(|(m, _)| m.abs() > matters);
    let most = largest(&mut terms().map(slope));
    let term = |(m, input): (&f64, u16)| {
        let coefficient = slope((m, input)) / most;
        let input = Expr::var(input);
        if coefficient == 1.0 { input } else { Expr::constant(coefficient) * input }
    };
    terms().map(term).reduce(|sum, term| sum + term)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreted(points: &Table, gradients: &[Vec<f64>]) -> Interpretation {
        let (ground, settings) = Ground::of(points, &InterpretSettings::default(), &()).unwrap();
        let (values, gradients) = (points.column(0).to_vec(), ground.gradients(gradients));
        let observed =
            Observed { layer: "h", unit: Unit::Neuron(0), ground: &ground, values, gradients };
        observed.interpret(&settings, &mut ()).unwrap()
    }

    fn grid() -> Table {
        let x: Vec<f64> = (0..400).map(|n| 0.3 + f64::from(n % 20)).collect();
        let y: Vec<f64> = (0..400).map(|n| 0.5 + f64::from(n / 20)).collect();
        Table::new(vec!["x".into(), "y".into()], vec![x, y]).unwrap()
    }

    #[test]
    fn a_dead_neuron_is_no_failure() {
        let points = grid();
        let found = interpreted(&points, &vec![vec![0.0; 400]; 2]);
        assert_eq!((found.activity, found.active, found.findings), (Activity::Dead, 0, None));
    }

    #[test]
    fn a_linear_neuron_needs_no_search() {
        let points = grid();
        // max(0, x − 4y): no gradient on half of the points, one direction on the others.
        let slope = |n: usize| {
            let active = points.column(0)[n] > 4.0 * points.column(1)[n];
            f64::from(u8::from(active))
        };
        let gradients = [1.0, -4.0].map(|w| (0..400).map(|n| w * slope(n)).collect()).to_vec();
        let found = interpreted(&points, &gradients);
        assert_eq!(found.activity, Activity::Linear);
        let findings = found.findings.unwrap();
        assert_eq!(findings.answer().expression, "y - 0.25*x");
        assert!(found.active > 10 && found.active < 100, "{}", found.active);
    }

    #[test]
    fn inputs_that_tell_nothing_do_no_harm() {
        let whole = grid();
        let (x, y) = (whole.column(0).to_vec(), whole.column(1).to_vec());
        let twice: Vec<f64> = x.iter().map(|x| 2.0 * x).collect();
        let names = ["k", "x", "y", "twice"].map(String::from).to_vec();
        let points = Table::new(names, vec![vec![3.0; 400], x.clone(), y.clone(), twice]).unwrap();
        // k·(x + twice)·y = 9·x·y: its gradients along x and along its double add up.
        let along = |factor: f64, column: &[f64]| column.iter().map(|x| factor * x).collect();
        let gradients = vec![
            x.iter().zip(&y).map(|(x, y)| 3.0 * x * y).collect(),
            along(3.0, &y),
            along(9.0, &x),
            along(3.0, &y),
        ];
        let findings = interpreted(&points, &gradients).findings.unwrap();
        assert_eq!(findings.answer().expression, "x*y");
        assert_eq!(findings.inputs, ["x", "y"]);
        assert_eq!(findings.left_out, ["k is constant (3)", "twice is 2*x"]);
    }
}
