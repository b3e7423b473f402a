//! From a field to its hints, level by level.

use symgrad_expr::Expr;

use super::evidence::{Confidence, Roughness, false_discoveries, holding, within_error};
use super::forms::{Candidate, Form};
use super::frame::{Combined, Frame};
use super::relations::{Combination, Term, Terms};
use super::shifted::shifted;
use super::together::together;
use super::{Hint, HintKind, separable};

/// Hints with less confidence are not given.
pub(super) const WORTH_TELLING: f64 = 0.5;

/// Relations of this confidence show how large the neuron's error is.
const SURE: f64 = 0.9;

/// A residual above this is nobody's idea of a relation; confidence is not worked out.
const HOPELESS: f64 = 0.1;

/// Combinations of combinations of combinations.
const LEVELS: usize = 4;

/// All hints about a frame, and after its variables were combined, about what is then left;
/// with the variables after every step.
pub(super) fn discover(frame: Frame) -> (Vec<Hint>, Vec<Vec<Expr>>) {
    let (mut hints, mut stages) = (Vec::new(), Vec::new());
    let mut frame = frame;
    let mut trust = 1.0;
    let mut floor = 1.0;
    for depth in 0..LEVELS {
        let level = Level::of(&frame, floor);
        if depth == 0 {
            hints.extend(symmetries(&frame, level.floor));
        }
        hints.extend(level.hints(&frame, trust));
        if level.unneeded.is_empty() && level.groups.is_empty() {
            break;
        }
        trust *= level.confidence();
        floor = level.floor;
        let dropped: Vec<usize> = level.unneeded.iter().map(|(k, _)| *k).collect();
        let combined: Vec<Combined> = level.groups.iter().map(|g| g.combined.clone()).collect();
        match frame.replaced(&dropped, &combined) {
            Some(next) => frame = next,
            None => break,
        }
        stages.push(frame.variables.clone());
    }
    if let Some((hint, variables)) = joint(&frame, trust) {
        hints.push(hint);
        stages.push(variables);
    }
    hints.extend(separate(&frame, trust));
    hints.retain(|hint| hint.confidence >= WORTH_TELLING);
    (hints, stages)
}

/// What is moved together in what is left; and the invariants beside the variables that are
/// not moved.
fn joint(frame: &Frame, trust: f64) -> Option<(Hint, Vec<Expr>)> {
    let (terms, roughness) = (Terms::new(frame), Roughness::new(frame)?);
    let found = together(&Judge { frame, terms: &terms, roughness: &roughness })?;
    let in_inputs = |expr: &Expr| expr.substitute(&frame.variables);
    let invariants: Vec<Expr> = found.invariants.iter().map(in_inputs).collect();
    let rest = (0..frame.dim()).filter(|k| !found.moved.contains(k));
    let variables = rest.map(|k| frame.variables[k].clone()).chain(invariants.clone()).collect();
    let mut inputs: Vec<u16> =
        found.moved.iter().flat_map(|&k| frame.variables[k].inputs()).collect();
    inputs.sort_unstable();
    inputs.dedup();
    let hint = found.finding.hint(HintKind::Together { inputs, invariants }, trust);
    (hint.confidence >= WORTH_TELLING).then_some((hint, variables))
}

/// What can be told apart in what is left, in terms of the inputs.
fn separate(frame: &Frame, trust: f64) -> Vec<Hint> {
    let Some(roughness) = Roughness::new(frame) else { return vec![] };
    let inputs = |block: &[usize]| {
        let mut inputs: Vec<u16> =
            block.iter().flat_map(|&k| frame.variables[k].inputs()).collect();
        inputs.sort_unstable();
        inputs.dedup();
        inputs
    };
    let parted = separable::partition(frame, &roughness).into_iter().map(|found| {
        let blocks = found.blocks.iter().map(|block| inputs(block)).collect();
        found.finding.hint(HintKind::Separable { blocks }, trust)
    });
    let joined = separable::blocks(frame, &roughness).into_iter().map(|found| {
        let inputs = inputs(&found.blocks.concat());
        found.finding.hint(HintKind::Block { inputs }, trust)
    });
    parted.chain(joined).filter(|hint| hint.confidence >= WORTH_TELLING).collect()
}

