//! What is the same at all points: how the inputs are related, and nothing that is conserved.

use symgrad_expr::{Expr, Workspace};

use super::LawSearch;
use crate::choose::{Candidate, ROUNDING};
use crate::elimination::Fitted;
use crate::known::Known;
use crate::law::{Relation, Road};
use crate::measure::Measure;
use crate::parts::Parts;
use crate::proposals::Terms;
use crate::sample::{Sample, mean_square};

/// The variance over the mean squared gradient below which a formula is the same at all points.
const NO_SPREAD: f64 = 1e-8;

/// Mean squared noise, in the measures of the inputs, up to which it can be told from how far the points extend.
const LITTLE_NOISE: f64 = 2e-4;

/// How many times the noise such a variance may be: the estimate is from the same few moments.
const FLOORS: f64 = 2.0;

/// How many times worse a simpler relation may be: within noise, the square of what is nothing has less than half
/// of its variance over its squared gradient.
const AS_GOOD: f64 = 3.0;

/// Standard deviations within which a relation's value is given by as few digits as may be.
const DEVIATIONS: f64 = 1.0;

/// A library as it is fitted: within groups, and with all points as one where some sum is the same at all of
/// them.
pub(super) struct FittedLibrary {
    pub(super) within: Fitted,
    everywhere: Option<Fitted>,
}

impl FittedLibrary {
    pub(super) fn of(library: &[Expr], parts: &Parts, workspace: &mut Workspace) -> Self {
        let few = &parts.few;
        if few.has_motion() {
            // The points may be those of a single trajectory.
            return Self { within: Fitted::of(library, few, workspace), everywhere: None };
        }
        let (within, everywhere) =
            Fitted::with_relations(library, few, no_spread(parts), workspace);
        Self { within, everywhere }
    }
}

/// The variance over the mean squared gradient up to which a formula is the same at all points, as far as noise
/// allows.
pub(super) fn no_spread(parts: &Parts) -> f64 {
    let noise = parts.squared_noise().filter(|noise| *noise <= LITTLE_NOISE);
    noise.map_or(NO_SPREAD, |noise| NO_SPREAD.max(FLOORS * noise))
}

impl LawSearch<'_> {
    /// A further relation, among sums of the terms of these libraries or proposals.
    pub(super) fn relation<'b>(
        &self,
        libraries: impl Iterator<Item = &'b FittedLibrary>,
        proposals: &[Terms],
    ) -> Option<Relation> {
        let related: Vec<&Fitted> = libraries.filter_map(|one| one.everywhere.as_ref()).collect();
        if related.is_empty() && proposals.is_empty() || self.parts.few.has_motion() {
            return None;
        }
        let Parts { few, fit, validation, test, .. } = &self.parts;
        let [few, fit, validation, test] = [few, fit, validation, test].map(Sample::as_one_group);
        let mut workspace = Workspace::default();
        let known = Known::of(&self.constants, &few, &mut workspace);
        let mut sums: Vec<Terms> = proposals.to_vec();
        for fitted in related {
            for terms in fitted.sums(&known, &few, &mut workspace) {
                sums.push(Terms { terms, road: Road::Direct });
            }
        }
        let limit = no_spread(&self.parts);
        let mut candidates = self.measured_on(&sums, [&fit, &validation]);
        candidates.retain(|one| one.measure.ratio < limit);
        let chosen = simplest(&candidates)?;
        let expr = self.polished_on(chosen, &fit.joined(&validation).as_one_group());
        let known = Known::of(&self.constants, &test, &mut workspace);
        let measure = Measure::of(&expr, &test, &known, &mut workspace)?;
        let holds = measure.ratio < limit;
        holds.then(|| Some(Relation { value: value_of(&expr, &fit, &mut workspace)?, expr }))?
    }
}

/// The simplest of those that are as much the same as the best.
fn simplest(candidates: &[Candidate]) -> Option<&Candidate> {
    let ratio = |one: &Candidate| one.measure.ratio.max(ROUNDING);
    let best = candidates.iter().map(ratio).min_by(f64::total_cmp)?;
    let as_good = candidates.iter().filter(|one| ratio(one) <= AS_GOOD * best);
    as_good.min_by(|a, b| a.complexity.cmp(&b.complexity).then(ratio(a).total_cmp(&ratio(b))))
}

/// What a formula is at all points, with as many digits as its deviation there leaves.
fn value_of(expr: &Expr, sample: &Sample, workspace: &mut Workspace) -> Option<f64> {
    let feature = sample.feature(expr, workspace)?;
    let mean = feature.values.iter().sum::<f64>() / feature.values.len() as f64;
    let steep = feature.squares().iter().sum::<f64>() / feature.values.len() as f64;
    let rounding = 1e-9 * steep.sqrt();
    let within = rounding.max(DEVIATIONS * mean_square(&feature.deviations()).sqrt());
    if mean.abs() <= within {
        return Some(0.0);
    }
    let digits = (0..17).filter_map(|digits| format!("{mean:.digits$e}").parse::<f64>().ok());
    Some(digits.into_iter().find(|short| (short - mean).abs() <= within).unwrap_or(mean))
}
