//! One law after the other, until the next does not hold.

use std::ops::ControlFlow;

use rayon::prelude::*;
use symgrad_data::{DataError, Groups, Table};
use symgrad_expr::{Expr, OpSet, Workspace};

use crate::choose::{Candidate, ROUNDING, choose, front};
use crate::elimination::{Fitted, coefficients};
use crate::known::Known;
use crate::law::{Alternative, Law, LawVerdict, Laws, Road};
use crate::library::libraries;
use crate::measure::{Constancy, Measure};
use crate::noise::noise_of;
use crate::polish::{polish, sum_of};
use crate::sample::{Sample, deviation, mean_square};

/// What laws are looked for in.
#[derive(Clone, Debug)]
pub enum Source {
    /// Points in groups, within which a law is constant.
    Groups(Groups),
    /// Points at which the inputs' derivatives in time are known, along which a law is constant.
    Motion(Motion),
}

/// Points with the derivatives of their inputs in time.
#[derive(Clone, Debug)]
pub struct Motion {
    points: Table,
    rates: Vec<Vec<f64>>,
    /// Rows that belong together, if some do.
    labels: Option<Vec<f64>>,
    exact: bool,
}

/// Derivatives that do not fit the points.
#[derive(Debug, thiserror::Error)]
pub enum MotionError {
    /// Not one column for each input, or of another length.
    #[error("{found} derivatives for {expected} inputs, or of other lengths; give one of each")]
    Rates {
        /// Columns of derivatives.
        found: usize,
        /// Inputs.
        expected: usize,
    },
    /// Too few points.
    #[error("{found} points, and at least {needed} are needed")]
    FewPoints {
        /// Points given.
        found: usize,
        /// The fewest.
        needed: usize,
    },
    /// Nothing moves.
    #[error("all derivatives are zero, or one is not finite: there is no motion")]
    AtRest,
}

/// Fewest points of a motion.
const FEWEST_POINTS: usize = 40;

/// Blocks of points of a motion that are held out, or not, as a whole.
const BLOCKS: usize = 12;

impl Motion {
    /// `exact` says that the derivatives come from equations and not from measurements; rows with
    /// one label belong together.
    pub fn new(
        points: Table,
        rates: Vec<Vec<f64>>,
        labels: Option<Vec<f64>>,
        exact: bool,
    ) -> Result<Self, MotionError> {
        let rows = points.rows();
        let fits = rates.len() == points.dim()
            && rates.iter().chain(&labels).all(|column| column.len() == rows);
        if !fits {
            return Err(MotionError::Rates { found: rates.len(), expected: points.dim() });
        }
        if rows < FEWEST_POINTS {
            return Err(MotionError::FewPoints { found: rows, needed: FEWEST_POINTS });
        }
        let all = || rates.iter().flatten();
        if !all().all(|rate| rate.is_finite()) || all().all(|rate| *rate == 0.0) {
            return Err(MotionError::AtRest);
        }
        Ok(Self { points, rates, labels, exact })
    }

    /// The points.
    pub fn points(&self) -> &Table {
        &self.points
    }

    /// The same with some of the inputs alone.
    ///
    /// # Panics
    /// As [`Table::columns_of`].
    #[must_use]
    pub fn columns_of(&self, columns: &[usize]) -> Self {
        Self {
            points: self.points.columns_of(columns),
            rates: columns.iter().map(|&index| self.rates[index].clone()).collect(),
            ..self.clone()
        }
    }

    /// Groups of consecutive rows, or those of the labels if there are enough.
    fn blocks(&self) -> Result<Groups, DataError> {
        let rows = self.points.rows();
        let block = |row: usize| (row * BLOCKS / rows) as f64;
        // The rows' numbers go through the split with them.
        let numbered = Table::new(vec!["row".into()], vec![(0..rows).map(|n| n as f64).collect()])?;
        if let Some(labels) = &self.labels
            && let Ok(groups) = Groups::new(&numbered, labels, None)
            && groups.split(0).is_ok()
        {
            return Ok(groups);
        }
        Groups::new(&numbered, &(0..rows).map(block).collect::<Vec<_>>(), None)
    }
}

impl Source {
    /// The points, of all groups.
    pub fn points(&self) -> &Table {
        match self {
            Self::Groups(groups) => groups.points(),
            Self::Motion(motion) => motion.points(),
        }
    }

    /// The same with some of the inputs alone.
    ///
    /// # Panics
    /// As [`Table::columns_of`].
    #[must_use]
    pub fn columns_of(&self, columns: &[usize]) -> Self {
        match self {
            Self::Groups(groups) => Self::Groups(groups.columns_of(columns)),
            Self::Motion(motion) => Self::Motion(motion.columns_of(columns)),
        }
    }
}