/// Most inputs for which the affine symmetries are counted: d² + d fields are compared.
const AFFINE: usize = 9;

/// The dimension of the group of affine maps that leave every level set as it is.
fn symmetries(frame: &Frame, floor: f64) -> Option<Hint> {
    let dim = frame.dim();
    if !(2..=AFFINE).contains(&dim) || frame.points() < 2 * dim * (dim + 1) {
        return None;
    }
    let terms = Terms::new(frame);
    let spectrum = terms.spectrum(frame)?;
    let residuals: Vec<f64> = spectrum.iter().map(|field| field.residual).collect();
    let dimension = holding(&residuals);
    // The worst of them vouches for all.
    let worst = spectrum.get(dimension.checked_sub(1)?)?;
    let judge = Judge { frame, terms: &terms, roughness: &Roughness::new(frame)? };
    // All d² + d coefficients were fitted, so that the others' residuals say nothing about
    // chance.
    let chance = judge.upper(worst).sqrt() * residuals.len() as f64 / dimension as f64;
    let smooth = judge.roughness.factor(&judge.remainder(worst));
    let residual = worst.residual;
    let confidence = (1.0 - chance).max(0.0) * smooth * within_error(residual, floor);
    let kind = HintKind::Symmetries { dimension };
    (confidence >= WORTH_TELLING).then_some(Hint { kind, confidence, residual })
}

/// A relation and how much it is to be trusted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finding {
    pub(super) confidence: Confidence,
    pub(super) residual: f64,
}

/// Variables that enter through one combination alone.
pub(super) struct Group {
    pub(super) form: Form,
    pub(super) combined: Combined,
    pub(super) finding: Finding,
}

/// What can be said about the variables of one frame.
struct Level {
    unneeded: Vec<(usize, Finding)>,
    groups: Vec<Group>,
    /// The smallest residual of a relation that surely holds, here or before.
    floor: f64,
}

impl Level {
    fn of(frame: &Frame, floor: f64) -> Self {
        let mut level = Self { unneeded: vec![], groups: vec![], floor };
        if frame.dim() < 2 {
            return level;
        }
        let terms = Terms::new(frame);
        let Some(roughness) = Roughness::new(frame) else { return level };
        let judge = Judge { frame, terms: &terms, roughness: &roughness };

        let singles: Vec<Combination> = (0..frame.dim()).map(|k| terms.single(k)).collect();
        let findings = judge.all(&singles);
        let told = findings.into_iter().enumerate();
        level.unneeded = told.filter(|(_, finding)| finding.confidence >= WORTH_TELLING).collect();
        let needed: Vec<usize> =
            (0..frame.dim()).filter(|k| level.unneeded.iter().all(|(u, _)| u != k)).collect();
        let mut pairs = Vec::new();
        // Each form is a family of its own: what is rare for one may be common for another.
        for form in Form::ALL {
            pairs.extend(judge.pairs(form, &needed));
        }

        let findings =
            || level.unneeded.iter().map(|(_, v)| *v).chain(pairs.iter().map(|p| p.finding));
        let sure = findings().filter(|finding| finding.confidence >= SURE);
        level.floor = sure.map(|finding| finding.residual).fold(floor, f64::min);
        for finding in level
            .unneeded
            .iter_mut()
            .map(|(_, finding)| finding)
            .chain(pairs.iter_mut().map(|pair| &mut pair.finding))
        {
            finding.confidence *= within_error(finding.residual, level.floor);
        }
        level.unneeded.retain(|(_, finding)| finding.confidence >= WORTH_TELLING);
        level.groups = group(frame, pairs);
        let grouped = |k: &usize| level.groups.iter().any(|g| g.combined.replaces.contains(k));
        let alone: Vec<usize> = needed.into_iter().filter(|k| !grouped(k)).collect();
        for mut group in shifted(&judge, &alone) {
            group.finding.confidence *= within_error(group.finding.residual, level.floor);
            if group.finding.confidence >= WORTH_TELLING {
                level.groups.push(group);
            }
        }
        level
    }

