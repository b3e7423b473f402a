//! One law after the other, until the next does not hold.

use rayon::prelude::*;
use symgrad_data::DataError;
use symgrad_expr::{Expr, Workspace};

use crate::choose::{Candidate, ROUNDING, choose, front};
use crate::elimination::{Fitted, fitted};
use crate::inner;
use crate::known::Known;
use crate::law::{Alternative, Law, LawVerdict, Laws, Road};
use crate::library::libraries;
use crate::measure::{Constancy, Measure};
use crate::parts::Parts;
use crate::polish::{polish, sum_of};
use crate::proposals::{Terms, proposed};
use crate::sample::{Feature, Sample, mean_square};
use crate::settings::{LawObserver, LawSettings};
use crate::source::Source;

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

/// Share of the squared gradient across that of a law below which a candidate is a function of it.
const SAME: f64 = 1e-3;

/// The same for a function up to rounding.
const ALIKE: f64 = 1e-12;

/// Complexity above which a law that is not quite constant is suspected to approximate another, and the
/// variance within groups over all variance up to which it is: a thousandth of the values.
const LONG: u32 = 20;
const APPROXIMATION: f64 = 1e-6;

/// For each input, terms up to which a sum has to be no more constant than usual: an energy has one for
/// the motion and one for the place.
const MANY: usize = 2;

/// How many times worse a candidate may be whose road is named along with the law's own.
const AS_GOOD: f64 = 3.0;

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
    let mut search = LawSearch { parts, settings, libraries, fitted, inner, reached, constants };
    Ok(search.run(observer))
}

