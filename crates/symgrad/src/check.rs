//! The check of an answer against the truth, which appears nowhere before.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use symgrad_data::{DirectionField, FieldOptions, Table, Tangent, TangentMode};
use symgrad_experiments::{Experiment, Recipe, Splits, generate};
use symgrad_expr::{Expr, Op, Program, Workspace};
use symgrad_search::{Evaluator, Measure, Objective};

use crate::findings::formula_of_columns;
use crate::{Discovery, Error, Findings, PairsRecord, Seconds, VerdictRecord};

/// The answer has the truth's level sets if 1 − |mean cos| is below this.
pub(crate) const RECOVERED: f64 = 1e-4;

/// Points of the check.
const FRESH: usize = 4_000;

/// Outcome of one run: an entry of `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Name of the experiment.
    pub name: String,
    /// Its system, if it has several.
    pub system: Option<String>,
    /// How positives were made.
    pub recipe: Recipe,
    /// The seed.
    pub seed: u64,
    /// Whether the answer has the truth's level sets: `mismatch` below 10⁻⁴. Absent where the truth is
    /// not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recovered: Option<bool>,
    /// What the search said of its answer, without the truth. Absent from records of earlier
    /// versions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<VerdictRecord>,
    /// The formula found.
    pub answer: String,
    /// The same for LaTeX.
    pub answer_latex: String,
    /// The concept of the data; absent where it is not known, as of a user's own triplets.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub truth: Option<String>,
    /// 1 − |mean cos| of the gradients of answer and truth at points that neither training nor
    /// search has seen; absent if the answer is not finite there.
    pub mismatch: Option<f64>,
    /// The other answer: laws that held-out pairs have chosen and judged. Absent from records of earlier
    /// versions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pairs: Option<PairsRecord>,
    /// Complexity of the answer.
    pub complexity: u32,
    /// Level-set loss of the answer against the neuron, at all points of the field.
    pub loss: f64,
    /// Paper MSE of the neuron against the truth, at all points of the field.
    pub paper_mse_neuron: Option<f64>,
    /// Paper MSE of the answer against the neuron, at the same points.
    pub paper_mse_answer: f64,
    /// The number printed with arXiv 2409.05305, for its own network and the published recipe.
    pub published_paper_mse: Option<f64>,
    /// Rank correlation of neuron and answer.
    pub spearman: f64,
    /// Points whose gradients were too weak.
    pub dropped: usize,
    /// Dimension of the surface the data fill, if they do not fill the space.
    pub tangent_rank: Option<usize>,
    /// Other quantities that the data conserve.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub also_conserved: Vec<Alternative>,
    /// The best mixtures of the truth and the first of the others.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mixture: Option<Mixture>,
    /// Evaluations of the search.
    pub evaluations: u64,
    /// Wall-clock seconds by stage.
    pub seconds: Seconds,
    /// Files of the run that symgrad did not make, or that were changed since: a user's own
    /// triplets, encoder or field.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub users_files: Vec<String>,
    /// Folder of the run's files, relative to that of the summary.
    pub folder: PathBuf,
}

impl Record {
    /// The same where the truth is not known.
    pub(crate) fn without_truth(self) -> Self {
        Self {
            recovered: None,
            truth: None,
            mismatch: None,
            pairs: self.pairs.map(PairsRecord::without_truth),
            paper_mse_neuron: None,
            also_conserved: vec![],
            mixture: None,
            ..self
        }
    }
}

/// How well another conserved quantity fits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// Its name.
    pub name: String,
    /// Its formula.
    pub formula: String,
    /// |mean cos| of its gradient and the neuron's, at the field's points.
    pub neuron_cosine: f64,
    /// |mean cos| of the truth's gradient and the neuron's, for comparison.
    pub truth_neuron_cosine: f64,
    /// |mean cos| of its gradient and the answer's, at fresh points.
    pub answer_cosine: f64,
}

/// The sum a·truth + b·other that fits best, a² + b² = 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mixture {
    /// What is mixed with the truth.
    pub with: String,
    /// (a, b) and |mean cos| for the neuron, at the field's points.
    pub neuron: [f64; 3],
    /// (a, b) and |mean cos| for the answer, at fresh points.
    pub answer: [f64; 3],
}

/// What the check says.
pub(crate) struct Comparison {
    pub(crate) mismatch: f64,
    /// The same of each of the laws by pairs.
    pub(crate) laws: Vec<f64>,
    /// Level-set losses against the neuron at all points of the field.
    pub(crate) neuron_loss: f64,
    pub(crate) answer_loss: f64,
    pub(crate) also: Vec<Alternative>,
    pub(crate) mixture: Option<Mixture>,
}