/// How laws are looked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LawSettings {
    /// What formulas are made of, and what that costs.
    pub ops: OpSet,
    /// Decides which groups are held out.
    pub seed: u64,
    /// The noise of the inputs as a share of their standard deviation, if it is known; where there
    /// is a time, it is estimated otherwise.
    pub noise: Option<f64>,
    /// Laws after which to stop.
    pub most: Option<usize>,
}

/// Follows a search for laws, and may stop it; the defaults do neither.
pub trait LawObserver {
    /// So many laws are found, and of the libraries for the next so many have been tried. To break
    /// ends the search with what it has.
    fn progress(&mut self, laws: usize, tried: usize, libraries: usize) -> ControlFlow<()> {
        let _ = (laws, tried, libraries);
        ControlFlow::Continue(())
    }
}

impl LawObserver for () {}

/// Points on which libraries are fitted: the work grows with their number.
const LIBRARY_POINTS: usize = 1_500;

/// Points on which single sums are fitted, chosen and judged.
const SUM_POINTS: usize = 6_000;

/// Libraries that are tried at a time, on several cores; after each few it is seen whether more
/// are needed.
const AT_ONCE: usize = 2;

/// The variance within groups over all variance from which an input counts as constant there.
const PARAMETER: f64 = 1e-12;

/// The variance over the squared gradient below which a formula is the same at all points.
const NO_SPREAD: f64 = 1e-8;

/// The variance within groups over all variance above which nothing can be a law, whatever the
/// noise.
const MAY_BE: f64 = 0.2;

/// Looks for functionally independent laws.
///
/// On a part of the groups sums over libraries of features are fitted, on another the simplest of
/// those that are as constant as the best is chosen, on the rest it is judged. The result depends on
/// source and settings alone, not on the number of threads.
pub fn find_laws(
    source: &Source,
    settings: &LawSettings,
    observer: &mut dyn LawObserver,
) -> Result<Laws, DataError> {
    let parts = Parts::of(source, settings)?;
    let libraries = libraries(parts.fit.dim(), &settings.ops);
    let fitted = libraries.iter().map(|_| None).collect();
    let mut search =
        LawSearch { parts, settings, libraries, fitted, reached: 1, constants: vec![] };
    Ok(search.run(observer))
}

/// The points in the three parts.
struct Parts {
    /// Few, for the libraries.
    few: Sample,
    fit: Sample,
    validation: Sample,
    test: Sample,
    noise: Option<Vec<f64>>,
    exact: bool,
}

impl Parts {
    fn of(source: &Source, settings: &LawSettings) -> Result<Self, DataError> {
        let points = source.points();
        let deviations: Vec<f64> = points.columns().iter().map(|c| deviation(c)).collect();
        let (fit, validation, test, noise, exact) = match source {
            Source::Groups(groups) => {
                let noise = match settings.noise {
                    Some(share) => Some(deviations.iter().map(|s| s * share).collect()),
                    None => noise_of(groups),
                };
                let scales = scales(&deviations, noise.as_deref());
                let split = groups.split(settings.seed)?;
                let [fit, validation, test] = [split.fit, split.validation, split.test]
                    .map(|part| Sample::of_groups(&part, &scales));
                (fit, validation, test, noise, false)
            }
            Source::Motion(motion) => {
                let split = motion.blocks()?.split(settings.seed)?;
                let [fit, validation, test] =
                    [split.fit, split.validation, split.test].map(|part| {
                        #[expect(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "numbers of rows"
                        )]
                        let rows: Vec<usize> =
                            part.points().column(0).iter().map(|row| *row as usize).collect();
                        let rate = |rate: &Vec<f64>| rows.iter().map(|&row| rate[row]).collect();
                        let rates: Vec<Vec<f64>> = motion.rates.iter().map(rate).collect();
                        let blocks = (0..part.len()).map(|block| part.rows(block)).collect();
                        Sample::of_motion(&points.select(&rows), &rates, blocks, &deviations)
                    });
                (fit, validation, test, None, motion.exact)
            }
        };
        let [fit, validation, test] = [fit, validation, test].map(|part| part.thinned(SUM_POINTS));
        Ok(Self { few: fit.thinned(LIBRARY_POINTS), fit, validation, test, noise, exact })
    }
}

impl Parts {
    /// The mean squared noise of the inputs in their measures, where it is known.
    fn squared_noise(&self) -> Option<f64> {
        let noise = self.noise.as_ref()?;
        let squares = noise.iter().zip(&self.fit.scales).map(|(n, s)| (n / s).powi(2));
        Some(squares.sum::<f64>() / noise.len() as f64)
    }
}