struct LawSearch<'a> {
    parts: Parts,
    settings: &'a LawSettings,
    libraries: Vec<Vec<Expr>>,
    fitted: Vec<Option<Fitted>>,
    /// Functions with constants inside, once they were needed.
    inner: Option<Fitted>,
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
            far: self.parts.far,
            stopped: false,
        };
        let mut pool = self.proposed();
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
            let mut best = self.best(&mut candidates);
            // Constants inside functions take long, and are looked at where nothing else holds, or where
            // what holds may be a sum of many functions that comes near.
            let holds = |law: &Law| law.verdict == LawVerdict::Law && !approximates(law);
            if !best.as_ref().is_some_and(holds) && !stopped && !self.settings.only_proposals {
                candidates.extend(self.with_inner_constants(&mut pool));
                best = self.best(&mut candidates);
            }
            let Some(law) = best else { break };
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

    /// The proposals, as far as points can tell of their terms.
    fn proposed(&self) -> Vec<Terms> {
        let few = &self.parts.few;
        let mut workspace = Workspace::default();
        let mut is_resolved = |term: &Expr| {
            let feature = few.feature(term, &mut workspace);
            feature.is_some_and(|feature| few.resolves(term, &feature, &mut workspace))
        };
        let mut found = proposed(&self.settings.proposals);
        found.retain(|sum| sum.terms.iter().all(&mut is_resolved));
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

    /// Sums that may be the next law, and whether the observer wants no more. `pool` holds the
    /// terms of all sums so far.
    fn candidates(
        &mut self,
        pool: &mut Vec<Terms>,
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
            let is_exact = |one: &Candidate| one.road == Road::Direct && one.is_exact();
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
            candidates.extend(self.taken(sums.into_iter().flatten(), pool));
            self.reached = self.reached.max(end);
        }
        (candidates, false)
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

    /// The best of the candidates, or of what parts of it are worth, as the held-out groups judge it.
    fn best(&self, candidates: &mut Vec<Candidate>) -> Option<Law> {
        let chosen = self.chosen(candidates)?;
        candidates.extend(self.shorter(&chosen));
        let chosen = self.chosen(candidates)?;
        let law = self.judged(&chosen, candidates)?;
        if law.verdict != LawVerdict::Law {
            return Some(law);
        }
        let simpler = self.simplest_alike(&law, chosen.complexity, candidates);
        let simpler = simpler.and_then(|one| self.judged(one, candidates));
        // Which points count for how much differs, and so may the verdict.
        Some(simpler.filter(|simpler| simpler.verdict == LawVerdict::Law).unwrap_or(law))
    }

    /// The simplest candidate that is a function of a law, beside what is known, once both have
    /// simple numbers.
    fn simplest_alike<'b>(
        &self,
        law: &Law,
        complexity: u32,
        candidates: &'b [Candidate],
    ) -> Option<&'b Candidate> {
        let few = &self.parts.few;
        let mut workspace = Workspace::default();
        let known = self.known_with(&law.expr, &mut workspace);
        let mut apart = |expr: &Expr| {
            let feature = few.feature(expr, &mut workspace);
            feature.map_or(1.0, |feature| known.independence(&feature, few.dim()))
        };
        let mut is_alike =
            |one: &Candidate| apart(&one.expr) < SAME && apart(&self.polished(one)) < ALIKE;
        let simpler = candidates.iter().filter(|one| one.complexity < complexity);
        let mut simpler: Vec<&Candidate> = simpler.collect();
        simpler.sort_by_key(|one| one.complexity);
        simpler.into_iter().find(|one| is_alike(one))
    }

    /// What is known with one more law.
    fn known_with(&self, law: &Expr, workspace: &mut Workspace) -> Known {
        let mut laws = self.constants.clone();
        laws.push(law.clone());
        Known::of(&laws, &self.parts.few, workspace)
    }

    /// The sums of these terms that are no functions of what is known.
    fn measured(&self, sums: &[Terms]) -> Vec<Candidate> {
        let Parts { fit, validation, .. } = &self.parts;
        let mut workspace = Workspace::default();
        let [at_fit, at_validation] =
            [fit, validation].map(|part| Known::of(&self.constants, part, &mut workspace));
        let measure = |Terms { terms, road }: &Terms| {
            let mut workspace = Workspace::default();
            let (terms, c) = fitted(terms, &at_fit, fit, &mut workspace)?;
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
        let shorter: Vec<Terms> = sums
            .into_iter()
            .filter(|terms| terms.len() < chosen.terms.len())
            .map(|terms| Terms { terms, road: chosen.road })
            .collect();
        self.measured(&shorter)
    }

    /// The formula with simple numbers, fitted on all points that are not held out.
    fn polished(&self, chosen: &Candidate) -> Expr {
        let mut workspace = Workspace::default();
        let sample = self.parts.fit.joined(&self.parts.validation);
        let known = Known::of(&self.constants, &sample, &mut workspace);
        let Some((terms, c)) = fitted(&chosen.terms, &known, &sample, &mut workspace) else {
            return chosen.expr.clone();
        };
        let ops = &self.settings.ops;
        polish(&terms, &c, &sample, &known, ops, &mut workspace)
    }

    /// Whether both roads have led to a law: to the same function, and nearly as constant.
    fn roads_to(&self, chosen: &Candidate, candidates: &[Candidate]) -> Road {
        let limit = AS_GOOD * chosen.measure.ratio.max(ROUNDING);
        let mut workspace = Workspace::default();
        let few = &self.parts.few;
        let known = self.known_with(&chosen.expr, &mut workspace);
        let mut is_same = |one: &&Candidate| {
            let feature = few.feature(&one.expr, &mut workspace);
            feature.is_some_and(|feature| known.independence(&feature, few.dim()) < SAME)
        };
        let others = candidates.iter().filter(|one| one.road != chosen.road);
        let found = others.filter(|one| one.measure.ratio <= limit).any(|one| is_same(&one));
        if found { Road::Both } else { chosen.road }
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
        let long = chosen.terms.len() > MANY * test.dim();
        let alternative = |one: &Candidate| Alternative {
            expr: one.expr.clone(),
            complexity: one.complexity,
            rho: one.measure.rho,
        };
        Some(Law {
            complexity: self.settings.ops.complexity(&expr),
            verdict: LawVerdict::of(&constancy, long, *exact),
            front: front(candidates).into_iter().map(alternative).collect(),
            found_by: self.roads_to(chosen, candidates),
            constancy,
            expr,
        })
    }
}

/// Whether a law may be a sum of many functions that approximates another: it is long, and varies by more
/// than rounding, though by so little that this is no noise.
fn approximates(law: &Law) -> bool {
    law.complexity > LONG && (PARAMETER..APPROXIMATION).contains(&law.constancy.rho)
}
