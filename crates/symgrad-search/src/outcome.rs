//! What a search returns.

use std::fmt;

use serde::{Deserialize, Serialize};
use symgrad_data::Units;
use symgrad_expr::{Expr, OpSet};

use crate::config::{SearchConfig, SearchError};
use crate::front::{Entry, HallOfFame};
use crate::inputs::as_given::Writer;
use crate::inputs::order::Order;
use crate::inputs::units::{LevelSets, measured};
use crate::judge::trust::{self, Confirmation, HeldOut, Trust, Verdict};
use crate::score::evaluator::Evaluator;
use crate::score::fold::{self, Folds};
use crate::score::measure::LossKind;
use crate::score::objective::Objective;
use crate::score::one_thread_in_matrices;
use crate::score::scaling::{Scaling, scaling};

/// Why a search stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StopReason {
    /// The evaluations were spent.
    Budget,
    /// The seconds were up.
    Seconds,
    /// The loss asked for was reached.
    TargetLoss,
    /// The choice had stood for a multiple of the work that found it, in two independent searches.
    Settled,
    /// An observer, or whoever made the steps, stopped it.
    Observer,
    /// There was no search: the formulas were given.
    Given,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Budget => "the budget of evaluations is spent",
            Self::Seconds => "the seconds are up",
            Self::TargetLoss => "the target loss is reached",
            Self::Settled => "two searches have settled on their answers",
            Self::Observer => "it was told to stop",
            Self::Given => "the formulas were given",
        })
    }
}

/// An entry joins the final front only if it lowers the loss by this share: less is no reason
/// to read a longer formula.
const WORTHWHILE: f64 = 0.01;

/// The Pareto front of a search and the answer chosen on it.
#[derive(Clone, Debug)]
pub struct Outcome {
    front: Vec<Entry>,
    paper_mse: Vec<f64>,
    /// One for each entry, with linear scaling.
    scalings: Vec<Option<Scaling>>,
    names: Vec<String>,
    loss_kind: LossKind,
    points: usize,
    answer: Option<usize>,
    trust: Trust,
    folds: Option<Folds>,
    evaluations: u64,
    stop: StopReason,
}

/// What a front is judged by.
pub(crate) struct Judge<'a> {
    /// The points that the search knows.
    pub(crate) objective: &'a Objective,
    pub(crate) held: &'a HeldOut,
    pub(crate) ops: &'a OpSet,
    pub(crate) config: &'a SearchConfig,
    /// Inputs that formulas have to use.
    pub(crate) required: &'a [u16],
    /// Whether the mean of the values will head the front.
    pub(crate) mean: bool,
    /// What a second search says.
    pub(crate) confirmation: Confirmation,
}

impl Judge<'_> {
    /// Mean sin² of the neuron's own error, or 1 − R² of the values', as far as it is known.
    pub(crate) fn known_error(&self) -> f64 {
        self.config.known_error.unwrap_or(0.0)
    }
}

impl Outcome {
    /// From entries in rising complexity.
    pub(crate) fn new(
        entries: Vec<Entry>,
        judge: &Judge<'_>,
        evaluations: u64,
        stop: StopReason,
    ) -> Self {
        let Judge { objective, held, .. } = *judge;
        let floor = objective.floor();
        let mut front: Vec<Entry> = Vec::new();
        for entry in entries {
            let worth = front.last().is_none_or(|last| {
                last.loss > floor && entry.loss < last.loss * (1.0 - WORTHWHILE)
            });
            if worth {
                front.push(entry);
            }
        }
        let (trust, answer) = trust::assess(&front, judge);
        let chosen = answer.filter(|_| held.whole.has_local_sign());
        let folds = chosen.and_then(|index| fold::folds(&held.whole, &front[index].expr));
        Self {
            answer,
            trust,
            folds,
            paper_mse: front.iter().map(|e| objective.to_paper_mse(e.loss)).collect(),
            scalings: front.iter().map(|entry| scaling(&held.whole, &entry.expr)).collect(),
            names: objective.names().to_vec(),
            loss_kind: objective.loss_kind(),
            points: held.whole.points(),
            front,
            evaluations,
            stop,
        }
    }