/// Compares the answer and the laws with the truth at fresh points, and the neuron with the truth at the
/// field's.
pub(crate) fn check(
    experiment: Experiment,
    recipe: Recipe,
    seed: u64,
    field: &DirectionField,
    findings: &Findings,
    laws: &Discovery,
) -> Result<Comparison, Error> {
    let parse = |text: &str| formula_of_columns(field.names(), text);
    let (truth, answer) = (parse(experiment.truth())?, parse(&findings.answer().expression)?);
    let fresh = fresh_points(experiment, recipe, seed)?;
    let to_neuron = Objective::new(field, Measure::LevelSet);
    let to_truth = objective_of(&truth, fresh.clone(), field)?;
    let (mut neuron, mut fresh_truth) = (Evaluator::new(&to_neuron), Evaluator::new(&to_truth));

    let mismatch = fresh_truth.loss(&answer);
    let laws = laws.laws.iter().map(|law| Ok(fresh_truth.loss(&parse(&law.expression)?)));
    let laws = laws.collect::<Result<Vec<f64>, Error>>()?;
    let (neuron_loss, answer_loss) = (neuron.loss(&truth), neuron.loss(&answer));
    let (mut also, mut mixture) = (Vec::new(), None);
    // An answer without a gradient at some fresh point cannot be compared further.
    if let (Ok(to_answer), [_, ..]) =
        (objective_of(&answer, fresh, field), experiment.also_conserved())
    {
        let mut fresh_answer = Evaluator::new(&to_answer);
        for (name, formula) in experiment.also_conserved() {
            let other = parse(formula)?;
            also.push(Alternative {
                name: (*name).into(),
                formula: (*formula).into(),
                neuron_cosine: cosine(neuron.loss(&other)),
                truth_neuron_cosine: cosine(neuron_loss),
                answer_cosine: cosine(fresh_answer.loss(&other)),
            });
            mixture.get_or_insert_with(|| Mixture {
                with: (*name).into(),
                neuron: best_mixture(&truth, &other, &mut neuron),
                answer: best_mixture(&truth, &other, &mut fresh_answer),
            });
        }
    }
    Ok(Comparison { mismatch, laws, neuron_loss, answer_loss, also, mixture })
}

/// |mean cos| of a level-set loss; 0 for what has no gradient somewhere.
fn cosine(loss: f64) -> f64 {
    (1.0 - loss).max(0.0)
}

/// Anchors of random streams of their own.
fn fresh_points(experiment: Experiment, recipe: Recipe, seed: u64) -> Result<Table, Error> {
    let sizes = Splits { train: 1, validation: 1, test: FRESH };
    // Seeds of runs are below 2⁶³, so their complements are nobody's seeds.
    let data = generate(experiment, recipe, sizes, !seed)?;
    Ok(data.test.anchor().clone())
}

/// The exact directions of an expression at those points, within the tangent space of the
/// field's data if it has one.
fn objective_of(expr: &Expr, points: Table, field: &DirectionField) -> Result<Objective, Error> {
    let mut gradients = vec![Vec::new(); points.dim()];
    let mut values = vec![0.0; points.rows()];
    // Points and names come from the same experiment, so every input is there; what is not
    // finite is refused by the field.
    let _ = Program::compile(expr).input_gradients(
        points.columns(),
        &mut Workspace::default(),
        &mut values,
        &mut gradients,
    );
    let tangent = field.tangent().map_or(TangentMode::Off, Tangent::mode);
    let options = FieldOptions { weak: 0.0, tangent };
    let exact = DirectionField::from_gradients(points, &gradients, &options)?;
    Ok(Objective::new(&exact, Measure::LevelSet))
}

/// The angle at which cos·truth + sin·other has the smallest loss: a scan, then sections.
fn best_mixture(truth: &Expr, other: &Expr, evaluator: &mut Evaluator<'_>) -> [f64; 3] {
    const SCAN: u32 = 90;
    const SECTIONS: u32 = 40;
    let step = std::f64::consts::PI / f64::from(SCAN);
    let mut loss = |angle: f64| evaluator.loss(&mixed(truth, other, angle));
    let (mut best, mut least) = (0.0, f64::INFINITY);
    for index in 0..SCAN {
        let angle = f64::from(index) * step;
        let here = loss(angle);
        if here < least {
            (best, least) = (angle, here);
        }
    }
    let (mut low, mut high) = (best - step, best + step);
    for _ in 0..SECTIONS {
        let (left, right) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if loss(left) < loss(right) { high = right } else { low = left }
    }
    let angle = f64::midpoint(low, high);
    [angle.cos(), angle.sin(), cosine(loss(angle))]
}