    fn hints(&self, frame: &Frame, trust: f64) -> Vec<Hint> {
        let mut hints = Vec::new();
        for &(variable, finding) in &self.unneeded {
            // A combination that turns out not to matter is no news about inputs.
            if let [input] = frame.variables[variable].inputs()[..]
                && frame.variables[variable].len() == 1
            {
                hints.push(finding.hint(HintKind::Unneeded { input }, trust));
            }
        }
        for group in &self.groups {
            let combination = group.combined.expr.substitute(&frame.variables);
            let inputs = combination.inputs();
            let kind = HintKind::Through { inputs, combination, form: group.form };
            hints.push(group.finding.hint(kind, trust));
        }
        hints
    }

    fn confidence(&self) -> Confidence {
        let unneeded = self.unneeded.iter().map(|(_, finding)| finding.confidence);
        unneeded.chain(self.groups.iter().map(|g| g.finding.confidence)).fold(1.0, f64::min)
    }
}

impl Finding {
    pub(super) fn hint(self, kind: HintKind, trust: f64) -> Hint {
        Hint { kind, confidence: self.confidence * trust, residual: self.residual }
    }
}

/// Weighs relations against the field they were found in.
pub(super) struct Judge<'a> {
    pub(super) frame: &'a Frame,
    pub(super) terms: &'a Terms,
    pub(super) roughness: &'a Roughness,
}

impl Judge<'_> {
    /// All relations of one form between two of the variables.
    fn pairs(&self, form: Form, variables: &[usize]) -> Vec<Pair> {
        let related = Candidate::all(form, variables).into_iter().filter_map(|candidate| {
            let (left, right) = candidate.terms();
            Some((candidate, self.terms.pair(&[(left, 1.0)], &[(right, 1.0)])?))
        });
        let (candidates, relations): (Vec<_>, Vec<_>) = related.unzip();
        let findings = self.all(&relations);
        let pairs = candidates.into_iter().zip(relations).zip(findings);
        pairs
            .map(|((candidate, relation), finding)| Pair { candidate, relation, finding })
            .collect()
    }

    /// The confidence in each of a family of relations.
    pub(super) fn all(&self, relations: &[Combination]) -> Vec<Finding> {
        let upper: Vec<f64> = relations.iter().map(|relation| self.upper(relation)).collect();
        let rates = false_discoveries(&upper);
        let finding = |((relation, rate), upper): ((&Combination, f64), &f64)| {
            let mut confidence = 0.0;
            if *upper < HOPELESS && rate < 1.0 {
                confidence = (1.0 - rate) * self.roughness.factor(&self.remainder(relation));
            }
            Finding { confidence, residual: relation.residual }
        };
        relations.iter().zip(rates).zip(&upper).map(finding).collect()
    }

    /// Two standard errors above the residual: where it is owed to a few points, it could as
    /// well have been larger.
    fn upper(&self, relation: &Combination) -> f64 {
        if relation.residual > HOPELESS {
            return relation.residual;
        }
        let along = self.terms.along(&relation.terms, self.frame);
        let mut variance = 0.0;
        for (n, weight) in self.frame.weights.iter().enumerate() {
            let share: f64 = along.iter().map(|column| column[n] * column[n]).sum();
            let off = share - relation.residual * weight;
            variance += off * off;
        }
        relation.residual + 2.0 * variance.sqrt()
    }

    /// What is left of a relation as a vector at every point: along the neurons' directions, so
    /// that their signs do not matter.
    fn remainder(&self, relation: &Combination) -> Vec<Vec<f64>> {
        let along = self.terms.along(&relation.terms, self.frame);
        let mut columns = vec![vec![0.0; self.frame.points()]; self.frame.dim()];
        for (unit, shares) in self.frame.directions.iter().zip(&along) {
            for (column, component) in columns.iter_mut().zip(unit) {
                for (n, value) in column.iter_mut().enumerate() {
                    *value += shares[n] * component[n];
                }
            }
        }
        columns
    }
}

/// A combination in the making: variables with their weights, and the weakest link.
struct Growing {
    form: Form,
    weights: Vec<(usize, f64)>,
    finding: Finding,
}

/// Two variables, a form in which they may be combined, and how much that is to be trusted.
struct Pair {
    candidate: Candidate,
    relation: Combination,
    finding: Finding,
}