    /// With formulas in another form, some of the other sign, the same in everything else.
    pub(crate) fn arranged(mut self, form: impl Fn(&Expr) -> (Expr, bool)) -> Self {
        for (index, entry) in self.front.iter_mut().enumerate() {
            let negative;
            (entry.expr, negative) = form(&entry.expr);
            if let Some(folds) =
                self.folds.as_mut().filter(|_| negative && Some(index) == self.answer)
            {
                folds.turns.reverse();
                for turn in &mut folds.turns {
                    *turn = -*turn;
                }
            }
        }
        self.trust.retell(&self.front, self.answer, &self.names, self.loss_kind);
        self
    }

    /// Puts the mean before all other entries. Neither the choice nor the verdict looks at it:
    /// every formula is compared with it already, by what its loss is measured in.
    pub(crate) fn begin_with(&mut self, mean: Entry, objective: &Objective, held: &HeldOut) {
        self.trust.begin_with(&mean.expr, held);
        self.answer = Some(self.answer.map_or(0, |answer| answer + 1));
        self.paper_mse.insert(0, objective.to_paper_mse(mean.loss));
        self.scalings.insert(0, scaling(&held.whole, &mean.expr));
        self.front.insert(0, mean);
    }

    /// The same for inputs in the order in which they were given.
    pub(crate) fn in_given_order(mut self, order: &Order) -> Self {
        for entry in &mut self.front {
            entry.expr = order.to_given(&entry.expr);
        }
        self.names = order.names().to_vec();
        self
    }