fn mixed(truth: &Expr, other: &Expr, angle: f64) -> Expr {
    let scaled = |factor: f64, expr| Expr::binary(Op::Mul, Expr::constant(factor), expr);
    Expr::binary(Op::Add, scaled(angle.cos(), truth), &scaled(angle.sin(), other))
}

/// A record as it was written before records had verdicts.
#[cfg(test)]
pub(crate) const OLD_RECORD: &str = r#"{
  "name": "potentials",
  "system": "oscillator",
  "recipe": "isolated",
  "seed": 0,
  "recovered": true,
  "answer": "x^2 + v^2",
  "answer_latex": "x^{2} + v^{2}",
  "truth": "x^2 + v^2",
  "mismatch": 0.0,
  "complexity": 5,
  "loss": 3.16e-7,
  "paper_mse_neuron": 3.16e-7,
  "paper_mse_answer": 3.16e-7,
  "published_paper_mse": null,
  "spearman": 0.99999,
  "dropped": 0,
  "tangent_rank": null,
  "evaluations": 65336,
  "seconds": { "data": 0.039, "training": 3.853, "check": 0.064 },
  "folder": "potentials-oscillator-isolated/seed-0"
}"#;

#[cfg(test)]
mod tests {
    use symgrad_expr::Names;

    use super::*;
    use crate::{SearchSettings, search_field};

    #[test]
    fn records_without_a_verdict_are_read() -> Result<(), serde_json::Error> {
        let old: Record = serde_json::from_str(OLD_RECORD)?;
        assert_eq!(old.verdict, None);
        assert_eq!(serde_json::from_str::<Record>(&serde_json::to_string(&old)?)?, old);
        Ok(())
    }

    /// The diagonal is zero and half of the rest is the other half with the other sign: columns that
    /// the search does without, but the truth is written in.
    #[test]
    fn answers_in_fewer_inputs_are_checked_at_all_columns() -> Result<(), Box<dyn std::error::Error>>
    {
        let experiment = Experiment::AntisymmetricMinors3x3;
        let points = fresh_points(experiment, Recipe::Published, 3)?;
        let truth = formula_of_columns(points.names(), experiment.truth())?;
        let rows: Vec<usize> = (0..400).collect();
        let points = points.select(&rows);
        let options = FieldOptions::default();
        let mut gradients = vec![Vec::new(); points.dim()];
        let mut values = vec![0.0; points.rows()];
        let workspace = &mut Workspace::default();
        let program = Program::compile(&truth);
        program.input_gradients(points.columns(), workspace, &mut values, &mut gradients)?;
        let field = DirectionField::from_gradients(points, &gradients, &options)?;
        let mut settings = SearchSettings::default();
        settings.config.budget = 20_000;
        let findings = search_field(&field, &settings, &mut ())?;
        assert!(findings.inputs.len() < field.dim(), "{:?}", findings.inputs);
        let laws = Discovery::without_laws(field.points(), &"no pairs")?;
        let found = check(experiment, Recipe::Published, 3, &field, &findings, &laws)?;
        assert!(found.mismatch < 1e-10, "{}: {:e}", findings.answer().expression, found.mismatch);
        Ok(())
    }

    #[test]
    fn mixtures_are_found_whatever_their_sign() -> Result<(), Box<dyn std::error::Error>> {
        let names = Names::new(["x", "y", "vx", "vy"])?;
        let energy = Expr::parse(Experiment::Coulomb.truth(), &names)?;
        let spin = Expr::parse(Experiment::CentralPotential.truth(), &names)?;
        let points = fresh_points(Experiment::Coulomb, Recipe::Isolated, 3)?;
        let options = FieldOptions::default();
        let flat =
            DirectionField::from_gradients(points.clone(), &vec![vec![1.0; FRESH]; 4], &options)?;
        let target = objective_of(&mixed(&energy, &spin, -0.6), points, &flat)?;
        let [a, b, cosine] = best_mixture(&energy, &spin, &mut Evaluator::new(&target));
        assert!(1.0 - cosine < 1e-9, "{cosine}");
        assert!((b / a - (-0.6_f64).tan()).abs() < 1e-4, "{a} {b}");
        Ok(())
    }
}