/// Errors are measured by the inputs' noise where it is known, but none is taken for that much more
/// exact than the others; else all alike by how far they extend.
fn scales(deviations: &[f64], noise: Option<&[f64]>) -> Vec<f64> {
    const LEAST: f64 = 0.1;
    let Some(noise) = noise else { return deviations.to_vec() };
    let shares: Vec<f64> = noise.iter().zip(deviations).map(|(n, s)| n / s).collect();
    let most = shares.iter().copied().fold(0.0, f64::max);
    if !(most > 0.0 && most.is_finite()) {
        return deviations.to_vec();
    }
    deviations.iter().zip(&shares).map(|(s, share)| s * (share / most).max(LEAST)).collect()
}

struct LawSearch<'a> {
    parts: Parts,
    settings: &'a LawSettings,
    libraries: Vec<Vec<Expr>>,
    fitted: Vec<Option<Fitted>>,
    /// How many libraries were needed for the laws so far.
    reached: usize,
    /// All that further laws must not be functions of.
    constants: Vec<Expr>,
}

impl LawSearch<'_> {
    fn run(&mut self, observer: &mut dyn LawObserver) -> Laws {
        let parameters = self.parameters();
        self.constants
            .extend(parameters.iter().filter_map(|&i| Some(Expr::var(u16::try_from(i).ok()?))));
        let mut found = Laws {
            laws: vec![],
            next: None,
            parameters,
            relations: vec![],
            noise: self.parts.noise.clone(),
            held_out: self.parts.test.blocks.len(),
            stopped: false,
        };
        let mut pool: Vec<Vec<Expr>> = vec![];
        // What moves, moves along a line at least.
        while self.constants.len() + 1 < self.parts.fit.dim() {
            if self.settings.most.is_some_and(|most| found.laws.len() >= most) {
                break;
            }
            let (mut candidates, stopped) = self.candidates(&mut pool, found.laws.len(), observer);
            found.stopped = stopped;
            let (relations, laws): (Vec<Candidate>, Vec<Candidate>) =
                candidates.iter().cloned().partition(|one| self.is_relation(one));
            if let Some(relation) = choose(&relations, None) {
                found.relations.push(self.polished(relation));
                self.constants.push(relation.expr.clone());
                continue;
            }
            candidates = laws;
            let Some(chosen) = self.chosen(&candidates) else { break };
            candidates.extend(self.shorter(&chosen));
            let Some(chosen) = &self.chosen(&candidates) else { break };
            let Some(law) = self.judged(chosen, &candidates) else { break };
            if law.verdict != LawVerdict::Law {
                found.next = Some(law);
                break;
            }
            self.constants.push(law.expr.clone());
            found.laws.push(law);
            if stopped {
                break;
            }
        }
        found
    }

    /// Inputs that do not change within groups.
    fn parameters(&self) -> Vec<usize> {
        let few = &self.parts.few;
        let mut workspace = Workspace::default();
        let is_parameter = |index: &usize| {
            let input = u16::try_from(*index).ok().map(Expr::var);
            let feature = input.and_then(|input| few.feature(&input, &mut workspace));
            feature.is_some_and(|f| mean_square(&f.change) <= PARAMETER * f.variance())
        };
        (0..few.dim()).filter(is_parameter).collect()
    }

    /// Sums that may be the next law, and whether the observer wants no more. `pool` holds the
    /// terms of all sums so far.
    fn candidates(
        &mut self,
        pool: &mut Vec<Vec<Expr>>,
        laws: usize,
        observer: &mut dyn LawObserver,
    ) -> (Vec<Candidate>, bool) {
        let mut workspace = Workspace::default();
        let known = Known::of(&self.constants, &self.parts.few, &mut workspace);
        let mut candidates = self.measured(pool);
        let total = self.libraries.len();
        for start in (0..total).step_by(AT_ONCE) {
            if observer.progress(laws, start, total).is_break() {
                return (candidates, true);
            }
            // What is left of sums for earlier laws is seldom the simplest form of the next one.
            if start >= self.reached && candidates.iter().any(is_exact) {
                break;
            }
            let end = (start + AT_ONCE).min(total);
            let few = &self.parts.few;
            let sums: Vec<Vec<Vec<Expr>>> = self.libraries[start..end]
                .par_iter()
                .zip(&mut self.fitted[start..end])
                .map(|(library, fitted)| {
                    let mut workspace = Workspace::default();
                    let fitted =
                        fitted.get_or_insert_with(|| Fitted::of(library, few, &mut workspace));
                    fitted.sums(&known, few, &mut workspace)
                })
                .collect();
            let mut new: Vec<Vec<Expr>> = vec![];
            for terms in sums.into_iter().flatten() {
                if !pool.contains(&terms) && !new.contains(&terms) {
                    new.push(terms);
                }
            }
            candidates.extend(self.measured(&new));
            pool.extend(new);
            self.reached = self.reached.max(end);
        }
        (candidates, false)
    }

    /// The sums of these terms that are no functions of what is known.
    fn measured(&self, sums: &[Vec<Expr>]) -> Vec<Candidate> {
        let Parts { fit, validation, .. } = &self.parts;
        let mut workspace = Workspace::default();
        let [at_fit, at_validation] =
            [fit, validation].map(|part| Known::of(&self.constants, part, &mut workspace));
        let measure = |terms: &Vec<Expr>| {
            let mut workspace = Workspace::default();
            let c = coefficients(terms, &at_fit, fit, &mut workspace)?;
            let unit = c.iter().copied().find(|c| *c != 0.0)?;
            let expr = sum_of(terms, &c, unit);
            let measure = Measure::of(&expr, validation, &at_validation, &mut workspace)?;
            let complexity = self.settings.ops.complexity(&expr);
            let candidate = Candidate { complexity, expr, terms: terms.clone(), measure };
            candidate.is_further().then_some(candidate)
        };
        sums.par_iter().filter_map(measure).collect()
    }

    /// Whether a sum is the same at all points.
    fn is_relation(&self, one: &Candidate) -> bool {
        one.measure.spread < NO_SPREAD && !self.parts.few.has_motion()
    }

    /// The best of those that may be laws; or, if there are none, the most constant one.
    fn chosen(&self, candidates: &[Candidate]) -> Option<Candidate> {
        let may_be: Vec<Candidate> =
            candidates.iter().filter(|one| one.measure.rho <= MAY_BE).cloned().collect();
        let most_constant =
            || candidates.iter().min_by(|a, b| a.measure.rho.total_cmp(&b.measure.rho));
        choose(&may_be, self.parts.squared_noise()).or_else(most_constant).cloned()
    }

    /// Sums of some of the terms: of a mixture with laws that are known already, the rest.
    fn shorter(&self, chosen: &Candidate) -> Vec<Candidate> {
        let mut workspace = Workspace::default();
        let known = Known::of(&self.constants, &self.parts.few, &mut workspace);
        let own = Fitted::of(&chosen.terms, &self.parts.few, &mut workspace);
        let sums = own.sums(&known, &self.parts.few, &mut workspace);
        let shorter: Vec<Vec<Expr>> =
            sums.into_iter().filter(|terms| terms.len() < chosen.terms.len()).collect();
        self.measured(&shorter)
    }

    /// The formula with simple numbers, fitted on all points that are not held out.
    fn polished(&self, chosen: &Candidate) -> Expr {
        let mut workspace = Workspace::default();
        let sample = self.parts.fit.joined(&self.parts.validation);
        let known = Known::of(&self.constants, &sample, &mut workspace);
        let Some(c) = coefficients(&chosen.terms, &known, &sample, &mut workspace) else {
            return chosen.expr.clone();
        };
        let ops = &self.settings.ops;
        polish(&chosen.terms, &c, &sample, &known, ops, &mut workspace)
    }

    fn judged(&self, chosen: &Candidate, candidates: &[Candidate]) -> Option<Law> {
        let Parts { test, noise, exact, .. } = &self.parts;
        let mut workspace = Workspace::default();
        let seed = self.settings.seed;
        let mut judge =
            |expr: &Expr| Constancy::of(expr, test, noise.as_deref(), seed, &mut workspace);
        let polished = self.polished(chosen);
        let (expr, constancy) = match judge(&polished) {
            Some(constancy) => (polished, constancy),
            None => (chosen.expr.clone(), judge(&chosen.expr)?),
        };
        let alternative = |one: &Candidate| Alternative {
            expr: one.expr.clone(),
            complexity: one.complexity,
            rho: one.measure.rho,
        };
        Some(Law {
            complexity: self.settings.ops.complexity(&expr),
            verdict: LawVerdict::of(&constancy, *exact),
            front: front(candidates).into_iter().map(alternative).collect(),
            found_by: Road::Direct,
            constancy,
            expr,
        })
    }
}

/// A law up to rounding: nothing better can be found in a larger library.
fn is_exact(candidate: &Candidate) -> bool {
    candidate.measure.ratio <= ROUNDING && candidate.measure.rho <= PARAMETER.sqrt()
}
