//! Formulas of another kind that explain the held-out groups as well as a law does.
//!
//! Within noise, polynomials, waves and exponentials stand in for one another. A formula can only be called
//! certain where any other kind of formula is clearly worse: the bits that it takes to write it down, and
//! those by which the held-out groups speak against it, have to add up to odds of a thousand to one.

use std::ops::Range;

use symgrad_expr::{Expr, Node, Op, OpSet, Workspace};
use symgrad_search::{CLEAR, description_bits};

use crate::choose::{Candidate, INDEPENDENT};
use crate::known::Known;
use crate::law::Law;
use crate::matrices::Matrices;
use crate::measure::{NEIGHBOURS, Steepness, lasting_change, mean_and_error};
use crate::sample::{Feature, Sample, mean_square};

/// Share of the squared gradient across that of a law, and of what is known, from which a candidate is no
/// stand-in for it but may be a further law.
pub(crate) const FURTHER: f64 = INDEPENDENT;

/// The same below which a combination of a candidate's terms is a function of the law.
const FUNCTION: f64 = 1e-9;

/// The same beside known laws: these have fitted numbers, too.
const FUNCTION_BESIDE: f64 = 1e-6;

/// The same below which formulas with simple numbers are functions of each other.
const ALIKE: f64 = 1e-12;

/// Candidates of which simple numbers are looked for, at most: the most likely ones.
const MOST: usize = 8;

/// A candidate of another kind that cannot be ruled out.
#[derive(Clone, Debug)]
pub(crate) struct Rival {
    pub(crate) candidate: Candidate,
    /// The same as the held-out groups judge it by itself, with simple numbers.
    pub(crate) law: Law,
    /// By how many bits it is the worse explanation; negative where it is the better one.
    pub(crate) bits: f64,
}

/// How many times larger the changes of one formula may be than those of another only since noise differs from
/// input to input.
const UNSURE: f64 = 1.25;

/// What rivals are judged by.
pub(crate) struct Contest<'a> {
    pub(crate) constants: &'a [Expr],
    pub(crate) few: &'a Sample,
    /// Groups on which no numbers were fitted.
    pub(crate) held_out: &'a Sample,
    pub(crate) ops: &'a OpSet,
}

impl Contest<'_> {
    /// The candidate of another kind that comes nearest to being the better explanation, if there is any that
    /// may be. `expr` is the law with simple numbers, and `judged` says what a candidate is by itself, if it
    /// may be constant.
    pub(crate) fn rival(
        &self,
        law: &Candidate,
        expr: &Expr,
        candidates: &[Candidate],
        judged: impl Fn(&Candidate) -> Option<Law>,
    ) -> Option<Rival> {
        let mut workspace = Workspace::default();
        let known = Known::of(self.constants, self.held_out, &mut workspace);
        let is_last = self.constants.len() + 2 >= self.few.dim();
        let [beside, as_written] = [&law.expr, expr].map(|law| {
            let laws = [self.constants, std::slice::from_ref(law)].concat();
            Known::of(&laws, self.few, &mut workspace)
        });
        let own = self.changes(&law.expr, &known, &mut workspace)?;
        let length = |expr: &Expr| description_bits(expr, self.ops, self.few.dim());
        let law_length = length(expr);
        let mut worse: Vec<(f64, f64, &Candidate)> = candidates
            .iter()
            .filter_map(|one| {
                let feature = self.few.feature(&one.expr, &mut workspace)?;
                let stands_in = is_last || beside.independence(&feature, self.few.dim()) < FURTHER;
                let changes =
                    stands_in.then(|| self.changes(&one.expr, &known, &mut workspace))??;
                let evidence = own.evidence_against(&changes);
                // Numbers take bits as well.
                let least = evidence + length(&Expr::sum(one.terms.iter().cloned())) - law_length;
                (least < CLEAR).then_some((least, evidence, one))
            })
            .collect();
        worse.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut nearest: Option<Rival> = None;
        let mut tried = 0;
        for (least, evidence, candidate) in worse {
            let enough = nearest.as_ref().is_some_and(|rival| rival.bits <= least);
            if enough || tried == MOST {
                break;
            }
            // What only adds to the law may be better, but is nothing else.
            let same = self.is_of_the_same_kind(law, candidate, &mut workspace);
            let limit = if same { 0.0 } else { CLEAR };
            if least >= limit || has_the_same_terms(law, candidate) {
                continue;
            }
            tried += 1;
            let Some(rival) = judged(candidate) else { continue };
            let written = self.few.feature(&rival.expr, &mut workspace);
            if written.is_none_or(|at| as_written.independence(&at, self.few.dim()) < ALIKE) {
                continue;
            }
            let bits = evidence + length(&rival.expr) - law_length;
            // Terms that simple numbers have done away with do not make it another formula.
            if bits >= 0.0 && self.can_say(&law.terms, &rival.expr, &mut workspace) {
                continue;
            }
            if bits < nearest.as_ref().map_or(limit, |nearest| nearest.bits.min(limit)) {
                nearest = Some(Rival { candidate: candidate.clone(), law: rival, bits });
            }
        }
        nearest
    }

    /// Whether a candidate's terms can say what the law says: the one's hold all of the other's, whatever the
    /// constants in them, or a combination of them is a function of it.
    fn is_of_the_same_kind(
        &self,
        law: &Candidate,
        candidate: &Candidate,
        workspace: &mut Workspace,
    ) -> bool {
        let [own, others] = [law, candidate].map(kinds);
        let holds =
            |all: &[Vec<Node>], some: &[Vec<Node>]| some.iter().all(|kind| all.contains(kind));
        holds(&others, &own)
            || holds(&own, &others)
            || self.can_say(&candidate.terms, &law.expr, workspace)
    }

    /// Whether a combination of terms is a function of a formula, beside what is known.
    fn can_say(&self, terms: &[Expr], formula: &Expr, workspace: &mut Workspace) -> bool {
        let features: Option<Vec<Feature>> =
            terms.iter().map(|term| self.few.feature(term, workspace)).collect();
        let Some(features) = features else { return false };
        let known = Known::of(self.constants, self.few, workspace);
        let laws = [self.constants, std::slice::from_ref(formula)].concat();
        let beside = Known::of(&laws, self.few, workspace);
        let across =
            |known: &Known| Matrices::of(&features, self.few.dim()).across(known, &features);
        let share = across(&known).least_share(&across(&beside));
        let limit = if self.constants.is_empty() { FUNCTION } else { FUNCTION_BESIDE };
        share.is_some_and(|share| share < limit)
    }

    fn changes(&self, expr: &Expr, known: &Known, workspace: &mut Workspace) -> Option<Changes> {
        let sample = self.held_out;
        let feature = sample.feature(expr, workspace)?;
        let steep = Steepness::of(sample, &known.squares_across(&feature, sample.dim()))?;
        let at = |rows: Range<usize>| &feature.change[rows];
        Some(Changes {
            whole: steep.ratios(sample, |rows| mean_square(at(rows))),
            lasting: steep.ratios(sample, |rows| lasting_change(at(rows), sample.ordered)),
            weights: steep.weights(),
            // Noise along what is known is in all changes, and says nothing.
            points: if known.directions().is_empty() {
                sample.rows() as f64 / NEIGHBOURS
            } else {
                0.0
            },
        })
    }
}