/// Gathers pairs into groups, the most trusted first; a variable goes into one group only.
fn group(frame: &Frame, mut pairs: Vec<Pair>) -> Vec<Group> {
    pairs.retain(|pair| pair.finding.confidence >= WORTH_TELLING);
    pairs.sort_by(|a, b| {
        let confidence = b.finding.confidence.total_cmp(&a.finding.confidence);
        confidence.then(a.finding.residual.total_cmp(&b.finding.residual))
    });
    let mut growing: Vec<Growing> = Vec::new();
    for Pair { candidate, relation, finding } in pairs {
        let [(left, a), (right, b)] = relation.terms[..] else { continue };
        let ratio = candidate.weight(in_own_units(left, a, frame), in_own_units(right, b, frame));
        if ratio.is_finite() && ratio != 0.0 {
            join(&mut growing, candidate, ratio, finding);
        }
    }
    for g in growing.iter_mut().filter(|g| g.form.chains()) {
        g.weights.sort_by_key(|(variable, _)| *variable);
    }
    let finished = growing.into_iter().filter_map(|g| {
        // A weight off by δ leaves a residual of δ²/4: closer it is not known.
        let tolerance = (2.0 * g.finding.residual.sqrt()).clamp(1e-9, 0.1);
        let positive = |k: usize| frame.raw[k].iter().all(|&x| x > 0.0);
        let expr = g.form.combine(&g.weights, tolerance, positive)?;
        let replaces = g.weights.iter().map(|(variable, _)| *variable).collect();
        Some(Group { form: g.form, combined: Combined { replaces, expr }, finding: g.finding })
    });
    finished.collect()
}

/// A term's coefficient when its variables are measured in their own units.
fn in_own_units(term: Term, coefficient: f64, frame: &Frame) -> f64 {
    coefficient * frame.scales[term.along] / term.factor.map_or(1.0, |f| frame.scales[f])
}

/// Starts a group, adds a variable to one, or ties two of the same form together.
fn join(growing: &mut Vec<Growing>, candidate: Candidate, ratio: f64, finding: Finding) {
    let Candidate { form, first, second } = candidate;
    let holder = |growing: &[Growing], variable: usize| {
        growing.iter().position(|g| g.weights.iter().any(|(k, _)| *k == variable))
    };
    let (left, right) = (holder(growing, first), holder(growing, second));
    if left.is_none() && right.is_none() {
        let weights = if form.chains() {
            vec![(first, 1.0), (second, ratio)]
        } else {
            vec![(first, ratio), (second, 1.0)]
        };
        growing.push(Growing { form, weights, finding });
        return;
    }
    let fits = |index: Option<usize>| index.is_none_or(|g| growing[g].form == form);
    if left == right || !form.chains() || !fits(left) || !fits(right) {
        return;
    }
    let weight = |growing: &[Growing], index: Option<usize>, variable: usize| {
        index
            .and_then(|g| growing[g].weights.iter().find(|(k, _)| *k == variable))
            .map_or(1.0, |(_, weight)| *weight)
    };
    // The right one's weights are rescaled to those of the left one.
    let rescale = weight(growing, left, first) * ratio / weight(growing, right, second);
    let moved = match right {
        Some(index) => growing[index].weights.clone(),
        None => vec![(second, 1.0)],
    };
    let weights = moved.into_iter().map(|(k, weight)| (k, weight * rescale));
    match (left, right) {
        (Some(target), _) => {
            growing[target].weights.extend(weights);
            growing[target].finding = growing[target].finding.weaker(finding);
            if let Some(index) = right {
                let merged = growing[index].finding;
                growing[target].finding = growing[target].finding.weaker(merged);
                growing.remove(index);
            }
        }
        (None, Some(target)) => {
            let mut all: Vec<(usize, f64)> = weights.collect();
            all.push((first, 1.0));
            growing[target].weights = all;
            growing[target].finding = growing[target].finding.weaker(finding);
        }
        (None, None) => {}
    }
}

impl Finding {
    pub(super) fn weaker(self, other: Self) -> Self {
        Self {
            confidence: self.confidence.min(other.confidence),
            residual: self.residual.max(other.residual),
        }
    }
}
