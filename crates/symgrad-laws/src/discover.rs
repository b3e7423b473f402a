//! One law after the other, until the next does not hold.

mod answer;
mod related;

use std::borrow::Cow;

use rayon::prelude::*;
use symgrad_data::DataError;
use symgrad_expr::{Expr, Workspace};

use self::answer::is_settled;
use self::related::{FittedLibrary, no_spread};
use crate::choose::{Candidate, choose};
use crate::elimination::{Fitted, fitted, fitted_at};
use crate::features::Features;
use crate::inner;
use crate::known::Known;
use crate::law::{LawVerdict, Laws, Relation, Road};
use crate::library::libraries;
use crate::measure::Measure;
use crate::parts::Parts;
use crate::polish::{polish, readable, sum_of};
use crate::proposals::{Terms, proposed};
use crate::sample::{Feature, Sample, mean_square};
use crate::settings::{LawObserver, LawSettings};
use crate::source::Source;

/// Libraries that are tried at a time, on several cores; after each few it is seen whether more
/// are needed.
const AT_ONCE: usize = 2;

/// The variance within groups over all variance from which an input counts as constant there.
const PARAMETER: f64 = 1e-12;

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
    let (libraries, reached) = if settings.only_proposals {
        (vec![], 0)
    } else {
        libraries(parts.fit.dim(), &settings.ops)
    };
    let fitted = libraries.iter().map(|_| None).collect();
    let (constants, inner) = (vec![], None);
    let proposed = resolved(&settings.proposals, &parts.few);
    let mut search =
        LawSearch { parts, settings, libraries, fitted, inner, reached, constants, proposed };
    Ok(search.run(observer))
}

/// The proposals, as far as points can tell of their terms.
fn resolved(proposals: &[Expr], few: &Sample) -> Vec<Terms> {
    let mut workspace = Workspace::default();
    let mut is_resolved = |term: &Expr| {
        let feature = few.feature(term, &mut workspace);
        feature.is_some_and(|feature| few.resolves(term, &feature, &mut workspace))
    };
    let mut found = proposed(proposals);
    found.retain(|sum| sum.terms.iter().all(&mut is_resolved));
    found
}

struct LawSearch<'a> {
    parts: Parts,
    settings: &'a LawSettings,
    libraries: Vec<Vec<Expr>>,
    fitted: Vec<Option<FittedLibrary>>,
    /// Functions with constants inside, once they were needed.
    inner: Option<Fitted>,
    /// How many libraries were needed for the laws so far.
    reached: usize,
    /// All that further laws must not be functions of.
    constants: Vec<Expr>,
    /// The proposals from elsewhere, as far as points can tell of their terms.
    proposed: Vec<Terms>,
}

/// What comes next.
enum Next {
    /// Something that is the same at all points.
    Relation(Relation),
    /// Sums that may be a law, and whether the observer wants no more.
    Laws { candidates: Vec<Candidate>, stopped: bool },
}