fn has_the_same_terms(one: &Candidate, other: &Candidate) -> bool {
    let [one, other] = [one, other].map(kinds);
    one.iter().all(|kind| other.contains(kind)) && other.iter().all(|kind| one.contains(kind))
}

fn kinds(candidate: &Candidate) -> Vec<Vec<Node>> {
    let kind = |term| {
        let mut nodes = vec![];
        add_kind(term, &mut nodes);
        nodes
    };
    candidate.terms.iter().map(kind).collect()
}

/// Adds a term's nodes, whatever the numbers in it, and without factors.
fn add_kind(term: &Expr, nodes: &mut Vec<Node>) {
    let arguments = term.arguments();
    if let (Node::Op(Op::Mul), [one, other]) = (term.root(), arguments.as_slice()) {
        for (factor, rest) in [(one, other), (other, one)] {
            if factor.inputs().is_empty() {
                return add_kind(rest, nodes);
            }
        }
    }
    for argument in &arguments {
        add_kind(argument, nodes);
    }
    nodes.push(term.root());
}

/// The change in each group, for the squared gradient there: the same for a formula and any function of it.
struct Changes {
    whole: Vec<f64>,
    /// Without what errors that are independent from moment to moment contribute.
    lasting: Vec<f64>,
    weights: Vec<f64>,
    /// How many independent points there are at least.
    points: f64,
}

impl Changes {
    /// Bits by which the groups prefer this formula to another; negative where they prefer the other.
    fn evidence_against(&self, other: &Self) -> f64 {
        let [by_groups, by_size] = [self.by_groups(other), self.by_size(other)];
        if by_groups.abs() > by_size.abs() { by_groups } else { by_size }
    }

    /// The likelihood of what lasts more in one than in the other, group by group, with the mean that it has
    /// against none, its variance being unknown: noise that is not as it is thought to be has no part in it.
    fn by_groups(&self, other: &Self) -> f64 {
        let [own, others] = [self, other].map(|one| mean(&one.weights));
        let pairs = self.lasting.iter().zip(&other.lasting);
        let more: Vec<f64> = pairs.map(|(one, other)| other / others - one / own).collect();
        let (mean, error) = mean_and_error(&more);
        let t = mean / error;
        if t.is_nan() {
            return 0.0;
        }
        let count = more.len() as f64;
        t.signum() * 0.5 * count * (1.0 + t * t / (count - 1.0)).log2()
    }

    /// The likelihood of all changes, the variance of each formula's being unknown: it tells formulas that
    /// are out of the question where there are few groups.
    fn by_size(&self, other: &Self) -> f64 {
        let [own, other] = [self, other].map(|one| mean(&one.whole) / mean(&one.weights));
        let decided = (other / own).log2();
        let bits = 0.5 * self.points * (decided.abs() - UNSURE.log2()).max(0.0);
        if bits.is_nan() { 0.0 } else { decided.signum() * bits }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
