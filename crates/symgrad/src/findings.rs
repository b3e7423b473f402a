//! What a search found, in the form that is written to `result.json`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use symgrad_data::{DirectionField, Table};
use symgrad_expr::{Expr, Language, Names, OpSet, Spelling};
use symgrad_report::FrontPoint;
use symgrad_search::{
    Entry, Folds, Hints, LossKind, Objective, Outcome, Scaling, Search, StopReason, Trust, Verdict,
};

use crate::origin::{Origin, Sample};
use crate::strays::Strays;
use crate::{Error, SearchSettings, Stage};

/// Version of the form of `result.json`; it changes when a reader has to.
pub const SCHEMA_VERSION: u32 = 1;

/// Wall-clock seconds by stage.
pub type Seconds = BTreeMap<Stage, f64>;

/// A front and the answer on it: what `result.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The inputs' names.
    pub inputs: Vec<String>,
    /// Inputs that the search did without, since they are constant or multiples of others, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The Pareto front in rising complexity, at least one entry.
    pub front: Vec<FrontEntry>,
    /// Index of the answer in the front.
    pub answer: usize,
    /// What the inputs are called in each notation, and what SymPy has to be told of them. Absent
    /// from results of earlier versions.
    #[serde(default)]
    pub spelling: BTreeMap<Language, Spelling>,
    /// The answer itself, for readers of the file; programs ask [`answer`](Self::answer).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<FrontEntry>,
    /// What the losses measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<LossKind>,
    /// Points given to the search.
    #[serde(default)]
    pub points: usize,
    /// How far front and answer can be believed: losses on held-out points, the neuron's noise
    /// and the verdict. Absent from results of earlier versions.
    #[serde(default)]
    pub trust: Option<Trust>,
    /// The values of the answer at which the neuron turns, if its signs tell so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<Folds>,
    /// What the field alone tells of the formula, before any search.
    #[serde(default)]
    pub hints: Hints,
    /// Indices of the hints that the answer does not keep to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints_against: Vec<usize>,
    /// A formula that few points speak against, where nothing was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strays: Option<Strays>,
    /// How the run was started, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What the answer is like at some of the points, for pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// Wall-clock seconds by stage; the one part that differs from run to run, and that is not in
    /// the files of a folder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seconds: Seconds,
    /// Evaluations that the search made, no more than its budget.
    pub evaluations: u64,
    /// Why the search stopped. Absent from results of earlier versions.
    #[serde(default)]
    pub stopped: Option<StopReason>,
    /// The seed.
    pub seed: u64,
    /// Version of symgrad.
    pub version: String,
}

/// An entry of a front, in several notations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrontEntry {
    /// Complexity under the search's operators.
    pub complexity: u32,
    /// Loss under the search's measure.
    pub loss: f64,
    /// The published loss, (2/d)(1 − mean cos); absent for values and folded neurons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper_mse: Option<f64>,
    /// For values, the mean squared error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_squared_error: Option<f64>,
    /// With linear scaling, the a and b of the best a·f + b for this f.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    /// The expression in its natural form, with all digits of its constants. Complexity is that of
    /// the form that the search has found: `x^4` counts as `(x^2)^2`.
    pub expression: String,
    /// The same where the search has templates: instances by their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_templates: Option<String>,
    /// For `SymPy`.
    pub sympy: String,
    /// For LaTeX.
    pub latex: String,
    /// For `NumPy`, imported as `np`.
    #[serde(default)]
    pub numpy: String,
    /// For Rust, with inputs of type `f64`.
    #[serde(default)]
    pub rust: String,
}

impl FrontEntry {
    pub(crate) fn readable(&self) -> &str {
        self.with_templates.as_ref().unwrap_or(&self.expression)
    }
}

impl Findings {
    /// The chosen entry.
    ///
    /// # Panics
    /// If the fields were changed so that the answer is not on the front.
    pub fn answer(&self) -> &FrontEntry {
        &self.front[self.answer]
    }