impl LawSearch<'_> {
    fn run(&mut self, observer: &mut dyn LawObserver) -> Laws {
        let parameters = self.parameters();
        self.constants
            .extend(parameters.iter().filter_map(|&i| Some(Expr::var(u16::try_from(i).ok()?))));
        let mut found = Laws {
            laws: vec![],
            ambiguous: vec![],
            next: None,
            parameters,
            relations: vec![],
            noise: self.parts.noise.clone(),
            held_out: self.parts.test.blocks.len(),
            far: self.parts.far,
            stopped: false,
        };
        let mut pool = self.proposed.clone();
        // What moves, moves along a line at least.
        while self.constants.len() + 1 < self.parts.fit.dim() {
            if self.settings.most.is_some_and(|most| found.laws.len() >= most) {
                break;
            }
            let (mut candidates, stopped) = match self.next(&mut pool, found.laws.len(), observer) {
                Next::Relation(relation) => {
                    self.constants.push(relation.expr.clone());
                    found.relations.push(relation);
                    continue;
                }
                Next::Laws { candidates, stopped } => (candidates, stopped),
            };
            found.stopped = stopped;
            let mut best = self.best(&mut candidates);
            // Constants inside functions take long, and are looked at where nothing else is settled.
            let settled = best.as_ref().is_some_and(|law| is_settled(law, self.parts.few.dim()));
            if !settled && !stopped && !self.settings.only_proposals {
                candidates.extend(self.with_inner_constants(&mut pool));
                best = self.best(&mut candidates);
            }
            let Some(law) = best else { break };
            if law.verdict != LawVerdict::Law && law.rival.is_none() {
                found.next = Some(law);
                break;
            }
            self.constants.push(law.expr.clone());
            let is_law = law.verdict == LawVerdict::Law;
            if is_law { &mut found.laws } else { &mut found.ambiguous }.push(law);
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
            let does_not_change = |f: Feature| {
                let variance = f.variance();
                variance.is_finite() && mean_square(&f.change) <= PARAMETER * variance
            };
            feature.is_some_and(does_not_change)
        };
        (0..few.dim()).filter(is_parameter).collect()
    }

    /// A further relation, or else sums that may be the next law. `pool` holds the terms of all sums so far.
    fn next(&mut self, pool: &mut Vec<Terms>, laws: usize, observer: &mut dyn LawObserver) -> Next {
        let mut workspace = Workspace::default();
        if let Some(relation) = self.relation([].into_iter(), &self.proposed) {
            return Next::Relation(relation);
        }
        let known = Known::of(&self.constants, &self.parts.few, &mut workspace);
        let mut candidates = self.measured(pool);
        let total = self.libraries.len();
        for start in (0..total).step_by(AT_ONCE) {
            if observer.progress(laws, start, total).is_break() {
                return Next::Laws { candidates, stopped: true };
            }
            // What is left of sums for earlier laws is seldom the simplest form of the next one.
            let is_exact = |one: &Candidate| one.road == Road::Direct && one.is_exact();
            if start >= self.reached && candidates.iter().any(is_exact) {
                break;
            }
            let end = (start + AT_ONCE).min(total);
            let parts = &self.parts;
            self.libraries[start..end].par_iter().zip(&mut self.fitted[start..end]).for_each(
                |(library, fitted)| {
                    let fit = || FittedLibrary::of(library, parts, &mut Workspace::default());
                    fitted.get_or_insert_with(fit);
                },
            );
            let fitted = &self.fitted[start..end];
            if let Some(relation) = self.relation(fitted.iter().flatten(), &[]) {
                return Next::Relation(relation);
            }
            let sums = |fitted: &Option<FittedLibrary>| {
                let fitted = fitted.as_ref()?;
                Some(fitted.within.sums(&known, &self.parts.few, &mut Workspace::default()))
            };
            let sums: Vec<Vec<Vec<Expr>>> = fitted.par_iter().filter_map(sums).collect();
            candidates.extend(self.taken(sums.into_iter().flatten(), pool));
            self.reached = self.reached.max(end);
        }
        Next::Laws { candidates, stopped: false }
    }

    /// Adds the sums that are new to the pool.
    fn taken(
        &self,
        sums: impl Iterator<Item = Vec<Expr>>,
        pool: &mut Vec<Terms>,
    ) -> Vec<Candidate> {
        let mut new: Vec<Terms> = vec![];
        for terms in sums {
            let sum = Terms { terms, road: Road::Direct };
            if !pool.contains(&sum) && !new.contains(&sum) {
                new.push(sum);
            }
        }
        let candidates = self.measured(&new);
        pool.extend(new);
        candidates
    }

    /// Sums of functions with constants inside.
    fn with_inner_constants(&mut self, pool: &mut Vec<Terms>) -> Vec<Candidate> {
        let Parts { few, fit, .. } = &self.parts;
        let mut workspace = Workspace::default();
        let fitted = self.inner.take().unwrap_or_else(|| {
            Fitted::of(&inner::library(few, &self.settings.ops), few, &mut workspace)
        });
        let known = |sample: &Sample| Known::of(&self.constants, sample, &mut Workspace::default());
        let sums = inner::sums(&fitted, known, [few, fit], &mut workspace);
        let candidates = self.taken(sums.into_iter(), pool);
        self.inner = Some(fitted);
        candidates
    }

    /// The sums of these terms that are no functions of what is known.
    fn measured(&self, sums: &[Terms]) -> Vec<Candidate> {
        let mut found = self.measured_on(sums, [&self.parts.fit, &self.parts.validation]);
        let no_spread = no_spread(&self.parts);
        found.retain(|one| one.measure.spread >= no_spread || self.parts.few.has_motion());
        found
    }

    /// The same, fitted on one sample and measured on another.
    fn measured_on(&self, sums: &[Terms], [fit, validation]: [&Sample; 2]) -> Vec<Candidate> {
        let mut workspace = Workspace::default();
        let [at_fit, at_validation] =
            [fit, validation].map(|part| Known::of(&self.constants, part, &mut workspace));
        let features = Features::of(sums, fit);
        let measure = |Terms { terms, road }: &Terms| {
            let mut workspace = Workspace::default();
            let at = terms.iter().map(|term| features.at(term, &mut workspace));
            let at: Vec<Cow<'_, Feature>> = at.collect::<Option<_>>()?;
            let (terms, c) = fitted_at(terms, &at, &at_fit, fit.dim())?;
            let unit = c.iter().copied().find(|c| *c != 0.0)?;
            let expr = sum_of(&terms, &c, unit);
            let measure = Measure::of(&expr, validation, &at_validation, &mut workspace)?;
            let complexity = self.settings.ops.complexity(&expr);
            let road = *road;
            let candidate = Candidate { expr, terms, complexity, road, measure };
            candidate.is_further().then_some(candidate)
        };
        sums.par_iter().filter_map(measure).collect()
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
        let shorter: Vec<Terms> = sums
            .into_iter()
            .filter(|terms| terms.len() < chosen.terms.len())
            .map(|terms| Terms { terms, road: chosen.road })
            .collect();
        self.measured(&shorter)
    }

    /// The formula with simple numbers, fitted on all points that are not held out.
    fn polished(&self, chosen: &Candidate) -> Expr {
        self.polished_on(chosen, &self.parts.fit.joined(&self.parts.validation))
    }

    fn polished_on(&self, chosen: &Candidate, sample: &Sample) -> Expr {
        let mut workspace = Workspace::default();
        let known = Known::of(&self.constants, sample, &mut workspace);
        let Some((terms, c)) = fitted(&chosen.terms, &known, sample, &mut workspace) else {
            return readable(&chosen.expr);
        };
        let ops = &self.settings.ops;
        polish(&terms, &c, sample, &known, ops, &mut workspace)
    }
}
