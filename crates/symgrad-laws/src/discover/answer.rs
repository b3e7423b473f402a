//! The best candidate, and what the held-out groups say of it.

use symgrad_expr::{Expr, Workspace};

use super::{LawSearch, MAY_BE, PARAMETER};
use crate::choose::{Candidate, ROUNDING, front};
use crate::exchange::{exchanged, exchanged_for, in_powers};
use crate::inner;
use crate::known::Known;
use crate::law::{Alternative, Law, LawVerdict, Road};
use crate::measure::{Constancy, lasting_of};
use crate::parts::Parts;
use crate::polish::readable;
use crate::proposals::Terms;
use crate::rivals::{Contest, FURTHER};
use crate::sample::Sample;

/// Share of the squared gradient across that of a law below which a candidate is a function of it.
const SAME: f64 = 1e-3;

/// The same for a function up to rounding.
const ALIKE: f64 = 1e-12;

/// Complexity above which a law that is not quite constant is suspected to approximate another, and the
/// variance within groups over all variance up to which it is: a thousandth of the values.
const LONG: u32 = 20;
const APPROXIMATION: f64 = 1e-6;

/// Inputs up to which it takes little time to look for functions with constants inside that may stand in a law's
/// place.
const FEW: usize = 2;

/// For each input, terms up to which a sum has to be no more constant than usual: an energy has one for
/// the motion and one for the place. So many terms, chosen among hundreds, come near to much.
const MANY: usize = 2;

/// Formulas that have nothing to do with each other of which one may be a law, at most.
const TRIES: usize = 4;

/// Times that a better explanation takes a law's place, at most.
const TURNS: usize = 6;

/// Functions with constants inside that are exchanged for others, at most.
const MOVED: usize = 20;

/// How many times worse a candidate may be whose road is named along with the law's own.
const AS_GOOD: f64 = 3.0;