    /// The front as pictures want it.
    pub fn front_points(&self) -> Vec<FrontPoint> {
        let point = |entry: &FrontEntry| FrontPoint {
            complexity: entry.complexity,
            loss: entry.loss,
            expression: entry.readable().to_owned(),
        };
        self.front.iter().map(point).collect()
    }

    /// The front as comma-separated values with a header.
    pub fn front_csv(&self) -> String {
        let values = self.front.iter().any(|entry| entry.mean_squared_error.is_some());
        let second = if values { "mean_squared_error" } else { "paper_mse" };
        let mut text = format!("complexity,loss,{second},expression,measure\n");
        let measure = self.measure.map_or("", LossKind::name);
        for entry in &self.front {
            let FrontEntry { complexity, loss, expression, .. } = entry;
            let second = entry.mean_squared_error.or(entry.paper_mse);
            let second = second.map_or_else(String::new, |number| format!("{number:e}"));
            // Expressions may hold commas, but no quotes. Writing to a string cannot fail.
            let _ = writeln!(text, "{complexity},{loss:e},{second},\"{expression}\",{measure}");
        }
        text
    }

    /// The answer as people read it: templates by their names. Constants have the digits that
    /// the loss needs.
    pub fn readable_answer(&self) -> String {
        self.answer().readable().to_owned()
    }

    /// What is the same whenever and wherever it is found: files hold that.
    #[must_use]
    pub fn without_seconds(&self) -> Self {
        Self { seconds: Seconds::new(), ..self.clone() }
    }

    /// The name of the losses' measure.
    pub fn loss_name(&self) -> &'static str {
        self.measure.map_or("loss", LossKind::name)
    }

    /// The verdict on the answer.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.trust.as_ref().map(|trust| &trust.verdict)
    }

    pub(crate) fn new(
        outcome: &Outcome,
        names: &Names,
        ops: &OpSet,
        seed: u64,
    ) -> Result<Self, Error> {
        let templates = ops.templates().next().is_some();
        let kind = outcome.loss_kind();
        let values = matches!(kind, LossKind::Values | LossKind::ScaledValues);
        let spelling: BTreeMap<Language, Spelling> =
            Language::TYPED.map(|language| (language, Spelling::new(language, names))).into();
        let entry = |((entry, &mse), &scaling): ((&Entry, &f64), &Option<Scaling>)| {
            let natural = entry.expr.natural();
            let spelt = |language: Language| natural.spelt(language, &spelling[&language]);
            FrontEntry {
                complexity: entry.complexity,
                loss: entry.loss,
                paper_mse: kind.has_paper_mse().then_some(mse),
                mean_squared_error: values.then_some(mse),
                scaling,
                expression: natural.display(names).to_string(),
                with_templates: templates.then(|| ops.written(&entry.expr, names)),
                sympy: spelt(Language::Sympy),
                latex: spelt(Language::Latex),
                numpy: spelt(Language::Numpy),
                rust: spelt(Language::Rust),
            }
        };
        let entries = outcome.front().iter().zip(outcome.paper_mse()).zip(outcome.scalings());
        let front: Vec<FrontEntry> = entries.map(entry).collect();
        let answer = outcome.answer_index().ok_or(Error::NothingFound)?;
        Ok(Self {
            schema_version: SCHEMA_VERSION,
            inputs: names.iter().map(str::to_owned).collect(),
            left_out: Vec::new(),
            formula: front.get(answer).cloned(),
            front,
            answer,
            measure: Some(kind),
            points: outcome.points(),
            spelling: spelling.clone(),
            trust: Some(outcome.trust().clone()),
            folds: outcome.folds().cloned(),
            hints: Hints::default(),
            hints_against: vec![],
            strays: None,
            origin: None,
            sample: None,
            seconds: Seconds::new(),
            evaluations: outcome.evaluations(),
            stopped: Some(outcome.stop()),
            seed,
            version: env!("CARGO_PKG_VERSION").into(),
        })
    }
}