    /// What a search would return that had found just these formulas, those of another program
    /// for instance: the front among them, the answer and the verdict. Of the configuration it
    /// reads seed, held-out share, choice and largest complexity.
    ///
    /// ```
    /// use symgrad_data::{DirectionField, FieldOptions, Table};
    /// use symgrad_expr::{Expr, OpSet};
    /// use symgrad_search::{Measure, Objective, Outcome, SearchConfig, Verdict};
    ///
    /// // The gradients of x1·x2 on a grid.
    /// let x1: Vec<f64> = (0..400).map(|n| 0.3 + f64::from(n % 20)).collect();
    /// let x2: Vec<f64> = (0..400).map(|n| 0.5 + f64::from(n / 20)).collect();
    /// let gradients = [x2.clone(), x1.clone()];
    /// let points = Table::new(vec!["x1".into(), "x2".into()], vec![x1, x2])?;
    /// let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default())?;
    ///
    /// let objective = Objective::new(&field, Measure::LevelSet);
    /// let formulas = ["x1".parse()?, "x1 + x2".parse()?, "log(x1) + log(x2)".parse()?];
    /// let config = SearchConfig::default();
    /// let outcome = Outcome::of_formulas(objective, &formulas, &OpSet::default(), &config)?;
    /// assert_eq!(outcome.verdict(), &Verdict::Identified, "{}", outcome.trust().summary);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_formulas(
        objective: Objective,
        formulas: &[Expr],
        ops: &OpSet,
        config: &SearchConfig,
    ) -> Result<Self, SearchError> {
        one_thread_in_matrices();
        config.check(objective.dim())?;
        let (objective, order) = Order::of(objective);
        let units = objective.units().clone();
        let (objective, held) = trust::split(objective.measured(), config.held_out, config.seed);
        let mut evaluator = Evaluator::new(&objective);
        let mut hall = HallOfFame::default();
        for expr in formulas {
            let expr = measured(&order.to_own(expr), &units);
            let (complexity, loss) =
                (ops.complexity(&order.to_given(&expr)), evaluator.loss(&expr));
            if evaluator.is_stable(&expr, loss) {
                hall.offer(Entry { expr, complexity, loss });
            }
        }
        let (objective, held) = (&objective, &held);
        let confirmation = Confirmation::Agreed;
        let judge =
            Judge { objective, held, ops, config, required: &[], mean: false, confirmation };
        let found = Self::new(hall.front(), &judge, evaluator.evaluations(), StopReason::Given);
        Ok(found.written(&units, objective, ops, config.rounding).in_given_order(&order))
    }

    /// With formulas in the inputs as given, if they are in measured inputs.
    pub(crate) fn written(
        self,
        units: &Units,
        objective: &Objective,
        ops: &OpSet,
        rounding: f64,
    ) -> Self {
        if units.is_own() {
            return self;
        }
        Writer::new(units, objective, ops, rounding).outcome(self)
    }

    /// With other formulas for those of the front, with the same level sets; losses up to the floor are rounding.
    pub(crate) fn rewrite(
        &mut self,
        formulas: Vec<LevelSets>,
        losses: &[f64],
        paper: Vec<f64>,
        names: &[String],
        floor: f64,
    ) {
        if let (Some(folds), Some(answer)) = (&mut self.folds, self.answer) {
            let LevelSets { slope, offset, .. } = formulas[answer];
            for turn in &mut folds.turns {
                *turn = (*turn - offset) / slope;
            }
            folds.turns.sort_unstable_by(f64::total_cmp);
        }
        // The same sum in the other formula: a·(slope·f + offset) + b.
        for (scaling, formula) in self.scalings.iter_mut().zip(&formulas) {
            if let Some(Scaling { scale, offset }) = scaling {
                *offset += *scale * formula.offset;
                *scale *= formula.slope;
            }
        }
        for ((entry, formula), &loss) in self.front.iter_mut().zip(formulas).zip(losses) {
            entry.expr = formula.expr;
            // What is printed has the loss that is printed; rounding alone is no difference.
            if (loss - entry.loss).abs() > floor {
                entry.loss = loss;
            }
        }
        self.paper_mse = paper;
        self.trust.retell(&self.front, self.answer, names, self.loss_kind);
    }

    /// The entries in rising complexity and falling loss, scored on all points but those
    /// held out.
    pub fn front(&self) -> &[Entry] {
        &self.front
    }

    /// The published loss of each entry of the front.
    pub fn paper_mse(&self) -> &[f64] {
        &self.paper_mse
    }

    /// The a and b of the best a·f + b for each entry f of the front, where losses are those of
    /// that sum: found at all points, those held out included.
    pub fn scalings(&self) -> &[Option<Scaling>] {
        &self.scalings
    }

    /// Points given, those held out included.
    pub fn points(&self) -> usize {
        self.points
    }

    /// What the losses measure.
    pub fn loss_kind(&self) -> LossKind {
        self.loss_kind
    }

    /// The names of the inputs, by which formulas are shown:
    ///
    /// ```
    /// # use symgrad_data::{DirectionField, FieldOptions, Table};
    /// # use symgrad_search::{Measure, Names, Objective, OpSet, Outcome, SearchConfig};
    /// # let points = Table::new(
    /// #     vec!["m".into(), "v".into()],
    /// #     vec![vec![1.0, 2.0, 3.0], vec![2.0, 1.0, 2.0]],
    /// # )?;
    /// # let gradients = [vec![2.0, 1.0, 2.0], vec![1.0, 2.0, 3.0]];
    /// # let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default())?;
    /// # let objective = Objective::new(&field, Measure::LevelSet);
    /// # let (ops, config) = (OpSet::default(), SearchConfig::default());
    /// # let outcome = Outcome::of_formulas(objective, &["x1*x2".parse()?], &ops, &config)?;
    /// let names = Names::new(outcome.names().to_vec())?;
    /// let answer = outcome.answer().expect("a front");
    /// assert_eq!(answer.expr.display(&names).to_string(), "m*v");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Index of the answer in the front; absent only if the front is empty.
    pub fn answer_index(&self) -> Option<usize> {
        self.answer
    }

    /// The answer.
    pub fn answer(&self) -> Option<&Entry> {
        self.front.get(self.answer?)
    }

    /// Whether the answer can be believed.
    pub fn verdict(&self) -> &Verdict {
        &self.trust.verdict
    }

    /// Everything known about the front beyond its losses: losses on points that the search
    /// never saw, the neuron's noise, what speaks for each entry, and the verdict.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Where the neuron turns its back on the answer, if the sign was local: set by hand, or
    /// because the field showed that φ folds the concept.
    pub fn folds(&self) -> Option<&Folds> {
        self.folds.as_ref()
    }

    /// Evaluations spent, each a sweep over many points: never more than the budget. Judging the
    /// front that the search ended with is not counted: its losses on all points, on those held
    /// out, and the verdict. That work is bounded by the front's length.
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// Why the search stopped.
    pub fn stop(&self) -> StopReason {
        self.stop
    }
}
