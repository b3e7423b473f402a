//! Several searches that look for one answer together, each wherever there is room for it.
//!
//! They tell each other what they have found. The first replicate of each hears of the first ones
//! alone, the second of the second ones: that two independent searches come to the same stays a
//! reason to believe it.

use serde::{Deserialize, Serialize};
use symgrad_expr::Expr;

use super::Search;
use super::rounds::screen_of;
use crate::config::SearchError;
use crate::front::{Entry, HallOfFame};
use crate::score::evaluator::Evaluator;
use crate::search::replicate::Replicate;

/// The best that a search has found, as others need it that look for the same answer: some
/// kilobytes, where the whole state may take megabytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finds {
    objective: u64,
    folded: bool,
    evaluations: u64,
    /// The front of each replicate that has begun.
    fronts: Vec<Vec<Entry>>,
}

impl Search {
    /// Makes it one of several searches that look for one answer together. To be called before its
    /// first step.
    ///
    /// Number 0 searches as if it were alone, every other one with random numbers of its own. All
    /// hold out the same points. What comes out depends on what they tell each other after how many
    /// evaluations, not on where or in which order they run:
    ///
    /// ```
    /// # use symgrad_data::{DirectionField, FieldOptions, Table};
    /// # use symgrad_expr::OpSet;
    /// # use symgrad_search::{Measure, Objective, Search, SearchConfig, StopReason};
    /// # let x1: Vec<f64> = (0..100).map(|n| 0.3 + f64::from(n % 10)).collect();
    /// # let x2: Vec<f64> = (0..100).map(|n| 0.5 + f64::from(n / 10)).collect();
    /// # let gradients = [x2.clone(), x1.clone()];
    /// # let points = Table::new(vec!["x1".into(), "x2".into()], vec![x1, x2])?;
    /// # let field = DirectionField::from_gradients(points, &gradients, &FieldOptions::default())?;
    /// # let objective = Objective::new(&field, Measure::LevelSet);
    /// # let config = SearchConfig { budget: 3_000, ..SearchConfig::default() };
    /// let mut first = Search::new(objective.clone(), OpSet::default(), config.clone())?;
    /// let mut second = Search::new(objective, OpSet::default(), config)?;
    /// second.join_as(1);
    /// for until in [1_000, 2_000] {
    ///     for search in [&mut first, &mut second] {
    ///         while search.stopped().is_none() && search.evaluations() < until {
    ///             search.step();
    ///         }
    ///     }
    ///     let finds = [first.finds(), second.finds()];
    ///     first.hear(&finds[1])?;
    ///     second.hear(&finds[0])?;
    /// }
    /// first.merge(second.finds())?;
    /// let outcome = first.finish(StopReason::Budget);
    /// assert_eq!(outcome.answer().unwrap().expr.to_string(), "x1*x2");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn join_as(&mut self, number: u16) {
        self.state.member = number;
        let before = std::mem::take(&mut self.state.replicate.combinations);
        self.state.replicate = Replicate::new(0, &self.state.own_config(), self.state.floor);
        self.state.replicate.combinations = before;
    }

    /// The best that it has found so far.
    #[must_use]
    pub fn finds(&self) -> Finds {
        let fronts = self.state.replicates().map(|replicate| replicate.hall.front());
        Finds {
            objective: self.state.objective,
            folded: self.state.folded,
            evaluations: self.state.evaluations,
            fronts: fronts.collect(),
        }
    }

    /// Hears what another search for the same answer has found, and looks at it with the next step
    /// of each replicate.
    ///
    /// Fails where that search has other points, gradients or another loss.
    pub fn hear(&mut self, finds: &Finds) -> Result<(), SearchError> {
        self.check(finds)?;
        // A replicate that has not begun hears of them later.
        let begun = self.state.replicates().count();
        self.state.guests.resize(begun, vec![]);
        for (guests, front) in self.state.guests.iter_mut().zip(&finds.fronts) {
            for entry in front {
                if !guests.contains(&entry.expr) {
                    guests.push(entry.expr.clone());
                }
            }
        }
        Ok(())
    }

    /// Takes in what another search for the same answer has found, to [finish](Self::finish) for
    /// both: with one front, one answer, and the evaluations of both.
    ///
    /// Fails where that search has other points, gradients or another loss.
    pub fn merge(&mut self, finds: Finds) -> Result<(), SearchError> {
        self.check(&finds)?;
        if finds.folded && !self.state.folded {
            self.unfold();
        }
        self.merged.push(finds);
        Ok(())
    }

    fn check(&self, finds: &Finds) -> Result<(), SearchError> {
        let same = finds.objective == self.state.objective;
        let reason = "the other one has other points, gradients or another loss";
        same.then_some(()).ok_or_else(|| SearchError::NotTogether { reason: reason.into() })
    }

    /// Offers what was heard to the replicate at work.
    pub(super) fn admit_guests(&mut self) {
        let place = usize::try_from(self.state.replicate.index).unwrap_or(usize::MAX);
        let guests: Vec<Expr> =
            self.state.guests.get_mut(place).map(std::mem::take).unwrap_or_default();
        if !guests.is_empty() {
            self.offer_all(&guests);
        }
    }

    /// The front of each replicate with what its like has found in the searches that were merged.
    pub(super) fn fronts(&self) -> Vec<Vec<Entry>> {
        let own: Vec<Vec<Entry>> = self.finds().fronts;
        if self.merged.is_empty() {
            return own;
        }
        let all = || std::iter::once(&own).chain(self.merged.iter().map(|finds| &finds.fronts));
        let begun = all().map(Vec::len).max().unwrap_or(0);
        let best = |index: usize| {
            let screen = screen_of(&self.objective, &self.state, index as u64).in_unit(self.unit);
            let mut eval = Evaluator::new(&screen);
            let mut hall = HallOfFame::default();
            for entry in all().filter_map(|fronts| fronts.get(index)).flatten() {
                // It may have been scored before signs were local.
                hall.offer(Entry { loss: eval.loss(&entry.expr), ..entry.clone() });
            }
            hall.front()
        };
        (0..begun).map(best).collect()
    }

    /// Evaluations of all that were merged.
    pub(super) fn evaluations_of_all(&self) -> u64 {
        self.state.evaluations + self.merged.iter().map(|finds| finds.evaluations).sum::<u64>()
    }
}