/// A formula in terms of the columns of a table. These may be more than the inputs it was found with:
/// those without which the search did have their places, too.
pub(crate) fn formula_of_columns(columns: &[String], text: &str) -> Result<Expr, Error> {
    let names = Names::new(columns.to_vec())?;
    Expr::parse(text, &names).map_err(|source| Error::Formula { text: text.into(), source })
}

/// Searches formulas for a direction field.
///
/// Columns that are constant, or multiples of others, are left out; [`Findings::left_out`] names them.
/// The result depends on the arguments alone, not on the number of threads; only `seconds`
/// differs.
pub fn search_field(
    field: &DirectionField,
    settings: &SearchSettings,
    observer: &mut dyn symgrad_search::Observer,
) -> Result<Findings, Error> {
    let reduction = settings.reduction(field.points());
    if reduction.dropped().is_empty() {
        return search_whole_field(field, settings, observer);
    }
    let settings = settings.without(reduction.dropped())?;
    let mut findings = search_whole_field(&field.reduced(&reduction)?, &settings, observer)?;
    findings.left_out = reduction.dropped().iter().map(ToString::to_string).collect();
    Ok(findings)
}

/// As [`search_field`], with all columns.
pub(crate) fn search_whole_field(
    field: &DirectionField,
    settings: &SearchSettings,
    observer: &mut dyn symgrad_search::Observer,
) -> Result<Findings, Error> {
    let objective = Objective::new(field, settings.measure);
    let mut findings = run_search(open_search(&objective, settings, None)?, observer)?;
    findings.look_for_strays(&objective);
    Ok(findings)
}

/// Searches formulas whose values are the given ones, one for each point: ordinary symbolic
/// regression. With linear scaling a formula f counts as the best a·f + b.
pub fn search_values(
    points: &Table,
    values: &[f64],
    linear_scaling: bool,
    settings: &SearchSettings,
    observer: &mut dyn symgrad_search::Observer,
) -> Result<Findings, Error> {
    let reduction = settings.reduction(points);
    let (points, settings) = (reduction.points(points), settings.without(reduction.dropped())?);
    let objective = Objective::regression(&points, values, linear_scaling)?;
    let mut findings = run_search(open_search(&objective, &settings, None)?, observer)?;
    findings.look_for_strays(&objective);
    findings.left_out = reduction.dropped().iter().map(ToString::to_string).collect();
    Ok(findings)
}

/// A search for an objective, ready to run; or one that
/// [`Search::save`](symgrad_search::Search::save) has written, to go on with: of the settings only
/// its limits count then. Whatever is wrong with the settings shows here.
pub fn open_search(
    objective: &Objective,
    settings: &SearchSettings,
    saved: Option<&[u8]>,
) -> Result<Search, Error> {
    let names = Names::new(objective.names().to_vec())?;
    let config = settings.resolved(&names)?;
    let Some(saved) = saved else {
        return Ok(Search::new(objective.clone(), settings.ops.clone(), config)?);
    };
    let mut search = Search::resume(objective.clone(), saved)?;
    search.set_limits(&config);
    Ok(search)
}

/// Runs a search to its end.
pub fn run_search(
    search: Search,
    observer: &mut dyn symgrad_search::Observer,
) -> Result<Findings, Error> {
    findings_of(search, |search| search.run(observer))
}

/// What comes of a search in that way.
pub(crate) fn findings_of(
    search: Search,
    end: impl FnOnce(Search) -> Outcome,
) -> Result<Findings, Error> {
    let start = std::time::Instant::now();
    let names = Names::new(search.names().to_vec())?;
    let (ops, seed) = (search.ops().clone(), search.config().seed);
    let (hints, points) = (search.hints().clone(), search.points());
    let outcome = end(search);
    let mut findings = Findings::new(&outcome, &names, &ops, seed)?;
    if let Some(answer) = outcome.answer() {
        findings.hints_against = hints.against(&answer.expr, &points);
    }
    findings.hints = hints;
    findings.seconds.insert(Stage::Search, to_milliseconds(start.elapsed().as_secs_f64()));
    Ok(findings)
}

/// Seconds to the millisecond: more would be noise.
pub(crate) fn to_milliseconds(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}