impl LawSearch<'_> {
    /// The best of the candidates as the held-out groups judge it; where it is no law, others that have
    /// nothing to do with it are looked at.
    pub(super) fn best(&self, candidates: &mut Vec<Candidate>) -> Option<Law> {
        let first = self.best_of(candidates)?;
        let mut failed = vec![first.expr.clone()];
        let mut others = candidates.clone();
        while first.verdict != LawVerdict::Law && first.rival.is_none() && failed.len() < TRIES {
            let mut workspace = Workspace::default();
            let beside = self.known_with(&failed, &mut workspace);
            others.retain(|one| {
                let feature = self.parts.few.feature(&one.expr, &mut workspace);
                one.measure.rho <= MAY_BE
                    && feature
                        .is_some_and(|at| beside.independence(&at, self.parts.few.dim()) > FURTHER)
            });
            let Some(law) = self.best_of(&mut others) else { break };
            if law.verdict == LawVerdict::Law {
                return Some(law);
            }
            failed.push(law.expr);
        }
        Some(first)
    }

    /// The best of the candidates, or of what parts of it are worth.
    fn best_of(&self, candidates: &mut Vec<Candidate>) -> Option<Law> {
        let chosen = self.chosen(candidates)?;
        candidates.extend(self.shorter(&chosen));
        let chosen = self.chosen(candidates)?;
        let law = self.judged(&chosen, candidates)?;
        let (mut best, mut law) = (&chosen, law);
        if (law.verdict != LawVerdict::NoLaw || chosen.measure.rho <= MAY_BE)
            && let Some(simpler) = self.simplest_alike(&law, chosen.complexity, candidates)
            && let Some(judged) = self.judged(simpler, candidates)
            // Which points count for how much differs, and so may the verdict: 1/r is less constant than r²
            // where noise makes r small.
            && (judged.verdict == LawVerdict::Law || judged.verdict == law.verdict)
        {
            (best, law) = (simpler, judged);
        }
        let is_contested =
            law.verdict != LawVerdict::NoLaw && !best.is_exact() && !self.parts.exact;
        Some(if is_contested { self.contested(best.clone(), law, candidates) } else { law })
    }

    /// The law, or a formula of another kind that is the better explanation; ambiguous where neither is
    /// clearly worse.
    fn contested(
        &self,
        mut chosen: Candidate,
        mut law: Law,
        candidates: &mut Vec<Candidate>,
    ) -> Law {
        let functions = self.functions(candidates);
        let Parts { few, validation, test, .. } = &self.parts;
        let held_out = validation.joined(test);
        let ops = &self.settings.ops;
        let contest = Contest { constants: &self.constants, few, held_out: &held_out, ops };
        for _ in 0..TURNS {
            candidates.extend(self.stand_ins(&chosen, &functions));
            let may_hold = |one: &Candidate| {
                let is_no_worse = |other: &Law| {
                    other.verdict == LawVerdict::Law
                        || other.verdict == law.verdict && law.verdict == LawVerdict::Ambiguous
                };
                self.judged(one, candidates).filter(is_no_worse)
            };
            let Some(rival) = contest.rival(&chosen, &law.expr, candidates, may_hold) else {
                return law;
            };
            if rival.bits < 0.0 {
                (chosen, law) = (rival.candidate, rival.law);
                continue;
            }
            if law.verdict == LawVerdict::Law {
                law.verdict = LawVerdict::Ambiguous;
                law.rival = Some(Alternative {
                    expr: rival.law.expr,
                    complexity: rival.law.complexity,
                    rho: rival.law.constancy.rho,
                });
            }
            return law;
        }
        law
    }

    /// Functions of single inputs, those with constants that were moved first, then the simplest of all
    /// libraries.
    fn functions(&self, candidates: &[Candidate]) -> Vec<Expr> {
        let mut most_constant: Vec<&Candidate> = candidates.iter().collect();
        most_constant.sort_by(|a, b| a.measure.ratio.total_cmp(&b.measure.ratio));
        let terms = most_constant.iter().flat_map(|one| &one.terms);
        let moved = terms.filter(|term| !term.constants().is_empty()).take(MOVED);
        let mut all: Vec<&Expr> = self.libraries.iter().flatten().collect();
        all.sort_by_key(|term| self.settings.ops.complexity(term));
        let single = moved.chain(all).filter(|term| term.inputs().len() == 1);
        single.cloned().collect()
    }

    /// What may stand in a law's place.
    fn stand_ins(&self, law: &Candidate, functions: &[Expr]) -> Vec<Candidate> {
        let few = &self.parts.few;
        let mut workspace = Workspace::default();
        let known = Known::of(&self.constants, few, &mut workspace);
        let ops = &self.settings.ops;
        let mut sums = exchanged(&law.terms, functions, ops, &known, few, &mut workspace);
        if !self.settings.only_proposals {
            sums.extend(in_powers(&law.terms, ops, &known, few, &mut workspace));
            sums.extend(self.with_constants_inside(law, &mut workspace));
        }
        let sums: Vec<Terms> =
            sums.into_iter().map(|terms| Terms { terms, road: law.road }).collect();
        self.measured(&sums)
    }

    /// The same with a function that has a constant inside.
    fn with_constants_inside(&self, law: &Candidate, workspace: &mut Workspace) -> Vec<Vec<Expr>> {
        let Parts { few, fit, .. } = &self.parts;
        let ops = &self.settings.ops;
        let starts = exchanged_for(&law.terms, |input| inner::functions_of(input, few, ops));
        let known = |sample: &Sample| Known::of(&self.constants, sample, &mut Workspace::default());
        inner::moved_sums(starts, known, [few, fit], workspace)
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
        let known = self.known_with(std::slice::from_ref(&law.expr), &mut workspace);
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

    /// What is known with more laws.
    fn known_with(&self, more: &[Expr], workspace: &mut Workspace) -> Known {
        let laws = [&self.constants, more].concat();
        Known::of(&laws, &self.parts.few, workspace)
    }

    /// Whether both roads have led to a law: to the same function, and nearly as constant.
    fn roads_to(&self, chosen: &Candidate, candidates: &[Candidate]) -> Road {
        let limit = AS_GOOD * chosen.measure.ratio.max(ROUNDING);
        let mut workspace = Workspace::default();
        let few = &self.parts.few;
        let known = self.known_with(std::slice::from_ref(&chosen.expr), &mut workspace);
        let mut is_same = |one: &&Candidate| {
            let feature = few.feature(&one.expr, &mut workspace);
            feature.is_some_and(|feature| known.independence(&feature, few.dim()) < SAME)
        };
        let others = candidates.iter().filter(|one| one.road != chosen.road);
        let found = others.filter(|one| one.measure.ratio <= limit).any(|one| is_same(&one));
        if found { Road::Both } else { chosen.road }
    }

    /// A candidate with simple numbers, as the held-out groups judge it by itself.
    fn judged(&self, chosen: &Candidate, candidates: &[Candidate]) -> Option<Law> {
        let Parts { test, all, noise, exact, .. } = &self.parts;
        let mut workspace = Workspace::default();
        let seed = self.settings.seed;
        let mut judge =
            |expr: &Expr| Constancy::of(expr, test, noise.as_deref(), seed, &mut workspace);
        let polished = self.polished(chosen);
        let (expr, constancy) = match judge(&polished) {
            Some(constancy) => (polished, constancy),
            None => (readable(&chosen.expr), judge(&chosen.expr)?),
        };
        let lasting = all.feature(&expr, &mut workspace).map(|feature| lasting_of(&feature, all));
        let drift = [constancy.lasting, lasting.flatten()];
        let long = chosen.terms.len() > MANY * test.dim();
        let verdict = LawVerdict::of(&constancy, drift, long, *exact);
        let alternative = |one: &Candidate| Alternative {
            expr: one.expr.clone(),
            complexity: one.complexity,
            rho: one.measure.rho,
        };
        Some(Law {
            complexity: self.settings.ops.complexity(&expr),
            approximates: long
                && verdict == LawVerdict::Ambiguous
                && LawVerdict::of(&constancy, drift, false, *exact) == LawVerdict::Law,
            verdict,
            front: front(candidates).into_iter().map(alternative).collect(),
            found_by: self.roads_to(chosen, candidates),
            constancy,
            expr,
            rival: None,
        })
    }
}

/// Whether a law of so many inputs leaves nothing else to be looked at: it is no sum of many functions that
/// approximates another, and of few inputs there is no noise, in which functions with constants inside may
/// be hidden.
pub(super) fn is_settled(law: &Law, inputs: usize) -> bool {
    let approximates =
        law.complexity > LONG && (PARAMETER..APPROXIMATION).contains(&law.constancy.rho);
    let is_noisy = law.constancy.rho >= APPROXIMATION;
    law.verdict == LawVerdict::Law && !approximates && !(is_noisy && inputs <= FEW)
}
